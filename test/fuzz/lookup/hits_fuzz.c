/* The file of hits: anything is read or left out; what was read is the same
 * when it is written and read again, and a file of ours is read whole. */
#include <stdlib.h>

#include "role/lookup/hits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static bool
none(void *arg, struct slice entry)
{
	(void)arg;
	(void)entry;
	return false;
}

static void
same(const struct hits *a, const struct hits *b)
{
	check(a->n == b->n && a->since_s == b->since_s);
	for (unsigned l = 0; l < CONF_EXEMPT_LISTS; l++) {
		uint64_t last_a, last_b;
		enum conf_exempt_list list = (enum conf_exempt_list)l;
		check(hits_sum(a, list, &last_a) == hits_sum(b, list, &last_b));
		check(last_a == last_b);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t seed[2] = {1, 2}, other[2] = {3, 4};
	struct hits h, again;
	struct buf b;
	hits_init(&h, seed, 99);
	(void)hits_parse(&h, slice_of(data, size));
	check(!h.changed || h.n == 0);
	buf_init(&b, HITS_OCTETS_MAX);
	hits_add_file(&b, &h);
	check(buf_err(&b) == ERR_OK);
	hits_init(&again, other, 98);
	check(hits_parse(&again, buf_slice(&b)));
	same(&h, &again);
	for (unsigned l = 0; l < CONF_EXEMPT_LISTS; l++)
		hits_keep(&again, (enum conf_exempt_list)l, none, NULL);
	check(again.n == 0);
	buf_free(&b);
	hits_free(&h);
	hits_free(&again);
	return 0;
}
