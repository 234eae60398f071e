/* cfws.h - comments and folding white space (RFC 5322 3.2.2). Pure. */
#ifndef PROTO_MAIL_CFWS_H
#define PROTO_MAIL_CFWS_H

#include "base/slice.h"

/* cfws_octets - how many octets of white space, ends of lines and comments,
 * nested to any depth, are at the front of in; SIZE_MAX: a comment that does
 * not end. */
size_t cfws_octets(struct slice in);

#endif
