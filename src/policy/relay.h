/* relay.h - may this client send to this recipient? The one place that says.
 *
 * Pure: facts in, verdict out. Never an open relay follows from the order of
 * the rules in relay.c: a recipient that is not ours is let through for a
 * trusted address or an authenticated user, and for nobody else. */
#ifndef POLICY_RELAY_H
#define POLICY_RELAY_H

#include "conf/conf.h"

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
};

struct relay_rcpt {
	struct slice address; /* as given, for the text */
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
};

/* relay_mail - may this client begin a message at all (MAIL)? */
void relay_mail(const struct relay_client *client, struct relay_verdict *out);

/* relay_rcpt - may it send to this recipient (RCPT)? */
void relay_rcpt(const struct relay_client *client,
    const struct relay_rcpt *rcpt, struct relay_verdict *out);

/* relay_trust - is the client's address, or its forward-confirmed name ptr
 * (may be empty), trusted? Then the network or name that matched is appended
 * to evidence (may be NULL): "10.0.0.0/8". */
bool relay_trust(const struct conf_trust *t, const struct ip *ip,
    struct slice ptr, struct buf *evidence);

#endif
