#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sched/retry.h"

#define MIN 60000ull
#define H   (60 * MIN)
#define T0  1800000000000ull

static const uint64_t table[] = {5 * MIN, 15 * MIN, H, 4 * H};
static const struct retry_policy policy = {
    table, 4, .expire_ms = 120 * H, .warn_after_ms = 4 * H};

/* random that moves nothing: the middle of the range. */
static uint32_t
middle(uint64_t interval)
{
	return (uint32_t)(interval / 10);
}

static void
follows_the_table(void **state)
{
	(void)state;
	static const struct {
		uint64_t age;
		uint32_t attempts;
		bool warned;
		uint64_t interval; /* of the table */
		uint64_t wait;     /* 0: expired */
		bool warn;
	} cases[] = {
	    {0, 1, false, 5 * MIN, 5 * MIN, false},
	    {0, 0, false, 5 * MIN, 5 * MIN, false},
	    {6 * MIN, 2, false, 15 * MIN, 15 * MIN, false},
	    {H, 3, false, H, H, false},
	    {2 * H, 4, false, 4 * H, 4 * H, false},
	    {4 * H - 1, 4, false, 4 * H, 4 * H, false},
	    {4 * H, 4, false, 4 * H, 4 * H, true},
	    {4 * H, 4, true, 4 * H, 4 * H, false},
	    {50 * H, 5, true, 4 * H, 4 * H, false},
	    {50 * H, 4000000000u, true, 4 * H, 4 * H, false},
	    {117 * H, 40, true, 4 * H, 3 * H, false},
	    {120 * H - 1, 40, true, 4 * H, 1, false},
	    {120 * H, 40, true, 4 * H, 0, false},
	    {121 * H, 40, false, 4 * H, 0, false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct retry_fact f = {T0, cases[i].attempts, cases[i].warned};
		struct retry_decision d = retry_decide(
		    &policy, &f, T0 + cases[i].age, middle(cases[i].interval));
		assert_int_equal(
		    d.verdict, cases[i].wait > 0 ? RETRY_LATER : RETRY_EXPIRED);
		assert_int_equal(d.warn, cases[i].warn);
		if (cases[i].wait > 0)
			assert_int_equal(
			    d.due_ms, T0 + cases[i].age + cases[i].wait);
	}
}

static void
jitter_stays_within_ten_percent(void **state)
{
	(void)state;
	uint64_t least = UINT64_MAX, most = 0;
	for (uint32_t r = 0; r < 300000; r += 7) {
		uint64_t v = retry_jitter(100000, r);
		least = v < least ? v : least;
		most = v > most ? v : most;
	}
	assert_int_equal(least, 90000);
	assert_int_equal(most, 110000);
	assert_int_equal(retry_jitter(0, 12345), 0);
	assert_int_equal(retry_jitter(9, 12345), 9);
}

static void
odd_clocks_and_policies(void **state)
{
	(void)state;
	static const uint64_t none[] = {0};
	static const uint64_t endless[] = {UINT64_MAX};
	const struct retry_policy hasty = {none, 1, 10000, 0};
	const struct retry_policy patient = {
	    endless, 1, UINT64_MAX, UINT64_MAX};
	const struct retry_policy never = {table, 4, 0, 0};
	struct retry_fact f = {T0, 1, false};
	/* the clock was set back by a day */
	struct retry_decision d =
	    retry_decide(&policy, &f, T0 - 24 * H, middle(5 * MIN));
	assert_int_equal(d.verdict, RETRY_LATER);
	assert_int_equal(d.due_ms, T0 - 24 * H + 5 * MIN);
	d = retry_decide(&hasty, &f, T0, 0);
	assert_int_equal(d.due_ms, T0 + RETRY_LEAST_MS);
	d = retry_decide(&patient, &f, UINT64_MAX, UINT32_MAX);
	assert_int_equal(d.verdict, RETRY_LATER);
	assert_true(d.due_ms > UINT64_MAX / 4);
	assert_int_equal(
	    retry_decide(&never, &f, T0, 0).verdict, RETRY_EXPIRED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(follows_the_table),
	    cmocka_unit_test(jitter_stays_within_ten_percent),
	    cmocka_unit_test(odd_clocks_and_policies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
