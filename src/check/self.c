/* self.c - check self: the configuration at hand, as others see it. Phases:
 * listeners and what DNS has; then the names of our addresses, and whether
 * SPF lets them send; then the report. */
#include "check/self_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "proto/dns/message.h"

bool
self_public(const struct ip *ip)
{
	static const struct ip_net nets[] = {{{.family = 4, .b = {0}}, 8},
	    {{.family = 4, .b = {10}}, 8}, {{.family = 4, .b = {127}}, 8},
	    {{.family = 4, .b = {100, 64}}, 10},
	    {{.family = 4, .b = {169, 254}}, 16},
	    {{.family = 4, .b = {172, 16}}, 12},
	    {{.family = 4, .b = {192, 168}}, 16},
	    {{.family = 6, .b = {0xfc}}, 7},
	    {{.family = 6, .b = {0xfe, 0x80}}, 10},
	    {{.family = 6, .b = {0}}, 64}};
	for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++)
		if (ip_in_net(ip, &nets[i]))
			return false;
	return ip->family != 0;
}

/* ---- what DNS has ---- */

static void
on_txt(void *arg, const struct ipc_dns_answer *a)
{
	struct self_txt *t = arg;
	struct slice records = a->records, rdata;
	t->status = (enum ipc_dns_status)a->status;
	if (a->status != IPC_DNS_OK)
		records = SLICE_EMPTY;
	while (pack_next(&records, &rdata)) {
		struct dns_record record = {.type = DNS_TXT, .rdata = rdata};
		struct buf b;
		buf_init(&b, 65535);
		if (dns_rdata_txt(&record, &b) == ERR_OK &&
		    slice_starts_nocase(buf_slice(&b), slice_str(t->wanted)) &&
		    t->n++ == 0)
			(void)snprintf(t->first, sizeof(t->first), "%.*s",
			    SLICE_ARG(buf_slice(&b)));
		buf_free(&b);
	}
	self_answered(t->s);
}

static void
ask_txt(struct self *s, struct self_txt *t, const char *before,
    const char *domain, const char *wanted)
{
	char name[320];
	(void)snprintf(name, sizeof(name), "%s%s", before, domain);
	*t = (struct self_txt){.s = s, .wanted = wanted};
	s->waiting++;
	(void)check_dns_ask(s->c->dns, DNS_TXT, slice_str(name), on_txt, t);
}

static void
on_mx(void *arg, const struct ipc_dns_answer *a)
{
	struct self_domain *d = arg;
	struct slice records = a->records, rdata;
	struct buf list;
	d->mx_status = (enum ipc_dns_status)a->status;
	if (a->status != IPC_DNS_OK)
		records = SLICE_EMPTY;
	buf_init(&list, sizeof(d->mx) - 1);
	while (pack_next(&records, &rdata)) {
		struct dns_name name;
		struct buf text;
		size_t at = 2;
		if (rdata.n < 3 || dns_name_read(rdata, &at, &name) != ERR_OK)
			continue;
		buf_init(&text, DNS_NAME_TEXT_MAX);
		buf_add_dns_name(&text, &name);
		if (slice_eq_nocase(
			buf_slice(&text), slice_str(d->s->hostname)))
			d->mx_here = true;
		if (list.n > 0)
			buf_add_str(&list, ", ");
		buf_add_u64(&list, (uint64_t)(rdata.p[0] << 8 | rdata.p[1]));
		buf_add_byte(&list, ' ');
		buf_add(&list, buf_slice(&text));
		buf_free(&text);
	}
	if (list.n > 0)
		memcpy(d->mx, list.p, list.n);
	buf_free(&list);
	self_answered(d->s);
}

static void
on_sts(void *arg, const struct sts *sts)
{
	struct self_domain *d = arg;
	d->sts = sts->state;
	d->sts_mode = sts->policy.mode;
	memcpy(d->sts_id, sts->id, sizeof(d->sts_id));
	self_answered(d->s);
}

static void
ask_domain(struct self *s, const struct conf_domain *conf)
{
	if (s->domain_n == SELF_DOMAINS_MAX) {
		s->domain_left++;
		return;
	}
	struct self_domain *d = &s->domain[s->domain_n++];
	d->s = s;
	(void)snprintf(d->name, sizeof(d->name), "%.*s", SLICE_ARG(conf->name));
	s->waiting += 2;
	(void)check_dns_ask(s->c->dns, DNS_MX, slice_str(d->name), on_mx, d);
	(void)sts_ask(s->c, slice_str(d->name), on_sts, d);
	ask_txt(s, &d->spf, "", d->name, "v=spf1");
	ask_txt(s, &d->dmarc, "_dmarc.", d->name, "v=DMARC1");
	ask_txt(s, &d->tlsrpt, "_smtp._tls.", d->name, "v=TLSRPTv1");
}

static void
on_address(void *arg, const struct ipc_dns_answer *a)
{
	struct self *s = arg;
	struct slice records = a->records, rdata;
	bool four = a->qtype == DNS_A;
	*(four ? &s->a_status : &s->aaaa_status) =
	    (enum ipc_dns_status)a->status;
	if (a->status != IPC_DNS_OK)
		records = SLICE_EMPTY;
	else
		s->host_secure = a->secure;
	while (pack_next(&records, &rdata)) {
		struct ip ip = {.family = four ? 4 : 6};
		if (rdata.n != (four ? 4u : 16u) ||
		    s->published_n == SELF_IPS_MAX)
			continue;
		memcpy(ip.b, rdata.p, rdata.n);
		s->published[s->published_n++] = ip;
	}
	self_answered(s);
}

/* ---- our addresses ---- */

static void
add_ip(struct self *s, const struct ip *ip)
{
	for (size_t i = 0; i < s->ip_n; i++)
		if (ip_eq(&s->ip[i].ip, ip))
			return;
	if (s->ip_n < SELF_IPS_MAX)
		s->ip[s->ip_n++] = (struct self_ip){.s = s, .ip = *ip};
}

/* Those of the configuration that others can reach; where there are none
 * (0.0.0.0, or a translated address) what the host name has. */
static void
find_ips(struct self *s)
{
	const struct conf *conf = s->conf;
	for (size_t i = 0; i < conf->outbound.bind.n; i++)
		if (self_public(&conf->outbound.bind.v[i]))
			add_ip(s, &conf->outbound.bind.v[i]);
	for (size_t i = 0; i < conf->listen_n; i++)
		for (size_t k = 0; k < conf->listen[i].address.n; k++)
			if (self_public(&conf->listen[i].address.v[k].ip))
				add_ip(s, &conf->listen[i].address.v[k].ip);
	if (s->ip_n == 0)
		for (size_t i = 0; i < s->published_n; i++)
			add_ip(s, &s->published[i]);
	for (size_t i = 0; i < s->ip_n; i++)
		for (size_t k = 0; k < s->published_n; k++)
			s->ip[i].published =
			    s->ip[i].published ||
			    ip_eq(&s->ip[i].ip, &s->published[k]);
}

static void
on_ptr(void *arg, const struct reverse_result *r)
{
	struct self_ip *i = arg;
	struct slice name = r->confirmed.n > 0 ? r->confirmed : r->name;
	i->ptr = r->findings;
	(void)snprintf(
	    i->ptr_name, sizeof(i->ptr_name), "%.*s", SLICE_ARG(name));
	self_answered(i->s);
}

static void
on_spf(void *arg, const struct spf_result *r)
{
	struct self_domain *d = arg;
	d->spf_asked++;
	d->spf_passed += r->word == SPF_PASS;
	d->spf_unknown += r->word == SPF_TEMPERROR;
	self_answered(d->s);
}

static void
on_dane(void *arg, const struct dane_host *h)
{
	struct self *s = arg;
	const struct self_listen *l = self_shown(s);
	const struct slice host = slice_str(s->hostname);
	dane_copy(&s->dane, h);
	s->dane_came = true;
	if (l != NULL)
		dane_compare(
		    &s->dane, l->der, l->der_n, &host, 1, check_now_s(s->c));
	self_answered(s);
}

static void
ask_names(struct self *s)
{
	char from[300];
	find_ips(s);
	for (size_t i = 0; i < s->ip_n; i++) {
		s->waiting++;
		reverse_ask(s->c, REVERSE_PTR, &s->ip[i].ip, SLICE_EMPTY,
		    on_ptr, &s->ip[i]);
		for (size_t k = 0; k < s->domain_n; k++) {
			struct self_domain *d = &s->domain[k];
			(void)snprintf(
			    from, sizeof(from), "postmaster@%s", d->name);
			s->waiting++;
			spf_ask(s->c, &s->ip[i].ip, slice_str(s->hostname),
			    slice_str(from), on_spf, d);
		}
	}
	s->waiting++;
	(void)dane_ask(s->c, s->hostname, 25, s->host_secure, on_dane, s);
	self_abuse_ask(s);
}

/* ---- the check ---- */

static void
end(struct self *s)
{
	check_done *done = s->done;
	struct report *r = s->r;
	void *arg = s->arg;
	defer_cancel(&s->now);
	for (size_t i = 0; i < s->listen_n; i++)
		arena_reset(&s->listen[i].mem);
	cert_trust_free(s->trust);
	self_abuse_free(s);
	free(s->listen);
	free(s->domain);
	free(s);
	done(arg, r);
}

void
self_answered(struct self *s)
{
	if (--s->waiting > 0)
		return;
	if (s->phase++ == 0) {
		s->waiting = 1;
		ask_names(s);
		self_answered(s);
		return;
	}
	self_tell(s);
	end(s);
}

static void
on_begin(void *arg)
{
	struct self *s = arg;
	struct slice host = slice_str(s->hostname);
	self_listen_all(s);
	s->waiting += 2;
	(void)check_dns_ask(s->c->dns, DNS_A, host, on_address, s);
	(void)check_dns_ask(s->c->dns, DNS_AAAA, host, on_address, s);
	for (size_t i = 0; i < s->conf->domain_n; i++)
		ask_domain(s, &s->conf->domain[i]);
	self_answered(s);
}

void
check_self(
    struct check *c, const struct conf *conf, check_done *done, void *arg)
{
	struct self *s = calloc(1, sizeof(*s));
	struct diag d;
	if (s == NULL)
		abort(); /* as check_dns_ask */
	*s = (struct self){.c = c, .conf = conf, .done = done, .arg = arg};
	(void)snprintf(s->hostname, sizeof(s->hostname), "%.*s",
	    SLICE_ARG(conf->hostname));
	s->listen = calloc(SELF_LISTEN_MAX, sizeof(*s->listen));
	s->domain = calloc(SELF_DOMAINS_MAX, sizeof(*s->domain));
	s->r = report_new(SLICE("check self"));
	if (s->listen == NULL || s->domain == NULL || s->r == NULL)
		abort();
	if (cert_trust_new(c->opts->ca_pem, &s->trust, &d) != ERR_OK) {
		s->trust = NULL;
		report_findingf(s->r, "self.no-anchors", SEVERITY_WARN, "",
		    tr("certificates cannot be judged: %s"), d.text);
		report_answer(s->r, CHECK_UNKNOWN);
	}
	s->waiting = 1;
	defer_init(&s->now, on_begin, s);
	loop_defer(c->loop, &s->now);
}
