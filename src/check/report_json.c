#include "check/report_tree.h"

static void
add_string(struct buf *b, struct slice s)
{
	buf_add_byte(b, '"');
	buf_add_json(b, s);
	buf_add_byte(b, '"');
}

static void
add_key(struct buf *b, const char *key)
{
	add_string(b, slice_str(key));
	buf_add_byte(b, ':');
}

/* What every reader of JSON takes for a number: digits, no more than a signed
 * 64-bit integer holds. */
static bool
is_number(struct slice s)
{
	uint64_t n;

	return slice_u64(s, &n) && n <= INT64_MAX &&
	       (s.n == 1 || s.p[0] != '0');
}

static void
add_value(struct buf *b, const struct report_value *v)
{
	bool yes = slice_eq(v->text, SLICE("true"));

	switch (v->type) {
	case VALUE_NULL:
		buf_add_str(b, "null");
		return;
	case VALUE_BOOL:
		buf_add_str(b, yes ? "true" : "false");
		return;
	case VALUE_NUMBER:
		if (is_number(v->text)) {
			buf_add(b, v->text);
			return;
		}
		break;
	case VALUE_TEXT:
	case VALUE_WORD:
		break;
	}
	add_string(b, v->text);
}

static void
add_rows(struct buf *b, const struct report_node *table)
{
	buf_add_byte(b, '[');
	for (const struct report_row *r = table->rows; r != NULL; r = r->next) {
		for (size_t i = 0; i < table->column_n; i++) {
			buf_add_byte(b, i == 0 ? '{' : ',');
			add_key(b, table->columns[i].key);
			add_value(b, &r->v[i]);
		}
		buf_add_str(b, r->next != NULL ? "}," : "}");
	}
	buf_add_byte(b, ']');
}

static void
add_lines(struct buf *b, const struct report_node *transcript)
{
	const struct report_line *l = transcript->lines;

	buf_add_byte(b, '[');
	for (; l != NULL; l = l->next) {
		buf_printf(
		    b, "{\"ms\":%llu,\"who\":", (unsigned long long)l->ms);
		add_string(b, slice_of(&l->who, 1));
		buf_add_str(b, ",\"text\":");
		add_string(b, l->text);
		buf_add_str(b, l->next != NULL ? "}," : "}");
	}
	buf_add_byte(b, ']');
}

static void add_parts(struct buf *b, const struct report_node *section);

static void
add_list(struct buf *b, const struct report_node *list)
{
	const struct report_node *n = list->first;

	buf_add_byte(b, '[');
	for (; n != NULL; n = n->next) {
		buf_add_byte(b, '{');
		add_parts(b, n);
		buf_add_str(b, n->next != NULL ? "}," : "}");
	}
	buf_add_byte(b, ']');
}

static void
add_part(struct buf *b, const struct report_node *n)
{
	switch (n->kind) {
	case NODE_SECTION:
		buf_add_byte(b, '{');
		add_parts(b, n);
		buf_add_byte(b, '}');
		break;
	case NODE_LIST:
		add_list(b, n);
		break;
	case NODE_FACT:
		add_value(b, &n->value);
		break;
	case NODE_TABLE:
		add_rows(b, n);
		break;
	case NODE_TRANSCRIPT:
		add_lines(b, n);
		break;
	case NODE_NOWHERE:
		buf_add_str(b, "null");
		break;
	}
}

static void
add_parts(struct buf *b, const struct report_node *section)
{
	for (const struct report_node *n = section->first; n != NULL;
	     n = n->next) {
		if (n != section->first)
			buf_add_byte(b, ',');
		add_key(b, n->key);
		add_part(b, n);
	}
}

static void
add_findings(struct buf *b, const struct report *r)
{
	const struct report_finding *f = NULL;
	const char *comma = "";

	buf_add_str(b, "\"findings\":[");
	while ((f = report_finding_next(r, f)) != NULL) {
		buf_printf(b, "%s{\"code\":", comma);
		add_string(b, slice_str(f->code));
		buf_printf(b, ",\"severity\":\"%s\",\"text\":",
		    report_severity_name(f->severity));
		add_string(b, f->text);
		buf_add_str(b, ",\"cure\":");
		add_string(b, f->cure);
		buf_add_byte(b, '}');
		comma = ",";
	}
	buf_add_byte(b, ']');
}

void
render_json(const struct report *r, struct buf *out)
{
	buf_add_str(out, "{\"question\":");
	add_string(out, r->question);
	buf_printf(
	    out, ",\"answer\":\"%s\",", report_answer_name(report_verdict(r)));
	add_parts(out, &r->root);
	if (r->root.first != NULL)
		buf_add_byte(out, ',');
	if (r->cut)
		buf_add_str(out, "\"cut\":true,");
	add_findings(out, r);
	buf_add_str(out, "}\n");
}
