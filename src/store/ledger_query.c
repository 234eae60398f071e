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

struct counting {
	struct ledger_query *q;
	bool (*each)(void *arg, uint64_t seq, struct slice bytes);
	void *arg;
};

static bool
give_counted(void *arg, uint64_t seq, struct slice bytes)
{
	struct counting *c = arg;
	c->q->counted++;
	return c->each(c->arg, seq, bytes) && c->q->counted < c->q->filter.tail;
}

enum err
ledger_query_step(struct ledger *l, struct ledger_query *q, size_t budget,
    bool (*each)(void *arg, uint64_t seq, struct slice bytes), void *arg,
    struct diag *d)
{
	struct counting c = {q, each, arg};
	if (q->filter.tail == 0 || (!q->filter.newest && q->tail_found))
		return ledger_scan(
		    l, &q->filter, &q->pos, budget, each, arg, d);
	if (!q->filter.newest)
		return find_tail(l, q, budget, d);
	if (q->counted == q->filter.tail)
		return ERR_NOT_FOUND;
	return ledger_scan(l, &q->filter, &q->pos, budget, give_counted, &c, d);
}
