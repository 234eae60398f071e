/* Sessions judged again under other settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay_gen.h"
#include "store/ledger_replay.h"

#define T0       1763776800000ull
#define SESSIONS 50000u
#define SINCE    (T0 + 1000)

static const uint64_t seed[2] = {1, 2};

/* Settings as the cases want them: everything is noted but what is said. */
struct rules {
	struct {
		const char *rule;
		enum conf_action action;
	} set[4];
	unsigned refuses, made;
	bool no_auth, all;
	uint64_t made_since;
	const char *trusted, *exempt, *entry; /* addresses; a list's line */
};

static const char *const known[] = {"reverse-lookup.ptr",
    "reverse-lookup.ptr.missing", "reverse-lookup.ptr.mismatch",
    "reverse-lookup.helo", "reverse-lookup.helo.forged",
    "reverse-lookup.mail.no-mx", "reverse-lookup.mail.forged",
    "relay-control.sender.unknown", "relay-control.recipient.unknown", NULL};

static bool
action(void *arg, struct slice rule, enum conf_action *out)
{
	const struct rules *r = arg;
	size_t i = 0;
	while (known[i] != NULL && !slice_eq(rule, slice_str(known[i])))
		i++;
	if (known[i] == NULL)
		return false;
	*out = CONF_ACTION_NOTE;
	for (size_t k = 0; k < 4 && r->set[k].rule != NULL; k++)
		if (slice_eq(rule, slice_str(r->set[k].rule)))
			*out = r->set[k].action;
	return true;
}

static unsigned
spares(void *arg, struct slice rule)
{
	const struct rules *r = arg;
	if (replay_lookup_of(rule) == REPLAY_LOOKUPS)
		return 0;
	return (r->no_auth ? 0u : REPLAY_SPARES_AUTHENTICATED) |
	       REPLAY_SPARES_TRUSTED;
}

static bool
is(const struct ip *ip, const char *text)
{
	struct ip other;
	return text != NULL && ip_parse(slice_str(text), &other) == ERR_OK &&
	       ip_eq(ip, &other);
}

static bool
trusted(void *arg, const struct replay_client *c)
{
	return is(&c->ip, ((const struct rules *)arg)->trusted);
}

static bool
exempt(void *arg, enum replay_lookup lookup, const struct replay_client *c,
    struct slice list)
{
	const struct rules *r = arg;
	return (lookup == REPLAY_PTR && is(&c->ip, r->exempt)) ||
	       (r->entry != NULL && list.n > 0 &&
		   slice_starts(list, slice_str(r->entry)));
}

static unsigned
refuses(void *arg, struct slice listener)
{
	assert_true(slice_eq(listener, SLICE("mx")));
	return ((const struct rules *)arg)->refuses;
}

static unsigned
made(void *arg, struct slice listener)
{
	(void)listener;
	return ((const struct rules *)arg)->made;
}

#define PTR  (1u << REPLAY_PTR)
#define HELO (1u << REPLAY_HELO)
#define MAIL (1u << REPLAY_MAIL)

static const struct rules close_ptr = {
    .set = {{"reverse-lookup.ptr.missing", CONF_ACTION_CLOSE},
	{"reverse-lookup.ptr", CONF_ACTION_DEFER}},
    .refuses = PTR,
    .made = PTR | HELO | MAIL,
    .entry = "/etc/kurir/exempt/ptr.list:3: 203.0.113.20"};

struct fix {
	struct rules rules;
	struct replay_settings settings;
	struct replay *r;
};

static void
start(struct fix *f, const struct rules *rules)
{
	f->rules = *rules;
	f->settings = (struct replay_settings){&f->rules, action, spares,
	    trusted, exempt, refuses, made, rules->made_since, rules->all};
	f->r = replay_new(&f->settings, seed, SINCE);
	assert_non_null(f->r);
}

static void
give(void *arg, struct slice record)
{
	struct fix *f = arg;
	replay_take(f->r, record);
}

static void
give_signs(void *arg, struct slice record)
{
	struct fix *f = arg;
	replay_take_signs(f->r, record);
}

/* judge_many - the whole generated ledger; the signs with what was before. */
static void
judge_many(struct fix *f, const struct rules *rules)
{
	start(f, rules);
	for (uint64_t i = 0; i < SESSIONS; i++)
		gen_session(i, SINCE + i * 10, false, give, f);
	replay_judged(f->r);
	assert_true(replay_wants_signs(f->r));
	for (uint64_t i = 0; i < 100; i++)
		gen_session(i, T0 + i, false, give_signs, f);
	for (uint64_t i = 0; i < SESSIONS; i++)
		gen_session(i, SINCE + i * 10, false, give_signs, f);
	replay_sort(f->r);
}

/* group - by its address, network or domain. */
static const struct replay_group *
group(const struct fix *f, const char *who)
{
	const struct replay_group *g;
	struct ip_net net;
	bool ip = ip_net_parse(slice_str(who), &net) == ERR_OK;
	for (size_t i = 0; (g = replay_group_at(f->r, i)) != NULL; i++) {
		if (!ip && g->kind == REPLAY_DOMAIN &&
		    slice_eq(g->domain, slice_str(who)))
			return g;
		if (ip && g->kind != REPLAY_DOMAIN && g->net.bits == net.bits &&
		    ip_eq(&g->net.ip, &net.ip))
			return g;
	}
	return NULL;
}

static size_t
groups(const struct fix *f)
{
	size_t n = 0;
	while (replay_group_at(f->r, n) != NULL)
		n++;
	return n;
}

static const struct replay_rule *
rule(const struct fix *f, const char *name)
{
	const struct replay_total *t = replay_total(f->r);
	for (size_t i = 0; i < t->rules; i++)
		if (slice_eq(t->rule[i].name, slice_str(name)))
			return &t->rule[i];
	fail_msg("no rule %s", name);
	return NULL;
}

static void
test_totals(void **state)
{
	struct fix f;
	(void)state;
	judge_many(&f, &close_ptr);
	const struct replay_total *t = replay_total(f.r);
	assert_int_equal(t->sessions, SESSIONS);
	assert_int_equal(t->records, SESSIONS / 100 * (100 + 8 + 1));
	assert_int_equal(t->refused, 3000);
	assert_int_equal(t->deferred, 500);
	assert_int_equal(t->spared, 1000);
	assert_int_equal(t->noted, 1000);
	assert_int_equal(t->refused_then, 500);
	assert_int_equal(t->victims, 2500);
	assert_int_equal(t->anyway, 500);
	assert_int_equal(t->released, 0);
	assert_int_equal(t->unjudged, 0);
	assert_int_equal(t->idle + t->damaged + t->sessions_left_out, 0);
	const struct replay_rule *missing =
	    rule(&f, "reverse-lookup.ptr.missing");
	assert_int_equal(missing->sessions, 4000);
	assert_int_equal(missing->then, 500);
	assert_int_equal(missing->refused, 3000);
	assert_int_equal(missing->spared, 1000);
	assert_int_equal(missing->victims, 2000);
	assert_int_equal(rule(&f, "reverse-lookup.ptr")->deferred, 500);
	assert_int_equal(rule(&f, "reverse-lookup.helo.forged")->noted, 2000);
	replay_free(f.r);
}

/* Exactly these, and what speaks for each. */
static void
test_victims(void **state)
{
	struct fix f;
	char who[32];
	(void)state;
	judge_many(&f, &close_ptr);
	assert_int_equal(groups(&f), 3 + 8 + 1);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(who, sizeof(who), "198.51.%u.0/24", i);
		const struct replay_group *g = group(&f, who);
		assert_non_null(g);
		assert_int_equal(g->kind, REPLAY_NETWORK);
		assert_int_equal(g->sessions, 500);
		assert_int_equal(g->addresses, 100);
		assert_false(g->more_addresses);
		assert_int_equal(g->messages, 500);
		assert_int_equal(g->before, 1);
		assert_int_equal(g->passed[REPLAY_HELO], 0);
		assert_int_equal(g->failed[REPLAY_HELO], 500);
		assert_int_equal(g->passed[REPLAY_MAIL], 500);
	}
	for (unsigned i = 0; i < 8; i++) {
		snprintf(who, sizeof(who), "203.0.113.%u", 10 + i);
		const struct replay_group *g = group(&f, who);
		assert_non_null(g);
		assert_int_equal(g->kind, REPLAY_ADDRESS);
		assert_int_equal(g->sessions, i < 4 ? 63 : 62);
		assert_int_equal(g->refused, g->sessions);
		assert_int_equal(g->first_ms, SINCE + (100 * i + 3) * 10);
		assert_int_equal(
		    g->last_ms, g->first_ms + (g->sessions - 1) * 8000);
		assert_int_equal(
		    g->example, gen_id((g->last_ms - SINCE) / 10, g->last_ms));
		assert_int_equal(g->messages, g->sessions);
		assert_int_equal(g->before, i == 0 ? 1 : 0);
		assert_int_equal(g->passed[REPLAY_HELO], g->sessions);
		assert_int_equal(g->tls, g->sessions);
		assert_int_equal(g->hits, 1);
		assert_true(slice_eq(g->from.v[0], SLICE("mitra.example")));
		assert_true(slice_starts(g->evidence, SLICE("PTR 1")));
		assert_true(slice_ends_nocase(
		    g->evidence, SLICE(".in-addr.arpa: NXDOMAIN")));
	}
	const struct replay_group *fault = group(&f, "203.0.113.120");
	assert_non_null(fault);
	assert_int_equal(fault->deferred, 500);
	assert_int_equal(fault->refused, 0);
	replay_free(f.r);
}

static void
test_by_domain(void **state)
{
	static const struct rules rules = {
	    .set = {{"reverse-lookup.mail.no-mx", CONF_ACTION_REJECT}},
	    .refuses = MAIL,
	    .made = PTR | HELO | MAIL};
	struct fix f;
	char who[32];
	(void)state;
	judge_many(&f, &rules);
	assert_int_equal(replay_total(f.r)->victims, 500);
	/* Those that were hung up on before MAIL could be looked up. */
	assert_int_equal(replay_total(f.r)->released, 500);
	assert_int_equal(replay_total(f.r)->ended_before[REPLAY_MAIL], 500);
	assert_int_equal(replay_total(f.r)->unjudged, 500);
	assert_int_equal(groups(&f), 5 + 2);
	for (unsigned i = 0; i < 5; i++) {
		snprintf(who, sizeof(who), "tanpa%u.example", i);
		const struct replay_group *g = group(&f, who);
		assert_non_null(g);
		assert_int_equal(g->sessions, 100);
		assert_int_equal(g->addresses, 10);
		assert_int_equal(g->messages, 100);
		assert_true(slice_eq(g->ptr, SLICE("mail.mitra.example")));
	}
	const struct replay_group *g = group(&f, "203.0.113.130");
	assert_non_null(g);
	assert_true(g->released);
	assert_int_equal(g->sessions, 250);
	replay_free(f.r);
}

/* Each way in which a finding is spared. */
static void
test_spared(void **state)
{
	struct rules rules = close_ptr;
	struct fix f;
	(void)state;
	rules.trusted = "203.0.113.10";
	rules.exempt = "203.0.113.11";
	rules.entry = NULL;
	rules.no_auth = true;
	judge_many(&f, &rules);
	assert_null(group(&f, "203.0.113.10"));
	assert_null(group(&f, "203.0.113.11"));
	assert_int_equal(group(&f, "203.0.113.20")->sessions, 500);
	const struct replay_group *user = group(&f, "203.0.113.30");
	assert_int_equal(user->authenticated, 500);
	/* Who authenticates speaks most for itself. */
	assert_ptr_equal(replay_group_at(f.r, 0), user);
	assert_int_equal(replay_total(f.r)->spared, 126);
	replay_free(f.r);
}

/* For suggestions: whoever is refused, then or now, for whatever else. */
static void
test_all(void **state)
{
	struct rules rules = close_ptr;
	struct fix f;
	(void)state;
	rules.all = true;
	judge_many(&f, &rules);
	assert_int_equal(replay_total(f.r)->victims, 3500);
	assert_int_equal(replay_total(f.r)->anyway, 0);
	assert_int_equal(group(&f, "203.0.113.130")->sessions, 250);
	assert_int_equal(group(&f, "203.0.113.140")->sessions, 500);
	replay_free(f.r);
}

static void
test_not_made(void **state)
{
	struct rules rules = close_ptr;
	struct fix f;
	(void)state;
	rules.refuses = PTR | HELO | MAIL;
	rules.made = PTR | HELO;
	rules.trusted = "2001:db8:1::";
	judge_many(&f, &rules);
	const struct replay_total *t = replay_total(f.r);
	/* Not of those that are refused by PTR already, nor where AUTH or
	 * trust spares it, nor where MAIL has a finding, nor strangers. */
	assert_int_equal(t->not_made[REPLAY_PTR], 0);
	assert_int_equal(t->not_made[REPLAY_HELO], 0);
	uint64_t want = 0;
	for (uint64_t i = 0; i < SESSIONS; i++)
		want += gen_kind(i) == GEN_SPARED || gen_kind(i) == GEN_HELO ||
			(gen_kind(i) == GEN_CLEAN && i % 251 != 1);
	assert_int_equal(t->not_made[REPLAY_MAIL], want);
	assert_int_equal(t->unjudged, want);
	replay_free(f.r);

	/* Made as the settings are, but these are of today: before, only what
	 * a finding proves. The first of HELO is 6, of MAIL 7. */
	rules.made = PTR | HELO | MAIL;
	rules.refuses = HELO | MAIL;
	rules.made_since = SINCE + 20 * 10;
	rules.trusted = NULL;
	start(&f, &rules);
	for (uint64_t i = 3; i < 100; i++)
		gen_session(i, SINCE + i * 10, false, give, &f);
	replay_judged(f.r);
	t = replay_total(f.r);
	assert_int_equal(t->not_made[REPLAY_HELO], 1); /* 4 */
	assert_int_equal(t->not_made[REPLAY_MAIL], 2); /* 4, 6 */
	replay_free(f.r);
}

/* ---- by hand ---- */

static void
open_record(struct record *r, unsigned n, unsigned last)
{
	struct ip ip = {.family = 4, .b = {192, 0, 2, (uint8_t)last}};
	record_init(r);
	record_begin(r, RECORD_IN, n, SINCE + n);
	record_peer(r, &ip, 25);
	record_listener(r, SLICE("mx"));
}

static void
decide(
    struct record *r, const char *stage, const char *name, const char *verdict)
{
	struct record_decision d = {.stage = slice_str(stage),
	    .rule = slice_str(name),
	    .verdict = slice_str(verdict),
	    .evidence = SLICE("PTR x: NXDOMAIN"),
	    .cause = SLICE("lookup.ptr-missing")};
	record_decision(r, &d);
}

static void
finish(struct fix *f, struct record *r, enum record_verdict v, uint64_t octets)
{
	struct slice bytes;
	assert_int_equal(
	    record_end(r, SINCE + 9, v, octets, octets, &bytes), ERR_OK);
	uint8_t *copy = malloc(bytes.n);
	memcpy(copy, bytes.p, bytes.n);
	replay_take(f->r, slice_of(copy, bytes.n));
	free(copy);
	record_free(r);
}

/* What was found stands in one part, the rest in others, between those of
 * another session. */
static void
test_parts(void **state)
{
	struct fix f;
	struct record r;
	(void)state;
	start(&f, &close_ptr);
	open_record(&r, 1, 1);
	record_helo(&r, SLICE("a.example"));
	record_mail(&r, SLICE("a@a.example"));
	decide(&r, "mail", "reverse-lookup.ptr.missing", "note");
	finish(&f, &r, RECORD_ACCEPTED, 0);
	open_record(&r, 2, 2);
	record_mail(&r, SLICE("b@b.example"));
	decide(&r, "mail", "reverse-lookup.ptr.missing", "note");
	finish(&f, &r, RECORD_ACCEPTED, 0);
	open_record(&r, 1, 1);
	record_user(&r, SLICE("budi"));
	finish(&f, &r, RECORD_ACCEPTED, 0);
	open_record(&r, 1, 1);
	finish(&f, &r, RECORD_ACCEPTED, 7);
	assert_int_equal(replay_total(f.r)->sessions, 1);
	assert_int_equal(replay_total(f.r)->spared, 1);
	open_record(&r, 3, 3); /* refused before it said anything: an end */
	finish(&f, &r, RECORD_REFUSED, 0);
	assert_int_equal(replay_total(f.r)->sessions, 2);
	replay_judged(f.r); /* the other never ended */
	assert_int_equal(replay_total(f.r)->sessions, 3);
	assert_int_equal(replay_total(f.r)->victims, 1);
	const struct replay_group *g = group(&f, "192.0.2.2");
	assert_non_null(g);
	assert_true(slice_eq(g->from.v[0], SLICE("b.example")));
	assert_true(slice_eq(g->evidence, SLICE("PTR x: NXDOMAIN")));
	replay_free(f.r);
}

/* What a record says of its passes counts, whatever the settings say of today;
 * one that does not say it is from before. */
static void
test_passes_told(void **state)
{
	static const struct {
		int told; /* -1: not */
		int last; /* in the session's second record; -1: there is none
			   */
		unsigned made;
		uint64_t made_since;
		unsigned not_made; /* lookups */
	} cases[] = {
	    {-1, -1, HELO | MAIL, 0, 0},
	    {-1, -1, HELO | MAIL, SINCE + 1000, HELO | MAIL},
	    {-1, -1, 0, 0, HELO | MAIL},
	    {HELO | MAIL, -1, 0, 0, 0},
	    {HELO | MAIL, -1, 0, SINCE + 1000, 0},
	    {HELO, -1, HELO | MAIL, 0, MAIL},
	    {PTR | MAIL, -1, HELO | MAIL, 0, HELO},
	    {0, -1, HELO | MAIL, 0, HELO | MAIL},
	    {HELO, HELO | MAIL, 0, 0, 0},
	    {HELO | MAIL, MAIL, 0, 0, HELO},
	    {HELO | MAIL, 0, HELO | MAIL, 0, HELO | MAIL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rules rules = {.refuses = HELO | MAIL,
		    .made = cases[i].made,
		    .made_since = cases[i].made_since};
		struct fix f;
		struct record r;
		start(&f, &rules);
		open_record(&r, 1, 1);
		record_mail(&r, SLICE("a@a.example"));
		if (cases[i].told >= 0)
			record_passed(&r, (unsigned)cases[i].told);
		if (cases[i].last >= 0) {
			finish(&f, &r, RECORD_ACCEPTED, 0);
			open_record(&r, 1, 1);
			record_passed(&r, (unsigned)cases[i].last);
		}
		finish(&f, &r, RECORD_ACCEPTED, 10);
		replay_judged(f.r);
		const struct replay_total *t = replay_total(f.r);
		unsigned not_made = 0;
		for (unsigned k = 0; k < REPLAY_LOOKUPS; k++)
			not_made |= t->not_made[k] > 0 ? 1u << k : 0u;
		if (t->sessions != 1 || not_made != cases[i].not_made ||
		    t->unjudged != (not_made != 0))
			fail_msg("case %zu: not made %x, %d sessions", i,
			    not_made, (int)t->sessions);
		replay_free(f.r);
	}
}

/* One session, one decision: what becomes of it. */
static void
test_fates(void **state)
{
	static const struct {
		const char *stage, *rule, *verdict;
		enum record_verdict end;
		bool mail, message;
		unsigned victims, released, anyway, refused_then, unjudged,
		    idle;
	} cases[] = {
	    {"mail", "reverse-lookup.ptr.missing", "note", RECORD_ACCEPTED, 1,
		1, 1, 0, 0, 0, 0, 0},
	    {"mail", "reverse-lookup.ptr.missing", "off", RECORD_ACCEPTED, 1, 0,
		1, 0, 0, 0, 0, 0},
	    {"mail", "reverse-lookup.ptr.missing", "note", RECORD_CUT, 1, 1, 1,
		0, 0, 0, 0, 0},
	    {"mail", "reverse-lookup.ptr.missing", "note", RECORD_REFUSED, 1, 0,
		0, 0, 1, 0, 0, 0},
	    {"connect", "reverse-lookup.ptr.missing", "close", RECORD_REFUSED,
		0, 0, 0, 0, 0, 1, 0, 0},
	    {"connect", "reverse-lookup.ptr.mismatch", "close", RECORD_REFUSED,
		0, 0, 0, 1, 0, 1, 0, 0},
	    {"mail", "reverse-lookup.ptr.mismatch", "defer", RECORD_REFUSED, 1,
		0, 0, 1, 0, 1, 0, 0},
	    {"mail", "reverse-lookup.ptr.missing", "authenticated",
		RECORD_ACCEPTED, 1, 1, 0, 0, 0, 0, 0, 0},
	    /* What is not a rule with an action is no business of ours. */
	    {"auth", "accounts", "reject", RECORD_ACCEPTED, 1, 1, 0, 0, 0, 0, 1,
		0},
	    {"rcpt", "relay", "reject", RECORD_REFUSED, 1, 0, 0, 0, 0, 0, 1, 0},
	    {"tls", "reverse-lookup.ptr.missing", "accept", RECORD_ACCEPTED, 1,
		1, 0, 0, 0, 0, 0, 0},
	    {"mail", "reverse-lookup.ptrx", "note", RECORD_ACCEPTED, 1, 1, 0, 0,
		0, 0, 1, 0},
	    /* One recipient is not the session. */
	    {"rcpt", "relay-control.recipient.unknown", "reject",
		RECORD_ACCEPTED, 1, 1, 0, 0, 0, 0, 1, 0},
	    {NULL, NULL, NULL, RECORD_ACCEPTED, 0, 0, 0, 0, 0, 0, 0, 1},
	    {NULL, NULL, NULL, RECORD_ACCEPTED, 1, 1, 0, 0, 0, 0, 1, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fix f;
		struct record r;
		start(&f, &close_ptr);
		open_record(&r, 1, 1);
		if (cases[i].mail)
			record_mail(&r, SLICE("a@a.example"));
		if (cases[i].rule != NULL)
			decide(&r, cases[i].stage, cases[i].rule,
			    cases[i].verdict);
		if (cases[i].message)
			record_message(&r, 5, RECORD_ACCEPTED, 1, SLICE_EMPTY);
		finish(&f, &r, cases[i].end, 10);
		replay_judged(f.r);
		const struct replay_total *t = replay_total(f.r);
		if (t->sessions != 1 || t->victims != cases[i].victims ||
		    t->released != cases[i].released ||
		    t->anyway != cases[i].anyway ||
		    t->refused_then != cases[i].refused_then ||
		    t->unjudged != cases[i].unjudged ||
		    t->idle != cases[i].idle ||
		    groups(&f) != cases[i].victims + cases[i].released)
			fail_msg("case %zu: victims %d released %d anyway %d "
				 "then %d unjudged %d idle %d groups %zu",
			    i, (int)t->victims, (int)t->released,
			    (int)t->anyway, (int)t->refused_then,
			    (int)t->unjudged, (int)t->idle, groups(&f));
		replay_free(f.r);
	}
}

/* One rule, twice in a session, with different ends: it is named. */
static void
test_rule_twice(void **state)
{
	static const struct {
		const char *rule, *first, *second;
		bool released;
	} cases[] = {
	    {"reverse-lookup.ptr.mismatch", "note", "reject", true},
	    {"reverse-lookup.ptr.mismatch", "reject", "note", true},
	    {"reverse-lookup.ptr.missing", "reject", "note", false},
	    {"reverse-lookup.ptr.missing", "note", "reject", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fix f;
		struct record r;
		start(&f, &close_ptr);
		open_record(&r, 1, 1);
		record_mail(&r, SLICE("a@a.example"));
		decide(&r, "mail", cases[i].rule, cases[i].first);
		decide(&r, "mail", cases[i].rule, cases[i].second);
		finish(&f, &r, RECORD_ACCEPTED, 10);
		replay_judged(f.r);
		const struct replay_group *g = group(&f, "192.0.2.1");
		assert_non_null(g);
		assert_int_equal(g->released, cases[i].released);
		assert_int_equal(g->hits, 1);
		assert_int_equal(g->hit[0].sessions, 1);
		replay_free(f.r);
	}
}

/* The domain is the one that was looked up, not the one said last. */
static void
test_domains(void **state)
{
	static const struct rules rules = {
	    .set = {{"reverse-lookup.mail.no-mx", CONF_ACTION_CLOSE}},
	    .made = MAIL,
	    .refuses = MAIL};
	struct fix f;
	struct record r;
	struct record_decision d = {.stage = SLICE("mail"),
	    .rule = SLICE("reverse-lookup.mail.no-mx"),
	    .evidence = SLICE("MX Satu.example: NODATA\nA Satu.example: "
			      "192.0.2.1"),
	    .verdict = SLICE("note"),
	    .cause = SLICE("lookup.mail-no-mx")};
	(void)state;
	start(&f, &rules);
	open_record(&r, 1, 1);
	record_mail(&r, SLICE("b@dua.example"));
	record_decision(&r, &d);
	record_mail(&r, SLICE("c@tiga.example"));
	finish(&f, &r, RECORD_ACCEPTED, 10);
	open_record(&r, 2, 2);
	d.evidence = SLICE("");
	record_decision(&r, &d); /* before its MAIL */
	record_mail(&r, SLICE("c@tiga.example"));
	finish(&f, &r, RECORD_ACCEPTED, 10);
	replay_judged(f.r);
	assert_non_null(group(&f, "satu.example"));
	assert_non_null(group(&f, "tiga.example"));
	assert_int_equal(groups(&f), 2);
	replay_free(f.r);
}

/* Too many senders, too many open sessions, and rubbish. */
static void
test_limits(void **state)
{
	struct fix f;
	struct record r;
	(void)state;
	start(&f, &close_ptr);
	for (unsigned i = 0; i < REPLAY_GROUPS_MAX + 10; i++) {
		struct ip ip = {.family = 4,
		    .b = {(uint8_t)(1 + i % 200), (uint8_t)(i / 200 % 250),
			(uint8_t)(i / 50000), 1}};
		record_init(&r);
		record_begin(&r, RECORD_IN, i + 1, SINCE + 1);
		record_peer(&r, &ip, 25);
		record_listener(&r, SLICE("mx"));
		decide(&r, "mail", "reverse-lookup.ptr.missing", "note");
		finish(&f, &r, RECORD_ACCEPTED, i % 2 ? 0 : 10);
	}
	replay_take(f.r, SLICE("rubbish"));
	replay_judged(f.r);
	assert_int_equal(replay_total(f.r)->sessions, REPLAY_GROUPS_MAX + 10);
	assert_int_equal(replay_total(f.r)->victims, REPLAY_GROUPS_MAX + 10);
	assert_int_equal(replay_total(f.r)->sessions_left_out, 10);
	assert_int_equal(replay_total(f.r)->damaged, 1);
	assert_int_equal(groups(&f), REPLAY_GROUPS_MAX);
	replay_free(f.r);
	start(&f, &close_ptr);
	for (unsigned i = 0; i < REPLAY_OPEN_MAX + 10; i++) {
		open_record(&r, i + 1, 1);
		finish(&f, &r, RECORD_ACCEPTED, 0);
	}
	assert_int_equal(replay_total(f.r)->sessions, 10);
	replay_free(f.r); /* the open ones too */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_totals),
	    cmocka_unit_test(test_victims),
	    cmocka_unit_test(test_by_domain),
	    cmocka_unit_test(test_spared),
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_not_made),
	    cmocka_unit_test(test_passes_told),
	    cmocka_unit_test(test_rule_twice),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_fates),
	    cmocka_unit_test(test_domains),
	    cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
