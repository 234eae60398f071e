/* trust.h - how many may relay because of a list of trusted addresses. Pure. */
#ifndef CONF_TRUST_H
#define CONF_TRUST_H

#include "conf/conf.h"

enum conf_width {
	CONF_TRUST_FEW,    /* nets of private use, or of up to 256 addresses
			      (IPv6: of one site, /48) */
	CONF_TRUST_MANY,   /* larger ones of the internet */
	CONF_TRUST_ANYBODY /* shorter than /8 (IPv6: /16): an open relay */
};

/* conf_net_width - of one net. */
enum conf_width conf_net_width(const struct ip_net *n);

/* conf_trust_width - of the widest net; *out, if not NULL, is that one, which
 * belongs to t, or NULL where t has none. */
enum conf_width conf_trust_width(
    const struct conf_trust *t, const struct ip_net **out);

#endif
