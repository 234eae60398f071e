/* writer.h - the one thread that writes the store.
 *
 * The loop hands it transactions; it takes all that wait, applies them as one
 * batch with one sync, and hands them back. So the busier it is the cheaper
 * each becomes, and an idle one waits for nobody. Results may wait a little
 * for company (RESULT_WAIT_MS); what a client waits for never does.
 *
 * Everything here but writer_run's inside belongs to the loop's thread. */
#ifndef ROLE_QUEUE_WRITER_H
#define ROLE_QUEUE_WRITER_H

#include <pthread.h>

#include "base/list.h"
#include "io/loop.h"
#include "store/store.h"

#define RESULT_WAIT_MS  30u
#define TXN_PUTS_MAX    64u
#define TXN_RESULTS_MAX 1000u

/* What must happen together or not at all. The owner fills it, owns what the
 * slices point to until done() is called, and frees it there. */
struct txn {
	struct list node;
	struct store_put *puts;
	size_t n_puts;
	struct store_result *results;
	size_t n_results;
	struct store_control *control; /* or NULL */
	struct store_claim *claim;     /* or NULL; one at a time */
	bool patient;                  /* may wait RESULT_WAIT_MS */
	uint64_t given_ms;             /* writer's: when it came */
	enum err err;                  /* of the batch it was part of */
	struct diag diag;
	void (*done)(struct txn *t, void *arg);
};

struct writer {
	struct store *store;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	struct list inbox;
	struct list outbox;
	size_t urgent; /* in the inbox and not patient */
	bool stop;
	uint64_t waiting; /* given and not yet handed back; the loop's */
	struct wake wake;
	void *arg; /* of done */
};

/* writer_start - begin; takes over the store, which nobody else may write to
 * until writer_stop. arg goes to every done(). */
enum err writer_start(struct writer *w, struct loop *loop, struct store *store,
    void *arg) KURIR_MUST_CHECK;

/* writer_give - t is the writer's until t->done. */
void writer_give(struct writer *w, struct txn *t);

/* writer_idle - everything given has been handed back. */
bool writer_idle(const struct writer *w);

/* writer_stop - after what was given; blocks until then. done() is called for
 * each. The store is the caller's again. */
void writer_stop(struct writer *w);

#endif
