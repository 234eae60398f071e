/* Any two answers, an octet 0xff between them: none differs from itself, what
 * differs one way differs the other way, and what is never compared may as
 * well not be there. */
#include <stdlib.h>

#include "cmd/check_change.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
differences(const json_t *a, const json_t *b)
{
	struct buf text;
	json_t *found = check_change_find(a, b);
	if (found == NULL)
		abort();
	buf_init(&text, 64u << 20);
	check_change_text(found, &text);
	size_t n = json_array_size(found), lines = 0;
	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	if (buf_err(&text) != ERR_OK || lines != n)
		abort();
	buf_free(&text);
	json_decref(found);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of(data, size);
	struct slice first = slice_to(s, slice_find(s, 0xff));
	struct slice second = slice_from(s, first.n + 1);
	json_t *a = json_loadb((const char *)first.p, first.n, 0, NULL);
	json_t *b = json_loadb((const char *)second.p, second.n, 0, NULL);
	if (a != NULL && b != NULL) {
		if (differences(a, a) != 0 || differences(b, b) != 0)
			abort();
		bool differ = differences(a, b) > 0;
		if (differ != (differences(b, a) > 0))
			abort();
		check_change_strip(a);
		check_change_strip(b);
		if (differ != (differences(a, b) > 0))
			abort();
	}
	json_decref(a);
	json_decref(b);
	return 0;
}
