/* The body of a message: from 354 to the verdict on COMMIT. */
#include "proto/smtp/server_priv.h"

/* Below this average, after ten timeouts' time, a sender is holding the
 * session rather than sending a message. */
#define SLOWEST_OCTETS_PER_S 64

#define SWALLOW_EXTRA (1024 * 1024)

static const struct smtp_srv_refusal flawed = {550, true, SLICE("5.6.11"),
    SLICE("protocol.bare-newline"),
    SLICE("Message holds a bare CR, a bare LF or a NUL; "
	  "lines must end with CR LF")};
static const struct smtp_srv_refusal too_big = {552, false, SLICE("5.3.4"),
    SLICE("limit.size"), SLICE("Message is larger than this server takes")};
static const struct smtp_srv_refusal long_line = {550, false, SLICE("5.6.0"),
    SLICE("limit.line"), SLICE("Message has a line that is too long")};
static const struct smtp_srv_refusal endless = {552, true, SLICE("5.3.4"),
    SLICE("limit.size"),
    SLICE("Message is refused and does not end, closing the session")};
static const struct smtp_srv_refusal no_memory = {451, false, SLICE("4.3.0"),
    SLICE("local.io-error"), SLICE("Message cannot be taken now, try later")};

void
srv_body_verdict(struct smtp_server *s, const struct smtp_verdict *v)
{
	if (v->kind != SMTP_SRV_ALLOW) {
		s->data_refused = true;
		srv_refuse_verdict(s, v);
		srv_tx_reset(s);
		return;
	}
	srv_set_id(s, v->id);
	smtp_data_init(&s->tx.data);
	s->tx.body = true;
	s->tx.began_ms = s->now_ms;
	s->state = SRV_BODY;
	srv_reply(
	    s, 354, SLICE_EMPTY, SLICE("End data with <CR><LF>.<CR><LF>"));
}

static void
spoil(struct smtp_server *s)
{
	s->tx.spoilt = true;
	if (s->tx.body)
		srv_act(s, SMTP_SRV_BODY_ABORT);
	s->tx.body = false;
}

/* Why the body is refused; NULL: it isn't. The order is fixed, so that the
 * answer doesn't depend on how the octets came in. */
static const struct smtp_srv_refusal *
why_refused(const struct smtp_server *s)
{
	const struct smtp_server_limits *l = &s->opts->limits;
	const struct smtp_data *d = &s->tx.data;
	if (d->flaw != SMTP_DATA_FLAW_NONE)
		return &flawed;
	if (s->tx.refused)
		return &s->tx.refusal;
	if (l->message_octets > 0 && d->octets > l->message_octets)
		return &too_big;
	if (l->data_line_octets > 2 && d->longest > l->data_line_octets - 2)
		return &long_line;
	return NULL;
}

static void
refuse_body(struct smtp_server *s, const struct smtp_srv_refusal *why)
{
	s->state = SRV_COMMAND;
	if (s->tx.data.lookalike)
		srv_note_event(s, SLICE("protocol.smuggling"),
		    SLICE("The message holds a line \".\" with a bare CR or "
			  "LF: it would have ended it elsewhere"));
	srv_refuse(s, why);
	srv_tx_reset(s);
}

static void
end_of_data(struct smtp_server *s)
{
	const struct smtp_srv_refusal *why = why_refused(s);
	if (why != NULL) {
		refuse_body(s, why);
		return;
	}
	s->tx.body = false;
	srv_ask(s, SRV_ASK_COMMIT, SMTP_SRV_COMMIT);
}

/* A refused body is read to its true end, within reason. */
static bool
swallowed_enough(const struct smtp_server *s)
{
	uint64_t max = s->opts->limits.message_octets;
	return max > 0 && s->tx.data.octets > 2 * max + SWALLOW_EXTRA;
}

bool
srv_body(struct smtp_server *s, struct slice in, size_t *used,
    struct smtp_srv_action *out)
{
	struct slice run;
	enum err e = smtp_data_next(&s->tx.data, in, &run, used);
	if (e == ERR_MORE)
		return false;
	s->deadline_ms = 0;
	if (e == ERR_CLOSED) {
		end_of_data(s);
		return true;
	}
	if (!s->tx.spoilt && why_refused(s) != NULL)
		spoil(s);
	if (s->tx.spoilt) {
		if (swallowed_enough(s))
			refuse_body(s, &endless);
		return true;
	}
	if (run.n > 0) {
		out->kind = SMTP_SRV_BODY_WRITE;
		out->bytes = run;
	}
	return true;
}

void
srv_commit_verdict(struct smtp_server *s, const struct smtp_verdict *v)
{
	if (v->kind != SMTP_SRV_ALLOW) {
		srv_refuse_verdict(s, v);
		srv_tx_reset(s);
		return;
	}
	struct buf b;
	struct slice id = slice_of(s->tx.id, s->tx.id_n);
	buf_init(&b, 256);
	buf_add(&b, SLICE("Ok: "));
	if (v->text.n > 0) {
		buf_add(&b, slice_to(v->text, 160));
	} else {
		buf_add(&b, SLICE("queued as "));
		buf_add(&b, id);
	}
	buf_add(&b, SLICE(" ["));
	buf_add(&b, id);
	buf_add_byte(&b, ']');
	srv_reply(s, 250, SLICE("2.0.0"), buf_slice(&b));
	if (buf_err(&b) != ERR_OK)
		s->out.err = buf_err(&b);
	buf_free(&b);
	s->errors = s->commands = 0;
	srv_tx_reset(s);
}

void
smtp_server_body_refuse(struct smtp_server *s, const struct smtp_verdict *v)
{
	if (s->state != SRV_BODY || s->tx.refused)
		return;
	struct smtp_srv_refusal r = srv_refusal_of(v);
	if (!arena_slice(&s->txmem, r.enhanced, &r.enhanced) ||
	    !arena_slice(&s->txmem, r.text, &r.text))
		r = no_memory;
	s->tx.refusal = r;
	s->tx.refused = true;
	spoil(s);
}

bool
srv_body_too_slow(const struct smtp_server *s)
{
	uint64_t allowed_ms = 10 * s->opts->limits.data_timeout_ms;
	uint64_t took_ms = s->now_ms - s->tx.began_ms;
	return allowed_ms > 0 && took_ms > allowed_ms &&
	       s->tx.data.octets < took_ms / 1000 * SLOWEST_OCTETS_PER_S;
}
