/* May a list that was fetched take the place of the one in force? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "role/fetch/judge.h"

#define TEN                                                                    \
	"192.0.2.1\n192.0.2.2\n192.0.2.3\n192.0.2.4\n192.0.2.5\n"              \
	"192.0.2.6\n192.0.2.7\n192.0.2.8\n192.0.2.9\n192.0.2.10\n"
#define FOUR "192.0.2.1\n192.0.2.2\n192.0.2.3\n192.0.2.4\n"
#define FIVE FOUR "192.0.2.5\n"

static void
verdicts(void **unused)
{
	static const struct {
		struct slice text;
		const char *old;
		bool other_url;
		const char *why; /* NULL: good; else a part of the text */
		size_t entries;
	} cases[] = {
	    {SLICE(TEN), "", false, NULL, 10},
	    {SLICE("\xef\xbb\xbf; a list\r\n192.0.2.1\r\n\r\n"), "", false,
		NULL, 1},
	    {SLICE("192.0.2.0/24 ; reason=fax until=2027-01-01\n"
		   "2001:db8::/32\n*.mitra.example\nmail.mitra.example"),
		"", false, NULL, 4},
	    {SLICE(""), "", false, "no entries", 0},
	    {SLICE("; nobody\n"), TEN, false, "no entries", 0},
	    {SLICE(TEN "192.0.2.300\n"), "", false, "line 11", 0},
	    {SLICE("mail..example\n" TEN), "", false, "line 1", 0},
	    {SLICE(TEN "*\n"), "", false, "line 11 is over-broad", 0},
	    {SLICE(TEN "0.0.0.0/0\n"), "", false, "over-broad", 0},
	    {SLICE(TEN "10.0.0.0/8\n"), "", false, "over-broad", 0},
	    {SLICE(TEN "::/0\n"), "", false, "over-broad", 0},
	    {SLICE(TEN "*.example\n"), "", false, "over-broad", 0},
	    {SLICE("<html>\n"), "", false, "web page", 0},
	    {SLICE("\n  <!DOCTYPE html>\n" TEN), "", false, "web page", 0},
	    {SLICE("\xef\xbb\xbf<?xml"), "", false, "web page", 0},
	    {SLICE(FIVE), TEN, false, NULL, 5},
	    {SLICE(FOUR), TEN, false, "4 entries, less than half of the 10", 0},
	    {SLICE(FOUR), TEN, true, NULL, 4},
	    {SLICE(FIVE), TEN "192.0.2.11\n", false, "less than half", 0},
	    {SLICE("192.0.2.1\n"), "192.0.2.1\n192.0.2.2\n", false, NULL, 1},
	};
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct judge_old old = {
		    slice_str(cases[i].old), !cases[i].other_url};
		struct diag d = {0};
		size_t n = 0;
		enum err e = judge_list(cases[i].text, &old, &n, &d);
		if (cases[i].why == NULL) {
			assert_int_equal(e, ERR_OK);
			assert_int_equal(n, cases[i].entries);
			continue;
		}
		assert_int_equal(e, ERR_DENIED);
		if (strstr(d.text, cases[i].why) == NULL)
			fail_msg("case %zu: %s", i, d.text);
	}
}

static void
too_large(void **unused)
{
	struct judge_old old = {0};
	struct diag d;
	size_t n;
	char *p = malloc(JUDGE_OCTETS_MAX + 1);
	(void)unused;
	assert_non_null(p);
	memset(p, '\n', JUDGE_OCTETS_MAX + 1);
	memcpy(p, "192.0.2.1", 9);
	assert_int_equal(
	    judge_list(slice_of(p, JUDGE_OCTETS_MAX), &old, &n, &d), ERR_OK);
	assert_int_equal(
	    judge_list(slice_of(p, JUDGE_OCTETS_MAX + 1), &old, &n, &d),
	    ERR_DENIED);
	free(p);
}

static void
assert_lines(const struct slice *v, size_t n, const char *want)
{
	char got[256] = "";
	for (size_t i = 0; i < n && i < JUDGE_SHOWN; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s",
		    i > 0 ? "," : "", SLICE_ARG(v[i]));
	assert_string_equal(got, want);
}

static void
differences(void **unused)
{
	static const struct {
		const char *before, *after, *added, *removed;
	} cases[] = {
	    {"", "", "", ""},
	    {"", "b\na\n", "a,b", ""},
	    {"b\na\n", "", "", "a,b"},
	    {"a\nb\nc\n", "c\nb\na\n", "", ""},
	    {"a\n; x\nb\n", "\n a \r\nb ;y\n", "b ;y", "b"},
	    {"a\nc\ne\n", "b\nc\nd\n", "b,d", "a,e"},
	    {"a\na\n", "a\nb\nb\n", "b", ""},
	    {"a", "a\nb", "b", ""},
	};
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct difference d;
		assert_int_equal(difference_make(slice_str(cases[i].before),
				     slice_str(cases[i].after), &d),
		    ERR_OK);
		assert_lines(d.added_line, d.added, cases[i].added);
		assert_lines(d.removed_line, d.removed, cases[i].removed);
	}
}

static void
many_differences(void **unused)
{
	struct buf b;
	struct difference d;
	(void)unused;
	buf_init(&b, 1u << 20);
	for (unsigned i = 0; i < 1000; i++)
		buf_printf(&b, "host%03u.example\n", i);
	assert_int_equal(
	    difference_make(SLICE_EMPTY, buf_slice(&b), &d), ERR_OK);
	assert_int_equal(d.added, 1000);
	assert_int_equal(d.removed, 0);
	assert_true(
	    slice_eq(d.added_line[JUDGE_SHOWN - 1], SLICE("host019.example")));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verdicts),
	    cmocka_unit_test(too_large),
	    cmocka_unit_test(differences),
	    cmocka_unit_test(many_differences),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
