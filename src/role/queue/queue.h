/* queue.h - the state of role `queue` and what its parts say to each other.
 *
 *	intake.c    commit frames -> the writer -> the answer that means 250
 *	letter.c    messages in memory, cut into jobs for one next hop each
 *	backlog.c   claims from the store what is due and has room in memory
 *	dispatch.c  jobs in fair turns to relay and deliver, with their bodies
 *	settle.c    is there a mailbox, and for whom is it
 *	local.c     the deliver processes, one user and mail root each
 *	outcome.c   what became of recipients -> the writer; retry, expiry
 *	notice.c    bounces and warnings
 *	control.c   commands of kurir(1)
 *	events.c    decisions to the ledger and the log
 *	life.c      the beginning and the end
 *
 * Lifetimes: a letter lives while a job or its commit needs it, a job from
 * its making until its last outcome is durable. The backlog lives on disk:
 * at most JOBS_MAX jobs are in memory, whatever waits. */
#ifndef ROLE_QUEUE_QUEUE_H
#define ROLE_QUEUE_QUEUE_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/list.h"
#include "policy/route.h"
#include "role/queue/pool.h"
#include "role/queue/writer.h"
#include "role/role.h"
#include "sched/fair.h"
#include "sched/retry.h"
#include "store/ledger_record.h"

#define JOBS_MAX      4000u        /* in memory */
#define JOBS_LOW      1000u        /* below it more is claimed */
#define DEST_WAITING  500u         /* jobs of one destination */
#define BODIES_MAX    (48u << 20)  /* octets of bodies in memory */
#define DEST_DOMAINS  256u         /* names a destination remembers */
#define IN_FLIGHT_MAX (256u << 20) /* octets of commits being written */
#define HEADERS_MAX   (32u << 10)  /* of an original, shown in a bounce */
#define NOTICE_RCPTS  60u          /* told of in one bounce */

struct queue;

/* One message, as much of it as is in hand. */
struct letter {
	struct list node; /* of queue.letters */
	unsigned refs;
	struct store_envelope envelope; /* slices in mem */
	struct arena mem;
	uint8_t *body; /* NULL: read from the store when needed */
	size_t body_n;
	bool notice; /* from <>: never answered */
};

struct dest {
	struct fair_dest fair;
	struct fair *group; /* queue.remote or queue.local */
	struct slice key;   /* what jobs of one destination share */
	struct slice hop;   /* the next hop as text; MAILDIR: the template */
	enum nexthop_kind kind;
	uint64_t hash;
	uint64_t turn;           /* jobs started: spreads them over relays */
	struct slice user, root; /* MAILDIR: whose files, and below what */
	struct list lobby;       /* MAILDIR: jobs for the next free process */
	struct slice domains[DEST_DOMAINS]; /* whose mail came here */
	size_t n_domains;
	struct arena mem;
	char cause[32]; /* of its last failure */
	char reply[224];
};

enum rcpt_state { RCPT_OPEN, RCPT_DONE, RCPT_DEFERRED, RCPT_FAILED };

struct rcpt {
	uint32_t n;
	struct slice address, domain, original; /* in the letter's mem */
	uint32_t attempts;
	uint64_t last_try_ms;
	bool warned;
	enum rcpt_state state;
	struct slice cause, reply, host; /* in the job's mem */
};

enum job_state { JOB_WAITING, JOB_ASKING, JOB_READING, JOB_SENT, JOB_ENDED };

/* One letter for one next hop. */
struct job {
	struct fair_item item;
	struct list node; /* of queue.jobs_list */
	uint64_t number;
	struct letter *letter;
	struct dest *dest;
	struct chan *chan; /* JOB_SENT: who has it; JOB_ASKING: lookup */
	enum job_state state;
	bool dropped;          /* held or deleted meanwhile: not to be sent */
	bool settled;          /* lookup was asked for whom it is */
	struct slice *targets; /* whom an alias stands for; in mem */
	size_t n_targets;
	struct arena mem;
	size_t n_rcpts;
	struct rcpt rcpts[];
};

struct queue {
	struct role *role;
	struct store *store;
	struct writer writer;
	struct pool pool;
	char dir[1024];
	bool running;
	/* intake */
	struct list commits;   /* struct commit, not yet answered */
	struct map more_rcpts; /* id -> struct more_rcpts */
	struct map spools;     /* id -> struct spooling */
	uint64_t commit_octets;
	/* work */
	struct list letters;
	struct list jobs;
	struct map jobs_by_number;
	uint64_t next_job;
	uint64_t n_jobs;
	uint64_t bodies;  /* octets */
	struct map dests; /* key -> struct dest */
	struct fair remote;
	struct fair local;
	struct defer dispatch;
	struct timer dispatch_timer; /* a dead destination's time is over */
	/* backlog */
	bool claiming;
	bool backlog; /* something due may be in the store */
	struct timer claim_timer;
	/* local delivery */
	struct list porters; /* struct porter */
	uint64_t next_tag;
	/* outcomes that could not be recorded yet */
	struct list unrecorded; /* struct txn */
	struct timer record_timer;
	bool ailing; /* said in the log */
	/* ledger */
	struct record events;
	bool events_any;
	uint32_t events_lost;
	struct timer events_timer;
	struct timer drain_timer;
	uint64_t drain_by_ms;
	struct timer sweep_timer; /* forget idle destinations */
	/* figures since the start */
	uint64_t delivered, deferred, failed, accepted;
	struct list asks; /* struct ask: commands being answered */
};

/* ---- intake.c ---- */
void intake_init(struct queue *q);
void intake_rcpts(
    struct queue *q, struct chan *c, const struct ipc_rcpt_add *m);
void intake_commit(struct queue *q, struct chan *c, struct ipc_msg *m);
void intake_body_open(struct queue *q, struct chan *c, id_t64 id);
void intake_body_abort(struct queue *q, struct chan *c, id_t64 id);
void intake_lost(struct queue *q, struct chan *c);

/* ---- letter.c ---- */

/* letter_new - one reference, the caller's; envelope copied. NULL: memory. */
struct letter *letter_new(struct queue *q, const struct store_envelope *e);
void letter_unref(struct queue *q, struct letter *l);
/* letter_jobs - recipients of l, all leased to us, become jobs and wait for
 * their turn. Those whose destination has no room or no route are given back
 * or recorded. */
struct claimed_rcpt {
	struct rcpt rcpt;
	bool released;
};
void letter_jobs(
    struct queue *q, struct letter *l, struct claimed_rcpt *v, size_t n);
/* letter_fail - the same, but they fail for that reason without a try. */
void letter_fail(struct queue *q, struct letter *l, struct claimed_rcpt *v,
    size_t n, struct slice cause, struct slice reply);
/* letter_room - would jobs for these recipients find room now? */
bool letter_room(struct queue *q, const struct store_recipient *v, size_t n);
/* letter_route - the next hop of a domain. HOLD stands for itself. */
enum err letter_route(
    struct queue *q, struct slice domain, struct route *out) KURIR_MUST_CHECK;
void job_free(struct queue *q, struct job *j);
struct dest *dest_of(
    struct queue *q, const struct route *route, struct slice domain);
void dest_sweep(struct queue *q);

/* ---- backlog.c ---- */
void backlog_init(struct queue *q);
/* backlog_wake - something due is in the store, or room was made. */
void backlog_wake(struct queue *q);

/* ---- dispatch.c ---- */
void dispatch_init(struct queue *q);
void dispatch_limits(struct queue *q); /* from the configuration */
void dispatch_soon(struct queue *q);
void dispatch_result(
    struct queue *q, struct chan *c, const struct ipc_job_result *m);
void dispatch_done(struct queue *q, struct chan *c, uint64_t job);
void dispatch_lost(struct queue *q, struct chan *c);
/* dispatch_go - its recipients are settled: read the body and send it. */
void dispatch_go(struct queue *q, struct job *j);
/* dispatch_drop - jobs of message id that were not sent yet are given back. */
void dispatch_drop(struct queue *q, id_t64 id);
/* dispatch_revive - destinations that were given up for a while are alive. */
void dispatch_revive(struct queue *q);
/* dispatch_is_sent - is that recipient with a relay at this moment? */
bool dispatch_is_sent(const struct queue *q, id_t64 id, uint32_t n);
/* The body of a job as a frame can carry it. */
struct parcel {
	enum ipc_body kind;
	struct slice bytes;
	int fd;
};

/* ---- settle.c ---- */

/* settle_wanted - must lookup be asked whose mailbox j's recipient is? */
bool settle_wanted(const struct queue *q, const struct job *j);
/* settle_ask - ask; j goes on by dispatch_go, or ends. */
void settle_ask(struct queue *q, struct job *j);
void settle_target(
    struct queue *q, struct chan *c, const struct ipc_rcpt_target *m);
void settle_answer(
    struct queue *q, struct chan *c, const struct ipc_rcpt_answer *m);

/* ---- local.c ---- */
void local_init(struct queue *q);
/* local_send - to a process of its destination, now or when one has room. p
 * is the caller's again at return. */
void local_send(struct queue *q, struct job *j, const struct parcel *p);
void local_peer(struct queue *q, struct chan *c);
void local_lost(struct queue *q, struct chan *c);
void local_result(
    struct queue *q, struct chan *c, const struct ipc_local_result *m);
void local_failed(struct queue *q, uint64_t tag, struct slice text);

/* ---- outcome.c ---- */
void outcome_init(struct queue *q);
/* outcome_one - of one recipient; strings are copied. Delivered ones are
 * given to the writer at once. */
void outcome_one(struct queue *q, struct job *j, struct rcpt *r,
    enum ipc_outcome what, struct slice cause, struct slice reply,
    struct slice host);
/* outcome_end - the job is over: what failed or was put off is recorded, with
 * its bounce or warning; recipients still open are given back for later_ms
 * from now. Frees j. */
void outcome_end(struct queue *q, struct job *j, uint64_t later_ms);
/* outcome_park - the body is damaged: held, said, never sent. Frees j. */
void outcome_park(struct queue *q, struct job *j, const char *why);
/* outcome_forward - the recipient of a notice is an alias: a new message with
 * that body goes to j's targets, and it is done. Frees j. */
void outcome_forward(struct queue *q, struct job *j, struct slice body);
/* outcome_return - recipients that never became a job. */
void outcome_return(struct queue *q, id_t64 id, const uint32_t *numbers,
    size_t n, uint64_t later_ms);
/* outcome_give_up - the operator bounces these recipients of a message: at
 * most TXN_RESULTS_MAX. Everything is copied. */
void outcome_give_up(struct queue *q, const struct store_envelope *e,
    const struct rcpt *v, size_t n, struct slice headers);
bool outcome_idle(const struct queue *q);

/* ---- notice.c ---- */

/* What the sender is told about recipients of one message. */
struct notice {
	bool delayed; /* a warning; else a bounce */
	const struct store_envelope *envelope;
	const struct rcpt **rcpts;
	size_t n;
	struct slice headers; /* of the original */
	uint64_t now_ms;
};

/* notice_put - a message to the sender, ready to be put. Strings and body in
 * a. false: no memory, or no such notice is sent (from <>, or by ourselves).
 */
bool notice_put(struct queue *q, const struct notice *n, struct arena *a,
    struct store_put *out);
/* notice_forward - the same notice for j's targets. Strings in a, body is the
 * caller's. false: no memory. */
bool notice_forward(struct queue *q, const struct job *j, struct slice body,
    struct arena *a, struct store_put *out);
/* notice_dropped - said of a notice that cannot be delivered, in the log and
 * in the story of the message it speaks of. */
void notice_dropped(
    struct queue *q, const struct store_envelope *e, const struct rcpt *r);

/* ---- control.c ---- */
void control_init(struct queue *q);
void control_begin(struct queue *q, struct chan *c, bool may_change,
    struct slice verb, struct slice args);
void control_forget(struct queue *q, struct chan *c);

/* ---- events.c ---- */
void events_init(struct queue *q);
void events_add(struct queue *q, enum record_what what, id_t64 message,
    struct slice rcpt, struct slice cause, struct slice text,
    uint64_t next_try_ms);
void events_flush(struct queue *q);
/* events_delivery - one line of the log for one recipient. */
void events_delivery(const struct letter *l, const struct rcpt *r,
    const char *outcome, uint64_t delay_ms);

/* ---- life.c ---- */
void queue_init(struct queue *q, struct role *r);
/* queue_start - open the store, begin the threads, take up the backlog. */
enum err queue_start(struct queue *q, struct diag *d) KURIR_MUST_CHECK;
/* queue_drain - finish what is in hand, then stop and leave the loop. */
void queue_drain(struct queue *q, uint32_t grace_ms);
/* queue_stop - write what was given, end the threads, close the store. */
void queue_stop(struct queue *q);
uint64_t queue_now(const struct queue *q);

#endif
