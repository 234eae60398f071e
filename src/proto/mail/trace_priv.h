/* trace_priv.h - what trace.c and trace_tls.c share. */
#ifndef PROTO_MAIL_TRACE_PRIV_H
#define PROTO_MAIL_TRACE_PRIV_H

#include "proto/mail/trace.h"

/* trace_clause - a comment as a clause about TLS, where it is one: false, and
 * h untouched, if not. before_by: it stands in the part of the field where the
 * client's own words stand too. */
bool trace_clause(struct slice comment, bool before_by, struct trace_hop *h);

/* trace_with - the protocol: S and A of RFC 3848, IronPort's "ESMTP/TLS/NAME",
 * HTTPS; and of the writer, what it means that it says none of it. Last of
 * all. early: the clause stood where the client's own words stand. */
void trace_with(struct trace_hop *h, bool early);

/* trace_word - the octets before the first of " \t\r\n,;)" or the end. */
struct slice trace_word(struct slice s);
bool trace_space(uint8_t c);

#endif
