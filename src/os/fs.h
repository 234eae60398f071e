/* fs.h - files and directories, each failure told in words.
 *
 * Everything here may block on the disk. Paths are C strings; a dir of
 * FS_CWD with an absolute or relative path means what open(2) means by it.
 * Failures fill the caller's diag with cause local.disk-full,
 * local.io-error or none, and a sentence that names the path. */
#ifndef OS_FS_H
#define OS_FS_H

#include <sys/types.h>

#include "base/buf.h"

#define FS_CWD (-100) /* AT_FDCWD */

/* fs_errno - what an errno of a file operation means: ENOSPC and EDQUOT are
 * ERR_FULL, ENOENT ERR_NOT_FOUND, EEXIST ERR_EXISTS, EACCES and EPERM
 * ERR_DENIED, ENOMEM ERR_NOMEM, the rest ERR_IO. */
enum err fs_errno(int errnum);

/* fs_fail - diag_set for a failed file operation: "cannot VERB PATH: REASON",
 * the cause by errnum. Returns fs_errno(errnum). */
enum err fs_fail(
    struct diag *d, int errnum, const char *verb, const char *path);

/* fs_open_dir - a descriptor for the directory, close-on-exec. */
enum err fs_open_dir(
    int dir, const char *path, int *out_fd, struct diag *d) KURIR_MUST_CHECK;

/* fs_mkdirs - make path and its missing parents with that mode; one that is
 * there already is left as it is. ERR_EXISTS if something else is there. */
enum err fs_mkdirs(
    const char *path, mode_t mode, struct diag *d) KURIR_MUST_CHECK;

/* fs_read_file - append the whole file to out. ERR_LIMIT when the file holds
 * more than max_octets or out would pass its own maximum. Only a regular
 * file is read; a symbolic link is followed. */
enum err fs_read_file(int dir, const char *path, size_t max_octets,
    struct buf *out, struct diag *d) KURIR_MUST_CHECK;

/* fs_read_fd - the same from an open file, from its beginning, with pread. */
enum err fs_read_fd(int fd, size_t max_octets, struct buf *out,
    struct diag *d) KURIR_MUST_CHECK;

/* fs_write_file - replace the file name in dir by data, atomically and
 * durably: a temporary file beside it, fsync, rename, fsync of dir. After a
 * failure the old file is as it was and no temporary file stays. name has no
 * slash. */
enum err fs_write_file(int dir, const char *name, struct slice data,
    mode_t mode, struct diag *d) KURIR_MUST_CHECK;

/* fs_write_all - every octet, across short writes and EINTR. Errors as
 * fs_errno. */
enum err fs_write_all(int fd, struct slice data) KURIR_MUST_CHECK;

/* fs_sync - fsync a file or a directory. */
enum err fs_sync(int fd) KURIR_MUST_CHECK;

/* fs_lock - take the lock file name in dir without waiting and write our pid
 * into it. The lock is held until *out_fd is closed or the process ends.
 * ERR_EXISTS: another process holds it; the diag names its pid. */
enum err fs_lock(
    int dir, const char *name, int *out_fd, struct diag *d) KURIR_MUST_CHECK;

/* fs_close - close if >= 0 and set to -1. */
void fs_close(int *fd);

#endif
