#include "io/loop.h"

#include <stdlib.h>

#include "io/loop_internal.h"
#include "os/clock.h"

/* --- the heap of timers: a pairing heap, ordered by key ---------------- */

static struct timer *
heap_merge(struct timer *a, struct timer *b)
{
	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (b->key < a->key) {
		struct timer *t = a;
		a = b;
		b = t;
	}
	b->next = a->child;
	if (a->child != NULL)
		a->child->prev = b;
	b->prev = a;
	a->child = b;
	a->next = a->prev = NULL;
	return a;
}

/* Join siblings two by two, then the pairs from the last to the first. */
static struct timer *
heap_merge_pairs(struct timer *first)
{
	struct timer *pairs = NULL;
	while (first != NULL) {
		struct timer *a = first, *b = a->next;
		first = b != NULL ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b != NULL)
			b->next = b->prev = NULL;
		a = heap_merge(a, b);
		a->next = pairs;
		pairs = a;
	}
	struct timer *root = NULL;
	while (pairs != NULL) {
		struct timer *rest = pairs->next;
		pairs->next = NULL;
		root = heap_merge(root, pairs);
		pairs = rest;
	}
	return root;
}

static void
heap_insert(struct loop *l, struct timer *t)
{
	t->child = t->next = t->prev = NULL;
	l->timers = heap_merge(l->timers, t);
}

static void
heap_remove(struct loop *l, struct timer *t)
{
	struct timer *below = heap_merge_pairs(t->child);
	if (l->timers == t) {
		l->timers = below;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next != NULL)
			t->next->prev = t->prev;
		l->timers = heap_merge(l->timers, below);
	}
	t->child = t->next = t->prev = NULL;
}

/* --- timers ------------------------------------------------------------ */

void
timer_init(struct timer *t, struct loop *l, void (*cb)(void *arg), void *arg)
{
	*t = (struct timer){.loop = l, .cb = cb, .arg = arg};
}

/* A timer moved further out stays where the heap has it and is put right when
 * its old time comes: most are moved many times and fire never. */
void
timer_start(struct timer *t, uint64_t after_ms)
{
	t->due = loop_now_ms(t->loop) + (after_ms > 0 ? after_ms : 1);
	if (t->key != 0) {
		if (t->due >= t->key)
			return;
		heap_remove(t->loop, t);
	}
	t->key = t->due;
	heap_insert(t->loop, t);
}

void
timer_stop(struct timer *t)
{
	if (t->key != 0)
		heap_remove(t->loop, t);
	t->due = t->key = 0;
}

bool
timer_active(const struct timer *t)
{
	return t->due != 0;
}

static void
timers_run(struct loop *l)
{
	uint64_t now = loop_now_ms(l);
	while (l->timers != NULL && l->timers->key <= now) {
		struct timer *t = l->timers;
		heap_remove(l, t);
		if (t->due > now) {
			t->key = t->due;
			heap_insert(l, t);
			continue;
		}
		t->due = t->key = 0;
		t->cb(t->arg);
	}
}

static void
on_tick(uv_timer_t *h)
{
	struct loop *l = h->data;
	l->armed = 0;
	timers_run(l);
}

static void
tick_set(struct loop *l)
{
	uint64_t key = l->timers != NULL ? l->timers->key : 0;
	if (l->virtual_time || key == l->armed)
		return;
	l->armed = key;
	if (key == 0) {
		uv_timer_stop(&l->tick);
		return;
	}
	uint64_t now = uv_now(&l->uv);
	uv_timer_start(&l->tick, on_tick, key > now ? key - now : 0, 0);
}

/* --- deferred work ----------------------------------------------------- */

void
defer_init(struct defer *d, void (*cb)(void *arg), void *arg)
{
	list_init(&d->node);
	d->cb = cb;
	d->arg = arg;
}

void
loop_defer(struct loop *l, struct defer *d)
{
	if (list_empty(&d->node))
		list_push_back(&l->deferred, &d->node);
}

void
defer_cancel(struct defer *d)
{
	list_remove(&d->node);
}

/* One round; what a round queues anew waits for the next one. */
static void
deferred_run(struct loop *l)
{
	list_push_back(&l->deferred, &l->round_end);
	for (;;) {
		struct list *n = list_pop_front(&l->deferred);
		if (n == &l->round_end)
			return;
		struct defer *d = LIST_OWNER(n, struct defer, node);
		d->cb(d->arg);
	}
}

static void
on_idle(uv_idle_t *h)
{
	(void)h; /* active only so that the loop does not wait */
}

static void
on_prepare(uv_prepare_t *h)
{
	struct loop *l = h->data;
	deferred_run(l);
	if (list_empty(&l->deferred))
		uv_idle_stop(&l->idle);
	else
		uv_idle_start(&l->idle, on_idle);
	tick_set(l);
}

static void
on_check(uv_check_t *h)
{
	deferred_run(h->data);
}

/* --- the loop ---------------------------------------------------------- */

struct loop *
loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));
	uint8_t *scratch = malloc(LOOP_SCRATCH_SIZE);
	if (l == NULL || scratch == NULL || uv_loop_init(&l->uv) != 0) {
		free(l);
		free(scratch);
		return NULL;
	}
	l->scratch = scratch;
	list_init(&l->deferred);
	l->tick.data = l->prepare.data = l->check.data = l->idle.data = l;
	/* These four cannot fail: libuv only links them in. */
	uv_timer_init(&l->uv, &l->tick);
	uv_idle_init(&l->uv, &l->idle);
	uv_prepare_init(&l->uv, &l->prepare);
	uv_check_init(&l->uv, &l->check);
	uv_prepare_start(&l->prepare, on_prepare);
	uv_check_start(&l->check, on_check);
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	while (!list_empty(&l->deferred))
		deferred_run(l);
	uv_close((uv_handle_t *)&l->tick, NULL);
	uv_close((uv_handle_t *)&l->idle, NULL);
	uv_close((uv_handle_t *)&l->prepare, NULL);
	uv_close((uv_handle_t *)&l->check, NULL);
	uv_run(&l->uv, UV_RUN_NOWAIT);
	free(l->scratch);
	l->scratch = NULL;
	/* With handles left open the memory must stay: they point into it. */
	if (uv_loop_close(&l->uv) == 0)
		free(l);
}

void
loop_run(struct loop *l)
{
	uv_run(&l->uv, UV_RUN_DEFAULT);
}

void
loop_stop(struct loop *l)
{
	uv_stop(&l->uv);
}

static void
step_over(void *arg)
{
	(void)arg; /* the wait ends because a timer fired */
}

void
loop_step(struct loop *l, unsigned wait_ms)
{
	if (wait_ms == 0 || l->virtual_time) {
		uv_run(&l->uv, UV_RUN_NOWAIT);
		return;
	}
	struct timer limit;
	uv_update_time(&l->uv);
	timer_init(&limit, l, step_over, NULL);
	timer_start(&limit, wait_ms);
	uv_run(&l->uv, UV_RUN_ONCE);
	timer_stop(&limit);
}

uint64_t
loop_now_ms(const struct loop *l)
{
	return l->virtual_time ? l->now_ms : uv_now(&l->uv);
}

uint64_t
loop_unix_ms(const struct loop *l)
{
	return l->virtual_time ? l->unix_ms : clock_unix_ms();
}

uint8_t *
loop_scratch(struct loop *l)
{
	return l->scratch;
}

/* --- virtual time ------------------------------------------------------ */

void
loop_set_virtual(struct loop *l, uint64_t unix_ms)
{
	l->now_ms = uv_now(&l->uv);
	l->unix_ms = unix_ms;
	l->virtual_time = true;
	uv_timer_stop(&l->tick);
	l->armed = 0;
}

/* Descriptors have their turn until none has anything more to say; the bound
 * stops two ends that talk for ever. */
static void
virtual_settle(struct loop *l)
{
	for (int i = 0; i < 1000; i++) {
		uint64_t before = l->activity;
		uv_run(&l->uv, UV_RUN_NOWAIT);
		if (l->activity == before && list_empty(&l->deferred))
			return;
	}
}

static void
virtual_to(struct loop *l, uint64_t now_ms)
{
	l->unix_ms += now_ms - l->now_ms;
	l->now_ms = now_ms;
	timers_run(l);
	virtual_settle(l);
}

void
loop_advance(struct loop *l, uint64_t ms)
{
	uint64_t end = l->now_ms + ms;
	virtual_settle(l);
	while (l->timers != NULL && l->timers->key <= end)
		virtual_to(
		    l, l->timers->key > l->now_ms ? l->timers->key : l->now_ms);
	virtual_to(l, end);
}
