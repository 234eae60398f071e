/* One batch, one transaction, one sync. */
#include <string.h>
#include <sys/statvfs.h>

#include "store/spool.h"
#include "store/sqlite.h"

/* ---- putting ---- */

static int
put_body(struct store *s, const struct store_put *p)
{
	uint8_t hash[STORE_HASH_LEN];
	if (p->spool != NULL) {
		sqlite3_stmt *st = s->st[SQ_PUT_SPOOL];
		sq_bind_u64(st, 1, p->envelope.id);
		sq_bind_blob(st, 2, slice_of(p->spool->hash, STORE_HASH_LEN));
		return sq_done(st);
	}
	if (EVP_DigestInit_ex(s->md_ctx, s->md, NULL) != 1 ||
	    EVP_DigestUpdate(s->md_ctx, p->body.p, p->body.n) != 1 ||
	    EVP_DigestFinal_ex(s->md_ctx, hash, NULL) != 1)
		return SQLITE_NOMEM;
	sqlite3_stmt *st = s->st[SQ_PUT_BODY];
	sq_bind_u64(st, 1, p->envelope.id);
	sq_bind_blob(st, 2, slice_of(hash, sizeof(hash)));
	sq_bind_blob(st, 3, p->body);
	return sq_done(st);
}

static int
put_recipients(struct store *s, const struct store_put *p)
{
	sqlite3_stmt *st = s->st[SQ_PUT_RECIPIENT];
	int rc = SQLITE_OK;
	for (size_t i = 0; rc == SQLITE_OK && i < p->n_recipients; i++) {
		const struct store_recipient *r = &p->recipients[i];
		sq_bind_u64(st, 1, p->envelope.id);
		sq_bind_u64(st, 2, r->n);
		sq_bind_text(st, 3, r->address);
		sq_bind_text(st, 4, r->domain);
		sq_bind_text(st, 5, r->original);
		sq_bind_u64(
		    st, 6, p->held || r->held ? STORE_HELD : STORE_WAITING);
		sq_bind_u64(st, 7, p->leased ? s->options.owner : 0);
		sq_bind_u64(st, 8, p->due_ms);
		rc = sq_done(st);
	}
	return rc;
}

/* What could not be found or walked again is not let in. */
static bool
fit(const struct store_put *p)
{
	if (p->envelope.id == 0 || p->n_recipients == 0 ||
	    p->n_recipients > STORE_RECIPIENTS_MAX ||
	    (p->spool == NULL && p->body.n > STORE_INLINE_MAX))
		return false;
	for (size_t i = 0; i < p->n_recipients; i++)
		if (p->recipients[i].domain.n > STORE_DOMAIN_MAX)
			return false;
	return true;
}

static int
put(struct store *s, struct store_put *p)
{
	if (!fit(p)) {
		p->err = ERR_LIMIT;
		return SQLITE_OK;
	}
	uint32_t flags = p->envelope.flags & ~(uint32_t)STORE_SPOOL;
	if (p->spool != NULL)
		flags |= STORE_SPOOL;
	sqlite3_stmt *st = s->st[SQ_PUT_MESSAGE];
	sq_bind_u64(st, 1, p->envelope.id);
	sq_bind_u64(st, 2, p->envelope.arrived_ms);
	sq_bind_u64(st, 3, p->spool ? p->spool->size : p->body.n);
	sq_bind_u64(st, 4, flags);
	sq_bind_text(st, 5, p->envelope.sender);
	sq_bind_blob(st, 6, p->envelope.extra);
	int rc = sq_done(st);
	if (sq_err(rc, s->db) == ERR_EXISTS) {
		p->err = ERR_EXISTS;
		return SQLITE_OK;
	}
	if (rc == SQLITE_OK &&
	    sq_keys_add(&s->put, p->envelope.id, p->internal) != ERR_OK)
		rc = SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = put_body(s, p);
	if (rc == SQLITE_OK)
		rc = put_recipients(s, p);
	return rc;
}

/* ---- results ---- */

int
sq_message_drop(struct store *s, id_t64 id, bool *out_gone)
{
	*out_gone = false;
	sq_bind_u64(s->st[SQ_DROP_MESSAGE], 1, id);
	int rc = sq_done(s->st[SQ_DROP_MESSAGE]);
	if (rc != SQLITE_OK || sqlite3_changes(s->db) == 0)
		return rc;
	*out_gone = true;
	sq_bind_u64(s->st[SQ_DROP_BODY], 1, id);
	rc = sq_done(s->st[SQ_DROP_BODY]);
	if (rc != SQLITE_OK || sqlite3_changes(s->db) > 0)
		return rc;
	sq_bind_u64(s->st[SQ_DROP_SPOOL], 1, id);
	rc = sq_done(s->st[SQ_DROP_SPOOL]);
	if (rc == SQLITE_OK && sqlite3_changes(s->db) > 0 &&
	    sq_keys_add(&s->unlink, id, 0) != ERR_OK)
		rc = SQLITE_NOMEM;
	return rc;
}

static sqlite3_stmt *
bind_result(struct store *s, const struct store_result *r)
{
	sqlite3_stmt *st;
	switch (r->outcome) {
	case STORE_DEFERRED:
		st = s->st[SQ_DEFER];
		sq_bind_u64(st, 3, r->due_ms);
		sq_bind_u64(st, 4, r->tried_ms);
		sq_bind_u64(st, 5, r->warned ? SQ_MARK_WARNED : 0);
		sq_bind_text(st, 6, r->cause);
		sq_bind_text(st, 7, r->reply);
		break;
	case STORE_PARKED:
		st = s->st[SQ_PARK];
		sq_bind_text(st, 3, r->cause);
		sq_bind_text(st, 4, r->reply);
		break;
	case STORE_RETURNED:
		st = s->st[SQ_RETURN];
		sq_bind_u64(st, 3, r->due_ms);
		break;
	case STORE_DELIVERED:
	case STORE_FAILED:
	default:
		st = s->st[SQ_DROP_RECIPIENT];
		break;
	}
	sq_bind_u64(st, 1, r->id);
	sq_bind_u64(st, 2, r->n);
	return st;
}

static int
record(struct store *s, struct store_result *r)
{
	r->message_gone = false;
	int rc = sq_done(bind_result(s, r));
	if (rc != SQLITE_OK)
		return rc;
	if (sqlite3_changes(s->db) == 0)
		r->err = ERR_NOT_FOUND;
	else if (r->outcome == STORE_DELIVERED || r->outcome == STORE_FAILED)
		rc = sq_message_drop(s, r->id, &r->message_gone);
	return rc;
}

/* ---- controls ---- */

/* RETRY of many: those whose time has not come, limit of them a call. */
static int
retry_many(struct store *s, struct store_control *c)
{
	struct sq_keys keys = {0};
	sqlite3_stmt *find =
	    s->st[c->domain.n > 0 ? SQ_LATER_DOMAIN : SQ_LATER_ALL];
	sq_bind_u64(find, 1, c->now_ms);
	sq_bind_u64(find, 2, c->limit);
	if (c->domain.n > 0)
		sq_bind_text(find, 3, c->domain);
	int rc;
	while ((rc = sqlite3_step(find)) == SQLITE_ROW)
		if (sq_keys_add(&keys, sq_u64(find, 0),
			(uint32_t)sq_u64(find, 1)) != ERR_OK) {
			rc = SQLITE_NOMEM;
			break;
		}
	(void)sqlite3_reset(find);
	rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
	for (size_t i = 0; rc == SQLITE_OK && i < keys.n; i++) {
		sqlite3_stmt *st = s->st[SQ_RETRY_ONE];
		sq_bind_u64(st, 1, keys.v[i].id);
		sq_bind_u64(st, 2, keys.v[i].n);
		sq_bind_u64(st, 3, c->now_ms);
		rc = sq_done(st);
	}
	c->changed = keys.n;
	c->more = keys.n == c->limit;
	sq_keys_free(&keys);
	return rc;
}

static int
change_one(struct store *s, struct store_control *c, enum sq_statement which)
{
	sqlite3_stmt *st = s->st[which];
	sq_bind_u64(st, 1, which == SQ_DISOWN ? c->owner : c->id);
	if (which == SQ_RETRY || which == SQ_RELEASE)
		sq_bind_u64(st, 2, c->now_ms);
	int rc = sq_done(st);
	c->changed = (uint64_t)sqlite3_changes64(s->db);
	return rc;
}

static int
control(struct store *s, struct store_control *c)
{
	bool gone;
	int rc;
	uint64_t known = c->verb == STORE_RETRY || c->verb == STORE_DISOWN;
	c->changed = 0;
	c->more = false;
	if (c->id != 0) {
		sq_bind_u64(s->st[SQ_HAS_MESSAGE], 1, c->id);
		rc = sq_number(s->st[SQ_HAS_MESSAGE], 0, &known);
		if (rc != SQLITE_OK)
			return rc;
	}
	if (known == 0) {
		c->err = ERR_NOT_FOUND;
		return SQLITE_OK;
	}
	switch (c->verb) {
	case STORE_RETRY:
		return c->id != 0 ? change_one(s, c, SQ_RETRY)
				  : retry_many(s, c);
	case STORE_HOLD:
		return change_one(s, c, SQ_HOLD);
	case STORE_RELEASE:
		return change_one(s, c, SQ_RELEASE);
	case STORE_DELETE:
		rc = change_one(s, c, SQ_DROP_RECIPIENTS);
		return rc == SQLITE_OK ? sq_message_drop(s, c->id, &gone) : rc;
	case STORE_DISOWN:
	default:
		return change_one(s, c, SQ_DISOWN);
	}
}

/* ---- the batch ---- */

static void
begin_items(struct store_batch *b, enum err e)
{
	for (size_t i = 0; i < b->n_puts; i++)
		b->puts[i]->err = e;
	for (size_t i = 0; i < b->n_results; i++)
		b->results[i]->err = e;
	for (size_t i = 0; i < b->n_controls; i++)
		b->controls[i]->err = e;
	if (b->claim != NULL)
		b->claim->n_claimed = 0;
}

static int
fill(struct store *s, struct store_batch *b, bool only_ours)
{
	int rc = SQLITE_OK;
	for (size_t i = 0; rc == SQLITE_OK && i < b->n_puts; i++) {
		if (only_ours && !b->puts[i]->internal)
			b->puts[i]->err = ERR_FULL;
		else
			rc = put(s, b->puts[i]);
	}
	for (size_t i = 0; rc == SQLITE_OK && i < b->n_results; i++)
		rc = record(s, b->results[i]);
	for (size_t i = 0; rc == SQLITE_OK && i < b->n_controls; i++)
		rc = control(s, b->controls[i]);
	if (rc == SQLITE_OK && b->claim != NULL)
		rc = sq_claim(s, b->claim);
	return rc;
}

/* What we said ourselves (n is set: a bounce) is not in doubt: if it comes back
 * with the log, so does the removal of its recipient, and the two belong
 * together. Giving the batch again then finds both done. */
static void
doubt(struct sq_keys *to, const struct sq_keys *from, bool all)
{
	/* Without memory to remember them, they stay leased or come twice:
	 * a duplicate after the next start, never a loss. */
	for (size_t i = 0; i < from->n; i++)
		if ((all || from->v[i].n == 0) &&
		    sq_keys_add(to, from->v[i].id, from->v[i].n) != ERR_OK)
			return;
}

static uint64_t
count_gone(const struct store_batch *b)
{
	uint64_t n = 0;
	for (size_t i = 0; i < b->n_results; i++)
		n += b->results[i]->message_gone;
	for (size_t i = 0; i < b->n_controls; i++)
		n += b->controls[i]->verb == STORE_DELETE &&
		     b->controls[i]->err == ERR_OK;
	return n;
}

/* The transaction. A failure in COMMIT may have left its frames in the log
 * although it was reported as failed, so the connection is given up and
 * sq_recover comes first next time. */
static enum err
transact(struct store *s, struct store_batch *b, bool only_ours, struct diag *d)
{
	s->put.n = s->taken.n = s->unlink.n = 0;
	begin_items(b, ERR_OK);
	int rc = sq_done(s->st[SQ_BEGIN]);
	bool committing = false;
	if (rc == SQLITE_OK)
		rc = fill(s, b, only_ours);
	if (rc == SQLITE_OK) {
		committing = true;
		rc = sq_done(s->st[SQ_COMMIT]);
	}
	if (rc == SQLITE_OK) {
		s->messages += s->put.n;
		s->messages -= count_gone(b);
		return ERR_OK;
	}
	enum err e = sq_fail(s->db, rc, "write to", d);
	if (!sqlite3_get_autocommit(s->db))
		(void)sq_done(s->st[SQ_ROLLBACK]);
	/* By the code, not by its meaning: a sync may fail with ENOSPC too. */
	bool io = (rc & 0xff) == SQLITE_IOERR || e == ERR_IO;
	if (io || (committing && e != ERR_FULL && e != ERR_TEMP)) {
		if (committing) {
			doubt(&s->put_doubtful, &s->put, false);
			doubt(&s->taken_doubtful, &s->taken, true);
		}
		sq_writer_close(s);
	}
	s->unlink.n = 0;
	begin_items(b, e);
	return e;
}

static bool
space_left(const struct store *s)
{
	struct statvfs v;
	if (s->options.reserve_octets == 0 || fstatvfs(s->dir, &v) != 0)
		return true;
	return (uint64_t)v.f_bavail * v.f_frsize >= s->options.reserve_octets;
}

enum err
store_apply(struct store *s, struct store_batch *b, struct diag *d)
{
	if (s->db == NULL) {
		enum err e = sq_recover(s, d);
		if (e != ERR_OK) {
			begin_items(b, e);
			return e;
		}
	}
	bool room = b->n_puts == 0 || space_left(s);
	enum err e = transact(s, b, !room, d);
	if (e == ERR_FULL && room && s->db != NULL) {
		sq_log_reset(s);
		e = transact(s, b, true, d);
	}
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < s->unlink.n; i++)
		spool_remove(s->spool, s->unlink.v[i].id);
	sq_log_grown(s);
	return ERR_OK;
}
