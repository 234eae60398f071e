/* exempt.h - the parts of `kurir exempt`: exempt.c (the verb, and what changes
 * a local file), exempt_edit.c (that file), exempt_text.h (its text),
 * exempt_show.c (what there is), exempt_files.c (the same from the files, when
 * no server runs). */
#ifndef CMD_EXEMPT_H
#define CMD_EXEMPT_H

#include "cmd/cmd.h"
#include "cmd/control.h"
#include "policy/exempt.h"

#define EXEMPT_ALL ((1u << CONF_EXEMPT_LISTS) - 1)

/* What was asked for. */
struct exempt_args {
	unsigned lists; /* bits of enum conf_exempt_list */
	bool one;       /* exactly one of them was named */
	enum conf_exempt_list list;
	const char *word; /* an entry, a file or a client; NULL: none */
	const char *reason, *until, *since;
	bool force, local;
};

/* ---- exempt_show.c ---- */
int exempt_run_list(struct cmd_ctx *ctx, const struct exempt_args *a);
int exempt_run_status(struct cmd_ctx *ctx, const struct exempt_args *a);
int exempt_run_sync(struct cmd_ctx *ctx, const struct exempt_args *a);
int exempt_run_suggest(struct cmd_ctx *ctx, const struct exempt_args *a);

/* ---- exempt_files.c ---- */
/* exempt_files_ask - answers "exempt-list" or "exempt-status" as role lookup
 * does. Files that cannot be read are complained of: CMD_UNKNOWN. */
int exempt_files_ask(const struct cmd_ctx *ctx, const char *verb,
    unsigned lists, control_line_fn line, void *arg);
/* exempt_run_check - without a word: is everything in the files an entry, and
 * a wise one? With one, which entry exempts that address or name? */
int exempt_run_check(struct cmd_ctx *ctx, const struct exempt_args *a);
/* exempt_run_export - as a .dat file of MDaemon, on standard output. */
int exempt_run_export(struct cmd_ctx *ctx, const struct exempt_args *a);

/* ---- exempt_edit.c ---- */
struct exempt_edit {
	const struct cmd_ctx *ctx;
	enum conf_exempt_list list;
	char path[4096]; /* of the file itself, symbolic links resolved */
	const char *name;
	int dir;          /* locked, so that two do not edit at once */
	struct buf text;  /* as it is */
	struct buf fresh; /* as it shall be */
};

/* exempt_edit_begin - read the local file of that list; one that is not there
 * yet is empty. Exit code; what is wrong was said. exempt_edit_end in any
 * case. */
int exempt_edit_begin(struct exempt_edit *e, const struct cmd_ctx *ctx,
    enum conf_exempt_list list);
/* exempt_edit_commit - put e->fresh in its place: at once, and with the owner
 * and the mode of what was there. */
int exempt_edit_commit(struct exempt_edit *e);
void exempt_edit_end(struct exempt_edit *e);

#endif
