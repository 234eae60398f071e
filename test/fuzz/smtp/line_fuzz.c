/* Lines: a whole input and every prefix of it tell the same story, and what
 * is handed out holds no CR, LF or NUL. */
#include "proto/smtp/line.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(c) ((c) ? (void)0 : abort())

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > 4096)
		return 0;
	size_t max = data[0];
	struct slice in = slice_of(data + 1, size - 1), line = SLICE_EMPTY;
	size_t used = 0;
	enum err whole = smtp_line_next(in, max, &line, &used);
	if (whole == ERR_OK) {
		MUST(line.n <= max && used == line.n + 2 && used <= in.n);
		MUST(slice_find(line, '\r') == line.n);
		MUST(slice_find(line, '\n') == line.n);
		MUST(slice_find(line, '\0') == line.n);
	} else {
		MUST(line.p == NULL && used == 0);
	}
	for (size_t n = 0; n <= in.n; n++) {
		struct slice part;
		size_t part_used = 0;
		enum err e =
		    smtp_line_next(slice_to(in, n), max, &part, &part_used);
		if (e == ERR_MORE)
			continue;
		MUST(e == whole && part_used == used);
		break;
	}
	return 0;
}
