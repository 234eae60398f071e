#include <string.h>

#include "cmd/mend.h"

/* ---- for people ---- */

/* Each line with a mark before it. */
static void
print_lines(const struct cmd_ctx *ctx, const char *mark, enum cmd_colour colour,
    struct slice text)
{
	while (text.n > 0) {
		size_t end = slice_find(text, '\n');
		struct slice line = slice_to(text, end);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		printf("  %s%s", cmd_colour(ctx, colour), mark);
		for (size_t i = 0; i < line.n; i++) {
			size_t n = 1;
			while (i + n < line.n && line.p[i] != '\t' &&
			       line.p[i + n] != '\t')
				n++;
			if (line.p[i] == '\t')
				fputs("    ", stdout);
			else
				cmd_print_safe(stdout, slice_of(line.p + i, n));
			i += n - 1;
		}
		printf("%s\n", cmd_colour(ctx, COLOUR_OFF));
		text = slice_from(text, end + 1);
	}
}

void
mend_show_lines(const struct cmd_ctx *ctx, const struct mend_finding *f)
{
	print_lines(ctx, "- ", COLOUR_RED, buf_slice(&f->before));
	print_lines(ctx, "+ ", COLOUR_GREEN, buf_slice(&f->after));
}

void
mend_show_finding(const struct cmd_ctx *ctx, const struct mend_finding *f)
{
	fputs(cmd_colour(ctx, f->bad ? COLOUR_RED : COLOUR_YELLOW), stdout);
	if (f->file[0] != '\0') {
		cmd_print_safe(stdout, slice_str(f->file));
		printf(":%u: ", f->line);
	}
	cmd_print_safe(stdout, buf_slice(&f->text));
	printf("%s [%s]\n", cmd_colour(ctx, COLOUR_OFF), f->code);
	mend_show_lines(ctx, f);
	print_lines(ctx, "", COLOUR_OFF, buf_slice(&f->notes));
}

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s != NULL ? s : "";
}

void
mend_show_proof(
    const struct cmd_ctx *ctx, const char *title, const struct mend_proof *p)
{
	const json_t *one;
	size_t i;
	printf("%s:\n", title);
	json_array_foreach(p->listeners, i, one)
	{
		const char *relay = text_of(one, "relay");
		bool open = strcmp(relay, "open") == 0;
		if (relay[0] == '\0')
			continue;
		fputs("  ", stdout);
		cmd_print_safe(stdout, slice_str(text_of(one, "name")));
		printf(" (%s port %lld): for strangers %s%s%s\n",
		    text_of(one, "address"),
		    (long long)json_integer_value(json_object_get(one, "port")),
		    cmd_colour(ctx, open ? COLOUR_RED : COLOUR_GREEN), relay,
		    cmd_colour(ctx, COLOUR_OFF));
	}
	json_array_foreach(p->findings, i, one)
	{
		fputs("  ", stdout);
		cmd_print_safe(stdout, slice_str(text_of(one, "text")));
		printf(" [%s]\n", text_of(one, "code"));
	}
	if (json_array_size(p->listeners) == 0)
		puts("  there was no answer: kurir check self");
}

/* ---- for programs ---- */

static json_t *
text_json(struct slice s)
{
	struct buf b;
	/* What is no UTF-8 in a comment of the file is shown as it can be. */
	json_t *j = json_stringn(s.n > 0 ? (const char *)s.p : "", s.n);
	if (j != NULL)
		return j;
	buf_init(&b, CONF_TEXT_MAX * 4u);
	buf_add_escaped(&b, s);
	j = json_stringn((const char *)b.p, b.n);
	buf_free(&b);
	return j;
}

static json_t *
finding_json(const struct mend_finding *f)
{
	static const char *const states[] = {[MEND_OPEN] = "open",
	    [MEND_DONE] = "mended",
	    [MEND_FAILED] = "failed",
	    [MEND_NO_CURE] = "by-hand"};
	json_t *maybe = json_array(), *o = json_object();
	char ip[IP_TEXT_MAX];
	for (size_t i = 0; i < f->maybe_n; i++) {
		ip_text(&f->maybe[i], ip);
		json_array_append_new(maybe, json_string(ip));
	}
	json_object_set_new(o, "code", json_string(f->code));
	json_object_set_new(
	    o, "severity", json_string(f->bad ? "bad" : "warn"));
	json_object_set_new(o, "state", json_string(states[f->state]));
	json_object_set_new(o, "setting", json_string(f->setting));
	json_object_set_new(o, "text", text_json(buf_slice(&f->text)));
	json_object_set_new(o, "file",
	    f->file[0] != '\0' ? text_json(slice_str(f->file)) : json_null());
	json_object_set_new(
	    o, "line", f->line > 0 ? json_integer(f->line) : json_null());
	json_object_set_new(o, "value", text_json(buf_slice(&f->value)));
	json_object_set_new(o, "before", text_json(buf_slice(&f->before)));
	json_object_set_new(o, "after", text_json(buf_slice(&f->after)));
	json_object_set_new(o, "notes", text_json(buf_slice(&f->notes)));
	json_object_set_new(o, "could_keep", maybe);
	return o;
}

static json_t *
proof_json(const struct mend_proof *p)
{
	if (!p->tried)
		return json_null();
	const char *answer = p->open ? "open" : p->known ? "closed" : "unknown";
	return json_pack("{s:s, s:O, s:O}", "answer", answer, "listeners",
	    p->listeners, "findings", p->findings);
}

void
mend_show_json(const struct cmd_ctx *ctx, const struct mend_list *l,
    enum mend_reload reload, const struct mend_proof *before,
    const struct mend_proof *after)
{
	static const char *const words[] = {[MEND_RELOAD_NONE] = "none",
	    [MEND_RELOAD_DOWN] = "not-running",
	    [MEND_RELOAD_TOLD] = "told",
	    [MEND_RELOAD_FAILED] = "failed"};
	json_t *all = json_array(), *o = json_object();
	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(all, finding_json(&l->v[i]));
	json_object_set_new(o, "file", text_json(slice_str(ctx->config_path)));
	json_object_set_new(o, "findings", all);
	json_object_set_new(o, "reload", json_string(words[reload]));
	json_object_set_new(o, "relay_before", proof_json(before));
	json_object_set_new(o, "relay_after", proof_json(after));
	(void)json_dumpf(o, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(o);
}
