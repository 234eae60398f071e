#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "proto/smtp/data.h"

static const struct {
	struct slice wire; /* behind DATA CR LF */
	bool ends;         /* with all of wire but "rest" consumed */
	struct slice rest;
	struct slice body; /* up to the first flaw */
	enum smtp_data_flaw flaw;
	bool lookalike;
	size_t longest;
} cases[] = {
    {SLICE(".\r\n"), true, SLICE(""), SLICE(""), 0, false, 0},
    {SLICE(".\r\nQUIT\r\n"), true, SLICE("QUIT\r\n"), SLICE(""), 0, false, 0},
    {SLICE("abc\r\n.\r\n"), true, SLICE(""), SLICE("abc\r\n"), 0, false, 3},
    {SLICE("abc\r\nde\r\n.\r\n.\r\n"), true, SLICE(".\r\n"),
	SLICE("abc\r\nde\r\n"), 0, false, 3},
    {SLICE("\r\n\r\n.\r\n"), true, SLICE(""), SLICE("\r\n\r\n"), 0, false, 0},
    {SLICE("..\r\n.\r\n"), true, SLICE(""), SLICE(".\r\n"), 0, false, 1},
    {SLICE("a\r\n..b\r\n.c\r\nd.\r\n.\r\n"), true, SLICE(""),
	SLICE("a\r\n.b\r\nc\r\nd.\r\n"), 0, false, 2},
    {SLICE("...\r\n..\r\n.\r\n"), true, SLICE(""), SLICE("..\r\n.\r\n"), 0,
	false, 2},
    {SLICE("a.\r\n.\r\n"), true, SLICE(""), SLICE("a.\r\n"), 0, false, 2},
    {SLICE("\xff\x80\r\n.\r\n"), true, SLICE(""), SLICE("\xff\x80\r\n"), 0,
	false, 2},
    {SLICE("abc"), false, SLICE(""), SLICE("abc"), 0, false, 3},
    {SLICE("abc\r\n."), false, SLICE("."), SLICE("abc\r\n"), 0, false, 3},
    {SLICE("abc\r\n.\r"), false, SLICE(".\r"), SLICE("abc\r\n"), 0, false, 3},
    {SLICE("abc\r"), false, SLICE("\r"), SLICE("abc"), 0, false, 3},
    /* What must never end it. */
    {SLICE("a\n.\nb\r\n.\r\n"), true, SLICE(""), SLICE("a"), SMTP_DATA_FLAW_LF,
	true, 5},
    {SLICE("a\n.\r\nMAIL\r\n.\r\n"), true, SLICE(""), SLICE("a"),
	SMTP_DATA_FLAW_LF, true, 4},
    {SLICE("a\r\n.\nMAIL\r\n.\r\n"), true, SLICE(""), SLICE("a\r\n"),
	SMTP_DATA_FLAW_LF, true, 5},
    {SLICE("a\r.\r\nMAIL\r\n.\r\n"), true, SLICE(""), SLICE("a"),
	SMTP_DATA_FLAW_CR, true, 4},
    {SLICE("a\r\n.\rMAIL\r\n.\r\n"), true, SLICE(""), SLICE("a\r\n"),
	SMTP_DATA_FLAW_CR, true, 5},
    {SLICE("a\r\n.\r\r\nMAIL\r\n.\r\n"), true, SLICE(""), SLICE("a\r\n"),
	SMTP_DATA_FLAW_CR, true, 4},
    {SLICE("a\r.\rb\r\n.\r\n"), true, SLICE(""), SLICE("a"), SMTP_DATA_FLAW_CR,
	true, 5},
    {SLICE(".\nMAIL\r\n.\r\n"), true, SLICE(""), SLICE(""), SMTP_DATA_FLAW_LF,
	true, 5},
    {SLICE("a\n..\nb\r\n.\r\n"), true, SLICE(""), SLICE("a"), SMTP_DATA_FLAW_LF,
	false, 6},
    {SLICE("a\nb.\nc\r\n.\r\n"), true, SLICE(""), SLICE("a"), SMTP_DATA_FLAW_LF,
	false, 6},
    {SLICE("a\r\r\n.\r\n"), true, SLICE(""), SLICE("a"), SMTP_DATA_FLAW_CR,
	false, 2},
    {SLICE("a\0b\r\n.\r\n"), true, SLICE(""), SLICE("a"), SMTP_DATA_FLAW_NUL,
	false, 3},
    {SLICE("x\r\na\0b\n\r\n.\r\n"), true, SLICE(""), SLICE("x\r\na"),
	SMTP_DATA_FLAW_NUL, false, 4},
    {SLICE("x\r\na\nb\0\r\n.\r\n"), true, SLICE(""), SLICE("x\r\na"),
	SMTP_DATA_FLAW_LF, false, 4},
    /* Whoever drops the NUL sees its end there. */
    {SLICE("\r\n\0.\r\n.\r\n"), true, SLICE(""), SLICE("\r\n"),
	SMTP_DATA_FLAW_NUL, true, 2},
    {SLICE(".\0\0\r\n.\r\n"), true, SLICE(""), SLICE(""), SMTP_DATA_FLAW_NUL,
	true, 2},
    {SLICE("\0..\r\n.\r\n"), true, SLICE(""), SLICE(""), SMTP_DATA_FLAW_NUL,
	false, 3},
    {SLICE("\0\r\n.\r\n"), true, SLICE(""), SLICE(""), SMTP_DATA_FLAW_NUL,
	false, 1},
    {SLICE("a\r\0\n.\r\n.\r\n"), true, SLICE(""), SLICE("a"), SMTP_DATA_FLAW_CR,
	true, 5},
    {SLICE("\n\n\n\r\r\r"), false, SLICE("\r"), SLICE(""), SMTP_DATA_FLAW_LF,
	false, 5},
};

/* Feed wire, step octets at a time, as a driver would: what is left is given
 * again with more behind it. */
static void
run_case(size_t i, size_t step)
{
	struct smtp_data d;
	struct buf body;
	size_t at = 0, have = 0;
	enum err e = ERR_MORE;
	smtp_data_init(&d);
	buf_init(&body, 1000);
	while (e != ERR_CLOSED) {
		struct slice run;
		size_t used = 0;
		struct slice in = slice_of(cases[i].wire.p + at, have - at);
		e = smtp_data_next(&d, in, &run, &used);
		if (e == ERR_MORE && have == cases[i].wire.n)
			break;
		if (e == ERR_MORE) {
			assert_true(in.n <= 2);
			have += step;
			if (have > cases[i].wire.n)
				have = cases[i].wire.n;
			continue;
		}
		buf_add(&body, run);
		assert_true(used > 0);
		at += used;
	}
	bool good = (e == ERR_CLOSED) == cases[i].ends &&
		    slice_eq(slice_from(cases[i].wire, at), cases[i].rest) &&
		    slice_eq(buf_slice(&body), cases[i].body) &&
		    d.flaw == cases[i].flaw &&
		    d.lookalike == cases[i].lookalike &&
		    d.longest == cases[i].longest &&
		    (d.flaw != 0 || d.octets == body.n);
	if (!good)
		fail_msg("case %zu step %zu: end %d at %zu body %zu flaw %d "
			 "lookalike %d longest %zu",
		    i, step, e == ERR_CLOSED, at, body.n, d.flaw, d.lookalike,
		    d.longest);
	buf_free(&body);
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t step = 1; step <= cases[i].wire.n; step++)
			run_case(i, step);
}

static const struct {
	struct slice body;
	struct slice wire;
	enum err want;
} outs[] = {
    {SLICE(""), SLICE(".\r\n"), ERR_OK},
    {SLICE("abc\r\n"), SLICE("abc\r\n.\r\n"), ERR_OK},
    {SLICE("abc"), SLICE("abc\r\n.\r\n"), ERR_OK},
    {SLICE(".\r\n"), SLICE("..\r\n.\r\n"), ERR_OK},
    {SLICE("."), SLICE("..\r\n.\r\n"), ERR_OK},
    {SLICE("a\r\n.b\r\n..c\r\nd.\r\n"),
	SLICE("a\r\n..b\r\n...c\r\nd.\r\n.\r\n"), ERR_OK},
    {SLICE("a\n"), SLICE(""), ERR_SYNTAX},
    {SLICE("a\rb\r\n"), SLICE(""), ERR_SYNTAX},
    {SLICE("a\r\r\n"), SLICE(""), ERR_SYNTAX},
    {SLICE("a\r"), SLICE(""), ERR_SYNTAX},
    {SLICE("a\0b\r\n"), SLICE(""), ERR_SYNTAX},
};

static void
run_out(size_t i, size_t step)
{
	struct smtp_stuff s;
	struct buf wire;
	struct slice run;
	enum err e = ERR_OK;
	smtp_stuff_init(&s);
	buf_init(&wire, 1000);
	for (size_t at = 0; at < outs[i].body.n && e == ERR_OK; at += step) {
		struct slice in = slice_to(slice_from(outs[i].body, at), step);
		while (in.n > 0 && e == ERR_OK) {
			size_t used = 0;
			e = smtp_stuff_next(&s, in, &run, &used);
			if (e != ERR_OK)
				break;
			buf_add(&wire, run);
			in = slice_from(in, used);
		}
	}
	if (e == ERR_OK)
		e = smtp_stuff_end(&s, &run);
	if (e == ERR_OK)
		buf_add(&wire, run);
	if (e != outs[i].want ||
	    (e == ERR_OK && !slice_eq(buf_slice(&wire), outs[i].wire)))
		fail_msg("case %zu step %zu: %s", i, step, err_name(e));
	buf_free(&wire);
}

static void
test_stuff(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(outs) / sizeof(outs[0]); i++)
		for (size_t step = 1; step <= outs[i].body.n + 1; step++)
			run_out(i, step);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_stuff),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
