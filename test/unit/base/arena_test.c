#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_cap(void **unused)
{
	(void)unused;
	struct arena a;
	arena_init(&a, 100);
	assert_non_null(arena_alloc(&a, 60));
	assert_null(arena_alloc(&a, 41)); /* 101 */
	assert_non_null(arena_alloc(&a, 40));
	assert_null(arena_alloc(&a, 1));
	assert_null(arena_alloc(&a, SIZE_MAX));
	arena_reset(&a);
	assert_int_equal(a.used, 0);
	assert_non_null(arena_alloc(&a, 100));
	arena_reset(&a);
}

static void
test_zeroed_and_apart(void **unused)
{
	(void)unused;
	struct arena a;
	arena_init(&a, 1u << 20);
	for (size_t n = 1; n < 300; n++) {
		uint8_t *p = arena_alloc(&a, n);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, n); /* must not reach the next */
	}
	arena_reset(&a);
}

static void
test_copies(void **unused)
{
	(void)unused;
	struct arena a;
	struct slice out;
	arena_init(&a, 16);
	assert_true(arena_slice(&a, SLICE("abc"), &out));
	assert_true(slice_eq(out, SLICE("abc")));
	assert_true(arena_slice(&a, SLICE_EMPTY, &out));
	assert_int_equal(out.n, 0);
	assert_string_equal(arena_str(&a, SLICE("xyz")), "xyz");
	assert_null(arena_str(&a, SLICE("x\0z")));
	assert_false(arena_slice(&a, SLICE("0123456789"), &out));
	arena_reset(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cap),
	    cmocka_unit_test(test_zeroed_and_apart),
	    cmocka_unit_test(test_copies)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
