/* sandbox.h - the walls around a role: Landlock, seccomp, capabilities.
 *
 * Entered once, by one thread, before any other thread of the process exists
 * and before the first byte from a peer is read. There is no way back.
 *
 * A wall the kernel lacks is reported (a warning for the log); a wall that is
 * there but fails to stand is an error, and the role must not go on. */
#ifndef OS_SANDBOX_H
#define OS_SANDBOX_H

#include <sys/types.h>

#include "base/err.h"
#include "base/slice.h"

/* What may be done beneath a path. */
enum sandbox_right {
	SANDBOX_READ = 1u,  /* open files and list directories */
	SANDBOX_WRITE = 2u, /* write, create, rename, remove; implies nothing
			       of SANDBOX_READ */
	SANDBOX_EXEC = 4u,  /* execute files */
	SANDBOX_IOCTL = 8u, /* ioctl on devices */
};

struct sandbox_path {
	const char *path; /* a file or directory that exists */
	unsigned rights;  /* enum sandbox_right */
};

/* Groups of system calls. SANDBOX_SYS_CORE is in every list: memory, time,
 * signals, epoll, read and write on open descriptors, sendmsg and recvmsg,
 * exit. What no group names is answered ENOSYS, so that libraries fall back;
 * what only an attacker asks for (ptrace, process_vm_readv, pidfd_getfd,
 * execve, mount, bpf, …) kills the process. */
enum sandbox_calls {
	SANDBOX_SYS_CORE = 0u,
	SANDBOX_SYS_ACCEPT = 1u,       /* accept4 on inherited listeners */
	SANDBOX_SYS_CONNECT_TCP = 2u,  /* socket(stream), connect, bind */
	SANDBOX_SYS_CONNECT_UDP = 4u,  /* socket(dgram), connect, bind */
	SANDBOX_SYS_CONNECT_UNIX = 8u, /* socket(unix stream), connect */
	SANDBOX_SYS_FILE_READ = 16u,   /* openat for reading, getdents, stat */
	SANDBOX_SYS_FILE_WRITE = 32u,  /* openat for writing, rename, unlink */
	SANDBOX_SYS_INOTIFY = 64u,     /* watch directories */
	SANDBOX_SYS_THREAD = 128u,     /* clone of threads only */
	SANDBOX_SYS_MEMFD = 256u,      /* memfd_create and its seals */
	SANDBOX_SYS_LEASE = 512u,      /* F_SETLEASE */
};

struct sandbox_conf {
	const struct sandbox_path *paths; /* with none: no path at all */
	size_t path_count;
	bool connect_tcp; /* Landlock ABI >= 4: may connect TCP sockets */
	bool bind_tcp;    /* Landlock ABI >= 4: may bind TCP sockets */
	unsigned calls;   /* enum sandbox_calls */
};

enum sandbox_seccomp {
	SANDBOX_SECCOMP_OFF, /* the kernel has none */
	SANDBOX_SECCOMP_LOG, /* sanitizer builds: reported, not enforced */
	SANDBOX_SECCOMP_ON,
};

struct sandbox_report {
	uid_t uid;
	int landlock_abi; /* 0: the kernel has none */
	enum sandbox_seccomp seccomp;
	char root[64]; /* "none", or how many paths are left: "3 paths" */
};

/* sandbox_enter - drop every capability, set no-new-privileges and
 * not-dumpable, then Landlock, then seccomp. Paths that do not exist are
 * ERR_NOT_FOUND, named in d. */
enum err sandbox_enter(const struct sandbox_conf *conf,
    struct sandbox_report *out, struct diag *d) KURIR_MUST_CHECK;

/* sandbox_landlock_abi - what the kernel offers, 0 for none. */
int sandbox_landlock_abi(void);

/* sandbox_seccomp_name - "off", "log", "on". Static. */
const char *sandbox_seccomp_name(enum sandbox_seccomp s);

#endif
