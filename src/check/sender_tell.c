/* sender_tell.c - what check sender learnt, judged: each point bad, warn or
 * info, with its cure. */
#include "check/sender_priv.h"

#include <stdio.h>
#include <string.h>

#include "proto/dns/name.h"

static bool
silent(enum ipc_dns_status status)
{
	return status >= IPC_DNS_TEMPFAIL;
}

/* What DNS did not say is never held to be good. */
static void
say_silent(struct sender *s, const char *what)
{
	report_findingf(s->r, "dns.tempfail", SEVERITY_WARN,
	    tr("Try again later; if it stays so, look at the name servers"),
	    tr("DNS did not say: %s"), what);
	report_answer(s->r, CHECK_UNKNOWN);
}

/* ---- the domain ---- */

static void
tell_domain(struct sender *s)
{
	struct report *r = s->r;
	struct report_node *root = report_root(r);
	report_text(r, root, "domain", N_("Domain"), slice_str(s->domain));
	bool none = s->soa == IPC_DNS_NXDOMAIN || s->ns == IPC_DNS_NXDOMAIN;
	if (!none && silent(s->soa) && silent(s->ns)) {
		report_fact(r, root, "registered", N_("Registered"),
		    value_null(), REPORT_SCORE);
		say_silent(s, tr("whether the domain exists"));
		return;
	}
	report_flag(r, root, "registered", N_("Registered"), !none);
	if (none) {
		report_findingf(r, "dns.nxdomain", SEVERITY_BAD,
		    tr("Register the domain, or mend its delegation: servers "
		       "refuse senders of domains that do not exist"),
		    tr("the domain %s does not exist"), s->domain);
		return;
	}
	report_flag(r, root, "zone", N_("Has a zone of its own"), s->soa_here);
	report_number(r, root, "ns", N_("Name servers"), s->ns_n);
	if (s->ns_n == 1)
		report_findingf(r, "sender.one-name-server", SEVERITY_WARN,
		    tr("Have a second name server in another network "
		       "(RFC 2182)"),
		    tr("%s has one name server: when it is down, so is its "
		       "mail"),
		    s->domain);
}

/* ---- exchangers ---- */

static void
tell_host(struct sender *s, const struct check_host *h)
{
	struct report *r = s->r;
	struct report_node *in = report_section(
	    r, report_root(r), "mx", N_("Exchanger"), true, REPORT_SCORE);
	struct buf list;
	report_text(r, in, "host", N_("Host"), slice_str(h->name));
	report_number(r, in, "preference", N_("Preference"), h->preference);
	buf_init(&list, 2048);
	for (size_t i = 0; i < h->addr_n; i++) {
		if (i > 0)
			buf_add_str(&list, ", ");
		buf_add_ip(&list, &h->addr[i]);
	}
	if (h->addr_n > 0)
		report_text(
		    r, in, "addresses", N_("Addresses"), buf_slice(&list));
	buf_free(&list);
	for (size_t i = 0; i < s->host_n; i++)
		if (strcmp(s->host[i].name, h->name) == 0)
			report_text(r, in, "dane", "DANE",
			    slice_str(dane_state_name(s->host[i].dane.state)));
	if (!dns_hostname_valid(slice_str(h->name)))
		report_findingf(r, "sender.mx-name", SEVERITY_BAD,
		    tr("An MX record names a host, never an address"),
		    tr("the MX %s is not the name of a host"), h->name);
	else if (h->addr_n == 0 && silent(h->status))
		say_silent(s, h->name);
	else if (h->addr_n == 0)
		report_findingf(r, "sender.mx-no-address",
		    s->hosts.n == 1 ? SEVERITY_BAD : SEVERITY_WARN,
		    tr("Publish an A or AAAA record, or take the MX record "
		       "out"),
		    tr("the MX %s has no address"), h->name);
}

static void
tell_hosts(struct sender *s)
{
	struct report *r = s->r;
	const struct check_hosts *h = &s->hosts;
	bool implicit = h->n > 0 && h->v[0].implicit;
	check_hosts_private(r, h);
	if (h->null_mx) {
		report_findingf(r, "dns.null-mx", SEVERITY_BAD,
		    tr("Publish an MX record: who takes no mail should not "
		       "send any (RFC 7505)"),
		    tr("%s says by a null MX that it takes no mail"),
		    s->domain);
	} else if (silent(h->status)) {
		say_silent(s, tr("which exchangers the domain has"));
	} else if (h->n == 0 || implicit) {
		report_findingf(r, "lookup.mail-no-mx", SEVERITY_BAD,
		    tr("Publish an MX record that names your mail server"),
		    implicit
			? tr("%s has no MX record, only addresses: many "
			     "servers refuse such senders")
			: tr("%s has no MX record: replies and bounces have "
			     "nowhere to go"),
		    s->domain);
	}
	for (size_t i = 0; i < h->n; i++)
		tell_host(s, &h->v[i]);
	if (h->mx_total > 0 && h->n == 1 && !implicit)
		report_findingf(r, "sender.one-mx", SEVERITY_INFO, "",
		    tr("%s has one exchanger"), s->domain);
}

/* ---- addresses ---- */

static const char *
reverse_word(unsigned findings)
{
	return findings == 0                     ? "pass"
	       : findings & REVERSE_BOGUS        ? "bogus"
	       : findings & REVERSE_TEMPFAIL     ? "temperror"
	       : findings & REVERSE_SKIPPED      ? "skipped"
	       : findings & REVERSE_PTR_MISSING  ? "missing"
	       : findings & REVERSE_PTR_MISMATCH ? "mismatch"
	       : findings & REVERSE_NOT_FOUND    ? "not-found"
	       : findings & REVERSE_FORGED       ? "mismatch"
						 : "no-mx";
}

/* "4-3-2-1.dynamic.provider.example": names that providers give to all. */
static bool
generic(const struct ip *ip, const char *name)
{
	const uint8_t *b = ip->b;
	char there[24], back[24];
	for (const char *by = "-._x"; ip->family == 4 && *by != '\0'; by++) {
		(void)snprintf(there, sizeof(there), "%u%c%u%c%u%c%u", b[0],
		    *by, b[1], *by, b[2], *by, b[3]);
		(void)snprintf(back, sizeof(back), "%u%c%u%c%u%c%u", b[3], *by,
		    b[2], *by, b[1], *by, b[0]);
		if (strstr(name, there) != NULL || strstr(name, back) != NULL)
			return true;
	}
	return strstr(name, "dynamic") != NULL ||
	       strstr(name, ".dsl.") != NULL || strstr(name, "dhcp") != NULL;
}

static void
judge_ptr(struct sender *s, const struct sender_ip *i, const char *ip)
{
	struct report *r = s->r;
	if (i->ptr & REVERSE_TEMPFAIL)
		say_silent(s, tr("the name of the address (PTR)"));
	else if (i->ptr & REVERSE_PTR_MISSING)
		report_findingf(r, "lookup.ptr-missing", SEVERITY_BAD,
		    tr("Ask the provider of the address for a PTR record with "
		       "the name of the server"),
		    tr("%s has no name (PTR): many servers refuse it"), ip);
	else if (i->ptr & REVERSE_PTR_MISMATCH)
		report_findingf(r, "lookup.ptr-mismatch", SEVERITY_BAD,
		    tr("Let the name have the address (A or AAAA), or the PTR "
		       "record name one that has it"),
		    tr("%s is called %s, but that name has other addresses"),
		    ip, i->ptr_name);
	else if (generic(&i->ip, i->ptr_confirmed))
		report_findingf(r, "sender.ptr-generic", SEVERITY_WARN,
		    tr("Ask the provider for a PTR record with the name of "
		       "the server"),
		    tr("%s is called %s, a name as home connections have: "
		       "some servers refuse it"),
		    ip, i->ptr_confirmed);
}

static void
judge_helo(struct sender *s, const struct sender_ip *i, const char *ip)
{
	struct report *r = s->r;
	if (!i->helo_asked)
		return;
	if (i->helo & REVERSE_TEMPFAIL)
		say_silent(s, tr("the addresses of the HELO name"));
	else if (i->helo & REVERSE_NOT_FOUND)
		report_findingf(r, "lookup.helo-not-found", SEVERITY_BAD,
		    tr("Publish A or AAAA for the HELO name, or say a name "
		       "that has them"),
		    tr("the HELO name %s does not exist in DNS"), i->helo_name);
	else if (i->helo & REVERSE_FORGED)
		report_findingf(r, "lookup.helo-forged", SEVERITY_WARN,
		    tr("Let the server say the name that its address has"),
		    tr("the HELO name %s does not have the address %s"),
		    i->helo_name, ip);
}

static void
judge_mail(struct sender *s, const struct sender_ip *i, const char *ip)
{
	if (i->mail & REVERSE_TEMPFAIL)
		say_silent(s, tr("the addresses of the domain"));
	else if (i->mail & REVERSE_FORGED)
		report_findingf(s->r, "lookup.mail-forged", SEVERITY_INFO,
		    tr("Usual where other servers send than receive; SPF says "
		       "who may"),
		    tr("%s is neither an address of %s nor of its MX"), ip,
		    s->domain);
	else if (i->mail & REVERSE_NOT_FOUND)
		report_findingf(s->r, "lookup.mail-not-found", SEVERITY_BAD,
		    tr("Publish an MX record"),
		    tr("%s has neither MX nor addresses"), s->domain);
}

static void
judge_spf(struct sender *s, const struct sender_ip *i, const char *ip)
{
	/* The MX need not send; an address that was named does. */
	bool named = s->o.ip.family != 0;
	struct report *r = s->r;
	switch (i->spf) {
	case SPF_FAIL:
	case SPF_SOFTFAIL:
	case SPF_NEUTRAL:
		report_findingf(r, "sender.spf-not-covered",
		    named && i->spf != SPF_NEUTRAL ? SEVERITY_BAD
						   : SEVERITY_WARN,
		    tr("Add it to the SPF record, if it sends: ip4:ADDRESS, "
		       "ip6:ADDRESS, or mx"),
		    tr("the SPF record does not let %s send: %s"), ip,
		    spf_word_name(i->spf));
		break;
	case SPF_PERMERROR:
		report_findingf(r, "spf.permerror", SEVERITY_BAD,
		    tr("Mend what is named; receivers treat the domain as if "
		       "it had no record, or refuse"),
		    tr("the SPF record is wrong: %s"), i->spf_problem);
		break;
	case SPF_TEMPERROR:
		say_silent(s, "SPF");
		break;
	case SPF_NONE:
	case SPF_PASS:
		break;
	}
}

static void
tell_ip(struct sender *s, const struct sender_ip *i)
{
	struct report *r = s->r;
	char ip[IP_TEXT_MAX];
	struct report_node *in = report_section(
	    r, report_root(r), "addresses", N_("Address"), true, REPORT_SCORE);
	ip_text(&i->ip, ip);
	report_text(r, in, "ip", N_("Address"), slice_str(ip));
	report_text(
	    r, in, "ptr", N_("PTR lookup"), slice_str(reverse_word(i->ptr)));
	if (i->ptr_name[0] != '\0')
		report_text(r, in, "ptr_name", N_("Name"),
		    slice_str(i->ptr_confirmed[0] != '\0' ? i->ptr_confirmed
							  : i->ptr_name));
	report_flag(
	    r, in, "forward_confirmed", N_("Forward-confirmed"), i->ptr == 0);
	if (i->helo_asked) {
		report_text(r, in, "helo_name", N_("HELO name"),
		    slice_str(i->helo_name));
		report_text(r, in, "helo", N_("HELO lookup"),
		    slice_str(reverse_word(i->helo)));
	}
	report_text(
	    r, in, "mail", N_("MAIL lookup"), slice_str(reverse_word(i->mail)));
	report_text(r, in, "spf", "SPF", slice_str(spf_word_name(i->spf)));
	if (i->spf_mechanism[0] != '\0')
		report_text(r, in, "spf_mechanism", N_("Mechanism"),
		    slice_str(i->spf_mechanism));
	judge_ptr(s, i, ip);
	judge_helo(s, i, ip);
	judge_mail(s, i, ip);
	judge_spf(s, i, ip);
}

static void
tell_ips(struct sender *s)
{
	for (size_t i = 0; i < s->ip_n; i++)
		tell_ip(s, &s->ip[i]);
	if (s->o.ip.family == 0 && s->ip_n > 0)
		report_findingf(s->r, "sender.ip-assumed", SEVERITY_INFO,
		    tr("Name the address that sends: --ip ADDRESS"), "%s",
		    tr("the addresses of the exchangers were taken to be those "
		       "that send"));
	if (s->ip_left > 0) {
		report_findingf(s->r, "sender.ips-left-out", SEVERITY_WARN, "",
		    tr("%zu further addresses were not looked at"), s->ip_left);
		report_answer(s->r, CHECK_UNKNOWN);
	}
}

/* ---- records ---- */

static void
tell_spf(struct sender *s)
{
	struct report *r = s->r;
	struct report_node *in = report_section(
	    r, report_root(r), "spf", "SPF", false, REPORT_SCORE);
	struct slice record = SLICE_EMPTY;
	struct buf b;
	size_t n = 0;
	unsigned lookups = 0;
	for (size_t i = 0; i < s->spf.n; i++)
		if (spf_is_record(s->spf.v[i]) && n++ == 0)
			record = s->spf.v[i];
	for (size_t i = 0; i < s->ip_n; i++)
		if (s->ip[i].spf_lookups > lookups)
			lookups = s->ip[i].spf_lookups;
	report_number(r, in, "records", N_("Records"), n);
	if (silent(s->spf.status)) {
		say_silent(s, tr("the SPF record"));
		return;
	}
	if (n == 0) {
		report_findingf(r, "spf.none", SEVERITY_BAD,
		    tr("Publish a TXT record at the domain: \"v=spf1 mx "
		       "-all\", and whoever else sends for it before -all."),
		    tr("%s has no SPF record: anybody may send in its name, "
		       "and large providers refuse its mail"),
		    s->domain);
		return;
	}
	report_text(r, in, "record", N_("Record"), record);
	report_number(r, in, "lookups", N_("Lookups (of 10)"), lookups);
	if (n > 1)
		report_findingf(r, "spf.permerror", SEVERITY_BAD,
		    tr("Join them to one record"),
		    tr("%s has %zu SPF records: none of them counts"),
		    s->domain, n);
	if (lookups > 8)
		report_findingf(r, "spf.many-lookups", SEVERITY_WARN,
		    tr("Replace includes by the networks they stand for, "
		       "where those are yours"),
		    tr("the SPF record needs %u of 10 lookups: one more "
		       "include breaks it"),
		    lookups);
	buf_init(&b, 16384);
	spf_record_check_in(record, tr, &b);
	for (struct slice rest = buf_slice(&b); rest.n > 0;) {
		size_t end = slice_find(rest, '\n');
		report_finding(r, "spf.record", SEVERITY_WARN,
		    slice_to(rest, end), SLICE_EMPTY);
		rest = slice_from(rest, end + 1);
	}
	buf_free(&b);
}

static const char *
key_state(const struct sender_txt *t, struct dkim_record *k)
{
	for (size_t i = 0; i < t->n; i++)
		if (dkim_record_read(t->v[i], k))
			return k->revoked         ? N_("revoked")
			       : k->wrong != NULL ? N_("broken")
			       : k->testing       ? N_("testing")
						  : N_("good");
	return silent(t->status) ? N_("unknown") : N_("none");
}

static void
judge_key(struct sender *s, const char *name, const char *state,
    const struct dkim_record *k)
{
	struct report *r = s->r;
	const char *cure = tr("Make a new key of 2048 bits and publish it");
	if (k->revoked && s->o.selector.n > 0)
		report_findingf(r, "dkim.revoked", SEVERITY_BAD, cure,
		    tr("the key %s is revoked: its p= is empty"), name);
	else if (k->wrong != NULL)
		report_findingf(r, "dkim.broken", SEVERITY_BAD, cure,
		    tr("the key %s cannot be read: %s"), name, tr(k->wrong));
	else if (k->bits > 0 && k->key_type[0] == 'r' && k->bits < 1024)
		report_findingf(r, "dkim.weak-key", SEVERITY_BAD, cure,
		    tr("the key %s has %u bits: receivers ignore it"), name,
		    k->bits);
	else if (k->bits > 0 && k->key_type[0] == 'r' && k->bits < 2048)
		report_findingf(r, "dkim.short-key", SEVERITY_WARN, cure,
		    tr("the key %s has %u bits: 2048 are asked for today "
		       "(RFC 8301)"),
		    name, k->bits);
	if (strcmp(state, "testing") == 0)
		report_findingf(r, "dkim.testing", SEVERITY_WARN,
		    tr("Take t=y out of the record"),
		    tr("the key %s says that it is for testing"), name);
}

static void
tell_dkim(struct sender *s)
{
	static const struct report_column columns[] = {{"name", N_("Key")},
	    {"state", N_("State")}, {"type", N_("Type")}, {"bits", N_("Bits")}};
	struct report *r = s->r;
	struct report_node *t = report_table(r, report_root(r), "dkim",
	    N_("DKIM keys"), columns, 4, REPORT_SCORE);
	size_t found = 0, unknown = 0;
	for (size_t i = 0; i < s->key_n; i++) {
		struct dkim_record k = {0};
		const char *state = key_state(&s->key[i], &k);
		unknown += strcmp(state, "unknown") == 0;
		if (k.key_type == NULL)
			continue;
		found++;
		const struct report_value v[] = {
		    report_valuef(r, "%s", s->key[i].name), value_word(state),
		    value_text(slice_str(k.key_type)),
		    k.bits > 0 ? value_number(r, k.bits) : value_null()};
		report_row(r, t, v);
		judge_key(s, s->key[i].name, state, &k);
	}
	if (found > 0)
		return;
	if (s->key_n > 0 &&
	    (unknown == s->key_n || (s->o.selector.n > 0 && unknown > 0)))
		say_silent(s, tr("the DKIM key"));
	else if (s->o.selector.n > 0)
		report_findingf(r, "dkim.none", SEVERITY_BAD,
		    tr("Publish the public key as a TXT record there"),
		    tr("there is no DKIM key at %s"), s->key[0].name);
	else
		report_findingf(r, "dkim.not-found", SEVERITY_INFO,
		    tr("Name the selector: --selector NAME (s= of a "
		       "DKIM-Signature field)"),
		    tr("no DKIM key was found under %zu usual selectors; it "
		       "may have another"),
		    s->key_n);
}

static void
judge_dmarc(struct sender *s, const struct dmarc_record *d)
{
	struct report *r = s->r;
	if (d->wrong != NULL)
		report_findingf(r, "dmarc.broken", SEVERITY_BAD,
		    tr("Mend the record: \"v=DMARC1; p=quarantine; "
		       "rua=mailto:ADDRESS\""),
		    tr("the DMARC record is wrong: %s"), tr(d->wrong));
	else if (d->policy == DMARC_NONE)
		report_findingf(r, "dmarc.policy-none", SEVERITY_WARN,
		    tr("When the reports are clean, go to p=quarantine, then "
		       "to p=reject"),
		    "%s",
		    tr("the DMARC policy is none: forged mail is delivered"));
	if (d->wrong == NULL && d->percent < 100)
		report_findingf(r, "dmarc.percent", SEVERITY_WARN,
		    tr("Take pct= out of the record"),
		    tr("the DMARC policy holds for %u of 100 messages"),
		    (unsigned)d->percent);
	if (d->rua.n == 0)
		report_findingf(r, "dmarc.no-reports", SEVERITY_INFO,
		    tr("Add rua=mailto:ADDRESS to the record"), "%s",
		    tr("nobody gets the reports on who sends in the name of "
		       "the domain"));
}

static void
tell_dmarc(struct sender *s)
{
	struct report *r = s->r;
	struct report_node *in = report_section(
	    r, report_root(r), "dmarc", "DMARC", false, REPORT_SCORE);
	struct dmarc_record d;
	for (size_t i = 0; i < s->dmarc_n; i++) {
		const struct sender_txt *t = &s->dmarc[i];
		size_t n = 0;
		if (silent(t->status)) {
			say_silent(s, tr("the DMARC record"));
			return;
		}
		for (size_t k = t->n; k > 0; k--)
			n += dmarc_record_read(t->v[k - 1], &d);
		if (n == 0)
			continue;
		report_text(r, in, "at", N_("Found at"), slice_str(t->name));
		report_number(r, in, "records", N_("Records"), n);
		if (n > 1) {
			report_findingf(r, "dmarc.broken", SEVERITY_BAD,
			    tr("Leave one of them"),
			    tr("there are %zu DMARC records at %s: none of "
			       "them counts"),
			    n, t->name);
			return;
		}
		if (i > 0)
			d.policy = d.sub;
		report_text(r, in, "policy", N_("Policy"),
		    slice_str(dmarc_policy_name(d.policy)));
		report_number(r, in, "percent", "pct", d.percent);
		if (d.rua.n > 0)
			report_text(r, in, "rua", N_("Reports to"), d.rua);
		judge_dmarc(s, &d);
		return;
	}
	report_findingf(r, "dmarc.none", SEVERITY_WARN,
	    tr("Publish a TXT record at _dmarc: \"v=DMARC1; p=none; "
	       "rua=mailto:ADDRESS\", and make it stricter later"),
	    tr("%s has no DMARC record: large providers ask for one"),
	    s->domain);
}

static void
tell_tlsrpt(struct sender *s)
{
	struct report *r = s->r;
	struct report_node *in = report_section(
	    r, report_root(r), "tlsrpt", "TLSRPT", false, REPORT_SCORE);
	struct tlsrpt_record t;
	size_t n = 0;
	if (silent(s->tlsrpt.status)) {
		say_silent(s, tr("the TLSRPT record"));
		return;
	}
	for (size_t i = s->tlsrpt.n; i > 0; i--)
		n += tlsrpt_record_read(s->tlsrpt.v[i - 1], &t);
	report_number(r, in, "records", N_("Records"), n);
	if (n > 0 && t.rua.n > 0)
		report_text(r, in, "rua", N_("Reports to"), t.rua);
	if (n > 1 || (n == 1 && t.wrong != NULL))
		report_findingf(r, "tlsrpt.broken", SEVERITY_WARN,
		    tr("Publish one record: \"v=TLSRPTv1; "
		       "rua=mailto:ADDRESS\""),
		    tr("the TLSRPT record is wrong: %s"),
		    n > 1 ? tr("there is more than one") : tr(t.wrong));
	if (n == 0)
		report_findingf(r, "tlsrpt.none", SEVERITY_INFO,
		    tr("Publish a TXT record at _smtp._tls: \"v=TLSRPTv1; "
		       "rua=mailto:ADDRESS\""),
		    "%s",
		    tr("nobody reports when TLS to the exchangers fails "
		       "(no TLSRPT record)"));
}

static void
tell_dane(struct sender *s)
{
	size_t none = 0;
	for (size_t i = 0; i < s->host_n; i++) {
		enum dane_state state = s->host[i].dane.state;
		none += state == DANE_NONE;
		if (state == DANE_BOGUS)
			report_findingf(s->r, "dns.bogus", SEVERITY_BAD,
			    tr("Mend the signatures of the zone at once"),
			    tr("%s: DNSSEC says that the TLSA answer was "
			       "forged: senders keep their mail"),
			    s->host[i].name);
		if (state == DANE_INSECURE)
			report_findingf(s->r, "dane.insecure", SEVERITY_WARN,
			    tr("Sign the zone of the MX record and the zone of "
			       "the host"),
			    tr("%s: there are TLSA records, but not by DNSSEC: "
			       "nobody heeds them"),
			    s->host[i].name);
	}
	if (s->host_n > 0 && none == s->host_n)
		report_findingf(s->r, "dane.none", SEVERITY_INFO,
		    tr("See kurir check dane"), "%s",
		    tr("there are no TLSA records (DANE)"));
}

static void
tell_lists(struct sender *s)
{
	bool known = false;
	struct report *r = s->r;
	struct report_node *in = report_section(r, report_root(r), "blocklists",
	    N_("DNS lists"), false, REPORT_SCORE);
	size_t n = blocklist_report(r, in, &s->lists, &known);
	report_number(r, in, "listed", N_("Listings"), n);
	if (known)
		return;
	report_findingf(r, "blocklist.unknown", SEVERITY_WARN, "", "%s",
	    tr("too few DNS lists answered to say that none has it"));
	report_answer(r, CHECK_UNKNOWN);
}

void
sender_tell(struct sender *s)
{
	struct report *r = s->r;
	tell_domain(s);
	tell_hosts(s);
	tell_ips(s);
	tell_spf(s);
	tell_dkim(s);
	tell_dmarc(s);
	struct report_node *sts = report_section(
	    r, report_root(r), "mta_sts", "MTA-STS", false, REPORT_SCORE);
	if (s->sts != NULL)
		sts_report(r, sts, s->sts, s->hosts.v, s->hosts.n);
	tell_tlsrpt(s);
	tell_dane(s);
	tell_lists(s);
	report_answer(r, CHECK_GOOD);
}
