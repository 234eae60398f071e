/* header.h - the header block of a message, byte for byte.
 *
 * Recognises fields without changing or copying a byte, so that signatures
 * over them stay true. Two ways: header_next() over a block that is at hand,
 * and struct header_watch for one that streams past. */
#ifndef PROTO_MAIL_HEADER_H
#define PROTO_MAIL_HEADER_H

#include "base/buf.h"

#define HEADER_NAME_MAX 126 /* octets of a field name we recognise */

struct header_field {
	struct slice name;  /* without the colon and white space before it */
	struct slice value; /* after the colon, folds kept, no final CR LF */
	struct slice raw;   /* all of it with the final CR LF */
	bool folded;        /* spans more than one line */
};

/* header_next - take one field off the front of in.
 *
 *   fields = *field [CRLF body]; field = name *WSP ":" text CRLF
 *   *(WSP text CRLF)             (RFC 5322 2.2, 4.5.8 for the *WSP)
 *
 * whole says that nothing follows in; otherwise the end of a field is known
 * only when the first octet of the next line is there. max_octets limits one
 * field (raw). Pure; the outputs borrow from in.
 *
 * ERR_OK         *out_field, *out_used octets are its raw form.
 * ERR_NOT_FOUND  end of the block; *out_used is 2 (the empty line) or 0 (the
 *                input is at its end, or a line that is no field: body).
 * ERR_MORE       not whole, and no field is complete yet.
 * ERR_LIMIT      one field over max_octets. */
enum err header_next(struct slice in, bool whole, size_t max_octets,
    struct header_field *out_field, size_t *out_used) KURIR_MUST_CHECK;

/* header_block - the header block of a whole message, with or without the
 * empty line after it. Borrows from message. */
struct slice header_block(struct slice message, bool with_empty_line);

/* header_find - the first field of that name (any case) in a block;
 * ERR_NOT_FOUND if there is none. */
enum err header_find(struct slice block, struct slice name,
    struct header_field *out_field) KURIR_MUST_CHECK;

/* header_count - how many fields of that name the block has. */
size_t header_count(struct slice block, struct slice name);

/* header_value_unfolded - the value with each CR LF taken out and outer white
 * space trimmed (RFC 5322 2.2.3). */
void header_value_unfolded(struct buf *b, struct slice value);

/* struct header_watch - what a message that streams past has in its header:
 * feed it slices cut anywhere. Zero-initialise; holds no memory. */
struct header_watch {
	uint32_t received; /* count, for loop detection (RFC 5321 6.3) */
	uint32_t date, from, message_id, return_path;
	uint64_t octets; /* of the header block so far */
	bool done;       /* the empty line was seen, or a line is no field */
	uint8_t state;
	uint8_t name_n;
	uint8_t name[16];
};

void header_watch_feed(struct header_watch *w, struct slice in);

#endif
