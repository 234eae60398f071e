#include "role/relay/self.h"

static bool
is_wildcard(const struct ip *ip)
{
	for (size_t i = 0; i < (ip->family == 4 ? 4u : 16u); i++)
		if (ip->b[i] != 0)
			return false;
	return true;
}

/* Does an endpoint that listens take what is sent to ip? here: ip is known to
 * be an address of this host. */
static bool
takes(const struct conf_endpoint *e, const struct ip *ip, uint16_t port,
    bool here)
{
	if (e->port != port)
		return false;
	if (ip_eq(&e->ip, ip))
		return true;
	return here && e->ip.family == ip->family && is_wildcard(&e->ip);
}

static bool
any_takes(const struct conf *c, const struct ip *ip, uint16_t port, bool here)
{
	for (size_t i = 0; i < c->listen_n; i++) {
		const struct conf_endpoints *a = &c->listen[i].address;
		for (size_t k = 0; k < a->n; k++)
			if (takes(&a->v[k], ip, port, here))
				return true;
	}
	return false;
}

bool
self_is_listener(const struct conf *c, const struct ip *ip, uint16_t port)
{
	return any_takes(c, ip, port, ip_is_loopback(ip) || is_wildcard(ip));
}

bool
self_is_connected(const struct conf *c, const struct ip *ip, uint16_t port,
    const struct ip *local)
{
	return any_takes(c, ip, port, ip_is_loopback(ip) || ip_eq(ip, local));
}
