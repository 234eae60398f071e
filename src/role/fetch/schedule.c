#include "role/fetch/schedule.h"

#include "base/hash.h"

static uint64_t
jitter_ms(const struct schedule *s, int64_t day)
{
	const uint64_t what[2] = {(uint64_t)day, s->list};
	return hash_siphash(s->seed, slice_of(what, sizeof(what))) %
	       (SCHEDULE_JITTER_MS + 1);
}

static int64_t
offset_ms(const struct schedule *s, int64_t unix_ms)
{
	return (int64_t)s->offset_min((uint64_t)unix_ms) * 60000;
}

uint64_t
schedule_next(const struct schedule *s, uint64_t now_ms)
{
	int64_t now = (int64_t)now_ms;
	int64_t local = now + offset_ms(s, now);
	/* Of yesterday, as the jitter may reach over midnight. */
	int64_t day = local / (int64_t)SCHEDULE_DAY_MS - 1;
	for (;; day++) {
		int64_t slot = day * (int64_t)SCHEDULE_DAY_MS +
			       (int64_t)s->at_min * 60000 +
			       (int64_t)jitter_ms(s, day);
		int64_t at = slot - offset_ms(s, now);
		/* The clocks may be set between now and then. */
		at = slot - offset_ms(s, at);
		if (at > now)
			return (uint64_t)at;
	}
}
