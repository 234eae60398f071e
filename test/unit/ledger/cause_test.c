/* Every cause has its texts in doc/causes.md, word by word, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "policy/cause.h"

static void
test_find(void **state)
{
	(void)state;
	for (int lang = 0; lang < CAUSE_LANGS; lang++) {
		const struct cause *c;
		for (size_t i = 0; (c = cause_at(lang, i)) != NULL; i++)
			assert_ptr_equal(
			    cause_find(lang, slice_str(c->code)), c);
		assert_null(cause_find(lang, SLICE("")));
		assert_null(cause_find(lang, SLICE("tls")));
		assert_null(cause_find(lang, SLICE("tls.cert-expired2")));
		assert_null(cause_find(lang, SLICE("zzz")));
	}
}

static void
test_sorted_and_equal_codes(void **state)
{
	(void)state;
	const struct cause *en, *id;
	const char *last = "";
	for (size_t i = 0; (en = cause_at(CAUSE_EN, i)) != NULL; i++) {
		id = cause_at(CAUSE_ID, i);
		assert_non_null(id);
		assert_string_equal(en->code, id->code);
		assert_true(strcmp(last, en->code) < 0);
		last = en->code;
		/* struct diag holds a code in 32 octets. */
		assert_true(strlen(en->code) < 32);
	}
}

/* line_is - take "- KEY: " and compare the rest with want. */
static bool
take_line(struct slice *text, const char *key, const char *want)
{
	struct buf b;
	buf_init(&b, 4096);
	buf_printf(&b, "- %s: %s\n", key, want);
	bool same = slice_starts(*text, buf_slice(&b));
	if (!same)
		print_error("expected: %.*sfound: %.*s\n",
		    SLICE_ARG(buf_slice(&b)),
		    SLICE_ARG(slice_to(*text, slice_find(*text, '\n') + 1)));
	*text = slice_from(*text, buf_slice(&b).n);
	buf_free(&b);
	return same;
}

static void
check_section(struct slice code, struct slice text)
{
	static const char *const keys[CAUSE_LANGS][3] = {
	    {"en", "en cure sending", "en cure receiving"},
	    {"id", "id cure sending", "id cure receiving"}};
	for (int lang = 0; lang < CAUSE_LANGS; lang++) {
		const struct cause *c = cause_find(lang, code);
		if (c == NULL)
			fail_msg("%.*s is not in the program", SLICE_ARG(code));
		assert_true(take_line(&text, keys[lang][0], c->explanation));
		assert_true(
		    take_line(&text, keys[lang][1], c->cure[CAUSE_SENDING]));
		assert_true(
		    take_line(&text, keys[lang][2], c->cure[CAUSE_RECEIVING]));
	}
}

static void
test_manual_agrees(void **state)
{
	(void)state;
	static uint8_t file[262144];
	FILE *f = fopen(CAUSES_MD, "rb");
	assert_non_null(f);
	struct slice text = slice_of(file, fread(file, 1, sizeof(file), f));
	fclose(f);
	assert_true(text.n > 0 && text.n < sizeof(file));
	size_t found = 0, have = 0;
	while (text.n > 0) {
		size_t end = slice_find(text, '\n');
		struct slice line = slice_to(text, end);
		text = slice_from(text, end + 1);
		if (!slice_starts(line, SLICE("### ")))
			continue;
		check_section(slice_from(line, 4), text);
		found++;
	}
	while (cause_at(CAUSE_EN, have) != NULL)
		have++;
	assert_int_equal(found, have);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_sorted_and_equal_codes),
	    cmocka_unit_test(test_manual_agrees),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
