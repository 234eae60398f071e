/* cmd.h - kurir(1): one verb a file, and what the verbs share.
 *
 * A verb is int cmd_NAME(ctx, argc, argv), where argv[0] is the verb; its
 * result is the exit code of the program. It parses its options with
 * cmd_options, which knows -c, --json and --help already. Answers go to
 * standard output, complaints to standard error by cmd_fail. Verbs may block;
 * they are the only part of kurir that runs in a terminal. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdio.h>

#include "base/buf.h"
#include "conf/conf.h"

/* Exit codes; the man page promises them. */
enum cmd_exit {
	CMD_GOOD = 0,
	CMD_BAD = 1,    /* a failed check, nothing found, refused */
	CMD_USAGE = 2,  /* wrong usage or configuration */
	CMD_UNKNOWN = 3 /* could not find out: unreachable, not running */
};

struct cmd_verb;

struct cmd_ctx {
	const struct cmd_verb *verb;
	const char *program;     /* as it was called: "kurir", "mailq" */
	const char *config_path; /* -c */
	struct conf *conf;       /* once cmd_conf was called */
	bool json;               /* --json */
	bool colour;             /* standard output is a terminal */
};

typedef int (*cmd_fn)(struct cmd_ctx *ctx, int argc, char **argv);

struct cmd_verb {
	const char *name;
	cmd_fn run;
	const char *const *synopsis; /* lines after "kurir ", NULL at the end */
	const char *summary;
};

/* The verbs; main.c holds the table. */
int cmd_serve(struct cmd_ctx *ctx, int argc, char **argv);
int cmd_config(struct cmd_ctx *ctx, int argc, char **argv);
int cmd_user(struct cmd_ctx *ctx, int argc, char **argv);
int cmd_queue(struct cmd_ctx *ctx, int argc, char **argv);
int cmd_log(struct cmd_ctx *ctx, int argc, char **argv);
int cmd_why(struct cmd_ctx *ctx, int argc, char **argv);
int cmd_check(struct cmd_ctx *ctx, int argc, char **argv);
int cmd_exempt(struct cmd_ctx *ctx, int argc, char **argv);
int cmd_firewall(struct cmd_ctx *ctx, int argc, char **argv);
int cmd_policy(struct cmd_ctx *ctx, int argc, char **argv);
int cmd_sendmail(struct cmd_ctx *ctx, int argc, char **argv);

/* ---- arguments ---- */

/* One option of a verb. Exactly one of value and flag is set. */
struct cmd_option {
	const char *name; /* "--since" */
	char letter;      /* 'f' for -f; 0: none */
	const char **value;
	bool *flag;
};

/* cmd_options - take the options out of argv[1..], wherever they stand:
 * "--to A", "--to=A", "-f"; "--" ends them. Knows -c FILE, --json and --help
 * of every verb. options ends with a name of NULL; it may be NULL.
 * Returns how many operands are left, moved to argv[1..], argv[n + 1] NULL; or
 * -1 when the verb shall return *out_code now: wrong usage (said already), or
 * help was asked for (and given). */
int cmd_options(struct cmd_ctx *ctx, int argc, char **argv,
    const struct cmd_option *options, int *out_code);

/* cmd_usage - print how the verb is used to standard error: CMD_USAGE. */
int cmd_usage(const struct cmd_ctx *ctx);

/* ---- configuration ---- */

/* cmd_conf - read ctx->config_path into ctx->conf (once). On an error every
 * message was printed and the return is CMD_USAGE; else CMD_GOOD. Warnings
 * are not shown: they are for `config check`. */
int cmd_conf(struct cmd_ctx *ctx);

/* cmd_conf_source - files of the file system, for conf_read. */
struct conf_source cmd_conf_source(void);

/* cmd_print_report - one message a line. */
void cmd_print_report(FILE *to, const struct conf_report *r, bool warnings);

/* ---- output ---- */

/* cmd_fail - "kurir: TEXT" on standard error; returns code. */
int cmd_fail(const struct cmd_ctx *ctx, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

enum cmd_colour {
	COLOUR_OFF,
	COLOUR_RED,
	COLOUR_GREEN,
	COLOUR_YELLOW,
	COLOUR_DIM,
	COLOUR_BOLD
};

/* cmd_colour - the escape that begins a colour; "" when output is no
 * terminal. */
const char *cmd_colour(const struct cmd_ctx *ctx, enum cmd_colour c);

/* cmd_print_safe - text to a stream; what a terminal would obey (utf8_shown)
 * as \xHH, other UTF-8 left alone. */
void cmd_print_safe(FILE *to, struct slice text);

/* cmd_env_indonesian - do LC_ALL, LC_MESSAGES or LANG, the first that is set,
 * ask for Indonesian? */
bool cmd_env_indonesian(void);

#endif
