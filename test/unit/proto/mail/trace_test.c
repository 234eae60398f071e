#include "proto/mail/trace.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILE_OCTETS 65536

/* Where NAME.txt and NAME.want are; with WRITE=1 in the environment what came
 * out becomes what is wanted: look at it before it is kept. */
static const char *corpus;

/* The file with CR LF for LF; *out is freed by the caller. */
static struct slice
read_wire(const char *path)
{
	uint8_t *p = malloc(2 * FILE_OCTETS);
	size_t n = 0;
	FILE *f = fopen(path, "rbe");
	assert_non_null(p);
	if (f == NULL)
		fail_msg("%s: cannot be read", path);
	for (int c; (c = getc(f)) != EOF && n < 2 * FILE_OCTETS - 2;) {
		if (c == '\n')
			p[n++] = '\r';
		p[n++] = (uint8_t)c;
	}
	fclose(f);
	return slice_of(p, n);
}

static void
say(struct buf *b, const char *name, struct slice s)
{
	if (s.n == 0)
		return;
	buf_add_str(b, name);
	buf_add_escaped(b, s);
}

/* One line a hop: all that was understood. */
static void
describe(struct buf *b, const struct trace_hop *h)
{
	static const char *const tls[] = {"?", "no", "yes"};
	buf_printf(b, "%s tls=%s", trace_writer_name(h->writer), tls[h->tls]);
	say(b, " version=", h->version);
	say(b, " cipher=", h->cipher);
	if (h->bits > 0)
		buf_printf(b, " bits=%u/%u", h->bits, h->bits_of);
	buf_add_str(b, h->verified ? " verified" : "");
	buf_add_str(b, h->authenticated ? " authenticated" : "");
	buf_add_str(b, h->local ? " local" : "");
	say(b, " helo=", h->helo);
	say(b, " ptr=", h->ptr);
	if (h->ip.family != 0) {
		buf_add_str(b, " ip=");
		buf_add_ip(b, &h->ip);
	}
	say(b, " by=", h->by);
	say(b, " with=", h->with);
	say(b, " id=", h->id);
	say(b, " rcpt=", h->rcpt);
	buf_printf(b, " at=%llu\n", (unsigned long long)h->unix_s);
}

static void
one_file(const char *name)
{
	struct trace_hop hops[TRACE_HOPS_MAX];
	char path[4096];
	struct buf b;
	buf_init(&b, FILE_OCTETS);
	snprintf(path, sizeof(path), "%s/%s.txt", corpus, name);
	struct slice in = read_wire(path);
	size_t n = trace_read(in, hops, TRACE_HOPS_MAX);
	for (size_t i = 0; i < n; i++)
		describe(&b, &hops[i]);
	snprintf(path, sizeof(path), "%s/%s.want", corpus, name);
	if (getenv("WRITE") != NULL) {
		FILE *f = fopen(path, "wbe");
		assert_non_null(f);
		fwrite(b.p, 1, b.n, f);
		fclose(f);
	}
	struct slice want = read_wire(path);
	struct buf wire;
	buf_init(&wire, 2 * FILE_OCTETS);
	for (size_t i = 0; i < b.n; i++) {
		if (b.p[i] == '\n')
			buf_add_byte(&wire, '\r');
		buf_add_byte(&wire, b.p[i]);
	}
	if (!slice_eq(buf_slice(&wire), want)) {
		print_error("%s:\n%.*s", name, SLICE_ARG(buf_slice(&b)));
		fail();
	}
	buf_free(&b);
	buf_free(&wire);
	free((void *)(uintptr_t)in.p);
	free((void *)(uintptr_t)want.p);
}

/* Headers as many servers write them. */
static void
test_corpus(void **unused)
{
	(void)unused;
	size_t files = 0;
	DIR *d = opendir(corpus);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		char name[256];
		size_t n = strlen(e->d_name);
		if (n < 5 || strcmp(e->d_name + n - 4, ".txt") != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(n - 4), e->d_name);
		one_file(name);
		files++;
	}
	closedir(d);
	assert_true(files >= 15);
}

static void
test_date(void **unused)
{
	(void)unused;
	static const struct {
		const char *text;
		uint64_t unix_s; /* 0: not readable */
	} cases[] = {
	    {"Mon, 23 Apr 2018 20:39:00 +0700", 1524490740},
	    {"23 Apr 2018 13:39:00 GMT", 1524490740},
	    {"23 Apr 2018 13:39:00 -0000", 1524490740},
	    {"Mon, 23 Apr 18 06:39:00 -0700 (PDT)", 1524490740},
	    {"Mon, 23 Apr 2018 06:39:00 PDT", 1524490740},
	    {"Mon,23-Apr-2018 13:39 +0000", 1524490740},
	    {"(comment) Mon, (a(b)) 23\r\n\tApril 2018 13:39:00 Z", 1524490740},
	    {"29 Feb 2024 00:00:00 +0000", 1709164800},
	    {"1 Jan 1970 00:00:01 +0000", 1},
	    {"1 Jan 70 00:00:01 +0000", 1},
	    {"31 Dec 9999 23:59:60 +0000", 253402300800},
	    {"1 Jan 1970 00:00:00 +0100", 0},
	    {"", 0},
	    {"Mon", 0},
	    {"Mon, 32 Apr 2018 20:39:00 +0700", 0},
	    {"Mon, 23 Foo 2018 20:39:00 +0700", 0},
	    {"Mon, 23 Apr 2018 24:39:00 +0700", 0},
	    {"Mon, 23 Apr 2018 20.39.00 +0700", 0},
	    {"Mon, 23 Apr 99999999999999999999 20:39:00 +0700", 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t t = 0;
		bool ok = trace_date(slice_str(cases[i].text), &t);
		if (ok != (cases[i].unix_s != 0) || t != cases[i].unix_s)
			fail_msg(
			    "%s: %llu", cases[i].text, (unsigned long long)t);
	}
}

/* No more hops than asked for, and the block ends where its header does. */
static void
test_bounds(void **unused)
{
	(void)unused;
	struct slice in = SLICE("Received: from a by b\r\n"
				"Received: from c by d\r\n"
				"\r\n"
				"Received: from e by f\r\n");
	struct trace_hop hops[3];
	assert_int_equal(trace_read(in, hops, 3), 2);
	assert_true(slice_eq(hops[1].by, SLICE("d")));
	assert_int_equal(trace_read(in, hops, 1), 1);
	assert_int_equal(trace_read(SLICE_EMPTY, hops, 3), 0);
	assert_string_equal(trace_writer_name(TRACE_WRITERS), "unknown");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_corpus),
	    cmocka_unit_test(test_date),
	    cmocka_unit_test(test_bounds),
	};
	corpus = argc > 1 ? argv[1] : "test/corpus/headers";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
