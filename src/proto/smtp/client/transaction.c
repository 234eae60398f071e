/* One message: MAIL, RCPT, DATA and what becomes of each recipient. */
#include "proto/smtp/client/internal.h"

#include <stdlib.h>

#define LINE_OCTETS 4096

static void
rcpt_done(struct smtp_client *c, size_t i, const struct verdict *v)
{
	struct rcpt *r = &c->tx.rcpts[i];
	if (r->state == RCPT_DONE)
		return;
	if (r->state == RCPT_TAKEN)
		c->tx.taken--;
	r->state = RCPT_DONE;
	r->verdict = *v;
	c->tx.done[c->tx.done_n++] = (uint32_t)i;
}

void
tx_all(struct smtp_client *c, const struct verdict *v)
{
	if (!c->tx.active)
		return;
	for (size_t i = 0; i < c->tx.m.rcpts_n; i++)
		rcpt_done(c, i, v);
}

void
tx_reset(struct smtp_client *c)
{
	free(c->tx.rcpts);
	free(c->tx.done);
	c->tx = (struct tx){0};
}

/* All replies are in, all recipients have a verdict. The results stay to be
 * pulled until the next message. */
static void
tx_end(struct smtp_client *c)
{
	c->tx.active = false;
	c->reused = true;
	client_ready(c);
}

/* ---- checks before anything is sent ---- */

/* Octets that would end a line or, outside quotes, an address early. */
static bool
path_is_safe(struct slice path)
{
	bool quoted = false;
	if (path.n > LINE_OCTETS / 2)
		return false;
	for (size_t i = 0; i < path.n; i++) {
		uint8_t c = path.p[i];
		if (c < 0x20 || c == 0x7f)
			return false;
		if (!quoted && (c == ' ' || c == '<' || c == '>'))
			return false;
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
	}
	return !quoted;
}

static bool
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

static void
all_failed(struct smtp_client *c, const char *enhanced, const char *cause,
    struct slice text)
{
	struct verdict v;
	verdict_local(
	    c, &v, CMD_MAIL, SMTP_CLIENT_FAILED, enhanced, cause, text);
	client_note(c, '*', text);
	tx_all(c, &v);
}

static void
check_rcpts(struct smtp_client *c)
{
	bool utf8 = c->tx.m.utf8 && c->offers.utf8;
	for (size_t i = 0; i < c->tx.m.rcpts_n; i++) {
		struct verdict v;
		struct slice path = c->tx.m.rcpts[i];
		if (!path_is_safe(path) || path.n == 0)
			verdict_local(c, &v, CMD_RCPT, SMTP_CLIENT_FAILED,
			    "5.1.3", "protocol.syntax",
			    SLICE("not an address"));
		else if (!utf8 && !is_ascii(path))
			verdict_local(c, &v, CMD_RCPT, SMTP_CLIENT_FAILED,
			    "5.6.7", "remote.5xx",
			    SLICE("the server does not take addresses in "
				  "UTF-8 (SMTPUTF8)"));
		else
			continue;
		rcpt_done(c, i, &v);
	}
}

static void
check_message(struct smtp_client *c)
{
	const struct smtp_client_message *m = &c->tx.m;
	uint64_t max = c->offers.size_octets;
	if (!path_is_safe(m->from))
		all_failed(c, "5.1.7", "protocol.syntax",
		    SLICE("the sender is not an address"));
	else if (m->utf8 && !c->offers.utf8)
		all_failed(c, "5.6.7", "remote.5xx",
		    SLICE("the server does not take mail in UTF-8 "
			  "(SMTPUTF8)"));
	else if (!is_ascii(m->from) && !m->utf8)
		all_failed(c, "5.6.7", "protocol.syntax",
		    SLICE("the sender needs SMTPUTF8"));
	else if (max > 0 && m->size_octets > max)
		all_failed(c, "5.3.4", "limit.size",
		    SLICE("the message is larger than the server takes "
			  "(SIZE)"));
	else
		check_rcpts(c);
}

static bool
anything_to_do(const struct tx *t)
{
	return t->done_n < t->m.rcpts_n;
}

void
tx_begin(struct smtp_client *c, const struct smtp_client_message *m)
{
	tx_reset(c);
	if (m->rcpts_n > 0) {
		c->tx.rcpts = calloc(m->rcpts_n, sizeof(*c->tx.rcpts));
		c->tx.done = calloc(m->rcpts_n, sizeof(*c->tx.done));
	}
	if (m->rcpts_n > 0 && (c->tx.rcpts == NULL || c->tx.done == NULL)) {
		struct verdict v;
		tx_reset(c);
		verdict_local(c, &v, CMD_MAIL, SMTP_CLIENT_DEFERRED, "4.3.0",
		    "local.io-error", SLICE("out of memory"));
		c->reused = c->tx.active = true;
		client_need_fresh(c, &v);
		return;
	}
	c->tx.m = *m;
	c->tx.active = true;
	c->state = ST_TX;
	smtp_stuff_init(&c->tx.stuff);
	check_message(c);
	c->tx.need_rset = c->dirty && anything_to_do(&c->tx);
	tx_pump(c);
}

/* ---- sending ---- */

static void
send_line(
    struct smtp_client *c, enum cmd cmd, size_t rcpt, const struct buf *line)
{
	if (buf_err(line) != ERR_OK)
		c->out.err = buf_err(line);
	client_command(
	    c, cmd, (uint32_t)rcpt, buf_slice(line), buf_slice(line));
}

static void
send_mail(struct smtp_client *c)
{
	const struct smtp_client_message *m = &c->tx.m;
	struct buf line;
	buf_init(&line, LINE_OCTETS);
	buf_add(&line, SLICE("MAIL FROM:<"));
	buf_add(&line, m->from);
	buf_add_byte(&line, '>');
	if (c->offers.size && m->size_octets > 0) {
		buf_add(&line, SLICE(" SIZE="));
		buf_add_u64(&line, m->size_octets);
	}
	if (c->offers.eight_bit && m->eight_bit)
		buf_add(&line, SLICE(" BODY=8BITMIME"));
	if (m->utf8)
		buf_add(&line, SLICE(" SMTPUTF8"));
	c->tx.mail_sent = true;
	c->dirty = true;
	send_line(c, CMD_MAIL, 0, &line);
	buf_free(&line);
}

static void
send_rcpt(struct smtp_client *c, size_t i)
{
	struct buf line;
	buf_init(&line, LINE_OCTETS);
	buf_add(&line, SLICE("RCPT TO:<"));
	buf_add(&line, c->tx.m.rcpts[i]);
	buf_add_byte(&line, '>');
	send_line(c, CMD_RCPT, i, &line);
	buf_free(&line);
}

static void
send_word(struct smtp_client *c, enum cmd cmd, struct slice w)
{
	client_command(c, cmd, 0, w, w);
}

/* The next RCPT that was not refused by ourselves. */
static bool
has_rcpt(struct tx *t)
{
	while (t->next_rcpt < t->m.rcpts_n &&
	       t->rcpts[t->next_rcpt].state == RCPT_DONE)
		t->next_rcpt++;
	return t->next_rcpt < t->m.rcpts_n;
}

/* One step of the dialogue; false: nothing more to send for now. DATA is sent
 * together with the RCPTs under PIPELINING (RFC 2920 3.1); in lock step only
 * if somebody was accepted. */
static bool
send_next(struct smtp_client *c)
{
	struct tx *t = &c->tx;
	bool piped = c->offers.pipelining;
	if (c->flight_n >= (piped ? c->o.window : 1) || t->stop)
		return false;
	if (t->need_rset) {
		t->need_rset = false;
		send_word(c, CMD_RSET, SLICE("RSET"));
	} else if (!t->mail_sent) {
		if (!anything_to_do(t))
			return false;
		send_mail(c);
	} else if (has_rcpt(t)) {
		send_rcpt(c, t->next_rcpt++);
	} else if (!t->data_sent && t->m.probe) {
		t->data_sent = true;
		send_word(c, CMD_RSET, SLICE("RSET"));
	} else if (!t->data_sent && (t->taken > 0 || c->flight_n > 0)) {
		t->data_sent = true;
		send_word(c, CMD_DATA, SLICE("DATA"));
	} else {
		return false;
	}
	return true;
}

void
tx_pump(struct smtp_client *c)
{
	if (c->state != ST_TX)
		return;
	while (send_next(c))
		continue;
	if (c->flight_n == 0 && c->state == ST_TX)
		tx_end(c);
}

/* ---- replies ---- */

/* A reply of a class that no such command has. */
static bool
fits(struct smtp_client *c, enum cmd cmd, const struct smtp_reply *r)
{
	unsigned klass = r->code / 100u;
	bool ok = klass == 4 || klass == 5 ||
		  (cmd == CMD_DATA ? r->code == 354 : klass == 2);
	if (!ok)
		client_sync_lost(c, cmd, "the reply fits no question");
	return ok;
}

static void
reply_mail(struct smtp_client *c, const struct smtp_reply *r)
{
	struct verdict v;
	if (r->code / 100 == 2) {
		c->tx.mail_ok = true;
		return;
	}
	verdict_of_reply(c, &v, CMD_MAIL, r);
	c->tx.stop = true;
	tx_all(c, &v);
}

/* 552 for "too many recipients" is to be read as 452 (RFC 5321 4.5.3.1.10);
 * with a status that says something else it is what it says. */
static void
soften_552(struct verdict *v, const struct smtp_reply *r)
{
	bool said = r->enhanced.n > 0 &&
		    !slice_eq(slice_from(r->enhanced, 1), SLICE(".5.3"));
	if (r->code == 552 && !said) {
		v->outcome = SMTP_CLIENT_DEFERRED;
		v->enhanced[0] = '4';
	}
}

static void
reply_rcpt(struct smtp_client *c, size_t i, const struct smtp_reply *r)
{
	struct verdict v;
	struct rcpt *rcpt = &c->tx.rcpts[i];
	if (rcpt->state == RCPT_DONE)
		return; /* MAIL was refused: this says no more */
	if (r->code / 100 == 2 && !c->tx.m.probe) {
		rcpt->state = RCPT_TAKEN;
		c->tx.taken++;
		return;
	}
	verdict_of_reply(c, &v, CMD_RCPT, r);
	if (r->code / 100 == 2)
		v.outcome = SMTP_CLIENT_ACCEPTED;
	soften_552(&v, r);
	rcpt_done(c, i, &v);
}

static void
reply_data(struct smtp_client *c, const struct smtp_reply *r)
{
	struct verdict v;
	if (r->code == 354 && c->tx.taken > 0) {
		c->state = ST_BODY;
		c->tx.want_body = true;
		return;
	}
	if (r->code == 354 && c->o.lmtp) {
		/* RFC 2033 4.2: no recipient, so no reply to the dot. */
		client_sync_lost(c, CMD_DATA, "354 without a recipient");
		return;
	}
	if (r->code == 354) {
		/* RFC 2920 3.1: nobody was accepted, yet the server wants a
		 * body. An empty one ends it; its reply says nothing. */
		client_command(c, CMD_DOT, 0, SLICE("."), SLICE("."));
		return;
	}
	if (c->tx.taken == 0)
		return;
	verdict_of_reply(c, &v, CMD_DATA, r);
	tx_all(c, &v);
}

static void
next_lmtp(struct tx *t)
{
	while (t->dot_rcpt < t->m.rcpts_n &&
	       t->rcpts[t->dot_rcpt].state != RCPT_TAKEN)
		t->dot_rcpt++;
}

/* LMTP: one reply for each accepted recipient, in order (RFC 2033 4.2). */
static void
reply_dot(struct smtp_client *c, const struct smtp_reply *r)
{
	struct tx *t = &c->tx;
	struct verdict v;
	c->dirty = false;
	if (t->taken == 0)
		return;
	verdict_of_reply(c, &v, CMD_DOT, r);
	if (!c->o.lmtp) {
		tx_all(c, &v);
		return;
	}
	next_lmtp(t);
	rcpt_done(c, t->dot_rcpt, &v);
	if (t->taken > 0)
		client_await(c, CMD_DOT, true);
}

static void
reply_rset(struct smtp_client *c, const struct smtp_reply *r)
{
	struct verdict v;
	if (r->code / 100 == 2) {
		/* What stands behind it in the pipe begins anew. */
		c->dirty = c->tx.mail_sent && c->flight_n > 0;
		return;
	}
	/* A server that refuses RSET is left alone. */
	verdict_of_reply(c, &v, CMD_RSET, r);
	if (client_is_stale(c))
		client_need_fresh(c, &v);
	else
		client_fail(c, &v, false);
}

void
tx_reply(
    struct smtp_client *c, const struct flight *f, const struct smtp_reply *r)
{
	enum cmd cmd = (enum cmd)f->cmd;
	if (cmd != CMD_RSET)
		c->tx.answered = true;
	if (!fits(c, cmd, r))
		return;
	if (cmd == CMD_RSET)
		reply_rset(c, r);
	else if (cmd == CMD_MAIL)
		reply_mail(c, r);
	else if (cmd == CMD_RCPT)
		reply_rcpt(c, f->rcpt, r);
	else if (cmd == CMD_DATA)
		reply_data(c, r);
	else
		reply_dot(c, r);
	tx_pump(c);
}

void
tx_early(struct smtp_client *c, const struct smtp_reply *r)
{
	struct verdict v;
	if (r->code / 100 != 4 && r->code / 100 != 5) {
		client_sync_lost(c, CMD_DATA,
		    "the server replied before the message was sent");
		return;
	}
	/* It will not have the rest; there is no way to stop but to leave. */
	verdict_of_reply(c, &v, CMD_DOT, r);
	client_fail(c, &v, false);
}

/* ---- the body ---- */

static void
body_refused(struct smtp_client *c)
{
	struct verdict v;
	struct slice text = SLICE("the message has a bare CR, a bare LF or a "
				  "NUL and cannot be sent");
	verdict_local(c, &v, CMD_DATA, SMTP_CLIENT_FAILED, "5.6.0",
	    "protocol.bare-newline", text);
	client_note(c, '*', text);
	client_fail(c, &v, false);
}

static bool
body_stuff(struct smtp_client *c, struct slice in)
{
	while (in.n > 0) {
		struct slice run;
		size_t used;
		if (smtp_stuff_next(&c->tx.stuff, in, &run, &used) != ERR_OK)
			return false;
		buf_add(&c->out, run);
		in = slice_from(in, used);
	}
	return true;
}

void
smtp_client_body(
    struct smtp_client *c, uint64_t now_ms, struct slice in, bool last)
{
	struct slice end;
	client_event_begin(c);
	if (c->state != ST_BODY || c->tx.want_body)
		return;
	if (!body_stuff(c, in) ||
	    (last && smtp_stuff_end(&c->tx.stuff, &end) != ERR_OK)) {
		body_refused(c);
		return;
	}
	if (last) {
		buf_add(&c->out, end);
		c->state = ST_TX;
		client_await(c, CMD_DOT, false);
		client_note(c, '*', SLICE("message sent, final dot"));
	} else {
		c->tx.want_body = true;
	}
	client_arm(c, now_ms);
	client_event_end(c);
}
