/* Header blocks: fields and rest put together are the input, byte for byte;
 * more input never changes a field that was recognised; what streams past is
 * counted as it is in one piece. */
#include "proto/mail/header.h"

#include <stdlib.h>
#include <string.h>

#define FIELD_MAX 600

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* What a prefix already tells must stay. */
static void
prefixes(struct slice in, const struct header_field *f, size_t used)
{
	for (size_t n = 0; n <= in.n; n++) {
		struct header_field g;
		size_t u;
		enum err e =
		    header_next(slice_to(in, n), false, FIELD_MAX, &g, &u);
		check(e == ERR_MORE ||
		      (e == ERR_OK && u == used && slice_eq(g.raw, f->raw) &&
			  slice_eq(g.value, f->value)));
		check(e != ERR_OK || n > used);
	}
}

static void
watch(struct slice in, size_t step)
{
	struct header_watch whole = {0}, cut = {0};
	header_watch_feed(&whole, in);
	for (size_t i = 0; i < in.n; i += step)
		header_watch_feed(&cut, slice_to(slice_from(in, i), step));
	check(memcmp(&whole, &cut, sizeof(cut)) == 0 || whole.done);
	check(whole.received == cut.received && whole.date == cut.date &&
	      whole.from == cut.from && whole.done == cut.done &&
	      whole.octets == cut.octets && whole.message_id == cut.message_id);
	struct slice block = header_block(in, false);
	size_t n = header_count(block, SLICE("received"));
	/* Only the streaming counter sees a field without its end. */
	check(whole.received == n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size), rest = in;
	struct header_field f;
	size_t used = 0;
	enum err e;
	if (size > 2048)
		return 0;
	while ((e = header_next(rest, true, FIELD_MAX, &f, &used)) == ERR_OK) {
		check(f.raw.p == rest.p && f.raw.n == used && used > 0);
		check(f.name.n > 0 && f.name.n <= HEADER_NAME_MAX);
		check(f.value.p + f.value.n <= f.raw.p + f.raw.n);
		if (size < 200 && slice_ends_nocase(f.raw, SLICE("\r\n")) &&
		    used < rest.n)
			prefixes(rest, &f, used);
		rest = slice_from(rest, used);
	}
	check(e == ERR_NOT_FOUND || e == ERR_LIMIT);
	struct buf b;
	buf_init(&b, 4096);
	header_value_unfolded(&b, in);
	check(buf_err(&b) == ERR_OK && b.n <= size);
	buf_free(&b);
	if (size > 0)
		watch(in, 1 + data[0] % 7);
	return 0;
}
