/* tr_table.h - the translations, made from po/id.po by tools/po-table. */
#ifndef CHECK_TR_TABLE_H
#define CHECK_TR_TABLE_H

#include <stddef.h>

struct tr_pair {
	const char *english, *other;
};

/* By the octets of the English. */
extern const struct tr_pair tr_table_id[];
extern const size_t tr_table_id_n;

#endif
