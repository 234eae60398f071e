/* why_text.h - kurir why, for what is no id, address or IP of ours: words, an
 * error code, a bounce, an extract of a log. */
#ifndef CMD_WHY_TEXT_H
#define CMD_WHY_TEXT_H

#include "cmd/cmd.h"
#include "policy/extract.h"
#include "policy/letter.h"

struct why_text {
	enum cause_lang lang;
	bool letter;     /* the letter to the other side alone */
	struct slice us; /* our host name; may be empty */
	bool cut;        /* the text was longer than what was read */
	/* Out: a session of ours that the text names; empty: none. Borrows. */
	struct slice session;
};

/* why_text_tell - explain the text on standard output. CMD_BAD: nothing known
 * stands there, and nothing was said. */
int why_text_tell(struct cmd_ctx *ctx, struct slice text, struct why_text *w);

/* why_text_read - all of fd up to EXTRACT_TEXT_MAX; *out_cut: there was more.
 */
enum err why_text_read(FILE *from, struct buf *out, bool *out_cut);

/* why_letter - only the letter; as JSON where that was asked for. */
void why_letter(
    struct cmd_ctx *ctx, enum cause_lang lang, const struct letter *l);

#endif
