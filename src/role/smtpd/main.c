/* smtpd - receives mail: listens, speaks SMTP, decides by asking.
 *
 * May: accept, TLS. Never: opens files, connects out, sees the spool or a
 * password hash. See smtpd.h for the parts. */
#include "role/smtpd/smtpd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Descriptors that are not for sessions: channels, listeners, what passes. */
#define FILES_KEPT 128u
/* Draining: how long a message that is coming in may take to end. */
#define BODIES_MS 1000u
/* One piece of a body on its way through the filters. */
#define SCRATCH_MAX (4u << 20)

static struct smtpd *
state(struct role *r)
{
	return r->state;
}

static enum err
smtpd_open(struct role *r, struct diag *out_diag)
{
	struct smtpd *d = state(r);
	d->current = generation_make(d, r->conf, out_diag);
	secrets_wipe(d);
	if (d->current == NULL)
		return ERR_TLS;
	d->current->in_force = true;
	role_conf_ref(r);
	return ERR_OK;
}

static void
on_bodies(void *arg)
{
	session_shutdown_all(arg, true);
}

static void
on_grace(void *arg)
{
	session_abort_all(arg);
}

/* A session has its connection and, at most, a file for its body. Without a
 * descriptor for what a peer passes us, that edge would break. */
static size_t
sessions_that_fit(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur <= FILES_KEPT + 2)
		return 1;
	return (size_t)(r.rlim_cur - FILES_KEPT) / 2;
}

static void
smtpd_init(struct role *r)
{
	struct smtpd *d = state(r);
	d->role = r;
	d->session_max = sessions_that_fit();
	list_init(&d->listeners);
	list_init(&d->secrets);
	list_init(&d->sessions);
	list_init(&d->known_list);
	list_init(&d->alarms);
	list_init(&d->assured);
	map_init(&d->by_ask, r->seed);
	map_init(&d->by_spf, r->seed);
	found_init(&d->found, r->seed);
	buf_init(&d->scratch, SCRATCH_MAX);
	map_init(&d->by_id, r->seed);
	map_init(&d->known, r->seed);
	timer_init(&d->bodies, r->loop, on_bodies, d);
	timer_init(&d->grace, r->loop, on_grace, d);
}

static enum err
smtpd_start(struct role *r, struct diag *out_diag)
{
	(void)out_diag;
	listeners_start(state(r));
	return ERR_OK;
}

static enum err
smtpd_file(struct role *r, enum ipc_file_kind what, struct slice name,
    struct slice content, struct diag *out_diag)
{
	(void)out_diag;
	secrets_take(state(r), what, name, content);
	if (what == IPC_FILE_TICKET_KEY)
		tickets_renew(state(r));
	return ERR_OK;
}

static void
smtpd_listener(struct role *r, struct slice name, uint16_t index, int fd)
{
	(void)index;
	listener_add(state(r), name, fd);
}

static enum err
smtpd_reload(struct role *r, const struct conf *conf, struct diag *out_diag)
{
	struct smtpd *d = state(r);
	if (d->offered != NULL)
		generation_unref(d, d->offered);
	d->offered = generation_make(d, conf, out_diag);
	secrets_wipe(d);
	if (d->offered != NULL)
		return ERR_OK;
	listeners_reloaded(d); /* closes those that came with the offer */
	return ERR_TLS;
}

static void
smtpd_reload_dropped(struct role *r)
{
	struct smtpd *d = state(r);
	if (d->offered != NULL)
		generation_unref(d, d->offered);
	d->offered = NULL;
	listeners_reloaded(d); /* closes those that came with the offer */
}

static void
smtpd_reloaded(struct role *r)
{
	struct smtpd *d = state(r);
	struct generation *old = d->current;
	d->current = d->offered;
	d->offered = NULL;
	d->current->in_force = true;
	role_conf_ref(r);
	known_clear(d);
	found_clear(&d->found);
	memset(d->heard, 0, sizeof(d->heard));
	listeners_reloaded(d);
	generation_unref(d, old);
}

static void
smtpd_peer_writable(struct role *r, struct chan *c)
{
	struct smtpd *d = state(r);
	(void)c;
	LIST_FOREACH_SAFE (n, &d->sessions)
		session_resume(LIST_OWNER(n, struct session, node));
}

static void
smtpd_peer_lost(struct role *r, struct chan *c)
{
	if (chan_peer(c) == ROLE_LOOKUP) {
		known_clear(state(r));
		alarms_forget(state(r));
		tests_forget(state(r));
	}
	ask_peer_lost(state(r), chan_peer(c));
	/* Who was held up by a full channel need not wait for it any more. */
	smtpd_peer_writable(r, c);
}

static void
take_counters(struct smtpd *d, const struct ipc_msg *m)
{
	if (counters_map(&d->counters, m->fd, m->counters.number,
		m->counters.workers) != ERR_OK)
		role_fatal(d->role, "cannot map the session counters");
}

static void
smtpd_message(struct role *r, struct chan *c, struct ipc_msg *m)
{
	struct smtpd *d = state(r);
	(void)c;
	if (m->type == IPC_rcpt_answer)
		rcpt_answer(d, &m->rcpt_answer);
	else if (m->type == IPC_rcpt_target)
		rcpt_target(d, &m->rcpt_target);
	else if (m->type == IPC_commit_answer)
		commit_answer(d, &m->commit_answer);
	else if (m->type == IPC_body_answer)
		body_answer(d, m);
	else if (m->type == IPC_auth_challenge)
		auth_challenge(d, &m->auth_challenge);
	else if (m->type == IPC_auth_result)
		auth_result(d, &m->auth_result);
	else if (m->type == IPC_dns_answer && !test_dns(d, &m->dns_answer))
		look_answer(d, &m->dns_answer);
	else if (m->type == IPC_test_answer)
		test_answer(d, &m->test_answer);
	else if (m->type == IPC_test_event)
		test_event(d, &m->test_event);
	else if (m->type == IPC_exempt_answer)
		gate_exempt(d, &m->exempt_answer);
	else if (m->type == IPC_device_answer)
		gate_device(d, &m->device_answer);
	else if (m->type == IPC_trust_alarm)
		alarm_trust(d, &m->trust_alarm);
	else if (m->type == IPC_tables_changed)
		known_clear(d);
	else if (m->type == IPC_counters)
		take_counters(d, m);
}

static void
smtpd_drain(struct role *r, uint32_t grace_ms)
{
	struct smtpd *d = state(r);
	listeners_stop(d);
	timer_start(&d->grace, grace_ms);
	/* The dot may have come already, behind what we have read. */
	timer_start(&d->bodies, BODIES_MS);
	session_shutdown_all(d, false);
	if (d->session_n == 0)
		role_exit(r);
}

static const struct role_ops smtpd_ops = {
    .kind = ROLE_SMTPD,
    .state_size = sizeof(struct smtpd),
    .init = smtpd_init,
    .open = smtpd_open,
    .start = smtpd_start,
    .reload = smtpd_reload,
    .reload_dropped = smtpd_reload_dropped,
    .reloaded = smtpd_reloaded,
    .file = smtpd_file,
    .listener = smtpd_listener,
    .peer_lost = smtpd_peer_lost,
    .peer_writable = smtpd_peer_writable,
    .message = smtpd_message,
    .drain = smtpd_drain,
};

int
main(int argc, char **argv)
{
	return role_main(&smtpd_ops, argc, argv);
}
