/* trace.c - what the ledger and the log hear of a link. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "os/log.h"
#include "role/relay/relay.h"

#define RCPTS_SHOWN 100u /* of one message that never began */

static uint64_t
now_ms(const struct relay *r)
{
	return loop_unix_ms(r->role->loop);
}

void
trace_begin(struct link *l, struct slice route)
{
	uint64_t now = now_ms(l->relay);
	record_begin(&l->record, RECORD_OUT, l->id, now);
	record_host(&l->record, slice_str(l->name));
	if (l->addr.ip.family != 0)
		record_peer(&l->record, &l->addr.ip, l->addr.port);
	record_listener(&l->record, route);
	record_helo(&l->record, l->conf->outbound.helo);
}

void
trace_event(struct link *l, const char *fmt, ...)
{
	char text[RECORD_LINE_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	record_dialogue(
	    &l->record, now_ms(l->relay), RECORD_EVENT, slice_str(text));
}

void
trace_line(struct link *l, char who, struct slice text)
{
	record_dialogue(&l->record, now_ms(l->relay),
	    who == '>'   ? RECORD_US
	    : who == '<' ? RECORD_PEER
			 : RECORD_NOTE,
	    text);
}

void
trace_cause(struct link *l, const char *cause, const char *text)
{
	record_cause(&l->record, slice_str(cause));
	record_note(&l->record, now_ms(l->relay), "%s; cause %s", text, cause);
}

void
trace_tls(struct link *l)
{
	const struct tls_info *t = &l->tls;
	record_tls(&l->record, slice_str(t->version), slice_str(t->cipher),
	    t->bits_used, t->verified);
	snprintf(l->tls_text, sizeof(l->tls_text), "%s cipher=%s bits=%u/%u%s",
	    t->version, t->cipher, t->bits_used, t->bits_alg,
	    t->verified ? " verified" : "");
	if (!t->verified && t->verify_cause[0] != '\0')
		record_note(&l->record, now_ms(l->relay),
		    "The certificate is not verified: %s", t->verify_cause);
}

void
trace_plain(struct link *l, struct slice cause)
{
	if (cause.n == 0)
		return;
	struct record_decision d = {.stage = SLICE("tls"),
	    .rule = SLICE("outbound tls may"),
	    .verdict = SLICE("plain text"),
	    .cause = cause};
	record_decision(&l->record, &d);
}

static enum record_verdict
verdict_of(enum ipc_outcome o)
{
	switch (o) {
	case IPC_DELIVERED:
		return RECORD_DELIVERED;
	case IPC_FAILED:
		return RECORD_FAILED;
	case IPC_DEFERRED:
		break;
	}
	return RECORD_DEFERRED;
}

static void
count(struct link *l, enum ipc_outcome o)
{
	if (o == IPC_DELIVERED)
		l->delivered++;
	else if (o == IPC_FAILED)
		l->failed++;
	else
		l->deferred++;
}

void
trace_rcpt(
    struct link *l, const struct task *t, size_t i, const struct outcome *o)
{
	record_rcpt(&l->record, t->rcpts[i].address, verdict_of(o->what),
	    o->cause, o->reply);
	count(l, o->what);
	l->last_cause[0] = '\0';
	if (o->cause.n > 0)
		snprintf(l->last_cause, sizeof(l->last_cause), "%.*s",
		    SLICE_ARG(o->cause));
}

static void
open_rcpts(struct record *r, const struct task *t, const struct outcome *o)
{
	unsigned shown = 0;
	record_mail(r, t->from);
	for (size_t i = 0; i < t->rcpts_n && shown < RCPTS_SHOWN; i++) {
		if (t->rcpts[i].done)
			continue;
		shown++;
		record_rcpt(r, t->rcpts[i].address, verdict_of(o->what),
		    o->cause, o->reply);
	}
	record_message(r, t->msg, verdict_of(o->what), t->size, o->cause);
}

void
trace_attempt(struct link *l, const struct task *t, const struct outcome *o)
{
	count(l, o->what);
	if (!t->verify)
		open_rcpts(&l->record, t, o);
}

static void
send_record(struct relay *r, struct record *rec, enum record_verdict v,
    uint64_t in, uint64_t out)
{
	struct ipc_msg m = {.type = IPC_record, .fd = -1};
	struct chan *ledger = role_peer(r->role, ROLE_LEDGER, 0);
	if (record_end(rec, now_ms(r), v, in, out, &m.record.blob) != ERR_OK ||
	    ledger == NULL || chan_blocked(ledger)) {
		r->records_lost++; /* mail never waits for its record */
		return;
	}
	m.record.dropped = r->records_lost;
	if (role_send(ledger, &m))
		r->records_lost = 0;
	else
		r->records_lost++;
}

static enum record_verdict
link_verdict(const struct link *l)
{
	if (l->delivered > 0)
		return RECORD_DELIVERED;
	if (l->failed > 0)
		return RECORD_FAILED;
	if (l->deferred > 0)
		return RECORD_DEFERRED;
	return l->cut ? RECORD_CUT : RECORD_DELIVERED;
}

/* trace_message - one message is over. A long session tells in parts. */
void
trace_message(struct link *l, const struct task *t)
{
	enum record_verdict v = l->delivered_now > 0 ? RECORD_DELIVERED
				: l->failed_now > 0  ? RECORD_FAILED
						     : RECORD_DEFERRED;
	record_message(&l->record, t->msg, v, t->size,
	    slice_str(l->delivered_now > 0 ? "" : l->last_cause));
	if (!record_full(&l->record))
		return;
	send_record(l->relay, &l->record, link_verdict(l), 0, 0);
	trace_begin(l, t->hop_text);
	if (l->in_tls)
		trace_tls(l);
}

void
trace_end(struct link *l)
{
	uint64_t in = 0, out = 0;
	if (l->conn != NULL) {
		in = conn_bytes_in(l->conn);
		out = conn_bytes_out(l->conn);
	}
	enum record_verdict v = link_verdict(l);
	char id[ID_TEXT_LEN + 1];
	id_text(l->id, id);
	log_line(LOG_INFO, "session",
	    "id=%s to=%s verdict=%s delivered=%u deferred=%u failed=%u "
	    "messages=%u tls=%s in=%llu out=%llu",
	    id, l->host, record_verdict_name(v), l->delivered, l->deferred,
	    l->failed, l->messages, l->in_tls ? l->tls.version : "none",
	    (unsigned long long)in, (unsigned long long)out);
	send_record(l->relay, &l->record, v, in, out);
}

void
trace_unresolved(struct task *t, const struct outcome *o)
{
	struct relay *r = t->relay;
	struct record rec;
	struct record_decision d = {.stage = SLICE("resolve"),
	    .rule = t->hop_text,
	    .evidence = o->reply,
	    .verdict = o->what == IPC_FAILED ? SLICE("fail") : SLICE("defer"),
	    .cause = o->cause};
	t->session = role_id(r->role);
	record_init(&rec);
	record_begin(&rec, RECORD_OUT, t->session, now_ms(r));
	record_listener(&rec, t->hop_text);
	record_host(&rec, t->hop.host.n > 0 ? t->hop.host : t->domain);
	record_decision(&rec, &d);
	record_dialogue(&rec, now_ms(r), RECORD_NOTE, o->reply);
	if (!t->verify)
		open_rcpts(&rec, t, o);
	send_record(r, &rec, verdict_of(o->what), 0, 0);
	record_free(&rec);
}
