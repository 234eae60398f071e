/* Certificates and keys out of PEM text in memory. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "io/tls_internal.h"

/* More than any honest chain has. */
#define TLS_CHAIN_MAX 16

void
tls_copy_printable(char *out, size_t max, const char *p, size_t n)
{
	size_t i = 0;
	for (; i < n && i + 1 < max; i++)
		out[i] = p[i] > 0x20 && p[i] < 0x7f ? p[i] : '?';
	out[i] = '\0';
}

void
tls_cert_name(X509 *cert, char *out, size_t max)
{
	out[0] = '\0';
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; out[0] == '\0' && i < sk_GENERAL_NAME_num(names); i++) {
		int type;
		const ASN1_STRING *s = GENERAL_NAME_get0_value(
		    sk_GENERAL_NAME_value(names, i), &type);
		if (type == GEN_DNS)
			tls_copy_printable(out, max,
			    (const char *)ASN1_STRING_get0_data(s),
			    (size_t)ASN1_STRING_length(s));
	}
	GENERAL_NAMES_free(names);
	if (out[0] != '\0')
		return;
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (at < 0)
		return;
	const ASN1_STRING *cn =
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
	tls_copy_printable(out, max, (const char *)ASN1_STRING_get0_data(cn),
	    (size_t)ASN1_STRING_length(cn));
}

/* Without this OpenSSL would ask for a passphrase on the terminal. */
static int
no_passphrase(char *p, int size, int writing, void *arg)
{
	(void)p;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static BIO *
pem_bio(struct slice pem)
{
	if (pem.n > INT32_MAX)
		return NULL;
	return BIO_new_mem_buf(
	    pem.n > 0 ? (const void *)pem.p : "", (int)pem.n);
}

static X509 *
pem_next_cert(BIO *bio)
{
	return PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
}

static X509 *
pem_first_cert(struct slice pem)
{
	BIO *bio = pem_bio(pem);
	X509 *cert = bio != NULL ? pem_next_cert(bio) : NULL;
	BIO_free(bio);
	ERR_clear_error();
	return cert;
}

static EVP_PKEY *
pem_key(struct slice pem)
{
	BIO *bio = pem_bio(pem);
	EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(
					  bio, NULL, no_passphrase, NULL)
				    : NULL;
	BIO_free(bio);
	ERR_clear_error();
	return key;
}

static enum err
cert_unreadable(struct diag *d)
{
	return diag_set(d, ERR_TLS, NULL,
	    "the certificate file holds no readable PEM certificate");
}

static enum err
key_unreadable(struct slice pem, struct diag *d)
{
	static const char word[] = "ENCRYPTED";
	bool locked = memmem(pem.p, pem.n, word, sizeof(word) - 1) != NULL;
	return diag_set(d, ERR_TLS, NULL,
	    locked ? "the key file is protected by a passphrase, which a "
		     "server cannot ask for"
		   : "the key file holds no readable PEM private key");
}

static enum err
key_mismatch(X509 *cert, struct diag *d)
{
	char name[96];
	tls_cert_name(cert, name, sizeof(name));
	ERR_clear_error();
	return diag_set(d, ERR_TLS, NULL,
	    "the key does not belong to the certificate of %s",
	    name[0] != '\0' ? name : "(no name)");
}

/* Certificates after the first. */
static enum err
use_chain(SSL_CTX *ctx, BIO *bio, struct diag *d)
{
	X509 *cert;
	for (int i = 0; (cert = pem_next_cert(bio)) != NULL; i++) {
		if (i >= TLS_CHAIN_MAX ||
		    SSL_CTX_add0_chain_cert(ctx, cert) != 1) {
			X509_free(cert);
			return diag_set(d, ERR_LIMIT, NULL,
			    "the certificate chain is longer than %d",
			    TLS_CHAIN_MAX);
		}
	}
	/* "No start line" after the last is how the end looks; anything else
	 * is a certificate that cannot be read. */
	unsigned long last = ERR_peek_last_error();
	ERR_clear_error();
	if (ERR_GET_LIB(last) == ERR_LIB_PEM &&
	    ERR_GET_REASON(last) == PEM_R_NO_START_LINE)
		return ERR_OK;
	return diag_set(
	    d, ERR_TLS, NULL, "a certificate of the chain cannot be read");
}

enum err
tls_pem_use(
    SSL_CTX *ctx, struct slice cert_pem, struct slice key_pem, struct diag *d)
{
	enum err e = ERR_OK;
	BIO *bio = pem_bio(cert_pem);
	X509 *cert = bio != NULL ? pem_next_cert(bio) : NULL;
	EVP_PKEY *key = pem_key(key_pem);
	if (cert == NULL)
		e = cert_unreadable(d);
	else if (key == NULL)
		e = key_unreadable(key_pem, d);
	else if (X509_check_private_key(cert, key) != 1)
		e = key_mismatch(cert, d);
	else if (SSL_CTX_use_certificate(ctx, cert) != 1 ||
		 SSL_CTX_use_PrivateKey(ctx, key) != 1)
		e = diag_set(d, ERR_TLS, NULL,
		    "the certificate or its key is too weak to serve: %s",
		    ERR_reason_error_string(ERR_peek_last_error()));
	else
		e = use_chain(ctx, bio, d);
	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(bio);
	ERR_clear_error();
	return e;
}

enum err
tls_pem_trust(
    X509_STORE *store, struct slice pem, size_t *out_count, struct diag *d)
{
	size_t count = 0;
	X509 *cert;
	BIO *bio = pem_bio(pem);
	while (bio != NULL && (cert = pem_next_cert(bio)) != NULL) {
		count += X509_STORE_add_cert(store, cert) == 1;
		X509_free(cert);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (count == 0)
		return diag_set(d, ERR_TLS, NULL,
		    "the trust file holds no readable PEM certificate");
	*out_count = count;
	return ERR_OK;
}

/* --- would it serve? --------------------------------------------------- */

static uint64_t
asn1_unix(const ASN1_TIME *t)
{
	struct tm tm;
	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return 0;
	time_t s = timegm(&tm);
	return s > 0 ? (uint64_t)s : 0;
}

static void
date_text(uint64_t unix_s, char out[24])
{
	time_t t = (time_t)unix_s;
	struct tm tm;
	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, 24, "%Y-%m-%d", &tm) == 0)
		out[0] = '\0';
}

static enum err
check_dates(X509 *cert, uint64_t unix_s, struct diag *d)
{
	char name[96], date[24];
	tls_cert_name(cert, name, sizeof(name));
	uint64_t from = asn1_unix(X509_get0_notBefore(cert));
	uint64_t until = asn1_unix(X509_get0_notAfter(cert));
	date_text(from, date);
	if (unix_s < from)
		return diag_set(d, ERR_TLS, "tls.cert-not-yet-valid",
		    "the certificate of %s is valid only from %s on", name,
		    date);
	date_text(until, date);
	if (unix_s > until)
		return diag_set(d, ERR_TLS, "tls.cert-expired",
		    "the certificate of %s expired on %s", name, date);
	return ERR_OK;
}

enum err
tls_pem_check(struct slice cert_pem, struct slice key_pem, uint64_t unix_s,
    struct diag *d)
{
	/* 112 bits: RSA of 2048, curves of 224. */
	enum { MIN_SECURITY_BITS = 112 };
	enum err e = ERR_OK;
	X509 *cert = pem_first_cert(cert_pem);
	EVP_PKEY *key = pem_key(key_pem);
	if (cert == NULL)
		e = cert_unreadable(d);
	else if (key == NULL)
		e = key_unreadable(key_pem, d);
	else if (X509_check_private_key(cert, key) != 1)
		e = key_mismatch(cert, d);
	else if (EVP_PKEY_get_security_bits(key) < MIN_SECURITY_BITS)
		e = diag_set(d, ERR_TLS, NULL,
		    "the key of %d bits is too short", EVP_PKEY_get_bits(key));
	else
		e = check_dates(cert, unix_s, d);
	X509_free(cert);
	EVP_PKEY_free(key);
	return e;
}

uint64_t
tls_pem_not_after(struct slice cert_pem)
{
	X509 *cert = pem_first_cert(cert_pem);
	uint64_t until = cert != NULL ? asn1_unix(X509_get0_notAfter(cert)) : 0;
	X509_free(cert);
	return until;
}
