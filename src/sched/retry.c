#include "sched/retry.h"

/* Longer than any clock will run, and far from overflow. */
#define FOREVER_MS (UINT64_MAX / 4)

static uint64_t
capped(uint64_t ms)
{
	return ms < FOREVER_MS ? ms : FOREVER_MS;
}

uint64_t
retry_jitter(uint64_t ms, uint32_t random)
{
	ms = capped(ms);
	uint64_t range = ms / 100 * RETRY_JITTER_PERCENT +
			 ms % 100 * RETRY_JITTER_PERCENT / 100;
	return ms - range + (uint64_t)random % (2 * range + 1);
}

struct retry_decision
retry_decide(const struct retry_policy *p, const struct retry_fact *f,
    uint64_t now_ms, uint32_t random)
{
	struct retry_decision d = {.verdict = RETRY_LATER};
	uint64_t now = capped(now_ms), arrived = capped(f->arrived_ms);
	uint64_t age = now > arrived ? now - arrived : 0;
	if (age >= p->expire_ms) {
		d.verdict = RETRY_EXPIRED;
		return d;
	}
	size_t i = f->attempts > 0 ? f->attempts - 1u : 0;
	uint64_t wait = p->interval_ms[i < p->n ? i : p->n - 1];
	wait = retry_jitter(wait, random);
	if (wait < RETRY_LEAST_MS)
		wait = RETRY_LEAST_MS;
	uint64_t left = capped(p->expire_ms - age);
	d.due_ms = now + (wait < left ? wait : left);
	d.warn = !f->warned && p->warn_after_ms > 0 && age >= p->warn_after_ms;
	return d;
}
