/* Data: the end is where CR LF . CR LF is and nowhere else, the same however
 * the octets are cut, and decode(encode(body)) == body. */
#include "base/buf.h"
#include "proto/smtp/data.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(c) ((c) ? (void)0 : abort())

struct result {
	struct smtp_data d;
	struct buf body;
	size_t used;
	bool ended;
};

static void
decode(struct slice wire, size_t step, struct result *r)
{
	size_t have = step < wire.n ? step : wire.n;
	*r = (struct result){0};
	smtp_data_init(&r->d);
	buf_init(&r->body, 1 << 20);
	for (;;) {
		struct slice run;
		size_t used = 0;
		struct slice in = slice_of(wire.p + r->used, have - r->used);
		enum err e = smtp_data_next(&r->d, in, &run, &used);
		if (e == ERR_CLOSED) {
			r->used += used;
			r->ended = true;
			return;
		}
		if (e == ERR_MORE) {
			MUST(in.n <= 2);
			if (have == wire.n)
				return;
			have = wire.n - have < step ? wire.n : have + step;
			continue;
		}
		MUST(e == ERR_OK && used > 0 && used <= in.n);
		MUST(run.n <= used);
		buf_add(&r->body, run);
		r->used += used;
	}
}

/* Where the body ends by the book; wire.n + 1: nowhere. */
static size_t
true_end(struct slice wire)
{
	if (slice_starts(wire, SLICE(".\r\n")))
		return 3;
	const uint8_t *q =
	    wire.n < 5 ? NULL : memmem(wire.p, wire.n, "\r\n.\r\n", 5);
	return q == NULL ? wire.n + 1 : (size_t)(q - wire.p) + 5;
}

static bool
is_clean(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\0')
			return false;
		if (s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n'))
			return false;
		if (s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r'))
			return false;
	}
	return true;
}

static void
check_decode(struct slice wire, size_t step)
{
	struct result whole, cut;
	decode(wire, wire.n + 1, &whole);
	decode(wire, step, &cut);
	MUST(whole.ended == cut.ended && whole.used == cut.used);
	MUST(whole.d.flaw == cut.d.flaw);
	MUST(whole.d.lookalike == cut.d.lookalike);
	MUST(whole.d.octets == cut.d.octets);
	MUST(whole.d.longest == cut.d.longest);
	MUST(slice_eq(buf_slice(&whole.body), buf_slice(&cut.body)));
	size_t end = true_end(wire);
	MUST(whole.ended == (end <= wire.n));
	if (whole.ended) {
		MUST(whole.used == end);
		MUST((whole.d.flaw == SMTP_DATA_FLAW_NONE) ==
		     is_clean(slice_to(wire, end)));
	}
	if (whole.d.flaw == SMTP_DATA_FLAW_NONE)
		MUST(whole.d.octets == whole.body.n);
	buf_free(&whole.body);
	buf_free(&cut.body);
}

static enum err
encode(struct slice body, size_t step, struct buf *wire)
{
	struct smtp_stuff s;
	struct slice run;
	smtp_stuff_init(&s);
	for (size_t at = 0; at < body.n; at += step) {
		struct slice in = slice_to(slice_from(body, at), step);
		while (in.n > 0) {
			size_t used = 0;
			enum err e = smtp_stuff_next(&s, in, &run, &used);
			if (e != ERR_OK)
				return e;
			MUST(run.n > 0);
			buf_add(wire, run);
			in = slice_from(in, used);
		}
	}
	enum err e = smtp_stuff_end(&s, &run);
	if (e == ERR_OK)
		buf_add(wire, run);
	return e;
}

static void
check_encode(struct slice body, size_t step)
{
	struct buf wire, again;
	struct result r;
	buf_init(&wire, 1 << 20);
	buf_init(&again, 1 << 20);
	enum err e = encode(body, step, &wire);
	MUST(e == encode(body, body.n + 1, &again));
	MUST((e == ERR_OK) == is_clean(body));
	if (e == ERR_OK) {
		MUST(slice_eq(buf_slice(&wire), buf_slice(&again)));
		decode(buf_slice(&wire), step, &r);
		MUST(r.ended && r.used == wire.n);
		MUST(r.d.flaw == SMTP_DATA_FLAW_NONE);
		MUST(slice_eq(slice_to(buf_slice(&r.body), body.n), body));
		MUST(r.body.n - body.n <= 2);
		buf_free(&r.body);
	}
	buf_free(&wire);
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > 1 << 14)
		return 0;
	size_t step = 1u + data[0] % 32;
	check_decode(slice_of(data + 1, size - 1), step);
	check_encode(slice_of(data + 1, size - 1), step);
	return 0;
}
