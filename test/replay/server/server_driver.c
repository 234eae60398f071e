#include "server_driver.h"

#include "proto/smtp/reply.h"

#include <stdio.h>
#include <stdlib.h>

#define MUST(cond)                                                             \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "%s:%d: broken promise: %s\n",         \
			    __FILE__, __LINE__, #cond);                        \
			abort();                                               \
		}                                                              \
	} while (0)

#define KEEP_MAX ((size_t)64 << 20)

void
driver_init(struct driver *d, const struct smtp_server_opts *opts,
    driver_answer *answer, void *ctx)
{
	*d = (struct driver){.opts = opts, .answer = answer, .ctx = ctx};
	struct buf *all[] = {&d->unread, &d->sent, &d->acts, &d->notes,
	    &d->causes, &d->body, &d->last};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		buf_init(all[i], KEEP_MAX);
}

void
driver_free(struct driver *d)
{
	struct buf *all[] = {&d->unread, &d->sent, &d->acts, &d->notes,
	    &d->causes, &d->body, &d->last};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		buf_free(all[i]);
	smtp_server_free(&d->s);
}

static void
enter(struct driver *d)
{
	if (d->enter != NULL)
		d->enter(d->ctx);
}

static void
leave(struct driver *d)
{
	if (d->leave != NULL)
		d->leave(d->ctx);
}

void
driver_open(struct driver *d, bool tls, const struct smtp_verdict *refusal)
{
	enter(d);
	smtp_server_open(&d->s, d->opts, SLICE("00000000000S1"), tls, refusal);
	leave(d);
}

static void
line(struct buf *b, const char *word, struct slice text)
{
	buf_add_str(b, word);
	if (text.n > 0)
		buf_add_byte(b, ' ');
	buf_add_escaped(b, text);
	buf_add_byte(b, '\n');
}

static void
on_note(struct driver *d, const struct smtp_note *n)
{
	static const char *const who[] = {"<--", "-->", "*"};
	if (n->who == SMTP_NOTE_PEER) {
		d->peers++;
	} else if (n->who == SMTP_NOTE_US) {
		MUST(n->code >= 200 && n->code <= 599);
		d->codes_noted = d->codes_noted * 31 + n->code;
	}
	line(&d->notes, who[n->who], n->text);
	if (n->hidden)
		buf_add_str(&d->notes, "(hidden)\n");
	if (n->cause.n > 0)
		line(&d->causes, "", n->cause);
}

/* Whole replies only, each line within the limits. */
static void
on_send(struct driver *d, struct slice bytes)
{
	static const struct smtp_reply_limits max = {16384, 65536, 64};
	MUST(bytes.n > 0);
	buf_add(&d->sent, bytes);
	while (bytes.n > 0) {
		struct smtp_reply r;
		size_t used = 0;
		MUST(smtp_reply_parse(bytes, &max, &r, &used) == ERR_OK);
		struct slice rest = r.raw, text;
		while (smtp_reply_line(&rest, &text))
			MUST(r.code == 334 || text.n <= 512 - 6);
		MUST(r.code == 334 || r.code == 354 || r.code == 220 ||
		     r.code / 100 != 3);
		d->replies++;
		d->codes_sent = d->codes_sent * 31 + r.code;
		if (r.code == 354)
			d->bodies++;
		d->in_body = r.code == 354;
		bytes = slice_from(bytes, used);
	}
}

static void
on_mail(struct driver *d, const struct smtp_srv_action *a)
{
	struct buf b;
	buf_init(&b, 1000);
	const struct smtp_address *path =
	    a->kind == SMTP_SRV_ASK_MAIL ? &a->mail->from : &a->rcpt->to;
	buf_add_smtp_address(&b, path);
	if (a->kind == SMTP_SRV_ASK_MAIL) {
		MUST(!d->tx && !d->body_open && !d->committing);
		d->tx = true;
		d->mail = false;
		d->rcpts = 0;
		line(&d->acts, "ask-mail", buf_slice(&b));
	} else {
		MUST(d->tx && d->mail && !d->body_open);
		MUST(path->local.n > 0);
		line(&d->acts, "ask-rcpt", buf_slice(&b));
	}
	buf_free(&b);
}

static void
on_body(struct driver *d, const struct smtp_srv_action *a)
{
	MUST(d->tx && d->mail && d->rcpts > 0);
	switch ((int)a->kind) {
	case SMTP_SRV_BODY_BEGIN:
		MUST(!d->body_open);
		line(&d->acts, "body-begin", SLICE_EMPTY);
		break;
	case SMTP_SRV_BODY_WRITE:
		MUST(d->body_open && a->bytes.n > 0);
		buf_add(&d->body, a->bytes);
		break;
	case SMTP_SRV_BODY_ABORT:
		MUST(d->body_open);
		d->body_open = false;
		buf_clear(&d->body);
		line(&d->acts, "body-abort", SLICE_EMPTY);
		break;
	default:
		MUST(d->body_open);
		MUST(smtp_server_body_octets(&d->s) == d->body.n);
		d->body_open = false;
		d->committing = true;
		d->commits++;
		buf_clear(&d->last);
		buf_add(&d->last, buf_slice(&d->body));
		buf_clear(&d->body);
		line(&d->acts, "commit", SLICE_EMPTY);
		break;
	}
}

static void
on_reset(struct driver *d)
{
	MUST(d->tx && !d->body_open);
	d->tx = d->mail = d->committing = false;
	d->rcpts = 0;
	line(&d->acts, "tx-reset", SLICE_EMPTY);
}

static void
on_auth(struct driver *d, const struct smtp_srv_action *a)
{
	MUST(!d->tx);
	if (a->kind == SMTP_SRV_AUTH_START) {
		MUST(!d->auth);
		d->auth = true;
		line(&d->acts, "auth-start", a->mech);
		line(&d->acts, a->has_bytes ? "  with" : "  without", a->bytes);
	} else if (a->kind == SMTP_SRV_AUTH_STEP) {
		MUST(d->auth);
		line(&d->acts, "auth-step", a->bytes);
	} else {
		MUST(d->auth);
		d->auth = false;
		line(&d->acts, "auth-cancel", SLICE_EMPTY);
	}
}

/* An idle session holds next to nothing; no session holds much. */
static void
check_memory(const struct driver *d)
{
	const struct smtp_server *s = &d->s;
	MUST(sizeof(*s) < 1536);
	MUST(s->txmem.used <= 4096 && s->cmdmem.used <= 4096);
	MUST(s->out.cap <= 16384 + 64);
	if (!d->tx)
		MUST(s->txmem.head == NULL);
	MUST(d->auth || s->secret.p == NULL);
}

static void
on_want(struct driver *d)
{
	check_memory(d);
	MUST(d->codes_noted == d->codes_sent || d->lax);
	/* One final reply a command: 354 is not final, the greeting answers
	 * nobody. */
	unsigned owed = 1 + d->peers + d->bodies - (d->in_body ? 1 : 0);
	MUST(d->replies == owed || d->lax);
}

static void
on_close(struct driver *d, bool ok)
{
	MUST(!d->tx && !d->body_open && !d->auth);
	d->want_tls = false;
	check_memory(d);
	unsigned owed = 1 + d->peers + d->bodies;
	MUST(d->replies <= owed + 1);
	if (!d->closed)
		line(&d->acts, ok ? "close ok" : "close", SLICE_EMPTY);
	d->closed = true;
	d->closed_ok = ok;
}

static void
carry_out(struct driver *d, const struct smtp_srv_action *a)
{
	MUST(!d->closed || a->kind == SMTP_SRV_CLOSE);
	switch (a->kind) {
	case SMTP_SRV_NOTE:
		on_note(d, &a->note);
		break;
	case SMTP_SRV_SEND:
		on_send(d, a->bytes);
		break;
	case SMTP_SRV_ASK_CONNECT:
		MUST(d->sent.n == 0 && d->peers == 0);
		line(&d->acts, "ask-connect", SLICE_EMPTY);
		break;
	case SMTP_SRV_ASK_HELO:
		MUST(a->bytes.n > 0 && a->bytes.n <= SMTP_DOMAIN_MAX);
		line(&d->acts, "ask-helo", a->bytes);
		break;
	case SMTP_SRV_ASK_MAIL:
	case SMTP_SRV_ASK_RCPT:
		on_mail(d, a);
		break;
	case SMTP_SRV_AUTH_START:
	case SMTP_SRV_AUTH_STEP:
	case SMTP_SRV_AUTH_CANCEL:
		on_auth(d, a);
		break;
	case SMTP_SRV_BODY_BEGIN:
	case SMTP_SRV_BODY_WRITE:
	case SMTP_SRV_BODY_ABORT:
	case SMTP_SRV_COMMIT:
		on_body(d, a);
		break;
	case SMTP_SRV_TX_RESET:
		on_reset(d);
		break;
	case SMTP_SRV_START_TLS:
		MUST(!d->tx && d->unread.n == a->used);
		d->want_tls = true;
		line(&d->acts, "start-tls", SLICE_EMPTY);
		break;
	case SMTP_SRV_WANT_INPUT:
		on_want(d);
		break;
	case SMTP_SRV_WANT_TLS:
		MUST(d->want_tls && d->unread.n == 0);
		break;
	case SMTP_SRV_WANT_VERDICT:
		MUST(d->waiting);
		break;
	case SMTP_SRV_CLOSE:
		on_close(d, a->ok);
		break;
	}
}

/* What an answer means to the model; before the machine hears it. */
static void
model_verdict(struct driver *d, const struct smtp_verdict *v)
{
	bool allow = v->kind == SMTP_SRV_ALLOW;
	MUST(d->waiting);
	d->waiting = false;
	switch ((int)d->asked) {
	case SMTP_SRV_ASK_MAIL:
		d->mail = allow;
		break;
	case SMTP_SRV_ASK_RCPT:
		d->rcpts += allow;
		break;
	case SMTP_SRV_BODY_BEGIN:
		d->body_open = allow;
		break;
	case SMTP_SRV_COMMIT:
		d->committing = false;
		break;
	case SMTP_SRV_ASK_CONNECT:
	case SMTP_SRV_ASK_HELO:
		break;
	default:
		if (v->kind != SMTP_SRV_CHALLENGE)
			d->auth = false;
		break;
	}
}

static bool
is_ask(enum smtp_srv_act kind)
{
	return kind == SMTP_SRV_ASK_CONNECT || kind == SMTP_SRV_ASK_HELO ||
	       kind == SMTP_SRV_ASK_MAIL || kind == SMTP_SRV_ASK_RCPT ||
	       kind == SMTP_SRV_AUTH_START || kind == SMTP_SRV_AUTH_STEP ||
	       kind == SMTP_SRV_BODY_BEGIN || kind == SMTP_SRV_COMMIT;
}

static void
ask(struct driver *d, const struct smtp_srv_action *a)
{
	struct smtp_verdict v = {0};
	MUST(!d->waiting);
	d->waiting = true;
	d->asked = a->kind;
	if (!d->answer(d, a, &v))
		return;
	model_verdict(d, &v);
	enter(d);
	smtp_server_verdict(&d->s, &v);
	leave(d);
}

void
driver_run(struct driver *d)
{
	struct smtp_srv_action a;
	for (;;) {
		enter(d);
		smtp_server_next(&d->s, d->now_ms, buf_slice(&d->unread), &a);
		leave(d);
		MUST(a.used <= d->unread.n);
		MUST(a.used == 0 || (!d->waiting && !d->want_tls));
		carry_out(d, &a);
		buf_consume(&d->unread, a.used);
		if (is_ask(a.kind) && !d->s.starved)
			ask(d, &a);
		if (a.kind == SMTP_SRV_WANT_INPUT ||
		    a.kind == SMTP_SRV_WANT_VERDICT ||
		    a.kind == SMTP_SRV_WANT_TLS || a.kind == SMTP_SRV_CLOSE)
			return;
	}
}

void
driver_feed(struct driver *d, struct slice in)
{
	buf_add(&d->unread, in);
	MUST(buf_err(&d->unread) == ERR_OK);
	driver_run(d);
}

void
driver_verdict(struct driver *d, const struct smtp_verdict *v)
{
	model_verdict(d, v);
	enter(d);
	smtp_server_verdict(&d->s, v);
	leave(d);
	driver_run(d);
}

void
driver_tls_up(struct driver *d)
{
	d->want_tls = false;
	smtp_server_tls_up(&d->s);
	driver_run(d);
}

void
driver_shutdown(struct driver *d)
{
	smtp_server_shutdown(&d->s);
	driver_run(d);
}

void
driver_peer_closed(struct driver *d)
{
	smtp_server_peer_closed(&d->s);
	driver_run(d);
}

void
driver_abort(struct driver *d)
{
	d->lax = d->aborted = true;
	smtp_server_abort(&d->s);
	d->waiting = d->want_tls = false;
	driver_run(d);
}

void
driver_body_refuse(struct driver *d, const struct smtp_verdict *v)
{
	smtp_server_body_refuse(&d->s, v);
	driver_run(d);
}
