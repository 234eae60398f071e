/* tls_facts.c - from what was seen to facts, a letter and a number. */
#include <string.h>

#include "check/tls_priv.h"

static enum grade_known
known(bool yes)
{
	return yes ? GRADE_YES : GRADE_NO;
}

bool
tls_cert_ok(const struct tls_visit *v)
{
	return v->chain != NULL && v->chain->cause == NULL &&
	       v->staple.state != CERT_STAPLE_REVOKED;
}

bool
tls_stage_ok(const struct tls_visit *v, enum probe_stage s)
{
	if (s == PROBE_CERT)
		return v->r.tls && tls_cert_ok(v);
	return v->r.stage[s].reached && v->r.stage[s].ok;
}

bool
tls_refused(const struct tls_visit *v)
{
	/* silence is no refusal, "later" may be greylisting, and an address
	 * that nobody has is refused inside TLS, too */
	for (size_t i = 0; i < v->r.step_n; i++)
		if (v->r.steps[i].came &&
		    tls_wanted(v->r.steps[i].code, v->r.steps[i].text))
			return true;
	return false;
}

/* ---- the agreed version and cipher ---- */

static enum grade_version
version_of(const char *name)
{
	static const char *const names[GRADE_VERSIONS] = {
	    "SSL2", "SSL3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3"};
	for (unsigned i = 0; i < GRADE_VERSIONS; i++)
		if (strcmp(names[i], name) == 0)
			return (enum grade_version)i;
	return strcmp(name, "TLS1_0") == 0 ? GRADE_TLS10 : GRADE_VERSIONS;
}

static const struct tls_suite *
suite_of(const char *name)
{
	size_t n;
	const struct tls_suite *v = tls_suites(&n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].openssl, name) == 0 ||
		    strcmp(v[i].name, name) == 0)
			return &v[i];
	return NULL;
}

/* ---- ciphers ---- */

static void
raise(enum grade_known *k, bool yes)
{
	if (yes)
		*k = GRADE_YES;
}

static void
add_suite(struct grade_facts *f, const struct tls_suite *s, unsigned version)
{
	struct tls_suite_facts is;
	tls_suite_judge(s, &is);
	if (is.bits < f->cipher_bits_worst)
		f->cipher_bits_worst = is.bits;
	if (is.bits > f->cipher_bits_best)
		f->cipher_bits_best = is.bits;
	raise(&f->export_suite, is.export_grade);
	raise(&f->anonymous_suite, is.anonymous);
	raise(&f->null_suite, is.null);
	raise(&f->rc4, is.rc4);
	raise(&f->rc4_on_tls11_up, is.rc4 && version >= GRADE_TLS11);
	raise(&f->block64, is.block64);
	raise(&f->block64_on_tls11_up, is.block64 && version >= GRADE_TLS11);
	raise(&f->cbc_on_tls10,
	    is.cbc && version >= GRADE_SSL3 && version <= GRADE_TLS10);
	raise(&f->poodle, is.cbc && version == GRADE_SSL3);
	raise(&f->aead, is.aead);
	raise(&f->forward_secrecy, is.forward_secrecy);
}

static void
set_ciphers(struct grade_facts *f, enum grade_known to)
{
	f->export_suite = f->anonymous_suite = f->null_suite = f->rc4 =
	    f->rc4_on_tls11_up = f->block64 = f->block64_on_tls11_up =
		f->cbc_on_tls10 = f->aead = f->forward_secrecy = f->poodle = to;
}

void
tls_agreed(const struct tls_visit *v, struct scan_opts *o)
{
	const struct tls_suite *s = suite_of(v->r.tls_info.cipher);
	enum grade_version version = version_of(v->r.tls_info.version);
	if (!v->r.tls || s == NULL || version == GRADE_VERSIONS)
		return;
	o->version = version;
	o->suite = (uint16_t)s->id;
}

/* All that was found; what was not asked to the end may hide more. */
static void
from_scan(struct grade_facts *f, const struct scan_result *s)
{
	enum grade_known order = GRADE_YES;
	bool whole = true;
	for (unsigned i = 0; i < GRADE_VERSIONS; i++)
		whole &= s->version[i].offered != GRADE_UNTESTED &&
			 !s->version[i].cut;
	set_ciphers(f, whole ? GRADE_NO : GRADE_UNTESTED);
	for (unsigned i = 0; i < GRADE_VERSIONS; i++) {
		const struct scan_version *v = &s->version[i];
		f->version[i] = v->offered;
		for (size_t k = 0; k < v->suite_n; k++) {
			const struct tls_suite *t =
			    i == GRADE_SSL2
				? tls_ssl2_suite_find(v->suite[k])
				: tls_suite_find((uint16_t)v->suite[k]);
			if (t != NULL)
				add_suite(f, t, i);
		}
		if (v->offered == GRADE_YES && order != GRADE_NO &&
		    v->server_order != GRADE_YES)
			order = v->server_order;
	}
	f->server_order = order;
	f->dh_bits = s->dh_bits;
	f->secure_renegotiation = s->secure_renegotiation;
	f->client_renegotiation = s->client_renegotiation;
	f->compression = s->compression;
	f->heartbleed = s->heartbleed;
}

/* One handshake is all there was: what it agreed on stands. */
static void
from_handshake(struct grade_facts *f, const struct tls_info *t)
{
	const struct tls_suite *s = suite_of(t->cipher);
	enum grade_version version = version_of(t->version);
	for (unsigned i = 0; i < GRADE_VERSIONS; i++)
		f->version[i] = GRADE_UNTESTED;
	set_ciphers(f, GRADE_UNTESTED);
	f->server_order = f->secure_renegotiation = f->client_renegotiation =
	    f->compression = f->heartbleed = GRADE_UNTESTED;
	if (version < GRADE_VERSIONS)
		f->version[version] = GRADE_YES;
	if (s != NULL)
		add_suite(f, s, version);
}

static void
from_chain(struct grade_facts *f, const struct cert_chain *c)
{
	const struct cert *leaf = &c->v[0];
	f->key_ec = leaf->key_ec;
	f->key_bits = leaf->key_bits;
	f->trusted = known(c->trusted);
	f->expired = known(c->expired);
	f->not_yet_valid = known(c->not_yet_valid);
	f->self_signed = known(c->self_signed);
	f->chain_incomplete = known(c->incomplete);
	f->name_match = known(c->name_match);
	f->sha1_signature = known(c->sha1_signature);
	f->md5_signature = known(c->md5_signature);
	f->exponent_one = known(c->exponent_one);
	f->revoked = GRADE_UNTESTED;
}

static void
no_chain(struct grade_facts *f)
{
	f->key_bits = 2048; /* no cap for what was not seen */
	f->trusted = f->expired = f->not_yet_valid = f->self_signed =
	    f->chain_incomplete = f->name_match = f->sha1_signature =
		f->md5_signature = f->exponent_one = f->revoked =
		    GRADE_UNTESTED;
}

static bool
any_version(const struct grade_facts *f)
{
	for (unsigned i = 0; i < GRADE_VERSIONS; i++)
		if (f->version[i] == GRADE_YES)
			return true;
	return false;
}

static void
judge_letter(struct tls_visit *v)
{
	struct grade_facts *f = &v->facts;
	*f = (struct grade_facts){.cipher_bits_worst = ~0u,
	    .starttls = !v->run->o.implicit,
	    .strict_starttls = v->run->o.strict_starttls};
	if (!v->r.tls && !v->scanned)
		return;
	from_handshake(f, &v->r.tls_info);
	if (v->scanned)
		from_scan(f, v->s);
	bool seen =
	    v->chain != NULL && v->chain->n > 0 && v->chain->v[0].readable;
	if (seen)
		from_chain(f, v->chain);
	else
		no_chain(f);
	if (v->staple.state == CERT_STAPLE_REVOKED)
		f->revoked = GRADE_YES;
	else if (v->staple.state == CERT_STAPLE_GOOD)
		f->revoked = GRADE_NO;
	if (!any_version(f))
		return;
	if (f->cipher_bits_worst > f->cipher_bits_best)
		f->cipher_bits_worst = f->cipher_bits_best;
	grade_judge(f, &v->grade);
	/* What was not asked can only make it worse: bad is known early. */
	char letter = v->grade.letter[0];
	v->graded = true;
	v->lettered =
	    letter == 'F' || letter == 'T' || letter == 'M' ||
	    (seen && v->grade.complete && v->r.stage[PROBE_SECURE].ok);
}

static bool
host_dane(const struct tls_visit *v)
{
	const struct tls_host *t = &v->run->host[v->host];
	struct dane_host copy = t->dane;
	const struct slice names[] = {
	    slice_str(t->h.name), slice_str(v->run->domain)};
	if (!t->dane_came || v->r.cert_n == 0)
		return false;
	dane_compare(&copy, v->r.certs, v->r.cert_n, names,
	    v->run->domain[0] != '\0' ? 2 : 1, check_now_s(v->run->c));
	return copy.state == DANE_MATCH;
}

/* A server too old for our library: what the scan found. */
static void
what_it_has(struct confidence_mx *m, const struct grade_facts *f)
{
	for (unsigned i = 0; i < GRADE_VERSIONS; i++) {
		if (f->version[i] != GRADE_YES)
			continue;
		m->tls = true;
		m->version = (enum grade_version)i;
	}
	m->cipher_bits = m->tls ? f->cipher_bits_best : 0;
	m->cipher_aead = f->aead == GRADE_YES;
	m->cipher_fs = f->forward_secrecy == GRADE_YES;
}

static void
judge_confidence(struct tls_visit *v)
{
	const struct tls_run *run = v->run;
	const struct check_host *h = &run->host[v->host].h;
	const struct tls_suite *s = suite_of(v->r.tls_info.cipher);
	struct confidence_mx *m = &v->confidence;
	struct tls_suite_facts is = {0};
	if (s != NULL)
		tls_suite_judge(s, &is);
	*m = (struct confidence_mx){
	    .preference = h->preference,
	    .reachable =
		v->r.stage[PROBE_ANSWER].ok && v->r.stage[PROBE_CONNECT].ok,
	    .tls = v->r.tls && v->r.stage[PROBE_SECURE].ok,
	    .version = version_of(v->r.tls_info.version),
	    .cipher_bits = v->r.tls_info.bits_used,
	    .cipher_aead = is.aead,
	    .cipher_fs = is.forward_secrecy,
	};
	if (!v->r.tls && v->scanned)
		what_it_has(m, &v->facts);
	if (v->chain != NULL) {
		const struct cert *leaf = &v->chain->v[0];
		m->cert_valid = v->chain->trusted && !v->chain->expired &&
				!v->chain->not_yet_valid &&
				v->staple.state != CERT_STAPLE_REVOKED;
		m->cert_name = v->chain->name_match;
		m->key_strong = leaf->key_bits >= (leaf->key_ec ? 224u : 2048u);
	}
	m->mta_sts = run->sts_came && run->sts.state == STS_POLICY &&
		     run->sts.policy.mode == STS_ENFORCE &&
		     sts_mx_match(&run->sts.policy, slice_str(h->name)) &&
		     m->cert_valid && m->cert_name && !v->chain->name_by_cn;
	m->dane = host_dane(v);
}

void
tls_judge(struct tls_visit *v)
{
	judge_letter(v);
	judge_confidence(v);
}
