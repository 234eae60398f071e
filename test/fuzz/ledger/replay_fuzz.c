/* A ledger of any records (base/pack.h) under any settings. Properties: what
 * is counted adds up; a group has its sessions and its rules; items that are
 * stepped over are those that were not asked for; judging again gives the
 * same. The first four octets are the settings. */
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "store/ledger_replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(x)                                                               \
	do {                                                                   \
		if (!(x))                                                      \
			abort();                                               \
	} while (0)

static bool
action(void *arg, struct slice rule, enum conf_action *out)
{
	const uint8_t *set = arg;
	if (rule.n == 0 || rule.p[rule.n - 1] == 'x')
		return false;
	*out = (enum conf_action)((set[0] + rule.n) % (CONF_ACTION_CLOSE + 1));
	return true;
}

static unsigned
spares(void *arg, struct slice rule)
{
	(void)rule;
	return ((const uint8_t *)arg)[1] & 3u;
}

static bool
trusted(void *arg, const struct replay_client *c)
{
	return c->ip.b[3] % 8 == ((const uint8_t *)arg)[1] >> 5;
}

static bool
exempt(void *arg, enum replay_lookup lookup, const struct replay_client *c,
    struct slice list)
{
	HOLDS(lookup < REPLAY_LOOKUPS);
	return (c->domain.n + list.n) % 5 == ((const uint8_t *)arg)[2] % 8;
}

static unsigned
refuses(void *arg, struct slice listener)
{
	return (((const uint8_t *)arg)[3] + listener.n) & 7u;
}

static unsigned
made(void *arg, struct slice listener)
{
	return (((const uint8_t *)arg)[3] >> 3 ^ listener.n) & 7u;
}

static void
check_items(struct slice record)
{
	struct record_head head;
	struct record_reader all, some;
	struct record_item a, b;
	const uint32_t tags = 1u << RECORD_TAG_PEER | 1u << RECORD_TAG_DECISION;
	if (record_open(record, &head, &all) != ERR_OK)
		return;
	some = all;
	enum err e;
	while ((e = record_next(&all, &a)) == ERR_OK) {
		if ((tags & (1u << a.tag)) == 0)
			continue;
		HOLDS(record_next_of(&some, tags, &b) == ERR_OK);
		HOLDS(a.tag == b.tag && a.s[6].n == b.s[6].n);
	}
	if (e == ERR_NOT_FOUND)
		HOLDS(record_next_of(&some, tags, &b) == ERR_NOT_FOUND);
}

static void
check_groups(const struct replay *r, const struct replay_total *t)
{
	const struct replay_group *g;
	uint64_t victims = 0, released = 0;
	for (size_t i = 0; (g = replay_group_at(r, i)) != NULL; i++) {
		HOLDS(
		    g->sessions > 0 && g->hits > 0 && g->hits <= REPLAY_SHOWN);
		HOLDS(g->first_ms <= g->last_ms);
		for (size_t k = 0; k < g->hits; k++)
			HOLDS(g->hit[k].rule < t->rules &&
			      g->hit[k].sessions <= g->sessions);
		if (g->released)
			released += g->sessions;
		else
			victims += g->sessions;
		HOLDS(g->released || g->refused + g->deferred == g->sessions);
	}
	HOLDS(victims + released + t->sessions_left_out ==
	      t->victims + t->released);
}

static void
check_total(const struct replay_total *t, bool all)
{
	HOLDS(t->sessions <= t->records);
	HOLDS(t->refused + t->deferred + t->spared + t->noted <= t->sessions);
	HOLDS(t->victims + t->anyway <= t->refused + t->deferred);
	HOLDS(t->released <= t->refused_then);
	HOLDS(t->idle + t->unjudged <= t->sessions);
	HOLDS(!all || t->anyway == 0);
	for (size_t i = 0; i < t->rules; i++) {
		const struct replay_rule *r = &t->rule[i];
		HOLDS(r->refused + r->deferred + r->noted + r->spared <=
		      r->sessions);
		HOLDS(r->sessions <= t->sessions && r->then <= r->sessions);
		HOLDS(r->victims <= r->refused + r->deferred);
	}
}

static struct replay *
judge(const struct replay_settings *settings, struct slice records)
{
	static const uint64_t seed[2] = {3, 5};
	struct replay *r = replay_new(settings, seed, 1000);
	struct slice left = records, one;
	HOLDS(r != NULL);
	while (pack_next(&left, &one))
		replay_take(r, one);
	replay_judged(r);
	left = records;
	while (replay_wants_signs(r) && pack_next(&left, &one))
		replay_take_signs(r, one);
	replay_sort(r);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t set[4];
	if (size < sizeof(set))
		return 0;
	memcpy(set, data, sizeof(set));
	struct slice records = slice_of(data + sizeof(set), size - sizeof(set));
	const struct replay_settings settings = {.arg = set,
	    .action = action,
	    .spares = spares,
	    .trusted = trusted,
	    .exempt = exempt,
	    .refuses = refuses,
	    .made = made,
	    .made_since_ms = (uint64_t)set[2] * 8,
	    .all = (set[3] & 0x80) != 0};
	struct slice left = records, one;
	while (pack_next(&left, &one))
		check_items(one);
	struct replay *r = judge(&settings, records);
	check_total(replay_total(r), settings.all);
	check_groups(r, replay_total(r));
	struct replay *again = judge(&settings, records);
	HOLDS(replay_total(again)->victims == replay_total(r)->victims &&
	      replay_total(again)->released == replay_total(r)->released);
	replay_free(again);
	replay_free(r);
	return 0;
}
