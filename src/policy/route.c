#include "policy/route.h"

#include "proto/smtp/address.h"

/* ERR_NOT_FOUND: a name; ERR_SYNTAX: brackets around no address. */
static enum err
read_literal(struct slice domain, struct ip *out)
{
	enum smtp_host kind;
	if (domain.n == 0 || domain.p[0] != '[')
		return ERR_NOT_FOUND;
	enum err e = smtp_literal_parse(domain, &kind, out);
	if (e == ERR_OK && kind != SMTP_HOST_IP)
		e = ERR_SYNTAX;
	return e;
}

enum err
route_find(const struct conf *c, struct slice domain, struct route *out)
{
	struct route r = {.hop = c->outbound.via, .source = ROUTE_BY_OUTBOUND};
	struct ip ip;
	enum err literal = read_literal(domain, &ip);
	if (literal != ERR_OK && literal != ERR_NOT_FOUND)
		return literal;
	r.domain = conf_domain_find(c, domain);
	if (r.domain != NULL) {
		r.hop = r.domain->deliver;
		r.source = ROUTE_BY_DOMAIN;
		*out = r;
		return ERR_OK;
	}
	r.section = conf_route_find(c, domain);
	if (r.section != NULL) {
		r.hop = r.section->via;
		r.source = ROUTE_BY_ROUTE;
	}
	if (literal == ERR_OK && r.hop.kind == NEXTHOP_MX) {
		r.hop = (struct nexthop){.kind = NEXTHOP_RELAY,
		    .path = SLICE(""),
		    .host = SLICE(""),
		    .ip = ip};
		r.source = ROUTE_BY_LITERAL;
		r.section = NULL;
	}
	*out = r;
	return ERR_OK;
}
