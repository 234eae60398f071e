#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "check/cert.h"

#define NOW 1800000000ull
#define DAY 86400ll

/* A certificate made for the test. */
struct made {
	EVP_PKEY *key;
	X509 *x;
	uint8_t der[4096];
	size_t n;
};

static void
extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void
make(struct made *m, const char *name, const struct made *by, int64_t from,
    int64_t to, bool ca)
{
	m->key = EVP_EC_gen("P-256");
	m->x = X509_new();
	X509_set_version(m->x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(m->x), 0x1234);
	ASN1_TIME_set(X509_getm_notBefore(m->x), (time_t)NOW + from);
	ASN1_TIME_set(X509_getm_notAfter(m->x), (time_t)NOW + to);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(m->x), "CN",
	    MBSTRING_UTF8, (const uint8_t *)name, -1, -1, 0);
	X509_set_issuer_name(
	    m->x, X509_get_subject_name(by != NULL ? by->x : m->x));
	X509_set_pubkey(m->x, m->key);
	if (ca)
		extension(m->x, NID_basic_constraints, "critical,CA:TRUE");
	else
		extension(m->x, NID_subject_alt_name,
		    "DNS:mx.contoh.id,DNS:*.mitra.example,IP:192.0.2.1");
	if (strcmp(name, "client") == 0)
		extension(m->x, NID_ext_key_usage, "clientAuth");
	assert_true(
	    X509_sign(m->x, by != NULL ? by->key : m->key, EVP_sha256()) > 0);
	uint8_t *p = m->der;
	int n = i2d_X509(m->x, &p);
	assert_true(n > 0 && (size_t)n < sizeof(m->der));
	m->n = (size_t)n;
}

static struct slice
der(const struct made *m)
{
	return slice_of(m->der, m->n);
}

enum { ROOT, MIDDLE, LEAF, OLD, EARLY, SELF, STRAY, FORGED, CLIENT, MADE };

struct world {
	struct made m[MADE];
	struct cert_trust *trust;
	struct arena mem;
	struct cert_chain c;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char *pem;
	make(&w->m[ROOT], "Akar", NULL, -100 * DAY, 100 * DAY, true);
	make(&w->m[MIDDLE], "Perantara", &w->m[ROOT], -9 * DAY, 90 * DAY, true);
	make(&w->m[LEAF], "mx.contoh.id", &w->m[MIDDLE], -DAY, DAY, false);
	make(&w->m[OLD], "old", &w->m[ROOT], -9 * DAY, -DAY, false);
	make(&w->m[EARLY], "early", &w->m[ROOT], DAY, 9 * DAY, false);
	make(&w->m[SELF], "self", NULL, -DAY, DAY, false);
	make(&w->m[STRAY], "Lain", NULL, -DAY, DAY, true);
	make(&w->m[FORGED], "forged", &w->m[LEAF], -DAY, DAY, false);
	make(&w->m[CLIENT], "client", &w->m[MIDDLE], -DAY, DAY, false);
	BIO *out = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_X509(out, w->m[ROOT].x), 1);
	long n = BIO_get_mem_data(out, &pem);
	assert_int_equal(
	    cert_trust_new(slice_of(pem, (size_t)n), &w->trust, NULL), ERR_OK);
	BIO_free(out);
	arena_init(&w->mem, 1 << 20);
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
	arena_reset(&w->mem);
	free(w);
	return 0;
}

static void
test_chains(void **state)
{
	struct world *w = *state;
	static const struct {
		int v[3];
		size_t n;
		const char *host, *cause;
		bool trusted, incomplete, self;
	} t[] = {
	    {{LEAF, MIDDLE}, 2, "mx.contoh.id", NULL, true, false, false},
	    {{LEAF, MIDDLE, ROOT}, 3, "mx.contoh.id", NULL, true, false, false},
	    {{LEAF, ROOT, MIDDLE}, 3, "mx.contoh.id", NULL, true, false, false},
	    {{LEAF, MIDDLE}, 2, "a.mitra.example", NULL, true, false, false},
	    {{LEAF, MIDDLE}, 2, "192.0.2.1", NULL, true, false, false},
	    {{LEAF, MIDDLE}, 2, "192.0.2.2", "tls.cert-name-mismatch", true,
		false, false},
	    {{LEAF, MIDDLE}, 2, "a.b.mitra.example", "tls.cert-name-mismatch",
		true, false, false},
	    {{LEAF}, 1, "mx.contoh.id", "tls.cert-untrusted", false, true,
		false},
	    {{LEAF, STRAY}, 2, "mx.contoh.id", "tls.cert-untrusted", false,
		true, false},
	    {{OLD}, 1, "mx.contoh.id", "tls.cert-expired", true, false, false},
	    {{EARLY}, 1, "mx.contoh.id", "tls.cert-not-yet-valid", true, false,
		false},
	    {{SELF}, 1, "mx.contoh.id", "tls.cert-self-signed", false, false,
		true},
	};
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct slice v[3];
		for (size_t k = 0; k < t[i].n; k++)
			v[k] = der(&w->m[t[i].v[k]]);
		cert_chain_read(w->trust, v, t[i].n, slice_str(t[i].host), NOW,
		    &w->mem, &w->c);
		const char *got = w->c.cause != NULL ? w->c.cause : "";
		if (strcmp(got, t[i].cause != NULL ? t[i].cause : "") != 0)
			fail_msg("case %zu: %s", i, got);
		assert_int_equal(w->c.trusted, t[i].trusted);
		assert_int_equal(w->c.incomplete, t[i].incomplete);
		assert_int_equal(w->c.self_signed, t[i].self);
	}
}

static bool
is(struct slice s, const char *text)
{
	return slice_eq(s, slice_str(text));
}

static void
test_facts(void **state)
{
	struct world *w = *state;
	const struct slice v[] = {der(&w->m[LEAF]), der(&w->m[MIDDLE])};
	cert_chain_read(
	    w->trust, v, 2, SLICE("mx.contoh.id"), NOW, &w->mem, &w->c);
	const struct cert *c = &w->c.v[0];
	assert_true(is(c->subject, "CN=mx.contoh.id"));
	assert_true(is(c->issuer, "CN=Perantara"));
	assert_true(is(c->key_type, "EC"));
	assert_true(is(c->serial, "1234"));
	assert_true(is(c->signature, "ecdsa-with-SHA256"));
	assert_int_equal(c->key_bits, 256);
	assert_true(c->key_ec && !c->self_issued && !c->sha1_signature);
	assert_int_equal(c->name_n, 3);
	assert_true(is(c->names[2], "192.0.2.1"));
	assert_int_equal(c->not_before_s, NOW - DAY);
	assert_int_equal(c->not_after_s, NOW + DAY);
	assert_true(w->c.v[1].ca);

	/* what is none */
	const struct slice bad[] = {SLICE("no certificate"), v[1]};
	cert_chain_read(
	    w->trust, bad, 2, SLICE("mx.contoh.id"), NOW, &w->mem, &w->c);
	assert_string_equal(w->c.cause, "tls.cert-untrusted");
	assert_false(w->c.v[0].readable);
	cert_chain_read(
	    w->trust, NULL, 0, SLICE("mx.contoh.id"), NOW, &w->mem, &w->c);
	assert_string_equal(w->c.cause, "tls.cert-untrusted");
	struct cert_trust *t;
	struct diag d;
	assert_int_equal(cert_trust_new(SLICE("x"), &t, &d), ERR_SYNTAX);
}

static void
test_tlsa(void **state)
{
	struct world *w = *state;
	const struct slice v[] = {der(&w->m[LEAF]), der(&w->m[MIDDLE])};
	const struct slice old[] = {der(&w->m[OLD]), der(&w->m[ROOT])};
	const struct slice host = SLICE("mx.contoh.id");
	const struct slice other = SLICE("lain.example");
	uint8_t leaf_key[32], middle_key[32], old_key[32], root_key[32];
	assert_true(cert_tlsa_311(v[0], leaf_key));
	assert_true(cert_tlsa_311(v[1], middle_key));
	assert_true(cert_tlsa_311(old[0], old_key));
	assert_true(cert_tlsa_311(old[1], root_key));
#define KEY(k) slice_of(k, 32)
	const struct {
		struct cert_tlsa t;
		const struct slice *chain;
		const struct slice *name;
		enum cert_tlsa_result want;
	} c[] = {
	    {{3, 1, 1, KEY(leaf_key)}, v, &host, CERT_TLSA_MATCH},
	    {{3, 1, 1, KEY(leaf_key)}, v, &other, CERT_TLSA_MATCH},
	    {{3, 1, 1, KEY(middle_key)}, v, &host, CERT_TLSA_MISMATCH},
	    {{3, 1, 1, KEY(old_key)}, old, &host, CERT_TLSA_MATCH},
	    {{3, 0, 0, v[0]}, v, &host, CERT_TLSA_MATCH},
	    {{2, 1, 1, KEY(middle_key)}, v, &host, CERT_TLSA_MATCH},
	    {{2, 1, 1, KEY(middle_key)}, v, &other, CERT_TLSA_NAME},
	    {{2, 1, 1, KEY(root_key)}, v, &host, CERT_TLSA_MISMATCH},
	    {{2, 0, 0, old[1]}, v, &host, CERT_TLSA_MATCH},
	    {{2, 1, 1, KEY(root_key)}, old, &host, CERT_TLSA_TIME},
	    {{1, 1, 1, KEY(leaf_key)}, v, &host, CERT_TLSA_UNUSABLE},
	    {{0, 1, 1, KEY(leaf_key)}, v, &host, CERT_TLSA_UNUSABLE},
	    {{3, 2, 1, KEY(leaf_key)}, v, &host, CERT_TLSA_UNUSABLE},
	    {{3, 1, 3, KEY(leaf_key)}, v, &host, CERT_TLSA_UNUSABLE},
	    {{3, 1, 2, KEY(leaf_key)}, v, &host, CERT_TLSA_UNUSABLE},
	    {{3, 1, 1, slice_of(leaf_key, 31)}, v, &host, CERT_TLSA_UNUSABLE},
	    {{3, 1, 0, SLICE_EMPTY}, v, &host, CERT_TLSA_UNUSABLE},
	};
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		enum cert_tlsa_result got =
		    cert_tlsa_match(&c[i].t, c[i].chain, 2, c[i].name, 1, NOW);
		if (got != c[i].want)
			fail_msg("case %zu: %d", i, got);
	}
	/* the anchor must have signed the path, not only stand in it */
	const struct slice stray[] = {der(&w->m[LEAF]), der(&w->m[STRAY])};
	uint8_t key[32];
	assert_true(cert_tlsa_311(stray[1], key));
	const struct cert_tlsa t = {2, 1, 1, KEY(key)};
	assert_int_equal(
	    cert_tlsa_match(&t, stray, 2, &host, 1, NOW), CERT_TLSA_MISMATCH);
}

/* Usage 2: who may end a path, and who may stand in it. */
static void
test_anchors(void **state)
{
	struct world *w = *state;
	const struct slice host = SLICE("mx.contoh.id");
	uint8_t *spki = NULL, middle[32], leaf[32], self[32];
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(w->m[MIDDLE].x), &spki);
	const struct slice key = slice_of(spki, (size_t)n);
	assert_true(cert_tlsa_311(der(&w->m[MIDDLE]), middle));
	assert_true(cert_tlsa_311(der(&w->m[LEAF]), leaf));
	assert_true(cert_tlsa_311(der(&w->m[SELF]), self));
	const struct {
		struct cert_tlsa t;
		int v[3];
		size_t n;
		enum cert_tlsa_result want;
	} c[] = {
	    {{2, 1, 1, KEY(middle)}, {LEAF, MIDDLE}, 2, CERT_TLSA_MATCH},
	    {{2, 1, 1, KEY(middle)}, {LEAF, ROOT, MIDDLE}, 3, CERT_TLSA_MATCH},
	    /* the leaf is no anchor of itself, shown twice or not */
	    {{2, 1, 1, KEY(leaf)}, {LEAF, MIDDLE}, 2, CERT_TLSA_MISMATCH},
	    {{2, 1, 1, KEY(leaf)}, {LEAF, LEAF}, 2, CERT_TLSA_MISMATCH},
	    {{2, 0, 0, der(&w->m[LEAF])}, {LEAF}, 1, CERT_TLSA_MISMATCH},
	    {{2, 1, 1, KEY(self)}, {SELF}, 1, CERT_TLSA_MISMATCH},
	    /* a customer of the authority may not sign for others */
	    {{2, 1, 1, KEY(middle)}, {FORGED, LEAF, MIDDLE}, 3,
		CERT_TLSA_MISMATCH},
	    /* not a server's */
	    {{2, 1, 1, KEY(middle)}, {CLIENT, MIDDLE}, 2, CERT_TLSA_MISMATCH},
	    /* whole records: what they are of need not be shown */
	    {{2, 0, 0, der(&w->m[MIDDLE])}, {LEAF}, 1, CERT_TLSA_MATCH},
	    {{2, 1, 0, key}, {LEAF}, 1, CERT_TLSA_MATCH},
	    {{2, 1, 0, key}, {OLD}, 1, CERT_TLSA_MISMATCH},
	    {{2, 1, 0, slice_to(key, key.n - 1)}, {LEAF}, 1,
		CERT_TLSA_MISMATCH},
	};
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct slice v[3];
		for (size_t k = 0; k < c[i].n; k++)
			v[k] = der(&w->m[c[i].v[k]]);
		enum cert_tlsa_result got =
		    cert_tlsa_match(&c[i].t, v, c[i].n, &host, 1, NOW);
		if (got != c[i].want)
			fail_msg("case %zu: %d", i, got);
	}
	OPENSSL_free(spki);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_chains),
	    cmocka_unit_test(test_facts),
	    cmocka_unit_test(test_tlsa),
	    cmocka_unit_test(test_anchors),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
