#include "role/auth/exchange.h"

#include <openssl/crypto.h>

#define BINDING_MAX 256

void
exchange_init(struct exchange *x, enum sasl_mech mech, struct slice binding)
{
	*x = (struct exchange){.mech = mech};
	buf_init(&x->binding, BINDING_MAX);
	buf_init(&x->user, SASL_NAME_MAX);
	buf_init(&x->password, SASL_PASSWORD_MAX);
	buf_init(&x->hash, ACCOUNT_HASH_MAX);
	buf_init(&x->out, 2 * SCRAM_MESSAGE_MAX);
	buf_add(&x->binding, binding);
}

static void
wipe(struct buf *b)
{
	if (b->p != NULL)
		OPENSSL_cleanse(b->p, b->cap);
	buf_free(b);
}

void
exchange_free(struct exchange *x)
{
	scram_free(x->scram);
	x->scram = NULL;
	wipe(&x->binding);
	wipe(&x->user);
	wipe(&x->password);
	wipe(&x->hash);
	wipe(&x->out);
}

static enum exchange_next
end(struct exchange *x, enum exchange_next how)
{
	x->state = EXCHANGE_AT_END;
	return how;
}

static enum exchange_next
failed(struct exchange *x, enum err e)
{
	switch (err_class(e)) {
	case ERR_CLASS_PERMANENT:
		return end(x, EXCHANGE_MALFORMED);
	case ERR_CLASS_TEMPORARY:
		/* A part that is too long to be looked at. */
		return end(
		    x, e == ERR_LIMIT ? EXCHANGE_MALFORMED : EXCHANGE_FAULT);
	case ERR_CLASS_NONE:
	case ERR_CLASS_BUG:
		break;
	}
	return end(x, EXCHANGE_FAULT);
}

static enum exchange_next
challenge(struct exchange *x, enum exchange_state next, struct slice text)
{
	buf_clear(&x->out);
	buf_add(&x->out, text);
	if (buf_err(&x->out) != ERR_OK)
		return end(x, EXCHANGE_FAULT);
	x->state = next;
	return EXCHANGE_CHALLENGE;
}

/* The account that a name means, in any spelling; NULL: none. */
static const struct account *
login(const struct exchange_env *env, struct slice name)
{
	struct buf lower;
	const struct account *a = NULL;
	buf_init(&lower, SASL_NAME_MAX);
	if (account_name(name, &lower, NULL) == ERR_OK)
		a = accounts_login(env->accounts, buf_slice(&lower),
		    env->is_maildir, env->arg);
	buf_free(&lower);
	return a;
}

/* Note who they say they are. An authorization identity must be the same. */
static const struct account *
identify(struct exchange *x, const struct exchange_env *env,
    struct slice authzid, struct slice authcid)
{
	const struct account *a = login(env, authcid);
	if (a != NULL && authzid.n > 0 && login(env, authzid) != a)
		a = NULL;
	x->known = a != NULL;
	buf_clear(&x->user);
	buf_add(&x->user, a != NULL ? a->name : authcid);
	return a;
}

static enum exchange_next
want_verify(struct exchange *x, const struct exchange_env *env,
    const struct account *a, struct slice password)
{
	buf_clear(&x->password);
	buf_add(&x->password, password);
	buf_clear(&x->hash);
	buf_add(&x->hash, a != NULL ? a->hash : slice_str(env->no_hash));
	if (buf_err(&x->password) != ERR_OK || buf_err(&x->hash) != ERR_OK ||
	    buf_err(&x->user) != ERR_OK)
		return end(x, EXCHANGE_FAULT);
	x->state = EXCHANGE_AT_VERIFY;
	return EXCHANGE_VERIFY;
}

static enum exchange_next
plain(struct exchange *x, const struct exchange_env *env, struct slice data)
{
	struct sasl_plain p;
	enum err e = sasl_plain_parse(data, &p);
	if (e != ERR_OK)
		return failed(x, e);
	return want_verify(
	    x, env, identify(x, env, p.authzid, p.authcid), p.password);
}

static enum exchange_next
login_name(struct exchange *x, struct slice data)
{
	enum err e = sasl_login_text(SASL_LOGIN_ASK_NAME, data);
	if (e != ERR_OK)
		return failed(x, e);
	buf_clear(&x->user);
	buf_add(&x->user, data);
	if (buf_err(&x->user) != ERR_OK)
		return end(x, EXCHANGE_FAULT);
	return challenge(x, EXCHANGE_AT_PASSWORD,
	    sasl_login_prompt(SASL_LOGIN_ASK_PASSWORD));
}

static enum exchange_next
login_password(
    struct exchange *x, const struct exchange_env *env, struct slice data)
{
	struct buf name = x->user;
	enum err e = sasl_login_text(SASL_LOGIN_ASK_PASSWORD, data);
	if (e != ERR_OK)
		return failed(x, e);
	buf_init(&x->user, SASL_NAME_MAX);
	const struct account *a =
	    identify(x, env, SLICE_EMPTY, buf_slice(&name));
	buf_free(&name);
	return want_verify(x, env, a, data);
}

/* What scram_step said, with its message in x->out. */
static enum exchange_next
scram_outcome(struct exchange *x, enum err e, enum exchange_state next)
{
	if (e == ERR_DENIED)
		return end(x, EXCHANGE_DENY);
	if (e != ERR_OK && e != ERR_MORE)
		return failed(x, e);
	/* Success is said by the reply that follows the empty answer. */
	x->state = e == ERR_OK ? EXCHANGE_AT_PROVED : next;
	return EXCHANGE_CHALLENGE;
}

/* Begin with the keys of whoever the first message names. */
static enum err
scram_open(struct exchange *x, const struct exchange_env *env,
    const struct scram_first *f)
{
	struct account invented;
	struct buf name, authzid;
	buf_init(&name, SASL_NAME_MAX);
	buf_init(&authzid, SASL_NAME_MAX);
	enum err e = scram_name_decode(f->username, &name);
	if (e == ERR_OK)
		e = scram_name_decode(f->authzid, &authzid);
	if (e == ERR_OK) {
		const struct account *a =
		    identify(x, env, buf_slice(&authzid), buf_slice(&name));
		if (a == NULL) {
			scram_invent(&invented, buf_slice(&name), env->secret);
			a = &invented;
		}
		x->scram = scram_new(env->lib, a,
		    x->mech == SASL_SCRAM_SHA_256_PLUS, buf_slice(&x->binding));
		e = x->scram == NULL ? ERR_NOMEM : buf_err(&x->user);
	}
	buf_free(&name);
	buf_free(&authzid);
	return e;
}

static enum exchange_next
scram_first(
    struct exchange *x, const struct exchange_env *env, struct slice data)
{
	struct scram_first f;
	bool plus = x->mech == SASL_SCRAM_SHA_256_PLUS;
	enum err e = scram_first_parse(data, &f);
	if (e == ERR_OK && plus != (f.binding == SCRAM_BINDING_USED))
		e = ERR_SYNTAX;
	if (e == ERR_OK)
		e = scram_open(x, env, &f);
	if (e != ERR_OK)
		return failed(x, e);
	buf_clear(&x->out);
	return scram_outcome(
	    x, scram_step(x->scram, data, &x->out), EXCHANGE_AT_SCRAM);
}

static enum exchange_next
scram_final(struct exchange *x, struct slice data)
{
	buf_clear(&x->out);
	enum err e = scram_step(x->scram, data, &x->out);
	if (e == ERR_OK && !x->known)
		e = ERR_DENIED; /* no key fits an invented one */
	return scram_outcome(x, e, EXCHANGE_AT_SCRAM);
}

enum exchange_next
exchange_start(struct exchange *x, const struct exchange_env *env,
    bool has_initial, struct slice initial)
{
	if (buf_err(&x->binding) != ERR_OK)
		return end(x, EXCHANGE_FAULT);
	if (x->mech == SASL_LOGIN)
		return has_initial
			   ? login_name(x, initial)
			   : challenge(x, EXCHANGE_AT_NAME,
				 sasl_login_prompt(SASL_LOGIN_ASK_NAME));
	if (!has_initial)
		return challenge(x, EXCHANGE_AT_START, SLICE_EMPTY);
	return exchange_step(x, env, initial);
}

enum exchange_next
exchange_step(
    struct exchange *x, const struct exchange_env *env, struct slice data)
{
	switch (x->state) {
	case EXCHANGE_AT_START:
		return x->mech == SASL_PLAIN ? plain(x, env, data)
					     : scram_first(x, env, data);
	case EXCHANGE_AT_NAME:
		return login_name(x, data);
	case EXCHANGE_AT_PASSWORD:
		return login_password(x, env, data);
	case EXCHANGE_AT_SCRAM:
		return scram_final(x, data);
	case EXCHANGE_AT_PROVED:
		return end(
		    x, data.n == 0 ? EXCHANGE_ACCEPT : EXCHANGE_MALFORMED);
	case EXCHANGE_AT_VERIFY:
	case EXCHANGE_AT_END:
		break;
	}
	return end(x, EXCHANGE_MALFORMED);
}

enum exchange_next
exchange_verified(struct exchange *x, bool fits)
{
	if (x->state != EXCHANGE_AT_VERIFY)
		return end(x, EXCHANGE_FAULT);
	return end(x, fits && x->known ? EXCHANGE_ACCEPT : EXCHANGE_DENY);
}
