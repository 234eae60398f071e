/* ledger_replay.c - records into sessions, and each session judged. */
#include <stdlib.h>

#include "store/ledger_replay_priv.h"

#define TEXT_MAX         (48u << 20) /* octets of names and evidence, of all */
#define SESSION_TEXT_MAX (8 << 10)   /* of one session that goes on */

static const char *const lookup_rules[REPLAY_LOOKUPS] = {
    [REPLAY_PTR] = "reverse-lookup.ptr",
    [REPLAY_HELO] = "reverse-lookup.helo",
    [REPLAY_MAIL] = "reverse-lookup.mail",
};

enum replay_lookup
replay_lookup_of(struct slice rule)
{
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++) {
		struct slice name = slice_str(lookup_rules[i]);
		if (slice_starts(rule, name) &&
		    (rule.n == name.n || rule.p[name.n] == '.'))
			return (enum replay_lookup)i;
	}
	return REPLAY_LOOKUPS;
}

/* ---- a session out of items ---- */

/* rule_of - its number among those counted; REPLAY_RULES_MAX: it is not a rule
 * that has an action, or there is no room. */
static size_t
rule_of(struct replay *r, struct slice name)
{
	struct replay_total *t = &r->total;
	size_t i = 0;
	while (i < t->rules && !slice_eq(t->rule[i].name, name))
		i++;
	if (i < t->rules || i == REPLAY_RULES_MAX)
		return i;
	enum conf_action now;
	struct replay_rule *rule = &t->rule[i];
	if (!r->settings->action(r->settings->arg, name, &now))
		return REPLAY_RULES_MAX;
	*rule = (struct replay_rule){.now = now};
	if (!arena_slice(&r->text, name, &rule->name))
		return REPLAY_RULES_MAX;
	t->rules++;
	return i;
}

static struct slice
domain_of(struct slice address)
{
	return slice_from(address, slice_rfind(address, '@') + 1);
}

/* domain_asked - the domain that a lookup of MAIL was about, as its evidence
 * says: "MX mitra.example: NXDOMAIN". */
static struct slice
domain_asked(struct slice evidence)
{
	static const char *const heads[] = {"MX ", "MAIL "};
	for (size_t i = 0; i < 2; i++) {
		struct slice head = slice_str(heads[i]);
		if (slice_starts(evidence, head)) {
			evidence = slice_from(evidence, head.n);
			return slice_to(evidence, slice_find(evidence, ':'));
		}
	}
	return SLICE_EMPTY;
}

static bool
word_is(struct slice word, const char *const *words)
{
	while (*words != NULL && !slice_eq(word, slice_str(*words)))
		words++;
	return *words != NULL;
}

static void
take_decision(
    struct replay *r, struct replay_session *s, const struct record_item *it)
{
	static const char *const said[] = {"off", "note", "defer", "reject",
	    "close", "exempt", "authenticated", NULL};
	static const char *const stopped[] = {"defer", "reject", "close", NULL};
	enum replay_lookup lookup = replay_lookup_of(it->s[1]);
	if (lookup < REPLAY_LOOKUPS) {
		s->asked |= 1u << lookup;
		r->seen |= 1u << lookup;
	}
	s->mail = s->mail || slice_eq(it->s[0], SLICE("mail"));
	if (!word_is(it->s[5], said) || s->n == REPLAY_FINDINGS_MAX)
		return;
	size_t rule = rule_of(r, it->s[1]);
	if (rule == REPLAY_RULES_MAX)
		return;
	struct replay_finding *f = &s->f[s->n++];
	*f = (struct replay_finding){.rule = rule,
	    .lookup = lookup,
	    .then = word_is(it->s[5], stopped),
	    .rcpt = slice_eq(it->s[0], SLICE("rcpt")),
	    .list = it->s[3],
	    .evidence = it->s[4]};
	if (slice_eq(it->s[5], SLICE("authenticated")))
		s->client.authenticated = true;
	f->domain = lookup == REPLAY_MAIL ? domain_asked(f->evidence)
					  : s->client.domain;
	if (f->domain.n == 0)
		f->domain = s->client.domain;
}

/* take_mail - the reverse-path is recorded before or behind what was found
 * about it. */
static void
take_mail(struct replay_session *s, struct slice from)
{
	s->mail = true;
	s->client.domain = domain_of(from);
	for (size_t i = 0; i < s->n; i++)
		if (s->f[i].domain.n == 0)
			s->f[i].domain = s->client.domain;
}

/* The part that says it last has seen most of the session. */
static void
take_passed(struct replay_session *s, uint64_t lookups)
{
	static const unsigned bits[REPLAY_LOOKUPS] = {
	    [REPLAY_PTR] = RECORD_LOOKUP_PTR,
	    [REPLAY_HELO] = RECORD_LOOKUP_HELO,
	    [REPLAY_MAIL] = RECORD_LOOKUP_MAIL};
	s->tells = true;
	s->passed = 0;
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++)
		s->passed |= (lookups & bits[i]) != 0 ? 1u << i : 0u;
}

static void
take_item(
    struct replay *r, struct replay_session *s, const struct record_item *it)
{
	switch (it->tag) {
	case RECORD_TAG_PEER:
		s->client.ip = it->ip;
		break;
	case RECORD_TAG_PTR:
		s->ptr = it->s[0];
		break;
	case RECORD_TAG_HELO:
		s->helo = it->s[0];
		break;
	case RECORD_TAG_LISTENER:
		s->client.listener = it->s[0];
		break;
	case RECORD_TAG_USER:
		s->client.authenticated |= it->s[0].n > 0;
		break;
	case RECORD_TAG_TLS:
		s->tls = true;
		break;
	case RECORD_TAG_MAIL:
		take_mail(s, it->s[0]);
		break;
	case RECORD_TAG_PASSED:
		take_passed(s, it->v[0]);
		break;
	case RECORD_TAG_DECISION:
		take_decision(r, s, it);
		break;
	case RECORD_TAG_LOCAL:
	case RECORD_TAG_HOST:
	case RECORD_TAG_DIALOGUE:
	case RECORD_TAG_RCPT:
	case RECORD_TAG_MESSAGE:
	case RECORD_TAG_CAUSE:
	case RECORD_TAG_QUEUE_EVENT:
	case RECORD_TAG_LEFT_OUT:
	case RECORD_TAG_END:
	case RECORD_TAG_COUNT:
		break;
	}
}

/* ---- judging ---- */

/* made - the lookups that were made for s. Records from before passes were
 * recorded tell it by the settings. Of PTR there is always a trace: a name in
 * the record is a confirmed one. */
static unsigned
made(const struct replay *r, const struct replay_session *s)
{
	const struct replay_settings *set = r->settings;
	if (s->tells)
		return s->passed | s->asked |
		       (s->ptr.n > 0 ? 1u << REPLAY_PTR : 0u);
	unsigned bits = set->made(set->arg, s->client.listener);
	if (s->time_ms < set->made_since_ms)
		bits &= r->seen;
	if (!s->mail) /* what is only noted is judged at MAIL */
		bits = 0;
	bits &= ~(1u << REPLAY_PTR);
	bits |= s->ptr.n > 0 ? 1u << REPLAY_PTR : 0u;
	return bits | s->asked;
}

unsigned
replay_passed(const struct replay *r, const struct replay_session *s)
{
	unsigned passed = made(r, s);
	for (size_t i = 0; i < s->n; i++)
		if (s->f[i].lookup < REPLAY_LOOKUPS)
			passed &= ~(1u << s->f[i].lookup);
	return passed;
}

static bool
spares(const struct replay *r, struct replay_client *c,
    const struct replay_finding *f)
{
	const struct replay_settings *set = r->settings;
	unsigned by = set->spares(set->arg, r->total.rule[f->rule].name);
	if ((by & REPLAY_SPARES_AUTHENTICATED) != 0 && c->authenticated)
		return true;
	if ((by & REPLAY_SPARES_TRUSTED) != 0 && set->trusted(set->arg, c))
		return true;
	c->domain = f->domain;
	return f->lookup != REPLAY_LOOKUPS &&
	       set->exempt(set->arg, f->lookup, c, f->list);
}

static void
judge_finding(
    struct replay *r, struct replay_client *c, struct replay_finding *f)
{
	f->now = r->total.rule[f->rule].now;
	f->spared = f->now >= CONF_ACTION_DEFER && spares(r, c, f);
	if (f->spared)
		f->now = CONF_ACTION_NOTE;
}

bool
replay_new_refusal(const struct replay *r, const struct replay_finding *f)
{
	return f->now >= CONF_ACTION_DEFER && (!f->then || r->settings->all);
}

/* count_rule - what the findings i... of one rule mean, counted once. */
static void
count_rule(struct replay *r, const struct replay_session *s, size_t i)
{
	struct replay_rule *rule = &r->total.rule[s->f[i].rule];
	enum conf_action now = CONF_ACTION_OFF;
	bool then = false, spared = false, victim = false;
	for (size_t k = 0; k < i; k++)
		if (s->f[k].rule == s->f[i].rule)
			return;
	for (size_t k = i; k < s->n; k++) {
		const struct replay_finding *f = &s->f[k];
		if (f->rule != s->f[i].rule)
			continue;
		now = f->now > now ? f->now : now;
		then = then || f->then;
		spared = spared || f->spared;
		victim = victim || replay_new_refusal(r, f);
	}
	rule->sessions++;
	rule->then += then;
	rule->victims += victim && (!s->refused || r->settings->all);
	if (now >= CONF_ACTION_REJECT)
		rule->refused++;
	else if (now == CONF_ACTION_DEFER)
		rule->deferred++;
	else if (spared)
		rule->spared++;
	else if (now == CONF_ACTION_NOTE)
		rule->noted++;
}

/* open_lookups - those that may refuse the session, of which nothing is known.
 */
static unsigned
open_lookups(struct replay *r, struct replay_session *s)
{
	const struct replay_settings *set = r->settings;
	struct slice listener = s->client.listener;
	unsigned open = set->refuses(set->arg, listener) & ~s->asked;
	if (open == 0 || set->trusted(set->arg, &s->client))
		return 0;
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++)
		if (s->client.authenticated &&
		    (set->spares(set->arg, slice_str(lookup_rules[i])) &
			REPLAY_SPARES_AUTHENTICATED) != 0)
			open &= ~(1u << i);
	return open;
}

/* count_unjudged - nothing is claimed of a lookup that was not made. stopped:
 * what the session was refused for then; the lookups behind it were spared. */
static void
count_unjudged(struct replay *r, struct replay_session *s,
    const struct replay_finding *stopped)
{
	unsigned open = open_lookups(r, s), known = made(r, s);
	bool any = false;
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++) {
		if ((open & (1u << i)) == 0)
			continue;
		bool before = stopped != NULL && stopped->lookup < i;
		if (before)
			r->total.ended_before[i]++;
		else if ((known & (1u << i)) == 0)
			r->total.not_made[i]++;
		any = any || before || (known & (1u << i)) == 0;
	}
	r->total.unjudged += any;
}

static void
count_fate(struct replay *r, struct replay_session *s)
{
	struct replay_total *t = &r->total;
	const struct replay_finding *by = NULL, *stopped = NULL;
	enum conf_action now = CONF_ACTION_OFF;
	bool spared = false;
	for (size_t i = 0; i < s->n; i++) {
		const struct replay_finding *f = &s->f[i];
		if (f->rcpt && f->then) /* one recipient is not the session */
			continue;
		now = f->now > now ? f->now : now;
		spared = spared || f->spared;
		stopped = stopped == NULL && f->then ? f : stopped;
		if (by == NULL && replay_new_refusal(r, f))
			by = f;
	}
	bool refuses = now >= CONF_ACTION_DEFER;
	t->refused += now >= CONF_ACTION_REJECT;
	t->deferred += now == CONF_ACTION_DEFER;
	t->spared += !refuses && spared;
	t->noted += !refuses && !spared && now == CONF_ACTION_NOTE;
	t->refused_then += stopped != NULL;
	if (s->n == 0 && !s->mail)
		t->idle++;
	else if (!refuses)
		count_unjudged(r, s, stopped);
	if (by != NULL && s->refused && !r->settings->all) {
		t->anyway++;
	} else if (by != NULL) {
		t->victims++;
		replay_group_add(r, s, by, false);
	} else if (stopped != NULL && !refuses) {
		t->released++;
		replay_group_add(r, s, stopped, true);
	}
}

/* judge - a session of which all is known. */
static void
judge(struct replay *r, struct replay_session *s)
{
	r->total.sessions++;
	unsigned passed = replay_passed(r, s);
	if ((passed & (1u << REPLAY_PTR)) != 0)
		s->client.ptr = s->ptr;
	if ((passed & (1u << REPLAY_HELO)) != 0)
		s->client.helo = s->helo;
	for (size_t i = 0; i < s->n; i++) {
		struct replay_client c = s->client;
		judge_finding(r, &c, &s->f[i]);
	}
	for (size_t i = 0; i < s->n; i++)
		count_rule(r, s, i);
	count_fate(r, s);
}

/* ---- sessions in parts ---- */

static void
keep(struct replay_session *s, struct slice record, struct slice *text)
{
	bool within =
	    text->n > 0 && text->p >= record.p && text->p < record.p + record.n;
	if (within && !arena_slice(&s->text, *text, text))
		*text = SLICE_EMPTY;
}

/* keep_all - copy what lies in the record, which is about to go. */
static void
keep_all(struct replay_session *s, struct slice record)
{
	keep(s, record, &s->client.listener);
	keep(s, record, &s->client.domain);
	keep(s, record, &s->helo);
	keep(s, record, &s->ptr);
	for (size_t i = 0; i < s->n; i++) {
		keep(s, record, &s->f[i].list);
		keep(s, record, &s->f[i].evidence);
		keep(s, record, &s->f[i].domain);
	}
}

static void
session_close(struct replay *r, struct replay_session *s)
{
	judge(r, s);
	map_remove_u64(&r->open, s->id);
	list_remove(&s->open);
	arena_reset(&s->text);
	free(s);
	r->n_open--;
}

static struct replay_session *
oldest(struct replay *r)
{
	return LIST_OWNER(r->waiting.next, struct replay_session, open);
}

/* session_keep - s goes on: wait for the rest of it. */
static void
session_keep(
    struct replay *r, const struct replay_session *s, struct slice record)
{
	if (r->n_open == REPLAY_OPEN_MAX)
		session_close(r, oldest(r));
	struct replay_session *own = malloc(sizeof(*own));
	struct replay_session last = *s;
	if (own != NULL) {
		*own = *s;
		arena_init(&own->text, SESSION_TEXT_MAX);
	}
	if (own == NULL || map_put_u64(&r->open, own->id, own) != ERR_OK) {
		free(own);
		judge(r, &last);
		return;
	}
	keep_all(own, record);
	list_push_back(&r->waiting, &own->open);
	r->n_open++;
}

/* What is read of a session. */
#define TAGS                                                                   \
	(1u << RECORD_TAG_PEER | 1u << RECORD_TAG_PTR |                        \
	    1u << RECORD_TAG_HELO | 1u << RECORD_TAG_LISTENER |                \
	    1u << RECORD_TAG_USER | 1u << RECORD_TAG_TLS |                     \
	    1u << RECORD_TAG_MAIL | 1u << RECORD_TAG_DECISION |                \
	    1u << RECORD_TAG_PASSED | 1u << RECORD_TAG_END)

void
replay_take(struct replay *r, struct slice record)
{
	struct record_head head;
	struct record_reader rd;
	struct record_item it;
	struct replay_session fresh, *s = NULL;
	enum err e = record_open(record, &head, &rd);
	r->total.records++;
	r->total.damaged += e != ERR_OK;
	if (e != ERR_OK || head.kind != RECORD_IN)
		return;
	if (r->n_open > 0)
		s = map_get_u64(&r->open, head.id);
	bool continued = s != NULL, goes_on = false;
	if (!continued) {
		s = &fresh;
		*s = (struct replay_session){
		    .id = head.id, .time_ms = head.time_ms};
	}
	while ((e = record_next_of(&rd, TAGS, &it)) == ERR_OK) {
		take_item(r, s, &it);
		if (it.tag != RECORD_TAG_END)
			continue;
		/* A part ends well and counts no octets yet. */
		goes_on =
		    it.v[1] == RECORD_ACCEPTED && it.v[2] == 0 && it.v[3] == 0;
		s->refused = it.v[1] == RECORD_REFUSED;
	}
	r->total.damaged += e != ERR_NOT_FOUND;
	if (continued && goes_on)
		keep_all(s, record);
	else if (continued)
		session_close(r, s);
	else if (goes_on)
		session_keep(r, s, record);
	else
		judge(r, s);
}

void
replay_judged(struct replay *r)
{
	while (!list_empty(&r->waiting))
		session_close(r, oldest(r));
	replay_group_crowds(r);
}

/* ---- the whole ---- */

struct replay *
replay_new(const struct replay_settings *settings, const uint64_t seed[2],
    uint64_t since_ms)
{
	struct replay *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->settings = settings;
	r->since_ms = since_ms;
	map_init(&r->open, seed);
	map_init(&r->by_key, seed);
	map_init(&r->by_net, seed);
	list_init(&r->waiting);
	arena_init(&r->text, TEXT_MAX);
	r->entry = calloc(REPLAY_GROUPS_MAX, sizeof(*r->entry));
	if (r->entry == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
replay_free(struct replay *r)
{
	if (r == NULL)
		return;
	while (!list_empty(&r->waiting)) {
		struct replay_session *s = oldest(r);
		list_remove(&s->open);
		arena_reset(&s->text);
		free(s);
	}
	for (size_t i = 0; i < r->n; i++)
		free(r->entry[i]);
	free(r->entry);
	map_free(&r->open);
	map_free(&r->by_key);
	map_free(&r->by_net);
	arena_reset(&r->text);
	free(r);
}

const struct replay_total *
replay_total(const struct replay *r)
{
	return &r->total;
}

const struct replay_group *
replay_group_at(const struct replay *r, size_t i)
{
	return i < r->n ? &r->entry[i]->g : NULL;
}
