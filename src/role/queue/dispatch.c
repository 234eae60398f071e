/* dispatch.c - jobs in fair turns to those who carry them out. */
#include "role/queue/queue.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/fs.h"
#include "os/log.h"
#include "os/memfd.h"

/* A destination's window per connection that relay may open to it: one under
 * way and one waiting behind it. */
#define JOBS_PER_CONNECTION 2u
/* From this window on a destination's jobs are spread over all relays. */
#define SPREAD_WINDOW  8u
#define FAILURES_MAX   3u
#define BACKOFF_MAX_MS (5u * 60 * 1000)
#define NO_PEER_MS     1000u
#define READ_FAILED_MS 60000u
#define SWEEP_MS       60000u

void
dispatch_limits(struct queue *q)
{
	const struct conf_limits *l = &q->role->conf->limits;
	const struct conf_outbound *o = &q->role->conf->outbound;
	uint64_t first = o->retry.v[0];
	struct fair_limits f = {
	    .total = (uint32_t)l->connections * JOBS_PER_CONNECTION,
	    .window_start = 4,
	    .window_max =
		(uint32_t)l->connections_per_destination * JOBS_PER_CONNECTION,
	    .failures_max = FAILURES_MAX,
	    .backoff_ms = first < BACKOFF_MAX_MS ? first : BACKOFF_MAX_MS,
	    .backoff_max_ms = first < BACKOFF_MAX_MS ? first : BACKOFF_MAX_MS};
	if (f.window_start > f.window_max)
		f.window_start = f.window_max;
	fair_limit(&q->remote, &f);
	f.total = (uint32_t)l->deliveries * JOBS_PER_CONNECTION;
	f.window_max = f.total < 16 ? f.total : 16;
	f.window_start = f.window_max;
	fair_limit(&q->local, &f);
}

/* ---- handing over ---- */

static uint32_t
ipc_flags(const struct letter *l)
{
	return l->envelope.flags & STORE_8BIT ? IPC_MSG_8BIT : 0;
}

static enum err
send_remote(struct queue *q, struct job *j, const struct parcel *p)
{
	struct ipc_msg m = {.type = IPC_job, .fd = p->fd};
	struct buf rcpts;
	struct dest *d = j->dest;
	buf_init(&rcpts, IPC_FRAME_MAX);
	for (size_t i = 0; i < j->n_rcpts; i++)
		pack_add(&rcpts, j->rcpts[i].address);
	uint64_t hint = d->hash;
	if (d->fair.window >= SPREAD_WINDOW)
		hint += d->turn++;
	struct chan *c = role_peer(q->role, ROLE_RELAY, hint);
	m.job.job = j->number;
	m.job.msg = j->letter->envelope.id;
	m.job.flags = (uint8_t)ipc_flags(j->letter);
	m.job.body_kind = (uint8_t)p->kind;
	m.job.size = j->letter->envelope.size;
	m.job.nexthop = d->hop;
	m.job.domain = j->rcpts[0].domain;
	m.job.from = j->letter->envelope.sender;
	m.job.rcpts = buf_slice(&rcpts);
	m.job.body = p->bytes;
	enum err e = buf_err(&rcpts);
	if (e == ERR_OK)
		e = c != NULL ? chan_send(c, &m) : ERR_CLOSED;
	buf_free(&rcpts);
	if (e == ERR_OK)
		j->chan = c;
	return e;
}

static void
send_job(struct queue *q, struct job *j, const struct parcel *p)
{
	if (j->dropped) {
		outcome_end(q, j, 0);
		return;
	}
	if (j->dest->kind == NEXTHOP_MAILDIR) {
		local_send(q, j, p);
		return;
	}
	enum err e = send_remote(q, j, p);
	if (e == ERR_OK)
		j->state = JOB_SENT;
	else
		outcome_end(q, j, NO_PEER_MS);
}

/* ---- bodies ---- */

struct fetch {
	struct task task;
	struct job *job;
	struct queue *q;
	struct arena mem;
	struct store_body body;
	enum err err;
	struct diag diag;
};

static void
fetch_run(struct task *task, struct store_reader *r, struct diag *d)
{
	struct fetch *f = LIST_OWNER(task, struct fetch, task);
	if (r == NULL) {
		f->err = ERR_IO;
		f->diag = *d;
		return;
	}
	f->err = store_body(
	    r, f->job->letter->envelope.id, &f->mem, &f->body, &f->diag);
}

/* Small bodies in the frame, larger ones in a sealed memfd, or the file. */
static enum err
wrap(struct slice bytes, int fd, struct parcel *out)
{
	*out = (struct parcel){.kind = IPC_BODY_INLINE, .fd = -1};
	if (fd >= 0) {
		out->kind = IPC_BODY_SPOOL;
		out->fd = fd;
		return ERR_OK;
	}
	if (bytes.n <= IPC_BODY_INLINE_MAX) {
		out->bytes = bytes;
		return ERR_OK;
	}
	out->kind = IPC_BODY_MEMFD;
	return memfd_make(bytes, &out->fd);
}

static void
send_bytes(struct queue *q, struct job *j, struct slice bytes, int fd)
{
	struct parcel p;
	if (j->n_targets > 0 && !j->dropped && fd < 0) {
		outcome_forward(q, j, bytes);
		return;
	}
	if (wrap(bytes, fd, &p) != ERR_OK) {
		outcome_end(q, j, READ_FAILED_MS);
		return;
	}
	send_job(q, j, &p);
	fs_close(&p.fd);
}

static void
fetched(struct task *task, void *arg)
{
	struct queue *q = arg;
	struct fetch *f = LIST_OWNER(task, struct fetch, task);
	struct job *j = f->job;
	char id[ID_TEXT_LEN + 1];
	id_text(j->letter->envelope.id, id);
	if (f->err == ERR_OK) {
		send_bytes(q, j, f->body.bytes, f->body.fd);
	} else if (f->err == ERR_CORRUPT) {
		log_line(LOG_ERROR, "body-damaged", "id=%s why=\"%s\"", id,
		    f->diag.text);
		outcome_park(q, j, f->diag.text);
	} else {
		log_line(LOG_ERROR, "body-unread", "id=%s why=\"%s\"", id,
		    f->diag.text);
		outcome_end(q, j, READ_FAILED_MS);
	}
	arena_reset(&f->mem);
	free(f);
}

void
dispatch_go(struct queue *q, struct job *j)
{
	struct letter *l = j->letter;
	j->state = JOB_READING;
	if (j->dropped) {
		outcome_end(q, j, 0);
		return;
	}
	if (l->body != NULL) {
		send_bytes(q, j, slice_of(l->body, l->body_n), -1);
		return;
	}
	struct fetch *f = calloc(1, sizeof(*f));
	if (f == NULL) {
		outcome_end(q, j, NO_PEER_MS);
		return;
	}
	arena_init(&f->mem, STORE_INLINE_MAX + 4096);
	f->task.run = fetch_run;
	f->task.done = fetched;
	f->q = q;
	f->job = j;
	f->body.fd = -1;
	pool_give(&q->pool, &f->task);
}

static void
start_job(struct queue *q, struct job *j)
{
	if (settle_wanted(q, j))
		settle_ask(q, j);
	else
		dispatch_go(q, j);
}

/* ---- turns ---- */

/* Is there a relay that takes more now? Backpressure of one holds all: they
 * drain alike, and a turn must not be lost. */
static bool
relays_ready(struct queue *q)
{
	struct chan **v = q->role->peers[ROLE_RELAY];
	if (v[0] == NULL)
		return false;
	for (size_t i = 0; i < ROLE_PEERS_MAX && v[i] != NULL; i++)
		if (chan_blocked(v[i]))
			return false;
	return true;
}

static void
dispatch_run(void *arg)
{
	struct queue *q = arg;
	struct fair_item *item;
	struct fair_dest *d;
	uint64_t now = queue_now(q);
	if (!q->running || q->role->draining)
		return;
	while (
	    relays_ready(q) && (item = fair_next(&q->remote, now, &d)) != NULL)
		start_job(q, LIST_OWNER(item, struct job, item));
	while ((item = fair_next(&q->local, now, &d)) != NULL)
		start_job(q, LIST_OWNER(item, struct job, item));
	/* New ones for a destination whose death ends meanwhile. */
	if (!list_empty(&q->remote.ready) || !list_empty(&q->local.ready))
		timer_start(&q->dispatch_timer, NO_PEER_MS);
}

static void
dispatch_tick(void *arg)
{
	dispatch_soon(arg);
}

void
dispatch_soon(struct queue *q)
{
	loop_defer(q->role->loop, &q->dispatch);
}

static void
sweep(void *arg)
{
	struct queue *q = arg;
	dest_sweep(q);
	timer_start(&q->sweep_timer, SWEEP_MS);
}

void
dispatch_init(struct queue *q)
{
	const struct fair_limits none = {0};
	list_init(&q->letters);
	list_init(&q->jobs);
	map_init(&q->jobs_by_number, q->role->seed);
	map_init(&q->dests, q->role->seed);
	fair_init(&q->remote, &none);
	fair_init(&q->local, &none);
	defer_init(&q->dispatch, dispatch_run, q);
	timer_init(&q->dispatch_timer, q->role->loop, dispatch_tick, q);
	timer_init(&q->sweep_timer, q->role->loop, sweep, q);
	timer_start(&q->sweep_timer, SWEEP_MS);
}

/* ---- what comes back ---- */

/* Only who was given a job may speak of it. */
static struct job *
job_of(const struct queue *q, const struct chan *c, uint64_t number)
{
	struct job *j = map_get_u64(&q->jobs_by_number, number);
	return j != NULL && j->state == JOB_SENT && j->chan == c ? j : NULL;
}

void
dispatch_result(struct queue *q, struct chan *c, const struct ipc_job_result *m)
{
	struct job *j = job_of(q, c, m->job);
	if (j == NULL || m->rcpt >= j->n_rcpts || m->outcome > IPC_FAILED)
		return;
	outcome_one(q, j, &j->rcpts[m->rcpt], (enum ipc_outcome)m->outcome,
	    m->cause, m->reply, m->host);
}

void
dispatch_done(struct queue *q, struct chan *c, uint64_t number)
{
	struct job *j = job_of(q, c, number);
	if (j != NULL)
		outcome_end(q, j, NO_PEER_MS);
}

/* The first job that wanted() picks. The end of one may end others, so every
 * walk that ends jobs begins anew after each. */
static struct job *
find_job(const struct queue *q,
    bool (*wanted)(const struct job *j, const void *arg), const void *arg)
{
	LIST_FOREACH (it, &q->jobs) {
		struct job *j = LIST_OWNER(it, struct job, node);
		if (wanted(j, arg))
			return j;
	}
	return NULL;
}

static bool
is_with(const struct job *j, const void *chan)
{
	return (j->state == JOB_SENT || j->state == JOB_ASKING) &&
	       j->chan == chan;
}

void
dispatch_lost(struct queue *q, struct chan *c)
{
	struct job *j;
	while ((j = find_job(q, is_with, c)) != NULL)
		outcome_end(q, j, NO_PEER_MS);
}

static bool
waits_for_turn(const struct job *j, const void *id)
{
	return j->letter->envelope.id == *(const id_t64 *)id &&
	       j->state == JOB_WAITING && j->dest != NULL;
}

void
dispatch_drop(struct queue *q, id_t64 id)
{
	struct job *j;
	while ((j = find_job(q, waits_for_turn, &id)) != NULL) {
		fair_drop(j->dest->group, &j->dest->fair, &j->item);
		outcome_end(q, j, 0);
	}
	LIST_FOREACH (it, &q->jobs) {
		j = LIST_OWNER(it, struct job, node);
		if (j->letter->envelope.id == id &&
		    (j->state == JOB_READING || j->state == JOB_ASKING))
			j->dropped = true;
	}
}

bool
dispatch_is_sent(const struct queue *q, id_t64 id, uint32_t n)
{
	LIST_FOREACH (it, &q->jobs) {
		const struct job *j = LIST_OWNER(it, struct job, node);
		if (j->letter->envelope.id != id || j->state != JOB_SENT)
			continue;
		for (size_t i = 0; i < j->n_rcpts; i++)
			if (j->rcpts[i].n == n)
				return true;
	}
	return false;
}

void
dispatch_revive(struct queue *q)
{
	size_t cursor = 0;
	struct dest *d;
	while ((d = map_next(&q->dests, &cursor)) != NULL) {
		d->fair.dead_until_ms = 0;
		d->fair.failures = 0;
		d->fair.backoff_ms = 0;
	}
	dispatch_soon(q);
}
