/* dirs.c - accounts and directories: made where they are missing, and refused
 * where somebody else could put something into them. Each failure is one line
 * on standard error that says what to do. */
#include "os/fs.h"
#include "os/process.h"
#include "role/master/master.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- accounts ---- */

const char *
setup_user(const struct conf *conf, enum role_kind kind)
{
	static const char *const names[ROLE_COUNT] = {
	    [ROLE_SMTPD] = "kurir-smtpd",
	    [ROLE_QUEUE] = "kurir-queue",
	    [ROLE_RELAY] = "kurir-relay",
	    [ROLE_RESOLVER] = "kurir-resolver",
	    [ROLE_LOOKUP] = "kurir-lookup",
	    [ROLE_AUTH] = "kurir-auth",
	    [ROLE_LEDGER] = "kurir-ledger",
	    [ROLE_FETCH] = "kurir-fetch",
	};
	if (geteuid() != 0)
		return NULL;
	if (names[kind] != NULL && process_user_exists(names[kind]))
		return names[kind];
	return (const char *)conf->user.p;
}

static enum err
check_user(const char *name)
{
	if (geteuid() != 0 || process_user_exists(name))
		return ERR_OK;
	master_say(
	    "the user \"%s\" does not exist; create it: useradd --system "
	    "--no-create-home --shell /usr/sbin/nologin %s",
	    name, name);
	return ERR_NOT_FOUND;
}

/* user_ids - of the account, ours when we are not root. */
static enum err
user_ids(const char *user, struct process_ids *out)
{
	struct diag d;
	*out = (struct process_ids){geteuid(), getegid()};
	if (geteuid() != 0 || user == NULL)
		return ERR_OK;
	enum err err = process_lookup(user, out, &d);
	if (err != ERR_OK)
		master_say("%s", d.text);
	return err;
}

/* The name of an account, or its number. */
static const char *
uid_text(uid_t uid, char out[64])
{
	const struct passwd *pw = getpwuid(uid);
	if (pw != NULL)
		snprintf(out, 64, "%s", pw->pw_name);
	else
		snprintf(out, 64, "%u", (unsigned)uid);
	return out;
}

/* ---- directories of ours ---- */

/* Make path, unless it is there, and give it to ids: *out_st is what it then
 * is. A name that appears meanwhile is not followed. */
static enum err
make_dir(const char *path, mode_t mode, const struct process_ids *ids,
    struct stat *out_st, struct diag *d)
{
	bool there = stat(path, out_st) == 0;
	enum err err = fs_mkdirs(path, mode, d);
	if (err == ERR_OK && !there && geteuid() == 0 &&
	    lchown(path, ids->uid, ids->gid) != 0)
		err = fs_fail(d, errno, "give away", path);
	if (err == ERR_OK && stat(path, out_st) != 0)
		err = fs_fail(d, errno, "look at", path);
	return err;
}

static enum err
dir_failed(const char *what, const struct diag *d)
{
	master_say("%s: %s; create it, or name a place where kurir may write",
	    what, d->text);
	return ERR_DENIED;
}

static enum err
closed_to_others(const char *path, const struct stat *st)
{
	if ((st->st_mode & 022) == 0)
		return ERR_OK;
	master_say(
	    "%s may be written by others; mend it: chmod go-w %s", path, path);
	return ERR_DENIED;
}

/* Whoever owns it could put another directory in the place of each role's, so
 * it is ours, root's or the service user's. */
static enum err
data_dir(const struct conf *conf)
{
	const char *path = (const char *)conf->data_dir.p;
	const struct process_ids self = {geteuid(), getegid()};
	struct process_ids service;
	struct stat st;
	struct diag d;
	char owner[64];
	if (user_ids((const char *)conf->user.p, &service) != ERR_OK)
		return ERR_NOT_FOUND;
	if (make_dir(path, 0711, &self, &st, &d) != ERR_OK)
		return dir_failed("data-dir", &d);
	if (st.st_uid != 0 && st.st_uid != self.uid &&
	    st.st_uid != service.uid) {
		master_say("data-dir %s belongs to %s, who could replace what "
			   "is in it; mend it: chown %s %s",
		    path, uid_text(st.st_uid, owner),
		    geteuid() == 0 ? "root" : "yourself", path);
		return ERR_DENIED;
	}
	return closed_to_others(path, &st);
}

/* A directory below data-dir into which one role alone writes. */
static enum err
role_dir(
    const struct conf *conf, enum role_kind kind, const char *name, mode_t mode)
{
	char path[4096], is[64], should[64];
	struct process_ids ids;
	struct stat st;
	struct diag d;
	snprintf(
	    path, sizeof(path), "%s/%s", (const char *)conf->data_dir.p, name);
	if (user_ids(setup_user(conf, kind), &ids) != ERR_OK)
		return ERR_NOT_FOUND;
	if (make_dir(path, mode, &ids, &st, &d) != ERR_OK)
		return dir_failed("data-dir", &d);
	if (st.st_uid != ids.uid) {
		uid_text(ids.uid, should);
		master_say("%s belongs to %s, not to %s; mend it: chown -R "
			   "%s: %s",
		    path, uid_text(st.st_uid, is), should, should, path);
		return ERR_DENIED;
	}
	return closed_to_others(path, &st);
}

/* ---- Maildirs ---- */

/* Of the template, what is one directory for all users of the domain:
 * "/var/mail/contoh.id" for "/var/mail/%d/%u". */
static bool
mail_dir(const struct conf_domain *domain, struct buf *out)
{
	struct nexthop front = domain->deliver;
	for (size_t i = 0; i + 1 < front.path.n; i++) {
		if (front.path.p[i] != '%')
			continue;
		if (front.path.p[++i] != 'u')
			continue;
		front.path = slice_to(front.path, i);
		size_t slash = slice_rfind(front.path, '/');
		front.path = slice_to(front.path, slash);
		break;
	}
	if (front.path.n == 0)
		return false;
	enum err err = nexthop_maildir(&front, SLICE("u"), domain->name, out);
	buf_add_byte(out, '\0');
	return err == ERR_OK && buf_err(out) == ERR_OK;
}

/* As root, who may write everywhere, the question is asked as that user. */
static bool
may_write(const char *path, const struct process_ids *ids)
{
	bool root = geteuid() == 0;
	if (root && (setegid(ids->gid) != 0 || seteuid(ids->uid) != 0))
		return true;
	bool may = faccessat(FS_CWD, path, W_OK | X_OK, AT_EACCESS) == 0;
	if (root && (seteuid(0) != 0 || setegid(0) != 0))
		abort();
	return may;
}

static void
warn_unwritable(const struct conf_domain *domain, const char *path,
    const struct process_ids *ids)
{
	char name[64];
	if (may_write(path, ids))
		return;
	uid_text(ids->uid, name);
	master_say("warning: the mail of %.*s waits: %s may not write in %s; "
		   "mend it: chown %s %s",
	    SLICE_ARG(domain->name), name, path, name, path);
}

/* What is above it is for everybody to pass. */
static enum err
make_mail_dir(char *path, const struct process_ids *ids, struct stat *out_st,
    struct diag *d)
{
	char *slash = strrchr(path, '/');
	if (slash != NULL && slash != path) {
		*slash = '\0';
		enum err err = fs_mkdirs(path, 0711, d);
		*slash = '/';
		if (err != ERR_OK)
			return err;
	}
	return make_dir(path, 0700, ids, out_st, d);
}

/* The directory of a domain is made here, as the one around it need not be
 * open to the user of the mail. One that is there is left as it is. */
static enum err
domain_dir(const struct conf_domain *domain)
{
	struct process_ids ids;
	struct stat st;
	struct diag d;
	struct buf path;
	if (domain->deliver.kind != NEXTHOP_MAILDIR)
		return ERR_OK;
	if (check_user((const char *)domain->user.p) != ERR_OK ||
	    user_ids((const char *)domain->user.p, &ids) != ERR_OK)
		return ERR_NOT_FOUND;
	buf_init(&path, 4096);
	enum err err = ERR_OK;
	if (mail_dir(domain, &path)) {
		err = make_mail_dir((char *)path.p, &ids, &st, &d);
		if (err != ERR_OK)
			err = dir_failed("deliver", &d);
		else
			warn_unwritable(domain, (const char *)path.p, &ids);
	}
	buf_free(&path);
	return err;
}

static enum err
make_all(const struct conf *conf)
{
	if (check_user((const char *)conf->user.p) != ERR_OK)
		return ERR_NOT_FOUND;
	if (data_dir(conf) != ERR_OK ||
	    role_dir(conf, ROLE_QUEUE, "queue", 0700) != ERR_OK ||
	    role_dir(conf, ROLE_LEDGER, "ledger", 0700) != ERR_OK ||
	    role_dir(conf, ROLE_AUTH, "auth", 0700) != ERR_OK ||
	    role_dir(conf, ROLE_LOOKUP, "lookup", 0700) != ERR_OK ||
	    /* what it fetched is for role lookup to read */
	    role_dir(conf, ROLE_FETCH, "exempt", 0755) != ERR_OK)
		return ERR_DENIED;
	for (size_t i = 0; i < conf->domain_n; i++)
		if (domain_dir(&conf->domain[i]) != ERR_OK)
			return ERR_DENIED;
	return ERR_OK;
}

enum err
setup_dirs(const struct conf *conf)
{
	/* Some are for other accounts to pass or to read, whatever the umask
	 * of the shell that we were started from. */
	mode_t before = umask(022);
	enum err err = make_all(conf);
	umask(before);
	return err;
}
