#include "proto/tls/flight.h"

#include <string.h>

#include "proto/tls/suites.h"

enum {
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_HEARTBEAT = 24,
	RECORD_MAX = 16384 + 2048
};
enum {
	MSG_SERVER_HELLO = 2,
	MSG_CERTIFICATE = 11,
	MSG_SERVER_KEY = 12,
	MSG_CERT_REQUEST = 13,
	MSG_DONE = 14,
	MSG_CERT_STATUS = 22
};

/* A reader that stops at the end: ok falls once something is missing. */
struct reader {
	struct slice in;
	bool ok;
};

static struct slice
take(struct reader *r, size_t n)
{
	if (!r->ok || r->in.n < n) {
		r->ok = false;
		return SLICE_EMPTY;
	}
	struct slice s = slice_to(r->in, n);
	r->in = slice_from(r->in, n);
	return s;
}

static unsigned
take_int(struct reader *r, size_t n)
{
	struct slice s = take(r, n);
	unsigned v = 0;
	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

static void
read_extension(struct tls_facts *f, unsigned type, struct slice body)
{
	struct reader r = {body, true};
	unsigned v;
	switch (type) {
	case 0xff01:
		f->renegotiation_info = true;
		break;
	case 23:
		f->extended_master = true;
		break;
	case 35:
		f->ticket = true;
		break;
	case 15:
		f->heartbeat = true;
		break;
	case 43:
		v = take_int(&r, 2);
		if (r.ok)
			f->version = (uint16_t)v;
		break;
	case 51:
		v = take_int(&r, 2);
		if (r.ok)
			f->group = (uint16_t)v;
		break;
	default:
		break;
	}
}

/* RFC 5246 7.4.1.3, RFC 8446 4.1.3 */
static bool
read_hello(struct tls_facts *f, struct slice msg)
{
	/* SHA-256 of "HelloRetryRequest" */
	static const uint8_t retry[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a,
	    0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
	    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2,
	    0xc8, 0xa8, 0x33, 0x9c};
	struct reader r = {msg, true};
	f->version = (uint16_t)take_int(&r, 2);
	struct slice random = take(&r, 32);
	f->session_id_n = (uint8_t)take_int(&r, 1);
	(void)take(&r, f->session_id_n);
	f->suite = (uint16_t)take_int(&r, 2);
	f->compression = (uint8_t)take_int(&r, 1);
	if (!r.ok || f->session_id_n > 32 || (f->version >> 8) != 3)
		return false;
	f->hello = true;
	f->retry = memcmp(random.p, retry, sizeof(retry)) == 0;
	if (r.in.n == 0)
		return true;
	struct reader e = {take(&r, take_int(&r, 2)), true};
	while (r.ok && e.ok && e.in.n > 0) {
		unsigned type = take_int(&e, 2);
		struct slice body = take(&e, take_int(&e, 2));
		if (e.ok)
			read_extension(f, type, body);
	}
	return r.ok && e.ok;
}

static uint16_t
bits_of(struct slice number)
{
	while (number.n > 0 && number.p[0] == 0)
		number = slice_from(number, 1);
	if (number.n == 0)
		return 0;
	unsigned bits = (unsigned)number.n * 8;
	for (unsigned top = number.p[0]; (top & 0x80) == 0; top <<= 1)
		bits--;
	return (uint16_t)bits;
}

/* RFC 5246 7.4.3, RFC 4492 5.4. What cannot be read is left out. */
static void
read_key_exchange(struct tls_facts *f, struct slice msg)
{
	const struct tls_suite *s = tls_suite_find(f->suite);
	struct tls_suite_facts is;
	f->key_exchange = true;
	if (s == NULL)
		return;
	tls_suite_judge(s, &is);
	struct reader r = {msg, true};
	if (is.psk)
		(void)take(&r, take_int(&r, 2)); /* hint, RFC 4279 2 */
	if (is.kx == TLS_KX_DHE) {
		struct slice p = take(&r, take_int(&r, 2));
		(void)take(&r, take_int(&r, 2));
		(void)take(&r, take_int(&r, 2));
		if (!r.ok)
			return;
		f->dh_bits = bits_of(p);
	} else if (is.kx == TLS_KX_ECDHE) {
		unsigned kind = take_int(&r, 1), group = take_int(&r, 2);
		(void)take(&r, take_int(&r, 1));
		if (!r.ok || kind != 3)
			return;
		f->group = (uint16_t)group;
	} else {
		return;
	}
	if (f->version == TLS_WIRE_TLS12 && !is.psk && !is.anonymous) {
		unsigned sig = take_int(&r, 2);
		if (r.ok)
			f->signature = (uint16_t)sig;
	}
}

static bool
message(struct tls_flight *f)
{
	struct tls_facts *t = &f->facts;
	struct slice msg = slice_of(f->msg, f->msg_n);
	if (f->msg_type != MSG_SERVER_HELLO && !t->hello)
		return false;
	switch (f->msg_type) {
	case MSG_SERVER_HELLO:
		return !t->hello && read_hello(t, msg);
	case MSG_CERTIFICATE:
		t->certificate = true;
		return true;
	case MSG_SERVER_KEY:
		read_key_exchange(t, msg);
		return true;
	case MSG_CERT_REQUEST:
		t->certificate_request = true;
		return true;
	case MSG_DONE:
		t->done = true;
		return true;
	default: /* CertificateStatus and what may come */
		return true;
	}
}

/* All there is to learn in clear: TLS 1.3 encrypts what follows its hello. */
static bool
complete(const struct tls_facts *t)
{
	return t->alert || t->done ||
	       (t->hello && t->version >= TLS_WIRE_TLS13);
}

/* Octets of handshake messages; gives how many it used. */
static size_t
handshake(struct tls_flight *f, struct slice in)
{
	if (f->msg_head_n < 4) {
		f->msg_head[f->msg_head_n++] = in.p[0];
		if (f->msg_head_n < 4)
			return 1;
		f->msg_type = f->msg_head[0];
		f->msg_left = (uint32_t)f->msg_head[1] << 16 |
			      (uint32_t)f->msg_head[2] << 8 | f->msg_head[3];
		f->msg_n = 0;
		if (f->msg_type == MSG_CERTIFICATE)
			f->facts.certificate_octets = f->msg_left;
		else if (f->msg_left > TLS_FLIGHT_KEPT &&
			 f->msg_type == MSG_SERVER_HELLO)
			f->err = ERR_SYNTAX;
		in = slice_to(in, 1);
	} else {
		in = slice_to(in, f->msg_left);
		struct slice keep = slice_to(in, TLS_FLIGHT_KEPT - f->msg_n);
		memcpy(f->msg + f->msg_n, keep.p, keep.n);
		f->msg_n += (uint32_t)keep.n;
		f->msg_left -= (uint32_t)in.n;
	}
	if (f->msg_left == 0 && f->err == ERR_OK) {
		if (!message(f))
			f->err = ERR_SYNTAX;
		f->msg_head_n = 0;
	}
	return in.n;
}

static size_t
payload(struct tls_flight *f, struct slice in)
{
	struct tls_facts *t = &f->facts;
	in = slice_to(in, f->record_left);
	if (f->type == RECORD_HANDSHAKE) {
		in = slice_to(in, handshake(f, in));
	} else if (f->type == RECORD_HEARTBEAT) {
		t->heartbeat_answer = true;
		t->heartbeat_octets += (uint32_t)in.n;
	} else if (f->msg_n < 2) {
		/* an alert: level, code */
		in = slice_to(in, 1);
		if (f->msg_n++ == 0) {
			t->alert_level = in.p[0];
		} else {
			t->alert_code = in.p[0];
			t->alert = true;
		}
	}
	f->record_left -= (uint32_t)in.n;
	return in.n;
}

static size_t
record_head(struct tls_flight *f, struct slice in)
{
	f->head[f->head_n++] = in.p[0];
	if (f->head_n == 1 && in.p[0] != RECORD_ALERT &&
	    in.p[0] != RECORD_HANDSHAKE && in.p[0] != RECORD_HEARTBEAT)
		f->err = ERR_SYNTAX;
	if (f->head_n == 2 && in.p[0] != 3)
		f->err = ERR_SYNTAX;
	if (f->head_n < 5)
		return 1;
	f->type = f->head[0];
	f->record_left = (uint32_t)f->head[3] << 8 | f->head[4];
	if (f->record_left > RECORD_MAX || f->record_left == 0)
		f->err = ERR_SYNTAX;
	if (f->type == RECORD_ALERT) {
		/* no message may be open then (RFC 8446 5.1) */
		if (f->msg_head_n > 0)
			f->err = ERR_SYNTAX;
		f->msg_n = 0;
	}
	return 1;
}

void
tls_flight_init(struct tls_flight *f)
{
	memset(f, 0, offsetof(struct tls_flight, msg));
}

static enum err
feed(struct tls_flight *f, struct slice in,
    bool (*enough)(const struct tls_facts *t))
{
	while (f->err == ERR_OK && in.n > 0 && !enough(&f->facts)) {
		size_t used;
		if (f->head_n < 5)
			used = record_head(f, in);
		else
			used = payload(f, in);
		if (f->head_n == 5 && f->record_left == 0)
			f->head_n = 0;
		f->octets += (uint32_t)used;
		if (f->octets > TLS_FLIGHT_MAX)
			f->err = ERR_LIMIT;
		in = slice_from(in, used);
	}
	if (f->err != ERR_OK)
		return f->err;
	return enough(&f->facts) ? ERR_OK : ERR_MORE;
}

enum err
tls_flight_feed(struct tls_flight *f, struct slice in)
{
	return feed(f, in, complete);
}

static bool
answered(const struct tls_facts *t)
{
	return t->alert || t->heartbeat_answer;
}

enum err
tls_flight_rest(struct tls_flight *f, struct slice in)
{
	return feed(f, in, answered);
}

enum err
tls_ssl2_hello_read(struct slice in, struct tls_ssl2_hello *out)
{
	/* two octets of length with the top bit, then SERVER-HELLO (4) */
	if (in.n >= 1 && (in.p[0] & 0x80) == 0)
		return ERR_SYNTAX;
	if (in.n >= 3 && in.p[2] != 4)
		return ERR_SYNTAX;
	if (in.n < 2)
		return ERR_MORE;
	struct reader r = {in, true};
	size_t len = take_int(&r, 2) & 0x7fff;
	if (len < 11)
		return ERR_SYNTAX;
	if (r.in.n < len)
		return ERR_MORE;
	r.in = slice_to(r.in, len);
	(void)take(&r, 3);
	unsigned version = take_int(&r, 2);
	unsigned cert = take_int(&r, 2), ciphers = take_int(&r, 2);
	(void)take_int(&r, 2);
	(void)take(&r, cert);
	struct slice list = take(&r, ciphers);
	if (!r.ok || version != TLS_WIRE_SSL2 || ciphers % 3 != 0)
		return ERR_SYNTAX;
	struct tls_ssl2_hello h = {0};
	struct reader l = {list, true};
	while (l.in.n > 0 && h.cipher_n < TLS_SSL2_CIPHERS)
		h.cipher[h.cipher_n++] = take_int(&l, 3);
	*out = h;
	return ERR_OK;
}

const char *
tls_alert_name(uint8_t code)
{
	static const struct {
		uint8_t code;
		const char *name;
	} v[] = {
	    {0, "close_notify"},
	    {10, "unexpected_message"},
	    {20, "bad_record_mac"},
	    {21, "decryption_failed"},
	    {22, "record_overflow"},
	    {30, "decompression_failure"},
	    {40, "handshake_failure"},
	    {41, "no_certificate"},
	    {42, "bad_certificate"},
	    {43, "unsupported_certificate"},
	    {44, "certificate_revoked"},
	    {45, "certificate_expired"},
	    {46, "certificate_unknown"},
	    {47, "illegal_parameter"},
	    {48, "unknown_ca"},
	    {49, "access_denied"},
	    {50, "decode_error"},
	    {51, "decrypt_error"},
	    {70, "protocol_version"},
	    {71, "insufficient_security"},
	    {80, "internal_error"},
	    {86, "inappropriate_fallback"},
	    {90, "user_canceled"},
	    {100, "no_renegotiation"},
	    {109, "missing_extension"},
	    {110, "unsupported_extension"},
	    {112, "unrecognized_name"},
	    {116, "certificate_required"},
	    {120, "no_application_protocol"},
	};
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++)
		if (v[i].code == code)
			return v[i].name;
	return "?";
}
