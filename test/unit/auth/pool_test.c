#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "role/auth/cache.h"
#include "role/auth/pool.h"
#include "role/auth/secret.h"

struct answers {
	unsigned fits, not ;
};

static void
on_done(void *arg, bool fits)
{
	struct answers *a = arg;
	if (fits)
		a->fits++;
	else
		a->not ++;
}

static void
wait_for(struct loop *l, const struct answers *a, unsigned n)
{
	for (int i = 0; i < 1000 && a->fits + a->not < n; i++)
		loop_step(l, 50);
	assert_int_equal(a->fits + a->not, n);
}

static void
test_verify(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	struct pool *p;
	struct secret s;
	struct diag d;
	struct answers a = {0, 0};
	assert_int_equal(secret_make(SLICE("rahasia"), &s, &d), ERR_OK);
	struct slice hash = slice_str(s.hash);
	assert_int_equal(pool_new(&p, l, 2), ERR_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    pool_verify(p, SLICE("rahasia"), hash, on_done, &a),
		    ERR_OK);
	assert_int_equal(
	    pool_verify(p, SLICE("salah"), hash, on_done, &a), ERR_OK);
	assert_int_equal(
	    pool_verify(p, SLICE("x"), SLICE("no hash"), on_done, &a), ERR_OK);
	wait_for(l, &a, 6);
	assert_int_equal(a.fits, 4);
	assert_int_equal(pool_computed(p), 6);
	pool_free(p);
	loop_free(l);
}

static void
test_forget_and_bound(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	struct pool *p;
	struct secret s;
	struct diag d;
	struct answers a = {0, 0}, gone = {0, 0};
	assert_int_equal(secret_make(SLICE("rahasia"), &s, &d), ERR_OK);
	struct slice hash = slice_str(s.hash);
	assert_int_equal(pool_new(&p, l, 1), ERR_OK);
	assert_int_equal(
	    pool_verify(p, SLICE("rahasia"), hash, on_done, &gone), ERR_OK);
	assert_int_equal(
	    pool_verify(p, SLICE("rahasia"), hash, on_done, &a), ERR_OK);
	pool_forget(p, &gone);
	wait_for(l, &a, 1);
	assert_int_equal(gone.fits + gone.not, 0);
	unsigned taken = 0;
	while (taken < 2 * POOL_WAITING &&
	       pool_verify(p, SLICE("x"), SLICE("x"), on_done, &a) == ERR_OK)
		taken++;
	/* Cheap ones may be done while we fill: the bound holds either way. */
	assert_true(taken >= POOL_WAITING);
	pool_free(p); /* with work waiting */
	loop_free(l);
}

static void
test_cache(void **state)
{
	(void)state;
	static struct cache c;
	struct slice hash = SLICE("$y$hash"), other = SLICE("$y$other");
	struct slice good = SLICE("rahasia");
	cache_init(&c);
	assert_false(cache_has(&c, hash, good, 1));
	cache_add(&c, hash, good, 1);
	assert_true(cache_has(&c, hash, good, 1));
	assert_true(cache_has(&c, hash, good, CACHE_KEEP_MS));
	assert_false(cache_has(&c, hash, good, CACHE_KEEP_MS + 1));
	assert_false(cache_has(&c, hash, SLICE("salah"), 1));
	assert_false(cache_has(&c, other, good, 1)); /* password changed */
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		assert_null(memmem(c.slots[i].proof, sizeof(c.slots[i].proof),
		    good.p, good.n));
	cache_wipe(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_verify),
	    cmocka_unit_test(test_forget_and_bound),
	    cmocka_unit_test(test_cache),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
