/* main.c - role `queue`: owns the store and the schedule, and is the only
 * writer of mail. See queue.h for its parts. */
#include "role/queue/queue.h"

#include "os/clock.h"

static void
init(struct role *r)
{
	queue_init(r->state, r);
}

static enum err
open_role(struct role *r, struct diag *d)
{
	(void)r;
	(void)d;
	/* The zone file cannot be read behind the walls. */
	(void)clock_utc_offset_min(clock_unix_ms());
	return ERR_OK;
}

/* Behind the walls, as threads may only begin there. */
static enum err
start(struct role *r, struct diag *d)
{
	return queue_start(r->state, d);
}

static void
drain(struct role *r, uint32_t grace_ms)
{
	queue_drain(r->state, grace_ms);
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
	else if (m->type == IPC_rcpt_target)
		settle_target(q, c, &m->rcpt_target);
	else if (m->type == IPC_rcpt_answer)
		settle_answer(q, c, &m->rcpt_answer);
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
	else if (chan_peer(c) == ROLE_RELAY || chan_peer(c) == ROLE_LOOKUP)
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

static const struct role_ops queue_ops = {.kind = ROLE_QUEUE,
    .state_size = sizeof(struct queue),
    .init = init,
    .open = open_role,
    .start = start,
    .reloaded = queue_reloaded,
    .peer = queue_peer,
    .peer_lost = queue_peer_lost,
    .peer_writable = queue_writable,
    .message = queue_message,
    .control = queue_control,
    .control_lost = queue_control_lost,
    .drain = drain};

int
main(int argc, char **argv)
{
	return role_main(&queue_ops, argc, argv);
}
