/* Replies: prefixes of a reply are ERR_MORE or the answer of the whole; what
 * is written reads back, in lines of 512 octets. */
#include "proto/smtp/reply.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(c) ((c) ? (void)0 : abort())

static void
check_read(struct slice in)
{
	static const struct smtp_reply_limits max = {200, 600, 8};
	struct smtp_reply r = {0}, p;
	size_t used = 0, lines = 0;
	enum err whole = smtp_reply_parse(in, &max, &r, &used);
	for (size_t n = 0; n <= in.n; n++) {
		size_t part = 0;
		enum err e = smtp_reply_parse(slice_to(in, n), &max, &p, &part);
		if (e == ERR_MORE)
			continue;
		MUST(e == whole && part == used);
		break;
	}
	if (whole != ERR_OK)
		return;
	MUST(r.code >= 200 && r.code <= 599 && used <= 600);
	MUST(r.raw.n == used && r.lines >= 1 && r.lines <= 8);
	struct slice rest = r.raw, text;
	while (smtp_reply_line(&rest, &text))
		lines++;
	MUST(lines == r.lines && rest.n == 0);
	struct buf b;
	buf_init(&b, 4096);
	buf_add_smtp_reply_text(&b, &r);
	MUST(buf_err(&b) == ERR_OK);
	MUST(slice_find(buf_slice(&b), '\n') == b.n);
	buf_free(&b);
}

static void
check_write(uint16_t code, struct slice text)
{
	static const struct smtp_reply_limits max = {510, 1 << 20, 1 << 20};
	struct smtp_reply r;
	struct buf b;
	size_t used = 0;
	buf_init(&b, 1 << 20);
	buf_add_smtp_reply(&b, code, code % 2 ? SLICE("5.7.1") : SLICE_EMPTY,
	    text, code % 3 ? SLICE("0123456789ABC") : SLICE_EMPTY);
	MUST(smtp_reply_parse(buf_slice(&b), &max, &r, &used) == ERR_OK);
	MUST(used == b.n && r.code == code);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > 4096)
		return 0;
	check_read(slice_of(data, size));
	check_write((uint16_t)(500 + data[0] % 60), slice_of(data, size));
	return 0;
}
