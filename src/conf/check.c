#include "conf/check.h"
#include "conf/trust.h"

#include <string.h>

struct conf_pos
check_at(const struct check *k, const void *field, struct conf_pos section)
{
	struct conf_pos pos = section;
	(void)conf_where(k->c, field, &pos);
	return pos;
}

static void
check_host(struct check *k)
{
	struct conf_pos top = k->c->priv->top;

	if (k->c->hostname.n > 0 &&
	    slice_find(k->c->hostname, '.') == k->c->hostname.n)
		report_warn(k->r, check_at(k, &k->c->hostname, top),
		    "hostname \"%.*s\" is not a full name; others refuse mail "
		    "from a server without one",
		    SLICE_ARG(k->c->hostname));
	if (k->c->domain_n == 0)
		report_warn(
		    k->r, top, "no domain section: no mail is for this server");
	if (k->c->listen_n == 0)
		report_warn(
		    k->r, top, "no listen section: nobody can bring mail");
}

void
check_add_net(struct buf *b, const struct ip_net *n)
{
	buf_init(b, 64);
	buf_add_ip(b, &n->ip);
	buf_printf(b, "/%u", n->bits);
}

static void
check_trust(
    const struct check *k, const struct conf_trust *t, struct conf_pos pos)
{
	for (size_t i = 0; i < t->net_n; i++) {
		const struct ip_net *n = &t->net[i];
		struct buf text;
		enum conf_width w = conf_net_width(n);
		if (w == CONF_TRUST_FEW)
			continue;
		check_add_net(&text, n);
		report_warn(k->r, pos,
		    "trusted holds %.*s: whoever connects from there may "
		    "relay to anyone; %s",
		    SLICE_ARG(buf_slice(&text)),
		    w == CONF_TRUST_ANYBODY
			? "this is an open relay"
			: "are these addresses of the internet all yours?");
		buf_free(&text);
	}
}

static void
check_trusted(struct check *k)
{
	check_trust(
	    k, &k->c->trusted, check_at(k, &k->c->trusted, k->c->priv->top));
	for (size_t i = 0; i < k->c->listen_n; i++) {
		const struct conf_listen *l = &k->c->listen[i];
		if (conf_is_set(k->c, &l->trusted))
			check_trust(
			    k, &l->trusted, check_at(k, &l->trusted, l->pos));
	}
}

/* The certificate in question holds an error that is reported already. */
static bool
is_broken(const struct conf *c, const struct conf_certificate *t)
{
	return conf_is_broken(c, &t->certificate) || conf_is_broken(c, &t->key);
}

/* Both or none. */
static void
check_pair(const struct check *k, const struct conf_certificate *t,
    struct conf_pos section)
{
	bool cert = conf_is_set(k->c, &t->certificate),
	     key = conf_is_set(k->c, &t->key);

	if (is_broken(k->c, t))
		return;
	if (cert && !key)
		report_error(k->r, check_at(k, &t->certificate, section),
		    "there is a certificate, but no key for it");
	if (key && !cert)
		report_error(k->r, check_at(k, &t->key, section),
		    "there is a key, but no certificate for it");
}

static void
check_certificates(struct check *k)
{
	check_pair(k, &k->c->tls, k->c->priv->top);
	for (size_t i = 0; i < k->c->listen_n; i++)
		check_pair(k, &k->c->listen[i].cert, k->c->listen[i].pos);
}

static void
check_listen_tls(const struct check *k, const struct conf_listen *l)
{
	if (l->cert.certificate.n > 0 || is_broken(k->c, &l->cert) ||
	    is_broken(k->c, &k->c->tls))
		return;
	if (l->tls != CONF_TLS_NONE)
		report_error(k->r, check_at(k, &l->tls, l->pos),
		    "listen \"%.*s\" has tls = %s but no certificate; add a "
		    "certificate and a key to the tls section or to this one",
		    SLICE_ARG(l->name), conf_tls_name(l->tls));
	else if (l->role == CONF_ROLE_SUBMISSION && !conf_is_set(k->c, &l->tls))
		report_error(k->r, l->pos,
		    "listen \"%.*s\" takes passwords and has no certificate; "
		    "add one and its key to the tls section (or write tls = "
		    "\"none\" if passwords may cross this network in clear)",
		    SLICE_ARG(l->name));
}

static void
warn_listen(const struct check *k, const struct conf_listen *l)
{
	if (l->tls == CONF_TLS_NONE && l->auth != CONF_AUTH_OFF &&
	    conf_is_set(k->c, &l->tls))
		report_warn(k->r, check_at(k, &l->tls, l->pos),
		    "listen \"%.*s\" takes passwords without encryption",
		    SLICE_ARG(l->name));
	if (l->role == CONF_ROLE_MX && l->auth == CONF_AUTH_REQUIRE)
		report_warn(k->r, check_at(k, &l->auth, l->pos),
		    "listen \"%.*s\" is an mx that requires AUTH: no other "
		    "server can deliver here",
		    SLICE_ARG(l->name));
	if (l->role == CONF_ROLE_MX && l->tls == CONF_TLS_ENCRYPT)
		report_warn(k->r, check_at(k, &l->tls, l->pos),
		    "listen \"%.*s\" is an mx that refuses mail without TLS: "
		    "some servers cannot deliver here",
		    SLICE_ARG(l->name));
	if (conf_is_set(k->c, &l->legacy_tls) && l->legacy_tls)
		report_warn(k->r, check_at(k, &l->legacy_tls, l->pos),
		    "listen \"%.*s\" takes TLS 1.0 and 1.1, which can be "
		    "broken%s",
		    SLICE_ARG(l->name),
		    l->role == CONF_ROLE_DEVICE
			? ""
			: "; keep them to a listener with role = device");
	if (l->role == CONF_ROLE_SUBMISSION && l->auth != CONF_AUTH_REQUIRE)
		report_warn(k->r, check_at(k, &l->auth, l->pos),
		    "listen \"%.*s\" is for submission, which takes mail only "
		    "after AUTH: %s",
		    SLICE_ARG(l->name),
		    l->auth == CONF_AUTH_OFF
			? "without it nobody can send there"
			: "auth = \"require\" says so to clients at once");
}

static void
check_listen(struct check *k)
{
	for (size_t i = 0; i < k->c->listen_n; i++) {
		const struct conf_listen *l = &k->c->listen[i];
		if (!conf_is_set(k->c, &l->role))
			continue; /* reported as missing */
		check_listen_tls(k, l);
		warn_listen(k, l);
	}
}

static bool
is_any(const struct ip *ip)
{
	static const uint8_t zero[16];
	return memcmp(ip->b, zero, ip->family == 4 ? 4 : 16) == 0;
}

static void
check_two(const struct check *k, const struct conf_listen *a,
    const struct conf_endpoint *x, const struct conf_listen *b,
    const struct conf_endpoint *y)
{
	struct buf text;

	if (x->port != y->port || x->ip.family != y->ip.family)
		return;
	buf_init(&text, 64);
	buf_add_ip(&text, &y->ip);
	if (ip_eq(&x->ip, &y->ip))
		report_error(k->r, check_at(k, &b->address, b->pos),
		    "listen \"%.*s\" has the address %.*s port %u, which "
		    "listen \"%.*s\" has already",
		    SLICE_ARG(b->name), SLICE_ARG(buf_slice(&text)), y->port,
		    SLICE_ARG(a->name));
	else if (is_any(&x->ip) || is_any(&y->ip))
		report_warn(k->r, check_at(k, &b->address, b->pos),
		    "listen \"%.*s\" with the address %.*s port %u overlaps "
		    "listen \"%.*s\"; the second one cannot be bound",
		    SLICE_ARG(b->name), SLICE_ARG(buf_slice(&text)), y->port,
		    SLICE_ARG(a->name));
	buf_free(&text);
}

/* At most 64 listeners of 64 addresses. */
static void
check_addresses(struct check *k)
{
	for (size_t j = 0; j < k->c->listen_n; j++)
		for (size_t y = 0; y < k->c->listen[j].address.n; y++)
			for (size_t i = 0; i <= j; i++) {
				const struct conf_listen *a = &k->c->listen[i];
				const struct conf_listen *b = &k->c->listen[j];
				size_t end = i == j ? y : a->address.n;
				for (size_t x = 0; x < end; x++)
					check_two(k, a, &a->address.v[x], b,
					    &b->address.v[y]);
			}
}

static const struct conf_listen *
own_listener(const struct conf *c, const struct nexthop *h, uint16_t port)
{
	for (size_t i = 0; i < c->listen_n; i++)
		for (size_t x = 0; x < c->listen[i].address.n; x++)
			if (h->ip.family != 0 &&
			    ip_eq(&c->listen[i].address.v[x].ip, &h->ip) &&
			    c->listen[i].address.v[x].port == port)
				return &c->listen[i];
	return NULL;
}

static void
check_loop(const struct check *k, const struct nexthop *h, struct conf_pos pos)
{
	uint16_t port = h->port != 0 ? h->port : (uint16_t)k->c->outbound.port;
	const struct conf_listen *l = NULL;

	if (h->kind == NEXTHOP_RELAY || h->kind == NEXTHOP_SMARTHOST)
		l = own_listener(k->c, h, port);
	if (l != NULL)
		report_error(k->r, pos,
		    "this sends mail back to our own listen \"%.*s\", round "
		    "and round",
		    SLICE_ARG(l->name));
}

static bool has_user_part(struct slice template)
{
	for (size_t i = 0; i + 1 < template.n; i++)
		if (template.p[i] == '%') {
			i++;
			if (template.p[i] == 'u')
				return true;
		}
	return false;
}

static void
check_domains(struct check *k)
{
	for (size_t i = 0; i < k->c->domain_n; i++) {
		const struct conf_domain *d = &k->c->domain[i];
		const struct nexthop *h = &d->deliver;
		struct conf_pos pos = check_at(k, &d->deliver, d->pos);
		if (h->kind != NEXTHOP_NONE && !nexthop_is_final(h))
			report_error(k->r, pos,
			    "deliver of domain \"%.*s\" is one of maildir:, "
			    "lmtp: and relay:; other next hops belong in a "
			    "route",
			    SLICE_ARG(d->name));
		if (h->kind == NEXTHOP_MAILDIR && !has_user_part(h->path))
			report_warn(k->r, pos,
			    "all users of domain \"%.*s\" share one maildir; "
			    "%%u stands for the user",
			    SLICE_ARG(d->name));
		if (h->kind != NEXTHOP_MAILDIR && conf_is_set(k->c, &d->user))
			report_warn(k->r, check_at(k, &d->user, d->pos),
			    "user has no effect: it owns the files of a "
			    "maildir, which domain \"%.*s\" has not",
			    SLICE_ARG(d->name));
		check_loop(k, h, pos);
	}
}

static bool
may_be_via(const struct nexthop *h)
{
	return h->kind == NEXTHOP_NONE || h->kind == NEXTHOP_MX ||
	       h->kind == NEXTHOP_RELAY || h->kind == NEXTHOP_SMARTHOST ||
	       h->kind == NEXTHOP_HOLD;
}

static void
check_via(const struct check *k, const struct nexthop *h, struct conf_pos pos)
{
	if (!may_be_via(h))
		report_error(k->r, pos,
		    "via is one of mx, relay:, smarthost: and hold; local "
		    "delivery belongs in a domain");
	check_loop(k, h, pos);
}

static void
check_routes(struct check *k)
{
	const struct conf_outbound *o = &k->c->outbound;
	bool smarthost = o->via.kind == NEXTHOP_SMARTHOST;

	check_via(k, &o->via, check_at(k, &o->via, k->c->priv->top));
	for (size_t i = 0; i < k->c->route_n; i++) {
		const struct conf_route *t = &k->c->route[i];
		check_via(k, &t->via, check_at(k, &t->via, t->pos));
		smarthost = smarthost || t->via.kind == NEXTHOP_SMARTHOST;
		if (conf_domain_find(k->c, t->name) != NULL)
			report_warn(k->r, t->pos,
			    "this route is never used: \"%.*s\" is a domain of "
			    "ours",
			    SLICE_ARG(t->name));
	}
	if (o->credentials.n > 0 && !smarthost)
		report_warn(k->r, check_at(k, &o->credentials, k->c->priv->top),
		    "credentials have no effect: nothing goes by a "
		    "smarthost:");
}

static void
check_times(struct check *k)
{
	const struct conf_outbound *o = &k->c->outbound;
	struct conf_pos top = k->c->priv->top;

	if (o->retry.n > 0 && o->expire_ms > 0 && o->expire_ms < o->retry.v[0])
		report_warn(k->r, check_at(k, &o->expire_ms, top),
		    "expire is shorter than the first retry: mail is tried "
		    "once and returned");
	if (o->warn_after_ms > 0 && o->warn_after_ms >= o->expire_ms &&
	    conf_is_set(k->c, &o->warn_after_ms))
		report_warn(k->r, check_at(k, &o->warn_after_ms, top),
		    "warn-after is not shorter than expire: no warning is "
		    "ever sent");
	if (o->bind.n == 2 && o->bind.v[0].family == o->bind.v[1].family)
		report_error(k->r, check_at(k, &o->bind, top),
		    "bind holds two addresses of one family; expected at most "
		    "one IPv4 and one IPv6 address");
	for (size_t i = 1; i < o->retry.n; i++)
		if (o->retry.v[i] < o->retry.v[i - 1]) {
			report_warn(k->r, check_at(k, &o->retry, top),
			    "the intervals of retry get shorter");
			break;
		}
}

static void
check_limits(struct check *k)
{
	const struct conf_limits *l = &k->c->limits;
	struct conf_pos top = k->c->priv->top;

	if (l->recipients > 0 && l->recipients < 100)
		report_warn(k->r, check_at(k, &l->recipients, top),
		    "RFC 5321 asks every server to take at least 100 "
		    "recipients");
	if (l->sessions_per_ip > l->sessions && l->sessions > 0 &&
	    conf_is_set(k->c, &l->sessions_per_ip))
		report_warn(k->r, check_at(k, &l->sessions_per_ip, top),
		    "one address may take all sessions");
	if (k->c->dns.dnssec == CONF_DNSSEC_TRUST_AD)
		for (size_t i = 0; i < k->c->dns.server.n; i++)
			if (!ip_is_loopback(&k->c->dns.server.v[i].ip))
				report_warn(k->r,
				    check_at(k, &k->c->dns.dnssec, top),
				    "trust-ad believes a DNS server beyond "
				    "this host; the network between can forge "
				    "its answers");
}

enum err
check_all(const struct conf *c, struct conf_report *r)
{
	static void (*const checks[])(struct check *) = {check_host,
	    check_trusted, check_certificates, check_listen, check_addresses,
	    check_domains, check_routes, check_times, check_limits,
	    check_lookups, check_exempts, check_control, check_shields,
	    check_devices, check_test_mailbox};
	struct check k = {c, r, ERR_OK};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](&k);
	return k.err;
}
