#include "proto/smtp/reply.h"

#include "proto/smtp/line.h"

const struct smtp_reply_limits smtp_reply_limits_default = {
    .line_octets = 2048,
    .octets = 65536,
    .lines = 512,
};

/* How much of text goes on a line with room for max octets: up to its LF, or
 * folded at the last space that fits. *skip is what separates it from the
 * next line. */
static size_t
fold(struct slice text, size_t max, size_t *skip)
{
	size_t n = slice_find(text, '\n');
	if (n <= max) {
		*skip = n < text.n ? 1 : 0;
		return n;
	}
	size_t sp = slice_rfind(slice_to(text, max + 1), ' ');
	if (sp == 0 || sp > max) {
		*skip = 0;
		return max;
	}
	*skip = 1;
	return sp;
}

static void
add_printable(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool plain = s.p[i] >= 32 && s.p[i] < 127;
		buf_add_byte(b, plain ? s.p[i] : '?');
	}
}

void
buf_add_smtp_reply(struct buf *b, uint16_t code, struct slice enhanced,
    struct slice text, struct slice id)
{
	/* "550-" enhanced SP text " [" id "]" CR LF */
	size_t frame = 4 + 2 + (enhanced.n > 0 ? enhanced.n + 1 : 0) +
		       (id.n > 0 ? id.n + 3 : 0);
	size_t room = SMTP_REPLY_LINE_MAX - (frame < 400 ? frame : 400);
	bool last = false;
	while (!last) {
		size_t skip = 0, n = fold(text, room, &skip);
		last = n + skip >= text.n;
		buf_add_u64_pad(b, code, 3);
		buf_add_byte(b, last ? ' ' : '-');
		buf_add(b, slice_to(enhanced, 11));
		if (enhanced.n > 0)
			buf_add_byte(b, ' ');
		add_printable(b, slice_to(text, n));
		if (last && id.n > 0) {
			buf_add(b, SLICE(" ["));
			add_printable(b, slice_to(id, 64));
			buf_add_byte(b, ']');
		}
		buf_add(b, SLICE("\r\n"));
		text = slice_from(text, n + skip);
	}
}

/* Reply-code = %x32-35 %x30-35 %x30-39; the second digit is let be any, since
 * only the first one is ever acted upon (RFC 5321 4.2.1). */
static bool
reply_code(struct slice line, uint16_t *code, bool *more)
{
	uint64_t v = 0;
	if (line.n < 3 || line.p[0] < '2' || line.p[0] > '5' ||
	    !slice_u64(slice_to(line, 3), &v))
		return false;
	if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
		return false;
	*code = (uint16_t)v;
	*more = line.n > 3 && line.p[3] == '-';
	return true;
}

/* status-code = class "." subject "." detail, 1*3DIGIT each but the class,
 * which must agree with the reply code (RFC 2034 4, RFC 3463 2). */
static struct slice
enhanced_code(struct slice text, uint16_t code)
{
	struct slice s = slice_to(text, slice_find(text, ' '));
	size_t dots = 0, digits = 0;
	if (s.n < 5 || s.p[0] != '0' + code / 100 || s.p[1] != '.')
		return SLICE_EMPTY;
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '.') {
			if (dots++ > 0 && digits == 0)
				return SLICE_EMPTY;
			digits = 0;
		} else if (!ascii_is_digit(s.p[i]) || ++digits > 3) {
			return SLICE_EMPTY;
		}
	}
	return dots == 2 && digits > 0 ? s : SLICE_EMPTY;
}

enum err
smtp_reply_parse(struct slice in, const struct smtp_reply_limits *max,
    struct smtp_reply *out, size_t *out_used)
{
	struct smtp_reply r = {0};
	size_t at = 0;
	bool more = true;
	while (more) {
		struct slice line;
		size_t used = 0;
		uint16_t code = 0;
		enum err e = smtp_line_next(
		    slice_from(in, at), max->line_octets, &line, &used);
		if (e == ERR_MORE && in.n > max->octets)
			return ERR_LIMIT;
		if (e != ERR_OK)
			return e;
		at += used;
		if (at > max->octets || r.lines == max->lines)
			return ERR_LIMIT;
		if (!reply_code(line, &code, &more))
			return ERR_SYNTAX;
		if (r.lines++ == 0) {
			r.code = code;
			r.enhanced = enhanced_code(slice_from(line, 4), code);
		} else if (code != r.code) {
			return ERR_SYNTAX;
		}
	}
	r.raw = slice_to(in, at);
	*out = r;
	*out_used = at;
	return ERR_OK;
}

bool
smtp_reply_line(struct slice *rest, struct slice *out_text)
{
	size_t lf = slice_find(*rest, '\n');
	if (lf == rest->n)
		return false;
	struct slice line = slice_to(*rest, lf);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	*out_text = slice_from(line, 4);
	*rest = slice_from(*rest, lf + 1);
	return true;
}

void
buf_add_smtp_reply_text(struct buf *b, const struct smtp_reply *r)
{
	struct slice rest = r->raw, text;
	bool first = true;
	buf_add_u64_pad(b, r->code, 3);
	while (smtp_reply_line(&rest, &text)) {
		bool repeats =
		    !first && r->enhanced.n > 0 &&
		    slice_starts(text, r->enhanced) &&
		    (text.n == r->enhanced.n || text.p[r->enhanced.n] == ' ');
		if (repeats)
			text = slice_from(text, r->enhanced.n + 1);
		if (text.n > 0) {
			buf_add_byte(b, ' ');
			buf_add(b, text);
		}
		first = false;
	}
}
