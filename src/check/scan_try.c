/* scan_try.c - one connection, the way to TLS, one hello, and the answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/scan_priv.h"

static void
end(struct scan_try *t, enum try_outcome outcome, const char *why)
{
	if (t->ended)
		return;
	t->ended = true;
	t->r.outcome = outcome;
	t->r.why = why;
	t->r.facts = t->flight.facts;
	timer_stop(&t->timer);
	loop_defer(t->scan->c->loop, &t->over);
}

static void
on_over(void *arg)
{
	struct scan_try *t = arg;
	try_close(t);
	t->done(t, &t->r);
}

/* ---- TLS ---- */

static void
on_ssl_bytes(struct scan_try *t, struct slice in)
{
	enum err e = try_ssl_feed(t->ssl, t->conn, in);
	if (e == ERR_OK && t->staple)
		try_ssl_take(t->ssl, &t->scan->staple, &t->scan->staple_chain);
	if (e == ERR_OK)
		end(t, TRY_ANSWERED, NULL);
	else if (e == ERR_DENIED)
		end(t, TRY_REFUSED, NULL);
	else if (e != ERR_MORE)
		end(t, TRY_FAILED, N_("the handshake failed"));
}

static void
say_hello(struct scan_try *t)
{
	t->said = true;
	timer_start(&t->timer, t->scan->c->opts->timeout_ms);
	if (t->renegotiate || t->staple) {
		t->ssl = try_ssl_new(t->scan->host, t->staple);
		if (t->ssl == NULL)
			end(t, TRY_FAILED, N_("no memory"));
		else
			on_ssl_bytes(t, SLICE_EMPTY);
		return;
	}
	if (conn_write(t->conn, buf_slice(&t->hello)) != ERR_OK)
		end(t, TRY_FAILED, N_("the connection broke"));
}

static void
send_heartbeat(struct scan_try *t)
{
	struct buf b;
	buf_init(&b, 64);
	t->heartbeat_sent = true;
	if (tls_heartbeat_build(t->flight.facts.version, &b) != ERR_OK ||
	    conn_write(t->conn, buf_slice(&b)) != ERR_OK)
		end(t, TRY_FAILED, N_("the connection broke"));
	buf_free(&b);
}

static void
on_ssl2(struct scan_try *t, struct slice in)
{
	buf_add(&t->ssl2_in, in);
	if (buf_err(&t->ssl2_in) != ERR_OK) {
		end(t, TRY_FAILED, N_("too long an answer"));
		return;
	}
	enum err e = tls_ssl2_hello_read(buf_slice(&t->ssl2_in), &t->r.ssl2);
	if (e == ERR_OK)
		end(t, t->r.ssl2.cipher_n > 0 ? TRY_ANSWERED : TRY_REFUSED,
		    NULL);
	else if (e != ERR_MORE)
		end(t, TRY_REFUSED, NULL);
}

static void
on_tls_bytes(struct scan_try *t, struct slice in)
{
	if (t->ssl != NULL) {
		on_ssl_bytes(t, in);
		return;
	}
	if (t->ssl2) {
		on_ssl2(t, in);
		return;
	}
	enum err e = t->heartbeat_sent ? tls_flight_rest(&t->flight, in)
				       : tls_flight_feed(&t->flight, in);
	const struct tls_facts *f = &t->flight.facts;
	if (e == ERR_MORE)
		return;
	if (e != ERR_OK)
		end(t, TRY_FAILED, N_("what came is not TLS"));
	else if (f->alert || t->heartbeat_sent)
		end(t, f->heartbeat_answer ? TRY_ANSWERED : TRY_REFUSED, NULL);
	else if (t->heartbleed)
		send_heartbeat(t);
	else
		end(t, TRY_ANSWERED, NULL);
}

/* ---- the way there ---- */

static void
pump(struct scan_try *t)
{
	struct smtp_client_action a;
	while (!t->ended && t->machine != NULL &&
	       smtp_client_next(t->machine, &a)) {
		switch (a.kind) {
		case SMTP_CLIENT_SEND:
			if (conn_write(t->conn, a.data) != ERR_OK)
				end(t, TRY_FAILED, N_("the connection broke"));
			break;
		case SMTP_CLIENT_START_TLS:
			smtp_client_free(t->machine);
			t->machine = NULL;
			say_hello(t);
			break;
		case SMTP_CLIENT_CLOSE:
			t->r.busy = a.result.code / 100 == 4;
			end(t, TRY_FAILED,
			    t->r.busy ? N_("it is busy")
				      : N_("it did not begin TLS"));
			break;
		case SMTP_CLIENT_READY:
		case SMTP_CLIENT_NEED_PLAIN:
		case SMTP_CLIENT_NEED_FRESH:
			end(t, TRY_FAILED, N_("it did not begin TLS"));
			break;
		case SMTP_CLIENT_NOTE:
		case SMTP_CLIENT_REPLY:
		case SMTP_CLIENT_RESULT:
		case SMTP_CLIENT_WANT_BODY:
		default:
			break;
		}
	}
}

static size_t
on_data(struct conn *c, struct slice in)
{
	struct scan_try *t = conn_owner(c);
	if (t->ended)
		return in.n;
	if (t->said) {
		on_tls_bytes(t, in);
	} else if (t->machine != NULL) {
		smtp_client_bytes(
		    t->machine, loop_now_ms(t->scan->c->loop), in);
		pump(t);
	}
	return in.n;
}

static void
on_connected(struct conn *c)
{
	struct scan_try *t = conn_owner(c);
	timer_start(&t->timer, t->scan->c->opts->timeout_ms);
	if (t->scan->o.implicit) {
		say_hello(t);
		return;
	}
	const struct smtp_client_options o = {.tls = SMTP_CLIENT_TLS_ENCRYPT,
	    .helo = slice_str(t->scan->c->helo),
	    .timeouts = smtp_client_timeouts_default};
	t->machine = smtp_client_new(&o, loop_now_ms(t->scan->c->loop));
	if (t->machine == NULL)
		end(t, TRY_FAILED, N_("no memory"));
	else
		pump(t);
}

static void
on_closed(struct conn *c, enum err e, const struct diag *d)
{
	struct scan_try *t = conn_owner(c);
	(void)d;
	t->conn = NULL;
	/* hanging up on a hello is a way of refusing it */
	bool asked = t->ssl == NULL || try_ssl_asked(t->ssl);
	if (t->said && asked && e != ERR_TIMEOUT)
		end(t, TRY_REFUSED, NULL);
	else
		end(t, TRY_FAILED, N_("the connection broke"));
}

static const struct conn_ops ops = {
    .on_data = on_data,
    .on_connected = on_connected,
    .on_closed = on_closed,
};

static void
connect_now(struct scan_try *t)
{
	struct scan *s = t->scan;
	const struct conn_target to = {.to = s->o.to,
	    .from = s->c->opts->source,
	    .timeout_ms = s->c->opts->timeout_ms};
	const struct conn_conf conf = {.ops = &ops, .owner = t};
	t->begun = true;
	s->r.connections++;
	if (conn_connect(s->c->loop, &to, &conf, &t->conn) != ERR_OK) {
		t->conn = NULL;
		end(t, TRY_FAILED, N_("no connection"));
	}
}

static void
on_timer(void *arg)
{
	struct scan_try *t = arg;
	if (!t->begun)
		connect_now(t);
	else if (t->heartbeat_sent || (t->ssl != NULL && try_ssl_asked(t->ssl)))
		end(t, TRY_REFUSED, NULL); /* silence is the right answer */
	else
		end(t, TRY_FAILED, N_("no answer in time"));
}

void
try_init(struct scan_try *t, struct scan *s,
    void (*done)(struct scan_try *t, const struct try_result *r))
{
	memset(t, 0, sizeof(*t));
	t->scan = s;
	t->done = done;
	buf_init(&t->hello, TLS_HELLO_MAX);
	buf_init(&t->ssl2_in, 32768);
	timer_init(&t->timer, s->c->loop, on_timer, t);
	defer_init(&t->over, on_over, t);
	tls_flight_init(&t->flight);
}

void
try_start(struct scan_try *t)
{
	tls_flight_init(&t->flight);
	buf_clear(&t->ssl2_in);
	t->begun = t->said = t->heartbeat_sent = t->ended = false;
	t->r = (struct try_result){0};
	uint64_t wait = check_polite(t->scan->c, &t->scan->o.to.ip);
	timer_start(
	    &t->timer, wait > t->scan->brake_ms ? wait : t->scan->brake_ms);
}

void
try_close(struct scan_try *t)
{
	timer_stop(&t->timer);
	defer_cancel(&t->over);
	conn_abort(t->conn);
	t->conn = NULL;
	smtp_client_free(t->machine);
	t->machine = NULL;
	try_ssl_free(t->ssl);
	t->ssl = NULL;
}
