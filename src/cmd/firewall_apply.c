#include "cmd/firewall.h"

#include <string.h>
#include <sys/stat.h>

#include "os/fs.h"

/* One file that is to be written. */
struct change {
	char dir[FIREWALL_PATH_MAX];
	char name[FIREWALLD_NAME_MAX + 8]; /* with ".xml" */
	struct buf old, fresh;
	bool is_new; /* there is none in /etc */
	bool wanted;
};

struct apply {
	struct cmd_ctx *ctx;
	const struct firewall_args *args;
	struct firewall_set set;
	struct firewall_ports ports;
	struct slice zone;
	struct change service, in_zone;
	json_t *changed; /* paths */
};

static void
change_begin(
    struct apply *a, struct change *c, const char *dir, struct slice name)
{
	*c = (struct change){.is_new = true};
	buf_init(&c->old, FIREWALLD_TEXT_MAX);
	buf_init(&c->fresh, FIREWALLD_TEXT_MAX);
	(void)snprintf(
	    c->dir, sizeof(c->dir), "%s/etc/firewalld/%s", a->args->root, dir);
	(void)snprintf(c->name, sizeof(c->name), "%.*s.xml", SLICE_ARG(name));
}

static void
change_end(struct change *c)
{
	buf_free(&c->old);
	buf_free(&c->fresh);
}

/* ---- which zone ---- */

/* Without a name the default one, if packets come by no other. */
static int
choose_zone(struct apply *a)
{
	a->zone = a->args->zone != NULL ? slice_str(a->args->zone)
					: a->set.default_zone;
	for (const struct firewall_bound *b = a->set.bound;
	     a->args->zone == NULL && b != NULL; b = b->next)
		if (!slice_eq(b->zone, a->zone))
			return cmd_fail(a->ctx, CMD_USAGE,
			    "say which zone with --zone: %.*s is the default, "
			    "but by %s an interface is in %.*s",
			    SLICE_ARG(a->zone), b->path, SLICE_ARG(b->zone));
	return CMD_GOOD;
}

static int
find_zone(struct apply *a, const struct firewall_file **out)
{
	const struct firewall_file *f = firewall_find(a->set.zones, a->zone);
	*out = f;
	if (f == NULL) {
		for (f = a->set.zones; f != NULL; f = f->next)
			if (firewall_is_zone(f, a->zone))
				return cmd_fail(a->ctx, CMD_UNKNOWN,
				    "zone %.*s is made of several files (%s): "
				    "add <service name=\"%s\"/> to one of them "
				    "by hand",
				    SLICE_ARG(a->zone), f->path,
				    FIREWALL_SERVICE);
		return cmd_fail(a->ctx, CMD_USAGE,
		    "there is no zone %.*s among firewalld's files",
		    SLICE_ARG(a->zone));
	}
	/* Beside a broken file no other would count. */
	if (!f->broken && a->set.spoiler != NULL && a->set.spoiler->broken)
		f = a->set.spoiler;
	if (f->broken)
		return cmd_fail(a->ctx, CMD_BAD,
		    "%s:%u: %s; mend it first: nothing was changed", f->path,
		    f->fault.line, f->fault.text);
	return CMD_GOOD;
}

/* ---- what is to change ---- */

/* Who made a link keeps the file elsewhere. */
static int
refuse_link(const struct apply *a, const struct firewall_file *f)
{
	struct stat st;
	if (f->system && lstat(f->path, &st) == 0 && S_ISLNK(st.st_mode))
		return cmd_fail(a->ctx, CMD_UNKNOWN,
		    "%s is a link: change what it leads to by hand; nothing "
		    "was changed",
		    f->path);
	return CMD_GOOD;
}

static bool
uses_ours(const struct firewall_file *zone)
{
	for (const struct firewalld_item *i = zone->what.items; i != NULL;
	     i = i->next)
		if (i->what == FIREWALLD_USE &&
		    slice_eq(i->name, SLICE(FIREWALL_SERVICE)))
			return true;
	return false;
}

static bool
all_open(const struct apply *a)
{
	for (size_t i = 0; i < a->ports.n; i++) {
		struct firewall_verdict v;
		firewall_judge(&a->set, a->zone, a->ports.v[i].port, &v);
		if (v.state != FIREWALL_OPEN)
			return false;
	}
	return true;
}

static int
plan_service(struct apply *a)
{
	uint16_t ports[FIREWALL_PORTS_MAX];
	size_t n = firewall_numbers(&a->ports, ports);
	const struct firewall_file *f =
	    firewall_find(a->set.services, SLICE(FIREWALL_SERVICE));
	struct change *c = &a->service;
	struct diag d;
	if (firewall_same_service(f, ports, n))
		return CMD_GOOD;
	c->wanted = true;
	firewall_own_text(&a->ports, &c->fresh);
	if (f == NULL || !f->system)
		return CMD_GOOD;
	c->is_new = false;
	if (refuse_link(a, f) != CMD_GOOD)
		return CMD_UNKNOWN;
	if (fs_read_file(FS_CWD, f->path, FIREWALLD_TEXT_MAX, &c->old, &d) !=
	    ERR_OK)
		return cmd_fail(a->ctx, CMD_UNKNOWN, "%s", d.text);
	return CMD_GOOD;
}

static int
plan_zone(struct apply *a, const struct firewall_file *f)
{
	struct change *c = &a->in_zone;
	struct firewalld_fault fault;
	struct diag d;
	if (uses_ours(f))
		return CMD_GOOD;
	if (refuse_link(a, f) != CMD_GOOD)
		return CMD_UNKNOWN;
	if (fs_read_file(FS_CWD, f->path, FIREWALLD_TEXT_MAX, &c->old, &d) !=
	    ERR_OK)
		return cmd_fail(a->ctx, CMD_UNKNOWN, "%s", d.text);
	enum err e = firewalld_zone_add(
	    buf_slice(&c->old), SLICE(FIREWALL_SERVICE), &c->fresh, &fault);
	if (e == ERR_EXISTS)
		return CMD_GOOD;
	if (e != ERR_OK)
		return cmd_fail(a->ctx, CMD_UNKNOWN,
		    "%s: cannot add to it (%s); add <service name=\"%s\"/> by "
		    "hand",
		    f->path, err_name(e), FIREWALL_SERVICE);
	c->wanted = true;
	c->is_new = !f->system;
	return CMD_GOOD;
}

static int
plan(struct apply *a)
{
	const struct firewall_file *zone;
	int code = choose_zone(a);
	if (code == CMD_GOOD)
		code = find_zone(a, &zone);
	if (code != CMD_GOOD)
		return code;
	change_begin(a, &a->service, "services", SLICE(FIREWALL_SERVICE));
	change_begin(a, &a->in_zone, "zones", a->zone);
	/* Open by other lines is open, too. */
	if (all_open(a) && !uses_ours(zone))
		return CMD_GOOD;
	code = plan_service(a);
	return code == CMD_GOOD ? plan_zone(a, zone) : code;
}

/* ---- shown and asked ---- */

static void
show_lines(const struct buf *text, char sign)
{
	struct slice rest = buf_slice(text);
	while (rest.n > 0) {
		struct slice line = slice_to(rest, slice_find(rest, '\n'));
		rest = slice_from(rest, line.n + 1);
		fprintf(stderr, "  %c ", sign);
		cmd_print_safe(stderr, line);
		fputc('\n', stderr);
	}
}

static void
show_changes(const struct apply *a)
{
	if (a->service.wanted) {
		fprintf(stderr, "%s/%s, %s:\n", a->service.dir, a->service.name,
		    a->service.is_new ? "new" : "instead of what is there");
		show_lines(&a->service.old, '-');
		show_lines(&a->service.fresh, '+');
	}
	if (a->in_zone.wanted)
		fprintf(stderr,
		    "%s/%s, %s one line:\n  + <service name=\"%s\"/>\n",
		    a->in_zone.dir, a->in_zone.name,
		    a->in_zone.is_new ? "a copy of firewalld's own zone, and"
				      : "as it is, and",
		    FIREWALL_SERVICE);
}

static bool
confirmed(const struct apply *a)
{
	char line[16];
	if (a->args->yes)
		return true;
	fputs("Write this? [y/N] ", stderr);
	fflush(stderr);
	return fgets(line, sizeof(line), stdin) != NULL &&
	       (line[0] == 'y' || line[0] == 'Y');
}

/* ---- written ---- */

/* The old one stays beside it, as firewalld itself keeps it. */
static int
write_change(const struct apply *a, const struct change *c)
{
	char old[sizeof(c->name) + 8];
	struct diag d;
	struct stat st;
	int dir = -1;
	mode_t mode = 0644;
	if (!c->wanted)
		return CMD_GOOD;
	enum err e = fs_mkdirs(c->dir, 0750, &d);
	if (e == ERR_OK)
		e = fs_open_dir(FS_CWD, c->dir, &dir, &d);
	if (e == ERR_OK && fstatat(dir, c->name, &st, 0) == 0)
		mode = st.st_mode & 0777;
	(void)snprintf(old, sizeof(old), "%s.old", c->name);
	if (e == ERR_OK && !c->is_new)
		e = fs_write_file(dir, old, buf_slice(&c->old), mode, &d);
	if (e == ERR_OK)
		e = fs_write_file(dir, c->name, buf_slice(&c->fresh), mode, &d);
	fs_close(&dir);
	if (e != ERR_OK)
		return cmd_fail(a->ctx, CMD_UNKNOWN, "%s", d.text);
	json_array_append_new(
	    a->changed, json_sprintf("%s/%s", c->dir, c->name));
	return CMD_GOOD;
}

/* ---- in force ---- */

static int
reload(const struct apply *a)
{
	struct diag d;
	int code;
	switch (firewall_cmd(a->args->root, "--reload", &code, &d)) {
	case FIREWALL_CMD_NONE:
		fputs("There is no firewall-cmd: what was written counts from "
		      "firewalld's next start or reload.\n",
		    stderr);
		return CMD_GOOD;
	case FIREWALL_CMD_FAILED:
		return cmd_fail(a->ctx, CMD_UNKNOWN,
		    "%s; the files are written, whether they are in force is "
		    "not known",
		    d.text);
	case FIREWALL_CMD_ENDED:
		break;
	}
	if (code == FIREWALL_CMD_NOT_RUNNING)
		return cmd_fail(a->ctx, CMD_UNKNOWN,
		    "firewalld does not run: the files are written and count "
		    "from its next start");
	if (code != 0)
		return cmd_fail(a->ctx, CMD_UNKNOWN,
		    "firewall-cmd --reload exited with code %d; the files are "
		    "written, but not in force",
		    code);
	return CMD_GOOD;
}

/* ---- the verb ---- */

static int
carry_out(struct apply *a)
{
	if (!a->service.wanted && !a->in_zone.wanted) {
		fprintf(stderr,
		    "Zone %.*s is right already: nothing was changed.\n",
		    SLICE_ARG(a->zone));
		return CMD_GOOD;
	}
	show_changes(a);
	if (!confirmed(a))
		return cmd_fail(a->ctx, CMD_BAD, "nothing was changed");
	/* A zone may only name a service that is there. */
	int code = write_change(a, &a->service);
	if (code == CMD_GOOD)
		code = write_change(a, &a->in_zone);
	return code == CMD_GOOD ? reload(a) : code;
}

/* Do it; *out_zone is what zone it was, for check. */
static int
apply(struct apply *a, char out_zone[FIREWALLD_NAME_MAX + 1])
{
	int code;
	if (a->ports.n == 0)
		return cmd_fail(a->ctx, CMD_BAD,
		    "no listener has an address that others see: nothing needs "
		    "to be open");
	if (!firewall_read(a->ctx, a->args->root, &a->set))
		return CMD_UNKNOWN;
	if (a->set.found == FIREWALL_NONE)
		return cmd_fail(a->ctx, CMD_UNKNOWN,
		    "firewalld is not installed: nothing was changed");
	if (a->set.found == FIREWALL_DENIED)
		return cmd_fail(a->ctx, CMD_UNKNOWN,
		    "%s; run this as root: nothing was changed",
		    a->set.why.text);
	code = plan(a);
	if (code == CMD_GOOD)
		code = carry_out(a);
	(void)snprintf(
	    out_zone, FIREWALLD_NAME_MAX + 1, "%.*s", SLICE_ARG(a->zone));
	return code;
}

int
firewall_run_apply(struct cmd_ctx *ctx, const struct firewall_args *args)
{
	struct apply a = {.ctx = ctx, .args = args, .changed = json_array()};
	char zone[FIREWALLD_NAME_MAX + 1];
	firewall_ports_of(ctx->conf, &a.ports);
	int code = apply(&a, zone), seen;
	firewall_free(&a.set);
	change_end(&a.service);
	change_end(&a.in_zone);
	if (code != CMD_GOOD) {
		json_decref(a.changed);
		return code;
	}
	struct firewall_args after = *args;
	after.zone = zone;
	json_t *answer = firewall_look(ctx, &after, &seen);
	if (answer == NULL) {
		json_decref(a.changed);
		return seen;
	}
	json_object_set_new(answer, "changed", a.changed);
	if (ctx->json) {
		json_dumpf(answer, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		firewall_tell(ctx, answer);
	}
	json_decref(answer);
	return seen;
}
