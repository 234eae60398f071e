#include <string.h>

#include "os/fs.h"
#include "os/log.h"
#include "role/lookup/lookup.h"

struct reporter {
	const char *path;
	struct diag *first;
	bool any;
};

static void
on_error(void *arg, size_t line, const char *text)
{
	struct reporter *r = arg;
	log_line(LOG_ERROR, "aliases-error", "at=\"%s:%zu\" why=\"%s\"",
	    r->path, line, text);
	if (!r->any)
		(void)diag_set(r->first, ERR_SYNTAX, "", "%s:%zu: %s", r->path,
		    line, text);
	r->any = true;
}

void
aliases_free(struct aliases *a)
{
	arena_reset(&a->arena);
	*a = (struct aliases){.usable = false};
}

/* The text of conf's file; empty if none is configured. */
static enum err
read_text(const struct conf *conf, struct buf *text, struct diag *d)
{
	if (conf->aliases.n == 0)
		return ERR_OK;
	return fs_read_file(
	    FS_CWD, (const char *)conf->aliases.p, ALIASES_TEXT_MAX, text, d);
}

static enum err
parse_text(const struct conf *conf, struct slice text, struct aliases *out,
    struct diag *d)
{
	struct reporter r = {.path = (const char *)conf->aliases.p, .first = d};
	*out = (struct aliases){.usable = false};
	arena_init(&out->arena, ALIASES_MEMORY_MAX);
	enum err e = alias_parse(text, &out->arena, on_error, &r, &out->table);
	if (e == ERR_NOMEM)
		(void)diag_set(d, e, "", "%s: too large for memory", r.path);
	out->usable = e == ERR_OK;
	return e;
}

enum err
aliases_load(const struct lookup *l, const struct conf *conf,
    struct aliases *out, struct diag *d)
{
	struct buf text;
	*out = (struct aliases){.usable = false};
	buf_init(&text, ALIASES_TEXT_MAX);
	enum err e = read_text(conf, &text, d);
	if (e == ERR_NOT_FOUND) {
		log_line(LOG_WARNING, "aliases-missing", "why=\"%s\"", d->text);
		buf_clear(&text);
		e = ERR_OK;
	}
	if (e == ERR_OK)
		e = parse_text(conf, buf_slice(&text), out, d);
	out->seen = hash_siphash(l->role->seed, buf_slice(&text));
	buf_free(&text);
	return e;
}

/* Something in the directory has changed; often it is another file. One that
 * is wrong or gone (an editor may take it away for a moment) leaves the last
 * good one in force, and is told of once. */
static void
on_change(void *arg)
{
	struct lookup *l = arg;
	struct aliases fresh = {.usable = false};
	struct buf text;
	struct diag d;
	buf_init(&text, ALIASES_TEXT_MAX);
	enum err e = read_text(l->role->conf, &text, &d);
	uint64_t seen = hash_siphash(
	    l->role->seed, e == ERR_OK ? buf_slice(&text) : slice_str(d.text));
	bool same = seen == l->aliases_seen;
	l->aliases_seen = seen;
	if (e == ERR_OK && !same)
		e = parse_text(l->role->conf, buf_slice(&text), &fresh, &d);
	buf_free(&text);
	if (same)
		return;
	if (e != ERR_OK) {
		aliases_free(&fresh);
		log_line(LOG_ERROR, "aliases-kept", "entries=%zu why=\"%s\"",
		    l->aliases.table.n, d.text);
		return;
	}
	aliases_free(&l->aliases);
	l->aliases = fresh;
	log_line(LOG_INFO, "aliases-read", "entries=%zu", fresh.table.n);
	lookup_changed(l);
}

/* The directory of path as a C string: what stands before its last slash. */
static enum err
directory_of(struct slice path, char *out, size_t max, struct diag *d)
{
	size_t slash = slice_rfind(path, '/');
	struct slice dir = slash == path.n ? SLICE(".")
			   : slash == 0    ? SLICE("/")
					   : slice_to(path, slash);
	if (dir.n >= max)
		return diag_set(
		    d, ERR_LIMIT, "", "the path of aliases is too long");
	memcpy(out, dir.p, dir.n);
	out[dir.n] = '\0';
	return ERR_OK;
}

enum err
aliases_walled(struct lookup *l, const struct conf *conf, struct diag *d)
{
	l->walled[0] = '\0';
	return conf->aliases.n == 0 ? ERR_OK
				    : directory_of(conf->aliases, l->walled,
					  sizeof(l->walled), d);
}

bool
aliases_elsewhere(const struct lookup *l, const struct conf *conf)
{
	char dir[sizeof(l->walled)];
	struct diag d;
	return conf->aliases.n > 0 &&
	       (directory_of(conf->aliases, dir, sizeof(dir), &d) != ERR_OK ||
		   strcmp(dir, l->walled) != 0);
}

enum err
aliases_watch(struct lookup *l, const struct conf *conf, struct diag *d)
{
	char dir[4096];
	unsigned next = 1 - l->watch_now;
	if (conf->aliases.n > 0) {
		enum err e = directory_of(conf->aliases, dir, sizeof(dir), d);
		if (e == ERR_OK)
			e = dirwatch_open(&l->watch[next], l->role->loop, dir,
			    on_change, l, d);
		if (e != ERR_OK)
			return e;
	}
	dirwatch_close(&l->watch[l->watch_now]);
	l->watch_now = next;
	return ERR_OK;
}
