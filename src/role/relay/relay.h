/* relay.h - role `relay`: takes mail to other servers, by SMTP and LMTP.
 *
 *	ops.c       the role: configuration, files, peers
 *	task.c      what is asked of us: a job of the queue, or whether a
 *	            recipient exists; its attempt, host after host; its results
 *	way.c       all that goes to one next hop: its links, its queue
 *	resolve.c   from a next hop to the addresses to try
 *	link.c      one connection and its client machine
 *	link_message.c  one message over a link
 *	trace.c     what ledger and log hear of it
 *	credentials.c plain.c self.c   pure: passwords, hosts without TLS, us
 *
 * Lifetimes: relay > task (until its last result was told) > plan (while
 * hosts are tried). A link lives apart from tasks: it serves one, then waits
 * a little for the next with the same key. A link holds the configuration it
 * began with. */
#ifndef ROLE_RELAY_RELAY_H
#define ROLE_RELAY_RELAY_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/list.h"
#include "io/conn.h"
#include "proto/dns/mx.h"
#include "proto/smtp/client/client.h"
#include "role/relay/plain.h"
#include "role/role.h"
#include "store/ledger_record.h"

#define RELAY_IDLE_MS    2000u /* a kept connection waits for more */
#define RELAY_IDLE_MAX   64u   /* of them */
#define RELAY_CLOSE_MS   5000u /* for the last octets to go out */
#define RELAY_VERIFY_MAX 256u  /* questions of lookup at a time */
#define RELAY_VERIFY_MS  30000u
#define RELAY_CHUNK      65536u /* of a body, at a time */
#define RELAY_HOSTS      10u    /* of an MX list that are looked up */
#define RELAY_TARGETS    8u     /* addresses that are tried in one attempt */
#define RELAY_SESSIONS   2u /* hosts that hear of a message in one attempt */
#define RELAY_TASK_MEM   (8u << 20)
#define RELAY_FILE_MAX   (4u << 20)

struct relay {
	struct role *role;
	struct tls_client *tls, *tls_offered; /* offered: of a reload */
	struct buf ca, credentials;           /* as master gave them last */
	struct list tasks;
	struct map by_serial; /* struct task, for DNS answers */
	uint64_t serial;
	struct map ways;    /* key -> struct way */
	unsigned nested;    /* tasks that began because another ended */
	unsigned processes; /* relays there are: limits are shared */
	struct list links;
	struct list idle; /* links without a task, the oldest first */
	unsigned links_n, idle_n, verify_n;
	struct plain_hosts plain;
	uint32_t records_lost;
	struct timer grace;
	struct defer pump; /* ways with tasks waiting may go on */
	uint8_t chunk[RELAY_CHUNK];
};

/* One next hop. Of its tasks no more than its share of
 * limits.connections-per-destination are under way; the others wait. */
struct way {
	struct buf key;
	unsigned refs; /* tasks and links */
	unsigned busy; /* tasks under way */
	struct list waiting;
};

/* What an attempt came to, for one recipient or for a whole link. Slices are
 * in the task's memory. */
struct outcome {
	enum ipc_outcome what;
	struct slice cause, reply, host, tls;
};

struct target {
	struct slice name; /* of the host, for people and certificates */
	struct sock_addr addr;
	uint16_t preference;
	const char *unix_path;
};

/* Where to go: made by resolve.c. */
struct plan {
	struct mx_list list;
	unsigned asked; /* answers that are still due */
	bool by_mx;     /* hosts have preferences, loops are cut */
	uint16_t port;
	size_t n;
	struct target v[MX_TARGETS_MAX];
};

struct task_rcpt {
	struct slice address;
	bool done, told;
	bool tried; /* outcome is set, though another host may be asked */
	struct outcome outcome;
};

struct task {
	struct list node;      /* of relay.tasks */
	struct list wait_node; /* of way.waiting */
	struct way *way;
	bool busy; /* counted in the way */
	struct relay *relay;
	bool verify; /* a question of lookup, not a job */
	struct chan *chan;
	uint64_t number; /* the job, or the ask */
	uint64_t serial;
	id_t64 msg, session;
	struct arena mem;
	struct nexthop hop;
	struct slice hop_text, domain, from;
	bool eight_bit;
	uint8_t *body; /* inline; else body_fd */
	int body_fd;
	uint64_t size;
	size_t rcpts_n, open; /* open: without an outcome that stands */
	struct task_rcpt *rcpts;
	struct plan *plan;
	size_t target;     /* the next of the plan */
	unsigned sessions; /* in which the message was begun */
	bool plain;        /* the next link without TLS, this one failed */
	char plain_cause[32];
	bool fresh; /* no kept link any more */
	struct link *link;
	bool ended; /* all outcomes stand; they are being told */
};

struct link {
	struct list node;      /* of relay.links */
	struct list idle_node; /* of relay.idle */
	struct relay *relay;
	struct task *task; /* NULL: idle, or ending */
	const struct conf *conf;
	struct way *way;
	struct conn *conn;
	struct smtp_client *machine; /* from connected on */
	struct timer timer;
	struct buf text;   /* a reply of our own making */
	struct buf secret; /* credentials */
	struct smtp_client_options options;
	char name[256], host[320]; /* "mx.b.example[192.0.2.7]:25" */
	struct sock_addr addr;
	bool lmtp, pumping, ending;
	bool handshaking, tls_failed;
	unsigned messages;
	struct tls_info tls;
	bool in_tls;
	char tls_text[128];
	/* the message under way */
	bool in_message, want_body;
	uint64_t body_at;
	size_t *map; /* its recipients as numbered by the task */
	struct slice *rcpts;
	size_t rcpts_n;
	unsigned delivered_now, failed_now;
	/* record */
	id_t64 id;
	struct record record;
	unsigned delivered, deferred, failed;
	char last_cause[32];
	bool cut;
};

/* How a link left its task. */
enum link_end {
	LINK_MESSAGE_OVER, /* results given; the link goes on or not */
	LINK_FAILED,       /* no (further) result: outcome says why */
	LINK_NEED_PLAIN,
	LINK_NEED_FRESH,
	LINK_IS_SELF
};

extern const struct role_ops relay_ops; /* ops.c */

/* ---- task.c ---- */
void task_job(struct relay *r, struct chan *c, struct ipc_msg *m);
void task_verify(
    struct relay *r, struct chan *c, const struct ipc_verify_ask *a);
void task_go(struct task *t); /* begin, or go on after waiting */
void task_next_target(struct task *t);
void task_resolved(struct task *t, enum mx_verdict v);
/* task_result - for recipient i, from l; final: no other host is asked. */
void task_result(struct task *t, size_t i, const struct outcome *o, bool final);
void task_link_over(struct task *t, enum link_end how, const struct outcome *o);
/* task_tell - give results to who asked, as far as the channel takes them;
 * frees the task when all is told. */
void task_tell(struct task *t);
void tasks_tell_all(struct relay *r, struct chan *c);
void tasks_peer_lost(struct relay *r, struct chan *c);
struct slice task_keep(struct task *t, struct slice s);
bool tasks_idle(const struct relay *r);

/* ---- way.c ---- */
/* way_get - the way of that key, one reference more. NULL: no memory. */
struct way *way_get(struct relay *r, struct slice key);
struct way *way_ref(struct way *w);
void way_unref(struct relay *r, struct way *w);
/* way_enter - may t go on now? If not it waits and task_go comes later. */
bool way_enter(struct task *t);
/* way_leave - t needs its place no more: the next one goes. */
void way_leave(struct task *t);
/* ways_pump - connections have ended: who waits may have room now. */
void ways_pump(struct relay *r);

/* ---- resolve.c ---- */
void resolve_begin(struct task *t);
void resolve_answer(struct relay *r, const struct ipc_dns_answer *a);
void resolve_lost(struct relay *r);
/* plan_cut - the target before t->target is ourselves: leave out all that is
 * not better. true: something else was tried before. */
bool plan_cut(struct task *t);

/* ---- link.c ---- */
/* link_open - connect to target of t. */
void link_open(struct task *t, const struct target *target);
/* link_take - a kept link of the task's way, or NULL. */
struct link *link_take(struct task *t);
void link_pump(struct link *l);
void link_quit(struct link *l);
/* link_abort - close at once, results to nobody. */
void link_abort(struct link *l, const char *why);
bool link_is_kept(const struct task *t);
/* links_make_room - the link that is idle longest ends. */
void links_make_room(struct relay *r);
void links_quit_idle(struct relay *r);

/* ---- link_message.c ---- */
/* link_give - the task's open recipients and its body over l. */
void link_give(struct link *l, struct task *t);
void link_feed(struct link *l);
void link_result(struct link *l, size_t i, const struct smtp_client_result *r);
void link_message_end(struct link *l);
void link_outcome(
    struct link *l, const struct smtp_client_result *r, struct outcome *out);

/* ---- trace.c ---- */
void trace_begin(struct link *l, struct slice route);
void trace_line(struct link *l, char who, struct slice text);
void trace_event(struct link *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void trace_cause(struct link *l, const char *cause, const char *text);
void trace_tls(struct link *l);
/* trace_plain - level may, and yet no TLS: why. Nothing if cause is empty. */
void trace_plain(struct link *l, struct slice cause);
/* trace_attempt - the session ended before the message was begun. */
void trace_attempt(
    struct link *l, const struct task *t, const struct outcome *o);
void trace_rcpt(
    struct link *l, const struct task *t, size_t i, const struct outcome *o);
void trace_message(struct link *l, const struct task *t);
void trace_end(struct link *l);
/* trace_unresolved - an attempt that ended before any connection. */
void trace_unresolved(struct task *t, const struct outcome *o);

#endif
