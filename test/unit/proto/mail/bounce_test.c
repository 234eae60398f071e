#include "proto/mail/bounce.h"

#include "proto/mail/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct bounce_rcpt one = {
    .address = {(const uint8_t *)"siti@mitra.example", 18},
    .original = {(const uint8_t *)"sales@contoh.id", 15},
    .status = {(const uint8_t *)"5.1.1", 5},
    .diagnostic = {(const uint8_t *)"550 5.1.1 no such user", 22},
    .remote_mta = {(const uint8_t *)"mx1.mitra.example", 17},
    .cause = {(const uint8_t *)"recipient.unknown", 17},
    .explain = {(const uint8_t *)"There is no such mailbox.", 25},
    .explain_second = {(const uint8_t *)"Kotak surat itu tidak ada.", 26},
    .last_attempt_s = 1524490740,
};

static struct bounce
base_case(void)
{
	return (struct bounce){
	    .action = BOUNCE_FAILED,
	    .id = 2,
	    .message = 1,
	    .hostname = SLICE("mail.contoh.id"),
	    .to = SLICE("budi@contoh.id"),
	    .language = SLICE("id"),
	    .now_s = 1524490800,
	    .arrival_s = 1524490000,
	    .rcpts = &one,
	    .rcpts_n = 1,
	    .headers = SLICE("Message-ID: <m1@contoh.id>\r\n"
			     "Subject: hello\r\n"),
	};
}

static struct buf
build(const struct bounce *b)
{
	struct buf out;
	buf_init(&out, BOUNCE_MAX);
	assert_int_equal(bounce_build(&out, b), ERR_OK);
	buf_add_byte(&out, 0);
	return out;
}

static void
has(const struct buf *b, const char *what)
{
	if (strstr((const char *)b->p, what) == NULL)
		fail_msg("no \"%s\" in:\n%s", what, (const char *)b->p);
}

/* What holds for every bounce: lines, 7 bit, parts. */
static void
check_shape(const struct buf *b)
{
	struct slice s = slice_of(b->p, b->n - 1);
	while (s.n > 0) {
		size_t n = slice_find(s, '\n');
		assert_true(n < s.n && n > 0 && s.p[n - 1] == '\r');
		assert_true(n <= 999);
		for (size_t i = 0; i + 1 < n; i++)
			assert_true(
			    s.p[i] != 0 && s.p[i] < 0x80 && s.p[i] != '\r');
		s = slice_from(s, n + 1);
	}
	has(b, "\r\nAuto-Submitted: auto-replied\r\n");
	has(b, "\r\nMIME-Version: 1.0\r\n");
	has(b, "multipart/report; report-type=delivery-status;");
	has(b, "\r\nContent-Type: message/delivery-status\r\n");
	has(b, "\r\nContent-Type: text/rfc822-headers\r\n");
}

static void
failed(void **state)
{
	(void)state;
	struct bounce c = base_case();
	struct buf b = build(&c);
	check_shape(&b);
	has(&b, "From: Mail Delivery System <MAILER-DAEMON@mail.contoh.id>\r\n"
		"To: <budi@contoh.id>\r\n");
	has(&b, "\r\nIn-Reply-To: <m1@contoh.id>\r\n");
	has(&b, "\r\n  Recipient: siti@mitra.example\r\n"
		"  written as: sales@contoh.id\r\n"
		"  Reason: There is no such mailbox.\r\n"
		"  Other server: mx1.mitra.example\r\n"
		"  The other server said: 550 5.1.1 no such user\r\n"
		"  Code: 5.1.1 recipient.unknown\r\n");
	has(&b, "\r\n  Sebab: Kotak surat itu tidak ada.\r\n");
	has(&b, "\r\nReporting-MTA: dns; mail.contoh.id\r\n"
		"X-Kurir-Message: 0000000000001\r\n"
		"Arrival-Date: Mon, 23 Apr 2018 13:26:40 +0000\r\n"
		"\r\n"
		"Original-Recipient: rfc822; sales@contoh.id\r\n"
		"Final-Recipient: rfc822; siti@mitra.example\r\n"
		"Action: failed\r\n"
		"Status: 5.1.1\r\n"
		"Remote-MTA: dns; mx1.mitra.example\r\n"
		"Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
		"Last-Attempt-Date: Mon, 23 Apr 2018 13:39:00 +0000\r\n");
	has(&b, "\r\nSubject: hello\r\n\r\n--=_0000000000002_0--\r\n");
	buf_free(&b);
}

static void
delayed(void **state)
{
	(void)state;
	struct bounce c = base_case();
	struct bounce_rcpt r = one;
	r.status = SLICE("5.1.1"); /* cannot be right for a delay */
	c.action = BOUNCE_DELAYED;
	c.give_up_s = 1524900000;
	c.language = SLICE_EMPTY;
	c.rcpts = &r;
	struct buf b = build(&c);
	check_shape(&b);
	has(&b, "\r\nAction: delayed\r\nStatus: 4.0.0\r\n");
	has(&b, "\r\nWill-Retry-Until: Sat, 28 Apr 2018 07:20:00 +0000\r\n");
	assert_null(strstr((const char *)b.p, "Penerima"));
	buf_free(&b);
}

static void
status_codes(void **state)
{
	(void)state;
	static const struct {
		const char *in, *want;
	} rows[] = {
	    {"5.1.1", "5.1.1"},
	    {"4.4.1", "4.4.1"},
	    {"5.7.123", "5.7.123"},
	    {"", "5.0.0"},
	    {"2.1.1", "5.0.0"},
	    {"5.1", "5.0.0"},
	    {"5..1", "5.0.0"},
	    {"5.1.1234", "5.0.0"},
	    {"5.1.1\r\nX: y", "5.0.0"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bounce c = base_case();
		struct bounce_rcpt r = one;
		char line[64];
		r.status = slice_str(rows[i].in);
		c.rcpts = &r;
		struct buf b = build(&c);
		check_shape(&b);
		snprintf(
		    line, sizeof(line), "\r\nStatus: %s\r\n", rows[i].want);
		has(&b, line);
		buf_free(&b);
	}
}

/* Foreign bytes everywhere: no line, header or part of theirs may appear. */
static void
hostile(void **state)
{
	(void)state;
	struct bounce c = base_case();
	uint8_t longest[3000];
	memset(longest, 'x', sizeof(longest));
	struct bounce_rcpt r = {
	    .address = SLICE("\xc3\xbc+\\@mitra.example\r\nEvil: 1"),
	    .original = slice_of(longest, sizeof(longest)),
	    .status = SLICE("\r\nEvil: 2"),
	    .diagnostic = SLICE("550 no\r\nEvil: 3\r\n\r\n--=_0000000000002_0"
				"\x80\x01"),
	    .remote_mta = slice_of(longest, sizeof(longest)),
	    .cause = SLICE("a\r\nEvil: 4"),
	    .explain = slice_of(longest, sizeof(longest)),
	    .explain_second = SLICE("caf\xc3\xa9 \xff"),
	};
	c.to = SLICE("a\r\nEvil: 5");
	c.headers = SLICE("Message-ID: <a>\r\n b: <c>\r\n"
			  "X: \xff\r\n--=_0000000000002_0\r\nY: z\r\n"
			  ".\r\n");
	c.rcpts = &r;
	struct buf b = build(&c);
	check_shape(&b);
	assert_null(strstr((const char *)b.p, "\nEvil"));
	has(&b, "To: undisclosed-recipients:;\r\n");
	has(&b, "Final-Recipient: utf-8; \\x{FC}\\x{2B}\\x{5C}@mitra.example");
	has(&b, "boundary=\"=_0000000000002_1\"");
	has(&b, "Content-Transfer-Encoding: quoted-printable\r\n\r\nMessage");
	buf_free(&b);
}

static void
limits(void **state)
{
	(void)state;
	struct bounce c = base_case();
	struct buf out;
	for (size_t max = 0; max < 4000; max += 97) {
		buf_init(&out, max);
		enum err e = bounce_build(&out, &c);
		assert_true(e == ERR_LIMIT || (e == ERR_OK && max > 2000));
		buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(failed),
	    cmocka_unit_test(delayed),
	    cmocka_unit_test(status_codes),
	    cmocka_unit_test(hostile),
	    cmocka_unit_test(limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
