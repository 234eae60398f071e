/* exempts.h - the exempt lists in force: read, watched, asked, and counted.
 *
 * Of each list there is a local file and a synced one (exempt_file.h). A file
 * that has changed is noticed by inotify, or within EXEMPTS_LOOK_MS; a new
 * table is compiled beside the old one, in steps between other work, and takes
 * its place when it is whole. One that cannot be read leaves the old table in
 * force. The local directories must lie within the walls (rights.c): when one
 * does not, the role has to start anew. */
#ifndef ROLE_LOOKUP_EXEMPTS_H
#define ROLE_LOOKUP_EXEMPTS_H

#include "role/lookup/exempt_file.h"
#include "role/lookup/hits.h"
#include "role/role.h"

#define EXEMPTS_LOOK_MS 5000
#define EXEMPTS_SAVE_MS 60000

/* What tells one version of a file from the next. */
struct exempts_stamp {
	uint64_t device, inode, octets;
	int64_t ctime_ns;
	int64_t read_ns; /* when it was looked at, by the same clock */
};

struct exempts_place {
	char path[EXEMPT_PATH_MAX]; /* "": there is to be none */
	struct exempts_stamp seen;  /* all zero: no file */
	struct exempt_file *now;    /* in force; NULL: none */
	struct exempt_file *coming; /* being compiled */
	char trouble[sizeof(((struct diag *)0)->text)];
};

#define EXEMPTS_WATCHES (CONF_EXEMPT_LISTS + 1)

struct exempts {
	struct role *role;
	void (*changed)(struct role *r); /* another table is in force */
	struct exempts_place place[CONF_EXEMPT_LISTS][EXEMPT_SOURCES];
	char walled[CONF_EXEMPT_LISTS][EXEMPT_PATH_MAX]; /* directories */
	struct dirwatch watch[EXEMPTS_WATCHES];
	struct timer look, work, save, say;
	struct hits hits;
	struct list streams; /* answers to kurir(1) that are being given */
	unsigned say_ms;     /* until they go on */
};

void exempts_init(
    struct exempts *x, struct role *r, void (*changed)(struct role *r));

/* exempts_open - read and compile everything, before the walls. Files that are
 * wrong or missing are told of; nothing of them keeps the role from working. */
void exempts_open(struct exempts *x, const struct conf *conf);

/* exempts_elsewhere - does conf name a file in a directory beyond our walls?
 */
bool exempts_elsewhere(const struct exempts *x, const struct conf *conf);

/* exempts_reloaded - role->conf is new, or an administrator wants all files
 * read now: one that is gone is then an empty list. */
void exempts_reloaded(struct exempts *x);

/* exempts_look - have any files changed? */
void exempts_look(struct exempts *x);

/* exempts_save - the hits, when there were any since the last time. */
void exempts_save(struct exempts *x);

void exempts_ask(
    struct exempts *x, struct chan *c, const struct ipc_exempt_ask *m);

/* ---- exempt_ctl.c ---- */
/* exempts_control - "exempt-list", "exempt-status" (args: pairs "list", NAME;
 * none: all) or "exempt-reread" of kurir(1). false: another verb. */
bool exempts_control(struct exempts *x, struct chan *c, bool may_change,
    struct slice verb, struct slice args);
void exempts_control_lost(struct exempts *x, const struct chan *c);
/* exempts_say - go on with what is being answered; the timer's callback. */
void exempts_say(void *x);

#endif
