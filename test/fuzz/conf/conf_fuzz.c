/* Any text: every message has a place within it; what is accepted, shown and
 * read again is the same; the bundle of it reads as it does; and an action put
 * in its place by hand, as it is, changes nothing. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

struct input {
	struct slice text;
};

static enum err
read_input(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	const struct input *in = ctx;

	if (strcmp(path, "main") != 0)
		return diag_set(d, ERR_NOT_FOUND, "", "no such file");
	buf_add(out, in->text);
	return buf_err(out);
}

static size_t
lines_of(struct slice s)
{
	size_t n = 1;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

static void
check_report(const struct conf_report *r, struct slice text)
{
	size_t lines = lines_of(text), errors = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct conf_message *m = &r->v[i];
		errors += m->severity == CONF_ERROR;
		if (m->pos.line < 1 || m->pos.line > lines ||
		    m->pos.column < 1 || m->pos.column > text.n + 1 ||
		    strcmp(m->pos.file, "main") != 0 || m->text[0] == '\0')
			abort();
		for (const char *p = m->text; *p != '\0'; p++)
			if ((unsigned char)*p < ' ')
				abort();
	}
	if (errors > r->errors || r->errors > errors + r->lost)
		abort();
}

static struct conf *
read_text(struct slice text, struct buf *bundle, bool must)
{
	struct input in = {text};
	struct conf_source src = {read_input, &in};
	struct conf_report r;
	struct conf *c = NULL;

	conf_report_init(&r);
	enum err e = conf_read(&src, "main", bundle, &c, &r);
	check_report(&r, text);
	if ((e == ERR_OK) != (c != NULL) || (e == ERR_OK) != (r.errors == 0))
		abort();
	if (must && e != ERR_OK)
		abort();
	conf_report_free(&r);
	return c;
}

static void
show(const struct conf *c, struct buf *out)
{
	buf_init(out, CONF_TEXT_MAX);
	conf_show(c, out);
	if (buf_err(out) != ERR_OK)
		abort();
}

static void
same(const struct buf *a, const struct buf *b)
{
	if (!slice_eq(buf_slice(a), buf_slice(b)))
		abort();
}

/* The n-th action, put in the place of itself. */
static void
override_same(
    struct slice text, const struct conf *c, size_t n, const struct buf *shown)
{
	struct input in = {text};
	struct conf_source src = {read_input, &in};
	struct conf_report r;
	struct conf *d = NULL;
	struct buf again;
	size_t names = 0;

	while (conf_action_at(names) != NULL)
		names++;
	struct slice name = slice_str(conf_action_at(n % names));
	const enum conf_action *a = conf_action_find(c, name);
	if (a == NULL)
		abort();
	struct conf_override set = {name, slice_str(conf_action_name(*a))};
	conf_report_init(&r);
	if (conf_read_with(&src, "main", &set, 1, &d, &r) != ERR_OK)
		abort();
	conf_report_free(&r);
	show(d, &again);
	conf_free(d);
	same(shown, &again);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of(data, size);
	struct buf bundle, first, again;
	struct conf_report r;
	struct conf *c, *d = NULL;

	buf_init(&bundle, CONF_BUNDLE_MAX);
	c = read_text(text, &bundle, false);
	if (c == NULL) {
		buf_free(&bundle);
		return 0;
	}
	show(c, &first);
	override_same(text, c, size, &first);
	conf_free(c);

	c = read_text(buf_slice(&first), NULL, true);
	show(c, &again);
	conf_free(c);
	same(&first, &again);
	buf_free(&again);

	conf_report_init(&r);
	if (conf_read_bundle(buf_slice(&bundle), &d, &r) != ERR_OK)
		abort();
	show(d, &again);
	conf_free(d);
	conf_report_free(&r);
	same(&first, &again);
	buf_free(&again);
	buf_free(&first);
	buf_free(&bundle);
	return 0;
}
