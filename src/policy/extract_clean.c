/* extract_clean.c - a text as it was before it was copied: out of UTF-16, a
 * Windows code page, quoted-printable, HTML, a terminal's colours. */
#include "base/utf8.h"
#include "policy/extract_priv.h"

#define SAMPLE  65536 /* octets by which it is known what a text is */
#define TAG_MAX 400   /* octets of one tag of HTML */
#define REF_MAX 9     /* octets of one reference of HTML, "&#8217;" */
#define CSI_MAX 32    /* octets of one sequence for a terminal */

/* ---- characters ---- */

static void
add_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_add_byte(b, (uint8_t)c);
		return;
	}
	if (c >= 0x10000) {
		buf_add_byte(b, (uint8_t)(0xf0 | c >> 18));
		buf_add_byte(b, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
	} else if (c >= 0x800) {
		buf_add_byte(b, (uint8_t)(0xe0 | c >> 12));
	} else {
		buf_add_byte(b, (uint8_t)(0xc0 | c >> 6));
	}
	if (c >= 0x800)
		buf_add_byte(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	buf_add_byte(b, (uint8_t)(0x80 | (c & 0x3f)));
}

/* What a word processor or a mail client makes of the characters of a log. */
static void
add_folded(struct buf *b, uint32_t c)
{
	if (c == 0 || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) ||
	    c == 0xfeff)
		return; /* nothing that is seen */
	if (c == '\t' || c == 0xa0 || (c >= 0x2000 && c <= 0x200a) ||
	    c == 0x202f || c == 0x205f || c == 0x3000)
		c = ' ';
	else if ((c >= 0x2018 && c <= 0x201b) || c == 0x2bc || c == 0xb4)
		c = '\'';
	else if (c >= 0x201c && c <= 0x201f)
		c = '"';
	else if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
		c = '-';
	else if (c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029)
		c = '\n';
	add_utf8(b, c);
}

/* 0x80..0x9f of Windows-1252; 0: none is there. */
static const uint16_t windows[32] = {0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026,
    0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0, 0, 0x2018,
    0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161,
    0x203a, 0x153, 0, 0x17e, 0x178};

static uint32_t
decode(struct slice s, size_t n)
{
	static const uint8_t first[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = s.p[0] & first[n];
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s.p[i] & 0x3f);
	return c;
}

/* ESC [ 1;31m: its octets, or 0. */
static size_t
escape_octets(struct slice s)
{
	if (s.n < 3 || s.p[0] != 0x1b || s.p[1] != '[')
		return 0;
	for (size_t i = 2; i < s.n && i < CSI_MAX; i++) {
		if (s.p[i] >= 0x40 && s.p[i] <= 0x7e)
			return i + 1;
		if (s.p[i] < 0x20 || s.p[i] > 0x3f)
			return 0;
	}
	return 0;
}

static void
add_characters(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n;) {
		struct slice rest = slice_from(s, i);
		size_t n = utf8_sequence(rest), skip = escape_octets(rest);
		if (skip > 0) {
			i += skip;
			continue;
		}
		if (rest.p[0] == '\r') {
			/* of CR LF; alone it ends a line */
			if (rest.n < 2 || rest.p[1] != '\n')
				buf_add_byte(b, '\n');
			n = 1;
		} else if (n > 0) {
			add_folded(b, decode(rest, n));
		} else {
			uint8_t c = rest.p[0];
			add_folded(b, c < 0xa0 && windows[c & 0x1f] != 0
					  ? windows[c & 0x1f]
					  : c);
			n = 1;
		}
		i += n;
	}
}

/* ---- UTF-16 ---- */

enum order { NO_UTF16, LITTLE, BIG };

static enum order
order_of(struct slice s)
{
	size_t zeros[2] = {0, 0};
	if (s.n >= 2 && s.p[0] == 0xff && s.p[1] == 0xfe)
		return LITTLE;
	if (s.n >= 2 && s.p[0] == 0xfe && s.p[1] == 0xff)
		return BIG;
	s = slice_to(s, SAMPLE);
	for (size_t i = 0; i < s.n; i++)
		zeros[i & 1] += s.p[i] == 0;
	if (zeros[1] > s.n / 4 && zeros[0] < s.n / 64 + 1)
		return LITTLE;
	if (zeros[0] > s.n / 4 && zeros[1] < s.n / 64 + 1)
		return BIG;
	return NO_UTF16;
}

static uint32_t
unit(struct slice s, size_t at, enum order o)
{
	uint32_t low = s.p[at], high = s.p[at + 1];
	return o == LITTLE ? high << 8 | low : low << 8 | high;
}

static void
from_utf16(struct buf *b, struct slice s, enum order o)
{
	for (size_t i = 0; i + 1 < s.n; i += 2) {
		uint32_t c = unit(s, i, o);
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < s.n) {
			uint32_t d = unit(s, i + 2, o);
			if (d >= 0xdc00 && d < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) +
				    (d - 0xdc00);
				i += 2;
			}
		}
		add_utf8(b, c >= 0xd800 && c < 0xe000 ? '?' : c);
	}
}

/* ---- quoted-printable (RFC 2045 6.7) ---- */

/* The octet of "=3D" at the front, or -1. */
static int
quoted_octet(struct slice s)
{
	int high, low;
	if (s.n < 3 || s.p[0] != '=')
		return -1;
	high = ascii_hex(s.p[1]);
	low = ascii_hex(s.p[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* "=" at the end of a line: the octets up to the next, or 0. */
static size_t
soft_break(struct slice s)
{
	if (s.n >= 3 && s.p[1] == '\r' && s.p[2] == '\n')
		return 3;
	return s.n >= 2 && s.p[1] == '\n' ? 2 : 0;
}

/* Is each "=" in it one of that encoding, and is there one at all? */
static bool
is_quoted_printable(struct slice s)
{
	bool sure = false;
	/* Two more octets may be needed to tell. */
	size_t n = s.n > SAMPLE ? SAMPLE : s.n;
	for (size_t i = 0; i < n; i++) {
		struct slice rest = slice_from(s, i);
		if (s.p[i] != '=')
			continue;
		if (quoted_octet(rest) < 0 && soft_break(rest) == 0)
			return false;
		sure =
		    sure || quoted_octet(rest) == '=' || soft_break(rest) > 0;
	}
	return sure;
}

static void
from_quoted(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n;) {
		struct slice rest = slice_from(s, i);
		int octet = quoted_octet(rest);
		size_t skip = rest.p[0] == '=' ? soft_break(rest) : 0;
		if (octet >= 0)
			buf_add_byte(b, (uint8_t)octet);
		else if (skip == 0)
			buf_add_byte(b, rest.p[0]);
		i += octet >= 0 ? 3 : skip > 0 ? skip : 1;
	}
}

/* ---- HTML ---- */

static const struct {
	const char *name;
	bool line; /* its end ends a line */
} tags[] = {{"a", false}, {"b", false}, {"blockquote", true}, {"body", true},
    {"br", true}, {"code", false}, {"div", true}, {"em", false},
    {"font", false}, {"h1", true}, {"h2", true}, {"h3", true}, {"head", true},
    {"html", true}, {"i", false}, {"li", true}, {"o:p", false}, {"ol", true},
    {"p", true}, {"pre", true}, {"span", false}, {"strong", false},
    {"table", true}, {"tbody", false}, {"td", false}, {"tr", true},
    {"tt", false}, {"u", false}, {"ul", true}};

/* A tag of HTML at the front: its octets, or 0; no "<ani@mitra.example>". */
static size_t
tag_octets(struct slice s, bool *out_line)
{
	size_t at = s.n > 1 && s.p[1] == '/' ? 2 : 1;
	struct slice name = slice_to(slice_from(s, at), 11);
	size_t n = 0;
	if (s.n < 3 || s.p[0] != '<')
		return 0;
	while (n < name.n && (ascii_is_alnum(name.p[n]) || name.p[n] == ':'))
		n++;
	name = slice_to(name, n);
	s = slice_to(s, TAG_MAX);
	if (at + n >= s.n ||
	    (s.p[at + n] != '>' && s.p[at + n] != ' ' && s.p[at + n] != '/'))
		return 0;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		size_t end = slice_find(s, '>');
		if (!slice_eq_nocase(name, slice_str(tags[i].name)))
			continue;
		*out_line = tags[i].line &&
			    (at == 2 || slice_eq_nocase(name, SLICE("br")));
		return end < s.n ? end + 1 : 0;
	}
	return 0;
}

/* "&lt;", "&#39;" at the front: its octets, or 0. */
static size_t
reference(struct slice s, uint32_t *out)
{
	static const struct {
		const char *name;
		uint32_t c;
	} names[] = {{"amp", '&'}, {"apos", '\''}, {"gt", '>'}, {"lt", '<'},
	    {"nbsp", ' '}, {"quot", '"'}, {"lsquo", '\''}, {"rsquo", '\''},
	    {"ldquo", '"'}, {"rdquo", '"'}, {"ndash", '-'}, {"mdash", '-'}};
	struct slice in = slice_to(slice_from(s, 1), REF_MAX);
	size_t n = slice_find(in, ';');
	uint64_t number;
	if (s.p[0] != '&' || n == in.n)
		return 0;
	in = slice_to(in, n);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_eq(in, slice_str(names[i].name))) {
			*out = names[i].c;
			return n + 2;
		}
	if (in.n < 2 || in.p[0] != '#' ||
	    !slice_u64(slice_from(in, 1), &number))
		return 0;
	if (number == 0 || number > 0x10ffff ||
	    (number >= 0xd800 && number < 0xe000))
		return 0;
	*out = (uint32_t)number;
	return n + 2;
}

static bool
is_html(struct slice s)
{
	static const char *const signs[] = {
	    "&lt;", "&nbsp;", "&gt;", "<br", "</p>", "</div>", "</span>"};
	s = slice_to(s, SAMPLE);
	for (size_t k = 0; k < sizeof(signs) / sizeof(signs[0]); k++)
		if (extract_find(s, 0, signs[k]) < s.n)
			return true;
	return false;
}

static void
from_html(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n;) {
		struct slice rest = slice_from(s, i);
		uint32_t c = 0;
		bool line = false;
		size_t n = reference(rest, &c), tag = tag_octets(rest, &line);
		if (n > 0)
			add_folded(b, c);
		else if (line)
			buf_add_byte(b, '\n');
		else if (tag == 0)
			buf_add_byte(b, rest.p[0]);
		i += n > 0 ? n : tag > 0 ? tag : 1;
	}
}

/* ---- qmail ---- */

/* "delivery 4551: deferral: Remote_host_said:_451_..." */
static void
add_unscored(struct buf *b, struct slice s)
{
	while (s.n > 0) {
		size_t n = slice_find(s, '\n');
		struct slice line = slice_to(s, n < s.n ? n + 1 : n);
		size_t at = extract_find(line, 0, "delivery #*:");
		if (at < line.n)
			at += slice_find(slice_from(line, at), '_');
		buf_add(b, slice_to(line, at));
		for (; at < line.n; at++)
			buf_add_byte(b, line.p[at] == '_' ? ' ' : line.p[at]);
		s = slice_from(s, line.n);
	}
}

static bool
is_qmail(struct slice s)
{
	s = slice_to(s, SAMPLE);
	return extract_find(s, 0, "delivery #*: deferral: ") < s.n ||
	       extract_find(s, 0, "delivery #*: failure: ") < s.n;
}

/* ---- all of it ---- */

/* One step, where it is called for: from *text into to. */
static void
step(struct slice *text, struct buf *to,
    void (*convert)(struct buf *, struct slice))
{
	buf_clear(to);
	convert(to, *text);
	*text = buf_slice(to);
}

enum err
extract_clean(struct slice raw, struct buf *out)
{
	struct buf a, b;
	buf_init(&a, EXTRACT_CLEAN_MAX);
	buf_init(&b, EXTRACT_CLEAN_MAX);
	struct slice text = slice_to(raw, EXTRACT_TEXT_MAX);
	enum order order = order_of(text);
	if (order != NO_UTF16) {
		from_utf16(&a, text, order);
		text = buf_slice(&a);
	}
	if (is_quoted_printable(text))
		step(&text, &b, from_quoted);
	buf_clear(out);
	add_characters(out, text);
	text = buf_slice(out);
	if (is_html(text))
		step(&text, &a, from_html);
	if (is_qmail(text))
		step(&text, &b, add_unscored);
	enum err e = buf_err(&a) != ERR_OK ? buf_err(&a) : buf_err(&b);
	if (text.p != buf_slice(out).p) {
		buf_clear(out);
		buf_add(out, text);
	}
	buf_free(&a);
	buf_free(&b);
	return e != ERR_OK ? e : buf_err(out);
}
