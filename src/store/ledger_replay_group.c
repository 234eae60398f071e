/* ledger_replay_group.c - the senders that fare otherwise, and what speaks for
 * them. */
#include <stdlib.h>
#include <string.h>

#include "store/ledger_replay_priv.h"

#define KEY_MAX (2 + 255)

/* ---- keys ---- */

/* by_domain - is what was found a matter of the sender's domain, whatever the
 * address it comes from? */
static bool
by_domain(const struct replay *r, const struct replay_finding *f)
{
	struct slice rule = r->total.rule[f->rule].name;
	return f->lookup == REPLAY_MAIL && f->domain.n > 0 &&
	       !slice_eq(rule, SLICE("reverse-lookup.mail.forged"));
}

static size_t
ip_octets(const struct ip *ip)
{
	return ip->family == 4 ? 4 : 16;
}

/* key_domain - into key, KEY_MAX octets. */
static struct slice
key_domain(uint8_t *key, struct slice domain, bool released)
{
	size_t n = domain.n < KEY_MAX - 2 ? domain.n : KEY_MAX - 2;
	key[0] = 'd';
	key[1] = released;
	for (size_t i = 0; i < n; i++)
		key[2 + i] = ascii_lower(domain.p[i]);
	return slice_of(key, 2 + n);
}

static struct slice
key_ip(uint8_t *key, const struct ip *ip, size_t octets, bool released)
{
	key[0] = ip->family;
	key[1] = released;
	memcpy(key + 2, ip->b, octets);
	return slice_of(key, 2 + octets);
}

/* crowd_octets - of the network that one sender may have: /24 or /64. */
static size_t
crowd_octets(const struct ip *ip)
{
	return ip->family == 4 ? 3 : 8;
}

/* ---- what a group holds ---- */

static void
add_name(struct replay *r, struct replay_names *names, struct slice name)
{
	if (name.n == 0)
		return;
	for (size_t i = 0; i < names->n; i++)
		if (slice_eq_nocase(names->v[i], name))
			return;
	if (names->n == REPLAY_SHOWN ||
	    !arena_slice(&r->text, name, &names->v[names->n]))
		names->more = true;
	else
		names->n++;
}

static void
add_names(
    struct replay *r, struct replay_names *to, const struct replay_names *from)
{
	for (size_t i = 0; i < from->n; i++)
		add_name(r, to, from->v[i]);
	to->more = to->more || from->more;
}

/* Addresses that are kept of a group: all of a /24. */
static size_t
addresses_max(const struct replay_group *g)
{
	return g->kind == REPLAY_NETWORK ? 256 : REPLAY_CROWD;
}

static void
add_address(struct replay *r, struct replay_group *g, const struct ip *ip)
{
	size_t max = addresses_max(g);
	if (g->address == NULL)
		g->address = arena_alloc(&r->text, max * sizeof(*g->address));
	for (size_t i = 0; i < g->addresses; i++)
		if (ip_eq(&g->address[i], ip))
			return;
	if (g->address == NULL || g->addresses == max)
		g->more_addresses = true;
	else
		g->address[g->addresses++] = *ip;
}

static void
add_hits(struct replay_group *g, size_t rule, uint64_t sessions)
{
	size_t i = 0;
	while (i < g->hits && g->hit[i].rule != rule)
		i++;
	if (i == REPLAY_SHOWN)
		return;
	if (i == g->hits)
		g->hit[g->hits++] = (struct replay_hits){.rule = rule};
	g->hit[i].sessions += sessions;
}

static void
set_evidence(struct replay *r, struct replay_group *g, struct slice evidence)
{
	evidence = slice_to(evidence, REPLAY_EVIDENCE);
	if (evidence.n > 0 && g->evidence.n == 0)
		(void)arena_slice(&r->text, evidence, &g->evidence);
}

/* ---- adding a session ---- */

static struct replay_entry *
new_entry(struct replay *r, struct map *map, struct slice key)
{
	if (r->n == REPLAY_GROUPS_MAX)
		return NULL;
	struct replay_entry *e = calloc(1, sizeof(*e));
	if (e == NULL || !arena_slice(&r->text, key, &e->key) ||
	    map_put(map, e->key, e) != ERR_OK) {
		free(e);
		return NULL;
	}
	r->entry[r->n++] = e;
	return e;
}

static struct replay_entry *
entry_of(struct replay *r, const struct replay_session *s,
    const struct replay_finding *by, bool released)
{
	uint8_t raw[KEY_MAX];
	const struct ip *ip = &s->client.ip;
	bool domain = by_domain(r, by);
	struct slice key = domain ? key_domain(raw, by->domain, released)
				  : key_ip(raw, ip, ip_octets(ip), released);
	struct replay_entry *e = map_get(&r->by_key, key);
	if (e != NULL)
		return e;
	e = new_entry(r, &r->by_key, key);
	if (e == NULL)
		return NULL;
	e->g.released = released;
	e->g.kind = domain ? REPLAY_DOMAIN : REPLAY_ADDRESS;
	e->g.first_ms = s->time_ms;
	if (domain)
		e->g.domain = slice_from(e->key, 2);
	else
		e->g.net = (struct ip_net){
		    .ip = *ip, .bits = (uint8_t)(8 * ip_octets(ip))};
	return e;
}

static void
add_signs(
    struct replay *r, struct replay_group *g, const struct replay_session *s)
{
	unsigned passed = replay_passed(r, s), failed = 0;
	g->authenticated += s->client.authenticated;
	g->tls += s->tls;
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++)
		g->passed[i] += (passed & (1u << i)) != 0;
	for (size_t i = 0; i < s->n; i++)
		failed |=
		    s->f[i].lookup < REPLAY_LOOKUPS ? 1u << s->f[i].lookup : 0u;
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++)
		g->failed[i] += (failed & (1u << i)) != 0;
	if (g->ptr.n == 0 && s->client.ptr.n > 0)
		(void)arena_slice(&r->text, s->client.ptr, &g->ptr);
}

static bool
fares_otherwise(const struct replay *r, const struct replay_group *g,
    const struct replay_finding *f)
{
	return g->released ? f->then : replay_new_refusal(r, f);
}

/* add_rules - every rule by which the session fares otherwise, once. */
static void
add_rules(const struct replay *r, struct replay_group *g,
    const struct replay_session *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct replay_finding *f = &s->f[i];
		bool changed = fares_otherwise(r, g, f);
		for (size_t k = 0; k < i && changed; k++)
			changed = s->f[k].rule != f->rule ||
				  !fares_otherwise(r, g, &s->f[k]);
		if (changed)
			add_hits(g, f->rule, 1);
	}
}

void
replay_group_add(struct replay *r, const struct replay_session *s,
    const struct replay_finding *by, bool released)
{
	struct replay_entry *e = entry_of(r, s, by, released);
	if (e == NULL) {
		r->total.sessions_left_out++;
		return;
	}
	struct replay_group *g = &e->g;
	g->sessions++;
	if (!released && by->now == CONF_ACTION_DEFER)
		g->deferred++;
	else if (!released)
		g->refused++;
	if (s->time_ms < g->first_ms)
		g->first_ms = s->time_ms;
	if (s->time_ms >= g->last_ms) {
		g->last_ms = s->time_ms;
		g->example = s->id;
	}
	add_rules(r, g, s);
	add_name(r, &g->helo, s->helo);
	add_name(r, &g->from, s->client.domain);
	set_evidence(r, g, by->evidence);
	if (g->kind == REPLAY_DOMAIN)
		add_address(r, g, &s->client.ip);
	add_signs(r, g, s);
}

/* ---- crowds ---- */

static void
merge(struct replay *r, struct replay_group *to, const struct replay_group *g)
{
	to->sessions += g->sessions;
	to->refused += g->refused;
	to->deferred += g->deferred;
	if (to->last_ms == 0 || g->first_ms < to->first_ms)
		to->first_ms = g->first_ms;
	if (g->last_ms >= to->last_ms) {
		to->last_ms = g->last_ms;
		to->example = g->example;
	}
	for (size_t i = 0; i < g->hits; i++)
		add_hits(to, g->hit[i].rule, g->hit[i].sessions);
	add_names(r, &to->helo, &g->helo);
	add_names(r, &to->from, &g->from);
	if (to->evidence.n == 0)
		to->evidence = g->evidence;
	if (to->ptr.n == 0)
		to->ptr = g->ptr;
	add_address(r, to, &g->net.ip);
	to->authenticated += g->authenticated;
	to->tls += g->tls;
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++) {
		to->passed[i] += g->passed[i];
		to->failed[i] += g->failed[i];
	}
}

/* Sorted by key, addresses of one network stand together. */
static int
order_of_keys(const void *a, const void *b)
{
	const struct replay_entry *const *x = a, *const *y = b;
	return slice_cmp((*x)->key, (*y)->key);
}

static bool
same_crowd(const struct replay_entry *a, const struct replay_entry *b)
{
	if (a->g.kind != REPLAY_ADDRESS || b->g.kind != REPLAY_ADDRESS)
		return false;
	size_t n = 2 + crowd_octets(&a->g.net.ip);
	return slice_eq(slice_to(a->key, n), slice_to(b->key, n));
}

/* gather - the entries at..end become one, in the place of the first. */
static void
gather(struct replay *r, size_t at, size_t end)
{
	struct replay_entry *first = r->entry[at];
	size_t octets = crowd_octets(&first->g.net.ip);
	struct replay_entry *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return;
	e->key = slice_to(first->key, 2 + octets);
	e->g.kind = REPLAY_NETWORK;
	e->g.released = first->g.released;
	e->g.net.bits = (uint8_t)(8 * octets);
	e->g.net.ip.family = first->g.net.ip.family;
	memcpy(e->g.net.ip.b, first->g.net.ip.b, octets);
	if (map_put(&r->by_net, e->key, e) != ERR_OK) {
		free(e);
		return;
	}
	for (size_t i = at; i < end; i++) {
		merge(r, &e->g, &r->entry[i]->g);
		map_remove(&r->by_key, r->entry[i]->key);
		free(r->entry[i]);
		r->entry[i] = NULL;
	}
	r->entry[at] = e;
	r->crowds++;
}

void
replay_group_crowds(struct replay *r)
{
	size_t left = 0;
	qsort(r->entry, r->n, sizeof(*r->entry), order_of_keys);
	for (size_t at = 0, end; at < r->n; at = end) {
		end = at + 1;
		while (end < r->n && same_crowd(r->entry[at], r->entry[end]))
			end++;
		if (end - at > REPLAY_CROWD)
			gather(r, at, end);
	}
	for (size_t i = 0; i < r->n; i++)
		if (r->entry[i] != NULL)
			r->entry[left++] = r->entry[i];
	r->n = left;
}

/* ---- what else its sessions were ---- */

bool
replay_wants_signs(const struct replay *r)
{
	return r->n > 0;
}

static void
count_messages(struct replay_group *g, uint64_t n, bool before)
{
	if (before)
		g->before += n;
	else
		g->messages += n;
}

static void
signs_of(struct replay *r, struct slice key, size_t net_octets, uint64_t n,
    bool before)
{
	uint8_t raw[KEY_MAX];
	if (key.n > sizeof(raw))
		return;
	memcpy(raw, key.p, key.n);
	for (uint8_t released = 0; released < 2; released++) {
		raw[1] = released;
		struct replay_entry *e =
		    map_get(&r->by_key, slice_of(raw, key.n));
		if (e == NULL && net_octets > 0 && r->crowds > 0)
			e = map_get(&r->by_net, slice_of(raw, 2 + net_octets));
		if (e != NULL)
			count_messages(&e->g, n, before);
	}
}

#define TAGS                                                                   \
	(1u << RECORD_TAG_PEER | 1u << RECORD_TAG_MAIL |                       \
	    1u << RECORD_TAG_MESSAGE)

void
replay_take_signs(struct replay *r, struct slice record)
{
	struct record_head head;
	struct record_reader rd;
	struct record_item it;
	struct ip ip = {0};
	struct slice domain = SLICE_EMPTY;
	uint8_t raw[KEY_MAX];
	uint64_t n = 0;
	if (record_open(record, &head, &rd) != ERR_OK || head.kind != RECORD_IN)
		return;
	bool before = head.time_ms < r->since_ms;
	while (record_next_of(&rd, TAGS, &it) == ERR_OK) {
		if (it.tag == RECORD_TAG_PEER) {
			ip = it.ip;
		} else if (it.tag == RECORD_TAG_MAIL) {
			domain =
			    slice_from(it.s[0], slice_rfind(it.s[0], '@') + 1);
		} else if (it.tag == RECORD_TAG_MESSAGE &&
			   it.v[1] == RECORD_ACCEPTED) {
			n++;
			signs_of(
			    r, key_domain(raw, domain, false), 0, 1, before);
		}
	}
	if (n > 0 && ip.family != 0)
		signs_of(r, key_ip(raw, &ip, ip_octets(&ip), false),
		    crowd_octets(&ip), n, before);
}

/* ---- order ---- */

unsigned
replay_signs(const struct replay_group *g)
{
	unsigned n = 0;
	n += g->authenticated > 0 ? 8 : 0;
	n += g->before > 0 ? 4 : 0;
	n += g->messages > 1 ? 2 : g->messages > 0 ? 1 : 0;
	n += g->ptr.n > 0 ? 1 : 0;
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++)
		n += g->passed[i] > 0 ? 1 : 0;
	n += g->tls > 0 ? 1 : 0;
	return n;
}

static int
order_of_groups(const void *a, const void *b)
{
	const struct replay_entry *const *x = a, *const *y = b;
	const struct replay_group *g = &(*x)->g, *h = &(*y)->g;
	unsigned p = replay_signs(g), q = replay_signs(h);
	if (g->released != h->released)
		return g->released ? 1 : -1;
	if (p != q)
		return p > q ? -1 : 1;
	if (g->sessions != h->sessions)
		return g->sessions > h->sessions ? -1 : 1;
	return slice_cmp((*x)->key, (*y)->key);
}

void
replay_sort(struct replay *r)
{
	qsort(r->entry, r->n, sizeof(*r->entry), order_of_groups);
}
