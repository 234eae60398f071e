#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_every_error_is_classed_and_named(void **unused)
{
	(void)unused;
	for (int e = 0; e < ERR_COUNT; e++) {
		assert_true(strlen(err_name((enum err)e)) > 0);
		enum err_class c = err_class((enum err)e);
		if (e == ERR_OK || e == ERR_MORE || e == ERR_AGAIN)
			assert_int_equal(c, ERR_CLASS_NONE);
		else
			assert_int_not_equal(c, ERR_CLASS_NONE);
	}
	/* An internal failure is never permanent for the sender. */
	assert_int_equal(err_class(ERR_IO), ERR_CLASS_TEMPORARY);
	assert_int_equal(err_class(ERR_FULL), ERR_CLASS_TEMPORARY);
	assert_int_equal(err_class(ERR_NOMEM), ERR_CLASS_TEMPORARY);
	assert_int_equal(err_class(ERR_BUG), ERR_CLASS_BUG);
	assert_int_equal(err_class((enum err)999), ERR_CLASS_BUG);
}

static void
test_diag(void **unused)
{
	(void)unused;
	struct diag d;
	assert_int_equal(
	    diag_set(&d, ERR_IO, "local.io-error", "a\x1b%d\n", 7), ERR_IO);
	assert_string_equal(d.cause, "local.io-error");
	assert_string_equal(d.text, "a?7?");
	char longer[500];
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(diag_set(&d, ERR_BUG, NULL, "%s", longer), ERR_BUG);
	assert_int_equal(strlen(d.text), sizeof(d.text) - 1);
	assert_string_equal(d.cause, "");
	assert_int_equal(diag_set(NULL, ERR_IO, "x", "y"), ERR_IO);
	diag_clear(&d);
	assert_string_equal(d.text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_error_is_classed_and_named),
	    cmocka_unit_test(test_diag)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
