/* Claiming what is due: the longest due first, but nobody hidden behind the
 * long backlog of another.
 *
 * First the due recipients in order of time, a bounded number of rows. When
 * that bound is hit (the front is full of destinations that can take no
 * more), a walk over the destinations by name, each by two seeks, goes on
 * from where the last call left it. */
#include <stdlib.h>
#include <string.h>

#include "store/sqlite.h"

#define WALK_DOMAINS 256u

/* How many of each destination this call has taken. */
struct tally {
	struct slice domain;
	size_t n;
	struct tally *next;
};

#define BUCKETS 256u

struct claiming {
	struct store *s;
	struct store_claim *c;
	struct tally *bucket[BUCKETS];
	bool cut; /* a destination had more due than per_domain */
};

static int
by_bytes(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	return slice_cmp(*x, *y);
}

static bool
skipped(const struct store_claim *c, struct slice domain)
{
	return c->n_skip > 0 && bsearch(&domain, c->skip, c->n_skip,
				    sizeof(domain), by_bytes) != NULL;
}

/* NULL: no memory left in the arena. */
static struct tally *
tally_of(struct claiming *g, struct slice domain)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < domain.n; i++)
		h = (h ^ domain.p[i]) * 16777619u;
	struct tally **at = &g->bucket[(h ^ h >> 16) % BUCKETS];
	for (; *at != NULL; at = &(*at)->next)
		if (slice_eq((*at)->domain, domain))
			return *at;
	struct tally *t = arena_alloc(g->c->arena, sizeof(*t));
	if (t == NULL || !arena_slice(g->c->arena, domain, &t->domain))
		return NULL;
	*at = t;
	return t;
}

/* One candidate: into s->taken when its destination has room. */
static int
consider(struct claiming *g, id_t64 id, uint32_t n, struct slice domain)
{
	if (skipped(g->c, domain))
		return SQLITE_OK;
	struct tally *t = tally_of(g, domain);
	if (t == NULL)
		return SQLITE_NOMEM;
	if (t->n >= g->c->per_domain) {
		g->cut = true;
		return SQLITE_OK;
	}
	if (sq_keys_add(&g->s->taken, id, n) != ERR_OK)
		return SQLITE_NOMEM;
	t->n++;
	return SQLITE_OK;
}

static int
scan_due(struct claiming *g, size_t max_rows, bool *out_bound_hit)
{
	sqlite3_stmt *st = g->s->st[SQ_SCAN_DUE];
	size_t rows = 0;
	int rc = SQLITE_ROW, stepped = SQLITE_ROW;
	sq_bind_u64(st, 1, g->c->now_ms);
	sq_bind_u64(st, 2, max_rows);
	while (rc == SQLITE_ROW && g->s->taken.n < g->c->limit &&
	       (stepped = sqlite3_step(st)) == SQLITE_ROW) {
		rows++;
		rc = consider(
		    g, sq_u64(st, 0), (uint32_t)sq_u64(st, 1), sq_slice(st, 2));
		rc = rc == SQLITE_OK ? SQLITE_ROW : rc;
	}
	(void)sqlite3_reset(st);
	*out_bound_hit = rows == max_rows;
	if (rc != SQLITE_ROW)
		return rc;
	return stepped == SQLITE_ROW || stepped == SQLITE_DONE ? SQLITE_OK
							       : stepped;
}

/* The due ones of one destination. */
static int
scan_domain(struct claiming *g, struct slice domain)
{
	sqlite3_stmt *st = g->s->st[SQ_SCAN_DOMAIN];
	struct tally *t = tally_of(g, domain);
	if (t == NULL)
		return SQLITE_NOMEM;
	if (t->n >= g->c->per_domain)
		return SQLITE_OK; /* the first pass saw to it */
	size_t room = g->c->limit - g->s->taken.n;
	sq_bind_u64(st, 1, g->c->now_ms);
	sq_bind_u64(st, 2, room);
	sq_bind_text(st, 3, t->domain);
	size_t had = g->s->taken.n, seen = t->n;
	int rc;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		id_t64 id = sq_u64(st, 0);
		uint32_t n = (uint32_t)sq_u64(st, 1);
		bool twice = false;
		for (size_t i = 0; seen > 0 && i < had && !twice; i++)
			twice = g->s->taken.v[i].id == id &&
				g->s->taken.v[i].n == n;
		if (!twice && t->n >= g->c->per_domain)
			g->cut = true;
		if (twice || t->n >= g->c->per_domain)
			continue;
		if (sq_keys_add(&g->s->taken, id, n) != ERR_OK) {
			rc = SQLITE_NOMEM;
			break;
		}
		t->n++;
	}
	(void)sqlite3_reset(st);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The next destination by name after the walk's place; false: none. */
static int
walk_on(struct store *s, bool *out_there)
{
	sqlite3_stmt *st = s->st[SQ_NEXT_DOMAIN];
	sq_bind_text(st, 1, slice_of(s->walk, s->walk_n));
	int rc = sqlite3_step(st);
	*out_there = rc == SQLITE_ROW;
	if (rc == SQLITE_ROW) {
		struct slice d = slice_to(sq_slice(st, 0), sizeof(s->walk));
		memcpy(s->walk, d.p, d.n);
		s->walk_n = d.n;
	}
	(void)sqlite3_reset(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
walk_domains(struct claiming *g, bool *out_round)
{
	struct store *s = g->s;
	bool there;
	int rc = SQLITE_OK;
	*out_round = false;
	for (size_t i = 0; i < WALK_DOMAINS && s->taken.n < g->c->limit; i++) {
		rc = walk_on(s, &there);
		if (rc != SQLITE_OK)
			break;
		if (!there) {
			s->walk_n = 0;
			*out_round = true;
			break;
		}
		struct slice domain = slice_of(s->walk, s->walk_n);
		if (!skipped(g->c, domain))
			rc = scan_domain(g, domain);
		if (rc != SQLITE_OK)
			break;
	}
	return rc;
}

static int
read_envelope(
    struct store *s, id_t64 id, struct arena *a, struct store_envelope *out)
{
	sqlite3_stmt *st = s->st[SQ_ENVELOPE];
	sq_bind_u64(st, 1, id);
	int rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		out->id = sq_u64(st, 0);
		out->arrived_ms = sq_u64(st, 1);
		out->size = sq_u64(st, 2);
		out->flags = (uint32_t)sq_u64(st, 3);
		if (!sq_keep(st, 4, a, &out->sender) ||
		    !sq_keep(st, 5, a, &out->extra))
			rc = SQLITE_NOMEM;
	} else if (rc == SQLITE_DONE) {
		rc = SQLITE_CORRUPT; /* a recipient without its message */
	}
	(void)sqlite3_reset(st);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int
read_recipient(struct store *s, struct sq_key k, struct arena *a,
    struct store_claimed *out)
{
	sqlite3_stmt *st = s->st[SQ_CLAIMED];
	sq_bind_u64(st, 1, k.id);
	sq_bind_u64(st, 2, k.n);
	int rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		out->recipient.n = k.n;
		out->attempts = (uint32_t)sq_u64(st, 3);
		out->last_try_ms = sq_u64(st, 4);
		out->warned = (sq_u64(st, 5) & SQ_MARK_WARNED) != 0;
		out->released = (sq_u64(st, 5) & SQ_MARK_RELEASED) != 0;
		if (!sq_keep(st, 0, a, &out->recipient.address) ||
		    !sq_keep(st, 1, a, &out->recipient.domain) ||
		    !sq_keep(st, 2, a, &out->recipient.original))
			rc = SQLITE_NOMEM;
	}
	(void)sqlite3_reset(st);
	return rc == SQLITE_ROW    ? SQLITE_OK
	       : rc == SQLITE_DONE ? SQLITE_CORRUPT
				   : rc;
}

static int
take(struct claiming *g)
{
	struct store *s = g->s;
	struct store_claim *c = g->c;
	size_t n = s->taken.n;
	if (n == 0)
		return SQLITE_OK;
	c->claimed = arena_alloc(c->arena, n * sizeof(*c->claimed));
	if (c->claimed == NULL)
		return SQLITE_NOMEM;
	int rc = SQLITE_OK;
	for (size_t i = 0; rc == SQLITE_OK && i < n; i++) {
		struct store_claimed *out = &c->claimed[i];
		struct sq_key k = s->taken.v[i];
		sqlite3_stmt *st = s->st[SQ_TAKE];
		sq_bind_u64(st, 1, k.id);
		sq_bind_u64(st, 2, k.n);
		sq_bind_u64(st, 3, s->options.owner);
		rc = sq_done(st);
		if (rc == SQLITE_OK)
			rc = read_recipient(s, k, c->arena, out);
		if (rc == SQLITE_OK && i > 0 && s->taken.v[i - 1].id == k.id)
			out->envelope = c->claimed[i - 1].envelope;
		else if (rc == SQLITE_OK)
			rc = read_envelope(s, k.id, c->arena, &out->envelope);
	}
	c->n_claimed = rc == SQLITE_OK ? n : 0;
	return rc;
}

int
sq_claim(struct store *s, struct store_claim *c)
{
	struct claiming g = {.s = s, .c = c};
	bool bound_hit = false, round = true;
	c->claimed = NULL;
	c->n_claimed = 0;
	int rc = SQLITE_OK;
	if (c->limit > 0)
		rc = scan_due(&g, c->limit * 4 + 256, &bound_hit);
	if (rc == SQLITE_OK && bound_hit && s->taken.n < c->limit)
		rc = walk_domains(&g, &round);
	c->more = (c->limit > 0 && s->taken.n >= c->limit) || !round || g.cut;
	if (rc == SQLITE_OK)
		rc = take(&g);
	if (rc == SQLITE_OK) {
		sq_bind_u64(s->st[SQ_NEXT_DUE], 1, c->now_ms);
		rc = sq_number(s->st[SQ_NEXT_DUE], 0, &c->next_due_ms);
	}
	return rc;
}
