/* load.c - an SMTP load generator for one core and loopback addresses.
 *
 *   load --to 127.0.0.1:2525 [--sessions N] [--messages N] [--per-session N]
 *        [--size OCTETS] [--tls none|starttls|implicit] [--pipelining]
 *        [--from A] [--rcpt A] [--spread N] [--rcpts N] [--auth USER:PASS]
 *        [--source IP:0] [--seconds N] [--retry] [--acks FILE] [--run NAME]
 *   load --to ... --idle SECONDS --sessions N [--tls ...]
 *
 * N sessions at a time send --messages messages in all, --per-session on each
 * connection. A '%' in --from or --rcpt becomes the message's number modulo
 * --spread. Each message carries "X-Load: RUN-NUMBER"; --acks writes that name
 * to FILE once the server has answered 250 to it, so that a crash test knows
 * what was promised. --retry goes on with new connections after a failure.
 *
 * The last line of output is one JSON object. Exit 0: all were accepted. */
#include "net.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

enum phase {
	P_FREE, /* no connection */
	P_BANNER,
	P_EHLO,
	P_STARTTLS,
	P_HANDSHAKE,
	P_AUTH,
	P_MAIL,
	P_RCPT,
	P_DATA,
	P_DOT,
	P_QUIT,
	P_IDLE
};

struct options {
	struct sockaddr_storage to, source;
	socklen_t to_len, source_len; /* source_len 0: any */
	unsigned long sessions, messages, per_session, size, spread, rcpts;
	unsigned long idle, seconds;
	enum { TLS_NONE, TLS_STARTTLS, TLS_IMPLICIT } tls;
	bool pipelining, retry, is_idle;
	const char *from, *rcpt, *helo, *run, *auth, *acks;
};

struct session {
	struct net_conn net;
	enum phase phase, after_tls;
	unsigned long sent, number, rcpts_left;
	uint64_t began_us;
	uint64_t wait_until_us; /* P_FREE: not before then */
};

struct load {
	struct options o;
	int epoll;
	SSL_CTX *tls;
	FILE *acks;
	struct session *s;
	uint8_t *body; /* the message behind its first header field */
	size_t body_n;
	uint32_t *latency_us;
	unsigned long begun, acked, failed, connections, ready, closed;
	uint64_t start_us, end_us, bytes;
	char auth_line[512];
	char first_error[160];
};

static unsigned long
left_to_begin(const struct load *l)
{
	/* With --retry what failed is made up for by further messages. */
	unsigned long goal = l->o.messages + (l->o.retry ? l->failed : 0);
	return goal > l->begun ? goal - l->begun : 0;
}

static void
session_end(struct load *l, struct session *s, const char *why)
{
	bool in_mail = s->phase >= P_MAIL && s->phase <= P_DOT;
	if (why != NULL && l->first_error[0] == '\0')
		snprintf(l->first_error, sizeof(l->first_error), "phase %d: %s",
		    (int)s->phase, why);
	if (in_mail || (why != NULL && s->phase != P_QUIT && !l->o.retry))
		l->failed++;
	if (s->phase == P_IDLE)
		l->ready--;
	if (why != NULL)
		l->closed++;
	net_close(&s->net, why == NULL);
	s->phase = P_FREE;
	s->wait_until_us = why == NULL ? 0 : net_now_us() + 20000;
}

static void
put_address(struct load *l, struct session *s, const char *verb,
    const char *pattern, unsigned long n)
{
	char line[512];
	const char *mark = strchr(pattern, '%');
	if (mark == NULL)
		snprintf(line, sizeof(line), "%s:<%s>\r\n", verb, pattern);
	else
		snprintf(line, sizeof(line), "%s:<%.*s%lu%s>\r\n", verb,
		    (int)(mark - pattern), pattern, n % l->o.spread, mark + 1);
	net_puts(&s->net, line);
}

static void
put_rcpts(struct load *l, struct session *s, unsigned long howmany)
{
	for (unsigned long i = 0; i < howmany; i++) {
		unsigned long k = l->o.rcpts - s->rcpts_left + i;
		put_address(
		    l, s, "RCPT TO", l->o.rcpt, s->number * l->o.rcpts + k);
	}
}

static void
message_begin(struct load *l, struct session *s)
{
	if (s->sent >= l->o.per_session || left_to_begin(l) == 0) {
		s->phase = P_QUIT;
		net_puts(&s->net, "QUIT\r\n");
		return;
	}
	s->number = l->begun++;
	s->sent++;
	s->rcpts_left = l->o.rcpts;
	s->began_us = net_now_us();
	s->phase = P_MAIL;
	put_address(l, s, "MAIL FROM", l->o.from, s->number);
	if (l->o.pipelining) {
		put_rcpts(l, s, l->o.rcpts);
		net_puts(&s->net, "DATA\r\n");
	}
}

static void
message_body(struct load *l, struct session *s)
{
	char head[128];
	int n = snprintf(
	    head, sizeof(head), "X-Load: %s-%lu\r\n", l->o.run, s->number);
	net_put(&s->net, head, (size_t)n);
	net_put(&s->net, l->body, l->body_n);
	l->bytes += l->body_n + (size_t)n;
}

static void
message_acked(struct load *l, struct session *s)
{
	uint64_t now = net_now_us();
	if (l->acked < l->o.messages)
		l->latency_us[l->acked] = (uint32_t)(now - s->began_us);
	l->acked++;
	l->end_us = now;
	if (l->acks != NULL)
		fprintf(l->acks, "%s-%lu\n", l->o.run, s->number);
}

static void
after_ehlo(struct load *l, struct session *s)
{
	if (l->o.tls == TLS_STARTTLS && s->net.ssl == NULL) {
		s->phase = P_STARTTLS;
		net_puts(&s->net, "STARTTLS\r\n");
	} else if (l->o.auth != NULL && s->phase != P_AUTH) {
		s->phase = P_AUTH;
		net_puts(&s->net, l->auth_line);
	} else if (l->o.is_idle) {
		s->phase = P_IDLE;
		l->ready++;
	} else {
		message_begin(l, s);
	}
}

static void
ehlo(struct load *l, struct session *s)
{
	s->phase = P_EHLO;
	net_puts(&s->net, "EHLO ");
	net_puts(&s->net, l->o.helo);
	net_puts(&s->net, "\r\n");
}

/* One complete reply arrived. false: it was not the one hoped for. */
static bool
reply(struct load *l, struct session *s, unsigned code)
{
	unsigned good = code / 100;
	switch (s->phase) {
	case P_BANNER:
		ehlo(l, s);
		return good == 2;
	case P_EHLO:
	case P_AUTH:
		if (good == 2)
			after_ehlo(l, s);
		return good == 2;
	case P_STARTTLS:
		s->phase = P_HANDSHAKE;
		s->after_tls = P_EHLO;
		return code == 220 && net_tls(&s->net, l->tls, false);
	case P_MAIL:
		s->phase = P_RCPT;
		if (!l->o.pipelining)
			put_rcpts(l, s, 1);
		return good == 2;
	case P_RCPT:
		s->rcpts_left--;
		if (s->rcpts_left == 0)
			s->phase = P_DATA;
		if (!l->o.pipelining && s->rcpts_left == 0)
			net_puts(&s->net, "DATA\r\n");
		else if (!l->o.pipelining)
			put_rcpts(l, s, 1);
		return good == 2;
	case P_DATA:
		s->phase = P_DOT;
		if (code == 354)
			message_body(l, s);
		return code == 354;
	case P_DOT:
		if (good == 2) {
			message_acked(l, s);
			message_begin(l, s);
		}
		return good == 2;
	case P_QUIT:
	case P_IDLE:
	case P_FREE:
	case P_HANDSHAKE:
		break;
	}
	return s->phase == P_QUIT;
}

static bool
session_input(struct load *l, struct session *s)
{
	size_t off = 0;
	bool good = true;
	while (good && s->phase != P_HANDSHAKE) {
		const uint8_t *p = s->net.in + off;
		size_t n = s->net.in_n - off;
		const uint8_t *nl = n == 0 ? NULL : memchr(p, '\n', n);
		if (nl == NULL)
			break;
		off += (size_t)(nl - p) + 1;
		if (nl - p < 3 || p[3] == '-')
			continue;
		unsigned code = (unsigned)(p[0] - '0') * 100 +
				(unsigned)(p[1] - '0') * 10 +
				(unsigned)(p[2] - '0');
		good = reply(l, s, code);
		if (!good && l->first_error[0] == '\0')
			snprintf(l->first_error, sizeof(l->first_error), "%.*s",
			    (int)(nl - p > 150 ? 150 : nl - p), p);
	}
	net_eat(&s->net, off);
	return good;
}

static bool
session_handshake(struct load *l, struct session *s)
{
	enum net_result r = net_handshake(&s->net);
	if (r == NET_DONE) {
		s->phase = s->after_tls;
		if (s->phase == P_EHLO)
			ehlo(l, s);
	}
	(void)l;
	return r == NET_DONE || r == NET_WAIT;
}

static void
session_ready(struct load *l, struct session *s)
{
	while (s->phase != P_FREE) {
		if (s->phase == P_HANDSHAKE) {
			if (!session_handshake(l, s)) {
				session_end(l, s, "TLS handshake failed");
				return;
			}
			if (s->phase == P_HANDSHAKE)
				return;
		}
		enum net_result w = net_flush(&s->net);
		enum net_result r = NET_CLOSED;
		if (w == NET_DONE || w == NET_WAIT)
			r = net_fill(&s->net);
		if (r == NET_WAIT)
			return;
		if (r == NET_DONE && session_input(l, s))
			continue;
		if (s->phase == P_QUIT && r != NET_DONE)
			session_end(l, s, NULL);
		else
			session_end(l, s, r == NET_DONE ? "refused" : "closed");
		return;
	}
}

static void
session_start(struct load *l, struct session *s)
{
	int fd = net_connect(&l->o.to, l->o.to_len,
	    l->o.source_len > 0 ? &l->o.source : NULL, l->o.source_len);
	if (fd < 0) {
		l->failed += l->o.retry ? 0 : 1;
		snprintf(l->first_error, sizeof(l->first_error), "connect: %s",
		    strerror(errno));
		s->wait_until_us = net_now_us() + 20000;
		return;
	}
	net_open(&s->net, fd);
	l->connections++;
	s->sent = 0;
	s->phase = P_BANNER;
	if (l->o.tls == TLS_IMPLICIT) {
		s->phase = P_HANDSHAKE;
		s->after_tls = P_BANNER;
		if (!net_tls(&s->net, l->tls, false))
			net_die("TLS: no memory");
	}
	struct epoll_event e = {EPOLLIN | EPOLLOUT | EPOLLET, {.ptr = s}};
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		net_die("epoll_ctl: %s", strerror(errno));
}

/* Starts what may be started; in idle mode at most 100 are under way, so that
 * a short listen queue is not what is measured. Gives the sessions alive. */
static unsigned long
start_some(struct load *l)
{
	unsigned long alive = 0, coming = 0, planned = 0;
	uint64_t now = net_now_us();
	for (unsigned long i = 0; i < l->o.sessions; i++) {
		struct session *s = &l->s[i];
		if (s->phase == P_FREE && now >= s->wait_until_us) {
			bool go =
			    l->o.is_idle
				? coming < 100 && l->connections < l->o.sessions
				: left_to_begin(l) > planned;
			if (go)
				session_start(l, s);
		}
		if (s->phase != P_FREE)
			alive++;
		if (s->phase != P_FREE && s->phase < P_MAIL) {
			coming++;
			planned += l->o.per_session;
		}
	}
	return alive;
}

static void
pump(struct load *l, int wait_ms)
{
	struct epoll_event got[512];
	int n = epoll_wait(l->epoll, got, 512, wait_ms);
	for (int i = 0; i < n; i++)
		session_ready(l, got[i].data.ptr);
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static double
percentile_ms(const struct load *l, unsigned long n, unsigned percent)
{
	return n == 0 ? 0 : l->latency_us[(n - 1) * percent / 100] / 1000.0;
}

static void
print_error(const struct load *l)
{
	fputs("\"first_error\": \"", stdout);
	for (const char *p = l->first_error; *p != '\0'; p++)
		if (*p >= ' ' && *p < 0x7f && *p != '"' && *p != '\\')
			fputc(*p, stdout);
	puts("\"}");
}

static int
run_messages(struct load *l)
{
	uint64_t deadline = l->start_us + l->o.seconds * 1000000u;
	unsigned long pending = 1;
	while ((pending > 0 || left_to_begin(l) > 0) &&
	       (l->o.seconds == 0 || net_now_us() < deadline) &&
	       (l->o.retry || l->failed < l->o.sessions + 10)) {
		pending = start_some(l);
		pump(l, 10);
	}
	unsigned long n = l->acked < l->o.messages ? l->acked : l->o.messages;
	double seconds = (double)(l->end_us - l->start_us) / 1e6;
	qsort(l->latency_us, n, sizeof(*l->latency_us), compare);
	printf("{\"messages\": %lu, \"failed\": %lu, \"connections\": %lu, "
	       "\"seconds\": %.3f, \"rate\": %.1f, \"megabytes\": %.1f, "
	       "\"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f, ",
	    l->acked, l->failed, l->connections, seconds,
	    seconds > 0 ? (double)l->acked / seconds : 0.0,
	    (double)l->bytes / 1e6, percentile_ms(l, n, 50),
	    percentile_ms(l, n, 99), percentile_ms(l, n, 100));
	print_error(l);
	return l->acked >= l->o.messages ? 0 : 1;
}

static int
run_idle(struct load *l)
{
	uint64_t deadline = l->start_us + 60 * 1000000u;
	while (l->ready < l->o.sessions && net_now_us() < deadline &&
	       l->closed == 0) {
		start_some(l);
		pump(l, 10);
	}
	double seconds = (double)(net_now_us() - l->start_us) / 1e6;
	printf("{\"idle\": %lu, \"wanted\": %lu, \"seconds\": %.3f, ", l->ready,
	    l->o.sessions, seconds);
	print_error(l);
	fflush(stdout);
	/* Held until the time is over or whoever started us hangs up. */
	uint64_t end = net_now_us() + l->o.idle * 1000000u;
	struct pollfd in = {STDIN_FILENO, POLLIN, 0};
	while (net_now_us() < end && poll(&in, 1, 0) == 0)
		pump(l, 100);
	printf("{\"held\": %lu, \"closed\": %lu, ", l->ready, l->closed);
	print_error(l);
	return l->ready == l->o.sessions ? 0 : 1;
}

static void
make_body(struct load *l)
{
	static const char head[] =
	    "From: Muatan <load@example.org>\r\n"
	    "To: Penerima <to@contoh.id>\r\n"
	    "Subject: Surat percobaan beban\r\n"
	    "Date: Sat, 21 Nov 2026 10:00:00 +0700\r\n"
	    "Message-ID: <load@example.org>\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n\r\n";
	static const char words[] = "Surat ini mengisi antrean dengan baris "
				    "yang sama panjang supaya adil ...\r\n";
	size_t line = sizeof(words) - 1;
	l->body = malloc(sizeof(head) + l->o.size + line + 8);
	if (l->body == NULL)
		net_die("out of memory");
	memcpy(l->body, head, sizeof(head) - 1);
	l->body_n = sizeof(head) - 1;
	while (l->body_n + line < l->o.size + 1) {
		memcpy(l->body + l->body_n, words, line);
		l->body_n += line;
	}
	memcpy(l->body + l->body_n, ".\r\n", 3);
	l->body_n += 3;
}

static void
make_auth(struct load *l)
{
	uint8_t plain[256];
	const char *colon = strchr(l->o.auth, ':');
	size_t n = strlen(l->o.auth);
	if (colon == NULL || n + 1 > sizeof(plain))
		net_die("--auth takes USER:PASSWORD");
	plain[0] = 0;
	memcpy(plain + 1, l->o.auth, n);
	plain[1 + (colon - l->o.auth)] = 0;
	uint8_t text[400];
	EVP_EncodeBlock(text, plain, (int)n + 1);
	snprintf(l->auth_line, sizeof(l->auth_line), "AUTH PLAIN %s\r\n",
	    (const char *)text);
}

static unsigned long
number(const char *name, const char *text)
{
	char *end;
	errno = 0;
	unsigned long v = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || end == text)
		net_die("%s: %s is not a number", name, text);
	return v;
}

static void
take_option(struct options *o, const char *name, const char *v)
{
	struct {
		const char *name;
		unsigned long *number;
		const char **text;
	} table[] = {
	    {"--sessions", &o->sessions, NULL},
	    {"--messages", &o->messages, NULL},
	    {"--per-session", &o->per_session, NULL},
	    {"--size", &o->size, NULL},
	    {"--spread", &o->spread, NULL},
	    {"--rcpts", &o->rcpts, NULL},
	    {"--idle", &o->idle, NULL},
	    {"--seconds", &o->seconds, NULL},
	    {"--from", NULL, &o->from},
	    {"--rcpt", NULL, &o->rcpt},
	    {"--helo", NULL, &o->helo},
	    {"--run", NULL, &o->run},
	    {"--auth", NULL, &o->auth},
	    {"--acks", NULL, &o->acks},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(name, table[i].name) != 0)
			continue;
		if (table[i].number != NULL)
			*table[i].number = number(name, v);
		else
			*table[i].text = v;
		o->is_idle = o->is_idle || strcmp(name, "--idle") == 0;
		return;
	}
	if (strcmp(name, "--to") == 0 && net_parse(v, &o->to, &o->to_len))
		return;
	if (strcmp(name, "--source") == 0 &&
	    net_parse(v, &o->source, &o->source_len))
		return;
	if (strcmp(name, "--tls") == 0) {
		o->tls = strcmp(v, "starttls") == 0   ? TLS_STARTTLS
			 : strcmp(v, "implicit") == 0 ? TLS_IMPLICIT
						      : TLS_NONE;
		return;
	}
	net_die("%s %s: unknown, or not a loopback address", name, v);
}

static void
take_options(struct options *o, int argc, char **argv)
{
	*o = (struct options){.sessions = 1,
	    .messages = 1,
	    .per_session = 1,
	    .size = 2048,
	    .spread = 1,
	    .rcpts = 1,
	    .run = "load",
	    .from = "load@example.org",
	    .rcpt = "to@contoh.id",
	    .helo = "load.example.org"};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--pipelining") == 0)
			o->pipelining = true;
		else if (strcmp(argv[i], "--retry") == 0)
			o->retry = true;
		else if (i + 1 < argc)
			take_option(o, argv[i], argv[i + 1]), i++;
		else
			net_die("%s needs a value", argv[i]);
	}
	if (o->to_len == 0 || o->sessions == 0 || o->spread == 0 ||
	    o->rcpts == 0 || o->per_session == 0)
		net_die("usage: load --to 127.0.0.1:PORT [options]");
}

int
main(int argc, char **argv)
{
	struct load l = {0};
	take_options(&l.o, argc, argv);
	net_raise_files();
	signal(SIGPIPE, SIG_IGN);
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	l.s = calloc(l.o.sessions, sizeof(*l.s));
	l.latency_us = calloc(l.o.messages + 1, sizeof(*l.latency_us));
	if (l.epoll < 0 || l.s == NULL || l.latency_us == NULL)
		net_die("out of memory");
	if (l.o.tls != TLS_NONE) {
		l.tls = SSL_CTX_new(TLS_client_method());
		if (l.tls == NULL)
			net_die("TLS: no memory");
		SSL_CTX_set_session_cache_mode(l.tls, SSL_SESS_CACHE_OFF);
		SSL_CTX_set_mode(
		    l.tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
			       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
			       SSL_MODE_RELEASE_BUFFERS);
	}
	if (l.o.acks != NULL && (l.acks = fopen(l.o.acks, "ae")) == NULL)
		net_die("%s: %s", l.o.acks, strerror(errno));
	if (l.o.auth != NULL)
		make_auth(&l);
	make_body(&l);
	l.start_us = l.end_us = net_now_us();
	int rc = l.o.is_idle ? run_idle(&l) : run_messages(&l);
	if (l.acks != NULL && fclose(l.acks) != 0)
		net_die("%s: %s", l.o.acks, strerror(errno));
	return rc;
}
