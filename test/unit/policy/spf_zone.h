/* spf_zone.h - a DNS of a few lines for tests of SPF. */
#ifndef TEST_SPF_ZONE_H
#define TEST_SPF_ZONE_H

#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "policy/spf.h"
#include "proto/dns/message.h"

/* data: TXT: strings of one record are parted by "|"; MX "10 mail.contoh.id";
 * "TEMPFAIL", "TIMEOUT" of any type. Several lines of one name: several
 * records. A name that has other types is NODATA, else NXDOMAIN. */
struct spf_line {
	const char *name;
	uint16_t type;
	const char *data;
};

static inline void
zone_txt(struct buf *out, struct slice text)
{
	struct buf b;
	buf_init(&b, 70000);
	for (bool more = true; more;) {
		size_t end = slice_find(text, '|');
		struct slice part = slice_to(text, end);
		more = end < text.n;
		text = slice_from(text, end + 1);
		do {
			size_t n = part.n < 255 ? part.n : 255;
			buf_add_byte(&b, (uint8_t)n);
			buf_add(&b, slice_to(part, n));
			part = slice_from(part, n);
		} while (part.n > 0);
	}
	pack_add(out, buf_slice(&b));
	buf_free(&b);
}

static inline void
zone_name(struct buf *out, uint16_t type, struct slice text)
{
	uint8_t rdata[2 + DNS_NAME_MAX];
	struct dns_name name;
	uint64_t preference = 0;
	size_t n = 0;
	if (type == DNS_MX) {
		size_t space = slice_find(text, ' ');
		if (!slice_u64(slice_to(text, space), &preference))
			abort();
		rdata[n++] = (uint8_t)(preference >> 8);
		rdata[n++] = (uint8_t)preference;
		text = slice_from(text, space + 1);
	}
	if (dns_name_parse(text, &name) != ERR_OK)
		abort();
	memcpy(rdata + n, name.wire, name.n);
	pack_add(out, slice_of(rdata, n + name.n));
}

static inline void
zone_add(struct buf *out, const struct spf_line *l, struct reverse_answer *a)
{
	struct slice data = slice_str(l->data);
	struct ip ip;
	if (slice_eq(data, SLICE("TEMPFAIL")))
		a->status = REVERSE_DNS_TEMPFAIL;
	else if (slice_eq(data, SLICE("TIMEOUT")))
		a->status = REVERSE_DNS_TIMEOUT;
	else if (l->type == DNS_TXT)
		zone_txt(out, data);
	else if (l->type == DNS_A || l->type == DNS_AAAA)
		ip_parse(data, &ip) == ERR_OK
		    ? pack_add(out, slice_of(ip.b, l->type == DNS_A ? 4u : 16u))
		    : abort();
	else
		zone_name(out, l->type, data);
}

static inline void
zone_answer(const struct spf_line *z, const struct reverse_question *q,
    struct buf *records, struct reverse_answer *a)
{
	*a = (struct reverse_answer){.status = REVERSE_DNS_NXDOMAIN};
	buf_clear(records);
	for (; z->name != NULL; z++) {
		if (!slice_eq_nocase(slice_str(z->name), q->name))
			continue;
		if (a->status == REVERSE_DNS_NXDOMAIN)
			a->status = REVERSE_DNS_NODATA;
		if (z->type != q->type)
			continue;
		if (a->status == REVERSE_DNS_NODATA)
			a->status = REVERSE_DNS_OK;
		zone_add(records, z, a);
	}
	a->records = buf_slice(records);
}

/* Runs s to its end. Returns how many questions it asked. */
static inline unsigned
zone_run(struct spf *s, const struct spf_line *z, bool newest_first)
{
	struct {
		unsigned slot;
		struct reverse_question q;
	} out[SPF_QUESTIONS_MAX];
	struct buf records;
	unsigned asked = 0;
	size_t n = 0;
	buf_init(&records, 1 << 20);
	while (!spf_done(s)) {
		while (spf_next(s, &out[n].slot, &out[n].q)) {
			asked++;
			if (++n == SPF_QUESTIONS_MAX)
				abort();
		}
		if (n == 0)
			abort(); /* it would wait for ever */
		struct reverse_answer a;
		size_t i = newest_first ? n - 1 : 0;
		zone_answer(z, &out[i].q, &records, &a);
		unsigned slot = out[i].slot;
		memmove(&out[i], &out[i + 1], (n - 1 - i) * sizeof(*out));
		n--;
		spf_answer(s, slot, &a);
	}
	buf_free(&records);
	return asked;
}

#endif
