/* clock.h - what time it is. Asked only by io/ and the roles; all else is
 * handed its time. */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include <stdint.h>

/* clock_mono_ms - milliseconds since some start, never going back. */
uint64_t clock_mono_ms(void);
/* clock_unix_ms - milliseconds since 1970-01-01 UTC. */
uint64_t clock_unix_ms(void);
/* clock_utc_offset_min - local time minus UTC at that instant, in minutes. The
 * first call reads the zone file: make it before entering the sandbox. */
int clock_utc_offset_min(uint64_t unix_ms);

#endif
