/* counters.h - sessions counted over all workers, in memory they share.
 *
 * Addresses fall into buckets by a keyed hash; each worker counts in a row of
 * its own, which master clears when the worker dies, so nothing leaks. Two
 * addresses in one bucket are counted together: with a secret key nobody can
 * arrange that, and by chance it is rare. */
#ifndef ROLE_SMTPD_COUNTERS_H
#define ROLE_SMTPD_COUNTERS_H

#include "base/err.h"
#include "base/ip.h"
#include "ipc/counters.h"

struct counters {
	struct counter_row *rows; /* mapped; NULL: not there, nothing counts */
	uint32_t number, workers;
	uint64_t key[2];
};

/* counters_map - use the memory behind fd (the caller closes it). */
enum err counters_map(struct counters *c, int fd, uint32_t number,
    uint32_t workers) KURIR_MUST_CHECK;

/* counters_enter - count one more session; false, and nothing is counted, if
 * there are max already in all. counters_leave - one less. */
bool counters_enter(struct counters *c, uint64_t max);
void counters_leave(struct counters *c);

/* The same for the sessions of one address; in IPv6, of one /64, which is what
 * a single client has. */
bool counters_enter_ip(struct counters *c, const struct ip *ip, uint64_t max);
void counters_leave_ip(struct counters *c, const struct ip *ip);

#endif
