/* repair_priv.h - what the files of repair share (see repair.h). */
#ifndef PROTO_MAIL_REPAIR_PRIV_H
#define PROTO_MAIL_REPAIR_PRIV_H

#include "proto/mail/repair.h"

/* 70 by RFC 2046 5.1.1; devices count worse. */
#define REPAIR_BOUNDARY_MAX 128u
/* When so many octets have come without an end of line, it is too long. */
#define REPAIR_LINE_CAP (REPAIR_LINE_MAX + 2)
/* Octets that one line of base64 holds: 76 characters. */
#define REPAIR_BASE64_OCTETS 57u

/* How the octets of a body, or of a part of it, may be treated. */
enum repair_kind {
	KIND_TEXT, /* broken where it is too long; also all we know nothing of
		    */
	KIND_BASE64,
	KIND_QUOTED_PRINTABLE,
	KIND_ENCODE, /* goes out in base64 */
	KIND_MULTIPART
};

struct repair_boundary {
	bool secured; /* what is in it is signed or encrypted */
	uint8_t n;
	uint8_t p[REPAIR_BOUNDARY_MAX];
};

struct repair {
	struct buf from, to, hostname;
	id_t64 id;
	uint64_t unix_s;
	int offset_min;
	unsigned done; /* enum repair_what */
	enum err err;  /* final */

	bool in_header;
	bool is_part;    /* the header is that of a part */
	size_t line_at;  /* where the last line of head begins */
	struct buf head; /* the header so far */
	struct buf made; /* the same, mended */

	struct repair_boundary stack[REPAIR_DEPTH_MAX];
	unsigned depth;

	enum repair_kind kind;
	bool continued; /* line is the rest of one that was broken */
	bool crlf;      /* KIND_ENCODE: one that is not encoded yet */
	size_t line_n;
	uint8_t line[REPAIR_LINE_CAP + 4];
	size_t encode_n;
	uint8_t encode[REPAIR_BASE64_OCTETS];
};

/* repair_header - mend the fields in block (whole lines), append them to out,
 * and learn from them what the body is: r->kind, and the boundary. */
enum err repair_header(
    struct repair *r, struct slice block, struct buf *out) KURIR_MUST_CHECK;

/* repair_body - body octets up to the line that begins a part; what was used.
 * After that line, r->in_header. */
size_t repair_body(struct repair *r, struct slice in, struct buf *out);
/* repair_body_end - what is left of the body. */
void repair_body_end(struct repair *r, struct buf *out);

/* repair_delimits - does this line (with or without its CR LF) delimit a part
 * that we are in? */
bool repair_delimits(const struct repair *r, struct slice line);
/* repair_delimiter - the same, and take it: end the part, go out of what it
 * closes, be in the header of the next. */
bool repair_delimiter(struct repair *r, struct slice line, struct buf *out);

/* repair_cut_utf8 - the place at or before n where s may be cut. */
size_t repair_cut_utf8(struct slice s, size_t n);

#endif
