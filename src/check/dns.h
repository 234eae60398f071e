/* dns.h - DNS for checks: role resolver as a child of ours, asked by the IPC
 * of the daemon. */
#ifndef CHECK_DNS_H
#define CHECK_DNS_H

#include "base/ip.h"
#include "base/slice.h"
#include "io/loop.h"
#include "ipc/messages.h"
#include "proto/dns/name.h"

struct check;
struct check_dns;

/* check_dns_new - starts the child (libexec/resolver) and hands it what master
 * would: with opts.resolver that server alone, believing its AD bit if it is on
 * loopback; else the system's resolv.conf; signatures are checked there. */
enum err check_dns_new(
    struct check *c, struct check_dns **out, struct diag *d) KURIR_MUST_CHECK;
void check_dns_free(struct check_dns *d);

/* A question. The answer comes once, never from within the call; its slices
 * are valid during it. The child's death is IPC_DNS_TEMPFAIL for all. */
typedef void check_dns_answer(void *arg, const struct ipc_dns_answer *a);
struct check_dns_ask;
struct check_dns_ask *check_dns_ask(struct check_dns *d, uint16_t type,
    struct slice name, check_dns_answer *done, void *arg);
/* check_dns_cancel - no answer any more. NULL is nothing. */
void check_dns_cancel(struct check_dns_ask *a);

/* ---- the hosts behind a target ---- */

#define CHECK_HOSTS_MAX 64 /* of a domain with 500 MX the first so many */
#define CHECK_ADDRS_MAX 16

struct check_host {
	char name[256];
	uint16_t preference;
	bool implicit;              /* no MX: the domain itself */
	enum ipc_dns_status status; /* of its addresses */
	bool secure;                /* addresses by DNSSEC */
	bool left_out;              /* all of them, by opts.stay_public */
	struct ip addr[CHECK_ADDRS_MAX];
	size_t addr_n;
};

/* What a target names: a domain or an address (its MX), or a host. */
struct check_hosts {
	char domain[256]; /* empty: a host was named */
	uint16_t port;
	enum ipc_dns_status status; /* of the MX answer */
	bool mx_secure;             /* by DNSSEC */
	bool null_mx;
	size_t mx_total;      /* also those left out */
	struct check_host *v; /* by preference */
	size_t n;
	/* Addresses of exchangers that no stranger reaches, those without
	 * --connect; and how many of them are left out (opts.stay_public). */
	size_t private_n, private_left;
	char private_host[256]; /* the first that has one */
};

/* check_hosts_find - "contoh.id" and "budi@contoh.id": the MX; "host:25",
 * "[192.0.2.1]:25", "mail.contoh.id." (final dot) and a name that has no MX but
 * addresses: that host. In parallel, at most two rounds. *h is valid during
 * the call; done may not close the check. cancel by closing the check. What is
 * no target at all has neither domain nor hosts, and NXDOMAIN. --connect stands
 * in for a host without addresses. */
typedef void check_hosts_found(void *arg, const struct check_hosts *h);
void check_hosts_find(struct check *c, struct slice target,
    uint16_t default_port, check_hosts_found *done, void *arg);

/* check_hosts_left_out - say so if there are more MX records than were looked
 * at: the answer is then not good. */
struct report;
void check_hosts_left_out(struct report *r, const struct check_hosts *h);

/* check_hosts_private - say so if there are such addresses; left_out says it,
 * too. */
void check_hosts_private(struct report *r, const struct check_hosts *h);

#endif
