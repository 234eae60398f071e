/* conf.h - the configuration as everyone sees it: read once, then constant.
 *
 * conf_read turns text into struct conf or into a report of every error. It
 * is pure: whoever calls supplies the text of files. The schema table
 * (schema.h) names every option, its type, range and default once.
 *
 * Lifetime: everything reachable from a struct conf belongs to it and is valid
 * until conf_free. Text values are slices behind which a NUL stands, so .p
 * may be used as a C string; an unset one has n == 0 and p pointing to "".
 * Durations are milliseconds, sizes octets, host and domain names lower case.
 * Every value below is effective: defaults are filled in. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/ip.h"
#include "conf/nexthop.h"

struct conf_pos {
	const char *file; /* as given, or as the include found it */
	uint32_t line;    /* from 1 */
	uint32_t column;  /* octets, from 1 */
};

enum conf_role { CONF_ROLE_MX, CONF_ROLE_SUBMISSION };

/* One ladder for listeners and for outbound; implicit is only for listeners,
 * verify only for outbound. Postfix's meanings. */
enum conf_tls {
	CONF_TLS_NONE,
	CONF_TLS_MAY,
	CONF_TLS_ENCRYPT,
	CONF_TLS_VERIFY,
	CONF_TLS_IMPLICIT
};

enum conf_auth { CONF_AUTH_OFF, CONF_AUTH_OFFER, CONF_AUTH_REQUIRE };

enum conf_dnssec {
	CONF_DNSSEC_VALIDATE,
	CONF_DNSSEC_TRUST_AD,
	CONF_DNSSEC_OFF
};

enum conf_language { CONF_LANG_EN, CONF_LANG_ID };

struct conf_endpoint {
	struct ip ip;
	uint16_t port;
};

struct conf_endpoints {
	const struct conf_endpoint *v;
	size_t n;
};

struct conf_ips {
	const struct ip *v;
	size_t n;
};

struct conf_durations {
	const uint64_t *v; /* milliseconds */
	size_t n;
};

/* Who may relay without AUTH. A name counts only for a client whose PTR name
 * is forward-confirmed; ".example" means every name below it. */
struct conf_trust {
	const struct ip_net *net;
	size_t net_n;
	const struct slice *name;
	size_t name_n;
};

struct conf_certificate {
	struct slice certificate; /* PEM file, chain included; empty: none */
	struct slice key;         /* PEM file */
};

struct conf_domain {
	struct slice name;
	struct conf_pos pos;
	struct nexthop deliver; /* maildir, lmtp or relay */
	struct slice user;      /* who owns the files; default: conf.user */
};

struct conf_listen {
	struct slice name;
	struct conf_pos pos;
	enum conf_role role;
	struct conf_endpoints address;
	enum conf_tls tls;
	enum conf_auth auth;          /* default: mx off, submission require */
	struct conf_trust trusted;    /* default: conf.trusted */
	struct conf_certificate cert; /* default: conf.tls; may be empty */
	uint64_t max_size;            /* default: limits.message_size */
};

struct conf_route {
	struct slice name; /* a domain; ".example" every domain below it */
	struct conf_pos pos;
	struct nexthop via;
};

struct conf_sni {
	struct slice name; /* host name the client asks for */
	struct conf_pos pos;
	struct conf_certificate cert;
};

struct conf_outbound {
	struct nexthop via; /* mx, relay, smarthost or hold */
	enum conf_tls tls;  /* none may encrypt verify */
	uint64_t port;
	struct conf_ips bind; /* source addresses, at most one a family */
	struct slice helo;    /* default: hostname */
	struct conf_durations retry; /* the last one repeats */
	uint64_t expire_ms;
	uint64_t warn_after_ms;   /* 0: no warnings */
	struct slice credentials; /* file, lines "[host]:port user:password" */
	struct slice ca; /* PEM file or directory; empty: the system's */
};

struct conf_dns {
	struct conf_endpoints server; /* none: resolv.conf */
	enum conf_dnssec dnssec;
	uint64_t timeout_ms;
	struct slice trust_anchor; /* file; empty: the one of the system */
};

struct conf_limits {
	/* what a client may do */
	uint64_t message_size;
	uint64_t recipients;
	uint64_t sessions;
	uint64_t sessions_per_ip;
	uint64_t errors; /* refused commands in one session */
	uint64_t auth_failures_per_ip;
	uint64_t auth_block_ms; /* how long failures count and a block lasts */
	uint64_t hops;          /* Received fields before it is a loop */
	/* how long we wait as a server */
	uint64_t command_timeout_ms;
	uint64_t data_timeout_ms;      /* silence within DATA */
	uint64_t handshake_timeout_ms; /* TLS, both directions */
	/* how long we wait as a client (RFC 5321 4.5.3.2) */
	uint64_t connect_timeout_ms;
	uint64_t greeting_timeout_ms;
	uint64_t helo_timeout_ms;
	uint64_t mail_timeout_ms;
	uint64_t rcpt_timeout_ms;
	uint64_t data_init_timeout_ms;
	uint64_t data_block_timeout_ms;
	uint64_t data_done_timeout_ms;
	uint64_t quit_timeout_ms;
	/* how much we do at once */
	uint64_t connections_per_destination;
	uint64_t messages_per_connection;
	uint64_t recipients_per_delivery;
	uint64_t deliveries;      /* local deliveries at the same time */
	uint64_t connections;     /* outgoing connections in all */
	uint64_t smtpd_processes; /* 0: by the number of processors */
	uint64_t relay_processes; /* 0: by the number of processors */
	uint64_t disk_reserve;    /* below this much free space: 452 */
};

struct conf_ledger {
	uint64_t keep_ms;
	uint64_t max_size; /* octets */
	bool dialogue;
};

struct conf {
	struct slice hostname;
	struct slice data_dir;
	struct slice control;    /* path of the control socket */
	struct slice postmaster; /* an address */
	struct slice user;
	struct slice aliases;             /* file; empty: none */
	struct slice recipient_delimiter; /* empty, or one octet */
	enum conf_language language; /* the second one of bounces; EN: none */
	struct conf_trust trusted;
	struct conf_certificate tls;
	struct conf_outbound outbound;
	struct conf_dns dns;
	struct conf_limits limits;
	struct conf_ledger ledger;
	struct conf_domain *domain; /* sorted by name */
	size_t domain_n;
	struct conf_listen *listen; /* sorted by name */
	size_t listen_n;
	struct conf_route *route; /* sorted by name */
	size_t route_n;
	struct conf_sni *sni; /* sorted by name */
	size_t sni_n;
	struct conf_private *priv;
};

/* ---- what reading has to say ---- */

enum conf_severity { CONF_WARNING, CONF_ERROR };

struct conf_message {
	enum conf_severity severity;
	struct conf_pos pos;
	const char *text; /* one sentence, no final full stop */
};

/* Filled by conf_read, in order of position; conf_report_free when done. */
struct conf_report {
	struct arena arena;
	struct conf_message *v;
	size_t n;
	size_t cap;
	size_t errors;
	size_t lost; /* messages over the maximum, not kept */
};

void conf_report_init(struct conf_report *r);
void conf_report_free(struct conf_report *r);
/* conf_report_text - "kurir.conf:12:5: unknown name ..." without newline;
 * warnings say "warning: " after the position. */
void conf_message_text(const struct conf_message *m, struct buf *out);

/* ---- reading ---- */

/* Where the text of a file comes from. read appends the whole file to out
 * (whose maximum is CONF_TEXT_MAX) and says why not in d. */
struct conf_source {
	enum err (*read)(
	    void *ctx, const char *path, struct buf *out, struct diag *d);
	void *ctx;
};

#define CONF_TEXT_MAX    (4u << 20)  /* octets of one file */
#define CONF_BUNDLE_MAX  (16u << 20) /* octets of all files together */
#define CONF_INCLUDE_MAX 16u         /* depth */

/* conf_read - read path and what it includes, check everything.
 *
 * Pure but for src->read. bundle, when not NULL, receives all files with their
 * names, for conf_read_bundle in another process.
 * ERR_OK       *out is the caller's, conf_free; r may hold warnings.
 * ERR_SYNTAX   r holds every error; nothing else is returned.
 * ERR_NOMEM, ERR_LIMIT (too large); what src->read returned for path itself,
 * with a message in r. */
enum err conf_read(const struct conf_source *src, const char *path,
    struct buf *bundle, struct conf **out,
    struct conf_report *r) KURIR_MUST_CHECK;

/* conf_read_bundle - the same from a bundle made by conf_read; ERR_CORRUPT if
 * it is none. bundle may be released after the call. */
enum err conf_read_bundle(struct slice bundle, struct conf **out,
    struct conf_report *r) KURIR_MUST_CHECK;

void conf_free(struct conf *c); /* NULL is allowed */

/* conf_show - the effective configuration as text that parses to an equal
 * struct conf. */
void conf_show(const struct conf *c, struct buf *out);

/* conf_where - where the value of this field (an address within *c or within
 * one of its sections) was written. false: it is a default. */
bool conf_where(const struct conf *c, const void *field, struct conf_pos *out);

/* ---- asking ---- */

/* NULL: none. Names are compared without regard to ASCII case; a final dot
 * is not removed. conf_route_find takes the exact name, else the longest
 * ".parent". */
const struct conf_domain *conf_domain_find(
    const struct conf *c, struct slice domain);
const struct conf_route *conf_route_find(
    const struct conf *c, struct slice domain);
const struct conf_sni *conf_sni_find(const struct conf *c, struct slice name);
const struct conf_listen *conf_listen_find(
    const struct conf *c, struct slice name);

/* conf_trusts - is a client trusted? ptr is its forward-confirmed name or
 * empty. */
bool conf_trusts(
    const struct conf_trust *t, const struct ip *ip, struct slice ptr);

/* Words of the enums, as in the file. */
const char *conf_role_name(enum conf_role v);
const char *conf_tls_name(enum conf_tls v);
const char *conf_auth_name(enum conf_auth v);

#endif
