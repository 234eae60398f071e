/* exchange.h - one AUTH exchange as a machine: messages in, what to do out.
 *
 * It computes no slow hash itself: EXCHANGE_VERIFY asks the driver to check
 * x->password against x->hash, exactly once for each PLAIN or LOGIN attempt,
 * whether the name has an account or not; a name without one is checked
 * against a hash that nothing fits. So both cost the same. SCRAM compares
 * keys without slow hashes, again the same way for both. */
#ifndef ROLE_AUTH_EXCHANGE_H
#define ROLE_AUTH_EXCHANGE_H

#include "proto/auth/sasl.h"
#include "role/auth/accounts.h"
#include "role/auth/scram.h"

/* What exchanges look at; owned by the role. */
struct exchange_env {
	const struct accounts *accounts;
	struct Gsasl *lib;
	uint8_t secret[ACCOUNT_KEY_LEN]; /* of this process */
	char no_hash[ACCOUNT_HASH_MAX];  /* of a password nobody knows */
	bool (*is_maildir)(void *arg, struct slice domain);
	void *arg;
};

enum exchange_next {
	EXCHANGE_CHALLENGE, /* send x->out, then exchange_step */
	EXCHANGE_VERIFY,    /* check, then exchange_verified */
	EXCHANGE_ACCEPT,    /* they are x->user */
	EXCHANGE_DENY,      /* wrong name, password or binding */
	EXCHANGE_MALFORMED, /* not a message of this mechanism */
	EXCHANGE_FAULT      /* out of memory: a temporary refusal */
};

enum exchange_state {
	EXCHANGE_AT_START,
	EXCHANGE_AT_NAME,     /* LOGIN: the name comes */
	EXCHANGE_AT_PASSWORD, /* LOGIN: the password comes */
	EXCHANGE_AT_SCRAM,    /* the client's last message comes */
	EXCHANGE_AT_PROVED,   /* SCRAM: the empty answer comes */
	EXCHANGE_AT_VERIFY,
	EXCHANGE_AT_END
};

struct exchange {
	enum sasl_mech mech;
	enum exchange_state state;
	struct buf binding;
	struct scram *scram;
	bool known;          /* the name has an account */
	struct buf user;     /* its name, or the name that was tried */
	struct buf password; /* with EXCHANGE_VERIFY */
	struct buf hash;     /* with EXCHANGE_VERIFY */
	struct buf out;      /* with EXCHANGE_CHALLENGE */
};

/* exchange_init - binding: tls-exporter octets or empty; copied. */
void exchange_init(
    struct exchange *x, enum sasl_mech mech, struct slice binding);
/* exchange_free - wipes and releases. */
void exchange_free(struct exchange *x);

/* exchange_start - the initial response, if the client sent one. */
enum exchange_next exchange_start(struct exchange *x,
    const struct exchange_env *env, bool has_initial, struct slice initial);
/* exchange_step - the client's answer to a challenge. */
enum exchange_next exchange_step(
    struct exchange *x, const struct exchange_env *env, struct slice data);
/* exchange_verified - the outcome of EXCHANGE_VERIFY. */
enum exchange_next exchange_verified(struct exchange *x, bool fits);

#endif
