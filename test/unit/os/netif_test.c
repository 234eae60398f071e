#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/netif.h"
#include "os/socket.h"

/* What an address of this machine is, a socket can be bound to. */
static void
addresses(void **state)
{
	struct ip v[64];
	size_t n = netif_addresses(v, 64);
	(void)state;
	assert_true(n <= 64);
	assert_int_equal(netif_addresses(v, 0), 0);
	if (n == 0) {
		print_message("no interface but loopback is up\n");
		skip();
	}
	assert_int_equal(netif_addresses(v, 1), 1);
	for (size_t i = 0; i < n; i++) {
		struct sock_addr a = {.ip = v[i]};
		struct diag d;
		int fd;
		assert_false(ip_is_loopback(&v[i]));
		if (sock_listen(&a, &fd, &d) != ERR_OK)
			fail_msg("%s", d.text);
		close(fd);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(addresses)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
