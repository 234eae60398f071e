#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/client_judge.h"

#define BIT(code) (1ull << CLIENT_SAYS_##code)
#define MIN       60000u

static const struct client_facts sound = {
    .ip = {.family = 4, .b = {192, 0, 2, 1}},
    .begun_ms = 1000,
    .ended_ms = 2000,
    .ended = true,
    .helo = true,
    .esmtp = true,
    .offered = true,
    .tried = true,
    .tls = true,
    .mail = true,
    .messages = 1,
};

static uint64_t
said(const struct client_judged *j)
{
	uint64_t all = 0;
	for (unsigned i = 0; i < CLIENT_SAYS_N; i++)
		if (j->v[i].said)
			all |= 1ull << i;
	return all;
}

/* One session that did that. */
static struct client_judged
judge_one(struct client_facts *f, unsigned words, bool own_cert)
{
	const struct client_facts *v[] = {f};
	struct client_judged j;
	struct client_seen s = {.words = words,
	    .own_cert = own_cert,
	    .session = v,
	    .session_n = 1,
	    .now_ms = 3000};
	client_judge(&s, &j);
	return j;
}

static void
single_sessions(void **state)
{
	struct client_facts f;
	(void)state;
#define TRY(want, unsure, words, own, ...)                                     \
	do {                                                                   \
		f = sound;                                                     \
		__VA_ARGS__;                                                   \
		struct client_judged j = judge_one(&f, words, own);            \
		if (said(&j) != (want) || j.unknown != (unsure))               \
			fail_msg("line %d: said %#llx, unknown %d", __LINE__,  \
			    (unsigned long long)said(&j), (int)j.unknown);     \
	} while (0)
	TRY(0, false, 0, true, (void)0);
	TRY(BIT(UNTRUSTED), false, 0, false, (void)0);
	TRY(BIT(OLD_TLS), false, CLIENT_TLS10, true, f.old_tls = true);
	TRY(BIT(WEAK), false, CLIENT_WEAK, true, f.weak = true);
	TRY(BIT(NO_TLS), false, 0, true, f.tls = f.tried = false;
	    f.mail_in_clear = true);
	TRY(0, false, CLIENT_NO_STARTTLS, true,
	    f.tls = f.tried = f.offered = false;
	    f.mail_in_clear = true);
	TRY(BIT(FALLBACK), false, CLIENT_REFUSE_STARTTLS, true, f.tls = false;
	    f.refused = f.mail_in_clear = true);
	TRY(BIT(AUTH_CLEAR), false, 0, true, f.auth = f.auth_in_clear = true);
	TRY(0, false, 0, true, f.auth = true);
	TRY(BIT(AUTH_UNTRUSTED) | BIT(UNTRUSTED), false, 0, false,
	    f.auth = true);
	TRY(BIT(FIRST), false, 0, true, f.spoke_first = true);
	TRY(BIT(BARE_NEWLINE), false, 0, true, f.body.bare_lf = 1);
	TRY(BIT(BARE_NEWLINE), false, 0, true, f.body.bare_cr = 1);
	TRY(BIT(DOT), false, 0, true, f.body.unstuffed = 1);
	TRY(0, false, 0, true, f.body.longest = 998);
	TRY(BIT(LONG_LINE), false, 0, true, f.body.longest = 999);
	TRY(BIT(NO_EHLO), false, 0, true, f.esmtp = false);
	TRY(BIT(BAD_HELO), false, 0, true, f.name_bad = true);
	TRY(BIT(RAN_AHEAD), false, 0, true, f.ran_ahead = true);
	TRY(BIT(LEFT_SLOW), false, CLIENT_SLOW, true, f.mail = false;
	    f.messages = 0; f.left_waiting = true; f.waited_ms = 5 * MIN - 1);
	TRY(BIT(NO_MESSAGE), true, CLIENT_SLOW, true, f.mail = false;
	    f.messages = 0; f.left_waiting = true; f.waited_ms = 5 * MIN);
	TRY(BIT(NO_MESSAGE), true, 0, true, f.mail = false; f.messages = 0);
	/* One that failed may still fall back. */
	TRY(BIT(HOLDS_BACK) | BIT(TLS_FAILED), true, CLIENT_CLOSE_STARTTLS,
	    true, f.mail = f.tls = false;
	    f.messages = 0; f.tls_failed = true);
	TRY(BIT(HOLDS_BACK), true, CLIENT_NO_STARTTLS, true,
	    f.mail = f.tls = f.tried = f.offered = false;
	    f.messages = 0);
#undef TRY
}

static void
nobody(void **state)
{
	struct client_judged j;
	struct client_seen s = {.now_ms = 600000};
	(void)state;
	client_judge(&s, &j);
	assert_true(said(&j) == BIT(NOBODY));
	assert_true(j.unknown);
}

/* TLS fails, and another session brings the message. */
static void
falls_back_in_another(void **state)
{
	struct client_facts a = sound, b = sound;
	const struct client_facts *v[] = {&a, &b};
	struct client_judged j;
	struct client_seen s = {.words = CLIENT_CLOSE_STARTTLS,
	    .session = v,
	    .session_n = 2,
	    .now_ms = 9000};
	(void)state;
	a.tls = a.mail = false;
	a.tls_failed = true;
	a.messages = 0;
	b.tls = b.tried = false;
	b.mail_in_clear = true;
	b.begun_ms = 5500;
	client_judge(&s, &j);
	assert_true(said(&j) == (BIT(FALLBACK) | BIT(TLS_FAILED)));
	assert_int_equal(j.v[CLIENT_SAYS_FALLBACK].sessions, 2);
	assert_int_equal(j.v[CLIENT_SAYS_FALLBACK].ms, 3500);
	assert_false(j.unknown);
	/* A certificate that it distrusts is told behind the handshake. */
	a.tls = true;
	client_judge(&s, &j);
	assert_true(j.v[CLIENT_SAYS_FALLBACK].said);
	/* TLS was well before: nothing to fall back from. */
	a.tls_failed = false;
	client_judge(&s, &j);
	assert_true(j.v[CLIENT_SAYS_NO_TLS].said);
	assert_false(j.v[CLIENT_SAYS_FALLBACK].said);
	a.tls = false;
	a.tls_failed = true;
	/* Another client's failure is not this one's. */
	b.ip.b[3] = 9;
	client_judge(&s, &j);
	assert_true(j.v[CLIENT_SAYS_NO_TLS].said);
	assert_false(j.v[CLIENT_SAYS_FALLBACK].said);
	/* It came again, and held back again. */
	b = a;
	client_judge(&s, &j);
	assert_true(j.v[CLIENT_SAYS_HOLDS_BACK].said);
	assert_false(j.unknown);
}

static void
refusals(void **state)
{
	static const struct {
		uint16_t code;
		bool again, same_session;
		uint64_t now_ms, want;
		bool unknown, open;
	} t[] = {
	    {451, true, false, 60000, BIT(RETRIED), false, false},
	    {451, true, true, 60000, BIT(NOT_YET), true, true},
	    {451, false, false, 60 * MIN + 999, BIT(NOT_YET), true, true},
	    {451, false, false, 60 * MIN + 1000, BIT(NO_RETRY), false, false},
	    {550, false, false, 5 * MIN + 999, BIT(TOOK_NO), true, false},
	    {550, false, false, 5 * MIN + 1000, BIT(TOOK_NO), false, false},
	    {550, true, false, 60000, BIT(REPEATS), false, false},
	    {0, false, false, 60000, 0, false, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct client_facts a = sound, b = sound;
		const struct client_facts *v[] = {&a, &b};
		struct client_try try[] = {
		    {.key = 7, .session = 0, .at_ms = 1000, .code = t[i].code},
		    {.key = t[i].again ? 7 : 8,
			.session = t[i].same_session ? 0 : 1,
			.at_ms = 31000},
		};
		struct client_judged j;
		struct client_seen s = {.own_cert = true,
		    .session = v,
		    .session_n = 2,
		    .try = try,
		    .try_n = 2,
		    .now_ms = t[i].now_ms};
		client_judge(&s, &j);
		if (said(&j) != t[i].want || j.unknown != t[i].unknown ||
		    client_open_questions(&s) != t[i].open)
			fail_msg("case %zu: %#llx %d", i,
			    (unsigned long long)said(&j), (int)j.unknown);
		if (t[i].want == BIT(RETRIED))
			assert_int_equal(j.v[CLIENT_SAYS_RETRIED].ms, 30000);
	}
}

static void
busy(void **state)
{
	struct client_facts a = sound, b = sound;
	const struct client_facts *v[] = {&a, &b};
	struct client_judged j;
	struct client_seen s = {
	    .own_cert = true, .session = v, .session_n = 1, .now_ms = 60000};
	(void)state;
	a.busy = true;
	a.helo = a.mail = a.tls = a.tried = false;
	a.messages = 0;
	b.begun_ms = 21000;
	client_judge(&s, &j);
	assert_true(said(&j) == BIT(NOT_YET));
	s.session_n = 2;
	client_judge(&s, &j);
	assert_true(said(&j) == BIT(RETRIED));
	assert_int_equal(j.v[CLIENT_SAYS_RETRIED].ms, 20000);
}

static void
messages(void **state)
{
	static const struct {
		enum client_outcome first;
		uint64_t waited_ms, key;
		bool has_id;
		uint64_t want;
	} t[] = {
	    {CLIENT_TAKEN, 0, 7, true, BIT(DUPLICATE)},
	    {CLIENT_TAKEN, 0, 8, true, 0},
	    {CLIENT_TAKEN, 0, 7, false, 0},
	    {CLIENT_SILENT, 10 * MIN - 1, 7, true,
		BIT(IMPATIENT) | BIT(SENT_AGAIN)},
	    {CLIENT_SILENT, 10 * MIN, 7, true, BIT(SENT_AGAIN)},
	    {CLIENT_SILENT, 0, 8, true, BIT(NOT_YET)},
	    {CLIENT_SILENT, 5000, 8, true, BIT(NOT_YET) | BIT(IMPATIENT)},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct client_facts a = sound, b = sound;
		const struct client_facts *v[] = {&a, &b};
		struct client_message m[] = {
		    {.key = 7,
			.has_id = t[i].has_id,
			.at_ms = 1000,
			.waited_ms = t[i].waited_ms,
			.outcome = t[i].first},
		    {.key = t[i].key,
			.has_id = t[i].has_id,
			.session = 1,
			.at_ms = 2000},
		};
		struct client_judged j;
		struct client_seen s = {.own_cert = true,
		    .session = v,
		    .session_n = 2,
		    .message = m,
		    .message_n = 2,
		    .now_ms = 20 * MIN};
		client_judge(&s, &j);
		if (said(&j) != t[i].want)
			fail_msg(
			    "case %zu: %#llx", i, (unsigned long long)said(&j));
	}
}

static void
bodies(void **state)
{
	static const struct {
		const char *wire;
		uint32_t lf, cr, stuffed, unstuffed;
		size_t longest;
	} t[] = {
	    {"a: b\r\n\r\ntext\r\n.\r\n", 0, 0, 0, 0, 4},
	    {"..\r\n..two\r\n.\r\n", 0, 0, 2, 0, 5},
	    {".one\r\n.\r\n", 0, 0, 0, 1, 4},
	    {"a\nb\r\n.\r\n", 1, 0, 0, 0, 3},
	    {"a\rb\r\n.\r\n", 0, 1, 0, 0, 2},
	    {"a\n.\r\n.\r\n", 1, 0, 0, 0, 3},
	    {"a\r\r\n.\r\n", 0, 1, 0, 0, 1},
	    {"a.b\r\n.\r\n", 0, 0, 0, 0, 3},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct slice all = slice_str(t[i].wire);
		for (size_t cut = 0; cut <= all.n; cut++) {
			struct client_body b = {.at_start = true};
			client_body_feed(&b, slice_to(all, cut));
			client_body_feed(&b, slice_from(all, cut));
			if (b.bare_lf != t[i].lf || b.bare_cr != t[i].cr ||
			    b.stuffed != t[i].stuffed ||
			    b.unstuffed != t[i].unstuffed ||
			    b.longest != t[i].longest || b.octets != all.n)
				fail_msg("case %zu, cut %zu: %u %u %u %u %zu",
				    i, cut, b.bare_lf, b.bare_cr, b.stuffed,
				    b.unstuffed, b.longest);
		}
	}
}

static void
message_ids(void **state)
{
	static const struct {
		const char *head, *want;
	} t[] = {
	    {"Message-ID: <a@b>\r\n\r\n", "<a@b>"},
	    {"From: x\r\nmessage-id:<a@b>\r\nTo: y\r\n\r\n", "<a@b>"},
	    {"Message-ID:\r\n <a@b>\r\nTo: <c@d>\r\n\r\n", "<a@b>"},
	    {"From: x\r\n\r\nMessage-ID: <a@b>\r\n", ""},
	    {"Message-ID: a@b\r\nTo: <c@d>\r\n\r\n", ""},
	    {"Message-ID: <a@b\r\nTo: <c@d>\r\n\r\n", ""},
	    {"X-Message-ID: <a@b>\r\n\r\n", ""},
	    {"Message-ID: <a@b>", "<a@b>"},
	    {"Message-ID:", ""},
	    {"", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct slice got = client_message_id(slice_str(t[i].head));
		if (!slice_eq(got, slice_str(t[i].want)))
			fail_msg("case %zu: %.*s", i, SLICE_ARG(got));
	}
}

static void
words(void **state)
{
	static const struct {
		const char *text;
		bool good;
		unsigned want;
		const char *wrong;
	} t[] = {
	    {"", true, 0, ""},
	    {"greylist", true, CLIENT_GREYLIST, ""},
	    {"tls-1.0,greylist", true, CLIENT_TLS10 | CLIENT_GREYLIST, ""},
	    {"slow, busy", true, CLIENT_SLOW | CLIENT_BUSY, ""},
	    {"busy,busy", true, CLIENT_BUSY, ""},
	    {"tls-1.0,tls-1.2", false, 0, "tls-1.2"},
	    {"weak-ciphers,tls-1.3", false, 0, "tls-1.3"},
	    {"tls-1.3,weak-ciphers", false, 0, "weak-ciphers"},
	    {"no-starttls,close-starttls", false, 0, "close-starttls"},
	    {"implicit,no-starttls", false, 0, "no-starttls"},
	    {"full,unknown-user", false, 0, "unknown-user"},
	    {"tls-1.4", false, 0, "tls-1.4"},
	    {"Busy", false, 0, "Busy"},
	    {"busy,,slow", false, 0, ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		unsigned got = 0;
		struct slice wrong = SLICE_EMPTY;
		bool good = client_words(slice_str(t[i].text), &got, &wrong);
		if (good != t[i].good || got != t[i].want ||
		    !slice_eq(wrong, slice_str(t[i].wrong)))
			fail_msg("%s: %d %#x %.*s", t[i].text, (int)good, got,
			    SLICE_ARG(wrong));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(single_sessions),
	    cmocka_unit_test(nobody),
	    cmocka_unit_test(falls_back_in_another),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(busy),
	    cmocka_unit_test(messages),
	    cmocka_unit_test(bodies),
	    cmocka_unit_test(message_ids),
	    cmocka_unit_test(words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
