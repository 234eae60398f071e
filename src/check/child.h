/* child.h - a role as a child of kurir check: what master does for it, less
 * its configuration file and its users. */
#ifndef CHECK_CHILD_H
#define CHECK_CHILD_H

#include <sys/types.h>

#include "io/loop.h"
#include "ipc/channel.h"

struct check_child {
	enum role_kind kind;
	pid_t pid; /* 0: none */
	struct loop *loop;
	struct chan *master; /* its control channel, our end */
	bool ready;
	char why[224]; /* what it said of its end; empty: nothing */
	void (*gone)(void *arg);
	void *arg;
};

/* check_child_find - the directory of the roles, seen from our own binary, as
 * kurir serve looks for it. ERR_NOT_FOUND, told in d. */
enum err check_child_find(
    char *out, size_t max, struct diag *d) KURIR_MUST_CHECK;

/* check_child_start - libexec/NAME with the configuration text. It says
 * nothing on our standard error, and dies with us. gone, once: it ended, or
 * broke the rules of its channel. Started by root it runs as nobody, where
 * that is possible. */
enum err check_child_start(struct check_child *k, struct loop *loop,
    const char *libexec, enum role_kind kind, struct slice conf_text,
    struct diag *d) KURIR_MUST_CHECK;

/* check_child_file - the content of a file that it may not open itself. */
enum err check_child_file(struct check_child *k, enum ipc_file_kind what,
    struct slice content) KURIR_MUST_CHECK;
/* check_child_path - the same; one that is not there is no error. */
enum err check_child_path(struct check_child *k, enum ipc_file_kind what,
    const char *path) KURIR_MUST_CHECK;

/* check_child_wire - a channel between two children. */
enum err check_child_wire(
    struct check_child *a, struct check_child *b) KURIR_MUST_CHECK;
/* check_child_ask_by - a channel of our own to it, as role CMD. NULL: no
 * memory or descriptors. */
struct chan *check_child_ask_by(
    struct check_child *k, const struct chan_ops *ops, void *arg);

/* check_child_go - everything was handed over. */
enum err check_child_go(struct check_child *k) KURIR_MUST_CHECK;

/* check_child_stop - ends it, and waits for its end. NULL, or one that was
 * never started: nothing. */
void check_child_stop(struct check_child *k);

#endif
