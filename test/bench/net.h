/* net.h - what the load generator and the counting sink share: loopback
 * addresses, buffered non-blocking connections, TLS on top.
 *
 * These are tools for tests. They refuse every address that is not loopback,
 * so that neither can ever be pointed at somebody else's server. */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_conn {
	int fd;
	SSL *ssl; /* NULL: plain text */
	uint8_t *in;
	size_t in_n, in_cap;
	uint8_t *out;
	size_t out_off, out_n, out_cap;
};

enum net_result {
	NET_DONE,   /* all that was asked happened */
	NET_WAIT,   /* try again at the next readiness event */
	NET_CLOSED, /* the peer closed, orderly */
	NET_ERROR
};

/* net_parse - "127.0.0.1:2525" or "[::1]:2525"; false unless loopback. */
bool net_parse(const char *text, struct sockaddr_storage *out, socklen_t *len);
/* net_listen - a listening, non-blocking socket, or exits with a message. */
int net_listen(const char *text);
/* net_connect - a non-blocking socket whose connect has begun, or -1. */
int net_connect(const struct sockaddr_storage *to, socklen_t len,
    const struct sockaddr_storage *from, socklen_t from_len);
/* net_raise_files - the soft limit of open files becomes the hard one. */
void net_raise_files(void);
uint64_t net_now_us(void); /* monotonic */

void net_open(struct net_conn *c, int fd);
/* net_close - with reset: no TIME_WAIT is left behind. */
void net_close(struct net_conn *c, bool reset);

void net_put(struct net_conn *c, const void *p, size_t n);
void net_puts(struct net_conn *c, const char *s);
enum net_result net_flush(struct net_conn *c);
/* net_fill - reads once into c->in; NET_DONE when something arrived. */
enum net_result net_fill(struct net_conn *c);
void net_eat(struct net_conn *c, size_t n);

/* net_tls - begin TLS; then call net_handshake until it is not NET_WAIT. */
bool net_tls(struct net_conn *c, SSL_CTX *ctx, bool server);
enum net_result net_handshake(struct net_conn *c);

/* net_die - the program's name and a message on stderr, exit 2. */
void net_die(const char *fmt, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

#endif
