/* dns_hosts.c - from what was asked for to the hosts behind it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "check/check.h"
#include "check/dns.h"
#include "check/dns_priv.h"
#include "proto/dns/message.h"

/* MX, A and AAAA of the name; A and AAAA of each exchanger. */
#define FIND_ASKS (3 + 2 * CHECK_HOSTS_MAX)

struct find;

struct find_ask {
	struct find *f;
	struct check_dns_ask *ask; /* NULL: answered */
	size_t host;
	uint16_t type;
};

struct find {
	struct list node;
	struct check *c;
	struct check_hosts h;
	struct check_host self; /* what the name itself is */
	struct find_ask asks[FIND_ASKS];
	size_t ask_n, waiting;
	bool second; /* round */
	struct defer now;
	check_hosts_found *done;
	void *arg;
};

void
check_find_free(struct list *node)
{
	struct find *f = LIST_OWNER(node, struct find, node);
	for (size_t i = 0; i < f->ask_n; i++)
		check_dns_cancel(f->asks[i].ask);
	defer_cancel(&f->now);
	list_remove(&f->node);
	free(f->h.v);
	free(f);
}

static void
find_end(void *arg)
{
	struct find *f = arg;
	f->done(f->arg, &f->h);
	check_find_free(&f->node);
}

/* ---- what was asked for ---- */

static bool
keep_name(char out[256], struct slice name)
{
	if (name.n == 0 || name.n > 255)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] == 0x7f)
			return false;
	memcpy(out, name.p, name.n);
	out[name.n] = '\0';
	return true;
}

/* [192.0.2.1], [IPv6:2001:db8::1], 192.0.2.1:25, [2001:db8::1]:25 */
static bool
literal(struct slice s, uint16_t *port, struct ip *out)
{
	if (ip_parse(s, out) == ERR_OK)
		return true;
	if (slice_starts_nocase(s, SLICE("[ipv6:"))) {
		struct slice rest = slice_from(s, 6);
		size_t end = slice_find(rest, ']');
		uint64_t n = *port;
		struct slice tail = slice_from(rest, end + 1);
		if (end == rest.n ||
		    (tail.n > 0 && (tail.p[0] != ':' ||
				       !slice_u64(slice_from(tail, 1), &n) ||
				       n == 0 || n > 65535)))
			return false;
		*port = (uint16_t)n;
		return ip_parse(slice_to(rest, end), out) == ERR_OK;
	}
	if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		return ip_parse(slice_of(s.p + 1, s.n - 2), out) == ERR_OK;
	return ip_host_port(s, *port, out, port) == ERR_OK;
}

enum want { WANT_NOTHING, WANT_ADDRESS, WANT_HOST, WANT_DOMAIN };

static enum want
read_target(struct find *f, struct slice t, struct ip *ip)
{
	struct check_hosts *h = &f->h;
	uint64_t port;
	bool host = false;
	t = slice_trim(t);
	size_t at = slice_rfind(t, '@');
	if (at < t.n)
		t = slice_from(t, at + 1);
	if (literal(t, &h->port, ip)) {
		ip_text(ip, f->self.name);
		return WANT_ADDRESS;
	}
	size_t colon = slice_rfind(t, ':');
	if (colon < t.n) {
		if (!slice_u64(slice_from(t, colon + 1), &port) || port == 0 ||
		    port > 65535)
			return WANT_NOTHING;
		h->port = (uint16_t)port;
		t = slice_to(t, colon);
		host = true;
	}
	if (t.n > 1 && t.p[t.n - 1] == '.') {
		t = slice_to(t, t.n - 1);
		host = true;
	}
	if (!keep_name(f->self.name, t))
		return WANT_NOTHING;
	if (slice_eq_nocase(t, SLICE("localhost"))) {
		/* RFC 6761 6.3: no question for DNS */
		*ip = (struct ip){.family = 4, .b = {127, 0, 0, 1}};
		return WANT_ADDRESS;
	}
	return host ? WANT_HOST : WANT_DOMAIN;
}

/* ---- the end ---- */

/* --connect names hosts that need not be in DNS. */
static void
connect_instead(struct find *f, struct check_host *host)
{
	const struct check_opts *o = f->c->opts;
	for (size_t i = 0; host->addr_n == 0 && i < o->connect_n; i++) {
		const struct check_connect *to = &o->connect[i];
		if ((to->port != 0 && to->port != f->h.port) ||
		    !slice_eq_nocase(to->host, slice_str(host->name)))
			continue;
		host->addr[host->addr_n++] = to->ip;
		host->status = IPC_DNS_OK;
		host->secure = false;
	}
}

static bool
add_self(struct find *f)
{
	struct check_hosts *h = &f->h;
	h->v = calloc(1, sizeof(*h->v));
	if (h->v == NULL)
		return false;
	h->v[0] = f->self;
	h->n = 1;
	return true;
}

static int
by_preference(const void *a, const void *b)
{
	const struct check_host *x = a, *y = b;
	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return strcmp(x->name, y->name);
}

static bool
is_connected(const struct find *f, const struct check_host *host)
{
	const struct check_opts *o = f->c->opts;
	for (size_t i = 0; i < o->connect_n; i++)
		if ((o->connect[i].port == 0 ||
			o->connect[i].port == f->h.port) &&
		    slice_eq_nocase(o->connect[i].host, slice_str(host->name)))
			return true;
	return false;
}

static bool
is_private(const struct ip *ip)
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
			return true;
	return false;
}

/* Whoever writes the MX of a domain may name any host of ours in it. */
static void
note_private(struct find *f, struct check_host *host)
{
	struct check_hosts *h = &f->h;
	size_t n = 0;
	if (h->domain[0] == '\0' || is_connected(f, host))
		return;
	for (size_t i = 0; i < host->addr_n; i++) {
		bool is = is_private(&host->addr[i]);
		if (is && h->private_n++ == 0)
			memcpy(h->private_host, host->name,
			    sizeof(h->private_host));
		if (is && f->c->opts->stay_public)
			h->private_left++;
		else
			host->addr[n++] = host->addr[i];
	}
	host->left_out = n == 0 && host->addr_n > 0;
	if (host->left_out)
		host->status = IPC_DNS_TEMPFAIL;
	host->addr_n = n;
}

static void
finish(struct find *f)
{
	struct check_hosts *h = &f->h;
	for (size_t i = 0; i < h->n; i++) {
		connect_instead(f, &h->v[i]);
		note_private(f, &h->v[i]);
	}
	find_end(f);
}

/* ---- answers ---- */

/* The worse of what its two questions brought, as long as no address came: a
 * failure hides what might have been. */
static void
merge_status(struct check_host *host, enum ipc_dns_status s)
{
	static const uint8_t weight[] = {
	    [IPC_DNS_OK] = 5,
	    [IPC_DNS_NODATA] = 1,
	    [IPC_DNS_NXDOMAIN] = 0,
	    [IPC_DNS_TEMPFAIL] = 2,
	    [IPC_DNS_TIMEOUT] = 3,
	    [IPC_DNS_BOGUS] = 4,
	};
	if (s > IPC_DNS_BOGUS)
		s = IPC_DNS_TEMPFAIL;
	if (weight[s] > weight[host->status])
		host->status = s;
}

static void
add_addresses(struct check_host *host, const struct ipc_dns_answer *a)
{
	struct slice records = a->records, rdata;
	bool v6 = a->qtype == DNS_AAAA;
	merge_status(host, (enum ipc_dns_status)a->status);
	if (a->status != IPC_DNS_OK)
		return;
	host->secure = (host->addr_n == 0 || host->secure) && a->secure;
	while (pack_next(&records, &rdata)) {
		if (rdata.n != (v6 ? 16u : 4u) ||
		    host->addr_n == CHECK_ADDRS_MAX)
			continue;
		struct ip *ip = &host->addr[host->addr_n++];
		*ip = (struct ip){.family = v6 ? 6 : 4};
		memcpy(ip->b, rdata.p, rdata.n);
	}
}

/* One exchanger; false: that is the null MX (RFC 7505). */
static bool
add_exchanger(struct check_hosts *h, struct slice rdata)
{
	struct dns_name name;
	struct buf text;
	size_t at = 2;
	if (rdata.n < 3)
		return true;
	h->mx_total++;
	if (dns_name_read(rdata, &at, &name) != ERR_OK)
		return true;
	if (name.n <= 1)
		return false;
	buf_init(&text, 256);
	buf_add_dns_name(&text, &name);
	struct check_host *host = &h->v[h->n];
	*host = (struct check_host){.status = IPC_DNS_NXDOMAIN};
	host->preference = (uint16_t)(rdata.p[0] << 8 | rdata.p[1]);
	if (buf_err(&text) == ERR_OK && keep_name(host->name, buf_slice(&text)))
		h->n++;
	buf_free(&text);
	return true;
}

static void
drop_doubles(struct check_hosts *h)
{
	size_t n = 0;
	for (size_t i = 0; i < h->n; i++) {
		bool seen = false;
		for (size_t k = 0; !seen && k < n; k++)
			seen = slice_eq_nocase(
			    slice_str(h->v[k].name), slice_str(h->v[i].name));
		if (!seen && n < CHECK_HOSTS_MAX)
			h->v[n++] = h->v[i];
	}
	h->n = n;
}

static void
take_exchangers(struct find *f, const struct ipc_dns_answer *a)
{
	struct check_hosts *h = &f->h;
	struct slice records = a->records, rdata;
	long count = pack_count(records);
	bool null_mx = false;
	if (count <= 0)
		return;
	h->v = calloc((size_t)count, sizeof(*h->v));
	if (h->v == NULL) {
		h->status = IPC_DNS_TEMPFAIL;
		return;
	}
	while (pack_next(&records, &rdata))
		null_mx |= !add_exchanger(h, rdata);
	/* Beside others a null MX is an error of theirs, and ignored. */
	h->null_mx = null_mx && h->n == 0;
	qsort(h->v, h->n, sizeof(*h->v), by_preference);
	drop_doubles(h);
}

/* ---- questions ---- */

static void on_answer(void *arg, const struct ipc_dns_answer *a);

static void
ask(struct find *f, uint16_t type, size_t host, const char *name)
{
	struct find_ask *q = &f->asks[f->ask_n++];
	*q = (struct find_ask){.f = f, .host = host, .type = type};
	f->waiting++;
	q->ask = check_dns_ask(f->c->dns, type, slice_str(name), on_answer, q);
}

static void
ask_addresses(struct find *f, size_t host, const char *name)
{
	const struct check_opts *o = f->c->opts;
	bool any = !o->ipv4 && !o->ipv6;
	if (o->ipv4 || any)
		ask(f, DNS_A, host, name);
	if (o->ipv6 || any)
		ask(f, DNS_AAAA, host, name);
}

/* No exchanger: RFC 5321 5.1, the domain itself is the host. Where the MX
 * could not be found out, nothing can be said of its hosts. */
static void
implicit(struct find *f)
{
	enum ipc_dns_status s = f->h.status;
	f->self.implicit = f->h.domain[0] != '\0';
	if (f->h.mx_total > 0 ||
	    (f->self.implicit && s != IPC_DNS_OK && s != IPC_DNS_NODATA &&
		s != IPC_DNS_NXDOMAIN))
		return;
	if (f->self.addr_n == 0 && f->self.implicit) {
		connect_instead(f, &f->self);
		if (f->self.addr_n == 0)
			return;
	}
	if (!add_self(f))
		f->h.status = IPC_DNS_TEMPFAIL;
}

static void
round_over(struct find *f)
{
	if (f->second) {
		finish(f);
		return;
	}
	f->second = true;
	f->ask_n = 0;
	if (f->h.n == 0 && !f->h.null_mx) {
		implicit(f);
		finish(f);
		return;
	}
	for (size_t i = 0; i < f->h.n; i++)
		ask_addresses(f, i, f->h.v[i].name);
	if (f->waiting == 0)
		finish(f);
}

static void
on_answer(void *arg, const struct ipc_dns_answer *a)
{
	struct find_ask *q = arg;
	struct find *f = q->f;
	q->ask = NULL;
	f->waiting--;
	struct ipc_dns_answer own = *a;
	own.qtype = q->type;
	if (q->type != DNS_MX) {
		add_addresses(f->second ? &f->h.v[q->host] : &f->self, &own);
	} else {
		f->h.status = (enum ipc_dns_status)a->status;
		f->h.mx_secure = a->secure;
		if (a->status == IPC_DNS_OK)
			take_exchangers(f, a);
	}
	if (f->waiting == 0)
		round_over(f);
}

static void
found_address(struct find *f, const struct ip *ip)
{
	f->self.addr[0] = *ip;
	f->self.addr_n = 1;
	f->self.status = f->h.status = IPC_DNS_OK;
	if (!add_self(f))
		f->h.status = IPC_DNS_TEMPFAIL;
	loop_defer(f->c->loop, &f->now);
}

void
check_hosts_find(struct check *c, struct slice target, uint16_t default_port,
    check_hosts_found *done, void *arg)
{
	struct find *f = calloc(1, sizeof(*f));
	struct ip ip;
	if (f == NULL)
		abort(); /* as check_dns_ask */
	f->c = c;
	f->done = done;
	f->arg = arg;
	f->h.port = default_port;
	f->h.status = f->self.status = IPC_DNS_NXDOMAIN;
	defer_init(&f->now, find_end, f);
	list_push_back(&c->dns->finds, &f->node);
	switch (read_target(f, target, &ip)) {
	case WANT_NOTHING:
		loop_defer(c->loop, &f->now);
		break;
	case WANT_ADDRESS:
		found_address(f, &ip);
		break;
	case WANT_DOMAIN:
		memcpy(f->h.domain, f->self.name, sizeof(f->h.domain));
		ask(f, DNS_MX, 0, f->self.name);
		ask_addresses(f, 0, f->self.name);
		break;
	case WANT_HOST:
		f->h.status = IPC_DNS_OK;
		ask_addresses(f, 0, f->self.name);
		break;
	}
}

void
check_hosts_private(struct report *r, const struct check_hosts *h)
{
	if (h->private_left > 0) {
		report_findingf(r, "dns.private-mx", SEVERITY_WARN,
		    tr("To ask hosts of your own network too: without "
		       "--public-only"),
		    tr("%zu private addresses of exchangers were not gone to, "
		       "the first is of %s"),
		    h->private_left, h->private_host);
		report_answer(r, CHECK_UNKNOWN);
	} else if (h->private_n > 0) {
		report_findingf(r, "dns.private-mx", SEVERITY_INFO,
		    tr("Fine where DNS answers otherwise outside; else publish "
		       "the address that others reach"),
		    tr("%s has an address of a private network or of the "
		       "machine itself: nobody outside reaches it there"),
		    h->private_host);
	}
}

void
check_hosts_left_out(struct report *r, const struct check_hosts *h)
{
	check_hosts_private(r, h);
	if (h->n == 0 || h->mx_total <= h->n)
		return;
	report_findingf(r, "dns.too-many-mx", SEVERITY_WARN, "",
	    tr("%zu of %zu MX records were looked at, no more"), h->n,
	    h->mx_total);
	report_answer(r, CHECK_UNKNOWN);
}
