#include "proto/mail/date.h"

#define DAY_S      86400u
#define LAST_S     253402300799ull /* 9999-12-31T23:59:59Z */
#define MAX_OFFSET (24 * 60)

static const char day_names[] = "SunMonTueWedThuFriSat";
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static bool
is_leap(uint32_t y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

static uint32_t
month_days(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && is_leap(year) ? 29u : days[month - 1];
}

/* Days since 1970-01-01 to a date: 400-year cycles first, so that no loop is
 * longer than the years of one cycle. */
static void
split_days(uint64_t days, struct mail_date *d)
{
	uint32_t year = 1970 + (uint32_t)(days / 146097) * 400;
	uint32_t rest = (uint32_t)(days % 146097), month = 1;
	for (;;) {
		uint32_t n = is_leap(year) ? 366 : 365;
		if (rest < n)
			break;
		rest -= n;
		year++;
	}
	while (rest >= month_days(year, month))
		rest -= month_days(year, month++);
	d->year = year;
	d->month = (uint8_t)month;
	d->day = (uint8_t)(rest + 1);
}

static int
sane_offset(int offset_min)
{
	return offset_min > -MAX_OFFSET && offset_min < MAX_OFFSET ? offset_min
								   : 0;
}

void
mail_date_split(uint64_t unix_s, int offset_min, struct mail_date *out)
{
	int64_t shift = (int64_t)sane_offset(offset_min) * 60;
	uint64_t t = unix_s > LAST_S ? LAST_S : unix_s;
	int64_t local = (int64_t)t + shift;
	t = local < 0 ? 0 : (uint64_t)local > LAST_S ? LAST_S : (uint64_t)local;
	uint32_t in_day = (uint32_t)(t % DAY_S);
	split_days(t / DAY_S, out);
	out->hour = (uint8_t)(in_day / 3600);
	out->minute = (uint8_t)(in_day / 60 % 60);
	out->second = (uint8_t)(in_day % 60);
	out->weekday = (uint8_t)((t / DAY_S + 4) % 7);
}

static void
add_name(struct buf *b, const char *names, uint32_t i)
{
	buf_add(b, slice_of(names + i * 3, 3));
}

static void
add_ymd(struct buf *b, const struct mail_date *d)
{
	buf_add_u64_pad(b, d->year, 4);
	buf_add_byte(b, '-');
	buf_add_u64_pad(b, d->month, 2);
	buf_add_byte(b, '-');
	buf_add_u64_pad(b, d->day, 2);
}

static void
add_hms(struct buf *b, const struct mail_date *d)
{
	buf_add_u64_pad(b, d->hour, 2);
	buf_add_byte(b, ':');
	buf_add_u64_pad(b, d->minute, 2);
	buf_add_byte(b, ':');
	buf_add_u64_pad(b, d->second, 2);
}

static void
add_ms(struct buf *b, uint64_t unix_ms)
{
	buf_add_byte(b, '.');
	buf_add_u64_pad(b, unix_ms % 1000, 3);
}

static void
add_offset(struct buf *b, int offset_min, struct slice separator)
{
	int m = sane_offset(offset_min);
	uint64_t abs = (uint64_t)(m < 0 ? -m : m);
	buf_add_byte(b, m < 0 ? '-' : '+');
	buf_add_u64_pad(b, abs / 60, 2);
	buf_add(b, separator);
	buf_add_u64_pad(b, abs % 60, 2);
}

void
buf_add_date_rfc5322(struct buf *b, uint64_t unix_s, int offset_min)
{
	struct mail_date d;
	mail_date_split(unix_s, offset_min, &d);
	add_name(b, day_names, d.weekday);
	buf_add(b, SLICE(", "));
	buf_add_u64(b, d.day);
	buf_add_byte(b, ' ');
	add_name(b, month_names, d.month - 1u);
	buf_add_byte(b, ' ');
	buf_add_u64_pad(b, d.year, 4);
	buf_add_byte(b, ' ');
	add_hms(b, &d);
	buf_add_byte(b, ' ');
	add_offset(b, offset_min, SLICE_EMPTY);
}

void
buf_add_date_rfc3339(struct buf *b, uint64_t unix_ms, int offset_min)
{
	struct mail_date d;
	mail_date_split(unix_ms / 1000, offset_min, &d);
	add_ymd(b, &d);
	buf_add_byte(b, 'T');
	add_hms(b, &d);
	add_ms(b, unix_ms);
	if (sane_offset(offset_min) == 0)
		buf_add_byte(b, 'Z');
	else
		add_offset(b, offset_min, SLICE(":"));
}

void
buf_add_date_stamp(struct buf *b, uint64_t unix_ms, int offset_min)
{
	struct mail_date d;
	mail_date_split(unix_ms / 1000, offset_min, &d);
	add_name(b, day_names, d.weekday);
	buf_add_byte(b, ' ');
	add_ymd(b, &d);
	buf_add_byte(b, ' ');
	add_hms(b, &d);
	add_ms(b, unix_ms);
}
