#include "conf/names.h"

static bool
label_ok(struct slice l)
{
	if (l.n == 0 || l.n > 63 || l.p[0] == '-' || l.p[l.n - 1] == '-')
		return false;
	for (size_t i = 0; i < l.n; i++)
		if (!ascii_is_alnum(l.p[i]) && l.p[i] != '-')
			return false;
	return true;
}

bool
name_is_host(struct slice s)
{
	struct slice label = SLICE_EMPTY;
	uint64_t number;

	if (s.n == 0 || s.n > 253)
		return false;
	for (;;) {
		size_t dot = slice_find(s, '.');
		label = slice_to(s, dot);
		if (!label_ok(label))
			return false;
		if (dot == s.n)
			return !slice_u64(label, &number);
		s = slice_from(s, dot + 1);
	}
}

bool
name_is_user(struct slice s)
{
	if (s.n == 0 || s.n > 32)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || c == '_';
		if (!letter && (i == 0 || (!ascii_is_digit(c) && c != '-')))
			return false;
	}
	return true;
}

/* A dot-atom without quotes (RFC 5321 4.1.2). */
static bool
local_ok(struct slice s)
{
	if (s.n == 0 || s.n > 64 || s.p[0] == '.' || s.p[s.n - 1] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c <= ' ' || c >= 0x7f ||
		    slice_find(SLICE("()<>[]:;@\\,\""), c) != 12 ||
		    (c == '.' && s.p[i + 1 < s.n ? i + 1 : 0] == '.'))
			return false;
	}
	return true;
}

bool
name_is_address(struct slice s)
{
	size_t at = slice_rfind(s, '@');

	return at < s.n && local_ok(slice_to(s, at)) &&
	       name_is_host(slice_from(s, at + 1));
}

bool
name_is_account(struct slice s)
{
	size_t at = slice_rfind(s, '@');

	return local_ok(slice_to(s, at)) && s.p[0] != '#' &&
	       slice_find(s, '/') == s.n &&
	       (at == s.n || name_is_host(slice_from(s, at + 1)));
}

static size_t
min_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t
name_distance(struct slice a, struct slice b)
{
	size_t d[3][NAME_MAX_DISTANCE + 1]; /* rows i-2, i-1, i in turn */

	if (a.n > NAME_MAX_DISTANCE || b.n > NAME_MAX_DISTANCE)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.n; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *row = d[i % 3], *up = d[(i + 2) % 3];
		const size_t *upup = d[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool same = a.p[i - 1] == b.p[j - 1];
			size_t v = up[j - 1] + (same ? 0 : 1);
			v = min_of(v, min_of(up[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1])
				v = min_of(v, upup[j - 2] + 1);
			row[j] = v;
		}
	}
	return d[a.n % 3][b.n];
}

const char *
name_nearest(struct slice found, const char *const *candidate, size_t n)
{
	const char *best = NULL;
	size_t best_distance = min_of(found.n / 3 + 1, 3) + 1;

	for (size_t i = 0; i < n; i++) {
		size_t v = name_distance(found, slice_str(candidate[i]));
		if (v < best_distance) {
			best_distance = v;
			best = candidate[i];
		}
	}
	return best;
}
