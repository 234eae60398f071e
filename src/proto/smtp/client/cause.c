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
    {530, 0, NULL, "starttls", "tls.required-outbound"},
    {0, '5', ".7.10", NULL, "tls.required-outbound"},
    {530, 0, NULL, NULL, "auth.required"},
    {535, 0, NULL, NULL, "auth.failed"},
    {0, '5', ".7.8", NULL, "auth.failed"},

    {0, 0, NULL, "greylist", "remote.greylisted"},
    {0, 0, NULL, "graylist", "remote.greylisted"},
    {0, 0, NULL, "grey-list", "remote.greylisted"},
    {0, 0, NULL, "grey list", "remote.greylisted"},
    {0, 0, NULL, "gray list", "remote.greylisted"},
    {0, 0, NULL, "postgrey", "remote.greylisted"},

    {0, 0, ".7.26", NULL, "remote.unauthenticated"},
    {0, 0, ".7.25", NULL, "remote.ptr-required"},
    {0, 0, NULL, "reverse dns", "remote.ptr-required"},
    {0, 0, NULL, "rdns", "remote.ptr-required"},
    {0, 0, NULL, "ptr record", "remote.ptr-required"},
    {0, 0, NULL, "no ptr", "remote.ptr-required"},
    {0, 0, NULL, "missing ptr", "remote.ptr-required"},
    {0, 0, NULL, "reverse lookup", "remote.ptr-required"},
    {0, 0, NULL, "cannot find your reverse hostname", "remote.ptr-required"},
    {0, 0, NULL, "cannot find your hostname", "remote.ptr-required"},

    {0, 0, ".5.3", NULL, "limit.recipients"},
    {0, 0, NULL, "too many recipients", "limit.recipients"},

    {0, 0, ".1.1", NULL, "recipient.unknown"},
    {0, 0, ".1.6", NULL, "recipient.unknown"},
    {0, 0, ".1.10", NULL, "dns.null-mx"},
    {0, 0, ".2.2", NULL, "mailbox.full"},
    {0, 0, ".2.3", NULL, "limit.size"},
    {0, 0, ".3.4", NULL, "limit.size"},

    {0, 0, NULL, "spamhaus", "remote.blocklisted"},
    {0, 0, NULL, "spamcop", "remote.blocklisted"},
    {0, 0, NULL, "barracuda", "remote.blocklisted"},
    {0, 0, NULL, "blocklist", "remote.blocklisted"},
    {0, 0, NULL, "block list", "remote.blocklisted"},
    {0, 0, NULL, "blacklist", "remote.blocklisted"},
    {0, 0, NULL, "black list", "remote.blocklisted"},
    {0, 0, NULL, "blocked using", "remote.blocklisted"},
    {0, 0, NULL, "dnsbl", "remote.blocklisted"},
    {0, 0, NULL, "listed in ", "remote.blocklisted"},
    {0, 0, NULL, "listed at ", "remote.blocklisted"},
    {0, 0, NULL, "listed by ", "remote.blocklisted"},
    {0, 0, NULL, "reputation", "remote.blocklisted"},

    {0, 0, ".7.28", NULL, "remote.rate-limited"},
    {0, 0, NULL, "rate limit", "remote.rate-limited"},
    {0, 0, NULL, "ratelimit", "remote.rate-limited"},
    {0, 0, NULL, "throttl", "remote.rate-limited"},
    {0, 0, NULL, "too many", "remote.rate-limited"},
    {0, 0, NULL, "too fast", "remote.rate-limited"},
    {0, 0, NULL, "unusual rate", "remote.rate-limited"},
    {0, '4', NULL, "deferred due to", "remote.rate-limited"},

    {0, 0, NULL, "mailbox full", "mailbox.full"},
    {0, 0, NULL, "mailbox is full", "mailbox.full"},
    {0, 0, NULL, "quota", "mailbox.full"},

    {0, '5', NULL, "user unknown", "recipient.unknown"},
    {0, '5', NULL, "unknown user", "recipient.unknown"},
    {0, '5', NULL, "no such user", "recipient.unknown"},
    {0, '5', NULL, "no such recipient", "recipient.unknown"},
    {0, '5', NULL, "no such mailbox", "recipient.unknown"},
    {0, '5', NULL, "no mailbox", "recipient.unknown"},
    {0, '5', NULL, "no such address", "recipient.unknown"},
    {0, '5', NULL, "recipient unknown", "recipient.unknown"},
    {0, '5', NULL, "unknown recipient", "recipient.unknown"},
    {0, '5', NULL, "recipient not found", "recipient.unknown"},
    {0, '5', NULL, "user not found", "recipient.unknown"},
    {0, '5', NULL, "invalid recipient", "recipient.unknown"},
    {0, '5', NULL, "user does not exist", "recipient.unknown"},
    {0, '5', NULL, "account does not exist", "recipient.unknown"},
    {0, '5', NULL, "mailbox not found", "recipient.unknown"},
    {0, '5', NULL, "mailbox unavailable", "recipient.unknown"},
    {0, '5', NULL, "not a valid mailbox", "recipient.unknown"},

    {0, 0, ".1.7", NULL, "sender.unknown"},
    {0, 0, ".1.8", NULL, "sender.unknown"},
    {0, 0, NULL, "sender address rejected", "sender.unknown"},

    {0, '5', NULL, "too large", "limit.size"},
    {0, '5', NULL, "too big", "limit.size"},
    {0, '5', NULL, "size limit", "limit.size"},
    {0, '5', NULL, "message size", "limit.size"},
    {552, 0, NULL, NULL, "limit.size"},

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
