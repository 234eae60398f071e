/* master.h - the parent: reads the configuration, binds the ports, starts
 * every role behind its walls, wires them together, starts again what dies,
 * reloads, drains. It parses no byte from the network. */
#ifndef ROLE_MASTER_MASTER_H
#define ROLE_MASTER_MASTER_H

#include "base/list.h"
#include "conf/conf.h"
#include "io/loop.h"
#include "ipc/channel.h"
#include "ipc/counters.h"
#include "ipc/frame.h"
#include "os/socket.h"
#include "role/role.h"

#include <sys/types.h>

enum life {
	LIFE_STARTING, /* the inner roles first, then those that listen */
	LIFE_SERVING,
	LIFE_DRAINING
};

/* A process of ours. */
struct child {
	struct list node;
	struct master *m;
	enum role_kind kind;
	unsigned number;   /* within its kind */
	uint32_t instance; /* of its ids; unique among the living */
	pid_t pid;         /* 0: not running */
	struct chan *chan;
	bool ready;
	uint32_t given;    /* generation of the configuration it works by */
	uint32_t asked;    /* generation of the reload it was offered */
	uint32_t answered; /* ... and of the one it agreed to */
	uint64_t tag;      /* of deliver_want */
	struct buf user;   /* of a deliver process */
	uint64_t started_ms;
	unsigned quick_deaths;
	struct timer again; /* when it may start anew */
	bool done;          /* drained: not started anew */
	struct {
		unsigned uid, landlock, seccomp;
		char root[64];
	} walls; /* as it said when it was ready */
};

struct bound {
	struct list node;
	struct buf name; /* of the listen section */
	uint16_t index;
	struct sock_addr at;
	uint32_t generation; /* of the configuration that brought it */
	int fd;
};

struct master {
	struct loop *loop;
	const char *conf_path;
	const char *libexec;
	struct conf *conf;
	struct conf *next; /* offered by a reload in progress */
	struct buf bundle, next_bundle;
	uint32_t generation; /* in force */
	uint32_t offered;    /* of the last reload, in force or not */
	bool reload_again;   /* asked for when it could not be done */
	uint32_t instances;  /* the last one given out */
	enum life life;
	struct list children;
	struct list bound;
	int lock_fd;
	struct counter_row *counters;
	int counters_fd;
	unsigned smtpd_n;
	int control_fd;
	struct watch control_watch;
	struct list askers; /* control connections not yet passed on */
	size_t asker_n;
	uint8_t tickets[3][32]; /* TLS ticket secrets, newest first */
	struct timer ticket_timer;
	struct timer reload_timer; /* a role that does not answer a reload */
	struct timer drain_timer;
	unsigned drain_step;
	uint64_t drain_by_ms; /* when all must have ended */
	struct sigwatch sig[5];
	int exit_code;
};

/* setup.c: what must be right before anything starts. Each failure is one
 * line on standard error that says what to do. */
enum err setup_read_conf(
    struct master *m, struct conf **out, struct buf *bundle);
/* setup_listen - bind what is not bound yet. setup_unlisten - close what conf
 * does not want (all, if it is NULL). */
enum err setup_listen(struct master *m, const struct conf *conf);
void setup_unlisten(struct master *m, const struct conf *conf);
enum err setup_control(struct master *m);
/* One kurir for each data-dir. */
enum err setup_lock(struct master *m);

/* dirs.c: the directories of the roles and of the mail, each its user's. */
enum err setup_dirs(const struct conf *conf);
/* The account a role runs as, by name; NULL: as we do. */
const char *setup_user(const struct conf *conf, enum role_kind kind);

/* files.c: hand the roles what they may not open themselves. */
enum err files_check(const struct conf *conf);
void files_send(struct master *m, struct child *c, const struct conf *conf);
void send_file(struct child *c, enum ipc_file_kind what, struct slice name,
    struct slice content);
void files_send_tickets(struct master *m, struct child *c);

/* children.c */
enum err children_init(struct master *m);
/* children_fit - start or retire `fetch`, as the configuration in force has
 * something for it to fetch or not: its library is heavier than it is. */
void children_fit(struct master *m);
void child_start(struct child *c);
struct child *child_new(struct master *m, enum role_kind kind, unsigned number);
void children_reap(struct master *m);
void child_send(struct child *c, const struct ipc_msg *msg);
void child_send_config(struct child *c, struct slice bundle, uint32_t gen);
/* child_send_listeners - those that came after one generation, up to another.
 */
void child_send_listeners(
    struct master *m, struct child *c, uint32_t after, uint32_t upto);
/* child_tell_walls - the log line of a role that stands. */
void child_tell_walls(const struct child *c);
struct child *child_find(struct master *m, enum role_kind kind);

/* life.c: reload and drain */
void life_start(struct master *m);
void life_child_ready(struct master *m, struct child *c);
void life_reload(struct master *m);
void life_reload_answer(
    struct master *m, struct child *c, const struct ipc_reloaded *r);
void life_drain(struct master *m);
void life_child_gone(struct master *m);
void life_fatal(struct master *m, struct child *c, struct slice text);

/* control.c */
void control_start(struct master *m);
void control_stop(struct master *m);

/* master_say - one line for the operator on standard error. */
void master_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
