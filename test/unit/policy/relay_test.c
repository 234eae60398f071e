#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/relay.h"
#include "proto/smtp/address.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Who asks. */
enum who { STRANGER, TRUSTED, USER };

static struct relay_client
client(enum conf_role role, enum conf_auth auth, enum who who)
{
	return (struct relay_client){.role = role,
	    .auth = auth,
	    .trusted = who == TRUSTED,
	    .authenticated = who == USER};
}

/* Unknown mailboxes are refused to everybody. */
static const struct conf_relay_recipient strict = {
    .unknown = CONF_ACTION_REJECT};

struct rcpt_case {
	enum conf_role role;
	enum conf_auth auth;
	enum who who;
	enum relay_domain domain;
	enum relay_exists exists;
	uint16_t code;
	const char *enhanced, *cause;
};

#define MX  CONF_ROLE_MX
#define SUB CONF_ROLE_SUBMISSION
#define OFF CONF_AUTH_OFF
#define OFR CONF_AUTH_OFFER
#define REQ CONF_AUTH_REQUIRE
#define FOR RELAY_DOMAIN_FOREIGN
#define MDR RELAY_DOMAIN_MAILDIR
#define LMT RELAY_DOMAIN_LMTP
#define GTW RELAY_DOMAIN_GATEWAY
#define YES RELAY_EXISTS_YES
#define NO  RELAY_EXISTS_NO
#define UNK RELAY_EXISTS_UNKNOWN

static const struct rcpt_case rcpt_cases[] = {
    {MX, OFF, STRANGER, FOR, NO, 550, "5.7.1", "relay.denied"},
    {MX, OFF, STRANGER, FOR, YES, 550, "5.7.1", "relay.denied"},
    {MX, OFF, STRANGER, FOR, UNK, 550, "5.7.1", "relay.denied"},
    {MX, OFF, TRUSTED, FOR, NO, 250, "2.1.5", ""},
    {MX, OFF, USER, FOR, NO, 250, "2.1.5", ""},
    {MX, OFF, STRANGER, MDR, YES, 250, "2.1.5", ""},
    {MX, OFF, STRANGER, MDR, NO, 550, "5.1.1", "recipient.unknown"},
    {MX, OFF, TRUSTED, MDR, NO, 550, "5.1.1", "recipient.unknown"},
    {MX, OFF, USER, MDR, NO, 550, "5.1.1", "recipient.unknown"},
    {MX, OFF, STRANGER, MDR, UNK, 451, "4.3.0", "local.io-error"},
    {MX, OFF, STRANGER, LMT, YES, 250, "2.1.5", ""},
    {MX, OFF, STRANGER, LMT, NO, 550, "5.1.1", "recipient.unknown"},
    {MX, OFF, STRANGER, GTW, YES, 250, "2.1.5", ""},
    {MX, OFF, STRANGER, GTW, UNK, 451, "4.3.0", "local.io-error"},
    {MX, REQ, STRANGER, MDR, YES, 530, "5.7.0", "auth.required"},
    {MX, REQ, TRUSTED, MDR, YES, 530, "5.7.0", "auth.required"},
    {MX, REQ, USER, MDR, YES, 250, "2.1.5", ""},
    {SUB, REQ, STRANGER, FOR, NO, 530, "5.7.0", "auth.required"},
    {SUB, REQ, TRUSTED, FOR, NO, 530, "5.7.0", "auth.required"},
    {SUB, REQ, STRANGER, MDR, YES, 530, "5.7.0", "auth.required"},
    {SUB, OFR, TRUSTED, MDR, YES, 530, "5.7.0", "auth.required"},
    {SUB, OFF, TRUSTED, FOR, NO, 530, "5.7.0", "auth.required"},
    {SUB, REQ, USER, FOR, NO, 250, "2.1.5", ""},
    {SUB, REQ, USER, MDR, NO, 550, "5.1.1", "recipient.unknown"},
};

static void
test_rcpt(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rcpt_cases); i++) {
		const struct rcpt_case *c = &rcpt_cases[i];
		struct relay_client who = client(c->role, c->auth, c->who);
		const struct relay_rcpt rcpt = {
		    .address = SLICE("budi@contoh.id"),
		    .domain = c->domain,
		    .exists = c->exists,
		    .max_recipients = 100,
		};
		struct relay_verdict v;
		relay_rcpt(&who, &strict, &rcpt, &v);
		assert_int_equal(v.code, c->code);
		assert_int_equal(v.allow, c->code == 250);
		assert_string_equal(v.enhanced, c->enhanced);
		assert_string_equal(v.why.cause, c->cause);
		assert_true(v.allow || v.why.text[0] != '\0');
		assert_non_null(v.rule);
	}
}

/* Names are trusted, and DNS failed to say who this is. */
static void
test_trust_unknown(void **state)
{
	(void)state;
	static const struct {
		enum who who;
		const char *local;
		enum relay_domain domain;
		enum relay_exists exists;
		uint16_t code;
		const char *cause;
	} cases[] = {
	    {STRANGER, "budi", FOR, NO, 451, "dns.tempfail"},
	    {STRANGER, "a%b", GTW, YES, 451, "dns.tempfail"},
	    {STRANGER, "budi", MDR, YES, 250, ""},
	    {STRANGER, "budi", MDR, NO, 550, "recipient.unknown"},
	    {USER, "budi", FOR, NO, 250, ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct relay_client who = client(MX, OFF, cases[i].who);
		const struct relay_rcpt rcpt = {
		    .local = slice_str(cases[i].local),
		    .domain = cases[i].domain,
		    .exists = cases[i].exists,
		    .max_recipients = 1};
		struct relay_verdict v;
		who.trust_unknown = true;
		relay_rcpt(&who, &strict, &rcpt, &v);
		assert_int_equal(v.code, cases[i].code);
		assert_int_equal(v.allow, cases[i].code == 250);
		assert_string_equal(v.why.cause, cases[i].cause);
		if (v.code == 451)
			assert_string_equal(v.enhanced, "4.4.3");
	}
}

/* What to do about a mailbox that does not exist, by option and client. */
static const struct {
	enum conf_action unknown;
	bool exempt_authenticated, exempt_trusted;
	enum who who;
	uint16_t code;
	const char *enhanced;
	bool close;
} unknown_cases[] = {
    {CONF_ACTION_DEFER, false, false, STRANGER, 450, "4.1.1", false},
    {CONF_ACTION_DEFER, false, false, TRUSTED, 450, "4.1.1", false},
    {CONF_ACTION_DEFER, false, false, USER, 450, "4.1.1", false},
    {CONF_ACTION_REJECT, false, false, STRANGER, 550, "5.1.1", false},
    {CONF_ACTION_REJECT, false, false, TRUSTED, 550, "5.1.1", false},
    {CONF_ACTION_REJECT, false, false, USER, 550, "5.1.1", false},
    {CONF_ACTION_CLOSE, false, false, STRANGER, 550, "5.1.1", true},
    {CONF_ACTION_CLOSE, false, false, TRUSTED, 550, "5.1.1", true},
    {CONF_ACTION_CLOSE, false, false, USER, 550, "5.1.1", true},
    {CONF_ACTION_REJECT, true, true, STRANGER, 550, "5.1.1", false},
    {CONF_ACTION_REJECT, true, false, TRUSTED, 550, "5.1.1", false},
    {CONF_ACTION_REJECT, false, true, USER, 550, "5.1.1", false},
    {CONF_ACTION_REJECT, true, false, USER, 250, "2.1.5", false},
    {CONF_ACTION_REJECT, false, true, TRUSTED, 250, "2.1.5", false},
    {CONF_ACTION_CLOSE, true, true, USER, 250, "2.1.5", false},
    {CONF_ACTION_CLOSE, true, true, TRUSTED, 250, "2.1.5", false},
    {CONF_ACTION_CLOSE, true, true, STRANGER, 550, "5.1.1", true},
};

static void
test_unknown_recipient(void **state)
{
	(void)state;
	static const enum relay_domain ours[] = {MDR, LMT, GTW};
	for (size_t i = 0; i < COUNT(unknown_cases) * COUNT(ours); i++) {
		size_t n = i / COUNT(ours);
		const struct conf_relay_recipient u = {
		    .unknown = unknown_cases[n].unknown,
		    .exempt_authenticated =
			unknown_cases[n].exempt_authenticated,
		    .exempt_trusted = unknown_cases[n].exempt_trusted};
		struct relay_client who = client(MX, OFF, unknown_cases[n].who);
		struct relay_rcpt rcpt = {.domain = ours[i % COUNT(ours)],
		    .exists = NO,
		    .max_recipients = 1};
		struct relay_verdict v;
		relay_rcpt(&who, &u, &rcpt, &v);
		assert_int_equal(v.code, unknown_cases[n].code);
		assert_string_equal(v.enhanced, unknown_cases[n].enhanced);
		assert_int_equal(v.close, unknown_cases[n].close);
		assert_string_equal(
		    v.rule, v.allow ? "recipient unknown, exempt"
				    : "relay-control.recipient.unknown");
		assert_ptr_equal(v.field, v.allow ? NULL : &u.unknown);
	}
}

static void
test_routes(void **state)
{
	(void)state;
	static const char *const routes[] = {"a%b", "%", "a!b", "a@b", "@",
	    "\"a@b\"", "x:y", "a%b%c", "\xc3\xa9!"};
	static const char *const plain[] = {
	    "", "budi", "budi+x", "a.b", "a/b", "a=b", "a|b", "\xc3\xa9"};
	for (size_t i = 0; i < COUNT(routes); i++)
		assert_true(relay_routes(slice_str(routes[i])));
	for (size_t i = 0; i < COUNT(plain); i++)
		assert_false(relay_routes(slice_str(plain[i])));
	static const struct {
		enum relay_domain domain;
		enum who who;
		const char *cause; /* empty: allowed */
	} cases[] = {
	    {GTW, STRANGER, "relay.denied"},
	    {LMT, STRANGER, "relay.denied"},
	    {MDR, STRANGER, ""}, /* a mailbox of that name exists */
	    {GTW, TRUSTED, ""},
	    {LMT, TRUSTED, ""},
	    {GTW, USER, ""},
	    {LMT, USER, ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct relay_client who = client(MX, OFF, cases[i].who);
		struct relay_rcpt rcpt = {.address = SLICE("a%b@cabang.id"),
		    .local = SLICE("a%b"),
		    .domain = cases[i].domain,
		    .exists = YES,
		    .max_recipients = 1};
		struct relay_verdict v;
		relay_rcpt(&who, &strict, &rcpt, &v);
		assert_string_equal(v.why.cause, cases[i].cause);
		assert_int_equal(v.code, v.allow ? 250 : 550);
		if (!v.allow)
			assert_string_equal(v.enhanced, "5.7.1");
	}
}

/* Whatever the facts and the options: a foreign recipient, or a route through
 * us, passes only for who may relay, a mailbox that is none only for who is
 * spared, and nothing passes on submission without AUTH. */
static void
never_open(unsigned n)
{
	struct relay_client who = {.role = n % 2 ? SUB : MX};
	n /= 2;
	who.auth = (enum conf_auth)(n % 3);
	n /= 3;
	who.authenticated = n % 2;
	who.trusted = n / 2 % 2;
	n /= 4;
	bool route = n % 2;
	n /= 2;
	const struct conf_relay_recipient u = {
	    .unknown = (enum conf_action)(n % 5),
	    .exempt_authenticated = n / 5 % 2,
	    .exempt_trusted = n / 10 % 2};
	n /= 20;
	struct relay_rcpt rcpt = {.max_recipients = 1,
	    .local = route ? SLICE("a%b") : SLICE("a"),
	    .domain = (enum relay_domain)(n % 4),
	    .exists = (enum relay_exists)(n / 4)};
	struct relay_verdict v;
	relay_rcpt(&who, &u, &rcpt, &v);
	if (!v.allow)
		return;
	bool may = who.authenticated || who.trusted;
	bool spared = (who.authenticated && u.exempt_authenticated) ||
		      (who.trusted && u.exempt_trusted);
	assert_true(rcpt.domain != FOR || may);
	assert_true(rcpt.domain == MDR || !route || may);
	assert_true(who.role == MX || who.authenticated);
	assert_true(who.auth != REQ || who.authenticated);
	assert_true(rcpt.domain == FOR || rcpt.exists == YES ||
		    (rcpt.exists == NO && spared));
}

static void
test_never_open(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * 3 * 4 * 2 * 20 * 4 * 3; i++)
		never_open(i);
}

static void
test_recipients_limit(void **state)
{
	(void)state;
	struct relay_client who = client(MX, OFF, STRANGER);
	struct relay_rcpt rcpt = {.domain = MDR,
	    .exists = YES,
	    .accepted = 99,
	    .max_recipients = 100};
	struct relay_verdict v;
	relay_rcpt(&who, &strict, &rcpt, &v);
	assert_true(v.allow);
	rcpt.accepted = 100;
	relay_rcpt(&who, &strict, &rcpt, &v);
	assert_int_equal(v.code, 452);
	assert_string_equal(v.enhanced, "4.5.3");
	assert_string_equal(v.why.cause, "limit.recipients");
}

static void
test_cause_of_the_next_hop(void **state)
{
	(void)state;
	struct relay_client who = client(MX, OFF, STRANGER);
	struct relay_rcpt rcpt = {.domain = GTW,
	    .exists = UNK,
	    .max_recipients = 100,
	    .address = SLICE("budi@cabang.id"),
	    .cause = SLICE("net.refused"),
	    .reason = SLICE("connection refused")};
	struct relay_verdict v;
	relay_rcpt(&who, &strict, &rcpt, &v);
	assert_int_equal(v.code, 451);
	assert_string_equal(v.why.cause, "net.refused");
	assert_non_null(strstr(v.why.text, "connection refused"));
	assert_non_null(strstr(v.why.text, "<budi@cabang.id>"));
	rcpt.cause = SLICE("a cause code that is much too long to be kept");
	relay_rcpt(&who, &strict, &rcpt, &v);
	assert_int_equal(strlen(v.why.cause), sizeof(v.why.cause) - 1);
	rcpt.exists = NO;
	rcpt.reason = SLICE("550 no such user");
	relay_rcpt(&who, &strict, &rcpt, &v);
	assert_non_null(strstr(v.why.text, "550 no such user"));
	assert_string_equal(v.why.cause, "recipient.unknown");
	rcpt.cause = SLICE("mailbox.full");
	rcpt.reason = SLICE("552 5.2.2 over quota");
	relay_rcpt(&who, &strict, &rcpt, &v);
	assert_int_equal(v.code, 552);
	assert_string_equal(v.enhanced, "5.2.2");
	assert_string_equal(v.why.cause, "mailbox.full");
	assert_non_null(strstr(v.why.text, "is full: 552 5.2.2 over quota"));
}

static void
test_mail(void **state)
{
	(void)state;
	struct relay_verdict v;
	struct relay_client who = client(SUB, REQ, TRUSTED);
	relay_mail(&who, &v);
	assert_int_equal(v.code, 530);
	assert_string_equal(v.why.cause, "auth.required");
	who = client(SUB, REQ, USER);
	relay_mail(&who, &v);
	assert_true(v.allow);
	who = client(MX, OFR, STRANGER);
	relay_mail(&who, &v);
	assert_true(v.allow);
}

static void
test_trust(void **state)
{
	(void)state;
	static const char *const nets[] = {"127.0.0.0/8", "::1", "10.1.0.0/16"};
	struct ip_net net[COUNT(nets)];
	const struct slice names[] = {
	    SLICE("mx.contoh.id"), SLICE(".kantor.example")};
	for (size_t i = 0; i < COUNT(nets); i++)
		assert_int_equal(
		    ip_net_parse(slice_str(nets[i]), &net[i]), ERR_OK);
	const struct conf_trust t = {
	    .net = net, .net_n = 3, .name = names, .name_n = 2};
	static const struct {
		const char *ip, *ptr, *evidence; /* NULL: not trusted */
	} cases[] = {
	    {"127.0.0.1", "", "127.0.0.0/8"},
	    {"::ffff:127.0.0.1", "", "127.0.0.0/8"},
	    {"::1", "", "::1/128"},
	    {"10.1.255.1", "evil.example", "10.1.0.0/16"},
	    {"10.2.0.1", "", NULL},
	    {"192.0.2.1", "MX.Contoh.ID", "mx.contoh.id"},
	    {"192.0.2.1", "a.mx.contoh.id", NULL},
	    {"192.0.2.1", "pc.kantor.example", ".kantor.example"},
	    {"192.0.2.1", "a.pc.kantor.example", ".kantor.example"},
	    {"192.0.2.1", "kantor.example", NULL},
	    {"192.0.2.1", ".kantor.example", NULL},
	    {"192.0.2.1", "badkantor.example", NULL},
	    {"192.0.2.1", "", NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip ip;
		struct buf b;
		buf_init(&b, 64);
		assert_int_equal(ip_parse(slice_str(cases[i].ip), &ip), ERR_OK);
		assert_int_equal(
		    relay_trust(&t, &ip, slice_str(cases[i].ptr), &b),
		    cases[i].evidence != NULL);
		assert_true(
		    slice_eq(buf_slice(&b), slice_str(cases[i].evidence)));
		buf_free(&b);
	}
}

/* The tricks that relay testers try (nmap, MAPS, DSBL, abuse.net): T is a
 * user elsewhere, D its domain, S our name, I our address. None may end up
 * anywhere but refused; those of our own domain mean a local part that is
 * looked up as it stands. */
#define D "luar.example"
#define S "contoh.id"
#define I "[192.0.2.25]"

struct trick {
	const char *path; /* of RCPT TO:, with its brackets */
	/* NULL: not a path at all; else the local part and domain it means */
	const char *local, *domain;
};

static const struct trick tricks[] = {
    {"<relaytest@" D ">", "relaytest", D},
    {"<relaytest%" D "@" I ">", "relaytest%" D, I},
    {"<relaytest%" D "@" S ">", "relaytest%" D, S},
    {"<\"relaytest@" D "\">", NULL, NULL},
    {"<\"relaytest%" D "\">", NULL, NULL},
    {"<relaytest@" D "@" I ">", NULL, NULL},
    {"<\"relaytest@" D "\"@" I ">", "relaytest@" D, I},
    {"<\"relaytest@" D "\"@" S ">", "relaytest@" D, S},
    {"<relaytest@" D "@" S ">", NULL, NULL},
    {"<@" I ":relaytest@" D ">", NULL, NULL}, /* At-domain is no literal */
    {"<@" S ":relaytest@" D ">", "relaytest", D},
    {"<@" S ",@mx." S ":relaytest@" D ">", "relaytest", D},
    {"<" D "!relaytest>", NULL, NULL},
    {"<" D "!relaytest@" I ">", D "!relaytest", I},
    {"<" D "!relaytest@" S ">", D "!relaytest", S},
    {"relaytest@" D, NULL, NULL}, /* no brackets */
    {"<relaytest>", NULL, NULL},
    {"<relaytest%" D ">", NULL, NULL},
    {"<relaytest%" D "@localhost>", "relaytest%" D, "localhost"},
    {"<relaytest@" D "@localhost>", NULL, NULL},
    {"<\"relaytest%" D "\"@" S ">", "relaytest%" D, S},
    {"<\"relaytest%" D "@\"@" S ">", "relaytest%" D "@", S},
    {"<@" S ":\"relaytest@" D "\"@" S ">", "relaytest@" D, S},
    {"<relaytest%" D "%" S "@" S ">", "relaytest%" D "%" S, S},
    {"<@" S "@" D ":relaytest>", NULL, NULL},
    {"<@" D ">", NULL, NULL}, /* empty local part */
    {"<\"\"@" D ">", NULL, NULL},
    {"<relaytest@>", NULL, NULL},       /* no domain */
    {"<relaytest@" D ".>", NULL, NULL}, /* trailing dot */
    {"<relaytest@" S ".>", NULL, NULL},
    {"<relaytest@" S "@>", NULL, NULL},
    {"<relaytest@" D ":" S ">", NULL, NULL},
    {"<relaytest@" D "," S ">", NULL, NULL},
    {"<relaytest@" D " " S ">", NULL, NULL},
    {"<relaytest@[" D "]>", NULL, NULL},
    {"<relaytest@[198.51.100.7]>", "relaytest", "[198.51.100.7]"},
    {"<relaytest@[198.51.100]>", NULL, NULL},
    {"<relaytest@3325256711>", "relaytest", "3325256711"},
    {"<relaytest@." D ">", NULL, NULL},
    {"<relaytest@" S "..>", NULL, NULL},
    {"<|relaytest@" D ">", "|relaytest", D},
    {"<.relaytest@" D ">", NULL, NULL},
    {"<relaytest(" S ")@" D ">", NULL, NULL},
    {"<@:relaytest@" D ">", NULL, NULL},
    {"<>", NULL, NULL},
};

static void
test_tricks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(tricks); i++) {
		const struct trick *t = &tricks[i];
		struct smtp_address a;
		struct arena arena;
		size_t used = 0;
		struct slice in = slice_str(t->path);
		arena_init(&arena, 4096);
		enum err e =
		    smtp_path_parse(in, SMTP_PATH_FORWARD, &arena, &a, &used);
		if (t->local == NULL) {
			/* What follows the path is for the command's parser
			 * to refuse. */
			if (e == ERR_OK && used == in.n)
				fail_msg("%s is taken", t->path);
			arena_reset(&arena);
			continue;
		}
		if (e != ERR_OK || used != in.n)
			fail_msg("%s is not taken", t->path);
		if (!slice_eq(a.local, slice_str(t->local)) ||
		    !slice_eq(a.domain, slice_str(t->domain)))
			fail_msg("%s means <%.*s>@<%.*s>", t->path,
			    SLICE_ARG(a.local), SLICE_ARG(a.domain));
		bool ours = slice_eq(a.domain, SLICE(S));
		struct relay_client who = client(MX, OFF, STRANGER);
		struct relay_rcpt rcpt = {.address = in,
		    .domain = ours ? MDR : FOR,
		    .exists = NO,
		    .max_recipients = 100};
		struct relay_verdict v;
		relay_rcpt(&who, &strict, &rcpt, &v);
		assert_int_equal(v.code, 550);
		assert_string_equal(
		    v.why.cause, ours ? "recipient.unknown" : "relay.denied");
		arena_reset(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rcpt),
	    cmocka_unit_test(test_trust_unknown),
	    cmocka_unit_test(test_unknown_recipient),
	    cmocka_unit_test(test_routes),
	    cmocka_unit_test(test_never_open),
	    cmocka_unit_test(test_recipients_limit),
	    cmocka_unit_test(test_cause_of_the_next_hop),
	    cmocka_unit_test(test_mail),
	    cmocka_unit_test(test_trust),
	    cmocka_unit_test(test_tricks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
