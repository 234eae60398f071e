/* Dates: always a valid one of fixed form, whatever the numbers. */
#include "proto/mail/date.h"

#include <stdlib.h>
#include <string.h>

static void
check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t t;
	int offset;
	struct mail_date d;
	struct buf b;
	if (size < sizeof(t) + sizeof(offset))
		return 0;
	memcpy(&t, data, sizeof(t));
	memcpy(&offset, data + sizeof(t), sizeof(offset));
	mail_date_split(t, offset, &d);
	check(d.year >= 1970 && d.year <= 9999 && d.month >= 1 &&
	      d.month <= 12 && d.day >= 1 && d.day <= 31 && d.hour < 24 &&
	      d.minute < 60 && d.second < 60 && d.weekday < 7);
	buf_init(&b, 64);
	buf_add_date_rfc5322(&b, t, offset);
	check(b.n == 30 || b.n == 31);
	buf_clear(&b);
	buf_add_date_rfc3339(&b, t, offset);
	check(b.n == 24 || b.n == 29);
	buf_clear(&b);
	buf_add_date_stamp(&b, t, offset);
	check(b.n == 27);
	buf_free(&b);
	return 0;
}
