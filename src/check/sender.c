/* sender.c - check sender: is a domain legitimate to others? Asks; what it
 * comes to is in sender_tell.c. */
#include "check/sender_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "proto/dns/message.h"

/* Names that mail services are known to sign with. */
static const char *const selectors[] = {"default", "dkim", "mail", "selector1",
    "selector2", "google", "s1", "s2", "k1", "k2", "k3", "key1", "email",
    "smtp", "mx", "kurir", "mdaemon", "MDaemon", "zimbra", "iredmail", "zoho",
    "mandrill", "everlytickey1", "fm1", "protonmail", "20230601", "sig1",
    "dkim1", "x", "m1"};

static void
answered(struct sender *s)
{
	if (--s->waiting > 0)
		return;
	sender_tell(s);
	check_done *done = s->done;
	struct report *r = s->r;
	void *arg = s->arg;
	defer_cancel(&s->now);
	arena_reset(&s->mem);
	free(s->hosts.v);
	free(s->sts);
	free(s->lists.v);
	free(s);
	done(arg, r);
}

static void
keep(char *to, size_t max, struct slice s)
{
	size_t n = s.n < max - 1 ? s.n : max - 1;
	if (n > 0)
		memcpy(to, s.p, n);
	to[n] = '\0';
}

/* ---- records ---- */

static void
on_txt(void *arg, const struct ipc_dns_answer *a)
{
	struct sender_txt *t = arg;
	struct slice records = a->records, rdata;
	t->status = (enum ipc_dns_status)a->status;
	if (a->status != IPC_DNS_OK)
		records = SLICE_EMPTY;
	while (pack_next(&records, &rdata)) {
		struct dns_record record = {.type = DNS_TXT, .rdata = rdata};
		struct buf b;
		buf_init(&b, 65535);
		if (dns_rdata_txt(&record, &b) == ERR_OK &&
		    slice_starts_nocase(buf_slice(&b), t->wanted)) {
			t->total++;
			if (t->n < SENDER_TXT_MAX &&
			    arena_slice(&t->s->mem, buf_slice(&b), &t->v[t->n]))
				t->n++;
		}
		buf_free(&b);
	}
	answered(t->s);
}

static void
ask_txt(struct sender *s, struct sender_txt *t, const char *before,
    const char *domain, const char *wanted)
{
	t->s = s;
	t->asked = true;
	t->wanted = slice_str(wanted);
	(void)snprintf(t->name, sizeof(t->name), "%s%s", before, domain);
	s->waiting++;
	(void)check_dns_ask(s->c->dns, DNS_TXT, slice_str(t->name), on_txt, t);
}

/* RFC 7489 6.6.3 asks at the domain and at the organization's; without a list
 * of public suffixes every domain above is asked, and the nearest counts. */
static void
ask_dmarc(struct sender *s)
{
	const char *domain = s->domain;
	while (domain != NULL && s->dmarc_n < SENDER_WALK_MAX) {
		const char *dot = strchr(domain, '.');
		if (dot == NULL)
			break;
		ask_txt(
		    s, &s->dmarc[s->dmarc_n++], "_dmarc.", domain, "v=DMARC1");
		domain = dot + 1;
	}
}

static void
ask_keys(struct sender *s)
{
	char before[320];
	size_t n =
	    s->o.selector.n > 0 ? 1 : sizeof(selectors) / sizeof(*selectors);
	for (size_t i = 0; i < n && i < SENDER_KEYS_MAX; i++) {
		if (s->o.selector.n > 0)
			(void)snprintf(before, sizeof(before),
			    "%.*s._domainkey.", SLICE_ARG(s->o.selector));
		else
			(void)snprintf(before, sizeof(before), "%s._domainkey.",
			    selectors[i]);
		ask_txt(s, &s->key[s->key_n++], before, s->domain, "");
	}
}

static void
on_ns(void *arg, const struct ipc_dns_answer *a)
{
	struct sender *s = arg;
	long n = a->status == IPC_DNS_OK ? pack_count(a->records) : 0;
	s->ns = (enum ipc_dns_status)a->status;
	s->ns_n = n > 0 ? (size_t)n : 0;
	answered(s);
}

static void
on_soa(void *arg, const struct ipc_dns_answer *a)
{
	struct sender *s = arg;
	s->soa = (enum ipc_dns_status)a->status;
	s->soa_here = a->status == IPC_DNS_OK && a->records.n > 0;
	answered(s);
}

static void
on_sts(void *arg, const struct sts *sts)
{
	struct sender *s = arg;
	s->sts = malloc(sizeof(*s->sts));
	if (s->sts != NULL)
		*s->sts = *sts;
	answered(s);
}

/* ---- an address ---- */

static void
on_spf(void *arg, const struct spf_result *r)
{
	struct sender_ip *i = arg;
	i->spf = r->word;
	i->spf_lookups = r->lookups;
	keep(i->spf_mechanism, sizeof(i->spf_mechanism), r->mechanism);
	keep(i->spf_problem, sizeof(i->spf_problem), r->problem);
	answered(i->s);
}

static void
on_helo(void *arg, const struct reverse_result *r)
{
	struct sender_ip *i = arg;
	i->helo = r->findings;
	i->helo_asked = true;
	answered(i->s);
}

static void
on_mail(void *arg, const struct reverse_result *r)
{
	struct sender_ip *i = arg;
	i->mail = r->findings;
	answered(i->s);
}

static void
on_ptr(void *arg, const struct reverse_result *r)
{
	struct sender_ip *i = arg;
	struct sender *s = i->s;
	struct slice helo = s->helo;
	i->ptr = r->findings;
	keep(i->ptr_name, sizeof(i->ptr_name), r->name);
	keep(i->ptr_confirmed, sizeof(i->ptr_confirmed), r->confirmed);
	if (helo.n == 0)
		helo = r->confirmed.n > 0 ? r->confirmed : r->name;
	keep(i->helo_name, sizeof(i->helo_name), helo);
	if (helo.n > 0) {
		s->waiting++;
		reverse_ask(s->c, REVERSE_HELO, &i->ip, slice_str(i->helo_name),
		    on_helo, i);
	}
	answered(s);
}

static void
ask_ip(struct sender *s, const struct ip *ip)
{
	char from[300];
	for (size_t i = 0; i < s->ip_n; i++)
		if (ip_eq(&s->ip[i].ip, ip))
			return;
	if (s->ip_n == SENDER_IPS_MAX) {
		s->ip_left++;
		return;
	}
	struct sender_ip *i = &s->ip[s->ip_n++];
	i->s = s;
	i->ip = *ip;
	s->waiting += 3;
	reverse_ask(s->c, REVERSE_PTR, ip, SLICE_EMPTY, on_ptr, i);
	reverse_ask(s->c, REVERSE_MAIL, ip, slice_str(s->domain), on_mail, i);
	(void)snprintf(from, sizeof(from), "postmaster@%s", s->domain);
	spf_ask(s->c, ip, s->helo.n > 0 ? s->helo : slice_str(s->domain),
	    slice_str(from), on_spf, i);
}

/* ---- lists and hosts ---- */

static void
on_lists(void *arg, const struct blocklist *b)
{
	struct sender *s = arg;
	s->lists = *b;
	s->lists.v = calloc(b->n + 1, sizeof(*b->v));
	if (s->lists.v == NULL)
		abort();
	if (b->n > 0)
		memcpy(s->lists.v, b->v, b->n * sizeof(*b->v));
	answered(s);
}

static void
ask_lists(struct sender *s)
{
	struct blocklist_subject v[1 + SENDER_IPS_MAX];
	size_t n = 0;
	memset(v, 0, sizeof(v));
	memcpy(v[n++].name, s->domain, sizeof(s->domain));
	for (size_t i = 0; i < s->ip_n; i++)
		v[n++].ip = s->ip[i].ip;
	s->waiting++;
	blocklist_ask(s->c, v, n, NULL, 0, on_lists, s);
}

static void
on_dane(void *arg, const struct dane_host *h)
{
	struct sender_host *host = arg;
	dane_copy(&host->dane, h);
	answered(host->s);
}

static void
on_hosts(void *arg, const struct check_hosts *h)
{
	struct sender *s = arg;
	s->hosts = *h;
	s->hosts_came = true;
	s->hosts.v = calloc(h->n + 1, sizeof(*h->v));
	if (s->hosts.v == NULL)
		abort();
	if (h->n > 0)
		memcpy(s->hosts.v, h->v, h->n * sizeof(*h->v));
	if (s->o.ip.family != 0)
		ask_ip(s, &s->o.ip);
	for (size_t i = 0; i < h->n; i++) {
		for (size_t a = 0; s->o.ip.family == 0 && a < h->v[i].addr_n;
		     a++)
			ask_ip(s, &h->v[i].addr[a]);
		if (h->v[i].implicit || s->host_n == SENDER_DANE_MAX)
			continue;
		struct sender_host *host = &s->host[s->host_n++];
		host->s = s;
		memcpy(host->name, h->v[i].name, sizeof(host->name));
		s->waiting++;
		(void)dane_ask(s->c, host->name, 25,
		    h->mx_secure && h->v[i].secure, on_dane, host);
	}
	ask_lists(s);
	answered(s);
}

/* ---- the check ---- */

static void
on_begin(void *arg)
{
	struct sender *s = arg;
	s->waiting += 4;
	(void)check_dns_ask(s->c->dns, DNS_NS, slice_str(s->domain), on_ns, s);
	(void)check_dns_ask(
	    s->c->dns, DNS_SOA, slice_str(s->domain), on_soa, s);
	(void)sts_ask(s->c, slice_str(s->domain), on_sts, s);
	check_hosts_find(s->c, slice_str(s->domain), 25, on_hosts, s);
	ask_txt(s, &s->spf, "", s->domain, "v=spf1");
	ask_txt(s, &s->tlsrpt, "_smtp._tls.", s->domain, "v=TLSRPTv1");
	ask_dmarc(s);
	ask_keys(s);
	answered(s);
}

void
check_sender(struct check *c, struct slice domain,
    const struct check_sender_opts *o, check_done *done, void *arg)
{
	struct sender *s = calloc(1, sizeof(*s));
	struct buf question;
	if (s == NULL)
		abort(); /* as check_dns_ask */
	*s = (struct sender){.c = c, .o = *o, .done = done, .arg = arg};
	s->helo = o->helo;
	arena_init(&s->mem, SENDER_MEMORY);
	domain = slice_trim(domain);
	domain = slice_rfind(domain, '@') < domain.n
		     ? slice_from(domain, slice_rfind(domain, '@') + 1)
		     : domain;
	if (domain.n > 1 && domain.p[domain.n - 1] == '.')
		domain.n--;
	for (size_t i = 0; i < domain.n && i < sizeof(s->domain) - 1; i++)
		s->domain[i] =
		    (char)(domain.p[i] > ' ' ? ascii_lower(domain.p[i]) : '?');
	buf_init(&question, 1024);
	buf_add_str(&question, "check sender ");
	buf_add_str(&question, s->domain);
	if (o->ip.family != 0) {
		buf_add_str(&question, " --ip ");
		buf_add_ip(&question, &o->ip);
	}
	s->r = report_new(buf_slice(&question));
	buf_free(&question);
	if (s->r == NULL)
		abort();
	s->waiting = 1;
	defer_init(&s->now, on_begin, s);
	loop_defer(c->loop, &s->now);
}
