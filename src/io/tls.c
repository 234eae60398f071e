#include "io/tls.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "io/tls_internal.h"

/* Forward secrecy and authenticated encryption first; CBC stays for peers of
 * 2012, plain RSA key exchange does not. */
#define TLS_CIPHERS                                                            \
	"ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:"                 \
	"ECDHE+AES:DHE+AES:!aNULL:!eNULL:!PSK:!SRP:!DSS:!MD5"
/* Going out, and for old devices, poor encryption beats none. */
#define TLS_CIPHERS_CLIENT  TLS_CIPHERS ":RSA+AESGCM:RSA+AES:@SECLEVEL=1"
#define TLS_CIPHERS_EXAMINE "ALL:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0"
#define TLS_CIPHERS_LEGACY                                                     \
	TLS_CIPHERS ":RSA+AESGCM:RSA+AES:RSA+3DES:@SECLEVEL=0"
#define TLS_CIPHERS_WEAK "RSA+3DES:RSA+AES:!AESGCM:!AESCCM:@SECLEVEL=0"

static const struct {
	int wire;
	const char *name;
} versions[] = {
    [TLS_ANY] = {TLS1_2_VERSION, ""},
    [TLS_V1_0] = {TLS1_VERSION, "TLS1_0"},
    [TLS_V1_1] = {TLS1_1_VERSION, "TLS1_1"},
    [TLS_V1_2] = {TLS1_2_VERSION, "TLS1_2"},
    [TLS_V1_3] = {TLS1_3_VERSION, "TLS1_3"},
};

int
tls_version_wire(enum tls_version v)
{
	return versions[v].wire;
}

const char *
tls_version_name(int wire)
{
	for (unsigned v = TLS_V1_0; v <= TLS_V1_3; v++)
		if (versions[v].wire == wire)
			return versions[v].name;
	return "";
}

/* --- tickets ----------------------------------------------------------- */

static bool
derive(const struct tls_ticket_secret *secret, const char *label,
    struct slice kind, uint8_t *out, size_t n)
{
	uint8_t text[16 + TLS_KIND_MAX], mac[32];
	size_t label_len = strlen(label), len = 0;
	memcpy(text, label, label_len);
	if (kind.n > 0)
		memcpy(text + label_len, kind.p, kind.n);
	bool ok = EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret->b,
		      sizeof(secret->b), text, label_len + kind.n, mac,
		      sizeof(mac), &len) != NULL &&
		  len == sizeof(mac);
	if (ok)
		memcpy(out, mac, n);
	OPENSSL_cleanse(mac, sizeof(mac));
	return ok;
}

void
tls_server_set_tickets(
    struct tls_server *s, const struct tls_ticket_secret *tickets, size_t count)
{
	struct slice kind = slice_of(s->kind, s->kind_len);
	s->ticket_count = 0;
	for (size_t i = 0; i < count && i < TLS_TICKET_SECRETS; i++) {
		struct tls_ticket_keys *k = &s->tickets[s->ticket_count];
		if (derive(&tickets[i], "ticket name ", kind, k->name,
			sizeof(k->name)) &&
		    derive(&tickets[i], "ticket cipher ", kind, k->cipher,
			sizeof(k->cipher)) &&
		    derive(&tickets[i], "ticket mac ", kind, k->mac,
			sizeof(k->mac)))
			s->ticket_count++;
	}
}

static bool
ticket_init(const struct tls_ticket_keys *k, const uint8_t *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
	char digest[] = "SHA256";
	uint8_t key[sizeof(k->mac)];
	memcpy(key, k->mac, sizeof(key));
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_octet_string(
		OSSL_MAC_PARAM_KEY, key, sizeof(key)),
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	bool ok = EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->cipher,
		      iv, enc) == 1 &&
		  EVP_MAC_CTX_set_params(mac, params) == 1;
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}

/* 1: use, 2: use and renew, 0: no such key, -1: failed. */
static int
on_ticket(SSL *ssl, unsigned char name[16], unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int enc)
{
	const struct tls_server *s = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	if (enc) {
		const struct tls_ticket_keys *k = &s->tickets[0];
		if (s->ticket_count == 0)
			return 0;
		memcpy(name, k->name, sizeof(k->name));
		if (RAND_bytes(
			iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
			return -1;
		return ticket_init(k, iv, cipher, mac, 1) ? 1 : -1;
	}
	for (size_t i = 0; i < s->ticket_count; i++) {
		const struct tls_ticket_keys *k = &s->tickets[i];
		if (memcmp(name, k->name, sizeof(k->name)) != 0)
			continue;
		if (!ticket_init(k, iv, cipher, mac, 0))
			return -1;
		return i == 0 ? 1 : 2;
	}
	return 0;
}

/* --- names ------------------------------------------------------------- */

static const struct tls_name *
find_name(const struct tls_server *s, struct slice want)
{
	/* "*.domain" stands for one label. */
	struct slice parent = slice_from(want, slice_find(want, '.'));
	const struct tls_name *wild = NULL;
	for (size_t i = 0; i < s->name_count; i++) {
		struct slice have = slice_str(s->names[i].host);
		if (slice_eq_nocase(have, want))
			return &s->names[i];
		if (have.n > 1 && have.p[0] == '*' &&
		    slice_eq_nocase(slice_from(have, 1), parent))
			wild = &s->names[i];
	}
	return wild;
}

static int
on_server_name(SSL *ssl, int *alert, void *arg)
{
	const struct tls_server *s = arg;
	(void)alert;
	const char *want = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	if (want == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	const struct tls_name *n = find_name(s, slice_str(want));
	if (n != NULL)
		SSL_set_SSL_CTX(ssl, n->ctx);
	/* A name we have no certificate for gets the first: mail clients ask
	 * for whatever their user typed. */
	return SSL_TLSEXT_ERR_OK;
}

/* --- server contexts --------------------------------------------------- */

static void
common_setup(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION |
				     SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				  SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* Read no further than the record at hand: what the peer has sent is
	 * ours in memory already. */
	SSL_CTX_set_read_ahead(ctx, 0);
}

/* Which one it shows is for the caller to judge. */
static int
on_client_cert(int good, X509_STORE_CTX *store)
{
	(void)good;
	(void)store;
	return 1;
}

static bool
server_setup(struct tls_server *s, SSL_CTX *ctx)
{
	uint8_t sid[32];
	unsigned sid_len = sizeof(sid);
	const char *ciphers = s->weak     ? TLS_CIPHERS_WEAK
			      : s->legacy ? TLS_CIPHERS_LEGACY
					  : TLS_CIPHERS;
	common_setup(ctx);
	if (s->want_cert)
		SSL_CTX_set_verify(ctx,
		    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
		    on_client_cert);
	SSL_CTX_set_app_data(ctx, s);
	SSL_CTX_set_dh_auto(ctx, 1);
	if (SSL_CTX_set_min_proto_version(
		ctx, tls_version_wire(s->min_version)) != 1 ||
	    (s->max_version != TLS_ANY &&
		SSL_CTX_set_max_proto_version(
		    ctx, tls_version_wire(s->max_version)) != 1) ||
	    SSL_CTX_set_cipher_list(ctx, ciphers) != 1 ||
	    EVP_Digest(
		s->kind, s->kind_len, sid, &sid_len, EVP_sha256(), NULL) != 1 ||
	    SSL_CTX_set_session_id_context(ctx, sid, sid_len) != 1)
		return false;
	if (s->ticket_count == 0) {
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
		SSL_CTX_set_num_tickets(ctx, 0);
	} else {
		/* One is enough: a mail client opens the next connection
		 * after this one. */
		SSL_CTX_set_num_tickets(ctx, 1);
		SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket);
	}
	SSL_CTX_set_client_hello_cb(ctx, tls_stream_hello, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
	SSL_CTX_set_tlsext_servername_arg(ctx, s);
	return true;
}

static enum err
server_ctx(struct tls_server *s, struct slice cert_pem, struct slice key_pem,
    SSL_CTX **out, struct diag *d)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	enum err e;
	if (ctx == NULL)
		e = diag_set(d, ERR_NOMEM, NULL, "no memory for TLS");
	else if (!server_setup(s, ctx))
		e = diag_set(
		    d, ERR_TLS, NULL, "the TLS library refuses the settings");
	else
		e = tls_pem_use(ctx, cert_pem, key_pem, d);
	ERR_clear_error();
	if (e != ERR_OK) {
		SSL_CTX_free(ctx);
		return e;
	}
	*out = ctx;
	return ERR_OK;
}

enum err
tls_server_new(
    const struct tls_server_conf *conf, struct tls_server **out, struct diag *d)
{
	if (conf->kind.n > TLS_KIND_MAX)
		return diag_set(d, ERR_LIMIT, NULL,
		    "the kind of listener is too long a word");
	struct tls_server *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return diag_set(d, ERR_NOMEM, NULL, "no memory for TLS");
	s->refs = 1;
	s->min_version = conf->min_version;
	s->max_version = conf->max_version;
	s->legacy = conf->legacy;
	s->weak = conf->weak;
	s->want_cert = conf->want_cert;
	s->kind_len = conf->kind.n;
	if (conf->kind.n > 0)
		memcpy(s->kind, conf->kind.p, conf->kind.n);
	tls_server_set_tickets(s, conf->tickets, conf->ticket_count);
	s->bio = tls_stream_bio_method();
	enum err e =
	    s->bio == NULL
		? diag_set(d, ERR_NOMEM, NULL, "no memory for TLS")
		: server_ctx(s, conf->cert_pem, conf->key_pem, &s->ctx, d);
	if (e != ERR_OK) {
		tls_server_unref(s);
		return e;
	}
	*out = s;
	return ERR_OK;
}

enum err
tls_server_add_name(struct tls_server *s, struct slice name,
    struct slice cert_pem, struct slice key_pem, struct diag *d)
{
	SSL_CTX *ctx = NULL;
	if (name.n == 0 || name.n >= sizeof(s->names[0].host))
		return diag_set(
		    d, ERR_SYNTAX, NULL, "not a host name for a certificate");
	enum err e = server_ctx(s, cert_pem, key_pem, &ctx, d);
	if (e != ERR_OK)
		return e;
	struct tls_name *names =
	    reallocarray(s->names, s->name_count + 1, sizeof(s->names[0]));
	if (names == NULL) {
		SSL_CTX_free(ctx);
		return diag_set(d, ERR_NOMEM, NULL, "no memory for TLS");
	}
	s->names = names;
	struct tls_name *n = &names[s->name_count++];
	memcpy(n->host, name.p, name.n);
	n->host[name.n] = '\0';
	n->ctx = ctx;
	return ERR_OK;
}

struct tls_server *
tls_server_ref(struct tls_server *s)
{
	s->refs++;
	return s;
}

void
tls_server_unref(struct tls_server *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	SSL_CTX_free(s->ctx);
	for (size_t i = 0; i < s->name_count; i++)
		SSL_CTX_free(s->names[i].ctx);
	free(s->names);
	BIO_meth_free(s->bio);
	OPENSSL_cleanse(s->tickets, sizeof(s->tickets));
	free(s);
}

/* --- client contexts --------------------------------------------------- */

/* Where systems keep their anchors in one file. The directory that OpenSSL
 * knows is of no use: it is read at the handshake, when no file may be
 * opened any more. */
static const char *const trust_files[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/usr/lib/ssl/cert.pem",
};

static bool
load_system_trust(SSL_CTX *ctx)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	bool ok = false;
	for (size_t i = 0;
	     !ok && i < sizeof(trust_files) / sizeof(trust_files[0]); i++)
		ok = X509_STORE_load_file(store, trust_files[i]) == 1;
	ERR_clear_error();
	return ok;
}

/* We have none to show; but that one was asked for explains a refusal. */
static int
on_cert_asked(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
	(void)cert;
	(void)key;
	tls_stream_of(ssl)->cert_asked = true;
	return 0;
}

static enum err
client_setup(
    struct tls_client *c, const struct tls_client_conf *conf, struct diag *d)
{
	size_t count = 0;
	common_setup(c->ctx);
	if (SSL_CTX_set_min_proto_version(
		c->ctx, tls_version_wire(conf->min_version)) != 1 ||
	    SSL_CTX_set_cipher_list(c->ctx,
		conf->examine ? TLS_CIPHERS_EXAMINE : TLS_CIPHERS_CLIENT) != 1)
		return diag_set(
		    d, ERR_TLS, NULL, "the TLS library refuses the settings");
	if (conf->at_unix_s != 0)
		X509_VERIFY_PARAM_set_time(
		    SSL_CTX_get0_param(c->ctx), (time_t)conf->at_unix_s);
	if (conf->examine)
		SSL_CTX_set_options(c->ctx, SSL_OP_LEGACY_SERVER_CONNECT);
	SSL_CTX_set_client_cert_cb(c->ctx, on_cert_asked);
	X509_VERIFY_PARAM_set_flags(
	    SSL_CTX_get0_param(c->ctx), X509_V_FLAG_PARTIAL_CHAIN);
	if (conf->system_trust)
		c->has_trust = load_system_trust(c->ctx);
	if (conf->ca_pem.n > 0) {
		enum err e = tls_pem_trust(
		    SSL_CTX_get_cert_store(c->ctx), conf->ca_pem, &count, d);
		if (e != ERR_OK)
			return e;
		c->has_trust = true;
	}
	return ERR_OK;
}

enum err
tls_client_new(
    const struct tls_client_conf *conf, struct tls_client **out, struct diag *d)
{
	struct tls_client *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return diag_set(d, ERR_NOMEM, NULL, "no memory for TLS");
	c->refs = 1;
	c->ctx = SSL_CTX_new(TLS_client_method());
	c->bio = tls_stream_bio_method();
	enum err e = c->ctx == NULL || c->bio == NULL
			 ? diag_set(d, ERR_NOMEM, NULL, "no memory for TLS")
			 : client_setup(c, conf, d);
	ERR_clear_error();
	if (e != ERR_OK) {
		tls_client_unref(c);
		return e;
	}
	*out = c;
	return ERR_OK;
}

bool
tls_client_has_trust(const struct tls_client *c)
{
	return c->has_trust;
}

struct tls_client *
tls_client_ref(struct tls_client *c)
{
	c->refs++;
	return c;
}

void
tls_client_unref(struct tls_client *c)
{
	if (c == NULL || --c->refs > 0)
		return;
	SSL_CTX_free(c->ctx);
	BIO_meth_free(c->bio);
	free(c);
}
