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

/* Where the code and the words pull apart. */
static void
words_and_codes(void **state)
{
	(void)state;
	expect(450, "4.2.1", "450 4.2.1 busy", "remote.4xx");
	expect(450, "", "450 Requested action not taken: mailbox unavailable",
	    "remote.4xx");
	expect(451, "4.7.1", "451 4.7.1 Try again later", "remote.greylisted");
	expect(550, "5.7.27", "550 5.7.27 Sender address has null MX",
	    "lookup.mail-no-mx");
	expect(550, "5.1.0",
	    "550 5.1.0 <a@b>: Sender address rejected: User unknown in "
	    "virtual mailbox table",
	    "sender.unknown");
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
	    cmocka_unit_test(words_and_codes),
	    cmocka_unit_test(nothing_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
