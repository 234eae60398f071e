#include "sched/fair.h"

#include "sched/retry.h"

void
fair_init(struct fair *f, const struct fair_limits *limits)
{
	f->limits = *limits;
	f->active = 0;
	list_init(&f->ready);
}

void
fair_limit(struct fair *f, const struct fair_limits *limits)
{
	f->limits = *limits;
}

void
fair_dest_init(const struct fair *f, struct fair_dest *d)
{
	*d = (struct fair_dest){.window = f->limits.window_start};
	list_init(&d->node);
	list_init(&d->queue);
}

/* In the round exactly when it has work and room. Dead ones stay in it: only
 * fair_next knows the time. */
static void
place(struct fair *f, struct fair_dest *d)
{
	uint32_t window =
	    d->window < f->limits.window_max ? d->window : f->limits.window_max;
	if (d->waiting == 0 || d->active >= window)
		list_remove(&d->node);
	else if (list_empty(&d->node))
		list_push_back(&f->ready, &d->node);
}

void
fair_add(struct fair *f, struct fair_dest *d, struct fair_item *item)
{
	list_push_back(&d->queue, &item->node);
	d->waiting++;
	place(f, d);
}

void
fair_drop(struct fair *f, struct fair_dest *d, struct fair_item *item)
{
	list_remove(&item->node);
	d->waiting--;
	place(f, d);
}

struct fair_item *
fair_shed(struct fair *f, struct fair_dest *d)
{
	struct list *n = list_pop_front(&d->queue);
	if (n == NULL)
		return NULL;
	d->waiting--;
	place(f, d);
	return LIST_OWNER(n, struct fair_item, node);
}

bool
fair_dead(const struct fair *f, const struct fair_dest *d, uint64_t now_ms)
{
	uint64_t longest = f->limits.backoff_max_ms;
	longest += longest / 100 * RETRY_JITTER_PERCENT + RETRY_JITTER_PERCENT;
	return now_ms < d->dead_until_ms &&
	       d->dead_until_ms - now_ms <= longest;
}

struct fair_item *
fair_next(struct fair *f, uint64_t now_ms, struct fair_dest **out_dest)
{
	if (f->active >= f->limits.total)
		return NULL;
	LIST_FOREACH_SAFE (it, &f->ready) {
		struct fair_dest *d = LIST_OWNER(it, struct fair_dest, node);
		if (fair_dead(f, d, now_ms))
			continue;
		struct list *n = list_pop_front(&d->queue);
		d->waiting--;
		d->active++;
		f->active++;
		list_remove(&d->node); /* to the end of the round */
		place(f, d);
		*out_dest = d;
		return LIST_OWNER(n, struct fair_item, node);
	}
	return NULL;
}

static void
failed(struct fair *f, struct fair_dest *d, uint64_t now_ms, uint32_t random)
{
	const struct fair_limits *l = &f->limits;
	d->window = d->window > 1 ? d->window / 2 : 1;
	if (d->failures < l->failures_max)
		d->failures++;
	if (d->failures < l->failures_max || fair_dead(f, d, now_ms))
		return;
	d->backoff_ms = d->backoff_ms > 0 ? d->backoff_ms * 2 : l->backoff_ms;
	if (d->backoff_ms > l->backoff_max_ms)
		d->backoff_ms = l->backoff_max_ms;
	d->dead_until_ms = now_ms + retry_jitter(d->backoff_ms, random);
	d->window = 1;
}

void
fair_done(struct fair *f, struct fair_dest *d, enum fair_result result,
    uint64_t now_ms, uint32_t random)
{
	d->active--;
	f->active--;
	switch (result) {
	case FAIR_OK:
		d->failures = 0;
		d->backoff_ms = 0;
		d->dead_until_ms = 0;
		if (d->window < f->limits.window_max)
			d->window++;
		break;
	case FAIR_FAILED:
		failed(f, d, now_ms, random);
		break;
	case FAIR_NONE:
	default:
		break;
	}
	place(f, d);
}

bool
fair_idle(const struct fair *f, const struct fair_dest *d, uint64_t now_ms)
{
	return d->waiting == 0 && d->active == 0 && !fair_dead(f, d, now_ms);
}
