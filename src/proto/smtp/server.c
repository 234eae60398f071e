#include "proto/smtp/server_priv.h"

#include "base/base64.h"
#include "proto/smtp/line.h"
#include "proto/smtp/reply.h"

#include <string.h>

#define OUT_MAX    16384 /* replies gathered; one event adds 4 KiB at most */
#define OUT_FLUSH  2048  /* so much is sent without waiting for more */
#define OUT_KEEP   512   /* so much memory an idle session keeps for it */
#define TX_MEMORY  4096  /* reverse-path, parameters, one refusal's text */
#define MAIL_EXTRA 560   /* SIZE, BODY, AUTH: RFC 1870 5, 6152 2, 4954 5 */
#define TEXT_MAX   1500  /* of a verdict's text */

const struct smtp_server_limits smtp_server_limits_default = {
    .message_octets = 25 * 1000 * 1000,
    .recipients = 100,
    .errors = 10,
    .commands = 1000,
    .line_octets = 512,
    .data_line_octets = 1000,
    .command_timeout_ms = 300 * 1000,
    .data_timeout_ms = 600 * 1000,
};

static const struct smtp_srv_refusal too_many_errors = {421, false,
    SLICE("4.7.0"), SLICE("limit.rate"),
    SLICE("Too many errors in this session, closing it")};

static struct smtp_srv_queued *
queue_place(struct smtp_server *s, enum smtp_srv_act kind)
{
	/* Notes leave room for what the driver must not miss: the record may
	 * lack a line, the driver never lacks an action. */
	size_t room = kind == SMTP_SRV_NOTE ? SRV_QUEUE - 4 : SRV_QUEUE;
	if (s->queued >= room)
		return NULL;
	size_t at = (size_t)(s->queue_at + s->queued++) % SRV_QUEUE;
	s->queue[at] = (struct smtp_srv_queued){.kind = (uint8_t)kind};
	return &s->queue[at];
}

void
srv_act(struct smtp_server *s, enum smtp_srv_act kind)
{
	(void)queue_place(s, kind);
}

void
srv_note_peer(struct smtp_server *s, struct slice text, bool hidden)
{
	struct smtp_srv_queued *q = queue_place(s, SMTP_SRV_NOTE);
	if (q == NULL)
		return;
	q->who = SMTP_NOTE_PEER;
	q->text = text;
	q->hidden = hidden;
}

void
srv_note_event(struct smtp_server *s, struct slice cause, struct slice text)
{
	struct smtp_srv_queued *q = queue_place(s, SMTP_SRV_NOTE);
	if (q == NULL)
		return;
	q->who = SMTP_NOTE_EVENT;
	q->text = text;
	q->cause = cause;
}

/* The replies that the driver has taken make room for new ones. */
static void
drop_sent(struct smtp_server *s)
{
	if (!s->sent)
		return;
	s->sent = false;
	if (s->out.cap > OUT_KEEP)
		buf_free(&s->out);
	else
		buf_clear(&s->out);
}

/* The reply in out from off on, for the ledger; n octets of it are shown. */
static void
note_reply(struct smtp_server *s, uint16_t code, size_t off, size_t n,
    struct slice cause)
{
	struct smtp_srv_queued *q = queue_place(s, SMTP_SRV_NOTE);
	if (q == NULL)
		return;
	q->who = SMTP_NOTE_US;
	q->code = code;
	q->hidden = off + n + 2 < s->out.n;
	q->off = (uint32_t)off;
	q->n = (uint32_t)n;
	q->cause = cause;
}

static void
add_reply(
    struct smtp_server *s, const struct smtp_srv_refusal *r, struct slice id)
{
	drop_sent(s);
	size_t off = s->out.n;
	buf_add_smtp_reply(
	    &s->out, r->code, r->enhanced, slice_to(r->text, TEXT_MAX), id);
	if (buf_err(&s->out) == ERR_OK)
		note_reply(s, r->code, off, s->out.n - off - 2, r->cause);
}

void
srv_reply(struct smtp_server *s, uint16_t code, struct slice enhanced,
    struct slice text)
{
	struct smtp_srv_refusal r = {
	    .code = code, .enhanced = enhanced, .text = text};
	add_reply(s, &r, SLICE_EMPTY);
}

void
srv_challenge(struct smtp_server *s, struct slice bytes)
{
	drop_sent(s);
	size_t off = s->out.n;
	buf_add(&s->out, SLICE("334 "));
	buf_add_base64(&s->out, bytes);
	buf_add(&s->out, SLICE("\r\n"));
	if (buf_err(&s->out) == ERR_OK)
		note_reply(s, 334, off, 3, SLICE_EMPTY);
}

void
srv_refuse(struct smtp_server *s, const struct smtp_srv_refusal *r)
{
	struct slice id = s->tx.id_n > 0 ? slice_of(s->tx.id, s->tx.id_n)
					 : slice_of(s->id, s->id_n);
	add_reply(s, r, id);
	if (r->close) {
		srv_end(s);
		return;
	}
	if (r->code >= 500)
		s->errors++;
	if (s->opts->limits.errors > 0 && s->errors >= s->opts->limits.errors &&
	    s->state != SRV_END) {
		add_reply(s, &too_many_errors, id);
		srv_end(s);
	}
}

struct smtp_srv_refusal
srv_refusal_of(const struct smtp_verdict *v)
{
	bool sound = v->code >= 400 && v->code <= 599;
	return (struct smtp_srv_refusal){
	    .code = sound ? v->code : 451,
	    .close = v->close,
	    .enhanced = sound ? slice_to(v->enhanced, 11) : SLICE("4.3.0"),
	    .cause = v->cause,
	    .text = slice_to(v->text, TEXT_MAX),
	};
}

void
srv_refuse_verdict(struct smtp_server *s, const struct smtp_verdict *v)
{
	struct smtp_srv_refusal r = srv_refusal_of(v);
	srv_refuse(s, &r);
}

void
srv_ask(struct smtp_server *s, enum smtp_srv_ask ask, enum smtp_srv_act act)
{
	s->state = SRV_ASKED;
	s->ask = ask;
	srv_act(s, act);
}

void
srv_tx_reset(struct smtp_server *s)
{
	if (s->tx.body)
		srv_act(s, SMTP_SRV_BODY_ABORT);
	if (s->tx.open)
		srv_act(s, SMTP_SRV_TX_RESET);
	s->tx = (struct smtp_srv_tx){0};
	arena_reset(&s->txmem);
}

void
srv_end(struct smtp_server *s)
{
	if (s->state == SRV_END)
		return;
	s->state = SRV_END;
	s->ask = SRV_ASK_NONE;
	s->deadline_ms = 0;
	srv_auth_end(s, true);
	srv_tx_reset(s);
}

static uint8_t
copy_id(char to[32], struct slice id)
{
	struct slice cut = slice_to(id, 31);
	if (cut.n > 0)
		memcpy(to, cut.p, cut.n);
	return (uint8_t)cut.n;
}

void
srv_set_id(struct smtp_server *s, struct slice id)
{
	s->tx.id_n = copy_id(s->tx.id, id);
}

static void
greet(struct smtp_server *s)
{
	struct buf b;
	buf_init(&b, SMTP_REPLY_LINE_MAX);
	buf_add(&b, s->opts->hostname);
	buf_add(&b, SLICE(" ESMTP kurir"));
	srv_reply(s, 220, SLICE_EMPTY, buf_slice(&b));
	if (buf_err(&b) != ERR_OK)
		s->out.err = buf_err(&b);
	buf_free(&b);
}

static void
refuse_connection(struct smtp_server *s, const struct smtp_verdict *v)
{
	struct smtp_srv_refusal r = srv_refusal_of(v);
	r.close = true;
	srv_refuse(s, &r);
}

static void
connect_verdict(struct smtp_server *s, const struct smtp_verdict *v)
{
	if (v->kind == SMTP_SRV_ALLOW)
		greet(s);
	else
		refuse_connection(s, v);
}

void
smtp_server_open(struct smtp_server *s, const struct smtp_server_opts *opts,
    struct slice id, bool tls, const struct smtp_verdict *refusal)
{
	memset(s, 0, sizeof(*s));
	s->opts = opts;
	s->tls = tls;
	s->id_n = copy_id(s->id, id);
	buf_init(&s->out, OUT_MAX);
	buf_init(&s->secret, SRV_AUTH_LINE_MAX);
	arena_init(&s->txmem, TX_MEMORY);
	arena_init(&s->cmdmem, TX_MEMORY);
	if (refusal != NULL)
		refuse_connection(s, refusal);
	else if (opts->ask_connect)
		srv_ask(s, SRV_ASK_CONNECT, SMTP_SRV_ASK_CONNECT);
	else
		greet(s);
}

void
smtp_server_free(struct smtp_server *s)
{
	srv_auth_end(s, false);
	buf_free(&s->out);
	arena_reset(&s->txmem);
	arena_reset(&s->cmdmem);
}

/* The length of a line may depend on its command. */
static size_t
line_max(const struct smtp_server *s, struct slice in)
{
	size_t max = s->opts->limits.line_octets;
	if (s->state == SRV_RESPONSE || slice_starts_nocase(in, SLICE("AUTH ")))
		max = max > SRV_AUTH_LINE_MAX ? max : SRV_AUTH_LINE_MAX;
	else if (slice_starts_nocase(in, SLICE("MAIL ")))
		max += MAIL_EXTRA;
	return max > 2 ? max - 2 : 0;
}

size_t
smtp_server_input_max(const struct smtp_server *s)
{
	size_t max = s->opts->limits.line_octets + MAIL_EXTRA;
	if (s->opts->auth != SMTP_SRV_AUTH_OFF && max < SRV_AUTH_LINE_MAX)
		max = SRV_AUTH_LINE_MAX;
	return max;
}

static void
refuse_line(struct smtp_server *s, enum err e)
{
	static const struct smtp_srv_refusal limit = {500, true, SLICE("5.5.2"),
	    SLICE("limit.line"), SLICE("Line too long")};
	static const struct smtp_srv_refusal newline = {500, true,
	    SLICE("5.5.2"), SLICE("protocol.bare-newline"),
	    SLICE("A bare CR, a bare LF or a NUL in a command; "
		  "only CR LF ends a line")};
	srv_refuse(s, e == ERR_LIMIT ? &limit : &newline);
}

/* A TLS record of type handshake where a command belongs (RFC 8446 5.1):
 * there is nobody who could read a reply. */
static bool
is_client_hello(const struct smtp_server *s, struct slice in)
{
	return !s->tls && s->state == SRV_COMMAND && in.n >= 2 &&
	       in.p[0] == 0x16 && in.p[1] == 0x03;
}

/* Take one line. false: not all here yet. */
static bool
take_line(struct smtp_server *s, struct slice in, size_t *used)
{
	struct slice line;
	if (is_client_hello(s, in)) {
		srv_note_event(s, SLICE("tls.garbage"),
		    SLICE("The client began TLS where plain SMTP is spoken: "
			  "it is set to implicit TLS, this port is not"));
		srv_end(s);
		return true;
	}
	enum err e = smtp_line_next(in, line_max(s, in), &line, used);
	if (e == ERR_MORE)
		return false;
	s->deadline_ms = 0;
	if (e != ERR_OK) {
		*used = 0;
		refuse_line(s, e);
	} else if (s->state == SRV_RESPONSE) {
		srv_auth_response(s, line);
	} else {
		srv_command(s, line, in.n - *used);
	}
	return true;
}

/* Nothing can be done with the input at hand: is it time to end? */
static bool
end_is_due(struct smtp_server *s)
{
	static const struct smtp_srv_refusal shutdown = {421, true,
	    SLICE("4.3.2"), SLICE(""),
	    SLICE("Service is shutting down, try again later")};
	static const struct smtp_srv_refusal timeout = {421, true,
	    SLICE("4.4.2"), SLICE("net.timeout"),
	    SLICE("Timeout, nothing heard for too long")};
	static const struct smtp_srv_refusal slow = {421, true, SLICE("4.4.2"),
	    SLICE("net.timeout"),
	    SLICE("Timeout, the message comes in too slowly")};
	if (s->stopping) {
		srv_refuse(s, &shutdown);
	} else if (s->peer_gone) {
		bool midway = s->tx.open || s->auth_open;
		srv_note_event(s, midway ? SLICE("net.reset") : SLICE_EMPTY,
		    s->state == SRV_BODY
			? SLICE("The peer closed in the middle of a message")
			: SLICE("The peer closed without QUIT"));
		srv_end(s);
	} else if (s->deadline_ms != 0 && s->now_ms >= s->deadline_ms) {
		srv_refuse(s, &timeout);
	} else if (s->state == SRV_BODY && srv_body_too_slow(s)) {
		srv_refuse(s, &slow);
	} else {
		return false;
	}
	return true;
}

static void
want_input(struct smtp_server *s, struct smtp_srv_action *out)
{
	const struct smtp_server_limits *l = &s->opts->limits;
	uint64_t wait =
	    s->state == SRV_BODY ? l->data_timeout_ms : l->command_timeout_ms;
	if (s->deadline_ms == 0 && wait > 0)
		s->deadline_ms = s->now_ms + wait;
	out->kind = SMTP_SRV_WANT_INPUT;
}

static void
give_replies(struct smtp_server *s, struct smtp_srv_action *out)
{
	out->kind = SMTP_SRV_SEND;
	out->bytes = buf_slice(&s->out);
	s->sent = true;
	s->greeted = true;
}

static void
give_queued(struct smtp_server *s, struct smtp_srv_action *out)
{
	const struct smtp_srv_queued *q = &s->queue[s->queue_at];
	s->queue_at = (uint8_t)((s->queue_at + 1) % SRV_QUEUE);
	s->queued--;
	out->kind = q->kind;
	if (q->kind == SMTP_SRV_NOTE) {
		out->note = (struct smtp_note){.who = q->who,
		    .code = q->code,
		    .hidden = q->hidden,
		    .text = q->text,
		    .cause = q->cause};
		if (q->who == SMTP_NOTE_US)
			out->note.text = slice_to(
			    slice_from(buf_slice(&s->out), q->off), q->n);
	} else if (q->kind == SMTP_SRV_ASK_HELO) {
		out->bytes = s->helo_asked;
	} else if (q->kind == SMTP_SRV_ASK_MAIL) {
		out->mail = &s->tx.from;
	} else if (q->kind == SMTP_SRV_ASK_RCPT) {
		out->rcpt = &s->rcpt;
	} else if (q->kind == SMTP_SRV_AUTH_START) {
		out->mech = s->mech;
		out->has_bytes = s->has_initial;
		out->bytes = buf_slice(&s->secret);
	} else if (q->kind == SMTP_SRV_AUTH_STEP) {
		out->has_bytes = true;
		out->bytes = buf_slice(&s->secret);
	}
}

/* No memory for a reply: the order of replies can't be kept any more, so the
 * session ends with a constant. */
static void
out_of_memory(struct smtp_server *s)
{
	buf_free(&s->out);
	s->sent = false;
	s->starved = true;
	srv_note_event(s, SLICE("local.io-error"),
	    SLICE("Out of memory for a reply, session closed"));
	srv_end(s);
}

/* What is left to hand out in the states that take no input. */
static bool
give_waiting(
    struct smtp_server *s, struct slice in, struct smtp_srv_action *out)
{
	switch (s->state) {
	case SRV_END:
		if (s->starved) {
			s->starved = false;
			out->kind = SMTP_SRV_SEND;
			out->bytes =
			    SLICE("421 4.3.0 Out of memory, try later\r\n");
			return true;
		}
		out->kind = SMTP_SRV_CLOSE;
		out->ok = s->quit;
		return true;
	case SRV_ASKED:
		out->kind = SMTP_SRV_WANT_VERDICT;
		return true;
	case SRV_TLS:
		if (in.n > 0) {
			srv_note_event(s, SLICE("protocol.sync"),
			    SLICE("Plain text behind STARTTLS, before TLS"));
			srv_end(s);
			return false;
		}
		out->kind =
		    s->tls_told ? SMTP_SRV_WANT_TLS : SMTP_SRV_START_TLS;
		s->tls_told = true;
		return true;
	case SRV_COMMAND:
	case SRV_RESPONSE:
	case SRV_BODY:
		break;
	}
	return false;
}

/* Replies go out now: the greeting before anything is read, a heap of them at
 * once, and all before the states in which the peer waits for them. */
static bool
must_send(const struct smtp_server *s)
{
	if (s->out.n == 0 || s->sent)
		return false;
	return !s->greeted || s->out.n >= OUT_FLUSH || s->state == SRV_END ||
	       s->state == SRV_TLS;
}

static bool
take_input(struct smtp_server *s, struct slice in, size_t *used,
    struct smtp_srv_action *out)
{
	if (s->state == SRV_BODY)
		return srv_body(s, in, used, out);
	if (s->stopping)
		return false;
	return take_line(s, in, used);
}

/* Who does not wait for an answer that decides what comes next: noted once
 * for the greeting, and once a message for 354. */
static void
note_haste(struct smtp_server *s, struct slice in)
{
	if (in.n == 0 || s->state == SRV_END)
		return;
	if (!s->greeted && !s->early) {
		s->early = true;
		srv_note_event(s, SLICE("protocol.sync"),
		    SLICE("The client spoke before the greeting"));
	}
	bool asked = s->state == SRV_ASKED && s->ask == SRV_ASK_BODY;
	bool untold =
	    s->state == SRV_BODY && s->tx.data.octets == 0 && s->out.n > 0;
	if ((asked || untold) && !s->tx.hasty) {
		s->tx.hasty = true;
		srv_note_event(s, SLICE("protocol.sync"),
		    SLICE("The client sent its message before our answer to "
			  "DATA"));
	}
}

void
smtp_server_next(struct smtp_server *s, uint64_t now_ms, struct slice in,
    struct smtp_srv_action *out)
{
	*out = (struct smtp_srv_action){.kind = SMTP_SRV_NOTE};
	s->now_ms = now_ms;
	drop_sent(s);
	note_haste(s, in);
	for (;;) {
		size_t used = 0;
		if (buf_err(&s->out) != ERR_OK)
			out_of_memory(s);
		if (s->queued > 0) {
			give_queued(s, out);
			return;
		}
		if (must_send(s)) {
			give_replies(s, out);
			return;
		}
		if (give_waiting(s, slice_from(in, out->used), out))
			return;
		if (s->state == SRV_END)
			continue;
		struct slice rest = slice_from(in, out->used);
		if (take_input(s, rest, &used, out)) {
			out->used += used;
			if (out->kind == SMTP_SRV_BODY_WRITE)
				return;
			continue;
		}
		if (s->out.n > 0) {
			give_replies(s, out);
			return;
		}
		if (!end_is_due(s)) {
			want_input(s, out);
			return;
		}
	}
}

void
smtp_server_verdict(struct smtp_server *s, const struct smtp_verdict *v)
{
	static void (*const answered[SRV_ASK_COUNT])(
	    struct smtp_server *, const struct smtp_verdict *) = {
	    [SRV_ASK_CONNECT] = connect_verdict,
	    [SRV_ASK_HELO] = srv_helo_verdict,
	    [SRV_ASK_MAIL] = srv_mail_verdict,
	    [SRV_ASK_RCPT] = srv_rcpt_verdict,
	    [SRV_ASK_AUTH] = srv_auth_verdict,
	    [SRV_ASK_BODY] = srv_body_verdict,
	    [SRV_ASK_COMMIT] = srv_commit_verdict,
	};
	if (s->state != SRV_ASKED)
		return;
	enum smtp_srv_ask ask = s->ask;
	s->ask = SRV_ASK_NONE;
	s->state = SRV_COMMAND;
	answered[ask](s, v);
}

void
smtp_server_tls_up(struct smtp_server *s)
{
	if (s->state != SRV_TLS)
		return;
	s->state = SRV_COMMAND;
	s->tls = true;
	s->tls_told = false;
	s->esmtp = s->authenticated = false;
	s->helo_n = 0;
	s->errors = s->commands = 0;
	s->deadline_ms = 0;
}

void
smtp_server_shutdown(struct smtp_server *s)
{
	s->stopping = true;
}

void
smtp_server_peer_closed(struct smtp_server *s)
{
	s->peer_gone = true;
}

void
smtp_server_abort(struct smtp_server *s)
{
	if (s->state == SRV_END)
		return;
	buf_free(&s->out);
	s->sent = false;
	srv_end(s);
}

uint64_t
smtp_server_deadline(const struct smtp_server *s)
{
	return s->deadline_ms;
}

struct slice
smtp_server_helo(const struct smtp_server *s)
{
	return slice_of(s->helo, s->helo_n);
}

bool
smtp_server_is_esmtp(const struct smtp_server *s)
{
	return s->esmtp;
}

bool
smtp_server_is_tls(const struct smtp_server *s)
{
	return s->tls;
}

bool
smtp_server_is_authenticated(const struct smtp_server *s)
{
	return s->authenticated;
}

const struct smtp_mail *
smtp_server_mail(const struct smtp_server *s)
{
	return s->tx.mail ? &s->tx.from : NULL;
}

uint32_t
smtp_server_recipients(const struct smtp_server *s)
{
	return s->tx.rcpts;
}

uint64_t
smtp_server_body_octets(const struct smtp_server *s)
{
	return s->tx.data.octets;
}
