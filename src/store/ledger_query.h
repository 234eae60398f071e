/* ledger_query.h - a question to the ledger, answered a piece at a time. */
#ifndef STORE_LEDGER_QUERY_H
#define STORE_LEDGER_QUERY_H

#include "store/ledger.h"

/* Zeroed but for filter, whose values are borrowed. */
struct ledger_query {
	struct ledger_filter filter;
	struct ledger_pos pos;
	struct ledger_pos back; /* looking for where the tail begins */
	uint64_t counted;
	bool tail_found;
};

/* ledger_query_step - as ledger_scan, but filter.tail counts: only the newest
 * so many of the matching records are given, in the filter's order. Looks at
 * about budget records a call. Blocks on reading them.
 *
 * ERR_MORE: call again. ERR_NOT_FOUND: the end; with filter.follow the caller
 * calls again when something has come. */
enum err ledger_query_step(struct ledger *l, struct ledger_query *q,
    size_t budget, bool (*each)(void *arg, uint64_t seq, struct slice bytes),
    void *arg, struct diag *d) KURIR_MUST_CHECK;

#endif
