/* found.h - results of lookups that hold for a while, for all sessions that
 * ask the same.
 *
 * Bounded: what came first goes first. Who holds a result keeps it, whatever
 * becomes of the cache. Time is an argument. Pure but for memory. */
#ifndef ROLE_SMTPD_FOUND_H
#define ROLE_SMTPD_FOUND_H

#include "base/hash.h"
#include "base/list.h"
#include "policy/reverse.h"

#define FOUND_MAX 4096u

/* A result, shared by all that asked the same while it holds. */
struct found {
	struct list node;
	unsigned refs;
	struct buf key; /* empty: never kept */
	uint64_t expires_ms;
	struct reverse_result *result;
};

struct found_cache {
	struct list oldest; /* in the order they came */
	struct map map;
	size_t n;
};

void found_init(struct found_cache *c, const uint64_t seed[2]);
void found_clear(struct found_cache *c); /* empty, usable again */
void found_free(struct found_cache *c);

/* found_get - NULL: not known, or no longer. name: that of reverse_begin.
 * The caller's until found_unref. */
struct found *found_get(struct found_cache *c, enum reverse_kind kind,
    const struct ip *ip, struct slice name, uint64_t now_ms);

/* found_put - a copy of r, kept for others as long as its ttl says. What the
 * resolver failed to tell is nobody's to keep: it is the caller's alone. NULL:
 * no memory. The caller's until found_unref. */
struct found *found_put(
    struct found_cache *c, const struct reverse_result *r, uint64_t now_ms);

void found_unref(struct found *f); /* NULL: nothing */

#endif
