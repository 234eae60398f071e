/* pool.h - a few threads for what blocks on the disk and needs no order:
 * reading and checking bodies, sealing spool files, lists.
 *
 * The loop gives a task; a thread runs it with a reader of its own; the loop
 * gets it back in done(). */
#ifndef ROLE_QUEUE_POOL_H
#define ROLE_QUEUE_POOL_H

#include <pthread.h>

#include "base/list.h"
#include "io/loop.h"
#include "store/store.h"

#define POOL_THREADS 3

struct task {
	struct list node;
	/* In a thread of the pool. r is NULL when the queue could not be
	 * opened for reading; d then says why. */
	void (*run)(struct task *t, struct store_reader *r, struct diag *d);
	/* In the loop's thread; frees t. */
	void (*done)(struct task *t, void *arg);
};

struct pool {
	const char *dir; /* of the store; outlives the pool */
	pthread_t threads[POOL_THREADS];
	size_t started;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	struct list inbox;
	struct list outbox;
	bool stop;
	uint64_t waiting;
	struct wake wake;
	void *arg;
};

enum err pool_start(struct pool *p, struct loop *loop, const char *dir,
    void *arg) KURIR_MUST_CHECK;
void pool_give(struct pool *p, struct task *t);
bool pool_idle(const struct pool *p);
void pool_stop(struct pool *p); /* after what was given; done() for each */

#endif
