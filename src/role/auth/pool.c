#include "role/auth/pool.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "role/auth/secret.h"

#define THREADS_MAX 16

struct job {
	struct list node;
	void (*done)(void *arg, bool fits);
	void *arg; /* NULL: forgotten */
	bool fits;
	size_t password_n, hash_n;
	uint8_t bytes[]; /* password, hash */
};

struct pool {
	pthread_t threads[THREADS_MAX];
	unsigned thread_n;
	struct wake wake;
	pthread_mutex_t lock; /* for all below */
	pthread_cond_t more;
	bool ending;
	struct list waiting;
	size_t waiting_n;
	struct list working;
	struct list finished;
	uint64_t computed;
};

static void
job_free(struct job *j)
{
	OPENSSL_cleanse(j->bytes, j->password_n);
	free(j);
}

static void *
work(void *arg)
{
	struct pool *p = arg;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (list_empty(&p->waiting) && !p->ending)
			pthread_cond_wait(&p->more, &p->lock);
		if (p->ending)
			break;
		struct list *node = list_pop_front(&p->waiting);
		struct job *j = LIST_OWNER(node, struct job, node);
		p->waiting_n--;
		list_push_back(&p->working, node);
		pthread_mutex_unlock(&p->lock);
		bool fits = secret_verify(slice_of(j->bytes, j->password_n),
		    slice_of(j->bytes + j->password_n, j->hash_n));
		pthread_mutex_lock(&p->lock);
		j->fits = fits;
		p->computed++;
		list_remove(node);
		list_push_back(&p->finished, node);
		wake_send(&p->wake);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* In the loop: hand out what is finished. done() may call back into us. */
static void
on_wake(void *arg)
{
	struct pool *p = arg;
	for (;;) {
		pthread_mutex_lock(&p->lock);
		struct list *node = list_pop_front(&p->finished);
		pthread_mutex_unlock(&p->lock);
		if (node == NULL)
			return;
		struct job *j = LIST_OWNER(node, struct job, node);
		if (j->arg != NULL)
			j->done(j->arg, j->fits);
		job_free(j);
	}
}

enum err
pool_new(struct pool **out, struct loop *loop, unsigned threads)
{
	struct pool *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return ERR_NOMEM;
	list_init(&p->waiting);
	list_init(&p->working);
	list_init(&p->finished);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	enum err e = wake_open(&p->wake, loop, on_wake, p);
	if (e != ERR_OK) {
		free(p);
		return e;
	}
	while (p->thread_n < threads && p->thread_n < THREADS_MAX &&
	       pthread_create(&p->threads[p->thread_n], NULL, work, p) == 0)
		p->thread_n++;
	if (p->thread_n == 0) {
		pool_free(p);
		return ERR_TEMP;
	}
	*out = p;
	return ERR_OK;
}

static void
drop_all(struct list *jobs)
{
	struct list *node;
	while ((node = list_pop_front(jobs)) != NULL)
		job_free(LIST_OWNER(node, struct job, node));
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->thread_n; i++)
		pthread_join(p->threads[i], NULL);
	wake_close(&p->wake);
	drop_all(&p->waiting);
	drop_all(&p->finished);
	pthread_cond_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

enum err
pool_verify(struct pool *p, struct slice password, struct slice hash,
    void (*done)(void *arg, bool fits), void *arg)
{
	struct job *j = malloc(sizeof(*j) + password.n + hash.n);
	if (j == NULL)
		return ERR_NOMEM;
	*j = (struct job){.done = done,
	    .arg = arg,
	    .password_n = password.n,
	    .hash_n = hash.n};
	memcpy(j->bytes, password.p, password.n);
	memcpy(j->bytes + password.n, hash.p, hash.n);
	pthread_mutex_lock(&p->lock);
	bool busy = p->waiting_n >= POOL_WAITING;
	if (!busy) {
		list_push_back(&p->waiting, &j->node);
		p->waiting_n++;
		pthread_cond_signal(&p->more);
	}
	pthread_mutex_unlock(&p->lock);
	if (busy)
		job_free(j);
	return busy ? ERR_LIMIT : ERR_OK;
}

static void
forget_in(struct list *jobs, const void *arg)
{
	LIST_FOREACH (node, jobs) {
		struct job *j = LIST_OWNER(node, struct job, node);
		if (j->arg == arg)
			j->arg = NULL;
	}
}

void
pool_forget(struct pool *p, const void *arg)
{
	pthread_mutex_lock(&p->lock);
	forget_in(&p->waiting, arg);
	forget_in(&p->working, arg);
	forget_in(&p->finished, arg);
	pthread_mutex_unlock(&p->lock);
}

uint64_t
pool_computed(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	uint64_t n = p->computed;
	pthread_mutex_unlock(&p->lock);
	return n;
}
