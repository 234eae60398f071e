#include "role/ledger/service.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/pack.h"
#include "os/log.h"

#define PENDING_OCTETS (SERVICE_BATCH_MAX * RECORD_MAX)
#define PENDING_KEPT   (256u * 1024) /* octets of buffer kept between batches */
#define PRUNE_EVERY_MS 10000
#define PRUNE_MORE_MS  20
#define PRUNE_LIMIT    512
#define STEP_RECORDS   128
#define RETRY_MS       20
#define COMPLAIN_MS    60000

struct query {
	struct list node;
	void *who;
	uint8_t *args; /* the filter borrows from it */
	struct ledger_query q;
	bool idle; /* at the end, following */
};

struct service {
	struct loop *loop;
	struct ledger *ledger;
	struct conf_ledger conf;
	const struct service_ops *ops;
	struct buf pending; /* the records of the batch, one after another */
	size_t end[SERVICE_BATCH_MAX]; /* where each ends in pending */
	size_t waiting;
	struct timer flush, prune, work;
	struct list queries;
	size_t n_queries;
	struct query *working; /* a line of it is being handed over */
	bool gone;             /* its reader went away meanwhile */
	uint64_t lost;         /* since the start */
	uint64_t lost_unsaved; /* not yet told the database */
	uint64_t complained_ms;
	uint64_t generation; /* of the database */
};

/* --- losses --- */

static void
complain(struct service *s, const struct diag *d)
{
	uint64_t now = loop_now_ms(s->loop);
	if (s->complained_ms != 0 && now - s->complained_ms < COMPLAIN_MS)
		return;
	s->complained_ms = now;
	log_line(LOG_WARNING, "records-lost", "total=%llu cause=%s why=\"%s\"",
	    (unsigned long long)s->lost, d->cause, d->text);
}

static void
lose(struct service *s, uint64_t n, const struct diag *why)
{
	if (n == 0)
		return;
	s->lost += n;
	s->lost_unsaved += n;
	complain(s, why);
}

/* --- writing --- */

/* renew - has a new database taken the place of a damaged one? Its records
 * count from the beginning again, so those who follow begin there too. */
static void
renew(struct service *s, const struct diag *d)
{
	if (s->generation == ledger_generation(s->ledger))
		return;
	s->generation = ledger_generation(s->ledger);
	log_line(LOG_ERROR, "ledger-damaged", "why=\"%s\"", d->text);
	LIST_FOREACH (n, &s->queries)
		LIST_OWNER(n, struct query, node)->q.pos.seq = 0;
}

/* append - again when it looks damaged: opened again it may be whole, and
 * then a new database takes its place. */
static enum err
append(struct service *s, const struct slice *records, struct diag *d)
{
	uint64_t now = loop_unix_ms(s->loop);
	enum err e = ERR_CORRUPT;
	for (int i = 0; i < 3 && e == ERR_CORRUPT; i++) {
		e = ledger_append(s->ledger, records, s->waiting, now, d);
		renew(s, d);
	}
	return e;
}

static void
wake_followers(struct service *s)
{
	LIST_FOREACH (n, &s->queries)
		LIST_OWNER(n, struct query, node)->idle = false;
	if (!list_empty(&s->queries) && !timer_active(&s->work))
		timer_start(&s->work, 0);
}

void
service_flush(struct service *s)
{
	struct slice records[SERVICE_BATCH_MAX];
	struct diag d = {0};
	timer_stop(&s->flush);
	if (s->waiting == 0)
		return;
	for (size_t i = 0, at = 0; i < s->waiting; at = s->end[i++])
		records[i] = slice_of(s->pending.p + at, s->end[i] - at);
	if (append(s, records, &d) != ERR_OK) {
		lose(s, s->waiting, &d);
	} else if (s->lost_unsaved > 0) {
		ledger_lost_add(s->ledger, s->lost_unsaved);
		s->lost_unsaved = 0;
	}
	s->waiting = 0;
	buf_clear(&s->pending);
	if (s->pending.cap > PENDING_KEPT)
		buf_free(&s->pending);
	wake_followers(s);
}

void
service_record(struct service *s, struct slice bytes, uint64_t dropped)
{
	static const struct diag behind = {
	    .text = "a sender could not wait for the ledger"};
	static const struct diag bad = {.text = "a record was malformed"};
	static const struct diag memory = {.text = "out of memory"};
	lose(s, dropped, &behind);
	if (record_check(bytes) != ERR_OK) {
		lose(s, 1, &bad);
		return;
	}
	if (s->conf.dialogue)
		buf_add(&s->pending, bytes);
	else
		record_without_dialogue(bytes, &s->pending);
	if (buf_err(&s->pending) != ERR_OK) {
		lose(s, s->waiting + 1, &memory);
		s->waiting = 0;
		buf_free(&s->pending);
		return;
	}
	s->end[s->waiting++] = s->pending.n;
	if (s->waiting == SERVICE_BATCH_MAX)
		service_flush(s);
	else if (!timer_active(&s->flush))
		timer_start(&s->flush, SERVICE_BATCH_MS);
}

static void
on_flush(void *arg)
{
	service_flush(arg);
}

static void
on_prune(void *arg)
{
	struct service *s = arg;
	struct diag d = {0};
	bool more = false;
	enum err e = ledger_prune(s->ledger, loop_unix_ms(s->loop),
	    s->conf.keep_ms, s->conf.max_size, PRUNE_LIMIT, &more, &d);
	if (e != ERR_OK)
		log_line(LOG_WARNING, "ledger-prune", "why=\"%s\"", d.text);
	renew(s, &d);
	timer_start(&s->prune, more ? PRUNE_MORE_MS : PRUNE_EVERY_MS);
}

/* --- questions --- */

static void
query_free(struct service *s, struct query *q)
{
	list_remove(&q->node);
	s->n_queries--;
	free(q->args);
	free(q);
}

static void
query_end(struct service *s, struct query *q, uint8_t code, const char *text)
{
	void *who = q->who;
	query_free(s, q);
	s->ops->end(who, code, text);
}

struct giving {
	struct service *s;
	struct query *q;
};

static bool
give(void *arg, uint64_t seq, struct slice bytes)
{
	struct giving *g = arg;
	(void)seq;
	g->s->ops->line(g->q->who, bytes);
	return !g->s->gone && !g->s->ops->blocked(g->q->who);
}

/* query_work - a piece of one answer. false: it waits for its reader. */
static bool
query_work(struct service *s, struct query *q)
{
	struct giving g = {s, q};
	struct diag d = {0};
	if (s->ops->blocked(q->who))
		return false;
	s->working = q;
	s->gone = false;
	enum err e =
	    ledger_query_step(s->ledger, &q->q, STEP_RECORDS, give, &g, &d);
	s->working = NULL;
	renew(s, &d);
	if (s->gone)
		query_free(s, q);
	else if (e == ERR_NOT_FOUND && q->q.filter.follow)
		q->idle = true;
	else if (e == ERR_NOT_FOUND)
		query_end(s, q, 0, "");
	else if (e != ERR_MORE)
		query_end(s, q, 3, d.text);
	return true;
}

static void
on_work(void *arg)
{
	struct service *s = arg;
	bool again = false, moved = false;
	LIST_FOREACH_SAFE (n, &s->queries) {
		struct query *q = LIST_OWNER(n, struct query, node);
		if (!q->idle)
			moved = query_work(s, q) || moved;
	}
	LIST_FOREACH (n, &s->queries)
		again = again || !LIST_OWNER(n, struct query, node)->idle;
	if (again)
		timer_start(&s->work, moved ? 0 : RETRY_MS);
}

static enum err
parse(struct ledger_filter *f, struct slice args)
{
	struct slice name, value;
	while (pack_next(&args, &name)) {
		if (!pack_next(&args, &value))
			return ERR_SYNTAX;
		enum err e = ledger_filter_set(f, name, value);
		if (e != ERR_OK)
			return e;
	}
	return args.n == 0 ? ERR_OK : ERR_SYNTAX;
}

void
service_ask(struct service *s, void *who, struct slice args)
{
	if (s->n_queries == SERVICE_QUERIES_MAX) {
		s->ops->end(who, 3, "too many questions at once");
		return;
	}
	struct query *q = calloc(1, sizeof(*q));
	uint8_t *copy = malloc(args.n + 1);
	if (q == NULL || copy == NULL) {
		free(q);
		free(copy);
		s->ops->end(who, 3, "out of memory");
		return;
	}
	if (args.n > 0)
		memcpy(copy, args.p, args.n);
	q->who = who;
	q->args = copy;
	list_push_back(&s->queries, &q->node);
	s->n_queries++;
	if (parse(&q->q.filter, slice_of(copy, args.n)) != ERR_OK) {
		query_end(s, q, 2, "the question is not understood");
		return;
	}
	/* What has come already is part of the answer. */
	service_flush(s);
	if (!timer_active(&s->work))
		timer_start(&s->work, 0);
}

void
service_forget(struct service *s, const void *who)
{
	LIST_FOREACH_SAFE (n, &s->queries) {
		struct query *q = LIST_OWNER(n, struct query, node);
		if (q->who != who)
			continue;
		if (q == s->working)
			s->gone = true; /* freed when the step is over */
		else
			query_free(s, q);
	}
}

/* --- life --- */

struct service *
service_new(struct loop *loop, const char *dir, const struct conf_ledger *conf,
    const struct service_ops *ops, struct diag *d)
{
	struct diag opened = {0};
	struct service *s = calloc(1, sizeof(*s));
	if (s == NULL) {
		(void)diag_set(d, ERR_NOMEM, NULL, "out of memory");
		return NULL;
	}
	if (ledger_open(dir, true, &s->ledger, &opened) != ERR_OK) {
		*d = opened;
		free(s);
		return NULL;
	}
	if (opened.text[0] != '\0')
		log_line(
		    LOG_ERROR, "ledger-damaged", "why=\"%s\"", opened.text);
	s->generation = ledger_generation(s->ledger);
	s->loop = loop;
	s->conf = *conf;
	s->ops = ops;
	buf_init(&s->pending, PENDING_OCTETS);
	list_init(&s->queries);
	timer_init(&s->flush, loop, on_flush, s);
	timer_init(&s->prune, loop, on_prune, s);
	timer_init(&s->work, loop, on_work, s);
	timer_start(&s->prune, PRUNE_EVERY_MS);
	return s;
}

void
service_free(struct service *s)
{
	service_flush(s);
	LIST_FOREACH_SAFE (n, &s->queries)
		query_free(s, LIST_OWNER(n, struct query, node));
	timer_stop(&s->flush);
	timer_stop(&s->prune);
	timer_stop(&s->work);
	ledger_close(s->ledger);
	buf_free(&s->pending);
	free(s);
}

void
service_conf(struct service *s, const struct conf_ledger *conf)
{
	s->conf = *conf;
}

uint64_t
service_lost(struct service *s)
{
	return ledger_lost(s->ledger) + s->lost_unsaved;
}
