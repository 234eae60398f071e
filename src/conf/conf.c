#include "conf/conf.h"

#include "conf/bind.h"
#include "conf/check.h"
#include "conf/value.h"

#include <stdlib.h>
#include <string.h>

#define CONF_ARENA_MAX (64u << 20)

/* ---- a bundle: every file with its name ----
 *
 *	bundle = magic *( u32 name octets, u32 text octets, name, text )
 * in the byte order of the machine: it never leaves it. */

static const char bundle_magic[] = "KURIRCONF1\n";

static void
bundle_write(const struct tree *t, struct buf *out)
{
	buf_add_str(out, bundle_magic);
	for (const struct tree_file *f = t->file; f != NULL; f = f->next) {
		struct slice name = slice_str(f->name);
		uint32_t n[2] = {(uint32_t)name.n, (uint32_t)f->text.n};
		buf_add(out, slice_of(n, sizeof(n)));
		buf_add(out, name);
		buf_add(out, buf_slice(&f->text));
	}
}

/* Take one file off the front of *rest. */
static bool
bundle_next(struct slice *rest, struct slice *name, struct slice *text)
{
	uint32_t n[2];

	if (rest->n < sizeof(n))
		return false;
	memcpy(n, rest->p, sizeof(n));
	*rest = slice_from(*rest, sizeof(n));
	if (rest->n < (size_t)n[0] + n[1])
		return false;
	*name = slice_to(*rest, n[0]);
	*text = slice_to(slice_from(*rest, n[0]), n[1]);
	*rest = slice_from(*rest, (size_t)n[0] + n[1]);
	return true;
}

static enum err
bundle_read(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	struct slice rest = *(const struct slice *)ctx, name, text;

	while (bundle_next(&rest, &name, &text))
		if (slice_eq(name, slice_str(path))) {
			buf_add(out, text);
			return buf_err(out);
		}
	return diag_set(d, ERR_NOT_FOUND, "", "not handed over");
}

/* ---- reading ---- */

static struct conf *
conf_new(const char *path)
{
	struct conf *c = calloc(1, sizeof(*c));
	struct conf_private *priv = calloc(1, sizeof(*priv));

	if (c == NULL || priv == NULL) {
		free(c);
		free(priv);
		return NULL;
	}
	c->priv = priv;
	arena_init(&priv->arena, CONF_ARENA_MAX);
	priv->top =
	    (struct conf_pos){arena_str(&priv->arena, slice_str(path)), 1, 1};
	if (priv->top.file == NULL) {
		conf_free(c);
		return NULL;
	}
	return c;
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	arena_reset(&c->priv->arena);
	free(c->priv);
	free(c);
}

static enum err
conf_build(const struct tree *t, struct conf *c, struct conf_report *r)
{
	enum err e = bind_tree(t, c, r);
	if (e == ERR_OK)
		e = check_finish(c);
	if (e == ERR_OK)
		check_all(c, r);
	return e;
}

static enum err
read_tree(const struct conf_source *src, const char *path, struct tree *t,
    struct conf *c, struct conf_report *r)
{
	enum err e = tree_read(src, path, t, r);
	if (e == ERR_OK)
		e = conf_build(t, c, r);
	if (e == ERR_LIMIT && r->errors == 0)
		report_error(
		    r, c->priv->top, "this configuration is too large to hold");
	if (e == ERR_OK && r->errors > 0)
		e = ERR_SYNTAX;
	return e;
}

enum err
conf_read(const struct conf_source *src, const char *path, struct buf *bundle,
    struct conf **out, struct conf_report *r)
{
	struct conf *c = conf_new(path);
	struct tree t = {0};

	if (c == NULL)
		return ERR_NOMEM;
	enum err e = read_tree(src, path, &t, c, r);
	if (e == ERR_OK && bundle != NULL) {
		bundle_write(&t, bundle);
		e = buf_err(bundle);
	}
	tree_free(&t);
	report_sort(r);
	if (e != ERR_OK) {
		conf_free(c);
		return e;
	}
	*out = c;
	return ERR_OK;
}

enum err
conf_read_bundle(struct slice bundle, struct conf **out, struct conf_report *r)
{
	struct slice rest, name, text;
	struct conf_source src = {bundle_read, &rest};
	struct slice magic = slice_of(bundle_magic, sizeof(bundle_magic) - 1);

	if (!slice_starts(bundle, magic))
		return ERR_CORRUPT;
	struct slice first = rest = slice_from(bundle, magic.n);
	if (!bundle_next(&first, &name, &text) ||
	    slice_find(name, '\0') != name.n)
		return ERR_CORRUPT;
	char *path = calloc(1, name.n + 1);
	if (path == NULL)
		return ERR_NOMEM;
	memcpy(path, name.p, name.n);
	enum err e = conf_read(&src, path, NULL, out, r);
	free(path);
	return e;
}

/* ---- showing ---- */

static void
show_options(
    enum section_id id, const char *base, const char *indent, struct buf *out)
{
	for (size_t i = 0; i < conf_options_n; i++) {
		const struct conf_option *o = &conf_options[i];
		if (o->section != id || o->type == TYPE_LATER)
			continue;
		buf_add_str(out, indent);
		buf_add_str(out, o->name);
		buf_add_str(out, " = ");
		value_show(o, base + o->offset, out);
		buf_add_byte(out, '\n');
	}
}

static void
show_section(enum section_id id, const struct conf_named *named,
    const void *base, struct buf *out)
{
	buf_add_byte(out, '\n');
	buf_add_str(out, conf_sections[id].name);
	if (named != NULL) {
		buf_add_byte(out, ' ');
		value_show_string(named->name, out);
	}
	buf_add_str(out, " {\n");
	show_options(id, base, "\t", out);
	buf_add_str(out, "}\n");
}

void
conf_show(const struct conf *c, struct buf *out)
{
	show_options(SECTION_TOP, (const char *)c, "", out);
	for (enum section_id id = SECTION_TOP + 1; id < SECTION_COUNT; id++) {
		const struct conf_section *s = &conf_sections[id];
		size_t n;
		const char *v = schema_array(c, id, &n);
		if (s->size == 0)
			show_section(
			    id, NULL, (const char *)c + s->offset, out);
		for (size_t i = 0; i < n; i++) {
			const void *one = v + i * s->size;
			show_section(id, one, one, out);
		}
	}
}

/* ---- asking ---- */

const struct conf_where *
conf_where_find(const struct conf *c, const void *field)
{
	const struct conf_private *p = c->priv;
	size_t low = 0, high = p->where_n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if ((uintptr_t)p->where[mid].field < (uintptr_t)field)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == p->where_n || p->where[low].field != field)
		return NULL;
	return &p->where[low];
}

bool
conf_where(const struct conf *c, const void *field, struct conf_pos *out)
{
	const struct conf_where *w = conf_where_find(c, field);
	if (w != NULL)
		*out = w->pos;
	return w != NULL;
}

static int
compare_name(struct slice lower, struct slice asked)
{
	for (size_t i = 0; i < lower.n && i < asked.n; i++) {
		int d = lower.p[i] - ascii_lower(asked.p[i]);
		if (d != 0)
			return d;
	}
	return lower.n < asked.n ? -1 : lower.n > asked.n;
}

static const void *
find(const struct conf *c, enum section_id id, struct slice name)
{
	size_t n, low = 0, size = conf_sections[id].size;
	const char *v = schema_array(c, id, &n);
	size_t high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct conf_named *named = (const void *)(v + mid * size);
		int d = compare_name(named->name, name);
		if (d == 0)
			return named;
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct conf_domain *
conf_domain_find(const struct conf *c, struct slice domain)
{
	return find(c, SECTION_DOMAIN, domain);
}

const struct conf_sni *
conf_sni_find(const struct conf *c, struct slice name)
{
	return find(c, SECTION_SNI, name);
}

const struct conf_listen *
conf_listen_find(const struct conf *c, struct slice name)
{
	return find(c, SECTION_LISTEN, name);
}

const struct conf_route *
conf_route_find(const struct conf *c, struct slice domain)
{
	const struct conf_route *r = find(c, SECTION_ROUTE, domain);

	/* mail.example.org: then .example.org, then .org */
	while (r == NULL && domain.n > 0) {
		size_t dot = slice_find(slice_from(domain, 1), '.') + 1;
		domain = slice_from(domain, dot);
		if (domain.n > 0)
			r = find(c, SECTION_ROUTE, domain);
	}
	return r;
}

bool
conf_trusts(const struct conf_trust *t, const struct ip *ip, struct slice ptr)
{
	for (size_t i = 0; i < t->net_n; i++)
		if (ip_in_net(ip, &t->net[i]))
			return true;
	for (size_t i = 0; i < t->name_n && ptr.n > 0; i++) {
		struct slice name = t->name[i];
		if (name.p[0] == '.'
			? ptr.n > name.n && slice_ends_nocase(ptr, name)
			: slice_eq_nocase(ptr, name))
			return true;
	}
	return false;
}

static const char *
word_of(const struct conf_word *w, int value)
{
	while (w->word != NULL && w->value != value)
		w++;
	return w->word != NULL ? w->word : "?";
}

const char *
conf_role_name(enum conf_role v)
{
	return word_of(conf_roles, (int)v);
}

const char *
conf_tls_name(enum conf_tls v)
{
	return word_of(
	    v == CONF_TLS_VERIFY ? conf_tls_outbound : conf_tls_listen, (int)v);
}

const char *
conf_auth_name(enum conf_auth v)
{
	return word_of(conf_auths, (int)v);
}
