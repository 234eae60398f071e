/* session_record.c - what the ledger and the log hear of a session. */
#include "base/pack.h"
#include "os/log.h"
#include "os/socket.h"
#include "role/smtpd/smtpd.h"

#include <stdarg.h>
#include <stdio.h>

#define TELL_AFTER_MS 300
/* Within a transaction a refusal is told after this, and the next ones of the
 * session each twice as long after the one before: who is refused again and
 * again, as slowly as may be, does not fill the ledger. */
#define TELL_WITHIN_MS 700
#define TELL_AGAIN_MS  2000

static uint64_t
now_ms(const struct session *s)
{
	return loop_unix_ms(s->d->role->loop);
}

void
trace_event(struct session *s, const char *fmt, ...)
{
	char text[RECORD_LINE_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	record_dialogue(&s->record, now_ms(s), RECORD_EVENT, slice_str(text));
}

static void
begin(struct session *s)
{
	record_begin(&s->record, RECORD_IN, s->id, s->started_ms);
	record_peer(&s->record, &s->peer.ip, s->peer.port);
	record_local(&s->record, &s->local.ip, s->local.port);
	record_listener(&s->record, s->profile->listen->name);
}

void
trace_open(struct session *s)
{
	char peer[SOCK_ADDR_TEXT_MAX], local[SOCK_ADDR_TEXT_MAX];
	begin(s);
	sock_addr_text(&s->peer, peer);
	sock_addr_text(&s->local, local);
	trace_event(
	    s, "Accepting SMTP connection from [%s] to [%s]", peer, local);
}

/* An [ID] was given out: whoever asks about it need not wait for the end of
 * the session. Most sessions end before. */
static void
told_soon(struct session *s)
{
	if (!timer_active(&s->tell_timer))
		timer_start(&s->tell_timer, TELL_AFTER_MS);
}

static void
note_refusal(struct session *s)
{
	uint64_t soon = loop_now_ms(s->d->role->loop) + TELL_WITHIN_MS;
	s->refused++;
	if (!s->untold && s->tell_within_ms < soon)
		s->tell_within_ms = soon;
	s->untold = true;
	told_soon(s);
}

void
trace_note(struct session *s, const struct smtp_note *n)
{
	enum record_who who = n->who == SMTP_NOTE_PEER ? RECORD_PEER
			      : n->who == SMTP_NOTE_US ? RECORD_US
						       : RECORD_NOTE;
	if (n->hidden) {
		struct buf b;
		buf_init(&b, RECORD_LINE_MAX + 8);
		buf_add(&b, slice_to(n->text, RECORD_LINE_MAX));
		buf_add_str(&b, n->text.n > 0 ? " ****" : "****");
		record_dialogue(&s->record, now_ms(s), who, buf_slice(&b));
		buf_free(&b);
	} else {
		record_dialogue(&s->record, now_ms(s), who, n->text);
	}
	if (n->cause.n > 0) {
		record_cause(&s->record, n->cause);
		if (n->who == SMTP_NOTE_US)
			note_refusal(s);
		else if (slice_eq(n->cause, SLICE("net.reset")))
			s->cut = true;
	}
}

void
trace_tls(struct session *s, enum err e, const struct diag *why)
{
	if (e == ERR_OK) {
		const struct tls_info *t = s->tls;
		record_tls(&s->record, slice_str(t->version),
		    slice_str(t->cipher), t->bits_used, t->verified);
		record_note(&s->record, now_ms(s),
		    "TLS negotiation successful (%s %s %u/%u%s)", t->version,
		    t->cipher, t->bits_used, t->bits_alg,
		    t->resumed ? ", resumed" : "");
		return;
	}
	s->refused++;
	record_cause(&s->record, slice_str(why->cause));
	record_note(&s->record, now_ms(s),
	    "TLS negotiation failed: %s; cause %s", why->text, why->cause);
}

void
trace_rcpt(struct session *s, struct slice to, bool accepted,
    const struct relay_verdict *v)
{
	struct slice cause = slice_str(v->why.cause);
	record_rcpt(&s->record, to, accepted ? RECORD_ACCEPTED : RECORD_REFUSED,
	    cause, slice_str(v->why.text));
	struct buf where;
	buf_init(&where, 512);
	if (v->field != NULL)
		gate_where(s->gen->conf, v->field, &where);
	struct record_decision d = {.stage = SLICE("rcpt"),
	    .rule = slice_str(v->rule),
	    .config = buf_slice(&where),
	    .evidence =
		s->trusted ? buf_slice(&s->trust_evidence) : SLICE_EMPTY,
	    .verdict = accepted        ? SLICE("accept")
		       : v->code < 500 ? SLICE("defer")
				       : SLICE("reject"),
	    .cause = cause};
	/* One that is let through as a matter of course explains nothing. */
	if (!accepted || s->foreign)
		record_decision(&s->record, &d);
	buf_free(&where);
}

/* Of the last greeting and sender: those before were judged then. */
static unsigned
passed(const struct session *s)
{
	static const unsigned bits[REVERSE_KINDS] = {
	    [REVERSE_PTR] = RECORD_LOOKUP_PTR,
	    [REVERSE_HELO] = RECORD_LOOKUP_HELO,
	    [REVERSE_MAIL] = RECORD_LOOKUP_MAIL};
	unsigned lookups = 0;
	for (unsigned k = 0; k < REVERSE_KINDS; k++) {
		const struct reverse_result *r =
		    look_result(s, (enum reverse_kind)k);
		if (r != NULL && (r->findings & ~REVERSE_SKIPPED) == 0)
			lookups |= bits[k];
	}
	return lookups;
}

static void
send_record(struct session *s, enum record_verdict v, uint64_t in, uint64_t out)
{
	struct smtpd *d = s->d;
	struct ipc_msg m = {.type = IPC_record, .fd = -1};
	struct chan *ledger = role_peer(d->role, ROLE_LEDGER, 0);
	if (smtp_server_helo(&s->machine).n > 0 && s->machine_open)
		record_helo(&s->record, smtp_server_helo(&s->machine));
	record_passed(&s->record, passed(s));
	if (record_end(&s->record, now_ms(s), v, in, out, &m.record.blob) !=
		ERR_OK ||
	    ledger == NULL || chan_blocked(ledger)) {
		d->records_lost++; /* mail never waits for its record */
		return;
	}
	m.record.dropped = d->records_lost;
	if (role_send(ledger, &m))
		d->records_lost = 0;
	else
		d->records_lost++;
}

/* A long session tells in parts, under the same id. */
static void
tell_part(struct session *s)
{
	timer_stop(&s->tell_timer);
	s->untold = false;
	send_record(s, RECORD_ACCEPTED, 0, 0);
	begin(s);
	record_ptr(&s->record, look_ptr_name(s));
	record_user(&s->record, buf_slice(&s->user));
	if (s->tls != NULL)
		record_tls(&s->record, slice_str(s->tls->version),
		    slice_str(s->tls->cipher), s->tls->bits_used,
		    s->tls->verified);
}

/* What the transaction has come to, for the next part. */
static void
record_transaction(struct session *s)
{
	struct slice left = buf_slice(&s->rcpts), target, original;
	struct slice before = SLICE_EMPTY;
	record_mail(&s->record, buf_slice(&s->sender));
	while (pack_next(&left, &target) && pack_next(&left, &original)) {
		if (!slice_eq(original, before))
			record_rcpt(&s->record, original, RECORD_ACCEPTED,
			    SLICE_EMPTY, SLICE_EMPTY);
		before = original;
	}
}

/* The test mailbox shows its dialogue from the record. */
static bool
may_tell_within(const struct session *s, uint64_t now)
{
	return s->untold && now >= s->tell_within_ms && s->committing == 0 &&
	       s->test == NULL && smtp_server_mail(&s->machine) != NULL;
}

void
trace_tell(struct session *s)
{
	uint64_t now = loop_now_ms(s->d->role->loop);
	bool within = smtp_server_mail(&s->machine) != NULL ||
		      s->body.message != 0 || s->committing != 0;
	if (s->finished)
		return;
	if (!within) {
		tell_part(s);
	} else if (!may_tell_within(s, now)) {
		told_soon(s);
	} else {
		tell_part(s);
		record_transaction(s);
		s->tell_within_ms = now + (TELL_AGAIN_MS << s->told_within);
		s->told_within += s->told_within < 10;
	}
}

void
trace_room(struct session *s)
{
	if (record_full(&s->record))
		tell_part(s);
}

void
trace_message(struct session *s, bool accepted, struct slice cause)
{
	record_message(&s->record, s->committing,
	    accepted ? RECORD_ACCEPTED : RECORD_REFUSED, s->committing_octets,
	    cause);
	if (accepted)
		s->accepted++;
	if (record_full(&s->record))
		tell_part(s);
	else
		told_soon(s);
}

void
trace_closed(struct session *s, enum err e, const struct diag *why)
{
	s->bytes_in = conn_bytes_in(s->conn);
	s->bytes_out = conn_bytes_out(s->conn);
	if (e == ERR_OK || s->finished)
		return;
	s->cut = true;
	if (why != NULL && why->text[0] != '\0')
		trace_event(s, "Connection lost: %s", why->text);
	else
		trace_event(s, "Socket connection closed by the other side");
	if (why != NULL && why->cause[0] != '\0')
		record_cause(&s->record, slice_str(why->cause));
	else
		record_cause(&s->record, SLICE("net.reset"));
}

void
trace_finish(struct session *s)
{
	enum record_verdict v = RECORD_ACCEPTED;
	if (s->cut)
		v = RECORD_CUT;
	else if (s->accepted == 0 && s->refused > 0)
		v = RECORD_REFUSED;
	char peer[SOCK_ADDR_TEXT_MAX];
	sock_addr_text(&s->peer, peer);
	log_line(LOG_INFO, "session",
	    "id=%s from=%s listener=%.*s verdict=%s messages=%u refused=%u "
	    "tls=%s in=%llu out=%llu",
	    s->id_text, peer, SLICE_ARG(s->profile->listen->name),
	    record_verdict_name(v), s->accepted, s->refused,
	    s->tls == NULL ? "none" : s->tls->version,
	    (unsigned long long)s->bytes_in, (unsigned long long)s->bytes_out);
	send_record(s, v, s->bytes_in, s->bytes_out);
}
