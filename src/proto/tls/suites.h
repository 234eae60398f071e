/* suites.h - cipher suites of SSL 2 to TLS 1.3: numbers, names, and what they
 * are worth.
 *
 * Pure. The worth is read off the name, which says it all: key exchange,
 * authentication, encryption. */
#ifndef PROTO_TLS_SUITES_H
#define PROTO_TLS_SUITES_H

#include "base/slice.h"

/* Protocol versions as they stand on the wire. */
enum {
	TLS_WIRE_SSL2 = 0x0002,
	TLS_WIRE_SSL3 = 0x0300,
	TLS_WIRE_TLS10 = 0x0301,
	TLS_WIRE_TLS11 = 0x0302,
	TLS_WIRE_TLS12 = 0x0303,
	TLS_WIRE_TLS13 = 0x0304
};

enum tls_kx {
	TLS_KX_ANY, /* TLS 1.3: ephemeral, by group */
	TLS_KX_RSA,
	TLS_KX_DHE,
	TLS_KX_ECDHE,
	TLS_KX_OTHER /* static DH and ECDH, PSK, SRP, Kerberos, GOST */
};

struct tls_suite {
	uint32_t id;         /* three octets with SSL 2 */
	const char *name;    /* "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" */
	const char *openssl; /* "ECDHE-RSA-AES128-GCM-SHA256", or "" */
};

struct tls_suite_facts {
	enum tls_kx kx;
	unsigned bits;        /* of the cipher; 3DES 112 */
	bool tls13, tls12_up; /* only from there on */
	bool aead, forward_secrecy, cbc, export_grade, null, anonymous, rc4,
	    block64;
	bool psk; /* a signed-for or shared secret in ServerKeyExchange first */
	bool rare; /* hardly found at a mail server: offered last */
};

/* tls_suites - all of TLS 1.3 and below, by number. tls_ssl2_suites - those of
 * SSL 2. */
const struct tls_suite *tls_suites(size_t *out_n);
const struct tls_suite *tls_ssl2_suites(size_t *out_n);
/* tls_suite_find - NULL: not in the table. */
const struct tls_suite *tls_suite_find(uint16_t id);
const struct tls_suite *tls_ssl2_suite_find(uint32_t id);
void tls_suite_judge(const struct tls_suite *s, struct tls_suite_facts *out);

/* Named groups (RFC 8446 4.2.7 and before). */
struct tls_group {
	uint16_t id;
	uint16_t bits;
	const char *name; /* "secp256r1" */
};
const struct tls_group *tls_groups(size_t *out_n);
const struct tls_group *tls_group_find(uint16_t id); /* NULL: unknown */

/* tls_wire_name - "SSLv2", "SSLv3", "TLSv1.0" ... "TLSv1.3"; "?" else. */
const char *tls_wire_name(uint16_t version);

#endif
