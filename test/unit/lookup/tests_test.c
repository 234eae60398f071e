/* The test mailbox, as all workers of smtpd share it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pack.h"
#include "role/lookup/lookup.h"

#define MINUTE 60000u

/* Channels that are only compared, and what was last said to each. */
enum { SMTPD_A, SMTPD_B, RESOLVER, CHANS };

static struct {
	uint64_t aligned;
} peers[CHANS];
static unsigned events[CHANS][IPC_TEST_EXPIRED + 1];
static char last_sender[128], last_dialogue[128], last_json[512];
static int last_say, last_code;

static struct chan *
chan_at(unsigned i)
{
	return (struct chan *)(void *)&peers[i];
}

enum role_kind
chan_peer(const struct chan *c)
{
	return c == chan_at(RESOLVER) ? ROLE_RESOLVER : ROLE_SMTPD;
}

bool
role_send(struct chan *c, const struct ipc_msg *m)
{
	unsigned i = 0;
	while (c != chan_at(i))
		i++;
	if (m->type == IPC_test_answer) {
		assert_int_equal(i, SMTPD_A);
		assert_int_equal(m->test_answer.ask, 77);
		last_say = m->test_answer.say;
		return true;
	}
	assert_int_equal(m->type, IPC_test_event);
	assert_int_not_equal(i, RESOLVER);
	events[i][m->test_event.event]++;
	(void)snprintf(last_sender, sizeof(last_sender), "%.*s",
	    SLICE_ARG(m->test_event.sender));
	(void)snprintf(last_dialogue, sizeof(last_dialogue), "%.*s",
	    SLICE_ARG(m->test_event.dialogue));
	return true;
}

struct chan *
role_peer(struct role *r, enum role_kind kind, uint64_t hint)
{
	(void)hint;
	return r->peers[kind][0];
}

void
role_ctl_line(struct chan *c, struct slice json)
{
	(void)c;
	(void)snprintf(last_json, sizeof(last_json), "%.*s", SLICE_ARG(json));
}

void
role_ctl_end(struct chan *c, uint8_t code, const char *text)
{
	(void)c;
	(void)text;
	last_code = code;
}

struct world {
	struct conf conf;
	struct role role;
	struct lookup lookup;
};

static const struct slice open_to[] = {{(const uint8_t *)"@mitra.example", 14}};

static int
begin(void **state)
{
	static struct world *all[16]; /* what they remember stays reachable */
	static size_t n;
	struct world *w = all[n++] = calloc(1, sizeof(*w));
	memset(events, 0, sizeof(events));
	last_say = last_code = -1;
	w->conf.test_mailbox =
	    (struct conf_test_mailbox){.address = SLICE("check@contoh.id"),
		.assure_address = SLICE("assure@contoh.id"),
		.open_to = {open_to, 1},
		.rate = {3, 60 * MINUTE}};
	w->role.loop = loop_new();
	loop_set_virtual(w->role.loop, 1800000000000u);
	w->role.conf = &w->conf;
	w->role.peers[ROLE_SMTPD][0] = chan_at(SMTPD_A);
	w->role.peers[ROLE_SMTPD][1] = chan_at(SMTPD_B);
	w->lookup.role = &w->role;
	tests_init(&w->lookup);
	*state = w;
	return 0;
}

static int
end(void **state)
{
	struct world *w = *state;
	timer_stop(&w->lookup.tests.sweep);
	loop_free(w->role.loop);
	return 0;
}

static int
ask(struct world *w, enum ipc_test_what what, uint8_t net, const char *sender,
    const char *code, const char *message)
{
	struct ipc_test_ask m = {.ask = 77,
	    .what = (uint8_t)what,
	    .client = {4, {192, 0, net, 7}},
	    .sender = slice_str(sender),
	    .message = slice_str(message)};
	struct buf codes;
	buf_init(&codes, 256);
	if (code[0] != '\0')
		pack_add(&codes, slice_str(code));
	m.codes = buf_slice(&codes);
	last_say = -1;
	test_asked(&w->lookup, chan_at(SMTPD_A), &m);
	buf_free(&codes);
	return last_say;
}

/* The code that is made. */
static void
make_code(struct world *w, char out[TEST_CODE_LEN + 1])
{
	assert_true(tests_control(
	    &w->lookup, chan_at(SMTPD_A), true, SLICE("test-code")));
	assert_int_equal(last_code, 0);
	assert_memory_equal(last_json, "{\"code\":\"", 9);
	memcpy(out, last_json + 9, TEST_CODE_LEN);
	out[TEST_CODE_LEN] = '\0';
	assert_non_null(strstr(last_json, "\"address\":\"check@contoh.id\""));
}

static void
codes(void **state)
{
	struct world *w = *state;
	char one[TEST_CODE_LEN + 1], two[TEST_CODE_LEN + 1];
	make_code(w, one);
	make_code(w, two);
	assert_string_not_equal(one, two);
	assert_int_equal(
	    ask(w, IPC_TEST_TAKE, 1, "a@x.example", "", ""), IPC_TEST_NO_CODE);
	assert_int_equal(
	    ask(w, IPC_TEST_TAKE, 2, "a@x.example", one, ""), IPC_TEST_YES);
	assert_int_equal(
	    ask(w, IPC_TEST_TAKE, 3, "a@x.example", one, ""), IPC_TEST_NO_CODE);
	loop_advance(w->role.loop, CODE_GOOD_MS);
	assert_int_equal(
	    ask(w, IPC_TEST_TAKE, 4, "a@x.example", two, ""), IPC_TEST_NO_CODE);
	/* A code is not used up where none is needed. */
	make_code(w, one);
	assert_int_equal(
	    ask(w, IPC_TEST_TAKE, 5, "a@mitra.example", one, ""), IPC_TEST_YES);
	assert_int_equal(
	    ask(w, IPC_TEST_TAKE, 6, "a@x.example", one, ""), IPC_TEST_YES);
}

static void
code_makers(void **state)
{
	struct world *w = *state;
	struct lookup *l = &w->lookup;
	char first[TEST_CODE_LEN + 1], other[TEST_CODE_LEN + 1];
	assert_false(
	    tests_control(l, chan_at(SMTPD_A), true, SLICE("exempt-list")));
	assert_true(
	    tests_control(l, chan_at(SMTPD_A), false, SLICE("test-code")));
	assert_int_equal(last_code, 1);
	make_code(w, first);
	loop_advance(w->role.loop, 1000);
	for (unsigned i = 0; i < CODES_MAX; i++) /* the oldest goes */
		make_code(w, other);
	assert_int_equal(ask(w, IPC_TEST_TAKE, 1, "a@x.example", first, ""),
	    IPC_TEST_NO_CODE);
	assert_int_equal(
	    ask(w, IPC_TEST_TAKE, 1, "a@x.example", other, ""), IPC_TEST_YES);
	w->conf.test_mailbox.address = SLICE("");
	w->conf.test_mailbox.assure_address = SLICE("");
	tests_control(l, chan_at(SMTPD_A), true, SLICE("test-code"));
	assert_int_equal(last_code, 1);
}

static void
rates(void **state)
{
	struct world *w = *state;
	for (uint8_t i = 0; i < 3; i++)
		assert_int_equal(
		    ask(w, IPC_TEST_TAKE, i, "a@mitra.example", "", ""),
		    IPC_TEST_YES);
	assert_int_equal(ask(w, IPC_TEST_TAKE, 9, "A@mitra.example", "", ""),
	    IPC_TEST_TOO_MANY);
	/* By network: what was refused counts. */
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
		    ask(w, IPC_TEST_TAKE, 9, "x@x.example", "", ""),
		    IPC_TEST_NO_CODE);
	assert_int_equal(ask(w, IPC_TEST_TAKE, 9, "b@mitra.example", "", ""),
	    IPC_TEST_TOO_MANY);
	loop_advance(w->role.loop, 20 * MINUTE);
	assert_int_equal(
	    ask(w, IPC_TEST_TAKE, 9, "b@mitra.example", "", ""), IPC_TEST_YES);
}

/* Many senders: what counts nothing any more makes room. */
static void
many_counts(void **state)
{
	struct world *w = *state;
	char sender[64];
	unsigned too_many = 0;
	w->conf.test_mailbox.rate = (struct conf_rate){1000000, MINUTE};
	for (unsigned i = 0; i < 9000; i++) {
		(void)snprintf(sender, sizeof(sender), "a%u@mitra.example", i);
		too_many += ask(w, IPC_TEST_TAKE, 1, sender, "", "") ==
			    IPC_TEST_TOO_MANY;
	}
	assert_true(too_many > 0);
	assert_true(w->lookup.tests.count_n <= 8192);
	loop_advance(w->role.loop, 2 * MINUTE);
	assert_int_equal(ask(w, IPC_TEST_TAKE, 1, "new@mitra.example", "", ""),
	    IPC_TEST_YES);
	assert_true(w->lookup.tests.count_n < 10);
}

static void
sent_in_clear(void **state)
{
	struct world *w = *state;
	assert_int_equal(ask(w, IPC_TEST_ARM, 1, "a@mitra.example", "", "<1>"),
	    IPC_TEST_YES);
	assert_int_equal(events[SMTPD_A][IPC_TEST_ARMED], 1);
	assert_int_equal(events[SMTPD_B][IPC_TEST_ARMED], 1);
	assert_string_equal(last_sender, "a@mitra.example");
	/* With TLS once more, by another worker: still to come again. */
	assert_int_equal(ask(w, IPC_TEST_ARM, 1, "a@mitra.example", "", "<1>"),
	    IPC_TEST_YES);
	assert_int_equal(events[SMTPD_A][IPC_TEST_ARMED], 1);
	tests_peer(&w->lookup, chan_at(SMTPD_B));
	tests_peer(&w->lookup, chan_at(RESOLVER));
	assert_int_equal(events[SMTPD_B][IPC_TEST_ARMED], 2);
	assert_int_equal(
	    ask(w, IPC_TEST_SENT, 1, "a@mitra.example", "", ""), IPC_TEST_YES);
	assert_int_equal(events[SMTPD_A][IPC_TEST_OVER], 1);
	assert_int_equal(w->lookup.tests.assured_n, 0);
	loop_advance(w->role.loop, 20 * MINUTE);
	assert_int_equal(events[SMTPD_A][IPC_TEST_EXPIRED], 0);
	assert_int_equal(
	    ask(w, IPC_TEST_SENT, 8, "x@x.example", "", ""), IPC_TEST_NO_CODE);
	assert_int_equal(
	    ask(w, IPC_TEST_ARM, 8, "x@x.example", "", ""), IPC_TEST_NO_CODE);
	assert_int_equal(w->lookup.tests.assured_n, 0);
}

static void
left(void **state)
{
	struct world *w = *state;
	assert_int_equal(ask(w, IPC_TEST_ARM, 1, "a@mitra.example", "", "<1>"),
	    IPC_TEST_YES);
	/* Another client, another sender: nothing is known from them. */
	assert_int_equal(
	    ask(w, IPC_TEST_LEFT, 2, "a@mitra.example", "", "x"), -1);
	assert_int_equal(
	    ask(w, IPC_TEST_LEFT, 1, "b@mitra.example", "", "x"), -1);
	assert_int_equal(events[SMTPD_A][IPC_TEST_GONE], 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
		    ask(w, IPC_TEST_LEFT, 1, "a@mitra.example", "", "dialog"),
		    -1);
	assert_int_equal(events[SMTPD_A][IPC_TEST_GONE], 1);
	assert_int_equal(events[SMTPD_B][IPC_TEST_GONE], 0);
	assert_int_equal(events[SMTPD_B][IPC_TEST_OVER], 1);
	loop_advance(w->role.loop, 60 * MINUTE);
	assert_int_equal(events[SMTPD_A][IPC_TEST_EXPIRED], 0);
	/* That mail is taken now, another begins anew. */
	assert_int_equal(ask(w, IPC_TEST_ARM, 1, "a@mitra.example", "", "<2>"),
	    IPC_TEST_YES);
	assert_int_equal(ask(w, IPC_TEST_ARM, 1, "a@mitra.example", "", "<1>"),
	    IPC_TEST_SETTLED);
	assert_int_equal(ask(w, IPC_TEST_ARM, 1, "a@mitra.example", "", "<1>"),
	    IPC_TEST_YES);
}

static void
never_came(void **state)
{
	struct world *w = *state;
	ask(w, IPC_TEST_ARM, 1, "a@mitra.example", "", "<1>");
	loop_advance(w->role.loop, 10 * MINUTE - 1);
	assert_int_equal(events[SMTPD_A][IPC_TEST_EXPIRED], 0);
	loop_advance(w->role.loop, 1);
	assert_int_equal(events[SMTPD_A][IPC_TEST_EXPIRED], 1);
	assert_int_equal(events[SMTPD_B][IPC_TEST_EXPIRED], 0);
	assert_int_equal(events[SMTPD_B][IPC_TEST_OVER], 1);
	assert_int_equal(w->lookup.tests.assured_n, 1);
	loop_advance(w->role.loop, 6u * 24 * 60 * MINUTE);
	assert_int_equal(w->lookup.tests.assured_n, 0);
	assert_int_equal(events[SMTPD_A][IPC_TEST_EXPIRED], 1);
	assert_false(timer_active(&w->lookup.tests.sweep));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {T(codes), T(code_makers), T(rates),
	    T(many_counts), T(sent_in_clear), T(left), T(never_came)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
