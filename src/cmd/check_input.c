/* check_input.c - what a check is given besides its options: a password, a
 * message. */
#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/check.h"
#include "os/fs.h"

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

int
check_message(struct check_run *run, const char *path)
{
	struct buf *m = &run->message;
	struct diag d;

	if (strcmp(path, "-") != 0) {
		if (fs_read_file(FS_CWD, path, m->max, m, &d) != ERR_OK)
			return cmd_fail(run->ctx, CMD_UNKNOWN, "%s", d.text);
		return CMD_GOOD;
	}
	for (;;) {
		if (buf_reserve(m, 65536) != ERR_OK)
			return cmd_fail(run->ctx, CMD_UNKNOWN,
			    "the message is longer than %zu octets", m->max);
		ssize_t n = read(STDIN_FILENO, m->p + m->n, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cmd_fail(run->ctx, CMD_UNKNOWN,
			    "cannot read standard input: %s", strerror(errno));
		if (n == 0)
			return CMD_GOOD;
		buf_commit(m, (size_t)n);
	}
}
