#include "proto/mail/header.h"

#include <string.h>

static bool
is_wsp(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* ftext = %d33-57 / %d59-126 (RFC 5322 3.6.8) */
static bool
is_ftext(uint8_t c)
{
	return c > 32 && c < 127 && c != ':';
}

/* Octets of the first line with its CR LF, or 0: no CR LF there. A bare CR or
 * LF is text like any other: only CR LF ends a line. */
static size_t
line_octets(struct slice in)
{
	size_t i = 0;
	for (;;) {
		struct slice rest = slice_from(in, i);
		size_t cr = slice_find(rest, '\r');
		if (cr + 1 >= rest.n)
			return 0;
		if (rest.p[cr + 1] == '\n')
			return i + cr + 2;
		i += cr + 1;
	}
}

/* name_octets - length of the field name at the front, *out_colon where its
 * colon is; 0: no field begins here. */
static size_t
name_octets(struct slice line, size_t *out_colon)
{
	size_t n = 0, i;
	while (n < line.n && is_ftext(line.p[n]))
		n++;
	for (i = n; i < line.n && is_wsp(line.p[i]);)
		i++;
	if (n == 0 || n > HEADER_NAME_MAX || i == line.n || line.p[i] != ':')
		return 0;
	*out_colon = i;
	return n;
}

/* field_octets - all lines of the field whose first line has first octets. */
static enum err
field_octets(
    struct slice in, bool whole, size_t max, size_t first, size_t *out_n)
{
	size_t n = first;
	for (;;) {
		if (n > max)
			return ERR_LIMIT;
		if (n == in.n && !whole)
			return ERR_MORE;
		if (n == in.n || !is_wsp(in.p[n]))
			break;
		size_t more = line_octets(slice_from(in, n));
		if (more == 0 && !whole)
			return in.n > max ? ERR_LIMIT : ERR_MORE;
		n += more == 0 ? in.n - n : more;
	}
	*out_n = n;
	return ERR_OK;
}

enum err
header_next(struct slice in, bool whole, size_t max_octets,
    struct header_field *out_field, size_t *out_used)
{
	size_t colon, n, first = line_octets(in);
	if (first == 0 && !whole)
		return in.n > max_octets ? ERR_LIMIT : ERR_MORE;
	if (first == 0)
		first = in.n;
	struct slice line = slice_to(in, first);
	size_t name = name_octets(line, &colon);
	if (name == 0) {
		*out_used = slice_eq(line, SLICE("\r\n")) ? 2 : 0;
		return ERR_NOT_FOUND;
	}
	enum err e = field_octets(in, whole, max_octets, first, &n);
	if (e != ERR_OK)
		return e;
	struct slice raw = slice_to(in, n), value = slice_from(raw, colon + 1);
	if (slice_ends_nocase(value, SLICE("\r\n")))
		value.n -= 2;
	*out_field =
	    (struct header_field){slice_to(in, name), value, raw, n > first};
	*out_used = n;
	return ERR_OK;
}

struct slice
header_block(struct slice message, bool with_empty_line)
{
	struct header_field f;
	size_t at = 0, used = 0;
	enum err e;
	while ((e = header_next(slice_from(message, at), true, message.n, &f,
		    &used)) == ERR_OK)
		at += used;
	return slice_to(message, with_empty_line ? at + used : at);
}

enum err
header_find(
    struct slice block, struct slice name, struct header_field *out_field)
{
	struct header_field f;
	size_t used;
	while (header_next(block, true, block.n, &f, &used) == ERR_OK) {
		if (slice_eq_nocase(f.name, name)) {
			*out_field = f;
			return ERR_OK;
		}
		block = slice_from(block, used);
	}
	return ERR_NOT_FOUND;
}

size_t
header_count(struct slice block, struct slice name)
{
	struct header_field f;
	size_t used, n = 0;
	while (header_next(block, true, block.n, &f, &used) == ERR_OK) {
		n += slice_eq_nocase(f.name, name);
		block = slice_from(block, used);
	}
	return n;
}

void
header_value_unfolded(struct buf *b, struct slice value)
{
	size_t start;
	while (value.n > 0 &&
	       (is_wsp(value.p[0]) || value.p[0] == '\r' || value.p[0] == '\n'))
		value = slice_from(value, 1);
	while (value.n > 0 &&
	       (is_wsp(value.p[value.n - 1]) || value.p[value.n - 1] == '\r' ||
		   value.p[value.n - 1] == '\n'))
		value.n--;
	for (start = 0; start < value.n;) {
		size_t n = line_octets(slice_from(value, start));
		size_t keep = n == 0 ? value.n - start : n - 2;
		buf_add(b, slice_of(value.p + start, keep));
		start += n == 0 ? keep : n;
	}
}

enum watch_state {
	W_LINE_START = 0,
	W_NAME,     /* collecting a field name */
	W_NAME_WSP, /* white space between name and colon */
	W_TEXT,     /* the rest of the line */
	W_TEXT_CR,  /* CR seen in it */
	W_START_CR  /* CR as the first octet of a line */
};

static void
watch_count(struct header_watch *w)
{
	struct slice name = slice_of(w->name, w->name_n);
	if (w->name_n > sizeof(w->name))
		return;
	if (slice_eq(name, SLICE("received")))
		w->received++;
	else if (slice_eq(name, SLICE("date")))
		w->date++;
	else if (slice_eq(name, SLICE("from")))
		w->from++;
	else if (slice_eq(name, SLICE("message-id")))
		w->message_id++;
	else if (slice_eq(name, SLICE("return-path")))
		w->return_path++;
}

static void
watch_name(struct header_watch *w, uint8_t c)
{
	if (c == ':' && w->name_n > 0) {
		watch_count(w);
		w->state = W_TEXT;
	} else if (is_wsp(c) && w->name_n > 0) {
		w->state = W_NAME_WSP;
	} else if (w->state == W_NAME_WSP || !is_ftext(c) ||
		   w->name_n == HEADER_NAME_MAX) {
		w->done = true;
	} else {
		if (w->name_n < sizeof(w->name))
			w->name[w->name_n] = ascii_lower(c);
		w->name_n++;
		w->state = W_NAME;
	}
}

static void
watch_line_start(struct header_watch *w, uint8_t c)
{
	w->name_n = 0;
	if (c == '\r')
		w->state = W_START_CR;
	else if (is_wsp(c) && w->octets > 1)
		w->state = W_TEXT;
	else
		watch_name(w, c);
}

static void
watch_octet(struct header_watch *w, uint8_t c)
{
	switch ((enum watch_state)w->state) {
	case W_LINE_START:
		watch_line_start(w, c);
		break;
	case W_NAME:
	case W_NAME_WSP:
		watch_name(w, c);
		break;
	case W_TEXT:
		if (c == '\r')
			w->state = W_TEXT_CR;
		break;
	case W_TEXT_CR:
		w->state = c == '\n'   ? W_LINE_START
			   : c == '\r' ? W_TEXT_CR
				       : W_TEXT;
		break;
	case W_START_CR:
		w->done = true;
		break;
	}
}

/* The rest of a line is skipped with memchr: headers are long, and this runs
 * for every message received. */
void
header_watch_feed(struct header_watch *w, struct slice in)
{
	size_t i = 0;
	while (i < in.n && !w->done) {
		if (w->state == W_TEXT) {
			size_t n = slice_find(slice_from(in, i), '\r');
			w->octets += n;
			i += n;
			if (i == in.n)
				break;
		}
		w->octets++;
		watch_octet(w, in.p[i++]);
	}
}
