#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/pack.h"
#include "packet.h"
#include "role/resolver/answer.h"

static enum answer_progress
read_it(struct packet *p, struct answer *a)
{
	struct dns_message m;
	assert_int_equal(buf_err(&p->b), ERR_OK);
	assert_int_equal(dns_message_parse(buf_slice(&p->b), &m), ERR_OK);
	enum answer_progress r = answer_read(&m, a);
	buf_free(&p->b);
	return r;
}

static void
assert_name(const struct answer *a, const char *want)
{
	assert_true(slice_eq(buf_slice(&a->name), slice_str(want)));
}

static void
test_addresses(void **state)
{
	(void)state;
	struct packet p;
	struct answer a;
	answer_init(&a);
	pkt_begin(&p, 1, PKT_QR | PKT_RA, "mx.mitra.example", DNS_A);
	pkt_a(&p, "mx.mitra.example", 300, 7);
	pkt_a(&p, "MX.mitra.example", 60, 8);
	pkt_a(&p, "other.example", 600, 9);
	assert_int_equal(read_it(&p, &a), ANSWER_FINAL);
	assert_int_equal(a.status, IPC_DNS_OK);
	assert_int_equal(a.ttl_s, 60);
	assert_false(a.secure);
	assert_name(&a, "mx.mitra.example");
	struct slice in = buf_slice(&a.records), item;
	assert_int_equal(pack_count(in), 2);
	assert_true(pack_next(&in, &item));
	assert_memory_equal(item.p, "\xc0\x00\x02\x07", 4);
	answer_free(&a);
}

static void
test_chain_and_compression(void **state)
{
	(void)state;
	struct packet p;
	struct answer a;
	answer_init(&a);
	pkt_begin(&p, 1, PKT_QR | PKT_RA, "a.example", DNS_MX);
	pkt_to(&p, 0, "a.example", DNS_CNAME, 30, "b.example");
	size_t at = pkt_record(&p, 0, "b.example", DNS_MX, 900);
	pkt_u16(&p, 10);
	pkt_u16(&p, 0xc00c); /* the question's name: a.example */
	pkt_rdata_end(&p, at);
	assert_int_equal(read_it(&p, &a), ANSWER_FINAL);
	assert_int_equal(a.status, IPC_DNS_OK);
	assert_int_equal(a.ttl_s, 30);
	assert_name(&a, "b.example");
	struct slice in = buf_slice(&a.records), item;
	assert_true(pack_next(&in, &item));
	assert_int_equal(item.n, 13);
	assert_memory_equal(item.p,
	    "\x00\x0a\x01"
	    "a\x07"
	    "example\x00",
	    13);
	answer_free(&a);
}

/* Builders of responses to "a.example" A without an address in them. */
static void
b_nxdomain(struct packet *p)
{
	pkt_begin(p, 1, PKT_QR | PKT_RA | 3, "a.example", DNS_A);
	pkt_soa(p, "example", 900, 120);
}
static void
b_nodata(struct packet *p)
{
	pkt_begin(p, 1, PKT_QR | PKT_RA, "a.example", DNS_A);
	pkt_soa(p, "example", 50, 120);
}
static void
b_bare_nodata(struct packet *p)
{
	pkt_begin(p, 1, PKT_QR | PKT_AA, "a.example", DNS_A);
}
static void
b_referral(struct packet *p)
{
	pkt_begin(p, 1, PKT_QR, "a.example", DNS_A);
	pkt_to(p, 1, "example", DNS_NS, 60, "ns.example");
}
static void
b_servfail(struct packet *p)
{
	pkt_begin(p, 1, PKT_QR | PKT_RA | 2, "a.example", DNS_A);
}
/* The root's name, a size of packets, and no flags. */
static size_t
opt_begin(struct packet *p)
{
	p->b.p[11]++;
	buf_add(&p->b, SLICE("\0\0\51\4\320\0\0\0\0\0\0"));
	return p->b.n;
}
static void
add_ede(struct packet *p, unsigned rcode, unsigned code)
{
	pkt_begin(p, 1, PKT_QR | PKT_RA | rcode, "a.example", DNS_A);
	size_t at = opt_begin(p);
	pkt_u16(p, 10); /* a cookie before it */
	pkt_u16(p, 3);
	buf_add(&p->b, SLICE("abc"));
	pkt_u16(p, 15);
	pkt_u16(p, 5);
	pkt_u16(p, code);
	buf_add(&p->b, SLICE("\x1b[m"));
	pkt_rdata_end(p, at);
}
static void
b_bogus(struct packet *p)
{
	add_ede(p, 2, 6);
}
static void
b_expired(struct packet *p)
{
	add_ede(p, 2, 7);
}
static void
b_no_nsec(struct packet *p)
{
	add_ede(p, 2, 12);
}
static void
b_blocked(struct packet *p)
{
	add_ede(p, 2, 15);
}
static void
b_stale(struct packet *p)
{
	add_ede(p, 2, 3);
}
static void
b_refused_ede(struct packet *p)
{
	add_ede(p, 5, 6);
}
/* An option that ends behind its record, and one too short for a code. */
static void
b_cut_ede(struct packet *p)
{
	pkt_begin(p, 1, PKT_QR | PKT_RA | 2, "a.example", DNS_A);
	size_t at = opt_begin(p);
	pkt_u16(p, 15);
	pkt_u16(p, 1);
	buf_add(&p->b, SLICE("x"));
	pkt_u16(p, 15);
	pkt_u16(p, 400);
	buf_add(&p->b, SLICE("\0"));
	pkt_rdata_end(p, at);
}
static void
b_refused(struct packet *p)
{
	pkt_begin(p, 1, PKT_QR | 5, "a.example", DNS_A);
}
static void
b_circle(struct packet *p)
{
	pkt_begin(p, 1, PKT_QR | PKT_RA, "a.example", DNS_A);
	pkt_to(p, 0, "a.example", DNS_CNAME, 60, "b.example");
	pkt_to(p, 0, "b.example", DNS_CNAME, 60, "a.example");
}
static void
b_leads_out(struct packet *p)
{
	pkt_begin(p, 1, PKT_QR | PKT_AA, "a.example", DNS_A);
	pkt_to(p, 0, "a.example", DNS_CNAME, 60, "mx.example.org");
}
static void
b_chain_nxdomain(struct packet *p)
{
	pkt_begin(p, 1, PKT_QR | PKT_RA | 3, "a.example", DNS_A);
	pkt_to(p, 0, "a.example", DNS_CNAME, 60, "b.example");
	pkt_soa(p, "example", 900, 60);
}

static const struct {
	const char *what;
	void (*build)(struct packet *);
	enum answer_progress progress;
	enum ipc_dns_status status;
	uint32_t ttl;
	const char *name, *text;
} empty_cases[] = {
    {"nxdomain", b_nxdomain, ANSWER_FINAL, IPC_DNS_NXDOMAIN, 120, "a.example",
	""},
    {"nodata", b_nodata, ANSWER_FINAL, IPC_DNS_NODATA, 50, "a.example", ""},
    {"nodata without SOA", b_bare_nodata, ANSWER_FINAL, IPC_DNS_NODATA, 0,
	"a.example", ""},
    {"referral", b_referral, ANSWER_LAME, IPC_DNS_TEMPFAIL, 0, "",
	"a referral instead of an answer"},
    {"servfail", b_servfail, ANSWER_LAME, IPC_DNS_TEMPFAIL, 0, "", "SERVFAIL"},
    {"bogus", b_bogus, ANSWER_LAME, IPC_DNS_BOGUS, 0, "",
	"SERVFAIL: DNSSEC is bogus"},
    {"expired", b_expired, ANSWER_LAME, IPC_DNS_BOGUS, 0, "",
	"SERVFAIL: a DNSSEC signature has expired"},
    {"no proof", b_no_nsec, ANSWER_LAME, IPC_DNS_BOGUS, 0, "",
	"SERVFAIL: a proof of DNSSEC (NSEC) is missing"},
    {"blocked", b_blocked, ANSWER_LAME, IPC_DNS_TEMPFAIL, 0, "", "SERVFAIL"},
    {"stale", b_stale, ANSWER_LAME, IPC_DNS_TEMPFAIL, 0, "", "SERVFAIL"},
    {"refused, bogus", b_refused_ede, ANSWER_LAME, IPC_DNS_TEMPFAIL, 0, "",
	"REFUSED"},
    {"cut option", b_cut_ede, ANSWER_LAME, IPC_DNS_TEMPFAIL, 0, "", "SERVFAIL"},
    {"refused", b_refused, ANSWER_LAME, IPC_DNS_TEMPFAIL, 0, "", "REFUSED"},
    {"circle", b_circle, ANSWER_FINAL, IPC_DNS_TEMPFAIL, 0, "",
	"the CNAME chain is a circle or too long"},
    {"leads out", b_leads_out, ANSWER_FOLLOW, IPC_DNS_TEMPFAIL, 60,
	"mx.example.org", ""},
    {"chain to nothing", b_chain_nxdomain, ANSWER_FINAL, IPC_DNS_NXDOMAIN, 60,
	"b.example", ""},
};

static void
test_without_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(empty_cases) / sizeof(*empty_cases);
	     i++) {
		struct packet p;
		struct answer a;
		answer_init(&a);
		empty_cases[i].build(&p);
		enum answer_progress got = read_it(&p, &a);
		if (got != empty_cases[i].progress ||
		    a.status != empty_cases[i].status ||
		    a.ttl_s != empty_cases[i].ttl)
			fail_msg("%s: progress %d status %d ttl %u",
			    empty_cases[i].what, (int)got, (int)a.status,
			    a.ttl_s);
		assert_name(&a, empty_cases[i].name);
		assert_string_equal(a.text, empty_cases[i].text);
		assert_int_equal(a.records.n, 0);
		answer_free(&a);
	}
}

static void
test_malformed_record(void **state)
{
	(void)state;
	struct packet p;
	struct answer a;
	answer_init(&a);
	pkt_begin(&p, 1, PKT_QR | PKT_RA, "a.example", DNS_MX);
	size_t at = pkt_record(&p, 0, "a.example", DNS_MX, 900);
	pkt_u16(&p, 10); /* no host */
	pkt_rdata_end(&p, at);
	assert_int_equal(read_it(&p, &a), ANSWER_LAME);
	assert_string_equal(a.text, "a malformed record");
	assert_int_equal(a.records.n, 0);
	answer_free(&a);
}

static void
test_failures_are_printable(void **state)
{
	(void)state;
	struct answer a, b;
	answer_init(&a);
	answer_init(&b);
	buf_add_str(&a.records, "old");
	a.secure = true;
	answer_fail(&a, IPC_DNS_BOGUS, "bad\nkey\x01\xff");
	assert_string_equal(a.text, "bad?key??");
	assert_false(a.secure);
	assert_int_equal(a.records.n, 0);
	assert_int_equal(answer_copy(&b, &a), ERR_OK);
	assert_int_equal(b.status, IPC_DNS_BOGUS);
	assert_string_equal(b.text, "bad?key??");
	answer_free(&a);
	answer_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_chain_and_compression),
	    cmocka_unit_test(test_without_records),
	    cmocka_unit_test(test_malformed_record),
	    cmocka_unit_test(test_failures_are_printable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
