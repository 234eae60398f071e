/* delay.c - a line with a delay, on loopback.
 *
 *   delay MS FROM=TO [FROM=TO ...]    FROM: PORT, tcp on all loopback
 * addresses; udp:IP:PORT; TO: IP:PORT, the same kind
 *
 * Every byte takes MS milliseconds in each direction, however many come. That
 * of a TCP connection begins with its handshake: the first word of the server
 * is at the client after four times MS, as it would be over such a line. What
 * crosses it in one piece may arrive in another. */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK_MAX 65536
#define UDP_FLOWS 4096 /* questions that may be under way */

struct line { /* one FROM=TO */
	struct end *listener;
	struct sockaddr_storage to;
	socklen_t to_len;
	bool udp;
};

enum side { CLIENT, SERVER, SIDES };

struct end { /* what epoll knows; flow NULL: a listener */
	struct flow *flow;
	struct line *line;
	enum side side;
	int fd; /* -1: not yet, or no more */
};

struct flow {
	struct end end[SIDES];
	struct sockaddr_storage from; /* of a datagram */
	socklen_t from_len;
	unsigned waiting; /* chunks that are on their way */
	bool over[SIDES]; /* said its last, and that was passed on */
};

/* On its way to a side; n 0: the end of what the other says. */
struct chunk {
	struct chunk *next;
	uint64_t due_us;
	struct flow *flow;
	enum side to;
	bool connect;
	size_t n;
	uint8_t data[];
};

struct queue {
	struct chunk *first, **last;
};

struct delay {
	int epoll;
	uint64_t us;
	struct queue bytes,
	    connects; /* each by its time, as the delay is one */
	struct flow *udp[UDP_FLOWS];
	size_t udp_at;
};

static void
watch(struct delay *d, struct end *e)
{
	struct epoll_event ev = {EPOLLIN, {.ptr = e}};
	if (epoll_ctl(d->epoll, EPOLL_CTL_ADD, e->fd, &ev) < 0)
		net_die("epoll: %s", strerror(errno));
}

static void
put(struct delay *d, struct queue *q, struct flow *f, enum side to,
    const void *p, size_t n)
{
	struct chunk *c = malloc(sizeof(*c) + n);
	if (c == NULL)
		net_die("out of memory");
	*c = (struct chunk){.flow = f, .to = to, .n = n};
	c->connect = q == &d->connects;
	c->due_us = net_now_us() + (c->connect ? 3 * d->us : d->us);
	if (n > 0)
		memcpy(c->data, p, n);
	*q->last = c;
	q->last = &c->next;
	f->waiting++;
}

static void
flow_end(struct flow *f)
{
	if (f->waiting > 0 || !f->over[CLIENT] || !f->over[SERVER])
		return;
	for (int i = 0; i < SIDES; i++)
		if (f->end[i].fd >= 0 && f->end[i].line == NULL)
			close(f->end[i].fd);
	free(f);
}

static struct flow *
flow_new(int client, int server)
{
	struct flow *f = calloc(1, sizeof(*f));
	if (f == NULL)
		net_die("out of memory");
	f->end[CLIENT] = (struct end){f, NULL, CLIENT, client};
	f->end[SERVER] = (struct end){f, NULL, SERVER, server};
	return f;
}

static int
reach(const struct line *l)
{
	int fd = socket(l->to.ss_family,
	    (l->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	int one = 1;
	if (fd >= 0 && !l->udp)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&l->to, l->to_len) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- what comes ---- */

static void
accept_one(struct delay *d, struct line *l)
{
	int one = 1, fd = accept4(l->listener->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	struct flow *f = flow_new(fd, -1);
	f->end[SERVER].line = l; /* whom to reach */
	put(d, &d->connects, f, SERVER, NULL, 0);
}

static void
question(struct delay *d, struct line *l)
{
	static uint8_t data[CHUNK_MAX];
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(l->listener->fd, data, sizeof(data), 0,
	    (struct sockaddr *)&from, &len);
	int fd = n > 0 ? reach(l) : -1;
	if (fd < 0)
		return;
	struct flow **slot = &d->udp[d->udp_at++ % UDP_FLOWS];
	if (*slot != NULL) {
		(*slot)->over[CLIENT] = (*slot)->over[SERVER] = true;
		flow_end(*slot);
	}
	struct flow *f = *slot = flow_new(l->listener->fd, fd);
	f->end[CLIENT].line = l;
	f->from = from;
	f->from_len = len;
	watch(d, &f->end[SERVER]);
	put(d, &d->bytes, f, SERVER, data, (size_t)n);
}

static void
bytes(struct delay *d, struct end *e)
{
	static uint8_t data[CHUNK_MAX];
	ssize_t n = recv(e->fd, data, sizeof(data), 0);
	if (n <= 0)
		epoll_ctl(d->epoll, EPOLL_CTL_DEL, e->fd, NULL);
	put(d, &d->bytes, e->flow, e->side == CLIENT ? SERVER : CLIENT, data,
	    n > 0 ? (size_t)n : 0);
}

/* ---- what arrives ---- */

static void
connected(struct delay *d, struct flow *f)
{
	struct end *server = &f->end[SERVER];
	server->fd = reach(server->line);
	server->line = NULL;
	watch(d, &f->end[CLIENT]);
	if (server->fd >= 0)
		watch(d, server);
	else
		put(d, &d->bytes, f, CLIENT, NULL, 0);
}

static void
arrived(struct delay *d, struct chunk *c)
{
	struct flow *f = c->flow;
	struct end *to = &f->end[c->to];
	f->waiting--;
	if (c->connect) {
		connected(d, f);
	} else if (to->line != NULL) { /* an answer to a question */
		sendto(to->fd, c->data, c->n, 0, (struct sockaddr *)&f->from,
		    f->from_len);
	} else if (c->n > 0 && to->fd >= 0) {
		(void)!send(to->fd, c->data, c->n, MSG_NOSIGNAL);
	} else if (c->n == 0) {
		f->over[c->to] = true;
		if (to->fd >= 0)
			shutdown(to->fd, SHUT_WR);
		else
			f->over[CLIENT] = f->over[SERVER] = true;
		flow_end(f);
	}
	free(c);
}

static int
deliver(struct delay *d, struct queue *q)
{
	uint64_t now = net_now_us();
	while (q->first != NULL && q->first->due_us <= now) {
		struct chunk *c = q->first;
		q->first = c->next;
		if (q->first == NULL)
			q->last = &q->first;
		arrived(d, c);
	}
	return q->first == NULL ? 1000
				: (int)((q->first->due_us - now + 999) / 1000);
}

static void
run(struct delay *d)
{
	for (;;) {
		struct epoll_event got[256];
		int a = deliver(d, &d->bytes), b = deliver(d, &d->connects);
		int n = epoll_wait(d->epoll, got, 256, a < b ? a : b);
		for (int i = 0; i < n; i++) {
			struct end *e = got[i].data.ptr;
			if (e->flow != NULL)
				bytes(d, e);
			else if (e->line->udp)
				question(d, e->line);
			else
				accept_one(d, e->line);
		}
	}
}

/* ---- its lines ---- */

static void
listen_all(struct line *l, const char *port)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	any.sin_port = htons((uint16_t)atoi(port));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) ||
	    listen(fd, 4096) < 0)
		net_die("listen on %s: %s", port, strerror(errno));
	l->listener->fd = fd;
}

static void
listen_udp(struct line *l, const char *text)
{
	struct sockaddr_storage a;
	socklen_t len;
	l->udp = true;
	if (!net_parse(text, &a, &len))
		net_die("%s: not a loopback address with a port", text);
	l->listener->fd = socket(a.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(l->listener->fd, (struct sockaddr *)&a, len) < 0)
		net_die("%s: %s", text, strerror(errno));
}

static void
line_add(struct delay *d, char *text)
{
	struct line *l = calloc(1, sizeof(*l));
	char *to = strchr(text, '=');
	if (l == NULL || to == NULL)
		net_die("%s: FROM=TO", text);
	*to++ = '\0';
	l->listener = calloc(1, sizeof(*l->listener));
	if (l->listener == NULL || !net_parse(to, &l->to, &l->to_len))
		net_die("%s: not a loopback address with a port", to);
	l->listener->line = l;
	if (strncmp(text, "udp:", 4) == 0)
		listen_udp(l, text + 4);
	else
		listen_all(l, text);
	watch(d, l->listener);
}

int
main(int argc, char **argv)
{
	static struct delay d;
	if (argc < 3)
		net_die("usage: delay MS FROM=TO [FROM=TO ...]");
	prctl(PR_SET_TIMERSLACK, 50000);
	net_raise_files();
	signal(SIGPIPE, SIG_IGN);
	d.us = strtoull(argv[1], NULL, 10) * 1000;
	d.bytes.last = &d.bytes.first;
	d.connects.last = &d.connects.first;
	d.epoll = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 2; i < argc; i++)
		line_add(&d, argv[i]);
	run(&d);
}
