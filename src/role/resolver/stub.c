/* stub.c - the plain backend: ask one of the servers, believe its answer.
 *
 * UDP with a fresh socket, port and id for each try (RFC 5452), TCP when the
 * answer is cut off, the next server when one is silent or lame. With
 * "trust-ad" the server's AD bit counts as secure; with "off" nothing does. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/random.h"
#include "os/socket.h"
#include "role/resolver/backend.h"

#define EDNS_OCTETS 1232 /* below every path's fragment size */
/* The first wait for each server; each round over all of them waits twice as
 * long as the one before it, and the last as long as there is time. */
#define TRY_FIRST_MS 300
/* A server that let a question wait is for so long not the first to be asked,
 * while there is another. */
#define SHUN_MS 10000
/* Before the service loses patience, which knows less of why. */
#define MARGIN_MS 20
/* Packets on our port that are no reply to us, before we leave the port. */
#define STRAYS_MAX 32

struct stub {
	struct backend b;
	struct loop *loop;
	struct settings settings;
	size_t next_server;                        /* questions take turns */
	uint64_t shunned_ms[SETTINGS_SERVERS_MAX]; /* until then; 0: not */
	unsigned open;
	bool retired;
};

struct stub_ask {
	struct backend_ask ask;
	struct stub *stub;
	struct dns_query query; /* the name changes along a CNAME chain */
	struct answer answer;
	unsigned links;
	bool secure; /* so far */
	uint32_t ttl_s;
	/* the tries */
	unsigned tries;
	uint64_t deadline_ms;
	size_t server;
	uint8_t lame; /* a bit for each server that does not know */
	bool heard;   /* anything at all came back */
	bool bogus;   /* one that validates says so; why is its word */
	char why[160];
	struct timer timer;
	struct defer start;
	/* the try under way */
	int fd;
	struct watch watch;
	bool tcp, connected;
	unsigned strays;
	struct buf in, out;
};

static void try_next(struct stub_ask *q);

static void
try_close(struct stub_ask *q)
{
	watch_close(&q->watch);
	timer_stop(&q->timer);
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
	q->tcp = q->connected = false;
	q->strays = 0;
	buf_clear(&q->in);
	buf_clear(&q->out);
}

static void
stub_free(struct stub *s)
{
	free(s);
}

static void
ask_free(struct stub_ask *q)
{
	struct stub *s = q->stub;
	try_close(q);
	defer_cancel(&q->start);
	buf_free(&q->in);
	buf_free(&q->out);
	answer_free(&q->answer);
	free(q);
	s->open--;
	if (s->retired && s->open == 0)
		stub_free(s);
}

static void
ask_finish(struct stub_ask *q)
{
	q->ask.done(q->ask.arg, &q->answer);
	ask_free(q);
}

static void
ask_give_up(struct stub_ask *q)
{
	if (q->heard)
		answer_fail(&q->answer,
		    q->bogus ? IPC_DNS_BOGUS : IPC_DNS_TEMPFAIL, q->why);
	else
		answer_fail(&q->answer, IPC_DNS_TIMEOUT, "no server answered");
	ask_finish(q);
}

/* This server is of no use for this question; why is kept for the answer. */
static void
note_lame(struct stub_ask *q, const char *why)
{
	struct stub *s = q->stub;
	char ip[SOCK_ADDR_TEXT_MAX];
	q->lame = (uint8_t)(q->lame | 1u << q->server);
	if (q->bogus) /* no other word says more */
		return;
	struct sock_addr at = {s->settings.server[q->server].ip,
	    s->settings.server[q->server].port};
	sock_addr_text(&at, ip);
	struct buf b;
	buf_init(&b, sizeof(q->why) - 1);
	buf_add_str(&b, why);
	buf_add_str(&b, " from ");
	buf_add_str(&b, ip);
	memcpy(q->why, b.p, b.n);
	q->why[b.n] = '\0';
	buf_free(&b);
	q->heard = true;
}

static void
server_lame(struct stub_ask *q, const char *why)
{
	note_lame(q, why);
	try_next(q);
}

/* How long this try may take: as said at TRY_FIRST_MS. */
static uint64_t
try_wait(const struct stub_ask *q)
{
	uint64_t now = loop_now_ms(q->stub->loop);
	uint64_t left = q->deadline_ms > now ? q->deadline_ms - now : 0;
	unsigned useful = 0, rounds;
	for (size_t i = 0; i < q->stub->settings.servers; i++)
		useful += (q->lame >> i & 1) == 0;
	rounds = useful == 0 ? 0 : (q->tries - 1) / useful;
	uint64_t wait = (uint64_t)TRY_FIRST_MS << (rounds < 16 ? rounds : 16);
	return wait + TRY_FIRST_MS > left ? left : wait;
}

/* ---- reading a reply ---- */

static void
follow_cname(struct stub_ask *q)
{
	struct slice to = buf_slice(&q->answer.name);
	struct dns_name name;
	if (++q->links > DNS_CNAME_MAX || dns_name_parse(to, &name) != ERR_OK) {
		answer_fail(&q->answer, IPC_DNS_TEMPFAIL,
		    "the CNAME chain is a circle or too long");
		ask_finish(q);
		return;
	}
	q->query.name = name;
	q->tries = 0;
	try_next(q);
}

static void
reply_take(struct stub_ask *q, const struct dns_message *m)
{
	enum answer_progress p = answer_read(m, &q->answer);
	q->secure = q->secure && m->ad;
	switch (p) {
	case ANSWER_LAME:
		if ((m->rcode == DNS_FORMERR || m->rcode == DNS_NOTIMP) &&
		    q->query.edns_octets > 0) {
			q->query.edns_octets = 0; /* older than RFC 6891 */
			try_next(q);
			return;
		}
		note_lame(q, q->answer.text);
		q->bogus = q->bogus || q->answer.status == IPC_DNS_BOGUS;
		try_next(q);
		return;
	case ANSWER_FOLLOW:
		if (q->answer.ttl_s > 0 && q->answer.ttl_s < q->ttl_s)
			q->ttl_s = q->answer.ttl_s;
		follow_cname(q);
		return;
	case ANSWER_FINAL:
		break;
	}
	q->answer.secure =
	    q->secure && q->stub->settings.dnssec == CONF_DNSSEC_TRUST_AD;
	if (q->ttl_s < q->answer.ttl_s)
		q->answer.ttl_s = q->ttl_s;
	ask_finish(q);
}

/* ---- TCP (RFC 7766): two octets of length in front ---- */

static bool
tcp_write(struct stub_ask *q)
{
	while (q->out.n > 0) {
		ssize_t n = send(q->fd, q->out.p, q->out.n, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		buf_consume(&q->out, (size_t)n);
	}
	watch_set(&q->watch, WATCH_READ);
	return true;
}

/* true: the whole reply is in q->in. *out_dead: the connection is over. */
static bool
tcp_read(struct stub_ask *q, bool *out_dead)
{
	uint8_t *p = loop_scratch(q->stub->loop);
	ssize_t n = recv(q->fd, p, LOOP_SCRATCH_SIZE, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		*out_dead = true;
		return false;
	}
	buf_add(&q->in, slice_of(p, (size_t)n));
	if (buf_err(&q->in) != ERR_OK) {
		*out_dead = true;
		return false;
	}
	return q->in.n >= 2 &&
	       q->in.n >= 2 + ((size_t)q->in.p[0] << 8 | q->in.p[1]);
}

static void
tcp_ready(struct stub_ask *q, unsigned events)
{
	struct dns_message m;
	bool dead = false;
	if (!q->connected && (dead = sock_error(q->fd) != 0) == false)
		q->connected = true;
	if (!dead && (events & WATCH_WRITE) != 0)
		dead = !tcp_write(q);
	if (!dead && (events & WATCH_READ) != 0 && tcp_read(q, &dead)) {
		size_t n = (size_t)q->in.p[0] << 8 | q->in.p[1];
		if (dns_message_parse(slice_of(q->in.p + 2, n), &m) == ERR_OK &&
		    dns_message_answers_query(&m, &q->query) && !m.tc) {
			reply_take(q, &m);
			return;
		}
		dead = true;
	}
	if (dead)
		server_lame(q, "no readable answer over TCP");
}

static void ask_event(void *arg, unsigned events);

static void
tcp_begin(struct stub_ask *q)
{
	struct stub *s = q->stub;
	const struct conf_endpoint *e = &s->settings.server[q->server];
	struct sock_addr to = {e->ip, e->port};
	int errnum;
	try_close(q);
	q->tcp = true;
	enum err r = sock_connect(&to, NULL, &q->fd, &errnum);
	if (r != ERR_OK && r != ERR_AGAIN) {
		q->fd = -1;
		server_lame(q, "no connection over TCP");
		return;
	}
	buf_add_byte(&q->out, 0);
	buf_add_byte(&q->out, 0);
	dns_query_encode(&q->out, &q->query);
	if (buf_err(&q->out) != ERR_OK ||
	    watch_open(&q->watch, s->loop, q->fd, ask_event, q) != ERR_OK) {
		server_lame(q, "out of memory");
		return;
	}
	q->out.p[0] = (uint8_t)((q->out.n - 2) >> 8);
	q->out.p[1] = (uint8_t)(q->out.n - 2);
	watch_set(&q->watch, WATCH_READ | WATCH_WRITE);
	timer_start(&q->timer, try_wait(q) * 2); /* two round trips more */
}

/* ---- UDP ---- */

static int
udp_socket(const struct conf_endpoint *to)
{
	struct sockaddr_in v4 = {
	    .sin_family = AF_INET, .sin_port = htons(to->port)};
	struct sockaddr_in6 v6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons(to->port)};
	bool six = to->ip.family == 6;
	memcpy(&v4.sin_addr, to->ip.b, 4);
	memcpy(&v6.sin6_addr, to->ip.b, 16);
	int fd = socket(six ? AF_INET6 : AF_INET,
	    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* Connected: only this server's packets come in, and "refused" is
	 * told. The kernel picks a random port. */
	if (fd >= 0 && connect(fd, six ? (void *)&v6 : (void *)&v4,
			   six ? sizeof(v6) : sizeof(v4)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
udp_ready(struct stub_ask *q)
{
	for (;;) {
		uint8_t *p = loop_scratch(q->stub->loop);
		struct dns_message m;
		ssize_t n = recv(q->fd, p, LOOP_SCRATCH_SIZE, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			server_lame(q, "connection refused");
			return;
		}
		if (dns_message_parse(slice_of(p, (size_t)n), &m) != ERR_OK ||
		    !dns_message_answers_query(&m, &q->query)) {
			if (++q->strays < STRAYS_MAX)
				continue;
			server_lame(q, "unreadable answers");
			return;
		}
		q->stub->shunned_ms[q->server] = 0;
		if (m.tc)
			tcp_begin(q);
		else
			reply_take(q, &m);
		return;
	}
}

static void
ask_event(void *arg, unsigned events)
{
	struct stub_ask *q = arg;
	if (q->tcp)
		tcp_ready(q, events);
	else
		udp_ready(q);
}

static bool
udp_send(struct stub_ask *q)
{
	struct stub *s = q->stub;
	q->fd = udp_socket(&s->settings.server[q->server]);
	q->query.id = (uint16_t)random_u64();
	dns_query_encode(&q->out, &q->query);
	if (q->fd < 0 || buf_err(&q->out) != ERR_OK ||
	    send(q->fd, q->out.p, q->out.n, MSG_NOSIGNAL) < 0 ||
	    watch_open(&q->watch, s->loop, q->fd, ask_event, q) != ERR_OK)
		return false;
	watch_set(&q->watch, WATCH_READ);
	return true;
}

static void
ask_due(void *arg)
{
	struct stub_ask *q = arg;
	struct stub *s = q->stub;
	s->shunned_ms[q->server] = loop_now_ms(s->loop) + SHUN_MS;
	try_next(q);
}

/* The next in turn of those that answer; if none seems to, the next in turn. */
static size_t
first_server(struct stub *s)
{
	size_t n = s->settings.servers, turn = s->next_server++;
	for (size_t i = 0; i < n; i++)
		if (s->shunned_ms[(turn + i) % n] <= loop_now_ms(s->loop))
			return (turn + i) % n;
	return turn % n;
}

/* The servers take turns; one that said it does not know is not asked again.
 * When all said so, or the time is over, that is the answer. */
static void
try_next(struct stub_ask *q)
{
	struct stub *s = q->stub;
	size_t n = s->settings.servers;
	try_close(q);
	if (q->tries++ > 0)
		q->server = (q->server + 1) % n;
	for (;;) {
		if (loop_now_ms(s->loop) >= q->deadline_ms ||
		    q->lame == (1u << n) - 1) {
			ask_give_up(q);
			return;
		}
		while ((q->lame >> q->server & 1) != 0)
			q->server = (q->server + 1) % n;
		if (udp_send(q))
			break;
		try_close(q);
		note_lame(q, "unreachable, no answer");
	}
	timer_start(&q->timer, try_wait(q));
}

/* ---- the interface ---- */

static void
ask_start(void *arg)
{
	try_next(arg);
}

static struct backend_ask *
stub_ask_new(struct backend *b, const struct dns_name *name, uint16_t qtype,
    backend_done *done, void *arg)
{
	struct stub *s = (struct stub *)(void *)b;
	struct stub_ask *q = calloc(1, sizeof(*q));
	if (q == NULL) {
		struct answer a;
		answer_init(&a);
		answer_fail(&a, IPC_DNS_TEMPFAIL, "out of memory");
		done(arg, &a);
		answer_free(&a);
		return NULL;
	}
	q->ask = (struct backend_ask){b, done, arg};
	q->stub = s;
	q->query = (struct dns_query){.type = qtype,
	    .name = *name,
	    .rd = true,
	    .ad = s->settings.dnssec == CONF_DNSSEC_TRUST_AD,
	    .edns_octets = EDNS_OCTETS};
	q->secure = true;
	q->ttl_s = UINT32_MAX;
	q->fd = -1;
	q->server = first_server(s);
	q->deadline_ms =
	    loop_now_ms(s->loop) + s->settings.timeout_ms - MARGIN_MS;
	answer_init(&q->answer);
	buf_init(&q->in, 2 + DNS_MESSAGE_MAX);
	buf_init(&q->out, 1024);
	timer_init(&q->timer, s->loop, ask_due, q);
	defer_init(&q->start, ask_start, q);
	s->open++;
	loop_defer(s->loop, &q->start);
	return &q->ask;
}

static void
stub_let_go(struct backend_ask *ask)
{
	ask_free((struct stub_ask *)(void *)ask);
}

static void
stub_retire(struct backend *b)
{
	struct stub *s = (struct stub *)(void *)b;
	s->retired = true;
	if (s->open == 0)
		stub_free(s);
}

static struct backend *
stub_make(struct loop *loop, const struct settings *settings, struct diag *d)
{
	struct stub *s = calloc(1, sizeof(*s));
	if (s == NULL) {
		(void)diag_set(
		    d, ERR_NOMEM, NULL, "out of memory for the resolver");
		return NULL;
	}
	s->b.ops = &backend_stub;
	s->loop = loop;
	s->settings = *settings;
	s->settings.anchors = SLICE_EMPTY; /* not ours to keep */
	return &s->b;
}

const struct backend_ops backend_stub = {.make = stub_make,
    .retire = stub_retire,
    .ask = stub_ask_new,
    .let_go = stub_let_go};
