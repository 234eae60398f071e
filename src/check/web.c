/* web.c - questions to the fetch child. */
#include "check/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/dns_priv.h"

#define CA_BUNDLE "/etc/ssl/certs/ca-certificates.crt"
/* What fetch may take beyond its own limit before it counts as hung. */
#define GRACE_MS   5000u
#define HTTPS_PORT 443

struct check_web {
	struct check *c;
	struct check_child child;
	struct chan *chan; /* NULL: the child is gone */
	struct list asks;
	struct defer failing;
	uint64_t numbers;
	uint32_t timeout_ms;
};

struct web_ask {
	struct list node;
	struct check_web *w;
	uint64_t number;
	struct timer hang;
	check_web_done *done;
	void *arg;
};

/* ---- answers ---- */

static void
ask_free(struct web_ask *a)
{
	timer_stop(&a->hang);
	list_remove(&a->node);
	free(a);
}

static void
answer(struct web_ask *a, const struct check_web_answer *with)
{
	check_web_done *done = a->done;
	void *arg = a->arg;
	ask_free(a);
	done(arg, with);
}

static void
fail(struct web_ask *a, const char *cause, const char *why)
{
	struct check_web_answer none = {0};
	snprintf(none.cause, sizeof(none.cause), "%s", cause);
	snprintf(none.why, sizeof(none.why), "%s", why);
	answer(a, &none);
}

static void
fail_all(void *arg)
{
	struct check_web *w = arg;
	while (!list_empty(&w->asks) && w->chan == NULL)
		fail(LIST_OWNER(w->asks.next, struct web_ask, node),
		    "local.io-error",
		    w->child.why[0] != '\0' ? w->child.why
					    : "the fetcher is gone");
}

static void
on_hang(void *arg)
{
	fail(arg, "net.timeout", "the fetcher does not answer");
}

static void
on_message(struct chan *c, struct ipc_msg *m, void *arg)
{
	struct check_web *w = arg;
	const struct ipc_fetch_answer *f = &m->fetch_answer;
	(void)c;
	if (m->type != IPC_fetch_answer)
		return;
	LIST_FOREACH (n, &w->asks) {
		struct web_ask *a = LIST_OWNER(n, struct web_ask, node);
		if (a->number != f->ask)
			continue;
		struct check_web_answer got = {.came = f->err == ERR_OK,
		    .status = f->status,
		    .type = f->type,
		    .body = f->body,
		    .cut = f->cut != 0};
		snprintf(
		    got.cause, sizeof(got.cause), "%.*s", SLICE_ARG(f->cause));
		snprintf(got.why, sizeof(got.why), "%.*s", SLICE_ARG(f->text));
		answer(a, &got);
		return;
	}
}

static void
on_closed(struct chan *c, const struct diag *why, void *arg)
{
	struct check_web *w = arg;
	(void)c;
	(void)why;
	w->chan = NULL;
	loop_defer(w->c->loop, &w->failing);
}

static const struct chan_ops ask_ops = {on_message, on_closed, NULL};

/* ---- the child ---- */

static enum err
start(struct check_web *w, struct diag *d)
{
	struct check *c = w->c;
	char text[256];
	uint32_t s = (w->timeout_ms + 999) / 1000;
	snprintf(text, sizeof(text),
	    "hostname = \"check.invalid\"\n"
	    "data-dir = \"/nonexistent\"\n"
	    "limits { fetch-timeout = \"%us\"  connect-timeout = \"%us\" }\n",
	    s, s);
	enum err e = check_child_start(
	    &w->child, c->loop, c->libexec, ROLE_FETCH, slice_str(text), d);
	if (e != ERR_OK)
		return e;
	e = c->opts->ca_pem.n > 0
		? check_child_file(&w->child, IPC_FILE_CA, c->opts->ca_pem)
		: check_child_path(&w->child, IPC_FILE_CA, CA_BUNDLE);
	if (e == ERR_OK)
		e = check_child_wire(&w->child, &c->dns->child);
	if (e == ERR_OK) {
		w->chan = check_child_ask_by(&w->child, &ask_ops, w);
		e = w->chan != NULL ? ERR_OK : ERR_NOMEM;
	}
	return e == ERR_OK ? check_child_go(&w->child) : e;
}

static enum err
web_new(struct check *c)
{
	struct diag d;
	struct check_web *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return ERR_NOMEM;
	w->c = c;
	w->timeout_ms = c->opts->timeout_ms != 0 ? c->opts->timeout_ms : 15000;
	list_init(&w->asks);
	defer_init(&w->failing, fail_all, w);
	enum err e = start(w, &d);
	if (e != ERR_OK) {
		check_web_free(w);
		return e;
	}
	c->web = w;
	return ERR_OK;
}

void
check_web_free(struct check_web *w)
{
	if (w == NULL)
		return;
	while (!list_empty(&w->asks))
		ask_free(LIST_OWNER(w->asks.next, struct web_ask, node));
	if (w->chan != NULL)
		chan_close(w->chan);
	defer_cancel(&w->failing);
	check_child_stop(&w->child);
	free(w);
}

/* ---- questions ---- */

/* The host and port of an https URL, for --connect. */
static struct slice
host_of(struct slice url, uint16_t *port)
{
	uint64_t n;
	*port = HTTPS_PORT;
	if (!slice_starts_nocase(url, SLICE("https://")))
		return SLICE_EMPTY;
	struct slice host = slice_from(url, 8);
	host = slice_to(host, slice_find(host, '/'));
	size_t colon = slice_rfind(host, ':');
	if (colon < host.n && slice_u64(slice_from(host, colon + 1), &n)) {
		*port = (uint16_t)n;
		host = slice_to(host, colon);
	}
	return host;
}

static void
set_way(const struct check *c, struct slice url, struct ipc_fetch_ask *a)
{
	const struct ip none = {0};
	struct sock_addr to;
	uint16_t port;
	struct slice host = host_of(url, &port);
	check_route(c, host, port, &none, &to);
	if (to.ip.family == 0)
		return;
	a->to = to.ip;
	a->port = to.port;
}

enum err
check_web_get(
    struct check *c, struct slice url, check_web_done *done, void *arg)
{
	enum err e = c->web == NULL ? web_new(c) : ERR_OK;
	if (e != ERR_OK)
		return e;
	struct check_web *w = c->web;
	struct web_ask *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return ERR_NOMEM;
	*a = (struct web_ask){
	    .w = w, .number = ++w->numbers, .done = done, .arg = arg};
	timer_init(&a->hang, c->loop, on_hang, a);
	list_push_back(&w->asks, &a->node);
	struct ipc_msg m = {.type = IPC_fetch_ask, .fd = -1};
	m.fetch_ask.ask = a->number;
	m.fetch_ask.url = url;
	set_way(c, url, &m.fetch_ask);
	if (w->chan == NULL)
		loop_defer(c->loop, &w->failing);
	else
		timer_start(&a->hang, chan_send(w->chan, &m) == ERR_OK
					  ? w->timeout_ms + GRACE_MS
					  : 0);
	return ERR_OK;
}
