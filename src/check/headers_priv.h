/* headers_priv.h - what the files of check headers share. */
#ifndef CHECK_HEADERS_PRIV_H
#define CHECK_HEADERS_PRIV_H

#include "base/buf.h"
#include "proto/mail/trace.h"

#define HEADERS_BLOCK_MAX (4u << 20) /* of the fields that are read */
#define HEADERS_FIELD_MAX 65536

/* headers_block - the fields of a pasted header that are of interest here
 * (trace, Authentication-Results, From), unfolded, with CR LF; whatever line
 * ends the text has, whatever stands before its first field. Its end is the
 * first empty line after a field. *out_received counts the Received fields,
 * also those that had no room. */
void headers_block(struct slice message, struct buf *out, size_t *out_received);

/* Whose fields are believed. */
struct headers_trust {
	const struct slice *names; /* hosts and domains; n 0: domain alone */
	size_t n;
	struct slice domain;
};

/* headers_trust_domain - the domain whose hosts are believed when nobody said
 * any: that of the topmost "by" that is a name. */
struct slice headers_trust_domain(const struct trace_hop *hops, size_t n);

/* headers_trusted - how many hops from the top (newest first) were written by
 * hosts that are believed, and not handed in by somebody else. */
size_t headers_trusted(
    const struct headers_trust *t, const struct trace_hop *hops, size_t n);

/* headers_believed - is that host one of them? */
bool headers_believed(const struct headers_trust *t, struct slice host);

/* headers_private - an address of no public network. */
bool headers_private(const struct ip *ip);

struct report;

/* headers_howto - hop at went in clear: what to set in the programs of its two
 * ends, as far as the n fields tell what these run. */
void headers_howto(
    struct report *r, const struct trace_hop *hops, size_t n, size_t at);

/* headers_network - did that hop cross a network? */
static inline bool
headers_network(const struct trace_hop *h)
{
	return !h->local && h->by.n > 0;
}

#endif
