/* Random histories against fair.h and retry.h.
 *
 * Asserted: no window, no limit over all is ever passed; the counts agree with
 * a model; what waits at a living destination with room starts; turns differ
 * by at most one between destinations that both could start; dead ones start
 * nothing; jitter and due times stay in their bounds, whatever the clock. */
#include <stdlib.h>
#include <string.h>

#include "sched/fair.h"
#include "sched/retry.h"

#define DESTS 5u
#define ITEMS 64u

#define CHECK(x)                                                               \
	do {                                                                   \
		if (!(x))                                                      \
			abort();                                               \
	} while (0)

struct history {
	struct fair f;
	struct fair_dest d[DESTS];
	struct fair_item items[ITEMS];
	int at[ITEMS]; /* -1 free, dest waiting, DESTS + dest under way */
	uint64_t now;
};

static void
counts(const struct history *h)
{
	uint32_t active = 0;
	for (unsigned i = 0; i < DESTS; i++) {
		uint32_t waits = 0, runs = 0;
		for (unsigned k = 0; k < ITEMS; k++) {
			waits += h->at[k] == (int)i;
			runs += h->at[k] == (int)(DESTS + i);
		}
		CHECK(h->d[i].waiting == waits && h->d[i].active == runs);
		CHECK(h->d[i].window >= 1);
		active += runs;
	}
	CHECK(h->f.active == active && active <= h->f.limits.total);
}

static bool
could_start(const struct history *h, const struct fair_dest *d)
{
	return d->waiting > 0 && d->active < d->window &&
	       d->active < h->f.limits.window_max &&
	       !fair_dead(&h->f, d, h->now);
}

/* Start everything that may; whoever still could at the end was starved. */
static void
start(struct history *h)
{
	uint32_t turns[DESTS] = {0};
	struct fair_dest *d = NULL;
	struct fair_item *item;
	while ((item = fair_next(&h->f, h->now, &d)) != NULL) {
		unsigned i = (unsigned)(d - h->d);
		CHECK(i < DESTS && h->at[item - h->items] == (int)i);
		CHECK(!fair_dead(&h->f, d, h->now));
		CHECK(d->active <= d->window);
		CHECK(d->active <= h->f.limits.window_max);
		h->at[item - h->items] = (int)(DESTS + i);
		turns[i]++;
		for (unsigned k = 0; k < DESTS; k++)
			if (could_start(h, &h->d[k]))
				CHECK(turns[k] + 1 >= turns[i]);
	}
	if (h->f.active < h->f.limits.total)
		for (unsigned k = 0; k < DESTS; k++)
			CHECK(!could_start(h, &h->d[k]));
}

static void
step(struct history *h, uint8_t op, uint8_t arg)
{
	unsigned dest = arg % DESTS, k;
	struct fair_item *item;
	switch (op % 8) {
	case 0:
	case 1:
		for (k = 0; k < ITEMS && h->at[k] >= 0; k++)
			;
		if (k < ITEMS) {
			h->at[k] = (int)dest;
			fair_add(&h->f, &h->d[dest], &h->items[k]);
		}
		break;
	case 2:
	case 3:
		for (k = 0; k < ITEMS && h->at[k] != (int)(DESTS + dest); k++)
			;
		if (k < ITEMS) {
			h->at[k] = -1;
			fair_done(&h->f, &h->d[dest],
			    (enum fair_result)(arg / DESTS % 3), h->now,
			    (uint32_t)arg * 2654435761u);
		}
		break;
	case 4:
		h->now += (uint64_t)arg * 100;
		break;
	case 5: /* the clock is set, either way */
		h->now = (uint64_t)arg << (op / 8 % 8 * 8);
		break;
	case 6:
		item = fair_shed(&h->f, &h->d[dest]);
		if (item == NULL)
			CHECK(h->d[dest].waiting == 0);
		if (item != NULL)
			h->at[item - h->items] = -1;
		break;
	default:
		k = arg % ITEMS;
		if (h->at[k] >= 0 && h->at[k] < (int)DESTS) {
			fair_drop(&h->f, &h->d[h->at[k]], &h->items[k]);
			h->at[k] = -1;
		}
	}
}

static void
retries(const uint8_t *p)
{
	uint64_t v[5];
	memcpy(v, p, sizeof(v));
	const uint64_t table[] = {v[0], v[1] % 1000000};
	const struct retry_policy policy = {
	    table, 1 + v[2] % 2, v[2] >> (p[0] % 60), v[1] >> (p[1] % 60)};
	const struct retry_fact fact = {v[3], (uint32_t)v[4], p[2] & 1};
	uint64_t now = p[3] & 1 ? v[3] + v[4] % 100000000 : v[4];
	uint32_t random = (uint32_t)(v[0] >> 32);
	struct retry_decision d = retry_decide(&policy, &fact, now, random);
	if (now > UINT64_MAX / 4)
		now = UINT64_MAX / 4;
	if (d.verdict == RETRY_LATER) {
		CHECK(d.due_ms > now);
		uint64_t from = v[3] > now ? now : v[3];
		CHECK(d.due_ms - from <= policy.expire_ms);
		CHECK(!(d.warn && fact.warned));
	}
	uint64_t ms = v[0] % 10000000000ull, j = retry_jitter(ms, random);
	CHECK(j >= ms - ms / 10 && j <= ms + ms / 10);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct fair_limits limits = {.total = 9,
	    .window_start = 2,
	    .window_max = 5,
	    .failures_max = 3,
	    .backoff_ms = 1000,
	    .backoff_max_ms = 60000};
	struct history h = {.now = 1000000};
	if (n >= 40)
		retries(p);
	fair_init(&h.f, &limits);
	for (unsigned i = 0; i < DESTS; i++)
		fair_dest_init(&h.f, &h.d[i]);
	for (unsigned k = 0; k < ITEMS; k++)
		h.at[k] = -1;
	for (; n >= 2; p += 2, n -= 2) {
		step(&h, p[0], p[1]);
		if (p[0] & 0x80)
			start(&h);
		counts(&h);
	}
	/* In the end all is served, however it began: wait out the deaths. */
	for (unsigned round = 0; round < 4 * ITEMS; round++) {
		h.now += 100000;
		start(&h);
		for (unsigned k = 0; k < ITEMS; k++)
			if (h.at[k] >= (int)DESTS) {
				fair_done(&h.f, &h.d[h.at[k] - (int)DESTS],
				    FAIR_OK, h.now, 0);
				h.at[k] = -1;
			}
	}
	for (unsigned k = 0; k < ITEMS; k++)
		CHECK(h.at[k] == -1);
	return 0;
}
