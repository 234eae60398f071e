/* mx.h - from the answers about a domain to the list of addresses to try.
 *
 * RFC 5321 5.1 and RFC 7505 as a pure function in two steps: mx_hosts() turns
 * the MX answer into host names to look up, mx_targets() turns their
 * addresses into the order of attempts. The caller asks the DNS between. */
#ifndef PROTO_DNS_MX_H
#define PROTO_DNS_MX_H

#include "base/ip.h"
#include "proto/dns/name.h"

#define MX_HOSTS_MAX   32 /* hosts looked at; further ones are ignored */
#define MX_ADDRS_MAX   16 /* addresses of one host */
#define MX_TARGETS_MAX 64

enum dns_answer {
	DNS_ANSWER_OK,       /* there are records */
	DNS_ANSWER_NODATA,   /* the name exists without such records */
	DNS_ANSWER_NXDOMAIN, /* there is no such name */
	DNS_ANSWER_TEMPFAIL, /* timeout, SERVFAIL, no resolver */
	DNS_ANSWER_BOGUS     /* DNSSEC validation failed */
};

enum mx_verdict {
	MX_OK,
	MX_NXDOMAIN, /* permanent, dns.nxdomain, 5.1.2 (5.4.4: no address) */
	MX_NULL,     /* permanent, dns.null-mx, 5.1.10 */
	MX_TEMPFAIL, /* temporary, dns.tempfail, 4.4.3 */
	MX_BOGUS,    /* temporary, dns.bogus, 4.7.0 */
	MX_LOOP      /* permanent, queue.loop, 5.4.6: the best is ourselves */
};

/* mx_verdict_* - the cause code and the enhanced status of a verdict; empty
 * for MX_OK. Static. */
struct slice mx_verdict_cause(enum mx_verdict v);
struct slice mx_verdict_enhanced(enum mx_verdict v);
bool mx_verdict_is_permanent(enum mx_verdict v);

struct mx_record {
	uint16_t preference;
	struct dns_name host;
};

struct mx_host {
	uint16_t preference;
	struct dns_name name;
	/* The caller's part between the two steps: */
	enum dns_answer a, aaaa;
	uint8_t addrs_n;
	struct ip addrs[MX_ADDRS_MAX];
};

struct mx_list {
	bool implicit; /* no MX record: the domain itself is the host */
	uint8_t n;
	struct mx_host hosts[MX_HOSTS_MAX];
};

/* mx_hosts - the hosts of domain by preference, in random order (from seed)
 * among equals, the same name once. With NODATA the domain itself. */
enum mx_verdict mx_hosts(const struct dns_name *domain, enum dns_answer answer,
    const struct mx_record *records, size_t n, uint64_t seed,
    struct mx_list *out);

struct mx_self {
	const struct ip *ips; /* with port: where we listen */
	size_t ips_n;
	struct slice name; /* our host name; empty: compare addresses only */
};

struct mx_target {
	uint8_t host; /* index in the list */
	struct ip ip;
};

struct mx_targets {
	uint8_t n;
	struct mx_target t[MX_TARGETS_MAX];
};

/* mx_targets - the addresses in the order to try: hosts in their order, IPv6
 * and IPv4 of each host in turn, in random order within a family. ipv4, ipv6:
 * which families we can use at all. If one of our own addresses is met, its
 * preference and all worse ones are cut (RFC 5321 5.1). Repeated addresses
 * are tried once. */
enum mx_verdict mx_targets(const struct mx_list *list,
    const struct mx_self *self, bool ipv4, bool ipv6, uint64_t seed,
    struct mx_targets *out);

#endif
