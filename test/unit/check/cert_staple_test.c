#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "check/cert.h"

#define NOW  1800000000ll
#define HOUR 3600ll
#define DAY  86400ll

/* A certificate made for the test. */
struct made {
	EVP_PKEY *key;
	X509 *x;
	uint8_t der[2048];
	size_t n;
};

enum { CA, OTHER_CA, LEAF, SISTER, DELEGATE, STRANGER, DEMANDING, MADE };

struct world {
	struct made m[MADE];
	struct cert_trust *trust;
};

static void
make(struct made *m, long serial, const char *name, const struct made *by,
    int nid, const char *value)
{
	m->key = EVP_EC_gen("P-256");
	m->x = X509_new();
	X509_set_version(m->x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(m->x), serial);
	ASN1_TIME_set(X509_getm_notBefore(m->x), (time_t)(NOW - 9 * DAY));
	ASN1_TIME_set(X509_getm_notAfter(m->x), (time_t)(NOW + 90 * DAY));
	X509_NAME_add_entry_by_txt(X509_get_subject_name(m->x), "CN",
	    MBSTRING_UTF8, (const uint8_t *)name, -1, -1, 0);
	X509_set_issuer_name(
	    m->x, X509_get_subject_name(by != NULL ? by->x : m->x));
	X509_set_pubkey(m->x, m->key);
	if (nid != NID_undef) {
		X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
		assert_non_null(e);
		assert_int_equal(X509_add_ext(m->x, e, -1), 1);
		X509_EXTENSION_free(e);
	}
	assert_true(
	    X509_sign(m->x, by != NULL ? by->key : m->key, EVP_sha256()) > 0);
	uint8_t *p = m->der;
	int n = i2d_X509(m->x, &p);
	assert_true(n > 0 && (size_t)n < sizeof(m->der));
	m->n = (size_t)n;
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct made *m = w->m;
	char *pem;
	make(&m[CA], 1, "CA", NULL, NID_basic_constraints, "critical,CA:TRUE");
	make(&m[OTHER_CA], 2, "CA", NULL, NID_basic_constraints,
	    "critical,CA:TRUE");
	make(&m[LEAF], 3, "mx.contoh.id", &m[CA], NID_undef, NULL);
	make(&m[SISTER], 4, "mx2.contoh.id", &m[CA], NID_undef, NULL);
	make(&m[DELEGATE], 5, "ocsp", &m[CA], NID_ext_key_usage, "OCSPSigning");
	make(&m[STRANGER], 6, "ocsp", &m[OTHER_CA], NID_ext_key_usage,
	    "OCSPSigning");
	make(&m[DEMANDING], 7, "mx3.contoh.id", &m[CA], NID_tlsfeature,
	    "status_request");
	BIO *out = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_X509(out, m[STRANGER].x), 1);
	long n = BIO_get_mem_data(out, &pem);
	assert_int_equal(
	    cert_trust_new(slice_of(pem, (size_t)n), &w->trust, NULL), ERR_OK);
	BIO_free(out);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < MADE; i++) {
		EVP_PKEY_free(w->m[i].key);
		X509_free(w->m[i].x);
	}
	cert_trust_free(w->trust);
	free(w);
	return 0;
}

/* ---- answers ---- */

struct answer {
	int about, by, status;
	int64_t from, until; /* 0: no end is said */
	bool sha256;         /* names the certificate so */
	bool bare;           /* without the certificate of who signed */
};

static ASN1_TIME *
at(int64_t s)
{
	return s == 0 ? NULL : ASN1_TIME_set(NULL, (time_t)(NOW + s));
}

/* Its DER; the caller frees. */
static struct slice
answer(const struct world *w, const struct answer *a)
{
	OCSP_BASICRESP *b = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(a->sha256 ? EVP_sha256() : EVP_sha1(),
	    w->m[a->about].x, w->m[CA].x);
	ASN1_TIME *from = at(a->from), *until = at(a->until);
	ASN1_TIME *when =
	    a->status == V_OCSP_CERTSTATUS_REVOKED ? at(-DAY) : NULL;
	uint8_t *der = NULL;
	assert_non_null(
	    OCSP_basic_add1_status(b, id, a->status, 0, when, from, until));
	assert_int_equal(OCSP_basic_sign(b, w->m[a->by].x, w->m[a->by].key,
			     EVP_sha256(), NULL, a->bare ? OCSP_NOCERTS : 0),
	    1);
	OCSP_RESPONSE *r =
	    OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, b);
	int n = i2d_OCSP_RESPONSE(r, &der);
	assert_true(n > 0);
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(b);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	ASN1_TIME_free(when);
	return slice_of(der, (size_t)n);
}

static struct cert_staple
read_it(const struct world *w, int leaf, bool with_issuer, struct slice staple)
{
	struct cert_staple s;
	const struct slice der[] = {slice_of(w->m[leaf].der, w->m[leaf].n),
	    slice_of(w->m[OTHER_CA].der, w->m[OTHER_CA].n),
	    slice_of(w->m[CA].der, w->m[CA].n)};
	cert_staple_read(w->trust, der, with_issuer ? 3 : 2, staple, NOW, &s);
	return s;
}

enum {
	FINE = V_OCSP_CERTSTATUS_GOOD,
	GONE = V_OCSP_CERTSTATUS_REVOKED,
	WHO = V_OCSP_CERTSTATUS_UNKNOWN
};

static void
test_answers(void **state)
{
	static const struct {
		struct answer a;
		enum cert_staple_state want;
	} t[] = {
	    {{LEAF, CA, FINE, -HOUR, HOUR, false, false}, CERT_STAPLE_GOOD},
	    {{LEAF, CA, FINE, -HOUR, HOUR, true, false}, CERT_STAPLE_GOOD},
	    {{LEAF, CA, FINE, -HOUR, HOUR, false, true}, CERT_STAPLE_GOOD},
	    {{LEAF, CA, GONE, -HOUR, HOUR, false, true}, CERT_STAPLE_REVOKED},
	    {{LEAF, DELEGATE, FINE, -HOUR, HOUR, false, true},
		CERT_STAPLE_FORGED},
	    {{LEAF, OTHER_CA, FINE, -HOUR, HOUR, false, true},
		CERT_STAPLE_FORGED},
	    {{LEAF, LEAF, FINE, -HOUR, HOUR, false, true}, CERT_STAPLE_FORGED},
	    {{LEAF, DELEGATE, FINE, -HOUR, HOUR, false, false},
		CERT_STAPLE_GOOD},
	    {{LEAF, CA, FINE, -DAY, 0, false, false}, CERT_STAPLE_GOOD},
	    {{LEAF, CA, FINE, 200, HOUR, false, false}, CERT_STAPLE_GOOD},
	    {{LEAF, CA, GONE, -HOUR, HOUR, false, false}, CERT_STAPLE_REVOKED},
	    {{LEAF, DELEGATE, GONE, -DAY, -HOUR, false, false},
		CERT_STAPLE_REVOKED},
	    {{LEAF, CA, WHO, -HOUR, HOUR, false, false}, CERT_STAPLE_UNKNOWN},
	    {{LEAF, CA, FINE, -DAY, -1, false, false}, CERT_STAPLE_STALE},
	    {{LEAF, CA, FINE, -11 * DAY, 0, false, false}, CERT_STAPLE_STALE},
	    {{LEAF, CA, FINE, HOUR, DAY, false, false}, CERT_STAPLE_STALE},
	    {{LEAF, CA, GONE, HOUR, DAY, false, false}, CERT_STAPLE_STALE},
	    {{SISTER, CA, FINE, -HOUR, HOUR, false, false}, CERT_STAPLE_OTHER},
	    {{LEAF, SISTER, FINE, -HOUR, HOUR, false, false},
		CERT_STAPLE_FORGED},
	    {{LEAF, LEAF, FINE, -HOUR, HOUR, false, false}, CERT_STAPLE_FORGED},
	    {{LEAF, OTHER_CA, FINE, -HOUR, HOUR, false, false},
		CERT_STAPLE_FORGED},
	    /* an anchor of ours is no authority for others' certificates */
	    {{LEAF, STRANGER, GONE, -HOUR, HOUR, false, false},
		CERT_STAPLE_FORGED},
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct slice der = answer(w, &t[i].a);
		struct cert_staple s = read_it(w, LEAF, true, der);
		if (s.state != t[i].want)
			fail_msg("case %zu: %s", i, cert_staple_name(s.state));
		/* no octet of it may be another */
		uint8_t *copy = malloc(der.n);
		for (size_t k = 0; i < 3 && k < der.n; k += 7) {
			memcpy(copy, der.p, der.n);
			copy[k] ^= 0x10;
			s = read_it(w, LEAF, true, slice_of(copy, der.n));
			assert_true(s.state != CERT_STAPLE_REVOKED &&
				    s.state != CERT_STAPLE_UNKNOWN &&
				    s.state != CERT_STAPLE_STALE);
		}
		free(copy);
		OPENSSL_free((void *)(uintptr_t)der.p);
	}
}

static void
test_the_rest(void **state)
{
	struct world *w = *state;
	const struct answer a = {LEAF, CA, FINE, -HOUR, HOUR, false, false};
	struct slice der = answer(w, &a);
	struct cert_staple s = read_it(w, LEAF, false, der);
	assert_int_equal(s.state, CERT_STAPLE_NO_ISSUER);
	s = read_it(w, LEAF, true, SLICE_EMPTY);
	assert_int_equal(s.state, CERT_STAPLE_NONE);
	assert_false(s.must);
	s = read_it(w, DEMANDING, true, SLICE_EMPTY);
	assert_true(s.must && s.state == CERT_STAPLE_NONE);
	s = read_it(w, DEMANDING, true, der);
	assert_true(s.must && s.state == CERT_STAPLE_OTHER);
	s = read_it(w, LEAF, true, slice_to(der, der.n - 1));
	assert_int_equal(s.state, CERT_STAPLE_UNREADABLE);
	s = read_it(w, LEAF, true, SLICE("x"));
	assert_int_equal(s.state, CERT_STAPLE_UNREADABLE);
	s = read_it(w, LEAF, true, slice_of("\x30\x03\x0a\x01\x03", 5));
	assert_int_equal(s.state, CERT_STAPLE_REFUSED);
	cert_staple_read(w->trust, NULL, 0, der, NOW, &s);
	assert_int_equal(s.state, CERT_STAPLE_UNASKED);
	s = read_it(w, LEAF, true, der);
	assert_int_equal(s.this_s, NOW - HOUR);
	assert_int_equal(s.next_s, NOW + HOUR);
	OPENSSL_free((void *)(uintptr_t)der.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_the_rest),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
