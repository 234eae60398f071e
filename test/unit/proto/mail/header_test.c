#include "proto/mail/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *in;
	bool whole;
	size_t max;
	enum err want;
	const char *name, *value; /* ERR_OK */
	size_t used;              /* ERR_OK, ERR_NOT_FOUND */
	bool folded;
};

static const struct row rows[] = {
    {"From: a\r\nTo: b\r\n", false, 99, ERR_OK, "From", " a", 9, false},
    {"From: a\r\n", false, 99, ERR_MORE, NULL, NULL, 0, false},
    {"From: a\r\n", true, 99, ERR_OK, "From", " a", 9, false},
    {"From: a", true, 99, ERR_OK, "From", " a", 7, false},
    {"From: a\r", false, 99, ERR_MORE, NULL, NULL, 0, false},
    {"From : a\r\nX", false, 99, ERR_OK, "From", " a", 10, false},
    {"X:\r\n\tb\r\n c\r\nY", false, 99, ERR_OK, "X", "\r\n\tb\r\n c", 12, true},
    {"X: a\r\n b", false, 99, ERR_MORE, NULL, NULL, 0, false},
    {"X: a\r\n b", true, 99, ERR_OK, "X", " a\r\n b", 8, true},
    {"X: a\nY: b\r\nZ", false, 99, ERR_OK, "X", " a\nY: b", 11, false},
    {"X: a\rY: b\r\nZ", false, 99, ERR_OK, "X", " a\rY: b", 11, false},
    {"\r\nbody", false, 99, ERR_NOT_FOUND, NULL, NULL, 2, false},
    {"no field\r\n", false, 99, ERR_NOT_FOUND, NULL, NULL, 0, false},
    {": x\r\n", false, 99, ERR_NOT_FOUND, NULL, NULL, 0, false},
    {" x: y\r\n", false, 99, ERR_NOT_FOUND, NULL, NULL, 0, false},
    {"\xc3\xa9: y\r\n", false, 99, ERR_NOT_FOUND, NULL, NULL, 0, false},
    {"", true, 99, ERR_NOT_FOUND, NULL, NULL, 0, false},
    {"", false, 99, ERR_MORE, NULL, NULL, 0, false},
    {"X: 7890\r\nY", false, 9, ERR_OK, "X", " 7890", 9, false},
    {"X: 7890\r\nY", false, 8, ERR_LIMIT, NULL, NULL, 0, false},
    {"X: 78901234", false, 8, ERR_LIMIT, NULL, NULL, 0, false},
    {"X: a\r\n b\r\nY", false, 9, ERR_LIMIT, NULL, NULL, 0, false},
};

static void
next(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct header_field f = {0};
		size_t used = 0;
		assert_int_equal(
		    header_next(slice_str(r->in), r->whole, r->max, &f, &used),
		    r->want);
		assert_int_equal(used, r->used);
		if (r->want != ERR_OK)
			continue;
		assert_true(slice_eq(f.name, slice_str(r->name)));
		assert_true(slice_eq(f.value, slice_str(r->value)));
		assert_int_equal(f.raw.n, r->used);
		assert_int_equal(f.folded, r->folded);
	}
}

static const char message[] = "Received: one\r\n"
			      "RECEIVED: two\r\n folded\r\n"
			      "X-Received: no\r\n"
			      "Message-Id: \t<a@\r\n b>  \r\n"
			      "Date : today\r\n"
			      "From: x\r\n"
			      "\r\n"
			      "Received: body\r\n";

static void
block(void **state)
{
	(void)state;
	struct slice m = SLICE(message);
	struct slice head = header_block(m, false);
	struct header_field f;
	struct buf b;
	assert_int_equal(m.n - head.n, sizeof("\r\nReceived: body\r\n") - 1);
	assert_int_equal(header_block(m, true).n, head.n + 2);
	assert_int_equal(header_count(m, SLICE("Received")), 2);
	assert_int_equal(header_find(m, SLICE("Sender"), &f), ERR_NOT_FOUND);
	assert_int_equal(header_find(m, SLICE("message-ID"), &f), ERR_OK);
	buf_init(&b, 64);
	header_value_unfolded(&b, f.value);
	assert_true(slice_eq(buf_slice(&b), SLICE("<a@ b>")));
	buf_free(&b);
	assert_int_equal(header_block(SLICE("body only\r\n"), true).n, 0);
	assert_int_equal(header_block(SLICE("A: b"), true).n, 4);
}

/* The same counts however the stream is cut. */
static void
watch(void **state)
{
	(void)state;
	struct slice m = SLICE(message);
	for (size_t cut = 1; cut <= m.n; cut++) {
		struct header_watch w = {0};
		for (size_t i = 0; i < m.n; i += cut)
			header_watch_feed(&w, slice_to(slice_from(m, i), cut));
		assert_true(w.done);
		assert_int_equal(w.received, 2);
		assert_int_equal(w.date, 1);
		assert_int_equal(w.from, 1);
		assert_int_equal(w.message_id, 1);
		assert_int_equal(w.return_path, 0);
	}
	struct header_watch w = {0};
	header_watch_feed(&w, SLICE("Received: a\nReceived: b\r\nno\r\n"
				    "Received: c\r\n"));
	assert_true(w.done);
	assert_int_equal(w.received, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(next),
	    cmocka_unit_test(block),
	    cmocka_unit_test(watch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
