#include "policy/grade.h"

#include <string.h>

/* Letters from best to worst; F, T and M hide the numbers. */
static const char *const letters[] = {
    "A+", "A", "A-", "B", "C", "D", "E", "F", "M", "T"};
enum { RANK_A_PLUS = 0, RANK_A = 1, RANK_A_MINUS = 2, RANK_F = 7 };

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static unsigned
letter_rank(const char *letter)
{
	unsigned i = 0;
	while (i + 1 < COUNT(letters) && strcmp(letters[i], letter) != 0)
		i++;
	return i;
}

/* ---- the three scores (guide 2009r, integers) ---- */

static const uint8_t version_score[GRADE_VERSIONS] = {
    [GRADE_SSL2] = 0,
    [GRADE_SSL3] = 80,
    [GRADE_TLS10] = 90,
    [GRADE_TLS11] = 95,
    [GRADE_TLS12] = 100,
    [GRADE_TLS13] = 100,
};

/* The best or the worst version offered; GRADE_VERSIONS: none. */
static unsigned
version_end(const struct grade_facts *f, bool best)
{
	for (unsigned i = 0; i < GRADE_VERSIONS; i++) {
		unsigned v = best ? GRADE_VERSIONS - 1 - i : i;
		if (f->version[v] == GRADE_YES)
			return v;
	}
	return GRADE_VERSIONS;
}

static unsigned
score_protocol(const struct grade_facts *f)
{
	unsigned best = version_end(f, true);
	if (best == GRADE_VERSIONS)
		return 0;
	return (version_score[best] + version_score[version_end(f, false)]) / 2;
}

struct step {
	unsigned below, score;
};

static unsigned
step_score(const struct step *v, size_t n, unsigned bits)
{
	for (size_t i = 0; i < n; i++)
		if (bits < v[i].below)
			return v[i].score;
	return 100;
}

static unsigned
score_key_exchange(const struct grade_facts *f)
{
	static const struct step rsa[] = {
	    {512, 20}, {1024, 40}, {2048, 80}, {4096, 90}};
	static const struct step ec[] = {
	    {110, 20}, {123, 40}, {163, 80}, {225, 90}};
	if (f->anonymous_suite == GRADE_YES || f->key_bits == 0)
		return 0;
	unsigned key = f->key_ec ? step_score(ec, COUNT(ec), f->key_bits)
				 : step_score(rsa, COUNT(rsa), f->key_bits);
	if (f->export_suite == GRADE_YES && key > 40)
		key = 40;
	if (f->dh_bits == 0)
		return key;
	unsigned dh = step_score(rsa, COUNT(rsa), f->dh_bits);
	return dh < key ? dh : key;
}

static unsigned
score_cipher(const struct grade_facts *f)
{
	static const struct step bits[] = {{1, 0}, {128, 20}, {256, 80}};
	return (step_score(bits, COUNT(bits), f->cipher_bits_best) +
		   step_score(bits, COUNT(bits), f->cipher_bits_worst)) /
	       2;
}

/* ---- the caps ---- */

static bool
yes(enum grade_known k)
{
	return k == GRADE_YES;
}

/* One predicate a cap: f are the facts, kx is the score of the key exchange. */
typedef bool cap_hit(const struct grade_facts *f, unsigned kx);
#define HIT(name, expr)                                                        \
	static bool hit_##name(const struct grade_facts *f, unsigned kx)       \
	{                                                                      \
		(void)f;                                                       \
		(void)kx;                                                      \
		return (expr);                                                 \
	}

HIT(strict, f->starttls && f->strict_starttls)
HIT(self_signed, yes(f->self_signed))
HIT(expired, yes(f->expired))
HIT(not_yet, yes(f->not_yet_valid))
HIT(revoked, yes(f->revoked))
HIT(untrusted, f->trusted == GRADE_NO && !yes(f->self_signed) &&
		   !yes(f->expired) && !yes(f->not_yet_valid) &&
		   !yes(f->chain_incomplete))
HIT(sha1, yes(f->sha1_signature))
HIT(name, f->name_match == GRADE_NO)
HIT(ssl2, yes(f->version[GRADE_SSL2]))
HIT(ssl3_best,
    version_end(f, true) == GRADE_SSL3 || version_end(f, true) == GRADE_SSL2)
HIT(export_suite, yes(f->export_suite))
HIT(weak_cipher, f->cipher_bits_worst < 112)
HIT(anonymous, yes(f->anonymous_suite))
HIT(null_suite, yes(f->null_suite))
HIT(md5, yes(f->md5_signature))
HIT(exponent, yes(f->exponent_one))
/* Without a certificate the score is 0, and has a cap of its own. */
HIT(kx40, kx <= 40 && !yes(f->anonymous_suite))
HIT(heartbleed, yes(f->heartbleed))
HIT(no_tls12,
    f->version[GRADE_TLS12] == GRADE_NO && f->version[GRADE_TLS13] == GRADE_NO)
HIT(poodle, yes(f->poodle))
HIT(crime, yes(f->compression))
HIT(sweet32, yes(f->block64_on_tls11_up))
HIT(rc4_tls11, yes(f->rc4_on_tls11_up))
HIT(ssl3, yes(f->version[GRADE_SSL3]))
HIT(tls10, yes(f->version[GRADE_TLS10]))
HIT(tls11, yes(f->version[GRADE_TLS11]))
HIT(no_aead, f->aead == GRADE_NO)
HIT(no_fs, f->forward_secrecy == GRADE_NO)
HIT(rc4, yes(f->rc4))
HIT(beast, yes(f->cbc_on_tls10))
HIT(kx80, kx > 40 && kx <= 80)
HIT(incomplete, yes(f->chain_incomplete))
HIT(no_tls13, f->version[GRADE_TLS13] == GRADE_NO)
HIT(no_reneg, f->secure_renegotiation == GRADE_NO)

/* Marks what check/ gives to tr(). */
#define N_(text) text

struct rule {
	struct grade_cap cap;
	cap_hit *hit;
};

#define CAP(code, letter, hit, text, cure)                                     \
	{                                                                      \
		{code, letter, text, cure, false}, hit_##hit                   \
	}
#define WARN(code, hit, text, cure)                                            \
	{                                                                      \
		{code, "A-", text, cure, true}, hit_##hit                      \
	}

static const struct rule rules[] = {
    CAP("grade.starttls-strippable", "T", strict,
	N_("STARTTLS can be taken out of the dialogue by whoever sits between"),
	N_("Publish MTA-STS or DANE, so that senders insist on TLS")),
    CAP("grade.self-signed", "T", self_signed,
	N_("The certificate is self-signed"),
	N_("Get a certificate from a public authority, for example by ACME")),
    CAP("grade.cert-expired", "T", expired, N_("The certificate has expired"),
	N_("Renew the certificate and reload the mail server")),
    CAP("grade.cert-not-yet-valid", "T", not_yet,
	N_("The certificate is not valid yet"),
	N_("Set the clock right, or install the certificate when its time has "
	   "come")),
    CAP("grade.cert-revoked", "T", revoked, N_("The certificate was revoked"),
	N_("Get a new certificate with a new key")),
    CAP("grade.untrusted", "T", untrusted,
	N_("The chain does not end at a trusted authority"),
	N_("Get a certificate from a public authority, for example by ACME")),
    CAP("grade.sha1-signature", "T", sha1,
	N_("A certificate is signed with SHA-1"),
	N_("Get a certificate that is signed with SHA-256 or better")),
    CAP("grade.name-mismatch", "M", name,
	N_("The certificate is not for the name of this host"),
	N_("Get a certificate that names the MX host, or let the MX record "
	   "name a host of the certificate")),
    CAP("grade.ssl2-offered", "F", ssl2, N_("SSL 2 is offered"),
	N_("Switch SSL 2 off: it has been broken since 1996")),
    CAP("grade.ssl3-best", "F", ssl3_best,
	N_("Nothing newer than SSL 3 is offered"),
	N_("Install a TLS library that knows TLS 1.2 and 1.3")),
    CAP("grade.export-cipher", "F", export_suite,
	N_("Export ciphers of at most 56 bits are offered"),
	N_("Take the EXPORT ciphers out of the cipher list")),
    CAP("grade.null-cipher", "F", null_suite,
	N_("Ciphers that do not encrypt are offered"),
	N_("Take the NULL ciphers out of the cipher list")),
    CAP("grade.weak-cipher", "F", weak_cipher,
	N_("A cipher of less than 112 bits is offered"),
	N_("Take the LOW, DES and RC2 ciphers out of the cipher list")),
    CAP("grade.anonymous-cipher", "F", anonymous,
	N_("Ciphers without a certificate are offered (anonymous "
	   "Diffie-Hellman)"),
	N_("Take the ADH and AECDH ciphers out of the cipher list (aNULL). "
	   "Postfix offers them at port 25 on purpose, for senders that look "
	   "at no certificate; to those who go on without TLS anyway it "
	   "matters little, and those who check certificates never agree on "
	   "them.")),
    CAP("grade.md5-signature", "F", md5,
	N_("A certificate is signed with MD5 or MD2"),
	N_("Get a certificate that is signed with SHA-256 or better")),
    CAP("grade.exponent-one", "F", exponent,
	N_("The RSA key has the exponent 1, which encrypts nothing"),
	N_("Make a new key")),
    CAP("grade.key-exchange-broken", "F", kx40,
	N_("The key or the Diffie-Hellman group has less than 1024 bits"),
	N_("Use a key and Diffie-Hellman parameters of at least 2048 bits")),
    CAP("grade.heartbleed", "F", heartbleed,
	N_("The server gives its memory away (Heartbleed)"),
	N_("Update OpenSSL at once, then replace key and certificate")),
    CAP("grade.no-tls12", "C", no_tls12,
	N_("Neither TLS 1.2 nor TLS 1.3 is offered"),
	N_("Switch TLS 1.2 and TLS 1.3 on")),
    CAP("grade.poodle", "C", poodle,
	N_("SSL 3 with CBC ciphers is offered (POODLE)"),
	N_("Switch SSL 3 off")),
    CAP("grade.compression", "C", crime, N_("TLS compression is on (CRIME)"),
	N_("Switch TLS compression off")),
    CAP("grade.sweet32", "C", sweet32,
	N_("Ciphers with blocks of 64 bits are offered from TLS 1.1 on "
	   "(SWEET32)"),
	N_("Take the 3DES and IDEA ciphers out of the cipher list")),
    CAP("grade.rc4-tls11", "C", rc4_tls11, N_("RC4 is offered from TLS 1.1 on"),
	N_("Take the RC4 ciphers out of the cipher list")),
    CAP("grade.ssl3-offered", "B", ssl3, N_("SSL 3 is offered"),
	N_("Switch SSL 3 off")),
    CAP("grade.tls10-offered", "B", tls10, N_("TLS 1.0 is offered"),
	N_("Switch TLS 1.0 off, unless old devices need it")),
    CAP("grade.tls11-offered", "B", tls11, N_("TLS 1.1 is offered"),
	N_("Switch TLS 1.1 off, unless old devices need it")),
    CAP("grade.no-aead", "B", no_aead,
	N_("No cipher with authenticated encryption is offered"),
	N_("Offer AES-GCM or ChaCha20-Poly1305")),
    CAP("grade.no-forward-secrecy", "B", no_fs,
	N_("No cipher with forward secrecy is offered"),
	N_("Offer ECDHE ciphers")),
    CAP("grade.rc4", "B", rc4, N_("RC4 is offered"),
	N_("Take the RC4 ciphers out of the cipher list")),
    CAP("grade.beast", "B", beast,
	N_("CBC ciphers are offered with TLS 1.0 or SSL 3 (BEAST)"),
	N_("Switch SSL 3 and TLS 1.0 off")),
    CAP("grade.key-exchange-weak", "B", kx80,
	N_("The key or the Diffie-Hellman group has less than 2048 bits"),
	N_("Use a key and Diffie-Hellman parameters of at least 2048 bits")),
    CAP("grade.chain-incomplete", "B", incomplete,
	N_("The chain is incomplete: the issuer of the last certificate that "
	   "was sent is missing"),
	N_("Install the full chain (fullchain.pem), not the certificate "
	   "alone")),
    WARN("grade.no-tls13", no_tls13, N_("TLS 1.3 is not offered"),
	N_("Switch TLS 1.3 on")),
    WARN("grade.no-secure-renegotiation", no_reneg,
	N_("Secure renegotiation (RFC 5746) is not supported"),
	N_("Update the TLS library")),
};
_Static_assert(COUNT(rules) <= GRADE_CAPS_MAX, "a cap for each rule");

/* ---- the letter ---- */

static bool
complete(const struct grade_facts *f)
{
	const enum grade_known all[] = {f->export_suite, f->anonymous_suite,
	    f->null_suite, f->rc4, f->rc4_on_tls11_up, f->block64,
	    f->block64_on_tls11_up, f->cbc_on_tls10, f->aead,
	    f->forward_secrecy, f->md5_signature, f->sha1_signature,
	    f->exponent_one, f->trusted, f->expired, f->not_yet_valid,
	    f->self_signed, f->chain_incomplete, f->name_match,
	    f->secure_renegotiation, f->compression, f->heartbleed, f->poodle};
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i] == GRADE_UNTESTED)
			return false;
	for (size_t i = 0; i < GRADE_VERSIONS; i++)
		if (f->version[i] == GRADE_UNTESTED)
			return false;
	return true;
}

static unsigned
score_rank(unsigned score)
{
	static const unsigned least[] = {80, 65, 50, 35, 20};
	static const char *const letter[] = {"A", "B", "C", "D", "E"};
	for (size_t i = 0; i < COUNT(least); i++)
		if (score >= least[i])
			return letter_rank(letter[i]);
	return RANK_F;
}

void
grade_judge(const struct grade_facts *f, struct grade *out)
{
	struct grade g = {.protocol = score_protocol(f),
	    .key_exchange = score_key_exchange(f),
	    .cipher = score_cipher(f),
	    .complete = complete(f)};
	if (g.protocol != 0 && g.key_exchange != 0 && g.cipher != 0)
		g.score = g.protocol * 30 / 100 + g.key_exchange * 30 / 100 +
			  g.cipher * 40 / 100;
	unsigned rank = score_rank(g.score);
	bool warned = false;
	for (size_t i = 0; i < COUNT(rules); i++) {
		if (!rules[i].hit(f, g.key_exchange))
			continue;
		g.caps[g.cap_n++] = &rules[i].cap;
		if (rules[i].cap.warning)
			warned = true;
		else if (letter_rank(rules[i].cap.letter) > rank)
			rank = letter_rank(rules[i].cap.letter);
	}
	if (rank == RANK_A && warned)
		rank = RANK_A_MINUS;
	else if (rank == RANK_A && g.complete)
		rank = RANK_A_PLUS;
	if (rank >= RANK_F)
		g.protocol = g.key_exchange = g.cipher = g.score = 0;
	g.letter = letters[rank];
	*out = g;
}

/* ---- confidence factor ---- */

/* Percent of what a version, a cipher and a certificate can bring. */
static unsigned
percent_version(enum grade_version v)
{
	static const uint8_t percent[GRADE_VERSIONS] = {
	    [GRADE_SSL3] = 20,
	    [GRADE_TLS10] = 60,
	    [GRADE_TLS11] = 70,
	    [GRADE_TLS12] = 95,
	    [GRADE_TLS13] = 100,
	};
	return v < GRADE_VERSIONS ? percent[v] : 0;
}

static unsigned
percent_cipher(const struct confidence_mx *m)
{
	static const struct step bits[] = {{112, 0}, {128, 20}, {256, 55}};
	unsigned p = step_score(bits, COUNT(bits), m->cipher_bits);
	if (p > 60)
		p = 60;
	return p + (m->cipher_aead ? 20 : 0) + (m->cipher_fs ? 20 : 0);
}

unsigned
confidence_mx_score(const struct confidence_mx *m)
{
	if (!m->reachable)
		return 50;
	if (!m->tls)
		return 0;
	unsigned cert = (m->cert_valid ? 40 : 0) + (m->cert_name ? 40 : 0) +
			(m->key_strong ? 20 : 0);
	unsigned hundredths = 50 * percent_version(m->version) +
			      25 * percent_cipher(m) + 25 * cert;
	return (hundredths + 50) / 100 + (m->mta_sts ? 10 : 0) +
	       (m->dane ? 11 : 0);
}

static bool
counts(const struct confidence_mx *m, bool ignore_unreachable)
{
	return m->reachable || !ignore_unreachable;
}

/* The least preference of v that is at least from; -1: none. */
static int32_t
next_preference(
    const struct confidence_mx *v, size_t n, bool ignore, int32_t from)
{
	int32_t least = -1;
	for (size_t i = 0; i < n; i++) {
		int32_t p = v[i].preference;
		if (counts(&v[i], ignore) && p >= from &&
		    (least < 0 || p < least))
			least = p;
	}
	return least;
}

/* 2^-32 and below would not move an integer: those count nothing. */
enum { RANKS = 32 };

unsigned
confidence_factor(
    const struct confidence_mx *v, size_t n, bool ignore_unreachable)
{
	uint64_t sum = 0, weights = 0;
	int32_t p = next_preference(v, n, ignore_unreachable, 0);
	for (unsigned rank = 0; p >= 0 && rank < RANKS; rank++) {
		uint64_t w = 1ull << (RANKS - 1 - rank);
		for (size_t i = 0; i < n; i++) {
			if (v[i].preference != p ||
			    !counts(&v[i], ignore_unreachable))
				continue;
			sum += w * confidence_mx_score(&v[i]);
			weights += w;
		}
		p = next_preference(v, n, ignore_unreachable, p + 1);
	}
	return weights == 0 ? 0 : (unsigned)((sum + weights / 2) / weights);
}
