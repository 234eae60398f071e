#include <jansson.h>
#include <string.h>

#include "cmd/control.h"
#include "cmd/queue_store.h"
#include "cmd/table.h"

/* What is done with the lines of an answer. */
struct answer {
	struct cmd_ctx *ctx;
	struct table table;
	size_t lines;
	bool told; /* why there is nothing was said already */
};

struct action {
	const char *name;
	bool changes;    /* needs the running server */
	const char *arg; /* its operand: name of the pair; NULL: none */
	bool (*line)(struct slice json, void *answer);
	void (*begin)(struct answer *a);
	void (*end)(struct answer *a);
};

/* "2026-11-21T22:59:01.123Z" is shown as "11-21 22:59:01" in a table. */
static void
short_time(const char *rfc3339, char out[32])
{
	if (strlen(rfc3339) < 19) {
		snprintf(out, 32, "-");
		return;
	}
	snprintf(out, 32, "%.5s %.8s", rfc3339 + 5, rfc3339 + 11);
}

/* ---- list ---- */

static void
begin_json(struct answer *a)
{
	if (a->ctx->json)
		putchar('[');
}

static void
begin_list(struct answer *a)
{
	static const char *const head[] = {"ID", "STATE", "SIZE",
	    "ARRIVED (UTC)", "FROM", "TO", "TRIES", "NEXT TRY", "LAST REPLY"};

	begin_json(a);
	table_begin(&a->table, 9);
	for (size_t i = 0; i < 9; i++)
		table_cell(&a->table, head[i]);
}

static void
add_row(struct answer *a, const json_t *item, const json_t *to, bool first)
{
	char text[32];

	table_cell(&a->table, first ? control_text(item, "id") : "");
	table_cell(&a->table, control_text(to, "state"));
	snprintf(text, sizeof(text), "%lld", control_number(item, "size"));
	table_cell(&a->table, first ? text : "");
	short_time(control_text(item, "arrived"), text);
	table_cell(&a->table, first ? text : "");
	const char *from = control_text(item, "from");
	table_cell(&a->table, !first ? "" : from[0] != '\0' ? from : "<>");
	table_cell(&a->table, control_text(to, "address"));
	snprintf(text, sizeof(text), "%lld", control_number(to, "attempts"));
	table_cell(&a->table, text);
	short_time(control_text(to, "next_try"), text);
	table_cell(&a->table, text);
	table_cell(&a->table, control_text(to, "last_reply"));
}

static bool
line_list(struct slice json, void *answer)
{
	struct answer *a = answer;
	size_t i;
	json_t *to;

	if (a->ctx->json) {
		fputs(a->lines++ > 0 ? ",\n " : "\n ", stdout);
		fwrite(json.p, 1, json.n, stdout);
		return !ferror(stdout);
	}
	json_t *item = control_json(json);
	json_array_foreach(json_object_get(item, "recipients"), i, to)
	    add_row(a, item, to, i == 0);
	json_decref(item);
	a->lines++;
	return true;
}

static void
end_list(struct answer *a)
{
	if (a->ctx->json) {
		puts(a->lines > 0 ? "\n]" : "]");
		buf_free(&a->table.text);
		return;
	}
	if (a->lines == 0) {
		if (!a->told)
			puts("The queue is empty, or nothing in it matches.");
		buf_free(&a->table.text);
		return;
	}
	table_print(&a->table, stdout);
}

/* ---- show ---- */

static void
show_recipient(const json_t *to)
{
	printf("  to        %s\n", control_text(to, "address"));
	if (control_text(to, "original")[0] != '\0')
		printf("  named as  %s\n", control_text(to, "original"));
	printf("  state     %s, %lld attempt(s)\n", control_text(to, "state"),
	    control_number(to, "attempts"));
	if (control_text(to, "next_try")[0] != '\0')
		printf("  next try  %s\n", control_text(to, "next_try"));
	if (control_text(to, "last_reply")[0] != '\0') {
		fputs("  reply     ", stdout);
		cmd_print_safe(
		    stdout, slice_str(control_text(to, "last_reply")));
		putchar('\n');
	}
	if (control_text(to, "cause")[0] != '\0')
		printf("  cause     %s\n", control_text(to, "cause"));
}

static bool
line_show(struct slice json, void *answer)
{
	struct answer *a = answer;
	size_t i;
	json_t *to;

	a->lines++;
	if (a->ctx->json) {
		fwrite(json.p, 1, json.n, stdout);
		putchar('\n');
		return true;
	}
	json_t *item = control_json(json);
	printf("message   %s, %s\nfrom      <%s>\nsize      %lld octets\n"
	       "arrived   %s\n",
	    control_text(item, "id"), control_text(item, "state"),
	    control_text(item, "from"), control_number(item, "size"),
	    control_text(item, "arrived"));
	json_array_foreach(json_object_get(item, "recipients"), i, to)
	    show_recipient(to);
	json_decref(item);
	return true;
}

/* ---- numbers ---- */

static bool
line_stats(struct slice json, void *answer)
{
	const struct answer *a = answer;
	const char *key;
	json_t *value;

	if (a->ctx->json)
		return line_show(json, answer);
	json_t *o = control_json(json);
	json_object_foreach(o, key, value)
	{
		if (json_is_integer(value))
			printf("%-12s %lld\n", key,
			    (long long)json_integer_value(value));
		else if (json_is_string(value))
			printf("%-12s %s\n", key, json_string_value(value));
	}
	json_decref(o);
	return true;
}

static bool
line_count(struct slice json, void *answer)
{
	(void)answer;
	json_t *o = control_json(json);
	printf("%lld\n", control_number(o, "count"));
	json_decref(o);
	return true;
}

/* {"changed": n}: how many recipients. */
static bool
line_changed(struct slice json, void *answer)
{
	struct answer *a = answer;

	if (a->ctx->json)
		return line_show(json, answer);
	json_t *o = control_json(json);
	printf("%lld recipient(s)\n", control_number(o, "changed"));
	json_decref(o);
	return true;
}

static const struct action actions[] = {
    {"list", false, NULL, line_list, begin_list, end_list},
    {"show", false, "id", line_show, NULL, NULL},
    {"stats", false, NULL, line_stats, NULL, NULL},
    {"count", false, NULL, line_count, NULL, NULL},
    {"retry", true, "id", line_changed, NULL, NULL},
    {"hold", true, "id", line_changed, NULL, NULL},
    {"release", true, "id", line_changed, NULL, NULL},
    {"bounce", true, "id", line_changed, NULL, NULL},
    {"delete", true, "id", line_changed, NULL, NULL},
};

/* ---- asking ---- */

struct options {
	const char *to, *from, *domain, *state;
	bool all;
};

static const struct action *
find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (name != NULL && strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* Which options go with which action. */
static bool
options_fit(const struct action *x, const struct options *o, int operands)
{
	bool list = strcmp(x->name, "list") == 0;
	bool retry = strcmp(x->name, "retry") == 0;
	int named = operands + (o->all ? 1 : 0) + (o->domain != NULL ? 1 : 0);

	if ((o->to != NULL || o->from != NULL || o->state != NULL) && !list)
		return false;
	if (list)
		return operands == 0 && !o->all;
	if (retry)
		return named == 1;
	if (o->all || o->domain != NULL)
		return false;
	return operands == (x->arg != NULL ? 1 : 0);
}

static bool
operands_good(const struct cmd_ctx *ctx, const struct options *o, char **argv)
{
	id_t64 id;

	if (o->state != NULL && strcmp(o->state, "due") != 0 &&
	    strcmp(o->state, "deferred") != 0 &&
	    strcmp(o->state, "held") != 0) {
		cmd_fail(ctx, 0,
		    "--state is one of due, deferred and held, not %s",
		    o->state);
		return false;
	}
	if (argv[2] != NULL && id_parse(slice_str(argv[2]), &id) != ERR_OK) {
		cmd_fail(ctx, 0, "%s is not an id of a message", argv[2]);
		return false;
	}
	return true;
}

static int
ask(struct cmd_ctx *ctx, const struct action *x, const struct options *o,
    char **argv)
{
	struct answer a = {.ctx = ctx};
	struct control_request q;
	struct buf args;
	int code;

	control_begin(&q, ROLE_QUEUE, x->name);
	control_arg(&q, "to", o->to);
	control_arg(&q, "from", o->from);
	control_arg(&q, "domain", o->domain);
	control_arg(&q, "state", o->state);
	control_arg(&q, "all", o->all ? "true" : NULL);
	control_arg(&q, "id", argv[2]);
	buf_init(&args, q.args.max);
	buf_add(&args, buf_slice(&q.args));
	if (x->begin != NULL)
		x->begin(&a);
	enum control_state s = control_ask(ctx, &q, x->line, &a, &code);
	if (s == CONTROL_DOWN && x->changes)
		code = cmd_fail(ctx, CMD_UNKNOWN,
		    "the server is not running, and only it may change the "
		    "queue; start it with: kurir serve -c %s",
		    ctx->config_path);
	else if (s == CONTROL_DOWN)
		code = queue_store_ask(
		    ctx, x->name, buf_slice(&args), x->line, &a);
	a.told = q.told || code == CMD_UNKNOWN;
	if (x->end != NULL)
		x->end(&a);
	buf_free(&args);
	return code;
}

int
cmd_queue(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct options o = {0};
	const struct cmd_option options[] = {{"--to", 0, &o.to, NULL},
	    {"--from", 0, &o.from, NULL}, {"--domain", 0, &o.domain, NULL},
	    {"--state", 0, &o.state, NULL}, {"--all", 0, NULL, &o.all},
	    {NULL, 0, NULL, NULL}};
	int code;
	int n = cmd_options(ctx, argc, argv, options, &code);

	if (n < 0)
		return code;
	const struct action *x = n > 0 ? find_action(argv[1]) : NULL;
	if (x == NULL || !options_fit(x, &o, n - 1))
		return cmd_usage(ctx);
	if (!operands_good(ctx, &o, argv))
		return CMD_USAGE;
	code = cmd_conf(ctx);
	return code != CMD_GOOD ? code : ask(ctx, x, &o, argv);
}
