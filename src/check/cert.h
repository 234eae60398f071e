/* cert.h - the certificates a server showed: what they say, whether they hold.
 *
 * DER in, facts out; a chain of any size costs what CERT_* allow. Judged as of
 * a time that is an argument. */
#ifndef CHECK_CERT_H
#define CHECK_CERT_H

#include "base/arena.h"
#include "base/err.h"
#include "policy/grade.h"

#define CERT_CHAIN_MAX 16
#define CERT_NAMES_MAX 64
#define CERT_TEXT_MAX  512

/* Trust anchors. */
struct cert_trust;

/* cert_trust_new - of ca_pem, or the system's when that is empty. ERR_SYNTAX:
 * no certificate in it. */
enum err cert_trust_new(struct slice ca_pem, struct cert_trust **out,
    struct diag *d) KURIR_MUST_CHECK;
void cert_trust_free(struct cert_trust *t); /* NULL is nothing */

/* One certificate. Slices are of the arena given. */
struct cert {
	bool readable;
	struct slice subject, issuer; /* "CN=mx.contoh.id, O=Contoh" */
	struct slice common_name;
	struct slice names[CERT_NAMES_MAX]; /* DNS names and addresses */
	size_t name_n, names_left_out;
	uint64_t not_before_s, not_after_s; /* 0: unreadable */
	struct slice key_type;              /* "RSA", "EC", "ED25519" */
	unsigned key_bits;
	bool key_ec; /* bits of a curve */
	bool exponent_one;
	struct slice signature;             /* "sha256WithRSAEncryption" */
	bool sha1_signature, md5_signature; /* of it by its issuer */
	struct slice serial;                /* hex */
	uint8_t sha256[32], key_sha256[32];
	bool self_issued, ca;
	size_t octets;
};

struct cert_chain {
	struct cert v[CERT_CHAIN_MAX];
	size_t n, left_out;
	bool trusted;     /* ends at an anchor, all signatures hold */
	bool incomplete;  /* the issuer of the last one is missing */
	bool self_signed; /* the leaf */
	bool expired, not_yet_valid; /* any of the path */
	bool name_match;
	bool name_by_cn; /* but only its common name says so, there being no
			    alternative name: under MTA-STS (RFC 8461 4.2) and
			    RFC 9525 6.3 that does not count */
	bool sha1_signature, md5_signature, exponent_one;
	struct slice missing; /* subject of the issuer that is missing */
	/* Why it does not hold: code of doc/causes.md and words; empty: it
	 * holds. */
	const char *cause;
	struct slice why;
};

/* cert_chain_read - der: leaf first, n of them. host: the name (or address)
 * that was meant; empty: not compared. */
void cert_chain_read(const struct cert_trust *t, const struct slice *der,
    size_t n, struct slice host, uint64_t now_s, struct arena *mem,
    struct cert_chain *out);

/* cert_time_text - "2026-11-22T00:00:00.000Z". */
void cert_time_text(uint64_t unix_s, char out[32]);

/* ---- the stapled OCSP answer (RFC 6066 8, RFC 6960) ---- */

enum cert_staple_state {
	CERT_STAPLE_UNASKED,
	CERT_STAPLE_NONE, /* none came */
	CERT_STAPLE_GOOD,
	CERT_STAPLE_REVOKED,
	CERT_STAPLE_UNKNOWN,   /* the authority does not know it */
	CERT_STAPLE_STALE,     /* too old, or of the future */
	CERT_STAPLE_OTHER,     /* about another certificate */
	CERT_STAPLE_FORGED,    /* signed by neither issuer nor delegate */
	CERT_STAPLE_NO_ISSUER, /* not shown and not known: not verified */
	CERT_STAPLE_REFUSED,   /* the responder's own failure, stapled */
	CERT_STAPLE_UNREADABLE
};
const char *cert_staple_name(enum cert_staple_state s); /* "good"; JSON */

struct cert_staple {
	enum cert_staple_state state;
	bool must;               /* the certificate demands one (RFC 7633) */
	uint64_t this_s, next_s; /* holds from, until; 0: not said */
	uint64_t revoked_s;
};

/* cert_staple_read - der: the chain that came with it, leaf first. Judged
 * whether or not anybody trusts the chain. */
void cert_staple_read(const struct cert_trust *t, const struct slice *der,
    size_t n, struct slice staple, uint64_t now_s, struct cert_staple *out);

/* ---- TLSA (RFC 6698, 7671, 7672) ---- */

struct cert_tlsa {
	uint8_t usage, selector, matching;
	struct slice data;
};

enum cert_tlsa_result {
	CERT_TLSA_MATCH,
	CERT_TLSA_MISMATCH,
	CERT_TLSA_UNUSABLE, /* usage 0 or 1, unknown numbers, a digest of the
			       wrong length */
	CERT_TLSA_NAME,     /* usage 2: it matches, the name does not */
	CERT_TLSA_TIME      /* usage 2: it matches, the time does not */
};

/* cert_tlsa_usable - may it count at all? */
bool cert_tlsa_usable(const struct cert_tlsa *t);
/* cert_tlsa_match - with usage 3 name and time do not matter, with usage 2
 * they do (RFC 7672 3.1). names: any of these must stand in the leaf. */
enum cert_tlsa_result cert_tlsa_match(const struct cert_tlsa *t,
    const struct slice *der, size_t n, const struct slice *names, size_t name_n,
    uint64_t now_s);
/* cert_tlsa_311 - what "3 1 1" of that certificate is. */
bool cert_tlsa_311(struct slice der, uint8_t out[32]);

#endif
