/* Lists of exemptions: any text is read; what is an entry is the same entry
 * when it is written and read again; and the table finds what a plain look at
 * every entry finds. Lines that begin with "?" are questions: an address and
 * up to three names. */
#include <stdlib.h>
#include <string.h>

#include "policy/exempt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TODAY 20270301u

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* The plainest matcher there is. */
static bool
matches(struct slice wild, struct slice s)
{
	if (wild.n == 0)
		return s.n == 0;
	if (wild.p[0] == '*')
		return matches(slice_from(wild, 1), s) ||
		       (s.n > 0 && matches(wild, slice_from(s, 1)));
	if (s.n == 0 || !(wild.p[0] == '?' ||
			    (wild.p[0] == '#' && ascii_is_digit(s.p[0])) ||
			    ascii_lower(wild.p[0]) == ascii_lower(s.p[0])))
		return false;
	return matches(slice_from(wild, 1), slice_from(s, 1));
}

static struct slice
undotted(struct slice s)
{
	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

static bool
names_one(const struct exempt_entry *e, const struct exempt_question *q)
{
	struct slice own = undotted(e->text);
	for (size_t i = 0; i < 3; i++) {
		struct slice name = undotted(q->name[i]);
		if (name.n == 0 || name.n > 255)
			continue;
		if (e->what == EXEMPT_NAME ? slice_eq_nocase(own, name)
					   : matches(own, name))
			return true;
	}
	return false;
}

/* How well e answers q; 0: not at all. */
static unsigned
worth(const struct exempt_entry *e, const struct exempt_question *q)
{
	char text[IP_TEXT_MAX];
	if (e->until != 0 && e->until < q->today)
		return 0;
	switch (e->what) {
	case EXEMPT_NET:
		return ip_in_net(&q->client, &e->net) ? 3u + e->net.bits : 0;
	case EXEMPT_IP_PATTERN:
		ip_text(&q->client, text);
		return q->client.family != 0 &&
		       matches(e->text, slice_str(text));
	case EXEMPT_NAME:
		return names_one(e, q) ? 2 : 0;
	case EXEMPT_NAME_PATTERN:
		return names_one(e, q);
	}
	abort();
}

static void
ask(const struct exempt_table *t, const struct exempt_question *q)
{
	struct exempt_entry e;
	unsigned best = 0;
	size_t first = 0, index;
	for (size_t i = 0; i < exempt_count(t); i++) {
		exempt_entry_at(t, i, &e);
		unsigned w = worth(&e, q);
		if (w > best) {
			best = w;
			first = i;
		}
	}
	check(exempt_find(t, q, &index) == (best > 0));
	if (best == 0)
		return;
	exempt_entry_at(t, index, &e);
	check(worth(&e, q) == best);
	/* Of names and patterns which one is told; of equal networks and names
	 * the longest lived one. */
	if (best == 1)
		check(index == first);
}

static void
ask_line(const struct exempt_table *t, struct slice line)
{
	struct exempt_question q = {.today = TODAY};
	size_t n = 0;
	if (line.n == 0 || line.p[0] != '?')
		return;
	line = slice_from(line, 1);
	struct slice word = slice_to(line, slice_find(line, ' '));
	if (ip_parse(word, &q.client) != ERR_OK)
		q.client.family = 0;
	line = slice_from(line, word.n + 1);
	while (line.n > 0 && n < 3) {
		word = slice_to(line, slice_find(line, ' '));
		line = slice_from(line, word.n + 1);
		if (word.n < 40) /* the plain matcher is exponential */
			q.name[n++] = word;
	}
	ask(t, &q);
}

/* Every entry asked for by itself is found, unless it has ended. */
static void
ask_itself(const struct exempt_table *t, const struct exempt_entry *e)
{
	struct exempt_question q = {.today = TODAY};
	struct exempt_entry same;
	size_t index;
	check(exempt_same(t, e, &index));
	exempt_entry_at(t, index, &same);
	check(same.what == e->what);
	if (e->what == EXEMPT_NET)
		q.client = e->net.ip;
	else if (e->what == EXEMPT_NAME)
		q.name[0] = e->text;
	else
		return;
	check(exempt_find(t, &q, &index) || e->until != 0);
	if (e->until == 0 || e->until >= TODAY)
		check(exempt_find(t, &q, &index));
}

static void
round_trip(const struct exempt_entry *e)
{
	struct exempt_entry again;
	struct buf b;
	buf_init(&b, EXEMPT_LINE_MAX);
	exempt_add_line(&b, e);
	if (buf_err(&b) == ERR_OK) {
		check(exempt_parse_line(buf_slice(&b), &again, NULL) == ERR_OK);
		check(slice_eq(again.text, e->text));
		check(slice_eq(again.reason, e->reason));
		check(again.until == e->until && again.what == e->what &&
		      again.broad == e->broad);
	}
	buf_free(&b);
}

static void
count(void *arg, uint32_t line, const char *text)
{
	size_t *n = arg;
	check(line > 0 && text[0] != '\0');
	(*n)++;
}

/* Long runs of "*" would keep the plain matcher busy for ever. */
static bool
too_wild(struct slice text)
{
	struct slice line;
	size_t at = 0;
	while (exempt_line(text, &at, &line)) {
		size_t stars = 0;
		for (size_t i = 0; i < line.n; i++)
			stars += line.p[i] == '*';
		if (stars > 4)
			return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t seed[2] = {1, 2};
	struct slice text = slice_of(data, size), line;
	struct exempt_survey s;
	struct diag d;
	size_t errors = 0, at = 0;
	enum err e;
	if (size > 4096 || too_wild(text))
		return 0;
	check(exempt_survey(text, &s) == ERR_OK);
	struct exempt_table *t = exempt_begin(text, seed, count, &errors);
	check(t != NULL);
	while ((e = exempt_step(t, 3, &d)) == ERR_MORE)
		;
	check(e == ERR_OK);
	check(exempt_count(t) == s.entries && errors == s.errors);
	for (size_t i = 0; i < exempt_count(t); i++) {
		struct exempt_entry entry;
		exempt_entry_at(t, i, &entry);
		round_trip(&entry);
		ask_itself(t, &entry);
	}
	while (exempt_line(text, &at, &line))
		ask_line(t, line);
	exempt_free(t);
	return 0;
}
