/* Reading: lists, figures, bodies. A connection of its own, read-only. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/fs.h"
#include "store/spool.h"
#include "store/sqlite.h"

enum {
	RD_MESSAGE,
	RD_MESSAGES,
	RD_RECIPIENTS,
	RD_BODY,
	RD_SPOOL,
	RD_STATS_MESSAGE,
	RD_STATS_RECIPIENT,
	RD_STATEMENTS
};

#define ENVELOPE "SELECT id, arrived, size, flags, sender, extra FROM message "

static const char *const rd_sql[RD_STATEMENTS] = {
    [RD_MESSAGE] = ENVELOPE "WHERE id=?1 AND id>?2",
    [RD_MESSAGES] = ENVELOPE "WHERE id>?2 ORDER BY id",
    [RD_RECIPIENTS] =
	"SELECT n, address, domain, original, state, owner, due, attempts,"
	" tried, marks, cause, reply FROM recipient WHERE message=?1"
	" ORDER BY n",
    [RD_BODY] = "SELECT hash, data FROM body WHERE id=?1",
    [RD_SPOOL] = "SELECT s.hash, m.size FROM spool s JOIN message m"
		 " ON m.id=s.id WHERE s.id=?1",
    [RD_STATS_MESSAGE] = "SELECT count(*), total(size), min(arrived)"
			 " FROM message",
    [RD_STATS_RECIPIENT] =
	"SELECT count(*), total(state=1), total(state=0 AND owner<>0),"
	" total(state=0 AND owner=0 AND due<=?1),"
	" total(state=0 AND owner=0 AND due>?1) FROM recipient",
};

struct store_reader {
	int spool;
	sqlite3 *db;
	sqlite3_stmt *st[RD_STATEMENTS];
	EVP_MD *md;
	EVP_MD_CTX *md_ctx;
};

static enum err
connect_reader(struct store_reader *r, const char *dir, struct diag *d)
{
	char path[SQ_PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/queue.db", dir);
	if (n < 0 || (size_t)n >= sizeof(path))
		return diag_set(
		    d, ERR_LIMIT, "", "the path of the queue is too long");
	int fd = -1, at = -1;
	enum err e = fs_open_dir(FS_CWD, dir, &at, d);
	if (e == ERR_OK)
		e = fs_open_dir(at, "spool", &fd, d);
	fs_close(&at);
	r->spool = fd;
	if (e != ERR_OK)
		return e;
	int rc = sqlite3_open_v2(
	    path, &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return sq_fail(r->db, rc, "open", d);
	(void)sqlite3_extended_result_codes(r->db, 1);
	(void)sqlite3_busy_timeout(r->db, 5000);
	e = sq_schema(r->db, false, d);
	if (e == ERR_OK)
		e = sq_prepare(r->db, rd_sql, RD_STATEMENTS, r->st, d);
	return e;
}

enum err
store_reader_open(const char *dir, struct store_reader **out, struct diag *d)
{
	struct store_reader *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return diag_set(d, ERR_NOMEM, "", "out of memory");
	r->spool = -1;
	r->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	r->md_ctx = EVP_MD_CTX_new();
	enum err e = r->md != NULL && r->md_ctx != NULL
			 ? connect_reader(r, dir, d)
			 : diag_set(d, ERR_NOMEM, "", "out of memory");
	if (e != ERR_OK) {
		store_reader_close(r);
		return e;
	}
	*out = r;
	return ERR_OK;
}

void
store_reader_close(struct store_reader *r)
{
	if (r == NULL)
		return;
	sq_finalize(r->st, RD_STATEMENTS);
	(void)sqlite3_close(r->db);
	EVP_MD_CTX_free(r->md_ctx);
	EVP_MD_free(r->md);
	fs_close(&r->spool);
	free(r);
}

/* ---- bodies ---- */

static enum err
damaged(id_t64 id, struct diag *d)
{
	char text[ID_TEXT_LEN + 1];
	id_text(id, text);
	return diag_set(d, ERR_CORRUPT, STORE_DAMAGED,
	    "the body of %s is not what was stored", text);
}

static enum err
keep_body(struct store_reader *r, id_t64 id, struct slice data,
    struct slice hash, struct arena *a, struct store_body *out, struct diag *d)
{
	uint8_t got[STORE_HASH_LEN];
	if (EVP_DigestInit_ex(r->md_ctx, r->md, NULL) != 1 ||
	    EVP_DigestUpdate(r->md_ctx, data.p, data.n) != 1 ||
	    EVP_DigestFinal_ex(r->md_ctx, got, NULL) != 1)
		return diag_set(d, ERR_NOMEM, "", "out of memory");
	if (!slice_eq(hash, slice_of(got, sizeof(got))))
		return damaged(id, d);
	struct slice kept = SLICE_EMPTY;
	if (data.n > 0 && !arena_slice(a, data, &kept))
		return diag_set(d, ERR_NOMEM, "", "out of memory");
	*out = (struct store_body){.size = data.n, .bytes = kept, .fd = -1};
	return ERR_OK;
}

static enum err
spooled_body(
    struct store_reader *r, id_t64 id, struct store_body *out, struct diag *d)
{
	sqlite3_stmt *st = r->st[RD_SPOOL];
	struct store_seal want = {0};
	sq_bind_u64(st, 1, id);
	int rc = sqlite3_step(st);
	bool whole = false;
	if (rc == SQLITE_ROW) {
		struct slice hash = sq_slice(st, 0);
		whole = hash.n == STORE_HASH_LEN;
		if (whole)
			memcpy(want.hash, hash.p, STORE_HASH_LEN);
		want.size = sq_u64(st, 1);
	}
	(void)sqlite3_reset(st);
	if (rc == SQLITE_DONE)
		return diag_set(d, ERR_NOT_FOUND, "", "no such message");
	if (rc != SQLITE_ROW)
		return sq_fail(r->db, rc, "read", d);
	if (!whole)
		return damaged(id, d);
	int fd = -1;
	enum err e = spool_read(r->spool, id, r->md, &want, &fd, d);
	if (e == ERR_OK)
		*out = (struct store_body){.size = want.size, .fd = fd};
	return e;
}

enum err
store_body(struct store_reader *r, id_t64 id, struct arena *a,
    struct store_body *out, struct diag *d)
{
	sqlite3_stmt *st = r->st[RD_BODY];
	sq_bind_u64(st, 1, id);
	int rc = sqlite3_step(st);
	enum err e = ERR_OK;
	if (rc == SQLITE_ROW)
		e = keep_body(
		    r, id, sq_slice(st, 1), sq_slice(st, 0), a, out, d);
	else if (rc != SQLITE_DONE)
		e = sq_fail(r->db, rc, "read", d);
	(void)sqlite3_reset(st);
	return rc == SQLITE_DONE ? spooled_body(r, id, out, d) : e;
}

/* ---- lists ---- */

static bool
in_state(const struct store_filter *f, const struct store_item_recipient *r)
{
	bool due =
	    r->state == STORE_WAITING && (r->active || r->due_ms <= f->now_ms);
	switch (f->state) {
	case STORE_LIST_DUE:
		return due;
	case STORE_LIST_DEFERRED:
		return r->state == STORE_WAITING && !due;
	case STORE_LIST_HELD:
		return r->state == STORE_HELD;
	case STORE_LIST_ANY:
	default:
		return true;
	}
}

static bool
matches(const struct store_filter *f, const struct store_item *m)
{
	for (size_t i = 0; i < m->n_recipients; i++) {
		const struct store_item_recipient *r = &m->recipients[i];
		if (in_state(f, r) &&
		    (f->to.n == 0 ||
			slice_eq_nocase(f->to, r->recipient.address) ||
			slice_eq_nocase(f->to, r->recipient.original)) &&
		    (f->domain.n == 0 ||
			slice_eq_nocase(f->domain, r->recipient.domain)))
			return true;
	}
	return false;
}

static bool
keep_recipient(
    sqlite3_stmt *st, struct arena *a, struct store_item_recipient *r)
{
	r->recipient.n = (uint32_t)sq_u64(st, 0);
	r->state = sq_u64(st, 4) == STORE_HELD ? STORE_HELD : STORE_WAITING;
	r->active = sq_u64(st, 5) != 0;
	r->due_ms = sq_u64(st, 6);
	r->attempts = (uint32_t)sq_u64(st, 7);
	r->last_try_ms = sq_u64(st, 8);
	r->warned = (sq_u64(st, 9) & SQ_MARK_WARNED) != 0;
	return sq_keep(st, 1, a, &r->recipient.address) &&
	       sq_keep(st, 2, a, &r->recipient.domain) &&
	       sq_keep(st, 3, a, &r->recipient.original) &&
	       sq_keep(st, 10, a, &r->cause) && sq_keep(st, 11, a, &r->reply);
}

/* The recipients into an array that doubles in the arena. */
static enum err
read_recipients(struct store_reader *r, struct arena *a, struct store_item *m,
    struct diag *d)
{
	sqlite3_stmt *st = r->st[RD_RECIPIENTS];
	size_t cap = 0;
	int rc;
	bool room = true;
	m->n_recipients = 0;
	m->recipients = NULL;
	sq_bind_u64(st, 1, m->envelope.id);
	while (room && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (m->n_recipients == cap) {
			cap = cap > 0 ? cap * 2 : 1;
			struct store_item_recipient *v =
			    arena_alloc(a, cap * sizeof(*v));
			room = v != NULL;
			if (room && m->n_recipients > 0)
				memcpy(v, m->recipients,
				    m->n_recipients * sizeof(*v));
			m->recipients = v;
		}
		room = room &&
		       keep_recipient(st, a, &m->recipients[m->n_recipients++]);
	}
	(void)sqlite3_reset(st);
	if (!room)
		return diag_set(d, ERR_NOMEM, "", "the list is too long");
	return rc == SQLITE_DONE ? ERR_OK : sq_fail(r->db, rc, "list", d);
}

static bool
keep_envelope(sqlite3_stmt *st, struct arena *a, struct store_envelope *v)
{
	v->id = sq_u64(st, 0);
	v->arrived_ms = sq_u64(st, 1);
	v->size = sq_u64(st, 2);
	v->flags = (uint32_t)sq_u64(st, 3);
	return sq_keep(st, 4, a, &v->sender) && sq_keep(st, 5, a, &v->extra);
}

/* One row: into *m, and *out_match says whether it is wanted. */
static enum err
read_item(struct store_reader *r, sqlite3_stmt *st,
    const struct store_filter *f, struct arena *a, struct store_item *m,
    bool *out_match, struct diag *d)
{
	*out_match = false;
	if (f->from.n > 0 && !slice_eq_nocase(f->from, sq_slice(st, 4)))
		return ERR_OK;
	if (!keep_envelope(st, a, &m->envelope))
		return diag_set(d, ERR_NOMEM, "", "the list is too long");
	enum err e = read_recipients(r, a, m, d);
	*out_match = e == ERR_OK && matches(f, m);
	return e;
}

static bool
filters_recipients(const struct store_filter *f)
{
	return f->to.n > 0 || f->domain.n > 0 || f->state != STORE_LIST_ANY;
}

/* Read once into scratch to see whether it matches, so that what does not
 * match costs the caller's arena nothing; then for good. */
static enum err
list_row(struct store_reader *r, sqlite3_stmt *st, const struct store_filter *f,
    struct arena *scratch, struct arena *a, struct store_item *m,
    bool *out_match, struct diag *d)
{
	enum err e = ERR_OK;
	*out_match = true;
	if (filters_recipients(f)) {
		e = read_item(r, st, f, scratch, m, out_match, d);
		arena_reset(scratch);
	}
	if (e == ERR_OK && *out_match)
		e = read_item(r, st, f, a, m, out_match, d);
	return e;
}

#define SCRATCH_OCTETS (64u << 20)

enum err
store_list(struct store_reader *r, const struct store_filter *f,
    struct arena *a, struct store_item **out, size_t *out_n, struct diag *d)
{
	sqlite3_stmt *st = r->st[f->id != 0 ? RD_MESSAGE : RD_MESSAGES];
	struct arena scratch;
	struct store_item *v = arena_alloc(a, f->limit * sizeof(*v));
	if (v == NULL)
		return diag_set(d, ERR_LIMIT, "", "the list is too long");
	arena_init(&scratch, SCRATCH_OCTETS);
	sq_bind_u64(st, 1, f->id);
	sq_bind_u64(st, 2, f->after);
	size_t n = 0;
	int rc = SQLITE_ROW;
	enum err e = ERR_OK;
	while (e == ERR_OK && n < f->limit &&
	       (rc = sqlite3_step(st)) == SQLITE_ROW) {
		bool match;
		e = list_row(r, st, f, &scratch, a, &v[n], &match, d);
		n += e == ERR_OK && match;
	}
	if (e == ERR_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
		e = sq_fail(r->db, rc, "list", d);
	(void)sqlite3_reset(st);
	arena_reset(&scratch);
	if (e == ERR_NOMEM)
		e = n > 0 ? ERR_OK : ERR_LIMIT; /* the page ends here */
	if (e != ERR_OK)
		return e;
	*out = v;
	*out_n = n;
	return ERR_OK;
}

enum err
store_stats(struct store_reader *r, uint64_t now_ms, struct store_stats *out,
    struct diag *d)
{
	struct store_stats v = {0};
	sqlite3_stmt *st = r->st[RD_STATS_MESSAGE];
	int rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		v.messages = sq_u64(st, 0);
		v.octets = (uint64_t)sqlite3_column_double(st, 1);
		v.oldest_arrived_ms = sq_u64(st, 2);
	}
	(void)sqlite3_reset(st);
	if (rc != SQLITE_ROW)
		return sq_fail(r->db, rc, "count", d);
	st = r->st[RD_STATS_RECIPIENT];
	sq_bind_u64(st, 1, now_ms);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		v.recipients = sq_u64(st, 0);
		v.held = (uint64_t)sqlite3_column_double(st, 1);
		v.active = (uint64_t)sqlite3_column_double(st, 2);
		v.due = (uint64_t)sqlite3_column_double(st, 3);
		v.deferred = (uint64_t)sqlite3_column_double(st, 4);
	}
	(void)sqlite3_reset(st);
	if (rc != SQLITE_ROW)
		return sq_fail(r->db, rc, "count", d);
	*out = v;
	return ERR_OK;
}
