#include "proto/smtp/line.h"

enum err
smtp_line_next(struct slice in, size_t max_octets, struct slice *out_line,
    size_t *out_used)
{
	for (size_t i = 0; i < in.n && i <= max_octets; i++) {
		uint8_t c = in.p[i];
		if (c == '\n' || c == '\0')
			return ERR_SYNTAX;
		if (c != '\r')
			continue;
		if (i + 1 == in.n)
			return ERR_MORE;
		if (in.p[i + 1] != '\n')
			return ERR_SYNTAX;
		*out_line = slice_to(in, i);
		*out_used = i + 2;
		return ERR_OK;
	}
	return in.n > max_octets ? ERR_LIMIT : ERR_MORE;
}
