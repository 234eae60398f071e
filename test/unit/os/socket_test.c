#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/socket.h"

static struct sock_addr
addr_of(const char *text)
{
	struct sock_addr a;
	assert_int_equal(
	    ip_host_port(slice_str(text), 0, &a.ip, &a.port), ERR_OK);
	return a;
}

/* A listener on a port that the kernel chose. */
static int
listen_on(const char *ip, struct sock_addr *out)
{
	struct diag d;
	int fd;
	struct sock_addr at = {.port = 0};
	assert_int_equal(ip_parse(slice_str(ip), &at.ip), ERR_OK);
	assert_int_equal(sock_listen(&at, &fd, &d), ERR_OK);
	sock_local(fd, out);
	assert_true(out->port != 0);
	assert_true(ip_eq(&out->ip, &at.ip));
	return fd;
}

static void
addresses_have_text(void **state)
{
	static const char *const cases[] = {
	    "192.0.2.1:25", "[2001:db8::1]:465", "0.0.0.0:65535"};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[SOCK_ADDR_TEXT_MAX];
		struct sock_addr a = addr_of(cases[i]);
		sock_addr_text(&a, text);
		assert_string_equal(text, cases[i]);
	}
}

static void
accepts_what_connects(void **state)
{
	static const char *const ips[] = {"127.0.0.1", "::1"};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sock_addr at, peer, seen;
		int fd = -1, got, errnum;
		int l = listen_on(ips[i], &at);
		assert_int_equal(sock_accept(l, &got, &peer), ERR_AGAIN);
		enum err e = sock_connect(&at, NULL, &fd, &errnum);
		assert_true(e == ERR_OK || e == ERR_AGAIN);
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		assert_int_equal(poll(&p, 1, 1000), 1);
		assert_int_equal(sock_error(fd), 0);
		assert_int_equal(sock_accept(l, &got, &peer), ERR_OK);
		sock_local(fd, &seen);
		assert_int_equal(seen.port, peer.port);
		assert_true(ip_eq(&seen.ip, &peer.ip));
		sock_peer(fd, &seen);
		assert_int_equal(seen.port, at.port);
		close(fd);
		close(got);
		close(l);
	}
}

/* An IPv6 listener leaves the IPv4 port free. */
static void
families_are_apart(void **state)
{
	struct sock_addr at;
	struct diag d;
	(void)state;
	int six = listen_on("::", &at), four;
	at.ip = (struct ip){.family = 4};
	assert_int_equal(sock_listen(&at, &four, &d), ERR_OK);
	close(six);
	close(four);
}

static void
a_taken_port_names_its_holder(void **state)
{
	struct sock_addr at;
	struct diag d = {0};
	int fd;
	char want[40];
	(void)state;
	static const char *const ips[] = {"127.0.0.1", "::1"};
	for (size_t i = 0; i < 2; i++) {
		int l = listen_on(ips[i], &at);
		assert_int_equal(sock_listen(&at, &fd, &d), ERR_EXISTS);
		snprintf(want, sizeof(want), "process %ld (", (long)getpid());
		assert_non_null(strstr(d.text, want));
		assert_non_null(strstr(d.text, "already in use"));
		close(l);
	}
	char holder[80];
	sock_holder(&at, holder, sizeof(holder));
	assert_string_equal(holder, "");
	at = addr_of("203.0.113.1:2525");
	assert_int_equal(sock_listen(&at, &fd, &d), ERR_NOT_FOUND);
}

static void
refusals_have_causes(void **state)
{
	struct sock_addr at;
	int errnum = 0, fd = -1;
	struct diag d;
	(void)state;
	close(listen_on("127.0.0.1", &at));
	enum err e = sock_connect(&at, NULL, &fd, &errnum);
	if (e == ERR_AGAIN) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		poll(&p, 1, 1000);
		errnum = sock_error(fd);
		close(fd);
	}
	assert_int_equal(
	    sock_fail(&d, errnum, "cannot connect to", "b.example"),
	    ERR_CLOSED);
	assert_string_equal(d.cause, "net.refused");
	assert_string_equal(
	    d.text, "cannot connect to b.example: Connection refused");
	assert_int_equal(sock_errno(ETIMEDOUT), ERR_TIMEOUT);
	assert_int_equal(sock_errno(ENOTSOCK), ERR_IO);
	/* A source address that is not ours. */
	struct ip from = {.family = 4, .b = {203, 0, 113, 9}};
	assert_int_equal(sock_connect(&at, &from, &fd, &errnum), ERR_NOT_FOUND);
	assert_int_equal(errnum, EADDRNOTAVAIL);
}

static void
unix_sockets_live_in_files(void **state)
{
	char dir[] = "/tmp/kurir-sock-XXXXXX", path[200];
	struct diag d;
	struct stat st;
	int l, second, fd, errnum, got;
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	assert_int_equal(
	    sock_listen_unix(path, SOCK_KIND_SEQPACKET, 0660, &l, &d), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(
	    sock_listen_unix(path, SOCK_KIND_SEQPACKET, 0660, &second, &d),
	    ERR_EXISTS);
	assert_int_equal(
	    sock_connect_unix(path, SOCK_KIND_SEQPACKET, &fd, &errnum), ERR_OK);
	assert_int_equal(sock_accept(l, &got, NULL), ERR_OK);
	struct sock_cred cred;
	assert_int_equal(sock_peer_cred(got, &cred), ERR_OK);
	assert_int_equal(cred.pid, getpid());
	assert_int_equal(cred.uid, geteuid());
	struct sock_addr a;
	sock_peer(got, &a);
	assert_int_equal(a.ip.family, 0);
	close(got);
	close(fd);
	close(l);
	/* Left behind by one that died: taken over. */
	assert_int_equal(
	    sock_connect_unix(path, SOCK_KIND_SEQPACKET, &fd, &errnum),
	    ERR_CLOSED);
	assert_int_equal(
	    sock_listen_unix(path, SOCK_KIND_SEQPACKET, 0660, &l, &d), ERR_OK);
	close(l);
	unlink(path);
	/* A file of somebody else is not. */
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(
	    sock_listen_unix(path, SOCK_KIND_STREAM, 0660, &l, &d), ERR_EXISTS);
	assert_int_equal(stat(path, &st), 0);
	unlink(path);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(
	    sock_listen_unix(path, SOCK_KIND_STREAM, 0660, &l, &d), ERR_LIMIT);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_have_text),
	    cmocka_unit_test(accepts_what_connects),
	    cmocka_unit_test(families_are_apart),
	    cmocka_unit_test(a_taken_port_names_its_holder),
	    cmocka_unit_test(refusals_have_causes),
	    cmocka_unit_test(unix_sockets_live_in_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
