#include "check/report_page.h"
#include "check/report_tree.h"
#include "check/tr.h"

/* A name of a file that needs no escaping in an address and cannot be one of
 * elsewhere. */
static bool
is_file(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' &&
		    s.p[i] != '.')
			return false;
	return s.n > 0;
}

static void
add_entry(struct buf *b, const struct render_entry *e)
{
	buf_add_str(b, "<tr><td>");
	if (is_file(e->file)) {
		buf_add_str(b, "<a href=\"");
		page_text(b, e->file);
		buf_add_str(b, "\">");
	}
	page_text(b, e->target);
	buf_add_str(b, is_file(e->file) ? "</a></td><td>" : "</td><td>");
	page_badge(b, e->answer);
	buf_printf(
	    b, "</td><td>%zu</td><td>%zu</td></tr>\n", e->faults, e->warnings);
}

void
render_index(
    struct slice title, const struct render_entry *v, size_t n, struct buf *out)
{
	static const char *const heads[] = {
	    N_("Target"), N_("Answer"), N_("Faults"), N_("Warnings")};

	page_head(out, title);
	buf_add_str(out, "<h1>");
	page_text(out, title);
	buf_add_str(out, "</h1>\n<div class=\"wide\"><table>\n<tr>");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		buf_add_str(out, "<th>");
		page_text(out, slice_str(tr(heads[i])));
		buf_add_str(out, "</th>");
	}
	buf_add_str(out, "</tr>\n");
	for (size_t i = 0; i < n; i++)
		add_entry(out, &v[i]);
	buf_add_str(out, "</table></div>\n");
	page_tail(out);
}
