/* spf_term.c - the terms of a record (RFC 7208 4.6.1, 5, 6, 12).
 *
 *	record    = version terms *SP
 *	terms     = *( 1*SP ( directive / modifier ) )
 *	directive = [ qualifier ] mechanism
 *	modifier  = redirect / explanation / unknown-modifier */
#include "policy/spf_priv.h"

#include <string.h>

struct row {
	const char *name;
	enum spf_kind kind;
	bool domain, needed; /* ":" domain-spec may, must follow */
	bool cidr;           /* dual-cidr-length may */
};

static const struct row mechanisms[] = {
    {"all", SPF_ALL, false, false, false},
    {"include", SPF_INCLUDE, true, true, false},
    {"a", SPF_A, true, false, true},
    {"mx", SPF_MX, true, false, true},
    {"ptr", SPF_PTR, true, false, false},
    {"ip4", SPF_IP4, false, false, false},
    {"ip6", SPF_IP6, false, false, false},
    {"exists", SPF_EXISTS, true, true, false},
};

bool
spf_is_record(struct slice txt)
{
	return slice_starts_nocase(txt, SLICE("v=spf1")) &&
	       (txt.n == 6 || txt.p[6] == ' ');
}

struct slice
spf_terms(struct slice record)
{
	return slice_from(record, 6);
}

bool
spf_term_next(struct slice *rest, struct slice *out_term)
{
	size_t from = 0;
	while (from < rest->n && rest->p[from] == ' ')
		from++;
	*rest = slice_from(*rest, from);
	if (rest->n == 0)
		return false;
	size_t end = slice_find(*rest, ' ');
	*out_term = slice_to(*rest, end);
	*rest = slice_from(*rest, end);
	return true;
}

bool
spf_term_asks(enum spf_kind kind)
{
	return kind == SPF_INCLUDE || kind == SPF_A || kind == SPF_MX ||
	       kind == SPF_PTR || kind == SPF_EXISTS || kind == SPF_REDIRECT;
}

/* ---- domain-spec ---- */

/* toplabel = ( *alphanum ALPHA *alphanum ) /
 *	      ( 1*alphanum "-" *( alphanum / "-" ) alphanum ) */
static bool
is_toplabel(struct slice s)
{
	bool letter = false;
	if (s.n == 0 || !ascii_is_alnum(s.p[0]) ||
	    !ascii_is_alnum(s.p[s.n - 1]))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-')
			return false;
		letter = letter || !ascii_is_digit(s.p[i]);
	}
	return letter;
}

/* Where the last macro of s ends; 0: there is none. A "." inside braces is a
 * delimiter. */
static size_t
last_macro(struct slice s)
{
	size_t end = 0;
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] != '%')
			continue;
		i += s.p[i + 1] == '{' ? slice_find(slice_from(s, i), '}') : 1;
		end = i + 1;
	}
	return end;
}

/* domain-spec = macro-string domain-end
 * domain-end  = ( "." toplabel [ "." ] ) / macro-expand */
static const char *
check_domain(struct slice s)
{
	const char *wrong = spf_macro_check(s, SPF_IN_DOMAIN);
	if (wrong != NULL)
		return wrong;
	if (s.n == 0)
		return N_("no domain where one must stand");
	size_t macro = last_macro(s);
	if (macro == s.n)
		return NULL;
	struct slice end = slice_from(s, macro);
	if (end.p[end.n - 1] == '.')
		end.n--;
	size_t dot = slice_rfind(end, '.');
	if (dot == end.n || !is_toplabel(slice_from(end, dot + 1)))
		return N_("a domain that is none");
	return NULL;
}

/* ---- cidr-length ---- */

/* "0" / %x31-39 *DIGIT, at most max. */
static bool
read_bits(struct slice digits, unsigned max, uint8_t *out)
{
	uint64_t n;
	if (digits.n > 3 || !slice_u64(digits, &n) || n > max ||
	    (digits.p[0] == '0' && digits.n > 1))
		return false;
	*out = (uint8_t)n;
	return true;
}

/* Digits at the end of s and the "/" before them; where the "/" is, or s.n. */
static size_t
find_bits(struct slice s)
{
	size_t i = s.n;
	while (i > 0 && ascii_is_digit(s.p[i - 1]))
		i--;
	return i > 0 && i < s.n && s.p[i - 1] == '/' ? i - 1 : s.n;
}

/* dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ], taken off
 * the end of s. */
static bool
take_cidr(struct slice *s, struct spf_term *t)
{
	size_t at = find_bits(*s);
	if (at == s->n)
		return true;
	if (at > 0 && s->p[at - 1] == '/') {
		if (!read_bits(slice_from(*s, at + 1), 128, &t->bits6))
			return false;
		*s = slice_to(*s, at - 1);
		at = find_bits(*s);
		if (at == s->n)
			return true;
	}
	if (!read_bits(slice_from(*s, at + 1), 32, &t->bits4))
		return false;
	*s = slice_to(*s, at);
	return true;
}

/* ---- networks ---- */

static const char *
read_network(struct slice s, struct spf_term *t)
{
	bool six = t->kind == SPF_IP6;
	size_t slash = slice_find(s, '/');
	if (slash < s.n && !read_bits(slice_from(s, slash + 1), six ? 128 : 32,
			       six ? &t->bits6 : &t->bits4))
		return N_("a network length that is none");
	s = slice_to(s, slash);
	bool colon = slice_find(s, ':') < s.n;
	if (colon != six || ip_parse(s, &t->ip) != ERR_OK)
		return six ? N_("an IPv6 address that is none")
			   : N_("an IPv4 address that is none");
	if (six && t->ip.family == 4) {
		struct ip mapped = {
		    .family = 6, .b = {[10] = 0xff, [11] = 0xff}};
		memcpy(mapped.b + 12, t->ip.b, 4);
		t->ip = mapped;
	}
	return NULL;
}

/* ---- terms ---- */

static const char *
read_mechanism(const struct row *row, struct slice rest, struct spf_term *t)
{
	t->kind = row->kind;
	if (row->kind == SPF_IP4 || row->kind == SPF_IP6) {
		if (rest.n == 0 || rest.p[0] != ':')
			return N_("no address where one must stand");
		return read_network(slice_from(rest, 1), t);
	}
	if (row->cidr && !take_cidr(&rest, t))
		return N_("a network length that is none");
	if (rest.n == 0)
		return row->needed ? N_("no domain where one must stand")
				   : NULL;
	if (!row->domain || rest.p[0] != ':')
		return N_("something behind it that does not belong there");
	t->spec = slice_from(rest, 1);
	return check_domain(t->spec);
}

static const char *
read_directive(struct slice text, struct spf_term *t)
{
	static const char qualifiers[] = "+?-~";
	static const enum spf_word words[] = {
	    SPF_PASS, SPF_NEUTRAL, SPF_FAIL, SPF_SOFTFAIL};
	size_t q = slice_find(SLICE(qualifiers), text.n > 0 ? text.p[0] : 0);
	t->word = SPF_PASS;
	if (q < 4) {
		t->word = words[q];
		text = slice_from(text, 1);
	}
	size_t n = 0;
	while (n < text.n && ascii_is_alnum(text.p[n]))
		n++;
	struct slice name = slice_to(text, n);
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(*mechanisms); i++)
		if (slice_eq_nocase(name, slice_str(mechanisms[i].name)))
			return read_mechanism(
			    &mechanisms[i], slice_from(text, n), t);
	return N_("a mechanism that does not exist");
}

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ), then "="; where that is,
 * or 0. */
static size_t
modifier_name(struct slice text)
{
	size_t n = 0;
	while (n < text.n &&
	       (n == 0 ? ascii_is_alpha(text.p[n])
		       : ascii_is_alnum(text.p[n]) || text.p[n] == '-' ||
			     text.p[n] == '_' || text.p[n] == '.'))
		n++;
	return n < text.n && text.p[n] == '=' ? n : 0;
}

const char *
spf_term_parse(struct slice text, struct spf_term *out)
{
	struct spf_term t = {.text = text, .bits4 = 32, .bits6 = 128};
	const char *wrong;
	size_t n = modifier_name(text);
	if (n == 0) {
		wrong = read_directive(text, &t);
	} else {
		struct slice name = slice_to(text, n);
		t.spec = slice_from(text, n + 1);
		t.kind = slice_eq_nocase(name, SLICE("redirect")) ? SPF_REDIRECT
			 : slice_eq_nocase(name, SLICE("exp"))    ? SPF_EXP
								  : SPF_OTHER;
		wrong = t.kind == SPF_OTHER
			    ? spf_macro_check(t.spec, SPF_IN_MODIFIER)
			    : check_domain(t.spec);
	}
	if (wrong == NULL)
		*out = t;
	return wrong;
}
