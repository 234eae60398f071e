/* check.h - `kurir check`: what its files share.
 *
 * check.c has the table of checks, one row each; check_args.c turns the
 * command line into struct check_run; check_run.c puts one question, and
 * check_batch.c those of a file, with the rights that check_rights.c leaves
 * them; check_show.c gives a report out and
 * check_change.c compares it with the last one. */
#ifndef CMD_CHECK_H
#define CMD_CHECK_H

#include <jansson.h>

#include "check/check.h"
#include "check/client.h"
#include "cmd/cmd.h"

/* What a check takes besides what all of them take. */
enum check_takes {
	TAKES_ALL = 0, /* an option of every check */
	TAKES_BATCH = 1u,
	TAKES_TLS = 2u,
	TAKES_RELAY = 4u,
	TAKES_SENDER = 8u,
	TAKES_SPF = 16u,
	TAKES_TRUST = 32u,
	TAKES_ZONE = 64u,
	TAKES_IP = 128u,   /* --ip and --helo */
	TAKES_HOST = 256u, /* the operand is a domain, an address or a host */
	TAKES_CLIENT = 512u,
};

struct check_words {
	const char *v[CHECK_CONNECTS_MAX];
	size_t n;
};

/* The options as they were written. */
struct check_args {
	const char *resolver, *now, *ca, *timeout, *from, *wait;
	const char *lang, *level, *html, *on_change;
	const char *file, *jobs, *html_dir;
	const char *probe_mailbox, *user, *greylist_wait, *deadline;
	const char *ip, *helo, *selector, *mail_from;
	const char *listen, *as, *count, *time, *cert, *key;
	bool csv, ipv4, ipv6;
	bool implicit, assure, strict_starttls, ignore_no_connect, mine;
	bool public_only;
	struct check_words connect, source, zone, trust;
};

struct check_run;

/* One kind of check. */
struct check_kind {
	const char *name;
	const char *operand; /* "DOMAIN"; NULL: none */
	unsigned takes;      /* enum check_takes */
	unsigned limit_s;    /* it has ended by then in any case */
	/* What it needs before it can begin; NULL: nothing. CMD_GOOD, or the
	 * exit code; said already. */
	int (*prepare)(struct check_run *run, const char *operand);
	void (*start)(struct check_run *run, struct slice target,
	    check_done *done, void *arg);
	/* A fact of the root whose text is the first line; then any answer is
	 * exit 0. NULL: none. */
	const char *first_line;
};

#define CHECK_PASSWORD_MAX 1024
#define CHECK_MESSAGE_MAX  (32u << 20)

struct check_run {
	struct cmd_ctx *ctx;
	const struct check_kind *kind;
	struct check_args args;
	struct check_opts opts;
	struct render render;
	uint64_t greylist_wait_ms, deadline_ms;
	unsigned jobs;
	struct check_client_opts client;
	struct buf cert, key;
	struct ip ip;
	struct check_connect connect[CHECK_CONNECTS_MAX];
	struct ip source[CHECK_CONNECTS_MAX];
	struct slice zone[CHECK_CONNECTS_MAX], trust[CHECK_CONNECTS_MAX];
	struct buf ca, password, message;
	struct check check; /* open between check_begin and check_end */
	unsigned hung;      /* questions that went on past their limit */
	struct buf last;    /* what the file of --on-change held, */
	bool last_there;    /* if it was there */
	bool has_writer;    /* files are written by another process: */
	int writer;         /* the way to it */
	char libexec[32];   /* the roles, for who may not look there */
	char as_root[224];  /* why it kept the rights of root; or empty */
};

/* ---- check_args.c ---- */

/* check_args_read - options and values of argv into run; *out_n operands are
 * left in argv[1..]. CMD_GOOD; or -1, and *out_code is the exit code. */
int check_args_read(
    struct check_run *run, int argc, char **argv, int *out_n, int *out_code);

/* check_args_synopsis - how a check is called, a line or more, each with LF;
 * those that go on begin with a space. */
void check_args_synopsis(const struct check_kind *k, struct buf *out);

/* check_target_ok - may that be what k->operand says: no name, number of a port
 * or address that there cannot be. */
bool check_target_ok(const struct check_kind *k, struct slice target);
/* check_password - run->password from the terminal or as the first line of
 * standard input. */
int check_password(struct check_run *run);
/* check_file - a whole file, or standard input for "-". */
enum err check_file(
    const char *path, struct buf *out, struct diag *d) KURIR_MUST_CHECK;
/* check_message - run->message: a file, or "-" for standard input. */
int check_message(struct check_run *run, const char *path);

/* check_args_time - "15s", "500ms", "5min", "1h"; a bare number counts seconds.
 * false: it is none, or above the maximum. */
bool check_args_time(const char *text, uint64_t max_ms, uint64_t *out_ms);

/* ---- check_client.c ---- */

/* check_client_prepare - listens, while there are rights to, and says where.
 * CMD_GOOD or an exit code. */
int check_client_prepare(struct check_run *run, const char *operand);
void check_client_start(
    struct check_run *run, struct slice target, check_done *done, void *arg);

/* ---- check_run.c, check_batch.c ---- */

/* check_run_one - put the question, show the answer; the exit code. */
int check_run_one(struct check_run *run, struct slice target);
/* check_run_batch - those of the file run->args.file names. */
int check_run_batch(struct check_run *run);

/* check_step_down - before anything comes from outside: what is to be read is
 * read, and root becomes nobody (check_rights.c). CMD_GOOD or an exit code. */
int check_step_down(struct check_run *run);
/* check_say_root - in the report, where it could not. */
void check_say_root(const struct check_run *run, struct report *r);
/* check_write_by - check_write_file, by the process that kept the rights. */
enum err check_write_by(const struct check_run *run, const char *path,
    struct slice text, struct diag *d) KURIR_MUST_CHECK;

/* check_begin - open run->check; CMD_GOOD or an exit code. check_end - close
 * it, unless something of it hangs: then the end of the process does. */
int check_begin(struct check_run *run);
void check_end(struct check_run *run);

/* check_ask - begin one question. done is called once, never from within the
 * call, with a report (NULL: no memory), at the latest when the limit of the
 * kind is over. false: no memory, done is not called. */
bool check_ask(
    struct check_run *run, struct slice target, check_done *done, void *arg);

/* ---- check_show.c ---- */

/* check_exit - the exit code for an answer. */
int check_exit(const struct check_run *run, const struct report *r);
/* check_worse - of two exit codes of answers the one that counts. */
int check_worse(int a, int b);

/* check_show - a report on standard output and into the files that were asked
 * for. CMD_GOOD, or an exit code: a file could not be read or written. */
int check_show(struct check_run *run, const struct report *r);
/* check_show_html - its page as a file of that path. */
int check_show_html(
    struct check_run *run, const struct report *r, const char *path);

/* check_out - text to standard output. */
void check_out(const struct buf *b);
/* check_last - run->last. CMD_GOOD, or an exit code: it cannot be read. */
int check_last(struct check_run *run);
/* check_write_file - a file, whole or not at all. */
enum err check_write_file(
    const char *path, struct slice text, struct diag *d) KURIR_MUST_CHECK;
/* check_write - a file, whole or not at all. */
int check_write(
    const struct check_run *run, const char *path, struct slice text);

/* check_since - what differs between now and what the file of --on-change
 * holds is printed, and the file becomes now. *out_first: there was no file
 * yet, and nothing was printed. */
int check_since(struct check_run *run, const json_t *now, bool *out_first);

#define CHECK_OUT_MAX (256u << 20)

#endif
