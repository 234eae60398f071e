#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "help.h"

#define CAUSE SLICE("net.refused")
#define REPLY SLICE("451 4.3.0 try later")

static void
assert_body(struct bench *b, id_t64 id, size_t size)
{
	struct store_body body;
	assert_int_equal(store_body(b->r, id, &b->a, &body, &b->d), ERR_OK);
	assert_int_equal(body.size, size);
	assert_int_equal(body.fd, -1);
	assert_true(slice_eq(body.bytes, bench_body(b, id, size)));
}

static struct store_item *
show(struct bench *b, id_t64 id)
{
	struct store_filter f = {.id = id, .limit = 1, .now_ms = NOW};
	struct store_item *v = NULL;
	size_t n = 0;
	assert_int_equal(store_list(b->r, &f, &b->a, &v, &n, &b->d), ERR_OK);
	return n == 1 ? v : NULL;
}

static void
put_and_read(void **state)
{
	struct bench *b = *state;
	static const size_t sizes[] = {0, 1, 2048, 8192, 100000, 262144};
	for (size_t i = 0; i < 6; i++) {
		struct store_put *p =
		    bench_put(b, i + 1, "mitra.example", sizes[i]);
		assert_int_equal(apply_put(b, p), ERR_OK);
		assert_int_equal(p->err, ERR_OK);
		assert_body(b, i + 1, sizes[i]);
	}
	assert_int_equal(store_count(b->s), 6);
	bench_close(b);
	bench_open(b);
	assert_int_equal(store_count(b->s), 6);
	for (size_t i = 0; i < 6; i++)
		assert_body(b, i + 1, sizes[i]);
	struct store_item *m = show(b, 3);
	assert_non_null(m);
	assert_int_equal(m->envelope.size, 2048);
	assert_int_equal(m->envelope.arrived_ms, NOW);
	assert_int_equal(m->envelope.flags, STORE_8BIT);
	assert_true(slice_eq(m->envelope.sender, SLICE("pengirim@contoh.id")));
	assert_true(slice_eq(m->envelope.extra, SLICE("x\0y")));
	assert_int_equal(m->n_recipients, 1);
	assert_true(slice_eq(
	    m->recipients[0].recipient.address, SLICE("user3@mitra.example")));
	assert_int_equal(m->recipients[0].due_ms, NOW);
}

static void
what_does_not_fit_is_refused(void **state)
{
	struct bench *b = *state;
	struct store_put *p = bench_put(b, 1, "mitra.example", 10);
	assert_int_equal(apply_put(b, p), ERR_OK);
	struct store_put *again = bench_put(b, 1, "lain.example", 20);
	struct store_put *good = bench_put(b, 2, "lain.example", 20);
	struct store_put *big =
	    bench_put(b, 3, "lain.example", STORE_INLINE_MAX + 1);
	struct store_put *nobody = bench_put(b, 4, "lain.example", 1);
	struct store_put *zero = bench_put(b, 0, "lain.example", 1);
	struct store_put *long_name = bench_put(b, 5, "lain.example", 1);
	nobody->n_recipients = 0;
	struct store_recipient far = {
	    .domain = bench_body(b, 9, STORE_DOMAIN_MAX + 1)};
	long_name->recipients = &far;
	struct store_put *all[] = {again, good, big, nobody, zero, long_name};
	struct store_batch batch = {.puts = all, .n_puts = 6};
	assert_int_equal(store_apply(b->s, &batch, &b->d), ERR_OK);
	assert_int_equal(again->err, ERR_EXISTS);
	assert_int_equal(good->err, ERR_OK);
	assert_int_equal(big->err, ERR_LIMIT);
	assert_int_equal(nobody->err, ERR_LIMIT);
	assert_int_equal(zero->err, ERR_LIMIT);
	assert_int_equal(long_name->err, ERR_LIMIT);
	assert_body(b, 1, 10);
	assert_body(b, 2, 20);
	assert_int_equal(store_count(b->s), 2);
}

static void
last_recipient_takes_the_message(void **state)
{
	struct bench *b = *state;
	struct store_put *p = bench_put(b, 1, "mitra.example", 100);
	struct store_recipient two[2] = {p->recipients[0], p->recipients[0]};
	two[1].n = 5;
	p->recipients = two;
	p->n_recipients = 2;
	assert_int_equal(apply_put(b, p), ERR_OK);
	struct store_result r = {.id = 1, .n = 5, .outcome = STORE_DELIVERED};
	assert_int_equal(apply_result(b, &r), ERR_OK);
	assert_false(r.message_gone);
	assert_int_equal(store_count(b->s), 1);
	assert_int_equal(apply_result(b, &r), ERR_OK);
	assert_int_equal(r.err, ERR_NOT_FOUND);
	r.n = 0;
	r.outcome = STORE_FAILED;
	assert_int_equal(apply_result(b, &r), ERR_OK);
	assert_true(r.message_gone);
	assert_int_equal(store_count(b->s), 0);
	assert_int_equal(bench_ask(b, "SELECT count(*) FROM body"), 0);
	assert_int_equal(bench_ask(b, "SELECT count(*) FROM recipient"), 0);
	assert_int_equal(bench_ask(b, "SELECT count(*) FROM message"), 0);
}

static void
outcomes(void **state)
{
	struct bench *b = *state;
	assert_int_equal(
	    apply_put(b, bench_put(b, 1, "mitra.example", 9)), ERR_OK);
	assert_int_equal(bench_claim(b, NOW, 9, 9).n_claimed, 1);
	struct store_result r = {.id = 1,
	    .outcome = STORE_DEFERRED,
	    .due_ms = NOW + 1000,
	    .tried_ms = NOW + 5,
	    .warned = true,
	    .cause = CAUSE,
	    .reply = REPLY};
	assert_int_equal(apply_result(b, &r), ERR_OK);
	struct store_item_recipient *v = show(b, 1)->recipients;
	assert_int_equal(v->attempts, 1);
	assert_int_equal(v->due_ms, NOW + 1000);
	assert_int_equal(v->last_try_ms, NOW + 5);
	assert_true(v->warned);
	assert_false(v->active);
	assert_true(slice_eq(v->cause, CAUSE));
	assert_true(slice_eq(v->reply, REPLY));
	/* A later deferral does not forget the warning. */
	r.warned = false;
	assert_int_equal(apply_result(b, &r), ERR_OK);
	assert_true(show(b, 1)->recipients->warned);
	assert_int_equal(show(b, 1)->recipients->attempts, 2);

	struct store_claim c = bench_claim(b, NOW + 1000, 9, 9);
	assert_int_equal(c.n_claimed, 1);
	assert_int_equal(c.claimed[0].attempts, 2);
	assert_true(c.claimed[0].warned);
	r.outcome = STORE_RETURNED;
	r.due_ms = NOW + 7;
	assert_int_equal(apply_result(b, &r), ERR_OK);
	v = show(b, 1)->recipients;
	assert_int_equal(v->attempts, 2);
	assert_int_equal(v->due_ms, NOW + 7);
	assert_false(v->active);

	r.outcome = STORE_PARKED;
	r.cause = SLICE(STORE_DAMAGED);
	assert_int_equal(apply_result(b, &r), ERR_OK);
	v = show(b, 1)->recipients;
	assert_int_equal(v->state, STORE_HELD);
	assert_true(slice_eq(v->cause, SLICE(STORE_DAMAGED)));
	assert_int_equal(bench_claim(b, NOW * 2, 9, 9).n_claimed, 0);
}

static void
hold_outlives_a_try(void **state)
{
	struct bench *b = *state;
	assert_int_equal(
	    apply_put(b, bench_put(b, 1, "mitra.example", 9)), ERR_OK);
	assert_int_equal(bench_claim(b, NOW, 9, 9).n_claimed, 1);
	struct store_control c = {.verb = STORE_HOLD, .id = 1};
	assert_int_equal(apply_control(b, &c), ERR_OK);
	assert_int_equal(c.changed, 1);
	struct store_result r = {.id = 1, .outcome = STORE_DEFERRED};
	assert_int_equal(apply_result(b, &r), ERR_OK);
	assert_int_equal(show(b, 1)->recipients->state, STORE_HELD);
	assert_int_equal(bench_claim(b, NOW, 9, 9).n_claimed, 0);
	c = (struct store_control){
	    .verb = STORE_RELEASE, .id = 1, .now_ms = NOW + 3};
	assert_int_equal(apply_control(b, &c), ERR_OK);
	assert_int_equal(bench_claim(b, NOW + 2, 9, 9).n_claimed, 0);
	struct store_claim got = bench_claim(b, NOW + 3, 9, 9);
	assert_int_equal(got.n_claimed, 1);
	assert_true(got.claimed[0].released);
	assert_false(got.claimed[0].warned);
}

static void
controls(void **state)
{
	struct bench *b = *state;
	static const char *const domains[] = {"a.example", "b.example"};
	for (id_t64 id = 1; id <= 10; id++) {
		struct store_put *p = bench_put(b, id, domains[id % 2], 9);
		p->due_ms = NOW + 100000;
		assert_int_equal(apply_put(b, p), ERR_OK);
	}
	struct store_control c = {
	    .verb = STORE_RETRY, .id = 3, .now_ms = NOW, .limit = 2};
	assert_int_equal(apply_control(b, &c), ERR_OK);
	assert_int_equal(c.changed, 1);
	assert_int_equal(bench_claim(b, NOW, 20, 20).n_claimed, 1);
	c.id = 0;
	c.domain = SLICE("a.example");
	uint64_t changed = 0;
	do {
		assert_int_equal(apply_control(b, &c), ERR_OK);
		changed += c.changed;
	} while (c.more);
	assert_int_equal(changed, 5);
	assert_int_equal(bench_claim(b, NOW, 20, 20).n_claimed, 5);
	c.domain = SLICE_EMPTY;
	c.limit = 100;
	assert_int_equal(apply_control(b, &c), ERR_OK);
	assert_int_equal(c.changed, 4);
	assert_false(c.more);
	assert_int_equal(bench_claim(b, NOW, 20, 20).n_claimed, 4);
	c = (struct store_control){.verb = STORE_DISOWN, .owner = 8};
	assert_int_equal(apply_control(b, &c), ERR_OK);
	assert_int_equal(c.changed, 0);
	c.owner = 7;
	assert_int_equal(apply_control(b, &c), ERR_OK);
	assert_int_equal(c.changed, 10);
	assert_int_equal(bench_claim(b, NOW, 20, 20).n_claimed, 10);
	c = (struct store_control){.verb = STORE_DELETE, .id = 4};
	assert_int_equal(apply_control(b, &c), ERR_OK);
	assert_int_equal(store_count(b->s), 9);
	assert_int_equal(apply_control(b, &c), ERR_OK);
	assert_int_equal(c.err, ERR_NOT_FOUND);
	c.id = 0;
	assert_int_equal(apply_control(b, &c), ERR_OK);
	assert_int_equal(c.err, ERR_NOT_FOUND);
	assert_int_equal(store_count(b->s), 9);
}

static void
dead_owners_leases_come_back(void **state)
{
	struct bench *b = *state;
	struct store_put *p = bench_put(b, 1, "mitra.example", 9);
	p->leased = true;
	assert_int_equal(apply_put(b, p), ERR_OK);
	assert_true(show(b, 1)->recipients->active);
	assert_int_equal(bench_claim(b, NOW, 9, 9).n_claimed, 0);
	bench_close(b);
	bench_open(b);
	assert_false(show(b, 1)->recipients->active);
	assert_int_equal(bench_claim(b, NOW, 9, 9).n_claimed, 1);
}

static void
a_second_instance_is_refused(void **state)
{
	struct bench *b = *state;
	const struct store_options o = {.owner = 8};
	struct store *second = NULL;
	assert_int_equal(store_open(b->dir, &o, &second, &b->d), ERR_EXISTS);
	assert_null(second);
	assert_true(strlen(b->d.text) > 0);
}

static void
damage_is_told(void **state)
{
	struct bench *b = *state;
	const struct store_options o = {.owner = 7};
	struct store *s = NULL;
	char path[128];
	assert_int_equal(
	    apply_put(b, bench_put(b, 1, "mitra.example", 90)), ERR_OK);
	bench_sql(b, "UPDATE body SET data=x'00' WHERE id=1");
	struct store_body body;
	assert_int_equal(store_body(b->r, 1, &b->a, &body, &b->d), ERR_CORRUPT);
	assert_string_equal(b->d.cause, STORE_DAMAGED);
	assert_int_equal(
	    store_body(b->r, 2, &b->a, &body, &b->d), ERR_NOT_FOUND);
	bench_sql(b, "PRAGMA user_version=99");
	bench_close(b);
	assert_int_equal(store_open(b->dir, &o, &s, &b->d), ERR_UNSUPPORTED);
	bench_sql(b, "PRAGMA application_id=5");
	assert_int_equal(store_open(b->dir, &o, &s, &b->d), ERR_CORRUPT);
	(void)snprintf(path, sizeof(path), "%s/queue.db", b->dir);
	int fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "rubbish rubbish ", 16, 0), 16);
	(void)close(fd);
	assert_int_equal(store_open(b->dir, &o, &s, &b->d), ERR_CORRUPT);
	assert_non_null(strstr(b->d.text, "queue"));
}

static void
no_room_below_the_reserve(void **state)
{
	struct bench *b = *state;
	const struct store_options o = {
	    .owner = 7, .reserve_octets = UINT64_MAX};
	assert_int_equal(
	    apply_put(b, bench_put(b, 1, "mitra.example", 90)), ERR_OK);
	bench_close(b);
	assert_int_equal(store_open(b->dir, &o, &b->s, &b->d), ERR_OK);
	assert_int_equal(store_reader_open(b->dir, &b->r, &b->d), ERR_OK);
	struct store_put *p = bench_put(b, 2, "mitra.example", 90);
	struct store_put *bounce = bench_put(b, 3, "contoh.id", 90);
	bounce->internal = true;
	struct store_result r = {.id = 1, .outcome = STORE_FAILED};
	struct store_put *puts[] = {p, bounce};
	struct store_result *results[] = {&r};
	struct store_batch batch = {
	    .puts = puts, .n_puts = 2, .results = results, .n_results = 1};
	assert_int_equal(store_apply(b->s, &batch, &b->d), ERR_OK);
	assert_int_equal(p->err, ERR_FULL);
	assert_int_equal(bounce->err, ERR_OK);
	assert_int_equal(r.err, ERR_OK);
	assert_null(show(b, 2));
	assert_non_null(show(b, 3));
	assert_int_equal(store_count(b->s), 1);
}

static void
large_bodies_rest_in_files(void **state)
{
	struct bench *b = *state;
	struct store_seal seal;
	struct store_body body;
	char path[128];
	int fd = -1;
	struct slice bytes = bench_body(b, 42, 400000);
	assert_int_equal(store_spool_create(b->s, 42, &fd, &b->d), ERR_OK);
	assert_int_equal(write(fd, bytes.p, bytes.n), 400000);
	assert_int_equal(
	    store_spool_seal(b->s, 42, 1 << 20, &seal, &b->d), ERR_AGAIN);
	(void)close(fd);
	assert_int_equal(
	    store_spool_seal(b->s, 42, 399999, &seal, &b->d), ERR_LIMIT);
	assert_int_equal(
	    store_spool_seal(b->s, 42, 400000, &seal, &b->d), ERR_OK);
	assert_int_equal(store_spool_create(b->s, 42, &fd, &b->d), ERR_EXISTS);
	struct store_put *p = bench_put(b, 42, "mitra.example", 0);
	p->spool = &seal;
	assert_int_equal(apply_put(b, p), ERR_OK);
	assert_int_equal(p->err, ERR_OK);
	/* a file nobody knows goes at the next start, a known one stays */
	assert_int_equal(store_spool_create(b->s, 43, &fd, &b->d), ERR_OK);
	(void)close(fd);
	bench_close(b);
	bench_open(b);
	char name[ID_TEXT_LEN + 1];
	id_text(43, name);
	(void)snprintf(path, sizeof(path), "%s/spool/%s", b->dir, name);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(store_body(b->r, 42, &b->a, &body, &b->d), ERR_OK);
	assert_int_equal(body.size, 400000);
	assert_true(body.fd >= 0);
	uint8_t first[4];
	assert_int_equal(read(body.fd, first, 4), 4);
	assert_memory_equal(first, bytes.p, 4);
	(void)close(body.fd);
	assert_true((show(b, 42)->envelope.flags & STORE_SPOOL) != 0);
	assert_int_equal(show(b, 42)->envelope.size, 400000);
	/* one octet changed: never given out */
	id_text(42, name);
	(void)snprintf(path, sizeof(path), "%s/spool/%s", b->dir, name);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "\xff", 1, 1000), 1);
	(void)close(fd);
	assert_int_equal(
	    store_body(b->r, 42, &b->a, &body, &b->d), ERR_CORRUPT);
	struct store_result r = {.id = 42, .outcome = STORE_DELIVERED};
	assert_int_equal(apply_result(b, &r), ERR_OK);
	assert_int_equal(access(path, F_OK), -1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_begin, bench_end)
	const struct CMUnitTest tests[] = {
	    T(put_and_read),
	    T(what_does_not_fit_is_refused),
	    T(last_recipient_takes_the_message),
	    T(outcomes),
	    T(hold_outlives_a_try),
	    T(controls),
	    T(dead_owners_leases_come_back),
	    T(a_second_instance_is_refused),
	    T(damage_is_told),
	    T(no_room_below_the_reserve),
	    T(large_bodies_rest_in_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
