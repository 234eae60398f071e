/* spf_explain.c - what a domain says to those it refuses (RFC 7208 6.2). */
#include "policy/spf_state.h"

#include "base/pack.h"
#include "proto/dns/message.h"

static void
end(struct spf *s)
{
	s->doing = SPF_DO_NOTHING;
	s->n = 0;
}

bool
spf_explain(struct spf *s)
{
	struct slice exp = spf_top(s)->exp, target;
	if (!s->names_known && spf_macro_wants_name(exp))
		return false;
	if (!spf_expand(s, exp, &target)) {
		end(s);
		return true;
	}
	spf_line(s, "  exp=", exp, " -> ", target);
	spf_put(s, SPF_DO_EXP, DNS_TXT, target);
	return true;
}

void
spf_explain_txt(struct spf *s, const struct reverse_answer *a)
{
	struct slice records = a->records, rdata, text = SLICE_EMPTY;
	size_t n = 0;
	end(s);
	if (a->status != REVERSE_DNS_OK)
		return;
	for (; pack_next(&records, &rdata); n++)
		if (n == 0 &&
		    (rdata.n > SPF_TEXT_MAX || !spf_join_txt(s, rdata, &text)))
			return;
	if (n != 1 || text.n == 0 || spf_macro_check(text, SPF_IN_TEXT) != NULL)
		return;
	s->exp_text = text;
	s->doing = SPF_DO_EXP_TEXT;
}

bool
spf_explain_make(struct spf *s)
{
	struct buf b;
	if (!s->names_known && spf_macro_wants_name(s->exp_text))
		return false;
	struct slice unused;
	if (!spf_expand(s, SLICE("%{d}"), &unused)) /* sets domain and name */
		unused = SLICE_EMPTY;
	buf_init(&b, SPF_TEXT_MAX);
	spf_macro_expand(s->exp_text, &s->v, &b);
	if (buf_err(&b) != ERR_OK ||
	    !arena_slice(&s->mem, buf_slice(&b), &s->result.explanation))
		s->result.explanation = SLICE_EMPTY;
	buf_free(&b);
	end(s);
	return true;
}
