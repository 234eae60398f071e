/* The whole client machine against a peer of the fuzzer's making.
 *
 * The input is options, then steps: canned or raw replies, silence, TLS, the
 * body. It is played twice, once with each burst of the peer in one piece and
 * once octet by octet, and both must do the same. Asserted on the way:
 *
 * - a single command gets its REPLY before READY, and is sent as it stands;
 * - each recipient gets one result, or all get none and NEED_* comes;
 * - DELIVERED only when a 2xx came after the final dot went out;
 * - no AUTH outside TLS; only whole lines outside a body;
 * - inside TLS nothing of the plain text is left;
 * - after CLOSE nothing comes any more. */
#include "proto/smtp/client/client.h"

#include <stdlib.h>
#include <string.h>

#define RCPTS 6

static const char *const canned[] = {
    "220 hi\r\n",
    ("250-hi\r\n250-PIPELINING\r\n250-SIZE 100\r\n250-STARTTLS\r\n"
     "250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n"),
    "250-hi\r\n250 STARTTLS\r\n",
    "250-hi\r\n250-PIPELINING\r\n250 AUTH LOGIN\r\n",
    "250 ok\r\n",
    "250 2.1.5 fine\r\n",
    "354 go\r\n",
    "235 in\r\n",
    "334 \r\n",
    "421 bye\r\n",
    "450 4.2.1 later\r\n",
    "454 no TLS\r\n",
    "550 5.1.1 no\r\n",
    "552 full\r\n",
    "503 what\r\n",
    "221 bye\r\n",
    "250 ok\r\n250 ok\r\n354 go\r\n",
    "250-more\r\n",
    "500 no EHLO\r\n",
    "\r\n",
};

struct play {
	struct smtp_client *c;
	struct buf log;
	bool in_tls, lmtp, implicit;
	bool ready, want_body, tls_asked, over;
	bool message, probe;
	unsigned rcpts, results[RCPTS], given;
	bool again;         /* NEED_* came */
	bool dot_out;       /* the final dot of this message went out */
	bool two_after_dot; /* and since then something with a 2xx came */
	unsigned messages;
	uint64_t now;
	bool in_body; /* what is sent is a body */
	bool replies; /* were asked for */
	bool raw;     /* a single command is under way */
	unsigned raw_replies;
};

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static bool
holds(struct slice s, struct slice what)
{
	for (; s.n >= what.n; s = slice_from(s, 1))
		if (slice_starts(s, what))
			return true;
	return false;
}

static void
message_over(struct play *p)
{
	if (!p->message)
		return;
	for (unsigned i = 0; i < p->rcpts; i++)
		check(p->results[i] == (p->again ? 0 : 1));
	p->message = false;
}

static void
on_result(struct play *p, const struct smtp_client_action *a)
{
	check(p->message && a->rcpt < p->rcpts);
	check(p->results[a->rcpt]++ == 0);
	enum smtp_client_outcome o = a->result.outcome;
	if (o == SMTP_CLIENT_DELIVERED)
		check(!p->probe && p->dot_out && p->two_after_dot &&
		      a->result.code / 100 == 2);
	if (o == SMTP_CLIENT_ACCEPTED)
		check(p->probe && a->result.code / 100 == 2);
	if (o == SMTP_CLIENT_DEFERRED || o == SMTP_CLIENT_FAILED)
		check(a->result.cause.n > 0 && a->result.enhanced.n >= 5 &&
		      (a->result.enhanced.p[0] == '4' ||
			  a->result.enhanced.p[0] == '5'));
	check(a->result.stage.n > 0);
}

static void
on_send(struct play *p, struct slice data)
{
	check(data.n > 0 && (!p->implicit || p->in_tls));
	if (!p->in_tls && !p->in_body)
		check(!holds(data, SLICE("AUTH ")) &&
		      !holds(data, SLICE("cmFoYXNpYQ==")));
	if (!p->in_body)
		check(slice_ends_nocase(data, SLICE("\r\n")));
	if (slice_eq(data, SLICE(".\r\n")) ||
	    slice_ends_nocase(data, SLICE("\r\n.\r\n")))
		p->dot_out = true;
}

static void
log_action(struct play *p, const struct smtp_client_action *a)
{
	buf_add_byte(&p->log, (uint8_t)('a' + (int)a->kind));
	buf_add_byte(&p->log, (uint8_t)a->who);
	buf_add(&p->log, a->data);
	buf_add_u64(&p->log, a->rcpt);
	buf_add_byte(&p->log, (uint8_t)('0' + (int)a->result.outcome));
	buf_add(&p->log, a->result.text);
	buf_add(&p->log, a->result.cause);
	buf_add_byte(&p->log, '\n');
}

static void
pull(struct play *p)
{
	struct smtp_client_action a;
	while (smtp_client_next(p->c, &a)) {
		check(!p->over);
		log_action(p, &a);
		switch (a.kind) {
		case SMTP_CLIENT_NOTE:
			check(!holds(a.data, SLICE("cmFoYXNpYQ==")));
			break;
		case SMTP_CLIENT_SEND:
			on_send(p, a.data);
			break;
		case SMTP_CLIENT_RESULT:
			on_result(p, &a);
			break;
		case SMTP_CLIENT_START_TLS:
			check(!p->in_tls);
			p->tls_asked = true;
			break;
		case SMTP_CLIENT_WANT_BODY:
			check(p->message && !p->probe);
			p->want_body = true;
			break;
		case SMTP_CLIENT_REPLY:
			check(p->replies && a.data.n >= 5 &&
			      a.result.stage.n > 0);
			p->raw_replies++;
			break;
		case SMTP_CLIENT_READY:
			message_over(p);
			check(!p->raw || !p->replies || p->raw_replies > 0);
			p->raw = false;
			p->ready = true;
			break;
		case SMTP_CLIENT_NEED_PLAIN:
			check(!p->implicit);
			p->again = true;
			break;
		case SMTP_CLIENT_NEED_FRESH:
			p->again = true;
			break;
		case SMTP_CLIENT_CLOSE:
			message_over(p);
			p->over = true;
			break;
		}
	}
	check(!p->over || smtp_client_deadline(p->c) == 0);
}

static void
peer(struct play *p, struct slice s, bool cut)
{
	if (p->dot_out && s.n > 0)
		p->two_after_dot = true;
	if (!cut)
		smtp_client_bytes(p->c, p->now, s);
	for (size_t i = 0; cut && i < s.n; i++)
		smtp_client_bytes(p->c, p->now, slice_of(s.p + i, 1));
}

static void
give(struct play *p, uint8_t how)
{
	static const char *const to[RCPTS] = {"a@b.example", "c@b.example",
	    "\"x y\"@b.example", "bad>@b.example", "\xc3\xa9@b.example", ""};
	static struct slice rcpts[RCPTS];
	struct smtp_client_message m = {.from = SLICE("s@contoh.id")};
	if (!p->ready)
		return;
	p->ready = p->dot_out = p->two_after_dot = p->in_body = false;
	p->message = true;
	p->rcpts = how % (RCPTS + 1);
	memset(p->results, 0, sizeof(p->results));
	for (unsigned i = 0; i < p->rcpts; i++)
		rcpts[i] = slice_str(to[(i + how / 16) % RCPTS]);
	p->probe = (how & 8) != 0;
	m.rcpts = rcpts;
	m.rcpts_n = p->rcpts;
	m.probe = p->probe;
	m.size_octets = how;
	m.eight_bit = (how & 16) != 0;
	m.utf8 = (how & 64) != 0;
	smtp_client_message(p->c, p->now, &m);
}

static void
raw(struct play *p, struct slice s)
{
	struct slice line = slice_to(s, slice_find(s, '|'));
	/* What is given to be sent in the open is no secret. */
	if (!p->ready || holds(s, SLICE("AUTH ")) ||
	    holds(s, SLICE("cmFoYXNpYQ==")))
		return;
	if (!smtp_client_command(p->c, p->now, line, slice_from(s, line.n + 1)))
		return;
	check(line.n > 0 && slice_find(line, '\n') == line.n &&
	      slice_find(line, '\r') == line.n &&
	      slice_find(line, 0) == line.n);
	p->ready = false;
	p->raw = true;
	p->in_body = false;
	p->raw_replies = 0;
}

static void
tls(struct play *p, uint8_t how)
{
	struct smtp_client_tls_info info = {.version = SLICE("TLS1_3"),
	    .verified = (how & 1) != 0,
	    .cause = SLICE("tls.cert-expired")};
	if (!p->tls_asked)
		return;
	p->tls_asked = false;
	if ((how & 6) == 0) {
		smtp_client_tls_failed(
		    p->c, p->now, SLICE("tls.garbage"), SLICE("garbage"));
		return;
	}
	p->in_tls = true;
	smtp_client_tls_up(p->c, p->now, &info);
	const struct smtp_client_offers *o = smtp_client_offers(p->c);
	check(!o->esmtp && !o->pipelining && !o->size && !o->auth_plain &&
	      !o->auth_login && !o->eight_bit && o->size_octets == 0);
}

/* One step off the front of in. */
static void
step(struct play *p, struct slice *in, bool cut)
{
	uint8_t op = in->p[0], arg = in->n > 1 ? in->p[1] : 0;
	*in = slice_from(*in, 2);
	size_t n = arg < in->n ? arg : in->n;
	p->now += 1000;
	if (op % 12 > 4) {
		pull(p); /* only a burst of the peer goes on without */
		if (p->over)
			return;
	}
	switch (op % 12) {
	case 0:
	case 1:
	case 2:
	case 3:
		peer(p,
		    slice_str(
			canned[arg % (sizeof(canned) / sizeof(canned[0]))]),
		    cut);
		if (op & 64)
			return; /* no pull: more of the burst follows */
		break;
	case 4:
		peer(p, slice_to(*in, n), cut);
		*in = slice_from(*in, n);
		break;
	case 5:
		give(p, arg);
		break;
	case 6:
	case 7:
		if (!p->want_body)
			break;
		p->want_body = false;
		p->in_body = true;
		smtp_client_body(
		    p->c, p->now, slice_to(*in, n), (op & 16) != 0);
		*in = slice_from(*in, n);
		break;
	case 8:
		tls(p, arg);
		break;
	case 9:
		p->now += (uint64_t)arg * 10000;
		smtp_client_tick(p->c, p->now);
		break;
	case 10:
		smtp_client_closed(p->c, p->now, SLICE_EMPTY);
		break;
	default:
		if (arg < 200) {
			raw(p, slice_to(*in, n));
			*in = slice_from(*in, n);
			break;
		}
		p->ready = false;
		smtp_client_quit(p->c, p->now);
		break;
	}
	pull(p);
}

static void
play(struct slice in, bool cut, struct buf *log)
{
	struct play p = {0};
	struct smtp_client_options o = {.notes = true,
	    .helo = SLICE("mail.contoh.id"),
	    .timeouts = smtp_client_timeouts_default,
	    .tls = (enum smtp_client_tls)(in.p[0] & 3),
	    .lmtp = (in.p[0] & 4) != 0,
	    .in_tls = (in.p[0] & 8) != 0,
	    .implicit = (in.p[1] & 8) != 0,
	    .window = in.p[1] & 7};
	if (in.p[0] & 16) {
		o.user = SLICE("budi");
		o.password = SLICE("rahasia");
	}
	p.replies = o.replies = (in.p[0] & 32) != 0;
	if (in.p[0] & 64)
		o.behind_starttls = SLICE("EHLO x\r\n");
	p.in_tls = o.in_tls;
	p.implicit = o.implicit && !o.in_tls && o.tls != SMTP_CLIENT_TLS_NONE;
	p.lmtp = o.lmtp;
	p.now = 1;
	buf_init(&p.log, 1 << 22);
	p.c = smtp_client_new(&o, p.now);
	if (p.c == NULL)
		return;
	in = slice_from(in, 2);
	while (in.n > 0 && !p.over)
		step(&p, &in, cut);
	if (!p.over) {
		pull(&p);
		if (!p.over)
			smtp_client_closed(p.c, p.now, SLICE_EMPTY);
		pull(&p);
		check(p.over);
	}
	smtp_client_free(p.c);
	*log = p.log;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, cut;
	if (size < 2 || size > 4096)
		return 0;
	play(slice_of(data, size), false, &whole);
	play(slice_of(data, size), true, &cut);
	check(slice_eq(buf_slice(&whole), buf_slice(&cut)));
	buf_free(&whole);
	buf_free(&cut);
	return 0;
}
