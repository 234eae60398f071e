#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "role/lookup/hits.h"

static const uint64_t seed[2] = {1, 2};

static void
test_count(void **state)
{
	struct hits h;
	uint64_t last;
	(void)state;
	hits_init(&h, seed, 1000);
	assert_null(hits_find(&h, CONF_EXEMPT_PTR, SLICE("a.example")));
	hits_seen(&h, CONF_EXEMPT_PTR, SLICE("a.example"), 1001);
	hits_seen(&h, CONF_EXEMPT_PTR, SLICE("a.example"), 1002);
	const struct hit *a =
	    hits_find(&h, CONF_EXEMPT_PTR, SLICE("a.example"));
	assert_non_null(a);
	assert_int_equal(a->count, 0);
	assert_int_equal(a->first_s, 1001);
	assert_int_equal(a->last_s, 0);
	hits_count(&h, CONF_EXEMPT_PTR, SLICE("a.example"), 1010);
	hits_count(&h, CONF_EXEMPT_PTR, SLICE("a.example"), 1020);
	hits_count(&h, CONF_EXEMPT_PTR, SLICE("b.example"), 1015);
	hits_count(&h, CONF_EXEMPT_HELO, SLICE("a.example"), 2000);
	assert_int_equal(a->count, 2);
	assert_int_equal(a->last_s, 1020);
	assert_int_equal(hits_sum(&h, CONF_EXEMPT_PTR, &last), 3);
	assert_int_equal(last, 1020);
	assert_int_equal(hits_sum(&h, CONF_EXEMPT_MAIL, &last), 0);
	assert_int_equal(last, 0);
	hits_free(&h);
}

static bool
is_a(void *arg, struct slice entry)
{
	(void)arg;
	return slice_eq(entry, SLICE("a.example"));
}

static void
test_keep(void **state)
{
	struct hits h;
	(void)state;
	hits_init(&h, seed, 1);
	hits_count(&h, CONF_EXEMPT_PTR, SLICE("a.example"), 2);
	hits_count(&h, CONF_EXEMPT_PTR, SLICE("b.example"), 2);
	hits_count(&h, CONF_EXEMPT_MAIL, SLICE("b.example"), 2);
	h.changed = false;
	hits_keep(&h, CONF_EXEMPT_PTR, is_a, NULL);
	assert_true(h.changed);
	assert_int_equal(h.n, 2);
	assert_non_null(hits_find(&h, CONF_EXEMPT_PTR, SLICE("a.example")));
	assert_null(hits_find(&h, CONF_EXEMPT_PTR, SLICE("b.example")));
	assert_non_null(hits_find(&h, CONF_EXEMPT_MAIL, SLICE("b.example")));
	h.changed = false;
	hits_keep(&h, CONF_EXEMPT_PTR, is_a, NULL);
	assert_false(h.changed);
	hits_free(&h);
}

static void
test_file(void **state)
{
	struct hits h, again;
	struct buf b;
	(void)state;
	hits_init(&h, seed, 1000);
	hits_count(&h, CONF_EXEMPT_PTR, SLICE("*.mitra.example"), 1010);
	hits_count(&h, CONF_EXEMPT_PTR, SLICE("*.mitra.example"), 1011);
	hits_seen(&h, CONF_EXEMPT_MAIL, SLICE("2001:db8::/32"), 1012);
	buf_init(&b, 10000);
	hits_add_file(&b, &h);
	hits_init(&again, seed, 5000);
	assert_true(hits_parse(&again, buf_slice(&b)));
	assert_false(again.changed);
	assert_int_equal(again.since_s, 1000);
	assert_int_equal(again.n, 2);
	const struct hit *a =
	    hits_find(&again, CONF_EXEMPT_PTR, SLICE("*.mitra.example"));
	assert_non_null(a);
	assert_int_equal(a->count, 2);
	assert_int_equal(a->last_s, 1011);
	assert_int_equal(a->first_s, 1010);
	a = hits_find(&again, CONF_EXEMPT_MAIL, SLICE("2001:db8::/32"));
	assert_non_null(a);
	assert_int_equal(a->count, 0);
	assert_int_equal(a->first_s, 1012);
	buf_free(&b);
	hits_free(&h);
	hits_free(&again);
}

static void
test_damaged(void **state)
{
	static const struct {
		const char *text;
		bool whole;
		size_t n;
		uint64_t since_s;
	} c[] = {
	    {"", false, 0, 7},
	    {"kurir-hits 2 5\nptr 1 2 3 a\n", false, 0, 7},
	    {"kurir-hits 1 x\nptr 1 2 3 a\n", false, 0, 7},
	    {"kurir-hits 1 5", true, 0, 5},
	    {"kurir-hits 1 5\nptr 1 2 3 a\n", true, 1, 5},
	    {"kurir-hits 1 5\nptr 1 2 3 a\nhelo 1 2 3 b", true, 2, 5},
	    {"kurir-hits 1 5\nxyz 1 2 3 a\nhelo 1 2 3 b\n", false, 1, 5},
	    {"kurir-hits 1 5\nptr 1 2 3\nptr 1 2 -3 a\nptr 1 2 3 a b\n", false,
		0, 5},
	    {"kurir-hits 1 5\nptr 1 2 3 a\n\n", false, 1, 5},
	    {"kurir-hits 1 5\nptr 99999999999999999999 2 3 a\n", false, 0, 5},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct hits h;
		hits_init(&h, seed, 7);
		if (hits_parse(&h, slice_str(c[i].text)) != c[i].whole ||
		    h.n != c[i].n || h.since_s != c[i].since_s)
			fail_msg("case %zu: n %zu", i, h.n);
		hits_free(&h);
	}
}

/* Over the maximum nothing more is counted, and nothing breaks. */
static void
test_many(void **state)
{
	struct hits h;
	char text[32];
	(void)state;
	hits_init(&h, seed, 1);
	for (unsigned i = 0; i < HITS_MAX + 10; i++) {
		snprintf(text, sizeof(text), "h%u.example", i);
		hits_count(&h, CONF_EXEMPT_PTR, slice_str(text), 2);
	}
	assert_int_equal(h.n, HITS_MAX);
	hits_count(&h, CONF_EXEMPT_PTR, SLICE("h0.example"), 2);
	assert_int_equal(
	    hits_find(&h, CONF_EXEMPT_PTR, SLICE("h0.example"))->count, 2);
	hits_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_count),
	    cmocka_unit_test(test_keep),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
