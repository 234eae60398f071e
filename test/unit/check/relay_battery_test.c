#include "check/relay_battery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct relay_facts all = {
    .sender = {(const uint8_t *)"antispam", 8},
    .outside = {(const uint8_t *)"siapa@mitra.example", 19},
    .to = {(const uint8_t *)"uji", 3},
    .domain = {(const uint8_t *)"luar.example", 12},
    .server = {(const uint8_t *)"mail.contoh.id", 14},
    .host = {(const uint8_t *)"mx.contoh.id", 12},
    .local = {(const uint8_t *)"contoh.id", 9},
    .literal = {(const uint8_t *)"[192.0.2.1]", 11},
};

static const struct relay_pair *
named(const char *name)
{
	size_t n;
	const struct relay_pair *v = relay_pairs(&n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, name) == 0)
			return &v[i];
	fail_msg("no pair %s", name);
	return NULL;
}

static void
each_is_filled_once(void **state)
{
	size_t n;
	const struct relay_pair *v = relay_pairs(&n);
	struct buf seen[RELAY_PAIRS_MAX];
	(void)state;
	assert_in_range(n, 45, RELAY_PAIRS_MAX);
	for (size_t i = 0; i < n; i++) {
		buf_init(&seen[i], 2048);
		assert_true(relay_pair_from(&v[i], &all, &seen[i]));
		buf_add_byte(&seen[i], '\n');
		assert_true(relay_pair_to(&v[i], &all, &seen[i]));
		struct slice s = buf_slice(&seen[i]);
		assert_int_equal(slice_find(s, '{'), s.n);
		assert_true(slice_starts(s, SLICE("MAIL FROM:")));
		for (size_t k = 0; k < i; k++) {
			if (slice_eq(s, buf_slice(&seen[k])))
				fail_msg("%s is %s", v[i].name, v[k].name);
			assert_string_not_equal(v[i].name, v[k].name);
		}
	}
	for (size_t i = 0; i < n; i++)
		buf_free(&seen[i]);
}

static void
forms(void **state)
{
	static const struct {
		const char *name, *from, *to;
	} cases[] = {
	    {"null-sender", "MAIL FROM:<>", "RCPT TO:<uji@luar.example>"},
	    {"plain", "MAIL FROM:<siapa@mitra.example>",
		"RCPT TO:<uji@luar.example>"},
	    {"percent-address", "MAIL FROM:<antispam@[192.0.2.1]>",
		"RCPT TO:<uji%luar.example@[192.0.2.1]>"},
	    {"route-server", "MAIL FROM:<antispam@[192.0.2.1]>",
		"RCPT TO:<@mail.contoh.id:uji@luar.example>"},
	    {"bang-server", "MAIL FROM:<antispam@[192.0.2.1]>",
		"RCPT TO:<luar.example!uji@mail.contoh.id>"},
	    {"unbracketed", "MAIL FROM:<siapa@mitra.example>",
		"RCPT TO:uji@luar.example"},
	    {"route-two", "MAIL FROM:<siapa@mitra.example>",
		"RCPT TO:<@mail.contoh.id,@contoh.id:uji@luar.example>"},
	};
	struct buf b;
	(void)state;
	buf_init(&b, 1024);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(relay_pair_from(named(cases[i].name), &all, &b));
		assert_true(slice_eq(buf_slice(&b), slice_str(cases[i].from)));
		buf_clear(&b);
		assert_true(relay_pair_to(named(cases[i].name), &all, &b));
		assert_true(slice_eq(buf_slice(&b), slice_str(cases[i].to)));
		buf_clear(&b);
	}
	struct relay_facts some = all;
	some.server = SLICE_EMPTY;
	assert_false(relay_pair_to(named("route-server"), &some, &b));
	assert_int_equal(b.n, 0);
	assert_true(relay_pair_to(named("plain"), &some, &b));
	buf_free(&b);
}

static void
the_first_are_of_nmap(void **state)
{
	size_t n;
	const struct relay_pair *v = relay_pairs(&n);
	(void)state;
	assert_string_equal(v[0].name, "null-sender");
	assert_string_equal(v[RELAY_NMAP_PAIRS - 1].name, "bang-server");
}

/* Forms that a server may take for addresses of its own. */
static void
local_or_not(void **state)
{
	static const struct {
		const char *name;
		bool local;
	} cases[] = {{"plain", false}, {"unbracketed", false},
	    {"final-dot", false}, {"route-server", false},
	    {"percent-server", true}, {"percent", true}, {"quoted", true},
	    {"bang", true}, {"double-at-domain", true}, {"slash-domain", true},
	    {"quoted-at-localhost", true}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (relay_pair_is_local(named(cases[i].name)) != cases[i].local)
			fail_msg("%s", cases[i].name);
}

static void
replies(void **state)
{
	static const struct {
		uint16_t mail, rcpt;
		const char *text;
		enum relay_class want;
	} cases[] = {
	    {250, 250, "250 ok", RELAY_MAY},
	    {250, 251, "251 will forward", RELAY_MAY},
	    {250, 252, "252 will try", RELAY_MAY},
	    {250, 554, "554 5.7.1 Relay access denied", RELAY_CLOSED},
	    {250, 550, "550 5.1.1 no such user", RELAY_CLOSED},
	    {250, 501, "501 5.1.3 bad address", RELAY_CLOSED},
	    {553, 503, "553 sender", RELAY_CLOSED},
	    {250, 530, "530 5.7.0 Authentication required", RELAY_NEEDS_AUTH},
	    {530, 0, "530 5.7.0 Authentication required", RELAY_NEEDS_AUTH},
	    {530, 503, "530 5.7.0 Must issue a STARTTLS command first",
		RELAY_UNKNOWN},
	    {250, 450, "450 4.7.1 greylisted", RELAY_GREYLISTED},
	    {451, 503, "451 later", RELAY_GREYLISTED},
	    {250, 421, "421 bye", RELAY_GREYLISTED},
	    {250, 0, "", RELAY_UNKNOWN},
	    {0, 0, "", RELAY_UNKNOWN},
	    {250, 354, "354 what", RELAY_UNKNOWN},
	    {250, 550, "550 5.1.2 Recipient address rejected: Domain not found",
		RELAY_UNKNOWN},
	    {250, 556, "556 5.1.10 no service", RELAY_UNKNOWN},
	    /* not for relaying, but for who we are or how much we ask */
	    {250, 554, "554 5.7.1 Client host blocked using zen.example",
		RELAY_UNKNOWN},
	    {550, 0, "550 5.7.25 no PTR", RELAY_UNKNOWN},
	    {250, 550, "550 5.7.1 cannot find your reverse hostname",
		RELAY_UNKNOWN},
	    {250, 550, "550 5.7.23 SPF fail", RELAY_UNKNOWN},
	    {250, 504, "504 5.5.2 <x>: Helo command rejected: not FQDN",
		RELAY_UNKNOWN},
	    {250, 550, "550 Too many invalid recipients", RELAY_UNKNOWN},
	    {250, 554,
		"554 5.7.1 <h[192.0.2.1]>: Client host rejected: Access denied",
		RELAY_UNKNOWN},
	    {250, 550, "550 Your IP is listed at bl.example", RELAY_UNKNOWN},
	    {250, 550, "550 in a black list at example.org", RELAY_UNKNOWN},
	    {250, 554, "554 5.7.1 <a@b>: Relay access denied", RELAY_CLOSED},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice text = slice_str(cases[i].text);
		enum relay_class got =
		    relay_classify(cases[i].mail, text, cases[i].rcpt, text);
		if (got != cases[i].want)
			fail_msg("%u %u %s: %d", cases[i].mail, cases[i].rcpt,
			    cases[i].text, got);
	}
	assert_true(relay_had_enough(421, SLICE("421 bye")));
	assert_true(relay_had_enough(550, SLICE("550 too many errors")));
	assert_true(relay_had_enough(451, SLICE("451 rate limit")));
	assert_false(relay_had_enough(250, SLICE("250 not too many")));
	assert_false(relay_had_enough(550, SLICE("550 no relaying")));
	assert_string_equal(relay_class_name(RELAY_LOST), "may-be-open");
	assert_string_equal(relay_class_name(RELAY_NEEDS_AUTH), "closed");
}

static void
about_senders(void **state)
{
	static const struct {
		uint16_t code;
		const char *text;
		bool at_mail, want;
	} t[] = {
	    {450,
		"450 4.1.8 <a@localhost>: Sender address rejected: Domain "
		"not found",
		false, true},
	    {550,
		"550 5.7.27 <a@b>: Sender address rejected: Domain b does "
		"not accept mail (nullMX)",
		false, true},
	    {451, "451 4.7.1 the domain localhost was not found", true, true},
	    {451, "451 4.7.1 the domain localhost was not found", false, false},
	    {553,
		"553 5.1.8 <a@b>... Domain of sender address a@b does not "
		"exist",
		true, true},
	    {550, "550 Sender verify failed", false, true},
	    {451, "451 4.7.1 Greylisting in action", true, false},
	    {550, "550 5.7.1 Relay access denied", false, false},
	    {554, "554 5.7.1 blocked using zen.daftar.example", true, false},
	    {530, "530 5.7.0 Authentication required for this domain", true,
		false},
	    {421, "421 4.1.8 too many errors", true, false},
	    {250, "250 2.1.8 sender domain fine", true, false},
	    {0, "", true, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		if (relay_is_about_sender(t[i].code, slice_str(t[i].text),
			t[i].at_mail) != t[i].want)
			fail_msg("case %zu", i);
}

static void
about_relaying(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} t[] = {
	    {"554 5.7.1 <a@b>: Relay access denied", true},
	    {"550 5.7.1 Unable to relay", true},
	    {"553 sorry, that domain isn't in my list of allowed rcpthosts",
		true},
	    {"554 5.7.1 <a@b>: Recipient address rejected: Access denied",
		true},
	    {"550 5.7.1 <relaytest@example.com>: no", false},
	    {"550 5.1.1 nobody", true},
	    {"550 5.7.1 no", false},
	    {"550 5.7.1 Access denied", false},
	    {"", false},
	};
	static const struct {
		const char *a, *b;
		bool same;
	} s[] = {
	    {"550 <a@b.example> no", "550 <postmaster>  no", true},
	    {"550 a@b.example: no", "550 postmaster@c.example: NO", true},
	    {"550 no", "550 no.", false},
	    {"550 no", "550 no way", false},
	    {"550 no <a@b>", "550 no", false},
	    {"", "", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		if (relay_is_about_relaying(slice_str(t[i].text)) != t[i].want)
			fail_msg("%s", t[i].text);
	for (size_t i = 0; i < sizeof(s) / sizeof(*s); i++)
		if (relay_same_words(slice_str(s[i].a), slice_str(s[i].b)) !=
		    s[i].same)
			fail_msg("%s: %s", s[i].a, s[i].b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_is_filled_once),
	    cmocka_unit_test(forms),
	    cmocka_unit_test(the_first_are_of_nmap),
	    cmocka_unit_test(local_or_not),
	    cmocka_unit_test(replies),
	    cmocka_unit_test(about_senders),
	    cmocka_unit_test(about_relaying),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
