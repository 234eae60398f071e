#include "policy/extract_priv.h"

#define LINE_BEFORE 240 /* octets shown around the words */
#define LINE_AFTER  320
#define NEAR        300 /* octets within which two causes are one story */
#define SHORT_TEXT  64  /* a text of a number and little more */
#define RESORT      50  /* weights below are last resorts */

struct note {
	const char *text[CAUSE_LANGS];
};

static const struct note notes[] = {
#define EXTRACT_NOTE(en, id) {{en, id}},
#include "policy/extract_table.h"
#undef EXTRACT_NOTE
};

struct row {
	const char *words, *cause;
	enum extract_side side;
	uint8_t weight, note;
	const char *receiving; /* the cause, when its writer refused */
	bool alone;            /* counts in a short text only */
};

static const struct row rows[] = {
#define EXTRACT_ROW(words, cause, side, weight, note, receiving, alone)        \
	{words, cause, EXTRACT_##side, weight, note, receiving, alone},
#include "policy/extract_table.h"
#undef EXTRACT_ROW
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROWS < UINT16_MAX, "an index of rows is a uint16_t");

/* ---- words ---- */

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* White space; after a line end also ">" and "|" of quoted mail. */
static size_t
space_octets(struct slice s)
{
	size_t i = 0;
	bool line = false;
	while (i < s.n && (is_space(s.p[i]) ||
			      (line && (s.p[i] == '>' || s.p[i] == '|')))) {
		line = line || s.p[i] == '\n';
		i++;
	}
	return i;
}

static size_t match_plain(struct slice s, struct slice words);

/* words begin behind a "*". */
static size_t
match_after_gap(struct slice s, struct slice words)
{
	for (size_t i = 0; i <= EXTRACT_GAP && i < s.n; i++) {
		if (ascii_lower(s.p[i]) != ascii_lower(words.p[0]))
			continue;
		size_t n = match_plain(slice_from(s, i), words);
		if (n > 0)
			return i + n;
	}
	return 0;
}

static size_t
match_plain(struct slice s, struct slice words)
{
	size_t at = 0;
	for (size_t i = 0; i < words.n; i++) {
		uint8_t w = words.p[i];
		struct slice rest = slice_from(s, at);
		size_t n = 1;
		if (w == '*') {
			n = match_after_gap(rest, slice_from(words, i + 1));
			return n == 0 ? 0 : at + n;
		}
		if (w == ' ') {
			n = space_octets(rest);
		} else if (rest.n == 0 || (w == '#' ? !ascii_is_digit(rest.p[0])
						    : ascii_lower(rest.p[0]) !=
							  ascii_lower(w))) {
			return 0;
		}
		if (n == 0)
			return 0;
		at += n;
	}
	return at;
}

size_t
extract_match(struct slice s, struct slice words)
{
	size_t n = match_plain(s, words);
	uint8_t last = words.p[words.n - 1];
	if (n == 0 || n == s.n || !(ascii_is_alnum(last) || last == '#'))
		return n;
	/* A word ends here, and a number is not a part of a longer one. */
	if (ascii_is_alnum(s.p[n]))
		return 0;
	if ((ascii_is_digit(last) || last == '#') && s.p[n] == '.' &&
	    n + 1 < s.n && ascii_is_digit(s.p[n + 1]))
		return 0;
	return n;
}

/* May words begin at that place? */
static bool
begins(struct slice s, size_t at, uint8_t first)
{
	bool number = first == '#' || ascii_is_digit(first);
	if (at == 0 || !(number || ascii_is_alnum(first)))
		return true;
	uint8_t before = s.p[at - 1];
	return !ascii_is_alnum(before) && !(number && before == '.');
}

size_t
extract_find(struct slice s, size_t off, const char *words)
{
	struct slice w = slice_str(words);
	for (size_t i = off; i < s.n; i++)
		if ((w.p[0] == '#'
			    ? ascii_is_digit(s.p[i])
			    : ascii_lower(s.p[i]) == ascii_lower(w.p[0])) &&
		    begins(s, i, w.p[0]) &&
		    extract_match(slice_from(s, i), w) > 0)
			return i;
	return s.n;
}

/* ---- finding ---- */

/* Rows by their first octet, in the order of the table. */
struct index {
	uint16_t head[256], next[ROWS]; /* row + 1; 0: none */
};

static void
index_rows(struct index *x)
{
	*x = (struct index){0};
	for (size_t i = ROWS; i-- > 0;) {
		uint8_t c = ascii_lower((uint8_t)rows[i].words[0]);
		x->next[i] = x->head[c];
		x->head[c] = (uint16_t)(i + 1);
	}
}

struct search {
	struct slice text;
	struct extract_found *found;
	size_t n, max;
	bool is_short;
	enum extract_form form;
};

static struct slice
family(const char *cause)
{
	struct slice s = slice_str(cause);
	return slice_to(s, slice_find(s, '.'));
}

/* Does a line of MDaemon's log begin there? Elsewhere each line is one. */
static bool
is_stamped(struct slice line, enum extract_form form)
{
	struct slice front = slice_to(line, 40);
	return form != EXTRACT_MDAEMON ||
	       extract_find(front, 0, "####-##-## ##:##:") < front.n;
}

/* The line with the words, or as much of it as is shown. */
static struct slice
line_around(const struct search *s, size_t at, size_t n)
{
	struct slice text = s->text;
	size_t from = at, to = at + n;
	for (; from > 0 && at - from < LINE_BEFORE; from--)
		if (text.p[from - 1] == '\n' &&
		    is_stamped(slice_from(text, from), s->form))
			break;
	while (from < at && from > 0 && !is_space(text.p[from - 1]))
		from++;
	while (to < text.n && to - at - n < LINE_AFTER && text.p[to] != '\n' &&
	       text.p[to] != '\r')
		to++;
	return slice_trim(slice_to(slice_from(text, from), to - from));
}

static void
keep(struct search *s, const struct row *r, size_t at, size_t n)
{
	struct extract_found f = {.cause = r->cause,
	    .side = r->side,
	    .evidence = line_around(s, at, n),
	    .at = at,
	    .note = {notes[r->note].text[CAUSE_EN],
		notes[r->note].text[CAUSE_ID]},
	    .weight = r->weight};
	size_t i;
	for (i = 0; i < s->n; i++)
		if (slice_eq(slice_str(s->found[i].cause), slice_str(r->cause)))
			break;
	if (i < s->n && s->found[i].weight >= f.weight)
		return;
	if (i == s->n && s->n == s->max)
		return;
	s->found[i] = f;
	s->n += i == s->n;
}

static void
look(struct search *s, const struct index *x)
{
	for (size_t at = 0; at < s->text.n; at++) {
		uint16_t i = x->head[ascii_lower(s->text.p[at])];
		struct slice rest = slice_from(s->text, at);
		for (; i != 0; i = x->next[i - 1]) {
			const struct row *r = &rows[i - 1];
			if ((r->alone && !s->is_short) ||
			    !begins(s->text, at, (uint8_t)r->words[0]))
				continue;
			size_t n = extract_match(rest, slice_str(r->words));
			if (n > 0)
				keep(s, r, at, n);
		}
	}
}

/* A code of doc/causes.md itself: "tls.no-common-cipher". */
static void
look_for_codes(struct search *s)
{
	const struct cause *c;
	if (!s->is_short)
		return;
	for (size_t i = 0; (c = cause_at(CAUSE_EN, i)) != NULL; i++) {
		size_t at = extract_find(s->text, 0, c->code);
		const struct row r = {
		    c->code, c->code, EXTRACT_BOTH, 100, 0, NULL, false};
		if (at < s->text.n)
			keep(s, &r, at, slice_str(c->code).n);
	}
}

/* ---- weighing ---- */

/* Is a told better by b: the same matter at the same place, but surer? */
static bool
outdone(const struct extract_found *a, const struct extract_found *b)
{
	size_t distance = a->at > b->at ? a->at - b->at : b->at - a->at;
	if (a->weight < RESORT && a->weight + 8 <= b->weight)
		return true;
	return distance < NEAR && a->weight + 15 <= b->weight &&
	       slice_eq(family(a->cause), family(b->cause));
}

static void
weigh(struct search *s)
{
	struct extract_found *v = s->found;
	bool drop[EXTRACT_FOUND_MAX] = {false};
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++)
		for (size_t j = 0; j < s->n; j++)
			drop[i] = drop[i] || outdone(&v[i], &v[j]);
	for (size_t i = 0; i < s->n; i++)
		if (!drop[i])
			v[n++] = v[i];
	s->n = n;
	for (size_t i = 1; i < n; i++) {
		struct extract_found f = v[i];
		size_t j = i;
		for (; j > 0 &&
		       (v[j - 1].weight < f.weight ||
			   (v[j - 1].weight == f.weight && v[j - 1].at > f.at));
		     j--)
			v[j] = v[j - 1];
		v[j] = f;
	}
}

/* What a refusal is called by the one who refused. */
static void
turn(struct extract_found *f)
{
	for (size_t i = 0; f->receiving && i < ROWS; i++)
		if (rows[i].receiving != NULL &&
		    slice_eq(slice_str(rows[i].cause), slice_str(f->cause)) &&
		    rows[i].weight == f->weight) {
			f->cause = rows[i].receiving;
			return;
		}
}

size_t
extract_read(struct slice text, struct extract_found *out, size_t max,
    enum extract_form *out_form)
{
	struct extract_found found[EXTRACT_FOUND_MAX];
	struct index x;
	text = slice_to(text, EXTRACT_TEXT_MAX);
	struct search s = {.text = text,
	    .found = found,
	    .max = EXTRACT_FOUND_MAX,
	    .is_short = text.n <= SHORT_TEXT};
	*out_form = s.form = extract_form(text);
	s.n = extract_report(text, found, EXTRACT_FOUND_MAX);
	if (s.n > 0) {
		*out_form = s.form = EXTRACT_CHECK;
	} else {
		index_rows(&x);
		look_for_codes(&s);
		look(&s, &x);
	}
	weigh(&s);
	size_t n = s.n < max ? s.n : max;
	for (size_t i = 0; i < n; i++) {
		extract_facts(text, *out_form, &found[i]);
		turn(&found[i]);
		out[i] = found[i];
	}
	return n;
}
