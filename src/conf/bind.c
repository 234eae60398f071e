#include "conf/bind.h"

#include "conf/names.h"
#include "conf/value.h"

#include <stdlib.h>
#include <string.h>

#define LISTEN_MAX 64 /* listeners, each with up to as many addresses */

struct binder {
	struct conf *conf;
	struct arena *arena;
	struct conf_report *report;
	enum err err;
	size_t items; /* of the whole tree */
	/* The file name last copied, and what it was copied from. */
	const char *file_from, *file;
};

/* What messages call the place: `listen "mx"`, `outbound`, `the top`. */
struct place {
	enum section_id id;
	const struct conf_item *section; /* NULL: the top, or not written */
	const struct conf_item *item;    /* what stands in it */
};

static struct conf_pos
keep_pos(struct binder *b, struct conf_pos pos)
{
	if (pos.file != b->file_from) {
		b->file = arena_str(b->arena, slice_str(pos.file));
		b->file_from = pos.file;
		if (b->file == NULL)
			b->err = ERR_LIMIT;
	}
	pos.file = b->file;
	return pos;
}

static void
place_text(const struct place *p, struct buf *out)
{
	buf_init(out, 160);
	if (p->id == SECTION_TOP) {
		buf_add_str(out, "at the top");
		return;
	}
	buf_add_str(out, "in ");
	schema_path(p->id, out);
	if (p->section != NULL && p->section->has_label)
		buf_printf(out, " \"%.*s\"",
		    SLICE_ARG(slice_to(p->section->label, 100)));
}

/* ---- names that are not known ---- */

#define CANDIDATES_MAX (OPTIONS_MAX + SECTION_COUNT)

static const char *
suggest(enum section_id place, struct slice found, bool is_section)
{
	const char *candidate[CANDIDATES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < conf_options_n && !is_section; i++)
		if (conf_options[i].section == place)
			candidate[n++] = conf_options[i].name;
	for (size_t i = SECTION_TOP + 1; i < SECTION_COUNT; i++)
		if (conf_sections[i].parent == place)
			candidate[n++] = conf_sections[i].name;
	return name_nearest(found, candidate, n);
}

/* A section that has an option of this name; SECTION_COUNT: none. */
static enum section_id
home_of(struct slice name)
{
	for (size_t i = 0; i < conf_options_n; i++)
		if (slice_eq(slice_str(conf_options[i].name), name))
			return conf_options[i].section;
	return SECTION_COUNT;
}

/* `tls = x`, `hostname { }`: the name is right, the form is not. */
static bool
wrong_form(struct binder *b, const struct place *p, const struct conf_item *it)
{
	if (it->is_section && schema_option(p->id, it->name) != NULL) {
		report_error(b->report, it->pos,
		    "\"%.*s\" is no section; write %.*s = value",
		    SLICE_ARG(it->name), SLICE_ARG(it->name));
		return true;
	}
	if (!it->is_section &&
	    schema_section(p->id, it->name) != SECTION_COUNT) {
		report_error(b->report, it->pos,
		    "\"%.*s\" is a section; write %.*s { ... }",
		    SLICE_ARG(it->name), SLICE_ARG(it->name));
		return true;
	}
	return false;
}

/* The end of the message: what may have been meant. */
static void
add_hint(struct buf *out, const struct place *p, const struct conf_item *it)
{
	const char *near = suggest(p->id, it->name, it->is_section);
	enum section_id home =
	    it->is_section ? SECTION_COUNT : home_of(it->name);

	if (near != NULL)
		buf_printf(out, "; did you mean \"%s\"?", near);
	else if (home == SECTION_TOP)
		buf_add_str(
		    out, "; it belongs at the top, outside of every section");
	else if (home != SECTION_COUNT) {
		buf_add_str(out, "; it belongs in a \"");
		schema_path(home, out);
		buf_add_str(out, "\" section");
	}
}

static void
unknown_name(
    struct binder *b, const struct place *p, const struct conf_item *it)
{
	struct buf where, hint;

	if (wrong_form(b, p, it))
		return;
	place_text(p, &where);
	buf_init(&hint, 160);
	add_hint(&hint, p, it);
	report_error(b->report, it->pos, "unknown %s \"%.*s\" %.*s%.*s",
	    it->is_section ? "section" : "name",
	    SLICE_ARG(slice_to(it->name, 60)), SLICE_ARG(buf_slice(&where)),
	    SLICE_ARG(buf_slice(&hint)));
	buf_free(&where);
	buf_free(&hint);
}

static bool
is_later_section(struct slice name)
{
	for (const char *const *s = conf_sections_later; *s != NULL; s++)
		if (slice_eq(slice_str(*s), name))
			return true;
	return false;
}

static void
not_in_this_version(struct binder *b, const struct conf_item *it)
{
	report_error(b->report, it->pos,
	    "\"%.*s\" is not in this version of kurir; take it out",
	    SLICE_ARG(it->name));
}

static void
duplicate(struct binder *b, const struct conf_item *it, struct slice name,
    struct conf_pos pos, struct conf_pos first)
{
	report_error(b->report, pos,
	    "duplicate %s\"%.*s\"; the first is at %s:%u",
	    it->is_section ? "section " : "", SLICE_ARG(name), first.file,
	    first.line);
}

/* ---- options ---- */

/* What one section has shown so far, by index in the schema. */
struct seen {
	struct conf_pos pos[OPTIONS_MAX]; /* the first; file NULL: none */
	bool misspelt[OPTIONS_MAX]; /* so it is not called missing as well */
};

/* A field is remembered also when its value is wrong, so that the checks know
 * it is no default. */
static void
read_option(struct binder *b, const struct conf_option *o,
    const struct conf_item *it, char *field)
{
	struct conf_private *priv = b->conf->priv;
	enum err e = ERR_OK;
	bool good =
	    !it->broken && value_read(o, it, b->arena, field, b->report, &e);

	priv->where[priv->where_n++] =
	    (struct conf_where){field, keep_pos(b, it->value_pos), !good};
	if (e != ERR_OK)
		b->err = e;
}

static void
unknown_option(struct binder *b, const struct place *p, struct seen *seen,
    const struct conf_item *it)
{
	if (p->id == SECTION_TOP && is_later_section(it->name)) {
		not_in_this_version(b, it);
		return;
	}
	unknown_name(b, p, it);
	const char *near = suggest(p->id, it->name, false);
	const struct conf_option *o =
	    near == NULL ? NULL : schema_option(p->id, slice_str(near));
	if (o != NULL)
		seen->misspelt[o - conf_options] = true;
}

static void
bind_option(struct binder *b, const struct place *p, struct seen *seen,
    const struct conf_item *it, char *base)
{
	const struct conf_option *o = schema_option(p->id, it->name);

	if (o == NULL) {
		unknown_option(b, p, seen, it);
		return;
	}
	if (o->type == TYPE_LATER) {
		not_in_this_version(b, it);
		return;
	}
	struct conf_pos *first = &seen->pos[o - conf_options];
	if (first->file != NULL) {
		duplicate(b, it, it->name, it->pos, *first);
		return;
	}
	*first = it->pos;
	read_option(b, o, it, base + o->offset);
}

static void
fill_defaults(struct binder *b, const struct place *p, const struct seen *seen,
    char *base)
{
	struct buf where;

	place_text(p, &where);
	for (size_t i = 0; i < conf_options_n; i++) {
		const struct conf_option *o = &conf_options[i];
		if (o->section != p->id || seen->pos[i].file != NULL)
			continue;
		if (o->required && !seen->misspelt[i])
			report_error(b->report,
			    p->section != NULL ? p->section->pos
					       : b->conf->priv->top,
			    "missing \"%s\" %.*s", o->name,
			    SLICE_ARG(buf_slice(&where)));
		if (o->fallback == NULL)
			continue;
		enum err e = value_default(o, b->arena, base + o->offset);
		if (e != ERR_OK)
			b->err = e;
	}
	buf_free(&where);
}

static void bind_sections(struct binder *b, const struct place *p);

static void
unknown_section(
    struct binder *b, const struct place *p, const struct conf_item *it)
{
	if (p->id == SECTION_TOP && is_later_section(it->name))
		not_in_this_version(b, it);
	else
		unknown_name(b, p, it);
}

static void
bind_options(struct binder *b, const struct place *p, char *base)
{
	struct seen seen = {0};

	for (const struct conf_item *it = p->item; it != NULL; it = it->next) {
		if (!it->is_section)
			bind_option(b, p, &seen, it, base);
		else if (schema_section(p->id, it->name) == SECTION_COUNT)
			unknown_section(b, p, it);
	}
	fill_defaults(b, p, &seen, base);
}

/* One section with all that is in it. section is NULL where it is not written;
 * base is its struct. */
static void
bind_section(struct binder *b, enum section_id id,
    const struct conf_item *section, char *base)
{
	struct place p = {id, section, section == NULL ? NULL : section->item};

	bind_options(b, &p, base);
	bind_sections(b, &p);
}

/* ---- sections with a name ---- */

struct entry {
	const struct conf_item *item;
	struct slice label; /* that the section is known by */
	size_t order;       /* as written */
};

static int
compare_nocase(struct slice a, struct slice b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		int d = ascii_lower(a.p[i]) - ascii_lower(b.p[i]);
		if (d != 0)
			return d;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int d = compare_nocase(x->label, y->label);
	if (d != 0)
		return d;
	return x->order < y->order ? -1 : 1;
}

static bool
check_label(struct binder *b, enum section_id id, const struct conf_item *it,
    struct slice *out)
{
	const char *name = conf_sections[id].name;

	if (!it->has_label) {
		report_error(b->report, it->pos,
		    "a \"%s\" section needs a name: %s \"...\" { }", name,
		    name);
		return false;
	}
	if (schema_label(id, it->label, out))
		return true;
	report_error(b->report, it->label_pos, "found \"%.*s\", expected %s",
	    SLICE_ARG(it->label), schema_label_expected(id));
	return false;
}

static size_t
collect(struct binder *b, enum section_id id, const struct conf_item *it,
    struct entry *entry)
{
	size_t n = 0;

	for (; it != NULL; it = it->next)
		if (it->is_section && schema_section_is(id, it->name) &&
		    check_label(b, id, it, &entry[n].label)) {
			entry[n].item = it;
			entry[n].order = n;
			n++;
		}
	return n;
}

/* entry[] is sorted; equal names lie side by side, the first written first. */
static size_t
drop_duplicates(struct binder *b, struct entry *entry, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct conf_item *it = entry[i].item;
		if (kept > 0 &&
		    compare_nocase(entry[kept - 1].label, entry[i].label) == 0)
			duplicate(b, it, it->label, it->pos,
			    entry[kept - 1].item->pos);
		else
			entry[kept++] = entry[i];
	}
	return kept;
}

static bool
keep_label(const struct binder *b, struct slice label, struct slice *out)
{
	if (label.p[0] == '$')
		return value_copy(b->arena, label, out);
	return value_copy_lower(b->arena, label, out);
}

static void
bind_entries(
    struct binder *b, enum section_id id, const struct entry *entry, size_t n)
{
	size_t size = conf_sections[id].size;
	char *v = arena_alloc(b->arena, n * size + 1);

	if (v == NULL) {
		b->err = ERR_LIMIT;
		return;
	}
	schema_array_set(b->conf, id, v, n);
	for (size_t i = 0; i < n && b->err == ERR_OK; i++) {
		const struct conf_item *it = entry[i].item;
		struct conf_named named = {.pos = keep_pos(b, it->pos)};
		if (!keep_label(b, entry[i].label, &named.name))
			b->err = ERR_LIMIT;
		memcpy(v + i * size, &named, sizeof(named));
		if (id == SECTION_DOMAIN && entry[i].order == 0)
			b->conf->priv->first_domain = named.name;
		bind_section(b, id, it, v + i * size);
	}
}

static void
bind_named(struct binder *b, enum section_id id, const struct conf_item *item)
{
	struct entry *entry = calloc(b->items + 1, sizeof(*entry));
	if (entry == NULL) {
		b->err = ERR_NOMEM;
		return;
	}
	size_t n = collect(b, id, item, entry);
	qsort(entry, n, sizeof(*entry), compare_entries);
	n = drop_duplicates(b, entry, n);
	if (id == SECTION_LISTEN && n > LISTEN_MAX) {
		report_error(b->report, entry[LISTEN_MAX].item->pos,
		    "found %zu listeners, expected at most %d", n, LISTEN_MAX);
		n = LISTEN_MAX;
	}
	bind_entries(b, id, entry, n);
	free(entry);
}

/* ---- sections without a name, and the top ---- */

static void
bind_single(struct binder *b, enum section_id id, const struct conf_item *it)
{
	const struct conf_item *first = NULL;

	for (; it != NULL; it = it->next) {
		if (!it->is_section || !schema_section_is(id, it->name))
			continue;
		if (it->has_label)
			report_error(b->report, it->label_pos,
			    "a \"%s\" section has no name of its own",
			    conf_sections[id].name);
		if (first != NULL)
			duplicate(b, it, it->name, it->pos, first->pos);
		else
			first = it;
	}
	bind_section(b, id, first, (char *)b->conf + conf_sections[id].offset);
}

/* The sections that may stand in p, written or not. */
static void
bind_sections(struct binder *b, const struct place *p)
{
	for (enum section_id id = SECTION_TOP + 1;
	     id < SECTION_COUNT && b->err == ERR_OK; id++) {
		if (conf_sections[id].parent != p->id)
			continue;
		if (conf_sections[id].size > 0)
			bind_named(b, id, p->item);
		else
			bind_single(b, id, p->item);
	}
}

static size_t
count_items(const struct conf_item *it)
{
	size_t n = 0;
	for (; it != NULL; it = it->next)
		n += 1 + count_items(it->item);
	return n;
}

static int
compare_where(const void *a, const void *b)
{
	const struct conf_where *x = a, *y = b;
	uintptr_t p = (uintptr_t)x->field, q = (uintptr_t)y->field;
	return p < q ? -1 : p > q;
}

enum err
bind_tree(const struct tree *t, struct conf *c, struct conf_report *r)
{
	struct conf_private *priv = c->priv;
	struct binder b = {.conf = c,
	    .arena = &priv->arena,
	    .report = r,
	    .items = count_items(t->item)};
	struct place top = {SECTION_TOP, NULL, t->item};

	priv->where = arena_alloc(b.arena, b.items * sizeof(*priv->where) + 1);
	if (priv->where == NULL)
		return ERR_LIMIT;
	bind_options(&b, &top, (char *)c);
	bind_sections(&b, &top);
	qsort(priv->where, priv->where_n, sizeof(*priv->where), compare_where);
	return b.err;
}
