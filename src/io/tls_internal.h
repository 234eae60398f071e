/* tls_internal.h - what the TLS files of io/ share. */
#ifndef IO_TLS_INTERNAL_H
#define IO_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "base/buf.h"
#include "io/tls.h"

#define TLS_KIND_MAX 32

struct tls_ticket_keys {
	uint8_t name[16];
	uint8_t cipher[32];
	uint8_t mac[32];
};

struct tls_name {
	char host[256]; /* lower case */
	SSL_CTX *ctx;
};

struct tls_server {
	unsigned refs;
	SSL_CTX *ctx;
	BIO_METHOD *bio;
	enum tls_version min_version, max_version;
	bool legacy, weak, want_cert;
	uint8_t kind[TLS_KIND_MAX];
	size_t kind_len;
	struct tls_ticket_keys tickets[TLS_TICKET_SECRETS];
	size_t ticket_count;
	struct tls_name *names;
	size_t name_count;
};

struct tls_client {
	unsigned refs;
	SSL_CTX *ctx;
	BIO_METHOD *bio;
	bool has_trust;
};

/* What a client hello offered, kept for the sentence about a failure. */
#define TLS_OFFER_CIPHERS 8
struct tls_offer {
	bool seen;
	unsigned versions; /* bit TLS_V1_x */
	size_t cipher_count;
	uint8_t ciphers[TLS_OFFER_CIPHERS][2];
};

struct tls_stream {
	SSL *ssl;
	struct tls_server *server; /* one of the two */
	struct tls_client *client;
	struct slice in;  /* borrowed: what the peer sent */
	struct buf *wire; /* where to write to */
	uint64_t fed;     /* octets of the peer so far */
	uint8_t first;    /* the first of them */
	bool cert_asked;  /* the server wants a certificate of ours */
	bool names_given; /* the certificate's name was checked */
	bool broken;      /* no further SSL call but free */
	struct tls_offer offer;
};

struct tls_stream *tls_stream_of(const SSL *ssl);
/* tls_stream_bio_method - NULL: no memory. */
BIO_METHOD *tls_stream_bio_method(void);
/* tls_stream_hello - the client hello callback of a server context. */
int tls_stream_hello(SSL *ssl, int *alert, void *arg);

/* tls_fail - turn the error queue into a cause and a sentence: ERR_TLS. */
enum err tls_fail(const struct tls_stream *s, struct diag *d);
/* tls_verify_cause - cause code of a verify result, NULL for none; text may
 * be NULL. */
const char *tls_verify_cause(long result, const char **out_text);

/* tls_version_name - "TLS1_3"; "" unknown. By wire number. */
const char *tls_version_name(int wire);
int tls_version_wire(enum tls_version v);

/* tls_pem_use - certificate, chain and key into ctx. */
enum err tls_pem_use(SSL_CTX *ctx, struct slice cert_pem, struct slice key_pem,
    struct diag *d) KURIR_MUST_CHECK;
/* tls_pem_trust - every certificate of pem as an anchor; *out_count of them.
 */
enum err tls_pem_trust(X509_STORE *store, struct slice pem, size_t *out_count,
    struct diag *d) KURIR_MUST_CHECK;
/* tls_cert_name - its first DNS name, else its common name, else "";
 * printable ASCII, cut at max. */
void tls_cert_name(X509 *cert, char *out, size_t max);
/* tls_copy_printable - n octets as a string, others than printable as '?'. */
void tls_copy_printable(char *out, size_t max, const char *p, size_t n);

#endif
