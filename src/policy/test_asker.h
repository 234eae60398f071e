/* test_asker.h - who gets an answer of the test mailbox, and how often.
 *
 * Pure. An answer goes to whoever the envelope names, so it goes only to those
 * who want it: with a one-time code in the Subject, or because test-mailbox
 * open-to names them. Never answered are mails that nobody wrote by hand: the
 * null reverse-path, lists, auto-replies, bounces, and our own (RFC 3834 2). */
#ifndef POLICY_TEST_ASKER_H
#define POLICY_TEST_ASKER_H

#include "base/buf.h"
#include "conf/conf.h"

/* test_is_mailbox - is that the test mailbox, or the one of assure-address? The
 * local part is compared without case. Empty options are no mailbox. */
bool test_is_mailbox(
    const struct conf_test_mailbox *t, struct slice address, bool *out_assure);

/* test_is_open_to - may that sender do without a code? Not the null one. */
bool test_is_open_to(const struct conf_test_mailbox *t, struct slice sender);

/* test_unanswered - why mail from sender with that header block is never
 * answered, in words: "it is from a mailing list"; static. NULL: it may be. */
const char *test_unanswered(const struct conf_test_mailbox *t,
    struct slice sender, struct slice header);

/* ---- codes ---- */

#define TEST_CODE_LEN  10 /* characters of base32, 50 bits */
#define TEST_CODES_MAX 4  /* of one Subject */

/* test_code_text - a code from random octets, in lower case, with a NUL. */
void test_code_text(
    const uint8_t random[TEST_CODE_LEN], char out[TEST_CODE_LEN + 1]);

/* test_codes - what may be a code in the Subject of that header: all of it, or
 * what stands in parentheses; in lower case, packed (base/pack.h), at most
 * TEST_CODES_MAX. */
void test_codes(struct slice header, struct buf *out);

/* ---- rates ---- */

/* What one sender, or one network, has had; zeroes: nothing. It flows off
 * evenly. */
struct test_count {
	uint64_t at_ms;
	uint64_t level_ms;
};

/* test_rate_full - no more for now? test_rate_take - one more. test_rate_idle
 * - it counts nothing any longer. A rate without count has no limit. */
bool test_rate_full(
    const struct conf_rate *r, const struct test_count *n, uint64_t now_ms);
void test_rate_take(
    const struct conf_rate *r, struct test_count *n, uint64_t now_ms);
bool test_rate_idle(const struct test_count *n, uint64_t now_ms);

/* test_network - of a client, for counting: its /24 or its /64. */
struct ip test_network(const struct ip *client);

#endif
