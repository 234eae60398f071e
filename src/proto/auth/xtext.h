/* xtext.h - printable text that carries any octet (RFC 3461 section 4), as
 * in the AUTH= parameter of MAIL (RFC 4954 section 5). */
#ifndef PROTO_AUTH_XTEXT_H
#define PROTO_AUTH_XTEXT_H

#include "base/buf.h"

/* xtext_decode - append the octets that s stands for to out.
 *
 *   xtext   = *(xchar / hexchar)
 *   xchar   = %x21-2A / %x2C-3C / %x3E-7E    ; not "+", not "="
 *   hexchar = "+" 2(%x30-39 / %x41-46)       ; upper case only
 *
 * ERR_SYNTAX: out keeps what had been appended; else buf_err(out). */
enum err xtext_decode(struct slice s, struct buf *out) KURIR_MUST_CHECK;

/* xtext_encode - append s as xtext. */
void xtext_encode(struct buf *b, struct slice s);

#endif
