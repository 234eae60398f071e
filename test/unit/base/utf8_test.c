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

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_sequences)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
