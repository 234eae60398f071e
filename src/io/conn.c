#include "io/conn.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/conn_internal.h"
#include "io/loop_internal.h"

static void on_ready(void *arg, unsigned events);
static void on_work(void *arg);
static void on_timer(void *arg);

/* --- the wave of handshakes ---------------------------------------------- */

/* A handshake needs three times the memory that stays with the connection.
 * After many at once the heap is full of holes that malloc keeps. */
#define CONN_HANDSHAKE_WAVE 64u

static void
handshake_begun(struct conn *c)
{
	c->tls_state = CONN_HANDSHAKE;
	if (++c->loop->handshakes > c->loop->handshakes_peak)
		c->loop->handshakes_peak = c->loop->handshakes;
}

static void
handshake_over(struct conn *c, enum conn_tls_state now)
{
	struct loop *l = c->loop;
	if (c->tls_state != CONN_HANDSHAKE)
		return;
	c->tls_state = now;
	if (--l->handshakes > 0)
		return;
	if (l->handshakes_peak >= CONN_HANDSHAKE_WAVE)
		malloc_trim(0);
	l->handshakes_peak = 0;
}

/* --- birth and end ----------------------------------------------------- */

static void
on_free(void *arg)
{
	struct conn *c = arg;
	buf_free(&c->in);
	buf_free(&c->out);
	buf_free(&c->wire);
	tls_stream_free(c->tls);
	free(c->unix_path);
	free(c);
}

/* Close the descriptor; the memory stays until the iteration ends, because a
 * caller further up may still be in the middle of it. */
void
conn_die(struct conn *c)
{
	if (c->state == CONN_DEAD)
		return;
	c->state = CONN_DEAD;
	handshake_over(c, CONN_PLAIN);
	timer_stop(&c->timer);
	watch_close(&c->watch);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->work.cb = on_free;
	loop_defer(c->loop, &c->work);
}

void
conn_end(struct conn *c, enum err e, const struct diag *d)
{
	struct diag none = {.text = "closed"};
	const struct conn_ops *ops = c->ops;
	conn_die(c);
	ops->on_closed(c, e, d != NULL ? d : &none);
}

static void
conn_where(const struct conn *c, char out[128])
{
	out[0] = '\0';
	if (c->unix_path != NULL)
		strncat(out, c->unix_path, 127);
	else if (c->peer.ip.family != 0)
		sock_addr_text(&c->peer, out);
	else
		strncat(out, "the peer", 127);
}

void
conn_fail_errno(struct conn *c, int errnum)
{
	char where[128];
	struct diag d;
	conn_where(c, where);
	enum err e = sock_fail(&d, errnum,
	    c->state == CONN_CONNECTING ? "cannot connect to" : "connection to",
	    where);
	conn_end(c, e, &d);
}

static enum err
conn_alloc(struct loop *l, const struct conn_conf *conf, struct conn **out)
{
	struct conn *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return ERR_NOMEM;
	c->loop = l;
	c->ops = conf->ops;
	c->owner = conf->owner;
	c->fd = -1;
	c->in_max = conf->in_max > 0 ? conf->in_max : CONN_IN_MAX;
	buf_init(&c->in, c->in_max + LOOP_SCRATCH_SIZE);
	buf_init(&c->out, conf->out_max > 0 ? conf->out_max : CONN_OUT_MAX);
	buf_init(&c->wire, CONN_WIRE_MAX);
	defer_init(&c->work, on_work, c);
	*out = c;
	return ERR_OK;
}

static enum err
conn_attach(struct conn *c, int fd)
{
	enum err e = watch_open(&c->watch, c->loop, fd, on_ready, c);
	if (e != ERR_OK)
		return e;
	c->fd = fd;
	timer_init(&c->timer, c->loop, on_timer, c);
	return ERR_OK;
}

enum err
conn_new(
    struct loop *l, int fd, const struct conn_conf *conf, struct conn **out)
{
	struct conn *c;
	enum err e = conn_alloc(l, conf, &c);
	if (e == ERR_OK) {
		e = conn_attach(c, fd);
		if (e != ERR_OK)
			free(c);
	}
	if (e != ERR_OK) {
		close(fd);
		return e;
	}
	c->state = CONN_OPEN;
	sock_peer(fd, &c->peer);
	conn_rewatch(c, false);
	*out = c;
	return ERR_OK;
}

enum err
conn_connect(struct loop *l, const struct conn_target *t,
    const struct conn_conf *conf, struct conn **out)
{
	struct conn *c;
	enum err e = conn_alloc(l, conf, &c);
	if (e != ERR_OK)
		return e;
	int fd = -1;
	c->state = CONN_CONNECTING;
	c->peer = t->to;
	if (t->unix_path != NULL) {
		memset(&c->peer, 0, sizeof(c->peer));
		c->unix_path = strdup(t->unix_path);
		if (c->unix_path == NULL) {
			on_free(c);
			return ERR_NOMEM;
		}
		e = sock_connect_unix(
		    t->unix_path, SOCK_KIND_STREAM, &fd, &c->errnum);
	} else {
		e = sock_connect(&t->to, &t->from, &fd, &c->errnum);
	}
	if (fd >= 0) {
		enum err attached = conn_attach(c, fd);
		if (attached != ERR_OK) {
			close(fd);
			on_free(c);
			return attached;
		}
	} else {
		timer_init(&c->timer, l, on_timer, c);
	}
	if (e == ERR_AGAIN) {
		watch_set(&c->watch, WATCH_WRITE);
		if (t->timeout_ms > 0)
			timer_start(&c->timer, t->timeout_ms);
	} else {
		c->connect_due = e == ERR_OK;
		loop_defer(l, &c->work);
	}
	*out = c;
	return ERR_OK;
}

void
conn_abort(struct conn *c)
{
	if (c != NULL)
		conn_die(c);
}

/* --- small things ------------------------------------------------------ */

void *
conn_owner(const struct conn *c)
{
	return c->owner;
}

void
conn_set_ops(struct conn *c, const struct conn_ops *ops, void *owner)
{
	c->ops = ops;
	c->owner = owner;
}

void
conn_peer(const struct conn *c, struct sock_addr *out)
{
	*out = c->peer;
}

void
conn_local(const struct conn *c, struct sock_addr *out)
{
	sock_local(c->fd, out);
}

uint64_t
conn_bytes_in(const struct conn *c)
{
	return c->bytes_in;
}

uint64_t
conn_bytes_out(const struct conn *c)
{
	return c->bytes_out;
}

size_t
conn_queued(const struct conn *c)
{
	return c->out.n + c->wire.n;
}

size_t
conn_room(const struct conn *c)
{
	return c->out.max - c->out.n;
}

static bool
conn_reads(const struct conn *c)
{
	if (c->eof)
		return false;
	if (c->state == CONN_LINGERING)
		return true;
	return c->state == CONN_OPEN &&
	       (!c->paused || c->tls_state == CONN_HANDSHAKE);
}

/* What is watched follows from the state. Reading is taken off only when
 * something has come that is not wanted yet: most pauses end before. */
void
conn_rewatch(struct conn *c, bool unwanted)
{
	if (c->state == CONN_DEAD || c->state == CONN_CONNECTING)
		return;
	if (conn_reads(c))
		c->watch_read = true;
	else if (unwanted || c->eof || c->state != CONN_OPEN)
		c->watch_read = false;
	unsigned want = c->watch_read ? WATCH_READ : 0;
	if (c->wait_write)
		want |= WATCH_WRITE;
	watch_set(&c->watch, want);
}

/* --- reading ----------------------------------------------------------- */

/* Keep what the owner did not use; rest may lie within c->in. */
static void
keep_rest(struct conn *c, struct slice rest)
{
	if (rest.n == 0) {
		buf_free(&c->in);
	} else if (c->in.n > 0) {
		buf_consume(&c->in, c->in.n - rest.n);
	} else {
		buf_add(&c->in, rest);
	}
}

static void
drop_rest(struct conn *c, size_t n)
{
	c->cut = false;
	c->tls_dropped += n;
	buf_free(&c->in);
}

/* Offer what is kept and fresh, which does not lie within c->in. False: the
 * connection is no more. */
static bool
conn_offer(struct conn *c, struct slice fresh)
{
	struct slice s = fresh;
	if (c->in.n > 0) {
		buf_add(&c->in, fresh);
		s = buf_slice(&c->in);
	}
	while (buf_err(&c->in) == ERR_OK && s.n > 0 && !c->paused &&
	       c->state == CONN_OPEN) {
		c->in_data = true;
		size_t used = c->ops->on_data(c, s);
		c->in_data = false;
		if (c->state == CONN_DEAD)
			return false;
		s = slice_from(s, used);
		if (c->cut) {
			drop_rest(c, s.n);
			return true;
		}
		if (used == 0)
			break;
	}
	if (c->state != CONN_OPEN) {
		buf_free(&c->in);
		return true;
	}
	keep_rest(c, s);
	enum err e = buf_err(&c->in);
	if (e == ERR_OK && !c->paused && c->in.n >= c->in_max)
		e = ERR_LIMIT;
	if (e == ERR_OK)
		return true;
	struct diag d;
	diag_set(&d, e, "limit.line", "input of %zu octets was not used: %s",
	    c->in.n, err_name(e));
	conn_end(c, e, &d);
	return false;
}

/* Tell the end once all that came before it was used, or never will be. */
static void
conn_tell_eof(struct conn *c)
{
	if (c->state != CONN_OPEN || !c->eof || c->eof_told || c->paused)
		return;
	c->eof_told = true;
	if (c->ops->on_eof != NULL) {
		c->ops->on_eof(c);
		return;
	}
	struct diag d;
	char where[128];
	conn_where(c, where);
	diag_set(
	    &d, ERR_CLOSED, "net.reset", "%s closed the connection", where);
	conn_end(c, ERR_CLOSED, &d);
}

static void
tls_failed(struct conn *c, enum err e, const struct diag *d)
{
	const struct conn_ops *ops = c->ops;
	conn_push(c); /* the alert that tells the peer */
	c->eof = true;
	handshake_over(c, CONN_PLAIN);
	c->out_failed = true;
	c->state = CONN_FINISHING;
	conn_rewatch(c, true);
	defer_cancel(&c->work);
	ops->on_tls(c, e, d);
}

/* False: nothing to read on. */
static bool
tls_handshake(struct conn *c)
{
	struct diag d = {0};
	enum err e = tls_stream_handshake(c->tls, &d);
	if (e == ERR_MORE) {
		conn_push(c);
		return false;
	}
	if (e != ERR_OK) {
		tls_failed(c, e, &d);
		return false;
	}
	conn_push(c);
	handshake_over(c, CONN_TLS);
	c->ops->on_tls(c, ERR_OK, &d);
	return c->state != CONN_DEAD;
}

/* Decrypt and offer until the fed octets are used up. The wire octets lie in
 * the lower half of the scratch buffer, plain ones come into the upper. */
static void
tls_read(struct conn *c)
{
	uint8_t *plain = loop_scratch(c->loop) + LOOP_SCRATCH_SIZE / 2;
	struct diag d = {0};
	enum err e = ERR_OK;
	while (e == ERR_OK) {
		size_t n = 0;
		e = tls_stream_read(
		    c->tls, plain, LOOP_SCRATCH_SIZE / 2, &n, &d);
		if (e == ERR_OK && c->state == CONN_OPEN &&
		    !conn_offer(c, slice_of(plain, n)))
			return;
	}
	if (e == ERR_CLOSED) {
		c->eof = true;
		conn_tell_eof(c);
	} else if (e != ERR_MORE && c->state == CONN_OPEN) {
		conn_push(c);
		conn_end(c, e, &d);
	} else if (c->state != CONN_DEAD) {
		conn_push(c); /* what waited for a message of the peer */
	}
}

static void
conn_received(struct conn *c, struct slice s)
{
	c->bytes_in += s.n;
	if (c->tls_state == CONN_PLAIN) {
		if (conn_offer(c, s))
			conn_tell_eof(c);
		return;
	}
	tls_stream_feed(c->tls, s);
	if (c->tls_state == CONN_HANDSHAKE && !tls_handshake(c))
		return;
	tls_read(c);
}

/* The stream ended without (more of) what TLS would say. */
static void
conn_cut_off(struct conn *c, int errnum)
{
	struct diag d;
	if (c->tls_state == CONN_HANDSHAKE) {
		enum err e = tls_stream_ended(c->tls, &d);
		tls_failed(c, e, &d);
	} else if (errnum != 0) {
		conn_fail_errno(c, errnum);
	} else if (c->tls_state == CONN_TLS) {
		diag_set(&d, ERR_CLOSED, "net.reset",
		    "the connection was closed without ending TLS");
		conn_end(c, ERR_CLOSED, &d);
	} else {
		c->eof = true;
		conn_tell_eof(c);
	}
}

static void
conn_read(struct conn *c)
{
	uint8_t *p = loop_scratch(c->loop);
	size_t max = LOOP_SCRATCH_SIZE;
	if (c->tls_state != CONN_PLAIN)
		max /= 2;
	ssize_t n;
	do {
		n = recv(c->fd, p, max, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		conn_received(c, slice_of(p, (size_t)n));
	else if (n == 0)
		conn_cut_off(c, 0);
	else if (errno != EAGAIN)
		conn_cut_off(c, errno);
}

void
conn_pause(struct conn *c)
{
	c->paused = true;
}

void
conn_resume(struct conn *c)
{
	if (!c->paused)
		return;
	c->paused = false;
	c->offer_due = true;
	conn_rewatch(c, false);
	loop_defer(c->loop, &c->work);
}

/* --- the driver's turns ------------------------------------------------ */

static void
on_timer(void *arg)
{
	struct conn *c = arg;
	if (c->state == CONN_LINGERING)
		conn_end(c, ERR_OK, NULL);
	else if (c->state == CONN_CONNECTING)
		conn_fail_errno(c, ETIMEDOUT);
}

static void
conn_connected(struct conn *c)
{
	timer_stop(&c->timer);
	c->state = CONN_OPEN;
	conn_rewatch(c, false);
	if (c->out.n > 0)
		loop_defer(c->loop, &c->work);
	if (c->ops->on_connected != NULL)
		c->ops->on_connected(c);
}

/* Writing failed. The peer may have said why before it went: hear it out,
 * then tell. */
static void
conn_after_out_failed(struct conn *c)
{
	for (int i = 0; i < 16 && c->state == CONN_OPEN && !c->eof; i++) {
		uint64_t before = c->bytes_in;
		if (c->paused)
			break;
		conn_read(c);
		if (c->state == CONN_DEAD || c->bytes_in == before)
			break;
	}
	if (c->state == CONN_OPEN)
		conn_fail_errno(c, c->errnum);
	else if (c->state == CONN_FINISHING)
		conn_end(c, ERR_OK, NULL);
}

static void
on_work(void *arg)
{
	struct conn *c = arg;
	if (c->state == CONN_CONNECTING) {
		if (c->connect_due)
			conn_connected(c);
		else if (c->errnum != 0)
			conn_fail_errno(c, c->errnum);
		return;
	}
	if (c->offer_due) {
		c->offer_due = false;
		if (!conn_offer(c, SLICE_EMPTY))
			return;
		conn_tell_eof(c);
	}
	if (c->state == CONN_DEAD)
		return;
	if (!c->out_failed)
		conn_push(c);
	if (c->out_failed)
		conn_after_out_failed(c);
	else
		conn_after_push(c);
}

static void
on_ready(void *arg, unsigned events)
{
	struct conn *c = arg;
	if (c->state == CONN_CONNECTING) {
		int errnum = sock_error(c->fd);
		if (errnum != 0)
			conn_fail_errno(c, errnum);
		else
			conn_connected(c);
		return;
	}
	if ((events & WATCH_WRITE) != 0 && c->state != CONN_DEAD) {
		conn_push(c);
		loop_defer(c->loop, &c->work);
	}
	if ((events & WATCH_READ) == 0 || c->state == CONN_DEAD)
		return;
	if (c->state == CONN_LINGERING) {
		if (conn_linger_read(c))
			conn_end(c, ERR_OK, NULL);
	} else if (conn_reads(c)) {
		conn_read(c);
	}
	conn_rewatch(c, true);
}

/* --- TLS --------------------------------------------------------------- */

/* What was written goes first, in plain; what came and was not used goes. */
static enum err
tls_begin(struct conn *c)
{
	if (c->out.n > 0) {
		buf_add(&c->wire, buf_slice(&c->out));
		if (buf_err(&c->wire) != ERR_OK)
			return buf_err(&c->wire);
		buf_free(&c->out);
	}
	if (c->in_data)
		c->cut = true;
	else
		drop_rest(c, c->in.n);
	handshake_begun(c);
	c->paused = false;
	loop_defer(c->loop, &c->work);
	conn_rewatch(c, false);
	return ERR_OK;
}

static bool
tls_may_begin(const struct conn *c)
{
	return c->state == CONN_OPEN && c->tls_state == CONN_PLAIN && !c->eof;
}

enum err
conn_start_tls_server(struct conn *c, struct tls_server *s)
{
	if (!tls_may_begin(c))
		return ERR_CLOSED;
	enum err e = tls_stream_server(s, &c->wire, &c->tls);
	return e == ERR_OK ? tls_begin(c) : e;
}

enum err
conn_start_tls_client(
    struct conn *c, struct tls_client *s, const struct tls_client_opts *opts)
{
	struct diag d;
	if (!tls_may_begin(c))
		return ERR_CLOSED;
	/* Before the hello: the plain octets that go first. */
	enum err e = tls_begin(c);
	if (e == ERR_OK)
		e = tls_stream_client(s, opts, &c->wire, &c->tls);
	if (e != ERR_OK) {
		handshake_over(c, CONN_PLAIN);
		return e;
	}
	e = tls_stream_handshake(c->tls, &d);
	return e == ERR_MORE ? ERR_OK : ERR_TLS;
}

size_t
conn_tls_dropped(const struct conn *c)
{
	return c->tls_dropped;
}

enum err
conn_tls(const struct conn *c, struct tls_info *out)
{
	if (c->tls == NULL || c->tls_state != CONN_TLS)
		return ERR_NOT_FOUND;
	tls_stream_info(c->tls, out);
	return ERR_OK;
}

void
conn_tls_chain(const struct conn *c, struct buf *out)
{
	if (c->tls != NULL && c->tls_state == CONN_TLS)
		tls_stream_chain(c->tls, out);
}

void
conn_tls_stalled(const struct conn *c, struct diag *d)
{
	if (c->tls != NULL)
		tls_stream_stalled(c->tls, d);
	else
		diag_set(
		    d, ERR_TIMEOUT, "tls.stalled", "TLS was not begun in time");
}
