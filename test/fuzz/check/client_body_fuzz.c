/* What check client reads of a message: a body on the wire, in whatever pieces
 * it comes, and its Message-ID. */
#include <stdlib.h>
#include <string.h>

#include "check/client_judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice all = slice_of(data, n);
	size_t cut = n > 0 ? data[0] % (n + 1) : 0;
	struct client_body whole = {.at_start = true}, parts = whole;
	client_body_feed(&whole, all);
	client_body_feed(&parts, slice_to(all, cut));
	client_body_feed(&parts, slice_from(all, cut));
	if (whole.octets != n || parts.octets != n ||
	    whole.bare_lf != parts.bare_lf || whole.bare_cr != parts.bare_cr ||
	    whole.stuffed != parts.stuffed || whole.line != parts.line ||
	    whole.unstuffed != parts.unstuffed ||
	    whole.longest != parts.longest)
		abort();
	if (whole.longest > n || whole.bare_lf + whole.bare_cr > n ||
	    whole.stuffed + whole.unstuffed > n / 2)
		abort();
	struct slice id = client_message_id(all);
	if (id.n > 0 && (id.p < data || id.p + id.n > data + n || id.n < 2 ||
			    id.p[0] != '<' || id.p[id.n - 1] != '>'))
		abort();
	return 0;
}
