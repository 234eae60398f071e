/* check_input.c - what a check is given besides its options: a target, a
 * password, a message. */
#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/check.h"
#include "os/fs.h"

/* ---- the target ---- */

/* Labels of what may stand in a name; other letters than those of ASCII do. */
static bool
is_name(struct slice s)
{
	size_t label = 0;

	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool inside =
		    ascii_is_alnum(c) || c == '-' || c == '_' || c >= 0x80;
		if (!inside && (c != '.' || label == 0))
			return false;
		label = inside ? label + 1 : 0;
		if (label > 63)
			return false;
	}
	return label > 0 && s.n <= 253;
}

static bool
is_port(struct slice s)
{
	uint64_t n;

	return slice_u64(s, &n) && n > 0 && n <= 65535;
}

/* "192.0.2.1", "[IPv6:2001:db8::1]:25", "mail.contoh.id:25". */
static bool
is_host(struct slice s, bool port_may_be)
{
	struct ip ip;
	size_t end;

	if (ip_parse(s, &ip) == ERR_OK)
		return true;
	if (s.n > 0 && s.p[0] == '[') {
		end = slice_find(s, ']');
		struct slice in = slice_of(s.p + 1, end - 1);
		if (slice_starts_nocase(in, SLICE("ipv6:")))
			in = slice_from(in, 5);
		if (end == s.n || ip_parse(in, &ip) != ERR_OK)
			return false;
		end++;
	} else {
		end = slice_rfind(s, ':');
		if (!is_name(slice_to(s, end)) &&
		    ip_parse(slice_to(s, end), &ip) != ERR_OK)
			return false;
	}
	return end == s.n || (port_may_be && s.p[end] == ':' &&
				 is_port(slice_from(s, end + 1)));
}

bool
check_target_ok(const struct check_kind *k, struct slice target)
{
	size_t at = slice_rfind(target, '@');

	if (at < target.n)
		return at > 0 && is_host(slice_from(target, at + 1), false);
	return is_host(target, strstr(k->operand, "PORT") != NULL);
}

/* ---- a password ---- */

/* The first line of fd, without its end. */
static enum err
read_line(int fd, struct buf *out)
{
	for (;;) {
		uint8_t c;
		ssize_t n = read(fd, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_IO;
		if (n == 0 && out->n == 0)
			return ERR_CLOSED;
		if (n == 0 || c == '\n')
			break;
		if (c == 3) /* Ctrl-C: see below */
			return ERR_CLOSED;
		if (c != '\r')
			buf_add_byte(out, c);
	}
	return buf_err(out);
}

int
check_password(struct check_run *run)
{
	struct termios old, silent;
	bool terminal =
	    isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &old) == 0;

	if (terminal) {
		silent = old;
		/* Without signals the terminal is never left silent: Ctrl-C is
		 * an octet that ends the line as Enter does. */
		silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
		silent.c_cc[VEOL] = 3;
		fputs("Password: ", stderr);
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	}
	enum err e = read_line(STDIN_FILENO, &run->password);
	if (terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fputc('\n', stderr);
	}
	if (e == ERR_OK && run->password.n > 0)
		return CMD_GOOD;
	return cmd_fail(run->ctx, CMD_USAGE,
	    e == ERR_LIMIT ? "the password is too long"
			   : "--user: no password on standard input: give it "
			     "as one line");
}

enum err
check_file(const char *path, struct buf *out, struct diag *d)
{
	if (strcmp(path, "-") != 0)
		return fs_read_file(FS_CWD, path, out->max, out, d);
	for (;;) {
		if (buf_reserve(out, 65536) != ERR_OK)
			return diag_set(d, ERR_LIMIT, NULL,
			    "standard input is longer than %zu octets",
			    out->max);
		ssize_t n = read(STDIN_FILENO, out->p + out->n, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diag_set(d, ERR_IO, NULL,
			    "cannot read standard input: %s", strerror(errno));
		if (n == 0)
			return ERR_OK;
		buf_commit(out, (size_t)n);
	}
}

int
check_message(struct check_run *run, const char *path)
{
	struct diag d;

	if (check_file(path, &run->message, &d) != ERR_OK)
		return cmd_fail(run->ctx, CMD_UNKNOWN, "%s", d.text);
	return CMD_GOOD;
}
