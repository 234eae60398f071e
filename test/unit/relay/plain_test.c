#include "role/relay/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct ip
ip_of(unsigned n)
{
	return (struct ip){4, {192, 0, (uint8_t)(n >> 8), (uint8_t)n}};
}

static void
remembers_for_an_hour(void **state)
{
	(void)state;
	static struct plain_hosts p;
	struct ip a = ip_of(1), b = ip_of(2);
	plain_add(&p, &a, 25, SLICE("tls.stalled"), 1000);
	assert_true(
	    slice_eq(plain_find(&p, &a, 25, 1000), SLICE("tls.stalled")));
	assert_int_equal(plain_find(&p, &a, 26, 1000).n, 0);
	assert_int_equal(plain_find(&p, &b, 25, 1000).n, 0);
	assert_int_equal(plain_find(&p, &a, 25, 999 + PLAIN_FOR_MS).n, 11);
	assert_int_equal(plain_find(&p, &a, 25, 1000 + PLAIN_FOR_MS).n, 0);
	/* again: the newest reason and time count, in the same place */
	plain_add(&p, &a, 25, SLICE("tls.refused"), 5000);
	assert_true(slice_eq(
	    plain_find(&p, &a, 25, 1000 + PLAIN_FOR_MS), SLICE("tls.refused")));
}

static void
forgets_the_oldest(void **state)
{
	(void)state;
	static struct plain_hosts p;
	for (unsigned i = 0; i < PLAIN_HOSTS + 1; i++) {
		struct ip ip = ip_of(i);
		plain_add(&p, &ip, 25, SLICE("tls.stalled"), 1000 + i);
	}
	struct ip first = ip_of(0), second = ip_of(1);
	assert_int_equal(plain_find(&p, &first, 25, 1000).n, 0);
	assert_int_equal(plain_find(&p, &second, 25, 1000).n, 11);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(remembers_for_an_hour),
	    cmocka_unit_test(forgets_the_oldest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
