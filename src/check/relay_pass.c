/* relay_pass.c - the pairs of the battery, some a session, a few sessions at a
 * time, by one way in after the other; then once more those that were told
 * "not now". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/relay_priv.h"

#define SESSION_MS 240000
/* Through TLS a server is the same one: what nmap tries suffices. */
#define TLS_PAIRS RELAY_NMAP_PAIRS

static void pump(struct relay_server *s);
static void pass_begin(struct relay_server *s);
static void pass_end(struct relay_server *s);

static struct relay_pass *
pass_of(struct relay_server *s)
{
	return &s->passes[s->pass_at];
}

/* What a user may: another's address as sender. */
static bool
is_of_user(const struct relay_server *s, const struct relay_pair *p)
{
	if (strcmp(p->name, "plain") == 0)
		return !slice_eq_nocase(s->facts.outside, s->rc->o.user);
	return strcmp(p->name, "sender-postmaster") == 0;
}

/* Did it want TLS first of those who come from there? */
static bool
wants_tls_first(const struct relay_server *s, const struct relay_pass *p)
{
	for (const struct relay_pass *v = s->passes; v < p; v++)
		if (v->void_ && ip_eq(&v->source, &p->source))
			return true;
	return false;
}

static bool
is_asked(struct relay_server *s, const struct relay_pass *p, size_t i)
{
	size_t n;
	const struct relay_pair *v = relay_pairs(&n);
	struct buf b;
	buf_init(&b, 4096);
	bool is = relay_pair_from(&v[i], &s->facts, &b) &&
		  relay_pair_to(&v[i], &s->facts, &b);
	buf_free(&b);
	if (p->user)
		return is && is_of_user(s, &v[i]);
	if (p->tls == PROBE_TLS_ONLY && !wants_tls_first(s, p))
		return is && p->source.family == 0 && i < TLS_PAIRS;
	return is;
}

/* ---- the end of a pass ---- */

static void
set_pending(struct relay_pass *p, enum relay_state to, enum relay_class class)
{
	size_t n;
	(void)relay_pairs(&n);
	for (size_t i = 0; i < n; i++) {
		if (p->tries[i].state != TRY_PENDING)
			continue;
		p->tries[i].state = to;
		p->tries[i].class = class;
	}
}

static void
on_wait(void *arg)
{
	struct relay_server *s = arg;
	uint64_t now = loop_now_ms(s->rc->c->loop);
	s->waiting = false;
	s->pass_at = 0;
	timer_start(
	    &s->limit, s->pairs_until_ms > now ? s->pairs_until_ms - now : 0);
	pass_begin(s);
}

static size_t
retry_greylisted(struct relay_server *s)
{
	size_t n, again = 0;
	(void)relay_pairs(&n);
	for (size_t k = 0; k < s->pass_n; k++)
		for (size_t i = 0; i < n; i++) {
			struct relay_pass *p = &s->passes[k];
			struct relay_try *t = &p->tries[i];
			if (p->cut || p->void_ || t->state != TRY_ANSWERED ||
			    t->class != RELAY_GREYLISTED)
				continue;
			t->state = TRY_PENDING;
			t->again = true;
			t->broken = 0;
			again++;
		}
	return again;
}

/* The wait is not of the time that the check is given. */
static void
wait_for_greylisting(struct relay_server *s)
{
	struct relay_check *rc = s->rc;
	s->retried = s->waiting = true;
	s->pairs_until_ms += rc->o.greylist_wait_ms;
	s->over_until_ms += rc->o.greylist_wait_ms;
	s->wait_until_ms = loop_now_ms(rc->c->loop) + rc->o.greylist_wait_ms;
	timer_stop(&s->limit);
	timer_init(&s->wait, rc->c->loop, on_wait, s);
	timer_start(&s->wait, rc->o.greylist_wait_ms);
}

static void
on_control(void *arg, const struct probe_result *r)
{
	struct relay_server *s = arg;
	struct relay_pass *p = pass_of(s);
	s->sessions[0].probe = NULL;
	relay_control_judge(p, r);
	relay_tell_session(s, p, r, false);
	pass_end(s);
}

static void
pass_end(struct relay_server *s)
{
	struct relay_pass *p = pass_of(s);
	if (s->late) {
		for (size_t i = 0; i < s->pass_n; i++)
			set_pending(&s->passes[i], TRY_LEFT, RELAY_UNKNOWN);
		relay_deliver(s);
		return;
	}
	if (relay_control_wanted(p)) {
		s->sessions[0].probe = relay_control_begin(s, p, on_control, s);
		if (s->sessions[0].probe != NULL)
			return;
	}
	s->pass_at++;
	if (s->pass_at < s->pass_n)
		pass_begin(s);
	else if (!s->retried && retry_greylisted(s) > 0)
		wait_for_greylisting(s);
	else
		relay_deliver(s);
}

/* ---- a session ---- */

bool
relay_try_from(const struct relay_server *s, const struct relay_try *t,
    const struct relay_pair *pair, struct buf *out)
{
	if (!t->stand_in)
		return relay_pair_from(pair, &s->facts, out);
	buf_add_str(out, "MAIL FROM:<>");
	return true;
}

/* The sender was refused for what it is. Where the recipient is what the pair
 * tries, the null sender stands in for it. true: to be asked again. */
static bool
stand_in(struct relay_pass *p, struct relay_try *t,
    const struct relay_pair *pair, const struct probe_reply *m,
    const struct probe_reply *r)
{
	bool at_mail = m->code / 100 != 2;
	const struct probe_reply *said = at_mail ? m : r;
	if (p->user || t->stand_in ||
	    !relay_is_about_sender(said->code, said->text, at_mail))
		return false;
	p->outside_refused |= strstr(pair->from, "{O}") != NULL;
	if (relay_pair_is_of_sender(pair))
		return false;
	t->stand_in = true;
	t->broken = 0;
	return true;
}

static void
keep(struct relay_server *s, size_t pair, const struct probe_reply *m,
    const struct probe_reply *r)
{
	struct relay_pass *p = pass_of(s);
	struct relay_try *t = &p->tries[pair];
	bool sender = m->code / 100 != 2;
	struct slice text = sender ? m->text : r->text;
	size_t n;
	if (stand_in(p, t, &relay_pairs(&n)[pair], m, r))
		return;
	t->state = TRY_ANSWERED;
	t->mail = m->code;
	t->rcpt = r->came ? r->code : 0;
	t->class = relay_classify(m->code, m->text, t->rcpt, r->text);
	t->of_relaying = relay_is_about_relaying(text);
	/* a sender that nobody may use lets nobody relay */
	if (!p->user && relay_pair_is_of_sender(&relay_pairs(&n)[pair]) &&
	    relay_is_about_sender(sender ? m->code : t->rcpt, text, sender))
		t->class = RELAY_CLOSED;
	snprintf(t->reply, sizeof(t->reply), "%.*s",
	    SLICE_ARG(slice_to(text, slice_find(text, '\n'))));
	p->reached |= !sender && r->came;
	if (relay_wants_tls(sender ? m->code : r->code, text) && !s->retried)
		p->void_ = s->starttls && p->tls == PROBE_TLS_NEVER;
	if (p->void_)
		set_pending(p, TRY_NONE, RELAY_CLOSED);
}

static bool
is_answered(
    const struct probe_reply *m, const struct probe_reply *r, bool first)
{
	if (!m->came || (m->code / 100 == 2 && !r->came))
		return false;
	return first || (!relay_had_enough(m->code, m->text) &&
			    !relay_had_enough(r->code, r->text));
}

/* false: nothing was learnt. */
static bool
keep_all(struct relay_session *x, const struct probe_result *r, bool *taken)
{
	struct relay_server *s = x->s;
	struct relay_pass *p = pass_of(s);
	bool broke = false, any = false;
	for (size_t i = 0; i < x->n; i++) {
		struct relay_try *t = &p->tries[x->pair[i]];
		const struct probe_reply *m = &r->steps[3 * i];
		t->state = TRY_PENDING;
		if (!broke && is_answered(m, m + 1, i == 0)) {
			keep(s, x->pair[i], m, m + 1);
			*taken |= t->class == RELAY_MAY;
			any = true;
		} else if (!broke && !s->late) {
			broke = true;
			if (r->stage[PROBE_FROM].reached && ++t->broken == 2) {
				t->state = TRY_ANSWERED;
				t->class = RELAY_UNKNOWN;
				any = true;
			}
		}
	}
	return any;
}

/* A session that brought nothing beside others was one too many. */
static void
count_failure(
    struct relay_server *s, struct relay_pass *p, const struct probe_result *r)
{
	/* A wrong password, said again, locks the account; a certificate that
	 * does not hold is the same the next time. */
	bool login = p->user && (strncmp(r->cause, "auth.", 5) == 0 ||
				    strncmp(r->cause, "tls.cert-", 9) == 0);
	if (s->late)
		return;
	if (s->width > 1 && !login) {
		s->width--;
		return;
	}
	memcpy(p->cause, r->cause, sizeof(p->cause));
	memcpy(p->why, r->why, sizeof(p->why));
	if (++s->fails < RELAY_FAILS_MAX && !login)
		return;
	p->cut = true;
	set_pending(p, TRY_LEFT, RELAY_UNKNOWN);
}

static void
on_session(void *arg, const struct probe_result *r)
{
	struct relay_session *x = arg;
	struct relay_server *s = x->s;
	struct relay_pass *p = pass_of(s);
	bool taken = false;
	x->probe = NULL;
	if (keep_all(x, r, &taken))
		s->fails = 0;
	else
		count_failure(s, p, r);
	if (p->cut)
		set_pending(p, TRY_LEFT, RELAY_UNKNOWN);
	if (p->void_)
		set_pending(p, TRY_NONE, RELAY_CLOSED);
	relay_tell_session(s, p, r, taken);
	pump(s);
}

/* As many as leave work for each session. */
static size_t
share(const struct relay_server *s, const struct relay_pass *p)
{
	size_t n, pending = 0;
	(void)relay_pairs(&n);
	for (size_t i = 0; i < n; i++)
		pending += p->tries[i].state == TRY_PENDING;
	size_t each = (pending + s->width - 1) / s->width;
	if (each < RELAY_BATCH / 2)
		each = RELAY_BATCH / 2;
	return each < RELAY_BATCH ? each : RELAY_BATCH;
}

/* The steps of as many pairs as a session takes; their lines in text. */
static size_t
plan(struct relay_session *x, struct probe_step *steps, struct buf *text)
{
	struct relay_server *s = x->s;
	struct relay_pass *p = pass_of(s);
	size_t n, max = share(s, p), steps_n = 0;
	const struct relay_pair *v = relay_pairs(&n);
	x->n = 0;
	for (size_t i = 0; i < n && x->n < max; i++) {
		struct buf *b = &text[2 * x->n];
		if (p->tries[i].state != TRY_PENDING)
			continue;
		buf_init(b, 4096);
		buf_init(b + 1, 4096);
		if (!relay_try_from(s, &p->tries[i], &v[i], b) ||
		    !relay_pair_to(&v[i], &s->facts, b + 1))
			continue; /* is_asked saw to it */
		steps[steps_n++] =
		    (struct probe_step){.line = buf_slice(b), .skip = 1};
		steps[steps_n++] =
		    (struct probe_step){.line = buf_slice(b + 1)};
		steps[steps_n++] = (struct probe_step){.line = SLICE("RSET")};
		p->tries[i].state = TRY_UNDER_WAY;
		x->pair[x->n++] = i;
	}
	return steps_n;
}

static bool
session_begin(struct relay_session *x)
{
	struct relay_server *s = x->s;
	struct relay_check *rc = s->rc;
	struct relay_pass *p = pass_of(s);
	struct probe_step steps[3 * RELAY_BATCH];
	struct buf text[2 * RELAY_BATCH];
	struct probe_opts o = {.host = slice_str(s->name),
	    .tls = p->tls,
	    .steps = steps,
	    .total_ms = SESSION_MS,
	    .source = p->source};
	o.step_n = plan(x, steps, text);
	if (p->user) {
		o.user = rc->o.user;
		o.password = rc->o.password;
	}
	if (x->n > 0) {
		check_route(rc->c, o.host, rc->port, &s->ip, &o.to);
		x->probe = probe_start(rc->c, &o, on_session, x);
	}
	for (size_t i = 0; i < 2 * x->n; i++)
		buf_free(&text[i]);
	return x->n > 0;
}

static void
pump(struct relay_server *s)
{
	bool busy = false;
	for (size_t i = 0; i < RELAY_SESSIONS; i++) {
		struct relay_session *x = &s->sessions[i];
		x->s = s;
		if (x->probe == NULL && i < s->width && !s->late &&
		    session_begin(x) && x->probe == NULL)
			abort(); /* as check_dns_ask */
		busy |= x->probe != NULL;
	}
	if (!busy)
		pass_end(s);
}

static void
ask_all(struct relay_server *s, struct relay_pass *p)
{
	size_t n;
	(void)relay_pairs(&n);
	for (size_t i = 0; i < n; i++)
		if (p->tries[i].state == TRY_NONE && is_asked(s, p, i))
			p->tries[i].state = TRY_PENDING;
}

static void
pass_begin(struct relay_server *s)
{
	struct relay_pass *p = pass_of(s);
	s->fails = 0;
	if (p->tls == PROBE_TLS_ONLY && !s->retried && wants_tls_first(s, p))
		ask_all(s, p);
	pump(s);
}

void
relay_passes_begin(struct relay_server *s)
{
	s->pass_at = 0;
	for (size_t i = 0; i < s->pass_n; i++)
		ask_all(s, &s->passes[i]);
	pass_begin(s);
}

void
relay_passes_late(struct relay_server *s)
{
	for (size_t i = 0; i < RELAY_SESSIONS; i++)
		probe_end(s->sessions[i].probe);
}
