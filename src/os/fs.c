#include "os/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(FS_CWD == AT_FDCWD, "FS_CWD is AT_FDCWD");

enum err
fs_errno(int errnum)
{
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ERR_FULL;
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	case EEXIST:
		return ERR_EXISTS;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case ENOMEM:
		return ERR_NOMEM;
	default:
		return ERR_IO;
	}
}

enum err
fs_fail(struct diag *d, int errnum, const char *verb, const char *path)
{
	enum err e = fs_errno(errnum);
	const char *cause = e == ERR_FULL ? "local.disk-full"
			    : e == ERR_IO ? "local.io-error"
					  : NULL;
	return diag_set(
	    d, e, cause, "cannot %s %s: %s", verb, path, strerror(errnum));
}

void
fs_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

enum err
fs_open_dir(int dir, const char *path, int *out_fd, struct diag *d)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fs_fail(d, errno, "open directory", path);
	*out_fd = fd;
	return ERR_OK;
}

static enum err
mkdir_one(const char *path, mode_t mode, struct diag *d)
{
	struct stat st;
	if (mkdir(path, mode) == 0)
		return ERR_OK;
	int errnum = errno;
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return ERR_OK;
		return diag_set(d, ERR_EXISTS, NULL,
		    "%s is there but is not a directory", path);
	}
	return fs_fail(d, errnum, "create directory", path);
}

enum err
fs_mkdirs(const char *path, mode_t mode, struct diag *d)
{
	char *copy = strdup(path);
	if (copy == NULL)
		return fs_fail(d, ENOMEM, "create directory", path);
	enum err e = ERR_OK;
	for (char *p = copy + 1; *copy != '\0' && *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		e = mkdir_one(copy, mode, d);
		*p = '/';
		if (e != ERR_OK)
			break;
	}
	if (e == ERR_OK)
		e = mkdir_one(copy, mode, d);
	free(copy);
	return e;
}

static enum err
read_whole(int fd, const char *path, size_t max_octets, struct buf *out,
    struct diag *d)
{
	uint8_t chunk[16384];
	size_t total = 0;
	for (;;) {
		ssize_t n = pread(fd, chunk, sizeof(chunk), (off_t)total);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fs_fail(d, errno, "read", path);
		if (n == 0)
			return ERR_OK;
		total += (size_t)n;
		if (total > max_octets)
			return diag_set(d, ERR_LIMIT, NULL,
			    "%s is larger than %zu octets", path, max_octets);
		buf_add(out, slice_of(chunk, (size_t)n));
		if (buf_err(out) != ERR_OK)
			return diag_set(d, buf_err(out), NULL,
			    "cannot hold %s: %s", path, err_name(buf_err(out)));
	}
}

enum err
fs_read_file(int dir, const char *path, size_t max_octets, struct buf *out,
    struct diag *d)
{
	struct stat st;
	/* O_NONBLOCK: opening a fifo must not wait for its writer. */
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fs_fail(d, errno, "open", path);
	enum err e;
	if (fstat(fd, &st) != 0)
		e = fs_fail(d, errno, "read", path);
	else if (!S_ISREG(st.st_mode))
		e = diag_set(d, ERR_IO, NULL, "%s is not a regular file", path);
	else
		e = read_whole(fd, path, max_octets, out, d);
	close(fd);
	return e;
}

enum err
fs_read_fd(int fd, size_t max_octets, struct buf *out, struct diag *d)
{
	return read_whole(fd, "the file handed over", max_octets, out, d);
}

enum err
fs_write_all(int fd, struct slice data)
{
	while (data.n > 0) {
		ssize_t n = write(fd, data.p, data.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fs_errno(errno);
		data = slice_from(data, (size_t)n);
	}
	return ERR_OK;
}

enum err
fs_sync(int fd)
{
	return fsync(fd) == 0 ? ERR_OK : fs_errno(errno);
}

/* Bytes and mode on disk under the temporary name. */
static int
write_temp(int dir, const char *tmp, struct slice data, mode_t mode)
{
	int fd =
	    openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	int errnum = 0;
	errno = 0;
	/* fchmod and not the mode of openat: the umask has no say here. */
	if (fchmod(fd, mode) != 0 || fs_write_all(fd, data) != ERR_OK ||
	    fsync(fd) != 0)
		errnum = errno != 0 ? errno : EIO;
	if (close(fd) != 0 && errnum == 0)
		errnum = errno;
	return errnum;
}

enum err
fs_write_file(
    int dir, const char *name, struct slice data, mode_t mode, struct diag *d)
{
	char tmp[300];
	int n = snprintf(tmp, sizeof(tmp), ".%s.%ld.tmp", name, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof(tmp) || strchr(name, '/') != NULL)
		return fs_fail(d, EINVAL, "write", name);
	/* One that a killed process of the same pid left behind. */
	unlinkat(dir, tmp, 0);
	int errnum = write_temp(dir, tmp, data, mode);
	if (errnum == 0 && renameat(dir, tmp, dir, name) != 0)
		errnum = errno;
	if (errnum != 0) {
		unlinkat(dir, tmp, 0);
		return fs_fail(d, errnum, "write", name);
	}
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fs_fail(d, errno, "sync the directory of", name);
	errnum = fsync(fd) == 0 ? 0 : errno;
	close(fd);
	if (errnum != 0)
		return fs_fail(d, errnum, "sync the directory of", name);
	return ERR_OK;
}

static enum err
lock_taken(int fd, const char *name, struct diag *d)
{
	char pid[24] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);
	pid[n > 0 ? n : 0] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
	return diag_set(d, ERR_EXISTS, NULL, "%s is held by process %s", name,
	    pid[0] != '\0' ? pid : "unknown");
}

enum err
fs_lock(int dir, const char *name, int *out_fd, struct diag *d)
{
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fs_fail(d, errno, "open lock file", name);
	enum err e = ERR_OK;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		e = errno == EWOULDBLOCK ? lock_taken(fd, name, d)
					 : fs_fail(d, errno, "lock", name);
	} else {
		char pid[24];
		int n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
		if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)n, 0) != n)
			e = fs_fail(d, errno, "write lock file", name);
	}
	if (e != ERR_OK) {
		close(fd);
		return e;
	}
	*out_fd = fd;
	return ERR_OK;
}
