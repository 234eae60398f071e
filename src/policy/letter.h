/* letter.h - a letter to the other side's postmaster: what failed, in whose
 * words, and what is asked of him. In English or Indonesian. Pure. */
#ifndef POLICY_LETTER_H
#define POLICY_LETTER_H

#include "base/buf.h"
#include "policy/cause.h"

struct letter {
	struct slice cause; /* of doc/causes.md */
	bool receiving;     /* the mail was for us; else we wanted to send it */
	struct slice evidence; /* lines of a log, or a reply */
	struct slice when;     /* as text; empty: the lines say it */
	/* What is known of the other side, and the mail; empty: not. */
	struct slice host, ip, address;
	struct slice us; /* our host name; empty: not known */
};

/* letter_add - subject, an empty line, text with lines of at most 72 columns
 * but for the evidence, which has its own. Foreign control octets become
 * \xHH. */
void letter_add(struct buf *b, enum cause_lang lang, const struct letter *l);

#endif
