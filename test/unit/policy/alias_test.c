#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "policy/alias.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Collects "LINE: text\n". */
static void
note(void *arg, size_t line, const char *text)
{
	buf_printf(arg, "%zu: %s\n", line, text);
}

struct error_case {
	const char *text;
	const char *says[3]; /* parts of the complaints; NULL ends */
};

static const struct error_case error_cases[] = {
    {"budi ani\n", {"1: a colon is missing after \"budi ani\""}},
    {"\nbudi:\n", {"2: no target for \"budi\""}},
    {"budi: # later\nani: budi\n", {"1: no target for \"budi\""}},
    {"budi: ani,\nani: x\n", {"1: the list ends with a comma: \"budi\""}},
    {"budi: ani,,x\n", {"1: nothing between commas"}},
    {"budi: ,ani\n", {"1: nothing between commas"}},
    {"budi: ani\n  x\n", {"2: a comma is missing before \"x\""}},
    {"  budi: ani\n", {"1: nothing above is continued"}},
    {"@contoh.id: budi\n", {"1: no catch-all"}},
    {": budi\n", {"1: not a name or an address: \"\""}},
    {"budi: |/bin/sh\n", {"1: ", "not piped"}},
    {"budi: \"|/bin/sh -c x\"\n", {"1: ", "not piped"}},
    {"budi: /var/mail/x\n", {"1: ", "a file is not a target"}},
    {"budi: :include:/etc/list\n", {"1: ", "not included"}},
    {"budi: \\budi\n", {"1: ", "no backslash is needed"}},
    {"budi: @contoh.id\n", {"1: ", "a target needs a name"}},
    {"budi: a b\n", {"1: ", "' ' may not stand in a name"}},
    {"budi: a@b@c\n", {"1: ", "'@' may not stand in a name"}},
    {"budi: ani\nBudi: x\n", {"2: the alias \"budi\" stands in line 1"}},
    {"budi: .\nani: ..\n", {"1: ", "2: "}},
    {"bu/di: x\n", {"1: ", "'/'"}},
    {"budi: a\x01\n", {"1: ", "control byte"}},
};

static void
test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(error_cases); i++) {
		const struct error_case *c = &error_cases[i];
		struct alias_table t;
		struct arena a;
		struct buf b;
		arena_init(&a, 1 << 20);
		buf_init(&b, 4096);
		assert_int_equal(
		    alias_parse(slice_str(c->text), &a, note, &b, &t),
		    ERR_SYNTAX);
		assert_int_equal(t.n, 0);
		buf_add_byte(&b, 0);
		for (size_t k = 0; k < 3 && c->says[k] != NULL; k++)
			if (strstr((char *)b.p, c->says[k]) == NULL)
				fail_msg("%s gave %s", c->text, (char *)b.p);
		buf_free(&b);
		arena_reset(&a);
	}
}

static bool
is_ours(void *arg, struct slice domain)
{
	(void)arg;
	return slice_eq_nocase(domain, SLICE("contoh.id")) ||
	       slice_eq_nocase(domain, SLICE("cabang.id"));
}

/* cabang.id is a gateway: only full names count there. */
static bool
is_bare(void *arg, struct slice domain)
{
	(void)arg;
	return slice_eq_nocase(domain, SLICE("contoh.id"));
}

static const char file[] =
    "\xef\xbb\xbf# the aliases of contoh.id\r\n"
    "\r\n"
    "postmaster: budi\r\n"
    "Abuse:      postmaster, ani@mitra.example   # both\n"
    "semua:      budi, ani,\n"
    "  # a comment in between\n"
    "            citra@contoh.id\n"
    "info@cabang.id: pusat@cabang.id\n"
    "ani: ani, arsip@example.org\n"
    "a1: a2\na2: a1\n"
    "b1: b2\nb2: b1, dian\n"
    "twice: budi, budi, BUDI@Contoh.id, postmaster\n"
    "Eko: EKO.S@Contoh.ID\n"
    "plus+tag: budi\n";

struct expand_case {
	const char *local, *domain;
	enum err err;
	const char *out; /* addresses, a blank after each */
};

static const struct expand_case expand_cases[] = {
    {"budi", "contoh.id", ERR_OK, ""},
    {"postmaster", "contoh.id", ERR_OK, "budi@contoh.id "},
    {"PostMaster", "CONTOH.id", ERR_OK, "budi@CONTOH.id "},
    {"abuse", "contoh.id", ERR_OK, "ani@mitra.example budi@contoh.id "},
    {"semua", "contoh.id", ERR_OK,
	"budi@contoh.id ani@contoh.id citra@contoh.id arsip@example.org "},
    {"ani", "contoh.id", ERR_OK, "ani@contoh.id arsip@example.org "},
    {"ani+x", "contoh.id", ERR_OK, "ani@contoh.id arsip@example.org "},
    {"postmaster", "cabang.id", ERR_OK, ""},
    {"info", "cabang.id", ERR_OK, "pusat@cabang.id "},
    {"info+a", "cabang.id", ERR_OK, "pusat@cabang.id "},
    {"info", "contoh.id", ERR_OK, ""},
    {"postmaster", "mitra.example", ERR_OK, ""},
    {"a1", "contoh.id", ERR_SYNTAX, ""},
    {"b1", "contoh.id", ERR_OK, "dian@contoh.id "},
    {"twice", "contoh.id", ERR_OK, "budi@contoh.id "},
    {"eko", "contoh.id", ERR_OK, "EKO.S@Contoh.ID "},
    {"plus+tag", "contoh.id", ERR_OK, "budi@contoh.id "},
    {"plus", "contoh.id", ERR_OK, ""},
    {"plus+other", "contoh.id", ERR_OK, ""},
    {"+postmaster", "contoh.id", ERR_OK, ""},
    {"info@cabang.id", "contoh.id", ERR_OK, ""}, /* was quoted */
    {"", "contoh.id", ERR_OK, ""},
};

static void
test_expand(void **state)
{
	(void)state;
	struct alias_table t;
	struct arena a;
	struct buf b;
	const struct alias_rules rules = {
	    .bare = is_bare, .ours = is_ours, .delimiter = SLICE("+")};
	arena_init(&a, 16 << 20);
	buf_init(&b, 4096);
	assert_int_equal(
	    alias_parse(slice_str(file), &a, note, &b, &t), ERR_OK);
	assert_int_equal(t.n, 12);
	for (size_t i = 0; i < COUNT(expand_cases); i++) {
		const struct expand_case *c = &expand_cases[i];
		struct alias_list l = {.n = 0};
		struct diag why;
		buf_clear(&b);
		assert_int_equal(alias_expand(&t, &rules, slice_str(c->local),
				     slice_str(c->domain), &a, &l, &why),
		    c->err);
		for (size_t k = 0; k < l.n; k++) {
			buf_add(&b, l.address[k]);
			buf_add_byte(&b, ' ');
		}
		if (!slice_eq(buf_slice(&b), slice_str(c->out)))
			fail_msg("%s@%s: %.*s", c->local, c->domain,
			    SLICE_ARG(buf_slice(&b)));
	}
	buf_free(&b);
	arena_reset(&a);
}

static void
test_no_delimiter(void **state)
{
	(void)state;
	struct alias_table t;
	struct arena a;
	struct alias_list l;
	struct diag why;
	const struct alias_rules rules = {.bare = is_bare, .ours = is_ours};
	arena_init(&a, 1 << 20);
	assert_int_equal(
	    alias_parse(SLICE("budi: ani\n"), &a, note, NULL, &t), ERR_OK);
	assert_int_equal(alias_expand(&t, &rules, SLICE("budi+x"),
			     SLICE("contoh.id"), &a, &l, &why),
	    ERR_OK);
	assert_int_equal(l.n, 0);
	arena_reset(&a);
}

static void
expand_text(struct buf *text, enum err want, size_t want_n)
{
	struct alias_table t;
	struct arena a;
	struct alias_list l = {.n = 0};
	struct diag why;
	const struct alias_rules rules = {
	    .bare = is_bare, .ours = is_ours, .delimiter = SLICE("+")};
	arena_init(&a, 16 << 20);
	assert_int_equal(
	    alias_parse(buf_slice(text), &a, note, NULL, &t), ERR_OK);
	assert_int_equal(alias_expand(&t, &rules, SLICE("a0"),
			     SLICE("contoh.id"), &a, &l, &why),
	    want);
	assert_int_equal(l.n, want_n);
	arena_reset(&a);
}

static void
test_limits(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1 << 20);
	/* A chain of exactly the depth that is allowed, then one more. */
	for (int i = 0; i < ALIAS_DEPTH_MAX; i++)
		buf_printf(&b, "a%d: a%d\n", i, i + 1);
	expand_text(&b, ERR_OK, 1);
	buf_printf(&b, "a%d: a%d\n", ALIAS_DEPTH_MAX, ALIAS_DEPTH_MAX + 1);
	expand_text(&b, ERR_LIMIT, 0);
	buf_clear(&b);
	buf_add_str(&b, "a0: x");
	for (int i = 1; i < ALIAS_TARGETS_MAX - 1; i++)
		buf_printf(&b, ", x%d", i);
	expand_text(&b, ERR_OK, ALIAS_TARGETS_MAX - 1);
	buf_add_str(&b, ", y");
	expand_text(&b, ERR_LIMIT, 0);
	buf_free(&b);
}

static void
test_no_memory(void **state)
{
	(void)state;
	struct slice text = slice_str(file);
	bool done = false;
	for (size_t cap = 0; !done && cap < 100000; cap += 16) {
		struct alias_table t;
		struct arena a;
		struct buf b;
		arena_init(&a, cap);
		buf_init(&b, 4096);
		enum err e = alias_parse(text, &a, note, &b, &t);
		assert_true(e == ERR_OK || e == ERR_NOMEM);
		done = e == ERR_OK;
		buf_free(&b);
		arena_reset(&a);
	}
	assert_true(done);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_expand),
	    cmocka_unit_test(test_no_delimiter),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_no_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
