#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/check.h"
#include "cmd/check_change.h"
#include "os/fs.h"

int
check_exit(const struct check_run *run, const struct report *r)
{
	static const int codes[] = {[CHECK_GOOD] = CMD_GOOD,
	    [CHECK_BAD] = CMD_BAD,
	    [CHECK_UNKNOWN] = CMD_UNKNOWN};

	return run->kind->first_line != NULL ? CMD_GOOD
					     : codes[report_verdict(r)];
}

int
check_worse(int a, int b)
{
	if (a == CMD_BAD || b == CMD_BAD)
		return CMD_BAD;
	return a > b ? a : b;
}

void
check_out(const struct buf *b)
{
	if (b->n > 0)
		fwrite(b->p, 1, b->n, stdout);
}

enum err
check_write_file(const char *path, struct slice text, struct diag *d)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	char dir[4096] = ".";
	int fd = -1;

	if (slash != NULL) {
		size_t n = slash == path ? 1 : (size_t)(slash - path);
		if (n >= sizeof(dir))
			return diag_set(d, ERR_LIMIT, NULL,
			    "%s: the path is too long", path);
		memcpy(dir, path, n);
		dir[n] = '\0';
	}
	if (*name == '\0')
		return diag_set(d, ERR_SYNTAX, NULL, "%s is no file", path);
	enum err e = fs_open_dir(FS_CWD, dir, &fd, d);
	if (e == ERR_OK)
		e = fs_write_file(fd, name, text, 0644, d);
	fs_close(&fd);
	return e;
}

int
check_write(const struct check_run *run, const char *path, struct slice text)
{
	struct diag d;
	enum err e = run->has_writer ? check_write_by(run, path, text, &d)
				     : check_write_file(path, text, &d);

	return e == ERR_OK ? CMD_GOOD
			   : cmd_fail(run->ctx, CMD_USAGE, "check: %s", d.text);
}

int
check_show_html(struct check_run *run, const struct report *r, const char *path)
{
	struct buf b;

	buf_init(&b, CHECK_OUT_MAX);
	render_html(r, &run->render, &b);
	int code = buf_err(&b) == ERR_OK
		       ? check_write(run, path, buf_slice(&b))
		       : cmd_fail(run->ctx, CMD_UNKNOWN, "out of memory");
	buf_free(&b);
	return code;
}

/* ---- only what differs ---- */

int
check_last(struct check_run *run)
{
	const char *path = run->args.on_change;
	struct diag d;

	buf_init(&run->last, CHECK_OUT_MAX);
	run->last_there = access(path, F_OK) == 0 || errno != ENOENT;
	if (!run->last_there ||
	    fs_read_file(FS_CWD, path, run->last.max, &run->last, &d) == ERR_OK)
		return CMD_GOOD;
	return cmd_fail(run->ctx, CMD_USAGE, "--on-change: %s", d.text);
}

/* *out NULL: there was no such file. */
static int
read_last(const struct check_run *run, json_t **out)
{
	json_error_t e;

	*out = run->last_there ? json_loadb((const char *)run->last.p,
				     run->last.n, JSON_ALLOW_NUL, &e)
			       : NULL;
	if (run->last_there && *out == NULL)
		return cmd_fail(run->ctx, CMD_USAGE,
		    "--on-change: %s holds no answer of a check; remove it, or "
		    "name another file",
		    run->args.on_change);
	return CMD_GOOD;
}

static int
write_now(const struct check_run *run, const json_t *now)
{
	char *text = json_dumps(now, JSON_COMPACT);

	if (text == NULL)
		return cmd_fail(run->ctx, CMD_UNKNOWN, "out of memory");
	int code = check_write(run, run->args.on_change, slice_str(text));
	free(text);
	return code;
}

static int
print_changes(const struct check_run *run, const json_t *changes)
{
	struct slice rest, line;
	struct buf b;

	if (run->ctx->json) {
		if (json_array_size(changes) > 0)
			json_dumpf(
			    changes, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
		if (json_array_size(changes) > 0)
			putchar('\n');
		return CMD_GOOD;
	}
	buf_init(&b, CHECK_OUT_MAX);
	check_change_text(changes, &b);
	for (rest = buf_slice(&b); rest.n > 0;
	     rest = slice_from(rest, line.n + 1)) {
		line = slice_to(rest, slice_find(rest, '\n'));
		cmd_print_safe(stdout, line);
		putchar('\n');
	}
	int code = buf_err(&b) == ERR_OK ? CMD_GOOD : CMD_UNKNOWN;
	buf_free(&b);
	return code;
}

int
check_since(struct check_run *run, const json_t *now, bool *out_first)
{
	json_t *last, *changes;
	int code = read_last(run, &last);

	*out_first = last == NULL;
	if (code != CMD_GOOD)
		return code;
	if (last != NULL) {
		changes = check_change_find(last, now);
		code = changes != NULL
			   ? print_changes(run, changes)
			   : cmd_fail(run->ctx, CMD_UNKNOWN, "out of memory");
		json_decref(changes);
		json_decref(last);
	}
	/* What could not be shown is to be shown again. */
	if (code == CMD_GOOD && (fflush(stdout) != 0 || ferror(stdout)))
		code =
		    cmd_fail(run->ctx, CMD_UNKNOWN, "cannot write the answer");
	return code == CMD_GOOD ? write_now(run, now) : code;
}

/* true: there was an answer before, and what differs was shown. */
static bool
show_changes(struct check_run *run, const struct report *r, int *out_code)
{
	struct buf b;
	bool first = true;

	buf_init(&b, CHECK_OUT_MAX);
	render_json(r, &b);
	json_t *now = buf_err(&b) == ERR_OK ? json_loadb((const char *)b.p, b.n,
						  JSON_ALLOW_NUL, NULL)
					    : NULL;
	buf_free(&b);
	*out_code = now != NULL
			? check_since(run, now, &first)
			: cmd_fail(run->ctx, CMD_UNKNOWN, "out of memory");
	json_decref(now);
	return !first;
}

/* The result as a word alone, for scripts; then what it rests on. */
static void
add_first_lines(
    const struct check_run *run, const struct report *r, struct buf *b)
{
	static const char *const keys[] = {"mechanism", "explanation"};
	struct slice text;

	if (!report_get(r, run->kind->first_line, &text))
		text = SLICE("temperror");
	buf_add_escaped(b, text);
	buf_add_byte(b, '\n');
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!report_get(r, keys[i], &text))
			continue;
		buf_printf(b, "%s: ", keys[i]);
		buf_add_escaped(b, text);
		buf_add_byte(b, '\n');
	}
}

int
check_show(struct check_run *run, const struct report *r)
{
	struct buf b;
	int code = CMD_GOOD;

	if (run->args.html != NULL)
		code = check_show_html(run, r, run->args.html);
	if (run->args.on_change != NULL && code == CMD_GOOD &&
	    (show_changes(run, r, &code) || code != CMD_GOOD))
		return code;
	buf_init(&b, CHECK_OUT_MAX);
	if (run->ctx->json) {
		render_json(r, &b);
	} else if (run->args.csv) {
		render_csv(r, &run->render, &b);
	} else {
		if (run->kind->first_line != NULL)
			add_first_lines(run, r, &b);
		render_text(r, &run->render, &b);
	}
	check_out(&b);
	if (buf_err(&b) != ERR_OK)
		code = cmd_fail(run->ctx, CMD_UNKNOWN, "out of memory");
	buf_free(&b);
	return code;
}
