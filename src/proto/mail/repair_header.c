/* repair_header.c - the header of device mail, or of a part of it. */
#include <string.h>

#include "proto/mail/cfws.h"
#include "proto/mail/date.h"
#include "proto/mail/header.h"
#include "proto/mail/repair_priv.h"

/* Where a header line is folded that has no white space. */
#define FOLD_AT 990u

static bool
is_wsp(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* ---- folding ---- */

static size_t
wsp_octets(struct slice s)
{
	size_t n = 0;
	while (n < s.n && is_wsp(s.p[n]))
		n++;
	return n;
}

/* From the last of the white space at the front on; empty if there is nothing
 * else. */
static struct slice
squeeze(struct slice s)
{
	size_t n = wsp_octets(s);
	if (n == s.n)
		return SLICE_EMPTY;
	return slice_from(s, n > 0 ? n - 1 : 0);
}

/* The last white space within room, but for the one at the front; 0: none. */
static size_t
fold_place(struct slice text, size_t room)
{
	size_t n = room;
	while (n > 0 && !is_wsp(text.p[n]))
		n--;
	return n;
}

/* Put text, which has no end of line, behind col octets of a line. White space
 * at a fold and at the end becomes one or none. */
static void
fold(struct slice text, size_t col, struct buf *out)
{
	for (;;) {
		size_t room = REPAIR_LINE_MAX - col;
		if (text.n <= room)
			break;
		text = squeeze(text);
		if (text.n <= room)
			break;
		size_t n = fold_place(text, room);
		if (n == 0) {
			n = repair_cut_utf8(text, FOLD_AT - col);
			buf_add(out, slice_to(text, n));
			buf_add(out, SLICE("\r\n "));
			text = slice_from(text, n);
			col = 1;
			continue;
		}
		struct slice rest = squeeze(slice_from(text, n));
		text = slice_to(text, n);
		while (is_wsp(text.p[text.n - 1]))
			text.n--;
		buf_add(out, text);
		text = rest;
		col = 0;
		if (rest.n > 0)
			buf_add(out, SLICE("\r\n"));
	}
	buf_add(out, text);
}

/* One line of a field, with its CR LF if it has one. */
static void
add_line(struct repair *r, struct slice line, bool first, struct buf *out)
{
	size_t end = slice_ends_nocase(line, SLICE("\r\n")) ? 2 : 0;
	struct slice text = slice_to(line, line.n - end);
	if (text.n <= REPAIR_LINE_MAX) {
		buf_add(out, line);
		return;
	}
	r->done |= REPAIR_FOLDED;
	if (first) {
		size_t colon = slice_find(text, ':');
		struct slice name = slice_trim(slice_to(text, colon));
		buf_add(out, name);
		buf_add_byte(out, ':');
		fold(slice_from(text, colon + 1), name.n + 1, out);
	} else if (wsp_octets(text) == text.n) {
		return;
	} else {
		fold(text, 0, out);
	}
	buf_add(out, slice_from(line, text.n));
}

static size_t
line_octets(struct slice in)
{
	for (size_t at = 0;;) {
		size_t lf = at + slice_find(slice_from(in, at), '\n');
		if (lf >= in.n)
			return in.n;
		if (lf > 0 && in.p[lf - 1] == '\r')
			return lf + 1;
		at = lf + 1;
	}
}

static void
add_field(struct repair *r, struct slice raw, struct buf *out)
{
	for (bool first = true; raw.n > 0; first = false) {
		size_t n = line_octets(raw);
		add_line(r, slice_to(raw, n), first, out);
		raw = slice_from(raw, n);
	}
}

/* ---- which fields ---- */

enum seen {
	SEEN_DATE = REPAIR_DATE,
	SEEN_MESSAGE_ID = REPAIR_MESSAGE_ID,
	SEEN_FROM = REPAIR_FROM,
	SEEN_TO = REPAIR_TO,
	SEEN_MIME_VERSION = REPAIR_MIME,
	SEEN_MIME = 1024 /* a field that means nothing without the last */
};

static const struct {
	struct slice name;
	unsigned seen;
	bool once;
} known[] = {{{(const uint8_t *)"date", 4}, SEEN_DATE, true},
    {{(const uint8_t *)"message-id", 10}, SEEN_MESSAGE_ID, true},
    {{(const uint8_t *)"from", 4}, SEEN_FROM, true},
    {{(const uint8_t *)"to", 2}, SEEN_TO, false},
    {{(const uint8_t *)"cc", 2}, SEEN_TO, false},
    {{(const uint8_t *)"bcc", 3}, SEEN_TO, false},
    {{(const uint8_t *)"mime-version", 12}, SEEN_MIME_VERSION, false},
    {{(const uint8_t *)"content-type", 12}, SEEN_MIME, false},
    {{(const uint8_t *)"content-transfer-encoding", 25}, SEEN_MIME, false}};

static bool
is_blank(struct slice value)
{
	for (size_t i = 0; i < value.n; i++)
		if (!is_wsp(value.p[i]) && value.p[i] != '\r' &&
		    value.p[i] != '\n')
			return false;
	return true;
}

/* May the field stay? */
static bool
see(struct repair *r, const struct header_field *f, unsigned *seen)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!slice_eq_nocase(f->name, known[i].name))
			continue;
		bool goes = known[i].once && ((*seen & known[i].seen) != 0 ||
						 is_blank(f->value));
		if (goes)
			r->done |= known[i].seen;
		else
			*seen |= known[i].seen;
		return !goes;
	}
	return true;
}

/* An address of the envelope, which never ends a line. */
static void
add_plain(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_add_byte(
		    out, s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i]);
}

static void
add_addresses(struct repair *r, unsigned lacks, struct buf *out)
{
	if ((lacks & SEEN_FROM) != 0) {
		buf_add_str(out, "From: <");
		add_plain(out, buf_slice(&r->from));
		if (r->from.n == 0) {
			buf_add_str(out, "postmaster@");
			add_plain(out, buf_slice(&r->hostname));
		}
		buf_add_str(out, ">\r\n");
	}
	if ((lacks & SEEN_TO) != 0 && r->to.n == 0) {
		buf_add_str(out, "To: undisclosed-recipients:;\r\n");
	} else if ((lacks & SEEN_TO) != 0) {
		buf_add_str(out, "To: <");
		add_plain(out, buf_slice(&r->to));
		buf_add_str(out, ">\r\n");
	}
}

static void
add_what_lacks(struct repair *r, unsigned seen, struct buf *out)
{
	unsigned lacks =
	    (SEEN_DATE | SEEN_MESSAGE_ID | SEEN_FROM | SEEN_TO) & ~seen;
	if ((seen & SEEN_MIME) != 0 && (seen & SEEN_MIME_VERSION) == 0)
		lacks |= SEEN_MIME_VERSION;
	if ((lacks & SEEN_DATE) != 0) {
		buf_add_str(out, "Date: ");
		buf_add_date_rfc5322(out, r->unix_s, r->offset_min);
		buf_add_str(out, "\r\n");
	}
	if ((lacks & SEEN_MESSAGE_ID) != 0) {
		buf_add_str(out, "Message-ID: <");
		buf_add_id(out, r->id);
		buf_add_byte(out, '@');
		add_plain(out, buf_slice(&r->hostname));
		buf_add_str(out, ">\r\n");
	}
	add_addresses(r, lacks, out);
	if ((lacks & SEEN_MIME_VERSION) != 0)
		buf_add_str(out, "MIME-Version: 1.0\r\n");
	r->done |= lacks;
}

/* ---- what the body is (RFC 2045 5, 6) ---- */

static bool
is_token(uint8_t c)
{
	const struct slice specials = SLICE("()<>@,;:\\\"/[]?=");
	return c > 32 && c < 127 && slice_find(specials, c) == specials.n;
}

static struct slice
take_token(struct slice *in)
{
	size_t n = 0;
	while (n < in->n && is_token(in->p[n]))
		n++;
	struct slice t = slice_to(*in, n);
	*in = slice_from(*in, n);
	return t;
}

/* A comment that does not end takes the rest. */
static void
skip_cfws(struct slice *in)
{
	*in = slice_from(*in, cfws_octets(*in));
}

/* The value of a parameter, quoted or not; what devices leave unquoted may
 * hold more than a token. */
static void
take_value(struct slice *in, struct buf *out)
{
	size_t i = 0;
	bool quoted = in->n > 0 && in->p[0] == '"';
	buf_clear(out);
	for (i = quoted; i < in->n; i++) {
		uint8_t c = in->p[i];
		if (c == '\r' || c == '\n')
			continue;
		if (quoted ? c == '"' : c == ';' || is_wsp(c))
			break;
		if (quoted && c == '\\' && i + 1 < in->n)
			c = in->p[++i];
		buf_add_byte(out, c);
	}
	*in = slice_from(*in, i + (quoted && i < in->n));
	while (out->n > 0 && is_wsp(out->p[out->n - 1]))
		out->n--;
}

/* parameters = *(";" attribute "=" value); the first of that name. */
static bool
find_parameter(struct slice in, struct slice want, struct buf *out)
{
	while (in.n > 0) {
		skip_cfws(&in);
		if (in.n > 0 && in.p[0] == ';') {
			in = slice_from(in, 1);
			continue;
		}
		struct slice name = take_token(&in);
		skip_cfws(&in);
		if (name.n == 0 || in.n == 0 || in.p[0] != '=') {
			in = slice_from(in, slice_find(in, ';'));
			continue;
		}
		in = slice_from(in, 1);
		skip_cfws(&in);
		take_value(&in, out);
		if (slice_eq_nocase(name, want))
			return buf_err(out) == ERR_OK && out->n > 0;
	}
	return false;
}

static bool
is_secured(struct slice subtype)
{
	return slice_eq_nocase(subtype, SLICE("signed")) ||
	       slice_eq_nocase(subtype, SLICE("encrypted"));
}

/* Go into the parts of a multipart; false: it has none that we can tell. */
static bool
enter(struct repair *r, struct slice subtype, struct slice parameters)
{
	struct buf b;
	bool secured = r->depth > 0 && r->stack[r->depth - 1].secured;
	if (r->depth == REPAIR_DEPTH_MAX)
		return false;
	buf_init(&b, REPAIR_BOUNDARY_MAX);
	bool found = find_parameter(parameters, SLICE("boundary"), &b);
	if (found) {
		struct repair_boundary *to = &r->stack[r->depth++];
		to->secured = secured || is_secured(subtype);
		to->n = (uint8_t)b.n;
		memcpy(to->p, b.p, b.n);
	}
	buf_free(&b);
	return found;
}

/* The first token of the first field of that name. */
static struct slice
first_token(struct slice block, struct slice name, struct slice *rest)
{
	struct header_field f;
	*rest = SLICE_EMPTY;
	if (header_find(block, name, &f) != ERR_OK)
		return SLICE_EMPTY;
	*rest = f.value;
	skip_cfws(rest);
	return take_token(rest);
}

/* Is the part in an encoding that keeps nothing but lines? */
static bool
is_plain(struct slice encoding)
{
	return encoding.n == 0 || slice_eq_nocase(encoding, SLICE("7bit")) ||
	       slice_eq_nocase(encoding, SLICE("8bit")) ||
	       slice_eq_nocase(encoding, SLICE("binary"));
}

static enum repair_kind
kind_of(struct repair *r, struct slice block)
{
	struct slice rest, subtype = SLICE_EMPTY;
	struct slice encoding =
	    first_token(block, SLICE("Content-Transfer-Encoding"), &rest);
	struct slice type = first_token(block, SLICE("Content-Type"), &rest);
	if (rest.n > 0 && rest.p[0] == '/') {
		rest = slice_from(rest, 1);
		subtype = take_token(&rest);
	}
	if (slice_eq_nocase(type, SLICE("multipart")) &&
	    enter(r, subtype, rest))
		return KIND_MULTIPART;
	if (slice_eq_nocase(encoding, SLICE("base64")))
		return KIND_BASE64;
	if (slice_eq_nocase(encoding, SLICE("quoted-printable")))
		return KIND_QUOTED_PRINTABLE;
	bool secured = r->depth > 0 && r->stack[r->depth - 1].secured;
	if (subtype.n == 0 || secured || !is_plain(encoding) ||
	    slice_eq_nocase(type, SLICE("text")) ||
	    slice_eq_nocase(type, SLICE("multipart")) ||
	    slice_eq_nocase(type, SLICE("message")))
		return KIND_TEXT;
	return KIND_ENCODE;
}

/* ---- all of it ---- */

/* The mended fields, in base64 from now on. */
static void
add_encoded(struct slice block, struct buf *out)
{
	struct header_field f;
	size_t used;
	buf_add_str(out, "Content-Transfer-Encoding: base64\r\n");
	while (header_next(block, true, block.n, &f, &used) == ERR_OK) {
		if (!slice_eq_nocase(
			f.name, SLICE("Content-Transfer-Encoding")))
			buf_add(out, f.raw);
		block = slice_from(block, used);
	}
}

enum err
repair_header(struct repair *r, struct slice block, struct buf *out)
{
	struct header_field f;
	size_t used;
	unsigned seen = 0;
	buf_clear(&r->made);
	while (header_next(block, true, block.n, &f, &used) == ERR_OK) {
		if (r->is_part || see(r, &f, &seen))
			add_field(r, f.raw, &r->made);
		block = slice_from(block, used);
	}
	if (buf_err(&r->made) != ERR_OK)
		return buf_err(&r->made);
	if (!r->is_part)
		add_what_lacks(r, seen, out);
	r->kind = kind_of(r, buf_slice(&r->made));
	if (r->kind == KIND_ENCODE) {
		r->done |= REPAIR_ENCODED;
		add_encoded(buf_slice(&r->made), out);
	} else {
		buf_add(out, buf_slice(&r->made));
	}
	return buf_err(out);
}
