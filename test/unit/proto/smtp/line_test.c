#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/smtp/line.h"

static const struct {
	const char *name;
	struct slice in;
	size_t max;
	enum err want;
	size_t line, used;
} cases[] = {
    {"a line", SLICE("NOOP\r\nQUIT"), 10, ERR_OK, 4, 6},
    {"an empty line", SLICE("\r\n"), 10, ERR_OK, 0, 2},
    {"nothing", SLICE(""), 10, ERR_MORE, 0, 0},
    {"no end yet", SLICE("NOOP"), 10, ERR_MORE, 0, 0},
    {"half an end", SLICE("NOOP\r"), 10, ERR_MORE, 0, 0},
    {"bare LF", SLICE("NOOP\n"), 10, ERR_SYNTAX, 0, 0},
    {"bare CR", SLICE("NO\rOP\r\n"), 10, ERR_SYNTAX, 0, 0},
    {"two CR", SLICE("NOOP\r\r\n"), 10, ERR_SYNTAX, 0, 0},
    {"NUL", SLICE("NO\0OP\r\n"), 10, ERR_SYNTAX, 0, 0},
    {"just fits", SLICE("0123456789\r\n"), 10, ERR_OK, 10, 12},
    {"fits, half an end", SLICE("0123456789\r"), 10, ERR_MORE, 0, 0},
    {"fits, no end", SLICE("0123456789"), 10, ERR_MORE, 0, 0},
    {"one too long", SLICE("0123456789a\r\n"), 10, ERR_LIMIT, 0, 0},
    {"too long, no end", SLICE("0123456789a"), 10, ERR_LIMIT, 0, 0},
    {"too long before it is wrong", SLICE("0123456789a\n"), 10, ERR_LIMIT, 0,
	0},
    {"wrong before it is too long", SLICE("01\n3456789abc"), 10, ERR_SYNTAX, 0,
	0},
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice line = SLICE("untouched");
		size_t used = 77;
		enum err e =
		    smtp_line_next(cases[i].in, cases[i].max, &line, &used);
		if (e != cases[i].want)
			fail_msg("%s: %s", cases[i].name, err_name(e));
		assert_int_equal(line.n, e == ERR_OK ? cases[i].line : 9);
		assert_int_equal(used, e == ERR_OK ? cases[i].used : 77);
	}
}

/* Whatever the cut, the first thing that is not ERR_MORE is the answer. */
static void
test_prefixes_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum err e = ERR_MORE;
		struct slice line;
		size_t used;
		for (size_t n = 0; n <= cases[i].in.n && e == ERR_MORE; n++)
			e = smtp_line_next(slice_to(cases[i].in, n),
			    cases[i].max, &line, &used);
		assert_int_equal(e, cases[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_prefixes_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
