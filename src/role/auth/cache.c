#include "role/auth/cache.h"

#include <openssl/crypto.h>
#include <string.h>

#include "os/random.h"
#include "role/auth/secret.h"

void
cache_init(struct cache *c)
{
	memset(c, 0, sizeof(*c));
	random_bytes(c->key, sizeof(c->key));
}

void
cache_wipe(struct cache *c)
{
	OPENSSL_cleanse(c, sizeof(*c));
}

/* HMAC(HMAC(key, hash), password): no way to shift octets between the two. */
static void
prove(const struct cache *c, struct slice hash, struct slice password,
    uint8_t proof[32])
{
	uint8_t inner[32];
	secret_hmac(slice_of(c->key, sizeof(c->key)), hash, inner);
	secret_hmac(slice_of(inner, sizeof(inner)), password, proof);
	OPENSSL_cleanse(inner, sizeof(inner));
}

static size_t
slot_of(const uint8_t proof[32])
{
	return (proof[0] | (size_t)proof[1] << 8) % CACHE_SLOTS;
}

bool
cache_has(const struct cache *c, struct slice hash, struct slice password,
    uint64_t now_ms)
{
	uint8_t proof[32];
	prove(c, hash, password, proof);
	const struct cache_slot *s = &c->slots[slot_of(proof)];
	bool has = s->until_ms > now_ms &&
		   CRYPTO_memcmp(s->proof, proof, sizeof(proof)) == 0;
	OPENSSL_cleanse(proof, sizeof(proof));
	return has;
}

void
cache_add(
    struct cache *c, struct slice hash, struct slice password, uint64_t now_ms)
{
	uint8_t proof[32];
	prove(c, hash, password, proof);
	struct cache_slot *s = &c->slots[slot_of(proof)];
	memcpy(s->proof, proof, sizeof(proof));
	s->until_ms = now_ms + CACHE_KEEP_MS;
	OPENSSL_cleanse(proof, sizeof(proof));
}
