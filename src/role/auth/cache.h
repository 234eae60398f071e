/* cache.h - passwords that were right a moment ago.
 *
 * A client that opens a connection for each message would cost a slow hash
 * each time. Kept is only an HMAC of hash and password under a key of this
 * process, for a short while; a new hash of the account makes the old entry
 * worthless by itself. */
#ifndef ROLE_AUTH_CACHE_H
#define ROLE_AUTH_CACHE_H

#include "base/slice.h"

#define CACHE_SLOTS   1024u
#define CACHE_KEEP_MS (2u * 60 * 1000)

struct cache_slot {
	uint8_t proof[32];
	uint64_t until_ms; /* 0: free */
};

struct cache {
	uint8_t key[32];
	struct cache_slot slots[CACHE_SLOTS];
};

/* cache_init - with a fresh key; nothing else to release but by cache_wipe. */
void cache_init(struct cache *c);
void cache_wipe(struct cache *c);

/* cache_has - was this password right for this hash less than CACHE_KEEP_MS
 * ago? */
bool cache_has(const struct cache *c, struct slice hash, struct slice password,
    uint64_t now_ms);
void cache_add(
    struct cache *c, struct slice hash, struct slice password, uint64_t now_ms);

#endif
