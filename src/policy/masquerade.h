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
 * the last has two letters and the one before at most three). What is not
 * heard again flows off after MASQUERADE_WINDOW_MS; so does the alarm.
 *
 * Pure. Memory is bounded: with all places taken the one heard longest ago is
 * given up. */
#ifndef POLICY_MASQUERADE_H
#define POLICY_MASQUERADE_H

#include "conf/conf.h"

#define MASQUERADE_ADDRESSES 1024u
#define MASQUERADE_NAMES     10u /* so many raise the alarm */
#define MASQUERADE_WINDOW_MS 3600000u

struct masquerade;

/* NULL: no memory. */
struct masquerade *masquerade_new(const uint64_t seed[2]);
void masquerade_free(struct masquerade *m);

enum masquerade_change {
	MASQUERADE_SAME,
	MASQUERADE_RAISED, /* by this one */
	MASQUERADE_ENDED   /* it had been up, and flowed off before this one */
};

/* masquerade_heard - that trusted address said HELO helo and MAIL for domain
 * (each may be empty). evidence (may be NULL): what raised it, in words. */
enum masquerade_change masquerade_heard(struct masquerade *m,
    const struct conf *c, const struct ip *ip, struct slice helo,
    struct slice domain, uint64_t now_ms, struct buf *evidence);

/* masquerade_is_up - does the alarm stand for that address? */
bool masquerade_is_up(
    struct masquerade *m, const struct ip *ip, uint64_t now_ms);

/* masquerade_related - are these two names of one registered domain? */
bool masquerade_related(struct slice a, struct slice b);

#endif
