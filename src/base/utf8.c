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
