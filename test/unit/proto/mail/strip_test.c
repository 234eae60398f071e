#include "proto/mail/strip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define AR       "Authentication-Results:"
#define END      "\r\nTo: b\r\n\r\nbody\r\n"

static const struct slice names[] = {
    {(const uint8_t *)"X-MDPtrLookup-Result", 20},
    {(const uint8_t *)"X-Lookup-Warning", 16}};

/* Fed in pieces of that many octets. */
static void
run(const char *in, size_t step, struct buf *out, uint32_t *removed)
{
	struct strip s;
	struct slice rest = slice_str(in);
	strip_init(&s, SLICE("mail.contoh.id"), names, COUNT(names));
	buf_clear(out);
	while (rest.n > 0) {
		/* A copy of its own, so that an overrun is seen. */
		size_t n = rest.n < step ? rest.n : step;
		uint8_t *p = malloc(n);
		assert_non_null(p);
		memcpy(p, rest.p, n);
		assert_int_equal(strip_feed(&s, slice_of(p, n), out), ERR_OK);
		free(p);
		rest = slice_from(rest, n);
	}
	assert_int_equal(strip_end(&s, out), ERR_OK);
	*removed = s.removed;
	strip_free(&s);
}

static void
expect(const char *in, const char *want, uint32_t removed)
{
	struct buf out;
	uint32_t n;
	buf_init(&out, 1u << 16);
	for (size_t step = 1; step <= strlen(in) + 1; step++) {
		run(in, step, &out, &n);
		if (!slice_eq(buf_slice(&out), slice_str(want)))
			fail_msg("step %zu of \"%s\" gives \"%.*s\"", step, in,
			    SLICE_ARG(buf_slice(&out)));
		assert_int_equal(n, removed);
		if (step > 40 && step < strlen(in))
			step += 97;
	}
	buf_free(&out);
}

static const struct {
	const char *in, *out; /* NULL: the same */
	uint32_t removed;
} cases[] = {
    {"", NULL, 0},
    {"From: a\r\n\r\nbody", NULL, 0},
    {"\r\nX-Lookup-Warning: body\r\n", NULL, 0},
    {"X-Lookup-Warning: x\r\nFrom: a\r\n\r\nb", "From: a\r\n\r\nb", 1},
    {"From: a\r\nx-lookup-WARNING: x\r\n\r\nb", "From: a\r\n\r\nb", 1},
    {"From: a\r\nX-Lookup-Warning \t : x\r\n\r\nb", "From: a\r\n\r\nb", 1},
    {"From: a\r\nX-Lookup-Warning:\r\n x\r\n\ty\r\nTo: b\r\n\r\n",
	"From: a\r\nTo: b\r\n\r\n", 1},
    {"X-Lookup-Warning: a\r\nX-MDPtrLookup-Result: b\r\n"
     "X-Lookup-Warning: c\r\n\r\n",
	"\r\n", 3},
    {"X-Lookup-Warnings: x\r\n\r\n", NULL, 0},
    {"XX-Lookup-Warning: x\r\n\r\n", NULL, 0},
    {"X-Lookup-Warning\r\n : x\r\n\r\n", NULL, 0},
    {"Subject: a\r\n X-Lookup-Warning: x\r\n\r\n", NULL, 0},
    {"Subject: a\nX-Lookup-Warning: x\r\n\r\n", NULL, 0},
    {"X-Lookup-Warning: x", "", 1},
    {"X-Lookup-Warning: x\r", "", 1},
    {"X-Lookup-Warning: x\r\n", "", 1},
    {"X-Lookup-Warning: x\r\n\r", "\r", 1},
    {"X-Lookup-Warning: x\ry\r\r\nA: b\r\n\r\n", "A: b\r\n\r\n", 1},
    /* Lines that are no field do not end the header for everybody. */
    {"From a@b Mon\r\nX-Lookup-Warning: x\r\n\r\nb", "From a@b Mon\r\n\r\nb",
	1},
    {"abc\r\nX-Lookup-Warning: x\r\n\r\nb", "abc\r\n\r\nb", 1},
    {" lead\r\nX-Lookup-Warning: x\r\n\r\nb", " lead\r\n\r\nb", 1},
    {"\rA: b\r\nX-Lookup-Warning: x\r\n\r\nb", "\rA: b\r\n\r\nb", 1},
    {"\r\r\nX-Lookup-Warning: x\r\n\r\nb", "\r\r\n\r\nb", 1},
    {": x\r\nX-Lookup-Warning: x\r\n\r\n", ": x\r\n\r\n", 1},
    /* Authentication-Results by their authserv-id. */
    {AR " mail.contoh.id; iprev=pass" END, "To: b\r\n\r\nbody\r\n", 1},
    {"authentication-results : MAIL.Contoh.ID; none" END,
	"To: b\r\n\r\nbody\r\n", 1},
    {AR " mail.contoh.id 1; none" END, "To: b\r\n\r\nbody\r\n", 1},
    {AR " mail.contoh.id/1; none" END, "To: b\r\n\r\nbody\r\n", 1},
    {AR "mail.contoh.id;none" END, "To: b\r\n\r\nbody\r\n", 1},
    {AR " mail.contoh.id" END, "To: b\r\n\r\nbody\r\n", 1},
    {AR " mail.contoh.id.; none" END, "To: b\r\n\r\nbody\r\n", 1},
    {AR " mail.contoh.id(c) 1; none" END, "To: b\r\n\r\nbody\r\n", 1},
    {AR "\r\n\tmail.contoh.id;\r\n none" END, "To: b\r\n\r\nbody\r\n", 1},
    {AR " (a (nested \\) ;) x) (y)\r\n (z) mail.contoh.id; none" END,
	"To: b\r\n\r\nbody\r\n", 1},
    {AR " \"mail.contoh.id\"; none" END, "To: b\r\n\r\nbody\r\n", 1},
    {AR " \"mail\\.contoh\\.id\" 1; none" END, "To: b\r\n\r\nbody\r\n", 1},
    {AR " \"mail.\r\n contoh.id\"; none" END, NULL, 0},
    {AR " \"mail.contoh.id" END, "To: b\r\n\r\nbody\r\n", 1},
    {AR " \"x" END, "To: b\r\n\r\nbody\r\n", 1},
    {AR " (mail.contoh.id; none" END, "To: b\r\n\r\nbody\r\n", 1},
    {AR " mail.contoh.id.example.org; none" END, NULL, 0},
    {AR " xmail.contoh.id; none" END, NULL, 0},
    {AR " example.org; none" END, NULL, 0},
    {AR " example.org 1; x=mail.contoh.id" END, NULL, 0},
    {AR " (mail.contoh.id) example.org; none" END, NULL, 0},
    {AR " (c)" END, NULL, 0},
    {AR "" END, NULL, 0},
    {"Subject: x" END AR " mail.contoh.id; none\r\n", NULL, 0},
    {"ARC-" AR " i=1; mail.contoh.id; none" END, NULL, 0},
    {AR " example.org; a\r\n" AR " mail.contoh.id; b\r\n" AR
	" example.org; c\r\n\r\n",
	AR " example.org; a\r\n" AR " example.org; c\r\n\r\n", 1},
};

static void
table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(cases[i].in,
		    cases[i].out == NULL ? cases[i].in : cases[i].out,
		    cases[i].removed);
}

/* What is longer than is kept back. */
static void
long_fields(void **state)
{
	(void)state;
	char *in = malloc(8192), pad[3001];
	assert_non_null(in);
	memset(pad, ' ', sizeof(pad) - 1);
	pad[sizeof(pad) - 1] = '\0';
	(void)snprintf(in, 8192, "X-Lookup-Warning%s: x\r\nA: b\r\n\r\n", pad);
	expect(in, "A: b\r\n\r\n", 1);
	(void)snprintf(in, 8192, "Subject%s: x\r\nA: b\r\n\r\n", pad);
	expect(in, in, 0);
	(void)snprintf(
	    in, 8192, "%s%s mail.contoh.id;x\r\nA: b\r\n\r\n", AR, pad);
	expect(in, "A: b\r\n\r\n", 1);
	(void)snprintf(
	    in, 8192, "%s(%s)mail.contoh.id;x\r\nA: b\r\n\r\n", AR, pad);
	expect(in, "A: b\r\n\r\n", 1);
	(void)snprintf(in, 8192, "%s example.org; %s\r\n\r\n", AR, pad);
	expect(in, in, 0);
	memset(pad, 'a', sizeof(pad) - 1);
	(void)snprintf(
	    in, 8192, "%s: x\r\nX-Lookup-Warning: %s\r\n\r\n", pad, pad);
	char *want = malloc(8192);
	assert_non_null(want);
	(void)snprintf(want, 8192, "%s: x\r\n\r\n", pad);
	expect(in, want, 1);
	free(want);
	free(in);
}

/* Without a name of ours, results stay whoever they are by. */
static void
no_authserv(void **state)
{
	(void)state;
	static const char in[] = AR " mail.contoh.id; none\r\nA: b\r\n\r\n";
	struct strip s;
	struct buf out;
	buf_init(&out, 1024);
	strip_init(&s, SLICE_EMPTY, NULL, 0);
	assert_int_equal(strip_feed(&s, slice_str(in), &out), ERR_OK);
	assert_true(s.done);
	assert_int_equal(strip_end(&s, &out), ERR_OK);
	assert_true(slice_eq(buf_slice(&out), slice_str(in)));
	strip_free(&s);
	buf_free(&out);
}

/* The error of out is told. */
static void
out_is_full(void **state)
{
	(void)state;
	struct strip s;
	struct buf out;
	buf_init(&out, 8);
	strip_init(&s, SLICE_EMPTY, NULL, 0);
	assert_int_equal(
	    strip_feed(&s, SLICE("Subject: x\r\n\r\n"), &out), ERR_LIMIT);
	strip_free(&s);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table),
	    cmocka_unit_test(long_fields),
	    cmocka_unit_test(no_authserv),
	    cmocka_unit_test(out_is_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
