#include "role/relay/self.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct ip
ip_of(const char *s)
{
	struct ip ip;
	assert_int_equal(ip_parse(slice_str(s), &ip), ERR_OK);
	return ip;
}

static void
table(void **state)
{
	(void)state;
	struct conf_endpoint mx[] = {{ip_of("192.0.2.1"), 25},
	    {ip_of("0.0.0.0"), 2525}, {ip_of("2001:db8::1"), 25}};
	struct conf_endpoint sub[] = {{ip_of("::"), 587}};
	struct conf_listen listen[] = {
	    {.address = {mx, 3}}, {.address = {sub, 1}}};
	struct conf c = {.listen = listen, .listen_n = 2};
	static const struct {
		const char *to, *local;
		uint16_t port;
		bool before, connected;
	} rows[] = {
	    {"192.0.2.1", "192.0.2.1", 25, true, true},
	    {"192.0.2.1", "192.0.2.1", 26, false, false},
	    {"192.0.2.2", "192.0.2.2", 25, false, false},
	    {"2001:db8::1", "2001:db8::1", 25, true, true},
	    {"127.0.0.1", "127.0.0.1", 25, false, false},
	    {"127.0.0.1", "127.0.0.1", 2525, true, true},
	    {"127.0.0.9", "127.0.0.1", 2525, true, true},
	    {"198.51.100.7", "198.51.100.7", 2525, false, true},
	    {"198.51.100.7", "198.51.100.8", 2525, false, false},
	    {"::1", "::1", 587, true, true},
	    {"::1", "::1", 2525, false, false},
	    {"127.0.0.1", "127.0.0.1", 587, false, false},
	    {"2001:db8::7", "2001:db8::7", 587, false, true},
	    {"2001:db8::7", "2001:db8::8", 587, false, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ip to = ip_of(rows[i].to), local = ip_of(rows[i].local);
		assert_int_equal(
		    self_is_listener(&c, &to, rows[i].port), rows[i].before);
		assert_int_equal(
		    self_is_connected(&c, &to, rows[i].port, &local),
		    rows[i].connected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(table)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
