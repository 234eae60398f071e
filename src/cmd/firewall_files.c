#include "cmd/firewall.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "os/fs.h"

#define MEMORY_MAX (64u << 20)

static const char etc_dir[] = "/etc/firewalld";
static const char lib_dir[] = "/usr/lib/firewalld";

struct loader {
	const struct cmd_ctx *ctx;
	const char *root;
	struct firewall_set *set;
	bool failed;
};

static bool
fail(struct loader *l, const char *what)
{
	if (!l->failed)
		cmd_fail(l->ctx, 0, "%s%s: %s", l->root, etc_dir, what);
	l->failed = true;
	return false;
}

/* ---- one file ---- */

/* A file that may not be read makes everything unknown. */
static void
denied(struct loader *l, const struct diag *d)
{
	if (l->set->found == FIREWALL_DENIED)
		return;
	l->set->found = FIREWALL_DENIED;
	l->set->why = *d;
}

static void
read_what(struct loader *l, struct firewall_file *f, enum firewalld_kind kind)
{
	struct buf text;
	struct diag d;
	buf_init(&text, FIREWALLD_TEXT_MAX);
	enum err e =
	    fs_read_file(FS_CWD, f->path, FIREWALLD_TEXT_MAX, &text, &d);
	if (e == ERR_OK) {
		e = firewalld_read(
		    kind, buf_slice(&text), &l->set->mem, &f->what, &f->fault);
		f->broken = e != ERR_OK;
		if (e == ERR_NOMEM)
			(void)fail(l, "out of memory");
	} else if (e == ERR_LIMIT) {
		f->broken = true;
		f->fault.line = 1;
		snprintf(f->fault.text, sizeof(f->fault.text),
		    "more than %u octets", FIREWALLD_TEXT_MAX);
	} else {
		denied(l, &d);
	}
	buf_free(&text);
}

static struct firewall_file *
new_file(struct loader *l, const char *path, struct slice name)
{
	struct firewall_set *s = l->set;
	if (s->files++ == FIREWALL_FILES_MAX) {
		(void)fail(l, "too many files");
		return NULL;
	}
	struct firewall_file *f = arena_alloc(&s->mem, sizeof(*f));
	const char *copy = arena_str(&s->mem, name);
	if (f == NULL || copy == NULL ||
	    (f->path = arena_str(&s->mem, slice_str(path))) == NULL) {
		(void)fail(l, "out of memory");
		return NULL;
	}
	f->name = slice_of(copy, name.n);
	return f;
}

/* ---- one directory ---- */

struct place {
	enum firewalld_kind kind;
	struct firewall_file **list;
	const char *dir;
	struct slice group;
	bool system;
};

static void
take_file(struct loader *l, const struct place *p, const char *entry)
{
	char path[FIREWALL_PATH_MAX];
	struct slice name = slice_str(entry);
	if (snprintf(path, sizeof(path), "%s/%s", p->dir, entry) >=
	    (int)sizeof(path)) {
		(void)fail(l, "a path is too long");
		return;
	}
	name.n -= strlen(".xml");
	if (!firewalld_is_name(name))
		return;
	struct firewall_file *f = new_file(l, path, name);
	if (f == NULL)
		return;
	f->system = p->system;
	f->group = p->group;
	read_what(l, f, p->kind);
	/* What /etc has stands for what /usr/lib has by that name. */
	struct firewall_file **at = p->list;
	if (p->group.n == 0)
		while (*at != NULL &&
		       ((*at)->group.n > 0 || !slice_eq((*at)->name, name)))
			at = &(*at)->next;
	else
		while (*at != NULL)
			at = &(*at)->next;
	if (*at != NULL) {
		f->hidden = *at;
		f->next = (*at)->next;
		f->hidden->next = NULL;
	}
	*at = f;
}

static bool
is_directory(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void take_dir(struct loader *l, const struct place *p);

/* zones/NAME/ of /etc: a zone of several files. */
static void
take_group(struct loader *l, const struct place *p, const char *entry)
{
	char path[FIREWALL_PATH_MAX];
	struct place inner = *p;
	if (!firewalld_is_name(slice_str(entry)) ||
	    snprintf(path, sizeof(path), "%s/%s", p->dir, entry) >=
		(int)sizeof(path) ||
	    !is_directory(path))
		return;
	inner.dir = path;
	if (!arena_slice(&l->set->mem, slice_str(entry), &inner.group))
		(void)fail(l, "out of memory");
	else
		take_dir(l, &inner);
}

static void
take_entries(struct loader *l, const struct place *p, struct dirent **v, int n)
{
	for (int i = 0; i < n; i++) {
		struct slice name = slice_str(v[i]->d_name);
		if (l->failed || name.p[0] == '.')
			continue;
		if (name.n > 4 &&
		    slice_eq(slice_from(name, name.n - 4), SLICE(".xml")))
			take_file(l, p, v[i]->d_name);
		else if (p->kind == FIREWALLD_ZONE && p->system &&
			 p->group.n == 0)
			take_group(l, p, v[i]->d_name);
	}
}

static void
take_dir(struct loader *l, const struct place *p)
{
	struct dirent **v;
	int n = scandir(p->dir, &v, NULL, alphasort);
	if (n < 0) {
		struct diag d;
		int e = errno;
		if (e != ENOENT) {
			(void)fs_fail(&d, e, "read", p->dir);
			denied(l, &d);
		}
		return;
	}
	take_entries(l, p, v, n);
	for (int i = 0; i < n; i++)
		free(v[i]);
	free(v);
}

/* ---- all ---- */

static void
take_kind(struct loader *l, enum firewalld_kind kind, const char *name,
    struct firewall_file **list)
{
	char path[FIREWALL_PATH_MAX];
	for (int system = 0; system < 2 && !l->failed; system++) {
		const struct place p = {.kind = kind,
		    .list = list,
		    .dir = path,
		    .system = system != 0};
		if (snprintf(path, sizeof(path), "%s%s/%s", l->root,
			system != 0 ? etc_dir : lib_dir,
			name) >= (int)sizeof(path))
			(void)fail(l, "a path is too long");
		else
			take_dir(l, &p);
	}
}

static bool
there(const char *root, const char *dir, const char *name)
{
	char path[FIREWALL_PATH_MAX];
	struct stat st;
	return snprintf(path, sizeof(path), "%s%s%s", root, dir, name) <
		   (int)sizeof(path) &&
	       (stat(path, &st) == 0 || errno != ENOENT);
}

static void
take_direct(struct loader *l)
{
	char path[FIREWALL_PATH_MAX];
	if (!there(l->root, etc_dir, "/direct.xml"))
		return;
	snprintf(path, sizeof(path), "%s%s/direct.xml", l->root, etc_dir);
	struct firewall_file *f = new_file(l, path, SLICE("direct"));
	if (f == NULL)
		return;
	f->system = true;
	read_what(l, f, FIREWALLD_DIRECT);
	l->set->direct = f;
}

static void
take_conf(struct loader *l)
{
	char path[FIREWALL_PATH_MAX];
	struct buf text;
	struct diag d;
	buf_init(&text, FIREWALLD_TEXT_MAX);
	snprintf(path, sizeof(path), "%s%s/firewalld.conf", l->root, etc_dir);
	enum err e = fs_read_file(FS_CWD, path, FIREWALLD_TEXT_MAX, &text, &d);
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		denied(l, &d);
	if (!arena_slice(&l->set->mem, firewalld_default_zone(buf_slice(&text)),
		&l->set->default_zone))
		(void)fail(l, "out of memory");
	buf_free(&text);
}

bool
firewall_read(
    const struct cmd_ctx *ctx, const char *root, struct firewall_set *out)
{
	struct loader l = {.ctx = ctx, .root = root, .set = out};
	*out = (struct firewall_set){.found = FIREWALL_FOUND};
	arena_init(&out->mem, MEMORY_MAX);
	if (strlen(root) > FIREWALL_PATH_MAX / 2)
		return fail(&l, "a path is too long");
	if (!there(root, etc_dir, "") && !there(root, lib_dir, "")) {
		out->found = FIREWALL_NONE;
		return true;
	}
	take_conf(&l);
	take_kind(&l, FIREWALLD_SERVICE, "services", &out->services);
	take_kind(&l, FIREWALLD_ZONE, "zones", &out->zones);
	take_kind(&l, FIREWALLD_POLICY, "policies", &out->policies);
	take_direct(&l);
	if (!l.failed && !firewall_read_bound(root, out))
		return fail(&l, "too many files of interfaces");
	firewall_find_spoiler(out);
	return !l.failed;
}

void
firewall_free(struct firewall_set *set)
{
	arena_reset(&set->mem);
}
