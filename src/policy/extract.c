#include "policy/extract_priv.h"

#define SHORT_TEXT 64 /* a text of a number and little more */
#define RESORT     50 /* weights below are last resorts */
#define HITS_MAX   96 /* more than there are causes */
#define CODE_SCORE 200

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

bool
extract_begins(struct slice s, size_t at, uint8_t first)
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
		    extract_begins(s, i, w.p[0]) &&
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

/* What kind of words those of a row are. */
static enum extract_kind
kind_of(const struct row *r)
{
	struct slice w = slice_trim(slice_str(r->words));
	size_t dots = 0;
	if (r->alone)
		return EXTRACT_ALONE;
	for (size_t i = 0; i < w.n; i++) {
		if (w.p[i] == '.')
			dots++;
		else if (w.p[i] != '#' && !ascii_is_digit(w.p[i]))
			return EXTRACT_WORDS;
	}
	if (dots == 2)
		return EXTRACT_ENHANCED;
	return w.n == 3 ? EXTRACT_NUMBER : EXTRACT_WORDS;
}

struct search {
	struct slice text;
	struct extract_hit hit[HITS_MAX];
	size_t n;
	struct extract_place place;
	bool is_short;
};

/* The surest place of each cause is kept. */
static void
keep(struct search *s, const struct extract_hit *h)
{
	size_t i;
	for (i = 0; i < s->n; i++)
		if (slice_eq(
			slice_str(s->hit[i].f.cause), slice_str(h->f.cause)))
			break;
	if (i == HITS_MAX || (i < s->n && s->hit[i].score >= h->score))
		return;
	s->hit[i] = *h;
	s->n += i == s->n;
}

static void
found(struct search *s, const struct row *r, size_t at, size_t n)
{
	/* Words may begin before the refusal that they reach into. */
	struct extract_place end = s->place;
	for (size_t i = at + 1; i < at + n; i++)
		extract_place_move(&end, s->text, i);
	const struct extract_place *place =
	    at < s->place.reply_end || at + n > end.reply_end ? &s->place
							      : &end;
	struct extract_hit h = {.f = {.cause = r->cause,
				    .side = r->side,
				    .at = at,
				    .note = {notes[r->note].text[CAUSE_EN],
					notes[r->note].text[CAUSE_ID]}},
	    .n = n,
	    .score = extract_score(
		s->text, place, at, n, kind_of(r), r->weight, s->is_short),
	    .resort = r->weight < RESORT,
	    .in_reply = at < place->reply_end,
	    .receiving = r->receiving};
	if (h.score > 0)
		keep(s, &h);
}

static void
look(struct search *s, const struct index *x)
{
	for (size_t at = 0; at < s->text.n; at++) {
		uint16_t i = x->head[ascii_lower(s->text.p[at])];
		struct slice rest = slice_from(s->text, at);
		extract_place_move(&s->place, s->text, at);
		for (; i != 0; i = x->next[i - 1]) {
			const struct row *r = &rows[i - 1];
			if (!extract_begins(s->text, at, (uint8_t)r->words[0]))
				continue;
			size_t n = extract_match(rest, slice_str(r->words));
			if (n > 0)
				found(s, r, at, n);
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
		struct extract_hit h = {.f = {.cause = c->code,
					    .side = EXTRACT_BOTH,
					    .at = at,
					    .note = {"", ""}},
		    .n = slice_str(c->code).n,
		    .score = CODE_SCORE};
		if (at < s->text.n)
			keep(s, &h);
	}
}

/* The findings that "kurir check" printed; false: it did not. */
static bool
look_for_report(struct search *s)
{
	struct extract_found v[EXTRACT_FOUND_MAX];
	size_t n = extract_report(s->text, v, EXTRACT_FOUND_MAX);
	for (size_t i = 0; i < n; i++) {
		struct extract_hit h = {
		    .f = v[i], .n = v[i].evidence.n, .score = (int)v[i].weight};
		keep(s, &h);
	}
	return n > 0;
}

void
extract_receiving(struct extract_found *f)
{
	f->receiving = true;
	if (f->refused_as != NULL)
		f->cause = f->refused_as;
}

size_t
extract_read(struct slice text, struct extract_found *out, size_t max,
    enum extract_form *out_form)
{
	struct index x;
	text = slice_to(text, EXTRACT_TEXT_MAX);
	struct search s = {
	    .text = text, .is_short = slice_trim(text).n <= SHORT_TEXT};
	if (look_for_report(&s)) {
		*out_form = EXTRACT_CHECK;
	} else {
		*out_form = extract_form(text);
		index_rows(&x);
		look_for_codes(&s);
		look(&s, &x);
	}
	size_t n = extract_weigh(s.hit, s.n);
	n = n < max ? n : max;
	for (size_t i = 0; i < n; i++) {
		struct extract_hit *h = &s.hit[i];
		struct extract_found *f = &out[i];
		*f = h->f;
		f->weight = h->score > 100 ? 100 : (unsigned)h->score;
		if (f->evidence.n == 0)
			f->evidence = extract_line_around(text, f->at, h->n);
		extract_facts(text, *out_form, f);
		f->refused_as = h->receiving;
		if (f->receiving)
			extract_receiving(f);
	}
	return n;
}
