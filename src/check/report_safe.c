#include "base/utf8.h"
#include "check/report_tree.h"

/* Characters above ASCII that a terminal or a browser obeys rather than
 * shows, as they stand in UTF-8: the C1 controls, ALM, the marks, embeddings,
 * overrides and isolates of direction, and the separators of lines. */
static bool
obeyed(struct slice c)
{
	if (c.n == 2)
		return (c.p[0] == 0xc2 && c.p[1] < 0xa0) ||
		       (c.p[0] == 0xd8 && c.p[1] == 0x9c);
	if (c.n != 3 || c.p[0] != 0xe2)
		return false;
	if (c.p[1] == 0x80)
		return c.p[2] == 0x8e || c.p[2] == 0x8f ||
		       (c.p[2] >= 0xa8 && c.p[2] <= 0xae);
	return c.p[1] == 0x81 && c.p[2] >= 0xa6 && c.p[2] <= 0xa9;
}

/* The character at the front: how long, and whether it may be shown. */
static bool
next_is_harmless(struct slice s, size_t *out_n)
{
	size_t n = utf8_sequence(s);

	*out_n = n == 0 ? 1 : n;
	if (n == 0)
		return false;
	if (n == 1)
		return s.p[0] >= ' ' && s.p[0] != 0x7f;
	return !obeyed(slice_to(s, n));
}

size_t
report_harmless(struct slice s)
{
	size_t at = 0, n;

	while (at < s.n && next_is_harmless(slice_from(s, at), &n))
		at += n;
	return at;
}

size_t
report_foul(struct slice s)
{
	size_t n;

	return s.n == 0 || next_is_harmless(s, &n) ? 0 : n;
}

void
report_add_shown(struct buf *b, struct slice s)
{
	while (s.n > 0) {
		size_t n = report_harmless(s);
		buf_add(b, slice_to(s, n));
		s = slice_from(s, n);
		n = report_foul(s);
		for (size_t i = 0; i < n; i++)
			buf_printf(b, "\\x%02X", s.p[i]);
		s = slice_from(s, n);
	}
}

size_t
report_columns(struct slice s)
{
	size_t columns = 0;

	while (s.n > 0) {
		size_t n;
		columns += next_is_harmless(s, &n) ? 1 : 4 * n;
		s = slice_from(s, n);
	}
	return columns;
}

bool
report_line_next(struct slice *rest, struct slice *out)
{
	if (rest->p == NULL)
		return false;
	size_t at = slice_find(*rest, '\n');
	*out = slice_to(*rest, at);
	if (at + 1 >= rest->n)
		*rest = SLICE_EMPTY;
	else
		*rest = slice_from(*rest, at + 1);
	return true;
}
