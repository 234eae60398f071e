/* pool.h - a few threads that check passwords, so that the loop goes on.
 *
 * At most POOL_WAITING jobs wait: above that the answer is "busy", which is a
 * temporary refusal, and memory stays bounded. */
#ifndef ROLE_AUTH_POOL_H
#define ROLE_AUTH_POOL_H

#include "base/err.h"
#include "base/slice.h"
#include "io/loop.h"

#define POOL_WAITING 256u

struct pool;

/* pool_new - threads of them, 1 or more. ERR_NOMEM, or ERR_TEMP when none
 * could be started. Nothing is logged from the threads. */
enum err pool_new(
    struct pool **out, struct loop *loop, unsigned threads) KURIR_MUST_CHECK;
/* pool_free - waits for what is being computed; done() is not called any
 * more. NULL is nothing. */
void pool_free(struct pool *p);

/* pool_verify - check password against hash in a thread; both are copied and
 * the copy of the password is wiped. done() is called in the loop, never from
 * inside. ERR_LIMIT: busy; ERR_NOMEM. */
enum err pool_verify(struct pool *p, struct slice password, struct slice hash,
    void (*done)(void *arg, bool fits), void *arg) KURIR_MUST_CHECK;

/* pool_forget - done() of this arg shall not be called; the work goes on. */
void pool_forget(struct pool *p, const void *arg);

/* pool_computed - hashes computed so far, for statistics and tests. */
uint64_t pool_computed(struct pool *p);

#endif
