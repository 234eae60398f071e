/* The accounts file: every line that parses is written back as a line that
 * parses to the same; every name that passes is safe as a file name. */
#include <stdlib.h>
#include <string.h>

#include "proto/auth/account.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
safe_name(struct slice name)
{
	struct slice local, domain;
	account_split(name, &local, &domain);
	check(local.n > 0 && local.n <= 64 && local.p[0] != '.');
	check(slice_find(name, '/') == name.n);
	check(slice_find(local, '@') == local.n);
	check(domain.n == 0 || domain.p[0] != '.');
	for (size_t i = 0; i < name.n; i++)
		check(name.p[i] > ' ' && name.p[i] != 0x7f &&
		      (name.p[i] < 'A' || name.p[i] > 'Z'));
}

static void
one_name(struct slice in)
{
	struct buf b, again;
	buf_init(&b, ACCOUNT_NAME_MAX);
	buf_init(&again, ACCOUNT_NAME_MAX);
	if (account_name(in, &b, NULL) == ERR_OK) {
		check(slice_eq_nocase(buf_slice(&b), in));
		safe_name(buf_slice(&b));
		check(account_name(buf_slice(&b), &again, NULL) == ERR_OK);
		check(slice_eq(buf_slice(&b), buf_slice(&again)));
	} else
		check(b.n == 0 || in.n > ACCOUNT_NAME_MAX);
	buf_free(&b);
	buf_free(&again);
}

static void
one_line(struct slice line)
{
	struct account a, back;
	struct diag why;
	struct buf b;
	diag_clear(&why);
	enum err e = account_parse(line, &a, &why);
	if (e != ERR_OK) {
		check(e == ERR_NOT_FOUND || why.text[0] != '\0');
		return;
	}
	safe_name(a.name);
	buf_init(&b, 2 * ACCOUNT_LINE_MAX);
	check(account_format(&b, &a) == ERR_OK);
	check(b.p[b.n - 1] == '\n');
	check(slice_find(buf_slice(&b), '\n') == b.n - 1);
	check(account_parse(slice_of(b.p, b.n - 1), &back, &why) == ERR_OK);
	check(slice_eq(a.name, back.name) && slice_eq(a.hash, back.hash));
	check(a.iterations == back.iterations && a.salt_n == back.salt_n);
	check(memcmp(a.salt, back.salt, a.salt_n) == 0);
	check(memcmp(a.stored_key, back.stored_key, ACCOUNT_KEY_LEN) == 0);
	check(memcmp(a.server_key, back.server_key, ACCOUNT_KEY_LEN) == 0);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of(data, size), line;
	size_t no = 0;
	one_name(rest);
	while (account_next_line(&rest, &no, &line))
		one_line(line);
	return 0;
}
