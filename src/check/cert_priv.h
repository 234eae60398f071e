/* cert_priv.h - what the files of certificates share. */
#ifndef CHECK_CERT_PRIV_H
#define CHECK_CERT_PRIV_H

#include <openssl/x509.h>

#include "base/ip.h"
#include "check/cert.h"

/* cert_parse - NULL: unreadable. The caller frees. */
X509 *cert_parse(struct slice der);
X509_STORE *cert_trust_store(const struct cert_trust *t);
bool cert_names_host(X509 *x, struct slice host);
/* cert_names_host_by_cn - by its common name alone, for want of any other. */
bool cert_names_host_by_cn(X509 *x, struct slice host);
bool cert_key_sha256(X509 *x, uint8_t out[32]);

#endif
