#include "proto/mail/cfws.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *in;
	size_t n;
} cases[] = {{"", 0}, {"a", 0}, {" \t\r\n a", 5}, {"()a", 2}, {"(a)(b) c", 7},
    {" (a (b (c) d) e) f", 17}, {"(\\) \\( \\\\) x", 11}, {"\\ ", 0}, {")", 0},
    {" ) ", 1}, {"(", SIZE_MAX}, {"(a (b) c", SIZE_MAX}, {"(\\)", SIZE_MAX},
    {"(\\", SIZE_MAX}, {"(a)\\)", 3}, {"\"(\"", 0}};

static void
octets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(
		    cfws_octets(slice_str(cases[i].in)), cases[i].n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(octets)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
