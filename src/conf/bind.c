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
	/* The file name last copied, and what it was copied from. */
	const char *file_from, *file;
};

/* What messages call the place: `listen "mx"`, `outbound`, `the top`. */
struct place {
	enum section_id id;
	const struct conf_item *item; /* NULL: the top */
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
	if (p->item == NULL) {
		buf_add_str(out, "at the top");
		return;
	}
	buf_add_str(out, "in ");
	buf_add_str(out, conf_sections[p->id].name);
	if (p->item->has_label)
		buf_printf(
		    out, " \"%.*s\"", SLICE_ARG(slice_to(p->item->label, 100)));
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
	for (size_t i = SECTION_TOP + 1;
	     place == SECTION_TOP && i < SECTION_COUNT; i++)
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
	if (!it->is_section && p->id == SECTION_TOP &&
	    schema_section(it->name) != SECTION_COUNT) {
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
	else if (home != SECTION_COUNT)
		buf_printf(out, "; it belongs in a \"%s\" section",
		    conf_sections[home].name);
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
			    p->item != NULL ? p->item->pos : b->conf->priv->top,
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

/* The options of one section; a section within is an error (there is none in
 * the schema). base is the struct of the section. */
static void
bind_options(struct binder *b, enum section_id id,
    const struct conf_item *section, char *base)
{
	struct place p = {id, section};
	struct seen seen = {0};
	const struct conf_item *it = section == NULL ? NULL : section->item;

	for (; it != NULL; it = it->next) {
		if (it->is_section)
			unknown_name(b, &p, it);
		else
			bind_option(b, &p, &seen, it, base);
	}
	fill_defaults(b, &p, &seen, base);
}

/* ---- sections with a name ---- */

struct entry {
	const struct conf_item *item;
	size_t order; /* as written */
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
	int d = compare_nocase(x->item->label, y->item->label);
	if (d != 0)
		return d;
	return x->order < y->order ? -1 : 1;
}

static bool
label_is_word(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) &&
		    slice_find(SLICE("-_."), s.p[i]) == 3)
			return false;
	return s.n > 0 && s.n <= 64;
}

static bool
check_label(struct binder *b, enum section_id id, const struct conf_item *it)
{
	const struct conf_section *s = &conf_sections[id];
	struct slice l = it->label;

	if (!it->has_label) {
		report_error(b->report, it->pos,
		    "a \"%s\" section needs a name: %s \"...\" { }", s->name,
		    s->name);
		return false;
	}
	bool good = name_is_host(l);
	if (s->label == LABEL_WORD)
		good = label_is_word(l);
	if (s->label == LABEL_PATTERN && l.n > 0 && l.p[0] == '.')
		good = name_is_host(slice_from(l, 1));
	if (good)
		return true;
	report_error(b->report, it->label_pos, "found \"%.*s\", expected %s",
	    SLICE_ARG(l),
	    s->label == LABEL_WORD
		? "a name of letters, digits, \"-\", \"_\" and \".\""
		: "a domain such as example.org (international ones as xn--)");
	return false;
}

static size_t
collect(struct binder *b, enum section_id id, const struct conf_item *it,
    struct entry *entry)
{
	struct slice name = slice_str(conf_sections[id].name);
	size_t n = 0;

	for (; it != NULL; it = it->next)
		if (it->is_section && slice_eq(it->name, name) &&
		    check_label(b, id, it)) {
			entry[n] = (struct entry){it, n};
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
		    compare_nocase(entry[kept - 1].item->label, it->label) == 0)
			duplicate(b, it, it->label, it->pos,
			    entry[kept - 1].item->pos);
		else
			entry[kept++] = entry[i];
	}
	return kept;
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
		if (!value_copy_lower(b->arena, it->label, &named.name))
			b->err = ERR_LIMIT;
		memcpy(v + i * size, &named, sizeof(named));
		if (id == SECTION_DOMAIN && entry[i].order == 0)
			b->conf->priv->first_domain = named.name;
		bind_options(b, id, it, v + i * size);
	}
}

static void
bind_named(struct binder *b, enum section_id id, const struct conf_item *top,
    size_t items)
{
	struct entry *entry = calloc(items + 1, sizeof(*entry));
	if (entry == NULL) {
		b->err = ERR_NOMEM;
		return;
	}
	size_t n = collect(b, id, top, entry);
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
bind_single(struct binder *b, enum section_id id, const struct conf_item *top)
{
	struct slice name = slice_str(conf_sections[id].name);
	const struct conf_item *first = NULL;

	for (const struct conf_item *it = top; it != NULL; it = it->next) {
		if (!it->is_section || !slice_eq(it->name, name))
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
	bind_options(b, id, first, (char *)b->conf + conf_sections[id].offset);
}

static void
bind_top(struct binder *b, const struct conf_item *top)
{
	struct place p = {SECTION_TOP, NULL};
	struct seen seen = {0};

	for (const struct conf_item *it = top; it != NULL; it = it->next) {
		if (!it->is_section)
			bind_option(b, &p, &seen, it, (char *)b->conf);
		else if (is_later_section(it->name))
			not_in_this_version(b, it);
		else if (schema_section(it->name) == SECTION_COUNT)
			unknown_name(b, &p, it);
	}
	fill_defaults(b, &p, &seen, (char *)b->conf);
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
	struct binder b = {.conf = c, .arena = &priv->arena, .report = r};
	size_t items = count_items(t->item);

	priv->where = arena_alloc(b.arena, items * sizeof(*priv->where) + 1);
	if (priv->where == NULL)
		return ERR_LIMIT;
	bind_top(&b, t->item);
	for (enum section_id id = SECTION_TOP + 1;
	     id < SECTION_COUNT && b.err == ERR_OK; id++) {
		if (conf_sections[id].size > 0)
			bind_named(&b, id, t->item, items);
		else
			bind_single(&b, id, t->item);
	}
	qsort(priv->where, priv->where_n, sizeof(*priv->where), compare_where);
	return b.err;
}
