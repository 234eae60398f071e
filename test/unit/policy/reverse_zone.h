/* reverse_zone.h - a DNS of a few lines for tests of reverse lookups, and the
 * loop that a driver is. */
#ifndef TEST_REVERSE_ZONE_H
#define TEST_REVERSE_ZONE_H

#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "policy/reverse.h"
#include "proto/dns/message.h"

#define ZONE_COUNT(a) (sizeof(a) / sizeof(*(a)))

/* records: words; of MX "10:mail.example.org". A word with "=" in front is
 * rdata in hexadecimal. NULL name: the end of a zone. */
struct zone_entry {
	uint16_t type;
	const char *name;
	enum reverse_dns status;
	const char *records;
	uint32_t ttl; /* 0: 3600 */
};

static inline struct slice
zone_word(const char **at)
{
	while (**at == ' ')
		(*at)++;
	const char *from = *at;
	while (**at != '\0' && **at != ' ')
		(*at)++;
	return slice_of(from, (size_t)(*at - from));
}

static inline void
zone_add_hex(struct buf *records, struct slice hex)
{
	uint8_t octets[300];
	size_t n = 0;
	for (; hex.n >= 2 && n < sizeof(octets); hex = slice_from(hex, 2))
		octets[n++] =
		    (uint8_t)(ascii_hex(hex.p[0]) << 4 | ascii_hex(hex.p[1]));
	pack_add(records, slice_of(octets, n));
}

static inline void
zone_add_name(struct buf *records, uint16_t type, struct slice word)
{
	uint8_t rdata[2 + DNS_NAME_MAX];
	struct dns_name name;
	uint64_t preference = 0;
	size_t n = 0;
	if (type == DNS_MX) {
		size_t colon = slice_find(word, ':');
		if (!slice_u64(slice_to(word, colon), &preference))
			abort();
		rdata[n++] = (uint8_t)(preference >> 8);
		rdata[n++] = (uint8_t)preference;
		word = slice_from(word, colon + 1);
	}
	if (dns_name_parse(word, &name) != ERR_OK)
		abort();
	memcpy(rdata + n, name.wire, name.n);
	pack_add(records, slice_of(rdata, n + name.n));
}

static inline void
zone_records(struct buf *out, uint16_t type, const char *records)
{
	struct slice word;
	struct ip ip;
	while ((word = zone_word(&records)).n > 0)
		if (word.p[0] == '=')
			zone_add_hex(out, slice_from(word, 1));
		else if (type == DNS_MX || type == DNS_PTR)
			zone_add_name(out, type, word);
		else if (ip_parse(word, &ip) == ERR_OK)
			pack_add(out, slice_of(ip.b, ip.family == 4 ? 4 : 16));
		else
			abort();
}

static inline const struct zone_entry *
zone_find(const struct zone_entry *z, const struct reverse_question *q)
{
	for (; z->name != NULL; z++)
		if (z->type == q->type &&
		    slice_eq_nocase(slice_str(z->name), q->name))
			return z;
	return NULL;
}

/* A name that is not in the zone does not exist. */
static inline void
zone_answer(struct reverse *r, unsigned slot, const struct reverse_question *q,
    const struct zone_entry *z)
{
	const struct zone_entry *e = zone_find(z, q);
	struct reverse_answer a = {.status = REVERSE_DNS_NXDOMAIN, .ttl = 3600};
	struct buf records;
	buf_init(&records, 1 << 20);
	if (e != NULL) {
		a.status = e->status;
		a.ttl = e->ttl == 0 ? 3600 : e->ttl;
		zone_records(
		    &records, q->type, e->records == NULL ? "" : e->records);
		a.records = buf_slice(&records);
	}
	reverse_answer(r, slot, &a);
	buf_free(&records);
}

/* How a lookup went. */
struct zone_run {
	unsigned rounds;    /* times that there was something to ask */
	unsigned questions; /* in all */
	unsigned answers;
	unsigned asked[64]; /* by type */
};

/* Drive r to its end; of what is outstanding the one to answer next is chosen
 * by order, a number read digit by digit. After patience answers there comes
 * none any more. */
static inline void
zone_drive(struct reverse *r, const struct zone_entry *z, uint64_t order,
    unsigned patience, struct zone_run *run)
{
	struct {
		unsigned slot;
		struct reverse_question q;
	} out[REVERSE_QUESTIONS_MAX + 1];
	size_t n = 0;
	*run = (struct zone_run){0};
	while (!reverse_done(r)) {
		size_t before = n;
		while (reverse_next(r, &out[n].slot, &out[n].q)) {
			run->asked[out[n].q.type % 64]++;
			n++;
			if (++run->questions > REVERSE_QUESTIONS_MAX)
				abort();
		}
		run->rounds += n > before;
		if (n == 0)
			abort(); /* it would wait for ever */
		if (run->answers == patience) {
			reverse_timeout(r);
			continue;
		}
		size_t i = order % n;
		order /= n;
		run->answers++;
		zone_answer(r, out[i].slot, &out[i].q, z);
		if (i < n - 1)
			memmove(
			    &out[i], &out[i + 1], (n - 1 - i) * sizeof(out[0]));
		n--;
	}
}

#endif
