/* What a hostile name server can make of an answer: always one of the known
 * outcomes, records that unpack, names that parse again, nothing too large. */
#include <stdlib.h>

#include "base/pack.h"
#include "role/resolver/answer.h"
#include "role/resolver/cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_answer(const struct answer *a, enum answer_progress p)
{
	struct dns_name name;
	check(!a->secure);
	check(a->records.n <= ANSWER_RECORDS_MAX);
	check(pack_count(buf_slice(&a->records)) >= 0);
	check((a->status == IPC_DNS_OK) ==
	      (pack_count(buf_slice(&a->records)) > 0));
	if (a->name.n > 0)
		check(dns_name_parse(buf_slice(&a->name), &name) == ERR_OK);
	check(p != ANSWER_LAME || a->status == IPC_DNS_TEMPFAIL ||
	      a->status == IPC_DNS_BOGUS);
	check(p == ANSWER_LAME || a->status != IPC_DNS_BOGUS);
	check(p != ANSWER_FOLLOW || a->name.n > 0);
	for (const char *c = a->text; *c != '\0'; c++)
		check(*c >= ' ' && *c <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t seed[2] = {1, 2};
	struct dns_message m;
	struct answer a, b;
	struct cache cache;
	struct cache_key key;
	uint32_t ttl;
	if (dns_message_parse(slice_of(data, size), &m) != ERR_OK || m.tc)
		return 0;
	answer_init(&a);
	answer_init(&b);
	enum answer_progress p = answer_read(&m, &a);
	check_answer(&a, p);
	/* What was read before leaves no trace. */
	buf_add_str(&b.records, "left over");
	b.secure = true;
	check(answer_read(&m, &b) == p);
	check_answer(&b, p);
	check(slice_eq(buf_slice(&a.records), buf_slice(&b.records)));

	cache_init(&cache, 2, seed);
	cache_key(m.type, &m.name, &key);
	cache_put(&cache, &key, &a, 7);
	const struct answer *hit = cache_get(&cache, &key, 7, &ttl);
	check(hit == NULL ||
	      (ttl <= CACHE_TTL_MAX_S &&
		  slice_eq(buf_slice(&hit->records), buf_slice(&a.records))));
	cache_clear(&cache);
	answer_free(&a);
	answer_free(&b);
	return 0;
}
