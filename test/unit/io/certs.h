/* certs.h - certificates made on the spot, for tests. */
#ifndef TEST_CERTS_H
#define TEST_CERTS_H

#include "base/buf.h"

enum cert_key { CERT_P256, CERT_RSA2048, CERT_RSA1024 };

struct cert_spec {
	const char *name;     /* DNS name; NULL: a certification authority */
	long from_s, until_s; /* relative to now; 0, 0: an hour around it */
	enum cert_key key;
	const struct cert *issuer; /* NULL: self-signed */
};

struct cert {
	struct buf cert_pem, key_pem;
	void *x509, *pkey;
};

/* cert_make - fails the test when OpenSSL does. */
void cert_make(struct cert *c, const struct cert_spec *spec);
void cert_free(struct cert *c);

#endif
