/* cert_staple.c - the OCSP answer that a server shows with its certificate
 * (RFC 6066 8, RFC 6960): whose is it, who signed it, what does it say. */
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "check/cert_priv.h"

#define CLOCKS_DIFFER_S 300
/* Without a next update an answer is believed as long as the public
 * authorities may let theirs hold. */
#define STAPLE_AGE_S (10 * 86400u)

/* ---- the certificate ---- */

/* TLS feature 5, status_request (RFC 7633). */
static bool
must_staple(X509 *x)
{
	TLS_FEATURE *v = X509_get_ext_d2i(x, NID_tlsfeature, NULL, NULL);
	bool must = false;
	for (int i = 0; v != NULL && i < sk_ASN1_INTEGER_num(v); i++)
		must |= ASN1_INTEGER_get(sk_ASN1_INTEGER_value(v, i)) == 5;
	TLS_FEATURE_free(v);
	return must;
}

static bool
issued_by(X509 *x, X509 *issuer)
{
	return X509_check_issued(issuer, x) == X509_V_OK &&
	       X509_verify(x, X509_get0_pubkey(issuer)) == 1;
}

/* Of those shown, else of the anchors. The caller frees. */
static X509 *
issuer_of(const struct cert_trust *t, X509 *x, STACK_OF(X509) * shown)
{
	X509 *issuer = NULL;
	for (int i = 0; i < sk_X509_num(shown); i++)
		if (issued_by(x, sk_X509_value(shown, i)))
			return X509_dup(sk_X509_value(shown, i));
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	if (ctx == NULL ||
	    X509_STORE_CTX_init(ctx, cert_trust_store(t), x, shown) != 1 ||
	    X509_STORE_CTX_get1_issuer(&issuer, ctx, x) != 1 ||
	    !issued_by(x, issuer)) {
		X509_free(issuer);
		issuer = NULL;
	}
	X509_STORE_CTX_free(ctx);
	return issuer;
}

/* ---- the answer ---- */

/* Signed by the issuer itself, or by whom it lets sign (RFC 6960 4.2.2.2):
 * nobody else is an anchor here. */
static bool
signed_for(OCSP_BASICRESP *b, X509 *issuer, uint64_t now_s)
{
	bool ok = false;
	X509_STORE *store = X509_STORE_new();
	/* an issuer that signs itself need not be in the answer */
	STACK_OF(X509) *known = sk_X509_new_null();
	if (store != NULL && X509_STORE_add_cert(store, issuer) == 1 &&
	    known != NULL && sk_X509_push(known, issuer) > 0) {
		X509_VERIFY_PARAM_set_time(
		    X509_STORE_get0_param(store), (time_t)now_s);
		ok = OCSP_basic_verify(b, known, store,
			 OCSP_NOEXPLICIT | OCSP_PARTIAL_CHAIN) == 1;
	}
	sk_X509_free(known);
	X509_STORE_free(store);
	return ok;
}

/* The part about that certificate; the hash of its name is the writer's
 * choice. */
static OCSP_SINGLERESP *
part_of(OCSP_BASICRESP *b, X509 *x, X509 *issuer)
{
	OCSP_SINGLERESP *found = NULL;
	for (int i = 0; found == NULL && i < OCSP_resp_count(b); i++) {
		OCSP_SINGLERESP *one = OCSP_resp_get0(b, i);
		OCSP_CERTID *id = OCSP_CERTID_dup(OCSP_SINGLERESP_get0_id(one));
		ASN1_OBJECT *hash = NULL;
		const EVP_MD *md = NULL;
		if (id != NULL &&
		    OCSP_id_get0_info(NULL, &hash, NULL, NULL, id) == 1)
			md = EVP_get_digestbyobj(hash);
		OCSP_CERTID *want =
		    md != NULL ? OCSP_cert_to_id(md, x, issuer) : NULL;
		if (want != NULL && OCSP_id_cmp(want, id) == 0)
			found = one;
		OCSP_CERTID_free(want);
		OCSP_CERTID_free(id);
	}
	return found;
}

static uint64_t
time_s(const ASN1_GENERALIZEDTIME *t)
{
	struct tm tm;
	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return 0;
	time_t s = timegm(&tm);
	return s > 0 ? (uint64_t)s : 0;
}

static enum cert_staple_state
read_part(OCSP_SINGLERESP *one, uint64_t now_s, struct cert_staple *out)
{
	ASN1_GENERALIZEDTIME *revoked = NULL, *from = NULL, *to = NULL;
	int reason;
	int is = OCSP_single_get0_status(one, &reason, &revoked, &from, &to);
	uint64_t until;
	out->this_s = time_s(from);
	out->next_s = time_s(to);
	out->revoked_s = time_s(revoked);
	until = out->next_s > 0 ? out->next_s : out->this_s + STAPLE_AGE_S;
	bool early = out->this_s > now_s + CLOCKS_DIFFER_S;
	/* what was revoked stays so */
	if (is == V_OCSP_CERTSTATUS_REVOKED && !early)
		return CERT_STAPLE_REVOKED;
	if (early || until < now_s || out->this_s == 0)
		return CERT_STAPLE_STALE;
	return is == V_OCSP_CERTSTATUS_GOOD ? CERT_STAPLE_GOOD
					    : CERT_STAPLE_UNKNOWN;
}

static enum cert_staple_state
judge(const struct cert_trust *t, X509 *x, STACK_OF(X509) * shown,
    OCSP_BASICRESP *b, uint64_t now_s, struct cert_staple *out)
{
	enum cert_staple_state is = CERT_STAPLE_NO_ISSUER;
	X509 *issuer = issuer_of(t, x, shown);
	if (issuer != NULL) {
		OCSP_SINGLERESP *one = part_of(b, x, issuer);
		if (one == NULL)
			is = CERT_STAPLE_OTHER;
		else if (!signed_for(b, issuer, now_s))
			is = CERT_STAPLE_FORGED;
		else
			is = read_part(one, now_s, out);
	}
	X509_free(issuer);
	return is;
}

static enum cert_staple_state
read_answer(const struct cert_trust *t, X509 *x, STACK_OF(X509) * shown,
    struct slice der, uint64_t now_s, struct cert_staple *out)
{
	const uint8_t *p = der.p;
	enum cert_staple_state is = CERT_STAPLE_UNREADABLE;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)der.n);
	if (r != NULL && p == der.p + der.n) {
		OCSP_BASICRESP *b = NULL;
		if (OCSP_response_status(r) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
			is = CERT_STAPLE_REFUSED;
		else if ((b = OCSP_response_get1_basic(r)) != NULL)
			is = judge(t, x, shown, b, now_s, out);
		OCSP_BASICRESP_free(b);
	}
	OCSP_RESPONSE_free(r);
	return is;
}

void
cert_staple_read(const struct cert_trust *t, const struct slice *der, size_t n,
    struct slice staple, uint64_t now_s, struct cert_staple *out)
{
	*out = (struct cert_staple){.state = CERT_STAPLE_UNASKED};
	STACK_OF(X509) *shown = sk_X509_new_null();
	X509 *leaf = n > 0 ? cert_parse(der[0]) : NULL;
	for (size_t i = 1; shown != NULL && i < n && i < CERT_CHAIN_MAX; i++) {
		X509 *x = cert_parse(der[i]);
		if (x != NULL && sk_X509_push(shown, x) <= 0)
			X509_free(x);
	}
	if (leaf != NULL && shown != NULL) {
		out->must = must_staple(leaf);
		out->state =
		    staple.n == 0 ? CERT_STAPLE_NONE
		    : staple.n > INT32_MAX
			? CERT_STAPLE_UNREADABLE
			: read_answer(t, leaf, shown, staple, now_s, out);
	}
	X509_free(leaf);
	sk_X509_pop_free(shown, X509_free);
	ERR_clear_error();
}

const char *
cert_staple_name(enum cert_staple_state s)
{
	static const char *const names[] = {
	    [CERT_STAPLE_UNASKED] = "not-asked",
	    [CERT_STAPLE_NONE] = "not-stapled",
	    [CERT_STAPLE_GOOD] = "good",
	    [CERT_STAPLE_REVOKED] = "revoked",
	    [CERT_STAPLE_UNKNOWN] = "unknown",
	    [CERT_STAPLE_STALE] = "stale",
	    [CERT_STAPLE_OTHER] = "other-certificate",
	    [CERT_STAPLE_FORGED] = "wrong-signer",
	    [CERT_STAPLE_NO_ISSUER] = "issuer-missing",
	    [CERT_STAPLE_REFUSED] = "responder-failed",
	    [CERT_STAPLE_UNREADABLE] = "unreadable",
	};
	return s <= CERT_STAPLE_UNREADABLE ? names[s] : "not-asked";
}
