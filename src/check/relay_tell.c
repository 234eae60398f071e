/* relay_tell.c - check relay: what was learnt, judged and told. */
#include <stdio.h>
#include <string.h>

#include "check/relay_priv.h"

static const char cure[] =
    N_("Let only your own networks and authenticated users send to other "
       "domains, and give devices that cannot log in their own entry in the "
       "list of trusted hosts. Postfix: mynetworks = 127.0.0.0/8 and your own "
       "networks, and smtpd_relay_restrictions = permit_mynetworks, "
       "permit_sasl_authenticated, reject_unauth_destination. Exim: "
       "hostlist relay_from_hosts, domainlist relay_to_domains, and the ACL "
       "for RCPT ends with deny. MDaemon: Security, Relay Control, do not "
       "allow message relaying; Trusted Hosts holds your own addresses alone. "
       "kurir: trusted holds your own networks alone. Behind a firewall that "
       "rewrites addresses every stranger looks like a trusted host: let it "
       "keep the addresses. Mail that has to leave by a provider goes through "
       "its smart host with AUTH.");

/* ---- before any server ---- */

static void
no_address(struct relay_check *rc, const char *name, enum ipc_dns_status status)
{
	bool is_not = status == IPC_DNS_NXDOMAIN || status == IPC_DNS_OK ||
		      status == IPC_DNS_NODATA;
	const char *code = status == IPC_DNS_BOGUS ? "dns.bogus"
			   : is_not                ? "dns.nxdomain"
						   : "dns.tempfail";
	report_findingf(rc->r, code, SEVERITY_WARN, "",
	    is_not ? tr("%s: there is no such name, or it has no address")
		   : tr("%s: DNS gave no answer that can be used"),
	    name);
}

bool
relay_tell_hosts(struct relay_check *rc, const struct check_hosts *h)
{
	size_t addresses = 0;
	for (size_t i = 0; i < h->n; i++) {
		addresses += h->v[i].addr_n;
		if (h->v[i].addr_n == 0)
			no_address(rc, h->v[i].name, h->v[i].status);
	}
	if (h->n == 0)
		no_address(rc, h->domain[0] != '\0' ? h->domain : rc->target,
		    h->status);
	if (addresses > RELAY_SERVERS_MAX)
		report_findingf(rc->r, "relay.not-all", SEVERITY_WARN, "",
		    tr("Only %d of %zu addresses were tried."),
		    RELAY_SERVERS_MAX, addresses);
	if (addresses > RELAY_SERVERS_MAX)
		rc->verdict = RELAY_UNKNOWN;
	return addresses > 0;
}

/* ---- sessions ---- */

void
relay_tell_session(struct relay_server *s, const struct relay_pass *p,
    const struct probe_result *r, bool taken)
{
	struct report *to = s->rc->r;
	enum report_level level = taken ? REPORT_DETAIL : REPORT_FULL;
	struct report_node *x = report_section(
	    to, s->section, "sessions", tr("Session"), true, level);
	report_fact(
	    to, x, "way", tr("Way"), value_text(slice_str(p->name)), level);
	struct report_node *t =
	    report_transcript(to, x, "lines", tr("Dialogue"), level);
	probe_transcript(r, to, t);
}

/* ---- the verdict ---- */

/* How many pairs of a way are in that state; in any but TRY_NONE: */
#define ASKED TRY_NONE

static size_t
in_state(const struct relay_pass *p, enum relay_state state)
{
	size_t n, found = 0;
	(void)relay_pairs(&n);
	for (size_t i = 0; i < n; i++)
		found += state == ASKED ? p->tries[i].state != TRY_NONE
					: p->tries[i].state == state;
	return found;
}

static bool
tls_alone_failed(const struct relay_pass *p)
{
	return p->tls == PROBE_TLS_ONLY && p->cut && !p->reached &&
	       strncmp(p->cause, "tls.", 4) == 0;
}

static enum relay_class
pass_verdict(const struct relay_pass *p)
{
	enum relay_class worst = RELAY_CLOSED;
	size_t n, answered = in_state(p, TRY_ANSWERED);
	(void)relay_pairs(&n);
	for (size_t i = 0; i < n; i++)
		if (p->tries[i].state == TRY_ANSWERED &&
		    p->tries[i].class > worst)
			worst = p->tries[i].class;
	/* Never closed by half a battery. */
	bool whole = answered == in_state(p, ASKED) && answered > 0;
	if (worst < RELAY_UNKNOWN &&
	    (!whole || p->outside_refused || p->client_refused ||
		relay_control_wanted(p) ||
		(worst == RELAY_CLOSED && !p->reached)))
		return RELAY_UNKNOWN;
	return worst;
}

static enum relay_class
server_verdict(struct relay_server *s)
{
	enum relay_class worst = s->left_out > 0 ? RELAY_UNKNOWN : RELAY_CLOSED;
	bool any = false, void_ = false;
	for (size_t i = 0; i < s->pass_n; i++) {
		const struct relay_pass *p = &s->passes[i];
		enum relay_class c = pass_verdict(p);
		void_ |= p->void_;
		if (p->user || in_state(p, ASKED) == 0)
			continue;
		/* What such a way refuses, another is asked for. */
		if (c < RELAY_LOST &&
		    (p->void_ || (tls_alone_failed(p) && !void_)))
			continue;
		if (c > worst)
			worst = c;
		any = true;
	}
	return s->greeted && any ? worst : RELAY_UNKNOWN;
}

/* ---- tables ---- */

static enum report_mood
mood_of(enum relay_class c)
{
	if (c >= RELAY_OPEN)
		return MOOD_BAD;
	return c >= RELAY_UNKNOWN ? MOOD_WARN : MOOD_GOOD;
}

static struct slice
argument(const struct buf *b)
{
	struct slice s = buf_slice(b);
	return slice_from(s, slice_find(s, ':') + 1);
}

static void
row(struct relay_server *s, struct report_node *table,
    const struct relay_pass *p, size_t i)
{
	static const char *const words[] = {[RELAY_CLOSED] = N_("refused"),
	    [RELAY_NEEDS_AUTH] = N_("wants a login"),
	    [RELAY_UNKNOWN] = N_("no clear answer"),
	    [RELAY_GREYLISTED] = N_("not now"),
	    [RELAY_LOST] = N_("taken, did not arrive"),
	    [RELAY_MAY] = N_("taken"),
	    [RELAY_OPEN] = N_("arrived")};
	const struct relay_try *t = &p->tries[i];
	const char *word =
	    t->state == TRY_LEFT ? N_("not tried") : words[t->class];
	size_t n;
	const struct relay_pair *pair = &relay_pairs(&n)[i];
	struct buf from, to;
	buf_init(&from, 4096);
	buf_init(&to, 4096);
	bool whole = relay_try_from(s, t, pair, &from) &&
		     relay_pair_to(pair, &s->facts, &to);
	const struct report_value v[] = {value_text(slice_str(p->name)),
	    value_text(slice_str(pair->name)), value_text(argument(&from)),
	    value_text(argument(&to)),
	    value_mood(value_text(slice_str(tr(word))), mood_of(t->class)),
	    value_text(slice_str(t->reply))};
	if (whole)
		report_row(s->rc->r, table, v);
	buf_free(&from);
	buf_free(&to);
}

static void
tables(struct relay_server *s)
{
	const struct report_column columns[] = {{"way", tr("Way")},
	    {"name", tr("Pair")}, {"from", "MAIL FROM"}, {"to", "RCPT TO"},
	    {"result", tr("Result")}, {"reply", tr("Reply")}};
	struct report *r = s->rc->r;
	struct report_node *taken = NULL, *all;
	size_t n;
	(void)relay_pairs(&n);
	all = report_table(
	    r, s->section, "pairs", tr("Pairs"), columns, 6, REPORT_DETAIL);
	for (size_t k = 0; k < s->pass_n; k++)
		for (size_t i = 0; i < n; i++) {
			const struct relay_pass *p = &s->passes[k];
			enum relay_state state = p->tries[i].state;
			if ((state != TRY_ANSWERED && state != TRY_LEFT) ||
			    (p->void_ && p->tries[i].class < RELAY_LOST))
				continue;
			row(s, all, p, i);
			if (p->tries[i].class < RELAY_LOST)
				continue;
			if (taken == NULL)
				taken = report_table(r, s->section, "taken",
				    tr("Accepted"), columns, 6, REPORT_SCORE);
			row(s, taken, p, i);
		}
}

/* ---- words ---- */

static size_t
count(struct relay_server *s, enum relay_class class, bool user)
{
	size_t n, found = 0;
	(void)relay_pairs(&n);
	for (size_t k = 0; k < s->pass_n; k++)
		for (size_t i = 0; i < n && s->passes[k].user == user; i++) {
			const struct relay_try *t = &s->passes[k].tries[i];
			found += t->state == TRY_ANSWERED && t->class == class;
		}
	return found;
}

static void
tell_tokens(struct relay_server *s)
{
	const struct relay_check *rc = s->rc;
	for (size_t i = 0; i < s->proof_n && rc->maildir.n == 0; i++) {
		const struct relay_proof *w = &s->proofs[i];
		const struct relay_try *t = &s->passes[w->pass].tries[w->pair];
		if (t->proof)
			report_findingf(rc->r, "relay.look-for", SEVERITY_INFO,
			    "",
			    tr("Look into %.*s for a message with the subject "
			       "\"kurir relay test %s\": if it is there, %s is "
			       "an open relay."),
			    SLICE_ARG(rc->to), t->token, s->name);
	}
}

static void
tell_taken(struct relay_server *s)
{
	struct report *r = s->rc->r;
	size_t open = count(s, RELAY_OPEN, false);
	size_t lost = count(s, RELAY_LOST, false);
	size_t may = count(s, RELAY_MAY, false);
	if (open > 0)
		report_findingf(r, "relay.open", SEVERITY_BAD, tr(cure),
		    tr("%s is an open relay: %zu messages of a stranger to "
		       "another domain arrived."),
		    s->name, open);
	if (lost > 0)
		report_findingf(r, "relay.accepted-lost", SEVERITY_WARN,
		    tr(cure),
		    tr("%s took %zu messages to another domain, and they did "
		       "not arrive: it drops or holds them, or they are "
		       "slow."),
		    s->name, lost);
	if (may > 0 && open == 0)
		report_findingf(r, "relay.may-be-open", SEVERITY_WARN, tr(cure),
		    s->rc->to.n > 0
			? tr("%s accepted %zu recipients at other domains, "
			     "which proves nothing yet: no message to the "
			     "probe mailbox has shown it.")
			: tr("%s accepted %zu recipients at other domains, "
			     "which proves nothing yet; with --probe-mailbox "
			     "a message would."),
		    s->name, may);
	if (s->catch_all)
		report_findingf(r, "relay.catch-all", SEVERITY_INFO,
		    tr("Look into the mailbox of that domain that takes what "
		       "is for nobody; with --probe-mailbox what really goes "
		       "out is seen."),
		    tr("%s takes mail for any address at %s, for one that "
		       "nobody has, too: the accepted forms that end in its "
		       "own name may be such addresses."),
		    s->name, s->local);
	tell_tokens(s);
}

/* Each pair ended at its sender. */
static bool
is_sender_refused(const struct relay_pass *p)
{
	bool is = !p->void_ && !p->user && !p->reached, any = false;
	size_t n;
	(void)relay_pairs(&n);
	for (size_t i = 0; i < n; i++) {
		if (p->tries[i].state != TRY_ANSWERED)
			continue;
		any = true;
		is &= p->tries[i].mail / 100 == 5;
	}
	return is && any;
}

static void
tell_not_tried(struct relay_server *s)
{
	struct relay_check *rc = s->rc;
	for (size_t i = 0; i < s->pass_n; i++) {
		const struct relay_pass *p = &s->passes[i];
		size_t late = in_state(p, TRY_LEFT);
		if (late == 0 || p->cut)
			continue;
		report_findingf(rc->r, "relay.not-tried", SEVERITY_WARN,
		    tr("Ask again with a longer --deadline."),
		    tr("%s, %s: %zu of %zu pairs were not tried: the time "
		       "given, %llu s, was over."),
		    s->name, p->name, late, in_state(p, ASKED),
		    (unsigned long long)rc->o.deadline_ms / 1000);
	}
	if (s->left_out > 0)
		report_findingf(rc->r, "relay.not-all", SEVERITY_WARN,
		    tr("Give fewer --source addresses at a time."),
		    tr("%s: %zu ways in were left out, more than %d are not "
		       "tried."),
		    s->name, s->left_out, RELAY_PASSES_MAX);
}

/* The certificate does not hold: the password stayed here. */
static bool
is_distrusted(const struct relay_pass *p)
{
	return p->user && p->cut && strncmp(p->cause, "tls.cert-", 9) == 0;
}

static void
tell_distrusted(struct relay_server *s, const struct relay_pass *p)
{
	report_findingf(s->rc->r, p->cause, SEVERITY_WARN,
	    tr("Give the server a certificate of its name by an authority that "
	       "this system knows, or name its own authority as --ca."),
	    tr("%s, %s: not tried: its certificate does not hold, so the "
	       "password was not sent to it."),
	    s->name, p->name);
}

/* What a user may was asked for, and not all of it found out. */
static bool
users_left(const struct relay_server *s)
{
	for (size_t i = 0; i < s->pass_n; i++) {
		const struct relay_pass *p = &s->passes[i];
		if (p->user && in_state(p, TRY_ANSWERED) < in_state(p, ASKED))
			return true;
	}
	return false;
}

/* An address that no server could be asked from. */
static void
tell_sources(struct relay_check *rc)
{
	for (size_t i = 0; i < rc->o.sources_n; i++) {
		char ip[IP_TEXT_MAX];
		bool used = false;
		for (size_t k = 0; k < rc->server_n; k++)
			used |=
			    rc->servers[k].ip.family == rc->o.sources[i].family;
		if (used || rc->server_n == 0)
			continue;
		ip_text(&rc->o.sources[i], ip);
		report_findingf(rc->r, "relay.source-unused", SEVERITY_WARN, "",
		    tr("Nothing was tried from %s: no address of the server is "
		       "of its family."),
		    ip);
		if (rc->verdict < RELAY_UNKNOWN)
			rc->verdict = RELAY_UNKNOWN;
	}
}

static void
tell_unclear(struct relay_server *s)
{
	struct report *r = s->rc->r;
	size_t later = count(s, RELAY_GREYLISTED, false);
	if (!s->greeted)
		report_findingf(r, "relay.no-session", SEVERITY_WARN, "",
		    tr("%s did not talk to us: %s"), s->name, s->reply);
	if (later > 0 && s->retried)
		report_findingf(r, "remote.greylisted", SEVERITY_WARN,
		    tr("Ask again with a longer --greylist-wait."),
		    tr("%s said \"not now\" to %zu pairs, and again after the "
		       "wait."),
		    s->name, later);
	else if (later > 0)
		report_findingf(r, "remote.greylisted", SEVERITY_WARN,
		    tr("Ask again with a longer --deadline."),
		    tr("%s said \"not now\" to %zu pairs, and there was no "
		       "time to ask again."),
		    s->name, later);
	tell_not_tried(s);
	for (size_t i = 0; i < s->pass_n; i++) {
		const struct relay_pass *p = &s->passes[i];
		bool tls = tls_alone_failed(p);
		if (is_distrusted(p))
			tell_distrusted(s, p);
		else if (p->cut)
			report_findingf(r,
			    p->cause[0] != '\0' ? p->cause : "net.reset",
			    tls ? SEVERITY_INFO : SEVERITY_WARN, "",
			    tr("%s, %s: sessions ended before their time: %s"),
			    s->name, p->name, p->why);
		else if (p->client_refused && s->verdict == RELAY_UNKNOWN)
			report_findingf(r, "relay.client-refused",
			    SEVERITY_WARN,
			    tr("Ask from an address that it listens to, or "
			       "give one as --source."),
			    tr("%s, %s: its own postmaster is refused as all "
			       "others are: it may be us that it does not "
			       "listen to, and whether others may relay was "
			       "not found out."),
			    s->name, p->name);
		else if (p->outside_refused && p->reached &&
			 s->verdict == RELAY_UNKNOWN)
			report_findingf(r, "relay.sender-refused",
			    SEVERITY_WARN,
			    tr("Give an address of yours, or any that gets "
			       "mail, as --from."),
			    tr("%s, %s: the sender %.*s is refused for what it "
			       "is: whether others may send from elsewhere to "
			       "elsewhere was not found out."),
			    s->name, p->name, SLICE_ARG(s->facts.outside));
		else if (is_sender_refused(p) && s->verdict == RELAY_UNKNOWN)
			report_findingf(r, "relay.sender-refused",
			    SEVERITY_WARN, tr("Give an address as --from."),
			    tr("%s, %s: every sender was refused, no "
			       "recipient was judged."),
			    s->name, p->name);
	}
	if (s->verdict == RELAY_UNKNOWN && count(s, RELAY_UNKNOWN, false) > 0)
		report_findingf(r, "relay.unclear", SEVERITY_WARN,
		    tr("Give a mailbox elsewhere as --probe-mailbox."),
		    tr("%s: %zu pairs had no answer, or one about something "
		       "else than relaying."),
		    s->name, count(s, RELAY_UNKNOWN, false));
}

static bool
is_near(const struct ip *ip)
{
	static const char *const nets[] = {"10.0.0.0/8", "172.16.0.0/12",
	    "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"};
	struct ip_net net;
	bool is = ip_is_loopback(ip);
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		is |= ip_net_parse(slice_str(nets[i]), &net) == ERR_OK &&
		      ip_in_net(ip, &net);
	return is;
}

static void
tell_users(struct relay_server *s)
{
	struct report *r = s->rc->r;
	size_t arrived = count(s, RELAY_OPEN, true);
	size_t taken =
	    count(s, RELAY_MAY, true) + count(s, RELAY_LOST, true) + arrived;
	if (count(s, RELAY_NEEDS_AUTH, false) > 0)
		report_findingf(r, "relay.needs-auth", SEVERITY_INFO, "",
		    tr("%s takes mail from users who log in alone."), s->name);
	if (taken > 0)
		report_findingf(r, "relay.forged-sender", SEVERITY_WARN,
		    tr("Hold users to their own addresses: Postfix "
		       "reject_sender_login_mismatch, MDaemon \"authentication "
		       "credentials must match those of the email sender\"."),
		    tr("%s lets a user send under %zu addresses that are not "
		       "his."),
		    s->name, taken);
	if (arrived > 0)
		report_findingf(r, "relay.forged-arrived", SEVERITY_WARN, "",
		    tr("%s: %zu messages of a user under an address that is "
		       "not his arrived."),
		    s->name, arrived);
	if (s->verdict >= RELAY_LOST && is_near(&s->ip))
		report_findingf(r, "relay.near", SEVERITY_INFO, "",
		    tr("%s is in a private network, as this host is: it may "
		       "trust us where it trusts no stranger. Ask it from "
		       "outside, too."),
		    s->name);
}

static void
tell_server(struct relay_server *s)
{
	static const enum report_mood moods[] = {MOOD_GOOD, MOOD_GOOD,
	    MOOD_WARN, MOOD_WARN, MOOD_WARN, MOOD_WARN, MOOD_BAD};
	struct report *r = s->rc->r;
	char ip[IP_TEXT_MAX];
	s->verdict = server_verdict(s);
	ip_text(&s->ip, ip);
	report_text(r, s->section, "name", tr("Name"), slice_str(s->name));
	report_text(r, s->section, "address", tr("Address"), slice_str(ip));
	report_fact(r, s->section, "verdict", tr("Verdict"),
	    value_mood(value_text(slice_str(relay_class_name(s->verdict))),
		moods[s->verdict]),
	    REPORT_SCORE);
	report_text(
	    r, s->section, "greets_as", tr("Greets as"), slice_str(s->banner));
	size_t tried = 0, late = 0;
	for (size_t i = 0; i < s->pass_n; i++) {
		tried += in_state(&s->passes[i], TRY_ANSWERED);
		late += in_state(&s->passes[i], TRY_LEFT);
	}
	report_number(r, s->section, "tried", tr("Pairs tried"), tried);
	report_number(r, s->section, "not_tried", tr("Not tried"), late);
	tables(s);
	tell_taken(s);
	tell_unclear(s);
	tell_users(s);
}

void
relay_tell_all(struct relay_check *rc)
{
	bool left = false;
	for (size_t i = 0; i < rc->server_n; i++) {
		struct relay_server *s = &rc->servers[i];
		tell_server(s);
		if (s->verdict > rc->verdict)
			rc->verdict = s->verdict;
		left |= users_left(s);
	}
	tell_sources(rc);
	enum relay_class v = rc->server_n == 0 ? RELAY_UNKNOWN : rc->verdict;
	enum check_answer a = v == RELAY_OPEN              ? CHECK_BAD
			      : v >= RELAY_UNKNOWN || left ? CHECK_UNKNOWN
							   : CHECK_GOOD;
	report_text(rc->r, report_root(rc->r), "verdict", tr("Verdict"),
	    slice_str(relay_class_name(v)));
	report_answer(rc->r, a);
}

void
relay_tell_clock(struct relay_check *rc)
{
	size_t tried = 0, all = 0, watching = 0;
	uint64_t now = loop_now_ms(rc->c->loop), wait = now;
	for (size_t i = 0; i < rc->server_n; i++) {
		const struct relay_server *s = &rc->servers[i];
		if (s->waiting && s->wait_until_ms > wait)
			wait = s->wait_until_ms;
		watching += s->watching;
		for (size_t k = 0; k < s->pass_n; k++) {
			tried += in_state(&s->passes[k], TRY_ANSWERED);
			all += in_state(&s->passes[k], ASKED);
		}
		for (size_t k = 0; k < RELAY_SESSIONS; k++)
			if (s->sessions[k].probe != NULL)
				tried +=
				    probe_steps_over(s->sessions[k].probe) / 3;
	}
	char *to = rc->c->at;
	size_t max = sizeof(rc->c->at);
	if (wait > now)
		snprintf(to, max,
		    tr("%zu pairs to ask again, after greylisting: in %u s"),
		    all - tried, (unsigned)((wait - now) / 1000));
	else if (watching > 0)
		snprintf(to, max, "%s", tr("looking into the mailbox"));
	else if (all > 0)
		snprintf(to, max, tr("%zu of %zu pairs tried"), tried, all);
}
