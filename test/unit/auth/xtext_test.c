#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/auth/xtext.h"

struct decode_case {
	const char *in;
	enum err err;
	struct slice out;
};

static const struct decode_case decode_cases[] = {
    {"", ERR_OK, {(const uint8_t *)"", 0}},
    {"budi@contoh.id", ERR_OK, {(const uint8_t *)"budi@contoh.id", 14}},
    {"budi+2Btag", ERR_OK, {(const uint8_t *)"budi+tag", 8}},
    {"+00+FF+3D", ERR_OK, {(const uint8_t *)"\0\xff=", 3}},
    {"a=b", ERR_SYNTAX, {NULL, 0}},
    {"a b", ERR_SYNTAX, {NULL, 0}},
    {"+", ERR_SYNTAX, {NULL, 0}},
    {"+4", ERR_SYNTAX, {NULL, 0}},
    {"+4G", ERR_SYNTAX, {NULL, 0}},
    {"+ff", ERR_SYNTAX, {NULL, 0}}, /* upper case only */
    {"+Ff", ERR_SYNTAX, {NULL, 0}},
    {"\x7f", ERR_SYNTAX, {NULL, 0}},
    {"\xc3\xa4", ERR_SYNTAX, {NULL, 0}},
    {"\t", ERR_SYNTAX, {NULL, 0}},
};

static void
test_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(decode_cases) / sizeof(*decode_cases);
	     i++) {
		const struct decode_case *c = &decode_cases[i];
		struct buf b;
		buf_init(&b, 64);
		assert_int_equal(xtext_decode(slice_str(c->in), &b), c->err);
		if (c->err == ERR_OK)
			assert_true(slice_eq(buf_slice(&b), c->out));
		buf_free(&b);
	}
}

static void
test_every_octet_survives(void **state)
{
	(void)state;
	uint8_t all[256];
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	struct buf text, back;
	buf_init(&text, 1024);
	buf_init(&back, 1024);
	xtext_encode(&text, slice_of(all, sizeof(all)));
	assert_int_equal(buf_err(&text), ERR_OK);
	for (size_t i = 0; i < text.n; i++)
		assert_true(text.p[i] > ' ' && text.p[i] < 0x7f);
	assert_int_equal(xtext_decode(buf_slice(&text), &back), ERR_OK);
	assert_true(slice_eq(buf_slice(&back), slice_of(all, sizeof(all))));
	buf_free(&text);
	buf_free(&back);
}

static void
test_limit(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 3);
	assert_int_equal(xtext_decode(SLICE("abcd"), &b), ERR_LIMIT);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decode),
	    cmocka_unit_test(test_every_octet_survives),
	    cmocka_unit_test(test_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
