#include "proto/mail/received.h"

#include "base/utf8.h"
#include "proto/mail/date.h"

#define LINE_GOOD   78 /* RFC 5322 2.1.1: SHOULD */
#define FOREIGN_MAX 255
#define RCPT_MAX    640
#define PART_MAX    (FOREIGN_MAX * 2 + IP_TEXT_MAX + RCPT_MAX)

void
received_with(struct buf *b, const struct received *r)
{
	if (r->utf8)
		buf_add(b, r->lmtp ? SLICE("UTF8LMTP") : SLICE("UTF8SMTP"));
	else if (r->lmtp)
		buf_add(b, SLICE("LMTP"));
	else
		buf_add(b, r->esmtp ? SLICE("ESMTP") : SLICE("SMTP"));
	/* RFC 3848 has no ESMTP-less keyword with S or A. */
	if (!r->utf8 && !r->lmtp && !r->esmtp)
		return;
	if (r->tls)
		buf_add_byte(b, 'S');
	if (r->auth)
		buf_add_byte(b, 'A');
}

void
received_tls_version(struct buf *b, struct slice name)
{
	for (size_t i = 0; i < name.n && i < 32; i++) {
		uint8_t c = name.p[i];
		if (c == '.' || c == '_')
			buf_add_byte(b, '_');
		else if (ascii_is_alnum(c) && c != 'v')
			buf_add_byte(b, c);
	}
}

static bool
is_plain(uint8_t c)
{
	if (ascii_is_alnum(c))
		return true;
	return slice_find(SLICE(".-_:[]+=/~!#$%&'*?^`{|}@"), c) < 24;
}

/* Foreign names: what is not plain becomes \xHH; cut at FOREIGN_MAX octets, not
 * inside an escape. */
static void
add_foreign(struct buf *b, struct slice s)
{
	size_t room = FOREIGN_MAX;
	for (size_t i = 0; i < s.n; i++) {
		struct slice c = slice_of(s.p + i, 1);
		size_t cost = is_plain(*c.p) ? 1 : 4;
		if (cost > room)
			return;
		room -= cost;
		if (cost == 1) {
			buf_add(b, c);
			continue;
		}
		static const char hex[] = "0123456789abcdef";
		uint8_t esc[4] = {'\\', 'x', (uint8_t)hex[*c.p >> 4],
		    (uint8_t)hex[*c.p & 15]};
		buf_add(b, slice_of(esc, sizeof(esc)));
	}
}

static void
add_foreign_or(struct buf *b, struct slice s, struct slice instead)
{
	if (s.n == 0)
		buf_add(b, instead);
	else
		add_foreign(b, s);
}

/* A recipient is shown as it is or, if it could break the line, not at all. */
static bool
rcpt_is_showable(const struct received *r)
{
	if (r->rcpt.n == 0 || r->rcpt.n > RCPT_MAX)
		return false;
	for (size_t i = 0; i < r->rcpt.n; i++) {
		uint8_t c = r->rcpt.p[i];
		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !r->utf8))
			return false;
	}
	return utf8_valid(r->rcpt);
}

struct fold {
	struct buf *out;
	struct buf part;
	size_t column;
};

/* Move the finished part to the output, on a new line if it does not fit
 * with a separator (';' or CR LF may still follow: one octet is kept). */
static void
fold_part(struct fold *f)
{
	size_t n = f->part.n;
	if (f->column + 1 + n + 1 > LINE_GOOD) {
		buf_add(f->out, SLICE("\r\n\t"));
		f->column = 1;
	} else {
		buf_add_byte(f->out, ' ');
		f->column++;
	}
	buf_add(f->out, buf_slice(&f->part));
	f->column += n;
	if (buf_err(&f->part) != ERR_OK)
		f->out->err = buf_err(&f->part);
	buf_clear(&f->part);
}

static void
fold_client(struct fold *f, const struct received *r)
{
	buf_add(&f->part, SLICE("from "));
	add_foreign_or(&f->part, r->helo, SLICE("unknown"));
	fold_part(f);
	if (r->ip.family == 0)
		return;
	buf_add_byte(&f->part, '(');
	add_foreign_or(&f->part, r->ptr, SLICE("unknown"));
	buf_add(&f->part, SLICE(" ["));
	buf_add_ip_literal(&f->part, &r->ip);
	buf_add(&f->part, SLICE("])"));
	fold_part(f);
}

static void
fold_server(struct fold *f, const struct received *r)
{
	buf_add(&f->part, SLICE("by "));
	add_foreign_or(&f->part, r->hostname, SLICE("localhost"));
	buf_add(&f->part, SLICE(" (kurir)"));
	fold_part(f);
	buf_add(&f->part, SLICE("with "));
	received_with(&f->part, r);
	fold_part(f);
	buf_add(&f->part, SLICE("id "));
	buf_add_id(&f->part, r->id);
	fold_part(f);
	if (!rcpt_is_showable(r))
		return;
	buf_add(&f->part, SLICE("for <"));
	buf_add(&f->part, r->rcpt);
	buf_add_byte(&f->part, '>');
	fold_part(f);
}

static void
fold_tls(struct fold *f, const struct received *r)
{
	buf_add(&f->part, SLICE("(version="));
	received_tls_version(&f->part, r->tls_version);
	buf_add(&f->part, SLICE(" cipher="));
	add_foreign(&f->part, slice_to(r->tls_cipher, 64));
	buf_add(&f->part, SLICE(" bits="));
	buf_add_u64(&f->part, r->tls_bits);
	buf_add_byte(&f->part, '/');
	buf_add_u64(&f->part, r->tls_bits_of);
	buf_add_byte(&f->part, ')');
	fold_part(f);
}

void
received_add(struct buf *b, const struct received *r)
{
	struct fold f = {.out = b, .column = sizeof("Received:") - 1};
	buf_init(&f.part, PART_MAX);
	buf_add(b, SLICE("Received:"));
	fold_client(&f, r);
	fold_server(&f, r);
	if (r->tls)
		fold_tls(&f, r);
	buf_add_byte(b, ';');
	f.column++;
	buf_add_date_rfc5322(&f.part, r->unix_s, r->offset_min);
	fold_part(&f);
	buf_add(b, SLICE("\r\n"));
	buf_free(&f.part);
}
