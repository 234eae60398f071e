/* check.h - questions to any server: what all of them share.
 *
 * A check is a function that begins its work on a loop and calls back once it
 * has an answer; many run side by side (a batch). Everything is bounded in
 * time (opts.timeout_ms a step) and memory. Nothing here needs a daemon or a
 * configuration. */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "base/ip.h"
#include "check/report.h"
#include "check/tr.h"
#include "io/loop.h"
#include "io/tls.h"
#include "os/socket.h"

/* --connect HOST:PORT=IP:PORT: connections to the one go to the other. Names
 * in any case; port 0: any. */
struct check_connect {
	struct slice host;
	uint16_t port;
	struct ip ip;
	uint16_t to_port;
};
#define CHECK_CONNECTS_MAX 256

struct check_opts {
	struct ip resolver; /* family 0: the system's */
	uint16_t resolver_port;
	uint64_t now_s; /* --now: judge as of then; 0: the clock */
	const struct check_connect *connect;
	size_t connect_n;
	struct slice ca_pem; /* --ca: instead of the system's anchors */
	uint32_t timeout_ms; /* one step; default 15 s */
	struct slice from;   /* --from: MAIL FROM of probes; default <> */
	struct slice helo;   /* our name in EHLO; default this host's */
	struct ip source;    /* family 0: any */
	uint32_t polite_ms;  /* wait between connections to one address */
	bool polite_here;    /* to this machine's own, too */
	bool ipv4, ipv6;     /* families that may be used */
	bool stay_public;    /* exchangers at private addresses are not gone
				to, but by connect */
	const char *libexec; /* where the roles are; NULL: check_child_find */
};

#define SMTPS_PORT 465 /* TLS from the first octet (RFC 8314) */

struct check_dns;
struct check_web;

struct check {
	struct loop *loop;
	const struct check_opts *opts;
	struct check_dns *dns;
	struct check_web *web;      /* NULL until check_web is called */
	struct tls_client *tls;     /* trusts opts.ca_pem or the system; takes
				       every version that the library has */
	char libexec[256];          /* where the roles are */
	char helo[256];             /* opts.helo, or this host's name */
	struct check_visit *visits; /* of the last connections */
	size_t visit_at;
	char at[96];      /* how far a long check is, for who waits; or empty */
	char no_dns[224]; /* why no DNS can be asked: every question fails;
			     empty: it can */
};

/* check_open - loop, TLS context, resolver child (dns.h); where that one does
 * not start, no_dns says why and the rest goes on. d says what is missing.
 * check_close ends the children; not from within a callback. opts is
 * borrowed until then. */
enum err check_open(struct check *c, const struct check_opts *opts,
    struct diag *d) KURIR_MUST_CHECK;
void check_close(struct check *c);

/* check_now_s - as of when to judge. */
uint64_t check_now_s(const struct check *c);

/* check_polite - how long to wait before a connection to that address may be
 * begun (opts.polite_ms between them); from the answer on it counts as begun
 * then. 0: now. */
uint64_t check_polite(struct check *c, const struct ip *ip);

struct check_visit *check_visits_new(void); /* of check_open; free() */

/* check_route - where a connection to host:port at ip really goes. */
void check_route(const struct check *c, struct slice host, uint16_t port,
    const struct ip *ip, struct sock_addr *out);

/* check_done - a check has its answer; the report is arg's now. */
typedef void check_done(void *arg, struct report *r);

/* check_later - hand r to done from the loop, for a check that asks nobody. */
void check_later(
    struct check *c, struct report *r, check_done *done, void *arg);

/* The checks. Each begins one; done is called exactly once, never from within
 * the call. A report comes in any case. */
enum check_level_tls { CHECK_STARTTLS, CHECK_IMPLICIT };
struct check_tls_opts {
	bool implicit, assure, strict_starttls;
	bool ignore_no_connect; /* of the confidence factor */
	bool enumerate;         /* protocols and ciphers: DETAIL and above */
};
void check_tls(struct check *c, struct slice target,
    const struct check_tls_opts *o, check_done *done, void *arg);
void check_smtp(
    struct check *c, struct slice target, check_done *done, void *arg);
struct check_relay_opts {
	struct slice probe_mailbox; /* a Maildir we may read, or an address */
	const struct ip *sources;   /* further source addresses to try from */
	size_t sources_n;
	struct slice user, password; /* also after AUTH; empty: not */
	uint32_t greylist_wait_ms;   /* before the one retry of a 4xx */
	uint64_t deadline_ms;        /* for all of it but that wait; 0: 2 min */
};
void check_relay(struct check *c, struct slice target,
    const struct check_relay_opts *o, check_done *done, void *arg);
struct check_sender_opts {
	struct ip ip;          /* family 0: the addresses of its MX */
	struct slice helo;     /* empty: the PTR name */
	struct slice selector; /* DKIM; empty: common ones are tried */
};
void check_sender(struct check *c, struct slice domain,
    const struct check_sender_opts *o, check_done *done, void *arg);
struct conf;
void check_self(
    struct check *c, const struct conf *conf, check_done *done, void *arg);
/* message: header, or the whole; must outlive the check. trusted: host names
 * or domains whose Received fields are believed; none: the topmost "by". */
void check_headers(struct check *c, struct slice message,
    const struct slice *trusted, size_t trusted_n, check_done *done, void *arg);
void check_spf(struct check *c, const struct ip *ip, struct slice helo,
    struct slice mail_from, check_done *done, void *arg);
void check_mta_sts(
    struct check *c, struct slice domain, check_done *done, void *arg);
void check_dane(
    struct check *c, struct slice target, check_done *done, void *arg);
/* zones: of DNS lists; none: the built-in ones of doc/checks.md. */
void check_blocklist(struct check *c, struct slice target,
    const struct slice *zones, size_t zones_n, check_done *done, void *arg);
void check_address(
    struct check *c, struct slice address, check_done *done, void *arg);

#endif
