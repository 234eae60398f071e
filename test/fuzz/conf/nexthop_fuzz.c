/* Any text: what parses is shown in a form that parses to the same, and an
 * expanded maildir stays below the part of its template before the first %. */
#include <stdlib.h>

#include "conf/nexthop.h"

static void
check_maildir(const struct nexthop *h, struct slice user)
{
	struct buf b;
	size_t fixed = slice_find(h->path, '%');

	buf_init(&b, 1u << 20);
	enum err e = nexthop_maildir(h, user, SLICE("contoh.id"), &b);
	if (e == ERR_OK) {
		struct slice s = buf_slice(&b);
		if (!slice_starts(s, slice_to(h->path, fixed)) ||
		    slice_find(user, '/') != user.n ||
		    slice_find(user, '\0') != user.n || user.p[0] == '.')
			abort();
	} else if (e != ERR_SYNTAX && e != ERR_LIMIT) {
		abort();
	}
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of(data, size);
	struct nexthop h, again;
	struct diag why;
	struct buf shown;

	diag_clear(&why);
	enum err e = nexthop_parse(s, &h, &why);
	if (e != ERR_OK) {
		if (e != ERR_SYNTAX || why.text[0] == '\0')
			abort();
		return 0;
	}
	buf_init(&shown, size + 200);
	nexthop_text(&h, &shown);
	if (buf_err(&shown) != ERR_OK ||
	    nexthop_parse(buf_slice(&shown), &again, NULL) != ERR_OK ||
	    !nexthop_eq(&h, &again))
		abort();
	buf_free(&shown);
	if (h.kind == NEXTHOP_MAILDIR)
		check_maildir(&h, slice_from(s, size / 2));
	return 0;
}
