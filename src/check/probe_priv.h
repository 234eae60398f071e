/* probe_priv.h - the inside of a probe: probe.c drives it, probe_note.c keeps
 * what it learns. */
#ifndef CHECK_PROBE_PRIV_H
#define CHECK_PROBE_PRIV_H

#include "base/arena.h"
#include "check/probe.h"
#include "io/conn.h"
#include "proto/smtp/client/client.h"

struct probe {
	struct check *c;
	struct probe_opts o;
	probe_done *done;
	void *arg;
	struct conn *conn;
	struct smtp_client *machine;
	struct smtp_client_options so;
	struct timer timer;   /* the wait before it, deadlines, the end */
	struct timer limit;   /* of all of it */
	struct timer surplus; /* of opts.inject: for a reply too many */
	struct defer over;
	struct arena arena; /* what was asked for and what came */
	struct buf password, chain;
	uint64_t begun_ms, sent_ms;
	struct probe_step *steps;
	struct probe_reply *replies;
	size_t step, step_n;
	bool begun, in_step, handshaking, in_tls, injecting, pumping, ending;
	bool awaiting;    /* the reply to NOOP, then a surplus one */
	bool skip_remark; /* the machine's words about TLS: we have better */
	bool ended[PROBE_STAGES];
	struct probe_line *lines;
	size_t line_cap;
	struct slice certs[PROBE_CERTS_MAX];
	struct probe_result r;
};

uint64_t probe_now(const struct probe *p);
uint32_t probe_ms(const struct probe *p); /* since it was begun */
void probe_say(struct probe *p, char who, struct slice text);
void probe_enter(struct probe *p, enum probe_stage s);
void probe_leave(struct probe *p, enum probe_stage s, bool ok);
void probe_keep_reply(struct probe *p, struct probe_reply *to,
    const struct smtp_client_action *a);

#endif
