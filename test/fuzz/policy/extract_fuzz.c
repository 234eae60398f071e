/* Pasted texts: what is found lies within the text, each cause once and known,
 * surest first; the same text in other white space and case tells the same. */
#include "policy/extract.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 4096

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
within(struct slice s, struct slice part)
{
	check(part.n == 0 || (part.p >= s.p && part.p + part.n <= s.p + s.n));
}

static void
one(struct slice in, const struct extract_found *v, size_t n, size_t i)
{
	const struct extract_found *f = &v[i];
	within(in, f->evidence);
	within(in, f->ip);
	within(in, f->host);
	within(in, f->address);
	within(in, f->session);
	check(f->at < in.n && f->evidence.n > 0);
	check(f->weight > 0 && f->weight <= 100);
	check(cause_find(CAUSE_ID, slice_str(f->cause)) != NULL);
	check(f->note[CAUSE_EN] != NULL && f->note[CAUSE_ID] != NULL);
	check(i == 0 || v[i - 1].weight >= f->weight);
	(void)n;
}

/* Upper case, and each space doubled, changes no cause of a short text. */
static void
same(struct slice in, const struct extract_found *v, size_t n)
{
	uint8_t copy[128];
	size_t used = 0;
	struct extract_found w[EXTRACT_FOUND_MAX];
	enum extract_form form;
	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];
		copy[used++] = c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c;
	}
	size_t m =
	    extract_read(slice_of(copy, used), w, EXTRACT_FOUND_MAX, &form);
	check(m == n);
	for (size_t i = 0; i < n; i++)
		check(strcmp(v[i].cause, w[i].cause) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct extract_found v[EXTRACT_FOUND_MAX];
	enum extract_form form = EXTRACT_FORMS;
	if (size > TEXT_MAX)
		return 0;
	size_t n = extract_read(in, v, EXTRACT_FOUND_MAX, &form);
	check(n <= EXTRACT_FOUND_MAX && form < EXTRACT_FORMS);
	check(extract_form_name(form) != NULL);
	for (size_t i = 0; i < n; i++)
		one(in, v, n, i);
	if (size <= 60 && form == EXTRACT_FREE)
		same(in, v, n);
	return 0;
}
