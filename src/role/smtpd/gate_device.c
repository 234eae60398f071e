/* gate_device.c - what copiers and printers may do on their listener. */
#include "os/log.h"
#include "role/smtpd/gate.h"

#include <stdio.h>

static struct device_facts
facts_of(const struct session *s)
{
	static const char *const names[] = {
	    "TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3"};
	struct device_facts f = {.tls = s->tls != NULL,
	    .authenticated = smtp_server_is_authenticated(&s->machine),
	    .user = buf_slice(&s->user)};
	for (unsigned v = CONF_TLS_1_0; f.tls && v <= CONF_TLS_1_3; v++)
		if (slice_eq(slice_str(s->tls->version), slice_str(names[v])))
			f.version = (enum conf_tls_version)v;
	return f;
}

/* Role lookup counts for all workers. */
static bool
tell_lookup(struct session *s, bool breach)
{
	struct ipc_msg m = {.type = IPC_device_ask, .fd = -1};
	m.device_ask.ask = s->id;
	m.device_ask.breach = breach;
	m.device_ask.device = s->device->name;
	return role_send(role_peer(s->d->role, ROLE_LOOKUP, 0), &m);
}

static void
record(struct session *s, const char *stage, const struct finding *f)
{
	char device[160];
	(void)snprintf(device, sizeof(device), "device \"%.*s\"",
	    SLICE_ARG(slice_to(s->device->name, 140)));
	gate_record(s, stage, f, slice_str(conf_action_name(f->action)),
	    SLICE_EMPTY, slice_str(device));
}

static enum gate_step
may_send_as(struct session *s, const char *stage, struct slice from)
{
	struct finding f = {0};
	struct device_facts facts = facts_of(s);
	enum device_say say =
	    device_mail(s->gen->conf, s->device, &facts, from, &f);
	if (say == DEVICE_ALLOWED)
		return GATE_PASSED;
	if (say == DEVICE_BREACH)
		(void)tell_lookup(s, true);
	record(s, stage, &f);
	return gate_refuse(s, &f);
}

enum gate_step
gate_device_mail(struct session *s)
{
	if (s->device == NULL)
		return GATE_PASSED;
	return may_send_as(s, "mail", buf_slice(&s->sender));
}

enum gate_step
gate_device_author(struct session *s, struct slice author)
{
	return may_send_as(s, "data", author);
}

enum gate_step
gate_device_rate(struct session *s)
{
	struct gate *g = &s->gate;
	if (s->device == NULL)
		return GATE_PASSED;
	if (!g->device_asked) {
		g->device_asked = true;
		return tell_lookup(s, false) ? GATE_WAITS : gate_fail(s);
	}
	if (!g->device_known)
		return GATE_WAITS;
	if (g->device.rule == NULL)
		return GATE_PASSED;
	record(s, "mail", &g->device);
	return gate_refuse(s, &g->device);
}

bool
device_may_rcpt(
    struct session *s, struct slice to, bool ours, struct relay_verdict *v)
{
	struct finding f = {0};
	enum device_say say =
	    device_rcpt(s->gen->conf, s->device, to, ours, &f);
	if (say == DEVICE_ALLOWED)
		return true;
	if (say == DEVICE_BREACH)
		(void)tell_lookup(s, true);
	*v = (struct relay_verdict){.code = f.code,
	    .enhanced = f.enhanced,
	    .rule = f.rule,
	    .close = f.close,
	    .field = f.field};
	(void)diag_set(&v->why, ERR_DENIED, f.cause, "%s", f.text);
	return false;
}

/* ---- what lookup counted ---- */

static void
report_stopped(struct session *s)
{
	struct buf text;
	const struct conf_device *d = s->device;
	char ip[IP_TEXT_MAX];
	ip_text(&s->peer.ip, ip);
	buf_init(&text, 4096);
	buf_printf(&text,
	    "The device \"%.*s\" at %s has left its pattern %u times within "
	    "an hour and is stopped for an hour: nothing is taken from it.\r\n"
	    "\r\n"
	    "What it tried: kurir why %s\r\n"
	    "What it may do: the section device \"%.*s\" of the configuration."
	    "\r\n\r\n"
	    "If somebody has changed its settings, mend them, or the section. "
	    "If not, look at the device: somebody may be using it.\r\n",
	    SLICE_ARG(d->name), ip, DEVICE_BREACHES, s->id_text,
	    SLICE_ARG(d->name));
	log_line(LOG_WARNING, "device-stopped", "device=\"%.*s\" session=%s",
	    SLICE_ARG(d->name), s->id_text);
	alarm_report(s->d, SLICE("A device was stopped"), buf_slice(&text));
	buf_free(&text);
}

void
gate_device(struct smtpd *d, const struct ipc_device_answer *a)
{
	struct session *s = session_find(d, a->ask);
	if (s == NULL || s->device == NULL)
		return;
	struct gate *g = &s->gate;
	if (a->stopped)
		report_stopped(s);
	if (a->breach || !g->device_asked || g->device_known)
		return;
	g->device_known = true;
	g->device = (struct finding){0};
	if (a->say != DEVICE_ALLOWED) {
		finding_act(&g->device, CONF_ACTION_DEFER, 450, "4.7.1");
		g->device.cause = (const char *)ask_cause(a->cause).p;
		g->device.rule = slice_eq(a->cause, SLICE("limit.rate"))
				     ? "device.rate"
				     : "device";
		g->device.field = &s->device->rate;
		finding_say(&g->device, "%.*s", SLICE_ARG(a->text));
	}
	gate_go(s);
}
