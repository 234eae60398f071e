/* utf8.h - recognising UTF-8 (RFC 3629). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

/* utf8_sequence - length (1..4) of the well-formed sequence at the front of s,
 * or 0: empty, cut off, overlong, a surrogate, or above U+10FFFF. */
size_t utf8_sequence(struct slice s);

/* utf8_valid - the whole slice is well-formed. */
bool utf8_valid(struct slice s);

#endif
