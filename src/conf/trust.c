/* trust.c - the widths of nets. */
#include "conf/trust.h"

/* Within a range that is not the internet's. */
static bool
is_private(const struct ip_net *n)
{
	static const struct ip_net ranges[] = {
	    {{4, {10}}, 8},
	    {{4, {127}}, 8},
	    {{4, {100, 64}}, 10},
	    {{4, {169, 254}}, 16},
	    {{4, {172, 16}}, 12},
	    {{4, {192, 168}}, 16},
	    {{6, {0xfc}}, 7},
	    {{6, {0xfe, 0x80}}, 10},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (n->bits >= ranges[i].bits && ip_in_net(&n->ip, &ranges[i]))
			return true;
	return n->bits == 128 && ip_is_loopback(&n->ip);
}

static bool
is_shorter(const struct ip_net *n, unsigned bits4, unsigned bits6)
{
	return n->bits < (n->ip.family == 4 ? bits4 : bits6);
}

enum conf_width
conf_net_width(const struct ip_net *n)
{
	if (is_private(n) || !is_shorter(n, 24, 48))
		return CONF_TRUST_FEW;
	return is_shorter(n, 8, 16) ? CONF_TRUST_ANYBODY : CONF_TRUST_MANY;
}

enum conf_width
conf_trust_width(const struct conf_trust *t, const struct ip_net **out)
{
	enum conf_width widest = CONF_TRUST_FEW;
	const struct ip_net *at = t->net_n > 0 ? &t->net[0] : NULL;
	for (size_t i = 0; i < t->net_n; i++) {
		enum conf_width w = conf_net_width(&t->net[i]);
		if (w > widest) {
			widest = w;
			at = &t->net[i];
		}
	}
	if (out != NULL)
		*out = at;
	return widest;
}
