/* ledger_db.h - the ledger's database connection; for ledger*.c alone. */
#ifndef STORE_LEDGER_DB_H
#define STORE_LEDGER_DB_H

#include <sqlite3.h>

#include "store/ledger.h"

#define LEDGER_PAGE 4096u

/* Prepared once; ledger_db.c has the words. */
enum ledger_st {
	LEDGER_SCAN_ALL, /* oldest first, newest first; ?1 after, ?2 limit */
	LEDGER_SCAN_ALL_NEWEST,
	LEDGER_SCAN_REF, /* ... ?3 id */
	LEDGER_SCAN_REF_NEWEST,
	LEDGER_SCAN_KEY, /* ... ?3 hash */
	LEDGER_SCAN_KEY_NEWEST,
	LEDGER_AT,
	LEDGER_LAST_SEQ,
	LEDGER_LAST_AT,
	LEDGER_LOST,
	LEDGER_READ_END, /* what follows is for the writer */
	LEDGER_BEGIN = LEDGER_READ_END,
	LEDGER_COMMIT,
	LEDGER_ADD,
	LEDGER_ADD_REF,
	LEDGER_ADD_KEY,
	LEDGER_DROP_REF,
	LEDGER_DROP_KEY,
	LEDGER_DROP_UPTO,
	LEDGER_OLDEST,
	LEDGER_OLDEST_AT,
	LEDGER_PAGES,
	LEDGER_FREE_PAGES,
	LEDGER_LOSE,
	LEDGER_ST_COUNT
};

struct ledger {
	sqlite3 *db;
	sqlite3_stmt *st[LEDGER_ST_COUNT];
	char *path;
	bool writable;
	bool suspect;        /* it looked damaged once */
	uint64_t generation; /* databases begun in place of damaged ones */
	int64_t last_seq;
	uint64_t last_at; /* arrival of the newest; it never goes back */
};

/* ledger_db_step - run a statement that gives no rows, with its bindings.
 * The SQLite code; SQLITE_DONE is good. */
int ledger_db_step(struct ledger *l, enum ledger_st st);

/* ledger_db_number - the first column of a statement's first row; 0 if there
 * is none. */
uint64_t ledger_db_number(struct ledger *l, enum ledger_st st);

/* ledger_db_ready - open again what could not be begun anew after damage. */
enum err ledger_db_ready(struct ledger *l, struct diag *d) KURIR_MUST_CHECK;

/* ledger_db_failed - roll back and say in d what happened. A database that is
 * ours to write and looks damaged is opened anew; when that happens again a
 * new one is begun. What the caller returns. */
enum err ledger_db_failed(
    struct ledger *l, int rc, const char *verb, struct diag *d);

#endif
