#include "cmd/exempt.h"

#include <jansson.h>
#include <string.h>

#include "base/pack.h"
#include "cmd/log.h"
#include "cmd/policy.h"
#include "cmd/table.h"
#include "os/clock.h"

#define SUGGEST_SINCE_MS (7ull * 24 * 60 * 60 * 1000)

/* What is done with the lines of an answer. */
struct answer {
	struct cmd_ctx *ctx;
	size_t lines;
	struct table table;
	struct buf notes; /* what stands below the table */
};

/* ---- small things about JSON ---- */

static void
begin_array(const struct answer *a)
{
	if (a->ctx->json)
		putchar('[');
}

static bool
add_array(struct answer *a, struct slice json)
{
	fputs(a->lines++ > 0 ? ",\n " : "\n ", stdout);
	fwrite(json.p, 1, json.n, stdout);
	return !ferror(stdout);
}

static void
end_array(const struct answer *a)
{
	if (a->ctx->json)
		puts(a->lines > 0 ? "\n]" : "]");
}

/* "2026-11-21 22:59" */
static void
short_time(const char *rfc3339, char out[32])
{
	if (strlen(rfc3339) < 16)
		snprintf(out, 32, "never");
	else
		snprintf(out, 32, "%.10s %.5s", rfc3339, rfc3339 + 11);
}

/* Ask role lookup, or do as it does. */
static int
ask(struct cmd_ctx *ctx, const char *verb, const struct exempt_args *x,
    control_line_fn line, struct answer *a)
{
	struct control_request q;
	int code;
	control_begin(&q, ROLE_LOOKUP, verb);
	for (unsigned i = 0; i < CONF_EXEMPT_LISTS; i++)
		if ((x->lists >> i & 1) != 0)
			control_arg(&q, "list",
			    conf_exempt_name((enum conf_exempt_list)i));
	if (control_ask(ctx, &q, line, a, &code) == CONTROL_DOWN)
		code = exempt_files_ask(ctx, verb, x->lists, line, a);
	return code;
}

/* ---- list ---- */

/* A line a time: there may be a million. */
static void
print_entry(const struct answer *a, const json_t *o)
{
	char last[32], note[64] = "";
	short_time(control_text(o, "last_hit"), last);
	if (control_text(o, "until")[0] != '\0')
		snprintf(note, sizeof(note), "%s %s  ",
		    json_is_true(json_object_get(o, "ended")) ? "ended"
							      : "until",
		    control_text(o, "until"));
	printf("%-4s %-39s %-6s %8lld  %-16s  %s%s%s", control_text(o, "list"),
	    control_text(o, "entry"), control_text(o, "source"),
	    control_number(o, "hits"), last,
	    note[0] == 'e' ? cmd_colour(a->ctx, COLOUR_YELLOW) : "", note,
	    note[0] == 'e' ? cmd_colour(a->ctx, COLOUR_OFF) : "");
	cmd_print_safe(stdout, slice_str(control_text(o, "reason")));
	putchar('\n');
}

static bool
line_list(struct slice json, void *answer)
{
	struct answer *a = answer;
	if (a->ctx->json)
		return add_array(a, json);
	if (a->lines++ == 0)
		printf("%s%-4s %-39s %-6s %8s  %-16s  %s%s\n",
		    cmd_colour(a->ctx, COLOUR_BOLD), "LIST", "ENTRY", "SOURCE",
		    "HITS", "LAST HIT (UTC)", "REASON",
		    cmd_colour(a->ctx, COLOUR_OFF));
	json_t *o = control_json(json);
	print_entry(a, o);
	json_decref(o);
	return !ferror(stdout);
}

int
exempt_run_list(struct cmd_ctx *ctx, const struct exempt_args *x)
{
	struct answer a = {.ctx = ctx};
	begin_array(&a);
	int code = ask(ctx, "exempt-list", x, line_list, &a);
	end_array(&a);
	if (!ctx->json && a.lines == 0 && code == CMD_GOOD)
		puts("Nobody is exempt.");
	return code;
}

/* ---- status ---- */

static void
note_stale(struct answer *a, const json_t *o)
{
	const json_t *stale = json_object_get(o, "stale_entries");
	size_t i;
	const json_t *e;
	json_array_foreach((json_t *)(uintptr_t)stale, i, e)
	    buf_printf(&a->notes, "%s:%lld: %s: %s\n", control_text(o, "file"),
		control_number(e, "line"), control_text(e, "entry"),
		control_text(e, "why"));
	if (control_number(o, "stale") > (long long)json_array_size(stale))
		buf_printf(&a->notes, "%s: %lld stale entries in all\n",
		    control_text(o, "file"), control_number(o, "stale"));
}

static bool
line_status(struct slice json, void *answer)
{
	struct answer *a = answer;
	static const char *const numbers[] = {
	    "entries", "local", "synced", "hits"};
	char text[32];
	if (a->ctx->json)
		return add_array(a, json);
	json_t *o = control_json(json);
	a->lines++;
	table_cell(&a->table, control_text(o, "list"));
	for (size_t i = 0; i < 4; i++) {
		snprintf(
		    text, sizeof(text), "%lld", control_number(o, numbers[i]));
		table_cell(&a->table, text);
	}
	short_time(control_text(o, "last_hit"), text);
	table_cell(&a->table, text);
	snprintf(text, sizeof(text), "%lld", control_number(o, "stale"));
	table_cell(&a->table, text);
	short_time(control_text(o, "last_sync"), text);
	table_cell(&a->table, control_text(o, "url")[0] != '\0' ? text : "-");
	if (control_text(o, "trouble")[0] != '\0')
		buf_printf(&a->notes, "%s: %s\n", control_text(o, "list"),
		    control_text(o, "trouble"));
	if (control_text(o, "last_error")[0] != '\0')
		buf_printf(&a->notes, "%s: last sync: %s\n",
		    control_text(o, "list"), control_text(o, "last_error"));
	note_stale(a, o);
	json_decref(o);
	return true;
}

static void
print_notes(struct answer *a)
{
	struct slice rest = buf_slice(&a->notes);
	while (rest.n > 0) {
		struct slice line = slice_to(rest, slice_find(rest, '\n'));
		cmd_print_safe(stdout, line);
		putchar('\n');
		rest = slice_from(rest, line.n + 1);
	}
	buf_free(&a->notes);
}

int
exempt_run_status(struct cmd_ctx *ctx, const struct exempt_args *x)
{
	static const char *const head[] = {"LIST", "ENTRIES", "LOCAL", "SYNCED",
	    "HITS", "LAST HIT (UTC)", "STALE", "LAST SYNC (UTC)"};
	struct answer a = {.ctx = ctx};
	buf_init(&a.notes, 1u << 20);
	table_begin(&a.table, 8);
	for (size_t i = 0; i < 8; i++)
		table_cell(&a.table, head[i]);
	begin_array(&a);
	int code = ask(ctx, "exempt-status", x, line_status, &a);
	end_array(&a);
	if (!ctx->json && a.lines > 0)
		table_print(&a.table, stdout);
	else
		buf_free(&a.table.text);
	print_notes(&a);
	return code;
}

/* ---- sync ---- */

static bool
line_sync(struct slice json, void *answer)
{
	struct answer *a = answer;
	if (a->ctx->json)
		return add_array(a, json);
	json_t *o = control_json(json);
	printf("%s: %s, %lld added, %lld removed", control_text(o, "list"),
	    control_text(o, "result"), control_number(o, "added"),
	    control_number(o, "removed"));
	if (control_text(o, "text")[0] != '\0') {
		fputs(": ", stdout);
		cmd_print_safe(stdout, slice_str(control_text(o, "text")));
	}
	putchar('\n');
	json_decref(o);
	a->lines++;
	return fflush(stdout) == 0;
}

/* Lists of those asked for that have a URL. */
static unsigned
synced_lists(const struct cmd_ctx *ctx, unsigned lists)
{
	unsigned bits = 0;
	for (unsigned i = 0; i < CONF_EXEMPT_LISTS; i++)
		if ((lists >> i & 1) != 0 && ctx->conf->exempts[i] != NULL &&
		    ctx->conf->exempts[i]->sync.n > 0)
			bits |= 1u << i;
	return bits;
}

int
exempt_run_sync(struct cmd_ctx *ctx, const struct exempt_args *x)
{
	struct answer a = {.ctx = ctx};
	struct control_request q;
	unsigned lists = synced_lists(ctx, x->lists);
	int code;
	if (lists == 0)
		return cmd_fail(ctx, CMD_USAGE,
		    "there is nothing to fetch; add to %s: exempt \"%s\" { "
		    "sync "
		    "= \"https://...\" }",
		    ctx->config_path,
		    conf_exempt_name(x->one ? x->list : CONF_EXEMPT_PTR));
	control_begin(&q, ROLE_FETCH, "exempt-sync");
	q.follow = true;
	for (unsigned i = 0; i < CONF_EXEMPT_LISTS; i++)
		if ((lists >> i & 1) != 0)
			pack_add(&q.args, slice_str(conf_exempt_name(
					      (enum conf_exempt_list)i)));
	begin_array(&a);
	enum control_state s = control_ask(ctx, &q, line_sync, &a, &code);
	end_array(&a);
	if (s == CONTROL_DOWN)
		return cmd_fail(ctx, CMD_UNKNOWN,
		    "the server is not running, and only it fetches lists; "
		    "start it with: kurir serve -c %s",
		    ctx->config_path);
	return code;
}

/* ---- suggest ---- */

static void
add_number(struct buf *b, const char *name, uint64_t v)
{
	buf_printf(b, ", \"%s\": %llu", name, (unsigned long long)v);
}

static void
add_text(struct buf *b, const char *name, struct slice text)
{
	buf_printf(b, ", \"%s\": \"", name);
	buf_add_json(b, text);
	buf_add_byte(b, '"');
}

static bool
suggest_json(struct answer *a, const struct policy_suggestion *s)
{
	struct buf b;
	buf_init(&b, 65536);
	buf_printf(&b, "{\"list\": \"%s\"", conf_exempt_name(s->list));
	add_text(&b, "entry", s->entry);
	add_text(&b, "reason", s->reason);
	add_text(&b, "rule", s->rule);
	add_text(&b, "evidence", s->evidence);
	add_text(&b, "signs", s->signs);
	add_number(&b, "sessions", s->sessions);
	add_number(&b, "messages", s->messages);
	add_number(&b, "before", s->before);
	add_number(&b, "authenticated", s->authenticated);
	buf_add_byte(&b, '}');
	bool more = add_array(a, buf_slice(&b));
	buf_free(&b);
	return more;
}

/* A word for the shell; what has a quote in it is not ours. */
static void
print_quoted(struct slice text)
{
	putchar('\'');
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != '\'')
			cmd_print_safe(stdout, slice_of(text.p + i, 1));
	putchar('\'');
}

static bool
suggest_line(const struct policy_suggestion *s, void *answer)
{
	struct answer *a = answer;
	if (a->ctx->json)
		return suggest_json(a, s);
	a->lines++;
	printf("kurir exempt add %s %.*s --reason ", conf_exempt_name(s->list),
	    SLICE_ARG(s->entry));
	print_quoted(s->reason);
	printf("\n    # %llu session(s) with %.*s",
	    (unsigned long long)s->sessions, SLICE_ARG(s->rule));
	if (s->signs.n > 0) {
		fputs("; ", stdout);
		cmd_print_safe(stdout, s->signs);
	}
	if (s->evidence.n > 0) {
		fputs("\n    # ", stdout);
		cmd_print_safe(stdout,
		    slice_to(s->evidence, slice_find(s->evidence, '\n')));
	}
	putchar('\n');
	return !ferror(stdout);
}

int
exempt_run_suggest(struct cmd_ctx *ctx, const struct exempt_args *x)
{
	struct answer a = {.ctx = ctx};
	uint64_t now_ms = clock_unix_ms(), since_ms = now_ms - SUGGEST_SINCE_MS;
	if (x->since != NULL && !log_time(x->since, now_ms, &since_ms))
		return cmd_fail(ctx, CMD_USAGE,
		    "--since: \"%s\" is not a time; try 7d, yesterday or "
		    "2026-11-01",
		    x->since);
	begin_array(&a);
	int code = policy_suggest(ctx, x->one ? x->list : CONF_EXEMPT_LISTS,
	    since_ms, suggest_line, &a);
	end_array(&a);
	if (!ctx->json && a.lines == 0 && code == CMD_GOOD)
		puts("No sender of the ledger deserves an exemption.");
	return code;
}
