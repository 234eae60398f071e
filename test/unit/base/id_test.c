#include "base/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1792576800000ull

static void
test_ids_only_grow(void **unused)
{
	(void)unused;
	struct id_gen g;
	id_gen_init(&g, 7);
	id_t64 last = 0;
	for (int i = 0; i < 10000; i++) {
		/* The clock stands still, runs, and steps back. */
		uint64_t at = NOW + (i % 3 == 0 ? 0 : (uint64_t)i / 100) -
			      (i > 5000 ? 1000 : 0);
		id_t64 id = id_next(&g, at);
		assert_true(id > last);
		last = id;
	}
}

static void
test_instances_never_meet(void **unused)
{
	(void)unused;
	struct id_gen a, b;
	id_gen_init(&a, 1);
	id_gen_init(&b, 2);
	for (int i = 0; i < 5000; i++)
		assert_true(id_next(&a, NOW) != id_next(&b, NOW));
}

static void
test_time(void **unused)
{
	(void)unused;
	struct id_gen g;
	id_gen_init(&g, 1023);
	id_t64 id = id_next(&g, NOW);
	assert_true(id_time_ms(id) == NOW);
	assert_true(id_floor(NOW) <= id && id < id_floor(NOW + 1));
	assert_true(id_next(&g, 0) != 0); /* before the epoch of ids */
}

static void
test_text(void **unused)
{
	(void)unused;
	char text[ID_TEXT_LEN + 1];
	id_t64 back;
	struct id_gen g;
	id_gen_init(&g, 5);
	for (int i = 0; i < 100; i++) {
		id_t64 id = id_next(&g, NOW + (uint64_t)i * 977);
		id_text(id, text);
		assert_int_equal(strlen(text), ID_TEXT_LEN);
		assert_int_equal(id_parse(slice_str(text), &back), ERR_OK);
		assert_true(back == id);
	}
	id_text(INT64_MAX, text);
	assert_string_equal(text, "7ZZZZZZZZZZZZ");
	static const char *const bad[] = {"", "7ZZZZZZZZZZZ", "7ZZZZZZZZZZZZZ",
	    "8000000000000", "0000000000000", "7ZZZZZZZZZZZI", "7ZZZZZ ZZZZZZ",
	    "[7ZZZZZZZZZZZ]", "7ZZZZZZZZZZZ-"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    id_parse(slice_str(bad[i]), &back), ERR_SYNTAX);
	assert_int_equal(id_parse(SLICE("[0000000000abc]"), &back), ERR_OK);
	assert_int_equal(id_parse(SLICE("000000000000\0"), &back), ERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ids_only_grow),
	    cmocka_unit_test(test_instances_never_meet),
	    cmocka_unit_test(test_time), cmocka_unit_test(test_text)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
