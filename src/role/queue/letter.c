/* letter.c - a message in memory, and its jobs: one next hop each. */
#include "role/queue/queue.h"

#include <stdlib.h>
#include <string.h>

#include "os/log.h"

#define LETTER_MEM (64u << 20) /* addresses of one message */
#define DEST_MEM   (256u << 10)
#define JOB_MEM    (1u << 20)
/* Given back when its destination has no room: come again in a while. */
#define NO_ROOM_MS 5000u
/* Octets of addresses in one job: with a body of 64 KiB beside them they fit a
 * frame. */
#define ADDRESSES_MAX (40u * 1024)
/* Recipients looked at for company in one job. */
#define LOOK_AHEAD 256u

struct letter *
letter_new(struct queue *q, const struct store_envelope *e)
{
	struct letter *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	arena_init(&l->mem, LETTER_MEM);
	l->refs = 1;
	l->envelope = *e;
	l->notice = e->sender.n == 0;
	list_push_back(&q->letters, &l->node);
	if ((e->sender.n > 0 &&
		!arena_slice(&l->mem, e->sender, &l->envelope.sender)) ||
	    (e->extra.n > 0 &&
		!arena_slice(&l->mem, e->extra, &l->envelope.extra))) {
		letter_unref(q, l);
		return NULL;
	}
	return l;
}

void
letter_unref(struct queue *q, struct letter *l)
{
	if (--l->refs > 0)
		return;
	if (l->body != NULL)
		q->bodies -= l->body_n;
	free(l->body);
	list_remove(&l->node);
	arena_reset(&l->mem);
	free(l);
}

/* ---- destinations ---- */

enum err
letter_route(struct queue *q, struct slice domain, struct route *out)
{
	return route_find(q->role->conf, domain, out);
}

/* What stands before the first variable part: "/var/mail" of
 * "/var/mail/%d/%u". */
static struct slice
mail_root(struct slice path)
{
	struct slice fixed = slice_to(path, slice_find(path, '%'));
	size_t cut = slice_rfind(fixed, '/');
	return cut == 0 || cut >= fixed.n ? SLICE("/") : slice_to(fixed, cut);
}

static void
key_of(const struct queue *q, const struct route *r, struct slice domain,
    struct buf *key)
{
	if (r->hop.kind == NEXTHOP_MAILDIR) {
		struct slice user = r->domain != NULL && r->domain->user.n > 0
					? r->domain->user
					: q->role->conf->user;
		buf_add_str(key, "local ");
		buf_add(key, user);
		buf_add_byte(key, ' ');
		buf_add(key, mail_root(r->hop.path));
		return;
	}
	nexthop_text(&r->hop, key);
	if (r->hop.kind == NEXTHOP_MX || r->hop.kind == NEXTHOP_HOLD) {
		buf_add_byte(key, ' ');
		buf_add(key, domain);
	}
}

static bool
keep_names(
    struct queue *q, struct dest *d, const struct route *r, struct slice key)
{
	struct buf hop;
	buf_init(&hop, 4096);
	nexthop_text(&r->hop, &hop);
	bool ok = buf_err(&hop) == ERR_OK &&
		  arena_slice(&d->mem, key, &d->key) &&
		  arena_slice(&d->mem, buf_slice(&hop), &d->hop);
	buf_free(&hop);
	if (!ok || d->kind != NEXTHOP_MAILDIR)
		return ok;
	struct slice user = r->domain != NULL && r->domain->user.n > 0
				? r->domain->user
				: q->role->conf->user;
	return (user.n == 0 || arena_slice(&d->mem, user, &d->user)) &&
	       arena_slice(&d->mem, mail_root(r->hop.path), &d->root);
}

static void
dest_free(struct dest *d)
{
	arena_reset(&d->mem);
	free(d);
}

static struct dest *
dest_new(struct queue *q, const struct route *r, struct slice key)
{
	struct dest *d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	arena_init(&d->mem, DEST_MEM);
	list_init(&d->lobby);
	d->kind = r->hop.kind;
	d->group = d->kind == NEXTHOP_MAILDIR ? &q->local : &q->remote;
	d->hash = hash_siphash(q->role->seed, key);
	fair_dest_init(d->group, &d->fair);
	if (!keep_names(q, d, r, key) ||
	    map_put(&q->dests, d->key, d) != ERR_OK) {
		dest_free(d);
		return NULL;
	}
	return d;
}

/* The destination if it is known; with make also if it is not. */
static struct dest *
find_dest(
    struct queue *q, const struct route *r, struct slice domain, bool make)
{
	struct buf key;
	struct dest *d = NULL;
	buf_init(&key, 8192);
	key_of(q, r, domain, &key);
	if (buf_err(&key) == ERR_OK)
		d = map_get(&q->dests, buf_slice(&key));
	if (d == NULL && make && buf_err(&key) == ERR_OK)
		d = dest_new(q, r, buf_slice(&key));
	buf_free(&key);
	return d;
}

struct dest *
dest_of(struct queue *q, const struct route *r, struct slice domain)
{
	struct dest *d = find_dest(q, r, domain, true);
	if (d == NULL)
		return NULL;
	for (size_t i = 0; i < d->n_domains; i++)
		if (slice_eq(d->domains[i], domain))
			return d;
	if (d->n_domains < DEST_DOMAINS && domain.n > 0 &&
	    arena_slice(&d->mem, domain, &d->domains[d->n_domains]))
		d->n_domains++;
	return d;
}

void
dest_sweep(struct queue *q)
{
	size_t cursor = 0;
	struct dest *d;
	uint64_t now = queue_now(q);
	while ((d = map_next(&q->dests, &cursor)) != NULL)
		if (fair_idle(d->group, &d->fair, now) &&
		    list_empty(&d->lobby)) {
			(void)map_remove(&q->dests, d->key);
			dest_free(d);
		}
}

bool
letter_room(struct queue *q, const struct store_recipient *v, size_t n)
{
	struct route route;
	if (q->n_jobs + n > JOBS_MAX || q->bodies > BODIES_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (letter_route(q, v[i].domain, &route) != ERR_OK)
			continue;
		if (route.hop.kind == NEXTHOP_HOLD)
			return false;
		struct dest *d = find_dest(q, &route, v[i].domain, false);
		if (d != NULL &&
		    (d->fair.waiting >= DEST_WAITING ||
			fair_dead(d->group, &d->fair, queue_now(q))))
			return false;
	}
	return true;
}

/* ---- jobs ---- */

void
job_free(struct queue *q, struct job *j)
{
	list_remove(&j->node);
	(void)map_remove_u64(&q->jobs_by_number, j->number);
	q->n_jobs--;
	arena_reset(&j->mem);
	letter_unref(q, j->letter);
	free(j);
}

static struct job *
job_new(struct queue *q, struct letter *l, struct dest *d, size_t n)
{
	struct job *j = calloc(1, sizeof(*j) + n * sizeof(j->rcpts[0]));
	if (j == NULL)
		return NULL;
	arena_init(&j->mem, JOB_MEM);
	list_init(&j->item.node);
	j->number = ++q->next_job;
	j->dest = d;
	if (map_put_u64(&q->jobs_by_number, j->number, j) != ERR_OK) {
		free(j);
		return NULL;
	}
	j->letter = l;
	l->refs++;
	list_push_back(&q->jobs, &j->node);
	q->n_jobs++;
	return j;
}

/* What cannot become a job is given back, to be claimed again. */
static void
give_back(struct queue *q, const struct letter *l, const struct claimed_rcpt *v,
    size_t n, uint64_t later_ms)
{
	for (size_t i = 0; i < n; i++)
		outcome_return(q, l->envelope.id, &v[i].rcpt.n, 1, later_ms);
}

static void
fail_at_once(struct queue *q, struct letter *l, const struct claimed_rcpt *c,
    struct slice cause, struct slice reply)
{
	struct job *j = job_new(q, l, NULL, 1);
	if (j == NULL) {
		give_back(q, l, c, 1, NO_ROOM_MS);
		return;
	}
	j->rcpts[0] = c->rcpt;
	j->n_rcpts = 1;
	outcome_one(q, j, &j->rcpts[0], IPC_FAILED, cause, reply, SLICE_EMPTY);
	outcome_end(q, j, 0);
}

void
letter_fail(struct queue *q, struct letter *l, struct claimed_rcpt *v, size_t n,
    struct slice cause, struct slice reply)
{
	for (size_t i = 0; i < n; i++)
		fail_at_once(q, l, &v[i], cause, reply);
}

/* The route of one claimed recipient. "hold" stands for recipients that no
 * operator has released; released ones go by MX. */
static bool
route_claimed(struct queue *q, struct letter *l, const struct claimed_rcpt *c,
    struct route *out)
{
	if (letter_route(q, c->rcpt.domain, out) != ERR_OK) {
		fail_at_once(q, l, c, SLICE("recipient.unknown"),
		    SLICE("550 5.1.2 The address literal is no IP address"));
		return false;
	}
	if (out->hop.kind == NEXTHOP_HOLD && c->released)
		out->hop = (struct nexthop){.kind = NEXTHOP_MX};
	return true;
}

static void
job_queue(struct queue *q, struct job *j)
{
	struct dest *d = j->dest;
	if (d->kind == NEXTHOP_HOLD) {
		outcome_park(q, j, NULL);
		return;
	}
	if (fair_dead(d->group, &d->fair, queue_now(q))) {
		for (size_t i = 0; i < j->n_rcpts; i++)
			outcome_one(q, j, &j->rcpts[i], IPC_DEFERRED,
			    slice_str(d->cause), slice_str(d->reply),
			    SLICE_EMPTY);
		outcome_end(q, j, 0);
		return;
	}
	fair_add(d->group, &d->fair, &j->item);
}

static bool
same_way(struct queue *q, const struct dest *d, const struct claimed_rcpt *a,
    const struct claimed_rcpt *b)
{
	struct route route;
	if (a->released != b->released)
		return false;
	if (slice_eq(a->rcpt.domain, b->rcpt.domain))
		return true;
	return letter_route(q, b->rcpt.domain, &route) == ERR_OK &&
	       route.hop.kind != NEXTHOP_HOLD &&
	       dest_of(q, &route, b->rcpt.domain) == d;
}

/* From v[0] on: all that go the same way as the first, into one job. Those
 * taken are marked by state RCPT_DONE in v. */
static void
next_job(struct queue *q, struct letter *l, struct claimed_rcpt *v, size_t n)
{
	struct route route;
	if (!route_claimed(q, l, &v[0], &route)) {
		v[0].rcpt.state = RCPT_DONE;
		return;
	}
	struct dest *d = dest_of(q, &route, v[0].rcpt.domain);
	size_t most =
	    d == NULL || d->kind == NEXTHOP_MAILDIR
		? 1
		: (size_t)q->role->conf->limits.recipients_per_delivery;
	most = most < n ? most : n;
	struct job *j = d != NULL && d->fair.waiting < DEST_WAITING * 2
			    ? job_new(q, l, d, most)
			    : NULL;
	if (j == NULL) {
		v[0].rcpt.state = RCPT_DONE;
		give_back(q, l, v, 1, NO_ROOM_MS);
		return;
	}
	size_t octets = 0;
	for (size_t i = 0; i < n && i < LOOK_AHEAD && j->n_rcpts < most; i++) {
		if (v[i].rcpt.state == RCPT_DONE ||
		    !same_way(q, d, &v[0], &v[i]))
			continue;
		octets += v[i].rcpt.address.n;
		if (octets > ADDRESSES_MAX && j->n_rcpts > 0)
			break;
		j->rcpts[j->n_rcpts++] = v[i].rcpt;
		v[i].rcpt.state = RCPT_DONE;
	}
	job_queue(q, j);
}

void
letter_jobs(struct queue *q, struct letter *l, struct claimed_rcpt *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].rcpt.state == RCPT_OPEN)
			next_job(q, l, v + i, n - i);
	dispatch_soon(q);
}
