/* tls_wanted_test.c - refusals for want of TLS, and for anything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/tls_priv.h"

static void
test_wanted(void **state)
{
	static const struct {
		uint16_t code;
		const char *text;
		bool is;
	} rows[] = {
	    {530, "530 5.7.0 Must issue a STARTTLS command first", true},
	    {530, "530 5.7.0", true},
	    {530, "530 5.7.0 Authentication required", false},
	    {530, "530 5.7.1 Log in first", false},
	    {530, "530 5.7.0 Authentication required, over TLS", true},
	    {523, "523 5.7.10 needed", true},
	    {538, "538 5.7.11", true},
	    {554, "554 5.7.1 we want TLS/SSL here", true},
	    {550, "550-5.7.1 Mail over unencrypted\n550 sessions is refused",
		true},
	    {550, "550 5.7.1 (TLS) required.", true},
	    {550, "550 5.1.1 no such user", false},
	    {550, "550 5.1.1 <tls@contoh.id> is not here", false},
	    {550, "550 5.1.1 <budi@tls> is not here", false},
	    {550, "550 5.7.1 [192.0.2.1] blocked, see https://tls.example/ssl",
		false},
	    {550, "550 5.7.1 blocked by mx-tls.mitra.example", false},
	    {550, "550 nottls", false},
	    {550, "", false},
	    {450, "450 4.7.0 TLS first", false},
	    {250, "250 2.0.0 TLS", false},
	    {0, "", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (tls_wanted(rows[i].code, slice_str(rows[i].text)) !=
		    rows[i].is)
			fail_msg("%s", rows[i].text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_wanted)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
