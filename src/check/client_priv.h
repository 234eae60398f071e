/* client_priv.h - what the files of check client share.
 *
 * Lifetimes: client_run > its sessions, which are kept after their end for the
 * report. */
#ifndef CHECK_CLIENT_PRIV_H
#define CHECK_CLIENT_PRIV_H

#include "base/arena.h"
#include "check/client_judge.h"
#include "io/conn.h"
#include "proto/smtp/server.h"

#define CLIENT_LIVE_MAX     8
#define CLIENT_SESSIONS_MAX 64
#define CLIENT_TRIES_MAX    512
#define CLIENT_MESSAGES_MAX 256
#define CLIENT_LINES_MAX    400
#define CLIENT_HEAD_MAX     16384u

struct client_line {
	uint64_t ms;
	char who; /* of report_line */
	struct slice text;
};

struct client_run;

enum client_wait {
	CLIENT_WAIT_NOTHING,
	CLIENT_WAIT_GREETING, /* ours is held back: does it wait? */
	CLIENT_WAIT_TLS,
	CLIENT_WAIT_SLOW, /* a reply of ours is held back */
	CLIENT_WAIT_DEAF, /* nothing is answered any more */
	CLIENT_WAIT_CLOSE,
};

struct client_session {
	struct client_run *run;
	size_t index; /* of run->session */
	struct conn *conn;
	struct smtp_server machine;
	bool machine_open, pumping, finished, in_body, more_follows;
	bool garbage_due, spoke_in_tls;
	enum client_wait wait;
	struct timer timer, life;
	struct sock_addr peer;
	struct client_facts f;
	struct tls_info *tls;
	struct diag tls_diag; /* why TLS failed */
	/* of the transaction */
	uint64_t envelope, silent_ms;
	struct buf head;
	struct client_message *silent; /* of run->message */
	struct buf held;               /* the reply that is held back */
	uint64_t held_ms;
	struct arena arena;
	struct client_line *line;
	size_t line_n, left_out;
};

struct client_run {
	struct check *c;
	struct check_client_opts o;
	struct report *r;
	check_done *done;
	void *arg;
	struct watch watch;
	struct timer end;
	struct sigwatch signals[2];
	struct tls_server *tls;
	struct smtp_server_opts opts;
	struct client_session *session[CLIENT_SESSIONS_MAX];
	const struct client_facts *facts[CLIENT_SESSIONS_MAX];
	size_t session_n, live, turned_away;
	struct client_try try[CLIENT_TRIES_MAX];
	size_t try_n;
	struct client_message message[CLIENT_MESSAGES_MAX];
	size_t message_n;
	uint64_t key[2];
	uint32_t carriers; /* sessions that brought a message and are over */
	uint64_t begun_ms;
	const char *why; /* it ended: static */
	bool over;
};

/* ---- client.c ---- */

uint64_t client_now(const struct client_run *run);
void client_seen_now(const struct client_run *run, struct client_seen *out);
/* client_session_over - told once a session, from its end. */
void client_session_over(struct client_run *run, struct client_session *s);

/* ---- client_session.c ---- */

/* client_session_begin - takes fd over. false: no memory. */
bool client_session_begin(
    struct client_run *run, int fd, const struct sock_addr *peer);
/* client_session_stop - now; it stays for the report. */
void client_session_stop(struct client_session *s);
void client_session_free(struct client_session *s);
void client_session_say(struct client_session *s, char who, struct slice text);

/* ---- client_answer.c ---- */

/* What the machine asks: the verdict is given before they return, but for
 * client_answer_commit, which may stay silent. */
void client_answer_mail(
    struct client_session *s, const struct smtp_mail *mail, bool more);
void client_answer_rcpt(struct client_session *s, const struct smtp_rcpt *rcpt);
void client_answer_auth(struct client_session *s);
void client_answer_body(struct client_session *s);
void client_answer_commit(struct client_session *s);
void client_answer_allow(struct client_session *s);
void client_helo(struct client_session *s, struct slice name);
/* client_silence_over - the one who got no answer to its dot has gone. */
void client_silence_over(struct client_session *s);

/* ---- client_cert.c ---- */

struct client_cert {
	struct buf cert_pem, key_pem;
};
/* client_cert_make - self-signed, RSA, for that name; the times are relative
 * to now. */
enum err client_cert_make(struct slice name, int64_t from_s, int64_t until_s,
    struct client_cert *out) KURIR_MUST_CHECK;
void client_cert_free(struct client_cert *c);

/* ---- client_tell.c ---- */

void client_tell(struct client_run *run);

#endif
