#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/extract_priv.h"

static const struct {
	struct slice raw;
	const char *clean;
} cases[] = {
    /* as it should be */
    {SLICE("550 5.1.1 no\n"), "550 5.1.1 no\n"},
    {SLICE("a\r\nb\rc\t\r"), "a\nb\nc \n"},
    {SLICE("\xef\xbb\xbf"
	   "a\0b"),
	"ab"},
    {SLICE("\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80"),
	"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80"},
    /* a typographer, and Windows */
    {SLICE("doesn\xe2\x80\x99t \xe2\x80\x9cx\xe2\x80\x9d a\xe2\x80\x93z"),
	"doesn't \"x\" a-z"},
    {SLICE("doesn\x92t \x93x\x94 a\x96z\xa0\x80"),
	"doesn't \"x\" a-z \xe2\x82\xac"},
    {SLICE("caf\xe9 \x81"), "caf\xc3\xa9 \xc2\x81"},
    {SLICE("550\xc2\xa0"
	   "5.1.1\xe2\x80\x8b x\xe2\x80\xa8y\xc2\xady"),
	"550 5.1.1 x\nyy"},
    /* UTF-16, with and without a mark */
    {SLICE("\xff\xfe"
	   "5\0005\0000\0\x20\0\x19\x20"),
	"550 '"},
    {SLICE("\xfe\xff\0005\0005\0000\xd8\x3d\xde\x00"), "550\xf0\x9f\x98\x80"},
    {SLICE("5\0005\0000\0 \0n\0o\0"), "550 no"},
    {SLICE("\0005\0005\0000\0 \0n\0o"), "550 no"},
    {SLICE("\xff\xfe\x00\xd8x\0y"), "?x"},
    /* a terminal */
    {SLICE("\x1b[1;31m550\x1b[0m no\x1b[2"), "550 no\x1b[2"},
    /* quoted-printable; but not what only looks like it */
    {SLICE("dsn=3D5.1.1 sta=\ntus=3Dbounced =E2=80=99"),
	"dsn=5.1.1 status=bounced '"},
    {SLICE("a=\r\nb"), "ab"},
    {SLICE("dsn=5.1.1, to=<a@b.example>"), "dsn=5.1.1, to=<a@b.example>"},
    {SLICE("id=AB delay=3D4 x"), "id\xc2\xab delay=4 x"},
    {SLICE("id=AB delay=3D4 x=<"), "id=AB delay=3D4 x=<"},
    /* HTML; but no address is a tag */
    {SLICE("<p>550&nbsp;5.1.1 &lt;a@b.example&gt;<br/>no&#8217;s</p>"),
	"550 5.1.1 <a@b.example>\nno's\n"},
    {SLICE("<a@b.example> &lt; <b@c.example> <pre >"),
	"<a@b.example> < <b@c.example> "},
    {SLICE("&lt;&#0;&#xD800;&#55296;&#99999999;&none;&"),
	"<&#0;&#xD800;&#55296;&#99999999;&none;&"},
    {SLICE("<a@b.example> & &amp; <p>"), "<a@b.example> & &amp; <p>"},
    {SLICE("x&lt;&#13;y&#27;"), "x<\ny\x1b"},
    /* qmail */
    {SLICE("a_b\ndelivery 12: deferral: No_luck._(#4.4.1)/\nc_d"),
	"a_b\ndelivery 12: deferral: No luck. (#4.4.1)/\nc_d"},
    {SLICE(""), ""},
};

static void
test_clean(void **unused)
{
	(void)unused;
	struct buf out;
	buf_init(&out, EXTRACT_CLEAN_MAX);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(extract_clean(cases[i].raw, &out), ERR_OK);
		if (!slice_eq(buf_slice(&out), slice_str(cases[i].clean)))
			fail_msg("%zu: \"%.*s\", not \"%s\"", i,
			    SLICE_ARG(buf_slice(&out)), cases[i].clean);
	}
	buf_free(&out);
}

/* The longest text there may be, of what grows most. */
static void
test_long(void **unused)
{
	(void)unused;
	struct buf raw, out;
	buf_init(&raw, EXTRACT_TEXT_MAX + 8);
	buf_init(&out, EXTRACT_CLEAN_MAX);
	for (size_t i = 0; i < EXTRACT_TEXT_MAX + 8; i++)
		buf_add_byte(&raw, 0x80);
	assert_int_equal(extract_clean(buf_slice(&raw), &out), ERR_OK);
	assert_int_equal(out.n, 3 * EXTRACT_TEXT_MAX);
	buf_free(&raw);
	buf_free(&out);
}

static void
test_stamps(void **unused)
{
	(void)unused;
	static const struct {
		const char *line;
		bool stamped;
	} lines[] = {
	    {"Mon 2018-04-23 20:39:00.774: [1] x", true},
	    {"> > Mon 2018-04-23 20:39:00.774: [1] x", true},
	    {"2023-11-21 10:04:11 1r5Gxx", true},
	    {"2022-01-10T03:15:44.120Z,Out", true},
	    {"Nov  1 10:04:11 mx postfix", true},
	    {"Nov 21 10:04:11 mx postfix", true},
	    {"@400000005e2b1c0a1f3b9a1c delivery", true},
	    {"Nov 21 2023", false},
	    {"550 5.1.1 no", false},
	    {"10:04:11 x", false},
	    {"1 10:04:11 x", false},
	    {"", false},
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (extract_is_stamped(slice_str(lines[i].line)) !=
		    lines[i].stamped)
			fail_msg("%s", lines[i].line);
}

static void
test_announced(void **unused)
{
	(void)unused;
	/* What stands before the first digit. */
	static const struct {
		const char *text;
		bool announced;
	} texts[] = {
	    {"550 no", true},
	    {"host said: 550 no", true},
	    {"<-- 550 no", true},
	    {"returned '550 no", true},
	    {"reject=550", true},
	    {"x\n550 no", true},
	    {"x\n> 550 no", true},
	    {"the error 550", true},
	    {"dengan kode 550", true},
	    {"Remote_host_said:_550", true},
	    {"<,550 no", true},
	    {"faktur 550", false},
	    {"ruang, 550", false},
	    {"jalan. 550", false},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct slice s = slice_str(texts[i].text);
		size_t at = 0;
		while (s.p[at] != '5')
			at++;
		if (extract_announced(s, at) != texts[i].announced)
			fail_msg("%s", texts[i].text);
	}
}

static void
test_lines(void **unused)
{
	(void)unused;
	/* The line around "!!". */
	static const struct {
		const char *text, *line;
	} texts[] = {
	    {"a\nb !! c\nd", "b !! c"},
	    {"a\nb !! c\n  d\ne", "b !! c\n  d"},
	    {"Nov 21 10:04:11 a\nb !!\nc\n\nd", "Nov 21 10:04:11 a\nb !!\nc"},
	    {"Nov 21 10:04:11 a\n\nb !!\nc", "b !!"},
	    {"Nov 21 10:04:11 a !!\nNov 21 10:04:12 b", "Nov 21 10:04:11 a !!"},
	    {"> Nov 21 10:04:11 a\n> !! c\n> Nov 21 10:04:12 b",
		"> Nov 21 10:04:11 a\n> !! c"},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct slice s = slice_str(texts[i].text);
		size_t at = slice_find(s, '!');
		struct slice got = extract_line_around(s, at, 2);
		if (!slice_eq(got, slice_str(texts[i].line)))
			fail_msg("%zu: %.*s", i, SLICE_ARG(got));
	}
}

static void
test_times(void **unused)
{
	(void)unused;
	static const struct {
		const char *text;
		bool found;
		struct extract_time t;
	} texts[] = {
	    {"Mon 2018-04-23 20:39:00.774: [1]", true,
		{2018, 4, 23, 20, 39, 0, false, 0}},
	    {"2022-01-10T03:15:44.120Z,Out", true,
		{2022, 1, 10, 3, 15, 44, true, 0}},
	    {"at 2022-01-10 03:15:44+05:30", true,
		{2022, 1, 10, 3, 15, 44, true, 330}},
	    {"Nov  1 10:04:11 mx", true, {0, 11, 1, 10, 4, 11, false, 0}},
	    {"> Dec 31 23:59:60 mx", true, {0, 12, 31, 23, 59, 60, false, 0}},
	    {"Date: Wed, 6 Mar 2024 01:02:03 -0800 (PST)", true,
		{2024, 3, 6, 1, 2, 3, true, -480}},
	    {"06 Mar 2024 01:02:03", true, {2024, 3, 6, 1, 2, 3, false, 0}},
	    {"x2018-04-23 20:39:00 y", false, {0}},
	    {"2018-13-23 20:39:00", false, {0}},
	    {"2018-04-23 24:39:00", false, {0}},
	    {"2018-04-23 20:39", false, {0}},
	    {"Nov 32 10:04:11", false, {0}},
	    {"10:04:11", false, {0}},
	    {"", false, {0}},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct extract_time t = {0};
		const struct extract_time *w = &texts[i].t;
		bool found = extract_time(slice_str(texts[i].text), &t);
		if (found != texts[i].found || t.year != w->year ||
		    t.month != w->month || t.day != w->day ||
		    t.hour != w->hour || t.minute != w->minute ||
		    t.second != w->second || t.zoned != w->zoned ||
		    t.zone_min != w->zone_min)
			fail_msg("%s", texts[i].text);
	}
}

/* All addresses and IP addresses, one after the other. */
static void
test_names(void **unused)
{
	(void)unused;
	struct slice s = SLICE("To=<a@b.example>, x@y (c.d@e.example). "
			       "[192.0.2.1]:25 10:04:11 [2001:db8::1] "
			       "7.2.0.192.in-addr.arpa 1.2.3 v1.2.3.4 "
			       "host=10.0.0.1 256.1.1.1");
	static const char *const want[] = {"a@b.example", "c.d@e.example",
	    "192.0.2.1", "2001:db8::1", "10.0.0.1"};
	struct slice got;
	size_t at = 0, n = 0;
	while (extract_next_address(s, &at, &got) && n < 5)
		assert_true(slice_eq(got, slice_str(want[n++])));
	assert_int_equal(n, 2);
	at = 0;
	while (extract_next_ip(s, &at, &got) && n < 5)
		assert_true(slice_eq(got, slice_str(want[n++])));
	assert_int_equal(n, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_clean),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_stamps),
	    cmocka_unit_test(test_announced),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
