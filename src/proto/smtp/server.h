/* server.h - the SMTP server as a machine without sockets (RFC 5321).
 *
 * The driver turns readiness into events and carries actions out; the machine
 * calls nothing and knows no clock but the one it is told.
 *
 *	smtp_server_open(s, ...);
 *	for (;;) {
 *		smtp_server_next(s, now, unread, &act);
 *		switch (act.kind) { ... }
 *		drop act.used octets of unread;
 *	}
 *
 * One call gives one action, in order. SMTP_SRV_WANT_* says that nothing can
 * be done before something happens: more input, the verdict for the last ASK,
 * the end of the TLS handshake. While a verdict is outstanding no input is
 * consumed, so pipelined commands simply stay with the driver. Replies are
 * gathered and SEND comes when there is no more to do, which makes one write
 * of a pipelined group (RFC 2920).
 *
 * Lifetimes. All slices of an action are valid until the next call of any
 * smtp_server_ function on s; in particular BODY_WRITE borrows from the input
 * of that very call. act.mail and act.rcpt are valid until the verdict is
 * given; smtp_server_mail until TX_RESET.
 *
 * A transaction ends in one way: TX_RESET is handed out whenever one had been
 * begun (ASK_MAIL handed out) and is over, whatever the reason. An opened
 * body ends by COMMIT or, before TX_RESET, by BODY_ABORT. */
#ifndef PROTO_SMTP_SERVER_H
#define PROTO_SMTP_SERVER_H

#include "base/id.h"
#include "proto/smtp/command.h"
#include "proto/smtp/data.h"

enum smtp_srv_role {
	SMTP_SRV_MX,
	SMTP_SRV_SUBMISSION, /* nothing without AUTH, whatever auth says */
	SMTP_SRV_DEVICE,     /* as MX, and lenient: any word is a HELO name,
				a path may lack its brackets */
};

enum smtp_srv_tls {
	SMTP_SRV_TLS_NONE,
	SMTP_SRV_TLS_MAY,
	SMTP_SRV_TLS_ENCRYPT,  /* nothing before STARTTLS */
	SMTP_SRV_TLS_IMPLICIT, /* smtp_server_open after the handshake */
};

enum smtp_srv_auth {
	SMTP_SRV_AUTH_OFF,
	SMTP_SRV_AUTH_OFFER,
	SMTP_SRV_AUTH_REQUIRE, /* no mail without it */
};

/* 0 means no limit, where that makes sense. */
struct smtp_server_limits {
	uint64_t message_octets;
	uint32_t recipients;     /* per message: 452 4.5.3 */
	uint32_t errors;         /* 5xx since the last message: 421 */
	uint32_t commands;       /* since the last message: 421 */
	size_t line_octets;      /* of a command, CR LF included */
	size_t data_line_octets; /* of a body line, CR LF included */
	uint64_t command_timeout_ms;
	uint64_t data_timeout_ms; /* between two pieces of a body */
};

/* struct smtp_server_opts - of a listener; shared by its sessions, outlives
 * them. */
struct smtp_server_opts {
	struct slice hostname;
	struct slice mechanisms; /* "PLAIN LOGIN"; -PLUS ones need TLS */
	enum smtp_srv_role role;
	enum smtp_srv_tls tls;
	enum smtp_srv_auth auth;
	bool auth_without_tls;
	bool ask_connect; /* ASK_CONNECT before the greeting */
	bool ask_helo;    /* ASK_HELO before the answer to HELO and EHLO */
	struct smtp_server_limits limits;
};

/* smtp_server_limits_default - RFC 5321 4.5.3 and interface defaults. */
extern const struct smtp_server_limits smtp_server_limits_default;

enum smtp_srv_verdict_kind {
	SMTP_SRV_ALLOW,
	SMTP_SRV_REFUSE,
	SMTP_SRV_CHALLENGE, /* AUTH only */
};

/* struct smtp_verdict - the answer to an ASK. Slices are copied during the
 * call, except cause, which must be a constant of the program. */
struct smtp_verdict {
	enum smtp_srv_verdict_kind kind;
	uint16_t code;         /* REFUSE: 4xx or 5xx */
	struct slice enhanced; /* REFUSE: "5.7.1" */
	struct slice cause;    /* REFUSE: "relay.denied" */
	struct slice text;     /* REFUSE: plain words, no final full stop; ALLOW
				  of the end of DATA: instead of "queued as" */
	bool close;            /* REFUSE: and hang up */
	struct slice id;       /* ALLOW of BODY_BEGIN: the message id's text */
	struct slice bytes;    /* CHALLENGE: raw octets, not base64 */
};

enum smtp_srv_act {
	SMTP_SRV_WANT_INPUT,   /* also call again at smtp_server_deadline */
	SMTP_SRV_WANT_VERDICT, /* smtp_server_verdict */
	SMTP_SRV_WANT_TLS,     /* smtp_server_tls_up, or _abort */
	SMTP_SRV_NOTE,         /* for the ledger: note */
	SMTP_SRV_SEND,         /* bytes */
	SMTP_SRV_ASK_CONNECT,  /* greet? verdict; a refusal ends the session */
	SMTP_SRV_ASK_HELO,     /* bytes: the name; verdict */
	SMTP_SRV_ASK_MAIL,     /* mail; verdict */
	SMTP_SRV_ASK_RCPT,     /* rcpt; verdict */
	SMTP_SRV_AUTH_START,   /* mech, has_bytes, bytes (decoded); verdict */
	SMTP_SRV_AUTH_STEP,    /* bytes (decoded); verdict */
	SMTP_SRV_AUTH_CANCEL,  /* forget the exchange; no verdict */
	SMTP_SRV_BODY_BEGIN,   /* make room; verdict, ALLOW brings id */
	SMTP_SRV_BODY_WRITE,   /* bytes, dots unstuffed, CR LF lines */
	SMTP_SRV_BODY_ABORT,   /* throw the body away */
	SMTP_SRV_COMMIT,       /* the body is whole; verdict when durable */
	SMTP_SRV_TX_RESET,     /* forget envelope and body */
	SMTP_SRV_START_TLS,    /* handshake now; all SENDs came before */
	SMTP_SRV_CLOSE,        /* hang up; the last action, given again if
				  asked again. ok: the peer said QUIT */
};

enum smtp_note_who {
	SMTP_NOTE_PEER,  /* "<--" a command */
	SMTP_NOTE_US,    /* "-->" a reply; lines separated by CR LF */
	SMTP_NOTE_EVENT, /* "*" something that is neither */
};

/* struct smtp_note - one entry of the dialogue, secrets already left out.
 * cause is set on every refusal and on every breach that was let pass (who is
 * then EVENT); text is the peer's bytes where who is PEER: escape them. */
struct smtp_note {
	enum smtp_note_who who;
	uint16_t code; /* US: of the reply */
	bool hidden;   /* something secret stood behind text */
	struct slice text;
	struct slice cause; /* a constant, or empty */
};

struct smtp_srv_action {
	enum smtp_srv_act kind;
	size_t used; /* octets of the input consumed by this call */
	struct slice bytes;
	bool has_bytes;
	struct slice mech; /* as the client wrote it */
	const struct smtp_mail *mail;
	const struct smtp_rcpt *rcpt;
	struct smtp_note note;
	bool ok;
};

struct smtp_server;

#include "proto/smtp/server_state.h"

/* smtp_server_open - begin. id is the session's id text (copied, at most 31
 * octets); tls: the handshake is already done. refusal (or NULL) replaces
 * the greeting, and the session ends with it. */
void smtp_server_open(struct smtp_server *s,
    const struct smtp_server_opts *opts, struct slice id, bool tls,
    const struct smtp_verdict *refusal);

/* smtp_server_free - give back what s holds; after CLOSE, or at any time. */
void smtp_server_free(struct smtp_server *s);

/* smtp_server_next - the next action. in is all input that is at hand and not
 * yet consumed, now_ms any clock that doesn't go back. */
void smtp_server_next(struct smtp_server *s, uint64_t now_ms, struct slice in,
    struct smtp_srv_action *out);

/* smtp_server_verdict - the answer to the outstanding ASK. Without one (the
 * session ended meanwhile) it does nothing. */
void smtp_server_verdict(struct smtp_server *s, const struct smtp_verdict *v);

/* smtp_server_body_refuse - the body cannot be taken (no space, too many
 * hops, endless header): BODY_ABORT follows, the rest is swallowed and v is
 * the reply after the end. Only the first one counts; only after BODY_BEGIN
 * was allowed and before COMMIT. */
void smtp_server_body_refuse(
    struct smtp_server *s, const struct smtp_verdict *v);

/* smtp_server_tls_up - the handshake is done. All knowledge of the client is
 * forgotten (RFC 3207 4.2). */
void smtp_server_tls_up(struct smtp_server *s);

/* smtp_server_shutdown - end soon: an outstanding verdict and an end of data
 * that is in the input are still answered, then 421. */
void smtp_server_shutdown(struct smtp_server *s);

/* smtp_server_peer_closed - no more input will come. What is there is still
 * answered. */
void smtp_server_peer_closed(struct smtp_server *s);

/* smtp_server_abort - the connection is dead both ways, or the handshake
 * failed. A commit that is under way stays under way. */
void smtp_server_abort(struct smtp_server *s);

/* smtp_server_deadline - call smtp_server_next at this time even without
 * input; 0: none (the machine waits for the driver). */
uint64_t smtp_server_deadline(const struct smtp_server *s);

/* smtp_server_input_max - how many octets of input the machine may need to
 * see at once; the driver's buffer must hold as many. */
size_t smtp_server_input_max(const struct smtp_server *s);

/* What is known now; slices until the next call. */
struct slice smtp_server_helo(const struct smtp_server *s);
bool smtp_server_is_esmtp(const struct smtp_server *s); /* EHLO, not HELO */
bool smtp_server_is_tls(const struct smtp_server *s);
bool smtp_server_is_authenticated(const struct smtp_server *s);
/* The MAIL that was accepted, NULL outside a transaction. */
const struct smtp_mail *smtp_server_mail(const struct smtp_server *s);
uint32_t smtp_server_recipients(const struct smtp_server *s); /* accepted */
uint64_t smtp_server_body_octets(const struct smtp_server *s);

#endif
