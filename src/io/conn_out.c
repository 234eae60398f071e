/* Writing, and the end that comes after the last of it. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/conn_internal.h"

/* --- writing ----------------------------------------------------------- */

static void
out_fail(struct conn *c, int errnum)
{
	c->out_failed = true;
	c->errnum = errnum;
	c->wait_write = false;
	buf_free(&c->out);
	buf_free(&c->wire);
	loop_defer(c->loop, &c->work);
}

/* As much of s as the kernel takes. */
static size_t
send_some(struct conn *c, struct slice s)
{
	size_t sent = 0;
	while (sent < s.n) {
		ssize_t n = send(
		    c->fd, s.p + sent, s.n - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			sent += (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == ENOBUFS)
			c->wait_write = true;
		else
			out_fail(c, errno);
		break;
	}
	c->bytes_out += sent;
	return sent;
}

static void
send_buf(struct conn *c, struct buf *b)
{
	size_t sent = send_some(c, buf_slice(b));
	if (b->n == sent)
		buf_free(b);
	else
		buf_consume(b, sent);
}

/* Encrypt what is waiting, as far as the wire buffer should hold it. */
static void
encrypt_out(struct conn *c)
{
	size_t done = 0;
	while (done < c->out.n && c->wire.n < CONN_WIRE_HIGH) {
		struct slice part = slice_to(
		    slice_from(buf_slice(&c->out), done), CONN_WRITE_THROUGH);
		enum err e = tls_stream_write(c->tls, part, NULL);
		if (e == ERR_MORE)
			break;
		if (e != ERR_OK) {
			out_fail(c, EPIPE);
			return;
		}
		done += part.n;
	}
	if (done == c->out.n)
		buf_free(&c->out);
	else
		buf_consume(&c->out, done);
}

void
conn_push(struct conn *c)
{
	bool had = conn_queued(c) > 0;
	c->wait_write = false;
	while (!c->out_failed && !c->wait_write) {
		if (c->tls_state == CONN_TLS && c->out.n > 0)
			encrypt_out(c);
		struct buf *b = c->tls_state == CONN_PLAIN ? &c->out : &c->wire;
		if (c->out_failed || b->n == 0)
			break;
		send_buf(c, b);
	}
	if (had && conn_queued(c) == 0 && !c->out_failed)
		c->drain_due = true;
	conn_rewatch(c, false);
}

void
conn_flush(struct conn *c)
{
	if (c->state != CONN_OPEN && c->state != CONN_FINISHING)
		return;
	conn_push(c);
	if (c->drain_due)
		loop_defer(c->loop, &c->work);
}

enum err
conn_write(struct conn *c, struct slice s)
{
	if (c->state != CONN_OPEN && c->state != CONN_CONNECTING)
		return ERR_CLOSED;
	if (c->out_failed || s.n == 0)
		return ERR_OK; /* on_closed is under way */
	if (s.n > conn_room(c))
		return ERR_LIMIT;
	if (s.n >= CONN_WRITE_THROUGH && c->out.n == 0 &&
	    c->state == CONN_OPEN && c->tls_state == CONN_PLAIN &&
	    !c->wait_write) {
		s = slice_from(s, send_some(c, s));
		if (c->out_failed)
			return ERR_OK;
		if (s.n == 0)
			c->drain_due = true;
		conn_rewatch(c, false);
	}
	buf_add(&c->out, s);
	if (buf_err(&c->out) != ERR_OK) {
		/* What went before is whole; the caller gives up or waits. */
		c->out.err = ERR_OK;
		return ERR_NOMEM;
	}
	loop_defer(c->loop, &c->work);
	return ERR_OK;
}

/* --- ending ------------------------------------------------------------ */

void
conn_shutdown(struct conn *c)
{
	if (c->state != CONN_OPEN)
		return;
	c->state = CONN_FINISHING;
	c->paused = false;
	if (!c->in_data)
		buf_free(&c->in);
	if (c->tls_state == CONN_HANDSHAKE)
		buf_free(&c->out); /* it could only go out in plain */
	loop_defer(c->loop, &c->work);
}

void
conn_linger(struct conn *c)
{
	c->linger = true;
}

/* Throw away what the peer still sends. True: it is quiet or gone. */
bool
conn_linger_read(struct conn *c)
{
	for (int i = 0; i < 16; i++) {
		ssize_t n = recv(c->fd, loop_scratch(c->loop),
		    LOOP_SCRATCH_SIZE, MSG_DONTWAIT);
		if (n <= 0)
			return n == 0 || errno != EAGAIN ||
			       (c->lingered == 0 && !c->linger);
		c->bytes_in += (uint64_t)n;
		c->lingered += (size_t)n;
		if (c->lingered >= CONN_LINGER_OCTETS && !c->linger)
			return true;
	}
	return false;
}

/* All is written: close, unless the peer is in the middle of sending. */
static void
conn_finish(struct conn *c)
{
	if (c->tls_state == CONN_TLS && !c->out_failed) {
		tls_stream_finish(c->tls);
		conn_push(c);
		c->tls_state = CONN_PLAIN;
		buf_free(&c->out);
		buf_add(&c->out, buf_slice(&c->wire));
		buf_free(&c->wire);
		if (c->out.n > 0)
			return;
	}
	if (!c->out_failed && shutdown(c->fd, SHUT_WR) == 0 &&
	    !conn_linger_read(c)) {
		c->state = CONN_LINGERING;
		conn_rewatch(c, false);
		timer_start(&c->timer,
		    c->linger ? CONN_LINGER_LONG_MS : CONN_LINGER_MS);
		return;
	}
	conn_end(c, ERR_OK, NULL);
}

void
conn_after_push(struct conn *c)
{
	if (c->drain_due && conn_queued(c) == 0) {
		c->drain_due = false;
		if (c->state == CONN_OPEN && c->ops->on_drained != NULL)
			c->ops->on_drained(c);
	}
	if (c->state == CONN_FINISHING && conn_queued(c) == 0)
		conn_finish(c);
}
