#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/auth/sasl.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define S(lit)                                                                 \
	{                                                                      \
		(const uint8_t *)(lit), sizeof(lit) - 1                        \
	}

static void
test_mech(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum err err;
		enum sasl_mech mech;
	} cases[] = {
	    {"PLAIN", ERR_OK, SASL_PLAIN},
	    {"plain", ERR_OK, SASL_PLAIN},
	    {"Login", ERR_OK, SASL_LOGIN},
	    {"SCRAM-SHA-256", ERR_OK, SASL_SCRAM_SHA_256},
	    {"SCRAM-SHA-256-PLUS", ERR_OK, SASL_SCRAM_SHA_256_PLUS},
	    {"SCRAM-SHA-1", ERR_NOT_FOUND, SASL_PLAIN},
	    {"CRAM-MD5", ERR_NOT_FOUND, SASL_PLAIN},
	    {"", ERR_NOT_FOUND, SASL_PLAIN},
	    {"PLAIN ", ERR_NOT_FOUND, SASL_PLAIN},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum sasl_mech m = SASL_MECH_COUNT;
		assert_int_equal(sasl_mech_parse(slice_str(cases[i].name), &m),
		    cases[i].err);
		if (cases[i].err == ERR_OK)
			assert_int_equal(m, cases[i].mech);
		else
			assert_int_equal(m, SASL_MECH_COUNT);
	}
	assert_int_equal(sasl_mech_name(SASL_MECH_COUNT).n, 0);
}

struct plain_case {
	struct slice in;
	enum err err;
	struct sasl_plain out;
};

static const struct plain_case plain_cases[] = {
    {S("\0budi\0rahasia"), ERR_OK, {S(""), S("budi"), S("rahasia")}},
    {S("ani\0budi\0r"), ERR_OK, {S("ani"), S("budi"), S("r")}},
    {S("\0b\xc3\xbc\0\xe2\x82\xac"), ERR_OK,
	{S(""), S("b\xc3\xbc"), S("\xe2\x82\xac")}},
    {S(""), ERR_SYNTAX, {S(""), S(""), S("")}},
    {S("budi"), ERR_SYNTAX, {S(""), S(""), S("")}},
    {S("budi\0rahasia"), ERR_SYNTAX, {S(""), S(""), S("")}},
    {S("\0\0rahasia"), ERR_SYNTAX, {S(""), S(""), S("")}},
    {S("\0budi\0"), ERR_SYNTAX, {S(""), S(""), S("")}},
    {S("\0budi\0raha\0sia"), ERR_SYNTAX, {S(""), S(""), S("")}},
    {S("\0budi\0rahasia\0"), ERR_SYNTAX, {S(""), S(""), S("")}},
    {S("\0bu\xff\0rahasia"), ERR_SYNTAX, {S(""), S(""), S("")}},
    {S("\0budi\0\xc0\x80"), ERR_SYNTAX, {S(""), S(""), S("")}},
    {S("\xff\0budi\0r"), ERR_SYNTAX, {S(""), S(""), S("")}},
};

static void
test_plain_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(plain_cases); i++) {
		const struct plain_case *c = &plain_cases[i];
		struct sasl_plain p = {.authcid = SLICE("untouched")};
		assert_int_equal(sasl_plain_parse(c->in, &p), c->err);
		if (c->err != ERR_OK) {
			assert_true(slice_eq(p.authcid, SLICE("untouched")));
			continue;
		}
		assert_true(slice_eq(p.authzid, c->out.authzid));
		assert_true(slice_eq(p.authcid, c->out.authcid));
		assert_true(slice_eq(p.password, c->out.password));
	}
}

static void
test_plain_lengths(void **state)
{
	(void)state;
	static uint8_t msg[2 * SASL_PASSWORD_MAX];
	struct sasl_plain p;
	memset(msg, 'x', sizeof(msg));
	msg[0] = 0;
	msg[1 + SASL_NAME_MAX] = 0;
	size_t full = 2 + SASL_NAME_MAX + SASL_PASSWORD_MAX;
	assert_int_equal(sasl_plain_parse(slice_of(msg, full), &p), ERR_OK);
	assert_int_equal(
	    sasl_plain_parse(slice_of(msg, full + 1), &p), ERR_LIMIT);
	msg[1 + SASL_NAME_MAX] = 'x';
	msg[2 + SASL_NAME_MAX] = 0;
	assert_int_equal(sasl_plain_parse(slice_of(msg, full), &p), ERR_LIMIT);
}

static void
test_plain_build(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 64);
	struct sasl_plain in = {
	    .authcid = SLICE("budi"), .password = SLICE("rahasia")};
	assert_int_equal(sasl_plain_build(&b, &in), ERR_OK);
	assert_true(slice_eq(buf_slice(&b), SLICE("\0budi\0rahasia")));
	buf_clear(&b);
	in.password = SLICE("raha\0sia");
	assert_int_equal(sasl_plain_build(&b, &in), ERR_SYNTAX);
	in.password = SLICE_EMPTY;
	assert_int_equal(sasl_plain_build(&b, &in), ERR_SYNTAX);
	assert_int_equal(b.n, 0);
	buf_free(&b);
	buf_init(&b, 5);
	in.password = SLICE("rahasia");
	assert_int_equal(sasl_plain_build(&b, &in), ERR_LIMIT);
	buf_free(&b);
}

static void
test_login(void **state)
{
	(void)state;
	assert_true(slice_eq(
	    sasl_login_prompt(SASL_LOGIN_ASK_NAME), SLICE("Username:")));
	assert_true(slice_eq(
	    sasl_login_prompt(SASL_LOGIN_ASK_PASSWORD), SLICE("Password:")));
	assert_int_equal(
	    sasl_login_text(SASL_LOGIN_ASK_NAME, SLICE("budi")), ERR_OK);
	assert_int_equal(
	    sasl_login_text(SASL_LOGIN_ASK_NAME, SLICE("")), ERR_SYNTAX);
	assert_int_equal(
	    sasl_login_text(SASL_LOGIN_ASK_NAME, SLICE("a\0b")), ERR_SYNTAX);
	static uint8_t longer[SASL_NAME_MAX + 1];
	memset(longer, 'x', sizeof(longer));
	assert_int_equal(sasl_login_text(SASL_LOGIN_ASK_NAME,
			     slice_of(longer, sizeof(longer))),
	    ERR_LIMIT);
	assert_int_equal(sasl_login_text(SASL_LOGIN_ASK_PASSWORD,
			     slice_of(longer, sizeof(longer))),
	    ERR_OK);
}

struct scram_case {
	struct slice in;
	enum err err;
	enum scram_binding binding;
	const char *name, *authzid, *username, *nonce;
};

static const struct scram_case scram_cases[] = {
    {S("n,,n=budi,r=abc"), ERR_OK, SCRAM_BINDING_NONE, "", "", "budi", "abc"},
    {S("y,,n=budi,r=abc"), ERR_OK, SCRAM_BINDING_UNSEEN, "", "", "budi", "abc"},
    {S("p=tls-exporter,,n=budi,r=a/b+"), ERR_OK, SCRAM_BINDING_USED,
	"tls-exporter", "", "budi", "a/b+"},
    {S("n,a=ani,n=budi,r=abc"), ERR_OK, SCRAM_BINDING_NONE, "", "ani", "budi",
	"abc"},
    {S("n,,n=a=2Cb,r=abc,x=ext"), ERR_OK, SCRAM_BINDING_NONE, "", "", "a=2Cb",
	"abc"},
    {S("n,,m=x,n=budi,r=abc"), ERR_UNSUPPORTED, 0, "", "", "", ""},
    {S(""), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n,"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n,,"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n,,n="), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n,,n=,r=abc"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n,,n=budi"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n,,n=budi,r="), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n,,n=budi,r=a b"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n,,r=abc,n=budi"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("z,,n=budi,r=abc"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("p=,,n=budi,r=abc"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("p=tls exporter,,n=budi,r=abc"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n,b=x,n=budi,r=abc"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n,a=,n=budi,r=abc"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n,,n=bu\0di,r=abc"), ERR_SYNTAX, 0, "", "", "", ""},
    {S("n,,n=\xff,r=abc"), ERR_SYNTAX, 0, "", "", "", ""},
};

static void
test_scram_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(scram_cases); i++) {
		const struct scram_case *c = &scram_cases[i];
		struct scram_first f = {.nonce = SLICE("untouched")};
		assert_int_equal(scram_first_parse(c->in, &f), c->err);
		if (c->err != ERR_OK) {
			assert_true(slice_eq(f.nonce, SLICE("untouched")));
			continue;
		}
		assert_int_equal(f.binding, c->binding);
		assert_true(slice_eq(f.binding_name, slice_str(c->name)));
		assert_true(slice_eq(f.authzid, slice_str(c->authzid)));
		assert_true(slice_eq(f.username, slice_str(c->username)));
		assert_true(slice_eq(f.nonce, slice_str(c->nonce)));
	}
}

static void
test_scram_name(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		enum err err;
		const char *out;
	} cases[] = {
	    {"budi", ERR_OK, "budi"},
	    {"a=2Cb=3Dc", ERR_OK, "a,b=c"},
	    {"a=2cb", ERR_SYNTAX, ""}, /* upper case only (RFC 5802 5.1) */
	    {"a=", ERR_SYNTAX, ""},
	    {"a=3", ERR_SYNTAX, ""},
	    {"=41", ERR_SYNTAX, ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b;
		buf_init(&b, 64);
		assert_int_equal(scram_name_decode(slice_str(cases[i].in), &b),
		    cases[i].err);
		if (cases[i].err == ERR_OK)
			assert_true(
			    slice_eq(buf_slice(&b), slice_str(cases[i].out)));
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mech),
	    cmocka_unit_test(test_plain_parse),
	    cmocka_unit_test(test_plain_lengths),
	    cmocka_unit_test(test_plain_build),
	    cmocka_unit_test(test_login),
	    cmocka_unit_test(test_scram_first),
	    cmocka_unit_test(test_scram_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
