/* base64.h - RFC 4648 section 4, strict: no white space, canonical padding. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

void buf_add_base64(struct buf *b, struct slice s);

/* base64_decode - append the decoded octets to out. ERR_SYNTAX: not base64,
 * and out keeps its length; else buf_err(out). */
enum err base64_decode(struct slice s, struct buf *out) KURIR_MUST_CHECK;

#endif
