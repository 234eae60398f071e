/* trace_tls.c - what a Received field says of TLS. */
#include "proto/mail/trace_priv.h"

bool
trace_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice
trace_word(struct slice s)
{
	size_t n = 0;
	while (n < s.n && !trace_space(s.p[n]) && s.p[n] != ',' &&
	       s.p[n] != ';' && s.p[n] != ')')
		n++;
	return slice_to(s, n);
}

static struct slice
skip_space(struct slice s)
{
	size_t n = 0;
	while (n < s.n && (trace_space(s.p[n]) || s.p[n] == ','))
		n++;
	return slice_from(s, n);
}

/* The next word; white space and commas between. */
static struct slice
take(struct slice *s)
{
	*s = skip_space(*s);
	struct slice w = trace_word(*s);
	*s = slice_from(*s, w.n > 0 ? w.n : 1);
	return w;
}

/* bits = 1*5DIGIT ["/" 1*5DIGIT] */
static void
read_bits(struct slice s, struct trace_hop *h)
{
	size_t slash = slice_find(s, '/');
	uint64_t a, b;
	if (!slice_u64(slice_to(s, slash), &a) || a > 99999)
		return;
	h->bits = (unsigned)a;
	h->no_bits = a == 0;
	if (slice_u64(slice_from(s, slash + 1), &b) && b <= 99999)
		h->bits_of = (unsigned)b;
}

static bool
has_prefix(struct slice s, struct slice prefix, struct slice *after)
{
	if (!slice_starts_nocase(s, prefix))
		return false;
	*after = slice_from(s, prefix.n);
	return true;
}

/* version=TLS1_3 cipher=NAME bits=256/256 verify=OK: Gmail, sendmail, Exchange
 * (with commas), Haraka, kurir. */
static bool
pairs_clause(struct slice s, struct trace_hop *h)
{
	struct slice v;
	if (!slice_starts_nocase(s, SLICE("version=")))
		return false;
	while (s.n > 0) {
		struct slice w = take(&s);
		if (has_prefix(w, SLICE("version="), &v))
			h->version = v;
		else if (has_prefix(w, SLICE("cipher="), &v))
			h->cipher = v;
		else if (has_prefix(w, SLICE("bits="), &v))
			read_bits(v, h);
		else if (has_prefix(w, SLICE("verify="), &v))
			h->verified = slice_eq_nocase(v, SLICE("OK"));
	}
	return true;
}

/* using TLSv1.3 with cipher NAME (256/256 bits) key-exchange...: Postfix,
 * Postini (without cipher), Yandex. */
static bool
using_clause(struct slice s, struct trace_hop *h)
{
	if (!has_prefix(s, SLICE("using "), &s))
		return false;
	struct slice version = take(&s);
	if (!slice_starts_nocase(version, SLICE("TLS")) &&
	    !slice_starts_nocase(version, SLICE("SSL")))
		return false;
	h->version = version;
	if (!slice_eq(take(&s), SLICE("with")) ||
	    !slice_eq(take(&s), SLICE("cipher")))
		return true;
	h->cipher = take(&s);
	s = skip_space(s);
	if (s.n > 0 && *s.p == '(')
		read_bits(trace_word(slice_from(s, 1)), h);
	return true;
}

/* TLS1.2:NAME:256 of Exim, with a fourth part YES or NO of OpenSMTPD; TLS1.3
 * alone, the cipher follows "tls"; TLS alone of Exchange 2010. */
static bool
colon_clause(struct slice s, struct trace_hop *h)
{
	struct slice part[4] = {{0}};
	if (!slice_starts_nocase(s, SLICE("TLS")) &&
	    !slice_starts_nocase(s, SLICE("SSL")))
		return false;
	if (trace_word(s).n != s.n)
		return false;
	for (size_t i = 0; i < 4; i++) {
		size_t n = slice_find(s, ':');
		part[i] = slice_to(s, n);
		s = slice_from(s, n + 1);
	}
	if (part[0].n > 3)
		h->version = part[0];
	h->cipher = part[1];
	read_bits(part[2], h);
	h->verified = h->verified || slice_eq_nocase(part[3], SLICE("YES"));
	return true;
}

/* TLS: TLSv1.2,128bits,NAME of Courier, after "AUTH: PLAIN name, " perhaps. */
static bool
courier_clause(struct slice s, struct trace_hop *h)
{
	if (has_prefix(s, SLICE("AUTH: "), &s)) {
		h->authenticated = true;
		s = slice_from(s, slice_find(s, ','));
		s = skip_space(s);
	}
	if (!has_prefix(s, SLICE("TLS: "), &s))
		return false;
	h->version = take(&s);
	struct slice bits = take(&s);
	if (slice_ends_nocase(bits, SLICE("bits")))
		read_bits(slice_to(bits, bits.n - 4), h);
	h->cipher = take(&s);
	return true;
}

/* NAME encrypted: qmail with a patch for TLS. */
static bool
encrypted_clause(struct slice s, struct trace_hop *h)
{
	struct slice cipher = trace_word(s);
	struct slice rest = skip_space(slice_from(s, cipher.n));
	if (cipher.n == 0 || !slice_eq(rest, SLICE("encrypted")))
		return false;
	h->cipher = cipher;
	return true;
}

bool
trace_clause(struct slice comment, bool before_by, struct trace_hop *h)
{
	struct slice s = slice_trim(skip_space(comment));
	bool told = using_clause(s, h) || courier_clause(s, h);
	if (!told && !before_by)
		told = pairs_clause(s, h) || colon_clause(s, h) ||
		       encrypted_clause(s, h);
	if (told)
		h->tls = TRACE_TLS_YES;
	return told;
}

/* ---- the protocol ---- */

/* ESMTP, LMTP, UTF8SMTP... with S, A or both (RFC 3848, 6531). false: none of
 * these. */
static bool
keyword(struct slice w, bool *s, bool *a)
{
	static const char *const roots[] = {
	    "UTF8SMTP", "UTF8LMTP", "ESMTP", "SMTP", "LMTP"};
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		struct slice tail;
		if (!has_prefix(w, slice_str(roots[i]), &tail))
			continue;
		*s = slice_eq_nocase(tail, SLICE("S")) ||
		     slice_eq_nocase(tail, SLICE("SA"));
		*a = slice_eq_nocase(tail, SLICE("A")) ||
		     slice_eq_nocase(tail, SLICE("SA"));
		return tail.n == 0 || *s || *a;
	}
	return false;
}

/* ESMTP/TLS/AES128-SHA: IronPort */
static bool
slashed(struct slice w, struct trace_hop *h)
{
	size_t at = slice_find(w, '/');
	struct slice tail = slice_from(w, at);
	if (!has_prefix(tail, SLICE("/TLS"), &tail))
		return false;
	h->tls = TRACE_TLS_YES;
	if (tail.n > 1 && *tail.p == '/')
		h->cipher = slice_from(tail, 1);
	return true;
}

/* Writers that say of TLS wherever it was: that they say nothing is a No. */
static bool
tells(enum trace_writer w)
{
	return w != TRACE_WRITER_UNKNOWN && w != TRACE_QMAIL;
}

/* Who puts its clause there says S too where it means it. */
static bool
not_its_own(const struct trace_hop *h)
{
	return h->writer != TRACE_WRITER_UNKNOWN &&
	       h->writer != TRACE_PROOFPOINT;
}

/* NULL-SHA256, TLS_RSA_WITH_NULL_SHA; TLS_SHA256_SHA256 (RFC 9150): signed,
 * and for all to read. */
static bool
hides_nothing(const struct trace_hop *h)
{
	bool null = slice_eq_nocase(h->cipher, SLICE("TLS_SHA256_SHA256")) ||
		    slice_eq_nocase(h->cipher, SLICE("TLS_SHA384_SHA384"));
	for (size_t i = 0; i < h->cipher.n; i++)
		null = null || slice_starts_nocase(
				   slice_from(h->cipher, i), SLICE("NULL"));
	return null || h->no_bits;
}

void
trace_with(struct trace_hop *h, bool early)
{
	struct slice w = trace_word(h->with);
	bool s = false, a = false;
	bool known = keyword(w, &s, &a);
	h->authenticated = h->authenticated || a;
	if (slashed(w, h) || s || slice_eq_nocase(w, SLICE("HTTPS"))) {
		h->tls = TRACE_TLS_YES;
	} else if (early && known && not_its_own(h)) {
		h->tls = TRACE_TLS_UNKNOWN;
		h->version = h->cipher = SLICE_EMPTY;
		h->bits = h->bits_of = 0;
		h->no_bits = false;
	} else if (h->tls == TRACE_TLS_UNKNOWN && tells(h->writer) &&
		   (known ||
		       slice_starts_nocase(h->with, SLICE("Microsoft SMTP")))) {
		h->tls = TRACE_TLS_NO;
	}
	if (h->tls == TRACE_TLS_YES && hides_nothing(h))
		h->tls = TRACE_TLS_NO;
}
