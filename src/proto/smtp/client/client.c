#include "proto/smtp/client/client.h"

#include "proto/smtp/client/internal.h"

#include <stdlib.h>

const struct smtp_client_timeouts smtp_client_timeouts_default = {
    .greeting = 300000,
    .command = 300000,
    .starttls = 60000,
    .data_init = 120000,
    .data_block = 180000,
    .data_done = 600000,
    .quit = 10000,
};

static const struct smtp_reply_limits reply_limits = {
    .line_octets = 2048,
    .octets = REPLY_OCTETS,
    .lines = 128,
};

/* ---- commands in flight ---- */

static void
await(struct smtp_client *c, enum cmd cmd, uint32_t rcpt)
{
	struct flight *f =
	    &c->flight[(c->flight_head + c->flight_n) % FLIGHT_MAX];
	*f = (struct flight){(uint8_t)cmd, rcpt};
	c->flight_n++;
}

/* client_await - one more reply to what went out already. */
void
client_await(struct smtp_client *c, enum cmd cmd, bool sent)
{
	await(c, cmd, 0);
	if (!sent)
		c->unsent++;
}

/* client_command - line goes out with CR LF; shown is what the dialogue says
 * (it may hide a secret). */
void
client_command(struct smtp_client *c, enum cmd cmd, uint32_t rcpt,
    struct slice line, struct slice shown)
{
	await(c, cmd, rcpt);
	c->unsent++;
	buf_add(&c->out, line);
	buf_add(&c->out, SLICE("\r\n"));
	client_note(c, '>', shown);
}

static uint32_t
patience(const struct smtp_client *c, enum cmd cmd)
{
	const struct smtp_client_timeouts *t = &c->o.timeouts;
	switch (cmd) {
	case CMD_GREETING:
		return t->greeting;
	case CMD_STARTTLS:
		return t->starttls;
	case CMD_DATA:
		return t->data_init;
	case CMD_DOT:
	case CMD_RAW_DOT:
		return t->data_done;
	case CMD_QUIT:
		return t->quit;
	case CMD_EHLO:
	case CMD_HELO:
	case CMD_AUTH:
	case CMD_RSET:
	case CMD_MAIL:
	case CMD_RCPT:
	case CMD_RAW:
	case CMD_COUNT:
		break;
	}
	return t->command;
}

/* client_arm - the deadline for whatever is awaited now. */
void
client_arm(struct smtp_client *c, uint64_t now_ms)
{
	if (c->state == ST_CLOSED || c->state == ST_IDLE)
		c->deadline = 0;
	else if (c->state == ST_TLS)
		c->deadline = now_ms + c->o.timeouts.starttls;
	else if (c->state == ST_BODY)
		c->deadline = now_ms + c->o.timeouts.data_block;
	else if (c->flight_n > 0)
		c->deadline =
		    now_ms +
		    patience(c, (enum cmd)c->flight[c->flight_head].cmd);
}

/* ---- endings ---- */

void
client_ready(struct smtp_client *c)
{
	c->state = ST_IDLE;
	c->ready = true;
}

static void
finish(struct smtp_client *c, const struct verdict *v)
{
	c->why = *v;
	c->close = true;
	c->state = ST_CLOSED;
	c->deadline = 0;
	c->ready = c->start_tls = c->tx.want_body = false;
	c->flight_n = c->unsent = 0;
}

static void
say_quit(struct smtp_client *c)
{
	buf_add(&c->out, SLICE("QUIT\r\n"));
	client_note(c, '>', SLICE("QUIT"));
}

void
client_fail(struct smtp_client *c, const struct verdict *v, bool polite)
{
	if (c->state == ST_CLOSED)
		return;
	tx_all(c, v);
	if (polite)
		say_quit(c);
	else
		buf_clear(&c->out); /* not a word more */
	finish(c, v);
}

static void
fail_local(struct smtp_client *c, unsigned stage, const char *enhanced,
    const char *cause, const char *what, bool polite)
{
	struct verdict v;
	struct buf text;
	buf_init(&text, TEXT_KEEP);
	buf_add_str(&text, what);
	buf_add(&text, SLICE(" ("));
	buf_add(&text, client_stage_name(stage));
	buf_add_byte(&text, ')');
	client_note(c, '*', buf_slice(&text));
	verdict_local(c, &v, stage, SMTP_CLIENT_DEFERRED, enhanced, cause,
	    buf_slice(&text));
	buf_free(&text);
	client_fail(c, &v, polite);
}

void
client_sync_lost(struct smtp_client *c, enum cmd stage, const char *what)
{
	fail_local(c, stage, "4.5.0", "protocol.sync", what, false);
}

void
client_need_plain(struct smtp_client *c, const struct verdict *v)
{
	c->need_plain = true;
	tx_reset(c);
	finish(c, v);
}

/* The connection was kept from an earlier message and died before the peer
 * took notice of this one: nobody's fault, try on a new one. */
bool
client_is_stale(const struct smtp_client *c)
{
	return c->reused && c->tx.active && !c->tx.answered &&
	       c->tx.done_n == 0;
}

void
client_need_fresh(struct smtp_client *c, const struct verdict *v)
{
	c->need_fresh = true;
	tx_reset(c);
	finish(c, v);
}

/* The stage that is under way: the oldest command without a reply. */
static enum cmd
stage_now(const struct smtp_client *c)
{
	if (c->state == ST_TLS)
		return STAGE_TLS;
	if (c->state == ST_BODY)
		return CMD_DATA;
	if (c->flight_n > 0)
		return (enum cmd)c->flight[c->flight_head].cmd;
	return c->tx.active ? CMD_RCPT : CMD_QUIT;
}

/* TLS is being begun, or was begun and nothing was heard inside it yet. */
static bool
tls_is_unproven(const struct smtp_client *c)
{
	return c->state == ST_TLS || (c->started_tls && !c->proven) ||
	       (c->state == ST_SESSION && stage_now(c) == CMD_STARTTLS);
}

/* ---- events ---- */

struct smtp_client *
smtp_client_new(const struct smtp_client_options *o, uint64_t now_ms)
{
	struct smtp_client *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->o = *o;
	if (c->o.window == 0)
		c->o.window = 64;
	if (c->o.window > WINDOW_MAX)
		c->o.window = WINDOW_MAX;
	c->in_tls = o->in_tls;
	c->o.implicit &= !o->in_tls && o->tls != SMTP_CLIENT_TLS_NONE;
	if (c->o.implicit) {
		c->state = ST_TLS;
		c->start_tls = true;
	}
	buf_init(&c->in, REPLY_OCTETS + 2 * IN_PIECE);
	buf_init(&c->out, OUT_MAX);
	buf_init(&c->notes, NOTES_MAX);
	buf_init(&c->texts, TEXTS_MAX);
	c->flight[0] = (struct flight){CMD_GREETING, 0};
	c->flight_n = 1;
	client_arm(c, now_ms);
	return c;
}

void
smtp_client_free(struct smtp_client *c)
{
	if (c == NULL)
		return;
	tx_reset(c);
	buf_free(&c->in);
	buf_free(&c->out);
	buf_free(&c->notes);
	buf_free(&c->texts);
	free(c);
}

/* What was pulled before this event is gone. */
void
client_event_begin(struct smtp_client *c)
{
	buf_consume(&c->notes, c->notes_given);
	buf_consume(&c->out, c->out_given);
	c->notes_given = c->out_given = 0;
	if (!c->tx.active && c->tx.done_given == c->tx.done_n &&
	    c->state != ST_CLOSED)
		buf_clear(&c->texts);
}

/* Out of memory, or over a limit of ours, ends the session: what the peer
 * thinks and what we think may differ from here on. */
void
client_event_end(struct smtp_client *c)
{
	if (c->state == ST_CLOSED)
		return;
	if (buf_err(&c->out) != ERR_OK || buf_err(&c->in) != ERR_OK)
		fail_local(c, stage_now(c), "4.3.0", "local.io-error",
		    "out of memory", false);
}

static void
on_421(struct smtp_client *c, enum cmd stage, const struct smtp_reply *r)
{
	struct verdict v;
	verdict_of_reply(c, &v, stage, r);
	if (stage == CMD_STARTTLS && c->o.tls == SMTP_CLIENT_TLS_MAY) {
		session_tls_lost(c, "tls.refused",
		    slice_to(
			slice_from(buf_slice(&c->texts), v.text_at), v.text_n));
		return;
	}
	if (client_is_stale(c))
		client_need_fresh(c, &v);
	else
		client_fail(c, &v, false);
}

/* A reply that no command of ours asked for. */
static void
unasked(struct smtp_client *c, const struct smtp_reply *r)
{
	if (r->code == 421)
		on_421(c, stage_now(c), r);
	else if (c->state == ST_BODY)
		tx_early(c, r);
	else
		client_sync_lost(c, stage_now(c),
		    "the server replied to what was never asked");
}

static void
on_reply(struct smtp_client *c, uint64_t now, const struct smtp_reply *r)
{
	client_note_reply(c, r->raw);
	if (c->flight_n == c->unsent) {
		unasked(c, r);
		return;
	}
	struct flight f = c->flight[c->flight_head];
	c->flight_head = (c->flight_head + 1) % FLIGHT_MAX;
	c->flight_n--;
	enum cmd cmd = (enum cmd)f.cmd;
	c->proven = c->in_tls;
	client_note_whole(c, cmd, r);
	if (r->code == 421 && cmd != CMD_QUIT) {
		on_421(c, cmd, r);
		return;
	}
	switch (cmd) {
	case CMD_GREETING:
		session_greeting(c, now, r);
		break;
	case CMD_EHLO:
	case CMD_HELO:
		session_hello(c, now, r, cmd);
		break;
	case CMD_STARTTLS:
		session_starttls(c, now, r);
		break;
	case CMD_AUTH:
		session_auth(c, now, r);
		break;
	case CMD_RSET:
	case CMD_MAIL:
	case CMD_RCPT:
	case CMD_DATA:
	case CMD_DOT:
		tx_reply(c, &f, r);
		break;
	case CMD_RAW:
	case CMD_RAW_DOT:
		raw_reply(c, cmd, r);
		break;
	case CMD_QUIT:
	case CMD_COUNT:
		finish(c, &(struct verdict){.stage = CMD_QUIT});
		break;
	}
}

/* All whole replies in c->in. */
static void
read_replies(struct smtp_client *c, uint64_t now)
{
	while (c->state != ST_CLOSED && c->in.n > 0) {
		struct smtp_reply r;
		size_t used;
		if (c->state == ST_TLS) {
			/* CVE-2011-0411: plain text behind the 220. */
			client_sync_lost(c, CMD_STARTTLS,
			    "plain text after the reply to STARTTLS");
			return;
		}
		enum err e = smtp_reply_parse(
		    buf_slice(&c->in), &reply_limits, &r, &used);
		if (e == ERR_MORE)
			return;
		if (e != ERR_OK) {
			fail_local(c, stage_now(c), "4.5.0",
			    e == ERR_LIMIT ? "limit.line" : "protocol.syntax",
			    e == ERR_LIMIT ? "a reply without end"
					   : "what came is not an SMTP reply",
			    false);
			return;
		}
		on_reply(c, now, &r);
		buf_consume(&c->in, used);
		client_arm(c, now);
	}
}

void
smtp_client_bytes(struct smtp_client *c, uint64_t now_ms, struct slice in)
{
	client_event_begin(c);
	while (in.n > 0 && c->state != ST_CLOSED) {
		buf_add(&c->in, slice_to(in, IN_PIECE));
		in = slice_from(in, IN_PIECE);
		read_replies(c, now_ms);
	}
	client_event_end(c);
}

void
smtp_client_closed(struct smtp_client *c, uint64_t now_ms, struct slice cause)
{
	char name[32];
	(void)now_ms;
	client_event_begin(c);
	if (c->state == ST_CLOSED)
		return;
	client_keep(
	    name, sizeof(name), cause.n > 0 ? cause : SLICE("net.reset"));
	if (c->state == ST_QUIT) {
		finish(c, &(struct verdict){.stage = CMD_QUIT});
	} else if (tls_is_unproven(c)) {
		session_tls_lost(c,
		    cause.n > 0 || c->o.implicit ? name
						 : "net.closed-after-starttls",
		    c->o.implicit
			? SLICE("the server closed the connection in the TLS "
				"handshake")
			: SLICE("the server closed the connection after "
				"STARTTLS"));
	} else if (client_is_stale(c)) {
		struct verdict v;
		verdict_local(c, &v, stage_now(c), SMTP_CLIENT_DEFERRED,
		    "4.4.2", name, SLICE("the kept connection was closed"));
		client_need_fresh(c, &v);
	} else {
		fail_local(c, stage_now(c), "4.4.2", name,
		    "the server closed the connection", false);
	}
}

void
smtp_client_tick(struct smtp_client *c, uint64_t now_ms)
{
	client_event_begin(c);
	if (c->deadline == 0 || now_ms < c->deadline || c->state == ST_CLOSED)
		return;
	if (c->state == ST_QUIT)
		finish(c, &(struct verdict){.stage = CMD_QUIT});
	else if (tls_is_unproven(c))
		session_tls_lost(c, "tls.stalled",
		    c->o.implicit
			? SLICE("the server stalled in the TLS handshake")
			: SLICE("the server stalled after STARTTLS"));
	else
		fail_local(c, stage_now(c), "4.4.2", "net.timeout",
		    "no answer in time", false);
}

void
smtp_client_tls_up(struct smtp_client *c, uint64_t now_ms,
    const struct smtp_client_tls_info *info)
{
	struct buf text;
	client_event_begin(c);
	if (c->state != ST_TLS)
		return;
	c->in_tls = true;
	c->started_tls = !c->o.implicit;
	c->proven = false;
	/* RFC 3207 4.2: forget all that was learned in plain text. */
	c->offers = (struct smtp_client_offers){0};
	buf_init(&text, TEXT_KEEP);
	buf_add(&text, info->version);
	buf_add_byte(&text, ' ');
	buf_add(&text, info->cipher);
	buf_add_byte(&text, ' ');
	buf_add_u64(&text, info->bits);
	buf_add(&text, info->verified ? SLICE(" bits, verified")
				      : SLICE(" bits, not verified"));
	client_note(c, '*', buf_slice(&text));
	buf_free(&text);
	if (c->o.tls == SMTP_CLIENT_TLS_VERIFY && !info->verified) {
		char cause[32];
		client_keep(cause, sizeof(cause),
		    info->cause.n > 0 ? info->cause
				      : SLICE("tls.cert-untrusted"));
		c->state = ST_SESSION;
		fail_local(c, STAGE_TLS, "4.7.5", cause,
		    "the certificate of the server is not accepted", true);
		return;
	}
	if (c->o.implicit)
		c->state = ST_SESSION; /* the greeting is awaited */
	else
		session_hello_send(c);
	client_arm(c, now_ms);
	client_event_end(c);
}

void
smtp_client_tls_failed(struct smtp_client *c, uint64_t now_ms,
    struct slice cause, struct slice text)
{
	char name[32];
	(void)now_ms;
	client_event_begin(c);
	client_keep(name, sizeof(name), cause);
	if (c->state == ST_TLS)
		session_tls_lost(c, name, text);
}

void
smtp_client_message(
    struct smtp_client *c, uint64_t now_ms, const struct smtp_client_message *m)
{
	client_event_begin(c);
	if (c->state != ST_IDLE || c->ready)
		return;
	buf_clear(&c->texts);
	tx_begin(c, m);
	client_arm(c, now_ms);
	client_event_end(c);
}

void
smtp_client_abort(struct smtp_client *c, const struct smtp_client_result *why)
{
	struct verdict v;
	char enhanced[12], cause[32];
	client_event_begin(c);
	if (c->state == ST_CLOSED)
		return;
	client_keep(enhanced, sizeof(enhanced), why->enhanced);
	client_keep(cause, sizeof(cause), why->cause);
	verdict_local(c, &v, stage_now(c),
	    why->outcome == SMTP_CLIENT_FAILED ? SMTP_CLIENT_FAILED
					       : SMTP_CLIENT_DEFERRED,
	    enhanced, cause, why->text);
	client_note(c, '*', why->text);
	client_fail(c, &v, false);
}

void
smtp_client_quit(struct smtp_client *c, uint64_t now_ms)
{
	if (c->state != ST_IDLE) {
		smtp_client_abort(
		    c, &(struct smtp_client_result){SMTP_CLIENT_DEFERRED, 0,
			   SLICE("4.4.2"), SLICE("net.reset"),
			   SLICE("the session was ended by us"), SLICE_EMPTY});
		return;
	}
	client_event_begin(c);
	c->state = ST_QUIT;
	c->ready = false;
	client_command(c, CMD_QUIT, 0, SLICE("QUIT"), SLICE("QUIT"));
	client_arm(c, now_ms);
	client_event_end(c);
}

uint64_t
smtp_client_deadline(const struct smtp_client *c)
{
	return c->deadline;
}

const struct smtp_client_offers *
smtp_client_offers(const struct smtp_client *c)
{
	return &c->offers;
}

struct slice
smtp_client_plain_because(const struct smtp_client *c)
{
	return slice_str(c->plain_because);
}

/* ---- actions ---- */

static bool
next_note(struct smtp_client *c, struct smtp_client_action *out)
{
	struct slice s = slice_from(buf_slice(&c->notes), c->notes_given);
	if (s.n < 3)
		return false;
	size_t n = (size_t)s.p[1] << 8 | s.p[2];
	out->kind = SMTP_CLIENT_NOTE;
	out->who = (char)s.p[0];
	out->data = slice_of(s.p + 3, n);
	if (out->who == NOTE_REPLY) {
		out->kind = SMTP_CLIENT_REPLY;
		out->who = '<';
		out->result.stage = client_stage_name(out->data.p[0]);
		out->result.code =
		    (uint16_t)(out->data.p[1] << 8 | out->data.p[2]);
		out->data = slice_from(out->data, 3);
	}
	c->notes_given += n + 3;
	return true;
}

static bool
take(bool *flag, struct smtp_client_action *out, enum smtp_client_act kind)
{
	if (!*flag)
		return false;
	*flag = false;
	out->kind = kind;
	return true;
}

bool
smtp_client_next(struct smtp_client *c, struct smtp_client_action *out)
{
	*out = (struct smtp_client_action){.kind = SMTP_CLIENT_NOTE};
	if (next_note(c, out))
		return true;
	if (c->out_given < c->out.n) {
		out->kind = SMTP_CLIENT_SEND;
		out->data = slice_from(buf_slice(&c->out), c->out_given);
		c->out_given = c->out.n;
		c->unsent = 0;
		return true;
	}
	if (c->tx.done_given < c->tx.done_n) {
		out->kind = SMTP_CLIENT_RESULT;
		out->rcpt = c->tx.done[c->tx.done_given++];
		verdict_show(c, &c->tx.rcpts[out->rcpt].verdict, &out->result);
		return true;
	}
	if (take(&c->start_tls, out, SMTP_CLIENT_START_TLS) ||
	    take(&c->tx.want_body, out, SMTP_CLIENT_WANT_BODY) ||
	    take(&c->ready, out, SMTP_CLIENT_READY))
		return true;
	verdict_show(c, &c->why, &out->result);
	return take(&c->need_plain, out, SMTP_CLIENT_NEED_PLAIN) ||
	       take(&c->need_fresh, out, SMTP_CLIENT_NEED_FRESH) ||
	       take(&c->close, out, SMTP_CLIENT_CLOSE);
}
