#include "role/deliver/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fs.h"

#define CHUNK 65536u

struct folders {
	int top, tmp, new, cur;
};

/* As fs_fail, but a quota is the owner's, a full disk the operator's. */
static enum err
failed(struct diag *d, int errnum, const char *verb, const char *path)
{
	enum err e = fs_fail(d, errnum, verb, path);
	const char *cause = errnum == EDQUOT ? "mailbox.full"
			    : errnum == ENOSPC || errnum == EFBIG
				? "local.disk-full"
				: "local.io-error";
	char text[sizeof(d->text)];
	memcpy(text, d->text, sizeof(text));
	if (errnum == EFBIG)
		e = ERR_FULL;
	return diag_set(d, e, cause, "%s", text);
}

/* Making a path has its own words; only the cause may be missing. */
static enum err
with_cause(struct diag *d, enum err e)
{
	struct diag why = *d;
	return diag_set(d, e,
	    why.cause[0] != '\0' ? why.cause : "local.io-error", "%s",
	    why.text);
}

static void
close_folders(struct folders *f)
{
	fs_close(&f->cur);
	fs_close(&f->new);
	fs_close(&f->tmp);
	fs_close(&f->top);
}

static enum err
folder(int top, const char *name, int *out_fd, struct diag *d)
{
	if (mkdirat(top, name, 0700) == 0) {
		if (fsync(top) != 0)
			return failed(d, errno, "sync the folder of", name);
	} else if (errno != EEXIST) {
		return failed(d, errno, "make", name);
	}
	*out_fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *out_fd >= 0 ? ERR_OK : failed(d, errno, "open", name);
}

static enum err
open_folders(const char *path, struct folders *f, struct diag *d)
{
	f->top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->top < 0 && errno == ENOENT) {
		enum err e = fs_mkdirs(path, 0700, d);
		if (e != ERR_OK)
			return with_cause(d, e);
		f->top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (f->top < 0)
		return failed(d, errno, "open", path);
	enum err e = folder(f->top, "tmp", &f->tmp, d);
	if (e == ERR_OK)
		e = folder(f->top, "new", &f->new, d);
	if (e == ERR_OK)
		e = folder(f->top, "cur", &f->cur, d);
	return e;
}

/* In cur/ it may have flags after its name: "NAME:2,S". */
static bool
in_cur(const struct folders *f, const char *name)
{
	size_t n = strlen(name);
	int fd = openat(f->cur, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	bool there = false;
	if (dir == NULL) {
		fs_close(&fd);
		return false;
	}
	while (!there && (entry = readdir(dir)) != NULL)
		there = strncmp(entry->d_name, name, n) == 0 &&
			(entry->d_name[n] == '\0' || entry->d_name[n] == ':');
	(void)closedir(dir);
	return there;
}

/* Reading cur/ at each delivery would make a large mailbox slow, so only one
 * that may be a repetition does. */
static bool
done_before(const struct folders *f, const struct maildir_job *j)
{
	struct stat st;
	if (fstatat(f->new, j->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	return j->again && in_cur(f, j->name);
}

/* ---- the text ---- */

struct text {
	int fd;
	uint8_t out[CHUNK];
	size_t n;
	bool cr; /* the last octet was CR, not yet written */
	enum err err;
	int errnum;
};

static void
flush(struct text *t)
{
	size_t at = 0;
	while (t->err == ERR_OK && at < t->n) {
		ssize_t n = write(t->fd, t->out + at, t->n - at);
		if (n < 0 && errno != EINTR) {
			t->errnum = errno;
			t->err = fs_errno(errno);
		} else if (n > 0) {
			at += (size_t)n;
		}
	}
	t->n = 0;
}

static void
put(struct text *t, uint8_t c)
{
	if (t->n == sizeof(t->out))
		flush(t);
	t->out[t->n++] = c;
}

/* CR LF becomes LF; a CR alone stays what it is. */
static void
add_wire(struct text *t, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (t->cr && c != '\n')
			put(t, '\r');
		t->cr = c == '\r';
		if (!t->cr)
			put(t, c);
	}
}

static void
add_address(struct text *t, const char *name, struct slice a, bool angle)
{
	add_wire(t, slice_str(name));
	if (angle)
		put(t, '<');
	/* An envelope address has no line end; were there one, it would make
	 * a field of its own. */
	for (size_t i = 0; i < a.n; i++)
		put(t, a.p[i] < ' ' || a.p[i] == 0x7f ? '?' : a.p[i]);
	if (angle)
		put(t, '>');
	put(t, '\n');
}

static void
add_file(struct text *t, int fd)
{
	uint8_t in[CHUNK];
	off_t at = 0;
	while (t->err == ERR_OK) {
		ssize_t n = pread(fd, in, sizeof(in), at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			t->errnum = errno;
			t->err = fs_errno(errno);
		}
		if (n <= 0)
			break;
		at += n;
		add_wire(t, slice_of(in, (size_t)n));
	}
}

static enum err
write_text(int fd, const struct maildir_job *j, struct diag *d)
{
	struct text *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return diag_set(d, ERR_NOMEM, "", "out of memory");
	t->fd = fd;
	add_address(t, "Return-Path: ", j->from, true);
	add_address(t, "Delivered-To: ", j->rcpt, false);
	if (j->fd >= 0)
		add_file(t, j->fd);
	else
		add_wire(t, j->body);
	if (t->cr)
		put(t, '\r');
	flush(t);
	enum err e =
	    t->err == ERR_OK ? ERR_OK : failed(d, t->errnum, "write", j->path);
	free(t);
	if (e == ERR_OK && fsync(fd) != 0)
		e = failed(d, errno, "sync", j->path);
	return e;
}

/* ---- the delivery ---- */

static enum err
move_to_new(struct folders *f, const struct maildir_job *j, struct diag *d)
{
	if (renameat(f->tmp, j->name, f->new, j->name) != 0)
		return failed(d, errno, "move", j->path);
	if (fsync(f->new) != 0)
		return failed(d, errno, "sync", j->path);
	return ERR_OK;
}

static enum err
deliver(struct folders *f, const struct maildir_job *j, struct diag *d)
{
	int fd = openat(f->tmp, j->name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return failed(d, errno, "write below", j->path);
	enum err e = write_text(fd, j, d);
	if (close(fd) != 0 && e == ERR_OK)
		e = failed(d, errno, "write", j->path);
	if (e == ERR_OK)
		e = move_to_new(f, j, d);
	if (e != ERR_OK)
		(void)unlinkat(f->tmp, j->name, 0);
	return e;
}

enum err
maildir_deliver(const struct maildir_job *j, bool *out_repeated, struct diag *d)
{
	struct folders f = {-1, -1, -1, -1};
	*out_repeated = false;
	if (j->name[0] == '\0' || j->name[0] == '.' ||
	    strchr(j->name, '/') != NULL)
		return diag_set(d, ERR_DENIED, "local.io-error",
		    "a file of the Maildir cannot be named so");
	enum err e = open_folders(j->path, &f, d);
	if (e == ERR_OK && done_before(&f, j)) {
		*out_repeated = true;
		/* It may have come there just before a crash. */
		if (fsync(f.new) != 0)
			e = failed(d, errno, "sync", j->path);
	} else if (e == ERR_OK) {
		e = deliver(&f, j, d);
	}
	close_folders(&f);
	return e;
}
