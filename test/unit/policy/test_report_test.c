/* The report of the test mailbox: what it says, and that nothing foreign can
 * be more than text in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/test_page.h"
#include "policy/test_report.h"

/* A mail about which there is nothing to say. */
static struct reverse_result good[REVERSE_KINDS];
static struct spf_result spf;
static struct trace_hop hops[2];
static struct test_line lines[2];

static struct test_facts
facts(void)
{
	struct test_facts f = {.hostname = SLICE("mail.contoh.id"),
	    .mailbox = SLICE("check@contoh.id"),
	    .sender = SLICE("budi@mitra.example"),
	    .id = 0x123456789abcdef,
	    .unix_s = 1700000000,
	    .header = SLICE("Message-ID: <1@mitra.example>\r\n"),
	    .session_id = SLICE("0ABCDEF"),
	    .lines = lines,
	    .line_n = 2,
	    .session = true,
	    .helo = SLICE("mail.mitra.example"),
	    .esmtp = true,
	    .tls = true,
	    .tls_offered = true,
	    .version = SLICE("TLS1_3"),
	    .cipher = SLICE("TLS_AES_256_GCM_SHA384"),
	    .bits = 256,
	    .bits_of = 256,
	    .octets = 1234,
	    .has_date = true,
	    .has_message_id = true,
	    .has_from = true,
	    .spf = &spf,
	    .hops = hops,
	    .hop_n = 2};
	memset(good, 0, sizeof(good));
	memset(hops, 0, sizeof(hops));
	good[REVERSE_PTR].confirmed = SLICE("mail.mitra.example");
	good[REVERSE_PTR].evidence = SLICE("PTR x: mail.mitra.example\nA y: z");
	for (unsigned k = 0; k < REVERSE_KINDS; k++)
		f.look[k] = &good[k];
	spf = (struct spf_result){.word = SPF_PASS,
	    .mechanism = SLICE("mx"),
	    .path = SLICE("mitra.example: v=spf1 mx")};
	hops[0].by = SLICE("mail.contoh.id");
	hops[1].by = SLICE("mail.mitra.example");
	hops[0].tls = hops[1].tls = TRACE_TLS_YES;
	lines[0] = (struct test_line){
	    1700000000000, '>', SLICE("220 mail.contoh.id ESMTP kurir")};
	lines[1] = (struct test_line){
	    1700000000001, '<', SLICE("EHLO mail.mitra.example")};
	f.client = (struct ip){4, {192, 0, 2, 7}};
	return f;
}

/* The mail, with a NUL behind; quoted-printable's soft breaks and "=3D"
 * undone. */
static char *
mail_of(const struct test_facts *f)
{
	static struct buf b;
	struct buf raw;
	buf_free(&b);
	buf_init(&b, 4 * TEST_REPORT_MAX);
	buf_init(&raw, 4 * TEST_REPORT_MAX);
	test_report_add(&raw, f);
	assert_int_equal(buf_err(&raw), ERR_OK);
	size_t line = 0;
	for (size_t i = 0; i < raw.n; i++) {
		line = raw.p[i] == '\n' ? 0 : line + 1;
		assert_true(line <= 999);
		assert_true(raw.p[i] == '\r' || raw.p[i] == '\n' ||
			    (raw.p[i] >= ' ' && raw.p[i] <= '~'));
		if (raw.p[i] == '\n')
			assert_int_equal(raw.p[i - 1], '\r');
		if (raw.p[i] == '\r')
			continue;
		if (raw.p[i] == '=' && raw.p[i + 1] == '\r')
			i += 2;
		else if (raw.p[i] == '=' && raw.p[i + 1] == '3')
			buf_add_byte(&b, '='), i += 2;
		else
			buf_add_byte(&b, raw.p[i]);
	}
	buf_add_byte(&b, '\0');
	buf_free(&raw);
	return (char *)b.p;
}

static void
has(const char *mail, const char *what)
{
	if (strstr(mail, what) == NULL)
		fail_msg("no \"%s\" in\n%s", what, mail);
}

static void
has_not(const char *mail, const char *what)
{
	if (strstr(mail, what) != NULL)
		fail_msg("\"%s\" in\n%s", what, mail);
}

static void
nothing_to_mend(void **state)
{
	struct test_facts f = facts();
	const char *m = mail_of(&f);
	(void)state;
	has(m, "\nFrom: kurir <check@contoh.id>\n");
	has(m, "\nTo: <budi@mitra.example>\n");
	has(m, "\nSubject: SUCCESSFUL: TLS1_3, nothing to mend\n");
	has(m, "\nIn-Reply-To: <1@mitra.example>\n");
	has(m, "\nAuto-Submitted: auto-replied\n");
	has(m, "\nSUCCESSFUL: your mail came encrypted");
	has(m, "\nTLS                     TLS1_3 TLS_AES_256_GCM_SHA384 "
	       "256/256\n");
	has(m, "mail.mitra.example (forward-confirmed)\n");
	has(m, "\nSPF                     pass: mx\n");
	has(m, "[0ABCDEF] <-- EHLO mail.mitra.example\n");
	has(m, "[0ABCDEF] --&gt; 220 mail.contoh.id");
	has(m, "<strong class=\"good\">SUCCESSFUL");
	has(m,
	    "\n  PTR x: mail.mitra.example\n  A y: z\n  mitra.example: v=spf1 "
	    "mx\n");
	has_not(m, "berhasil");
	has_not(m, " \n");
	has_not(m, "Fault");
}

static void
expect(const struct test_facts *f, enum test_mood mood, const char *code)
{
	struct test_finding v[TEST_FINDINGS_MAX];
	size_t n = test_findings(f, v);
	if (n != 1 || strcmp(v[0].code, code) != 0 || v[0].mood != mood)
		fail_msg("%s: %zu findings, first %s", code, n,
		    n > 0 ? v[0].code : "none");
	for (unsigned l = 0; l < CAUSE_LANGS; l++) {
		assert_string_not_equal(
		    test_finding_text(code, (enum cause_lang)l), code);
		assert_true(
		    test_finding_cure(code, (enum cause_lang)l)[0] != '\0');
	}
}

#define WITH(change, mood, code)                                               \
	do {                                                                   \
		struct test_facts f = facts();                                 \
		change;                                                        \
		expect(&f, mood, code);                                        \
	} while (0)

static void
each_finding(void **state)
{
	(void)state;
	WITH(f.tls = false, TEST_BAD, "sender.no-tls");
	WITH(f.tls = f.tls_offered = false, TEST_INFO, "sender.no-tls-here");
	WITH(f.version = SLICE("TLS1_1"), TEST_WARN, "sender.old-tls");
	WITH(good[REVERSE_PTR].findings = REVERSE_PTR_MISSING, TEST_BAD,
	    "lookup.ptr-missing");
	WITH(good[REVERSE_PTR].findings = REVERSE_PTR_MISMATCH, TEST_BAD,
	    "lookup.ptr-mismatch");
	WITH(good[REVERSE_HELO].findings = REVERSE_NOT_FOUND, TEST_WARN,
	    "lookup.helo-not-found");
	WITH(good[REVERSE_HELO].findings = REVERSE_FORGED, TEST_WARN,
	    "lookup.helo-forged");
	WITH(good[REVERSE_MAIL].findings = REVERSE_NOT_FOUND, TEST_BAD,
	    "lookup.mail-not-found");
	WITH(good[REVERSE_MAIL].findings = REVERSE_NO_MX, TEST_WARN,
	    "lookup.mail-no-mx");
	WITH(good[REVERSE_MAIL].findings = REVERSE_FORGED, TEST_INFO,
	    "lookup.mail-forged");
	/* A fault of DNS is never a finding against the sender. */
	WITH(
	    good[REVERSE_PTR].findings = REVERSE_TEMPFAIL | REVERSE_PTR_MISSING,
	    TEST_INFO, "sender.unknown-lookup");
	WITH(spf.word = SPF_FAIL, TEST_BAD, "spf.fail");
	WITH(spf.word = SPF_PERMERROR, TEST_BAD, "spf.permerror");
	WITH(spf.word = SPF_SOFTFAIL, TEST_WARN, "spf.softfail");
	WITH(spf.word = SPF_NONE, TEST_WARN, "spf.none");
	WITH(spf.word = SPF_TEMPERROR, TEST_INFO, "sender.unknown-lookup");
	WITH(f.esmtp = false, TEST_WARN, "sender.no-esmtp");
	WITH(f.eight_bit = true, TEST_WARN, "sender.eight-bit");
	WITH(f.has_date = false, TEST_WARN, "sender.no-date");
	WITH(f.has_from = false, TEST_WARN, "sender.no-from");
	WITH(f.has_message_id = false, TEST_WARN, "sender.no-message-id");
	WITH(hops[1].tls = TRACE_TLS_UNKNOWN, TEST_INFO, "sender.clear-hop");
}

static void
no_finding(void **state)
{
	struct test_finding v[TEST_FINDINGS_MAX];
	struct test_facts f = facts();
	(void)state;
	f.eight_bit = f.body_8bit = true;
	hops[0].tls = TRACE_TLS_NO; /* ours; judged by the session */
	hops[1].tls = TRACE_TLS_NO;
	hops[1].local = true;
	f.version = SLICE("TLS1_2");
	assert_int_equal(test_findings(&f, v), 0);
}

/* The worst decides, and comes first. */
static void
worst_first(void **state)
{
	struct test_finding v[TEST_FINDINGS_MAX];
	struct test_facts f = facts();
	(void)state;
	f.has_date = false;
	good[REVERSE_MAIL].findings = REVERSE_FORGED;
	assert_int_equal(test_findings(&f, v), 2);
	assert_string_equal(v[0].code, "sender.no-date");
	has(mail_of(&f), "\nSubject: SUCCESSFUL: TLS1_3, findings: 2\n");
	good[REVERSE_PTR].findings = REVERSE_PTR_MISSING;
	assert_int_equal(test_findings(&f, v), 3);
	assert_string_equal(v[0].code, "lookup.ptr-missing");
	has(mail_of(&f), "\nSubject: FAILED: TLS1_3, findings: 3\n");
	f.tls = false;
	has(mail_of(&f), "\nSubject: FAILED: no TLS, findings: 4\n");
}

static void
languages(void **state)
{
	static const struct {
		const char *header;
		bool second;
		size_t n;
		enum cause_lang first;
	} cases[] = {
	    {"", false, 1, CAUSE_EN},
	    {"", true, 2, CAUSE_EN},
	    {"Accept-Language: id-ID,id;q=0.9,en\r\n", false, 1, CAUSE_ID},
	    {"Accept-Language: ID\r\n", true, 1, CAUSE_ID},
	    {"Accept-Language: de, en-GB;q=0.5\r\n", true, 1, CAUSE_EN},
	    {"Accept-Language: de\r\n", true, 2, CAUSE_EN},
	    {"Accept-Language: idx, ,;;,--\r\n", false, 1, CAUSE_EN},
	};
	enum cause_lang v[CAUSE_LANGS];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test_facts f = facts();
		f.header = slice_str(cases[i].header);
		f.indonesian = cases[i].second;
		assert_int_equal(test_report_languages(&f, v), cases[i].n);
		assert_int_equal(v[0], cases[i].first);
	}
	struct test_facts f = facts();
	f.indonesian = true;
	const char *m = mail_of(&f);
	has(m, "Nothing.\n");
	has(m, "Tidak ada.\n");
}

static void
assure(void **state)
{
	struct test_facts f = facts();
	(void)state;
	f.kind = TEST_ASSURE_FAILED;
	f.tls = f.tls_offered = false;
	const char *m = mail_of(&f);
	has(m, "\nSubject: FAILED: we received your mail without TLS\n");
	has(m, "\nFAILED: we received your mail without TLS.\n");
	has_not(m, "sender.no-tls");
	has(m, "sender.fell-back");
	has(m, "smtp_tls_policy_maps");
	has(m, "Bare newlines");
	f = facts();
	f.kind = TEST_ASSURE_GOOD;
	f.session = false;
	m = mail_of(&f);
	has(m, "\nSubject: SUCCESSFUL: your server would not fall back to "
	       "clear text\n");
	has_not(m, "What to mend");
	f.kind = TEST_ASSURE_UNKNOWN;
	m = mail_of(&f);
	has(m, "\nSubject: NOT FOUND OUT: your server did not come again\n");
	has_not(m, "SUCCESSFUL");
}

#define EVIL                                                                   \
	"</pre><script>alert(1)</script>\r\nBcc: x@y\r\n\r\n<img src=x "       \
	"onerror='a'>\"&\x1b[31m\xff\x00\x80"

static void
injection(void **state)
{
	struct test_facts f = facts();
	struct slice evil = SLICE(EVIL);
	(void)state;
	f.helo = f.version = f.cipher = f.client_name = f.session_id = evil;
	f.client_cert = true;
	lines[0].text = good[REVERSE_HELO].evidence = spf.path = evil;
	good[REVERSE_PTR].confirmed = evil;
	hops[1].helo = hops[1].by = hops[1].cipher = hops[1].version = evil;
	spf.domain = spf.problem = evil;
	f.header = SLICE("Message-ID: <a\r\n b>\r\nAccept-Language: " EVIL);
	const char *m = mail_of(&f);
	has_not(m, "\nBcc");
	has_not(m, "In-Reply-To");
	const char *html = strstr(m, "<!DOCTYPE");
	assert_non_null(html);
	has_not(html, "<script");
	has_not(html, "<img");
	has_not(html, "'a'");
	has(html, "&lt;/pre&gt;&lt;script&gt;");
	has(html, "\\x0d\\x0aBcc: x@y");
}

/* One that could be more than one is not repeated. */
static void
references(void **state)
{
	static const char *const bad[] = {"Message-ID: <a><b>\r\n",
	    "Message-ID: <a> <b>\r\n", "Message-ID: a@b\r\n",
	    "Message-ID: <>\r\n", "Message-ID:\r\n"};
	struct test_facts f = facts();
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f.header = slice_str(bad[i]);
		has_not(mail_of(&f), "\nReferences");
	}
	f.header = SLICE("message-id:\r\n <x@y>\r\n");
	has(mail_of(&f), "\nReferences: <x@y>\n");
}

/* Everything as long as it may be. */
static void
long_values(void **state)
{
	static char much[4000];
	struct test_facts f = facts();
	(void)state;
	memset(much, 0xfe, sizeof(much));
	struct slice s = slice_of(much, sizeof(much));
	f.helo = f.version = f.cipher = f.client_name = s;
	lines[1].text = hops[1].helo = spf.problem = spf.path = s;
	(void)mail_of(&f);
}

static void
quoting(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 4096);
	test_page_quote(&b, SLICE("a=b \n\nx"));
	buf_add_byte(&b, '\0');
	assert_string_equal((const char *)b.p, "a=3Db=20\r\n\r\nx\r\n");
	buf_clear(&b);
	char wide[200];
	memset(wide, '=', sizeof(wide));
	test_page_quote(&b, slice_of(wide, sizeof(wide)));
	size_t line = 0;
	for (size_t i = 0; i < b.n; i++) {
		line = b.p[i] == '\n' ? 0 : line + 1;
		assert_true(line <= 77);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_to_mend),
	    cmocka_unit_test(each_finding),
	    cmocka_unit_test(no_finding),
	    cmocka_unit_test(worst_first),
	    cmocka_unit_test(languages),
	    cmocka_unit_test(assure),
	    cmocka_unit_test(injection),
	    cmocka_unit_test(references),
	    cmocka_unit_test(long_values),
	    cmocka_unit_test(quoting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
