/* scan_ssl.c - may a client begin a second handshake, and what is stapled to
 * the certificate? That needs a whole first one, so here OpenSSL speaks. */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/pack.h"
#include "check/scan_priv.h"

struct try_ssl {
	SSL_CTX *ctx;
	SSL *ssl;
	bool staple;
	bool asked; /* for the second */
};

void
try_ssl_free(struct try_ssl *s)
{
	if (s == NULL)
		return;
	SSL_free(s->ssl);
	SSL_CTX_free(s->ctx);
	OPENSSL_free(s);
}

struct try_ssl *
try_ssl_new(char *sni, bool staple)
{
	struct try_ssl *s = OPENSSL_zalloc(sizeof(*s));
	if (s == NULL)
		return NULL;
	s->staple = staple;
	s->ctx = SSL_CTX_new(TLS_client_method());
	if (s->ctx != NULL) {
		SSL_CTX_set_security_level(s->ctx, 0);
		(void)SSL_CTX_set_min_proto_version(s->ctx, TLS1_VERSION);
		(void)SSL_CTX_set_max_proto_version(
		    s->ctx, staple ? TLS1_3_VERSION : TLS1_2_VERSION);
		/* without a certificate there is nothing to staple to */
		(void)SSL_CTX_set_cipher_list(s->ctx,
		    staple ? "ALL:!aNULL:@SECLEVEL=0" : "ALL:@SECLEVEL=0");
		s->ssl = SSL_new(s->ctx);
	}
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	if (s->ssl == NULL || in == NULL || out == NULL) {
		BIO_free(in);
		BIO_free(out);
		try_ssl_free(s);
		return NULL;
	}
	SSL_set_bio(s->ssl, in, out);
	SSL_set_connect_state(s->ssl);
	if (sni[0] != '\0')
		(void)SSL_ctrl(s->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
		    TLSEXT_NAMETYPE_host_name, sni);
	if (staple)
		(void)SSL_set_tlsext_status_type(
		    s->ssl, TLSEXT_STATUSTYPE_ocsp);
	return s;
}

/* What it wants to send. */
static bool
flush(struct try_ssl *s, struct conn *c)
{
	char *p;
	BIO *out = SSL_get_wbio(s->ssl);
	long n = BIO_get_mem_data(out, &p);
	bool ok = n <= 0 || conn_write(c, slice_of(p, (size_t)n)) == ERR_OK;
	(void)BIO_reset(out);
	return ok;
}

/* The server may say something before it answers; reading takes the handshake
 * along. */
static bool
second_done(struct try_ssl *s)
{
	char rest[1024];
	int n;
	while ((n = SSL_read(s->ssl, rest, sizeof(rest))) > 0)
		;
	int e = SSL_get_error(s->ssl, n);
	if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE)
		return false;
	return SSL_total_renegotiations(s->ssl) > 0 && SSL_in_init(s->ssl) == 0;
}

enum err
try_ssl_feed(struct try_ssl *s, struct conn *c, struct slice in)
{
	ERR_clear_error();
	if (in.n > 0 &&
	    BIO_write(SSL_get_rbio(s->ssl), in.p, (int)in.n) != (int)in.n)
		return ERR_NOMEM;
	if (s->asked) {
		bool done = second_done(s);
		bool alive =
		    SSL_get_shutdown(s->ssl) == 0 && ERR_peek_error() == 0;
		ERR_clear_error();
		if (!flush(s, c) || (!done && !alive))
			return ERR_DENIED;
		return done ? ERR_OK : ERR_MORE;
	}
	int n = SSL_do_handshake(s->ssl);
	int e = SSL_get_error(s->ssl, n);
	ERR_clear_error();
	if (n == 1 && s->staple)
		return flush(s, c) ? ERR_OK : ERR_CLOSED;
	if (n == 1) {
		s->asked = true;
		if (SSL_renegotiate(s->ssl) != 1)
			return ERR_DENIED;
		(void)SSL_do_handshake(s->ssl);
		ERR_clear_error();
	} else if (e != SSL_ERROR_WANT_READ && e != SSL_ERROR_WANT_WRITE) {
		return ERR_TLS;
	}
	return flush(s, c) ? ERR_MORE : ERR_CLOSED;
}

bool
try_ssl_asked(const struct try_ssl *s)
{
	return s->asked;
}

void
try_ssl_take(const struct try_ssl *s, struct buf *staple, struct buf *chain)
{
	uint8_t *p = NULL;
	long n = SSL_get_tlsext_status_ocsp_resp(s->ssl, &p);
	STACK_OF(X509) *shown = SSL_get_peer_cert_chain(s->ssl);
	buf_clear(staple);
	buf_clear(chain);
	if (n > 0 && p != NULL)
		buf_add(
		    staple, slice_to(slice_of(p, (size_t)n),
				SCAN_STAPLE_MAX)); /* cut, it is unreadable */
	for (int i = 0; shown != NULL && i < sk_X509_num(shown); i++) {
		uint8_t *der = NULL;
		int der_n = i2d_X509(sk_X509_value(shown, i), &der);
		if (der_n > 0)
			pack_add(chain, slice_of(der, (size_t)der_n));
		OPENSSL_free(der);
	}
	ERR_clear_error();
}
