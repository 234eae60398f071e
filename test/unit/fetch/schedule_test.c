/* When a list is asked for: once a day, whatever the clocks do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "role/fetch/schedule.h"

#define HOUR (3600ull * 1000)
/* 2025-11-22 00:00:00 UTC */
#define MIDNIGHT (1763769600ull * 1000)

static int
utc(uint64_t unix_ms)
{
	(void)unix_ms;
	return 0;
}

static int
jakarta(uint64_t unix_ms)
{
	(void)unix_ms;
	return 7 * 60;
}

static int
newfoundland(uint64_t unix_ms)
{
	(void)unix_ms;
	return -210;
}

/* Forward by an hour at 01:00 UTC of that day, back 30 days later. */
static int
summer(uint64_t unix_ms)
{
	return unix_ms >= MIDNIGHT + HOUR &&
		       unix_ms < MIDNIGHT + 30 * 24 * HOUR + HOUR
		   ? 120
		   : 60;
}

static void
next_slot(void **unused)
{
	static const struct {
		uint64_t at_min, now;
		int (*offset)(uint64_t);
		uint64_t want; /* less the jitter */
	} cases[] = {
	    {0, MIDNIGHT - HOUR, utc, MIDNIGHT},
	    {180, MIDNIGHT, utc, MIDNIGHT + 3 * HOUR},
	    {180, MIDNIGHT + 3 * HOUR + SCHEDULE_JITTER_MS, utc,
		MIDNIGHT + 27 * HOUR},
	    {180, MIDNIGHT, jakarta, MIDNIGHT + 20 * HOUR},
	    {420, MIDNIGHT - HOUR, jakarta, MIDNIGHT},
	    {0, MIDNIGHT, newfoundland, MIDNIGHT + 3 * HOUR + HOUR / 2},
	    /* 00:30 local is before the change, 04:00 behind it. */
	    {30, MIDNIGHT - HOUR, summer, MIDNIGHT - HOUR / 2},
	    {240, MIDNIGHT, summer, MIDNIGHT + 2 * HOUR},
	};
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct schedule s = {.at_min = cases[i].at_min,
		    .seed = {i, 7},
		    .offset_min = cases[i].offset};
		uint64_t got = schedule_next(&s, cases[i].now);
		assert_in_range(
		    got, cases[i].want, cases[i].want + SCHEDULE_JITTER_MS);
	}
}

/* From slot to slot: one a day, also where the jitter passes midnight. */
static void
once_a_day(void **unused)
{
	static int (*const zones[])(uint64_t) = {utc, jakarta, summer};
	static const uint64_t times[] = {0, 5, 720, 1439};
	(void)unused;
	for (size_t z = 0; z < 3; z++)
		for (size_t t = 0; t < 4; t++) {
			const struct schedule s = {.at_min = times[t],
			    .seed = {3, z},
			    .offset_min = zones[z]};
			uint64_t at = schedule_next(&s, MIDNIGHT);
			for (unsigned day = 0; day < 60; day++) {
				uint64_t next = schedule_next(&s, at);
				assert_in_range(next - at,
				    23 * HOUR - SCHEDULE_JITTER_MS,
				    25 * HOUR + SCHEDULE_JITTER_MS);
				/* The same, whenever it is asked. */
				assert_int_equal(
				    schedule_next(&s, next - 1), next);
				at = next;
			}
		}
}

static void
jitter(void **unused)
{
	uint64_t least = SCHEDULE_JITTER_MS, most = 0;
	(void)unused;
	for (unsigned i = 0; i < 200; i++) {
		const struct schedule s = {
		    .at_min = 60, .seed = {i, 1}, .offset_min = utc};
		uint64_t j = schedule_next(&s, MIDNIGHT) - MIDNIGHT - HOUR;
		least = j < least ? j : least;
		most = j > most ? j : most;
	}
	assert_true(least < SCHEDULE_JITTER_MS / 10);
	assert_in_range(most, SCHEDULE_JITTER_MS * 9 / 10, SCHEDULE_JITTER_MS);
	struct schedule a = {.seed = {1, 1}, .offset_min = utc}, b = a;
	b.list = 1;
	assert_int_not_equal(schedule_next(&a, MIDNIGHT + HOUR),
	    schedule_next(&b, MIDNIGHT + HOUR));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(next_slot),
	    cmocka_unit_test(once_a_day),
	    cmocka_unit_test(jitter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
