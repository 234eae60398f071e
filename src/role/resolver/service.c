#include "role/resolver/service.h"

#include <stdlib.h>

#include "base/hash.h"
#include "role/resolver/cache.h"

#define CACHE_ENTRIES 8192
#define UNDER_WAY_MAX 1000  /* different questions; each holds a socket */
#define WAITERS_MAX   20000 /* of one kind of role, over all questions */
/* When there is no more room, what has waited so long for a name server gives
 * way: who has us ask silent ones, and again and again, delays nobody else. */
#define GIVES_WAY_MS 200

/* Questions are counted by the role that waits; these are nobody's any more. */
#define NOBODY ROLE_COUNT

#define TOO_MANY  "too many questions at once"
#define NO_MEMORY "out of memory for the resolver"

/* What one kind of role has under way, oldest first. */
struct group {
	struct list questions;
	size_t open_n, waiters_n;
};

/* One question that is being answered, and who waits for it. */
struct question {
	struct list node; /* in its group's */
	struct service *sv;
	unsigned group; /* the kind of its first waiter, or NOBODY */
	struct cache_key key;
	uint16_t qtype;
	uint64_t began_ms;
	struct backend_ask *ask; /* NULL: not yet begun, or over */
	struct list waiters;
	struct timer deadline;
	bool beginning, over;
	bool closed; /* being answered; counted no more */
};

struct waiter_key {
	uintptr_t who;
	uint64_t ask;
};

struct waiter {
	struct list node;
	struct question *q;
	enum role_kind kind;
	void *who;
	uint64_t ask;
	struct waiter_key key;
};

struct service {
	struct loop *loop;
	struct settings settings;
	struct backend *backend;
	struct cache cache;
	struct map open;    /* cache_key -> question */
	struct map waiters; /* waiter_key -> waiter */
	struct group groups[NOBODY + 1];
	size_t open_n;
	service_answer *answer;
	void *arg;
};

const struct backend_ops *
backend_for(enum conf_dnssec mode)
{
	return mode == CONF_DNSSEC_VALIDATE ? &backend_unbound : &backend_stub;
}

struct service *
service_new(struct loop *loop, const struct settings *s, const uint64_t seed[2],
    service_answer *answer, void *arg, struct diag *d)
{
	struct service *sv = calloc(1, sizeof(*sv));
	if (sv == NULL) {
		(void)diag_set(
		    d, ERR_NOMEM, NULL, "out of memory for the resolver");
		return NULL;
	}
	sv->backend = backend_for(s->dnssec)->make(loop, s, d);
	if (sv->backend == NULL) {
		free(sv);
		return NULL;
	}
	sv->loop = loop;
	sv->settings = *s;
	sv->answer = answer;
	sv->arg = arg;
	cache_init(&sv->cache, CACHE_ENTRIES, seed);
	map_init(&sv->open, seed);
	map_init(&sv->waiters, seed);
	for (unsigned i = 0; i <= NOBODY; i++)
		list_init(&sv->groups[i].questions);
	return sv;
}

/* ---- who waits, and for whom a question counts ---- */

static struct slice
key_of(const struct waiter_key *k)
{
	return slice_of((const uint8_t *)k, sizeof(*k));
}

static void
regroup(struct question *q, unsigned group)
{
	struct service *sv = q->sv;
	if (q->group == group)
		return;
	sv->groups[q->group].open_n--;
	list_remove(&q->node);
	q->group = group;
	sv->groups[group].open_n++;
	list_push_back(&sv->groups[group].questions, &q->node);
}

static struct waiter *
first_waiter(const struct question *q)
{
	return list_empty(&q->waiters)
		   ? NULL
		   : LIST_OWNER(q->waiters.next, struct waiter, node);
}

static void
waiter_free(struct waiter *w)
{
	struct service *sv = w->q->sv;
	(void)map_remove(&sv->waiters, key_of(&w->key));
	list_remove(&w->node);
	sv->groups[w->kind].waiters_n--;
	free(w);
}

static void
waiter_withdraw(struct waiter *w)
{
	struct question *q = w->q;
	waiter_free(w);
	w = first_waiter(q);
	if (!q->closed)
		regroup(q, w == NULL ? NOBODY : w->kind);
}

static bool
waiter_add(struct question *q, enum role_kind kind, void *who, uint64_t ask)
{
	struct service *sv = q->sv;
	struct waiter *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return false;
	*w = (struct waiter){.q = q,
	    .kind = kind,
	    .who = who,
	    .ask = ask,
	    .key = {(uintptr_t)who, ask}};
	service_cancel(sv, who, ask); /* a number used twice */
	if (map_put(&sv->waiters, key_of(&w->key), w) != ERR_OK) {
		free(w);
		return false;
	}
	list_push_back(&q->waiters, &w->node);
	sv->groups[kind].waiters_n++;
	regroup(q, first_waiter(q)->kind);
	return true;
}

/* ---- questions ---- */

static void
question_close(struct question *q)
{
	struct service *sv = q->sv;
	(void)map_remove(&sv->open, slice_of(q->key.b, q->key.n));
	timer_stop(&q->deadline);
	list_remove(&q->node);
	sv->groups[q->group].open_n--;
	sv->open_n--;
	q->closed = true;
}

void
service_free(struct service *sv)
{
	for (unsigned i = 0; i <= NOBODY; i++)
		LIST_FOREACH_SAFE (it, &sv->groups[i].questions) {
			struct question *q =
			    LIST_OWNER(it, struct question, node);
			if (q->ask != NULL)
				q->ask->b->ops->let_go(q->ask);
			LIST_FOREACH_SAFE (wi, &q->waiters)
				waiter_free(
				    LIST_OWNER(wi, struct waiter, node));
			question_close(q);
			free(q);
		}
	sv->backend->ops->retire(sv->backend);
	cache_clear(&sv->cache);
	map_free(&sv->open);
	map_free(&sv->waiters);
	free(sv);
}

void
service_switch(struct service *sv, const struct settings *s, struct backend *b)
{
	sv->backend->ops->retire(sv->backend);
	sv->backend = b;
	sv->settings = *s;
	cache_clear(&sv->cache);
}

/* Answer all who wait, and forget the question. A new one may come in while
 * we do, even the same: so it is closed first. */
static void
question_answer(struct question *q, const struct answer *a)
{
	struct service *sv = q->sv;
	struct waiter *w;
	cache_put(&sv->cache, &q->key, a, loop_now_ms(sv->loop));
	question_close(q);
	while ((w = first_waiter(q)) != NULL) {
		void *who = w->who;
		uint64_t ask = w->ask;
		waiter_free(w);
		sv->answer(sv->arg, who, ask, q->qtype, a);
	}
	if (q->beginning)
		q->over = true;
	else
		free(q);
}

static void
question_done(void *arg, const struct answer *a)
{
	struct question *q = arg;
	q->ask = NULL;
	question_answer(q, a);
}

static void
question_fail(struct question *q, enum ipc_dns_status status, const char *text)
{
	struct answer a;
	if (q->ask != NULL)
		q->ask->b->ops->let_go(q->ask);
	q->ask = NULL;
	answer_init(&a);
	answer_fail(&a, status, text);
	question_answer(q, &a);
	answer_free(&a);
}

static void
question_late(void *arg)
{
	question_fail(arg, IPC_DNS_TIMEOUT, "no answer within dns.timeout");
}

static struct question *
oldest(const struct group *g)
{
	return LIST_OWNER(g->questions.next, struct question, node);
}

/* Does that kind have less under way than if all that ask had the same? */
static bool
below_share(const struct service *sv, enum role_kind kind)
{
	size_t kinds = 0;
	for (unsigned i = 0; i < NOBODY; i++)
		kinds += sv->groups[i].open_n > 0 || i == kind;
	return sv->groups[kind].open_n < UNDER_WAY_MAX / kinds;
}

/* false: there is no room for one more question. */
static bool
make_room(struct service *sv, enum role_kind kind)
{
	struct group *nobody = &sv->groups[NOBODY], *most = sv->groups;
	if (sv->open_n < UNDER_WAY_MAX)
		return true;
	for (unsigned i = 0; i < NOBODY; i++)
		if (sv->groups[i].open_n > most->open_n)
			most = &sv->groups[i];
	struct question *q = oldest(nobody->open_n > 0 ? nobody : most);
	if (nobody->open_n == 0 && !below_share(sv, kind) &&
	    loop_now_ms(sv->loop) - q->began_ms < GIVES_WAY_MS)
		return false;
	question_fail(q, IPC_DNS_TEMPFAIL, TOO_MANY);
	return true;
}

static void
answer_now(struct service *sv, void *who, uint64_t ask, uint16_t qtype,
    enum ipc_dns_status status, const char *text)
{
	struct answer a;
	answer_init(&a);
	answer_fail(&a, status, text);
	sv->answer(sv->arg, who, ask, qtype, &a);
	answer_free(&a);
}

static struct question *
question_new(struct service *sv, const struct cache_key *key, uint16_t qtype)
{
	struct question *q = calloc(1, sizeof(*q));
	if (q == NULL)
		return NULL;
	q->sv = sv;
	q->group = NOBODY;
	q->key = *key;
	q->qtype = qtype;
	q->began_ms = loop_now_ms(sv->loop);
	list_init(&q->waiters);
	timer_init(&q->deadline, sv->loop, question_late, q);
	if (map_put(&sv->open, slice_of(q->key.b, q->key.n), q) != ERR_OK) {
		free(q);
		return NULL;
	}
	list_push_back(&sv->groups[NOBODY].questions, &q->node);
	sv->groups[NOBODY].open_n++;
	sv->open_n++;
	return q;
}

static void
question_begin(struct question *q, const struct dns_name *name)
{
	struct service *sv = q->sv;
	timer_start(&q->deadline, sv->settings.timeout_ms);
	q->beginning = true;
	struct backend_ask *ask = sv->backend->ops->ask(
	    sv->backend, name, q->qtype, question_done, q);
	q->beginning = false;
	if (q->over)
		free(q);
	else
		q->ask = ask;
}

/* The question to wait for, begun or to be begun; NULL: no room. */
static struct question *
question_for(struct service *sv, enum role_kind kind,
    const struct cache_key *key, uint16_t qtype, bool *out_fresh)
{
	struct question *q = map_get(&sv->open, slice_of(key->b, key->n));
	*out_fresh = q == NULL;
	if (sv->groups[kind].waiters_n >= WAITERS_MAX)
		return NULL;
	if (q == NULL && make_room(sv, kind))
		q = question_new(sv, key, qtype);
	return q;
}

void
service_ask(struct service *sv, enum role_kind kind, void *who, uint64_t ask,
    uint16_t qtype, struct slice text)
{
	struct dns_name name;
	struct cache_key key;
	uint32_t ttl_s;
	bool fresh;
	if (dns_name_parse(text, &name) != ERR_OK) {
		answer_now(
		    sv, who, ask, qtype, IPC_DNS_NXDOMAIN, "not a domain name");
		return;
	}
	cache_key(qtype, &name, &key);
	const struct answer *hit =
	    cache_get(&sv->cache, &key, loop_now_ms(sv->loop), &ttl_s);
	if (hit != NULL) {
		struct answer a = *hit; /* borrows its bytes */
		a.ttl_s = ttl_s;
		sv->answer(sv->arg, who, ask, qtype, &a);
		return;
	}
	struct question *q = question_for(sv, kind, &key, qtype, &fresh);
	if (q == NULL) {
		answer_now(sv, who, ask, qtype, IPC_DNS_TEMPFAIL, TOO_MANY);
		return;
	}
	if (!waiter_add(q, kind, who, ask)) {
		if (fresh)
			question_fail(q, IPC_DNS_TEMPFAIL, NO_MEMORY);
		answer_now(sv, who, ask, qtype, IPC_DNS_TEMPFAIL, NO_MEMORY);
		return;
	}
	if (fresh)
		question_begin(q, &name);
}

void
service_cancel(struct service *sv, const void *who, uint64_t ask)
{
	const struct waiter_key key = {(uintptr_t)who, ask};
	struct waiter *w = map_get(&sv->waiters, key_of(&key));
	if (w != NULL)
		waiter_withdraw(w);
}

void
service_forget(struct service *sv, const void *who)
{
	size_t at = 0;
	struct waiter *w;
	while ((w = map_next(&sv->waiters, &at)) != NULL)
		if (w->who == who)
			waiter_withdraw(w);
}

size_t
service_open(const struct service *sv)
{
	return sv->open_n - sv->groups[NOBODY].open_n;
}
