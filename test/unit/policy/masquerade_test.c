#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/masquerade.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NOW      1800000000000u
#define WINDOW   MASQUERADE_WINDOW_MS

struct world {
	struct conf *conf;
	struct masquerade *m;
};

static enum err
read_memory(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)path;
	(void)d;
	buf_add_str(out, ctx);
	return buf_err(out);
}

static int
begin(void **state)
{
	static char text[] =
	    "hostname = \"mail.kantor.example\"\n"
	    "listen \"mx\" { address = {\"127.0.0.1:2525\"} role = \"mx\" }\n"
	    "domain \"contoh.id\" { deliver = \"maildir:/m/%d/%u\" }\n";
	static const uint64_t seed[2] = {1, 2};
	static struct world w;
	const struct conf_source src = {.read = read_memory, .ctx = text};
	struct conf_report r;
	conf_report_init(&r);
	assert_int_equal(
	    conf_read(&src, "kurir.conf", NULL, &w.conf, &r), ERR_OK);
	conf_report_free(&r);
	w.m = masquerade_new(seed);
	assert_non_null(w.m);
	*state = &w;
	return 0;
}

static int
end(void **state)
{
	struct world *w = *state;
	masquerade_free(w->m);
	conf_free(w->conf);
	return 0;
}

static struct ip
ip4(uint32_t n)
{
	/* What stands behind the four octets is nobody's business. */
	return (struct ip){.family = 4,
	    .b = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, 0xaa}};
}

static bool
heard(struct world *w, uint32_t client, const char *helo, const char *domain,
    uint64_t now_ms)
{
	struct ip ip = ip4(client);
	return masquerade_heard(
	    w->m, w->conf, &ip, slice_str(helo), slice_str(domain), now_ms);
}

/* The n-th of many unrelated names. */
static const char *
name(unsigned n)
{
	static char text[32];
	(void)snprintf(text, sizeof(text), "pc.n%u.example", n);
	return text;
}

static size_t
alarms(const struct world *w)
{
	size_t cursor = 0, n = 0;
	struct ip ip;
	while (masquerade_next(w->m, &cursor, &ip))
		n++;
	return n;
}

static void
test_related(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool related;
	} cases[] = {
	    {"mitra.example", "mitra.example", true},
	    {"mitra.example", "MAIL.Mitra.Example.", true},
	    {"a.mitra.example", "b.c.mitra.example", true},
	    {"mitra.example", "kitra.example", false},
	    {"mitra.example", "mitra.test", false},
	    {"a.co.id", "b.co.id", false},
	    {"x.a.co.id", "y.a.co.id", true},
	    {"a.com.au", "b.com.au", false},
	    {"a.info.id", "b.info.id", true}, /* four letters are a name */
	    {"co.id", "co.id", true},
	    {"a.co.id", "co.id", false},
	    {"www.toko.id", "mail.toko.id", true},
	    {"localhost", "localhost", true},
	    {"localhost", "pc", false},
	    {"", "", true},
	    {"a..id", "b..id", false},
	    {".", "", true},
	    {".id", "id", false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice a = slice_str(cases[i].a);
		struct slice b = slice_str(cases[i].b);
		if (masquerade_related(a, b) != cases[i].related ||
		    masquerade_related(b, a) != cases[i].related)
			fail_msg("%s, %s", cases[i].a, cases[i].b);
	}
}

/* The tenth unrelated name raises it, once, for that address alone. */
static void
test_raise(void **state)
{
	struct world *w = *state;
	struct ip ip = ip4(7), got;
	size_t cursor = 0;
	for (unsigned i = 0; i < 2 * MASQUERADE_NAMES; i++) {
		assert_int_equal(heard(w, 7, name(i), "", NOW + i),
		    i == MASQUERADE_NAMES - 1);
		assert_false(heard(w, 8, "pc.kantor.test", "", NOW + i));
		assert_int_equal(alarms(w), i >= MASQUERADE_NAMES - 1);
	}
	assert_true(masquerade_next(w->m, &cursor, &got));
	ip.b[4] = 0;
	assert_true(ip_eq(&got, &ip));
	struct buf b;
	buf_init(&b, 4096);
	masquerade_evidence(w->m, &ip, &b);
	buf_add_byte(&b, 0);
	assert_non_null(strstr((char *)b.p, "10 unrelated names"));
	assert_non_null(strstr((char *)b.p, "n19.example"));
	assert_null(strstr((char *)b.p, "pc.n19.example"));
	buf_clear(&b);
	ip = ip4(8);
	masquerade_evidence(w->m, &ip, &b);
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

/* HELO and MAIL count alike, and one name once in both. */
static void
test_helo_and_mail(void **state)
{
	struct world *w = *state;
	for (unsigned i = 0; i < MASQUERADE_NAMES - 1; i++)
		assert_false(heard(w, 1, name(i), name(i), NOW));
	assert_true(heard(w, 1, "", name(100), NOW));
	for (unsigned i = 0; i < MASQUERADE_NAMES / 2; i++) {
		char helo[32];
		(void)snprintf(helo, sizeof(helo), "%s", name(2 * i));
		assert_int_equal(heard(w, 2, helo, name(2 * i + 1), NOW),
		    i == MASQUERADE_NAMES / 2 - 1);
	}
}

/* However many of them: these say nothing. */
static void
test_names_that_do_not_count(void **state)
{
	static const char *const forms[] = {"pc%u", "pc%u.local",
	    "pc%u.kantor.LAN", "pc%u.localdomain.", "[10.0.0.%u]",
	    "[IPv6:2001:db8::%u]", "10.0.0.%u", "%u.", ".", "pc%u.contoh.id",
	    "pc%u.Contoh.ID.", "a%u.mail.kantor.example", "pc%u.mitra.example",
	    "x%u.mitra.co.id"};
	struct world *w = *state;
	char text[64];
	for (unsigned i = 0; i < 30; i++)
		for (size_t k = 0; k < COUNT(forms); k++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			(void)snprintf(text, sizeof(text), forms[k], i);
#pragma GCC diagnostic pop
			assert_false(heard(w, 1, text, "", NOW));
			assert_false(heard(w, 1, "", text, NOW));
		}
	/* But the two above that are names did count: eight more raise. */
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(heard(w, 1, name(i), "", NOW), i == 7);
}

static void
test_flow_off(void **state)
{
	struct world *w = *state;
	struct ip ip;
	for (unsigned i = 0; i < MASQUERADE_NAMES - 1; i++)
		assert_false(heard(w, 1, name(i), "", NOW + i));
	/* The first is forgotten when the last comes ... */
	assert_false(heard(w, 1, name(9), "", NOW + WINDOW));
	/* ... and one more makes ten again. */
	assert_true(heard(w, 1, name(0), "", NOW + WINDOW));
	assert_false(masquerade_end(w->m, NOW + WINDOW, &ip));
	assert_false(masquerade_end(w->m, NOW + 2 * WINDOW - 1, &ip));
	assert_true(masquerade_end(w->m, NOW + 2 * WINDOW, &ip));
	assert_int_equal(ip.b[3], 1);
	assert_false(masquerade_end(w->m, NOW + 2 * WINDOW, &ip));
	assert_int_equal(alarms(w), 0);
	/* What is heard again does not flow off. */
	for (unsigned i = 0; i < MASQUERADE_NAMES; i++)
		assert_int_equal(heard(w, 2, name(i), "", NOW), i == 9);
	for (unsigned i = 0; i < MASQUERADE_NAMES; i++)
		assert_false(heard(w, 2, name(i), "", NOW + WINDOW - 1));
	assert_false(masquerade_end(w->m, NOW + WINDOW, &ip));
	assert_true(masquerade_end(w->m, NOW + 2 * WINDOW, &ip));
	/* A clock that goes back harms nobody. */
	assert_false(heard(w, 3, name(1), "", NOW));
	assert_false(heard(w, 3, name(1), "", NOW - WINDOW));
}

/* With all places taken the one heard longest ago goes, never one with an
 * alarm. */
static void
test_bounded(void **state)
{
	struct world *w = *state;
	struct ip ip;
	for (unsigned i = 0; i < MASQUERADE_NAMES; i++)
		(void)heard(w, 1, name(i), "", NOW);
	for (unsigned i = 0; i < MASQUERADE_NAMES - 1; i++) {
		(void)heard(w, 2, name(i), "", NOW);
		(void)heard(w, 3, name(i), "", NOW);
	}
	for (uint32_t i = 0; i < MASQUERADE_ADDRESSES - 2; i++)
		(void)heard(w, 1000 + i, name(1), "", NOW);
	/* 2 is gone, 3 is there. */
	assert_true(heard(w, 3, name(10), "", NOW));
	assert_false(heard(w, 2, name(10), "", NOW));
	assert_int_equal(alarms(w), 2);
	/* All with an alarm: nobody else finds room, until they end. */
	for (uint32_t i = 0; i < 2 * MASQUERADE_ADDRESSES; i++)
		for (unsigned k = 0; k < MASQUERADE_NAMES; k++)
			(void)heard(w, 5000 + i, name(k), "", NOW);
	assert_int_equal(alarms(w), MASQUERADE_ADDRESSES);
	for (unsigned i = 0; i < MASQUERADE_ADDRESSES; i++)
		assert_true(masquerade_end(w->m, NOW + WINDOW, &ip));
	assert_false(masquerade_end(w->m, NOW + WINDOW, &ip));
	for (unsigned k = 0; k < MASQUERADE_NAMES; k++)
		assert_int_equal(heard(w, 9, name(k), "", NOW), k == 9);
	masquerade_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_related),
	    cmocka_unit_test_setup_teardown(test_raise, begin, end),
	    cmocka_unit_test_setup_teardown(test_helo_and_mail, begin, end),
	    cmocka_unit_test_setup_teardown(
		test_names_that_do_not_count, begin, end),
	    cmocka_unit_test_setup_teardown(test_flow_off, begin, end),
	    cmocka_unit_test_setup_teardown(test_bounded, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
