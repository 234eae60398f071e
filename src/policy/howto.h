/* howto.h - the cure of a cause as each mail server program wants it said:
 * which setting, which command, of which version.
 *
 * Pure and constant; kurir-cures(7) is the same table for people, written from
 * it by tools/cure-table. */
#ifndef POLICY_HOWTO_H
#define POLICY_HOWTO_H

#include "policy/cause.h"
#include "policy/extract.h"

enum howto_program {
	HOWTO_NONE,
	HOWTO_ZIMBRA,
	HOWTO_POSTFIX,
	HOWTO_EXIM,
	HOWTO_SENDMAIL,
	HOWTO_OPENSMTPD,
	HOWTO_EXCHANGE,
	HOWTO_MDAEMON,
	HOWTO_KURIR,
	HOWTO_PROGRAMS
};

/* howto_word - as the command line says it: "zimbra". howto_title - as people
 * do: "Zimbra". howto_note - what holds for all its cures; may be "". */
const char *howto_word(enum howto_program p);
const char *howto_title(enum howto_program p);
const char *howto_note(enum cause_lang lang, enum howto_program p);

/* howto_program - the program of that word, or of another name of it
 * ("iredmail", "exim4"), in any case; HOWTO_NONE: none. */
enum howto_program howto_program(struct slice word);

/* howto_writer - the program that wrote a text of that form; Zimbra's Postfix
 * is known by its paths and its host's name. HOWTO_NONE: none of these. */
enum howto_program howto_writer(enum extract_form form, struct slice text);

struct howto {
	const char *causes;   /* codes, a space between */
	enum cause_side side; /* the program sends, or it receives */
	enum howto_program program;
	const char *versions[CAUSE_LANGS]; /* "" is every one */
	const char *text[CAUSE_LANGS];
	const char *commands; /* or lines of a configuration; LF between; "" */
};

/* howto_at - the i-th row, from 0; NULL past the last. */
const struct howto *howto_at(size_t i);

/* howto_next - the next row for that cause, side and program. *at is 0 at
 * first; NULL: no more. */
const struct howto *howto_next(
    struct slice cause, enum cause_side side, enum howto_program p, size_t *at);

/* What has cures and is no cause of a mail: "relay.open". */
struct howto_topic {
	const char *code;
	const char *text[CAUSE_LANGS];
};

/* howto_topic - the one that a text names by its code or in words; NULL: none.
 * howto_topic_at - the i-th; NULL past the last. */
const struct howto_topic *howto_topic(struct slice text);
const struct howto_topic *howto_topic_at(size_t i);

#endif
