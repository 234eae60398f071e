#include "proto/mail/repair.h"

#include <stdlib.h>

#include "proto/mail/header.h"
#include "proto/mail/repair_priv.h"

static void
copy(struct buf *b, struct slice s)
{
	buf_init(b, s.n > 0 ? s.n : 1);
	buf_add(b, s);
}

struct repair *
repair_new(const struct repair_conf *c)
{
	struct repair *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	copy(&r->from, c->from);
	copy(&r->to, c->to);
	copy(&r->hostname, c->hostname);
	r->id = c->id;
	r->unix_s = c->unix_s;
	r->offset_min = c->offset_min;
	r->in_header = true;
	buf_init(&r->head, REPAIR_HEADER_MAX);
	/* Folding adds three octets to hundreds. */
	buf_init(&r->made, REPAIR_HEADER_MAX + REPAIR_HEADER_MAX / 8);
	if (buf_err(&r->from) == ERR_OK && buf_err(&r->to) == ERR_OK &&
	    buf_err(&r->hostname) == ERR_OK)
		return r;
	repair_free(r);
	return NULL;
}

void
repair_free(struct repair *r)
{
	if (r == NULL)
		return;
	buf_free(&r->from);
	buf_free(&r->to);
	buf_free(&r->hostname);
	buf_free(&r->head);
	buf_free(&r->made);
	free(r);
}

size_t
repair_cut_utf8(struct slice s, size_t n)
{
	for (size_t back = 0; back < 4 && back < n; back++)
		if ((s.p[n - back] & 0xc0) != 0x80)
			return n - back;
	return n;
}

static const struct {
	unsigned what;
	const char *words;
} done_words[] = {{REPAIR_DATE, "set Date"},
    {REPAIR_MESSAGE_ID, "set Message-ID"}, {REPAIR_FROM, "set From"},
    {REPAIR_TO, "set To"}, {REPAIR_MIME, "set MIME-Version"},
    {REPAIR_FOLDED, "folded header lines"}, {REPAIR_BROKEN, "broke long lines"},
    {REPAIR_ENCODED, "encoded a part"}, {REPAIR_ENDED, "ended the header"}};

unsigned
repair_done(const struct repair *r)
{
	return r->done;
}

void
repair_words(unsigned what, struct buf *b)
{
	size_t before = b->n;
	for (size_t i = 0; i < sizeof(done_words) / sizeof(*done_words); i++) {
		if ((what & done_words[i].what) == 0)
			continue;
		if (b->n > before)
			buf_add_str(b, ", ");
		buf_add_str(b, done_words[i].words);
	}
}

/* ---- the header, up to its end ---- */

static struct slice
last_line(const struct repair *r)
{
	return slice_from(buf_slice(&r->head), r->line_at);
}

/* Does the header go on with this line, of which all or the front is there? */
static bool
is_header_line(const struct repair *r, struct slice line)
{
	struct header_field f;
	size_t used;
	if (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
		return r->line_at > 0;
	return header_next(line, true, line.n, &f, &used) == ERR_OK;
}

/* Behind the header there is a body, the front of which may be in head. */
static enum err
leave_header(struct repair *r, bool empty_line, struct buf *out)
{
	struct slice rest = last_line(r);
	enum err e =
	    repair_header(r, slice_to(buf_slice(&r->head), r->line_at), out);
	if (e != ERR_OK)
		return e;
	r->in_header = false;
	buf_add(out, SLICE("\r\n"));
	if (!empty_line) {
		r->done |= REPAIR_ENDED;
		/* It is shorter than a header and no delimiter. */
		while (rest.n > 0)
			rest = slice_from(rest, repair_body(r, rest, out));
	}
	buf_clear(&r->head);
	r->line_at = 0;
	return ERR_OK;
}

/* Only a header: cut off by a delimiter, or by the end. */
static enum err
leave_without_body(struct repair *r, struct buf *out)
{
	struct slice line = last_line(r);
	enum err e =
	    repair_header(r, slice_to(buf_slice(&r->head), r->line_at), out);
	if (e != ERR_OK)
		return e;
	if (!repair_delimiter(r, line, out))
		r->in_header = false;
	buf_clear(&r->head);
	r->line_at = 0;
	return ERR_OK;
}

static enum err
header_line(struct repair *r, struct buf *out)
{
	struct slice line = last_line(r);
	if (slice_eq(line, SLICE("\r\n")))
		return leave_header(r, true, out);
	if (repair_delimits(r, line))
		return leave_without_body(r, out);
	if (!is_header_line(r, line))
		return leave_header(r, false, out);
	r->line_at = r->head.n;
	return ERR_OK;
}

/* A line so long that no field may be is a body. */
static enum err
header_full(struct repair *r, struct buf *out)
{
	struct slice line = last_line(r);
	if (line.n == 0 || slice_eq(line, SLICE("\r")) ||
	    is_header_line(r, line))
		return ERR_LIMIT;
	return leave_header(r, false, out);
}

static enum err
header_feed(struct repair *r, struct slice *in, struct buf *out)
{
	struct slice some = slice_to(*in, REPAIR_HEADER_MAX - r->head.n);
	if (some.n == 0)
		return header_full(r, out);
	size_t lf = slice_find(some, '\n');
	some = slice_to(some, lf < some.n ? lf + 1 : some.n);
	buf_add(&r->head, some);
	*in = slice_from(*in, some.n);
	if (buf_err(&r->head) != ERR_OK)
		return buf_err(&r->head);
	return slice_ends_nocase(last_line(r), SLICE("\r\n"))
		   ? header_line(r, out)
		   : ERR_OK;
}

static enum err
header_end(struct repair *r, struct buf *out)
{
	struct slice line = last_line(r);
	if (line.n > 0 && !repair_delimits(r, line)) {
		if (!is_header_line(r, line))
			return leave_header(r, false, out);
		r->line_at = r->head.n;
	}
	return leave_without_body(r, out);
}

/* ---- the message ---- */

enum err
repair_feed(struct repair *r, struct slice in, struct buf *out)
{
	while (r->err == ERR_OK && in.n > 0) {
		if (r->in_header)
			r->err = header_feed(r, &in, out);
		else
			in = slice_from(in, repair_body(r, in, out));
		if (r->err == ERR_OK)
			r->err = buf_err(out);
	}
	return r->err;
}

enum err
repair_end(struct repair *r, struct buf *out)
{
	if (r->err == ERR_OK && r->in_header)
		r->err = header_end(r, out);
	if (r->err == ERR_OK && !r->in_header)
		repair_body_end(r, out);
	if (r->err == ERR_OK)
		r->err = buf_err(out);
	return r->err;
}
