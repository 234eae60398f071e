/* author.h - who a message says it is from: the addresses of its From field,
 * kept while the message streams past. Pure. */
#ifndef PROTO_MAIL_AUTHOR_H
#define PROTO_MAIL_AUTHOR_H

#include "base/buf.h"

#define AUTHOR_FIELD_MAX 8192 /* octets of one field that are read */
#define AUTHORS_MAX      16   /* addresses */

/* author_addresses - the addr-specs of an address list (RFC 5322 3.4, with the
 * obsolete forms): display names, comments, quoted strings, groups and routes
 * are understood, and what real mail has besides: "a@b <c@d>", which is c@d,
 * and dots in a row before the "@". Each is "local@domain" as it stands,
 * quotes kept, without comments and white space around its parts, appended to
 * out as in base/pack.h. A group may be empty, the list may not.
 *
 * ERR_SYNTAX: not an address list; ERR_LIMIT: more than max; out's error. Then
 * out keeps its length. */
enum err author_addresses(
    struct slice value, size_t max, struct buf *out) KURIR_MUST_CHECK;

/* The header is over at the empty line and not before (as in strip.h). */
struct author_watch {
	uint32_t fields; /* From fields seen; more than one is suspicious */
	bool done;       /* the header is over */
	bool overlong;   /* the first From is not whole: over its maximum */
	struct buf from; /* its unfolded value, of the first From */
	uint8_t state, name_n;
	uint8_t name[8];
};

void author_watch_init(struct author_watch *w);
void author_watch_free(struct author_watch *w);
/* author_watch_feed - octets of the message, cut anywhere. */
void author_watch_feed(struct author_watch *w, struct slice in);

#endif
