#include "conf/conf.h"

#include "conf/value.h"

static void
indent(unsigned depth, struct buf *out)
{
	while (depth-- > 0)
		buf_add_byte(out, '\t');
}

static void
show_options(
    enum section_id id, const char *base, unsigned depth, struct buf *out)
{
	for (size_t i = 0; i < conf_options_n; i++) {
		const struct conf_option *o = &conf_options[i];
		if (o->section != id || o->type == TYPE_LATER)
			continue;
		indent(depth, out);
		buf_add_str(out, o->name);
		buf_add_str(out, " = ");
		value_show(o, base + o->offset, out);
		buf_add_byte(out, '\n');
	}
}

static void show_within(const struct conf *c, enum section_id parent,
    unsigned depth, struct buf *out);

/* named is NULL for a section without a name. */
static void
show_section(const struct conf *c, enum section_id id,
    const struct conf_named *named, const void *base, unsigned depth,
    struct buf *out)
{
	if (depth == 0)
		buf_add_byte(out, '\n');
	indent(depth, out);
	buf_add_str(out, conf_sections[id].name);
	if (named != NULL) {
		buf_add_byte(out, ' ');
		value_show_string(named->name, out);
	}
	buf_add_str(out, " {\n");
	show_options(id, base, depth + 1, out);
	show_within(c, id, depth + 1, out);
	indent(depth, out);
	buf_add_str(out, "}\n");
}

static void
show_within(const struct conf *c, enum section_id parent, unsigned depth,
    struct buf *out)
{
	for (enum section_id id = SECTION_TOP + 1; id < SECTION_COUNT; id++) {
		const struct conf_section *s = &conf_sections[id];
		size_t n;
		if (s->parent != parent)
			continue;
		const char *v = schema_array(c, id, &n);
		if (s->size == 0)
			show_section(c, id, NULL, (const char *)c + s->offset,
			    depth, out);
		for (size_t i = 0; i < n; i++) {
			const void *one = v + i * s->size;
			show_section(c, id, one, one, depth, out);
		}
	}
}

void
conf_show(const struct conf *c, struct buf *out)
{
	show_options(SECTION_TOP, (const char *)c, 0, out);
	show_within(c, SECTION_TOP, 0, out);
}
