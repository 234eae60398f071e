/* Why a handshake or a TLS connection failed, for people and for statistics:
 * OpenSSL's reason, the verify result and what the peer offered become one
 * cause code and one sentence. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "io/tls_internal.h"

/* --- certificates ------------------------------------------------------ */

static const struct {
	long result;
	const char *cause;
	const char *text;
} verify_causes[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "tls.cert-expired",
	"the peer's certificate has expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "tls.cert-not-yet-valid",
	"the peer's certificate is not valid yet"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "tls.cert-self-signed",
	"the peer's certificate is self-signed"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "tls.cert-untrusted",
	"the peer's certificate leads to a root that is not trusted"},
    {X509_V_ERR_HOSTNAME_MISMATCH, "tls.cert-name-mismatch",
	"the peer's certificate is for another name"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "tls.cert-name-mismatch",
	"the peer's certificate is for another address"},
    {X509_V_ERR_CERT_REVOKED, "tls.cert-revoked",
	"the peer's certificate has been revoked"},
};

const char *
tls_verify_cause(long result, const char **out_text)
{
	const char *text = X509_verify_cert_error_string(result);
	const char *cause = result == X509_V_OK ? NULL : "tls.cert-untrusted";
	for (size_t i = 0; i < sizeof(verify_causes) / sizeof(verify_causes[0]);
	     i++) {
		if (verify_causes[i].result != result)
			continue;
		cause = verify_causes[i].cause;
		text = verify_causes[i].text;
	}
	if (out_text != NULL)
		*out_text = text;
	return cause;
}

static enum err
fail_verify(const struct tls_stream *s, struct diag *d)
{
	char name[100] = "";
	const char *text;
	long result = SSL_get_verify_result(s->ssl);
	const char *cause = tls_verify_cause(result, &text);
	X509 *cert = SSL_get0_peer_certificate(s->ssl);
	if (cert != NULL)
		tls_cert_name(cert, name, sizeof(name));
	return diag_set(d, ERR_TLS, cause, "%s (it names %s)", text,
	    name[0] != '\0' ? name : "nobody");
}

/* --- what the peer offered --------------------------------------------- */

static void
add_versions(struct buf *b, unsigned versions)
{
	static const char *const names[] = {
	    [TLS_V1_0] = "1.0",
	    [TLS_V1_1] = "1.1",
	    [TLS_V1_2] = "1.2",
	    [TLS_V1_3] = "1.3",
	};
	bool any = false;
	for (unsigned v = TLS_V1_0; v <= TLS_V1_3; v++) {
		if ((versions & 1u << v) == 0)
			continue;
		buf_add_str(b, any ? ", TLS " : "TLS ");
		buf_add_str(b, names[v]);
		any = true;
	}
	if (!any)
		buf_add_str(b, "no known version");
}

static void
add_ciphers(struct buf *b, const struct tls_stream *s)
{
	for (size_t i = 0; i < s->offer.cipher_count; i++) {
		const uint8_t *id = s->offer.ciphers[i];
		const SSL_CIPHER *c = SSL_CIPHER_find(s->ssl, id);
		buf_add_str(b, i > 0 ? " " : "");
		if (c != NULL)
			buf_add_str(b, SSL_CIPHER_get_name(c));
		else
			buf_printf(b, "0x%02X%02X", id[0], id[1]);
	}
	if (s->offer.cipher_count == TLS_OFFER_CIPHERS)
		buf_add_str(b, " …");
}

/* " (peer offered …)", or nothing when no hello of the peer was read. */
static void
offered(const struct tls_stream *s, bool ciphers, char *out, size_t max)
{
	struct buf b;
	buf_init(&b, max - 1);
	if (s->offer.seen) {
		buf_add_str(&b, " (peer offered ");
		if (ciphers)
			add_ciphers(&b, s);
		else
			add_versions(&b, s->offer.versions);
		buf_add_str(&b, ")");
	}
	if (b.n > 0)
		memcpy(out, b.p, b.n);
	out[b.n] = '\0';
	buf_free(&b);
}

/* --- the table of reasons ---------------------------------------------- */

enum fail_kind {
	FAIL_VERSION,
	FAIL_CIPHER,
	FAIL_GARBAGE,
	FAIL_OUR_CERT,    /* an alert about the certificate that we showed */
	FAIL_OUR_EXPIRED, /* the same, and why */
	FAIL_OUR_REVOKED,
	FAIL_CLIENT_CERT, /* an alert that asks for one */
	FAIL_REFUSED,     /* another alert */
	FAIL_HANDSHAKE_ALERT,
	FAIL_VERIFY,
	FAIL_OTHER,
};

static const struct {
	int reason;
	enum fail_kind kind;
} fail_reasons[] = {
    {SSL_R_CERTIFICATE_VERIFY_FAILED, FAIL_VERIFY},
    {SSL_R_UNSUPPORTED_PROTOCOL, FAIL_VERSION},
    {SSL_R_NO_PROTOCOLS_AVAILABLE, FAIL_VERSION},
    {SSL_R_VERSION_TOO_LOW, FAIL_VERSION},
    {SSL_R_VERSION_TOO_HIGH, FAIL_VERSION},
    {SSL_R_WRONG_SSL_VERSION, FAIL_VERSION},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, FAIL_VERSION},
    {SSL_R_NO_SHARED_CIPHER, FAIL_CIPHER},
    {SSL_R_NO_CIPHERS_AVAILABLE, FAIL_CIPHER},
    {SSL_R_NO_SUITABLE_KEY_SHARE, FAIL_CIPHER},
    {SSL_R_NO_SUITABLE_GROUPS, FAIL_CIPHER},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, FAIL_CIPHER},
    {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, FAIL_CIPHER},
    {SSL_R_NO_SHARED_GROUPS, FAIL_CIPHER},
    {SSL_R_WRONG_CIPHER_RETURNED, FAIL_CIPHER},
    {SSL_R_DH_KEY_TOO_SMALL, FAIL_CIPHER},
    {SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY, FAIL_CIPHER},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, FAIL_HANDSHAKE_ALERT},
    {SSL_R_WRONG_VERSION_NUMBER, FAIL_GARBAGE},
    {SSL_R_HTTP_REQUEST, FAIL_GARBAGE},
    {SSL_R_HTTPS_PROXY_REQUEST, FAIL_GARBAGE},
    {SSL_R_UNKNOWN_PROTOCOL, FAIL_GARBAGE},
    {SSL_R_BAD_RECORD_TYPE, FAIL_GARBAGE},
    {SSL_R_RECORD_LENGTH_MISMATCH, FAIL_GARBAGE},
    {SSL_R_PACKET_LENGTH_TOO_LONG, FAIL_GARBAGE},
    {SSL_R_ENCRYPTED_LENGTH_TOO_LONG, FAIL_GARBAGE},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, FAIL_OUR_CERT},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, FAIL_OUR_CERT},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, FAIL_OUR_REVOKED},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, FAIL_OUR_EXPIRED},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, FAIL_OUR_CERT},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, FAIL_OUR_CERT},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, FAIL_CLIENT_CERT},
    {SSL_R_TLSV1_ALERT_ACCESS_DENIED, FAIL_REFUSED},
    {SSL_R_TLSV1_ALERT_INTERNAL_ERROR, FAIL_REFUSED},
    {SSL_R_TLSV1_ALERT_USER_CANCELLED, FAIL_REFUSED},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME, FAIL_REFUSED},
};

static enum fail_kind
fail_kind_of(const struct tls_stream *s, int reason)
{
	enum fail_kind kind = FAIL_OTHER;
	for (size_t i = 0; i < sizeof(fail_reasons) / sizeof(fail_reasons[0]);
	     i++)
		if (fail_reasons[i].reason == reason)
			kind = fail_reasons[i].kind;
	/* A server that asked for a certificate and then refuses us wants
	 * one; it says so in different ways. */
	if (s->client != NULL && s->cert_asked &&
	    (kind == FAIL_OUR_CERT || kind == FAIL_OUR_EXPIRED ||
		kind == FAIL_OUR_REVOKED || kind == FAIL_HANDSHAKE_ALERT))
		return FAIL_CLIENT_CERT;
	if (kind == FAIL_HANDSHAKE_ALERT)
		return FAIL_CIPHER;
	/* Before a hello could be read, whatever it was was no TLS. */
	if (kind == FAIL_OTHER && s->server != NULL && !s->offer.seen)
		return FAIL_GARBAGE;
	return kind;
}

enum err
tls_fail(const struct tls_stream *s, struct diag *d)
{
	char what[160];
	unsigned long code = ERR_peek_error();
	const char *why = ERR_reason_error_string(code);
	if (why == NULL)
		why = "no reason given";
	enum err e = ERR_TLS;
	switch (fail_kind_of(s, ERR_GET_REASON(code))) {
	case FAIL_VERIFY:
		fail_verify(s, d);
		break;
	case FAIL_VERSION:
		offered(s, false, what, sizeof(what));
		diag_set(d, e, "tls.no-common-version",
		    "no common TLS version%s", what);
		break;
	case FAIL_CIPHER:
		offered(s, true, what, sizeof(what));
		diag_set(
		    d, e, "tls.no-common-cipher", "no common cipher%s", what);
		break;
	case FAIL_GARBAGE:
		diag_set(d, e, "tls.garbage",
		    "the peer sent something that is not TLS (%s)", why);
		break;
	case FAIL_OUR_CERT:
		diag_set(d, e, "tls.cert-untrusted",
		    "the peer refused our certificate (%s)", why);
		break;
	case FAIL_OUR_EXPIRED:
		diag_set(d, e, "tls.cert-expired",
		    "the peer refused our certificate: it has expired (%s)",
		    why);
		break;
	case FAIL_OUR_REVOKED:
		diag_set(d, e, "tls.cert-revoked",
		    "the peer refused our certificate: it has been revoked "
		    "(%s)",
		    why);
		break;
	case FAIL_CLIENT_CERT:
		diag_set(d, e, "tls.client-cert-required",
		    "the peer requires a client certificate (%s)", why);
		break;
	case FAIL_REFUSED:
		diag_set(d, e, "tls.refused", "the peer refused TLS (%s)", why);
		break;
	case FAIL_HANDSHAKE_ALERT:
	case FAIL_OTHER:
		diag_set(d, e, "tls.garbage", "TLS failed (%s)", why);
		break;
	}
	ERR_clear_error();
	return e;
}
