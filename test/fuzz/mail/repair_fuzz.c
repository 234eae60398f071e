/* Mended mail: the same however it is cut; no line too long; exactly one Date,
 * From and Message-ID; mending it again changes nothing; what needed nothing
 * is as it was; the octets of an encoded body are those that came. */
#include "proto/mail/repair.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "proto/mail/header.h"

#define INPUT_MAX 32768

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static unsigned
run(struct slice in, size_t step, struct buf *out)
{
	const struct repair_conf c = {.from = SLICE("copier@contoh.id"),
	    .to = SLICE("budi@contoh.id"),
	    .hostname = SLICE("mail.contoh.id"),
	    .id = 77,
	    .unix_s = 1700000000,
	    .offset_min = 420};
	struct repair *r = repair_new(&c);
	check(r != NULL);
	buf_init(out, 8 * INPUT_MAX);
	for (size_t i = 0; i < in.n; i += step) {
		size_t n = in.n - i < step ? in.n - i : step;
		uint8_t *p = malloc(n);
		check(p != NULL);
		memcpy(p, in.p + i, n);
		check(repair_feed(r, slice_of(p, n), out) == ERR_OK);
		free(p);
	}
	check(repair_end(r, out) == ERR_OK);
	unsigned done = repair_done(r);
	repair_free(r);
	return done;
}

static void
lines_fit(struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		n++;
		if (s.p[i] == '\n' && i > 0 && s.p[i - 1] == '\r')
			n = 0;
		/* The next two may be its CR LF. */
		check(n <= REPAIR_LINE_MAX + 1);
		check(n <= REPAIR_LINE_MAX ||
		      (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n'));
	}
}

static struct slice
body_of(struct slice message)
{
	struct slice h = header_block(message, true);
	return slice_from(message, h.n);
}

static void
squeezed(struct slice s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != ' ')
			buf_add_byte(out, s.p[i]);
}

/* Only for messages of one part, whose header is one without doubt. */
static void
octets_stay(struct slice in, struct slice out, unsigned done)
{
	struct buf a, b;
	struct header_field f;
	if (header_find(header_block(in, false), SLICE("Content-Type"), &f) ==
		ERR_OK &&
	    slice_starts_nocase(slice_trim(f.value), SLICE("multipart")))
		return;
	if ((done & REPAIR_ENDED) != 0 || body_of(in).n == 0)
		return;
	buf_init(&a, 8 * INPUT_MAX);
	buf_init(&b, 8 * INPUT_MAX);
	squeezed(body_of(out), &a);
	if ((done & REPAIR_ENCODED) != 0) {
		check(base64_decode(buf_slice(&a), &b) == ERR_OK);
		check(slice_eq(buf_slice(&b), body_of(in)));
	} else if ((done & REPAIR_BROKEN) == 0) {
		check(slice_eq(body_of(in), body_of(out)));
	} else if (slice_find(body_of(in), '=') == body_of(in).n &&
		   slice_find(body_of(out), '=') == body_of(out).n) {
		squeezed(body_of(in), &b);
		check(slice_eq(buf_slice(&a), buf_slice(&b)));
	}
	buf_free(&a);
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct buf a, b, c;
	if (size > INPUT_MAX)
		return 0;
	unsigned done = run(in, size + 1, &a);
	struct slice out = buf_slice(&a);
	check(run(in, 1 + size % 13, &b) == done);
	check(slice_eq(out, buf_slice(&b)));
	check((done != 0) != slice_eq(in, out));
	lines_fit(out);
	struct slice head = header_block(out, false);
	check(header_count(head, SLICE("Date")) == 1);
	check(header_count(head, SLICE("From")) == 1);
	check(header_count(head, SLICE("Message-ID")) == 1);
	check(run(out, out.n, &c) == 0);
	check(slice_eq(out, buf_slice(&c)));
	octets_stay(in, out, done);
	buf_free(&a);
	buf_free(&b);
	buf_free(&c);
	return 0;
}
