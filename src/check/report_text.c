#include "check/report_tree.h"
#include "check/tr.h"

/* Where the text goes, and how. */
struct pen {
	struct buf *out;
	const struct render *how;
	size_t width;
};

#define LABEL_MAX 40 /* columns that labels are aligned to at most */

static const char *const mood_escapes[] = {
    [MOOD_PLAIN] = "",
    [MOOD_GOOD] = "\x1b[32m",
    [MOOD_WARN] = "\x1b[33m",
    [MOOD_BAD] = "\x1b[31m",
    [MOOD_DIM] = "\x1b[2m",
};
static const char bold[] = "\x1b[1m";

static void
colour(struct pen *p, const char *escape)
{
	if (p->how->colour)
		buf_add_str(p->out, escape);
}

static void
plain(struct pen *p, enum report_mood mood)
{
	if (mood != MOOD_PLAIN)
		colour(p, "\x1b[0m");
}

static void
spaces(struct pen *p, size_t n)
{
	while (n-- > 0)
		buf_add_byte(p->out, ' ');
}

/* One line, broken between words; what follows a break stands at indent. at is
 * the column where the pen is. */
static void
put_line(struct pen *p, struct slice line, size_t indent, size_t at)
{
	bool first = true;

	while (line.n > 0) {
		size_t gap = 0;
		while (gap < line.n && line.p[gap] == ' ')
			gap++;
		struct slice word = slice_from(line, gap);
		word = slice_to(word, slice_find(word, ' '));
		size_t columns = report_columns(word);
		if (!first && at + gap + columns > p->width) {
			buf_add_byte(p->out, '\n');
			spaces(p, at = indent);
			gap = word.n > 0 ? 0 : gap;
		} else {
			spaces(p, gap);
			at += gap;
		}
		report_add_shown(p->out, word);
		at += columns;
		line = slice_from(line, (size_t)(word.p - line.p) + word.n);
		first = false;
	}
}

/* Text of several lines, each at indent. */
static void
put_text(struct pen *p, struct slice text, size_t indent, size_t at)
{
	struct slice line;
	bool first = true;

	while (report_line_next(&text, &line)) {
		if (!first) {
			buf_add_byte(p->out, '\n');
			spaces(p, at = indent);
		}
		put_line(p, line, indent, at);
		first = false;
	}
}

/* ---- facts ---- */

static size_t
label_width(const struct report_node *section, const struct render *how)
{
	size_t width = 0;

	for (const struct report_node *n = section->first; n != NULL;
	     n = n->next) {
		if (n->kind != NODE_FACT || !report_shown(n, how))
			continue;
		size_t w = report_columns(slice_str(tr(n->label)));
		if (w > LABEL_MAX)
			w = 1; /* it has a line of its own */
		if (w > width)
			width = w;
	}
	return width;
}

static void
put_fact(
    struct pen *p, const struct report_node *n, size_t indent, size_t width)
{
	struct slice label = slice_str(tr(n->label));
	size_t w = report_columns(label), at = indent + width + 2;

	spaces(p, indent);
	colour(p, mood_escapes[MOOD_DIM]);
	report_add_shown(p->out, label);
	plain(p, MOOD_DIM);
	if (w > width) {
		buf_add_byte(p->out, '\n');
		spaces(p, indent);
		w = 0;
	}
	spaces(p, width - w + 2);
	colour(p, mood_escapes[n->value.mood]);
	put_text(p, report_people(&n->value), at, at);
	plain(p, n->value.mood);
	buf_add_byte(p->out, '\n');
}

/* ---- tables ---- */

/* A cell is one line. */
static void
put_cell(struct pen *p, struct slice text)
{
	struct slice line;
	bool first = true;

	while (report_line_next(&text, &line)) {
		if (!first)
			buf_add_byte(p->out, ' ');
		report_add_shown(p->out, line);
		first = false;
	}
}

static size_t
cell_width(struct slice text)
{
	struct slice line;
	size_t width = 0;
	bool first = true;

	while (report_line_next(&text, &line)) {
		width += report_columns(line) + (first ? 0 : 1);
		first = false;
	}
	return width;
}

static void
column_widths(const struct report_node *t, size_t width[REPORT_COLUMNS_MAX])
{
	for (size_t i = 0; i < t->column_n; i++) {
		width[i] = cell_width(slice_str(tr(t->columns[i].label)));
		for (const struct report_row *r = t->rows; r != NULL;
		     r = r->next) {
			size_t w = cell_width(report_people(&r->v[i]));
			if (w > width[i])
				width[i] = w;
		}
	}
}

static void
put_table(struct pen *p, const struct report_node *t, size_t indent)
{
	size_t width[REPORT_COLUMNS_MAX];

	column_widths(t, width);
	for (const struct report_row *r = NULL;;) {
		spaces(p, indent);
		for (size_t i = 0; i < t->column_n; i++) {
			struct slice cell =
			    r != NULL ? report_people(&r->v[i])
				      : slice_str(tr(t->columns[i].label));
			enum report_mood mood =
			    r != NULL ? r->v[i].mood : MOOD_DIM;
			colour(p, mood_escapes[mood]);
			put_cell(p, cell);
			plain(p, mood);
			if (i + 1 < t->column_n)
				spaces(p, width[i] - cell_width(cell) + 2);
		}
		buf_add_byte(p->out, '\n');
		r = r == NULL ? t->rows : r->next;
		if (r == NULL)
			break;
	}
}

/* ---- transcripts ---- */

static const char *
arrow(char who)
{
	switch (who) {
	case '>':
		return "--> ";
	case '<':
		return "<-- ";
	case '~':
		return "~~> ";
	case '}':
		return "<~~ ";
	case '*':
		return "*   ";
	default:
		return "";
	}
}

static void
put_lines(struct pen *p, const struct report_node *t, size_t indent)
{
	for (const struct report_line *l = t->lines; l != NULL; l = l->next) {
		struct slice rest = l->text, line;
		if (rest.p == NULL)
			rest = SLICE("");
		while (report_line_next(&rest, &line)) {
			spaces(p, indent);
			buf_printf(p->out, "[%03llu.%03u] %s",
			    (unsigned long long)(l->ms / 1000),
			    (unsigned)(l->ms % 1000), arrow(l->who));
			report_add_shown(p->out, line);
			buf_add_byte(p->out, '\n');
		}
	}
}

/* ---- sections ---- */

static void put_parts(
    struct pen *p, const struct report_node *section, size_t indent);

/* Above everything that is not a fact stand an empty line and its label; of
 * lists, what the first fact of the element says. */
static void
put_heading(struct pen *p, const struct report_node *n, size_t indent)
{
	struct slice label = slice_str(tr(n->label));
	const struct report_node *name = n->element ? n->first : NULL;

	buf_add_byte(p->out, '\n');
	spaces(p, indent);
	colour(p, bold);
	report_add_shown(p->out, label);
	if (name != NULL && name->kind == NODE_FACT &&
	    name->value.type == VALUE_TEXT) {
		buf_add_str(p->out, label.n > 0 ? " " : "");
		put_cell(p, name->value.text);
	}
	plain(p, MOOD_DIM);
	buf_add_byte(p->out, '\n');
}

static void
put_part(struct pen *p, const struct report_node *n, size_t indent)
{
	const struct report_node *each;

	switch (n->kind) {
	case NODE_SECTION:
		put_heading(p, n, indent);
		put_parts(p, n, indent + 2);
		break;
	case NODE_LIST:
		for (each = n->first; each != NULL; each = each->next)
			if (report_shown(each, p->how))
				put_part(p, each, indent);
		break;
	case NODE_TABLE:
		put_heading(p, n, indent);
		put_table(p, n, indent + 2);
		break;
	case NODE_TRANSCRIPT:
		put_heading(p, n, indent);
		put_lines(p, n, indent + 2);
		break;
	case NODE_FACT:
	case NODE_NOWHERE:
		break;
	}
}

/* Facts first, so that none stands below the heading of something else. */
static void
put_parts(struct pen *p, const struct report_node *section, size_t indent)
{
	size_t width = label_width(section, p->how);
	const struct report_node *n;

	for (n = section->first; n != NULL; n = n->next)
		if (n->kind == NODE_FACT && report_shown(n, p->how))
			put_fact(p, n, indent, width);
	for (n = section->first; n != NULL; n = n->next)
		if (n->kind != NODE_FACT && report_shown(n, p->how))
			put_part(p, n, indent);
}

/* ---- the whole ---- */

static void
put_answer(struct pen *p, const struct report *r)
{
	static const char *const words[] = {[CHECK_GOOD] = N_("good"),
	    [CHECK_BAD] = N_("bad"),
	    [CHECK_UNKNOWN] = N_("unknown")};
	static const enum report_mood moods[] = {[CHECK_GOOD] = MOOD_GOOD,
	    [CHECK_BAD] = MOOD_BAD,
	    [CHECK_UNKNOWN] = MOOD_WARN};
	enum check_answer a = report_verdict(r);

	put_cell(p, r->question);
	buf_add_str(p->out, ": ");
	colour(p, mood_escapes[moods[a]]);
	buf_add_str(p->out, tr(words[a]));
	plain(p, moods[a]);
	buf_add_byte(p->out, '\n');
}

static void
put_finding(struct pen *p, const struct report_finding *f)
{
	static const char *const words[] = {[SEVERITY_INFO] = N_("note"),
	    [SEVERITY_WARN] = N_("warning"),
	    [SEVERITY_BAD] = N_("fault")};
	static const enum report_mood moods[] = {[SEVERITY_INFO] = MOOD_DIM,
	    [SEVERITY_WARN] = MOOD_WARN,
	    [SEVERITY_BAD] = MOOD_BAD};
	struct slice word = slice_str(tr(words[f->severity]));

	buf_add_byte(p->out, '\n');
	colour(p, mood_escapes[moods[f->severity]]);
	buf_add(p->out, word);
	plain(p, moods[f->severity]);
	buf_add_byte(p->out, ' ');
	report_add_shown(p->out, slice_str(f->code));
	buf_add_str(p->out, "\n  ");
	put_text(p, f->text, 2, 2);
	if (f->cure.n > 0) {
		buf_add_str(p->out, "\n  -> ");
		put_text(p, f->cure, 5, 5);
	}
	buf_add_byte(p->out, '\n');
}

void
render_text(const struct report *r, const struct render *how, struct buf *out)
{
	struct pen p = {out, how, how->width == 0 ? 80 : how->width};
	const struct report_finding *f = NULL;

	put_answer(&p, r);
	while ((f = report_finding_next(r, f)) != NULL)
		put_finding(&p, f);
	if (r->findings != NULL && r->root.first != NULL &&
	    label_width(&r->root, how) > 0)
		buf_add_byte(out, '\n');
	put_parts(&p, &r->root, 0);
	if (r->cut) {
		buf_add_byte(out, '\n');
		buf_add_str(out, tr("There was more than a report holds; "
				    "some of it was left out."));
		buf_add_byte(out, '\n');
	}
}
