#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/why.h"

#define SUBJECTS 20 /* stories told when not asked for more */

/* Does it look like something of ours, and not like a text? */
static bool
is_ours(struct slice s)
{
	struct ip_net net;
	id_t64 id;
	bool word = true;
	for (size_t i = 0; i < s.n; i++)
		word = word && s.p[i] > ' ' && s.p[i] != '<';
	return word &&
	       (id_parse(s, &id) == ERR_OK || ip_net_parse(s, &net) == ERR_OK ||
		   (slice_find(s, '@') < s.n && s.n < 320));
}

static int
tell_about(struct why_telling *t, const char *what)
{
	struct slice s = slice_str(what);
	struct ip_net net;
	id_t64 id;
	if (id_parse(s, &id) != ERR_OK)
		return why_tell_about(t, what, ip_net_parse(s, &net) == ERR_OK);
	int code = why_tell_id(t, id);
	if (code == CMD_GOOD && t->letter && t->told == 0)
		return why_no_letter(t, what);
	if (t->ctx->json && t->told > 0)
		putchar('\n');
	return code;
}

static int
nothing_known(struct cmd_ctx *ctx, const char *what)
{
	uint64_t lost = log_lost(ctx);
	if (lost == 0)
		return cmd_fail(ctx, CMD_BAD, "nothing is known of %s", what);
	return cmd_fail(ctx, CMD_BAD,
	    "nothing is known of %s (%llu records were lost: the disk was "
	    "full, or the ledger fell behind)",
	    what, (unsigned long long)lost);
}

/* ---- words, files, standard input ---- */

/* choose_lang - what --lang says, or the configuration, or the environment. A
 * text needs no configuration. */
static bool
choose_lang(const struct cmd_ctx *ctx, const char *name, enum cause_lang *out)
{
	if (name == NULL && ctx->conf != NULL)
		*out =
		    ctx->conf->language == CONF_LANG_ID ? CAUSE_ID : CAUSE_EN;
	else if (name == NULL)
		*out = cmd_env_indonesian() ? CAUSE_ID : CAUSE_EN;
	else if (strcmp(name, "en") == 0)
		*out = CAUSE_EN;
	else if (strcmp(name, "id") == 0)
		*out = CAUSE_ID;
	else
		return false;
	return true;
}

/* read_given - the words of the command line, or what they name: a file, "-"
 * for standard input, which stands also for no words at all. */
static int
read_given(
    struct cmd_ctx *ctx, int n, char **words, struct buf *text, bool *out_cut)
{
	struct stat st;
	FILE *from = NULL;
	if (n == 0 || (n == 1 && strcmp(words[0], "-") == 0))
		from = stdin;
	else if (n == 1 && stat(words[0], &st) == 0 && !S_ISDIR(st.st_mode))
		from = fopen(words[0], "rbe");
	else if (n == 1 && strchr(words[0], '/') != NULL &&
		 strchr(words[0], ' ') == NULL)
		return cmd_fail(
		    ctx, CMD_USAGE, "%s: there is no such file", words[0]);
	else
		for (int i = 0; i < n; i++) {
			buf_add_str(text, i > 0 ? " " : "");
			buf_add_str(text, words[i]);
		}
	if (from == NULL && text->n > 0)
		return CMD_GOOD;
	enum err e = from == NULL ? ERR_IO : why_text_read(from, text, out_cut);
	if (from != NULL && from != stdin)
		fclose(from);
	if (e != ERR_OK)
		return cmd_fail(ctx, CMD_UNKNOWN, "%s: it cannot be read",
		    n > 0 ? words[0] : "standard input");
	/* Nothing on the command line, and nothing behind it. */
	if (n == 0 && slice_trim(buf_slice(text)).n == 0)
		return cmd_usage(ctx);
	return CMD_GOOD;
}

/* tell_found - what a clean text means, and what we know of whom it names. */
static int
tell_found(struct why_telling *t, struct slice text, struct why_text *w)
{
	struct why_named *named = NULL;
	struct buf records;
	bool found = why_text_find(w, text);
	t->form = w->form;
	/* That it could not be found out was said; the text stays. */
	if (t->ctx->conf != NULL && !t->letter && !t->ours)
		(void)why_named_find(t, text,
		    found ? w->found[0].evidence : SLICE_EMPTY, &named);
	if (!found && named == NULL)
		return CMD_BAD;
	buf_init(&records, 16u << 20);
	if (t->ctx->json && named != NULL) {
		why_named_json(t, named, &records);
		if (buf_err(&records) == ERR_OK)
			w->records = buf_slice(&records);
	}
	why_text_tell(t->ctx, w);
	if (!t->ctx->json && named != NULL)
		why_named_text(t, named);
	buf_free(&records);
	why_named_free(named);
	t->told++;
	return CMD_GOOD;
}

static int
tell_text(struct why_telling *t, struct slice raw, bool cut)
{
	struct why_text w = {.lang = t->lang,
	    .letter = t->letter,
	    .cut = cut,
	    .howto = t->howto};
	struct buf text;
	int code;
	buf_init(&text, EXTRACT_CLEAN_MAX);
	if (t->ctx->conf != NULL)
		w.us = t->ctx->conf->hostname;
	if (extract_clean(raw, &text) != ERR_OK)
		code = cmd_fail(t->ctx, CMD_UNKNOWN, "out of memory");
	else
		code = tell_found(t, buf_slice(&text), &w);
	buf_free(&text);
	return code;
}

/* tell_given - n words. What is of ours is looked up; what is not, or is not
 * known there, is read as text. */
static int
tell_given(struct why_telling *t, const char *lang, int n, char **words)
{
	struct cmd_ctx *ctx = t->ctx;
	struct buf text;
	bool cut = false, ours = n == 1 && is_ours(slice_str(words[0]));
	int code = CMD_GOOD;
	/* What is not ours needs no configuration; what is wrong in it was
	 * said. */
	if (ours || access(ctx->config_path, R_OK) == 0)
		code = cmd_conf(ctx);
	if (code != CMD_GOOD && ours)
		return code;
	if (!choose_lang(ctx, lang, &t->lang))
		return cmd_fail(ctx, CMD_USAGE, "--lang: en or id");
	t->ours = ours;
	if (ours) {
		code = tell_about(t, words[0]);
		if (code != CMD_BAD || t->told > 0 || t->refused)
			return code;
	}
	buf_init(&text, EXTRACT_TEXT_MAX + 1);
	code = read_given(ctx, n, words, &text, &cut);
	if (code == CMD_GOOD)
		code = tell_text(t, buf_slice(&text), cut);
	if (code == CMD_BAD && ours)
		code = nothing_known(ctx, words[0]);
	else if (code == CMD_BAD && t->form == EXTRACT_HEADER)
		code = cmd_fail(ctx, CMD_BAD,
		    "no fault stands in that header; \"%s check headers\" "
		    "tells its way",
		    ctx->program);
	else if (code == CMD_BAD)
		code = cmd_fail(ctx, CMD_BAD,
		    "nothing in that text is known; give the whole bounce, or "
		    "the lines of the log around it");
	buf_free(&text);
	return code;
}

/* ---- the verb ---- */

int
cmd_why(struct cmd_ctx *ctx, int argc, char **argv)
{
	const char *lang = NULL, *lines = NULL, *program = NULL;
	bool letter = false;
	const struct cmd_option options[] = {
	    {"--for", 0, &program, NULL},
	    {"--lang", 0, &lang, NULL},
	    {"--lines", 'n', &lines, NULL},
	    {"--letter", 0, NULL, &letter},
	    {NULL, 0, NULL, NULL},
	};
	uint64_t wanted = SUBJECTS;
	int code;
	int n = cmd_options(ctx, argc, argv, options, &code);
	if (n < 0)
		return code;
	if ((n == 0 && isatty(STDIN_FILENO)) ||
	    (lines != NULL && (!slice_u64(slice_str(lines), &wanted) ||
				  wanted == 0 || wanted > WHY_SUBJECTS_MAX)))
		return cmd_usage(ctx);
	struct why_telling *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return cmd_fail(ctx, CMD_UNKNOWN, "out of memory");
	t->ctx = ctx;
	t->letter = letter;
	t->wanted = (size_t)wanted;
	buf_init(&t->out, 64u << 20);
	code = why_howto_asked(ctx, program, &t->howto);
	if (code == CMD_GOOD)
		code = tell_given(t, lang, n, argv + 1);
	buf_free(&t->out);
	free(t);
	return code;
}
