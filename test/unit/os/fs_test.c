#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/fs.h"
#include "os/memfd.h"

struct place {
	char path[40];
	int dir;
};

static int
setup(void **state)
{
	struct diag d;
	struct place *p = calloc(1, sizeof(*p));
	snprintf(p->path, sizeof(p->path), "/tmp/kurir-fs-XXXXXX");
	assert_non_null(mkdtemp(p->path));
	assert_int_equal(fs_open_dir(FS_CWD, p->path, &p->dir, &d), ERR_OK);
	*state = p;
	return 0;
}

static size_t
entries(const struct place *p)
{
	size_t n = 0;
	DIR *dir = opendir(p->path);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		n +=
		    strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(dir);
	return n;
}

static int
teardown(void **state)
{
	struct place *p = *state;
	DIR *dir = opendir(p->path);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		if (unlinkat(p->dir, e->d_name, 0) != 0)
			unlinkat(p->dir, e->d_name, AT_REMOVEDIR);
	closedir(dir);
	rmdir(p->path);
	fs_close(&p->dir);
	assert_int_equal(p->dir, -1);
	free(p);
	return 0;
}

static void
assert_content(const struct place *p, const char *name, const char *want)
{
	struct buf b;
	struct diag d;
	buf_init(&b, 1000000);
	assert_int_equal(fs_read_file(p->dir, name, 1000000, &b, &d), ERR_OK);
	assert_true(slice_eq(buf_slice(&b), slice_str(want)));
	buf_free(&b);
}

static void
files_are_replaced_whole(void **state)
{
	struct place *p = *state;
	struct diag d;
	struct stat st;
	umask(077);
	assert_int_equal(
	    fs_write_file(p->dir, "list", SLICE("old"), 0644, &d), ERR_OK);
	assert_content(p, "list", "old");
	assert_int_equal(
	    fs_write_file(p->dir, "list", SLICE(""), 0640, &d), ERR_OK);
	assert_content(p, "list", "");
	assert_int_equal(fstatat(p->dir, "list", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(entries(p), 1);
}

static void
a_failed_write_leaves_the_old_file(void **state)
{
	struct place *p = *state;
	struct diag d;
	static uint8_t big[100000];
	int status;
	assert_int_equal(
	    fs_write_file(p->dir, "list", SLICE("old"), 0600, &d), ERR_OK);
	pid_t pid = fork();
	if (pid == 0) {
		struct rlimit limit = {50000, 50000};
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		enum err e = fs_write_file(
		    p->dir, "list", slice_of(big, sizeof(big)), 0600, &d);
		_exit(e == ERR_FULL &&
			      strcmp(d.cause, "local.disk-full") == 0 &&
			      strstr(d.text, "list") != NULL
			  ? 0
			  : 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_content(p, "list", "old");
	assert_int_equal(entries(p), 1);
	assert_int_equal(
	    fs_write_file(p->dir, "a/b", SLICE("x"), 0600, &d), ERR_IO);
}

static void
reading_has_limits(void **state)
{
	struct place *p = *state;
	struct diag d;
	struct buf b;
	buf_init(&b, 4);
	assert_int_equal(
	    fs_write_file(p->dir, "five", SLICE("12345"), 0600, &d), ERR_OK);
	assert_int_equal(fs_read_file(p->dir, "five", 4, &b, &d), ERR_LIMIT);
	buf_clear(&b);
	assert_int_equal(fs_read_file(p->dir, "five", 5, &b, &d), ERR_LIMIT);
	buf_free(&b);
	buf_init(&b, 100);
	assert_int_equal(fs_read_file(p->dir, "five", 5, &b, &d), ERR_OK);
	assert_int_equal(
	    fs_read_file(p->dir, "none", 5, &b, &d), ERR_NOT_FOUND);
	assert_non_null(strstr(d.text, "cannot open none: No such file"));
	assert_int_equal(fs_read_file(p->dir, ".", 5, &b, &d), ERR_IO);
	/* A fifo without a writer must not hold us up. */
	assert_int_equal(mkfifoat(p->dir, "fifo", 0600), 0);
	assert_int_equal(fs_read_file(p->dir, "fifo", 5, &b, &d), ERR_IO);
	buf_free(&b);
}

static void
directories_are_made_with_parents(void **state)
{
	struct place *p = *state;
	struct diag d;
	char path[80];
	snprintf(path, sizeof(path), "%s/a/b//c/", p->path);
	assert_int_equal(fs_mkdirs(path, 0700, &d), ERR_OK);
	assert_int_equal(fs_mkdirs(path, 0700, &d), ERR_OK);
	assert_int_equal(faccessat(p->dir, "a/b/c", F_OK, 0), 0);
	assert_int_equal(
	    fs_write_file(p->dir, "file", SLICE("x"), 0600, &d), ERR_OK);
	snprintf(path, sizeof(path), "%s/file", p->path);
	assert_int_equal(fs_mkdirs(path, 0700, &d), ERR_EXISTS);
	snprintf(path, sizeof(path), "%s/file/below", p->path);
	assert_int_equal(fs_mkdirs(path, 0700, &d), ERR_EXISTS);
	unlinkat(p->dir, "a/b/c", AT_REMOVEDIR);
	unlinkat(p->dir, "a/b", AT_REMOVEDIR);
}

static void
a_lock_has_one_holder(void **state)
{
	struct place *p = *state;
	struct diag d;
	int first, second, status;
	char who[40];
	assert_int_equal(fs_lock(p->dir, "lock", &first, &d), ERR_OK);
	snprintf(who, sizeof(who), "held by process %ld", (long)getpid());
	pid_t pid = fork();
	if (pid == 0)
		_exit(fs_lock(p->dir, "lock", &second, &d) == ERR_EXISTS &&
			      strstr(d.text, who) != NULL
			  ? 0
			  : 1);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	fs_close(&first);
	assert_int_equal(fs_lock(p->dir, "lock", &second, &d), ERR_OK);
	fs_close(&second);
}

static void
a_memfd_cannot_change(void **state)
{
	int fd, open_fd;
	struct buf b;
	struct diag d;
	(void)state;
	assert_int_equal(memfd_make(SLICE("conf = 1\n"), &fd), ERR_OK);
	assert_true(memfd_sealed(fd));
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	buf_init(&b, 100);
	assert_int_equal(fs_read_fd(fd, 100, &b, &d), ERR_OK);
	assert_true(slice_eq(buf_slice(&b), SLICE("conf = 1\n")));
	buf_free(&b);
	close(fd);
	assert_int_equal(memfd_open(&open_fd), ERR_OK);
	assert_false(memfd_sealed(open_fd));
	assert_int_equal(memfd_seal(open_fd), ERR_OK);
	assert_true(memfd_sealed(open_fd));
	close(open_fd);
	assert_false(memfd_sealed(0));
}

static void
errno_means_something(void **state)
{
	static const struct {
		int errnum;
		enum err want;
	} cases[] = {
	    {ENOSPC, ERR_FULL},
	    {EDQUOT, ERR_FULL},
	    {ENOENT, ERR_NOT_FOUND},
	    {EEXIST, ERR_EXISTS},
	    {EACCES, ERR_DENIED},
	    {EROFS, ERR_DENIED},
	    {ENOMEM, ERR_NOMEM},
	    {EIO, ERR_IO},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(fs_errno(cases[i].errnum), cases[i].want);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(files_are_replaced_whole),
	    T(a_failed_write_leaves_the_old_file),
	    T(reading_has_limits),
	    T(directories_are_made_with_parents),
	    T(a_lock_has_one_holder),
	    T(a_memfd_cannot_change),
	    T(errno_means_something),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
