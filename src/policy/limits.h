/* limits.h - counting what each address does, in bounded memory.
 *
 * Pure but for the allocation at limits_init: time is an argument. Counters
 * are kept for a fixed number of addresses; an IPv6 client is its /64. When
 * all places are taken, the one whose failures are oldest is given up, so a
 * flood of addresses can make us forget but not grow. */
#ifndef POLICY_LIMITS_H
#define POLICY_LIMITS_H

#include "base/err.h"
#include "base/ip.h"

struct limits_slot;

/* Failures of authentication by address. */
struct limits {
	struct limits_slot *slots;
	size_t sets;
	uint64_t seed[2];
	uint64_t max;       /* failures until an address is refused */
	uint64_t window_ms; /* how long they count, and a refusal lasts */
};

/* limits_init - room for about `addresses` of them; max 0 means no limit.
 * ERR_NOMEM. */
enum err limits_init(struct limits *l, size_t addresses, const uint64_t seed[2],
    uint64_t max, uint64_t window_ms) KURIR_MUST_CHECK;
void limits_free(struct limits *l);

/* limits_set - other figures; what was counted stays. */
void limits_set(struct limits *l, uint64_t max, uint64_t window_ms);

/* What an address that wants to authenticate has to expect. */
struct limits_answer {
	bool refused;      /* not even asked */
	uint64_t wait_ms;  /* how much longer the refusal lasts */
	uint64_t delay_ms; /* hold the answer to a failure back this long */
	uint64_t failures; /* that still count */
};

/* limits_ask - how does this address stand? */
struct limits_answer limits_ask(
    const struct limits *l, const struct ip *ip, uint64_t now_ms);

/* limits_fail - it failed once more; how it stands from now on. Failures are
 * forgotten evenly, max of them in a window; having max at once refuses the
 * address for one window. */
struct limits_answer limits_fail(
    struct limits *l, const struct ip *ip, uint64_t now_ms);

/* The delay grows by a step for each failure that counts. */
#define LIMITS_DELAY_STEP_MS 250u
#define LIMITS_DELAY_MAX_MS  3000u

#endif
