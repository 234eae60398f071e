#include "cmd/cmd.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "os/fs.h"

#define MESSAGE_MAX 8192 /* of one that says why a command failed */

static enum err
read_file(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)ctx;
	return fs_read_file(FS_CWD, path, CONF_TEXT_MAX, out, d);
}

struct conf_source
cmd_conf_source(void)
{
	return (struct conf_source){read_file, NULL};
}

void
cmd_print_report(FILE *to, const struct conf_report *r, bool warnings)
{
	struct buf line;

	buf_init(&line, 8192);
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].severity == CONF_WARNING && !warnings)
			continue;
		buf_clear(&line);
		conf_message_text(&r->v[i], &line);
		cmd_print_safe(to, buf_slice(&line));
		fputc('\n', to);
	}
	if (r->lost > 0)
		fprintf(to, "and %zu more\n", r->lost);
	buf_free(&line);
}

int
cmd_conf(struct cmd_ctx *ctx)
{
	struct conf_source src = cmd_conf_source();
	struct conf_report r;

	if (ctx->conf != NULL)
		return CMD_GOOD;
	conf_report_init(&r);
	enum err e = conf_read(&src, ctx->config_path, NULL, &ctx->conf, &r);
	cmd_print_report(stderr, &r, false);
	if (e != ERR_OK && r.errors == 0)
		cmd_fail(
		    ctx, CMD_USAGE, "%s: %s", ctx->config_path, err_name(e));
	conf_report_free(&r);
	return e == ERR_OK ? CMD_GOOD : CMD_USAGE;
}

int
cmd_fail(const struct cmd_ctx *ctx, int code, const char *fmt, ...)
{
	char text[MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s: ", ctx->program);
	/* Words of the command line, of files and of others stand in it. */
	cmd_print_safe(stderr, slice_str(n < 0 ? fmt : text));
	fputs(n < (int)sizeof(text) ? "\n" : " ...\n", stderr);
	return code;
}

const char *
cmd_colour(const struct cmd_ctx *ctx, enum cmd_colour c)
{
	static const char *const escapes[] = {
	    [COLOUR_OFF] = "\x1b[0m",
	    [COLOUR_RED] = "\x1b[31m",
	    [COLOUR_GREEN] = "\x1b[32m",
	    [COLOUR_YELLOW] = "\x1b[33m",
	    [COLOUR_DIM] = "\x1b[2m",
	    [COLOUR_BOLD] = "\x1b[1m",
	};
	return ctx->colour ? escapes[c] : "";
}

void
cmd_print_safe(FILE *to, struct slice text)
{
	while (text.n > 0) {
		size_t n;
		if (utf8_shown(text, &n))
			fwrite(text.p, 1, n, to);
		else
			for (size_t i = 0; i < n; i++)
				fprintf(to, "\\x%02X", text.p[i]);
		text = slice_from(text, n);
	}
}

bool
cmd_env_indonesian(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *v = getenv(names[i]);
		if (v != NULL && *v != '\0')
			return strncmp(v, "id", 2) == 0 &&
			       (v[2] == '\0' || v[2] == '_' || v[2] == '.');
	}
	return false;
}
