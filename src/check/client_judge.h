/* client_judge.h - what a client did, and what is to be thought of it. Pure.
 *
 * Times are milliseconds since the check began. */
#ifndef CHECK_CLIENT_JUDGE_H
#define CHECK_CLIENT_JUDGE_H

#include "base/ip.h"
#include "check/client.h"

/* ---- a body on the wire ---- */

/* struct client_body - zeroed with at_start set; fed with what stands between
 * 354 and the end, dots and all. */
struct client_body {
	bool cr, at_start, dot;
	size_t line, longest; /* octets without CR LF */
	uint64_t octets;
	uint32_t bare_lf, bare_cr, nul, eight_bit;
	uint32_t stuffed;   /* lines whose dot was doubled */
	uint32_t unstuffed; /* lines whose dot was not */
};
void client_body_feed(struct client_body *b, struct slice wire);

/* client_message_id - of a message that begins with head: what stands between
 * "<" and ">" included; empty: it has none. Borrows. */
struct slice client_message_id(struct slice head);

/* ---- what was seen ---- */

struct client_facts {
	struct ip ip;
	uint64_t begun_ms, ended_ms;
	bool ended;
	bool busy; /* we said 421 */
	bool spoke_first;
	bool helo, esmtp;             /* said it; EHLO */
	char name[256];               /* of HELO, last */
	bool name_bad;                /* no host name with a dot, no literal */
	bool offered, tried, refused; /* STARTTLS; refused: by us */
	bool tls, tls_failed;
	bool ran_ahead; /* plain text behind STARTTLS */
	bool has_cert;  /* the client's */
	bool auth, auth_in_clear;
	bool mail, mail_in_clear; /* MAIL; before TLS */
	bool size, eight_bit, pipelined;
	bool quit;
	bool left_waiting;       /* went while we were slow to answer */
	uint64_t waited_ms;      /* so long */
	uint32_t messages;       /* that we said 250 to */
	bool old_tls;            /* TLS below 1.2 was agreed on */
	bool weak;               /* a cipher without forward secrecy */
	struct client_body body; /* of all its messages together */
};

/* One recipient of one transaction. */
struct client_try {
	uint64_t key; /* of sender and recipient */
	size_t session;
	uint64_t at_ms;
	uint16_t code; /* ours */
};

enum client_outcome { CLIENT_TAKEN, CLIENT_SILENT };

struct client_message {
	uint64_t key; /* of sender, recipients and Message-ID */
	bool has_id;
	size_t session;
	uint64_t at_ms;
	uint64_t waited_ms; /* SILENT: until the client went; 0: it has not */
	enum client_outcome outcome;
};

struct client_seen {
	unsigned words;
	bool own_cert; /* of whoever asks: the client may well trust it */
	const struct client_facts *const *session;
	size_t session_n;
	const struct client_try *try;
	size_t try_n;
	const struct client_message *message;
	size_t message_n;
	uint64_t now_ms;
};

/* ---- what is to be thought of it ---- */

enum client_code {
	CLIENT_SAYS_NOBODY,
	CLIENT_SAYS_NO_MESSAGE,
	CLIENT_SAYS_HOLDS_BACK,
	CLIENT_SAYS_FALLBACK,
	CLIENT_SAYS_NO_TLS,
	CLIENT_SAYS_UNTRUSTED,
	CLIENT_SAYS_OLD_TLS,
	CLIENT_SAYS_WEAK,
	CLIENT_SAYS_TLS_FAILED,
	CLIENT_SAYS_RAN_AHEAD,
	CLIENT_SAYS_AUTH_CLEAR,
	CLIENT_SAYS_AUTH_UNTRUSTED,
	CLIENT_SAYS_FIRST,
	CLIENT_SAYS_BARE_NEWLINE,
	CLIENT_SAYS_DOT,
	CLIENT_SAYS_LONG_LINE,
	CLIENT_SAYS_NO_EHLO,
	CLIENT_SAYS_BAD_HELO,
	CLIENT_SAYS_RETRIED,
	CLIENT_SAYS_NO_RETRY,
	CLIENT_SAYS_NOT_YET,
	CLIENT_SAYS_REPEATS,
	CLIENT_SAYS_TOOK_NO,
	CLIENT_SAYS_DUPLICATE,
	CLIENT_SAYS_IMPATIENT,
	CLIENT_SAYS_SENT_AGAIN,
	CLIENT_SAYS_LEFT_SLOW,
	CLIENT_SAYS_N
};

struct client_verdict {
	bool said;
	uint64_t sessions; /* bit of each; those above 63 are not told */
	bool has_ms;
	uint64_t ms;
};

struct client_judged {
	struct client_verdict v[CLIENT_SAYS_N];
	bool unknown; /* something could not be found out */
};

void client_judge(const struct client_seen *s, struct client_judged *out);
/* client_open_questions - is the client still owed a chance: a refusal for now
 * that it has not come back from? */
bool client_open_questions(const struct client_seen *s);

/* RFC 5321 4.5.4.1: not to come again for so long is to give up. */
#define CLIENT_RETRY_MS (60 * 60 * 1000u)
/* Who tries again in spite of 5xx does so sooner. */
#define CLIENT_NO_MS (5 * 60 * 1000u)
/* RFC 5321 4.5.3.2: a reply to a command, and to the final dot. */
#define CLIENT_PATIENCE_MS     (5 * 60 * 1000u)
#define CLIENT_DOT_PATIENCE_MS (10 * 60 * 1000u)

#endif
