/* arena.h - memory with the lifetime of a thing that has a name.
 *
 * process > session > transaction > command: each has an arena with a hard
 * cap. Over the cap arena_alloc gives NULL; the caller returns ERR_LIMIT and
 * the peer hears 452 or 421. In test builds (KURIR_ARENA_DEBUG) every
 * allocation is its own malloc, so that the sanitizers see each bound. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slice.h"

struct arena_block;

struct arena {
	struct arena_block *head;
	size_t used; /* octets handed out since the last reset */
	size_t cap;  /* octets it may hand out */
};

void arena_init(struct arena *a, size_t cap_octets);
/* arena_reset - end of the lifetime: everything handed out is invalid. */
void arena_reset(struct arena *a);

/* arena_alloc - n zeroed octets aligned for any type, or NULL over the cap or
 * out of memory. Valid until arena_reset. */
void *arena_alloc(struct arena *a, size_t n);

/* arena_slice - a copy of s in the arena. false: as arena_alloc's NULL. */
bool arena_slice(struct arena *a, struct slice s, struct slice *out);

/* arena_str - a NUL-terminated copy; NULL also if s holds a NUL. */
char *arena_str(struct arena *a, struct slice s);

#endif
