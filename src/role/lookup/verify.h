/* verify.h - asking the next hop whether a recipient exists, and remembering.
 *
 * A yes is kept long, a no and a don't-know short, so that a new mailbox is
 * found soon and a next hop that is down is not asked for every message. One
 * question is asked for an address however many wait for it. Bounded: the
 * oldest answers are forgotten first. */
#ifndef ROLE_LOOKUP_VERIFY_H
#define ROLE_LOOKUP_VERIFY_H

#include "base/hash.h"
#include "base/list.h"
#include "io/loop.h"
#include "ipc/messages.h"

#define VERIFY_ENTRIES     32768u
#define VERIFY_YES_MS      (6ull * 3600 * 1000)
#define VERIFY_NO_MS       (60ull * 1000)
#define VERIFY_UNKNOWN_MS  (10ull * 1000)
#define VERIFY_PATIENCE_MS (30ull * 1000) /* then the client hears 451 */

struct verify_answer {
	enum ipc_exists exists;
	struct slice cause, text; /* valid during the call */
};

/* Somebody who wants to know; embedded in what the owner allocates. */
struct verify_waiter {
	struct list node;
	void (*done)(
	    struct verify_waiter *w, const struct verify_answer *answer);
};

struct verify {
	struct loop *loop;
	/* Put the question to a relay; which one it was, NULL for none. */
	const void *(*send)(void *arg, uint64_t ask, struct slice nexthop,
	    struct slice address);
	void *arg;
	struct map by_address;
	struct map by_ask;
	struct list order; /* entries, oldest first */
	size_t n;
	uint64_t last_ask;
};

void verify_init(struct verify *v, struct loop *loop, const uint64_t seed[2],
    const void *(*send)(
	void *arg, uint64_t ask, struct slice nexthop, struct slice address),
    void *arg);
/* verify_clear - forget all; who waits hears that it is not known. */
void verify_clear(struct verify *v);
void verify_free(struct verify *v);

/* verify_ask - w->done is called once: now, if it is remembered or cannot be
 * found out, else when the answer comes or patience ends. */
void verify_ask(struct verify *v, struct slice nexthop, struct slice address,
    struct verify_waiter *w);

/* verify_forget - w does not want to know any more; done is not called. */
void verify_forget(struct verify_waiter *w);

/* verify_answered - what a relay found out. */
void verify_answered(
    struct verify *v, uint64_t ask, const struct verify_answer *answer);

/* verify_lost - that relay (as send returned it) is gone. */
void verify_lost(struct verify *v, const void *relay);

#endif
