/* names.h - which accounts there are, as role auth tells it. No hashes here. */
#ifndef ROLE_LOOKUP_NAMES_H
#define ROLE_LOOKUP_NAMES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"

/* Octets of all names together. */
#define NAMES_MAX (256u << 20)

struct names {
	struct arena arena;
	struct map map;
	size_t n;
};

/* names_init - empty. names_free may be followed by names_init. */
void names_init(struct names *s, const uint64_t seed[2]);
void names_free(struct names *s);

/* names_add - a copy of name. ERR_LIMIT: over NAMES_MAX; ERR_NOMEM. */
enum err names_add(struct names *s, struct slice name) KURIR_MUST_CHECK;
bool names_has(const struct names *s, struct slice name);

#endif
