/* spf_advice.c - what is wrong or unwise with a record, from its text alone. */
#include "policy/spf_priv.h"

struct seen {
	spf_words *words;
	struct buf *out;
	unsigned lookups, redirects, exps;
	bool all, after_all, ptr, ip;
	enum spf_word all_word;
};

static void
say(const struct seen *seen, struct slice term, const char *what)
{
	struct buf *out = seen->out;
	if (out->n > 0)
		buf_add_byte(out, '\n');
	if (term.n > 0) {
		buf_add_escaped(out, slice_to(term, 200));
		buf_add_str(out, ": ");
	}
	buf_add_str(out, seen->words != NULL ? seen->words(what) : what);
}

static void
see_network(const struct seen *seen, const struct spf_term *t)
{
	unsigned bits = t->kind == SPF_IP4 ? t->bits4 : t->bits6;
	if (t->word == SPF_PASS && bits < (t->kind == SPF_IP4 ? 8u : 16u))
		say(seen, t->text,
		    N_("lets a large part of the Internet pass"));
}

static void
see_term(const struct spf_term *t, struct seen *seen)
{
	seen->lookups += spf_term_asks(t->kind);
	if (seen->all && t->kind < SPF_REDIRECT)
		seen->after_all = true;
	switch (t->kind) {
	case SPF_ALL:
		if (!seen->all)
			seen->all_word = t->word;
		seen->all = true;
		break;
	case SPF_PTR:
		seen->ptr = true;
		break;
	case SPF_IP4:
	case SPF_IP6:
		see_network(seen, t);
		break;
	case SPF_REDIRECT:
		if (++seen->redirects == 2)
			say(seen, t->text, N_("redirect stands there twice"));
		break;
	case SPF_EXP:
		if (++seen->exps == 2)
			say(seen, t->text, N_("exp stands there twice"));
		break;
	case SPF_OTHER:
		say(seen, t->text, N_("is no modifier that anybody knows"));
		break;
	case SPF_INCLUDE:
	case SPF_A:
	case SPF_MX:
	case SPF_EXISTS:
		break;
	}
}

static void
say_of_all(const struct seen *seen)
{
	if (seen->all && seen->all_word == SPF_PASS)
		say(seen, SLICE_EMPTY, N_("+all lets everybody pass"));
	if (seen->all && seen->all_word == SPF_NEUTRAL)
		say(seen, SLICE_EMPTY, N_("?all says nothing of anybody else"));
	if (!seen->all && seen->redirects == 0)
		say(seen, SLICE_EMPTY,
		    N_("there is no \"all\" at its end: nothing is said of "
		       "anybody else"));
	if (seen->after_all)
		say(seen, SLICE_EMPTY,
		    N_("what stands behind \"all\" counts nothing"));
	if (seen->all && seen->redirects > 0)
		say(seen, SLICE_EMPTY,
		    N_("redirect counts nothing beside \"all\""));
}

void
spf_record_check(struct slice record, struct buf *out)
{
	spf_record_check_in(record, NULL, out);
}

void
spf_record_check_in(struct slice record, spf_words *words, struct buf *out)
{
	struct slice rest = spf_terms(record), text;
	struct seen seen = {.words = words, .out = out};
	struct spf_term t;
	if (!spf_is_record(record)) {
		say(&seen, SLICE_EMPTY,
		    N_("it does not begin with \"v=spf1 \""));
		return;
	}
	while (spf_term_next(&rest, &text)) {
		const char *wrong = spf_term_parse(text, &t);
		if (wrong != NULL)
			say(&seen, text, wrong);
		else
			see_term(&t, &seen);
	}
	say_of_all(&seen);
	if (seen.ptr)
		say(&seen, SLICE_EMPTY,
		    N_("ptr is discouraged (RFC 7208 5.5)"));
	if (seen.lookups > SPF_LOOKUPS_MAX)
		say(&seen, SLICE_EMPTY, N_("more than 10 lookups"));
	if (record.n > 450)
		say(&seen, SLICE_EMPTY,
		    N_("it is longer than 450 octets: its answer may not fit "
		       "into a packet"));
}
