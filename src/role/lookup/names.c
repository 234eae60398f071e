#include "role/lookup/names.h"

void
names_init(struct names *s, const uint64_t seed[2])
{
	*s = (struct names){.n = 0};
	arena_init(&s->arena, NAMES_MAX);
	map_init(&s->map, seed);
}

void
names_free(struct names *s)
{
	map_free(&s->map);
	arena_reset(&s->arena);
	s->n = 0;
}

enum err
names_add(struct names *s, struct slice name)
{
	struct slice copy;
	if (names_has(s, name))
		return ERR_OK;
	if (!arena_slice(&s->arena, name, &copy))
		return ERR_LIMIT;
	/* Presence is all there is to know: the value is the set itself. */
	enum err e = map_put(&s->map, copy, s);
	if (e == ERR_OK)
		s->n++;
	return e;
}

bool
names_has(const struct names *s, struct slice name)
{
	return name.n > 0 && s->n > 0 && map_get(&s->map, name) != NULL;
}
