#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/device.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct conf_domain domains[] = {
    {.name = {(const uint8_t *)"cabang.id", 9},
	.deliver = {.kind = NEXTHOP_RELAY}},
    {.name = {(const uint8_t *)"contoh.id", 9},
	.deliver = {.kind = NEXTHOP_MAILDIR}},
    {.name = {(const uint8_t *)"pabrik.id", 9},
	.deliver = {.kind = NEXTHOP_MAILDIR}},
};

static struct conf
configured(void)
{
	return (struct conf){.domain = domains, .domain_n = COUNT(domains)};
}

static struct ip
addr(const char *text)
{
	struct ip ip;
	assert_int_equal(ip_parse(slice_str(text), &ip), ERR_OK);
	return ip;
}

static struct ip_net
net(const char *text)
{
	struct ip_net n;
	assert_int_equal(ip_net_parse(slice_str(text), &n), ERR_OK);
	return n;
}

/* ---- which ---- */

static void
test_find(void **state)
{
	(void)state;
	const struct ip_net hall[] = {net("192.0.2.0/24")};
	const struct ip_net room[] = {net("198.51.100.7"), net("192.0.2.8/29")};
	const struct ip_net one[] = {net("192.0.2.9"), net("2001:db8::/64")};
	struct conf_device v[] = {
	    {.name = SLICE("a"), .address = {hall, 1}},
	    {.name = SLICE("b"), .address = {one, 2}},
	    {.name = SLICE("c"), .address = {room, 2}},
	    {.name = SLICE("d")},
	    {.name = SLICE("e"), .address = {hall, 1}},
	};
	const struct conf c = {.device = v, .device_n = COUNT(v)};
	static const struct {
		const char *ip;
		int at; /* in v; -1: none */
	} cases[] = {{"192.0.2.1", 0}, {"192.0.2.9", 1}, {"192.0.2.10", 2},
	    {"198.51.100.7", 2}, {"198.51.100.8", -1}, {"2001:db8::5", 1},
	    {"2001:db8:1::5", -1}, {"127.0.0.1", -1}, {"::ffff:192.0.2.16", 0}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip ip = addr(cases[i].ip);
		const struct conf_device *d = device_find(&c, &ip);
		if (cases[i].at < 0)
			assert_null(d);
		else
			assert_ptr_equal(d, &v[cases[i].at]);
	}
	struct ip ip = addr("192.0.2.1");
	const struct conf none = {0};
	assert_null(device_find(&none, &ip));
}

static void
test_unknown(void **state)
{
	(void)state;
	struct finding f;
	struct ip ip = addr("192.0.2.77");
	device_unknown(&ip, &f);
	assert_true(finding_refuses(&f));
	assert_int_equal(f.code, 550);
	assert_string_equal(f.enhanced, "5.7.1");
	assert_string_equal(f.cause, "relay.denied");
	assert_string_equal(f.rule, "device.address");
	assert_true(f.close);
	assert_non_null(strstr(f.text, "192.0.2.77"));
}

/* ---- from ---- */

static const struct slice one_from[] = {
    {(const uint8_t *)"copier@contoh.id", 16}};
static const struct slice domain_from[] = {
    {(const uint8_t *)"a@pabrik.id", 11}, {(const uint8_t *)"@contoh.id", 10}};

static const struct {
	const struct slice *from;
	size_t n;
	const char *address;
	bool allowed;
} from_cases[] = {
    {one_from, 1, "copier@contoh.id", true},
    {one_from, 1, "Copier@CONTOH.ID", true},
    {one_from, 1, "copier2@contoh.id", false},
    {one_from, 1, "xcopier@contoh.id", false},
    {one_from, 1, "copier@sub.contoh.id", false},
    {one_from, 1, "copier", false},
    {one_from, 1, "", false},
    {domain_from, 2, "a@pabrik.id", true},
    {domain_from, 2, "b@pabrik.id", false},
    {domain_from, 2, "anyone@contoh.id", true},
    {domain_from, 2, "anyone@Contoh.Id", true},
    {domain_from, 2, "anyone@sub.contoh.id", false},
    {domain_from, 2, "anyone@xcontoh.id", false},
    {domain_from, 2, "anyone@contoh.id.example", false},
    {domain_from, 2, "\"a@contoh.id\"@example.org", false},
    {domain_from, 2, "@contoh.id", false},
    {domain_from, 2, "contoh.id", false},
    {domain_from, 2, "", false},
    {NULL, 0, "anyone@contoh.id", true},
    {NULL, 0, "anyone@CABANG.id", true},
    {NULL, 0, "anyone@sub.contoh.id", false},
    {NULL, 0, "anyone@example.org", false},
    {NULL, 0, "contoh.id", false},
    {NULL, 0, "", false},
};

static void
test_from(void **state)
{
	(void)state;
	const struct conf c = configured();
	const struct device_facts facts = {0};
	for (size_t i = 0; i < COUNT(from_cases); i++) {
		struct finding f;
		const struct conf_device d = {.name = SLICE("copier-lt2"),
		    .from = {from_cases[i].from, from_cases[i].n}};
		enum device_say say = device_mail(
		    &c, &d, &facts, slice_str(from_cases[i].address), &f);
		assert_int_equal(say,
		    from_cases[i].allowed ? DEVICE_ALLOWED : DEVICE_BREACH);
		if (say == DEVICE_ALLOWED)
			continue;
		assert_int_equal(f.code, 550);
		assert_string_equal(f.enhanced, "5.7.1");
		assert_string_equal(f.cause, "device.not-allowed");
		assert_string_equal(f.rule, "device.from");
		assert_ptr_equal(f.field, &d.from);
		assert_false(f.close);
		assert_non_null(strstr(f.text, "copier-lt2"));
	}
}

/* ---- TLS and AUTH ---- */

static void
test_min_tls(void **state)
{
	(void)state;
	const struct conf c = configured();
	struct finding f;
	for (int min = CONF_TLS_1_0; min <= CONF_TLS_1_3; min++)
		for (int v = CONF_TLS_1_0; v <= CONF_TLS_1_3; v++) {
			const struct conf_device d = {
			    .min_tls = (enum conf_tls_version)min};
			struct device_facts facts = {
			    .tls = true, .version = (enum conf_tls_version)v};
			enum device_say say = device_mail(
			    &c, &d, &facts, SLICE("a@contoh.id"), &f);
			assert_int_equal(
			    say, v < min ? DEVICE_REFUSED : DEVICE_ALLOWED);
			if (say != DEVICE_ALLOWED)
				assert_string_equal(f.rule, "device.min-tls");
			facts.tls = false;
			assert_int_equal(device_mail(&c, &d, &facts,
					     SLICE("a@contoh.id"), &f),
			    DEVICE_ALLOWED);
		}
}

static const struct {
	enum conf_device_auth auth;
	const char *wanted;
	bool authenticated;
	const char *user;
	enum device_say say;
} auth_cases[] = {
    {CONF_DEVICE_AUTH_OFF, "", false, "", DEVICE_ALLOWED},
    {CONF_DEVICE_AUTH_OFF, "copier", true, "budi", DEVICE_ALLOWED},
    {CONF_DEVICE_AUTH_LOGIN_PLAIN, "", false, "", DEVICE_REFUSED},
    {CONF_DEVICE_AUTH_LOGIN_PLAIN, "copier", false, "", DEVICE_REFUSED},
    {CONF_DEVICE_AUTH_LOGIN_PLAIN, "copier", false, "copier", DEVICE_REFUSED},
    {CONF_DEVICE_AUTH_LOGIN_PLAIN, "", true, "budi", DEVICE_ALLOWED},
    {CONF_DEVICE_AUTH_LOGIN_PLAIN, "copier", true, "copier", DEVICE_ALLOWED},
    {CONF_DEVICE_AUTH_LOGIN_PLAIN, "Copier", true, "copier", DEVICE_ALLOWED},
    {CONF_DEVICE_AUTH_LOGIN_PLAIN, "copier", true, "budi", DEVICE_BREACH},
    {CONF_DEVICE_AUTH_LOGIN_PLAIN, "copier", true, "copier@contoh.id",
	DEVICE_ALLOWED},
    {CONF_DEVICE_AUTH_LOGIN_PLAIN, "copier", true, "copier@cabang.id",
	DEVICE_BREACH},
    {CONF_DEVICE_AUTH_LOGIN_PLAIN, "copier@contoh.id", true, "copier",
	DEVICE_ALLOWED},
    {CONF_DEVICE_AUTH_LOGIN_PLAIN, "copier@contoh.id", true, "copier@pabrik.id",
	DEVICE_BREACH},
    {CONF_DEVICE_AUTH_LOGIN_PLAIN, "copier@contoh.id", true, "", DEVICE_BREACH},
};

static void
test_auth(void **state)
{
	(void)state;
	const struct conf c = configured();
	for (size_t i = 0; i < COUNT(auth_cases); i++) {
		struct finding f;
		const struct conf_device d = {.auth = auth_cases[i].auth,
		    .user = slice_str(auth_cases[i].wanted)};
		const struct device_facts facts = {
		    .authenticated = auth_cases[i].authenticated,
		    .user = slice_str(auth_cases[i].user)};
		enum device_say say =
		    device_mail(&c, &d, &facts, SLICE("a@contoh.id"), &f);
		assert_int_equal(say, auth_cases[i].say);
		if (say == DEVICE_ALLOWED)
			continue;
		assert_string_equal(f.rule, "device.auth");
		assert_int_equal(f.code, say == DEVICE_BREACH ? 550 : 530);
		assert_string_equal(
		    f.enhanced, say == DEVICE_BREACH ? "5.7.1" : "5.7.0");
		assert_string_equal(f.cause, say == DEVICE_BREACH
						 ? "device.not-allowed"
						 : "auth.required");
		assert_false(f.close);
	}
}

/* ---- to ---- */

static const struct slice to_domain[] = {{(const uint8_t *)"@contoh.id", 10}};
static const struct slice to_gateway[] = {{(const uint8_t *)"@cabang.id", 10}};
static const struct slice to_some[] = {{(const uint8_t *)"budi@contoh.id", 14},
    {(const uint8_t *)"arsip@mitra.example", 19},
    {(const uint8_t *)"a%b@cabang.id", 13}};

static const struct {
	const struct slice *to;
	size_t n;
	const char *address;
	bool ours, allowed;
} to_cases[] = {
    {NULL, 0, "budi@contoh.id", true, true},
    {NULL, 0, "budi@example.org", false, false},
    {NULL, 0, "postmaster", true, true},
    {NULL, 0, "x%example.org@contoh.id", true, true},
    {NULL, 0, "x%example.org@cabang.id", true, false},
    {NULL, 0, "example.org!x@cabang.id", true, false},
    {NULL, 0, "\"x@example.org\"@cabang.id", true, false},
    {NULL, 0, "x@cabang.id", true, true},
    {to_domain, 1, "budi@contoh.id", true, true},
    {to_domain, 1, "BUDI@CONTOH.ID", true, true},
    {to_domain, 1, "budi@pabrik.id", true, false},
    {to_domain, 1, "budi@sub.contoh.id", true, false},
    {to_domain, 1, "budi@example.org", false, false},
    {to_domain, 1, "postmaster", true, false},
    {to_domain, 1, "\"x@contoh.id\"@example.org", false, false},
    {to_gateway, 1, "x@cabang.id", true, true},
    {to_gateway, 1, "x%y@cabang.id", true, false},
    {to_some, 3, "budi@contoh.id", true, true},
    {to_some, 3, "sari@contoh.id", true, false},
    {to_some, 3, "arsip@mitra.example", false, true},
    {to_some, 3, "other@mitra.example", false, false},
    {to_some, 3, "a%b@cabang.id", true, true},
};

static void
test_to(void **state)
{
	(void)state;
	const struct conf c = configured();
	for (size_t i = 0; i < COUNT(to_cases); i++) {
		struct finding f;
		const struct conf_device d = {.name = SLICE("copier-lt2"),
		    .to = {to_cases[i].to, to_cases[i].n}};
		enum device_say say = device_rcpt(&c, &d,
		    slice_str(to_cases[i].address), to_cases[i].ours, &f);
		assert_int_equal(
		    say, to_cases[i].allowed ? DEVICE_ALLOWED : DEVICE_BREACH);
		if (say == DEVICE_ALLOWED)
			continue;
		assert_int_equal(f.code, 550);
		assert_string_equal(f.enhanced, "5.7.1");
		assert_string_equal(f.rule, "device.to");
		assert_string_equal(f.cause, "device.not-allowed");
		assert_ptr_equal(f.field, &d.to);
		assert_non_null(strstr(f.text, to_cases[i].address));
	}
}

/* ---- how much ---- */

static void
test_rate(void **state)
{
	(void)state;
	const struct conf_device d = {
	    .name = SLICE("x"), .rate = {.count = 3, .window_ms = 30000}};
	struct device_count n = {0};
	struct finding f;
	uint64_t now = 1700000000000;
	for (int i = 0; i < 3; i++)
		assert_int_equal(device_take(&d, &n, now, &f), DEVICE_ALLOWED);
	assert_int_equal(device_take(&d, &n, now, &f), DEVICE_BREACH);
	assert_int_equal(f.code, 451);
	assert_string_equal(f.enhanced, "4.7.1");
	assert_string_equal(f.cause, "limit.rate");
	assert_string_equal(f.rule, "device.rate");
	assert_true(finding_refuses(&f));
	/* What was refused is not counted, and a third of it flows off in a
	 * third of the time. */
	assert_int_equal(device_take(&d, &n, now + 9999, &f), DEVICE_BREACH);
	assert_int_equal(device_take(&d, &n, now + 10000, &f), DEVICE_ALLOWED);
	assert_int_equal(device_take(&d, &n, now + 10001, &f), DEVICE_BREACH);
	now += 10000 + 30000;
	for (int i = 0; i < 3; i++)
		assert_int_equal(device_take(&d, &n, now, &f), DEVICE_ALLOWED);
	assert_int_equal(device_take(&d, &n, now, &f), DEVICE_BREACH);
	/* A clock that goes back gives nothing away, and none goes on. */
	assert_int_equal(device_take(&d, &n, now - 60000, &f), DEVICE_BREACH);
	assert_int_equal(device_take(&d, &n, now + 10000, &f), DEVICE_ALLOWED);
}

static void
test_rate_bounds(void **state)
{
	(void)state;
	struct device_count n = {0};
	struct finding f;
	const struct conf_device free = {.rate = {0, 1000}};
	for (int i = 0; i < 1000; i++)
		assert_int_equal(
		    device_take(&free, &n, 5000, &f), DEVICE_ALLOWED);
	const struct conf_device fast = {.rate = {5000, 1000}};
	for (int i = 0; i < 5000; i++)
		assert_int_equal(
		    device_take(&fast, &n, 5000, &f), DEVICE_ALLOWED);
	assert_int_equal(device_take(&fast, &n, 5000, &f), DEVICE_BREACH);
}

static void
test_stop(void **state)
{
	(void)state;
	const struct conf_device d = {.name = SLICE("x"), .rate = {100, 1000}};
	const uint64_t hour = DEVICE_BREACH_WINDOW_MS;
	struct device_count n = {0};
	struct finding f;
	uint64_t now = 1700000000000;
	for (unsigned i = 1; i < DEVICE_BREACHES; i++)
		assert_false(device_breach(&n, now + i));
	assert_int_equal(device_stopped(&n, now + 10), 0);
	assert_int_equal(device_take(&d, &n, now + 10, &f), DEVICE_ALLOWED);
	assert_true(device_breach(&n, now + 10));
	assert_int_equal(device_stopped(&n, now + 10), hour);
	/* Reported once, and not prolonged. */
	for (unsigned i = 0; i < 2 * DEVICE_BREACHES; i++)
		assert_false(device_breach(&n, now + 20));
	assert_int_equal(device_stopped(&n, now + 20), hour - 10);
	assert_int_equal(device_take(&d, &n, now + 20, &f), DEVICE_REFUSED);
	assert_string_equal(f.cause, "device.stopped");
	assert_string_equal(f.rule, "device");
	assert_int_equal(f.code, 451);
	assert_string_equal(f.enhanced, "4.7.1");
	assert_non_null(strstr(f.text, "60 more minutes"));
	assert_int_equal(device_stopped(&n, now + 10 + hour - 1), 1);
	now += 10 + hour;
	assert_int_equal(device_stopped(&n, now), 0);
	assert_int_equal(device_take(&d, &n, now, &f), DEVICE_ALLOWED);
	/* It begins anew. */
	for (unsigned i = 1; i < DEVICE_BREACHES; i++)
		assert_false(device_breach(&n, now));
	assert_true(device_breach(&n, now));
}

static void
test_breaches_are_forgotten(void **state)
{
	(void)state;
	const uint64_t hour = DEVICE_BREACH_WINDOW_MS;
	struct device_count n = {0};
	for (unsigned i = 1; i < DEVICE_BREACHES; i++)
		assert_false(device_breach(&n, 1000));
	assert_false(device_breach(&n, 1000 + hour));
	assert_int_equal(n.breaches, 1);
	for (unsigned i = 2; i < DEVICE_BREACHES; i++)
		assert_false(device_breach(&n, 1000 + hour + i));
	assert_true(device_breach(&n, 1000 + 2 * hour - 1));
}

static void
test_clock_goes_back(void **state)
{
	(void)state;
	const uint64_t hour = DEVICE_BREACH_WINDOW_MS;
	struct device_count n = {0};
	uint64_t now = 100 * hour;
	for (unsigned i = 1; i < DEVICE_BREACHES; i++)
		assert_false(device_breach(&n, now));
	/* The time in which they count goes back with it. */
	struct device_count m = {0};
	assert_false(device_breach(&m, now));
	assert_false(device_breach(&m, now - 2 * hour));
	assert_false(device_breach(&m, now - hour));
	assert_int_equal(m.breaches, 1);
	/* By a little: still stopped, and not for longer. */
	assert_true(device_breach(&n, now - 5000));
	assert_int_equal(device_stopped(&n, now - 10000), hour);
	/* By far: the stop says nothing any more. */
	assert_int_equal(device_stopped(&n, now - 50 * hour), 0);
	for (unsigned i = 1; i < DEVICE_BREACHES; i++)
		assert_false(device_breach(&n, now - 50 * hour));
	assert_true(device_breach(&n, now - 50 * hour));
	assert_int_equal(device_stopped(&n, now - 50 * hour), hour);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_from),
	    cmocka_unit_test(test_min_tls),
	    cmocka_unit_test(test_auth),
	    cmocka_unit_test(test_to),
	    cmocka_unit_test(test_rate),
	    cmocka_unit_test(test_rate_bounds),
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_breaches_are_forgotten),
	    cmocka_unit_test(test_clock_goes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
