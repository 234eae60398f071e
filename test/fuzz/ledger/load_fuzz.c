/* Any records, summed: a source's hours are its total, all sources and those
 * without a place are the recipients, what is named is among what failed, and
 * a second look at the same records with the sources known finds the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/ledger_load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOURS 4u

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static bool
ours(void *arg, struct slice domain)
{
	(void)arg;
	return domain.n > 0 && domain.p[0] == 'c';
}

/* take_all - the records are cut at 0xff 0xff, which a head has not. */
static void
take_all(struct load *l, struct slice s)
{
	while (s.n > 0) {
		size_t n = 0;
		while (n < s.n &&
		       !(n + 1 < s.n && s.p[n] == 0xff && s.p[n + 1] == 0xff))
			n++;
		load_take(l, slice_to(s, n));
		s = slice_from(s, n < s.n ? n + 2 : n);
	}
}

static void
consistent(const struct load *l)
{
	uint64_t all = 0, by_source = l->nobody;
	for (unsigned i = 0; i < LOAD_HOURS_MAX; i++) {
		const struct load_hour *h = &l->hour[i];
		must(i < HOURS || (h->recipients == 0 && h->finished == 0));
		must(h->recipients <= h->added && h->messages <= h->recipients);
		must(h->blocklisted + h->rate_limited <=
		     h->refused + h->deferred);
		must(h->refused + h->delivered <= h->finished);
		all += h->recipients;
	}
	must(l->source_n <= LOAD_SOURCES_MAX);
	for (size_t i = 0; i < l->source_n; i++) {
		const struct load_source *s = &l->source[i];
		uint64_t sum = 0;
		for (unsigned k = 0; k < LOAD_HOURS_MAX; k++)
			sum += s->recipients[k];
		must(sum == s->total && s->messages <= s->total);
		must(memchr(s->from, 0, sizeof(s->from)) != NULL);
		by_source += s->total;
	}
	must(all == by_source);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t seed[2] = {3, 4};
	struct slice s = slice_of(data, size);
	struct load l, again;
	uint64_t begin_ms = 0;
	if (size < 8 || size > 65536)
		return 0;
	for (size_t i = 0; i < 6; i++)
		begin_ms = begin_ms << 8 | data[i];
	s = slice_from(s, 6);
	must(load_init(&l, seed, begin_ms, HOURS, ours, NULL) == ERR_OK);
	take_all(&l, s);
	consistent(&l);
	load_sort(&l);
	must(load_init(&again, seed, begin_ms, HOURS, ours, NULL) == ERR_OK);
	must(load_watch(&again, l.source, l.source_n) == ERR_OK);
	take_all(&again, s);
	consistent(&again);
	must(again.source_n == l.source_n);
	for (size_t i = 0; i < l.source_n; i++)
		must(again.source[i].total == l.source[i].total);
	load_free(&again);
	load_free(&l);
	return 0;
}
