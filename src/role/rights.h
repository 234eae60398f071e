/* rights.h - what each role may do, in one table (rights.c).
 *
 * Everything not granted there is refused by the kernel: files by Landlock,
 * system calls and kinds of sockets by seccomp, as root or as anybody. */
#ifndef ROLE_RIGHTS_H
#define ROLE_RIGHTS_H

#include "conf/conf.h"
#include "ipc/messages.h"
#include "os/sandbox.h"

/* rights_enter - put the walls of that role around this process; once, before
 * it has other threads. Paths come from conf; those that are granted must
 * exist. Reads the user database for ROLE_DELIVER, whose trees are those of
 * the user it runs as. ERR_BUG for a role that has no walls. */
enum err rights_enter(enum role_kind role, const struct conf *conf,
    struct sandbox_report *out, struct diag *d) KURIR_MUST_CHECK;

#endif
