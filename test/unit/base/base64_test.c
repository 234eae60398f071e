#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *plain, *coded;
} pairs[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
    {"\xfb\xff", "+/8="}};
static const char *const refused[] = {"Zg",
    "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm 8", "Zm8\n",
    "Zm-_", "=Zg="};

static void
test_both_ways(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct buf b;
		buf_init(&b, 100);
		buf_add_base64(&b, slice_str(pairs[i].plain));
		assert_true(slice_eq(buf_slice(&b), slice_str(pairs[i].coded)));
		buf_clear(&b);
		assert_int_equal(
		    base64_decode(slice_str(pairs[i].coded), &b), ERR_OK);
		assert_true(slice_eq(buf_slice(&b), slice_str(pairs[i].plain)));
		buf_free(&b);
	}
}

static void
test_refused(void **unused)
{
	(void)unused;
	struct buf b;
	buf_init(&b, 100);
	buf_add(&b, SLICE("kept"));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(
		    base64_decode(slice_str(refused[i]), &b), ERR_SYNTAX);
		assert_true(slice_eq(buf_slice(&b), SLICE("kept")));
	}
	buf_free(&b);
	buf_init(&b, 2);
	assert_int_equal(base64_decode(SLICE("Zm9v"), &b), ERR_LIMIT);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_ways), cmocka_unit_test(test_refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
