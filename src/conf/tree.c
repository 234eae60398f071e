#include "conf/tree.h"

#include "conf/lex.h"

#include <stdlib.h>
#include <string.h>

#define TREE_ARENA_MAX (64u << 20)
#define NEST_MAX       8u
#define FILES_MAX      256u

struct parser {
	struct lexer lex;
	struct token tok; /* the one being looked at */
	struct tree *tree;
	const struct conf_source *src;
	struct conf_report *report;
	const struct parser *includer; /* whose include we are in */
	unsigned depth;                /* of includes */
	unsigned nest;                 /* of braces */
	enum err err;                  /* no memory or over a limit: stop */
};

static const char *const token_names[] = {
    [TOKEN_END] = "the end of the file",
    [TOKEN_WORD] = "a word",
    [TOKEN_STRING] = "a string",
    [TOKEN_EQUALS] = "\"=\"",
    [TOKEN_OPEN] = "\"{\"",
    [TOKEN_CLOSE] = "\"}\"",
    [TOKEN_PAREN_OPEN] = "\"(\"",
    [TOKEN_PAREN_CLOSE] = "\")\"",
    [TOKEN_COMMA] = "\",\"",
    [TOKEN_BROKEN] = "a broken string",
};

static enum err parse_file(struct parser *parent, const char *path,
    struct conf_pos pos, struct conf_item ***tail);

static void
advance(struct parser *p)
{
	p->tok = lexer_next(&p->lex);
}

static void
expected(struct parser *p, const char *what)
{
	if (p->tok.kind == TOKEN_BROKEN)
		return;
	if (p->tok.kind == TOKEN_WORD || p->tok.kind == TOKEN_STRING)
		report_error(p->report, p->tok.pos,
		    "found \"%.*s\", expected %s", SLICE_ARG(p->tok.text),
		    what);
	else
		report_error(p->report, p->tok.pos, "found %s, expected %s",
		    token_names[p->tok.kind], what);
}

/* After an error: on to a token from which an item may start again, which is a
 * word at the front of a later line, or a closing brace. What stands in
 * braces of its own is passed over. */
static void
recover(struct parser *p)
{
	uint32_t line = p->tok.pos.line;
	unsigned depth = 0;

	while (p->tok.kind != TOKEN_END) {
		if (depth == 0 &&
		    (p->tok.kind == TOKEN_CLOSE ||
			(p->tok.kind == TOKEN_WORD && p->tok.pos.line > line)))
			return;
		if (p->tok.kind == TOKEN_OPEN)
			depth++;
		else if (p->tok.kind == TOKEN_CLOSE)
			depth--;
		line = p->tok.pos.line;
		advance(p);
	}
}

static void *
alloc(struct parser *p, size_t n)
{
	void *v = arena_alloc(&p->tree->arena, n);
	if (v == NULL)
		p->err = ERR_LIMIT;
	return v;
}

static bool
is_scalar(const struct token *t)
{
	return t->kind == TOKEN_WORD || t->kind == TOKEN_STRING;
}

static bool
take_scalar(struct parser *p, struct conf_scalar ***tail)
{
	struct conf_scalar *s = alloc(p, sizeof(*s));
	if (s == NULL)
		return false;
	s->text = p->tok.text;
	s->pos = p->tok.pos;
	**tail = s;
	*tail = &s->next;
	advance(p);
	return true;
}

/* An error within a list: on to its end. false: it has none. */
static bool
recover_list(struct parser *p)
{
	while (p->tok.kind == TOKEN_COMMA || is_scalar(&p->tok))
		advance(p);
	if (p->tok.kind != TOKEN_CLOSE)
		return false;
	advance(p);
	return true;
}

/* After "{" of a list, up to and with its "}". */
static bool
parse_list(struct parser *p, struct conf_item *it)
{
	struct conf_scalar **tail = &it->value;

	if (p->tok.kind == TOKEN_CLOSE) {
		advance(p);
		return true;
	}
	for (;;) {
		if (!is_scalar(&p->tok)) {
			expected(p, "a value of the list");
			break;
		}
		if (!take_scalar(p, &tail))
			return false;
		if (p->tok.kind == TOKEN_CLOSE) {
			advance(p);
			return true;
		}
		if (p->tok.kind != TOKEN_COMMA) {
			expected(p, "\",\" or \"}\" in the list");
			break;
		}
		advance(p);
	}
	it->broken = true;
	return recover_list(p);
}

static bool
parse_value(struct parser *p, struct conf_item *it)
{
	struct conf_scalar **tail = &it->value;

	it->value_pos = p->tok.pos;
	if (p->tok.kind == TOKEN_OPEN) {
		it->is_list = true;
		advance(p);
		return parse_list(p, it);
	}
	if (is_scalar(&p->tok))
		return take_scalar(p, &tail);
	it->broken = true;
	if (p->tok.kind == TOKEN_BROKEN) {
		advance(p);
		return true;
	}
	expected(p, "a word, a \"string\" or a {list} after \"=\"");
	return false;
}

/* The directory of the including file stands before a relative name. */
static const char *
include_path(struct parser *p, struct slice name)
{
	struct slice from = slice_str(p->lex.pos.file);
	size_t slash = slice_rfind(from, '/');
	size_t dir = slash == from.n || name.p[0] == '/' ? 0 : slash + 1;
	char *path = alloc(p, dir + name.n + 1);
	if (path == NULL)
		return NULL;
	memcpy(path, from.p, dir);
	memcpy(path + dir, name.p, name.n);
	return path;
}

static bool
is_being_read(const struct parser *p, const char *path)
{
	for (; p != NULL; p = p->includer)
		if (strcmp(p->lex.pos.file, path) == 0)
			return true;
	return false;
}

static void
do_include(struct parser *p, const struct token *name, struct conf_item ***tail)
{
	if (name->text.n == 0) {
		report_error(p->report, name->pos, "include names no file");
		return;
	}
	const char *path = include_path(p, name->text);
	if (path == NULL)
		return;
	if (is_being_read(p, path)) {
		report_error(
		    p->report, name->pos, "\"%s\" includes itself", path);
		return;
	}
	if (p->depth >= CONF_INCLUDE_MAX) {
		report_error(p->report, name->pos,
		    "includes are nested more than %u deep", CONF_INCLUDE_MAX);
		return;
	}
	if (p->tree->files >= FILES_MAX) {
		report_error(p->report, name->pos,
		    "more than %u files are included", FILES_MAX);
		p->err = ERR_LIMIT;
		return;
	}
	enum err e = parse_file(p, path, name->pos, tail);
	if (e == ERR_NOMEM || e == ERR_LIMIT)
		p->err = e;
}

/* After the word "include". */
static bool
parse_include(struct parser *p, struct conf_item ***tail)
{
	advance(p);
	struct token name = p->tok;
	if (!is_scalar(&name)) {
		expected(p, "a file name after \"include(\"");
		return false;
	}
	advance(p);
	if (p->tok.kind != TOKEN_PAREN_CLOSE) {
		expected(p, "\")\" after the file name");
		return false;
	}
	advance(p);
	do_include(p, &name, tail);
	return true;
}

static void parse_items(struct parser *p, struct conf_item ***tail);

/* At the "{" of a section. */
static bool
parse_section(struct parser *p, struct conf_item *it)
{
	struct conf_pos open = p->tok.pos;
	struct conf_item **tail = &it->item;

	it->is_section = true;
	if (p->nest == NEST_MAX) {
		report_error(p->report, open,
		    "sections are nested more than %u deep", NEST_MAX);
		return false;
	}
	p->nest++;
	advance(p);
	parse_items(p, &tail);
	p->nest--;
	if (p->err != ERR_OK)
		return false;
	if (p->tok.kind == TOKEN_CLOSE)
		advance(p);
	else
		report_error(p->report, open,
		    "this \"{\" of \"%.*s\" is never closed",
		    SLICE_ARG(it->name));
	return true;
}

static void
take_label(struct parser *p, struct conf_item *it)
{
	it->has_label = true;
	it->label = p->tok.text;
	it->label_pos = p->tok.pos;
	advance(p);
}

/* At the token after NAME. A word where the string belongs is reported and
 * then taken for it, so that what follows is still read. */
static bool
parse_rest(struct parser *p, struct conf_item *it)
{
	static const char after_name[] =
	    "\"=\", \"{\" or a \"string\" after a name";

	if (p->tok.kind == TOKEN_EQUALS) {
		advance(p);
		return parse_value(p, it);
	}
	if (p->tok.kind == TOKEN_STRING) {
		take_label(p, it);
		if (p->tok.kind != TOKEN_OPEN)
			expected(p, "\"{\" after the name of a section");
	} else if (p->tok.kind != TOKEN_OPEN) {
		expected(p, after_name);
		if (p->tok.kind == TOKEN_WORD &&
		    p->tok.pos.line == it->pos.line)
			take_label(p, it);
	}
	return p->tok.kind == TOKEN_OPEN && parse_section(p, it);
}

static bool
parse_item(struct parser *p, struct conf_item ***tail)
{
	struct token name = p->tok;

	if (name.kind != TOKEN_WORD) {
		expected(p, "the name of an option or a section");
		if (name.kind == TOKEN_STRING)
			advance(p);
		return false;
	}
	advance(p);
	if (p->tok.kind == TOKEN_PAREN_OPEN) {
		if (slice_eq(name.text, SLICE("include")))
			return parse_include(p, tail);
		report_error(
		    p->report, name.pos, "only include is followed by \"(\"");
		return false;
	}
	struct conf_item *it = alloc(p, sizeof(*it));
	if (it == NULL)
		return false;
	it->name = name.text;
	it->pos = name.pos;
	bool good = parse_rest(p, it);
	if (good || it->broken) {
		**tail = it;
		*tail = &it->next;
	}
	return good;
}

/* Up to the "}" that ends them, or the end of the file. */
static void
parse_items(struct parser *p, struct conf_item ***tail)
{
	while (p->err == ERR_OK && p->tok.kind != TOKEN_END) {
		if (p->tok.kind == TOKEN_CLOSE && p->nest > 0)
			return;
		if (p->tok.kind == TOKEN_CLOSE) {
			report_error(
			    p->report, p->tok.pos, "this \"}\" closes nothing");
			advance(p);
			continue;
		}
		if (!parse_item(p, tail) && p->err == ERR_OK)
			recover(p);
	}
}

/* Why a file could not be read; its name stands before that already. */
static const char *
reason(const struct diag *d, enum err e, const char *name)
{
	struct slice text = slice_str(d->text), n = slice_str(name);
	for (size_t i = 0; i + n.n + 2 < text.n; i++) {
		struct slice rest = slice_from(text, i);
		if (slice_starts(rest, n) &&
		    slice_starts(slice_from(rest, n.n), SLICE(": ")))
			return d->text + i + n.n + 2;
	}
	return text.n > 0 ? d->text : err_name(e);
}

static enum err
load(const struct parser *p, struct tree_file *f, struct conf_pos pos)
{
	struct diag d;
	diag_clear(&d);
	enum err e = p->src->read(p->src->ctx, f->name, &f->text, &d);
	if (e == ERR_OK)
		e = buf_err(&f->text);
	p->tree->octets += f->text.n;
	if (e == ERR_OK && p->tree->octets > CONF_BUNDLE_MAX)
		e = ERR_LIMIT;
	if (e == ERR_LIMIT)
		report_error(p->report, pos,
		    "\"%s\" is too large: %u octets a file, %u in all", f->name,
		    CONF_TEXT_MAX, CONF_BUNDLE_MAX);
	else if (e != ERR_OK && pos.file == f->name)
		report_error(p->report, pos, "cannot read this file: %s",
		    reason(&d, e, f->name));
	else if (e != ERR_OK)
		report_error(p->report, pos, "cannot read \"%s\": %s", f->name,
		    reason(&d, e, f->name));
	return e;
}

/* Read one file, named at pos, into *tail. parent is who includes it. */
static enum err
parse_file(struct parser *parent, const char *path, struct conf_pos pos,
    struct conf_item ***tail)
{
	struct tree *t = parent->tree;
	struct tree_file *f = calloc(1, sizeof(*f));
	struct tree_file **end = &t->file;

	if (f == NULL)
		return ERR_NOMEM;
	f->name = path;
	buf_init(&f->text, CONF_TEXT_MAX);
	while (*end != NULL)
		end = &(*end)->next;
	*end = f;
	t->files++;
	enum err e = load(parent, f, pos);
	if (e != ERR_OK)
		return e;

	struct parser p = {.tree = t,
	    .src = parent->src,
	    .report = parent->report,
	    .includer = parent,
	    .depth = parent->depth + 1};
	lexer_init(
	    &p.lex, path, buf_slice(&f->text), &t->arena, parent->report);
	advance(&p);
	parse_items(&p, tail);
	return p.err;
}

enum err
tree_read(const struct conf_source *src, const char *path, struct tree *t,
    struct conf_report *r)
{
	struct conf_item **tail = &t->item;
	struct parser nobody = {
	    .tree = t, .src = src, .report = r, .lex.pos.file = ""};

	*t = (struct tree){0};
	arena_init(&t->arena, TREE_ARENA_MAX);
	const char *name = arena_str(&t->arena, slice_str(path));
	if (name == NULL)
		return ERR_NOMEM;
	return parse_file(&nobody, name, (struct conf_pos){name, 1, 1}, &tail);
}

bool
tree_value(struct tree *t, struct slice text, struct conf_pos pos,
    struct conf_item *it, struct conf_report *r, enum err *out_err)
{
	struct parser p = {.tree = t, .report = r};

	lexer_init(&p.lex, pos.file, text, &t->arena, r);
	p.lex.pos = pos;
	advance(&p);
	bool good = parse_value(&p, it) && !it->broken;
	if (good && p.tok.kind != TOKEN_END) {
		expected(&p, "nothing behind the value");
		good = false;
	}
	*out_err = p.err;
	return good && p.err == ERR_OK;
}

void
tree_free(struct tree *t)
{
	struct tree_file *f = t->file;
	while (f != NULL) {
		struct tree_file *next = f->next;
		buf_free(&f->text);
		free(f);
		f = next;
	}
	arena_reset(&t->arena);
	*t = (struct tree){0};
}
