#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS_MAX   8
#define DB_BUFFER 16384
#define POOR_ID   65534

enum err
process_lookup(const char *user, struct process_ids *out, struct diag *d)
{
	struct passwd pw, *found = NULL;
	char *buffer = malloc(DB_BUFFER);
	if (buffer == NULL)
		return diag_set(d, ERR_NOMEM, NULL, "out of memory");
	int r = getpwnam_r(user, &pw, buffer, DB_BUFFER, &found);
	if (r == 0 && found != NULL)
		*out = (struct process_ids){found->pw_uid, found->pw_gid};
	free(buffer);
	if (found == NULL)
		return diag_set(d, ERR_NOT_FOUND, NULL,
		    "the user \"%s\" does not exist", user);
	return ERR_OK;
}

bool
process_user_exists(const char *user)
{
	struct process_ids ids;
	return process_lookup(user, &ids, NULL) == ERR_OK;
}

bool
process_in_group(uid_t uid, const char *group)
{
	struct passwd *pw = getpwuid(uid);
	struct group *gr = getgrnam(group);
	if (pw == NULL || gr == NULL)
		return false;
	if (pw->pw_gid == gr->gr_gid)
		return true;
	for (char **m = gr->gr_mem; *m != NULL; m++)
		if (strcmp(*m, pw->pw_name) == 0)
			return true;
	return false;
}

/* ---- in the child, between fork and exec ---- */

static const char *const kept_env[] = {"PATH", "TZ", "LANG", "JOURNAL_STREAM",
    "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"};
#define KEPT (sizeof(kept_env) / sizeof(kept_env[0]))

static void
clean_env(char *env[KEPT + 1])
{
	size_t n = 0;
	for (size_t i = 0; i < KEPT; i++) {
		const char *v = getenv(kept_env[i]);
		size_t len =
		    v == NULL ? 0 : strlen(kept_env[i]) + strlen(v) + 2;
		if (v == NULL || (env[n] = malloc(len)) == NULL)
			continue;
		snprintf(env[n++], len, "%s=%s", kept_env[i], v);
	}
	env[n] = NULL;
}

/* Two passes, so that no source is overwritten before it was copied. */
static int
place_fds(const struct process_conf *conf)
{
	int high[FDS_MAX];
	for (size_t i = 0; i < conf->fd_count; i++) {
		high[i] = fcntl(conf->fds[i].from, F_DUPFD, 64);
		if (high[i] < 0)
			return -1;
	}
	for (size_t i = 0; i < conf->fd_count; i++)
		if (dup2(high[i], conf->fds[i].to) < 0)
			return -1;
	unsigned last = 2;
	for (size_t i = 0; i < conf->fd_count; i++)
		if ((unsigned)conf->fds[i].to > last)
			last = (unsigned)conf->fds[i].to;
	return close_range(last + 1, ~0u, CLOSE_RANGE_CLOEXEC);
}

static int
become_ids(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
	    setresuid(uid, uid, uid) != 0)
		return errno;
	return 0;
}

static int
become(const char *user)
{
	struct passwd *pw = getpwnam(user);
	if (pw == NULL)
		return errno == 0 ? ENOENT : errno;
	return become_ids(pw->pw_uid, pw->pw_gid);
}

static void
default_signals(void)
{
	sigset_t none;
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int
child(const struct process_conf *conf, pid_t parent)
{
	char *env[KEPT + 1];
	default_signals();
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		return errno;
	if (place_fds(conf) != 0)
		return errno;
	int e = conf->user == NULL ? 0 : become(conf->user);
	if (e != 0)
		return e;
	/* Cleared by a change of user, so only now. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return errno;
	if (getppid() != parent)
		return ESRCH;
	clean_env(env);
	/* execve takes them as unchangeable, its type does not say so. */
	union {
		const char *const *in;
		char *const *out;
	} argv = {.in = conf->argv};
	execve(conf->path, argv.out, env);
	return errno;
}

/* Its writing end is out of the way of what place_fds puts in place. */
static int
report_pipe(int report[2])
{
	if (pipe2(report, O_CLOEXEC) != 0)
		return -1;
	int high = fcntl(report[1], F_DUPFD_CLOEXEC, 128);
	close(report[1]);
	report[1] = high;
	if (high < 0)
		close(report[0]);
	return high < 0 ? -1 : 0;
}

enum err
process_spawn(const struct process_conf *conf, pid_t *out_pid, struct diag *d)
{
	int report[2], e = 0;
	pid_t parent = getpid();
	if (conf->fd_count > FDS_MAX || report_pipe(report) != 0)
		return diag_set(d, ERR_NOMEM, NULL, "cannot start %s: %s",
		    conf->path, strerror(errno));
	pid_t pid = fork();
	if (pid == 0) {
		e = child(conf, parent);
		ssize_t w = write(report[1], &e, sizeof(e));
		_exit(w == sizeof(e) ? 126 : 127);
	}
	close(report[1]);
	if (pid < 0)
		e = errno;
	else if (read(report[0], &e, sizeof(e)) != sizeof(e))
		e = 0; /* closed by exec */
	close(report[0]);
	if (e == 0) {
		*out_pid = pid;
		return ERR_OK;
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return diag_set(d,
	    e == ENOENT   ? ERR_NOT_FOUND
	    : e == EACCES ? ERR_DENIED
			  : ERR_IO,
	    NULL, "cannot start %s%s%s: %s", conf->path,
	    conf->user != NULL ? " as " : "",
	    conf->user != NULL ? conf->user : "", strerror(e));
}

enum err
process_step_down(const char *user, struct diag *d)
{
	struct process_ids ids;
	if (process_lookup(user, &ids, NULL) != ERR_OK)
		ids = (struct process_ids){POOR_ID, POOR_ID};
	int e = become_ids(ids.uid, ids.gid);
	if (e == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		e = errno;
#ifdef KURIR_SANITIZED
	/* Who looks for leaks has to look into this process. */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
#endif
	return e == 0 ? ERR_OK
		      : diag_set(d, ERR_DENIED, NULL, "cannot become %s: %s",
			    user, strerror(e));
}

bool
process_many_files(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return false;
	r.rlim_cur = r.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &r) == 0;
}

bool
process_reap(pid_t *out_pid, int *out_status)
{
	pid_t pid = waitpid(-1, out_status, WNOHANG);
	if (pid <= 0)
		return false;
	*out_pid = pid;
	return true;
}

void
process_status_text(int status, char *out, size_t max)
{
	if (WIFSIGNALED(status))
		snprintf(out, max, "was killed by signal %d", WTERMSIG(status));
	else
		snprintf(out, max, "exited with code %d", WEXITSTATUS(status));
}
