#include "conf/report.h"

#include <stdlib.h>
#include <string.h>

void
conf_report_init(struct conf_report *r)
{
	*r = (struct conf_report){0};
	arena_init(&r->arena, 2u << 20);
}

void
conf_report_free(struct conf_report *r)
{
	free(r->v);
	arena_reset(&r->arena);
	*r = (struct conf_report){0};
}

/* File names repeat: use the copy an earlier message already has. */
static const char *
keep_file(struct conf_report *r, const char *file)
{
	for (size_t i = r->n; i > 0; i--)
		if (strcmp(r->v[i - 1].pos.file, file) == 0)
			return r->v[i - 1].pos.file;
	return arena_str(&r->arena, slice_str(file));
}

/* A terminal shall see no control octets of a foreign file. */
static const char *
keep_text(struct conf_report *r, struct slice s)
{
	char *text = arena_alloc(&r->arena, s.n + 1);
	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < s.n; i++)
		text[i] = s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : (char)s.p[i];
	return text;
}

static bool
grow(struct conf_report *r)
{
	size_t cap = r->cap == 0 ? 16 : r->cap * 2;
	if (r->n < r->cap)
		return true;
	if (r->n >= REPORT_MAX)
		return false;
	struct conf_message *v = realloc(r->v, cap * sizeof(*v));
	if (v == NULL)
		return false;
	r->v = v;
	r->cap = cap;
	return true;
}

void
report_add(struct conf_report *r, enum conf_severity severity,
    struct conf_pos pos, const struct buf *text)
{
	if (severity == CONF_ERROR)
		r->errors++;
	if (!grow(r)) {
		r->lost++;
		return;
	}
	pos.file = keep_file(r, pos.file);
	const char *kept = keep_text(r, buf_slice(text));
	if (pos.file == NULL || kept == NULL) {
		r->lost++;
		return;
	}
	r->v[r->n++] = (struct conf_message){severity, pos, kept};
}

static size_t
file_order(const struct conf_report *r, const char *file)
{
	size_t i = 0;
	while (i < r->n && r->v[i].pos.file != file)
		i++;
	return i;
}

static bool
comes_after(const struct conf_message *a, size_t fa,
    const struct conf_message *b, size_t fb)
{
	if (fa != fb)
		return fa > fb;
	if (a->pos.line != b->pos.line)
		return a->pos.line > b->pos.line;
	return a->pos.column > b->pos.column;
}

/* Insertion sort: short lists, nearly in order, stable. The files are looked
 * up by pointer, so their order is taken before anything moves. */
void
report_sort(struct conf_report *r)
{
	size_t *order = calloc(r->n + 1, sizeof(*order));
	if (order == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		order[i] = file_order(r, r->v[i].pos.file);
	for (size_t i = 1; i < r->n; i++) {
		struct conf_message m = r->v[i];
		size_t f = order[i], j = i;
		while (
		    j > 0 && comes_after(&r->v[j - 1], order[j - 1], &m, f)) {
			r->v[j] = r->v[j - 1];
			order[j] = order[j - 1];
			j--;
		}
		r->v[j] = m;
		order[j] = f;
	}
	free(order);
}

void
conf_message_text(const struct conf_message *m, struct buf *out)
{
	buf_printf(out, "%s:%u:%u: %s%s", m->pos.file, m->pos.line,
	    m->pos.column, m->severity == CONF_WARNING ? "warning: " : "",
	    m->text);
}
