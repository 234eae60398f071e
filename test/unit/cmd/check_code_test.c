/* Which ways of writing ask for a code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/check_code.h"

#define ARGS_MAX 8

static const struct {
	const char *line;
	bool wanted;
} cases[] = {
    {"check code", true},
    {"check --json code", true},
    {"check -c /etc/k.conf code", true},
    {"check sender --code", true},
    {"check --code --json sender", true},
    {"check sender", false},
    {"check sender contoh.id", false},
    {"check tls code", false},
    {"check tls --code", false},
    {"check -c code tls", false},
    {"check --code", false},
    {"check", false},
};

static void
wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[128], *argv[ARGS_MAX + 1] = {NULL};
		int argc = 0;
		(void)snprintf(text, sizeof(text), "%s", cases[i].line);
		for (char *at = text; *at != '\0' && argc < ARGS_MAX;) {
			argv[argc++] = at;
			at += strcspn(at, " ");
			if (*at != '\0')
				*at++ = '\0';
		}
		if (check_code_wanted(argc, argv) != cases[i].wanted)
			fail_msg("%s", cases[i].line);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(wanted)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
