#include "policy/masquerade.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"

/* Octets of a name that are kept to be shown. */
#define SHOWN_MAX 40

struct name {
	uint64_t hash;
	uint64_t at_ms; /* last heard */
	uint8_t n;
	uint8_t shown[SHOWN_MAX];
};

struct place {
	struct list node;  /* of heard, raised or vacant */
	struct ip ip;      /* its octets are the key of the map */
	uint64_t until_ms; /* of the alarm; 0: none stands */
	size_t n;
	struct name names[MASQUERADE_NAMES];
};

struct masquerade {
	struct map by_ip;
	struct list heard;  /* without alarm, the one heard longest ago first */
	struct list raised; /* with alarm */
	struct list vacant;
	struct place places[MASQUERADE_ADDRESSES];
};

struct masquerade *
masquerade_new(const uint64_t seed[2])
{
	struct masquerade *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return NULL;
	map_init(&m->by_ip, seed);
	list_init(&m->heard);
	list_init(&m->raised);
	list_init(&m->vacant);
	for (size_t i = 0; i < MASQUERADE_ADDRESSES; i++)
		list_push_back(&m->vacant, &m->places[i].node);
	return m;
}

void
masquerade_free(struct masquerade *m)
{
	if (m == NULL)
		return;
	map_free(&m->by_ip);
	free(m);
}

/* ---- names ---- */

static struct slice
trim_dot(struct slice s)
{
	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

/* What stands behind the last dot. */
static struct slice
last_label(struct slice s)
{
	size_t at = slice_rfind(s, '.');
	return at < s.n ? slice_from(s, at + 1) : s;
}

/* s without its last label and the dot before it. */
static struct slice
but_last(struct slice s)
{
	size_t at = slice_rfind(s, '.');
	return at < s.n ? slice_to(s, at) : SLICE_EMPTY;
}

/* "mail.kantor.co.id" -> "kantor.co.id" */
static struct slice
registered(struct slice name)
{
	name = trim_dot(name);
	struct slice top = last_label(name), rest = but_last(name);
	struct slice second = last_label(rest), left = but_last(rest);
	size_t n = top.n + second.n + 1;
	if (rest.n == 0)
		return name;
	if (top.n == 2 && second.n <= 3 && left.n > 0)
		n += last_label(left).n + 1;
	return slice_from(name, name.n - n);
}

bool
masquerade_related(struct slice a, struct slice b)
{
	return slice_eq_nocase(registered(a), registered(b));
}

/* A top label that nobody can register below (RFC 6762 appendix G, RFC 9476),
 * or one of an address. */
static bool
is_private(struct slice top)
{
	static const char *const names[] = {
	    "local", "localdomain", "localhost", "lan", "home", "internal"};
	size_t digits = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_eq_nocase(top, slice_str(names[i])))
			return true;
	while (digits < top.n && ascii_is_digit(top.p[digits]))
		digits++;
	return digits == top.n;
}

static bool
is_ours(const struct conf *c, struct slice name)
{
	while (name.n > 0) {
		if (conf_domain_find(c, name) != NULL ||
		    slice_eq_nocase(name, c->hostname))
			return true;
		name = slice_from(name, slice_find(name, '.') + 1);
	}
	return false;
}

static bool
counts(const struct conf *c, struct slice name)
{
	return name.n > 0 && name.p[0] != '[' &&
	       slice_find(name, '.') < name.n &&
	       !is_private(last_label(name)) && !is_ours(c, name);
}

/* ---- places ---- */

static struct slice
key_of(const struct ip *ip)
{
	return slice_of(ip, sizeof(*ip));
}

/* The address alone, whatever stood behind an IPv4 one. */
static struct ip
plain(const struct ip *ip)
{
	struct ip out;
	memset(&out, 0, sizeof(out));
	out.family = ip->family;
	memcpy(out.b, ip->b, ip->family == 4 ? 4 : 16);
	return out;
}

static struct place *
place_of(const struct masquerade *m, const struct ip *ip)
{
	struct ip key = plain(ip);
	return map_get(&m->by_ip, key_of(&key));
}

/* NULL: every place has its alarm, or there is no memory. */
static struct place *
place_take(struct masquerade *m, const struct ip *ip)
{
	struct list *n = list_pop_front(&m->vacant);
	if (n == NULL)
		n = list_pop_front(&m->heard);
	if (n == NULL)
		return NULL;
	struct place *p = LIST_OWNER(n, struct place, node);
	(void)map_remove(&m->by_ip, key_of(&p->ip));
	p->ip = plain(ip);
	p->n = 0;
	p->until_ms = 0;
	if (map_put(&m->by_ip, key_of(&p->ip), p) != ERR_OK) {
		list_push_back(&m->vacant, &p->node);
		return NULL;
	}
	list_push_back(&m->heard, &p->node);
	return p;
}

/* Names not heard for a window flow off. */
static void
forget_old(struct place *p, uint64_t now_ms)
{
	size_t kept = 0;
	for (size_t i = 0; i < p->n; i++)
		if (now_ms < p->names[i].at_ms + MASQUERADE_WINDOW_MS)
			p->names[kept++] = p->names[i];
	p->n = kept;
}

/* Where a name not yet known goes: behind the others, or in place of the one
 * heard longest ago. */
static struct name *
room_for(struct place *p)
{
	struct name *oldest = &p->names[0];
	if (p->n < MASQUERADE_NAMES)
		return &p->names[p->n++];
	for (size_t i = 1; i < p->n; i++)
		if (p->names[i].at_ms < oldest->at_ms)
			oldest = &p->names[i];
	return oldest;
}

static void
note(const struct masquerade *m, struct place *p, struct slice name,
    uint64_t now_ms)
{
	uint8_t lower[256];
	struct slice part = slice_to(registered(name), sizeof(lower));
	struct name *at = NULL;
	for (size_t i = 0; i < part.n; i++)
		lower[i] = ascii_lower(part.p[i]);
	uint64_t hash = hash_siphash(m->by_ip.seed, slice_of(lower, part.n));
	for (size_t i = 0; i < p->n && at == NULL; i++)
		if (p->names[i].hash == hash)
			at = &p->names[i];
	if (at == NULL)
		at = room_for(p);
	at->hash = hash;
	at->at_ms = now_ms;
	at->n = (uint8_t)(part.n < SHOWN_MAX ? part.n : SHOWN_MAX);
	memcpy(at->shown, lower, at->n);
}

/* ---- the alarm ---- */

bool
masquerade_heard(struct masquerade *m, const struct conf *c,
    const struct ip *ip, struct slice helo, struct slice domain,
    uint64_t now_ms)
{
	helo = trim_dot(helo);
	domain = trim_dot(domain);
	if (!counts(c, helo))
		helo = SLICE_EMPTY;
	if (!counts(c, domain))
		domain = SLICE_EMPTY;
	if (helo.n == 0 && domain.n == 0)
		return false;
	struct place *p = place_of(m, ip);
	if (p == NULL)
		p = place_take(m, ip);
	if (p == NULL)
		return false;
	forget_old(p, now_ms);
	if (helo.n > 0)
		note(m, p, helo, now_ms);
	if (domain.n > 0)
		note(m, p, domain, now_ms);
	bool stood = p->until_ms > 0;
	if (p->n == MASQUERADE_NAMES)
		p->until_ms = now_ms + MASQUERADE_WINDOW_MS;
	list_remove(&p->node);
	list_push_back(p->until_ms > 0 ? &m->raised : &m->heard, &p->node);
	return !stood && p->until_ms > 0;
}

bool
masquerade_end(struct masquerade *m, uint64_t now_ms, struct ip *out)
{
	LIST_FOREACH (n, &m->raised) {
		struct place *p = LIST_OWNER(n, struct place, node);
		if (now_ms < p->until_ms)
			continue;
		*out = p->ip;
		p->until_ms = 0;
		list_remove(&p->node);
		list_push_back(&m->heard, &p->node);
		return true;
	}
	return false;
}

bool
masquerade_next(const struct masquerade *m, size_t *cursor, struct ip *out)
{
	while (*cursor < MASQUERADE_ADDRESSES) {
		const struct place *p = &m->places[(*cursor)++];
		if (p->until_ms > 0) {
			*out = p->ip;
			return true;
		}
	}
	return false;
}

void
masquerade_evidence(
    const struct masquerade *m, const struct ip *ip, struct buf *out)
{
	const struct place *p = place_of(m, ip);
	if (p == NULL || p->until_ms == 0)
		return;
	buf_add_u64(out, MASQUERADE_NAMES);
	buf_add_str(out, " unrelated names within an hour:");
	for (size_t i = 0; i < p->n; i++) {
		buf_add_str(out, i > 0 ? ", " : " ");
		buf_add_escaped(
		    out, slice_of(p->names[i].shown, p->names[i].n));
	}
}
