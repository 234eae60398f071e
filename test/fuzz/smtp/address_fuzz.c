/* Addresses: what parses writes and parses again to the same; sizes hold;
 * nothing that is accepted ends in a guess. */
#include "proto/smtp/address.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(c) ((c) ? (void)0 : abort())

static void
check(const struct smtp_address *a, struct arena *mem)
{
	struct buf b;
	struct smtp_address again;
	MUST(a->local.n <= SMTP_LOCAL_MAX && a->domain.n <= SMTP_DOMAIN_MAX);
	for (size_t i = 0; i < a->local.n; i++)
		MUST(a->local.p[i] >= 32 && a->local.p[i] <= 126);
	if (a->host == SMTP_HOST_NAME)
		MUST(smtp_domain_is(a->domain));
	if (a->host == SMTP_HOST_NONE) {
		MUST(a->domain.n == 0);
		return;
	}
	MUST(a->local.n > 0);
	buf_init(&b, 1024);
	buf_add_smtp_address(&b, a);
	MUST(buf_err(&b) == ERR_OK);
	MUST(smtp_mailbox_parse(buf_slice(&b), mem, &again) == ERR_OK);
	MUST(slice_eq(again.local, a->local));
	MUST(slice_eq(again.domain, a->domain));
	MUST(again.host == a->host && ip_eq(&again.ip, &a->ip));
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena mem;
	struct smtp_address a;
	struct slice in = slice_of(data, size);
	arena_init(&mem, 4096);
	for (int kind = SMTP_PATH_REVERSE; kind <= SMTP_PATH_FORWARD; kind++) {
		size_t used = 0;
		enum err e =
		    smtp_path_parse(in, (enum smtp_path)kind, &mem, &a, &used);
		if (e != ERR_OK) {
			MUST(used == 0 && e != ERR_MORE && e != ERR_NOMEM);
			continue;
		}
		MUST(used <= size && used <= SMTP_PATH_MAX);
		MUST(data[0] == '<' && data[used - 1] == '>');
		MUST(kind == SMTP_PATH_REVERSE || a.local.n > 0);
		check(&a, &mem);
	}
	if (smtp_mailbox_parse(in, &mem, &a) == ERR_OK) {
		MUST(a.host != SMTP_HOST_NONE);
		check(&a, &mem);
	}
	arena_reset(&mem);
	return 0;
}
