/* Pasted texts: what is found lies within the text, each cause once and known,
 * surest first; the same text in other white space and case tells the same.
 * What was cleaned is UTF-8 without CR, NUL or HT. */
#include "policy/extract.h"

#include "base/utf8.h"

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

static void
names(struct slice in)
{
	struct slice name = SLICE_EMPTY;
	size_t at = 0, before = 0;
	while (extract_next_address(in, &at, &name)) {
		within(in, name);
		check(at > before && slice_find(name, '@') < name.n);
		before = at;
	}
	at = before = 0;
	while (extract_next_ip(in, &at, &name)) {
		within(in, name);
		check(at > before && name.n > 1);
		before = at;
	}
}

static void
clean(struct slice in)
{
	struct buf out;
	buf_init(&out, EXTRACT_CLEAN_MAX);
	check(extract_clean(in, &out) == ERR_OK);
	struct slice s = buf_slice(&out);
	check(s.n <= 4 * in.n && utf8_valid(s));
	check(slice_find(s, 0) == s.n && slice_find(s, '\r') == s.n &&
	      slice_find(s, '\t') == s.n);
	buf_free(&out);
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
	clean(in);
	names(in);
	size_t n = extract_read(in, v, EXTRACT_FOUND_MAX, &form);
	check(n <= EXTRACT_FOUND_MAX && form < EXTRACT_FORMS);
	check(extract_form_name(form) != NULL);
	for (size_t i = 0; i < n; i++)
		one(in, v, n, i);
	if (size <= 60 && form == EXTRACT_FREE)
		same(in, v, n);
	return 0;
}
