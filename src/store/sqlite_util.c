#include "store/sqlite.h"

#include <errno.h>
#include <stdlib.h>

enum err
sq_err(int rc, sqlite3 *db)
{
	if ((rc & 0xff) == SQLITE_IOERR && rc != SQLITE_IOERR_NOMEM && db) {
		int e = sqlite3_system_errno(db);
		if (e == ENOSPC || e == EDQUOT)
			return ERR_FULL;
	}
	if (rc == SQLITE_IOERR_NOMEM)
		return ERR_NOMEM;
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return ERR_OK;
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	case SQLITE_FULL:
		return ERR_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	case SQLITE_CONSTRAINT:
		return rc == SQLITE_CONSTRAINT_NOTNULL ? ERR_BUG : ERR_EXISTS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_TEMP;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return ERR_DENIED;
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
	case SQLITE_ERROR:
		return ERR_BUG;
	default:
		return ERR_IO;
	}
}

enum err
sq_fail(sqlite3 *db, int rc, const char *verb, struct diag *d)
{
	enum err e = sq_err(rc, db);
	const char *cause = e == ERR_FULL ? "local.disk-full"
			    : e == ERR_IO || e == ERR_CORRUPT ? "local.io-error"
							      : "";
	return diag_set(d, e, cause, "cannot %s the queue: %s", verb,
	    db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
}

enum err
sq_exec(sqlite3 *db, const char *sql, struct diag *d)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? ERR_OK : sq_fail(db, rc, "open", d);
}

enum err
sq_prepare(sqlite3 *db, const char *const *sql, size_t n, sqlite3_stmt **out,
    struct diag *d)
{
	for (size_t i = 0; i < n; i++) {
		int rc = sqlite3_prepare_v3(
		    db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &out[i], NULL);
		if (rc != SQLITE_OK) {
			enum err e = sq_fail(db, rc, "read", d);
			sq_finalize(out, n);
			return e;
		}
	}
	return ERR_OK;
}

void
sq_finalize(sqlite3_stmt **st, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		(void)sqlite3_finalize(st[i]);
		st[i] = NULL;
	}
}

int
sq_done(sqlite3_stmt *st)
{
	int rc;
	do
		rc = sqlite3_step(st);
	while (rc == SQLITE_ROW);
	(void)sqlite3_reset(st);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int
sq_number(sqlite3_stmt *st, uint64_t dflt, uint64_t *out)
{
	*out = dflt;
	int rc = sqlite3_step(st);
	if (rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL)
		*out = sq_u64(st, 0);
	(void)sqlite3_reset(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void
sq_bind_u64(sqlite3_stmt *st, int i, uint64_t v)
{
	(void)sqlite3_bind_int64(st, i, (sqlite3_int64)v);
}

void
sq_bind_text(sqlite3_stmt *st, int i, struct slice s)
{
	(void)sqlite3_bind_text64(st, i, s.n > 0 ? (const char *)s.p : "", s.n,
	    SQLITE_STATIC, SQLITE_UTF8);
}

void
sq_bind_blob(sqlite3_stmt *st, int i, struct slice s)
{
	(void)sqlite3_bind_blob64(
	    st, i, s.n > 0 ? (const void *)s.p : "", s.n, SQLITE_STATIC);
}

uint64_t
sq_u64(sqlite3_stmt *st, int col)
{
	return (uint64_t)sqlite3_column_int64(st, col);
}

struct slice
sq_slice(sqlite3_stmt *st, int col)
{
	const void *p = sqlite3_column_blob(st, col);
	int n = sqlite3_column_bytes(st, col);
	return p != NULL && n > 0 ? slice_of(p, (size_t)n) : SLICE_EMPTY;
}

bool
sq_keep(sqlite3_stmt *st, int col, struct arena *a, struct slice *out)
{
	struct slice s = sq_slice(st, col);
	if (s.n == 0 && sqlite3_column_type(st, col) != SQLITE_NULL &&
	    sqlite3_errcode(sqlite3_db_handle(st)) == SQLITE_NOMEM)
		return false;
	*out = SLICE_EMPTY;
	return s.n == 0 || arena_slice(a, s, out);
}

enum err
sq_keys_add(struct sq_keys *k, id_t64 id, uint32_t n)
{
	if (k->n == k->cap) {
		size_t cap = k->cap > 0 ? k->cap * 2 : 64;
		struct sq_key *v = reallocarray(k->v, cap, sizeof(*v));
		if (v == NULL)
			return ERR_NOMEM;
		k->v = v;
		k->cap = cap;
	}
	k->v[k->n++] = (struct sq_key){id, n};
	return ERR_OK;
}

void
sq_keys_free(struct sq_keys *k)
{
	free(k->v);
	*k = (struct sq_keys){0};
}
