/* cause.h - the stable codes that name why something failed, with what they
 * mean and what to do about it, in English and Indonesian.
 *
 * Pure and constant; doc/causes.md is the same table for people, and a test
 * holds the two together. */
#ifndef POLICY_CAUSE_H
#define POLICY_CAUSE_H

#include "base/slice.h"

enum cause_lang { CAUSE_EN, CAUSE_ID, CAUSE_LANGS };

/* Whose cure: of the one who sends (we could not deliver) or of the one who
 * receives (we did not accept). */
enum cause_side { CAUSE_SENDING, CAUSE_RECEIVING, CAUSE_SIDES };

struct cause {
	const char *code; /* "tls.no-common-cipher" */
	const char *explanation;
	const char *cure[CAUSE_SIDES];
};

/* cause_find - NULL: there is no such code. */
const struct cause *cause_find(enum cause_lang lang, struct slice code);

/* cause_at - the i-th by code, from 0; NULL past the last. */
const struct cause *cause_at(enum cause_lang lang, size_t i);

#endif
