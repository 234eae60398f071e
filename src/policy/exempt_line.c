#include <string.h>

#include "base/utf8.h"
#include "policy/exempt.h"

#define NAME_MAX_OCTETS  253u
#define LABEL_MAX_OCTETS 63u

bool
exempt_line(struct slice text, size_t *at, struct slice *out)
{
	if (*at == 0 && slice_starts(text, SLICE("\xef\xbb\xbf")))
		*at = 3;
	if (*at >= text.n)
		return false;
	struct slice rest = slice_from(text, *at);
	struct slice line = slice_to(rest, slice_find(rest, '\n'));
	*at += line.n + 1;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	*out = line;
	return true;
}

/* ---- the word ---- */

static bool
is_wild(uint8_t c)
{
	return c == '*' || c == '?' || c == '#';
}

static bool
has_wild(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_wild(s.p[i]))
			return true;
	return false;
}

/* Is every octet a digit, a dot or a wildcard? */
static bool
is_numeric(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_digit(s.p[i]) && s.p[i] != '.' &&
		    !is_wild(s.p[i]))
			return false;
	return true;
}

/* The part of s up to the next sep, taken off its front. */
static struct slice
next_part(struct slice *s, uint8_t sep)
{
	struct slice part = slice_to(*s, slice_find(*s, sep));
	*s = slice_from(*s, part.n + 1);
	return part;
}

static size_t
count_octet(struct slice s, uint8_t c)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

static enum err
bad(struct diag *d, struct slice word, const char *why)
{
	return diag_set(d, ERR_SYNTAX, "", "\"%.*s\": %s",
	    SLICE_ARG(slice_to(word, 60)), why);
}

static enum err
parse_net(struct exempt_entry *e, struct diag *d)
{
	struct slice front = slice_to(e->text, slice_find(e->text, '/'));
	struct ip ip;
	e->what = EXEMPT_NET;
	if (ip_net_parse(e->text, &e->net) == ERR_OK) {
		e->broad = e->net.bits < (e->net.ip.family == 4 ? 9 : 17);
		return ERR_OK;
	}
	if (front.n == e->text.n)
		return bad(d, e->text,
		    is_numeric(e->text) ? "not a whole address; a range is "
					  "written 192.0.2.0/24 or 192.0.2.*"
					: "not an address");
	if (ip_parse(front, &ip) != ERR_OK)
		return bad(d, e->text, "no address stands before the \"/\"");
	return bad(d, e->text,
	    "not a network: the prefix is too long, or bits of the address "
	    "behind it are set");
}

/* Octets without a wildcard must be ones that an address has. */
static bool
octet_possible(struct slice s)
{
	uint64_t v;
	return has_wild(s) || (slice_u64(s, &v) && v <= 255 && s.n <= 3 &&
				  (s.n == 1 || s.p[0] != '0'));
}

static enum err
parse_ip4_pattern(struct exempt_entry *e, struct diag *d)
{
	size_t dots = count_octet(e->text, '.'), fixed = 0;
	bool run = count_octet(e->text, '*') > 0;
	struct slice rest = e->text;
	if (dots > 3 || (dots < 3 && !run))
		return bad(d, e->text, "an address has four numbers");
	for (size_t i = 0; i <= dots; i++) {
		struct slice part = next_part(&rest, '.');
		if (part.n == 0 || !octet_possible(part))
			return bad(d, e->text, "no address looks like this");
		fixed += !has_wild(part);
	}
	e->what = EXEMPT_IP_PATTERN;
	e->broad = fixed < 2;
	return ERR_OK;
}

/* A group is two octets, and one alone is a /16, so it takes two of them. */
static enum err
parse_ip6_pattern(struct exempt_entry *e, struct diag *d)
{
	size_t parts = count_octet(e->text, ':') + 1, fixed = 0;
	struct slice rest = e->text;
	for (size_t i = 0; i < e->text.n; i++)
		if (ascii_hex(e->text.p[i]) < 0 && e->text.p[i] != ':' &&
		    !is_wild(e->text.p[i]))
			return bad(d, e->text,
			    "neither an IPv6 address nor a pattern of one");
	if (parts > 8)
		return bad(d, e->text, "an IPv6 address has eight groups");
	for (size_t i = 0; i < parts; i++) {
		struct slice part = next_part(&rest, ':');
		if (!has_wild(part) &&
		    (part.n > 4 || (part.n > 1 && part.p[0] == '0')))
			return bad(d, e->text, "no address looks like this");
		fixed += part.n > 0 && !has_wild(part);
	}
	e->what = EXEMPT_IP_PATTERN;
	e->broad = fixed < 2;
	return ERR_OK;
}

/* U+0080 to U+009F, which tell a terminal to do things. */
static bool
is_c1(struct slice s)
{
	return s.n > 1 && s.p[0] == 0xc2 && s.p[1] < 0xa0;
}

static bool
label_possible(struct slice s)
{
	if (s.n == 0 || (s.n > LABEL_MAX_OCTETS && !has_wild(s)))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((!ascii_is_alnum(s.p[i]) && s.p[i] != '-' &&
			s.p[i] != '_' && s.p[i] < 0x80 && !is_wild(s.p[i])) ||
		    is_c1(slice_from(s, i)))
			return false;
	return true;
}

/* What was probably meant by a word that is not a name. */
static const char *
name_hint(struct slice s)
{
	if (s.p[0] == '.')
		return "for the names below a domain write \"*.\" before it";
	if (s.p[0] == '[')
		return "an address stands without brackets";
	if (slice_find(s, '@') < s.n)
		return "an entry is a domain, not a mailbox";
	return "neither an address nor a name";
}

static enum err
parse_name(struct exempt_entry *e, struct diag *d)
{
	struct slice rest = e->text, part = SLICE_EMPTY;
	size_t fixed = 0;
	uint64_t v;
	if (rest.n > 1 && rest.p[rest.n - 1] == '.')
		rest.n--;
	if (rest.n > NAME_MAX_OCTETS || !utf8_valid(rest))
		return bad(d, e->text, name_hint(e->text));
	for (size_t dots = count_octet(rest, '.') + 1; dots > 0; dots--) {
		part = next_part(&rest, '.');
		if (!label_possible(part))
			return bad(d, e->text, name_hint(e->text));
		fixed += !has_wild(part);
	}
	if (slice_u64(part, &v))
		return bad(d, e->text,
		    "no name ends in a number; a range is written as networks");
	e->what = has_wild(e->text) ? EXEMPT_NAME_PATTERN : EXEMPT_NAME;
	e->broad = e->what == EXEMPT_NAME_PATTERN && fixed < 2;
	return ERR_OK;
}

static enum err
parse_word(struct exempt_entry *e, struct diag *d)
{
	struct slice s = e->text;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ' ' || s.p[i] == '\t')
			return bad(d, s,
			    "one entry a line; a comment begins with \";\" "
			    "(\"#\" stands for a digit)");
	if (slice_find(s, '/') < s.n)
		return parse_net(e, d);
	if (!has_wild(s) && (is_numeric(s) || slice_find(s, ':') < s.n))
		return parse_net(e, d);
	if (slice_find(s, ':') < s.n)
		return parse_ip6_pattern(e, d);
	return is_numeric(s) ? parse_ip4_pattern(e, d) : parse_name(e, d);
}

/* ---- the comment ---- */

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Where key begins a word in s; s.n: nowhere. */
static size_t
find_key(struct slice s, struct slice key)
{
	for (size_t i = 0; i < s.n; i++)
		if ((i == 0 || is_blank(s.p[i - 1])) &&
		    slice_starts(slice_from(s, i), key))
			return i;
	return s.n;
}

static bool
digits(struct slice s, size_t from, size_t n, uint32_t *out)
{
	uint64_t v;
	if (!slice_u64(slice_of(s.p + from, n), &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

/* "2027-03-01", and a day that there is. */
static bool
parse_date(struct slice s, uint32_t *out)
{
	static const uint8_t days[] = {
	    31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	uint32_t y, m, d;
	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' ||
	    !digits(s, 0, 4, &y) || !digits(s, 5, 2, &m) ||
	    !digits(s, 8, 2, &d))
		return false;
	if (m < 1 || m > 12 || d < 1 || d > days[m - 1])
		return false;
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (m == 2 && d == 29 && !leap)
		return false;
	*out = y * 10000 + m * 100 + d;
	return *out != 0;
}

/* An end that cannot be read is an error: the entry would never end. */
static enum err
parse_comment(struct slice s, struct exempt_entry *e, struct diag *d)
{
	const struct slice reason = SLICE("reason="), until = SLICE("until=");
	size_t at = find_key(s, until);
	if (at < s.n) {
		struct slice date = slice_from(s, at + until.n);
		size_t n = 0;
		while (n < date.n && !is_blank(date.p[n]))
			n++;
		date.n = n;
		if (!parse_date(date, &e->until))
			return bad(
			    d, date, "until= takes a date like 2027-03-01");
	}
	at = find_key(s, reason);
	if (at < s.n) {
		struct slice text = slice_from(s, at + reason.n);
		e->reason = slice_trim(slice_to(text, find_key(text, until)));
	}
	return ERR_OK;
}

enum err
exempt_parse_line(struct slice line, struct exempt_entry *out, struct diag *d)
{
	struct exempt_entry e = {.until = 0};
	size_t semicolon = slice_find(line, ';');
	e.text = slice_trim(slice_to(line, semicolon));
	if (e.text.n == 0)
		return ERR_NOT_FOUND;
	if (line.n > EXEMPT_LINE_MAX)
		return bad(d, e.text, "the line is too long");
	enum err err = parse_word(&e, d);
	if (err == ERR_OK)
		err = parse_comment(slice_from(line, semicolon + 1), &e, d);
	if (err == ERR_OK)
		*out = e;
	return err;
}

/* ---- whole files ---- */

static enum err
survey_line(struct slice line, uint32_t number, struct exempt_survey *s)
{
	struct exempt_entry e;
	struct diag d;
	enum err err = exempt_parse_line(line, &e, &d);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err != ERR_OK) {
		if (s->errors++ == 0) {
			s->first_error.line = number;
			memcpy(s->first_error.text, d.text,
			    sizeof(s->first_error.text) - 1);
		}
		return ERR_OK;
	}
	if (e.broad && s->broad++ == 0)
		s->first_broad = number;
	s->wildcards +=
	    e.what == EXEMPT_IP_PATTERN || e.what == EXEMPT_NAME_PATTERN;
	s->entries++;
	return s->entries > EXEMPT_ENTRIES_MAX ||
		       s->wildcards > EXEMPT_WILDCARDS_MAX
		   ? ERR_LIMIT
		   : ERR_OK;
}

enum err
exempt_survey(struct slice text, struct exempt_survey *out)
{
	struct exempt_survey s = {.entries = 0};
	struct slice line;
	size_t at = 0;
	uint32_t number = 0;
	enum err err = text.n > EXEMPT_TEXT_MAX ? ERR_LIMIT : ERR_OK;
	while (err == ERR_OK && exempt_line(text, &at, &line))
		err = survey_line(line, ++number, &s);
	*out = s;
	return err;
}

void
exempt_add_line(struct buf *b, const struct exempt_entry *e)
{
	buf_add(b, e->text);
	if (e->reason.n > 0 || e->until != 0)
		buf_add_str(b, " ;");
	if (e->reason.n > 0) {
		buf_add_str(b, " reason=");
		buf_add(b, e->reason);
	}
	if (e->until != 0) {
		buf_add_str(b, " until=");
		buf_add_u64_pad(b, e->until / 10000, 4);
		buf_add_byte(b, '-');
		buf_add_u64_pad(b, e->until / 100 % 100, 2);
		buf_add_byte(b, '-');
		buf_add_u64_pad(b, e->until % 100, 2);
	}
}
