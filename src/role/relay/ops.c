/* ops.c - the role: configuration, files, peers. */
#include <string.h>
#include <unistd.h>

#include "role/relay/relay.h"

static struct relay *
state(struct role *r)
{
	return r->state;
}

static void
on_pump(void *arg)
{
	ways_pump(arg);
}

/* The time to finish is over. What waits for an answer to its final dot is
 * tried again: a duplicate at worst. */
static void
on_grace(void *arg)
{
	struct relay *r = arg;
	role_exit(r->role);
}

static void
relay_init(struct role *role)
{
	struct relay *r = state(role);
	r->role = role;
	list_init(&r->tasks);
	map_init(&r->ways, role->seed);
	list_init(&r->links);
	list_init(&r->idle);
	map_init(&r->by_serial, role->seed);
	buf_init(&r->ca, RELAY_FILE_MAX);
	buf_init(&r->credentials, RELAY_FILE_MAX);
	timer_init(&r->grace, role->loop, on_grace, r);
	defer_init(&r->pump, on_pump, r);
}

static enum err
tls_make(struct relay *r, struct tls_client **out, struct diag *out_diag)
{
	struct tls_client_conf c = {.ca_pem = buf_slice(&r->ca)};
	return tls_client_new(&c, out, out_diag);
}

/* As master counts them. */
static unsigned
processes(const struct conf *c)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	if (c->limits.relay_processes > 0)
		return (unsigned)c->limits.relay_processes;
	return n < 1 ? 1 : (unsigned)n;
}

static enum err
relay_open(struct role *role, struct diag *out_diag)
{
	struct relay *r = state(role);
	r->processes = processes(role->conf);
	return tls_make(r, &r->tls, out_diag);
}

static enum err
relay_start(struct role *role, struct diag *out_diag)
{
	(void)role;
	(void)out_diag;
	return ERR_OK;
}

/* Files come anew before every reload, so the last one counts. A reload that
 * is dropped keeps the old trust (r->tls); credentials are only ever read
 * when a link begins, and are then what the operator last wrote. */
static enum err
relay_file(struct role *role, enum ipc_file_kind what, struct slice name,
    struct slice content, struct diag *out_diag)
{
	struct relay *r = state(role);
	struct buf *b = what == IPC_FILE_CA            ? &r->ca
			: what == IPC_FILE_CREDENTIALS ? &r->credentials
						       : NULL;
	(void)name;
	if (b == NULL)
		return ERR_OK;
	if (b->n > 0)
		explicit_bzero(b->p, b->n);
	buf_clear(b);
	buf_add(b, content);
	if (buf_err(b) != ERR_OK)
		return diag_set(out_diag, buf_err(b), "",
		    "a file for outgoing connections is too large");
	return ERR_OK;
}

static enum err
relay_reload(struct role *role, const struct conf *conf, struct diag *out_diag)
{
	struct relay *r = state(role);
	(void)conf;
	tls_client_unref(r->tls_offered);
	r->tls_offered = NULL;
	return tls_make(r, &r->tls_offered, out_diag);
}

static void
relay_reload_dropped(struct role *role)
{
	struct relay *r = state(role);
	tls_client_unref(r->tls_offered);
	r->tls_offered = NULL;
}

/* Kept links began under the old configuration: they end. */
static void
relay_reloaded(struct role *role)
{
	struct relay *r = state(role);
	tls_client_unref(r->tls);
	r->tls = r->tls_offered;
	r->tls_offered = NULL;
	links_quit_idle(r);
}

static void
relay_peer_lost(struct role *role, struct chan *c)
{
	struct relay *r = state(role);
	if (chan_peer(c) == ROLE_RESOLVER)
		resolve_lost(r);
	else if (chan_peer(c) == ROLE_QUEUE || chan_peer(c) == ROLE_LOOKUP)
		tasks_peer_lost(r, c);
}

static void
relay_peer_writable(struct role *role, struct chan *c)
{
	tasks_tell_all(state(role), c);
}

static void
relay_message(struct role *role, struct chan *c, struct ipc_msg *m)
{
	struct relay *r = state(role);
	if (m->type == IPC_job)
		task_job(r, c, m);
	else if (m->type == IPC_verify_ask)
		task_verify(r, c, &m->verify_ask);
	else if (m->type == IPC_dns_answer)
		resolve_answer(r, &m->dns_answer);
}

static void
relay_drain(struct role *role, uint32_t grace_ms)
{
	struct relay *r = state(role);
	timer_start(&r->grace, grace_ms);
	links_quit_idle(r);
}

const struct role_ops relay_ops = {
    .kind = ROLE_RELAY,
    .state_size = sizeof(struct relay),
    .init = relay_init,
    .open = relay_open,
    .start = relay_start,
    .reload = relay_reload,
    .reload_dropped = relay_reload_dropped,
    .reloaded = relay_reloaded,
    .file = relay_file,
    .peer_lost = relay_peer_lost,
    .peer_writable = relay_peer_writable,
    .message = relay_message,
    .drain = relay_drain,
};
