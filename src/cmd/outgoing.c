#include "cmd/outgoing.h"

#include "proto/mail/date.h"
#include "proto/mail/header.h"

#define FIELD_MAX (1u << 20)

enum err
outgoing_lines(struct slice text, bool stop_at_dot, struct buf *out)
{
	while (text.n > 0) {
		size_t n = 0, end;
		while (n < text.n && text.p[n] != '\n' && text.p[n] != '\r')
			n++;
		end = n;
		if (end < text.n)
			end += text.p[end] == '\r' && end + 1 < text.n &&
				       text.p[end + 1] == '\n'
				   ? 2
				   : 1;
		if (stop_at_dot && n == 1 && text.p[0] == '.')
			break;
		buf_add(out, slice_to(text, n));
		buf_add_str(out, "\r\n");
		text = slice_from(text, end);
	}
	return buf_err(out);
}

/* ---- addresses of a field ---- */

/* What is being read: one address of a list. */
struct scan {
	struct slice in;
	struct buf *out;
	struct buf plain; /* outside of <>, comments removed */
	struct buf angle; /* inside of <> */
	bool had_angle;
};

static void
flush_address(struct scan *s)
{
	struct slice a =
	    slice_trim(buf_slice(s->had_angle ? &s->angle : &s->plain));

	if (a.n > 0 && slice_find(a, '\0') == a.n) {
		buf_add(s->out, a);
		buf_add_byte(s->out, '\0');
	}
	buf_clear(&s->plain);
	buf_clear(&s->angle);
	s->had_angle = false;
}

/* ( comment ), with nesting and quoted pairs. */
static size_t
skip_comment(struct slice in)
{
	size_t i = 0, depth = 0;

	for (; i < in.n; i++) {
		if (in.p[i] == '\\')
			i++;
		else if (in.p[i] == '(')
			depth++;
		else if (in.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return in.n;
}

/* "quoted string", copied as it is but for its folds: no line may end within
 * an address, or it would end a command. */
static size_t
copy_quoted(struct slice in, struct buf *to)
{
	size_t i = 1;

	while (i < in.n && in.p[i] != '"')
		i += in.p[i] == '\\' ? 2 : 1;
	i = i < in.n ? i + 1 : in.n;
	for (size_t k = 0; k < i; k++)
		if (in.p[k] != '\r' && in.p[k] != '\n')
			buf_add_byte(to, in.p[k]);
	return i;
}

/* One octet or unit at the front of in; how many octets it was. */
static size_t
scan_step(struct scan *s, struct slice in, bool *in_angle)
{
	uint8_t c = in.p[0];

	if (c == '(')
		return skip_comment(in);
	if (c == '"')
		return copy_quoted(in, *in_angle ? &s->angle : &s->plain);
	if (c == '<') {
		*in_angle = true;
		s->had_angle = true;
	} else if (c == '>') {
		*in_angle = false;
	} else if (!*in_angle && (c == ',' || c == ';')) {
		flush_address(s);
	} else if (!*in_angle && c == ':') {
		buf_clear(&s->plain); /* the name of a group */
	} else if (c != '\r' && c != '\n') {
		buf_add_byte(*in_angle ? &s->angle : &s->plain, c);
	}
	return 1;
}

void
outgoing_addresses(struct slice value, struct buf *out)
{
	struct scan s = {.in = value, .out = out};
	bool in_angle = false;

	buf_init(&s.plain, value.n + 1);
	buf_init(&s.angle, value.n + 1);
	for (size_t i = 0; i < value.n;)
		i += scan_step(&s, slice_from(value, i), &in_angle);
	flush_address(&s);
	buf_free(&s.plain);
	buf_free(&s.angle);
}

enum err
outgoing_recipients(struct slice message, struct buf *out)
{
	struct header_field f;
	size_t used;
	enum err e;

	while (
	    (e = header_next(message, true, FIELD_MAX, &f, &used)) == ERR_OK) {
		if (slice_eq_nocase(f.name, SLICE("To")) ||
		    slice_eq_nocase(f.name, SLICE("Cc")) ||
		    slice_eq_nocase(f.name, SLICE("Bcc")))
			outgoing_addresses(f.value, out);
		message = slice_from(message, used);
	}
	return e == ERR_NOT_FOUND ? buf_err(out) : e;
}

/* ---- missing fields ---- */

static void
add_from(const struct outgoing_sender *s, struct buf *out)
{
	buf_add_str(out, "From: ");
	if (s->name.n > 0) {
		buf_add_byte(out, '"');
		for (size_t i = 0; i < s->name.n; i++) {
			uint8_t c = s->name.p[i];
			if (c == '"' || c == '\\')
				buf_add_byte(out, '\\');
			if (c >= ' ' && c != 0x7f)
				buf_add_byte(out, c);
		}
		buf_add_str(out, "\" ");
	}
	buf_add_byte(out, '<');
	buf_add(out, s->from);
	buf_add_str(out, ">\r\n");
}

static void
add_missing(
    const struct outgoing_sender *s, struct slice block, struct buf *out)
{
	if (header_count(block, SLICE("From")) == 0 && s->from.n > 0)
		add_from(s, out);
	if (header_count(block, SLICE("Date")) == 0) {
		buf_add_str(out, "Date: ");
		buf_add_date_rfc5322(out, s->unix_s, s->offset_min);
		buf_add_str(out, "\r\n");
	}
	if (header_count(block, SLICE("Message-ID")) == 0) {
		buf_add_str(out, "Message-ID: <");
		buf_add_id(out, s->id);
		buf_add_byte(out, '@');
		buf_add(out, s->host);
		buf_add_str(out, ">\r\n");
	}
}

enum err
outgoing_finish(
    struct slice message, const struct outgoing_sender *s, struct buf *out)
{
	struct header_field f;
	size_t used;
	enum err e;

	add_missing(s, header_block(message, false), out);
	while (
	    (e = header_next(message, true, FIELD_MAX, &f, &used)) == ERR_OK) {
		if (!slice_eq_nocase(f.name, SLICE("Bcc")))
			buf_add(out, f.raw);
		message = slice_from(message, used);
	}
	if (e != ERR_NOT_FOUND)
		return e;
	if (!slice_starts(message, SLICE("\r\n")))
		buf_add_str(out, "\r\n"); /* a body without its empty line */
	buf_add(out, message);
	return buf_err(out);
}
