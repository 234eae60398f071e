/* Questions and targets, with a resolver of the test's own at the other end of
 * the channel. */
#include "check/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pack.h"
#include "check/check.h"
#include "check/dns_priv.h"
#include "os/fdpass.h"
#include "proto/dns/message.h"

struct zone {
	const char *name;
	uint16_t type;
	enum ipc_dns_status status;
	const char *data; /* "10 mail.contoh.id", "192.0.2.1"; words by ";" */
};

static const struct zone zones[] = {
    {"contoh.id", DNS_MX, IPC_DNS_OK,
	"20 b.contoh.id;10 a.contoh.id;15 A.contoh.id"},
    {"contoh.id", DNS_A, IPC_DNS_OK, "192.0.2.80"},
    {"a.contoh.id", DNS_A, IPC_DNS_OK, "192.0.2.1;192.0.2.2"},
    {"a.contoh.id", DNS_AAAA, IPC_DNS_OK, "2001:db8::1"},
    {"b.contoh.id", DNS_A, IPC_DNS_TIMEOUT, ""},
    {"b.contoh.id", DNS_AAAA, IPC_DNS_NODATA, ""},
    {"nomx.test", DNS_MX, IPC_DNS_NODATA, ""},
    {"nomx.test", DNS_A, IPC_DNS_OK, "192.0.2.9"},
    {"null.test", DNS_MX, IPC_DNS_OK, "0 ."},
    {"both.test", DNS_MX, IPC_DNS_OK, "0 .;10 a.contoh.id"},
    {"fail.test", DNS_MX, IPC_DNS_TEMPFAIL, ""},
    {"fail.test", DNS_A, IPC_DNS_OK, "192.0.2.7"},
    {"bogus.test", DNS_MX, IPC_DNS_BOGUS, ""},
};

struct world {
	struct check c;
	struct check_opts opts;
	struct chan *resolver;
	unsigned asked, big; /* big: exchangers of big.test */
	bool deaf;
	bool over;
	struct buf got;
};

static void
add_rdata(struct buf *records, uint16_t type, const char *text)
{
	struct ip ip;
	struct dns_name name;
	struct buf one;
	unsigned preference = 0;
	int at = 0;
	buf_init(&one, 512);
	if (type == DNS_MX) {
		assert_true(sscanf(text, "%u %n", &preference, &at) >= 1);
		buf_add_byte(&one, (uint8_t)(preference >> 8));
		buf_add_byte(&one, (uint8_t)preference);
		assert_int_equal(
		    dns_name_parse(slice_str(text + at), &name), ERR_OK);
		buf_add(&one, slice_of(name.wire, name.n));
	} else {
		assert_int_equal(ip_parse(slice_str(text), &ip), ERR_OK);
		buf_add(&one, slice_of(ip.b, ip.family == 6 ? 16 : 4));
	}
	pack_add(records, buf_slice(&one));
	buf_free(&one);
}

static void
fill(struct world *w, const struct ipc_dns_ask *q, struct ipc_dns_answer *a,
    struct buf *records)
{
	char text[64];
	a->status = IPC_DNS_NXDOMAIN;
	if (slice_eq(q->name, SLICE("big.test")) && q->qtype == DNS_MX) {
		a->status = IPC_DNS_OK;
		for (unsigned i = 0; i < w->big; i++) {
			snprintf(text, sizeof(text), "%u h%u.big.test",
			    w->big - i, w->big - i);
			add_rdata(records, DNS_MX, text);
		}
	}
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		const struct zone *z = &zones[i];
		if (z->type != q->qtype ||
		    !slice_eq_nocase(slice_str(z->name), q->name))
			continue;
		a->status = (uint8_t)z->status;
		struct slice rest = slice_str(z->data);
		while (rest.n > 0) {
			struct slice one =
			    slice_to(rest, slice_find(rest, ';'));
			rest = slice_from(rest, one.n + 1);
			snprintf(text, sizeof(text), "%.*s", SLICE_ARG(one));
			add_rdata(records, q->qtype, text);
		}
	}
}

static void
on_question(struct chan *c, struct ipc_msg *m, void *arg)
{
	struct world *w = arg;
	struct buf records;
	struct ipc_msg a = {.type = IPC_dns_answer, .fd = -1};
	assert_int_equal(m->type, IPC_dns_ask);
	w->asked++;
	if (w->deaf)
		return;
	buf_init(&records, 65536);
	a.dns_answer.ask = m->dns_ask.ask;
	a.dns_answer.qtype = m->dns_ask.qtype;
	fill(w, &m->dns_ask, &a.dns_answer, &records);
	a.dns_answer.records = buf_slice(&records);
	assert_int_equal(chan_send(c, &a), ERR_OK);
	buf_free(&records);
}

static void
on_closed(struct chan *c, const struct diag *why, void *arg)
{
	struct world *w = arg;
	(void)c;
	(void)why;
	w->resolver = NULL;
}

static const struct chan_ops resolver_ops = {on_question, on_closed, NULL};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int fds[2];
	assert_non_null(w);
	assert_int_equal(fdpass_pair(fds), ERR_OK);
	w->c.opts = &w->opts;
	w->c.loop = loop_new();
	w->c.dns = check_dns_alloc(w->c.loop);
	assert_non_null(w->c.dns);
	assert_true(check_dns_over(w->c.dns, fds[0]));
	w->resolver = chan_new(
	    w->c.loop, fds[1], ROLE_RESOLVER, ROLE_CMD, &resolver_ops, w);
	assert_non_null(w->resolver);
	buf_init(&w->got, 1 << 20);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	check_dns_free(w->c.dns);
	if (w->resolver != NULL)
		chan_close(w->resolver);
	loop_free(w->c.loop);
	buf_free(&w->got);
	free(w);
	return 0;
}

static void
found(void *arg, const struct check_hosts *h)
{
	struct world *w = arg;
	assert_false(w->over);
	w->over = true;
	buf_printf(&w->got, "%s:%u mx=%d%s", h->domain, h->port, h->status,
	    h->null_mx ? " null" : "");
	for (size_t i = 0; i < h->n; i++) {
		const struct check_host *v = &h->v[i];
		buf_printf(&w->got, " | %u %s%s %d", v->preference, v->name,
		    v->implicit ? " implicit" : "", v->status);
		for (size_t k = 0; k < v->addr_n; k++) {
			buf_add_byte(&w->got, ' ');
			buf_add_ip(&w->got, &v->addr[k]);
		}
	}
}

static void
until_over(struct world *w)
{
	for (int i = 0; i < 500 && !w->over; i++)
		loop_step(w->c.loop, 10);
	assert_true(w->over);
}

static const char *
find(struct world *w, const char *target)
{
	w->over = false;
	buf_clear(&w->got);
	check_hosts_find(&w->c, slice_str(target), 25, found, w);
	assert_false(w->over);
	until_over(w);
	buf_add_byte(&w->got, 0);
	return (const char *)w->got.p;
}

static void
targets(void **state)
{
	static const struct {
		const char *target, *want;
	} cases[] = {
	    {"contoh.id",
		"contoh.id:25 mx=0 | 10 a.contoh.id 0 192.0.2.1 192.0.2.2 "
		"2001:db8::1 | 20 b.contoh.id 4"},
	    {" Budi@contoh.id ",
		"contoh.id:25 mx=0 | 10 a.contoh.id 0 192.0.2.1 192.0.2.2 "
		"2001:db8::1 | 20 b.contoh.id 4"},
	    {"contoh.id:587", ":587 mx=0 | 0 contoh.id 0 192.0.2.80"},
	    {"contoh.id.", ":25 mx=0 | 0 contoh.id 0 192.0.2.80"},
	    {"nomx.test",
		"nomx.test:25 mx=1 | 0 nomx.test implicit 0 192.0.2.9"},
	    {"null.test", "null.test:25 mx=0 null"},
	    {"both.test",
		"both.test:25 mx=0 | 10 a.contoh.id 0 192.0.2.1 192.0.2.2 "
		"2001:db8::1"},
	    /* what the MX may be is not known: no host is made up */
	    {"fail.test", "fail.test:25 mx=3"},
	    {"bogus.test", "bogus.test:25 mx=5"},
	    {"none.test", "none.test:25 mx=2"},
	    {"none.test:25", ":25 mx=0 | 0 none.test 2"},
	    {"192.0.2.1", ":25 mx=0 | 0 192.0.2.1 0 192.0.2.1"},
	    {"[192.0.2.1]:2525", ":2525 mx=0 | 0 192.0.2.1 0 192.0.2.1"},
	    {"192.0.2.1:2525", ":2525 mx=0 | 0 192.0.2.1 0 192.0.2.1"},
	    {"x@[192.0.2.1]", ":25 mx=0 | 0 192.0.2.1 0 192.0.2.1"},
	    {"[2001:db8::1]:465", ":465 mx=0 | 0 2001:db8::1 0 2001:db8::1"},
	    {"[IPv6:2001:db8::1]:465",
		":465 mx=0 | 0 2001:db8::1 0 2001:db8::1"},
	    {"2001:db8::1", ":25 mx=0 | 0 2001:db8::1 0 2001:db8::1"},
	    {"localhost:2525", ":2525 mx=0 | 0 localhost 0 127.0.0.1"},
	    {"", ":25 mx=2"},
	    {"contoh.id:0", ":25 mx=2"},
	    {"contoh.id:65536", ":25 mx=2"},
	    {"contoh.id:x", ":25 mx=2"},
	    {"con toh.id", ":25 mx=2"},
	    {"[IPv6:2001:db8::1]x", ":25 mx=2"},
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = find(w, cases[i].target);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("\"%s\": got \"%s\", not \"%s\"",
			    cases[i].target, got, cases[i].want);
	}
}

static size_t
bars(const char *s)
{
	size_t n = 0;
	for (; *s != '\0'; s++)
		n += *s == '|';
	return n;
}

static void
many_exchangers(void **state)
{
	struct world *w = *state;
	w->big = 500;
	const char *got = find(w, "big.test");
	assert_int_equal(bars(got), CHECK_HOSTS_MAX);
	assert_non_null(strstr(got, "| 1 h1.big.test"));
	assert_null(strstr(got, "h65.big.test"));
	assert_int_equal(w->asked, 3 + 2 * CHECK_HOSTS_MAX);
}

static void
families(void **state)
{
	struct world *w = *state;
	w->opts.ipv4 = true;
	assert_string_equal(find(w, "a.contoh.id:25"),
	    ":25 mx=0 | 0 a.contoh.id 0 192.0.2.1 192.0.2.2");
	w->opts.ipv4 = false;
	w->opts.ipv6 = true;
	assert_string_equal(find(w, "a.contoh.id:25"),
	    ":25 mx=0 | 0 a.contoh.id 0 2001:db8::1");
}

static void
connect_stands_in(void **state)
{
	struct world *w = *state;
	const struct check_connect to[] = {
	    {SLICE("None.test"), 25, {4, {127, 0, 0, 1}}, 2525}};
	w->opts.connect = to;
	w->opts.connect_n = 1;
	assert_string_equal(
	    find(w, "none.test:25"), ":25 mx=0 | 0 none.test 0 127.0.0.1");
	assert_string_equal(find(w, "none.test"),
	    "none.test:25 mx=2 | 0 none.test implicit 0 127.0.0.1");
	assert_string_equal(
	    find(w, "none.test:26"), ":26 mx=0 | 0 none.test 2");
	struct sock_addr out;
	const struct ip ip = {4, {192, 0, 2, 1}};
	check_route(&w->c, SLICE("NONE.test"), 25, &ip, &out);
	assert_int_equal(out.port, 2525);
	check_route(&w->c, SLICE("none.test"), 26, &ip, &out);
	assert_int_equal(out.port, 26);
	assert_true(ip_eq(&out.ip, &ip));
}

static void
no_answer_expected(void *arg, const struct ipc_dns_answer *a)
{
	(void)arg;
	(void)a;
	fail_msg("an answer to what was cancelled");
}

static void
count_answer(void *arg, const struct ipc_dns_answer *a)
{
	struct world *w = arg;
	assert_int_equal(a->status, IPC_DNS_TEMPFAIL);
	w->over = true;
}

/* The child's death is an answer to all, and to what is asked after it. */
static void
resolver_dies(void **state)
{
	struct world *w = *state;
	w->deaf = true;
	struct check_dns_ask *a = check_dns_ask(
	    w->c.dns, DNS_A, SLICE("a.contoh.id"), no_answer_expected, NULL);
	check_dns_cancel(a);
	check_dns_cancel(NULL);
	check_dns_ask(w->c.dns, DNS_A, SLICE("a.contoh.id"), count_answer, w);
	while (w->asked < 2)
		loop_step(w->c.loop, 10);
	chan_close(w->resolver);
	w->resolver = NULL;
	until_over(w);
	w->over = false;
	check_dns_ask(w->c.dns, DNS_A, SLICE("a.contoh.id"), count_answer, w);
	assert_false(w->over);
	until_over(w);
	assert_string_equal(find(w, "contoh.id"), "contoh.id:25 mx=3");
}

/* What is still under way at the end is freed, not answered. */
static void
closed_in_the_middle(void **state)
{
	struct world *w = *state;
	w->deaf = true;
	check_hosts_find(&w->c, SLICE("contoh.id"), 25, found, w);
	check_hosts_find(&w->c, SLICE("[192.0.2.1]"), 25, found, w);
}

/* Over a network anybody on the way sets the AD bit. */
static void
whose_word_on_dnssec(void **unused)
{
	(void)unused;
	static const struct {
		const char *resolver;
		bool believed;
	} cases[] = {{"127.0.0.1", true}, {"127.0.0.53", true}, {"::1", true},
	    {"192.0.2.53", false}, {"10.0.0.1", false}, {"2001:db8::53", false},
	    {NULL, false}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check_opts o = {.timeout_ms = 3000};
		struct buf b;
		buf_init(&b, 1024);
		if (cases[i].resolver != NULL)
			assert_int_equal(
			    ip_parse(slice_str(cases[i].resolver), &o.resolver),
			    ERR_OK);
		check_dns_conf(&o, &b);
		assert_int_equal(memmem(b.p, b.n, "\"trust-ad\"", 10) != NULL,
		    cases[i].believed);
		assert_int_equal(memmem(b.p, b.n, "\"validate\"", 10) != NULL,
		    !cases[i].believed);
		assert_int_equal(memmem(b.p, b.n, "server = {", 10) != NULL,
		    cases[i].resolver != NULL);
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(targets, setup, teardown),
	    cmocka_unit_test_setup_teardown(many_exchangers, setup, teardown),
	    cmocka_unit_test_setup_teardown(families, setup, teardown),
	    cmocka_unit_test_setup_teardown(connect_stands_in, setup, teardown),
	    cmocka_unit_test_setup_teardown(resolver_dies, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		closed_in_the_middle, setup, teardown),
	    cmocka_unit_test(whose_word_on_dnssec),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
