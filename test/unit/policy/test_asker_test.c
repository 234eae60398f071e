/* Who gets an answer of the test mailbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/pack.h"
#include "policy/test_asker.h"

static const struct slice open_to[] = {{(const uint8_t *)"@mitra.example", 14},
    {(const uint8_t *)"siti@example.org", 16}};
static const struct slice all[] = {{(const uint8_t *)"*", 1}};

static struct conf_test_mailbox
mailbox(const struct slice *v, size_t n)
{
	return (struct conf_test_mailbox){.address = SLICE("check@contoh.id"),
	    .assure_address = SLICE("assure@contoh.id"),
	    .open_to = {v, n}};
}

static void
names(void **state)
{
	struct conf_test_mailbox t = mailbox(NULL, 0);
	bool assure = true;
	(void)state;
	assert_true(test_is_mailbox(&t, SLICE("Check@Contoh.id"), &assure));
	assert_false(assure);
	assert_true(test_is_mailbox(&t, SLICE("assure@contoh.id"), &assure));
	assert_true(assure);
	assert_false(test_is_mailbox(&t, SLICE("chec@contoh.id"), &assure));
	t.address = t.assure_address = SLICE("");
	assert_false(test_is_mailbox(&t, SLICE(""), &assure));
	assert_false(test_is_mailbox(&t, SLICE("check@contoh.id"), &assure));
}

static void
openness(void **state)
{
	static const struct {
		const char *sender;
		bool listed, all;
	} cases[] = {
	    {"budi@mitra.example", true, true},
	    {"BUDI@Mitra.Example", true, true},
	    {"budi@sub.mitra.example", false, true},
	    {"budi@xmitra.example", false, true},
	    {"Siti@example.org", true, true},
	    {"siti@example.org.contoh.id", false, true},
	    {"budi@example.org", false, true},
	    {"\"a@mitra.example\"@example.net", false, true},
	    {"mitra.example", false, false},
	    {"", false, false},
	};
	struct conf_test_mailbox some = mailbox(open_to, 2),
				 every = mailbox(all, 1),
				 none = mailbox(NULL, 0);
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice s = slice_str(cases[i].sender);
		assert_int_equal(test_is_open_to(&some, s), cases[i].listed);
		assert_int_equal(test_is_open_to(&every, s), cases[i].all);
		assert_false(test_is_open_to(&none, s));
	}
}

static void
unanswered(void **state)
{
	static const struct {
		const char *sender, *header;
		bool answered;
	} cases[] = {
	    {"budi@mitra.example", "Subject: x\r\n", true},
	    {"budi@mitra.example", "", true},
	    {"", "Subject: x\r\n", false},
	    {"check@contoh.id", "", false},
	    {"ASSURE@contoh.id", "", false},
	    {"MAILER-DAEMON@mitra.example", "", false},
	    {"postmaster@mitra.example", "", false},
	    {"postmasters@mitra.example", "", true},
	    {"owner-list@mitra.example", "", false},
	    {"list-request@mitra.example", "", false},
	    {"list-bounces@mitra.example", "", false},
	    {"a@b.example", "Auto-Submitted: no\r\n", true},
	    {"a@b.example", "Auto-Submitted: NO (by hand)\r\n", true},
	    {"a@b.example", "auto-submitted: auto-replied\r\n", false},
	    {"a@b.example", "Auto-Submitted:\r\n auto-generated; x=1\r\n",
		false},
	    {"a@b.example", "Auto-Submitted:\r\n", false},
	    {"a@b.example", "Precedence: bulk\r\n", false},
	    {"a@b.example", "PRECEDENCE: List\r\n", false},
	    {"a@b.example", "Precedence: junk\r\n", false},
	    {"a@b.example", "Precedence: first-class\r\n", true},
	    {"a@b.example", "List-Unsubscribe: <mailto:x@y>\r\n", false},
	    {"a@b.example", "X: 1\r\nlist-id: <x.y>\r\n", false},
	    {"a@b.example", "Listing: 1\r\n", true},
	    {"a@b.example", "X-Auto-Response-Suppress: OOF\r\n", false},
	    {"a@b.example", "X-Auto-Response-Suppress: none\r\n", true},
	    {"a@b.example", "X-Autoreply: yes\r\n", false},
	    {"a@b.example", "Content-Type: multipart/report; report-type=x\r\n",
		false},
	    {"a@b.example", "Content-Type: multipart/mixed\r\n", true},
	    /* Below the header it is text. */
	    {"a@b.example", "Subject: x\r\n\r\nPrecedence: bulk\r\n", true},
	};
	struct conf_test_mailbox t = mailbox(all, 1);
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = test_unanswered(
		    &t, slice_str(cases[i].sender), slice_str(cases[i].header));
		if ((why == NULL) != cases[i].answered)
			fail_msg("<%s> %s: %s", cases[i].sender,
			    cases[i].header, why == NULL ? "answered" : why);
	}
}

static void
codes(void **state)
{
	static const struct {
		const char *header, *want;
	} cases[] = {
	    {"Subject: abcdefgh12\r\n", "abcdefgh12 "},
	    {"Subject:   ABCDEFGH12  \r\n", "abcdefgh12 "},
	    {"Subject:\r\n abcdefgh12\r\n", "abcdefgh12 "},
	    {"Subject: Test (abcdefgh12) please\r\n", "abcdefgh12 "},
	    {"Subject: ((abcdefgh12))\r\n", "abcdefgh12 "},
	    {"Subject: (no) (abcdefgh12) (0123456789)\r\n",
		"abcdefgh12 0123456789 "},
	    {"Subject: Re: abcdefgh12\r\n", ""},
	    {"Subject: abcdefgh1\r\n", ""},
	    {"Subject: abcdefgh123\r\n", ""},
	    {"Subject: abcdefgh1-\r\n", ""},
	    {"Subject: (abcdefgh12\r\n", ""},
	    {"Subject: (aaaaaaaaaa)(bbbbbbbbbb)(cccccccccc)(dddddddddd)"
	     "(eeeeeeeeee)\r\n",
		"aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd "},
	    {"X-Subject: abcdefgh12\r\n", ""},
	    {"", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b, text;
		struct slice rest, one;
		buf_init(&b, 4096);
		buf_init(&text, 4096);
		test_codes(slice_str(cases[i].header), &b);
		rest = buf_slice(&b);
		while (pack_next(&rest, &one)) {
			buf_add(&text, one);
			buf_add_byte(&text, ' ');
		}
		buf_add_byte(&text, '\0');
		assert_string_equal((const char *)text.p, cases[i].want);
		buf_free(&text);
		buf_free(&b);
	}
}

/* What is made is found again. */
static void
code_text(void **state)
{
	const uint8_t random[TEST_CODE_LEN] = {
	    0, 1, 9, 10, 31, 32, 63, 128, 255, 77};
	char text[TEST_CODE_LEN + 1], subject[64];
	struct buf b;
	struct slice rest, one;
	(void)state;
	test_code_text(random, text);
	assert_string_equal(text, "019az0z0zd");
	snprintf(subject, sizeof(subject), "Subject: (%s)\r\n", text);
	buf_init(&b, 256);
	test_codes(slice_str(subject), &b);
	rest = buf_slice(&b);
	assert_true(pack_next(&rest, &one));
	assert_true(slice_eq(one, slice_str(text)));
	buf_free(&b);
}

static void
rates(void **state)
{
	const struct conf_rate two = {2, 1000}, endless = {0, 1000};
	struct test_count n = {0};
	(void)state;
	assert_true(test_rate_idle(&n, 5000));
	assert_false(test_rate_full(&two, &n, 5000));
	test_rate_take(&two, &n, 5000);
	assert_false(test_rate_full(&two, &n, 5000));
	test_rate_take(&two, &n, 5000);
	assert_true(test_rate_full(&two, &n, 5000));
	assert_true(test_rate_full(&two, &n, 4000)); /* the clock goes back */
	assert_true(test_rate_full(&two, &n, 5499));
	assert_false(test_rate_full(&two, &n, 5500));
	assert_false(test_rate_idle(&n, 5999));
	assert_true(test_rate_idle(&n, 6000));
	for (unsigned i = 0; i < 100; i++)
		test_rate_take(&endless, &n, 7000);
	assert_false(test_rate_full(&endless, &n, 7000));
}

static void
networks(void **state)
{
	struct ip a, b, net;
	(void)state;
	assert_int_equal(ip_parse(SLICE("192.0.2.77"), &a), ERR_OK);
	assert_int_equal(ip_parse(SLICE("192.0.2.0"), &b), ERR_OK);
	net = test_network(&a);
	assert_true(ip_eq(&net, &b));
	assert_int_equal(ip_parse(SLICE("2001:db8:1:2:3:4:5:6"), &a), ERR_OK);
	assert_int_equal(ip_parse(SLICE("2001:db8:1:2::"), &b), ERR_OK);
	net = test_network(&a);
	assert_true(ip_eq(&net, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names),
	    cmocka_unit_test(openness),
	    cmocka_unit_test(unanswered),
	    cmocka_unit_test(codes),
	    cmocka_unit_test(code_text),
	    cmocka_unit_test(rates),
	    cmocka_unit_test(networks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
