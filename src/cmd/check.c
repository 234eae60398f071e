#include "cmd/check.h"
#include "cmd/check_code.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the checks that there are ---- */

static void
start_address(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	check_address(&run->check, target, done, arg);
}

static void
start_dane(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	check_dane(&run->check, target, done, arg);
}

static void
start_mta_sts(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	check_mta_sts(&run->check, target, done, arg);
}

static void
start_smtp(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	check_smtp(&run->check, target, done, arg);
}

static void
start_tls(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	const struct check_args *a = &run->args;
	struct check_tls_opts o = {.implicit = a->implicit,
	    .assure = a->assure,
	    .strict_starttls = a->strict_starttls,
	    .ignore_no_connect = a->ignore_no_connect,
	    .enumerate = run->render.level >= REPORT_DETAIL};

	check_tls(&run->check, target, &o, done, arg);
}

static int
prepare_headers(struct check_run *run, const char *operand)
{
	return check_message(run, operand);
}

static void
start_headers(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	(void)target;
	check_headers(&run->check, buf_slice(&run->message), run->trust,
	    run->args.trust.n, done, arg);
}

static void
start_blocklist(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	check_blocklist(
	    &run->check, target, run->zone, run->args.zone.n, done, arg);
}

static int
prepare_spf(struct check_run *run, const char *operand)
{
	const struct check_args *a = &run->args;

	(void)operand;
	if (a->ip != NULL && (a->helo != NULL || a->mail_from != NULL))
		return CMD_GOOD;
	return cmd_fail(run->ctx, CMD_USAGE,
	    "check spf: give --ip, and --helo or --mail-from");
}

static void
start_spf(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	(void)target;
	check_spf(&run->check, &run->ip, slice_str(run->args.helo),
	    slice_str(run->args.mail_from), done, arg);
}

static void
start_sender(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	const struct check_args *a = &run->args;
	struct check_sender_opts o = {.ip = run->ip,
	    .helo = slice_str(a->helo),
	    .selector = slice_str(a->selector)};

	check_sender(&run->check, target, &o, done, arg);
}

static int
prepare_self(struct check_run *run, const char *operand)
{
	(void)operand;
	return cmd_conf(run->ctx);
}

static void
start_self(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	(void)target;
	check_self(&run->check, run->ctx->conf, done, arg);
}

/* Only against servers of whoever asks: others take it for an attack. */
static int
prepare_relay(struct check_run *run, const char *operand)
{
	(void)operand;
	if (!run->args.mine)
		return cmd_fail(run->ctx, CMD_USAGE,
		    "check relay: only servers of your own may be tried; say "
		    "so with --mine");
	return run->args.user != NULL ? check_password(run) : CMD_GOOD;
}

static void
start_relay(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	const struct check_args *a = &run->args;
	struct check_relay_opts o = {.sources = run->source,
	    .sources_n = a->source.n,
	    .probe_mailbox = slice_str(a->probe_mailbox),
	    .user = slice_str(a->user),
	    .password = buf_slice(&run->password),
	    .greylist_wait_ms = (uint32_t)run->greylist_wait_ms,
	    .deadline_ms = run->deadline_ms};

	check_relay(&run->check, target, &o, done, arg);
}

static const struct check_kind kinds[] = {
    {"tls", "DOMAIN|ADDRESS|HOST[:PORT]", TAKES_BATCH | TAKES_TLS | TAKES_HOST,
	1800, NULL, start_tls, NULL},
    {"smtp", "HOST[:PORT]", TAKES_BATCH | TAKES_HOST, 600, NULL, start_smtp,
	NULL},
    {"sender", "DOMAIN", TAKES_BATCH | TAKES_IP | TAKES_SENDER | TAKES_HOST,
	600, NULL, start_sender, NULL},
    {"self", NULL, 0, 900, prepare_self, start_self, NULL},
    {"relay", "HOST[:PORT]", TAKES_RELAY | TAKES_HOST, 14400, prepare_relay,
	start_relay, NULL},
    {"client", NULL, TAKES_CLIENT, 60, check_client_prepare, check_client_start,
	NULL},
    {"headers", "FILE|-", TAKES_TRUST, 120, prepare_headers, start_headers,
	NULL},
    {"dane", "DOMAIN|HOST[:PORT]", TAKES_BATCH | TAKES_HOST, 600, NULL,
	start_dane, NULL},
    {"mta-sts", "DOMAIN", TAKES_BATCH | TAKES_HOST, 600, NULL, start_mta_sts,
	NULL},
    {"spf", NULL, TAKES_IP | TAKES_SPF, 19, prepare_spf, start_spf, "result"},
    {"blocklist", "IP|DOMAIN|HOST", TAKES_BATCH | TAKES_ZONE | TAKES_HOST, 300,
	NULL, start_blocklist, NULL},
    {"address", "ADDRESS", TAKES_BATCH, 30, NULL, start_address, NULL},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* These come with the authentication of messages. */
static const char *const later[] = {"dkim", "arc", "dmarc"};

static const struct check_kind *
find_kind(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* ---- how they are called ---- */

/* One line of the usage a pointer, as cmd_usage wants them; the lines lie in
 * text, each ended by NUL. */
static const char **
split_lines(struct buf *text)
{
	size_t lines = 1, n = 0;

	buf_add_byte(text, '\0');
	for (size_t i = 0; i < text->n; i++)
		lines += text->p[i] == '\n';
	const char **v = calloc(lines, sizeof(*v));
	if (v == NULL || buf_err(text) != ERR_OK)
		return v;
	char *at = (char *)text->p;
	while (*at != '\0') {
		v[n++] = at;
		at += strcspn(at, "\n");
		if (*at != '\0')
			*at++ = '\0';
	}
	return v;
}

/* What follows sees this check alone as the verb. */
struct usage {
	struct buf text;
	const char **lines;
	struct cmd_verb verb;
};

static void
usage_begin(struct usage *u, struct cmd_ctx *ctx, const struct check_kind *k)
{
	static const char *const none[] = {NULL};

	*u = (struct usage){.verb = *ctx->verb};
	buf_init(&u->text, 65536);
	for (size_t i = 0; i < KINDS; i++)
		if (k == NULL || k == &kinds[i])
			check_args_synopsis(&kinds[i], &u->text);
	if (k == NULL)
		buf_add_str(&u->text, "check code [--lang en|id] [--json]\n");
	u->lines = split_lines(&u->text);
	u->verb.synopsis = u->lines != NULL ? u->lines : none;
	ctx->verb = &u->verb;
}

static void
usage_end(struct usage *u)
{
	free(u->lines);
	buf_free(&u->text);
}

/* ---- the verb ---- */

static int
run_kind(struct check_run *run, int argc, char **argv)
{
	const struct check_kind *k = run->kind;
	int n, code;

	if (check_args_read(run, argc, argv, &n, &code) != CMD_GOOD)
		return code;
	bool batch = run->args.file != NULL;
	if (n != (k->operand != NULL && !batch ? 1 : 0))
		return cmd_usage(run->ctx);
	if (!batch && (k->takes & TAKES_HOST) != 0 &&
	    !check_target_ok(k, slice_str(argv[1])))
		return cmd_fail(run->ctx, CMD_USAGE,
		    "check %s: \"%s\" is none of %s", k->name, argv[1],
		    k->operand);
	if (k->prepare != NULL)
		code = k->prepare(run, argv[1]);
	if (code != CMD_GOOD)
		return code;
	return batch ? check_run_batch(run)
		     : check_run_one(run, slice_str(argv[1]));
}

static int
run_named(
    struct cmd_ctx *ctx, const struct check_kind *k, int argc, char **argv)
{
	struct check_run *run = calloc(1, sizeof(*run));

	if (run == NULL)
		return cmd_fail(ctx, CMD_UNKNOWN, "out of memory");
	run->ctx = ctx;
	run->kind = k;
	buf_init(&run->ca, 16u << 20);
	buf_init(&run->password, CHECK_PASSWORD_MAX);
	buf_init(&run->message, CHECK_MESSAGE_MAX);
	int code = run_kind(run, argc, argv);
	if (run->password.p != NULL)
		explicit_bzero(run->password.p, run->password.cap);
	buf_free(&run->password);
	buf_free(&run->message);
	buf_free(&run->cert);
	if (run->key.p != NULL)
		explicit_bzero(run->key.p, run->key.cap);
	buf_free(&run->key);
	if (run->client.at.port != 0)
		close(run->client.listener);
	buf_free(&run->ca);
	buf_free(&run->last);
	if (run->has_writer)
		close(run->writer);
	if (run->hung == 0)
		free(run);
	return code;
}

/* The question may stand behind options, as options may stand behind it: the
 * first word that is one. It is moved to argv[1]. */
static const struct check_kind *
take_kind(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const struct check_kind *k = find_kind(argv[i]);
		if (k == NULL)
			continue;
		char *name = argv[i];
		for (; i > 1; i--)
			argv[i] = argv[i - 1];
		argv[1] = name;
		return k;
	}
	return NULL;
}

/* No question that there is: help, or what was meant. */
static int
no_kind(struct cmd_ctx *ctx, int argc, char **argv)
{
	int code = CMD_USAGE;

	for (size_t i = 0; argc > 1 && i < sizeof(later) / sizeof(*later); i++)
		if (strcmp(argv[1], later[i]) == 0)
			return cmd_fail(ctx, CMD_USAGE,
			    "check %s comes with the authentication of "
			    "messages, which this version does not have",
			    later[i]);
	if (argc > 1 && argv[1][0] != '-')
		cmd_fail(ctx, 0, "there is no check \"%s\"", argv[1]);
	else if (cmd_options(ctx, argc, argv, NULL, &code) < 0)
		return code;
	return cmd_usage(ctx);
}

int
cmd_check(struct cmd_ctx *ctx, int argc, char **argv)
{
	const struct cmd_verb *verb = ctx->verb;
	const struct check_kind *k = take_kind(argc, argv);
	struct usage usage;
	int code;

	if (check_code_wanted(argc, argv))
		return check_code(ctx, argc, argv);
	usage_begin(&usage, ctx, k);
	if (k != NULL)
		code = run_named(ctx, k, argc - 1, argv + 1);
	else
		code = no_kind(ctx, argc, argv);
	ctx->verb = verb;
	usage_end(&usage);
	return code;
}
