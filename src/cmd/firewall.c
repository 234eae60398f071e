#include "cmd/firewall.h"

#include <string.h>

static int
run_check(struct cmd_ctx *ctx, const struct firewall_args *a)
{
	int code;
	json_t *answer = firewall_look(ctx, a, &code);
	if (answer == NULL)
		return code;
	if (ctx->json) {
		json_dumpf(answer, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		firewall_tell(ctx, answer);
	}
	json_decref(answer);
	return code;
}

static const struct action {
	const char *name;
	int (*run)(struct cmd_ctx *ctx, const struct firewall_args *a);
	bool xml, yes; /* the options it takes */
} actions[] = {
    {"show", firewall_run_show, true, false},
    {"check", run_check, false, false},
    {"apply", firewall_run_apply, false, true},
};

static const struct action *
find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

int
cmd_firewall(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct firewall_args a = {.root = ""};
	const struct cmd_option options[] = {{"--root", 0, &a.root, NULL},
	    {"--zone", 0, &a.zone, NULL}, {"--yes", 'y', NULL, &a.yes},
	    {"--xml", 0, NULL, &a.xml}, {NULL, 0, NULL, NULL}};
	int code;
	int n = cmd_options(ctx, argc, argv, options, &code);
	if (n < 0)
		return code;
	const struct action *x = n == 1 ? find_action(argv[1]) : NULL;
	if (x == NULL || (a.xml && !x->xml) || (a.yes && !x->yes) ||
	    (a.xml && ctx->json))
		return cmd_usage(ctx);
	if (a.zone != NULL && !firewalld_is_name(slice_str(a.zone)))
		return cmd_fail(ctx, CMD_USAGE,
		    "--zone: \"%s\" cannot be the name of a zone", a.zone);
	if (strcmp(a.root, "/") == 0)
		a.root = "";
	code = cmd_conf(ctx);
	return code == CMD_GOOD ? x->run(ctx, &a) : code;
}
