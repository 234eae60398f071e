/* memfd.h - bytes handed to another process by descriptor. */
#ifndef OS_MEMFD_H
#define OS_MEMFD_H

#include "base/err.h"
#include "base/slice.h"

/* memfd_make - an anonymous file of data, sealed against any change, for
 * fs_read_fd at the other side. The caller closes *out_fd. */
enum err memfd_make(struct slice data, int *out_fd) KURIR_MUST_CHECK;

/* memfd_open - empty and writable; memfd_seal - no change from now on.
 * ERR_DENIED: somebody has it mapped writable. */
enum err memfd_open(int *out_fd) KURIR_MUST_CHECK;
enum err memfd_seal(int fd) KURIR_MUST_CHECK;

/* memfd_sealed - it cannot change any more under its reader. What comes from
 * another process is read only if this holds. */
bool memfd_sealed(int fd);

#endif
