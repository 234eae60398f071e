/* hello.h - ClientHellos that we say ourselves, because libraries no longer
 * speak what has to be asked for.
 *
 * Pure: the random octets come from the caller. What is built here is for
 * asking alone: nothing secret ever follows it. */
#ifndef PROTO_TLS_HELLO_H
#define PROTO_TLS_HELLO_H

#include "base/buf.h"
#include "proto/tls/suites.h"

#define TLS_HELLO_MAX 4096u

struct tls_hello {
	uint16_t version; /* TLS_WIRE_*: this and no other */
	const uint16_t *suites;
	size_t suite_n;
	const uint16_t *groups; /* none: all that are known */
	size_t group_n;
	struct slice sni; /* empty: none */
	uint8_t random[32];
	bool deflate;       /* offer compression */
	bool heartbeat;     /* offer heartbeats (RFC 6520) */
	bool ticket;        /* offer a ticket (RFC 5077) */
	bool fallback_scsv; /* RFC 7507 */
};

/* tls_hello_build - append the record. With TLS 1.3 the list of key shares is
 * empty, so that the server answers with a HelloRetryRequest, which names
 * suite and group (RFC 8446 4.2.8). ERR_LIMIT: over b's maximum. */
enum err tls_hello_build(
    const struct tls_hello *h, struct buf *b) KURIR_MUST_CHECK;

/* tls_ssl2_hello_build - the SSL 2 form, with every cipher of SSL 2. */
enum err tls_ssl2_hello_build(
    const uint8_t challenge[16], struct buf *b) KURIR_MUST_CHECK;

/* tls_heartbeat_build - a request that claims more than it holds (Heartbleed):
 * an answer gives memory away. */
enum err tls_heartbeat_build(uint16_t version, struct buf *b) KURIR_MUST_CHECK;

#endif
