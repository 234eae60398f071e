#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "role/resolver/settings.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* resolv.conf -> the servers, as text joined by blanks */
static const struct {
	const char *conf, *servers;
} resolv_cases[] = {
    {"", "127.0.0.1"},
    {"nameserver 192.0.2.53\n", "192.0.2.53"},
    {"nameserver 192.0.2.53", "192.0.2.53"},
    {"# nameserver 192.0.2.1\nsearch contoh.id\n"
     "nameserver\t192.0.2.2 \r\nnameserver 2001:db8::53\noptions rotate\n",
	"192.0.2.2 2001:db8::53"},
    {"nameserver fe80::1%eth0\nnameserver 192.0.2.3\n", "192.0.2.3"},
    {"nameserver\nnameserver example.org\nnameservers 192.0.2.4\n",
	"127.0.0.1"},
    {"nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n"
     "nameserver 192.0.2.4\nnameserver 192.0.2.5\nnameserver 192.0.2.6\n"
     "nameserver 192.0.2.7\nnameserver 192.0.2.8\nnameserver 192.0.2.9\n",
	"192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 "
	"192.0.2.7 192.0.2.8"},
};

static void
test_resolv_conf(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(resolv_cases); i++) {
		struct conf_dns dns = {.timeout_ms = 5000};
		struct settings s;
		struct buf got;
		settings_make(
		    &dns, slice_str(resolv_cases[i].conf), SLICE_EMPTY, &s);
		buf_init(&got, 1024);
		for (size_t k = 0; k < s.servers; k++) {
			if (k > 0)
				buf_add_byte(&got, ' ');
			buf_add_ip(&got, &s.server[k].ip);
			assert_int_equal(s.server[k].port, 53);
		}
		buf_add_byte(&got, '\0');
		assert_string_equal(
		    (const char *)got.p, resolv_cases[i].servers);
		buf_free(&got);
	}
}

static void
test_configured_servers_win(void **state)
{
	(void)state;
	struct conf_endpoint e = {
	    .ip = {.family = 4, .b = {192, 0, 2, 9}}, .port = 5353};
	struct conf_dns dns = {
	    .server = {&e, 1}, .timeout_ms = 700, .dnssec = CONF_DNSSEC_OFF};
	struct settings s;
	settings_make(&dns, SLICE("nameserver 192.0.2.1\n"), SLICE("x"), &s);
	assert_int_equal(s.servers, 1);
	assert_int_equal(s.server[0].port, 5353);
	assert_int_equal(s.server[0].ip.b[3], 9);
	assert_int_equal(s.timeout_ms, 700);
	assert_int_equal(s.dnssec, CONF_DNSSEC_OFF);
	assert_false(s.own_anchors);
	dns.trust_anchor = SLICE("/etc/kurir/root.key");
	settings_make(&dns, SLICE_EMPTY, SLICE("x"), &s);
	assert_true(s.own_anchors);
}

static void
test_anchor_lines(void **state)
{
	(void)state;
	struct slice rest =
	    SLICE("; a comment\n\n$TTL 60\n. IN DS 1 8 2 AA ;c\r\n"
		  "\t. IN DNSKEY 257 3 8 AwE= ; keytag\nlast");
	static const char *const want[] = {
	    ". IN DS 1 8 2 AA", ". IN DNSKEY 257 3 8 AwE=", "last"};
	struct slice line;
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_true(settings_anchor_next(&rest, &line));
		assert_true(slice_eq(line, slice_str(want[i])));
	}
	assert_false(settings_anchor_next(&rest, &line));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_resolv_conf),
	    cmocka_unit_test(test_configured_servers_win),
	    cmocka_unit_test(test_anchor_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
