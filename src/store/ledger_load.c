/* ledger_load.c - sums over records. */
#include "store/ledger_load.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS  3600000u
#define BIT(tag) (1u << (tag))

enum err
load_init(struct load *l, const uint64_t seed[2], uint64_t begin_ms,
    unsigned hours, bool (*ours)(void *arg, struct slice domain), void *arg)
{
	*l = (struct load){.begin_ms = begin_ms,
	    .hours = hours < LOAD_HOURS_MAX ? hours : LOAD_HOURS_MAX,
	    .ours = ours,
	    .arg = arg};
	map_init(&l->by_key, seed);
	l->source = calloc(LOAD_SOURCES_MAX, sizeof(*l->source));
	return l->source != NULL ? ERR_OK : ERR_NOMEM;
}

void
load_free(struct load *l)
{
	map_free(&l->by_key);
	free(l->source);
	l->source = NULL;
	l->source_n = 0;
}

/* hour_of - NULL: outside the span. */
static struct load_hour *
hour_of(struct load *l, uint64_t ms, size_t *out_i)
{
	if (ms < l->begin_ms || (ms - l->begin_ms) / HOUR_MS >= l->hours)
		return NULL;
	*out_i = (size_t)((ms - l->begin_ms) / HOUR_MS);
	return &l->hour[*out_i];
}

static bool
elsewhere(const struct load *l, struct slice address)
{
	size_t at = slice_rfind(address, '@');
	return at < address.n && !l->ours(l->arg, slice_from(address, at + 1));
}

/* ---- sources ---- */

static void
set_key(struct load_source *s, struct slice user, const struct ip *ip)
{
	user = slice_to(user, LOAD_NAME_MAX);
	if (user.n > 0) {
		memcpy(s->key, user.p, user.n);
		s->key_n = user.n;
	} else {
		s->key[0] = ip->family;
		memcpy(s->key + 1, ip->b, sizeof(ip->b));
		s->key_n = 1 + sizeof(ip->b);
	}
}

static struct load_source *
add_source(struct load *l, const struct load_source *like)
{
	if (l->source_n == LOAD_SOURCES_MAX)
		return NULL;
	struct load_source *s = &l->source[l->source_n];
	*s = *like;
	if (map_put(&l->by_key, slice_of(s->key, s->key_n), s) != ERR_OK)
		return NULL;
	l->source_n++;
	if (like->user.n > 0)
		s->user = slice_of(s->key, s->key_n);
	return s;
}

static struct load_source *
source_of(struct load *l, struct slice user, const struct ip *ip)
{
	struct load_source like = {.user = user};
	set_key(&like, user, ip);
	struct load_source *s =
	    map_get(&l->by_key, slice_of(like.key, like.key_n));
	return s != NULL || l->only_known ? s : add_source(l, &like);
}

enum err
load_watch(struct load *l, const struct load_source *v, size_t n)
{
	l->only_known = true;
	for (size_t i = 0; i < n; i++) {
		struct load_source like = {
		    .user = v[i].user, .key_n = v[i].key_n};
		memcpy(like.key, v[i].key, v[i].key_n);
		if (add_source(l, &like) == NULL)
			return ERR_NOMEM;
	}
	return ERR_OK;
}

static void
keep(char *out, size_t max, struct slice s)
{
	size_t n = s.n < max ? s.n : 0;
	if (n > 0)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

/* ---- what clients brought ---- */

struct session {
	struct ip ip;
	struct slice user, listener, from;
	uint64_t rcpts, out; /* of the open transaction; elsewhere */
	uint64_t messages, added, recipients;
};

static void
session_item(
    const struct load *l, struct session *s, const struct record_item *it)
{
	if (it->tag == RECORD_TAG_PEER) {
		s->ip = it->ip;
	} else if (it->tag == RECORD_TAG_LISTENER) {
		s->listener = it->s[0];
	} else if (it->tag == RECORD_TAG_USER) {
		s->user = it->s[0];
	} else if (it->tag == RECORD_TAG_MAIL) {
		s->from = it->s[0];
		s->rcpts = s->out = 0;
	} else if (it->tag == RECORD_TAG_RCPT) {
		bool taken = it->v[0] == RECORD_ACCEPTED;
		s->rcpts += taken;
		s->out += taken && elsewhere(l, it->s[0]);
	} else if (it->tag == RECORD_TAG_MESSAGE) {
		if (it->v[0] != 0 && it->v[1] == RECORD_ACCEPTED) {
			s->messages += s->out > 0;
			s->recipients += s->out;
			s->added += s->rcpts;
		}
		s->rcpts = s->out = 0;
	}
}

static void
take_session(struct load *l, struct record_reader *rd, uint64_t ms)
{
	static const uint32_t tags =
	    BIT(RECORD_TAG_PEER) | BIT(RECORD_TAG_LISTENER) |
	    BIT(RECORD_TAG_USER) | BIT(RECORD_TAG_MAIL) | BIT(RECORD_TAG_RCPT) |
	    BIT(RECORD_TAG_MESSAGE);
	struct session s = {0};
	struct record_item it;
	size_t i;
	struct load_hour *hour = hour_of(l, ms, &i);
	if (hour == NULL)
		return;
	while (record_next_of(rd, tags, &it) == ERR_OK)
		session_item(l, &s, &it);
	hour->messages += s.messages;
	hour->recipients += s.recipients;
	hour->added += s.added;
	if (s.recipients == 0)
		return;
	struct load_source *from = source_of(l, s.user, &s.ip);
	if (from == NULL) {
		l->nobody += s.recipients;
		return;
	}
	from->ip = s.ip;
	from->recipients[i] += s.recipients;
	from->total += s.recipients;
	from->messages += s.messages;
	keep(from->from, sizeof(from->from), s.from);
	keep(from->listener, sizeof(from->listener), s.listener);
}

/* ---- what became of it ---- */

/* What was delivered elsewhere. A session tells of its failures in part only
 * and when it ends; the queue tells of each at once. */
static void
take_delivery(struct load *l, struct record_reader *rd, uint64_t ms)
{
	struct record_item it;
	size_t i;
	struct load_hour *hour = hour_of(l, ms, &i);
	if (hour == NULL)
		return;
	while (record_next_of(rd, BIT(RECORD_TAG_RCPT), &it) == ERR_OK) {
		if (it.v[0] != RECORD_DELIVERED)
			continue;
		hour->finished++;
		hour->delivered += elsewhere(l, it.s[0]);
	}
}

static void
take_event(
    const struct load *l, struct load_hour *hour, const struct record_item *it)
{
	bool failed = it->v[1] == RECORD_EV_FAILED;
	bool deferred = it->v[1] == RECORD_EV_DEFERRED;
	id_t64 bounce;
	hour->finished += failed || it->v[1] == RECORD_EV_DELIVERED;
	/* One that could not be sent has no message of its own. */
	hour->added +=
	    it->v[1] == RECORD_BOUNCED && id_parse(it->s[2], &bounce) == ERR_OK;
	if (!elsewhere(l, it->s[0]))
		return;
	hour->refused += failed;
	hour->deferred += deferred;
	hour->expired += it->v[1] == RECORD_EXPIRED;
	if (!failed && !deferred)
		return;
	hour->blocklisted += slice_eq(it->s[1], SLICE("remote.blocklisted"));
	hour->rate_limited += slice_eq(it->s[1], SLICE("remote.rate-limited"));
}

static void
take_events(struct load *l, struct record_reader *rd)
{
	struct record_item it;
	size_t i;
	while (record_next_of(rd, BIT(RECORD_TAG_QUEUE_EVENT), &it) == ERR_OK) {
		struct load_hour *hour = hour_of(l, it.v[0], &i);
		if (hour != NULL)
			take_event(l, hour, &it);
	}
}

void
load_take(struct load *l, struct slice record)
{
	struct record_head head;
	struct record_reader rd;
	if (record_open(record, &head, &rd) != ERR_OK)
		return;
	switch (head.kind) {
	case RECORD_IN:
		take_session(l, &rd, head.time_ms);
		break;
	case RECORD_OUT:
		take_delivery(l, &rd, head.time_ms);
		break;
	case RECORD_EVENTS:
		take_events(l, &rd);
		break;
	case RECORD_KIND_END:
		break;
	}
}

static int
louder(const void *a, const void *b)
{
	const struct load_source *x = a, *y = b;
	if (x->total != y->total)
		return x->total > y->total ? -1 : 1;
	return slice_cmp(
	    slice_of(x->key, x->key_n), slice_of(y->key, y->key_n));
}

void
load_sort(struct load *l)
{
	/* The map points into the array: nothing is taken after this. */
	map_free(&l->by_key);
	qsort(l->source, l->source_n, sizeof(*l->source), louder);
	for (size_t i = 0; i < l->source_n; i++)
		if (l->source[i].user.n > 0)
			l->source[i].user =
			    slice_of(l->source[i].key, l->source[i].key_n);
}
