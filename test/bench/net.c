#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IN_START 2048
#define IN_MAX   (64 * 1024)

void
net_die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

bool
net_parse(const char *text, struct sockaddr_storage *out, socklen_t *len)
{
	char host[64];
	const char *colon = strrchr(text, ':');
	if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	char *end;
	unsigned long port = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || port > 65535)
		return false;

	memset(out, 0, sizeof(*out));
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)out;
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		*len = sizeof(*v4);
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	}
	size_t n = strlen(host);
	if (n < 3 || host[0] != '[' || host[n - 1] != ']')
		return false;
	host[n - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &v6->sin6_addr) != 1)
		return false;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	*len = sizeof(*v6);
	return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

int
net_listen(const char *text)
{
	struct sockaddr_storage a;
	socklen_t len;
	if (!net_parse(text, &a, &len))
		net_die("%s: not a loopback address with a port", text);
	int fd =
	    socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1;
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, 4096) < 0)
		net_die("listen on %s: %s", text, strerror(errno));
	return fd;
}

int
net_connect(const struct sockaddr_storage *to, socklen_t len,
    const struct sockaddr_storage *from, socklen_t from_len)
{
	int fd = socket(
	    to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1;
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (from != NULL) {
		setsockopt(
		    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
		if (bind(fd, (const struct sockaddr *)from, from_len) < 0)
			goto fail;
	}
	if (connect(fd, (const struct sockaddr *)to, len) < 0 &&
	    errno != EINPROGRESS)
		goto fail;
	return fd;
fail:
	close(fd);
	return -1;
}

void
net_raise_files(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

uint64_t
net_now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

void
net_open(struct net_conn *c, int fd)
{
	memset(c, 0, sizeof(*c));
	c->fd = fd;
}

void
net_close(struct net_conn *c, bool reset)
{
	if (c->ssl != NULL) {
		SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
		ERR_clear_error();
	}
	struct linger now = {1, 0};
	if (reset && c->fd >= 0)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	if (c->fd >= 0)
		close(c->fd);
	free(c->in);
	free(c->out);
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

void
net_put(struct net_conn *c, const void *p, size_t n)
{
	if (c->out_off == c->out_n)
		c->out_off = c->out_n = 0;
	if (c->out_n + n > c->out_cap) {
		size_t cap = (c->out_n + n + 4095) & ~(size_t)4095;
		c->out = realloc(c->out, cap);
		if (c->out == NULL)
			net_die("out of memory");
		c->out_cap = cap;
	}
	memcpy(c->out + c->out_n, p, n);
	c->out_n += n;
}

void
net_puts(struct net_conn *c, const char *s)
{
	net_put(c, s, strlen(s));
}

static enum net_result
tls_result(struct net_conn *c, int r)
{
	int e = SSL_get_error(c->ssl, r);
	ERR_clear_error();
	if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
		return NET_WAIT;
	return e == SSL_ERROR_ZERO_RETURN ? NET_CLOSED : NET_ERROR;
}

static enum net_result
plain_result(ssize_t r)
{
	if (r == 0)
		return NET_CLOSED;
	return errno == EAGAIN || errno == EINTR ? NET_WAIT : NET_ERROR;
}

enum net_result
net_flush(struct net_conn *c)
{
	while (c->out_off < c->out_n) {
		const uint8_t *p = c->out + c->out_off;
		size_t n = c->out_n - c->out_off;
		if (c->ssl != NULL) {
			int r =
			    SSL_write(c->ssl, p, n > 16384 ? 16384 : (int)n);
			if (r <= 0)
				return tls_result(c, r);
			c->out_off += (size_t)r;
			continue;
		}
		ssize_t r = send(c->fd, p, n, MSG_NOSIGNAL);
		if (r <= 0)
			return plain_result(r);
		c->out_off += (size_t)r;
	}
	return NET_DONE;
}

enum net_result
net_fill(struct net_conn *c)
{
	if (c->in_n == c->in_cap) {
		if (c->in_cap >= IN_MAX)
			return NET_ERROR;
		c->in_cap = c->in_cap == 0 ? IN_START : IN_MAX;
		c->in = realloc(c->in, c->in_cap);
		if (c->in == NULL)
			net_die("out of memory");
	}
	if (c->ssl != NULL) {
		int r = SSL_read(
		    c->ssl, c->in + c->in_n, (int)(c->in_cap - c->in_n));
		if (r <= 0)
			return tls_result(c, r);
		c->in_n += (size_t)r;
		return NET_DONE;
	}
	ssize_t r = recv(c->fd, c->in + c->in_n, c->in_cap - c->in_n, 0);
	if (r <= 0)
		return plain_result(r);
	c->in_n += (size_t)r;
	return NET_DONE;
}

void
net_eat(struct net_conn *c, size_t n)
{
	memmove(c->in, c->in + n, c->in_n - n);
	c->in_n -= n;
}

bool
net_tls(struct net_conn *c, SSL_CTX *ctx, bool server)
{
	c->ssl = SSL_new(ctx);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1)
		return false;
	if (server)
		SSL_set_accept_state(c->ssl);
	else
		SSL_set_connect_state(c->ssl);
	return true;
}

enum net_result
net_handshake(struct net_conn *c)
{
	int r = SSL_do_handshake(c->ssl);
	return r == 1 ? NET_DONE : tls_result(c, r);
}
