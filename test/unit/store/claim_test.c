#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "help.h"

static void
fill(struct bench *b, id_t64 first, size_t n, const char *domain,
    uint64_t due_ms)
{
	struct store_put **v = calloc(n, sizeof(struct store_put *));
	assert_non_null(v);
	for (size_t i = 0; i < n; i++) {
		v[i] = bench_put(b, first + i, domain, 1);
		v[i]->due_ms = due_ms;
	}
	struct store_batch batch = {.puts = v, .n_puts = n};
	assert_int_equal(store_apply(b->s, &batch, &b->d), ERR_OK);
	free(v);
}

static void
the_longest_due_come_first(void **state)
{
	struct bench *b = *state;
	fill(b, 1, 3, "a.example", NOW + 30);
	fill(b, 11, 3, "b.example", NOW + 10);
	fill(b, 21, 3, "c.example", NOW + 90);
	struct store_claim c = bench_claim(b, NOW + 30, 4, 9);
	assert_int_equal(c.n_claimed, 4);
	assert_int_equal(c.claimed[0].envelope.id, 11);
	assert_int_equal(c.claimed[2].envelope.id, 13);
	assert_int_equal(c.claimed[3].envelope.id, 1);
	assert_true(
	    slice_eq(c.claimed[3].recipient.domain, SLICE("a.example")));
	assert_true(slice_eq(
	    c.claimed[3].envelope.sender, SLICE("pengirim@contoh.id")));
	assert_true(c.more);
	assert_int_equal(c.next_due_ms, NOW + 90);
	c = bench_claim(b, NOW + 30, 4, 9);
	assert_int_equal(c.n_claimed, 2);
	assert_false(c.more);
	assert_int_equal(bench_claim(b, NOW + 30, 4, 9).n_claimed, 0);
	assert_int_equal(bench_claim(b, NOW + 90, 4, 9).n_claimed, 3);
	assert_int_equal(bench_claim(b, NOW + 90, 4, 9).next_due_ms, 0);
}

static void
one_destination_takes_its_share_only(void **state)
{
	struct bench *b = *state;
	fill(b, 1, 50, "a.example", NOW);
	fill(b, 100, 5, "b.example", NOW + 1);
	struct store_claim c = bench_claim(b, NOW + 1, 20, 3);
	assert_int_equal(c.n_claimed, 6);
	size_t a = 0;
	for (size_t i = 0; i < c.n_claimed; i++)
		a +=
		    slice_eq(c.claimed[i].recipient.domain, SLICE("a.example"));
	assert_int_equal(a, 3);
	assert_true(c.more); /* of a.example, though the call ended early */
	for (unsigned left = 49; left > 3; left -= 3)
		c = bench_claim(b, NOW + 1, 20, 3);
	assert_int_equal(c.n_claimed, 2);
	assert_false(c.more);
}

static void
skipped_destinations_are_passed_over(void **state)
{
	struct bench *b = *state;
	const struct slice skip[] = {SLICE("a.example"), SLICE("b.example")};
	fill(b, 1, 5, "a.example", NOW);
	fill(b, 10, 5, "b.example", NOW);
	fill(b, 20, 5, "c.example", NOW);
	struct store_claim c = {.now_ms = NOW,
	    .limit = 9,
	    .per_domain = 9,
	    .skip = skip,
	    .n_skip = 2,
	    .arena = &b->a};
	assert_int_equal(apply_claim(b, &c), ERR_OK);
	assert_int_equal(c.n_claimed, 5);
	assert_false(c.more);
	for (size_t i = 0; i < 5; i++)
		assert_true(c.claimed[i].envelope.id >= 20);
}

/* A backlog longer than a call looks at, in front of everybody. */
static void
a_long_backlog_hides_nobody(void **state)
{
	struct bench *b = *state;
	const struct slice skip[] = {SLICE("mmm.example")};
	char domain[32];
	fill(b, 1, 5000, "mmm.example", NOW);
	for (unsigned i = 0; i < 600; i++) {
		(void)snprintf(domain, sizeof(domain), "%c%03u.example",
		    i % 2 ? 'a' : 'z', i);
		fill(b, 10000 + i, 1, domain, NOW + 1000);
	}
	size_t got = 0, calls = 0;
	struct store_claim c;
	do {
		c = (struct store_claim){.now_ms = NOW + 1000,
		    .limit = 100,
		    .per_domain = 5,
		    .skip = skip,
		    .n_skip = 1,
		    .arena = &b->a};
		assert_int_equal(apply_claim(b, &c), ERR_OK);
		for (size_t i = 0; i < c.n_claimed; i++)
			assert_true(c.claimed[i].envelope.id >= 10000);
		got += c.n_claimed;
	} while (++calls < 30 && got < 600);
	assert_int_equal(got, 600);
}

/* The two passes of one call never take one recipient twice. */
static void
nobody_is_claimed_twice(void **state)
{
	struct bench *b = *state;
	char domain[32];
	bool seen[3000] = {false};
	fill(b, 1, 2000, "mmm.example", NOW);
	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(domain, sizeof(domain), "d%02u.example", i);
		fill(b, 2001 + i * 20, 20, domain, NOW + i % 3);
	}
	for (size_t got = 0, calls = 0; got < 2800 && calls < 2000; calls++) {
		struct store_claim c =
		    bench_claim(b, NOW + 5, 50, 1 + calls % 7);
		for (size_t i = 0; i < c.n_claimed; i++) {
			id_t64 id = c.claimed[i].envelope.id;
			assert_false(seen[id]);
			seen[id] = true;
		}
		got += c.n_claimed;
		if (got == 2800)
			return;
	}
	fail_msg("some were never claimed");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_begin, bench_end)
	const struct CMUnitTest tests[] = {
	    T(the_longest_due_come_first),
	    T(one_destination_takes_its_share_only),
	    T(skipped_destinations_are_passed_over),
	    T(a_long_backlog_hides_nobody),
	    T(nobody_is_claimed_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
