/* The alarm for shared trust, fed with whatever names and times the input
 * holds, one event a line: "CLIENT AFTER HELO DOMAIN".
 *
 *	it never stands for an address that was heard with fewer unrelated
 *	    names than raise it, nor by names of one registered domain
 *	it is taken down within a window of the last word
 *	no more alarms stand than there are places */
#include <stdlib.h>
#include <string.h>

#include "policy/masquerade.h"

#define CLIENTS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct masquerade *all;  /* what the input says */
	struct masquerade *kin;  /* the same below one domain */
	struct masquerade *more; /* all, and one name more each time */
	struct conf conf;
	uint64_t now_ms;
	uint64_t words[CLIENTS]; /* heard so far, both kinds */
};

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static bool
stands(const struct masquerade *m, const struct ip *ip)
{
	struct ip at;
	size_t cursor = 0, n = 0;
	bool found = false;
	while (masquerade_next(m, &cursor, &at)) {
		n++;
		found |= ip_eq(&at, ip);
	}
	check(n <= MASQUERADE_ADDRESSES);
	return found;
}

/* The next word of a line. */
static struct slice
word(struct slice *line)
{
	size_t at = slice_find(*line, ' ');
	struct slice out = slice_to(*line, at);
	*line = slice_from(*line, at + 1);
	return out;
}

static void
pass_time(struct world *w, uint64_t ms)
{
	struct ip ip;
	w->now_ms += ms;
	while (masquerade_end(w->all, w->now_ms, &ip))
		check(!stands(w->all, &ip));
	while (masquerade_end(w->more, w->now_ms, &ip))
		check(!stands(w->all, &ip));
}

static void
same_family(struct world *w, const struct ip *ip, struct slice helo)
{
	struct buf b;
	buf_init(&b, 4096);
	buf_add(&b, slice_to(helo, 200));
	buf_add_str(&b, ".keluarga.example");
	check(masquerade_related(buf_slice(&b), SLICE("keluarga.example")));
	check(!masquerade_heard(w->kin, &w->conf, ip, buf_slice(&b),
	    SLICE("keluarga.example"), w->now_ms));
	check(!stands(w->kin, ip));
	buf_free(&b);
}

static void
event(struct world *w, struct slice line)
{
	struct slice who = word(&line), after = word(&line);
	struct slice helo = word(&line), domain = word(&line);
	unsigned client = who.n > 0 ? who.p[0] % CLIENTS : 0;
	const struct ip ip = {.family = 4, .b = {10, 0, 0, (uint8_t)client}};
	uint64_t ms = 0;
	(void)slice_u64(slice_to(after, 7), &ms);
	pass_time(w, ms);
	check(masquerade_related(helo, helo));
	check(masquerade_related(helo, domain) ==
	      masquerade_related(domain, helo));
	bool before = stands(w->all, &ip);
	bool raised =
	    masquerade_heard(w->all, &w->conf, &ip, helo, domain, w->now_ms);
	w->words[client] += (helo.n > 0) + (domain.n > 0);
	check(stands(w->all, &ip) == (before || raised));
	check(!(before && raised));
	check(!raised || w->words[client] >= MASQUERADE_NAMES);
	/* Who says more has no fewer alarms. */
	(void)masquerade_heard(w->more, &w->conf, &ip, helo, domain, w->now_ms);
	(void)masquerade_heard(
	    w->more, &w->conf, &ip, SLICE("lebih.example"), domain, w->now_ms);
	check(!stands(w->all, &ip) || stands(w->more, &ip));
	same_family(w, &ip, helo);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t seed[2] = {7, 11};
	struct world w = {
	    .conf = {.hostname = SLICE("mail.contoh.id")}, .now_ms = 1000000};
	struct slice in = slice_of(data, size);
	struct ip ip;
	w.all = masquerade_new(seed);
	w.kin = masquerade_new(seed);
	w.more = masquerade_new(seed);
	check(w.all != NULL && w.kin != NULL && w.more != NULL);
	while (in.n > 0) {
		size_t at = slice_find(in, '\n');
		event(&w, slice_to(in, at));
		in = slice_from(in, at + 1);
	}
	pass_time(&w, MASQUERADE_WINDOW_MS);
	size_t cursor = 0;
	check(!masquerade_next(w.all, &cursor, &ip));
	cursor = 0;
	check(!masquerade_next(w.more, &cursor, &ip));
	masquerade_free(w.all);
	masquerade_free(w.kin);
	masquerade_free(w.more);
	return 0;
}
