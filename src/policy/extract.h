/* extract.h - what went wrong, from whatever an administrator pastes: a
 * bounce, an error code, log lines of MDaemon, Postfix, Exim, sendmail or
 * Exchange, a reply of a server.
 *
 * Pure. Recognises by tables: each row has what must stand in the text, and
 * the cause code it means (doc/causes.md) with the side that has to act. */
#ifndef POLICY_EXTRACT_H
#define POLICY_EXTRACT_H

#include "base/slice.h"

#define EXTRACT_TEXT_MAX  (1u << 20)
#define EXTRACT_FOUND_MAX 16

enum extract_side {
	EXTRACT_SENDER, /* who sent has to act */
	EXTRACT_RECEIVER,
	EXTRACT_BOTH
};

enum extract_form {
	EXTRACT_FREE, /* words, a code */
	EXTRACT_REPLY,
	EXTRACT_BOUNCE, /* RFC 3464, or as one is worded */
	EXTRACT_MDAEMON,
	EXTRACT_POSTFIX,
	EXTRACT_EXIM,
	EXTRACT_SENDMAIL,
	EXTRACT_EXCHANGE,
	EXTRACT_FORMS
};
const char *extract_form_name(enum extract_form f);

struct extract_found {
	const char *cause; /* "tls.no-common-cipher"; static */
	enum extract_side side;
	struct slice evidence; /* the words it was known by; borrows */
	const char *why;       /* what those words mean, in English for tr() */
	unsigned weight;       /* 1..100: how sure */
	/* What the text names, or empty; borrow. */
	struct slice ip, host, address, session;
};

/* extract_read - causes in text, surest first, each once. Lines that a mail
 * program wrapped are read as one where their form shows it. Returns how many
 * of at most max; 0: nothing known stands there. *out_form: as what it was
 * read. */
size_t extract_read(struct slice text, struct extract_found *out, size_t max,
    enum extract_form *out_form);

#endif
