#include "proto/mail/strip.h"

#include "proto/mail/cfws.h"

enum strip_state {
	S_START,       /* of the header */
	S_AFTER_STAYS, /* start of a line; the field above stays */
	S_AFTER_GOES,  /* the same, it goes */
	S_AFTER_HELD,  /* the same, it is held */
	S_EMPTY_CR,    /* CR at the start of a line; it is held */
	S_HELD,        /* within a field that is held */
	S_HELD_CR,
	S_STAYS,
	S_STAYS_CR,
	S_GOES,
	S_GOES_CR
};

void
strip_init(struct strip *s, struct slice authserv, const struct slice *names,
    size_t name_n)
{
	*s = (struct strip){
	    .authserv = authserv, .names = names, .name_n = name_n};
	buf_init(&s->held, STRIP_HOLD_MAX);
}

void
strip_free(struct strip *s)
{
	buf_free(&s->held);
}

static bool
is_wsp(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* ---- what a field is ---- */

enum verdict { UNKNOWN, STAYS, GOES };

/* id_octets - of the authserv-id at the front of in, which is a token or a
 * quoted-string (RFC 8601 2.2, RFC 2045 5.1), as its text stands in out.
 * SIZE_MAX: it goes on behind in. */
static size_t
id_octets(struct slice in, struct buf *out)
{
	size_t i;
	bool quoted = in.p[0] == '"';
	for (i = quoted; i < in.n; i++) {
		uint8_t c = in.p[i];
		if (quoted && c == '"')
			return i + 1;
		if (!quoted && (is_wsp(c) || c == ';' || c == '(' || c == '/' ||
				   c == '\r' || c == '\n'))
			return i;
		if (quoted && (c == '\r' || c == '\n'))
			continue;
		if (quoted && c == '\\' && i + 1 < in.n)
			c = in.p[++i];
		buf_add_byte(out, c);
	}
	return SIZE_MAX;
}

static bool
same_host(struct slice id, struct slice authserv)
{
	if (id.n > 0 && id.p[id.n - 1] == '.')
		id.n--;
	return slice_eq_nocase(id, authserv);
}

/* Who the results of that value are by. One that cannot be told from all of
 * it is of use to nobody, but may look like ours to a careless reader. */
static enum verdict
judge_results(const struct strip *s, struct slice value, bool whole)
{
	struct buf id;
	enum verdict v;
	size_t skip = cfws_octets(value);
	if (skip >= value.n && !whole)
		return UNKNOWN;
	if (skip == SIZE_MAX || s->held.n == STRIP_HOLD_MAX)
		return GOES;
	if (skip >= value.n)
		return STAYS;
	buf_init(&id, STRIP_HOLD_MAX);
	size_t n = id_octets(slice_from(value, skip), &id);
	if (buf_err(&id) != ERR_OK)
		v = GOES;
	else if (n == SIZE_MAX && !whole)
		v = UNKNOWN;
	else if (n == SIZE_MAX && value.p[skip] == '"')
		v = GOES;
	else
		v = same_host(buf_slice(&id), s->authserv) ? GOES : STAYS;
	buf_free(&id);
	return v;
}

static bool
is_named(const struct strip *s, struct slice name)
{
	for (size_t i = 0; i < s->name_n; i++)
		if (slice_eq_nocase(s->names[i], name))
			return true;
	return false;
}

/* judge - the field whose front is held. whole: there is no more of it, or so
 * much that it is judged by this. */
static enum verdict
judge(const struct strip *s, bool whole)
{
	struct slice in = buf_slice(&s->held);
	size_t n = 0, i;
	while (n < in.n && in.p[n] > 32 && in.p[n] < 127 && in.p[n] != ':')
		n++;
	for (i = n; i < in.n && is_wsp(in.p[i]);)
		i++;
	if (i == in.n && !whole)
		return UNKNOWN;
	struct slice name = slice_to(in, n);
	bool results = s->authserv.n > 0 &&
		       slice_eq_nocase(name, SLICE("Authentication-Results"));
	/* Nothing but white space as far as we look: as if it had a colon. */
	if (i == in.n && i == STRIP_HOLD_MAX)
		return results || is_named(s, name) ? GOES : STAYS;
	if (i == in.n || in.p[i] != ':')
		return STAYS;
	if (is_named(s, name))
		return GOES;
	return results ? judge_results(s, slice_from(in, i + 1), whole) : STAYS;
}

/* ---- octets ---- */

static void
decide(struct strip *s, enum verdict v, struct buf *out)
{
	if (v == STAYS)
		buf_add(out, buf_slice(&s->held));
	else
		s->removed++;
	buf_clear(&s->held);
}

static bool
is_power_of_two(size_t n)
{
	return (n & (n - 1)) == 0;
}

/* One more octet of a field that is held. Judged at its colon and then each
 * time that it has doubled, so that the work stays linear. */
static void
hold(struct strip *s, uint8_t c, struct buf *out)
{
	bool first_colon = c == ':' && !s->colon;
	bool full = s->held.n + 1 == STRIP_HOLD_MAX;
	buf_add_byte(&s->held, c);
	s->state = c == '\r'                            ? S_HELD_CR
		   : c == '\n' && s->state == S_HELD_CR ? S_AFTER_HELD
							: S_HELD;
	s->colon |= c == ':';
	if (!first_colon && !is_power_of_two(s->held.n))
		return;
	enum verdict v = judge(s, full);
	if (v == UNKNOWN)
		return;
	decide(s, v, out);
	/* As S_HELD is followed by S_HELD_CR, so are the others. */
	if (s->state == S_AFTER_HELD)
		s->state = v == STAYS ? S_AFTER_STAYS : S_AFTER_GOES;
	else
		s->state = (uint8_t)((v == STAYS ? S_STAYS : S_GOES) +
				     (s->state == S_HELD_CR));
}

static void
line_start(struct strip *s, uint8_t c, struct buf *out)
{
	if (is_wsp(c) && s->state == S_AFTER_HELD) {
		hold(s, c, out);
		return;
	}
	if (is_wsp(c)) {
		s->state = s->state == S_AFTER_GOES ? S_GOES : S_STAYS;
		if (s->state == S_STAYS)
			buf_add_byte(out, c);
		return;
	}
	if (s->state == S_AFTER_HELD)
		decide(s, judge(s, true), out);
	s->colon = false;
	if (c != '\r') {
		s->state = S_HELD;
		hold(s, c, out);
		return;
	}
	s->state = S_EMPTY_CR;
	buf_add_byte(&s->held, c);
}

/* octet - of the header, where no run of octets is taken at once. */
static void
octet(struct strip *s, uint8_t c, struct buf *out)
{
	switch ((enum strip_state)s->state) {
	case S_START:
	case S_AFTER_STAYS:
	case S_AFTER_GOES:
	case S_AFTER_HELD:
		line_start(s, c, out);
		return;
	case S_EMPTY_CR:
		decide(s, STAYS, out);
		buf_add_byte(out, c);
		s->done = c == '\n';
		s->state = c == '\r' ? S_STAYS_CR : S_STAYS;
		return;
	case S_HELD:
	case S_HELD_CR:
		hold(s, c, out);
		return;
	case S_STAYS:
	case S_STAYS_CR:
		buf_add_byte(out, c);
		break;
	case S_GOES:
	case S_GOES_CR:
		break;
	}
	bool stays = s->state == S_STAYS || s->state == S_STAYS_CR;
	bool cr = s->state == S_STAYS_CR || s->state == S_GOES_CR;
	if (c == '\r')
		s->state = stays ? S_STAYS_CR : S_GOES_CR;
	else if (c == '\n' && cr)
		s->state = stays ? S_AFTER_STAYS : S_AFTER_GOES;
	else
		s->state = stays ? S_STAYS : S_GOES;
}

enum err
strip_feed(struct strip *s, struct slice in, struct buf *out)
{
	while (in.n > 0) {
		size_t n = s->done ? in.n : 0;
		if (!s->done && (s->state == S_STAYS || s->state == S_GOES))
			n = slice_find(in, '\r');
		if (s->done || s->state == S_STAYS)
			buf_add(out, slice_to(in, n));
		in = slice_from(in, n);
		if (in.n == 0)
			break;
		octet(s, in.p[0], out);
		in = slice_from(in, 1);
	}
	if (buf_err(&s->held) != ERR_OK)
		return buf_err(&s->held);
	return buf_err(out);
}

enum err
strip_end(struct strip *s, struct buf *out)
{
	if (s->held.n > 0)
		decide(s, judge(s, true), out);
	s->done = true;
	return buf_err(out);
}
