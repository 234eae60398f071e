#include "role/resolver/cache.h"

#include <stdlib.h>

struct cache_entry {
	struct list node;
	struct answer answer;
	uint64_t until_ms;
	struct cache_key key;
};

void
cache_key(uint16_t qtype, const struct dns_name *name, struct cache_key *out)
{
	out->b[0] = (uint8_t)(qtype >> 8);
	out->b[1] = (uint8_t)qtype;
	/* Lengths of labels are below 'A', so folding the whole is safe. */
	for (size_t i = 0; i < name->n; i++)
		out->b[2 + i] = ascii_lower(name->wire[i]);
	out->n = 2 + (size_t)name->n;
}

static struct slice
key_slice(const struct cache_key *key)
{
	return slice_of(key->b, key->n);
}

void
cache_init(struct cache *c, size_t max_entries, const uint64_t seed[2])
{
	map_init(&c->map, seed);
	list_init(&c->recent);
	c->entries = 0;
	c->max = max_entries;
}

static void
entry_drop(struct cache *c, struct cache_entry *e)
{
	(void)map_remove(&c->map, key_slice(&e->key));
	list_remove(&e->node);
	answer_free(&e->answer);
	free(e);
	c->entries--;
}

void
cache_clear(struct cache *c)
{
	LIST_FOREACH_SAFE (it, &c->recent)
		entry_drop(c, LIST_OWNER(it, struct cache_entry, node));
	map_free(&c->map);
}

const struct answer *
cache_get(struct cache *c, const struct cache_key *key, uint64_t now_ms,
    uint32_t *out_ttl_s)
{
	struct cache_entry *e = map_get(&c->map, key_slice(key));
	if (e == NULL)
		return NULL;
	if (e->until_ms <= now_ms) {
		entry_drop(c, e);
		return NULL;
	}
	list_remove(&e->node);
	list_push_back(&c->recent, &e->node);
	*out_ttl_s = (uint32_t)((e->until_ms - now_ms) / 1000);
	return &e->answer;
}

static uint32_t
keep_s(const struct answer *a)
{
	switch (a->status) {
	case IPC_DNS_OK:
		return a->ttl_s < CACHE_TTL_MAX_S ? a->ttl_s : CACHE_TTL_MAX_S;
	case IPC_DNS_NODATA:
	case IPC_DNS_NXDOMAIN:
		return a->ttl_s < CACHE_NEGATIVE_MAX_S ? a->ttl_s
						       : CACHE_NEGATIVE_MAX_S;
	case IPC_DNS_TEMPFAIL:
	case IPC_DNS_TIMEOUT:
	case IPC_DNS_BOGUS:
		break;
	}
	return 0;
}

void
cache_put(struct cache *c, const struct cache_key *key, const struct answer *a,
    uint64_t now_ms)
{
	uint32_t s = keep_s(a);
	struct cache_entry *old = map_get(&c->map, key_slice(key));
	if (old != NULL)
		entry_drop(c, old);
	if (s == 0 || c->max == 0)
		return;
	while (c->entries >= c->max)
		entry_drop(
		    c, LIST_OWNER(c->recent.next, struct cache_entry, node));

	struct cache_entry *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return;
	e->key = *key;
	e->until_ms = now_ms + (uint64_t)s * 1000;
	answer_init(&e->answer);
	if (answer_copy(&e->answer, a) != ERR_OK ||
	    map_put(&c->map, key_slice(&e->key), e) != ERR_OK) {
		answer_free(&e->answer);
		free(e);
		return;
	}
	list_push_back(&c->recent, &e->node);
	c->entries++;
}
