#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

struct sip {
	uint64_t v0, v1, v2, v3;
};

static void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = ROTL(s->v1, 13) ^ s->v0;
	s->v0 = ROTL(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = ROTL(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = ROTL(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = ROTL(s->v1, 17) ^ s->v2;
	s->v2 = ROTL(s->v2, 32);
}

static uint64_t
load_le(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

uint64_t
hash_siphash(const uint64_t key[2], struct slice in)
{
	struct sip s = {key[0] ^ 0x736f6d6570736575u,
	    key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
	    key[1] ^ 0x7465646279746573u};
	size_t whole = in.n & ~(size_t)7;
	for (size_t i = 0; i < whole; i += 8) {
		uint64_t m = load_le(in.p + i, 8);
		s.v3 ^= m;
		sip_round(&s);
		s.v0 ^= m;
	}
	uint64_t last = (uint64_t)in.n << 56;
	if (in.n > whole)
		last |= load_le(in.p + whole, in.n - whole);
	s.v3 ^= last;
	sip_round(&s);
	s.v0 ^= last;
	s.v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static uint64_t
key_hash(const struct map *m, struct slice key)
{
	uint8_t raw[8];
	if (key.p == NULL) {
		for (size_t i = 0; i < 8; i++)
			raw[i] = (uint8_t)(key.n >> (8 * i));
		key = slice_of(raw, sizeof(raw));
	}
	uint64_t h = hash_siphash(m->seed, key);
	return h < 2 ? h + 2 : h; /* 0 and 1 mark free and removed slots */
}

static bool
key_eq(struct slice a, struct slice b)
{
	if (a.p == NULL || b.p == NULL)
		return a.p == b.p && a.n == b.n;
	return slice_eq(a, b);
}

void
map_init(struct map *m, const uint64_t seed[2])
{
	*m = (struct map){.seed = {seed[0], seed[1]}};
}

void
map_free(struct map *m)
{
	free(m->entries);
	map_init(m, (uint64_t[2]){m->seed[0], m->seed[1]});
}

static struct map_entry *
find(const struct map *m, struct slice key)
{
	if (m->slots == 0)
		return NULL;
	uint64_t h = key_hash(m, key);
	for (size_t i = h & (m->slots - 1);; i = (i + 1) & (m->slots - 1)) {
		struct map_entry *e = &m->entries[i];
		if (e->hash == 0)
			return NULL;
		if (e->hash == h && key_eq(e->key, key))
			return e;
	}
}

static void
place(struct map_entry *entries, size_t slots, const struct map_entry *new)
{
	size_t i = new->hash &(slots - 1);
	while (entries[i].hash > 1)
		i = (i + 1) & (slots - 1);
	entries[i] = *new;
}

static enum err
grow(struct map *m)
{
	if (m->slots != 0 && (m->dirty + 1) * 4 <= m->slots * 3)
		return ERR_OK;
	size_t slots = 16;
	while (slots < (m->used + 1) * 2)
		slots *= 2;
	struct map_entry *entries = calloc(slots, sizeof(*entries));
	if (entries == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < m->slots; i++)
		if (m->entries[i].hash > 1)
			place(entries, slots, &m->entries[i]);
	free(m->entries);
	m->entries = entries;
	m->slots = slots;
	m->dirty = m->used;
	return ERR_OK;
}

/* An empty slice may come with a NULL pointer, which marks a 64-bit key. */
static struct slice
as_bytes(struct slice key)
{
	return key.p == NULL ? slice_of("", 0) : key;
}

static enum err
put(struct map *m, struct slice key, void *value)
{
	struct map_entry *e = find(m, key);
	if (e != NULL) {
		e->key = key;
		e->value = value;
		return ERR_OK;
	}
	enum err err = grow(m);
	if (err != ERR_OK)
		return err;
	struct map_entry new = {key_hash(m, key), key, value};
	place(m->entries, m->slots, &new);
	m->used++;
	m->dirty++;
	return ERR_OK;
}

static void *
take(struct map *m, struct slice key)
{
	struct map_entry *e = find(m, key);
	if (e == NULL)
		return NULL;
	void *value = e->value;
	*e = (struct map_entry){.hash = 1};
	m->used--;
	return value;
}

void *
map_get(const struct map *m, struct slice key)
{
	struct map_entry *e = find(m, as_bytes(key));
	return e == NULL ? NULL : e->value;
}

enum err
map_put(struct map *m, struct slice key, void *value)
{
	return put(m, as_bytes(key), value);
}

void *
map_remove(struct map *m, struct slice key)
{
	return take(m, as_bytes(key));
}

void *
map_get_u64(const struct map *m, uint64_t key)
{
	struct map_entry *e = find(m, slice_of(NULL, key));
	return e == NULL ? NULL : e->value;
}

enum err
map_put_u64(struct map *m, uint64_t key, void *value)
{
	return put(m, slice_of(NULL, key), value);
}

void *
map_remove_u64(struct map *m, uint64_t key)
{
	return take(m, slice_of(NULL, key));
}

void *
map_next(const struct map *m, size_t *cursor)
{
	while (*cursor < m->slots) {
		const struct map_entry *e = &m->entries[(*cursor)++];
		if (e->hash > 1)
			return e->value;
	}
	return NULL;
}
