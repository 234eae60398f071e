#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/conn.h"

/* One end under test, the other a bare socket of the test. */
struct end {
	struct loop *loop;
	struct conn *conn;
	int peer;
	char got[8192];
	size_t got_len;
	size_t calls, drained, connected, eofs;
	bool closed;
	enum err closed_with;
	struct diag why;
	/* What the callbacks do. */
	size_t use_max;   /* octets used by one call; 0: all */
	bool whole_lines; /* only those */
	bool pause_after;
	bool abort_in_data, shutdown_in_data, shutdown_at_eof;
	const char *echo;
};

static size_t
on_data(struct conn *c, struct slice in)
{
	struct end *e = conn_owner(c);
	size_t n = in.n;
	e->calls++;
	if (e->whole_lines) {
		size_t at = slice_find(in, '\n');
		n = at < in.n ? at + 1 : 0;
	}
	if (e->use_max > 0 && n > e->use_max)
		n = e->use_max;
	assert_true(e->got_len + n <= sizeof(e->got));
	memcpy(e->got + e->got_len, in.p, n);
	e->got_len += n;
	if (e->echo != NULL)
		assert_int_equal(conn_write(c, slice_str(e->echo)), ERR_OK);
	if (e->pause_after)
		conn_pause(c);
	if (e->shutdown_in_data)
		conn_shutdown(c);
	if (e->abort_in_data) {
		conn_abort(c);
		e->conn = NULL;
	}
	return n;
}

static void
on_connected(struct conn *c)
{
	((struct end *)conn_owner(c))->connected++;
}

static void
on_drained(struct conn *c)
{
	((struct end *)conn_owner(c))->drained++;
}

static void
on_eof(struct conn *c)
{
	struct end *e = conn_owner(c);
	e->eofs++;
	if (e->shutdown_at_eof)
		conn_shutdown(c);
}

static void
on_closed(struct conn *c, enum err err, const struct diag *d)
{
	struct end *e = conn_owner(c);
	assert_false(e->closed);
	e->closed = true;
	e->closed_with = err;
	e->why = *d;
	e->conn = NULL;
}

static const struct conn_ops ops = {
    .on_data = on_data,
    .on_connected = on_connected,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_closed = on_closed,
};

static const struct conn_ops ops_no_eof = {
    .on_data = on_data,
    .on_closed = on_closed,
};

static void
end_open(struct end *e, const struct conn_conf *conf)
{
	int fds[2];
	struct conn_conf cc = *conf;
	if (cc.ops == NULL)
		cc.ops = &ops;
	cc.owner = e;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	e->peer = fds[1];
	assert_int_equal(conn_new(e->loop, fds[0], &cc, &e->conn), ERR_OK);
}

static int
setup(void **state)
{
	struct end *e = calloc(1, sizeof(*e));
	e->loop = loop_new();
	e->peer = -1;
	assert_non_null(e->loop);
	*state = e;
	return 0;
}

static int
teardown(void **state)
{
	struct end *e = *state;
	conn_abort(e->conn);
	if (e->peer >= 0)
		close(e->peer);
	loop_free(e->loop);
	free(e);
	return 0;
}

static void
say(struct end *e, const char *s)
{
	assert_int_equal(write(e->peer, s, strlen(s)), (ssize_t)strlen(s));
}

static void
steps(struct end *e, int n)
{
	for (int i = 0; i < n; i++)
		loop_step(e->loop, 5);
}

static void
assert_got(struct end *e, const char *want)
{
	assert_int_equal(e->got_len, strlen(want));
	assert_memory_equal(e->got, want, e->got_len);
}

static void
assert_hears(struct end *e, const char *want)
{
	char in[256] = "";
	ssize_t n = recv(e->peer, in, sizeof(in) - 1, MSG_DONTWAIT);
	assert_int_equal(n, (ssize_t)strlen(want));
	assert_string_equal(in, want);
}

static void
unused_octets_are_offered_again(void **state)
{
	struct end *e = *state;
	e->whole_lines = true;
	end_open(e, &(struct conn_conf){0});
	say(e, "HEL");
	steps(e, 2);
	assert_got(e, "");
	say(e, "O a\nNOOP\nQU");
	steps(e, 2);
	assert_got(e, "HELO a\nNOOP\n");
	say(e, "IT\n");
	steps(e, 2);
	assert_got(e, "HELO a\nNOOP\nQUIT\n");
	assert_int_equal(conn_bytes_in(e->conn), 17);
}

static void
one_octet_a_call_loses_nothing(void **state)
{
	struct end *e = *state;
	e->use_max = 1;
	end_open(e, &(struct conn_conf){0});
	say(e, "abcdef");
	steps(e, 2);
	assert_got(e, "abcdef");
}

static void
too_much_unused_ends_it(void **state)
{
	struct end *e = *state;
	char line[101];
	e->whole_lines = true;
	memset(line, 'a', 100);
	line[100] = '\0';
	end_open(e, &(struct conn_conf){.in_max = 100});
	say(e, line + 1);
	steps(e, 2);
	assert_false(e->closed);
	say(e, "a");
	steps(e, 2);
	assert_true(e->closed);
	assert_int_equal(e->closed_with, ERR_LIMIT);
}

static void
pause_holds_back_and_resume_goes_on(void **state)
{
	struct end *e = *state;
	e->pause_after = true;
	e->use_max = 2;
	end_open(e, &(struct conn_conf){0});
	say(e, "abcd");
	steps(e, 3);
	assert_got(e, "ab");
	say(e, "ef");
	close(e->peer);
	e->peer = -1;
	steps(e, 3);
	assert_got(e, "ab");
	assert_int_equal(e->eofs, 0);
	e->use_max = 0;
	e->pause_after = false;
	conn_resume(e->conn);
	assert_got(e, "ab"); /* not from within the call */
	steps(e, 3);
	assert_got(e, "abcdef");
	assert_int_equal(e->eofs, 1);
}

/* A peer that has sent its last and shut its side still hears the answer. */
static void
half_closed_peer_is_answered(void **state)
{
	struct end *e = *state;
	e->echo = "250 ok\r\n";
	e->shutdown_at_eof = true;
	end_open(e, &(struct conn_conf){0});
	say(e, "NOOP\r\n");
	shutdown(e->peer, SHUT_WR);
	steps(e, 4);
	assert_int_equal(e->eofs, 1);
	assert_hears(e, "250 ok\r\n");
	assert_true(e->closed);
	assert_int_equal(e->closed_with, ERR_OK);
}

static void
eof_without_a_callback_is_closed(void **state)
{
	struct end *e = *state;
	end_open(e, &(struct conn_conf){.ops = &ops_no_eof});
	say(e, "x");
	close(e->peer);
	e->peer = -1;
	steps(e, 3);
	assert_got(e, "x");
	assert_true(e->closed);
	assert_int_equal(e->closed_with, ERR_CLOSED);
	assert_string_equal(e->why.cause, "net.reset");
}

static void
writes_of_one_iteration_go_together(void **state)
{
	struct end *e = *state;
	end_open(e, &(struct conn_conf){0});
	assert_int_equal(conn_write(e->conn, SLICE("250-a\r\n")), ERR_OK);
	assert_int_equal(conn_write(e->conn, SLICE("250 b\r\n")), ERR_OK);
	assert_int_equal(conn_queued(e->conn), 14);
	steps(e, 1);
	assert_int_equal(e->drained, 1);
	assert_int_equal(conn_queued(e->conn), 0);
	assert_int_equal(conn_bytes_out(e->conn), 14);
	assert_hears(e, "250-a\r\n250 b\r\n");
	assert_int_equal(conn_write(e->conn, SLICE("now")), ERR_OK);
	conn_flush(e->conn);
	assert_hears(e, "now");
}

/* A slow reader: what does not fit is refused whole, the rest arrives in
 * order, and the end waits for it. */
static void
slow_peer_gets_everything(void **state)
{
	struct end *e = *state;
	static uint8_t block[40000];
	size_t sent = 0, got = 0;
	end_open(e, &(struct conn_conf){.out_max = 100000});
	for (;;) {
		for (size_t i = 0; i < sizeof(block); i++)
			block[i] = (uint8_t)((sent + i) % 251);
		enum err err =
		    conn_write(e->conn, slice_of(block, sizeof(block)));
		if (err == ERR_LIMIT)
			break;
		assert_int_equal(err, ERR_OK);
		sent += sizeof(block);
		steps(e, 1);
	}
	assert_int_equal(e->drained > 0, true);
	conn_shutdown(e->conn);
	assert_int_equal(conn_write(e->conn, SLICE("x")), ERR_CLOSED);
	steps(e, 2);
	assert_false(e->closed);
	for (;;) {
		uint8_t in[9000];
		ssize_t n = recv(e->peer, in, sizeof(in), MSG_DONTWAIT);
		if (n == 0)
			break;
		if (n < 0)
			steps(e, 1);
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(in[i], (got + (size_t)i) % 251);
		got += n > 0 ? (size_t)n : 0;
	}
	assert_int_equal(got, sent);
	steps(e, 1);
	assert_true(e->closed);
	assert_int_equal(e->closed_with, ERR_OK);
}

/* EPIPE on writing: what the peer said before it went is still heard. */
static void
last_words_of_the_peer_are_heard(void **state)
{
	struct end *e = *state;
	end_open(e, &(struct conn_conf){0});
	say(e, "421 going down\r\n");
	close(e->peer);
	e->peer = -1;
	assert_int_equal(conn_write(e->conn, SLICE("MAIL\r\n")), ERR_OK);
	steps(e, 3);
	assert_got(e, "421 going down\r\n");
	conn_abort(e->conn);
	e->conn = NULL;
}

static void
writing_to_the_gone_ends_with_a_cause(void **state)
{
	struct end *e = *state;
	end_open(e, &(struct conn_conf){.ops = &ops_no_eof});
	close(e->peer);
	e->peer = -1;
	assert_int_equal(conn_write(e->conn, SLICE("x")), ERR_OK);
	conn_flush(e->conn);
	assert_false(e->closed); /* never from within a call */
	steps(e, 2);
	assert_true(e->closed);
	assert_string_equal(e->why.cause, "net.reset");
}

static void
abort_within_data_is_final(void **state)
{
	struct end *e = *state;
	e->abort_in_data = true;
	e->echo = "x";
	end_open(e, &(struct conn_conf){0});
	say(e, "abc");
	steps(e, 3);
	assert_int_equal(e->calls, 1);
	assert_false(e->closed);
}

/* Closing with unread input would reset, and lose the last reply. */
static void
shutdown_lingers_while_the_peer_sends(void **state)
{
	struct end *e = *state;
	static char flood[300000];
	e->echo = "552 too much\r\n";
	e->shutdown_in_data = true;
	end_open(e, &(struct conn_conf){0});
	memset(flood, 'x', sizeof(flood));
	assert_true(send(e->peer, flood, sizeof(flood), MSG_DONTWAIT) > 0);
	e->use_max = 10;
	steps(e, 3);
	assert_false(e->closed);
	while (send(e->peer, flood, 60000, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		steps(e, 1);
	assert_hears(e, "552 too much\r\n");
	steps(e, 10);
	/* The kernel says EPIPE only after the megabyte. */
	assert_true(e->closed);
	assert_int_equal(e->closed_with, ERR_OK);
}

/* Nothing has come yet, but something will: closing now would reset then. */
static void
a_lingering_one_waits_for_the_end_of_the_peer(void **state)
{
	struct end *e = *state;
	end_open(e, &(struct conn_conf){0});
	assert_int_equal(conn_write(e->conn, SLICE("421 bye\r\n")), ERR_OK);
	conn_linger(e->conn);
	conn_shutdown(e->conn);
	steps(e, 3);
	assert_false(e->closed);
	say(e, "late");
	steps(e, 3);
	assert_false(e->closed);
	assert_hears(e, "421 bye\r\n");
	assert_int_equal(shutdown(e->peer, SHUT_WR), 0);
	steps(e, 3);
	assert_true(e->closed);
	assert_int_equal(e->closed_with, ERR_OK);
	assert_int_equal(e->got_len, 0);
}

static void
listen_local(int *out_fd, struct sock_addr *out)
{
	struct diag d;
	struct sock_addr at = {.ip = {.family = 4, .b = {127, 0, 0, 1}}};
	assert_int_equal(sock_listen(&at, out_fd, &d), ERR_OK);
	sock_local(*out_fd, out);
}

static void
connects_and_knows_both_ends(void **state)
{
	struct end *e = *state;
	struct sock_addr at, peer, local;
	int listener;
	listen_local(&listener, &at);
	struct conn_target t = {.to = at,
	    .from = {.family = 4, .b = {127, 0, 0, 9}},
	    .timeout_ms = 1000};
	struct conn_conf conf = {.ops = &ops, .owner = e};
	assert_int_equal(conn_connect(e->loop, &t, &conf, &e->conn), ERR_OK);
	assert_int_equal(conn_write(e->conn, SLICE("early")), ERR_OK);
	assert_int_equal(e->connected, 0);
	steps(e, 3);
	assert_int_equal(e->connected, 1);
	assert_int_equal(sock_accept(listener, &e->peer, &peer), ERR_OK);
	assert_int_equal(peer.ip.b[3], 9);
	conn_peer(e->conn, &local);
	assert_int_equal(local.port, at.port);
	conn_local(e->conn, &local);
	assert_int_equal(local.port, peer.port);
	steps(e, 1);
	assert_hears(e, "early");
	close(listener);
}

static void
refused_is_told_from_the_loop(void **state)
{
	struct end *e = *state;
	struct sock_addr at;
	int listener;
	listen_local(&listener, &at);
	close(listener);
	struct conn_target t = {.to = at};
	struct conn_conf conf = {.ops = &ops, .owner = e};
	assert_int_equal(conn_connect(e->loop, &t, &conf, &e->conn), ERR_OK);
	assert_false(e->closed);
	steps(e, 3);
	assert_true(e->closed);
	assert_string_equal(e->why.cause, "net.refused");
	assert_non_null(strstr(e->why.text, "127.0.0.1:"));

	e->closed = false;
	t = (struct conn_target){.unix_path = "/nonexistent/socket"};
	assert_int_equal(conn_connect(e->loop, &t, &conf, &e->conn), ERR_OK);
	assert_false(e->closed);
	steps(e, 1);
	assert_true(e->closed);
	assert_string_equal(e->why.cause, "net.refused");
	assert_non_null(strstr(e->why.text, "/nonexistent/socket"));
}

/* A listener whose queue is full drops SYNs: the time runs out. */
static void
connect_times_out(void **state)
{
	struct end *e = *state;
	struct sock_addr at;
	int listener, filler[8], n = 0, errnum;
	listen_local(&listener, &at);
	assert_int_equal(listen(listener, 0), 0);
	while (n < 8 &&
	       sock_connect(&at, NULL, &filler[n], &errnum) == ERR_AGAIN) {
		struct pollfd p = {.fd = filler[n++], .events = POLLOUT};
		if (poll(&p, 1, 100) == 0)
			break;
	}
	struct conn_target t = {.to = at, .timeout_ms = 30};
	struct conn_conf conf = {.ops = &ops, .owner = e};
	assert_int_equal(conn_connect(e->loop, &t, &conf, &e->conn), ERR_OK);
	for (int i = 0; i < 50 && !e->closed; i++)
		steps(e, 1);
	assert_int_equal(e->closed_with, ERR_TIMEOUT);
	assert_string_equal(e->why.cause, "net.timeout");
	while (n > 0)
		close(filler[--n]);
	close(listener);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(unused_octets_are_offered_again),
	    T(one_octet_a_call_loses_nothing),
	    T(too_much_unused_ends_it),
	    T(pause_holds_back_and_resume_goes_on),
	    T(half_closed_peer_is_answered),
	    T(eof_without_a_callback_is_closed),
	    T(writes_of_one_iteration_go_together),
	    T(slow_peer_gets_everything),
	    T(last_words_of_the_peer_are_heard),
	    T(writing_to_the_gone_ends_with_a_cause),
	    T(abort_within_data_is_final),
	    T(shutdown_lingers_while_the_peer_sends),
	    T(a_lingering_one_waits_for_the_end_of_the_peer),
	    T(connects_and_knows_both_ends),
	    T(refused_is_told_from_the_loop),
	    T(connect_times_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
