/* cert.c - one certificate, and the trust in a chain of them. */
#include "check/cert.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "check/cert_priv.h"

struct cert_trust {
	X509_STORE *store;
};

/* ---- trust ---- */

static size_t
add_anchors(X509_STORE *store, struct slice pem)
{
	size_t n = 0;
	BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
	for (X509 *x; in != NULL &&
		      (x = PEM_read_bio_X509_AUX(in, NULL, NULL, NULL)) != NULL;
	     n++) {
		(void)X509_STORE_add_cert(store, x);
		X509_free(x);
	}
	BIO_free(in);
	ERR_clear_error();
	return n;
}

/* "1a2b3c4d.0" */
static bool
hash_name(const char *s)
{
	return strspn(s, "0123456789abcdef") == 8 && strcmp(s + 8, ".0") == 0;
}

/* The system's anchors. A directory of hashed names is read as it is needed;
 * one file of all of them would cost every question 20 ms. */
static void
add_system(X509_STORE *store)
{
	const char *path = X509_get_default_cert_dir();
	DIR *dir = getenv(X509_get_default_cert_dir_env()) == NULL &&
			   getenv(X509_get_default_cert_file_env()) == NULL
		       ? opendir(path)
		       : NULL;
	bool hashed = false;
	for (const struct dirent *e;
	     dir != NULL && !hashed && (e = readdir(dir)) != NULL;)
		hashed = hash_name(e->d_name);
	if (dir != NULL)
		(void)closedir(dir);
	if (!hashed || X509_STORE_load_path(store, path) != 1)
		(void)X509_STORE_set_default_paths(store);
	ERR_clear_error();
}

enum err
cert_trust_new(struct slice ca_pem, struct cert_trust **out, struct diag *d)
{
	struct cert_trust *t = OPENSSL_zalloc(sizeof(*t));
	if (t != NULL)
		t->store = X509_STORE_new();
	if (t == NULL || t->store == NULL) {
		OPENSSL_free(t);
		return diag_set(d, ERR_NOMEM, NULL, "out of memory");
	}
	if (ca_pem.n == 0) {
		add_system(t->store);
	} else if (ca_pem.n > INT32_MAX || add_anchors(t->store, ca_pem) == 0) {
		cert_trust_free(t);
		return diag_set(
		    d, ERR_SYNTAX, NULL, "there is no certificate in it");
	}
	*out = t;
	return ERR_OK;
}

void
cert_trust_free(struct cert_trust *t)
{
	if (t == NULL)
		return;
	X509_STORE_free(t->store);
	OPENSSL_free(t);
}

X509_STORE *
cert_trust_store(const struct cert_trust *t)
{
	return t->store;
}

/* ---- one certificate ---- */

static struct slice
keep(struct arena *mem, const void *p, size_t n)
{
	struct slice s = slice_of(p, n > CERT_TEXT_MAX ? CERT_TEXT_MAX : n);
	return arena_slice(mem, s, &s) ? s : SLICE_EMPTY;
}

static struct slice
name_text(struct arena *mem, const X509_NAME *name)
{
	struct slice s = SLICE_EMPTY;
	BIO *out = BIO_new(BIO_s_mem());
	char *p = NULL;
	/* as people write it, UTF-8; the report makes it harmless */
	unsigned long flags =
	    (XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB & ~XN_FLAG_SPC_EQ);
	if (out != NULL && X509_NAME_print_ex(out, name, 0, flags) >= 0) {
		long n = BIO_get_mem_data(out, &p);
		if (n > 0)
			s = keep(mem, p, (size_t)n);
	}
	BIO_free(out);
	return s;
}

static struct slice
common_name(struct arena *mem, X509_NAME *name)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	if (at < 0)
		return SLICE_EMPTY;
	const ASN1_STRING *s =
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	return keep(
	    mem, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static void
add_name(struct cert *c, struct arena *mem, const GENERAL_NAME *g)
{
	struct slice name = SLICE_EMPTY;
	if (g->type == GEN_DNS) {
		name = keep(mem, ASN1_STRING_get0_data(g->d.dNSName),
		    (size_t)ASN1_STRING_length(g->d.dNSName));
	} else if (g->type == GEN_IPADD) {
		const ASN1_STRING *s = g->d.iPAddress;
		int n = ASN1_STRING_length(s);
		struct ip ip = {.family = n == 16 ? 6 : 4};
		char text[IP_TEXT_MAX];
		if (n != 4 && n != 16)
			return;
		memcpy(ip.b, ASN1_STRING_get0_data(s), (size_t)n);
		ip_text(&ip, text);
		name = keep(mem, text, strlen(text));
	}
	if (name.n > 0)
		c->names[c->name_n++] = name;
}

static void
read_names(struct cert *c, struct arena *mem, X509 *x)
{
	GENERAL_NAMES *v =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int n = v != NULL ? sk_GENERAL_NAME_num(v) : 0;
	for (int i = 0; i < n; i++) {
		if (c->name_n == CERT_NAMES_MAX) {
			c->names_left_out = (size_t)(n - i);
			break;
		}
		add_name(c, mem, sk_GENERAL_NAME_value(v, i));
	}
	GENERAL_NAMES_free(v);
}

static uint64_t
time_s(const ASN1_TIME *t)
{
	struct tm tm;
	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return 0;
	time_t s = timegm(&tm);
	return s > 0 ? (uint64_t)s : 0;
}

static void
read_key(struct cert *c, struct arena *mem, X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	if (key == NULL)
		return;
	const char *type = EVP_PKEY_get0_type_name(key);
	c->key_type =
	    type != NULL ? keep(mem, type, strlen(type)) : SLICE("unknown");
	int bits = EVP_PKEY_get_bits(key), id = EVP_PKEY_get_base_id(key);
	c->key_bits = bits > 0 ? (unsigned)bits : 0;
	c->key_ec =
	    id == EVP_PKEY_EC || id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448;
	BIGNUM *e = NULL;
	if (id == EVP_PKEY_RSA && EVP_PKEY_get_bn_param(key, "e", &e) == 1)
		c->exponent_one = BN_is_one(e);
	BN_free(e);
}

static void
read_signature(struct cert *c, struct arena *mem, X509 *x)
{
	int nid = X509_get_signature_nid(x), digest = NID_undef;
	const char *name = OBJ_nid2ln(nid);
	if (name != NULL)
		c->signature = keep(mem, name, strlen(name));
	(void)X509_get_signature_info(x, &digest, NULL, NULL, NULL);
	c->sha1_signature = digest == NID_sha1;
	c->md5_signature =
	    digest == NID_md5 || digest == NID_md2 || digest == NID_md4;
}

static void
read_serial(struct cert *c, struct arena *mem, X509 *x)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	char *hex = n != NULL ? BN_bn2hex(n) : NULL;
	if (hex != NULL)
		c->serial = keep(mem, hex, strlen(hex));
	OPENSSL_free(hex);
	BN_free(n);
}

static void
read_one(struct cert *c, struct arena *mem, X509 *x, struct slice der)
{
	*c = (struct cert){.readable = true, .octets = der.n};
	c->subject = name_text(mem, X509_get_subject_name(x));
	c->issuer = name_text(mem, X509_get_issuer_name(x));
	c->common_name = common_name(mem, X509_get_subject_name(x));
	c->not_before_s = time_s(X509_get0_notBefore(x));
	c->not_after_s = time_s(X509_get0_notAfter(x));
	c->self_issued = X509_NAME_cmp(X509_get_subject_name(x),
			     X509_get_issuer_name(x)) == 0;
	c->ca = X509_check_ca(x) > 0;
	read_names(c, mem, x);
	read_key(c, mem, x);
	read_signature(c, mem, x);
	read_serial(c, mem, x);
	(void)EVP_Digest(der.p, der.n, c->sha256, NULL, EVP_sha256(), NULL);
	(void)cert_key_sha256(x, c->key_sha256);
	ERR_clear_error();
}

X509 *
cert_parse(struct slice der)
{
	const uint8_t *p = der.p;
	if (der.n == 0 || der.n > INT32_MAX)
		return NULL;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);
	ERR_clear_error();
	return x;
}

static bool
names_host(X509 *x, struct slice host, unsigned flags)
{
	struct ip ip;
	if (ip_parse(host, &ip) == ERR_OK)
		return X509_check_ip(x, ip.b, ip.family == 6 ? 16u : 4u, 0) ==
		       1;
	return host.n > 0 &&
	       X509_check_host(x, (const char *)host.p, host.n,
		   flags | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

bool
cert_names_host(X509 *x, struct slice host)
{
	return names_host(x, host, 0);
}

bool
cert_names_host_by_cn(X509 *x, struct slice host)
{
	return names_host(x, host, 0) &&
	       !names_host(x, host, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
}

/* ---- the chain ---- */

/* What the library minds, gathered instead of obeyed. */
struct minded {
	int first;   /* X509_V_ERR_*, times aside */
	int missing; /* depth at which an issuer is missing, or -1 */
	bool expired, early;
};

static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
	struct minded *m = X509_STORE_CTX_get_app_data(ctx);
	int e = X509_STORE_CTX_get_error(ctx);
	if (ok)
		return 1;
	if (e == X509_V_ERR_CERT_HAS_EXPIRED)
		m->expired = true;
	else if (e == X509_V_ERR_CERT_NOT_YET_VALID)
		m->early = true;
	else if (m->first == X509_V_OK)
		m->first = e;
	if (e == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	    e == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT)
		m->missing = X509_STORE_CTX_get_error_depth(ctx);
	return 1;
}

static void
verify(const struct cert_trust *t, STACK_OF(X509) * chain, uint64_t now_s,
    struct minded *out)
{
	*out = (struct minded){X509_V_ERR_UNSPECIFIED, -1, false, false};
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	if (ctx == NULL || X509_STORE_CTX_init(ctx, t->store,
			       sk_X509_value(chain, 0), chain) != 1)
		goto end;
	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);
	(void)X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_SSL_SERVER);
	X509_VERIFY_PARAM_set_time(p, (time_t)now_s);
	X509_VERIFY_PARAM_set_depth(p, CERT_CHAIN_MAX);
	X509_VERIFY_PARAM_set_auth_level(p, 0);
	out->first = X509_V_OK;
	X509_STORE_CTX_set_app_data(ctx, out);
	X509_STORE_CTX_set_verify_cb(ctx, on_verify);
	/* Also when it gave up without a word. */
	if (X509_verify_cert(ctx) != 1 && out->first == X509_V_OK &&
	    !out->expired && !out->early)
		out->first = X509_V_ERR_UNSPECIFIED;
end:
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
}

static void
judge_trust(struct cert_chain *out, const struct minded *m)
{
	out->expired = m->expired;
	out->not_yet_valid = m->early;
	out->trusted = m->first == X509_V_OK;
	out->self_signed = m->first == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
	/* testssl's rule: an issuer that was not sent and is not known makes
	 * the chain incomplete; whether somebody trusts it stays open. */
	out->incomplete = m->missing >= 0 &&
			  m->first != X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN &&
			  !out->self_signed;
}

static void
judge_words(struct cert_chain *out, const struct minded *m, struct slice host,
    struct arena *mem)
{
	const char *why = "";
	if (m->first == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) {
		out->cause = "tls.cert-self-signed";
		why = "it is self-signed";
	} else if (m->first != X509_V_OK) {
		out->cause = "tls.cert-untrusted";
		why = X509_verify_cert_error_string(m->first);
	} else if (m->expired) {
		out->cause = "tls.cert-expired";
		why = "it has expired";
	} else if (m->early) {
		out->cause = "tls.cert-not-yet-valid";
		why = "it is not valid yet";
	} else if (host.n > 0 && !out->name_match) {
		out->cause = "tls.cert-name-mismatch";
		why = "it is for another name";
	}
	if (out->cause != NULL)
		out->why = keep(mem, why, strlen(why));
}

static void
judge_chain(const struct cert_trust *t, STACK_OF(X509) * chain,
    struct slice host, uint64_t now_s, struct arena *mem,
    struct cert_chain *out)
{
	struct minded m;
	verify(t, chain, now_s, &m);
	judge_trust(out, &m);
	out->name_match = cert_names_host(sk_X509_value(chain, 0), host);
	out->name_by_cn = cert_names_host_by_cn(sk_X509_value(chain, 0), host);
	if (out->incomplete) {
		int last = sk_X509_num(chain) - 1;
		int at = m.missing < last ? m.missing : last;
		out->missing = name_text(
		    mem, X509_get_issuer_name(sk_X509_value(chain, at)));
	}
	judge_words(out, &m, host, mem);
	for (size_t i = 0; i < out->n; i++) {
		const struct cert *c = &out->v[i];
		out->exponent_one |= c->exponent_one;
		if (c->self_issued) /* nobody looks at a root's signature */
			continue;
		out->sha1_signature |= c->sha1_signature;
		out->md5_signature |= c->md5_signature;
	}
}

void
cert_chain_read(const struct cert_trust *t, const struct slice *der, size_t n,
    struct slice host, uint64_t now_s, struct arena *mem,
    struct cert_chain *out)
{
	memset(out, 0, sizeof(*out));
	STACK_OF(X509) *chain = sk_X509_new_null();
	for (size_t i = 0; chain != NULL && i < n; i++) {
		if (out->n == CERT_CHAIN_MAX) {
			out->left_out = n - i;
			break;
		}
		X509 *x = cert_parse(der[i]);
		if (x == NULL) {
			out->v[out->n++] = (struct cert){.octets = der[i].n};
			continue;
		}
		read_one(&out->v[out->n++], mem, x, der[i]);
		if (sk_X509_push(chain, x) <= 0)
			X509_free(x);
	}
	if (out->n == 0 || !out->v[0].readable || sk_X509_num(chain) == 0) {
		out->cause = "tls.cert-untrusted";
		out->why = out->n == 0 ? SLICE("no certificate was shown")
				       : SLICE("it cannot be read");
	} else {
		judge_chain(t, chain, host, now_s, mem, out);
	}
	sk_X509_pop_free(chain, X509_free);
}

void
cert_time_text(uint64_t unix_s, char out[32])
{
	time_t t = (time_t)unix_s;
	struct tm tm;
	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, 32, "%Y-%m-%dT%H:%M:%S.000Z", &tm) == 0)
		out[0] = '\0';
}
