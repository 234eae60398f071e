#include "check/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/conf.h"
#include "os/fdpass.h"
#include "os/fs.h"
#include "os/memfd.h"
#include "os/process.h"

#define CONTROL_FD 3
#define STDERR_FD  2
#define FILE_MAX   (4u << 20)
/* Who a child of root becomes. */
#define POOR_USER "nobody"

/* Where the roles are, seen from the directory of our own binary: a build
 * tree (twice), and an installed one. */
static const char *const places[] = {
    "libexec", "../../libexec", "../libexec/kurir"};

enum err
check_child_find(char *out, size_t max, struct diag *d)
{
	char self[PATH_MAX], path[PATH_MAX + 64], role[PATH_MAX + 80];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return diag_set(d, ERR_NOT_FOUND, NULL,
		    "cannot find out where this binary is");
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int len =
		    snprintf(path, sizeof(path), "%s/%s", self, places[i]);
		snprintf(role, sizeof(role), "%s/resolver", path);
		if (len < 0 || (size_t)len >= max || access(role, X_OK) != 0)
			continue;
		memcpy(out, path, (size_t)len + 1);
		return ERR_OK;
	}
	return diag_set(d, ERR_NOT_FOUND, NULL,
	    "the programs of the server are not where this binary expects "
	    "them (../libexec/kurir); install both");
}

/* ---- what it says ---- */

static void
on_message(struct chan *c, struct ipc_msg *m, void *arg)
{
	struct check_child *k = arg;
	(void)c;
	if (m->type == IPC_ready)
		k->ready = true;
	else if (m->type == IPC_fatal)
		snprintf(
		    k->why, sizeof(k->why), "%.*s", SLICE_ARG(m->fatal.text));
}

static void
on_closed(struct chan *c, const struct diag *why, void *arg)
{
	struct check_child *k = arg;
	(void)c;
	(void)why;
	k->master = NULL;
	k->ready = false;
	if (k->gone != NULL)
		k->gone(k->arg);
}

static const struct chan_ops child_ops = {on_message, on_closed, NULL};

/* ---- what it is given ---- */

static enum err
tell(struct check_child *k, struct ipc_msg *m)
{
	return k->master == NULL ? ERR_CLOSED : chan_send(k->master, m);
}

static enum err
tell_with(struct check_child *k, struct ipc_msg *m, struct slice content)
{
	enum err e = memfd_make(content, &m->fd);
	if (e != ERR_OK)
		return e;
	e = tell(k, m);
	fs_close(&m->fd);
	return e;
}

enum err
check_child_file(
    struct check_child *k, enum ipc_file_kind what, struct slice content)
{
	struct ipc_msg m = {.type = IPC_file, .fd = -1};
	m.file.what = (uint8_t)what;
	return tell_with(k, &m, content);
}

enum err
check_child_path(
    struct check_child *k, enum ipc_file_kind what, const char *path)
{
	struct buf text;
	struct diag d;
	enum err e = ERR_OK;
	buf_init(&text, FILE_MAX);
	if (fs_read_file(FS_CWD, path, FILE_MAX, &text, &d) == ERR_OK)
		e = check_child_file(k, what, buf_slice(&text));
	buf_free(&text);
	return e;
}

static enum err
read_text(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	const struct slice *text = ctx;
	(void)path;
	(void)d;
	buf_add(out, *text);
	return buf_err(out);
}

static enum err
give_config(struct check_child *k, struct slice text)
{
	struct conf_report report;
	struct conf *conf = NULL;
	struct buf bundle;
	struct ipc_msg m = {.type = IPC_config, .fd = -1};
	const struct conf_source source = {read_text, &text};
	conf_report_init(&report);
	buf_init(&bundle, CONF_BUNDLE_MAX);
	enum err e = conf_read(&source, "check", &bundle, &conf, &report);
	if (e == ERR_OK) {
		m.config.generation = 1;
		e = tell_with(k, &m, buf_slice(&bundle));
	}
	conf_free(conf);
	conf_report_free(&report);
	buf_free(&bundle);
	return e;
}

static enum err
give_end(struct check_child *k, int fd, enum role_kind peer)
{
	struct ipc_msg m = {.type = IPC_peer, .fd = fd};
	m.peer.role = (uint8_t)peer;
	return tell(k, &m);
}

enum err
check_child_wire(struct check_child *a, struct check_child *b)
{
	int fds[2];
	if (fdpass_pair(fds) != ERR_OK)
		return ERR_NOMEM;
	enum err e = give_end(a, fds[0], b->kind);
	if (e == ERR_OK)
		e = give_end(b, fds[1], a->kind);
	close(fds[0]);
	close(fds[1]);
	return e;
}

struct chan *
check_child_ask_by(struct check_child *k, const struct chan_ops *ops, void *arg)
{
	int fds[2];
	if (fdpass_pair(fds) != ERR_OK)
		return NULL;
	struct chan *c = NULL;
	if (give_end(k, fds[1], ROLE_CMD) == ERR_OK)
		c = chan_new(k->loop, fds[0], ROLE_CMD, k->kind, ops, arg);
	close(fds[1]);
	if (c == NULL)
		close(fds[0]);
	return c;
}

enum err
check_child_go(struct check_child *k)
{
	struct ipc_msg m = {.type = IPC_go, .fd = -1};
	m.go.generation = 1;
	return tell(k, &m);
}

/* ---- its life ---- */

/* Never as root, unless there is nobody else it could be: then who asks was
 * told that he is root himself. Its log lines are not for who asked. */
static enum err
spawn(struct check_child *k, const char *path, int end, struct diag *d)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null < 0)
		return fs_fail(d, errno, "open", "/dev/null");
	const char *argv[] = {path, NULL};
	const struct process_fd fds[] = {{end, CONTROL_FD}, {null, STDERR_FD}};
	struct process_conf conf = {.path = path,
	    .argv = argv,
	    .fds = fds,
	    .fd_count = 2,
	    .user = geteuid() == 0 && process_user_exists(POOR_USER) ? POOR_USER
								     : NULL};
	enum err e = process_spawn(&conf, &k->pid, d);
	if (e != ERR_OK && conf.user != NULL) {
		conf.user = NULL;
		e = process_spawn(&conf, &k->pid, d);
	}
	close(null);
	return e;
}

enum err
check_child_start(struct check_child *k, struct loop *loop, const char *libexec,
    enum role_kind kind, struct slice conf_text, struct diag *d)
{
	char path[PATH_MAX];
	int fds[2];
	*k = (struct check_child){.kind = kind, .loop = loop};
	snprintf(path, sizeof(path), "%s/%s", libexec, role_name(kind));
	if (fdpass_pair(fds) != ERR_OK)
		return diag_set(d, ERR_NOMEM, NULL, "out of descriptors");
	enum err e = spawn(k, path, fds[1], d);
	close(fds[1]);
	if (e == ERR_OK)
		k->master =
		    chan_new(loop, fds[0], ROLE_MASTER, kind, &child_ops, k);
	if (k->master == NULL) {
		close(fds[0]);
		check_child_stop(k);
		return e != ERR_OK
			   ? e
			   : diag_set(d, ERR_NOMEM, NULL,
				 "out of memory for %s", role_name(kind));
	}
	e = give_config(k, conf_text);
	if (e != ERR_OK) {
		check_child_stop(k);
		return diag_set(d, e, NULL, "%s cannot be configured: %s",
		    role_name(kind), err_name(e));
	}
	return ERR_OK;
}

void
check_child_stop(struct check_child *k)
{
	if (k == NULL)
		return;
	if (k->master != NULL)
		chan_close(k->master);
	k->master = NULL;
	if (k->pid > 0) {
		kill(k->pid, SIGKILL);
		while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	k->pid = 0;
}
