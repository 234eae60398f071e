/* route.h - where the mail of a domain goes, by the configuration alone. */
#ifndef POLICY_ROUTE_H
#define POLICY_ROUTE_H

#include "conf/conf.h"

enum route_source {
	ROUTE_BY_DOMAIN,  /* a domain section: it is ours */
	ROUTE_BY_ROUTE,   /* a route section, of the name or a parent */
	ROUTE_BY_LITERAL, /* an address literal names its host itself */
	ROUTE_BY_OUTBOUND /* outbound.via */
};

struct route {
	struct nexthop hop; /* its slices borrow from the configuration */
	enum route_source source;
	const struct conf_domain *domain; /* of BY_DOMAIN, else NULL */
	const struct conf_route *section; /* of BY_ROUTE, else NULL */
};

/* route_find - the next hop for a recipient's domain as it stands in the
 * address, "[192.0.2.1]" included. Order: domain section, route section (the
 * exact name before the longest parent), literal, outbound.via; a smart host
 * in outbound.via takes literals too. NEXTHOP_MX means the MX hosts of
 * domain. ERR_SYNTAX: a literal that is no IP address. Pure. */
enum err route_find(const struct conf *c, struct slice domain,
    struct route *out) KURIR_MUST_CHECK;

#endif
