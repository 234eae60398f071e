/* dns_priv.h - what dns.c, dns_hosts.c and web.c share. */
#ifndef CHECK_DNS_PRIV_H
#define CHECK_DNS_PRIV_H

#include "base/buf.h"
#include "base/hash.h"
#include "check/check.h"
#include "check/child.h"
#include "check/dns.h"

struct check_dns {
	struct loop *loop;
	struct check_child child;
	struct chan *chan; /* NULL: the child is gone */
	struct map asks;   /* number -> ask, those that were sent */
	struct list open;  /* all of them */
	struct list finds; /* of dns_hosts.c */
	struct defer failing;
	uint64_t numbers;
};

/* check_dns_alloc - nobody to ask yet. NULL: no memory. */
struct check_dns *check_dns_alloc(struct loop *loop);
/* check_dns_conf - the configuration of the resolver child. Who stands on the
 * way to a server can set its AD bit: only on loopback that is believed, from
 * elsewhere signatures are checked here. */
void check_dns_conf(const struct check_opts *o, struct buf *out);
/* check_dns_over - ask whoever is at the other end of fd (fdpass.h), which is
 * taken over unless false comes back: no memory. */
bool check_dns_over(struct check_dns *d, int fd);

/* check_find_free - one of finds, whose result nobody waits for. */
void check_find_free(struct list *node);

#endif
