#include <string.h>

#include "policy/reverse.h"

#define NAME_SHOWN 72 /* octets of a name in a text */

/* What stands in a text: printable, short, with a NUL. */
struct words {
	char ip[IP_TEXT_MAX];
	char name[NAME_SHOWN + 1];
};

struct rule {
	enum reverse_kind kind;
	unsigned finding;
	size_t action; /* offset in struct conf_reverse_lookup */
	const char *rule, *cause;
	void (*say)(struct finding *f, const struct words *w);
};

static void
say_ptr_missing(struct finding *f, const struct words *w)
{
	finding_say(f,
	    "PTR lookup of %s found no name: have its reverse DNS set by the "
	    "provider of the address",
	    w->ip);
}

static void
say_ptr_mismatch(struct finding *f, const struct words *w)
{
	finding_say(f,
	    "PTR lookup of %s found %s, but no such name has that address: "
	    "make the PTR record and the A or AAAA record agree",
	    w->ip, w->name);
}

static void
say_helo_not_found(struct finding *f, const struct words *w)
{
	finding_say(f,
	    "HELO lookup of %s, as %s calls itself, found neither MX nor "
	    "address: greet with a host name that is in DNS",
	    w->name, w->ip);
}

static void
say_helo_forged(struct finding *f, const struct words *w)
{
	finding_say(f,
	    "HELO lookup of %s did not find %s: greet with the host name "
	    "whose address this is",
	    w->name, w->ip);
}

static void
say_mail_not_found(struct finding *f, const struct words *w)
{
	finding_say(f,
	    "MAIL lookup of %s, sent from %s, found neither MX nor address: "
	    "send from a domain that is in DNS",
	    w->name, w->ip);
}

static void
say_mail_no_mx(struct finding *f, const struct words *w)
{
	finding_say(f,
	    "MAIL lookup of %s, sent from %s, found no MX record that takes "
	    "mail: publish one for the sender's domain",
	    w->name, w->ip);
}

static void
say_mail_forged(struct finding *f, const struct words *w)
{
	finding_say(f,
	    "MAIL lookup of %s did not find %s: send by a mail server of that "
	    "domain",
	    w->name, w->ip);
}

#define AT(field) offsetof(struct conf_reverse_lookup, field)

/* In the order in which they are judged. */
static const struct rule rules[] = {
    {REVERSE_PTR, REVERSE_PTR_MISSING, AT(ptr.missing),
	"reverse-lookup.ptr.missing", "lookup.ptr-missing", say_ptr_missing},
    {REVERSE_PTR, REVERSE_PTR_MISMATCH, AT(ptr.mismatch),
	"reverse-lookup.ptr.mismatch", "lookup.ptr-mismatch", say_ptr_mismatch},
    {REVERSE_HELO, REVERSE_NOT_FOUND, AT(helo.not_found),
	"reverse-lookup.helo.not-found", "lookup.helo-not-found",
	say_helo_not_found},
    {REVERSE_HELO, REVERSE_FORGED, AT(helo.forged),
	"reverse-lookup.helo.forged", "lookup.helo-forged", say_helo_forged},
    {REVERSE_MAIL, REVERSE_NOT_FOUND, AT(mail.not_found),
	"reverse-lookup.mail.not-found", "lookup.mail-not-found",
	say_mail_not_found},
    {REVERSE_MAIL, REVERSE_NO_MX, AT(mail.no_mx), "reverse-lookup.mail.no-mx",
	"lookup.mail-no-mx", say_mail_no_mx},
    {REVERSE_MAIL, REVERSE_FORGED, AT(mail.forged),
	"reverse-lookup.mail.forged", "lookup.mail-forged", say_mail_forged},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

struct lookup {
	const char *word, *rule;
	size_t section; /* offsets in struct conf_reverse_lookup */
	size_t exempt_authenticated;
};

static const struct lookup lookups[REVERSE_KINDS] = {
    [REVERSE_PTR] = {"PTR", "reverse-lookup.ptr", AT(ptr),
	AT(ptr.exempt_authenticated)},
    [REVERSE_HELO] = {"HELO", "reverse-lookup.helo", AT(helo),
	AT(helo.exempt_authenticated)},
    [REVERSE_MAIL] = {"MAIL", "reverse-lookup.mail", AT(mail),
	AT(mail.exempt_authenticated)},
};

static const void *
field_at(const struct conf_reverse_lookup *c, size_t offset)
{
	return (const char *)c + offset;
}

static enum conf_action
action_of(const struct conf_reverse_lookup *c, const struct rule *rule)
{
	return *(const enum conf_action *)field_at(c, rule->action);
}

static enum conf_action
strongest(const struct conf_reverse_lookup *c, enum reverse_kind kind)
{
	enum conf_action most = CONF_ACTION_OFF;
	for (size_t i = 0; i < RULES; i++)
		if (rules[i].kind == kind && action_of(c, &rules[i]) > most)
			most = action_of(c, &rules[i]);
	return most;
}

bool
reverse_wanted(const struct conf_reverse_lookup *c, enum reverse_kind kind)
{
	return strongest(c, kind) > CONF_ACTION_OFF;
}

bool
reverse_refuses(const struct conf_reverse_lookup *c, enum reverse_kind kind)
{
	return strongest(c, kind) >= CONF_ACTION_DEFER;
}

bool
reverse_exempts_authenticated(
    const struct conf_reverse_lookup *c, enum reverse_kind kind)
{
	return *(const bool *)field_at(c, lookups[kind].exempt_authenticated);
}

static void
words_of(const struct reverse_result *r, struct words *w)
{
	struct buf b = reverse_fixed(w->name, NAME_SHOWN);
	reverse_add_shown(&b, r->name, NAME_SHOWN);
	w->name[b.n] = '\0';
	ip_text(&r->client, w->ip);
}

/* Never refused for good: whose fault it is, is not known. */
static void
judge_fault(const struct conf_reverse_lookup *c, const struct reverse_result *r,
    const struct words *w, struct finding *f)
{
	const struct lookup *l = &lookups[r->kind];
	bool bogus = (r->findings & REVERSE_BOGUS) != 0;
	*f = (struct finding){.rule = l->rule,
	    .cause = bogus ? "dns.bogus" : "dns.tempfail",
	    .field = field_at(c, l->section)};
	finding_act(f,
	    reverse_refuses(c, r->kind) ? CONF_ACTION_DEFER : CONF_ACTION_NOTE,
	    451, "4.4.3");
	f->enhanced = "4.4.3";
	finding_say(f, "%s lookup of %s%s%s could not be done now: %s", l->word,
	    r->kind == REVERSE_PTR ? w->ip : w->name,
	    r->kind == REVERSE_PTR ? "" : " for ",
	    r->kind == REVERSE_PTR ? "" : w->ip,
	    bogus ? "its DNSSEC signatures do not verify"
		  : "DNS failed or did not answer, try again later");
}

size_t
reverse_judge(const struct conf_reverse_lookup *c,
    const struct reverse_result *r, struct finding out[REVERSE_SAID_MAX])
{
	struct words w;
	size_t n = 0;
	words_of(r, &w);
	if (r->findings & REVERSE_TEMPFAIL) {
		judge_fault(c, r, &w, &out[n++]);
		return n;
	}
	for (size_t i = 0; i < RULES && n < REVERSE_SAID_MAX; i++) {
		const struct rule *rule = &rules[i];
		if (rule->kind != r->kind || !(r->findings & rule->finding))
			continue;
		struct finding *f = &out[n++];
		*f = (struct finding){.rule = rule->rule,
		    .cause = rule->cause,
		    .field = field_at(c, rule->action)};
		finding_act(f, action_of(c, rule), 501, "5.7.1");
		rule->say(f, &w);
		if (finding_refuses(f))
			break;
	}
	return n;
}
