/* Pasted headers: what is kept is a header block and nothing else, of known
 * fields; whose word counts is a prefix of the hops, and none below a hop that
 * a stranger handed in. */
#include "check/headers_priv.h"

#include <stdlib.h>
#include <string.h>

#include "proto/mail/header.h"

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
fields(struct slice block)
{
	struct header_field f;
	size_t used;
	while (block.n > 0) {
		check(header_next(block, true, block.n, &f, &used) == ERR_OK);
		check(!f.folded);
		check(slice_eq_nocase(f.name, SLICE("Received")) ||
		      slice_eq_nocase(f.name, SLICE("From")) ||
		      slice_eq_nocase(f.name, SLICE("Authentication-Results")));
		for (size_t i = 0; i < f.value.n; i++)
			check(f.value.p[i] != '\r' && f.value.p[i] != '\n');
		block = slice_from(block, used);
	}
}

static void
trust(const struct trace_hop *hops, size_t n)
{
	struct slice name = SLICE("contoh.id");
	struct headers_trust own = {.domain = headers_trust_domain(hops, n)},
			     one = {.names = &name, .n = 1}, none = {0};
	size_t a = headers_trusted(&own, hops, n);
	size_t b = headers_trusted(&one, hops, n);
	check(a <= n && b <= n && headers_trusted(&none, hops, n) <= n);
	for (size_t i = 0; i + 1 < b; i++)
		check(hops[i].local || headers_private(&hops[i].ip) ||
		      headers_believed(&one, hops[i].ptr));
	for (size_t i = 0; i < b; i++)
		check(hops[i].local || headers_believed(&one, hops[i].by));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace_hop hops[TRACE_HOPS_MAX];
	struct buf b;
	size_t received;
	buf_init(&b, HEADERS_BLOCK_MAX);
	headers_block(slice_of(data, size), &b, &received);
	check(buf_err(&b) == ERR_OK && b.n <= 2 * size + 2);
	fields(buf_slice(&b));
	size_t n = trace_read(buf_slice(&b), hops, TRACE_HOPS_MAX);
	check(n == (received < TRACE_HOPS_MAX ? received : TRACE_HOPS_MAX));
	trust(hops, n);
	buf_free(&b);
	return 0;
}
