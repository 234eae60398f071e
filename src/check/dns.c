/* dns.c - questions to the resolver child, and its life. */
#include "check/dns.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "check/check.h"
#include "check/dns_priv.h"
#include "os/random.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define DNS_ANCHOR  "/usr/share/dns/root.key"
/* What the resolver may take for one question. */
#define PATIENCE_MIN_MS 1000u
#define PATIENCE_MAX_MS 10000u
/* A resolver that says nothing at all, not even that. */
#define HANG_MS  30000u
#define READY_MS 10000u

struct check_dns_ask {
	struct list node;
	struct check_dns *d;
	uint64_t number;
	struct timer hang;
	check_dns_answer *done;
	void *arg;
};

/* ---- answers ---- */

static void
ask_free(struct check_dns_ask *a)
{
	timer_stop(&a->hang);
	(void)map_remove_u64(&a->d->asks, a->number);
	list_remove(&a->node);
	free(a);
}

static void
answer(struct check_dns_ask *a, const struct ipc_dns_answer *with)
{
	check_dns_answer *done = a->done;
	void *arg = a->arg;
	ask_free(a);
	done(arg, with);
}

static void
fail(struct check_dns_ask *a, enum ipc_dns_status status, struct slice text)
{
	const struct ipc_dns_answer none = {
	    .ask = a->number, .status = (uint8_t)status, .text = text};
	answer(a, &none);
}

static void
fail_all(void *arg)
{
	struct check_dns *d = arg;
	while (!list_empty(&d->open) && d->chan == NULL)
		fail(LIST_OWNER(d->open.next, struct check_dns_ask, node),
		    IPC_DNS_TEMPFAIL, SLICE("the resolver is gone"));
}

static void
on_hang(void *arg)
{
	fail(arg, IPC_DNS_TIMEOUT, SLICE("the resolver does not answer"));
}

static void
on_message(struct chan *c, struct ipc_msg *m, void *arg)
{
	struct check_dns *d = arg;
	(void)c;
	if (m->type != IPC_dns_answer)
		return;
	struct check_dns_ask *a = map_get_u64(&d->asks, m->dns_answer.ask);
	if (a != NULL)
		answer(a, &m->dns_answer);
}

static void
on_closed(struct chan *c, const struct diag *why, void *arg)
{
	struct check_dns *d = arg;
	(void)c;
	(void)why;
	d->chan = NULL;
	loop_defer(d->loop, &d->failing);
}

static const struct chan_ops ask_ops = {on_message, on_closed, NULL};

/* ---- questions ---- */

struct check_dns_ask *
check_dns_ask(struct check_dns *d, uint16_t type, struct slice name,
    check_dns_answer *done, void *arg)
{
	struct check_dns_ask *a = calloc(1, sizeof(*a));
	if (a == NULL)
		abort(); /* no caller could say anything else of it */
	*a = (struct check_dns_ask){
	    .d = d, .number = ++d->numbers, .done = done, .arg = arg};
	timer_init(&a->hang, d->loop, on_hang, a);
	list_push_back(&d->open, &a->node);
	struct ipc_msg m = {.type = IPC_dns_ask, .fd = -1};
	m.dns_ask.ask = a->number;
	m.dns_ask.qtype = type;
	m.dns_ask.name = name;
	if (d->chan == NULL)
		loop_defer(d->loop, &d->failing);
	else if (map_put_u64(&d->asks, a->number, a) == ERR_OK &&
		 chan_send(d->chan, &m) == ERR_OK)
		timer_start(&a->hang, HANG_MS);
	else
		timer_start(&a->hang, 0);
	return a;
}

void
check_dns_cancel(struct check_dns_ask *a)
{
	if (a != NULL)
		ask_free(a);
}

/* ---- the child ---- */

void
check_dns_conf(const struct check_opts *o, struct buf *b)
{
	uint32_t ms = o->timeout_ms;
	if (ms < PATIENCE_MIN_MS)
		ms = PATIENCE_MIN_MS;
	if (ms > PATIENCE_MAX_MS)
		ms = PATIENCE_MAX_MS;
	buf_add_str(b, "hostname = \"check.invalid\"\ndns { ");
	if (o->resolver.family != 0) {
		bool v6 = o->resolver.family == 6;
		buf_add_str(b, v6 ? "server = {\"[" : "server = {\"");
		buf_add_ip(b, &o->resolver);
		buf_add_str(b, v6 ? "]:" : ":");
		buf_add_u64(b, o->resolver_port != 0 ? o->resolver_port : 53);
		buf_add_str(b, "\"}  ");
	}
	buf_printf(b, "dnssec = \"%s\" ",
	    ip_is_loopback(&o->resolver) ? "trust-ad" : "validate");
	buf_printf(b, " timeout = \"%us\" }\n", ms / 1000);
}

static enum err
start(struct check_dns *d, struct check *c, struct diag *why)
{
	struct buf text;
	buf_init(&text, 1024);
	check_dns_conf(c->opts, &text);
	enum err e = buf_err(&text);
	if (e == ERR_OK)
		e = check_child_start(&d->child, c->loop, c->libexec,
		    ROLE_RESOLVER, buf_slice(&text), why);
	buf_free(&text);
	if (e == ERR_OK && c->opts->resolver.family == 0)
		e = check_child_path(
		    &d->child, IPC_FILE_RESOLV_CONF, RESOLV_CONF);
	if (e == ERR_OK)
		e = check_child_path(
		    &d->child, IPC_FILE_TRUST_ANCHOR, DNS_ANCHOR);
	if (e == ERR_OK) {
		d->chan = check_child_ask_by(&d->child, &ask_ops, d);
		e = d->chan != NULL ? ERR_OK : ERR_NOMEM;
	}
	return e == ERR_OK ? check_child_go(&d->child) : e;
}

/* It stands, or has said why not. */
static enum err
wait_ready(struct check_dns *d, struct diag *why)
{
	uint64_t until = loop_now_ms(d->loop) + READY_MS;
	while (!d->child.ready && d->child.master != NULL &&
	       loop_now_ms(d->loop) < until)
		loop_step(d->loop, 100);
	if (d->child.ready)
		return ERR_OK;
	return diag_set(why, ERR_TEMP, NULL, "the resolver does not start: %s",
	    d->child.why[0] != '\0' ? d->child.why : "it says nothing");
}

struct check_dns *
check_dns_alloc(struct loop *loop)
{
	uint64_t seed[2];
	struct check_dns *d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	d->loop = loop;
	list_init(&d->open);
	list_init(&d->finds);
	defer_init(&d->failing, fail_all, d);
	random_bytes(seed, sizeof(seed));
	map_init(&d->asks, seed);
	return d;
}

bool
check_dns_over(struct check_dns *d, int fd)
{
	d->chan = chan_new(d->loop, fd, ROLE_CMD, ROLE_RESOLVER, &ask_ops, d);
	return d->chan != NULL;
}

enum err
check_dns_new(struct check *c, struct check_dns **out, struct diag *why)
{
	struct check_dns *d = check_dns_alloc(c->loop);
	if (d == NULL)
		return diag_set(why, ERR_NOMEM, NULL, "out of memory");
	why->text[0] = '\0';
	enum err e = start(d, c, why);
	if (e == ERR_OK)
		e = wait_ready(d, why);
	if (e != ERR_OK) {
		if (why->text[0] == '\0')
			diag_set(why, e, NULL,
			    "the resolver does not start: %s", err_name(e));
		check_dns_free(d);
		return e;
	}
	*out = d;
	return ERR_OK;
}

void
check_dns_free(struct check_dns *d)
{
	if (d == NULL)
		return;
	while (!list_empty(&d->finds))
		check_find_free(d->finds.next);
	while (!list_empty(&d->open))
		ask_free(LIST_OWNER(d->open.next, struct check_dns_ask, node));
	if (d->chan != NULL)
		chan_close(d->chan);
	defer_cancel(&d->failing);
	check_child_stop(&d->child);
	map_free(&d->asks);
	free(d);
}
