#include <jansson.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/files.h"
#include "cmd/mend.h"
#include "conf/report.h"
#include "conf/schema.h"
#include "conf/tree.h"

/* ---- check ---- */

static int
print_json_report(const struct conf_report *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->n; i++) {
		const struct conf_message *m = &r->v[i];
		json_array_append_new(
		    all, json_pack("{s:s, s:s, s:i, s:i, s:s}", "severity",
			     m->severity == CONF_ERROR ? "error" : "warning",
			     "file", m->pos.file, "line", (int)m->pos.line,
			     "column", (int)m->pos.column, "text", m->text));
	}
	int failed = json_dumpf(all, stdout, JSON_INDENT(1));
	json_decref(all);
	putchar('\n');
	return failed;
}

static void
print_summary(const struct cmd_ctx *ctx, const struct conf_report *r)
{
	size_t warnings = r->n + r->lost - r->errors;
	enum cmd_colour c = r->errors > 0  ? COLOUR_RED
			    : warnings > 0 ? COLOUR_YELLOW
					   : COLOUR_GREEN;

	printf("%s%s: %zu error%s, %zu warning%s%s\n", cmd_colour(ctx, c),
	    ctx->config_path, r->errors, r->errors == 1 ? "" : "s", warnings,
	    warnings == 1 ? "" : "s", cmd_colour(ctx, COLOUR_OFF));
}

static int
config_check(struct cmd_ctx *ctx)
{
	struct conf_source src = cmd_conf_source();
	struct conf_report r;

	conf_report_init(&r);
	enum err e = conf_read(&src, ctx->config_path, NULL, &ctx->conf, &r);
	if (e == ERR_OK)
		files_check(ctx->conf, ctx->config_path, &r);
	if (ctx->json) {
		if (print_json_report(&r) != 0)
			e = ERR_NOMEM;
	} else {
		cmd_print_report(stdout, &r, true);
		print_summary(ctx, &r);
	}
	int code = e == ERR_OK && r.errors == 0 ? CMD_GOOD : CMD_USAGE;
	conf_report_free(&r);
	return code;
}

/* ---- show ---- */

static json_t *
text_json(struct slice s)
{
	return json_stringn(s.n > 0 ? (const char *)s.p : "", s.n);
}

static json_t *
value_json(const struct conf_item *it)
{
	if (!it->is_list)
		return text_json(it->value->text);
	json_t *list = json_array();
	for (const struct conf_scalar *s = it->value; s != NULL; s = s->next)
		json_array_append_new(list, text_json(s->text));
	return list;
}

/* key in object as another object, made when it is not there yet. */
static json_t *
member(json_t *object, struct slice key)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s", SLICE_ARG(key));
	json_t *o = json_object_get(object, name);
	if (o == NULL) {
		o = json_object();
		json_object_set_new(object, name, o);
	}
	return o;
}

static void
items_json(json_t *object, const struct conf_item *it)
{
	char name[256];

	for (; it != NULL; it = it->next) {
		if (!it->is_section) {
			snprintf(
			    name, sizeof(name), "%.*s", SLICE_ARG(it->name));
			json_object_set_new(object, name, value_json(it));
			continue;
		}
		json_t *section = member(object, it->name);
		if (it->has_label) {
			json_t *one = json_object();
			snprintf(
			    name, sizeof(name), "%.*s", SLICE_ARG(it->label));
			json_object_set_new(section, name, one);
			section = one;
		}
		items_json(section, it->item);
	}
}

static enum err
read_shown(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)path;
	(void)d;
	buf_add(out, buf_slice(ctx));
	return buf_err(out);
}

/* What conf_show says, in JSON: its text is read by the same grammar. */
static bool
print_show_json(struct buf *shown)
{
	struct conf_source src = {read_shown, shown};
	struct conf_report r;
	struct tree t;

	conf_report_init(&r);
	bool good = tree_read(&src, "shown", &t, &r) == ERR_OK;
	json_t *object = json_object();
	items_json(object, t.item);
	good = good && json_dumpf(object, stdout, JSON_INDENT(1)) == 0;
	putchar('\n');
	json_decref(object);
	tree_free(&t);
	conf_report_free(&r);
	return good;
}

static int
config_show(struct cmd_ctx *ctx)
{
	struct buf b;
	int code = cmd_conf(ctx);

	if (code != CMD_GOOD)
		return code;
	buf_init(&b, CONF_TEXT_MAX);
	conf_show(ctx->conf, &b);
	bool good = buf_err(&b) == ERR_OK;
	if (good && ctx->json)
		good = print_show_json(&b);
	else if (good)
		fwrite(b.p, 1, b.n, stdout);
	buf_free(&b);
	return good ? CMD_GOOD
		    : cmd_fail(ctx, CMD_UNKNOWN, "it is too large to show");
}

/* ---- schema ---- */

static int
config_schema(struct cmd_ctx *ctx)
{
	struct buf b;

	(void)ctx;
	buf_init(&b, 1u << 20);
	schema_list(&b);
	fwrite(b.p, 1, b.n, stdout);
	buf_free(&b);
	return CMD_GOOD;
}

static const struct {
	const char *name;
	int (*run)(struct cmd_ctx *ctx);
} actions[] = {
    {"check", config_check},
    {"show", config_show},
    {"schema", config_schema},
};

static int
run_mend(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct mend_args a = {0};
	const struct cmd_option options[] = {
	    {"--yes", 'y', NULL, &a.yes},
	    {"--dry-run", 0, NULL, &a.dry_run},
	    {"--keep", 0, &a.keep_text, NULL},
	    {"--smarthost", 0, &a.smarthost, NULL},
	    {"--smarthost-user", 0, &a.user, NULL},
	    {"--password-file", 0, &a.password_file, NULL},
	    {NULL, 0, NULL, NULL},
	};
	int code;
	int n = cmd_options(ctx, argc, argv, options, &code);

	if (n < 0)
		return code;
	return n == 1 && !(a.yes && a.dry_run) ? mend_run(ctx, &a)
					       : cmd_usage(ctx);
}

/* The action is the first word that is no option. */
static bool
is_mend(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "mend") == 0 &&
		    strcmp(argv[i - 1], "-c") != 0)
			return true;
	return false;
}

int
cmd_config(struct cmd_ctx *ctx, int argc, char **argv)
{
	int code;

	if (is_mend(argc, argv))
		return run_mend(ctx, argc, argv);
	int n = cmd_options(ctx, argc, argv, NULL, &code);
	if (n < 0)
		return code;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (n == 1 && strcmp(argv[1], actions[i].name) == 0)
			return actions[i].run(ctx);
	return cmd_usage(ctx);
}
