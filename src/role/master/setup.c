/* setup.c - what must be right before anything starts. Each failure is one
 * line on standard error that says what to do. */
#include "os/fs.h"
#include "role/master/master.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LISTEN_PATIENCE_MS 3000
#define LISTEN_PAUSE_MS    50

/* ---- configuration ---- */

static enum err
read_file(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)ctx;
	return fs_read_file(FS_CWD, path, CONF_TEXT_MAX, out, d);
}

static void
print_report(const struct conf_report *r)
{
	struct buf line;
	for (size_t i = 0; i < r->n; i++) {
		buf_init(&line, 4096);
		conf_message_text(&r->v[i], &line);
		fprintf(stderr, "%.*s\n", SLICE_ARG(buf_slice(&line)));
		buf_free(&line);
	}
	if (r->lost > 0)
		fprintf(stderr, "and %zu more\n", r->lost);
}

enum err
setup_read_conf(struct master *m, struct conf **out, struct buf *bundle)
{
	const struct conf_source source = {read_file, NULL};
	struct conf_report report;
	conf_report_init(&report);
	buf_clear(bundle);
	enum err err = conf_read(&source, m->conf_path, bundle, out, &report);
	print_report(&report);
	if (err != ERR_OK && report.n == 0)
		master_say("%s: %s", m->conf_path, err_name(err));
	conf_report_free(&report);
	return err;
}

/* ---- one of us for each data-dir ---- */

enum err
setup_lock(struct master *m)
{
	int dir;
	struct diag d;
	const char *path = (const char *)m->conf->data_dir.p;
	enum err err = fs_open_dir(FS_CWD, path, &dir, &d);
	if (err == ERR_OK) {
		err = fs_lock(dir, "kurir.lock", &m->lock_fd, &d);
		fs_close(&dir);
	}
	if (err == ERR_EXISTS)
		master_say("another kurir is running on %s: %s; stop it, or "
			   "give this one a data-dir of its own",
		    path, d.text);
	else if (err != ERR_OK)
		master_say("data-dir %s: %s%s", path, d.text,
		    err == ERR_FULL ? "; make room on that disk" : "");
	return err;
}

/* ---- sockets ---- */

static struct bound *
bound_find(struct master *m, struct slice name, const struct conf_endpoint *e)
{
	LIST_FOREACH (n, &m->bound) {
		struct bound *b = LIST_OWNER(n, struct bound, node);
		if (b->at.port == e->port && ip_eq(&b->at.ip, &e->ip) &&
		    slice_eq(buf_slice(&b->name), name))
			return b;
	}
	return NULL;
}

/* A section that was renamed, or lost the address to another, keeps the
 * socket: what waits in it is not lost. */
static int
bound_elsewhere(struct master *m, const struct conf_endpoint *e)
{
	LIST_FOREACH (n, &m->bound) {
		struct bound *b = LIST_OWNER(n, struct bound, node);
		if (b->at.port == e->port && ip_eq(&b->at.ip, &e->ip))
			return fcntl(b->fd, F_DUPFD_CLOEXEC, 0);
	}
	return -1;
}

/* At the start the workers of a parent that was killed may still be dying:
 * they hold its ports for a moment more. */
static enum err
listen_patiently(struct master *m, struct bound *b, struct diag *d)
{
	const struct timespec pause = {.tv_nsec = LISTEN_PAUSE_MS * 1000000};
	enum err err = sock_listen(&b->at, &b->fd, d);
	for (int i = 0; err == ERR_EXISTS && m->loop == NULL &&
			i < LISTEN_PATIENCE_MS / LISTEN_PAUSE_MS;
	     i++) {
		(void)nanosleep(&pause, NULL);
		err = sock_listen(&b->at, &b->fd, d);
	}
	return err;
}

static enum err
bind_one(struct master *m, struct slice name, size_t index,
    const struct conf_endpoint *e)
{
	struct diag d;
	struct bound *b = calloc(1, sizeof(*b));
	if (b == NULL)
		return ERR_NOMEM;
	b->at = (struct sock_addr){e->ip, e->port};
	b->index = (uint16_t)index;
	b->generation = m->offered;
	buf_init(&b->name, 4096);
	buf_add(&b->name, name);
	enum err err = ERR_OK;
	b->fd = bound_elsewhere(m, e);
	if (b->fd < 0)
		err = listen_patiently(m, b, &d);
	if (err != ERR_OK) {
		master_say("listen \"%.*s\": %s%s", SLICE_ARG(name), d.text,
		    err == ERR_EXISTS
			? "; stop that program, or listen elsewhere"
			: "");
		buf_free(&b->name);
		free(b);
		return err;
	}
	list_push_back(&m->bound, &b->node);
	return ERR_OK;
}

enum err
setup_listen(struct master *m, const struct conf *conf)
{
	for (size_t i = 0; i < conf->listen_n; i++) {
		const struct conf_listen *l = &conf->listen[i];
		for (size_t k = 0; k < l->address.n; k++) {
			if (bound_find(m, l->name, &l->address.v[k]) != NULL)
				continue;
			enum err err =
			    bind_one(m, l->name, k, &l->address.v[k]);
			if (err != ERR_OK)
				return err;
		}
	}
	return ERR_OK;
}

static bool
wanted(const struct conf *conf, const struct bound *b)
{
	const struct conf_listen *l =
	    conf_listen_find(conf, buf_slice(&b->name));
	for (size_t k = 0; l != NULL && k < l->address.n; k++)
		if (l->address.v[k].port == b->at.port &&
		    ip_eq(&l->address.v[k].ip, &b->at.ip))
			return true;
	return false;
}

void
setup_unlisten(struct master *m, const struct conf *conf)
{
	LIST_FOREACH_SAFE (n, &m->bound) {
		struct bound *b = LIST_OWNER(n, struct bound, node);
		if (conf != NULL && wanted(conf, b))
			continue;
		close(b->fd);
		list_remove(&b->node);
		buf_free(&b->name);
		free(b);
	}
}

/* Who may do what is decided by SO_PEERCRED for each request, so everybody
 * may knock. */
enum err
setup_control(struct master *m)
{
	const char *path = (const char *)m->conf->control.p;
	char dir[4096];
	struct diag d;
	snprintf(dir, sizeof(dir), "%s", path);
	char *slash = strrchr(dir, '/');
	if (slash != NULL && slash != dir) {
		*slash = '\0';
		if (fs_mkdirs(dir, 0755, &d) != ERR_OK) {
			master_say("%s; create it, or set control to a path "
				   "where kurir may write",
			    d.text);
			return ERR_DENIED;
		}
	}
	enum err err = sock_listen_unix(
	    path, SOCK_KIND_SEQPACKET, 0666, &m->control_fd, &d);
	if (err != ERR_OK)
		master_say("control: %s", d.text);
	return err;
}
