/* flight.h - what a server says first: records and handshake messages up to
 * the end of its first flight, of SSL 3 to TLS 1.3; and the hello of SSL 2.
 *
 * Pure. Octets go in as they come, cut up in any way; the facts do not depend
 * on the cuts. A certificate's octets are counted, not kept, so a flight of
 * any size costs no memory; all else is kept up to TLS_FLIGHT_KEPT. */
#ifndef PROTO_TLS_FLIGHT_H
#define PROTO_TLS_FLIGHT_H

#include "base/err.h"
#include "base/slice.h"

#define TLS_FLIGHT_KEPT 4096u
#define TLS_FLIGHT_MAX  (1u << 20) /* octets of a flight: more is no server */

struct tls_facts {
	bool hello, retry; /* a ServerHello; it is a HelloRetryRequest */
	uint16_t version;  /* agreed, of extension 43 where it stands */
	uint16_t suite;
	uint8_t compression; /* 0: none */
	uint8_t session_id_n;
	bool renegotiation_info, extended_master, ticket, heartbeat;
	uint16_t group;     /* of the key exchange; 0: none seen */
	uint16_t dh_bits;   /* of a DH group in ServerKeyExchange */
	uint16_t signature; /* how TLS 1.2 signed it; 0: not said */
	bool certificate, key_exchange, certificate_request;
	uint32_t certificate_octets;
	bool done; /* ServerHelloDone */
	bool alert;
	uint8_t alert_level, alert_code;
	bool heartbeat_answer; /* a heartbeat came: see tls_heartbeat_build */
	uint32_t heartbeat_octets;
};

struct tls_flight {
	struct tls_facts facts;
	enum err err; /* ERR_SYNTAX, ERR_LIMIT: sticks */
	/* the record and the message being read */
	uint8_t head[5], msg_head[4];
	uint8_t head_n, msg_head_n;
	uint8_t type, msg_type;
	uint32_t record_left, msg_left, msg_n, octets;
	uint8_t msg[TLS_FLIGHT_KEPT];
};

void tls_flight_init(struct tls_flight *f);
/* tls_flight_feed - ERR_OK: all there is to learn has come (the end of the
 * flight, a HelloRetryRequest, an alert); ERR_MORE; ERR_SYNTAX: no TLS;
 * ERR_LIMIT: too much. */
enum err tls_flight_feed(
    struct tls_flight *f, struct slice in) KURIR_MUST_CHECK;
/* tls_flight_rest - the same for what follows a flight (heartbeats, alerts):
 * ERR_OK once one has come. */
enum err tls_flight_rest(
    struct tls_flight *f, struct slice in) KURIR_MUST_CHECK;

/* The hello of SSL 2; cipher_n of them, in the server's order. */
#define TLS_SSL2_CIPHERS 32
struct tls_ssl2_hello {
	uint32_t cipher[TLS_SSL2_CIPHERS];
	size_t cipher_n;
};
/* tls_ssl2_hello_read - ERR_OK, ERR_MORE, ERR_SYNTAX: something else. in is
 * all that came. */
enum err tls_ssl2_hello_read(
    struct slice in, struct tls_ssl2_hello *out) KURIR_MUST_CHECK;

/* tls_alert_name - "handshake_failure"; "?" when there is no such alert. */
const char *tls_alert_name(uint8_t code);

#endif
