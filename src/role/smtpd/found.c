#include "role/smtpd/found.h"

#include <stdlib.h>

#define KEY_MAX 512

/* The client's name is found by its address alone. */
static void
key_of(struct buf *key, enum reverse_kind kind, const struct ip *ip,
    struct slice name)
{
	buf_init(key, KEY_MAX);
	buf_add_byte(key, (uint8_t)('0' + kind));
	buf_add(key, slice_of(ip->b, ip->family == 6 ? 16 : 4));
	for (size_t i = 0; kind != REVERSE_PTR && i < name.n; i++)
		buf_add_byte(key, ascii_lower(name.p[i]));
}

void
found_init(struct found_cache *c, const uint64_t seed[2])
{
	list_init(&c->oldest);
	map_init(&c->map, seed);
	c->n = 0;
}

void
found_unref(struct found *f)
{
	if (f == NULL || --f->refs > 0)
		return;
	buf_free(&f->key);
	free(f->result);
	free(f);
}

static void
drop(struct found_cache *c, struct found *f)
{
	map_remove(&c->map, buf_slice(&f->key));
	list_remove(&f->node);
	c->n--;
	found_unref(f);
}

void
found_clear(struct found_cache *c)
{
	LIST_FOREACH_SAFE (n, &c->oldest)
		drop(c, LIST_OWNER(n, struct found, node));
}

void
found_free(struct found_cache *c)
{
	found_clear(c);
	map_free(&c->map);
}

struct found *
found_get(struct found_cache *c, enum reverse_kind kind, const struct ip *ip,
    struct slice name, uint64_t now_ms)
{
	struct buf key;
	key_of(&key, kind, ip, name);
	struct found *f = map_get(&c->map, buf_slice(&key));
	buf_free(&key);
	if (f != NULL && now_ms >= f->expires_ms) {
		drop(c, f);
		f = NULL;
	}
	if (f != NULL)
		f->refs++;
	return f;
}

static void
keep(struct found_cache *c, struct found *f, uint64_t now_ms)
{
	const struct reverse_result *r = f->result;
	key_of(&f->key, r->kind, &r->client, r->name);
	struct found *old = map_get(&c->map, buf_slice(&f->key));
	if (old != NULL)
		drop(c, old);
	if (c->n >= FOUND_MAX)
		drop(c, LIST_OWNER(c->oldest.next, struct found, node));
	if (buf_err(&f->key) != ERR_OK ||
	    map_put(&c->map, buf_slice(&f->key), f) != ERR_OK)
		return;
	f->expires_ms = now_ms + (uint64_t)r->ttl * 1000;
	f->refs++;
	list_push_back(&c->oldest, &f->node);
	c->n++;
}

struct found *
found_put(
    struct found_cache *c, const struct reverse_result *r, uint64_t now_ms)
{
	struct found *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->refs = 1;
	list_init(&f->node);
	buf_init(&f->key, KEY_MAX);
	f->result = reverse_result_copy(r);
	if (f->result == NULL) {
		free(f);
		return NULL;
	}
	if (r->ttl > 0 && (r->findings & REVERSE_TEMPFAIL) == 0)
		keep(c, f, now_ms);
	return f;
}
