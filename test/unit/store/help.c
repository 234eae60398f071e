#include "help.h"

#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

void
bench_open(struct bench *b)
{
	const struct store_options o = {.owner = 7};
	enum err e = store_open(b->dir, &o, &b->s, &b->d);
	if (e == ERR_OK)
		e = store_reader_open(b->dir, &b->r, &b->d);
	if (e != ERR_OK)
		fail_msg("%s: %s", err_name(e), b->d.text);
}

void
bench_close(struct bench *b)
{
	store_reader_close(b->r);
	store_close(b->s);
	b->r = NULL;
	b->s = NULL;
}

int
bench_begin(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	assert_non_null(b);
	(void)snprintf(b->dir, sizeof(b->dir), "/tmp/kurir-store-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	arena_init(&b->a, 512u << 20);
	bench_open(b);
	*state = b;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

int
bench_end(void **state)
{
	struct bench *b = *state;
	bench_close(b);
	arena_reset(&b->a);
	(void)nftw(b->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(b);
	return 0;
}

static int
take_number(void *arg, int n, char **values, char **names)
{
	(void)n;
	(void)names;
	*(long *)arg = values[0] != NULL ? strtol(values[0], NULL, 10) : -1;
	return 0;
}

long
bench_ask(struct bench *b, const char *sql)
{
	char path[128];
	sqlite3 *db;
	long v = -1;
	(void)snprintf(path, sizeof(path), "%s/queue.db", b->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, take_number, &v, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	(void)sqlite3_close(db);
	return v;
}

void
bench_sql(struct bench *b, const char *sql)
{
	(void)bench_ask(b, sql);
}

struct slice
bench_body(struct bench *b, id_t64 id, size_t size)
{
	uint8_t *p = arena_alloc(&b->a, size + 1);
	assert_non_null(p);
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(id * 31 + i * 7 + i / 251);
	return slice_of(p, size);
}

static struct slice
keep(struct bench *b, const char *s)
{
	struct slice out = SLICE_EMPTY;
	assert_true(arena_slice(&b->a, slice_str(s), &out));
	return out;
}

struct store_put *
bench_put(struct bench *b, id_t64 id, const char *domain, size_t size)
{
	struct store_put *p = arena_alloc(&b->a, sizeof(*p));
	struct store_recipient *r = arena_alloc(&b->a, sizeof(*r));
	char address[128];
	assert_non_null(p);
	assert_non_null(r);
	(void)snprintf(
	    address, sizeof(address), "user%u@%s", (unsigned)id, domain);
	r->address = keep(b, address);
	r->domain = keep(b, domain);
	p->envelope.id = id;
	p->envelope.arrived_ms = NOW;
	p->envelope.sender = SLICE("pengirim@contoh.id");
	p->envelope.extra = SLICE("x\0y");
	p->envelope.flags = STORE_8BIT;
	p->recipients = r;
	p->n_recipients = 1;
	p->body = bench_body(b, id, size);
	p->due_ms = NOW;
	return p;
}

enum err
apply_put(struct bench *b, struct store_put *p)
{
	struct store_batch batch = {.puts = &p, .n_puts = 1};
	return store_apply(b->s, &batch, &b->d);
}

enum err
apply_result(struct bench *b, struct store_result *r)
{
	struct store_batch batch = {.results = &r, .n_results = 1};
	return store_apply(b->s, &batch, &b->d);
}

enum err
apply_control(struct bench *b, struct store_control *c)
{
	struct store_batch batch = {.controls = &c, .n_controls = 1};
	return store_apply(b->s, &batch, &b->d);
}

enum err
apply_claim(struct bench *b, struct store_claim *c)
{
	struct store_batch batch = {.claim = c};
	return store_apply(b->s, &batch, &b->d);
}

struct store_claim
bench_claim(struct bench *b, uint64_t now_ms, size_t limit, size_t per_domain)
{
	struct store_claim c = {.now_ms = now_ms,
	    .limit = limit,
	    .per_domain = per_domain,
	    .arena = &b->a};
	assert_int_equal(apply_claim(b, &c), ERR_OK);
	return c;
}
