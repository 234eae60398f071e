#include "base/utf8.h"

static bool
tail(struct slice s, size_t i)
{
	return i < s.n && (s.p[i] & 0xc0) == 0x80;
}

size_t
utf8_sequence(struct slice s)
{
	if (s.n == 0)
		return 0;
	uint8_t c = s.p[0];
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return tail(s, 1) ? 2 : 0;
	if (c >= 0xe0 && c <= 0xef) {
		if (!tail(s, 1) || !tail(s, 2))
			return 0;
		if ((c == 0xe0 && s.p[1] < 0xa0) ||
		    (c == 0xed && s.p[1] > 0x9f))
			return 0;
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		if (!tail(s, 1) || !tail(s, 2) || !tail(s, 3))
			return 0;
		if ((c == 0xf0 && s.p[1] < 0x90) ||
		    (c == 0xf4 && s.p[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

uint32_t
utf8_code(struct slice s)
{
	static const uint8_t first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = s.p[0] & first[s.n];

	for (size_t i = 1; i < s.n; i++)
		code = code << 6 | (s.p[i] & 0x3fu);
	return code;
}

/* ALM, LRM, RLM; LS, PS and the embeddings and overrides; the isolates, and
 * the obsolete controls of shape and direction (UAX 9; Unicode 23.2, 23.3). */
static bool
obeyed(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
	       c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x206f);
}

bool
utf8_shown(struct slice s, size_t *out_octets)
{
	size_t n = utf8_sequence(s);

	*out_octets = n > 0 ? n : s.n > 0;
	return n > 0 && !obeyed(utf8_code(slice_to(s, n)));
}

bool
utf8_valid(struct slice s)
{
	while (s.n > 0) {
		size_t n = utf8_sequence(s);
		if (n == 0)
			return false;
		s = slice_from(s, n);
	}
	return true;
}
