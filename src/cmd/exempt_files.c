#include "cmd/exempt.h"

#include <string.h>

#include "os/clock.h"
#include "os/fs.h"
#include "os/random.h"
#include "role/lookup/exempt_json.h"

#define JSON_MAX (96u << 10)

/* The files of one list, as they are now. */
struct lists {
	const struct cmd_ctx *ctx;
	enum conf_exempt_list list;
	struct exempt_file *file[EXEMPT_SOURCES]; /* or NULL */
	char trouble[EXEMPT_SOURCES][224];
	bool missing; /* the local file: not made yet */
	uint64_t seed[2];
	uint64_t now_s;
};

/* ---- reading ---- */

static enum err
read_whole(const char *path, const uint64_t seed[2], struct exempt_file **out,
    struct diag *d)
{
	struct exempt_file *f;
	struct diag why;
	enum err e = exempt_file_read(path, seed, NULL, &f, d);
	if (e != ERR_OK)
		return e;
	e = exempt_file_step(f, SIZE_MAX, &why);
	if (e != ERR_OK) {
		(void)diag_set(d, e, "", "%.100s: %.100s", path, why.text);
		exempt_file_unref(f);
		return e;
	}
	*out = f;
	return ERR_OK;
}

/* A synced file that is not there yet is nothing to speak of. */
static void
read_source(struct lists *l, enum exempt_source source)
{
	char path[EXEMPT_PATH_MAX];
	struct diag d;
	if (!exempt_file_path(l->ctx->conf, l->list, source, path))
		return;
	enum err e = read_whole(path, l->seed, &l->file[source], &d);
	if (e != ERR_OK && (e != ERR_NOT_FOUND || source == EXEMPT_LOCAL))
		memcpy(l->trouble[source], d.text, sizeof(d.text));
	if (e == ERR_NOT_FOUND && source == EXEMPT_LOCAL)
		l->missing = true;
}

static void
lists_read(
    struct lists *l, const struct cmd_ctx *ctx, enum conf_exempt_list list)
{
	*l = (struct lists){.ctx = ctx,
	    .list = list,
	    .seed = {random_u64(), random_u64()},
	    .now_s = clock_unix_ms() / 1000};
	for (unsigned s = 0; s < EXEMPT_SOURCES; s++)
		read_source(l, (enum exempt_source)s);
}

static void
lists_free(struct lists *l)
{
	for (unsigned s = 0; s < EXEMPT_SOURCES; s++)
		exempt_file_unref(l->file[s]);
}

/* false: something that is there could not be read. */
static bool
lists_good(const struct lists *l)
{
	bool good = true;
	for (unsigned s = 0; s < EXEMPT_SOURCES; s++)
		if (l->trouble[s][0] != '\0' &&
		    !(s == EXEMPT_LOCAL && l->missing)) {
			cmd_fail(l->ctx, 0, "%s", l->trouble[s]);
			good = false;
		}
	return good;
}

/* Hits as they were saved last. */
static void
read_hits(const struct cmd_ctx *ctx, struct hits *h)
{
	const uint64_t seed[2] = {random_u64(), random_u64()};
	char path[EXEMPT_PATH_MAX];
	struct buf text;
	struct diag d;
	hits_init(h, seed, clock_unix_ms() / 1000);
	buf_init(&text, HITS_OCTETS_MAX);
	if (exempt_data_path(ctx->conf, "lookup", "hits", path) &&
	    fs_read_file(FS_CWD, path, HITS_OCTETS_MAX, &text, &d) == ERR_OK)
		(void)hits_parse(h, buf_slice(&text));
	buf_free(&text);
}

/* ---- in place of the server ---- */

static bool
tell_entries(const struct lists *l, const struct hits *h, struct buf *json,
    control_line_fn line, void *arg)
{
	for (unsigned s = 0; s < EXEMPT_SOURCES; s++) {
		const struct exempt_file *f = l->file[s];
		size_t n = f == NULL ? 0 : exempt_count(f->table);
		for (size_t i = 0; i < n; i++) {
			buf_clear(json);
			exempt_json_entry(json, l->list, (enum exempt_source)s,
			    f, i, h, l->now_s);
			if (!line(buf_slice(json), arg))
				return false;
		}
	}
	return true;
}

static bool
tell_status(const struct lists *l, const struct hits *h, struct buf *json,
    control_line_fn line, void *arg)
{
	struct sync_state sync;
	struct buf state;
	const struct exempt_facts f = {.list = l->list,
	    .conf = l->ctx->conf->exempts[l->list],
	    .file = {l->file[0], l->file[1]},
	    .sync = &sync,
	    .hits = h,
	    .trouble = {l->trouble[0], l->trouble[1]},
	    .now_s = l->now_s};
	buf_init(&state, SYNC_STATE_MAX);
	exempt_sync_read(l->ctx->conf, l->list, &state, &sync);
	buf_clear(json);
	exempt_json_status(json, &f);
	buf_free(&state);
	return line(buf_slice(json), arg);
}

int
exempt_files_ask(const struct cmd_ctx *ctx, const char *verb, unsigned lists,
    control_line_fn line, void *arg)
{
	bool entries = strcmp(verb, "exempt-list") == 0, more = true;
	int code = CMD_GOOD;
	struct hits h;
	struct buf json;
	read_hits(ctx, &h);
	buf_init(&json, JSON_MAX);
	for (unsigned i = 0; more && i < CONF_EXEMPT_LISTS; i++) {
		struct lists l;
		if ((lists >> i & 1) == 0)
			continue;
		lists_read(&l, ctx, (enum conf_exempt_list)i);
		if (entries && !lists_good(&l))
			code = CMD_UNKNOWN;
		more = entries ? tell_entries(&l, &h, &json, line, arg)
			       : tell_status(&l, &h, &json, line, arg);
		lists_free(&l);
	}
	buf_free(&json);
	hits_free(&h);
	return code;
}

/* ---- check ---- */

/* The files of a list, and what is said of them. */
struct checking {
	struct lists lists;
	size_t said;
};

/* One finding; e: the entry it is about, or NULL. */
static void
say(struct checking *c, const char *path, uint32_t line, const char *severity,
    const struct exempt_entry *e, const char *text)
{
	struct buf b;
	if (!c->lists.ctx->json) {
		printf("%s:%u: %s", path, line,
		    severity[0] == 'w' ? "warning: " : "");
		if (e != NULL) {
			putchar('"');
			cmd_print_safe(stdout, e->text);
			fputs("\": ", stdout);
		}
		cmd_print_safe(stdout, slice_str(text));
		putchar('\n');
		return;
	}
	buf_init(&b, JSON_MAX);
	buf_printf(&b, "{\"list\": \"%s\", \"file\": \"",
	    conf_exempt_name(c->lists.list));
	buf_add_json(&b, slice_str(path));
	buf_printf(&b,
	    "\", \"line\": %u, \"severity\": \"%s\", \"entry\": ", line,
	    severity);
	buf_add_str(&b, e == NULL ? "null" : "\"");
	buf_add_json(&b, e == NULL ? SLICE_EMPTY : e->text);
	buf_add_str(&b, e == NULL ? ", \"text\": \"" : "\", \"text\": \"");
	buf_add_json(&b, slice_str(text));
	buf_add_str(&b, "\"}");
	printf(
	    "%s%.*s", c->said++ > 0 ? ",\n " : "\n ", SLICE_ARG(buf_slice(&b)));
	buf_free(&b);
}

/* Two passes, as the lines that are no entries are not in the table. */
static void
say_errors(struct checking *c, const struct exempt_file *f)
{
	struct slice text = buf_slice(&f->text), line;
	struct exempt_entry e;
	struct diag d;
	size_t at = 0;
	for (uint32_t n = 1; exempt_line(text, &at, &line); n++)
		if (exempt_parse_line(line, &e, &d) == ERR_SYNTAX)
			say(c, f->path, n, "bad", NULL, d.text);
}

/* What is an entry, but not a wise one. */
static void
say_unwise(struct checking *c, const struct exempt_file *f)
{
	uint32_t today = exempt_today(c->lists.now_s);
	for (size_t i = 0; i < exempt_count(f->table); i++) {
		struct exempt_entry e, first;
		size_t index;
		char text[64];
		exempt_entry_at(f->table, i, &e);
		if (e.broad)
			say(c, f->path, e.line, "warn", &e,
			    "over-broad: it exempts strangers");
		if (e.until != 0 && e.until < today)
			say(c, f->path, e.line, "warn", &e, "has ended");
		if ((e.what != EXEMPT_NET && e.what != EXEMPT_NAME) ||
		    !exempt_same(f->table, &e, &index) || index == i)
			continue;
		exempt_entry_at(f->table, index, &first);
		snprintf(
		    text, sizeof(text), "stands in line %u too", first.line);
		say(c, f->path, e.line, "warn", &e, text);
	}
}

static bool
check_list(struct checking *c)
{
	bool good = lists_good(&c->lists);
	if (c->lists.missing)
		say(c,
		    (const char *)c->lists.ctx->conf->exempts[c->lists.list]
			->file.p,
		    1, "warn", NULL, "there is no such file yet");
	for (unsigned s = 0; s < EXEMPT_SOURCES; s++) {
		const struct exempt_file *f = c->lists.file[s];
		if (f == NULL)
			continue;
		say_errors(c, f);
		say_unwise(c, f);
		if (!c->lists.ctx->json)
			printf("%s: %zu entries, %zu errors\n", f->path,
			    exempt_count(f->table), f->errors);
		good = good && f->errors == 0;
	}
	return good;
}

/* Which entry exempts that client, or one of that name? */
static bool
check_word(struct checking *c, struct slice word)
{
	struct exempt_question q = {.today = exempt_today(c->lists.now_s)};
	if (ip_parse(word, &q.client) != ERR_OK)
		q.name[0] = word;
	for (unsigned s = 0; s < EXEMPT_SOURCES; s++) {
		const struct exempt_file *f = c->lists.file[s];
		struct exempt_entry e;
		char text[EXEMPT_LINE_MAX + 32];
		size_t index;
		if (f == NULL || !exempt_find(f->table, &q, &index))
			continue;
		exempt_entry_at(f->table, index, &e);
		snprintf(text, sizeof(text), "exempt from the %s lookup%s%.*s",
		    conf_exempt_name(c->lists.list), e.reason.n > 0 ? ": " : "",
		    SLICE_ARG(e.reason));
		say(c, f->path, e.line, "info", &e, text);
		return true;
	}
	if (!c->lists.ctx->json)
		printf("%s: no entry\n", conf_exempt_name(c->lists.list));
	return false;
}

int
exempt_run_check(struct cmd_ctx *ctx, const struct exempt_args *a)
{
	struct checking c = {.said = 0};
	bool all = true, any = false;
	fputs(ctx->json ? "[" : "", stdout);
	for (unsigned i = 0; i < CONF_EXEMPT_LISTS; i++) {
		if ((a->lists >> i & 1) == 0 || ctx->conf->exempts[i] == NULL)
			continue;
		lists_read(&c.lists, ctx, (enum conf_exempt_list)i);
		bool good = a->word == NULL
				? check_list(&c)
				: check_word(&c, slice_str(a->word));
		lists_free(&c.lists);
		all = all && good;
		any = any || good;
	}
	if (ctx->json)
		puts(c.said > 0 ? "\n]" : "]");
	return (a->word == NULL ? all : any) ? CMD_GOOD : CMD_BAD;
}

/* ---- export ---- */

/* Nothing but the entry: whether MDaemon takes a comment behind one is not
 * known. */
int
exempt_run_export(struct cmd_ctx *ctx, const struct exempt_args *a)
{
	struct lists l;
	lists_read(&l, ctx, a->list);
	bool good = lists_good(&l);
	uint32_t today = exempt_today(l.now_s);
	for (unsigned s = 0; s < EXEMPT_SOURCES; s++) {
		const struct exempt_file *f = l.file[s];
		const struct exempt_file *local = l.file[EXEMPT_LOCAL];
		size_t index;
		size_t n = f == NULL || (a->local && s == EXEMPT_SYNCED)
			       ? 0
			       : exempt_count(f->table);
		for (size_t i = 0; i < n; i++) {
			struct exempt_entry e;
			exempt_entry_at(f->table, i, &e);
			if ((e.until != 0 && e.until < today) ||
			    (s == EXEMPT_SYNCED && local != NULL &&
				exempt_same(local->table, &e, &index)))
				continue;
			printf("%.*s\r\n", SLICE_ARG(e.text));
		}
	}
	lists_free(&l);
	return good ? CMD_GOOD : CMD_UNKNOWN;
}
