#include "proto/mail/repair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* What a message has that lacks nothing. */
#define DATE  "Date: Mon, 1 Jan 2024 00:00:00 +0700\r\n"
#define ID    "Message-ID: <1@contoh.id>\r\n"
#define FROM  "From: <a@contoh.id>\r\n"
#define TO    "To: <b@contoh.id>\r\n"
#define MIME  "MIME-Version: 1.0\r\n"
#define HEAD  DATE ID FROM TO
#define PARTS HEAD MIME "Content-Type: multipart/mixed; boundary=b\r\n"
/* What is added. */
#define NEW_DATE "Date: Wed, 15 Nov 2023 05:13:20 +0700\r\n"
#define NEW_ID   "Message-ID: <0000000000001@mail.contoh.id>\r\n"
#define NEW_FROM "From: <copier@contoh.id>\r\n"
#define NEW_TO   "To: <budi@contoh.id>\r\n"

static const struct repair_conf conf = {
    .from = {(const uint8_t *)"copier@contoh.id", 16},
    .to = {(const uint8_t *)"budi@contoh.id", 14},
    .hostname = {(const uint8_t *)"mail.contoh.id", 14},
    .id = 1,
    .unix_s = 1700000000,
    .offset_min = 420};

static enum err
run(const struct repair_conf *c, struct slice in, size_t step, struct buf *out,
    unsigned *done)
{
	struct repair *r = repair_new(c);
	enum err e = ERR_OK;
	assert_non_null(r);
	buf_clear(out);
	while (in.n > 0 && e == ERR_OK) {
		/* A copy of its own, so that an overrun is seen. */
		size_t n = in.n < step ? in.n : step;
		uint8_t *p = malloc(n);
		assert_non_null(p);
		memcpy(p, in.p, n);
		e = repair_feed(r, slice_of(p, n), out);
		free(p);
		in = slice_from(in, n);
	}
	if (e == ERR_OK)
		e = repair_end(r, out);
	*done = repair_done(r);
	repair_free(r);
	return e;
}

/* In one piece, in small ones, and once more what came of it. */
static void
expect(struct slice in, struct slice want, unsigned done)
{
	static const size_t steps[] = {1u << 20, 1, 2, 3, 7, 64, 999, 1000};
	struct buf out;
	unsigned got;
	buf_init(&out, 1u << 20);
	for (size_t i = 0; i < COUNT(steps); i++) {
		assert_int_equal(run(&conf, in, steps[i], &out, &got), ERR_OK);
		if (!slice_eq(buf_slice(&out), want))
			fail_msg("in steps of %zu \"%.*s\" gives \"%.*s\"",
			    steps[i], SLICE_ARG(in),
			    SLICE_ARG(buf_slice(&out)));
		assert_int_equal(got, done);
	}
	assert_int_equal(run(&conf, want, 1u << 20, &out, &got), ERR_OK);
	assert_true(slice_eq(buf_slice(&out), want));
	assert_int_equal(got, 0);
	buf_free(&out);
}

static const struct {
	const char *in, *out; /* NULL: the same */
	unsigned done;
} cases[] = {
    {HEAD "\r\nbody\r\n", NULL, 0},
    {HEAD "\r\n", NULL, 0},
    {HEAD, NULL, 0},
    {HEAD "\r\nno end", NULL, 0},
    {"date : x\r\nFROM: y\r\nmessage-Id: z\r\nCc: q\r\n\r\n", NULL, 0},
    {DATE ID FROM "Bcc: x\r\n\r\n", NULL, 0},
    /* what lacks */
    {"", NEW_DATE NEW_ID NEW_FROM NEW_TO,
	REPAIR_DATE | REPAIR_MESSAGE_ID | REPAIR_FROM | REPAIR_TO},
    {"\r\n", NEW_DATE NEW_ID NEW_FROM NEW_TO "\r\n",
	REPAIR_DATE | REPAIR_MESSAGE_ID | REPAIR_FROM | REPAIR_TO},
    {ID FROM TO "\r\nb", NEW_DATE ID FROM TO "\r\nb", REPAIR_DATE},
    {DATE FROM TO "\r\nb", NEW_ID DATE FROM TO "\r\nb", REPAIR_MESSAGE_ID},
    {DATE ID TO "\r\nb", NEW_FROM DATE ID TO "\r\nb", REPAIR_FROM},
    {DATE ID FROM "\r\nb", NEW_TO DATE ID FROM "\r\nb", REPAIR_TO},
    {DATE ID FROM "T: x", NEW_TO DATE ID FROM "T: x", REPAIR_TO},
    {HEAD "Content-Type: text/plain\r\n\r\n",
	MIME HEAD "Content-Type: text/plain\r\n\r\n", REPAIR_MIME},
    {HEAD "Content-Transfer-Encoding: 7bit\r\n\r\n",
	MIME HEAD "Content-Transfer-Encoding: 7bit\r\n\r\n", REPAIR_MIME},
    {HEAD "mime-version: 1.0\r\nContent-Type: text/plain\r\n\r\n", NULL, 0},
    /* too many, or empty */
    {HEAD "Date: x\r\n y\r\nX: y\r\nDate: z\r\n\r\nDate: b",
	HEAD "X: y\r\n\r\nDate: b", REPAIR_DATE},
    {HEAD "Message-Id: x\r\n\r\n", HEAD "\r\n", REPAIR_MESSAGE_ID},
    {HEAD "From: x\r\n\r\n", HEAD "\r\n", REPAIR_FROM},
    {"Date: \r\n\t\r\n" ID FROM TO "\r\n", NEW_DATE ID FROM TO "\r\n",
	REPAIR_DATE},
    {"Date:\r\n" HEAD "\r\n", HEAD "\r\n", REPAIR_DATE},
    /* where the header ends */
    {HEAD "no field\r\nmore\r\n", HEAD "\r\nno field\r\nmore\r\n",
	REPAIR_ENDED},
    {HEAD "no field", HEAD "\r\nno field", REPAIR_ENDED},
    {HEAD "\r", HEAD "\r\n\r", REPAIR_ENDED},
    {" lead\r\n" HEAD, NEW_DATE NEW_ID NEW_FROM NEW_TO "\r\n lead\r\n" HEAD,
	REPAIR_DATE | REPAIR_MESSAGE_ID | REPAIR_FROM | REPAIR_TO |
	    REPAIR_ENDED},
    /* parts go through */
    {HEAD MIME "Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\npre\r\n"
	       "--a b\r\n\r\nplain\r\n--a b \t\r\nContent-Type: text/html\r\n"
	       "Content-Transfer-Encoding: 8bit\r\n\r\nhtml\r\n--a b--\r\nepi",
	NULL, 0},
    {HEAD MIME
	"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
	"Content-Type: image/png\r\nContent-Transfer-Encoding: BASE64\r\n"
	"\r\nAAAA\r\n--a--",
	NULL, 0},
    {HEAD MIME "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a--\r\n"
	       "--a\r\nContent-Type: image/png\r\n\r\nepilogue\r\n",
	NULL, 0},
    {HEAD MIME "Content-Type: multipart/mixed\r\n\r\n--a\r\n"
	       "Content-Type: image/png\r\n\r\nno boundary\r\n",
	NULL, 0},
    {HEAD MIME "Content-Type: multipart/signed; boundary=a\r\n\r\n--a\r\n"
	       "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	       "Content-Type: image/png\r\n\r\nx\r\n--b--\r\n--a\r\n"
	       "Content-Type: application/pgp-signature\r\n\r\ny\r\n--a--\r\n",
	NULL, 0},
    {HEAD MIME "Content-Type: message/rfc822\r\n\r\nContent-Type: image/png\r\n"
	       "\r\nx\r\n",
	NULL, 0},
    {HEAD MIME "Content-Type: image/png\r\nContent-Transfer-Encoding: "
	       "x-uuencode\r\n\r\nx\r\n",
	NULL, 0},
    {HEAD MIME "Content-Type: pdf\r\n\r\nx\r\n", NULL, 0},
    {PARTS "\r\n--b\r\nDate: x\r\nDate: y\r\nFrom:\r\n\r\nz\r\n--b\r\nX: "
	   "y\r\n--b--",
	NULL, 0},
    /* parts that go out in base64 */
    {HEAD MIME "Content-Type: image/png\r\n\r\nabc\r\n",
	"Content-Transfer-Encoding: base64\r\n" HEAD MIME
	"Content-Type: image/png\r\n\r\nYWJjDQo=\r\n",
	REPAIR_ENCODED},
    {HEAD "Content-Type: image/png\r\nContent-Transfer-Encoding: 8BIT\r\n\r\n",
	MIME "Content-Transfer-Encoding: base64\r\n" HEAD
	     "Content-Type: image/png\r\n\r\n",
	REPAIR_ENCODED | REPAIR_MIME},
    {HEAD MIME
	"Content-Type: multipart/mixed; x=\"; boundary=q\"; (boundary=z)"
	" Boundary = a\r\n\r\n--a\r\nContent-Type: image/png\r\n\r\n"
	"abc\r\n\r\n--aa\r\n--a\r\nContent-Type: image/png\r\n--a\r\n\r\n"
	"--a--",
	HEAD MIME "Content-Type: multipart/mixed; x=\"; boundary=q\"; "
		  "(boundary=z) Boundary = a\r\n\r\n--a\r\n"
		  "Content-Transfer-Encoding: base64\r\n"
		  "Content-Type: image/png\r\n\r\nYWJjDQoNCi0tYWE=\r\n--a\r\n"
		  "Content-Transfer-Encoding: base64\r\n"
		  "Content-Type: image/png\r\n--a\r\n\r\n--a--",
	REPAIR_ENCODED},
    {HEAD MIME "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
	       "Content-Type: image/png\r\n\r\nabc\r\n",
	HEAD MIME "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
		  "Content-Transfer-Encoding: base64\r\n"
		  "Content-Type: image/png\r\n\r\nYWJjDQo=\r\n",
	REPAIR_ENCODED},
    {PARTS "\r\n--b\r\nContent-Type: image/png\r\n\r\nabc\r\n--b--\r\nepi\r\n",
	PARTS "\r\n--b\r\nContent-Transfer-Encoding: base64\r\n"
	      "Content-Type: image/png\r\n\r\nYWJj\r\n--b--\r\nepi\r\n",
	REPAIR_ENCODED},
    {PARTS "\r\n--b\r\nContent-Type: image/png\r\n\r\nabc\r\n--b--",
	PARTS "\r\n--b\r\nContent-Transfer-Encoding: base64\r\n"
	      "Content-Type: image/png\r\n\r\nYWJj\r\n--b--",
	REPAIR_ENCODED},
    /* boundaries as devices write them: all of these are found */
    {HEAD MIME "Content-Type: multipart/x; boundary=\"a\\\"b \"\r\n\r\n"
	       "--a\"b\r\nno field\r\n",
	HEAD MIME "Content-Type: multipart/x; boundary=\"a\\\"b \"\r\n\r\n"
		  "--a\"b\r\n\r\nno field\r\n",
	REPAIR_ENDED},
    {HEAD MIME "Content-Type: multipart/x (\\); boundary=z); boundary; \r\n"
	       " boundary==_a;b\r\n\r\n--=_a\r\nno field\r\n",
	HEAD MIME "Content-Type: multipart/x (\\); boundary=z); boundary; \r\n"
		  " boundary==_a;b\r\n\r\n--=_a\r\n\r\nno field\r\n",
	REPAIR_ENDED},
    /* parts within parts; the outer delimiter ends both */
    {HEAD MIME
	"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
	"Content-Type: multipart/mixed; boundary=----b\r\n\r\n------b\r\n"
	"Content-Type: image/png\r\n\r\nabc\r\n--a\r\n\r\n------b\r\n"
	"Content-Type: image/png\r\n\r\nabc\r\n--a--\r\n",
	HEAD MIME
	"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
	"Content-Type: multipart/mixed; boundary=----b\r\n\r\n------b\r\n"
	"Content-Transfer-Encoding: base64\r\n"
	"Content-Type: image/png\r\n\r\nYWJj\r\n--a\r\n\r\n------b\r\n"
	"Content-Type: image/png\r\n\r\nabc\r\n--a--\r\n",
	REPAIR_ENCODED},
    /* a part without an empty line, and one right below the header */
    {HEAD MIME "Content-Type: multipart/mixed; boundary=a\r\n--a\r\nhello\r\n"
	       "--a--\r\n",
	HEAD MIME "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n"
		  "hello\r\n--a--\r\n",
	REPAIR_ENDED},
};

static void
table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(slice_str(cases[i].in),
		    slice_str(
			cases[i].out == NULL ? cases[i].in : cases[i].out),
		    cases[i].done);
}

/* ---- long lines: "%" in a pattern is a run of so many octets ---- */

static void
paint(struct buf *b, const char *pattern, const size_t *runs, const char *fill)
{
	buf_clear(b);
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '%') {
			buf_add_byte(b, (uint8_t)*pattern);
			continue;
		}
		for (size_t i = 0; i < *runs; i++)
			buf_add_byte(b, (uint8_t)fill[i % strlen(fill)]);
		runs++;
	}
}

#define TEXT   HEAD "\r\n"
#define BASE64 HEAD MIME "Content-Transfer-Encoding: base64\r\n\r\n"
#define QP     HEAD MIME "Content-Transfer-Encoding: quoted-printable\r\n\r\n"

static const struct {
	const char *in;
	size_t in_runs[4];
	const char *fill;
	const char *out;
	size_t out_runs[30];
	unsigned done;
} long_cases[] = {
    {TEXT "%\r\n", {998}, "x", TEXT "%\r\n", {998}, 0},
    {TEXT "%", {998}, "x", TEXT "%", {998}, 0},
    {TEXT "%\r\n", {999}, "x", TEXT "%\r\n%\r\n", {990, 9}, REPAIR_BROKEN},
    {TEXT "%", {999}, "x", TEXT "%\r\n%", {990, 9}, REPAIR_BROKEN},
    {TEXT "%\r\n%\r\n", {1000, 5}, "x", TEXT "%\r\n%\r\n%\r\n", {990, 10, 5},
	REPAIR_BROKEN},
    {TEXT "%\r\n", {3000}, "x", TEXT "%\r\n%\r\n%\r\n%\r\n",
	{990, 990, 990, 30}, REPAIR_BROKEN},
    {TEXT "% %\r\n", {998, 998}, "x", TEXT "%\r\n %\r\n%\r\n", {998, 989, 9},
	REPAIR_BROKEN},
    {TEXT "% %\r\n", {998, 997}, "x", TEXT "%\r\n %\r\n", {998, 997},
	REPAIR_BROKEN},
    {TEXT "a\t%\r\n", {997}, "x", TEXT "a\r\n\t%\r\n", {997}, REPAIR_BROKEN},
    /* never inside a character; what is none is cut where it is */
    {TEXT "x%\r\n", {1400}, "\xc3\xa9", TEXT "x%\r\n%\r\n", {988, 412},
	REPAIR_BROKEN},
    {TEXT "xy%\r\n", {1200}, "\xf0\x9f\x98\x80", TEXT "xy%\r\n%\r\n",
	{988, 212}, REPAIR_BROKEN},
    {TEXT "%\r\n", {1000}, "\x80", TEXT "%\r\n%\r\n", {990, 10}, REPAIR_BROKEN},
    /* never a delimiter */
    {TEXT "%\r\n", {1000}, "-", TEXT " %\r\n %\r\n", {989, 11}, REPAIR_BROKEN},
    {TEXT "--% x\r\n", {999}, "y", TEXT " --%\r\n% x\r\n", {987, 12},
	REPAIR_BROKEN},
    {TEXT "-- %\r\n", {998}, "y", TEXT " --\r\n %\r\n%\r\n", {989, 9},
	REPAIR_BROKEN},
    {TEXT "--%", {997}, "y", TEXT " --%\r\n%", {987, 10}, REPAIR_BROKEN},
    {QP "--%\r\n", {997}, "y",
	QP "=2D-%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n"
	   "%=\r\n%=\r\n%=\r\n%\r\n",
	{71, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 26},
	REPAIR_BROKEN},
    /* base64 at 76, and the next line is as it was */
    {BASE64 "%\r\n%\r\n", {1000, 998}, "A",
	BASE64 "%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n"
	       "%\r\n%\r\n%\r\n",
	{76, 76, 76, 76, 76, 76, 76, 76, 76, 76, 76, 76, 76, 12, 998},
	REPAIR_BROKEN},
    {BASE64 "%", {1064}, "A",
	BASE64 "%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n%\r\n"
	       "%\r\n%",
	{76, 76, 76, 76, 76, 76, 76, 76, 76, 76, 76, 76, 76, 76},
	REPAIR_BROKEN},
    /* never within =XX */
    {QP "%\r\n", {999}, "=C3",
	QP "%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n"
	   "%=\r\n%=\r\n%\r\n",
	{75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 24},
	REPAIR_BROKEN},
    {QP "a%\r\n", {999}, "=C3",
	QP "a%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n"
	   "%=\r\n%=\r\n%\r\n",
	{72, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 27},
	REPAIR_BROKEN},
    {QP "ab%\r\n", {999}, "=C3",
	QP "ab%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n%=\r\n"
	   "%=\r\n%=\r\n%=\r\n%\r\n",
	{72, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 75, 27},
	REPAIR_BROKEN},
    /* header lines */
    {HEAD "X: %\r\n\r\n", {995}, "x", HEAD "X: %\r\n\r\n", {995}, 0},
    {HEAD "X: %\r\n\r\n", {996}, "x", HEAD "X: %\r\n %\r\n\r\n", {987, 9},
	REPAIR_FOLDED},
    {HEAD "X: %\r\n\r\n", {1985}, "x", HEAD "X: %\r\n %\r\n %\r\n\r\n",
	{987, 989, 9}, REPAIR_FOLDED},
    {HEAD "X: % % %\r\n\r\n", {900, 900, 900}, "x",
	HEAD "X: %\r\n %\r\n %\r\n\r\n", {900, 900, 900}, REPAIR_FOLDED},
    {HEAD "X: a %\r\n b\r\nY: c\r\n\r\n", {997}, "x",
	HEAD "X: a\r\n %\r\n b\r\nY: c\r\n\r\n", {997}, REPAIR_FOLDED},
    {HEAD "X: a\r\n % b\r\n\r\n", {997}, "x", HEAD "X: a\r\n %\r\n b\r\n\r\n",
	{997}, REPAIR_FOLDED},
    {HEAD "X: a%b\r\n\r\n", {2000}, " ", HEAD "X: a\r\n b\r\n\r\n", {0},
	REPAIR_FOLDED},
    {HEAD "X:%b\r\n\r\n", {2000}, " ", HEAD "X: b\r\n\r\n", {0}, REPAIR_FOLDED},
    {HEAD "X: a%\r\n\r\n", {2000}, " ", HEAD "X: a\r\n\r\n", {0},
	REPAIR_FOLDED},
    {HEAD "X%: a\r\n\r\n", {2000}, " ", HEAD "X: a\r\n\r\n", {0},
	REPAIR_FOLDED},
    {HEAD "X: a\r\n%\r\n b\r\n\r\n", {2000}, " ", HEAD "X: a\r\n b\r\n\r\n",
	{0}, REPAIR_FOLDED},
    {HEAD "X:%\r\n\r\n", {1400}, "\xc3\xa9", HEAD "X:%\r\n %\r\n\r\n",
	{988, 412}, REPAIR_FOLDED},
    /* in the header of a part as well */
    {HEAD MIME "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	       "X: %\r\n\r\nz\r\n",
	{996}, "x",
	HEAD MIME "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
		  "X: %\r\n %\r\n\r\nz\r\n",
	{987, 9}, REPAIR_FOLDED},
};

static void
long_lines(void **state)
{
	(void)state;
	struct buf in, out;
	buf_init(&in, 1u << 20);
	buf_init(&out, 1u << 20);
	for (size_t i = 0; i < COUNT(long_cases); i++) {
		paint(&in, long_cases[i].in, long_cases[i].in_runs,
		    long_cases[i].fill);
		paint(&out, long_cases[i].out, long_cases[i].out_runs,
		    long_cases[i].fill);
		expect(buf_slice(&in), buf_slice(&out), long_cases[i].done);
	}
	buf_free(&in);
	buf_free(&out);
}

/* A part of any octets, lines of any length, comes out as it went in. */
static void
binary_part(void **state)
{
	(void)state;
	static const char before[] =
	    HEAD MIME "Content-Type: application/pdf\r\n\r\n";
	struct buf in, out, text, back;
	unsigned done;
	buf_init(&in, 1u << 20);
	buf_init(&out, 1u << 20);
	buf_init(&text, 1u << 20);
	buf_init(&back, 1u << 20);
	for (size_t n = 0; n < 5000; n = n * 3 / 2 + 1) {
		buf_clear(&in);
		buf_clear(&text);
		buf_clear(&back);
		buf_add_str(&in, before);
		for (size_t i = 0; i < n; i++)
			buf_add_byte(&in, (uint8_t)(i * i / 7));
		assert_int_equal(
		    run(&conf, buf_slice(&in), 37, &out, &done), ERR_OK);
		assert_int_equal(done, REPAIR_ENCODED);
		struct slice body = slice_from(
		    buf_slice(&out), sizeof(before) - 1 +
					 strlen("Content-Transfer-Encoding: "
						"base64\r\n"));
		for (size_t i = 0; i < body.n; i++)
			if (body.p[i] != '\r' && body.p[i] != '\n')
				buf_add_byte(&text, body.p[i]);
		assert_int_equal(
		    base64_decode(buf_slice(&text), &back), ERR_OK);
		assert_true(slice_eq(buf_slice(&back),
		    slice_from(buf_slice(&in), sizeof(before) - 1)));
	}
	buf_free(&in);
	buf_free(&out);
	buf_free(&text);
	buf_free(&back);
}

/* What looks like a delimiter within a line is none. */
static void
no_delimiter(void **state)
{
	(void)state;
	static const char part[] =
	    PARTS "\r\n--b\r\nContent-Type: image/png\r\n\r\n%--b\r\n--b--\r\n";
	const size_t n = REPAIR_LINE_MAX;
	struct buf in, out;
	unsigned done;
	buf_init(&in, 8192);
	buf_init(&out, 8192);
	paint(&in, part, &n, "x");
	assert_int_equal(run(&conf, buf_slice(&in), 50, &out, &done), ERR_OK);
	/* "xx-" "-b" */
	assert_true(
	    slice_ends_nocase(buf_slice(&out), SLICE("eHgtLWI=\r\n--b--\r\n")));
	buf_free(&in);
	buf_free(&out);
}

/* ---- limits ---- */

static void
header_limit(void **state)
{
	(void)state;
	struct buf in, out;
	unsigned done;
	buf_init(&in, 1u << 20);
	buf_init(&out, 1u << 20);
	/* Exactly as much as there may be, and one more octet. */
	for (size_t more = 0; more < 2; more++) {
		const size_t run_of =
		    REPAIR_HEADER_MAX - strlen(HEAD "X: a\r\n\r\n") + more;
		const char *pattern = HEAD "X: a%\r\n\r\nbody";
		paint(&in, pattern, &run_of, "y ");
		for (size_t step = 1; step < 3; step++)
			assert_int_equal(
			    run(&conf, buf_slice(&in), step, &out, &done),
			    more == 0 ? ERR_OK : ERR_LIMIT);
	}
	/* A line of that length that is no field is a body. */
	const size_t huge = 100000;
	paint(&in, HEAD "%\r\n", &huge, "y ");
	assert_int_equal(
	    run(&conf, buf_slice(&in), 1u << 20, &out, &done), ERR_OK);
	assert_int_equal(done, REPAIR_ENDED | REPAIR_BROKEN);
	/* A part has the same limit. */
	paint(&in,
	    HEAD MIME "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
		      "X: %\r\n\r\n",
	    &huge, "y ");
	assert_int_equal(
	    run(&conf, buf_slice(&in), 1u << 20, &out, &done), ERR_LIMIT);
	buf_free(&in);
	buf_free(&out);
}

/* Deeper than we go, and boundaries longer than we know, are text. */
static void
depth(void **state)
{
	(void)state;
	struct buf in;
	buf_init(&in, 1u << 20);
	buf_add_str(&in, HEAD MIME);
	for (unsigned i = 0; i < REPAIR_DEPTH_MAX; i++)
		buf_printf(&in,
		    "Content-Type: multipart/mixed; boundary=b%u\r\n\r\n"
		    "--b%u\r\n",
		    i, i);
	size_t before = in.n;
	buf_add_str(&in, "Content-Type: multipart/mixed; boundary=deep\r\n\r\n"
			 "--deep\r\nContent-Type: image/png\r\n\r\nabc\r\n");
	expect(buf_slice(&in), buf_slice(&in), 0);
	/* One less, and it is seen. */
	in.n = before;
	buf_add_str(&in, "Content-Type: image/png\r\n\r\nabc\r\n--b0--\r\n");
	struct buf out;
	unsigned done;
	buf_init(&out, 1u << 20);
	assert_int_equal(run(&conf, buf_slice(&in), 5, &out, &done), ERR_OK);
	assert_int_equal(done, REPAIR_ENCODED);
	for (size_t n = 128; n < 130; n++) {
		const size_t runs[] = {n, n};
		paint(&in,
		    HEAD MIME
		    "Content-Type: multipart/mixed; boundary=\"%\"\r\n\r\n--%"
		    "\r\nContent-Type: image/png\r\n\r\nabc\r\n",
		    runs, "q");
		assert_int_equal(
		    run(&conf, buf_slice(&in), 5, &out, &done), ERR_OK);
		assert_int_equal(done, n == 128 ? REPAIR_ENCODED : 0);
	}
	buf_free(&in);
	buf_free(&out);
}

static void
who(void **state)
{
	(void)state;
	struct repair_conf c = conf;
	struct buf out;
	unsigned done;
	buf_init(&out, 4096);
	c.from = c.to = SLICE_EMPTY;
	assert_int_equal(
	    run(&c, SLICE(DATE ID "\r\n"), 99, &out, &done), ERR_OK);
	assert_true(slice_eq(buf_slice(&out),
	    SLICE("From: <postmaster@mail.contoh.id>\r\n"
		  "To: undisclosed-recipients:;\r\n" DATE ID "\r\n")));
	c.from = SLICE("a\r\nX: y\x7f@contoh.id");
	c.to = SLICE("\xc3\xa9@contoh.id");
	assert_int_equal(
	    run(&c, SLICE(DATE ID "\r\n"), 99, &out, &done), ERR_OK);
	assert_true(slice_eq(buf_slice(&out),
	    SLICE("From: <a??X: y?@contoh.id>\r\n"
		  "To: <\xc3\xa9@contoh.id>\r\n" DATE ID "\r\n")));
	/* The error of out is told, and stays. */
	struct repair *r = repair_new(&c);
	struct buf small;
	buf_init(&small, 8);
	assert_int_equal(
	    repair_feed(r, SLICE("A: b\r\n\r\n"), &small), ERR_LIMIT);
	assert_int_equal(repair_feed(r, SLICE("x"), &out), ERR_LIMIT);
	assert_int_equal(repair_end(r, &out), ERR_LIMIT);
	repair_free(r);
	repair_free(NULL);
	buf_free(&small);
	buf_free(&out);
}

static void
words(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1024);
	repair_words(0, &b);
	assert_int_equal(b.n, 0);
	repair_words(REPAIR_BROKEN | REPAIR_DATE, &b);
	assert_true(
	    slice_eq(buf_slice(&b), SLICE("set Date, broke long lines")));
	/* Each bit has its words. */
	for (unsigned bit = 1; bit <= REPAIR_ENDED; bit <<= 1) {
		buf_clear(&b);
		repair_words(bit, &b);
		assert_true(b.n > 0);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table),
	    cmocka_unit_test(long_lines),
	    cmocka_unit_test(binary_part),
	    cmocka_unit_test(no_delimiter),
	    cmocka_unit_test(header_limit),
	    cmocka_unit_test(depth),
	    cmocka_unit_test(who),
	    cmocka_unit_test(words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
