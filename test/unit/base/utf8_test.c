#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *bytes;
	size_t n; /* of the first sequence; 0: not well-formed */
} cases[] = {{"", 0}, {"a", 1}, {"\xc3\xa9", 2}, {"\xe2\x82\xac", 3},
    {"\xf0\x9f\x93\xa7", 4}, {"\xf4\x8f\xbf\xbf", 4}, {"\x80", 0},
    {"\xc1\x81", 0}, {"\xc3", 0}, {"\xc3(", 0}, {"\xe0\x9f\xbf", 0},
    {"\xed\xa0\x80", 0}, {"\xe2\x82", 0}, {"\xf0\x8f\xbf\xbf", 0},
    {"\xf4\x90\x80\x80", 0}, {"\xf5\x80\x80\x80", 0}, {"\xff", 0}};

static void
test_sequences(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    utf8_sequence(slice_str(cases[i].bytes)), cases[i].n);
	assert_true(utf8_valid(SLICE("Mari\xc3\xa9 \xe2\x82\xac")));
	assert_true(utf8_valid(SLICE_EMPTY));
	assert_false(utf8_valid(SLICE("Mari\xc3")));
}

static const struct {
	const char *bytes;
	size_t n; /* of the first character */
	bool shown;
} showings[] = {
    {"", 0, false},
    {"a", 1, true},
    {"~", 1, true},
    {" ", 1, true},
    {"\x1b[31m", 1, false},
    {"\n", 1, false},
    {"\t", 1, false},
    {"\x7f", 1, false},
    {"\xc2\x80", 2, false},
    {"\xc2\x9b", 2, false},
    {"\xc2\x9f", 2, false},
    {"\xc2\xa0", 2, true},
    {"\xc3\xa9", 2, true},
    {"\xd8\x9b", 2, true},
    {"\xd8\x9c", 2, false},     /* ALM */
    {"\xe2\x80\x8d", 3, true},  /* ZWJ: writing needs it */
    {"\xe2\x80\x8e", 3, false}, /* LRM */
    {"\xe2\x80\x8f", 3, false}, /* RLM */
    {"\xe2\x80\xa7", 3, true},
    {"\xe2\x80\xa8", 3, false}, /* LS */
    {"\xe2\x80\xa9", 3, false}, /* PS */
    {"\xe2\x80\xae", 3, false}, /* RLO */
    {"\xe2\x80\xaf", 3, true},
    {"\xe2\x81\xa5", 3, true},
    {"\xe2\x81\xa6", 3, false}, /* LRI */
    {"\xe2\x81\xa9", 3, false}, /* PDI */
    {"\xe2\x81\xaf", 3, false},
    {"\xe2\x81\xb0", 3, true},
    {"\xe2\x82\xac", 3, true},
    {"\xf0\x9f\x93\xa7", 4, true},
    {"\xf0\x92\x80\xae", 4, true},
    {"\xe2\x80", 1, false},
    {"\xff", 1, false},
};

static void
test_what_may_be_shown(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(showings) / sizeof(showings[0]); i++) {
		size_t n = 9;
		struct slice s = slice_str(showings[i].bytes);
		assert_int_equal(utf8_shown(s, &n), showings[i].shown);
		assert_int_equal(n, showings[i].n);
	}
	assert_int_equal(utf8_code(SLICE("a")), 'a');
	assert_int_equal(utf8_code(SLICE("\xd8\x9c")), 0x61c);
	assert_int_equal(utf8_code(SLICE("\xe2\x80\xae")), 0x202e);
	assert_int_equal(utf8_code(SLICE("\xf4\x8f\xbf\xbf")), 0x10ffff);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_sequences),
	    cmocka_unit_test(test_what_may_be_shown)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
