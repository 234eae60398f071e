/* relay_priv.h - check relay inside: relay.c goes from server to server,
 * relay_pass.c puts the pairs, relay_control.c asks whether a refusal was of
 * the pair at all, relay_deliver.c proves by a message,
 * relay_tell.c judges and reports. */
#ifndef CHECK_RELAY_PRIV_H
#define CHECK_RELAY_PRIV_H

#include "check/check.h"
#include "check/dns.h"
#include "check/probe.h"
#include "check/relay_battery.h"

#define RELAY_SERVERS_MAX 16
#define RELAY_PASSES_MAX  20
#define RELAY_SESSIONS    4 /* at a time, with a slow server; else: */
#define RELAY_FEW         2
#define RELAY_SLOW_MS     150 /* a reply of a slow one */
#define RELAY_BATCH       8 /* pairs a session: below what makes servers slow */
#define RELAY_FAILS_MAX   3 /* sessions that brought nothing, one by one */
#define RELAY_PROOFS_MAX  12 /* messages */
#define RELAY_TOKEN       24

/* TRY_LEFT: not tried, for the time was over or no session came to it. */
enum relay_state {
	TRY_NONE,
	TRY_PENDING,
	TRY_UNDER_WAY,
	TRY_ANSWERED,
	TRY_LEFT
};

/* One pair in one pass. */
struct relay_try {
	enum relay_state state;
	enum relay_class class;
	uint16_t mail, rcpt;
	unsigned broken;  /* sessions that ended at it */
	bool again;       /* after the wait for greylisting */
	bool stand_in;    /* by <>: the sender of the pair was refused */
	char reply[160];  /* the one that counts */
	bool of_relaying; /* by its words */
	bool proof;       /* a message was sent, and taken */
	char token[RELAY_TOKEN + 1];
};

/* The battery by one way in. */
struct relay_pass {
	char name[80];
	struct ip source; /* family 0: as check says */
	enum probe_tls tls;
	bool user;    /* after AUTH: tells what users may, not the verdict */
	bool void_;   /* the server wants TLS first; another pass tells */
	bool cut;     /* sessions failed: what was not asked stays unknown */
	bool reached; /* a reply to RCPT came */
	bool outside_refused; /* the sender of elsewhere, for what it is: who
				 sends from there was not tried */
	bool controlled;
	bool client_refused; /* the recipient that every server has, too: it may
				be us who are not listened to */
	char cause[32], why[224];
	struct relay_try *tries; /* one a pair */
};

struct relay_server;

struct relay_session {
	struct relay_server *s;
	struct probe *probe;
	size_t pair[RELAY_BATCH], n;
};

struct relay_proof {
	size_t pass, pair;
};

/* Its times: the pairs, then the proofs, then the look into the mailbox have
 * each ended by a time of their own; the wait for greylisting moves them. */
struct relay_server {
	struct relay_check *rc;
	char name[256], banner[256], local[256], literal[64];
	struct ip ip;
	struct report_node *section;
	struct relay_facts facts;
	bool greeted, starttls;
	uint16_t greeting;
	char reply[160];
	struct relay_pass passes[RELAY_PASSES_MAX];
	size_t pass_n, pass_at;
	size_t left_out;       /* ways that had no place */
	unsigned fails, width; /* width: sessions at a time */
	bool retried, waiting;
	bool late; /* the time for pairs is over */
	struct relay_session sessions[RELAY_SESSIONS];
	struct timer limit, wait;
	uint64_t pairs_until_ms, over_until_ms, wait_until_ms;
	bool catch_all; /* an address that nobody has was taken */
	struct relay_proof proofs[RELAY_PROOFS_MAX];
	size_t proof_n, proof_at;
	bool sending, watching;
	struct probe *probe; /* of the greeting, of a proof */
	uint64_t watch_until_ms;
	enum relay_class verdict;
};

struct relay_check {
	struct check *c;
	struct report *r;
	check_done *done;
	void *arg;
	struct check_relay_opts o;
	char target[512];
	struct slice to, maildir; /* of the probe mailbox; empty: none */
	struct relay_facts facts; /* what all servers share */
	char sender[330];
	uint16_t port;
	struct relay_server *servers; /* side by side */
	size_t server_n, busy;
	struct timer clock; /* says how far it is */
	uint64_t begun_ms;
	enum relay_class verdict;
	struct arena arena;
	struct defer over;
};

/* ---- relay.c ---- */

/* relay_server_over - all is known of this server. */
void relay_server_over(struct relay_server *s);

/* ---- relay_pass.c ---- */

/* relay_passes_begin - the greeting is known; relay_deliver follows. */
void relay_passes_begin(struct relay_server *s);

/* relay_try_from - the MAIL command of a pair, as it was or will be said. */
bool relay_try_from(const struct relay_server *s, const struct relay_try *t,
    const struct relay_pair *pair, struct buf *out) KURIR_MUST_CHECK;

/* relay_passes_late - the time for pairs is over: what runs ends with what it
 * learnt, what was not asked stays TRY_LEFT. */
void relay_passes_late(struct relay_server *s);

/* ---- relay_control.c ---- */

/* relay_control_wanted - refusals that say nothing of relaying, and nobody
 * asked yet whether its own postmaster is refused in the same words. */
bool relay_control_wanted(const struct relay_pass *p);
/* relay_control_begin - ask; done is told the end of it, which
 * relay_control_judge reads. NULL: it cannot be asked. */
struct probe *relay_control_begin(
    struct relay_server *s, struct relay_pass *p, probe_done *done, void *arg);
void relay_control_judge(struct relay_pass *p, const struct probe_result *r);

/* ---- relay_deliver.c ---- */

/* relay_deliver - messages by the ways that were taken, if there is a probe
 * mailbox; relay_server_over follows. */
void relay_deliver(struct relay_server *s);

/* ---- relay_tell.c ---- */

bool relay_tell_hosts(struct relay_check *rc, const struct check_hosts *h);
void relay_tell_session(struct relay_server *s, const struct relay_pass *p,
    const struct probe_result *r, bool taken);
void relay_tell_all(struct relay_check *rc);

/* relay_tell_clock - how far it is, for who waits. */
void relay_tell_clock(struct relay_check *rc);

#endif
