#include "proto/dns/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct dns_name
name_of(const char *s)
{
	struct dns_name n;
	assert_int_equal(dns_name_parse(slice_str(s), &n), ERR_OK);
	return n;
}

static bool
name_is(const struct dns_name *n, const char *s)
{
	struct dns_name want = name_of(s);
	return dns_name_eq(n, &want);
}

static void
query(void **state)
{
	(void)state;
	struct dns_query q = {.id = 0x1234,
	    .type = DNS_MX,
	    .name = name_of("contoh.id"),
	    .rd = true,
	    .ad = true,
	    .dnssec_ok = true,
	    .edns_octets = 1232};
	static const uint8_t want[] = "\x12\x34\x01\x20\0\1\0\0\0\0\0\1"
				      "\6contoh\2id\0\0\xf\0\1"
				      "\0\0\x29\x04\xd0\0\0\x80\0\0\0";
	struct buf b;
	struct dns_message m;
	buf_init(&b, 512);
	dns_query_encode(&b, &q);
	assert_int_equal(b.n, sizeof(want) - 1);
	assert_memory_equal(b.p, want, b.n);
	assert_int_equal(dns_message_parse(buf_slice(&b), &m), ERR_OK);
	assert_true(m.rd && m.ad && !m.cd && m.edns && m.dnssec_ok);
	assert_int_equal(m.edns_octets, 1232);
	assert_false(m.response);
	assert_false(dns_message_answers_query(&m, &q));
	b.p[2] |= 0x80;
	assert_int_equal(dns_message_parse(buf_slice(&b), &m), ERR_OK);
	assert_true(dns_message_answers_query(&m, &q));
	q.id++;
	assert_false(dns_message_answers_query(&m, &q));
	q.id--;
	q.type = DNS_A;
	assert_false(dns_message_answers_query(&m, &q));
	buf_free(&b);
}

#define HEAD(flags, an, ns, ar) "\x12\x34" flags "\0\1\0" an "\0" ns "\0" ar
#define QUESTION(type)          "\6contoh\2id\0\0" type "\0\1"
#define TTL60                   "\0\0\0\x3c"

/* contoh.id MX: 10 mx1.contoh.id, 20 b.example; and mx1's A, AAAA */
static const char mx_answer[] = HEAD("\x81\xa0", "\2", "\0", "\3")
    QUESTION("\xf") "\xc0\x0c\0\xf\0\1" TTL60 "\0\x08\0\x0a\3mx1\xc0\x0c"
		    "\xc0\x0c\0\xf\0\1" TTL60 "\0\x0d\0\x14\1b\7example\0"
		    "\xc0\x29\0\1\0\1" TTL60 "\0\4\xc0\0\2\1"
		    "\xc0\x29\0\x1c\0\1" TTL60
		    "\0\x10\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
		    "\0\0\x29\x04\xd0\1\0\x80\0\0\0";

static void
mx(void **state)
{
	(void)state;
	struct dns_message m;
	struct dns_record r;
	struct dns_cursor c = {0};
	struct dns_name host;
	struct ip ip;
	uint16_t pref;
	char text[IP_TEXT_MAX];
	assert_int_equal(dns_message_parse(SLICE(mx_answer), &m), ERR_OK);
	assert_true(m.response && m.rd && m.ra && m.ad);
	assert_int_equal(m.rcode, 16); /* BADVERS: upper bits from EDNS */
	assert_true(dns_answer_next(&m, &c, &r));
	assert_int_equal(r.ttl, 60);
	assert_int_equal(dns_rdata_mx(&m, &r, &pref, &host), ERR_OK);
	assert_int_equal(pref, 10);
	assert_true(name_is(&host, "mx1.contoh.id"));
	assert_int_equal(dns_rdata_ip(&r, &ip), ERR_SYNTAX);
	assert_int_equal(dns_rdata_name(&m, &r, &host), ERR_SYNTAX);
	assert_true(dns_answer_next(&m, &c, &r));
	assert_int_equal(dns_rdata_mx(&m, &r, &pref, &host), ERR_OK);
	assert_int_equal(pref, 20);
	assert_true(name_is(&host, "b.example"));
	assert_false(dns_answer_next(&m, &c, &r));
	c = (struct dns_cursor){0};
	while (dns_message_next(&m, &c, &r) && r.section == DNS_ANSWER)
		continue;
	assert_int_equal(r.section, DNS_ADDITIONAL);
	assert_true(name_is(&r.name, "mx1.contoh.id"));
	assert_int_equal(dns_rdata_ip(&r, &ip), ERR_OK);
	ip_text(&ip, text);
	assert_string_equal(text, "192.0.2.1");
	assert_true(dns_message_next(&m, &c, &r));
	assert_int_equal(dns_rdata_ip(&r, &ip), ERR_OK);
	ip_text(&ip, text);
	assert_string_equal(text, "2001:db8::1");
	assert_true(dns_message_next(&m, &c, &r));
	assert_false(dns_message_next(&m, &c, &r));
}

/* Every prefix of a good message is malformed, and so is a longer one. */
static void
cut(void **state)
{
	(void)state;
	struct dns_message m;
	struct slice all = SLICE(mx_answer);
	for (size_t n = 0; n < all.n; n++) {
		/* its own memory, so that a look behind the end is seen */
		uint8_t *p = malloc(n + 1);
		assert_non_null(p);
		memcpy(p + 1, all.p, n);
		enum err e = dns_message_parse(slice_of(p + 1, n), &m);
		assert_true(e != ERR_OK);
		free(p);
	}
	assert_int_equal(
	    dns_message_parse(slice_of(mx_answer, all.n + 1), &m), ERR_SYNTAX);
}

static const char cname_answer[] = HEAD("\x81\x80", "\3", "\0", "\0")
    QUESTION("\x10") "\xc0\x0c\0\5\0\1" TTL60 "\0\4\1a\xc0\x0c"
		     "\1b\xc0\x0c\0\x10\0\1" TTL60 "\0\5\4nope"
		     "\xc0\x27\0\x10\0\1" TTL60 "\0\x06\2x=\0\1y";

static const char cname_loop[] = HEAD("\x81\x80", "\2", "\0", "\0")
    QUESTION("\1") "\xc0\x0c\0\5\0\1" TTL60 "\0\4\1a\xc0\x0c"
		   "\xc0\x27\0\5\0\1" TTL60 "\0\2\xc0\x0c";

static void
cname_and_txt(void **state)
{
	(void)state;
	struct dns_message m;
	struct dns_record r;
	struct dns_cursor c = {0};
	struct dns_name n;
	struct buf b;
	assert_int_equal(dns_message_parse(SLICE(cname_answer), &m), ERR_OK);
	assert_int_equal(dns_answer_name(&m, &n), ERR_OK);
	assert_true(name_is(&n, "a.contoh.id"));
	assert_true(dns_answer_next(&m, &c, &r));
	buf_init(&b, 99);
	assert_int_equal(dns_rdata_txt(&r, &b), ERR_OK);
	assert_true(slice_eq(buf_slice(&b), SLICE("x=y")));
	r.rdata.n--;
	assert_int_equal(dns_rdata_txt(&r, &b), ERR_SYNTAX);
	assert_int_equal(b.n, 3);
	assert_false(dns_answer_next(&m, &c, &r));
	buf_free(&b);
	assert_int_equal(dns_message_parse(SLICE(cname_loop), &m), ERR_OK);
	assert_int_equal(dns_answer_name(&m, &n), ERR_LIMIT);
	c = (struct dns_cursor){0};
	assert_false(dns_answer_next(&m, &c, &r));
}

static const char soa_answer[] = HEAD("\x81\x83", "\0", "\1", "\0") QUESTION(
    "\1") "\2id\0\0\6\0\1\0\0\x0e\x10\0\x1a\1m\0\1r\0\0\0\0\1\0\0\0\2\0\0\0\3"
	  "\0\0\0\4\0\0\0\5";

static void
negative(void **state)
{
	(void)state;
	struct dns_message m;
	assert_int_equal(dns_message_parse(SLICE(soa_answer), &m), ERR_OK);
	assert_int_equal(m.rcode, DNS_NXDOMAIN);
	assert_int_equal(dns_negative_ttl(&m), 5);
}

static void
tlsa_and_bounds(void **state)
{
	(void)state;
	struct dns_tlsa t;
	struct dns_record r = {.type = DNS_TLSA, .rdata = SLICE("\3\1\1hash")};
	assert_int_equal(dns_rdata_tlsa(&r, &t), ERR_OK);
	assert_true(t.usage == 3 && t.selector == 1 && t.matching == 1);
	assert_true(slice_eq(t.data, SLICE("hash")));
	r.rdata = SLICE("\3\1\1");
	assert_int_equal(dns_rdata_tlsa(&r, &t), ERR_SYNTAX);
	/* more records than we look at */
	struct dns_message m;
	assert_int_equal(dns_message_parse(SLICE("\x12\x34\x81\x80\0\1\xff\xff"
						 "\0\0\0\0\0\0\1\0\1"),
			     &m),
	    ERR_LIMIT);
	/* no question, two questions */
	assert_int_equal(
	    dns_message_parse(SLICE("\0\0\x81\x80\0\0\0\0\0\0\0\0"), &m),
	    ERR_SYNTAX);
	assert_int_equal(
	    dns_message_parse(
		SLICE("\0\0\x81\x80\0\2\0\0\0\0\0\0\0\0\1\0\1\0\0\1\0\1"), &m),
	    ERR_SYNTAX);
	/* cut off with TC: no records, but no error */
	assert_int_equal(dns_message_parse(SLICE("\0\0\x83\x80\0\1\0\1\0\0\0\0"
						 "\0\0\1\0\1\0\0"),
			     &m),
	    ERR_OK);
	struct dns_cursor c = {0};
	assert_true(m.tc);
	assert_false(dns_message_next(&m, &c, &r));
}

/* name = one letter, then the tail that the question holds */
static void
put_name(struct buf *b, unsigned letter)
{
	buf_add_byte(b, 1);
	buf_add_byte(b, (uint8_t)letter);
	buf_add_byte(b, 0xc0);
	buf_add_byte(b, 14);
}

static void
put_record(struct buf *b, unsigned letter, uint8_t type)
{
	put_name(b, letter);
	buf_add(b,
	    slice_of((const uint8_t[]){0, type, 0, 1, 0, 0, 1, 0, 0, 4}, 10));
}

/* The costliest message there can be: a chain whose links stand behind all
 * records, each with the longest of names. It takes milliseconds, not a second.
 */
static void
chain_behind_many_records(void **state)
{
	(void)state;
	struct buf b;
	struct dns_message m;
	struct dns_record r;
	buf_init(&b, DNS_MESSAGE_MAX);
	static const uint8_t head[] = {
	    0, 1, 0x81, 0x80, 0, 1, 2, 0, 0, 0, 0, 0};
	buf_add(&b, slice_of(head, sizeof(head)));
	buf_add(&b, SLICE("\1a"));
	for (int i = 0; i < 125; i++)
		buf_add(&b, SLICE("\1z"));
	buf_add(&b, slice_of((const uint8_t[]){0, 0, DNS_A, 0, 1}, 5));
	for (int i = 0; i < DNS_RECORDS_MAX - DNS_CNAME_MAX; i++) {
		put_record(&b, 'a' + DNS_CNAME_MAX, DNS_A);
		buf_add(&b, slice_of((const uint8_t[]){192, 0, 2, 1}, 4));
	}
	for (int i = DNS_CNAME_MAX - 1; i >= 0; i--) {
		put_record(&b, 'a' + (unsigned)i, DNS_CNAME);
		put_name(&b, 'a' + (unsigned)i + 1);
	}
	assert_int_equal(dns_message_parse(buf_slice(&b), &m), ERR_OK);
	clock_t began = clock();
	for (int i = 0; i < 5; i++) {
		struct dns_cursor c = {0};
		int n = 0;
		while (dns_answer_next(&m, &c, &r))
			n++;
		assert_int_equal(n, DNS_RECORDS_MAX - DNS_CNAME_MAX);
	}
	assert_true(clock() - began < CLOCKS_PER_SEC);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(query),
	    cmocka_unit_test(mx),
	    cmocka_unit_test(cut),
	    cmocka_unit_test(cname_and_txt),
	    cmocka_unit_test(negative),
	    cmocka_unit_test(chain_behind_many_records),
	    cmocka_unit_test(tlsa_and_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
