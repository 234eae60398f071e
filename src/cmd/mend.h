/* mend.h - the parts of `kurir config mend`: mend.c (the verb), mend_find.c
 * (what should be mended, and how), mend_history.c (who relayed and what
 * failed, by the ledger), mend_file.c (the files), mend_proof.c (the test
 * before and after), mend_show.c (what is said). */
#ifndef CMD_MEND_H
#define CMD_MEND_H

#include <jansson.h>

#include "base/hash.h"
#include "cmd/cmd.h"

#define MEND_KEEP_MAX     64
#define MEND_FINDINGS_MAX 160
#define MEND_DAYS         30

struct mend_args {
	const char *smarthost, *user, *password_file, *keep_text;
	bool yes, dry_run;
	struct ip_net keep[MEND_KEEP_MAX]; /* --keep */
	size_t keep_n;
};

/* ---- mend_history.c ---- */

/* An address that mail went elsewhere from without AUTH, through a listener. */
struct mend_relayer {
	struct mend_relayer *next;
	uint8_t key[24];
	struct ip ip;
	const struct conf_listen *listen;
	char ptr[128];
	uint64_t messages, last_ms;
	bool ours; /* every sender was in one of our domains */
};

struct mend_host;

/* What became of mail to other servers. */
struct mend_outgoing {
	size_t hosts;   /* different ones that were tried */
	size_t silent;  /* of them: no connection to its port came about */
	size_t refused; /* they want a PTR, or have us on a list */
	char example[256];
};

struct mend_history {
	const struct conf *conf;
	bool known; /* the ledger could be read */
	struct mend_relayer *relayer;
	size_t n;
	size_t strangers; /* of them: of the internet */
	bool left_out;    /* there were more */
	struct map by_key;
	struct mend_host *host;
	struct map by_host;
	struct mend_outgoing out;
};

/* mend_history_read - the last MEND_DAYS days, by the server or by its file.
 * Where it cannot be read that was said, and known is false. Blocks. conf is
 * borrowed. mend_history_free in any case. */
void mend_history_read(const struct cmd_ctx *ctx, struct mend_history *h);
void mend_history_free(struct mend_history *h);

/* mend_is_stranger - an address of the internet? */
bool mend_is_stranger(const struct ip *ip);

/* ---- mend_find.c ---- */

enum mend_kind {
	MEND_TRUSTED,     /* trusted lets too many relay */
	MEND_SUBMISSION,  /* a submission listener without AUTH */
	MEND_CLEAR,       /* passwords in clear */
	MEND_SMARTHOST,   /* mail does not get out by itself */
	MEND_CREDENTIALS, /* and what the smart host wants to see */
};

enum mend_state {
	MEND_OPEN,   /* proposed, or refused by who was asked */
	MEND_DONE,   /* written */
	MEND_FAILED, /* could not be written; said */
	MEND_NO_CURE /* nothing that could be written by itself */
};

struct mend_finding {
	enum mend_kind kind;
	enum mend_state state;
	const char *code;
	bool bad;           /* else a warning */
	char setting[160];  /* "listen.mx.trusted" */
	struct slice where; /* name of the listener; empty: of the top */
	struct buf text;    /* what, in one line */
	struct buf value;   /* as it would stand in the file */
	struct buf notes;   /* lines: who keeps on, who does not, and what then
			     */
	/* trusted: addresses of the internet that could be kept, too */
	struct ip maybe[16];
	size_t maybe_n;
	/* what the edit is, once it was made */
	char file[4096];
	uint32_t line;
	struct buf before, after; /* the lines that differ */
};

struct mend_list {
	struct mend_finding v[MEND_FINDINGS_MAX];
	size_t n;
};

/* mend_find - all there is to mend in c, with proposals by h. Names of
 * listeners are borrowed from c. mend_list_free in any case. */
void mend_find(const struct conf *c, const struct mend_args *a,
    const struct mend_history *h, struct mend_list *out);
void mend_list_free(struct mend_list *l);

/* mend_add_credentials - the finding that goes with a smart host: its file of
 * credentials. NULL: there is no room. */
struct mend_finding *mend_add_credentials(
    struct mend_list *l, const char *file);

/* mend_propose - the value and the notes of a finding about trusted, again,
 * with what a->keep has become. */
void mend_propose(const struct conf *c, const struct mend_args *a,
    const struct mend_history *h, struct mend_finding *f);

/* mend_field - the field of c that the finding is about. */
const void *mend_field(const struct conf *c, const struct mend_finding *f);

/* ---- mend_file.c ---- */

/* mend_prepare - make the edit of f: the lines before and after. Nothing is
 * written. CMD_GOOD, or an exit code and the reason was said. */
int mend_prepare(struct cmd_ctx *ctx, struct mend_finding *f);
/* mend_write - the same, checked, written; first: with a copy of the old file
 * beside it. ctx->conf is the new configuration then, the old one the
 * caller's. */
int mend_write(struct cmd_ctx *ctx, struct mend_finding *f, bool first);
/* mend_put - a file in its place, whole or not at all, with the owner of like
 * (a path); with its mode, too, where mode is 0. */
int mend_put(const struct cmd_ctx *ctx, const char *path, const char *like,
    unsigned mode, struct slice text);

/* ---- mend_smart.c ---- */

struct mend_smart {
	struct buf hop; /* "[host]:587", as credentials name it */
	char user[1024];
	char file[4096]; /* of credentials; with a user */
};

/* mend_smart_ask - the smart host and the user: out of a or by asking.
 * f->value becomes the next hop. CMD_GOOD, with out->user empty where none is
 * needed; CMD_BAD: no smart host was given; another code: said.
 * buf_free(&out->hop) in any case. */
int mend_smart_ask(struct cmd_ctx *ctx, const struct mend_args *a,
    struct mend_finding *f, struct mend_smart *out);
/* mend_smart_store - the password, of its file or asked for, into the file of
 * credentials, which nobody else may read. */
int mend_smart_store(
    struct cmd_ctx *ctx, const struct mend_args *a, struct mend_smart *s);

/* ---- mend_proof.c ---- */

enum mend_reload {
	MEND_RELOAD_NONE, /* nothing was changed */
	MEND_RELOAD_DOWN, /* no server runs */
	MEND_RELOAD_TOLD,
	MEND_RELOAD_FAILED
};

/* mend_running - does a server answer at the control socket? *out_pid: its
 * number, if the kernel tells. */
bool mend_running(const struct cmd_ctx *ctx, int *out_pid);
/* mend_reload - tell it to read its configuration again. */
enum mend_reload mend_reload(const struct cmd_ctx *ctx);

/* What check self says about relaying. */
struct mend_proof {
	bool tried, known; /* known: whether it relays was seen */
	bool open;
	bool unseen;       /* of a listener it could not be seen */
	json_t *findings;  /* array of {code, text} */
	json_t *listeners; /* array of {name, address, port, relay} */
};

/* mend_prove - run the test; patiently: again for some seconds while it is
 * open, as a server takes its time to reload. */
void mend_prove(
    const struct cmd_ctx *ctx, bool patiently, struct mend_proof *out);
void mend_proof_free(struct mend_proof *p);

/* ---- mend_show.c ---- */

/* mend_show_lines - what would change; mend_show_finding - and why. */
void mend_show_lines(const struct cmd_ctx *ctx, const struct mend_finding *f);
void mend_show_finding(const struct cmd_ctx *ctx, const struct mend_finding *f);
void mend_show_proof(
    const struct cmd_ctx *ctx, const char *title, const struct mend_proof *p);
void mend_show_json(const struct cmd_ctx *ctx, const struct mend_list *l,
    enum mend_reload reload, const struct mend_proof *before,
    const struct mend_proof *after);

/* mend_run - `kurir config mend`. */
int mend_run(struct cmd_ctx *ctx, const struct mend_args *a);

#endif
