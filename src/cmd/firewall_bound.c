/* firewall_bound.c - the zones that interfaces are in. That stands in the file
 * of a zone, or with whoever sets the interface up: NetworkManager's keyfiles
 * (zone=), the ifcfg files of older systems (ZONE=). */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/firewall.h"
#include "os/fs.h"

#define KEYFILE_MAX (64u * 1024)

struct reader {
	const char *root;
	struct firewall_set *set;
	bool failed; /* out of memory, or more than a maximum */
};

static void
add(struct reader *r, struct slice zone, const char *path)
{
	struct firewall_set *s = r->set;
	struct firewall_bound *b = arena_alloc(&s->mem, sizeof(*b));
	if (b == NULL || !arena_slice(&s->mem, zone, &b->zone) ||
	    (b->path = arena_str(&s->mem, slice_str(path))) == NULL) {
		r->failed = true;
		return;
	}
	b->next = s->bound;
	s->bound = b;
}

/* ---- the zones' own files ---- */

/* All the world as a source is as good as an interface. */
static bool
binds(const struct firewalld_item *i)
{
	return i->what == FIREWALLD_INTERFACE ||
	       (i->what == FIREWALLD_SOURCE &&
		   (slice_eq(i->name, SLICE("0.0.0.0/0")) ||
		       slice_eq(i->name, SLICE("::/0"))));
}

static void
take_zones(struct reader *r)
{
	for (const struct firewall_file *f = r->set->zones; f != NULL;
	     f = f->next)
		for (const struct firewalld_item *i = f->what.items; i != NULL;
		     i = i->next)
			if (binds(i)) {
				add(r, f->group.n > 0 ? f->group : f->name,
				    f->path);
				break;
			}
}

/* ---- files of interfaces ---- */

static const struct place {
	const char *dir;
	const char *prefix, *suffix; /* of the files */
	const char *key;
} places[] = {
    {"/etc/NetworkManager/system-connections", "", ".nmconnection", "zone"},
    {"/run/NetworkManager/system-connections", "", ".nmconnection", "zone"},
    {"/etc/sysconfig/network-scripts", "ifcfg-", "", "ZONE"},
};

static struct slice
unquoted(struct slice s)
{
	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') &&
	    s.p[s.n - 1] == s.p[0])
		return slice_from(slice_to(s, s.n - 1), 1);
	return s;
}

static void
take_lines(struct reader *r, const struct place *p, struct slice text,
    const char *path)
{
	while (text.n > 0) {
		struct slice line = slice_to(text, slice_find(text, '\n'));
		text = slice_from(text, line.n + 1);
		size_t eq = slice_find(line, '=');
		struct slice value =
		    unquoted(slice_trim(slice_from(line, eq + 1)));
		if (slice_eq(
			slice_trim(slice_to(line, eq)), slice_str(p->key)) &&
		    firewalld_is_name(value))
			add(r, value, path);
	}
}

static void
denied(struct reader *r, const struct diag *d)
{
	r->set->found = FIREWALL_DENIED;
	r->set->why = *d;
}

static void
take_file(
    struct reader *r, const struct place *p, const char *dir, const char *name)
{
	char path[FIREWALL_PATH_MAX];
	struct buf text;
	struct diag d;
	if (!slice_starts(slice_str(name), slice_str(p->prefix)) ||
	    !slice_ends_nocase(slice_str(name), slice_str(p->suffix)))
		return;
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path)) {
		r->failed = true;
		return;
	}
	buf_init(&text, KEYFILE_MAX);
	if (fs_read_file(FS_CWD, path, KEYFILE_MAX, &text, &d) == ERR_OK)
		take_lines(r, p, buf_slice(&text), path);
	else
		denied(r, &d);
	buf_free(&text);
}

static void
take_place(struct reader *r, const struct place *p)
{
	char dir[FIREWALL_PATH_MAX];
	struct dirent **v;
	(void)snprintf(dir, sizeof(dir), "%s%s", r->root, p->dir);
	int n = scandir(dir, &v, NULL, alphasort);
	if (n < 0) {
		struct diag d;
		int e = errno;
		if (e != ENOENT && e != ENOTDIR) {
			(void)fs_fail(&d, e, "read", dir);
			denied(r, &d);
		}
		return;
	}
	if (n > FIREWALL_FILES_MAX)
		r->failed = true;
	for (int i = 0; i < n; i++) {
		if (!r->failed && v[i]->d_name[0] != '.')
			take_file(r, p, dir, v[i]->d_name);
		free(v[i]);
	}
	free(v);
}

bool
firewall_read_bound(const char *root, struct firewall_set *set)
{
	struct reader r = {.root = root, .set = set};
	take_zones(&r);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		take_place(&r, &places[i]);
	return !r.failed;
}
