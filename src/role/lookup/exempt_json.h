/* exempt_json.h - exempt lists as people and scripts see them: the objects of
 * `kurir exempt list` and `status`, each on one line. */
#ifndef ROLE_LOOKUP_EXEMPT_JSON_H
#define ROLE_LOOKUP_EXEMPT_JSON_H

#include "policy/sync_state.h"
#include "role/lookup/exempt_file.h"
#include "role/lookup/hits.h"

/* An entry of the local file is stale once it has ended, or has not spared
 * anybody for so long. */
#define EXEMPT_STALE_S      (90ull * 24 * 60 * 60)
#define EXEMPT_STALE_SHOWN  50u
#define EXEMPT_STALE_LOOKED 20000u /* at more entries it is not asked */

/* exempt_json_entry - {list, entry, source, file, line, reason, until, ended,
 * hits, last_hit}; what is not there is null. */
void exempt_json_entry(struct buf *b, enum conf_exempt_list list,
    enum exempt_source source, const struct exempt_file *f, size_t index,
    const struct hits *h, uint64_t now_s);

/* exempt_sync_read - what role fetch remembers of that list; all zero if there
 * is nothing, or nothing to be made of it. *out borrows from text, whose
 * maximum is SYNC_STATE_MAX. Blocks on the disk. */
void exempt_sync_read(const struct conf *conf, enum conf_exempt_list list,
    struct buf *text, struct sync_state *out);

struct exempt_facts {
	enum conf_exempt_list list;
	const struct conf_exempt *conf;                 /* NULL: no section */
	const struct exempt_file *file[EXEMPT_SOURCES]; /* or NULL */
	const struct sync_state *sync;
	const struct hits *hits;
	/* Why a file that there should be is not in force, or empty. */
	const char *trouble[EXEMPT_SOURCES];
	uint64_t now_s;
};

/* exempt_json_status - {list, entries, local, synced, file, url, last_sync,
 * last_error, errors, trouble, hits, last_hit, stale, stale_entries: [{entry,
 * line, why}]}. errors are lines of the local file. */
void exempt_json_status(struct buf *b, const struct exempt_facts *f);

#endif
