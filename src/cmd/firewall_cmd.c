#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/firewall.h"
#include "os/clock.h"
#include "os/process.h"

#define END_MS 60000

/* Its end, or SIGKILL after a minute. false: how it ended is not known. */
static bool
wait_for(pid_t pid, int *out_status)
{
	const struct timespec pause = {0, 20 * 1000 * 1000};
	uint64_t end = clock_mono_ms() + END_MS;
	pid_t ended;
	while ((ended = waitpid(pid, out_status, WNOHANG)) == 0) {
		if (clock_mono_ms() > end) {
			(void)kill(pid, SIGKILL);
			(void)waitpid(pid, out_status, 0);
			return false;
		}
		(void)nanosleep(&pause, NULL);
	}
	return ended == pid;
}

static bool
find(const char *root, char out[FIREWALL_PATH_MAX])
{
	static const char *const at[] = {"/usr/bin", "/bin", "/usr/sbin"};
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		int n = snprintf(
		    out, FIREWALL_PATH_MAX, "%s%s/firewall-cmd", root, at[i]);
		if (n < FIREWALL_PATH_MAX && access(out, X_OK) == 0)
			return true;
	}
	return false;
}

enum firewall_cmd
firewall_cmd(
    const char *root, const char *option, int *out_code, struct diag *d)
{
	char path[FIREWALL_PATH_MAX], what[64];
	pid_t pid;
	int status = 0;
	if (!find(root, path))
		return FIREWALL_CMD_NONE;
	const char *const argv[] = {path, option, NULL};
	const struct process_conf conf = {.path = path, .argv = argv};
	if (process_spawn(&conf, &pid, d) != ERR_OK)
		return FIREWALL_CMD_FAILED;
	if (!wait_for(pid, &status)) {
		(void)diag_set(d, ERR_TIMEOUT, NULL,
		    "%s %s did not end within a minute", path, option);
		return FIREWALL_CMD_FAILED;
	}
	if (!WIFEXITED(status)) {
		process_status_text(status, what, sizeof(what));
		(void)diag_set(d, ERR_IO, NULL, "%s %s %s", path, option, what);
		return FIREWALL_CMD_FAILED;
	}
	*out_code = WEXITSTATUS(status);
	return FIREWALL_CMD_ENDED;
}
