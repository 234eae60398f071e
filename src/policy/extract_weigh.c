/* extract_weigh.c - of several causes that a text may mean, which is meant.
 *
 * What a server said in a refusal counts more than what stands anywhere else:
 * its words most, then its enhanced code, then its code alone. A number that is
 * part of no refusal counts for little. */
#include "policy/extract_priv.h"

#define IN_CODED   55  /* more for what stands in "550 5.1.1 ..." */
#define IN_REPLY   50  /* in "550 ..." */
#define ANNOUNCED  20  /* "dsn=5.2.2" */
#define IN_VAIN    30  /* for words in a refusal that do not say why */
#define IN_FOOTER  40  /* less for it */
#define VAGUE      70  /* the weights of such are below */
#define STRAY      60  /* for a number in the middle of words */
#define SURE       5   /* how much surer makes a number superfluous */
#define SURER      15  /* the same for words */
#define NEAR       300 /* octets within which two causes are one story */
#define NEAR_REPLY 600

static bool
is_all(struct slice text, size_t n)
{
	return slice_trim(text).n <= n + 2;
}

int
extract_score(struct slice text, const struct extract_place *p, size_t at,
    size_t n, enum extract_kind kind, int weight, bool is_short)
{
	bool in_reply = at < p->reply_end;
	if (kind == EXTRACT_ALONE)
		return is_all(text, n) ? weight : is_short ? weight - STRAY : 0;
	if (in_reply && kind == EXTRACT_WORDS && weight < VAGUE)
		return weight + IN_VAIN;
	if (in_reply)
		return weight + (p->coded ? IN_CODED : IN_REPLY);
	if (kind == EXTRACT_NUMBER)
		return is_short ? weight : 0;
	if (kind == EXTRACT_ENHANCED && extract_announced(text, at))
		return weight + ANNOUNCED;
	if (kind == EXTRACT_ENHANCED && !is_short)
		return weight - STRAY;
	return weight - (p->footer ? IN_FOOTER : 0);
}

static bool
is_family(const char *a, const char *b)
{
	struct slice x = slice_str(a), y = slice_str(b);
	return slice_eq(
	    slice_to(x, slice_find(x, '.')), slice_to(y, slice_find(y, '.')));
}

/* Is a told better by b: the same matter at the same place, but surer? */
static bool
is_outdone(const struct extract_hit *a, const struct extract_hit *b)
{
	size_t distance =
	    a->f.at > b->f.at ? a->f.at - b->f.at : b->f.at - a->f.at;
	if (a->resort && a->score + SURE <= b->score &&
	    (!a->in_reply || distance < NEAR_REPLY))
		return true;
	/* The same words, and more. */
	if (a->f.at >= b->f.at && a->f.at + a->n <= b->f.at + b->n &&
	    a->score < b->score && a->n < b->n)
		return true;
	return distance < NEAR && a->score + SURER <= b->score &&
	       is_family(a->f.cause, b->f.cause);
}

static bool
is_after(const struct extract_hit *a, const struct extract_hit *b)
{
	return a->score < b->score ||
	       (a->score == b->score && a->f.at > b->f.at);
}

size_t
extract_weigh(struct extract_hit *v, size_t n)
{
	size_t left = 0;
	for (size_t i = 1; i < n; i++) {
		struct extract_hit h = v[i];
		size_t j = i;
		for (; j > 0 && is_after(&v[j - 1], &h); j--)
			v[j] = v[j - 1];
		v[j] = h;
	}
	/* Whoever outdoes another stands before it. */
	for (size_t i = 0; i < n; i++) {
		bool drop = false;
		for (size_t j = 0; j < left && !drop; j++)
			drop = is_outdone(&v[i], &v[j]);
		if (!drop)
			v[left++] = v[i];
	}
	return left;
}
