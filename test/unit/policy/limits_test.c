#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/limits.h"

static const uint64_t seed[2] = {1, 2};

static struct ip
addr(const char *text)
{
	struct ip ip;
	assert_int_equal(ip_parse(slice_str(text), &ip), ERR_OK);
	return ip;
}

static void
test_slow_then_refuse(void **state)
{
	(void)state;
	struct limits l;
	struct ip a = addr("192.0.2.1"), b = addr("192.0.2.2");
	uint64_t now = 1000000;
	assert_int_equal(limits_init(&l, 100, seed, 10, 600000), ERR_OK);
	assert_int_equal(limits_ask(&l, &a, now).delay_ms, 0);
	uint64_t last = 0;
	for (int i = 1; i < 10; i++) {
		struct limits_answer r = limits_fail(&l, &a, now);
		assert_false(r.refused);
		assert_int_equal(r.failures, i);
		assert_true(r.delay_ms > last);
		last = r.delay_ms;
	}
	struct limits_answer r = limits_fail(&l, &a, now);
	assert_true(r.refused);
	assert_int_equal(r.wait_ms, 600000);
	assert_true(r.delay_ms <= LIMITS_DELAY_MAX_MS);
	assert_false(limits_ask(&l, &b, now).refused);
	/* It ends by itself, and then the address begins anew. */
	assert_true(limits_ask(&l, &a, now + 599999).refused);
	r = limits_ask(&l, &a, now + 600000);
	assert_false(r.refused);
	assert_int_equal(r.failures, 0);
	limits_free(&l);
}

static void
test_failures_while_refused_do_not_prolong(void **state)
{
	(void)state;
	struct limits l;
	struct ip a = addr("192.0.2.1");
	assert_int_equal(limits_init(&l, 100, seed, 2, 1000), ERR_OK);
	(void)limits_fail(&l, &a, 0);
	assert_true(limits_fail(&l, &a, 0).refused);
	assert_true(limits_fail(&l, &a, 500).refused);
	assert_int_equal(limits_ask(&l, &a, 500).wait_ms, 500);
	assert_false(limits_ask(&l, &a, 1000).refused);
	limits_free(&l);
}

static void
test_forgetting(void **state)
{
	(void)state;
	struct limits l;
	struct ip a = addr("192.0.2.1");
	assert_int_equal(limits_init(&l, 100, seed, 10, 600000), ERR_OK);
	/* One a minute is forgotten as fast as it comes. */
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(limits_fail(&l, &a, i * 60000).failures, 1);
	/* A clock that steps back forgets nothing and breaks nothing. */
	assert_int_equal(limits_fail(&l, &a, 0).failures, 2);
	limits_free(&l);
}

static void
test_one_network_one_address(void **state)
{
	(void)state;
	struct limits l;
	struct ip a = addr("2001:db8:1:2::1"), b = addr("2001:db8:1:2:ff::9"),
		  c = addr("2001:db8:1:3::1");
	assert_int_equal(limits_init(&l, 100, seed, 3, 600000), ERR_OK);
	(void)limits_fail(&l, &a, 0);
	(void)limits_fail(&l, &b, 0);
	assert_true(limits_fail(&l, &a, 0).refused);
	assert_true(limits_ask(&l, &b, 0).refused);
	assert_false(limits_ask(&l, &c, 0).refused);
	limits_free(&l);
}

static void
test_bounded(void **state)
{
	(void)state;
	struct limits l;
	struct ip bad = addr("192.0.2.1"), ip = addr("10.0.0.0");
	assert_int_equal(limits_init(&l, 64, seed, 3, 600000), ERR_OK);
	for (int i = 0; i < 3; i++)
		(void)limits_fail(&l, &bad, 0);
	/* A flood of single failures does not push a refused address out:
	 * what it has to say lasts longest. */
	for (unsigned i = 0; i < 100000; i++) {
		ip.b[1] = (uint8_t)(i >> 16);
		ip.b[2] = (uint8_t)(i >> 8);
		ip.b[3] = (uint8_t)i;
		assert_false(limits_fail(&l, &ip, 1).refused);
	}
	assert_true(limits_ask(&l, &bad, 1).refused);
	limits_free(&l);
}

static void
test_no_limit(void **state)
{
	(void)state;
	struct limits l;
	struct ip a = addr("192.0.2.1");
	assert_int_equal(limits_init(&l, 1, seed, 0, 600000), ERR_OK);
	for (int i = 0; i < 100; i++) {
		struct limits_answer r = limits_fail(&l, &a, 0);
		assert_false(r.refused);
		assert_int_equal(r.delay_ms, 0);
	}
	/* Reloaded with a limit, it counts from then on. */
	limits_set(&l, 1, 0);
	assert_true(limits_fail(&l, &a, 0).refused);
	limits_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_slow_then_refuse),
	    cmocka_unit_test(test_failures_while_refused_do_not_prolong),
	    cmocka_unit_test(test_forgetting),
	    cmocka_unit_test(test_one_network_one_address),
	    cmocka_unit_test(test_bounded),
	    cmocka_unit_test(test_no_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
