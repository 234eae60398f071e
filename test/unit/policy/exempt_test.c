#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/exempt.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const uint64_t seed[2] = {0x1234, 0x5678};

/* ---- lines ---- */

struct line_case {
	const char *line;
	enum exempt_what what;
	const char *text;
	bool broad;
	const char *reason;
	uint32_t until;
};

static const struct line_case line_cases[] = {
    {"192.0.2.10", EXEMPT_NET, "192.0.2.10", false, "", 0},
    {"  192.0.2.10\t", EXEMPT_NET, "192.0.2.10", false, "", 0},
    {"203.0.113.0/24", EXEMPT_NET, "203.0.113.0/24", false, "", 0},
    {"128.0.0.0/9", EXEMPT_NET, "128.0.0.0/9", false, "", 0},
    {"10.0.0.0/8", EXEMPT_NET, "10.0.0.0/8", true, "", 0},
    {"0.0.0.0/0", EXEMPT_NET, "0.0.0.0/0", true, "", 0},
    {"::1", EXEMPT_NET, "::1", false, "", 0},
    {"2001:DB8:7::/48", EXEMPT_NET, "2001:DB8:7::/48", false, "", 0},
    {"2001:8000::/17", EXEMPT_NET, "2001:8000::/17", false, "", 0},
    {"2001::/16", EXEMPT_NET, "2001::/16", true, "", 0},
    {"192.168.0.1##", EXEMPT_IP_PATTERN, "192.168.0.1##", false, "", 0},
    {"192.168.*.239", EXEMPT_IP_PATTERN, "192.168.*.239", false, "", 0},
    {"192.168.*", EXEMPT_IP_PATTERN, "192.168.*", false, "", 0},
    {"10.*.*.5", EXEMPT_IP_PATTERN, "10.*.*.5", false, "", 0},
    {"10.*", EXEMPT_IP_PATTERN, "10.*", true, "", 0},
    {"10.1*", EXEMPT_IP_PATTERN, "10.1*", true, "", 0},
    {"#.#.#.#", EXEMPT_IP_PATTERN, "#.#.#.#", true, "", 0},
    {"*", EXEMPT_IP_PATTERN, "*", true, "", 0},
    {"2001:db8:*", EXEMPT_IP_PATTERN, "2001:db8:*", false, "", 0},
    {"2001:*", EXEMPT_IP_PATTERN, "2001:*", true, "", 0},
    {"mail.mitra.example", EXEMPT_NAME, "mail.mitra.example", false, "", 0},
    {"mail.mitra.example.", EXEMPT_NAME, "mail.mitra.example.", false, "", 0},
    {"copier_2-lt", EXEMPT_NAME, "copier_2-lt", false, "", 0},
    {"p\xc3\xb6st.example", EXEMPT_NAME, "p\xc3\xb6st.example", false, "", 0},
    {"1.example", EXEMPT_NAME, "1.example", false, "", 0},
    {"*.mitra.example", EXEMPT_NAME_PATTERN, "*.mitra.example", false, "", 0},
    {"mx#.mitra.example", EXEMPT_NAME_PATTERN, "mx#.mitra.example", false, "",
	0},
    {"*.example", EXEMPT_NAME_PATTERN, "*.example", true, "", 0},
    {"*mitra.example", EXEMPT_NAME_PATTERN, "*mitra.example", true, "", 0},
    {"192.0.2.1;", EXEMPT_NET, "192.0.2.1", false, "", 0},
    {"192.0.2.1 ; no key", EXEMPT_NET, "192.0.2.1", false, "", 0},
    {"192.0.2.1 ; reason=Old fax gateway until=2027-03-01", EXEMPT_NET,
	"192.0.2.1", false, "Old fax gateway", 20270301},
    {"192.0.2.1;until=2028-02-29 reason= a;b ", EXEMPT_NET, "192.0.2.1", false,
	"a;b", 20280229},
    {"192.0.2.1; since 2020 reason=x=until=y", EXEMPT_NET, "192.0.2.1", false,
	"x=until=y", 0},
    {"192.0.2.1; noreason=x", EXEMPT_NET, "192.0.2.1", false, "", 0},
};

static void
test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(line_cases); i++) {
		const struct line_case *c = &line_cases[i];
		struct exempt_entry e;
		struct diag d = {.text = ""};
		if (exempt_parse_line(slice_str(c->line), &e, &d) != ERR_OK)
			fail_msg("%s: %s", c->line, d.text);
		if (e.what != c->what || e.broad != c->broad ||
		    !slice_eq(e.text, slice_str(c->text)) ||
		    !slice_eq(e.reason, slice_str(c->reason)) ||
		    e.until != c->until)
			fail_msg("%s: what %d broad %d text \"%.*s\" reason "
				 "\"%.*s\" until %u",
			    c->line, e.what, e.broad, SLICE_ARG(e.text),
			    SLICE_ARG(e.reason), e.until);
	}
}

static const struct {
	const char *line, *says;
} error_cases[] = {
    {"192.168.1", "\"192.168.1\": not a whole address"},
    {"192.168.1.256", "not a whole address"},
    {"010.1.2.3", "not a whole address"},
    {"192.0.2.1.", "not a whole address"},
    {"...", "not a whole address"},
    {"192.0.2.1/24", "not a network"},
    {"192.0.2.0/33", "not a network"},
    {"192.0.2/24", "no address stands before"},
    {"contoh.id/24", "no address stands before"},
    {"192.0.*.0/24", "no address stands before"},
    {"192.168.1?", "an address has four numbers"},
    {"1.2.3.4.*", "an address has four numbers"},
    {"300.*", "no address looks like this"},
    {"192..*", "no address looks like this"},
    {"192.01.*", "no address looks like this"},
    {"2001:db8:1", "not an address"},
    {"192.0.2.1:25", "not an address"},
    {"2001:db8:zz:*", "neither an IPv6 address"},
    {"1:2:3:4:5:6:7:8:*", "eight groups"},
    {"2001:0db8:*", "no address looks like this"},
    {"[192.0.2.1]", "without brackets"},
    {".mitra.example", "write \"*.\" before it"},
    {"budi@mitra.example", "not a mailbox"},
    {"mail..example", "neither an address nor a name"},
    {"mail!", "neither an address nor a name"},
    {"mail.example\x01", "neither an address nor a name"},
    {"p\xc2\x9b.example", "neither an address nor a name"},
    {"p\xc3.example", "neither an address nor a name"},
    {"192.0.2.1-192.0.2.9", "a range is written as networks"},
    {"mail.*.5", "no name ends in a number"},
    {"192.0.2.1 192.0.2.2", "one entry a line"},
    {"# a comment", "a comment begins with \";\""},
    {"192.0.2.1 ; until=tomorrow", "\"tomorrow\": until= takes a date"},
    {"192.0.2.1 ; until=", "until= takes a date"},
    {"192.0.2.1 ; until=2027-02-29", "until= takes a date"},
    {"192.0.2.1 ; until=2027-13-01", "until= takes a date"},
    {"192.0.2.1 ; until=2027-00-01", "until= takes a date"},
    {"192.0.2.1 ; until=2027-01-00", "until= takes a date"},
    {"192.0.2.1 ; until=2027/01/01", "until= takes a date"},
    {"192.0.2.1 ; until=1900-02-29", "until= takes a date"},
};

static void
test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(error_cases); i++) {
		struct exempt_entry e;
		struct diag d = {.text = ""};
		enum err err =
		    exempt_parse_line(slice_str(error_cases[i].line), &e, &d);
		if (err != ERR_SYNTAX ||
		    strstr(d.text, error_cases[i].says) == NULL)
			fail_msg("%s: %s: %s", error_cases[i].line,
			    err_name(err), d.text);
		assert_int_equal(
		    exempt_parse_line(slice_str(error_cases[i].line), &e, NULL),
		    ERR_SYNTAX);
	}
}

static void
test_blank(void **state)
{
	static const char *const blank[] = {
	    "", "  \t", ";", "; reason=x until=never", "   ; x"};
	struct exempt_entry e;
	struct diag d;
	char line[EXEMPT_LINE_MAX + 2];
	(void)state;
	for (size_t i = 0; i < COUNT(blank); i++)
		assert_int_equal(exempt_parse_line(slice_str(blank[i]), &e, &d),
		    ERR_NOT_FOUND);
	memset(line, 'x', sizeof(line));
	memcpy(line, "1.2.3.4;", 8);
	assert_int_equal(
	    exempt_parse_line(slice_of(line, EXEMPT_LINE_MAX), &e, &d), ERR_OK);
	assert_int_equal(
	    exempt_parse_line(slice_of(line, EXEMPT_LINE_MAX + 1), &e, &d),
	    ERR_SYNTAX);
	/* A NUL is no end of anything. */
	assert_int_equal(
	    exempt_parse_line(slice_of("a.example\0b", 11), &e, &d),
	    ERR_SYNTAX);
}

static void
test_ends_of_lines(void **state)
{
	static const struct {
		const char *text, *lines;
	} c[] = {
	    {"", ""},
	    {"a", "a|"},
	    {"a\n", "a|"},
	    {"a\nb", "a|b|"},
	    {"a\r\nb\r\n", "a|b|"},
	    {"\xef\xbb\xbf"
	     "a\n\nb",
		"a||b|"},
	    {"\xef\xbb\xbf", ""},
	    {"\n\r\n", "||"},
	    {"a\r\r\n", "a\r|"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct slice line;
		struct buf b;
		size_t at = 0;
		buf_init(&b, 100);
		while (exempt_line(slice_str(c[i].text), &at, &line)) {
			buf_add(&b, line);
			buf_add_byte(&b, '|');
		}
		if (!slice_eq(buf_slice(&b), slice_str(c[i].lines)))
			fail_msg("case %zu: %.*s", i, SLICE_ARG(buf_slice(&b)));
		buf_free(&b);
	}
}

static void
test_survey(void **state)
{
	struct exempt_survey s;
	(void)state;
	assert_int_equal(
	    exempt_survey(SLICE("; list\r\n192.0.2.1\r\n*.mitra.example\r\n"
				"*\r\n192.168.1\r\n10.0.0.0/8\r\nx@y\r\n"),
		&s),
	    ERR_OK);
	assert_int_equal(s.entries, 4);
	assert_int_equal(s.wildcards, 2);
	assert_int_equal(s.broad, 2);
	assert_int_equal(s.first_broad, 4);
	assert_int_equal(s.errors, 2);
	assert_int_equal(s.first_error.line, 5);
	assert_string_equal(s.first_error.text,
	    "\"192.168.1\": not a whole address; a range is written "
	    "192.0.2.0/24 or 192.0.2.*");
}

static void
test_write(void **state)
{
	static const struct {
		const char *line, *written;
	} c[] = {
	    {" 192.0.2.1 ", "192.0.2.1"},
	    {"192.0.2.1;x", "192.0.2.1"},
	    {"MX.mitra.example ;reason=a b", "MX.mitra.example ; reason=a b"},
	    {"*.x.example; until=0987-01-02", "*.x.example ; until=0987-01-02"},
	    {"::1; until=2027-12-31 reason=r",
		"::1 ; reason=r until=2027-12-31"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct exempt_entry e;
		struct buf b;
		buf_init(&b, 200);
		assert_int_equal(
		    exempt_parse_line(slice_str(c[i].line), &e, NULL), ERR_OK);
		exempt_add_line(&b, &e);
		if (!slice_eq(buf_slice(&b), slice_str(c[i].written)))
			fail_msg(
			    "%s: %.*s", c[i].line, SLICE_ARG(buf_slice(&b)));
		buf_free(&b);
	}
}

/* ---- the table ---- */

static const char list[] = "; exempt from PTR\n"
			   "192.0.2.0/24\n"
			   "192.0.2.10\n"
			   "192.0.2.10 ; reason=twice\n"
			   "203.0.113.7 ; until=2026-11-22\n"
			   "203.0.113.0/25 ; until=2026-11-30\n"
			   "not an entry\n"
			   "2001:db8:7::/48\n"
			   "::ffff:198.51.100.1\n"
			   "192.168.0.1##\n"
			   "172.16.*.5\n"
			   "2001:DB8:aaaa:*\n"
			   "Mail.Mitra.example\n"
			   "dot.mitra.example.\n"
			   "*.mitra.example\n"
			   "mx#.*.contoh.id\n"
			   "*cabang*pabrik.id.\n"
			   "old.*.example.org ; until=2020-01-01\n"
			   "old.host.example.org\n";

struct find_case {
	const char *ip; /* or NULL */
	const char *name[3];
	uint32_t today;
	uint32_t line; /* 0: none */
};

#define TODAY 20261122
static const struct find_case find_cases[] = {
    /* addresses: the longest prefix, the first of equals */
    {"192.0.2.10", {NULL}, TODAY, 3},
    {"192.0.2.11", {NULL}, TODAY, 2},
    {"192.0.3.10", {NULL}, TODAY, 0},
    {"198.51.100.1", {NULL}, TODAY, 9},
    {"2001:db8:7:ffff::1", {NULL}, TODAY, 8},
    {"2001:db8:8::1", {NULL}, TODAY, 0},
    /* the last day counts, the next does not */
    {"203.0.113.7", {NULL}, TODAY, 5},
    {"203.0.113.7", {NULL}, TODAY + 1, 6},
    {"203.0.113.7", {NULL}, 20261201, 0},
    /* patterns against the text of an address */
    {"192.168.0.100", {NULL}, TODAY, 10},
    {"192.168.0.199", {NULL}, TODAY, 10},
    {"192.168.0.10", {NULL}, TODAY, 0},
    {"192.168.0.1", {NULL}, TODAY, 0},
    {"172.16.255.5", {NULL}, TODAY, 11},
    {"172.16.255.50", {NULL}, TODAY, 0},
    {"2001:db8:aaaa::1", {NULL}, TODAY, 12},
    {"2001:db8:aaab::1", {NULL}, TODAY, 0},
    /* names */
    {NULL, {"mail.mitra.example"}, TODAY, 13},
    {NULL, {"MAIL.mitra.EXAMPLE."}, TODAY, 13},
    {NULL, {"dot.mitra.example"}, TODAY, 14},
    {NULL, {"other.mitra.example"}, TODAY, 15},
    {NULL, {"a.b.MITRA.example."}, TODAY, 15},
    {NULL, {"mitra.example"}, TODAY, 0},
    {NULL, {"evilmitra.example"}, TODAY, 0},
    {NULL, {"a.mitra.example.org"}, TODAY, 0},
    {NULL, {"mx1.a.b.contoh.id"}, TODAY, 16},
    {NULL, {"mxa.a.contoh.id"}, TODAY, 0},
    {NULL, {"mx12.a.contoh.id"}, TODAY, 0},
    {NULL, {"cabangpabrik.id"}, TODAY, 17},
    {NULL, {"x.cabang.y.pabrik.id"}, TODAY, 17},
    {NULL, {"cabang.id"}, TODAY, 0},
    {NULL, {"old.x.example.org"}, TODAY, 0},
    {NULL, {"old.x.example.org"}, 20200101, 18},
    {NULL, {"old.host.example.org"}, 20200101, 19},
    /* a name is no address and the other way about */
    {NULL, {"192.0.2.10"}, TODAY, 0},
    {NULL, {"192.168.0.100"}, TODAY, 0},
    /* address before name, name before pattern; any of three names */
    {"192.0.2.10", {"mail.mitra.example"}, TODAY, 3},
    {"192.168.0.100", {"x.example", "", "mail.mitra.example"}, TODAY, 13},
    {"192.168.0.100", {"a.mitra.example"}, TODAY, 10},
    {"192.0.3.1", {"x.example", "y.example", "a.mitra.example"}, TODAY, 15},
    {NULL, {NULL}, TODAY, 0},
    {"192.0.3.1", {"."}, TODAY, 0},
};

static struct exempt_question
question(const struct find_case *c)
{
	struct exempt_question q = {.today = c->today};
	if (c->ip != NULL)
		assert_int_equal(ip_parse(slice_str(c->ip), &q.client), ERR_OK);
	for (size_t i = 0; i < 3; i++)
		q.name[i] = slice_str(c->name[i]);
	return q;
}

static void
note(void *arg, uint32_t line, const char *text)
{
	buf_printf(arg, "%u: %s\n", line, text);
}

static void
test_find(void **state)
{
	struct diag d;
	struct exempt_table *t = exempt_compile(SLICE(list), seed, &d);
	(void)state;
	assert_non_null(t);
	assert_int_equal(exempt_count(t), 17);
	for (size_t i = 0; i < COUNT(find_cases); i++) {
		const struct exempt_question q = question(&find_cases[i]);
		struct exempt_entry e = {.line = 0};
		size_t index;
		if (exempt_find(t, &q, &index))
			exempt_entry_at(t, index, &e);
		if (e.line != find_cases[i].line)
			fail_msg("case %zu: line %u", i, e.line);
	}
	exempt_free(t);
}

/* In steps of one line, and what is not whole is of no use. */
static void
test_steps(void **state)
{
	const struct exempt_question q = question(&find_cases[0]);
	struct exempt_entry e;
	struct buf told;
	struct diag d;
	size_t steps = 1, index;
	(void)state;
	buf_init(&told, 1000);
	struct exempt_table *t = exempt_begin(SLICE(list), seed, note, &told);
	assert_non_null(t);
	for (; exempt_step(t, 1, &d) == ERR_MORE; steps++)
		assert_false(exempt_find(t, &q, &index));
	assert_in_range(steps, 36, 38);
	assert_true(exempt_find(t, &q, &index));
	assert_int_equal(index, 1);
	exempt_entry_at(t, index, &e);
	assert_int_equal(e.line, 3);
	assert_true(slice_starts(buf_slice(&told), SLICE("7: \"not an entry")));
	buf_free(&told);
	exempt_free(t);
}

static void
test_same(void **state)
{
	static const struct {
		const char *entry;
		bool there;
		size_t index;
	} c[] = {
	    {"192.0.2.10", true, 1},
	    {"192.0.2.10/32", true, 1},
	    {"192.0.2.0/25", false, 0},
	    {"2001:db8:0007::/48", true, 5},
	    {"MAIL.mitra.example.", true, 10},
	    {"*.MITRA.example", true, 12},
	    {"*.mitra.examples", false, 0},
	    {"old.*.example.org", true, 15},
	};
	struct diag d;
	struct exempt_table *t = exempt_compile(SLICE(list), seed, &d);
	(void)state;
	assert_non_null(t);
	for (size_t i = 0; i < COUNT(c); i++) {
		struct exempt_entry e;
		size_t index = 0;
		assert_int_equal(
		    exempt_parse_line(slice_str(c[i].entry), &e, NULL), ERR_OK);
		if (exempt_same(t, &e, &index) != c[i].there ||
		    index != c[i].index)
			fail_msg("%s: %zu", c[i].entry, index);
	}
	exempt_free(t);
}

/* Of equal entries the longer lived one counts. */
static void
test_twice(void **state)
{
	static const struct {
		const char *text;
		uint32_t line;
	} c[] = {
	    {"::1\n::1\n", 1},
	    {"::1;until=2027-01-01\n::1\n", 2},
	    {"::1\n::1;until=2027-01-01\n", 1},
	    {"::1;until=2027-01-01\n::1;until=2027-01-02\n", 2},
	    {"::1;until=2027-01-02\n0::1;until=2027-01-01\n::1\n", 3},
	    {"A.example\na.example.\n", 1},
	};
	const struct find_case f = {"::1", {"a.example"}, TODAY, 0};
	const struct exempt_question q = question(&f);
	(void)state;
	for (size_t i = 0; i < COUNT(c); i++) {
		struct exempt_entry e;
		size_t index;
		struct diag d;
		struct exempt_table *t =
		    exempt_compile(slice_str(c[i].text), seed, &d);
		assert_non_null(t);
		assert_true(exempt_find(t, &q, &index));
		exempt_entry_at(t, index, &e);
		assert_int_equal(e.line, c[i].line);
		exempt_free(t);
	}
}

static void
test_empty(void **state)
{
	const struct exempt_question q = question(&find_cases[0]);
	struct diag d;
	size_t index;
	(void)state;
	struct exempt_table *t = exempt_compile(SLICE_EMPTY, seed, &d);
	assert_non_null(t);
	assert_int_equal(exempt_count(t), 0);
	assert_false(exempt_find(t, &q, &index));
	exempt_free(t);
	exempt_free(NULL);
}

/* Maxima: of wildcards, and the memory of a hundred thousand entries, all of
 * which are found. */
static void
test_many(void **state)
{
	struct buf b;
	struct diag d;
	size_t index;
	(void)state;
	buf_init(&b, 8 << 20);
	for (unsigned i = 0; i < 100000; i++)
		buf_printf(&b, i % 2 == 0 ? "10.%u.%u.%u\n" : "h%u.%u.a%u.id\n",
		    i >> 16, i >> 8 & 255, i & 255);
	struct exempt_table *t = exempt_compile(buf_slice(&b), seed, &d);
	assert_non_null(t);
	assert_in_range(exempt_octets(t), 1, 100000 * 48);
	for (unsigned i = 0; i < 100000; i++) {
		char text[64];
		snprintf(text, sizeof(text),
		    i % 2 == 0 ? "10.%u.%u.%u" : "h%u.%u.a%u.id", i >> 16,
		    i >> 8 & 255, i & 255);
		const struct find_case f = {
		    i % 2 == 0 ? text : NULL, {text}, TODAY, 0};
		const struct exempt_question q = question(&f);
		if (!exempt_find(t, &q, &index) || index != i)
			fail_msg("%s", text);
	}
	exempt_free(t);
	buf_clear(&b);
	for (unsigned i = 0; i < EXEMPT_WILDCARDS_MAX; i++)
		buf_printf(&b, "*.d%u.example\n", i);
	t = exempt_compile(buf_slice(&b), seed, &d);
	assert_non_null(t);
	exempt_free(t);
	buf_add_str(&b, "*.one.more.example");
	assert_null(exempt_compile(buf_slice(&b), seed, &d));
	assert_non_null(strstr(d.text, "more than 10000"));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_blank),
	    cmocka_unit_test(test_ends_of_lines),
	    cmocka_unit_test(test_survey),
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_steps),
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_twice),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
