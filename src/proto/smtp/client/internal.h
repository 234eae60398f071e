/* internal.h - shared by the files of the client machine, and only by them.
 *
 * client.c      events, actions, replies in order, endings
 * verdict.c     what a reply means; the lines of the dialogue
 * session.c     greeting to READY: EHLO, STARTTLS, AUTH
 * transaction.c one message: MAIL, RCPT, DATA, the body, its replies
 * command.c     one command as it stands, and its reply */
#ifndef PROTO_SMTP_CLIENT_INTERNAL_H
#define PROTO_SMTP_CLIENT_INTERNAL_H

#include "proto/smtp/client/client.h"
#include "proto/smtp/data.h"
#include "proto/smtp/reply.h"

#define FLIGHT_MAX   128u /* commands without a reply; a power of two */
#define WINDOW_MAX   120u /* of them, what a message may use */
#define IN_PIECE     4096u
#define REPLY_OCTETS 16384u
#define OUT_MAX      (1u << 20)
#define NOTES_MAX    (256u << 10)
#define TEXTS_MAX    (1u << 20)
#define NOTE_REPLY   'R'  /* in the place of a note's who */
#define TEXT_KEEP    512u /* octets of a reply kept for a result */

/* What a reply is awaited for. */
enum cmd {
	CMD_GREETING,
	CMD_EHLO,
	CMD_HELO,
	CMD_STARTTLS,
	CMD_AUTH,
	CMD_RSET,
	CMD_MAIL,
	CMD_RCPT,
	CMD_DATA,
	CMD_DOT,
	CMD_QUIT,
	CMD_RAW,     /* a command as it stands */
	CMD_RAW_DOT, /* the end of the body that one asked for */
	CMD_COUNT
};

enum state {
	ST_SESSION, /* before the first READY */
	ST_TLS,     /* the handshake is the driver's */
	ST_IDLE,    /* READY given */
	ST_TX,      /* a message, commands */
	ST_BODY,    /* a message, its body */
	ST_RAW,     /* a single command */
	ST_QUIT,
	ST_CLOSED
};

/* A result as kept: its text lies in c->texts. */
struct verdict {
	uint8_t outcome; /* enum smtp_client_outcome */
	uint8_t stage;   /* enum cmd, or STAGE_TLS */
	uint16_t code;
	uint32_t text_at, text_n;
	char enhanced[12];
	char cause[32];
};

#define STAGE_TLS CMD_COUNT

enum rcpt_state {
	RCPT_WAITING = 0, /* not accepted, not refused yet */
	RCPT_TAKEN,       /* 2xx to RCPT */
	RCPT_DONE         /* has its verdict */
};

struct rcpt {
	uint8_t state;
	struct verdict verdict;
};

struct flight {
	uint8_t cmd;
	uint32_t rcpt;
};

/* One message under way; zeroed by tx_reset, the only way out. */
struct tx {
	struct smtp_client_message m;
	struct rcpt *rcpts;
	uint32_t *done; /* indexes of recipients with a verdict, in order */
	size_t done_n, done_given;
	size_t next_rcpt; /* the next RCPT to send */
	size_t taken;     /* recipients accepted and still without verdict */
	size_t dot_rcpt;  /* LMTP: whose reply is next */
	bool active;
	bool answered;  /* the peer replied to anything of it */
	bool need_rset; /* first */
	bool mail_sent, mail_ok, data_sent, stop;
	bool want_body;
	struct smtp_stuff stuff;
};

struct smtp_client {
	struct smtp_client_options o;
	struct smtp_client_offers offers;
	enum state state;
	bool in_tls, started_tls; /* started: on this connection by STARTTLS */
	bool proven;              /* a reply came since TLS was up */
	bool dirty;  /* the peer has an open transaction: RSET first */
	bool reused; /* a message went over it before */
	uint8_t auth_step;
	const char *plain_because;
	uint64_t deadline;
	struct flight flight[FLIGHT_MAX]; /* ring: head..head+n */
	uint32_t flight_head, flight_n, unsent;
	struct buf in, out, notes, texts;
	size_t notes_given, out_given;
	struct tx tx;
	struct slice raw_body; /* of the single command under way */
	/* endings */
	bool ready, start_tls, need_plain, need_fresh, close, closed_given;
	struct verdict why;
};

/* client.c */
void client_command(struct smtp_client *c, enum cmd cmd, uint32_t rcpt,
    struct slice line, struct slice shown);
/* client_await - one more reply is due: to what was sent, or will be with the
 * next SEND. */
void client_await(struct smtp_client *c, enum cmd cmd, bool sent);
void client_note(struct smtp_client *c, char who, struct slice text);
/* client_note_whole - a reply, to be pulled as REPLY. */
void client_note_whole(
    struct smtp_client *c, enum cmd stage, const struct smtp_reply *r);
void client_event_begin(struct smtp_client *c);
void client_event_end(struct smtp_client *c);
void client_arm(struct smtp_client *c, uint64_t now_ms);
void client_ready(struct smtp_client *c);
/* client_fail - the session ends with v for all that have no verdict. polite:
 * say QUIT first. */
void client_fail(struct smtp_client *c, const struct verdict *v, bool polite);
void client_sync_lost(struct smtp_client *c, enum cmd stage, const char *what);
void client_need_fresh(struct smtp_client *c, const struct verdict *v);
void client_need_plain(struct smtp_client *c, const struct verdict *v);

/* client_is_stale - the connection was kept from an earlier message, and the
 * peer has not taken notice of this one. */
bool client_is_stale(const struct smtp_client *c);

/* verdict.c */
void client_note_reply(struct smtp_client *c, struct slice raw);
/* client_keep - a copy with its NUL, cut at size. */
void client_keep(char *out, size_t size, struct slice s);
void verdict_of_reply(struct smtp_client *c, struct verdict *out,
    enum cmd stage, const struct smtp_reply *r);
/* verdict_local - one of our own making, without a reply. */
void verdict_local(struct smtp_client *c, struct verdict *out, unsigned stage,
    enum smtp_client_outcome outcome, const char *enhanced, const char *cause,
    struct slice text);
/* verdict_restate - the same words under another code. */
void verdict_restate(struct verdict *v, unsigned stage,
    enum smtp_client_outcome outcome, const char *enhanced, const char *cause);
void verdict_show(const struct smtp_client *c, const struct verdict *v,
    struct smtp_client_result *out);
struct slice client_stage_name(unsigned stage);

/* session.c: the reply to each command before READY */
void session_greeting(
    struct smtp_client *c, uint64_t now, const struct smtp_reply *r);
void session_hello(struct smtp_client *c, uint64_t now,
    const struct smtp_reply *r, enum cmd cmd);
void session_starttls(
    struct smtp_client *c, uint64_t now, const struct smtp_reply *r);
void session_auth(
    struct smtp_client *c, uint64_t now, const struct smtp_reply *r);
void session_hello_send(struct smtp_client *c);
/* session_tls_lost - the handshake failed, or TLS was lost before it proved
 * itself. */
void session_tls_lost(
    struct smtp_client *c, const char *cause, struct slice text);
/* session_tls_over - the same with a verdict at hand. */
void session_tls_over(struct smtp_client *c, const struct verdict *v);

/* command.c */
void raw_reply(struct smtp_client *c, enum cmd cmd, const struct smtp_reply *r);

/* transaction.c */
void tx_begin(struct smtp_client *c, const struct smtp_client_message *m);
/* tx_pump - send what may be sent now; ends the transaction when its last
 * reply is in. */
void tx_pump(struct smtp_client *c);
void tx_reply(
    struct smtp_client *c, const struct flight *f, const struct smtp_reply *r);
/* tx_early - a reply while the body is on its way. */
void tx_early(struct smtp_client *c, const struct smtp_reply *r);
/* tx_all - v for every recipient that has no verdict. */
void tx_all(struct smtp_client *c, const struct verdict *v);
void tx_reset(struct smtp_client *c);

#endif
