/* What is taken is sane, and a difference leads from the one to the other. */
#include <stdlib.h>

#include "role/fetch/judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input up to a line of "--" is the old list, behind it the new one. */
static void
split(struct slice in, struct slice *before, struct slice *after)
{
	static const struct slice mark = {(const uint8_t *)"--\n", 3};
	for (size_t i = 0; i + mark.n <= in.n; i++)
		if (slice_eq(slice_to(slice_from(in, i), mark.n), mark)) {
			*before = slice_to(in, i);
			*after = slice_from(in, i + mark.n);
			return;
		}
	*before = SLICE_EMPTY;
	*after = in;
}

static size_t
count(struct slice text)
{
	struct exempt_survey s;
	return exempt_survey(text, &s) == ERR_OK ? s.entries : 0;
}

static void
check_taken(struct slice text, const struct judge_old *old, size_t entries)
{
	struct exempt_survey s;
	if (exempt_survey(text, &s) != ERR_OK || s.errors > 0 || s.broad > 0 ||
	    s.entries == 0 || s.entries != entries)
		abort();
	if (old->same_url && 2 * entries < count(old->text))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct judge_old old = {.same_url = true};
	struct slice text;
	struct difference there, back;
	struct diag d;
	size_t entries;
	split(slice_of(data, size), &old.text, &text);
	if (judge_list(text, &old, &entries, &d) == ERR_OK)
		check_taken(text, &old, entries);
	old.same_url = false;
	if (judge_list(text, &old, &entries, &d) == ERR_OK)
		check_taken(text, &old, entries);
	if (difference_make(old.text, text, &there) != ERR_OK ||
	    difference_make(text, old.text, &back) != ERR_OK)
		abort();
	if (there.added != back.removed || there.removed != back.added)
		abort();
	for (size_t i = 0; i < there.added && i < JUDGE_SHOWN; i++)
		if (!slice_eq(there.added_line[i], back.removed_line[i]) ||
		    there.added_line[i].n == 0)
			abort();
	if (difference_make(text, text, &there) != ERR_OK ||
	    there.added + there.removed > 0)
		abort();
	return 0;
}
