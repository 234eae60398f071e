#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/grade.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* TLS 1.2 and 1.3, AEAD, RSA 2048: nothing to say against it. */
static struct grade_facts
good(void)
{
	struct grade_facts f = {
	    .cipher_bits_worst = 128,
	    .cipher_bits_best = 256,
	    .aead = GRADE_YES,
	    .forward_secrecy = GRADE_YES,
	    .key_bits = 2048,
	    .trusted = GRADE_YES,
	    .revoked = GRADE_UNTESTED,
	    .name_match = GRADE_YES,
	    .secure_renegotiation = GRADE_YES,
	    .server_order = GRADE_YES,
	    .starttls = true,
	};
	f.version[GRADE_TLS12] = f.version[GRADE_TLS13] = GRADE_YES;
	return f;
}

static bool
has(const struct grade *g, const char *code)
{
	for (size_t i = 0; i < g->cap_n; i++)
		if (strcmp(g->caps[i]->code, code) == 0)
			return true;
	return false;
}

/* What is changed of good(), by name: one letter's worth each. */
#define F(field, value) offsetof(struct grade_facts, field), value, 0
#define N(field, value) offsetof(struct grade_facts, field), value, 1

static void
test_caps(void **state)
{
	(void)state;
	static const struct {
		const char *code, *letter;
		size_t at;
		unsigned value;
		int number;
	} v[] = {
	    {"grade.self-signed", "T", F(self_signed, GRADE_YES)},
	    {"grade.cert-expired", "T", F(expired, GRADE_YES)},
	    {"grade.cert-not-yet-valid", "T", F(not_yet_valid, GRADE_YES)},
	    {"grade.cert-revoked", "T", F(revoked, GRADE_YES)},
	    {"grade.untrusted", "T", F(trusted, GRADE_NO)},
	    {"grade.sha1-signature", "T", F(sha1_signature, GRADE_YES)},
	    {"grade.name-mismatch", "M", F(name_match, GRADE_NO)},
	    {"grade.ssl2-offered", "F", F(version[GRADE_SSL2], GRADE_YES)},
	    {"grade.export-cipher", "F", F(export_suite, GRADE_YES)},
	    {"grade.null-cipher", "F", F(null_suite, GRADE_YES)},
	    {"grade.weak-cipher", "F", N(cipher_bits_worst, 111)},
	    {"grade.anonymous-cipher", "F", F(anonymous_suite, GRADE_YES)},
	    {"grade.md5-signature", "F", F(md5_signature, GRADE_YES)},
	    {"grade.exponent-one", "F", F(exponent_one, GRADE_YES)},
	    {"grade.key-exchange-broken", "F", N(key_bits, 1023)},
	    {"grade.key-exchange-broken", "F", N(dh_bits, 768)},
	    {"grade.heartbleed", "F", F(heartbleed, GRADE_YES)},
	    {"grade.poodle", "C", F(poodle, GRADE_YES)},
	    {"grade.compression", "C", F(compression, GRADE_YES)},
	    {"grade.sweet32", "C", F(block64_on_tls11_up, GRADE_YES)},
	    {"grade.rc4-tls11", "C", F(rc4_on_tls11_up, GRADE_YES)},
	    {"grade.ssl3-offered", "B", F(version[GRADE_SSL3], GRADE_YES)},
	    {"grade.tls10-offered", "B", F(version[GRADE_TLS10], GRADE_YES)},
	    {"grade.tls11-offered", "B", F(version[GRADE_TLS11], GRADE_YES)},
	    {"grade.no-aead", "B", F(aead, GRADE_NO)},
	    {"grade.no-forward-secrecy", "B", F(forward_secrecy, GRADE_NO)},
	    {"grade.rc4", "B", F(rc4, GRADE_YES)},
	    {"grade.beast", "B", F(cbc_on_tls10, GRADE_YES)},
	    {"grade.key-exchange-weak", "B", N(key_bits, 2047)},
	    {"grade.key-exchange-weak", "B", N(dh_bits, 1024)},
	    {"grade.chain-incomplete", "B", F(chain_incomplete, GRADE_YES)},
	    {"grade.no-tls13", "A-", F(version[GRADE_TLS13], GRADE_NO)},
	    {"grade.no-secure-renegotiation", "A-",
		F(secure_renegotiation, GRADE_NO)},
	};
	for (size_t i = 0; i < COUNT(v); i++) {
		struct grade_facts f = good();
		if (v[i].number)
			*(unsigned *)(void *)((char *)&f + v[i].at) =
			    v[i].value;
		else
			*(enum grade_known *)(void *)((char *)&f + v[i].at) =
			    (enum grade_known)v[i].value;
		struct grade g;
		grade_judge(&f, &g);
		if (strcmp(g.letter, v[i].letter) != 0 || !has(&g, v[i].code))
			fail_msg("%s: letter %s, %s", v[i].code, g.letter,
			    has(&g, v[i].code) ? "named" : "not named");
		for (size_t k = 0; k < g.cap_n; k++)
			assert_true(g.caps[k]->text[0] && g.caps[k]->cure[0]);
	}
}

static void
test_scores(void **state)
{
	(void)state;
	struct grade_facts f = good();
	struct grade g;
	grade_judge(&f, &g);
	assert_string_equal(g.letter, "A+");
	assert_int_equal(g.protocol, 100);
	assert_int_equal(g.key_exchange, 90);
	assert_int_equal(g.cipher, 90);
	assert_int_equal(g.score, 30 + 27 + 36);
	assert_true(g.complete);
	assert_int_equal(g.cap_n, 0);

	/* what was not tested takes the plus, nothing more */
	f.heartbleed = GRADE_UNTESTED;
	grade_judge(&f, &g);
	assert_string_equal(g.letter, "A");
	assert_false(g.complete);

	/* every division is floored: (80+100)/2, 80, (20+100)/2 */
	f = good();
	f.version[GRADE_SSL3] = GRADE_YES;
	f.key_bits = 1024;
	f.cipher_bits_worst = 112;
	grade_judge(&f, &g);
	assert_int_equal(g.protocol, 90);
	assert_int_equal(g.key_exchange, 80);
	assert_int_equal(g.cipher, 60);
	assert_int_equal(g.score, 27 + 24 + 24);
	assert_string_equal(g.letter, "B");

	f = good();
	f.version[GRADE_TLS11] = GRADE_YES;
	f.key_bits = 4096;
	f.dh_bits = 3072;
	grade_judge(&f, &g);
	assert_int_equal(g.protocol, 97);
	assert_int_equal(g.key_exchange, 90);
	assert_int_equal(g.score, 29 + 27 + 36);

	f = good();
	f.key_ec = true;
	static const struct {
		unsigned bits, score;
	} ec[] = {{109, 0}, {110, 0}, {123, 80}, {162, 80}, {163, 90},
	    {224, 90}, {225, 100}, {256, 100}};
	for (size_t i = 0; i < COUNT(ec); i++) {
		f.key_bits = ec[i].bits;
		grade_judge(&f, &g);
		assert_int_equal(g.key_exchange, ec[i].score);
	}
}

static void
test_combined(void **state)
{
	(void)state;
	/* a 0 anywhere makes all 0, and F, T and M hide the scores */
	struct grade_facts f = good();
	f.key_bits = 0;
	struct grade g;
	grade_judge(&f, &g);
	assert_string_equal(g.letter, "F");
	assert_int_equal(g.score, 0);

	f = good();
	f.name_match = GRADE_NO;
	f.self_signed = GRADE_YES;
	f.trusted = GRADE_NO;
	f.version[GRADE_SSL2] = GRADE_YES;
	grade_judge(&f, &g);
	assert_string_equal(g.letter, "T");
	assert_int_equal(g.protocol + g.key_exchange + g.cipher + g.score, 0);
	assert_true(has(&g, "grade.name-mismatch"));
	assert_true(has(&g, "grade.ssl2-offered"));
	assert_false(has(&g, "grade.untrusted")); /* said once */

	f = good();
	f.version[GRADE_TLS12] = GRADE_NO; /* TLS 1.3 alone is well */
	grade_judge(&f, &g);
	assert_string_equal(g.letter, "A+");

	f = good();
	f.version[GRADE_TLS12] = f.version[GRADE_TLS13] = GRADE_NO;
	f.version[GRADE_TLS10] = GRADE_YES;
	grade_judge(&f, &g);
	assert_string_equal(g.letter, "C");
	assert_true(has(&g, "grade.no-tls13"));

	f.version[GRADE_TLS10] = GRADE_NO;
	f.version[GRADE_SSL3] = GRADE_YES;
	grade_judge(&f, &g);
	assert_string_equal(g.letter, "F");
	assert_true(has(&g, "grade.ssl3-best"));

	/* strict_starttls is of STARTTLS alone */
	f = good();
	f.strict_starttls = true;
	grade_judge(&f, &g);
	assert_string_equal(g.letter, "T");
	assert_true(has(&g, "grade.starttls-strippable"));
	f.starttls = false;
	grade_judge(&f, &g);
	assert_string_equal(g.letter, "A+");
}

static const struct confidence_mx best = {
    .preference = 10,
    .reachable = true,
    .tls = true,
    .version = GRADE_TLS13,
    .cipher_bits = 256,
    .cipher_aead = true,
    .cipher_fs = true,
    .cert_valid = true,
    .cert_name = true,
    .key_strong = true,
    .mta_sts = true,
    .dane = true,
};

static void
test_confidence_mx(void **state)
{
	(void)state;
	struct confidence_mx m = best;
	assert_int_equal(confidence_mx_score(&m), 121);
	m.dane = m.mta_sts = false;
	assert_int_equal(confidence_mx_score(&m), 100);
	m.cipher_bits = 128; /* 50 + 25 * .95 + 25 = 98.75 */
	assert_int_equal(confidence_mx_score(&m), 99);
	m.cipher_bits = 256;
	static const unsigned by_version[GRADE_VERSIONS] = {
	    50, 60, 80, 85, 98, 100};
	for (unsigned i = 0; i < GRADE_VERSIONS; i++) {
		m.version = (enum grade_version)i;
		assert_int_equal(confidence_mx_score(&m), by_version[i]);
	}
	m.cert_valid = false; /* -10 */
	assert_int_equal(confidence_mx_score(&m), 90);
	m.cert_name = false;
	assert_int_equal(confidence_mx_score(&m), 80);
	m.key_strong = false;
	assert_int_equal(confidence_mx_score(&m), 75);
	m.tls = false;
	assert_int_equal(confidence_mx_score(&m), 0);
	m.reachable = false;
	assert_int_equal(confidence_mx_score(&m), 50);
}

static void
test_confidence_domain(void **state)
{
	(void)state;
	struct confidence_mx v[3] = {best, best, best};
	for (size_t i = 0; i < 3; i++)
		v[i].mta_sts = v[i].dane = false;
	assert_int_equal(confidence_factor(v, 3, false), 100);
	assert_int_equal(confidence_factor(v, 0, false), 0);

	/* in any order; the second preference weighs half: 200 / 3 */
	v[0].preference = 20;
	v[0].tls = false;
	assert_int_equal(confidence_factor(v, 2, false), 67);
	/* two of the best and one of the second: 200 / 2.5 */
	assert_int_equal(confidence_factor(v, 3, false), 80);
	/* the gap between preferences does not matter */
	v[0].preference = 65535;
	assert_int_equal(confidence_factor(v, 2, false), 67);

	v[0].reachable = false; /* (100 + 25) / 1.5 */
	assert_int_equal(confidence_factor(v, 2, false), 83);
	assert_int_equal(confidence_factor(v, 2, true), 100);
	assert_int_equal(confidence_factor(v, 1, true), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_caps),
	    cmocka_unit_test(test_scores),
	    cmocka_unit_test(test_combined),
	    cmocka_unit_test(test_confidence_mx),
	    cmocka_unit_test(test_confidence_domain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
