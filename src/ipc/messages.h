/* messages.h - the one table of what the roles say to each other.
 *
 * Each row is M(name, from, to, fd): who may send it, who may receive it, and
 * whether a file descriptor travels with it. The fields of a message stand in
 * its IPC_FIELDS_name. From these rows come the structs, the encoder, the
 * decoder, the names and the permit check (frame.c); nothing is written twice.
 *
 * Wire form: u16 type, u16 zero, then the fields in order, little endian;
 * `bytes` is a u32 length and that many octets. One frame is one
 * SOCK_SEQPACKET record of at most IPC_FRAME_MAX octets. An unknown, an
 * unpermitted, an over-long frame or one with trailing octets closes the edge,
 * and master starts that peer again. */
#ifndef IPC_MESSAGES_H
#define IPC_MESSAGES_H

#include "base/id.h"
#include "base/ip.h"

#define IPC_FRAME_MAX (128u * 1024)
/* A body up to this many octets travels inside its frame. */
#define IPC_BODY_INLINE_MAX (64u * 1024)
/* ... up to this many in a memfd, and above in a spool file of the queue. */
#define IPC_BODY_MEMFD_MAX (256u * 1024)

enum role_kind {
	ROLE_MASTER,
	ROLE_SMTPD,
	ROLE_QUEUE,
	ROLE_RELAY,
	ROLE_RESOLVER,
	ROLE_LOOKUP,
	ROLE_AUTH,
	ROLE_LEDGER,
	ROLE_DELIVER,
	ROLE_FETCH,
	ROLE_CMD, /* kurir(1) on the control socket */
	ROLE_COUNT
};

const char *role_name(enum role_kind r); /* "smtpd"; static */

#define R(role) (1u << ROLE_##role)
#define R_ANY                                                                  \
	(R(SMTPD) | R(QUEUE) | R(RELAY) | R(RESOLVER) | R(LOOKUP) | R(AUTH) |  \
	    R(LEDGER) | R(DELIVER) | R(FETCH))

enum ipc_fd {
	IPC_FD_NONE, /* a descriptor is an error */
	IPC_FD_MAY,
	IPC_FD_MUST
};

/* clang-format off */
#define IPC_MESSAGES(M) \
	/* life of a role */ \
	M(config,          R(MASTER),            R_ANY,               MUST) \
	M(file,            R(MASTER),            R_ANY,               MUST) \
	M(listener,        R(MASTER),            R(SMTPD),            MUST) \
	M(counters,        R(MASTER),            R(SMTPD),            MUST) \
	M(peer,            R(MASTER),            R_ANY,               MUST) \
	M(go,              R(MASTER),            R_ANY,               NONE) \
	M(drain,           R(MASTER),            R_ANY,               NONE) \
	M(control,         R(MASTER),            R_ANY,               MUST) \
	M(deliver_failed,  R(MASTER),            R(QUEUE),            NONE) \
	M(deliver_want,    R(QUEUE),             R(MASTER),           NONE) \
	M(ready,           R_ANY,                R(MASTER),           NONE) \
	M(reloaded,        R_ANY,                R(MASTER),           NONE) \
	M(fatal,           R_ANY,                R(MASTER),           NONE) \
	/* questions of a session */ \
	M(rcpt_ask,        R(SMTPD)|R(QUEUE),    R(LOOKUP),           NONE) \
	M(rcpt_target,     R(LOOKUP),            R(SMTPD)|R(QUEUE),   NONE) \
	M(rcpt_answer,     R(LOOKUP),            R(SMTPD)|R(QUEUE),   NONE) \
	M(tables_changed,  R(LOOKUP),            R(SMTPD),            NONE) \
	M(verify_ask,      R(LOOKUP),            R(RELAY),            NONE) \
	M(verify_answer,   R(RELAY),             R(LOOKUP),           NONE) \
	M(exempt_ask,      R(SMTPD),             R(LOOKUP),           NONE) \
	M(exempt_answer,   R(LOOKUP),            R(SMTPD),            NONE) \
	M(device_ask,      R(SMTPD),             R(LOOKUP),           NONE) \
	M(device_answer,   R(LOOKUP),            R(SMTPD),            NONE) \
	M(test_ask,        R(SMTPD),             R(LOOKUP),           NONE) \
	M(test_answer,     R(LOOKUP),            R(SMTPD),            NONE) \
	M(test_event,      R(LOOKUP),            R(SMTPD),            NONE) \
	M(trust_seen,      R(SMTPD),             R(LOOKUP),           NONE) \
	M(trust_alarm,     R(LOOKUP),            R(SMTPD),            NONE) \
	M(accounts_begin,  R(AUTH),              R(LOOKUP),           NONE) \
	M(account_name,    R(AUTH),              R(LOOKUP),           NONE) \
	M(accounts_end,    R(AUTH),              R(LOOKUP),           NONE) \
	M(auth_start,      R(SMTPD),             R(AUTH),             NONE) \
	M(auth_step,       R(SMTPD),             R(AUTH),             NONE) \
	M(auth_cancel,     R(SMTPD),             R(AUTH),             NONE) \
	M(auth_challenge,  R(AUTH),              R(SMTPD),            NONE) \
	M(auth_result,     R(AUTH),              R(SMTPD),            NONE) \
	M(dns_ask, R(SMTPD)|R(RELAY)|R(FETCH)|R(CMD), R(RESOLVER),    NONE) \
	M(dns_answer, R(RESOLVER), R(SMTPD)|R(RELAY)|R(FETCH)|R(CMD), NONE) \
	M(dns_cancel, R(SMTPD)|R(RELAY)|R(FETCH)|R(CMD), R(RESOLVER), NONE) \
	M(fetch_ask,       R(CMD),               R(FETCH),            NONE) \
	M(fetch_answer,    R(FETCH),             R(CMD),              NONE) \
	/* the way of a message */ \
	M(body_open,       R(SMTPD),             R(QUEUE),            NONE) \
	M(body_answer,     R(QUEUE),             R(SMTPD),            MAY) \
	M(body_abort,      R(SMTPD),             R(QUEUE),            NONE) \
	M(rcpt_add,        R(SMTPD),             R(QUEUE),            NONE) \
	M(commit,          R(SMTPD),             R(QUEUE),            MAY) \
	M(commit_answer,   R(QUEUE),             R(SMTPD),            NONE) \
	M(job,             R(QUEUE),             R(RELAY),            MAY) \
	M(job_result,      R(RELAY),             R(QUEUE),            NONE) \
	M(job_done,        R(RELAY),             R(QUEUE),            NONE) \
	M(local_job,       R(QUEUE),             R(DELIVER),          MAY) \
	M(local_result,    R(DELIVER),           R(QUEUE),            NONE) \
	/* records and commands */ \
	M(record,          R(SMTPD)|R(RELAY)|R(QUEUE)|R(AUTH)|R(LOOKUP), \
	                                         R(LEDGER),           NONE) \
	M(ctl_request,     R(CMD),               R(MASTER)|R_ANY,     NONE) \
	M(ctl_line,        R(MASTER)|R_ANY,      R(CMD),              NONE) \
	M(ctl_end,         R(MASTER)|R_ANY,      R(CMD),              NONE) \
	M(broken,          R_ANY,                R(MASTER),           NONE)

/* fd: a memfd with the configuration's files, each as u32 path length, u32
 * text length, path, text; the first is the main file. */
#define IPC_FIELDS_config(F) F(u32, generation) F(u32, instance)
/* fd: a memfd with the content of a file that the role may not open. */
#define IPC_FIELDS_file(F) F(u8, what) F(bytes, name)
/* fd: a listening socket; name and index say which address of which listen
 * section. Sent again after a reload for those that are new; fd -1 never. */
#define IPC_FIELDS_listener(F) F(bytes, name) F(u16, index)
/* fd: memory that all workers share, to count sessions in (counters.h);
 * number: which of the workers this is. */
#define IPC_FIELDS_counters(F) F(u32, number) F(u32, workers)
/* fd: this role's end of a new channel to that role. tag: of deliver_want,
 * else the peer's instance number. */
#define IPC_FIELDS_peer(F) F(u8, role) F(u64, tag)
/* Everything was handed over: apply the walls and start, or on a reload
 * switch to the new configuration. */
#define IPC_FIELDS_go(F) F(u32, generation)
#define IPC_FIELDS_drain(F) F(u32, grace_ms)
/* fd: a connection of kurir(1) that sent a ctl_request for this role. The
 * request travels along; may_change is false for readers. */
#define IPC_FIELDS_control(F) F(u8, may_change) F(u32, uid) \
	F(bytes, verb) F(bytes, args)
#define IPC_FIELDS_deliver_want(F) F(u64, tag) F(bytes, user) F(bytes, root)
#define IPC_FIELDS_deliver_failed(F) F(u64, tag) F(bytes, text)
#define IPC_FIELDS_ready(F) F(u32, uid) F(u8, landlock) F(u8, seccomp) \
	F(bytes, root)
#define IPC_FIELDS_reloaded(F) F(u32, generation) F(u8, ok) F(bytes, text)
/* The role cannot do its work at all; master says so and does not loop. */
#define IPC_FIELDS_fatal(F) F(bytes, text)

/* flags: enum ipc_rcpt_flag. */
#define IPC_FIELDS_rcpt_ask(F) F(u64, ask) F(u8, flags) F(bytes, local) \
	F(bytes, domain)
/* One final address an accepted recipient stands for; before its answer. */
#define IPC_FIELDS_rcpt_target(F) F(u64, ask) F(bytes, address)
/* dom_class: enum ipc_domain_class; exists: enum ipc_exists. Without targets
 * the recipient stands for itself. cacheable: until tables_changed. */
#define IPC_FIELDS_rcpt_answer(F) F(u64, ask) F(u8, dom_class) F(u8, exists) \
	F(u8, cacheable) F(bytes, cause) F(bytes, text)
#define IPC_FIELDS_tables_changed(F) F(u32, generation)
#define IPC_FIELDS_verify_ask(F) F(u64, ask) F(bytes, nexthop) F(bytes, address)
/* exists: enum ipc_exists; text: the next hop's reply. */
#define IPC_FIELDS_verify_answer(F) F(u64, ask) F(u8, exists) F(bytes, cause) \
	F(bytes, text)
/* Is this client exempt from a lookup? list: enum conf_exempt_list. host1,
 * host2: its PTR and HELO names, where their addresses hold the client;
 * domain: of the reverse-path; each may be empty. */
#define IPC_FIELDS_exempt_ask(F) F(u64, ask) F(u8, list) F(ip, client) \
	F(bytes, host1) F(bytes, host2) F(bytes, domain)
/* where: "FILE:LINE: ENTRY", with its reason behind it. */
#define IPC_FIELDS_exempt_answer(F) F(u64, ask) F(u8, exempt) F(bytes, where)
/* That device begins a message, or (breach) has left its pattern. */
#define IPC_FIELDS_device_ask(F) F(u64, ask) F(u8, breach) F(bytes, device)
/* say: enum device_say; stopped: it was stopped by this; cause, text: of
 * a refusal. */
#define IPC_FIELDS_device_answer(F) F(u64, ask) F(u8, breach) F(u8, say) \
	F(u8, stopped) F(bytes, cause) F(bytes, text)
/* Mail to the test mailbox. what: enum ipc_test_what; codes: packed, what may
 * be a code; message: its Message-ID, or with LEFT the packed dialogue. */
#define IPC_FIELDS_test_ask(F) F(u64, ask) F(u8, what) F(ip, client) \
	F(bytes, sender) F(bytes, codes) F(bytes, message)
/* say: enum ipc_test_say. */
#define IPC_FIELDS_test_answer(F) F(u64, ask) F(u8, say)
/* Of a sender whose server shall come without being offered STARTTLS. event:
 * enum ipc_test_news; dialogue: of LEFT, as it came. */
#define IPC_FIELDS_test_event(F) F(u8, event) F(ip, client) F(bytes, sender) \
	F(bytes, dialogue)
/* A trusted address began a message: for the masquerade alarm. */
#define IPC_FIELDS_trust_seen(F) F(ip, client) F(bytes, helo) F(bytes, domain)
/* raised: the alarm is up, else it is over; text: the evidence. */
#define IPC_FIELDS_trust_alarm(F) F(ip, client) F(u8, raised) F(bytes, text)
#define IPC_FIELDS_accounts_begin(F) F(u32, generation)
#define IPC_FIELDS_account_name(F) F(bytes, name)
#define IPC_FIELDS_accounts_end(F) F(u32, generation)

/* initial: decoded initial response, if has_initial. binding: tls-exporter
 * octets, empty without TLS. */
#define IPC_FIELDS_auth_start(F) F(u64, ask) F(u8, tls) F(u8, has_initial) \
	F(ip, client) F(bytes, mechanism) F(bytes, initial) F(bytes, binding)
#define IPC_FIELDS_auth_step(F) F(u64, ask) F(bytes, data)
#define IPC_FIELDS_auth_cancel(F) F(u64, ask)
#define IPC_FIELDS_auth_challenge(F) F(u64, ask) F(bytes, data)
/* code 235: user is who they are; else the refusal to send. */
#define IPC_FIELDS_auth_result(F) F(u64, ask) F(u16, code) F(u8, close) \
	F(bytes, enhanced) F(bytes, cause) F(bytes, user) F(bytes, text)

#define IPC_FIELDS_dns_ask(F) F(u64, ask) F(u16, qtype) F(bytes, name)
/* status: enum ipc_dns_status. name: the owner after CNAMEs. records: packed
 * (pack.h) rdata in uncompressed wire form. text: detail of a failure. */
#define IPC_FIELDS_dns_answer(F) F(u64, ask) F(u16, qtype) F(u8, status) \
	F(u8, secure) F(u32, ttl) F(bytes, name) F(bytes, records) F(bytes, text)
/* That question is no longer wanted; its answer may still come. */
#define IPC_FIELDS_dns_cancel(F) F(u64, ask)

/* One file by https, at most 64 KiB of it. to: family 0, or where to connect
 * instead of the name's addresses. err: enum err, ERR_OK when there was an HTTP
 * answer, whatever its status. */
#define IPC_FIELDS_fetch_ask(F) F(u64, ask) F(ip, to) F(u16, port) F(bytes, url)
#define IPC_FIELDS_fetch_answer(F) F(u64, ask) F(u8, err) F(u16, status) \
	F(u8, cut) F(bytes, type) F(bytes, body) F(bytes, cause) F(bytes, text)
/* Ask for a spool file to write a large body to; the answer has it as fd, or
 * err (enum err) and none. */
#define IPC_FIELDS_body_open(F) F(u64, msg)
#define IPC_FIELDS_body_answer(F) F(u64, msg) F(u8, err) F(bytes, text)
#define IPC_FIELDS_body_abort(F) F(u64, msg)
/* Recipients too many for the commit frame, sent before it. rcpts: packed
 * pairs: final address, original recipient. */
#define IPC_FIELDS_rcpt_add(F) F(u64, msg) F(bytes, rcpts)
/* body_kind: enum ipc_body; with MEMFD the fd is the body, with SPOOL the file
 * of body_open (already closed by the sender). flags: enum ipc_msg_flag. */
#define IPC_FIELDS_commit(F) F(u64, msg) F(u64, session) F(u8, flags) \
	F(u8, body_kind) F(u64, size) F(ip, client) F(bytes, from) \
	F(bytes, rcpts) F(bytes, body)
/* err: enum err; anything but ERR_OK means nothing was kept. */
#define IPC_FIELDS_commit_answer(F) F(u64, msg) F(u8, err) F(bytes, cause) \
	F(bytes, text)

/* rcpts: packed addresses, numbered from 0. nexthop: conf/nexthop.h text. */
#define IPC_FIELDS_job(F) F(u64, job) F(u64, msg) F(u8, flags) \
	F(u8, body_kind) F(u64, size) F(bytes, nexthop) F(bytes, domain) \
	F(bytes, from) F(bytes, rcpts) F(bytes, body)
/* outcome: enum ipc_outcome. reply: "550 5.1.1 No such user", host:
 * "mx.mitra.example[192.0.2.7]:25", tls: "TLS1_3 cipher ... " or empty. */
#define IPC_FIELDS_job_result(F) F(u64, job) F(u16, rcpt) F(u8, outcome) \
	F(bytes, cause) F(bytes, reply) F(bytes, host) F(bytes, tls)
/* session: the ledger's id of the connection; every recipient had a result. */
#define IPC_FIELDS_job_done(F) F(u64, job) F(u64, session)
/* path: the Maildir; name: its unique file name. */
#define IPC_FIELDS_local_job(F) F(u64, job) F(u64, msg) F(u8, body_kind) \
	F(u64, size) F(bytes, path) F(bytes, name) F(bytes, from) \
	F(bytes, rcpt) F(bytes, body)
#define IPC_FIELDS_local_result(F) F(u64, job) F(u8, outcome) F(bytes, cause) \
	F(bytes, text)

/* blob: store/ledger_record.h. dropped: records lost since the last one. */
#define IPC_FIELDS_record(F) F(u32, dropped) F(bytes, blob)
/* role: enum role_kind asked; args: packed strings. */
#define IPC_FIELDS_ctl_request(F) F(u8, role) F(bytes, verb) F(bytes, args)
#define IPC_FIELDS_ctl_line(F) F(bytes, json)
/* code: the exit code of kurir(1) (interface 2); text: why, if not 0. */
#define IPC_FIELDS_ctl_end(F) F(u8, code) F(bytes, text)
/* That peer (as IPC_peer named it) sent a frame that breaks the rules; the edge
 * is closed, and only its end can bring a new one. */
#define IPC_FIELDS_broken(F) F(u8, role) F(u64, tag)
/* clang-format on */

enum ipc_file_kind {
	IPC_FILE_CERTIFICATE = 1, /* PEM chain; name: its path */
	IPC_FILE_KEY,             /* PEM private key; name: its path */
	IPC_FILE_TICKET_KEY,  /* session ticket secret; name: listener kind */
	IPC_FILE_CREDENTIALS, /* smart host credentials */
	IPC_FILE_CA,          /* trust anchors, PEM; name: path or empty */
	IPC_FILE_RESOLV_CONF,
	IPC_FILE_TRUST_ANCHOR /* DNSSEC */
};

enum ipc_rcpt_flag {
	/* Trusted or authenticated: do not ask a next hop (interface 3). */
	IPC_RCPT_NO_VERIFY = 1
};

enum ipc_test_what {
	IPC_TEST_TAKE, /* may it be answered? */
	IPC_TEST_ARM,  /* came with TLS: offer none to its next session */
	IPC_TEST_SENT, /* came without TLS */
	IPC_TEST_LEFT  /* saw no STARTTLS and went; no answer */
};
/* With TAKE, ARM or SENT: nothing ties the sender to the client, so that it
 * takes a code. */
#define IPC_TEST_UNPROVEN 0x80

enum ipc_test_say {
	IPC_TEST_YES,     /* counted; ARM: remembered */
	IPC_TEST_NO_CODE, /* neither open to the sender nor a code */
	IPC_TEST_TOO_MANY,
	IPC_TEST_SETTLED /* ARM: of this very mail the answer is known */
};

enum ipc_test_news {
	IPC_TEST_ARMED,  /* remember; to all */
	IPC_TEST_OVER,   /* forget; to all */
	IPC_TEST_GONE,   /* the answer to LEFT: report that it would not */
	IPC_TEST_EXPIRED /* it did not come: report that */
};

enum ipc_domain_class {
	IPC_DOMAIN_FOREIGN,
	IPC_DOMAIN_MAILDIR,
	IPC_DOMAIN_LMTP,
	IPC_DOMAIN_GATEWAY
};

enum ipc_exists {
	IPC_EXISTS_NO,
	IPC_EXISTS_YES,
	IPC_EXISTS_UNKNOWN /* could not be found out now */
};

enum ipc_dns_status {
	IPC_DNS_OK,
	IPC_DNS_NODATA,   /* the name exists, this type does not */
	IPC_DNS_NXDOMAIN, /* the name does not exist */
	IPC_DNS_TEMPFAIL, /* SERVFAIL, lame, unreachable */
	IPC_DNS_TIMEOUT,
	IPC_DNS_BOGUS /* DNSSEC validation failed */
};

enum ipc_body { IPC_BODY_INLINE, IPC_BODY_MEMFD, IPC_BODY_SPOOL };

enum ipc_msg_flag {
	IPC_MSG_8BIT = 1,          /* BODY=8BITMIME was said */
	IPC_MSG_AUTHENTICATED = 2, /* accepted because of AUTH */
	IPC_MSG_TRUSTED = 4,       /* accepted because of its address */
	IPC_MSG_LOOP = 8,          /* too many Received: bounce, do not send */
	IPC_MSG_NOTICE = 16 /* by ourselves: the recipient may be an alias */
};

enum ipc_outcome { IPC_DELIVERED, IPC_DEFERRED, IPC_FAILED };

typedef struct slice ipc_bytes;
typedef struct ip ipc_ip;
typedef uint8_t ipc_u8;
typedef uint16_t ipc_u16;
typedef uint32_t ipc_u32;
typedef uint64_t ipc_u64;

#define IPC_FIELD_DECL(type, name) ipc_##type name;
#define IPC_STRUCT(name, from, to, fd)                                         \
	struct ipc_##name {                                                    \
		IPC_FIELDS_##name(IPC_FIELD_DECL)                              \
	};
IPC_MESSAGES(IPC_STRUCT)

#define IPC_ENUM(name, from, to, fd) IPC_##name,
enum ipc_type { IPC_NONE, IPC_MESSAGES(IPC_ENUM) IPC_TYPE_COUNT };

#define IPC_UNION(name, from, to, fd) struct ipc_##name name;
struct ipc_msg {
	enum ipc_type type;
	int fd; /* -1: none */
	union {
		IPC_MESSAGES(IPC_UNION)
	};
};

#endif
