#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/check.h"
#include "cmd/check_change.h"
#include "os/fs.h"
#include "os/process.h"

#define TEXT_MAX   (64u << 20)
#define NAME_MAX_N 128 /* of a page's file, without ".html" */

/* A line of the file, and what came of it. */
struct target {
	struct slice text;
	enum check_answer answer;
	size_t faults, warnings;
	char *page; /* "contoh.id.html"; NULL: none was written */
};

struct batch {
	struct check_run *run;
	struct buf text;
	struct target *v;
	size_t n, next, busy, done, by_answer[3];
	bool failed; /* a page could not be written: begin no more */
	int code;
	json_t *now; /* for --on-change: {target: answer} */
	bool progress;
};

struct job {
	struct batch *b;
	size_t index;
};

/* ---- the file ---- */

static int
by_text(const void *a, const void *b)
{
	const struct target *x = a, *y = b;
	int c = slice_cmp(x->text, y->text);

	if (c != 0)
		return c;
	return x->text.p < y->text.p ? -1 : x->text.p > y->text.p;
}

static int
by_place(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	return x->text.p < y->text.p ? -1 : x->text.p > y->text.p;
}

/* A target that stands twice is asked once. */
static void
drop_doubles(struct batch *b)
{
	size_t n = 0;

	qsort(b->v, b->n, sizeof(*b->v), by_text);
	for (size_t i = 0; i < b->n; i++)
		if (i == 0 || !slice_eq(b->v[i].text, b->v[n - 1].text))
			b->v[n++] = b->v[i];
	b->n = n;
	qsort(b->v, b->n, sizeof(*b->v), by_place);
}

static struct slice
line_target(struct slice line)
{
	line = slice_to(line, slice_find(line, '#'));
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return slice_trim(line);
}

static int
read_targets(struct batch *b)
{
	const char *path = b->run->args.file;
	struct slice rest, line;
	size_t lines = 1;
	struct diag d;

	if (check_file(path, &b->text, &d) != ERR_OK)
		return cmd_fail(b->run->ctx, CMD_USAGE, "--file: %s", d.text);
	for (size_t i = 0; i < b->text.n; i++)
		lines += b->text.p[i] == '\n';
	b->v = calloc(lines, sizeof(*b->v));
	if (b->v == NULL)
		return cmd_fail(b->run->ctx, CMD_UNKNOWN, "out of memory");
	for (rest = buf_slice(&b->text); rest.n > 0;
	     rest = slice_from(rest, line.n + 1)) {
		line = slice_to(rest, slice_find(rest, '\n'));
		struct slice t = line_target(line);
		if (t.n > 0)
			b->v[b->n++].text = t;
	}
	if (b->n == 0)
		return cmd_fail(b->run->ctx, CMD_USAGE,
		    "--file: %s names no target; give one a line", path);
	drop_doubles(b);
	return CMD_GOOD;
}

/* ---- what comes of one ---- */

/* A name that is a file's everywhere; the number keeps two apart that would
 * be the same. */
static char *
page_name(const struct batch *b, size_t index)
{
	struct slice whole = b->v[index].text, t = slice_to(whole, NAME_MAX_N);
	bool alike = t.n < whole.n || slice_eq(t, SLICE("index"));
	struct buf name;

	buf_init(&name, 256);
	for (size_t i = 0; i < t.n; i++) {
		uint8_t c = ascii_lower(t.p[i]);
		if (!ascii_is_alnum(c) && c != '-' && (c != '.' || i == 0))
			c = '_';
		alike = alike || c != t.p[i] || c == '_';
		buf_add_byte(&name, c);
	}
	if (alike)
		buf_printf(&name, "_%zu", index + 1);
	buf_add_str(&name, ".html");
	char *out = strndup((const char *)name.p, name.n);
	buf_free(&name);
	return out;
}

static void
write_page(struct batch *b, size_t index, const struct report *r)
{
	char path[4096];
	char *page = page_name(b, index);

	if (page == NULL)
		return;
	int n =
	    snprintf(path, sizeof(path), "%s/%s", b->run->args.html_dir, page);
	int code = n > 0 && (size_t)n < sizeof(path)
		       ? check_show_html(b->run, r, path)
		       : cmd_fail(b->run->ctx, CMD_USAGE,
			     "--html-dir: the path is too long");
	if (code == CMD_GOOD) {
		b->v[index].page = page;
		return;
	}
	free(page);
	b->failed = true;
	b->code = code;
}

static void
keep(struct batch *b, struct slice target, const struct report *r)
{
	struct buf text;

	buf_init(&text, CHECK_OUT_MAX);
	render_json(r, &text);
	json_t *j =
	    json_loadb((const char *)text.p, text.n, JSON_ALLOW_NUL, NULL);
	buf_free(&text);
	if (j != NULL)
		check_change_strip(j);
	/* A target that is not UTF-8 is no name in JSON either. */
	if (j != NULL)
		(void)json_object_setn_new(
		    b->now, (const char *)target.p, target.n, j);
}

static void
add_codes(const struct report *r, struct buf *out, const char *between)
{
	const char *code, *comma = "";

	for (size_t i = 0; (code = report_code(r, i)) != NULL; i++) {
		if (i > 0 && strcmp(code, report_code(r, i - 1)) == 0)
			continue;
		buf_printf(out, "%s%s", comma, code);
		comma = between;
	}
}

static void
print_line(struct batch *b, const struct target *t, const struct report *r)
{
	static const char *const words[] = {[CHECK_GOOD] = N_("good"),
	    [CHECK_BAD] = N_("bad"),
	    [CHECK_UNKNOWN] = N_("unknown")};
	static const enum cmd_colour colours[] = {[CHECK_GOOD] = COLOUR_GREEN,
	    [CHECK_BAD] = COLOUR_RED,
	    [CHECK_UNKNOWN] = COLOUR_YELLOW};
	struct buf line;

	buf_init(&line, CHECK_OUT_MAX);
	if (b->run->ctx->json) {
		render_json(r, &line);
	} else if (b->run->args.csv) {
		render_csv_line(t->text, r, &line);
	} else {
		printf("%s%-*s%s ", cmd_colour(b->run->ctx, colours[t->answer]),
		    tr_lang() == TR_ID ? 15 : 7, tr(words[t->answer]),
		    cmd_colour(b->run->ctx, COLOUR_OFF));
		cmd_print_safe(stdout, t->text);
		if (report_code(r, 0) != NULL)
			fputs("  ", stdout);
		add_codes(r, &line, " ");
		buf_add_byte(&line, '\n');
	}
	check_out(&line);
	buf_free(&line);
}

static void
show_progress(const struct batch *b)
{
	if (!b->progress)
		return;
	fprintf(stderr, "\r\x1b[K%zu/%zu: %zu %s, %zu %s, %zu %s", b->done,
	    b->n, b->by_answer[CHECK_GOOD], tr("good"), b->by_answer[CHECK_BAD],
	    tr("bad"), b->by_answer[CHECK_UNKNOWN], tr("unknown"));
	fflush(stderr);
}

static void begin_more(struct batch *b);

static void
on_answer(void *arg, struct report *r)
{
	struct job *job = arg;
	struct batch *b = job->b;
	struct target *t = &b->v[job->index];

	if (b->progress)
		fputs("\r\x1b[K", stderr);
	t->answer = CHECK_UNKNOWN;
	if (r != NULL) {
		t->answer = report_verdict(r);
		t->faults = report_count(r, SEVERITY_BAD);
		t->warnings = report_count(r, SEVERITY_WARN);
		if (b->run->args.html_dir != NULL)
			write_page(b, job->index, r);
		if (b->now != NULL)
			keep(b, t->text, r);
		else
			print_line(b, t, r);
		b->code = check_worse(b->code, check_exit(b->run, r));
	} else {
		b->code = check_worse(b->code, CMD_UNKNOWN);
	}
	report_free(r);
	free(job);
	b->by_answer[t->answer]++;
	b->done++;
	b->busy--;
	begin_more(b);
	show_progress(b);
}

static void
begin_more(struct batch *b)
{
	while (!b->failed && b->busy < b->run->jobs && b->next < b->n) {
		struct job *job = malloc(sizeof(*job));
		if (job != NULL) {
			*job = (struct job){b, b->next++};
			b->busy++;
			if (check_ask(
				b->run, b->v[job->index].text, on_answer, job))
				continue;
			b->busy--;
			free(job);
		}
		b->failed = true;
		b->code = cmd_fail(b->run->ctx, CMD_UNKNOWN, "out of memory");
	}
	if (b->busy == 0)
		loop_stop(b->run->check.loop);
}

/* ---- all ---- */

static int
write_index(struct batch *b)
{
	struct render_entry *v = calloc(b->n, sizeof(*v));
	struct buf title, page;
	char path[4096];
	int code = CMD_UNKNOWN;

	buf_init(&title, 256);
	buf_init(&page, CHECK_OUT_MAX);
	buf_printf(&title, "check %s", b->run->kind->name);
	for (size_t i = 0; v != NULL && i < b->n; i++)
		v[i] =
		    (struct render_entry){b->v[i].text, slice_str(b->v[i].page),
			b->v[i].answer, b->v[i].faults, b->v[i].warnings};
	if (v != NULL)
		render_index(buf_slice(&title), v, b->n, &page);
	snprintf(path, sizeof(path), "%s/index.html", b->run->args.html_dir);
	if (v != NULL && buf_err(&page) == ERR_OK)
		code = check_write(b->run, path, buf_slice(&page));
	free(v);
	buf_free(&title);
	buf_free(&page);
	return code;
}

/* Of a batch nothing was said while it ran: now what differs, or for the first
 * time all of it, a line each. */
static int
tell_changes(struct batch *b)
{
	bool first;
	int code = check_since(b->run, b->now, &first);

	for (size_t i = 0; first && code == CMD_GOOD && i < b->n; i++) {
		cmd_print_safe(stdout, b->v[i].text);
		printf(": %s\n", tr(report_answer_name(b->v[i].answer)));
	}
	return code;
}

static int
run_all(struct batch *b)
{
	struct diag d;
	int code;

	if (b->run->args.html_dir != NULL &&
	    fs_mkdirs(b->run->args.html_dir, 0755, &d) != ERR_OK)
		return cmd_fail(
		    b->run->ctx, CMD_USAGE, "--html-dir: %s", d.text);
	if (b->run->args.on_change != NULL && (b->now = json_object()) == NULL)
		return cmd_fail(b->run->ctx, CMD_UNKNOWN, "out of memory");
	/* Where that fails the system's own limit has to do. */
	(void)process_many_files();
	if ((code = check_begin(b->run)) != CMD_GOOD)
		return code;
	if (b->run->args.csv && b->now == NULL)
		puts("target,answer,findings");
	b->progress = isatty(STDERR_FILENO);
	begin_more(b);
	if (b->busy > 0)
		loop_run(b->run->check.loop);
	if (b->progress)
		fputs("\r\x1b[K", stderr);
	check_end(b->run);
	code = b->code;
	if (!b->failed && b->run->args.html_dir != NULL)
		code = check_worse(write_index(b), code);
	if (!b->failed && b->now != NULL) {
		int told = tell_changes(b);
		code = told != CMD_GOOD ? told : code;
	}
	return code;
}

int
check_run_batch(struct check_run *run)
{
	struct batch b = {.run = run};

	buf_init(&b.text, TEXT_MAX);
	int code = read_targets(&b);
	if (code == CMD_GOOD)
		code = run_all(&b);
	for (size_t i = 0; i < b.n; i++)
		free(b.v[i].page);
	free(b.v);
	json_decref(b.now);
	buf_free(&b.text);
	return code;
}
