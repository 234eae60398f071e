/* The n-th allocation, or the n-th call to the operating system, fails. The
 * ledger says so and goes on: what it said it kept is there afterwards, and a
 * mere failure is never taken for damage. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "samples.h"
#include "store/ledger_query.h"
#include "store/ledger_view.h"

#define ROUNDS 4

/* One failure, then all is well again. */
static struct {
	long left; /* calls until the one that fails; negative: none */
	bool failed;
	int errnum;
} fault = {-1, false, 0};

static bool
fails(void)
{
	if (fault.left < 0 || fault.left-- > 0)
		return false;
	fault.failed = true;
	errno = fault.errnum;
	return true;
}

/* --- allocations, ours and SQLite's --- */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static bool count_allocations;

void *
__wrap_malloc(size_t n)
{
	return count_allocations && fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return count_allocations && fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return count_allocations && fails() ? NULL : __real_realloc(p, n);
}

static sqlite3_mem_methods sqlite_mem;

static void *
sqlite_malloc(int n)
{
	return count_allocations && fails() ? NULL : sqlite_mem.xMalloc(n);
}

static void *
sqlite_realloc(void *p, int n)
{
	return count_allocations && fails() ? NULL : sqlite_mem.xRealloc(p, n);
}

/* --- system calls of SQLite --- */

static bool count_calls;

static ssize_t
call_pwrite(int fd, const void *p, size_t n, off_t at)
{
	return count_calls && fails() ? -1 : pwrite(fd, p, n, at);
}

static ssize_t
call_pread(int fd, void *p, size_t n, off_t at)
{
	return count_calls && fails() ? -1 : pread(fd, p, n, at);
}

static int
call_ftruncate(int fd, off_t n)
{
	return count_calls && fails() ? -1 : ftruncate(fd, n);
}

static int
call_fstat(int fd, struct stat *st)
{
	return count_calls && fails() ? -1 : fstat(fd, st);
}

static const struct {
	const char *name;
	sqlite3_syscall_ptr fn;
} calls[] = {
    {"pwrite", (sqlite3_syscall_ptr)call_pwrite},
    {"pwrite64", (sqlite3_syscall_ptr)call_pwrite},
    {"pread", (sqlite3_syscall_ptr)call_pread},
    {"pread64", (sqlite3_syscall_ptr)call_pread},
    {"ftruncate", (sqlite3_syscall_ptr)call_ftruncate},
    {"fstat", (sqlite3_syscall_ptr)call_fstat},
};

/* --- what is tried --- */

struct trial {
	char dir[64];
	bool kept[ROUNDS];
	bool pruned;
};

static void
drop_all(const struct trial *t)
{
	static const char *const names[] = {
	    "ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db-journal"};
	char path[128];
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", t->dir, names[i]);
		(void)unlink(path);
	}
}

static void
make(struct record *r, unsigned n, struct slice *out)
{
	sample_begin(r, RECORD_IN, n + 1);
	record_mail(r, SLICE("a@mitra.example"));
	record_rcpt(
	    r, SLICE("b@contoh.id"), RECORD_ACCEPTED, SLICE_EMPTY, SLICE_EMPTY);
	record_message(r, 1000 + n, RECORD_ACCEPTED, 1, SLICE_EMPTY);
	assert_int_equal(
	    record_end(r, SAMPLE_T + n * 1000, RECORD_ACCEPTED, 1, 1, out),
	    ERR_OK);
}

static bool
mark(void *arg, uint64_t seq, struct slice bytes)
{
	bool *seen = arg;
	struct ledger_view v;
	struct record_reader rd;
	struct ledger_tx tx;
	(void)seq;
	assert_int_equal(ledger_view_open(bytes, &v), ERR_OK);
	rd = ledger_view_items(&v);
	assert_true(ledger_tx_next(&rd, &tx));
	assert_in_range(tx.message, 1000, 1000 + ROUNDS - 1);
	seen[tx.message - 1000] = true;
	return true;
}

static enum err
look(struct ledger *l, const char *to, bool seen[ROUNDS])
{
	struct ledger_query q = {0};
	struct diag d;
	enum err e;
	if (to != NULL)
		q.filter.to = slice_str(to);
	memset(seen, 0, ROUNDS * sizeof(*seen));
	do {
		e = ledger_query_step(l, &q, 3, mark, seen, &d);
	} while (e == ERR_MORE);
	return e;
}

static void
not_damage(enum err e, const struct diag *d)
{
	if (e == ERR_CORRUPT || strstr(d->text, "damaged") != NULL)
		fail_msg("taken for damage: %s", d->text);
}

/* work - a life of the ledger with one failure somewhere in it. */
static void
work(struct trial *t, const struct slice *records)
{
	struct diag d = {0};
	struct ledger *l = NULL;
	bool seen[ROUNDS], more;
	enum err e = ledger_open(t->dir, true, &l, &d);
	not_damage(e, &d);
	if (e != ERR_OK)
		return;
	for (unsigned n = 0; n < ROUNDS; n++) {
		diag_clear(&d);
		e = ledger_append(l, &records[n], 1, SAMPLE_T + n * 1000, &d);
		not_damage(e, &d);
		t->kept[n] = e == ERR_OK;
	}
	(void)look(l, "b@contoh.id", seen);
	e = ledger_prune(l, SAMPLE_T + 1500, 1000, UINT64_MAX, 10, &more, &d);
	not_damage(e, &d);
	t->pruned = e == ERR_OK;
	ledger_close(l);
}

/* verify - without failures now: what was kept is there, and it writes on. */
static void
verify(struct trial *t, const struct slice *records)
{
	struct diag d = {0};
	struct ledger *l;
	bool seen[ROUNDS];
	assert_int_equal(ledger_open(t->dir, true, &l, &d), ERR_OK);
	not_damage(ERR_OK, &d);
	assert_int_equal(look(l, NULL, seen), ERR_NOT_FOUND);
	for (unsigned n = 0; n < ROUNDS; n++)
		if (n > 0 && t->kept[n])
			assert_true(seen[n]); /* the first may be pruned */
	if (t->pruned)
		assert_false(seen[0]);
	assert_int_equal(
	    ledger_append(l, &records[0], 1, SAMPLE_T, &d), ERR_OK);
	assert_int_equal(look(l, "b@contoh.id", seen), ERR_NOT_FOUND);
	assert_true(seen[0]);
	ledger_close(l);
}

/* each_fault - fail call number 0, step, 2 * step ... until none failed. */
static void
each_fault(bool *counting, int errnum, long step)
{
	struct trial t = {0};
	struct record r[ROUNDS];
	struct slice records[ROUNDS];
	long n = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		record_init(&r[i]);
		make(&r[i], i, &records[i]);
	}
	snprintf(t.dir, sizeof(t.dir), "%s/kurir-ledger-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(t.dir));
	do {
		memset(t.kept, 0, sizeof(t.kept));
		t.pruned = false;
		fault.left = n;
		fault.failed = false;
		fault.errnum = errnum;
		*counting = true;
		work(&t, records);
		*counting = false;
		fault.left = -1;
		verify(&t, records);
		drop_all(&t);
		n += step;
	} while (fault.failed);
	assert_true(n > 20);
	assert_int_equal(rmdir(t.dir), 0);
	for (unsigned i = 0; i < ROUNDS; i++)
		record_free(&r[i]);
}

static void
test_no_memory(void **state)
{
	(void)state;
	each_fault(&count_allocations, ENOMEM, 1);
}

static void
test_io_error(void **state)
{
	(void)state;
	each_fault(&count_calls, EIO, 1);
}

static void
test_disk_full(void **state)
{
	(void)state;
	each_fault(&count_calls, ENOSPC, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_memory),
	    cmocka_unit_test(test_io_error),
	    cmocka_unit_test(test_disk_full),
	};
	sqlite3_mem_methods mine;
	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_mem);
	mine = sqlite_mem;
	mine.xMalloc = sqlite_malloc;
	mine.xRealloc = sqlite_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &mine);
	sqlite3_initialize();
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		(void)vfs->xSetSystemCall(vfs, calls[i].name, calls[i].fn);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
