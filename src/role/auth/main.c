/* auth - checks passwords; see auth.h. */
#include "role/auth/auth.h"

#include <gsasl.h>
#include <string.h>
#include <unistd.h>

#include "os/fs.h"
#include "os/log.h"
#include "os/random.h"
#include "role/auth/secret.h"

#define THREADS_MIN 2
#define THREADS_MAX 8

static struct auth *
state(struct role *r)
{
	return r->state;
}

static bool
is_maildir(void *arg, struct slice domain)
{
	const struct auth *a = arg;
	const struct conf_domain *d = conf_domain_find(a->role->conf, domain);
	return d != NULL && d->deliver.kind == NEXTHOP_MAILDIR;
}

static void
on_grace(void *arg)
{
	struct auth *a = arg;
	role_exit(a->role);
}

static void
auth_init(struct role *r)
{
	struct auth *a = state(r);
	a->role = r;
	a->dir = -1;
	a->env.accounts = &a->accounts;
	a->env.is_maildir = is_maildir;
	a->env.arg = a;
	list_init(&a->attempt_list);
	map_init(&a->attempts, r->seed);
	timer_init(&a->grace, r->loop, on_grace, a);
	cache_init(&a->cache);
	random_bytes(a->env.secret, sizeof(a->env.secret));
}

/* ---- the accounts file ---- */

/* A file that does not parse, or is gone, leaves the accounts as they were: a
 * slip of the hand must not make every mailbox unknown. */
static void
on_change(void *arg)
{
	struct auth *a = arg;
	struct accounts fresh;
	struct diag d;
	enum err e = accounts_load(a->dir, a->role->seed, &fresh, &d);
	if (e == ERR_NOT_FOUND && a->accounts.n == 0)
		return;
	if (e != ERR_OK) {
		log_line(LOG_ERROR, "accounts-kept",
		    "why=\"%s/%s\" accounts=%zu",
		    (const char *)a->role->conf->data_dir.p, d.text,
		    a->accounts.n);
		return;
	}
	bool same =
	    slice_eq(buf_slice(&fresh.text), buf_slice(&a->accounts.text));
	accounts_free(&a->accounts);
	a->accounts = fresh;
	if (same)
		return;
	log_line(LOG_INFO, "accounts-read", "accounts=%zu", fresh.n);
	push_begin(a, role_peer(a->role, ROLE_LOOKUP, 0));
}

static enum err
open_accounts(struct auth *a, struct diag *d)
{
	char path[4096];
	struct diag why;
	const char *data = (const char *)a->role->conf->data_dir.p;
	int n = snprintf(path, sizeof(path), "%s/%s", data, ACCOUNTS_DIR);
	if (n < 0 || (size_t)n >= sizeof(path))
		return diag_set(d, ERR_LIMIT, "", "data-dir is too long");
	enum err e = fs_open_dir(FS_CWD, path, &a->dir, d);
	if (e != ERR_OK)
		return e;
	e = accounts_load(a->dir, a->role->seed, &a->accounts, &why);
	/* A line that does not parse is named by "auth/accounts:LINE". */
	if (e == ERR_SYNTAX)
		return diag_set(d, e, "", "%s/%s", data, why.text);
	if (e == ERR_DENIED)
		return diag_set(d, e, "",
		    "%s: %s; mend it: chown --reference=%s %s/accounts", path,
		    why.text, path, path);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return diag_set(d, e, "", "%s: %s", path, why.text);
	e = dirwatch_open(&a->watch, a->role->loop, path, on_change, a, &why);
	if (e != ERR_OK)
		return diag_set(d, e, "", "%s", why.text);
	return ERR_OK;
}

/* ---- life ---- */

static enum err
make_no_hash(struct auth *a, struct diag *d)
{
	static const char digits[] = "0123456789abcdef";
	struct secret s;
	uint8_t word[32];
	random_bytes(word, sizeof(word));
	for (size_t i = 0; i < sizeof(word); i++)
		word[i] = (uint8_t)digits[word[i] & 15];
	enum err e = secret_make(slice_of(word, sizeof(word)), &s, d);
	if (e == ERR_OK)
		memcpy(a->env.no_hash, s.hash, sizeof(s.hash));
	secret_wipe(&s);
	return e;
}

static enum err
auth_open(struct role *r, struct diag *out_diag)
{
	struct auth *a = state(r);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	a->threads = cpus < THREADS_MIN   ? THREADS_MIN
		     : cpus > THREADS_MAX ? THREADS_MAX
					  : (unsigned)cpus;
	if (gsasl_init(&a->env.lib) != GSASL_OK)
		return diag_set(
		    out_diag, ERR_NOMEM, "", "libgsasl does not start");
	enum err e = limits_init(&a->limits, AUTH_ADDRESSES, r->seed,
	    r->conf->limits.auth_failures_per_ip,
	    r->conf->limits.auth_block_ms);
	if (e != ERR_OK)
		return diag_set(out_diag, e, "", "%s", err_name(e));
	e = make_no_hash(a, out_diag);
	return e == ERR_OK ? open_accounts(a, out_diag) : e;
}

static enum err
auth_start(struct role *r, struct diag *out_diag)
{
	struct auth *a = state(r);
	enum err e = pool_new(&a->pool, r->loop, a->threads);
	if (e != ERR_OK)
		return diag_set(
		    out_diag, e, "", "cannot start threads to check passwords");
	push_begin(a, role_peer(r, ROLE_LOOKUP, 0));
	return ERR_OK;
}

static void
auth_reloaded(struct role *r)
{
	struct auth *a = state(r);
	limits_set(&a->limits, r->conf->limits.auth_failures_per_ip,
	    r->conf->limits.auth_block_ms);
	on_change(a);
}

static void
auth_peer(struct role *r, struct chan *c)
{
	struct auth *a = state(r);
	/* Before the start the file is not read yet. */
	if (chan_peer(c) == ROLE_LOOKUP && a->pool != NULL)
		push_begin(a, c);
}

static void
auth_peer_lost(struct role *r, struct chan *c)
{
	struct auth *a = state(r);
	attempt_drop_all(a, c);
	if (a->push.to == c)
		push_stop(a);
	if (r->draining && role_peer(r, ROLE_SMTPD, 0) == NULL)
		role_exit(r);
}

static void
auth_peer_writable(struct role *r, struct chan *c)
{
	struct auth *a = state(r);
	if (a->push.to == c)
		push_more(a);
}

static void
auth_message(struct role *r, struct chan *c, struct ipc_msg *m)
{
	struct auth *a = state(r);
	if (m->type == IPC_auth_start)
		attempt_start(a, c, &m->auth_start);
	else if (m->type == IPC_auth_step)
		attempt_step(a, c, &m->auth_step);
	else if (m->type == IPC_auth_cancel)
		attempt_cancel(a, c, m->auth_cancel.ask);
}

/* kurir user tells that it has changed the file, so that the next session
 * already sees it; changes by hand are found by the watch. */
static void
auth_control(struct role *r, struct chan *c, bool may_change, struct slice verb,
    struct slice args)
{
	(void)args;
	if (!may_change || !slice_eq(verb, SLICE("reread"))) {
		role_ctl_end(c, 2, "auth takes no such command");
		return;
	}
	on_change(state(r));
	role_ctl_end(c, 0, "");
}

/* Sessions that are being finished may still want to authenticate: stay as
 * long as there is a smtpd. */
static void
auth_drain(struct role *r, uint32_t grace_ms)
{
	struct auth *a = state(r);
	if (role_peer(r, ROLE_SMTPD, 0) == NULL)
		role_exit(r);
	else
		timer_start(&a->grace, grace_ms);
}

static const struct role_ops ops = {
    .kind = ROLE_AUTH,
    .state_size = sizeof(struct auth),
    .init = auth_init,
    .open = auth_open,
    .start = auth_start,
    .reloaded = auth_reloaded,
    .peer = auth_peer,
    .peer_lost = auth_peer_lost,
    .peer_writable = auth_peer_writable,
    .message = auth_message,
    .control = auth_control,
    .drain = auth_drain,
};

int
main(int argc, char **argv)
{
	return role_main(&ops, argc, argv);
}
