#include "cmd/exempt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fs.h"

#define NEW_MODE 0644

static int
fail(const struct exempt_edit *e, const char *verb, const char *path)
{
	struct diag d;
	(void)fs_fail(&d, errno, verb, path);
	return cmd_fail(e->ctx, CMD_UNKNOWN, "%s", d.text);
}

/* Where the file really is, that a link is edited and not replaced; but root is
 * led nowhere by a link that somebody else made. */
static int
resolve(struct exempt_edit *e, struct slice file)
{
	struct stat st;
	if (geteuid() == 0 && lstat((const char *)file.p, &st) == 0 &&
	    S_ISLNK(st.st_mode) && st.st_uid != 0)
		return cmd_fail(e->ctx, CMD_BAD,
		    "%s is a link that is not root's; name in %s the file it "
		    "leads to",
		    (const char *)file.p, e->ctx->config_path);
	char *real = realpath((const char *)file.p, NULL);
	int n = snprintf(e->path, sizeof(e->path), "%s",
	    real != NULL ? real : (const char *)file.p);
	free(real);
	if (n < 0 || (size_t)n >= sizeof(e->path))
		return cmd_fail(
		    e->ctx, CMD_USAGE, "the path of the list is too long");
	return CMD_GOOD;
}

static int
open_dir(struct exempt_edit *e)
{
	struct diag d;
	char *slash = strrchr(e->path, '/');
	const char *dir = slash == NULL      ? "."
			  : slash == e->path ? "/"
					     : e->path;
	e->name = slash == NULL ? e->path : slash + 1;
	if (slash != NULL && slash != e->path)
		*slash = '\0';
	enum err err = fs_mkdirs(dir, 0755, &d);
	if (err == ERR_OK)
		err = fs_open_dir(FS_CWD, dir, &e->dir, &d);
	int code = err == ERR_OK ? CMD_GOOD
				 : cmd_fail(e->ctx, CMD_UNKNOWN, "%s", d.text);
	if (code == CMD_GOOD && flock(e->dir, LOCK_EX) != 0)
		code = fail(e, "lock", dir);
	if (slash != NULL && slash != e->path)
		*slash = '/';
	return code;
}

/* A list without a file: what is to be written where. */
static int
no_file(const struct exempt_edit *e)
{
	const char *name = conf_exempt_name(e->list);
	const struct conf_exempt *x = e->ctx->conf->exempts[e->list];
	if (x == NULL)
		return cmd_fail(e->ctx, CMD_USAGE,
		    "there is no file for the list \"%s\"; add to %s: exempt "
		    "\"%s\" { file = \"/etc/kurir/exempt/%s.list\" }",
		    name, e->ctx->config_path, name, name);
	return cmd_fail(e->ctx, CMD_USAGE,
	    "there is no file for the list \"%s\"; add to its section in "
	    "%s:%u: file = \"/etc/kurir/exempt/%s.list\"",
	    name, x->pos.file, x->pos.line, name);
}

int
exempt_edit_begin(struct exempt_edit *e, const struct cmd_ctx *ctx,
    enum conf_exempt_list list)
{
	const struct conf_exempt *x = ctx->conf->exempts[list];
	struct diag d;
	*e = (struct exempt_edit){.ctx = ctx, .list = list, .dir = -1};
	buf_init(&e->text, EXEMPT_TEXT_MAX);
	buf_init(&e->fresh, EXEMPT_TEXT_MAX);
	if (x == NULL || x->file.n == 0)
		return no_file(e);
	int code = resolve(e, x->file);
	if (code == CMD_GOOD)
		code = open_dir(e);
	if (code != CMD_GOOD)
		return code;
	enum err err =
	    fs_read_file(e->dir, e->name, EXEMPT_TEXT_MAX, &e->text, &d);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return cmd_fail(ctx, CMD_UNKNOWN, "%s", d.text);
	return CMD_GOOD;
}

/* Give the new file the owner and mode of the old one. */
static bool
dress(const struct exempt_edit *e, int fd)
{
	struct stat old, own;
	if (fstatat(e->dir, e->name, &old, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT && fchmod(fd, NEW_MODE) == 0;
	if (fstat(fd, &own) != 0)
		return false;
	if ((own.st_uid != old.st_uid || own.st_gid != old.st_gid) &&
	    fchown(fd, old.st_uid, old.st_gid) != 0)
		return false;
	return fchmod(fd, old.st_mode & 0777) == 0;
}

int
exempt_edit_commit(struct exempt_edit *e)
{
	char made[300];
	int code = CMD_GOOD;
	if (buf_err(&e->fresh) != ERR_OK)
		return cmd_fail(e->ctx, CMD_UNKNOWN, "%s: %s", e->path,
		    buf_err(&e->fresh) == ERR_LIMIT ? "the list is too long"
						    : "out of memory");
	snprintf(made, sizeof(made), ".%.250s.new", e->name);
	(void)unlinkat(e->dir, made, 0);
	int fd = openat(e->dir, made,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(e, "write beside", e->path);
	if (!dress(e, fd))
		code = fail(e, "keep the owner and mode of", e->path);
	else if (fs_write_all(fd, buf_slice(&e->fresh)) != ERR_OK ||
		 fs_sync(fd) != ERR_OK)
		code = fail(e, "write", e->path);
	else if (renameat(e->dir, made, e->dir, e->name) != 0)
		code = fail(e, "replace", e->path);
	if (code == CMD_GOOD && fs_sync(e->dir) != ERR_OK)
		code = fail(e, "write", e->path);
	if (code != CMD_GOOD)
		(void)unlinkat(e->dir, made, 0);
	close(fd);
	return code;
}

void
exempt_edit_end(struct exempt_edit *e)
{
	fs_close(&e->dir);
	buf_free(&e->text);
	buf_free(&e->fresh);
}
