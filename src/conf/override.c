#include "conf/override.h"

#include "conf/schema.h"

static const char file_name[] = "--set";

/* "listen.mx.auth" taken apart on the way down the tree. */
struct path {
	struct tree *tree;
	struct conf_pos pos;
	struct slice rest;       /* at last the name of the option */
	enum section_id section; /* SECTION_COUNT: none that we know */
	struct conf_item **list; /* what stands in it */
};

/* A new item at the end of the list; NULL: the tree is full. */
static struct conf_item *
append(struct path *p, struct slice name)
{
	struct conf_item **end = p->list;
	struct conf_item *it = arena_alloc(&p->tree->arena, sizeof(*it));

	if (it == NULL)
		return NULL;
	while (*end != NULL)
		end = &(*end)->next;
	it->name = name;
	it->pos = it->label_pos = it->value_pos = p->pos;
	*end = it;
	return it;
}

static bool
is_labelled(enum section_id id, const struct conf_item *it, struct slice label)
{
	struct slice a, b;

	return it->has_label && schema_label(id, it->label, &a) &&
	       schema_label(id, label, &b) && slice_eq_nocase(a, b);
}

/* The name of the section "listen.mx.auth" is about, or that of a domain with
 * dots: all up to the last one, which is before the option. */
static struct slice
take_label(struct path *p)
{
	size_t dot = slice_rfind(p->rest, '.');
	struct slice label = slice_to(p->rest, dot);

	p->rest = slice_from(p->rest, dot + 1);
	return label;
}

/* "_" stands for "-" in the names of sections. */
static bool
is_named(enum section_id id, const struct conf_item *it, struct slice name)
{
	return id != SECTION_COUNT ? schema_section_is(id, it->name)
				   : slice_eq(it->name, name);
}

/* Into the section that the front of rest names; it is made where it is not
 * there. false: the tree is full. */
static bool
enter(struct path *p)
{
	size_t dot = slice_find(p->rest, '.');
	struct slice name = slice_to(p->rest, dot), label = SLICE_EMPTY;
	enum section_id id = schema_section(p->section, name);
	bool labelled =
	    id != SECTION_COUNT && conf_sections[id].label != LABEL_NONE;
	struct conf_item *it = *p->list;

	p->rest = slice_from(p->rest, dot + 1);
	if (labelled)
		label = take_label(p);
	while (it != NULL && (!it->is_section || !is_named(id, it, name) ||
				 (labelled && !is_labelled(id, it, label))))
		it = it->next;
	if (it == NULL) {
		it = append(p, name);
		if (it == NULL)
			return false;
		it->is_section = true;
		it->has_label = labelled;
		it->label = label;
	}
	p->section = id;
	p->list = &it->item;
	return true;
}

static void
remove_option(struct conf_item **list, struct slice name)
{
	while (*list != NULL) {
		struct conf_item *it = *list;
		if (!it->is_section && slice_eq(it->name, name))
			*list = it->next;
		else
			list = &it->next;
	}
}

static enum err
override_one(struct tree *t, const struct conf_override *set, uint32_t number,
    struct conf_report *r)
{
	struct path p = {.tree = t,
	    .pos = {file_name, number, 1},
	    .rest = set->name,
	    .section = SECTION_TOP,
	    .list = &t->item};
	struct conf_pos value = p.pos;
	struct conf_item parsed = {0};
	enum err e;

	value.column += (uint32_t)set->name.n + 1;
	if (!tree_value(t, set->value, value, &parsed, r, &e))
		return e;
	while (slice_find(p.rest, '.') < p.rest.n)
		if (!enter(&p))
			return ERR_LIMIT;
	remove_option(p.list, p.rest);
	struct conf_item *it = append(&p, p.rest);
	if (it == NULL)
		return ERR_LIMIT;
	it->is_list = parsed.is_list;
	it->value_pos = parsed.value_pos;
	it->value = parsed.value;
	return ERR_OK;
}

enum err
override_tree(struct tree *t, const struct conf_override *set, size_t n,
    struct conf_report *r)
{
	enum err e = ERR_OK;

	for (size_t i = 0; i < n && e == ERR_OK; i++)
		e = override_one(t, &set[i], (uint32_t)i + 1, r);
	return e;
}
