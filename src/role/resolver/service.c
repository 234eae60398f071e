#include "role/resolver/service.h"

#include <stdlib.h>

#include "base/hash.h"
#include "role/resolver/cache.h"

#define CACHE_ENTRIES 8192
#define UNDER_WAY_MAX 1000  /* different questions; each holds a socket */
#define WAITERS_MAX   20000 /* over all questions */
/* When there is no more room, what has waited so long for a name server gives
 * way: who has us ask silent ones, and again and again, delays nobody else. */
#define GIVES_WAY_MS 200

#define TOO_MANY "too many questions at once"

/* One question that is being answered, and who waits for it. */
struct question {
	struct list node;
	struct service *sv;
	struct cache_key key;
	uint16_t qtype;
	uint64_t began_ms;
	struct backend_ask *ask; /* NULL: not yet begun, or over */
	struct list waiters;
	struct timer deadline;
	bool beginning, over;
};

struct waiter {
	struct list node;
	void *who;
	uint64_t ask;
};

struct service {
	struct loop *loop;
	struct settings settings;
	struct backend *backend;
	struct cache cache;
	struct map open; /* key -> question */
	struct list questions;
	size_t open_n, waiters_n;
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
	list_init(&sv->questions);
	return sv;
}

static void
question_free(struct question *q)
{
	struct service *sv = q->sv;
	LIST_FOREACH_SAFE (it, &q->waiters) {
		list_remove(it);
		free(LIST_OWNER(it, struct waiter, node));
		sv->waiters_n--;
	}
	timer_stop(&q->deadline);
	list_remove(&q->node);
	(void)map_remove(&sv->open, slice_of(q->key.b, q->key.n));
	sv->open_n--;
	free(q);
}

void
service_free(struct service *sv)
{
	LIST_FOREACH_SAFE (it, &sv->questions) {
		struct question *q = LIST_OWNER(it, struct question, node);
		if (q->ask != NULL)
			q->ask->b->ops->let_go(q->ask);
		question_free(q);
	}
	sv->backend->ops->retire(sv->backend);
	cache_clear(&sv->cache);
	map_free(&sv->open);
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
 * we do, even the same: so it is taken off the table first. */
static void
question_answer(struct question *q, const struct answer *a)
{
	struct service *sv = q->sv;
	struct list *it;
	cache_put(&sv->cache, &q->key, a, loop_now_ms(sv->loop));
	(void)map_remove(&sv->open, slice_of(q->key.b, q->key.n));
	while ((it = list_pop_front(&q->waiters)) != NULL) {
		struct waiter *w = LIST_OWNER(it, struct waiter, node);
		sv->answer(sv->arg, w->who, w->ask, q->qtype, a);
		free(w);
		sv->waiters_n--;
	}
	timer_stop(&q->deadline);
	list_remove(&q->node);
	sv->open_n--;
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

/* false: there is no room for one more question. */
static bool
make_room(struct service *sv)
{
	if (sv->open_n < UNDER_WAY_MAX)
		return true;
	struct question *q =
	    LIST_OWNER(sv->questions.next, struct question, node);
	if (loop_now_ms(sv->loop) - q->began_ms < GIVES_WAY_MS)
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
	q->key = *key;
	q->qtype = qtype;
	q->began_ms = loop_now_ms(sv->loop);
	list_init(&q->waiters);
	timer_init(&q->deadline, sv->loop, question_late, q);
	if (map_put(&sv->open, slice_of(q->key.b, q->key.n), q) != ERR_OK) {
		free(q);
		return NULL;
	}
	list_push_back(&sv->questions, &q->node);
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

void
service_ask(struct service *sv, void *who, uint64_t ask, uint16_t qtype,
    struct slice text)
{
	struct dns_name name;
	struct cache_key key;
	uint32_t ttl_s;
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

	struct question *q = map_get(&sv->open, slice_of(key.b, key.n));
	bool fresh = q == NULL;
	struct waiter *w = NULL;
	if (sv->waiters_n < WAITERS_MAX && (!fresh || make_room(sv)))
		w = calloc(1, sizeof(*w));
	if (w != NULL && fresh)
		q = question_new(sv, &key, qtype);
	if (w == NULL || q == NULL) {
		free(w);
		answer_now(sv, who, ask, qtype, IPC_DNS_TEMPFAIL, TOO_MANY);
		return;
	}
	*w = (struct waiter){.who = who, .ask = ask};
	list_push_back(&q->waiters, &w->node);
	sv->waiters_n++;
	if (fresh)
		question_begin(q, &name);
}

void
service_forget(struct service *sv, const void *who)
{
	LIST_FOREACH (qi, &sv->questions) {
		struct question *q = LIST_OWNER(qi, struct question, node);
		LIST_FOREACH_SAFE (wi, &q->waiters) {
			struct waiter *w = LIST_OWNER(wi, struct waiter, node);
			if (w->who != who)
				continue;
			list_remove(wi);
			free(w);
			sv->waiters_n--;
		}
	}
}

size_t
service_open(const struct service *sv)
{
	return sv->open_n;
}
