/* session_ask.c - what a session asks of lookup and auth, and the answers. */
#include "base/pack.h"
#include "os/log.h"
#include "role/smtpd/gate.h"

#define TEMPORARY "Temporary problem here, please try again later"

static const struct smtp_verdict allow = {.kind = SMTP_SRV_ALLOW};

/* The machine wants causes that outlive the call: those of the table do. */
struct slice
ask_cause(struct slice code)
{
	const struct cause *c = cause_find(CAUSE_EN, code);
	return c == NULL ? SLICE_EMPTY : slice_str(c->code);
}

void
ask_refuse(struct session *s, const struct relay_verdict *v)
{
	struct smtp_verdict out = {.kind = SMTP_SRV_REFUSE,
	    .code = v->code,
	    .enhanced = slice_str(v->enhanced),
	    .cause = ask_cause(slice_str(v->why.cause)),
	    .text = slice_str(v->why.text),
	    .close = v->close};
	session_answer(s, &out);
}

struct relay_client
ask_client(const struct session *s)
{
	return (struct relay_client){.role = s->profile->listen->role,
	    .auth = s->profile->listen->auth,
	    .authenticated = smtp_server_is_authenticated(&s->machine),
	    .trusted = s->trusted,
	    .trust_unknown = look_trust_unknown(s)};
}

void
ask_mail(struct session *s, const struct smtp_mail *mail)
{
	transaction_reset(s);
	trace_room(s);
	s->mail_seen = true;
	buf_add_smtp_address(&s->sender, &mail->from);
	record_mail(&s->record, buf_slice(&s->sender));
	if (buf_err(&s->sender) != ERR_OK)
		session_refuse(s, 451, "4.3.0", "local.io-error", TEMPORARY);
	else
		gate_mail(s, mail);
}

/* ---- recipients ---- */

static bool
may_skip_verification(const struct session *s)
{
	return s->trusted || smtp_server_is_authenticated(&s->machine);
}

/* Note the recipient's final addresses; false: no more room. */
static bool
keep_recipient(struct session *s, struct slice targets)
{
	struct slice original = buf_slice(&s->rcpt_asked), target;
	size_t before = s->rcpts.n;
	if (targets.n == 0) {
		pack_add(&s->rcpts, original);
		pack_add(&s->rcpts, original);
	}
	while (pack_next(&targets, &target)) {
		pack_add(&s->rcpts, target);
		pack_add(&s->rcpts, original);
	}
	if (buf_err(&s->rcpts) != ERR_OK) {
		buf_clear(&s->rcpts);
		s->rcpts.n = before;
		return false;
	}
	buf_clear(&s->rcpt_only);
	if (smtp_server_recipients(&s->machine) == 0)
		buf_add(&s->rcpt_only, original);
	return true;
}

static void
judge_rcpt(const struct session *s, const struct relay_client *client,
    const struct relay_rcpt *rcpt, struct relay_verdict *v)
{
	relay_rcpt(client, &s->gen->conf->relay_control.recipient, rcpt, v);
}

static void
decide_rcpt(struct session *s, uint8_t dom_class, uint8_t exists,
    struct slice targets, struct slice cause, struct slice reason)
{
	struct relay_client client = ask_client(s);
	struct slice asked = buf_slice(&s->rcpt_asked);
	struct relay_rcpt rcpt = {.address = asked,
	    .local = slice_to(asked, slice_rfind(asked, '@')),
	    .domain = (enum relay_domain)dom_class,
	    .exists = (enum relay_exists)exists,
	    .cause = cause,
	    .reason = reason,
	    .accepted = smtp_server_recipients(&s->machine),
	    .max_recipients = s->gen->conf->limits.recipients};
	struct relay_verdict v;
	bool ours = dom_class != IPC_DOMAIN_FOREIGN;
	if (s->device == NULL) {
		judge_rcpt(s, &client, &rcpt, &v);
	} else if (device_may_rcpt(s, asked, ours, &v)) {
		/* Beyond our domains it may go where its section says. */
		client.trusted = !ours;
		judge_rcpt(s, &client, &rcpt, &v);
		if (v.allow && !ours)
			v.rule = "device.to";
	}
	s->foreign |= v.allow && !ours;
	trace_rcpt(s, rcpt.address, v.allow, &v);
	if (!v.allow) {
		ask_refuse(s, &v);
		return;
	}
	if (keep_recipient(s, targets))
		session_answer(s, &allow);
	else
		session_refuse(s, 452, "4.5.3", "limit.recipients",
		    "Too many recipients in one message");
}

void
ask_rcpt(struct session *s, const struct smtp_rcpt *rcpt)
{
	struct role *r = s->d->role;
	buf_clear(&s->rcpt_asked);
	buf_add_smtp_address(&s->rcpt_asked, &rcpt->to);
	buf_clear(&s->targets);
	if (buf_err(&s->rcpt_asked) != ERR_OK) {
		/* An address cut short must not be accepted for the whole. */
		session_refuse(s, 451, "4.3.0", "local.io-error", TEMPORARY);
		return;
	}
	if (test_rcpt(s))
		return;
	const struct known_rcpt *k =
	    known_find(s->d, buf_slice(&s->rcpt_asked));
	if (k != NULL) {
		decide_rcpt(s, k->dom_class, k->exists, buf_slice(&k->targets),
		    SLICE_EMPTY, SLICE_EMPTY);
		return;
	}
	struct ipc_msg m = {.type = IPC_rcpt_ask, .fd = -1};
	m.rcpt_ask.ask = s->id;
	m.rcpt_ask.flags = may_skip_verification(s) ? IPC_RCPT_NO_VERIFY : 0;
	m.rcpt_ask.local = rcpt->to.local;
	m.rcpt_ask.domain = rcpt->to.domain;
	s->waiting = WAIT_RCPT;
	if (!role_send(role_peer(r, ROLE_LOOKUP, 0), &m))
		session_refuse(s, 451, "4.3.0", "local.io-error", TEMPORARY);
}

void
rcpt_target(struct smtpd *d, const struct ipc_rcpt_target *t)
{
	struct session *s = session_find(d, t->ask);
	if (s != NULL && (s->waiting == WAIT_RCPT || s->waiting == WAIT_GATE))
		pack_add(&s->targets, t->address);
}

void
rcpt_answer(struct smtpd *d, const struct ipc_rcpt_answer *a)
{
	struct session *s = session_find(d, a->ask);
	if (s == NULL || (s->waiting != WAIT_RCPT && s->waiting != WAIT_GATE))
		return;
	if (a->cacheable && a->exists != IPC_EXISTS_UNKNOWN &&
	    buf_err(&s->targets) == ERR_OK)
		known_put(d, buf_slice(&s->rcpt_asked), a->dom_class, a->exists,
		    buf_slice(&s->targets));
	if (s->waiting == WAIT_GATE) {
		gate_claim(s, a->dom_class, a->exists);
		return;
	}
	s->waiting = WAIT_NOTHING;
	if (buf_err(&s->targets) != ERR_OK) {
		session_refuse(s, 452, "4.5.3", "limit.recipients",
		    "This recipient stands for too many addresses");
		return;
	}
	decide_rcpt(s, a->dom_class, a->exists, buf_slice(&s->targets),
	    a->cause, a->text);
}

/* ---- authentication ---- */

static void
auth_unreachable(struct session *s)
{
	session_refuse(s, 454, "4.7.0", "local.io-error",
	    "Temporary authentication failure, try again later");
}

void
ask_auth_start(struct session *s, const struct smtp_srv_action *a)
{
	struct ipc_msg m = {.type = IPC_auth_start, .fd = -1};
	m.auth_start.ask = s->id;
	m.auth_start.tls = s->tls != NULL;
	m.auth_start.has_initial = a->has_bytes;
	m.auth_start.client = s->peer.ip;
	m.auth_start.mechanism = a->mech;
	m.auth_start.initial = a->bytes;
	if (s->tls != NULL && s->tls->has_exporter)
		m.auth_start.binding =
		    slice_of(s->tls->exporter, sizeof(s->tls->exporter));
	s->waiting = WAIT_AUTH;
	if (!role_send(role_peer(s->d->role, ROLE_AUTH, 0), &m))
		auth_unreachable(s);
}

void
ask_auth_step(struct session *s, const struct smtp_srv_action *a)
{
	struct ipc_msg m = {.type = IPC_auth_step, .fd = -1};
	m.auth_step.ask = s->id;
	m.auth_step.data = a->bytes;
	s->waiting = WAIT_AUTH;
	if (!role_send(role_peer(s->d->role, ROLE_AUTH, 0), &m))
		auth_unreachable(s);
}

void
ask_auth_cancel(struct session *s)
{
	struct ipc_msg m = {.type = IPC_auth_cancel, .fd = -1};
	m.auth_cancel.ask = s->id;
	if (s->waiting == WAIT_AUTH)
		s->waiting = WAIT_NOTHING;
	/* A role that is gone has forgotten it anyway. */
	(void)role_send(role_peer(s->d->role, ROLE_AUTH, 0), &m);
}

void
auth_challenge(struct smtpd *d, const struct ipc_auth_challenge *c)
{
	struct session *s = session_find(d, c->ask);
	if (s == NULL || s->waiting != WAIT_AUTH)
		return;
	struct smtp_verdict v = {.kind = SMTP_SRV_CHALLENGE, .bytes = c->data};
	session_answer(s, &v);
}

void
auth_result(struct smtpd *d, const struct ipc_auth_result *r)
{
	struct session *s = session_find(d, r->ask);
	if (s == NULL || s->waiting != WAIT_AUTH)
		return;
	struct record_decision decision = {.stage = SLICE("auth"),
	    .rule = SLICE("accounts"),
	    .evidence = r->user,
	    .verdict = r->code == 235 ? SLICE("accept") : SLICE("reject"),
	    .cause = r->code == 235 ? SLICE_EMPTY : r->cause};
	record_decision(&s->record, &decision);
	if (r->code == 235) {
		buf_clear(&s->user);
		buf_add(&s->user, r->user);
		record_user(&s->record, r->user);
		session_answer(s, &allow);
		return;
	}
	struct smtp_verdict v = {.kind = SMTP_SRV_REFUSE,
	    .code = r->code,
	    .enhanced = r->enhanced,
	    .cause = ask_cause(r->cause),
	    .text = r->text,
	    .close = r->close != 0};
	session_answer(s, &v);
}

/* ---- a role went away ---- */

static void
fail_waiting(struct session *s, enum role_kind kind)
{
	if (kind == ROLE_LOOKUP && s->waiting == WAIT_RCPT)
		session_refuse(s, 451, "4.3.0", "local.io-error", TEMPORARY);
	else if (kind == ROLE_LOOKUP && s->waiting == WAIT_GATE)
		gate_lookup_lost(s);
	else if (kind == ROLE_AUTH && s->waiting == WAIT_AUTH)
		auth_unreachable(s);
	else if (kind == ROLE_RESOLVER)
		look_resolver_lost(s);
	else if (kind == ROLE_QUEUE && s->waiting == WAIT_SPOOL)
		body_lost(s);
	else if (kind == ROLE_QUEUE && s->waiting == WAIT_COMMIT) {
		/* It may or may not be on disk. 4xx: the client keeps its
		 * copy, at worst there is one message twice, never none. */
		commit_forget(s);
		session_refuse(s, 451, "4.3.0", "local.io-error", TEMPORARY);
	}
}

void
ask_peer_lost(struct smtpd *d, enum role_kind kind)
{
	LIST_FOREACH_SAFE (n, &d->sessions)
		fail_waiting(LIST_OWNER(n, struct session, node), kind);
}

/* The session ends with it: an answer that still comes carries the session's
 * id, and must not be taken for that to a later question. */
void
ask_overdue(struct session *s)
{
	static const struct smtp_verdict overdue = {.kind = SMTP_SRV_REFUSE,
	    .code = 421,
	    .enhanced = {(const uint8_t *)"4.3.0", 5},
	    .cause = {(const uint8_t *)"local.io-error", 14},
	    .text = {(const uint8_t *)TEMPORARY, sizeof(TEMPORARY) - 1},
	    .close = true};
	log_line(LOG_WARNING, "answer-overdue", "session=%s waiting=%d",
	    s->id_text, (int)s->waiting);
	if (s->waiting == WAIT_NAME) {
		look_resolver_lost(s);
	} else if (s->waiting == WAIT_SPOOL) {
		body_lost(s);
	} else {
		commit_forget(s);
		session_answer(s, &overdue);
	}
}
