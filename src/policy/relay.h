/* relay.h - may this client send to this recipient? The one place that says.
 *
 * Pure: facts in, verdict out. Never an open relay follows from the order of
 * the rules in relay.c: a recipient that is not ours is let through for a
 * trusted address or an authenticated user, and for nobody else. */
#ifndef POLICY_RELAY_H
#define POLICY_RELAY_H

#include "policy/finding.h"

/* What a recipient's domain is to us. */
enum relay_domain {
	RELAY_DOMAIN_FOREIGN, /* also every address literal not ours */
	RELAY_DOMAIN_MAILDIR,
	RELAY_DOMAIN_LMTP,
	RELAY_DOMAIN_GATEWAY
};

enum relay_exists {
	RELAY_EXISTS_NO,
	RELAY_EXISTS_YES,
	RELAY_EXISTS_UNKNOWN /* could not be found out now */
};

struct relay_client {
	enum conf_role role; /* of the listener */
	enum conf_auth auth; /* of the listener */
	bool authenticated;
	bool trusted; /* by relay_trust */
	/* Names are trusted, and DNS could not say whether the client has one:
	 * what would be let through then is only put off. */
	bool trust_unknown;
};

#define RELAY_TRUST_UNKNOWN                                                    \
	"DNS could not say now whether your address has a name that is "       \
	"trusted here, try again later"

struct relay_rcpt {
	struct slice address; /* as given, for the text */
	struct slice local;   /* its local part, unquoted */
	enum relay_domain domain;
	enum relay_exists exists;
	struct slice cause;  /* of UNKNOWN, or of the next hop's NO; or empty */
	struct slice reason; /* in words, of the same; or empty */
	uint64_t accepted;   /* recipients of this message so far */
	uint64_t max_recipients;
};

struct relay_verdict {
	bool allow;
	uint16_t code;        /* 250, or the reply's code */
	const char *enhanced; /* "5.7.1"; static */
	const char *rule;     /* which rule decided, for the record; static */
	struct diag why;      /* cause code and text of a refusal */
	bool close;           /* and hang up */
	const void *field; /* of the configuration, for conf_where; or NULL */
};

/* relay_mail - may this client begin a message at all (MAIL)? */
void relay_mail(const struct relay_client *client, struct relay_verdict *out);

/* relay_rcpt - may it send to this recipient (RCPT)? An unknown mailbox in one
 * of our domains is refused as relay-control.recipient says; accepted where
 * that exempts the client, and bounced by the queue. */
void relay_rcpt(const struct relay_client *client,
    const struct conf_relay_recipient *unknown, const struct relay_rcpt *rcpt,
    struct relay_verdict *out);

/* ---- relay-control and shields: who a sender claims to be ---- */

struct relay_claim {
	const struct ip *ip;
	bool authenticated, trusted, trust_unknown; /* as in relay_client */
	struct slice user;                          /* who authenticated */
	struct slice address; /* reverse-path, or of From:; empty: null */
	/* What lookup knows about that address. */
	enum relay_domain domain;
	enum relay_exists exists;
	struct slice targets; /* base/pack.h: the mailboxes it stands for in
				 canonical form; none: itself */
};

#define RELAY_FINDINGS_MAX 4

/* Of several shields over a domain the nearest decides: its own name, then the
 * longest ".parent", CONF_SHIELD_LOCAL, "*". An alias must also satisfy the
 * shields of those domains of ours in which it stands for someone. */

/* relay_claim_mail - what MAIL claims, judged by the shields, then the rules
 * postmaster, sender.unknown and identity.envelope of relay-control; the first
 * that refuses is the last. Only what was found is given, OFF included. A
 * sender that could not be looked up is no finding. The null reverse-path
 * claims nothing.
 *
 *	shield               550 5.7.1 "Authentication required"-wording where
 *	                     AUTH would help, cause sender.shielded
 *	postmaster           550 5.7.1, auth.required
 *	sender.unknown       550 5.1.0, sender.unknown
 *	identity.envelope    553 5.7.1, sender.not-yours
 *
 * Rules: "shield", "relay-control.postmaster", "relay-control.sender.unknown",
 * "relay-control.identity.envelope". */
size_t relay_claim_mail(const struct conf *c, const struct relay_claim *claim,
    struct finding out[RELAY_FINDINGS_MAX]);

/* relay_claim_header - the same for one address of From:, by shields that have
 * header = true and identity.header (550 5.7.1). An address without "@" is one
 * that could not be read: it may be anybody's, and is nobody's own. */
size_t relay_claim_header(const struct conf *c, const struct relay_claim *claim,
    struct finding out[RELAY_FINDINGS_MAX]);

/* relay_claim_asks - does judging this claim need domain, exists and targets?
 */
bool relay_claim_asks(const struct conf *c, const struct relay_claim *claim);

/* relay_user_owns - may that user send as address? It is the user's own, with
 * or without a tag, or stands for it by an alias; an account without domain
 * owns its name in every domain where mailboxes are ours. */
bool relay_user_owns(
    const struct conf *c, struct slice user, const struct relay_claim *claim);

/* relay_routes - does that local part ask us to route ("user%elsewhere",
 * "elsewhere!user", "user@elsewhere", ":")? Such a recipient in a domain whose
 * mailboxes are not ours to know is refused to those who may not relay. */
bool relay_routes(struct slice local);

/* relay_trust - is the client's address, or its forward-confirmed name ptr
 * (may be empty), trusted? Then the network or name that matched is appended
 * to evidence (may be NULL): "10.0.0.0/8". */
bool relay_trust(const struct conf_trust *t, const struct ip *ip,
    struct slice ptr, struct buf *evidence);

#endif
