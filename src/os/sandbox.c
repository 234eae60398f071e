#include "os/sandbox.h"

#include <cap-ng.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/fs.h"
#include "os/sandbox_internal.h"

/* Landlock's interface, up to ABI 7. The headers of the systems we build on
 * are older than the kernels we run on. */
#define LL_VERSION        1u
#define LL_PATH_BENEATH   1
#define LL_FS_EXECUTE     (1ull << 0)
#define LL_FS_WRITE_FILE  (1ull << 1)
#define LL_FS_READ_FILE   (1ull << 2)
#define LL_FS_READ_DIR    (1ull << 3)
#define LL_FS_REMOVE_DIR  (1ull << 4)
#define LL_FS_REMOVE_FILE (1ull << 5)
#define LL_FS_MAKE_DIR    (1ull << 7)
#define LL_FS_MAKE_REG    (1ull << 8)
#define LL_FS_ABI_1       ((1ull << 13) - 1)
#define LL_FS_REFER       (1ull << 13) /* ABI 2 */
#define LL_FS_TRUNCATE    (1ull << 14) /* ABI 3 */
#define LL_FS_IOCTL_DEV   (1ull << 15) /* ABI 5 */
#define LL_NET_BIND       (1ull << 0)  /* ABI 4 */
#define LL_NET_CONNECT    (1ull << 1)
#define LL_SCOPE_ABSTRACT (1ull << 0) /* ABI 6 */
#define LL_SCOPE_SIGNAL   (1ull << 1)

/* What applies to a file that is no directory. */
#define LL_FS_OF_FILE                                                          \
	(LL_FS_EXECUTE | LL_FS_WRITE_FILE | LL_FS_READ_FILE | LL_FS_TRUNCATE | \
	    LL_FS_IOCTL_DEV)

struct ll_ruleset {
	uint64_t handled_fs;
	uint64_t handled_net; /* ABI 4 */
	uint64_t scoped;      /* ABI 6 */
};

struct ll_path_beneath {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

int
sandbox_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LL_VERSION);
	return abi > 0 ? (int)abi : 0;
}

const char *
sandbox_seccomp_name(enum sandbox_seccomp s)
{
	switch (s) {
	case SANDBOX_SECCOMP_ON:
		return "on";
	case SANDBOX_SECCOMP_LOG:
		return "log";
	case SANDBOX_SECCOMP_OFF:
	default:
		return "off";
	}
}

static enum err
wall_fails(struct diag *d, const char *wall, int errnum)
{
	return diag_set(d, ERR_DENIED, NULL, "%s: %s", wall, strerror(errnum));
}

/* --- Landlock ---------------------------------------------------------- */

static uint64_t
fs_handled(int abi)
{
	uint64_t all = LL_FS_ABI_1;
	if (abi >= 2)
		all |= LL_FS_REFER;
	if (abi >= 3)
		all |= LL_FS_TRUNCATE;
	if (abi >= 5)
		all |= LL_FS_IOCTL_DEV;
	return all;
}

static uint64_t
fs_allowed(unsigned rights)
{
	uint64_t fs = 0;
	if (rights & SANDBOX_READ)
		fs |= LL_FS_READ_FILE | LL_FS_READ_DIR;
	if (rights & SANDBOX_WRITE)
		fs |= LL_FS_WRITE_FILE | LL_FS_REMOVE_DIR | LL_FS_REMOVE_FILE |
		      LL_FS_MAKE_DIR | LL_FS_MAKE_REG | LL_FS_REFER |
		      LL_FS_TRUNCATE;
	if (rights & SANDBOX_EXEC)
		fs |= LL_FS_EXECUTE;
	if (rights & SANDBOX_IOCTL)
		fs |= LL_FS_IOCTL_DEV;
	return fs;
}

static enum err
landlock_path(
    int ruleset, const struct sandbox_path *p, uint64_t handled, struct diag *d)
{
	struct stat st;
	int fd = open(p->path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return fs_fail(d, errno, "give access to", p->path);
	struct ll_path_beneath rule = {
	    .allowed = fs_allowed(p->rights) & handled, .parent_fd = fd};
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed &= LL_FS_OF_FILE;
	int errnum = 0;
	if (rule.allowed != 0 && syscall(SYS_landlock_add_rule, ruleset,
				     LL_PATH_BENEATH, &rule, 0) != 0)
		errnum = errno;
	close(fd);
	return errnum == 0 ? ERR_OK : wall_fails(d, "Landlock rule", errnum);
}

static enum err
landlock_rules(
    int ruleset, const struct sandbox_conf *conf, int abi, struct diag *d)
{
	uint64_t handled = fs_handled(abi);
	for (size_t i = 0; i < conf->path_count; i++) {
		enum err e =
		    landlock_path(ruleset, &conf->paths[i], handled, d);
		if (e != ERR_OK)
			return e;
	}
#ifdef KURIR_SANITIZED
	/* The sanitizers read /proc when they report. */
	struct sandbox_path proc = {"/proc", SANDBOX_READ};
	return landlock_path(ruleset, &proc, handled, d);
#else
	return ERR_OK;
#endif
}

static enum err
landlock_enter(const struct sandbox_conf *conf, int abi, struct diag *d)
{
	struct ll_ruleset attr = {.handled_fs = fs_handled(abi),
	    .scoped = LL_SCOPE_ABSTRACT | LL_SCOPE_SIGNAL};
	if (!conf->bind_tcp)
		attr.handled_net |= LL_NET_BIND;
	if (!conf->connect_tcp)
		attr.handled_net |= LL_NET_CONNECT;
	size_t size = abi >= 6   ? sizeof(attr)
		      : abi >= 4 ? offsetof(struct ll_ruleset, scoped)
				 : offsetof(struct ll_ruleset, handled_net);
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (fd < 0)
		return wall_fails(d, "Landlock", errno);
	enum err e = landlock_rules(fd, conf, abi, d);
	if (e == ERR_OK && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		e = wall_fails(d, "Landlock", errno);
	close(fd);
	return e;
}

/* --- the rest ---------------------------------------------------------- */

/* Landlock holds for the calling thread and those it starts; one that exists
 * already would stay outside. */
static enum err
only_thread(struct diag *d)
{
	size_t threads = 0;
	DIR *dir = opendir("/proc/self/task");
	if (dir == NULL)
		return ERR_OK; /* no /proc: trust the order of the start */
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		threads += e->d_name[0] != '.';
	closedir(dir);
	if (threads == 1)
		return ERR_OK;
	return diag_set(d, ERR_BUG, NULL,
	    "%zu threads were started before the walls", threads - 1);
}

/* Whatever the process was given: permitted, effective, inheritable, ambient
 * and, where allowed, the bounding set. */
static enum err
drop_capabilities(struct diag *d)
{
	capng_get_caps_process();
	bool bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_apply(bounds ? CAPNG_SELECT_ALL : CAPNG_SELECT_CAPS) != 0)
		return wall_fails(d, "cannot drop capabilities", errno);
	capng_get_caps_process();
	if (capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
		return wall_fails(d, "cannot drop capabilities", EPERM);
	return ERR_OK;
}

static enum err
close_process(struct diag *d)
{
	struct rlimit none = {0, 0};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return wall_fails(d, "no new privileges", errno);
#ifndef KURIR_SANITIZED
	/* The leak check of a sanitizer traces the process. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return wall_fails(d, "not dumpable", errno);
#endif
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return wall_fails(d, "no core files", errno);
	return ERR_OK;
}

static enum err
seccomp_enter(unsigned calls, enum sandbox_seccomp *out, struct diag *d)
{
#ifdef KURIR_SANITIZED
	const bool log = true;
#else
	const bool log = false;
#endif
	*out = SANDBOX_SECCOMP_OFF;
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EINVAL)
		return ERR_OK;
	int errnum = sandbox_calls_load(calls, log);
	if (errnum != 0)
		return wall_fails(d, "seccomp", errnum);
	*out = log ? SANDBOX_SECCOMP_LOG : SANDBOX_SECCOMP_ON;
	return ERR_OK;
}

enum err
sandbox_enter(
    const struct sandbox_conf *conf, struct sandbox_report *out, struct diag *d)
{
	memset(out, 0, sizeof(*out));
	out->uid = geteuid();
	out->landlock_abi = sandbox_landlock_abi();
	enum err e = only_thread(d);
	if (e == ERR_OK)
		e = close_process(d);
	if (e == ERR_OK)
		e = drop_capabilities(d);
	if (e == ERR_OK && out->landlock_abi > 0)
		e = landlock_enter(conf, out->landlock_abi, d);
	if (e == ERR_OK)
		e = seccomp_enter(conf->calls, &out->seccomp, d);
	if (out->landlock_abi == 0)
		snprintf(out->root, sizeof(out->root), "/");
	else if (conf->path_count == 0)
		snprintf(out->root, sizeof(out->root), "none");
	else
		snprintf(out->root, sizeof(out->root), "%zu path%s",
		    conf->path_count, conf->path_count == 1 ? "" : "s");
	return e;
}
