#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/fdpass.h"

static int
setup(void **state)
{
	int *fds = calloc(2, sizeof(int));
	assert_int_equal(fdpass_pair(fds), ERR_OK);
	*state = fds;
	return 0;
}

static int
teardown(void **state)
{
	int *fds = *state;
	close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
	free(fds);
	return 0;
}

static void
records_keep_their_bounds(void **state)
{
	int *fds = *state, fd;
	uint8_t in[64];
	size_t n;
	assert_int_equal(
	    fdpass_recv(fds[1], in, sizeof(in), &n, &fd), ERR_AGAIN);
	assert_int_equal(fdpass_send(fds[0], SLICE("one"), -1), ERR_OK);
	assert_int_equal(fdpass_send(fds[0], SLICE("three"), -1), ERR_OK);
	assert_int_equal(fdpass_recv(fds[1], in, sizeof(in), &n, &fd), ERR_OK);
	assert_int_equal(n, 3);
	assert_int_equal(fd, -1);
	assert_int_equal(fdpass_recv(fds[1], in, sizeof(in), &n, &fd), ERR_OK);
	assert_int_equal(n, 5);
}

static void
a_descriptor_travels_with_its_record(void **state)
{
	int *fds = *state, fd, ends[2];
	uint8_t in[64];
	size_t n;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fdpass_send(fds[0], SLICE("a"), -1), ERR_OK);
	assert_int_equal(fdpass_send(fds[0], SLICE("b"), ends[1]), ERR_OK);
	close(ends[1]);
	assert_int_equal(fdpass_recv(fds[1], in, sizeof(in), &n, &fd), ERR_OK);
	assert_int_equal(fd, -1);
	assert_int_equal(fdpass_recv(fds[1], in, sizeof(in), &n, &fd), ERR_OK);
	assert_true(fd >= 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(ends[0], in, 1), 1);
	close(fd);
	close(ends[0]);
}

static void
too_long_is_not_cut_silently(void **state)
{
	int *fds = *state, fd, ends[2];
	uint8_t in[4];
	size_t n;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fdpass_send(fds[0], SLICE("fives"), ends[1]), ERR_OK);
	close(ends[1]);
	assert_int_equal(
	    fdpass_recv(fds[1], in, sizeof(in), &n, &fd), ERR_LIMIT);
	/* Its descriptor was closed: the pipe has no writer any more. */
	assert_int_equal(read(ends[0], in, 1), 0);
	close(ends[0]);
}

static void
more_than_one_descriptor_is_refused(void **state)
{
	int *fds = *state, fd, ends[2];
	uint8_t in[16];
	size_t n;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	for (int count = 2; count <= 9; count += 7) {
		union {
			struct cmsghdr align;
			char room[CMSG_SPACE(9 * sizeof(int))];
		} control = {0};
		struct iovec iov = {in, 1};
		struct msghdr msg = {.msg_iov = &iov,
		    .msg_iovlen = 1,
		    .msg_control = control.room,
		    .msg_controllen = CMSG_SPACE(count * sizeof(int))};
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(count * sizeof(int));
		for (int i = 0; i < count; i++)
			memcpy(CMSG_DATA(c) + (size_t)i * sizeof(int), &ends[1],
			    sizeof(int));
		assert_int_equal(sendmsg(fds[0], &msg, 0), 1);
		assert_int_equal(
		    fdpass_recv(fds[1], in, sizeof(in), &n, &fd), ERR_LIMIT);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], in, 1), 0); /* none was kept */
	close(ends[0]);
}

static void
large_records_pass_and_a_full_socket_says_so(void **state)
{
	int *fds = *state, fd, sent = 0;
	size_t n, max = 128 * 1024;
	uint8_t *big = calloc(1, max + 1);
	assert_non_null(big);
	enum err e;
	while ((e = fdpass_send(fds[0], slice_of(big, max), -1)) == ERR_OK)
		sent++;
	assert_int_equal(e, ERR_AGAIN);
	assert_true(sent >= 1);
	while (sent-- > 0) {
		assert_int_equal(
		    fdpass_recv(fds[1], big, max, &n, &fd), ERR_OK);
		assert_int_equal(n, max);
	}
	free(big);
}

static void
the_end_is_told(void **state)
{
	int *fds = *state, fd;
	uint8_t in[4];
	size_t n;
	assert_int_equal(fdpass_send(fds[1], SLICE("x"), -1), ERR_OK);
	close(fds[1]);
	fds[1] = -1;
	assert_int_equal(fdpass_recv(fds[0], in, sizeof(in), &n, &fd), ERR_OK);
	assert_int_equal(
	    fdpass_recv(fds[0], in, sizeof(in), &n, &fd), ERR_CLOSED);
	assert_int_equal(fdpass_send(fds[0], SLICE("x"), -1), ERR_CLOSED);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(records_keep_their_bounds),
	    T(a_descriptor_travels_with_its_record),
	    T(too_long_is_not_cut_silently),
	    T(more_than_one_descriptor_is_refused),
	    T(large_records_pass_and_a_full_socket_says_so),
	    T(the_end_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
