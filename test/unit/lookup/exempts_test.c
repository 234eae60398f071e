/* Exempt lists as their files change under the role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/pack.h"
#include "os/fs.h"
#include "role/lookup/exempts.h"

struct fixture {
	char dir[64];
	char file[128];
	struct conf conf;
	struct conf_exempt list[CONF_EXEMPT_LISTS];
	struct role role;
	struct exempts x;
	unsigned changes; /* tables that came into force */
	bool left;
	/* what was said last */
	bool exempt;
	char where[512];
	struct buf lines;
	int end;
	bool blocked;
};

/* The skeleton's part of it. */
static struct fixture *the_fixture;

bool
role_send(struct chan *c, const struct ipc_msg *m)
{
	struct fixture *f = the_fixture;
	assert_null(c);
	assert_int_equal(m->type, IPC_exempt_answer);
	assert_int_equal(m->exempt_answer.ask, 42);
	f->exempt = m->exempt_answer.exempt;
	snprintf(f->where, sizeof(f->where), "%.*s",
	    SLICE_ARG(m->exempt_answer.where));
	return true;
}

void
role_exit(struct role *r)
{
	(void)r;
	the_fixture->left = true;
}

void
role_ctl_line(struct chan *c, struct slice json)
{
	(void)c;
	buf_add(&the_fixture->lines, json);
	buf_add_byte(&the_fixture->lines, '\n');
}

void
role_ctl_end(struct chan *c, uint8_t code, const char *text)
{
	(void)c;
	(void)text;
	the_fixture->end = code;
}

bool
chan_blocked(const struct chan *c)
{
	(void)c;
	return the_fixture->blocked;
}

static void
on_changed(struct role *r)
{
	(void)r;
	the_fixture->changes++;
}

/* ---- files ---- */

static void
write_file(const struct fixture *f, const char *name, const char *text)
{
	int dir;
	struct diag d;
	assert_int_equal(fs_open_dir(FS_CWD, f->dir, &dir, &d), ERR_OK);
	assert_int_equal(
	    fs_write_file(dir, name, slice_str(text), 0600, &d), ERR_OK);
	fs_close(&dir);
}

static void
make_dir(const struct fixture *f, const char *name)
{
	char path[256];
	struct diag d;
	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	assert_int_equal(fs_mkdirs(path, 0700, &d), ERR_OK);
}

static void
forget(struct fixture *f)
{
	for (unsigned i = 0; i < CONF_EXEMPT_LISTS; i++)
		for (unsigned s = 0; s < EXEMPT_SOURCES; s++) {
			exempt_file_unref(f->x.place[i][s].now);
			exempt_file_unref(f->x.place[i][s].coming);
		}
	for (unsigned i = 0; i < EXEMPTS_WATCHES; i++)
		dirwatch_close(&f->x.watch[i]);
	timer_stop(&f->x.look);
	timer_stop(&f->x.work);
	timer_stop(&f->x.save);
	timer_stop(&f->x.say);
	hits_free(&f->x.hits);
	memset(&f->x, 0, sizeof(f->x));
}

static void
start(struct fixture *f)
{
	f->role.walled = false;
	f->changes = 0;
	f->left = false;
	exempts_init(&f->x, &f->role, on_changed);
	exempts_open(&f->x, &f->conf);
	f->role.walled = true;
}

static int
setup(void **state)
{
	static const char *const names[] = {"ptr", "helo", "mail"};
	static struct fixture f;
	memset(&f, 0, sizeof(f));
	snprintf(f.dir, sizeof(f.dir), "/tmp/kurir-exempts-XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	snprintf(f.file, sizeof(f.file), "%s/ptr.list", f.dir);
	f.conf.data_dir = slice_str(f.dir);
	for (unsigned i = 0; i < CONF_EXEMPT_LISTS; i++)
		f.list[i].name = slice_str(names[i]);
	f.list[CONF_EXEMPT_PTR].file = slice_str(f.file);
	f.conf.exempts[CONF_EXEMPT_PTR] = &f.list[CONF_EXEMPT_PTR];
	f.role.loop = loop_new();
	f.role.conf = &f.conf;
	make_dir(&f, "lookup");
	make_dir(&f, "exempt");
	buf_init(&f.lines, 1 << 20);
	the_fixture = &f;
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	forget(f);
	buf_free(&f->lines);
	loop_free(f->role.loop);
	static const char *const files[] = {"ptr.list", "helo.list", "new",
	    "lookup/hits", "exempt/ptr.list", "exempt/ptr.state",
	    "sub/ptr.list", "sub", "lookup", "exempt", "."};
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char path[256];
		snprintf(path, sizeof(path), "%s/%s", f->dir, files[i]);
		if (unlink(path) != 0)
			(void)rmdir(i + 1 < sizeof(files) / sizeof(*files)
					? path
					: f->dir);
	}
	return 0;
}

/* ---- asking ---- */

static bool
asks(struct fixture *f, enum conf_exempt_list list, const char *ip,
    const char *host, const char *domain)
{
	struct ipc_exempt_ask m = {.ask = 42,
	    .list = (uint8_t)list,
	    .host2 = slice_str(host),
	    .domain = slice_str(domain)};
	assert_int_equal(ip_parse(slice_str(ip), &m.client), ERR_OK);
	exempts_ask(&f->x, NULL, &m);
	return f->exempt;
}

static bool
ptr(struct fixture *f, const char *ip)
{
	return asks(f, CONF_EXEMPT_PTR, ip, NULL, NULL);
}

static void
says(const struct fixture *f, const char *rest)
{
	char want[512];
	snprintf(want, sizeof(want), "%s/%s", f->dir, rest);
	assert_string_equal(f->where, want);
}

/* Let the loop run until there were that many changes. */
static bool
changed(struct fixture *f, unsigned n)
{
	for (unsigned i = 0; i < 200 && f->changes < n; i++)
		loop_step(f->role.loop, 50);
	return f->changes >= n;
}

/* ---- tests ---- */

static void
test_local(void **state)
{
	struct fixture *f = *state;
	write_file(f, "ptr.list",
	    "; mine\r\n192.0.2.10 ; reason=Old fax gateway\r\n"
	    "192.168.1\r\nmail.mitra.example\r\n");
	start(f);
	assert_true(ptr(f, "192.0.2.10"));
	says(f, "ptr.list:2: 192.0.2.10 (Old fax gateway)");
	assert_false(ptr(f, "192.0.2.11"));
	assert_string_equal(f->where, "");
	/* names that the client's address belongs to */
	assert_true(asks(
	    f, CONF_EXEMPT_PTR, "198.51.100.1", "mail.mitra.example", NULL));
	says(f, "ptr.list:4: mail.mitra.example");
	/* the domain of MAIL counts for that lookup only */
	assert_false(asks(
	    f, CONF_EXEMPT_PTR, "198.51.100.1", NULL, "mail.mitra.example"));
	/* other lists, and none of them */
	assert_false(asks(f, CONF_EXEMPT_HELO, "192.0.2.10", NULL, NULL));
	assert_false(asks(f, CONF_EXEMPT_LISTS, "192.0.2.10", NULL, NULL));
}

static void
test_mail_domain(void **state)
{
	struct fixture *f = *state;
	f->list[CONF_EXEMPT_MAIL].file = slice_str(f->file);
	f->conf.exempts[CONF_EXEMPT_MAIL] = &f->list[CONF_EXEMPT_MAIL];
	write_file(f, "ptr.list", "*.mitra.example\n");
	start(f);
	assert_true(
	    asks(f, CONF_EXEMPT_MAIL, "198.51.100.1", NULL, "a.mitra.example"));
	assert_false(
	    asks(f, CONF_EXEMPT_PTR, "198.51.100.1", NULL, "a.mitra.example"));
}

static void
test_edits(void **state)
{
	struct fixture *f = *state;
	write_file(f, "ptr.list", "192.0.2.10\n");
	start(f);
	assert_true(ptr(f, "192.0.2.10"));
	unsigned n = f->changes;
	/* another file in the directory, or the same text again, is nothing */
	write_file(f, "new", "x");
	write_file(f, "ptr.list", "192.0.2.10\n");
	for (unsigned i = 0; i < 6; i++)
		loop_step(f->role.loop, 50);
	assert_int_equal(f->changes, n);
	write_file(f, "ptr.list", "192.0.2.11\n");
	assert_true(changed(f, n + 1));
	assert_false(ptr(f, "192.0.2.10"));
	assert_true(ptr(f, "192.0.2.11"));
	/* written where it stands, by something that does not rename */
	FILE *file = fopen(f->file, "a");
	assert_non_null(file);
	fputs("192.0.2.12\n", file);
	fclose(file);
	assert_true(changed(f, n + 2));
	assert_true(ptr(f, "192.0.2.12"));
}

/* A file that is gone leaves the old table, until somebody asks. */
static void
test_gone(void **state)
{
	struct fixture *f = *state;
	write_file(f, "ptr.list", "192.0.2.10\n");
	start(f);
	unlink(f->file);
	for (unsigned i = 0; i < 6; i++)
		loop_step(f->role.loop, 50);
	assert_true(ptr(f, "192.0.2.10"));
	assert_non_null(strstr(
	    f->x.place[CONF_EXEMPT_PTR][EXEMPT_LOCAL].trouble, "ptr.list"));
	exempts_reloaded(&f->x);
	assert_false(ptr(f, "192.0.2.10"));
	write_file(f, "ptr.list", "192.0.2.11\n");
	assert_true(changed(f, 3));
	assert_true(ptr(f, "192.0.2.11"));
	assert_string_equal(
	    f->x.place[CONF_EXEMPT_PTR][EXEMPT_LOCAL].trouble, "");
}

/* What cannot be read (here: a directory) does so in any case. */
static void
test_unreadable(void **state)
{
	struct fixture *f = *state;
	write_file(f, "ptr.list", "192.0.2.10\n");
	start(f);
	unlink(f->file);
	make_dir(f, "ptr.list");
	exempts_reloaded(&f->x);
	assert_true(ptr(f, "192.0.2.10"));
	assert_string_not_equal(
	    f->x.place[CONF_EXEMPT_PTR][EXEMPT_LOCAL].trouble, "");
}

static void
test_synced(void **state)
{
	struct fixture *f = *state;
	write_file(f, "ptr.list", "192.0.2.10 ; reason=ours\n");
	write_file(f, "new", "192.0.2.10\n192.0.2.11\n");
	char from[256], to[256];
	snprintf(from, sizeof(from), "%s/new", f->dir);
	snprintf(to, sizeof(to), "%s/exempt/ptr.list", f->dir);
	start(f);
	/* without a URL it does not count */
	assert_int_equal(rename(from, to), 0);
	exempts_reloaded(&f->x);
	assert_false(ptr(f, "192.0.2.11"));
	f->list[CONF_EXEMPT_PTR].sync = SLICE("https://mitra.example/ptr");
	exempts_reloaded(&f->x);
	assert_true(ptr(f, "192.0.2.11"));
	says(f, "exempt/ptr.list:2: 192.0.2.11");
	/* what the administrator wrote goes before */
	assert_true(ptr(f, "192.0.2.10"));
	says(f, "ptr.list:1: 192.0.2.10 (ours)");
	unsigned n = f->changes;
	write_file(f, "new", "192.0.2.12\n");
	assert_int_equal(rename(from, to), 0);
	assert_true(changed(f, n + 1));
	assert_true(ptr(f, "192.0.2.12"));
	assert_false(ptr(f, "192.0.2.11"));
	/* and a list that is not configured ends at once */
	f->conf.exempts[CONF_EXEMPT_PTR] = NULL;
	exempts_reloaded(&f->x);
	assert_false(ptr(f, "192.0.2.10"));
	assert_false(ptr(f, "192.0.2.12"));
}

/* A long list is compiled in steps; what was in force stays so meanwhile. */
static void
test_long(void **state)
{
	struct fixture *f = *state;
	struct buf b;
	int dir;
	struct diag d;
	write_file(f, "ptr.list", "203.0.113.1\n");
	start(f);
	buf_init(&b, 4 << 20);
	for (unsigned i = 0; i < 60000; i++)
		buf_printf(&b, "10.0.%u.%u\n", i >> 8, i & 255);
	assert_int_equal(fs_open_dir(FS_CWD, f->dir, &dir, &d), ERR_OK);
	assert_int_equal(
	    fs_write_file(dir, "ptr.list", buf_slice(&b), 0600, &d), ERR_OK);
	fs_close(&dir);
	buf_free(&b);
	exempts_reloaded(&f->x);
	assert_non_null(f->x.place[CONF_EXEMPT_PTR][EXEMPT_LOCAL].coming);
	assert_true(ptr(f, "203.0.113.1"));
	assert_false(ptr(f, "10.0.0.1"));
	assert_true(changed(f, 2));
	assert_false(ptr(f, "203.0.113.1"));
	assert_true(ptr(f, "10.0.200.7"));
	assert_null(f->x.place[CONF_EXEMPT_PTR][EXEMPT_LOCAL].coming);
}

static uint64_t
count_of(const struct fixture *f, const char *entry)
{
	const struct hit *h =
	    hits_find(&f->x.hits, CONF_EXEMPT_PTR, slice_str(entry));
	return h == NULL ? 99 : h->count;
}

static void
test_hits(void **state)
{
	struct fixture *f = *state;
	write_file(f, "ptr.list", "192.0.2.10\n192.0.2.0/24\n");
	start(f);
	assert_int_equal(count_of(f, "192.0.2.10"), 0);
	assert_true(ptr(f, "192.0.2.10"));
	assert_true(ptr(f, "192.0.2.10"));
	assert_true(ptr(f, "192.0.2.11"));
	assert_int_equal(count_of(f, "192.0.2.10"), 2);
	assert_int_equal(count_of(f, "192.0.2.0/24"), 1);
	exempts_save(&f->x);
	forget(f);
	start(f);
	assert_int_equal(count_of(f, "192.0.2.10"), 2);
	assert_int_equal(count_of(f, "192.0.2.0/24"), 1);
	/* an entry that is no more is forgotten */
	write_file(f, "ptr.list", "192.0.2.0/24\n");
	exempts_reloaded(&f->x);
	assert_int_equal(count_of(f, "192.0.2.10"), 99);
	assert_int_equal(count_of(f, "192.0.2.0/24"), 1);
	/* but nothing is while its file cannot be read */
	unlink(f->file);
	exempts_reloaded(&f->x);
	assert_int_equal(count_of(f, "192.0.2.0/24"), 1);
}

static void
test_elsewhere(void **state)
{
	struct fixture *f = *state;
	char path[256];
	write_file(f, "ptr.list", "192.0.2.10\n");
	start(f);
	assert_false(exempts_elsewhere(&f->x, &f->conf));
	snprintf(path, sizeof(path), "%s/sub/ptr.list", f->dir);
	f->list[CONF_EXEMPT_PTR].file = slice_str(path);
	/* as long as there is no such directory nothing is to be gained */
	assert_false(exempts_elsewhere(&f->x, &f->conf));
	make_dir(f, "sub");
	assert_true(exempts_elsewhere(&f->x, &f->conf));
	/* nor is a directory that comes later missed */
	assert_false(f->left);
	f->x.look.cb(&f->x);
	assert_true(f->left);
}

/* ---- kurir(1) ---- */

static bool
control(struct fixture *f, const char *verb, const char *list)
{
	struct buf args;
	buf_init(&args, 100);
	if (list != NULL) {
		pack_add(&args, SLICE("list"));
		pack_add(&args, slice_str(list));
	}
	buf_clear(&f->lines);
	f->end = -1;
	bool known = exempts_control(
	    &f->x, NULL, true, slice_str(verb), buf_slice(&args));
	buf_free(&args);
	buf_add_byte(&f->lines, '\0');
	return known;
}

static void
holds(const struct fixture *f, const char *part)
{
	if (strstr((const char *)f->lines.p, part) == NULL)
		fail_msg("no %s in %s", part, (const char *)f->lines.p);
}

static void
test_control(void **state)
{
	struct fixture *f = *state;
	write_file(f, "ptr.list",
	    "192.0.2.10 ; reason=\"x\"\n*.mitra.example ; until=2020-02-03\n"
	    "what is this\n");
	write_file(f, "new", "192.0.2.11\n");
	char from[256], to[256];
	snprintf(from, sizeof(from), "%s/new", f->dir);
	snprintf(to, sizeof(to), "%s/exempt/ptr.list", f->dir);
	assert_int_equal(rename(from, to), 0);
	f->list[CONF_EXEMPT_PTR].sync = SLICE("https://mitra.example/ptr");
	start(f);
	assert_true(ptr(f, "192.0.2.10"));
	assert_false(control(f, "exempt-what", NULL));
	assert_true(control(f, "exempt-list", "ptr"));
	assert_int_equal(f->end, 0);
	holds(f, "\"entry\": \"192.0.2.10\", \"source\": \"local\", \"file\"");
	holds(f, "\"line\": 1, \"reason\": \"\\\"x\\\"\", \"until\": null, "
		 "\"ended\": false, \"hits\": 1, \"last_hit\": \"20");
	holds(f, "\"line\": 2, \"reason\": null, \"until\": \"2020-02-03\", "
		 "\"ended\": true, \"hits\": 0, \"last_hit\": null}");
	holds(f, "\"entry\": \"192.0.2.11\", \"source\": \"synced\"");
	assert_true(control(f, "exempt-list", "helo"));
	assert_int_equal(f->lines.n, 1);
	assert_int_equal(f->end, 0);
	assert_true(control(f, "exempt-list", "nonsense"));
	assert_int_equal(f->end, 2);
	assert_true(control(f, "exempt-status", NULL));
	assert_int_equal(f->end, 0);
	holds(f, "{\"list\": \"ptr\", \"entries\": 3, \"local\": 2, "
		 "\"synced\": 1, ");
	holds(f, "\"last_sync\": null, \"last_error\": null, \"errors\": 1, "
		 "\"trouble\": \"");
	holds(f, "ptr.list:3: ");
	holds(f, "\"hits\": 1, \"last_hit\": \"20");
	holds(f, "\"stale_entries\": [{\"entry\": \"*.mitra.example\", "
		 "\"line\": 2, \"why\": \"ended on 2020-02-03\"}], \"stale\": "
		 "1}");
	holds(f, "{\"list\": \"helo\", \"entries\": 0, ");
}

static void
test_status_of_sync(void **state)
{
	struct fixture *f = *state;
	char from[256], to[256];
	write_file(f, "new",
	    "kurir-sync 1\nlast-sync 1763776800\n"
	    "last-error the server answered 404\n");
	snprintf(from, sizeof(from), "%s/new", f->dir);
	snprintf(to, sizeof(to), "%s/exempt/ptr.state", f->dir);
	assert_int_equal(rename(from, to), 0);
	f->list[CONF_EXEMPT_PTR].sync = SLICE("https://mitra.example/ptr");
	start(f);
	assert_true(control(f, "exempt-status", "ptr"));
	holds(f, "\"last_sync\": \"2025-11-22T02:00:00.000Z\", \"last_error\": "
		 "\"the server answered 404\"");
}

/* An entry that has spared nobody for ninety days. */
static void
test_stale(void **state)
{
	struct fixture *f = *state;
	write_file(f, "ptr.list", "192.0.2.10\n192.0.2.11\n");
	start(f);
	loop_set_virtual(f->role.loop, 1795313217000);
	f->x.hits.since_s = 1700000000;
	forget(f);
	loop_set_virtual(f->role.loop, 1795313217000);
	start(f);
	loop_set_virtual(
	    f->role.loop, 1795313217000 + 91ull * 24 * 3600 * 1000);
	assert_true(ptr(f, "192.0.2.10"));
	assert_true(control(f, "exempt-status", "ptr"));
	holds(f,
	    "\"stale_entries\": [{\"entry\": \"192.0.2.11\", \"line\": 2, "
	    "\"why\": \"spared nobody since 2026-11-22\"}], \"stale\": 1}");
}

/* One who reads slowly gets it all, from the table that was in force. */
static void
test_slow_reader(void **state)
{
	struct fixture *f = *state;
	write_file(f, "ptr.list", "192.0.2.10\n192.0.2.11\n");
	start(f);
	f->blocked = true;
	assert_true(control(f, "exempt-list", NULL));
	assert_int_equal(f->end, -1);
	assert_int_equal(f->lines.n, 1);
	write_file(f, "ptr.list", "192.0.2.12\n");
	exempts_reloaded(&f->x);
	buf_clear(&f->lines);
	f->blocked = false;
	for (unsigned i = 0; i < 10 && f->end < 0; i++)
		loop_step(f->role.loop, 30);
	assert_int_equal(f->end, 0);
	buf_add_byte(&f->lines, '\0');
	holds(f, "192.0.2.10");
	holds(f, "192.0.2.11");
	/* and one who goes away is forgotten */
	f->blocked = true;
	assert_true(control(f, "exempt-list", NULL));
	exempts_control_lost(&f->x, NULL);
	assert_true(list_empty(&f->x.streams));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_local),
	    TEST(test_mail_domain),
	    TEST(test_edits),
	    TEST(test_gone),
	    TEST(test_unreadable),
	    TEST(test_synced),
	    TEST(test_long),
	    TEST(test_hits),
	    TEST(test_elsewhere),
	    TEST(test_control),
	    TEST(test_status_of_sync),
	    TEST(test_stale),
	    TEST(test_slow_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
