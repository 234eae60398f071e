#include "store/ledger_query.h"

static bool
count(void *arg, uint64_t seq, struct slice bytes)
{
	struct ledger_query *q = arg;
	(void)bytes;
	q->pos = (struct ledger_pos){.seq = seq - 1, .begun = true};
	return ++q->counted < q->filter.tail;
}

/* find_tail - walk back over as many records as are wanted; pos is left just
 * before the oldest of them. */
static enum err
find_tail(
    struct ledger *l, struct ledger_query *q, size_t budget, struct diag *d)
{
	struct ledger_filter f = q->filter;
	f.newest = true;
	enum err e = ledger_scan(l, &f, &q->back, budget, count, q, d);
	if (e == ERR_NOT_FOUND || q->counted == f.tail) {
		q->tail_found = true;
		return ERR_MORE;
	}
	return e;
}

enum err
ledger_query_step(struct ledger *l, struct ledger_query *q, size_t budget,
    bool (*each)(void *arg, uint64_t seq, struct slice bytes), void *arg,
    struct diag *d)
{
	if (q->filter.tail != 0 && !q->filter.newest && !q->tail_found)
		return find_tail(l, q, budget, d);
	return ledger_scan(l, &q->filter, &q->pos, budget, each, arg, d);
}
