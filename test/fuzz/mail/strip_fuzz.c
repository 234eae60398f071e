/* Taking fields out: the same however it is cut; what is left holds none of
 * them and is left alone the second time; exactly the named fields go when
 * seen in one piece; behind the empty line nothing does. */
#include "proto/mail/strip.h"

#include <stdlib.h>
#include <string.h>

#include "proto/mail/header.h"

#define INPUT_MAX 8192

static const struct slice names[] = {
    {(const uint8_t *)"X-A", 3}, {(const uint8_t *)"Received", 8}};

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static uint32_t
run(struct slice in, struct slice authserv, size_t step, struct buf *out)
{
	struct strip s;
	strip_init(&s, authserv, names, 2);
	buf_init(out, INPUT_MAX);
	for (size_t i = 0; i < in.n; i += step) {
		size_t n = in.n - i < step ? in.n - i : step;
		uint8_t *p = malloc(n);
		check(p != NULL);
		memcpy(p, in.p + i, n);
		check(strip_feed(&s, slice_of(p, n), out) == ERR_OK);
		free(p);
	}
	check(strip_end(&s, out) == ERR_OK);
	strip_free(&s);
	return s.removed;
}

static size_t
line_octets(struct slice in)
{
	for (size_t i = 0; i + 1 < in.n; i++)
		if (in.p[i] == '\r' && in.p[i + 1] == '\n')
			return i + 2;
	return in.n;
}

static bool
is_named(struct slice line)
{
	struct slice name = slice_trim(slice_to(line, slice_find(line, ':')));
	if (slice_find(line, ':') == line.n || name.p != line.p)
		return false;
	return slice_eq_nocase(name, names[0]) ||
	       slice_eq_nocase(name, names[1]);
}

/* The same with all of it at hand. */
static void
plainly(struct slice in, struct buf *out)
{
	bool goes = false;
	buf_init(out, INPUT_MAX);
	while (in.n > 0) {
		struct slice line = slice_to(in, line_octets(in));
		if (slice_eq(line, SLICE("\r\n")))
			break;
		if (line.p[0] != ' ' && line.p[0] != '\t')
			goes = is_named(line);
		if (!goes)
			buf_add(out, line);
		in = slice_from(in, line.n);
	}
	buf_add(out, in);
}

/* No field that says to be by us. */
static void
none_of_ours(struct slice out, struct slice authserv)
{
	struct header_field f;
	size_t used;
	while (header_next(out, true, out.n, &f, &used) == ERR_OK) {
		struct slice v = slice_trim(f.value);
		check(!is_named(f.raw));
		check(
		    !slice_eq_nocase(f.name, SLICE("Authentication-Results")) ||
		    !slice_starts_nocase(v, authserv) ||
		    (v.n > authserv.n && v.p[authserv.n] != ';' &&
			v.p[authserv.n] != ' '));
		out = slice_from(out, used);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size), host = SLICE("h.id");
	struct buf a, b, c;
	if (size > INPUT_MAX)
		return 0;
	uint32_t n = run(in, host, size + 1, &a);
	check(run(in, host, 1 + size % 7, &b) == n);
	check(slice_eq(buf_slice(&a), buf_slice(&b)));
	check(run(buf_slice(&a), host, 3, &c) == 0);
	check(slice_eq(buf_slice(&a), buf_slice(&c)));
	check(n > 0 || a.n == size);
	none_of_ours(buf_slice(&a), host);
	buf_free(&a);
	buf_free(&b);
	buf_free(&c);
	if (size >= STRIP_HOLD_MAX)
		return 0;
	(void)run(in, SLICE_EMPTY, 2, &a);
	plainly(in, &b);
	check(slice_eq(buf_slice(&a), buf_slice(&b)));
	buf_free(&a);
	buf_free(&b);
	return 0;
}
