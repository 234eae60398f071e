#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/auth/account.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define S(lit)                                                                 \
	{                                                                      \
		(const uint8_t *)(lit), sizeof(lit) - 1                        \
	}

#define L32 "abcdefghijklmnopqrstuvwxyz012345"
#define L64 L32 L32

struct name_case {
	struct slice in;
	const char *out; /* NULL: refused */
};

static const struct name_case name_cases[] = {
    {S("budi"), "budi"},
    {S("Budi@Contoh.ID"), "budi@contoh.id"},
    {S("budi.s@contoh.id"), "budi.s@contoh.id"},
    {S("budi+tag@contoh.id"), "budi+tag@contoh.id"},
    {S("a@b"), "a@b"},
    {S(L64 "@contoh.id"), L64 "@contoh.id"},
    {S("b\xc3\xbc@contoh.id"), "b\xc3\xbc@contoh.id"},
    {S(""), NULL},
    {S("@contoh.id"), NULL},
    {S("budi@"), NULL},
    {S(".budi"), NULL},
    {S(".."), NULL},
    {S("..@contoh.id"), NULL},
    {S("budi."), NULL},
    {S("bu..di"), NULL},
    {S("bu/di"), NULL},
    {S("../budi@contoh.id"), NULL},
    {S("budi@contoh/id"), NULL},
    {S("bu\0di"), NULL},
    {S("budi@con\0toh.id"), NULL},
    {S("bu\x1f"), NULL},
    {S("bu\x7f@contoh.id"), NULL},
    {S("budi@contoh.\x01id"), NULL},
    {S("bu di"), NULL},
    {S("\"budi\"@contoh.id"), NULL},
    {S("budi@mitra@contoh.id"), NULL},
    {S("#budi"), NULL},
    {S("budi@contoh.id."), NULL},
    {S("budi@.contoh.id"), NULL},
    {S("budi@contoh..id"), NULL},
    {S("budi@-contoh.id"), NULL},
    {S("budi@contoh-.id"), NULL},
    {S("budi@con_toh.id"), NULL},
    {S("budi@[192.0.2.1]"), NULL},
    {S("budi@" L64 ".id"), NULL},
    {S(L64 "x"), NULL},
    {S("bu\xff"), NULL},
    {S("bu\\di"), NULL},
    {S("bu:di"), NULL},
};

static void
test_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(name_cases); i++) {
		const struct name_case *c = &name_cases[i];
		struct buf b;
		struct diag why;
		diag_clear(&why);
		buf_init(&b, ACCOUNT_NAME_MAX);
		enum err e = account_name(c->in, &b, &why);
		if (c->out == NULL) {
			assert_int_equal(e, ERR_SYNTAX);
			assert_int_equal(b.n, 0);
			assert_true(why.text[0] != '\0');
		} else {
			assert_int_equal(e, ERR_OK);
			assert_true(slice_eq(buf_slice(&b), slice_str(c->out)));
		}
		buf_free(&b);
	}
}

static void
test_domain_length(void **state)
{
	(void)state;
	/* 2 + 7 * 36 + 1 = 255 octets of domain, then one more. */
	struct buf in, out;
	buf_init(&in, 1024);
	buf_init(&out, 1024);
	buf_add(&in, SLICE("a@"));
	for (int i = 0; i < 7; i++)
		buf_add(&in, SLICE(L32 "abc."));
	buf_add(&in, SLICE("abc"));
	assert_int_equal(in.n - 2, 255);
	assert_int_equal(account_name(buf_slice(&in), &out, NULL), ERR_OK);
	buf_add_byte(&in, 'd');
	assert_int_equal(account_name(buf_slice(&in), &out, NULL), ERR_SYNTAX);
	buf_free(&in);
	buf_free(&out);
}

#define HASH "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$tnSYvahCwPBHKZUspmcxMfb0.WiB9W"
#define SALT "c2FsdHNhbHRzYWx0c2FsdA==" /* "saltsaltsaltsalt" */
#define KEY  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY2 "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SCR  "scram-sha-256=4096," SALT "," KEY "," KEY2
#define CR   "crypt=" HASH

struct line_case {
	const char *line;
	enum err err;
	const char *says; /* a part of the complaint */
};

static const struct line_case line_cases[] = {
    {"", ERR_NOT_FOUND, NULL},
    {"   \t", ERR_NOT_FOUND, NULL},
    {"# budi", ERR_NOT_FOUND, NULL},
    {"  # budi", ERR_NOT_FOUND, NULL},
    {"budi@contoh.id " CR " " SCR, ERR_OK, NULL},
    {"budi@contoh.id   " SCR "  " CR " ", ERR_OK, NULL},
    {"budi", ERR_SYNTAX, "crypt= is missing"},
    {"budi " CR, ERR_SYNTAX, "scram-sha-256= is missing"},
    {"budi " SCR, ERR_SYNTAX, "crypt= is missing"},
    {"budi " CR " " CR " " SCR, ERR_SYNTAX, "twice"},
    {"budi " CR " " SCR " " SCR, ERR_SYNTAX, "twice"},
    {"budi " CR " " SCR " quota=5", ERR_SYNTAX, "unknown field"},
    {"budi " CR " " SCR " x", ERR_SYNTAX, "unknown field"},
    {"Budi " CR " " SCR, ERR_SYNTAX, "lower case"},
    {".budi " CR " " SCR, ERR_SYNTAX, "dot"},
    {"budi\t" CR " " SCR, ERR_SYNTAX, "control byte"},
    {"budi crypt=rahasia " SCR, ERR_SYNTAX, "crypt(3)"},
    {"budi crypt= " SCR, ERR_SYNTAX, "crypt(3)"},
    {"budi crypt=$y " SCR, ERR_SYNTAX, "crypt(3)"},
    {"budi crypt=$y$a:b$c " SCR, ERR_SYNTAX, "crypt(3)"},
    {"budi crypt=*0 " SCR, ERR_SYNTAX, "crypt(3)"},
    {"budi " CR " scram-sha-256=", ERR_SYNTAX, "iterations"},
    {"budi " CR " scram-sha-256=4095," SALT "," KEY "," KEY2, ERR_SYNTAX,
	"iterations"},
    {"budi " CR " scram-sha-256=99999999," SALT "," KEY "," KEY2, ERR_SYNTAX,
	"iterations"},
    {"budi " CR " scram-sha-256=4096,," KEY "," KEY2, ERR_SYNTAX, "salt"},
    {"budi " CR " scram-sha-256=4096,!," KEY "," KEY2, ERR_SYNTAX, "salt"},
    {"budi " CR " scram-sha-256=4096," SALT, ERR_SYNTAX, "key"},
    {"budi " CR " scram-sha-256=4096," SALT "," KEY, ERR_SYNTAX, "key"},
    {"budi " CR " scram-sha-256=4096," SALT "," KEY ",AAEC", ERR_SYNTAX, "key"},
    {"budi " CR " scram-sha-256=4096," SALT "," KEY "," KEY2 ",x", ERR_SYNTAX,
	"key"},
};

static void
test_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(line_cases); i++) {
		const struct line_case *c = &line_cases[i];
		struct account a = {.iterations = 7};
		struct diag why;
		diag_clear(&why);
		assert_int_equal(
		    account_parse(slice_str(c->line), &a, &why), c->err);
		if (c->says != NULL && strstr(why.text, c->says) == NULL)
			fail_msg("%s: %s", c->line, why.text);
		if (c->err != ERR_OK) {
			assert_int_equal(a.iterations, 7);
			continue;
		}
		assert_int_equal(a.iterations, 4096);
		assert_int_equal(a.salt_n, 16);
		assert_memory_equal(a.salt, "saltsaltsaltsalt", 16);
		assert_int_equal(a.stored_key[0], 0);
		assert_int_equal(a.server_key[0], 0x1f);
		assert_true(slice_eq(a.hash, SLICE(HASH)));
		assert_true(slice_eq(a.name, SLICE("budi@contoh.id")));
	}
}

static void
test_line_too_long(void **state)
{
	(void)state;
	struct buf b;
	struct account a;
	buf_init(&b, 8192);
	buf_add(&b, SLICE("budi " CR " " SCR));
	while (b.n < ACCOUNT_LINE_MAX)
		buf_add_byte(&b, ' ');
	assert_int_equal(account_parse(buf_slice(&b), &a, NULL), ERR_OK);
	buf_add_byte(&b, ' ');
	assert_int_equal(account_parse(buf_slice(&b), &a, NULL), ERR_SYNTAX);
	buf_free(&b);
}

static void
test_format(void **state)
{
	(void)state;
	static const char line[] = "budi@contoh.id " CR " " SCR;
	struct account a;
	struct buf b;
	buf_init(&b, ACCOUNT_LINE_MAX);
	assert_int_equal(account_parse(slice_str(line), &a, NULL), ERR_OK);
	assert_int_equal(account_format(&b, &a), ERR_OK);
	assert_int_equal(b.n, sizeof(line));
	assert_memory_equal(b.p, line, sizeof(line) - 1);
	assert_int_equal(b.p[b.n - 1], '\n');
	buf_clear(&b);
	a.name = SLICE("../budi");
	assert_int_equal(account_format(&b, &a), ERR_SYNTAX);
	a.name = SLICE("budi");
	a.hash = SLICE("rahasia");
	assert_int_equal(account_format(&b, &a), ERR_SYNTAX);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void
test_next_line(void **state)
{
	(void)state;
	struct slice rest = SLICE("a\r\n\nb"), line;
	size_t no = 0;
	assert_true(account_next_line(&rest, &no, &line));
	assert_true(slice_eq(line, SLICE("a")));
	assert_true(account_next_line(&rest, &no, &line));
	assert_int_equal(line.n, 0);
	assert_true(account_next_line(&rest, &no, &line));
	assert_true(slice_eq(line, SLICE("b")));
	assert_int_equal(no, 3);
	assert_false(account_next_line(&rest, &no, &line));
}

static void
test_split(void **state)
{
	(void)state;
	struct slice local, domain;
	account_split(SLICE("budi@contoh.id"), &local, &domain);
	assert_true(slice_eq(local, SLICE("budi")));
	assert_true(slice_eq(domain, SLICE("contoh.id")));
	account_split(SLICE("budi"), &local, &domain);
	assert_true(slice_eq(local, SLICE("budi")));
	assert_int_equal(domain.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_name),
	    cmocka_unit_test(test_domain_length),
	    cmocka_unit_test(test_line),
	    cmocka_unit_test(test_line_too_long),
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_next_line),
	    cmocka_unit_test(test_split),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
