#include <string.h>

#include "cmd/cmd.h"

/* Options every verb has. */
static const char help_name[] = "--help";

/* A line that begins with a space goes on from the one above. */
static void
print_usage(const struct cmd_ctx *ctx, FILE *to)
{
	const char *word = "usage:";

	for (const char *const *s = ctx->verb->synopsis; *s != NULL; s++) {
		fprintf(
		    to, "%-6s %-5s %s\n", word, **s != ' ' ? "kurir" : "", *s);
		word = "";
	}
}

int
cmd_usage(const struct cmd_ctx *ctx)
{
	print_usage(ctx, stderr);
	return CMD_USAGE;
}

/* Does arg name the option? *out_value is what follows its "=", or NULL. */
static bool
matches(const struct cmd_option *o, const char *arg, const char **out_value)
{
	size_t n = strlen(o->name);

	*out_value = NULL;
	if (o->letter != 0 && arg[1] == o->letter && arg[2] == '\0')
		return true;
	if (strncmp(arg, o->name, n) != 0)
		return false;
	if (arg[n] == '=' && o->value != NULL)
		*out_value = arg + n + 1;
	return arg[n] == '\0' || *out_value != NULL;
}

static const struct cmd_option *
find(const struct cmd_option *o, const char *arg, const char **out_value)
{
	for (; o != NULL && o->name != NULL; o++)
		if (matches(o, arg, out_value))
			return o;
	return NULL;
}

/* The option at argv[i]; *used is how many words it took. */
static bool
take(struct cmd_ctx *ctx, const struct cmd_option *options, char **argv,
    int *used)
{
	const struct cmd_option common[] = {
	    {"--config", 'c', &ctx->config_path, NULL},
	    {"--json", 0, NULL, &ctx->json}, {NULL, 0, NULL, NULL}};
	const char *value;
	const struct cmd_option *o = find(options, argv[0], &value);

	if (o == NULL)
		o = find(common, argv[0], &value);
	*used = 1;
	if (o == NULL) {
		cmd_fail(
		    ctx, 0, "%s: unknown option %s", ctx->verb->name, argv[0]);
		return false;
	}
	if (o->flag != NULL) {
		*o->flag = true;
		return true;
	}
	if (value == NULL) {
		value = argv[1];
		*used = 2;
	}
	if (value == NULL) {
		cmd_fail(
		    ctx, 0, "%s: %s needs a value", ctx->verb->name, argv[0]);
		return false;
	}
	*o->value = value;
	return true;
}

int
cmd_options(struct cmd_ctx *ctx, int argc, char **argv,
    const struct cmd_option *options, int *out_code)
{
	int n = 0;
	bool ended = false;

	for (int i = 1; i < argc;) {
		const char *arg = argv[i];
		int used = 1;
		if (ended || arg[0] != '-' || arg[1] == '\0') {
			argv[++n] = argv[i];
		} else if (strcmp(arg, "--") == 0) {
			ended = true;
		} else if (strcmp(arg, help_name) == 0 ||
			   strcmp(arg, "-h") == 0) {
			print_usage(ctx, stdout);
			*out_code = CMD_GOOD;
			return -1;
		} else if (!take(ctx, options, argv + i, &used)) {
			*out_code = cmd_usage(ctx);
			return -1;
		}
		i += used;
	}
	argv[n + 1] = NULL;
	return n;
}
