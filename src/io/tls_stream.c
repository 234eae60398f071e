#include "io/tls_stream.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/pack.h"
#include "io/tls_internal.h"

/* --- OpenSSL's view of the wire ---------------------------------------- */

/* Memory BIOs keep their largest size for the life of a connection; this one
 * owns nothing. */
static int
wire_read(BIO *bio, char *p, size_t max, size_t *out_n)
{
	struct tls_stream *s = BIO_get_data(bio);
	size_t n = s->in.n < max ? s->in.n : max;
	BIO_clear_retry_flags(bio);
	if (n == 0) {
		BIO_set_retry_read(bio);
		return 0;
	}
	memcpy(p, s->in.p, n);
	s->in = slice_from(s->in, n);
	*out_n = n;
	return 1;
}

static int
wire_write(BIO *bio, const char *p, size_t n, size_t *out_n)
{
	struct tls_stream *s = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	buf_add(s->wire, slice_of(p, n));
	if (buf_err(s->wire) != ERR_OK)
		return 0;
	*out_n = n;
	return 1;
}

static long
wire_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	(void)bio;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

BIO_METHOD *
tls_stream_bio_method(void)
{
	BIO_METHOD *m = BIO_meth_new(
	    BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kurir wire");
	if (m == NULL)
		return NULL;
	if (BIO_meth_set_read_ex(m, wire_read) != 1 ||
	    BIO_meth_set_write_ex(m, wire_write) != 1 ||
	    BIO_meth_set_ctrl(m, wire_ctrl) != 1) {
		BIO_meth_free(m);
		return NULL;
	}
	return m;
}

/* --- birth and end ----------------------------------------------------- */

struct tls_stream *
tls_stream_of(const SSL *ssl)
{
	return SSL_get_app_data(ssl);
}

static struct tls_stream *
stream_new(SSL_CTX *ctx, BIO_METHOD *method, struct buf *wire)
{
	struct tls_stream *s = calloc(1, sizeof(*s));
	SSL *ssl = SSL_new(ctx);
	BIO *bio = BIO_new(method);
	if (s == NULL || ssl == NULL || bio == NULL ||
	    SSL_set_app_data(ssl, s) != 1) {
		free(s);
		SSL_free(ssl);
		BIO_free(bio);
		ERR_clear_error();
		return NULL;
	}
	s->ssl = ssl;
	s->wire = wire;
	BIO_set_data(bio, s);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	return s;
}

enum err
tls_stream_server(
    struct tls_server *server, struct buf *wire, struct tls_stream **out)
{
	struct tls_stream *s = stream_new(server->ctx, server->bio, wire);
	if (s == NULL)
		return ERR_NOMEM;
	s->server = tls_server_ref(server);
	SSL_set_accept_state(s->ssl);
	*out = s;
	return ERR_OK;
}

/* A NUL-terminated copy; false if it does not fit or holds a NUL. */
static bool
name_copy(struct slice name, char out[256])
{
	if (name.n == 0 || name.n > 255 || memchr(name.p, 0, name.n) != NULL)
		return false;
	memcpy(out, name.p, name.n);
	out[name.n] = '\0';
	return true;
}

static bool
expect_name(struct tls_stream *s, struct slice name)
{
	char text[256];
	struct ip ip;
	X509_VERIFY_PARAM *param = SSL_get0_param(s->ssl);
	if (!name_copy(name, text))
		return false;
	s->names_given = true;
	if (ip_parse(name, &ip) == ERR_OK)
		return X509_VERIFY_PARAM_set1_ip_asc(param, text) == 1;
	return SSL_add1_host(s->ssl, text) == 1;
}

static bool
client_setup(struct tls_stream *s, const struct tls_client_opts *o)
{
	char text[256];
	struct ip ip;
	SSL_set_hostflags(s->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	SSL_set_verify(s->ssl,
	    o->verify == TLS_VERIFY_PEER ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
	    NULL);
	if (o->sni.n > 0 && ip_parse(o->sni, &ip) != ERR_OK) {
		if (!name_copy(o->sni, text) ||
		    SSL_set_tlsext_host_name(s->ssl, text) != 1)
			return false;
	}
	for (size_t i = 0; i < o->name_count; i++)
		if (!expect_name(s, o->names[i]))
			return false;
	if (o->name_count == 0 && o->sni.n > 0 && !expect_name(s, o->sni))
		return false;
	/* To verify a peer without knowing its name is to verify nothing. */
	return o->verify != TLS_VERIFY_PEER || s->names_given;
}

enum err
tls_stream_client(struct tls_client *client, const struct tls_client_opts *opts,
    struct buf *wire, struct tls_stream **out)
{
	struct tls_stream *s = stream_new(client->ctx, client->bio, wire);
	if (s == NULL)
		return ERR_NOMEM;
	s->client = tls_client_ref(client);
	SSL_set_connect_state(s->ssl);
	if (!client_setup(s, opts)) {
		tls_stream_free(s);
		ERR_clear_error();
		return ERR_SYNTAX;
	}
	*out = s;
	return ERR_OK;
}

void
tls_stream_free(struct tls_stream *s)
{
	if (s == NULL)
		return;
	SSL_free(s->ssl);
	tls_server_unref(s->server);
	tls_client_unref(s->client);
	free(s);
}

/* --- what the client hello offered ------------------------------------- */

static unsigned
version_bit(int wire)
{
	for (unsigned v = TLS_V1_0; v <= TLS_V1_3; v++)
		if (tls_version_wire((enum tls_version)v) == wire)
			return 1u << v;
	return 0;
}

/* RFC 8446 4.2.1: one octet of length, then versions of two octets. */
static unsigned
hello_versions(SSL *ssl)
{
	const unsigned char *p;
	size_t n;
	unsigned bits = 0;
	if (SSL_client_hello_get0_ext(
		ssl, TLSEXT_TYPE_supported_versions, &p, &n) == 1) {
		for (size_t i = 1; i + 1 < n; i += 2)
			bits |= version_bit(p[i] << 8 | p[i + 1]);
		return bits;
	}
	int top = (int)SSL_client_hello_get0_legacy_version(ssl);
	for (int v = TLS1_VERSION; v <= top && v <= TLS1_2_VERSION; v++)
		bits |= version_bit(v);
	return bits;
}

int
tls_stream_hello(SSL *ssl, int *alert, void *arg)
{
	(void)alert;
	(void)arg;
	struct tls_offer *o = &tls_stream_of(ssl)->offer;
	const unsigned char *p;
	size_t n = SSL_client_hello_get0_ciphers(ssl, &p);
	o->seen = true;
	o->versions = hello_versions(ssl);
	o->cipher_count = 0;
	for (size_t i = 0; i + 1 < n && o->cipher_count < TLS_OFFER_CIPHERS;
	     i += 2) {
		/* 00FF and 5600 are signals, not ciphers (RFC 5746, 7507). */
		if ((p[i] == 0x00 && p[i + 1] == 0xff) ||
		    (p[i] == 0x56 && p[i + 1] == 0x00))
			continue;
		memcpy(o->ciphers[o->cipher_count++], p + i, 2);
	}
	return SSL_CLIENT_HELLO_SUCCESS;
}

/* --- the stream -------------------------------------------------------- */

void
tls_stream_feed(struct tls_stream *s, struct slice wire)
{
	s->in = wire;
	if (s->fed == 0 && wire.n > 0)
		s->first = wire.p[0];
	s->fed += wire.n;
}

/* What an SSL call that did not succeed means. */
static enum err
stream_result(struct tls_stream *s, int rc, struct diag *d)
{
	switch (SSL_get_error(s->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return ERR_MORE;
	case SSL_ERROR_ZERO_RETURN:
		return ERR_CLOSED;
	default:
		s->broken = true;
		return tls_fail(s, d);
	}
}

enum err
tls_stream_handshake(struct tls_stream *s, struct diag *d)
{
	if (s->broken)
		return ERR_TLS;
	ERR_clear_error();
	int rc = SSL_do_handshake(s->ssl);
	if (rc == 1)
		return ERR_OK;
	enum err e = stream_result(s, rc, d);
	/* A close_notify in the middle of a handshake is a way to refuse. */
	if (e == ERR_CLOSED)
		return diag_set(d, ERR_TLS, "tls.refused",
		    "the peer ended TLS during the handshake");
	return e;
}

enum err
tls_stream_ended(const struct tls_stream *s, struct diag *d)
{
	if (s->fed == 0 && s->client != NULL)
		return diag_set(d, ERR_CLOSED, "net.closed-after-starttls",
		    "the peer closed the connection instead of beginning TLS");
	if (s->fed == 0)
		return diag_set(d, ERR_CLOSED, "net.reset",
		    "the peer vanished before it began TLS");
	if (s->first != SSL3_RT_HANDSHAKE && s->first != SSL3_RT_ALERT)
		return diag_set(d, ERR_TLS, "tls.garbage",
		    "the peer sent something that is not TLS and went");
	return diag_set(d, ERR_CLOSED, "net.reset",
	    "the peer vanished in the TLS handshake (%s)",
	    SSL_state_string_long(s->ssl));
}

void
tls_stream_stalled(const struct tls_stream *s, struct diag *d)
{
	if (s->fed == 0)
		diag_set(d, ERR_TIMEOUT, "tls.stalled",
		    "the peer never began the TLS handshake");
	else
		diag_set(d, ERR_TIMEOUT, "tls.stalled",
		    "the TLS handshake came to a stop (%s)",
		    SSL_state_string_long(s->ssl));
}

enum err
tls_stream_read(
    struct tls_stream *s, uint8_t *p, size_t max, size_t *out_n, struct diag *d)
{
	if (s->broken)
		return ERR_TLS;
	ERR_clear_error();
	int rc = SSL_read_ex(s->ssl, p, max, out_n);
	return rc == 1 ? ERR_OK : stream_result(s, rc, d);
}

enum err
tls_stream_write(struct tls_stream *s, struct slice in, struct diag *d)
{
	size_t n = 0;
	if (s->broken)
		return ERR_TLS;
	ERR_clear_error();
	/* Without partial writes it is all or nothing. */
	int rc = SSL_write_ex(s->ssl, in.p, in.n, &n);
	return rc == 1 ? ERR_OK : stream_result(s, rc, d);
}

void
tls_stream_finish(struct tls_stream *s)
{
	if (s->broken)
		return;
	ERR_clear_error();
	SSL_shutdown(s->ssl);
	s->broken = true;
	ERR_clear_error();
}

/* --- what was agreed on ------------------------------------------------ */

static void
info_cert(const struct tls_stream *s, struct tls_info *out)
{
	X509 *cert = SSL_get0_peer_certificate(s->ssl);
	if (cert == NULL)
		return;
	unsigned n = sizeof(out->cert_sha256);
	uint8_t *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	out->has_cert =
	    X509_digest(cert, EVP_sha256(), out->cert_sha256, &n) == 1 &&
	    len > 0 &&
	    EVP_Digest(der, (size_t)len, out->key_sha256, NULL, EVP_sha256(),
		NULL) == 1;
	OPENSSL_free(der);
	long result = SSL_get_verify_result(s->ssl);
	out->verified = result == X509_V_OK && s->names_given;
	const char *cause = tls_verify_cause(result, NULL);
	if (cause != NULL)
		strncpy(
		    out->verify_cause, cause, sizeof(out->verify_cause) - 1);
	const char *matched = SSL_get0_peername(s->ssl);
	if (matched != NULL)
		tls_copy_printable(out->peer_name, sizeof(out->peer_name),
		    matched, strlen(matched));
	else
		tls_cert_name(cert, out->peer_name, sizeof(out->peer_name));
}

/* RFC 9266 4.2: under TLS 1.2 only with the extended master secret. */
static void
info_exporter(const struct tls_stream *s, struct tls_info *out)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	if (SSL_version(s->ssl) < TLS1_3_VERSION &&
	    SSL_get_extms_support(s->ssl) != 1)
		return;
	out->has_exporter = SSL_export_keying_material(s->ssl, out->exporter,
				sizeof(out->exporter), label, sizeof(label) - 1,
				NULL, 0, 0) == 1;
}

void
tls_stream_info(const struct tls_stream *s, struct tls_info *out)
{
	int alg_bits = 0;
	memset(out, 0, sizeof(*out));
	const SSL_CIPHER *cipher = SSL_get_current_cipher(s->ssl);
	strncpy(out->version, tls_version_name(SSL_version(s->ssl)),
	    sizeof(out->version) - 1);
	if (cipher != NULL) {
		strncpy(out->cipher, SSL_CIPHER_get_name(cipher),
		    sizeof(out->cipher) - 1);
		out->bits_used =
		    (unsigned)SSL_CIPHER_get_bits(cipher, &alg_bits);
		out->bits_alg = (unsigned)alg_bits;
	}
	out->resumed = SSL_session_reused(s->ssl) == 1;
	const char *sni = SSL_get_servername(s->ssl, TLSEXT_NAMETYPE_host_name);
	if (sni != NULL)
		tls_copy_printable(
		    out->sni, sizeof(out->sni), sni, strlen(sni));
	info_cert(s, out);
	info_exporter(s, out);
	ERR_clear_error();
}

static void
add_der(struct buf *out, X509 *cert)
{
	uint8_t *der = NULL;
	int n = i2d_X509(cert, &der);
	if (n > 0)
		pack_add(out, slice_of(der, (size_t)n));
	OPENSSL_free(der);
}

void
tls_stream_chain(const struct tls_stream *s, struct buf *out)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(s->ssl);
	X509 *leaf = SSL_get0_peer_certificate(s->ssl);
	/* What a client sent stands in the chain without its leaf. */
	if (leaf != NULL && s->server != NULL)
		add_der(out, leaf);
	for (int i = 0; chain != NULL && i < sk_X509_num(chain); i++)
		add_der(out, sk_X509_value(chain, i));
	ERR_clear_error();
}
