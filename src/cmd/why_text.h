/* why_text.h - kurir why, for what is no id, address or IP of ours: words, an
 * error code, a bounce, an extract of a log. */
#ifndef CMD_WHY_TEXT_H
#define CMD_WHY_TEXT_H

#include "cmd/why_howto.h"
#include "policy/extract.h"
#include "policy/letter.h"

struct why_text {
	enum cause_lang lang;
	bool letter;            /* the letter to the other side alone */
	struct slice us;        /* our host name; may be empty */
	bool cut;               /* the text was longer than what was read */
	struct why_howto howto; /* HOWTO_NONE: of who wrote the text */
	/* What why_text_find found; borrows from the text. */
	struct extract_found found[EXTRACT_FOUND_MAX];
	size_t n;
	enum extract_form form;
	const struct howto_topic *topic; /* NULL: none is asked for */
	struct slice records;            /* a JSON array of our own; or empty */
};

/* why_text_find - read a clean text. false: nothing known stands there. */
bool why_text_find(struct why_text *w, struct slice text);

#define WHY_LABEL 16 /* columns in front of what is told */

/* why_text_labelled - "  label       text", the text broken between words below
 * itself. */
void why_text_labelled(struct buf *b, const char *label, const char *text);

/* why_text_tell - explain what was found on standard output. */
void why_text_tell(struct cmd_ctx *ctx, const struct why_text *w);

/* why_text_read - all of fd up to EXTRACT_TEXT_MAX; *out_cut: there was more.
 */
enum err why_text_read(FILE *from, struct buf *out, bool *out_cut);

/* why_letter - only the letter; as JSON where that was asked for. */
void why_letter(
    struct cmd_ctx *ctx, enum cause_lang lang, const struct letter *l);

#endif
