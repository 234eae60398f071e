#include "base/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
buf_add_base64(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = s.n - i;
		uint32_t v = (uint32_t)s.p[i] << 16;
		if (left > 1)
			v |= (uint32_t)s.p[i + 1] << 8;
		if (left > 2)
			v |= s.p[i + 2];
		uint8_t quad[4] = {(uint8_t)alphabet[v >> 18],
		    (uint8_t)alphabet[v >> 12 & 63],
		    left > 1 ? (uint8_t)alphabet[v >> 6 & 63] : '=',
		    left > 2 ? (uint8_t)alphabet[v & 63] : '='};
		buf_add(b, slice_of(quad, sizeof(quad)));
	}
}

static int
value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ascii_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static enum err
decode_quad(const uint8_t q[4], bool last, struct buf *out)
{
	size_t pad = 0;
	if (last)
		pad = q[3] != '=' ? 0 : q[2] != '=' ? 1 : 2;
	uint32_t v = 0;
	for (size_t i = 0; i < 4; i++) {
		int d = i < 4 - pad ? value(q[i]) : 0;
		if (d < 0)
			return ERR_SYNTAX;
		v = v << 6 | (uint32_t)d;
	}
	/* The bits that padding leaves over must be zero (RFC 4648 3.5). */
	if ((pad == 1 && (v & 0xff) != 0) || (pad == 2 && (v & 0xffff) != 0))
		return ERR_SYNTAX;
	uint8_t oct[3] = {(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	buf_add(out, slice_of(oct, 3 - pad));
	return ERR_OK;
}

enum err
base64_decode(struct slice s, struct buf *out)
{
	size_t before = out->n;
	if (s.n % 4 != 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < s.n; i += 4) {
		if (decode_quad(s.p + i, i + 4 == s.n, out) != ERR_OK) {
			out->n = before;
			return ERR_SYNTAX;
		}
	}
	return buf_err(out);
}
