/* ledger_why.h - what happened to a message or in a session, because of what,
 * and what to do about it: the story behind `kurir why`.
 *
 * Pure. why_build reads all records that name the id and works out the state
 * of each recipient, the steps and the causes; two shapes show it. The story
 * borrows from the records, which outlive it. */
#ifndef STORE_LEDGER_WHY_H
#define STORE_LEDGER_WHY_H

#include "policy/cause.h"
#include "store/ledger_view.h"

#define WHY_CAUSES_MAX   32
#define WHY_EVIDENCE_MAX 16
#define WHY_SPARED_MAX   8
#define WHY_RCPTS_MAX    256
#define WHY_STEPS_MAX    512

enum why_state {
	WHY_REFUSED,  /* we did not take it */
	WHY_ACCEPTED, /* in the queue, not tried yet */
	WHY_DELIVERED,
	WHY_DEFERRED,
	WHY_FAILED,
	WHY_HELD,
	WHY_DELETED,
	WHY_CUT, /* of a session only */
	WHY_STATES
};

struct why_cause {
	struct slice code;
	enum cause_side side;
	/* Of the decision, as struct record_decision has them. */
	struct slice stage, rule, config, list, verdict;
	struct slice evidence[WHY_EVIDENCE_MAX];
	size_t n_evidence;
};

/* A finding that did not count: who was spared it, and by what. */
struct why_spared {
	struct slice rule, config, list, evidence, verdict;
};

struct why_rcpt {
	struct slice address;
	enum why_state state;
	struct slice reply;
	uint64_t next_try_ms; /* 0: none */
	bool named;           /* by the client; else what an alias stands for */
};

enum why_step_kind {
	WHY_STEP_IN,    /* a session brought it */
	WHY_STEP_OUT,   /* a delivery attempt by a session of ours */
	WHY_STEP_EVENT, /* the queue did something */
};

struct why_step {
	enum why_step_kind kind;
	uint64_t at_ms;
	struct ledger_view view; /* IN and OUT */
	enum record_what what;   /* EVENT */
	enum why_state state;
	struct slice rcpt, text;
	uint64_t next_try_ms;
};

struct why {
	id_t64 id;
	bool message; /* else a session */
	enum why_state state;
	bool has_envelope;
	struct slice from;
	struct ip client; /* who brought it; family 0: not known */
	uint64_t octets;  /* 0: not known */
	struct why_rcpt *rcpts;
	size_t n_rcpts, rcpts_left_out;
	struct why_step *steps; /* as they came */
	size_t n_steps, steps_left_out;
	struct why_cause *causes;
	size_t n_causes;
	struct why_spared spared[WHY_SPARED_MAX];
	size_t n_spared;
};

/* why_build - the story of id from the n records that name it, oldest first.
 * ERR_NOT_FOUND: none of them does. *out is the caller's: why_free. */
enum err why_build(id_t64 id, const struct slice *records, size_t n,
    struct why **out) KURIR_MUST_CHECK;
void why_free(struct why *w); /* NULL is nothing */

const char *why_state_name(enum why_state s);

/* why_add_cure - the cure of c on that side; commands in it name the client and
 * the sender's domain where they are known. Nothing if there is none. */
void why_add_cure(struct buf *b, const struct why *w, const struct why_cause *c,
    enum cause_side side, enum cause_lang lang);

/* why_add_json - one object without a newline (interface 4). */
void why_add_json(struct buf *b, const struct why *w, enum cause_lang lang);

/* Escapes that begin and end emphasis; "" where there is no terminal. */
struct why_style {
	enum cause_lang lang;
	ledger_zone zone;
	const char *bold, *off;
};

void why_add_text(
    struct buf *b, const struct why *w, const struct why_style *style);

#endif
