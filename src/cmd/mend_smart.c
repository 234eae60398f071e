#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/mend.h"
#include "os/fs.h"

#define LINE_MAX_OCTETS 1024
#define FILE_MAX_OCTETS (1u << 20)
#define PORT            587 /* submission, unless it is told otherwise */

/* ---- asking ---- */

/* One line of standard input; false: its end, or it is too long. */
static bool
ask(const char *question, bool silent, char *out, size_t max)
{
	struct termios old, now;
	bool hidden = silent && tcgetattr(STDIN_FILENO, &old) == 0;
	fputs(question, stderr);
	if (hidden) {
		now = old;
		/* Without signals the terminal is never left silent: Ctrl-C is
		 * an octet that ends the line as Enter does. */
		now.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
		now.c_cc[VEOL] = 3;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
	}
	bool got = fgets(out, (int)max, stdin) != NULL;
	if (hidden) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fputc('\n', stderr);
	}
	size_t end = got ? strcspn(out, "\r\n\x03") : 0;
	bool whole = got && (out[end] != '\0' || end + 1 < max);
	out[end] = '\0';
	return whole;
}

/* What was given, or what is typed where somebody can be asked. */
static bool
given(const struct mend_args *a, const char *option, const char *question,
    char *out, size_t max)
{
	out[0] = '\0';
	if (option != NULL) {
		int n = snprintf(out, max, "%s", option);
		return n >= 0 && (size_t)n < max;
	}
	return a->yes || a->dry_run || ask(question, false, out, max);
}

/* ---- the next hop ---- */

/* "host", "host:587", "[192.0.2.1]:587": that host itself, not its MX. */
static bool
read_hop(const char *text, struct buf *value, struct buf *credential)
{
	struct slice s = slice_str(text), rest = SLICE_EMPTY;
	struct nexthop hop;
	struct buf b;

	if (slice_starts(s, SLICE("["))) {
		size_t close = slice_find(s, ']');
		if (close == s.n)
			return false;
		rest = slice_from(s, close + 1);
		s = slice_from(slice_to(s, close), 1);
	} else {
		size_t colon = slice_rfind(s, ':');
		rest = slice_from(s, colon);
		s = slice_to(s, colon);
	}
	buf_init(&b, 2048);
	buf_add_str(&b, "smarthost:[");
	buf_add(&b, s);
	buf_add_byte(&b, ']');
	if (rest.n > 0)
		buf_add(&b, rest);
	else
		buf_printf(&b, ":%d", PORT);
	struct slice whole = buf_slice(&b);
	bool good =
	    buf_err(&b) == ERR_OK && nexthop_parse(whole, &hop, NULL) == ERR_OK;
	buf_clear(value);
	if (good) {
		buf_add_byte(value, '"');
		nexthop_text(&hop, value);
		buf_add_byte(value, '"');
		buf_add(
		    credential, slice_from(whole, sizeof("smarthost:") - 1));
	}
	buf_free(&b);
	return good;
}

/* ---- the file of credentials ---- */

/* Where it is, or will be: beside the configuration. */
static int
find_file(struct cmd_ctx *ctx, char out[4096])
{
	const struct slice *now = &ctx->conf->outbound.credentials;
	char real[PATH_MAX];
	if (now->n > 0) {
		(void)snprintf(out, 4096, "%.*s", SLICE_ARG(*now));
		return CMD_GOOD;
	}
	if (realpath(ctx->config_path, real) == NULL)
		return cmd_fail(ctx, CMD_UNKNOWN, "%s: %s", ctx->config_path,
		    strerror(errno));
	*(strrchr(real, '/') + 1) = '\0';
	int n = snprintf(out, 4096, "%scredentials", real);
	return n > 0 && n < 4096
		   ? CMD_GOOD
		   : cmd_fail(ctx, CMD_USAGE, "%s: the path is too long", real);
}

/* The lines of others stay; one for that host is replaced. */
static void
add_lines(struct slice old, struct slice hop, struct buf *out)
{
	while (old.n > 0) {
		size_t lf = slice_find(old, '\n');
		struct slice line = slice_to(old, lf);
		bool own = slice_starts_nocase(line, hop) && line.n > hop.n &&
			   (line.p[hop.n] == ' ' || line.p[hop.n] == '\t');
		if (!own) {
			buf_add(out, line);
			buf_add_byte(out, '\n');
		}
		old = slice_from(old, lf + 1);
	}
}

static bool
fits(const char *user, const char *password)
{
	size_t n = strlen(password);
	return strpbrk(user, ": \t") == NULL && n > 0 &&
	       strpbrk(password, "\r\n") == NULL && password[0] != ' ' &&
	       password[0] != '\t' && password[n - 1] != ' ' &&
	       password[n - 1] != '\t';
}

static int
write_file(struct cmd_ctx *ctx, const char *path, struct slice hop,
    const char *user, const char *password)
{
	struct buf old, fresh;
	struct diag d;
	int code = CMD_GOOD;
	if (!fits(user, password))
		return cmd_fail(ctx, CMD_USAGE,
		    "the name may hold no colon and no space, and the password "
		    "neither begin nor end with a space");
	buf_init(&old, FILE_MAX_OCTETS);
	buf_init(&fresh, FILE_MAX_OCTETS + 4096);
	enum err e = fs_read_file(FS_CWD, path, FILE_MAX_OCTETS, &old, &d);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		code = cmd_fail(ctx, CMD_UNKNOWN, "%s", d.text);
	add_lines(buf_slice(&old), hop, &fresh);
	buf_add(&fresh, hop);
	buf_printf(&fresh, " %s:%s\n", user, password);
	if (code == CMD_GOOD)
		code = mend_put(
		    ctx, path, ctx->config_path, 0600, buf_slice(&fresh));
	if (old.p != NULL)
		explicit_bzero(old.p, old.cap);
	if (fresh.p != NULL)
		explicit_bzero(fresh.p, fresh.cap);
	buf_free(&old);
	buf_free(&fresh);
	return code;
}

/* Never an argument: of a file its first line, of a terminal unseen. */
static int
read_password(
    struct cmd_ctx *ctx, const struct mend_args *a, char *out, size_t max)
{
	struct buf b;
	struct diag d;
	out[0] = '\0';
	if (a->password_file == NULL) {
		if (ask("Password of the smart host: ", true, out, max))
			return CMD_GOOD;
		return cmd_fail(ctx, CMD_USAGE,
		    "no password: give it as one line of standard input, or "
		    "with --password-file");
	}
	buf_init(&b, 65536);
	enum err e = fs_read_file(FS_CWD, a->password_file, 65536, &b, &d);
	struct slice line =
	    slice_to(buf_slice(&b), slice_find(buf_slice(&b), '\n'));
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	bool good =
	    e == ERR_OK && line.n < max && slice_find(line, '\0') == line.n;
	if (good)
		(void)snprintf(out, max, "%.*s", SLICE_ARG(line));
	if (b.p != NULL)
		explicit_bzero(b.p, b.cap);
	buf_free(&b);
	if (good)
		return CMD_GOOD;
	return cmd_fail(ctx, CMD_USAGE, "%s",
	    e != ERR_OK ? d.text : "the password is too long");
}

int
mend_smart_ask(struct cmd_ctx *ctx, const struct mend_args *a,
    struct mend_finding *f, struct mend_smart *out)
{
	char host[LINE_MAX_OCTETS];
	buf_init(&out->hop, 2048);
	if (!given(a, a->smarthost, "Smart host, as HOST:PORT (empty: none): ",
		host, sizeof(host)) ||
	    host[0] == '\0')
		return CMD_BAD;
	if (!read_hop(host, &f->value, &out->hop))
		return cmd_fail(ctx, CMD_USAGE,
		    "\"%s\" is no host with a port such as "
		    "smtp.example.org:587",
		    host);
	if (!given(a, a->user, "User name there (empty: none): ", out->user,
		sizeof(out->user)) &&
	    out->user[0] != '\0')
		return cmd_fail(ctx, CMD_USAGE, "the user name is too long");
	if (out->user[0] == '\0')
		return CMD_GOOD;
	return find_file(ctx, out->file);
}

int
mend_smart_store(
    struct cmd_ctx *ctx, const struct mend_args *a, struct mend_smart *s)
{
	char password[LINE_MAX_OCTETS];
	int code = read_password(ctx, a, password, sizeof(password));
	if (code == CMD_GOOD)
		code = write_file(
		    ctx, s->file, buf_slice(&s->hop), s->user, password);
	explicit_bzero(password, sizeof(password));
	return code;
}
