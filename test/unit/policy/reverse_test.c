#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "reverse_zone.h"

#define V4         "192.0.2.1"
#define V4_REVERSE "1.2.0.192.in-addr.arpa"
#define V6         "2001:db8::1"
#define V6_REVERSE                                                             \
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."     \
	"ip6.arpa"
#define PATIENT 1000

#define PASS      0
#define MISSING   REVERSE_PTR_MISSING
#define MISMATCH  REVERSE_PTR_MISMATCH
#define NOT_FOUND REVERSE_NOT_FOUND
#define NO_MX     REVERSE_NO_MX
#define FORGED    REVERSE_FORGED
#define TEMPFAIL  REVERSE_TEMPFAIL
#define BOGUS     (REVERSE_TEMPFAIL | REVERSE_BOGUS)
#define SKIPPED   REVERSE_SKIPPED

static struct ip
address(const char *text)
{
	struct ip ip;
	assert_int_equal(ip_parse(slice_str(text), &ip), ERR_OK);
	return ip;
}

static void
assert_slice(struct slice s, const char *want)
{
	if (!slice_eq(s, slice_str(want)))
		fail_msg("\"%.*s\" instead of \"%s\"", SLICE_ARG(s), want);
}

/* ---- one by one ---- */

struct lookup_case {
	enum reverse_kind kind;
	const char *client, *name;
	struct zone_entry zone[8];
	unsigned findings, rounds, questions;
	const char *evidence; /* NULL: not looked at */
};

#define OK(type, name, records)                                                \
	{                                                                      \
		type, name, REVERSE_DNS_OK, records, 0                         \
	}
#define IS(type, name, status)                                                 \
	{                                                                      \
		type, name, REVERSE_DNS_##status, NULL, 0                      \
	}

static const struct lookup_case cases[] = {
    /* PTR */
    {REVERSE_PTR, V4, "",
	{OK(DNS_PTR, V4_REVERSE, "mail.contoh.id"),
	    OK(DNS_A, "mail.contoh.id", V4)},
	PASS, 2, 2,
	"PTR " V4_REVERSE ": mail.contoh.id\nA mail.contoh.id: " V4},
    {REVERSE_PTR, V6, "",
	{OK(DNS_PTR, V6_REVERSE, "mail.contoh.id"),
	    OK(DNS_AAAA, "mail.contoh.id", "2001:db8::2 " V6)},
	PASS, 2, 2,
	"PTR " V6_REVERSE ": mail.contoh.id\n"
	"AAAA mail.contoh.id: 2001:db8::2, " V6},
    {REVERSE_PTR, V4, "", {{0}}, MISSING, 1, 1, "PTR " V4_REVERSE ": NXDOMAIN"},
    {REVERSE_PTR, V4, "", {IS(DNS_PTR, V4_REVERSE, NODATA)}, MISSING, 1, 1,
	"PTR " V4_REVERSE ": NODATA"},
    {REVERSE_PTR, V4, "", {IS(DNS_PTR, V4_REVERSE, OK)}, MISSING, 1, 1,
	"PTR " V4_REVERSE ": no usable record"},
    {REVERSE_PTR, V4, "", {IS(DNS_PTR, V4_REVERSE, TEMPFAIL)}, TEMPFAIL, 1, 1,
	"PTR " V4_REVERSE ": TEMPFAIL"},
    {REVERSE_PTR, V4, "", {IS(DNS_PTR, V4_REVERSE, TIMEOUT)}, TEMPFAIL, 1, 1,
	"PTR " V4_REVERSE ": TIMEOUT"},
    {REVERSE_PTR, V4, "", {IS(DNS_PTR, V4_REVERSE, BOGUS)}, BOGUS, 1, 1,
	"PTR " V4_REVERSE ": BOGUS"},
    /* Names that no host can have: an address, a root, octets. */
    {REVERSE_PTR, V4, "",
	{OK(DNS_PTR, V4_REVERSE,
	    "192.0.2.1 . a\\032b.example.org \\000.example.org x\\.y.example "
	    "\\\"q\\\".example \\013\\010.example (c).example")},
	MISSING, 1, 1, "PTR " V4_REVERSE ": 8 not a host name"},
    /* Such a name among good ones is passed over. */
    {REVERSE_PTR, V4, "",
	{OK(DNS_PTR, V4_REVERSE, "a\\032b.example mail_1.contoh.id"),
	    OK(DNS_A, "mail_1.contoh.id", V4)},
	PASS, 2, 2,
	"PTR " V4_REVERSE ": mail_1.contoh.id, 1 not a host name\n"
	"A mail_1.contoh.id: " V4},
    /* Damaged rdata: cut, with octets behind, empty, a loop. */
    {REVERSE_PTR, V4, "",
	{OK(DNS_PTR, V4_REVERSE, "=036d61 =016100ff = =c000 =0161c000")},
	MISSING, 1, 1, "PTR " V4_REVERSE ": no usable record"},
    {REVERSE_PTR, V4, "",
	{OK(DNS_PTR, V4_REVERSE, "mail.contoh.id"),
	    OK(DNS_A, "mail.contoh.id", "192.0.2.2")},
	MISMATCH, 2, 2, NULL},
    {REVERSE_PTR, V4, "", {OK(DNS_PTR, V4_REVERSE, "mail.contoh.id")}, MISMATCH,
	2, 2, "PTR " V4_REVERSE ": mail.contoh.id\nA mail.contoh.id: NXDOMAIN"},
    {REVERSE_PTR, V4, "",
	{OK(DNS_PTR, V4_REVERSE, "mail.contoh.id"),
	    IS(DNS_A, "mail.contoh.id", TEMPFAIL)},
	TEMPFAIL, 2, 2, NULL},
    {REVERSE_PTR, V4, "",
	{OK(DNS_PTR, V4_REVERSE, "mail.contoh.id"),
	    IS(DNS_A, "mail.contoh.id", BOGUS)},
	BOGUS, 2, 2, NULL},
    /* An address of the other family is none of its. */
    {REVERSE_PTR, V4, "",
	{OK(DNS_PTR, V4_REVERSE, "mail.contoh.id"),
	    OK(DNS_A, "mail.contoh.id",
		"=00000000000000000000ffffc0000201 "
		"=c00002 =")},
	MISMATCH, 2, 2,
	"PTR " V4_REVERSE ": mail.contoh.id\n"
	"A mail.contoh.id: no usable record"},
    /* Several names: one is enough, and faults beside it do not matter. */
    {REVERSE_PTR, V4, "",
	{OK(DNS_PTR, V4_REVERSE, "a.contoh.id b.contoh.id c.contoh.id"),
	    IS(DNS_A, "a.contoh.id", TEMPFAIL), OK(DNS_A, "c.contoh.id", V4)},
	PASS, 2, 4, NULL},
    {REVERSE_PTR, V4, "",
	{OK(DNS_PTR, V4_REVERSE, "a.contoh.id b.contoh.id c.contoh.id"),
	    IS(DNS_A, "b.contoh.id", TIMEOUT)},
	TEMPFAIL, 2, 4, NULL},
    /* The same name twice is asked for once. */
    {REVERSE_PTR, V4, "",
	{OK(DNS_PTR, V4_REVERSE, "a.contoh.id A.Contoh.ID a.contoh.id")},
	MISMATCH, 2, 2, NULL},

    /* HELO */
    {REVERSE_HELO, V4, "mail.contoh.id", {OK(DNS_A, "mail.contoh.id", V4)},
	PASS, 1, 3, NULL},
    {REVERSE_HELO, V4, "MAIL.contoh.id.", {OK(DNS_A, "mail.contoh.id", V4)},
	PASS, 1, 3, NULL},
    {REVERSE_HELO, V4, "mail_1.contoh.id", {OK(DNS_A, "mail_1.contoh.id", V4)},
	PASS, 1, 3, NULL},
    {REVERSE_HELO, V6, "mail.contoh.id", {OK(DNS_AAAA, "mail.contoh.id", V6)},
	PASS, 1, 3, NULL},
    {REVERSE_HELO, V4, "contoh.id",
	{OK(DNS_MX, "contoh.id", "20:b.contoh.id 10:a.contoh.id"),
	    OK(DNS_A, "b.contoh.id", V4)},
	PASS, 2, 5, NULL},
    {REVERSE_HELO, V4, "contoh.id", {{0}}, NOT_FOUND, 1, 3,
	"MX contoh.id: NXDOMAIN\nA contoh.id: NXDOMAIN\n"
	"AAAA contoh.id: NXDOMAIN"},
    {REVERSE_HELO, V4, "contoh.id",
	{IS(DNS_MX, "contoh.id", NODATA), IS(DNS_A, "contoh.id", NODATA),
	    IS(DNS_AAAA, "contoh.id", NODATA)},
	NOT_FOUND, 1, 3, NULL},
    /* Found by the other family alone. */
    {REVERSE_HELO, V4, "contoh.id", {OK(DNS_AAAA, "contoh.id", V6)}, FORGED, 1,
	3, NULL},
    {REVERSE_HELO, V6, "contoh.id", {OK(DNS_A, "contoh.id", V4)}, FORGED, 1, 3,
	NULL},
    {REVERSE_HELO, V4, "contoh.id", {IS(DNS_AAAA, "contoh.id", TEMPFAIL)},
	TEMPFAIL, 1, 3, NULL},
    /* An MX whose hosts have no address. */
    {REVERSE_HELO, V4, "contoh.id", {OK(DNS_MX, "contoh.id", "10:a.contoh.id")},
	FORGED, 2, 4, NULL},
    {REVERSE_HELO, V4, "contoh.id",
	{OK(DNS_MX, "contoh.id", "10:a.contoh.id"),
	    IS(DNS_A, "a.contoh.id", TEMPFAIL)},
	TEMPFAIL, 2, 4, NULL},
    /* The null MX; one beside others; one that is none. */
    {REVERSE_HELO, V4, "contoh.id", {OK(DNS_MX, "contoh.id", "0:.")}, FORGED, 1,
	3, NULL},
    {REVERSE_HELO, V4, "contoh.id",
	{OK(DNS_MX, "contoh.id", "0:. 10:a.contoh.id"),
	    OK(DNS_A, "a.contoh.id", V4)},
	PASS, 2, 4, NULL},
    {REVERSE_HELO, V4, "contoh.id",
	{OK(DNS_MX, "contoh.id", "10:192.0.2.1 = =00 =0a00 =000a0161")}, FORGED,
	1, 3, "MX contoh.id: 1 not a host name\nA contoh.id: NXDOMAIN"},
    {REVERSE_HELO, V4, "contoh.id",
	{OK(DNS_MX, "contoh.id", "= =00 =0a00ff =000a0161")}, NOT_FOUND, 1, 3,
	NULL},
    /* Literals, and what is no name. */
    {REVERSE_HELO, V4, "[192.0.2.1]", {{0}}, PASS, 0, 0,
	"HELO [192.0.2.1]: address literal"},
    {REVERSE_HELO, V4, "[192.0.2.2]", {{0}}, FORGED, 0, 0, NULL},
    {REVERSE_HELO, V4, "[IPv6:2001:db8::1]", {{0}}, FORGED, 0, 0, NULL},
    {REVERSE_HELO, V4, "[IPv6:192.0.2.1]", {{0}}, NOT_FOUND, 0, 0, NULL},
    {REVERSE_HELO, V6, "[IPv6:2001:db8::1]", {{0}}, PASS, 0, 0, NULL},
    {REVERSE_HELO, V6, "[ipv6:2001:0DB8:0:0::1]", {{0}}, PASS, 0, 0, NULL},
    {REVERSE_HELO, V6, "[2001:db8::1]", {{0}}, PASS, 0, 0, NULL},
    {REVERSE_HELO, V4, "[]", {{0}}, NOT_FOUND, 0, 0, NULL},
    {REVERSE_HELO, V4, "[192.0.2.1", {{0}}, NOT_FOUND, 0, 0, NULL},
    {REVERSE_HELO, V4, "192.0.2.1", {{0}}, NOT_FOUND, 0, 0,
	"HELO 192.0.2.1: not a name of DNS"},
    {REVERSE_HELO, V4, "", {{0}}, NOT_FOUND, 0, 0, NULL},
    {REVERSE_HELO, V4, ".", {{0}}, NOT_FOUND, 0, 0, NULL},
    {REVERSE_HELO, V4, "a..example", {{0}}, NOT_FOUND, 0, 0, NULL},
    {REVERSE_HELO, V4, ".example", {{0}}, NOT_FOUND, 0, 0, NULL},
    {REVERSE_HELO, V4, "a b.example", {{0}}, NOT_FOUND, 0, 0, NULL},
    {REVERSE_HELO, V4, "\\097.example", {{0}}, NOT_FOUND, 0, 0, NULL},
    {REVERSE_HELO, V4, "(\"\r\n", {{0}}, NOT_FOUND, 0, 0,
	"HELO (\"\\x0d\\x0a: not a name of DNS"},
    /* Beyond ASCII: RFC 3492 7.1, RFC 5891. */
    {REVERSE_HELO, V4, "a\x80.example", {{0}}, NOT_FOUND, 0, 0, NULL},
    {REVERSE_MAIL, V4,
	"b\xc3\xbc"
	"cher.Example.",
	{OK(DNS_MX, "xn--bcher-kva.example", "1:mx.example"),
	    OK(DNS_A, "mx.example", V4)},
	PASS, 2, 4, NULL},
    {REVERSE_MAIL, V4,
	"\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80"
	"\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf\xb4\xe4\xb8\xad"
	"\xe6\x96\x87.example",
	{OK(DNS_A, "xn--ihqwcrb4cv8a8dqg056pqjye.example", V4)}, NO_MX, 1, 3,
	NULL},
    {REVERSE_MAIL, V4,
	"porqu\xc3\xa9nopuedensimplementehablarenespa\xc3\xb1ol.example",
	{OK(DNS_A, "xn--porqunopuedensimplementehablarenespaol-fmd56a.example",
	    V4)},
	NO_MX, 1, 3, NULL},
    {REVERSE_MAIL, V4, "\xf0\x9f\x93\xa7\xf4\x8f\xbf\xbf.example",
	{OK(DNS_A, "xn--du8hq1372d.example", V4)}, NO_MX, 1, 3, NULL},
    {REVERSE_HELO, V4, "localhost", {{0}}, NOT_FOUND, 1, 3, NULL},

    /* MAIL */
    {REVERSE_MAIL, V4, "", {{0}}, SKIPPED, 0, 0, "MAIL: null reverse-path"},
    {REVERSE_MAIL, V4, "contoh.id",
	{OK(DNS_MX, "contoh.id", "10:mail.contoh.id"),
	    OK(DNS_A, "mail.contoh.id", V4)},
	PASS, 2, 4, NULL},
    {REVERSE_MAIL, V4, "contoh.id", {OK(DNS_A, "contoh.id", V4)}, NO_MX, 1, 3,
	NULL},
    {REVERSE_MAIL, V4, "contoh.id",
	{OK(DNS_A, "contoh.id", V4), OK(DNS_MX, "contoh.id", "0:.")}, NO_MX, 1,
	3, NULL},
    {REVERSE_MAIL, V4, "contoh.id",
	{OK(DNS_A, "contoh.id", V4), OK(DNS_MX, "contoh.id", "1:a.example")},
	PASS, 1, 3, NULL},
    {REVERSE_MAIL, V4, "contoh.id",
	{OK(DNS_A, "contoh.id", V4), IS(DNS_MX, "contoh.id", TEMPFAIL)}, PASS,
	1, 3, NULL},
    {REVERSE_MAIL, V4, "contoh.id", {OK(DNS_A, "contoh.id", "192.0.2.9")},
	NO_MX | FORGED, 1, 3, NULL},
    {REVERSE_MAIL, V4, "contoh.id", {OK(DNS_MX, "contoh.id", "0:.")},
	NO_MX | FORGED, 1, 3, "MX contoh.id: \".\"\nA contoh.id: NXDOMAIN"},
    {REVERSE_MAIL, V4, "contoh.id",
	{OK(DNS_MX, "contoh.id", "0:."), IS(DNS_A, "contoh.id", TEMPFAIL)},
	TEMPFAIL, 1, 3, NULL},
    {REVERSE_MAIL, V4, "contoh.id", {{0}}, NOT_FOUND, 1, 3, NULL},
    {REVERSE_MAIL, V4, "contoh.id", {IS(DNS_MX, "contoh.id", TIMEOUT)},
	TEMPFAIL, 1, 3, NULL},
    {REVERSE_MAIL, V4, "[192.0.2.1]", {{0}}, PASS, 0, 0, NULL},
    {REVERSE_MAIL, V4, "[192.0.2.7]", {{0}}, FORGED, 0, 0,
	"MAIL [192.0.2.7]: address literal"},
};

static void
check_case(size_t i, uint64_t order)
{
	const struct lookup_case *c = &cases[i];
	const struct ip client = address(c->client);
	struct zone_run run;
	struct reverse r;
	reverse_begin(&r, c->kind, &client, slice_str(c->name));
	zone_drive(&r, c->zone, order, PATIENT, &run);
	const struct reverse_result *got = reverse_result(&r);
	if (got->findings != c->findings || run.rounds != c->rounds ||
	    run.questions != c->questions)
		fail_msg("case %zu (%s), order %llu: findings %u, %u rounds, "
			 "%u questions: %.*s",
		    i, c->name, (unsigned long long)order, got->findings,
		    run.rounds, run.questions, SLICE_ARG(got->evidence));
	if (c->kind != REVERSE_PTR)
		assert_slice(got->name, c->name);
	else
		assert_int_equal(
		    got->confirmed.n > 0, (got->findings & ~NO_MX) == 0);
	if (c->kind != REVERSE_PTR)
		assert_int_equal(
		    got->matched, (got->findings & ~(unsigned)NO_MX) == 0);
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ZONE_COUNT(cases); i++)
		for (uint64_t order = 0; order < 24; order++)
			check_case(i, order);
}

static void
test_evidence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ZONE_COUNT(cases); i++) {
		const struct lookup_case *c = &cases[i];
		const struct ip client = address(c->client);
		struct zone_run run;
		struct reverse r;
		if (c->evidence == NULL)
			continue;
		reverse_begin(&r, c->kind, &client, slice_str(c->name));
		zone_drive(&r, c->zone, 0, PATIENT, &run);
		assert_slice(reverse_result(&r)->evidence, c->evidence);
	}
}

/* ---- every answer to every question, in every order ---- */

enum mx {
	MX_HOSTS,
	MX_ODD,
	MX_NULL,
	MX_NODATA,
	MX_NXDOMAIN,
	MX_TEMPFAIL,
	MX_TIMEOUT,
	MX_BOGUS,
	MX_ALL
};

enum addr {
	ADDR_CLIENT,
	ADDR_ELSE,
	ADDR_NODATA,
	ADDR_NXDOMAIN,
	ADDR_TEMPFAIL,
	ADDR_TIMEOUT,
	ADDR_BOGUS,
	ADDR_ALL
};

/* Answers that are outstanding for ever are as MX_TIMEOUT, ADDR_TIMEOUT. */
struct world {
	enum reverse_kind kind;
	bool v6;
	enum mx mx;
	enum addr own, other, host[2];
};

static unsigned
fault(enum addr a)
{
	return a == ADDR_BOGUS ? BOGUS : a >= ADDR_TEMPFAIL ? TEMPFAIL : 0;
}

/* The rules again, as they are read in the manual. */
static unsigned
expected(const struct world *w)
{
	bool hosts = w->mx == MX_HOSTS;
	unsigned no_mx =
	    w->kind == REVERSE_MAIL && w->mx >= MX_NULL && w->mx <= MX_NXDOMAIN
		? NO_MX
		: 0;
	unsigned mx_fault = w->mx == MX_BOGUS      ? BOGUS
			    : w->mx >= MX_TEMPFAIL ? TEMPFAIL
						   : 0;
	unsigned faults = mx_fault | fault(w->own);
	bool found = w->mx <= MX_NULL || w->own == ADDR_ELSE;
	if (w->own == ADDR_CLIENT)
		return no_mx;
	if (hosts && (w->host[0] == ADDR_CLIENT || w->host[1] == ADDR_CLIENT))
		return PASS;
	if (hosts)
		faults |= fault(w->host[0]) | fault(w->host[1]);
	if (faults == 0 && !found)
		faults = fault(w->other);
	if (faults != 0)
		return faults;
	return found || w->other <= ADDR_ELSE ? FORGED | no_mx : NOT_FOUND;
}

static struct zone_entry
mx_entry(enum mx mx)
{
	static const struct {
		enum reverse_dns status;
		const char *records;
	} table[MX_ALL] = {
	    [MX_HOSTS] = {REVERSE_DNS_OK, "10:a.example.org 5:b.example.org"},
	    [MX_ODD] = {REVERSE_DNS_OK, "10:192.0.2.1"},
	    [MX_NULL] = {REVERSE_DNS_OK, "0:."},
	    [MX_NODATA] = {REVERSE_DNS_NODATA, NULL},
	    [MX_NXDOMAIN] = {REVERSE_DNS_NXDOMAIN, NULL},
	    [MX_TEMPFAIL] = {REVERSE_DNS_TEMPFAIL, NULL},
	    [MX_TIMEOUT] = {REVERSE_DNS_TIMEOUT, NULL},
	    [MX_BOGUS] = {REVERSE_DNS_BOGUS, NULL},
	};
	return (struct zone_entry){
	    DNS_MX, "contoh.id", table[mx].status, table[mx].records, 0};
}

static struct zone_entry
addr_entry(const char *name, bool v6, enum addr addr)
{
	static const enum reverse_dns status[ADDR_ALL] = {
	    [ADDR_NODATA] = REVERSE_DNS_NODATA,
	    [ADDR_NXDOMAIN] = REVERSE_DNS_NXDOMAIN,
	    [ADDR_TEMPFAIL] = REVERSE_DNS_TEMPFAIL,
	    [ADDR_TIMEOUT] = REVERSE_DNS_TIMEOUT,
	    [ADDR_BOGUS] = REVERSE_DNS_BOGUS,
	};
	static const char *const records[2][2] = {
	    {"192.0.2.8 " V4, "192.0.2.8 192.0.2.9"},
	    {"2001:db8::8 " V6, "2001:db8::8 2001:db8::9"},
	};
	return (struct zone_entry){v6 ? DNS_AAAA : DNS_A, name, status[addr],
	    addr <= ADDR_ELSE ? records[v6][addr] : NULL, 0};
}

static void
check_world(const struct world *w, uint64_t order, unsigned patience,
    struct zone_run *run)
{
	const struct zone_entry zone[] = {
	    mx_entry(w->mx),
	    addr_entry("contoh.id", w->v6, w->own),
	    addr_entry("contoh.id", !w->v6, w->other),
	    addr_entry("a.example.org", w->v6, w->host[0]),
	    addr_entry("b.example.org", w->v6, w->host[1]),
	    {0},
	};
	const struct ip client = address(w->v6 ? V6 : V4);
	struct reverse r;
	reverse_begin(&r, w->kind, &client, SLICE("contoh.id"));
	zone_drive(&r, zone, order, patience, run);
	unsigned got = reverse_result(&r)->findings, want = expected(w);
	if (patience == PATIENT && got != want)
		fail_msg("kind %d v6 %d mx %d own %d other %d hosts %d %d "
			 "order %llu: %u, not %u",
		    w->kind, w->v6, w->mx, w->own, w->other, w->host[0],
		    w->host[1], (unsigned long long)order, got, want);
	if (patience != PATIENT && got != want && got != TEMPFAIL &&
	    got != BOGUS && !(got == PASS && want == NO_MX))
		fail_msg("patience %u: %u, not %u", patience, got, want);
	assert_true(run->rounds <= 2);
	assert_true(run->questions <= 5);
	if (w->own == ADDR_CLIENT || w->mx != MX_HOSTS)
		assert_int_equal(run->questions, 3);
}

static void
each_order(const struct world *w)
{
	struct zone_run run;
	for (uint64_t order = 0; order < 12; order++)
		check_world(w, order, PATIENT, &run);
	for (unsigned patience = 0; patience < 5; patience++)
		for (uint64_t order = 0; order < 6; order++)
			check_world(w, order, patience, &run);
}

static void
each_host(struct world w)
{
	for (int a = 0; a < (w.mx == MX_HOSTS ? ADDR_ALL : 1); a++)
		for (int b = 0; b < (w.mx == MX_HOSTS ? ADDR_ALL : 1); b++) {
			w.host[0] = (enum addr)a;
			w.host[1] = (enum addr)b;
			each_order(&w);
		}
}

static void
each_world(enum reverse_kind kind, bool v6)
{
	for (int mx = 0; mx < MX_ALL; mx++)
		for (int own = 0; own < ADDR_ALL; own++)
			for (int other = 1; other < ADDR_ALL; other++)
				each_host((struct world){.kind = kind,
				    .v6 = v6,
				    .mx = (enum mx)mx,
				    .own = (enum addr)own,
				    .other = (enum addr)other});
}

static void
test_every_answer(void **state)
{
	(void)state;
	each_world(REVERSE_HELO, false);
	each_world(REVERSE_HELO, true);
	each_world(REVERSE_MAIL, false);
	each_world(REVERSE_MAIL, true);
}

/* Three names of a PTR, each with every answer, in every order. */
static void
check_ptr(const enum addr name[3], uint64_t order)
{
	static const char *const names[] = {
	    "a.example.org", "b.example.org", "c.example.org"};
	const struct zone_entry zone[] = {
	    OK(DNS_PTR, V4_REVERSE,
		"a.example.org b.example.org c.example.org"),
	    addr_entry(names[0], false, name[0]),
	    addr_entry(names[1], false, name[1]),
	    addr_entry(names[2], false, name[2]),
	    {0},
	};
	const struct ip client = address(V4);
	struct zone_run run;
	struct reverse r;
	unsigned want = fault(name[0]) | fault(name[1]) | fault(name[2]);
	const char *confirmed = "";
	if (want == 0)
		want = MISMATCH;
	for (int i = 2; i >= 0; i--)
		if (name[i] == ADDR_CLIENT) {
			want = PASS;
			confirmed = names[i];
		}
	reverse_begin(&r, REVERSE_PTR, &client, SLICE_EMPTY);
	zone_drive(&r, zone, order, PATIENT, &run);
	assert_int_equal(reverse_result(&r)->findings, want);
	assert_slice(reverse_result(&r)->confirmed, confirmed);
	assert_slice(reverse_result(&r)->name, names[0]);
	assert_int_equal(run.rounds, 2);
	assert_int_equal(run.questions, 4);
}

static void
test_every_ptr(void **state)
{
	(void)state;
	for (int i = 0; i < ADDR_ALL * ADDR_ALL * ADDR_ALL; i++) {
		const enum addr name[3] = {(enum addr)(i % ADDR_ALL),
		    (enum addr)(i / ADDR_ALL % ADDR_ALL),
		    (enum addr)(i / ADDR_ALL / ADDR_ALL)};
		for (uint64_t order = 0; order < 6; order++)
			check_ptr(name, order);
	}
}

/* ---- many ---- */

/* "PREFIXn.example.org" for n below count, of MX with falling preference. */
static struct buf
many(const char *prefix, bool mx, unsigned count)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	for (unsigned i = 0; i < count; i++) {
		if (mx)
			buf_printf(&b, "%u:", 1000 - i);
		buf_printf(&b, "%s%u.example.org ", prefix, i);
	}
	buf_add_byte(&b, 0);
	return b;
}

static void
run_many(enum reverse_kind kind, const char *records, const char *last,
    unsigned findings)
{
	const struct zone_entry zone[] = {
	    OK(DNS_PTR, V4_REVERSE, records),
	    OK(DNS_MX, "contoh.id", records),
	    OK(DNS_A, last, V4),
	    {0},
	};
	const struct ip client = address(V4);
	struct zone_run run;
	struct reverse r;
	reverse_begin(&r, kind, &client, SLICE("contoh.id"));
	zone_drive(&r, zone, 0, PATIENT, &run);
	const struct reverse_result *got = reverse_result(&r);
	assert_int_equal(got->findings, findings);
	assert_int_equal(run.rounds, 2);
	assert_int_equal(
	    run.questions, REVERSE_NAMES_MAX + (kind == REVERSE_PTR ? 1 : 3));
	assert_true(got->evidence.n <= REVERSE_EVIDENCE_MAX);
}

static void
test_many_ptr(void **state)
{
	(void)state;
	struct buf b = many("host", false, 50);
	run_many(REVERSE_PTR, (char *)b.p, "host19.example.org", PASS);
	run_many(REVERSE_PTR, (char *)b.p, "host20.example.org", MISMATCH);
	buf_free(&b);
}

/* The twenty of lowest preference, which here come last. */
static void
test_many_mx(void **state)
{
	(void)state;
	struct buf b = many("mx", true, 500);
	run_many(REVERSE_HELO, (char *)b.p, "mx480.example.org", PASS);
	run_many(REVERSE_HELO, (char *)b.p, "mx479.example.org", FORGED);
	run_many(REVERSE_MAIL, (char *)b.p, "mx499.example.org", PASS);
	run_many(REVERSE_MAIL, (char *)b.p, "mx0.example.org", FORGED);
	buf_free(&b);
}

/* Long names and many answers: the evidence is cut, and says so. */
static void
test_long_evidence(void **state)
{
	(void)state;
	char label[61], prefix[190];
	memset(label, 'x', 60);
	label[60] = '\0';
	(void)snprintf(
	    prefix, sizeof(prefix), "%s.%s.%s.h", label, label, label);
	struct buf b = many(prefix, false, 40);
	const struct zone_entry zone[] = {
	    OK(DNS_PTR, V4_REVERSE, (char *)b.p), {0}};
	const struct ip client = address(V4);
	struct zone_run run;
	struct reverse r;
	reverse_begin(&r, REVERSE_PTR, &client, SLICE_EMPTY);
	zone_drive(&r, zone, 0, PATIENT, &run);
	struct slice e = reverse_result(&r)->evidence;
	assert_int_equal(reverse_result(&r)->findings, MISMATCH);
	assert_true(e.n <= REVERSE_EVIDENCE_MAX);
	assert_true(slice_ends_nocase(e, SLICE("further answers")));
	assert_true(slice_find(e, '\n') < 420);
	buf_free(&b);
}

/* Of more addresses than are shown the client's is one that is. */
static void
test_many_addresses(void **state)
{
	(void)state;
	const struct zone_entry zone[] = {
	    OK(DNS_PTR, V4_REVERSE, "a.example.org"),
	    OK(DNS_A, "a.example.org",
		"192.0.2.11 192.0.2.12 192.0.2.13 192.0.2.14 192.0.2.15 "
		"192.0.2.16 192.0.2.17 192.0.2.18 " V4 " 192.0.2.20 " V4),
	    {0}};
	const struct ip client = address(V4);
	struct zone_run run;
	struct reverse r;
	reverse_begin(&r, REVERSE_PTR, &client, SLICE_EMPTY);
	zone_drive(&r, zone, 0, PATIENT, &run);
	assert_int_equal(reverse_result(&r)->findings, PASS);
	assert_slice(reverse_result(&r)->evidence,
	    "PTR " V4_REVERSE ": a.example.org\n"
	    "A a.example.org: 192.0.2.11, 192.0.2.12, 192.0.2.13, 192.0.2.14, "
	    "192.0.2.15, 192.0.2.16, 192.0.2.17, " V4 " and 3 more");
}

#define X61 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X64 X61 "xxx"

/* ---- answers that were not asked for ---- */

static void
test_strange_answers(void **state)
{
	(void)state;
	const struct ip client = address(V4);
	const struct reverse_answer no = {.status = REVERSE_DNS_NXDOMAIN};
	const struct reverse_answer bad = {.status = (enum reverse_dns)77,
	    .text = SLICE("cannot\nreach\\any server")};
	struct reverse_question q;
	struct reverse r;
	unsigned slot;
	reverse_begin(&r, REVERSE_HELO, &client, SLICE("contoh.id"));
	for (unsigned i = 0; i < REVERSE_QUESTIONS_MAX + 5; i++)
		reverse_answer(&r, i, &no); /* none asked yet */
	assert_false(reverse_done(&r));
	while (reverse_next(&r, &slot, &q))
		assert_slice(q.name, "contoh.id");
	reverse_answer(&r, REVERSE_SLOT_A, &no);
	reverse_answer(
	    &r, REVERSE_SLOT_A, &bad); /* the second does not count */
	reverse_answer(&r, REVERSE_SLOT_AAAA, &no);
	reverse_answer(&r, UINT_MAX, &no);
	assert_false(reverse_done(&r));
	reverse_answer(&r, REVERSE_SLOT_MX, &bad);
	assert_true(reverse_done(&r));
	reverse_answer(&r, REVERSE_SLOT_MX, &no);
	reverse_timeout(&r);
	assert_false(reverse_next(&r, &slot, &q));
	assert_int_equal(reverse_result(&r)->findings, TEMPFAIL);
	assert_slice(reverse_result(&r)->evidence,
	    "MX contoh.id: TEMPFAIL (cannot\\x0areach\\x5cany server)\n"
	    "A contoh.id: NXDOMAIN\nAAAA contoh.id: NXDOMAIN");
}

/* What comes after the end changes nothing. */
static void
test_late_answer(void **state)
{
	(void)state;
	static const struct zone_entry zone[] = {
	    {DNS_MX, "contoh.id", REVERSE_DNS_OK, "1:a.example", 5},
	    {DNS_A, "contoh.id", REVERSE_DNS_OK, V4, 90}, {0}};
	const struct ip client = address(V4);
	struct reverse_question q[3];
	struct reverse r;
	unsigned slot[3];
	reverse_begin(&r, REVERSE_HELO, &client, SLICE("contoh.id"));
	for (size_t i = 0; i < 3; i++)
		assert_true(reverse_next(&r, &slot[i], &q[i]));
	zone_answer(&r, slot[1], &q[1], zone);
	assert_true(reverse_done(&r));
	zone_answer(&r, slot[0], &q[0], zone);
	assert_int_equal(reverse_result(&r)->ttl, 90);
	assert_slice(reverse_result(&r)->evidence, "A contoh.id: " V4);
}

/* The detail of a fault is cut, and ends so. */
static void
test_long_detail(void **state)
{
	(void)state;
	const struct ip client = address(V4);
	char text[300];
	struct reverse_answer a = {.status = REVERSE_DNS_BOGUS,
	    .text = slice_of(text, REVERSE_DETAIL_MAX)};
	struct reverse_question q;
	struct reverse r;
	unsigned slot;
	memset(text, 'x', sizeof(text));
	reverse_begin(&r, REVERSE_PTR, &client, SLICE_EMPTY);
	assert_true(reverse_next(&r, &slot, &q));
	reverse_answer(&r, slot, &a);
	assert_true(slice_ends_nocase(
	    reverse_result(&r)->evidence, SLICE("BOGUS (" X64 ")")));
	a.text.n++;
	reverse_begin(&r, REVERSE_PTR, &client, SLICE_EMPTY);
	assert_true(reverse_next(&r, &slot, &q));
	reverse_answer(&r, slot, &a);
	assert_true(slice_ends_nocase(
	    reverse_result(&r)->evidence, SLICE("BOGUS (" X61 "...)")));
}

/* Patience may end before anything was asked, and between the rounds. */
static void
test_timeout(void **state)
{
	(void)state;
	const struct ip client = address(V4);
	struct reverse_question q;
	struct reverse r;
	unsigned slot;
	for (int kind = 0; kind < REVERSE_KINDS; kind++) {
		reverse_begin(
		    &r, (enum reverse_kind)kind, &client, SLICE("contoh.id"));
		reverse_timeout(&r);
		assert_true(reverse_done(&r));
		assert_int_equal(reverse_result(&r)->findings, TEMPFAIL);
		assert_int_equal(reverse_result(&r)->ttl, 0);
	}
	static const struct zone_entry zone[] = {
	    OK(DNS_PTR, V4_REVERSE, "a.example.org b.example.org"), {0}};
	reverse_begin(&r, REVERSE_PTR, &client, SLICE_EMPTY);
	assert_true(reverse_next(&r, &slot, &q));
	zone_answer(&r, slot, &q, zone);
	reverse_timeout(&r);
	assert_true(reverse_done(&r));
	assert_int_equal(reverse_result(&r)->findings, TEMPFAIL);
}

/* ---- what a result is worth, and a copy of it ---- */

static void
test_ttl(void **state)
{
	(void)state;
	static const struct zone_entry zone[] = {
	    {DNS_PTR, V4_REVERSE, REVERSE_DNS_OK, "a.example.org", 200},
	    {DNS_A, "a.example.org", REVERSE_DNS_OK, V4, 60},
	    {DNS_MX, "example.org", REVERSE_DNS_TEMPFAIL, NULL, 1},
	    {DNS_A, "example.org", REVERSE_DNS_OK, V4, 90}, {0}};
	const struct ip client = address(V4);
	struct zone_run run;
	struct reverse r;
	reverse_begin(&r, REVERSE_PTR, &client, SLICE_EMPTY);
	zone_drive(&r, zone, 0, PATIENT, &run);
	assert_int_equal(reverse_result(&r)->ttl, 60);
	reverse_begin(&r, REVERSE_HELO, &client, SLICE("a.example.org"));
	zone_drive(&r, zone, 0, PATIENT, &run);
	assert_int_equal(reverse_result(&r)->ttl, 60);
	reverse_begin(&r, REVERSE_MAIL, &client, SLICE("example.org"));
	zone_drive(&r, zone, 0, PATIENT, &run);
	assert_int_equal(reverse_result(&r)->findings, PASS);
	assert_int_equal(reverse_result(&r)->ttl, 90);
	reverse_begin(&r, REVERSE_MAIL, &client, SLICE("none.example"));
	zone_drive(&r, zone, 0, PATIENT, &run);
	assert_int_equal(reverse_result(&r)->ttl, REVERSE_TTL_MAX);
}

static void
test_copy(void **state)
{
	(void)state;
	static const struct zone_entry zone[] = {
	    OK(DNS_PTR, V4_REVERSE, "a.example.org b.example.org"),
	    OK(DNS_A, "b.example.org", V4), {0}};
	const struct ip client = address(V4);
	struct zone_run run;
	struct reverse r;
	reverse_begin(&r, REVERSE_PTR, &client, SLICE_EMPTY);
	zone_drive(&r, zone, 0, PATIENT, &run);
	struct reverse_result *copy = reverse_result_copy(reverse_result(&r));
	assert_non_null(copy);
	memset(&r, 0xff, sizeof(r));
	assert_int_equal(copy->findings, PASS);
	assert_slice(copy->name, "a.example.org");
	assert_slice(copy->confirmed, "b.example.org");
	assert_slice(copy->evidence,
	    "PTR " V4_REVERSE ": a.example.org, b.example.org\n"
	    "A a.example.org: NXDOMAIN\nA b.example.org: " V4);
	free(copy);
	reverse_begin(&r, REVERSE_MAIL, &client, SLICE_EMPTY);
	copy = reverse_result_copy(reverse_result(&r));
	assert_non_null(copy);
	assert_int_equal(copy->name.n, 0);
	free(copy);
}

/* Names longer than any of DNS are cut in the result. */
static void
test_long_name(void **state)
{
	(void)state;
	const struct ip client = address(V4);
	char text[600];
	struct reverse r;
	memset(text, 'a', sizeof(text));
	reverse_begin(&r, REVERSE_HELO, &client, slice_of(text, 63));
	assert_false(reverse_done(&r));
	reverse_begin(&r, REVERSE_HELO, &client, slice_of(text, 64));
	assert_int_equal(reverse_result(&r)->findings, NOT_FOUND);
	reverse_begin(&r, REVERSE_HELO, &client, slice_of(text, 500));
	assert_int_equal(reverse_result(&r)->findings, NOT_FOUND);
	for (size_t i = 50; i < sizeof(text); i += 50)
		text[i] = '.';
	reverse_begin(
	    &r, REVERSE_HELO, &client, slice_of(text, sizeof(text) - 1));
	assert_true(reverse_done(&r));
	assert_int_equal(reverse_result(&r)->findings, NOT_FOUND);
	assert_int_equal(reverse_result(&r)->name.n, DNS_NAME_MAX);
	reverse_begin(&r, REVERSE_HELO, &client, slice_of(text, 253));
	assert_false(reverse_done(&r));
	reverse_begin(&r, REVERSE_HELO, &client, slice_of(text, 254));
	assert_true(reverse_done(&r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_evidence),
	    cmocka_unit_test(test_every_answer),
	    cmocka_unit_test(test_every_ptr),
	    cmocka_unit_test(test_many_ptr),
	    cmocka_unit_test(test_many_mx),
	    cmocka_unit_test(test_long_evidence),
	    cmocka_unit_test(test_many_addresses),
	    cmocka_unit_test(test_strange_answers),
	    cmocka_unit_test(test_late_answer),
	    cmocka_unit_test(test_long_detail),
	    cmocka_unit_test(test_timeout),
	    cmocka_unit_test(test_ttl),
	    cmocka_unit_test(test_copy),
	    cmocka_unit_test(test_long_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
