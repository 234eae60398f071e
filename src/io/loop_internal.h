/* loop_internal.h - what loop.c shares with the files that hold handles. */
#ifndef IO_LOOP_INTERNAL_H
#define IO_LOOP_INTERNAL_H

#include <uv.h>

#include "io/loop.h"

struct loop {
	uv_loop_t uv;
	uv_timer_t tick;      /* fires when the earliest timer is due */
	uv_prepare_t prepare; /* before waiting: deferred work, set the tick */
	uv_check_t check;     /* after the callbacks: deferred work */
	uv_idle_t idle;       /* active while deferred work must not wait */
	uint64_t armed;       /* what the tick is set to, 0: not set */
	struct timer *timers; /* root of the pairing heap */
	struct list deferred;
	struct list round_end; /* marks the end of a round in deferred */
	uint8_t *scratch;
	uint64_t activity; /* descriptor callbacks so far */
	/* TLS handshakes under way, and the most at once since there was
	 * none: conn.c gives memory back after a wave of them. */
	unsigned handshakes, handshakes_peak;
	bool virtual_time;
	uint64_t now_ms, unix_ms; /* while time is virtual */
};

#endif
