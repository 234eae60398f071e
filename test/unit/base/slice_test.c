#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_compare(void **unused)
{
	(void)unused;
	assert_true(slice_eq(SLICE("a\0b"), slice_of("a\0b", 3)));
	assert_false(slice_eq(SLICE("a\0b"), SLICE("a\0c")));
	assert_true(slice_eq(SLICE_EMPTY, SLICE("")));
	assert_true(slice_eq_nocase(SLICE("StartTLS"), SLICE("STARTTLS")));
	assert_false(slice_eq_nocase(SLICE("@"), SLICE("`")));
	assert_true(slice_cmp(SLICE("ab"), SLICE("abc")) < 0);
	assert_true(slice_cmp(SLICE("b"), SLICE("abc")) > 0);
	assert_int_equal(slice_cmp(SLICE_EMPTY, SLICE_EMPTY), 0);
	assert_true(slice_starts(SLICE("MAIL FROM"), SLICE("MAIL")));
	assert_false(slice_starts(SLICE("MA"), SLICE("MAIL")));
	assert_true(slice_starts_nocase(SLICE("mail"), SLICE("MAIL")));
	assert_true(slice_ends_nocase(SLICE("a.EXAMPLE"), SLICE(".example")));
	assert_false(slice_ends_nocase(SLICE("example"), SLICE(".example")));
}

static void
test_find_and_cut(void **unused)
{
	(void)unused;
	struct slice s = SLICE("a:b:c");
	assert_int_equal(slice_find(s, ':'), 1);
	assert_int_equal(slice_rfind(s, ':'), 3);
	assert_int_equal(slice_find(s, 'x'), s.n);
	assert_int_equal(slice_rfind(SLICE_EMPTY, 'x'), 0);
	assert_true(slice_eq(slice_from(s, 2), SLICE("b:c")));
	assert_int_equal(slice_from(s, 99).n, 0);
	assert_true(slice_eq(slice_to(s, 99), s));
	assert_true(slice_eq(slice_trim(SLICE(" \t x y \t")), SLICE("x y")));
	assert_int_equal(slice_trim(SLICE(" \t ")).n, 0);
}

static void
test_number(void **unused)
{
	(void)unused;
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} cases[] = {{"0", true, 0}, {"007", true, 7}, {"", false, 0},
	    {"-1", false, 0}, {"+1", false, 0}, {"1 ", false, 0},
	    {"18446744073709551615", true, UINT64_MAX},
	    {"18446744073709551616", false, 0},
	    {"99999999999999999999", false, 0}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t v = 42;
		assert_int_equal(
		    slice_u64(slice_str(cases[i].text), &v), cases[i].ok);
		assert_true(v == (cases[i].ok ? cases[i].value : 42));
	}
}

static void
test_ascii(void **unused)
{
	(void)unused;
	for (int c = 0; c < 256; c++) {
		bool digit = c >= '0' && c <= '9';
		bool alpha = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		assert_int_equal(ascii_is_digit((uint8_t)c), digit);
		assert_int_equal(ascii_is_alpha((uint8_t)c), alpha);
		assert_int_equal(ascii_is_alnum((uint8_t)c), digit || alpha);
	}
	assert_int_equal(ascii_hex('f'), 15);
	assert_int_equal(ascii_hex('F'), 15);
	assert_int_equal(ascii_hex('g'), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_compare),
	    cmocka_unit_test(test_find_and_cut), cmocka_unit_test(test_number),
	    cmocka_unit_test(test_ascii)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
