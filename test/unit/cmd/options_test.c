#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/cmd.h"
#include "cmd/table.h"

/* Words in, operands and option values out. */
struct option_case {
	const char *words; /* separated by spaces */
	int n;             /* operands; -1: refused */
	const char *operands, *to, *config;
	bool flag, json;
};

static const struct option_case cases[] = {
    {"v a b", 2, "a b ", NULL, "d", false, false},
    {"v --to x a", 1, "a ", "x", "d", false, false},
    {"v a --to=x --all", 1, "a ", "x", "d", true, false},
    {"v -c f --json", 0, "", NULL, "f", false, true},
    {"v --config=f a", 1, "a ", NULL, "f", false, false},
    {"v -a", 0, "", NULL, "d", true, false},
    {"v -- --to -a", 2, "--to -a ", NULL, "d", false, false},
    {"v - a", 2, "- a ", NULL, "d", false, false},
    {"v --to", -1, NULL, NULL, NULL, false, false},
    {"v --t x", -1, NULL, NULL, NULL, false, false},
    {"v --tox y", -1, NULL, NULL, NULL, false, false},
    {"v --all=x", -1, NULL, NULL, NULL, false, false},
    {"v -ax", -1, NULL, NULL, NULL, false, false},
    {"v -c", -1, NULL, NULL, NULL, false, false},
};

static void
run_case(const struct option_case *c)
{
	static const char *const synopsis[] = {"v", NULL};
	const struct cmd_verb verb = {"v", NULL, synopsis, ""};
	struct cmd_ctx ctx = {
	    .verb = &verb, .program = "test", .config_path = "d"};
	const char *to = NULL;
	bool flag = false;
	const struct cmd_option options[] = {{"--to", 0, &to, NULL},
	    {"--all", 'a', NULL, &flag}, {NULL, 0, NULL, NULL}};
	char text[100], *argv[12] = {NULL}, joined[100] = "";
	int argc = 0, code = -1;

	snprintf(text, sizeof(text), "%s", c->words);
	for (char *p = text; *p != '\0';) {
		argv[argc++] = p;
		p += strcspn(p, " ");
		if (*p != '\0')
			*p++ = '\0';
	}
	int n = cmd_options(&ctx, argc, argv, options, &code);
	if (n != c->n)
		fail_msg("%s: %d", c->words, n);
	if (n < 0) {
		assert_int_equal(code, CMD_USAGE);
		return;
	}
	for (int i = 1; i <= n; i++) {
		size_t at = strlen(joined);
		snprintf(joined + at, sizeof(joined) - at, "%s ", argv[i]);
	}
	assert_null(argv[n + 1]);
	assert_string_equal(joined, c->operands);
	assert_string_equal(to == NULL ? "-" : to, c->to == NULL ? "-" : c->to);
	assert_string_equal(ctx.config_path, c->config);
	assert_int_equal(flag, c->flag);
	assert_int_equal(ctx.json, c->json);
}

static void
options(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(&cases[i]);
}

static void
read_back(FILE *f, char *out, size_t max)
{
	rewind(f);
	size_t n = fread(out, 1, max - 1, f);
	out[n] = '\0';
	fclose(f);
}

static void
tables(void **state)
{
	char text[200];
	struct table t;
	FILE *f = tmpfile();
	(void)state;
	assert_non_null(f);
	table_begin(&t, 3);
	static const char *const cells[] = {
	    "ID", "NAME", "LAST", "1", "b\xc3\xbcro", "x", "22", "", "\x1b[1m"};
	for (size_t i = 0; i < 9; i++)
		table_cell(&t, cells[i]);
	table_print(&t, f);
	read_back(f, text, sizeof(text));
	assert_string_equal(text, "ID  NAME  LAST\n"
				  "1   b\xc3\xbcro  x\n"
				  "22        \\x1B[1m\n");
}

static void
safe(void **state)
{
	static const struct {
		const char *in, *out;
	} texts[] = {{"abc", "abc"}, {"a\tb\n", "a\\x09b\\x0A"},
	    {"\xc3\xbc", "\xc3\xbc"}, {"\xff\x7f", "\\xFF\\x7F"},
	    {"\xc2\x9b"
	     "1m",
		"\\xC2\\x9B1m"},
	    {"\xc3", "\\xC3"}};
	char text[100];
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		FILE *f = tmpfile();
		assert_non_null(f);
		cmd_print_safe(f, slice_str(texts[i].in));
		read_back(f, text, sizeof(text));
		assert_string_equal(text, texts[i].out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options),
	    cmocka_unit_test(tables),
	    cmocka_unit_test(safe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
