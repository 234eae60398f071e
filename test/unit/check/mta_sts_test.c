#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/mta_sts.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void
test_record(void **state)
{
	(void)state;
	static const struct {
		const char *txt, *id, *mistake;
	} v[] = {
	    {"v=STSv1; id=20260101;", "20260101", NULL},
	    {"v=STSv1;id=a", "a", NULL},
	    {"v=STSv1 ; x=y ; id=12345678901234567890123456789012",
		"12345678901234567890123456789012", NULL},
	    {"v=STSv1", "", "mta-sts.no-id"},
	    {"v=STSv1;", "", "mta-sts.no-id"},
	    {"v=STSv1; id=;", "", "mta-sts.bad-id"},
	    {"v=STSv1; id=a-b;", "", "mta-sts.bad-id"},
	    {"v=STSv1; id=123456789012345678901234567890123", "",
		"mta-sts.bad-id"},
	    {"v=STSv12; id=1", "", NULL},
	    {"v=spf1 -all", "", NULL},
	    {"", "", NULL},
	};
	for (size_t i = 0; i < COUNT(v); i++) {
		char id[33];
		const struct sts_mistake *m;
		bool ok = sts_record_read(slice_str(v[i].txt), id, &m);
		if (ok != (v[i].id[0] != '\0') || strcmp(id, v[i].id) != 0)
			fail_msg("%s: id \"%s\"", v[i].txt, id);
		if ((m == NULL) != (v[i].mistake == NULL))
			fail_msg("%s: mistake", v[i].txt);
		if (m != NULL)
			assert_string_equal(m->code, v[i].mistake);
	}
}

#define GOOD "version: STSv1\r\nmode: enforce\r\nmx: a.b\r\nmax_age: 604800\r\n"

static void
test_policy(void **state)
{
	(void)state;
	static const struct {
		const char *text, *mistake;
		bool good;
	} v[] = {
	    {GOOD, NULL, true},
	    {"version: STSv1\nmode: none\nmax_age: 86400", NULL, true},
	    {"version:STSv1\r\nmode:testing \r\nmx:*.a.b\r\nmax_age: "
	     "31557600\r\n\r\n",
		NULL, true},
	    {"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 86400\n"
	     "later: anything\n",
		NULL, true},
	    {"", "mta-sts.no-version", false},
	    {"mode: enforce\nmx: a.b\nmax_age: 86400\n", "mta-sts.no-version",
		false},
	    {"mode: enforce\nversion: STSv1\nmx: a.b\nmax_age: 86400\n",
		"mta-sts.version-not-first", true},
	    {"version: STSv2\nmode: enforce\nmx: a.b\nmax_age: 86400\n",
		"mta-sts.no-version", false},
	    {"version: STSv1\nmx: a.b\nmax_age: 86400\n", "mta-sts.no-mode",
		false},
	    {"version: STSv1\nmode: Enforce\nmx: a.b\nmax_age: 86400\n",
		"mta-sts.bad-mode", false},
	    {"version: STSv1\nmode: enforce\nmx: a.b\n", "mta-sts.no-max-age",
		false},
	    {"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 31557601\n",
		"mta-sts.bad-max-age", false},
	    {"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 86399\n",
		"mta-sts.short-max-age", true},
	    {"version: STSv1\nmode: enforce\nmax_age: 86400\n", "mta-sts.no-mx",
		false},
	    {"version: STSv1\nmode: enforce\nmx: a.*.b\nmax_age: 86400\n",
		"mta-sts.bad-mx", false},
	    {"version: STSv1\nmode enforce\nmx: a.b\nmax_age: 86400\n",
		"mta-sts.bad-line", false},
	};
	for (size_t i = 0; i < COUNT(v); i++) {
		struct sts_policy p;
		bool found = v[i].mistake == NULL;
		bool ok = sts_policy_read(slice_str(v[i].text), &p);
		for (size_t k = 0; k < p.mistake_n && !found; k++)
			found = strcmp(p.mistake[k].code, v[i].mistake) == 0;
		if (ok != v[i].good || !found ||
		    (v[i].mistake == NULL && p.mistake_n > 0))
			fail_msg(
			    "case %zu: %d, %zu mistakes", i, ok, p.mistake_n);
	}
	struct sts_policy p;
	assert_true(sts_policy_read(SLICE(GOOD), &p));
	assert_int_equal(p.mode, STS_ENFORCE);
	assert_int_equal(p.max_age_s, 604800);
	assert_string_equal(p.mx[0], "a.b");
}

static void
test_match(void **state)
{
	(void)state;
	struct sts_policy p;
	(void)sts_policy_read(
	    SLICE("mx: mx.mitra.example\nmx: *.mail.example\n"), &p);
	static const struct {
		const char *host;
		bool match;
	} v[] = {
	    {"mx.mitra.example", true},
	    {"MX.Mitra.Example.", true},
	    {"a.mx.mitra.example", false},
	    {"mitra.example", false},
	    {"a.mail.example", true},
	    {"a.b.mail.example", false},
	    {"mail.example", false},
	    {".mail.example", false},
	    {"", false},
	};
	for (size_t i = 0; i < COUNT(v); i++)
		if (sts_mx_match(&p, slice_str(v[i].host)) != v[i].match)
			fail_msg("%s", v[i].host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_record),
	    cmocka_unit_test(test_policy),
	    cmocka_unit_test(test_match),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
