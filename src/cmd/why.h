/* why.h - what the files of kurir why share: a telling, and its stories. */
#ifndef CMD_WHY_H
#define CMD_WHY_H

#include "cmd/log.h"
#include "cmd/why_text.h"
#include "store/ledger_why.h"

#define WHY_RECORDS_MAX  512 /* of one story */
#define WHY_SUBJECTS_MAX 200

/* Records kept beyond their callback. */
struct why_kept {
	struct slice record[WHY_RECORDS_MAX];
	size_t n;
	size_t octets;
};

struct why_telling {
	struct cmd_ctx *ctx;
	enum cause_lang lang;
	bool letter;            /* to the other side, instead of the story */
	struct why_howto howto; /* --for */
	struct buf out;
	struct why_kept kept;
	size_t told;
	bool refused;           /* and it was said why */
	size_t wanted;          /* stories of an address or a peer */
	enum extract_form form; /* as what a text was read */
	bool ours; /* it is one id, address or network: looked up already */
};

/* ---- one story (why_story.c) ---- */

/* why_story - find out what happened to id, and use it. CMD_GOOD; CMD_BAD:
 * nothing is known of it; else it was said why not. */
int why_story(struct why_telling *t, id_t64 id,
    void (*use)(struct why_telling *t, const struct why *w, void *arg),
    void *arg);

/* why_tell_id - print it, as text, JSON or letter. As above. */
int why_tell_id(struct why_telling *t, id_t64 id);

/* why_no_letter - say that what is known of it gives no cause to write:
 * CMD_BAD. */
int why_no_letter(struct why_telling *t, const char *what);

/* ---- all that an address or a peer took part in (why_about.c) ---- */

/* why_tell_about - how much there is, then the newest stories. value is an
 * address, or an IP address where is_ip. As above. */
int why_tell_about(struct why_telling *t, const char *value, bool is_ip);

/* why_names_address - does that transaction name it? */
bool why_names_address(struct slice address, struct ledger_tx tx);

/* ---- whom a text names (why_named.c) ---- */

struct why_named;

/* why_named_find - the records of ours about the ids, addresses and IP
 * addresses in text, of the time that then tells of where it does: a few of
 * each. *out, the caller's, is NULL where there are none. CMD_GOOD, or it was
 * said why they cannot be had. */
int why_named_find(struct why_telling *t, struct slice text, struct slice then,
    struct why_named **out);
void why_named_free(struct why_named *n); /* NULL is nothing */

/* why_named_text - print them; the stories of the ids whole. */
void why_named_text(struct why_telling *t, const struct why_named *n);
/* why_named_json - the array of them. */
void why_named_json(
    struct why_telling *t, const struct why_named *n, struct buf *b);

#endif
