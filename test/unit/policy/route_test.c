#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/route.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static enum err
read_memory(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)path;
	(void)d;
	buf_add_str(out, ctx);
	return buf_err(out);
}

/* The configuration in text, with via for outbound. */
static struct conf *
read_conf(const char *via)
{
	struct conf_report r;
	struct conf *c = NULL;
	struct buf text;
	buf_init(&text, 65536);
	buf_printf(&text,
	    "hostname = \"mail.contoh.id\"\n"
	    "listen \"mx\" { address = {\"127.0.0.1:2525\"} role = \"mx\" }\n"
	    "domain \"contoh.id\" { deliver = \"maildir:/m/%%d/%%u\" }\n"
	    "domain \"cabang.id\" { deliver = \"relay:[10.0.0.5]:25\" }\n"
	    "route \"mitra.example\" { via = \"relay:[203.0.113.7]:2525\" }\n"
	    "route \".mitra.example\" { via = \"relay:gw.mitra.example\" }\n"
	    "route \".a.mitra.example\" { via = \"hold\" }\n"
	    "route \"contoh.id\" { via = \"mx\" }\n"
	    "outbound { via = \"%s\" }\n",
	    via);
	buf_add_byte(&text, 0);
	const struct conf_source src = {.read = read_memory, .ctx = text.p};
	conf_report_init(&r);
	enum err e = conf_read(&src, "kurir.conf", NULL, &c, &r);
	for (size_t i = 0; i < r.n; i++)
		if (r.v[i].severity == CONF_ERROR)
			print_message("%s\n", r.v[i].text);
	assert_int_equal(e, ERR_OK);
	conf_report_free(&r);
	buf_free(&text);
	return c;
}

struct route_case {
	const char *domain;
	enum route_source source;
	const char *hop; /* NULL: not a domain that can be routed */
};

static const struct route_case mx_cases[] = {
    {"contoh.id", ROUTE_BY_DOMAIN, "maildir:/m/%d/%u"},
    {"CONTOH.ID", ROUTE_BY_DOMAIN, "maildir:/m/%d/%u"},
    {"sub.contoh.id", ROUTE_BY_OUTBOUND, "mx"},
    {"cabang.id", ROUTE_BY_DOMAIN, "relay:[10.0.0.5]:25"},
    {"mitra.example", ROUTE_BY_ROUTE, "relay:[203.0.113.7]:2525"},
    {"Mitra.Example", ROUTE_BY_ROUTE, "relay:[203.0.113.7]:2525"},
    {"x.mitra.example", ROUTE_BY_ROUTE, "relay:gw.mitra.example"},
    {"y.x.mitra.example", ROUTE_BY_ROUTE, "relay:gw.mitra.example"},
    {"y.a.mitra.example", ROUTE_BY_ROUTE, "hold"},
    {"a.mitra.example", ROUTE_BY_ROUTE, "relay:gw.mitra.example"},
    {"notmitra.example", ROUTE_BY_OUTBOUND, "mx"},
    {"example.org", ROUTE_BY_OUTBOUND, "mx"},
    {"[192.0.2.7]", ROUTE_BY_LITERAL, "relay:[192.0.2.7]"},
    {"[IPv6:2001:db8::7]", ROUTE_BY_LITERAL, "relay:[2001:db8::7]"},
    {"[2001:db8::7]", ROUTE_BY_LITERAL, NULL},
    {"[x-tag:what]", ROUTE_BY_LITERAL, NULL},
    {"[192.0.2.7", ROUTE_BY_LITERAL, NULL},
    {"[]", ROUTE_BY_LITERAL, NULL},
};

static const struct route_case host_cases[] = {
    {"example.org", ROUTE_BY_OUTBOUND, "smarthost:[relay.example.org]:587"},
    {"[192.0.2.7]", ROUTE_BY_OUTBOUND, "smarthost:[relay.example.org]:587"},
    {"mitra.example", ROUTE_BY_ROUTE, "relay:[203.0.113.7]:2525"},
    {"contoh.id", ROUTE_BY_DOMAIN, "maildir:/m/%d/%u"},
};

static void
check_cases(const char *via, const struct route_case *cases, size_t n)
{
	struct conf *c = read_conf(via);
	for (size_t i = 0; i < n; i++) {
		struct route r;
		struct buf b;
		enum err e = route_find(c, slice_str(cases[i].domain), &r);
		if (cases[i].hop == NULL) {
			assert_int_equal(e, ERR_SYNTAX);
			continue;
		}
		assert_int_equal(e, ERR_OK);
		assert_int_equal(r.source, cases[i].source);
		assert_int_equal(r.domain != NULL, r.source == ROUTE_BY_DOMAIN);
		assert_int_equal(r.section != NULL, r.source == ROUTE_BY_ROUTE);
		buf_init(&b, 256);
		nexthop_text(&r.hop, &b);
		if (!slice_eq(buf_slice(&b), slice_str(cases[i].hop)))
			fail_msg("%s goes to %.*s", cases[i].domain,
			    SLICE_ARG(buf_slice(&b)));
		buf_free(&b);
	}
	conf_free(c);
}

static void
test_mx(void **state)
{
	(void)state;
	check_cases("mx", mx_cases, COUNT(mx_cases));
}

static void
test_smarthost(void **state)
{
	(void)state;
	check_cases(
	    "smarthost:[relay.example.org]:587", host_cases, COUNT(host_cases));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mx),
	    cmocka_unit_test(test_smarthost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
