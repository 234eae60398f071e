#include "conf/conf.h"

#include "conf/bind.h"
#include "conf/check.h"
#include "conf/finish.h"
#include "conf/override.h"

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
		e = finish(c);
	if (e == ERR_OK)
		e = check_all(c, r);
	return e;
}

struct overrides {
	const struct conf_override *v;
	size_t n;
};

static enum err
read_tree(const struct conf_source *src, const char *path,
    const struct overrides *set, struct tree *t, struct conf *c,
    struct conf_report *r)
{
	enum err e = tree_read(src, path, t, r);
	if (e == ERR_OK)
		e = override_tree(t, set->v, set->n, r);
	if (e == ERR_OK)
		e = conf_build(t, c, r);
	if (e == ERR_LIMIT && r->errors == 0)
		report_error(
		    r, c->priv->top, "this configuration is too large to hold");
	if (e == ERR_OK && r->errors > 0)
		e = ERR_SYNTAX;
	return e;
}

static enum err
read_all(const struct conf_source *src, const char *path,
    const struct overrides *set, struct buf *bundle, struct conf **out,
    struct conf_report *r)
{
	struct conf *c = conf_new(path);
	struct tree t = {0};

	if (c == NULL)
		return ERR_NOMEM;
	enum err e = read_tree(src, path, set, &t, c, r);
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
conf_read(const struct conf_source *src, const char *path, struct buf *bundle,
    struct conf **out, struct conf_report *r)
{
	struct overrides none = {NULL, 0};
	return read_all(src, path, &none, bundle, out, r);
}

enum err
conf_read_with(const struct conf_source *src, const char *path,
    const struct conf_override *set, size_t n, struct conf **out,
    struct conf_report *r)
{
	struct overrides o = {set, n};
	return read_all(src, path, &o, NULL, out, r);
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
