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
#include "policy/relay.h"
#include "proto/mail/header.h"
#include "proto/smtp/server.h"
#include "role/role.h"
#include "role/smtpd/counters.h"
#include "store/ledger_record.h"

/* What the sessions of one listen section share. */
struct profile {
	const struct conf_listen *listen;
	struct smtp_server_opts opts;
	struct buf mechanisms;
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
	WAIT_SPOOL, /* a file for a large body */
	WAIT_COMMIT
};

enum name_state {
	NAME_ASKED_PTR,
	NAME_ASKED_ADDRESS,
	NAME_KNOWN /* or known not to be */
};

/* The client's name: PTR, then forward confirmation (RFC 8601 2.7.3). */
struct peer_name {
	enum name_state state;
	struct buf candidates; /* packed PTR names not tried yet */
	struct buf trying;
	struct buf confirmed; /* empty: unknown */
	unsigned tried;
	bool asked_v6;
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
};

struct session {
	struct list node;
	struct smtpd *d;
	struct generation *gen;
	struct profile *profile;
	id_t64 id;
	char id_text[ID_TEXT_LEN + 1];
	struct conn *conn; /* NULL: gone */
	struct sock_addr peer, local;
	struct timer timer;
	struct timer name_timer;
	struct timer tell_timer; /* of trace_tell */
	struct smtp_server machine;
	bool machine_open;
	bool pumping;
	bool paused;
	size_t unread; /* octets the connection keeps for us */
	enum waiting waiting;
	bool trusted;
	struct buf trust_evidence;
	bool counted, counted_ip; /* in d->counters */
	struct peer_name name;
	struct tls_info *tls; /* NULL: plain */
	struct buf user;      /* who authenticated */
	/* transaction */
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

/* session_name.c: the client's name */
void ask_name(struct session *s);
void name_answer(struct session *s, const struct ipc_dns_answer *a);
void name_give_up(struct session *s);

/* session_body.c */
void body_begin(struct session *s);
void body_begin_named(struct session *s); /* the client's name is settled */
void body_write(struct session *s, struct slice bytes);
void body_abort(struct session *s);
void body_commit(struct session *s);
/* body_lost - the queue went away, or does not say where to put a body. */
void body_lost(struct session *s);
/* commit_forget - an answer that still comes is for nobody. */
void commit_forget(struct session *s);
void body_answer(struct smtpd *d, struct ipc_msg *m);
void commit_answer(struct smtpd *d, const struct ipc_commit_answer *a);
void transaction_reset(struct session *s);

/* session_record.c */
void trace_open(struct session *s);
void trace_event(struct session *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void trace_note(struct session *s, const struct smtp_note *n);
void trace_tls(struct session *s, enum err e, const struct diag *why);
void trace_rcpt(struct session *s, struct slice to, bool accepted,
    const struct relay_verdict *v);
void trace_message(struct session *s, bool accepted, struct slice cause);
/* trace_tell - hand what there is to the ledger, between transactions. */
void trace_tell(struct session *s);
/* trace_closed - the connection is about to go; trace_finish - the last word,
 * and the record is sent. */
void trace_closed(struct session *s, enum err e, const struct diag *why);
void trace_finish(struct session *s);

#endif
