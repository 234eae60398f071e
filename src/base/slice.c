#include "base/slice.h"

#include <string.h>

struct slice
slice_str(const char *s)
{
	if (s == NULL)
		return SLICE_EMPTY;
	return slice_of(s, strlen(s));
}

bool
slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
slice_eq_nocase(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

bool
slice_starts(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && slice_eq(slice_to(s, prefix.n), prefix);
}

bool
slice_starts_nocase(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n &&
	       slice_eq_nocase(slice_to(s, prefix.n), prefix);
}

bool
slice_ends_nocase(struct slice s, struct slice suffix)
{
	return s.n >= suffix.n &&
	       slice_eq_nocase(slice_from(s, s.n - suffix.n), suffix);
}

int
slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);
	if (c != 0)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

size_t
slice_find(struct slice s, uint8_t c)
{
	const uint8_t *q = s.n == 0 ? NULL : memchr(s.p, c, s.n);
	return q == NULL ? s.n : (size_t)(q - s.p);
}

size_t
slice_rfind(struct slice s, uint8_t c)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == c)
			return i - 1;
	return s.n;
}

struct slice
slice_from(struct slice s, size_t off)
{
	if (off >= s.n)
		return slice_of(s.n == 0 ? s.p : s.p + s.n, 0);
	return slice_of(s.p + off, s.n - off);
}

struct slice
slice_to(struct slice s, size_t n)
{
	return slice_of(s.p, n < s.n ? n : s.n);
}

struct slice
slice_trim(struct slice s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = slice_from(s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool
slice_u64(struct slice s, uint64_t *out)
{
	uint64_t v = 0;
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_is_digit(s.p[i]))
			return false;
		uint64_t d = (uint64_t)(s.p[i] - '0');
		if (v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

bool
ascii_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

bool
ascii_is_alpha(uint8_t c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

bool
ascii_is_alnum(uint8_t c)
{
	return ascii_is_digit(c) || ascii_is_alpha(c);
}

uint8_t
ascii_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

int
ascii_hex(uint8_t c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
