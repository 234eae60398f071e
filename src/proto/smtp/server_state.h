/* server_state.h - what struct smtp_server holds. For server*.c alone; others
 * see it only so that they can embed it. An idle session owns nothing else
 * than this and a small reply buffer. */
#ifndef PROTO_SMTP_SERVER_STATE_H
#define PROTO_SMTP_SERVER_STATE_H

enum smtp_srv_state {
	SRV_COMMAND,  /* the next line is a command */
	SRV_RESPONSE, /* the next line is the answer to an AUTH challenge */
	SRV_BODY,     /* behind 354 */
	SRV_ASKED,    /* a verdict is outstanding; see ask */
	SRV_TLS,      /* 220 to STARTTLS said */
	SRV_END,      /* nothing but CLOSE follows */
};

enum smtp_srv_ask {
	SRV_ASK_NONE,
	SRV_ASK_CONNECT,
	SRV_ASK_HELO,
	SRV_ASK_MAIL,
	SRV_ASK_RCPT,
	SRV_ASK_AUTH,
	SRV_ASK_BODY,
	SRV_ASK_COMMIT,
	SRV_ASK_COUNT
};

/* Why a command is refused. All constants, but for a verdict's text. */
struct smtp_srv_refusal {
	uint16_t code;
	bool close;
	struct slice enhanced, cause, text;
};

/* A transaction, wiped as a whole by srv_tx_reset(). */
struct smtp_srv_tx {
	bool open;    /* ASK_MAIL was handed out: TX_RESET is owed */
	bool mail;    /* MAIL accepted */
	bool body;    /* a body is open: COMMIT or BODY_ABORT is owed */
	bool spoilt;  /* the body is refused: swallow the rest, then say so */
	bool refused; /* by the driver, with refusal */
	bool hasty;   /* that the body came before our 354 has been noted */
	uint32_t rcpts;
	uint64_t began_ms; /* of the body */
	struct smtp_mail from;
	struct smtp_data data;
	struct smtp_srv_refusal refusal; /* its slices live in the arena */
	uint8_t id_n;
	char id[32];
};

/* One action waiting to be pulled. */
struct smtp_srv_queued {
	uint8_t kind; /* enum smtp_srv_act */
	uint8_t who;  /* enum smtp_note_who */
	bool hidden;
	uint16_t code;
	uint32_t off, n;    /* US: a place in out */
	struct slice text;  /* PEER: in the input; EVENT: a constant */
	struct slice cause; /* a constant */
};

#define SRV_QUEUE 10

struct smtp_server {
	const struct smtp_server_opts *opts;
	enum smtp_srv_state state;
	enum smtp_srv_ask ask;
	bool tls, esmtp, authenticated;
	bool ehlo;         /* of the HELO being asked about */
	bool greeted;      /* the greeting has been handed out */
	bool early;        /* the early talker has been noted */
	bool sent;         /* out has been handed out whole */
	bool stopping;     /* smtp_server_shutdown */
	bool peer_gone;    /* smtp_server_peer_closed */
	bool quit;         /* the peer said QUIT */
	bool auth_refused; /* what comes may be meant for AUTH: don't note it */
	bool data_refused; /* what comes may be the message all the same */
	bool auth_open;    /* between AUTH_START and its last verdict */
	bool tls_told;     /* START_TLS has been handed out */
	bool starved;      /* memory ran out for a reply: one last constant */
	uint8_t id_n, helo_n, queued, queue_at;
	char id[32];
	char helo[SMTP_DOMAIN_MAX];
	struct slice helo_asked; /* in cmdmem */
	uint32_t errors, commands;
	uint64_t now_ms, deadline_ms;
	struct buf out;      /* replies not yet sent */
	struct buf secret;   /* AUTH octets of this step, decoded; wiped */
	struct arena txmem;  /* lifetime: transaction */
	struct arena cmdmem; /* lifetime: command */
	struct smtp_srv_tx tx;
	struct smtp_rcpt rcpt;
	struct slice mech; /* in cmdmem */
	bool has_initial;
	struct smtp_srv_queued queue[SRV_QUEUE];
};

#endif
