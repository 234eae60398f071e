/* fair.h - which work starts next, so that no destination holds up another.
 *
 * Each destination has a queue of items and a window: how many may be under
 * way at once. It starts small, grows by one with each success, is halved by
 * a failure of the destination itself, and after a few such in a row the
 * destination is dead for a while: nothing starts, and whoever owns the items
 * puts them off. When the while is over one item is let through to see.
 * Destinations with work and room take turns, one item a turn.
 *
 * Pure: no clock, no memory of its own. Owners embed fair_dest and fair_item
 * and keep them alive while they are in use. */
#ifndef SCHED_FAIR_H
#define SCHED_FAIR_H

#include <stdint.h>

#include "base/list.h"

struct fair_limits {
	uint32_t total;          /* items under way in all */
	uint32_t window_start;   /* of a new destination */
	uint32_t window_max;     /* at least window_start, at least 1 */
	uint32_t failures_max;   /* in a row until it is dead; at least 1 */
	uint64_t backoff_ms;     /* how long the first time; then doubled */
	uint64_t backoff_max_ms; /* ... up to this */
};

struct fair {
	struct fair_limits limits;
	struct list ready; /* destinations with work and room, in turn */
	uint32_t active;
};

struct fair_dest {
	struct list node;  /* of ready */
	struct list queue; /* of items */
	uint32_t waiting;
	uint32_t active;
	uint32_t window;
	uint32_t failures;   /* in a row */
	uint64_t backoff_ms; /* of the current death */
	uint64_t dead_until_ms;
};

struct fair_item {
	struct list node;
};

enum fair_result {
	FAIR_OK,     /* it answered; also when it refused this one message */
	FAIR_FAILED, /* it could not be reached or broke off */
	FAIR_NONE    /* nothing was learnt */
};

void fair_init(struct fair *f, const struct fair_limits *limits);
void fair_limit(struct fair *f, const struct fair_limits *limits);
void fair_dest_init(const struct fair *f, struct fair_dest *d);

/* fair_add - item waits for its turn at d. */
void fair_add(struct fair *f, struct fair_dest *d, struct fair_item *item);
/* fair_drop - item, which waits at d, waits no longer. */
void fair_drop(struct fair *f, struct fair_dest *d, struct fair_item *item);
/* fair_shed - take the longest waiting item off d; NULL: none waits. */
struct fair_item *fair_shed(struct fair *f, struct fair_dest *d);

/* fair_next - the item that starts now, counted as under way; NULL when there
 * is none or no room. A dead destination whose time is over is asked again
 * with a single item. */
struct fair_item *fair_next(
    struct fair *f, uint64_t now_ms, struct fair_dest **out_dest);

/* fair_done - one item of d that was under way has ended. jitter: random. */
void fair_done(struct fair *f, struct fair_dest *d, enum fair_result result,
    uint64_t now_ms, uint32_t random);

/* fair_dead - is it to be left alone now? A clock that was set back by more
 * than the longest backoff does not prolong it. */
bool fair_dead(
    const struct fair *f, const struct fair_dest *d, uint64_t now_ms);

/* fair_idle - nothing waits, nothing is under way, nothing worth knowing: it
 * can be forgotten. */
bool fair_idle(
    const struct fair *f, const struct fair_dest *d, uint64_t now_ms);

#endif
