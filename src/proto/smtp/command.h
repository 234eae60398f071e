/* command.h - SMTP commands and their arguments (RFC 5321 4.1.1, 1870, 6152,
 * 4954). Liberal in what everybody must accept: case, spaces at the end of a
 * line, one or more spaces after "FROM:" and "TO:". Strict in all else. */
#ifndef PROTO_SMTP_COMMAND_H
#define PROTO_SMTP_COMMAND_H

#include "proto/smtp/address.h"

enum smtp_verb {
	SMTP_VERB_UNKNOWN,
	SMTP_VERB_HELO,
	SMTP_VERB_EHLO,
	SMTP_VERB_MAIL,
	SMTP_VERB_RCPT,
	SMTP_VERB_DATA,
	SMTP_VERB_RSET,
	SMTP_VERB_NOOP,
	SMTP_VERB_HELP,
	SMTP_VERB_VRFY,
	SMTP_VERB_QUIT,
	SMTP_VERB_STARTTLS,
	SMTP_VERB_AUTH,
	SMTP_VERB_OTHER, /* defined somewhere, not implemented here: 502 */
	SMTP_VERB_BDAT,  /* as OTHER, but octets follow that are no commands */
	SMTP_VERB_HTTP,  /* a web client */
	SMTP_VERB_COUNT
};

/* struct smtp_command - one line, split. Both borrow from the line; arg is
 * without spaces at its ends. */
struct smtp_command {
	enum smtp_verb verb;
	struct slice name;
	struct slice arg;
};

/* smtp_command_split - never fails: what is not known is UNKNOWN. line is
 * without CR LF. */
struct smtp_command smtp_command_split(struct slice line);

enum smtp_body {
	SMTP_BODY_UNSET,
	SMTP_BODY_7BIT,
	SMTP_BODY_8BITMIME,
};

/* struct smtp_mail - MAIL, parsed. */
struct smtp_mail {
	struct smtp_address from;
	uint64_t size; /* SIZE=; 0: not declared */
	enum smtp_body body;
	bool has_auth;     /* AUTH= was given */
	struct slice auth; /* its value, decoded from xtext; empty: <> */
};

/* struct smtp_rcpt - RCPT, parsed. */
struct smtp_rcpt {
	struct smtp_address to;
};

/* smtp_mail_parse, smtp_rcpt_parse - the argument of MAIL or RCPT, beginning
 * with FROM: or TO:. Slices borrow from arg or live in the arena.
 *
 * lenient: a path without its brackets is one too, as old devices send it.
 *
 * ERR_SYNTAX       501; ERR_LIMIT  501, a path or value over its size;
 * ERR_UNSUPPORTED  555, a parameter that was not offered;
 * ERR_NOMEM        452. *out is then untouched. */
enum err smtp_mail_parse(struct slice arg, bool lenient, struct arena *a,
    struct smtp_mail *out) KURIR_MUST_CHECK;
enum err smtp_rcpt_parse(struct slice arg, bool lenient, struct arena *a,
    struct smtp_rcpt *out) KURIR_MUST_CHECK;

/* smtp_helo_is - arg may follow HELO or EHLO: a domain or an address literal.
 * An underscore in a label is let pass, since many a workstation has one. */
bool smtp_helo_is(struct slice arg);
/* smtp_helo_is_word - one printable word, as a device may say it. */
bool smtp_helo_is_word(struct slice arg);

/* struct smtp_auth - AUTH, parsed. initial borrows, still in base64; "=" has
 * become empty. */
struct smtp_auth {
	struct slice mech;
	struct slice initial;
	bool has_initial;
};

/* smtp_auth_parse - the argument of AUTH (RFC 4954 4). */
enum err smtp_auth_parse(
    struct slice arg, struct smtp_auth *out) KURIR_MUST_CHECK;

#endif
