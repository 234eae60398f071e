#include "base/pack.h"

void
pack_add(struct buf *b, struct slice s)
{
	if (s.n > UINT32_MAX) {
		b->err = ERR_LIMIT;
		return;
	}
	uint8_t len[4];
	for (size_t i = 0; i < 4; i++)
		len[i] = (uint8_t)(s.n >> (8 * i));
	buf_add(b, slice_of(len, 4));
	buf_add(b, s);
}

bool
pack_next(struct slice *in, struct slice *out)
{
	if (in->n < 4)
		return false;
	size_t n = (size_t)in->p[0] | (size_t)in->p[1] << 8 |
		   (size_t)in->p[2] << 16 | (size_t)in->p[3] << 24;
	if (n > in->n - 4)
		return false;
	*out = slice_of(in->p + 4, n);
	*in = slice_from(*in, 4 + n);
	return true;
}

long
pack_count(struct slice in)
{
	struct slice item;
	long n = 0;
	while (pack_next(&in, &item))
		n++;
	return in.n == 0 ? n : -1;
}
