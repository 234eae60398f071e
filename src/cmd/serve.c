#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/files.h"

/* Where the roles are, seen from the directory of our own binary: a build
 * tree (twice), and an installed one. */
static const char *const places[] = {
    "libexec", "../../libexec", "../libexec/kurir"};

static bool
find_libexec(char *out, size_t max)
{
	char self[PATH_MAX], master[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return false;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(out, max, "%s/%s", self, places[i]);
		snprintf(master, sizeof(master), "%s/master", out);
		if (access(master, X_OK) == 0)
			return true;
	}
	return false;
}

static int
exec_master(struct cmd_ctx *ctx, const char *libexec)
{
	char found[PATH_MAX + 32], dir[PATH_MAX + 32], path[PATH_MAX + 64];
	char name[] = "master", c[] = "-c", l[] = "--libexec";
	char config[PATH_MAX];

	if (libexec == NULL) {
		if (!find_libexec(found, sizeof(found)))
			return cmd_fail(ctx, CMD_USAGE,
			    "the programs of the server are not where this "
			    "binary expects them (../libexec/kurir); install "
			    "both, or name the directory with --libexec");
		libexec = found;
	}
	snprintf(path, sizeof(path), "%s/master", libexec);
	snprintf(config, sizeof(config), "%s", ctx->config_path);
	snprintf(dir, sizeof(dir), "%s", libexec);
	char *const argv[] = {name, c, config, l, dir, NULL};
	execv(path, argv);
	return cmd_fail(ctx, CMD_USAGE, "%s: %s", path, strerror(errno));
}

int
cmd_serve(struct cmd_ctx *ctx, int argc, char **argv)
{
	const char *libexec = NULL;
	const struct cmd_option options[] = {
	    {"--libexec", 0, &libexec, NULL}, {NULL, 0, NULL, NULL}};
	int code;
	int n = cmd_options(ctx, argc, argv, options, &code);

	if (n < 0)
		return code;
	if (n > 0)
		return cmd_usage(ctx);
	code = cmd_conf(ctx);
	if (code != CMD_GOOD)
		return code;
	code = files_check_print(ctx);
	if (code != CMD_GOOD)
		return code;
	return exec_master(ctx, libexec);
}
