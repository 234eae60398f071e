#include <stdlib.h>

#include "os/log.h"
#include "role/lookup/lookup.h"

/* A question that waits for a next hop. */
struct ask {
	struct list node;
	struct verify_waiter waiter;
	struct lookup *lookup;
	struct chan *chan;
	uint64_t id;
	uint8_t dom_class;
	struct buf fallback; /* of a postmaster, or empty */
};

static void
say_target(struct chan *c, uint64_t ask, struct slice address)
{
	struct ipc_msg m = {.type = IPC_rcpt_target, .fd = -1};
	m.rcpt_target.ask = ask;
	m.rcpt_target.address = address;
	(void)role_send(c, &m);
}

static void
say_answer(struct chan *c, const struct ipc_rcpt_answer *a)
{
	struct ipc_msg m = {.type = IPC_rcpt_answer, .fd = -1};
	m.rcpt_answer = *a;
	(void)role_send(c, &m);
}

static void
ask_free(struct ask *q)
{
	list_remove(&q->node);
	verify_forget(&q->waiter);
	buf_free(&q->fallback);
	free(q);
}

static void
on_verified(struct verify_waiter *w, const struct verify_answer *v)
{
	struct ask *q = LIST_OWNER(w, struct ask, waiter);
	struct ipc_rcpt_answer a = {.ask = q->id,
	    .dom_class = q->dom_class,
	    .exists = (uint8_t)v->exists,
	    .cause = v->cause,
	    .text = v->text};
	/* Mail to postmaster is always taken (RFC 5321 4.5.1). */
	if (v->exists != IPC_EXISTS_YES && q->fallback.n > 0) {
		if (v->exists == IPC_EXISTS_NO)
			say_target(q->chan, q->id, buf_slice(&q->fallback));
		a.exists = IPC_EXISTS_YES;
		a.cause = a.text = SLICE_EMPTY;
	}
	say_answer(q->chan, &a);
	ask_free(q);
}

/* Hand the question to the next hop. false: no memory. */
static bool
ask_next_hop(
    struct lookup *l, struct chan *c, uint64_t id, const struct resolved *r)
{
	struct ask *q = calloc(1, sizeof(*q));
	struct buf hop;
	if (q == NULL)
		return false;
	q->lookup = l;
	q->chan = c;
	q->id = id;
	q->dom_class = (uint8_t)r->dom_class;
	q->waiter.done = on_verified;
	list_init(&q->waiter.node);
	buf_init(&q->fallback, 1024);
	buf_add(&q->fallback, r->fallback);
	list_push_back(&l->asks, &q->node);
	buf_init(&hop, 4096);
	nexthop_text(&r->verify->deliver, &hop);
	bool good = buf_err(&hop) == ERR_OK && buf_err(&q->fallback) == ERR_OK;
	if (good)
		verify_ask(&l->verify, buf_slice(&hop), r->address, &q->waiter);
	else
		ask_free(q);
	buf_free(&hop);
	return good;
}

static void
answer(struct chan *c, uint64_t id, const struct resolved *r)
{
	const struct ipc_rcpt_answer a = {.ask = id,
	    .dom_class = (uint8_t)r->dom_class,
	    .exists = (uint8_t)r->exists,
	    .cacheable = r->cacheable,
	    .cause = slice_str(r->why.cause),
	    .text = slice_str(r->why.text)};
	for (size_t i = 0; i < r->target_n; i++)
		say_target(c, id, r->targets[i]);
	say_answer(c, &a);
}

/* No memory to find out. The class is what an unknown recipient of ours gets:
 * never FOREIGN, which would be a permanent refusal. */
static void
give_up(struct chan *c, uint64_t id)
{
	struct resolved r = {
	    .dom_class = IPC_DOMAIN_MAILDIR, .exists = IPC_EXISTS_UNKNOWN};
	(void)diag_set(
	    &r.why, ERR_NOMEM, "local.io-error", "%s", err_name(ERR_NOMEM));
	answer(c, id, &r);
}

void
ask_rcpt(struct lookup *l, struct chan *c, const struct ipc_rcpt_ask *m)
{
	const struct resolve_env env = {.conf = l->role->conf,
	    .names = l->names_known ? &l->names : NULL,
	    .aliases = l->aliases.usable ? &l->aliases.table : NULL};
	struct arena a;
	struct resolved r;
	arena_init(&a, ANSWER_MEMORY_MAX);
	enum err e = resolve_rcpt(&env, m->local, m->domain, &a, &r);
	if (e != ERR_OK) {
		give_up(c, m->ask);
		arena_reset(&a);
		return;
	}
	if (r.exists == IPC_EXISTS_UNKNOWN)
		log_line(LOG_WARNING, "lookup-unknown",
		    "to=\"%.*s\" why=\"%s\"", SLICE_ARG(r.address), r.why.text);
	if (r.verify == NULL || (m->flags & IPC_RCPT_NO_VERIFY) != 0)
		answer(c, m->ask, &r);
	else if (!ask_next_hop(l, c, m->ask, &r))
		give_up(c, m->ask);
	arena_reset(&a);
}

void
ask_drop(struct lookup *l, const struct chan *c)
{
	LIST_FOREACH_SAFE (node, &l->asks) {
		struct ask *q = LIST_OWNER(node, struct ask, node);
		if (q->chan == c)
			ask_free(q);
	}
}
