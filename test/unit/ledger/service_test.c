/* The role's insides: batches, questions while records come, a reader that
 * does not read or goes away, losses. On virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/pack.h"
#include "role/ledger/service.h"
#include "samples.h"

struct reader {
	struct service *service; /* set: goes away during the next line */
	size_t lines;
	bool ended;
	uint8_t code;
	bool blocked;
	bool said; /* a line of dialogue was seen */
};

struct fix {
	char dir[64];
	struct loop *loop;
	struct service *s;
	struct conf_ledger conf;
	struct reader reader;
	struct record r;
	unsigned n; /* records made */
};

static void
on_line(void *who, struct slice bytes)
{
	struct reader *r = who;
	assert_int_equal(record_check(bytes), ERR_OK);
	r->lines++;
	if (r->service != NULL)
		service_forget(r->service, r);
	r->service = NULL;
}

static void
on_end(void *who, uint8_t code, const char *text)
{
	struct reader *r = who;
	(void)text;
	assert_false(r->ended);
	r->ended = true;
	r->code = code;
}

static bool
on_blocked(void *who)
{
	return ((struct reader *)who)->blocked;
}

static const struct service_ops ops = {on_line, on_end, on_blocked};

static int
setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));
	struct diag d = {0};
	snprintf(f->dir, sizeof(f->dir), "/tmp/kurir-ledger-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->loop = loop_new();
	assert_non_null(f->loop);
	loop_set_virtual(f->loop, SAMPLE_T);
	f->conf = (struct conf_ledger){
	    .keep_ms = 86400000, .max_size = 1u << 30, .dialogue = true};
	f->s = service_new(f->loop, f->dir, &f->conf, &ops, &d);
	assert_non_null(f->s);
	record_init(&f->r);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = {
	    "ledger.db", "ledger.db-wal", "ledger.db-shm"};
	struct fix *f = *state;
	service_free(f->s);
	loop_free(f->loop);
	record_free(&f->r);
	for (size_t i = 0; i < 3; i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static void
send_records(struct fix *f, size_t n)
{
	struct slice bytes;
	for (size_t i = 0; i < n; i++) {
		record_begin(
		    &f->r, RECORD_IN, id_floor(SAMPLE_T) + ++f->n, SAMPLE_T);
		record_dialogue(&f->r, SAMPLE_T, RECORD_US, SLICE("220 x"));
		assert_int_equal(
		    record_end(&f->r, SAMPLE_T, RECORD_ACCEPTED, 1, 1, &bytes),
		    ERR_OK);
		service_record(f->s, bytes, 0);
	}
}

static void
ask(struct fix *f, const char *name, const char *value)
{
	struct buf args;
	buf_init(&args, 1024);
	if (name != NULL) {
		pack_add(&args, slice_str(name));
		pack_add(&args, slice_str(value));
	}
	f->reader.lines = 0;
	f->reader.ended = false;
	service_ask(f->s, &f->reader, buf_slice(&args));
	buf_free(&args); /* the service has its own copy */
}

static bool
each(void *arg, uint64_t seq, struct slice bytes)
{
	struct reader *r = arg;
	struct record_head head;
	struct record_reader rd;
	struct record_item it;
	(void)seq;
	on_line(arg, bytes);
	assert_int_equal(record_open(bytes, &head, &rd), ERR_OK);
	while (record_next(&rd, &it) == ERR_OK)
		r->said = r->said || it.tag == RECORD_TAG_DIALOGUE;
	return true;
}

/* What is in the file, seen by another reader than the service. */
static size_t
stored_said(const struct fix *f, bool *out_said)
{
	struct ledger *l;
	struct diag d;
	struct reader r = {0};
	assert_int_equal(ledger_open(f->dir, false, &l, &d), ERR_OK);
	struct ledger_query q = {0};
	while (ledger_query_step(l, &q, 1000, each, &r, &d) == ERR_MORE)
		;
	ledger_close(l);
	*out_said = r.said;
	return r.lines;
}

static size_t
stored(const struct fix *f)
{
	bool said;
	return stored_said(f, &said);
}

static void
test_batches(void **state)
{
	struct fix *f = *state;
	send_records(f, 3);
	assert_int_equal(stored(f), 0);
	loop_advance(f->loop, SERVICE_BATCH_MS - 1);
	assert_int_equal(stored(f), 0);
	loop_advance(f->loop, 1);
	assert_int_equal(stored(f), 3);
	send_records(f, SERVICE_BATCH_MAX); /* a full one does not wait */
	assert_int_equal(stored(f), 3 + SERVICE_BATCH_MAX);
	send_records(f, 1);
	service_flush(f->s);
	assert_int_equal(stored(f), 4 + SERVICE_BATCH_MAX);
	assert_int_equal(service_lost(f->s), 0);
}

static void
test_question(void **state)
{
	struct fix *f = *state;
	send_records(f, 300); /* the last ones still wait in memory */
	ask(f, NULL, NULL);
	loop_advance(f->loop, 10);
	assert_true(f->reader.ended);
	assert_int_equal(f->reader.code, 0);
	assert_int_equal(f->reader.lines, 300);
	ask(f, "tail", "7");
	loop_advance(f->loop, 10);
	assert_int_equal(f->reader.lines, 7);
	ask(f, "session", "nonsense");
	assert_true(f->reader.ended);
	assert_int_equal(f->reader.code, 2);
}

static void
test_follow(void **state)
{
	struct fix *f = *state;
	send_records(f, 2);
	ask(f, "follow", "1");
	loop_advance(f->loop, 10);
	assert_int_equal(f->reader.lines, 2);
	assert_false(f->reader.ended);
	send_records(f, 1);
	loop_advance(f->loop, SERVICE_BATCH_MS + 10);
	assert_int_equal(f->reader.lines, 3);
	service_forget(f->s, &f->reader);
	send_records(f, 1);
	loop_advance(f->loop, 1000);
	assert_int_equal(f->reader.lines, 3);
}

static void
test_reader_that_does_not_read(void **state)
{
	struct fix *f = *state;
	send_records(f, 10);
	f->reader.blocked = true;
	ask(f, NULL, NULL);
	loop_advance(f->loop, 500);
	assert_int_equal(f->reader.lines, 0);
	f->reader.blocked = false;
	loop_advance(f->loop, 500);
	assert_int_equal(f->reader.lines, 10);
	assert_true(f->reader.ended);
}

static void
test_reader_goes_away(void **state)
{
	struct fix *f = *state;
	send_records(f, 10);
	f->reader.service = f->s;
	ask(f, NULL, NULL);
	loop_advance(f->loop, 500);
	assert_int_equal(f->reader.lines, 1);
	assert_false(f->reader.ended);
}

static void
test_too_many_questions(void **state)
{
	struct fix *f = *state;
	struct reader many[SERVICE_QUERIES_MAX + 1] = {0};
	struct buf args;
	buf_init(&args, 64);
	pack_add(&args, SLICE("follow"));
	pack_add(&args, SLICE("1"));
	for (size_t i = 0; i <= SERVICE_QUERIES_MAX; i++)
		service_ask(f->s, &many[i], buf_slice(&args));
	assert_false(many[SERVICE_QUERIES_MAX - 1].ended);
	assert_true(many[SERVICE_QUERIES_MAX].ended);
	assert_int_equal(many[SERVICE_QUERIES_MAX].code, 3);
	for (size_t i = 0; i < SERVICE_QUERIES_MAX; i++)
		service_forget(f->s, &many[i]);
	buf_free(&args);
}

static void
test_losses(void **state)
{
	struct fix *f = *state;
	service_record(f->s, SLICE("rubbish"), 4);
	assert_int_equal(service_lost(f->s), 5);
	send_records(f, 1);
	service_flush(f->s);
	assert_int_equal(service_lost(f->s), 5);
	assert_int_equal(stored(f), 1);
}

/* break_index - overwrite the root page of the table `ref`, which is read only
 * when a record is added. */
static void
break_index(const struct fix *f)
{
	char path[128];
	uint8_t rubbish[4096];
	sqlite3 *db;
	sqlite3_stmt *st;
	snprintf(path, sizeof(path), "%s/ledger.db", f->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db,
		"SELECT rootpage FROM sqlite_schema WHERE name = 'ref'", -1,
		&st, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	long page = (long)sqlite3_column_int(st, 0) - 1;
	sqlite3_finalize(st);
	sqlite3_close(db);
	memset(rubbish, 0xa5, sizeof(rubbish));
	FILE *file = fopen(path, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, page * 4096, SEEK_SET), 0);
	assert_int_equal(fwrite(rubbish, sizeof(rubbish), 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

/* Damage that shows while someone follows: he sees what the new database
 * gets, and nothing is lost but what was in the old one. */
static void
test_damage(void **state)
{
	struct fix *f = *state;
	struct diag d = {0};
	char path[128];
	send_records(f, 40);
	service_free(f->s);
	break_index(f);
	f->s = service_new(f->loop, f->dir, &f->conf, &ops, &d);
	assert_non_null(f->s);
	ask(f, "follow", "1");
	loop_advance(f->loop, 10);
	assert_int_equal(f->reader.lines, 40);
	send_records(f, 3);
	loop_advance(f->loop, 500);
	assert_int_equal(stored(f), 3);
	assert_int_equal(f->reader.lines, 43);
	assert_int_equal(service_lost(f->s), 0);
	service_forget(f->s, &f->reader);
	snprintf(path, sizeof(path), "%s/ledger.damaged.db", f->dir);
	assert_int_equal(unlink(path), 0);
}

static void
test_without_dialogue(void **state)
{
	struct fix *f = *state;
	bool said;
	send_records(f, 1);
	service_flush(f->s);
	assert_int_equal(stored_said(f, &said), 1);
	assert_true(said);
	f->conf.dialogue = false;
	f->conf.keep_ms = 1;
	service_conf(f->s, &f->conf);
	loop_advance(f->loop, 10100); /* the first is pruned */
	f->conf.keep_ms = 86400000;
	service_conf(f->s, &f->conf);
	send_records(f, 1);
	service_flush(f->s);
	assert_int_equal(stored_said(f, &said), 1);
	assert_false(said);
}

static void
test_prunes(void **state)
{
	struct fix *f = *state;
	f->conf.keep_ms = 30000;
	service_conf(f->s, &f->conf);
	send_records(f, 5);
	loop_advance(f->loop, 20000);
	assert_int_equal(stored(f), 5);
	loop_advance(f->loop, 30000);
	assert_int_equal(stored(f), 0);
}

int
main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_batches),
	    T(test_question),
	    T(test_follow),
	    T(test_reader_that_does_not_read),
	    T(test_reader_goes_away),
	    T(test_too_many_questions),
	    T(test_losses),
	    T(test_damage),
	    T(test_without_dialogue),
	    T(test_prunes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
