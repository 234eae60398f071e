/* utf8.h - recognising UTF-8 (RFC 3629). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

/* utf8_sequence - length (1..4) of the well-formed sequence at the front of s,
 * or 0: empty, cut off, overlong, a surrogate, or above U+10FFFF. */
size_t utf8_sequence(struct slice s);

/* utf8_shown - may the character at the front of s be shown as it is? Not: the
 * controls (C0, DEL, C1), what is no UTF-8, and what a terminal or a browser
 * obeys rather than shows: the marks, embeddings, overrides and isolates of
 * direction, and the separators of lines. *out_octets: its length, 1 where it
 * is no UTF-8, 0 where s is empty. */
bool utf8_shown(struct slice s, size_t *out_octets);

/* utf8_code - the number of the well-formed sequence s (utf8_sequence). */
uint32_t utf8_code(struct slice s);

/* utf8_valid - the whole slice is well-formed. */
bool utf8_valid(struct slice s);

#endif
