/* reply.h - SMTP replies, written and read (RFC 5321 4.2, RFC 2034). */
#ifndef PROTO_SMTP_REPLY_H
#define PROTO_SMTP_REPLY_H

#include "base/buf.h"

#define SMTP_REPLY_LINE_MAX 512 /* RFC 5321 4.5.3.1.5, CR LF included */

/* buf_add_smtp_reply - one reply. enhanced ("5.7.1", may be empty) stands on
 * each line; id (may be empty) ends the last one as " [ID]". An LF in text
 * begins a new line, text too long for one line is folded at a space; octets
 * that are not printable ASCII become '?'. */
void buf_add_smtp_reply(struct buf *b, uint16_t code, struct slice enhanced,
    struct slice text, struct slice id);

/* struct smtp_reply - a reply as read. All slices borrow from the input. */
struct smtp_reply {
	uint16_t code;
	struct slice enhanced; /* of the first line; empty: none */
	struct slice raw;      /* all its lines, CR LF included */
	unsigned lines;
};

struct smtp_reply_limits {
	size_t line_octets; /* CR LF not counted */
	size_t octets;      /* of the whole reply */
	unsigned lines;
};

/* smtp_reply_limits_default - generous to servers that never read 4.5.3.1.5:
 * 2,048 octets a line, 64 KiB and 512 lines a reply. */
extern const struct smtp_reply_limits smtp_reply_limits_default;

/* smtp_reply_parse - one whole reply off the front of in. Pure: keep what is
 * there and call again with more.
 *
 * ERR_OK      *out filled, *out_used octets belong to it.
 * ERR_MORE    not all here yet.
 * ERR_SYNTAX  no reply: no code, codes that differ between lines, a bare CR
 *             or LF, a NUL. ERR_LIMIT  over *max. Outputs then untouched. */
enum err smtp_reply_parse(struct slice in, const struct smtp_reply_limits *max,
    struct smtp_reply *out, size_t *out_used) KURIR_MUST_CHECK;

/* smtp_reply_line - the text of the next line behind code and separator, the
 * enhanced code still in it; *rest begins as r->raw and shrinks. false at the
 * end. */
bool smtp_reply_line(struct slice *rest, struct slice *out_text);

/* buf_add_smtp_reply_text - "550 5.7.1 text of all lines" in one line, lines
 * joined by a space, foreign bytes as they came. For logs and bounces. */
void buf_add_smtp_reply_text(struct buf *b, const struct smtp_reply *r);

#endif
