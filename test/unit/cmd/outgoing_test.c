#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/outgoing.h"

static void
lines(void **state)
{
	static const struct {
		const char *in;
		bool stop;
		const char *out;
	} cases[] = {
	    {"a\nb\n", false, "a\r\nb\r\n"},
	    {"a\r\nb\r\n", false, "a\r\nb\r\n"},
	    {"a\rb", false, "a\r\nb\r\n"},
	    {"a\r", false, "a\r\n"},
	    {"a\n\n\nb", false, "a\r\n\r\n\r\nb\r\n"},
	    {"", false, ""},
	    {"a\n.\nb\n", true, "a\r\n"},
	    {"a\n.\nb\n", false, "a\r\n.\r\nb\r\n"},
	    {"a\n..\n", true, "a\r\n..\r\n"},
	    {".\n", true, ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b;
		buf_init(&b, 1000);
		assert_int_equal(
		    outgoing_lines(slice_str(cases[i].in), cases[i].stop, &b),
		    ERR_OK);
		if (!slice_eq(buf_slice(&b), slice_str(cases[i].out)))
			fail_msg("%s", cases[i].in);
		buf_free(&b);
	}
}

/* The addresses, each with a "|" behind it. */
static void
same_list(struct buf *got, const char *want)
{
	for (size_t i = 0; i < got->n; i++)
		if (got->p[i] == '\0')
			got->p[i] = '|';
	if (!slice_eq(buf_slice(got), slice_str(want)))
		fail_msg("%.*s, not %s", SLICE_ARG(buf_slice(got)), want);
}

static void
addresses(void **state)
{
	static const struct {
		const char *field, *list;
	} cases[] = {
	    {"a@x", "a@x|"},
	    {" a@x , b@y", "a@x|b@y|"},
	    {"Budi <a@x>, \"Last, First\" <b@y>", "a@x|b@y|"},
	    {"\"a b\"@x", "\"a b\"@x|"},
	    {"a@x (home, (and) office), b@y", "a@x|b@y|"},
	    {"Team: a@x, B <b@y>;, c@z", "a@x|b@y|c@z|"},
	    {"undisclosed-recipients:;", ""},
	    {"<@relay:a@x>", "@relay:a@x|"},
	    {"a@x,\r\n b@y", "a@x|b@y|"},
	    {"", ""},
	    {",,", ""},
	    {"\"unclosed", "\"unclosed|"},
	    {"(unclosed", ""},
	    {"<a@x", "a@x|"},
	    {"\"a\\\"b\"@x", "\"a\\\"b\"@x|"},
	    {"\"a\r\n b\"@x", "\"a b\"@x|"},
	    {"\"a\r\nDATA\r\n\"@x, <\"b\r\nRSET\r\n\"@y>",
		"\"aDATA\"@x|\"bRSET\"@y|"},
	    {"\\", "\\|"},
	    {"\"\\", "\"\\|"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b;
		buf_init(&b, 1000);
		outgoing_addresses(slice_str(cases[i].field), &b);
		same_list(&b, cases[i].list);
		buf_free(&b);
	}
}

static void
recipients(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(
	    outgoing_recipients(SLICE("Subject: x\r\nTo: a@x,\r\n b@x\r\n"
				      "CC: c@x\r\nbcc: d@x\r\n"
				      "X-To: e@x\r\n\r\nTo: f@x\r\n"),
		&b),
	    ERR_OK);
	same_list(&b, "a@x|b@x|c@x|d@x|");
	buf_free(&b);
}

static struct outgoing_sender
sender(void)
{
	return (struct outgoing_sender){.from = SLICE("budi@contoh.id"),
	    .name = SLICE("Budi \"B\"\n"),
	    .host = SLICE("mail.contoh.id"),
	    .id = 1,
	    .unix_s = 1524494340,
	    .offset_min = 420};
}

#define DATE "Date: Mon, 23 Apr 2018 21:39:00 +0700\r\n"
#define ID   "Message-ID: <0000000000001@mail.contoh.id>\r\n"
#define FROM "From: \"Budi \\\"B\\\"\" <budi@contoh.id>\r\n"

static void
finish(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"Subject: x\r\n\r\nbody\r\n",
		FROM DATE ID "Subject: x\r\n\r\nbody\r\n"},
	    {"From: a@x\r\nDate: y\r\nMessage-Id: <z@z>\r\n\r\nBcc: b\r\n",
		"From: a@x\r\nDate: y\r\nMessage-Id: <z@z>\r\n\r\nBcc: b\r\n"},
	    {"Bcc: c@x,\r\n d@x\r\nTo: a@x\r\n\r\n",
		FROM DATE ID "To: a@x\r\n\r\n"},
	    {"no header at all\r\n", FROM DATE ID "\r\nno header at all\r\n"},
	    {"", FROM DATE ID "\r\n"},
	    {"\r\nbody\r\n", FROM DATE ID "\r\nbody\r\n"},
	};
	struct outgoing_sender s = sender();
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b;
		buf_init(&b, 4000);
		assert_int_equal(
		    outgoing_finish(slice_str(cases[i].in), &s, &b), ERR_OK);
		if (!slice_eq(buf_slice(&b), slice_str(cases[i].out)))
			fail_msg(
			    "%s: %.*s", cases[i].in, SLICE_ARG(buf_slice(&b)));
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines),
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(recipients),
	    cmocka_unit_test(finish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
