/* why_howto.h - kurir why: the cure as one mail server program wants it said.
 */
#ifndef CMD_WHY_HOWTO_H
#define CMD_WHY_HOWTO_H

#include "cmd/cmd.h"
#include "policy/howto.h"
#include "store/ledger_why.h"

struct why_howto {
	enum howto_program program; /* HOWTO_NONE: nothing is told */
	bool both;                  /* sides; else the one that is asked for */
};

/* why_howto_asked - the program of "--for word"; NULL is none. CMD_GOOD, or
 * CMD_USAGE: there is no such, which was said with the list of them. */
int why_howto_asked(
    const struct cmd_ctx *ctx, const char *word, struct why_howto *out);

/* why_howto_text - for people, that side first; true: there was something. */
bool why_howto_text(struct buf *b, enum cause_lang lang, struct why_howto h,
    struct slice cause, enum cause_side side);

/* why_howto_end - below all of them: what holds for each, or how to ask. */
void why_howto_end(
    struct buf *b, enum cause_lang lang, struct why_howto h, bool told);

/* why_howto_json - the member "howto", an array; no comma. */
void why_howto_json(struct buf *b, enum cause_lang lang, struct why_howto h,
    struct slice cause, enum cause_side side);

/* why_howto_story - below a story of ours: what the other side's program is to
 * do about each of its causes. */
void why_howto_story(struct buf *b, enum cause_lang lang, struct why_howto h,
    const struct why *w);

/* why_howto_story_json - into the object at the end of b: the member "howto",
 * as above, each with its cause. */
void why_howto_story_json(struct buf *b, enum cause_lang lang,
    struct why_howto h, const struct why *w);

#endif
