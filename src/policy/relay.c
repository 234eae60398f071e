#include "policy/relay.h"

/* The longest part of an address that a refusal repeats. */
#define SHOWN_MAX 100

static void
allow(struct relay_verdict *out, const char *rule)
{
	*out = (struct relay_verdict){
	    .allow = true, .code = 250, .enhanced = "2.1.5", .rule = rule};
}

static void
refuse(struct relay_verdict *out, uint16_t code, const char *enhanced,
    const char *rule)
{
	*out = (struct relay_verdict){
	    .code = code, .enhanced = enhanced, .rule = rule};
}

/* A submission listener takes nothing without AUTH, not even from a trusted
 * network: who submits is a person or a program with a name. */
static bool
must_authenticate(const struct relay_client *c)
{
	if (c->authenticated)
		return false;
	return c->role == CONF_ROLE_SUBMISSION || c->auth == CONF_AUTH_REQUIRE;
}

static void
refuse_auth(struct relay_verdict *out)
{
	refuse(out, 530, "5.7.0", "listener requires AUTH");
	(void)diag_set(&out->why, ERR_DENIED, "auth.required",
	    "Authentication is required here before mail is accepted");
}

void
relay_mail(const struct relay_client *client, struct relay_verdict *out)
{
	if (must_authenticate(client)) {
		refuse_auth(out);
		return;
	}
	allow(out, "mail");
	out->enhanced = "2.1.0";
}

bool
relay_routes(struct slice local)
{
	for (size_t i = 0; i < local.n; i++)
		switch (local.p[i]) {
		case '%':
		case '!':
		case '@':
		case ':':
			return true;
		default:
			break;
		}
	return false;
}

static bool
may_relay(const struct relay_client *c)
{
	return c->authenticated || c->trusted;
}

static void
judge_foreign(const struct relay_client *client, struct slice shown,
    struct relay_verdict *out)
{
	if (client->authenticated) {
		allow(out, "authenticated");
		return;
	}
	if (client->trusted) {
		allow(out, "trusted");
		return;
	}
	refuse(out, 550, "5.7.1", "foreign recipient, not authenticated");
	(void)diag_set(&out->why, ERR_DENIED, "relay.denied",
	    "Relaying to <%.*s> is denied: it is not one of our domains, and "
	    "you are neither authenticated nor trusted",
	    SLICE_ARG(shown));
}

/* Behind us is another server, which might take the local part apart. */
static void
refuse_routing(struct slice shown, struct relay_verdict *out)
{
	refuse(out, 550, "5.7.1", "recipient names a route");
	(void)diag_set(&out->why, ERR_DENIED, "relay.denied",
	    "Relaying to <%.*s> is denied: its local part names a way to "
	    "somewhere else, and you are neither authenticated nor trusted",
	    SLICE_ARG(shown));
}

static bool
spares_unknown(
    const struct conf_relay_recipient *u, const struct relay_client *c)
{
	return (u->exempt_authenticated && c->authenticated) ||
	       (u->exempt_trusted && c->trusted);
}

static void
refuse_unknown(const struct conf_relay_recipient *u,
    const struct relay_rcpt *rcpt, struct slice shown,
    struct relay_verdict *out)
{
	if (u->unknown == CONF_ACTION_DEFER)
		refuse(out, 450, "4.1.1", "relay-control.recipient.unknown");
	else
		refuse(out, 550, "5.1.1", "relay-control.recipient.unknown");
	out->close = u->unknown == CONF_ACTION_CLOSE;
	out->field = &u->unknown;
	if (rcpt->reason.n > 0)
		(void)diag_set(&out->why, ERR_NOT_FOUND, "recipient.unknown",
		    "There is no mailbox <%.*s> here: %.*s", SLICE_ARG(shown),
		    SLICE_ARG(rcpt->reason));
	else
		(void)diag_set(&out->why, ERR_NOT_FOUND, "recipient.unknown",
		    "There is no mailbox <%.*s> here", SLICE_ARG(shown));
}

/* It is there, says the next hop, but nothing fits in (RFC 3463: X.2.2). */
static void
refuse_full(const struct relay_rcpt *rcpt, struct slice shown,
    struct relay_verdict *out)
{
	refuse(out, 552, "5.2.2", "recipient's mailbox is full");
	(void)diag_set(&out->why, ERR_LIMIT, "mailbox.full",
	    "The mailbox <%.*s> is full: %.*s", SLICE_ARG(shown),
	    SLICE_ARG(rcpt->reason));
}

static void
refuse_for_now(const struct relay_rcpt *rcpt, struct slice shown,
    struct relay_verdict *out)
{
	refuse(out, 451, "4.3.0", "recipient cannot be verified now");
	(void)diag_set(&out->why, ERR_TEMP, NULL,
	    "The mailbox <%.*s> cannot be verified right now%s%.*s, please "
	    "try again later",
	    SLICE_ARG(shown), rcpt->reason.n > 0 ? ": " : "",
	    SLICE_ARG(rcpt->reason));
	/* The sentence above may be cut; the cause never is. */
	struct slice cause =
	    rcpt->cause.n > 0 ? rcpt->cause : SLICE("local.io-error");
	size_t n = 0;
	for (; n < cause.n && n < sizeof(out->why.cause) - 1; n++)
		out->why.cause[n] = (char)cause.p[n];
	out->why.cause[n] = '\0';
}

/* A recipient in one of our domains. */
static void
judge_ours(const struct relay_client *client,
    const struct conf_relay_recipient *unknown, const struct relay_rcpt *rcpt,
    struct slice shown, struct relay_verdict *out)
{
	if (rcpt->domain != RELAY_DOMAIN_MAILDIR && !may_relay(client) &&
	    relay_routes(rcpt->local)) {
		refuse_routing(shown, out);
		return;
	}
	switch (rcpt->exists) {
	case RELAY_EXISTS_YES:
		allow(out, "our recipient");
		return;
	case RELAY_EXISTS_NO:
		if (spares_unknown(unknown, client))
			allow(out, "recipient unknown, exempt");
		else if (slice_eq(rcpt->cause, SLICE("mailbox.full")))
			refuse_full(rcpt, shown, out);
		else
			refuse_unknown(unknown, rcpt, shown, out);
		return;
	case RELAY_EXISTS_UNKNOWN:
		break;
	}
	refuse_for_now(rcpt, shown, out);
}

static void
judge_rcpt(const struct relay_client *client,
    const struct conf_relay_recipient *unknown, const struct relay_rcpt *rcpt,
    struct relay_verdict *out)
{
	struct slice shown = slice_to(rcpt->address, SHOWN_MAX);
	if (must_authenticate(client)) {
		refuse_auth(out);
		return;
	}
	if (rcpt->accepted >= rcpt->max_recipients) {
		refuse(out, 452, "4.5.3", "limits.recipients");
		(void)diag_set(&out->why, ERR_LIMIT, "limit.recipients",
		    "Too many recipients: %llu are accepted in one message, "
		    "please send the rest in another",
		    (unsigned long long)rcpt->max_recipients);
		return;
	}
	if (rcpt->domain == RELAY_DOMAIN_FOREIGN)
		judge_foreign(client, shown, out);
	else
		judge_ours(client, unknown, rcpt, shown, out);
}

void
relay_rcpt(const struct relay_client *client,
    const struct conf_relay_recipient *unknown, const struct relay_rcpt *rcpt,
    struct relay_verdict *out)
{
	struct relay_client trusted = *client;
	struct relay_verdict then;
	trusted.trusted = true;
	judge_rcpt(client, unknown, rcpt, out);
	if (out->allow || !client->trust_unknown)
		return;
	judge_rcpt(&trusted, unknown, rcpt, &then);
	if (!then.allow)
		return;
	refuse(out, 451, "4.4.3", "trusted");
	(void)diag_set(
	    &out->why, ERR_TEMP, "dns.tempfail", "%s", RELAY_TRUST_UNKNOWN);
}

/* ".example" means every name below it; else the name itself. */
static bool
name_matches(struct slice rule, struct slice ptr)
{
	if (rule.n > 0 && rule.p[0] == '.')
		return ptr.n > rule.n && slice_ends_nocase(ptr, rule);
	return slice_eq_nocase(rule, ptr);
}

bool
relay_trust(const struct conf_trust *t, const struct ip *ip, struct slice ptr,
    struct buf *evidence)
{
	for (size_t i = 0; i < t->net_n; i++) {
		if (!ip_in_net(ip, &t->net[i]))
			continue;
		if (evidence != NULL) {
			buf_add_ip(evidence, &t->net[i].ip);
			buf_add_byte(evidence, '/');
			buf_add_u64(evidence, t->net[i].bits);
		}
		return true;
	}
	for (size_t i = 0; ptr.n > 0 && i < t->name_n; i++) {
		if (!name_matches(t->name[i], ptr))
			continue;
		if (evidence != NULL)
			buf_add(evidence, t->name[i]);
		return true;
	}
	return false;
}
