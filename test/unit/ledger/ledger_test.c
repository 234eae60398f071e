/* The ledger on disk: append, the filters by index and without, order, prune,
 * a damaged database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/ledger.h"

#define T0 1800000000000ull

struct fix {
	char dir[64];
	struct ledger *l;
};

static void
open_rw(struct fix *f)
{
	struct diag d;
	diag_clear(&d);
	enum err e = ledger_open(f->dir, true, &f->l, &d);
	if (e != ERR_OK)
		fail_msg("%s: %s", err_name(e), d.text);
}

static int
setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "/tmp/kurir-ledger-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	open_rw(f);
	*state = f;
	return 0;
}

static void
drop(const struct fix *f, const char *name)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	(void)unlink(path);
}

static int
teardown(void **state)
{
	static const char *const names[] = {
	    "ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.damaged.db"};
	struct fix *f = *state;
	ledger_close(f->l);
	for (size_t i = 0; i < 4; i++)
		drop(f, names[i]);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

/* What a test session is made of; 0 and NULL are left out. */
struct sample {
	unsigned n; /* id and time follow from it */
	enum record_kind kind;
	const char *ip, *helo, *from, *to;
	unsigned message; /* its id is that of sample message's number */
	enum record_verdict verdict;
};

static id_t64
id_of(unsigned n)
{
	return id_floor(T0) + ((id_t64)n << 22);
}

static uint64_t
time_of(unsigned n)
{
	return T0 + n * 1000ull;
}

static struct slice
build(struct record *r, const struct sample *s)
{
	struct slice out;
	struct ip ip;
	record_begin(r, s->kind, id_of(s->n), time_of(s->n));
	if (s->ip != NULL) {
		assert_int_equal(ip_parse(slice_str(s->ip), &ip), ERR_OK);
		record_peer(r, &ip, 40000);
	}
	if (s->helo != NULL)
		record_helo(r, slice_str(s->helo));
	record_dialogue(r, time_of(s->n) + 5, RECORD_US, SLICE("220 hello"));
	if (s->from != NULL)
		record_mail(r, slice_str(s->from));
	if (s->to != NULL)
		record_rcpt(
		    r, slice_str(s->to), s->verdict, SLICE_EMPTY, SLICE_EMPTY);
	if (s->message != 0 && s->kind == RECORD_EVENTS) {
		struct record_event e = {.unix_ms = time_of(s->n),
		    .message = id_of(s->message),
		    .what = RECORD_HELD};
		record_event(r, &e);
	} else if (s->message != 0) {
		record_message(
		    r, id_of(s->message), s->verdict, 2000, SLICE_EMPTY);
	}
	assert_int_equal(
	    record_end(r, time_of(s->n) + 50, s->verdict, 10, 20, &out),
	    ERR_OK);
	assert_int_equal(record_check(out), ERR_OK);
	return out;
}

static void
append(struct fix *f, const struct sample *samples, size_t n)
{
	struct record r;
	struct diag d;
	record_init(&r);
	for (size_t i = 0; i < n; i++) {
		struct slice bytes = build(&r, &samples[i]);
		assert_int_equal(ledger_append(f->l, &bytes, 1,
				     time_of(samples[i].n) + 60, &d),
		    ERR_OK);
	}
	record_free(&r);
}

static const struct sample samples[] = {
    {1, RECORD_IN, "192.0.2.1", "mail.mitra.example", "a@mitra.example",
	"b@contoh.id", 101, RECORD_ACCEPTED},
    {2, RECORD_IN, "192.0.2.2", "spam.example", "x@spam.example", "B@Contoh.ID",
	0, RECORD_REFUSED},
    {3, RECORD_OUT, "198.51.100.9", NULL, "a@mitra.example", "c@example.org",
	101, RECORD_DEFERRED},
    {4, RECORD_EVENTS, NULL, NULL, NULL, NULL, 101, RECORD_ACCEPTED},
    {5, RECORD_OUT, "2001:db8::9", NULL, "", "c@example.org", 101,
	RECORD_DELIVERED},
    {6, RECORD_IN, "192.0.2.1", "MAIL.mitra.example", NULL, NULL, 0,
	RECORD_CUT},
};

struct got {
	char text[256]; /* the samples' numbers: "1 3 5" */
	unsigned stop_after;
	unsigned n;
};

static bool
collect(void *arg, uint64_t seq, struct slice bytes)
{
	struct got *g = arg;
	struct record_head head;
	struct record_reader rd;
	(void)seq;
	assert_int_equal(record_open(bytes, &head, &rd), ERR_OK);
	size_t len = strlen(g->text);
	snprintf(g->text + len, sizeof(g->text) - len, "%s%u",
	    len > 0 ? " " : "", (unsigned)((head.time_ms - T0) / 1000));
	return ++g->n != g->stop_after;
}

static void
scan_all(struct ledger *l, const struct ledger_filter *f, size_t budget,
    struct got *g)
{
	struct ledger_pos pos = {0};
	struct diag d;
	enum err e;
	while (
	    (e = ledger_scan(l, f, &pos, budget, collect, g, &d)) == ERR_MORE)
		;
	assert_int_equal(e, ERR_NOT_FOUND);
}

static void
test_filters(void **state)
{
	static const struct {
		const char *set[4]; /* name, value, name, value */
		const char *want;
	} cases[] = {
	    {{NULL}, "1 2 3 5 6"},
	    {{"newest", "1"}, "6 5 3 2 1"},
	    {{"events", "1"}, "1 2 3 4 5 6"},
	    {{"to", "b@contoh.id"}, "1 2"},
	    {{"to", "@contoh.id"}, "1 2"},
	    {{"to", "a@mitra.example"}, ""},
	    {{"from", "A@MITRA.example"}, "1 3"},
	    {{"from", "@spam.example"}, "2"},
	    {{"from", "<>"}, "5"},
	    {{"address", "a@mitra.example"}, "1 3"},
	    {{"address", "c@example.org", "newest", "1"}, "5 3"},
	    {{"ip", "192.0.2.1"}, "1 6"},
	    {{"ip", "192.0.2.0/24"}, "1 2 6"},
	    {{"ip", "2001:db8::9"}, "5"},
	    {{"helo", "mail.mitra.example"}, "1 6"},
	    {{"verdict", "refused"}, "2"},
	    {{"verdict", "delivered"}, "5"},
	    {{"helo", "mail.mitra.example", "verdict", "cut"}, "6"},
	    {{"since", "1800000003000"}, "3 5 6"},
	    {{"until", "1800000003000"}, "1 2 3"},
	    {{"since", "1800000002000", "until", "1800000003000"}, "2 3"},
	    {{"since", "1800000003000", "newest", "1"}, "6 5 3"},
	    {{"since", "1800000009000"}, ""},
	    {{"to", "b@contoh.id", "ip", "192.0.2.2"}, "2"},
	};
	struct fix *f = *state;
	append(f, samples, sizeof(samples) / sizeof(samples[0]));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t budget = 1; budget < 9; budget += 7) {
			struct ledger_filter lf = {0};
			struct got g = {{0}, 0, 0};
			for (size_t k = 0; k < 4 && cases[i].set[k] != NULL;
			     k += 2)
				assert_int_equal(
				    ledger_filter_set(&lf,
					slice_str(cases[i].set[k]),
					slice_str(cases[i].set[k + 1])),
				    ERR_OK);
			scan_all(f->l, &lf, budget, &g);
			if (strcmp(g.text, cases[i].want) != 0)
				fail_msg("case %zu budget %zu: %s, not %s", i,
				    budget, g.text, cases[i].want);
		}
}

static void
test_by_id(void **state)
{
	struct fix *f = *state;
	append(f, samples, sizeof(samples) / sizeof(samples[0]));
	struct ledger_filter lf = {.message = id_of(101), .events = true};
	struct got g = {{0}, 0, 0};
	scan_all(f->l, &lf, 100, &g);
	assert_string_equal(g.text, "1 3 4 5");
	lf = (struct ledger_filter){.session = id_of(3)};
	memset(&g, 0, sizeof(g));
	scan_all(f->l, &lf, 100, &g);
	assert_string_equal(g.text, "3");
	lf = (struct ledger_filter){.id = id_of(101), .newest = true};
	memset(&g, 0, sizeof(g));
	scan_all(f->l, &lf, 100, &g);
	assert_string_equal(g.text, "5 3 1");
	lf = (struct ledger_filter){.session = id_of(101)};
	memset(&g, 0, sizeof(g));
	scan_all(f->l, &lf, 100, &g);
	assert_string_equal(g.text, "");
}

static void
test_stop_and_follow(void **state)
{
	struct fix *f = *state;
	struct diag d;
	struct ledger_pos pos = {0};
	struct ledger_filter lf = {0};
	struct got g = {{0}, 2, 0};
	append(f, samples, 3);
	assert_int_equal(
	    ledger_scan(f->l, &lf, &pos, 100, collect, &g, &d), ERR_MORE);
	assert_string_equal(g.text, "1 2");
	assert_int_equal(
	    ledger_scan(f->l, &lf, &pos, 100, collect, &g, &d), ERR_NOT_FOUND);
	assert_string_equal(g.text, "1 2 3");
	append(f, samples + 3, 3);
	assert_int_equal(
	    ledger_scan(f->l, &lf, &pos, 100, collect, &g, &d), ERR_NOT_FOUND);
	assert_string_equal(g.text, "1 2 3 5 6");
}

static void
prune_all(struct fix *f, uint64_t now, uint64_t keep, uint64_t max)
{
	struct diag d;
	bool more = true;
	while (more)
		assert_int_equal(
		    ledger_prune(f->l, now, keep, max, 2, &more, &d), ERR_OK);
}

/* rows - how many a table has, behind the ledger's back. */
static int
rows(const struct fix *f, const char *query)
{
	char path[128];
	sqlite3 *db;
	sqlite3_stmt *st;
	snprintf(path, sizeof(path), "%s/ledger.db", f->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, query, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	int n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static void
test_prune_age(void **state)
{
	struct fix *f = *state;
	struct got g = {{0}, 0, 0};
	struct ledger_filter lf = {0};
	append(f, samples, sizeof(samples) / sizeof(samples[0]));
	prune_all(f, T0 + 13050, 10000, UINT64_MAX);
	scan_all(f->l, &lf, 100, &g);
	assert_string_equal(g.text, "3 5 6");
	/* Nothing of the removed ones is left in an index. */
	memset(&g, 0, sizeof(g));
	assert_int_equal(
	    ledger_filter_set(&lf, SLICE("to"), SLICE("b@contoh.id")), ERR_OK);
	scan_all(f->l, &lf, 100, &g);
	assert_string_equal(g.text, "");
	prune_all(f, T0 + 1000000, 1000, UINT64_MAX);
	memset(&g, 0, sizeof(g));
	lf = (struct ledger_filter){.events = true};
	scan_all(f->l, &lf, 100, &g);
	assert_string_equal(g.text, "");
	assert_int_equal(rows(f, "SELECT count(*) FROM key"), 0);
	assert_int_equal(rows(f, "SELECT count(*) FROM ref"), 0);
	assert_int_equal(rows(f, "SELECT count(*) FROM record"), 0);
	/* Sequence numbers do not begin again: a follower would miss them. */
	append(f, samples, 1);
	scan_all(f->l, &lf, 100, &g);
	assert_string_equal(g.text, "1");
}

static void
test_prune_size(void **state)
{
	struct fix *f = *state;
	struct record r;
	struct diag d;
	struct ledger_filter lf = {0};
	struct got g = {{0}, 0, 0};
	record_init(&r);
	for (unsigned n = 1; n <= 400; n++) {
		struct slice bytes;
		record_begin(&r, RECORD_IN, id_of(n), time_of(n));
		for (unsigned k = 0; k < 20; k++)
			record_note(&r, time_of(n), "%0200u", k);
		assert_int_equal(
		    record_end(&r, time_of(n), RECORD_ACCEPTED, 0, 0, &bytes),
		    ERR_OK);
		assert_int_equal(
		    ledger_append(f->l, &bytes, 1, time_of(n), &d), ERR_OK);
	}
	record_free(&r);
	assert_true(ledger_octets(f->l) > 1500000);
	prune_all(f, T0, 1u << 30, 1000000);
	assert_true(ledger_octets(f->l) <= 1000000);
	assert_true(ledger_octets(f->l) > 500000);
	lf.newest = true;
	g.stop_after = 1;
	struct ledger_pos pos = {0};
	assert_int_equal(
	    ledger_scan(f->l, &lf, &pos, 9, collect, &g, &d), ERR_MORE);
	assert_string_equal(g.text, "400");
}

static void
test_reopen_and_read_only(void **state)
{
	struct fix *f = *state;
	struct ledger *ro;
	struct diag d;
	struct got g = {{0}, 0, 0};
	struct ledger_filter lf = {0};
	append(f, samples, 3);
	ledger_lost_add(f->l, 7);
	assert_int_equal(ledger_open(f->dir, false, &ro, &d), ERR_OK);
	scan_all(ro, &lf, 100, &g);
	assert_string_equal(g.text, "1 2 3");
	assert_int_equal(ledger_lost(ro), 7);
	ledger_close(ro);
	ledger_close(f->l);
	f->l = NULL;
	assert_int_equal(ledger_open(f->dir, false, &ro, &d), ERR_OK);
	memset(&g, 0, sizeof(g));
	scan_all(ro, &lf, 100, &g);
	assert_string_equal(g.text, "1 2 3");
	ledger_close(ro);
	open_rw(f);
	append(f, samples + 4, 1);
	memset(&g, 0, sizeof(g));
	scan_all(f->l, &lf, 100, &g);
	assert_string_equal(g.text, "1 2 3 5");
}

static void
overwrite(const struct fix *f, long offset, size_t n)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/ledger.db", f->dir);
	FILE *file = fopen(path, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, offset, SEEK_SET), 0);
	while (n-- > 0)
		assert_int_equal(fputc(0xa5, file), 0xa5);
	assert_int_equal(fclose(file), 0);
}

static void
test_damaged_at_open(void **state)
{
	struct fix *f = *state;
	struct diag d;
	struct ledger *ro;
	struct got g = {{0}, 0, 0};
	struct ledger_filter lf = {0};
	append(f, samples, 3);
	ledger_close(f->l);
	f->l = NULL;
	overwrite(f, 0, 4096);
	assert_int_equal(ledger_open(f->dir, false, &ro, &d), ERR_CORRUPT);
	diag_clear(&d);
	assert_int_equal(ledger_open(f->dir, true, &f->l, &d), ERR_OK);
	assert_non_null(strstr(d.text, "damaged"));
	char path[128];
	snprintf(path, sizeof(path), "%s/ledger.damaged.db", f->dir);
	assert_int_equal(access(path, F_OK), 0);
	append(f, samples, 2);
	scan_all(f->l, &lf, 100, &g);
	assert_string_equal(g.text, "1 2");
}

static void
test_damaged_at_append(void **state)
{
	struct fix *f = *state;
	struct diag d;
	struct record r;
	struct got g = {{0}, 0, 0};
	struct ledger_filter lf = {0};
	append(f, samples, 3);
	ledger_close(f->l);
	f->l = NULL;
	/* The head stays whole; the pages of the tables do not. */
	overwrite(f, 4096, 65536);
	open_rw(f);
	record_init(&r);
	struct slice bytes = build(&r, &samples[0]);
	enum err e = ledger_append(f->l, &bytes, 1, T0 + 5000, &d);
	for (int i = 0; i < 2 && e == ERR_CORRUPT; i++)
		e = ledger_append(f->l, &bytes, 1, T0 + 5000, &d);
	assert_int_equal(ledger_generation(f->l), 1);
	assert_int_equal(e, ERR_OK);
	record_free(&r);
	scan_all(f->l, &lf, 100, &g);
	assert_string_equal(g.text, "1");
}

static void
test_not_there(void **state)
{
	struct fix *f = *state;
	struct ledger *l;
	struct diag d;
	ledger_close(f->l);
	f->l = NULL;
	drop(f, "ledger.db");
	assert_int_equal(ledger_open(f->dir, false, &l, &d), ERR_NOT_FOUND);
	assert_int_not_equal(
	    ledger_open("/nonexistent/kurir", true, &l, &d), ERR_OK);
}

int
main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_filters),
	    T(test_by_id),
	    T(test_stop_and_follow),
	    T(test_prune_age),
	    T(test_prune_size),
	    T(test_reopen_and_read_only),
	    T(test_damaged_at_open),
	    T(test_damaged_at_append),
	    T(test_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
