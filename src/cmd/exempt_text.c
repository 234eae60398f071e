#include "cmd/exempt_text.h"

/* The keys of a table that holds one entry hide nothing from anybody. */
static const uint64_t no_seed[2];

static const char *
end_of_line(struct slice text)
{
	size_t end = slice_find(text, '\n');
	bool cr = end < text.n && end > 0 && text.p[end - 1] == '\r';
	return cr ? "\r\n" : "\n";
}

void
exempt_text_begin(struct buf *out, struct slice text)
{
	buf_add(out, text);
	if (text.n > 0 && text.p[text.n - 1] != '\n')
		buf_add_str(out, end_of_line(text));
}

void
exempt_text_add(
    struct buf *out, struct slice text, const struct exempt_entry *e)
{
	exempt_add_line(out, e);
	buf_add_str(out, end_of_line(text));
}

static bool
is_same(const struct exempt_table *wanted, struct slice line, struct slice word)
{
	struct exempt_entry e;
	size_t index;
	if (exempt_parse_line(line, &e, NULL) == ERR_OK)
		return wanted != NULL && exempt_same(wanted, &e, &index);
	return slice_eq(
	    slice_trim(slice_to(line, slice_find(line, ';'))), word);
}

size_t
exempt_text_remove(struct buf *out, struct slice text, struct slice word)
{
	struct diag d;
	struct slice line;
	struct exempt_table *wanted = exempt_compile(word, no_seed, &d);
	size_t at = 0, begin = 0, removed = 0;
	word = slice_trim(word);
	while (exempt_line(text, &at, &line)) {
		size_t first = (size_t)(line.p - text.p);
		size_t end = at < text.n ? at : text.n;
		/* A mark of byte order before the first line stays. */
		buf_add(out, slice_of(text.p + begin, first - begin));
		begin = end;
		if (word.n > 0 && is_same(wanted, line, word))
			removed++;
		else
			buf_add(out, slice_of(text.p + first, end - first));
	}
	exempt_free(wanted);
	return removed;
}

uint32_t
exempt_text_lines(struct slice text)
{
	struct slice line;
	size_t at = 0;
	uint32_t n = 0;
	while (exempt_line(text, &at, &line))
		n++;
	return n;
}
