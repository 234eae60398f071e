/* Bounces and Received fields made of anything: ASCII, lines of CR LF, at most
 * 998 octets each, three parts and no more, no header of somebody else's. */
#include "proto/mail/bounce.h"
#include "proto/mail/header.h"
#include "proto/mail/received.h"

#include <stdlib.h>

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static struct slice
piece(struct slice *in)
{
	size_t n = in->n > 0 ? in->p[0] : 0;
	*in = slice_from(*in, 1);
	struct slice s = slice_to(*in, n);
	*in = slice_from(*in, n);
	return s;
}

static void
check_lines(struct slice s)
{
	while (s.n > 0) {
		size_t n = slice_find(s, '\n');
		check(n < s.n && n > 0 && s.p[n - 1] == '\r' && n <= 999);
		for (size_t i = 0; i + 1 < n; i++)
			check(s.p[i] != 0 && s.p[i] < 0x80 && s.p[i] != '\r');
		s = slice_from(s, n + 1);
	}
}

static size_t
count(struct slice s, struct slice what)
{
	size_t n = 0;
	for (; s.n >= what.n; s = slice_from(s, 1))
		n += slice_starts(s, what);
	return n;
}

static void
check_parts(struct slice s)
{
	struct header_field f;
	check(header_find(s, SLICE("Content-Type"), &f) == ERR_OK);
	size_t a = slice_find(f.value, '"');
	struct slice b = slice_from(f.value, a + 1);
	struct buf line;
	b = slice_to(b, slice_find(b, '"'));
	check(b.n > 10);
	buf_init(&line, 100);
	buf_add(&line, SLICE("\r\n--"));
	buf_add(&line, b);
	check(count(s, buf_slice(&line)) == 4);
	buf_free(&line);
}

static void
received(struct slice in)
{
	struct received r = {.helo = piece(&in),
	    .ptr = piece(&in),
	    .hostname = piece(&in),
	    .rcpt = piece(&in),
	    .tls_version = piece(&in),
	    .tls_cipher = piece(&in),
	    .esmtp = true,
	    .tls = true,
	    .id = 1,
	    .ip = {.family = 4}};
	struct header_field f;
	struct buf out;
	size_t used;
	buf_init(&out, 1 << 16);
	received_add(&out, &r);
	check(buf_err(&out) == ERR_OK);
	check_lines(buf_slice(&out));
	check(header_next(buf_slice(&out), true, out.n, &f, &used) == ERR_OK &&
	      used == out.n && slice_eq(f.name, SLICE("Received")));
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct bounce_rcpt r[3];
	struct buf out;
	if (size < 4)
		return 0;
	received(in);
	struct bounce b = {
	    .action = (data[0] & 1) != 0 ? BOUNCE_DELAYED : BOUNCE_FAILED,
	    .id = 1 + data[1] % 2,
	    .message = 1,
	    .hostname = SLICE("mail.contoh.id"),
	    .language = (data[0] & 2) != 0 ? SLICE("id") : SLICE_EMPTY,
	    .give_up_s = data[2],
	    .rcpts = r,
	    .rcpts_n = data[3] % 4};
	in = slice_from(in, 4);
	b.to = piece(&in);
	for (size_t i = 0; i < b.rcpts_n; i++)
		r[i] = (struct bounce_rcpt){.address = piece(&in),
		    .original = piece(&in),
		    .status = piece(&in),
		    .diagnostic = piece(&in),
		    .remote_mta = piece(&in),
		    .cause = piece(&in),
		    .explain = piece(&in),
		    .explain_second = piece(&in)};
	b.headers = in;
	buf_init(&out, BOUNCE_MAX);
	check(bounce_build(&out, &b) == ERR_OK);
	check_lines(buf_slice(&out));
	check_parts(buf_slice(&out));
	buf_free(&out);
	return 0;
}
