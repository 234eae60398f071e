/* client_cert.c - a certificate for the occasion: nobody vouches for it. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "check/client_priv.h"

#define KEY_BITS 2048
#define PEM_MAX  16384u

static bool
name_it(X509 *x, struct slice name)
{
	char san[300];
	X509_NAME *n = X509_get_subject_name(x);
	if (name.n == 0 || name.n > 64)
		name = SLICE("localhost");
	(void)snprintf(san, sizeof(san), "DNS:%.*s", SLICE_ARG(name));
	X509_EXTENSION *e =
	    X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
	bool ok = e != NULL && X509_add_ext(x, e, -1) == 1 &&
		  X509_NAME_add_entry_by_txt(
		      n, "CN", MBSTRING_ASC, name.p, (int)name.n, -1, 0) == 1 &&
		  X509_set_issuer_name(x, n) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

static bool
fill(X509 *x, EVP_PKEY *key, struct slice name, int64_t from_s, int64_t until_s)
{
	uint32_t serial;
	return RAND_bytes((uint8_t *)&serial, sizeof(serial)) == 1 &&
	       X509_set_version(x, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set_uint64(
		   X509_get_serialNumber(x), (uint64_t)serial + 1) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(x), (long)from_s) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(x), (long)until_s) != NULL &&
	       X509_set_pubkey(x, key) == 1 && name_it(x, name) &&
	       X509_sign(x, key, EVP_sha256()) > 0;
}

/* What a memory BIO holds. */
static void
take(BIO *bio, struct buf *out)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);
	if (n > 0)
		buf_add(out, slice_of(p, (size_t)n));
}

static bool
write_pem(X509 *x, EVP_PKEY *key, struct client_cert *out)
{
	BIO *cert = BIO_new(BIO_s_mem()), *secret = BIO_new(BIO_s_mem());
	bool ok = cert != NULL && secret != NULL &&
		  PEM_write_bio_X509(cert, x) == 1 &&
		  PEM_write_bio_PrivateKey(
		      secret, key, NULL, NULL, 0, NULL, NULL) == 1;
	if (ok) {
		take(cert, &out->cert_pem);
		take(secret, &out->key_pem);
	}
	BIO_free(cert);
	BIO_free(secret);
	return ok && buf_err(&out->cert_pem) == ERR_OK &&
	       buf_err(&out->key_pem) == ERR_OK;
}

enum err
client_cert_make(
    struct slice name, int64_t from_s, int64_t until_s, struct client_cert *out)
{
	buf_init(&out->cert_pem, PEM_MAX);
	buf_init(&out->key_pem, PEM_MAX);
	EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
	X509 *x = X509_new();
	bool ok = key != NULL && x != NULL &&
		  fill(x, key, name, from_s, until_s) && write_pem(x, key, out);
	X509_free(x);
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (!ok)
		client_cert_free(out);
	return ok ? ERR_OK : ERR_TLS;
}

void
client_cert_free(struct client_cert *c)
{
	buf_free(&c->cert_pem);
	buf_free(&c->key_pem);
}
