/* web.c - single files by https for kurir check, which has this role as a
 * child: the answer to fetch_ask. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/dns/message.h"
#include "role/fetch/fetch.h"

#define WEB_MAX      256 /* at a time; what is more is refused */
#define WEB_OCTETS   (64u << 10)
#define URL_MAX      2048
#define WEB_TYPE_MAX 128

struct web {
	struct list node;
	struct fetch *f;
	struct chan *chan;
	uint64_t number; /* of fetch_ask */
	char url[URL_MAX];
	struct http_url parts;
	struct ip addr[HTTP_ADDRS_MAX];
	size_t addr_n;
	uint16_t to_port;
	uint64_t ask; /* of A; that of AAAA is one more; 0: none */
	unsigned asked;
	uint8_t status; /* of the worst of both */
	struct http_get *get;
	struct timer patience;
};

/* ---- the end ---- */

static void
web_free(struct web *w)
{
	http_cancel(w->get);
	timer_stop(&w->patience);
	list_remove(&w->node);
	free(w);
}

static void
refuse(struct chan *c, uint64_t number, enum err e, const char *cause,
    const char *text)
{
	struct ipc_msg m = {.type = IPC_fetch_answer, .fd = -1};
	m.fetch_answer.ask = number;
	m.fetch_answer.err = (uint8_t)e;
	m.fetch_answer.cause = slice_str(cause);
	m.fetch_answer.text = slice_str(text);
	/* Who does not take its answers times its questions out. */
	(void)role_send(c, &m);
}

static void
web_fail(struct web *w, enum err e, const char *cause, const char *text)
{
	refuse(w->chan, w->number, e, cause, text);
	web_free(w);
}

/* "Text/Plain; charset=utf-8" */
static struct slice
media_type(struct slice header, char out[WEB_TYPE_MAX])
{
	struct slice s = slice_trim(slice_to(header, slice_find(header, ';')));
	s = slice_to(s, WEB_TYPE_MAX);
	for (size_t i = 0; i < s.n; i++)
		out[i] = (char)ascii_lower(s.p[i]);
	return slice_of(out, s.n);
}

static void
on_answer(void *arg, const struct http_reply *r)
{
	struct web *w = arg;
	char type[WEB_TYPE_MAX];
	struct ipc_msg m = {.type = IPC_fetch_answer, .fd = -1};
	w->get = NULL;
	if (r->end == HTTP_FAILED) {
		web_fail(w, ERR_TEMP, r->cause, r->text);
		return;
	}
	m.fetch_answer.ask = w->number;
	m.fetch_answer.status = (uint16_t)r->status;
	m.fetch_answer.cut = r->end == HTTP_TOO_LARGE;
	m.fetch_answer.type = media_type(r->content_type, type);
	m.fetch_answer.body = slice_to(r->body, WEB_OCTETS);
	(void)role_send(w->chan, &m);
	web_free(w);
}

static void
on_patience(void *arg)
{
	web_fail(arg, ERR_TIMEOUT, "net.timeout", "no whole answer in time");
}

/* ---- the question ---- */

static void
get(struct web *w)
{
	const struct conf_limits *l = &w->f->role->conf->limits;
	const struct http_request q = {.url = w->url,
	    .addr = w->addr,
	    .addr_n = w->addr_n,
	    .to_port = w->to_port,
	    .max_octets = WEB_OCTETS,
	    .connect_ms = l->connect_timeout_ms};
	w->get = http_get(w->f->http, &q, on_answer, w);
	if (w->get == NULL)
		web_fail(w, ERR_NOMEM, "local.io-error", "out of memory");
}

static void
no_address(struct web *w)
{
	if (w->status == IPC_DNS_BOGUS)
		web_fail(w, ERR_TEMP, "dns.bogus",
		    "the addresses of the name fail DNSSEC validation");
	else if (w->status == IPC_DNS_NXDOMAIN || w->status == IPC_DNS_NODATA)
		web_fail(w, ERR_NOT_FOUND, "dns.nxdomain",
		    "the name has no address");
	else
		web_fail(w, ERR_TEMP, "dns.tempfail",
		    "the name could not be looked up");
}

static void
add_addresses(struct web *w, struct slice records, size_t want)
{
	struct slice rdata;
	while (pack_next(&records, &rdata)) {
		if (rdata.n != want || w->addr_n == HTTP_ADDRS_MAX)
			continue;
		struct ip *ip = &w->addr[w->addr_n++];
		*ip = (struct ip){.family = want == 16 ? 6 : 4};
		memcpy(ip->b, rdata.p, want);
	}
}

void
web_dns_answer(struct fetch *f, const struct ipc_dns_answer *a)
{
	struct web *w = NULL;
	LIST_FOREACH (n, &f->webs) {
		struct web *one = LIST_OWNER(n, struct web, node);
		if (one->ask != 0 && one->ask == (a->ask & ~1ull))
			w = one;
	}
	unsigned which = 1u << (a->ask & 1);
	if (w == NULL || (w->asked & which) == 0)
		return;
	w->asked &= ~which;
	if (a->status == IPC_DNS_OK)
		add_addresses(w, a->records, which == 2 ? 16 : 4);
	else if (a->status > w->status)
		w->status = a->status;
	if (w->asked != 0)
		return;
	w->ask = 0;
	if (w->addr_n > 0)
		get(w);
	else
		no_address(w);
}

void
web_resolver_lost(struct fetch *f)
{
	LIST_FOREACH_SAFE (n, &f->webs) {
		struct web *w = LIST_OWNER(n, struct web, node);
		if (w->ask != 0)
			web_fail(w, ERR_TEMP, "dns.tempfail",
			    "the resolver is gone");
	}
}

void
web_forget(struct fetch *f, struct chan *c)
{
	LIST_FOREACH_SAFE (n, &f->webs) {
		struct web *w = LIST_OWNER(n, struct web, node);
		if (w->chan == c)
			web_free(w);
	}
}

static bool
send_question(const struct web *w, uint64_t ask, uint16_t type)
{
	struct ipc_msg m = {.type = IPC_dns_ask, .fd = -1};
	m.dns_ask.ask = ask;
	m.dns_ask.qtype = type;
	m.dns_ask.name = slice_str(w->parts.host);
	return role_send(role_peer(w->f->role, ROLE_RESOLVER, 0), &m);
}

static void
ask_addresses(struct web *w)
{
	w->ask = w->f->asks += 2;
	w->asked = 3;
	if (!send_question(w, w->ask, DNS_A) ||
	    !send_question(w, w->ask + 1, DNS_AAAA))
		web_fail(w, ERR_TEMP, "dns.tempfail",
		    "names cannot be looked up: the resolver does not run");
}

static size_t
count(const struct fetch *f)
{
	size_t n = 0;
	LIST_FOREACH (it, &f->webs)
		n++;
	return n;
}

static bool
is_url(struct web *w, struct slice url)
{
	struct diag d;
	if (url.n == 0 || url.n >= URL_MAX || slice_find(url, 0) != url.n)
		return false;
	memcpy(w->url, url.p, url.n);
	return http_url_parse(w->url, &w->parts, &d) == ERR_OK &&
	       w->parts.https;
}

void
web_ask(struct fetch *f, struct chan *c, const struct ipc_fetch_ask *a)
{
	struct ip ip;
	struct web *w = count(f) < WEB_MAX ? calloc(1, sizeof(*w)) : NULL;
	if (w == NULL) {
		refuse(c, a->ask, ERR_LIMIT, "local.io-error",
		    "too many questions at once");
		return;
	}
	w->f = f;
	w->chan = c;
	w->number = a->ask;
	timer_init(&w->patience, f->role->loop, on_patience, w);
	timer_start(&w->patience, f->role->conf->limits.fetch_timeout_ms);
	list_push_back(&f->webs, &w->node);
	if (!is_url(w, a->url)) {
		web_fail(w, ERR_SYNTAX, "protocol.syntax", "not an https URL");
	} else if (a->to.family != 0) {
		w->addr[w->addr_n++] = a->to;
		w->to_port = a->port;
		get(w);
	} else if (ip_parse(slice_str(w->parts.host), &ip) == ERR_OK) {
		get(w);
	} else {
		ask_addresses(w);
	}
}
