/* Who a sender claims to be: every option of relay-control and the shields by
 * kind of client and kind of address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/pack.h"
#include "policy/relay.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define ACTIONS  5u /* of enum conf_action */

static enum err
read_memory(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)path;
	(void)d;
	buf_add_str(out, ctx);
	return buf_err(out);
}

static int
begin(void **state)
{
	static char text[] =
	    "hostname = \"mail.contoh.id\"\n"
	    "listen \"mx\" { address = {\"192.0.2.25:2525\"} role = \"mx\" }\n"
	    "domain \"contoh.id\" { deliver = \"maildir:/m/%d/%u\" }\n"
	    "domain \"lain.id\" { deliver = \"maildir:/m/%d/%u\" }\n"
	    "domain \"pabrik.id\" { deliver = \"lmtp:unix:/run/lmtp\" }\n"
	    "domain \"cabang.id\" { deliver = \"relay:[10.0.0.5]:25\" }\n"
	    "recipient-delimiter = \"+\"\n";
	const struct conf_source src = {.read = read_memory, .ctx = text};
	struct conf_report r;
	struct conf *c = NULL;
	conf_report_init(&r);
	assert_int_equal(conf_read(&src, "kurir.conf", NULL, &c, &r), ERR_OK);
	conf_report_free(&r);
	c->relay_control = (struct conf_relay_control){0};
	c->shield = NULL;
	c->shield_n = 0;
	*state = c;
	return 0;
}

static int
end(void **state)
{
	struct conf *c = *state;
	c->shield_n = 0;
	conf_free(c);
	return 0;
}

/* ---- kinds of clients and of addresses ---- */

enum client { STRANGER, TRUSTED, BUDI, SITI, BARE, TRUSTED_BUDI, CLIENTS };

static const struct {
	bool authenticated, trusted;
	const char *user;
} clients[CLIENTS] = {
    [STRANGER] = {false, false, ""},
    [TRUSTED] = {false, true, ""},
    [BUDI] = {true, false, "budi@contoh.id"},
    [SITI] = {true, false, "siti@contoh.id"},
    [BARE] = {true, false, "budi"}, /* in every maildir domain */
    [TRUSTED_BUDI] = {true, true, "budi@contoh.id"},
};

#define OWN(client) (1u << (client))
#define BUDIS       (OWN(BUDI) | OWN(BARE) | OWN(TRUSTED_BUDI))

static const struct address {
	const char *text;
	enum relay_domain domain;
	enum relay_exists exists;
	const char *targets[3];
	unsigned owners; /* OWN of clients */
	bool keeper;     /* postmaster and the like of ours */
} addresses[] = {
    {"budi@contoh.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_YES,
	{"budi@contoh.id"}, BUDIS, false},
    {"Budi@Contoh.ID", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_YES,
	{"budi@contoh.id"}, BUDIS, false},
    {"\"bu\\di\"@contoh.id.", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_YES,
	{"budi@contoh.id"}, BUDIS, false},
    {"budi+toko@contoh.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_YES,
	{"budi@contoh.id"}, BUDIS, false},
    /* A tag that names a mailbox of its own is not Budi's. */
    {"budi+lain@contoh.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_YES,
	{"budi+lain@contoh.id"}, 0, false},
    {"budi@lain.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_YES, {"budi@lain.id"},
	OWN(BARE), false},
    {"toko@contoh.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_YES,
	{"budi@contoh.id"}, BUDIS, false},
    {"tim@contoh.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_YES,
	{"x@mitra.example", "siti@contoh.id", "budi@contoh.id"},
	BUDIS | OWN(SITI), false},
    {"jauh@contoh.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_YES,
	{"budi@mitra.example"}, 0, false},
    {"karangan@contoh.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_NO, {NULL}, 0,
	false},
    {"entah@contoh.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_UNKNOWN, {NULL}, 0,
	false},
    {"budi@pabrik.id", RELAY_DOMAIN_LMTP, RELAY_EXISTS_YES, {NULL}, 0, false},
    {"budi@cabang.id", RELAY_DOMAIN_GATEWAY, RELAY_EXISTS_YES, {NULL}, 0,
	false},
    {"karangan@cabang.id", RELAY_DOMAIN_GATEWAY, RELAY_EXISTS_NO, {NULL}, 0,
	false},
    {"postmaster@contoh.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_YES,
	{"siti@contoh.id"}, OWN(SITI), true},
    {"Abuse@cabang.id", RELAY_DOMAIN_GATEWAY, RELAY_EXISTS_YES, {NULL}, 0,
	true},
    {"webmaster+x@lain.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_NO, {NULL}, 0,
	true},
    {"postmaster@mail.contoh.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_YES,
	{"siti@contoh.id"}, OWN(SITI), true},
    {"root@mail.contoh.id", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_NO, {NULL}, 0,
	false},
    {"root@[192.0.2.25]", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_NO, {NULL}, 0,
	false},
    {"abuse@[192.0.2.25]", RELAY_DOMAIN_MAILDIR, RELAY_EXISTS_NO, {NULL}, 0,
	true},
    {"budi@[198.51.100.7]", RELAY_DOMAIN_FOREIGN, RELAY_EXISTS_NO, {NULL}, 0,
	false},
    {"budi@mitra.example", RELAY_DOMAIN_FOREIGN, RELAY_EXISTS_NO, {NULL}, 0,
	false},
    {"postmaster@mitra.example", RELAY_DOMAIN_FOREIGN, RELAY_EXISTS_NO, {NULL},
	0, false},
    {"\"budi@contoh.id\"@mitra.example", RELAY_DOMAIN_FOREIGN, RELAY_EXISTS_NO,
	{NULL}, 0, false},
    {"budi", RELAY_DOMAIN_FOREIGN, RELAY_EXISTS_NO, {NULL}, 0, false},
};

static struct ip
address_of(const char *text)
{
	struct ip ip;
	assert_int_equal(ip_parse(slice_str(text), &ip), ERR_OK);
	return ip;
}

static const struct ip *
somewhere(void)
{
	static struct ip ip = {.family = 4, .b = {203, 0, 113, 9}};
	return &ip;
}

/* The claim; targets is a buffer that its targets are packed into. */
static struct relay_claim
claim_of(enum client who, const struct address *a, struct buf *targets)
{
	buf_clear(targets);
	for (size_t i = 0; i < COUNT(a->targets); i++)
		if (a->targets[i] != NULL)
			pack_add(targets, slice_str(a->targets[i]));
	return (struct relay_claim){.ip = somewhere(),
	    .authenticated = clients[who].authenticated,
	    .trusted = clients[who].trusted,
	    .user = slice_str(clients[who].user),
	    .address = slice_str(a->text),
	    .domain = a->domain,
	    .exists = a->exists,
	    .targets = buf_slice(targets)};
}

/* ---- what is expected of one rule ---- */

static const struct finding *
find_rule(const struct finding *f, size_t n, const char *rule)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(f[i].rule, rule) == 0)
			return &f[i];
	return NULL;
}

struct expect {
	const char *rule, *cause, *enhanced;
	uint16_t code;
	const void *field;
};

static void
check_rule(const struct finding *f, size_t n, const struct expect *e,
    bool found, enum conf_action action, const char *address)
{
	const struct finding *got = find_rule(f, n, e->rule);
	if ((got != NULL) != found)
		fail_msg("%s: %s was %sfound", address, e->rule,
		    got != NULL ? "" : "not ");
	if (got == NULL)
		return;
	bool refuses = action >= CONF_ACTION_DEFER;
	uint16_t code = action == CONF_ACTION_DEFER ? 451 : e->code;
	assert_int_equal(got->action, action);
	assert_int_equal(got->code, refuses ? code : 0);
	if (refuses)
		assert_string_equal(got->enhanced,
		    action == CONF_ACTION_DEFER ? "4.7.1" : e->enhanced);
	assert_int_equal(got->close, action == CONF_ACTION_CLOSE);
	assert_string_equal(got->cause, e->cause);
	assert_ptr_equal(got->field, e->field);
	assert_true(strlen(got->text) > 10);
}

/* ---- one rule at a time, the others off ---- */

static void
test_sender_unknown(void **state)
{
	struct conf *c = *state;
	struct conf_relay_sender *s = &c->relay_control.sender;
	const struct expect e = {"relay-control.sender.unknown",
	    "sender.unknown", "5.1.0", 550, &s->unknown};
	struct finding f[RELAY_FINDINGS_MAX];
	struct buf b;
	buf_init(&b, 4096);
	for (unsigned i = 0; i < ACTIONS * 4 * CLIENTS; i++)
		for (size_t k = 0; k < COUNT(addresses); k++) {
			enum client who = (enum client)(i / 4 / ACTIONS);
			s->unknown = (enum conf_action)(i / 4 % ACTIONS);
			s->exempt_authenticated = i % 2;
			s->exempt_trusted = i / 2 % 2;
			struct relay_claim claim =
			    claim_of(who, &addresses[k], &b);
			size_t n = relay_claim_mail(c, &claim, f);
			bool found =
			    claim.domain != RELAY_DOMAIN_FOREIGN &&
			    claim.exists == RELAY_EXISTS_NO &&
			    !(claim.authenticated && s->exempt_authenticated) &&
			    !(claim.trusted && s->exempt_trusted);
			check_rule(
			    f, n, &e, found, s->unknown, addresses[k].text);
			assert_null(find_rule(
			    f, relay_claim_header(c, &claim, f), e.rule));
		}
	buf_free(&b);
}

static void
test_postmaster(void **state)
{
	struct conf *c = *state;
	const struct expect e = {"relay-control.postmaster", "auth.required",
	    "5.7.1", 550, &c->relay_control.postmaster};
	struct finding f[RELAY_FINDINGS_MAX];
	struct buf b;
	buf_init(&b, 4096);
	for (unsigned i = 0; i < ACTIONS * CLIENTS; i++)
		for (size_t k = 0; k < COUNT(addresses); k++) {
			enum client who = (enum client)(i / ACTIONS);
			c->relay_control.postmaster =
			    (enum conf_action)(i % ACTIONS);
			struct relay_claim claim =
			    claim_of(who, &addresses[k], &b);
			size_t n = relay_claim_mail(c, &claim, f);
			check_rule(f, n, &e,
			    addresses[k].keeper && who == STRANGER,
			    c->relay_control.postmaster, addresses[k].text);
		}
	buf_free(&b);
}

/* Names are trusted, and DNS failed to say who this is. */
static void
test_trust_unknown(void **state)
{
	struct conf *c = *state;
	struct finding f[RELAY_FINDINGS_MAX];
	struct relay_claim claim = {.ip = somewhere(),
	    .address = SLICE("postmaster@contoh.id"),
	    .domain = RELAY_DOMAIN_MAILDIR,
	    .exists = RELAY_EXISTS_NO,
	    .trust_unknown = true};
	c->relay_control =
	    (struct conf_relay_control){.postmaster = CONF_ACTION_CLOSE};
	size_t n = relay_claim_mail(c, &claim, f);
	assert_int_equal(n, 1);
	assert_int_equal(f[0].code, 451);
	assert_string_equal(f[0].enhanced, "4.4.3");
	assert_string_equal(f[0].cause, "dns.tempfail");
	assert_false(f[0].close);
	/* The same is said to whom we trust. */
	c->relay_control =
	    (struct conf_relay_control){.sender.unknown = CONF_ACTION_REJECT};
	n = relay_claim_mail(c, &claim, f);
	assert_int_equal(f[n - 1].code, 550);
	c->relay_control =
	    (struct conf_relay_control){.postmaster = CONF_ACTION_NOTE};
	n = relay_claim_mail(c, &claim, f);
	assert_int_equal(f[0].code, 0);
	assert_int_equal(f[n - 1].code, 0);
}

static void
test_identity(void **state)
{
	struct conf *c = *state;
	struct conf_relay_identity *r = &c->relay_control.identity;
	const struct expect envelope = {"relay-control.identity.envelope",
	    "sender.not-yours", "5.7.1", 553, &r->envelope};
	const struct expect header = {"relay-control.identity.header",
	    "sender.not-yours", "5.7.1", 550, &r->header};
	struct finding f[RELAY_FINDINGS_MAX];
	struct buf b;
	buf_init(&b, 4096);
	for (unsigned i = 0; i < ACTIONS * CLIENTS; i++)
		for (size_t k = 0; k < COUNT(addresses); k++) {
			enum client who = (enum client)(i / ACTIONS);
			const struct address *a = &addresses[k];
			r->envelope = (enum conf_action)(i % ACTIONS);
			r->header = (enum conf_action)((i + 1) % ACTIONS);
			struct relay_claim claim = claim_of(who, a, &b);
			bool owns = (a->owners & OWN(who)) != 0;
			assert_int_equal(
			    relay_user_owns(c, claim.user, &claim), owns);
			bool found = claim.authenticated && !owns &&
				     a->exists != RELAY_EXISTS_UNKNOWN;
			size_t n = relay_claim_mail(c, &claim, f);
			check_rule(
			    f, n, &envelope, found, r->envelope, a->text);
			assert_null(find_rule(f, n, header.rule));
			n = relay_claim_header(c, &claim, f);
			check_rule(f, n, &header, found, r->header, a->text);
			assert_null(find_rule(f, n, envelope.rule));
		}
	buf_free(&b);
}

/* ---- shields ---- */

static const struct ip_net net_lan = {
    .ip = {.family = 4, .b = {10}}, .bits = 8};
static const struct ip_net net_filter = {
    .ip = {.family = 4, .b = {192, 0, 2, 7}}, .bits = 32};

static struct conf_shield
shield(const char *name, const struct ip_net *net)
{
	return (struct conf_shield){.name = slice_str(name),
	    .address = {.v = net, .n = 1},
	    .action = CONF_ACTION_REJECT};
}

/* The number of the shield that refuses MAIL (or From: if header), or -1. */
static int
refusing_shield(
    const struct conf *c, const struct relay_claim *claim, bool header)
{
	struct finding f[RELAY_FINDINGS_MAX];
	size_t n = header ? relay_claim_header(c, claim, f)
			  : relay_claim_mail(c, claim, f);
	const struct finding *got = find_rule(f, n, "shield");
	for (size_t i = 0; got != NULL && i < c->shield_n; i++)
		if (got->field == &c->shield[i].address) {
			assert_int_equal(got->action, c->shield[i].action);
			assert_string_equal(got->cause, "sender.shielded");
			return (int)i;
		}
	assert_null(got);
	return -1;
}

static void
test_shield_nearest(void **state)
{
	struct conf *c = *state;
	/* "*" for the filter in front, the rest for the LAN. */
	struct conf_shield v[] = {shield("*", &net_filter),
	    shield(CONF_SHIELD_LOCAL, &net_lan),
	    shield(".mitra.example", &net_lan),
	    shield(".a.mitra.example", &net_filter),
	    shield("b.a.mitra.example", &net_lan),
	    shield("contoh.id", &net_filter)};
	static const struct {
		const char *address;
		int strange, lan, filter; /* which refuses */
	} cases[] = {
	    {"x@example.org", 0, 0, -1},
	    {"x@lain.id", 1, -1, 1},
	    {"x@cabang.id", 1, -1, 1},
	    {"x@mail.contoh.id", 1, -1, 1},
	    {"x@contoh.id", 5, 5, -1},
	    {"x@Contoh.ID.", 5, 5, -1},
	    {"x@mitra.example", 0, 0, -1}, /* not below itself */
	    {"x@z.mitra.example", 2, -1, 2},
	    {"x@Z.a.Mitra.example", 3, 3, -1},
	    {"x@b.a.mitra.example", 4, -1, 4},
	    {"x@badmitra.example", 0, 0, -1},
	    {"x@[192.0.2.1]", 0, 0, -1},
	    {"", -1, -1, -1},
	};
	const struct ip lan = address_of("10.1.2.3");
	const struct ip filter = address_of("192.0.2.7");
	c->shield = v;
	c->shield_n = COUNT(v);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct relay_claim claim = {
		    .address = slice_str(cases[i].address)};
		claim.ip = somewhere();
		assert_int_equal(
		    refusing_shield(c, &claim, false), cases[i].strange);
		claim.ip = &lan;
		assert_int_equal(
		    refusing_shield(c, &claim, false), cases[i].lan);
		claim.ip = &filter;
		assert_int_equal(
		    refusing_shield(c, &claim, false), cases[i].filter);
		assert_int_equal(refusing_shield(c, &claim, true), -1);
	}
}

/* Every option of a shield by every client. */
static void
test_shield_options(void **state)
{
	struct conf *c = *state;
	struct conf_shield s = shield(CONF_SHIELD_LOCAL, &net_lan);
	const struct expect e = {
	    "shield", "sender.shielded", "5.7.1", 550, &s.address};
	const struct ip lan = address_of("10.1.2.3");
	struct finding f[RELAY_FINDINGS_MAX];
	struct buf b;
	buf_init(&b, 4096);
	c->shield = &s;
	c->shield_n = 1;
	for (unsigned i = 0; i < ACTIONS * 16 * CLIENTS; i++)
		for (size_t k = 0; k < COUNT(addresses); k++) {
			enum client who = (enum client)(i / 16 / ACTIONS);
			struct relay_claim claim =
			    claim_of(who, &addresses[k], &b);
			s.action = (enum conf_action)(i / 16 % ACTIONS);
			s.exempt_authenticated = i % 2;
			s.exempt_trusted = i / 2 % 2;
			s.header = i / 4 % 2;
			if (i / 8 % 2)
				claim.ip = &lan;
			bool found =
			    claim.domain != RELAY_DOMAIN_FOREIGN &&
			    i / 8 % 2 == 0 &&
			    !(claim.authenticated && s.exempt_authenticated) &&
			    !(claim.trusted && s.exempt_trusted);
			size_t n = relay_claim_mail(c, &claim, f);
			check_rule(
			    f, n, &e, found, s.action, addresses[k].text);
			const struct finding *got = find_rule(f, n, e.rule);
			if (got != NULL)
				assert_int_equal(
				    strncmp(got->text,
					"Authentication required", 23) == 0,
				    s.exempt_authenticated);
			if (strchr(addresses[k].text, '@') == NULL)
				continue;
			n = relay_claim_header(c, &claim, f);
			check_rule(f, n, &e, found && s.header, s.action,
			    addresses[k].text);
		}
	buf_free(&b);
}

/* An alias answers for whom it stands for, the strongest action first. */
static void
test_shield_alias(void **state)
{
	struct conf *c = *state;
	struct conf_shield v[] = {shield("contoh.id", &net_filter),
	    shield("lain.id", &net_lan), shield("mitra.example", &net_lan)};
	const struct address alias = {"info@contoh.id", RELAY_DOMAIN_MAILDIR,
	    RELAY_EXISTS_YES, {"x@mitra.example", "siti@lain.id"}, 0, false};
	const struct address foreign = {"jauh@contoh.id", RELAY_DOMAIN_MAILDIR,
	    RELAY_EXISTS_YES, {"x@mitra.example"}, 0, false};
	const struct ip filter = address_of("192.0.2.7");
	struct buf b;
	buf_init(&b, 4096);
	c->shield = v;
	c->shield_n = COUNT(v);
	struct relay_claim claim = claim_of(STRANGER, &alias, &b);
	v[1].action = CONF_ACTION_CLOSE;
	assert_int_equal(refusing_shield(c, &claim, false), 1);
	v[1].action = CONF_ACTION_NOTE;
	assert_int_equal(refusing_shield(c, &claim, false), 0);
	claim.ip = &filter; /* good for contoh.id, not for Siti */
	assert_int_equal(refusing_shield(c, &claim, false), 1);
	/* Whose shield is another's business is not asked. */
	claim = claim_of(STRANGER, &foreign, &b);
	claim.ip = &filter;
	assert_int_equal(refusing_shield(c, &claim, false), -1);
	buf_free(&b);
}

/* What cannot be read in From: may hide behind no shield. */
static void
test_shield_unreadable(void **state)
{
	struct conf *c = *state;
	struct conf_shield v[] = {shield("contoh.id", &net_filter),
	    shield("lain.id", &net_lan), shield("mitra.example", &net_lan)};
	const struct relay_claim claim = {
	    .ip = somewhere(), .address = SLICE("?")};
	const struct ip lan = address_of("10.1.2.3");
	struct relay_claim inside = claim;
	inside.ip = &lan;
	c->shield = v;
	c->shield_n = COUNT(v);
	assert_int_equal(refusing_shield(c, &claim, true), -1);
	v[0].header = v[1].header = true;
	v[1].action = CONF_ACTION_CLOSE;
	assert_int_equal(refusing_shield(c, &claim, true), 1);
	assert_int_equal(refusing_shield(c, &claim, false), -1);
	assert_int_equal(refusing_shield(c, &inside, true), 0);
}

/* ---- all together ---- */

/* The first that refuses is the last; what only notes is listed before it. */
static void
test_order(void **state)
{
	static const char *const rules[] = {"shield",
	    "relay-control.postmaster", "relay-control.sender.unknown"};
	struct conf *c = *state;
	struct conf_shield s = shield(CONF_SHIELD_LOCAL, &net_lan);
	const struct address a = {"webmaster@contoh.id", RELAY_DOMAIN_MAILDIR,
	    RELAY_EXISTS_NO, {NULL}, 0, true};
	struct finding f[RELAY_FINDINGS_MAX];
	struct buf b;
	buf_init(&b, 4096);
	c->shield = &s;
	c->shield_n = 1;
	struct relay_claim claim = claim_of(STRANGER, &a, &b);
	for (unsigned i = 0; i < ACTIONS * ACTIONS * ACTIONS; i++) {
		enum conf_action actions[3] = {(enum conf_action)(i % ACTIONS),
		    (enum conf_action)(i / ACTIONS % ACTIONS),
		    (enum conf_action)(i / ACTIONS / ACTIONS)};
		s.action = actions[0];
		c->relay_control.postmaster = actions[1];
		c->relay_control.sender.unknown = actions[2];
		size_t n = relay_claim_mail(c, &claim, f), want = 0;
		while (want < 3 && actions[want++] < CONF_ACTION_DEFER)
			;
		assert_int_equal(n, want);
		for (size_t k = 0; k < n; k++) {
			assert_string_equal(f[k].rule, rules[k]);
			assert_int_equal(f[k].action, actions[k]);
		}
	}
	buf_free(&b);
}

static bool
same_refusal(
    const struct finding *a, size_t a_n, const struct finding *b, size_t b_n)
{
	bool ra = a_n > 0 && finding_refuses(&a[a_n - 1]);
	bool rb = b_n > 0 && finding_refuses(&b[b_n - 1]);
	return ra == rb && (!ra || a[a_n - 1].rule == b[b_n - 1].rule);
}

/* Where nothing has to be asked, the answers would have changed nothing. */
static void
test_asks(void **state)
{
	struct conf *c = *state;
	struct conf_relay_control *rc = &c->relay_control;
	struct conf_shield s = shield("*", &net_lan);
	struct finding f[RELAY_FINDINGS_MAX], g[RELAY_FINDINGS_MAX];
	unsigned asked = 0, spared = 0;
	struct buf b;
	buf_init(&b, 4096);
	c->shield = &s;
	for (unsigned i = 0; i < CLIENTS << 10; i++)
		for (size_t k = 0; k < COUNT(addresses); k++) {
			enum client who = (enum client)(i >> 10);
			s.name = i & 1 ? SLICE(CONF_SHIELD_LOCAL)
				       : SLICE("contoh.id");
			s.action = i & 2 ? CONF_ACTION_REJECT : CONF_ACTION_OFF;
			c->shield_n = (i & 4) != 0;
			s.exempt_authenticated = s.exempt_trusted = i & 8;
			rc->sender.unknown =
			    i & 16 ? CONF_ACTION_REJECT : CONF_ACTION_OFF;
			rc->sender.exempt_authenticated = i & 32;
			rc->sender.exempt_trusted = i & 64;
			rc->identity.envelope =
			    i & 128 ? CONF_ACTION_REJECT : CONF_ACTION_OFF;
			rc->identity.header =
			    i & 256 ? CONF_ACTION_CLOSE : CONF_ACTION_OFF;
			rc->postmaster =
			    i & 512 ? CONF_ACTION_DEFER : CONF_ACTION_OFF;
			struct relay_claim full =
			    claim_of(who, &addresses[k], &b);
			struct relay_claim bare = full;
			bare.domain = RELAY_DOMAIN_FOREIGN;
			bare.exists = RELAY_EXISTS_UNKNOWN;
			bare.targets = SLICE_EMPTY;
			bool asks = relay_claim_asks(c, &bare);
			assert_int_equal(asks, relay_claim_asks(c, &full));
			asked += asks;
			spared += !asks;
			if (asks)
				continue;
			size_t n = relay_claim_mail(c, &full, f);
			size_t m = relay_claim_mail(c, &bare, g);
			if (!same_refusal(f, n, g, m))
				fail_msg("%s (%u)", addresses[k].text, i);
			n = relay_claim_header(c, &full, f);
			m = relay_claim_header(c, &bare, g);
			if (!same_refusal(f, n, g, m))
				fail_msg("%s (%u)", addresses[k].text, i);
		}
	/* Strangers with addresses elsewhere cost nothing. */
	assert_true(asked > 1000 && spared > asked / 2);
	const struct relay_claim null = {.ip = somewhere()};
	assert_false(relay_claim_asks(c, &null));
	assert_int_equal(relay_claim_mail(c, &null, f), 0);
	assert_int_equal(relay_claim_header(c, &null, f), 0);
	buf_free(&b);
}

/* Foreign octets and long names are shown, and cut. */
static void
test_text(void **state)
{
	struct conf *c = *state;
	char address[300] = "a\x01\xff";
	struct finding f[RELAY_FINDINGS_MAX];
	memset(address + 3, 'x', sizeof(address) - 4);
	c->relay_control.identity.envelope = CONF_ACTION_REJECT;
	const struct relay_claim claim = {.ip = somewhere(),
	    .authenticated = true,
	    .user = SLICE("budi"),
	    .address = slice_str(address)};
	assert_int_equal(relay_claim_mail(c, &claim, f), 1);
	assert_non_null(strstr(f[0].text, "<a?"));
	assert_non_null(strstr(f[0].text, "is not your address"));
	assert_string_equal(f[0].cause, "sender.not-yours");
	assert_int_equal(f[0].code, 553);
	const struct relay_claim nobody = {
	    .ip = somewhere(), .address = SLICE("budi@contoh.id")};
	assert_false(relay_user_owns(c, SLICE_EMPTY, &nobody));
	assert_true(relay_user_owns(c, SLICE("BUDI@Contoh.id"), &nobody));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_sender_unknown, begin, end),
	    cmocka_unit_test_setup_teardown(test_postmaster, begin, end),
	    cmocka_unit_test_setup_teardown(test_trust_unknown, begin, end),
	    cmocka_unit_test_setup_teardown(test_identity, begin, end),
	    cmocka_unit_test_setup_teardown(test_shield_nearest, begin, end),
	    cmocka_unit_test_setup_teardown(test_shield_options, begin, end),
	    cmocka_unit_test_setup_teardown(test_shield_alias, begin, end),
	    cmocka_unit_test_setup_teardown(test_shield_unreadable, begin, end),
	    cmocka_unit_test_setup_teardown(test_order, begin, end),
	    cmocka_unit_test_setup_teardown(test_asks, begin, end),
	    cmocka_unit_test_setup_teardown(test_text, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
