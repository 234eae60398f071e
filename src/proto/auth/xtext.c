#include "proto/auth/xtext.h"

static bool
is_xchar(uint8_t c)
{
	return c >= 0x21 && c <= 0x7e && c != '+' && c != '=';
}

/* The value of an upper-case hexadecimal digit, or -1. */
static int
hex_upper(uint8_t c)
{
	return c >= 'a' && c <= 'f' ? -1 : ascii_hex(c);
}

enum err
xtext_decode(struct slice s, struct buf *out)
{
	size_t i = 0;
	while (i < s.n) {
		if (is_xchar(s.p[i])) {
			buf_add_byte(out, s.p[i++]);
			continue;
		}
		if (s.p[i] != '+' || s.n - i < 3)
			return ERR_SYNTAX;
		int hi = hex_upper(s.p[i + 1]);
		int lo = hex_upper(s.p[i + 2]);
		if (hi < 0 || lo < 0)
			return ERR_SYNTAX;
		buf_add_byte(out, (uint8_t)(hi << 4 | lo));
		i += 3;
	}
	return buf_err(out);
}

void
xtext_encode(struct buf *b, struct slice s)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		if (is_xchar(s.p[i])) {
			buf_add_byte(b, s.p[i]);
			continue;
		}
		buf_add_byte(b, '+');
		buf_add_byte(b, (uint8_t)digits[s.p[i] >> 4]);
		buf_add_byte(b, (uint8_t)digits[s.p[i] & 15]);
	}
}
