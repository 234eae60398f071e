/* main.c - role `queue`: owns the store and the schedule, and is the only
 * writer of mail. See queue.h for its parts. */
#include "role/queue/queue.h"

#include <stdio.h>
#include <string.h>

#include "os/clock.h"
#include "os/log.h"

#define DRAIN_POLL_MS 20u
#define OWNER         1u /* one node, one owner */

uint64_t
queue_now(const struct queue *q)
{
	return loop_unix_ms(q->role->loop);
}

static void
queue_init(struct role *r)
{
	struct queue *q = r->state;
	q->role = r;
	intake_init(q);
	dispatch_init(q);
	backlog_init(q);
	local_init(q);
	outcome_init(q);
	control_init(q);
	events_init(q);
}

static enum err
queue_open(struct role *r, struct diag *d)
{
	struct queue *q = r->state;
	/* The zone file cannot be read behind the walls. */
	(void)clock_utc_offset_min(clock_unix_ms());
	int n = snprintf(
	    q->dir, sizeof(q->dir), "%.*s/queue", SLICE_ARG(r->conf->data_dir));
	if (n < 0 || (size_t)n >= sizeof(q->dir))
		return diag_set(d, ERR_LIMIT, "", "data-dir is too long");
	return ERR_OK;
}

/* Behind the walls, as threads may only begin there. */
static enum err
queue_start(struct role *r, struct diag *d)
{
	struct queue *q = r->state;
	const struct store_options o = {
	    .owner = OWNER, .reserve_octets = r->conf->limits.disk_reserve};
	enum err e = store_open(q->dir, &o, &q->store, d);
	if (e == ERR_OK)
		e = writer_start(&q->writer, r->loop, q->store, q);
	if (e == ERR_OK)
		e = pool_start(&q->pool, r->loop, q->dir, q);
	if (e != ERR_OK)
		return d->text[0] != '\0'
			   ? e
			   : diag_set(d, e, "",
				 "the queue cannot start its threads");
	dispatch_limits(q);
	q->running = true;
	log_line(LOG_INFO, "queue", "messages=%llu",
	    (unsigned long long)store_count(q->store));
	backlog_wake(q);
	return ERR_OK;
}

static void
queue_reloaded(struct role *r)
{
	dispatch_limits(r->state);
	dispatch_soon(r->state);
}

static void
queue_message(struct role *r, struct chan *c, struct ipc_msg *m)
{
	struct queue *q = r->state;
	if (m->type == IPC_commit)
		intake_commit(q, c, m);
	else if (m->type == IPC_rcpt_add)
		intake_rcpts(q, c, &m->rcpt_add);
	else if (m->type == IPC_body_open)
		intake_body_open(q, c, m->body_open.msg);
	else if (m->type == IPC_body_abort)
		intake_body_abort(q, c, m->body_abort.msg);
	else if (m->type == IPC_job_result)
		dispatch_result(q, c, &m->job_result);
	else if (m->type == IPC_job_done)
		dispatch_done(q, c, m->job_done.job);
	else if (m->type == IPC_local_result)
		local_result(q, c, &m->local_result);
	else if (m->type == IPC_deliver_failed)
		local_failed(q, m->deliver_failed.tag, m->deliver_failed.text);
}

static void
queue_peer(struct role *r, struct chan *c)
{
	if (chan_peer(c) == ROLE_DELIVER)
		local_peer(r->state, c);
	else if (chan_peer(c) == ROLE_RELAY)
		dispatch_soon(r->state);
}

static void
queue_peer_lost(struct role *r, struct chan *c)
{
	struct queue *q = r->state;
	intake_lost(q, c);
	dispatch_lost(q, c);
	if (chan_peer(c) == ROLE_DELIVER)
		local_lost(q, c);
}

static void
queue_writable(struct role *r, struct chan *c)
{
	(void)c;
	dispatch_soon(r->state);
}

static void
queue_control(struct role *r, struct chan *c, bool may_change,
    struct slice verb, struct slice args)
{
	control_begin(r->state, c, may_change, verb, args);
}

static void
queue_control_lost(struct role *r, struct chan *c)
{
	control_forget(r->state, c);
}

/* ---- the end ---- */

static bool
jobs_under_way(const struct queue *q)
{
	LIST_FOREACH (it, &q->jobs)
		if (LIST_OWNER(it, struct job, node)->state == JOB_SENT)
			return true;
	return false;
}

static void
finish(struct queue *q)
{
	events_flush(q);
	pool_stop(&q->pool);
	writer_stop(&q->writer);
	store_close(q->store);
	q->running = false;
	role_exit(q->role);
}

/* Every message that was taken is written and answered, every result known is
 * recorded; what relays are at is given its time. */
static void
drain_step(void *arg)
{
	struct queue *q = arg;
	bool late = queue_now(q) >= q->drain_by_ms;
	bool busy = !list_empty(&q->commits) || !writer_idle(&q->writer) ||
		    !pool_idle(&q->pool) || !outcome_idle(q) ||
		    jobs_under_way(q);
	bool asked = q->role->peers[ROLE_SMTPD][0] != NULL;
	if ((busy || asked) && !late)
		timer_start(&q->drain_timer, DRAIN_POLL_MS);
	else
		finish(q);
}

static void
queue_drain(struct role *r, uint32_t grace_ms)
{
	struct queue *q = r->state;
	if (!q->running) {
		role_exit(r);
		return;
	}
	q->drain_by_ms = queue_now(q) + grace_ms;
	timer_init(&q->drain_timer, r->loop, drain_step, q);
	drain_step(q);
}

static const struct role_ops queue_ops = {.kind = ROLE_QUEUE,
    .state_size = sizeof(struct queue),
    .init = queue_init,
    .open = queue_open,
    .start = queue_start,
    .reloaded = queue_reloaded,
    .peer = queue_peer,
    .peer_lost = queue_peer_lost,
    .peer_writable = queue_writable,
    .message = queue_message,
    .control = queue_control,
    .control_lost = queue_control_lost,
    .drain = queue_drain};

int
main(int argc, char **argv)
{
	return role_main(&queue_ops, argc, argv);
}
