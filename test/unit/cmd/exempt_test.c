/* The text of an exempt list as `kurir exempt` edits it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/exempt_text.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void
test_add(void **state)
{
	static const struct {
		const char *text, *fresh;
	} c[] = {
	    {"", "192.0.2.1 ; reason=r\n"},
	    {"a.example\n", "a.example\n192.0.2.1 ; reason=r\n"},
	    {"a.example", "a.example\n192.0.2.1 ; reason=r\n"},
	    {"a.example\r\n", "a.example\r\n192.0.2.1 ; reason=r\r\n"},
	    {"a.example\r\nb.example",
		"a.example\r\nb.example\r\n192.0.2.1 ; reason=r\r\n"},
	    {"; mine\n\n", "; mine\n\n192.0.2.1 ; reason=r\n"},
	    {"\xef\xbb\xbf"
	     "a.example\r\n",
		"\xef\xbb\xbf"
		"a.example\r\n192.0.2.1 ; reason=r\r\n"},
	    {"\n", "\n192.0.2.1 ; reason=r\n"},
	};
	struct exempt_entry e;
	(void)state;
	assert_int_equal(
	    exempt_parse_line(SLICE("192.0.2.1;reason=r"), &e, NULL), ERR_OK);
	for (size_t i = 0; i < COUNT(c); i++) {
		struct buf b;
		buf_init(&b, 1000);
		exempt_text_begin(&b, slice_str(c[i].text));
		exempt_text_add(&b, slice_str(c[i].text), &e);
		if (!slice_eq(buf_slice(&b), slice_str(c[i].fresh)))
			fail_msg("case %zu: %.*s", i, SLICE_ARG(buf_slice(&b)));
		buf_free(&b);
	}
}

static void
test_remove(void **state)
{
	static const struct {
		const char *text, *word, *fresh;
		size_t n;
	} c[] = {
	    {"", "192.0.2.1", "", 0},
	    {"192.0.2.1\n", "192.0.2.1", "", 1},
	    {"192.0.2.1", "192.0.2.1", "", 1},
	    {"; a\r\n192.0.2.1 ; reason=x\r\n192.0.2.2\r\n", "192.0.2.1",
		"; a\r\n192.0.2.2\r\n", 1},
	    /* the same in other words */
	    {"A.Example.\nb\n", "a.example", "b\n", 1},
	    {"2001:db8::1\nb\n", "2001:DB8:0::1/128", "b\n", 1},
	    {"*.A.example\n*.a.example;x\nb", "*.a.Example", "b", 2},
	    /* not the same */
	    {"192.0.2.0/24\n192.0.2.10\n", "192.0.2.1",
		"192.0.2.0/24\n192.0.2.10\n", 0},
	    {"*.a.example\n", "x.a.example", "*.a.example\n", 0},
	    {"; 192.0.2.1\n", "192.0.2.1", "; 192.0.2.1\n", 0},
	    /* a line that is no entry can be removed too */
	    {"192.168.1\nb\n", "192.168.1", "b\n", 1},
	    {"192.168.1 ; x\nb\n", " 192.168.1 ", "b\n", 1},
	    {"b\n\n;\n", "", "b\n\n;\n", 0},
	    {"\xef\xbb\xbf"
	     "a\nb\n",
		"a",
		"\xef\xbb\xbf"
		"b\n",
		1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct buf b;
		buf_init(&b, 1000);
		size_t n = exempt_text_remove(
		    &b, slice_str(c[i].text), slice_str(c[i].word));
		if (n != c[i].n ||
		    !slice_eq(buf_slice(&b), slice_str(c[i].fresh)))
			fail_msg("case %zu: %zu, %.*s", i, n,
			    SLICE_ARG(buf_slice(&b)));
		buf_free(&b);
	}
}

static void
test_lines(void **state)
{
	(void)state;
	assert_int_equal(exempt_text_lines(SLICE_EMPTY), 0);
	assert_int_equal(exempt_text_lines(SLICE("a\n\nb")), 3);
	assert_int_equal(exempt_text_lines(SLICE("a\r\nb\r\n")), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_add),
	    cmocka_unit_test(test_remove),
	    cmocka_unit_test(test_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
