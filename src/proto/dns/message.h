/* message.h - DNS messages: encode a query, recognise a response.
 *
 * RFC 1035, EDNS0 (RFC 6891), DO and AD (RFC 4035), TLSA (RFC 6698). The
 * parser checks the shape of the whole message once; afterwards records are
 * walked without a further error but their own rdata's. Pure; everything
 * borrows from the octets that were parsed. */
#ifndef PROTO_DNS_MESSAGE_H
#define PROTO_DNS_MESSAGE_H

#include "base/ip.h"
#include "proto/dns/name.h"

#define DNS_MESSAGE_MAX 65535
#define DNS_RECORDS_MAX 512 /* in one message; more is ERR_LIMIT */
#define DNS_CNAME_MAX   12  /* links of a chain that are followed */

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_OPT = 41,
	DNS_TLSA = 52
};

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5
};

enum dns_section { DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL };

struct dns_query {
	uint16_t id;
	uint16_t type;
	struct dns_name name;
	bool rd, ad, cd;
	bool dnssec_ok;       /* the DO bit; needs edns_octets */
	uint16_t edns_octets; /* UDP size we take; 0: no EDNS */
};

/* dns_query_encode - append the message, class IN. */
void dns_query_encode(struct buf *b, const struct dns_query *q);

struct dns_message {
	struct slice raw;
	uint16_t id;
	bool response, aa, tc, rd, ra, ad, cd;
	uint8_t opcode;
	uint16_t rcode; /* with the upper bits of EDNS */
	bool edns, dnssec_ok;
	uint16_t edns_octets;
	struct dns_name name; /* of the question */
	uint16_t type, class_;
	uint16_t counts[3]; /* records by section */
	size_t records_at;  /* offset of the first record */
};

/* dns_message_parse - exactly one question is required. ERR_SYNTAX: not a
 * well-formed message, or octets follow it; ERR_LIMIT: too many records. A
 * message with TC set may end early: its records are then not walked. */
enum err dns_message_parse(
    struct slice raw, struct dns_message *out) KURIR_MUST_CHECK;

/* dns_message_answers_query - a response to q: id, QR, opcode, question. */
bool dns_message_answers_query(
    const struct dns_message *m, const struct dns_query *q);

struct dns_record {
	enum dns_section section;
	struct dns_name name;
	uint16_t type, class_;
	uint32_t ttl;
	struct slice rdata; /* as it stands: names in it may be compressed */
	size_t rdata_at;    /* its offset in the message */
};

/* struct dns_cursor - zero-initialise; one walk over the records. */
struct dns_cursor {
	size_t at, index;
	struct dns_name owner; /* of dns_answer_next; n == 0: not known yet */
};

/* dns_message_next - the next record; false at the end. */
bool dns_message_next(
    const struct dns_message *m, struct dns_cursor *c, struct dns_record *out);

/* dns_answer_next - the next record of the answer section that answers the
 * question: its type, at the name where the CNAME chain ends. */
bool dns_answer_next(
    const struct dns_message *m, struct dns_cursor *c, struct dns_record *out);

/* dns_answer_name - where the CNAME chain of the answer section ends; the
 * question's name if there is none. ERR_LIMIT: the chain is too long or a
 * loop. */
enum err dns_answer_name(
    const struct dns_message *m, struct dns_name *out) KURIR_MUST_CHECK;

/* The contents of a record; ERR_SYNTAX: not of that form or type. */
enum err dns_rdata_ip(
    const struct dns_record *r, struct ip *out) KURIR_MUST_CHECK;
enum err dns_rdata_name(const struct dns_message *m, const struct dns_record *r,
    struct dns_name *out) KURIR_MUST_CHECK; /* CNAME NS PTR */
enum err dns_rdata_mx(const struct dns_message *m, const struct dns_record *r,
    uint16_t *out_preference, struct dns_name *out_host) KURIR_MUST_CHECK;
/* dns_rdata_txt - the character-strings joined, appended to out. */
enum err dns_rdata_txt(
    const struct dns_record *r, struct buf *out) KURIR_MUST_CHECK;

struct dns_tlsa {
	uint8_t usage, selector, matching;
	struct slice data;
};
enum err dns_rdata_tlsa(
    const struct dns_record *r, struct dns_tlsa *out) KURIR_MUST_CHECK;

/* dns_negative_ttl - how long an empty answer may be kept: the smaller of the
 * SOA's TTL and its MINIMUM (RFC 2308 5); 0 without a SOA. */
uint32_t dns_negative_ttl(const struct dns_message *m);

#endif
