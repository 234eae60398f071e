/* service.h - what the role ledger does, without the role around it.
 *
 * Records come one by one and are written in batches; questions are answered
 * a piece at a time between them. Memory is bounded by BATCH_MAX records and
 * QUERIES_MAX questions. Runs on the loop's thread and blocks it on the disk:
 * nobody waits for this role, its senders drop what it does not take. */
#ifndef ROLE_LEDGER_SERVICE_H
#define ROLE_LEDGER_SERVICE_H

#include "conf/conf.h"
#include "io/loop.h"
#include "store/ledger_query.h"

#define SERVICE_BATCH_MAX   64
#define SERVICE_BATCH_MS    100
#define SERVICE_QUERIES_MAX 32

struct service;
struct query;

/* How a question's answers get away. */
struct service_ops {
	/* One record; the bytes are valid until return. */
	void (*line)(void *who, struct slice bytes);
	/* The answer is complete; who is forgotten. */
	void (*end)(void *who, uint8_t code, const char *text);
	/* No room for a further line now; asked before each. */
	bool (*blocked)(void *who);
};

/* service_new - opens dir/ledger.db. conf is only read during calls. NULL: d
 * tells. What was found damaged has been logged. */
struct service *service_new(struct loop *loop, const char *dir,
    const struct conf_ledger *conf, const struct service_ops *ops,
    struct diag *d);
/* service_free - write what waits, close. */
void service_free(struct service *s);

/* service_conf - other limits from now on. */
void service_conf(struct service *s, const struct conf_ledger *conf);

/* service_record - take one record, and word of `dropped` others that the
 * sender had to throw away. Never fails: what cannot be kept is counted. */
void service_record(struct service *s, struct slice bytes, uint64_t dropped);

/* service_ask - answer who: args are the packed pairs of ledger_filter_set.
 * Ends by ops->end, perhaps before the return. */
void service_ask(struct service *s, void *who, struct slice args);
/* service_forget - who went away. */
void service_forget(struct service *s, const void *who);

/* service_flush - write what waits now. */
void service_flush(struct service *s);

/* service_lost - records lost since the database was begun. */
uint64_t service_lost(struct service *s);

#endif
