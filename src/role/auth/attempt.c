#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "os/log.h"
#include "role/auth/auth.h"

/* Who asks: a session of a channel. */
struct attempt_key {
	const struct chan *chan;
	uint64_t ask;
};

struct attempt {
	struct list node;
	struct attempt_key key;
	struct auth *auth;
	struct chan *chan;
	struct ip client;
	struct exchange exchange;
	struct timer delay;            /* holds back the answer to a failure */
	struct limits_answer standing; /* after the failure */
};

static struct slice
key_slice(const struct attempt_key *k)
{
	return slice_of(k, sizeof(*k));
}

static struct attempt *
find(struct auth *a, const struct chan *c, uint64_t ask)
{
	struct attempt_key k;
	memset(&k, 0, sizeof(k));
	k.chan = c;
	k.ask = ask;
	return map_get(&a->attempts, key_slice(&k));
}

static void
attempt_free(struct attempt *t)
{
	struct auth *a = t->auth;
	if (a->pool != NULL)
		pool_forget(a->pool, t);
	timer_stop(&t->delay);
	exchange_free(&t->exchange);
	(void)map_remove(&a->attempts, key_slice(&t->key));
	list_remove(&t->node);
	a->attempt_n--;
	free(t);
}

/* What a refusal says; user is empty in all of them. */
struct refusal {
	uint16_t code;
	bool close;
	const char *enhanced, *cause, *text;
};

static void
refuse(struct chan *c, uint64_t ask, const struct refusal *r)
{
	struct ipc_msg m = {.type = IPC_auth_result, .fd = -1};
	m.auth_result = (struct ipc_auth_result){.ask = ask,
	    .code = r->code,
	    .close = r->close,
	    .enhanced = slice_str(r->enhanced),
	    .cause = slice_str(r->cause),
	    .text = slice_str(r->text)};
	(void)role_send(c, &m);
}

static void
refuse_and_free(struct attempt *t, const struct refusal *r)
{
	refuse(t->chan, t->key.ask, r);
	attempt_free(t);
}

static const struct refusal malformed = {501, false, "5.5.2", "protocol.syntax",
    "That is not a message of this mechanism"};
static const struct refusal fault = {454, false, "4.3.0", "local.io-error",
    "Authentication is not possible right now, please try again later"};
static const struct refusal busy = {454, false, "4.7.0", "limit.rate",
    "Too many are authenticating right now, please try again later"};
static const struct refusal wrong = {
    535, false, "5.7.8", "auth.failed", "The name or the password is wrong"};
static const struct refusal wrong_and_last = {535, true, "5.7.8", "auth.failed",
    "The name or the password is wrong, and it was the last attempt that "
    "your address has for a while"};
static const struct refusal unknown_mech = {
    504, false, "5.5.4", "protocol.syntax", "This mechanism is not offered"};

static void
refuse_for_a_while(struct chan *c, uint64_t ask, uint64_t wait_ms)
{
	struct diag d;
	const struct refusal r = {454, true, "4.7.0", "auth.failed", d.text};
	(void)diag_set(&d, ERR_DENIED, "auth.failed",
	    "Too many failed attempts from your address, try again in %llu "
	    "s",
	    (unsigned long long)(wait_ms / 1000 + 1));
	refuse(c, ask, &r);
}

static void
on_delay(void *arg)
{
	struct attempt *t = arg;
	refuse_and_free(t, t->standing.refused ? &wrong_and_last : &wrong);
}

/* A wrong name or password: remember it, and let it cost time. */
static void
deny(struct attempt *t)
{
	struct auth *a = t->auth;
	char client[IP_TEXT_MAX];
	t->standing =
	    limits_fail(&a->limits, &t->client, loop_now_ms(a->role->loop));
	ip_text(&t->client, client);
	log_line(LOG_NOTICE, "auth-failed",
	    "user=\"%.*s\" client=%s failures=%llu refused=%s",
	    SLICE_ARG(buf_slice(&t->exchange.user)), client,
	    (unsigned long long)t->standing.failures,
	    t->standing.refused ? "yes" : "no");
	if (t->standing.delay_ms == 0)
		on_delay(t);
	else
		timer_start(&t->delay, t->standing.delay_ms);
}

static void
accept_user(struct attempt *t)
{
	struct ipc_msg m = {.type = IPC_auth_result, .fd = -1};
	m.auth_result = (struct ipc_auth_result){.ask = t->key.ask,
	    .code = 235,
	    .enhanced = SLICE("2.7.0"),
	    .user = buf_slice(&t->exchange.user),
	    .text = SLICE("Authentication successful")};
	(void)role_send(t->chan, &m);
	attempt_free(t);
}

static void advance(struct attempt *t, enum exchange_next next);

static void
on_verified(void *arg, bool fits)
{
	struct attempt *t = arg;
	struct auth *a = t->auth;
	if (fits && t->exchange.known)
		cache_add(&a->cache, buf_slice(&t->exchange.hash),
		    buf_slice(&t->exchange.password),
		    loop_now_ms(a->role->loop));
	advance(t, exchange_verified(&t->exchange, fits));
}

static void
verify(struct attempt *t)
{
	struct auth *a = t->auth;
	struct slice hash = buf_slice(&t->exchange.hash);
	struct slice password = buf_slice(&t->exchange.password);
	uint64_t now = loop_now_ms(a->role->loop);
	if (cache_has(&a->cache, hash, password, now)) {
		advance(t, exchange_verified(&t->exchange, true));
		return;
	}
	enum err e = pool_verify(a->pool, password, hash, on_verified, t);
	if (e != ERR_OK)
		refuse_and_free(t, e == ERR_LIMIT ? &busy : &fault);
}

static void
advance(struct attempt *t, enum exchange_next next)
{
	struct ipc_msg m = {.type = IPC_auth_challenge, .fd = -1};
	switch (next) {
	case EXCHANGE_CHALLENGE:
		m.auth_challenge.ask = t->key.ask;
		m.auth_challenge.data = buf_slice(&t->exchange.out);
		if (!role_send(t->chan, &m))
			attempt_free(t);
		return;
	case EXCHANGE_VERIFY:
		verify(t);
		return;
	case EXCHANGE_ACCEPT:
		accept_user(t);
		return;
	case EXCHANGE_DENY:
		deny(t);
		return;
	case EXCHANGE_MALFORMED:
		refuse_and_free(t, &malformed);
		return;
	case EXCHANGE_FAULT:
		break;
	}
	refuse_and_free(t, &fault);
}

static struct attempt *
attempt_new(struct auth *a, struct chan *c, const struct ipc_auth_start *m,
    enum sasl_mech mech)
{
	struct attempt *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->auth = a;
	t->chan = c;
	t->key.chan = c;
	t->key.ask = m->ask;
	t->client = m->client;
	if (map_put(&a->attempts, key_slice(&t->key), t) != ERR_OK) {
		free(t);
		return NULL;
	}
	list_push_back(&a->attempt_list, &t->node);
	a->attempt_n++;
	timer_init(&t->delay, a->role->loop, on_delay, t);
	exchange_init(&t->exchange, mech, m->binding);
	return t;
}

void
attempt_start(struct auth *a, struct chan *c, const struct ipc_auth_start *m)
{
	enum sasl_mech mech;
	attempt_cancel(a, c, m->ask);
	if (sasl_mech_parse(m->mechanism, &mech) != ERR_OK) {
		refuse(c, m->ask, &unknown_mech);
		return;
	}
	struct limits_answer standing =
	    limits_ask(&a->limits, &m->client, loop_now_ms(a->role->loop));
	if (standing.refused) {
		refuse_for_a_while(c, m->ask, standing.wait_ms);
		return;
	}
	if (a->attempt_n >= AUTH_ATTEMPTS_MAX) {
		refuse(c, m->ask, &busy);
		return;
	}
	struct attempt *t = attempt_new(a, c, m, mech);
	if (t == NULL) {
		refuse(c, m->ask, &fault);
		return;
	}
	advance(t, exchange_start(
		       &t->exchange, &a->env, m->has_initial != 0, m->initial));
}

/* A step that nobody waits for (it was cancelled, or the answer is being
 * delayed) is left unanswered. */
void
attempt_step(struct auth *a, struct chan *c, const struct ipc_auth_step *m)
{
	struct attempt *t = find(a, c, m->ask);
	if (t == NULL || timer_active(&t->delay) ||
	    t->exchange.state == EXCHANGE_AT_VERIFY)
		return;
	advance(t, exchange_step(&t->exchange, &a->env, m->data));
}

void
attempt_cancel(struct auth *a, struct chan *c, uint64_t ask)
{
	struct attempt *t = find(a, c, ask);
	if (t != NULL)
		attempt_free(t);
}

void
attempt_drop_all(struct auth *a, const struct chan *c)
{
	LIST_FOREACH_SAFE (node, &a->attempt_list) {
		struct attempt *t = LIST_OWNER(node, struct attempt, node);
		if (c == NULL || t->chan == c)
			attempt_free(t);
	}
}
