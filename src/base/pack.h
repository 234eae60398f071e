/* pack.h - a list of byte strings one after the other: u32 length, little
 * endian, and the octets. Pure. */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include "base/buf.h"

void pack_add(struct buf *b, struct slice s);

/* pack_next - take the next string off the front of in; it borrows from in.
 * false: the list is at its end, or (in->n != 0) damaged. */
bool pack_next(struct slice *in, struct slice *out);

/* pack_count - how many strings, or -1 if the list is damaged. */
long pack_count(struct slice in);

#endif
