/* extract.h - what went wrong, from whatever an administrator pastes: a
 * bounce, an error code, log lines of MDaemon, Postfix, Exim, sendmail,
 * Exchange, qmail, OpenSMTPD or Haraka, a reply of a server, the text of "kurir
 * check".
 *
 * Pure. Recognises by a table (extract_table.h): words, and the cause code that
 * they mean (doc/causes.md) with the side that has to act. Where lines were
 * wrapped or quoted on their way here does not matter. */
#ifndef POLICY_EXTRACT_H
#define POLICY_EXTRACT_H

#include "base/buf.h"
#include "policy/cause.h"

#define EXTRACT_TEXT_MAX  (1u << 20)
#define EXTRACT_CLEAN_MAX (4u << 20)
#define EXTRACT_FOUND_MAX 16
#define EXTRACT_GAP       200 /* octets that may stand between two words */

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
	EXTRACT_QMAIL,
	EXTRACT_OPENSMTPD,
	EXTRACT_HARAKA,
	EXTRACT_HEADER, /* of a mail */
	EXTRACT_CHECK,  /* what kurir check printed */
	EXTRACT_FORMS
};
const char *extract_form_name(enum extract_form f);

struct extract_found {
	const char *cause; /* "tls.no-common-cipher"; static */
	enum extract_side side;
	struct slice evidence; /* the words it was known by; borrows */
	size_t at;             /* where the deciding word stands in the text */
	/* What just these words mean beyond the cause itself; may be "". */
	const char *note[CAUSE_LANGS];
	unsigned weight;        /* 1..100: how sure */
	bool receiving;         /* written by who was to receive the mail */
	const char *refused_as; /* the cause for who refused; NULL: the same */
	/* What the text names, or empty; borrow. */
	struct slice ip, host, address, session;
};

/* extract_clean - a text as it was before somebody copied it: UTF-16 and
 * Windows-1252 become UTF-8, quoted-printable and HTML are undone where text is
 * such; CR LF is LF, a typographer's quotes, dashes and spaces are those of
 * ASCII; NUL and colours of terminals are left out. Of a text over
 * EXTRACT_TEXT_MAX the front. out, of EXTRACT_CLEAN_MAX, is overwritten; raw is
 * not in it. ERR_NOMEM. */
enum err extract_clean(struct slice raw, struct buf *out) KURIR_MUST_CHECK;

/* A point in time as a log or a mail says it. */
struct extract_time {
	unsigned year; /* 0: not said */
	unsigned month, day, hour, minute, second;
	bool zoned;
	int zone_min; /* of zoned: minutes east of UTC */
};

/* extract_time - the first that s names; false: none. */
bool extract_time(struct slice s, struct extract_time *out);

/* The addresses and the IP addresses (192.0.2.1, and in brackets of either
 * family) that a text names, one after the other: *at is 0 at first. false: no
 * more. *out borrows. */
bool extract_next_address(struct slice text, size_t *at, struct slice *out);
bool extract_next_ip(struct slice text, size_t *at, struct slice *out);

/* extract_read - causes in a clean text, surest first, each once; of a text
 * over EXTRACT_TEXT_MAX the front. Returns how many of at most max; 0: nothing
 * known stands there. *out_form: as what it was read. */
size_t extract_read(struct slice text, struct extract_found *out, size_t max,
    enum extract_form *out_form);

/* extract_receiving - it is us who refused: tell it from our side. */
void extract_receiving(struct extract_found *f);

#endif
