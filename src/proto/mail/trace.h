/* trace.h - the Received fields of a message, as more than a dozen kinds of
 * servers write them: Postfix, Exim, sendmail, Gmail, Exchange, MDaemon,
 * Haraka, IronPort, Proofpoint, qmail, OpenSMTPD, Dovecot, Courier, kurir; and
 * what they say about TLS.
 *
 * Pure, liberal: a field that says nothing readable is a hop about which
 * nothing is known. What a client said (its HELO, an address) never passes for
 * what the writer says: a clause about TLS counts only where its writer puts
 * one. Slices borrow from the block. */
#ifndef PROTO_MAIL_TRACE_H
#define PROTO_MAIL_TRACE_H

#include "base/ip.h"
#include "base/slice.h"

#define TRACE_HOPS_MAX 100

enum trace_tls {
	TRACE_TLS_UNKNOWN, /* nothing in the field tells */
	TRACE_TLS_NO,      /* its writer would have told, and tells of none;
			      or TLS that encrypts nothing (NULL, 0 bits) */
	TRACE_TLS_YES
};

enum trace_writer {
	TRACE_WRITER_UNKNOWN,
	TRACE_POSTFIX,
	TRACE_EXIM,
	TRACE_SENDMAIL,
	TRACE_GMAIL,
	TRACE_EXCHANGE,
	TRACE_MDAEMON,
	TRACE_HARAKA,
	TRACE_IRONPORT,
	TRACE_PROOFPOINT,
	TRACE_QMAIL,
	TRACE_OPENSMTPD,
	TRACE_DOVECOT,
	TRACE_COURIER,
	TRACE_KURIR,
	TRACE_WRITERS
};
const char *trace_writer_name(enum trace_writer w);

struct trace_hop {
	struct slice raw; /* the whole field */
	struct slice helo, ptr, by, with, id, rcpt;
	bool confirmed; /* ptr: its writer looked the name up again, and it had
			   that address; else whoever owns the address chose */
	struct ip ip;   /* of the client; family 0: none told */
	bool local;     /* by pipe, queue or loopback: no network hop */
	bool authenticated; /* "A" in with, or said so */
	enum trace_writer writer;
	enum trace_tls tls;
	struct slice version; /* as written: "TLS1_3", "TLSv1.2" */
	struct slice cipher;
	unsigned bits, bits_of; /* 0: not told */
	bool no_bits;           /* told: 0 bits */
	bool verified;          /* a client certificate was, or verify=OK */
	struct slice date_text;
	uint64_t unix_s; /* 0: not readable */
};

/* trace_read - hops of a header block, newest first; returns how many (at most
 * max). */
size_t trace_read(struct slice header, struct trace_hop *out, size_t max);
/* trace_parse - one field's value; raw is that value. */
void trace_parse(struct slice value, struct trace_hop *out);
/* trace_date - "Mon, 23 Apr 2018 20:39:00 +0700 (WIB)" and the obsolete forms
 * (RFC 5322 4.3); false: not readable. */
bool trace_date(struct slice text, uint64_t *out_unix_s);

#endif
