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

static bool
in_time(X509 *x, uint64_t now_s)
{
	time_t now = (time_t)now_s;
	return X509_cmp_time(X509_get0_notBefore(x), &now) < 0 &&
	       X509_cmp_time(X509_get0_notAfter(x), &now) > 0;
}

/* Is x signed by the one that issuer is? */
static bool
signed_by(X509 *x, X509 *issuer)
{
	return X509_check_issued(issuer, x) == X509_V_OK &&
	       X509_verify(x, X509_get0_pubkey(issuer)) == 1;
}

/* The path from the leaf to the anchor: v[0] .. v[at]. */
static bool
path_holds(X509 *const *v, size_t at, uint64_t now_s, bool *out_time)
{
	*out_time = true;
	for (size_t i = 0; i <= at; i++) {
		if (i < at && !signed_by(v[i], v[i + 1]))
			return false;
		if (!in_time(v[i], now_s))
			*out_time = false;
	}
	return true;
}

/* Usage 2: an anchor among those that were shown, or the record itself (RFC
 * 7671 5.2.3: a server shows it in any case; a whole certificate in DNS does as
 * well). */
static enum cert_tlsa_result
match_anchor(const struct cert_tlsa *t, X509 **v, size_t n, uint64_t now_s)
{
	bool time = true;
	for (size_t i = 0; i < n; i++)
		if (data_matches(t, v[i]) && path_holds(v, i, now_s, &time))
			return time ? CERT_TLSA_MATCH : CERT_TLSA_TIME;
	X509 *anchor =
	    t->selector == 0 && t->matching == 0 ? cert_parse(t->data) : NULL;
	bool found = false;
	for (size_t i = 0; anchor != NULL && !found && i < n; i++)
		found =
		    signed_by(v[i], anchor) && path_holds(v, i, now_s, &time);
	if (found)
		time = time && in_time(anchor, now_s);
	X509_free(anchor);
	if (!found)
		return CERT_TLSA_MISMATCH;
	return time ? CERT_TLSA_MATCH : CERT_TLSA_TIME;
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
