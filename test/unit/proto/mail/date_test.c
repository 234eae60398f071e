#include "proto/mail/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
	uint64_t ms;
	int offset;
	const char *rfc5322, *rfc3339, *stamp;
};

static const struct row rows[] = {
    {0, 0, "Thu, 1 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00.000Z",
	"Thu 1970-01-01 00:00:00.000"},
    {1524490740774, 420, "Mon, 23 Apr 2018 20:39:00 +0700",
	"2018-04-23T20:39:00.774+07:00", "Mon 2018-04-23 20:39:00.774"},
    {1582934400001, 0, "Sat, 29 Feb 2020 00:00:00 +0000",
	"2020-02-29T00:00:00.001Z", "Sat 2020-02-29 00:00:00.001"},
    {4107542399999, 0, "Sun, 28 Feb 2100 23:59:59 +0000",
	"2100-02-28T23:59:59.999Z", "Sun 2100-02-28 23:59:59.999"},
    {4107542400000, 0, "Mon, 1 Mar 2100 00:00:00 +0000",
	"2100-03-01T00:00:00.000Z", "Mon 2100-03-01 00:00:00.000"},
    {1735689599000, -210, "Tue, 31 Dec 2024 20:29:59 -0330",
	"2024-12-31T20:29:59.000-03:30", "Tue 2024-12-31 20:29:59.000"},
    {1735689599000, 1, "Wed, 1 Jan 2025 00:00:59 +0001",
	"2025-01-01T00:00:59.000+00:01", "Wed 2025-01-01 00:00:59.000"},
    /* ends of what can be shown, and an offset that no zone has */
    {0, -60, "Thu, 1 Jan 1970 00:00:00 -0100", "1970-01-01T00:00:00.000-01:00",
	"Thu 1970-01-01 00:00:00.000"},
    {UINT64_MAX, 0, "Fri, 31 Dec 9999 23:59:59 +0000",
	"9999-12-31T23:59:59.615Z", "Fri 9999-12-31 23:59:59.615"},
    {1524490740774, 99999, "Mon, 23 Apr 2018 13:39:00 +0000",
	"2018-04-23T13:39:00.774Z", "Mon 2018-04-23 13:39:00.774"},
};

static void
check(struct buf *b, const char *want)
{
	assert_int_equal(buf_err(b), ERR_OK);
	assert_int_equal(b->n, strlen(want));
	assert_memory_equal(b->p, want, b->n);
	buf_clear(b);
}

static void
forms(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 64);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		buf_add_date_rfc5322(&b, r->ms / 1000, r->offset);
		check(&b, r->rfc5322);
		buf_add_date_rfc3339(&b, r->ms, r->offset);
		check(&b, r->rfc3339);
		buf_add_date_stamp(&b, r->ms, r->offset);
		check(&b, r->stamp);
	}
	buf_free(&b);
}

/* Every day of two 400-year cycles follows the one before. */
static void
every_day_follows(void **state)
{
	(void)state;
	struct mail_date was, is;
	mail_date_split(0, 0, &was);
	for (uint64_t day = 1; day < 2u * 146097; day++) {
		mail_date_split(day * 86400, 0, &is);
		assert_int_equal(is.weekday, (was.weekday + 1) % 7);
		if (is.day == 1) {
			assert_true(was.day >= 28);
			assert_int_equal(is.month, was.month % 12 + 1);
			assert_int_equal(is.year, was.year + (is.month == 1));
		} else {
			assert_int_equal(is.day, was.day + 1);
			assert_int_equal(is.month, was.month);
		}
		was = is;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(forms),
	    cmocka_unit_test(every_day_follows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
