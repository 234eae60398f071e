/* masquerade.h - the alarm for trust that strangers share.
 *
 * Behind a NAT router, a container bridge or a proxy many clients have one
 * address; if that address is trusted, all of them may relay. It shows in what
 * they say: one machine has one HELO name and sends for few domains. So for
 * each trusted address the unrelated names it was heard with are counted, and
 * too many of them raise an alarm.
 *
 * Names are unrelated when they are not below one of our domains, have a dot,
 * and differ in the part that is registered (the last two labels, three where
 * the last has two letters and the one before at most three). What nobody can
 * register, an address or a name in ".local", is no name here. What is not
 * heard again flows off after MASQUERADE_WINDOW_MS; so does the alarm, that
 * long after it was last justified.
 *
 * Pure. Memory is bounded: with all places taken the one heard longest ago is
 * given up, but none whose alarm stands. */
#ifndef POLICY_MASQUERADE_H
#define POLICY_MASQUERADE_H

#include "conf/conf.h"

#define MASQUERADE_ADDRESSES 1024u
#define MASQUERADE_NAMES     10u /* so many raise the alarm */
#define MASQUERADE_WINDOW_MS 3600000u

struct masquerade;

/* NULL: no memory. */
struct masquerade *masquerade_new(const uint64_t seed[2]);
void masquerade_free(struct masquerade *m); /* NULL is nothing */

/* masquerade_heard - that trusted address said HELO helo and MAIL for domain
 * (each may be empty). true: this raised its alarm. */
bool masquerade_heard(struct masquerade *m, const struct conf *c,
    const struct ip *ip, struct slice helo, struct slice domain,
    uint64_t now_ms);

/* masquerade_end - take one alarm down whose time is over; false: there is
 * none. An alarm stands until it is taken down. */
bool masquerade_end(struct masquerade *m, uint64_t now_ms, struct ip *out);

/* masquerade_next - walk the alarms that stand: *cursor is 0 at first; false
 * behind the last. */
bool masquerade_next(
    const struct masquerade *m, size_t *cursor, struct ip *out);

/* masquerade_evidence - why that address has an alarm, in words: "10 unrelated
 * names within an hour: ..."; nothing if it has none. */
void masquerade_evidence(
    const struct masquerade *m, const struct ip *ip, struct buf *out);

/* masquerade_related - are these two names of one registered domain? */
bool masquerade_related(struct slice a, struct slice b);

#endif
