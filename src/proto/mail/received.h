/* received.h - the trace line we put on top of every message we accept.
 *
 *   Received: from HELO (PTR [IP]) by HOSTNAME (kurir) with ESMTPS id ID
 *       for <RCPT> (version=TLS1_3 cipher=NAME bits=256/256); DATE
 *
 * RFC 5321 4.4, with the keywords of RFC 3848 and 6531 and Gmail's TLS
 * clause. Everything that came from outside is escaped: nothing a client says
 * can end a comment, a clause or a line. */
#ifndef PROTO_MAIL_RECEIVED_H
#define PROTO_MAIL_RECEIVED_H

#include "base/id.h"
#include "base/ip.h"

struct received {
	struct slice helo;     /* as the client said it; may hold anything */
	struct slice ptr;      /* forward-confirmed name; empty: "unknown" */
	struct ip ip;          /* family 0: a local submission, no address */
	struct slice hostname; /* ours */
	bool esmtp, tls, auth; /* choose the keyword after "with" */
	bool lmtp;
	bool utf8; /* SMTPUTF8 was asked for (RFC 6531) */
	id_t64 id;
	struct slice rcpt;        /* the only recipient; empty: no "for" */
	struct slice tls_version; /* as OpenSSL names it: "TLSv1.3" */
	struct slice tls_cipher;
	uint32_t tls_bits, tls_bits_of; /* "bits=128/256": used of possible */
	uint64_t unix_s;
	int offset_min;
};

/* received_add - append the whole field with its final CR LF. Folded so that
 * lines have at most 78 octets where the parts allow it, never over 998. */
void received_add(struct buf *b, const struct received *r);

/* received_with - the keyword: "SMTP", "ESMTPSA", "UTF8SMTPS", "LMTP"... */
void received_with(struct buf *b, const struct received *r);

/* received_tls_version - "TLSv1.3" as "TLS1_3". */
void received_tls_version(struct buf *b, struct slice name);

#endif
