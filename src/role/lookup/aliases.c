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

enum err
aliases_load(const struct lookup *l, const struct conf *conf,
    struct aliases *out, struct diag *d)
{
	const char *path = (const char *)conf->aliases.p;
	struct reporter r = {.path = path, .first = d};
	struct buf text;
	*out = (struct aliases){.usable = true};
	arena_init(&out->arena, ALIASES_MEMORY_MAX);
	if (conf->aliases.n == 0)
		return ERR_OK;
	buf_init(&text, ALIASES_TEXT_MAX);
	enum err e = fs_read_file(FS_CWD, path, ALIASES_TEXT_MAX, &text, d);
	if (e == ERR_NOT_FOUND) {
		log_line(LOG_WARNING, "aliases-missing", "file=\"%s\"", path);
		e = ERR_OK;
	} else if (e == ERR_OK) {
		out->hash = hash_siphash(l->role->seed, buf_slice(&text));
		e = alias_parse(
		    buf_slice(&text), &out->arena, on_error, &r, &out->table);
		if (e == ERR_NOMEM)
			(void)diag_set(
			    d, e, "", "%s: too large for memory", path);
	}
	buf_free(&text);
	out->usable = e == ERR_OK;
	return e;
}

/* A file that is wrong leaves the last good one in force. */
static void
on_change(void *arg)
{
	struct lookup *l = arg;
	struct aliases fresh;
	struct diag d;
	enum err e = aliases_load(l, l->role->conf, &fresh, &d);
	if (e != ERR_OK) {
		aliases_free(&fresh);
		log_line(LOG_ERROR, "aliases-kept", "entries=%zu why=\"%s\"",
		    l->aliases.table.n, d.text);
		return;
	}
	bool same = l->aliases.usable && fresh.hash == l->aliases.hash;
	aliases_free(&l->aliases);
	l->aliases = fresh;
	if (same)
		return;
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
