/* repair.h - make mail of old devices fit for others, while it streams past.
 *
 *	Date, Message-ID and From that lack are added, and To where there is no
 *	    Cc and Bcc either (RFC 5322 3.6); MIME-Version where a field of
 *	    MIME is (RFC 2045 4); of several of the first three the first stays
 *	header lines over 998 octets are folded at white space, or where there
 *	    is none, at 990
 *	a line that is no field ends the header: an empty line is put before it
 *	body lines over 998 octets: in text they are broken before white space
 *	    (at 990 if there is none, never inside a UTF-8 character); in
 *	    base64 at 76, in quoted-printable by a soft break
 *	a part that is neither text nor encoded nor multipart nor a message is
 *	    sent in base64 from its start, whatever its lines, because nothing
 *	    else keeps its octets if one is too long
 *
 * In what is signed or encrypted, and in messages within the message, only
 * lines are broken. A broken line that might be taken for the delimiter of a
 * part gets a space in front.
 *
 * A message that needs none of it goes through unchanged, octet for octet.
 * Pure: the date and the id come from the caller. Memory is bounded: the
 * header of a message or part by REPAIR_HEADER_MAX, MIME depth by
 * REPAIR_DEPTH_MAX (deeper: passed through with only its lines broken). */
#ifndef PROTO_MAIL_REPAIR_H
#define PROTO_MAIL_REPAIR_H

#include "base/buf.h"
#include "base/id.h"

#define REPAIR_HEADER_MAX 65536u
#define REPAIR_DEPTH_MAX  8u
#define REPAIR_LINE_MAX   998u

struct repair_conf {
	struct slice from;     /* for a From: that lacks; the reverse-path;
				  empty: postmaster of hostname */
	struct slice to;       /* for a To: that lacks; empty: "undisclosed" */
	struct slice hostname; /* right side of a Message-ID */
	id_t64 id;             /* left side */
	uint64_t unix_s;
	int offset_min;
};

struct repair;

/* repair_new - conf's slices are copied. NULL: no memory. */
struct repair *repair_new(const struct repair_conf *c);
void repair_free(struct repair *r); /* NULL is nothing */

/* repair_feed - octets of the message without dot-stuffing, cut anywhere; what
 * can go on is appended to out. ERR_LIMIT: a header over its maximum;
 * ERR_NOMEM; out's error. All are final. */
enum err repair_feed(
    struct repair *r, struct slice in, struct buf *out) KURIR_MUST_CHECK;
enum err repair_end(struct repair *r, struct buf *out) KURIR_MUST_CHECK;

/* What was mended; bits. */
enum repair_what {
	REPAIR_DATE = 1,
	REPAIR_MESSAGE_ID = 2,
	REPAIR_FROM = 4,
	REPAIR_TO = 8,
	REPAIR_MIME = 16,
	REPAIR_FOLDED = 32,   /* a header line */
	REPAIR_BROKEN = 64,   /* a body line */
	REPAIR_ENCODED = 128, /* a part in base64 */
	REPAIR_ENDED = 256    /* an empty line put below a header */
};
unsigned repair_done(const struct repair *r);
/* repair_words - "set Date, broke long lines", for the record. */
void repair_words(unsigned what, struct buf *b);

#endif
