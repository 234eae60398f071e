/* children.c - starting the roles, wiring them together, and starting again
 * what dies. Start-up is recovery: a role that comes back is given all its
 * peers anew and knows nothing of what it was. */
#include "os/fdpass.h"
#include "os/fs.h"
#include "os/log.h"
#include "os/memfd.h"
#include "os/process.h"
#include "os/random.h"
#include "role/master/master.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A role that lived less long than this died of its start. */
#define QUICK_DEATH_MS 2000
#define AGAIN_MIN_MS   50
#define AGAIN_MAX_MS   5000

/* Who talks to whom. A deliver process talks to queue only. */
static const struct {
	enum role_kind a, b;
} edges[] = {
    {ROLE_SMTPD, ROLE_QUEUE},
    {ROLE_SMTPD, ROLE_LOOKUP},
    {ROLE_SMTPD, ROLE_AUTH},
    {ROLE_SMTPD, ROLE_RESOLVER},
    {ROLE_SMTPD, ROLE_LEDGER},
    {ROLE_QUEUE, ROLE_RELAY},
    {ROLE_QUEUE, ROLE_LEDGER},
    {ROLE_QUEUE, ROLE_LOOKUP},
    {ROLE_RELAY, ROLE_RESOLVER},
    {ROLE_RELAY, ROLE_LEDGER},
    {ROLE_RELAY, ROLE_LOOKUP},
    {ROLE_AUTH, ROLE_LOOKUP},
    {ROLE_AUTH, ROLE_LEDGER},
    {ROLE_LOOKUP, ROLE_LEDGER},
    {ROLE_FETCH, ROLE_RESOLVER},
    {ROLE_DELIVER, ROLE_QUEUE},
};

static bool
edge(enum role_kind x, enum role_kind y)
{
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		if ((edges[i].a == x && edges[i].b == y) ||
		    (edges[i].a == y && edges[i].b == x))
			return true;
	return false;
}

struct child *
child_find(struct master *m, enum role_kind kind)
{
	LIST_FOREACH (n, &m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		if (c->kind == kind && c->chan != NULL)
			return c;
	}
	return NULL;
}

void
child_send(struct child *c, const struct ipc_msg *msg)
{
	/* One that is dead is told of by SIGCHLD. */
	if (c->chan != NULL && chan_send(c->chan, msg) == ERR_LIMIT)
		log_line(LOG_ERROR, "frame-too-large", "to=%s type=%s",
		    role_name(c->kind), ipc_name(msg->type));
}

void
child_send_config(struct child *c, struct slice bundle, uint32_t gen)
{
	struct ipc_msg msg = {.type = IPC_config};
	if (memfd_make(bundle, &msg.fd) != ERR_OK) {
		log_line(LOG_ERROR, "no-memory", "for=config");
		return;
	}
	msg.config.generation = gen;
	msg.config.instance = c->instance;
	child_send(c, &msg);
	fs_close(&msg.fd);
}

void
child_send_listeners(
    struct master *m, struct child *c, uint32_t after, uint32_t upto)
{
	LIST_FOREACH (n, &m->bound) {
		struct bound *b = LIST_OWNER(n, struct bound, node);
		if (b->generation <= after || b->generation > upto)
			continue;
		struct ipc_msg msg = {.type = IPC_listener, .fd = b->fd};
		msg.listener.name = buf_slice(&b->name);
		msg.listener.index = b->index;
		child_send(c, &msg);
	}
}

/* ---- wiring ---- */

static void
send_peer(struct child *to, int fd, enum role_kind kind, uint64_t tag)
{
	struct ipc_msg msg = {.type = IPC_peer, .fd = fd};
	msg.peer.role = (uint8_t)kind;
	msg.peer.tag = tag;
	child_send(to, &msg);
}

static void
connect_pair(struct child *x, struct child *y)
{
	int fds[2];
	if (fdpass_pair(fds) != ERR_OK) {
		log_line(LOG_ERROR, "no-channel", "between=%s and=%s",
		    role_name(x->kind), role_name(y->kind));
		return;
	}
	/* deliver is known to queue by the tag of its wish. */
	send_peer(
	    x, fds[0], y->kind, y->kind == ROLE_DELIVER ? y->tag : y->instance);
	send_peer(
	    y, fds[1], x->kind, x->kind == ROLE_DELIVER ? x->tag : x->instance);
	close(fds[0]);
	close(fds[1]);
}

static void
connect_all(struct child *c)
{
	LIST_FOREACH (n, &c->m->children) {
		struct child *o = LIST_OWNER(n, struct child, node);
		if (o != c && o->chan != NULL && edge(c->kind, o->kind))
			connect_pair(c, o);
	}
}

static void
send_counters(struct child *c)
{
	struct master *m = c->m;
	struct ipc_msg msg = {.type = IPC_counters, .fd = m->counters_fd};
	msg.counters.number = c->number;
	msg.counters.workers = m->smtpd_n;
	child_send(c, &msg);
}

/* What the dead worker had counted is no more. */
static void
clear_counters(struct child *c)
{
	struct counter_row *row = c->m->counters + c->number;
	atomic_store(&row->sessions, 0);
	for (size_t i = 0; i < COUNTER_BUCKETS; i++)
		atomic_store(&row->by_ip[i], 0);
}

/* ---- messages of a role ---- */

void
child_tell_walls(const struct child *c)
{
	static const char *const seccomp[] = {"off", "log", "on"};
	log_line(LOG_INFO, "role",
	    "name=%s pid=%d uid=%u root=\"%s\" landlock=%u seccomp=%s",
	    role_name(c->kind), (int)c->pid, c->walls.uid, c->walls.root,
	    c->walls.landlock,
	    c->walls.seccomp < 3 ? seccomp[c->walls.seccomp] : "?");
	if (c->walls.landlock == 0 || c->walls.seccomp == 0)
		log_line(LOG_WARNING, "wall-missing",
		    "name=%s the kernel lacks %s", role_name(c->kind),
		    c->walls.landlock == 0 ? "Landlock" : "seccomp");
}

static void
on_ready(struct child *c, const struct ipc_ready *r)
{
	c->ready = true;
	c->walls.uid = r->uid;
	c->walls.landlock = r->landlock;
	c->walls.seccomp = r->seccomp;
	snprintf(
	    c->walls.root, sizeof(c->walls.root), "%.*s", SLICE_ARG(r->root));
	/* At the start all are told when all stand: an error that ends it is
	 * one line. */
	if (c->m->life != LIFE_STARTING && c->m->exit_code == 0)
		child_tell_walls(c);
	if (c->kind != ROLE_DELIVER)
		life_child_ready(c->m, c);
}

static void
deliver_failed(struct master *m, uint64_t tag, const char *text)
{
	struct child *queue = child_find(m, ROLE_QUEUE);
	struct ipc_msg msg = {.type = IPC_deliver_failed, .fd = -1};
	msg.deliver_failed.tag = tag;
	msg.deliver_failed.text = slice_str(text);
	if (queue != NULL)
		child_send(queue, &msg);
}

/* Only accounts that a domain section names get a process: queue cannot ask
 * for root, nor for anybody else. */
static bool
may_deliver_as(const struct conf *conf, struct slice user)
{
	for (size_t i = 0; i < conf->domain_n; i++)
		if (conf->domain[i].deliver.kind == NEXTHOP_MAILDIR &&
		    slice_eq(conf->domain[i].user, user))
			return true;
	return false;
}

static void
on_deliver_want(struct master *m, const struct ipc_deliver_want *w)
{
	if (!may_deliver_as(m->conf, w->user) || m->life == LIFE_DRAINING) {
		deliver_failed(
		    m, w->tag, "no domain is delivered as that user");
		return;
	}
	struct child *c = child_new(m, ROLE_DELIVER, 0);
	if (c == NULL) {
		deliver_failed(m, w->tag, "out of memory");
		return;
	}
	c->tag = w->tag;
	buf_add(&c->user, w->user);
	buf_add_byte(&c->user, '\0');
	child_start(c);
}

/* A role says that a peer of it broke the rules: that one starts again, which
 * is what gives both a new edge. */
static void
on_broken(struct child *by, const struct ipc_broken *b)
{
	LIST_FOREACH (n, &by->m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		uint64_t tag =
		    c->kind == ROLE_DELIVER ? c->tag : (uint64_t)c->instance;
		if (c->kind != b->role || tag != b->tag || c->pid == 0 ||
		    !edge(by->kind, c->kind))
			continue;
		log_line(LOG_ERROR, "role-broke-rules", "name=%s pid=%d by=%s",
		    role_name(c->kind), (int)c->pid, role_name(by->kind));
		kill(c->pid, SIGKILL);
	}
}

static void
on_message(struct chan *chan, struct ipc_msg *msg, void *arg)
{
	struct child *c = arg;
	(void)chan;
	if (msg->type == IPC_ready)
		on_ready(c, &msg->ready);
	else if (msg->type == IPC_reloaded)
		life_reload_answer(c->m, c, &msg->reloaded);
	else if (msg->type == IPC_fatal)
		life_fatal(c->m, c, msg->fatal.text);
	else if (msg->type == IPC_deliver_want)
		on_deliver_want(c->m, &msg->deliver_want);
	else if (msg->type == IPC_broken)
		on_broken(c, &msg->broken);
}

static void
on_closed(struct chan *chan, const struct diag *why, void *arg)
{
	struct child *c = arg;
	(void)chan;
	(void)why;
	c->chan = NULL;
	/* It ends by itself, or it broke the rules: either way it must go. */
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
}

static const struct chan_ops child_ops = {on_message, on_closed, NULL};

/* ---- starting ---- */

static void
on_again(void *arg)
{
	struct child *c = arg;
	if (c->m->life != LIFE_DRAINING)
		child_start(c);
}

struct child *
child_new(struct master *m, enum role_kind kind, unsigned number)
{
	struct child *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->m = m;
	c->kind = kind;
	c->number = number;
	buf_init(&c->user, 256);
	timer_init(&c->again, m->loop, on_again, c);
	list_push_back(&m->children, &c->node);
	return c;
}

static void
child_free(struct child *c)
{
	timer_stop(&c->again);
	if (c->chan != NULL)
		chan_close(c->chan);
	list_remove(&c->node);
	buf_free(&c->user);
	free(c);
}

/* A number that no living child has. */
static uint32_t
new_instance(struct master *m)
{
	bool taken;
	do {
		m->instances = (m->instances + 1) % ID_INSTANCES;
		taken = false;
		LIST_FOREACH (n, &m->children) {
			struct child *c = LIST_OWNER(n, struct child, node);
			taken = taken ||
				(c->pid > 0 && c->instance == m->instances);
		}
	} while (taken);
	return m->instances;
}

static enum err
spawn(struct child *c, int end, struct diag *d)
{
	struct master *m = c->m;
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", m->libexec, role_name(c->kind));
	bool deliver = c->kind == ROLE_DELIVER;
	const char *user = setup_user(m->conf, c->kind);
	if (deliver && user != NULL)
		user = (const char *)c->user.p;
	const char *argv[] = {
	    path, deliver ? (const char *)c->user.p : NULL, NULL};
	const struct process_fd fds[] = {{end, ROLE_CONTROL_FD}};
	const struct process_conf conf = {.path = path,
	    .argv = argv,
	    .fds = fds,
	    .fd_count = 1,
	    .user = user};
	return process_spawn(&conf, &c->pid, d);
}

static void
hand_over(struct child *c)
{
	struct master *m = c->m;
	struct ipc_msg go = {.type = IPC_go, .fd = -1};
	go.go.generation = m->generation;
	child_send_config(c, buf_slice(&m->bundle), m->generation);
	files_send(m, c, m->conf);
	if (c->kind == ROLE_SMTPD) {
		send_counters(c);
		child_send_listeners(m, c, 0, m->generation);
	}
	c->given = m->generation;
	c->asked = c->answered = 0;
	connect_all(c);
	child_send(c, &go);
}

static void
start_failed(struct child *c, const char *text)
{
	struct master *m = c->m;
	log_line(
	    LOG_ERROR, "role-start", "name=%s %s", role_name(c->kind), text);
	if (c->kind == ROLE_DELIVER) {
		deliver_failed(m, c->tag, text);
		child_free(c);
	} else {
		life_fatal(m, c, slice_str(text));
		timer_start(&c->again, AGAIN_MAX_MS);
	}
}

void
child_start(struct child *c)
{
	struct master *m = c->m;
	struct diag d = {0};
	int fds[2];
	timer_stop(&c->again);
	if (c->pid > 0)
		return; /* not gone yet: its end starts it again */
	if (fdpass_pair(fds) != ERR_OK) {
		start_failed(c, "out of descriptors");
		return;
	}
	c->ready = false;
	c->started_ms = loop_now_ms(m->loop);
	c->instance = new_instance(m);
	enum err err = spawn(c, fds[1], &d);
	close(fds[1]);
	if (err == ERR_OK)
		c->chan = chan_new(
		    m->loop, fds[0], ROLE_MASTER, c->kind, &child_ops, c);
	if (err != ERR_OK || c->chan == NULL) {
		close(fds[0]);
		start_failed(c, d.text);
		return;
	}
	hand_over(c);
}

/* ---- dying ---- */

static void
start_again(struct child *c)
{
	uint64_t lived = loop_now_ms(c->m->loop) - c->started_ms;
	if (lived >= QUICK_DEATH_MS)
		c->quick_deaths = 0;
	else if (c->quick_deaths < 8)
		c->quick_deaths++;
	uint64_t wait = (uint64_t)AGAIN_MIN_MS << c->quick_deaths;
	timer_start(&c->again, wait < AGAIN_MAX_MS ? wait : AGAIN_MAX_MS);
}

static void
child_died(struct child *c, int status)
{
	struct master *m = c->m;
	char how[64];
	bool expected = c->done || m->life == LIFE_DRAINING ||
			(c->kind == ROLE_DELIVER && status == 0);
	process_status_text(status, how, sizeof(how));
	if (!expected)
		log_line(LOG_WARNING, "role-died", "name=%s pid=%d %s",
		    role_name(c->kind), (int)c->pid, how);
	c->pid = 0;
	c->ready = false;
	if (c->chan != NULL)
		chan_close(c->chan);
	c->chan = NULL;
	if (c->kind == ROLE_SMTPD)
		clear_counters(c);
	if (c->kind == ROLE_DELIVER || (c->done && m->life != LIFE_DRAINING))
		child_free(c);
	else if (m->life == LIFE_DRAINING)
		c->done = true;
	else
		start_again(c);
	life_child_gone(m);
}

void
children_reap(struct master *m)
{
	pid_t pid;
	int status;
	while (process_reap(&pid, &status))
		LIST_FOREACH_SAFE (n, &m->children) {
			struct child *c = LIST_OWNER(n, struct child, node);
			if (c->pid == pid) {
				child_died(c, status);
				break;
			}
		}
}

/* ---- the one that is there only when it has something to do ---- */

static bool
fetch_wanted(const struct conf *conf)
{
	for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++)
		if (conf->exempts[i] != NULL && conf->exempts[i]->sync.n > 0)
			return true;
	return false;
}

/* It ends, and is not started anew. Nobody waits for it. */
static void
retire(struct child *c)
{
	struct ipc_msg msg = {.type = IPC_drain, .fd = -1};
	if (c->pid == 0) {
		child_free(c);
		return;
	}
	c->done = true;
	c->ready = false;
	child_send(c, &msg);
}

void
children_fit(struct master *m)
{
	bool wanted = fetch_wanted(m->conf), there = false;
	LIST_FOREACH_SAFE (n, &m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		if (c->kind != ROLE_FETCH || c->done)
			continue;
		there = true;
		if (!wanted)
			retire(c);
	}
	if (!wanted || there)
		return;
	struct child *c = child_new(m, ROLE_FETCH, 0);
	if (c == NULL)
		log_line(LOG_ERROR, "no-memory", "for=fetch");
	else
		child_start(c);
}

static unsigned
workers(uint64_t configured)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t want = configured > 0 ? configured : n > 0 ? (uint64_t)n : 1;
	return want > ROLE_WORKERS_MAX ? ROLE_WORKERS_MAX : (unsigned)want;
}

static enum err
make_counters(struct master *m)
{
	size_t size = m->smtpd_n * sizeof(struct counter_row);
	if (memfd_open(&m->counters_fd) != ERR_OK ||
	    ftruncate(m->counters_fd, (off_t)size) != 0)
		return ERR_NOMEM;
	void *p = mmap(
	    NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, m->counters_fd, 0);
	if (p == MAP_FAILED)
		return ERR_NOMEM;
	m->counters = p;
	random_bytes(m->counters[0].key, sizeof(m->counters[0].key));
	return ERR_OK;
}

enum err
children_init(struct master *m)
{
	static const enum role_kind single[] = {
	    ROLE_LEDGER, ROLE_RESOLVER, ROLE_LOOKUP, ROLE_AUTH, ROLE_QUEUE};
	const struct conf_limits *l = &m->conf->limits;
	m->smtpd_n = workers(l->smtpd_processes);
	enum err err = make_counters(m);
	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (child_new(m, single[i], 0) == NULL)
			err = ERR_NOMEM;
	for (unsigned i = 0; i < workers(l->relay_processes); i++)
		if (child_new(m, ROLE_RELAY, i) == NULL)
			err = ERR_NOMEM;
	for (unsigned i = 0; i < m->smtpd_n; i++)
		if (child_new(m, ROLE_SMTPD, i) == NULL)
			err = ERR_NOMEM;
	return err;
}
