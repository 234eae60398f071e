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

enum conf_role { CONF_ROLE_MX, CONF_ROLE_SUBMISSION, CONF_ROLE_DEVICE };

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

/* What to do about a finding, from nothing at all to hanging up; in this
 * order, so that the stronger of two is the greater. */
enum conf_action {
	CONF_ACTION_OFF,    /* not even recorded where it needs work */
	CONF_ACTION_NOTE,   /* recorded, accepted */
	CONF_ACTION_DEFER,  /* 451, the session goes on */
	CONF_ACTION_REJECT, /* 5xx, the session goes on */
	CONF_ACTION_CLOSE   /* 5xx and hang up */
};

enum conf_preset { CONF_PRESET_NONE, CONF_PRESET_LEGITIMATE };

enum conf_masquerade {
	CONF_MASQUERADE_OFF,
	CONF_MASQUERADE_NOTE,    /* raise the alarm */
	CONF_MASQUERADE_WITHDRAW /* and trust that address no longer */
};

/* Which headers tell the results of lookups; bits of a set. */
enum conf_result_header {
	CONF_HEADER_AUTHENTICATION_RESULTS = 1,
	CONF_HEADER_X_MD = 2
};

/* In the order of TLS versions. */
enum conf_tls_version {
	CONF_TLS_1_0,
	CONF_TLS_1_1,
	CONF_TLS_1_2,
	CONF_TLS_1_3
};

/* How a device shows who it is: by its address alone, or also by a password,
 * with LOGIN or PLAIN and, as the device is what it is, without TLS too. */
enum conf_device_auth { CONF_DEVICE_AUTH_OFF, CONF_DEVICE_AUTH_LOGIN_PLAIN };

/* The lists of exemptions there are, one for each lookup. */
enum conf_exempt_list {
	CONF_EXEMPT_PTR,
	CONF_EXEMPT_HELO,
	CONF_EXEMPT_MAIL,
	CONF_EXEMPT_LISTS
};

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

struct conf_nets {
	const struct ip_net *v;
	size_t n;
};

struct conf_texts {
	const struct slice *v;
	size_t n;
};

/* "200/1d": so many in so long. */
struct conf_rate {
	uint64_t count;     /* 0: no limit */
	uint64_t window_ms; /* not 0 */
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
	bool reverse_lookup;          /* default: mx yes, else no */
	bool legacy_tls; /* TLS 1.0 and 1.1, and the ciphers of that time */
};

/* A printer, copier or scanner, known by its address; for listeners with role
 * device. Whoever is none of them gets nothing there. */
struct conf_device {
	struct slice name;
	struct conf_pos pos;
	struct conf_nets address;
	struct conf_texts from; /* "a@d" or "@d"; none: any of our domains */
	struct conf_texts to;   /* "a@d" or "@d"; none: any of our domains */
	struct conf_rate rate;  /* messages */
	uint64_t max_size;      /* default: limits.message_size */
	enum conf_tls_version min_tls; /* of TLS, where it is used at all */
	enum conf_device_auth auth;    /* default: login-plain with a user */
	struct slice user;             /* the account; empty: any */
};

/* The three lookups of a client (architecture: policy/reverse.h). */
struct conf_lookup_ptr {
	enum conf_action missing;
	enum conf_action mismatch;
	bool exempt_authenticated; /* judged after MAIL, so that AUTH counts */
};

struct conf_lookup_helo {
	enum conf_action forged;
	enum conf_action not_found;
	bool exempt_authenticated;
};

struct conf_lookup_mail {
	enum conf_action forged;
	enum conf_action not_found;
	enum conf_action no_mx;
	bool exempt_authenticated;
};

struct conf_reverse_lookup {
	enum conf_preset preset; /* already filled in below */
	struct conf_lookup_ptr ptr;
	struct conf_lookup_helo helo;
	struct conf_lookup_mail mail;
	unsigned headers; /* of enum conf_result_header */
};

/* exempt "ptr" { }: who is spared that lookup. */
struct conf_exempt {
	struct slice name; /* ptr, helo or mail */
	struct conf_pos pos;
	struct slice file;  /* local entries; empty: none */
	struct slice sync;  /* URL of the synced ones; empty: none */
	uint64_t sync_at;   /* minutes after midnight, local time */
	struct slice key;   /* minisign public key, base64; empty: none */
	bool unsigned_sync; /* http without a key was meant so */
};

/* relay-control { }: what else a sender must satisfy. Never what relays: that
 * is trust and authentication alone. */
struct conf_relay_sender {
	enum conf_action unknown; /* in one of our domains, without mailbox */
	bool exempt_authenticated;
	bool exempt_trusted;
};

struct conf_relay_recipient {
	enum conf_action unknown; /* defer reject close */
	bool exempt_authenticated;
	bool exempt_trusted;
};

struct conf_relay_identity {
	enum conf_action envelope; /* reverse-path is not the user's */
	enum conf_action header;   /* From: is not the user's */
};

struct conf_relay_control {
	struct conf_relay_sender sender;
	struct conf_relay_recipient recipient;
	struct conf_relay_identity identity;
	/* Mail from postmaster, abuse or webmaster of ours, from outside. */
	enum conf_action postmaster;
};

/* shield "contoh.id" { }: who may claim to send from that domain. */
#define CONF_SHIELD_LOCAL "$LOCALDOMAIN$"
struct conf_shield {
	struct slice name; /* domain, ".parent" for those below, "*" for all,
			      or CONF_SHIELD_LOCAL for all of ours */
	struct conf_pos pos;
	struct conf_nets address;
	enum conf_action action;
	bool header; /* From: too */
	bool exempt_authenticated;
	bool exempt_trusted;
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
	uint64_t fetch_timeout_ms; /* one file of a nightly sync */
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

/* test-mailbox { }: mail to it is answered by a report on how it was sent. */
struct conf_test_mailbox {
	struct slice address;        /* in a domain of ours; empty: there is
					none */
	struct slice assure_address; /* the same, but without STARTTLS; may be
					empty */
	struct conf_texts open_to;   /* who needs no code: "a@d", "@d", "*" */
	struct conf_rate rate;       /* answers, by sender and by network */
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
	struct conf_test_mailbox test_mailbox;
	enum conf_masquerade masquerade;
	struct conf_reverse_lookup reverse_lookup;
	struct conf_relay_control relay_control;
	/* The exempt sections by list; NULL where there is none. */
	const struct conf_exempt *exempts[CONF_EXEMPT_LISTS];
	struct conf_domain *domain; /* sorted by name */
	size_t domain_n;
	struct conf_listen *listen; /* sorted by name */
	size_t listen_n;
	struct conf_route *route; /* sorted by name */
	size_t route_n;
	struct conf_sni *sni; /* sorted by name */
	size_t sni_n;
	struct conf_device *device; /* sorted by name */
	size_t device_n;
	struct conf_exempt *exempt; /* sorted by name */
	size_t exempt_n;
	struct conf_shield *shield; /* sorted by name */
	size_t shield_n;
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

/* One value that is to stand instead of what the files say: "outbound.tls",
 * "reverse-lookup.ptr.missing", "listen.mx.auth" (section, name of a section
 * that has one, option). */
struct conf_override {
	struct slice name;
	struct slice value; /* as it would stand behind "=" */
};

/* conf_read_with - conf_read with n overrides; what is wrong with them is
 * reported at file "--set". */
enum err conf_read_with(const struct conf_source *src, const char *path,
    const struct conf_override *set, size_t n, struct conf **out,
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
const char *conf_action_name(enum conf_action v);
const char *conf_exempt_name(enum conf_exempt_list v);
/* conf_exempt_parse - "ptr", "helo", "mail"; CONF_EXEMPT_LISTS: none. */
enum conf_exempt_list conf_exempt_parse(struct slice name);

/* conf_action_find - the action that a dotted option name stands for, as in
 * "reverse-lookup.ptr.missing"; NULL if it is no action. */
const enum conf_action *conf_action_find(
    const struct conf *c, struct slice name);
/* conf_action_at - the n-th of those names; NULL behind the last. Static. */
const char *conf_action_at(size_t n);

#endif
