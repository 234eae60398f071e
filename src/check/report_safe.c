#include "base/utf8.h"
#include "check/report_tree.h"

size_t
report_harmless(struct slice s)
{
	size_t at = 0, n;

	while (at < s.n && utf8_shown(slice_from(s, at), &n))
		at += n;
	return at;
}

size_t
report_foul(struct slice s)
{
	size_t n;

	return utf8_shown(s, &n) ? 0 : n;
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
		columns += utf8_shown(s, &n) ? 1 : 4 * n;
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
