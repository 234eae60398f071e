/* strip.h - take header fields out of a message that streams past.
 *
 * Results that we add (RFC 8601 5) must be ours: what bears the same name and
 * came from outside is removed. Every other octet goes through untouched, so
 * that signatures over other fields stay true. Pure.
 *
 * The header is over at the empty line and not before: what follows a line
 * that is no field is still a header to many who read it. */
#ifndef PROTO_MAIL_STRIP_H
#define PROTO_MAIL_STRIP_H

#include "base/buf.h"

#define STRIP_HOLD_MAX 1024 /* octets kept back to know a field */

struct strip {
	struct slice authserv; /* Authentication-Results that say to be by this
				  host go (RFC 8601 5), with those that hide
				  who they are by; empty: none do */
	const struct slice *names; /* fields that go, whoever wrote them */
	size_t name_n;
	uint32_t removed; /* fields */
	bool done;        /* the header is over: all goes through */
	bool colon;       /* there is one in held */
	uint8_t state;
	struct buf held; /* the front of a field not yet known */
};

/* strip_init - authserv and names are borrowed for the life of s. */
void strip_init(struct strip *s, struct slice authserv,
    const struct slice *names, size_t name_n);
void strip_free(struct strip *s);

/* strip_feed - message octets (CR LF lines, cut anywhere) in; what stays is
 * appended to out. ERR_NOMEM, or out's error. A field name so long that it is
 * none, or a header that never ends, goes through. */
enum err strip_feed(
    struct strip *s, struct slice in, struct buf *out) KURIR_MUST_CHECK;
/* strip_end - the message is over: what was still held. */
enum err strip_end(struct strip *s, struct buf *out) KURIR_MUST_CHECK;

#endif
