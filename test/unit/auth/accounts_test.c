#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "role/auth/accounts.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define HASH "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$tnSYvahCwPBHKZUspmcxMfb0.WiB9W"
#define KEY  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define REST " crypt=" HASH " scram-sha-256=4096,c2FsdA==," KEY "," KEY "\n"

static const uint64_t seed[2] = {1, 2};

static enum err
read_text(
    struct accounts *t, const char *text, size_t *out_line, struct diag *why)
{
	struct buf b;
	buf_init(&b, 65536);
	buf_add_str(&b, text);
	diag_clear(why);
	enum err e = accounts_read(t, seed, &b, out_line, why);
	assert_int_equal(b.n, 0);
	buf_free(&b);
	return e;
}

static bool
is_maildir(void *arg, struct slice domain)
{
	(void)arg;
	return slice_eq(domain, SLICE("contoh.id"));
}

static void
test_login(void **state)
{
	(void)state;
	struct accounts t;
	struct diag why;
	size_t line;
	static const struct {
		const char *login, *account;
	} cases[] = {
	    {"budi@contoh.id", "budi@contoh.id"},
	    {"budi", "budi@contoh.id"},
	    {"ani", "ani"},
	    {"ani@contoh.id", "ani"},
	    {"ani@mitra.example", NULL},
	    {"eka", NULL},
	    {"eka@contoh.id", "eka@contoh.id"},
	    {"dian", "dian"}, /* the bare one before dian@contoh.id */
	    {"dian@contoh.id", "dian@contoh.id"},
	    {"dian@mitra.example", NULL},
	    {"siapa", NULL},
	    {"", NULL},
	};
	assert_int_equal(read_text(&t,
			     "# accounts\nbudi@contoh.id" REST "\nani" REST
			     "eka@contoh.id" REST "eka@cabang.id" REST
			     "dian" REST "dian@contoh.id" REST,
			     &line, &why),
	    ERR_OK);
	assert_int_equal(t.n, 6);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct account *a = accounts_login(
		    &t, slice_str(cases[i].login), is_maildir, NULL);
		if (cases[i].account == NULL)
			assert_null(a);
		else
			assert_true(
			    slice_eq(a->name, slice_str(cases[i].account)));
	}
	accounts_free(&t);
	assert_null(accounts_find(&t, SLICE("budi")));
	accounts_free(&t);
}

static void
test_errors(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t line;
		const char *says;
	} cases[] = {
	    {"budi" REST "\nani\n", 3, "crypt= is missing"},
	    {"budi" REST "# x\nbudi" REST, 3, "the account budi stands twice"},
	    {"../budi" REST, 1, "a name may not begin with a dot"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct accounts t;
		struct diag why;
		size_t line;
		assert_int_equal(
		    read_text(&t, cases[i].text, &line, &why), ERR_SYNTAX);
		assert_int_equal(line, cases[i].line);
		assert_string_equal(why.text, cases[i].says);
		assert_int_equal(t.n, 0);
		assert_null(accounts_find(&t, SLICE("budi")));
	}
}

static void
test_empty(void **state)
{
	(void)state;
	struct accounts t;
	struct diag why;
	size_t line;
	assert_int_equal(read_text(&t, "", &line, &why), ERR_OK);
	assert_int_equal(t.n, 0);
	assert_null(accounts_login(&t, SLICE("budi"), is_maildir, NULL));
	accounts_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_login),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
