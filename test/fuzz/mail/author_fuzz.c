/* Addresses of a From field: each has the shape of one and is read back as it
 * stands, alone and in a list; the field in a message is the same however it
 * is cut, and is what header_find finds. */
#include "proto/mail/author.h"

#include <stdlib.h>

#include "base/pack.h"
#include "proto/mail/header.h"

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
read_back(struct slice list)
{
	struct buf text, again;
	struct slice rest = list, one;
	buf_init(&text, 1u << 16);
	buf_init(&again, 1u << 16);
	while (pack_next(&rest, &one)) {
		struct slice alone;
		check(slice_rfind(one, '@') < one.n && one.n >= 3);
		check(slice_find(one, '\n') == one.n);
		buf_clear(&again);
		check(author_addresses(one, 1, &again) == ERR_OK);
		struct slice packed = buf_slice(&again);
		check(pack_next(&packed, &alone) && slice_eq(alone, one));
		buf_add_str(&text, text.n > 0 ? ", x <" : "x <");
		buf_add(&text, one);
		buf_add_byte(&text, '>');
	}
	check(rest.n == 0);
	buf_clear(&again);
	if (text.n > 0) {
		check(author_addresses(buf_slice(&text), AUTHORS_MAX, &again) ==
		      ERR_OK);
		check(slice_eq(buf_slice(&again), list));
	}
	buf_free(&text);
	buf_free(&again);
}

static void
watch(struct slice in, size_t step)
{
	struct author_watch a, b;
	author_watch_init(&a);
	author_watch_init(&b);
	author_watch_feed(&a, in);
	for (struct slice rest = in; rest.n > 0; rest = slice_from(rest, step))
		author_watch_feed(&b, slice_to(rest, step));
	check(a.fields == b.fields && a.done == b.done &&
	      a.overlong == b.overlong &&
	      slice_eq(buf_slice(&a.from), buf_slice(&b.from)));
	struct header_field f;
	struct buf v, w;
	buf_init(&v, in.n + 1);
	buf_init(&w, in.n + 1);
	if (header_find(in, SLICE("From"), &f) == ERR_OK &&
	    slice_ends_nocase(f.raw, SLICE("\r\n"))) {
		check(a.fields > 0);
		header_value_unfolded(&v, f.value);
		header_value_unfolded(&w, buf_slice(&a.from));
		check(slice_eq(buf_slice(&v), buf_slice(&w)));
	}
	buf_free(&v);
	buf_free(&w);
	author_watch_free(&a);
	author_watch_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct buf out;
	if (size > 4096)
		return 0;
	buf_init(&out, 1u << 16);
	enum err e = author_addresses(in, AUTHORS_MAX, &out);
	check(e == ERR_OK || e == ERR_SYNTAX || e == ERR_LIMIT);
	check(e == ERR_OK || out.n == 0);
	check(pack_count(buf_slice(&out)) <= AUTHORS_MAX);
	read_back(buf_slice(&out));
	buf_free(&out);
	watch(in, 1 + size % 5);
	return 0;
}
