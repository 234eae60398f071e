#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/smtp/reply.h"

#include <string.h>

static const struct {
	uint16_t code;
	struct slice enhanced, text, id, want;
} writes[] = {
    {250, SLICE("2.1.0"), SLICE("Ok"), SLICE(""), SLICE("250 2.1.0 Ok\r\n")},
    {220, SLICE(""), SLICE("mail.contoh.id ESMTP kurir"), SLICE(""),
	SLICE("220 mail.contoh.id ESMTP kurir\r\n")},
    {550, SLICE("5.7.1"), SLICE("no"), SLICE("01ABC"),
	SLICE("550 5.7.1 no [01ABC]\r\n")},
    {250, SLICE(""), SLICE("mail.contoh.id\nPIPELINING\nSIZE 10"), SLICE(""),
	SLICE("250-mail.contoh.id\r\n250-PIPELINING\r\n250 SIZE 10\r\n")},
    {550, SLICE("5.7.1"), SLICE("one\ntwo"), SLICE("01ABC"),
	SLICE("550-5.7.1 one\r\n550 5.7.1 two [01ABC]\r\n")},
    {334, SLICE(""), SLICE(""), SLICE(""), SLICE("334 \r\n")},
    {550, SLICE("5.7.1"), SLICE("a\rb\0c\xc3\xa4"), SLICE("x\ry"),
	SLICE("550 5.7.1 a?b?c?? [x?y]\r\n")},
};

static void
test_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		struct buf b;
		buf_init(&b, 4000);
		buf_add_smtp_reply(&b, writes[i].code, writes[i].enhanced,
		    writes[i].text, writes[i].id);
		if (!slice_eq(buf_slice(&b), writes[i].want))
			fail_msg("case %zu: %.*s", i, SLICE_ARG(buf_slice(&b)));
		buf_free(&b);
	}
}

/* No line is longer than 512 octets and nothing is lost but a space. */
static void
test_fold(void **state)
{
	(void)state;
	for (size_t n = 400; n < 1600; n += 7) {
		uint8_t text[1600];
		for (size_t i = 0; i < n; i++)
			text[i] = n % 2 && i % 11 == 10 ? ' ' : 'x';
		struct buf b;
		buf_init(&b, 4000);
		buf_add_smtp_reply(&b, 550, SLICE("5.7.1"), slice_of(text, n),
		    SLICE("0123456789ABC"));
		struct smtp_reply r;
		size_t used = 0, seen = 0;
		struct smtp_reply_limits max = {510, 4000, 10};
		assert_int_equal(
		    smtp_reply_parse(buf_slice(&b), &max, &r, &used), ERR_OK);
		assert_int_equal(used, b.n);
		struct slice rest = r.raw, line;
		while (smtp_reply_line(&rest, &line)) {
			assert_true(slice_starts(line, SLICE("5.7.1 ")));
			seen += line.n - 6;
		}
		assert_true(seen >= n + 16 - r.lines && seen <= n + 16);
		buf_free(&b);
	}
}

static const struct {
	struct slice in;
	enum err want;
	uint16_t code;
	unsigned lines;
	struct slice enhanced, flat;
	size_t used;
} reads[] = {
    {SLICE("250 2.1.0 Ok\r\n"), ERR_OK, 250, 1, SLICE("2.1.0"),
	SLICE("250 2.1.0 Ok"), 14},
    {SLICE("250-a\r\n250-b\r\n250 c\r\n220 x"), ERR_OK, 250, 3, SLICE(""),
	SLICE("250 a b c"), 21},
    {SLICE("550-5.7.1 one\r\n550 5.7.1 two\r\n"), ERR_OK, 550, 2,
	SLICE("5.7.1"), SLICE("550 5.7.1 one two"), 30},
    {SLICE("250\r\n"), ERR_OK, 250, 1, SLICE(""), SLICE("250"), 5},
    {SLICE("250 \r\n"), ERR_OK, 250, 1, SLICE(""), SLICE("250"), 6},
    {SLICE("250-\r\n250\r\n"), ERR_OK, 250, 2, SLICE(""), SLICE("250"), 11},
    {SLICE("550 4.7.1 x\r\n"), ERR_OK, 550, 1, SLICE(""), SLICE("550 4.7.1 x"),
	13},
    {SLICE("550 5.7 x\r\n"), ERR_OK, 550, 1, SLICE(""), SLICE("550 5.7 x"), 11},
    {SLICE("550 5.7.1234 x\r\n"), ERR_OK, 550, 1, SLICE(""),
	SLICE("550 5.7.1234 x"), 16},
    {SLICE("550 5..71 x\r\n"), ERR_OK, 550, 1, SLICE(""), SLICE("550 5..71 x"),
	13},
    {SLICE("550 5.7.509 x\r\n"), ERR_OK, 550, 1, SLICE("5.7.509"),
	SLICE("550 5.7.509 x"), 15},
    {SLICE("550 5.7.1\r\n"), ERR_OK, 550, 1, SLICE("5.7.1"), SLICE("550 5.7.1"),
	11},
    {SLICE("452 \xc3\xa4\r\n"), ERR_OK, 452, 1, SLICE(""),
	SLICE("452 \xc3\xa4"), 8},
    {SLICE(""), ERR_MORE, 0, 0, SLICE(""), SLICE(""), 0},
    {SLICE("250-a\r\n"), ERR_MORE, 0, 0, SLICE(""), SLICE(""), 0},
    {SLICE("250-a\r\n250 b\r"), ERR_MORE, 0, 0, SLICE(""), SLICE(""), 0},
    {SLICE("250-a\r\n251 b\r\n"), ERR_SYNTAX, 0, 0, SLICE(""), SLICE(""), 0},
    {SLICE("250_a\r\n"), ERR_SYNTAX, 0, 0, SLICE(""), SLICE(""), 0},
    {SLICE("25\r\n"), ERR_SYNTAX, 0, 0, SLICE(""), SLICE(""), 0},
    {SLICE("\r\n"), ERR_SYNTAX, 0, 0, SLICE(""), SLICE(""), 0},
    {SLICE("150 x\r\n"), ERR_SYNTAX, 0, 0, SLICE(""), SLICE(""), 0},
    {SLICE("650 x\r\n"), ERR_SYNTAX, 0, 0, SLICE(""), SLICE(""), 0},
    {SLICE("2x0 x\r\n"), ERR_SYNTAX, 0, 0, SLICE(""), SLICE(""), 0},
    {SLICE("250 x\n"), ERR_SYNTAX, 0, 0, SLICE(""), SLICE(""), 0},
    {SLICE("HTTP/1.1 400\r\n"), ERR_SYNTAX, 0, 0, SLICE(""), SLICE(""), 0},
};

static void
test_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		struct smtp_reply r = {0};
		size_t used = 0;
		enum err e = smtp_reply_parse(
		    reads[i].in, &smtp_reply_limits_default, &r, &used);
		if (e != reads[i].want || used != reads[i].used)
			fail_msg("case %zu: %s %zu", i, err_name(e), used);
		assert_int_equal(r.code, reads[i].code);
		assert_int_equal(r.lines, reads[i].lines);
		assert_true(slice_eq(r.enhanced, reads[i].enhanced));
		if (e != ERR_OK)
			continue;
		struct buf b;
		buf_init(&b, 1000);
		buf_add_smtp_reply_text(&b, &r);
		if (!slice_eq(buf_slice(&b), reads[i].flat))
			fail_msg("case %zu: %.*s", i, SLICE_ARG(buf_slice(&b)));
		buf_free(&b);
	}
}

static void
test_limits(void **state)
{
	(void)state;
	struct smtp_reply_limits max = {8, 24, 2};
	struct smtp_reply r;
	size_t used;
	assert_int_equal(
	    smtp_reply_parse(SLICE("250 2345\r\n"), &max, &r, &used), ERR_OK);
	assert_int_equal(
	    smtp_reply_parse(SLICE("250 23456\r\n"), &max, &r, &used),
	    ERR_LIMIT);
	assert_int_equal(
	    smtp_reply_parse(SLICE("250-\r\n250 \r\n"), &max, &r, &used),
	    ERR_OK);
	assert_int_equal(smtp_reply_parse(SLICE("250-\r\n250-\r\n250 \r\n"),
			     &max, &r, &used),
	    ERR_LIMIT);
	max.lines = 100;
	assert_int_equal(
	    smtp_reply_parse(
		SLICE("250-2345\r\n250-2345\r\n250 2345\r\n"), &max, &r, &used),
	    ERR_LIMIT);
	assert_int_equal(
	    smtp_reply_parse(
		SLICE("250-2345\r\n250-2345\r\n250 2"), &max, &r, &used),
	    ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_fold),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
