/* The accounts file being changed on disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/fs.h"
#include "role/auth/accounts_file.h"

static const uint64_t seed[2] = {1, 2};

#define KEYS                                                                   \
	" scram-sha-256=4096,c2FsdA==,"                                        \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,"                        \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define REST  " crypt=$y$j9T$a$b" KEYS
#define OTHER " crypt=$y$j9T$c$d" KEYS

struct fixture {
	char path[64];
	int dir;
};

static int
setup(void **state)
{
	static struct fixture f;
	struct diag d;
	snprintf(f.path, sizeof(f.path), "/tmp/kurir-accounts-XXXXXX");
	assert_non_null(mkdtemp(f.path));
	assert_int_equal(fs_open_dir(FS_CWD, f.path, &f.dir, &d), ERR_OK);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	unlinkat(f->dir, ACCOUNTS_NAME, 0);
	unlinkat(f->dir, ACCOUNTS_NAME ".lock", 0);
	fs_close(&f->dir);
	rmdir(f->path);
	return 0;
}

static struct account
account(const char *line)
{
	struct account a;
	assert_int_equal(account_parse(slice_str(line), &a, NULL), ERR_OK);
	return a;
}

static void
put(struct fixture *f, const char *line)
{
	struct accounts_edit e;
	struct diag d;
	struct account a = account(line);
	assert_int_equal(accounts_edit_begin(&e, f->dir, seed, &d), ERR_OK);
	assert_int_equal(accounts_edit_put(&e, &a, &d), ERR_OK);
	accounts_edit_end(&e);
}

static enum err
drop(struct fixture *f, const char *name)
{
	struct accounts_edit e;
	struct diag d;
	assert_int_equal(accounts_edit_begin(&e, f->dir, seed, &d), ERR_OK);
	enum err err = accounts_edit_remove(&e, slice_str(name), &d);
	accounts_edit_end(&e);
	return err;
}

static void
expect(struct fixture *f, const char *text)
{
	struct buf b;
	struct diag d;
	struct stat st;
	buf_init(&b, 65536);
	assert_int_equal(
	    fs_read_file(f->dir, ACCOUNTS_NAME, 65536, &b, &d), ERR_OK);
	assert_int_equal(b.n, strlen(text));
	assert_memory_equal(b.p, text, b.n);
	buf_free(&b);
	assert_int_equal(fstatat(f->dir, ACCOUNTS_NAME, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
test_edit(void **state)
{
	struct fixture *f = *state;
	struct accounts all;
	struct diag d;
	assert_int_equal(accounts_load(f->dir, seed, &all, &d), ERR_NOT_FOUND);
	assert_int_equal(all.n, 0);
	put(f, "budi@contoh.id" REST);
	put(f, "budi" REST);
	put(f, "ani" REST);
	expect(f, "budi@contoh.id" REST "\nbudi" REST "\nani" REST "\n");
	/* Replaced where it stands; no other name that begins alike. */
	put(f, "budi" OTHER);
	expect(f, "budi@contoh.id" REST "\nbudi" OTHER "\nani" REST "\n");
	assert_int_equal(drop(f, "budi"), ERR_OK);
	expect(f, "budi@contoh.id" REST "\nani" REST "\n");
	assert_int_equal(drop(f, "budi"), ERR_NOT_FOUND);
	assert_int_equal(drop(f, "ani"), ERR_OK);
	assert_int_equal(drop(f, "budi@contoh.id"), ERR_OK);
	expect(f, "");
	assert_int_equal(accounts_load(f->dir, seed, &all, &d), ERR_OK);
	accounts_free(&all);
}

static void
test_comments_stay(void **state)
{
	struct fixture *f = *state;
	struct diag d;
	assert_int_equal(
	    fs_write_file(f->dir, ACCOUNTS_NAME,
		SLICE("# the office\n\nani" REST "\n# no newline at the end"),
		0600, &d),
	    ERR_OK);
	put(f, "budi" REST);
	expect(f, "# the office\n\nani" REST
		  "\n# no newline at the end\nbudi" REST "\n");
}

static void
test_damaged(void **state)
{
	struct fixture *f = *state;
	struct accounts_edit e;
	struct accounts all;
	struct diag d;
	assert_int_equal(fs_write_file(f->dir, ACCOUNTS_NAME,
			     SLICE("ani" REST "\nbudi\n"), 0600, &d),
	    ERR_OK);
	assert_int_equal(accounts_load(f->dir, seed, &all, &d), ERR_SYNTAX);
	assert_string_equal(d.text, "auth/accounts:2: crypt= is missing");
	/* What is not understood is not rewritten. */
	assert_int_equal(accounts_edit_begin(&e, f->dir, seed, &d), ERR_SYNTAX);
	accounts_edit_end(&e);
	expect(f, "ani" REST "\nbudi\n");
}

static void
test_lock(void **state)
{
	struct fixture *f = *state;
	struct accounts_edit e;
	struct diag d;
	int lock;
	assert_int_equal(
	    fs_lock(f->dir, ACCOUNTS_NAME ".lock", &lock, &d), ERR_OK);
	assert_int_equal(accounts_edit_begin(&e, f->dir, seed, &d), ERR_EXISTS);
	accounts_edit_end(&e);
	fs_close(&lock);
	assert_int_equal(accounts_edit_begin(&e, f->dir, seed, &d), ERR_OK);
	accounts_edit_end(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_edit, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_comments_stay, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_lock, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
