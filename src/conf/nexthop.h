/* nexthop.h - where a recipient's mail goes: the values of "deliver" and
 * "via".
 *
 *	maildir:/var/mail/%d/%u         %d domain, %u user, %% a percent sign
 *	lmtp:unix:/run/dovecot/lmtp
 *	lmtp:[host]:24                  also lmtp:tcp:host:24; port 24 if none
 *	relay:[host]:25                 this host, no MX lookup
 *	relay:host:25                   the MX hosts of this name
 *	smarthost:[host]:587            as relay, and credentials may be used
 *	mx                              the MX hosts of the recipient's domain
 *	hold                            nowhere until the operator releases it
 */
#ifndef CONF_NEXTHOP_H
#define CONF_NEXTHOP_H

#include "base/ip.h"

enum nexthop_kind {
	NEXTHOP_NONE,      /* not set */
	NEXTHOP_MAILDIR,   /* path is the template */
	NEXTHOP_LMTP_UNIX, /* path is the socket */
	NEXTHOP_LMTP_TCP,  /* host, port */
	NEXTHOP_RELAY,     /* host, port, lookup_mx */
	NEXTHOP_SMARTHOST, /* host, port, lookup_mx */
	NEXTHOP_MX,
	NEXTHOP_HOLD,
	NEXTHOP_KIND_COUNT
};

struct nexthop {
	enum nexthop_kind kind;
	bool lookup_mx;    /* host was written without brackets */
	uint16_t port;     /* 0: none written, use outbound.port */
	struct slice path; /* a NUL follows the last octet */
	struct slice host; /* lower case, no brackets; empty for an address */
	struct ip ip;      /* family 0: host is a name */
};

/* nexthop_parse - Pure. The slices of *out borrow from s: copy them with
 * nexthop_copy to outlive it. ERR_SYNTAX with one sentence in why (found and
 * expected; may be NULL). Host names keep the case they were written in. */
enum err nexthop_parse(
    struct slice s, struct nexthop *out, struct diag *why) KURIR_MUST_CHECK;

/* nexthop_text - the canonical form; parses to an equal value. */
void nexthop_text(const struct nexthop *h, struct buf *out);

bool nexthop_eq(const struct nexthop *a, const struct nexthop *b);

/* nexthop_is_final - a value for "deliver": maildir, lmtp or relay. */
bool nexthop_is_final(const struct nexthop *h);

/* nexthop_maildir - expand the template of a maildir next hop. user and
 * domain come from the envelope: empty, "." or ".." or a leading dot, '/',
 * and control octets are ERR_SYNTAX and never mapped to something else. */
enum err nexthop_maildir(const struct nexthop *h, struct slice user,
    struct slice domain, struct buf *out) KURIR_MUST_CHECK;

#endif
