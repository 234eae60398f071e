#include "cmd/handin.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/socket.h"

#define WAIT_MS   300000
#define REPLY_MAX 65536u

struct talk {
	const struct cmd_ctx *ctx;
	int fd;
	struct buf in;    /* received, not yet used */
	struct buf reply; /* text of the last reply, lines joined by " / " */
	unsigned code;
};

/* ---- where to ---- */

static bool
is_any(const struct ip *ip)
{
	for (size_t i = 0; i < sizeof(ip->b); i++)
		if (ip->b[i] != 0)
			return false;
	return true;
}

/* The address by which this host reaches the endpoint. */
static struct sock_addr
reach(const struct conf_endpoint *e)
{
	static const struct ip v4 = {4, {127, 0, 0, 1}}, v6 = {6, {[15] = 1}};
	struct sock_addr a = {e->ip, e->port};

	if (is_any(&e->ip))
		a.ip = e->ip.family == 4 ? v4 : v6;
	return a;
}

static bool
takes_plain(const struct conf_listen *l)
{
	return l->role == CONF_ROLE_MX && l->auth != CONF_AUTH_REQUIRE &&
	       (l->tls == CONF_TLS_NONE || l->tls == CONF_TLS_MAY);
}

/* trusted: only listeners that will let us send to anyone. */
static bool
connect_any(const struct conf *c, bool trusted, int *out_fd, int *out_errno)
{
	for (size_t i = 0; i < c->listen_n; i++) {
		const struct conf_listen *l = &c->listen[i];
		for (size_t k = 0; takes_plain(l) && k < l->address.n; k++) {
			struct sock_addr a = reach(&l->address.v[k]);
			if (conf_trusts(&l->trusted, &a.ip, SLICE_EMPTY) !=
			    trusted)
				continue;
			enum err e = sock_connect(&a, NULL, out_fd, out_errno);
			struct pollfd p = {.events = POLLOUT};
			if (e != ERR_OK && e != ERR_AGAIN)
				continue;
			p.fd = *out_fd;
			if (e == ERR_AGAIN && poll(&p, 1, WAIT_MS) <= 0)
				*out_errno = ETIMEDOUT;
			else
				*out_errno = sock_error(*out_fd);
			if (*out_errno == 0)
				return true;
			close(*out_fd);
		}
	}
	return false;
}

static int
connect_server(struct talk *t)
{
	const struct conf *c = t->ctx->conf;
	int errnum = 0;

	if (connect_any(c, true, &t->fd, &errnum) ||
	    connect_any(c, false, &t->fd, &errnum))
		return CMD_GOOD;
	if (errnum == 0)
		return cmd_fail(t->ctx, CMD_USAGE,
		    "%s has no listen section with role = \"mx\" that takes "
		    "mail without TLS and AUTH",
		    t->ctx->config_path);
	return cmd_fail(t->ctx, CMD_UNKNOWN,
	    "the server cannot be reached: %s; is it running?",
	    strerror(errnum));
}

/* ---- the dialogue ---- */

static bool
wait_for(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};
	int n;

	do
		n = poll(&p, 1, WAIT_MS);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static bool
send_all(struct talk *t, struct slice s)
{
	while (s.n > 0) {
		ssize_t n = send(t->fd, s.p, s.n, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (n < 0 && !wait_for(t->fd, POLLOUT))
			return false;
		s = slice_from(s, n > 0 ? (size_t)n : 0);
	}
	return true;
}

static bool
fill(struct talk *t)
{
	ssize_t n = -1;

	if (!wait_for(t->fd, POLLIN) || buf_reserve(&t->in, 4096) != ERR_OK)
		return false;
	n = recv(t->fd, t->in.p + t->in.n, 4096, 0);
	if (n > 0)
		buf_commit(&t->in, (size_t)n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* One line of a reply off t->in; *last unless it goes on. */
static bool
take_line(struct talk *t, bool *last)
{
	struct slice in = buf_slice(&t->in);
	size_t end = slice_find(in, '\n');
	uint64_t code;

	if (end == in.n)
		return false;
	struct slice line = slice_to(in, end);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	t->code = 0;
	if (line.n >= 3 && slice_u64(slice_to(line, 3), &code))
		t->code = (unsigned)code;
	*last = line.n < 4 || line.p[3] != '-';
	buf_add_str(&t->reply, t->reply.n > 0 ? " / " : "");
	buf_add(&t->reply, line);
	buf_consume(&t->in, end + 1);
	return true;
}

/* The next whole reply; its class (2..5), or 0 when the server is gone. */
static unsigned
reply(struct talk *t)
{
	bool last = false;

	buf_clear(&t->reply);
	while (!last) {
		if (!take_line(t, &last) && !fill(t))
			return 0;
		if (buf_err(&t->reply) != ERR_OK)
			return 0;
	}
	return t->code / 100;
}

static unsigned
command(struct talk *t, const char *verb, struct slice arg, const char *tail)
{
	struct buf b;

	buf_init(&b, 2048);
	buf_add_str(&b, verb);
	buf_add(&b, arg);
	buf_add_str(&b, tail);
	buf_add_str(&b, "\r\n");
	bool sent = buf_err(&b) == ERR_OK && send_all(t, buf_slice(&b));
	buf_free(&b);
	return sent ? reply(t) : 0;
}

/* The server said no, or nothing at all. */
static int
refused(const struct talk *t, unsigned class, const char *what)
{
	if (class == 0)
		return cmd_fail(t->ctx, CMD_UNKNOWN,
		    "%s: the server closed the connection", what);
	fprintf(stderr, "%s: %s: ", t->ctx->program, what);
	cmd_print_safe(stderr, buf_slice(&t->reply));
	fputc('\n', stderr);
	return class == 4 ? CMD_UNKNOWN : CMD_BAD;
}

/* RFC 5321 4.5.2: a dot in front of every line that begins with one. */
static bool
send_body(struct talk *t, struct slice m)
{
	struct buf b;

	buf_init(&b, m.n * 2 + 16);
	while (m.n > 0) {
		size_t end = slice_find(m, '\n') + 1;
		if (m.p[0] == '.')
			buf_add_byte(&b, '.');
		buf_add(&b, slice_to(m, end));
		m = slice_from(m, end);
	}
	buf_add_str(&b, ".\r\n");
	bool sent = buf_err(&b) == ERR_OK && send_all(t, buf_slice(&b));
	buf_free(&b);
	return sent;
}

static bool
has_8bit(struct slice m)
{
	for (size_t i = 0; i < m.n; i++)
		if (m.p[i] >= 0x80)
			return true;
	return false;
}

/* How many of the recipients were taken; *code is bad if one was not. */
static size_t
name_recipients(struct talk *t, struct slice left, int *code)
{
	size_t taken = 0;

	while (left.n > 0) {
		struct slice one = slice_to(left, slice_find(left, '\0'));
		left = slice_from(left, one.n + 1);
		unsigned class = command(t, "RCPT TO:<", one, ">");
		if (class == 2)
			taken++;
		else
			*code = refused(t, class, (const char *)one.p);
		if (class == 0)
			return 0;
	}
	return taken;
}

/* From the greeting to the end of the message; *alive unless the server is
 * gone. */
static int
transaction(struct talk *t, const struct handin *h, bool *alive)
{
	int code = CMD_GOOD;
	const char *what = "the server does not listen";
	unsigned c = reply(t);

	if (c == 2)
		c = command(t, "EHLO ", t->ctx->conf->hostname, "");
	if (c == 2) {
		what = "sender refused";
		c = command(t, "MAIL FROM:<", h->from,
		    has_8bit(h->message) ? "> BODY=8BITMIME" : ">");
	}
	if (c == 2) {
		what = "message refused";
		if (name_recipients(t, h->recipients, &code) == 0)
			return code;
		c = command(t, "DATA", SLICE_EMPTY, "");
	}
	if (c == 3)
		c = send_body(t, h->message) ? reply(t) : 0;
	*alive = c != 0;
	return c == 2 ? code : refused(t, c, what);
}

static int
dialogue(struct talk *t, const struct handin *h)
{
	bool alive = true;
	int code = transaction(t, h, &alive);

	if (alive)
		(void)command(t, "QUIT", SLICE_EMPTY, "");
	return code;
}

int
handin_send(const struct cmd_ctx *ctx, const struct handin *h)
{
	struct talk t = {.ctx = ctx, .fd = -1};
	int code = connect_server(&t);

	if (code != CMD_GOOD)
		return code;
	buf_init(&t.in, REPLY_MAX);
	buf_init(&t.reply, REPLY_MAX);
	code = dialogue(&t, h);
	buf_free(&t.in);
	buf_free(&t.reply);
	close(t.fd);
	return code;
}
