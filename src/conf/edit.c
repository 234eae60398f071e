#include "conf/edit.h"

#include "conf/lex.h"
#include "conf/schema.h"
#include "conf/value.h"

#define LEVELS_MAX     4u /* of sections in each other */
#define EDIT_ARENA_MAX (64u << 20)

/* An item of a list, or the one of a value that is none. */
struct elem {
	struct elem *next;
	struct slice text; /* without quotes and escapes */
	size_t start, end; /* octets of the text it stands in */
};

struct value {
	struct conf_pos pos;
	size_t start, end;
	bool is_list;
	bool commented; /* something but tokens and space is within */
	struct elem *elem;
};

/* Behind what a new item may be put. */
struct anchor {
	size_t item, end; /* octets: the front of that item, and behind it */
	bool same_line;   /* the next token stands on the line it ends on */
	bool opens;       /* it is the brace that opens the section */
	bool is_option;
	bool there;
};

/* A section on the way to the option; level 0 is the top. */
struct level {
	enum section_id id;
	struct slice label;
	struct anchor last, option; /* the last item; the last option */
};

struct edit {
	struct arena arena;
	struct conf_report report; /* of the lexer; only counted */
	struct slice text;
	struct lexer lex;
	struct token tok; /* the one being looked at */
	size_t start, end;
	size_t before;             /* the end of the token before */
	const struct conf_pos *at; /* wanted by its place, or */
	struct level level[LEVELS_MAX + 1];
	size_t levels; /* below the top */
	size_t met;    /* so deep the way was found */
	struct slice name;
	bool found;
	struct value value; /* of what was found */
};

/* ---- tokens and where they stand ---- */

static void
advance(struct edit *e)
{
	size_t mark = (size_t)(e->lex.in.p - e->text.p); /* of byte order */
	e->before = e->end;
	e->tok = lexer_next(&e->lex);
	e->end = mark + e->lex.at;
	/* No token goes on over the end of a line. */
	e->start = e->end;
	if (e->tok.kind != TOKEN_END)
		e->start -= e->lex.pos.column - e->tok.pos.column;
}

static void
begin(struct edit *e, struct slice text)
{
	*e = (struct edit){.text = text};
	arena_init(&e->arena, EDIT_ARENA_MAX);
	conf_report_init(&e->report);
	lexer_init(&e->lex, "", text, &e->arena, &e->report);
	advance(e);
}

static void
end(struct edit *e)
{
	arena_reset(&e->arena);
	conf_report_free(&e->report);
}

static bool
take(struct edit *e, enum token_kind kind)
{
	if (e->tok.kind != kind)
		return false;
	advance(e);
	return true;
}

static enum err
take_elem(struct edit *e, struct elem ***tail)
{
	if (e->tok.kind != TOKEN_WORD && e->tok.kind != TOKEN_STRING)
		return ERR_SYNTAX;
	struct elem *new = arena_alloc(&e->arena, sizeof(*new));
	if (new == NULL)
		return ERR_LIMIT;
	*new = (struct elem){
	    .text = e->tok.text, .start = e->start, .end = e->end};
	**tail = new;
	*tail = &new->next;
	advance(e);
	return ERR_OK;
}

/* A comment stands before the token being looked at? */
static bool
after_comment(const struct edit *e)
{
	struct slice gap =
	    slice_of(e->text.p + e->before, e->start - e->before);
	return slice_find(gap, '#') < gap.n;
}

/* Behind "=". */
static enum err
take_value(struct edit *e, struct value *out)
{
	struct elem **tail = &out->elem;
	enum err err = ERR_OK;

	*out = (struct value){.pos = e->tok.pos, .start = e->start};
	if (!take(e, TOKEN_OPEN)) {
		err = take_elem(e, &tail);
		out->end = e->before;
		return err;
	}
	out->is_list = true;
	while (err == ERR_OK) {
		out->commented = out->commented || after_comment(e);
		if (take(e, TOKEN_CLOSE))
			break;
		if (e->tok.kind == TOKEN_COMMA && out->elem != NULL)
			advance(e);
		else
			err = take_elem(e, &tail);
	}
	out->end = e->before;
	return err;
}

/* ---- going through the text ---- */

static bool
is_label(const struct level *l, struct slice label)
{
	struct slice a, b;
	return schema_label(l->id, l->label, &a) &&
	       schema_label(l->id, label, &b) && slice_eq_nocase(a, b);
}

static bool
is_next(const struct edit *e, struct slice name, struct slice label)
{
	if (e->met == e->levels)
		return false;
	const struct level *l = &e->level[e->met + 1];
	return schema_section_is(l->id, name) &&
	       (conf_sections[l->id].label == LABEL_NONE || is_label(l, label));
}

static struct anchor
anchor(const struct edit *e, size_t item, uint32_t line)
{
	return (struct anchor){.item = item,
	    .end = e->before,
	    .same_line = e->tok.kind != TOKEN_END && e->tok.pos.line == line,
	    .there = true};
}

/* An item has ended, with a token in that line; it is in one of the sections
 * on the way. */
static void
ended(struct edit *e, struct level *l, size_t item, uint32_t line, bool option)
{
	l->last = anchor(e, item, line);
	l->last.is_option = option;
	if (option)
		l->option = l->last;
}

/* Behind NAME "=". */
static enum err
walk_option(struct edit *e, struct slice name, bool here)
{
	struct value v;
	enum err err = take_value(e, &v);
	bool wanted =
	    e->at != NULL
		? v.pos.line == e->at->line && v.pos.column == e->at->column
		: here && e->met == e->levels && slice_eq(name, e->name);
	if (err == ERR_OK && wanted && !e->found) {
		e->found = true;
		e->value = v;
	}
	return err;
}

static enum err
walk_include(struct edit *e)
{
	advance(e);
	if (e->tok.kind != TOKEN_WORD && e->tok.kind != TOKEN_STRING)
		return ERR_SYNTAX;
	advance(e);
	return take(e, TOKEN_PAREN_CLOSE) ? ERR_OK : ERR_SYNTAX;
}

/* Where the walk is: so many braces deep, of which so many lie on the way. */
struct at {
	size_t depth, on_way;
	size_t deepest;              /* the way was met so far */
	size_t item[LEVELS_MAX + 1]; /* that opened the section */
};

static enum err
walk_section(struct edit *e, struct at *at, struct slice name, size_t item)
{
	struct slice label = SLICE_EMPTY;
	bool here = at->depth == at->on_way;
	if (e->tok.kind == TOKEN_STRING) {
		label = e->tok.text;
		advance(e);
	}
	uint32_t line = e->tok.pos.line;
	if (!take(e, TOKEN_OPEN))
		return ERR_SYNTAX;
	at->depth++;
	e->met = at->on_way;
	if (!here || !is_next(e, name, label))
		return ERR_OK;
	at->on_way++;
	at->deepest = at->on_way > at->deepest ? at->on_way : at->deepest;
	at->item[at->on_way] = item;
	struct level *l = &e->level[at->on_way];
	l->last = anchor(e, item, line);
	l->last.opens = true;
	return ERR_OK;
}

static enum err
walk_close(struct edit *e, struct at *at, uint32_t *line)
{
	if (at->depth == 0)
		return ERR_SYNTAX;
	*line = e->tok.pos.line;
	advance(e);
	if (at->depth-- == at->on_way && at->on_way > 0)
		at->on_way--;
	return ERR_OK;
}

/* One item, or the brace that ends a section. */
static enum err
walk_item(struct edit *e, struct at *at)
{
	struct slice name = e->tok.text;
	size_t item = e->start;
	uint32_t line = e->tok.pos.line;
	enum err err;
	bool option = false;

	if (e->tok.kind == TOKEN_CLOSE) {
		size_t way = at->on_way;
		err = walk_close(e, at, &line);
		item = at->on_way < way ? at->item[way] : item;
	} else if (!take(e, TOKEN_WORD)) {
		return ERR_SYNTAX;
	} else if (e->tok.kind == TOKEN_PAREN_OPEN) {
		err = walk_include(e);
	} else if (take(e, TOKEN_EQUALS)) {
		e->met = at->on_way;
		err = walk_option(e, name, at->depth == at->on_way);
		option = true;
	} else {
		return walk_section(e, at, name, item);
	}
	/* The line that it ends on, which a list may have more than one of. */
	for (size_t i = item; option && i < e->before; i++)
		line += e->text.p[i] == '\n';
	if (err == ERR_OK && at->depth == at->on_way)
		ended(e, &e->level[at->on_way], item, line, option);
	return err;
}

static enum err
walk(struct edit *e)
{
	struct at at = {0};
	enum err err = ERR_OK;

	while (err == ERR_OK && e->tok.kind != TOKEN_END)
		err = walk_item(e, &at);
	e->met = at.deepest;
	if (err == ERR_OK && (at.depth > 0 || e->report.errors > 0))
		err = ERR_SYNTAX;
	return err;
}

/* ---- writing ---- */

static void
copy(struct buf *out, struct slice text, size_t from, size_t to)
{
	buf_add(out, slice_to(slice_from(text, from), to - from));
}

/* The value to be written, and the text it is a part of. */
struct fresh {
	struct edit e;
	struct value v;
};

static enum err
read_fresh(struct fresh *f, struct slice value)
{
	begin(&f->e, slice_trim(value));
	enum err err = take_value(&f->e, &f->v);
	/* What is behind it would be another item, or end as a comment. */
	if (err == ERR_OK &&
	    (f->e.report.errors > 0 || f->e.tok.kind != TOKEN_END ||
		f->v.start != 0 || f->v.end != f->e.text.n || f->v.commented ||
		slice_find(f->e.text, '\n') < f->e.text.n))
		err = ERR_SYNTAX;
	return err;
}

static const struct elem *
same_elem(const struct elem *in, struct slice text)
{
	while (in != NULL && !slice_eq(in->text, text))
		in = in->next;
	return in;
}

/* What stands between two tokens, its comma left out. */
static void
add_gap(struct buf *out, struct slice text, size_t from, size_t to)
{
	bool comment = false;
	for (size_t i = from; i < to; i++) {
		comment = (comment || text.p[i] == '#') && text.p[i] != '\n';
		if (comment || text.p[i] != ',')
			buf_add_byte(out, text.p[i]);
	}
}

static bool
any_stays(const struct elem *old, const struct elem *fresh)
{
	while (old != NULL && same_elem(fresh, old->text) == NULL)
		old = old->next;
	return old != NULL;
}

/* From *n up to stop, each followed by a comma if another one follows. */
static void
add_fresh(const struct fresh *f, const struct elem **n, const struct elem *stop,
    struct buf *out)
{
	for (; *n != stop; *n = (*n)->next) {
		copy(out, f->e.text, (*n)->start, (*n)->end);
		buf_add_str(out, (*n)->next != NULL ? ", " : "");
	}
}

/* The new list in its order, made of the items of the old one where they
 * stand, with the comments where they are. */
static void
write_list(const struct edit *e, const struct fresh *f, struct buf *out)
{
	const struct elem *o = e->value.elem, *next = f->v.elem;
	size_t at = e->value.start + 1;
	bool none = !any_stays(o, next);

	buf_add_byte(out, '{');
	if (o == NULL)
		add_fresh(f, &next, NULL, out);
	for (; o != NULL; at = o->end, o = o->next) {
		add_gap(out, e->text, at, o->start);
		if (none)
			add_fresh(f, &next, NULL, out);
		const struct elem *same = same_elem(next, o->text);
		if (same == NULL)
			continue;
		add_fresh(f, &next, same, out);
		copy(out, e->text, o->start, o->end);
		next = next->next;
		if (next == NULL)
			continue;
		buf_add_byte(out, ',');
		if (any_stays(o->next, next))
			continue;
		buf_add_byte(out, ' ');
		add_fresh(f, &next, NULL, out);
	}
	add_gap(out, e->text, at, e->value.end);
}

static void
replace(const struct edit *e, const struct fresh *f, struct buf *out)
{
	copy(out, e->text, 0, e->value.start);
	if (e->value.commented)
		write_list(e, f, out);
	else
		buf_add(out, f->e.text);
	copy(out, e->text, e->value.end, e->text.n);
}

/* The space at the front of the line in which at is. */
static struct slice
indent(struct slice text, size_t at)
{
	size_t from = slice_rfind(slice_to(text, at), '\n');
	from = from == at ? 0 : from + 1;
	size_t to = from;
	while (to < at && (text.p[to] == ' ' || text.p[to] == '\t'))
		to++;
	return slice_to(slice_from(text, from), to - from);
}

static void
insert_in_line(const struct edit *e, const struct anchor *a, struct slice item,
    struct buf *out)
{
	copy(out, e->text, 0, a->end);
	buf_add_byte(out, ' ');
	buf_add(out, item);
	if (e->text.p[a->end] != ' ' && e->text.p[a->end] != '\t')
		buf_add_byte(out, ' ');
	copy(out, e->text, a->end, e->text.n);
}

static void
insert_line(const struct edit *e, const struct anchor *a, struct slice item,
    struct buf *out)
{
	struct slice text = e->text;
	size_t lf = slice_find(slice_from(text, a->end), '\n') + a->end;
	size_t first = slice_find(text, '\n');
	bool crlf = first < text.n && first > 0 && text.p[first - 1] == '\r';
	const char *eol = crlf ? "\r\n" : "\n";

	if (lf < text.n) {
		copy(out, text, 0, lf + 1);
	} else {
		copy(out, text, 0, text.n);
		buf_add_str(out, eol);
	}
	buf_add(out, indent(text, a->item));
	buf_add_str(out, a->opens ? "\t" : "");
	buf_add(out, item);
	buf_add_str(out, eol);
	copy(out, text, lf + 1, text.n);
}

/* A file that has no item at all: before what there is. */
static void
insert_first(const struct edit *e, struct slice item, struct buf *out)
{
	size_t mark = (size_t)(e->lex.in.p - e->text.p);
	copy(out, e->text, 0, mark);
	buf_add(out, item);
	buf_add_byte(out, '\n');
	copy(out, e->text, mark, e->text.n);
}

/* Into the deepest section of the way that there is; those that are not are
 * written around it. */
static void
insert(const struct edit *e, const struct fresh *f, struct buf *out)
{
	const struct level *l = &e->level[e->met];
	struct buf item;

	buf_init(&item, CONF_TEXT_MAX);
	for (size_t i = e->met + 1; i <= e->levels; i++) {
		const struct level *new = &e->level[i];
		buf_add_str(&item, conf_sections[new->id].name);
		buf_add_byte(&item, ' ');
		if (conf_sections[new->id].label != LABEL_NONE) {
			value_show_string(new->label, &item);
			buf_add_byte(&item, ' ');
		}
		buf_add_str(&item, "{ ");
	}
	buf_add(&item, e->name);
	buf_add_str(&item, " = ");
	buf_add(&item, f->e.text);
	for (size_t i = e->met; i < e->levels; i++)
		buf_add_str(&item, " }");
	const struct anchor *a =
	    e->met == e->levels && l->option.there ? &l->option : &l->last;
	if (!a->there)
		insert_first(e, buf_slice(&item), out);
	else if (a->same_line)
		insert_in_line(e, a, buf_slice(&item), out);
	else
		insert_line(e, a, buf_slice(&item), out);
	if (buf_err(&item) != ERR_OK)
		out->err = buf_err(&item);
	buf_free(&item);
}

/* ---- the two ways to ask ---- */

/* "listen.mx.auth" taken apart, as override.c does. */
static enum err
read_name(struct edit *e, struct slice name)
{
	enum section_id s = SECTION_TOP;
	size_t dot;

	while ((dot = slice_find(name, '.')) < name.n) {
		struct level *l = &e->level[e->levels + 1];
		s = schema_section(s, slice_to(name, dot));
		if (s == SECTION_COUNT || e->levels == LEVELS_MAX)
			return ERR_SYNTAX;
		e->levels++;
		l->id = s;
		name = slice_from(name, dot + 1);
		if (conf_sections[s].label == LABEL_NONE)
			continue;
		dot = slice_rfind(name, '.');
		l->label = slice_to(name, dot);
		name = slice_from(name, dot + 1);
		struct slice known;
		if (!schema_label(s, l->label, &known))
			return ERR_SYNTAX;
	}
	e->name = name;
	return schema_option(s, name) != NULL ? ERR_OK : ERR_SYNTAX;
}

static enum err
apply(struct edit *e, struct slice value, bool make, struct buf *out)
{
	struct fresh f;
	enum err err = read_fresh(&f, value);
	if (err == ERR_OK)
		err = walk(e);
	if (err == ERR_OK && e->found)
		replace(e, &f, out);
	else if (err == ERR_OK && e->at == NULL &&
		 (make || e->met == e->levels))
		insert(e, &f, out);
	else if (err == ERR_OK)
		err = ERR_NOT_FOUND;
	end(&f.e);
	return err != ERR_OK ? err : buf_err(out);
}

enum err
conf_edit_at(struct slice text, const struct conf_pos *pos, struct slice value,
    struct buf *out)
{
	struct edit e;
	begin(&e, text);
	e.at = pos;
	enum err err = apply(&e, value, false, out);
	end(&e);
	return err;
}

enum err
conf_edit_set(struct slice text, const struct conf_override *set, bool make,
    struct buf *out)
{
	struct edit e;
	begin(&e, text);
	enum err err = read_name(&e, set->name);
	if (err == ERR_OK)
		err = apply(&e, set->value, make, out);
	end(&e);
	return err;
}
