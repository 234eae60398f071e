#include "store/ledger.h"

#include <sqlite3.h>

#include "base/hash.h"
#include "store/ledger_db.h"

#define SEEN 8 /* keys of one record remembered, so as not to write twice */

/* --- indexes of a record --- */

/* The hash is no secret: it only spreads. A key that somebody chose to
 * collide costs him a few more records looked at. */
static const uint64_t key_seed[2] = {
    0x6b757269722d6c65ull, 0x646765722d6b6579ull};

enum key_kind { KEY_ADDRESS = 'a', KEY_HELO = 'h', KEY_PEER = 'p' };

static int64_t
key_of(enum key_kind kind, struct slice s)
{
	uint8_t text[1 + 512];
	size_t n = s.n < 512 ? s.n : 512;
	text[0] = (uint8_t)kind;
	for (size_t i = 0; i < n; i++)
		text[1 + i] = ascii_lower(s.p[i]);
	return (int64_t)hash_siphash(key_seed, slice_of(text, 1 + n));
}

static int64_t
key_of_ip(const struct ip *ip)
{
	return key_of(
	    KEY_PEER, slice_of(ip->b, ip->family == 4 ? 4 : sizeof(ip->b)));
}

/* Both of a record's index rows are written and removed by one walk. */
struct index_walk {
	struct ledger *l;
	sqlite3_stmt *ref;
	sqlite3_stmt *key;
	int64_t seq;
	int64_t seen[SEEN];
	unsigned next;
	int rc;
};

static void
index_row(struct index_walk *w, sqlite3_stmt *st, int64_t value)
{
	if (w->rc != SQLITE_DONE)
		return;
	sqlite3_bind_int64(st, 1, value);
	sqlite3_bind_int64(st, 2, w->seq);
	w->rc = sqlite3_step(st);
	sqlite3_reset(st);
}

static void
index_key(struct index_walk *w, int64_t key)
{
	for (unsigned i = 0; i < SEEN; i++)
		if (w->seen[i] == key)
			return;
	w->seen[w->next++ % SEEN] = key;
	index_row(w, w->key, key);
}

static void
index_item(struct index_walk *w, const struct record_item *it)
{
	switch (it->tag) {
	case RECORD_TAG_MAIL:
	case RECORD_TAG_RCPT:
		if (it->s[0].n > 0)
			index_key(w, key_of(KEY_ADDRESS, it->s[0]));
		break;
	case RECORD_TAG_HELO:
		index_key(w, key_of(KEY_HELO, it->s[0]));
		break;
	case RECORD_TAG_PEER:
		if (it->ip.family != 0)
			index_key(w, key_of_ip(&it->ip));
		break;
	case RECORD_TAG_MESSAGE:
		if (it->v[0] != 0)
			index_row(w, w->ref, (int64_t)it->v[0]);
		break;
	case RECORD_TAG_QUEUE_EVENT:
		index_row(w, w->ref, (int64_t)it->v[2]);
		break;
	case RECORD_TAG_LOCAL:
	case RECORD_TAG_HOST:
	case RECORD_TAG_PTR:
	case RECORD_TAG_LISTENER:
	case RECORD_TAG_USER:
	case RECORD_TAG_TLS:
	case RECORD_TAG_DIALOGUE:
	case RECORD_TAG_CAUSE:
	case RECORD_TAG_DECISION:
	case RECORD_TAG_LEFT_OUT:
	case RECORD_TAG_END:
	case RECORD_TAG_PASSED:
	case RECORD_TAG_COUNT:
		break;
	}
}

/* index_record - SQLITE_DONE when all rows went through. *out_verdict is what
 * the record ended with. */
static int
index_record(struct ledger *l, bool add, int64_t seq, struct slice bytes,
    struct record_head *head, uint64_t *out_verdict)
{
	struct index_walk w = {.l = l, .seq = seq, .rc = SQLITE_DONE};
	struct record_reader rd;
	struct record_item it;
	w.ref = l->st[add ? LEDGER_ADD_REF : LEDGER_DROP_REF];
	w.key = l->st[add ? LEDGER_ADD_KEY : LEDGER_DROP_KEY];
	*out_verdict = 0;
	if (record_open(bytes, head, &rd) != ERR_OK)
		return SQLITE_DONE; /* found damaged: nothing to index by */
	if (head->kind != RECORD_EVENTS)
		index_row(&w, w.ref, (int64_t)head->id);
	while (record_next(&rd, &it) == ERR_OK) {
		index_item(&w, &it);
		if (it.tag == RECORD_TAG_END)
			*out_verdict = it.v[1];
	}
	return w.rc;
}

/* --- writing --- */

static int
append_one(struct ledger *l, struct slice bytes, int64_t seq, uint64_t at)
{
	struct record_head head = {0};
	uint64_t verdict;
	sqlite3_stmt *st = l->st[LEDGER_ADD];
	int rc = index_record(l, true, seq, bytes, &head, &verdict);
	if (rc != SQLITE_DONE)
		return rc;
	sqlite3_bind_int64(st, 1, seq);
	sqlite3_bind_int64(st, 2, (int64_t)at);
	sqlite3_bind_int64(st, 3, (int64_t)head.time_ms);
	sqlite3_bind_int(st, 4, (int)head.kind);
	sqlite3_bind_int64(st, 5, (int64_t)verdict);
	sqlite3_bind_blob(st, 6, bytes.p, (int)bytes.n, SQLITE_STATIC);
	rc = sqlite3_step(st);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return rc;
}

enum err
ledger_append(struct ledger *l, const struct slice *records, size_t n,
    uint64_t now_ms, struct diag *d)
{
	enum err e = ledger_db_ready(l, d);
	if (e != ERR_OK)
		return e;
	int64_t seq = l->last_seq;
	uint64_t at = now_ms > l->last_at ? now_ms : l->last_at;
	int rc = ledger_db_step(l, LEDGER_BEGIN);
	for (size_t i = 0; i < n && rc == SQLITE_DONE; i++)
		rc = append_one(l, records[i], ++seq, at);
	if (rc == SQLITE_DONE)
		rc = ledger_db_step(l, LEDGER_COMMIT);
	if (rc != SQLITE_DONE)
		return ledger_db_failed(l, rc, "append to", d);
	l->last_seq = seq;
	l->last_at = at;
	return ERR_OK;
}

uint64_t
ledger_octets(struct ledger *l)
{
	return (ledger_db_number(l, LEDGER_PAGES) -
		   ledger_db_number(l, LEDGER_FREE_PAGES)) *
	       LEDGER_PAGE;
}

/* over - how many octets' worth of records must go; the pages of a record are
 * not known before it is gone, so its length stands for them. */
static uint64_t
over(struct ledger *l, uint64_t max_octets)
{
	uint64_t octets = ledger_octets(l);
	return octets > max_octets ? octets - max_octets : 0;
}

struct prune {
	uint64_t cutoff_ms;
	uint64_t over;
	size_t limit;
	int64_t last; /* everything up to this seq has lost its index rows */
	size_t removed;
	bool more;
};

static int
prune_indexes(struct ledger *l, struct prune *p)
{
	sqlite3_stmt *st = l->st[LEDGER_OLDEST];
	int rc;
	sqlite3_bind_int64(st, 1, (int64_t)p->limit + 1);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct record_head head;
		uint64_t verdict;
		int64_t seq = sqlite3_column_int64(st, 0);
		struct slice bytes = slice_of(sqlite3_column_blob(st, 2),
		    (size_t)sqlite3_column_bytes(st, 2));
		if ((uint64_t)sqlite3_column_int64(st, 1) >= p->cutoff_ms &&
		    p->over == 0)
			break;
		p->more = p->removed == p->limit;
		if (p->more)
			break;
		rc = index_record(l, false, seq, bytes, &head, &verdict);
		if (rc != SQLITE_DONE)
			break;
		p->over -= p->over < bytes.n ? p->over : bytes.n;
		p->last = seq;
		p->removed++;
	}
	sqlite3_reset(st);
	return rc == SQLITE_ROW ? SQLITE_DONE : rc;
}

enum err
ledger_prune(struct ledger *l, uint64_t now_ms, uint64_t keep_ms,
    uint64_t max_octets, size_t limit, bool *more, struct diag *d)
{
	struct prune p = {.limit = limit, .over = over(l, max_octets)};
	p.cutoff_ms = now_ms > keep_ms ? now_ms - keep_ms : 0;
	*more = false;
	if (p.over == 0 && ledger_db_number(l, LEDGER_OLDEST_AT) >= p.cutoff_ms)
		return ERR_OK;
	int rc = ledger_db_step(l, LEDGER_BEGIN);
	if (rc == SQLITE_DONE)
		rc = prune_indexes(l, &p);
	if (rc == SQLITE_DONE) {
		sqlite3_bind_int64(l->st[LEDGER_DROP_UPTO], 1, p.last);
		rc = ledger_db_step(l, LEDGER_DROP_UPTO);
	}
	if (rc == SQLITE_DONE)
		rc = ledger_db_step(l, LEDGER_COMMIT);
	if (rc != SQLITE_DONE)
		return ledger_db_failed(l, rc, "prune", d);
	/* Give pages back to the file system when the file itself is over. */
	if (ledger_db_number(l, LEDGER_PAGES) * LEDGER_PAGE > max_octets)
		sqlite3_exec(
		    l->db, "PRAGMA incremental_vacuum(512)", NULL, NULL, NULL);
	*more = p.more;
	return ERR_OK;
}

void
ledger_lost_add(struct ledger *l, uint64_t n)
{
	sqlite3_bind_int64(l->st[LEDGER_LOSE], 1, (int64_t)n);
	(void)ledger_db_step(l, LEDGER_LOSE);
}

uint64_t
ledger_lost(struct ledger *l)
{
	return ledger_db_number(l, LEDGER_LOST);
}

/* --- reading --- */

/* by_key - the hash of an exact condition that has an index. */
static bool
by_key(const struct ledger_filter *f, int64_t *out)
{
	const struct slice *addresses[] = {&f->address, &f->to, &f->from};
	for (size_t i = 0; i < 3; i++) {
		struct slice a = *addresses[i];
		if (a.n > 0 && a.p[0] != '@' && a.p[0] != '<') {
			*out = key_of(KEY_ADDRESS, a);
			return true;
		}
	}
	if (f->ip.ip.family != 0 &&
	    f->ip.bits == (f->ip.ip.family == 4 ? 32 : 128)) {
		*out = key_of_ip(&f->ip.ip);
		return true;
	}
	if (f->helo.n > 0) {
		*out = key_of(KEY_HELO, f->helo);
		return true;
	}
	return false;
}

uint64_t
ledger_seq_before(struct ledger *l, uint64_t since_ms)
{
	sqlite3_stmt *st = l->st[LEDGER_AT];
	int64_t lo = 0, hi = (int64_t)ledger_db_number(l, LEDGER_LAST_SEQ);
	while (lo < hi) {
		int64_t mid = lo + (hi - lo) / 2;
		sqlite3_bind_int64(st, 1, mid + 1);
		bool later = sqlite3_step(st) != SQLITE_ROW ||
			     (uint64_t)sqlite3_column_int64(st, 0) >= since_ms;
		sqlite3_reset(st);
		if (later)
			hi = mid;
		else
			lo = mid + 1;
	}
	return (uint64_t)lo;
}

static void
begin_scan(
    struct ledger *l, const struct ledger_filter *f, struct ledger_pos *pos)
{
	if (pos->begun)
		return;
	pos->begun = true;
	if (f->newest)
		pos->seq = INT64_MAX;
	else
		pos->seq =
		    f->since_ms == 0 ? 0 : ledger_seq_before(l, f->since_ms);
}

static sqlite3_stmt *
choose(struct ledger *l, const struct ledger_filter *f)
{
	int64_t value = 0;
	enum ledger_st base = LEDGER_SCAN_ALL;
	id_t64 id = f->session != 0   ? f->session
		    : f->message != 0 ? f->message
				      : f->id;
	if (id != 0) {
		value = (int64_t)id;
		base = LEDGER_SCAN_REF;
	} else if (by_key(f, &value)) {
		base = LEDGER_SCAN_KEY;
	}
	sqlite3_stmt *st = l->st[base + (f->newest ? 1 : 0)];
	if (base != LEDGER_SCAN_ALL)
		sqlite3_bind_int64(st, 3, value);
	return st;
}

/* worth - what the columns tell before the record is read. *end: none of the
 * rows to come can match. */
static bool
worth(const struct ledger_filter *f, sqlite3_stmt *st, bool *end)
{
	uint64_t at = (uint64_t)sqlite3_column_int64(st, 1);
	uint64_t time = (uint64_t)sqlite3_column_int64(st, 2);
	int kind = sqlite3_column_int(st, 3);
	int verdict = sqlite3_column_int(st, 4);
	*end = f->newest && at < f->since_ms;
	return !*end && time >= f->since_ms &&
	       (f->until_ms == 0 || time <= f->until_ms) &&
	       (f->events || kind != RECORD_EVENTS) &&
	       (f->verdict == 0 || verdict == (int)f->verdict);
}

enum err
ledger_scan(struct ledger *l, const struct ledger_filter *f,
    struct ledger_pos *pos, size_t budget,
    bool (*each)(void *arg, uint64_t seq, struct slice bytes), void *arg,
    struct diag *d)
{
	begin_scan(l, f, pos);
	sqlite3_stmt *st = choose(l, f);
	sqlite3_bind_int64(st, 1, (int64_t)pos->seq);
	sqlite3_bind_int64(st, 2, (int64_t)budget);
	size_t rows = 0;
	bool end = false, more = true;
	int rc = SQLITE_DONE;
	while (more && !end && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		uint64_t seq = (uint64_t)sqlite3_column_int64(st, 0);
		rows++;
		if (worth(f, st, &end)) {
			struct slice bytes =
			    slice_of(sqlite3_column_blob(st, 5),
				(size_t)sqlite3_column_bytes(st, 5));
			if (ledger_filter_match(f, bytes))
				more = each(arg, seq, bytes);
		}
		pos->seq = seq;
	}
	sqlite3_reset(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return ledger_db_failed(l, rc, "read", d);
	return !end && (!more || rows == budget) ? ERR_MORE : ERR_NOT_FOUND;
}
