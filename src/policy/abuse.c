/* abuse.c - the judging of struct abuse_facts. */
#include "policy/abuse.h"

static unsigned
percent(uint64_t part, uint64_t of)
{
	if (of == 0)
		return 0;
	if (part >= of)
		return 100;
	/* No overflow: the last digits of such figures do not matter. */
	while (part > UINT64_MAX / 100) {
		part /= 2;
		of /= 2;
	}
	return (unsigned)(part * 100 / of);
}

/* at_least - a >= times * b, whatever their size. */
static bool
at_least(uint64_t a, uint64_t times, uint64_t b)
{
	return a / times >= b;
}

void
abuse_usual(const struct abuse_series *s, const bool day_known[ABUSE_DAYS],
    struct abuse_usual *out)
{
	uint64_t v[ABUSE_DAYS] = {0};
	unsigned n = 0;
	for (size_t i = 0; i < ABUSE_DAYS; i++) {
		if (!day_known[i])
			continue;
		unsigned at = n++;
		for (; at > 0 && v[at - 1] > s->day[i]; at--)
			v[at] = v[at - 1];
		v[at] = s->day[i];
	}
	*out = (struct abuse_usual){.days = n};
	if (n > 0) {
		out->median = v[n / 2];
		out->most = v[n - 1];
	}
}

static enum abuse_say
spike(const struct abuse_series *s, const struct abuse_usual *u)
{
	if (u->days < ABUSE_DAYS_MIN)
		return ABUSE_UNKNOWN;
	return s->peak >= ABUSE_SPIKE_MIN &&
		       at_least(s->peak, ABUSE_SPIKE_USUAL, u->median) &&
		       at_least(s->peak, ABUSE_SPIKE_MOST, u->most)
		   ? ABUSE_WARN
		   : ABUSE_FINE;
}

static enum abuse_say
bounces(const struct abuse_facts *f, struct abuse_verdict *v)
{
	uint64_t repute = f->blocklisted + f->rate_limited;
	v->refused_percent = percent(f->refused, f->tried);
	v->repute_percent = percent(repute, f->tried);
	if (!f->ledger_known)
		return ABUSE_UNKNOWN;
	if (f->tried >= ABUSE_TRIED_MIN &&
	    v->refused_percent >= ABUSE_REFUSED_BAD)
		return ABUSE_BAD;
	if (f->blocklisted >= ABUSE_REPUTE_MIN &&
	    percent(f->blocklisted, f->tried) >= ABUSE_REPUTE_PERCENT)
		return ABUSE_BAD;
	if (f->tried >= ABUSE_TRIED_MIN &&
	    v->refused_percent >= ABUSE_REFUSED_WARN)
		return ABUSE_WARN;
	return repute >= ABUSE_REPUTE_MIN &&
		       v->repute_percent >= ABUSE_REPUTE_PERCENT
		   ? ABUSE_WARN
		   : ABUSE_FINE;
}

static enum abuse_say
growth(const struct abuse_facts *f)
{
	if (!f->ledger_known || !f->queue_known || f->clock_back)
		return ABUSE_UNKNOWN;
	return f->waiting >= ABUSE_GROWTH_MIN && f->added >= ABUSE_GROWTH_MIN &&
		       f->added - ABUSE_GROWTH_MIN >= f->finished &&
		       at_least(f->added, ABUSE_GROWTH_TIMES, f->finished)
		   ? ABUSE_WARN
		   : ABUSE_FINE;
}

/* The first of the loudest that is not as on other days. Without one, where
 * something is wrong, the one that makes up most of all. */
static enum abuse_say
one_source(const struct abuse_facts *f, struct abuse_verdict *v)
{
	struct abuse_usual u;
	if (!f->ledger_known || f->clock_back)
		return ABUSE_UNKNOWN;
	for (size_t i = 0; i < f->source_n && !v->source_spikes; i++) {
		abuse_usual(&f->source[i].series, f->day_known, &u);
		v->source_spikes =
		    spike(&f->source[i].series, &u) == ABUSE_WARN;
		v->source = v->source_spikes ? i : 0;
	}
	if (f->source_n == 0)
		return ABUSE_FINE;
	v->share_percent =
	    percent(f->source[v->source].recipients, f->recipients);
	bool most = f->source[v->source].recipients >= ABUSE_SHARE_MIN &&
		    v->share_percent >= ABUSE_SHARE_PERCENT;
	bool wrong = v->spike >= ABUSE_WARN || v->growth >= ABUSE_WARN ||
		     v->bounces >= ABUSE_WARN;
	return v->source_spikes || (wrong && most) ? ABUSE_WARN : ABUSE_FINE;
}

static void
worsen(enum abuse_say *s)
{
	if (*s == ABUSE_WARN)
		*s = ABUSE_BAD;
}

void
abuse_judge(const struct abuse_facts *f, struct abuse_verdict *out)
{
	*out = (struct abuse_verdict){0};
	abuse_usual(&f->all, f->day_known, &out->usual);
	if (f->ledger_known && !f->clock_back)
		out->spike = spike(&f->all, &out->usual);
	out->bounces = bounces(f, out);
	out->growth = growth(f);
	out->one_source = one_source(f, out);
	out->listed = f->listed > 0    ? ABUSE_BAD
		      : f->lists_known ? ABUSE_FINE
				       : ABUSE_UNKNOWN;
	if (out->bounces < ABUSE_WARN && out->listed != ABUSE_BAD)
		return;
	worsen(&out->spike);
	worsen(&out->growth);
	worsen(&out->one_source);
}

bool
abuse_word(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool digit = c >= '0' && c <= '9';
		bool mark = c == '@' || c == '.' || c == '_' || c == '+' ||
			    c == '=' || c == '-';
		if (!letter && !digit && !mark)
			return false;
	}
	return n > 0 && p[0] != '-';
}
