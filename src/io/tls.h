/* tls.h - TLS contexts, what a handshake agreed on, and why one failed.
 *
 * Files are never opened here but by tls_client_new with system_trust: keys
 * and certificates come as PEM in memory, because who serves them may open
 * nothing. Contexts are counted: a reload makes a new one and drops its
 * reference to the old, which lives until its last connection is gone. */
#ifndef IO_TLS_H
#define IO_TLS_H

#include "base/err.h"
#include "base/slice.h"

enum tls_version { TLS_ANY, TLS_V1_0, TLS_V1_1, TLS_V1_2, TLS_V1_3 };

/* A secret that all workers of a server share, so that one resumes what
 * another began. The keys in use are derived from it and the listener's kind:
 * a ticket of one kind is worthless to another. */
#define TLS_TICKET_SECRET_LEN 32
struct tls_ticket_secret {
	uint8_t b[TLS_TICKET_SECRET_LEN];
};

struct tls_server_conf {
	struct slice cert_pem; /* leaf first, then its chain */
	struct slice key_pem;
	struct slice kind; /* listener kind: binds sessions and tickets to it;
			      at most 32 octets */
	enum tls_version min_version; /* TLS_ANY: 1.2 */
	enum tls_version max_version; /* TLS_ANY: the newest there is */
	bool legacy;                  /* also ciphers and keys of old devices */
	/* To see what a client puts up with, never for mail: ciphers without
	 * forward secrecy alone; a certificate of the client's, any at all. */
	bool weak, want_cert;
	/* Newest first; tickets of the others are accepted and renewed. With
	 * none, no tickets are given. */
	const struct tls_ticket_secret *tickets;
	size_t ticket_count; /* at most TLS_TICKET_SECRETS */
};
#define TLS_TICKET_SECRETS 3

struct tls_server;

/* tls_server_new - borrows nothing from conf after it returns. ERR_TLS: the
 * pair is unusable, d says why. */
enum err tls_server_new(const struct tls_server_conf *conf,
    struct tls_server **out, struct diag *d) KURIR_MUST_CHECK;
/* tls_server_add_name - another certificate for clients that ask for name
 * (SNI), a host name or "*.domain". Before the first connection. */
enum err tls_server_add_name(struct tls_server *s, struct slice name,
    struct slice cert_pem, struct slice key_pem,
    struct diag *d) KURIR_MUST_CHECK;
/* tls_server_set_tickets - rotation, newest first. */
void tls_server_set_tickets(struct tls_server *s,
    const struct tls_ticket_secret *tickets, size_t count);
struct tls_server *tls_server_ref(struct tls_server *s);
void tls_server_unref(struct tls_server *s); /* NULL is nothing */

struct tls_client_conf {
	bool system_trust;   /* load the system's trust anchors: reads files */
	struct slice ca_pem; /* further trust anchors */
	enum tls_version min_version; /* TLS_ANY: 1.2 */
	/* To see what a peer has, however poor: every cipher with a certificate
	 * that the library knows, weak keys and renegotiation without RFC 5746
	 * too. Never for mail. */
	bool examine;
	uint64_t at_unix_s; /* certificates are judged as of then; 0: now */
};

struct tls_client;

enum err tls_client_new(const struct tls_client_conf *conf,
    struct tls_client **out, struct diag *d) KURIR_MUST_CHECK;
/* tls_client_has_trust - any anchor at all: without, nothing verifies. */
bool tls_client_has_trust(const struct tls_client *c);
struct tls_client *tls_client_ref(struct tls_client *c);
void tls_client_unref(struct tls_client *c); /* NULL is nothing */

enum tls_verify {
	TLS_VERIFY_NONE, /* go on with any certificate; tls_info tells */
	TLS_VERIFY_PEER, /* chain and name must be right */
};

/* One outgoing handshake; borrowed for the call only. */
struct tls_client_opts {
	enum tls_verify verify;
	struct slice sni;          /* empty: none; an address is not sent */
	const struct slice *names; /* any of these; ".example" matches parents
				      of hosts below it; none: sni */
	size_t name_count;
};

/* What a handshake agreed on. */
struct tls_info {
	char version[8]; /* "TLS1_3" */
	char cipher[64]; /* "TLS_AES_256_GCM_SHA384" */
	unsigned bits_used, bits_alg;
	bool resumed;
	bool verified;         /* chain and name were right */
	char verify_cause[32]; /* else the cause code, if there was a peer
				  certificate at all */
	char sni[256];         /* name the client asked for, or "" */
	char peer_name[256];   /* name in the certificate that matched, or its
				  first; escaped */
	bool has_cert;
	uint8_t cert_sha256[32], key_sha256[32]; /* of DER; of the public key */
	bool has_exporter;
	uint8_t exporter[32]; /* tls-exporter channel binding, RFC 9266 */
};

/* tls_pem_check - would this pair serve? Unreadable, no match, expired, not
 * yet valid, key too short: each in one sentence. unix_s is now.
 * tls_pem_not_after - when the first certificate ends, 0 unreadable. */
enum err tls_pem_check(struct slice cert_pem, struct slice key_pem,
    uint64_t unix_s, struct diag *d) KURIR_MUST_CHECK;
uint64_t tls_pem_not_after(struct slice cert_pem);

#endif
