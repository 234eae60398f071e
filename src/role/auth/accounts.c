#include "role/auth/accounts.h"

#include <openssl/crypto.h>
#include <stdlib.h>

/* Stands in by_local where a local part has several accounts. */
static const struct account ambiguous;

static size_t
count_lines(struct slice s)
{
	size_t n = 1;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

/* Maps hold pointers to void; what they point to here is never changed. */
static void *
unconst(const struct account *a)
{
	union {
		const struct account *in;
		void *out;
	} u = {.in = a};
	return u.out;
}

static enum err
index_account(struct accounts *t, const struct account *a, struct diag *why)
{
	struct slice local, domain;
	if (map_get(&t->by_name, a->name) != NULL)
		return diag_set(why, ERR_SYNTAX, "",
		    "the account %.*s stands twice", SLICE_ARG(a->name));
	enum err e = map_put(&t->by_name, a->name, unconst(a));
	if (e != ERR_OK)
		return e;
	account_split(a->name, &local, &domain);
	bool taken = map_get(&t->by_local, local) != NULL;
	return map_put(&t->by_local, local, unconst(taken ? &ambiguous : a));
}

static enum err
read_lines(struct accounts *t, size_t *line_no, struct diag *why)
{
	struct slice rest = buf_slice(&t->text), line;
	while (account_next_line(&rest, line_no, &line)) {
		struct account *a = &t->v[t->n];
		enum err e = account_parse(line, a, why);
		if (e == ERR_NOT_FOUND)
			continue;
		if (e == ERR_OK)
			e = index_account(t, a, why);
		if (e != ERR_OK)
			return e;
		t->n++;
	}
	return ERR_OK;
}

enum err
accounts_read(struct accounts *out, const uint64_t seed[2], struct buf *text,
    size_t *out_line, struct diag *why)
{
	struct accounts t = {.text = *text};
	buf_init(text, text->max);
	map_init(&t.by_name, seed);
	map_init(&t.by_local, seed);
	*out_line = 0;
	t.v = calloc(count_lines(buf_slice(&t.text)), sizeof(*t.v));
	enum err e = t.v == NULL ? ERR_NOMEM : read_lines(&t, out_line, why);
	if (e == ERR_NOMEM)
		(void)diag_set(why, e, "", "%s", err_name(e));
	*out = t;
	if (e != ERR_OK)
		accounts_free(out);
	return e;
}

void
accounts_free(struct accounts *t)
{
	map_free(&t->by_name);
	map_free(&t->by_local);
	if (t->v != NULL)
		OPENSSL_cleanse(t->v, t->n * sizeof(*t->v));
	free(t->v);
	if (t->text.p != NULL)
		OPENSSL_cleanse(t->text.p, t->text.n);
	buf_free(&t->text);
	*t = (struct accounts){.n = 0};
}

const struct account *
accounts_find(const struct accounts *t, struct slice name)
{
	return t->n == 0 ? NULL : map_get(&t->by_name, name);
}

const struct account *
accounts_login(const struct accounts *t, struct slice name,
    bool (*is_maildir)(void *arg, struct slice domain), void *arg)
{
	struct slice local, domain;
	const struct account *a = accounts_find(t, name);
	if (a != NULL || t->n == 0)
		return a;
	account_split(name, &local, &domain);
	if (domain.n == 0) {
		a = map_get(&t->by_local, local);
		return a == &ambiguous ? NULL : a;
	}
	return is_maildir(arg, domain) ? map_get(&t->by_name, local) : NULL;
}
