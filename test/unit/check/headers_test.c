#include "check/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/headers_priv.h"

static struct report *got;

static void
on_done(void *arg, struct report *r)
{
	assert_null(got);
	got = r;
	loop_stop(arg);
}

static struct report *
ask(struct slice message, const char *trusted)
{
	struct check_opts opts = {0};
	struct check c = {.opts = &opts, .loop = loop_new()};
	struct slice name = slice_str(trusted);
	assert_non_null(c.loop);
	got = NULL;
	check_headers(&c, message, &name, trusted != NULL, on_done, c.loop);
	assert_null(got); /* never from within the call */
	loop_run(c.loop);
	loop_free(c.loop);
	assert_non_null(got);
	return got;
}

#define POSTFIX_TLS                                                            \
	"Received: from out.mitra.example (out.mitra.example "                 \
	"[198.51.100.9])\n"                                                    \
	"\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 "        \
	"bits))\n"                                                             \
	"\tby mx.contoh.id (Postfix) with ESMTPS id 1\n"                       \
	"\tfor <budi@contoh.id>; Tue, 21 Nov 2023 10:04:11 +0700\n"
#define POSTFIX_CLEAR                                                          \
	"Received: from out.mitra.example (out.mitra.example "                 \
	"[198.51.100.9])\n"                                                    \
	"\tby mx.contoh.id (Postfix) with ESMTP id 1\n"                        \
	"\tfor <budi@contoh.id>; Tue, 21 Nov 2023 10:04:11 +0700\n"
#define INSIDE_CLEAR                                                           \
	"Received: from mx.contoh.id (mx.contoh.id [192.168.0.2])\n"           \
	"\tby imap.contoh.id (Postfix) with ESMTP id 1\n"                      \
	"\tfor <budi@contoh.id>; Tue, 21 Nov 2023 10:04:12 +0700\n"
#define INSIDE_TLS                                                             \
	"Received: from mx.contoh.id (mx.contoh.id [192.0.2.2])\n"             \
	"\tby imap.contoh.id (Postfix) with ESMTPS id 1\n"                     \
	"\tfor <budi@contoh.id>; Tue, 21 Nov 2023 10:04:12 +0700\n"
#define FOREIGN_CLEAR                                                          \
	"Received: from laptop (unknown [203.0.113.77])\n"                     \
	"\tby out.mitra.example (Postfix) with ESMTP id 9;\n"                  \
	"\tTue, 21 Nov 2023 10:04:01 +0700\n"
#define LIE_TLS                                                                \
	"Received: from x (mx.contoh.id [192.0.2.3])\n"                        \
	"\tby mx.contoh.id (Postfix) with ESMTPS id 9;\n"                      \
	"\tTue, 21 Nov 2023 10:04:01 +0700\n"
#define FORGED                                                                 \
	"Received: from evil (mail.contoh.id [198.51.100.9] (may be "          \
	"forged))\n"                                                           \
	"\tby mx.contoh.id (8.17.1/8.17.1) with ESMTPS id 1\n"                 \
	"\t(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 "           \
	"verify=NO);\n"                                                        \
	"\tTue, 21 Nov 2023 10:04:11 +0700\n"
#define QMAIL                                                                  \
	"Received: from mail.contoh.id (HELO evil) (198.51.100.9)\n"           \
	"\tby mx.contoh.id with (AES256-SHA encrypted) SMTP;\n"                \
	"\t21 Nov 2023 03:04:10 -0000\n"
#define NULLED(clause)                                                         \
	"Received: from a (b [198.51.100.1])\n" clause                         \
	"\nby mx.contoh.id (Postfix) with ESMTPS id 1; x"
#define AMAVIS                                                                 \
	"Received: from localhost (localhost [127.0.0.1])\n"                   \
	"\tby mx.contoh.id (Postfix) with ESMTP id 2\n"                        \
	"\tfor <budi@contoh.id>; Tue, 21 Nov 2023 10:04:12 +0700\n"            \
	"Received: from mx.contoh.id ([127.0.0.1])\n"                          \
	"\tby localhost (mx.contoh.id [127.0.0.1]) (amavisd-new, port "        \
	"10024)\n"                                                             \
	"\twith ESMTP id abc; Tue, 21 Nov 2023 10:04:11 +0700\n"
#define GMAIL_CLEAR                                                            \
	"Received: by 2002:a05:6a10:2b8d:b0:4d1:9f5e:9d1 with SMTP id x1;\n"   \
	"        Mon, 23 Apr 2018 06:39:01 -0700 (PDT)\n"                      \
	"Received: from mail.contoh.id (mail.contoh.id. [192.0.2.25])\n"       \
	"        by mx.google.com with ESMTP id k5si1\n"                       \
	"        for <budi@gmail.example>;\n"                                  \
	"        Mon, 23 Apr 2018 06:39:00 -0700 (PDT)\n"                      \
	"Authentication-Results: mx.google.com;\n"                             \
	"       spf=pass (google.com: ok; so) smtp.mailfrom=ani@contoh.id;\n"  \
	"       dmarc=fail (p=NONE) header.from=contoh.id\n"                   \
	"From: \"Ani, \\\"x@evil.example\\\"\" <ani@contoh.id>\n"

static void
test_verdicts(void **unused)
{
	(void)unused;
	static const struct {
		const char *header, *trusted;
		enum check_answer answer;
		const char *gmail, *ends; /* NULL: not known; "": not asked */
		size_t bad, warn;
	} cases[] = {
	    {POSTFIX_TLS, NULL, CHECK_GOOD, "Standard encryption (TLS)",
		"nowhere: all fields were written by hosts that are believed",
		0, 0},
	    {POSTFIX_CLEAR, NULL, CHECK_BAD,
		"out.mitra.example did not encrypt this message", "", 1, 0},
	    {POSTFIX_CLEAR "From: Ani <ani@mitra.example>\n", NULL, CHECK_BAD,
		"mitra.example did not encrypt this message", "", 1, 0},
	    /* What others say of what was before does not count. */
	    {POSTFIX_TLS FOREIGN_CLEAR, NULL, CHECK_GOOD,
		"Standard encryption (TLS)",
		"at mx.contoh.id; what came before is the word of others", 0,
		0},
	    {POSTFIX_CLEAR LIE_TLS, NULL, CHECK_BAD,
		"out.mitra.example did not encrypt this message",
		"at mx.contoh.id; what came before is the word of others", 1,
		0},
	    /* ... unless they are believed. */
	    {POSTFIX_TLS FOREIGN_CLEAR, "example", CHECK_UNKNOWN, NULL,
		"at once: no field was written by a host that is believed", 0,
		0},
	    {INSIDE_TLS POSTFIX_CLEAR, "contoh.id", CHECK_BAD,
		"out.mitra.example did not encrypt this message", "", 1, 0},
	    {INSIDE_TLS POSTFIX_TLS FOREIGN_CLEAR, NULL, CHECK_GOOD,
		"Standard encryption (TLS)",
		"at mx.contoh.id; what came before is the word of others", 0,
		0},
	    {INSIDE_CLEAR POSTFIX_TLS, ".contoh.id", CHECK_BAD,
		"Standard encryption (TLS)", "", 0, 1},
	    /* A name that its owner chose alone: trust ends there. */
	    {FORGED LIE_TLS, NULL, CHECK_GOOD, "Standard encryption (TLS)",
		"at mx.contoh.id; what came before is the word of others", 0,
		0},
	    {QMAIL FOREIGN_CLEAR, "contoh.id", CHECK_GOOD,
		"Standard encryption (TLS)",
		"at mx.contoh.id; what came before is the word of others", 0,
		0},
	    {AMAVIS POSTFIX_TLS, NULL, CHECK_GOOD, "Standard encryption (TLS)",
		"", 0, 0},
	    {GMAIL_CLEAR, NULL, CHECK_BAD,
		"contoh.id did not encrypt this message", "", 1, 0},
	    {"Received: from a (b [198.51.100.1]) by mx.contoh.id with ESMTP",
		NULL, CHECK_UNKNOWN, NULL, "", 0, 0},
	    {"Received: from a (b [198.51.100.1]) by mx.contoh.id (Postfix) "
	     "with ESMTPS id 1; x",
		NULL, CHECK_GOOD, "Standard encryption (TLS)", "", 0, 0},
	    {"Received: from a (b [198.51.100.1])\n(using TLSv1 with cipher "
	     "RC4-SHA (128/128 bits))\nby mx.contoh.id (Postfix) with ESMTPS "
	     "id 1; x",
		NULL, CHECK_GOOD, "Standard encryption (TLS)", "", 0, 2},
	    /* TLS that encrypts nothing */
	    {NULLED("(using TLSv1.2 with cipher NULL-SHA256 (0/0 bits))"), NULL,
		CHECK_BAD, "b did not encrypt this message", "", 1, 0},
	    {NULLED("(using TLSv1.2 with cipher ECDHE-RSA-NULL-SHA (-))"), NULL,
		CHECK_BAD, "b did not encrypt this message", "", 1, 0},
	    {NULLED("(using TLSv1.3 with cipher TLS_SHA256_SHA256 (256/256 "
		    "bits))"),
		NULL, CHECK_BAD, "b did not encrypt this message", "", 1, 0},
	    {NULLED("(using TLSv1.2 with cipher X (0/128 bits))"), NULL,
		CHECK_BAD, "b did not encrypt this message", "", 1, 0},
	    {"Received: from a (b [198.51.100.1]) by mx.contoh.id "
	     "(8.17.1/8.17.1) with ESMTPS id 1 (version=TLSv1.2 cipher=NULL "
	     "bits=0/0 verify=NO); x",
		NULL, CHECK_BAD, "b did not encrypt this message", "", 1, 0},
	    {"Subject: x\n\n" POSTFIX_TLS, NULL, CHECK_UNKNOWN, NULL, NULL, 0,
		1},
	    {"", NULL, CHECK_UNKNOWN, NULL, NULL, 0, 1},
	    {"Received:\n", NULL, CHECK_UNKNOWN, NULL, "", 0, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report *r =
		    ask(slice_str(cases[i].header), cases[i].trusted);
		struct slice s = SLICE_EMPTY;
		bool known = report_get(r, "gmail_shows", &s);
		if (report_verdict(r) != cases[i].answer ||
		    known != (cases[i].gmail != NULL) ||
		    (known && !slice_eq(s, slice_str(cases[i].gmail))) ||
		    report_count(r, SEVERITY_BAD) != cases[i].bad ||
		    report_count(r, SEVERITY_WARN) != cases[i].warn)
			fail_msg("%zu: answer %d, \"%.*s\", bad %zu, warn %zu",
			    i, report_verdict(r), SLICE_ARG(s),
			    report_count(r, SEVERITY_BAD),
			    report_count(r, SEVERITY_WARN));
		known = report_get(r, "trust_ends", &s);
		if (known != (cases[i].ends != NULL) ||
		    (known && cases[i].ends[0] != '\0' &&
			!slice_eq(s, slice_str(cases[i].ends))))
			fail_msg("%zu: trust ends %.*s", i, SLICE_ARG(s));
		report_free(r);
	}
}

static void
test_trust_domain(void **unused)
{
	(void)unused;
	static const struct {
		const char *by, *domain;
	} cases[] = {
	    {"mx.contoh.id", "contoh.id"},
	    {"contoh.id", "contoh.id"},
	    {"mail.kantor.co.id", "kantor.co.id"},
	    {"kantor.co.id", "kantor.co.id"},
	    {"mx.google.com", "google.com"},
	    {"mx.bca.id", "mx.bca.id"},
	    {"ec2-192-0-2-1.ap-southeast-3.compute.amazonaws.com",
		"ec2-192-0-2-1.ap-southeast-3.compute.amazonaws.com"},
	    {"static.1.2.0.192.clients.your-server.de",
		"static.1.2.0.192.clients.your-server.de"},
	    {"maju.desa.id", "maju.desa.id"},
	    {"mx.notlinode.com", "notlinode.com"},
	    {"[192.0.2.1]", ""},
	    {"2001:db8::1", ""},
	    {"localhost", ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct trace_hop h = {.by = slice_str(cases[i].by)};
		struct slice d = headers_trust_domain(&h, 1);
		if (!slice_eq(d, slice_str(cases[i].domain)))
			fail_msg("%s: %.*s", cases[i].by, SLICE_ARG(d));
	}
	const struct headers_trust t = {.domain = SLICE("contoh.id")};
	assert_true(headers_believed(&t, SLICE("MX.Contoh.ID.")));
	assert_true(headers_believed(&t, SLICE("contoh.id")));
	assert_false(headers_believed(&t, SLICE("xcontoh.id")));
	assert_false(headers_believed(&t, SLICE("")));
	const struct headers_trust none = {0};
	assert_false(headers_believed(&none, SLICE("")));
	assert_false(headers_believed(&none, SLICE("a")));
}

/* What is shown: every hop with what it says. */
static void
test_table(void **unused)
{
	(void)unused;
	struct report *r = ask(SLICE(GMAIL_CLEAR), NULL);
	struct buf b;
	buf_init(&b, 1u << 20);
	render_json(r, &b);
	static const char *const parts[] = {
	    "{\"from\":\"mail.contoh.id [192.0.2.25]\","
	    "\"by\":\"mx.google.com\",\"with\":\"ESMTP\",\"tls\":false,"
	    "\"version\":null,\"cipher\":null,\"bits\":null,"
	    "\"delay_s\":null,\"trusted\":true,\"writer\":\"Gmail\","
	    "\"time\":\"2018-04-23T13:39:00.000Z\",\"local\":false}",
	    "\"delay_s\":1,\"trusted\":true",
	    "{\"method\":\"spf\",\"result\":\"pass\",\"detail\":"
	    "\"(google.com: ok; so) smtp.mailfrom=ani@contoh.id\","
	    "\"server\":\"mx.google.com\",\"trusted\":true}",
	    "\"method\":\"dmarc\",\"result\":\"fail\"",
	    "\"encrypted\":false",
	    "\"code\":\"headers.clear-text\"",
	    "\"code\":\"headers.starttls-hidden\"",
	};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (memmem(b.p, b.n, parts[i], strlen(parts[i])) == NULL)
			fail_msg("no %s in\n%.*s", parts[i],
			    SLICE_ARG(buf_slice(&b)));
	buf_free(&b);
	report_free(r);
}

/* However lines end, whatever stands before, indents lost in pasting. */
static void
test_block(void **unused)
{
	(void)unused;
	static const char want[] = "Received: from a by b; d\r\nFrom: x\r\n";
	static const char *const cases[] = {
	    "Received: from a\n by b;\n\td\nFrom: x\n\nReceived: no\n",
	    "Received: from a\r\n by b;\r\n d\r\nFrom: x\r\n\r\nbody: no\r\n",
	    "Received: from a\r by b;\r d\rFrom: x\r\rFrom: no\r",
	    "\n \r\nFrom ani@x Tue Nov 21\nReceived: from a\nby b;\nd\nFrom: x",
	    "\357\273\277Received: from a by b; d\nSubject: y\n  z\nFrom: x",
	};
	struct buf b;
	size_t n;
	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&b);
		headers_block(slice_str(cases[i]), &b, &n);
		if (!slice_eq(buf_slice(&b), slice_str(want)) || n != 1)
			fail_msg("%zu: %.*s", i, SLICE_ARG(buf_slice(&b)));
	}
	buf_free(&b);
}

/* 10 MB of it, and what attacks terminals and browsers. */
static void
test_hostile(void **unused)
{
	(void)unused;
	struct buf b, out;
	buf_init(&b, 32u << 20);
	buf_init(&out, 32u << 20);
	for (size_t i = 0; i < 60000; i++)
		buf_add_str(&b,
		    "Received: from <script>alert(1)</script>\x1b]0;x\x07 "
		    "(\x1b[31m [198.51.100.9]) by mx.contoh.id (Postfix) with "
		    "ESMTPS id 1 for <\"\x1b[2J\"@x>; Tue, 21 Nov 2023 "
		    "10:04:11 +0700\n\t(((((((((((((((((\n");
	assert_true(b.n > 10u << 20);
	struct report *r = ask(buf_slice(&b), NULL);
	assert_int_equal(report_verdict(r), CHECK_GOOD);
	assert_true(report_count(r, SEVERITY_WARN) > 0); /* a loop */
	render_text(r, &(struct render){.level = REPORT_FULL}, &out);
	assert_null(memchr(out.p, '\x1b', out.n));
	buf_clear(&out);
	render_html(r, &(struct render){.level = REPORT_FULL}, &out);
	assert_null(memmem(out.p, out.n, "<script", 7));
	report_free(r);
	/* One field without an end, one line without an end. */
	buf_clear(&b);
	buf_add_str(&b, "Received: from a");
	for (size_t i = 0; i < 2000000; i++)
		buf_add_str(&b, "\n (b");
	r = ask(buf_slice(&b), NULL);
	assert_int_equal(report_verdict(r), CHECK_UNKNOWN);
	report_free(r);
	memset(b.p, '\r', b.n);
	r = ask(buf_slice(&b), NULL);
	assert_int_equal(report_verdict(r), CHECK_UNKNOWN);
	report_free(r);
	memset(b.p, 'A', b.n);
	memcpy(b.p, "Received: ", 10);
	r = ask(buf_slice(&b), NULL);
	assert_int_equal(report_verdict(r), CHECK_UNKNOWN);
	report_free(r);
	buf_free(&b);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_verdicts),
	    cmocka_unit_test(test_trust_domain),
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_block),
	    cmocka_unit_test(test_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
