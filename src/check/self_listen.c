/* self_listen.c - check self: our own listeners, as others meet them. */
#include "check/self_priv.h"

#include <stdio.h>
#include <string.h>

#include "conf/trust.h"
#include "os/netif.h"

#define FAR "RCPT TO:<probe@relay-test.invalid>"

static bool
is_any(const struct ip *ip)
{
	static const uint8_t any[16];
	return memcmp(ip->b, any, ip->family == 6 ? 16 : 4) == 0;
}

/* Where a listener on that address can be reached from here: as from outside,
 * if this machine has an address that others see. */
static struct ip
reach(const struct self *s, const struct ip *ip)
{
	struct ip to = *ip;
	if (!is_any(ip))
		return to;
	for (size_t i = 0; i < s->own_n; i++)
		if (s->own[i].family == ip->family)
			return s->own[i];
	to = (struct ip){.family = ip->family};
	if (ip->family == 4) {
		to.b[0] = 127;
		to.b[3] = 1;
	} else {
		to.b[15] = 1;
	}
	return to;
}

/* A source that may not relay: an address of this machine, as others are seen,
 * or another one of 127/8. false: all that there are may. */
static bool
stranger(const struct self_listen *l, struct ip *out)
{
	static const struct ip other = {.family = 4, .b = {127, 86, 75, 30}};
	const struct self *s = l->s;
	const struct conf_trust *trust = &l->conf->trusted;
	for (size_t i = 0; i <= s->own_n; i++) {
		*out = i < s->own_n ? s->own[i] : other;
		if (out->family == l->ip.family &&
		    !conf_trusts(trust, out, SLICE_EMPTY))
			return true;
	}
	return false;
}

static void
keep_chain(struct self_listen *l, const struct probe_result *r)
{
	size_t octets = 0;
	for (size_t i = 0; i < r->cert_n && l->der_n < CERT_CHAIN_MAX; i++) {
		octets += r->certs[i].n;
		if (octets > SELF_DER_MAX ||
		    !arena_slice(&l->mem, r->certs[i], &l->der[l->der_n]))
			return;
		l->der_n++;
	}
}

static void
on_probe(void *arg, const struct probe_result *r)
{
	struct self_listen *l = arg;
	struct self *s = l->s;
	const size_t rcpt[2] = {1, 4};
	l->came = r->greeting.came && r->greeting.code == 220;
	l->esmtp = r->esmtp;
	l->tls = r->tls;
	memcpy(l->cause, r->cause, sizeof(l->cause));
	memcpy(l->why, r->why, sizeof(l->why));
	for (size_t i = 0; l->relay_tried && i < 2; i++) {
		if (r->step_n <= rcpt[i] || !r->steps[rcpt[i]].came)
			continue;
		const struct probe_reply *p = &r->steps[rcpt[i]];
		/* MAIL refused is a refusal, too. */
		if (p->code == 503 && r->steps[rcpt[i] - 1].code >= 400)
			p = &r->steps[rcpt[i] - 1];
		l->relay[i] = p->code;
		(void)snprintf(l->relay_text, sizeof(l->relay_text), "%.*s",
		    SLICE_ARG(p->text));
	}
	keep_chain(l, r);
	if (r->cert_n > 0 && s->trust != NULL)
		cert_chain_read(s->trust, r->certs, r->cert_n,
		    slice_str(s->hostname), check_now_s(s->c), &l->mem,
		    &l->chain);
	self_answered(s);
}

static void
start(struct self_listen *l)
{
	struct self *s = l->s;
	char mail[320];
	(void)snprintf(mail, sizeof(mail), "MAIL FROM:<postmaster@%s>",
	    s->conf->domain_n > 0 ? (const char *)s->conf->domain[0].name.p
				  : s->hostname);
	const struct probe_step steps[] = {{.line = SLICE("MAIL FROM:<>")},
	    {.line = SLICE(FAR)}, {.line = SLICE("RSET")},
	    {.line = slice_str(mail)}, {.line = SLICE(FAR)}};
	struct probe_opts o = {.to = {.ip = l->ip, .port = l->port},
	    .host = slice_str(s->hostname),
	    .tls = l->conf->tls == CONF_TLS_IMPLICIT ? PROBE_TLS_IMPLICIT
						     : PROBE_TLS_IF_OFFERED};
	l->relay_tried = stranger(l, &o.source);
	if (l->relay_tried) {
		o.steps = steps;
		o.step_n = sizeof(steps) / sizeof(*steps);
	} else {
		o.source = (struct ip){0};
	}
	s->waiting++;
	if (probe_start(s->c, &o, on_probe, l) == NULL)
		s->waiting--;
}

void
self_listen_all(struct self *s)
{
	const struct conf *conf = s->conf;
	s->own_n = netif_addresses(s->own, SELF_OWN_MAX);
	for (size_t i = 0; i < conf->listen_n; i++)
		for (size_t k = 0; k < conf->listen[i].address.n; k++) {
			const struct conf_endpoint *e =
			    &conf->listen[i].address.v[k];
			if (s->listen_n == SELF_LISTEN_MAX)
				return;
			struct self_listen *l = &s->listen[s->listen_n++];
			l->s = s;
			l->conf = &conf->listen[i];
			l->ip = reach(s, &e->ip);
			l->endpoint = e->ip;
			l->port = e->port;
			arena_init(&l->mem, 256u << 10);
			start(l);
		}
}

const struct self_listen *
self_shown(const struct self *s)
{
	const struct self_listen *best = NULL;
	for (size_t i = 0; i < s->listen_n; i++) {
		const struct self_listen *l = &s->listen[i];
		if (l->der_n > 0 &&
		    (best == NULL || l->conf->role == CONF_ROLE_MX))
			best = l;
	}
	return best;
}

struct slice
self_leaf(const struct self *s)
{
	const struct self_listen *l = self_shown(s);
	return l != NULL ? l->der[0] : SLICE_EMPTY;
}

/* ---- saying ---- */

#define SOON_S (14u * 86400u)

static void
say_expiry(struct report *r, const char *where, unsigned days)
{
	const char *cure =
	    tr("Renew it, and look why that does not happen by itself");
	if (days == 0)
		report_findingf(r, "tls.cert-expires-soon", SEVERITY_WARN, cure,
		    tr("%s: the certificate expires within a day"), where);
	else if (days == 1)
		report_findingf(r, "tls.cert-expires-soon", SEVERITY_WARN, cure,
		    tr("%s: the certificate expires in 1 day"), where);
	else
		report_findingf(r, "tls.cert-expires-soon", SEVERITY_WARN, cure,
		    tr("%s: the certificate expires in %u days"), where, days);
}

static void
judge_certificate(
    struct self *s, const struct self_listen *l, const char *where)
{
	const struct cert_chain *c = &l->chain;
	struct report *r = s->r;
	uint64_t now = check_now_s(s->c);
	uint64_t end = c->n > 0 ? c->v[0].not_after_s : 0;
	if (c->cause != NULL && c->cause[0] != '\0')
		report_findingf(r, c->cause, SEVERITY_BAD,
		    tr("Get a certificate of a public authority for the host "
		       "name, with its whole chain"),
		    tr("%s: the certificate does not hold: %.*s"), where,
		    SLICE_ARG(c->why));
	else if (!c->name_match)
		report_findingf(r, "tls.cert-name-mismatch", SEVERITY_BAD,
		    tr("Get a certificate for the host name"),
		    tr("%s: the certificate is not for %s"), where,
		    s->hostname);
	if (end > now && end - now < SOON_S)
		say_expiry(r, where, (unsigned)((end - now) / 86400));
}

/* Whom the configuration lets relay, whatever a test from here shows. */
static void
judge_trusted(struct self *s, const struct self_listen *l, const char *where)
{
	const struct ip_net *net;
	char ip[IP_TEXT_MAX];
	enum conf_width w = conf_trust_width(&l->conf->trusted, &net);
	if (w == CONF_TRUST_FEW)
		return;
	ip_text(&net->ip, ip);
	if (w == CONF_TRUST_ANYBODY)
		report_findingf(s->r, "self.open-relay", SEVERITY_BAD,
		    tr("Name only your own networks in trusted"),
		    tr("%s: trusted holds %s/%u: whoever connects may relay "
		       "to anywhere"),
		    where, ip, net->bits);
	else
		report_findingf(s->r, "self.trusted-wide", SEVERITY_WARN,
		    tr("Name only your own networks in trusted"),
		    tr("%s: trusted holds %s/%u: are these addresses of the "
		       "internet all yours?"),
		    where, ip, net->bits);
}

static void
not_tested(struct self *s, const struct self_listen *l, const char *where)
{
	/* nobody else reaches a listener on loopback */
	bool inside = ip_is_loopback(&l->endpoint);
	report_findingf(s->r, "self.relay-not-tested",
	    inside ? SEVERITY_INFO : SEVERITY_WARN,
	    tr("Ask from another host: kurir check relay HOST --mine"),
	    tr("%s: whether it relays was not tested: every address that can "
	       "be used from here is trusted"),
	    where);
	if (!inside)
		report_answer(s->r, CHECK_UNKNOWN);
}

static void
judge_relay(struct self *s, const struct self_listen *l, const char *where)
{
	struct report *r = s->r;
	if (l->conf->role == CONF_ROLE_DEVICE || !l->came)
		return;
	judge_trusted(s, l, where);
	if (!l->relay_tried) {
		not_tested(s, l, where);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		if (l->relay[i] / 100 == 2) {
			report_findingf(r, "self.open-relay", SEVERITY_BAD,
			    tr("Look at trusted in the configuration, and at "
			       "what stands between: it takes mail of anybody "
			       "to anywhere"),
			    tr("%s: it took a recipient elsewhere from a "
			       "stranger: %s"),
			    where, l->relay_text);
			return;
		}
		if (l->relay[i] / 100 != 5) {
			report_findingf(r, "self.relay-unknown", SEVERITY_WARN,
			    "", tr("%s: whether it relays is not known: %s"),
			    where,
			    l->relay[i] == 0 ? tr("there was no answer")
					     : l->relay_text);
			report_answer(r, CHECK_UNKNOWN);
			return;
		}
	}
}

static void
tell_one(struct self *s, struct self_listen *l)
{
	struct report *r = s->r;
	char ip[IP_TEXT_MAX], where[320], until[32];
	struct report_node *in = report_section(
	    r, report_root(r), "listeners", N_("Listener"), true, REPORT_SCORE);
	ip_text(&l->ip, ip);
	(void)snprintf(where, sizeof(where), "%.*s (%s port %u)",
	    SLICE_ARG(slice_to(l->conf->name, 64)), ip, l->port);
	report_text(r, in, "name", N_("Name"), l->conf->name);
	report_text(r, in, "address", N_("Address"), slice_str(ip));
	report_number(r, in, "port", N_("Port"), l->port);
	report_text(r, in, "role", N_("Role"),
	    slice_str(conf_role_name(l->conf->role)));
	report_flag(r, in, "reachable", N_("Answers"), l->came);
	report_flag(r, in, "tls", "TLS", l->tls);
	if (l->relay_tried && l->relay[0] != 0)
		report_fact(r, in, "relay", N_("Relays for strangers"),
		    value_word(
			l->relay[0] / 100 == 2 || l->relay[1] / 100 == 2
			    ? N_("open")
			: l->relay[0] / 100 == 5 && l->relay[1] / 100 == 5
			    ? N_("closed")
			    : N_("unknown")),
		    REPORT_SCORE);
	if (!l->came)
		report_findingf(r,
		    l->cause[0] != '\0' ? l->cause : "self.listener-down",
		    SEVERITY_BAD,
		    tr("See that kurir runs (kurir serve) and that no "
		       "firewall is between"),
		    tr("%s does not answer: %s"), where,
		    l->why[0] != '\0' ? l->why : tr("no greeting"));
	else if (l->conf->tls != CONF_TLS_NONE && !l->tls)
		report_findingf(r,
		    l->cause[0] != '\0' ? l->cause : "tls.not-offered",
		    SEVERITY_BAD,
		    tr("See that certificate and key can be read and belong "
		       "together"),
		    tr("%s: no TLS came about: %s"), where,
		    l->why[0] != '\0' ? l->why : tr("no STARTTLS"));
	if (l->chain.n > 0) {
		cert_time_text(l->chain.v[0].not_after_s, until);
		report_text(r, in, "certificate", N_("Certificate"),
		    l->chain.v[0].subject);
		report_text(
		    r, in, "not_after", N_("Valid until"), slice_str(until));
		report_flag(r, in, "name_match", N_("Is for the host name"),
		    l->chain.name_match);
		report_flag(r, in, "trusted", N_("Trusted"), l->chain.trusted);
		judge_certificate(s, l, where);
	}
	judge_relay(s, l, where);
}

void
self_listen_tell(struct self *s)
{
	for (size_t i = 0; i < s->listen_n; i++)
		tell_one(s, &s->listen[i]);
	if (s->listen_n == 0)
		report_findingf(s->r, "self.no-listener", SEVERITY_WARN,
		    tr("Add a listen section"), "%s",
		    tr("the configuration has no listener: no mail comes in"));
}
