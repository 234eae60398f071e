/* retry.h - when a recipient that was not delivered is tried again. Pure. */
#ifndef SCHED_RETRY_H
#define SCHED_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct retry_policy {
	const uint64_t *interval_ms; /* after the 1st, 2nd, … try; at least 1 */
	size_t n;                    /* the last one repeats */
	uint64_t expire_ms;          /* from arrival; 0: give up at once */
	uint64_t warn_after_ms;      /* from arrival; 0: never */
};

#define RETRY_JITTER_PERCENT 10u
#define RETRY_LEAST_MS       1000u

struct retry_fact {
	uint64_t arrived_ms;
	uint32_t attempts; /* the failed one included */
	bool warned;
};

enum retry_verdict { RETRY_LATER, RETRY_EXPIRED };

struct retry_decision {
	enum retry_verdict verdict;
	uint64_t due_ms; /* LATER: after now */
	bool warn;       /* LATER: tell the sender that it takes long */
};

/* retry_decide - after a temporary failure at now_ms.
 *
 * The interval of the table is moved by up to ten percent either way by
 * random (any 32 bits), so that what failed together does not come back
 * together. The last try is made when the time is up, not before: due_ms is
 * at most arrival + expire. A clock that stepped back makes the age 0. */
struct retry_decision retry_decide(const struct retry_policy *p,
    const struct retry_fact *f, uint64_t now_ms, uint32_t random);

/* retry_jitter - ms moved by at most RETRY_JITTER_PERCENT. */
uint64_t retry_jitter(uint64_t ms, uint32_t random);

#endif
