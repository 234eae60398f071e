/* trace_date.c - a date of a header field to a point in time. */
#include "proto/mail/trace.h"

/* The next word or number: a run of letters, or digits, or one other octet;
 * white space and comments between are passed over. */
static struct slice
next(struct slice *rest)
{
	size_t depth = 0, i = 0;
	for (; i < rest->n; i++) {
		uint8_t c = rest->p[i];
		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' &&
			 c != '\n' && c != ',')
			break;
	}
	struct slice s = slice_from(*rest, i);
	size_t n = 0;
	while (n < s.n && n < 16 && ascii_is_digit(s.p[n]))
		n++;
	while (n < s.n && n < 16 && ascii_is_alpha(s.p[n]) &&
	       !ascii_is_digit(s.p[0]))
		n++;
	if (n == 0 && s.n > 0)
		n = 1;
	*rest = slice_from(s, n);
	return slice_to(s, n);
}

static bool
number(struct slice *rest, uint64_t max, uint64_t *out)
{
	struct slice s = next(rest);
	return slice_u64(s, out) && *out <= max;
}

static bool
month(struct slice *rest, uint64_t *out)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	struct slice s = next(rest);
	for (uint64_t m = 0; m < 12 && s.n >= 3; m++)
		if (slice_eq_nocase(
			slice_to(s, 3), slice_of(names + 3 * m, 3))) {
			*out = m + 1;
			return true;
		}
	return false;
}

/* zone = ("+" / "-") 4DIGIT / "EST" ...; minutes east of UTC. One that is not
 * known is -0000 (RFC 5322 4.3). */
static int
zone(struct slice *rest)
{
	static const struct {
		const char *name;
		int hours;
	} names[] = {{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
	    {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
	struct slice s = next(rest);
	if (s.n == 1 && (*s.p == '+' || *s.p == '-')) {
		uint64_t v;
		int sign = *s.p == '+' ? 1 : -1;
		if (!number(rest, 9999, &v) || v % 100 > 59 || v > 2359)
			return 0;
		return sign * (int)(v / 100 * 60 + v % 100);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_eq_nocase(s, slice_str(names[i].name)))
			return names[i].hours * 60;
	return 0;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar: years that begin
 * in March have their leap day at the end. */
static uint64_t
days(uint64_t y, uint64_t m, uint64_t d)
{
	y = m <= 2 ? y - 1 : y;
	m = (m + 9) % 12;
	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + d - 1 -
	       719468;
}

bool
trace_date(struct slice text, uint64_t *out_unix_s)
{
	uint64_t d, m, y, hour, min, sec = 0;
	struct slice rest = text, look = rest;
	struct slice first = next(&look);
	if (first.n > 0 && ascii_is_alpha(first.p[0]))
		rest = look;
	if (!number(&rest, 31, &d) || d == 0)
		return false;
	/* "23-Apr-2018", as some write */
	look = rest;
	bool dashes = slice_eq(next(&look), SLICE("-"));
	rest = dashes ? look : rest;
	if (!month(&rest, &m))
		return false;
	look = rest;
	rest = slice_eq(next(&look), SLICE("-")) ? look : rest;
	if (!number(&rest, 9999, &y))
		return false;
	y += y < 50 ? 2000 : y < 1000 ? 1900 : 0;
	if (y < 1970 || !number(&rest, 23, &hour) ||
	    !slice_eq(next(&rest), SLICE(":")) || !number(&rest, 59, &min))
		return false;
	look = rest;
	if (slice_eq(next(&look), SLICE(":"))) {
		rest = look;
		if (!number(&rest, 60, &sec))
			return false;
	}
	uint64_t s = days(y, m, d) * 86400 + hour * 3600 + min * 60 + sec;
	int64_t t = (int64_t)s - (int64_t)zone(&rest) * 60;
	if (t <= 0)
		return false;
	*out_unix_s = (uint64_t)t;
	return true;
}
