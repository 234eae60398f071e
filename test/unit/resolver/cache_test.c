#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "role/resolver/cache.h"

static const uint64_t seed[2] = {1, 2};

static struct cache_key
key(uint16_t qtype, const char *name)
{
	struct dns_name n;
	struct cache_key k;
	assert_int_equal(dns_name_parse(slice_str(name), &n), ERR_OK);
	cache_key(qtype, &n, &k);
	return k;
}

static void
put(struct cache *c, const char *name, enum ipc_dns_status status,
    uint32_t ttl_s, uint64_t now_ms)
{
	struct answer a;
	struct cache_key k = key(DNS_A, name);
	answer_init(&a);
	a.status = status;
	a.ttl_s = ttl_s;
	buf_add_str(&a.records, name);
	cache_put(c, &k, &a, now_ms);
	answer_free(&a);
}

static bool
has(struct cache *c, const char *name, uint64_t now_ms, uint32_t *ttl_s)
{
	struct cache_key k = key(DNS_A, name);
	return cache_get(c, &k, now_ms, ttl_s) != NULL;
}

static void
test_holds_for_its_time(void **state)
{
	(void)state;
	struct cache c;
	uint32_t ttl;
	cache_init(&c, 10, seed);
	put(&c, "mitra.example", IPC_DNS_OK, 60, 1000);
	assert_true(has(&c, "MITRA.example.", 1000, &ttl));
	assert_int_equal(ttl, 60);
	assert_true(has(&c, "mitra.example", 60999, &ttl));
	assert_int_equal(ttl, 0);
	assert_false(has(&c, "mitra.example", 61000, &ttl));
	assert_int_equal(c.entries, 0);
	struct cache_key other = key(DNS_MX, "mitra.example");
	put(&c, "mitra.example", IPC_DNS_OK, 60, 1000);
	assert_null(cache_get(&c, &other, 1000, &ttl));
	cache_clear(&c);
}

/* status, ttl of the answer, what of it is kept */
static const struct {
	enum ipc_dns_status status;
	uint32_t ttl, kept;
} keep_cases[] = {
    {IPC_DNS_OK, 5, 5},
    {IPC_DNS_OK, 0, 0},
    {IPC_DNS_OK, 999999, CACHE_TTL_MAX_S},
    {IPC_DNS_NODATA, 999999, CACHE_NEGATIVE_MAX_S},
    {IPC_DNS_NXDOMAIN, 60, 60},
    {IPC_DNS_TEMPFAIL, 60, 0},
    {IPC_DNS_TIMEOUT, 60, 0},
    {IPC_DNS_BOGUS, 60, 0},
};

static void
test_what_is_kept(void **state)
{
	(void)state;
	struct cache c;
	cache_init(&c, 10, seed);
	for (size_t i = 0; i < sizeof(keep_cases) / sizeof(*keep_cases); i++) {
		uint32_t ttl = 0;
		put(&c, "a.example", keep_cases[i].status, keep_cases[i].ttl,
		    5);
		bool kept = has(&c, "a.example", 5, &ttl);
		assert_int_equal(kept, keep_cases[i].kept > 0);
		assert_int_equal(ttl, keep_cases[i].kept);
	}
	cache_clear(&c);
}

static void
test_the_unused_goes_first(void **state)
{
	(void)state;
	struct cache c;
	uint32_t ttl;
	cache_init(&c, 3, seed);
	put(&c, "a.example", IPC_DNS_OK, 60, 0);
	put(&c, "b.example", IPC_DNS_OK, 60, 0);
	put(&c, "c.example", IPC_DNS_OK, 60, 0);
	assert_true(has(&c, "a.example", 0, &ttl));
	put(&c, "d.example", IPC_DNS_OK, 60, 0);
	assert_int_equal(c.entries, 3);
	assert_true(has(&c, "a.example", 0, &ttl));
	assert_false(has(&c, "b.example", 0, &ttl));
	assert_true(has(&c, "d.example", 0, &ttl));
	put(&c, "d.example", IPC_DNS_OK, 60, 0); /* replaces itself */
	assert_int_equal(c.entries, 3);
	cache_clear(&c);
	assert_int_equal(c.entries, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_holds_for_its_time),
	    cmocka_unit_test(test_what_is_kept),
	    cmocka_unit_test(test_the_unused_goes_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
