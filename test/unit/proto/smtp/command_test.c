#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/smtp/command.h"

static const struct {
	struct slice line;
	enum smtp_verb verb;
	struct slice arg;
} lines[] = {
    {SLICE("NOOP"), SMTP_VERB_NOOP, SLICE("")},
    {SLICE("noop  "), SMTP_VERB_NOOP, SLICE("")},
    {SLICE("NOOP\t"), SMTP_VERB_NOOP, SLICE("")},
    {SLICE("eHlO contoh.id "), SMTP_VERB_EHLO, SLICE("contoh.id")},
    {SLICE("MAIL FROM:<>"), SMTP_VERB_MAIL, SLICE("FROM:<>")},
    {SLICE("NOOPE"), SMTP_VERB_UNKNOWN, SLICE("")},
    {SLICE("NOO"), SMTP_VERB_UNKNOWN, SLICE("")},
    {SLICE(" NOOP"), SMTP_VERB_UNKNOWN, SLICE("NOOP")},
    {SLICE("NOOP\tx"), SMTP_VERB_UNKNOWN, SLICE("")},
    {SLICE(""), SMTP_VERB_UNKNOWN, SLICE("")},
    {SLICE("EXPN staf"), SMTP_VERB_OTHER, SLICE("staf")},
    {SLICE("BDAT 100 LAST"), SMTP_VERB_BDAT, SLICE("100 LAST")},
    {SLICE("GET / HTTP/1.1"), SMTP_VERB_HTTP, SLICE("/ HTTP/1.1")},
    {SLICE("StartTLS"), SMTP_VERB_STARTTLS, SLICE("")},
};

static void
test_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct smtp_command c = smtp_command_split(lines[i].line);
		if (c.verb != lines[i].verb)
			fail_msg("%.*s: %d", SLICE_ARG(lines[i].line), c.verb);
		assert_true(slice_eq(c.arg, lines[i].arg));
	}
}

#define N500                                                                   \
	"0123456789012345678901234567890123456789012345678901234567890123"     \
	"4567890123456789012345678901234567890123456789012345678901234567"     \
	"8901234567890123456789012345678901234567890123456789012345678901"     \
	"2345678901234567890123456789012345678901234567890123456789012345"     \
	"6789012345678901234567890123456789012345678901234567890123456789"     \
	"0123456789012345678901234567890123456789012345678901234567890123"     \
	"4567890123456789012345678901234567890123456789012345678901234567"     \
	"8901234567890123456789012345678901234567890123456789"

static const struct {
	struct slice arg;
	enum err want;
	uint64_t size;
	enum smtp_body body;
	bool has_auth;
	struct slice auth;
} mails[] = {
    {.arg = SLICE("FROM:<a@x>")},
    {.arg = SLICE("from:<a@x>")},
    {.arg = SLICE("FROM: <a@x>")},
    {.arg = SLICE("FROM:   <a@x>")},
    {.arg = SLICE("FROM:<a@x> SIZE=1000"), .size = 1000},
    {.arg = SLICE("FROM:<a@x> size=5 body=8bitmime"),
	.size = 5,
	.body = SMTP_BODY_8BITMIME},
    {.arg = SLICE("FROM:<a@x> BODY=7BIT"), .body = SMTP_BODY_7BIT},
    {.arg = SLICE("FROM:<a@x>   SIZE=7"), .size = 7},
    {.arg = SLICE("FROM:<a@x> SIZE=99999999999999999999"), .size = UINT64_MAX},
    {.arg = SLICE("FROM:<a@x> AUTH=<>"), .has_auth = true},
    {.arg = SLICE("FROM:<a@x> AUTH=b+2Bc@x"),
	.has_auth = true,
	.auth = SLICE("b+c@x")},
    {.arg = SLICE("FROM:<a@x> AUTH=" N500),
	.has_auth = true,
	.auth = SLICE(N500)},
    {.arg = SLICE("FROM:<a@x> AUTH=" N500 "x"), .want = ERR_LIMIT},
    {.arg = SLICE("FROM:<a@x> AUTH=b+2"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x> AUTH"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x> SIZE=999999999999999999999"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x> SIZE=-1"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x> SIZE="), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x> SIZE"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x> SIZE=1 SIZE=2"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x> BODY=BINARYMIME"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x> SMTPUTF8"), .want = ERR_UNSUPPORTED},
    {.arg = SLICE("FROM:<a@x> RET=HDRS"), .want = ERR_UNSUPPORTED},
    {.arg = SLICE("FROM:<a@x> =1"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x> -A=1"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x> A_B=1"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x> A=1=2"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x>SIZE=1"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:<a@x>\tSIZE=1"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM <a@x>"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:a@x"), .want = ERR_SYNTAX},
    {.arg = SLICE("TO:<a@x>"), .want = ERR_SYNTAX},
    {.arg = SLICE("FROM:"), .want = ERR_SYNTAX},
    {.arg = SLICE(""), .want = ERR_SYNTAX},
};

static void
test_mail(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		struct arena mem;
		struct smtp_mail m = {0};
		arena_init(&mem, 1000);
		enum err e = smtp_mail_parse(mails[i].arg, false, &mem, &m);
		if (e != mails[i].want)
			fail_msg(
			    "%.*s: %s", SLICE_ARG(mails[i].arg), err_name(e));
		assert_int_equal(m.size, mails[i].size);
		assert_int_equal(m.body, mails[i].body);
		assert_int_equal(m.has_auth, mails[i].has_auth);
		assert_true(slice_eq(m.auth, mails[i].auth));
		assert_int_equal(m.from.local.n, e == ERR_OK ? 1 : 0);
		arena_reset(&mem);
	}
}

static void
test_mail_memory(void **state)
{
	(void)state;
	struct arena mem;
	struct smtp_mail m;
	arena_init(&mem, 3);
	assert_int_equal(
	    smtp_mail_parse(SLICE("FROM:<a@x> AUTH=abcd"), false, &mem, &m),
	    ERR_NOMEM);
	arena_reset(&mem);
}

static const struct {
	struct slice arg;
	enum err want;
} rcpts[] = {
    {SLICE("TO:<a@x>"), ERR_OK},
    {SLICE("to: <a@x>"), ERR_OK},
    {SLICE("TO:<Postmaster>"), ERR_OK},
    {SLICE("TO:<>"), ERR_SYNTAX},
    {SLICE("TO:<a@x> NOTIFY=NEVER"), ERR_UNSUPPORTED},
    {SLICE("TO:<a@x> NOTIFY="), ERR_SYNTAX},
    {SLICE("TO:<a@x>,<b@x>"), ERR_SYNTAX},
    {SLICE("FROM:<a@x>"), ERR_SYNTAX},
    {SLICE("TO:a@x"), ERR_SYNTAX},
};

static void
test_rcpt(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rcpts) / sizeof(rcpts[0]); i++) {
		struct arena mem;
		struct smtp_rcpt r;
		arena_init(&mem, 1000);
		enum err e = smtp_rcpt_parse(rcpts[i].arg, false, &mem, &r);
		if (e != rcpts[i].want)
			fail_msg(
			    "%.*s: %s", SLICE_ARG(rcpts[i].arg), err_name(e));
		arena_reset(&mem);
	}
}

static const struct {
	struct slice arg;
	bool want;
} helos[] = {
    {SLICE("mail.contoh.id"), true},
    {SLICE("localhost"), true},
    {SLICE("PC_GUDANG"), true},
    {SLICE("_pc_._x"), true},
    {SLICE("192.0.2.1"), true},
    {SLICE("[192.0.2.1]"), true},
    {SLICE("[IPv6:2001:db8::1]"), true},
    {SLICE("[192.0.2.1"), false},
    {SLICE("[192.0.2.999]"), false},
    {SLICE(""), false},
    {SLICE("."), false},
    {SLICE(".contoh.id"), false},
    {SLICE("contoh..id"), false},
    {SLICE("contoh.id."), false},
    {SLICE("-contoh.id"), false},
    {SLICE("contoh-.id"), false},
    {SLICE("contoh.id-"), false},
    {SLICE(
	 "0123456789012345678901234567890123456789012345678901234567890123.id"),
	false},
    {SLICE("mail contoh"), false},
    {SLICE("mail@contoh.id"), false},
    {SLICE("con\xc3\xa9.id"), false},
};

static void
test_helo(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(helos) / sizeof(helos[0]); i++)
		if (smtp_helo_is(helos[i].arg) != helos[i].want)
			fail_msg("%.*s", SLICE_ARG(helos[i].arg));
}

static const struct {
	struct slice arg;
	enum err want;
	struct slice mech;
	bool has;
	struct slice initial;
} auths[] = {
    {SLICE("PLAIN"), ERR_OK, SLICE("PLAIN"), false, SLICE("")},
    {SLICE("PLAIN AGE="), ERR_OK, SLICE("PLAIN"), true, SLICE("AGE=")},
    {SLICE("PLAIN ="), ERR_OK, SLICE("PLAIN"), true, SLICE("")},
    {SLICE("SCRAM-SHA-256-PLUS bg"), ERR_OK, SLICE("SCRAM-SHA-256-PLUS"), true,
	SLICE("bg")},
    {SLICE("PLAIN a b"), ERR_SYNTAX, SLICE(""), false, SLICE("")},
    {SLICE(""), ERR_SYNTAX, SLICE(""), false, SLICE("")},
    {SLICE("PL@IN"), ERR_SYNTAX, SLICE(""), false, SLICE("")},
    {SLICE("ABCDEFGHIJKLMNOPQRSTU"), ERR_SYNTAX, SLICE(""), false, SLICE("")},
};

static void
test_auth(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(auths) / sizeof(auths[0]); i++) {
		struct smtp_auth a = {0};
		enum err e = smtp_auth_parse(auths[i].arg, &a);
		if (e != auths[i].want)
			fail_msg("%.*s", SLICE_ARG(auths[i].arg));
		assert_true(slice_eq(a.mech, auths[i].mech));
		assert_int_equal(a.has_initial, auths[i].has);
		assert_true(slice_eq(a.initial, auths[i].initial));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_split),
	    cmocka_unit_test(test_mail),
	    cmocka_unit_test(test_mail_memory),
	    cmocka_unit_test(test_rcpt),
	    cmocka_unit_test(test_helo),
	    cmocka_unit_test(test_auth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
