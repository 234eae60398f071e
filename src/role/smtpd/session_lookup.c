/* session_lookup.c - the reverse lookups of a session: policy/reverse's
 * machines fed by the resolver, and what came out kept for others.
 *
 * A lookup begins as early as it can (PTR at accept, HELO at HELO, MAIL at
 * MAIL) and is waited for as late as it may. Its machine lives only while it
 * is under way. */
#include "role/smtpd/smtpd.h"

#include <stdlib.h>
#include <string.h>

/* One lookup under way. */
struct look {
	struct session *s;
	struct timer timer;
	uint64_t asks[REVERSE_QUESTIONS_MAX]; /* 0: nothing outstanding */
	struct reverse machine;
};

/* ---- one lookup ---- */

/* Nobody waits for the answer: it shall not take others' place. */
void
dns_withdraw(struct smtpd *d, struct map *asks, uint64_t ask)
{
	struct ipc_msg m = {.type = IPC_dns_cancel, .fd = -1};
	m.dns_cancel.ask = ask;
	map_remove_u64(asks, ask);
	(void)role_send(role_peer(d->role, ROLE_RESOLVER, 0), &m);
}

static void
look_free(struct look *l)
{
	if (l == NULL)
		return;
	timer_stop(&l->timer);
	for (size_t i = 0; i < REVERSE_QUESTIONS_MAX; i++)
		if (l->asks[i] != 0)
			dns_withdraw(l->s->d, &l->s->d->by_ask, l->asks[i]);
	free(l);
}

static void
forget(struct looked *k)
{
	look_free(k->under_way);
	found_unref(k->found);
	memset(k, 0, sizeof(*k));
}

void
look_forget(struct session *s, enum reverse_kind kind)
{
	forget(&s->looked[kind]);
}

void
look_keep_helo(struct session *s)
{
	struct looked *k = &s->looked[REVERSE_HELO];
	forget(&s->helo_before);
	if (k->state != LOOK_DONE)
		return;
	s->helo_before = *k;
	memset(k, 0, sizeof(*k));
}

void
look_restore_helo(struct session *s)
{
	struct looked *k = &s->looked[REVERSE_HELO];
	forget(k);
	*k = s->helo_before;
	memset(&s->helo_before, 0, sizeof(s->helo_before));
}

/* The client has a name, or it is known that it has none. */
static void
name_settled(struct session *s)
{
	struct slice ptr = look_ptr_name(s);
	if (ptr.n > 0)
		record_ptr(&s->record, ptr);
	if (!s->trusted && !s->trust_withdrawn && s->device == NULL &&
	    ptr.n > 0)
		s->trusted = relay_trust(&s->profile->listen->trusted,
		    &s->peer.ip, ptr, &s->trust_evidence);
	s->spared = s->spared || s->trusted;
}

static void
settle(struct session *s, enum reverse_kind kind, struct found *f)
{
	struct looked *k = &s->looked[kind];
	k->state = LOOK_DONE;
	k->found = f;
	if (kind == REVERSE_PTR)
		name_settled(s);
	if (kind == REVERSE_PTR && s->waiting == WAIT_NAME)
		body_begin_named(s); /* which may end the session */
	else
		gate_go(s);
}

static void
look_done(struct look *l)
{
	struct session *s = l->s;
	const struct reverse_result *r = reverse_result(&l->machine);
	enum reverse_kind kind = r->kind;
	struct found *f =
	    found_put(&s->d->found, r, loop_now_ms(s->d->role->loop));
	s->looked[kind].under_way = NULL;
	look_free(l);
	settle(s, kind, f);
}

/* Ask what the machine wants to know; false: it is done, and l gone. */
static bool
look_go(struct look *l)
{
	struct smtpd *d = l->s->d;
	struct chan *c = role_peer(d->role, ROLE_RESOLVER, 0);
	struct reverse_question q;
	bool asked = false;
	unsigned slot;
	while (reverse_next(&l->machine, &slot, &q)) {
		struct ipc_msg m = {.type = IPC_dns_ask, .fd = -1};
		m.dns_ask.ask = ++d->last_ask;
		m.dns_ask.qtype = q.type;
		m.dns_ask.name = q.name;
		if (map_put_u64(&d->by_ask, m.dns_ask.ask, l) == ERR_OK)
			l->asks[slot] = m.dns_ask.ask;
		if (l->asks[slot] != 0 && role_send(c, &m)) {
			asked = true;
			continue;
		}
		const struct reverse_answer none = {
		    .status = REVERSE_DNS_TEMPFAIL,
		    .text = SLICE("the resolver is not there")};
		map_remove_u64(&d->by_ask, l->asks[slot]);
		l->asks[slot] = 0;
		reverse_answer(&l->machine, slot, &none);
	}
	if (asked) /* a new round */
		timer_start(&l->timer, l->s->gen->conf->dns.timeout_ms);
	if (!reverse_done(&l->machine))
		return true;
	look_done(l);
	return false;
}

static void
look_give_up(struct look *l)
{
	do
		reverse_timeout(&l->machine);
	while (look_go(l) && !timer_active(&l->timer));
}

static void
on_patience(void *arg)
{
	look_give_up(arg);
}

void
look_begin(struct session *s, enum reverse_kind kind, struct slice name)
{
	struct smtpd *d = s->d;
	look_forget(s, kind);
	struct looked *k = &s->looked[kind];
	k->state = LOOK_ASKED;
	if (kind == REVERSE_PTR && ip_is_localhost(&s->peer.ip)) {
		settle(s, kind, NULL);
		return;
	}
	struct found *f = found_get(
	    &d->found, kind, &s->peer.ip, name, loop_now_ms(d->role->loop));
	if (f != NULL) {
		settle(s, kind, f);
		return;
	}
	s->looks++;
	struct look *l = malloc(sizeof(*l));
	if (l == NULL) {
		settle(s, kind, NULL);
		return;
	}
	l->s = s;
	memset(l->asks, 0, sizeof(l->asks));
	timer_init(&l->timer, d->role->loop, on_patience, l);
	k->under_way = l;
	reverse_begin(&l->machine, kind, &s->peer.ip, name);
	(void)look_go(l);
}

void
look_helo(struct session *s, struct slice name)
{
	struct looked *k = &s->looked[REVERSE_HELO];
	if (k->state == LOOK_LATE)
		return;
	if (k->under_way == NULL) {
		look_begin(s, REVERSE_HELO, name);
		return;
	}
	struct slice before = reverse_result(&k->under_way->machine)->name;
	if (slice_eq_nocase(before, name))
		return;
	look_forget(s, REVERSE_HELO);
	k->state = LOOK_LATE;
}

void
look_answer(struct smtpd *d, const struct ipc_dns_answer *a)
{
	struct look *l = map_remove_u64(&d->by_ask, a->ask);
	unsigned slot = 0;
	if (l == NULL)
		return;
	while (slot < REVERSE_QUESTIONS_MAX && l->asks[slot] != a->ask)
		slot++;
	if (slot == REVERSE_QUESTIONS_MAX)
		return;
	l->asks[slot] = 0;
	const struct reverse_answer answer = {
	    .status = a->status <= IPC_DNS_BOGUS ? (enum reverse_dns)a->status
						 : REVERSE_DNS_TEMPFAIL,
	    .ttl = a->ttl,
	    .records = a->records,
	    .text = a->text};
	reverse_answer(&l->machine, slot, &answer);
	(void)look_go(l);
}

void
look_resolver_lost(struct session *s)
{
	bool was = s->pumping;
	s->pumping = true; /* s must outlive the loop */
	for (unsigned k = 0; k < REVERSE_KINDS; k++)
		if (s->looked[k].under_way != NULL)
			look_give_up(s->looked[k].under_way);
	s->pumping = was;
	session_pump(s);
}

struct slice
look_ptr_name(const struct session *s)
{
	if (ip_is_localhost(&s->peer.ip))
		return SLICE("localhost");
	const struct reverse_result *r = look_result(s, REVERSE_PTR);
	return r == NULL ? SLICE_EMPTY : r->confirmed;
}

bool
look_trust_unknown(const struct session *s)
{
	const struct reverse_result *r = look_result(s, REVERSE_PTR);
	return !s->trusted && !s->trust_withdrawn && s->device == NULL &&
	       s->profile->listen->trusted.name_n > 0 && r != NULL &&
	       (r->findings & REVERSE_TEMPFAIL) != 0;
}

const struct reverse_result *
look_result(const struct session *s, enum reverse_kind kind)
{
	const struct found *f = s->looked[kind].found;
	return f == NULL ? NULL : f->result;
}
