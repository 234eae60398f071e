/* grade.h - a letter for a TLS server, as SSL Labs gives it (rating guide
 * 2009r), and the confidence factor of a domain's mail exchangers.
 *
 * Pure: facts in, letter, score and the name of every cap out. For mail over
 * STARTTLS the letter is of the TLS that is there; that it can be stripped
 * stands beside it (strict_starttls caps at T, as testssl does). */
#ifndef POLICY_GRADE_H
#define POLICY_GRADE_H

#include "base/slice.h"

enum grade_version {
	GRADE_SSL2,
	GRADE_SSL3,
	GRADE_TLS10,
	GRADE_TLS11,
	GRADE_TLS12,
	GRADE_TLS13,
	GRADE_VERSIONS
};

enum grade_known { GRADE_NO, GRADE_YES, GRADE_UNTESTED };

/* What was seen. UNTESTED where it could not be found out: such a fact neither
 * lowers nor is held to be good (no A+), and the grade says it is not
 * complete. Revocation (few can be asked), client_renegotiation and
 * server_order lower nothing and do not count for that. */
struct grade_facts {
	enum grade_known version[GRADE_VERSIONS];
	/* Of the ciphers offered, in bits. */
	unsigned cipher_bits_worst, cipher_bits_best;
	enum grade_known export_suite, anonymous_suite, null_suite, rc4,
	    rc4_on_tls11_up, block64, block64_on_tls11_up, cbc_on_tls10, aead,
	    forward_secrecy;
	/* The certificate's key and the weakest DH group; 0: none. */
	bool key_ec;
	unsigned key_bits, dh_bits;
	enum grade_known md5_signature, sha1_signature, exponent_one;
	enum grade_known trusted, expired, not_yet_valid, revoked, self_signed,
	    chain_incomplete, name_match;
	enum grade_known secure_renegotiation, client_renegotiation,
	    compression, heartbleed, server_order;
	enum grade_known poodle; /* SSL 3 with a CBC cipher */
	bool starttls, strict_starttls;
};

/* Each cap: a name for machines, the letter it caps at, and what would lift
 * it, both in English for tr(). */
struct grade_cap {
	const char *code;   /* "grade.tls10-offered" */
	const char *letter; /* "B" */
	const char *text, *cure;
	bool warning; /* only A- instead of A+ */
};
#define GRADE_CAPS_MAX 40

struct grade {
	const char *letter; /* "A+" "A" "A-" "B".."F" "T" "M"; static */
	/* 0..100; all 0 with F, T and M. */
	unsigned protocol, key_exchange, cipher, score;
	const struct grade_cap *caps[GRADE_CAPS_MAX];
	size_t cap_n;
	bool complete; /* nothing was untested */
};
/* grade_judge - caps come in the order of the table, worst first. T stands
 * above M, both above F. */
void grade_judge(const struct grade_facts *f, struct grade *out);

/* ---- confidence factor: 0..100, to 121 with MTA-STS and DANE ---- */

struct confidence_mx {
	uint16_t preference;
	bool reachable;
	bool tls;
	enum grade_version version; /* the best agreed */
	unsigned cipher_bits;
	bool cipher_aead, cipher_fs;
	bool cert_valid, cert_name, key_strong;
	bool mta_sts; /* enforced and matching */
	bool dane;    /* usable and matching */
};
/* confidence_mx_score - of one exchanger; 50 when it cannot be reached. */
unsigned confidence_mx_score(const struct confidence_mx *m);
/* confidence_factor - weighted by preference: the k-th best preference counts
 * 2^-k. ignore_unreachable leaves those out that did not answer. */
unsigned confidence_factor(
    const struct confidence_mx *v, size_t n, bool ignore_unreachable);

#endif
