/* Responses of anybody: walked to the end within bounds; a query we make is
 * read back as what it was. */
#include "proto/dns/message.h"

#include <stdlib.h>
#include <string.h>

static void
within(const struct dns_message *m, struct slice s)
{
	if (s.n > 0 && (s.p < m->raw.p || s.p + s.n > m->raw.p + m->raw.n))
		abort();
}

static void
rdata(const struct dns_message *m, const struct dns_record *r)
{
	struct dns_name name;
	struct dns_tlsa tlsa;
	struct ip ip;
	struct buf txt;
	uint16_t pref;
	buf_init(&txt, DNS_MESSAGE_MAX);
	within(m, r->rdata);
	if (dns_rdata_ip(r, &ip) == ERR_OK && ip.family != 4 && ip.family != 6)
		abort();
	if (dns_rdata_name(m, r, &name) == ERR_OK && name.n == 0)
		abort();
	if (dns_rdata_mx(m, r, &pref, &name) == ERR_OK && name.n == 0)
		abort();
	if (dns_rdata_txt(r, &txt) != ERR_OK && txt.n > 0)
		abort();
	if (txt.n >= r->rdata.n && r->rdata.n > 0)
		abort();
	if (dns_rdata_tlsa(r, &tlsa) == ERR_OK)
		within(m, tlsa.data);
	buf_free(&txt);
}

static void
walk(const struct dns_message *m)
{
	struct dns_cursor c = {0}, a = {0};
	struct dns_record r;
	struct dns_name name;
	size_t n = 0;
	int section = DNS_ANSWER;
	while (dns_message_next(m, &c, &r)) {
		if ((int)r.section < section || ++n > DNS_RECORDS_MAX)
			abort();
		section = (int)r.section;
		rdata(m, &r);
	}
	if (n != (size_t)m->counts[0] + m->counts[1] + m->counts[2])
		abort();
	while (dns_answer_next(m, &a, &r))
		if (r.type != m->type || r.section != DNS_ANSWER)
			abort();
	(void)dns_negative_ttl(m);
	if (dns_answer_name(m, &name) == ERR_OK && name.n == 0)
		abort();
}

static void
query(const struct dns_message *m)
{
	struct dns_query q = {.id = m->id,
	    .type = m->type,
	    .name = m->name,
	    .rd = m->rd,
	    .ad = m->ad,
	    .cd = m->cd,
	    .dnssec_ok = true,
	    .edns_octets = 1232};
	struct dns_message again;
	struct buf b;
	buf_init(&b, 600);
	dns_query_encode(&b, &q);
	if (dns_message_parse(buf_slice(&b), &again) != ERR_OK ||
	    again.id != q.id || again.type != q.type || again.rd != q.rd ||
	    again.ad != q.ad || again.cd != q.cd || !again.edns ||
	    !again.dnssec_ok || again.edns_octets != 1232 ||
	    !dns_name_eq(&again.name, &q.name) || again.response)
		abort();
	b.p[2] |= 0x80;
	if (dns_message_parse(buf_slice(&b), &again) != ERR_OK ||
	    !dns_message_answers_query(&again, &q))
		abort();
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_message m;
	if (dns_message_parse(slice_of(data, size), &m) != ERR_OK)
		return 0;
	walk(&m);
	query(&m);
	return 0;
}
