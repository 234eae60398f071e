/* The whole server machine. The first octets choose the listener; then come
 * records: an octet that says what happens and how long the input of it is.
 * The driver underneath aborts when a promise of server.h is broken. On top
 * of that:
 *
 *  - the same actions, replies and bodies however the input is cut up (whether
 *    a message came before our 354 is a matter of time, and only noted);
 *  - nothing said before STARTTLS influences anything said after it. */
#include "../../replay/server/server_driver.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(c) ((c) ? (void)0 : abort())

/* The verdicts come off the front of the input, so that two runs over it
 * agree. */
struct fuzz {
	struct slice verdicts;
	size_t at;
	bool may_hold;
};

static bool
choose(struct fuzz *f, struct smtp_verdict *v)
{
	uint8_t c = 0;
	if (f->verdicts.n > 0)
		c = f->verdicts.p[f->at++ % f->verdicts.n];
	*v = (struct smtp_verdict){.id = SLICE("00000000000M1")};
	if (c % 8 == 1 || c % 8 == 2) {
		v->kind = SMTP_SRV_REFUSE;
		v->code = c % 16 == 1 ? 451 : 550;
		v->enhanced = SLICE("5.7.1");
		v->cause = SLICE("relay.denied");
		v->text = SLICE("No \r\n way");
		v->close = c > 240;
	} else if (c % 8 == 3) {
		v->kind = SMTP_SRV_CHALLENGE;
		v->bytes = SLICE("Username:");
	}
	return !(f->may_hold && c % 8 == 4);
}

static bool
answer(
    struct driver *d, const struct smtp_srv_action *a, struct smtp_verdict *v)
{
	(void)a;
	return choose(d->ctx, v);
}

static void
listener(struct smtp_server_opts *o, const uint8_t c[2])
{
	*o = (struct smtp_server_opts){
	    .hostname = SLICE("mail.contoh.id"),
	    .mechanisms = SLICE("PLAIN LOGIN SCRAM-SHA-256-PLUS"),
	    .role = c[1] & 128 ? SMTP_SRV_DEVICE
		    : c[0] & 1 ? SMTP_SRV_SUBMISSION
			       : SMTP_SRV_MX,
	    .tls = (enum smtp_srv_tls)(c[0] >> 1 & 3),
	    .auth = (enum smtp_srv_auth)((c[0] >> 3 & 3) % 3),
	    .auth_without_tls = (c[0] & 32) != 0,
	    .ask_connect = (c[1] & 32) != 0,
	    .ask_helo = (c[1] & 64) != 0,
	    .limits = smtp_server_limits_default,
	};
	if (c[1] & 1)
		o->limits.message_octets = 64;
	if (c[1] & 2)
		o->limits.recipients = 2;
	if (c[1] & 4)
		o->limits.errors = 0;
	if (c[1] & 8)
		o->limits.commands = 20;
	if (c[1] & 16)
		o->limits.data_line_octets = 20;
}

static void
start(struct driver *d, struct smtp_server_opts *o, struct fuzz *f)
{
	driver_init(d, o, answer, f);
	d->now_ms = 1;
	driver_open(d, o->tls == SMTP_SRV_TLS_IMPLICIT, NULL);
	driver_run(d);
}

/* All events in any order; only the promises are checked. */
static void
run_events(struct driver *d, struct slice in)
{
	struct smtp_verdict v;
	while (in.n >= 2 && !d->closed) {
		uint8_t what = in.p[0];
		size_t n = in.p[1];
		in = slice_from(in, 2);
		switch (what % 16) {
		case 0:
			d->now_ms += n * 10000;
			driver_run(d);
			break;
		case 1:
			if (n > 200)
				driver_shutdown(d);
			break;
		case 2:
			if (n > 200)
				driver_peer_closed(d);
			break;
		case 3:
			if (n > 220)
				driver_abort(d);
			break;
		case 4:
			(void)choose(d->ctx, &v);
			if (v.kind == SMTP_SRV_REFUSE)
				driver_body_refuse(d, &v);
			break;
		case 5:
		case 6:
			(void)choose(d->ctx, &v);
			if (d->waiting)
				driver_verdict(d, &v);
			else if (d->want_tls)
				driver_tls_up(d);
			break;
		default:
			driver_feed(d, slice_to(in, n));
			in = slice_from(in, n);
			break;
		}
	}
}

/* The same octets in pieces of step; a piece never goes beyond what TLS would
 * begin at, since there the cut is the point. */
static void
run_cut(struct driver *d, struct slice in, size_t step)
{
	while (in.n > 0 && !d->closed) {
		struct slice piece = slice_to(in, step);
		driver_feed(d, piece);
		in = slice_from(in, piece.n);
	}
	driver_peer_closed(d);
}

/* The next line that is not `but`; false: there is none. */
static bool
next_line(struct slice *rest, struct slice but, struct slice *out)
{
	while (rest->n > 0) {
		*out = slice_to(*rest, slice_find(*rest, '\n'));
		*rest = slice_from(*rest, out->n + 1);
		if (!slice_eq(*out, but))
			return true;
	}
	return false;
}

static bool
same_but(const struct buf *a, const struct buf *b, const char *but)
{
	struct slice x = buf_slice(a), y = buf_slice(b), p, q;
	while (next_line(&x, slice_str(but), &p))
		if (!next_line(&y, slice_str(but), &q) || !slice_eq(p, q))
			return false;
	return !next_line(&y, slice_str(but), &q);
}

static void
check_same(const struct driver *a, const struct driver *b)
{
	MUST(slice_eq(buf_slice(&a->sent), buf_slice(&b->sent)));
	MUST(slice_eq(buf_slice(&a->acts), buf_slice(&b->acts)));
	MUST(same_but(&a->notes, &b->notes,
	    "* The client sent its message before our answer to DATA"));
	MUST(same_but(&a->causes, &b->causes, " protocol.sync"));
	MUST(slice_eq(buf_slice(&a->last), buf_slice(&b->last)));
}

static void
check_fragmentation(struct smtp_server_opts *o, struct slice verdicts,
    struct slice in, size_t step)
{
	struct fuzz fa = {.verdicts = verdicts}, fb = fa;
	struct driver a, b;
	if (o->tls == SMTP_SRV_TLS_MAY || o->tls == SMTP_SRV_TLS_ENCRYPT)
		o->tls = SMTP_SRV_TLS_IMPLICIT;
	start(&a, o, &fa);
	start(&b, o, &fb);
	run_cut(&a, in, in.n + 1);
	run_cut(&b, in, step);
	check_same(&a, &b);
	driver_free(&a);
	driver_free(&b);
}

/* A session that said `before` and then STARTTLS, and one that came to the
 * same listener with TLS on and said nothing, must go on alike. */
static void
check_starttls(struct smtp_server_opts *o, struct slice verdicts,
    struct slice before, struct slice after)
{
	struct fuzz fa = {.verdicts = verdicts}, fb = fa;
	struct driver a, b;
	o->tls = SMTP_SRV_TLS_MAY;
	start(&a, o, &fa);
	driver_feed(&a, before);
	driver_feed(&a, SLICE("\r\nSTARTTLS\r\n"));
	if (a.want_tls) {
		driver_init(&b, o, answer, &fb);
		b.now_ms = 1;
		driver_open(&b, true, NULL);
		driver_run(&b);
		buf_clear(&a.sent);
		buf_clear(&b.sent);
		buf_clear(&a.acts);
		buf_clear(&b.acts);
		fa.at = fb.at = 0;
		driver_tls_up(&a);
		driver_feed(&a, after);
		driver_feed(&b, after);
		MUST(slice_eq(buf_slice(&a.sent), buf_slice(&b.sent)));
		MUST(slice_eq(buf_slice(&a.acts), buf_slice(&b.acts)));
		driver_free(&b);
	}
	driver_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_server_opts o;
	if (size < 8 || size > 1 << 14)
		return 0;
	listener(&o, data);
	struct slice verdicts = slice_of(data + 3, 4);
	struct slice in = slice_of(data + 7, size - 7);
	struct fuzz f = {.verdicts = verdicts, .may_hold = true};
	struct driver d;
	switch (data[2] % 3) {
	case 0:
		start(&d, &o, &f);
		run_events(&d, in);
		driver_free(&d);
		break;
	case 1:
		check_fragmentation(&o, verdicts, in, 1u + data[2] / 3u % 40);
		break;
	default: {
		size_t cut = in.n * (data[2] / 3u) / 86;
		check_starttls(
		    &o, verdicts, slice_to(in, cut), slice_from(in, cut));
		break;
	}
	}
	return 0;
}
