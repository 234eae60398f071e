#include "store/ledger_db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APPLICATION_ID 0x6b75726c /* "kurl" */
#define SCHEMA_VERSION 1
#define DATABASE       "ledger.db"
#define DAMAGED        "ledger.damaged.db"
#define BUSY_MS        2000

/* The indexes are WITHOUT ROWID: the row is the key. Ids grow with time, so
 * ref is written at its end; key is the only one written all over. */
static const char schema[] =
    "PRAGMA auto_vacuum=INCREMENTAL;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA application_id=1802859116;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS record(seq INTEGER PRIMARY KEY, at INTEGER,"
    " time INTEGER, kind INTEGER, verdict INTEGER, data BLOB);"
    "CREATE TABLE IF NOT EXISTS ref(id INTEGER, seq INTEGER,"
    " PRIMARY KEY(id, seq)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS key(key INTEGER, seq INTEGER,"
    " PRIMARY KEY(key, seq)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER)"
    " WITHOUT ROWID;"
    "INSERT OR IGNORE INTO meta VALUES('lost', 0);"
    "PRAGMA user_version=1;"
    "COMMIT";

static const char settings[] = "PRAGMA synchronous=NORMAL;"
			       "PRAGMA secure_delete=OFF;"
			       "PRAGMA temp_store=MEMORY;"
			       "PRAGMA cache_size=-2048;"
			       "PRAGMA journal_size_limit=16777216";

#define COLUMNS "SELECT r.seq, r.at, r.time, r.kind, r.verdict, r.data FROM "

static const char *const words[LEDGER_ST_COUNT] = {
    [LEDGER_SCAN_ALL] =
	COLUMNS "record r WHERE r.seq > ?1 ORDER BY r.seq LIMIT ?2",
    [LEDGER_SCAN_ALL_NEWEST] =
	COLUMNS "record r WHERE r.seq < ?1 ORDER BY r.seq DESC LIMIT ?2",
    [LEDGER_SCAN_REF] = COLUMNS
    "ref i CROSS JOIN record r ON r.seq = i.seq WHERE i.id = ?3 AND "
    "i.seq > ?1 ORDER BY i.seq LIMIT ?2",
    [LEDGER_SCAN_REF_NEWEST] = COLUMNS
    "ref i CROSS JOIN record r ON r.seq = i.seq WHERE i.id = ?3 AND "
    "i.seq < ?1 ORDER BY i.seq DESC LIMIT ?2",
    [LEDGER_SCAN_KEY] = COLUMNS
    "key i CROSS JOIN record r ON r.seq = i.seq WHERE i.key = ?3 AND "
    "i.seq > ?1 ORDER BY i.seq LIMIT ?2",
    [LEDGER_SCAN_KEY_NEWEST] = COLUMNS
    "key i CROSS JOIN record r ON r.seq = i.seq WHERE i.key = ?3 AND "
    "i.seq < ?1 ORDER BY i.seq DESC LIMIT ?2",
    [LEDGER_AT] = "SELECT at FROM record WHERE seq >= ? ORDER BY seq LIMIT 1",
    [LEDGER_LAST_SEQ] = "SELECT max(seq) FROM record",
    [LEDGER_LAST_AT] = "SELECT at FROM record ORDER BY seq DESC LIMIT 1",
    [LEDGER_LOST] = "SELECT value FROM meta WHERE name = 'lost'",
    [LEDGER_BEGIN] = "BEGIN IMMEDIATE",
    [LEDGER_COMMIT] = "COMMIT",
    [LEDGER_ADD] = "INSERT INTO record VALUES(?, ?, ?, ?, ?, ?)",
    [LEDGER_ADD_REF] = "INSERT OR IGNORE INTO ref VALUES(?, ?)",
    [LEDGER_ADD_KEY] = "INSERT OR IGNORE INTO key VALUES(?, ?)",
    [LEDGER_DROP_REF] = "DELETE FROM ref WHERE id = ? AND seq = ?",
    [LEDGER_DROP_KEY] = "DELETE FROM key WHERE key = ? AND seq = ?",
    [LEDGER_DROP_UPTO] = "DELETE FROM record WHERE seq <= ?",
    [LEDGER_OLDEST] = "SELECT seq, at, data FROM record ORDER BY seq LIMIT ?",
    [LEDGER_OLDEST_AT] = "SELECT at FROM record ORDER BY seq LIMIT 1",
    [LEDGER_PAGES] = "PRAGMA page_count",
    [LEDGER_FREE_PAGES] = "PRAGMA freelist_count",
    [LEDGER_LOSE] = "UPDATE meta SET value = value + ? WHERE name = 'lost'",
};

int
ledger_db_step(struct ledger *l, enum ledger_st st)
{
	int rc = sqlite3_step(l->st[st]);
	sqlite3_reset(l->st[st]);
	return rc;
}

uint64_t
ledger_db_number(struct ledger *l, enum ledger_st st)
{
	uint64_t v = 0;
	if (sqlite3_step(l->st[st]) == SQLITE_ROW)
		v = (uint64_t)sqlite3_column_int64(l->st[st], 0);
	sqlite3_reset(l->st[st]);
	return v;
}

static enum err
err_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return ERR_OK;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	case SQLITE_FULL:
		return ERR_FULL;
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_READONLY:
		return ERR_DENIED;
	default:
		return ERR_IO;
	}
}

static const char *
cause_of(enum err e)
{
	return e == ERR_FULL ? "local.disk-full" : "local.io-error";
}

static enum err
explain(struct ledger *l, int rc, const char *verb, struct diag *d)
{
	enum err e = err_of(rc);
	const char *why =
	    l->db != NULL ? sqlite3_errmsg(l->db) : sqlite3_errstr(rc);
	return diag_set(
	    d, e, cause_of(e), "cannot %s %s: %s", verb, l->path, why);
}

static void
db_close(struct ledger *l)
{
	for (size_t i = 0; i < LEDGER_ST_COUNT; i++) {
		sqlite3_finalize(l->st[i]);
		l->st[i] = NULL;
	}
	sqlite3_close(l->db);
	l->db = NULL;
}

static int
prepare(struct ledger *l)
{
	size_t n = l->writable ? LEDGER_ST_COUNT : LEDGER_READ_END;
	for (size_t i = 0; i < n; i++) {
		int rc = sqlite3_prepare_v3(l->db, words[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &l->st[i], NULL);
		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

/* pragma_number - -1: the statement failed, *rc tells how. */
static int64_t
pragma_number(sqlite3 *db, const char *text, int *rc)
{
	sqlite3_stmt *st;
	int64_t v = -1;
	*rc = sqlite3_prepare_v2(db, text, -1, &st, NULL);
	if (*rc != SQLITE_OK)
		return -1;
	*rc = sqlite3_step(st);
	if (*rc == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

/* identify - is it ours and of a version we know? */
static int
identify(struct ledger *l, bool *too_new)
{
	int rc;
	int64_t version = pragma_number(l->db, "PRAGMA user_version", &rc);
	if (version < 0)
		return rc;
	int64_t app = pragma_number(l->db, "PRAGMA application_id", &rc);
	if (app < 0)
		return rc;
	*too_new = app == APPLICATION_ID && version > SCHEMA_VERSION;
	if (app == APPLICATION_ID && version > 0)
		return SQLITE_OK;
	/* An empty file is a database begun and never finished. */
	int64_t objects =
	    pragma_number(l->db, "SELECT count(*) FROM sqlite_schema", &rc);
	if (objects < 0)
		return rc;
	return objects == 0 && l->writable ? SQLITE_OK : SQLITE_NOTADB;
}

/* uri_of - path as a "file:" URI that reads without the -shm file, which a
 * reader may be unable to make. Only when no writer is alive. */
static void
uri_of(struct buf *b, const char *path)
{
	buf_add_str(b, "file:");
	for (const char *p = path; *p != '\0'; p++) {
		if (*p == '?' || *p == '#' || *p == '%')
			buf_printf(b, "%%%02x", (unsigned char)*p);
		else
			buf_add_byte(b, (uint8_t)*p);
	}
	buf_add_str(b, "?mode=ro&immutable=1");
	buf_add_byte(b, 0);
}

static int
open_immutable(struct ledger *l)
{
	struct buf uri;
	buf_init(&uri, 16384);
	uri_of(&uri, l->path);
	sqlite3_close(l->db);
	l->db = NULL;
	int rc = buf_err(&uri) != ERR_OK
		     ? SQLITE_NOMEM
		     : sqlite3_open_v2((const char *)uri.p, &l->db,
			   SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
			       SQLITE_OPEN_NOMUTEX,
			   NULL);
	buf_free(&uri);
	return rc;
}

static int
db_open(struct ledger *l, bool *too_new)
{
	int flags = SQLITE_OPEN_NOMUTEX |
		    (l->writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
				 : SQLITE_OPEN_READONLY);
	*too_new = false;
	int rc = sqlite3_open_v2(l->path, &l->db, flags, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(l->db, BUSY_MS);
		rc = identify(l, too_new);
	}
	if (!l->writable && (rc & 0xff) == SQLITE_CANTOPEN) {
		rc = open_immutable(l);
		if (rc == SQLITE_OK)
			rc = identify(l, too_new);
	}
	if (rc != SQLITE_OK || *too_new)
		return rc;
	if (l->writable)
		rc = sqlite3_exec(l->db, schema, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(l->db, settings, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = prepare(l);
	if (rc != SQLITE_OK)
		return rc;
	l->last_seq = (int64_t)ledger_db_number(l, LEDGER_LAST_SEQ);
	l->last_at = ledger_db_number(l, LEDGER_LAST_AT);
	/* max() of an empty table gives a row; of a damaged one an error. */
	return err_of(sqlite3_errcode(l->db)) == ERR_CORRUPT ? SQLITE_CORRUPT
							     : SQLITE_OK;
}

/* set_aside - rename the database out of the way, over an earlier one. Its
 * log goes: it belongs to no other file. */
static enum err
set_aside(struct ledger *l, struct diag *d)
{
	char name[4096];
	size_t dir = strlen(l->path) - strlen(DATABASE);
	db_close(l);
	snprintf(name, sizeof(name), "%.*s%s", (int)dir, l->path, DAMAGED);
	if (rename(l->path, name) != 0)
		return diag_set(d, ERR_IO, "local.io-error",
		    "cannot move the damaged %s aside: %m", l->path);
	snprintf(name, sizeof(name), "%s-wal", l->path);
	(void)unlink(name);
	snprintf(name, sizeof(name), "%s-shm", l->path);
	(void)unlink(name);
	return diag_set(d, ERR_OK, "local.io-error",
	    "the ledger %s was damaged: kept as %s, a new one begun", l->path,
	    DAMAGED);
}

static enum err
begin_new(struct ledger *l, struct diag *d)
{
	bool too_new;
	enum err e = set_aside(l, d);
	if (e != ERR_OK)
		return e;
	l->generation++;
	int rc = db_open(l, &too_new);
	return rc == SQLITE_OK ? ERR_OK : explain(l, rc, "begin", d);
}

enum err
ledger_db_failed(struct ledger *l, int rc, const char *verb, struct diag *d)
{
	enum err e = explain(l, rc, verb, d);
	if (l->db != NULL && sqlite3_get_autocommit(l->db) == 0)
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	/* The log may be what fills the disk: once its pages are in the file
	 * it can be emptied. */
	if (e == ERR_FULL)
		sqlite3_exec(
		    l->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	if (e != ERR_CORRUPT || !l->writable)
		return e;
	/* A failed read can look like damage: believe it the second time. */
	enum err again;
	if (l->suspect) {
		again = begin_new(l, d);
	} else {
		db_close(l);
		again = ledger_db_ready(l, d);
	}
	l->suspect = true;
	if (again != ERR_OK)
		db_close(l);
	return again == ERR_OK ? ERR_CORRUPT : again;
}

enum err
ledger_db_ready(struct ledger *l, struct diag *d)
{
	bool too_new;
	if (l->db != NULL)
		return ERR_OK;
	int rc = db_open(l, &too_new);
	if (rc == SQLITE_OK && !too_new)
		return ERR_OK;
	enum err e = explain(l, rc, "open", d);
	if (e == ERR_CORRUPT && l->suspect)
		return begin_new(l, d);
	l->suspect = l->suspect || e == ERR_CORRUPT;
	db_close(l);
	return e == ERR_OK || e == ERR_CORRUPT ? ERR_IO : e;
}

static enum err
open_failed(struct ledger *l, int rc, struct diag *d)
{
	enum err e = explain(l, rc, "open", d);
	if (e == ERR_CORRUPT && l->writable)
		return begin_new(l, d);
	if (!l->writable && access(l->path, F_OK) != 0 && errno == ENOENT)
		return diag_set(
		    d, ERR_NOT_FOUND, "", "there is no ledger at %s", l->path);
	return e;
}

enum err
ledger_open(const char *dir, bool writable, struct ledger **out, struct diag *d)
{
	struct ledger *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return diag_set(d, ERR_NOMEM, "", "out of memory");
	size_t n = strlen(dir) + sizeof("/" DATABASE);
	l->writable = writable;
	l->path = malloc(n);
	if (l->path == NULL || n > 4000) {
		ledger_close(l);
		return diag_set(d, ERR_NOMEM, "", "out of memory");
	}
	snprintf(l->path, n, "%s/" DATABASE, dir);
	bool too_new;
	int rc = db_open(l, &too_new);
	enum err e = ERR_OK;
	if (err_of(rc) == ERR_CORRUPT) {
		db_close(l);
		rc = db_open(l, &too_new);
	}
	if (rc != SQLITE_OK)
		e = open_failed(l, rc, d);
	else if (too_new)
		e = diag_set(d, ERR_UNSUPPORTED, "",
		    "%s was written by a newer version", l->path);
	if (e != ERR_OK)
		ledger_close(l);
	else
		*out = l;
	return e;
}

uint64_t
ledger_generation(const struct ledger *l)
{
	return l->generation;
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	db_close(l);
	free(l->path);
	free(l);
}
