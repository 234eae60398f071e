#include "proto/smtp/client/cause.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "replies.h"

static void
expect(uint16_t code, const char *enhanced, const char *text, const char *want)
{
	struct slice is =
	    smtp_cause_of_reply(code, slice_str(enhanced), slice_str(text));
	if (!slice_eq(is, slice_str(want)))
		fail_msg("\"%s\": %.*s, not %s", text, SLICE_ARG(is), want);
}

static void
table(void **state)
{
	(void)state;
	for (size_t i = 0; i < REPLIES; i++)
		expect(replies[i].code, replies[i].enhanced, replies[i].text,
		    replies[i].want);
}

static void
nothing_known(void **state)
{
	(void)state;
	expect(999, "", "", "remote.5xx");
	expect(0, "", "", "remote.5xx");
	expect(421, "4", "421", "remote.4xx");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table),
	    cmocka_unit_test(nothing_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
