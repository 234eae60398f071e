#include "policy/cause.h"

#define CAUSE(code, explanation, sending, receiving)                           \
	{code, explanation, {sending, receiving}},

static const struct cause causes_en[] = {
#include "policy/cause_en.h"
};

static const struct cause causes_id[] = {
#include "policy/cause_id.h"
};

#define CAUSES (sizeof(causes_en) / sizeof(causes_en[0]))
_Static_assert(sizeof(causes_en) == sizeof(causes_id),
    "each cause has its text in both languages");

const struct cause *
cause_at(enum cause_lang lang, size_t i)
{
	if (i >= CAUSES)
		return NULL;
	return lang == CAUSE_ID ? &causes_id[i] : &causes_en[i];
}

const struct cause *
cause_find(enum cause_lang lang, struct slice code)
{
	size_t lo = 0, hi = CAUSES;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct cause *c = cause_at(lang, mid);
		int order = slice_cmp(code, slice_str(c->code));
		if (order == 0)
			return c;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
