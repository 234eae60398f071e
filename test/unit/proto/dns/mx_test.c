#include "proto/dns/mx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct dns_name
name_of(const char *s)
{
	struct dns_name n;
	assert_int_equal(dns_name_parse(slice_str(s), &n), ERR_OK);
	return n;
}

static struct ip
ip_of(const char *s)
{
	struct ip ip;
	assert_int_equal(ip_parse(slice_str(s), &ip), ERR_OK);
	return ip;
}

static void
record(struct mx_record *r, uint16_t preference, const char *host)
{
	r->preference = preference;
	r->host = name_of(host);
}

/* "host host" of a list, for comparison */
static const char *
shown(const struct mx_list *l)
{
	static char text[1024];
	struct buf b;
	buf_init(&b, sizeof(text));
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0)
			buf_add_byte(&b, ' ');
		buf_add_dns_name(&b, &l->hosts[i].name);
	}
	snprintf(text, sizeof(text), "%.*s", SLICE_ARG(buf_slice(&b)));
	buf_free(&b);
	return text;
}

static void
answers(void **state)
{
	(void)state;
	struct dns_name d = name_of("contoh.id");
	struct mx_list l;
	struct mx_record r[2];
	assert_int_equal(
	    mx_hosts(&d, DNS_ANSWER_NXDOMAIN, NULL, 0, 1, &l), MX_NXDOMAIN);
	assert_int_equal(
	    mx_hosts(&d, DNS_ANSWER_TEMPFAIL, NULL, 0, 1, &l), MX_TEMPFAIL);
	assert_int_equal(
	    mx_hosts(&d, DNS_ANSWER_BOGUS, NULL, 0, 1, &l), MX_BOGUS);
	assert_int_equal(
	    mx_hosts(&d, DNS_ANSWER_NODATA, NULL, 0, 1, &l), MX_OK);
	assert_true(l.implicit);
	assert_string_equal(shown(&l), "contoh.id");
	record(&r[0], 0, ".");
	assert_int_equal(mx_hosts(&d, DNS_ANSWER_OK, r, 1, 1, &l), MX_NULL);
	record(&r[1], 9, "mx.contoh.id");
	assert_int_equal(mx_hosts(&d, DNS_ANSWER_OK, r, 2, 1, &l), MX_OK);
	assert_false(l.implicit);
	assert_string_equal(shown(&l), "mx.contoh.id");
}

static void
order(void **state)
{
	(void)state;
	struct dns_name d = name_of("contoh.id");
	struct mx_list l;
	struct mx_record r[5];
	size_t b_first = 0;
	record(&r[0], 30, "z.example");
	record(&r[1], 10, "a.example");
	record(&r[2], 20, "b.example");
	record(&r[3], 20, "c.example");
	record(&r[4], 40, "A.example");
	for (uint64_t seed = 0; seed < 1000; seed++) {
		assert_int_equal(
		    mx_hosts(&d, DNS_ANSWER_OK, r, 5, seed, &l), MX_OK);
		if (strcmp(shown(&l),
			"a.example b.example c.example z.example") == 0)
			b_first++;
		else
			assert_string_equal(shown(&l),
			    "a.example c.example b.example z.example");
	}
	assert_in_range(b_first, 400, 600);
}

static void
too_many_hosts(void **state)
{
	(void)state;
	struct dns_name d = name_of("contoh.id");
	struct mx_record r[MX_HOSTS_MAX + 9];
	struct mx_list l;
	char host[32];
	for (size_t i = 0; i < MX_HOSTS_MAX + 9; i++) {
		snprintf(host, sizeof(host), "h%zu.example", i);
		record(&r[i], 10, host);
	}
	assert_int_equal(
	    mx_hosts(&d, DNS_ANSWER_OK, r, MX_HOSTS_MAX + 9, 7, &l), MX_OK);
	assert_int_equal(l.n, MX_HOSTS_MAX);
}

static void
host(struct mx_list *l, uint16_t preference, const char *name,
    enum dns_answer a, enum dns_answer aaaa, const char *first,
    const char *second, const char *third)
{
	const char *addrs[] = {first, second, third};
	struct mx_host *h = &l->hosts[l->n++];
	*h = (struct mx_host){.preference = preference,
	    .name = name_of(name),
	    .a = a,
	    .aaaa = aaaa};
	for (size_t i = 0; i < 3 && addrs[i] != NULL; i++)
		h->addrs[h->addrs_n++] = ip_of(addrs[i]);
}

static const char *
shown_targets(const struct mx_targets *t)
{
	static char text[1024];
	size_t n = 0;
	text[0] = '\0';
	for (size_t i = 0; i < t->n; i++) {
		char ip[IP_TEXT_MAX];
		ip_text(&t->t[i].ip, ip);
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "%s%s", i > 0 ? " " : "", ip);
	}
	return text;
}

static void
targets(void **state)
{
	(void)state;
	struct mx_list l = {0};
	struct mx_targets t;
	struct mx_self nobody = {0};
	host(&l, 10, "a.example", DNS_ANSWER_OK, DNS_ANSWER_OK, "192.0.2.1",
	    "2001:db8::1", NULL);
	host(&l, 20, "b.example", DNS_ANSWER_TEMPFAIL, DNS_ANSWER_OK,
	    "2001:db8::2", "2001:db8::1", NULL);
	host(&l, 30, "c.example", DNS_ANSWER_OK, DNS_ANSWER_NODATA, "192.0.2.3",
	    NULL, NULL);
	assert_int_equal(mx_targets(&l, &nobody, true, true, 1, &t), MX_OK);
	assert_string_equal(
	    shown_targets(&t), "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.3");
	assert_int_equal(t.t[2].host, 1);
	assert_int_equal(mx_targets(&l, &nobody, true, false, 1, &t), MX_OK);
	assert_string_equal(shown_targets(&t), "192.0.2.1 192.0.2.3");
	assert_int_equal(mx_targets(&l, &nobody, false, true, 1, &t), MX_OK);
	assert_string_equal(shown_targets(&t), "2001:db8::1 2001:db8::2");
}

static void
loops(void **state)
{
	(void)state;
	struct ip own[] = {ip_of("198.51.100.1"), ip_of("192.0.2.3")};
	struct mx_self self = {own, 2, SLICE_EMPTY};
	struct mx_self named = {NULL, 0, SLICE("A.example")};
	struct mx_list l = {0};
	struct mx_targets t;
	host(&l, 10, "a.example", DNS_ANSWER_OK, DNS_ANSWER_NODATA, "192.0.2.1",
	    NULL, NULL);
	host(&l, 20, "b.example", DNS_ANSWER_OK, DNS_ANSWER_NODATA, "192.0.2.2",
	    NULL, NULL);
	host(&l, 20, "me.example", DNS_ANSWER_OK, DNS_ANSWER_NODATA,
	    "192.0.2.9", "192.0.2.3", NULL);
	host(&l, 30, "c.example", DNS_ANSWER_OK, DNS_ANSWER_NODATA, "192.0.2.4",
	    NULL, NULL);
	assert_int_equal(mx_targets(&l, &self, true, true, 1, &t), MX_OK);
	assert_string_equal(shown_targets(&t), "192.0.2.1");
	assert_int_equal(mx_targets(&l, &named, true, true, 1, &t), MX_LOOP);
	assert_int_equal(t.n, 0);
}

static void
nothing_to_try(void **state)
{
	(void)state;
	static const struct {
		enum dns_answer a, b;
		enum mx_verdict want;
	} rows[] = {
	    {DNS_ANSWER_NODATA, DNS_ANSWER_NXDOMAIN, MX_NXDOMAIN},
	    {DNS_ANSWER_NODATA, DNS_ANSWER_TEMPFAIL, MX_TEMPFAIL},
	    {DNS_ANSWER_BOGUS, DNS_ANSWER_NXDOMAIN, MX_BOGUS},
	    {DNS_ANSWER_BOGUS, DNS_ANSWER_TEMPFAIL, MX_TEMPFAIL},
	};
	struct mx_self nobody = {0};
	struct mx_targets t;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mx_list l = {0};
		host(&l, 1, "a.example", rows[i].a, DNS_ANSWER_NODATA, NULL,
		    NULL, NULL);
		host(&l, 2, "b.example", DNS_ANSWER_NODATA, rows[i].b, NULL,
		    NULL, NULL);
		assert_int_equal(
		    mx_targets(&l, &nobody, true, true, 1, &t), rows[i].want);
	}
}

static void
verdicts(void **state)
{
	(void)state;
	for (int v = MX_NXDOMAIN; v <= MX_LOOP; v++) {
		struct slice e = mx_verdict_enhanced((enum mx_verdict)v);
		assert_true(mx_verdict_cause((enum mx_verdict)v).n > 0);
		assert_int_equal(
		    e.p[0] == '5', mx_verdict_is_permanent((enum mx_verdict)v));
	}
	assert_int_equal(mx_verdict_cause(MX_OK).n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(order),
	    cmocka_unit_test(too_many_hosts),
	    cmocka_unit_test(targets),
	    cmocka_unit_test(loops),
	    cmocka_unit_test(nothing_to_try),
	    cmocka_unit_test(verdicts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
