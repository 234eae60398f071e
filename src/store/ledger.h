/* ledger.h - the record of sessions and deliveries on disk.
 *
 * One SQLite database, DIR/ledger.db: a row a record (the bytes of
 * ledger_record.h, as they came) and two narrow indexes: ids of sessions and
 * messages, and hashes of addresses, HELO names and peers. A hash only finds;
 * the record itself decides.
 *
 * Nothing here is worth holding mail up for: WAL with synchronous=NORMAL, so a
 * power cut may take the newest records; a damaged database is moved aside
 * (ledger.damaged.db) and a new one begun. One writer; readers may be other
 * processes. Every function may block on the disk. Times are Unix
 * milliseconds and come from the caller. */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "store/ledger_filter.h"

struct ledger;

/* ledger_open - dir must exist. writable: open or create; a damaged database
 * is moved aside, which d then tells while the result is ERR_OK.
 * ERR_NOT_FOUND    to read: there is none yet
 * ERR_UNSUPPORTED  written by a newer version
 * ERR_CORRUPT (to read), ERR_DENIED, ERR_FULL, ERR_IO, ERR_NOMEM. */
enum err ledger_open(const char *dir, bool writable, struct ledger **out,
    struct diag *d) KURIR_MUST_CHECK;
void ledger_close(struct ledger *l); /* NULL is nothing */

/* ledger_generation - how many databases this one has replaced because they
 * were damaged; d of the call that did it tells which. Records count from the
 * beginning in each. */
uint64_t ledger_generation(const struct ledger *l);

/* ledger_append - n records that passed record_check, in one transaction.
 * Anything but ERR_OK: none of them was kept. ERR_CORRUPT: the database
 * looks damaged; what is called next opens it again or, when it looked so
 * before, works on a new one. */
enum err ledger_append(struct ledger *l, const struct slice *records, size_t n,
    uint64_t now_ms, struct diag *d) KURIR_MUST_CHECK;

/* ledger_prune - remove the oldest records: those that came before now -
 * keep_ms, and as many as lie over max_octets; at most limit of them. *more:
 * there is more to remove. */
enum err ledger_prune(struct ledger *l, uint64_t now_ms, uint64_t keep_ms,
    uint64_t max_octets, size_t limit, bool *more,
    struct diag *d) KURIR_MUST_CHECK;

/* ledger_octets - of the pages in use; 0 if it cannot be told. */
uint64_t ledger_octets(struct ledger *l);

/* Records that were lost before they could be stored, since the database was
 * begun. ledger_lost_add may fail like any write and is then forgotten. */
void ledger_lost_add(struct ledger *l, uint64_t n);
uint64_t ledger_lost(struct ledger *l);

/* ledger_seq_before - the number before that of the first record that came at
 * or after since: what began then cannot have come earlier. 0: none came
 * before. Some twenty rows are looked at. */
uint64_t ledger_seq_before(struct ledger *l, uint64_t since_ms);

/* Where a scan stands. Zeroed: before the first record of its direction. It
 * stays valid whatever is appended or pruned meanwhile. */
struct ledger_pos {
	uint64_t seq;
	bool begun;
};

/* ledger_scan - go through the records that satisfy f, in f's order (f->tail
 * and f->follow are the caller's business), calling each for every one until
 * it says false. bytes are borrowed until each returns.
 *
 * ERR_MORE       about budget records were looked at, or each said false: go
 *                on from *pos
 * ERR_NOT_FOUND  the end; in oldest-first order a later call goes on with
 *                what has come since */
enum err ledger_scan(struct ledger *l, const struct ledger_filter *f,
    struct ledger_pos *pos, size_t budget,
    bool (*each)(void *arg, uint64_t seq, struct slice bytes), void *arg,
    struct diag *d) KURIR_MUST_CHECK;

#endif
