#include "check/report_page.h"
#include "check/report_tree.h"
#include "check/tr.h"

struct page {
	struct buf *out;
	const struct render *how;
};

static const char *const mood_names[] = {
    [MOOD_PLAIN] = "plain",
    [MOOD_GOOD] = "good",
    [MOOD_WARN] = "warn",
    [MOOD_BAD] = "bad",
    [MOOD_DIM] = "dim",
};

/* ---- values ---- */

static void
add_value(struct page *p, const char *element, const struct report_value *v)
{
	buf_printf(p->out, "<%s class=\"%s\">", element, mood_names[v->mood]);
	page_text(p->out, report_people(v));
	buf_printf(p->out, "</%s>", element);
}

static void
add_facts(struct page *p, const struct report_node *section)
{
	bool begun = false;

	for (const struct report_node *n = section->first; n != NULL;
	     n = n->next) {
		if (n->kind != NODE_FACT || !report_shown(n, p->how))
			continue;
		buf_add_str(p->out, begun ? "<dt>" : "<dl>\n<dt>");
		page_text(p->out, slice_str(tr(n->label)));
		buf_add_str(p->out, "</dt>");
		add_value(p, "dd", &n->value);
		buf_add_byte(p->out, '\n');
		begun = true;
	}
	if (begun)
		buf_add_str(p->out, "</dl>\n");
}

static void
add_table(struct page *p, const struct report_node *t)
{
	buf_add_str(p->out, "<div class=\"wide\"><table>\n<tr>");
	for (size_t i = 0; i < t->column_n; i++) {
		buf_add_str(p->out, "<th>");
		page_text(p->out, slice_str(tr(t->columns[i].label)));
		buf_add_str(p->out, "</th>");
	}
	buf_add_str(p->out, "</tr>\n");
	for (const struct report_row *r = t->rows; r != NULL; r = r->next) {
		buf_add_str(p->out, "<tr>");
		for (size_t i = 0; i < t->column_n; i++)
			add_value(p, "td", &r->v[i]);
		buf_add_str(p->out, "</tr>\n");
	}
	buf_add_str(p->out, "</table></div>\n");
}

/* ---- transcripts ---- */

static const struct {
	char who;
	const char *name, *arrow;
} voices[] = {
    {'>', "we", "--&gt; "},
    {'<', "they", "&lt;-- "},
    {'~', "we", "~~&gt; "},
    {'}', "they", "&lt;~~ "},
    {'*', "remark", "*   "},
    {' ', "plain", ""},
};

static void
add_lines(struct page *p, const struct report_node *t)
{
	buf_add_str(p->out, "<pre>");
	for (const struct report_line *l = t->lines; l != NULL; l = l->next) {
		struct slice rest = l->text, line;
		size_t v = 0;
		while (voices[v].who != l->who && voices[v].who != ' ')
			v++;
		if (rest.p == NULL)
			rest = SLICE("");
		while (report_line_next(&rest, &line)) {
			buf_printf(p->out,
			    "<span class=\"%s\">[%03llu.%03u] %s",
			    voices[v].name, (unsigned long long)(l->ms / 1000),
			    (unsigned)(l->ms % 1000), voices[v].arrow);
			page_text(p->out, line);
			buf_add_str(p->out, "</span>\n");
		}
	}
	buf_add_str(p->out, "</pre>\n");
}

/* ---- sections ---- */

static void add_parts(
    struct page *p, const struct report_node *section, unsigned depth);

static void
add_heading(struct page *p, const struct report_node *n, unsigned depth)
{
	const struct report_node *name = n->element ? n->first : NULL;
	struct slice label = slice_str(tr(n->label));
	unsigned level = depth < 4 ? depth + 2 : 6;

	buf_printf(p->out, "<h%u>", level);
	page_text(p->out, label);
	if (name != NULL && name->kind == NODE_FACT &&
	    name->value.type == VALUE_TEXT) {
		buf_add_str(p->out, label.n > 0 ? " " : "");
		page_text(p->out, name->value.text);
	}
	buf_printf(p->out, "</h%u>\n", level);
}

static void
add_part(struct page *p, const struct report_node *n, unsigned depth)
{
	const struct report_node *each;

	switch (n->kind) {
	case NODE_SECTION:
		buf_add_str(p->out, "<section>\n");
		add_heading(p, n, depth);
		add_parts(p, n, depth + 1);
		buf_add_str(p->out, "</section>\n");
		break;
	case NODE_LIST:
		for (each = n->first; each != NULL; each = each->next)
			if (report_shown(each, p->how))
				add_part(p, each, depth);
		break;
	case NODE_TABLE:
		add_heading(p, n, depth);
		add_table(p, n);
		break;
	case NODE_TRANSCRIPT:
		add_heading(p, n, depth);
		add_lines(p, n);
		break;
	case NODE_FACT:
	case NODE_NOWHERE:
		break;
	}
}

static void
add_parts(struct page *p, const struct report_node *section, unsigned depth)
{
	const struct report_node *n;

	add_facts(p, section);
	for (n = section->first; n != NULL; n = n->next)
		if (n->kind != NODE_FACT && report_shown(n, p->how))
			add_part(p, n, depth);
}

/* ---- the whole ---- */

static void
add_findings(struct page *p, const struct report *r)
{
	static const char *const words[] = {[SEVERITY_INFO] = N_("note"),
	    [SEVERITY_WARN] = N_("warning"),
	    [SEVERITY_BAD] = N_("fault")};
	const struct report_finding *f = NULL;

	if (r->findings == NULL)
		return;
	buf_add_str(p->out, "<ul>\n");
	while ((f = report_finding_next(r, f)) != NULL) {
		buf_printf(p->out, "<li class=\"%s\"><p><b>",
		    f->severity == SEVERITY_INFO
			? "dim"
			: report_severity_name(f->severity));
		page_text(p->out, slice_str(tr(words[f->severity])));
		buf_add_str(p->out, "</b> <code>");
		page_text(p->out, slice_str(f->code));
		buf_add_str(p->out, "</code></p><p>");
		page_text(p->out, f->text);
		buf_add_str(p->out, "</p>");
		if (f->cure.n > 0) {
			buf_add_str(p->out, "<p class=\"cure\">");
			page_text(p->out, f->cure);
			buf_add_str(p->out, "</p>");
		}
		buf_add_str(p->out, "</li>\n");
	}
	buf_add_str(p->out, "</ul>\n");
}

void
render_html(const struct report *r, const struct render *how, struct buf *out)
{
	struct page p = {out, how};

	page_head(out, r->question);
	buf_add_str(out, "<h1>");
	page_text(out, r->question);
	buf_add_str(out, "</h1>\n<p>");
	page_badge(out, report_verdict(r));
	buf_add_str(out, "</p>\n");
	add_findings(&p, r);
	add_parts(&p, &r->root, 0);
	if (r->cut) {
		buf_add_str(out, "<p>");
		page_text(
		    out, slice_str(tr("There was more than a report holds; "
				      "some of it was left out.")));
		buf_add_str(out, "</p>\n");
	}
	page_tail(out);
}
