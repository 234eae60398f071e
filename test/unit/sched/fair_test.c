#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sched/fair.h"

#define T0 1000000ull

static const struct fair_limits limits = {.total = 6,
    .window_start = 2,
    .window_max = 4,
    .failures_max = 2,
    .backoff_ms = 1000,
    .backoff_max_ms = 3000};

struct world {
	struct fair f;
	struct fair_dest d[3];
	struct fair_item items[64];
	size_t used;
};

static void
begin(struct world *w)
{
	fair_init(&w->f, &limits);
	for (int i = 0; i < 3; i++)
		fair_dest_init(&w->f, &w->d[i]);
	w->used = 0;
}

static void
add(struct world *w, int dest, int n)
{
	for (int i = 0; i < n; i++)
		fair_add(&w->f, &w->d[dest], &w->items[w->used++]);
}

/* Start all that can start; the order as digits of destinations. */
static const char *
started(struct world *w, uint64_t now, char out[16])
{
	struct fair_dest *d;
	size_t n = 0;
	while (n < 15 && fair_next(&w->f, now, &d) != NULL)
		out[n++] = (char)('0' + (d - w->d));
	out[n] = '\0';
	return out;
}

static void
turns_and_windows(void **state)
{
	(void)state;
	struct world w;
	char s[16];
	begin(&w);
	add(&w, 0, 5);
	add(&w, 1, 1);
	add(&w, 2, 5);
	assert_string_equal(started(&w, T0, s), "01202");
	assert_int_equal(w.f.active, 5);
	/* a success makes room for two: one ended, one more allowed; the
	 * limit over all lets one of them in */
	fair_done(&w.f, &w.d[0], FAIR_OK, T0, 0);
	assert_string_equal(started(&w, T0, s), "00");
	assert_int_equal(w.f.active, 6);
	fair_done(&w.f, &w.d[1], FAIR_OK, T0, 0);
	assert_string_equal(started(&w, T0, s), "");
	fair_done(&w.f, &w.d[2], FAIR_NONE, T0, 0);
	assert_string_equal(started(&w, T0, s), "2");
	assert_int_equal(w.d[2].window, 2);
	assert_int_equal(w.d[0].waiting, 1);
}

static void
the_window_has_an_end(void **state)
{
	(void)state;
	struct world w;
	char s[16];
	begin(&w);
	add(&w, 0, 40);
	(void)started(&w, T0, s);
	for (int i = 0; i < 20; i++) {
		fair_done(&w.f, &w.d[0], FAIR_OK, T0, 0);
		(void)started(&w, T0, s);
	}
	assert_int_equal(w.d[0].active, 4);
	assert_int_equal(w.d[0].window, 4);
	/* a reload with less takes effect at once */
	struct fair_limits less = limits;
	less.window_max = 1;
	less.window_start = 1;
	fair_limit(&w.f, &less);
	for (int i = 0; i < 3; i++)
		fair_done(&w.f, &w.d[0], FAIR_NONE, T0, 0);
	assert_string_equal(started(&w, T0, s), "");
	fair_done(&w.f, &w.d[0], FAIR_NONE, T0, 0);
	assert_string_equal(started(&w, T0, s), "0");
}

static void
the_dead_are_left_alone_for_a_while(void **state)
{
	(void)state;
	struct world w;
	char s[16];
	const uint32_t middle = 100; /* of ten percent of 1000 */
	begin(&w);
	add(&w, 0, 6);
	add(&w, 1, 2);
	assert_string_equal(started(&w, T0, s), "0101");
	fair_done(&w.f, &w.d[0], FAIR_FAILED, T0, middle);
	assert_false(fair_dead(&w.f, &w.d[0], T0));
	assert_int_equal(w.d[0].window, 1);
	assert_string_equal(started(&w, T0, s), "");
	fair_done(&w.f, &w.d[0], FAIR_FAILED, T0, middle);
	assert_true(fair_dead(&w.f, &w.d[0], T0));
	assert_int_equal(w.d[0].dead_until_ms, T0 + 1000);
	assert_string_equal(started(&w, T0 + 999, s), "");
	/* then one, and only one, may look */
	assert_string_equal(started(&w, T0 + 1000, s), "0");
	fair_done(&w.f, &w.d[0], FAIR_FAILED, T0 + 1000, 2 * middle);
	assert_int_equal(w.d[0].dead_until_ms, T0 + 1000 + 2000);
	assert_string_equal(started(&w, T0 + 3000, s), "0");
	fair_done(&w.f, &w.d[0], FAIR_FAILED, T0 + 3000, 3 * middle);
	assert_int_equal(w.d[0].dead_until_ms, T0 + 6000);
	assert_string_equal(started(&w, T0 + 6000, s), "0");
	fair_done(&w.f, &w.d[0], FAIR_OK, T0 + 6000, 0);
	assert_int_equal(w.d[0].backoff_ms, 0);
	assert_string_equal(started(&w, T0 + 6000, s), "0");
	/* set back by a year the clock does not keep it dead for one */
	w.d[0].dead_until_ms = T0 + 31536000000ull;
	assert_false(fair_dead(&w.f, &w.d[0], T0));
}

static void
late_failures_do_not_prolong(void **state)
{
	(void)state;
	struct world w;
	char s[16];
	begin(&w);
	add(&w, 0, 8);
	w.d[0].window = 4;
	assert_string_equal(started(&w, T0, s), "0000");
	for (int i = 0; i < 4; i++)
		fair_done(&w.f, &w.d[0], FAIR_FAILED, T0 + 10, 100);
	assert_int_equal(w.d[0].dead_until_ms, T0 + 1010);
	assert_int_equal(w.d[0].backoff_ms, 1000);
}

static void
shedding_and_dropping(void **state)
{
	(void)state;
	struct world w;
	char s[16];
	begin(&w);
	add(&w, 0, 3);
	assert_false(fair_idle(&w.f, &w.d[0], T0));
	fair_drop(&w.f, &w.d[0], &w.items[1]);
	assert_ptr_equal(fair_shed(&w.f, &w.d[0]), &w.items[0]);
	assert_ptr_equal(fair_shed(&w.f, &w.d[0]), &w.items[2]);
	assert_null(fair_shed(&w.f, &w.d[0]));
	assert_string_equal(started(&w, T0, s), "");
	assert_true(fair_idle(&w.f, &w.d[0], T0));
	w.d[0].dead_until_ms = T0 + 5;
	assert_false(fair_idle(&w.f, &w.d[0], T0));
	assert_true(fair_idle(&w.f, &w.d[0], T0 + 5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(turns_and_windows),
	    cmocka_unit_test(the_window_has_an_end),
	    cmocka_unit_test(the_dead_are_left_alone_for_a_while),
	    cmocka_unit_test(late_failures_do_not_prolong),
	    cmocka_unit_test(shedding_and_dropping),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
