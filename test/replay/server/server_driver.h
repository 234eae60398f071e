/* server_driver.h - a driver for the SMTP server machine that has no sockets:
 * it carries actions out in memory, asks the test for verdicts, writes down
 * what happened, and aborts when the machine breaks one of its promises. */
#ifndef TEST_REPLAY_SERVER_DRIVER_H
#define TEST_REPLAY_SERVER_DRIVER_H

#include "base/buf.h"
#include "proto/smtp/server.h"

struct driver;

/* driver_answer - the verdict for act; false: leave the ASK outstanding. */
typedef bool driver_answer(struct driver *d, const struct smtp_srv_action *act,
    struct smtp_verdict *v);

struct driver {
	struct smtp_server s;
	const struct smtp_server_opts *opts;
	uint64_t now_ms;
	driver_answer *answer;
	void (*enter)(
	    void *); /* around each call of the machine; may be NULL */
	void (*leave)(void *);
	void *ctx;

	struct buf unread; /* input the machine has not taken */
	struct buf sent;   /* all it sent */
	struct buf acts;   /* one line an action for the driver */
	struct buf notes;  /* one line a note */
	struct buf causes; /* one line a cause */
	struct buf body;   /* of the message being taken */
	struct buf last;   /* body of the last COMMIT */

	/* The model the machine is held to. */
	enum smtp_srv_act asked; /* the outstanding ASK */
	bool waiting;            /* for a verdict */
	bool tx, mail, body_open, committing, auth, in_body, want_tls;
	bool closed, closed_ok, aborted, lax;
	unsigned rcpts, commits, peers, replies, bodies;
	unsigned codes_noted, codes_sent;
};

void driver_init(struct driver *d, const struct smtp_server_opts *opts,
    driver_answer *answer, void *ctx);
/* driver_open - refusal may be NULL. */
void driver_open(
    struct driver *d, bool tls, const struct smtp_verdict *refusal);
void driver_free(struct driver *d);

/* driver_feed - append input and run; driver_run - until the machine wants
 * something that the driver hasn't got. */
void driver_feed(struct driver *d, struct slice in);
void driver_run(struct driver *d);

/* driver_verdict - for the outstanding ASK, then run. */
void driver_verdict(struct driver *d, const struct smtp_verdict *v);
void driver_tls_up(struct driver *d);
void driver_shutdown(struct driver *d);
void driver_peer_closed(struct driver *d);
void driver_abort(struct driver *d);
void driver_body_refuse(struct driver *d, const struct smtp_verdict *v);

#endif
