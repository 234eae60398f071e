/* resolve.c - from a next hop to the addresses to try, by asking the role
 * `resolver` and the pure selection of proto/dns/mx. */
#include "os/random.h"
#include "proto/dns/message.h"
#include "role/relay/relay.h"
#include "role/relay/self.h"

#include <stdlib.h>
#include <string.h>

/* A question's number: the task's serial, and which of its questions. */
#define ASK_MX      0u
#define ASK_A(h)    (1u + 2u * (unsigned)(h))
#define ASK_AAAA(h) (2u + 2u * (unsigned)(h))
#define ASK_BITS    8u

static enum dns_answer
answer_of(uint8_t status)
{
	switch ((enum ipc_dns_status)status) {
	case IPC_DNS_OK:
		return DNS_ANSWER_OK;
	case IPC_DNS_NODATA:
		return DNS_ANSWER_NODATA;
	case IPC_DNS_NXDOMAIN:
		return DNS_ANSWER_NXDOMAIN;
	case IPC_DNS_BOGUS:
		return DNS_ANSWER_BOGUS;
	case IPC_DNS_TEMPFAIL:
	case IPC_DNS_TIMEOUT:
		break;
	}
	return DNS_ANSWER_TEMPFAIL;
}

static bool
ask(struct task *t, unsigned which, uint16_t type, const struct dns_name *name)
{
	struct role *role = t->relay->role;
	struct ipc_msg m = {.type = IPC_dns_ask, .fd = -1};
	struct buf text;
	buf_init(&text, DNS_NAME_TEXT_MAX);
	buf_add_dns_name(&text, name);
	m.dns_ask.ask = t->serial << ASK_BITS | which;
	m.dns_ask.qtype = type;
	m.dns_ask.name = buf_slice(&text);
	struct chan *c = role_peer(role, ROLE_RESOLVER, 0);
	bool ok = c != NULL && role_send(c, &m);
	buf_free(&text);
	if (ok)
		t->plan->asked++;
	return ok;
}

/* ---- the end: targets ---- */

static void
target_add(
    struct task *t, struct slice name, uint16_t preference, const struct ip *ip)
{
	struct plan *p = t->plan;
	struct target *v = &p->v[p->n];
	*v = (struct target){
	    .name = name, .addr = {*ip, p->port}, .preference = preference};
	p->n++;
}

static struct slice
host_name(struct task *t, const struct mx_host *h)
{
	struct buf text;
	buf_init(&text, DNS_NAME_TEXT_MAX);
	buf_add_dns_name(&text, &h->name);
	struct slice kept = task_keep(t, buf_slice(&text));
	buf_free(&text);
	return kept;
}

/* Which addresses of the list are ours, for the loop rule of RFC 5321 5.1. */
static size_t
own_addresses(const struct task *t, struct ip *out, size_t max)
{
	const struct plan *p = t->plan;
	size_t n = 0;
	for (size_t i = 0; p->by_mx && i < p->list.n; i++)
		for (size_t k = 0; k < p->list.hosts[i].addrs_n; k++) {
			const struct ip *ip = &p->list.hosts[i].addrs[k];
			if (n < max &&
			    self_is_listener(t->relay->role->conf, ip, p->port))
				out[n++] = *ip;
		}
	return n;
}

static void
finish(struct task *t)
{
	struct plan *p = t->plan;
	struct ip own[16];
	struct mx_targets targets;
	struct mx_self self = {own, own_addresses(t, own, 16), SLICE_EMPTY};
	enum mx_verdict v =
	    mx_targets(&p->list, &self, true, true, random_u64(), &targets);
	struct slice names[MX_HOSTS_MAX] = {0};
	for (size_t i = 0; v == MX_OK && i < targets.n && i < RELAY_TARGETS;
	     i++) {
		size_t h = targets.t[i].host;
		const struct mx_host *host = &p->list.hosts[h];
		if (names[h].n == 0)
			names[h] = host_name(t, host);
		target_add(t, names[h], host->preference, &targets.t[i].ip);
	}
	task_resolved(t, v);
}

/* ---- addresses ---- */

static void
take_addresses(struct mx_host *h, struct slice records, bool v6)
{
	struct slice rdata;
	size_t want = v6 ? 16 : 4;
	while (pack_next(&records, &rdata)) {
		if (rdata.n != want || h->addrs_n == MX_ADDRS_MAX)
			continue;
		struct ip *ip = &h->addrs[h->addrs_n++];
		*ip = (struct ip){.family = v6 ? 6 : 4};
		memcpy(ip->b, rdata.p, want);
	}
}

static void
ask_hosts(struct task *t)
{
	struct plan *p = t->plan;
	if (p->list.n > RELAY_HOSTS)
		p->list.n = RELAY_HOSTS;
	for (unsigned i = 0; i < p->list.n; i++) {
		struct mx_host *h = &p->list.hosts[i];
		(void)ask(t, ASK_A(i), DNS_A, &h->name);
		(void)ask(t, ASK_AAAA(i), DNS_AAAA, &h->name);
	}
	if (p->asked == 0)
		finish(t);
}

/* ---- MX ---- */

static void
take_mx(struct task *t, const struct ipc_dns_answer *a)
{
	struct mx_record *v = NULL;
	size_t n = 0;
	struct dns_name domain;
	struct slice records = a->records, rdata;
	long count = pack_count(a->records);
	if (count > 0)
		v = calloc((size_t)count, sizeof(*v));
	while (v != NULL && pack_next(&records, &rdata)) {
		size_t at = 2;
		if (rdata.n < 3 ||
		    dns_name_read(rdata, &at, &v[n].host) != ERR_OK)
			continue;
		v[n++].preference = (uint16_t)(rdata.p[0] << 8 | rdata.p[1]);
	}
	enum dns_answer answer = answer_of(a->status);
	if (answer == DNS_ANSWER_OK && n == 0)
		answer = DNS_ANSWER_TEMPFAIL; /* none that can be read */
	enum mx_verdict verdict = MX_NXDOMAIN;
	if (dns_name_parse(
		t->hop.host.n > 0 ? t->hop.host : t->domain, &domain) == ERR_OK)
		verdict = mx_hosts(
		    &domain, answer, v, n, random_u64(), &t->plan->list);
	free(v);
	if (verdict != MX_OK)
		task_resolved(t, verdict);
	else
		ask_hosts(t);
}

/* ---- in and out ---- */

void
resolve_answer(struct relay *r, const struct ipc_dns_answer *a)
{
	struct task *t = map_get_u64(&r->by_serial, a->ask >> ASK_BITS);
	unsigned which = (unsigned)(a->ask & ((1u << ASK_BITS) - 1));
	if (t == NULL || t->plan == NULL || t->plan->asked == 0)
		return;
	t->plan->asked--;
	if (which == ASK_MX) {
		take_mx(t, a);
		return;
	}
	bool v6 = which % 2 == 0;
	size_t h = (which - 1) / 2;
	if (h < t->plan->list.n) {
		struct mx_host *host = &t->plan->list.hosts[h];
		*(v6 ? &host->aaaa : &host->a) = answer_of(a->status);
		if (a->status == IPC_DNS_OK)
			take_addresses(host, a->records, v6);
	}
	if (t->plan->asked == 0)
		finish(t);
}

/* The resolver is gone: what it was asked is a temporary failure. */
void
resolve_lost(struct relay *r)
{
	LIST_FOREACH_SAFE (n, &r->tasks) {
		struct task *t = LIST_OWNER(n, struct task, node);
		if (t->plan == NULL || t->plan->asked == 0)
			continue;
		t->plan->asked = 0;
		task_resolved(t, MX_TEMPFAIL);
	}
}

static void
one_address(struct task *t, const struct ip *ip)
{
	struct buf text;
	buf_init(&text, IP_TEXT_MAX);
	buf_add_ip(&text, ip);
	target_add(t, task_keep(t, buf_slice(&text)), 0, ip);
	buf_free(&text);
	task_resolved(t, MX_OK);
}

/* A host by name, without its MX. */
static void
one_host(struct task *t)
{
	struct dns_name name;
	if (dns_name_parse(t->hop.host, &name) != ERR_OK) {
		task_resolved(t, MX_NXDOMAIN);
		return;
	}
	(void)mx_hosts(&name, DNS_ANSWER_NODATA, NULL, 0, 0, &t->plan->list);
	ask_hosts(t);
}

static void
mx_of(struct task *t, struct slice domain)
{
	struct dns_name name;
	t->plan->by_mx = true;
	if (dns_name_parse(domain, &name) != ERR_OK)
		task_resolved(t, MX_NXDOMAIN);
	else if (!ask(t, ASK_MX, DNS_MX, &name))
		task_resolved(t, MX_TEMPFAIL);
}

void
resolve_begin(struct task *t)
{
	const struct nexthop *h = &t->hop;
	bool lmtp = h->kind == NEXTHOP_LMTP_TCP;
	t->plan = calloc(1, sizeof(*t->plan));
	if (t->plan == NULL) {
		task_resolved(t, MX_TEMPFAIL);
		return;
	}
	t->plan->port = h->port != 0 ? h->port
			: lmtp       ? 24
			       : (uint16_t)t->relay->role->conf->outbound.port;
	if (h->kind == NEXTHOP_LMTP_UNIX) {
		t->plan->v[t->plan->n++] = (struct target){
		    .name = h->path, .unix_path = (const char *)h->path.p};
		task_resolved(t, MX_OK);
	} else if (h->ip.family != 0) {
		one_address(t, &h->ip);
	} else if (h->kind == NEXTHOP_MX) {
		mx_of(t, t->domain);
	} else if (h->lookup_mx) {
		mx_of(t, h->host);
	} else {
		one_host(t);
	}
}

bool
plan_cut(struct task *t)
{
	struct plan *p = t->plan;
	size_t self = t->target - 1;
	uint16_t preference = p->v[self].preference;
	bool better = self > 0 && p->v[0].preference < preference;
	p->n = t->target; /* nothing after it is tried */
	return p->by_mx && better;
}
