#include "proto/smtp/data.h"

#include <string.h>

void
smtp_data_init(struct smtp_data *d)
{
	*d = (struct smtp_data){.at_start = true};
}

/* Index of the first c in in[from, to), or to. */
static size_t
find(struct slice in, size_t from, size_t to, uint8_t c)
{
	const uint8_t *q =
	    from == to ? NULL : memchr(in.p + from, c, to - from);
	return q == NULL ? to : (size_t)(q - in.p);
}

/* A place in the input while it is scanned. */
struct scan {
	size_t at;   /* all before it is consumed */
	size_t seg;  /* where what follows the last CR or LF begins */
	size_t line; /* where the current line, by CR LF, begins */
	size_t cut;  /* of the first flaw met in this scan */
};

/* The octets in[from, to) between two line ends of any kind: as many as it
 * takes to tell whether they are a dot alone. Some servers drop NULs, so they
 * don't count. */
static void
note_octets(struct smtp_data *d, struct slice in, size_t from, size_t to)
{
	for (size_t i = from; i < to && d->raw < 2; i++)
		if (in.p[i] != '\0' && d->raw++ == 0)
			d->raw_dot = in.p[i] == '.';
}

/* A CR or LF of any kind at index end; the next octet is at next. */
static void
note_newline(struct smtp_data *d, struct scan *s, struct slice in, size_t end,
    size_t next)
{
	note_octets(d, in, s->seg, end);
	if (d->raw == 1 && d->raw_dot)
		d->lookalike = true;
	d->raw = 0;
	s->seg = s->at = next;
}

static void
note_flaw(
    struct smtp_data *d, struct scan *s, size_t at, enum smtp_data_flaw flaw)
{
	if (d->flaw != SMTP_DATA_FLAW_NONE)
		return;
	d->flaw = flaw;
	s->cut = at;
}

static void
end_line(struct smtp_data *d, struct scan *s, size_t end)
{
	d->line += end - s->line;
	if (d->line > d->longest)
		d->longest = d->line;
}

/* Consume up to the next line that begins with a dot, a CR whose successor is
 * not here yet, or the end. lf is kept while bare CRs are met, so that the
 * work stays linear in the input. */
static void
scan_lines(struct smtp_data *d, struct scan *s, struct slice in)
{
	size_t lf = find(in, s->at, in.n, '\n');
	while (s->at < in.n && !(d->at_start && in.p[s->at] == '.')) {
		size_t cr = find(in, s->at, lf, '\r');
		if (cr > s->at)
			d->at_start = false;
		if (cr == in.n || (cr != lf && cr + 1 == in.n)) {
			s->at = cr;
			break;
		}
		if (cr + 1 == lf) {
			note_newline(d, s, in, cr, lf + 1);
			end_line(d, s, cr);
			d->line = 0;
			s->line = s->at;
			d->at_start = true;
		} else {
			bool is_lf = cr == lf;
			note_flaw(d, s, cr,
			    is_lf ? SMTP_DATA_FLAW_LF : SMTP_DATA_FLAW_CR);
			note_newline(d, s, in, cr, cr + 1);
			d->at_start = false;
		}
		if (s->at > lf)
			lf = find(in, s->at, in.n, '\n');
	}
}

enum err
smtp_data_next(struct smtp_data *d, struct slice in, struct slice *out_run,
    size_t *out_used)
{
	size_t from = 0;
	bool flawed = d->flaw != SMTP_DATA_FLAW_NONE;
	if (d->at_start && in.n > 0 && in.p[0] == '.') {
		if (in.n < 2 || (in.n < 3 && in.p[1] == '\r'))
			return ERR_MORE;
		if (in.p[1] == '\r' && in.p[2] == '\n') {
			*out_run = SLICE_EMPTY;
			*out_used = 3;
			return ERR_CLOSED;
		}
		from = 1;
		d->at_start = false;
		d->raw = 1;
		d->raw_dot = true;
	}
	struct scan s = {.at = from, .seg = from, .line = from, .cut = in.n};
	scan_lines(d, &s, in);
	if (s.at == 0)
		return ERR_MORE;
	end_line(d, &s, s.at);
	note_octets(d, in, s.seg, s.at);
	d->octets += s.at - from;
	size_t end = s.cut < s.at ? s.cut : s.at;
	size_t nul = flawed ? end : find(in, from, end, '\0');
	if (nul < end)
		d->flaw = SMTP_DATA_FLAW_NUL;
	*out_run = slice_of(in.p + from, flawed ? 0 : nul - from);
	*out_used = s.at;
	return ERR_OK;
}

void
smtp_stuff_init(struct smtp_stuff *s)
{
	*s = (struct smtp_stuff){.at_start = true};
}

enum err
smtp_stuff_next(struct smtp_stuff *s, struct slice in, struct slice *out_run,
    size_t *out_used)
{
	if (in.n > 0 && in.p[0] == '.' && s->at_start && !s->dotted) {
		s->dotted = true;
		*out_run = SLICE(".");
		*out_used = 0;
		return ERR_OK;
	}
	struct smtp_stuff now = {.cr = s->cr, .at_start = s->at_start};
	size_t at = 0;
	if (now.cr && in.n > 0) {
		if (in.p[0] != '\n')
			return ERR_SYNTAX;
		at = 1;
		now = (struct smtp_stuff){.at_start = true};
	}
	while (at < in.n &&
	       !(now.at_start && in.p[at] == '.' && !(at == 0 && s->dotted))) {
		now.at_start = false;
		size_t lf = find(in, at, in.n, '\n');
		size_t cr = find(in, at, lf, '\r');
		if (cr == in.n || (cr != lf && cr + 1 == in.n)) {
			now.cr = cr != in.n;
			at = in.n;
			break;
		}
		if (cr + 1 != lf)
			return ERR_SYNTAX;
		at = lf + 1;
		now.at_start = true;
	}
	if (find(in, 0, at, '\0') != at)
		return ERR_SYNTAX;
	*s = now;
	*out_run = slice_to(in, at);
	*out_used = at;
	return ERR_OK;
}

enum err
smtp_stuff_end(struct smtp_stuff *s, struct slice *out_run)
{
	if (s->cr)
		return ERR_SYNTAX;
	*out_run = s->at_start ? SLICE(".\r\n") : SLICE("\r\n.\r\n");
	return ERR_OK;
}
