#include "proto/mail/bounce.h"

#include "base/utf8.h"
#include "proto/mail/bounce_text.h"
#include "proto/mail/date.h"
#include "proto/mail/header.h"

#define QP_LINE        76
#define SEVEN_BIT_LINE 998
#define DIAG_MAX       900 /* octets of a diagnostic shown, before escaping */

static const char hex_upper[] = "0123456789ABCDEF";

/* True if s can stand in a 7bit part: ASCII without NUL, CR LF lines of at
 * most 998 octets. */
static bool
is_seven_bit(struct slice s)
{
	size_t column = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c == '\r' && i + 1 < s.n && s.p[i + 1] == '\n') {
			column = 0;
			i++;
		} else if (c == 0 || c == '\r' || c == '\n' || c >= 0x80 ||
			   ++column > SEVEN_BIT_LINE) {
			return false;
		}
	}
	return true;
}

static void
qp_octet(struct buf *out, uint8_t c, size_t *column, bool last_of_line)
{
	bool plain = c > 0x20 && c < 0x7f && c != '=';
	if ((c == ' ' || c == '\t') && !last_of_line)
		plain = true;
	size_t cost = plain ? 1 : 3;
	if (*column + cost > QP_LINE - 1) {
		buf_add(out, SLICE("=\r\n"));
		*column = 0;
	}
	/* "." and "--" at the start of a line are safe words only encoded. */
	if (*column == 0 && (c == '.' || c == '-')) {
		plain = false;
		cost = 3;
	}
	*column += cost;
	if (plain) {
		buf_add_byte(out, c);
		return;
	}
	uint8_t esc[3] = {
	    '=', (uint8_t)hex_upper[c >> 4], (uint8_t)hex_upper[c & 15]};
	buf_add(out, slice_of(esc, sizeof(esc)));
}

/* quoted-printable (RFC 2045 6.7); CR LF are line ends, the rest is data. */
static void
qp_add(struct buf *out, struct slice s)
{
	size_t column = 0;
	for (size_t i = 0; i < s.n; i++) {
		struct slice rest = slice_from(s, i + 1);
		if (s.p[i] == '\r' && slice_starts(rest, SLICE("\n"))) {
			buf_add(out, SLICE("\r\n"));
			column = 0;
			i++;
			continue;
		}
		bool last = rest.n == 0 || slice_starts(rest, SLICE("\r\n"));
		qp_octet(out, s.p[i], &column, last);
	}
}

/* The headers of a part, the empty line, its octets in the encoding that
 * they need. */
static void
part_add(struct buf *out, const char *type, struct slice body)
{
	bool plain = is_seven_bit(body);
	buf_add(out, SLICE("Content-Type: "));
	buf_add_str(out, type);
	buf_add(out, SLICE("\r\nContent-Transfer-Encoding: "));
	buf_add(out, plain ? SLICE("7bit") : SLICE("quoted-printable"));
	buf_add(out, SLICE("\r\n\r\n"));
	if (plain)
		buf_add(out, body);
	else
		qp_add(out, body);
	if (!slice_ends_nocase(body, SLICE("\r\n")))
		buf_add(out, SLICE("\r\n"));
}

static void
boundary_add(struct buf *out, const struct bounce *b, uint64_t salt)
{
	buf_add(out, SLICE("=_"));
	buf_add_id(out, b->id);
	buf_add_byte(out, '_');
	buf_add_u64(out, salt);
}

static bool
contains(struct slice hay, struct slice needle)
{
	for (; hay.n >= needle.n; hay = slice_from(hay, 1)) {
		hay = slice_from(hay, slice_find(hay, needle.p[0]));
		if (slice_starts(hay, needle))
			return true;
	}
	return false;
}

/* RFC 2046 5.1.1: the boundary must not occur in what it bounds. Only the
 * original's headers are foreign and unescaped. */
static void
boundary_choose(
    struct buf *boundary, const struct bounce *b, struct slice headers)
{
	for (uint64_t salt = 0;; salt++) {
		buf_clear(boundary);
		boundary_add(boundary, b, salt);
		if (buf_err(boundary) != ERR_OK ||
		    !contains(headers, buf_slice(boundary)))
			return;
	}
}

/* One word of foreign text in a status field: printable ASCII, folded. */
static void
status_text(struct buf *out, struct slice s)
{
	size_t column = 32;
	s = slice_to(s, DIAG_MAX);
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c == '\r' || c == '\n' || c == '\t')
			c = ' ';
		if (c == ' ' && column > 72 && i + 1 < s.n &&
		    s.p[i + 1] > ' ') {
			buf_add(out, SLICE("\r\n "));
			column = 1;
			continue;
		}
		uint8_t safe = c >= 0x20 && c < 0x7f ? c : '?';
		buf_add_byte(out, safe);
		column++;
	}
	buf_add(out, SLICE("\r\n"));
}

static uint32_t
code_point(struct slice seq)
{
	static const uint8_t lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t v = seq.p[0] & lead_mask[seq.n];
	for (size_t i = 1; i < seq.n; i++)
		v = v << 6 | (seq.p[i] & 0x3fu);
	return v;
}

static void
hex_add(struct buf *out, uint32_t v)
{
	bool started = false;
	for (int shift = 20; shift >= 0; shift -= 4) {
		uint32_t digit = v >> shift & 15;
		started = started || digit != 0 || shift <= 4;
		if (started)
			buf_add_byte(out, (uint8_t)hex_upper[digit]);
	}
}

static void
status_escape(struct buf *out, uint32_t v)
{
	buf_add(out, SLICE("\\x{"));
	hex_add(out, v);
	buf_add_byte(out, '}');
}

/* rfc822; user@host, or for other than ASCII utf-8; in the form that needs no
 * 8-bit line (utf-8-addr-xtext, RFC 6533 3). */
static void
status_address(struct buf *out, struct slice address)
{
	bool ascii = true;
	address = slice_to(address, 640);
	for (size_t i = 0; i < address.n; i++)
		ascii = ascii && address.p[i] < 0x80;
	buf_add(out, ascii ? SLICE("rfc822; ") : SLICE("utf-8; "));
	for (size_t i = 0; i < address.n;) {
		struct slice rest = slice_from(address, i);
		size_t n = utf8_sequence(rest);
		uint8_t c = rest.p[0];
		if (n <= 1) {
			bool odd = c < 0x20 || c >= 0x7f;
			if (!ascii && (c == '\\' || c == '+' || c == '='))
				status_escape(out, c);
			else
				buf_add_byte(out, odd ? '?' : c);
			i++;
			continue;
		}
		status_escape(out, code_point(slice_to(rest, n)));
		i += n;
	}
	buf_add(out, SLICE("\r\n"));
}

static void
status_rcpt(
    struct buf *out, const struct bounce *b, const struct bounce_rcpt *r)
{
	buf_add(out, SLICE("\r\n"));
	if (r->original.n > 0) {
		buf_add(out, SLICE("Original-Recipient: "));
		status_address(out, r->original);
	}
	buf_add(out, SLICE("Final-Recipient: "));
	status_address(out, r->address);
	buf_add(out, SLICE("Action: "));
	buf_add(out, b->action == BOUNCE_DELAYED ? SLICE("delayed\r\n")
						 : SLICE("failed\r\n"));
	buf_add(out, SLICE("Status: "));
	buf_add(out, bounce_rcpt_status(b, r));
	buf_add(out, SLICE("\r\n"));
	if (r->remote_mta.n > 0) {
		buf_add(out, SLICE("Remote-MTA: dns; "));
		status_text(out, slice_to(r->remote_mta, 255));
	}
	if (r->diagnostic.n > 0) {
		buf_add(out, SLICE("Diagnostic-Code: smtp; "));
		status_text(out, r->diagnostic);
	}
	if (r->last_attempt_s > 0) {
		buf_add(out, SLICE("Last-Attempt-Date: "));
		buf_add_date_rfc5322(out, r->last_attempt_s, b->offset_min);
		buf_add(out, SLICE("\r\n"));
	}
	if (b->action == BOUNCE_DELAYED && b->give_up_s > 0) {
		buf_add(out, SLICE("Will-Retry-Until: "));
		buf_add_date_rfc5322(out, b->give_up_s, b->offset_min);
		buf_add(out, SLICE("\r\n"));
	}
}

static void
status_add(struct buf *out, const struct bounce *b)
{
	buf_add(out, SLICE("Reporting-MTA: dns; "));
	status_text(out, slice_to(b->hostname, 255));
	buf_add(out, SLICE("X-Kurir-Message: "));
	buf_add_id(out, b->message);
	buf_add(out, SLICE("\r\nArrival-Date: "));
	buf_add_date_rfc5322(out, b->arrival_s, b->offset_min);
	buf_add(out, SLICE("\r\n"));
	for (size_t i = 0; i < b->rcpts_n; i++)
		status_rcpt(out, b, &b->rcpts[i]);
}

/* A Message-ID may be repeated as a reference if it is one plain word. */
static bool
reference_is_safe(struct slice v)
{
	if (v.n < 3 || v.n > 250 || v.p[0] != '<' || v.p[v.n - 1] != '>')
		return false;
	for (size_t i = 1; i + 1 < v.n; i++)
		if (v.p[i] <= ' ' || v.p[i] >= 0x7f || v.p[i] == '<' ||
		    v.p[i] == '>')
			return false;
	return true;
}

static void
references_add(struct buf *out, struct slice headers)
{
	struct header_field f;
	if (header_find(headers, SLICE("Message-ID"), &f) != ERR_OK)
		return;
	struct slice v = slice_trim(f.value);
	if (!reference_is_safe(v))
		return;
	buf_add(out, SLICE("In-Reply-To: "));
	buf_add(out, v);
	buf_add(out, SLICE("\r\nReferences: "));
	buf_add(out, v);
	buf_add(out, SLICE("\r\n"));
}

static void
to_add(struct buf *out, struct slice to)
{
	bool safe = to.n > 0 && to.n <= 640;
	for (size_t i = 0; i < to.n; i++)
		safe = safe && to.p[i] >= 0x20 && to.p[i] < 0x7f;
	buf_add(out, SLICE("To: "));
	if (safe) {
		buf_add_byte(out, '<');
		buf_add(out, to);
		buf_add(out, SLICE(">\r\n"));
	} else {
		buf_add(out, SLICE("undisclosed-recipients:;\r\n"));
	}
}

static void
top_add(struct buf *out, const struct bounce *b, struct slice boundary)
{
	buf_add(out, SLICE("From: Mail Delivery System <MAILER-DAEMON@"));
	buf_add(out, slice_to(b->hostname, 255));
	buf_add(out, SLICE(">\r\n"));
	to_add(out, b->to);
	buf_add(out, SLICE("Subject: "));
	buf_add(out, bounce_subject(b));
	buf_add(out, SLICE("\r\nDate: "));
	buf_add_date_rfc5322(out, b->now_s, b->offset_min);
	buf_add(out, SLICE("\r\nMessage-ID: <"));
	buf_add_id(out, b->id);
	buf_add_byte(out, '@');
	buf_add(out, slice_to(b->hostname, 255));
	buf_add(out, SLICE(">\r\n"));
	references_add(out, b->headers);
	buf_add(out, SLICE("Auto-Submitted: auto-replied\r\n"
			   "MIME-Version: 1.0\r\n"
			   "Content-Type: multipart/report; "
			   "report-type=delivery-status;\r\n\tboundary=\""));
	buf_add(out, boundary);
	buf_add(out, SLICE("\"\r\n\r\n"
			   "This is a delivery report in MIME format.\r\n"));
}

static void
delimiter_add(struct buf *out, struct slice boundary, bool final)
{
	buf_add(out, SLICE("\r\n--"));
	buf_add(out, boundary);
	buf_add(out, final ? SLICE("--\r\n") : SLICE("\r\n"));
}

/* The original's headers, cut at a line end. */
static struct slice
headers_cut(struct slice h)
{
	if (h.n <= BOUNCE_HEADERS_MAX)
		return h;
	h = slice_to(h, BOUNCE_HEADERS_MAX);
	size_t lf = slice_rfind(h, '\n');
	return lf == h.n ? h : slice_to(h, lf + 1);
}

static void
parts_add(struct buf *out, const struct bounce *b, struct slice boundary,
    struct slice headers)
{
	struct buf part;
	buf_init(&part, BOUNCE_MAX);
	delimiter_add(out, boundary, false);
	bounce_text_add(&part, b);
	part_add(out, "text/plain; charset=utf-8", buf_slice(&part));
	delimiter_add(out, boundary, false);
	enum err text_err = buf_err(&part);
	buf_clear(&part);
	status_add(&part, b);
	part_add(out, "message/delivery-status", buf_slice(&part));
	delimiter_add(out, boundary, false);
	part_add(out, "text/rfc822-headers", headers);
	delimiter_add(out, boundary, true);
	if (text_err == ERR_OK)
		text_err = buf_err(&part);
	if (text_err != ERR_OK)
		out->err = text_err;
	buf_free(&part);
}

enum err
bounce_build(struct buf *out, const struct bounce *b)
{
	struct buf boundary;
	struct slice headers = headers_cut(b->headers);
	buf_init(&boundary, 64);
	boundary_choose(&boundary, b, headers);
	top_add(out, b, buf_slice(&boundary));
	parts_add(out, b, buf_slice(&boundary), headers);
	if (buf_err(&boundary) != ERR_OK)
		out->err = buf_err(&boundary);
	buf_free(&boundary);
	return buf_err(out);
}
