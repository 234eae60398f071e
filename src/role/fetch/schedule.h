/* schedule.h - when a list is asked for. Pure. */
#ifndef ROLE_FETCH_SCHEDULE_H
#define ROLE_FETCH_SCHEDULE_H

#include "base/slice.h"

#define SCHEDULE_DAY_MS    (24ull * 60 * 60 * 1000)
#define SCHEDULE_JITTER_MS (15ull * 60 * 1000)

struct schedule {
	uint64_t at_min; /* minutes after midnight, local time */
	uint64_t seed[2];
	unsigned list; /* so that lists differ in their jitter */
	/* Local time minus UTC at that instant, in minutes. */
	int (*offset_min)(uint64_t unix_ms);
};

/* schedule_next - the first instant after now_ms (milliseconds since 1970) at
 * which it is due: once a day, up to SCHEDULE_JITTER_MS later than at_min, for
 * the same day always the same. */
uint64_t schedule_next(const struct schedule *s, uint64_t now_ms);

#endif
