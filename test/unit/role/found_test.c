/* Results of lookups kept for others: what finds them, how long they hold, and
 * who may go on using one that is no longer kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "role/smtpd/found.h"

static const uint64_t seed[2] = {1, 2};
static const struct ip four = {4, {192, 0, 2, 7}};
/* The same first octets as four. */
static const struct ip six = {6, {192, 0, 2, 7}};
static const struct ip other = {4, {192, 0, 2, 8}};

static struct reverse_result
result(enum reverse_kind kind, const struct ip *ip, const char *name,
    unsigned findings, uint32_t ttl)
{
	return (struct reverse_result){.kind = kind,
	    .findings = findings,
	    .client = *ip,
	    .name = slice_str(name),
	    .evidence = SLICE("MX: NXDOMAIN"),
	    .ttl = ttl};
}

static void
put(struct found_cache *c, enum reverse_kind kind, const struct ip *ip,
    const char *name, unsigned findings, uint32_t ttl, uint64_t now_ms)
{
	struct reverse_result r = result(kind, ip, name, findings, ttl);
	struct found *f = found_put(c, &r, now_ms);
	assert_non_null(f);
	found_unref(f);
}

static bool
has(struct found_cache *c, enum reverse_kind kind, const struct ip *ip,
    const char *name, uint64_t now_ms)
{
	struct found *f = found_get(c, kind, ip, slice_str(name), now_ms);
	found_unref(f);
	return f != NULL;
}

static void
test_what_finds_a_result(void **state)
{
	(void)state;
	static const struct {
		enum reverse_kind kind;
		const struct ip *ip;
		const char *name;
		bool found;
	} cases[] = {
	    {REVERSE_HELO, &four, "mx.contoh.id", true},
	    {REVERSE_HELO, &four, "MX.Contoh.ID", true},
	    {REVERSE_HELO, &four, "mx.contoh.i", false},
	    {REVERSE_HELO, &four, "mx.contoh.idx", false},
	    {REVERSE_HELO, &four, "", false},
	    {REVERSE_MAIL, &four, "mx.contoh.id", false},
	    {REVERSE_PTR, &four, "mx.contoh.id", false},
	    {REVERSE_HELO, &other, "mx.contoh.id", false},
	    {REVERSE_HELO, &six, "mx.contoh.id", false},
	};
	struct found_cache c;
	found_init(&c, seed);
	put(&c, REVERSE_HELO, &four, "mx.contoh.id", REVERSE_FORGED, 60, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (has(&c, cases[i].kind, cases[i].ip, cases[i].name, 1000) !=
		    cases[i].found)
			fail_msg("case %zu: %s", i, cases[i].name);
	found_free(&c);
}

/* The name is what such a lookup finds, not what it is found by. */
static void
test_a_clients_name_is_found_by_its_address(void **state)
{
	(void)state;
	struct found_cache c;
	found_init(&c, seed);
	put(&c, REVERSE_PTR, &four, "mx.contoh.id", 0, 60, 0);
	assert_true(has(&c, REVERSE_PTR, &four, "", 0));
	assert_false(has(&c, REVERSE_PTR, &other, "", 0));
	found_free(&c);
}

static void
test_how_long_it_holds(void **state)
{
	(void)state;
	struct found_cache c;
	found_init(&c, seed);
	put(&c, REVERSE_HELO, &four, "a.example", 0, 2, 500);
	assert_true(has(&c, REVERSE_HELO, &four, "a.example", 2499));
	assert_int_equal(c.n, 1);
	assert_false(has(&c, REVERSE_HELO, &four, "a.example", 2500));
	assert_int_equal(c.n, 0);
	/* Not at all: no time to live; DNS failed. */
	put(&c, REVERSE_HELO, &four, "b.example", 0, 0, 500);
	put(&c, REVERSE_HELO, &four, "c.example", REVERSE_TEMPFAIL, 60, 500);
	put(&c, REVERSE_HELO, &four, "d.example",
	    REVERSE_TEMPFAIL | REVERSE_BOGUS, 60, 500);
	assert_int_equal(c.n, 0);
	assert_false(has(&c, REVERSE_HELO, &four, "b.example", 500));
	assert_false(has(&c, REVERSE_HELO, &four, "c.example", 500));
	found_free(&c);
}

static void
test_the_newer_stands(void **state)
{
	(void)state;
	struct found_cache c;
	found_init(&c, seed);
	put(&c, REVERSE_HELO, &four, "a.example", REVERSE_FORGED, 60, 0);
	put(&c, REVERSE_HELO, &four, "a.example", REVERSE_NOT_FOUND, 60, 0);
	assert_int_equal(c.n, 1);
	struct found *f =
	    found_get(&c, REVERSE_HELO, &four, SLICE("a.example"), 0);
	assert_int_equal(f->result->findings, REVERSE_NOT_FOUND);
	found_unref(f);
	found_free(&c);
}

/* A session keeps what it holds. */
static void
test_it_outlives_the_cache(void **state)
{
	(void)state;
	struct found_cache c;
	struct reverse_result r =
	    result(REVERSE_MAIL, &four, "a.example", REVERSE_FORGED, 60);
	found_init(&c, seed);
	struct found *mine = found_put(&c, &r, 0);
	struct found *also =
	    found_get(&c, REVERSE_MAIL, &four, SLICE("a.example"), 0);
	assert_ptr_equal(mine, also);
	assert_int_equal(mine->refs, 3);
	found_clear(&c);
	assert_int_equal(c.n, 0);
	found_unref(mine);
	assert_true(slice_eq(also->result->name, SLICE("a.example")));
	assert_true(slice_eq(also->result->evidence, SLICE("MX: NXDOMAIN")));
	found_unref(also);
	found_unref(NULL);
	/* And is usable again. */
	put(&c, REVERSE_MAIL, &four, "a.example", 0, 60, 0);
	assert_int_equal(c.n, 1);
	found_free(&c);
}

static void
test_the_oldest_goes_first(void **state)
{
	(void)state;
	struct found_cache c;
	char name[32];
	found_init(&c, seed);
	for (unsigned i = 0; i <= FOUND_MAX; i++) {
		snprintf(name, sizeof(name), "x%u.example", i);
		put(&c, REVERSE_HELO, &four, name, REVERSE_FORGED, 60, 0);
	}
	assert_int_equal(c.n, FOUND_MAX);
	assert_false(has(&c, REVERSE_HELO, &four, "x0.example", 0));
	assert_true(has(&c, REVERSE_HELO, &four, "x1.example", 0));
	assert_true(has(&c, REVERSE_HELO, &four, name, 0));
	/* One that is asked again makes no other go. */
	put(&c, REVERSE_HELO, &four, "x1.example", REVERSE_FORGED, 60, 0);
	assert_int_equal(c.n, FOUND_MAX);
	assert_true(has(&c, REVERSE_HELO, &four, "x2.example", 0));
	found_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_finds_a_result),
	    cmocka_unit_test(test_a_clients_name_is_found_by_its_address),
	    cmocka_unit_test(test_how_long_it_holds),
	    cmocka_unit_test(test_the_newer_stands),
	    cmocka_unit_test(test_it_outlives_the_cache),
	    cmocka_unit_test(test_the_oldest_goes_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
