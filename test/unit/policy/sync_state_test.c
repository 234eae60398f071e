/* The state file of a sync: what is written is read, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "policy/sync_state.h"

static void
assert_text(struct slice got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.n > 0 ? (const char *)got.p : "", want, got.n);
}

static void
whole(void **unused)
{
	static const char want[] =
	    "kurir-sync 1\n"
	    "last-sync 1763776800\n"
	    "last-try 1763863200\n"
	    "entries 12\n"
	    "octets 340\n"
	    "timestamp 1763770000\n"
	    "url https://lists.mitra.example/ptr.list\n"
	    "key RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n"
	    "etag \"6745-1a\"\n"
	    "last-modified Sat, 22 Nov 2025 02:00:00 GMT\n"
	    "last-error the server answered 404\n";
	struct sync_state s;
	struct buf b;
	(void)unused;
	assert_int_equal(sync_state_parse(SLICE(want), &s), ERR_OK);
	assert_int_equal(s.last_sync, 1763776800);
	assert_int_equal(s.last_try, 1763863200);
	assert_int_equal(s.entries, 12);
	assert_int_equal(s.octets, 340);
	assert_int_equal(s.timestamp, 1763770000);
	assert_text(s.url, "https://lists.mitra.example/ptr.list");
	assert_text(s.etag, "\"6745-1a\"");
	assert_text(s.last_modified, "Sat, 22 Nov 2025 02:00:00 GMT");
	assert_text(s.last_error, "the server answered 404");
	buf_init(&b, SYNC_STATE_MAX);
	sync_state_add(&b, &s);
	assert_text(buf_slice(&b), want);
	buf_free(&b);
}

static void
nothing_known(void **unused)
{
	struct sync_state s = {0};
	struct buf b;
	(void)unused;
	buf_init(&b, SYNC_STATE_MAX);
	sync_state_add(&b, &s);
	assert_text(buf_slice(&b), "kurir-sync 1\n");
	assert_int_equal(sync_state_parse(buf_slice(&b), &s), ERR_OK);
	assert_int_equal(s.last_sync, 0);
	buf_free(&b);
}

static void
refused(void **unused)
{
	static const struct slice cases[] = {
	    SLICE(""),
	    SLICE("kurir-sync 1"),
	    SLICE("kurir-sync 2\n"),
	    SLICE("kurir-sync 1\nlast-sync 1"),
	    SLICE("kurir-sync 1\nlast-sync\n"),
	    SLICE("kurir-sync 1\nlast-sync \n"),
	    SLICE("kurir-sync 1\nlast-sync 0\n"),
	    SLICE("kurir-sync 1\nlast-sync 07\n"),
	    SLICE("kurir-sync 1\nlast-sync -7\n"),
	    SLICE("kurir-sync 1\nlast-sync 99999999999999999999\n"),
	    SLICE("kurir-sync 1\nlast-sync 1\nlast-sync 2\n"),
	    SLICE("kurir-sync 1\nlast-try 1\nlast-sync 2\n"),
	    SLICE("kurir-sync 1\n\n"),
	    SLICE("kurir-sync 1\nlater 1\n"),
	    SLICE("kurir-sync 1\nurl \n"),
	    SLICE("kurir-sync 1\nurl https://a\r\n"),
	    SLICE("kurir-sync 1\nurl https://a\0b\n"),
	    SLICE("kurir-sync 1\netag \x7f\n"),
	};
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sync_state s = {.last_sync = 5};
		assert_int_equal(sync_state_parse(cases[i], &s), ERR_SYNTAX);
		assert_int_equal(s.last_sync, 0);
	}
}

/* What comes from a server cannot add a line, nor make the file unreadable. */
static void
foreign_text(void **unused)
{
	struct sync_state s = {0}, back;
	struct buf b;
	char big[3000];
	(void)unused;
	memset(big, 'x', sizeof(big));
	s.etag = slice_of(big, sizeof(big));
	s.url = SLICE("https://a/\nentries 9");
	s.last_error = slice_of(big, sizeof(big));
	buf_init(&b, SYNC_STATE_MAX);
	sync_state_add(&b, &s);
	assert_int_equal(sync_state_parse(buf_slice(&b), &back), ERR_OK);
	assert_text(back.url, "https://a/?entries 9");
	assert_int_equal(back.entries, 0);
	assert_int_equal(back.etag.n, 0);
	assert_int_equal(back.last_error.n, 1024);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole),
	    cmocka_unit_test(nothing_known),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(foreign_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
