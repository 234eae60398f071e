#include "role/queue/writer.h"

#include <stdlib.h>
#include <time.h>

#include "os/clock.h"

/* A batch: so large that one sync costs each little, so small that the first
 * of it does not wait for long. */
#define BATCH_PUTS    256u
#define BATCH_RESULTS (2 * TXN_RESULTS_MAX)
#define BATCH_OCTETS  (16u << 20)

struct batch {
	struct list txns;
	struct store_batch b;
	struct store_put *puts[BATCH_PUTS];
	struct store_result *results[BATCH_RESULTS];
	struct store_control *controls[1];
	size_t octets;
};

static bool
fits(const struct batch *x, const struct txn *t)
{
	if (list_empty(&x->txns))
		return true;
	return x->b.n_puts + t->n_puts <= BATCH_PUTS &&
	       x->b.n_results + t->n_results <= BATCH_RESULTS &&
	       x->octets < BATCH_OCTETS &&
	       (t->control == NULL || x->b.n_controls == 0) &&
	       (t->claim == NULL || x->b.claim == NULL);
}

static void
add(struct batch *x, struct txn *t)
{
	list_push_back(&x->txns, &t->node);
	for (size_t i = 0; i < t->n_puts; i++) {
		x->puts[x->b.n_puts++] = &t->puts[i];
		x->octets += t->puts[i].body.n;
	}
	for (size_t i = 0; i < t->n_results; i++)
		x->results[x->b.n_results++] = &t->results[i];
	if (t->control != NULL)
		x->controls[x->b.n_controls++] = t->control;
	if (t->claim != NULL)
		x->b.claim = t->claim;
}

/* With the mutex held: what goes into one transaction, in order. */
static void
collect(struct writer *w, struct batch *x)
{
	list_init(&x->txns);
	x->b = (struct store_batch){
	    .puts = x->puts, .results = x->results, .controls = x->controls};
	x->octets = 0;
	while (!list_empty(&w->inbox)) {
		struct txn *t = LIST_OWNER(w->inbox.next, struct txn, node);
		if (!fits(x, t))
			break;
		list_remove(&t->node);
		w->urgent -= !t->patient;
		add(x, t);
	}
}

/* With the mutex held: wait until there is something to do at once. Patient
 * ones alone are given company until the oldest has waited its time. */
static bool
wait_for_work(struct writer *w)
{
	while (list_empty(&w->inbox) && !w->stop)
		(void)pthread_cond_wait(&w->cond, &w->mutex);
	if (list_empty(&w->inbox))
		return false;
	const struct txn *first = LIST_OWNER(w->inbox.next, struct txn, node);
	uint64_t until = first->given_ms + RESULT_WAIT_MS;
	struct timespec t = {.tv_sec = (time_t)(until / 1000),
	    .tv_nsec = (long)(until % 1000) * 1000000};
	while (w->urgent == 0 && !w->stop)
		if (pthread_cond_timedwait(&w->cond, &w->mutex, &t) != 0)
			break;
	return true;
}

static void
apply(struct writer *w, struct batch *x)
{
	struct diag d = {0};
	enum err e = store_apply(w->store, &x->b, &d);
	LIST_FOREACH (it, &x->txns) {
		struct txn *t = LIST_OWNER(it, struct txn, node);
		t->err = e;
		t->diag = d;
	}
}

static void *
writer_run(void *arg)
{
	struct writer *w = arg;
	struct batch *x = malloc(sizeof(*x));
	if (x == NULL)
		abort();
	(void)pthread_mutex_lock(&w->mutex);
	while (wait_for_work(w)) {
		collect(w, x);
		(void)pthread_mutex_unlock(&w->mutex);
		apply(w, x);
		(void)pthread_mutex_lock(&w->mutex);
		while (!list_empty(&x->txns)) {
			struct list *n = list_pop_front(&x->txns);
			list_push_back(&w->outbox, n);
		}
		wake_send(&w->wake);
	}
	(void)pthread_mutex_unlock(&w->mutex);
	free(x);
	return NULL;
}

static void
hand_back(void *arg)
{
	struct writer *w = arg;
	struct list ready;
	list_init(&ready);
	(void)pthread_mutex_lock(&w->mutex);
	while (!list_empty(&w->outbox))
		list_push_back(&ready, list_pop_front(&w->outbox));
	(void)pthread_mutex_unlock(&w->mutex);
	while (!list_empty(&ready)) {
		struct list *n = list_pop_front(&ready);
		struct txn *t = LIST_OWNER(n, struct txn, node);
		w->waiting--;
		t->done(t, w->arg);
	}
}

enum err
writer_start(
    struct writer *w, struct loop *loop, struct store *store, void *arg)
{
	*w = (struct writer){.store = store, .arg = arg};
	list_init(&w->inbox);
	list_init(&w->outbox);
	(void)pthread_mutex_init(&w->mutex, NULL);
	pthread_condattr_t attr;
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w->cond, &attr);
	(void)pthread_condattr_destroy(&attr);
	enum err e = wake_open(&w->wake, loop, hand_back, w);
	if (e != ERR_OK)
		return e;
	if (pthread_create(&w->thread, NULL, writer_run, w) == 0)
		return ERR_OK;
	wake_close(&w->wake);
	return ERR_NOMEM;
}

void
writer_give(struct writer *w, struct txn *t)
{
	t->given_ms = clock_mono_ms();
	w->waiting++;
	(void)pthread_mutex_lock(&w->mutex);
	bool first = list_empty(&w->inbox);
	list_push_back(&w->inbox, &t->node);
	w->urgent += !t->patient;
	if (first || (!t->patient && w->urgent == 1))
		(void)pthread_cond_signal(&w->cond);
	(void)pthread_mutex_unlock(&w->mutex);
}

bool
writer_idle(const struct writer *w)
{
	return w->waiting == 0;
}

void
writer_stop(struct writer *w)
{
	(void)pthread_mutex_lock(&w->mutex);
	w->stop = true;
	(void)pthread_cond_signal(&w->cond);
	(void)pthread_mutex_unlock(&w->mutex);
	(void)pthread_join(w->thread, NULL);
	hand_back(w);
	wake_close(&w->wake);
}
