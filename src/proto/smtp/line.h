/* line.h - lines of the SMTP command stream (RFC 5321 2.3.8). */
#ifndef PROTO_SMTP_LINE_H
#define PROTO_SMTP_LINE_H

#include "base/err.h"
#include "base/slice.h"

/* smtp_line_next - take one CRLF-terminated line off the front of in.
 *
 * Pure. Only CR LF ends a line; a bare CR or LF is ERR_SYNTAX (RFC 5321
 * 2.3.8), and so, by our policy, is NUL. max_octets excludes the CR LF. What
 * is wrong first in the stream is what is reported, however it is cut up.
 *
 * ERR_OK      *out_line borrows from in; *out_used counts the CR LF too.
 * ERR_MORE    no complete line yet; outputs untouched.
 * ERR_SYNTAX, ERR_LIMIT   caller replies 500 and closes; outputs untouched. */
enum err smtp_line_next(struct slice in, size_t max_octets,
    struct slice *out_line, size_t *out_used) KURIR_MUST_CHECK;

#endif
