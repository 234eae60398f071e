#include "role/queue/pool.h"

#include <stddef.h>

static void
run_one(struct pool *p, struct task *t, struct store_reader **reader)
{
	struct diag d = {0};
	if (*reader == NULL && store_reader_open(p->dir, reader, &d) != ERR_OK)
		*reader = NULL;
	t->run(t, *reader, &d);
}

static void *
pool_run(void *arg)
{
	struct pool *p = arg;
	struct store_reader *reader = NULL;
	(void)pthread_mutex_lock(&p->mutex);
	for (;;) {
		while (list_empty(&p->inbox) && !p->stop)
			(void)pthread_cond_wait(&p->cond, &p->mutex);
		struct list *n = list_pop_front(&p->inbox);
		if (n == NULL)
			break;
		(void)pthread_mutex_unlock(&p->mutex);
		run_one(p, LIST_OWNER(n, struct task, node), &reader);
		(void)pthread_mutex_lock(&p->mutex);
		list_push_back(&p->outbox, n);
		wake_send(&p->wake);
	}
	(void)pthread_mutex_unlock(&p->mutex);
	store_reader_close(reader);
	return NULL;
}

static void
hand_back(void *arg)
{
	struct pool *p = arg;
	struct list ready;
	list_init(&ready);
	(void)pthread_mutex_lock(&p->mutex);
	while (!list_empty(&p->outbox))
		list_push_back(&ready, list_pop_front(&p->outbox));
	(void)pthread_mutex_unlock(&p->mutex);
	while (!list_empty(&ready)) {
		struct list *n = list_pop_front(&ready);
		struct task *t = LIST_OWNER(n, struct task, node);
		p->waiting--;
		t->done(t, p->arg);
	}
}

enum err
pool_start(struct pool *p, struct loop *loop, const char *dir, void *arg)
{
	*p = (struct pool){.dir = dir, .arg = arg};
	list_init(&p->inbox);
	list_init(&p->outbox);
	(void)pthread_mutex_init(&p->mutex, NULL);
	(void)pthread_cond_init(&p->cond, NULL);
	enum err e = wake_open(&p->wake, loop, hand_back, p);
	if (e != ERR_OK)
		return e;
	while (p->started < POOL_THREADS &&
	       pthread_create(&p->threads[p->started], NULL, pool_run, p) == 0)
		p->started++;
	if (p->started > 0)
		return ERR_OK;
	wake_close(&p->wake);
	return ERR_NOMEM;
}

void
pool_give(struct pool *p, struct task *t)
{
	p->waiting++;
	(void)pthread_mutex_lock(&p->mutex);
	list_push_back(&p->inbox, &t->node);
	(void)pthread_cond_signal(&p->cond);
	(void)pthread_mutex_unlock(&p->mutex);
}

bool
pool_idle(const struct pool *p)
{
	return p->waiting == 0;
}

void
pool_stop(struct pool *p)
{
	(void)pthread_mutex_lock(&p->mutex);
	p->stop = true;
	(void)pthread_cond_broadcast(&p->cond);
	(void)pthread_mutex_unlock(&p->mutex);
	for (size_t i = 0; i < p->started; i++)
		(void)pthread_join(p->threads[i], NULL);
	hand_back(p);
	wake_close(&p->wake);
}
