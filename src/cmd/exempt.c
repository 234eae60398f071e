/* exempt.c - `kurir exempt`: who is spared a reverse lookup. */
#include "cmd/exempt.h"

#include <string.h>

#include "cmd/exempt_text.h"
#include "os/clock.h"
#include "os/fs.h"
#include "os/random.h"
#include "role/lookup/exempt_file.h"

/* ---- an entry as it was given ---- */

/* The line that the operands make, in line; *out borrows from it. */
static int
take_entry(const struct cmd_ctx *ctx, const struct exempt_args *a,
    struct buf *line, struct exempt_entry *out)
{
	struct slice word = slice_trim(slice_str(a->word));
	struct slice reason = slice_trim(slice_str(a->reason));
	struct exempt_entry e;
	struct diag d;
	if (slice_find(word, ';') < word.n)
		return cmd_fail(ctx, CMD_USAGE,
		    "\"%s\" is not one entry; a reason is given by --reason",
		    a->word);
	buf_add(line, word);
	buf_add_str(line, " ;");
	if (reason.n > 0) {
		buf_add_str(line, " reason=");
		buf_add(line, reason);
	}
	if (a->until != NULL) {
		buf_add_str(line, " until=");
		buf_add_str(line, a->until);
	}
	if (buf_err(line) != ERR_OK)
		return cmd_fail(ctx, CMD_USAGE, "the entry is too long");
	enum err err = exempt_parse_line(buf_slice(line), &e, &d);
	if (err == ERR_NOT_FOUND)
		return cmd_fail(ctx, CMD_USAGE, "the entry is empty");
	if (err != ERR_OK)
		return cmd_fail(ctx, CMD_USAGE, "%s", d.text);
	for (size_t i = 0; i < reason.n; i++)
		if (reason.p[i] < ' ' || reason.p[i] == 0x7f)
			return cmd_fail(ctx, CMD_USAGE,
			    "--reason: a control byte may not stand in it");
	if (!slice_eq(e.reason, reason))
		return cmd_fail(ctx, CMD_USAGE,
		    "--reason: \"until=\" in it would end the entry; say it by "
		    "--until");
	*out = e;
	return CMD_GOOD;
}

/* What --force lets pass. */
static int
check_wise(const struct cmd_ctx *ctx, const struct exempt_args *a,
    const struct exempt_entry *e)
{
	if (a->force)
		return CMD_GOOD;
	if (e->broad)
		return cmd_fail(ctx, CMD_BAD,
		    "\"%.*s\" is over-broad: it would exempt strangers; with "
		    "--force it is taken all the same",
		    SLICE_ARG(e->text));
	if (e->until != 0 && e->until < exempt_today(clock_unix_ms() / 1000))
		return cmd_fail(ctx, CMD_BAD,
		    "%s is over: the entry would spare nobody", a->until);
	return CMD_GOOD;
}

static struct exempt_table *
table_of(const struct cmd_ctx *ctx, struct slice text)
{
	const uint64_t seed[2] = {random_u64(), random_u64()};
	struct diag d;
	struct exempt_table *t = exempt_compile(text, seed, &d);
	if (t == NULL)
		cmd_fail(ctx, 0, "%s", d.text);
	return t;
}

/* A running server knows it at once; one that is down reads it when it
 * starts. */
static void
tell_server(const struct cmd_ctx *ctx)
{
	struct control_request q;
	int code;
	control_begin(&q, ROLE_LOOKUP, "exempt-reread");
	(void)control_ask(ctx, &q, NULL, NULL, &code);
}

/* ---- add ---- */

static int
add_to(struct exempt_edit *e, const struct exempt_args *a,
    const struct exempt_entry *entry)
{
	struct slice text = buf_slice(&e->text);
	struct exempt_table *t = table_of(e->ctx, text);
	size_t index;
	int code = CMD_GOOD;
	if (t == NULL)
		return CMD_UNKNOWN;
	if (!a->force && exempt_same(t, entry, &index)) {
		struct exempt_entry there;
		exempt_entry_at(t, index, &there);
		code = cmd_fail(e->ctx, CMD_BAD,
		    "%s:%u: \"%.*s\" stands there already", e->path, there.line,
		    SLICE_ARG(there.text));
	}
	exempt_free(t);
	if (code != CMD_GOOD)
		return code;
	exempt_text_begin(&e->fresh, text);
	exempt_text_add(&e->fresh, text, entry);
	return exempt_edit_commit(e);
}

static int
run_add(struct cmd_ctx *ctx, const struct exempt_args *a)
{
	struct exempt_edit e;
	struct exempt_entry entry;
	struct buf line;
	buf_init(&line, EXEMPT_LINE_MAX);
	int code = take_entry(ctx, a, &line, &entry);
	if (code == CMD_GOOD)
		code = check_wise(ctx, a, &entry);
	if (code == CMD_GOOD) {
		code = exempt_edit_begin(&e, ctx, a->list);
		if (code == CMD_GOOD)
			code = add_to(&e, a, &entry);
		if (code == CMD_GOOD)
			printf("%s:%u: %.*s\n", e.path,
			    exempt_text_lines(buf_slice(&e.fresh)),
			    SLICE_ARG(entry.text));
		exempt_edit_end(&e);
	}
	if (code == CMD_GOOD)
		tell_server(ctx);
	buf_free(&line);
	return code;
}

/* ---- remove ---- */

/* What was fetched is not ours to edit. */
static int
not_there(const struct exempt_edit *e, const char *word)
{
	char path[EXEMPT_PATH_MAX];
	const uint64_t seed[2] = {0, 0};
	struct exempt_entry entry;
	struct exempt_file *f = NULL;
	struct diag d;
	size_t index;
	bool synced =
	    exempt_file_path(e->ctx->conf, e->list, EXEMPT_SYNCED, path) &&
	    exempt_parse_line(slice_str(word), &entry, NULL) == ERR_OK &&
	    exempt_file_read(path, seed, NULL, &f, &d) == ERR_OK &&
	    exempt_file_step(f, SIZE_MAX, &d) == ERR_OK &&
	    exempt_same(f->table, &entry, &index);
	exempt_file_unref(f);
	if (synced)
		return cmd_fail(e->ctx, CMD_BAD,
		    "\"%s\" comes from %.*s and would come again; it is to be "
		    "removed there",
		    word, SLICE_ARG(e->ctx->conf->exempts[e->list]->sync));
	return cmd_fail(
	    e->ctx, CMD_BAD, "%s: there is no entry \"%s\"", e->path, word);
}

static int
run_remove(struct cmd_ctx *ctx, const struct exempt_args *a)
{
	struct exempt_edit e;
	size_t n = 0;
	int code = exempt_edit_begin(&e, ctx, a->list);
	if (code == CMD_GOOD)
		n = exempt_text_remove(
		    &e.fresh, buf_slice(&e.text), slice_str(a->word));
	if (code == CMD_GOOD)
		code = n > 0 ? exempt_edit_commit(&e) : not_there(&e, a->word);
	if (code == CMD_GOOD)
		printf("%s: %zu line(s) removed\n", e.path, n);
	exempt_edit_end(&e);
	if (code == CMD_GOOD)
		tell_server(ctx);
	return code;
}

/* ---- import ---- */

struct import {
	struct exempt_edit *edit;
	const struct exempt_args *args;
	struct exempt_table *have;
	size_t taken, known, wrong;
};

static void
complain(struct import *i, uint32_t line, const char *text)
{
	i->wrong++;
	fprintf(stderr, "%s:%u: ", i->args->word, line);
	cmd_print_safe(stderr, slice_str(text));
	fputc('\n', stderr);
}

static void
import_line(struct import *i, struct slice line, uint32_t number)
{
	struct exempt_edit *e = i->edit;
	struct exempt_entry entry;
	struct diag d;
	size_t index;
	enum err err = exempt_parse_line(line, &entry, &d);
	if (err == ERR_NOT_FOUND)
		return;
	if (err == ERR_OK && entry.broad && !i->args->force)
		err = diag_set(&d, ERR_DENIED, "",
		    "\"%.*s\": over-broad: it would exempt strangers",
		    SLICE_ARG(slice_to(entry.text, 60)));
	if (err != ERR_OK) {
		complain(i, number, d.text);
	} else if (exempt_same(i->have, &entry, &index)) {
		i->known++;
	} else {
		exempt_text_add(&e->fresh, buf_slice(&e->text), &entry);
		i->taken++;
	}
}

/* All of it or nothing, unless --force leaves out what is no entry. */
static int
import_text(struct import *i, struct slice text)
{
	struct exempt_edit *e = i->edit;
	struct slice line;
	size_t at = 0;
	uint32_t number = 0;
	i->have = table_of(e->ctx, buf_slice(&e->text));
	if (i->have == NULL)
		return CMD_UNKNOWN;
	exempt_text_begin(&e->fresh, buf_slice(&e->text));
	while (exempt_line(text, &at, &line))
		import_line(i, line, ++number);
	exempt_free(i->have);
	if (i->wrong > 0 && !i->args->force)
		return cmd_fail(e->ctx, CMD_BAD,
		    "nothing was imported; with --force all but the %zu "
		    "line(s) above",
		    i->wrong);
	return i->taken > 0 ? exempt_edit_commit(e) : CMD_GOOD;
}

static int
run_import(struct cmd_ctx *ctx, const struct exempt_args *a)
{
	struct exempt_edit e;
	struct import i = {.edit = &e, .args = a};
	struct buf text;
	struct diag d;
	buf_init(&text, EXEMPT_TEXT_MAX);
	if (fs_read_file(FS_CWD, a->word, EXEMPT_TEXT_MAX, &text, &d) !=
	    ERR_OK) {
		buf_free(&text);
		return cmd_fail(ctx, CMD_UNKNOWN, "%s", d.text);
	}
	int code = exempt_edit_begin(&e, ctx, a->list);
	if (code == CMD_GOOD)
		code = import_text(&i, buf_slice(&text));
	if (code == CMD_GOOD)
		printf("%s: %zu imported, %zu there already, %zu left out\n",
		    e.path, i.taken, i.known, i.wrong);
	exempt_edit_end(&e);
	buf_free(&text);
	if (code == CMD_GOOD && i.taken > 0)
		tell_server(ctx);
	return code;
}

/* ---- the verb ---- */

enum operand { NO_WORD, MAY_WORD, MUST_WORD };

static const struct action {
	const char *name;
	bool needs_list;
	enum operand word;
	int (*run)(struct cmd_ctx *ctx, const struct exempt_args *a);
} actions[] = {
    {"list", false, NO_WORD, exempt_run_list},
    {"add", true, MUST_WORD, run_add},
    {"remove", true, MUST_WORD, run_remove},
    {"sync", false, NO_WORD, exempt_run_sync},
    {"status", false, NO_WORD, exempt_run_status},
    {"suggest", false, NO_WORD, exempt_run_suggest},
    {"check", false, MAY_WORD, exempt_run_check},
    {"import", true, MUST_WORD, run_import},
    {"export", true, NO_WORD, exempt_run_export},
};

static const struct action *
find_action(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (name != NULL && strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* The operands behind the action: LIST, and then a word. */
static int
take_operands(const struct cmd_ctx *ctx, const struct action *x,
    struct exempt_args *a, int n, char **argv)
{
	int at = 0;
	a->lists = EXEMPT_ALL;
	if (n > 0) {
		a->list = conf_exempt_parse(slice_str(argv[0]));
		a->one = a->list != CONF_EXEMPT_LISTS;
		/* An address or a name may stand alone. */
		if (!a->one && (n > 1 || x->needs_list || x->word == NO_WORD))
			return cmd_fail(ctx, CMD_USAGE,
			    "there is no list \"%s\"; they are ptr, helo and "
			    "mail",
			    argv[0]);
		at = a->one ? 1 : 0;
	}
	if (a->one)
		a->lists = 1u << a->list;
	if (at < n)
		a->word = argv[at++];
	if (at < n || (x->needs_list && !a->one) ||
	    (x->word == MUST_WORD && a->word == NULL) ||
	    (x->word == NO_WORD && a->word != NULL))
		return cmd_usage(ctx);
	return CMD_GOOD;
}

/* Which options go with which action. */
static bool
options_fit(const struct action *x, const struct exempt_args *a)
{
	bool add = x->run == run_add;
	if ((a->reason != NULL || a->until != NULL) && !add)
		return false;
	if (a->force && !add && x->run != run_import)
		return false;
	if (a->local && x->run != exempt_run_export)
		return false;
	return a->since == NULL || x->run == exempt_run_suggest;
}

int
cmd_exempt(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct exempt_args a = {.lists = 0};
	const struct cmd_option options[] = {{"--reason", 0, &a.reason, NULL},
	    {"--until", 0, &a.until, NULL}, {"--since", 0, &a.since, NULL},
	    {"--force", 0, NULL, &a.force}, {"--local", 0, NULL, &a.local},
	    {NULL, 0, NULL, NULL}};
	int code;
	int n = cmd_options(ctx, argc, argv, options, &code);
	if (n < 0)
		return code;
	const struct action *x = n > 0 ? find_action(argv[1]) : NULL;
	if (x == NULL || !options_fit(x, &a))
		return cmd_usage(ctx);
	code = take_operands(ctx, x, &a, n - 1, argv + 2);
	if (code == CMD_GOOD)
		code = cmd_conf(ctx);
	return code == CMD_GOOD ? x->run(ctx, &a) : code;
}
