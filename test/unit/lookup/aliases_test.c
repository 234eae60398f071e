/* The alias file as it changes under the role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/fs.h"
#include "role/lookup/lookup.h"

/* Stands for the one in main.c: counts. */
void
lookup_changed(struct lookup *l)
{
	l->generation++;
}

struct fixture {
	char dir[64];
	char path[128];
	struct conf conf;
	struct role role;
	struct lookup lookup;
};

static void
write_file(struct fixture *f, const char *name, const char *text)
{
	int dir;
	struct diag d;
	assert_int_equal(fs_open_dir(FS_CWD, f->dir, &dir, &d), ERR_OK);
	assert_int_equal(
	    fs_write_file(dir, name, slice_str(text), 0600, &d), ERR_OK);
	fs_close(&dir);
}

static int
setup(void **state)
{
	static struct fixture f;
	memset(&f, 0, sizeof(f));
	snprintf(f.dir, sizeof(f.dir), "/tmp/kurir-aliases-XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	snprintf(f.path, sizeof(f.path), "%s/aliases", f.dir);
	f.conf.aliases = slice_str(f.path);
	f.role.loop = loop_new();
	f.role.conf = &f.conf;
	f.lookup.role = &f.role;
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char other[160];
	aliases_free(&f->lookup.aliases);
	dirwatch_close(&f->lookup.watch[0]);
	dirwatch_close(&f->lookup.watch[1]);
	loop_free(f->role.loop);
	snprintf(other, sizeof(other), "%s/other", f->dir);
	unlink(other);
	unlink(f->path);
	rmdir(f->dir);
	return 0;
}

static void
open_aliases(struct fixture *f, enum err want)
{
	struct diag d;
	struct lookup *l = &f->lookup;
	assert_int_equal(aliases_load(l, &f->conf, &l->aliases, &d), want);
	l->aliases_seen = l->aliases.seen;
	assert_int_equal(aliases_watch(l, &f->conf, &d), ERR_OK);
}

static void
let_it_see(struct fixture *f)
{
	for (int i = 0; i < 12; i++)
		loop_step(f->role.loop, 25);
}

static bool
has(const struct fixture *f, const char *name)
{
	return alias_find(&f->lookup.aliases.table, slice_str(name)) != NULL;
}

static void
test_changes(void **state)
{
	struct fixture *f = *state;
	open_aliases(f, ERR_OK); /* no file yet */
	assert_true(f->lookup.aliases.usable);
	assert_int_equal(f->lookup.aliases.table.n, 0);
	write_file(f, "aliases", "info: budi\n");
	let_it_see(f);
	assert_true(has(f, "info"));
	assert_int_equal(f->lookup.generation, 1);
	/* Another file in the directory is nothing to us. */
	write_file(f, "other", "x");
	let_it_see(f);
	assert_int_equal(f->lookup.generation, 1);
	/* A wrong one keeps the last good one. */
	write_file(f, "aliases", "info budi\nabuse: ani\n");
	let_it_see(f);
	assert_true(has(f, "info"));
	assert_false(has(f, "abuse"));
	assert_int_equal(f->lookup.generation, 1);
	/* So does one that is gone. */
	unlink(f->path);
	let_it_see(f);
	assert_true(has(f, "info"));
	write_file(f, "aliases", "abuse: ani\n");
	let_it_see(f);
	assert_true(has(f, "abuse"));
	assert_false(has(f, "info"));
	assert_int_equal(f->lookup.generation, 2);
}

static void
test_wrong_at_start(void **state)
{
	struct fixture *f = *state;
	write_file(f, "aliases", "info budi\n");
	open_aliases(f, ERR_SYNTAX);
	assert_false(f->lookup.aliases.usable);
	write_file(f, "aliases", "info: budi\n");
	let_it_see(f);
	assert_true(f->lookup.aliases.usable);
	assert_true(has(f, "info"));
}

static void
test_none_configured(void **state)
{
	struct fixture *f = *state;
	f->conf.aliases = SLICE("");
	open_aliases(f, ERR_OK);
	assert_true(f->lookup.aliases.usable);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_wrong_at_start, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_none_configured, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
