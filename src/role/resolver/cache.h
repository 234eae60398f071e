/* cache.h - answers that are asked for again soon, for as long as they hold.
 *
 * Bounded in entries; the one unused the longest goes first. Time is an
 * argument. Pure but for memory. */
#ifndef ROLE_RESOLVER_CACHE_H
#define ROLE_RESOLVER_CACHE_H

#include "base/hash.h"
#include "base/list.h"
#include "role/resolver/answer.h"

/* Longest that anything is kept: a change elsewhere is seen soon. */
#define CACHE_TTL_MAX_S      3600u
#define CACHE_NEGATIVE_MAX_S 300u

struct cache {
	struct map map;
	struct list recent; /* the newest use last */
	size_t entries, max;
};

void cache_init(struct cache *c, size_t max_entries, const uint64_t seed[2]);
void cache_clear(struct cache *c); /* empty, usable again */

/* cache_key - what two equal questions have in common: the type and the name
 * in lower case. */
struct cache_key {
	size_t n;
	uint8_t b[2 + DNS_NAME_MAX];
};
void cache_key(
    uint16_t qtype, const struct dns_name *name, struct cache_key *out);

/* cache_get - NULL: nothing that still holds. *out_ttl_s: what is left of its
 * time. Borrowed until the next call on c. */
const struct answer *cache_get(struct cache *c, const struct cache_key *key,
    uint64_t now_ms, uint32_t *out_ttl_s);

/* cache_put - keep a copy of a, if it may be kept at all: only answers that
 * came from the DNS itself, with a time to live. */
void cache_put(struct cache *c, const struct cache_key *key,
    const struct answer *a, uint64_t now_ms);

#endif
