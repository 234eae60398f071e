/* fault.c - a library to be preloaded: at the n-th file operation of the
 * process it dies, or the operation fails.
 *
 * Counted are operations that change files or make changes last, on regular
 * files and directories only: write pwrite fsync fdatasync ftruncate rename
 * unlink open(O_CREAT) mkdir. Pipes and sockets are left alone, so a child can
 * still tell its parent what was acknowledged.
 *
 *	FAULT_AT=n        the first operation concerned, from 1; 0: none
 *	FAULT_DO=before   SIGKILL instead of it
 *	         after    SIGKILL once it is done
 *	         half     SIGKILL after half of a write
 *	         ERRNO    (a number) it fails with that errno, undone
 *	FAULT_FOR=m       so many operations in a row fail; 0: all from n on
 *	FAULT_ONLY=sync   only fsync and fdatasync are counted
 *	FAULT_ONLY=alloc  malloc, calloc and realloc are counted instead
 *	FAULT_COUNT=PATH  the number of operations is written there at exit */
/* Both pwrite and pwrite64 are ours; the build would make them one name. */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum what { KILL_BEFORE, KILL_AFTER, KILL_HALF, FAIL };

static struct {
	long at, lasting;
	enum what what;
	int errnum;
	bool only_sync, only_alloc, ready;
	char count_path[256];
} plan;
static atomic_long operations;

static long
number(const char *name, long dflt)
{
	const char *s = getenv(name);
	return s != NULL ? strtol(s, NULL, 10) : dflt;
}

__attribute__((constructor)) static void
read_plan(void)
{
	const char *what = getenv("FAULT_DO"), *only = getenv("FAULT_ONLY");
	const char *path = getenv("FAULT_COUNT");
	plan.at = number("FAULT_AT", 0);
	plan.lasting = number("FAULT_FOR", 1);
	if (what != NULL && strcmp(what, "before") == 0)
		plan.what = KILL_BEFORE;
	else if (what != NULL && strcmp(what, "after") == 0)
		plan.what = KILL_AFTER;
	else if (what != NULL && strcmp(what, "half") == 0)
		plan.what = KILL_HALF;
	else if (what != NULL) {
		plan.what = FAIL;
		plan.errnum = (int)strtol(what, NULL, 10);
	}
	plan.only_sync = only != NULL && strcmp(only, "sync") == 0;
	plan.only_alloc = only != NULL && strcmp(only, "alloc") == 0;
	if (path != NULL)
		(void)snprintf(
		    plan.count_path, sizeof(plan.count_path), "%s", path);
	plan.ready = true;
}

__attribute__((destructor)) static void
tell_count(void)
{
	char text[32];
	if (plan.count_path[0] == '\0')
		return;
	int n = snprintf(text, sizeof(text), "%ld\n", (long)operations);
	long fd = syscall(SYS_openat, AT_FDCWD, plan.count_path,
	    O_WRONLY | O_CREAT | O_TRUNC, 0600);
	(void)!syscall(SYS_write, fd, text, n);
	(void)syscall(SYS_close, fd);
}

static void
die(void)
{
	(void)syscall(SYS_kill, getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

/* Is this operation concerned? Kills when that is the plan for now. */
static bool
concerned(void)
{
	if (!plan.ready)
		return false;
	long n = ++operations;
	if (plan.at == 0 || n < plan.at)
		return false;
	if (plan.what == FAIL)
		return plan.lasting == 0 || n < plan.at + plan.lasting;
	if (n > plan.at)
		die(); /* another thread is past it */
	if (plan.what == KILL_BEFORE)
		die();
	return true;
}

static bool
of_a_file(int fd)
{
	struct stat st;
	return !plan.only_sync && !plan.only_alloc && fstat(fd, &st) == 0 &&
	       (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static long
finish(long result)
{
	if (plan.what == KILL_AFTER || plan.what == KILL_HALF)
		die();
	return result;
}

static int
fail(void)
{
	errno = plan.errnum;
	return -1;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	if (!of_a_file(fd) || !concerned())
		return syscall(SYS_write, fd, p, n);
	if (plan.what == FAIL)
		return fail();
	return finish(
	    syscall(SYS_write, fd, p, plan.what == KILL_HALF ? n / 2 : n));
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	if (!of_a_file(fd) || !concerned())
		return syscall(SYS_pwrite64, fd, p, n, at);
	if (plan.what == FAIL)
		return fail();
	return finish(syscall(
	    SYS_pwrite64, fd, p, plan.what == KILL_HALF ? n / 2 : n, at));
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

static int
sync_by(long call, int fd)
{
	if (plan.only_alloc || !concerned())
		return (int)syscall(call, fd);
	if (plan.what == FAIL)
		return fail();
	return (int)finish(syscall(call, fd));
}

int
fsync(int fd)
{
	return sync_by(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return sync_by(SYS_fdatasync, fd);
}

int
ftruncate64(int fd, off64_t n)
{
	if (!of_a_file(fd) || !concerned())
		return (int)syscall(SYS_ftruncate, fd, n);
	if (plan.what == FAIL)
		return fail();
	return (int)finish(syscall(SYS_ftruncate, fd, n));
}

int
ftruncate(int fd, off_t n)
{
	return ftruncate64(fd, n);
}

static bool
by_name(void)
{
	return !plan.only_sync && !plan.only_alloc && concerned();
}

int
renameat(int a, const char *from, int b, const char *to)
{
	if (!by_name())
		return (int)syscall(SYS_renameat, a, from, b, to);
	if (plan.what == FAIL)
		return fail();
	return (int)finish(syscall(SYS_renameat, a, from, b, to));
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
unlinkat(int dir, const char *name, int flags)
{
	if (!by_name())
		return (int)syscall(SYS_unlinkat, dir, name, flags);
	if (plan.what == FAIL)
		return fail();
	return (int)finish(syscall(SYS_unlinkat, dir, name, flags));
}

int
unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int
mkdirat(int dir, const char *name, mode_t mode)
{
	if (!by_name())
		return (int)syscall(SYS_mkdirat, dir, name, mode);
	if (plan.what == FAIL)
		return fail();
	return (int)finish(syscall(SYS_mkdirat, dir, name, mode));
}

int
mkdir(const char *name, mode_t mode)
{
	return mkdirat(AT_FDCWD, name, mode);
}

static int
open_by(int dir, const char *name, int flags, mode_t mode)
{
	if ((flags & O_CREAT) == 0 || !by_name())
		return (int)syscall(SYS_openat, dir, name, flags, mode);
	if (plan.what == FAIL)
		return fail();
	return (int)finish(syscall(SYS_openat, dir, name, flags, mode));
}

static mode_t
mode_of(int flags, va_list ap)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0
		   ? (mode_t)va_arg(ap, unsigned)
		   : 0;
}

#define OPEN_BODY(dir)                                                         \
	va_list ap;                                                            \
	va_start(ap, flags);                                                   \
	mode_t mode = mode_of(flags, ap);                                      \
	va_end(ap);                                                            \
	return open_by(dir, name, flags, mode)

int
open(const char *name, int flags, ...)
{
	OPEN_BODY(AT_FDCWD);
}

int
open64(const char *name, int flags, ...)
{
	OPEN_BODY(AT_FDCWD);
}

int
openat(int dir, const char *name, int flags, ...)
{
	OPEN_BODY(dir);
}

int
openat64(int dir, const char *name, int flags, ...)
{
	OPEN_BODY(dir);
}

/* ---- memory ---- */

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t m);
extern void *__libc_realloc(void *p, size_t n);

static bool
no_memory(void)
{
	if (!plan.only_alloc || !concerned())
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	return no_memory() ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t m)
{
	return no_memory() ? NULL : __libc_calloc(n, m);
}

void *
realloc(void *p, size_t n)
{
	return no_memory() ? NULL : __libc_realloc(p, n);
}
