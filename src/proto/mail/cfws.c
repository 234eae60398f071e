#include "proto/mail/cfws.h"

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Comments are counted, not descended into. */
size_t
cfws_octets(struct slice in)
{
	size_t depth = 0, i;
	for (i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];
		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '\\' && depth > 0)
			i++;
		else if (depth == 0 && !is_space(c))
			break;
	}
	return depth == 0 ? i : SIZE_MAX;
}
