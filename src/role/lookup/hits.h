/* hits.h - how often each entry of an exempt list spared somebody, and when it
 * did so last; kept over restarts in the file data-dir/lookup/hits:
 *
 *	kurir-hits 1 1795312955
 *	ptr 12 1795400000 1795312955 *.mitra.example
 *
 * The numbers: since when there is counting; and of a line hits, the last one
 * (0: none), and when the entry was first seen, in seconds since 1970. Pure. */
#ifndef ROLE_LOOKUP_HITS_H
#define ROLE_LOOKUP_HITS_H

#include "base/hash.h"
#include "conf/conf.h"

/* More entries than that are not counted. */
#define HITS_MAX        100000u
#define HITS_OCTETS_MAX (16u << 20) /* of the file */

struct hit {
	enum conf_exempt_list list;
	uint64_t count;
	uint64_t last_s;
	uint64_t first_s;
	struct slice entry; /* as written */
};

struct hits {
	struct map map;
	size_t n;
	uint64_t since_s;
	bool changed; /* since somebody set this to false */
};

void hits_init(struct hits *h, const uint64_t seed[2], uint64_t now_s);
void hits_free(struct hits *h);

/* hits_find - NULL: not known. Valid until hits_keep. */
const struct hit *hits_find(
    const struct hits *h, enum conf_exempt_list list, struct slice entry);

/* hits_seen - there is such an entry. hits_count - and it spared somebody.
 * Both do nothing when there are too many, or no memory. */
void hits_seen(struct hits *h, enum conf_exempt_list list, struct slice entry,
    uint64_t now_s);
void hits_count(struct hits *h, enum conf_exempt_list list, struct slice entry,
    uint64_t now_s);

/* hits_keep - forget the entries of list that are no more. */
void hits_keep(struct hits *h, enum conf_exempt_list list,
    bool (*is)(void *arg, struct slice entry), void *arg);

/* hits_sum - of a whole list; *out_last_s is 0 when there was none. */
uint64_t hits_sum(
    const struct hits *h, enum conf_exempt_list list, uint64_t *out_last_s);

/* hits_parse - into h, which is empty. What cannot be read is left out: false
 * if there was such. */
bool hits_parse(struct hits *h, struct slice file);
void hits_add_file(struct buf *b, const struct hits *h);

#endif
