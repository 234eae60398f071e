/* Received fields: every slice lies within the field, a hop that says nothing
 * of TLS has no version of it unless that encrypted nothing, and what stands in
 * the place of the client's name never makes a hop encrypted. */
#include "proto/mail/trace.h"

#include <stdlib.h>
#include <string.h>

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
within(struct slice s, struct slice part)
{
	check(part.n == 0 || (part.p >= s.p && part.p + part.n <= s.p + s.n));
}

static void
one(struct slice in, const struct trace_hop *h)
{
	const struct slice parts[] = {h->raw, h->helo, h->ptr, h->by, h->with,
	    h->id, h->rcpt, h->version, h->cipher, h->date_text};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		within(in, parts[i]);
	check(h->tls == TRACE_TLS_YES || h->version.n == 0 ||
	      (h->tls == TRACE_TLS_NO && (h->cipher.n > 0 || h->no_bits)));
	check(h->tls != TRACE_TLS_YES || !h->no_bits);
	check(!h->confirmed || h->ptr.n > 0);
	check(h->writer < TRACE_WRITERS && h->tls <= TRACE_TLS_YES);
	check(h->ip.family == 0 || h->ip.family == 4 || h->ip.family == 6);
}

/* A name as servers let it through: no white space, no brackets of any kind,
 * no quotes, no semicolon. */
static void
lie(struct slice name)
{
	uint8_t field[700];
	size_t n = 0;
	static const char head
	    [] = "from ",
	tail[] =
	    " (unknown [192.0.2.1]) by mx.contoh.id (Postfix) with ESMTP id 1";
	memcpy(field, head, sizeof(head) - 1);
	n = sizeof(head) - 1;
	for (size_t i = 0; i < name.n && i < 500; i++)
		if (name.p[i] > ' ' && name.p[i] < 0x7f &&
		    strchr("()<>;\"\\@", name.p[i]) == NULL)
			field[n++] = name.p[i];
	if (n == sizeof(head) - 1)
		return;
	memcpy(field + n, tail, sizeof(tail) - 1);
	struct trace_hop h;
	trace_parse(slice_of(field, n + sizeof(tail) - 1), &h);
	check(h.tls == TRACE_TLS_NO && h.writer == TRACE_POSTFIX);
	check(slice_eq(h.by, SLICE("mx.contoh.id")) && h.ip.family == 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct trace_hop hops[8], h;
	uint64_t t = 0;
	size_t n = trace_read(in, hops, 8);
	check(n <= 8);
	for (size_t i = 0; i < n; i++)
		one(in, &hops[i]);
	trace_parse(in, &h);
	one(in, &h);
	check(!trace_date(in, &t) || t > 0);
	lie(in);
	return 0;
}
