/* extract_time.c - when that was of which a text tells. */
#include "policy/extract_priv.h"

#define STAMP_MAX 64 /* octets of one */

/* What is left of a text, taken from the front. */
struct cursor {
	struct slice s;
};

static bool
take(struct cursor *c, uint8_t octet)
{
	if (c->s.n == 0 || c->s.p[0] != octet)
		return false;
	c->s = slice_from(c->s, 1);
	return true;
}

static void
spaces(struct cursor *c)
{
	while (take(c, ' '))
		continue;
}

/* A number of that many digits, between low and high. */
static bool
number(struct cursor *c, size_t least, size_t most, unsigned low, unsigned high,
    unsigned *out)
{
	size_t n = 0;
	unsigned v = 0;
	while (n < most && n < c->s.n && ascii_is_digit(c->s.p[n]))
		v = v * 10 + (unsigned)(c->s.p[n++] - '0');
	if (n < least || v < low || v > high)
		return false;
	c->s = slice_from(c->s, n);
	*out = v;
	return true;
}

static bool
month(struct cursor *c, unsigned *out)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct slice name = slice_to(c->s, 3);
	for (unsigned i = 0; i < 12; i++)
		if (slice_eq_nocase(name, slice_of(names + 3 * i, 3))) {
			c->s = slice_from(c->s, 3);
			*out = i + 1;
			return true;
		}
	return false;
}

static bool
clock_of_day(struct cursor *c, struct extract_time *t)
{
	return number(c, 2, 2, 0, 23, &t->hour) && take(c, ':') &&
	       number(c, 2, 2, 0, 59, &t->minute) && take(c, ':') &&
	       number(c, 2, 2, 0, 60, &t->second);
}

/* "Z", "+07:00", " +0700" */
static void
zone(struct cursor *c, struct extract_time *t)
{
	unsigned hours, minutes;
	struct cursor at = *c;
	while (at.s.n > 0 && (at.s.p[0] == '.' || ascii_is_digit(at.s.p[0])))
		at.s = slice_from(at.s, 1);
	t->zoned = take(&at, 'Z');
	if (t->zoned)
		return;
	spaces(&at);
	bool west = take(&at, '-');
	if ((!west && !take(&at, '+')) || !number(&at, 2, 2, 0, 14, &hours))
		return;
	(void)take(&at, ':');
	if (!number(&at, 2, 2, 0, 59, &minutes))
		return;
	t->zoned = true;
	t->zone_min = (int)(hours * 60 + minutes) * (west ? -1 : 1);
}

/* "2018-04-23 20:39:00", "2022-01-10T03:15:44.120Z" */
static bool
is_by_numbers(struct cursor c, struct extract_time *t)
{
	if (!number(&c, 4, 4, 1970, 9999, &t->year) || !take(&c, '-') ||
	    !number(&c, 2, 2, 1, 12, &t->month) || !take(&c, '-') ||
	    !number(&c, 2, 2, 1, 31, &t->day) ||
	    (!take(&c, 'T') && !take(&c, ' ')) || !clock_of_day(&c, t))
		return false;
	zone(&c, t);
	return true;
}

/* "Nov  1 10:04:11" */
static bool
is_of_syslog(struct cursor c, struct extract_time *t)
{
	if (!month(&c, &t->month) || !take(&c, ' '))
		return false;
	spaces(&c);
	return number(&c, 1, 2, 1, 31, &t->day) && take(&c, ' ') &&
	       clock_of_day(&c, t);
}

/* "6 Mar 2024 01:02:03 -0800" */
static bool
is_of_mail(struct cursor c, struct extract_time *t)
{
	if (!number(&c, 1, 2, 1, 31, &t->day) || !take(&c, ' ') ||
	    !month(&c, &t->month) || !take(&c, ' ') ||
	    !number(&c, 4, 4, 1970, 9999, &t->year) || !take(&c, ' ') ||
	    !clock_of_day(&c, t))
		return false;
	zone(&c, t);
	return true;
}

bool
extract_time(struct slice s, struct extract_time *out)
{
	for (size_t i = 0; i < s.n; i++) {
		struct cursor c = {slice_to(slice_from(s, i), STAMP_MAX)};
		bool (*const forms[])(struct cursor, struct extract_time *) = {
		    is_by_numbers, is_of_syslog, is_of_mail};
		if (i > 0 && ascii_is_alnum(s.p[i - 1]))
			continue;
		for (size_t k = 0; k < sizeof(forms) / sizeof(forms[0]); k++) {
			struct extract_time t = {0};
			if (forms[k](c, &t)) {
				*out = t;
				return true;
			}
		}
	}
	return false;
}
