#include "store/sqlite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/fs.h"
#include "store/spool.h"

/* 8 MiB of pages: what the hot path touches fits many times over. */
#define CACHE_KIB "-8192"

static int
wal_hook(void *arg, sqlite3 *db, const char *name, int frames)
{
	struct store *s = arg;
	(void)db;
	(void)name;
	s->wal_octets = (uint64_t)frames * SQ_PAGE_OCTETS;
	return SQLITE_OK;
}

/* Everything in the log to the main file, both synced, the log cut to
 * nothing: after it no frame can be in doubt. */
static enum err
flush_log(sqlite3 *db, struct diag *d)
{
	int rc = sqlite3_wal_checkpoint_v2(
	    db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return rc == SQLITE_OK ? ERR_OK : sq_fail(db, rc, "recover", d);
}

static enum err
connect_writer(struct store *s, struct diag *d)
{
	int rc = sqlite3_open_v2(s->path, &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	    NULL);
	if (rc != SQLITE_OK)
		return sq_fail(s->db, rc, "open", d);
	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_timeout(s->db, 5000);
	enum err e = sq_schema(s->db, true, d);
	if (e == ERR_OK)
		/* Debian's library overwrites what is deleted unless told. */
		e = sq_exec(s->db,
		    "PRAGMA journal_mode=WAL;"
		    "PRAGMA synchronous=FULL;"
		    "PRAGMA secure_delete=off;"
		    "PRAGMA journal_size_limit=67108864;"
		    "PRAGMA wal_autocheckpoint=0;"
		    "PRAGMA cache_size=" CACHE_KIB,
		    d);
	if (e == ERR_OK)
		e = flush_log(s->db, d);
	if (e == ERR_OK)
		e = sq_prepare(s->db, sq_sql, SQ_STATEMENTS, s->st, d);
	if (e == ERR_OK)
		(void)sqlite3_wal_hook(s->db, wal_hook, s);
	return e;
}

enum err
sq_writer_open(struct store *s, struct diag *d)
{
	enum err e = connect_writer(s, d);
	if (e != ERR_OK)
		sq_writer_close(s);
	s->wal_octets = 0;
	s->since_reset = 0;
	return e;
}

void
sq_writer_close(struct store *s)
{
	sq_finalize(s->st, SQ_STATEMENTS);
	(void)sqlite3_close(s->db);
	s->db = NULL;
}

static int
count_messages(struct store *s)
{
	uint64_t n;
	int rc = sq_number(s->st[SQ_COUNT_MESSAGES], 0, &n);
	s->messages = n;
	return rc;
}

/* Undo what a failed commit may have left after all. */
static int
undo_doubtful(struct store *s)
{
	int rc = sq_done(s->st[SQ_BEGIN]);
	for (size_t i = 0; rc == SQLITE_OK && i < s->put_doubtful.n; i++) {
		bool gone;
		sq_bind_u64(
		    s->st[SQ_DROP_RECIPIENTS], 1, s->put_doubtful.v[i].id);
		rc = sq_done(s->st[SQ_DROP_RECIPIENTS]);
		if (rc == SQLITE_OK)
			rc = sq_message_drop(s, s->put_doubtful.v[i].id, &gone);
	}
	for (size_t i = 0; rc == SQLITE_OK && i < s->taken_doubtful.n; i++) {
		sqlite3_stmt *st = s->st[SQ_DISOWN_ONE];
		sq_bind_u64(st, 1, s->taken_doubtful.v[i].id);
		sq_bind_u64(st, 2, s->taken_doubtful.v[i].n);
		rc = sq_done(st);
	}
	if (rc == SQLITE_OK)
		rc = sq_done(s->st[SQ_COMMIT]);
	return rc;
}

enum err
sq_recover(struct store *s, struct diag *d)
{
	sq_checkpointer_pause(s);
	sq_writer_close(s);
	enum err e = sq_writer_open(s, d);
	if (e == ERR_OK) {
		int rc = undo_doubtful(s);
		if (rc == SQLITE_OK)
			rc = count_messages(s);
		if (rc != SQLITE_OK) {
			e = sq_fail(s->db, rc, "recover", d);
			sq_writer_close(s);
		}
	}
	s->unlink.n = 0; /* those files belong to whoever gave the put */
	if (e == ERR_OK) {
		s->put_doubtful.n = s->taken_doubtful.n = 0;
		sq_checkpointer_resume(s);
	}
	return e;
}

/* What a crash left: leases of the dead, files that no row knows. */
static enum err
start_up(struct store *s, struct diag *d)
{
	int rc = sq_done(s->st[SQ_DISOWN_ALL]);
	if (rc == SQLITE_OK)
		rc = count_messages(s);
	if (rc != SQLITE_OK)
		return sq_fail(s->db, rc, "recover", d);
	return spool_sweep(s->spool, s->st[SQ_HAS_SPOOL], d);
}

static enum err
open_places(struct store *s, const char *dir, struct diag *d)
{
	int n = snprintf(s->path, sizeof(s->path), "%s/queue.db", dir);
	if (n < 0 || (size_t)n >= sizeof(s->path))
		return diag_set(
		    d, ERR_LIMIT, "", "the path of the queue is too long");
	enum err e = fs_open_dir(FS_CWD, dir, &s->dir, d);
	if (e == ERR_OK)
		e = fs_lock(s->dir, "queue.lock", &s->lock, d);
	if (e == ERR_OK)
		e = spool_open(s->dir, &s->spool, d);
	return e;
}

enum err
store_open(const char *dir, const struct store_options *options,
    struct store **out, struct diag *d)
{
	struct store *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return diag_set(d, ERR_NOMEM, "", "out of memory");
	s->options = *options;
	s->dir = s->spool = s->lock = -1;
	(void)pthread_mutex_init(&s->mutex, NULL);
	pthread_condattr_t attr;
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->cond, &attr);
	(void)pthread_condattr_destroy(&attr);
	s->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	s->md_ctx = EVP_MD_CTX_new();
	enum err e = s->md != NULL && s->md_ctx != NULL
			 ? open_places(s, dir, d)
			 : diag_set(d, ERR_NOMEM, "", "out of memory");
	if (e == ERR_OK)
		e = sq_writer_open(s, d);
	if (e == ERR_OK)
		e = start_up(s, d);
	if (e == ERR_OK)
		e = sq_checkpointer_start(s, d);
	if (e != ERR_OK) {
		store_close(s);
		return e;
	}
	*out = s;
	return ERR_OK;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	sq_checkpointer_stop(s);
	sq_writer_close(s);
	sq_keys_free(&s->put);
	sq_keys_free(&s->taken);
	sq_keys_free(&s->put_doubtful);
	sq_keys_free(&s->taken_doubtful);
	sq_keys_free(&s->unlink);
	EVP_MD_CTX_free(s->md_ctx);
	EVP_MD_free(s->md);
	(void)pthread_mutex_destroy(&s->mutex);
	(void)pthread_cond_destroy(&s->cond);
	fs_close(&s->spool);
	fs_close(&s->dir);
	fs_close(&s->lock); /* last: until here the queue is ours */
	free(s);
}

uint64_t
store_count(const struct store *s)
{
	return s->messages;
}
