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
	SRV_ASK_MAIL,
	SRV_ASK_RCPT,
	SRV_ASK_AUTH,
	SRV_ASK_BODY,
	SRV_ASK_COMMIT,
	SRV_ASK_COUNT
};

/* A transaction, wiped as a whole by tx_reset(). */
struct smtp_srv_tx {
	bool open;   /* ASK_MAIL was handed out and TX_RESET not yet */
	bool mail;   /* MAIL accepted */
	bool body;   /* BODY_BEGIN handed out; needs COMMIT or BODY_ABORT */
	bool spoilt; /* the body is refused: swallow the rest, then say so */
	bool abort_told;
	uint32_t rcpts;
	struct smtp_data data;
	uint64_t body_began_ms;
	uint64_t swallowed;
	struct smtp_mail from;
	/* The refusal that spoilt it; text lives in the arena. */
	uint16_t code;
	bool close;
	struct slice enhanced, cause, text;
	char id[32];
	uint8_t id_n;
};

/* One action waiting to be pulled. Replies are kept as a place in out. */
struct smtp_srv_queued {
	uint8_t kind; /* enum smtp_srv_act */
	uint8_t who;
	uint16_t code;
	bool hidden;
	uint32_t off, n;    /* US: in out */
	struct slice text;  /* PEER: in the input; else constant */
	struct slice cause; /* constant */
};

#define SRV_QUEUE 8

struct smtp_server {
	const struct smtp_server_opts *opts;
	enum smtp_srv_state state;
	enum smtp_srv_ask ask;
	bool tls, esmtp, authenticated;
	bool said_helo;
	bool greeted; /* the greeting has been handed out by SEND */
	bool early;   /* the early talker has been noted */
	bool sent;    /* out was handed out and is free to be emptied */
	bool stopping, peer_gone;
	bool quit;      /* CLOSE is a good end */
	bool auth_open; /* between AUTH_START and its last verdict */
	uint8_t id_n, helo_n, queued, queue_at;
	char id[32];
	char helo[256];
	uint32_t errors, commands;
	uint64_t now_ms, deadline_ms;
	struct buf out;      /* replies not yet sent */
	struct buf secret;   /* decoded AUTH octets of this step; wiped */
	struct arena txmem;  /* lifetime: transaction */
	struct arena cmdmem; /* lifetime: command */
	struct smtp_srv_tx tx;
	struct smtp_rcpt rcpt;
	struct smtp_auth auth;
	struct smtp_srv_queued queue[SRV_QUEUE];
};

#endif
