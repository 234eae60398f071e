/* settings.h - what the resolver needs to know, from configuration and files.
 *
 * Pure: the texts of resolv.conf and of the trust anchor come in as slices,
 * read by master before the walls stand. */
#ifndef ROLE_RESOLVER_SETTINGS_H
#define ROLE_RESOLVER_SETTINGS_H

#include "conf/conf.h"

#define SETTINGS_SERVERS_MAX 8

struct settings {
	enum conf_dnssec dnssec;
	uint64_t timeout_ms; /* for one question, retries included */
	struct conf_endpoint server[SETTINGS_SERVERS_MAX];
	size_t servers;
	/* Trust anchors, zone file lines; empty: the root's, built in. */
	struct slice anchors;
	bool own_anchors; /* the operator's, so they say what is signed */
};

/* settings_make - servers are those of dns, else those of the resolv.conf
 * text, else 127.0.0.1. More than SETTINGS_SERVERS_MAX are left out.
 * out->anchors borrows from anchors. */
void settings_make(const struct conf_dns *dns, struct slice resolv_conf,
    struct slice anchors, struct settings *out);

/* settings_anchor_next - the next line of anchors that holds a record, the
 * comment cut off; false at the end. The line borrows from *rest. */
bool settings_anchor_next(struct slice *rest, struct slice *out_line);

#endif
