#include "base/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *in, *out; /* out NULL: refused */
} addresses[] = {
    {"192.0.2.1", "192.0.2.1"},
    {"0.0.0.0", "0.0.0.0"},
    {"255.255.255.255", "255.255.255.255"},
    {"256.0.0.1", NULL},
    {"01.2.3.4", NULL},
    {"1.2.3", NULL},
    {"1.2.3.4.5", NULL},
    {"1.2.3.4 ", NULL},
    {"", NULL},
    {"::", "::"},
    {"::1", "::1"},
    {"1::", "1::"},
    {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
    {"2001:db8::1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
    {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"::ffff:192.0.2.7", "192.0.2.7"},
    {"64:ff9b::192.0.2.7", "64:ff9b::c000:207"},
    {"1:2:3:4:5:6:7", NULL},
    {"1:2:3:4:5:6:7:8:9", NULL},
    {"1::2::3", NULL},
    {":::", NULL},
    {":1", NULL},
    {"1:", NULL},
    {"12345::", NULL},
    {"g::", NULL},
    {"fe80::1%eth0", NULL},
    {"1.2.3.4::", NULL},
};

static void
test_addresses(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct ip ip;
		char text[IP_TEXT_MAX];
		enum err err = ip_parse(slice_str(addresses[i].in), &ip);
		assert_int_equal(
		    err, addresses[i].out == NULL ? ERR_SYNTAX : ERR_OK);
		if (err != ERR_OK)
			continue;
		ip_text(&ip, text);
		assert_string_equal(text, addresses[i].out);
	}
}

static const struct {
	const char *net, *ip;
	int in; /* -1: the network is refused */
} nets[] = {
    {"10.0.0.0/8", "10.255.0.1", 1},
    {"10.0.0.0/8", "11.0.0.1", 0},
    {"10.0.0.1/8", "10.0.0.1", -1},
    {"10.0.0.0/33", "10.0.0.1", -1},
    {"10.0.0.0/", "10.0.0.1", -1},
    {"0.0.0.0/0", "203.0.113.9", 1},
    {"0.0.0.0/0", "::1", 0},
    {"192.0.2.128/25", "192.0.2.127", 0},
    {"192.0.2.128/25", "192.0.2.129", 1},
    {"192.0.2.1", "192.0.2.1", 1},
    {"192.0.2.1", "192.0.2.2", 0},
    {"2001:db8::/33", "2001:db8:8000::1", 0},
    {"2001:db8::/32", "2001:db8:8000::1", 1},
    {"::1", "::1", 1},
};

static void
test_networks(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		struct ip_net net;
		struct ip ip;
		enum err err = ip_net_parse(slice_str(nets[i].net), &net);
		assert_int_equal(err, nets[i].in < 0 ? ERR_SYNTAX : ERR_OK);
		assert_int_equal(ip_parse(slice_str(nets[i].ip), &ip), ERR_OK);
		if (err == ERR_OK)
			assert_int_equal(ip_in_net(&ip, &net), nets[i].in);
	}
}

static void
test_host_port(void **unused)
{
	(void)unused;
	static const struct {
		const char *in;
		uint16_t fallback;
		const char *ip; /* NULL: refused */
		uint16_t port;
	} cases[] = {{"192.0.2.1:25", 0, "192.0.2.1", 25},
	    {"192.0.2.1", 25, "192.0.2.1", 25}, {"192.0.2.1", 0, NULL, 0},
	    {"[2001:db8::1]:587", 0, "2001:db8::1", 587},
	    {"[192.0.2.1]:25", 0, "192.0.2.1", 25},
	    {"2001:db8::1", 25, "2001:db8::1", 25},
	    {"[2001:db8::1]", 25, "2001:db8::1", 25},
	    {"[2001:db8::1]25", 25, NULL, 0}, {"[2001:db8::1", 25, NULL, 0},
	    {"192.0.2.1:0", 0, NULL, 0}, {"192.0.2.1:65536", 0, NULL, 0},
	    {"192.0.2.1:", 25, NULL, 0}, {"host:25", 0, NULL, 0}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ip ip;
		uint16_t port;
		char text[IP_TEXT_MAX];
		enum err err = ip_host_port(
		    slice_str(cases[i].in), cases[i].fallback, &ip, &port);
		assert_int_equal(
		    err, cases[i].ip == NULL ? ERR_SYNTAX : ERR_OK);
		if (err != ERR_OK)
			continue;
		ip_text(&ip, text);
		assert_string_equal(text, cases[i].ip);
		assert_int_equal(port, cases[i].port);
	}
}

static void
test_names_of_addresses(void **unused)
{
	(void)unused;
	struct ip v4, v6;
	struct buf b;
	buf_init(&b, 200);
	assert_int_equal(ip_parse(SLICE("192.0.2.1"), &v4), ERR_OK);
	assert_int_equal(ip_parse(SLICE("2001:db8::1"), &v6), ERR_OK);
	buf_add_ip_literal(&b, &v6);
	assert_true(slice_eq(buf_slice(&b), SLICE("IPv6:2001:db8::1")));
	buf_clear(&b);
	buf_add_ip_reverse(&b, &v4);
	assert_true(slice_eq(buf_slice(&b), SLICE("1.2.0.192.in-addr.arpa")));
	buf_clear(&b);
	buf_add_ip_reverse(&b, &v6);
	assert_true(slice_eq(
	    buf_slice(&b), SLICE("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
				 "0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")));
	buf_free(&b);
	assert_false(ip_is_loopback(&v4));
	assert_int_equal(ip_parse(SLICE("127.9.9.9"), &v4), ERR_OK);
	assert_true(ip_is_loopback(&v4));
	assert_false(ip_is_localhost(&v4));
	assert_int_equal(ip_parse(SLICE("127.0.0.1"), &v4), ERR_OK);
	assert_true(ip_is_localhost(&v4));
	assert_int_equal(ip_parse(SLICE("::1"), &v6), ERR_OK);
	assert_true(ip_is_localhost(&v6));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_networks), cmocka_unit_test(test_host_port),
	    cmocka_unit_test(test_names_of_addresses)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
