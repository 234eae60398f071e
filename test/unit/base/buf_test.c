#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_maximum_and_sticky_error(void **unused)
{
	(void)unused;
	struct buf b;
	buf_init(&b, 4);
	buf_add(&b, SLICE("abc"));
	assert_int_equal(buf_err(&b), ERR_OK);
	buf_add(&b, SLICE("de")); /* would be five */
	assert_int_equal(buf_err(&b), ERR_LIMIT);
	buf_add(&b, SLICE("d")); /* would fit, but the error stays */
	assert_true(slice_eq(buf_slice(&b), SLICE("abc")));
	buf_clear(&b);
	assert_int_equal(buf_err(&b), ERR_OK);
	buf_add(&b, SLICE("wxyz"));
	assert_true(slice_eq(buf_slice(&b), SLICE("wxyz")));
	assert_int_equal(buf_reserve(&b, 1), ERR_LIMIT);
	buf_free(&b);
	assert_int_equal(b.max, 4);
}

static void
test_numbers(void **unused)
{
	(void)unused;
	struct buf b;
	buf_init(&b, 100);
	buf_add_u64(&b, 0);
	buf_add_byte(&b, ' ');
	buf_add_u64(&b, UINT64_MAX);
	buf_add_byte(&b, ' ');
	buf_add_u64_pad(&b, 7, 3);
	buf_add_byte(&b, ' ');
	buf_add_u64_pad(&b, 1234, 3);
	buf_printf(&b, " %d-%s", -5, "x");
	assert_true(slice_eq(
	    buf_slice(&b), SLICE("0 18446744073709551615 007 1234 -5-x")));
	buf_free(&b);
}

static void
test_printf_up_to_the_maximum(void **unused)
{
	(void)unused;
	struct buf b;
	buf_init(&b, 6); /* five characters and the NUL that printf writes */
	buf_printf(&b, "%s", "12345");
	assert_true(slice_eq(buf_slice(&b), SLICE("12345")));
	buf_clear(&b);
	buf_printf(&b, "%s", "123456");
	assert_int_equal(buf_err(&b), ERR_LIMIT);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void
test_escapes(void **unused)
{
	(void)unused;
	struct buf b;
	buf_init(&b, 200);
	buf_add_escaped(&b, SLICE("a\\\x1b[2J\xff"));
	assert_true(slice_eq(buf_slice(&b), SLICE("a\\x5c\\x1b[2J\\xff")));
	buf_clear(&b);
	buf_add_json(&b, SLICE("q\"\\\n\x01\x0b\x7f\xc3\xa9\xff"));
	assert_true(slice_eq(
	    buf_slice(&b), SLICE("q\\\"\\\\\\n\\u0001\\u000b\\u007f\xc3\xa9"
				 "\xef\xbf\xbd")));
	buf_clear(&b);
	buf_add_json(&b, SLICE("\xe2\x80\xae\xc2\x9b\xd8\x9c\xe2\x82\xac"));
	assert_true(slice_eq(
	    buf_slice(&b), SLICE("\\u202e\\u009b\\u061c\xe2\x82\xac")));
	buf_free(&b);
}

static void
test_consume(void **unused)
{
	(void)unused;
	struct buf b;
	buf_init(&b, 100);
	buf_add(&b, SLICE("hello"));
	buf_consume(&b, 2);
	assert_true(slice_eq(buf_slice(&b), SLICE("llo")));
	buf_consume(&b, 99);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_maximum_and_sticky_error),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_printf_up_to_the_maximum),
	    cmocka_unit_test(test_escapes), cmocka_unit_test(test_consume)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
