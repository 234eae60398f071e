/* answer.h - what a question came to, and how it is read out of a packet.
 *
 * Pure but for memory. A packet is foreign: whatever is in it, memory stays
 * under the maxima here. */
#ifndef ROLE_RESOLVER_ANSWER_H
#define ROLE_RESOLVER_ANSWER_H

#include "base/buf.h"
#include "ipc/messages.h"
#include "proto/dns/message.h"

/* An answer has to fit into one frame together with its name and text. */
#define ANSWER_RECORDS_MAX (96u * 1024)

struct answer {
	enum ipc_dns_status status;
	bool secure;
	uint32_t ttl_s;
	struct buf name;    /* the owner after CNAMEs, as text */
	struct buf records; /* packed rdata (base/pack.h) */
	char text[160];     /* detail of a failure; printable */
};

void answer_init(struct answer *a);
void answer_free(struct answer *a);
enum err answer_copy(
    struct answer *to, const struct answer *from) KURIR_MUST_CHECK;

/* answer_fail - a failure; text may be NULL or foreign (it is made
 * printable and cut). Names and records are emptied. */
void answer_fail(
    struct answer *a, enum ipc_dns_status status, const char *text);

/* How far a packet brought us. */
enum answer_progress {
	ANSWER_FINAL,  /* *out is the answer */
	ANSWER_FOLLOW, /* a CNAME leads out of the packet: ask for out->name */
	ANSWER_LAME    /* this server does not know: ask another */
};

/* answer_read - what a parsed response says about its question. CNAMEs are
 * followed within the packet; a circle or too long a chain is a final
 * TEMPFAIL. A referral and every rcode but NOERROR and NXDOMAIN is
 * ANSWER_LAME, told in out->text; a SERVFAIL for want of sound DNSSEC, if the
 * server says so (RFC 8914), has the status BOGUS. A negative answer lives as
 * long as its SOA says (RFC 2308 5). out was initialised; what it held is gone;
 * secure is false. Records come with the names in them uncompressed. */
enum answer_progress answer_read(
    const struct dns_message *m, struct answer *out);

#endif
