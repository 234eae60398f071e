/* headers_block.c - a header as people paste it, made fit to be read. */
#include "check/headers_priv.h"

static bool
is_wsp(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The next line, ended by CR LF, LF or CR. */
static bool
next_line(struct slice *rest, struct slice *out)
{
	if (rest->n == 0)
		return false;
	size_t n = 0;
	while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
		n++;
	*out = slice_to(*rest, n);
	if (n + 1 < rest->n && rest->p[n] == '\r' && rest->p[n + 1] == '\n')
		n++;
	*rest = slice_from(*rest, n + 1);
	return true;
}

/* name = 1*(ALPHA / DIGIT / "-" / "_"), which is what is in use; 0: no field
 * begins here. */
static size_t
name_octets(struct slice line)
{
	size_t n = 0;
	while (
	    n < line.n && n < 80 &&
	    (ascii_is_alnum(line.p[n]) || line.p[n] == '-' || line.p[n] == '_'))
		n++;
	return n < line.n && line.p[n] == ':' ? n : 0;
}

static bool
of_interest(struct slice name)
{
	static const char *const names[] = {
	    "Received", "Authentication-Results", "From"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_eq_nocase(name, slice_str(names[i])))
			return true;
	return false;
}

struct block {
	struct buf *out;
	size_t start; /* of the field that is being written */
	bool keep;    /* it is of interest */
	bool begun;   /* a field was seen */
	size_t received;
};

static void
end_field(struct block *b)
{
	if (b->keep)
		buf_add(b->out, SLICE("\r\n"));
	b->keep = false;
}

static void
on_line(struct block *b, struct slice line)
{
	size_t name = name_octets(line);
	if (is_wsp(line.p[0]) || (name == 0 && b->keep)) {
		/* A line that lost its indent when it was pasted belongs to
		 * the field too. */
		if (b->keep && b->out->n - b->start < HEADERS_FIELD_MAX) {
			buf_add_byte(b->out, ' ');
			buf_add(b->out,
			    slice_to(slice_trim(line), HEADERS_FIELD_MAX));
		}
		return;
	}
	end_field(b);
	if (name == 0)
		return;
	b->begun = true;
	b->start = b->out->n;
	b->received += slice_eq_nocase(slice_to(line, name), SLICE("Received"));
	b->keep = of_interest(slice_to(line, name));
	if (b->keep)
		buf_add(b->out, slice_to(line, HEADERS_FIELD_MAX));
}

void
headers_block(struct slice message, struct buf *out, size_t *out_received)
{
	struct block b = {.out = out};
	struct slice line;
	if (slice_starts(message, SLICE("\xef\xbb\xbf")))
		message = slice_from(message, 3);
	while (next_line(&message, &line)) {
		if (slice_trim(line).n > 0)
			on_line(&b, line);
		else if (b.begun)
			break;
	}
	end_field(&b);
	*out_received = b.received;
}
