#include "check/smtp_banner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
is(const char *what, struct slice got, const char *want)
{
	if (!slice_eq(got, slice_str(want)))
		fail_msg(
		    "%s: got \"%.*s\", not \"%s\"", what, SLICE_ARG(got), want);
}

static void
versions_and_hosts(void **state)
{
	static const struct {
		const char *greeting, *host, *version;
	} cases[] = {
	    {"220 mail.contoh.id ESMTP Postfix", "mail.contoh.id", ""},
	    {"220 mail.contoh.id ESMTP Exim 4.96 Sun, 22 Nov 2026 03:00:00 "
	     "+0700",
		"mail.contoh.id", "Exim 4.96"},
	    {"220 mail.contoh.id ESMTP Postfix (3.5.6-1+deb11u1)",
		"mail.contoh.id", "Postfix (3.5.6-1+deb11u1"},
	    {"220 mail.contoh.id ESMTP Sendmail 8.15.2/8.15.2; Sun",
		"mail.contoh.id", "Sendmail 8.15.2"},
	    {"220 mx1.contoh.id Microsoft ESMTP MAIL Service, Version: "
	     "10.0.14393.4169 ready",
		"mx1.contoh.id", "Version: 10.0.14393.4169"},
	    {"220 mail.contoh.id ESMTP MDaemon v17.5.2", "mail.contoh.id",
		"MDaemon v17.5.2"},
	    {"220-mail.contoh.id hi\n220 Haraka/2.8.28 ready", "mail.contoh.id",
		"Haraka/2.8.28"},
	    /* addresses and times are no versions */
	    {"220 mail.contoh.id ESMTP [192.0.2.1] 03:00:00 22.11.2026",
		"mail.contoh.id", ""},
	    {"220 mail.contoh.id ESMTP 192.0.2.1 at 03:00:00", "mail.contoh.id",
		""},
	    {"220 1.2.3.x", "1.2.3.x", ""},
	    {"220 ESMTP", "ESMTP", ""},
	    {"220 ***************", "", ""},
	    {"220 ", "", ""},
	    {"220", "", ""},
	    {"", "", ""},
	    {"220 mail.contoh.id 1.", "mail.contoh.id", ""},
	    {"220 mail.contoh.id .1.2", "mail.contoh.id", ""},
	    {"220 mail.contoh.id v", "mail.contoh.id", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice g = slice_str(cases[i].greeting);
		is(cases[i].greeting, smtp_banner_host(g), cases[i].host);
		is(cases[i].greeting, smtp_banner_version(g), cases[i].version);
	}
}

static void
domains(void **state)
{
	static const char *const cases[][2] = {
	    {"mail.contoh.id", "contoh.id"},
	    {"contoh.id", "contoh.id"},
	    {"contoh.co.id", "contoh.co.id"},
	    {"mail.contoh.co.id", "contoh.co.id"},
	    {"a.b.contoh.id", "b.contoh.id"},
	    {"mail.ui.ac.id", "ui.ac.id"},
	    {"mail.co.example", "co.example"},
	    {"localhost", "localhost"},
	    {"", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is(cases[i][0], smtp_domain_of(slice_str(cases[i][0])),
		    cases[i][1]);
}

static void
matches(void **state)
{
	static const struct {
		const char *greeting, *ptr;
		enum smtp_banner_match want;
	} cases[] = {
	    {"220 mail.contoh.id ESMTP", "mail.contoh.id", BANNER_MATCHES},
	    {"220 MAIL.Contoh.ID ESMTP", "mail.contoh.id", BANNER_MATCHES},
	    {"220 ESMTP of mail.contoh.id", "mail.contoh.id", BANNER_MATCHES},
	    {"220 mx.contoh.id ESMTP", "mail.contoh.id", BANNER_SAME_DOMAIN},
	    {"220 contoh.id ESMTP", "mail.contoh.id", BANNER_SAME_DOMAIN},
	    {"220 mx.a.contoh.id hi", "mail.contoh.id", BANNER_SAME_DOMAIN},
	    {"220 mx.mitra.example", "mail.contoh.id", BANNER_DIFFERS},
	    {"220 bukancontoh.id", "mail.contoh.id", BANNER_DIFFERS},
	    {"220 lain.co.id", "contoh.co.id", BANNER_DIFFERS},
	    {"220 localhost", "mail.contoh.id", BANNER_DIFFERS},
	    {"220 ", "mail.contoh.id", BANNER_DIFFERS},
	    {"220 mail.contoh.id", "", BANNER_DIFFERS},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum smtp_banner_match got = smtp_banner_match(
		    slice_str(cases[i].greeting), slice_str(cases[i].ptr));
		if (got != cases[i].want)
			fail_msg("%s, %s: got %d", cases[i].greeting,
			    cases[i].ptr, (int)got);
	}
}

static void
masks(void **state)
{
	static const struct {
		const char *greeting, *ehlo;
		bool want;
	} t[] = {
	    {"220 **************2******200**", "250-mx\n250 SIZE 1", true},
	    {"220 ********************", "250 mx", true},
	    {"220 *** mail ***", "250-mx\n250 STARTTLS", false},
	    {"220 mx ESMTP", "250-mx\n250-XXXXXXXA\n250 SIZE 1", true},
	    {"220 mx ESMTP", "250-mx\n250 XXXX", true},
	    {"220 mx ESMTP", "250-mx\n250-X-ANONYMOUSTLS\n250 XXX", false},
	    {"220 mx ESMTP", "250-XXXXXXXA\n250 SIZE 1", false},
	    {"220 mx ESMTP", "250-mx\n250 XEXCH50", false},
	    {"", "", false},
	    {"220", "250", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		if (smtp_is_masked(slice_str(t[i].greeting),
			slice_str(t[i].ehlo)) != t[i].want)
			fail_msg("case %zu", i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(versions_and_hosts),
	    cmocka_unit_test(domains),
	    cmocka_unit_test(matches),
	    cmocka_unit_test(masks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
