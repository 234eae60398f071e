/* relay_battery.h - the sender and recipient pairs that open-relay testers try,
 * as one table, and what a reply to one means. Pure.
 *
 * The union of nmap's smtp-open-relay script (the first sixteen, in its
 * order), the tests of MAPS, DSBL and abuse.net, and a few of our own. */
#ifndef CHECK_RELAY_BATTERY_H
#define CHECK_RELAY_BATTERY_H

#include "base/buf.h"

/* from and to stand behind "MAIL FROM:" and "RCPT TO:", brackets included. In
 * braces a letter stands for a fact. */
struct relay_pair {
	const char *name; /* stable: it stands in reports */
	const char *from, *to;
};

/* What the letters mean; an empty one leaves out the pairs that need it. */
struct relay_facts {
	struct slice sender;  /* {F}: local part of senders, "antispam" */
	struct slice outside; /* {O}: an address of elsewhere, or --from */
	struct slice to;      /* {T}: local part of the recipient */
	struct slice domain;  /* {D}: its domain, foreign to the server */
	struct slice server;  /* {S}: the name that the server gives itself */
	struct slice host;    /* {H}: the name that it was asked under */
	struct slice local;   /* {L}: the domain that those are in */
	struct slice literal; /* {I}: "[192.0.2.1]", its address */
};

#define RELAY_PAIRS_MAX  80
#define RELAY_NMAP_PAIRS 16 /* the first so many are nmap's */

const struct relay_pair *relay_pairs(size_t *out_n);

/* relay_pair_from, relay_pair_to - the whole command line, without CR LF.
 * false: a fact is missing; out is as it was. */
bool relay_pair_from(const struct relay_pair *p, const struct relay_facts *f,
    struct buf *out) KURIR_MUST_CHECK;
bool relay_pair_to(const struct relay_pair *p, const struct relay_facts *f,
    struct buf *out) KURIR_MUST_CHECK;

/* relay_pair_is_local - does its recipient end in a name of the server, or in
 * none, so that it may be an address there? */
bool relay_pair_is_local(const struct relay_pair *p);

/* What became of a pair; in rising order of what it says against the server. */
enum relay_class {
	RELAY_CLOSED,
	RELAY_NEEDS_AUTH, /* 530: closed but for users */
	RELAY_UNKNOWN,    /* no answer, or one about something else */
	RELAY_GREYLISTED, /* 4xx: to be asked again */
	RELAY_LOST,       /* taken with DATA, and did not arrive */
	RELAY_MAY,        /* the recipient was accepted */
	RELAY_OPEN,       /* and the message arrived */
};

/* relay_classify - the replies to MAIL and RCPT; code 0: none came. text: of
 * the reply that counts. */
enum relay_class relay_classify(uint16_t mail, struct slice mail_text,
    uint16_t rcpt, struct slice rcpt_text);

/* relay_wants_tls - is this 530 about TLS and not about users? */
bool relay_wants_tls(uint16_t code, struct slice text);

/* relay_is_about_relaying - does that refusal say that it is of the recipient,
 * or of those who do not log in? One that does not may be of the client, and
 * then another stranger may find the server open. */
bool relay_is_about_relaying(struct slice text);

/* relay_same_words - is it the same reply, but for the addresses in it? */
bool relay_same_words(struct slice a, struct slice b);

/* relay_had_enough - is it about how much was asked before, so that the pair
 * should be asked again in a session of its own? */
bool relay_had_enough(uint16_t code, struct slice text);

/* relay_is_about_sender - a refusal of who sends, whatever the recipient: a
 * domain that DNS does not have, or that takes no mail (RFC 3463 3.2). at_mail:
 * it answers MAIL. */
bool relay_is_about_sender(uint16_t code, struct slice text, bool at_mail);

/* relay_pair_is_of_sender - is it the sender that the pair tries? In others any
 * sender will do. */
bool relay_pair_is_of_sender(const struct relay_pair *p);

/* relay_class_name - "closed", "inconclusive", "may-be-open", "open". */
const char *relay_class_name(enum relay_class c);

#endif
