/* headers_trust.c - which Received fields are believed.
 *
 * Every server puts its field on top, so what a foreign server claims stands
 * below what our own wrote. A field counts while it was written by a host that
 * is believed and every field above it was too; and it is the last that counts
 * when its client was somebody else, whatever stands below. */
#include "check/headers_priv.h"

static bool
is_address(struct slice host)
{
	struct ip ip;
	if (host.n > 2 && *host.p == '[')
		host = slice_to(slice_from(host, 1), host.n - 2);
	if (slice_starts_nocase(host, SLICE("IPv6:")))
		host = slice_from(host, 5);
	return ip_parse(host, &ip) == ERR_OK;
}

/* A host that is only a name among its own. */
static bool
is_nobody(struct slice host)
{
	return host.n == 0 || is_address(host) ||
	       slice_find(host, '.') == host.n;
}

static struct slice
parent(struct slice host)
{
	return slice_from(host, slice_find(host, '.') + 1);
}

static bool
below(struct slice host, struct slice domain)
{
	if (domain.n > 0 && *domain.p == '.')
		domain = slice_from(domain, 1);
	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	return domain.n > 0 &&
	       (slice_eq_nocase(host, domain) ||
		   (host.n > domain.n && host.p[host.n - domain.n - 1] == '.' &&
		       slice_ends_nocase(host, domain)));
}

/* Where anybody rents a host or has a name: of such a one only the host itself
 * is believed, for its neighbours are strangers with PTR names of that domain
 * that hold. */
static const char *const shared[] = {"amazonaws.com", "amazonaws.com.cn",
    "aliyuncs.com", "aruba.it", "arubacloud.com", "azure.com", "cloudapp.net",
    "contaboserver.net", "ddns.net", "dedyn.io", "desa.id", "duckdns.org",
    "dyndns.org", "dynu.net", "eu.org", "fly.dev", "gandi.net",
    "googleusercontent.com", "hetzner.cloud", "hopto.org", "kimsufi.com",
    "kundenserver.de", "leaseweb.net", "linode.com", "linodeusercontent.com",
    "myqcloud.com", "no-ip.org", "online.net", "oraclevcn.com", "ovh.ca",
    "ovh.net", "ovh.us", "ponpes.id", "poneytelecom.eu", "scaleway.com",
    "secureserver.net", "stratoserver.net", "vultr.com", "vultrusercontent.com",
    "your-server.de", "zapto.org"};

/* "co.id", "com.sg", "ac.uk": anybody's domains are below such a name. Better
 * one host too few is believed than a country. */
static bool
is_registry(struct slice domain)
{
	struct slice top = parent(domain);
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (below(domain, slice_str(shared[i])))
			return true;
	return top.n == 0 || (slice_find(top, '.') == top.n && top.n == 2 &&
				 slice_find(domain, '.') <= 3);
}

struct slice
headers_trust_domain(const struct trace_hop *hops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct slice by = hops[i].by;
		if (is_nobody(by))
			continue;
		return is_registry(parent(by)) ? by : parent(by);
	}
	return SLICE_EMPTY;
}

/* What one company calls by several names. */
static bool
same_house(struct slice host, struct slice domain)
{
	static const char *const microsoft[] = {
	    "outlook.com", "office365.com", "exchangelabs.com"};
	bool a = false, b = false;
	for (size_t i = 0; i < 3; i++) {
		a = a || below(host, slice_str(microsoft[i]));
		b = b || below(domain, slice_str(microsoft[i]));
	}
	return a && b;
}

bool
headers_believed(const struct headers_trust *t, struct slice host)
{
	for (size_t i = 0; i < t->n; i++)
		if (below(host, t->names[i]) || same_house(host, t->names[i]))
			return true;
	return t->n == 0 &&
	       (below(host, t->domain) || same_house(host, t->domain));
}

bool
headers_private(const struct ip *ip)
{
	static const char *const nets[] = {"10.0.0.0/8", "172.16.0.0/12",
	    "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10",
	    "fc00::/7", "fe80::/10", "::1"};
	struct ip_net net;
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (ip_net_parse(slice_str(nets[i]), &net) == ERR_OK &&
		    ip_in_net(ip, &net))
			return true;
	return false;
}

/* Did it come from one of those that are believed? A HELO name proves nothing,
 * and a name that the owner of the address chose alone does not either; one
 * that has the address does, and so does an address of the own net.
 * Exchange tells no such name: there the net of its owner stands in. */
static bool
from_inside(const struct headers_trust *t, const struct trace_hop *h)
{
	struct ip_net microsoft;
	if (h->local || headers_private(&h->ip) ||
	    (h->confirmed && headers_believed(t, h->ptr)))
		return true;
	return h->writer == TRACE_EXCHANGE && h->ip.family == 6 &&
	       headers_believed(t, h->helo) &&
	       ip_net_parse(SLICE("2603:1000::/24"), &microsoft) == ERR_OK &&
	       ip_in_net(&h->ip, &microsoft);
}

size_t
headers_trusted(
    const struct headers_trust *t, const struct trace_hop *hops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool own = headers_believed(t, hops[i].by) ||
			   (hops[i].local && is_nobody(hops[i].by));
		if (!own)
			return i;
		if (!from_inside(t, &hops[i]))
			return i + 1;
	}
	return n;
}
