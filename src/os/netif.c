#include "os/netif.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

static bool
take(const struct sockaddr *sa, struct ip *out)
{
	*out = (struct ip){0};
	if (sa->sa_family == AF_INET) {
		out->family = 4;
		memcpy(out->b,
		    &((const struct sockaddr_in *)(const void *)sa)->sin_addr,
		    4);
		return out->b[0] != 169 || out->b[1] != 254;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	out->family = 6;
	memcpy(out->b,
	    &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
	return out->b[0] != 0xfe || (out->b[1] & 0xc0) != 0x80;
}

size_t
netif_addresses(struct ip *out, size_t max)
{
	struct ifaddrs *all;
	size_t n = 0;
	if (getifaddrs(&all) != 0)
		return 0;
	for (const struct ifaddrs *i = all; i != NULL && n < max;
	     i = i->ifa_next)
		if (i->ifa_addr != NULL && (i->ifa_flags & IFF_UP) != 0 &&
		    take(i->ifa_addr, &out[n]) && !ip_is_loopback(&out[n]))
			n++;
	freeifaddrs(all);
	return n;
}
