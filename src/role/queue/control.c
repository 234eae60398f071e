/* control.c - `kurir queue`: questions and wishes of the operator.
 *
 * Arguments are packed pairs of name and value. Reading is done by the pool,
 * a page at a time, as fast as the asker takes it; changes go through the
 * writer like everything else. */
#include "role/queue/queue.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/log.h"
#include "proto/mail/header.h"
#include "store/json.h"

#define ASK_MEM     (1u << 20)
#define PAGE_MEM    (8u << 20)
#define PAGE_ITEMS  100u
#define LINE_MAX    (IPC_FRAME_MAX - 64)
#define SLICE_RCPTS 2000u /* changed by one transaction of a wide retry */
#define SLOW_MS     20u   /* how soon to look whether the asker took more */

struct ask {
	struct list node;
	struct queue *q;
	struct chan *chan; /* NULL: gone */
	struct arena mem;
	const struct verb *verb;
	struct store_filter filter;
	bool all;
	/* reading */
	struct task task;
	struct arena page;
	struct store_item *items;
	size_t n, next, shown;
	struct store_stats stats;
	enum err err;
	struct diag diag;
	uint8_t headers[HEADERS_MAX];
	size_t headers_n;
	struct timer slow;
	/* changing */
	struct txn txn;
	struct store_control control;
	uint64_t changed;
};

struct verb {
	const char *name;
	bool changes;
	bool needs_id;
	void (*begin)(struct ask *a);
	enum store_verb store; /* of those that change */
	enum record_what what;
};

static void
ask_free(struct ask *a)
{
	timer_stop(&a->slow);
	list_remove(&a->node);
	arena_reset(&a->mem);
	arena_reset(&a->page);
	free(a);
}

static void
finish(struct ask *a, uint8_t code, const char *text)
{
	if (a->chan != NULL)
		role_ctl_end(a->chan, code, text);
	ask_free(a);
}

static void
finish_read_error(struct ask *a)
{
	struct buf b;
	buf_init(&b, 512);
	buf_printf(&b, "cannot read the queue: %s", a->diag.text);
	buf_add_byte(&b, '\0');
	finish(a, 3, b.n > 0 ? (const char *)b.p : "cannot read the queue");
	buf_free(&b);
}

#define NO_SUCH "no message of that id is in the queue"

/* ---- reading ---- */

static void
run_list(struct task *t, struct store_reader *r, struct diag *d)
{
	struct ask *a = LIST_OWNER(t, struct ask, task);
	a->n = a->next = 0;
	a->err = ERR_IO;
	if (r == NULL)
		a->diag = *d;
	else
		a->err = store_list(
		    r, &a->filter, &a->page, &a->items, &a->n, &a->diag);
}

static void
next_page(struct ask *a)
{
	arena_reset(&a->page);
	pool_give(&a->q->pool, &a->task);
}

static void
send_item(struct ask *a, const struct store_item *m)
{
	struct buf line;
	buf_init(&line, LINE_MAX);
	store_json_item(m, a->filter.now_ms, &line);
	if (buf_err(&line) == ERR_LIMIT && m->n_recipients > 1) {
		/* Too many recipients for one frame: the first of them. */
		struct store_item part = *m;
		part.n_recipients /= 2;
		buf_free(&line);
		send_item(a, &part);
		return;
	}
	if (buf_err(&line) == ERR_OK)
		role_ctl_line(a->chan, buf_slice(&line));
	buf_free(&line);
	a->shown++;
}

/* As many lines as the asker takes. */
static void
send_items(void *arg)
{
	struct ask *a = arg;
	if (a->chan == NULL) {
		ask_free(a);
		return;
	}
	while (a->next < a->n && !chan_blocked(a->chan)) {
		a->filter.after = a->items[a->next].envelope.id;
		send_item(a, &a->items[a->next++]);
	}
	if (a->next < a->n)
		timer_start(&a->slow, SLOW_MS);
	else if (a->n == 0 || a->filter.id != 0)
		finish(a, a->shown == 0 && a->filter.id != 0 ? 1 : 0,
		    a->shown == 0 && a->filter.id != 0 ? NO_SUCH : "");
	else
		next_page(a);
}

static void
listed(struct task *t, void *arg)
{
	struct ask *a = LIST_OWNER(t, struct ask, task);
	(void)arg;
	if (a->err != ERR_OK)
		finish_read_error(a);
	else
		send_items(a);
}

static void
begin_list(struct ask *a)
{
	a->task.run = run_list;
	a->task.done = listed;
	a->filter.limit = PAGE_ITEMS;
	next_page(a);
}

static void
run_stats(struct task *t, struct store_reader *r, struct diag *d)
{
	struct ask *a = LIST_OWNER(t, struct ask, task);
	a->err = ERR_IO;
	if (r == NULL)
		a->diag = *d;
	else
		a->err = store_stats(r, a->filter.now_ms, &a->stats, &a->diag);
}

static void
have_stats(struct task *t, void *arg)
{
	struct ask *a = LIST_OWNER(t, struct ask, task);
	struct buf line;
	(void)arg;
	if (a->err != ERR_OK) {
		finish_read_error(a);
		return;
	}
	buf_init(&line, LINE_MAX);
	store_json_stats(&a->stats, &line);
	if (a->chan != NULL)
		role_ctl_line(a->chan, buf_slice(&line));
	buf_free(&line);
	finish(a, 0, "");
}

static void
begin_stats(struct ask *a)
{
	a->task.run = run_stats;
	a->task.done = have_stats;
	pool_give(&a->q->pool, &a->task);
}

static void
send_number(struct ask *a, const char *name, uint64_t n)
{
	struct buf line;
	buf_init(&line, 128);
	buf_printf(&line, "{\"%s\":%llu}", name, (unsigned long long)n);
	if (a->chan != NULL)
		role_ctl_line(a->chan, buf_slice(&line));
	buf_free(&line);
}

static void
begin_count(struct ask *a)
{
	send_number(a, "count", store_count(a->q->store));
	finish(a, 0, "");
}

/* ---- changing ---- */

static void
changed(struct txn *t, void *arg)
{
	struct queue *q = arg;
	struct ask *a = LIST_OWNER(t, struct ask, txn);
	if (t->err != ERR_OK) {
		log_line(
		    LOG_ERROR, "control-failed", "why=\"%s\"", t->diag.text);
		finish(a, 3, "the queue could not be written; see the log");
		return;
	}
	if (a->control.err == ERR_NOT_FOUND) {
		finish(a, 1, NO_SUCH);
		return;
	}
	a->changed += a->control.changed;
	if (a->control.more) {
		writer_give(&q->writer, &a->txn);
		return;
	}
	/* A record tells of one message; what was asked of many is logged. */
	if (a->filter.id != 0)
		events_add(q, a->verb->what, a->filter.id, SLICE_EMPTY,
		    SLICE_EMPTY, SLICE("by the operator"), 0);
	else
		log_line(LOG_NOTICE, "queue-retry",
		    "domain=%.*s changed=%llu by=operator",
		    SLICE_ARG(a->filter.domain),
		    (unsigned long long)a->changed);
	backlog_wake(q);
	send_number(a, "changed", a->changed);
	finish(a, 0, "");
}

static void
begin_change(struct ask *a)
{
	struct queue *q = a->q;
	if (a->verb->store == STORE_RETRY)
		dispatch_revive(q);
	else if (a->verb->store != STORE_RELEASE)
		dispatch_drop(q, a->filter.id);
	a->control = (struct store_control){.verb = a->verb->store,
	    .id = a->filter.id,
	    .domain = a->filter.domain,
	    .now_ms = queue_now(q),
	    .limit = SLICE_RCPTS};
	a->txn.control = &a->control;
	a->txn.done = changed;
	writer_give(&q->writer, &a->txn);
}

static void
run_bounce(struct task *t, struct store_reader *r, struct diag *d)
{
	struct ask *a = LIST_OWNER(t, struct ask, task);
	struct store_body body = {.fd = -1};
	struct arena mem;
	ssize_t n = 0;
	run_list(t, r, d);
	if (a->err != ERR_OK || a->n == 0)
		return;
	arena_init(&mem, STORE_INLINE_MAX + 4096);
	if (store_body(r, a->filter.id, &mem, &body, d) == ERR_OK) {
		struct slice head = slice_to(body.bytes, HEADERS_MAX);
		if (body.fd >= 0)
			n = pread(body.fd, a->headers, HEADERS_MAX, 0);
		else if (head.n > 0)
			memcpy(a->headers, head.p, head.n);
		a->headers_n = body.fd < 0 ? head.n : n > 0 ? (size_t)n : 0;
		if (body.fd >= 0)
			(void)close(body.fd);
	}
	arena_reset(&mem);
}

/* All that is not with a relay at this moment. */
static void
give_up(struct task *t, void *arg)
{
	struct queue *q = arg;
	struct ask *a = LIST_OWNER(t, struct ask, task);
	const struct store_item *m = a->items;
	if (a->err != ERR_OK) {
		finish_read_error(a);
		return;
	}
	if (a->n == 0) {
		finish(a, 1, NO_SUCH);
		return;
	}
	struct rcpt *v = arena_alloc(&a->page, m->n_recipients * sizeof(*v));
	size_t n = 0;
	for (size_t i = 0; v != NULL && i < m->n_recipients; i++) {
		const struct store_item_recipient *r = &m->recipients[i];
		if (dispatch_is_sent(q, m->envelope.id, r->recipient.n))
			continue;
		v[n] = (struct rcpt){.n = r->recipient.n,
		    .address = r->recipient.address,
		    .original = r->recipient.original,
		    .state = RCPT_FAILED,
		    .cause = r->cause,
		    .reply =
			r->reply.n > 0
			    ? r->reply
			    : SLICE("550 5.0.0 Given up by the postmaster")};
		n++;
	}
	for (size_t i = 0; i < n; i += TXN_RESULTS_MAX)
		outcome_give_up(q, &m->envelope, v + i,
		    n - i < TXN_RESULTS_MAX ? n - i : TXN_RESULTS_MAX,
		    header_block(slice_of(a->headers, a->headers_n), false));
	send_number(a, "changed", n);
	finish(a, 0, "");
}

static void
begin_bounce(struct ask *a)
{
	dispatch_drop(a->q, a->filter.id);
	a->task.run = run_bounce;
	a->task.done = give_up;
	a->filter.limit = 1;
	pool_give(&a->q->pool, &a->task);
}

/* ---- requests ---- */

static const struct verb verbs[] = {
    {"list", false, false, begin_list, 0, 0},
    {"show", false, true, begin_list, 0, 0},
    {"stats", false, false, begin_stats, 0, 0},
    {"count", false, false, begin_count, 0, 0},
    {"retry", true, false, begin_change, STORE_RETRY, RECORD_RETRIED},
    {"hold", true, true, begin_change, STORE_HOLD, RECORD_HELD},
    {"release", true, true, begin_change, STORE_RELEASE, RECORD_RELEASED},
    {"delete", true, true, begin_change, STORE_DELETE, RECORD_DELETED},
    {"bounce", true, true, begin_bounce, 0, 0},
};

static const struct verb *
find_verb(struct slice name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (slice_eq(name, slice_str(verbs[i].name)))
			return &verbs[i];
	return NULL;
}

static bool
parse_state(struct slice v, enum store_list_state *out)
{
	if (slice_eq(v, SLICE("due")))
		*out = STORE_LIST_DUE;
	else if (slice_eq(v, SLICE("deferred")))
		*out = STORE_LIST_DEFERRED;
	else if (slice_eq(v, SLICE("held")))
		*out = STORE_LIST_HELD;
	else
		return false;
	return true;
}

static bool
set(struct ask *a, struct slice name, struct slice v)
{
	struct store_filter *f = &a->filter;
	if (v.n > 0 && !arena_slice(&a->mem, v, &v))
		return false;
	if (slice_eq(name, SLICE("id")))
		return id_parse(v, &f->id) == ERR_OK && f->id != 0;
	if (slice_eq(name, SLICE("state")))
		return parse_state(v, &f->state);
	if (slice_eq(name, SLICE("to")))
		f->to = v;
	else if (slice_eq(name, SLICE("from")))
		f->from = v;
	else if (slice_eq(name, SLICE("domain")))
		f->domain = v;
	else if (slice_eq(name, SLICE("all")))
		a->all = true;
	else
		return false;
	return true;
}

static const char *
fault_of(const struct ask *a, bool may_change)
{
	const struct store_filter *f = &a->filter;
	if (a->verb->changes && !may_change)
		return "permission denied: you may only read";
	if (a->verb->needs_id && f->id == 0)
		return "which message? an id is needed";
	if (a->verb->store == STORE_RETRY && a->verb->changes &&
	    !a->verb->needs_id && f->id == 0 && f->domain.n == 0 && !a->all)
		return "retry what? an id, --domain or --all";
	return NULL;
}

void
control_begin(struct queue *q, struct chan *c, bool may_change,
    struct slice verb, struct slice args)
{
	struct ask *a = calloc(1, sizeof(*a));
	struct slice name, value;
	if (a == NULL) {
		role_ctl_end(c, 3, "out of memory");
		return;
	}
	list_push_back(&q->asks, &a->node);
	a->q = q;
	a->chan = c;
	a->filter.now_ms = queue_now(q);
	arena_init(&a->mem, ASK_MEM);
	arena_init(&a->page, PAGE_MEM);
	timer_init(&a->slow, q->role->loop, send_items, a);
	a->verb = find_verb(verb);
	bool good = a->verb != NULL;
	while (good && pack_next(&args, &name))
		good = pack_next(&args, &value) && set(a, name, value);
	if (!good || args.n > 0) {
		finish(a, 2, "the queue does not understand this request");
		return;
	}
	const char *fault = fault_of(a, may_change);
	if (fault != NULL)
		finish(a, a->verb->changes && !may_change ? 1 : 2, fault);
	else
		a->verb->begin(a);
}

void
control_forget(struct queue *q, struct chan *c)
{
	LIST_FOREACH (it, &q->asks) {
		struct ask *a = LIST_OWNER(it, struct ask, node);
		if (a->chan == c)
			a->chan = NULL;
	}
}

void
control_init(struct queue *q)
{
	list_init(&q->asks);
}
