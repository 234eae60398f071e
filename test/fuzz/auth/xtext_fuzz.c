/* xtext: encoding any octets gives xtext that decodes to them; what decodes
 * is its own canonical form. */
#include <stdlib.h>

#include "proto/auth/xtext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct buf text, back;
	buf_init(&text, 4 * size + 1);
	buf_init(&back, 4 * size + 1);
	xtext_encode(&text, in);
	check(xtext_decode(buf_slice(&text), &back) == ERR_OK);
	check(slice_eq(buf_slice(&back), in));
	buf_clear(&text);
	buf_clear(&back);
	if (xtext_decode(in, &text) == ERR_OK) {
		struct buf again;
		buf_init(&again, 4 * size + 1);
		xtext_encode(&back, buf_slice(&text));
		check(xtext_decode(buf_slice(&back), &again) == ERR_OK);
		check(slice_eq(buf_slice(&again), buf_slice(&text)));
		check(back.n <= in.n);
		buf_free(&again);
	}
	buf_free(&text);
	buf_free(&back);
	return 0;
}
