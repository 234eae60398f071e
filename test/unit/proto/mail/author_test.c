#include "proto/mail/author.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/pack.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct {
	const char *in;
	const char *out; /* joined by "|"; NULL: ERR_SYNTAX */
} lists[] = {
    {"budi@contoh.id", "budi@contoh.id"},
    {" budi@contoh.id ", "budi@contoh.id"},
    {"<budi@contoh.id>", "budi@contoh.id"},
    {"Budi <budi@contoh.id>", "budi@contoh.id"},
    {"Budi S. Santoso <budi@contoh.id>", "budi@contoh.id"},
    {"\"Santoso, Budi\" <budi@contoh.id>", "budi@contoh.id"},
    {"\"x <evil@example.org>\" <budi@contoh.id>", "budi@contoh.id"},
    {"=?UTF-8?Q?Budi?= <budi@contoh.id>", "budi@contoh.id"},
    {"Bud\xc3\xad <budi@contoh.id>", "budi@contoh.id"},
    {"budi@contoh.id (Budi)", "budi@contoh.id"},
    {"(a (nested \\) <x@y>) b) budi@contoh.id", "budi@contoh.id"},
    {"budi (x) @ (y) contoh (z) . id", "budi@contoh.id"},
    {"budi . s @ contoh . id", "budi.s@contoh.id"},
    {"a@b.id,c@d.id", "a@b.id|c@d.id"},
    {",, a@b.id ,, c@d.id ,", "a@b.id|c@d.id"},
    {"A <a@b.id>,\r\n B <c@d.id>", "a@b.id|c@d.id"},
    {"\"a b\"@contoh.id", "\"a b\"@contoh.id"},
    {"\"a\\\"@x\"@contoh.id", "\"a\\\"@x\"@contoh.id"},
    {"\"a\r\n b\"@contoh.id", "\"a b\"@contoh.id"},
    {"a.\"b c\".d@contoh.id", "a.\"b c\".d@contoh.id"},
    {"a@[192.0.2.1]", "a@[192.0.2.1]"},
    {"a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"},
    {"<@x.id,@y.id:a@b.id>", "a@b.id"},
    {"<,@x.id,,@[192.0.2.1]:a@b.id>", "a@b.id"},
    {"Team: a@b.id, C <c@d.id>;", "a@b.id|c@d.id"},
    {"Team: a@b.id;, e@f.id", "a@b.id|e@f.id"},
    {"e@f.id, Team: a@b.id; , Two: ;", "e@f.id|a@b.id"},
    {"undisclosed: ;", ""},
    {"\"My Team\":;", ""},
    {"a..b.@contoh.id", "a..b.@contoh.id"},
    {"budi@contoh.id <sari@contoh.id>", "sari@contoh.id"},
    {"[List] budi@x <sari@contoh.id>", "sari@contoh.id"},
    {"Budi@ <sari@contoh.id>", "sari@contoh.id"},
    {"\xc3\xa1@contoh.id", "\xc3\xa1@contoh.id"},
    /* not lists */
    {"", NULL},
    {" ", NULL},
    {",", NULL},
    {"(c)", NULL},
    {"budi", NULL},
    {"@contoh.id", NULL},
    {"budi@", NULL},
    {"budi@.id", NULL},
    {"budi@contoh.", NULL},
    {"budi@contoh..id", NULL},
    {"budi@contoh id", NULL},
    {"bu di@contoh.id", NULL},
    {"\"a\" b@contoh.id", NULL},
    {"a@b@c.id", NULL},
    {"a@\"b\"", NULL},
    {"a@[192.0.2.1].id", NULL},
    {"a@x.[192.0.2.1]", NULL},
    {"a@[192.0.2.1", NULL},
    {"a@[192[0]", NULL},
    {"Budi <>", NULL},
    {"<budi@contoh.id", NULL},
    {"budi@contoh.id>", NULL},
    {"<budi@contoh.id>>", NULL},
    {"<<budi@contoh.id>>", NULL},
    {"<budi@contoh.id> x", NULL},
    {"<a@b.id> <c@d.id>", NULL},
    {"<@x.id a@b.id>", NULL},
    {"<@x.id>", NULL},
    {"<@x.id> a@b.id>", NULL},
    {"\"Budi <budi@contoh.id>", NULL},
    {"(Budi <budi@contoh.id>", NULL},
    {"Budi) <budi@contoh.id>", NULL},
    {"a@b.id c@d.id", NULL},
    {"a@b.id; c@d.id", NULL},
    {"Team: a@b.id", NULL},
    {"Team: a@b.id; c@d.id", NULL},
    {"Team: Sub: a@b.id;;", NULL},
    {"Team: Sub: a@b.id;", NULL},
    {"a@b.id;", NULL},
    {"a@b.id: c@d.id;", NULL},
    {": a@b.id;", NULL},
    {"Team <a@b.id>: c@d.id;", NULL},
    {"a@b.id\x01", NULL},
    {"a\\b@c.id", NULL},
    {"\"a\\\r\n b\"@c.id", NULL},
    {"\"a\\", NULL},
};

static void
join(struct slice packed, struct buf *out)
{
	struct slice s;
	for (size_t i = 0; pack_next(&packed, &s); i++) {
		if (i > 0)
			buf_add_byte(out, '|');
		buf_add(out, s);
	}
	assert_int_equal(packed.n, 0);
}

static void
addresses(void **state)
{
	(void)state;
	struct buf out, text;
	buf_init(&out, 4096);
	buf_init(&text, 4096);
	for (size_t i = 0; i < COUNT(lists); i++) {
		buf_clear(&out);
		buf_clear(&text);
		enum err e = author_addresses(slice_str(lists[i].in), 16, &out);
		if (e != (lists[i].out == NULL ? ERR_SYNTAX : ERR_OK))
			fail_msg("\"%s\": %s", lists[i].in, err_name(e));
		if (lists[i].out == NULL) {
			assert_int_equal(out.n, 0);
			continue;
		}
		join(buf_slice(&out), &text);
		if (!slice_eq(buf_slice(&text), slice_str(lists[i].out)))
			fail_msg("\"%s\" gives %.*s", lists[i].in,
			    SLICE_ARG(buf_slice(&text)));
	}
	buf_free(&out);
	buf_free(&text);
}

static void
limits(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 64);
	pack_add(&out, SLICE("before"));
	size_t before = out.n;
	const struct slice two = SLICE("a@b.id, c@d.id");
	assert_int_equal(author_addresses(two, 1, &out), ERR_LIMIT);
	assert_int_equal(out.n, before);
	assert_int_equal(author_addresses(two, 2, &out), ERR_OK);
	assert_int_equal(pack_count(buf_slice(&out)), 3);
	before = out.n;
	assert_int_equal(
	    author_addresses(
		SLICE("a-long-one@mitra.example, another@mitra.example"), 16,
		&out),
	    ERR_LIMIT);
	assert_int_equal(out.n, before);
	buf_free(&out);
}

/* ---- in a message ---- */

static const struct {
	const char *in, *from;
	uint32_t fields;
	bool done;
} messages[] = {
    {"From: a\r\n\r\nb", " a", 1, true},
    {"Date: x\r\nfrom : a\r\nTo: b\r\n\r\nFrom: c\r\n", " a", 1, true},
    {"FROM:a\r\n b\r\n\tc\r\nTo: d\r\n\r\n", "a b\tc", 1, true},
    {"From: a\r\nFrom: b\r\n c\r\n\r\n", " a", 2, true},
    {"Froma: x\r\nXFrom: y\r\n\r\n", "", 0, true},
    {"Fro\r\nm: x\r\n\r\n", "", 0, true},
    {"From x y\r\nFrom: a\r\n\r\n", " a", 1, true},
    {"From\r\n: x\r\n\r\n", "", 0, true},
    {" From: x\r\n\r\n", "", 0, true},
    {"Subject: x\r\n From: y\r\n\r\n", "", 0, true},
    {"Subject: x\nFrom: y\r\n\r\n", "", 0, true},
    {"Subject: x\r\r\nFrom: y\r\n\r\n", " y", 1, true},
    {"From: a\rb\r\r\nTo: x\r\n\r\n", " a\rb\r", 1, true},
    {"\rx\r\nFrom: a\r\n\r\n", " a", 1, true},
    {"From: a\r\n\rFrom: b\r\n\r\n", " a", 1, true},
    {"From: a\r\nMessage-ID-long: x\r\nFrom: b", " a", 2, false},
    {"\r\nFrom: a\r\n", "", 0, true},
    {"From: a", " a", 1, false},
    {"", "", 0, false},
};

static void
watch(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++)
		for (size_t step = 1; step < 60; step++) {
			struct author_watch w;
			struct slice in = slice_str(messages[i].in);
			author_watch_init(&w);
			for (; in.n > 0; in = slice_from(in, step))
				author_watch_feed(&w, slice_to(in, step));
			if (!slice_eq(buf_slice(&w.from),
				slice_str(messages[i].from)))
				fail_msg("\"%s\" gives \"%.*s\"",
				    messages[i].in,
				    SLICE_ARG(buf_slice(&w.from)));
			assert_int_equal(w.fields, messages[i].fields);
			assert_int_equal(w.done, messages[i].done);
			assert_false(w.overlong);
			author_watch_free(&w);
		}
}

static void
overlong(void **state)
{
	(void)state;
	for (size_t n = AUTHOR_FIELD_MAX - 1; n <= AUTHOR_FIELD_MAX + 1; n++) {
		struct author_watch w;
		author_watch_init(&w);
		author_watch_feed(&w, SLICE("From:"));
		for (size_t i = 0; i < n; i++)
			author_watch_feed(&w, SLICE("a"));
		author_watch_feed(&w, SLICE("\r\n\r\n"));
		assert_true(w.done);
		assert_int_equal(w.overlong, n > AUTHOR_FIELD_MAX);
		author_watch_free(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(watch),
	    cmocka_unit_test(overlong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
