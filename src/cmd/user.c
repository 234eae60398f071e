/* user.c - `kurir user`: accounts that may send and receive.
 *
 * The file and the hashes are those of role/auth (library auth_accounts, with
 * gsasl, libcrypt and openssl). */
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "cmd/cmd.h"
#include "cmd/control.h"
#include "os/fs.h"
#include "os/process.h"
#include "os/random.h"
#include "proto/auth/sasl.h"
#include "role/auth/accounts_file.h"
#include "role/auth/secret.h"

/* One call of the verb. */
struct user {
	struct cmd_ctx *ctx;
	struct buf name; /* the account, checked, in lower case */
	int dir;         /* DATA-DIR/auth */
	uint64_t seed[2];
	bool was_root; /* and acts as the owner of dir now */
	struct accounts_edit edit;
};

/* ---- the password ---- */

/* Take one line of standard input, at most max octets, without its end. Reads
 * octet by octet, so that what follows stays for whoever reads next. */
static enum err
read_line(struct buf *out)
{
	for (;;) {
		uint8_t c;
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_IO;
		if (n == 0)
			return out->n > 0 ? ERR_OK : ERR_CLOSED;
		if (c == '\n')
			break;
		buf_add_byte(out, c);
	}
	if (out->n > 0 && out->p[out->n - 1] == '\r')
		out->n--;
	return buf_err(out);
}

/* The same from a terminal that shows nothing. Signals are off meanwhile, so
 * that the terminal is never left silent: Ctrl-C is an octet here. */
static enum err
prompt(const char *text, struct buf *out)
{
	struct termios old, silent;
	if (tcgetattr(STDIN_FILENO, &old) != 0)
		return ERR_IO;
	silent = old;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	/* Ctrl-C ends the line as Enter does. */
	silent.c_cc[VEOL] = 3;
	fprintf(stderr, "%s", text);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0)
		return ERR_IO;
	enum err e = ERR_OK;
	for (;;) {
		uint8_t c;
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n <= 0 || c == 3)
			e = ERR_CLOSED;
		if (e != ERR_OK || c == '\n')
			break;
		buf_add_byte(out, c);
	}
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputc('\n', stderr);
	return e == ERR_OK ? buf_err(out) : e;
}

static void
wipe(struct buf *b)
{
	if (b->p != NULL)
		OPENSSL_cleanse(b->p, b->cap);
	buf_free(b);
}

static int
ask_twice(struct user *u, struct buf *password)
{
	struct buf again;
	buf_init(&again, SASL_PASSWORD_MAX);
	enum err e = prompt("Password: ", password);
	if (e == ERR_OK)
		e = prompt("Again: ", &again);
	bool same = slice_eq(buf_slice(password), buf_slice(&again));
	wipe(&again);
	if (e == ERR_LIMIT)
		return cmd_fail(u->ctx, CMD_USAGE,
		    "the password is longer than %d octets", SASL_PASSWORD_MAX);
	if (e != ERR_OK)
		return cmd_fail(
		    u->ctx, CMD_USAGE, "no password was given, nothing done");
	if (!same)
		return cmd_fail(
		    u->ctx, CMD_USAGE, "the passwords differ, nothing done");
	return CMD_GOOD;
}

/* From the terminal, or the first line of standard input. */
static int
get_password(struct user *u, struct buf *password)
{
	if (isatty(STDIN_FILENO))
		return ask_twice(u, password);
	switch ((int)read_line(password)) {
	case ERR_OK:
		return CMD_GOOD;
	case ERR_LIMIT:
		return cmd_fail(u->ctx, CMD_USAGE,
		    "the password is longer than %d octets", SASL_PASSWORD_MAX);
	default:
		return cmd_fail(u->ctx, CMD_USAGE,
		    "no password on standard input: give it as one line");
	}
}

/* ---- the file ---- */

/* Act as whoever owns path, so that all we write is theirs and we can be led
 * nowhere they could not go. Only root has to. */
static int
act_as_owner(struct user *u, const char *path)
{
	struct stat st;
	if (geteuid() != 0)
		return CMD_GOOD;
	if (stat(path, &st) != 0)
		return cmd_fail(u->ctx, CMD_UNKNOWN, "cannot look at %s: %s",
		    path, strerror(errno));
	u->was_root = true;
	if (setgroups(1, &st.st_gid) != 0 || setegid(st.st_gid) != 0 ||
	    seteuid(st.st_uid) != 0)
		return cmd_fail(u->ctx, CMD_UNKNOWN,
		    "cannot act as the owner of %s: %s", path, strerror(errno));
	return CMD_GOOD;
}

/* The control socket knows root, not every role's user. */
static void
act_as_root(struct user *u)
{
	if (u->was_root && (seteuid(0) != 0 || setegid(0) != 0))
		abort();
	u->was_root = false;
}

/* Make DATA-DIR/auth as the server would, before it ever ran. */
static int
make_dirs(struct user *u, const char *data, const char *dir)
{
	const char *owner = "kurir-auth";
	struct process_ids ids;
	struct stat st;
	struct diag d;
	if (stat(dir, &st) == 0)
		return CMD_GOOD;
	if (!process_user_exists(owner))
		owner = (const char *)u->ctx->conf->user.p;
	if (geteuid() == 0 && process_lookup(owner, &ids, &d) != ERR_OK)
		return cmd_fail(u->ctx, CMD_USAGE,
		    "the user \"%s\" does not exist; create it: useradd "
		    "--system --no-create-home --shell /usr/sbin/nologin %s",
		    owner, owner);
	if (fs_mkdirs(data, 0711, &d) != ERR_OK ||
	    fs_mkdirs(dir, 0700, &d) != ERR_OK)
		return cmd_fail(u->ctx, CMD_UNKNOWN, "%s", d.text);
	if (geteuid() == 0 && chown(dir, ids.uid, ids.gid) != 0)
		return cmd_fail(u->ctx, CMD_UNKNOWN, "cannot give %s to %s: %s",
		    dir, owner, strerror(errno));
	return CMD_GOOD;
}

/* Open DATA-DIR/auth in u->dir, as its owner. Without create it may stay -1:
 * there is none yet. */
static int
open_dir(struct user *u, bool create)
{
	const char *data = (const char *)u->ctx->conf->data_dir.p;
	char dir[4096];
	struct diag d;
	int n = snprintf(dir, sizeof(dir), "%s/%s", data, ACCOUNTS_DIR);
	if (n < 0 || (size_t)n >= sizeof(dir))
		return cmd_fail(u->ctx, CMD_USAGE, "data-dir is too long");
	int code = create ? make_dirs(u, data, dir) : CMD_GOOD;
	if (!create && access(dir, F_OK) != 0 && errno == ENOENT)
		return CMD_GOOD;
	if (code == CMD_GOOD)
		code = act_as_owner(u, dir);
	if (code == CMD_GOOD && fs_open_dir(FS_CWD, dir, &u->dir, &d) != ERR_OK)
		code = cmd_fail(u->ctx, CMD_UNKNOWN, "%s", d.text);
	return code;
}

/* A line that does not parse is a configuration to be mended. */
static int
fail_by(struct user *u, enum err e, const struct diag *d)
{
	return cmd_fail(u->ctx, e == ERR_SYNTAX ? CMD_USAGE : CMD_UNKNOWN,
	    "%s%s%s",
	    e == ERR_SYNTAX ? (const char *)u->ctx->conf->data_dir.p : "",
	    e == ERR_SYNTAX ? "/" : "", d->text);
}

static int
begin(struct user *u)
{
	struct diag d;
	enum err e = accounts_edit_begin(&u->edit, u->dir, u->seed, &d);
	return e == ERR_OK ? CMD_GOOD : fail_by(u, e, &d);
}

/* ---- the verbs ---- */

/* Mail for the account arrives only where its domain keeps mailboxes. */
static void
hint_domain(const struct user *u)
{
	struct slice local, domain;
	account_split(buf_slice(&u->name), &local, &domain);
	if (domain.n == 0)
		return;
	const struct conf_domain *d = conf_domain_find(u->ctx->conf, domain);
	if (d == NULL)
		fprintf(stderr,
		    "kurir: note: %.*s is no domain of %s; the account may "
		    "send, but receives no mail\n",
		    SLICE_ARG(domain), u->ctx->config_path);
	else if (d->deliver.kind != NEXTHOP_MAILDIR)
		fprintf(stderr,
		    "kurir: note: the mailboxes of %.*s are kept elsewhere; "
		    "the account is for sending\n",
		    SLICE_ARG(domain));
}

static int
store(struct user *u, struct slice password)
{
	struct secret s;
	struct diag d;
	enum err e = secret_make(password, &s, &d);
	if (e != ERR_OK)
		return cmd_fail(u->ctx,
		    e == ERR_SYNTAX ? CMD_USAGE : CMD_UNKNOWN, "%s", d.text);
	struct account a = secret_account(buf_slice(&u->name), &s);
	e = accounts_edit_put(&u->edit, &a, &d);
	OPENSSL_cleanse(&a, sizeof(a));
	secret_wipe(&s);
	return e == ERR_OK ? CMD_GOOD : fail_by(u, e, &d);
}

/* add wants no such account, passwd wants one. */
static int
check_exists(struct user *u, bool wanted)
{
	struct slice name = buf_slice(&u->name);
	bool exists = accounts_find(&u->edit.accounts, name) != NULL;
	if (exists && !wanted)
		return cmd_fail(u->ctx, CMD_BAD,
		    "the account %.*s exists already; `kurir user passwd` "
		    "changes its password",
		    SLICE_ARG(name));
	if (!exists && wanted)
		return cmd_fail(u->ctx, CMD_BAD, "there is no account %.*s",
		    SLICE_ARG(name));
	return CMD_GOOD;
}

/* Nobody is kept waiting by the lock while a password is being typed: it is
 * taken to look, and again to write. */
static int
set_password(struct user *u, bool must_exist)
{
	struct buf password;
	int code = begin(u);
	if (code == CMD_GOOD)
		code = check_exists(u, must_exist);
	accounts_edit_end(&u->edit);
	if (code != CMD_GOOD)
		return code;
	buf_init(&password, SASL_PASSWORD_MAX);
	code = get_password(u, &password);
	if (code == CMD_GOOD)
		code = begin(u);
	if (code == CMD_GOOD)
		code = check_exists(u, must_exist);
	if (code == CMD_GOOD)
		code = store(u, buf_slice(&password));
	accounts_edit_end(&u->edit);
	wipe(&password);
	if (code == CMD_GOOD && !must_exist)
		hint_domain(u);
	return code;
}

static int
run_add(struct user *u)
{
	return set_password(u, false);
}

static int
run_passwd(struct user *u)
{
	return set_password(u, true);
}

static int
run_delete(struct user *u)
{
	struct diag d;
	int code = begin(u);
	if (code != CMD_GOOD)
		return code;
	enum err e = accounts_edit_remove(&u->edit, buf_slice(&u->name), &d);
	accounts_edit_end(&u->edit);
	if (e == ERR_NOT_FOUND)
		return cmd_fail(u->ctx, CMD_BAD, "%s", d.text);
	return e == ERR_OK ? CMD_GOOD : fail_by(u, e, &d);
}

static void
print_json(const struct accounts *all)
{
	struct buf b;
	buf_init(&b, ACCOUNTS_TEXT_MAX);
	buf_add_byte(&b, '[');
	for (size_t i = 0; i < all->n; i++) {
		buf_add_str(&b, i > 0 ? ", {\"name\": \"" : "{\"name\": \"");
		buf_add_json(&b, all->v[i].name);
		buf_add_str(&b, "\"}");
	}
	buf_add_str(&b, "]\n");
	fwrite(b.p, 1, b.n, stdout);
	buf_free(&b);
}

static int
run_list(struct user *u)
{
	struct accounts all = {.n = 0};
	struct diag d;
	if (u->dir >= 0) {
		enum err e = accounts_load(u->dir, u->seed, &all, &d);
		if (e != ERR_OK && e != ERR_NOT_FOUND)
			return fail_by(u, e, &d);
	}
	if (u->ctx->json)
		print_json(&all);
	for (size_t i = 0; !u->ctx->json && i < all.n; i++) {
		cmd_print_safe(stdout, all.v[i].name);
		fputc('\n', stdout);
	}
	accounts_free(&all);
	return CMD_GOOD;
}

static const struct {
	const char *name;
	int operands;
	bool changes;
	int (*run)(struct user *u);
} verbs[] = {
    {"add", 2, true, run_add},
    {"passwd", 2, true, run_passwd},
    {"delete", 2, true, run_delete},
    {"list", 1, false, run_list},
};

static int
take_name(struct user *u, const char *text)
{
	struct diag why;
	if (account_name(slice_str(text), &u->name, &why) == ERR_OK)
		return CMD_GOOD;
	return cmd_fail(u->ctx, CMD_USAGE, "\"%s\" cannot be an account: %s",
	    text, buf_err(&u->name) != ERR_OK ? "it is too long" : why.text);
}

/* A running server knows it at once; one that is down reads it when it
 * starts. */
static void
tell_server(const struct cmd_ctx *ctx)
{
	struct control_request q;
	int code;
	control_begin(&q, ROLE_AUTH, "reread");
	(void)control_ask(ctx, &q, NULL, NULL, &code);
}

int
cmd_user(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct user u = {.ctx = ctx,
	    .dir = -1,
	    .seed = {random_u64(), random_u64()},
	    .edit = {.lock = -1}};
	size_t v = 0;
	int code;
	int n = cmd_options(ctx, argc, argv, NULL, &code);
	if (n < 0)
		return code;
	while (v < sizeof(verbs) / sizeof(*verbs) &&
	       (n < 1 || strcmp(argv[1], verbs[v].name) != 0))
		v++;
	if (v == sizeof(verbs) / sizeof(*verbs) || n != verbs[v].operands)
		return cmd_usage(ctx);
	buf_init(&u.name, ACCOUNT_NAME_MAX);
	code = n == 2 ? take_name(&u, argv[2]) : CMD_GOOD;
	if (code == CMD_GOOD)
		code = cmd_conf(ctx);
	if (code == CMD_GOOD)
		code = open_dir(&u, verbs[v].changes);
	if (code == CMD_GOOD)
		code = verbs[v].run(&u);
	act_as_root(&u);
	if (code == CMD_GOOD && verbs[v].changes)
		tell_server(ctx);
	fs_close(&u.dir);
	buf_free(&u.name);
	return code;
}
