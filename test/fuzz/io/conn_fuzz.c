/* A connection and its peer do things in any order, also from within the
 * callbacks. Whatever they do: each side hears the beginning of what the other
 * said, in order; the end is told once, and nothing after it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

struct game {
	struct slice script; /* what is still to be done */
	struct conn *conn;   /* NULL: ended or aborted */
	int peer;            /* -1: closed */
	bool peer_shut;
	bool shut, eof;
	uint64_t said, heard;           /* by the connection */
	uint64_t peer_said, peer_heard; /* by its peer */
};

/* The n-th octet that either side says. */
static uint8_t
octet(uint64_t n)
{
	return (uint8_t)(n * 7 + n / 256);
}

static uint8_t
next(struct game *g)
{
	if (g->script.n == 0)
		return 0;
	uint8_t c = g->script.p[0];
	g->script = slice_from(g->script, 1);
	return c;
}

static void
conn_says(struct game *g, size_t n)
{
	uint8_t text[40000];
	for (size_t i = 0; i < n; i++)
		text[i] = octet(g->said + i);
	enum err e = conn_write(g->conn, slice_of(text, n));
	check(e == ERR_OK || e == ERR_LIMIT || (e == ERR_CLOSED && g->shut));
	if (e == ERR_OK)
		g->said += n;
}

/* One thing that an owner can do. */
static void
owner_acts(struct game *g, uint8_t what)
{
	if (g->conn == NULL)
		return;
	switch (what % 8) {
	case 1:
		conn_says(g, what);
		break;
	case 2:
		conn_says(g, 40000);
		break;
	case 3:
		conn_pause(g->conn);
		break;
	case 4:
		conn_resume(g->conn);
		break;
	case 5:
		conn_flush(g->conn);
		break;
	case 6:
		g->shut = true;
		conn_shutdown(g->conn);
		break;
	case 7:
		if (what < 32) {
			conn_abort(g->conn);
			g->conn = NULL;
		}
		break;
	default:
		break;
	}
}

static size_t
on_data(struct conn *c, struct slice in)
{
	struct game *g = conn_owner(c);
	check(g->conn == c && in.n > 0 && !g->shut);
	for (size_t i = 0; i < in.n; i++)
		check(in.p[i] == octet(g->heard + i));
	uint8_t how = next(g);
	size_t used = how % 4 == 0 ? in.n : how % (in.n + 1);
	g->heard += used;
	owner_acts(g, next(g));
	return used;
}

static void
on_drained(struct conn *c)
{
	struct game *g = conn_owner(c);
	check(g->conn == c && conn_queued(c) == 0);
	owner_acts(g, next(g));
}

static void
on_eof(struct conn *c)
{
	struct game *g = conn_owner(c);
	check(g->conn == c && !g->eof);
	g->eof = true;
	owner_acts(g, next(g));
}

static void
on_closed(struct conn *c, enum err e, const struct diag *d)
{
	struct game *g = conn_owner(c);
	check(g->conn == c);
	check(d != NULL && (e != ERR_OK || g->shut));
	g->conn = NULL;
}

static const struct conn_ops ops = {.on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_closed = on_closed};

static void
peer_hears(struct game *g)
{
	uint8_t in[50000];
	ssize_t n = recv(g->peer, in, sizeof(in), MSG_DONTWAIT);
	for (ssize_t i = 0; i < n; i++)
		check(in[i] == octet(g->peer_heard + (uint64_t)i));
	g->peer_heard += n > 0 ? (uint64_t)n : 0;
	check(g->peer_heard <= g->said);
}

static void
peer_acts(struct game *g, uint8_t what)
{
	uint8_t text[64];
	if (g->peer < 0)
		return;
	switch (what % 8) {
	case 0:
	case 1:
	case 2:
	case 3:
		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = octet(g->peer_said + i);
		ssize_t n = send(g->peer, text, what % sizeof(text),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		g->peer_said += n > 0 ? (uint64_t)n : 0;
		break;
	case 4:
		shutdown(g->peer, SHUT_WR);
		break;
	case 5:
		close(g->peer);
		g->peer = -1;
		break;
	default:
		peer_hears(g);
		break;
	}
}

/* A shutdown that is read to its end has said everything. */
static void
finish(struct game *g, struct loop *l)
{
	bool whole = g->conn != NULL && g->shut && g->peer >= 0;
	for (int i = 0; whole && g->conn != NULL && i < 100; i++) {
		peer_hears(g);
		loop_step(l, 0);
		if (i == 50)
			shutdown(g->peer, SHUT_WR);
	}
	if (whole && g->conn == NULL) {
		for (int i = 0; i < 20; i++)
			peer_hears(g);
		check(g->peer_heard == g->said);
	}
	check(g->heard <= g->peer_said);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fds[2];
	struct loop *l = loop_new();
	struct game g = {.script = slice_of(data, size)};
	struct conn_conf conf = {
	    .ops = &ops, .owner = &g, .in_max = 200, .out_max = 300000};
	check(l != NULL && socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	g.peer = fds[1];
	check(conn_new(l, fds[0], &conf, &g.conn) == ERR_OK);
	while (g.script.n > 0) {
		uint8_t who = next(&g);
		if (who % 3 == 0)
			owner_acts(&g, next(&g));
		else if (who % 3 == 1)
			peer_acts(&g, next(&g));
		loop_step(l, 0);
	}
	finish(&g, l);
	conn_abort(g.conn);
	if (g.peer >= 0)
		close(g.peer);
	loop_free(l);
	return 0;
}
