/* check_rights.c - kurir check as root. What hostile servers send is parsed by
 * nobody: before the first connection the process gives its rights up, and one
 * that keeps them writes the files that were asked for, and no others. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check/child.h"
#include "cmd/check.h"
#include "os/fs.h"
#include "os/process.h"

#define POOR_USER "nobody"
/* Out of the way of the descriptors that children are given. */
#define LIBEXEC_FD 200

/* ---- the one that writes ---- */

struct order {
	size_t path_n, text_n;
};

struct outcome {
	bool failed;
	char why[256];
};

static bool
send_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t did = send(fd, at, n, MSG_NOSIGNAL);
		if (did < 0 && errno == EINTR)
			continue;
		if (did <= 0)
			return false;
		at += did;
		n -= (size_t)did;
	}
	return true;
}

static bool
receive_all(int fd, void *p, size_t n)
{
	char *at = p;

	while (n > 0) {
		ssize_t did = recv(fd, at, n, 0);
		if (did < 0 && errno == EINTR)
			continue;
		if (did <= 0)
			return false;
		at += did;
		n -= (size_t)did;
	}
	return true;
}

/* Was that file asked for? Of a directory of pages any plain name in it. */
static bool
asked_for(const struct check_args *a, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	const char *slash = strrchr(path, '/');

	if ((a->html != NULL && strcmp(path, a->html) == 0) ||
	    (a->on_change != NULL && strcmp(path, a->on_change) == 0))
		return true;
	return a->html_dir != NULL && slash != NULL &&
	       strlen(a->html_dir) == (size_t)(slash - path) &&
	       strncmp(a->html_dir, path, (size_t)(slash - path)) == 0 &&
	       slash[1] != '.' && slash[1] != '\0' &&
	       strspn(slash + 1, plain) == strlen(slash + 1);
}

static bool
obey(const struct check_run *run, int fd)
{
	struct outcome is = {0};
	struct order o;
	struct diag d;
	char path[PATH_MAX];

	if (!receive_all(fd, &o, sizeof(o)) || o.path_n >= sizeof(path) ||
	    o.text_n > CHECK_OUT_MAX || !receive_all(fd, path, o.path_n))
		return false;
	path[o.path_n] = '\0';
	uint8_t *text = malloc(o.text_n + 1);
	if (text == NULL || !receive_all(fd, text, o.text_n)) {
		free(text);
		return false;
	}
	if (!asked_for(&run->args, path))
		diag_set(&d, ERR_DENIED, NULL, "nobody asked for that file");
	is.failed =
	    !asked_for(&run->args, path) ||
	    check_write_file(path, slice_of(text, o.text_n), &d) != ERR_OK;
	if (is.failed)
		snprintf(is.why, sizeof(is.why), "%s", d.text);
	free(text);
	return send_all(fd, &is, sizeof(is));
}

static bool
start_writer(struct check_run *run)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		while (obey(run, fds[1]))
			;
		_exit(0);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return false;
	}
	run->writer = fds[0];
	run->has_writer = true;
	return true;
}

enum err
check_write_by(const struct check_run *run, const char *path, struct slice text,
    struct diag *d)
{
	struct order o = {strlen(path), text.n};
	struct outcome is;

	if (!send_all(run->writer, &o, sizeof(o)) ||
	    !send_all(run->writer, path, o.path_n) ||
	    !send_all(run->writer, text.p, text.n) ||
	    !receive_all(run->writer, &is, sizeof(is)))
		return diag_set(
		    d, ERR_IO, NULL, "%s: who was to write it is gone", path);
	is.why[sizeof(is.why) - 1] = '\0';
	return is.failed ? diag_set(d, ERR_IO, NULL, "%s", is.why) : ERR_OK;
}

/* ---- the one that asks ---- */

/* The programs of the server may stand where nobody else may look. */
static void
keep_libexec(struct check_run *run)
{
	char path[PATH_MAX];
	struct diag d;

	if (check_child_find(path, sizeof(path), &d) != ERR_OK)
		return;
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, LIBEXEC_FD);
	if (fd >= 0)
		close(fd);
	if (high < 0)
		return;
	snprintf(run->libexec, sizeof(run->libexec), "/proc/self/fd/%d", high);
	run->opts.libexec = run->libexec;
}

/* A mailbox that the check looks into as the message arrives. */
static bool
needs_rights(const struct check_run *run)
{
	const char *mailbox = run->args.probe_mailbox;

	return mailbox != NULL && strchr(mailbox, '/') != NULL;
}

int
check_step_down(struct check_run *run)
{
	const struct check_args *a = &run->args;
	struct diag d;
	int code = a->on_change != NULL ? check_last(run) : CMD_GOOD;

	if (code != CMD_GOOD || geteuid() != 0)
		return code;
	keep_libexec(run);
	if (needs_rights(run)) {
		snprintf(run->as_root, sizeof(run->as_root), "%s",
		    tr("the mailbox of --probe-mailbox is read as it is "
		       "delivered to"));
		return CMD_GOOD;
	}
	bool writes =
	    a->html != NULL || a->on_change != NULL || a->html_dir != NULL;
	if (writes && !start_writer(run))
		return cmd_fail(
		    run->ctx, CMD_UNKNOWN, "check: %s", strerror(errno));
	if (process_step_down(POOR_USER, &d) != ERR_OK)
		snprintf(run->as_root, sizeof(run->as_root), "%s", d.text);
	return CMD_GOOD;
}

void
check_say_root(const struct check_run *run, struct report *r)
{
	if (r != NULL && run->as_root[0] != '\0')
		report_findingf(r, "check.as-root", SEVERITY_INFO,
		    tr("Run it as an ordinary user: it needs no rights."),
		    tr("What servers sent was read with the rights of root: "
		       "%s"),
		    run->as_root);
}
