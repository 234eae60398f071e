/* main.c - the resolver: answers DNS questions of smtpd, relay and kurir(1).
 *
 * It holds no tables, sees no mail, and opens no file behind its walls. Its
 * death is a temporary failure of the questions that were open. */
#include <stdlib.h>

#include "role/resolver/service.h"
#include "role/role.h"

#define FILE_MAX (64u * 1024)

struct resolver {
	struct service *service;
	struct settings next; /* offered by a reload, with its backend */
	struct backend *next_backend;
	struct buf resolv_conf, anchors;
	struct timer drained;
};

static void
send_answer(
    void *arg, void *who, uint64_t ask, uint16_t qtype, const struct answer *a)
{
	(void)arg;
	struct ipc_msg m = {.type = IPC_dns_answer, .fd = -1};
	m.dns_answer.ask = ask;
	m.dns_answer.qtype = qtype;
	m.dns_answer.status = (uint8_t)a->status;
	m.dns_answer.secure = a->secure;
	m.dns_answer.ttl = a->ttl_s;
	m.dns_answer.name = buf_slice(&a->name);
	m.dns_answer.records = buf_slice(&a->records);
	m.dns_answer.text = slice_str(a->text);
	/* A peer that does not take its answers times its questions out. */
	(void)role_send(who, &m);
}

static enum err
resolver_file(struct role *r, enum ipc_file_kind what, struct slice name,
    struct slice content, struct diag *d)
{
	struct resolver *res = r->state;
	struct buf *to = NULL;
	if (what == IPC_FILE_RESOLV_CONF)
		to = &res->resolv_conf;
	else if (what == IPC_FILE_TRUST_ANCHOR)
		to = &res->anchors;
	if (to == NULL)
		return ERR_OK;
	if (to->max == 0)
		buf_init(to, FILE_MAX);
	buf_clear(to);
	buf_add(to, content);
	if (buf_err(to) != ERR_OK)
		return diag_set(d, ERR_LIMIT, NULL, "%.*s: larger than 64 KB",
		    SLICE_ARG(name));
	return ERR_OK;
}

/* Slices in *out borrow from res; they are read while a backend is made. */
static void
settings_of(
    const struct resolver *res, const struct conf *conf, struct settings *out)
{
	settings_make(&conf->dns, buf_slice(&res->resolv_conf),
	    buf_slice(&res->anchors), out);
}

static enum err
resolver_open(struct role *r, struct diag *d)
{
	struct resolver *res = r->state;
	struct settings s;
	settings_of(res, r->conf, &s);
	res->service = service_new(r->loop, &s, r->seed, send_answer, res, d);
	return res->service != NULL ? ERR_OK : ERR_TEMP;
}

static void
drop_offer(struct resolver *res)
{
	if (res->next_backend != NULL)
		res->next_backend->ops->retire(res->next_backend);
	res->next_backend = NULL;
}

static enum err
resolver_reload(struct role *r, const struct conf *conf, struct diag *d)
{
	struct resolver *res = r->state;
	drop_offer(res);
	settings_of(res, conf, &res->next);
	res->next_backend =
	    backend_for(res->next.dnssec)->make(r->loop, &res->next, d);
	return res->next_backend != NULL ? ERR_OK : ERR_TEMP;
}

static void
resolver_reloaded(struct role *r)
{
	struct resolver *res = r->state;
	if (res->next_backend == NULL)
		return;
	service_switch(res->service, &res->next, res->next_backend);
	res->next_backend = NULL;
}

static void
resolver_message(struct role *r, struct chan *c, struct ipc_msg *m)
{
	struct resolver *res = r->state;
	if (m->type == IPC_dns_cancel)
		service_cancel(res->service, c, m->dns_cancel.ask);
	else if (m->type == IPC_dns_ask)
		service_ask(res->service, chan_peer(c), c, m->dns_ask.ask,
		    m->dns_ask.qtype, m->dns_ask.name);
}

static void
exit_when_done(struct role *r)
{
	struct resolver *res = r->state;
	for (size_t k = 0; k < ROLE_COUNT; k++)
		if (r->peers[k][0] != NULL)
			return;
	if (service_open(res->service) == 0)
		role_exit(r);
}

static void
resolver_peer_lost(struct role *r, struct chan *c)
{
	struct resolver *res = r->state;
	service_forget(res->service, c);
	if (r->draining)
		exit_when_done(r);
}

static void
grace_over(void *arg)
{
	role_exit(arg);
}

/* Those who finish their sessions may still ask: we go after them. */
static void
resolver_drain(struct role *r, uint32_t grace_ms)
{
	struct resolver *res = r->state;
	timer_init(&res->drained, r->loop, grace_over, r);
	timer_start(&res->drained, grace_ms);
	exit_when_done(r);
}

static const struct role_ops resolver_ops = {.kind = ROLE_RESOLVER,
    .state_size = sizeof(struct resolver),
    .open = resolver_open,
    .reload = resolver_reload,
    .reloaded = resolver_reloaded,
    .file = resolver_file,
    .message = resolver_message,
    .peer_lost = resolver_peer_lost,
    .drain = resolver_drain};

int
main(int argc, char **argv)
{
	return role_main(&resolver_ops, argc, argv);
}
