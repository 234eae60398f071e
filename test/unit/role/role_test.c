/* The skeleton of a role against a master played by the test: starting,
 * reloads taken, refused and dropped, peers that come, end and break the
 * rules, draining, and a master that dies.
 *
 * The role is a child process; what its callbacks see comes back as letters
 * through a pipe. Walls are those of walls_test.c, not of this one. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/fdpass.h"
#include "os/memfd.h"
#include "role/rights.h"
#include "role/role.h"

#define PIPE_FD 9

/* ---- the role ---- */

enum err
rights_enter(enum role_kind role, const struct conf *conf,
    struct sandbox_report *out, struct diag *d)
{
	(void)role;
	(void)conf;
	(void)d;
	out->uid = 42;
	return ERR_OK;
}

static void
letter(char c)
{
	if (write(PIPE_FD, &c, 1) != 1)
		_exit(99);
}

/* The port of its listener is what tells one configuration from another. */
static unsigned
port(const struct conf *conf)
{
	return conf->listen[0].address.v[0].port;
}

static enum err
on_open(struct role *r, struct diag *d)
{
	(void)r;
	(void)d;
	letter('o');
	return ERR_OK;
}

static enum err
on_reload(struct role *r, const struct conf *conf, struct diag *d)
{
	(void)r;
	if (port(conf) == 666)
		return diag_set(d, ERR_TLS, NULL, "no such port");
	letter('r');
	return ERR_OK;
}

static void
on_reloaded(struct role *r)
{
	letter(port(r->conf) == 26 ? 'T' : 't');
}

static void
on_dropped(struct role *r)
{
	letter(port(r->conf) == 25 ? 'd' : 'D');
}

static void
on_peer(struct role *r, struct chan *c)
{
	letter(role_peer(r, ROLE_QUEUE, 7) == c ? 'p' : 'P');
}

static void
on_peer_lost(struct role *r, struct chan *c)
{
	(void)c;
	letter(role_peer(r, ROLE_QUEUE, 7) == NULL ? 'l' : 'L');
}

static void
on_message(struct role *r, struct chan *c, struct ipc_msg *m)
{
	(void)r;
	(void)c;
	(void)m;
	letter('m');
}

static void
on_drain(struct role *r, uint32_t grace_ms)
{
	letter(grace_ms == 77 ? 'x' : 'X');
	role_exit(r);
}

static const struct role_ops ops = {.kind = ROLE_SMTPD,
    .state_size = 1,
    .open = on_open,
    .reload = on_reload,
    .reloaded = on_reloaded,
    .reload_dropped = on_dropped,
    .peer = on_peer,
    .peer_lost = on_peer_lost,
    .message = on_message,
    .drain = on_drain};

/* ---- the master ---- */

struct play {
	pid_t pid;
	int control;
	int letters;
};

static int
setup(void **state)
{
	struct play *p = calloc(1, sizeof(*p));
	int fds[2], ends[2];
	assert_int_equal(fdpass_pair(fds), ERR_OK);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		if (dup2(ends[1], PIPE_FD) != PIPE_FD ||
		    dup2(fds[1], ROLE_CONTROL_FD) != ROLE_CONTROL_FD)
			_exit(98);
		/* The copies that came with the fork hide a closed end. */
		for (int fd = ROLE_CONTROL_FD + 1; fd < 64; fd++)
			if (fd != PIPE_FD)
				close(fd);
		_exit(role_main(&ops, 0, NULL));
	}
	close(fds[1]);
	close(ends[1]);
	p->control = fds[0];
	p->letters = ends[0];
	*state = p;
	return 0;
}

static int
ends_with(struct play *p)
{
	int status;
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	p->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
teardown(void **state)
{
	struct play *p = *state;
	if (p->control >= 0)
		close(p->control);
	if (p->pid > 0)
		ends_with(p);
	close(p->letters);
	free(p);
	return 0;
}

static void
send_to(int sock, struct ipc_msg m)
{
	struct buf b;
	buf_init(&b, IPC_FRAME_MAX);
	assert_int_equal(ipc_encode(&m, &b), ERR_OK);
	assert_int_equal(fdpass_send(sock, buf_slice(&b), m.fd), ERR_OK);
	buf_free(&b);
	if (m.fd >= 0)
		close(m.fd);
}

static void
wait_for(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&one, 1, 10000), 1);
}

/* The next frame of the role; its bytes last until the next call. */
static struct ipc_msg
hear(struct play *p)
{
	static uint8_t frame[IPC_FRAME_MAX];
	struct ipc_msg m;
	size_t n;
	int fd;
	wait_for(p->control);
	assert_int_equal(
	    fdpass_recv(p->control, frame, sizeof(frame), &n, &fd), ERR_OK);
	assert_int_equal(ipc_decode(slice_of(frame, n), fd >= 0, &m), ERR_OK);
	return m;
}

static void
expect_letters(struct play *p, const char *want)
{
	for (; *want != '\0'; want++) {
		char c = 0;
		wait_for(p->letters);
		assert_int_equal(read(p->letters, &c, 1), 1);
		if (c != *want)
			fail_msg("'%c' where '%s' belongs", c, want);
	}
}

static enum err
read_text(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)path;
	(void)d;
	buf_add_str(out, ctx);
	return buf_err(out);
}

/* A configuration whose listener is at that port; 0: one that is broken. */
static void
send_config(struct play *p, uint32_t generation, unsigned at)
{
	char text[512];
	struct conf_report report;
	struct conf *conf;
	struct buf bundle;
	struct ipc_msg m = {.type = IPC_config};
	snprintf(text, sizeof(text),
	    "hostname = \"mail.contoh.id\"\n"
	    "domain \"contoh.id\" { deliver = \"maildir:/mail/%%d/%%u\" }\n"
	    "listen \"mx\" { address = {\"127.0.0.1:%u\"} role = \"mx\" }\n",
	    at);
	const struct conf_source source = {read_text, text};
	conf_report_init(&report);
	buf_init(&bundle, CONF_BUNDLE_MAX);
	if (at > 0) {
		assert_int_equal(
		    conf_read(&source, "x.conf", &bundle, &conf, &report),
		    ERR_OK);
		conf_free(conf);
	} else {
		buf_add_str(&bundle, "rubbish");
	}
	assert_int_equal(memfd_make(buf_slice(&bundle), &m.fd), ERR_OK);
	conf_report_free(&report);
	buf_free(&bundle);
	m.config.generation = generation;
	m.config.instance = 3;
	send_to(p->control, m);
}

static void
send_go(struct play *p, uint32_t generation)
{
	struct ipc_msg m = {.type = IPC_go, .fd = -1};
	m.go.generation = generation;
	send_to(p->control, m);
}

static void
expect_reloaded(struct play *p, uint32_t generation, bool ok)
{
	struct ipc_msg m = hear(p);
	assert_int_equal(m.type, IPC_reloaded);
	assert_int_equal(m.reloaded.generation, generation);
	assert_int_equal(m.reloaded.ok, ok);
	assert_int_equal(m.reloaded.text.n > 0, !ok);
}

static void
start(struct play *p)
{
	send_config(p, 1, 25);
	send_go(p, 1);
	struct ipc_msg m = hear(p);
	assert_int_equal(m.type, IPC_ready);
	assert_int_equal(m.ready.uid, 42);
	expect_letters(p, "o");
}

static void
drain(struct play *p)
{
	struct ipc_msg m = {.type = IPC_drain, .fd = -1};
	m.drain.grace_ms = 77;
	send_to(p->control, m);
	expect_letters(p, "x");
	assert_int_equal(ends_with(p), 0);
}

static void
starts_and_drains(void **state)
{
	start(*state);
	drain(*state);
}

static void
ends_with_its_master(void **state)
{
	struct play *p = *state;
	start(p);
	close(p->control);
	p->control = -1;
	assert_int_equal(ends_with(p), 1);
}

static void
tells_why_it_cannot_start(void **state)
{
	struct play *p = *state;
	send_config(p, 1, 0);
	struct ipc_msg m = hear(p);
	assert_int_equal(m.type, IPC_fatal);
	assert_true(m.fatal.text.n > 0);
	assert_int_equal(ends_with(p), 1);
}

static void
a_reload_is_taken_with_go(void **state)
{
	struct play *p = *state;
	start(p);
	send_config(p, 2, 26);
	expect_reloaded(p, 2, true);
	expect_letters(p, "r");
	send_go(p, 2);
	expect_letters(p, "T");
	drain(p);
}

static void
a_refused_reload_changes_nothing(void **state)
{
	static const unsigned bad[] = {666, 0};
	struct play *p = *state;
	start(p);
	for (uint32_t i = 0; i < 2; i++) {
		send_config(p, 2 + i, bad[i]);
		expect_reloaded(p, 2 + i, false);
		send_go(p, 1);
	}
	/* It is still the first that is in force when the next is dropped. */
	send_config(p, 4, 26);
	expect_reloaded(p, 4, true);
	send_go(p, 1);
	expect_letters(p, "rd");
	send_config(p, 5, 26);
	expect_reloaded(p, 5, true);
	send_go(p, 5);
	expect_letters(p, "rT");
	drain(p);
}

/* A second offer before the first was decided replaces it. */
static void
an_offer_replaces_an_offer(void **state)
{
	struct play *p = *state;
	start(p);
	send_config(p, 2, 27);
	expect_reloaded(p, 2, true);
	send_config(p, 3, 26);
	expect_reloaded(p, 3, true);
	send_go(p, 3);
	expect_letters(p, "rrT");
	drain(p);
}

static int
give_peer(struct play *p, uint64_t tag)
{
	int fds[2];
	struct ipc_msg m = {.type = IPC_peer};
	assert_int_equal(fdpass_pair(fds), ERR_OK);
	m.fd = fds[1];
	m.peer.role = ROLE_QUEUE;
	m.peer.tag = tag;
	send_to(p->control, m);
	expect_letters(p, "p");
	return fds[0];
}

static void
a_peer_that_ends_is_lost_quietly(void **state)
{
	struct play *p = *state;
	start(p);
	int queue = give_peer(p, 5);
	struct ipc_msg m = {.type = IPC_commit_answer, .fd = -1};
	send_to(queue, m);
	close(queue);
	expect_letters(p, "ml");
	drain(p);
	struct pollfd one = {.fd = p->control, .events = POLLIN};
	uint8_t rest[64];
	size_t n;
	int fd;
	if (poll(&one, 1, 0) == 1)
		assert_int_equal(
		    fdpass_recv(p->control, rest, sizeof(rest), &n, &fd),
		    ERR_CLOSED);
}

static void
a_peer_that_breaks_the_rules_is_named(void **state)
{
	struct play *p = *state;
	start(p);
	int queue = give_peer(p, 123);
	assert_int_equal(fdpass_send(queue, SLICE("rubbish"), -1), ERR_OK);
	expect_letters(p, "l");
	struct ipc_msg m = hear(p);
	assert_int_equal(m.type, IPC_broken);
	assert_int_equal(m.broken.role, ROLE_QUEUE);
	assert_int_equal(m.broken.tag, 123);
	close(queue);
	close(give_peer(p, 124));
	expect_letters(p, "l");
	drain(p);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(starts_and_drains),
	    T(ends_with_its_master),
	    T(tells_why_it_cannot_start),
	    T(a_reload_is_taken_with_go),
	    T(a_refused_reload_changes_nothing),
	    T(an_offer_replaces_an_offer),
	    T(a_peer_that_ends_is_lost_quietly),
	    T(a_peer_that_breaks_the_rules_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
