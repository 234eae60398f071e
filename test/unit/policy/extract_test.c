#include "policy/extract.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "policy/extract_priv.h"

#define FILE_OCTETS 65536

/* Where NAME.txt and NAME.want are; with WRITE=1 in the environment what came
 * out becomes what is wanted: look at it before it is kept. */
static const char *corpus;

static void
read_file(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rbe");
	if (f == NULL)
		fail_msg("%s: cannot be read", path);
	buf_init(b, FILE_OCTETS);
	for (int c; (c = getc(f)) != EOF;)
		buf_add_byte(b, (uint8_t)c);
	fclose(f);
}

static void
say(struct buf *b, const char *name, struct slice s)
{
	if (s.n == 0)
		return;
	buf_add_str(b, name);
	buf_add_escaped(b, s);
}

static void
describe(struct buf *b, struct slice text)
{
	static const char *const sides[] = {"sender", "receiver", "both"};
	struct extract_found v[EXTRACT_FOUND_MAX];
	enum extract_form form;
	size_t n = extract_read(text, v, EXTRACT_FOUND_MAX, &form);
	buf_printf(b, "%s\n", extract_form_name(form));
	for (size_t i = 0; i < n; i++) {
		buf_printf(b, "%s %u %s%s", v[i].cause, v[i].weight,
		    sides[v[i].side], v[i].receiving ? " receiving" : "");
		say(b, " ip=", v[i].ip);
		say(b, " host=", v[i].host);
		say(b, " address=", v[i].address);
		say(b, " session=", v[i].session);
		say(b, "\n  ", v[i].evidence);
		buf_add_byte(b, '\n');
	}
}

static void
one_file(const char *name)
{
	char path[4096];
	struct buf text, clean, got, want;
	buf_init(&got, FILE_OCTETS);
	snprintf(path, sizeof(path), "%s/%s.txt", corpus, name);
	read_file(path, &text);
	buf_init(&clean, EXTRACT_CLEAN_MAX);
	assert_int_equal(extract_clean(buf_slice(&text), &clean), ERR_OK);
	describe(&got, buf_slice(&clean));
	snprintf(path, sizeof(path), "%s/%s.want", corpus, name);
	if (getenv("WRITE") != NULL) {
		FILE *f = fopen(path, "wbe");
		assert_non_null(f);
		fwrite(got.p, 1, got.n, f);
		fclose(f);
	}
	read_file(path, &want);
	if (!slice_eq(buf_slice(&got), buf_slice(&want)))
		fail_msg("%s:\n%.*s", name, SLICE_ARG(buf_slice(&got)));
	buf_free(&text);
	buf_free(&clean);
	buf_free(&got);
	buf_free(&want);
}

/* Extracts as people paste them. */
static void
test_corpus(void **unused)
{
	(void)unused;
	size_t files = 0;
	DIR *d = opendir(corpus);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		char name[256];
		size_t n = strlen(e->d_name);
		if (n < 5 || strcmp(e->d_name + n - 4, ".txt") != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(n - 4), e->d_name);
		one_file(name);
		files++;
	}
	closedir(d);
	assert_true(files >= 10);
}

/* The surest cause of a few words. */
static void
test_words(void **unused)
{
	(void)unused;
	static const struct {
		const char *text, *cause; /* NULL: nothing is known */
	} cases[] = {
	    {"0x80090331", "tls.no-common-cipher"},
	    {"0X80090331", "tls.no-common-cipher"},
	    {"80090331", "tls.no-common-cipher"},
	    {"-2146893007", "tls.no-common-cipher"},
	    {"0x80090326", "tls.no-common-cipher"},
	    {"0x80090302", "tls.no-common-version"},
	    {"0x80090325", "tls.cert-untrusted"},
	    {"0x80090327", "tls.cert-untrusted"},
	    {"0x80090328", "tls.cert-expired"},
	    {"0x80092010", "tls.cert-revoked"},
	    {"0x8009030F", "tls.garbage"},
	    {"0x80090330", "tls.garbage"},
	    {"0x8009030C", "tls.client-cert-required"},
	    {"0x80090304", "tls.refused"},
	    {"0x800903311", NULL},
	    {"10060", "net.timeout"},
	    {"Winsock error 10054", "net.reset"},
	    {"10061", "net.refused"},
	    {"100600", NULL},
	    {"550 5.7.25", "remote.ptr-required"},
	    {"550-5.7.25", "remote.ptr-required"},
	    {"5.7.26", "remote.unauthenticated"},
	    {"421 4.7.0 TLS required for RCPT domain, closing connection.",
		"tls.required-inbound"},
	    {"530 5.7.0 Must issue a STARTTLS command first.",
		"tls.required-inbound"},
	    {"550 5.7.29", "tls.required-inbound"},
	    {"554 5.7.1 <a@b.example>: Relay access denied", "relay.denied"},
	    {"550 5.7.0 Mail relay denied 192.0.2.1. Invalid credentials for "
	     "relay",
		"relay.denied"},
	    {"450 4.2.1 Peak SMTP relay limit exceeded for customer",
		"remote.rate-limited"},
	    {"550 5.7.64", "relay.denied"},
	    {"TLS Negotiation failed, the certificate doesn't match the host.",
		"tls.cert-name-mismatch"},
	    {"error:1408F10B:SSL routines:ssl3_get_record:wrong version "
	     "number",
		"tls.garbage"},
	    {"SSL3_READ_BYTES:tlsv1 alert protocol version: SSL alert number "
	     "70",
		"tls.no-common-version"},
	    {"SSL alert number 48", "tls.cert-untrusted"},
	    {"SSL alert number 45", "tls.cert-expired"},
	    {"452 4.2.2 mailbox full", "mailbox.full"},
	    {"552 5.3.4 Message size exceeds fixed limit", "limit.size"},
	    {"550 No such user here", "recipient.unknown"},
	    {"451 4.7.1 Greylisting in action, please come back later",
		"remote.greylisted"},
	    {"lost connection after STARTTLS from x[192.0.2.1]",
		"net.closed-after-starttls"},
	    {"mail for contoh.id loops back to myself", "queue.loop"},
	    {"535 5.7.8 Error: authentication failed", "auth.failed"},
	    {"550 5.1.1", "recipient.unknown"},
	    {"554 5.4.7", "queue.expired"},
	    {"550", "remote.5xx"},
	    {"451", "remote.4xx"},
	    {"4.9.77", "remote.4xx"},
	    {"tls.cert-expired", "tls.cert-expired"},
	    {"192.5.7.25", NULL},
	    {"1.5.1.1", NULL},
	    {"5.1.1.1", NULL},
	    {"why does it not work", NULL},
	    {"", NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct extract_found v[EXTRACT_FOUND_MAX];
		enum extract_form form;
		size_t n = extract_read(
		    slice_str(cases[i].text), v, EXTRACT_FOUND_MAX, &form);
		const char *got = n > 0 ? v[0].cause : "nothing";
		const char *want =
		    cases[i].cause != NULL ? cases[i].cause : "nothing";
		if (strcmp(got, want) != 0)
			fail_msg("%s: %s, not %s", cases[i].text, got, want);
	}
}

/* The surest cause of what many programs log and say. */
static void
test_lines(void **unused)
{
	(void)unused;
	static const struct {
		const char *text, *cause;
	} cases[] = {
#include "extract_lines.h"
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct extract_found v[EXTRACT_FOUND_MAX];
		enum extract_form form;
		size_t n = extract_read(
		    slice_str(cases[i].text), v, EXTRACT_FOUND_MAX, &form);
		const char *got = n > 0 ? v[0].cause : "nothing";
		if (strcmp(got, cases[i].cause) != 0)
			fail_msg("%s: %s, not %s", cases[i].text, got,
			    cases[i].cause);
	}
}

/* What a server said in a refusal weighs more than other words, an enhanced
 * code more than a code, and a number in the middle of words nothing. */
static void
test_weighing(void **unused)
{
	(void)unused;
	static const struct {
		const char *text, *cause, *second; /* NULL: nothing is known */
	} cases[] = {
	    /* a number later in the text */
	    {"550 5.1.1 tidak ada, tiket 10054", "recipient.unknown",
		"net.reset"},
	    {"554 no, see ticket 10060", "remote.5xx", "net.timeout"},
	    {"host x said: 550 5.1.1 ditolak (in reply to RCPT TO)\n\n"
	     "Ruang 552, telepon ext. 535, faktur 451, lantai 530.",
		"recipient.unknown", NULL},
	    {"host x said: 550 5.1.1 ditolak (in reply to RCPT TO)\n"
	     "This is version 5.2.2 of the server, build 4.7.5",
		"recipient.unknown", NULL},
	    {"Telepon kantor 550 dan 421, dari jam 8, gedung 4.5.3 lantai "
	     "dua belas, harap maklum",
		NULL, NULL},
	    {"Telepon kantor 550 dan 421, dari jam 8, gedung nomor empat "
	     "lantai dua belas",
		NULL, NULL},
	    /* words elsewhere */
	    {"550 5.1.1 alamat salah\n\nIf the connection refused page "
	     "comes up call us",
		"recipient.unknown", "net.refused"},
	    {"550 ditolak\n-- \nJl. Sudirman; connection refused? 554",
		"remote.5xx", "net.refused"},
	    {"connection refused, then 452 4.2.2 over quota", "mailbox.full",
		"net.refused"},
	    /* the words of a refusal before its codes */
	    {"450 4.2.0 <a@b.example>: Greylisted, come back",
		"remote.greylisted", NULL},
	    {"550 5.1.1 mailbox full", "mailbox.full", NULL},
	    {"403 4.7.0 TLS handshake failed: certificate has expired",
		"tls.cert-expired", NULL},
	    /* two of them, the one with an enhanced code first */
	    {"a: 552 mailbox full\n\nb: 550 5.1.1 no such user",
		"recipient.unknown", "mailbox.full"},
	    {"a: 550 5.1.1 x\n\nb: 452 4.2.2 y", "recipient.unknown",
		"mailbox.full"},
	    /* a code of a program says more than a code alone */
	    {"550 no\n\nSSL negotiation failed, error code 0x80090331",
		"tls.no-common-cipher", NULL},
	    {"dsn=5.2.2, status=bounced", "mailbox.full", NULL},
	    {"250 2.1.5 ok", NULL, NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct extract_found v[EXTRACT_FOUND_MAX];
		enum extract_form form;
		size_t n = extract_read(
		    slice_str(cases[i].text), v, EXTRACT_FOUND_MAX, &form);
		const char *got[2] = {n > 0 ? v[0].cause : "nothing",
		    n > 1 ? v[1].cause : "nothing"};
		const char *want[2] = {
		    cases[i].cause != NULL ? cases[i].cause : "nothing",
		    cases[i].second != NULL ? cases[i].second : "nothing"};
		if (strcmp(got[0], want[0]) != 0 ||
		    strcmp(got[1], want[1]) != 0)
			fail_msg("%s: %s, %s; not %s, %s", cases[i].text,
			    got[0], got[1], want[0], want[1]);
	}
}

/* Each row of the table means a cause that there is. */
static void
test_table(void **unused)
{
	(void)unused;
	static const char *const causes[] = {
#define EXTRACT_ROW(words, cause, side, weight, note, receiving, alone) cause,
#include "policy/extract_table.h"
#undef EXTRACT_ROW
	};
	static const char *const words[] = {
#define EXTRACT_ROW(words, cause, side, weight, note, receiving, alone) words,
#include "policy/extract_table.h"
#undef EXTRACT_ROW
	};
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (cause_find(CAUSE_EN, slice_str(causes[i])) == NULL)
			fail_msg("%s is no cause", causes[i]);
		assert_true(words[i][0] != '*' && words[i][0] != ' ');
		if (strchr(words[i], '#') == NULL &&
		    strchr(words[i], '*') == NULL &&
		    extract_match(slice_str(words[i]), slice_str(words[i])) !=
			strlen(words[i]))
			fail_msg("\"%s\" does not match itself", words[i]);
	}
}

static void
test_words_match(void **unused)
{
	(void)unused;
	static const struct {
		const char *text, *words;
		size_t n;
	} cases[] = {
	    {"error 10060", "error 10060", 11},
	    {"ERROR \r\n > 10060.", "error 10060", 16},
	    {"error10060", "error 10060", 0},
	    {"error 100601", "error 10060", 0},
	    {"a 12 b", "a ## b", 6},
	    {"a 1 b", "a ## b", 0},
	    {"from x[1]: no", "from*no", 13},
	    {"fromno", "from*no", 6},
	    {"from", "from*no", 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(extract_match(slice_str(cases[i].text),
				     slice_str(cases[i].words)),
		    cases[i].n);
	struct buf b;
	buf_init(&b, 4096);
	buf_add_str(&b, "from");
	for (size_t i = 0; i < EXTRACT_GAP; i++)
		buf_add_byte(&b, 'x');
	buf_add_str(&b, "no");
	assert_true(extract_match(buf_slice(&b), SLICE("from*no")) > 0);
	b.n -= 2;
	buf_add_str(&b, "xno");
	assert_int_equal(extract_match(buf_slice(&b), SLICE("from*no")), 0);
	buf_free(&b);
}

/* No more than asked for; a text over the maximum is read up to it. */
static void
test_bounds(void **unused)
{
	(void)unused;
	struct extract_found v[EXTRACT_FOUND_MAX];
	enum extract_form form;
	struct slice many = SLICE("Connection refused, over quota, greylisted");
	assert_int_equal(extract_read(many, v, EXTRACT_FOUND_MAX, &form), 3);
	assert_int_equal(extract_read(many, v, 1, &form), 1);
	assert_string_equal(v[0].cause, "remote.greylisted");
	struct buf b;
	buf_init(&b, 4u << 20);
	for (size_t i = 0; i < EXTRACT_TEXT_MAX; i++)
		buf_add_byte(&b, "host 5.\n"[i % 8]);
	buf_add_str(&b, " over quota");
	assert_int_equal(
	    extract_read(buf_slice(&b), v, EXTRACT_FOUND_MAX, &form), 0);
	buf_free(&b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words_match),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_weighing),
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_corpus),
	};
	corpus = argc > 1 ? argv[1] : "test/corpus/extracts";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
