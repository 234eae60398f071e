#include "role/lookup/verify.h"

#include <stdlib.h>

#define CAUSE_MAX 64
#define TEXT_MAX  512

struct entry {
	struct list node; /* of verify.order */
	struct verify *verify;
	struct buf address; /* the key */
	enum ipc_exists exists;
	struct buf cause, text;
	uint64_t until_ms; /* the answer counts until then */
	uint64_t ask;      /* 0: no question is out */
	const void *relay; /* who was asked */
	struct list waiters;
	struct timer patience;
};

void
verify_init(struct verify *v, struct loop *loop, const uint64_t seed[2],
    const void *(*send)(
	void *arg, uint64_t ask, struct slice nexthop, struct slice address),
    void *arg)
{
	*v = (struct verify){.loop = loop, .send = send, .arg = arg};
	map_init(&v->by_address, seed);
	map_init(&v->by_ask, seed);
	list_init(&v->order);
}

static const struct verify_answer not_now = {.exists = IPC_EXISTS_UNKNOWN,
    .cause = {(const uint8_t *)"local.io-error", 14},
    .text = {(const uint8_t *)"nobody is free to ask its server", 32}};

static const struct verify_answer too_slow = {.exists = IPC_EXISTS_UNKNOWN,
    .cause = {(const uint8_t *)"net.timeout", 11},
    .text = {(const uint8_t *)"its server takes too long to answer", 35}};

static void
settle(struct entry *e, const struct verify_answer *answer)
{
	timer_stop(&e->patience);
	struct list *node;
	while ((node = list_pop_front(&e->waiters)) != NULL) {
		struct verify_waiter *w =
		    LIST_OWNER(node, struct verify_waiter, node);
		w->done(w, answer);
	}
}

static void
remember(struct entry *e, const struct verify_answer *a)
{
	uint64_t keep = a->exists == IPC_EXISTS_YES  ? VERIFY_YES_MS
			: a->exists == IPC_EXISTS_NO ? VERIFY_NO_MS
						     : VERIFY_UNKNOWN_MS;
	e->exists = a->exists;
	buf_clear(&e->cause);
	buf_clear(&e->text);
	buf_add(&e->cause, slice_to(a->cause, CAUSE_MAX));
	buf_add(&e->text, slice_to(a->text, TEXT_MAX));
	e->until_ms = loop_now_ms(e->verify->loop) + keep;
}

static void
close_question(struct entry *e)
{
	if (e->ask != 0)
		(void)map_remove_u64(&e->verify->by_ask, e->ask);
	e->ask = 0;
	e->relay = NULL;
}

/* The client hears that it is not known; a late answer is still taken. */
static void
on_patience(void *arg)
{
	struct entry *e = arg;
	remember(e, &too_slow);
	settle(e, &too_slow);
}

static void
entry_free(struct entry *e)
{
	settle(e, &not_now);
	close_question(e);
	(void)map_remove(&e->verify->by_address, buf_slice(&e->address));
	list_remove(&e->node);
	e->verify->n--;
	buf_free(&e->address);
	buf_free(&e->cause);
	buf_free(&e->text);
	free(e);
}

static struct entry *
entry_new(struct verify *v, struct slice address)
{
	if (v->n >= VERIFY_ENTRIES)
		entry_free(LIST_OWNER(v->order.next, struct entry, node));
	struct entry *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	e->verify = v;
	buf_init(&e->address, address.n);
	buf_init(&e->cause, CAUSE_MAX);
	buf_init(&e->text, TEXT_MAX);
	list_init(&e->waiters);
	timer_init(&e->patience, v->loop, on_patience, e);
	buf_add(&e->address, address);
	if (buf_err(&e->address) != ERR_OK ||
	    map_put(&v->by_address, buf_slice(&e->address), e) != ERR_OK) {
		buf_free(&e->address);
		free(e);
		return NULL;
	}
	list_push_back(&v->order, &e->node);
	v->n++;
	return e;
}

void
verify_clear(struct verify *v)
{
	while (!list_empty(&v->order))
		entry_free(LIST_OWNER(v->order.next, struct entry, node));
}

void
verify_free(struct verify *v)
{
	verify_clear(v);
	map_free(&v->by_address);
	map_free(&v->by_ask);
}

/* Put the question; false: nobody could be asked. */
static bool
question(struct verify *v, struct entry *e, struct slice nexthop)
{
	e->ask = ++v->last_ask;
	if (map_put_u64(&v->by_ask, e->ask, e) != ERR_OK) {
		e->ask = 0;
		return false;
	}
	e->relay = v->send(v->arg, e->ask, nexthop, buf_slice(&e->address));
	if (e->relay != NULL)
		return true;
	close_question(e);
	return false;
}

void
verify_ask(struct verify *v, struct slice nexthop, struct slice address,
    struct verify_waiter *w)
{
	list_init(&w->node);
	struct entry *e = map_get(&v->by_address, address);
	if (e != NULL && e->until_ms > loop_now_ms(v->loop)) {
		const struct verify_answer known = {.exists = e->exists,
		    .cause = buf_slice(&e->cause),
		    .text = buf_slice(&e->text)};
		w->done(w, &known);
		return;
	}
	if (e == NULL)
		e = entry_new(v, address);
	if (e == NULL || (e->ask == 0 && !question(v, e, nexthop))) {
		w->done(w, &not_now);
		return;
	}
	list_push_back(&e->waiters, &w->node);
	if (!timer_active(&e->patience))
		timer_start(&e->patience, VERIFY_PATIENCE_MS);
}

void
verify_forget(struct verify_waiter *w)
{
	list_remove(&w->node);
}

void
verify_answered(
    struct verify *v, uint64_t ask, const struct verify_answer *answer)
{
	struct entry *e = map_get_u64(&v->by_ask, ask);
	if (e == NULL)
		return;
	close_question(e);
	remember(e, answer);
	settle(e, answer);
}

void
verify_lost(struct verify *v, const void *relay)
{
	LIST_FOREACH_SAFE (node, &v->order) {
		struct entry *e = LIST_OWNER(node, struct entry, node);
		if (e->ask == 0 || e->relay != relay)
			continue;
		close_question(e);
		settle(e, &not_now);
	}
}
