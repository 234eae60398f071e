#include "cmd/check_change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void
test_same_sentences(void **unused)
{
	(void)unused;
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
	    {"x", "x", true},
	    {"x", "y", false},
	    {"It ended 3 days ago", "It ended 14 days ago", true},
	    {"It ended 3 days ago", "It ended 3 years ago", false},
	    {"after 104 ms", "after 9 ms", true},
	    {"after 104ms", "after 9ms", true},
	    {"mx: 2 of 61 connections failed (x): not everything",
		"mx: 3 of 60 connections failed (x): not everything", true},
	    {"mx: 2 dari 61 sambungan gagal", "mx: 12 dari 6 sambungan gagal",
		true},
	    {"mx: 2 of 61 connections failed (x)",
		"mx: 2 of 61 connections failed (y)", false},
	    {"2 of 61 bits", "3 of 61 bits", false},
	    {"300 of 306 recipients came from siti",
		"411 of 420 recipients came from siti", true},
	    {"300 of 306 recipients came from siti",
		"300 of 306 recipients came from budi", false},
	    {"Dari 50 jawaban, 3 jawaban", "Dari 60 jawaban, 4 jawaban", true},
	    {"key of 1024 bits", "key of 2048 bits", false},
	    {"192.0.2.1", "192.0.2.2", false},
	    {"2001:db8::10:22:33", "2001:db8::10:22:34", false},
	    {"10:22:33::1", "10:22:34::1", false},
	    {"port 25 at 20:39:00.774", "port 26 at 01:00:00.1", true},
	    {"220 a ESMTP; Sun, 22 Nov 2026 20:39:00 +0700",
		"220 a ESMTP; Mon, 23 Nov 2026 01:02:03 +0700", true},
	    {"220 a ESMTP; Sun, 22 Nov 2026 20:39:00 +0700",
		"220 b ESMTP; Mon, 23 Nov 2026 01:02:03 +0700", false},
	    {"2026-11-21T20:39:00.774Z", "2027-11-21T20:39:00.774Z", false},
	    {"until 2027-01-01", "until 2027-02-01", false},
	    {"is refused: 550 5.1.1 no <a@b.id> [0SA5QA5XEAM00]",
		"is refused: 550 5.1.1 no <a@b.id> [0SB7TT2YEAM14]", true},
	    {"is refused: 550 5.1.1 no [0SA5QA5XEAM00]",
		"is refused: 550 5.1.2 no [0SB7TT2YEAM14]", false},
	    {"220 mx.a.id d2e1a72fcca58-7d3f4si123.4 - gsmtp",
		"220 mx.a.id a0e1a72fcca58-8d3f4si125.9 - gsmtp", true},
	    {"220 mx1.contoh.id ESMTP", "220 mx2.contoh.id ESMTP", false},
	    {"v=STSv1; id=20261122034255", "v=STSv1; id=20261123034300", true},
	    {"v=STSv1; id=2026112203425", "v=STSv1; id=2026112303430", false},
	    {"key 0sa5qa5xeam00", "key 0sb7tt2yeam14", false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool same = check_change_same(cases[i].a, cases[i].b);
		if (same != cases[i].same)
			print_error("%s | %s\n", cases[i].a, cases[i].b);
		assert_int_equal(same, cases[i].same);
	}
}

static void
changes(const char *before, const char *now, const char *want)
{
	json_t *a = json_loads(before, 0, NULL), *b = json_loads(now, 0, NULL);
	struct buf out;
	assert_non_null(a);
	assert_non_null(b);
	json_t *found = check_change_find(a, b);
	assert_non_null(found);
	buf_init(&out, 65536);
	check_change_text(found, &out);
	if (!slice_eq(buf_slice(&out), slice_str(want)))
		print_error("%.*s", SLICE_ARG(buf_slice(&out)));
	assert_true(slice_eq(buf_slice(&out), slice_str(want)));
	buf_free(&out);
	json_decref(found);
	/* What is not compared may as well not be there. */
	check_change_strip(a);
	found = check_change_find(a, b);
	assert_int_equal(json_array_size(found) > 0, *want != '\0');
	json_decref(found);
	json_decref(a);
	json_decref(b);
}

static void
test_changes(void **unused)
{
	(void)unused;
	changes("{\"answer\":\"good\",\"ms\":1,\"connect_ms\":5,"
		"\"connections\":133,"
		"\"log\":[{\"ms\":1,\"who\":\">\",\"text\":\"a\"}]}",
	    "{\"answer\":\"good\",\"ms\":2,\"connect_ms\":7,\"connections\":"
	    "134,"
	    "\"log\":[{\"ms\":1,\"who\":\">\",\"text\":\"b\"}]}",
	    "");
	changes("{\"figures\":{\"a\":1},\"b\":2}",
	    "{\"figures\":{\"a\":2,\"c\":[1]},\"b\":3}", "! b: 2 -> 3\n");
	changes("{\"figures\":1}", "{\"figures\":2}", "! figures: 1 -> 2\n");
	changes("{\"max_age\":604800,\"key_age\":1}",
	    "{\"max_age\":86400,\"key_age\":2}",
	    "! max_age: 604800 -> 86400\n! key_age: 1 -> 2\n");
	/* targets of a batch */
	changes(
	    "{\"ms\":{\"answer\":\"good\"},\"x_time\":{\"answer\":\"bad\"}}",
	    "{\"ms\":{\"answer\":\"bad\"}}",
	    "! ms.answer: \"good\" -> \"bad\"\n- x_time: \"bad\"\n");
	/* no dialogue yet, and one now */
	changes("{\"a\":{\"d\":[]},\"b\":{\"d\":[]},\"ms\":[],\"ttl\":1}",
	    "{\"a\":{\"d\":[{\"ms\":1,\"who\":\">\",\"text\":\"b\"}]},"
	    "\"b\":{},\"ms\":5}",
	    "");
	changes("{\"d\":[{\"ms\":1,\"who\":\">\",\"text\":\"b\"}]}",
	    "{\"d\":[1]}", "+ d[0]: 1\n");
	changes("{\"grade\":\"A\",\"old\":1,\"n\":null}",
	    "{\"grade\":\"B\",\"new\":[2],\"n\":null}",
	    "! grade: \"A\" -> \"B\"\n+ new: [2]\n- old: 1\n");
	/* By name, not by place. */
	changes("{\"mx\":[{\"name\":\"a\",\"tls\":true},"
		"{\"name\":\"b\",\"tls\":true}]}",
	    "{\"mx\":[{\"name\":\"b\",\"tls\":false},"
	    "{\"name\":\"a\",\"tls\":true},{\"name\":\"c\"}]}",
	    "! mx[b].tls: true -> false\n+ mx[c]: {\"name\":\"c\"}\n");
	changes("{\"v\":[\"x\",\"x\",\"y\"]}", "{\"v\":[\"y\",\"x\"]}",
	    "- v[x]: \"x\"\n");
	changes("{\"findings\":[{\"code\":\"a\",\"text\":\"gone 3 days\"},"
		"{\"code\":\"b\",\"text\":\"t\",\"cure\":\"c\"}]}",
	    "{\"findings\":[{\"code\":\"a\",\"text\":\"gone 4 days\"},"
	    "{\"code\":\"b\",\"text\":\"u\\nv\",\"cure\":\"mend\"}]}",
	    "+ b: u v -> mend\n- b: t\n");
	/* Two of one name, and another type. */
	changes("{\"p\":[{\"n\":\"a\",\"k\":1},{\"n\":\"a\",\"k\":2}]}",
	    "{\"p\":[{\"n\":\"a\",\"k\":1},{\"n\":\"a\",\"k\":3}]}",
	    "! p[a].k: 2 -> 3\n");
	changes("[]", "{}", "! : [] -> {}\n");
	changes("{\"p\":[1]}", "{\"p\":{}}", "! p: [1] -> {}\n");
	changes("{}", "{\"a.id\":{\"answer\":\"bad\",\"x\":1}}",
	    "+ a.id: \"bad\"\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_sentences),
	    cmocka_unit_test(test_changes)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
