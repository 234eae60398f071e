/* relay_claim.c - may this client say that its mail is from that address? */
#include "base/pack.h"
#include "policy/alias.h"
#include "policy/relay.h"
#include "proto/auth/account.h"

/* The longest part of an address that a refusal repeats. */
#define SHOWN_MAX 80
/* The longest local part that is unquoted; longer ones stay as they are. */
#define LOCAL_MAX 256

/* An address in its parts; room holds what had to be unquoted. */
struct who {
	struct slice local, domain;
	uint8_t room[LOCAL_MAX];
};

/* quoted-string without its quotes and backslashes (RFC 5321 4.1.2) */
static void
unquote(struct who *w)
{
	struct slice in = w->local;
	if (in.n < 2 || in.n > LOCAL_MAX || in.p[0] != '"' ||
	    in.p[in.n - 1] != '"')
		return;
	size_t n = 0;
	for (size_t i = 1; i < in.n - 1; i++) {
		if (in.p[i] == '\\' && i + 1 < in.n - 1)
			i++;
		w->room[n++] = in.p[i];
	}
	w->local = slice_of(w->room, n);
}

static void
who_split(struct slice address, struct who *out)
{
	size_t at = slice_rfind(address, '@');
	out->local = slice_to(address, at);
	out->domain = slice_from(address, at + 1);
	if (out->domain.n > 0 && out->domain.p[out->domain.n - 1] == '.')
		out->domain.n--;
	unquote(out);
}

static bool
who_is_ours(const struct conf *c, const struct who *w)
{
	return conf_domain_find(c, w->domain) != NULL ||
	       slice_eq_nocase(w->domain, c->hostname);
}

static bool
claims_ours(
    const struct conf *c, const struct relay_claim *claim, const struct who *w)
{
	return claim->domain != RELAY_DOMAIN_FOREIGN || who_is_ours(c, w);
}

/* ---- whose address it is ---- */

/* An account without domain is one in every maildir domain. */
static bool
is_account(const struct conf *c, const struct who *user, const struct who *w)
{
	if (!slice_eq_nocase(user->local, w->local))
		return false;
	if (user->domain.n > 0)
		return slice_eq_nocase(user->domain, w->domain);
	const struct conf_domain *d = conf_domain_find(c, w->domain);
	return d != NULL && d->deliver.kind == NEXTHOP_MAILDIR;
}

bool
relay_user_owns(
    const struct conf *c, struct slice user, const struct relay_claim *claim)
{
	struct who u, w;
	struct slice targets = claim->targets, target;
	if (user.n == 0)
		return false;
	account_split(user, &u.local, &u.domain);
	who_split(claim->address, &w);
	if (is_account(c, &u, &w))
		return true;
	/* Lookup has taken the tag off where it named nothing. */
	if (targets.n == 0)
		return alias_detag(w.local, c->recipient_delimiter, &w.local) &&
		       is_account(c, &u, &w);
	while (pack_next(&targets, &target)) {
		who_split(target, &w);
		if (is_account(c, &u, &w))
			return true;
	}
	return false;
}

/* ---- shields ---- */

/* How near the shield is to the domain; 0: not over it. */
static size_t
nearness(const struct conf_shield *s, struct slice domain, bool ours)
{
	if (slice_eq_nocase(s->name, domain))
		return SIZE_MAX;
	if (s->name.n > 0 && s->name.p[0] == '.')
		return domain.n > s->name.n &&
			       slice_ends_nocase(domain, s->name)
			   ? 2 + s->name.n
			   : 0;
	if (slice_eq_nocase(s->name, SLICE(CONF_SHIELD_LOCAL)))
		return ours ? 2 : 0;
	return slice_eq(s->name, SLICE("*"));
}

static const struct conf_shield *
shield_over(const struct conf *c, struct slice domain, bool ours)
{
	const struct conf_shield *best = NULL;
	size_t best_near = 0;
	for (size_t i = 0; i < c->shield_n; i++) {
		size_t near = nearness(&c->shield[i], domain, ours);
		if (near > best_near) {
			best_near = near;
			best = &c->shield[i];
		}
	}
	return best;
}

static bool
shield_spares(const struct conf_shield *s, const struct relay_claim *claim)
{
	return (s->exempt_authenticated && claim->authenticated) ||
	       (s->exempt_trusted && claim->trusted);
}

static bool
shield_holds(const struct conf_shield *s, const struct relay_claim *claim)
{
	if (shield_spares(s, claim))
		return false;
	for (size_t i = 0; i < s->address.n; i++)
		if (ip_in_net(claim->ip, &s->address.v[i]))
			return false;
	return true;
}

/* An author that cannot be read may be anybody: every shield over From: is
 * over it. */
static const struct conf_shield *
shield_against_anybody(const struct conf *c, const struct relay_claim *claim)
{
	const struct conf_shield *worst = NULL;
	for (size_t i = 0; i < c->shield_n; i++) {
		const struct conf_shield *s = &c->shield[i];
		if (s->header && shield_holds(s, claim) &&
		    (worst == NULL || s->action > worst->action))
			worst = s;
	}
	return worst;
}

/* The strongest shield that keeps this client from being that address, or
 * anybody here that it stands for; NULL: none. */
static const struct conf_shield *
shield_against(const struct conf *c, const struct relay_claim *claim,
    const struct who *w, bool header)
{
	const struct conf_shield *worst = NULL, *s;
	struct slice targets = claim->targets, target;
	struct who t = *w;
	bool ours = claims_ours(c, claim, w), more = true;
	while (more) {
		s = shield_over(c, t.domain, ours);
		if (s != NULL && (s->header || !header) &&
		    shield_holds(s, claim) &&
		    (worst == NULL || s->action > worst->action))
			worst = s;
		ours = true;
		do {
			more = pack_next(&targets, &target);
			if (more)
				who_split(target, &t);
		} while (more && !who_is_ours(c, &t));
	}
	return worst;
}

/* ---- what was found ---- */

struct found {
	struct finding *v;
	size_t n;
};

/* One more finding, its text to be said; NULL: an earlier one has refused. */
static struct finding *
found_add(struct found *f, const struct finding *what, enum conf_action action)
{
	if (f->n > 0 && finding_refuses(&f->v[f->n - 1]))
		return NULL;
	struct finding *out = &f->v[f->n++];
	*out = *what;
	finding_act(out, action, what->code, what->enhanced);
	return out;
}

static void
judge_shield(struct found *f, const struct conf *c,
    const struct relay_claim *claim, const struct who *w, bool header)
{
	struct slice shown = slice_to(claim->address, SHOWN_MAX);
	const struct conf_shield *s = header && w->domain.n == 0
					  ? shield_against_anybody(c, claim)
					  : shield_against(c, claim, w, header);
	char ip[IP_TEXT_MAX];
	if (s == NULL)
		return;
	const struct finding what = {.rule = "shield",
	    .cause = "sender.shielded",
	    .field = &s->address,
	    .code = 550,
	    .enhanced = "5.7.1"};
	struct finding *out = found_add(f, &what, s->action);
	if (out == NULL)
		return;
	ip_text(claim->ip, ip);
	if (s->exempt_authenticated)
		finding_say(out,
		    "Authentication required: mail from <%.*s> does not come "
		    "from %s",
		    SLICE_ARG(shown), ip);
	else
		finding_say(out,
		    "Mail from <%.*s> does not come from %s: this domain "
		    "sends from other addresses",
		    SLICE_ARG(shown), ip);
}

static bool
from_outside(const struct relay_claim *claim)
{
	return !claim->authenticated && !claim->trusted;
}

static bool
is_keeper(const struct conf *c, const struct who *w)
{
	struct slice local = w->local;
	(void)alias_detag(w->local, c->recipient_delimiter, &local);
	return slice_eq_nocase(local, SLICE("postmaster")) ||
	       slice_eq_nocase(local, SLICE("abuse")) ||
	       slice_eq_nocase(local, SLICE("webmaster"));
}

static void
judge_postmaster(struct found *f, const struct conf *c,
    const struct relay_claim *claim, const struct who *w)
{
	static const struct finding what = {.rule = "relay-control.postmaster",
	    .cause = "auth.required",
	    .code = 550,
	    .enhanced = "5.7.1"};
	if (!from_outside(claim) || !claims_ours(c, claim, w) ||
	    !is_keeper(c, w))
		return;
	struct finding *out = found_add(f, &what, c->relay_control.postmaster);
	if (out == NULL)
		return;
	out->field = &c->relay_control.postmaster;
	finding_say(out, "Authentication is required to send as <%.*s>",
	    SLICE_ARG(slice_to(claim->address, SHOWN_MAX)));
}

static bool
unknown_spared(const struct conf *c, const struct relay_claim *claim)
{
	const struct conf_relay_sender *s = &c->relay_control.sender;
	return (s->exempt_authenticated && claim->authenticated) ||
	       (s->exempt_trusted && claim->trusted);
}

static void
judge_unknown(
    struct found *f, const struct conf *c, const struct relay_claim *claim)
{
	static const struct finding what = {
	    .rule = "relay-control.sender.unknown",
	    .cause = "sender.unknown",
	    .code = 550,
	    .enhanced = "5.1.0"};
	if (claim->domain == RELAY_DOMAIN_FOREIGN ||
	    claim->exists != RELAY_EXISTS_NO || unknown_spared(c, claim))
		return;
	struct finding *out =
	    found_add(f, &what, c->relay_control.sender.unknown);
	if (out == NULL)
		return;
	out->field = &c->relay_control.sender.unknown;
	finding_say(out,
	    "There is no mailbox <%.*s> here that mail could be from",
	    SLICE_ARG(slice_to(claim->address, SHOWN_MAX)));
}

/* Is that address perhaps the user's by an alias that could not be read? */
static bool
may_be_alias(const struct relay_claim *claim)
{
	return claim->domain != RELAY_DOMAIN_FOREIGN &&
	       claim->exists == RELAY_EXISTS_UNKNOWN;
}

static void
judge_identity(struct found *f, const struct conf *c,
    const struct relay_claim *claim, const struct finding *what,
    const enum conf_action *action)
{
	if (!claim->authenticated || may_be_alias(claim) ||
	    relay_user_owns(c, claim->user, claim))
		return;
	struct finding *out = found_add(f, what, *action);
	if (out == NULL)
		return;
	out->field = action;
	finding_say(out,
	    "You are authenticated as %.*s, and <%.*s> is not your address",
	    SLICE_ARG(slice_to(claim->user, SHOWN_MAX)),
	    SLICE_ARG(slice_to(claim->address, SHOWN_MAX)));
}

typedef size_t judge_fn(const struct conf *c, const struct relay_claim *claim,
    struct finding out[RELAY_FINDINGS_MAX]);

static bool
refused(const struct finding *v, size_t n)
{
	return n > 0 && finding_refuses(&v[n - 1]);
}

/* What only a client that is not trusted hears is put off until it is known
 * whether it is. */
static size_t
judge_by_trust(judge_fn *judge, const struct conf *c,
    const struct relay_claim *claim, struct finding out[RELAY_FINDINGS_MAX])
{
	struct finding then[RELAY_FINDINGS_MAX];
	struct relay_claim trusted = *claim;
	trusted.trusted = true;
	size_t n = judge(c, claim, out);
	if (!claim->trust_unknown || !refused(out, n) ||
	    refused(then, judge(c, &trusted, then)))
		return n;
	finding_act(&out[n - 1], CONF_ACTION_DEFER, 451, "4.4.3");
	out[n - 1].enhanced = "4.4.3";
	out[n - 1].cause = "dns.tempfail";
	finding_say(&out[n - 1], "%s", RELAY_TRUST_UNKNOWN);
	return n;
}

static size_t
judge_mail(const struct conf *c, const struct relay_claim *claim,
    struct finding out[RELAY_FINDINGS_MAX])
{
	static const struct finding envelope = {
	    .rule = "relay-control.identity.envelope",
	    .cause = "sender.not-yours",
	    .code = 553,
	    .enhanced = "5.7.1"};
	struct found f = {.v = out};
	struct who w;
	if (claim->address.n == 0)
		return 0;
	who_split(claim->address, &w);
	judge_shield(&f, c, claim, &w, false);
	judge_postmaster(&f, c, claim, &w);
	judge_unknown(&f, c, claim);
	judge_identity(
	    &f, c, claim, &envelope, &c->relay_control.identity.envelope);
	return f.n;
}

static size_t
judge_header(const struct conf *c, const struct relay_claim *claim,
    struct finding out[RELAY_FINDINGS_MAX])
{
	static const struct finding header = {
	    .rule = "relay-control.identity.header",
	    .cause = "sender.not-yours",
	    .code = 550,
	    .enhanced = "5.7.1"};
	struct found f = {.v = out};
	struct who w;
	if (claim->address.n == 0)
		return 0;
	who_split(claim->address, &w);
	judge_shield(&f, c, claim, &w, true);
	judge_identity(
	    &f, c, claim, &header, &c->relay_control.identity.header);
	return f.n;
}

size_t
relay_claim_mail(const struct conf *c, const struct relay_claim *claim,
    struct finding out[RELAY_FINDINGS_MAX])
{
	return judge_by_trust(judge_mail, c, claim, out);
}

size_t
relay_claim_header(const struct conf *c, const struct relay_claim *claim,
    struct finding out[RELAY_FINDINGS_MAX])
{
	return judge_by_trust(judge_header, c, claim, out);
}

/* ---- what has to be known for it ---- */

static bool
shields_ask(const struct conf *c, const struct relay_claim *claim)
{
	for (size_t i = 0; i < c->shield_n; i++)
		if (c->shield[i].action != CONF_ACTION_OFF &&
		    !shield_spares(&c->shield[i], claim))
			return true;
	return false;
}

bool
relay_claim_asks(const struct conf *c, const struct relay_claim *claim)
{
	const struct conf_relay_control *rc = &c->relay_control;
	struct who w;
	if (claim->address.n == 0)
		return false;
	who_split(claim->address, &w);
	/* A literal may be an address of ours. */
	bool literal = w.domain.n > 0 && w.domain.p[0] == '[';
	if (!literal && !who_is_ours(c, &w))
		return false;
	if (shields_ask(c, claim))
		return true;
	if (rc->sender.unknown != CONF_ACTION_OFF && !unknown_spared(c, claim))
		return true;
	if (literal && rc->postmaster != CONF_ACTION_OFF && from_outside(claim))
		return true;
	return claim->authenticated &&
	       (rc->identity.envelope != CONF_ACTION_OFF ||
		   rc->identity.header != CONF_ACTION_OFF);
}
