/* role.c - what all roles share; see role.h. */
#include "role/role.h"

#include "base/hash.h"
#include "os/clock.h"
#include "os/fs.h"
#include "os/log.h"
#include "os/process.h"
#include "os/random.h"
#include "role/rights.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Everything a role is started with that is not its own state. */
struct run {
	struct role role;
	struct list confs; /* struct held_conf, the one in force last */
	struct conf *next; /* offered by a reload, not yet in force */
	uint32_t next_generation;
	uint32_t instance;
	bool opened;
	struct list controls;
	int exit_code;
};

/* A configuration that is or was in force, and who still needs it. */
struct held_conf {
	struct list node;
	struct conf *conf;
	unsigned refs;
};

/* A connection of kurir(1) that the role is answering. */
struct control {
	struct list node;
	struct chan *chan;
	struct run *run;
};

static struct run *
run_of(struct role *r)
{
	return LIST_OWNER(r, struct run, role);
}

static const char *
self_name(const struct run *run)
{
	return role_name(run->role.ops->kind);
}

static void
tell_master(struct role *r, const struct ipc_msg *m)
{
	if (r->master != NULL && chan_send(r->master, m) != ERR_OK)
		log_line(LOG_WARNING, "master-gone", "role=%s",
		    role_name(r->ops->kind));
}

_Noreturn void
role_fatal(struct role *r, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	struct ipc_msg m = {.type = IPC_fatal, .fd = -1};
	m.fatal.text = slice_str(text);
	tell_master(r, &m);
	/* The frame is in the socket: master reads it before the end of file.
	 */
	_exit(1);
}

void
role_exit(struct role *r)
{
	loop_stop(r->loop);
}

id_t64
role_id(struct role *r)
{
	return id_next(&r->ids, loop_unix_ms(r->loop));
}

/* ---- peers ---- */

struct chan *
role_peer(struct role *r, enum role_kind kind, uint64_t hint)
{
	size_t n = 0;
	while (n < ROLE_PEERS_MAX && r->peers[kind][n] != NULL)
		n++;
	return n == 0 ? NULL : r->peers[kind][hint % n];
}

bool
role_send(struct chan *c, const struct ipc_msg *m)
{
	return c != NULL && chan_send(c, m) == ERR_OK;
}

static bool
peer_add(struct role *r, enum role_kind kind, struct chan *c)
{
	for (size_t i = 0; i < ROLE_PEERS_MAX; i++)
		if (r->peers[kind][i] == NULL) {
			r->peers[kind][i] = c;
			return true;
		}
	return false;
}

/* The live ones stay at the front, so that role_peer can count them. */
static void
peer_forget(struct role *r, const struct chan *c)
{
	struct chan **row = r->peers[chan_peer(c)];
	size_t at = 0;
	while (at < ROLE_PEERS_MAX && row[at] != c)
		at++;
	for (; at + 1 < ROLE_PEERS_MAX; at++)
		row[at] = row[at + 1];
	if (at < ROLE_PEERS_MAX)
		row[at] = NULL;
}

static void
on_peer_message(struct chan *c, struct ipc_msg *m, void *arg)
{
	struct run *run = arg;
	run->role.ops->message(&run->role, c, m);
}

static void
on_peer_closed(struct chan *c, const struct diag *why, void *arg)
{
	struct run *run = arg;
	peer_forget(&run->role, c);
	/* That one ended is told by master, once. */
	if (chan_broken(c)) {
		struct ipc_msg m = {.type = IPC_broken, .fd = -1};
		m.broken.role = (uint8_t)chan_peer(c);
		m.broken.tag = chan_tag(c);
		log_line(LOG_ERROR, "peer-broke-rules",
		    "role=%s peer=%s why=\"%s\"", self_name(run),
		    role_name(chan_peer(c)), why->text);
		tell_master(&run->role, &m);
	}
	if (run->role.ops->peer_lost != NULL)
		run->role.ops->peer_lost(&run->role, c);
}

static void
on_peer_writable(struct chan *c, void *arg)
{
	struct run *run = arg;
	if (run->role.ops->peer_writable != NULL)
		run->role.ops->peer_writable(&run->role, c);
}

static const struct chan_ops peer_ops = {
    on_peer_message, on_peer_closed, on_peer_writable};

static void
take_peer(struct run *run, struct ipc_msg *m)
{
	struct role *r = &run->role;
	enum role_kind kind = m->peer.role;
	if (kind >= ROLE_COUNT)
		role_fatal(r, "master named an unknown role");
	struct chan *c =
	    chan_new(r->loop, m->fd, r->ops->kind, kind, &peer_ops, run);
	if (c == NULL)
		role_fatal(r, "out of memory for a channel");
	m->fd = -1;
	chan_set_tag(c, m->peer.tag);
	if (!peer_add(r, kind, c)) {
		chan_close(c);
		return;
	}
	if (r->ops->peer != NULL)
		r->ops->peer(r, c);
}

/* ---- commands of kurir(1) ---- */

static void
control_drop(struct control *ctl)
{
	list_remove(&ctl->node);
	free(ctl);
}

static void
on_control_message(struct chan *c, struct ipc_msg *m, void *arg)
{
	/* One request a connection; master read it. */
	struct control *ctl = arg;
	(void)m;
	if (ctl->run->role.ops->control_lost != NULL)
		ctl->run->role.ops->control_lost(&ctl->run->role, c);
	control_drop(ctl);
	chan_close(c);
}

static void
on_control_closed(struct chan *c, const struct diag *why, void *arg)
{
	struct control *ctl = arg;
	(void)why;
	if (ctl->run->role.ops->control_lost != NULL)
		ctl->run->role.ops->control_lost(&ctl->run->role, c);
	control_drop(ctl);
}

static const struct chan_ops control_ops = {
    on_control_message, on_control_closed, NULL};

static void
take_control(struct run *run, struct ipc_msg *m)
{
	struct role *r = &run->role;
	struct control *ctl = calloc(1, sizeof(*ctl));
	if (ctl == NULL)
		return;
	ctl->run = run;
	ctl->chan =
	    chan_new(r->loop, m->fd, r->ops->kind, ROLE_CMD, &control_ops, ctl);
	if (ctl->chan == NULL) {
		free(ctl);
		return;
	}
	m->fd = -1;
	list_push_back(&run->controls, &ctl->node);
	if (r->ops->control == NULL)
		role_ctl_end(ctl->chan, 2, "this role takes no commands");
	else
		r->ops->control(r, ctl->chan, m->control.may_change != 0,
		    m->control.verb, m->control.args);
}

void
role_ctl_line(struct chan *c, struct slice json)
{
	struct ipc_msg m = {.type = IPC_ctl_line, .fd = -1};
	m.ctl_line.json = json;
	enum err e = chan_send(c, &m);
	/* Who asked may have read enough. */
	if (e != ERR_OK && e != ERR_CLOSED)
		log_line(LOG_NOTICE, "control-line-lost", "octets=%zu", json.n);
}

void
role_ctl_end(struct chan *c, uint8_t code, const char *text)
{
	struct ipc_msg m = {.type = IPC_ctl_end, .fd = -1};
	m.ctl_end.code = code;
	m.ctl_end.text = slice_str(text);
	enum err e = chan_send(c, &m);
	if (e != ERR_OK && e != ERR_CLOSED)
		log_line(LOG_NOTICE, "control-end-lost", "code=%u", code);
	/* kurir(1) closes; on_control_closed then frees what is left. */
}

/* ---- configuration ---- */

static void
put_in_force(struct run *run, struct conf *conf)
{
	struct held_conf *h = calloc(1, sizeof(*h));
	if (h == NULL)
		role_fatal(&run->role, "out of memory for a configuration");
	h->conf = conf;
	h->refs = 1;
	list_push_back(&run->confs, &h->node);
	run->role.conf = conf;
}

const struct conf *
role_conf_ref(struct role *r)
{
	struct held_conf *h =
	    LIST_OWNER(run_of(r)->confs.prev, struct held_conf, node);
	h->refs++;
	return h->conf;
}

void
role_conf_unref(struct role *r, const struct conf *conf)
{
	LIST_FOREACH_SAFE (n, &run_of(r)->confs) {
		struct held_conf *h = LIST_OWNER(n, struct held_conf, node);
		if (h->conf != conf || --h->refs > 0)
			continue;
		list_remove(&h->node);
		conf_free(h->conf);
		free(h);
	}
}

static void
answer_reload(struct run *run, bool ok, const char *text)
{
	struct ipc_msg m = {.type = IPC_reloaded, .fd = -1};
	m.reloaded.generation = run->next_generation;
	m.reloaded.ok = ok;
	m.reloaded.text = slice_str(text);
	tell_master(&run->role, &m);
}

static void
offer_reload(struct run *run)
{
	struct role *r = &run->role;
	struct diag d = {0};
	enum err err = ERR_OK;
	if (r->ops->reload != NULL)
		err = r->ops->reload(r, run->next, &d);
	if (err != ERR_OK) {
		conf_free(run->next);
		run->next = NULL;
	}
	answer_reload(run, err == ERR_OK, d.text);
}

static void
take_config(struct run *run, struct ipc_msg *m)
{
	struct role *r = &run->role;
	struct conf *conf = NULL;
	struct conf_report report;
	struct buf text;
	struct diag d = {0};
	conf_report_init(&report);
	buf_init(&text, CONF_BUNDLE_MAX);
	enum err err = fs_read_fd(m->fd, CONF_BUNDLE_MAX, &text, &d);
	if (err == ERR_OK)
		err = conf_read_bundle(buf_slice(&text), &conf, &report);
	buf_free(&text);
	conf_report_free(&report);
	if (err != ERR_OK && !run->opened)
		role_fatal(
		    r, "cannot read the configuration: %s", err_name(err));
	run->next_generation = m->config.generation;
	if (!run->opened) {
		run->instance = m->config.instance;
		id_gen_init(&r->ids, run->instance);
		put_in_force(run, conf);
		return;
	}
	conf_free(run->next);
	run->next = conf;
	if (err != ERR_OK)
		answer_reload(run, false, err_name(err));
	else
		offer_reload(run);
}

static void
take_file(struct run *run, struct ipc_msg *m)
{
	struct role *r = &run->role;
	struct buf text;
	struct diag d = {0};
	if (r->ops->file == NULL)
		return;
	buf_init(&text, ROLE_FILE_MAX);
	enum err err = fs_read_fd(m->fd, ROLE_FILE_MAX, &text, &d);
	if (err == ERR_OK)
		err = r->ops->file(r, (enum ipc_file_kind)m->file.what,
		    m->file.name, buf_slice(&text), &d);
	if (text.n > 0)
		explicit_bzero(text.p, text.cap);
	buf_free(&text);
	if (err != ERR_OK && !run->opened)
		role_fatal(r, "%s", d.text);
}

/* ---- starting ---- */

static void
raise_walls(struct run *run, struct sandbox_report *report)
{
	struct diag d = {0};
	enum err err =
	    rights_enter(run->role.ops->kind, run->role.conf, report, &d);
	if (err != ERR_OK)
		role_fatal(&run->role, "%s: the walls do not stand: %s",
		    self_name(run), d.text);
}

static void
take_offer(struct run *run)
{
	struct role *r = &run->role;
	const struct conf *old = r->conf;
	put_in_force(run, run->next);
	run->next = NULL;
	if (r->ops->reloaded != NULL)
		r->ops->reloaded(r);
	role_conf_unref(r, old);
}

static void
drop_offer(struct run *run)
{
	conf_free(run->next);
	run->next = NULL;
	if (run->role.ops->reload_dropped != NULL)
		run->role.ops->reload_dropped(&run->role);
}

static void
take_go(struct run *run, const struct ipc_msg *m)
{
	struct role *r = &run->role;
	struct diag d = {0};
	struct sandbox_report report = {0};
	if (run->opened) {
		if (run->next == NULL)
			return;
		if (m->go.generation == run->next_generation)
			take_offer(run);
		else
			drop_offer(run);
		return;
	}
	if (r->conf == NULL)
		role_fatal(r, "no configuration before go");
	if (r->ops->open != NULL && r->ops->open(r, &d) != ERR_OK)
		role_fatal(r, "%s", d.text);
	run->opened = true;
	raise_walls(run, &report);
	r->walled = true;
	if (r->ops->start != NULL && r->ops->start(r, &d) != ERR_OK)
		role_fatal(r, "%s", d.text);
	struct ipc_msg ready = {.type = IPC_ready, .fd = -1};
	ready.ready.uid = report.uid;
	ready.ready.landlock = (uint8_t)report.landlock_abi;
	ready.ready.seccomp = (uint8_t)report.seccomp;
	ready.ready.root = slice_str(report.root);
	tell_master(r, &ready);
}

static void
take_drain(struct run *run, uint32_t grace_ms)
{
	struct role *r = &run->role;
	r->draining = true;
	if (r->ops->drain != NULL && run->opened)
		r->ops->drain(r, grace_ms);
	else
		role_exit(r);
}

static void
on_master_message(struct chan *c, struct ipc_msg *m, void *arg)
{
	struct run *run = arg;
	struct role *r = &run->role;
	if (m->type == IPC_config)
		take_config(run, m);
	else if (m->type == IPC_file)
		take_file(run, m);
	else if (m->type == IPC_peer)
		take_peer(run, m);
	else if (m->type == IPC_go)
		take_go(run, m);
	else if (m->type == IPC_drain)
		take_drain(run, m->drain.grace_ms);
	else if (m->type == IPC_control)
		take_control(run, m);
	else if (m->type == IPC_listener && r->ops->listener != NULL) {
		r->ops->listener(r, m->listener.name, m->listener.index, m->fd);
		m->fd = -1;
	} else {
		r->ops->message(r, c, m);
	}
}

static void
on_master_closed(struct chan *c, const struct diag *why, void *arg)
{
	/* Without its parent a role has nobody to work for: it ends at once,
	 * and what it had not finished is recovered at the next start. */
	struct run *run = arg;
	(void)c;
	(void)why;
	run->role.master = NULL;
	run->exit_code = 1;
	loop_stop(run->role.loop);
}

static const struct chan_ops master_ops = {
    on_master_message, on_master_closed, NULL};

int
role_main(const struct role_ops *ops, int argc, char **argv)
{
	struct run run = {.role = {.ops = ops}};
	struct role *r = &run.role;
	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	list_init(&run.controls);
	list_init(&run.confs);
	random_bytes(r->seed, sizeof(r->seed));
	r->state = calloc(1, ops->state_size > 0 ? ops->state_size : 1);
	r->loop = loop_new();
	if (r->state == NULL || r->loop == NULL)
		return 1;
	if (ops->init != NULL)
		ops->init(r);
	r->master = chan_new(r->loop, ROLE_CONTROL_FD, ops->kind, ROLE_MASTER,
	    &master_ops, &run);
	if (r->master == NULL) {
		fprintf(stderr,
		    "kurir-%s: started by kurir serve, not by hand\n",
		    role_name(ops->kind));
		return 2;
	}
	loop_run(r->loop);
	return run.exit_code;
}
