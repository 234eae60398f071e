/* smtpd.h - the driver around the SMTP server machine: what a worker holds.
 *
 * A worker accepts connections, turns readiness into events for
 * proto/smtp/server and carries its actions out. It decides by asking: lookup
 * for recipients, auth for passwords, resolver for names, queue for keeping.
 *
 * Lifetimes: worker > generation (one configuration) > session > transaction.
 * A session holds its generation, so a reload never pulls anything from under
 * it. Every outstanding question names the session by its id; an answer for a
 * session that is gone is dropped. */
#ifndef ROLE_SMTPD_SMTPD_H
#define ROLE_SMTPD_SMTPD_H

#include "base/hash.h"
#include "base/list.h"
#include "io/conn.h"
#include "policy/cause.h"
#include "policy/device.h"
#include "policy/relay.h"
#include "policy/reverse.h"
#include "proto/mail/author.h"
#include "proto/mail/header.h"
#include "proto/mail/repair.h"
#include "proto/mail/strip.h"
#include "proto/smtp/server.h"
#include "role/role.h"
#include "role/smtpd/counters.h"
#include "role/smtpd/found.h"
#include "store/ledger_record.h"

/* What the sessions of one listen section share. */
struct profile {
	const struct conf_listen *listen;
	struct smtp_server_opts opts;
	struct smtp_server_opts clear_opts;   /* opts without STARTTLS */
	struct smtp_server_opts *device_opts; /* role device: of each device,
						 in the order of the conf */
	struct buf mechanisms;
	bool lookups;           /* the listener judges by reverse lookups */
	struct tls_server *tls; /* NULL: no certificate */
};

/* One configuration in force, with what was made from it. */
struct generation {
	unsigned refs;
	const struct conf *conf; /* held by role_conf_ref once in force */
	bool in_force;
	struct profile *profiles; /* in the order of conf->listen */
	size_t profile_n;
};

/* A listening socket that master gave us. */
struct listener {
	struct list node;
	struct smtpd *d;
	struct buf name; /* of its listen section */
	struct sock_addr local;
	int fd;
	struct watch watch;
	bool paused;
};

/* A file that we may not open, as master handed it over. */
struct secret {
	struct list node;
	enum ipc_file_kind what;
	struct buf name;
	struct buf content;
};

struct smtpd {
	struct role *role;
	struct generation *current; /* NULL before start */
	struct generation *offered; /* made by a reload, not in force yet */
	struct list listeners;
	struct list secrets;
	struct list sessions;
	size_t session_n;
	size_t session_max; /* what descriptors there are for */
	struct map by_id;   /* session and message ids -> session */
	struct map by_ask;  /* DNS questions -> struct look */
	struct map by_spf;  /* DNS questions -> struct test_box */
	uint64_t last_ask;
	struct found_cache found; /* results of lookups */
	struct list alarms;       /* trusted addresses that look like many */
	struct list assured;      /* struct test_assured */
	size_t assured_n;
	uint64_t heard[256]; /* hashes of what lookup was told of trust */
	struct buf scratch;  /* of one piece of a body on its way */
	struct counters counters;
	struct list known_list; /* cached recipients, oldest first */
	struct map known;       /* address -> struct known_rcpt */
	size_t known_n;
	struct timer resume; /* when accepting paused for descriptors */
	struct timer bodies; /* draining: when half a message has to go */
	struct timer grace;  /* draining: when patience ends */
	uint32_t records_lost;
	uint64_t large_bodies; /* octets of bodies held in memory */
};

/* A body in memory: up to the threshold, and the piece that crossed it. */
#define BODY_BYTES_MAX (IPC_BODY_MEMFD_MAX + 128u * 1024)

/* What we wait for outside the machine. */
enum waiting {
	WAIT_NOTHING,
	WAIT_RCPT,
	WAIT_AUTH,
	WAIT_NAME,  /* the client's name, before the body begins */
	WAIT_GATE,  /* session_gate.c: lookups, lists, claims */
	WAIT_SPOOL, /* a file for a large body */
	WAIT_COMMIT
};

enum look_state { LOOK_NOT, LOOK_LATE /* at MAIL */, LOOK_ASKED, LOOK_DONE };
enum exempt_state { EXEMPT_NOT_ASKED, EXEMPT_ASKED, EXEMPT_NO, EXEMPT_YES };

/* One of the three lookups of a session. */
struct looked {
	enum look_state state;
	struct look *under_way;
	struct found *found; /* DONE: NULL if there was nothing to ask */
	enum exempt_state exempt;
	bool recorded; /* its findings stand in the record */
};

/* Where a session waits for the judgement of who it is. */
enum gate_at { GATE_OPEN, GATE_CONNECT, GATE_HELO, GATE_MAIL, GATE_COMMIT };

struct gate {
	enum gate_at at;
	unsigned step;
	bool running;
	enum reverse_kind exempt_of; /* whose list was asked */
	struct buf list;             /* the entry that spares, and where */
	bool claim_asked, claim_known;
	uint8_t claim_class, claim_exists;
	bool authors_read;
	struct buf authors; /* packed: addresses of From: still to judge */
	bool device_asked, device_known, alarm_recorded;
	struct finding device; /* why the device may not, if it may not */
};

struct body {
	bool open;
	bool committed; /* given to the queue */
	id_t64 message;
	struct buf bytes; /* Received: and what came, until it goes to a file */
	int spool_fd;     /* -1: still in memory */
	bool spool_asked;
	uint64_t octets;
	struct header_watch header;
	struct strip strip;
	struct repair *repair;      /* NULL: not of a device */
	struct author_watch author; /* in use if author_wanted */
	bool author_wanted;
	bool ending; /* COMMIT was asked */
};

struct session {
	struct list node;
	struct smtpd *d;
	struct generation *gen;
	struct profile *profile;
	const struct smtp_server_opts *opts; /* the profile's or a device's */
	id_t64 id;
	char id_text[ID_TEXT_LEN + 1];
	struct conn *conn; /* NULL: gone */
	struct sock_addr peer, local;
	struct timer timer;
	struct timer tell_timer; /* of trace_tell */
	struct smtp_server machine;
	bool machine_open;
	bool pumping;
	bool paused;
	size_t unread; /* octets the connection keeps for us */
	enum waiting waiting;
	bool trusted;
	bool trust_withdrawn;
	bool spared; /* localhost, or trusted from the first: no lookups */
	struct buf trust_evidence;
	const struct conf_device *device; /* NULL: none */
	bool counted, counted_ip;         /* in d->counters */
	struct looked looked[REVERSE_KINDS];
	struct looked helo_before; /* of the name that still stands */
	unsigned looks;            /* begun since the last message */
	struct gate gate;
	struct tls_info *tls; /* NULL: plain */
	struct buf user;      /* who authenticated */
	bool assured;         /* STARTTLS was not offered, for a test */
	bool stranger;        /* and it was the session of somebody else */
	bool mail_seen;       /* a transaction was begun */
	bool pipelined;       /* what follows MAIL came with it */
	/* transaction */
	struct test_box *test; /* NULL: not to the test mailbox */
	struct buf sender;
	struct buf rcpts;     /* packed pairs: final address, original */
	struct buf rcpt_only; /* the single recipient, for Received */
	struct buf rcpt_asked;
	struct buf targets; /* packed, of the recipient being asked */
	bool foreign;       /* a recipient is not ours */
	struct body body;
	/* A message in the queue's hands, answer outstanding (WAIT_COMMIT). It
	 * outlives the transaction, and the connection. */
	id_t64 committing;
	uint64_t committing_octets;
	/* record */
	struct record record;
	unsigned accepted, refused;
	bool untold;             /* a refusal, in what the ledger has not */
	unsigned told_within;    /* transactions told before their end */
	uint64_t tell_within_ms; /* not before that */
	uint64_t started_ms;
	uint64_t bytes_in, bytes_out;
	bool handshaking;
	bool finished; /* the machine said CLOSE, or TLS failed */
	bool said_quit;
	bool cut; /* the connection ended before that */
};

/* tables.c: configurations and recipients already known */
struct generation *generation_make(
    struct smtpd *d, const struct conf *conf, struct diag *out_diag);
struct generation *generation_ref(struct generation *g);
void generation_unref(struct smtpd *d, struct generation *g);
void secrets_take(struct smtpd *d, enum ipc_file_kind what, struct slice name,
    struct slice content);
void secrets_wipe(struct smtpd *d);
/* tickets_renew - the ticket secrets were turned over. */
void tickets_renew(struct smtpd *d);

/* One recipient as lookup last told; valid until known_clear. */
struct known_rcpt {
	struct list node;
	struct buf key; /* "local@domain", domain in lower case */
	uint8_t dom_class, exists;
	struct buf targets; /* packed */
};
const struct known_rcpt *known_find(struct smtpd *d, struct slice key);
void known_put(struct smtpd *d, struct slice key, uint8_t dom_class,
    uint8_t exists, struct slice targets);
void known_clear(struct smtpd *d);

/* accept.c */
void listeners_start(struct smtpd *d);
void listeners_stop(struct smtpd *d);
void listeners_reloaded(struct smtpd *d);
void listener_add(struct smtpd *d, struct slice name, int fd);

/* session.c */
/* session_start - takes fd. false: no memory; fd is closed, nothing begun. */
bool session_start(struct smtpd *d, struct generation *g, struct profile *p,
    int fd, const struct sock_addr *peer, const struct smtp_verdict *refusal);
struct session *session_find(struct smtpd *d, id_t64 id);
/* session_pump - let the machine do all it can now. */
void session_pump(struct session *s);
/* session_answer - the verdict for what the machine asked; then pump. */
void session_answer(struct session *s, const struct smtp_verdict *v);
void session_refuse(struct session *s, uint16_t code, const char *enhanced,
    const char *cause, const char *text);
/* session_shutdown_all - say 421 to all that wait for nothing of ours; those
 * in the middle of a message only if bodies_too. */
void session_shutdown_all(struct smtpd *d, bool bodies_too);
void session_abort_all(struct smtpd *d);
/* session_resume - read again if it was held up by a full channel. */
void session_resume(struct session *s);

/* session_ask.c: questions to other roles and their answers */
void ask_mail(struct session *s, const struct smtp_mail *mail);
struct relay_client ask_client(const struct session *s);
/* ask_refuse - the reply that a verdict means. */
void ask_refuse(struct session *s, const struct relay_verdict *v);
/* ask_cause - the constant of that code; empty if there is none. */
struct slice ask_cause(struct slice code);
void ask_rcpt(struct session *s, const struct smtp_rcpt *rcpt);
void ask_auth_start(struct session *s, const struct smtp_srv_action *a);
void ask_auth_step(struct session *s, const struct smtp_srv_action *a);
void ask_auth_cancel(struct session *s);
void ask_peer_lost(struct smtpd *d, enum role_kind kind);
/* ask_overdue - a role did not answer in time: refuse for now. */
void ask_overdue(struct session *s);
void rcpt_target(struct smtpd *d, const struct ipc_rcpt_target *t);
void rcpt_answer(struct smtpd *d, const struct ipc_rcpt_answer *a);
void auth_challenge(struct smtpd *d, const struct ipc_auth_challenge *c);
void auth_result(struct smtpd *d, const struct ipc_auth_result *r);

/* session_lookup.c: PTR, HELO and MAIL */
/* look_begin - begin anew; ends by gate_go, perhaps before it returns. */
void look_begin(struct session *s, enum reverse_kind kind, struct slice name);
/* look_helo - begin, unless another name's is under way: whoever greets again
 * and again has us ask for the first name, and at MAIL for the last. */
void look_helo(struct session *s, struct slice name);
void look_forget(struct session *s, enum reverse_kind kind);
/* look_keep_helo - another HELO is about to be judged; should it be refused,
 * look_restore_helo: the name before it stands (RFC 5321 4.1.4). */
void look_keep_helo(struct session *s);
void look_restore_helo(struct session *s);
void look_answer(struct smtpd *d, const struct ipc_dns_answer *a);
/* dns_withdraw - a question of that map is no longer wanted. */
void dns_withdraw(struct smtpd *d, struct map *asks, uint64_t ask);
/* look_resolver_lost - what is under way ends without answers. */
void look_resolver_lost(struct session *s);
/* look_ptr_name - the client's forward-confirmed name; empty: unknown. */
struct slice look_ptr_name(const struct session *s);
/* look_trust_unknown - names are trusted, and DNS failed to say the client's.
 */
bool look_trust_unknown(const struct session *s);
/* look_result - NULL: not looked up, or not yet. */
const struct reverse_result *look_result(
    const struct session *s, enum reverse_kind kind);

/* session_gate.c: may it go on, being who it is? */
void gate_connect(struct session *s);
void gate_helo(struct session *s, struct slice name);
void gate_mail(struct session *s, const struct smtp_mail *mail);
void gate_commit(struct session *s);
/* gate_go - something came that it may have waited for. */
void gate_go(struct session *s);
/* gate_claim - lookup's answer about the address being judged. */
void gate_claim(struct session *s, uint8_t dom_class, uint8_t exists);
void gate_exempt(struct smtpd *d, const struct ipc_exempt_answer *a);
void gate_device(struct smtpd *d, const struct ipc_device_answer *a);
void gate_lookup_lost(struct session *s);
void gate_free(struct session *s);
/* gate_where - where that value of the configuration stands: "FILE:LINE", or
 * "default". */
void gate_where(const struct conf *c, const void *field, struct buf *out);
/* gate_record - what a rule decided. */
void gate_record(struct session *s, const char *stage, const struct finding *f,
    struct slice verdict, struct slice list, struct slice evidence);

/* alarm.c: what the operator must hear of */
/* alarm_trust - lookup says that an alarm is up or over. */
void alarm_trust(struct smtpd *d, const struct ipc_trust_alarm *a);
/* alarm_standing - the evidence against that address; empty: none. */
struct slice alarm_standing(const struct smtpd *d, const struct ip *ip);
/* alarm_heard - a trusted address begins a message: tell lookup. */
void alarm_heard(struct session *s, struct slice domain);
/* alarm_report - mail to the postmaster, in both languages it is set to. */
void alarm_report(struct smtpd *d, struct slice subject, struct slice text);
/* alarms_forget - lookup counts anew. */
void alarms_forget(struct smtpd *d);

/* session_body.c */
void body_begin(struct session *s);
void body_begin_named(struct session *s); /* the client's name is settled */
void body_write(struct session *s, struct slice bytes);
void body_abort(struct session *s);
void body_keep(struct session *s, struct slice bytes);
void body_commit(struct session *s);
void body_commit_judged(struct session *s);
/* body_lost - the queue went away, or does not say where to put a body. */
void body_lost(struct session *s);
/* commit_forget - an answer that still comes is for nobody. */
void commit_forget(struct session *s);
void body_answer(struct smtpd *d, struct ipc_msg *m);
void commit_answer(struct smtpd *d, const struct ipc_commit_answer *a);
void transaction_reset(struct session *s);

/* test_mailbox.c: mail that is answered by a report on how it was sent */
/* test_offer - is STARTTLS offered to that client? test_over - it has gone. */
void test_offer(struct session *s);
void test_over(struct session *s);
/* test_rcpt - of s->rcpt_asked; true: it was answered. */
bool test_rcpt(struct session *s);
void test_reset(struct session *s);
void test_keep(struct session *s, struct slice bytes);
/* test_dropped - taken without an answer; false: it is not. */
bool test_dropped(struct session *s);
bool test_lookup_lost(const struct session *s);
void test_answer(struct smtpd *d, const struct ipc_test_answer *a);
void test_event(struct smtpd *d, const struct ipc_test_event *e);
void tests_forget(struct smtpd *d); /* lookup counts anew */
/* test_send.c */
/* test_dns - false: another's question. */
bool test_dns(struct smtpd *d, const struct ipc_dns_answer *a);
/* test_send - the report to the queue, in the place of the mail; false: it
 * could not be. */
bool test_send(struct session *s, struct chan *queue);

/* session_filter.c */
/* filters_begin - false: no memory. */
bool filters_begin(struct session *s);
/* filters_run - bytes through to body_keep; whole: nothing follows. ERR_LIMIT:
 * the header is too large to be mended. */
enum err filters_run(struct session *s, struct slice bytes, bool whole);
void filters_free(struct session *s);

/* session_record.c */
void trace_open(struct session *s);
void trace_event(struct session *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void trace_note(struct session *s, const struct smtp_note *n);
void trace_tls(struct session *s, enum err e, const struct diag *why);
void trace_rcpt(struct session *s, struct slice to, bool accepted,
    const struct relay_verdict *v);
void trace_message(struct session *s, bool accepted, struct slice cause);
/* trace_tell - hand what there is to the ledger, between transactions; within
 * one if something was refused. */
void trace_tell(struct session *s);
/* trace_room - between transactions: what is noted of one after another must
 * not leave out why the last was refused. */
void trace_room(struct session *s);
/* trace_closed - the connection is about to go; trace_finish - the last word,
 * and the record is sent. */
void trace_closed(struct session *s, enum err e, const struct diag *why);
void trace_finish(struct session *s);

#endif
