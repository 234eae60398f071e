#include "policy/alias.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/auth/account.h"

struct parser {
	struct arena *arena;
	alias_report *report;
	void *arg;
	struct alias_entry *entries;
	size_t n;
	struct alias_target *targets; /* of all entries, in order */
	size_t target_n;
	bool open;  /* the last entry may be continued */
	bool comma; /* and its line ended with a comma */
	bool bad;   /* and something in it was complained of */
	size_t line;
	size_t errors;
	bool nomem;
};

static void
complain(struct parser *p, const char *what, struct slice s, const char *rest)
{
	struct diag d;
	(void)diag_set(&d, ERR_SYNTAX, "", "%s \"%.*s\"%s", what,
	    SLICE_ARG(slice_to(s, 80)), rest);
	p->errors++;
	p->bad = true;
	p->report(p->arg, p->line, d.text);
}

/* What was meant by a target that is not an address, in words. */
static const char *
target_hint(struct slice s)
{
	struct slice in = s.n > 1 && s.p[0] == '"' ? slice_from(s, 1) : s;
	if (slice_starts(in, SLICE("|")))
		return ": mail is not piped into programs";
	if (slice_starts(in, SLICE("/")))
		return ": a file is not a target";
	if (slice_starts_nocase(in, SLICE(":include:")))
		return ": lists are not included, write the addresses here";
	if (slice_starts(in, SLICE("\\")))
		return ": no backslash is needed, a name that stands for "
		       "itself keeps its mailbox";
	if (slice_starts(in, SLICE("@")))
		return ": a target needs a name before the @";
	return NULL;
}

/* Copy name into the arena, in lower case if lower. false: reported. */
static bool
take_name(struct parser *p, struct slice s, bool lower, struct slice *out)
{
	struct diag why;
	struct buf b;
	buf_init(&b, ACCOUNT_NAME_MAX);
	enum err e = account_name(s, &b, &why);
	if (e == ERR_OK &&
	    !arena_slice(p->arena, lower ? buf_slice(&b) : s, out))
		e = ERR_NOMEM;
	buf_free(&b);
	if (e == ERR_OK)
		return true;
	if (e == ERR_NOMEM) {
		p->nomem = true;
		return false;
	}
	char rest[sizeof(why.text) + 2];
	snprintf(rest, sizeof(rest), ": %s",
	    e == ERR_SYNTAX ? why.text : err_name(e));
	const char *hint = target_hint(s);
	complain(p, "not a name or an address:", s, hint != NULL ? hint : rest);
	return false;
}

static void
add_target(struct parser *p, struct slice s)
{
	struct alias_target t = {.line = p->line};
	if (!take_name(p, s, false, &t.name))
		return;
	p->targets[p->target_n++] = t;
	p->entries[p->n - 1].target_n++;
}

/* The targets of one physical line. */
static void
parse_targets(struct parser *p, struct slice s)
{
	s = slice_trim(s);
	if (s.n == 0)
		return;
	if (p->entries[p->n - 1].target_n > 0 && !p->comma) {
		complain(p, "a comma is missing before", s, "");
		return;
	}
	for (;;) {
		size_t comma = slice_find(s, ',');
		struct slice item = slice_trim(slice_to(s, comma));
		if (item.n > 0)
			add_target(p, item);
		else
			complain(p, "nothing between commas in", s, "");
		p->comma = comma < s.n;
		if (!p->comma)
			return;
		s = slice_trim(slice_from(s, comma + 1));
		if (s.n == 0)
			return;
	}
}

/* The entry above has ended: is it whole? */
static void
close_entry(struct parser *p)
{
	if (!p->open)
		return;
	p->open = false;
	const struct alias_entry *e = &p->entries[p->n - 1];
	size_t now = p->line;
	p->line = e->line;
	if (e->target_n == 0 && !p->bad)
		complain(p, "no target for", e->name, "");
	else if (p->comma)
		complain(p, "the list ends with a comma:", e->name, "");
	p->line = now;
}

static void
parse_entry(struct parser *p, struct slice s)
{
	close_entry(p);
	size_t colon = slice_find(s, ':');
	struct slice name = slice_trim(slice_to(s, colon));
	if (colon == s.n) {
		complain(p, "a colon is missing after", name,
		    ", expected NAME: TARGET");
		return;
	}
	if (name.n > 0 && name.p[0] == '@') {
		complain(p, "no catch-all is supported:", name, "");
		return;
	}
	struct alias_entry *e = &p->entries[p->n];
	*e = (struct alias_entry){
	    .line = p->line, .targets = p->targets + p->target_n};
	if (!take_name(p, name, true, &e->name))
		return;
	p->n++;
	p->open = true;
	p->comma = false;
	p->bad = false;
	parse_targets(p, slice_from(s, colon + 1));
}

/* The line without its comment. */
static struct slice
cut_comment(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '#' &&
		    (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
			return slice_to(s, i);
	return s;
}

static void
parse_line(struct parser *p, struct slice raw)
{
	struct slice s = cut_comment(raw);
	if (slice_trim(s).n == 0)
		return;
	if (s.p[0] != ' ' && s.p[0] != '\t')
		parse_entry(p, s);
	else if (p->open)
		parse_targets(p, s);
	else
		complain(p, "nothing above is continued by", slice_trim(s), "");
}

static int
compare_entries(const void *a, const void *b)
{
	const struct alias_entry *x = a, *y = b;
	int c = slice_cmp(x->name, y->name);
	if (c != 0)
		return c;
	return (x->line > y->line) - (x->line < y->line);
}

static void
find_twins(struct parser *p)
{
	for (size_t i = 1; i < p->n; i++) {
		const struct alias_entry *first = &p->entries[i - 1];
		if (!slice_eq(first->name, p->entries[i].name))
			continue;
		char rest[48];
		snprintf(rest, sizeof(rest), " stands in line %zu already",
		    first->line);
		p->line = p->entries[i].line;
		complain(p, "the alias", p->entries[i].name, rest);
	}
}

/* How many entries and targets the text can hold at most: no entry without a
 * colon, no target without a comma or a line of its own. */
static void
count_most(struct slice text, size_t *out_entries, size_t *out_targets)
{
	size_t lines = 1, commas = 0, colons = 0;
	for (size_t i = 0; i < text.n; i++) {
		lines += text.p[i] == '\n';
		commas += text.p[i] == ',';
		colons += text.p[i] == ':';
	}
	*out_entries = colons < lines ? colons : lines;
	*out_targets = lines + commas;
}

enum err
alias_parse(struct slice text, struct arena *a, alias_report *report, void *arg,
    struct alias_table *out)
{
	struct parser p = {.arena = a, .report = report, .arg = arg};
	size_t entries, targets;
	*out = (struct alias_table){.n = 0};
	count_most(text, &entries, &targets);
	/* One more than fits: an entry that turns out wrong is written too. */
	p.entries = arena_alloc(a, (entries + 1) * sizeof(*p.entries));
	p.targets = arena_alloc(a, targets * sizeof(*p.targets));
	if (p.entries == NULL || p.targets == NULL)
		return ERR_NOMEM;
	struct slice line, bom = SLICE("\xef\xbb\xbf");
	if (slice_starts(text, bom))
		text = slice_from(text, bom.n);
	while (account_next_line(&text, &p.line, &line) && !p.nomem)
		parse_line(&p, line);
	close_entry(&p);
	if (p.nomem)
		return ERR_NOMEM;
	qsort(p.entries, p.n, sizeof(*p.entries), compare_entries);
	find_twins(&p);
	if (p.errors > 0)
		return ERR_SYNTAX;
	*out = (struct alias_table){.entries = p.entries, .n = p.n};
	return ERR_OK;
}

const struct alias_entry *
alias_find(const struct alias_table *t, struct slice name)
{
	size_t lo = 0, hi = t->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = slice_cmp(name, t->entries[mid].name);
		if (c == 0)
			return &t->entries[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
