#include "policy/exempt.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* Addresses, networks and names are found in one open hash table of 8 octets a
 * slot, networks by trying each prefix length there is. What an entry says is
 * read again from its line, so nothing but its place is kept. */
struct line {
	uint32_t offset; /* of the text */
	uint32_t number; /* from 1 */
};

struct slot {
	uint32_t tag;   /* of the key; its low bits say where the slot is */
	uint32_t index; /* of the entry, + 1; 0: free */
};

/* A pattern, and what a text must hold before it is worth a look in full: the
 * fixed octets, up to eight, that it begins and ends with, and its pairs of
 * neighbours, a bit for each. */
struct pattern {
	uint64_t head, head_mask;
	uint64_t tail, tail_mask;
	uint64_t pairs;
	uint32_t index;
	uint32_t offset; /* of the text */
	uint16_t octets;
	uint16_t octets_min; /* of what it matches */
	bool of_names;       /* else of addresses */
};

#define FAMILIES 2
struct exempt_table {
	struct slice text;
	uint64_t seed[2];
	exempt_report *report;
	void *arg;
	size_t at; /* how far text was read */
	uint32_t line;
	struct line *lines; /* by index */
	uint32_t *tags;     /* by index; only until the slots are filled */
	size_t n, cap;
	struct pattern *patterns;
	size_t pattern_n, pattern_cap;
	struct slot *slots;
	size_t slot_n; /* a power of two, or 0 */
	size_t filled; /* entries that stand in the slots */
	bool whole;
	uint8_t prefix[FAMILIES][129]; /* is there one that long? */
};

/* ---- keys ---- */

#define KEY_MAX 256u
struct key {
	uint8_t p[KEY_MAX];
	size_t n;
};

static void
net_key(struct key *k, const struct ip *ip, unsigned bits)
{
	unsigned whole = bits / 8;
	memset(k->p, 0, 18);
	k->p[0] = ip->family;
	k->p[1] = (uint8_t)bits;
	memcpy(k->p + 2, ip->b, whole);
	if (bits % 8 != 0)
		k->p[2 + whole] = (uint8_t)(ip->b[whole] & 0xff00u >> bits % 8);
	k->n = 18;
}

static struct slice
without_dot(struct slice s)
{
	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

/* false: too long to be a name. */
static bool
name_key(struct key *k, struct slice name)
{
	name = without_dot(name);
	if (name.n >= KEY_MAX)
		return false;
	k->p[0] = 'n';
	for (size_t i = 0; i < name.n; i++)
		k->p[1 + i] = ascii_lower(name.p[i]);
	k->n = 1 + name.n;
	return true;
}

/* false: a pattern, which has none. */
static bool
entry_key(struct key *k, const struct exempt_entry *e)
{
	if (e->what == EXEMPT_NET) {
		net_key(k, &e->net.ip, e->net.bits);
		return true;
	}
	return e->what == EXEMPT_NAME && name_key(k, e->text);
}

static uint32_t
key_tag(const struct exempt_table *t, const struct key *k)
{
	return (uint32_t)hash_siphash(t->seed, slice_of(k->p, k->n));
}

static bool
key_eq(const struct key *a, const struct key *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

/* ---- wildcards ---- */

#define PAD 8u
/* A text that patterns are held against: lower case, zeros around it. */
struct subject {
	uint8_t p[PAD + KEY_MAX + PAD];
	size_t n;
	uint64_t pairs;
};

static uint64_t
pair_bit(uint8_t a, uint8_t b)
{
	uint32_t h = ((uint32_t)a << 8 | b) * 2654435761u;
	return 1ull << (h >> 26);
}

static bool
subject_set(struct subject *s, struct slice text)
{
	text = without_dot(text);
	if (text.n > KEY_MAX)
		return false;
	memset(s->p, 0, PAD);
	for (size_t i = 0; i < text.n; i++)
		s->p[PAD + i] = ascii_lower(text.p[i]);
	memset(s->p + PAD + text.n, 0, PAD);
	s->n = text.n;
	s->pairs = 0;
	for (size_t i = 0; i + 1 < text.n; i++)
		s->pairs |= pair_bit(s->p[PAD + i], s->p[PAD + i + 1]);
	return true;
}

static uint64_t
load(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

static bool
octet_matches(uint8_t wild, uint8_t c)
{
	return wild == '?' || (wild == '#' && ascii_is_digit(c)) ||
	       ascii_lower(wild) == c;
}

/* Only the last "*" is ever widened, so this is at most quadratic. */
static bool
glob(struct slice wild, const struct subject *s)
{
	const uint8_t *text = s->p + PAD;
	size_t w = 0, i = 0, star = wild.n, from = 0;
	while (i < s->n) {
		if (w < wild.n && wild.p[w] == '*') {
			star = w++;
			from = i;
		} else if (w < wild.n && octet_matches(wild.p[w], text[i])) {
			w++;
			i++;
		} else if (star < wild.n) {
			w = star + 1;
			i = ++from;
		} else {
			return false;
		}
	}
	while (w < wild.n && wild.p[w] == '*')
		w++;
	return w == wild.n;
}

static void
fix_octet(uint64_t *value, uint64_t *mask, size_t at, uint8_t c)
{
	uint8_t v[8], m[8];
	if (c == '?' || c == '#')
		return;
	memcpy(v, value, sizeof(v));
	memcpy(m, mask, sizeof(m));
	v[at] = ascii_lower(c);
	m[at] = 0xff;
	memcpy(value, v, sizeof(v));
	memcpy(mask, m, sizeof(m));
}

static bool
is_wild(uint8_t c)
{
	return c == '*' || c == '?' || c == '#';
}

static struct pattern
pattern_of(const struct exempt_entry *e)
{
	struct slice s = without_dot(e->text);
	struct pattern p = {.octets = (uint16_t)s.n,
	    .of_names = e->what == EXEMPT_NAME_PATTERN};
	for (size_t i = 0; i < s.n && i < 8 && s.p[i] != '*'; i++)
		fix_octet(&p.head, &p.head_mask, i, s.p[i]);
	for (size_t i = 0; i < s.n && i < 8 && s.p[s.n - 1 - i] != '*'; i++)
		fix_octet(&p.tail, &p.tail_mask, 7 - i, s.p[s.n - 1 - i]);
	for (size_t i = 0; i < s.n; i++)
		p.octets_min = (uint16_t)(p.octets_min + (s.p[i] != '*'));
	for (size_t i = 0; i + 1 < s.n; i++)
		if (!is_wild(s.p[i]) && !is_wild(s.p[i + 1]))
			p.pairs |= pair_bit(
			    ascii_lower(s.p[i]), ascii_lower(s.p[i + 1]));
	return p;
}

static bool
pattern_may(const struct pattern *p, const struct subject *s)
{
	return ((load(s->p + PAD) ^ p->head) & p->head_mask) == 0 &&
	       ((load(s->p + s->n) ^ p->tail) & p->tail_mask) == 0 &&
	       (p->pairs & ~s->pairs) == 0 && s->n >= p->octets_min;
}

/* ---- making a table ---- */

struct exempt_table *
exempt_begin(
    struct slice text, const uint64_t seed[2], exempt_report *report, void *arg)
{
	struct exempt_table *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->text = text;
	t->seed[0] = seed[0];
	t->seed[1] = seed[1];
	t->report = report;
	t->arg = arg;
	return t;
}

void
exempt_free(struct exempt_table *t)
{
	if (t == NULL)
		return;
	free(t->lines);
	free(t->tags);
	free(t->patterns);
	free(t->slots);
	free(t);
}

/* Room for one more of what is size octets each, in *v. */
static enum err
grow(void *v, size_t n, size_t *cap, size_t size)
{
	void **array = v;
	if (n < *cap)
		return ERR_OK;
	size_t more = *cap == 0 ? 16 : *cap * 2;
	void *p = realloc(*array, more * size);
	if (p == NULL)
		return ERR_NOMEM;
	*array = p;
	*cap = more;
	return ERR_OK;
}

static enum err
grow_entries(struct exempt_table *t)
{
	size_t cap = t->cap;
	enum err e = grow(&t->tags, t->n, &cap, sizeof(*t->tags));
	return e != ERR_OK ? e
			   : grow(&t->lines, t->n, &t->cap, sizeof(*t->lines));
}

static enum err
take_entry(struct exempt_table *t, const struct exempt_entry *e, size_t offset)
{
	struct key k;
	enum err err = grow_entries(t);
	if (err != ERR_OK)
		return err;
	uint32_t index = (uint32_t)t->n;
	if (entry_key(&k, e)) {
		t->tags[index] = key_tag(t, &k);
		if (e->what == EXEMPT_NET)
			t->prefix[e->net.ip.family == 6][e->net.bits] = 1;
	} else {
		err = grow(&t->patterns, t->pattern_n, &t->pattern_cap,
		    sizeof(*t->patterns));
		if (err != ERR_OK)
			return err;
		t->tags[index] = 0;
		struct pattern *p = &t->patterns[t->pattern_n++];
		*p = pattern_of(e);
		p->index = index;
		p->offset = (uint32_t)(e->text.p - t->text.p);
	}
	t->lines[index] =
	    (struct line){.offset = (uint32_t)offset, .number = t->line};
	t->n++;
	return ERR_OK;
}

static enum err
read_line(struct exempt_table *t, struct slice line, struct diag *d)
{
	struct exempt_entry e;
	struct diag why;
	t->line++;
	enum err err = exempt_parse_line(line, &e, &why);
	if (err == ERR_SYNTAX && t->report != NULL)
		t->report(t->arg, t->line, why.text);
	if (err != ERR_OK)
		return ERR_OK;
	if (t->n == EXEMPT_ENTRIES_MAX)
		return diag_set(d, ERR_LIMIT, "", "more than %u entries",
		    EXEMPT_ENTRIES_MAX);
	err = take_entry(t, &e, (size_t)(line.p - t->text.p));
	if (err == ERR_OK && t->pattern_n > EXEMPT_WILDCARDS_MAX)
		return diag_set(d, ERR_LIMIT, "",
		    "more than %u entries with wildcards",
		    EXEMPT_WILDCARDS_MAX);
	return err == ERR_OK ? ERR_OK
			     : diag_set(d, err, "", "%s", err_name(err));
}

static enum err
make_slots(struct exempt_table *t, struct diag *d)
{
	size_t n = 16;
	while (n < t->n * 2)
		n *= 2;
	t->slots = calloc(n, sizeof(*t->slots));
	if (t->slots == NULL)
		return diag_set(d, ERR_NOMEM, "", "%s", err_name(ERR_NOMEM));
	t->slot_n = n;
	return ERR_OK;
}

static bool
entry_key_at(const struct exempt_table *t, uint32_t index, struct key *k,
    struct exempt_entry *e)
{
	exempt_entry_at(t, index, e);
	return entry_key(k, e);
}

/* Where the entry with that key is, or the free slot where it would be. */
static struct slot *
find_slot(const struct exempt_table *t, uint32_t tag, const struct key *k,
    struct exempt_entry *out)
{
	size_t i = tag & (t->slot_n - 1);
	struct key other;
	for (;; i = (i + 1) & (t->slot_n - 1)) {
		struct slot *s = &t->slots[i];
		if (s->index == 0)
			return s;
		if (s->tag == tag &&
		    entry_key_at(t, s->index - 1, &other, out) &&
		    key_eq(k, &other))
			return s;
	}
}

static bool
outlasts(const struct exempt_entry *a, const struct exempt_entry *b)
{
	return b->until != 0 && (a->until == 0 || a->until > b->until);
}

static void
fill_slot(struct exempt_table *t, uint32_t index)
{
	struct exempt_entry e, other;
	struct key k;
	if (!entry_key_at(t, index, &k, &e))
		return;
	struct slot *s = find_slot(t, t->tags[index], &k, &other);
	if (s->index == 0 || outlasts(&e, &other))
		*s = (struct slot){.tag = t->tags[index], .index = index + 1};
}

enum err
exempt_step(struct exempt_table *t, size_t lines, struct diag *d)
{
	struct slice line;
	if (t->text.n > EXEMPT_TEXT_MAX)
		return diag_set(
		    d, ERR_LIMIT, "", "more than %u MB", EXEMPT_TEXT_MAX >> 20);
	for (; lines > 0 && t->slots == NULL; lines--) {
		bool more = exempt_line(t->text, &t->at, &line);
		enum err e = more ? read_line(t, line, d) : make_slots(t, d);
		if (e != ERR_OK)
			return e;
	}
	for (; lines > 0 && t->filled < t->n; lines--)
		fill_slot(t, (uint32_t)t->filled++);
	if (t->slots == NULL || t->filled < t->n)
		return ERR_MORE;
	free(t->tags);
	t->tags = NULL;
	t->whole = true;
	return ERR_OK;
}

struct exempt_table *
exempt_compile(struct slice text, const uint64_t seed[2], struct diag *d)
{
	struct exempt_table *t = exempt_begin(text, seed, NULL, NULL);
	enum err e = ERR_MORE;
	if (t == NULL)
		(void)diag_set(d, ERR_NOMEM, "", "%s", err_name(ERR_NOMEM));
	while (t != NULL && e == ERR_MORE)
		e = exempt_step(t, SIZE_MAX, d);
	if (e == ERR_OK)
		return t;
	exempt_free(t);
	return NULL;
}

size_t
exempt_count(const struct exempt_table *t)
{
	return t->n;
}

size_t
exempt_octets(const struct exempt_table *t)
{
	return sizeof(*t) + t->cap * sizeof(*t->lines) +
	       t->pattern_cap * sizeof(*t->patterns) +
	       t->slot_n * sizeof(*t->slots);
}

void
exempt_entry_at(
    const struct exempt_table *t, size_t index, struct exempt_entry *out)
{
	struct slice line;
	size_t at = t->lines[index].offset;
	if (!exempt_line(t->text, &at, &line) ||
	    exempt_parse_line(line, out, NULL) != ERR_OK)
		abort();
	out->line = t->lines[index].number;
}

/* ---- looking ---- */

static bool
find_key(const struct exempt_table *t, const struct key *k, uint32_t today,
    size_t *out_index)
{
	struct exempt_entry e;
	const struct slot *s = find_slot(t, key_tag(t, k), k, &e);
	if (s->index == 0 || (e.until != 0 && e.until < today))
		return false;
	*out_index = s->index - 1;
	return true;
}

static bool
find_net(const struct exempt_table *t, const struct ip *ip, uint32_t today,
    size_t *out_index)
{
	struct key k;
	if (ip->family == 0)
		return false;
	const uint8_t *prefix = t->prefix[ip->family == 6];
	for (unsigned bits = ip->family == 6 ? 129 : 33; bits-- > 0;) {
		if (prefix[bits] == 0)
			continue;
		net_key(&k, ip, bits);
		if (find_key(t, &k, today, out_index))
			return true;
	}
	return false;
}

static bool
pattern_matches(const struct exempt_table *t, const struct pattern *p,
    const struct subject *s, uint32_t today)
{
	struct exempt_entry e;
	if (!pattern_may(p, s) ||
	    !glob(slice_of(t->text.p + p->offset, p->octets), s))
		return false;
	exempt_entry_at(t, p->index, &e);
	return e.until == 0 || e.until >= today;
}

/* What there is to be held against patterns: the address, then names. */
struct subjects {
	struct subject v[4];
	size_t n;
};

static bool
find_pattern(const struct exempt_table *t, const struct subjects *names,
    const struct subject *address, uint32_t today, size_t *out_index)
{
	for (size_t i = 0; i < t->pattern_n; i++) {
		const struct pattern *p = &t->patterns[i];
		const struct subject *s = p->of_names ? names->v : address;
		size_t n = p->of_names ? names->n : address->n > 0;
		for (; n > 0; n--, s++) {
			if (!pattern_matches(t, p, s, today))
				continue;
			*out_index = p->index;
			return true;
		}
	}
	return false;
}

static bool
find_name(const struct exempt_table *t, const struct exempt_question *q,
    struct subjects *out, size_t *out_index)
{
	struct key k;
	out->n = 0;
	for (size_t i = 0; i < sizeof(q->name) / sizeof(*q->name); i++) {
		if (q->name[i].n == 0 || !name_key(&k, q->name[i]))
			continue;
		if (find_key(t, &k, q->today, out_index))
			return true;
		if (subject_set(&out->v[out->n], q->name[i]))
			out->n++;
	}
	return false;
}

bool
exempt_find(const struct exempt_table *t, const struct exempt_question *q,
    size_t *out_index)
{
	struct subjects names;
	struct subject address = {.n = 0};
	char text[IP_TEXT_MAX];
	if (!t->whole)
		return false;
	if (find_net(t, &q->client, q->today, out_index) ||
	    find_name(t, q, &names, out_index))
		return true;
	if (t->pattern_n == 0)
		return false;
	if (q->client.family != 0) {
		ip_text(&q->client, text);
		(void)subject_set(&address, slice_str(text));
	}
	return find_pattern(t, &names, &address, q->today, out_index);
}

static bool
same_pattern(const struct exempt_table *t, const struct pattern *a,
    const struct pattern *b, struct slice text)
{
	return a->octets == b->octets && a->of_names == b->of_names &&
	       a->head == b->head && a->tail == b->tail &&
	       a->pairs == b->pairs &&
	       slice_eq_nocase(
		   slice_of(t->text.p + a->offset, a->octets), text);
}

bool
exempt_same(const struct exempt_table *t, const struct exempt_entry *e,
    size_t *out_index)
{
	struct key k;
	if (!t->whole)
		return false;
	if (entry_key(&k, e))
		return find_key(t, &k, 0, out_index);
	const struct pattern p = pattern_of(e);
	for (size_t i = 0; i < t->pattern_n; i++) {
		if (!same_pattern(t, &t->patterns[i], &p, without_dot(e->text)))
			continue;
		*out_index = t->patterns[i].index;
		return true;
	}
	return false;
}
