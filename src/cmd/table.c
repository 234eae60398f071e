#include "cmd/table.h"

#include "cmd/cmd.h"

void
table_begin(struct table *t, size_t columns)
{
	*t = (struct table){.columns = columns};
	buf_init(&t->text, 256u << 20);
}

/* Characters, not octets: continuation octets of UTF-8 count for nothing. */
static size_t
width_of(struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

void
table_cell_slice(struct table *t, struct slice text)
{
	size_t column = t->cells % t->columns;
	size_t width = width_of(text);

	if (slice_find(text, '\0') != text.n)
		text = slice_to(text, slice_find(text, '\0'));
	if (width > t->width[column])
		t->width[column] = width;
	buf_add(&t->text, text);
	buf_add_byte(&t->text, '\0');
	t->cells++;
}

void
table_cell(struct table *t, const char *text)
{
	table_cell_slice(t, slice_str(text));
}

void
table_print(struct table *t, FILE *to)
{
	struct slice rest = buf_slice(&t->text);

	for (size_t i = 0; i < t->cells && rest.n > 0; i++) {
		size_t column = i % t->columns;
		struct slice cell = slice_to(rest, slice_find(rest, '\0'));
		rest = slice_from(rest, cell.n + 1);
		cmd_print_safe(to, cell);
		if (column + 1 == t->columns) {
			fputc('\n', to);
			continue;
		}
		size_t pad = t->width[column] - width_of(cell) + 2;
		fprintf(to, "%*s", (int)pad, "");
	}
	buf_free(&t->text);
}
