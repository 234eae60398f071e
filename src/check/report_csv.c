#include "base/utf8.h"
#include "check/report_tree.h"

/* Blocks with a line of names above each, an empty line between: facts, then
 * findings, tables and transcripts. The first column tells which part it is:
 * "mx[0].name". */
struct sheet {
	struct buf *out;
	const struct render *how;
	struct buf path;
};

#define PATH_MAX_OCTETS 1024

/* What a spreadsheet takes for the beginning of a formula, also in the wide
 * forms of East Asian writing, behind blanks and quotes. */
static bool
is_formula(struct slice s)
{
	static const char *const marks[] = {"=", "+", "-", "@", "\xef\xbc\x9d",
	    "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};

	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '"'))
		s = slice_from(s, 1);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (slice_starts(s, slice_str(marks[i])))
			return true;
	return false;
}

static bool
is_word(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '_')
			return false;
	return true;
}

/* A spreadsheet of a country with decimal commas splits at ";", and takes our
 * quotes, which then stand within a field, for text: there must be no end of a
 * line in a cell, and no formula behind what may be a separator. */
static void
add_cell(struct buf *b, struct slice s)
{
	bool begins = true;

	if (is_word(s)) {
		buf_add(b, s);
		return;
	}
	buf_add_byte(b, '"');
	while (s.n > 0) {
		if (begins && is_formula(s))
			buf_add_byte(b, '\'');
		if (s.p[0] == '"')
			buf_add_byte(b, '"');
		size_t n = utf8_sequence(s);
		n = n > 0 ? n : 1;
		report_add_shown(b, slice_to(s, n));
		begins = s.p[0] == ';' || s.p[0] == '|';
		s = slice_from(s, n);
	}
	buf_add_byte(b, '"');
}

static void
add_cells(struct sheet *s, const struct slice *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_add_byte(s->out, ',');
		add_cell(s->out, v[i]);
	}
	buf_add_byte(s->out, '\n');
}

/* Machines read true and false; what is not known is empty. */
static struct slice
value_slice(const struct report_value *v)
{
	return v->type == VALUE_NULL ? SLICE_EMPTY : v->text;
}

static void
fact_block(struct sheet *s, const struct report_node *n)
{
	add_cells(s,
	    (struct slice[]){buf_slice(&s->path), value_slice(&n->value)}, 2);
}

static void
table_block(struct sheet *s, const struct report_node *t)
{
	struct slice v[REPORT_COLUMNS_MAX + 1] = {SLICE("part")};

	buf_add_byte(s->out, '\n');
	for (size_t i = 0; i < t->column_n; i++)
		v[i + 1] = slice_str(t->columns[i].key);
	add_cells(s, v, t->column_n + 1);
	v[0] = buf_slice(&s->path);
	for (const struct report_row *r = t->rows; r != NULL; r = r->next) {
		for (size_t i = 0; i < t->column_n; i++)
			v[i + 1] = value_slice(&r->v[i]);
		add_cells(s, v, t->column_n + 1);
	}
}

static void
transcript_block(struct sheet *s, const struct report_node *t)
{
	struct buf ms;

	buf_init(&ms, 32);
	buf_add_str(s->out, "\npart,ms,who,text\n");
	for (const struct report_line *l = t->lines; l != NULL; l = l->next) {
		buf_clear(&ms);
		buf_add_u64(&ms, l->ms);
		add_cells(s,
		    (struct slice[]){buf_slice(&s->path), buf_slice(&ms),
			slice_of(&l->who, 1), l->text},
		    4);
	}
	buf_free(&ms);
}

/* The path of a part: its parent's, then its key, or its number in a list. */
static size_t
push(struct sheet *s, const struct report_node *n, bool element, size_t index)
{
	size_t was = s->path.n;

	if (element)
		buf_printf(&s->path, "[%zu]", index);
	else
		buf_printf(&s->path, "%s%s", was > 0 ? "." : "", n->key);
	return was;
}

/* Once for the facts, once for the rest. */
static void
blocks(struct sheet *s, const struct report_node *in, bool facts)
{
	size_t index = 0;

	for (const struct report_node *n = in->first; n != NULL;
	     n = n->next, index++) {
		if (!report_shown(n, s->how))
			continue;
		size_t was = push(s, n, in->kind == NODE_LIST, index);
		if (n->kind == NODE_SECTION || n->kind == NODE_LIST)
			blocks(s, n, facts);
		else if (n->kind == NODE_FACT && facts)
			fact_block(s, n);
		else if (n->kind == NODE_TABLE && !facts)
			table_block(s, n);
		else if (n->kind == NODE_TRANSCRIPT && !facts)
			transcript_block(s, n);
		s->path.n = was;
	}
}

void
render_csv(const struct report *r, const struct render *how, struct buf *out)
{
	struct sheet s = {.out = out, .how = how};
	const struct report_finding *f = NULL;

	buf_init(&s.path, PATH_MAX_OCTETS);
	buf_add_str(out, "part,value\n");
	add_cells(&s, (struct slice[]){SLICE("question"), r->question}, 2);
	add_cells(&s,
	    (struct slice[]){SLICE("answer"),
		slice_str(report_answer_name(report_verdict(r)))},
	    2);
	blocks(&s, &r->root, true);
	if (r->findings != NULL)
		buf_add_str(out, "\npart,code,severity,text,cure\n");
	while ((f = report_finding_next(r, f)) != NULL)
		add_cells(&s,
		    (struct slice[]){SLICE("findings"), slice_str(f->code),
			slice_str(report_severity_name(f->severity)), f->text,
			f->cure},
		    5);
	blocks(&s, &r->root, false);
	buf_free(&s.path);
}

void
render_csv_line(struct slice target, const struct report *r, struct buf *out)
{
	struct sheet s = {.out = out};
	const char *code;
	struct buf codes;

	buf_init(&codes, PATH_MAX_OCTETS);
	for (size_t i = 0; (code = report_code(r, i)) != NULL; i++)
		buf_printf(&codes, "%s%s", i > 0 ? " " : "", code);
	add_cells(&s,
	    (struct slice[]){target,
		slice_str(report_answer_name(report_verdict(r))),
		buf_slice(&codes)},
	    3);
	buf_free(&codes);
}
