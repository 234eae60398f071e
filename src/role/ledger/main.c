/* main.c - the ledger: keeps the record of sessions and decisions, and
 * answers `kurir log` and `kurir why`. Nothing waits for it. */
#include <stdio.h>

#include "role/ledger/service.h"
#include "role/role.h"

struct state {
	struct service *service;
	struct timer grace;
};

static void
send_line(void *who, struct slice bytes)
{
	role_ctl_line(who, bytes);
}

static void
send_end(void *who, uint8_t code, const char *text)
{
	role_ctl_end(who, code, text);
}

static bool
is_blocked(void *who)
{
	return chan_blocked(who);
}

static const struct service_ops service_ops = {send_line, send_end, is_blocked};

static enum err
ledger_role_open(struct role *r, struct diag *d)
{
	struct state *st = r->state;
	char dir[4096];
	int n = snprintf(
	    dir, sizeof(dir), "%.*s/ledger", SLICE_ARG(r->conf->data_dir));
	if (n < 0 || (size_t)n >= sizeof(dir))
		return diag_set(d, ERR_LIMIT, NULL, "data-dir is too long");
	st->service =
	    service_new(r->loop, dir, &r->conf->ledger, &service_ops, d);
	return st->service != NULL ? ERR_OK : ERR_IO;
}

static void
ledger_role_reloaded(struct role *r)
{
	struct state *st = r->state;
	service_conf(st->service, &r->conf->ledger);
}

static void
ledger_role_message(struct role *r, struct chan *c, struct ipc_msg *m)
{
	struct state *st = r->state;
	(void)c;
	if (m->type == IPC_record)
		service_record(st->service, m->record.blob, m->record.dropped);
}

static void
tell_lost(struct service *s, struct chan *c)
{
	char text[64];
	snprintf(text, sizeof(text), "{\"lost\": %llu}",
	    (unsigned long long)service_lost(s));
	role_ctl_line(c, slice_str(text));
	role_ctl_end(c, 0, "");
}

static void
ledger_role_control(struct role *r, struct chan *c, bool may_change,
    struct slice verb, struct slice args)
{
	struct state *st = r->state;
	(void)may_change;
	if (slice_eq(verb, SLICE("log")))
		service_ask(st->service, c, args);
	else if (slice_eq(verb, SLICE("lost")))
		tell_lost(st->service, c);
	else
		role_ctl_end(c, 2, "the ledger knows no such command");
}

static void
ledger_role_control_lost(struct role *r, struct chan *c)
{
	struct state *st = r->state;
	service_forget(st->service, c);
}

static void
leave(struct role *r)
{
	struct state *st = r->state;
	timer_stop(&st->grace);
	service_free(st->service);
	st->service = NULL;
	role_exit(r);
}

static bool
alone(const struct role *r)
{
	for (size_t k = 0; k < ROLE_COUNT; k++)
		if (r->peers[k][0] != NULL)
			return false;
	return true;
}

static void
ledger_role_peer_lost(struct role *r, struct chan *c)
{
	struct state *st = r->state;
	(void)c;
	if (r->draining && st->service != NULL && alone(r))
		leave(r);
}

static void
grace_over(void *arg)
{
	leave(arg);
}

/* The others' last sessions still send their records: we go after them. */
static void
ledger_role_drain(struct role *r, uint32_t grace_ms)
{
	struct state *st = r->state;
	timer_init(&st->grace, r->loop, grace_over, r);
	timer_start(&st->grace, grace_ms);
	if (alone(r))
		leave(r);
}

static const struct role_ops ops = {.kind = ROLE_LEDGER,
    .state_size = sizeof(struct state),
    .open = ledger_role_open,
    .reloaded = ledger_role_reloaded,
    .message = ledger_role_message,
    .control = ledger_role_control,
    .control_lost = ledger_role_control_lost,
    .peer_lost = ledger_role_peer_lost,
    .drain = ledger_role_drain};

int
main(int argc, char **argv)
{
	return role_main(&ops, argc, argv);
}
