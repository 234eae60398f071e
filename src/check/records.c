/* records.c - DMARC, DKIM and TLSRPT records as text. */
#include "check/sender.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/base64.h"

static struct slice
trim(struct slice s)
{
	while (s.n > 0 && (s.p[0] <= ' '))
		s = slice_from(s, 1);
	while (s.n > 0 && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

bool
record_tag_next(
    struct slice *rest, struct slice *out_name, struct slice *out_value)
{
	while (rest->n > 0) {
		size_t end = slice_find(*rest, ';');
		struct slice part = trim(slice_to(*rest, end));
		*rest = slice_from(*rest, end + 1);
		if (part.n == 0)
			continue;
		size_t eq = slice_find(part, '=');
		*out_name = trim(slice_to(part, eq));
		*out_value = trim(slice_from(part, eq + 1));
		return true;
	}
	return false;
}

/* ---- DMARC (RFC 7489 6.3) ---- */

const char *
dmarc_policy_name(enum dmarc_policy p)
{
	static const char *const names[] = {[DMARC_BROKEN] = "broken",
	    [DMARC_NONE] = "none",
	    [DMARC_QUARANTINE] = "quarantine",
	    [DMARC_REJECT] = "reject"};
	return names[p];
}

static enum dmarc_policy
read_policy(struct slice v)
{
	for (enum dmarc_policy p = DMARC_NONE; p <= DMARC_REJECT; p++)
		if (slice_eq_nocase(v, slice_str(dmarc_policy_name(p))))
			return p;
	return DMARC_BROKEN;
}

static void
take_dmarc(struct dmarc_record *d, struct slice name, struct slice value)
{
	if (slice_eq(name, SLICE("p"))) {
		d->policy = read_policy(value);
	} else if (slice_eq(name, SLICE("sp"))) {
		d->sub = read_policy(value);
		if (d->sub == DMARC_BROKEN)
			d->wrong = N_("sp is none of none, quarantine, reject");
	} else if (slice_eq(name, SLICE("pct"))) {
		if (!slice_u64(value, &d->percent) || d->percent > 100) {
			d->percent = 100;
			d->wrong = N_("pct is not a number of 0 to 100");
		}
	} else if (slice_eq(name, SLICE("rua"))) {
		d->rua = value;
	} else if (slice_eq(name, SLICE("ruf"))) {
		d->ruf = value;
	} else if (slice_eq(name, SLICE("adkim"))) {
		d->strict_dkim = slice_eq_nocase(value, SLICE("s"));
	} else if (slice_eq(name, SLICE("aspf"))) {
		d->strict_spf = slice_eq_nocase(value, SLICE("s"));
	}
}

bool
dmarc_record_read(struct slice txt, struct dmarc_record *out)
{
	struct dmarc_record d = {.percent = 100};
	struct slice name, value;
	if (!record_tag_next(&txt, &name, &value) ||
	    !slice_eq(name, SLICE("v")) || !slice_eq(value, SLICE("DMARC1")))
		return false;
	while (record_tag_next(&txt, &name, &value))
		take_dmarc(&d, name, value);
	if (d.policy == DMARC_BROKEN)
		d.wrong = N_("p is none of none, quarantine, reject");
	if (d.sub == DMARC_BROKEN)
		d.sub = d.policy;
	*out = d;
	return true;
}

/* ---- DKIM (RFC 6376 3.6.1, RFC 8463) ---- */

static unsigned
key_bits(struct slice der)
{
	const unsigned char *at = der.p;
	if (der.n == 0 || der.n > 16384)
		return 0;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)der.n);
	int bits = key != NULL && EVP_PKEY_base_id(key) == EVP_PKEY_RSA
		       ? EVP_PKEY_bits(key)
		       : 0;
	EVP_PKEY_free(key);
	return bits > 0 ? (unsigned)bits : 0;
}

static void
read_key(struct dkim_record *d, struct slice p)
{
	struct buf text, der;
	buf_init(&text, 32768);
	buf_init(&der, 32768);
	for (size_t i = 0; i < p.n; i++)
		if (p.p[i] > ' ')
			buf_add_byte(&text, p.p[i]);
	bool good = base64_decode(buf_slice(&text), &der) == ERR_OK;
	if (text.n == 0)
		d->revoked = true;
	else if (!good)
		d->wrong = N_("p is not base64");
	else if (d->key_type[0] == 'e')
		d->bits = der.n == 32 ? 256 : 0;
	else
		d->bits = key_bits(buf_slice(&der));
	if (text.n > 0 && good && d->bits == 0)
		d->wrong = N_("p holds no public key of that kind");
	buf_free(&text);
	buf_free(&der);
}

bool
dkim_record_read(struct slice txt, struct dkim_record *out)
{
	struct dkim_record d = {.key_type = "rsa"};
	struct slice name, value, p = SLICE_EMPTY;
	bool first = true, has_p = false;
	for (; record_tag_next(&txt, &name, &value); first = false) {
		if (slice_eq(name, SLICE("v")) &&
		    (!first || !slice_eq(value, SLICE("DKIM1"))))
			return false;
		if (slice_eq(name, SLICE("k"))) {
			if (slice_eq_nocase(value, SLICE("ed25519")))
				d.key_type = "ed25519";
			else if (!slice_eq_nocase(value, SLICE("rsa")))
				d.wrong = N_("k is neither rsa nor ed25519");
		} else if (slice_eq(name, SLICE("p"))) {
			has_p = true;
			p = value;
		} else if (slice_eq(name, SLICE("t"))) {
			d.testing =
			    value.n > 0 && slice_find(value, 'y') < value.n;
		}
	}
	if (!has_p)
		return false;
	if (d.wrong == NULL)
		read_key(&d, p);
	*out = d;
	return true;
}

/* ---- TLSRPT (RFC 8460 3) ---- */

bool
tlsrpt_record_read(struct slice txt, struct tlsrpt_record *out)
{
	struct tlsrpt_record t = {.wrong = N_("there is no rua=")};
	struct slice name, value;
	if (!record_tag_next(&txt, &name, &value) ||
	    !slice_eq(name, SLICE("v")) || !slice_eq(value, SLICE("TLSRPTv1")))
		return false;
	while (record_tag_next(&txt, &name, &value))
		if (slice_eq(name, SLICE("rua"))) {
			t.rua = value;
			t.wrong =
			    slice_starts_nocase(value, SLICE("mailto:")) ||
				    slice_starts_nocase(
					value, SLICE("https://"))
				? NULL
				: N_("rua is neither mailto: nor "
				     "https://");
		}
	*out = t;
	return true;
}
