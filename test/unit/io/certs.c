#include "certs.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static void
must(int ok)
{
	if (!ok)
		abort();
}

static EVP_PKEY *
make_key(enum cert_key kind)
{
	switch (kind) {
	case CERT_RSA2048:
		return EVP_RSA_gen(2048);
	case CERT_RSA1024:
		return EVP_RSA_gen(1024);
	case CERT_P256:
	default:
		return EVP_EC_gen("P-256");
	}
}

static void
add_ext(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	must(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static void
take(BIO *bio, struct buf *out)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);
	buf_init(out, 65536);
	buf_add(out, slice_of(p, (size_t)n));
	BIO_free(bio);
}

void
cert_make(struct cert *c, const struct cert_spec *spec)
{
	char san[300];
	bool ca = spec->name == NULL;
	const char *name = ca ? "Test authority" : spec->name;
	X509 *x = X509_new();
	EVP_PKEY *key = make_key(spec->key);
	must(x != NULL && key != NULL);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1 + rand());
	bool dated = spec->from_s != 0 || spec->until_s != 0;
	X509_gmtime_adj(X509_getm_notBefore(x), dated ? spec->from_s : -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), dated ? spec->until_s : 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0);
	X509 *issuer = spec->issuer != NULL ? spec->issuer->x509 : x;
	EVP_PKEY *signer = spec->issuer != NULL ? spec->issuer->pkey : key;
	X509_set_issuer_name(x, X509_get_subject_name(issuer));
	add_ext(x, NID_basic_constraints, ca ? "critical,CA:TRUE" : "CA:FALSE");
	if (!ca) {
		snprintf(san, sizeof(san), "DNS:%s", name);
		add_ext(x, NID_subject_alt_name, san);
	}
	must(X509_sign(x, signer, EVP_sha256()) > 0);
	BIO *bio = BIO_new(BIO_s_mem());
	must(PEM_write_bio_X509(bio, x) == 1);
	take(bio, &c->cert_pem);
	bio = BIO_new(BIO_s_mem());
	must(
	    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	take(bio, &c->key_pem);
	c->x509 = x;
	c->pkey = key;
}

void
cert_free(struct cert *c)
{
	X509_free(c->x509);
	EVP_PKEY_free(c->pkey);
	buf_free(&c->cert_pem);
	buf_free(&c->key_pem);
}
