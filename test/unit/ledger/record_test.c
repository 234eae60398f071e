/* The codec of a session's record: what goes in comes out; caps; masking;
 * damaged bytes are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/ledger_record.h"

#define T0 1800000000000ull
#define ID 0x1234567890abcull

static struct slice
end(struct record *r)
{
	struct slice out = SLICE_EMPTY;
	assert_int_equal(
	    record_end(r, T0 + 100, RECORD_ACCEPTED, 1, 2, &out), ERR_OK);
	return out;
}

/* show - every item as text, for comparing. */
static void
show(struct slice bytes, struct buf *b)
{
	struct record_head head;
	struct record_reader rd;
	struct record_item it;
	assert_int_equal(record_open(bytes, &head, &rd), ERR_OK);
	buf_printf(b, "%d %llx %llu", head.kind, (unsigned long long)head.id,
	    (unsigned long long)head.time_ms);
	while (record_next(&rd, &it) == ERR_OK) {
		buf_printf(b, "\n%d", (int)it.tag);
		if (it.ip.family != 0) {
			buf_add_byte(b, ' ');
			buf_add_ip(b, &it.ip);
		}
		for (size_t i = 0; i < 4; i++)
			if (it.v[i] != 0)
				buf_printf(b, " v%zu=%llu", i,
				    (unsigned long long)it.v[i]);
		for (size_t i = 0; i < 7; i++)
			if (it.s[i].n != 0)
				buf_printf(
				    b, " s%zu=%.*s", i, SLICE_ARG(it.s[i]));
	}
	buf_add_byte(b, 0);
	assert_int_equal(buf_err(b), ERR_OK);
}

static void
expect(struct slice bytes, const char *want)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	show(bytes, &b);
	assert_string_equal((const char *)b.p, want);
	assert_int_equal(record_check(bytes), ERR_OK);
	buf_free(&b);
}

static void
test_all_items(void **state)
{
	(void)state;
	struct record r;
	struct ip ip4 = {.family = 4, .b = {192, 0, 2, 1}};
	struct ip ip6;
	assert_int_equal(ip_parse(SLICE("2001:db8::1"), &ip6), ERR_OK);
	record_init(&r);
	assert_false(record_begun(&r));
	record_begin(&r, RECORD_IN, ID, T0);
	assert_true(record_begun(&r));
	record_peer(&r, &ip4, 41822);
	record_local(&r, &ip6, 25);
	record_host(&r, SLICE("mx.mitra.example"));
	record_ptr(&r, SLICE("mail.mitra.example"));
	record_helo(&r, SLICE("helo"));
	record_listener(&r, SLICE("mx"));
	record_user(&r, SLICE("u@contoh.id"));
	record_tls(
	    &r, SLICE("TLSv1.3"), SLICE("TLS_AES_256_GCM_SHA384"), 256, true);
	record_dialogue(&r, T0 + 7, RECORD_US, SLICE("220 hi"));
	record_note(&r, T0 + 8, "%d of %s", 3, "four");
	record_mail(&r, SLICE("a@b.example"));
	record_rcpt(&r, SLICE("c@contoh.id"), RECORD_REFUSED,
	    SLICE("recipient.unknown"), SLICE("550 5.1.1 no"));
	record_message(&r, 99, RECORD_ACCEPTED, 2048, SLICE_EMPTY);
	record_cause(&r, SLICE("limit.rate"));
	struct record_decision d = {SLICE("rcpt"), SLICE("relay"),
	    SLICE("k.conf:1"), SLICE("l:2"), SLICE("e1\ne2"), SLICE("reject"),
	    SLICE("relay.denied")};
	record_decision(&r, &d);
	struct record_event e = {T0 + 9, T0 + 1000, 99, RECORD_EV_DEFERRED,
	    SLICE("c@contoh.id"), SLICE("remote.4xx"), SLICE("451 later")};
	record_event(&r, &e);
	record_passed(&r, RECORD_LOOKUP_PTR | RECORD_LOOKUP_MAIL);
	expect(end(&r),
	    "1 1234567890abc 1800000000000\n"
	    "1 192.0.2.1 v0=41822\n2 2001:db8::1 v0=25\n3 s0=mx.mitra.example\n"
	    "4 s0=mail.mitra.example\n5 s0=helo\n6 s0=mx\n7 s0=u@contoh.id\n"
	    "8 v0=256 v1=1 s0=TLSv1.3 s1=TLS_AES_256_GCM_SHA384\n"
	    "9 v0=7 v1=1 s0=220 hi\n9 v0=8 v1=3 s0=3 of four\n"
	    "10 s0=a@b.example\n"
	    "11 v0=2 s0=c@contoh.id s1=recipient.unknown s2=550 5.1.1 no\n"
	    "12 v0=99 v1=1 v2=2048\n13 s0=limit.rate\n"
	    "14 s0=rcpt s1=relay s2=k.conf:1 s3=l:2 s4=e1\ne2 s5=reject "
	    "s6=relay.denied\n"
	    "15 v0=1800000000009 v1=3 v2=99 v3=1800000001000 s0=c@contoh.id "
	    "s1=remote.4xx s2=451 later\n18 v0=5\n"
	    "17 v0=100 v1=1 v2=1 v3=2");
	record_free(&r);
	assert_false(record_begun(&r));
}

static void
test_lines_split(void **state)
{
	(void)state;
	struct record r;
	record_init(&r);
	record_begin(&r, RECORD_OUT, ID, T0);
	record_dialogue(&r, T0, RECORD_PEER, SLICE("250-a\r\n250-b\n250 c"));
	record_dialogue(&r, T0, RECORD_PEER, SLICE(""));
	record_dialogue(&r, T0 - 5, RECORD_PEER, SLICE("\r\n"));
	expect(end(&r),
	    "2 1234567890abc 1800000000000\n9 v1=2 s0=250-a\n9 v1=2 s0=250-b\n"
	    "9 v1=2 s0=250 c\n9 v1=2\n17 v0=100 v1=1 v2=1 v3=2");
	record_free(&r);
}

static void
test_masking(void **state)
{
	static const struct {
		enum record_kind kind;
		enum record_who who;
		const char *line, *want;
	} cases[] = {
	    {RECORD_IN, RECORD_PEER, "AUTH PLAIN AHUAcA==", "AUTH PLAIN ****"},
	    {RECORD_IN, RECORD_PEER, " \tauth\tplain\tAHUA",
		" \tauth\tplain ****"},
	    {RECORD_IN, RECORD_PEER, "AUTH LOGIN", "AUTH LOGIN"},
	    {RECORD_IN, RECORD_US, "334 VXNlcm5hbWU6", "334 VXNlcm5hbWU6"},
	    {RECORD_IN, RECORD_PEER, "dXNlcg==", "****"},
	    {RECORD_IN, RECORD_US, "334 UGFzc3dvcmQ6", "334 UGFzc3dvcmQ6"},
	    {RECORD_IN, RECORD_PEER, "c2VjcmV0", "****"},
	    {RECORD_IN, RECORD_US, "235 2.7.0 ok", "235 2.7.0 ok"},
	    {RECORD_IN, RECORD_PEER, "MAIL FROM:<a@b>", "MAIL FROM:<a@b>"},
	    {RECORD_IN, RECORD_US, "334 cj1ub25jZQ==", "334 ****"},
	    {RECORD_IN, RECORD_NOTE, "a note between", "a note between"},
	    {RECORD_IN, RECORD_PEER, "*", "*"},
	    {RECORD_IN, RECORD_US, "334", "334"},
	    {RECORD_IN, RECORD_PEER, "MAIL FROM:<a@b>", "****"},
	    {RECORD_IN, RECORD_PEER, "AUTHOR x y", "AUTHOR x y"},
	    {RECORD_IN, RECORD_PEER, "AUTH", "AUTH"},
	    {RECORD_OUT, RECORD_US, "AUTH PLAIN AHUAcA==", "AUTH PLAIN ****"},
	    {RECORD_OUT, RECORD_PEER, "AUTH PLAIN x", "AUTH PLAIN x"},
	    {RECORD_OUT, RECORD_PEER, "334 abc", "334 ****"},
	    {RECORD_OUT, RECORD_US, "c2VjcmV0", "****"},
	};
	(void)state;
	struct record r;
	record_init(&r);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record_head head;
		struct record_reader rd;
		struct record_item it;
		if (i == 0 || cases[i].kind != cases[i - 1].kind)
			record_begin(&r, cases[i].kind, ID, T0);
		size_t before = r.b.n;
		record_dialogue(&r, T0, cases[i].who, slice_str(cases[i].line));
		assert_int_equal(record_open(buf_slice(&r.b), &head, &rd), 0);
		rd.left = slice_from(buf_slice(&r.b), before);
		assert_int_equal(record_next(&rd, &it), ERR_OK);
		if (!slice_eq(it.s[0], slice_str(cases[i].want)))
			fail_msg("case %zu: %.*s", i, SLICE_ARG(it.s[0]));
	}
	record_free(&r);
}

/* A session that never ends stays below the frame, says how much is missing,
 * and keeps its end. */
static void
test_caps(void **state)
{
	(void)state;
	struct record r;
	uint8_t big[5000];
	memset(big, 'x', sizeof(big));
	struct slice s = slice_of(big, sizeof(big));
	struct record_decision d = {s, s, s, s, s, s, s};
	struct record_event e = {.message = 5,
	    .what = RECORD_HELD,
	    .rcpt = s,
	    .cause = s,
	    .text = s};
	struct ip ip = {.family = 4};
	record_init(&r);
	record_begin(&r, RECORD_IN, ID, T0);
	for (int i = 0; i < 3000; i++) {
		record_helo(&r, s);
		record_peer(&r, &ip, 1);
		record_dialogue(&r, T0, RECORD_PEER, s);
		record_mail(&r, s);
		record_rcpt(&r, s, RECORD_REFUSED, s, s);
		record_message(&r, 7, RECORD_REFUSED, 1, s);
		record_decision(&r, &d);
		record_event(&r, &e);
	}
	assert_true(record_full(&r));
	struct slice bytes = end(&r);
	assert_true(bytes.n <= RECORD_MAX);
	assert_int_equal(record_check(bytes), ERR_OK);
	struct record_head head;
	struct record_reader rd;
	struct record_item it, left = {0};
	size_t lines = 0;
	assert_int_equal(record_open(bytes, &head, &rd), ERR_OK);
	while (record_next(&rd, &it) == ERR_OK) {
		lines += it.tag == RECORD_TAG_DIALOGUE;
		if (it.tag == RECORD_TAG_LEFT_OUT)
			left = it;
		if (it.tag == RECORD_TAG_DIALOGUE)
			assert_true(it.s[0].n <= RECORD_LINE_MAX);
	}
	assert_int_equal(it.tag, RECORD_TAG_END);
	assert_int_equal(left.v[0] + lines, 3000);
	assert_true(left.v[1] > 3000);
	record_free(&r);
}

static void
test_cut_at_character(void **state)
{
	(void)state;
	struct record r;
	struct record_head head;
	struct record_reader rd;
	struct record_item it;
	uint8_t text[2000];
	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	record_init(&r);
	for (size_t skip = 0; skip < 2; skip++) {
		record_begin(&r, RECORD_IN, ID, T0);
		text[0] = 'a';
		text[1] = 'b';
		record_dialogue(&r, T0, RECORD_NOTE,
		    slice_of(text + skip, sizeof(text) - skip));
		assert_int_equal(record_open(end(&r), &head, &rd), ERR_OK);
		assert_int_equal(record_next(&rd, &it), ERR_OK);
		assert_true(it.s[0].n <= RECORD_LINE_MAX);
		assert_true(it.s[0].n > RECORD_LINE_MAX - 5);
		struct slice tail = slice_from(it.s[0], it.s[0].n - 5);
		assert_true(slice_eq(tail, SLICE("\xc3\xa9\xe2\x80\xa6")));
	}
	record_free(&r);
}

static void
test_damage(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
#define B(lit) {lit, sizeof(lit) - 1}
	    B(""), B("K\1\1"), B("K\1\1\5"),
	    B("X\1\1\5\5\21\4\1\1\1\1"),        /* magic */
	    B("K\2\1\5\5\21\4\1\1\1\1"),        /* version */
	    B("K\1\4\5\5\21\4\1\1\1\1"),        /* kind */
	    B("K\1\1\0\5\21\4\1\1\1\1"),        /* id 0 */
	    B("K\1\1\5\0\21\4\1\1\1\1"),        /* time 0 */
	    B("K\1\1\5\5"),                     /* no end */
	    B("K\1\1\5\5\21\4\1\0\1\1"),        /* verdict 0 */
	    B("K\1\1\5\5\21\4\1\7\1\1"),        /* verdict out of range */
	    B("K\1\1\5\5\21\5\1\1\1\1"),        /* longer than there is */
	    B("K\1\1\5\5\21\5\1\1\1\1\1"),      /* trailing in the item */
	    B("K\1\1\5\5\21\3\1\1\1"),          /* short item */
	    B("K\1\1\5\5\21\5\201\0\1\1\1"),    /* a number in two octets */
	    B("K\1\1\5\5\21\4\1\1\1\1\5\2\1h"), /* after the end */
	    B("K\1\1\5\5\1\5\5\1\2\3\4\1\21\4\1\1\1\1"), /* family 5 */
	    B("K\1\1\5\5\5\3\5hi\21\4\1\1\1\1"),         /* text too long */
	    B("K\1\1\5\5\11\3\0\5\0\21\4\1\1\1\1"),      /* who 5 */
	    B("K\1\1\5\5\22\1\10\21\4\1\1\1\1"),         /* lookup 8 */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (record_check(slice_of(bad[i].bytes, bad[i].n)) == ERR_OK)
			fail_msg("case %zu", i);
	/* and the whole one, with an item of a later version, is good */
	assert_int_equal(
	    record_check(SLICE("K\1\1\5\5\77\2xy\21\4\1\1\1\1")), ERR_OK);
	assert_int_equal(
	    record_check(SLICE("K\1\1\5\5\22\1\7\21\4\1\1\1\1")), ERR_OK);
	assert_int_equal(record_check(SLICE("K\1\3\5\5\21\4\1\0\1\1")), ERR_OK);
}

static void
test_names(void **state)
{
	(void)state;
	enum record_verdict v;
	for (unsigned i = 1; i < RECORD_VERDICT_END; i++) {
		assert_int_equal(
		    record_verdict_parse(slice_str(record_verdict_name(i)), &v),
		    ERR_OK);
		assert_int_equal(v, i);
	}
	assert_int_equal(record_verdict_parse(SLICE("gone"), &v), ERR_SYNTAX);
	for (unsigned i = 1; i < RECORD_WHO_END; i++)
		assert_non_null(record_who_name(i));
	for (unsigned i = 1; i < RECORD_WHAT_END; i++)
		assert_non_null(record_what_name(i));
	assert_null(record_verdict_name(0));
	assert_null(record_verdict_name(RECORD_VERDICT_END));
	assert_null(record_who_name(UINT64_MAX));
	assert_null(record_what_name(RECORD_WHAT_END));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_items),
	    cmocka_unit_test(test_lines_split),
	    cmocka_unit_test(test_masking),
	    cmocka_unit_test(test_caps),
	    cmocka_unit_test(test_cut_at_character),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
