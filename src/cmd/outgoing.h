/* outgoing.h - the message that `kurir sendmail` was given, made ready for the
 * wire. Pure.
 *
 * Lines end in CRLF afterwards, Bcc is gone, and From, Date and Message-ID are
 * added when missing (RFC 5322 3.6; RFC 6409 8). */
#ifndef CMD_OUTGOING_H
#define CMD_OUTGOING_H

#include "base/buf.h"
#include "base/id.h"

struct outgoing_sender {
	struct slice from; /* reverse-path; empty: null */
	struct slice name; /* full name for From, or empty */
	struct slice host; /* for Message-ID */
	id_t64 id;         /* for Message-ID */
	uint64_t unix_s;
	int offset_min;
};

/* outgoing_lines - text with LF, CRLF or CR lines to CRLF lines. stop_at_dot:
 * a line of one dot ends the message. */
enum err outgoing_lines(
    struct slice text, bool stop_at_dot, struct buf *out) KURIR_MUST_CHECK;

/* outgoing_recipients - the addresses of To, Cc and Bcc of a message in CRLF
 * lines, one after the other, each with a NUL behind it. */
enum err outgoing_recipients(
    struct slice message, struct buf *out) KURIR_MUST_CHECK;

/* outgoing_addresses - the same for the value of one field: names, comments,
 * quoted strings and groups are understood (RFC 5322 3.4), and only what
 * would be the address is taken. */
void outgoing_addresses(struct slice value, struct buf *out);

/* outgoing_finish - message with missing fields added and Bcc left out. */
enum err outgoing_finish(struct slice message, const struct outgoing_sender *s,
    struct buf *out) KURIR_MUST_CHECK;

#endif
