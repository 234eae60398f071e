/* packet.h - DNS responses for tests, built field by field. */
#ifndef TEST_RESOLVER_PACKET_H
#define TEST_RESOLVER_PACKET_H

#include "proto/dns/message.h"

#define PKT_QR 0x8000u
#define PKT_AA 0x0400u
#define PKT_TC 0x0200u
#define PKT_RA 0x0080u
#define PKT_AD 0x0020u

struct packet {
	struct buf b;
};

static inline void
pkt_u16(struct packet *p, unsigned v)
{
	buf_add_byte(&p->b, (uint8_t)(v >> 8));
	buf_add_byte(&p->b, (uint8_t)v);
}

static inline void
pkt_name(struct packet *p, const char *name)
{
	struct dns_name n;
	if (dns_name_parse(slice_str(name), &n) == ERR_OK)
		buf_add(&p->b, slice_of(n.wire, n.n));
}

static inline void
pkt_begin(struct packet *p, unsigned id, unsigned flags, const char *name,
    unsigned qtype)
{
	buf_init(&p->b, 65535);
	pkt_u16(p, id);
	pkt_u16(p, flags);
	pkt_u16(p, 1);
	for (int i = 0; i < 3; i++)
		pkt_u16(p, 0);
	pkt_name(p, name);
	pkt_u16(p, qtype);
	pkt_u16(p, 1);
}

/* section 0 answer, 1 authority, 2 additional; the rdata length is patched by
 * pkt_rdata_end. */
static inline size_t
pkt_record(struct packet *p, unsigned section, const char *name, unsigned type,
    unsigned ttl)
{
	p->b.p[7 + section * 2]++;
	pkt_name(p, name);
	pkt_u16(p, type);
	pkt_u16(p, 1);
	pkt_u16(p, ttl >> 16);
	pkt_u16(p, ttl);
	pkt_u16(p, 0);
	return p->b.n;
}

static inline void
pkt_rdata_end(struct packet *p, size_t at)
{
	size_t n = p->b.n - at;
	p->b.p[at - 2] = (uint8_t)(n >> 8);
	p->b.p[at - 1] = (uint8_t)n;
}

static inline void
pkt_a(struct packet *p, const char *name, unsigned ttl, unsigned last)
{
	size_t at = pkt_record(p, 0, name, DNS_A, ttl);
	pkt_u16(p, 192 << 8);
	pkt_u16(p, 2 << 8 | last);
	pkt_rdata_end(p, at);
}

static inline void
pkt_to(struct packet *p, unsigned section, const char *name, unsigned type,
    unsigned ttl, const char *target)
{
	size_t at = pkt_record(p, section, name, type, ttl);
	pkt_name(p, target);
	pkt_rdata_end(p, at);
}

static inline void
pkt_soa(struct packet *p, const char *zone, unsigned ttl, unsigned minimum)
{
	size_t at = pkt_record(p, 1, zone, DNS_SOA, ttl);
	pkt_name(p, "ns.example");
	pkt_name(p, "admin.example");
	for (int i = 0; i < 8; i++)
		pkt_u16(p, 0);
	pkt_u16(p, minimum >> 16);
	pkt_u16(p, minimum);
	pkt_rdata_end(p, at);
}

#endif
