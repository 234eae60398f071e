#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "help.h"

/* 1 due, 2 deferred, 3 held, 4 active, 5 from another, 6 for two. */
static void
some(struct bench *b)
{
	struct store_put *p[6];
	for (id_t64 id = 1; id <= 6; id++)
		p[id - 1] = bench_put(
		    b, id, id % 2 ? "contoh.id" : "mitra.example", 10 * id);
	p[1]->due_ms = NOW + 1000;
	p[2]->held = true;
	p[3]->leased = true;
	p[4]->envelope.sender = SLICE("Lain@Contoh.id");
	p[4]->envelope.arrived_ms = NOW - 500;
	struct store_recipient two[2] = {
	    p[5]->recipients[0], p[5]->recipients[0]};
	two[1].n = 1;
	two[1].address = SLICE("Kedua@Pabrik.id");
	two[1].domain = SLICE("pabrik.id");
	two[1].original = SLICE("alias@contoh.id");
	p[5]->recipients = two;
	p[5]->n_recipients = 2;
	struct store_batch batch = {.puts = p, .n_puts = 6};
	assert_int_equal(store_apply(b->s, &batch, &b->d), ERR_OK);
}

static void
filters(void **state)
{
	struct bench *b = *state;
	some(b);
	static const struct {
		struct store_filter f;
		const char *ids;
	} cases[] = {
	    {{.limit = 10}, "123456"},
	    {{.limit = 2}, "12"},
	    {{.limit = 10, .after = 4}, "56"},
	    {{.limit = 10, .id = 3}, "3"},
	    {{.limit = 10, .id = 3, .after = 3}, ""},
	    {{.limit = 10, .id = 9}, ""},
	    {{.limit = 10, .from = {(const uint8_t *)"lain@contoh.ID", 14}},
		"5"},
	    {{.limit = 10, .to = {(const uint8_t *)"USER2@mitra.example", 19}},
		"2"},
	    {{.limit = 10, .to = {(const uint8_t *)"alias@contoh.id", 15}},
		"6"},
	    {{.limit = 10, .domain = {(const uint8_t *)"CONTOH.id", 9}}, "135"},
	    {{.limit = 10, .domain = {(const uint8_t *)"pabrik.id", 9}}, "6"},
	    {{.limit = 10, .state = STORE_LIST_DUE}, "1456"},
	    {{.limit = 10, .state = STORE_LIST_DEFERRED}, "2"},
	    {{.limit = 10, .state = STORE_LIST_HELD}, "3"},
	    {{.limit = 10,
		 .state = STORE_LIST_HELD,
		 .domain = {(const uint8_t *)"mitra.example", 13}},
		""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct store_filter f = cases[i].f;
		struct store_item *v = NULL;
		size_t n = 0;
		char ids[8] = "";
		f.now_ms = NOW;
		assert_int_equal(
		    store_list(b->r, &f, &b->a, &v, &n, &b->d), ERR_OK);
		for (size_t k = 0; k < n && k < 7; k++)
			ids[k] = (char)('0' + v[k].envelope.id);
		assert_string_equal(ids, cases[i].ids);
	}
}

static void
a_full_arena_ends_the_page(void **state)
{
	struct bench *b = *state;
	some(b);
	struct store_filter f = {.limit = 6, .now_ms = NOW};
	size_t seen = 0;
	for (int pages = 0; pages < 10; pages++) {
		struct store_item *v = NULL;
		size_t n = 0;
		struct arena small;
		arena_init(&small, 6 * sizeof(*v) + 700);
		assert_int_equal(
		    store_list(b->r, &f, &small, &v, &n, &b->d), ERR_OK);
		for (size_t k = 0; k < n; k++) {
			assert_int_equal(v[k].envelope.id, seen + 1);
			seen++;
			f.after = v[k].envelope.id;
		}
		arena_reset(&small);
		if (n == 0)
			break;
		assert_true(n < 6);
	}
	assert_int_equal(seen, 6);
	struct arena tiny;
	struct store_item *v = NULL;
	size_t n = 0;
	f.after = 0;
	arena_init(&tiny, 6 * sizeof(*v) + 50);
	assert_int_equal(store_list(b->r, &f, &tiny, &v, &n, &b->d), ERR_LIMIT);
	arena_reset(&tiny);
}

static void
figures(void **state)
{
	struct bench *b = *state;
	struct store_stats s;
	assert_int_equal(store_stats(b->r, NOW, &s, &b->d), ERR_OK);
	assert_int_equal(s.messages, 0);
	assert_int_equal(s.oldest_arrived_ms, 0);
	some(b);
	assert_int_equal(store_stats(b->r, NOW, &s, &b->d), ERR_OK);
	assert_int_equal(s.messages, 6);
	assert_int_equal(s.recipients, 7);
	assert_int_equal(s.due, 4);
	assert_int_equal(s.active, 1);
	assert_int_equal(s.deferred, 1);
	assert_int_equal(s.held, 1);
	assert_int_equal(s.octets, 210);
	assert_int_equal(s.oldest_arrived_ms, NOW - 500);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_begin, bench_end)
	const struct CMUnitTest tests[] = {
	    T(filters),
	    T(a_full_arena_ends_the_page),
	    T(figures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
