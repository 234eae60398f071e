/* sandbox_internal.h - the system calls of each group; for sandbox*.c alone. */
#ifndef OS_SANDBOX_INTERNAL_H
#define OS_SANDBOX_INTERNAL_H

#include <seccomp.h>

#include "os/sandbox.h"

/* sandbox_calls_load - build the filter for the groups in calls and put it in
 * force on every thread. log: report instead of refusing. 0, or an errno. */
int sandbox_calls_load(unsigned calls, bool log);

#endif
