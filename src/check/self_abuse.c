/* self_abuse.c - the figures of this server: the ledger by the hour, the
 * queue, and our addresses in the lists. Only read, and nothing is asked of a
 * running server. */
#include "check/self_abuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/blocklist.h"
#include "os/clock.h"
#include "os/random.h"
#include "store/ledger.h"

#define HOUR_MS     3600000ull
#define DAY_MS      (24 * HOUR_MS)
#define LATE_MS     600000u /* a record comes when its session is over */
#define STEP        20000u  /* records between two looks at the clock */
#define READ_MAX_MS 20000u  /* for all of the ledger */

/* ---- the lists ---- */

static void
take_listed(struct self_abuse *a, const struct blocklist *b,
    const struct blocklist_entry *e)
{
	if (a->listed_n == SELF_LISTED_MAX)
		return;
	struct self_listed *to = &a->listed[a->listed_n++];
	const struct blocklist_zone *zone = &b->zone[e->zone];
	ip_text(&b->subject[e->subject].ip, to->address);
	(void)snprintf(to->zone, sizeof(to->zone), "%s", zone->zone);
	(void)snprintf(
	    to->url, sizeof(to->url), "%s", zone->url != NULL ? zone->url : "");
}

static void
on_lists(void *arg, const struct blocklist *b)
{
	struct self_abuse *a = arg;
	a->lists = b->n;
	for (size_t i = 0; i < b->n; i++) {
		bool listed = b->v[i].state == BLOCKLIST_LISTED;
		a->lists_answered +=
		    listed || b->v[i].state == BLOCKLIST_NOT_LISTED;
		if (listed)
			take_listed(a, b, &b->v[i]);
	}
	self_answered(a->s);
}

static bool
dns_silent(const struct self *s)
{
	return s->c->no_dns[0] != '\0' ||
	       (s->a_status >= IPC_DNS_TEMPFAIL &&
		   s->aaaa_status >= IPC_DNS_TEMPFAIL);
}

void
self_abuse_ask(struct self *s)
{
	struct blocklist_subject v[SELF_IPS_MAX] = {0};
	size_t n = 0;
	struct self_abuse *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return;
	a->s = s;
	s->abuse = a;
	for (size_t i = 0; i < s->ip_n; i++)
		if (self_public(&s->ip[i].ip))
			v[n++].ip = s->ip[i].ip;
	if (n == 0 || dns_silent(s))
		return;
	a->lists_asked = true;
	s->waiting++;
	blocklist_ask(s->c, v, n, NULL, 0, on_lists, a);
}

void
self_abuse_free(struct self *s)
{
	if (s->abuse == NULL)
		return;
	load_free(&s->abuse->load);
	free(s->abuse);
	s->abuse = NULL;
}

/* ---- the ledger ---- */

struct reading {
	struct self_abuse *a;
	struct ledger *l;
	uint64_t until_ms; /* by the steady clock */
	uint64_t seed[2];
};

static bool
ours(void *arg, struct slice domain)
{
	const struct self *s = arg;
	return conf_domain_find(s->conf, domain) != NULL;
}

static bool
take(void *arg, uint64_t seq, struct slice bytes)
{
	(void)seq;
	load_take(arg, bytes);
	return true;
}

/* scan - the records that came from from_ms on, until until_ms; 0: to the end,
 * whatever time they have. */
static enum err
scan(struct reading *r, struct load *load, uint64_t from_ms, uint64_t until_ms,
    struct diag *d)
{
	const struct ledger_filter every = {.events = true};
	struct ledger_pos pos = {
	    .seq = ledger_seq_before(r->l, from_ms), .begun = true};
	uint64_t end =
	    until_ms == 0 ? UINT64_MAX : ledger_seq_before(r->l, until_ms);
	enum err e = ERR_MORE;
	while (e == ERR_MORE && pos.seq < end) {
		if (clock_mono_ms() >= r->until_ms) {
			r->a->cut = true;
			return ERR_OK;
		}
		uint64_t left = end - pos.seq;
		e = ledger_scan(r->l, &every, &pos,
		    left < STEP ? (size_t)left : STEP, take, load, d);
	}
	return e == ERR_MORE || e == ERR_NOT_FOUND ? ERR_OK : e;
}

static uint64_t
peak(const uint64_t *v, size_t n)
{
	uint64_t most = 0;
	for (size_t i = 0; i < n; i++)
		most = v[i] > most ? v[i] : most;
	return most;
}

static uint64_t
peak_all(const struct load *l)
{
	uint64_t v[LOAD_HOURS_MAX];
	for (size_t i = 0; i < l->hours; i++)
		v[i] = l->hour[i].recipients;
	return peak(v, l->hours);
}

/* The last hours. */
static enum err
read_now(struct reading *r, struct diag *d)
{
	struct self_abuse *a = r->a;
	struct abuse_facts *f = &a->facts;
	struct load *l = &a->load;
	uint64_t begin_ms = a->now_ms - ABUSE_HOURS * HOUR_MS;
	enum err e = load_init(l, r->seed, begin_ms, ABUSE_HOURS, ours, a->s);
	if (e == ERR_OK)
		e = scan(r, l, begin_ms, 0, d);
	if (e != ERR_OK)
		return e;
	load_sort(l);
	f->all.peak = peak_all(l);
	f->source_n = l->source_n < ABUSE_SOURCES ? l->source_n : ABUSE_SOURCES;
	for (size_t i = 0; i < f->source_n; i++) {
		f->source[i].series.peak =
		    peak(l->source[i].recipients, l->hours);
		f->source[i].recipients = l->source[i].total;
	}
	for (size_t i = 0; i < l->hours; i++) {
		struct load_hour *h = &l->hour[i];
		h->refused -= h->expired < h->refused ? h->expired : h->refused;
		f->recipients += h->recipients;
		f->tried += h->delivered + h->refused + h->deferred;
		f->refused += h->refused;
		f->blocklisted += h->blocklisted;
		f->rate_limited += h->rate_limited;
	}
	f->added = l->hour[l->hours - 1].added;
	f->finished = l->hour[l->hours - 1].finished;
	return ERR_OK;
}

/* day_known - was the ledger there before the span, and written on its day? */
static bool
day_known(struct ledger *l, uint64_t begin_ms, uint64_t end_ms)
{
	return ledger_seq_before(l, begin_ms) > 0 &&
	       ledger_seq_before(l, end_ms - DAY_MS) <
		   ledger_seq_before(l, end_ms);
}

/* The same hours, that many days ago. */
static enum err
read_day(struct reading *r, unsigned day, struct diag *d)
{
	struct self_abuse *a = r->a;
	struct abuse_facts *f = &a->facts;
	struct load l;
	uint64_t end_ms =
	    a->now_ms - (day + 1) * DAY_MS + ABUSE_AFTER * HOUR_MS;
	unsigned hours = ABUSE_BEFORE + ABUSE_HOURS + ABUSE_AFTER;
	uint64_t begin_ms = end_ms - hours * HOUR_MS;
	if (!day_known(r->l, begin_ms, end_ms))
		return ERR_OK;
	enum err e = load_init(&l, r->seed, begin_ms, hours, ours, a->s);
	if (e == ERR_OK)
		e = load_watch(&l, a->load.source, f->source_n);
	if (e == ERR_OK)
		e = scan(r, &l, begin_ms, end_ms + LATE_MS, d);
	f->day_known[day] = e == ERR_OK && !a->cut;
	f->all.day[day] = peak_all(&l);
	for (size_t i = 0; i < l.source_n; i++)
		f->source[i].series.day[day] =
		    peak(l.source[i].recipients, l.hours);
	load_free(&l);
	return e;
}

static enum err
read_open(struct reading *r, struct diag *d)
{
	struct self_abuse *a = r->a;
	/* What is judged as of then knows of a later time. */
	a->facts.clock_back =
	    a->s->c->opts->now_s == 0 &&
	    ledger_seq_before(r->l, a->now_ms + ABUSE_CLOCK_MS) <
		ledger_seq_before(r->l, UINT64_MAX);
	enum err e = read_now(r, d);
	for (unsigned i = 0; i < ABUSE_DAYS && e == ERR_OK; i++)
		e = read_day(r, i, d);
	return e;
}

static void
read_ledger(struct self_abuse *a)
{
	char dir[4096];
	struct diag d = {0};
	struct reading r = {.a = a,
	    .until_ms = clock_mono_ms() + READ_MAX_MS,
	    .seed = {random_u64(), random_u64()}};
	(void)snprintf(
	    dir, sizeof(dir), "%.*s/ledger", SLICE_ARG(a->s->conf->data_dir));
	enum err e = ledger_open(dir, false, &r.l, &d);
	if (e == ERR_OK) {
		e = read_open(&r, &d);
		ledger_close(r.l);
	}
	a->facts.ledger_known = e == ERR_OK;
	if (e != ERR_OK)
		(void)snprintf(a->no_ledger, sizeof(a->no_ledger), "%s",
		    d.text[0] != '\0' ? d.text : err_name(e));
}

static void
read_queue(struct self_abuse *a)
{
	char dir[4096];
	struct diag d = {0};
	struct store_reader *r;
	(void)snprintf(
	    dir, sizeof(dir), "%.*s/queue", SLICE_ARG(a->s->conf->data_dir));
	enum err e = store_reader_open(dir, &r, &d);
	if (e == ERR_OK) {
		e = store_stats(r, a->now_ms, &a->queue, &d);
		store_reader_close(r);
	}
	a->facts.queue_known = e == ERR_OK;
	a->facts.waiting = a->queue.recipients;
	if (e != ERR_OK)
		(void)snprintf(a->no_queue, sizeof(a->no_queue), "%s",
		    d.text[0] != '\0' ? d.text : err_name(e));
}

void
self_abuse_tell(struct self *s)
{
	struct self_abuse *a = s->abuse;
	if (a == NULL)
		return;
	a->now_ms =
	    s->c->opts->now_s != 0 ? s->c->opts->now_s * 1000 : clock_unix_ms();
	/* Before that there is nothing to subtract from. */
	if (a->now_ms > (ABUSE_DAYS + 2) * DAY_MS)
		read_ledger(a);
	read_queue(a);
	a->facts.listed = a->listed_n;
	a->facts.lists_known =
	    a->lists_asked && a->lists_answered * 2 >= a->lists;
	abuse_judge(&a->facts, &a->verdict);
	self_abuse_tell_all(a);
}
