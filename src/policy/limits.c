#include "policy/limits.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* Each address has this many places where it may stand. */
#define WAYS      8
#define ADDRESSES 8 /* at least this many */

/* A leaky bucket: a failure puts window / max milliseconds in, and one runs
 * out each millisecond. */
struct limits_slot {
	struct ip ip; /* family 0: free */
	uint64_t debt_ms;
	uint64_t at_ms;            /* when debt_ms was right */
	uint64_t refused_until_ms; /* 0: not refused */
};

enum err
limits_init(struct limits *l, size_t addresses, const uint64_t seed[2],
    uint64_t max, uint64_t window_ms)
{
	if (addresses < ADDRESSES)
		addresses = ADDRESSES;
	*l = (struct limits){
	    .sets = (addresses + WAYS - 1) / WAYS, .seed = {seed[0], seed[1]}};
	l->slots = calloc(l->sets * WAYS, sizeof(*l->slots));
	if (l->slots == NULL)
		return ERR_NOMEM;
	limits_set(l, max, window_ms);
	return ERR_OK;
}

void
limits_free(struct limits *l)
{
	free(l->slots);
	*l = (struct limits){.sets = 0};
}

void
limits_set(struct limits *l, uint64_t max, uint64_t window_ms)
{
	l->max = max;
	l->window_ms = window_ms > 0 ? window_ms : 1;
}

/* The address that is counted: an IPv6 client owns its /64. */
static struct ip
counted(const struct ip *ip)
{
	struct ip k = *ip;
	if (k.family == 6)
		memset(k.b + 8, 0, 8);
	else
		memset(k.b + 4, 0, 12);
	return k;
}

static struct limits_slot *
set_of(const struct limits *l, const struct ip *key)
{
	uint64_t h = hash_siphash(l->seed, slice_of(key->b, sizeof(key->b)));
	return &l->slots[(size_t)(h % l->sets) * WAYS];
}

static struct limits_slot *
find(const struct limits *l, const struct ip *key)
{
	struct limits_slot *set = set_of(l, key);
	for (size_t i = 0; i < WAYS; i++)
		if (ip_eq(&set[i].ip, key))
			return &set[i];
	return NULL;
}

/* When a slot has nothing left to say; a free one never had. */
static uint64_t
expiry(const struct limits_slot *s)
{
	if (s->ip.family == 0)
		return 0;
	uint64_t drained = s->at_ms + s->debt_ms;
	return drained > s->refused_until_ms ? drained : s->refused_until_ms;
}

static struct limits_slot *
find_or_take(struct limits *l, const struct ip *key)
{
	struct limits_slot *s = find(l, key);
	if (s != NULL)
		return s;
	struct limits_slot *set = set_of(l, key);
	s = &set[0];
	for (size_t i = 1; i < WAYS; i++)
		if (expiry(&set[i]) < expiry(s))
			s = &set[i];
	*s = (struct limits_slot){.ip = *key};
	return s;
}

static uint64_t
debt_at(const struct limits_slot *s, uint64_t now_ms)
{
	uint64_t passed = now_ms > s->at_ms ? now_ms - s->at_ms : 0;
	return s->debt_ms > passed ? s->debt_ms - passed : 0;
}

static uint64_t
cost(const struct limits *l)
{
	uint64_t c = l->max > 0 ? l->window_ms / l->max : l->window_ms;
	return c > 0 ? c : 1;
}

static struct limits_answer
answer(const struct limits *l, const struct limits_slot *s, uint64_t now_ms)
{
	struct limits_answer a = {
	    .failures = (debt_at(s, now_ms) + cost(l) - 1) / cost(l)};
	a.delay_ms = a.failures < LIMITS_DELAY_MAX_MS / LIMITS_DELAY_STEP_MS
			 ? a.failures * LIMITS_DELAY_STEP_MS
			 : LIMITS_DELAY_MAX_MS;
	if (s->refused_until_ms > now_ms) {
		a.refused = true;
		a.wait_ms = s->refused_until_ms - now_ms;
	}
	return a;
}

struct limits_answer
limits_ask(const struct limits *l, const struct ip *ip, uint64_t now_ms)
{
	struct ip key = counted(ip);
	const struct limits_slot *s = find(l, &key);
	if (l->max == 0 || s == NULL)
		return (struct limits_answer){.refused = false};
	return answer(l, s, now_ms);
}

struct limits_answer
limits_fail(struct limits *l, const struct ip *ip, uint64_t now_ms)
{
	struct ip key = counted(ip);
	if (l->max == 0)
		return (struct limits_answer){.refused = false};
	struct limits_slot *s = find_or_take(l, &key);
	s->debt_ms = debt_at(s, now_ms) + cost(l);
	s->at_ms = now_ms;
	if (s->refused_until_ms <= now_ms &&
	    (s->debt_ms + cost(l) - 1) / cost(l) >= l->max) {
		/* It begins anew after the refusal. */
		s->refused_until_ms = now_ms + l->window_ms;
		s->debt_ms = l->window_ms;
	}
	return answer(l, s, now_ms);
}
