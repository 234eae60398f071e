/* The alias file: any text parses or complains by line; expanding any name in
 * it ends within its bounds in addresses that are each there once. */
#include <stdlib.h>

#include "policy/alias.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
count(void *arg, size_t line, const char *text)
{
	size_t *n = arg;
	check(line > 0 && text[0] != '\0');
	(*n)++;
}

static bool
ours(void *arg, struct slice domain)
{
	(void)arg;
	return slice_ends_nocase(domain, SLICE("contoh.id"));
}

static void
expand(const struct alias_table *t, struct slice name)
{
	const struct alias_rules rules = {
	    .bare = ours, .ours = ours, .delimiter = SLICE("+")};
	struct arena a;
	struct alias_list l = {.n = 0};
	struct diag why;
	size_t at = slice_find(name, '@');
	struct slice domain =
	    at < name.n ? slice_from(name, at + 1) : SLICE("contoh.id");
	arena_init(&a, 4 << 20);
	enum err e =
	    alias_expand(t, &rules, slice_to(name, at), domain, &a, &l, &why);
	check(
	    e == ERR_OK || e == ERR_LIMIT || e == ERR_SYNTAX || e == ERR_NOMEM);
	check(l.n <= ALIAS_TARGETS_MAX);
	for (size_t i = 0; i < l.n; i++) {
		check(slice_find(l.address[i], '@') < l.address[i].n);
		for (size_t k = 0; k < i; k++)
			check(!slice_eq_nocase(l.address[i], l.address[k]));
	}
	arena_reset(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct alias_table t;
	struct arena a;
	size_t complaints = 0;
	arena_init(&a, 8 << 20);
	enum err e =
	    alias_parse(slice_of(data, size), &a, count, &complaints, &t);
	check(e == ERR_OK || e == ERR_SYNTAX || e == ERR_NOMEM);
	check((e == ERR_SYNTAX) == (complaints > 0) || e == ERR_NOMEM);
	for (size_t i = 0; e == ERR_OK && i < t.n; i++) {
		check(t.entries[i].target_n > 0);
		check(i == 0 ||
		      slice_cmp(t.entries[i - 1].name, t.entries[i].name) < 0);
		check(alias_find(&t, t.entries[i].name) == &t.entries[i]);
		if (i < 16)
			expand(&t, t.entries[i].name);
	}
	arena_reset(&a);
	return 0;
}
