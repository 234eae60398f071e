/* The system calls that each group allows, and those that only an attacker
 * asks for. A row may name one argument: the call is allowed when
 * (argument & mask) == value. Several rows for a call are alternatives. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "os/sandbox_internal.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

#define ANY                0, 0, 0, 0
#define IS(arg, v)         1, arg, 0xffffffffu, v
#define BITS(arg, mask, v) 1, arg, mask, v

struct call {
	int nr;
	unsigned conditions; /* 0 or 1 */
	unsigned arg;
	uint64_t mask, value;
};

/* Opening to read: nothing that writes, creates or cuts. */
#define OPEN_CHANGES                                                           \
	(O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))
/* The kind of a socket, without the flags that ride along. */
#define SOCK_TYPE_MASK 0xfu

static const struct call core_calls[] = {
    {SCMP_SYS(read), ANY},
    {SCMP_SYS(readv), ANY},
    {SCMP_SYS(pread64), ANY},
    {SCMP_SYS(preadv), ANY},
    {SCMP_SYS(write), ANY},
    {SCMP_SYS(writev), ANY},
    {SCMP_SYS(pwrite64), ANY},
    {SCMP_SYS(pwritev), ANY},
    {SCMP_SYS(close), ANY},
    {SCMP_SYS(lseek), ANY},
    {SCMP_SYS(fstat), ANY},
    {SCMP_SYS(newfstatat), BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH)},
    {SCMP_SYS(ftruncate), ANY},
    /* memory: never both new and executable */
    {SCMP_SYS(mmap), BITS(2, PROT_EXEC, 0)},
    {SCMP_SYS(mprotect), BITS(2, PROT_EXEC, 0)},
    {SCMP_SYS(munmap), ANY},
    {SCMP_SYS(mremap), ANY},
    {SCMP_SYS(madvise), ANY},
    {SCMP_SYS(brk), ANY},
    {SCMP_SYS(membarrier), ANY},
    /* waiting and waking */
    {SCMP_SYS(futex), ANY},
    {SCMP_SYS(futex_time64), ANY},
    {SCMP_SYS(epoll_create1), ANY},
    {SCMP_SYS(epoll_ctl), ANY},
    {SCMP_SYS(epoll_wait), ANY},
    {SCMP_SYS(epoll_pwait), ANY},
    {SCMP_SYS(epoll_pwait2), ANY},
    {SCMP_SYS(poll), ANY},
    {SCMP_SYS(ppoll), ANY},
    {SCMP_SYS(select), ANY},
    {SCMP_SYS(pselect6), ANY},
    {SCMP_SYS(eventfd2), ANY},
    {SCMP_SYS(pipe2), ANY},
    {SCMP_SYS(nanosleep), ANY},
    {SCMP_SYS(clock_nanosleep), ANY},
    {SCMP_SYS(restart_syscall), ANY},
    {SCMP_SYS(sched_yield), ANY},
    /* time */
    {SCMP_SYS(clock_gettime), ANY},
    {SCMP_SYS(clock_getres), ANY},
    {SCMP_SYS(gettimeofday), ANY},
    {SCMP_SYS(time), ANY},
    /* signals to ourselves */
    {SCMP_SYS(rt_sigaction), ANY},
    {SCMP_SYS(rt_sigprocmask), ANY},
    {SCMP_SYS(rt_sigreturn), ANY},
    {SCMP_SYS(rt_sigtimedwait), ANY},
    {SCMP_SYS(sigaltstack), ANY},
    /* descriptors that are open already */
    {SCMP_SYS(dup), ANY},
    {SCMP_SYS(dup2), ANY},
    {SCMP_SYS(dup3), ANY},
    {SCMP_SYS(fcntl), IS(1, F_GETFD)},
    {SCMP_SYS(fcntl), IS(1, F_SETFD)},
    {SCMP_SYS(fcntl), IS(1, F_GETFL)},
    {SCMP_SYS(fcntl), IS(1, F_SETFL)},
    {SCMP_SYS(fcntl), IS(1, F_DUPFD_CLOEXEC)},
    {SCMP_SYS(fcntl), IS(1, F_GET_SEALS)},
    {SCMP_SYS(ioctl), IS(1, FIONBIO)},
    {SCMP_SYS(ioctl), IS(1, FIONREAD)},
    {SCMP_SYS(ioctl), IS(1, FIOCLEX)},
    {SCMP_SYS(ioctl), IS(1, TCGETS)},
    {SCMP_SYS(sendmsg), ANY},
    {SCMP_SYS(recvmsg), ANY},
    {SCMP_SYS(sendto), ANY},
    {SCMP_SYS(recvfrom), ANY},
    {SCMP_SYS(shutdown), ANY},
    {SCMP_SYS(getsockopt), ANY},
    {SCMP_SYS(setsockopt), ANY},
    {SCMP_SYS(getsockname), ANY},
    {SCMP_SYS(getpeername), ANY},
    /* who and where we are */
    {SCMP_SYS(getpid), ANY},
    {SCMP_SYS(getppid), ANY},
    {SCMP_SYS(gettid), ANY},
    {SCMP_SYS(getuid), ANY},
    {SCMP_SYS(geteuid), ANY},
    {SCMP_SYS(getgid), ANY},
    {SCMP_SYS(getegid), ANY},
    {SCMP_SYS(getcpu), ANY},
    {SCMP_SYS(getrandom), ANY},
    {SCMP_SYS(getrusage), ANY},
    {SCMP_SYS(prlimit64), IS(0, 0)},
    {SCMP_SYS(sched_getaffinity), ANY},
    {SCMP_SYS(sysinfo), ANY},
    {SCMP_SYS(uname), ANY},
    {SCMP_SYS(prctl), IS(0, PR_SET_NAME)},
    {SCMP_SYS(prctl), IS(0, PR_GET_NAME)},
    {SCMP_SYS(prctl), IS(0, PR_GET_DUMPABLE)},
    /* what the C library does for every thread */
    {SCMP_SYS(rseq), ANY},
    {SCMP_SYS(set_robust_list), ANY},
    {SCMP_SYS(exit), ANY},
    {SCMP_SYS(exit_group), ANY},
};

static const struct call accept_calls[] = {
    {SCMP_SYS(accept), ANY},
    {SCMP_SYS(accept4), ANY},
};

static const struct call tcp_calls[] = {
    {SCMP_SYS(connect), ANY},
    {SCMP_SYS(bind), ANY},
};

static const struct call udp_calls[] = {
    {SCMP_SYS(connect), ANY},
    {SCMP_SYS(bind), ANY},
    {SCMP_SYS(sendmmsg), ANY},
    {SCMP_SYS(recvmmsg), ANY},
};

static const struct call unix_calls[] = {
    {SCMP_SYS(connect), ANY},
};

#define LOOKING_AT_FILES                                                       \
	{SCMP_SYS(getdents64), ANY}, {SCMP_SYS(newfstatat), ANY},              \
	    {SCMP_SYS(stat), ANY}, {SCMP_SYS(lstat), ANY},                     \
	    {SCMP_SYS(statx), ANY}, {SCMP_SYS(access), ANY},                   \
	    {SCMP_SYS(faccessat), ANY}, {SCMP_SYS(faccessat2), ANY},           \
	    {SCMP_SYS(readlink), ANY}, {SCMP_SYS(readlinkat), ANY},            \
	    {SCMP_SYS(statfs), ANY}, {SCMP_SYS(fstatfs), ANY},                 \
	    {SCMP_SYS(getcwd), ANY},                                           \
	{                                                                      \
		SCMP_SYS(fadvise64), ANY                                       \
	}

static const struct call read_calls[] = {
    {SCMP_SYS(open), BITS(1, OPEN_CHANGES, 0)},
    {SCMP_SYS(openat), BITS(2, OPEN_CHANGES, 0)},
    LOOKING_AT_FILES,
};

static const struct call write_calls[] = {
    {SCMP_SYS(open), ANY},
    {SCMP_SYS(openat), ANY},
    LOOKING_AT_FILES,
    {SCMP_SYS(mkdir), ANY},
    {SCMP_SYS(mkdirat), ANY},
    {SCMP_SYS(rename), ANY},
    {SCMP_SYS(renameat), ANY},
    {SCMP_SYS(renameat2), ANY},
    {SCMP_SYS(link), ANY},
    {SCMP_SYS(linkat), ANY},
    {SCMP_SYS(unlink), ANY},
    {SCMP_SYS(unlinkat), ANY},
    {SCMP_SYS(rmdir), ANY},
    {SCMP_SYS(fsync), ANY},
    {SCMP_SYS(fdatasync), ANY},
    {SCMP_SYS(sync_file_range), ANY},
    {SCMP_SYS(fallocate), ANY},
    {SCMP_SYS(copy_file_range), ANY},
    {SCMP_SYS(sendfile), ANY},
    {SCMP_SYS(fchmod), ANY},
    {SCMP_SYS(fchmodat), ANY},
    {SCMP_SYS(fchown), ANY}, /* SQLite, for its journal, as root */
    {SCMP_SYS(utimensat), ANY},
    {SCMP_SYS(umask), ANY},
    {SCMP_SYS(flock), ANY},
    {SCMP_SYS(fcntl), IS(1, F_GETLK)},
    {SCMP_SYS(fcntl), IS(1, F_SETLK)},
    {SCMP_SYS(fcntl), IS(1, F_SETLKW)},
    {SCMP_SYS(fcntl), IS(1, F_OFD_GETLK)},
    {SCMP_SYS(fcntl), IS(1, F_OFD_SETLK)},
    {SCMP_SYS(fcntl), IS(1, F_OFD_SETLKW)},
    {SCMP_SYS(msync), ANY},
};

static const struct call inotify_calls[] = {
    {SCMP_SYS(inotify_init1), ANY},
    {SCMP_SYS(inotify_add_watch), ANY},
    {SCMP_SYS(inotify_rm_watch), ANY},
};

/* Threads, not processes. clone3 hides its flags from a filter: it is
 * answered ENOSYS, and the C library takes clone. */
static const struct call thread_calls[] = {
    {SCMP_SYS(clone), BITS(0, CLONE_THREAD, CLONE_THREAD)},
    {SCMP_SYS(sched_setaffinity), ANY},
    {SCMP_SYS(sched_getparam), ANY},
    {SCMP_SYS(sched_getscheduler), ANY},
};

static const struct call memfd_calls[] = {
    {SCMP_SYS(memfd_create), ANY},
    {SCMP_SYS(fcntl), IS(1, F_ADD_SEALS)},
};

static const struct call lease_calls[] = {
    {SCMP_SYS(fcntl), IS(1, F_SETLEASE)},
    {SCMP_SYS(fcntl), IS(1, F_GETLEASE)},
};

#define GROUP(bit, rows)                                                       \
	{                                                                      \
		bit, rows, sizeof(rows) / sizeof((rows)[0])                    \
	}
static const struct {
	unsigned bit; /* 0: always */
	const struct call *rows;
	size_t count;
} groups[] = {
    GROUP(SANDBOX_SYS_CORE, core_calls),
    GROUP(SANDBOX_SYS_ACCEPT, accept_calls),
    GROUP(SANDBOX_SYS_CONNECT_TCP, tcp_calls),
    GROUP(SANDBOX_SYS_CONNECT_UDP, udp_calls),
    GROUP(SANDBOX_SYS_CONNECT_UNIX, unix_calls),
    GROUP(SANDBOX_SYS_FILE_READ, read_calls),
    GROUP(SANDBOX_SYS_FILE_WRITE, write_calls),
    GROUP(SANDBOX_SYS_INOTIFY, inotify_calls),
    GROUP(SANDBOX_SYS_THREAD, thread_calls),
    GROUP(SANDBOX_SYS_MEMFD, memfd_calls),
    GROUP(SANDBOX_SYS_LEASE, lease_calls),
};

/* Which sockets each group may make: two arguments, so a table of its own. */
static const struct {
	unsigned bit;
	uint64_t family, type;
} sockets[] = {
    {SANDBOX_SYS_CONNECT_TCP, AF_INET, SOCK_STREAM},
    {SANDBOX_SYS_CONNECT_TCP, AF_INET6, SOCK_STREAM},
    {SANDBOX_SYS_CONNECT_UDP, AF_INET, SOCK_DGRAM},
    {SANDBOX_SYS_CONNECT_UDP, AF_INET6, SOCK_DGRAM},
    {SANDBOX_SYS_CONNECT_UNIX, AF_UNIX, SOCK_STREAM},
};

/* Nothing of ours or of our libraries does these. */
static const int deadly_calls[] = {
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(personality),
};

static int
add_row(scmp_filter_ctx ctx, const struct call *c)
{
	if (c->conditions == 0)
		return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, c->nr, 0);
	struct scmp_arg_cmp cmp =
	    SCMP_CMP64(c->arg, SCMP_CMP_MASKED_EQ, c->mask, c->value);
	return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, c->nr, 1, &cmp);
}

static int
add_groups(scmp_filter_ctx ctx, unsigned calls)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		if ((calls & groups[g].bit) != groups[g].bit)
			continue;
		for (size_t i = 0; i < groups[g].count; i++) {
			int rc = add_row(ctx, &groups[g].rows[i]);
			if (rc != 0)
				return rc;
		}
	}
	return 0;
}

static int
add_sockets(scmp_filter_ctx ctx, unsigned calls)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof(sockets) / sizeof(sockets[0]);
	     i++) {
		if ((calls & sockets[i].bit) == 0)
			continue;
		struct scmp_arg_cmp cmp[2] = {
		    {0, SCMP_CMP_EQ, sockets[i].family, 0},
		    {1, SCMP_CMP_MASKED_EQ, SOCK_TYPE_MASK, sockets[i].type},
		};
		rc = seccomp_rule_add_array(
		    ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, cmp);
	}
	return rc;
}

static int
add_deadly(scmp_filter_ctx ctx, bool log)
{
	uint32_t action = log ? SCMP_ACT_LOG : SCMP_ACT_KILL_PROCESS;
	int rc = 0;
	/* In a filter that logs everything a row that logs is no row. */
	for (size_t i = 0; !log && rc == 0 &&
			   i < sizeof(deadly_calls) / sizeof(deadly_calls[0]);
	     i++)
		rc = seccomp_rule_add(ctx, action, deadly_calls[i], 0);
	return rc;
}

/* abort() and raise(): signals only to ourselves. */
static int
add_raise(scmp_filter_ctx ctx)
{
	struct scmp_arg_cmp cmp = {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0};
	return seccomp_rule_add_array(
	    ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &cmp);
}

int
sandbox_calls_load(unsigned calls, bool log)
{
	scmp_filter_ctx ctx =
	    seccomp_init(log ? SCMP_ACT_LOG : SCMP_ACT_ERRNO(ENOSYS));
	if (ctx == NULL)
		return ENOMEM;
	/* The whole process; as a search tree, for it runs at every call. */
	int rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0)
		rc = seccomp_attr_set(
		    ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = add_groups(ctx, calls);
	if (rc == 0)
		rc = add_sockets(ctx, calls);
	if (rc == 0)
		rc = add_raise(ctx);
	if (rc == 0)
		rc = add_deadly(ctx, log);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return -rc;
}
