/* spf_priv.h - what the files of spf share: terms and macros of a record. For
 * spf*.c alone. Pure. */
#ifndef POLICY_SPF_PRIV_H
#define POLICY_SPF_PRIV_H

#include "policy/spf.h"

#define SPF_DOMAIN_MAX 253 /* octets of a name as text */

/* Marks what is said in the language of whoever reads it. */
#define N_(text) text

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	/* modifiers */
	SPF_REDIRECT,
	SPF_EXP,
	SPF_OTHER
};

struct spf_term {
	enum spf_kind kind;
	enum spf_word word; /* a directive's, if it matches */
	struct slice text;  /* the whole term as it stands */
	struct slice spec;  /* domain-spec; empty: the domain itself */
	struct ip ip;       /* ip4, ip6; of an IPv4-mapped ip6 family 6, too */
	uint8_t bits4, bits6;
};

/* spf_terms - what follows "v=spf1" in a record. */
struct slice spf_terms(struct slice record);

/* spf_term_next - the next term off the front of rest; false: none. Terms are
 * separated by SP alone (RFC 7208 4.5). */
bool spf_term_next(struct slice *rest, struct slice *out_term);

/* spf_term_parse - NULL, or what is wrong with it, in English (then *out is
 * not set). Every
 * slice borrows from text. */
const char *spf_term_parse(struct slice text, struct spf_term *out);

/* spf_term_asks - does it count for the limit of terms with lookups (4.6.4)? */
bool spf_term_asks(enum spf_kind kind);

/* What a macro string is: an exp= text has letters and spaces that a
 * domain-spec has not (7.2, 7.3). */
enum spf_macro_place { SPF_IN_DOMAIN, SPF_IN_MODIFIER, SPF_IN_TEXT };
const char *spf_macro_check(struct slice s, enum spf_macro_place place);

/* spf_macro_wants_name - is %{p} in it? */
bool spf_macro_wants_name(struct slice s);

struct spf_macro_values {
	struct slice local, sender_domain, domain, helo, hostname;
	struct slice name; /* %{p}: validated, or "unknown" */
	struct ip ip;
	uint64_t now_s;
};

/* spf_macro_expand - of a string that was checked. */
void spf_macro_expand(
    struct slice s, const struct spf_macro_values *v, struct buf *out);

#endif
