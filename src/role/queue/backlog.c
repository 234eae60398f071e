/* backlog.c - what waits on disk comes into memory when it is due and there
 * is room. Between claims the backlog costs no memory at all. */
#include "role/queue/queue.h"

#include <stdlib.h>

#include "os/log.h"

#define CLAIM_MAX     500u
#define CLAIM_MEM     (16u << 20)
#define CLAIM_DOMAIN  200u
#define PAUSE_MS      50u /* after a claim that found nothing to take */
#define FAILED_MS     1000u
#define LOOK_AGAIN_MS (15u * 60 * 1000) /* whatever the clock did */

struct claim {
	struct txn txn;
	struct store_claim c;
	struct arena mem;
};

static int
by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* The domains of destinations that can take no more, for the store to pass
 * over. false: no memory. */
static bool
full_ones(struct queue *q, struct claim *k)
{
	size_t n = 0, cursor = 0;
	struct dest *d;
	while ((d = map_next(&q->dests, &cursor)) != NULL)
		if (d->fair.waiting >= DEST_WAITING)
			n += d->n_domains;
	if (n == 0)
		return true;
	struct slice *v = arena_alloc(&k->mem, n * sizeof(*v));
	if (v == NULL)
		return false;
	n = 0;
	cursor = 0;
	while ((d = map_next(&q->dests, &cursor)) != NULL)
		for (size_t i = 0;
		     d->fair.waiting >= DEST_WAITING && i < d->n_domains; i++)
			if (!arena_slice(&k->mem, d->domains[i], &v[n++]))
				return false;
	qsort(v, n, sizeof(*v), by_bytes);
	k->c.skip = v;
	k->c.n_skip = n;
	return true;
}

static bool
copy_rcpt(
    struct letter *l, const struct store_claimed *c, struct claimed_rcpt *out)
{
	const struct store_recipient *from = &c->recipient;
	struct rcpt *r = &out->rcpt;
	*out = (struct claimed_rcpt){.released = c->released};
	r->n = from->n;
	r->attempts = c->attempts;
	r->last_try_ms = c->last_try_ms;
	r->warned = c->warned;
	return (from->address.n == 0 ||
		   arena_slice(&l->mem, from->address, &r->address)) &&
	       (from->domain.n == 0 ||
		   arena_slice(&l->mem, from->domain, &r->domain)) &&
	       (from->original.n == 0 ||
		   arena_slice(&l->mem, from->original, &r->original));
}

/* Recipients of one message, which stand together. */
static void
take_message(struct queue *q, const struct store_claimed *v, size_t n)
{
	struct letter *l = letter_new(q, &v[0].envelope);
	struct claimed_rcpt *c =
	    l != NULL ? arena_alloc(&l->mem, n * sizeof(*c)) : NULL;
	bool ok = c != NULL;
	for (size_t i = 0; ok && i < n; i++)
		ok = copy_rcpt(l, &v[i], &c[i]);
	if (ok)
		letter_jobs(q, l, c, n);
	else
		for (size_t i = 0; i < n; i++)
			outcome_return(q, v[i].envelope.id, &v[i].recipient.n,
			    1, FAILED_MS);
	if (l != NULL)
		letter_unref(q, l);
}

static int
by_message(const void *a, const void *b)
{
	const struct store_claimed *x = a, *y = b;
	if (x->envelope.id != y->envelope.id)
		return x->envelope.id < y->envelope.id ? -1 : 1;
	return x->recipient.n < y->recipient.n   ? -1
	       : x->recipient.n > y->recipient.n ? 1
						 : 0;
}

static void
wait_for(struct queue *q, uint64_t ms)
{
	timer_start(&q->claim_timer, ms < LOOK_AGAIN_MS ? ms : LOOK_AGAIN_MS);
}

/* When to look again: at once, when something falls due, or when somebody
 * wakes us. */
static void
plan(struct queue *q, const struct store_claim *c, bool failed)
{
	uint64_t now = queue_now(q);
	if (failed)
		wait_for(q, FAILED_MS);
	else if (q->backlog || c->more || c->n_skip > 0)
		wait_for(q, c->n_claimed > 0 ? 0 : PAUSE_MS);
	else if (c->next_due_ms != 0)
		wait_for(q, c->next_due_ms > now ? c->next_due_ms - now : 0);
	else
		wait_for(q, LOOK_AGAIN_MS);
}

static void
claimed(struct txn *txn, void *arg)
{
	struct queue *q = arg;
	struct claim *k = LIST_OWNER(txn, struct claim, txn);
	struct store_claimed *v = k->c.claimed;
	size_t n = txn->err == ERR_OK ? k->c.n_claimed : 0;
	q->claiming = false;
	if (txn->err != ERR_OK)
		log_line(LOG_ERROR, "claim-failed", "cause=%s why=\"%s\"",
		    txn->diag.cause, txn->diag.text);
	if (n > 0)
		qsort(v, n, sizeof(*v), by_message);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1;
		     end < n && v[end].envelope.id == v[i].envelope.id; end++)
			;
		take_message(q, v + i, end - i);
	}
	plan(q, &k->c, txn->err != ERR_OK);
	arena_reset(&k->mem);
	free(k);
}

static void
look(void *arg)
{
	struct queue *q = arg;
	if (q->claiming || q->role->draining || !q->running)
		return;
	if (q->n_jobs >= JOBS_LOW) {
		wait_for(q, PAUSE_MS);
		return;
	}
	struct claim *k = calloc(1, sizeof(*k));
	if (k == NULL) {
		wait_for(q, FAILED_MS);
		return;
	}
	arena_init(&k->mem, CLAIM_MEM);
	k->c = (struct store_claim){.now_ms = queue_now(q),
	    .limit = CLAIM_MAX,
	    .per_domain = CLAIM_DOMAIN,
	    .arena = &k->mem};
	if (!full_ones(q, k))
		log_line(LOG_WARNING, "claim-blind", "why=\"out of memory\"");
	k->txn.claim = &k->c;
	k->txn.patient = true;
	k->txn.done = claimed;
	q->claiming = true;
	q->backlog = false;
	writer_give(&q->writer, &k->txn);
}

void
backlog_wake(struct queue *q)
{
	q->backlog = true;
	if (!q->claiming)
		wait_for(q, 0);
}

void
backlog_init(struct queue *q)
{
	timer_init(&q->claim_timer, q->role->loop, look, q);
}
