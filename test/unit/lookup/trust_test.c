/* What each smtpd is told about trust that strangers share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "role/lookup/lookup.h"

/* Channels that are only compared, and what was last said to each. */
enum { SMTPD_A, SMTPD_B, RESOLVER, CHANS };

static struct {
	uint64_t aligned;
} peers[CHANS];
static unsigned raised[CHANS], ended[CHANS];
static char why[CHANS][256];

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
	assert_int_equal(m->type, IPC_trust_alarm);
	assert_int_equal(m->trust_alarm.client.b[3], 9);
	if (m->trust_alarm.raised != 0)
		raised[i]++;
	else
		ended[i]++;
	(void)snprintf(
	    why[i], sizeof(why[i]), "%.*s", SLICE_ARG(m->trust_alarm.text));
	return true;
}

struct world {
	struct conf conf;
	struct role role;
	struct lookup lookup;
};

static int
begin(void **state)
{
	static struct world w;
	memset(&w, 0, sizeof(w));
	memset(raised, 0, sizeof(raised));
	memset(ended, 0, sizeof(ended));
	w.conf.hostname = SLICE("mail.contoh.id");
	w.conf.masquerade = CONF_MASQUERADE_NOTE;
	w.role.loop = loop_new();
	loop_set_virtual(w.role.loop, 1800000000000u);
	w.role.conf = &w.conf;
	w.role.peers[ROLE_SMTPD][0] = chan_at(SMTPD_A);
	w.role.peers[ROLE_SMTPD][1] = chan_at(SMTPD_B);
	w.role.peers[ROLE_RESOLVER][0] = chan_at(RESOLVER);
	w.lookup.role = &w.role;
	trust_init(&w.lookup);
	*state = &w;
	return 0;
}

static int
end(void **state)
{
	struct world *w = *state;
	timer_stop(&w->lookup.trust_sweep);
	masquerade_free(w->lookup.trust);
	loop_free(w->role.loop);
	return 0;
}

static void
hear(struct world *w, unsigned names)
{
	char helo[32];
	for (unsigned i = 0; i < names; i++) {
		(void)snprintf(helo, sizeof(helo), "pc.n%u.example", i);
		const struct ipc_trust_seen m = {
		    .client = {.family = 4, .b = {127, 0, 0, 9}},
		    .helo = slice_str(helo)};
		trust_seen(&w->lookup, &m);
	}
}

static void
test_told(void **state)
{
	struct world *w = *state;
	trust_peer(&w->lookup, chan_at(SMTPD_A));
	hear(w, MASQUERADE_NAMES - 1);
	assert_int_equal(raised[SMTPD_A], 0);
	trust_peer(&w->lookup, chan_at(SMTPD_A));
	assert_int_equal(raised[SMTPD_A], 0);
	hear(w, MASQUERADE_NAMES + 3);
	assert_int_equal(raised[SMTPD_A], 1);
	assert_int_equal(raised[SMTPD_B], 1);
	assert_non_null(strstr(why[SMTPD_B], "10 unrelated names"));
	/* One that is new hears of it; nobody else. */
	trust_peer(&w->lookup, chan_at(SMTPD_B));
	trust_peer(&w->lookup, chan_at(RESOLVER));
	assert_int_equal(raised[SMTPD_A], 1);
	assert_int_equal(raised[SMTPD_B], 2);
	assert_int_equal(raised[RESOLVER] + ended[RESOLVER], 0);
	assert_non_null(strstr(why[SMTPD_B], "n3.example"));
}

static void
test_over(void **state)
{
	struct world *w = *state;
	hear(w, MASQUERADE_NAMES);
	for (unsigned minute = 0; minute < 59; minute++)
		loop_advance(w->role.loop, 60000);
	assert_int_equal(ended[SMTPD_A], 0);
	assert_true(timer_active(&w->lookup.trust_sweep));
	for (unsigned i = 0; i < 3; i++)
		loop_advance(w->role.loop, 60000);
	assert_int_equal(ended[SMTPD_A], 1);
	assert_int_equal(ended[SMTPD_B], 1);
	assert_string_equal(why[SMTPD_A], "");
	assert_false(timer_active(&w->lookup.trust_sweep));
	hear(w, MASQUERADE_NAMES);
	assert_int_equal(raised[SMTPD_A], 2);
}

static void
test_off(void **state)
{
	struct world *w = *state;
	w->conf.masquerade = CONF_MASQUERADE_OFF;
	hear(w, 2 * MASQUERADE_NAMES);
	assert_null(w->lookup.trust);
	w->conf.masquerade = CONF_MASQUERADE_WITHDRAW;
	hear(w, 2 * MASQUERADE_NAMES);
	assert_int_equal(raised[SMTPD_A], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_told, begin, end),
	    cmocka_unit_test_setup_teardown(test_over, begin, end),
	    cmocka_unit_test_setup_teardown(test_off, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
