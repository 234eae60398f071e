#include "role/smtpd/counters.h"

#include "base/hash.h"

#include <string.h>
#include <sys/mman.h>

enum err
counters_map(struct counters *c, int fd, uint32_t number, uint32_t workers)
{
	if (workers == 0 || number >= workers)
		return ERR_BUG;
	void *p = mmap(NULL, workers * sizeof(struct counter_row),
	    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return ERR_NOMEM;
	c->rows = p;
	c->number = number;
	c->workers = workers;
	c->key[0] = c->rows[0].key[0];
	c->key[1] = c->rows[0].key[1];
	return ERR_OK;
}

bool
counters_enter(struct counters *c, uint64_t max)
{
	uint64_t sum = 0;
	if (c->rows == NULL)
		return true;
	atomic_fetch_add(&c->rows[c->number].sessions, 1);
	for (uint32_t i = 0; i < c->workers; i++)
		sum += atomic_load(&c->rows[i].sessions);
	if (sum <= max)
		return true;
	counters_leave(c);
	return false;
}

void
counters_leave(struct counters *c)
{
	if (c->rows != NULL)
		atomic_fetch_sub(&c->rows[c->number].sessions, 1);
}

static size_t
bucket(const struct counters *c, const struct ip *ip)
{
	struct ip net = *ip;
	if (net.family == 6)
		memset(net.b + 8, 0, 8);
	return hash_siphash(c->key, slice_of(&net, sizeof(net))) %
	       COUNTER_BUCKETS;
}

bool
counters_enter_ip(struct counters *c, const struct ip *ip, uint64_t max)
{
	uint64_t sum = 0;
	if (c->rows == NULL)
		return true;
	size_t b = bucket(c, ip);
	atomic_fetch_add(&c->rows[c->number].by_ip[b], 1);
	for (uint32_t i = 0; i < c->workers; i++)
		sum += atomic_load(&c->rows[i].by_ip[b]);
	if (sum <= max)
		return true;
	atomic_fetch_sub(&c->rows[c->number].by_ip[b], 1);
	return false;
}

void
counters_leave_ip(struct counters *c, const struct ip *ip)
{
	if (c->rows != NULL)
		atomic_fetch_sub(&c->rows[c->number].by_ip[bucket(c, ip)], 1);
}
