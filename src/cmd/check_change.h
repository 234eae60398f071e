/* check_change.h - what differs between two answers of the same check.
 *
 * Compared is their JSON, without what differs each time and means nothing:
 * times taken and remaining, dialogues, and numbers in sentences that count
 * time. Objects in an array are told apart by the first text in them, not by
 * their place. */
#ifndef CMD_CHECK_CHANGE_H
#define CMD_CHECK_CHANGE_H

#include <stdbool.h>

#include <jansson.h>

#include "base/buf.h"

/* check_change_find - a new array of {part, before, now}; before or now is null
 * where that part was not or is no more. part: "grade",
 * "mx[mail.contoh.id].ptr", "findings[tls.cert-expired]". Empty: they are the
 * same. NULL: no memory. */
json_t *check_change_find(const json_t *before, const json_t *now);

/* check_change_strip - without the parts that are never compared: what is kept
 * of many answers is small. */
void check_change_strip(json_t *answer);

/* check_change_text - a line each. Octets of others are as they came.
 *
 *	+ tls.cert-expired: The certificate ended 3 days ago
 *	- mx[mail.contoh.id].ptr: "mail.contoh.id"
 *	! grade: "A" -> "B" */
void check_change_text(const json_t *changes, struct buf *out);

/* check_change_same - are two sentences the same, but for times in them, and
 * for the numbers that servers give to sessions in their replies? */
bool check_change_same(const char *a, const char *b);

#endif
