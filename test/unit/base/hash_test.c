#include "base/hash.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint64_t seed[2] = {1, 2};

static void
test_map_against_an_array(void **unused)
{
	(void)unused;
	enum { N = 2000 };
	static int values[N];
	static bool present[N];
	struct map m;
	uint64_t x = 88172645463325252u;
	size_t live = 0;
	map_init(&m, seed);
	for (int step = 0; step < 40000; step++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		size_t k = x % N;
		if ((x >> 32) % 3 != 0) {
			assert_int_equal(
			    map_put_u64(&m, k, &values[k]), ERR_OK);
			live += !present[k];
			present[k] = true;
		} else {
			void *was = map_remove_u64(&m, k);
			assert_ptr_equal(was, present[k] ? &values[k] : NULL);
			live -= present[k];
			present[k] = false;
		}
		assert_int_equal(m.used, live);
	}
	for (size_t k = 0; k < N; k++)
		assert_ptr_equal(
		    map_get_u64(&m, k), present[k] ? &values[k] : NULL);
	size_t cursor = 0, seen = 0;
	while (map_next(&m, &cursor) != NULL)
		seen++;
	assert_int_equal(seen, live);
	map_free(&m);
	assert_null(map_get_u64(&m, 1));
}

static void
test_slice_keys(void **unused)
{
	(void)unused;
	struct map m;
	int a, b;
	map_init(&m, seed);
	assert_int_equal(map_put(&m, SLICE("one"), &a), ERR_OK);
	assert_int_equal(map_put(&m, SLICE_EMPTY, &b), ERR_OK);
	assert_ptr_equal(map_get(&m, SLICE("one")), &a);
	assert_ptr_equal(map_get(&m, SLICE("")), &b);
	assert_null(map_get(&m, SLICE("on")));
	assert_null(map_get_u64(&m, 0)); /* not the empty slice */
	assert_int_equal(map_put(&m, SLICE("one"), &b), ERR_OK);
	assert_ptr_equal(map_get(&m, SLICE("one")), &b);
	assert_int_equal(m.used, 2);
	assert_ptr_equal(map_remove(&m, SLICE("one")), &b);
	assert_null(map_remove(&m, SLICE("one")));
	map_free(&m);
}

static void
test_siphash_depends_on_all(void **unused)
{
	(void)unused;
	const uint64_t other[2] = {1, 3};
	uint64_t h = hash_siphash(seed, SLICE("12345678x"));
	assert_true(h == hash_siphash(seed, SLICE("12345678x")));
	assert_true(h != hash_siphash(other, SLICE("12345678x")));
	assert_true(h != hash_siphash(seed, SLICE("12345678y")));
	assert_true(h != hash_siphash(seed, SLICE("12345678")));
	assert_true(
	    hash_siphash(seed, SLICE("\0")) != hash_siphash(seed, SLICE_EMPTY));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_map_against_an_array),
	    cmocka_unit_test(test_slice_keys),
	    cmocka_unit_test(test_siphash_depends_on_all)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
