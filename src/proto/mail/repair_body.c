/* repair_body.c - the body of device mail: parts, lines, encodings. */
#include <string.h>

#include "base/base64.h"
#include "proto/mail/repair_priv.h"

/* A line of base64 or quoted-printable (RFC 2045 6.7, 6.8). */
#define ENCODED_LINE 76u
/* Where text is broken that has no white space. */
#define BREAK_AT 990u

static bool
is_wsp(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct slice
line_of(const struct repair *r)
{
	return slice_of(r->line, r->line_n);
}

static bool
ends_line(struct slice line)
{
	return line.n >= 2 && line.p[line.n - 2] == '\r' &&
	       line.p[line.n - 1] == '\n';
}

static struct slice
without_crlf(struct slice line)
{
	return ends_line(line) ? slice_to(line, line.n - 2) : line;
}

static void
line_drop(struct repair *r, size_t n)
{
	r->line_n -= n;
	memmove(r->line, r->line + n, r->line_n);
}

/* ---- parts ---- */

/* delimiter = "--" boundary ["--"] *WSP (RFC 2046 5.1.1) */
static bool
is_delimiter_of(const struct repair_boundary *b, struct slice line, bool *close)
{
	line = without_crlf(line);
	if (line.n < 2u + b->n || memcmp(line.p, "--", 2) != 0 ||
	    memcmp(line.p + 2, b->p, b->n) != 0)
		return false;
	line = slice_from(line, 2u + b->n);
	*close = slice_starts(line, SLICE("--"));
	return slice_trim(slice_from(line, *close ? 2 : 0)).n == 0;
}

/* The level that the line delimits, from 1; 0: none. */
static unsigned
level_of(const struct repair *r, struct slice line, bool *close)
{
	for (unsigned i = r->depth; i > 0; i--)
		if (is_delimiter_of(&r->stack[i - 1], line, close))
			return i;
	return 0;
}

bool
repair_delimits(const struct repair *r, struct slice line)
{
	bool close;
	return level_of(r, line, &close) > 0;
}

static void encode_end(struct repair *r, struct buf *out);

bool
repair_delimiter(struct repair *r, struct slice line, struct buf *out)
{
	bool close = false;
	unsigned level = level_of(r, line, &close);
	if (level == 0)
		return false;
	/* The CR LF before it belongs to it. */
	r->crlf = false;
	encode_end(r, out);
	buf_add(out, line);
	r->depth = close ? level - 1 : level;
	r->kind = KIND_TEXT; /* behind the last part */
	r->in_header = r->is_part = !close;
	return true;
}

/* ---- base64 ---- */

static void
encode_flush(struct repair *r, struct buf *out)
{
	if (r->encode_n == 0)
		return;
	buf_add_base64(out, slice_of(r->encode, r->encode_n));
	buf_add(out, SLICE("\r\n"));
	r->encode_n = 0;
}

static void
encode(struct repair *r, struct slice s, struct buf *out)
{
	while (s.n > 0) {
		size_t room = sizeof(r->encode) - r->encode_n;
		struct slice some = slice_to(s, room);
		memcpy(r->encode + r->encode_n, some.p, some.n);
		r->encode_n += some.n;
		s = slice_from(s, some.n);
		if (r->encode_n == sizeof(r->encode))
			encode_flush(r, out);
	}
}

/* The end of the line above, now that no delimiter follows. */
static void
encode_crlf(struct repair *r, struct buf *out)
{
	if (r->crlf)
		encode(r, SLICE("\r\n"), out);
	r->crlf = false;
}

static void
encode_end(struct repair *r, struct buf *out)
{
	encode_crlf(r, out);
	encode_flush(r, out);
}

/* ---- lines that are too long ---- */

/* What begins with "--" might be taken for a delimiter, and must not become
 * one by losing its end. */
static void
guard(struct repair *r)
{
	struct slice by =
	    r->kind == KIND_QUOTED_PRINTABLE ? SLICE("=2D") : SLICE(" -");
	if (!slice_starts(line_of(r), SLICE("--")))
		return;
	memmove(r->line + by.n, r->line + 1, r->line_n - 1);
	memcpy(r->line, by.p, by.n);
	r->line_n += by.n - 1;
}

static size_t
cut_text(struct slice line)
{
	for (size_t n = REPAIR_LINE_MAX; n > 0; n--)
		if (is_wsp(line.p[n]))
			return n;
	return repair_cut_utf8(line, BREAK_AT);
}

/* Never within "=XX"; room for the "=" of the soft break. */
static size_t
cut_quoted_printable(struct slice line)
{
	size_t n = ENCODED_LINE - 1;
	if (line.p[n - 1] == '=')
		return n - 1;
	return line.p[n - 2] == '=' ? n - 2 : n;
}

/* Send the front of the line as a line of its own. */
static void
break_line(struct repair *r, struct buf *out)
{
	struct slice line = line_of(r);
	size_t n = 0;
	switch (r->kind) {
	case KIND_TEXT:
	case KIND_MULTIPART:
		n = cut_text(line);
		break;
	case KIND_BASE64:
		n = ENCODED_LINE;
		break;
	case KIND_QUOTED_PRINTABLE:
		n = cut_quoted_printable(line);
		break;
	case KIND_ENCODE:
		n = REPAIR_LINE_MAX;
		encode_crlf(r, out);
		encode(r, slice_to(line, n), out);
		break;
	}
	if (r->kind != KIND_ENCODE) {
		r->done |= REPAIR_BROKEN;
		buf_add(out, slice_to(line, n));
		if (r->kind == KIND_QUOTED_PRINTABLE)
			buf_add_byte(out, '=');
		buf_add(out, SLICE("\r\n"));
	}
	line_drop(r, n);
	if (r->kind != KIND_ENCODE)
		guard(r);
}

static void
begin_breaking(struct repair *r)
{
	if (!r->continued && r->kind != KIND_ENCODE)
		guard(r);
	r->continued = true;
}

/* All of a line is there, or all that is left of one. */
static void
finish_line(struct repair *r, struct buf *out)
{
	bool encoded =
	    r->kind == KIND_BASE64 || r->kind == KIND_QUOTED_PRINTABLE;
	size_t max = encoded && r->continued ? ENCODED_LINE : REPAIR_LINE_MAX;
	while (without_crlf(line_of(r)).n > max)
		break_line(r, out);
	if (r->kind == KIND_ENCODE) {
		struct slice text = without_crlf(line_of(r));
		encode_crlf(r, out);
		encode(r, text, out);
		r->crlf = text.n < r->line_n;
	} else {
		buf_add(out, line_of(r));
	}
	r->line_n = 0;
	r->continued = false;
}

size_t
repair_body(struct repair *r, struct slice in, struct buf *out)
{
	struct slice some = slice_to(in, REPAIR_LINE_CAP - r->line_n);
	size_t lf = slice_find(some, '\n');
	some = slice_to(some, lf < some.n ? lf + 1 : some.n);
	memcpy(r->line + r->line_n, some.p, some.n);
	r->line_n += some.n;
	if (!ends_line(line_of(r))) {
		if (r->line_n == REPAIR_LINE_CAP)
			begin_breaking(r);
		while (r->line_n >= REPAIR_LINE_CAP)
			break_line(r, out);
		return some.n;
	}
	bool begins = !r->continued;
	if (begins && repair_delimiter(r, line_of(r), out))
		r->line_n = 0;
	else
		finish_line(r, out);
	return some.n;
}

void
repair_body_end(struct repair *r, struct buf *out)
{
	bool begins = !r->continued;
	if (begins && r->line_n > 0 && repair_delimiter(r, line_of(r), out))
		r->line_n = 0;
	if (r->line_n > REPAIR_LINE_MAX)
		begin_breaking(r);
	if (r->line_n > 0)
		finish_line(r, out);
	encode_end(r, out);
}
