#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/smtp/address.h"

#include <string.h>

#define L60 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"
#define L63 L60 "ggg"
#define L64 L60 "gggg"
/* 63 + 1 + 63 + 1 + 63 + 1 + 63 = 255 */
#define D255 L63 "." L63 "." L63 "." L63

static const struct {
	struct slice in;
	enum smtp_path kind;
	enum err want;
	struct slice local, domain;
	enum smtp_host host;
	struct slice canonical; /* empty: local@domain */
} paths[] = {
    {SLICE("<budi@contoh.id>"), SMTP_PATH_REVERSE, ERR_OK, SLICE("budi"),
	SLICE("contoh.id"), SMTP_HOST_NAME, SLICE("")},
    {SLICE("<budi@contoh.id> SIZE=1"), SMTP_PATH_REVERSE, ERR_OK, SLICE("budi"),
	SLICE("contoh.id"), SMTP_HOST_NAME, SLICE("")},
    {SLICE("<>"), SMTP_PATH_REVERSE, ERR_OK, SLICE(""), SLICE(""),
	SMTP_HOST_NONE, SLICE("")},
    {SLICE("<>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<Postmaster>"), SMTP_PATH_FORWARD, ERR_OK, SLICE("Postmaster"),
	SLICE(""), SMTP_HOST_NONE, SLICE("Postmaster")},
    {SLICE("<postmaster>"), SMTP_PATH_REVERSE, ERR_SYNTAX},
    {SLICE("<budi>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    /* A local part may hold any atext; nothing of it is a route. */
    {SLICE("<a%b@contoh.id>"), SMTP_PATH_FORWARD, ERR_OK, SLICE("a%b"),
	SLICE("contoh.id"), SMTP_HOST_NAME, SLICE("")},
    {SLICE("<h!u@contoh.id>"), SMTP_PATH_FORWARD, ERR_OK, SLICE("h!u"),
	SLICE("contoh.id"), SMTP_HOST_NAME, SLICE("")},
    {SLICE("<a.b+c/d=e#f$g&h'i*j-k?l^m_n`o{p|q}r~s@x>"), SMTP_PATH_FORWARD,
	ERR_OK, SLICE("a.b+c/d=e#f$g&h'i*j-k?l^m_n`o{p|q}r~s"), SLICE("x"),
	SMTP_HOST_NAME, SLICE("")},
    /* Source routes are dropped. */
    {SLICE("<@a.example,@b.example:budi@contoh.id>"), SMTP_PATH_FORWARD, ERR_OK,
	SLICE("budi"), SLICE("contoh.id"), SMTP_HOST_NAME, SLICE("")},
    {SLICE("<@a.example:budi@contoh.id>"), SMTP_PATH_REVERSE, ERR_OK,
	SLICE("budi"), SLICE("contoh.id"), SMTP_HOST_NAME, SLICE("")},
    {SLICE("<@a.example,b.example:budi@contoh.id>"), SMTP_PATH_FORWARD,
	ERR_SYNTAX},
    {SLICE("<@a.example;budi@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<@a.example:>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<@:budi@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<@a.example"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<@a.example,"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    /* Quoted local parts. */
    {SLICE("<\"budi\"@contoh.id>"), SMTP_PATH_FORWARD, ERR_OK, SLICE("budi"),
	SLICE("contoh.id"), SMTP_HOST_NAME, SLICE("budi@contoh.id")},
    {SLICE("<\"a b\"@contoh.id>"), SMTP_PATH_FORWARD, ERR_OK, SLICE("a b"),
	SLICE("contoh.id"), SMTP_HOST_NAME, SLICE("\"a b\"@contoh.id")},
    {SLICE("<\"a\\\"b\\\\c\"@contoh.id>"), SMTP_PATH_FORWARD, ERR_OK,
	SLICE("a\"b\\c"), SLICE("contoh.id"), SMTP_HOST_NAME,
	SLICE("\"a\\\"b\\\\c\"@contoh.id")},
    {SLICE("<\"b\\udi\"@contoh.id>"), SMTP_PATH_FORWARD, ERR_OK, SLICE("budi"),
	SLICE("contoh.id"), SMTP_HOST_NAME, SLICE("budi@contoh.id")},
    {SLICE("<\"a@b.example\"@contoh.id>"), SMTP_PATH_FORWARD, ERR_OK,
	SLICE("a@b.example"), SLICE("contoh.id"), SMTP_HOST_NAME,
	SLICE("\"a@b.example\"@contoh.id")},
    {SLICE("<\"a..b\"@contoh.id>"), SMTP_PATH_FORWARD, ERR_OK, SLICE("a..b"),
	SLICE("contoh.id"), SMTP_HOST_NAME, SLICE("\"a..b\"@contoh.id")},
    {SLICE("<\"\"@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<\"budi@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi\"@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<\"budi\"x@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<\"bu\"\"di\"@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<\"a\\"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<\"a\tb\"@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<\"a\\\x01\"@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    /* Literals. */
    {SLICE("<budi@[192.0.2.1]>"), SMTP_PATH_FORWARD, ERR_OK, SLICE("budi"),
	SLICE("[192.0.2.1]"), SMTP_HOST_IP, SLICE("")},
    {SLICE("<budi@[IPv6:2001:db8::1]>"), SMTP_PATH_FORWARD, ERR_OK,
	SLICE("budi"), SLICE("[IPv6:2001:db8::1]"), SMTP_HOST_IP, SLICE("")},
    {SLICE("<budi@[x-400:c=id]>"), SMTP_PATH_FORWARD, ERR_OK, SLICE("budi"),
	SLICE("[x-400:c=id]"), SMTP_HOST_GENERAL, SLICE("")},
    {SLICE("<budi@[2001:db8::1]>"), SMTP_PATH_FORWARD, ERR_OK, SLICE("budi"),
	SLICE("[2001:db8::1]"), SMTP_HOST_GENERAL, SLICE("")},
    {SLICE("<budi@[IPv6:192.0.2.1]>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@[::1]>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@[192.0.2.1>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@[192.0.2.256]>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@[]>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@[a_b:c]>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@[a-:c]>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@[a:]>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@[a:b c]>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@[a:b[c]>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@[IPv6:1::2::3]>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@[a:" D255 "]>"), SMTP_PATH_FORWARD, ERR_LIMIT},
    {SLICE("<budi@[192.0.2.1]x>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    /* Tricks of relay seekers. */
    {SLICE("<a@b.example@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@contoh.id.>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@contoh..id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<.budi@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi.@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<bu..di@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("budi@contoh.id"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@contoh.id"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<<budi@contoh.id>>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@-contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@contoh-.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@con_toh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<bu di@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("< budi@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<b\xc3\xbc@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<budi@contoh\xc3\xbc.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<bu\0di@contoh.id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE(""), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    /* Sizes. */
    {SLICE("<" L64 "@contoh.id>"), SMTP_PATH_FORWARD, ERR_OK, SLICE(L64),
	SLICE("contoh.id"), SMTP_HOST_NAME, SLICE("")},
    {SLICE("<" L64 "x@contoh.id>"), SMTP_PATH_FORWARD, ERR_LIMIT},
    {SLICE("<\"" L63 "\"@contoh.id>"), SMTP_PATH_FORWARD, ERR_LIMIT},
    {SLICE("<a@" L63 ".id>"), SMTP_PATH_FORWARD, ERR_OK, SLICE("a"),
	SLICE(L63 ".id"), SMTP_HOST_NAME, SLICE("")},
    {SLICE("<a@" L64 ".id>"), SMTP_PATH_FORWARD, ERR_SYNTAX},
    {SLICE("<a@" D255 ">"), SMTP_PATH_FORWARD, ERR_LIMIT},
    {SLICE("<a@" D255 ".a>"), SMTP_PATH_FORWARD, ERR_LIMIT},
    {SLICE("<a@" L63 "." L63 "." L63 "." L60 ">"), SMTP_PATH_FORWARD, ERR_OK,
	SLICE("a"), SLICE(L63 "." L63 "." L63 "." L60), SMTP_HOST_NAME,
	SLICE("")},
    {SLICE("<ab@" L63 "." L63 "." L63 "." L60 ">"), SMTP_PATH_FORWARD,
	ERR_LIMIT},
};

static void
check_canonical(const struct smtp_address *a, struct slice want)
{
	struct buf b;
	struct arena mem;
	buf_init(&b, 1000);
	arena_init(&mem, 1000);
	buf_add_smtp_address(&b, a);
	if (want.n > 0)
		assert_true(slice_eq(buf_slice(&b), want));
	if (a->host != SMTP_HOST_NONE) {
		struct smtp_address again;
		assert_int_equal(
		    smtp_mailbox_parse(buf_slice(&b), &mem, &again), ERR_OK);
		assert_true(slice_eq(again.local, a->local));
		assert_true(slice_eq(again.domain, a->domain));
		assert_int_equal(again.host, a->host);
	}
	arena_reset(&mem);
	buf_free(&b);
}

static void
test_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct arena mem;
		struct smtp_address a = {0};
		size_t used = 0;
		arena_init(&mem, 1000);
		enum err e = smtp_path_parse(
		    paths[i].in, paths[i].kind, &mem, &a, &used);
		if (e != paths[i].want)
			fail_msg(
			    "%.*s: %s", SLICE_ARG(paths[i].in), err_name(e));
		if (e == ERR_OK) {
			assert_true(slice_eq(a.local, paths[i].local));
			assert_true(slice_eq(a.domain, paths[i].domain));
			assert_int_equal(a.host, paths[i].host);
			assert_int_equal(paths[i].in.p[used - 1], '>');
			check_canonical(&a, paths[i].canonical);
		} else {
			assert_int_equal(used, 0);
			assert_int_equal(a.local.n, 0);
		}
		arena_reset(&mem);
	}
}

static void
test_mailbox(void **state)
{
	(void)state;
	struct arena mem;
	struct smtp_address a;
	arena_init(&mem, 1000);
	assert_int_equal(
	    smtp_mailbox_parse(SLICE("budi@contoh.id"), &mem, &a), ERR_OK);
	assert_int_equal(
	    smtp_mailbox_parse(SLICE("budi@contoh.id "), &mem, &a), ERR_SYNTAX);
	assert_int_equal(
	    smtp_mailbox_parse(SLICE("<budi@contoh.id>"), &mem, &a),
	    ERR_SYNTAX);
	assert_int_equal(
	    smtp_mailbox_parse(SLICE("budi@[192.0.2.1]"), &mem, &a), ERR_OK);
	assert_int_equal(
	    smtp_mailbox_parse(SLICE("ab@" D255), &mem, &a), ERR_LIMIT);
	assert_int_equal(
	    smtp_mailbox_parse(SLICE("budi@[192.0.2.1]"), &mem, &a), ERR_OK);
	struct ip want;
	assert_int_equal(ip_parse(SLICE("192.0.2.1"), &want), ERR_OK);
	assert_true(ip_eq(&a.ip, &want));
	arena_reset(&mem);
}

static void
test_memory(void **state)
{
	(void)state;
	struct arena mem;
	struct smtp_address a, copy;
	arena_init(&mem, 2);
	assert_int_equal(
	    smtp_mailbox_parse(SLICE("\"a\\bc\"@x"), &mem, &a), ERR_NOMEM);
	arena_reset(&mem);
	arena_init(&mem, 6);
	assert_int_equal(
	    smtp_mailbox_parse(SLICE("\"a\\bc\"@x"), &mem, &a), ERR_OK);
	assert_false(smtp_address_copy(&mem, &a, &copy));
	arena_reset(&mem);
}

static void
test_domain(void **state)
{
	(void)state;
	assert_true(smtp_domain_is(SLICE("contoh.id")));
	assert_true(smtp_domain_is(SLICE(D255)));
	assert_false(smtp_domain_is(SLICE(D255 "a")));
	assert_false(smtp_domain_is(SLICE("")));
	assert_false(smtp_domain_is(SLICE("contoh.id.")));
	assert_false(smtp_domain_is(SLICE("contoh id")));
	assert_false(smtp_domain_is(SLICE("[192.0.2.1]")));
}

static void
test_null(void **state)
{
	(void)state;
	struct arena mem;
	struct smtp_address a;
	size_t used;
	arena_init(&mem, 100);
	assert_int_equal(
	    smtp_path_parse(SLICE("<>"), SMTP_PATH_REVERSE, &mem, &a, &used),
	    ERR_OK);
	assert_true(smtp_address_is_null(&a));
	assert_int_equal(smtp_mailbox_parse(SLICE("a@x"), &mem, &a), ERR_OK);
	assert_false(smtp_address_is_null(&a));
	arena_reset(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_mailbox),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_domain),
	    cmocka_unit_test(test_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
