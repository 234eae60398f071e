/* An edge between two roles: order, back-pressure, descriptors, and every way
 * to end. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/channel.h"
#include "ipc/frame.h"
#include "os/fdpass.h"

/* One end of the edge and what was heard there. */
struct end {
	struct chan *chan;
	unsigned messages, closed, writable;
	bool broken;
	uint64_t last;  /* msg of the last body_abort */
	bool disorder;  /* one did not follow the one before */
	bool close_now; /* chan_close within the next callback */
	bool keep_fd;
	int fd;
	enum err sent_in_closed;
};

struct edge {
	struct loop *loop;
	int raw; /* the other end's socket, when it has no channel */
	struct end smtpd, queue;
};

static void
maybe_close(struct end *e)
{
	if (!e->close_now)
		return;
	chan_close(e->chan);
	e->chan = NULL;
}

static void
on_message(struct chan *c, struct ipc_msg *m, void *arg)
{
	struct end *e = arg;
	assert_ptr_equal(c, e->chan);
	e->messages++;
	if (m->type == IPC_body_abort) {
		e->disorder = e->disorder || m->body_abort.msg != e->last + 1;
		e->last = m->body_abort.msg;
	}
	if (e->keep_fd) {
		e->fd = m->fd;
		m->fd = -1;
	}
	maybe_close(e);
}

static struct ipc_msg
abort_of(uint64_t n)
{
	struct ipc_msg m = {.type = IPC_body_abort, .fd = -1};
	m.body_abort.msg = n;
	return m;
}

static void
on_closed(struct chan *c, const struct diag *why, void *arg)
{
	struct end *e = arg;
	struct ipc_msg m = abort_of(1);
	assert_ptr_equal(c, e->chan);
	assert_true(why->text[0] != '\0');
	e->closed++;
	e->broken = chan_broken(c);
	e->sent_in_closed = chan_send(c, &m);
	maybe_close(e);
	e->chan = NULL;
}

static void
on_writable(struct chan *c, void *arg)
{
	struct end *e = arg;
	assert_false(chan_blocked(c));
	e->writable++;
	maybe_close(e);
}

static const struct chan_ops ops = {on_message, on_closed, on_writable};

static void
open_end(struct edge *t, struct end *e, int fd, enum role_kind self,
    enum role_kind peer)
{
	e->fd = -1;
	e->chan = chan_new(t->loop, fd, self, peer, &ops, e);
	assert_non_null(e->chan);
	assert_int_equal(chan_peer(e->chan), peer);
}

static void
open_edge(struct edge *t, bool both)
{
	int fds[2];
	memset(t, 0, sizeof(*t));
	t->loop = loop_new();
	assert_non_null(t->loop);
	assert_int_equal(fdpass_pair(fds), ERR_OK);
	open_end(t, &t->smtpd, fds[0], ROLE_SMTPD, ROLE_QUEUE);
	t->raw = fds[1];
	if (both) {
		open_end(t, &t->queue, fds[1], ROLE_QUEUE, ROLE_SMTPD);
		t->raw = -1;
	}
}

static void
turn(struct edge *t)
{
	for (int i = 0; i < 50; i++)
		loop_step(t->loop, 0);
}

static void
shut_edge(struct edge *t)
{
	if (t->smtpd.chan != NULL)
		chan_close(t->smtpd.chan);
	if (t->queue.chan != NULL)
		chan_close(t->queue.chan);
	if (t->raw >= 0)
		close(t->raw);
	loop_free(t->loop);
}

static int
open_files(void)
{
	int n = 0;
	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
messages_go_both_ways(void **state)
{
	struct edge t;
	struct ipc_msg down = abort_of(1), up = {.fd = -1};
	(void)state;
	open_edge(&t, true);
	chan_set_tag(t.queue.chan, 77);
	assert_int_equal(chan_tag(t.queue.chan), 77);
	up.type = IPC_commit_answer;
	up.commit_answer.text = SLICE("no room");
	assert_int_equal(chan_send(t.smtpd.chan, &down), ERR_OK);
	assert_int_equal(chan_send(t.queue.chan, &up), ERR_OK);
	turn(&t);
	assert_int_equal(t.queue.messages, 1);
	assert_int_equal(t.queue.last, 1);
	assert_int_equal(t.smtpd.messages, 1);
	shut_edge(&t);
}

/* Until the channel keeps n more than the socket took. */
static uint64_t
block(struct edge *t, uint64_t n)
{
	uint64_t sent = 0;
	for (uint64_t kept = 0; kept < n; kept += chan_blocked(t->smtpd.chan)) {
		struct ipc_msg m = abort_of(++sent);
		assert_int_equal(chan_send(t->smtpd.chan, &m), ERR_OK);
	}
	return sent;
}

static void
what_waits_comes_in_order(void **state)
{
	struct edge t;
	(void)state;
	open_edge(&t, true);
	uint64_t sent = block(&t, 500);
	assert_int_equal(t.smtpd.writable, 0);
	for (int i = 0; i < 100 && t.queue.last < sent; i++)
		turn(&t);
	assert_int_equal(t.queue.last, sent);
	assert_false(t.queue.disorder);
	assert_false(chan_blocked(t.smtpd.chan));
	assert_int_equal(t.smtpd.writable, 1);
	shut_edge(&t);
}

static void
what_may_wait_has_an_end(void **state)
{
	struct edge t;
	static uint8_t octets[100 * 1024];
	struct ipc_msg m = {.type = IPC_rcpt_add, .fd = -1};
	enum err err = ERR_OK;
	size_t n = 0;
	(void)state;
	open_edge(&t, true);
	m.rcpt_add.rcpts = slice_of(octets, sizeof(octets));
	while (err == ERR_OK && n++ < 1000)
		err = chan_send(t.smtpd.chan, &m);
	assert_int_equal(err, ERR_LIMIT);
	assert_in_range(n, 100, 200);
	m.rcpt_add.rcpts = slice_of(octets, 10);
	for (int i = 0; i < 100 && chan_blocked(t.smtpd.chan); i++)
		turn(&t);
	assert_int_equal(chan_send(t.smtpd.chan, &m), ERR_OK);
	shut_edge(&t);
}

static void
a_frame_too_large_is_refused(void **state)
{
	struct edge t;
	static uint8_t octets[IPC_FRAME_MAX];
	struct ipc_msg m = {.type = IPC_rcpt_add, .fd = -1};
	(void)state;
	open_edge(&t, true);
	m.rcpt_add.rcpts = slice_of(octets, sizeof(octets));
	assert_int_equal(chan_send(t.smtpd.chan, &m), ERR_LIMIT);
	m = abort_of(1);
	assert_int_equal(chan_send(t.smtpd.chan, &m), ERR_OK);
	turn(&t);
	assert_int_equal(t.queue.messages, 1);
	assert_int_equal(t.smtpd.closed, 0);
	shut_edge(&t);
}

/* The sender's stays the sender's; what the receiver does not keep is closed;
 * one that waits is a copy. */
static void
descriptors_travel_and_none_is_lost(void **state)
{
	struct edge t;
	int ends[2];
	(void)state;
	int before = open_files();
	open_edge(&t, true);
	for (int blocked = 0; blocked < 2; blocked++) {
		struct ipc_msg m = {.type = IPC_body_answer};
		assert_int_equal(pipe(ends), 0);
		m.fd = ends[1];
		if (blocked)
			while (!chan_blocked(t.queue.chan))
				assert_int_equal(
				    chan_send(t.queue.chan, &m), ERR_OK);
		t.smtpd.keep_fd = false;
		turn(&t);
		t.smtpd.keep_fd = true;
		assert_int_equal(chan_send(t.queue.chan, &m), ERR_OK);
		close(ends[1]);
		turn(&t);
		assert_true(t.smtpd.fd >= 0);
		assert_int_equal(write(t.smtpd.fd, "x", 1), 1);
		close(t.smtpd.fd);
		close(ends[0]);
	}
	shut_edge(&t);
	assert_int_equal(open_files(), before);
}

static void
descriptors_that_wait_are_closed_with_the_edge(void **state)
{
	struct edge t;
	(void)state;
	int before = open_files();
	open_edge(&t, true);
	struct ipc_msg m = {.type = IPC_body_answer};
	m.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(m.fd >= 0);
	while (!chan_blocked(t.queue.chan))
		assert_int_equal(chan_send(t.queue.chan, &m), ERR_OK);
	close(m.fd);
	shut_edge(&t);
	assert_int_equal(open_files(), before);
}

static void
closing_within_a_message(void **state)
{
	struct edge t;
	(void)state;
	open_edge(&t, true);
	for (uint64_t i = 1; i <= 3; i++) {
		struct ipc_msg m = abort_of(i);
		assert_int_equal(chan_send(t.smtpd.chan, &m), ERR_OK);
	}
	t.queue.close_now = true;
	turn(&t);
	assert_int_equal(t.queue.messages, 1);
	assert_int_equal(t.queue.closed, 0);
	assert_int_equal(t.smtpd.closed, 1);
	assert_false(t.smtpd.broken);
	shut_edge(&t);
}

static void
closing_within_closed(void **state)
{
	struct edge t;
	(void)state;
	open_edge(&t, true);
	t.smtpd.close_now = true;
	chan_close(t.queue.chan);
	t.queue.chan = NULL;
	turn(&t);
	assert_int_equal(t.smtpd.closed, 1);
	assert_int_equal(t.smtpd.sent_in_closed, ERR_CLOSED);
	shut_edge(&t);
}

static void
closing_within_writable(void **state)
{
	struct edge t;
	(void)state;
	open_edge(&t, true);
	block(&t, 3);
	t.smtpd.close_now = true;
	turn(&t);
	assert_int_equal(t.smtpd.writable, 1);
	assert_null(t.smtpd.chan);
	shut_edge(&t);
}

/* Also when the dying peer left records of ours unread, which the kernel
 * reports ahead of what it had sent. */
static void
all_that_was_sent_comes_before_the_end(void **state)
{
	struct edge t;
	(void)state;
	for (int unread = 0; unread < 3; unread++) {
		open_edge(&t, true);
		struct ipc_msg m = abort_of(1);
		for (int i = 0; i < 3; i++) {
			struct ipc_msg up = {.type = IPC_body_answer};
			up.fd = -1;
			assert_int_equal(chan_send(t.queue.chan, &up), ERR_OK);
		}
		if (unread == 1)
			assert_int_equal(chan_send(t.smtpd.chan, &m), ERR_OK);
		else if (unread == 2)
			block(&t, 3);
		chan_close(t.queue.chan);
		t.queue.chan = NULL;
		turn(&t);
		assert_int_equal(t.smtpd.messages, 3);
		assert_int_equal(t.smtpd.closed, 1);
		assert_false(t.smtpd.broken);
		shut_edge(&t);
	}
}

static void
broken_frames_close_the_edge(void **state)
{
	static const struct {
		const char *what;
		enum ipc_type type; /* a sound frame of it, then spoilt */
		unsigned cut, more;
		bool fd;
	} cases[] = {
	    {"unknown", IPC_TYPE_COUNT, 0, 0, false},
	    {"not for this role", IPC_drain, 0, 0, false},
	    {"not from that role", IPC_auth_cancel, 0, 0, false},
	    {"trailing octet", IPC_commit_answer, 0, 1, false},
	    {"cut short", IPC_commit_answer, 1, 0, false},
	    {"a descriptor out of place", IPC_commit_answer, 0, 0, true},
	};
	struct edge t;
	(void)state;
	int before = open_files();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ipc_msg m = {.fd = -1};
		struct buf b;
		m.type = cases[i].type == IPC_TYPE_COUNT ? IPC_commit_answer
							 : cases[i].type;
		open_edge(&t, false);
		buf_init(&b, IPC_FRAME_MAX);
		assert_int_equal(ipc_encode(&m, &b), ERR_OK);
		if (cases[i].type == IPC_TYPE_COUNT)
			memset(b.p, 0xff, 2);
		for (unsigned k = 0; k < cases[i].more; k++)
			buf_add_byte(&b, 0);
		int fd = cases[i].fd ? open("/dev/null", O_RDONLY) : -1;
		assert_int_equal(
		    fdpass_send(
			t.raw, slice_to(buf_slice(&b), b.n - cases[i].cut), fd),
		    ERR_OK);
		if (fd >= 0)
			close(fd);
		turn(&t);
		if (t.smtpd.closed != 1 || !t.smtpd.broken ||
		    t.smtpd.messages != 0)
			fail_msg("%s was let pass", cases[i].what);
		buf_free(&b);
		shut_edge(&t);
	}
	assert_int_equal(open_files(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_go_both_ways),
	    cmocka_unit_test(what_waits_comes_in_order),
	    cmocka_unit_test(what_may_wait_has_an_end),
	    cmocka_unit_test(a_frame_too_large_is_refused),
	    cmocka_unit_test(descriptors_travel_and_none_is_lost),
	    cmocka_unit_test(descriptors_that_wait_are_closed_with_the_edge),
	    cmocka_unit_test(closing_within_a_message),
	    cmocka_unit_test(closing_within_closed),
	    cmocka_unit_test(closing_within_writable),
	    cmocka_unit_test(all_that_was_sent_comes_before_the_end),
	    cmocka_unit_test(broken_frames_close_the_edge),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
