/* random.h - unpredictable bytes from the kernel. */
#ifndef OS_RANDOM_H
#define OS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* random_bytes - fill p with n octets fit for keys. Aborts if the kernel
 * gives none: nothing here may run on predictable ones. */
void random_bytes(void *p, size_t n);
uint64_t random_u64(void);

#endif
