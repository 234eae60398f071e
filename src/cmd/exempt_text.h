/* exempt_text.h - editing the text of an exempt list: what is not touched stays
 * as it was, comments, ends of lines and all. Pure. */
#ifndef CMD_EXEMPT_TEXT_H
#define CMD_EXEMPT_TEXT_H

#include "policy/exempt.h"

/* exempt_text_begin - out becomes text, ready to have lines added behind it:
 * its last line has an end. */
void exempt_text_begin(struct buf *out, struct slice text);

/* exempt_text_add - one more entry, with the kind of end that the first line
 * of text has; LF in an empty one. */
void exempt_text_add(
    struct buf *out, struct slice text, const struct exempt_entry *e);

/* exempt_text_remove - out becomes text without the lines that are the entry
 * word, written in whatever way; a line that is no entry is one if it is the
 * same octets. Returns how many there were. */
size_t exempt_text_remove(
    struct buf *out, struct slice text, struct slice word);

/* exempt_text_lines - how many lines it has. */
uint32_t exempt_text_lines(struct slice text);

#endif
