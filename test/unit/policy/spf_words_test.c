/* What the evaluation of SPF says, in the language of whoever reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "spf_zone.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NOW      1767225600

static void
assert_slice(struct slice s, const char *want)
{
	if (!slice_eq(s, slice_str(want)))
		fail_msg("\"%.*s\" instead of \"%s\"", SLICE_ARG(s), want);
}

/* Whatever is said, and not only shown, is said in the reader's language. */
static const char *
dots(const char *english)
{
	(void)english;
	return "...";
}

static void
test_words(void **state)
{
	static const struct {
		const char *record, *path, *problem;
	} cases[] = {
	    {"v=spf1 mx:null.contoh.id a:nothere.contoh.id ptr exists:a..b.id",
		"  mx:null.contoh.id -> null.contoh.id: ...\n"
		"  a:nothere.contoh.id -> nothere.contoh.id...: ...\n"
		"  ptr: ...\n"
		"  exists:a..b.id -> a..b.id: ...\n"
		"  ...",
		""},
	    {"v=spf1 include:soft.contoh.id -all",
		"  include:soft.contoh.id: ...\n"
		"    soft.contoh.id: v=spf1 ~all\n"
		"      ~all: ...\n"
		"      = softfail\n"
		"  include:soft.contoh.id: ...\n"
		"  -all: ...",
		""},
	    {"v=spf1 a:%{x}.id -all", "  a:%{x}.id: ...", "a:%{x}.id: ..."},
	    {"v=spf1 ip4:1.2.3 -all", "  ip4:1.2.3: ...", "ip4:1.2.3: ..."},
	    {"v=spf1 redirect=temp.contoh.id",
		"  redirect=temp.contoh.id -> temp.contoh.id\n"
		"  temp.contoh.id: ...",
		"temp.contoh.id: ..."},
	};
	struct ip ip = {.family = 4, .b = {192, 0, 2, 3}};
	struct buf b;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct spf_line z[] = {{"contoh.id", DNS_TXT, cases[i].record},
		    {"soft.contoh.id", DNS_TXT, "v=spf1 ~all"},
		    {"temp.contoh.id", DNS_TXT, "TEMPFAIL"},
		    {"null.contoh.id", DNS_MX, "0 ."}, {NULL, 0, NULL}};
		struct spf *s = spf_new_in(&ip, SLICE("x"),
		    SLICE("a@contoh.id"), SLICE("y"), NOW, dots);
		(void)zone_run(s, z, false);
		struct slice path = spf_result(s)->path;
		path = slice_from(path, slice_find(path, '\n') + 1);
		assert_slice(path, cases[i].path);
		assert_slice(spf_result(s)->problem, cases[i].problem);
		spf_free(s);
	}
	struct spf *s = spf_new_in(
	    &ip, SLICE("x"), SLICE("a@localhost"), SLICE("y"), NOW, dots);
	assert_slice(spf_result(s)->path, "localhost: ...");
	spf_free(s);
	buf_init(&b, 4096);
	spf_record_check_in(
	    SLICE("v=spf1 moo a=b ip4:0.0.0.0/0 ptr ?all mx redirect=a.id "
		  "redirect=b.id"),
	    dots, &b);
	assert_slice(buf_slice(&b),
	    "moo: ...\na=b: ...\nip4:0.0.0.0/0: ...\nredirect=b.id: ...\n"
	    "...\n...\n...\n...");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
