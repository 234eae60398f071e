/* role.h - the skeleton that every role stands on.
 *
 * A role's main() is one line: return role_main(&its_ops, argc, argv). The
 * skeleton talks to master on descriptor 3: takes the configuration and the
 * files the role may not open itself, connects its peers, raises its walls
 * (rights.h) on `go`, reports `ready`, runs the loop, reloads, drains. The
 * role has one struct of state; nothing is global. Everything here runs on the
 * loop's thread. */
#ifndef ROLE_ROLE_H
#define ROLE_ROLE_H

#include "base/pack.h"
#include "conf/conf.h"
#include "io/loop.h"
#include "ipc/channel.h"
#include "ipc/frame.h"

#define ROLE_PEERS_MAX   64
#define ROLE_WORKERS_MAX 32 /* processes of one role */
#define ROLE_CONTROL_FD  3  /* the channel to master */
/* The largest file master hands over (a bundle of trust anchors). */
#define ROLE_FILE_MAX (4u << 20)

struct role {
	const struct role_ops *ops;
	struct loop *loop;
	const struct conf *conf; /* the one in force; replaced by a reload */
	struct id_gen ids;
	uint64_t seed[2]; /* random, for map_init */
	void *state;      /* ops->state_size octets, zeroed at start */
	struct chan *master;
	struct chan *peers[ROLE_COUNT][ROLE_PEERS_MAX];
	bool draining;
	bool walled; /* go was given: no file can be opened any more */
};

struct role_ops {
	enum role_kind kind;
	size_t state_size;
	/* Once, first of all: r->loop, r->seed and zeroed state are there.
	 * May be NULL. */
	void (*init)(struct role *r);
	/* Once, before the walls: open what must be opened while it can be
	 * (configuration and files have arrived, peers may or may not). An
	 * error ends the role with diag's text as one line for the operator. */
	enum err (*open)(struct role *r, struct diag *out_diag);
	/* Once, behind the walls: begin work. */
	enum err (*start)(struct role *r, struct diag *out_diag);
	/* A new configuration (r->conf is still the old one). On an error the
	 * old one stays in force everywhere. May be NULL: nothing depends. */
	enum err (*reload)(
	    struct role *r, const struct conf *conf, struct diag *out_diag);
	/* reload() accepted, but another role did not: forget what was made.
	 * May be NULL. */
	void (*reload_dropped)(struct role *r);
	/* After reload() accepted: r->conf is the new one. May be NULL. */
	void (*reloaded)(struct role *r);
	/* A file's content, before open() and again before a reload(). */
	enum err (*file)(struct role *r, enum ipc_file_kind what,
	    struct slice name, struct slice content, struct diag *out_diag);
	/* smtpd only: a listening socket, kept by the role. */
	void (*listener)(
	    struct role *r, struct slice name, uint16_t index, int fd);
	/* A peer's channel came (r->peers holds it already). May be NULL. */
	void (*peer)(struct role *r, struct chan *c);
	/* A peer is gone; r->peers has forgotten it. May be NULL. */
	void (*peer_lost)(struct role *r, struct chan *c);
	/* A peer's channel can take more again. May be NULL. */
	void (*peer_writable)(struct role *r, struct chan *c);
	/* A message from a peer, or one from master that is the role's own. */
	void (*message)(struct role *r, struct chan *c, struct ipc_msg *m);
	/* A command of kurir(1): answer on c with ctl_line... and ctl_end, then
	 * chan_close(c). c is the role's; further requests do not come. NULL:
	 * the role takes no commands. */
	void (*control)(struct role *r, struct chan *c, bool may_change,
	    struct slice verb, struct slice args);
	/* The peer of a control connection went away; forget c. */
	void (*control_lost)(struct role *r, struct chan *c);
	/* Finish what is in hand, then role_exit(). NULL: exit at once. */
	void (*drain)(struct role *r, uint32_t grace_ms);
};

/* role_main - run until drained, or until master is gone. The exit code. */
int role_main(const struct role_ops *ops, int argc, char **argv);

/* role_exit - drained: leave the loop and end the process with code 0. */
void role_exit(struct role *r);

/* role_fatal - the role cannot go on: tell master why in one line, and end.
 * Does not return. */
_Noreturn void role_fatal(struct role *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* role_peer - a live channel to a role of that kind, the same for equal hints
 * while the peers stay; NULL when there is none now. */
struct chan *role_peer(struct role *r, enum role_kind kind, uint64_t hint);

/* role_conf_ref - hold on to r->conf as it is now, beyond a reload, until
 * role_conf_unref. What needs a configuration only within a callback reads
 * r->conf and needs neither. */
const struct conf *role_conf_ref(struct role *r);
void role_conf_unref(struct role *r, const struct conf *conf);

/* role_send - chan_send that closes nothing and logs nothing: false when the
 * peer is not there or did not take it. */
bool role_send(struct chan *c, const struct ipc_msg *m);

/* role_id - a new id stamped with the loop's clock. */
id_t64 role_id(struct role *r);

/* role_ctl_line / role_ctl_end - answers of a control command. */
void role_ctl_line(struct chan *c, struct slice json);
void role_ctl_end(struct chan *c, uint8_t code, const char *text);

#endif
