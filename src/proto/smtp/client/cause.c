#include "proto/smtp/client/cause.h"

#define TEXT_MAX 1024 /* octets of a reply that are searched */

/* One row: all that is set must hold. The first row that matches decides, so
 * words that are sure stand above codes that are used for many things. */
struct cause_row {
	uint16_t code;        /* 0: any */
	uint8_t class_digit;  /* '4', '5', 0: both */
	const char *enhanced; /* without its class: ".7.25"; NULL: any */
	const char *words;    /* in any case; NULL: any */
	const char *cause;
};

static const struct cause_row rows[] = {
    /* Encryption that it wants of us. */
    {530, 0, NULL, "starttls", "tls.required-inbound"},
    {0, 0, ".7.10", NULL, "tls.required-inbound"},
    {0, 0, ".7.11", NULL, "tls.required-inbound"},
    {0, 0, NULL, "must issue a starttls", "tls.required-inbound"},
    {0, 0, NULL, "tls required", "tls.required-inbound"},
    {0, 0, NULL, "encryption required", "tls.required-inbound"},
    {0, 0, NULL, "encryption needed", "tls.required-inbound"},
    {0, 0, NULL, "encryption is required", "tls.required-inbound"},
    {0, 0, NULL, "must use tls", "tls.required-inbound"},
    {0, 0, NULL, "over a tls connection", "tls.required-inbound"},
    {0, 0, NULL, "email senders to use tls", "tls.required-inbound"},
    {0, 0, NULL, "encryption too weak", "tls.required-inbound"},
    {0, 0, ".7.29", NULL, "tls.required-inbound"},
    {0, 0, ".7.66", NULL, "tls.no-common-version"},
    {0, 0, NULL, "tls 1.0 and 1.1 are not supported", "tls.no-common-version"},

    /* Who asks to come back later. */
    {0, 0, NULL, "greylist", "remote.greylisted"},
    {0, 0, NULL, "graylist", "remote.greylisted"},
    {0, 0, NULL, "grey-list", "remote.greylisted"},
    {0, 0, NULL, "grey list", "remote.greylisted"},
    {0, 0, NULL, "gray list", "remote.greylisted"},
    {0, 0, NULL, "postgrey", "remote.greylisted"},

    /* What its owner can prove to be: before "authentication failed". */
    {0, 0, ".7.26", NULL, "remote.unauthenticated"},
    {0, 0, ".7.20", NULL, "remote.unauthenticated"},
    {0, 0, ".7.21", NULL, "remote.unauthenticated"},
    {0, 0, ".7.22", NULL, "remote.unauthenticated"},
    {0, 0, ".7.509", NULL, "remote.unauthenticated"},
    {0, 0, NULL, "unauthenticated", "remote.unauthenticated"},
    {0, 0, NULL, "dmarc", "remote.unauthenticated"},
    {0, 0, NULL, "spf check failed", "remote.unauthenticated"},
    {0, 0, NULL, "spf fail", "remote.unauthenticated"},
    {0, 0, NULL, "spf validation", "remote.unauthenticated"},
    {0, 0, NULL, "fails spf", "remote.unauthenticated"},
    {0, 0, NULL, "not pass spf", "remote.unauthenticated"},
    {0, 0, NULL, "spf did not pass", "remote.unauthenticated"},
    {0, 0, NULL, "spf authentication", "remote.unauthenticated"},
    {0, 0, NULL, "not authorized by spf", "remote.unauthenticated"},
    {0, 0, NULL, "spf record", "remote.unauthenticated"},
    {0, 0, NULL, "sender policy framework", "remote.unauthenticated"},
    {0, 0, NULL, "dkim did not pass", "remote.unauthenticated"},
    {0, 0, NULL, "isn't authenticated", "remote.unauthenticated"},
    {0, 0, NULL, "ptr record", "remote.ptr-required"},
    {0, 0, NULL, "no ptr", "remote.ptr-required"},
    {0, 0, NULL, "missing ptr", "remote.ptr-required"},
    {0, 0, NULL, "ptr lookup", "remote.ptr-required"},
    {0, 0, ".7.25", NULL, "remote.ptr-required"},
    {0, '4', ".7.23", NULL, "remote.ptr-required"},
    {0, 0, ".7.23", NULL, "remote.unauthenticated"},
    {0, 0, ".7.24", NULL, "remote.unauthenticated"},
    {0, 0, ".7.30", NULL, "remote.unauthenticated"},
    {0, 0, NULL, "reverse dns", "remote.ptr-required"},
    {0, 0, NULL, "rdns", "remote.ptr-required"},
    {0, 0, NULL, "reverse lookup", "remote.ptr-required"},
    {0, 0, NULL, "reverse hostname", "remote.ptr-required"},
    {0, 0, NULL, "cannot find your hostname", "remote.ptr-required"},
    {0, 0, NULL, "fcrdns", "remote.ptr-required"},
    {0, 0, NULL, "forward confirmed", "remote.ptr-required"},
    {0, 0, NULL, "forward-confirmed", "remote.ptr-required"},
    {0, 0, NULL, "ip name lookup failed", "remote.ptr-required"},
    {0, 0, NULL, "does not match the ip address of the hostname",
	"remote.ptr-required"},

    /* Logging in. */
    {0, 0, NULL, "was not authenticated", "auth.required"},
    {0, 0, NULL, "authentication required", "auth.required"},
    {0, 0, NULL, "authentication is required", "auth.required"},
    {0, 0, NULL, "auth is required", "auth.required"},
    {0, 0, NULL, "please authenticate", "auth.required"},
    {0, 0, NULL, "must authenticate", "auth.required"},
    {0, 0, NULL, "must be authenticated", "auth.required"},
    {0, 0, NULL, "log in to the smtp", "auth.required"},
    {0, 0, ".7.57", NULL, "auth.required"},
    {530, 0, NULL, NULL, "auth.required"},
    {535, 0, NULL, NULL, "auth.failed"},
    {0, '5', ".7.8", NULL, "auth.failed"},
    {0, '5', ".7.139", NULL, "auth.failed"},
    {0, '5', NULL, "authentication failed", "auth.failed"},
    {0, '5', NULL, "authentication unsuccessful", "auth.failed"},
    {0, '5', NULL, "authentication credentials invalid", "auth.failed"},
    {0, '5', NULL, "authentication rejected", "auth.failed"},
    {0, '5', NULL, "incorrect authentication data", "auth.failed"},
    {0, '5', NULL, "bad username or password", "auth.failed"},
    {0, '5', NULL, "username and password not accepted", "auth.failed"},
    {0, '5', NULL, "login denied", "auth.failed"},
    {0, '5', NULL, "application-specific password", "auth.failed"},
    {0, '5', NULL, "basic authentication is disabled", "auth.failed"},
    {0, 0, ".7.9", NULL, "auth.not-offered"},

    /* Who may send what through it. */
    {0, 0, NULL, "relay access denied", "relay.denied"},
    {0, 0, NULL, "relaying denied", "relay.denied"},
    {0, 0, NULL, "relay not permitted", "relay.denied"},
    {0, 0, NULL, "relay denied", "relay.denied"},
    {0, 0, NULL, "unable to relay", "relay.denied"},
    {0, 0, NULL, "relaying not allowed", "relay.denied"},
    {0, 0, NULL, "relaying prohibited", "relay.denied"},
    {0, 0, NULL, "not permitted to relay", "relay.denied"},
    {0, 0, NULL, "we do not relay", "relay.denied"},
    {0, 0, NULL, "no relaying", "relay.denied"},
    {0, 0, NULL, "tenantattribution", "relay.denied"},
    {0, 0, ".7.54", NULL, "relay.denied"},
    {0, 0, ".7.64", NULL, "relay.denied"},
    {0, 0, NULL, "not owned by user", "sender.not-yours"},
    {0, 0, NULL, "permissions to send as", "sender.not-yours"},
    {0, 0, NULL, "sendasdenied", "sender.not-yours"},
    {0, 0, NULL, "not allowed to send as", "sender.not-yours"},
    {0, 0, ".7.60", NULL, "sender.not-yours"},

    /* The greeting. */
    {0, 0, NULL, "helo command rejected: host not found",
	"lookup.helo-not-found"},
    {0, 0, NULL, "helo command rejected: need fully", "lookup.helo-not-found"},
    {0, 0, NULL, "forged helo", "lookup.helo-forged"},
    {0, 0, NULL, "helo name does not match", "lookup.helo-forged"},
    {0, 0, NULL, "helo command rejected: invalid name", "protocol.syntax"},

    /* The sender's address. */
    {0, 0, NULL, "sender address rejected: domain not found",
	"lookup.mail-not-found"},
    {0, 0, NULL, "sender domain does not exist", "lookup.mail-not-found"},
    {0, 0, NULL, "sender domain not found", "lookup.mail-not-found"},
    {0, 0, ".1.8", NULL, "lookup.mail-not-found"},
    {0, 0, ".7.27", NULL, "lookup.mail-no-mx"},
    {0, 0, NULL, "sender verify failed", "sender.unknown"},
    {0, 0, NULL, "sender verification failed", "sender.unknown"},
    {0, 0, NULL, "could not complete sender verify", "sender.unknown"},
    {0, 0, NULL, "sender address rejected: user unknown", "sender.unknown"},
    {0, 0, NULL, "sender address rejected: undeliverable", "sender.unknown"},
    {0, 0, NULL, "sender address rejected: unverified", "sender.unknown"},
    {0, 0, ".1.7", NULL, "protocol.syntax"},

    /* The recipient's address. */
    {556, 0, NULL, NULL, "dns.null-mx"},
    {0, 0, NULL, "null mx", "dns.null-mx"},
    {0, 0, NULL, "nullmx", "dns.null-mx"},
    {0, 0, NULL, "indicated no smtp service", "dns.null-mx"},
    {0, 0, ".1.1", NULL, "recipient.unknown"},
    {0, 0, ".1.6", NULL, "recipient.unknown"},
    {0, 0, ".1.10", NULL, "recipient.unknown"},
    {0, 0, ".1.3", NULL, "protocol.syntax"},
    {0, 0, NULL, "recipient address rejected: access denied",
	"recipient.unknown"},
    {0, 0, ".2.2", NULL, "mailbox.full"},

    /* What is too much of it. */
    {0, 0, ".5.3", NULL, "limit.recipients"},
    {0, 0, NULL, "too many recipients", "limit.recipients"},
    {0, 0, NULL, "number of recipients exceeds", "limit.recipients"},
    {0, 0, NULL, "recipient limit", "limit.recipients"},
    {0, 0, ".2.3", NULL, "limit.size"},
    {0, 0, ".3.4", NULL, "limit.size"},
    {0, 0, ".3.1", NULL, "local.disk-full"},
    {0, 0, NULL, "insufficient system storage", "local.disk-full"},
    {0, 0, NULL, "insufficient system resources", "local.disk-full"},
    {0, 0, NULL, "insufficient storage", "local.disk-full"},
    {0, 0, NULL, "insufficient disk", "local.disk-full"},
    {0, 0, NULL, "no space left on device", "local.disk-full"},
    {0, 0, NULL, "disk full", "local.disk-full"},
    {0, 0, NULL, "low on disk space", "local.disk-full"},
    {0, 0, ".4.6", NULL, "queue.loop"},
    {0, 0, ".4.14", NULL, "queue.loop"},
    {0, 0, NULL, "too many hops", "queue.loop"},
    {0, 0, NULL, "hop count exceeded", "queue.loop"},
    {0, 0, NULL, "mail loop", "queue.loop"},
    {0, 0, NULL, "too many \"received\"", "queue.loop"},
    {0, 0, NULL, "loops back to me", "queue.loop"},
    {0, 0, NULL, "loops back to myself", "queue.loop"},

    /* Lists, and rates. */
    {0, 0, ".7.28", NULL, "remote.rate-limited"},
    {0, 0, ".7.500", NULL, "remote.rate-limited"},
    {0, 0, NULL, "rate limit", "remote.rate-limited"},
    {0, 0, NULL, "rate-limit", "remote.rate-limited"},
    {0, 0, NULL, "ratelimit", "remote.rate-limited"},
    {0, 0, NULL, "spamhaus", "remote.blocklisted"},
    {0, 0, NULL, "spamcop", "remote.blocklisted"},
    {0, 0, NULL, "barracuda", "remote.blocklisted"},
    {0, 0, NULL, "blocklist", "remote.blocklisted"},
    {0, 0, NULL, "block list", "remote.blocklisted"},
    {0, 0, NULL, "block listed", "remote.blocklisted"},
    {0, 0, NULL, "blacklist", "remote.blocklisted"},
    {0, 0, NULL, "black list", "remote.blocklisted"},
    {0, 0, NULL, "blocked using", "remote.blocklisted"},
    {0, 0, NULL, "dnsbl", "remote.blocklisted"},
    {0, 0, NULL, " rbl", "remote.blocklisted"},
    {0, 0, NULL, "sorbs", "remote.blocklisted"},
    {0, 0, NULL, "listed in ", "remote.blocklisted"},
    {0, 0, NULL, "listed at ", "remote.blocklisted"},
    {0, 0, NULL, "listed by ", "remote.blocklisted"},
    {0, 0, NULL, "reputation", "remote.blocklisted"},
    {0, 0, NULL, "banned sending ip", "remote.blocklisted"},
    {0, 0, NULL, "banned sender", "remote.blocklisted"},
    {0, 0, NULL, "your ip has been", "remote.blocklisted"},
    {0, 0, NULL, "traffic not accepted from this ip", "remote.blocklisted"},
    {0, 0, ".7.511", NULL, "remote.blocklisted"},
    {0, 0, ".7.606", NULL, "remote.blocklisted"},
    {0, 0, ".7.708", NULL, "remote.blocklisted"},
    {0, 0, NULL, "too many errors", "limit.rate"},
    {0, 0, NULL, "too many sessions", "limit.rate"},
    {0, 0, NULL, "too many bad commands", "limit.rate"},
    {0, 0, NULL, "too many invalid", "limit.rate"},
    {0, 0, NULL, "throttl", "remote.rate-limited"},
    {0, 0, NULL, "too many", "remote.rate-limited"},
    {0, 0, NULL, "too fast", "remote.rate-limited"},
    {0, 0, NULL, "too quickly", "remote.rate-limited"},
    {0, 0, NULL, "unusual rate", "remote.rate-limited"},
    {0, 0, NULL, "sending limit exceeded", "remote.rate-limited"},
    {0, 0, NULL, "relay limit exceeded", "remote.rate-limited"},
    {0, 0, NULL, "exceeded the limit of", "remote.rate-limited"},
    {0, 0, NULL, "connection rate", "remote.rate-limited"},
    {0, 0, NULL, "message rate", "remote.rate-limited"},
    {0, '4', NULL, "deferred due to", "remote.rate-limited"},

    /* How it was said. */
    {0, 0, NULL, "smtp smuggling", "protocol.smuggling"},
    {0, 0, NULL, "bare newline", "protocol.bare-newline"},
    {0, 0, NULL, "bare lf", "protocol.bare-newline"},
    {0, 0, NULL, "bare <lf>", "protocol.bare-newline"},
    {0, 0, NULL, "bare linefeed", "protocol.bare-newline"},
    {0, 0, NULL, "bare cr", "protocol.bare-newline"},
    {0, 0, NULL, "stray newline", "protocol.bare-newline"},
    {0, 0, NULL, "stray line feed", "protocol.bare-newline"},
    {0, 0, NULL, "command pipelining", "protocol.sync"},
    {0, 0, NULL, "synchronization error", "protocol.sync"},
    {0, 0, NULL, "protocol synchronization", "protocol.sync"},
    {0, 0, NULL, "talks too soon", "protocol.sync"},
    {0, 0, NULL, "pregreet", "protocol.sync"},
    {0, 0, NULL, "did not wait for", "protocol.sync"},
    {0, 0, NULL, "pipeline after starttls", "protocol.sync"},
    {0, 0, NULL, "line too long", "limit.line"},
    {0, 0, NULL, "line length exceed", "limit.line"},
    {0, 0, NULL, "header too long", "limit.line"},
    {0, 0, NULL, "lines longer than 998", "limit.line"},
    {0, 0, ".5.6", NULL, "limit.line"},

    /* The mailbox, in words. */
    {0, 0, NULL, "mailbox full", "mailbox.full"},
    {0, 0, NULL, "mailbox is full", "mailbox.full"},
    {0, 0, NULL, "inbox is full", "mailbox.full"},
    {0, 0, NULL, "quota", "mailbox.full"},
    {0, 0, NULL, "exceeded storage", "mailbox.full"},
    {0, 0, NULL, "out of storage space", "mailbox.full"},
    {0, 0, NULL, "user unknown", "recipient.unknown"},
    {0, 0, NULL, "unknown user", "recipient.unknown"},
    {0, 0, NULL, "no such user", "recipient.unknown"},
    {0, 0, NULL, "no such recipient", "recipient.unknown"},
    {0, 0, NULL, "recipientnotfound", "recipient.unknown"},
    {0, 0, NULL, "recipnotfound", "recipient.unknown"},
    {0, 0, NULL, "no such mailbox", "recipient.unknown"},
    {0, 0, NULL, "no mailbox", "recipient.unknown"},
    {0, 0, NULL, "no such address", "recipient.unknown"},
    {0, 0, NULL, "recipient unknown", "recipient.unknown"},
    {0, 0, NULL, "unknown recipient", "recipient.unknown"},
    {0, 0, NULL, "recipient not found", "recipient.unknown"},
    {0, 0, NULL, "user not found", "recipient.unknown"},
    {0, 0, NULL, "address unknown", "recipient.unknown"},
    {0, 0, NULL, "invalid recipient", "recipient.unknown"},
    {0, 0, NULL, "invalid mailbox", "recipient.unknown"},
    {0, 0, NULL, "user does not exist", "recipient.unknown"},
    {0, 0, NULL, "user doesn't exist", "recipient.unknown"},
    {0, 0, NULL, "account does not exist", "recipient.unknown"},
    {0, 0, NULL, "address does not exist", "recipient.unknown"},
    {0, 0, NULL, "tried to reach does not exist", "recipient.unknown"},
    {0, 0, NULL, "tried to reach is disabled", "recipient.unknown"},
    {0, 0, NULL, "mailbox not found", "recipient.unknown"},
    {0, 0, NULL, "not a valid mailbox", "recipient.unknown"},
    {0, 0, NULL, "unknown local part", "recipient.unknown"},
    {0, 0, NULL, "unrouteable address", "recipient.unknown"},
    {0, 0, NULL, "wasn't found at", "recipient.unknown"},
    {0, 0, NULL, "couldn't be found", "recipient.unknown"},
    {0, 0, NULL, "not our customer", "recipient.unknown"},
    {0, '5', NULL, "mailbox unavailable", "recipient.unknown"},
    {0, '5', ".2.1", NULL, "recipient.unknown"},
    {0, '5', NULL, "too large", "limit.size"},
    {0, '5', NULL, "too big", "limit.size"},
    {0, '5', NULL, "size limit", "limit.size"},
    {0, '5', NULL, "message size", "limit.size"},
    {0, '5', NULL, "exceeds fixed limit", "limit.size"},
    {0, '5', NULL, "exceeds fixed maximum", "limit.size"},
    {0, '5', NULL, "exceeds the maximum", "limit.size"},
    {552, 0, NULL, NULL, "limit.size"},

    /* Names that it could not look up. */
    {0, 0, NULL, "domain not found", "dns.nxdomain"},
    {0, 0, NULL, "no such domain", "dns.nxdomain"},
    {0, 0, NULL, "domain does not exist", "dns.nxdomain"},
    {0, 0, NULL, "domain name not found", "dns.nxdomain"},
    {0, 0, NULL, "nxdomain", "dns.nxdomain"},
    {0, 0, NULL, "host unknown", "dns.nxdomain"},
    {0, 0, ".1.2", NULL, "dns.nxdomain"},
    {0, 0, ".4.4", NULL, "dns.nxdomain"},
    {0, 0, NULL, "temporary lookup failure", "dns.tempfail"},
    {0, 0, NULL, "name service error", "dns.tempfail"},
    {0, 0, NULL, "host lookup did not complete", "dns.tempfail"},
    {0, 0, NULL, "servfail", "dns.tempfail"},
    {0, 0, ".4.3", NULL, "dns.tempfail"},

    /* Commands. */
    {0, '5', NULL, "syntax error", "protocol.syntax"},
    {0, '5', NULL, "bad sequence of commands", "protocol.syntax"},
    {0, '5', NULL, "syntactically invalid", "protocol.syntax"},
    {0, '5', NULL, "address syntax", "protocol.syntax"},
    {0, '5', NULL, "rfc 5322", "protocol.syntax"},
    {0, '5', ".5.2", NULL, "protocol.syntax"},
    {0, '5', ".5.4", NULL, "protocol.syntax"},

    /* The words of Postfix for a filter that is down, then those of
       greylisting. */
    {0, '4', ".7.1", "service unavailable", "remote.4xx"},
    {451, 0, ".7.1", "try again", "remote.greylisted"},
    {450, 0, ".7.1", "try again", "remote.greylisted"},
    {0, '4', NULL, NULL, "remote.4xx"},
    {0, 0, NULL, NULL, "remote.5xx"},
};

static bool
has_words(struct slice text, struct slice words)
{
	for (size_t i = 0; i + words.n <= text.n; i++)
		if (slice_starts_nocase(slice_from(text, i), words))
			return true;
	return false;
}

static bool
row_matches(const struct cause_row *r, uint16_t code, struct slice enhanced,
    struct slice text)
{
	uint8_t class_digit = (uint8_t)('0' + code / 100 % 10);
	if (r->code != 0 && r->code != code)
		return false;
	if (r->class_digit != 0 && r->class_digit != class_digit)
		return false;
	if (r->enhanced != NULL &&
	    !slice_eq(slice_from(enhanced, 1), slice_str(r->enhanced)))
		return false;
	return r->words == NULL || has_words(text, slice_str(r->words));
}

struct slice
smtp_cause_of_reply(uint16_t code, struct slice enhanced, struct slice text)
{
	const struct cause_row *r = rows;
	text = slice_to(text, TEXT_MAX);
	/* The last row matches everything. */
	while (!row_matches(r, code, enhanced, text))
		r++;
	return slice_str(r->cause);
}
