/* spf_state.h - what struct spf holds. For spf*.c alone. */
#ifndef POLICY_SPF_STATE_H
#define POLICY_SPF_STATE_H

#include "base/arena.h"
#include "policy/spf_priv.h"

#define SPF_RECORD_MAX 16384u /* octets of one record */
#define SPF_PATH_MAX   16384u
#define SPF_NAMES_MAX  10 /* 4.6.4: of an MX, of a PTR */
#define SPF_FRAMES_MAX (SPF_LOOKUPS_MAX + 1)
#define SPF_TEXT_MAX   4096u /* of an explanation */

/* What is being waited for. */
enum spf_doing {
	SPF_DO_RECORD,  /* TXT of the frame's domain */
	SPF_DO_TERMS,   /* nothing: look at the next term */
	SPF_DO_ADDRESS, /* a, exists */
	SPF_DO_MX,
	SPF_DO_MX_HOSTS,
	SPF_DO_PTR, /* for ptr and %{p}; then on where it was */
	SPF_DO_PTR_HOSTS,
	SPF_DO_EXP_BEGIN, /* nothing: ask for it */
	SPF_DO_EXP,       /* TXT of exp= */
	SPF_DO_EXP_TEXT,  /* nothing: make it */
	SPF_DO_NOTHING    /* done */
};

enum spf_stage { SPF_PLANNED, SPF_ASKED, SPF_ANSWERED };

struct spf_asked {
	uint16_t type, preference;
	uint8_t stage, status; /* enum spf_stage, enum reverse_dns */
	bool match;            /* an address in the term's network */
	struct slice name;     /* as text of DNS */
	struct slice shown;    /* addresses that came */
};

/* One record being looked at; an include stands on the one it is in. */
struct spf_frame {
	struct slice domain, record, rest; /* rest: terms still to come */
	struct slice redirect, exp;        /* domain-specs */
	struct spf_term term;              /* of the frame below: the include */
};

struct spf {
	struct arena mem;
	spf_words *words; /* NULL: English */
	struct buf path;
	struct spf_macro_values v; /* domain and name are set anew */
	struct slice given_domain;
	struct spf_result result;
	enum spf_doing doing, after; /* after: behind PTR */
	struct spf_frame frame[SPF_FRAMES_MAX];
	size_t depth; /* frames in use */
	struct spf_term term;
	struct slice target; /* of the term, expanded */
	struct slice exp_text;
	struct spf_asked slot[SPF_QUESTIONS_MAX];
	unsigned n;
	bool names_known;
	struct slice names[SPF_NAMES_MAX]; /* validated (5.5) */
	size_t name_n;
};

/* spf_explain - ask for the explanation of the top frame, or be done; false:
 * %{p} is wanted first. */
bool spf_explain(struct spf *s);
/* spf_explain_txt - the answer to its TXT question. */
void spf_explain_txt(struct spf *s, const struct reverse_answer *a);
/* spf_explain_make - from s->exp_text; false: %{p} is wanted first. */
bool spf_explain_make(struct spf *s);

/* spf_put - this question instead of all; plain: labels as octets, dots between
 * them. spf_plan - one more; name: text of DNS. */
void spf_put(
    struct spf *s, enum spf_doing doing, uint16_t type, struct slice plain);
void spf_plan(struct spf *s, uint16_t type, struct slice name);
struct slice spf_name_text(struct spf *s, const struct dns_name *name);
/* spf_expand - a domain-spec (empty: the domain itself) as a name, at most 253
 * octets of it, plain; false: it is none of DNS. What is shown of it is in
 * *out anyway. */
bool spf_expand(struct spf *s, struct slice spec, struct slice *out);
/* spf_join_txt - the character-strings of a TXT record. */
bool spf_join_txt(struct spf *s, struct slice rdata, struct slice *out);
/* spf_say - a text marked N_(), for who reads it. */
const char *spf_say(const struct spf *s, const char *english);
/* spf_line - one more line of the way. */
void spf_line(struct spf *s, const char *what, struct slice text,
    const char *then, struct slice more);
struct spf_frame *spf_top(struct spf *s);

#endif
