/* session_gate.c - may a client go on, being who it is? Where the machine asks
 * (connect, HELO, MAIL, commit) a session goes through steps, each of which
 * passes, refuses, or waits for a lookup, a list or a table. Whatever comes
 * calls gate_go, and the steps go on where they stood.
 *
 * Policy decides (reverse_judge, relay_claim_*, device_*); here it is only
 * asked, recorded and answered. */
#include "role/smtpd/gate.h"

#include <string.h>

#include "base/pack.h"

/* Lookups without a message: each may be twenty questions to whom a client
 * likes to annoy. */
#define LOOKS_MAX 64u

static const struct smtp_verdict allow = {.kind = SMTP_SRV_ALLOW};

static const struct smtp_verdict too_many = {.kind = SMTP_SRV_REFUSE,
    .code = 421,
    .enhanced = {(const uint8_t *)"4.7.0", 5},
    .cause = {(const uint8_t *)"limit.rate", 10},
    .text = {(const uint8_t *)"Too many names were looked up without a "
			      "message, closing the session",
	68},
    .close = true};

/* ---- what was decided, for the record ---- */

void
gate_where(const struct conf *c, const void *field, struct buf *out)
{
	struct conf_pos pos;
	bool known = field != NULL && conf_where(c, field, &pos);
	if (!known && c->reverse_lookup.preset != CONF_PRESET_NONE &&
	    (const char *)field >= (const char *)&c->reverse_lookup &&
	    (const char *)field < (const char *)(&c->reverse_lookup + 1))
		known = conf_where(c, &c->reverse_lookup.preset, &pos);
	if (known)
		buf_printf(out, "%s:%u", pos.file, pos.line);
	else
		buf_add_str(out, "default");
}

void
gate_record(struct session *s, const char *stage, const struct finding *f,
    struct slice verdict, struct slice list, struct slice evidence)
{
	/* A cause is what was held against a client. */
	bool counts = !slice_eq(verdict, SLICE("off")) &&
		      !slice_eq(verdict, SLICE("exempt")) &&
		      !slice_eq(verdict, SLICE("authenticated"));
	struct buf where;
	buf_init(&where, 512);
	gate_where(s->gen->conf, f->field, &where);
	struct record_decision d = {.stage = slice_str(stage),
	    .rule = slice_str(f->rule),
	    .config = buf_slice(&where),
	    .list = list,
	    .evidence = evidence,
	    .verdict = verdict,
	    .cause = counts ? slice_str(f->cause) : SLICE_EMPTY};
	record_decision(&s->record, &d);
	buf_free(&where);
}

/* What a refused command said is as if it had never been said. */
static void
leave(struct session *s)
{
	if (s->gate.at == GATE_HELO)
		look_restore_helo(s);
	s->gate.at = GATE_OPEN;
}

enum gate_step
gate_refuse(struct session *s, const struct finding *f)
{
	struct smtp_verdict v = {.kind = SMTP_SRV_REFUSE,
	    .code = f->code,
	    .enhanced = slice_str(f->enhanced),
	    .cause = slice_str(f->cause),
	    .text = slice_str(f->text),
	    .close = f->close};
	leave(s);
	session_answer(s, &v);
	return GATE_REFUSED;
}

enum gate_step
gate_fail(struct session *s)
{
	leave(s);
	session_refuse(s, 451, "4.3.0", "local.io-error",
	    "Temporary problem here, please try again later");
	return GATE_REFUSED;
}

static const char *
stage_name(enum gate_at at)
{
	switch (at) {
	case GATE_CONNECT:
		return "connect";
	case GATE_HELO:
		return "helo";
	case GATE_MAIL:
		return "mail";
	case GATE_COMMIT:
		return "data";
	case GATE_OPEN:
		break;
	}
	return "";
}

enum gate_step
gate_findings(
    struct session *s, const struct finding *v, size_t n, struct slice evidence)
{
	for (size_t i = 0; i < n; i++) {
		gate_record(s, stage_name(s->gate.at), &v[i],
		    slice_str(conf_action_name(v[i].action)), SLICE_EMPTY,
		    evidence);
		if (finding_refuses(&v[i]))
			return gate_refuse(s, &v[i]);
	}
	return GATE_PASSED;
}

/* ---- lookups ---- */

static bool
ask_exempt(struct session *s, enum reverse_kind kind)
{
	struct ipc_msg m = {.type = IPC_exempt_ask, .fd = -1};
	const struct reverse_result *ptr = look_result(s, REVERSE_PTR);
	const struct reverse_result *helo = look_result(s, REVERSE_HELO);
	const struct reverse_result *mail = look_result(s, REVERSE_MAIL);
	m.exempt_ask.ask = s->id;
	m.exempt_ask.list = (uint8_t)kind;
	m.exempt_ask.client = s->peer.ip;
	if (ptr != NULL)
		m.exempt_ask.host1 = ptr->confirmed;
	if (helo != NULL && helo->matched)
		m.exempt_ask.host2 = helo->name;
	if (kind == REVERSE_MAIL && mail != NULL)
		m.exempt_ask.domain = mail->name;
	if (!role_send(role_peer(s->d->role, ROLE_LOOKUP, 0), &m))
		return false;
	s->gate.exempt_of = kind;
	s->looked[kind].exempt = EXEMPT_ASKED;
	return true;
}

void
gate_exempt(struct smtpd *d, const struct ipc_exempt_answer *a)
{
	struct session *s = session_find(d, a->ask);
	if (s == NULL)
		return;
	struct looked *k = &s->looked[s->gate.exempt_of];
	if (k->exempt != EXEMPT_ASKED)
		return;
	k->exempt = a->exempt ? EXEMPT_YES : EXEMPT_NO;
	buf_free(&s->gate.list);
	buf_add(&s->gate.list, a->where);
	gate_go(s);
}

/* What happens to a finding, in the word of the record. */
static const char *
fate(const struct finding *f, const struct looked *k, bool authenticated)
{
	if (f->action == CONF_ACTION_OFF)
		return "off";
	if (k->exempt == EXEMPT_YES)
		return "exempt";
	if (authenticated)
		return "authenticated";
	return conf_action_name(f->action);
}

static enum gate_step
apply(struct session *s, enum reverse_kind kind, const struct finding *v,
    size_t n, bool authenticated)
{
	struct looked *k = &s->looked[kind];
	const struct reverse_result *r = look_result(s, kind);
	const struct finding *refusal = NULL;
	bool recorded = k->recorded;
	for (size_t i = 0; i < n && refusal == NULL; i++) {
		const char *word = fate(&v[i], k, authenticated);
		if (!recorded)
			gate_record(s, stage_name(s->gate.at), &v[i],
			    slice_str(word),
			    k->exempt == EXEMPT_YES ? buf_slice(&s->gate.list)
						    : SLICE_EMPTY,
			    r->evidence);
		k->recorded = true;
		if (finding_refuses(&v[i]) && k->exempt != EXEMPT_YES &&
		    !authenticated)
			refusal = &v[i];
	}
	return refusal == NULL ? GATE_PASSED : gate_refuse(s, refusal);
}

/* Is one of them acted on as strongly as that? */
static bool
any_acts(const struct finding *v, size_t n, enum conf_action least)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].action >= least)
			return true;
	return false;
}

/* A host in a list counts by the client's names, so they must be known. */
static bool
names_outstanding(const struct session *s, enum reverse_kind kind)
{
	return s->looked[REVERSE_PTR].state == LOOK_ASKED ||
	       (kind != REVERSE_HELO &&
		   s->looked[REVERSE_HELO].state == LOOK_ASKED);
}

static enum gate_step
judge(struct session *s, enum reverse_kind kind)
{
	const struct conf *c = s->gen->conf;
	const struct conf_reverse_lookup *rules = &c->reverse_lookup;
	struct looked *k = &s->looked[kind];
	struct finding v[REVERSE_SAID_MAX];
	if (!s->profile->lookups || s->spared)
		return GATE_PASSED;
	if (k->state == LOOK_ASKED)
		return GATE_WAITS;
	const struct reverse_result *r = look_result(s, kind);
	if (r == NULL || !reverse_wanted(rules, kind))
		return GATE_PASSED;
	size_t n = reverse_judge(rules, r, v);
	/* Before the greeting there is only hanging up; the rest is said at
	 * MAIL, when a list may know the HELO name too. */
	if (s->gate.at == GATE_CONNECT && !any_acts(v, n, CONF_ACTION_CLOSE))
		return GATE_PASSED;
	if (c->exempts[kind] != NULL && k->exempt < EXEMPT_NO &&
	    any_acts(v, n, CONF_ACTION_NOTE)) {
		if (names_outstanding(s, kind) || k->exempt == EXEMPT_ASKED)
			return GATE_WAITS;
		return ask_exempt(s, kind) ? GATE_WAITS : gate_fail(s);
	}
	return apply(s, kind, v, n,
	    reverse_exempts_authenticated(rules, kind) &&
		smtp_server_is_authenticated(&s->machine));
}

/* Whom we trust by name is known only with the name. */
static enum gate_step
await_name(struct session *s)
{
	return !s->spared && s->profile->listen->trusted.name_n > 0 &&
		       s->looked[REVERSE_PTR].state == LOOK_ASKED
		   ? GATE_WAITS
		   : GATE_PASSED;
}

static enum gate_step
judge_ptr(struct session *s)
{
	return judge(s, REVERSE_PTR);
}

static enum gate_step
judge_helo(struct session *s)
{
	return judge(s, REVERSE_HELO);
}

static enum gate_step
judge_mail(struct session *s)
{
	return judge(s, REVERSE_MAIL);
}

/* ---- the ways through ---- */

typedef enum gate_step gate_fn(struct session *s);

static gate_fn *const at_connect[] = {await_name, judge_ptr, NULL};
static gate_fn *const at_helo[] = {await_name, judge_helo, NULL};
static gate_fn *const at_mail[] = {gate_may_mail, gate_device_mail, await_name,
    judge_ptr, judge_helo, judge_mail, gate_trust, gate_sender,
    gate_device_rate, NULL};
static gate_fn *const at_commit[] = {gate_author, gate_test, NULL};

static gate_fn *const *const ways[] = {[GATE_CONNECT] = at_connect,
    [GATE_HELO] = at_helo,
    [GATE_MAIL] = at_mail,
    [GATE_COMMIT] = at_commit};

static void
passed(struct session *s, enum gate_at at)
{
	s->gate.at = GATE_OPEN;
	s->waiting = WAIT_NOTHING;
	if (at == GATE_COMMIT)
		body_commit_judged(s);
	else
		session_answer(s, &allow);
}

/* A verdict may end the session, so the machine goes on only when nothing here
 * needs it any more. */
void
gate_go(struct session *s)
{
	struct gate *g = &s->gate;
	enum gate_at at = g->at;
	bool pumping = s->pumping;
	if (at == GATE_OPEN || g->running)
		return;
	g->running = s->pumping = true;
	enum gate_step step = GATE_PASSED;
	while (step == GATE_PASSED && ways[at][g->step] != NULL) {
		step = ways[at][g->step](s);
		if (step == GATE_PASSED)
			g->step++;
	}
	g->running = false;
	if (step == GATE_PASSED)
		passed(s, at);
	else if (step == GATE_WAITS)
		s->waiting = WAIT_GATE;
	s->pumping = pumping;
	if (step != GATE_WAITS)
		session_pump(s);
}

static void
begin(struct session *s, enum gate_at at)
{
	s->gate.at = at;
	s->gate.step = 0;
	s->waiting = WAIT_GATE;
	gate_go(s);
}

void
gate_connect(struct session *s)
{
	begin(s, GATE_CONNECT);
}

/* true: the client was told, and is sent away. */
static bool
looked_too_often(struct session *s)
{
	s->gate.at = GATE_OPEN;
	if (s->looks <= LOOKS_MAX)
		return false;
	session_answer(s, &too_many);
	return true;
}

void
gate_helo(struct session *s, struct slice name)
{
	const struct conf_reverse_lookup *rules = &s->gen->conf->reverse_lookup;
	if (looked_too_often(s))
		return;
	bool judged = reverse_refuses(rules, REVERSE_HELO) &&
		      !reverse_exempts_authenticated(rules, REVERSE_HELO);
	if (judged)
		look_keep_helo(s);
	/* Its answer also tells whether the name may stand in a list. */
	if (!s->spared)
		look_helo(s, name);
	if (judged)
		begin(s, GATE_HELO);
	else
		session_answer(s, &allow);
}

void
gate_mail(struct session *s, const struct smtp_mail *mail)
{
	const struct conf_reverse_lookup *rules = &s->gen->conf->reverse_lookup;
	if (looked_too_often(s))
		return;
	s->gate.claim_asked = s->gate.claim_known = false;
	s->gate.device_asked = s->gate.device_known = false;
	if (s->looked[REVERSE_HELO].state == LOOK_LATE)
		look_begin(s, REVERSE_HELO, smtp_server_helo(&s->machine));
	if (s->profile->lookups && !s->spared &&
	    reverse_wanted(rules, REVERSE_MAIL))
		look_begin(s, REVERSE_MAIL, mail->from.domain);
	begin(s, GATE_MAIL);
}

void
gate_commit(struct session *s)
{
	s->gate.claim_asked = s->gate.claim_known = false;
	s->gate.authors_read = false;
	begin(s, GATE_COMMIT);
}

void
gate_lookup_lost(struct session *s)
{
	if (s->waiting != WAIT_GATE)
		return;
	bool exempt = s->looked[s->gate.exempt_of].exempt == EXEMPT_ASKED;
	bool claim = s->gate.claim_asked && !s->gate.claim_known;
	bool device = s->gate.device_asked && !s->gate.device_known;
	if (exempt)
		s->looked[s->gate.exempt_of].exempt = EXEMPT_NOT_ASKED;
	if (exempt || claim || device || test_lookup_lost(s))
		(void)gate_fail(s);
}

void
gate_free(struct session *s)
{
	struct buf *bufs[] = {&s->gate.authors, &s->gate.list};
	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		buf_free(bufs[i]);
	for (unsigned k = 0; k < REVERSE_KINDS; k++)
		look_forget(s, (enum reverse_kind)k);
	look_keep_helo(s); /* drops what was kept */
}
