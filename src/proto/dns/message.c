#include "proto/dns/message.h"

#define HEADER_OCTETS 12
#define CLASS_IN      1
#define EDNS_DO       0x8000u

static void
add_u16(struct buf *b, unsigned v)
{
	buf_add_byte(b, (uint8_t)(v >> 8));
	buf_add_byte(b, (uint8_t)v);
}

static uint16_t
get_u16(struct slice s, size_t at)
{
	return (uint16_t)(s.p[at] << 8 | s.p[at + 1]);
}

static uint32_t
get_u32(struct slice s, size_t at)
{
	return (uint32_t)get_u16(s, at) << 16 | get_u16(s, at + 2);
}

/* Header flags, RFC 1035 4.1.1 and RFC 4035 3.1.6, 3.2.2. */
#define FLAG_QR 0x8000u
#define FLAG_AA 0x0400u
#define FLAG_TC 0x0200u
#define FLAG_RD 0x0100u
#define FLAG_RA 0x0080u
#define FLAG_AD 0x0020u
#define FLAG_CD 0x0010u

void
dns_query_encode(struct buf *b, const struct dns_query *q)
{
	unsigned flags = (q->rd ? FLAG_RD : 0) | (q->ad ? FLAG_AD : 0) |
			 (q->cd ? FLAG_CD : 0);
	add_u16(b, q->id);
	add_u16(b, flags);
	add_u16(b, 1);
	add_u16(b, 0);
	add_u16(b, 0);
	add_u16(b, q->edns_octets > 0);
	buf_add(b, slice_of(q->name.wire, q->name.n));
	add_u16(b, q->type);
	add_u16(b, CLASS_IN);
	if (q->edns_octets == 0)
		return;
	buf_add_byte(b, 0); /* the root owns OPT (RFC 6891 6.1.2) */
	add_u16(b, DNS_OPT);
	add_u16(b, q->edns_octets);
	add_u16(b, 0);
	add_u16(b, q->dnssec_ok ? EDNS_DO : 0);
	add_u16(b, 0);
}

/* record_read - the record at *at; moves *at behind it. */
static enum err
record_read(struct slice raw, size_t *at, struct dns_record *out)
{
	size_t i = *at;
	enum err e = dns_name_read(raw, &i, &out->name);
	if (e != ERR_OK)
		return e;
	if (raw.n - i < 10)
		return ERR_SYNTAX;
	out->type = get_u16(raw, i);
	out->class_ = get_u16(raw, i + 2);
	out->ttl = get_u32(raw, i + 4);
	size_t n = get_u16(raw, i + 8);
	i += 10;
	if (raw.n - i < n)
		return ERR_SYNTAX;
	/* RFC 2181 8: a TTL with the top bit set is zero. */
	if (out->type != DNS_OPT && out->ttl > INT32_MAX)
		out->ttl = 0;
	out->rdata = slice_of(raw.p + i, n);
	out->rdata_at = i;
	*at = i + n;
	return ERR_OK;
}

static void
take_opt(struct dns_message *m, const struct dns_record *r)
{
	m->edns = true;
	m->edns_octets = r->class_;
	m->dnssec_ok = (r->ttl & EDNS_DO) != 0;
	m->rcode = (uint16_t)((m->rcode & 15) | (r->ttl >> 24) << 4);
}

static enum err
check_records(struct dns_message *m)
{
	size_t at = m->records_at, total = 0;
	for (int s = 0; s < 3; s++)
		total += m->counts[s];
	if (total > DNS_RECORDS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < total; i++) {
		struct dns_record r;
		enum err e = record_read(m->raw, &at, &r);
		if (e != ERR_OK)
			return e;
		if (r.type == DNS_OPT)
			take_opt(m, &r);
	}
	return at == m->raw.n ? ERR_OK : ERR_SYNTAX;
}

static void
take_flags(struct dns_message *m)
{
	unsigned f = get_u16(m->raw, 2);
	m->response = (f & FLAG_QR) != 0;
	m->opcode = (uint8_t)(f >> 11 & 15);
	m->aa = (f & FLAG_AA) != 0;
	m->tc = (f & FLAG_TC) != 0;
	m->rd = (f & FLAG_RD) != 0;
	m->ra = (f & FLAG_RA) != 0;
	m->ad = (f & FLAG_AD) != 0;
	m->cd = (f & FLAG_CD) != 0;
	m->rcode = f & 15;
}

enum err
dns_message_parse(struct slice raw, struct dns_message *out)
{
	struct dns_message m = {.raw = raw};
	size_t at = HEADER_OCTETS;
	if (raw.n < HEADER_OCTETS || raw.n > DNS_MESSAGE_MAX)
		return ERR_SYNTAX;
	m.id = get_u16(raw, 0);
	take_flags(&m);
	if (get_u16(raw, 4) != 1)
		return ERR_SYNTAX;
	enum err e = dns_name_read(raw, &at, &m.name);
	if (e != ERR_OK)
		return e;
	if (raw.n - at < 4)
		return ERR_SYNTAX;
	m.type = get_u16(raw, at);
	m.class_ = get_u16(raw, at + 2);
	m.records_at = at + 4;
	for (size_t s = 0; s < 3 && !m.tc; s++)
		m.counts[s] = get_u16(raw, 6 + 2 * s);
	if (!m.tc)
		e = check_records(&m);
	if (e == ERR_OK)
		*out = m;
	return e;
}

bool
dns_message_answers_query(
    const struct dns_message *m, const struct dns_query *q)
{
	return m->response && m->opcode == 0 && m->id == q->id &&
	       m->type == q->type && m->class_ == CLASS_IN &&
	       dns_name_eq(&m->name, &q->name);
}

static enum dns_section
section_of(const struct dns_message *m, size_t index)
{
	if (index < m->counts[0])
		return DNS_ANSWER;
	if (index < (size_t)m->counts[0] + m->counts[1])
		return DNS_AUTHORITY;
	return DNS_ADDITIONAL;
}

bool
dns_message_next(
    const struct dns_message *m, struct dns_cursor *c, struct dns_record *out)
{
	size_t total = (size_t)m->counts[0] + m->counts[1] + m->counts[2];
	if (c->index == 0)
		c->at = m->records_at;
	if (c->index >= total || record_read(m->raw, &c->at, out) != ERR_OK)
		return false;
	out->section = section_of(m, c->index++);
	return true;
}

/* The CNAME record of name in the answer section. */
static bool
find_cname(const struct dns_message *m, const struct dns_name *name,
    struct dns_name *out)
{
	struct dns_cursor c = {0};
	struct dns_record r;
	while (dns_message_next(m, &c, &r) && r.section == DNS_ANSWER)
		if (r.type == DNS_CNAME && r.class_ == m->class_ &&
		    dns_name_eq(&r.name, name))
			return dns_rdata_name(m, &r, out) == ERR_OK;
	return false;
}

enum err
dns_answer_name(const struct dns_message *m, struct dns_name *out)
{
	struct dns_name name = m->name, next;
	size_t links = 0;
	while (m->type != DNS_CNAME && find_cname(m, &name, &next)) {
		if (++links > DNS_CNAME_MAX)
			return ERR_LIMIT;
		name = next;
	}
	*out = name;
	return ERR_OK;
}

bool
dns_answer_next(
    const struct dns_message *m, struct dns_cursor *c, struct dns_record *out)
{
	struct dns_record r;
	/* Once a walk: the chain costs a look at each record for each link. */
	if (c->owner.n == 0 && dns_answer_name(m, &c->owner) != ERR_OK)
		return false;
	while (dns_message_next(m, c, &r) && r.section == DNS_ANSWER)
		if (r.type == m->type && r.class_ == m->class_ &&
		    dns_name_eq(&r.name, &c->owner)) {
			*out = r;
			return true;
		}
	return false;
}

enum err
dns_rdata_ip(const struct dns_record *r, struct ip *out)
{
	struct ip ip = {0};
	if (r->type == DNS_A && r->rdata.n == 4)
		ip.family = 4;
	else if (r->type == DNS_AAAA && r->rdata.n == 16)
		ip.family = 6;
	else
		return ERR_SYNTAX;
	for (size_t i = 0; i < r->rdata.n; i++)
		ip.b[i] = r->rdata.p[i];
	*out = ip;
	return ERR_OK;
}

/* A name that must fill the rdata from skip on. */
static enum err
rdata_name_at(const struct dns_message *m, const struct dns_record *r,
    size_t skip, struct dns_name *out)
{
	struct dns_name name;
	size_t at = r->rdata_at + skip;
	enum err e = dns_name_read(m->raw, &at, &name);
	if (e != ERR_OK || at != r->rdata_at + r->rdata.n)
		return ERR_SYNTAX;
	*out = name;
	return ERR_OK;
}

enum err
dns_rdata_name(const struct dns_message *m, const struct dns_record *r,
    struct dns_name *out)
{
	if (r->type != DNS_CNAME && r->type != DNS_NS && r->type != DNS_PTR)
		return ERR_SYNTAX;
	return rdata_name_at(m, r, 0, out);
}

enum err
dns_rdata_mx(const struct dns_message *m, const struct dns_record *r,
    uint16_t *out_preference, struct dns_name *out_host)
{
	if (r->type != DNS_MX || r->rdata.n < 3)
		return ERR_SYNTAX;
	enum err e = rdata_name_at(m, r, 2, out_host);
	if (e == ERR_OK)
		*out_preference = get_u16(r->rdata, 0);
	return e;
}

enum err
dns_rdata_txt(const struct dns_record *r, struct buf *out)
{
	struct slice s = r->rdata;
	if (r->type != DNS_TXT || s.n == 0)
		return ERR_SYNTAX;
	for (size_t i = 0; i < s.n; i += (size_t)s.p[i] + 1)
		if (s.n - i - 1 < s.p[i])
			return ERR_SYNTAX;
	while (s.n > 0) {
		buf_add(out, slice_of(s.p + 1, s.p[0]));
		s = slice_from(s, (size_t)s.p[0] + 1);
	}
	return buf_err(out);
}

enum err
dns_rdata_tlsa(const struct dns_record *r, struct dns_tlsa *out)
{
	if (r->type != DNS_TLSA || r->rdata.n < 4)
		return ERR_SYNTAX;
	*out = (struct dns_tlsa){r->rdata.p[0], r->rdata.p[1], r->rdata.p[2],
	    slice_from(r->rdata, 3)};
	return ERR_OK;
}

uint32_t
dns_negative_ttl(const struct dns_message *m)
{
	struct dns_cursor c = {0};
	struct dns_record r;
	while (dns_message_next(m, &c, &r)) {
		if (r.section != DNS_AUTHORITY || r.type != DNS_SOA ||
		    r.rdata.n < 22)
			continue;
		uint32_t minimum = get_u32(r.rdata, r.rdata.n - 4);
		return minimum < r.ttl ? minimum : r.ttl;
	}
	return 0;
}
