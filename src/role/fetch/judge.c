#include "role/fetch/judge.h"

#include <stdlib.h>
#include <string.h>

/* A server that has no such file often sends its home page, with 200. */
static bool
looks_like_markup(struct slice text)
{
	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		text = slice_from(text, 3);
	while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t' ||
				 text.p[0] == '\r' || text.p[0] == '\n'))
		text = slice_from(text, 1);
	return text.n > 0 && text.p[0] == '<';
}

static enum err
judge_size(size_t entries, const struct judge_old *old, struct diag *d)
{
	struct exempt_survey before;
	if (!old->same_url || exempt_survey(old->text, &before) != ERR_OK ||
	    entries >= before.entries - before.entries / 2)
		return ERR_OK;
	return diag_set(d, ERR_DENIED, NULL,
	    "it has %zu entries, less than half of the %zu in force; if that "
	    "is meant, remove the copy in force and sync again",
	    entries, before.entries);
}

enum err
judge_list(struct slice text, const struct judge_old *old, size_t *out_entries,
    struct diag *d)
{
	struct exempt_survey s;
	if (text.n > JUDGE_OCTETS_MAX || exempt_survey(text, &s) != ERR_OK)
		return diag_set(d, ERR_DENIED, NULL, "it is too large");
	if (looks_like_markup(text))
		return diag_set(
		    d, ERR_DENIED, NULL, "it is a web page, not a list");
	if (s.errors > 0)
		return diag_set(d, ERR_DENIED, NULL, "line %u: %s",
		    s.first_error.line, s.first_error.text);
	if (s.entries == 0)
		return diag_set(d, ERR_DENIED, NULL, "it has no entries");
	if (s.broad > 0)
		return diag_set(d, ERR_DENIED, NULL,
		    "line %u is over-broad: it would exempt far more than "
		    "one network or domain",
		    s.first_broad);
	enum err e = judge_size(s.entries, old, d);
	if (e == ERR_OK)
		*out_entries = s.entries;
	return e;
}

/* ---- what is different ---- */

/* Lines with an entry, sorted; each once. */
struct lines {
	struct slice *v;
	size_t n;
};

static int
compare(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static bool
line_next(struct slice text, size_t *at, struct slice *out)
{
	while (exempt_line(text, at, out)) {
		*out = slice_trim(*out);
		if (out->n > 0 && out->p[0] != ';')
			return true;
	}
	return false;
}

static enum err
lines_of(struct slice text, struct lines *out)
{
	struct slice line;
	size_t n = 0;
	*out = (struct lines){0};
	for (size_t at = 0; line_next(text, &at, &line);)
		n++;
	if (n == 0)
		return ERR_OK;
	out->v = calloc(n, sizeof(*out->v));
	if (out->v == NULL)
		return ERR_NOMEM;
	for (size_t at = 0, i = 0; i < n && line_next(text, &at, &line); i++)
		out->v[i] = line;
	qsort(out->v, n, sizeof(*out->v), compare);
	for (size_t i = 0; i < n; i++)
		if (out->n == 0 || !slice_eq(out->v[out->n - 1], out->v[i]))
			out->v[out->n++] = out->v[i];
	return ERR_OK;
}

static void
note(struct slice line, struct slice *shown, size_t *count)
{
	if (*count < JUDGE_SHOWN)
		shown[*count] = line;
	++*count;
}

enum err
difference_make(struct slice before, struct slice after, struct difference *out)
{
	struct lines a, b = {0};
	memset(out, 0, sizeof(*out));
	enum err e = lines_of(before, &a);
	if (e == ERR_OK)
		e = lines_of(after, &b);
	for (size_t i = 0, k = 0; e == ERR_OK && (i < a.n || k < b.n);) {
		int order = i == a.n   ? 1
			    : k == b.n ? -1
				       : slice_cmp(a.v[i], b.v[k]);
		if (order < 0)
			note(a.v[i], out->removed_line, &out->removed);
		else if (order > 0)
			note(b.v[k], out->added_line, &out->added);
		i += order <= 0;
		k += order >= 0;
	}
	free(a.v);
	free(b.v);
	return e;
}
