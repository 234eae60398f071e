#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) uint8_t data[];
};

#ifdef KURIR_ARENA_DEBUG
static const size_t block_min = 0;
#else
static const size_t block_min = 1024 - sizeof(struct arena_block) - 16;
#endif

void
arena_init(struct arena *a, size_t cap_octets)
{
	*a = (struct arena){.cap = cap_octets};
}

void
arena_reset(struct arena *a)
{
	struct arena_block *b = a->head;
	while (b != NULL) {
		struct arena_block *next = b->next;
		free(b);
		b = next;
	}
	a->head = NULL;
	a->used = 0;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	const size_t align = alignof(max_align_t);
	if (n > SIZE_MAX / 4 || a->used + n > a->cap)
		return NULL;
	size_t rounded = (n + align - 1) / align * align;
	struct arena_block *b = a->head;
	if (b == NULL || b->size - b->used < rounded) {
		size_t size = rounded > block_min ? rounded : block_min;
#ifdef KURIR_ARENA_DEBUG
		size = n; /* exact, so that one octet too far is caught */
		rounded = n;
#endif
		b = malloc(sizeof(*b) + size);
		if (b == NULL)
			return NULL;
		b->size = size;
		b->used = 0;
		b->next = a->head;
		a->head = b;
	}
	void *p = b->data + b->used;
	b->used += rounded;
	a->used += n;
	memset(p, 0, n);
	return p;
}

bool
arena_slice(struct arena *a, struct slice s, struct slice *out)
{
	if (s.n == 0) {
		*out = SLICE_EMPTY;
		return true;
	}
	uint8_t *p = arena_alloc(a, s.n);
	if (p == NULL)
		return false;
	memcpy(p, s.p, s.n);
	*out = slice_of(p, s.n);
	return true;
}

char *
arena_str(struct arena *a, struct slice s)
{
	if (slice_find(s, '\0') != s.n)
		return NULL;
	char *p = arena_alloc(a, s.n + 1);
	if (p != NULL && s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}
