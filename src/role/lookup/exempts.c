#include "role/lookup/exempts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "os/fs.h"
#include "os/log.h"

/* Lines that are taken in at once: a small list is in force without delay. */
#define FIRST_LINES 16384u
#define STEP_LINES  2048u
/* Every local entry of a list so long is remembered from when it is first
 * seen, so that one that spares nobody is found. */
#define SEEN_MAX     20000u
#define COMPLAIN_MAX 20u
/* Two changes within the grain of a file system's clock look alike. */
#define SETTLED_NS 2000000000

static uint64_t
now_s(const struct exempts *x)
{
	return loop_unix_ms(x->role->loop) / 1000;
}

static const char *
source_name(enum exempt_source s)
{
	return s == EXEMPT_LOCAL ? "local" : "synced";
}

/* ---- hits ---- */

static bool
hits_path(const struct exempts *x, const char *name, char out[EXEMPT_PATH_MAX])
{
	return exempt_data_path(x->role->conf, "lookup", name, out);
}

static void
load_hits(struct exempts *x)
{
	char path[EXEMPT_PATH_MAX];
	struct buf text;
	struct diag d = {.text = "data-dir is too long"};
	buf_init(&text, HITS_OCTETS_MAX);
	enum err e =
	    hits_path(x, "hits", path)
		? fs_read_file(FS_CWD, path, HITS_OCTETS_MAX, &text, &d)
		: ERR_LIMIT;
	if (e != ERR_OK && e != ERR_NOT_FOUND)
		log_line(LOG_ERROR, "exempt-hits-lost", "why=\"%s\"", d.text);
	else if (e == ERR_OK && !hits_parse(&x->hits, buf_slice(&text)))
		log_line(LOG_WARNING, "exempt-hits-damaged", "path=%s kept=%zu",
		    path, x->hits.n);
	buf_free(&text);
}

/* Without fsync: a number that is lost is worth less than the time that mail
 * would wait for it. */
static enum err
write_hits(const struct exempts *x, struct slice text, struct diag *d)
{
	char path[EXEMPT_PATH_MAX], made[EXEMPT_PATH_MAX];
	if (!hits_path(x, "hits", path) || !hits_path(x, "hits.new", made))
		return diag_set(d, ERR_LIMIT, "", "data-dir is too long");
	int fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return fs_fail(d, errno, "create", made);
	enum err e = fs_write_all(fd, text);
	close(fd);
	if (e != ERR_OK)
		(void)diag_set(
		    d, e, "", "cannot write %s: %s", made, err_name(e));
	else if (rename(made, path) != 0)
		e = fs_fail(d, errno, "rename", made);
	if (e != ERR_OK)
		(void)unlink(made);
	return e;
}

void
exempts_save(struct exempts *x)
{
	struct buf text;
	struct diag d;
	timer_stop(&x->save);
	if (!x->hits.changed)
		return;
	buf_init(&text, HITS_OCTETS_MAX);
	hits_add_file(&text, &x->hits);
	enum err e = buf_err(&text);
	if (e != ERR_OK)
		(void)diag_set(&d, e, "", "too many of them");
	else
		e = write_hits(x, buf_slice(&text), &d);
	if (e != ERR_OK)
		log_line(
		    LOG_WARNING, "exempt-hits-unsaved", "why=\"%s\"", d.text);
	x->hits.changed = false;
	buf_free(&text);
}

static void
on_save(void *arg)
{
	exempts_save(arg);
}

static void
save_later(struct exempts *x)
{
	if (x->hits.changed && !timer_active(&x->save))
		timer_start(&x->save, EXEMPTS_SAVE_MS);
}

/* An entry of which list, and is it there? */
struct known {
	const struct exempts *x;
	enum conf_exempt_list list;
};

static bool
is_known(void *arg, struct slice entry)
{
	const struct known *k = arg;
	struct exempt_entry e;
	size_t index;
	if (exempt_parse_line(entry, &e, NULL) != ERR_OK)
		return false;
	for (unsigned s = 0; s < EXEMPT_SOURCES; s++) {
		const struct exempt_file *f = k->x->place[k->list][s].now;
		if (f != NULL && exempt_same(f->table, &e, &index))
			return true;
	}
	return false;
}

/* Entries that are new begin to be counted, those that are gone are dropped;
 * but as long as a file is not read, nothing is known to be gone. */
static void
fit_hits(struct exempts *x, enum conf_exempt_list list)
{
	const struct exempt_file *local = x->place[list][EXEMPT_LOCAL].now;
	struct known k = {x, list};
	struct exempt_entry e;
	for (unsigned s = 0; s < EXEMPT_SOURCES; s++)
		if (x->place[list][s].coming != NULL ||
		    x->place[list][s].trouble[0] != '\0')
			return;
	hits_keep(&x->hits, list, is_known, &k);
	size_t n = local == NULL ? 0 : exempt_count(local->table);
	for (size_t i = 0; i < n && n <= SEEN_MAX; i++) {
		exempt_entry_at(local->table, i, &e);
		hits_seen(&x->hits, list, e.text, now_s(x));
	}
	save_later(x);
}

/* ---- reading ---- */

static void
complain(const struct exempt_file *f, uint32_t line, const char *text)
{
	if (f->errors <= COMPLAIN_MAX)
		log_line(LOG_ERROR, "exempt-error", "at=\"%s:%u\" why=\"%s\"",
		    f->path, line, text);
}

static struct exempts_stamp
stamp_of(const char *path)
{
	struct exempts_stamp s = {.inode = 0};
	struct timespec now;
	struct stat st;
	if (stat(path, &st) != 0)
		return s;
	s.device = st.st_dev;
	s.inode = st.st_ino;
	s.octets = (uint64_t)st.st_size;
	s.ctime_ns = st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
	clock_gettime(CLOCK_REALTIME, &now);
	s.read_ns = now.tv_sec * 1000000000 + now.tv_nsec;
	return s;
}

/* Has the file not changed, for sure, since it was read as a? */
static bool
stamp_same(const struct exempts_stamp *a, const struct exempts_stamp *b)
{
	bool settled = a->inode == 0 || a->read_ns - a->ctime_ns > SETTLED_NS;
	return settled && a->device == b->device && a->inode == b->inode &&
	       a->octets == b->octets && a->ctime_ns == b->ctime_ns;
}

static void
drop(struct exempt_file **f)
{
	exempt_file_unref(*f);
	*f = NULL;
}

/* Something is wrong with a file: what was in force stays so. Told of once. */
static void
keep_old(struct exempts_place *p, enum conf_exempt_list list,
    enum exempt_source source, const char *why)
{
	drop(&p->coming);
	if (strcmp(p->trouble, why) == 0)
		return;
	snprintf(p->trouble, sizeof(p->trouble), "%s", why);
	if (p->now == NULL)
		log_line(LOG_ERROR, "exempt-unread",
		    "list=%s source=%s why=\"%s\"", conf_exempt_name(list),
		    source_name(source), why);
	else
		log_line(LOG_ERROR, "exempt-kept",
		    "list=%s source=%s entries=%zu why=\"%s\"",
		    conf_exempt_name(list), source_name(source),
		    exempt_count(p->now->table), why);
}

static void
take_force(
    struct exempts *x, enum conf_exempt_list list, enum exempt_source source)
{
	struct exempts_place *p = &x->place[list][source];
	drop(&p->now);
	p->now = p->coming;
	p->coming = NULL;
	log_line(LOG_INFO, "exempt-read",
	    "list=%s source=%s path=%s entries=%zu errors=%zu",
	    conf_exempt_name(list), source_name(source), p->path,
	    exempt_count(p->now->table), p->now->errors);
	fit_hits(x, list);
	x->changed(x->role);
}

/* Some more lines of what is coming. false: it is whole, or given up. */
static bool
compile(struct exempts *x, enum conf_exempt_list list,
    enum exempt_source source, size_t lines)
{
	struct exempts_place *p = &x->place[list][source];
	struct diag d, why;
	enum err e = exempt_file_step(p->coming, lines, &d);
	if (e == ERR_MORE)
		return true;
	if (e == ERR_OK) {
		take_force(x, list, source);
		return false;
	}
	(void)diag_set(&why, e, "", "%.100s: %.100s", p->path, d.text);
	keep_old(p, list, source, why.text);
	return false;
}

/* No file: of the synced one that is how it begins. */
static void
take_none(struct exempts *x, enum conf_exempt_list list,
    enum exempt_source source, const char *why)
{
	struct exempts_place *p = &x->place[list][source];
	bool had = p->now != NULL;
	drop(&p->now);
	drop(&p->coming);
	if (source == EXEMPT_SYNCED) {
		p->trouble[0] = '\0';
	} else if (had || strcmp(p->trouble, why) != 0) {
		snprintf(p->trouble, sizeof(p->trouble), "%s", why);
		log_line(LOG_NOTICE, "exempt-missing", "list=%s why=\"%s\"",
		    conf_exempt_name(list), why);
	}
	if (had)
		x->changed(x->role);
}

static bool
same_file(const struct exempt_file *a, const struct exempt_file *b)
{
	return b != NULL && strcmp(a->path, b->path) == 0 &&
	       slice_eq(buf_slice(&a->text), buf_slice(&b->text));
}

/* Read a file and begin to compile it. asked: by an administrator, to whom a
 * file that is gone is meant to be gone; else an editor may have taken it away
 * for a moment. */
static void
take_file(struct exempts *x, enum conf_exempt_list list,
    enum exempt_source source, bool asked)
{
	struct exempts_place *p = &x->place[list][source];
	struct exempt_file *f;
	struct diag d;
	p->seen = stamp_of(p->path);
	enum err e = exempt_file_read(p->path, x->role->seed, complain, &f, &d);
	if (e == ERR_NOT_FOUND && (asked || p->now == NULL)) {
		take_none(x, list, source, d.text);
		return;
	}
	if (e != ERR_OK) {
		keep_old(p, list, source, d.text);
		return;
	}
	p->trouble[0] = '\0';
	if (same_file(f, p->coming)) {
		exempt_file_unref(f);
		return;
	}
	drop(&p->coming);
	if (same_file(f, p->now)) {
		exempt_file_unref(f);
		return;
	}
	p->coming = f;
	if (compile(x, list, source, x->role->walled ? FIRST_LINES : SIZE_MAX))
		timer_start(&x->work, 0);
}

static void
look(struct exempts *x, enum conf_exempt_list list, enum exempt_source source,
    bool asked)
{
	struct exempts_place *p = &x->place[list][source];
	if (p->path[0] == '\0')
		return;
	struct exempts_stamp s = stamp_of(p->path);
	if (asked || !stamp_same(&p->seen, &s))
		take_file(x, list, source, asked);
}

static void
look_all(struct exempts *x, bool asked)
{
	for (unsigned l = 0; l < CONF_EXEMPT_LISTS; l++)
		for (unsigned s = 0; s < EXEMPT_SOURCES; s++)
			look(x, (enum conf_exempt_list)l, (enum exempt_source)s,
			    asked);
}

static void
on_work(void *arg)
{
	struct exempts *x = arg;
	for (unsigned l = 0; l < CONF_EXEMPT_LISTS; l++)
		for (unsigned s = 0; s < EXEMPT_SOURCES; s++) {
			if (x->place[l][s].coming == NULL)
				continue;
			(void)compile(x, (enum conf_exempt_list)l,
			    (enum exempt_source)s, STEP_LINES);
			timer_start(&x->work, 0);
			return;
		}
}

/* ---- where the files are ---- */

static void
directory_of(const char *path, char out[EXEMPT_PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	if (slash == NULL)
		snprintf(out, EXEMPT_PATH_MAX, ".");
	else if (slash == path)
		snprintf(out, EXEMPT_PATH_MAX, "/");
	else
		snprintf(
		    out, EXEMPT_PATH_MAX, "%.*s", (int)(slash - path), path);
}

static bool
is_directory(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
is_walled(const struct exempts *x, const char *dir)
{
	for (unsigned l = 0; l < CONF_EXEMPT_LISTS; l++)
		if (strcmp(x->walled[l], dir) == 0)
			return true;
	return false;
}

bool
exempts_elsewhere(const struct exempts *x, const struct conf *conf)
{
	char path[EXEMPT_PATH_MAX], dir[EXEMPT_PATH_MAX];
	for (unsigned l = 0; l < CONF_EXEMPT_LISTS; l++) {
		if (!exempt_file_path(
			conf, (enum conf_exempt_list)l, EXEMPT_LOCAL, path))
			continue;
		directory_of(path, dir);
		if (is_directory(dir) && !is_walled(x, dir))
			return true;
	}
	return false;
}

/* A list that is no longer configured ends at once; one that moved keeps its
 * table until the other is compiled. */
static void
set_place(struct exempts *x, const struct conf *conf,
    enum conf_exempt_list list, enum exempt_source source)
{
	struct exempts_place *p = &x->place[list][source];
	if (exempt_file_path(conf, list, source, p->path))
		return;
	bool had = p->now != NULL;
	p->path[0] = '\0';
	p->trouble[0] = '\0';
	drop(&p->coming);
	drop(&p->now);
	if (had)
		x->changed(x->role);
}

static void
set_places(struct exempts *x, const struct conf *conf)
{
	for (unsigned l = 0; l < CONF_EXEMPT_LISTS; l++)
		for (unsigned s = 0; s < EXEMPT_SOURCES; s++)
			set_place(x, conf, (enum conf_exempt_list)l,
			    (enum exempt_source)s);
}

void
exempts_look(struct exempts *x)
{
	look_all(x, false);
}

static void
on_change(void *arg)
{
	exempts_look(arg);
}

static void
watch(struct exempts *x, size_t slot, const char *path)
{
	char dir[EXEMPT_PATH_MAX], other[EXEMPT_PATH_MAX];
	struct diag d;
	directory_of(path, dir);
	for (size_t i = 0; i < slot && i < CONF_EXEMPT_LISTS; i++) {
		directory_of(x->place[i][EXEMPT_LOCAL].path, other);
		if (x->watch[i].h != NULL && strcmp(dir, other) == 0)
			return;
	}
	if (is_directory(dir) && dirwatch_open(&x->watch[slot], x->role->loop,
				     dir, on_change, x, &d) != ERR_OK)
		log_line(LOG_WARNING, "exempt-unwatched",
		    "why=\"%s\" looking every %u s", d.text,
		    EXEMPTS_LOOK_MS / 1000);
}

static void
watch_all(struct exempts *x)
{
	for (size_t i = 0; i < EXEMPTS_WATCHES; i++)
		dirwatch_close(&x->watch[i]);
	for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++)
		if (x->place[i][EXEMPT_LOCAL].path[0] != '\0')
			watch(x, i, x->place[i][EXEMPT_LOCAL].path);
	for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++)
		if (x->place[i][EXEMPT_SYNCED].path[0] != '\0') {
			watch(x, CONF_EXEMPT_LISTS,
			    x->place[i][EXEMPT_SYNCED].path);
			return;
		}
}

/* ---- life ---- */

static void
on_look(void *arg)
{
	struct exempts *x = arg;
	timer_start(&x->look, EXEMPTS_LOOK_MS);
	if (x->role->draining)
		return;
	if (exempts_elsewhere(x, x->role->conf)) {
		log_line(LOG_NOTICE, "exempt-elsewhere",
		    "why=\"the directory of a list was made\" starting anew "
		    "to read it");
		exempts_save(x);
		role_exit(x->role);
		return;
	}
	exempts_look(x);
}

void
exempts_init(struct exempts *x, struct role *r, void (*changed)(struct role *r))
{
	x->role = r;
	x->changed = changed;
	list_init(&x->streams);
	timer_init(&x->look, r->loop, on_look, x);
	timer_init(&x->work, r->loop, on_work, x);
	timer_init(&x->save, r->loop, on_save, x);
	timer_init(&x->say, r->loop, exempts_say, x);
	hits_init(&x->hits, r->seed, now_s(x));
}

void
exempts_open(struct exempts *x, const struct conf *conf)
{
	char path[EXEMPT_PATH_MAX], dir[EXEMPT_PATH_MAX];
	for (unsigned l = 0; l < CONF_EXEMPT_LISTS; l++) {
		if (!exempt_file_path(
			conf, (enum conf_exempt_list)l, EXEMPT_LOCAL, path))
			continue;
		directory_of(path, dir);
		if (is_directory(dir))
			memcpy(x->walled[l], dir, sizeof(dir));
	}
	load_hits(x);
	set_places(x, conf);
	watch_all(x);
	look_all(x, true);
	timer_start(&x->look, EXEMPTS_LOOK_MS);
}

void
exempts_reloaded(struct exempts *x)
{
	set_places(x, x->role->conf);
	watch_all(x);
	look_all(x, true);
	for (unsigned l = 0; l < CONF_EXEMPT_LISTS; l++)
		fit_hits(x, (enum conf_exempt_list)l);
}

/* ---- questions ---- */

static bool
find_in(const struct exempt_file *f, const struct exempt_question *q,
    struct exempt_entry *out)
{
	size_t index;
	if (f == NULL || !exempt_find(f->table, q, &index))
		return false;
	exempt_entry_at(f->table, index, out);
	return true;
}

static void
say_where(struct buf *b, const char *path, const struct exempt_entry *e)
{
	struct slice reason = slice_to(e->reason, 200);
	buf_printf(b, "%s:%u: ", path, e->line);
	buf_add(b, e->text);
	if (reason.n == 0)
		return;
	buf_add_str(b, " (");
	for (size_t i = 0; i < reason.n; i++)
		buf_add_byte(b, reason.p[i] < ' ' || reason.p[i] == 0x7f
				    ? '?'
				    : reason.p[i]);
	buf_add_byte(b, ')');
}

static bool
find(struct exempts *x, const struct ipc_exempt_ask *m, struct buf *where)
{
	const enum conf_exempt_list list = (enum conf_exempt_list)m->list;
	const struct exempt_question q = {.client = m->client,
	    .name = {m->host1, m->host2,
		list == CONF_EXEMPT_MAIL ? m->domain : SLICE_EMPTY},
	    .today = exempt_today(now_s(x))};
	for (unsigned s = 0; s < EXEMPT_SOURCES; s++) {
		const struct exempt_file *f = x->place[list][s].now;
		struct exempt_entry e;
		if (!find_in(f, &q, &e))
			continue;
		say_where(where, f->path, &e);
		hits_count(&x->hits, list, e.text, now_s(x));
		save_later(x);
		return true;
	}
	return false;
}

void
exempts_ask(struct exempts *x, struct chan *c, const struct ipc_exempt_ask *m)
{
	struct ipc_msg answer = {.type = IPC_exempt_answer, .fd = -1};
	struct buf where;
	buf_init(&where, 2 * EXEMPT_PATH_MAX);
	answer.exempt_answer.ask = m->ask;
	answer.exempt_answer.exempt =
	    m->list < CONF_EXEMPT_LISTS && find(x, m, &where);
	answer.exempt_answer.where = buf_slice(&where);
	(void)role_send(c, &answer);
	buf_free(&where);
}
