/* sink.c - an SMTP and LMTP receiver that accepts all and counts.
 *
 *   sink --listen 127.0.0.1:2526 [--tls CERT KEY] [--ids FILE]
 *
 * It checks nothing and keeps nothing. SIGUSR1 prints the counts as one JSON
 * line; SIGTERM and SIGINT print them and end. --ids appends the value of
 * each message's X-Load field to FILE, one a line, when the message is
 * answered: that is how a crash test learns what arrived, and how often. */
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define ID_MAX 64

struct client {
	struct net_conn net;
	bool handshaking, data, lmtp, starttls, quit;
	unsigned recipients;
	bool header; /* still within the message's header */
	char id[ID_MAX];
};

struct sink {
	int epoll;
	SSL_CTX *tls;
	FILE *ids;
	uint64_t sessions, open, messages, recipients, octets, tls_sessions;
	bool stop;
};

static void
sink_print(const struct sink *s)
{
	printf("{\"sessions\": %llu, \"open\": %llu, \"tls\": %llu, "
	       "\"messages\": %llu, \"recipients\": %llu, \"octets\": %llu}\n",
	    (unsigned long long)s->sessions, (unsigned long long)s->open,
	    (unsigned long long)s->tls_sessions,
	    (unsigned long long)s->messages, (unsigned long long)s->recipients,
	    (unsigned long long)s->octets);
	fflush(stdout);
	if (s->ids != NULL)
		fflush(s->ids);
}

static bool
verb(const uint8_t *p, size_t n, const char *want)
{
	size_t w = strlen(want);
	return n >= w && strncasecmp((const char *)p, want, w) == 0;
}

static void
command_ehlo(const struct sink *s, struct client *c, bool lmtp)
{
	c->lmtp = lmtp;
	net_puts(&c->net, "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
			  "250-ENHANCEDSTATUSCODES\r\n");
	if (s->tls != NULL && c->net.ssl == NULL)
		net_puts(&c->net, "250-STARTTLS\r\n");
	net_puts(&c->net, "250 SIZE 104857600\r\n");
}

static void
command(struct sink *s, struct client *c, const uint8_t *p, size_t n)
{
	if (verb(p, n, "EHLO ") || verb(p, n, "LHLO ")) {
		command_ehlo(s, c, p[0] == 'L' || p[0] == 'l');
	} else if (verb(p, n, "RCPT ")) {
		c->recipients++;
		net_puts(&c->net, "250 2.1.5 ok\r\n");
	} else if (verb(p, n, "DATA")) {
		c->data = c->header = true;
		c->id[0] = '\0';
		net_puts(&c->net, "354 go on\r\n");
	} else if (verb(p, n, "STARTTLS") && s->tls != NULL) {
		c->starttls = true;
		net_puts(&c->net, "220 2.0.0 go on\r\n");
	} else if (verb(p, n, "QUIT")) {
		c->quit = true;
		net_puts(&c->net, "221 2.0.0 bye\r\n");
	} else {
		if (verb(p, n, "MAIL ") || verb(p, n, "RSET"))
			c->recipients = 0;
		net_puts(&c->net, "250 2.0.0 ok\r\n");
	}
}

static void
message_end(struct sink *s, struct client *c)
{
	unsigned answers = c->lmtp ? c->recipients : 1;
	s->messages++;
	s->recipients += c->recipients;
	if (s->ids != NULL && c->id[0] != '\0')
		fprintf(s->ids, "%s\n", c->id);
	for (unsigned i = 0; i < answers; i++)
		net_puts(&c->net, "250 2.0.0 counted\r\n");
	c->data = false;
	c->recipients = 0;
}

static void
header_line(struct client *c, const uint8_t *p, size_t n)
{
	if (n == 0) {
		c->header = false;
	} else if (verb(p, n, "X-Load: ")) {
		size_t len = n - 8 < ID_MAX - 1 ? n - 8 : ID_MAX - 1;
		memcpy(c->id, p + 8, len);
		c->id[len] = '\0';
	}
}

/* One line at a time while in the header; then in leaps to the final dot. */
static size_t
data_step(struct sink *s, struct client *c, const uint8_t *p, size_t n)
{
	if (c->header || (n >= 3 && memcmp(p, ".\r\n", 3) == 0)) {
		const uint8_t *nl = memchr(p, '\n', n);
		if (nl == NULL || nl == p)
			return nl == NULL ? 0 : 1;
		size_t line = (size_t)(nl - p) - 1;
		s->octets += line + 2;
		if (line == 1 && p[0] == '.')
			message_end(s, c);
		else
			header_line(c, p, line);
		return line + 2;
	}
	const uint8_t *end = memmem(p, n, "\r\n.\r\n", 5);
	if (end == NULL)
		end = memrchr(p, '\n', n);
	else
		end++;
	/* p is at the beginning of a line again the next time. */
	size_t used = end == NULL ? 0 : (size_t)(end - p) + 1;
	s->octets += used;
	return used;
}

static bool
client_input(struct sink *s, struct client *c)
{
	size_t off = 0;
	while (off < c->net.in_n && !c->starttls && !c->quit) {
		const uint8_t *p = c->net.in + off;
		size_t n = c->net.in_n - off;
		if (c->data) {
			size_t used = data_step(s, c, p, n);
			if (used == 0)
				break;
			off += used;
			continue;
		}
		const uint8_t *nl = memchr(p, '\n', n);
		if (nl == NULL)
			break;
		command(s, c, p, (size_t)(nl - p));
		off += (size_t)(nl - p) + 1;
	}
	if (c->starttls && off != c->net.in_n)
		return false;
	net_eat(&c->net, off);
	return true;
}

static bool
client_handshake(struct sink *s, struct client *c)
{
	enum net_result r = net_handshake(&c->net);
	if (r == NET_DONE) {
		c->handshaking = false;
		s->tls_sessions++;
	}
	return r == NET_DONE || r == NET_WAIT;
}

/* false: the session is over */
static bool
client_ready(struct sink *s, struct client *c)
{
	for (;;) {
		if (c->handshaking) {
			if (!client_handshake(s, c))
				return false;
			if (c->handshaking)
				return true;
		}
		enum net_result w = net_flush(&c->net);
		if (w == NET_CLOSED || w == NET_ERROR ||
		    (w == NET_DONE && c->quit))
			return false;
		if (w == NET_DONE && c->starttls) {
			c->starttls = false;
			c->handshaking = true;
			if (!net_tls(&c->net, s->tls, true))
				return false;
			continue;
		}
		enum net_result r = net_fill(&c->net);
		if (r == NET_WAIT)
			return true;
		if (r != NET_DONE || !client_input(s, c))
			return false;
	}
}

static void
accept_all(struct sink *s, int listener)
{
	int fd;
	while ((fd = accept4(
		    listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct client *c = calloc(1, sizeof(*c));
		if (c == NULL)
			net_die("out of memory");
		net_open(&c->net, fd);
		net_puts(&c->net, "220 sink ESMTP\r\n");
		struct epoll_event e = {
		    EPOLLIN | EPOLLOUT | EPOLLET, {.ptr = c}};
		if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
			net_die("epoll_ctl: %s", strerror(errno));
		s->sessions++;
		s->open++;
	}
}

static void
signal_ready(struct sink *s, int fd)
{
	struct signalfd_siginfo i;
	while (read(fd, &i, sizeof(i)) == (ssize_t)sizeof(i)) {
		if (i.ssi_signo == SIGUSR1)
			sink_print(s);
		else
			s->stop = true;
	}
}

static void
run(struct sink *s, int listener, int signals)
{
	struct epoll_event e = {EPOLLIN, {.ptr = &listener}};
	struct epoll_event g = {EPOLLIN, {.ptr = &signals}};
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0 ||
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, listener, &e) < 0 ||
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, signals, &g) < 0)
		net_die("epoll: %s", strerror(errno));
	while (!s->stop) {
		struct epoll_event got[256];
		int n = epoll_wait(s->epoll, got, 256, -1);
		for (int i = 0; i < n; i++) {
			void *who = got[i].data.ptr;
			if (who == &listener) {
				accept_all(s, listener);
			} else if (who == &signals) {
				signal_ready(s, signals);
			} else if (!client_ready(s, who)) {
				struct client *c = who;
				net_close(&c->net, false);
				free(c);
				s->open--;
			}
		}
		if (s->ids != NULL)
			fflush(s->ids);
	}
}

static SSL_CTX *
tls_context(const char *cert, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (ctx == NULL || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		net_die("%s, %s: not a certificate and its key", cert, key);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				  SSL_MODE_RELEASE_BUFFERS);
	return ctx;
}

int
main(int argc, char **argv)
{
	struct sink s = {0};
	const char *listen_on = NULL;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc) {
			listen_on = argv[++i];
		} else if (strcmp(argv[i], "--ids") == 0 && i + 1 < argc) {
			s.ids = fopen(argv[++i], "ae");
			if (s.ids == NULL)
				net_die("%s: %s", argv[i], strerror(errno));
		} else if (strcmp(argv[i], "--tls") == 0 && i + 2 < argc) {
			s.tls = tls_context(argv[i + 1], argv[i + 2]);
			i += 2;
		} else {
			net_die("usage: sink --listen 127.0.0.1:PORT "
				"[--tls CERT KEY] [--ids FILE]");
		}
	}
	if (listen_on == NULL)
		net_die("--listen is missing");
	net_raise_files();
	signal(SIGPIPE, SIG_IGN);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	run(&s, net_listen(listen_on),
	    signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
	sink_print(&s);
	return 0;
}
