/* id.h - names of sessions, messages and decisions.
 *
 * 63 bits: milliseconds since 2020-01-01 UTC (41), the process instance that
 * master handed out (10), a counter (12). Ids sort by time, need no
 * coordination between processes of a node, fit SQLite's rowid and are shown
 * as 13 characters of base32 (Crockford's alphabet, upper case). Zero is
 * never an id. doc/adr/0002 argues the sizes. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/buf.h"

typedef uint64_t id_t64;

#define ID_TEXT_LEN  13
#define ID_EPOCH_MS  1577836800000ull /* 2020-01-01T00:00:00Z */
#define ID_INSTANCES 1024u

struct id_gen {
	uint64_t last; /* time and counter of the newest id, without instance */
	uint32_t instance;
};

/* id_gen_init - instance below ID_INSTANCES, unique among live processes. */
void id_gen_init(struct id_gen *g, uint32_t instance);

/* id_next - a new id, larger than every earlier one of this generator even
 * when the clock steps back. unix_ms is the current time. */
id_t64 id_next(struct id_gen *g, uint64_t unix_ms);

/* id_time_ms - when it was made, in Unix milliseconds. */
uint64_t id_time_ms(id_t64 id);
/* id_floor - the smallest possible id of that millisecond, for ranges. */
id_t64 id_floor(uint64_t unix_ms);

/* id_text - 13 characters and a NUL. */
void id_text(id_t64 id, char out[ID_TEXT_LEN + 1]);
void buf_add_id(struct buf *b, id_t64 id);
/* id_parse - accepts lower case and brackets around; ERR_SYNTAX otherwise. */
enum err id_parse(struct slice s, id_t64 *out) KURIR_MUST_CHECK;

#endif
