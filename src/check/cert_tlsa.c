/* cert_tlsa.c - TLSA records against a chain. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "check/cert_priv.h"

bool
cert_key_sha256(X509 *x, uint8_t out[32])
{
	uint8_t *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	bool ok = n > 0 && EVP_Digest(der, (size_t)n, out, NULL, EVP_sha256(),
			       NULL) == 1;
	OPENSSL_free(der);
	return ok;
}

bool
cert_tlsa_311(struct slice der, uint8_t out[32])
{
	X509 *x = cert_parse(der);
	bool ok = x != NULL && cert_key_sha256(x, out);
	X509_free(x);
	return ok;
}

bool
cert_tlsa_usable(const struct cert_tlsa *t)
{
	static const size_t length[] = {0, 32, 64};
	/* RFC 7672 3.1.3: usages 0 and 1 do not count for SMTP */
	if ((t->usage != 2 && t->usage != 3) || t->selector > 1 ||
	    t->matching > 2 || t->data.n == 0)
		return false;
	return t->matching == 0 || t->data.n == length[t->matching];
}

static bool
data_matches(const struct cert_tlsa *t, X509 *x)
{
	uint8_t *der = NULL, digest[EVP_MAX_MD_SIZE];
	unsigned digest_n = 0;
	int n = t->selector == 0
		    ? i2d_X509(x, &der)
		    : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	bool match = false;
	if (n > 0 && t->matching == 0)
		match = slice_eq(t->data, slice_of(der, (size_t)n));
	else if (n > 0 &&
		 EVP_Digest(der, (size_t)n, digest, &digest_n,
		     t->matching == 1 ? EVP_sha256() : EVP_sha512(), NULL) == 1)
		match = slice_eq(t->data, slice_of(digest, digest_n));
	OPENSSL_free(der);
	return match;
}

/* What may end a path (RFC 7671 5.2): a shown certificate that the record is
 * of, but never the leaf itself; the record's own certificate; or, where the
 * record is a whole key, the certificate that key has signed. */
static void
add_anchors(
    X509_STORE *store, const struct cert_tlsa *t, X509 *const *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (data_matches(t, v[i]) && X509_cmp(v[i], v[0]) != 0)
			(void)X509_STORE_add_cert(store, v[i]);
	if (t->matching != 0)
		return;
	const uint8_t *p = t->data.p;
	X509 *whole = t->selector == 0 ? cert_parse(t->data) : NULL;
	EVP_PKEY *key =
	    t->selector == 1 ? d2i_PUBKEY(NULL, &p, (long)t->data.n) : NULL;
	if (whole != NULL && X509_cmp(whole, v[0]) != 0)
		(void)X509_STORE_add_cert(store, whole);
	for (size_t i = 0; key != NULL && i < n; i++)
		if (!X509_self_signed(v[i], 0) && X509_verify(v[i], key) == 1)
			(void)X509_STORE_add_cert(store, v[i]);
	X509_free(whole);
	EVP_PKEY_free(key);
}

/* A path is judged as any other: who signed, who may sign, for what, when.
 * now_s 0: whenever. */
static bool
path_holds(
    X509_STORE *store, X509 *leaf, STACK_OF(X509) * shown, uint64_t now_s)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	bool ok = ctx != NULL &&
		  X509_STORE_CTX_init(ctx, store, leaf, shown) == 1 &&
		  X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER) == 1;
	if (ok) {
		X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
		if (now_s != 0)
			X509_STORE_CTX_set_time(ctx, 0, (time_t)now_s);
		else
			X509_STORE_CTX_set_flags(
			    ctx, X509_V_FLAG_NO_CHECK_TIME);
		ok = X509_verify_cert(ctx) == 1;
	}
	X509_STORE_CTX_free(ctx);
	return ok;
}

static enum cert_tlsa_result
match_anchor(const struct cert_tlsa *t, X509 **v, size_t n, uint64_t now_s)
{
	enum cert_tlsa_result r = CERT_TLSA_MISMATCH;
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *shown = sk_X509_new_null();
	bool ready = store != NULL && shown != NULL;
	for (size_t i = 0; ready && i < n; i++)
		ready = sk_X509_push(shown, v[i]) > 0;
	if (ready) {
		add_anchors(store, t, v, n);
		if (path_holds(store, v[0], shown, now_s))
			r = CERT_TLSA_MATCH;
		else if (path_holds(store, v[0], shown, 0))
			r = CERT_TLSA_TIME;
	}
	sk_X509_free(shown);
	X509_STORE_free(store);
	return r;
}

enum cert_tlsa_result
cert_tlsa_match(const struct cert_tlsa *t, const struct slice *der, size_t n,
    const struct slice *names, size_t name_n, uint64_t now_s)
{
	X509 *v[CERT_CHAIN_MAX];
	size_t have = 0;
	if (!cert_tlsa_usable(t))
		return CERT_TLSA_UNUSABLE;
	while (have < n && have < CERT_CHAIN_MAX &&
	       (v[have] = cert_parse(der[have])) != NULL)
		have++;
	enum cert_tlsa_result r = CERT_TLSA_MISMATCH;
	if (have > 0 && t->usage == 3 && data_matches(t, v[0]))
		r = CERT_TLSA_MATCH;
	else if (have > 0 && t->usage == 2)
		r = match_anchor(t, v, have, now_s);
	if (r == CERT_TLSA_MATCH && t->usage == 2) {
		bool named = false;
		for (size_t i = 0; i < name_n; i++)
			named |= cert_names_host(v[0], names[i]);
		if (!named)
			r = CERT_TLSA_NAME;
	}
	while (have > 0)
		X509_free(v[--have]);
	ERR_clear_error();
	return r;
}
