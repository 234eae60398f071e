#include "policy/howto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LINE_MAX_OCTETS 160 /* of a command */

static const struct howto_topic *
topic_of(struct slice code)
{
	const struct howto_topic *t;
	for (size_t i = 0; (t = howto_topic_at(i)) != NULL; i++)
		if (slice_eq(slice_str(t->code), code))
			return t;
	return NULL;
}

/* Each code of each row is a cause or a topic, and stands there once. */
static void
test_causes(void **unused)
{
	(void)unused;
	const struct howto *h;
	size_t rows = 0;
	for (size_t i = 0; (h = howto_at(i)) != NULL; i++, rows++) {
		struct slice s = slice_str(h->causes);
		assert_true(s.n > 0);
		while (s.n > 0) {
			size_t n = slice_find(s, ' ');
			struct slice code = slice_to(s, n);
			bool known = cause_find(CAUSE_EN, code) != NULL ||
				     topic_of(code) != NULL;
			if (!known)
				print_error(
				    "%.*s\n", (int)n, (const char *)s.p);
			assert_true(known);
			assert_true(n >= s.n || n + 1 < s.n);
			s = slice_from(s, n + 1);
		}
		assert_true(
		    h->program > HOWTO_NONE && h->program < HOWTO_PROGRAMS);
	}
	assert_true(rows > 100);
	assert_null(howto_at(rows));
}

static void
check_text(const char *s)
{
	size_t n = strlen(s);
	assert_true(n > 0);
	assert_null(strpbrk(s, "\t\n\r"));
	assert_null(strstr(s, "  "));
	assert_true(s[0] != ' ' && s[n - 1] != ' ');
	assert_true(s[n - 1] == '.');
}

/* Both languages, each a text of its own that ends as one does; the commands
 * are lines, none of them empty or too long to read. */
static void
test_texts(void **unused)
{
	(void)unused;
	const struct howto *h;
	for (size_t i = 0; (h = howto_at(i)) != NULL; i++) {
		check_text(h->text[CAUSE_EN]);
		check_text(h->text[CAUSE_ID]);
		assert_string_not_equal(h->text[CAUSE_EN], h->text[CAUSE_ID]);
		assert_int_equal(h->versions[CAUSE_EN][0] == '\0',
		    h->versions[CAUSE_ID][0] == '\0');
		struct slice s = slice_str(h->commands);
		while (s.n > 0) {
			size_t n = slice_find(s, '\n');
			assert_true(n > 0 && n <= LINE_MAX_OCTETS + 40);
			assert_true(n >= s.n || n + 1 < s.n);
			s = slice_from(s, n + 1);
		}
	}
	for (enum howto_program p = HOWTO_NONE + 1; p < HOWTO_PROGRAMS; p++)
		for (enum cause_lang l = 0; l < CAUSE_LANGS; l++)
			check_text(howto_note(l, p));
	for (size_t i = 0; howto_topic_at(i) != NULL; i++)
		for (enum cause_lang l = 0; l < CAUSE_LANGS; l++)
			check_text(howto_topic_at(i)->text[l]);
}

/* Two rows for the same thing differ by their versions, and say so. */
static void
test_versions(void **unused)
{
	(void)unused;
	const struct howto *a, *b;
	for (size_t i = 0; (a = howto_at(i)) != NULL; i++)
		for (size_t k = i + 1; (b = howto_at(k)) != NULL; k++) {
			if (a->program != b->program || a->side != b->side ||
			    strcmp(a->causes, b->causes) != 0)
				continue;
			bool told = a->versions[CAUSE_EN][0] != '\0' &&
				    b->versions[CAUSE_EN][0] != '\0' &&
				    strcmp(a->versions[CAUSE_EN],
					b->versions[CAUSE_EN]) != 0;
			if (!told)
				print_error("%s, %s\n", a->causes,
				    howto_word(a->program));
			assert_true(told);
		}
}

/* Where nobody may be left without an answer. */
static void
test_covered(void **unused)
{
	(void)unused;
	static const struct {
		const char *code;
		enum cause_side side;
		unsigned without; /* programs that have nothing of their own */
	} wanted[] = {
	    {"tls.not-offered", CAUSE_RECEIVING, 0},
	    {"tls.not-offered", CAUSE_SENDING, 0},
	    {"tls.required-inbound", CAUSE_SENDING, 0},
	    {"tls.required-inbound", CAUSE_RECEIVING, 0},
	    {"tls.required-outbound", CAUSE_SENDING, 0},
	    {"tls.required-outbound", CAUSE_RECEIVING, 0},
	    {"tls.no-common-version", CAUSE_SENDING, 1},
	    {"tls.no-common-version", CAUSE_RECEIVING, 0},
	    {"tls.no-common-cipher", CAUSE_RECEIVING, 0},
	    {"tls.cert-expired", CAUSE_RECEIVING, 0},
	    {"tls.cert-self-signed", CAUSE_RECEIVING, 0},
	    {"tls.cert-untrusted", CAUSE_RECEIVING, 0},
	    {"tls.cert-name-mismatch", CAUSE_RECEIVING, 0},
	    {"tls.cert-untrusted", CAUSE_SENDING, 1},
	    {"tls.client-cert-required", CAUSE_SENDING, 3},
	    {"relay.denied", CAUSE_RECEIVING, 0},
	    {"relay.denied", CAUSE_SENDING, 0},
	    {"relay.open", CAUSE_RECEIVING, 0},
	    {"relay.open", CAUSE_SENDING, 0},
	    {"auth.required", CAUSE_SENDING, 0},
	    {"auth.not-offered", CAUSE_RECEIVING, 0},
	    {"auth.failed", CAUSE_SENDING, 0},
	    {"lookup.ptr-missing", CAUSE_SENDING, 0},
	    {"lookup.helo-forged", CAUSE_SENDING, 0},
	    {"lookup.helo-not-found", CAUSE_SENDING, 0},
	    {"limit.size", CAUSE_RECEIVING, 0},
	    {"recipient.unknown", CAUSE_RECEIVING, 2},
	    {"protocol.bare-newline", CAUSE_RECEIVING, 5},
	};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		unsigned without = 0;
		for (enum howto_program p = HOWTO_NONE + 1; p < HOWTO_PROGRAMS;
		     p++) {
			size_t at = 0;
			without += howto_next(slice_str(wanted[i].code),
				       wanted[i].side, p, &at) == NULL;
		}
		if (without != wanted[i].without)
			print_error("%s\n", wanted[i].code);
		assert_int_equal(without, wanted[i].without);
	}
}

/* Up to 8.0 what Zimbra sends with is in localconfig, later in LDAP. */
static void
test_zimbra(void **unused)
{
	(void)unused;
	const struct howto *h;
	size_t at = 0;
	h = howto_next(
	    SLICE("tls.required-inbound"), CAUSE_SENDING, HOWTO_ZIMBRA, &at);
	assert_non_null(h);
	assert_string_equal(h->versions[CAUSE_EN], "up to 8.0");
	assert_string_equal(h->versions[CAUSE_ID], "sampai 8.0");
	assert_non_null(strstr(h->commands,
	    "zmlocalconfig -e postfix_smtp_tls_security_level=may\n"));
	h = howto_next(
	    SLICE("tls.required-inbound"), CAUSE_SENDING, HOWTO_ZIMBRA, &at);
	assert_non_null(h);
	assert_string_equal(h->versions[CAUSE_EN], "8.5 and later");
	assert_non_null(strstr(h->commands,
	    "zmprov ms `zmhostname` zimbraMtaSmtpTlsSecurityLevel may\n"));
	assert_null(strstr(h->commands, "zmlocalconfig"));
	assert_null(howto_next(
	    SLICE("tls.required-inbound"), CAUSE_SENDING, HOWTO_ZIMBRA, &at));
	at = 0;
	h = howto_next(
	    SLICE("tls.cert-self-signed"), CAUSE_RECEIVING, HOWTO_ZIMBRA, &at);
	assert_non_null(h);
	assert_non_null(strstr(h->text[CAUSE_EN], "self-signed"));
	at = 0;
	assert_null(
	    howto_next(SLICE("tls.cert"), CAUSE_RECEIVING, HOWTO_ZIMBRA, &at));
	assert_null(
	    howto_next(SLICE_EMPTY, CAUSE_RECEIVING, HOWTO_ZIMBRA, &at));
}

/* The three ways out of an open relay, in each program. */
static void
test_open_relay(void **unused)
{
	(void)unused;
	for (enum howto_program p = HOWTO_NONE + 1; p < HOWTO_PROGRAMS; p++) {
		bool trusted = false, authentication = false, smart = false;
		const struct howto *h;
		size_t at = 0;
		while ((h = howto_next(SLICE("relay.open"), CAUSE_RECEIVING, p,
			    &at)) != NULL) {
			const char *text = h->text[CAUSE_EN];
			trusted |= strstr(text, "rusted hosts:") != NULL;
			authentication |=
			    strstr(text, "Authentication:") == text;
		}
		at = 0;
		h = howto_next(SLICE("relay.open"), CAUSE_SENDING, p, &at);
		smart = h != NULL &&
			strncmp(h->text[CAUSE_EN], "Smart host", 10) == 0;
		assert_true(trusted && authentication && smart);
	}
	assert_string_equal(
	    howto_topic(SLICE("relay.open"))->code, "relay.open");
	assert_non_null(howto_topic(SLICE("server saya jadi Open Relay")));
	assert_null(howto_topic(SLICE("relay.denied")));
	assert_null(howto_topic(SLICE_EMPTY));
	/* Words that stand somewhere in a long log ask for nothing. */
	char text[400];
	memset(text, 'x', sizeof(text));
	memcpy(text + 300, " open relay ", 12);
	assert_null(howto_topic(slice_of(text, sizeof(text))));
	memcpy(text + 300, " relay.open ", 12);
	assert_non_null(howto_topic(slice_of(text, sizeof(text))));
}

static void
test_programs(void **unused)
{
	(void)unused;
	for (enum howto_program p = HOWTO_NONE + 1; p < HOWTO_PROGRAMS; p++) {
		assert_int_equal(howto_program(slice_str(howto_word(p))), p);
		assert_int_equal(howto_program(slice_str(howto_title(p))), p);
	}
	assert_int_equal(howto_program(SLICE("iRedMail")), HOWTO_POSTFIX);
	assert_int_equal(howto_program(SLICE("exim4")), HOWTO_EXIM);
	assert_int_equal(howto_program(SLICE("")), HOWTO_NONE);
	assert_int_equal(howto_program(SLICE("post")), HOWTO_NONE);
	assert_string_equal(howto_word(HOWTO_PROGRAMS), "");
}

static void
test_writer(void **unused)
{
	(void)unused;
	static const struct {
		enum extract_form form;
		const char *text;
		enum howto_program program;
	} cases[] = {
	    {EXTRACT_MDAEMON, "", HOWTO_MDAEMON},
	    {EXTRACT_EXIM, "", HOWTO_EXIM},
	    {EXTRACT_SENDMAIL, "", HOWTO_SENDMAIL},
	    {EXTRACT_EXCHANGE, "", HOWTO_EXCHANGE},
	    {EXTRACT_OPENSMTPD, "", HOWTO_OPENSMTPD},
	    {EXTRACT_POSTFIX, "Nov 22 10:00:00 mail postfix/smtp[1]: x",
		HOWTO_POSTFIX},
	    {EXTRACT_POSTFIX, "Nov 22 10:00:00 zimbra postfix/smtp[1]: x",
		HOWTO_ZIMBRA},
	    {EXTRACT_POSTFIX, "a\nNov 22 10:00:00 Zimbra01 postfix/smtp[1]: x",
		HOWTO_ZIMBRA},
	    /* It is the other side's. */
	    {EXTRACT_POSTFIX,
		"Nov 22 10:00:00 mail postfix/smtp[1]: relay=zimbra.mitra.e",
		HOWTO_POSTFIX},
	    {EXTRACT_POSTFIX, "zimbra\nNov 22 1:00:00 mail postfix/smtp[1]: x",
		HOWTO_POSTFIX},
	    {EXTRACT_POSTFIX, "mail postfix/x: fatal: /opt/zimbra/conf/",
		HOWTO_ZIMBRA},
	    {EXTRACT_FREE, "zimbra", HOWTO_NONE},
	    {EXTRACT_BOUNCE, "/opt/zimbra", HOWTO_NONE},
	    {EXTRACT_FORMS, "", HOWTO_NONE},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    howto_writer(cases[i].form, slice_str(cases[i].text)),
		    cases[i].program);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_causes),
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_covered),
	    cmocka_unit_test(test_zimbra),
	    cmocka_unit_test(test_open_relay),
	    cmocka_unit_test(test_programs),
	    cmocka_unit_test(test_writer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
