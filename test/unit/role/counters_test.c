/* Sessions counted over all workers, in memory they share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "role/smtpd/counters.h"

#define WORKERS 3u

struct shared {
	int fd;
	struct counter_row *rows;
	struct counters worker[WORKERS];
};

static int
setup(void **state)
{
	struct shared *s = calloc(1, sizeof(*s));
	size_t size = WORKERS * sizeof(struct counter_row);
	s->fd = memfd_create("counters", MFD_CLOEXEC);
	assert_true(s->fd >= 0);
	assert_int_equal(ftruncate(s->fd, (off_t)size), 0);
	s->rows =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	assert_true(s->rows != MAP_FAILED);
	s->rows[0].key[0] = 0x0123456789abcdef;
	for (uint32_t i = 0; i < WORKERS; i++)
		assert_int_equal(
		    counters_map(&s->worker[i], s->fd, i, WORKERS), ERR_OK);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct shared *s = *state;
	size_t size = WORKERS * sizeof(struct counter_row);
	for (uint32_t i = 0; i < WORKERS; i++)
		munmap(s->worker[i].rows, size);
	munmap(s->rows, size);
	close(s->fd);
	free(s);
	return 0;
}

static struct ip
ip(const char *text)
{
	struct ip out;
	assert_int_equal(ip_parse(slice_str(text), &out), ERR_OK);
	return out;
}

static void
sessions_are_counted_over_all_workers(void **state)
{
	struct shared *s = *state;
	for (uint32_t i = 0; i < 5; i++)
		assert_true(counters_enter(&s->worker[i % WORKERS], 5));
	for (uint32_t i = 0; i < WORKERS; i++)
		assert_false(counters_enter(&s->worker[i], 5));
	counters_leave(&s->worker[1]);
	assert_true(counters_enter(&s->worker[2], 5));
	assert_false(counters_enter(&s->worker[0], 5));
}

static void
addresses_are_counted_apart(void **state)
{
	struct shared *s = *state;
	static const char *const others[] = {
	    "192.0.2.2", "192.0.3.1", "2001:db8::1", "2001:db8:0:1::1"};
	struct ip one = ip("192.0.2.1");
	for (uint32_t i = 0; i < 4; i++)
		assert_true(
		    counters_enter_ip(&s->worker[i % WORKERS], &one, 4));
	assert_false(counters_enter_ip(&s->worker[0], &one, 4));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct ip other = ip(others[i]);
		assert_true(counters_enter_ip(&s->worker[0], &other, 1));
		assert_false(counters_enter_ip(&s->worker[1], &other, 1));
		counters_leave_ip(&s->worker[0], &other);
		assert_true(counters_enter_ip(&s->worker[1], &other, 1));
	}
	counters_leave_ip(&s->worker[1], &one);
	assert_true(counters_enter_ip(&s->worker[2], &one, 4));
	assert_false(counters_enter_ip(&s->worker[2], &one, 4));
}

/* Whoever has one IPv6 address has 2^64 of them. */
static void
a_network_of_ipv6_is_one_client(void **state)
{
	struct shared *s = *state;
	struct ip a = ip("2001:db8::1"), b = ip("2001:db8::ffff:0:0:2");
	struct ip elsewhere = ip("2001:db8:0:1::1");
	assert_true(counters_enter_ip(&s->worker[0], &a, 1));
	assert_false(counters_enter_ip(&s->worker[1], &b, 1));
	assert_true(counters_enter_ip(&s->worker[1], &elsewhere, 1));
	counters_leave_ip(&s->worker[0], &b);
	assert_true(counters_enter_ip(&s->worker[1], &a, 1));
}

static void
what_a_dead_worker_counted_is_no_more(void **state)
{
	struct shared *s = *state;
	struct ip one = ip("192.0.2.1");
	for (int i = 0; i < 3; i++) {
		assert_true(counters_enter(&s->worker[0], 3));
		assert_true(counters_enter_ip(&s->worker[0], &one, 3));
	}
	assert_false(counters_enter(&s->worker[1], 3));
	/* as master does */
	atomic_store(&s->rows[0].sessions, 0);
	for (size_t i = 0; i < COUNTER_BUCKETS; i++)
		atomic_store(&s->rows[0].by_ip[i], 0);
	assert_true(counters_enter(&s->worker[1], 3));
	assert_true(counters_enter_ip(&s->worker[1], &one, 3));
}

static void
nothing_counts_without_the_memory(void **state)
{
	struct shared *s = *state;
	struct counters none = {0};
	struct ip one = ip("192.0.2.1");
	assert_true(counters_enter(&none, 0));
	assert_true(counters_enter_ip(&none, &one, 0));
	counters_leave(&none);
	counters_leave_ip(&none, &one);
	assert_int_equal(counters_map(&none, s->fd, 0, 0), ERR_BUG);
	assert_int_equal(counters_map(&none, s->fd, 3, 3), ERR_BUG);
	assert_int_equal(counters_map(&none, -1, 0, 1), ERR_NOMEM);
	assert_null(none.rows);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(sessions_are_counted_over_all_workers),
	    T(addresses_are_counted_apart),
	    T(a_network_of_ipv6_is_one_client),
	    T(what_a_dead_worker_counted_is_no_more),
	    T(nothing_counts_without_the_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
