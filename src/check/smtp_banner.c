#include "check/smtp_banner.h"

#include "check/tr.h"
#include "proto/dns/name.h"

static struct slice
line_next(struct slice *rest)
{
	size_t n = slice_find(*rest, '\n');
	struct slice line = slice_to(*rest, n);
	*rest = slice_from(*rest, n + 1);
	return slice_from(line, 4); /* code and separator */
}

/* Words end at a space, and at what people put around versions. */
static bool
is_gap(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '(' || c == ')' || c == '[' ||
	       c == ']' || c == ',' || c == ';' || c == '/' || c == '<' ||
	       c == '>';
}

static struct slice
word_next(struct slice *s)
{
	size_t n = 0;
	while (s->n > 0 && is_gap(s->p[0]))
		*s = slice_from(*s, 1);
	while (n < s->n && !is_gap(s->p[n]))
		n++;
	struct slice w = slice_to(*s, n);
	*s = slice_from(*s, n);
	return w;
}

struct slice
smtp_banner_host(struct slice greeting)
{
	struct slice line = line_next(&greeting);
	size_t n = 0;
	line = slice_trim(line);
	while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
		n++;
	struct slice w = slice_to(line, n);
	return dns_hostname_valid(w) ? w : SLICE_EMPTY;
}

/* 192.0.2.1 */
static bool
is_address(struct slice w)
{
	unsigned parts = 0;
	while (w.n > 0) {
		size_t n = slice_find(w, '.');
		uint64_t v;
		if (!slice_u64(slice_to(w, n), &v) || v > 255)
			return false;
		parts++;
		w = slice_from(w, n + 1);
	}
	return parts == 4;
}

/* 22.11.2026 */
static bool
is_date(struct slice w)
{
	struct slice year = slice_from(w, slice_rfind(w, '.') + 1);
	return w.n <= 10 && year.n == 4 &&
	       (slice_starts(year, SLICE("19")) ||
		   slice_starts(year, SLICE("20"))) &&
	       slice_find(w, '.') <= 2;
}

/* v1.2, 8.15.2, 3.5.6-1+deb11u1 */
static bool
is_version(struct slice w)
{
	bool dot = false;
	if (w.n > 1 && ascii_lower(w.p[0]) == 'v')
		w = slice_from(w, 1);
	if (w.n < 3 || !ascii_is_digit(w.p[0]) || is_address(w) || is_date(w))
		return false;
	for (size_t i = 0; i < w.n; i++) {
		uint8_t c = w.p[i];
		if (!ascii_is_alnum(c) && c != '.' && c != '-' && c != '+' &&
		    c != '~' && c != '_')
			return false;
		dot |= c == '.' && i + 1 < w.n && ascii_is_digit(w.p[i + 1]) &&
		       ascii_is_digit(w.p[i - 1]);
	}
	return dot;
}

struct slice
smtp_banner_version(struct slice greeting)
{
	for (bool first = true; greeting.n > 0; first = false) {
		struct slice line = line_next(&greeting);
		struct slice before = SLICE_EMPTY, w;
		if (first)
			(void)word_next(&line); /* the host */
		while ((w = word_next(&line)).n > 0) {
			if (is_version(w))
				return before.n == 0 ||
					       !ascii_is_alpha(before.p[0])
					   ? w
					   : slice_of(
						 before.p, (size_t)(w.p + w.n -
								    before.p));
			before = w;
		}
	}
	return SLICE_EMPTY;
}

/* ---- names ---- */

static size_t
labels(struct slice name)
{
	size_t n = name.n > 0;
	for (size_t i = 0; i < name.n; i++)
		n += name.p[i] == '.';
	return n;
}

/* "co.id": a suffix under which others register. */
static bool
is_shared(struct slice name)
{
	static const char *const second[] = {"ac", "biz", "co", "com", "desa",
	    "edu", "go", "gob", "gov", "mil", "my", "ne", "net", "or", "org",
	    "sch", "web"};
	size_t n = slice_find(name, '.');
	if (labels(name) != 2 || name.n - n != 3)
		return false;
	for (size_t i = 0; i < sizeof(second) / sizeof(second[0]); i++)
		if (slice_eq_nocase(slice_to(name, n), slice_str(second[i])))
			return true;
	return false;
}

struct slice
smtp_domain_of(struct slice host)
{
	struct slice parent = slice_from(host, slice_find(host, '.') + 1);
	return labels(parent) < 2 || is_shared(parent) ? host : parent;
}

static bool
is_within(struct slice name, struct slice domain)
{
	return slice_eq_nocase(name, domain) ||
	       (name.n > domain.n && slice_ends_nocase(name, domain) &&
		   name.p[name.n - domain.n - 1] == '.');
}

static bool
holds(struct slice s, struct slice what)
{
	for (; what.n > 0 && s.n >= what.n; s = slice_from(s, 1))
		if (slice_starts_nocase(s, what))
			return true;
	return false;
}

enum smtp_banner_match
smtp_banner_match(struct slice greeting, struct slice ptr_name)
{
	struct slice host = smtp_banner_host(greeting);
	if (holds(greeting, ptr_name))
		return BANNER_MATCHES;
	if (host.n > 0 && ptr_name.n > 0 &&
	    (is_within(host, smtp_domain_of(ptr_name)) ||
		is_within(ptr_name, smtp_domain_of(host))))
		return BANNER_SAME_DOMAIN;
	return BANNER_DIFFERS;
}

bool
smtp_is_masked(struct slice greeting, struct slice ehlo)
{
	size_t stars = 0, run = 0;
	for (size_t i = 0; i < greeting.n; i++) {
		run = greeting.p[i] == '*' ? run + 1 : 0;
		stars = run > stars ? run : stars;
	}
	for (bool first = true; ehlo.n > 0; first = false) {
		struct slice line = slice_trim(line_next(&ehlo));
		size_t x = 0;
		while (x < line.n && line.p[x] == 'X')
			x++;
		if (!first && x >= 4 && x + 1 >= line.n)
			return true;
	}
	return stars >= 8;
}

const char *
smtp_masked_cure(void)
{
	return tr(
	    "A firewall in front of the server hides STARTTLS: switch its "
	    "inspection of SMTP off (Cisco: \"no fixup protocol smtp\", or "
	    "no \"inspect esmtp\")");
}
