/* events.c - what the queue decided, for the ledger and the log. */
#include "role/queue/queue.h"

#include "os/log.h"

/* Events wait this long for company in one record. */
#define EVENTS_WAIT_MS 100u

void
events_flush(struct queue *q)
{
	struct slice blob;
	struct ipc_msg m = {.type = IPC_record, .fd = -1};
	timer_stop(&q->events_timer);
	if (!q->events_any)
		return;
	q->events_any = false;
	uint64_t now = queue_now(q);
	if (record_end(&q->events, now, RECORD_ACCEPTED, 0, 0, &blob) ==
	    ERR_OK) {
		m.record.dropped = q->events_lost;
		m.record.blob = blob;
		if (role_send(role_peer(q->role, ROLE_LEDGER, 0), &m))
			q->events_lost = 0;
		else
			q->events_lost++;
	} else {
		q->events_lost++;
	}
	record_free(&q->events);
}

static void
events_due(void *arg)
{
	events_flush(arg);
}

void
events_init(struct queue *q)
{
	record_init(&q->events);
	timer_init(&q->events_timer, q->role->loop, events_due, q);
}

void
events_add(struct queue *q, enum record_what what, id_t64 message,
    struct slice rcpt, struct slice cause, struct slice text,
    uint64_t next_try_ms)
{
	const struct record_event e = {.unix_ms = queue_now(q),
	    .next_try_ms = next_try_ms,
	    .message = message,
	    .what = what,
	    .rcpt = rcpt,
	    .cause = cause,
	    .text = text};
	if (q->events_any && record_full(&q->events))
		events_flush(q);
	if (!q->events_any) {
		record_begin(
		    &q->events, RECORD_EVENTS, role_id(q->role), e.unix_ms);
		q->events_any = true;
		timer_start(&q->events_timer, EVENTS_WAIT_MS);
	}
	record_event(&q->events, &e);
}

void
events_delivery(const struct letter *l, const struct rcpt *r,
    const char *outcome, uint64_t delay_ms)
{
	char id[ID_TEXT_LEN + 1];
	id_text(l->envelope.id, id);
	log_line(LOG_INFO, "delivery",
	    "id=%s to=<%.*s> from=<%.*s> outcome=%s delay_ms=%llu host=%.*s "
	    "cause=%.*s reply=\"%.*s\"",
	    id, SLICE_ARG(r->address), SLICE_ARG(l->envelope.sender), outcome,
	    (unsigned long long)delay_ms, SLICE_ARG(r->host),
	    SLICE_ARG(r->cause), SLICE_ARG(r->reply));
}
