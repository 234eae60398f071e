/* The role queue between a scripted smtpd and a scripted relay, on a real
 * store and virtual time. What the skeleton (role.c) gives a role stands
 * below. */
#include "role/queue/queue.h"

#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/clock.h"
#include "os/fdpass.h"
#include "os/fs.h"

#define NOW 1800000000000ull

/* ---- the skeleton ---- */

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
	r->walled = false;
}

struct chan *
role_peer(struct role *r, enum role_kind kind, uint64_t hint)
{
	(void)hint;
	return r->peers[kind][0];
}

bool
role_send(struct chan *c, const struct ipc_msg *m)
{
	return c != NULL && chan_send(c, m) == ERR_OK;
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

#define JOBS 16u

struct job_seen {
	uint64_t number;
	id_t64 msg;
	char hop[64], domain[64], from[64], rcpts[128], body[8192];
	size_t n_rcpts;
};

struct world {
	char dir[64];
	struct conf *conf;
	struct loop *loop;
	struct role role;
	struct queue q;
	struct chan *smtpd, *relay; /* their ends, which the test plays */
	unsigned answers;
	enum err answer;
	struct job_seen jobs[JOBS];
	unsigned n_jobs, taken;
	id_t64 next_id;
};

static const char conf_text[] =
    "hostname = \"mail.contoh.id\"\n"
    "domain \"contoh.id\" { deliver = \"maildir:/var/mail/%%d/%%u\" }\n"
    "listen \"mx\" { address = {\"127.0.0.1:25\"} role = \"mx\" }\n"
    "data-dir = \"%s\"\n"
    "postmaster = \"admin@contoh.id\"\n"
    "limits { disk-reserve = \"64KB\" "
    "recipients-per-delivery = 1000 }\n"
    "route \"mitra.example\" { via = \"relay:[192.0.2.7]:25\" }\n"
    "route \"tahan.example\" { via = \"hold\" }\n"
    "outbound { via = \"mx\" retry = {\"5min\", \"15min\"} expire = \"2h\""
    " warn-after = \"10min\" }\n";

static enum err
give_text(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)path;
	(void)d;
	buf_printf(out, conf_text, (const char *)ctx);
	return buf_err(out);
}

static void
text_of(struct slice s, char *out, size_t max)
{
	s = slice_to(s, max - 1);
	if (s.n > 0)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

static void
see_job(struct world *w, const struct ipc_msg *m)
{
	struct job_seen *j = &w->jobs[w->n_jobs % JOBS];
	struct slice rcpts = m->job.rcpts, one;
	struct buf all, body;
	memset(j, 0, sizeof(*j));
	j->number = m->job.job;
	j->msg = m->job.msg;
	text_of(m->job.nexthop, j->hop, sizeof(j->hop));
	text_of(m->job.domain, j->domain, sizeof(j->domain));
	text_of(m->job.from, j->from, sizeof(j->from));
	buf_init(&all, 1000);
	while (pack_next(&rcpts, &one)) {
		buf_add(&all, one);
		buf_add_byte(&all, ' ');
		j->n_rcpts++;
	}
	text_of(buf_slice(&all), j->rcpts, sizeof(j->rcpts));
	buf_free(&all);
	buf_init(&body, 1u << 20);
	if (m->fd >= 0)
		assert_int_equal(
		    fs_read_fd(m->fd, 1u << 20, &body, NULL), ERR_OK);
	text_of(m->fd >= 0 ? buf_slice(&body) : m->job.body, j->body,
	    sizeof(j->body));
	buf_free(&body);
	w->n_jobs++;
}

/* What smtpd and relay hear. */
static void
heard(struct chan *c, struct ipc_msg *m, void *arg)
{
	struct world *w = arg;
	(void)c;
	if (m->type == IPC_commit_answer) {
		w->answers++;
		w->answer = (enum err)m->commit_answer.err;
	} else if (m->type == IPC_job) {
		see_job(w, m);
	}
}

static void
gone(struct chan *c, const struct diag *why, void *arg)
{
	(void)c;
	(void)why;
	(void)arg;
}

/* What queue hears: as main.c hands it on. */
static void
queue_hears(struct chan *c, struct ipc_msg *m, void *arg)
{
	struct world *w = arg;
	if (m->type == IPC_commit)
		intake_commit(&w->q, c, m);
	else if (m->type == IPC_rcpt_add)
		intake_rcpts(&w->q, c, &m->rcpt_add);
	else if (m->type == IPC_job_result)
		dispatch_result(&w->q, c, &m->job_result);
	else if (m->type == IPC_job_done)
		dispatch_done(&w->q, c, m->job_done.job);
}

static const struct chan_ops their_ops = {heard, gone, NULL};
static const struct chan_ops our_ops = {queue_hears, gone, NULL};

static struct chan *
connect_as(struct world *w, enum role_kind kind)
{
	int fds[2];
	assert_int_equal(fdpass_pair(fds), ERR_OK);
	w->role.peers[kind][0] =
	    chan_new(w->loop, fds[0], ROLE_QUEUE, kind, &our_ops, w);
	return chan_new(w->loop, fds[1], kind, ROLE_QUEUE, &their_ops, w);
}

static void
start(struct world *w)
{
	struct diag d = {0};
	memset(&w->q, 0, sizeof(w->q));
	queue_init(&w->q, &w->role);
	if (queue_start(&w->q, &d) != ERR_OK)
		fail_msg("%s", d.text);
}

static int
begin(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct conf_source src = {give_text, w->dir};
	struct conf_report report;
	char path[96];
	assert_non_null(w);
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/kurir-queue-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(path, sizeof(path), "%s/queue", w->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	conf_report_init(&report);
	if (conf_read(&src, "kurir.conf", NULL, &w->conf, &report) != ERR_OK)
		fail_msg("%s", report.n > 0 ? report.v[0].text : "?");
	conf_report_free(&report);
	w->loop = loop_new();
	loop_set_virtual(w->loop, NOW);
	w->role.loop = w->loop;
	w->role.conf = w->conf;
	id_gen_init(&w->role.ids, 3);
	w->smtpd = connect_as(w, ROLE_SMTPD);
	w->relay = connect_as(w, ROLE_RELAY);
	w->next_id = id_floor(NOW) + 64;
	start(w);
	*state = w;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

/* Everything in memory is given back, as at a restart. */
static void
stop(struct world *w)
{
	queue_stop(&w->q);
	while (!list_empty(&w->q.jobs)) {
		struct job *j = LIST_OWNER(w->q.jobs.next, struct job, node);
		job_free(&w->q, j);
	}
	timer_stop(&w->q.claim_timer);
	timer_stop(&w->q.dispatch_timer);
	timer_stop(&w->q.sweep_timer);
	timer_stop(&w->q.events_timer);
	timer_stop(&w->q.record_timer);
	defer_cancel(&w->q.dispatch);
	record_free(&w->q.events);
	size_t cursor = 0;
	struct dest *d;
	while ((d = map_next(&w->q.dests, &cursor)) != NULL) {
		arena_reset(&d->mem);
		free(d);
	}
	map_free(&w->q.dests);
	map_free(&w->q.jobs_by_number);
	map_free(&w->q.more_rcpts);
	map_free(&w->q.spools);
}

static int
end(void **state)
{
	struct world *w = *state;
	stop(w);
	chan_close(w->smtpd);
	chan_close(w->relay);
	for (int k = 0; k < ROLE_COUNT; k++)
		if (w->role.peers[k][0] != NULL)
			chan_close(w->role.peers[k][0]);
	loop_step(w->loop, 0);
	loop_free(w->loop);
	conf_free(w->conf);
	(void)nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w);
	return 0;
}

/* Let the threads and the loop do what is to be done now. The clock of the
 * queue goes on by a few milliseconds, far less than any retry. */
static bool
until(struct world *w, bool (*done)(const struct world *w))
{
	uint64_t late = clock_mono_ms() + 10000;
	for (unsigned i = 0; i < 10 || !done(w); i++) {
		if (clock_mono_ms() > late)
			return false;
		loop_step(w->loop, 1);
		loop_advance(w->loop, 1);
		usleep(100);
	}
	return true;
}

static bool
answered(const struct world *w)
{
	return w->answers > 0;
}

static bool
has_job(const struct world *w)
{
	return w->n_jobs > w->taken;
}

static bool
empty(const struct world *w)
{
	return store_count(w->q.store) == 0 && writer_idle(&w->q.writer);
}

static bool
quiet(const struct world *w)
{
	return writer_idle(&w->q.writer) && pool_idle(&w->q.pool) &&
	       !w->q.claiming && list_empty(&w->q.commits);
}

static id_t64
commit(struct world *w, const char *from, const char *rcpts)
{
	struct ipc_msg m = {.type = IPC_commit, .fd = -1};
	struct buf packed;
	buf_init(&packed, 4096);
	struct slice all = slice_str(rcpts);
	while (all.n > 0) {
		struct slice one = slice_to(all, slice_find(all, ' '));
		pack_add(&packed, one);
		pack_add(&packed, one);
		all = slice_from(all, one.n + 1);
	}
	m.commit.msg = w->next_id++;
	m.commit.from = slice_str(from);
	m.commit.rcpts = buf_slice(&packed);
	m.commit.body = SLICE("Subject: hai\r\nX-Asal: ya\r\n\r\nhalo\r\n");
	m.commit.size = m.commit.body.n;
	w->answers = 0;
	assert_int_equal(chan_send(w->smtpd, &m), ERR_OK);
	buf_free(&packed);
	assert_true(until(w, answered));
	assert_int_equal(w->answer, ERR_OK);
	return m.commit.msg;
}

static const struct job_seen *
next_job(struct world *w)
{
	if (!until(w, has_job))
		fail_msg("no job came");
	return &w->jobs[w->taken++ % JOBS];
}

static void
say(struct world *w, const struct job_seen *j, unsigned rcpt,
    enum ipc_outcome what, const char *cause, const char *reply)
{
	struct ipc_msg m = {.type = IPC_job_result, .fd = -1};
	m.job_result.job = j->number;
	m.job_result.rcpt = (uint16_t)rcpt;
	m.job_result.outcome = (uint8_t)what;
	m.job_result.cause = slice_str(cause);
	m.job_result.reply = slice_str(reply);
	m.job_result.host = SLICE("mx.mitra.example[192.0.2.7]:25");
	assert_int_equal(chan_send(w->relay, &m), ERR_OK);
}

static void
done(struct world *w, const struct job_seen *j)
{
	struct ipc_msg m = {.type = IPC_job_done, .fd = -1};
	m.job_done.job = j->number;
	assert_int_equal(chan_send(w->relay, &m), ERR_OK);
}

static long
ask(const struct world *w, const char *sql)
{
	char path[96];
	sqlite3 *db;
	sqlite3_stmt *st = NULL;
	long v = -1;
	(void)snprintf(path, sizeof(path), "%s/queue/queue.db", w->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 2000);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	if (sqlite3_step(st) == SQLITE_ROW)
		v = (long)sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
	return v;
}

/* ---- tests ---- */

static void
through(void **state)
{
	struct world *w = *state;
	id_t64 id = commit(w, "a@contoh.id",
	    "x@Mitra.example y@mitra.example x@Mitra.example");
	const struct job_seen *j = next_job(w);
	assert_int_equal(j->msg, id);
	assert_string_equal(j->hop, "relay:[192.0.2.7]:25");
	assert_string_equal(j->from, "a@contoh.id");
	assert_string_equal(j->rcpts, "x@Mitra.example y@mitra.example ");
	assert_non_null(strstr(j->body, "halo"));
	say(w, j, 0, IPC_DELIVERED, "", "250 2.0.0 ok");
	say(w, j, 1, IPC_DELIVERED, "", "250 2.0.0 ok");
	done(w, j);
	assert_true(until(w, empty));
	assert_int_equal(w->q.n_jobs, 0);
	assert_true(list_empty(&w->q.letters));
	assert_int_equal(w->q.bodies, 0);
}

static void
each_next_hop_has_its_job(void **state)
{
	struct world *w = *state;
	(void)commit(w, "a@contoh.id",
	    "x@mitra.example u@satu.example v@dua.example w@satu.example");
	bool mitra = false, one = false, two = false;
	for (int i = 0; i < 3; i++) {
		const struct job_seen *j = next_job(w);
		mitra |= strcmp(j->rcpts, "x@mitra.example ") == 0;
		one |=
		    strcmp(j->rcpts, "u@satu.example w@satu.example ") == 0 &&
		    strcmp(j->hop, "mx") == 0 &&
		    strcmp(j->domain, "satu.example") == 0;
		two |= strcmp(j->rcpts, "v@dua.example ") == 0;
	}
	assert_true(mitra && one && two);
	assert_false(has_job(w));
}

/* Recipients ahead of their commit; too many octets for one job. */
static void
many_long_addresses(void **state)
{
	struct world *w = *state;
	struct ipc_msg m = {.type = IPC_rcpt_add, .fd = -1};
	struct buf packed;
	char address[256];
	size_t seen = 0, jobs = 0;
	for (unsigned i = 0; i < 300; i += 100) {
		buf_init(&packed, IPC_FRAME_MAX);
		for (unsigned k = i; k < i + 100; k++) {
			(void)snprintf(address, sizeof(address),
			    "%0200u@mitra.example", k);
			pack_add(&packed, slice_str(address));
			pack_add(&packed, slice_str(address));
		}
		m.rcpt_add.msg = w->next_id;
		m.rcpt_add.rcpts = buf_slice(&packed);
		assert_int_equal(chan_send(w->smtpd, &m), ERR_OK);
		buf_free(&packed);
	}
	(void)commit(w, "a@contoh.id", "x@mitra.example");
	while (seen < 301) {
		const struct job_seen *j = next_job(w);
		jobs++;
		seen += j->n_rcpts;
		for (unsigned i = 0; i < j->n_rcpts; i++)
			say(w, j, i, IPC_DELIVERED, "", "250 ok");
		done(w, j);
	}
	assert_int_equal(seen, 301);
	assert_int_equal(jobs, 2);
	assert_true(until(w, empty));
}

/* Only the relay that has a job may speak of it, and only once. */
static void
what_nobody_asked_is_not_heard(void **state)
{
	struct world *w = *state;
	(void)commit(w, "a@contoh.id", "x@mitra.example");
	const struct job_seen *j = next_job(w);
	struct job_seen other = *j;
	other.number += 7;
	say(w, &other, 0, IPC_DELIVERED, "", "");
	done(w, &other);
	say(w, j, 5, IPC_DELIVERED, "", "");
	say(w, j, 0, IPC_DEFERRED, "remote.4xx", "451 4.3.0 busy");
	say(w, j, 0, IPC_DELIVERED, "", "250 ok");
	done(w, j);
	done(w, j);
	assert_true(until(w, quiet));
	assert_int_equal(store_count(w->q.store), 1);
}

static void
again_by_the_table_with_one_warning(void **state)
{
	struct world *w = *state;
	(void)commit(w, "a@mitra.example", "x@mitra.example");
	unsigned tries = 0, warnings = 0, bounces = 0;
	/* 2 h of 5 and 15 minutes: about ten tries, one warning, one bounce */
	for (int minute = 0; minute < 150 && bounces == 0; minute++) {
		(void)until(w, quiet);
		while (has_job(w)) {
			const struct job_seen *j = next_job(w);
			bool notice = j->from[0] == '\0';
			if (!notice)
				say(w, j, 0, IPC_DEFERRED, "remote.4xx",
				    "451 4.3.0 busy");
			else
				say(w, j, 0, IPC_DELIVERED, "", "250 ok");
			done(w, j);
			tries += !notice;
			warnings += notice && strstr(j->body, "delayed");
			bounces += notice && strstr(j->body, "failed");
			(void)until(w, quiet);
		}
		loop_advance(w->loop, 60000);
	}
	assert_in_range(tries, 9, 11);
	assert_int_equal(warnings, 1);
	assert_int_equal(bounces, 1);
	assert_true(until(w, empty));
}

static void
failures_bounce_once(void **state)
{
	struct world *w = *state;
	(void)commit(w, "a@mitra.example", "x@mitra.example y@mitra.example");
	const struct job_seen *j = next_job(w);
	say(w, j, 0, IPC_FAILED, "remote.5xx", "550 5.1.1 no such user");
	say(w, j, 1, IPC_FAILED, "remote.5xx", "550 5.1.1 nor him");
	done(w, j);
	j = next_job(w);
	assert_string_equal(j->from, "");
	assert_string_equal(j->rcpts, "a@mitra.example ");
	assert_non_null(strstr(j->body, "multipart/report"));
	assert_non_null(strstr(j->body, "Status: 5.1.1"));
	assert_non_null(strstr(j->body, "no such user"));
	assert_non_null(strstr(j->body, "nor him"));
	assert_non_null(strstr(j->body, "X-Asal: ya"));
	assert_null(strstr(j->body, "halo"));
	/* a bounce that bounces is heard of by nobody */
	say(w, j, 0, IPC_FAILED, "remote.5xx", "550 5.1.1 nobody");
	done(w, j);
	assert_true(until(w, empty));
	assert_false(has_job(w));
}

static void
a_lost_relay_loses_nothing(void **state)
{
	struct world *w = *state;
	(void)commit(w, "a@contoh.id", "x@mitra.example y@mitra.example");
	const struct job_seen *j = next_job(w);
	uint64_t first = j->number;
	say(w, j, 1, IPC_DELIVERED, "", "250 ok");
	(void)until(w, quiet);
	for (int i = 0; i < 20; i++)
		loop_step(w->loop, 1);
	struct chan *lost = w->role.peers[ROLE_RELAY][0];
	w->role.peers[ROLE_RELAY][0] = NULL;
	dispatch_lost(&w->q, lost);
	chan_close(lost);
	chan_close(w->relay);
	w->relay = connect_as(w, ROLE_RELAY);
	(void)until(w, quiet);
	loop_advance(w->loop, 2000);
	j = next_job(w);
	assert_true(j->number != first);
	assert_string_equal(j->rcpts, "x@mitra.example ");
	say(w, j, 0, IPC_DELIVERED, "", "250 ok");
	done(w, j);
	assert_true(until(w, empty));
}

static void
control(struct world *w, enum store_verb verb, id_t64 id)
{
	struct store_control c = {
	    .verb = verb, .id = id, .now_ms = queue_now(&w->q)};
	struct store_control *v = &c;
	struct store_batch b = {.controls = &v, .n_controls = 1};
	struct diag d = {0};
	(void)until(w, quiet);
	assert_int_equal(store_apply(w->q.store, &b, &d), ERR_OK);
	backlog_wake(&w->q);
}

static void
held_by_its_route_until_released(void **state)
{
	struct world *w = *state;
	id_t64 id = commit(w, "a@contoh.id", "x@tahan.example");
	(void)until(w, quiet);
	loop_advance(w->loop, 3600000);
	(void)until(w, quiet);
	assert_false(has_job(w));
	assert_int_equal(ask(w, "SELECT state FROM recipient"), STORE_HELD);
	control(w, STORE_RELEASE, id);
	const struct job_seen *j = next_job(w);
	assert_string_equal(j->hop, "mx");
	assert_string_equal(j->domain, "tahan.example");
	say(w, j, 0, IPC_DELIVERED, "", "250 ok");
	done(w, j);
	assert_true(until(w, empty));
}

static void
a_damaged_body_is_held(void **state)
{
	struct world *w = *state;
	(void)commit(w, "a@contoh.id", "x@mitra.example");
	(void)next_job(w); /* and never a result: the end comes first */
	stop(w);
	assert_int_equal(ask(w, "UPDATE body SET data=x'41' RETURNING 1"), 1);
	start(w);
	(void)until(w, quiet);
	loop_advance(w->loop, 2000);
	(void)until(w, quiet);
	for (int i = 0; i < 100 && ask(w, "SELECT state FROM recipient") == 0;
	     i++)
		(void)until(w, quiet);
	assert_false(has_job(w));
	assert_int_equal(ask(w, "SELECT state FROM recipient"), STORE_HELD);
	assert_int_equal(
	    ask(w, "SELECT count(*) FROM recipient WHERE cause='" STORE_DAMAGED
		   "'"),
	    1);
}

/* A destination that cannot be reached is not tried for each of its messages,
 * and others go on. */
static void
the_dead_hold_nobody_up(void **state)
{
	struct world *w = *state;
	unsigned mitra = 0;
	for (int i = 0; i < 12; i++)
		(void)commit(w, "a@contoh.id", "x@mitra.example");
	for (int i = 0; i < 200 && mitra < 12; i++) {
		(void)until(w, quiet);
		if (!has_job(w))
			break;
		const struct job_seen *j = next_job(w);
		say(w, j, 0, IPC_DEFERRED, "net.refused", "4.4.1 refused");
		done(w, j);
		mitra++;
	}
	assert_true(mitra < 12);
	(void)until(w, quiet);
	assert_int_equal(
	    ask(w, "SELECT count(*) FROM recipient WHERE attempts=1 AND "
		   "cause='net.refused'"),
	    12);
	(void)commit(w, "a@contoh.id", "y@lain.example");
	const struct job_seen *j = next_job(w);
	assert_string_equal(j->rcpts, "y@lain.example ");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	    T(through),
	    T(each_next_hop_has_its_job),
	    T(many_long_addresses),
	    T(what_nobody_asked_is_not_heard),
	    T(again_by_the_table_with_one_warning),
	    T(failures_bounce_once),
	    T(a_lost_relay_loses_nothing),
	    T(held_by_its_route_until_released),
	    T(a_damaged_body_is_held),
	    T(the_dead_hold_nobody_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
