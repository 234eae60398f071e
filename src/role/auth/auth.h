/* auth.h - the role that checks passwords.
 *
 * May read DATA-DIR/auth and compute; it sees no message and no network. It
 * answers smtpd's auth_* frames and tells lookup which accounts there are, by
 * name only. Parts: main.c (life, the accounts file), attempt.c (one AUTH of
 * one session), push.c (names to lookup); exchange.h is the protocol. */
#ifndef ROLE_AUTH_AUTH_H
#define ROLE_AUTH_AUTH_H

#include "base/list.h"
#include "policy/limits.h"
#include "role/auth/accounts_file.h"
#include "role/auth/cache.h"
#include "role/auth/exchange.h"
#include "role/auth/pool.h"
#include "role/role.h"

/* Addresses whose failures are remembered, and AUTHs at the same time. */
#define AUTH_ADDRESSES    16384u
#define AUTH_ATTEMPTS_MAX 8192u

/* How far the names have been told to lookup. */
struct auth_push {
	struct chan *to; /* NULL: nobody is listening */
	bool active;
	bool begun;
	size_t next; /* account to tell next */
	uint32_t generation;
};

struct auth {
	struct role *role;
	int dir; /* DATA-DIR/auth, or -1 */
	struct dirwatch watch;
	struct accounts accounts;
	struct exchange_env env;
	struct cache cache;
	struct pool *pool;
	unsigned threads;
	struct limits limits;
	struct map attempts; /* struct attempt by channel and ask */
	struct list attempt_list;
	size_t attempt_n;
	struct auth_push push;
	struct timer grace; /* of a drain */
};

/* ---- attempt.c ---- */
void attempt_start(
    struct auth *a, struct chan *c, const struct ipc_auth_start *m);
void attempt_step(
    struct auth *a, struct chan *c, const struct ipc_auth_step *m);
void attempt_cancel(struct auth *a, struct chan *c, uint64_t ask);
/* attempt_drop_all - those of a channel that is gone; NULL: all. */
void attempt_drop_all(struct auth *a, const struct chan *c);

/* ---- push.c ---- */
/* push_begin - tell lookup all names from the start. */
void push_begin(struct auth *a, struct chan *to);
/* push_more - go on where the channel was full. */
void push_more(struct auth *a);
void push_stop(struct auth *a);

#endif
