#include "proto/mail/received.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct received
base_case(void)
{
	struct received r = {
	    .helo = SLICE("pc.mitra.example"),
	    .ptr = SLICE("host9.mitra.example"),
	    .hostname = SLICE("mail.contoh.id"),
	    .esmtp = true,
	    .id = 1,
	    .unix_s = 1524490740,
	    .offset_min = 420,
	};
	assert_int_equal(ip_parse(SLICE("192.0.2.9"), &r.ip), ERR_OK);
	return r;
}

static void
expect(const struct received *r, const char *want)
{
	struct buf b;
	buf_init(&b, 4096);
	received_add(&b, r);
	assert_int_equal(buf_err(&b), ERR_OK);
	buf_add_byte(&b, 0);
	assert_string_equal((const char *)b.p, want);
	buf_free(&b);
}

static void
plain(void **state)
{
	(void)state;
	struct received r = base_case();
	expect(&r,
	    "Received: from pc.mitra.example (host9.mitra.example "
	    "[192.0.2.9])\r\n"
	    "\tby mail.contoh.id (kurir) with ESMTP id 0000000000001;\r\n"
	    "\tMon, 23 Apr 2018 20:39:00 +0700\r\n");
}

static void
everything(void **state)
{
	(void)state;
	struct received r = base_case();
	r.ptr = SLICE_EMPTY;
	assert_int_equal(ip_parse(SLICE("2001:db8::9"), &r.ip), ERR_OK);
	r.tls = r.auth = true;
	r.rcpt = SLICE("budi@contoh.id");
	r.tls_version = SLICE("TLSv1.3");
	r.tls_cipher = SLICE("TLS_AES_256_GCM_SHA384");
	r.tls_bits = r.tls_bits_of = 256;
	expect(&r, "Received: from pc.mitra.example "
		   "(unknown [IPv6:2001:db8::9])\r\n"
		   "\tby mail.contoh.id (kurir) with ESMTPSA "
		   "id 0000000000001 "
		   "for <budi@contoh.id>\r\n"
		   "\t(version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 "
		   "bits=256/256);\r\n"
		   "\tMon, 23 Apr 2018 20:39:00 +0700\r\n");
}

static void
hostile(void **state)
{
	(void)state;
	struct received r = base_case();
	r.helo = SLICE("a) by x;\r\nX: y\\\xff");
	r.ip.family = 0;
	r.rcpt = SLICE("a\r\nb@contoh.id");
	expect(&r,
	    "Received: from "
	    "a\\x29\\x20by\\x20x\\x3b\\x0d\\x0aX:\\x20y\\x5c\\xff\r\n"
	    "\tby mail.contoh.id (kurir) with ESMTP id 0000000000001;\r\n"
	    "\tMon, 23 Apr 2018 20:39:00 +0700\r\n");
}

static void
long_names(void **state)
{
	(void)state;
	struct received r = base_case();
	uint8_t longest[2000];
	memset(longest, 1, sizeof(longest));
	r.helo = r.ptr = r.hostname = r.rcpt = slice_of(longest, 2000);
	struct buf b;
	buf_init(&b, 8192);
	received_add(&b, &r);
	assert_int_equal(buf_err(&b), ERR_OK);
	struct slice s = buf_slice(&b);
	while (s.n > 0) {
		size_t n = slice_find(s, '\n');
		assert_true(n < s.n && n <= 999 && s.p[n - 1] == '\r');
		s = slice_from(s, n + 1);
	}
	buf_free(&b);
}

static void
with(void **state)
{
	(void)state;
	static const struct {
		bool lmtp, utf8, esmtp, tls, auth;
		const char *want;
	} rows[] = {
	    {0, 0, 0, 0, 0, "SMTP"},
	    {0, 0, 0, 1, 1, "SMTP"},
	    {0, 0, 1, 0, 0, "ESMTP"},
	    {0, 0, 1, 1, 0, "ESMTPS"},
	    {0, 0, 1, 0, 1, "ESMTPA"},
	    {0, 0, 1, 1, 1, "ESMTPSA"},
	    {1, 0, 0, 0, 0, "LMTP"},
	    {1, 0, 0, 1, 1, "LMTPSA"},
	    {0, 1, 1, 0, 0, "UTF8SMTP"},
	    {0, 1, 1, 1, 1, "UTF8SMTPSA"},
	    {1, 1, 1, 1, 0, "UTF8LMTPS"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct received r = {.lmtp = rows[i].lmtp,
		    .utf8 = rows[i].utf8,
		    .esmtp = rows[i].esmtp,
		    .tls = rows[i].tls,
		    .auth = rows[i].auth};
		struct buf b;
		buf_init(&b, 32);
		received_with(&b, &r);
		assert_true(slice_eq(buf_slice(&b), slice_str(rows[i].want)));
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain),
	    cmocka_unit_test(everything),
	    cmocka_unit_test(hostile),
	    cmocka_unit_test(long_names),
	    cmocka_unit_test(with),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
