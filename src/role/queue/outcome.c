/* outcome.c - what became of recipients, on its way to the disk.
 *
 * A delivered recipient is recorded at once. What failed or was put off waits
 * for the end of its job, so that one bounce or warning can speak of all, and
 * goes to the store together with it: a recipient never leaves without its
 * bounce being on disk too. What cannot be recorded is given again until it
 * can; its lease stays, so it is not tried meanwhile. */
#include "role/queue/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/log.h"
#include "os/random.h"
#include "proto/mail/header.h"

#define TXN_MEM   (8u << 20)
#define AGAIN_MS  1000u
#define REPLY_MAX 1000u

/* A transaction of outcomes with what its slices point to. */
struct record_txn {
	struct txn txn;
	struct arena mem;
	uint64_t next_due_ms; /* the earliest it put off; 0: none */
	bool adds;            /* it holds a notice */
	struct store_result one;
};

static void
give(struct queue *q, struct record_txn *t)
{
	writer_give(&q->writer, &t->txn);
}

static void
recorded(struct txn *txn, void *arg)
{
	struct queue *q = arg;
	struct record_txn *t = LIST_OWNER(txn, struct record_txn, txn);
	if (txn->err != ERR_OK) {
		if (!q->ailing)
			log_line(LOG_ERROR, "record-failed",
			    "cause=%s why=\"%s\" action=again", txn->diag.cause,
			    txn->diag.text);
		q->ailing = true;
		list_push_back(&q->unrecorded, &txn->node);
		if (!timer_active(&q->record_timer))
			timer_start(&q->record_timer, AGAIN_MS);
		return;
	}
	if (q->ailing)
		log_line(LOG_NOTICE, "record-works", "again=1");
	q->ailing = false;
	if (t->next_due_ms != 0 || t->adds)
		backlog_wake(q);
	arena_reset(&t->mem);
	free(t);
}

static void
record_again(void *arg)
{
	struct queue *q = arg;
	struct list all;
	list_init(&all);
	while (!list_empty(&q->unrecorded))
		list_push_back(&all, list_pop_front(&q->unrecorded));
	while (!list_empty(&all)) {
		struct list *n = list_pop_front(&all);
		writer_give(&q->writer, LIST_OWNER(n, struct txn, node));
	}
}

void
outcome_init(struct queue *q)
{
	list_init(&q->unrecorded);
	timer_init(&q->record_timer, q->role->loop, record_again, q);
}

bool
outcome_idle(const struct queue *q)
{
	return list_empty(&q->unrecorded);
}

/* Without memory to say what became of mail the role cannot go on: it ends,
 * and the recipients are tried again by the next one. */
static struct record_txn *
txn_new(struct queue *q)
{
	struct record_txn *t = calloc(1, sizeof(*t));
	if (t == NULL)
		role_fatal(q->role, "out of memory for results");
	arena_init(&t->mem, TXN_MEM);
	t->txn.patient = true;
	t->txn.done = recorded;
	return t;
}

static void
give_one(struct queue *q, const struct store_result *r)
{
	struct record_txn *t = txn_new(q);
	t->one = *r;
	t->txn.results = &t->one;
	t->txn.n_results = 1;
	if (r->outcome == STORE_RETURNED)
		t->next_due_ms = r->due_ms;
	give(q, t);
}

void
outcome_return(struct queue *q, id_t64 id, const uint32_t *numbers, size_t n,
    uint64_t later_ms)
{
	for (size_t i = 0; i < n; i++) {
		struct store_result r = {.id = id,
		    .n = numbers[i],
		    .outcome = STORE_RETURNED,
		    .due_ms = queue_now(q) + later_ms};
		give_one(q, &r);
	}
}

static struct slice
kept(struct arena *a, struct slice s)
{
	struct slice out = SLICE_EMPTY;
	s = slice_to(s, REPLY_MAX);
	if (s.n > 0 && !arena_slice(a, s, &out))
		return SLICE_EMPTY;
	return out;
}

static uint64_t
delay_of(const struct queue *q, const struct letter *l)
{
	uint64_t now = queue_now(q);
	return now > l->envelope.arrived_ms ? now - l->envelope.arrived_ms : 0;
}

void
outcome_one(struct queue *q, struct job *j, struct rcpt *r,
    enum ipc_outcome what, struct slice cause, struct slice reply,
    struct slice host)
{
	if (r->state != RCPT_OPEN)
		return;
	r->cause = kept(&j->mem, cause);
	r->reply = kept(&j->mem, reply);
	r->host = kept(&j->mem, host);
	if (what == IPC_DELIVERED) {
		struct store_result done = {.id = j->letter->envelope.id,
		    .n = r->n,
		    .outcome = STORE_DELIVERED};
		r->state = RCPT_DONE;
		q->delivered++;
		give_one(q, &done);
		events_delivery(
		    j->letter, r, "delivered", delay_of(q, j->letter));
		return;
	}
	r->state = what == IPC_FAILED ? RCPT_FAILED : RCPT_DEFERRED;
}

/* ---- the end of a job ---- */

/* Was it the destination that failed, or only this message? */
static enum fair_result
verdict_on_dest(const struct job *j)
{
	enum fair_result v = FAIR_NONE;
	for (size_t i = 0; i < j->n_rcpts; i++) {
		const struct rcpt *r = &j->rcpts[i];
		if (r->state == RCPT_DONE || r->state == RCPT_FAILED)
			return FAIR_OK;
		if (r->state != RCPT_DEFERRED)
			continue;
		if (!slice_starts(r->cause, SLICE("net.")) &&
		    !slice_starts(r->cause, SLICE("tls.")) &&
		    !slice_starts(r->cause, SLICE("dns.")))
			return FAIR_OK;
		v = FAIR_FAILED;
	}
	return v;
}

/* Its jobs that wait are put off in its own words, without a try. */
static void
shed(struct queue *q, struct dest *d)
{
	struct fair_item *item;
	while ((item = fair_shed(d->group, &d->fair)) != NULL) {
		struct job *j = LIST_OWNER(item, struct job, item);
		for (size_t i = 0; i < j->n_rcpts; i++)
			outcome_one(q, j, &j->rcpts[i], IPC_DEFERRED,
			    slice_str(d->cause), slice_str(d->reply),
			    SLICE_EMPTY);
		outcome_end(q, j, 0);
	}
}

static void
tell_dest(struct queue *q, struct job *j)
{
	struct dest *d = j->dest;
	bool was_under_way = j->state != JOB_WAITING;
	j->dest = NULL;
	j->chan = NULL;
	j->state = JOB_ENDED;
	if (d == NULL || !was_under_way)
		return;
	enum fair_result v = verdict_on_dest(j);
	for (size_t i = 0; v == FAIR_FAILED && i < j->n_rcpts; i++)
		if (j->rcpts[i].state == RCPT_DEFERRED) {
			(void)snprintf(d->cause, sizeof(d->cause), "%.*s",
			    SLICE_ARG(j->rcpts[i].cause));
			(void)snprintf(d->reply, sizeof(d->reply), "%.*s",
			    SLICE_ARG(j->rcpts[i].reply));
			break;
		}
	uint64_t now = queue_now(q);
	fair_done(d->group, &d->fair, v, now, (uint32_t)random_u64());
	dispatch_soon(q);
	if (fair_dead(d->group, &d->fair, now))
		shed(q, d);
}

/* Retry, expiry and warning for what was deferred; *out_warn: somebody has to
 * be warned. Every recipient of a job gets the same jitter, so that they stay
 * together. */
static void
decide(struct queue *q, struct job *j, uint64_t *due_ms, bool *warn)
{
	const struct conf_outbound *o = &q->role->conf->outbound;
	const struct retry_policy policy = {
	    o->retry.v, o->retry.n, o->expire_ms, o->warn_after_ms};
	uint32_t random = (uint32_t)random_u64();
	uint64_t now = queue_now(q);
	for (size_t i = 0; i < j->n_rcpts; i++) {
		struct rcpt *r = &j->rcpts[i];
		if (r->state != RCPT_DEFERRED)
			continue;
		struct retry_fact fact = {
		    j->letter->envelope.arrived_ms, r->attempts + 1, r->warned};
		struct retry_decision d =
		    retry_decide(&policy, &fact, now, random);
		due_ms[i] = d.due_ms;
		warn[i] = d.verdict == RETRY_LATER && d.warn;
		if (d.verdict == RETRY_LATER)
			continue;
		r->state = RCPT_FAILED;
		events_add(q, RECORD_EXPIRED, j->letter->envelope.id,
		    r->address, SLICE("queue.expired"), r->reply, 0);
		if (r->cause.n == 0)
			r->cause = SLICE("queue.expired");
	}
}

static void
say(struct queue *q, struct job *j, const struct rcpt *r, uint64_t due_ms)
{
	bool failed = r->state == RCPT_FAILED;
	events_add(q, failed ? RECORD_EV_FAILED : RECORD_EV_DEFERRED,
	    j->letter->envelope.id, r->address, r->cause, r->reply,
	    failed ? 0 : due_ms);
	events_delivery(j->letter, r, failed ? "failed" : "deferred",
	    delay_of(q, j->letter));
	q->failed += failed;
	q->deferred += !failed;
}

static void
fill_result(struct queue *q, struct record_txn *t, struct job *j, size_t i,
    uint64_t due_ms, bool warn)
{
	const struct rcpt *r = &j->rcpts[i];
	struct store_result *out = &t->txn.results[t->txn.n_results++];
	*out = (struct store_result){.id = j->letter->envelope.id,
	    .n = r->n,
	    .due_ms = due_ms,
	    .tried_ms = queue_now(q),
	    .warned = warn || r->warned,
	    .cause = kept(&t->mem, r->cause),
	    .reply = kept(&t->mem, r->reply)};
	out->outcome = r->state == RCPT_FAILED     ? STORE_FAILED
		       : r->state == RCPT_DEFERRED ? STORE_DEFERRED
						   : STORE_RETURNED;
	if (out->outcome != STORE_FAILED &&
	    (t->next_due_ms == 0 || due_ms < t->next_due_ms))
		t->next_due_ms = due_ms;
}

/* One notice for every NOTICE_RCPTS of v. Room in t->txn.puts is there. */
static void
add_notices(struct queue *q, struct record_txn *t,
    const struct store_envelope *envelope, const struct rcpt **v, size_t n,
    bool delayed, struct slice headers)
{
	for (size_t i = 0; i < n; i += NOTICE_RCPTS) {
		struct notice notice = {.delayed = delayed,
		    .envelope = envelope,
		    .rcpts = v + i,
		    .n = n - i < NOTICE_RCPTS ? n - i : NOTICE_RCPTS,
		    .headers = headers,
		    .now_ms = queue_now(q)};
		struct store_put *put = &t->txn.puts[t->txn.n_puts];
		if (!notice_put(q, &notice, &t->mem, put))
			continue;
		t->txn.n_puts++;
		t->adds = true;
	}
}

/* Bounces for the failed, warnings for those to be warned. */
static void
add_all_notices(struct queue *q, struct record_txn *t, struct job *j,
    const bool *warn, struct slice headers)
{
	const struct rcpt **v =
	    arena_alloc(&t->mem, 2 * j->n_rcpts * sizeof(*v));
	if (v == NULL)
		role_fatal(q->role, "out of memory for results");
	const struct rcpt **late = v + j->n_rcpts;
	size_t n = 0, n_late = 0;
	for (size_t i = 0; i < j->n_rcpts; i++) {
		if (j->rcpts[i].state == RCPT_FAILED)
			v[n++] = &j->rcpts[i];
		else if (warn[i])
			late[n_late++] = &j->rcpts[i];
	}
	add_notices(q, t, &j->letter->envelope, v, n, false, headers);
	add_notices(q, t, &j->letter->envelope, late, n_late, true, headers);
}

static struct record_txn *
txn_for(struct queue *q, size_t n)
{
	struct record_txn *t = txn_new(q);
	t->txn.puts =
	    arena_alloc(&t->mem, (2 + n / NOTICE_RCPTS) * sizeof(*t->txn.puts));
	t->txn.results = arena_alloc(&t->mem, n * sizeof(*t->txn.results));
	if (t->txn.puts == NULL || t->txn.results == NULL)
		role_fatal(q->role, "out of memory for results");
	return t;
}

/* The job's end, with the headers of the original at hand if a notice needs
 * them. */
struct ending {
	struct task task;
	struct job *job;
	struct queue *q;
	uint64_t *due_ms;
	bool *warn;
	uint8_t headers[HEADERS_MAX];
	size_t headers_n;
};

static void
conclude(struct queue *q, struct job *j, const uint64_t *due_ms,
    const bool *warn, struct slice headers)
{
	struct record_txn *t = txn_for(q, j->n_rcpts);
	add_all_notices(q, t, j, warn, headers);
	for (size_t i = 0; i < j->n_rcpts; i++) {
		if (j->rcpts[i].state == RCPT_DONE)
			continue;
		fill_result(q, t, j, i, due_ms[i], warn[i]);
		if (j->rcpts[i].state != RCPT_OPEN)
			say(q, j, &j->rcpts[i], due_ms[i]);
	}
	job_free(q, j);
	give(q, t);
}

static void
read_headers(struct task *task, struct store_reader *r, struct diag *d)
{
	struct ending *e = LIST_OWNER(task, struct ending, task);
	struct store_body body = {.fd = -1};
	struct arena a;
	arena_init(&a, STORE_INLINE_MAX + 4096);
	/* Without headers the bounce says less, but is sent. */
	if (r != NULL && store_body(r, e->job->letter->envelope.id, &a, &body,
			     d) == ERR_OK) {
		ssize_t n = 0;
		struct slice head = slice_to(body.bytes, HEADERS_MAX);
		if (body.fd >= 0)
			n = pread(body.fd, e->headers, HEADERS_MAX, 0);
		else if (head.n > 0)
			memcpy(e->headers, head.p, head.n);
		e->headers_n = body.fd < 0 ? head.n : n > 0 ? (size_t)n : 0;
		if (body.fd >= 0)
			(void)close(body.fd);
	}
	arena_reset(&a);
}

static void
have_headers(struct task *task, void *arg)
{
	struct ending *e = LIST_OWNER(task, struct ending, task);
	(void)arg;
	conclude(e->q, e->job, e->due_ms, e->warn,
	    header_block(slice_of(e->headers, e->headers_n), false));
	free(e);
}

static bool
needs_headers(const struct job *j, const bool *warn)
{
	if (j->letter->notice)
		return false;
	for (size_t i = 0; i < j->n_rcpts; i++)
		if (j->rcpts[i].state == RCPT_FAILED || warn[i])
			return true;
	return false;
}

void
outcome_end(struct queue *q, struct job *j, uint64_t later_ms)
{
	tell_dest(q, j);
	size_t open = 0;
	for (size_t i = 0; i < j->n_rcpts; i++)
		open += j->rcpts[i].state != RCPT_DONE;
	if (open == 0) {
		job_free(q, j);
		return;
	}
	uint64_t *due_ms = arena_alloc(&j->mem, j->n_rcpts * sizeof(*due_ms));
	bool *warn = arena_alloc(&j->mem, j->n_rcpts);
	struct ending *e = NULL;
	if (due_ms == NULL || warn == NULL)
		role_fatal(q->role, "out of memory for results");
	for (size_t i = 0; i < j->n_rcpts; i++)
		due_ms[i] = queue_now(q) + later_ms;
	decide(q, j, due_ms, warn);
	if (!needs_headers(j, warn)) {
		conclude(q, j, due_ms, warn, SLICE_EMPTY);
	} else if (j->letter->body != NULL) {
		struct slice head =
		    slice_of(j->letter->body, j->letter->body_n);
		conclude(q, j, due_ms, warn,
		    slice_to(header_block(head, false), HEADERS_MAX));
	} else if ((e = calloc(1, sizeof(*e))) != NULL) {
		e->task.run = read_headers;
		e->task.done = have_headers;
		e->q = q;
		e->job = j;
		e->due_ms = due_ms;
		e->warn = warn;
		pool_give(&q->pool, &e->task);
	} else {
		conclude(q, j, due_ms, warn, SLICE_EMPTY);
	}
}

void
outcome_forward(struct queue *q, struct job *j, struct slice body)
{
	struct record_txn *t = txn_for(q, 1);
	struct rcpt *r = &j->rcpts[0];
	struct slice copy = SLICE_EMPTY;
	char text[ID_TEXT_LEN + 1];
	if ((body.n > 0 && !arena_slice(&t->mem, body, &copy)) ||
	    !notice_forward(q, j, copy, &t->mem, &t->txn.puts[0])) {
		arena_reset(&t->mem);
		free(t);
		outcome_end(q, j, AGAIN_MS);
		return;
	}
	t->txn.n_puts = 1;
	t->adds = true;
	t->txn.results[t->txn.n_results++] =
	    (struct store_result){.id = j->letter->envelope.id,
		.n = r->n,
		.outcome = STORE_DELIVERED};
	id_text(t->txn.puts[0].envelope.id, text);
	r->state = RCPT_DONE;
	r->reply = kept(&j->mem, slice_str(text));
	events_add(q, RECORD_EV_DELIVERED, j->letter->envelope.id, r->address,
	    SLICE_EMPTY, r->reply, 0);
	events_delivery(j->letter, r, "forwarded", delay_of(q, j->letter));
	tell_dest(q, j);
	job_free(q, j);
	give(q, t);
}

void
outcome_park(struct queue *q, struct job *j, const char *why)
{
	struct slice cause = why != NULL ? SLICE(STORE_DAMAGED) : SLICE_EMPTY;
	struct slice text =
	    why != NULL
		? slice_str(why)
		: SLICE("held by the configuration until it is released");
	tell_dest(q, j);
	for (size_t i = 0; i < j->n_rcpts; i++) {
		struct record_txn *t = txn_new(q);
		t->one = (struct store_result){.id = j->letter->envelope.id,
		    .n = j->rcpts[i].n,
		    .outcome = STORE_PARKED,
		    .cause = cause,
		    .reply = kept(&t->mem, text)};
		t->txn.results = &t->one;
		t->txn.n_results = 1;
		give(q, t);
		events_add(q, RECORD_HELD, j->letter->envelope.id,
		    j->rcpts[i].address, cause, text, 0);
		j->rcpts[i].cause = cause;
		j->rcpts[i].reply = kept(&j->mem, text);
		events_delivery(
		    j->letter, &j->rcpts[i], "held", delay_of(q, j->letter));
	}
	job_free(q, j);
}

void
outcome_give_up(struct queue *q, const struct store_envelope *e,
    const struct rcpt *v, size_t n, struct slice headers)
{
	struct record_txn *t = txn_for(q, n);
	const struct rcpt **all = arena_alloc(&t->mem, n * sizeof(*all));
	if (all == NULL)
		role_fatal(q->role, "out of memory for results");
	for (size_t i = 0; i < n; i++) {
		all[i] = &v[i];
		t->txn.results[t->txn.n_results++] = (struct store_result){
		    .id = e->id, .n = v[i].n, .outcome = STORE_FAILED};
		events_add(q, RECORD_EV_FAILED, e->id, v[i].address, v[i].cause,
		    v[i].reply, 0);
		q->failed++;
	}
	add_notices(q, t, e, all, n, false, headers);
	t->txn.patient = false;
	give(q, t);
}
