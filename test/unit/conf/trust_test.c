/* How many a list of trusted addresses lets in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "conf/trust.h"

static void
widths(void **state)
{
	static const struct {
		const char *ip;
		unsigned bits;
		enum conf_width want;
	} t[] = {
	    {"0.0.0.0", 0, CONF_TRUST_ANYBODY},
	    {"128.0.0.0", 1, CONF_TRUST_ANYBODY},
	    {"8.0.0.0", 7, CONF_TRUST_ANYBODY},
	    {"8.0.0.0", 8, CONF_TRUST_MANY},
	    {"198.51.100.0", 23, CONF_TRUST_MANY},
	    {"198.51.100.0", 24, CONF_TRUST_FEW},
	    {"10.0.0.0", 8, CONF_TRUST_FEW},
	    {"10.0.0.0", 7, CONF_TRUST_ANYBODY}, /* reaches beyond 10/8 */
	    {"192.168.0.0", 15, CONF_TRUST_MANY},
	    {"127.0.0.0", 8, CONF_TRUST_FEW},
	    {"172.16.0.0", 12, CONF_TRUST_FEW},
	    {"100.64.0.0", 10, CONF_TRUST_FEW},
	    {"::", 0, CONF_TRUST_ANYBODY},
	    {"2000::", 3, CONF_TRUST_ANYBODY},
	    {"2001:db8::", 32, CONF_TRUST_MANY},
	    {"2001:db8::", 48, CONF_TRUST_FEW},
	    {"::1", 128, CONF_TRUST_FEW},
	    {"fc00::", 7, CONF_TRUST_FEW},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct ip_net n = {.bits = (uint8_t)t[i].bits};
		assert_int_equal(ip_parse(slice_str(t[i].ip), &n.ip), ERR_OK);
		if (conf_net_width(&n) != t[i].want)
			fail_msg("%s/%u", t[i].ip, t[i].bits);
	}
}

static void
widest(void **state)
{
	const struct ip_net v[] = {
	    {{4, {10}}, 8}, {{4, {8}}, 9}, {{4, {9}}, 7}, {{4, {1}}, 7}};
	const struct ip_net *at = v;
	(void)state;
	struct conf_trust t = {.net = v};
	assert_int_equal(conf_trust_width(&t, &at), CONF_TRUST_FEW);
	assert_null(at);
	t.net_n = 1;
	assert_int_equal(conf_trust_width(&t, &at), CONF_TRUST_FEW);
	t.net_n = 2;
	assert_int_equal(conf_trust_width(&t, &at), CONF_TRUST_MANY);
	assert_ptr_equal(at, &v[1]);
	t.net_n = 4;
	assert_int_equal(conf_trust_width(&t, &at), CONF_TRUST_ANYBODY);
	assert_ptr_equal(at, &v[2]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(widths),
	    cmocka_unit_test(widest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
