#include "role/auth/scram.h"

#include <gsasl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "os/random.h"
#include "role/auth/secret.h"

struct scram {
	Gsasl_session *session;
};

void
scram_invent(struct account *out, struct slice name,
    const uint8_t secret[ACCOUNT_KEY_LEN])
{
	uint8_t salt[ACCOUNT_KEY_LEN];
	*out = (struct account){.name = name,
	    .iterations = SECRET_ITERATIONS,
	    .salt_n = SECRET_SALT_LEN};
	secret_hmac(slice_of(secret, ACCOUNT_KEY_LEN), name, salt);
	memcpy(out->salt, salt, SECRET_SALT_LEN);
	random_bytes(out->stored_key, sizeof(out->stored_key));
	random_bytes(out->server_key, sizeof(out->server_key));
}

/* Set a property of the session to text, or to base64 of octets. */
static enum err
set_octets(Gsasl_session *session, Gsasl_property property, struct slice s)
{
	struct buf b;
	buf_init(&b, 2 * ACCOUNT_LINE_MAX);
	buf_add_base64(&b, s);
	int rc = GSASL_MALLOC_ERROR;
	if (buf_err(&b) == ERR_OK)
		rc = gsasl_property_set_raw(
		    session, property, (const char *)b.p, b.n);
	if (b.p != NULL)
		OPENSSL_cleanse(b.p, b.n);
	buf_free(&b);
	return rc == GSASL_OK ? ERR_OK : ERR_NOMEM;
}

static enum err
set_account(Gsasl_session *session, const struct account *a)
{
	struct buf b;
	buf_init(&b, 32);
	buf_add_u64(&b, a->iterations);
	enum err e = buf_err(&b);
	if (e == ERR_OK && gsasl_property_set_raw(session, GSASL_SCRAM_ITER,
			       (const char *)b.p, b.n) != GSASL_OK)
		e = ERR_NOMEM;
	buf_free(&b);
	if (e == ERR_OK)
		e = set_octets(
		    session, GSASL_SCRAM_SALT, slice_of(a->salt, a->salt_n));
	if (e == ERR_OK)
		e = set_octets(session, GSASL_SCRAM_STOREDKEY,
		    slice_of(a->stored_key, ACCOUNT_KEY_LEN));
	if (e == ERR_OK)
		e = set_octets(session, GSASL_SCRAM_SERVERKEY,
		    slice_of(a->server_key, ACCOUNT_KEY_LEN));
	return e;
}

struct scram *
scram_new(
    struct Gsasl *lib, const struct account *a, bool plus, struct slice binding)
{
	struct scram *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	if (gsasl_server_start(lib,
		plus ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256",
		&s->session) != GSASL_OK) {
		free(s);
		return NULL;
	}
	enum err e = set_account(s->session, a);
	if (e == ERR_OK && binding.n > 0)
		e = set_octets(s->session, GSASL_CB_TLS_EXPORTER, binding);
	if (e == ERR_OK)
		return s;
	scram_free(s);
	return NULL;
}

void
scram_free(struct scram *s)
{
	if (s == NULL)
		return;
	gsasl_finish(s->session);
	free(s);
}

static enum err
meaning(int rc)
{
	switch (rc) {
	case GSASL_OK:
		return ERR_OK;
	case GSASL_NEEDS_MORE:
		return ERR_MORE;
	case GSASL_MALLOC_ERROR:
		return ERR_NOMEM;
	case GSASL_MECHANISM_PARSE_ERROR:
	case GSASL_MECHANISM_CALLED_TOO_MANY_TIMES:
		return ERR_SYNTAX;
	default:
		return ERR_DENIED;
	}
}

enum err
scram_step(struct scram *s, struct slice in, struct buf *out)
{
	char *answer = NULL;
	size_t n = 0;
	if (in.n > SCRAM_MESSAGE_MAX)
		return ERR_SYNTAX;
	int rc = gsasl_step(s->session, (const char *)in.p, in.n, &answer, &n);
	enum err e = meaning(rc);
	if (e == ERR_OK || e == ERR_MORE) {
		buf_add(out, slice_of(answer, n));
		if (buf_err(out) != ERR_OK)
			e = buf_err(out);
	}
	gsasl_free(answer);
	return e;
}
