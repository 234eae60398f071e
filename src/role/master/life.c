/* life.c - start, reload, drain: in which order, and when it is done. */
#include "os/log.h"
#include "os/notify.h"
#include "role/master/master.h"

#include <signal.h>
#include <string.h>

/* A role that has not answered by then refuses the reload. */
#define RELOAD_MAX_MS 10000
/* Patience of each step of the drain, less where others have used it up: all
 * of them together stay below the 30 s that an operator is promised. */
#define DRAIN_STEP_MS     8000
#define DRAIN_STEP_MIN_MS 2000
#define DRAIN_ALL_MS      26000

static bool
listens(const struct child *c)
{
	return c->kind == ROLE_SMTPD;
}

/* Nothing waits for fetch: it stands, and takes a new configuration, when it
 * comes to it. */
static bool
waited_for(const struct child *c)
{
	return c->kind != ROLE_DELIVER && c->kind != ROLE_FETCH;
}

/* ---- start: the inner roles, then those that listen ---- */

static void
start_where(struct master *m, bool listening)
{
	LIST_FOREACH_SAFE (n, &m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		if (m->life == LIFE_STARTING && c->kind != ROLE_DELIVER &&
		    listens(c) == listening && c->pid == 0)
			child_start(c);
	}
}

void
life_start(struct master *m)
{
	start_where(m, false);
	children_fit(m);
}

static bool
ready_where(struct master *m, bool listening)
{
	LIST_FOREACH (n, &m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		if (waited_for(c) && listens(c) == listening && !c->ready)
			return false;
	}
	return true;
}

static bool
started_listeners(struct master *m)
{
	LIST_FOREACH (n, &m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		if (listens(c) && c->pid > 0)
			return true;
	}
	return false;
}

static void
started(struct master *m)
{
	if (!ready_where(m, false))
		return;
	if (!started_listeners(m)) {
		start_where(m, true);
		return;
	}
	if (!ready_where(m, true))
		return;
	m->life = LIFE_SERVING;
	control_start(m);
	LIST_FOREACH (n, &m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		if (c->kind != ROLE_DELIVER && c->ready)
			child_tell_walls(c);
	}
	log_line(LOG_INFO, "ready", "host=%.*s listeners=%zu",
	    SLICE_ARG(m->conf->hostname), m->conf->listen_n);
	notify_send("READY=1");
	if (m->reload_again)
		life_reload(m);
}

/* ---- what a role cannot do without ---- */

void
life_fatal(struct master *m, struct child *c, struct slice text)
{
	if (m->life != LIFE_STARTING || !waited_for(c)) {
		log_line(LOG_ERROR, "role-fatal", "name=%s %.*s",
		    role_name(c->kind), SLICE_ARG(text));
		/* It is tried again, at the slowest pace. */
		c->quick_deaths = 8;
		return;
	}
	if (m->exit_code == 0)
		master_say("%.*s", SLICE_ARG(text));
	m->exit_code = 2;
	life_drain(m);
}

/* ---- reload ---- */

static void
reload_over(struct master *m)
{
	timer_stop(&m->reload_timer);
	conf_free(m->next);
	m->next = NULL;
	buf_free(&m->next_bundle);
	notify_send("READY=1");
	if (m->reload_again && m->life == LIFE_SERVING)
		life_reload(m);
}

static void
reload_failed(struct master *m, const char *who, struct slice text)
{
	log_line(LOG_ERROR, "reload-refused",
	    "by=%s the old configuration and certificates stay in force: %.*s",
	    who, SLICE_ARG(text));
	/* The generation in force, again: what was offered is dropped. */
	struct ipc_msg go = {.type = IPC_go, .fd = -1};
	go.go.generation = m->generation;
	LIST_FOREACH (n, &m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		if (c->ready && c->kind != ROLE_DELIVER)
			child_send(c, &go);
	}
	setup_unlisten(m, m->conf);
	reload_over(m);
}

static void
reload_take(struct master *m)
{
	struct ipc_msg go = {.type = IPC_go, .fd = -1};
	struct conf *old = m->conf;
	struct buf bundle = m->bundle;
	m->generation = m->offered;
	go.go.generation = m->generation;
	m->conf = m->next;
	m->bundle = m->next_bundle;
	m->next = NULL;
	buf_init(&m->next_bundle, CONF_BUNDLE_MAX);
	LIST_FOREACH (n, &m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		if (!c->ready || c->kind == ROLE_DELIVER)
			continue;
		child_send(c, &go);
		c->given = m->generation;
	}
	setup_unlisten(m, m->conf);
	conf_free(old);
	buf_free(&bundle);
	log_line(LOG_INFO, "reloaded", "generation=%u", m->generation);
	children_fit(m);
	reload_over(m);
}

static void
offer(struct master *m, struct child *c)
{
	c->asked = m->offered;
	files_send(m, c, m->next);
	if (listens(c))
		child_send_listeners(m, c, m->offered - 1, m->offered);
	child_send_config(c, buf_slice(&m->next_bundle), m->offered);
}

/* One that started while a reload was taken works by what was in force then.
 */
static void
catch_up(struct master *m, struct child *c)
{
	struct ipc_msg go = {.type = IPC_go, .fd = -1};
	go.go.generation = m->generation;
	files_send(m, c, m->conf);
	if (listens(c))
		child_send_listeners(m, c, c->given, m->generation);
	child_send_config(c, buf_slice(&m->bundle), m->generation);
	child_send(c, &go);
	c->given = m->generation;
}

void
life_child_ready(struct master *m, struct child *c)
{
	if (m->life == LIFE_STARTING)
		started(m);
	else if (m->life == LIFE_DRAINING)
		return;
	if (c->given != m->generation)
		catch_up(m, c);
	if (m->next != NULL && c->asked != m->offered)
		offer(m, c);
}

/* What the running processes stand on; NULL: none of it is changed. A role
 * that died after such a reload would come back somewhere else. */
static const char *
changed_ground(const struct conf *now, const struct conf *next)
{
	if (!slice_eq(now->data_dir, next->data_dir))
		return "data-dir";
	if (!slice_eq(now->control, next->control))
		return "control";
	if (!slice_eq(now->user, next->user))
		return "user";
	return NULL;
}

static bool
prepare_next(struct master *m)
{
	const char *changed = changed_ground(m->conf, m->next);
	if (changed != NULL)
		master_say("%s cannot change while kurir runs: restart it, or "
			   "put the old value back",
		    changed);
	return changed == NULL && files_check(m->next) == ERR_OK &&
	       setup_dirs(m->next) == ERR_OK &&
	       setup_listen(m, m->next) == ERR_OK;
}

static void
on_reload_late(void *arg)
{
	struct master *m = arg;
	if (m->next != NULL)
		reload_failed(m, "master", SLICE("a role did not answer"));
}

void
life_reload(struct master *m)
{
	m->reload_again = m->life != LIFE_SERVING || m->next != NULL;
	if (m->reload_again) {
		log_line(LOG_NOTICE, "reload-later",
		    "it waits for the end of what is going on");
		return;
	}
	m->offered++;
	notify_send("RELOADING=1");
	buf_init(&m->next_bundle, CONF_BUNDLE_MAX);
	timer_init(&m->reload_timer, m->loop, on_reload_late, m);
	if (setup_read_conf(m, &m->next, &m->next_bundle) != ERR_OK) {
		m->next = NULL;
		reload_failed(
		    m, "master", SLICE("errors in the configuration"));
		return;
	}
	if (!prepare_next(m)) {
		reload_failed(m, "master", SLICE("see the line above"));
		return;
	}
	timer_start(&m->reload_timer, RELOAD_MAX_MS);
	LIST_FOREACH (n, &m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		if (c->ready && c->kind != ROLE_DELIVER)
			offer(m, c);
	}
}

void
life_reload_answer(
    struct master *m, struct child *c, const struct ipc_reloaded *r)
{
	uint32_t gen = m->offered;
	if (r->generation == m->generation && !r->ok) {
		/* It cannot catch up: it begins anew with what is in force. */
		log_line(LOG_ERROR, "reload-missed", "by=%s pid=%d %.*s",
		    role_name(c->kind), (int)c->pid, SLICE_ARG(r->text));
		kill(c->pid, SIGKILL);
		return;
	}
	if (m->next == NULL || r->generation != gen)
		return;
	if (!r->ok) {
		reload_failed(m, role_name(c->kind), r->text);
		return;
	}
	c->answered = gen;
	LIST_FOREACH (n, &m->children) {
		struct child *o = LIST_OWNER(n, struct child, node);
		if (o->ready && waited_for(o) && o->answered != gen)
			return;
	}
	reload_take(m);
}

/* ---- drain: outside first, so that nothing comes in any more ---- */

static const struct {
	unsigned roles; /* bits of enum role_kind */
} drain_steps[] = {
    {R(SMTPD) | R(FETCH)},
    {R(QUEUE)},
    {R(RELAY) | R(DELIVER)},
    {R(RESOLVER) | R(LOOKUP) | R(AUTH)},
    {R(LEDGER)},
};
#define DRAIN_STEPS (sizeof(drain_steps) / sizeof(drain_steps[0]))

static bool
in_step(const struct master *m, const struct child *c)
{
	return c->pid > 0 &&
	       (drain_steps[m->drain_step].roles >> c->kind & 1) != 0;
}

static bool
step_alive(struct master *m)
{
	LIST_FOREACH (n, &m->children)
		if (in_step(m, LIST_OWNER(n, struct child, node)))
			return true;
	return false;
}

static uint32_t
step_patience(const struct master *m)
{
	uint64_t now = loop_now_ms(m->loop);
	uint64_t later =
	    (DRAIN_STEPS - 1 - m->drain_step) * (uint64_t)DRAIN_STEP_MIN_MS;
	uint64_t left = m->drain_by_ms > now ? m->drain_by_ms - now : 0;
	if (left < later + DRAIN_STEP_MIN_MS)
		return DRAIN_STEP_MIN_MS;
	left -= later;
	return left < DRAIN_STEP_MS ? (uint32_t)left : DRAIN_STEP_MS;
}

static void
drain_step(struct master *m)
{
	struct ipc_msg msg = {.type = IPC_drain, .fd = -1};
	while (m->drain_step < DRAIN_STEPS && !step_alive(m))
		m->drain_step++;
	if (m->drain_step == DRAIN_STEPS) {
		loop_stop(m->loop);
		return;
	}
	uint32_t patience = step_patience(m);
	msg.drain.grace_ms = patience * 3 / 4;
	LIST_FOREACH (n, &m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		if (in_step(m, c))
			child_send(c, &msg);
	}
	timer_start(&m->drain_timer, patience);
}

static void
on_drain_late(void *arg)
{
	struct master *m = arg;
	LIST_FOREACH (n, &m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		if (!in_step(m, c))
			continue;
		log_line(LOG_WARNING, "drain-late", "name=%s pid=%d",
		    role_name(c->kind), (int)c->pid);
		kill(c->pid, SIGKILL);
	}
}

void
life_drain(struct master *m)
{
	if (m->life == LIFE_DRAINING)
		return;
	m->life = LIFE_DRAINING;
	notify_send("STOPPING=1");
	control_stop(m);
	timer_stop(&m->reload_timer);
	LIST_FOREACH (n, &m->children)
		timer_stop(&LIST_OWNER(n, struct child, node)->again);
	timer_init(&m->drain_timer, m->loop, on_drain_late, m);
	m->drain_by_ms = loop_now_ms(m->loop) + DRAIN_ALL_MS;
	drain_step(m);
}

void
life_child_gone(struct master *m)
{
	if (m->life == LIFE_DRAINING && !step_alive(m))
		drain_step(m);
}
