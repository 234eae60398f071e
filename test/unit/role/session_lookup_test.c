/* A session's lookups, with fakes in the place of the session, the gate and
 * the channels: what is asked, what is withdrawn, who goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pack.h"
#include "role/smtpd/smtpd.h"

#define ASKS_MAX 64

/* One session alone, as those that are called here see it. */
struct world {
	struct smtpd d;
	struct role role;
	struct generation gen;
	struct profile profile;
	struct conf conf;
	struct conf_listen listen;
	struct session *s; /* NULL: ended */
	bool ends;         /* it ends once its body may begin */
	bool deaf;         /* the resolver's channel takes nothing */
	unsigned went_on, begun;
	uint64_t asked[ASKS_MAX], cancelled[ASKS_MAX];
	size_t asked_n, cancelled_n;
};

static struct world *
world_of(const struct session *s)
{
	return (struct world *)(void *)s->d;
}

/* ---- fakes ---- */

void
gate_go(struct session *s)
{
	struct world *w = world_of(s); /* s must still be there */
	assert_ptr_equal(w->s, s);
	w->went_on++;
}

static void
end(struct world *w)
{
	for (unsigned k = 0; k < REVERSE_KINDS; k++)
		look_forget(w->s, (enum reverse_kind)k);
	record_free(&w->s->record);
	buf_free(&w->s->trust_evidence);
	free(w->s);
	w->s = NULL;
}

void
body_begin_named(struct session *s)
{
	struct world *w = world_of(s);
	w->begun++;
	s->waiting = WAIT_NOTHING;
	if (w->ends)
		end(w);
}

void
session_pump(struct session *s)
{
	(void)s;
}

struct chan *
role_peer(struct role *r, enum role_kind kind, uint64_t hint)
{
	(void)hint;
	assert_int_equal(kind, ROLE_RESOLVER);
	return (struct chan *)(void *)r;
}

bool
role_send(struct chan *c, const struct ipc_msg *m)
{
	struct world *w =
	    LIST_OWNER((struct role *)(void *)c, struct world, role);
	if (w->deaf)
		return false;
	assert_true(w->asked_n < ASKS_MAX && w->cancelled_n < ASKS_MAX);
	if (m->type == IPC_dns_ask)
		w->asked[w->asked_n++] = m->dns_ask.ask;
	else if (m->type == IPC_dns_cancel)
		w->cancelled[w->cancelled_n++] = m->dns_cancel.ask;
	else
		fail();
	return true;
}

/* ---- the world ---- */

static void
begin(struct world *w)
{
	static const uint64_t seed[2] = {3, 4};
	memset(w, 0, sizeof(*w));
	w->role.loop = loop_new();
	w->d.role = &w->role;
	w->conf.dns.timeout_ms = 30;
	w->gen.conf = &w->conf;
	w->profile.listen = &w->listen;
	map_init(&w->d.by_ask, seed);
	map_init(&w->d.by_spf, seed);
	found_init(&w->d.found, seed);
	struct session *s = calloc(1, sizeof(*s));
	assert_non_null(s);
	s->d = &w->d;
	s->gen = &w->gen;
	s->profile = &w->profile;
	s->peer.ip = (struct ip){4, {192, 0, 2, 7}};
	record_init(&s->record);
	buf_init(&s->trust_evidence, 512);
	w->s = s;
}

static void
finish(struct world *w)
{
	if (w->s != NULL)
		end(w);
	assert_int_equal(w->d.by_ask.used, 0);
	found_free(&w->d.found);
	map_free(&w->d.by_ask);
	map_free(&w->d.by_spf);
	loop_free(w->role.loop);
}

static void
answer(struct world *w, uint64_t ask, enum ipc_dns_status status)
{
	const struct ipc_dns_answer a = {
	    .ask = ask, .status = (uint8_t)status, .ttl = 60};
	look_answer(&w->d, &a);
}

/* A "no such name" for all that is asked. */
static void
answer_all(struct world *w)
{
	for (size_t i = 0; i < w->asked_n; i++)
		answer(w, w->asked[i], IPC_DNS_NXDOMAIN);
}

/* ---- tests ---- */

static void
test_a_session_may_end_when_its_name_is_known(void **state)
{
	(void)state;
	struct world w;
	begin(&w);
	w.ends = true;
	look_begin(w.s, REVERSE_PTR, SLICE_EMPTY);
	w.s->waiting = WAIT_NAME;
	assert_int_equal(w.asked_n, 1);
	answer_all(&w);
	assert_int_equal(w.begun, 1);
	assert_null(w.s);
	assert_int_equal(w.went_on, 0); /* nothing more is done with it */
	finish(&w);
}

static void
test_a_session_may_end_when_patience_does(void **state)
{
	(void)state;
	struct world w;
	begin(&w);
	w.ends = true;
	look_begin(w.s, REVERSE_PTR, SLICE_EMPTY);
	w.s->waiting = WAIT_NAME;
	for (int i = 0; i < 50 && w.s != NULL; i++)
		loop_step(w.role.loop, 10);
	assert_null(w.s);
	assert_int_equal(w.begun, 1);
	finish(&w);
}

static void
test_who_waits_goes_on(void **state)
{
	(void)state;
	struct world w;
	begin(&w);
	look_begin(w.s, REVERSE_HELO, SLICE("mx.contoh.id"));
	assert_int_equal(w.asked_n, 3);
	assert_int_equal(w.went_on, 0);
	answer_all(&w);
	assert_int_equal(w.went_on, 1);
	assert_int_equal(w.s->looked[REVERSE_HELO].state, LOOK_DONE);
	assert_int_equal(
	    look_result(w.s, REVERSE_HELO)->findings, REVERSE_NOT_FOUND);
	assert_int_equal(w.cancelled_n, 0);
	/* The next time nothing is asked. */
	look_begin(w.s, REVERSE_HELO, SLICE("MX.contoh.id"));
	assert_int_equal(w.asked_n, 3);
	assert_int_equal(w.went_on, 2);
	finish(&w);
}

/* What is outstanding when a session goes is withdrawn, and only that. */
static void
test_questions_go_with_their_session(void **state)
{
	(void)state;
	struct world w;
	begin(&w);
	look_begin(w.s, REVERSE_PTR, SLICE_EMPTY);
	look_begin(w.s, REVERSE_HELO, SLICE("mx.contoh.id"));
	assert_int_equal(w.asked_n, 4);
	answer(&w, w.asked[2], IPC_DNS_NODATA);
	end(&w);
	assert_int_equal(w.cancelled_n, 3);
	assert_int_equal(w.cancelled[0], w.asked[0]);
	assert_int_equal(w.cancelled[1], w.asked[1]);
	assert_int_equal(w.cancelled[2], w.asked[3]);
	answer_all(&w); /* late ones are for nobody */
	finish(&w);
}

/* So is what can no longer change a result. */
static void
test_what_is_no_longer_needed_is_withdrawn(void **state)
{
	(void)state;
	struct world w;
	struct buf records;
	begin(&w);
	look_begin(w.s, REVERSE_HELO, SLICE("mx.contoh.id"));
	buf_init(&records, 64);
	pack_add(&records, slice_of(w.s->peer.ip.b, 4));
	const struct ipc_dns_answer a = {.ask = w.asked[1],
	    .status = IPC_DNS_OK,
	    .ttl = 60,
	    .records = buf_slice(&records)};
	look_answer(&w.d, &a); /* A: the client's own address */
	buf_free(&records);
	assert_int_equal(look_result(w.s, REVERSE_HELO)->findings, 0);
	assert_int_equal(w.cancelled_n, 2);
	finish(&w);
}

static void
test_without_a_resolver(void **state)
{
	(void)state;
	struct world w;
	begin(&w);
	w.deaf = true;
	look_begin(w.s, REVERSE_MAIL, SLICE("contoh.id"));
	assert_int_equal(w.went_on, 1);
	assert_int_equal(
	    look_result(w.s, REVERSE_MAIL)->findings, REVERSE_TEMPFAIL);
	assert_int_equal(w.d.found.n, 0);
	finish(&w);
}

static void
test_a_resolver_that_goes(void **state)
{
	(void)state;
	struct world w;
	begin(&w);
	look_begin(w.s, REVERSE_PTR, SLICE_EMPTY);
	look_begin(w.s, REVERSE_HELO, SLICE("mx.contoh.id"));
	look_resolver_lost(w.s);
	for (unsigned k = REVERSE_PTR; k <= REVERSE_HELO; k++)
		assert_int_equal(w.s->looked[k].state, LOOK_DONE);
	assert_int_equal(w.went_on, 2);
	finish(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_session_may_end_when_its_name_is_known),
	    cmocka_unit_test(test_a_session_may_end_when_patience_does),
	    cmocka_unit_test(test_who_waits_goes_on),
	    cmocka_unit_test(test_questions_go_with_their_session),
	    cmocka_unit_test(test_what_is_no_longer_needed_is_withdrawn),
	    cmocka_unit_test(test_without_a_resolver),
	    cmocka_unit_test(test_a_resolver_that_goes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
