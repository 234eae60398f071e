#include "proto/smtp/client/cause.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	uint16_t code;
	const char *enhanced, *text, *want;
} rows[] = {
    {450, "", "450 try again later", "remote.4xx"},
    {550, "", "550 no", "remote.5xx"},
    {550, "5.1.1", "550 5.1.1 <x>: rejected", "recipient.unknown"},
    {450, "4.1.1", "450 4.1.1 <x>: user unknown", "recipient.unknown"},
    {550, "", "550 User Unknown", "recipient.unknown"},
    {450, "", "450 user unknown for now", "remote.4xx"},
    {550, "5.2.1", "550 5.2.1 Mailbox unavailable", "recipient.unknown"},
    {451, "4.7.1", "451 4.7.1 Greylisting in action", "remote.greylisted"},
    {450, "4.2.0", "450 4.2.0 <x>: Recipient address rejected: Greylisted",
	"remote.greylisted"},
    {451, "4.7.1", "451 4.7.1 Please try again later", "remote.greylisted"},
    {554, "5.7.1",
	"554 5.7.1 Service unavailable; Client host [x] blocked "
	"using zen.spamhaus.org",
	"remote.blocklisted"},
    {550, "", "550 192.0.2.1 is listed in our black list",
	"remote.blocklisted"},
    {550, "5.7.25", "550-5.7.25 the IP has no PTR", "remote.ptr-required"},
    {450, "4.7.25",
	"450 4.7.25 Client host rejected: cannot find your "
	"hostname, [x]",
	"remote.ptr-required"},
    {421, "4.7.28", "421-4.7.28 unusual rate of mail", "remote.rate-limited"},
    {421, "", "421 Too many connections", "remote.rate-limited"},
    {452, "4.5.3", "452 4.5.3 Too many recipients", "limit.recipients"},
    {452, "4.2.2", "452 4.2.2 over", "mailbox.full"},
    {552, "", "552 Quota exceeded", "mailbox.full"},
    {452, "4.3.1", "452 4.3.1 Insufficient system storage", "remote.4xx"},
    {552, "5.3.4", "552 5.3.4 big", "limit.size"},
    {552, "", "552 big", "limit.size"},
    {530, "5.7.0", "530 5.7.0 Must issue a STARTTLS command first",
	"tls.required-outbound"},
    {530, "5.7.0", "530 5.7.0 Authentication required", "auth.required"},
    {535, "5.7.8", "535 5.7.8 bad", "auth.failed"},
    {553, "5.1.8", "553 5.1.8 sender domain", "sender.unknown"},
    {999, "", "", "remote.5xx"},
};

static void
table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice is = smtp_cause_of_reply(rows[i].code,
		    slice_str(rows[i].enhanced), slice_str(rows[i].text));
		if (!slice_eq(is, slice_str(rows[i].want)))
			fail_msg("\"%s\": %.*s", rows[i].text, SLICE_ARG(is));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
