/* scan_priv.h - the inside of a scan: scan.c plans, scan_try.c makes one
 * connection and says one hello. */
#ifndef CHECK_SCAN_PRIV_H
#define CHECK_SCAN_PRIV_H

#include "check/scan.h"
#include "io/conn.h"
#include "proto/smtp/client/client.h"
#include "proto/tls/flight.h"
#include "proto/tls/hello.h"

enum { SCAN_KNOWN_MAX = 512 }; /* suites in the table, at most */

enum try_outcome {
	TRY_ANSWERED, /* a ServerHello, or what was asked for */
	TRY_REFUSED,  /* an alert, or hung up on after the hello */
	TRY_FAILED    /* it did not come so far */
};

struct try_result {
	enum try_outcome outcome;
	struct tls_facts facts;
	struct tls_ssl2_hello ssl2;
	bool busy;       /* of TRY_FAILED: not now, it said */
	const char *why; /* of TRY_FAILED */
};

/* A whole handshake, by OpenSSL: to ask for a second one, for the question who
 * may begin it; or (staple) to be shown what is stapled.
 * try_ssl_feed - ERR_OK: the second, or the one, is done; ERR_MORE; ERR_DENIED:
 * the second was refused; else the first did not come about. sni "": none. */
struct try_ssl;
struct try_ssl *try_ssl_new(char *sni, bool staple);
/* try_ssl_take - the stapled answer, and the chain that came with it as
 * pack.h has lists. */
void try_ssl_take(
    const struct try_ssl *s, struct buf *staple, struct buf *chain);
void try_ssl_free(struct try_ssl *s); /* NULL is nothing */
enum err try_ssl_feed(
    struct try_ssl *s, struct conn *c, struct slice in) KURIR_MUST_CHECK;
bool try_ssl_asked(const struct try_ssl *s);

/* One connection. hello is what to say; flags what to expect. */
struct scan_try {
	struct scan *scan;
	struct conn *conn;
	struct smtp_client *machine; /* until TLS begins */
	struct timer timer;          /* the wait before it, then its end */
	struct defer over;
	struct buf hello, ssl2_in;
	struct tls_flight flight;
	struct try_result r;
	struct try_ssl *ssl; /* instead of the hello */
	bool renegotiate, staple;
	bool begun, said, ssl2, heartbleed, heartbeat_sent, ended;
	void (*done)(struct scan_try *t, const struct try_result *r);
};

/* try_start - t->hello is filled. done comes once; t may be started again from
 * within it. */
void try_init(struct scan_try *t, struct scan *s,
    void (*done)(struct scan_try *t, const struct try_result *r));
void try_start(struct scan_try *t);
void try_close(struct scan_try *t);

enum job_phase {
	JOB_CHUNKS,  /* what of each chunk is taken, one by one */
	JOB_REVERSE, /* all found, the other way round: who chooses? */
	JOB_ORDER,   /* all found once more, where they came in parts */
	JOB_TICKET,
	JOB_HEART,
	JOB_GROUPS,
	JOB_RENEGOTIATE,
	JOB_CONTROL, /* refused: does what worked before still work? */
	JOB_OVER
};

/* The questions about one version, one after the other. */
struct scan_job {
	struct scan_try t; /* first: from it to the job */
	struct scan *scan;
	unsigned version; /* enum grade_version */
	enum job_phase phase;
	uint16_t offer[SCAN_SUITES_MAX];
	size_t offer_n, chunk, chunks_hit;
	uint16_t groups[SCAN_GROUPS_MAX];
	size_t group_n;
	uint32_t order[SCAN_SUITES_MAX]; /* of JOB_ORDER, so far */
	size_t order_n;
	unsigned tries; /* of the same question that failed */
	bool heartbeat;
	bool unsure; /* refused in other words than "not that version": that
			may be said of us, as busy servers do by an alert */
	unsigned control; /* the version of JOB_CONTROL */
};

/* A suite that may be offered, and with which versions. */
struct scan_known {
	uint16_t id;
	bool of[GRADE_VERSIONS];
};

struct scan {
	struct check *c;
	struct scan_opts o;
	char host[256];
	scan_done *done;
	void *arg;
	struct defer over;
	struct scan_known suite[SCAN_KNOWN_MAX]; /* in the order of asking */
	size_t suite_n;
	struct scan_job job[GRADE_VERSIONS];
	size_t open;       /* jobs */
	unsigned failures; /* in a row */
	unsigned busy;     /* times that it said so, in all */
	uint64_t brake_ms; /* since it did: the wait before a connection */
	uint64_t until_ms;
	bool given_up, renegotiation_asked;
	bool doubted; /* a refusal may have been a limit on connections */
	struct scan_try stapled;
	unsigned stapled_tries;
	struct buf staple, staple_chain;
	struct scan_result r;
};

#endif
