/* settle.c - is there a mailbox, and for whom is it?
 *
 * The sender of a message is whoever its client named. Before a notice goes
 * into a Maildir lookup is asked whether that mailbox exists, and for whom it
 * stands if it is an alias. What was settled once names its original
 * recipient and is not asked about again: an alias may stand for itself.
 *
 * A recipient whom relay-control let pass unknown is asked about too. Whether
 * it is a mailbox is all that counts then: smtpd has followed aliases. */
#include "role/queue/queue.h"

#include "os/log.h"
#include "policy/alias.h"
#include "proto/smtp/address.h"

#define NO_LOOKUP_MS 1000u

static bool
is_notice(const struct job *j)
{
	return (j->letter->envelope.flags & STORE_INTERNAL) != 0;
}

/* May its client name mailboxes that do not exist? */
static bool
may_be_unknown(const struct queue *q, const struct job *j)
{
	const struct conf_relay_recipient *r =
	    &q->role->conf->relay_control.recipient;
	return (j->letter->envelope.flags & STORE_TRUSTED) != 0 &&
	       (r->exempt_authenticated || r->exempt_trusted);
}

bool
settle_wanted(const struct queue *q, const struct job *j)
{
	return (is_notice(j) || may_be_unknown(q, j)) &&
	       j->dest->kind == NEXTHOP_MAILDIR && !j->settled &&
	       j->rcpts[0].original.n == 0;
}

static void
drop(struct queue *q, struct job *j, struct slice reply)
{
	outcome_one(q, j, &j->rcpts[0], IPC_FAILED, SLICE("recipient.unknown"),
	    reply, SLICE_EMPTY);
	outcome_end(q, j, 0);
}

void
settle_ask(struct queue *q, struct job *j)
{
	struct smtp_address a;
	struct ipc_msg m = {.type = IPC_rcpt_ask, .fd = -1};
	if (smtp_mailbox_parse(j->rcpts[0].address, &j->mem, &a) != ERR_OK) {
		drop(q, j, SLICE("550 5.1.3 No mailbox can have this name"));
		return;
	}
	m.rcpt_ask.ask = j->number;
	m.rcpt_ask.flags = IPC_RCPT_NO_VERIFY;
	m.rcpt_ask.local = a.local;
	m.rcpt_ask.domain = a.domain;
	struct chan *c = role_peer(q->role, ROLE_LOOKUP, 0);
	j->state = JOB_ASKING;
	j->chan = c;
	if (!role_send(c, &m))
		outcome_end(q, j, NO_LOOKUP_MS);
}

/* Only who was asked may answer. */
static struct job *
asked(const struct queue *q, const struct chan *c, uint64_t number)
{
	struct job *j = map_get_u64(&q->jobs_by_number, number);
	return j != NULL && j->state == JOB_ASKING && j->chan == c ? j : NULL;
}

void
settle_target(struct queue *q, struct chan *c, const struct ipc_rcpt_target *m)
{
	struct job *j = asked(q, c, m->ask);
	if (j == NULL)
		return;
	if (j->targets == NULL)
		j->targets = arena_alloc(
		    &j->mem, ALIAS_TARGETS_MAX * sizeof(*j->targets));
	/* Some of an alias's targets are worse than none now: later all. */
	if (m->address.n == 0 || j->targets == NULL ||
	    j->n_targets == ALIAS_TARGETS_MAX ||
	    !arena_slice(&j->mem, m->address, &j->targets[j->n_targets])) {
		log_line(LOG_ERROR, "notice-unsettled", "to=\"%.*s\"",
		    SLICE_ARG(j->rcpts[0].address));
		outcome_end(q, j, NO_LOOKUP_MS);
		return;
	}
	j->n_targets++;
}

/* A mailbox of the same domain takes the recipient's place; anything else
 * stays in targets. */
static void
take_mailbox(struct job *j)
{
	struct slice to = j->targets[0];
	size_t at = slice_rfind(to, '@');
	if (!slice_eq_nocase(slice_from(to, at + 1), j->rcpts[0].domain))
		return;
	j->rcpts[0].address = to;
	j->n_targets = 0;
}

/* Does the recipient stand for itself at least? */
static bool
is_mailbox(const struct job *j)
{
	for (size_t i = 0; i < j->n_targets; i++)
		if (slice_eq_nocase(j->targets[i], j->rcpts[0].address))
			return true;
	return j->n_targets == 0;
}

void
settle_answer(struct queue *q, struct chan *c, const struct ipc_rcpt_answer *m)
{
	struct job *j = asked(q, c, m->ask);
	if (j == NULL)
		return;
	j->chan = NULL;
	j->settled = true;
	if (m->exists == IPC_EXISTS_NO ||
	    (m->exists == IPC_EXISTS_YES && !is_notice(j) && !is_mailbox(j))) {
		drop(q, j, SLICE("550 5.1.1 No such mailbox here"));
		return;
	}
	if (m->exists != IPC_EXISTS_YES) {
		outcome_one(q, j, &j->rcpts[0], IPC_DEFERRED, m->cause, m->text,
		    SLICE_EMPTY);
		outcome_end(q, j, NO_LOOKUP_MS);
		return;
	}
	if (!is_notice(j))
		j->n_targets = 0;
	else if (j->n_targets == 1)
		take_mailbox(j);
	dispatch_go(q, j);
}
