/* sqlite.h - what the parts of the SQLite engine share. Nobody else includes
 * this; store.h is the interface.
 *
 * Tables (sqlite_schema.c): message, recipient, body, spool. Recipients under
 * a lease or held stand in no index, so a message that is tried at once and
 * delivered costs three rows in and three rows out and nothing more. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <openssl/evp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "store/store.h"

#define SQ_PATH_MAX      1024
#define SQ_MARK_WARNED   1u
#define SQ_MARK_RELEASED 2u

#define SQ_PAGE_OCTETS 8192 /* chosen in sqlite_schema.c */

/* ---- one connection ---- */

/* sq_err - what a result code means. db may be NULL. Pure but for asking db
 * for the errno behind it. */
enum err sq_err(int rc, sqlite3 *db);
/* sq_fail - sq_err with a sentence "cannot VERB the queue: REASON". */
enum err sq_fail(sqlite3 *db, int rc, const char *verb, struct diag *d);

enum err sq_exec(sqlite3 *db, const char *sql, struct diag *d) KURIR_MUST_CHECK;
/* sq_prepare - all n or none. */
enum err sq_prepare(sqlite3 *db, const char *const *sql, size_t n,
    sqlite3_stmt **out, struct diag *d) KURIR_MUST_CHECK;
void sq_finalize(sqlite3_stmt **st, size_t n);

/* sq_done - run to the end, reset; the result code, SQLITE_OK for done. */
int sq_done(sqlite3_stmt *st);
/* sq_number - the first column of the first row, dflt without one. */
int sq_number(sqlite3_stmt *st, uint64_t dflt, uint64_t *out);

/* Binding: a failure (no memory) shows when the statement is stepped, as a
 * wrong NULL would break a NOT NULL, so it need not be checked each time. */
void sq_bind_u64(sqlite3_stmt *st, int i, uint64_t v);
void sq_bind_text(sqlite3_stmt *st, int i, struct slice s);
void sq_bind_blob(sqlite3_stmt *st, int i, struct slice s);
uint64_t sq_u64(sqlite3_stmt *st, int col);
/* sq_slice - borrowed until the next step. */
struct slice sq_slice(sqlite3_stmt *st, int col);
/* sq_keep - the column copied to the arena. */
bool sq_keep(sqlite3_stmt *st, int col, struct arena *a, struct slice *out);

/* sq_schema - the tables are there and of our version; with create, made in
 * a database that holds nothing yet. */
enum err sq_schema(sqlite3 *db, bool create, struct diag *d) KURIR_MUST_CHECK;

/* ---- the writer ---- */

enum sq_statement {
	SQ_BEGIN,
	SQ_COMMIT,
	SQ_ROLLBACK,
	SQ_PUT_MESSAGE,
	SQ_PUT_BODY,
	SQ_PUT_SPOOL,
	SQ_PUT_RECIPIENT,
	SQ_DROP_RECIPIENT,
	SQ_DROP_MESSAGE,
	SQ_DROP_BODY,
	SQ_DROP_SPOOL,
	SQ_DEFER,
	SQ_PARK,
	SQ_RETURN,
	SQ_RETRY,
	SQ_HOLD,
	SQ_RELEASE,
	SQ_DISOWN,
	SQ_DISOWN_ONE,
	SQ_DISOWN_ALL,
	SQ_DROP_RECIPIENTS,
	SQ_LATER_ALL,
	SQ_LATER_DOMAIN,
	SQ_RETRY_ONE,
	SQ_SCAN_DUE,
	SQ_NEXT_DOMAIN,
	SQ_SCAN_DOMAIN,
	SQ_TAKE,
	SQ_CLAIMED,
	SQ_ENVELOPE,
	SQ_NEXT_DUE,
	SQ_COUNT_MESSAGES,
	SQ_HAS_MESSAGE,
	SQ_HAS_SPOOL,
	SQ_STATEMENTS
};

extern const char *const sq_sql[SQ_STATEMENTS];

struct sq_key {
	id_t64 id;
	uint32_t n;
};

/* A growing array of keys; the caller checks sq_keys_add. */
struct sq_keys {
	struct sq_key *v;
	size_t n, cap;
};

enum err sq_keys_add(struct sq_keys *k, id_t64 id, uint32_t n) KURIR_MUST_CHECK;
void sq_keys_free(struct sq_keys *k);

struct store {
	char path[SQ_PATH_MAX]; /* of the database */
	struct store_options options;
	int dir;
	int spool;
	int lock;
	sqlite3 *db; /* NULL: must be opened anew first */
	sqlite3_stmt *st[SQ_STATEMENTS];
	EVP_MD *md;
	EVP_MD_CTX *md_ctx;
	_Atomic uint64_t messages;
	/* What the batch in hand has added and claimed. If its commit failed,
	 * it may come back with the log and must go again. */
	struct sq_keys put, taken;
	struct sq_keys put_doubtful, taken_doubtful;
	struct sq_keys unlink; /* files to remove after the commit */
	/* Claims: where the walk over the domains goes on. */
	uint8_t walk[STORE_DOMAIN_MAX];
	size_t walk_n;
	uint64_t wal_octets;  /* of the log, after the last commit */
	unsigned since_reset; /* commits since the writer's last checkpoint */
	/* The checkpoint thread and what it shares. */
	pthread_t checkpointer;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool running; /* mutex: it may go on */
	bool paused;  /* mutex: no checkpoint now, the database is reopened */
	bool
	    parked; /* mutex: it has seen the pause, its connection is closed */
	bool started; /* the thread exists */
	bool dirty;   /* mutex: commits since its last checkpoint */
};

/* sq_writer_open - connect, check, flush the log into the main file. */
enum err sq_writer_open(struct store *s, struct diag *d) KURIR_MUST_CHECK;
void sq_writer_close(struct store *s);
/* sq_recover - after a failed commit: connect anew; ERR_OK only when nothing
 * of the log is in doubt any more. */
enum err sq_recover(struct store *s, struct diag *d) KURIR_MUST_CHECK;

/* sq_log_grown - after a commit: note it for the checkpointer, or do a
 * checkpoint here when the log has grown large. */
void sq_log_grown(struct store *s);
/* sq_log_reset - as much of the log into the main file as can be, so that it
 * starts again from its beginning. */
void sq_log_reset(struct store *s);
/* sq_checkpointer_pause - wait until it has closed its connection. */
void sq_checkpointer_pause(struct store *s);
void sq_checkpointer_resume(struct store *s);
enum err sq_checkpointer_start(
    struct store *s, struct diag *d) KURIR_MUST_CHECK;
void sq_checkpointer_stop(struct store *s);

/* sq_claim - within the transaction. An SQLite result code. */
int sq_claim(struct store *s, struct store_claim *c);
/* sq_message_drop - the message and its body, if no recipient is left. */
int sq_message_drop(struct store *s, id_t64 id, bool *out_gone);

#endif
