/* judge.h - may a list that was fetched take the place of the one in force?
 *
 * All or nothing: a file with one bad line is refused as a whole. Pure. */
#ifndef ROLE_FETCH_JUDGE_H
#define ROLE_FETCH_JUDGE_H

#include "policy/exempt.h"

#define JUDGE_OCTETS_MAX (8u << 20) /* of one list */
#define JUDGE_SHOWN      20         /* lines of a difference */

struct judge_old {
	struct slice text; /* the list in force; empty: none */
	bool same_url;     /* it came from there too */
};

/* judge_list - ERR_OK, and *out_entries is how many there are; ERR_DENIED: it
 * is empty, has a bad or an over-broad line, looks like a web page, or holds
 * less than half of the entries that old, from the same URL, has. d says
 * which. */
enum err judge_list(struct slice text, const struct judge_old *old,
    size_t *out_entries, struct diag *d) KURIR_MUST_CHECK;

/* Lines that only one of two lists has; order, comments between lines and
 * white space do not count. */
struct difference {
	size_t added, removed;
	/* The first of them, in their order as text; borrowed. */
	struct slice added_line[JUDGE_SHOWN];
	struct slice removed_line[JUDGE_SHOWN];
};

/* difference_make - needs 16 octets of memory a line while it runs; ERR_NOMEM.
 */
enum err difference_make(struct slice before, struct slice after,
    struct difference *out) KURIR_MUST_CHECK;

#endif
