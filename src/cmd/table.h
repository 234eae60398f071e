/* table.h - rows of cells in aligned columns, for people.
 *
 *	struct table t;
 *	table_begin(&t, 3);
 *	table_cell(&t, "ID"); ... table_cell(&t, "TO");
 *	table_print(&t, stdout);
 *
 * The width of a column is that of its widest cell, counted in characters.
 * The last column is not padded. Lifetime: table_begin ... table_print. */
#ifndef CMD_TABLE_H
#define CMD_TABLE_H

#include <stdio.h>

#include "base/buf.h"

#define TABLE_COLUMNS_MAX 12

struct table {
	size_t columns;
	size_t cells;
	size_t width[TABLE_COLUMNS_MAX];
	struct buf text; /* cells, each with a NUL behind it */
};

void table_begin(struct table *t, size_t columns);
void table_cell(struct table *t, const char *text);
void table_cell_slice(struct table *t, struct slice text);
/* table_print - print all rows and release the memory. */
void table_print(struct table *t, FILE *to);

#endif
