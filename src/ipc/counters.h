/* counters.h - the layout of the memory that smtpd's workers count sessions
 * in. master makes it, zeroed but for the key, and clears a dead worker's
 * row. */
#ifndef IPC_COUNTERS_H
#define IPC_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#define COUNTER_BUCKETS 16384u

struct counter_row {
	uint64_t key[2]; /* of the hash; the same in every row */
	_Atomic uint32_t sessions;
	_Atomic uint16_t by_ip[COUNTER_BUCKETS];
};

#endif
