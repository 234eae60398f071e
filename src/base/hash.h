/* hash.h - hashing for tables, keyed against chosen collisions, and a map.
 *
 * The map is open addressing from a 64-bit key or a slice to a pointer. Slice
 * keys are borrowed: the caller keeps the bytes alive as long as the entry
 * (normally they live inside the value). */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/err.h"
#include "base/slice.h"

/* hash_siphash - SipHash-1-3 of s under a 128-bit key. Pure. */
uint64_t hash_siphash(const uint64_t key[2], struct slice s);

struct map_entry {
	uint64_t hash;    /* 0: free; 1: removed */
	struct slice key; /* key.p == NULL: a 64-bit key, in key.n */
	void *value;
};

struct map {
	struct map_entry *entries;
	size_t slots; /* a power of two, or 0 */
	size_t used;  /* live entries */
	size_t dirty; /* live and removed entries */
	uint64_t seed[2];
};

/* map_init - an empty map; seed is 128 random bits of the process. */
void map_init(struct map *m, const uint64_t seed[2]);
void map_free(struct map *m); /* the values stay the caller's */

void *map_get(const struct map *m, struct slice key); /* NULL: none */
/* map_put - insert or replace. ERR_NOMEM leaves the map as it was. */
enum err map_put(struct map *m, struct slice key, void *value) KURIR_MUST_CHECK;
void *map_remove(struct map *m, struct slice key); /* the value, or NULL */

void *map_get_u64(const struct map *m, uint64_t key);
enum err map_put_u64(struct map *m, uint64_t key, void *value) KURIR_MUST_CHECK;
void *map_remove_u64(struct map *m, uint64_t key);

/* map_next - walk all values: start with *cursor = 0, NULL at the end. The
 * map must not gain entries during the walk; removing is allowed. */
void *map_next(const struct map *m, size_t *cursor);

#endif
