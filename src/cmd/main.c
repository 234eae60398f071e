#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"

static const char default_config[] = "/etc/kurir/kurir.conf";

#define USE(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct cmd_verb verbs[] = {
    {"serve", cmd_serve, USE("serve [-c FILE]"), "run in the foreground"},
    {"config", cmd_config,
	USE("config check [-c FILE] [--json]", "config show [-c FILE] [--json]",
	    "config schema",
	    "config mend [--yes|--dry-run] [--keep NET,...] [--json]",
	    "    [--smarthost HOST:PORT [--smarthost-user U] [--password-file "
	    "F]]"),
	"check, show or mend the configuration"},
    {"user", cmd_user,
	USE("user add NAME", "user passwd NAME", "user list [--json]",
	    "user delete NAME"),
	"accounts that may send and receive"},
    {"queue", cmd_queue,
	USE("queue list [--to A] [--from A] [--domain D] "
	    "[--state due|deferred|held]",
	    "queue show ID", "queue retry ID|--all|--domain D", "queue hold ID",
	    "queue release ID", "queue bounce ID", "queue delete ID",
	    "queue stats", "queue count"),
	"what waits, and what to do with it"},
    {"log", cmd_log,
	USE("log [--session ID] [--message ID] [--from A] [--to A] [--ip IP]",
	    "    [--helo H] [--since T] [--until T] [--verdict V] [--lines N]",
	    "    [-r] [-f] [--format dialogue|json|summary] [--json]"),
	"sessions and their dialogues"},
    {"why", cmd_why,
	USE("why ID|ADDRESS|IP|TEXT|FILE|- [--lang en|id] [--lines N]",
	    "    [--letter] [--for PROGRAM] [--json]"),
	"what happened, because of what, and the cure"},
    {"check", cmd_check, USE("check QUESTION TARGET [OPTION ...]"),
	"questions to any server; kurir check --help lists them"},
    {"exempt", cmd_exempt,
	USE("exempt list [LIST] [--json]",
	    "exempt add LIST ENTRY [--reason R] [--until DATE] [--force]",
	    "exempt remove LIST ENTRY", "exempt status [LIST] [--json]",
	    "exempt sync [LIST] [--json]",
	    "exempt suggest [LIST] [--since T] [--json]",
	    "exempt check [LIST] [ADDRESS|NAME] [--json]",
	    "exempt import LIST FILE [--force]",
	    "exempt export LIST [--local]"),
	"who is spared a reverse lookup; LIST: ptr, helo or mail"},
    {"firewall", cmd_firewall,
	USE("firewall show [--zone NAME] [--xml] [--root DIR] [--json]",
	    "firewall check [--zone NAME] [--root DIR] [--json]",
	    "firewall apply [--zone NAME] [--yes] [--root DIR] [--json]"),
	"are our ports open in firewalld? and opening them"},
    {"policy", cmd_policy,
	USE("policy replay [--since T] [--until T] [--set NAME=VALUE ...]",
	    "    [--lines N] [--json]"),
	"who would have been refused under other settings"},
    {"sendmail", cmd_sendmail,
	USE("sendmail [-t] [-i] [-f FROM] [-F NAME] [RECIPIENT ...]"),
	"hand in a message"},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void
print_help(FILE *to)
{
	fputs("kurir - a mail transport server\n\n", to);
	for (size_t i = 0; i < VERBS; i++) {
		for (const char *const *s = verbs[i].synopsis; *s != NULL; s++)
			fprintf(
			    to, "  %-5s %s\n", **s != ' ' ? "kurir" : "", *s);
		fprintf(to, "          %s\n", verbs[i].summary);
	}
	fputs(
	    "\nRead commands take --json; all take -c FILE (default\n"
	    "/etc/kurir/kurir.conf) and --help. Exit codes: 0 good; 1 the\n"
	    "answer is bad; 2 wrong usage or configuration; 3 could not find\n"
	    "out. See kurir(1) and kurir.conf(5).\n",
	    to);
}

static const struct cmd_verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int
run(struct cmd_ctx *ctx, const char *verb, int argc, char **argv)
{
	ctx->verb = find_verb(verb);
	if (ctx->verb == NULL) {
		cmd_fail(ctx, 0, "unknown command %s; kurir --help lists them",
		    verb);
		return CMD_USAGE;
	}
	int code = ctx->verb->run(ctx, argc, argv);
	conf_free(ctx->conf);
	if (fflush(stdout) != 0 || ferror(stdout))
		code = cmd_fail(ctx, CMD_UNKNOWN, "cannot write the answer");
	return code;
}

/* `mailq`: the list of the queue. */
static int
run_mailq(struct cmd_ctx *ctx, int argc, char **argv)
{
	char queue[] = "queue", list[] = "list";
	char **v = calloc((size_t)argc + 2, sizeof(*v));

	if (v == NULL)
		return CMD_UNKNOWN;
	v[0] = queue;
	v[1] = list;
	for (int i = 1; i < argc; i++)
		v[i + 1] = argv[i];
	int code = run(ctx, queue, argc + 1, v);
	free(v);
	return code;
}

/* Options before the verb. Returns the index of the verb, or -1 with the exit
 * code. */
static int
leading_options(struct cmd_ctx *ctx, int argc, char **argv, int *out_code)
{
	int i = 1;

	*out_code = CMD_USAGE;
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--version") == 0) {
			puts("kurir " KURIR_VERSION);
			*out_code = CMD_GOOD;
			return -1;
		}
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0) {
			print_help(stdout);
			*out_code = CMD_GOOD;
			return -1;
		}
		if (strcmp(argv[i], "--json") == 0) {
			ctx->json = true;
		} else if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
			ctx->config_path = argv[++i];
		} else {
			cmd_fail(ctx, 0, "unknown option %s", argv[i]);
			return -1;
		}
	}
	if (i == argc) {
		print_help(stderr);
		return -1;
	}
	return i;
}

int
main(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	struct cmd_ctx ctx = {.program = "kurir",
	    .config_path = default_config,
	    .colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL};
	const char *name = slash != NULL ? slash + 1
			   : argc > 0    ? argv[0]
					 : "kurir";
	int code;

	setlocale(LC_CTYPE, "");
	if (strcmp(name, "sendmail") == 0) {
		ctx.program = "sendmail";
		return run(&ctx, "sendmail", argc, argv);
	}
	if (strcmp(name, "mailq") == 0) {
		ctx.program = "mailq";
		return run_mailq(&ctx, argc, argv);
	}
	int at = leading_options(&ctx, argc, argv, &code);
	if (at < 0)
		return code;
	return run(&ctx, argv[at], argc - at, argv + at);
}
