/* lookup - knows the tables; see lookup.h. */
#include "role/lookup/lookup.h"

#include <string.h>

#include "os/log.h"

static struct lookup *
state(struct role *r)
{
	return r->state;
}

void
lookup_changed(struct lookup *l)
{
	struct ipc_msg m = {.type = IPC_tables_changed, .fd = -1};
	m.tables_changed.generation = ++l->generation;
	for (size_t i = 0; i < ROLE_PEERS_MAX; i++)
		if (l->role->peers[ROLE_SMTPD][i] != NULL)
			(void)role_send(l->role->peers[ROLE_SMTPD][i], &m);
}

/* ---- questions to next hops ---- */

/* Which relay: by the next hop, so that one connection serves many. */
static const void *
send_verify(void *arg, uint64_t ask, struct slice nexthop, struct slice address)
{
	struct lookup *l = arg;
	struct chan *c = role_peer(
	    l->role, ROLE_RELAY, hash_siphash(l->role->seed, nexthop));
	struct ipc_msg m = {.type = IPC_verify_ask, .fd = -1};
	m.verify_ask.ask = ask;
	m.verify_ask.nexthop = nexthop;
	m.verify_ask.address = address;
	return role_send(c, &m) ? c : NULL;
}

static void
on_verify_answer(struct lookup *l, const struct ipc_verify_answer *m)
{
	const struct verify_answer a = {
	    .exists = m->exists <= IPC_EXISTS_UNKNOWN
			  ? (enum ipc_exists)m->exists
			  : IPC_EXISTS_UNKNOWN,
	    .cause = m->cause,
	    .text = m->text};
	verify_answered(&l->verify, m->ask, &a);
}

/* ---- account names ---- */

static void
names_begin(struct lookup *l)
{
	if (l->names_coming)
		names_free(&l->coming);
	names_init(&l->coming, l->role->seed);
	l->names_coming = true;
}

static void
names_one(struct lookup *l, struct slice name)
{
	if (!l->names_coming)
		return;
	enum err e = names_add(&l->coming, name);
	if (e == ERR_OK)
		return;
	/* Half a table would refuse people who exist: keep the old one. */
	log_line(LOG_ERROR, "names-kept", "names=%zu why=\"%s\"", l->names.n,
	    err_name(e));
	names_free(&l->coming);
	l->names_coming = false;
}

static void
names_end(struct lookup *l)
{
	if (!l->names_coming)
		return;
	names_free(&l->names);
	l->names = l->coming;
	l->names_known = true;
	l->names_coming = false;
	lookup_changed(l);
}

/* ---- life ---- */

static void
leave(struct lookup *l)
{
	exempts_save(&l->exempts);
	role_exit(l->role);
}

static void
on_grace(void *arg)
{
	leave(arg);
}

static void
exempts_changed(struct role *r)
{
	lookup_changed(state(r));
}

static void
lookup_init(struct role *r)
{
	struct lookup *l = state(r);
	l->role = r;
	names_init(&l->names, r->seed);
	list_init(&l->asks);
	map_init(&l->devices, r->seed);
	verify_init(&l->verify, r->loop, r->seed, send_verify, l);
	timer_init(&l->grace, r->loop, on_grace, l);
	exempts_init(&l->exempts, r, exempts_changed);
	trust_init(l);
	tests_init(l);
}

/* With an alias file that is wrong no recipient of ours is accepted or
 * refused for good: the role starts all the same and waits for the mend. */
static enum err
lookup_open(struct role *r, struct diag *out_diag)
{
	struct lookup *l = state(r);
	struct diag d;
	enum err e = aliases_load(l, r->conf, &l->aliases, &d);
	l->aliases_seen = l->aliases.seen;
	if (e != ERR_OK)
		log_line(LOG_ERROR, "aliases-unusable", "why=\"%s\"", d.text);
	exempts_open(&l->exempts, r->conf);
	e = aliases_walled(l, r->conf, out_diag);
	return e == ERR_OK ? aliases_watch(l, r->conf, out_diag) : e;
}

static enum err
lookup_start(struct role *r, struct diag *out_diag)
{
	(void)r;
	(void)out_diag;
	return ERR_OK;
}

static enum err
lookup_reload(struct role *r, const struct conf *conf, struct diag *out_diag)
{
	struct lookup *l = state(r);
	aliases_free(&l->next);
	/* Walls never widen: master has read that file, and a new process of
	 * ours will. */
	l->elsewhere =
	    aliases_elsewhere(l, conf) || exempts_elsewhere(&l->exempts, conf);
	if (l->elsewhere)
		return ERR_OK;
	return aliases_load(l, conf, &l->next, out_diag);
}

static void
lookup_reload_dropped(struct role *r)
{
	aliases_free(&state(r)->next);
}

static void
lookup_reloaded(struct role *r)
{
	struct lookup *l = state(r);
	struct diag d;
	if (l->elsewhere) {
		log_line(LOG_NOTICE, "tables-elsewhere",
		    "why=\"aliases or exempt lists are in another directory\" "
		    "starting anew to read them");
		leave(l);
		return;
	}
	aliases_free(&l->aliases);
	l->aliases = l->next;
	l->aliases_seen = l->next.seen;
	memset(&l->next, 0, sizeof(l->next));
	if (aliases_watch(l, r->conf, &d) != ERR_OK)
		log_line(LOG_ERROR, "aliases-unwatched", "why=\"%s\"", d.text);
	verify_clear(&l->verify);
	exempts_reloaded(&l->exempts);
	lookup_changed(l);
}

static void
lookup_peer(struct role *r, struct chan *c)
{
	trust_peer(state(r), c);
	tests_peer(state(r), c);
}

static void
lookup_peer_lost(struct role *r, struct chan *c)
{
	struct lookup *l = state(r);
	ask_drop(l, c);
	verify_lost(&l->verify, c);
	if (r->draining && role_peer(r, ROLE_SMTPD, 0) == NULL)
		leave(l);
}

static void
lookup_message(struct role *r, struct chan *c, struct ipc_msg *m)
{
	struct lookup *l = state(r);
	if (m->type == IPC_rcpt_ask)
		ask_rcpt(l, c, &m->rcpt_ask);
	else if (m->type == IPC_device_ask)
		device_asked(l, c, &m->device_ask);
	else if (m->type == IPC_exempt_ask)
		exempts_ask(&l->exempts, c, &m->exempt_ask);
	else if (m->type == IPC_verify_answer)
		on_verify_answer(l, &m->verify_answer);
	else if (m->type == IPC_test_ask)
		test_asked(l, c, &m->test_ask);
	else if (m->type == IPC_trust_seen)
		trust_seen(l, &m->trust_seen);
	else if (m->type == IPC_accounts_begin)
		names_begin(l);
	else if (m->type == IPC_account_name)
		names_one(l, m->account_name.name);
	else if (m->type == IPC_accounts_end)
		names_end(l);
}

static void
lookup_control(struct role *r, struct chan *c, bool may_change,
    struct slice verb, struct slice args)
{
	if (!tests_control(state(r), c, may_change, verb) &&
	    !exempts_control(&state(r)->exempts, c, may_change, verb, args))
		role_ctl_end(c, 2, "role lookup knows no such command");
}

static void
lookup_control_lost(struct role *r, struct chan *c)
{
	exempts_control_lost(&state(r)->exempts, c);
}

/* Sessions that are being finished still ask: stay as long as there is a
 * smtpd. */
static void
lookup_drain(struct role *r, uint32_t grace_ms)
{
	if (role_peer(r, ROLE_SMTPD, 0) == NULL)
		leave(state(r));
	else
		timer_start(&state(r)->grace, grace_ms);
}

static const struct role_ops ops = {
    .kind = ROLE_LOOKUP,
    .state_size = sizeof(struct lookup),
    .init = lookup_init,
    .open = lookup_open,
    .start = lookup_start,
    .reload = lookup_reload,
    .reload_dropped = lookup_reload_dropped,
    .reloaded = lookup_reloaded,
    .peer = lookup_peer,
    .peer_lost = lookup_peer_lost,
    .message = lookup_message,
    .control = lookup_control,
    .control_lost = lookup_control_lost,
    .drain = lookup_drain,
};

int
main(int argc, char **argv)
{
	return role_main(&ops, argc, argv);
}
