/* bounce.h - tells a sender what became of a message.
 *
 * Builds a whole message in wire form: multipart/report (RFC 6522) with a
 * part for people in English and a second language, a
 * message/delivery-status part (RFC 3464) and the headers of the original.
 * The caller sends it from <> to the reverse-path, and never answers <>.
 * Foreign bytes can end neither a line nor a part; the result is ASCII,
 * UTF-8 only inside quoted-printable. */
#ifndef PROTO_MAIL_BOUNCE_H
#define PROTO_MAIL_BOUNCE_H

#include "base/id.h"

#define BOUNCE_HEADERS_MAX (32u << 10) /* of the original, cut at a line */
#define BOUNCE_MAX         (4u << 20)  /* a sensible maximum for out */

enum bounce_action { BOUNCE_FAILED, BOUNCE_DELAYED };

struct bounce_rcpt {
	struct slice address;
	struct slice original;   /* before aliases; empty: the same */
	struct slice status;     /* "5.1.1"; if malformed, X.0.0 is shown */
	struct slice diagnostic; /* the reply of the next hop; may be empty */
	struct slice remote_mta; /* its name; may be empty */
	struct slice cause;      /* code of doc/causes.md; may be empty */
	struct slice explain;    /* English, one or two sentences */
	struct slice explain_second; /* the same in the second language */
	uint64_t last_attempt_s;     /* Unix time, 0: never tried */
};

struct bounce {
	enum bounce_action action;
	id_t64 id;             /* of this bounce */
	id_t64 message;        /* of the message that it is about */
	struct slice hostname; /* reporting MTA */
	struct slice to;       /* the reverse-path without <> */
	struct slice language; /* "id" or empty: English only */
	uint64_t now_s, arrival_s;
	uint64_t give_up_s; /* BOUNCE_DELAYED: when we stop trying */
	int offset_min;
	const struct bounce_rcpt *rcpts;
	size_t rcpts_n;
	struct slice headers; /* header block of the original */
};

/* bounce_build - append the message to out. Pure. ERR_LIMIT, ERR_NOMEM: as
 * buf_err(out). */
enum err bounce_build(struct buf *out, const struct bounce *b) KURIR_MUST_CHECK;

#endif
