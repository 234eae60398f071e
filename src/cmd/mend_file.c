#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/files.h"
#include "cmd/mend.h"
#include "conf/edit.h"
#include "os/fs.h"

#define FILES_MAX 256 /* of one configuration */

/* One edit: a file of the configuration as it is, and as it shall be. */
struct change {
	const struct cmd_ctx *ctx;
	struct conf_override set;
	char file[4096];
	struct buf old, fresh;
};

/* ---- writing ---- */

static int
fail(const struct cmd_ctx *ctx, const char *verb, const char *path)
{
	struct diag d;
	(void)fs_fail(&d, errno, verb, path);
	return cmd_fail(ctx, CMD_UNKNOWN, "%s", d.text);
}

/* Give the new file the owner of like, and its mode or that one. */
static bool
dress(int fd, const char *like, unsigned mode)
{
	struct stat old, own;
	if (stat(like, &old) != 0 || fstat(fd, &own) != 0)
		return false;
	if ((own.st_uid != old.st_uid || own.st_gid != old.st_gid) &&
	    fchown(fd, old.st_uid, old.st_gid) != 0)
		return false;
	return fchmod(fd, mode != 0 ? mode : old.st_mode & 0777) == 0;
}

static int
put(const struct cmd_ctx *ctx, int dir, const char *name, const char *path,
    const char *like, unsigned mode, struct slice text)
{
	char made[300];
	int code = CMD_GOOD;
	(void)snprintf(made, sizeof(made), ".%.250s.new", name);
	(void)unlinkat(dir, made, 0);
	int fd = openat(dir, made,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(ctx, "write beside", path);
	if (!dress(fd, like, mode))
		code = fail(ctx, "keep the owner and mode of", like);
	else if (fs_write_all(fd, text) != ERR_OK || fs_sync(fd) != ERR_OK)
		code = fail(ctx, "write", path);
	else if (renameat(dir, made, dir, name) != 0)
		code = fail(ctx, "replace", path);
	if (code == CMD_GOOD && fs_sync(dir) != ERR_OK)
		code = fail(ctx, "write", path);
	if (code != CMD_GOOD)
		(void)unlinkat(dir, made, 0);
	close(fd);
	return code;
}

int
mend_put(const struct cmd_ctx *ctx, const char *path, const char *like,
    unsigned mode, struct slice text)
{
	char parent[4096];
	struct diag d;
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	int dir;

	(void)snprintf(parent, sizeof(parent), "%.*s",
	    slash == NULL   ? 1
	    : slash == path ? 1
			    : (int)(slash - path),
	    slash == NULL ? "." : path);
	if (fs_open_dir(FS_CWD, parent, &dir, &d) != ERR_OK)
		return cmd_fail(ctx, CMD_UNKNOWN, "%s", d.text);
	int code = put(ctx, dir, name, path, like, mode, text);
	fs_close(&dir);
	return code;
}

/* ---- the edit ---- */

struct listing {
	char *path[FILES_MAX];
	size_t n;
};

static enum err
read_listed(void *arg, const char *path, struct buf *out, struct diag *d)
{
	struct listing *l = arg;
	if (l->n < FILES_MAX && (l->path[l->n] = strdup(path)) != NULL)
		l->n++;
	return fs_read_file(FS_CWD, path, CONF_TEXT_MAX, out, d);
}

static enum err
read_text(const char *path, struct buf *out, struct diag *d)
{
	buf_clear(out);
	return fs_read_file(FS_CWD, path, CONF_TEXT_MAX, out, d);
}

static enum err
edit_named(struct change *c, const char *path, bool make, struct diag *d)
{
	enum err e = read_text(path, &c->old, d);
	(void)snprintf(c->file, sizeof(c->file), "%s", path);
	buf_clear(&c->fresh);
	if (e == ERR_OK)
		e = conf_edit_set(buf_slice(&c->old), &c->set, make, &c->fresh);
	return e;
}

/* In the file that has the section; where none has, at the end of the main
 * one. */
static enum err
edit_section(struct change *c, struct diag *d)
{
	struct listing l = {.n = 0};
	const struct conf_source src = {read_listed, &l};
	struct conf_report r;
	struct conf *conf = NULL;
	enum err e = ERR_NOT_FOUND;

	conf_report_init(&r);
	if (conf_read(&src, c->ctx->config_path, NULL, &conf, &r) == ERR_OK)
		for (size_t i = 0; i < l.n && e == ERR_NOT_FOUND; i++)
			e = edit_named(c, l.path[i], false, d);
	if (e == ERR_NOT_FOUND)
		e = edit_named(c, c->ctx->config_path, true, d);
	conf_free(conf);
	conf_report_free(&r);
	for (size_t i = 0; i < l.n; i++)
		free(l.path[i]);
	return e;
}

static enum err
edit(struct change *c, const void *field, struct diag *d)
{
	struct conf_pos pos;
	if (!conf_where(c->ctx->conf, field, &pos))
		return edit_section(c, d);
	(void)snprintf(c->file, sizeof(c->file), "%s", pos.file);
	enum err e = read_text(pos.file, &c->old, d);
	if (e == ERR_OK)
		e = conf_edit_at(
		    buf_slice(&c->old), &pos, c->set.value, &c->fresh);
	return e;
}

/* The lines in which two texts differ, and the number of the first. */
static void
differ(struct slice a, struct slice b, struct mend_finding *f)
{
	size_t front = 0, back = 0, least = a.n < b.n ? a.n : b.n;
	while (front < least && a.p[front] == b.p[front])
		front++;
	while (front > 0 && a.p[front - 1] != '\n')
		front--;
	while (
	    back < least - front && a.p[a.n - 1 - back] == b.p[b.n - 1 - back])
		back++;
	/* Back to the end of a whole line. */
	while (back > 0 && (a.n - back > front || b.n - back > front) &&
	       !((a.n - back == front || a.p[a.n - back - 1] == '\n') &&
		   (b.n - back == front || b.p[b.n - back - 1] == '\n')))
		back--;
	f->line = 1;
	for (size_t i = 0; i < front; i++)
		f->line += a.p[i] == '\n';
	buf_clear(&f->before);
	buf_clear(&f->after);
	buf_add(&f->before, slice_to(slice_from(a, front), a.n - back - front));
	buf_add(&f->after, slice_to(slice_from(b, front), b.n - back - front));
}

static void
change_free(struct change *c)
{
	buf_free(&c->old);
	buf_free(&c->fresh);
}

static int
change_make(struct cmd_ctx *ctx, struct mend_finding *f, struct change *c)
{
	struct diag d;
	diag_clear(&d);
	*c = (struct change){
	    .ctx = ctx, .set = {slice_str(f->setting), buf_slice(&f->value)}};
	buf_init(&c->old, CONF_TEXT_MAX);
	buf_init(&c->fresh, CONF_TEXT_MAX);
	enum err e = edit(c, mend_field(ctx->conf, f), &d);
	if (e != ERR_OK)
		return cmd_fail(ctx, CMD_UNKNOWN, "%s: %s cannot be set: %s",
		    c->file, f->setting,
		    d.text[0] != '\0' ? d.text : err_name(e));
	memcpy(f->file, c->file, sizeof(f->file));
	differ(buf_slice(&c->old), buf_slice(&c->fresh), f);
	return CMD_GOOD;
}

int
mend_prepare(struct cmd_ctx *ctx, struct mend_finding *f)
{
	struct change c;
	int code = change_make(ctx, f, &c);
	change_free(&c);
	return code;
}

/* ---- is it what it should be? ---- */

static enum err
read_changed(void *arg, const char *path, struct buf *out, struct diag *d)
{
	const struct change *c = arg;
	if (strcmp(path, c->file) != 0)
		return fs_read_file(FS_CWD, path, CONF_TEXT_MAX, out, d);
	buf_add(out, buf_slice(&c->fresh));
	return buf_err(out);
}

static bool
same_conf(const struct conf *a, const struct conf *b)
{
	struct buf x, y;
	buf_init(&x, CONF_BUNDLE_MAX);
	buf_init(&y, CONF_BUNDLE_MAX);
	conf_show(a, &x);
	conf_show(b, &y);
	bool same = buf_err(&x) == ERR_OK && buf_err(&y) == ERR_OK &&
		    slice_eq(buf_slice(&x), buf_slice(&y));
	buf_free(&x);
	buf_free(&y);
	return same;
}

/* How many errors config check has about the files it names. */
static size_t
file_errors(const struct cmd_ctx *ctx, const struct conf *c, bool show)
{
	struct conf_report r;
	conf_report_init(&r);
	files_check(c, ctx->config_path, &r);
	size_t n = r.errors;
	if (show)
		cmd_print_report(stderr, &r, false);
	conf_report_free(&r);
	return n;
}

/* *out is the configuration as it will be: the one there is but for that
 * value, without an error that is new. */
static int
verify(struct change *c, struct conf **out)
{
	const struct conf_source src = {read_changed, c};
	const struct conf_source files = cmd_conf_source();
	const struct cmd_ctx *ctx = c->ctx;
	struct conf *fresh = NULL, *wanted = NULL;
	struct conf_report r, r2;

	conf_report_init(&r);
	conf_report_init(&r2);
	bool good =
	    conf_read(&src, ctx->config_path, NULL, &fresh, &r) == ERR_OK;
	cmd_print_report(stderr, &r, false);
	good = good &&
	       conf_read_with(&files, ctx->config_path, &c->set, 1, &wanted,
		   &r2) == ERR_OK &&
	       same_conf(fresh, wanted);
	if (good && file_errors(ctx, fresh, false) >
			file_errors(ctx, ctx->conf, false)) {
		(void)file_errors(ctx, fresh, true);
		good = false;
	}
	conf_report_free(&r);
	conf_report_free(&r2);
	conf_free(wanted);
	if (good) {
		*out = fresh;
		return CMD_GOOD;
	}
	conf_free(fresh);
	return cmd_fail(ctx, CMD_USAGE,
	    "%s: with %s = %.*s it would not be a good configuration: nothing "
	    "is written",
	    c->file, (const char *)c->set.name.p,
	    SLICE_ARG(slice_to(c->set.value, 200)));
}

/* Where the file really is, that a link is edited and not replaced; but root
 * is led nowhere by a link that somebody else made. */
static int
resolve(const struct change *c, char out[PATH_MAX])
{
	struct stat st;
	if (geteuid() == 0 && lstat(c->file, &st) == 0 && S_ISLNK(st.st_mode) &&
	    st.st_uid != 0)
		return cmd_fail(c->ctx, CMD_BAD,
		    "%s is a link that is not root's; name the file it leads "
		    "to with -c",
		    c->file);
	if (realpath(c->file, out) == NULL)
		return fail(c->ctx, "find", c->file);
	if (access(out, W_OK) != 0)
		return fail(c->ctx, "write", out);
	return CMD_GOOD;
}

/* Is the file still what the edit was made of? And nobody else edits now. */
static int
lock(const struct change *c, const char *path, int *out_fd)
{
	struct diag d;
	struct buf now;
	*out_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*out_fd < 0 || flock(*out_fd, LOCK_EX | LOCK_NB) != 0)
		return fail(c->ctx, "lock", path);
	buf_init(&now, CONF_TEXT_MAX);
	bool same = read_text(path, &now, &d) == ERR_OK &&
		    slice_eq(buf_slice(&now), buf_slice(&c->old));
	buf_free(&now);
	return same ? CMD_GOOD
		    : cmd_fail(c->ctx, CMD_UNKNOWN,
			  "%s was changed by somebody else meanwhile: nothing "
			  "is written",
			  path);
}

static int
store(const struct change *c, bool first)
{
	char path[PATH_MAX], old[PATH_MAX + 8];
	int fd = -1;
	int code = resolve(c, path);
	if (code == CMD_GOOD)
		code = lock(c, path, &fd);
	(void)snprintf(old, sizeof(old), "%s.old", path);
	if (code == CMD_GOOD && first)
		code = mend_put(c->ctx, old, path, 0, buf_slice(&c->old));
	if (code == CMD_GOOD)
		code = mend_put(c->ctx, path, path, 0, buf_slice(&c->fresh));
	fs_close(&fd);
	return code;
}

int
mend_write(struct cmd_ctx *ctx, struct mend_finding *f, bool first)
{
	struct change c;
	struct conf *fresh = NULL;
	int code = change_make(ctx, f, &c);
	if (code == CMD_GOOD)
		code = verify(&c, &fresh);
	if (code == CMD_GOOD)
		code = store(&c, first);
	if (code == CMD_GOOD)
		ctx->conf = fresh;
	else
		conf_free(fresh);
	change_free(&c);
	return code;
}
