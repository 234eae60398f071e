#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/report_tree.h"
#include "check/tr.h"

struct report *
report_new(struct slice question)
{
	struct report *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	arena_init(&r->arena, REPORT_MEMORY);
	r->root.kind = NODE_SECTION;
	r->root.key = r->root.label = "";
	r->nowhere.kind = NODE_NOWHERE;
	r->cut = !arena_slice(&r->arena, question, &r->question);
	return r;
}

void
report_free(struct report *r)
{
	if (r == NULL)
		return;
	arena_reset(&r->arena);
	free(r);
}

bool
report_cut(const struct report *r)
{
	return r->cut;
}

struct report_node *
report_root(struct report *r)
{
	return &r->root;
}

/* ---- the tree ---- */

static struct report_node *
nowhere(struct report *r)
{
	r->cut = true;
	return &r->nowhere;
}

static struct report_node *
find(const struct report_node *in, const char *key)
{
	for (struct report_node *n = in->first; n != NULL; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

/* These are the report's own in JSON. */
static bool
reserved(const struct report *r, const struct report_node *in, const char *key)
{
	static const char *const own[] = {
	    "question", "answer", "findings", "cut"};

	for (size_t i = 0; in == &r->root && i < sizeof(own) / sizeof(*own);
	     i++)
		if (strcmp(own[i], key) == 0)
			return true;
	return false;
}

static struct report_node *
append(struct report *r, struct report_node *in, enum node_kind kind,
    const char *key, const char *label, enum report_level level)
{
	struct report_node *n = arena_alloc(&r->arena, sizeof(*n));

	if (n == NULL)
		return nowhere(r);
	n->kind = kind;
	n->level = level;
	n->key = arena_str(&r->arena, slice_str(key));
	n->label = arena_str(&r->arena, slice_str(label));
	if (n->key == NULL || n->label == NULL)
		return nowhere(r);
	if (in->last != NULL)
		in->last->next = n;
	else
		in->first = n;
	in->last = n;
	return n;
}

/* The part of that key, made if it is not there yet. One key is one thing: a
 * second of another kind is left out. */
static struct report_node *
part(struct report *r, struct report_node *in, enum node_kind kind,
    const char *key, const char *label, enum report_level level)
{
	if ((in->kind != NODE_SECTION) || reserved(r, in, key))
		return nowhere(r);
	struct report_node *n = find(in, key);
	if (n == NULL)
		return append(r, in, kind, key, label, level);
	return n->kind == kind ? n : nowhere(r);
}

struct report_node *
report_section(struct report *r, struct report_node *in, const char *key,
    const char *label, bool list, enum report_level level)
{
	if (!list)
		return part(r, in, NODE_SECTION, key, label, level);
	struct report_node *all = part(r, in, NODE_LIST, key, label, level);
	if (all->kind != NODE_LIST)
		return all;
	struct report_node *n = append(r, all, NODE_SECTION, key, label, level);
	n->element = n->kind == NODE_SECTION;
	return n;
}

static bool
keep_value(
    struct report *r, const struct report_value *v, struct report_value *out)
{
	*out = *v;
	if (v->type == VALUE_WORD) /* static, and tr() wants its end */
		return true;
	if (arena_slice(&r->arena, v->text, &out->text))
		return true;
	*out = value_null();
	r->cut = true;
	return false;
}

void
report_fact(struct report *r, struct report_node *in, const char *key,
    const char *label, struct report_value v, enum report_level level)
{
	struct report_node *n = part(r, in, NODE_FACT, key, label, level);

	if (n->kind == NODE_FACT)
		(void)keep_value(r, &v, &n->value);
}

void
report_rest(struct report *r, struct report_node *in, const char *key,
    const char *label, bool array)
{
	if (in->kind != NODE_SECTION || find(in, key) != NULL)
		return;
	if (array)
		(void)part(r, in, NODE_LIST, key, label, REPORT_FULL);
	else
		report_fact(r, in, key, label, value_null(), REPORT_FULL);
}

void
report_text(struct report *r, struct report_node *in, const char *key,
    const char *label, struct slice text)
{
	report_fact(r, in, key, label, value_text(text), REPORT_SCORE);
}

void
report_number(struct report *r, struct report_node *in, const char *key,
    const char *label, uint64_t n)
{
	report_fact(r, in, key, label, value_number(r, n), REPORT_SCORE);
}

void
report_flag(struct report *r, struct report_node *in, const char *key,
    const char *label, bool yes)
{
	report_fact(r, in, key, label, value_bool(yes), REPORT_SCORE);
}

struct report_node *
report_table(struct report *r, struct report_node *in, const char *key,
    const char *label, const struct report_column *columns, size_t n,
    enum report_level level)
{
	if (n == 0 || n > REPORT_COLUMNS_MAX)
		return nowhere(r);
	struct report_node *t = part(r, in, NODE_TABLE, key, label, level);
	if (t->kind != NODE_TABLE || t->columns != NULL)
		return t;
	struct report_column *own = arena_alloc(&r->arena, n * sizeof(*own));
	for (size_t i = 0; own != NULL && i < n; i++) {
		own[i].key = arena_str(&r->arena, slice_str(columns[i].key));
		own[i].label =
		    arena_str(&r->arena, slice_str(columns[i].label));
		if (own[i].key == NULL || own[i].label == NULL)
			own = NULL;
	}
	if (own == NULL) {
		r->cut = true;
		return t; /* a table without columns takes no rows */
	}
	t->columns = own;
	t->column_n = n;
	return t;
}

void
report_row(
    struct report *r, struct report_node *table, const struct report_value *v)
{
	if (table->kind != NODE_TABLE || table->column_n == 0) {
		r->cut = true;
		return;
	}
	struct report_row *row =
	    arena_alloc(&r->arena, sizeof(*row) + table->column_n * sizeof(*v));
	if (row == NULL) {
		r->cut = true;
		return;
	}
	for (size_t i = 0; i < table->column_n; i++)
		(void)keep_value(r, &v[i], &row->v[i]);
	if (table->rows_last != NULL)
		table->rows_last->next = row;
	else
		table->rows = row;
	table->rows_last = row;
}

struct report_node *
report_transcript(struct report *r, struct report_node *in, const char *key,
    const char *label, enum report_level level)
{
	return part(r, in, NODE_TRANSCRIPT, key, label, level);
}

void
report_line(struct report *r, struct report_node *transcript, uint64_t ms,
    char who, struct slice text)
{
	struct report_line *l;

	if (transcript->kind != NODE_TRANSCRIPT ||
	    (l = arena_alloc(&r->arena, sizeof(*l))) == NULL ||
	    !arena_slice(&r->arena, text, &l->text)) {
		r->cut = true;
		return;
	}
	l->ms = ms;
	l->who = who;
	if (transcript->lines_last != NULL)
		transcript->lines_last->next = l;
	else
		transcript->lines = l;
	transcript->lines_last = l;
}

bool
report_get(const struct report *r, const char *key, struct slice *out)
{
	const struct report_node *n = find(&r->root, key);

	if (n == NULL || n->kind != NODE_FACT || n->value.type == VALUE_NULL)
		return false;
	*out = n->value.text;
	return true;
}

/* ---- findings and the answer ---- */

void
report_finding(struct report *r, const char *code, enum check_severity severity,
    struct slice text, struct slice cure)
{
	if (severity == SEVERITY_BAD)
		report_answer(r, CHECK_BAD);
	for (struct report_finding *f = r->findings; f != NULL; f = f->next)
		if (strcmp(f->code, code) == 0 && slice_eq(f->text, text))
			return;
	struct report_finding *f = NULL;
	if (r->finding_n < REPORT_FINDINGS_MAX)
		f = arena_alloc(&r->arena, sizeof(*f));
	if (f == NULL ||
	    (f->code = arena_str(&r->arena, slice_str(code))) == NULL ||
	    !arena_slice(&r->arena, text, &f->text) ||
	    !arena_slice(&r->arena, cure, &f->cure)) {
		r->cut = true;
		return;
	}
	f->severity = severity;
	if (r->findings_last != NULL)
		r->findings_last->next = f;
	else
		r->findings = f;
	r->findings_last = f;
	r->finding_n++;
}

void
report_findingf(struct report *r, const char *code,
    enum check_severity severity, const char *cure, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		r->cut = true;
	}
	report_finding(r, code, severity, slice_str(text), slice_str(cure));
	free(text);
}

size_t
report_count(const struct report *r, enum check_severity severity)
{
	size_t n = 0;

	for (const struct report_finding *f = r->findings; f != NULL;
	     f = f->next)
		n += f->severity == severity;
	return n;
}

const char *
report_code(const struct report *r, size_t i)
{
	const struct report_finding *f = NULL;

	do
		f = report_finding_next(r, f);
	while (f != NULL && i-- > 0);
	return f != NULL ? f->code : NULL;
}

void
report_answer(struct report *r, enum check_answer a)
{
	static const int rank[] = {
	    [CHECK_GOOD] = 0, [CHECK_UNKNOWN] = 1, [CHECK_BAD] = 2};

	if (!r->answered || rank[a] > rank[r->answer])
		r->answer = a;
	r->answered = true;
}

enum check_answer
report_verdict(const struct report *r)
{
	return r->answered ? r->answer : CHECK_UNKNOWN;
}

const char *
report_answer_name(enum check_answer a)
{
	static const char *const names[] = {[CHECK_GOOD] = "good",
	    [CHECK_BAD] = "bad",
	    [CHECK_UNKNOWN] = "unknown"};

	return names[a];
}

const char *
report_severity_name(enum check_severity s)
{
	static const char *const names[] = {[SEVERITY_INFO] = "info",
	    [SEVERITY_WARN] = "warn",
	    [SEVERITY_BAD] = "bad"};

	return names[s];
}

const struct report_finding *
report_finding_next(const struct report *r, const struct report_finding *at)
{
	int severity = at != NULL ? (int)at->severity : (int)SEVERITY_BAD;
	const struct report_finding *f = at != NULL ? at->next : r->findings;

	for (; severity >= (int)SEVERITY_INFO; severity--, f = r->findings)
		for (; f != NULL; f = f->next)
			if ((int)f->severity == severity)
				return f;
	return NULL;
}

bool
report_shown(const struct report_node *n, const struct render *how)
{
	const struct report_node *each = n->first;

	if (n->level > how->level)
		return false;
	switch (n->kind) {
	case NODE_SECTION:
	case NODE_LIST:
		while (each != NULL && !report_shown(each, how))
			each = each->next;
		return each != NULL;
	case NODE_TABLE:
		return n->rows != NULL;
	case NODE_TRANSCRIPT:
		return n->lines != NULL;
	case NODE_NOWHERE:
		return false;
	case NODE_FACT:
		break;
	}
	return true;
}

/* ---- values ---- */

struct report_value
value_text(struct slice s)
{
	return (struct report_value){VALUE_TEXT, MOOD_PLAIN, s};
}

struct report_value
value_word(const char *word)
{
	return (struct report_value){VALUE_WORD, MOOD_PLAIN, slice_str(word)};
}

struct report_value
value_number(struct report *r, uint64_t n)
{
	struct report_value v = report_valuef(r, "%llu", (unsigned long long)n);

	if (v.type == VALUE_TEXT)
		v.type = VALUE_NUMBER;
	return v;
}

struct report_value
value_bool(bool yes)
{
	return (struct report_value){
	    VALUE_BOOL, MOOD_PLAIN, yes ? SLICE("true") : SLICE("false")};
}

struct report_value
value_null(void)
{
	return (struct report_value){VALUE_NULL, MOOD_PLAIN, SLICE_EMPTY};
}

struct report_value
value_mood(struct report_value v, enum report_mood m)
{
	v.mood = m;
	return v;
}

struct report_value
report_valuef(struct report *r, const char *fmt, ...)
{
	struct report_value v = value_null();
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0 ||
	    !arena_slice(&r->arena, slice_of(text, (size_t)n), &v.text))
		r->cut = true;
	else
		v.type = VALUE_TEXT;
	if (n >= 0)
		free(text);
	return v;
}

struct slice
report_people(const struct report_value *v)
{
	switch (v->type) {
	case VALUE_BOOL:
		return slice_str(
		    slice_eq(v->text, SLICE("true")) ? tr("yes") : tr("no"));
	case VALUE_NULL:
		return SLICE("-");
	case VALUE_WORD:
		return slice_str(tr((const char *)v->text.p));
	case VALUE_TEXT:
	case VALUE_NUMBER:
		break;
	}
	return v->text;
}
