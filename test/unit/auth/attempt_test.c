/* The role's answers over a real channel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <gsasl.h>

#include "role/auth/auth.h"
#include "role/auth/secret.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* What the other end has heard last. */
struct heard {
	unsigned results, challenges;
	uint16_t code;
	bool close;
	uint64_t ask;
	char enhanced[16], cause[32], user[64], data[64];
	unsigned begun, ended, names;
	char last_name[64];
};

struct fixture {
	struct role role;
	struct auth auth;
	struct chan *server, *client;
	struct heard heard;
};

static void
keep(char *to, size_t max, struct slice s)
{
	snprintf(to, max, "%.*s", SLICE_ARG(s));
}

static void
on_heard(struct chan *c, struct ipc_msg *m, void *arg)
{
	struct heard *h = arg;
	(void)c;
	if (m->type == IPC_auth_challenge) {
		h->challenges++;
		keep(h->data, sizeof(h->data), m->auth_challenge.data);
	} else if (m->type == IPC_auth_result) {
		h->results++;
		h->ask = m->auth_result.ask;
		h->code = m->auth_result.code;
		h->close = m->auth_result.close != 0;
		keep(h->enhanced, sizeof(h->enhanced), m->auth_result.enhanced);
		keep(h->cause, sizeof(h->cause), m->auth_result.cause);
		keep(h->user, sizeof(h->user), m->auth_result.user);
	} else if (m->type == IPC_accounts_begin)
		h->begun++;
	else if (m->type == IPC_accounts_end)
		h->ended++;
	else if (m->type == IPC_account_name) {
		h->names++;
		keep(h->last_name, sizeof(h->last_name), m->account_name.name);
	}
}

static void
on_asked(struct chan *c, struct ipc_msg *m, void *arg)
{
	struct auth *a = arg;
	if (m->type == IPC_auth_start)
		attempt_start(a, c, &m->auth_start);
	else if (m->type == IPC_auth_step)
		attempt_step(a, c, &m->auth_step);
	else if (m->type == IPC_auth_cancel)
		attempt_cancel(a, c, m->auth_cancel.ask);
}

static void
on_writable(struct chan *c, void *arg)
{
	(void)c;
	push_more(arg);
}

static void
on_closed(struct chan *c, const struct diag *why, void *arg)
{
	(void)c;
	(void)arg;
	fail_msg("%s", why->text);
}

static const struct chan_ops client_ops = {
    .message = on_heard, .closed = on_closed};
static const struct chan_ops server_ops = {
    .message = on_asked, .closed = on_closed, .writable = on_writable};

static bool
no_maildir(void *arg, struct slice domain)
{
	(void)arg;
	(void)domain;
	return false;
}

static void
connect_to(struct fixture *f, enum role_kind peer)
{
	int fd[2];
	assert_int_equal(
	    socketpair(
		AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd),
	    0);
	f->server = chan_new(
	    f->role.loop, fd[0], ROLE_AUTH, peer, &server_ops, &f->auth);
	f->client = chan_new(
	    f->role.loop, fd[1], peer, ROLE_AUTH, &client_ops, &f->heard);
	assert_non_null(f->server);
	assert_non_null(f->client);
}

static void
make_accounts(struct fixture *f)
{
	struct secret s;
	struct diag d;
	struct buf text;
	size_t line;
	buf_init(&text, 4096);
	assert_int_equal(secret_make(SLICE("rahasia"), &s, &d), ERR_OK);
	struct account a = secret_account(SLICE("budi@contoh.id"), &s);
	assert_int_equal(account_format(&text, &a), ERR_OK);
	assert_int_equal(
	    accounts_read(&f->auth.accounts, f->role.seed, &text, &line, &d),
	    ERR_OK);
	assert_int_equal(secret_make(SLICE("lain"), &s, &d), ERR_OK);
	memcpy(f->auth.env.no_hash, s.hash, sizeof(s.hash));
}

static int
setup(void **state)
{
	static struct fixture f;
	memset(&f, 0, sizeof(f));
	f.role.loop = loop_new();
	f.role.seed[0] = 9;
	f.auth.role = &f.role;
	f.auth.env.accounts = &f.auth.accounts;
	f.auth.env.is_maildir = no_maildir;
	list_init(&f.auth.attempt_list);
	map_init(&f.auth.attempts, f.role.seed);
	cache_init(&f.auth.cache);
	assert_int_equal(gsasl_init(&f.auth.env.lib), GSASL_OK);
	assert_int_equal(
	    limits_init(&f.auth.limits, 64, f.role.seed, 3, 60000), ERR_OK);
	assert_int_equal(pool_new(&f.auth.pool, f.role.loop, 1), ERR_OK);
	make_accounts(&f);
	connect_to(&f, ROLE_SMTPD);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	attempt_drop_all(&f->auth, NULL);
	assert_int_equal(f->auth.attempt_n, 0);
	chan_close(f->server);
	chan_close(f->client);
	pool_free(f->auth.pool);
	gsasl_done(f->auth.env.lib);
	accounts_free(&f->auth.accounts);
	limits_free(&f->auth.limits);
	map_free(&f->auth.attempts);
	loop_free(f->role.loop);
	return 0;
}

static void
say(struct fixture *f, const struct ipc_msg *m)
{
	assert_int_equal(chan_send(f->client, m), ERR_OK);
}

static void
start(struct fixture *f, uint64_t ask, const char *mech, struct slice initial)
{
	struct ipc_msg m = {.type = IPC_auth_start, .fd = -1};
	m.auth_start.ask = ask;
	m.auth_start.mechanism = slice_str(mech);
	m.auth_start.has_initial = initial.p != NULL;
	m.auth_start.initial = initial;
	assert_int_equal(
	    ip_parse(SLICE("192.0.2.9"), &m.auth_start.client), ERR_OK);
	say(f, &m);
}

/* Until something was heard, or nothing comes for a while. */
static void
listen_for(struct fixture *f)
{
	unsigned before = f->heard.results + f->heard.challenges;
	for (int i = 0;
	     i < 200 && f->heard.results + f->heard.challenges == before; i++)
		loop_step(f->role.loop, 25);
}

static void
expect(
    struct fixture *f, uint16_t code, const char *enhanced, const char *cause)
{
	listen_for(f);
	assert_int_equal(f->heard.code, code);
	assert_string_equal(f->heard.enhanced, enhanced);
	assert_string_equal(f->heard.cause, cause);
	assert_int_equal(f->heard.user[0] != '\0', code == 235);
}

#define GOOD SLICE("\0budi@contoh.id\0rahasia")
#define BAD  SLICE("\0budi@contoh.id\0salah")
#define NONE SLICE("\0siapa\0rahasia")

static void
test_outcomes(void **state)
{
	struct fixture *f = *state;
	start(f, 1, "PLAIN", GOOD);
	expect(f, 235, "2.7.0", "");
	assert_string_equal(f->heard.user, "budi@contoh.id");
	assert_int_equal(f->heard.ask, 1);
	start(f, 2, "PLAIN", SLICE("nonsense"));
	expect(f, 501, "5.5.2", "protocol.syntax");
	start(f, 3, "CRAM-MD5", SLICE_EMPTY);
	expect(f, 504, "5.5.4", "protocol.syntax");
	start(f, 4, "LOGIN", SLICE_EMPTY);
	listen_for(f);
	assert_string_equal(f->heard.data, "Username:");
	assert_int_equal(f->auth.attempt_n, 1);
}

/* Right a second time costs no hash; wrong always costs one, known or not. */
static void
test_work(void **state)
{
	struct fixture *f = *state;
	start(f, 1, "PLAIN", GOOD);
	expect(f, 235, "2.7.0", "");
	assert_int_equal(pool_computed(f->auth.pool), 1);
	start(f, 2, "PLAIN", GOOD);
	expect(f, 235, "2.7.0", "");
	assert_int_equal(pool_computed(f->auth.pool), 1);
	start(f, 3, "PLAIN", BAD);
	expect(f, 535, "5.7.8", "auth.failed");
	assert_int_equal(pool_computed(f->auth.pool), 2);
	start(f, 4, "PLAIN", NONE);
	expect(f, 535, "5.7.8", "auth.failed");
	assert_int_equal(pool_computed(f->auth.pool), 3);
}

static void
test_slow_then_refused(void **state)
{
	struct fixture *f = *state;
	for (uint64_t i = 1; i <= 3; i++) {
		uint64_t t0 = loop_now_ms(f->role.loop);
		start(f, i, "PLAIN", i == 2 ? NONE : BAD);
		expect(f, 535, "5.7.8", "auth.failed");
		assert_int_equal(f->heard.close, i == 3);
		assert_true(
		    loop_now_ms(f->role.loop) - t0 >= i * LIMITS_DELAY_STEP_MS);
	}
	/* Not even the right password is looked at now. */
	start(f, 9, "PLAIN", GOOD);
	expect(f, 454, "4.7.0", "auth.failed");
	assert_true(f->heard.close);
	assert_int_equal(pool_computed(f->auth.pool), 3);
	assert_int_equal(f->auth.attempt_n, 0);
}

static void
test_cancel(void **state)
{
	struct fixture *f = *state;
	struct ipc_msg m = {.type = IPC_auth_cancel, .fd = -1};
	m.auth_cancel.ask = 1;
	/* While the hash is computed, and while the answer is delayed. */
	for (int steps = 0; steps < 2; steps++) {
		start(f, 1, "PLAIN", BAD);
		for (int i = 0; i < 20 && steps == 1 &&
				limits_ask(&f->auth.limits,
				    &(struct ip){4, {192, 0, 2, 9}}, 0)
					.failures == 0;
		     i++)
			loop_step(f->role.loop, 25);
		say(f, &m);
		for (int i = 0; i < 5; i++)
			loop_step(f->role.loop, 10);
		assert_int_equal(f->auth.attempt_n, 0);
	}
	for (int i = 0; i < 30; i++)
		loop_step(f->role.loop, 25);
	assert_int_equal(f->heard.results, 0);
	/* A step of an exchange that is gone is nothing. */
	m = (struct ipc_msg){.type = IPC_auth_step, .fd = -1};
	m.auth_step.ask = 1;
	say(f, &m);
	loop_step(f->role.loop, 10);
	assert_int_equal(f->heard.results, 0);
}

static void
test_push(void **state)
{
	struct fixture *f = *state;
	struct buf text;
	struct diag d;
	size_t line;
	/* More names than a socket takes at once. */
	enum { NAMES = 5000 };
	static const char rest[] =
	    " crypt=$y$j9T$a$b scram-sha-256=4096,c2FsdA==,"
	    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,"
	    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
	buf_init(&text, 4 << 20);
	for (int i = 0; i < NAMES; i++)
		buf_printf(&text, "nama%d@contoh.id%s", i, rest);
	accounts_free(&f->auth.accounts);
	assert_int_equal(
	    accounts_read(&f->auth.accounts, f->role.seed, &text, &line, &d),
	    ERR_OK);
	chan_close(f->server);
	chan_close(f->client);
	connect_to(f, ROLE_LOOKUP);
	push_begin(&f->auth, f->server);
	for (int i = 0; i < 200 && f->heard.ended == 0; i++)
		loop_step(f->role.loop, 25);
	assert_int_equal(f->heard.begun, 1);
	assert_int_equal(f->heard.ended, 1);
	assert_int_equal(f->heard.names, NAMES);
	assert_string_equal(f->heard.last_name, "nama4999@contoh.id");
	assert_false(f->auth.push.active);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_outcomes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_work, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_slow_then_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_push, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
