#include "check/tr.h"

#include <string.h>

#include "check/tr_table.h"

/* The language of the process, as a locale is one: set once, then read. */
static enum tr_lang language = TR_EN;

void
tr_set(enum tr_lang lang)
{
	language = lang;
}

enum tr_lang
tr_lang(void)
{
	return language;
}

const char *
tr(const char *english)
{
	size_t low = 0, high = language == TR_ID ? tr_table_id_n : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(english, tr_table_id[mid].english);
		if (c == 0)
			return tr_table_id[mid].other;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return english;
}
