/* A notice to one of our Maildir domains: what is asked of lookup, and what
 * each answer makes of it. No thread runs: what was given to the writer and
 * the pool is looked at where it waits. */
#include "role/queue/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1800000000000ull

struct world {
	struct role role;
	struct conf *conf;
	struct queue q;
	struct letter *letter;
};

/* ---- the skeleton ---- */

static union {
	uint8_t octets[16];
	uint64_t aligned;
} peer; /* stands for lookup's channel, which is only compared */
static bool there;
static unsigned asks;
static uint64_t last_ask;
static char last_local[64];

static struct chan *
lookup_chan(void)
{
	return (struct chan *)(void *)&peer;
}

_Noreturn void
role_fatal(struct role *r, const char *fmt, ...)
{
	(void)r;
	(void)fmt;
	abort();
}

void
role_exit(struct role *r)
{
	(void)r;
}

struct chan *
role_peer(struct role *r, enum role_kind kind, uint64_t hint)
{
	(void)r;
	(void)hint;
	return kind == ROLE_LOOKUP && there ? lookup_chan() : NULL;
}

bool
role_send(struct chan *c, const struct ipc_msg *m)
{
	if (c == NULL)
		return false;
	assert_int_equal(m->type, IPC_rcpt_ask);
	assert_int_equal(m->rcpt_ask.flags, IPC_RCPT_NO_VERIFY);
	assert_true(m->rcpt_ask.local.n < sizeof(last_local));
	memcpy(last_local, m->rcpt_ask.local.p, m->rcpt_ask.local.n);
	last_local[m->rcpt_ask.local.n] = '\0';
	last_ask = m->rcpt_ask.ask;
	asks++;
	return true;
}

id_t64
role_id(struct role *r)
{
	return id_next(&r->ids, loop_unix_ms(r->loop));
}

void
role_ctl_line(struct chan *c, struct slice json)
{
	(void)c;
	(void)json;
}

void
role_ctl_end(struct chan *c, uint8_t code, const char *text)
{
	(void)c;
	(void)code;
	(void)text;
}

/* ---- the world ---- */

static enum err
give_text(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)ctx;
	(void)path;
	(void)d;
	buf_add_str(out,
	    "hostname = \"mail.contoh.id\"\n"
	    "domain \"contoh.id\" { deliver = \"maildir:/m/%d/%u\" }\n"
	    "listen \"mx\" { address = {\"127.0.0.1:25\"} role = \"mx\" }\n"
	    "data-dir = \"/nowhere\"\n"
	    "postmaster = \"admin@contoh.id\"\n"
	    "outbound { via = \"mx\" }\n");
	return buf_err(out);
}

static int
begin(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct conf_source src = {give_text, NULL};
	struct conf_report report;
	assert_non_null(w);
	conf_report_init(&report);
	if (conf_read(&src, "kurir.conf", NULL, &w->conf, &report) != ERR_OK)
		fail_msg("%s", report.n > 0 ? report.v[0].text : "?");
	conf_report_free(&report);
	w->role.loop = loop_new();
	loop_set_virtual(w->role.loop, NOW);
	w->role.conf = w->conf;
	id_gen_init(&w->role.ids, 3);
	queue_init(&w->q, &w->role);
	list_init(&w->q.writer.inbox);
	list_init(&w->q.pool.inbox);
	dispatch_limits(&w->q);
	w->q.running = true;
	there = true;
	asks = 0;
	*state = w;
	return 0;
}

static int
end(void **state)
{
	struct world *w = *state;
	struct queue *q = &w->q;
	size_t cursor = 0;
	struct dest *d;
	assert_true(list_empty(&q->jobs));
	assert_true(list_empty(&q->letters));
	timer_stop(&q->claim_timer);
	timer_stop(&q->dispatch_timer);
	timer_stop(&q->sweep_timer);
	timer_stop(&q->events_timer);
	defer_cancel(&q->dispatch);
	record_free(&q->events);
	while ((d = map_next(&q->dests, &cursor)) != NULL) {
		arena_reset(&d->mem);
		free(d);
	}
	map_free(&q->dests);
	map_free(&q->jobs_by_number);
	map_free(&q->more_rcpts);
	map_free(&q->spools);
	loop_free(w->role.loop);
	conf_free(w->conf);
	free(w);
	return 0;
}

/* A letter with those flags to address becomes a job and has its turn. */
static struct job *
letter_to(
    struct world *w, unsigned flags, const char *address, const char *original)
{
	const struct store_envelope e = {.id = id_floor(NOW) + 1,
	    .arrived_ms = NOW,
	    .size = 3,
	    .flags = flags};
	struct letter *l = letter_new(&w->q, &e);
	struct claimed_rcpt c = {.rcpt = {.address = slice_str(address),
				     .domain = SLICE("contoh.id"),
				     .original = slice_str(original)}};
	assert_non_null(l);
	letter_jobs(&w->q, l, &c, 1);
	struct job *j = LIST_OWNER(w->q.jobs.next, struct job, node);
	letter_unref(&w->q, l);
	loop_step(w->role.loop, 0);
	return j;
}

static struct job *
notice_to(struct world *w, const char *address, const char *original)
{
	return letter_to(w, STORE_INTERNAL, address, original);
}

static void
target(struct world *w, const char *address)
{
	const struct ipc_rcpt_target m = {
	    .ask = last_ask, .address = slice_str(address)};
	settle_target(&w->q, lookup_chan(), &m);
}

static void
answer(struct world *w, enum ipc_exists exists)
{
	const struct ipc_rcpt_answer m = {.ask = last_ask,
	    .dom_class = IPC_DOMAIN_MAILDIR,
	    .exists = (uint8_t)exists};
	settle_answer(&w->q, lookup_chan(), &m);
}

/* The only transaction that was given: its only result is what. */
static void
recorded(struct world *w, enum store_outcome what, size_t puts)
{
	struct list *n = list_pop_front(&w->q.writer.inbox);
	assert_non_null(n);
	assert_true(list_empty(&w->q.writer.inbox));
	struct txn *t = LIST_OWNER(n, struct txn, node);
	assert_int_equal(t->n_results, 1);
	assert_int_equal(t->results[0].outcome, what);
	assert_int_equal(t->n_puts, puts);
	for (size_t i = 0; puts > 0 && i < t->puts[0].n_recipients; i++) {
		const struct store_recipient *r = &t->puts[0].recipients[i];
		assert_int_equal(r->n, i);
		/* What was settled says so, and is not asked about again. */
		assert_true(slice_eq(r->original, SLICE("tim@contoh.id")));
	}
	if (puts > 0)
		assert_int_equal(t->puts[0].envelope.flags, STORE_INTERNAL);
	t->done(t, &w->q);
}

/* Its body is being read; that ends now. */
static void
body_read(struct world *w)
{
	struct list *n = list_pop_front(&w->q.pool.inbox);
	assert_non_null(n);
	struct task *t = LIST_OWNER(n, struct task, node);
	t->done(t, &w->q);
}

/* ---- the tests ---- */

static void
test_nobody_and_unknown(void **state)
{
	struct world *w = *state;
	struct job *j = notice_to(w, "karangan@contoh.id", "");
	assert_int_equal(j->state, JOB_ASKING);
	assert_string_equal(last_local, "karangan");
	answer(w, IPC_EXISTS_NO);
	recorded(w, STORE_FAILED, 0);
	(void)notice_to(w, "\"a b\"@contoh.id", "");
	assert_string_equal(last_local, "a b");
	answer(w, IPC_EXISTS_UNKNOWN);
	recorded(w, STORE_DEFERRED, 0);
	assert_int_equal(asks, 2);
}

static void
test_no_lookup(void **state)
{
	struct world *w = *state;
	there = false;
	(void)notice_to(w, "siti@contoh.id", "");
	recorded(w, STORE_RETURNED, 0);
	there = true;
	(void)notice_to(w, "siti@contoh.id", "");
	dispatch_lost(&w->q, lookup_chan());
	recorded(w, STORE_RETURNED, 0);
	/* Too late. */
	answer(w, IPC_EXISTS_YES);
	assert_true(list_empty(&w->q.pool.inbox));
}

static void
test_mailbox(void **state)
{
	static const struct {
		const char *address, *target, *becomes;
	} cases[] = {
	    {"siti@contoh.id", "siti@contoh.id", "siti@contoh.id"},
	    {"Siti+x@contoh.id", "siti@contoh.id", "siti@contoh.id"},
	    {"satu@contoh.id", "siti@contoh.id", "siti@contoh.id"},
	    {"siti@contoh.id", NULL, "siti@contoh.id"},
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct job *j = notice_to(w, cases[i].address, "");
		if (cases[i].target != NULL)
			target(w, cases[i].target);
		answer(w, IPC_EXISTS_YES);
		assert_int_equal(j->state, JOB_READING);
		assert_int_equal(j->n_targets, 0);
		assert_true(
		    slice_eq(j->rcpts[0].address, slice_str(cases[i].becomes)));
		j->dropped = true;
		body_read(w);
		recorded(w, STORE_RETURNED, 0);
	}
}

static void
test_alias(void **state)
{
	static const char *const targets[][2] = {
	    {"budi@contoh.id", "tim@contoh.id"},
	    {"c@mitra.example", NULL},
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		(void)notice_to(w, "tim@contoh.id", "");
		for (size_t k = 0; k < 2 && targets[i][k] != NULL; k++)
			target(w, targets[i][k]);
		answer(w, IPC_EXISTS_YES);
		body_read(w);
		recorded(w, STORE_DELIVERED, 1);
	}
	/* One of them came back to be delivered. */
	asks = 0;
	struct job *j = notice_to(w, "tim@contoh.id", "tim@contoh.id");
	assert_int_equal(asks, 0);
	assert_int_equal(j->state, JOB_READING);
	j->dropped = true;
	body_read(w);
	recorded(w, STORE_RETURNED, 0);
}

/* Whom relay-control let pass unknown: a mailbox gets it, and nobody else. */
static void
test_let_pass(void **state)
{
	static const struct {
		enum ipc_exists exists;
		const char *targets[2];
		int outcome; /* -1: it is sent */
	} cases[] = {
	    {IPC_EXISTS_NO, {NULL}, STORE_FAILED},
	    {IPC_EXISTS_UNKNOWN, {NULL}, STORE_DEFERRED},
	    {IPC_EXISTS_YES, {NULL}, -1},
	    {IPC_EXISTS_YES, {"Baru@contoh.id"}, -1},
	    {IPC_EXISTS_YES, {"siti@contoh.id", "baru@contoh.id"}, -1},
	    {IPC_EXISTS_YES, {"siti@contoh.id"}, STORE_FAILED},
	    {IPC_EXISTS_YES, {"c@mitra.example"}, STORE_FAILED},
	};
	struct world *w = *state;
	struct conf_relay_recipient *spared = &w->conf->relay_control.recipient;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		spared->exempt_trusted = i % 2;
		spared->exempt_authenticated = !spared->exempt_trusted;
		struct job *j =
		    letter_to(w, STORE_TRUSTED, "baru@contoh.id", "");
		assert_int_equal(j->state, JOB_ASKING);
		for (size_t k = 0; k < 2 && cases[i].targets[k] != NULL; k++)
			target(w, cases[i].targets[k]);
		answer(w, cases[i].exists);
		if (cases[i].outcome >= 0) {
			recorded(w, (enum store_outcome)cases[i].outcome, 0);
			continue;
		}
		assert_int_equal(j->state, JOB_READING);
		assert_int_equal(j->n_targets, 0);
		j->dropped = true;
		body_read(w);
		recorded(w, STORE_RETURNED, 0);
	}
}

/* Nobody else's mail costs a question. */
static void
test_not_asked(void **state)
{
	static const struct {
		unsigned flags;
		bool spared;
		const char *original;
	} cases[] = {
	    {STORE_TRUSTED, false, ""},
	    {0, true, ""},
	    {STORE_TRUSTED, true, "alias@contoh.id"},
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w->conf->relay_control.recipient =
		    (struct conf_relay_recipient){
			.exempt_trusted = cases[i].spared,
			.exempt_authenticated = cases[i].spared};
		struct job *j = letter_to(
		    w, cases[i].flags, "baru@contoh.id", cases[i].original);
		assert_int_equal(j->state, JOB_READING);
		j->dropped = true;
		body_read(w);
		recorded(w, STORE_RETURNED, 0);
	}
	assert_int_equal(asks, 0);
}

static void
test_status(void **state)
{
	static const struct {
		const char *reply, *line;
	} cases[] = {
	    {"550 5.1.1 No such user", "\r\nStatus: 5.1.1\r\n"},
	    {"5.1.2 no such domain", "\r\nStatus: 5.1.2\r\n"},
	    {"550 No such user", "\r\nStatus: 5.0.0\r\n"},
	    {"5.1.x no status", "\r\nStatus: 5.0.0\r\n"},
	    {"", "\r\nStatus: 5.0.0\r\n"},
	};
	struct world *w = *state;
	const struct store_envelope e = {.id = id_floor(NOW) + 1,
	    .arrived_ms = NOW,
	    .sender = SLICE("siti@contoh.id")};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rcpt r = {.address = SLICE("a@mitra.example"),
		    .reply = slice_str(cases[i].reply)};
		const struct rcpt *v = &r;
		const struct notice n = {
		    .envelope = &e, .rcpts = &v, .n = 1, .now_ms = NOW};
		struct store_put put;
		struct arena a;
		id_t64 about;
		arena_init(&a, 1u << 20);
		assert_true(notice_put(&w->q, &n, &a, &put));
		assert_non_null(memmem(put.body.p, put.body.n, cases[i].line,
		    strlen(cases[i].line)));
		assert_int_equal(id_parse(put.envelope.extra, &about), ERR_OK);
		assert_true(about == e.id);
		arena_reset(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_nobody_and_unknown, begin, end),
	    cmocka_unit_test_setup_teardown(test_no_lookup, begin, end),
	    cmocka_unit_test_setup_teardown(test_mailbox, begin, end),
	    cmocka_unit_test_setup_teardown(test_alias, begin, end),
	    cmocka_unit_test_setup_teardown(test_let_pass, begin, end),
	    cmocka_unit_test_setup_teardown(test_not_asked, begin, end),
	    cmocka_unit_test_setup_teardown(test_status, begin, end),
	};
	return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
