/* date.h - points in time as mail and its logs write them.
 *
 * Pure: the caller passes the time and the offset of its zone from UTC in
 * minutes. Times before 1970 or after 9999 are shown as the nearest end,
 * offsets beyond a day as UTC. */
#ifndef PROTO_MAIL_DATE_H
#define PROTO_MAIL_DATE_H

#include "base/buf.h"

struct mail_date {
	uint32_t year; /* 1970..9999 */
	uint8_t month; /* 1..12 */
	uint8_t day;   /* 1..31 */
	uint8_t hour, minute, second;
	uint8_t weekday; /* 0 Sunday..6 */
};

/* mail_date_split - the calendar date of unix_s as seen at offset_min. */
void mail_date_split(uint64_t unix_s, int offset_min, struct mail_date *out);

/* "Mon, 23 Apr 2018 20:39:00 +0700" (RFC 5322 3.3) */
void buf_add_date_rfc5322(struct buf *b, uint64_t unix_s, int offset_min);
/* "2018-04-23T20:39:00.774+07:00", or "...Z" at offset 0 (RFC 3339) */
void buf_add_date_rfc3339(struct buf *b, uint64_t unix_ms, int offset_min);
/* "Mon 2018-04-23 20:39:00.774", the stamp of the dialogue */
void buf_add_date_stamp(struct buf *b, uint64_t unix_ms, int offset_min);

#endif
