#include "role/deliver/maildir.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	char top[64];
	char path[128];
};

static int
begin(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	assert_non_null(p);
	(void)snprintf(p->top, sizeof(p->top), "/tmp/kurir-maildir-XXXXXX");
	assert_non_null(mkdtemp(p->top));
	(void)snprintf(p->path, sizeof(p->path), "%s/contoh.id/budi", p->top);
	*state = p;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static int
end(void **state)
{
	struct place *p = *state;
	(void)nftw(p->top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(p);
	return 0;
}

static size_t
files_in(const struct place *p, const char *folder)
{
	char path[160];
	size_t n = 0;
	struct dirent *e;
	(void)snprintf(path, sizeof(path), "%s/%s", p->path, folder);
	DIR *d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	if (d != NULL)
		(void)closedir(d);
	return n;
}

static size_t
content(const struct place *p, const char *file, uint8_t *out, size_t max)
{
	char path[160];
	(void)snprintf(path, sizeof(path), "%s/%s", p->path, file);
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	size_t n = 0;
	ssize_t got;
	while ((got = read(fd, out + n, max - n)) > 0)
		n += (size_t)got;
	(void)close(fd);
	return n;
}

static struct maildir_job
job(const struct place *p, const char *name, struct slice body)
{
	return (struct maildir_job){.path = p->path,
	    .name = name,
	    .from = SLICE("a@mitra.example"),
	    .rcpt = SLICE("budi@contoh.id"),
	    .body = body,
	    .fd = -1};
}

#define TOP "Return-Path: <a@mitra.example>\nDelivered-To: budi@contoh.id\n"

static void
line_ends(void **state)
{
	struct place *p = *state;
	static const struct {
		const char *wire, *file;
	} cases[] = {
	    {"Subject: x\r\n\r\nhalo\r\n", TOP "Subject: x\n\nhalo\n"},
	    {"", TOP},
	    {"no end", TOP "no end"},
	    {"a\rb\r\n", TOP "a\rb\n"},
	    {"a\r\r\nb", TOP "a\r\nb"},
	    {"a\r", TOP "a\r"},
	    {"a\nb\r\n", TOP "a\nb\n"},
	    {"\r\n\r\n", TOP "\n\n"},
	};
	uint8_t got[256];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[16], file[32];
		struct diag d = {0};
		bool repeated = true;
		(void)snprintf(name, sizeof(name), "N%zu", i);
		(void)snprintf(file, sizeof(file), "new/N%zu", i);
		struct maildir_job j = job(p, name, slice_str(cases[i].wire));
		assert_int_equal(maildir_deliver(&j, &repeated, &d), ERR_OK);
		assert_false(repeated);
		size_t n = content(p, file, got, sizeof(got) - 1);
		got[n] = '\0';
		assert_string_equal((const char *)got, cases[i].file);
	}
	assert_int_equal(files_in(p, "tmp"), 0);
}

static void
folders_are_private(void **state)
{
	struct place *p = *state;
	struct maildir_job j = job(p, "N", SLICE("x\r\n"));
	struct diag d = {0};
	struct stat st;
	char path[160];
	bool repeated;
	static const char *const names[] = {"", "/tmp", "/new", "/cur"};
	assert_int_equal(maildir_deliver(&j, &repeated, &d), ERR_OK);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", p->path, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0700);
	}
	(void)snprintf(path, sizeof(path), "%s/new/N", p->path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* Octets around the edges of what is read at a time. */
static void
from_a_file(void **state)
{
	struct place *p = *state;
	static uint8_t wire[200000], got[200100];
	char path[160];
	struct diag d = {0};
	bool repeated;
	size_t top = sizeof(TOP) - 1;
	for (size_t i = 0; i < sizeof(wire); i += 2)
		memcpy(wire + i, i % 65534 == 65532 ? "\rx" : "\r\n", 2);
	/* CR as the last octet of a piece, LF as the first of the next */
	wire[65534] = 'y';
	wire[65535] = '\r';
	wire[65536] = '\n';
	wire[65537] = 'z';
	(void)snprintf(path, sizeof(path), "%s/body", p->top);
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(write(fd, wire, sizeof(wire)), sizeof(wire));
	struct maildir_job j = job(p, "F", SLICE_EMPTY);
	j.fd = fd;
	assert_int_equal(maildir_deliver(&j, &repeated, &d), ERR_OK);
	(void)close(fd);
	size_t n = content(p, "new/F", got, sizeof(got)), at = top;
	for (size_t i = 0; i < sizeof(wire); i++)
		if (wire[i] != '\r' || i + 1 == sizeof(wire) ||
		    wire[i + 1] != '\n')
			assert_int_equal(got[at++], wire[i]);
	assert_int_equal(n, at);
}

static void
repeated_ones_are_recognised(void **state)
{
	struct place *p = *state;
	struct maildir_job j = job(p, "N", SLICE("x\r\n"));
	struct diag d = {0};
	bool repeated;
	char from[160], to[160];
	assert_int_equal(maildir_deliver(&j, &repeated, &d), ERR_OK);
	assert_int_equal(maildir_deliver(&j, &repeated, &d), ERR_OK);
	assert_true(repeated);
	assert_int_equal(files_in(p, "new"), 1);
	/* seen by its owner: moved, with flags behind the name */
	(void)snprintf(from, sizeof(from), "%s/new/N", p->path);
	(void)snprintf(to, sizeof(to), "%s/cur/N:2,S", p->path);
	assert_int_equal(rename(from, to), 0);
	j.again = true;
	assert_int_equal(maildir_deliver(&j, &repeated, &d), ERR_OK);
	assert_true(repeated);
	assert_int_equal(files_in(p, "new"), 0);
	/* a name that only begins the same is another */
	j.name = "N2";
	assert_int_equal(maildir_deliver(&j, &repeated, &d), ERR_OK);
	assert_false(repeated);
	j.name = "N";
	j.again = false;
	assert_int_equal(maildir_deliver(&j, &repeated, &d), ERR_OK);
	assert_false(repeated);
}

static void
what_is_refused(void **state)
{
	struct place *p = *state;
	static const char *const names[] = {"", ".x", "a/b", "../x"};
	struct diag d = {0};
	bool repeated;
	for (size_t i = 0; i < 4; i++) {
		struct maildir_job j = job(p, names[i], SLICE("x"));
		assert_int_equal(
		    maildir_deliver(&j, &repeated, &d), ERR_DENIED);
	}
	struct maildir_job j = job(p, "N", SLICE("x"));
	char file[80];
	(void)snprintf(file, sizeof(file), "%s/contoh.id", p->top);
	int fd = open(file, O_WRONLY | O_CREAT, 0600);
	(void)close(fd);
	assert_int_not_equal(maildir_deliver(&j, &repeated, &d), ERR_OK);
	assert_true(d.cause[0] != '\0' && d.text[0] != '\0');
}

/* An address cannot add a field of its own. */
static void
addresses_stay_in_their_line(void **state)
{
	struct place *p = *state;
	struct maildir_job j = job(p, "N", SLICE("x\r\n"));
	struct diag d = {0};
	uint8_t got[256];
	bool repeated;
	j.from = SLICE("a\r\nX: y");
	j.rcpt = SLICE("b\nZ: w\x7f");
	assert_int_equal(maildir_deliver(&j, &repeated, &d), ERR_OK);
	size_t n = content(p, "new/N", got, sizeof(got) - 1);
	got[n] = '\0';
	assert_string_equal((const char *)got,
	    "Return-Path: <a??X: y>\nDelivered-To: b?Z: w?\nx\n");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	    T(line_ends),
	    T(folders_are_private),
	    T(from_a_file),
	    T(repeated_ones_are_recognised),
	    T(what_is_refused),
	    T(addresses_stay_in_their_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
