/* unbound.c - the validating backend: libunbound on our loop, one thread.
 *
 * Everything it needs from the file system is asked for in make(), before the
 * walls; ub_ctx_zone_remove, the last step there, makes the library read its
 * settings. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound-event.h>
#include <unbound.h>

#include "role/resolver/backend.h"
#include "role/resolver/ub_loop.h"

struct ub_backend {
	struct backend b;
	struct ub_ctx *ctx;
	struct ub_event_base *base;
	unsigned open; /* questions the library still works on */
	bool retired;
	struct loop *loop;
	struct defer reap;
};

/* The root's keys, tags 20326 and 38696, as IANA publishes them: without a
 * file of anchors these hold. */
static const char root_anchors[] =
    ". IN DS 20326 8 2 "
    "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"
    ". IN DS 38696 8 2 "
    "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16\n";

static const struct {
	const char *name, *value;
} options[] = {
    {"do-not-query-localhost:", "no"},
    {"edns-buffer-size:", "1232"}, /* below every path's fragment size */
    {"outgoing-range:", "512"},
    {"num-queries-per-thread:", "1024"},
    {"cache-max-ttl:", "3600"},
    {"cache-max-negative-ttl:", "300"},
    {"infra-host-ttl:", "60"},
    {"infra-keep-probing:", "yes"},
    {"trust-anchor-signaling:", "no"},
    /* Private address space is answered by the operator's servers. */
    {"unblock-lan-zones:", "yes"},
    {"insecure-lan-zones:", "yes"},
};

/* Names that the library would answer itself, but that go to the servers
 * like all others. They are outside of the public tree, so the root's keys
 * say nothing about them. */
static const char *const private_zones[] = {
    "test.",
    "home.arpa.",
    "127.in-addr.arpa.",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
};

/* Never delegated publicly either (RFC 2606, ICANN's .internal). */
static const char *const insecure_zones[] = {"example.", "internal.", "lan."};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
set_options(struct ub_ctx *ctx, const struct settings *s)
{
	int e = 0;
	for (size_t i = 0; i < COUNT(options) && e == 0; i++)
		e = ub_ctx_set_option(ctx, options[i].name, options[i].value);
	for (size_t i = 0; i < COUNT(private_zones) && e == 0; i++)
		if (!s->own_anchors)
			e = ub_ctx_set_option(
			    ctx, "domain-insecure:", private_zones[i]);
	for (size_t i = 0; i < COUNT(insecure_zones) && e == 0; i++)
		if (!s->own_anchors)
			e = ub_ctx_set_option(
			    ctx, "domain-insecure:", insecure_zones[i]);
	return e;
}

static int
set_servers(struct ub_ctx *ctx, const struct settings *s)
{
	int e = 0;
	for (size_t i = 0; i < s->servers && e == 0; i++) {
		char ip[IP_TEXT_MAX], text[IP_TEXT_MAX + 8];
		ip_text(&s->server[i].ip, ip);
		snprintf(text, sizeof(text), "%s@%u", ip, s->server[i].port);
		e = ub_ctx_set_fwd(ctx, text);
	}
	return e;
}

static int
set_anchors(struct ub_ctx *ctx, struct slice anchors)
{
	struct slice line;
	int e = 0;
	while (e == 0 && settings_anchor_next(&anchors, &line)) {
		char text[2048];
		if (line.n >= sizeof(text))
			return UB_SYNTAX;
		memcpy(text, line.p, line.n);
		text[line.n] = '\0';
		e = ub_ctx_add_ta(ctx, text);
	}
	return e;
}

static int
configure(struct ub_ctx *ctx, const struct settings *s)
{
	struct slice anchors = s->anchors, line;
	struct slice probe = anchors;
	if (!settings_anchor_next(&probe, &line))
		anchors = SLICE(root_anchors);
	int e = set_options(ctx, s);
	if (e == 0)
		e = set_servers(ctx, s);
	if (e == 0)
		e = set_anchors(ctx, anchors);
	for (size_t i = 0; i < COUNT(private_zones) && e == 0; i++)
		e = ub_ctx_zone_remove(ctx, private_zones[i]);
	return e;
}

static void
ub_free(void *arg)
{
	struct ub_backend *u = arg;
	defer_cancel(&u->reap);
	if (u->ctx != NULL)
		ub_ctx_delete(u->ctx);
	ub_loop_free(u->base);
	free(u);
}

static struct backend *
ub_make(struct loop *loop, const struct settings *s, struct diag *d)
{
	struct ub_backend *u = calloc(1, sizeof(*u));
	if (u == NULL)
		goto nomem;
	u->b.ops = &backend_unbound;
	u->loop = loop;
	defer_init(&u->reap, ub_free, u);
	u->base = ub_loop_new(loop);
	if (u->base != NULL)
		u->ctx = ub_ctx_create_ub_event(u->base);
	if (u->ctx == NULL) {
		ub_free(u);
		goto nomem;
	}
	int e = configure(u->ctx, s);
	if (e != 0) {
		(void)diag_set(d, ERR_SYNTAX, NULL,
		    "the DNS library does not take its settings: %s",
		    ub_strerror(e));
		ub_free(u);
		return NULL;
	}
	return &u->b;
nomem:
	(void)diag_set(d, ERR_NOMEM, NULL, "out of memory for the resolver");
	return NULL;
}

static void
ub_retire(struct backend *b)
{
	struct ub_backend *u = (struct ub_backend *)(void *)b;
	u->retired = true;
	if (u->open == 0)
		ub_free(u);
}

struct ub_ask {
	struct backend_ask ask;
	bool asking; /* within ub_resolve_event */
	bool over;
	uint16_t qtype;
	struct dns_name name;
};

/* sec: 0 insecure, 1 bogus, 2 secure. A bogus packet is handed over too, so
 * that is looked at first. rcode says little: the packet has the real one. A
 * reply to another question comes through the library as it is. */
static void
read_result(const struct ub_ask *q, struct slice packet, int sec,
    const char *why, struct answer *a)
{
	struct dns_message m;
	if (sec == 1) {
		answer_fail(a, IPC_DNS_BOGUS,
		    why != NULL ? why : "DNSSEC validation failed");
		return;
	}
	if (dns_message_parse(packet, &m) != ERR_OK || m.type != q->qtype ||
	    !dns_name_eq(&m.name, &q->name)) {
		answer_fail(a, IPC_DNS_TEMPFAIL, "no server answered");
		return;
	}
	enum answer_progress p = answer_read(&m, a);
	a->secure = sec == 2 && p != ANSWER_LAME;
	if (p == ANSWER_FOLLOW) /* the library followed: nothing is there */
		a->status = IPC_DNS_NODATA;
	else if (p == ANSWER_LAME)
		answer_fail(a, IPC_DNS_TEMPFAIL, a->text);
}

static void
ub_result(void *arg, int rcode, void *packet, int packet_len, int sec,
    char *why_bogus, int ratelimited)
{
	struct ub_ask *q = arg;
	struct ub_backend *u = (struct ub_backend *)(void *)q->ask.b;
	size_t n = packet == NULL || packet_len < 0 ? 0 : (size_t)packet_len;
	(void)rcode;
	(void)ratelimited;
	if (q->ask.done != NULL) {
		struct answer a;
		answer_init(&a);
		read_result(q, slice_of(packet, n), sec, why_bogus, &a);
		q->ask.done(q->ask.arg, &a);
		answer_free(&a);
	}
	q->over = true;
	u->open--;
	/* The library is still on the stack: it cannot be deleted here. */
	if (u->retired && u->open == 0)
		loop_defer(u->loop, &u->reap);
	if (!q->asking)
		free(q);
}

static struct backend_ask *
ub_ask(struct backend *b, const struct dns_name *name, uint16_t qtype,
    backend_done *done, void *arg)
{
	struct ub_backend *u = (struct ub_backend *)(void *)b;
	struct ub_ask *q = calloc(1, sizeof(*q));
	struct buf text;
	int e = UB_NOMEM;
	buf_init(&text, DNS_NAME_TEXT_MAX + 1);
	buf_add_dns_name(&text, name);
	buf_add_byte(&text, '\0');
	if (q != NULL && buf_err(&text) == ERR_OK) {
		*q = (struct ub_ask){.ask = {b, done, arg},
		    .asking = true,
		    .qtype = qtype,
		    .name = *name};
		u->open++;
		e = ub_resolve_event(
		    u->ctx, (const char *)text.p, qtype, 1, q, ub_result, NULL);
		q->asking = false;
		if (e != 0)
			u->open--;
	}
	buf_free(&text);
	if (e == 0 && !q->over)
		return &q->ask;
	free(q);
	if (e != 0) {
		struct answer a;
		answer_init(&a);
		answer_fail(&a, IPC_DNS_TEMPFAIL, ub_strerror(e));
		done(arg, &a);
		answer_free(&a);
	}
	return NULL;
}

static void
ub_let_go(struct backend_ask *q)
{
	q->done = NULL;
}

const struct backend_ops backend_unbound = {
    .make = ub_make, .retire = ub_retire, .ask = ub_ask, .let_go = ub_let_go};
