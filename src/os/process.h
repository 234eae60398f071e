/* process.h - starting a program as another user, and hearing of its end. */
#ifndef OS_PROCESS_H
#define OS_PROCESS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process_ids {
	uid_t uid;
	gid_t gid;
};

/* process_lookup - the ids of an account. ERR_NOT_FOUND, named in d. Reads
 * the user database. */
enum err process_lookup(
    const char *user, struct process_ids *out, struct diag *d) KURIR_MUST_CHECK;
bool process_user_exists(const char *user);

/* process_in_group - is that user a member of the group, by the database? */
bool process_in_group(uid_t uid, const char *group);

struct process_fd {
	int from; /* ours */
	int to;   /* its number in the program, above 1 */
};

struct process_conf {
	const char *path;        /* absolute */
	const char *const *argv; /* ends with NULL */
	const struct process_fd *fds;
	size_t fd_count;
	const char *user; /* NULL: as we are; only root may name one */
};

/* process_spawn - fork and exec. The program has standard error of ours, no
 * other descriptors than fds, default signals, a small clean environment, no
 * new privileges, and it dies with us. Errors of every step up to exec are
 * reported: ERR_NOT_FOUND, ERR_DENIED, ERR_NOMEM, ERR_IO. */
enum err process_spawn(const struct process_conf *conf, pid_t *out_pid,
    struct diag *d) KURIR_MUST_CHECK;

/* process_step_down - this process of root's becomes that user for good, or
 * where there is no such one 65534; no rights and no way back. Its open
 * descriptors stay. ERR_DENIED: it may not (a container without other users);
 * it is what it was. */
enum err process_step_down(const char *user, struct diag *d) KURIR_MUST_CHECK;

/* process_many_files - as many descriptors as the hard limit allows. false: it
 * was not raised. */
bool process_many_files(void);

/* process_reap - one child that has ended; false: none. */
bool process_reap(pid_t *out_pid, int *out_status);

/* process_status_text - "exited with code 1", "was killed by signal 11". */
void process_status_text(int status, char *out, size_t max);

#endif
