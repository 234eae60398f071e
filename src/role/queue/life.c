/* life.c - the beginning and the end of the role's work. */
#include "role/queue/queue.h"

#include <stdio.h>
#include <time.h>

#include "os/log.h"

#define DRAIN_POLL_MS    20u
#define OWNER            1u /* one node, one owner */
#define LOCK_PATIENCE_MS 3000
#define LOCK_PAUSE_MS    50

uint64_t
queue_now(const struct queue *q)
{
	return loop_unix_ms(q->role->loop);
}

void
queue_init(struct queue *q, struct role *r)
{
	q->role = r;
	intake_init(q);
	dispatch_init(q);
	backlog_init(q);
	local_init(q);
	outcome_init(q);
	control_init(q);
	events_init(q);
}

/* What is the matter with the database, and what to do. */
static enum err
open_failed(const struct queue *q, enum err e, struct diag *d)
{
	struct diag why = *d;
	if (e == ERR_CORRUPT)
		return diag_set(d, e, why.cause,
		    "%s/queue.db is damaged: %s; restore it, or move it away "
		    "to begin an empty queue",
		    q->dir, why.text);
	if (e == ERR_FULL)
		return diag_set(d, e, why.cause,
		    "%s: %s; make room on that disk", q->dir, why.text);
	return diag_set(d, e, why.cause, "%s: %s", q->dir, why.text);
}

/* The queue of a parent that was killed may still be dying: it holds the lock
 * for a moment more. */
static enum err
open_patiently(struct queue *q, const struct store_options *o, struct diag *d)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000};
	enum err e = store_open(q->dir, o, &q->store, d);
	for (int i = 0; e == ERR_EXISTS && i < LOCK_PATIENCE_MS / LOCK_PAUSE_MS;
	     i++) {
		(void)nanosleep(&pause, NULL);
		e = store_open(q->dir, o, &q->store, d);
	}
	return e;
}

enum err
queue_start(struct queue *q, struct diag *d)
{
	struct role *r = q->role;
	int n = snprintf(
	    q->dir, sizeof(q->dir), "%.*s/queue", SLICE_ARG(r->conf->data_dir));
	if (n < 0 || (size_t)n >= sizeof(q->dir))
		return diag_set(d, ERR_LIMIT, "", "data-dir is too long");
	const struct store_options o = {
	    .owner = OWNER, .reserve_octets = r->conf->limits.disk_reserve};
	enum err e = open_patiently(q, &o, d);
	if (e != ERR_OK)
		return open_failed(q, e, d);
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
	if (store_count(q->store) > 0)
		log_line(LOG_INFO, "queue", "messages=%llu",
		    (unsigned long long)store_count(q->store));
	backlog_wake(q);
	return ERR_OK;
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

void
queue_stop(struct queue *q)
{
	events_flush(q);
	pool_stop(&q->pool);
	writer_stop(&q->writer);
	store_close(q->store);
	q->store = NULL;
	q->running = false;
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
	else {
		queue_stop(q);
		role_exit(q->role);
	}
}

void
queue_drain(struct queue *q, uint32_t grace_ms)
{
	if (!q->running) {
		role_exit(q->role);
		return;
	}
	q->drain_by_ms = queue_now(q) + grace_ms;
	timer_init(&q->drain_timer, q->role->loop, drain_step, q);
	drain_step(q);
}
