/* smtp_tell.c - check smtp: what was learnt of a server, judged. Each test is a
 * row of a table; what is not well is a finding too. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check/relay_battery.h"
#include "check/smtp_banner.h"
#include "check/smtp_priv.h"
#include "proto/dns/name.h"

/* A transaction is good below the first and slow above the second. */
#define GOOD_MS 5000u
#define SLOW_MS 15000u

enum result { OK, NOTE, WARN, FAIL, UNKNOWN };

static const struct {
	const char *word;
	enum report_mood mood;
} results[] = {
    [OK] = {N_("ok"), MOOD_GOOD},
    [NOTE] = {N_("note"), MOOD_PLAIN},
    [WARN] = {N_("warn"), MOOD_WARN},
    [FAIL] = {N_("fail"), MOOD_BAD},
    [UNKNOWN] = {N_("unknown"), MOOD_DIM},
};

static void __attribute__((format(printf, 4, 0))) row(struct smtp_server *s,
    const char *test, enum result how, const char *fmt, va_list ap)
{
	char text[600];
	vsnprintf(text, sizeof(text), fmt, ap);
	const struct report_value v[] = {value_word(test),
	    value_mood(value_word(results[how].word), results[how].mood),
	    value_text(slice_str(text))};
	report_row(s->sc->r, s->tests, v);
}

static void __attribute__((format(printf, 4, 5))) passed(struct smtp_server *s,
    const char *test, enum result how, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	row(s, test, how, fmt, ap);
	va_end(ap);
}

/* A row, and a finding in the same words. */
static void __attribute__((format(printf, 6, 7)))
found(struct smtp_server *s, const char *test, enum result how,
    const char *code, const char *cure, const char *fmt, ...)
{
	static const enum check_severity severity[] = {[OK] = SEVERITY_INFO,
	    [NOTE] = SEVERITY_INFO,
	    [WARN] = SEVERITY_WARN,
	    [FAIL] = SEVERITY_BAD,
	    [UNKNOWN] = SEVERITY_WARN};
	char text[600];
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	row(s, test, how, fmt, ap);
	vsnprintf(text, sizeof(text), fmt, again);
	va_end(again);
	va_end(ap);
	report_findingf(
	    s->sc->r, code, severity[how], cure, "%s: %s", s->name, text);
	if (how == UNKNOWN)
		report_answer(s->sc->r, CHECK_UNKNOWN);
}

/* ---- names before any server ---- */

static void
no_names(struct smtp_check *sc, const char *name, enum ipc_dns_status status)
{
	struct report *r = sc->r;
	switch (status) {
	case IPC_DNS_BOGUS:
		report_findingf(r, "dns.bogus", SEVERITY_BAD, "",
		    tr("%s: the answers of DNS fail DNSSEC validation"), name);
		break;
	case IPC_DNS_NXDOMAIN:
		report_findingf(r, "dns.nxdomain", SEVERITY_BAD, "",
		    tr("%s: there is no such name"), name);
		break;
	case IPC_DNS_OK:
	case IPC_DNS_NODATA:
		report_findingf(r, "dns.nxdomain", SEVERITY_BAD, "",
		    tr("%s: the name has no address"), name);
		break;
	case IPC_DNS_TEMPFAIL:
	case IPC_DNS_TIMEOUT:
		report_findingf(r, "dns.tempfail", SEVERITY_WARN, "",
		    tr("%s: DNS gave no answer"), name);
		report_answer(r, CHECK_UNKNOWN);
		break;
	}
}

bool
smtp_tell_hosts(struct smtp_check *sc, const struct check_hosts *h)
{
	size_t addresses = 0;
	if (h->null_mx)
		report_findingf(sc->r, "dns.null-mx", SEVERITY_BAD, "",
		    tr("%s: the domain says that it takes no mail (null MX)"),
		    h->domain);
	for (size_t i = 0; i < h->n; i++) {
		addresses += h->v[i].addr_n;
		if (h->v[i].addr_n == 0 && !h->v[i].left_out)
			no_names(sc, h->v[i].name, h->v[i].status);
	}
	check_hosts_left_out(sc->r, h);
	if (addresses > SMTP_SERVERS_MAX) {
		report_findingf(sc->r, "smtp.not-all", SEVERITY_WARN, "",
		    tr("Only %d of %zu addresses were tried."),
		    SMTP_SERVERS_MAX, addresses);
		report_answer(sc->r, CHECK_UNKNOWN);
	}
	if (h->n == 0 && !h->null_mx)
		no_names(sc, h->domain[0] != '\0' ? h->domain : sc->target,
		    h->status);
	return addresses > 0;
}

/* ---- connection and greeting ---- */

static struct slice
first_line(struct slice text)
{
	return slice_to(text, slice_find(text, '\n'));
}

/* The network of this machine ends before theirs begins. */
static bool
no_ipv6(const struct smtp_server *s, const struct probe_result *p)
{
	return s->ip.family == 6 && !ip_is_loopback(&s->ip) &&
	       (strstr(p->why, strerror(ENETUNREACH)) != NULL ||
		   strstr(p->why, strerror(EADDRNOTAVAIL)) != NULL ||
		   strstr(p->why, strerror(EAFNOSUPPORT)) != NULL);
}

static bool
tell_connection(struct smtp_server *s, const struct probe_result *p)
{
	const struct probe_stage_result *a = &p->stage[PROBE_ANSWER];
	struct report *r = s->sc->r;
	if (!a->ok && no_ipv6(s, p)) {
		found(s, N_("Connection"), NOTE, "net.no-ipv6", "",
		    tr("not tried: this machine has no IPv6"));
		return false;
	}
	if (!a->ok) {
		found(s, N_("Connection"), UNKNOWN, p->cause,
		    tr("Check the firewall, and whether this network lets "
		       "connections to that port out."),
		    tr("no connection: %s"), p->why);
		return false;
	}
	report_number(
	    r, s->section, "connect_ms", "Connected after (ms)", a->ms);
	s->sc->reached = true;
	passed(s, N_("Connection"), OK,
	    tr("%u.%03u seconds until it was there"), a->ms / 1000,
	    a->ms % 1000);
	return true;
}

static bool
tell_greeting(struct smtp_server *s, const struct probe_result *p)
{
	const struct probe_reply *g = &p->greeting;
	struct report *r = s->sc->r;
	struct slice line = first_line(g->text);
	report_fact(r, s->section, "banner", "Banner",
	    g->came ? value_text(line) : value_null(), REPORT_SCORE);
	if (!g->came) {
		found(s, N_("Banner"), UNKNOWN, p->cause, "",
		    tr("no greeting came: %s"), p->why);
		return false;
	}
	report_number(
	    r, s->section, "greeting_ms", "Greeting after (ms)", g->ms);
	if (g->code != 220) {
		found(s, N_("Banner"), g->code / 100 == 4 ? UNKNOWN : FAIL,
		    p->cause[0] != '\0' ? p->cause : "remote.5xx", "",
		    tr("the server does not let us in: %.*s"), SLICE_ARG(line));
		return false;
	}
	passed(s, N_("Banner"), OK, "%.*s", SLICE_ARG(line));
	if (g->took_ms > GOOD_MS)
		report_findingf(r, "smtp.greeting-slow", SEVERITY_INFO, "",
		    tr("%s: the greeting came after %u seconds; many servers "
		       "do that on purpose"),
		    s->name, g->took_ms / 1000);
	return true;
}

static void
tell_version(struct smtp_server *s, const struct probe_result *p)
{
	struct slice version = smtp_banner_version(p->greeting.text);
	report_fact(s->sc->r, s->section, "version_leak", "Version in banner",
	    version.n > 0 ? value_text(version) : value_null(), REPORT_DETAIL);
	if (version.n > 0)
		found(s, N_("Version"), WARN, "smtp.version-leak",
		    tr("Leave the version out of the greeting "
		       "(smtpd_banner, smtp_banner)."),
		    tr("the greeting tells the version of the program: %.*s"),
		    SLICE_ARG(version));
	else
		passed(
		    s, N_("Version"), OK, tr("the greeting tells no version"));
}

/* ---- the name of the address ---- */

/* Nobody can publish names of these. */
static bool
is_private(const struct ip *ip)
{
	static const char *const nets[] = {"10.0.0.0/8", "172.16.0.0/12",
	    "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"};
	struct ip_net net;
	if (ip_is_loopback(ip))
		return true;
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (ip_net_parse(slice_str(nets[i]), &net) == ERR_OK &&
		    ip_in_net(ip, &net))
			return true;
	return false;
}

static void
tell_banner_match(
    struct smtp_server *s, const struct probe_result *p, struct slice ptr)
{
	static const char *const words[] = {
	    [BANNER_MATCHES] = N_("contained"),
	    [BANNER_SAME_DOMAIN] = N_("domain"),
	    [BANNER_DIFFERS] = N_("none"),
	};
	enum smtp_banner_match m = smtp_banner_match(p->greeting.text, ptr);
	report_fact(s->sc->r, s->section, "banner_match",
	    "Reverse DNS in banner", value_word(words[m]), REPORT_SCORE);
	if (m == BANNER_MATCHES)
		passed(s, N_("Banner name"), OK,
		    tr("Reverse DNS matches the banner"));
	else if (m == BANNER_SAME_DOMAIN)
		passed(s, N_("Banner name"), NOTE,
		    tr("Reverse DNS is of the same domain as the banner"));
	else
		found(s, N_("Banner name"), WARN, "smtp.banner-mismatch",
		    tr("Let the greeting begin with the name that the address "
		       "has in reverse DNS (myhostname, "
		       "primary_hostname)."),
		    tr("Reverse DNS (%.*s) does not match the banner"),
		    SLICE_ARG(ptr));
}

static void
no_ptr(struct smtp_server *s, const struct reverse_result *n, const char *ip)
{
	const char *cure = tr("Whoever assigned the address must publish its "
			      "name (PTR), and that name must have the "
			      "address.");
	enum result how = is_private(&s->ip) ? NOTE : WARN;
	if (n->findings & (REVERSE_TEMPFAIL | REVERSE_BOGUS))
		found(s, N_("Reverse DNS"), UNKNOWN, "dns.tempfail", "",
		    tr("the name of %s could not be looked up"), ip);
	else if (n->findings & REVERSE_PTR_MISSING)
		found(s, N_("Reverse DNS"), how, "lookup.ptr-missing", cure,
		    tr("%s has no name in reverse DNS"), ip);
	else
		found(s, N_("Reverse DNS"), how, "lookup.ptr-mismatch", cure,
		    tr("%s is called %.*s, but that name has not this "
		       "address"),
		    ip, SLICE_ARG(n->name));
}

static void
tell_names(struct smtp_server *s, const struct probe_result *p)
{
	struct report *r = s->sc->r;
	char ip[IP_TEXT_MAX];
	const struct reverse_result *n =
	    s->reverse != NULL ? reverse_result(s->reverse) : NULL;
	if (n == NULL)
		return;
	ip_text(&s->ip, ip);
	struct slice ptr = n->confirmed.n > 0 ? n->confirmed : n->name;
	report_fact(r, s->section, "ptr", "Reverse DNS",
	    ptr.n > 0 ? value_text(ptr) : value_null(), REPORT_SCORE);
	report_flag(r, s->section, "ptr_confirmed", "The name has the address",
	    n->confirmed.n > 0);
	if (n->confirmed.n > 0)
		passed(s, N_("Reverse DNS"), OK, tr("%s resolves to %.*s"), ip,
		    SLICE_ARG(n->confirmed));
	else
		no_ptr(s, n, ip);
	if (ptr.n == 0)
		return;
	bool valid = dns_hostname_valid(ptr);
	report_flag(r, s->section, "ptr_valid", "Valid host name", valid);
	if (valid)
		passed(s, N_("Host name"), OK,
		    tr("Reverse DNS is a valid host name"));
	else
		found(s, N_("Host name"), WARN, "smtp.ptr-invalid", "",
		    tr("Reverse DNS is no valid host name: %.*s"),
		    SLICE_ARG(ptr));
	if (p->greeting.came)
		tell_banner_match(s, p, ptr);
}

/* ---- EHLO and TLS ---- */

static void
tell_offers(struct smtp_server *s, const struct probe_result *p)
{
	static const struct report_column columns[] = {
	    {"keyword", "Keyword"}, {"parameters", "Parameters"}};
	struct report *r = s->sc->r;
	struct slice rest = p->ehlo.text;
	struct report_node *t = report_table(r, s->section, "ehlo",
	    "Offered by EHLO", columns, 2, REPORT_DETAIL);
	for (unsigned i = 0; rest.n > 0; i++) {
		struct slice line = first_line(rest);
		rest = slice_from(rest, line.n + 1);
		line = slice_from(line, 4);
		size_t n = slice_find(line, ' ');
		const struct report_value v[] = {value_text(slice_to(line, n)),
		    value_text(slice_from(line, n + 1))};
		if (i > 0 && p->esmtp)
			report_row(r, t, v);
	}
}

static void
tell_tls(struct smtp_server *s, const struct probe_result *p)
{
	struct report *r = s->sc->r;
	const char *test = N_("TLS");
	report_flag(
	    r, s->section, "starttls", "Offers STARTTLS", p->starttls_offered);
	if (p->tls) {
		report_text(r, s->section, "tls_version", "TLS version",
		    slice_str(p->tls_info.version));
		report_text(r, s->section, "tls_cipher", "Cipher",
		    slice_str(p->tls_info.cipher));
		passed(s, test, OK, tr("Supports TLS: %s %s"),
		    p->tls_info.version, p->tls_info.cipher);
	} else if (s->tls_cause[0] != '\0') {
		found(s, test, FAIL, s->tls_cause,
		    tr("Look at it with: kurir check tls."),
		    tr("offers STARTTLS, but TLS fails: %s"), s->tls_why);
	} else if (!p->starttls_offered) {
		found(s, test, FAIL, "tls.not-offered",
		    smtp_is_masked(p->greeting.text, p->ehlo.text)
			? smtp_masked_cure()
			: tr("Give the server a certificate and switch "
			     "STARTTLS on."),
		    tr("Does not support TLS: mail comes in the clear"));
	} else {
		found(s, test, FAIL, "tls.refused", "",
		    tr("offers STARTTLS and then refuses it: %.*s"),
		    SLICE_ARG(first_line(p->starttls.text)));
	}
}

/* ---- what it gives away ---- */

static const struct probe_reply *
reply_of(const struct smtp_server *s, const struct probe_result *p,
    enum smtp_step which)
{
	static const struct probe_reply none = {0};
	size_t at = s->step_at[which];
	return at == 0 || at > p->step_n ? &none : &p->steps[at - 1];
}

static unsigned
klass(const struct probe_reply *r)
{
	return r->came ? r->code / 100u : 0;
}

static void
tell_verb(struct smtp_server *s, const char *key, const char *label,
    const char *test, const struct probe_reply *r, bool exposed,
    const char *code)
{
	report_fact(s->sc->r, s->section, key, label,
	    !r->came ? value_null()
		     : value_word(exposed ? N_("exposed") : N_("closed")),
	    REPORT_DETAIL);
	if (!r->came)
		passed(s, test, UNKNOWN, tr("it gave no answer"));
	else if (exposed)
		found(s, test, WARN, code,
		    tr("Switch the command off (disable_vrfy_command, "
		       "acl_smtp_vrfy, acl_smtp_expn)."),
		    tr("tells strangers who has a mailbox: %.*s"),
		    SLICE_ARG(first_line(r->text)));
	else
		passed(s, test, OK, "%.*s", SLICE_ARG(first_line(r->text)));
}

static void
tell_exposure(struct smtp_server *s, const struct probe_result *p)
{
	const struct probe_reply *known = reply_of(s, p, STEP_VRFY);
	const struct probe_reply *nobody = reply_of(s, p, STEP_VRFY_NOBODY);
	const struct probe_reply *expn = reply_of(s, p, STEP_EXPN);
	const struct probe_reply *etrn = reply_of(s, p, STEP_ETRN);
	/* 252 to all gives nothing away; to those that are there, it does. */
	bool vrfy =
	    (klass(known) == 2 && known->code != 252) ||
	    (klass(known) == 2 && nobody->code >= 550 && nobody->code <= 553);
	tell_verb(s, "vrfy", "VRFY", "VRFY", known, vrfy, "smtp.vrfy-exposed");
	tell_verb(s, "expn", "EXPN", "EXPN", expn,
	    klass(expn) == 2 && expn->code != 252, "smtp.expn-exposed");
	report_fact(s->sc->r, s->section, "etrn", "ETRN",
	    !etrn->came ? value_null() : value_bool(klass(etrn) == 2),
	    REPORT_DETAIL);
	if (klass(etrn) == 2)
		found(s, "ETRN", NOTE, "smtp.etrn-offered", "",
		    tr("lets strangers start its queue: %.*s"),
		    SLICE_ARG(first_line(etrn->text)));
	else if (etrn->came)
		passed(
		    s, "ETRN", OK, "%.*s", SLICE_ARG(first_line(etrn->text)));
}

/* ---- whom it takes mail for ---- */

static void
tell_box(struct smtp_server *s, const char *key, const char *label,
    const struct probe_reply *r, const char *code, const char *cure)
{
	unsigned k = klass(r);
	bool at = label[strlen(label) - 1] == '@';
	report_fact(s->sc->r, s->section, key, label,
	    k == 2 || k == 5 ? value_bool(k == 2) : value_null(), REPORT_SCORE);
	if (k == 2)
		passed(s, label, OK, "%.*s", SLICE_ARG(first_line(r->text)));
	else if (k == 5)
		found(s, label, WARN, code, cure,
		    tr("mail to %s%s is refused: %.*s"), label,
		    at ? s->sc->domain : "", SLICE_ARG(first_line(r->text)));
	else
		passed(
		    s, label, UNKNOWN, "%.*s", SLICE_ARG(first_line(r->text)));
}

/* Postfix's defer_unauth_destination, Debian's default: a no, only that the
 * number says "later". */
static bool
denies_for_now(const struct probe_reply *r)
{
	struct slice line = first_line(r->text);
	static const char words[] = "relay access denied";
	for (; klass(r) == 4 && line.n > 0; line = slice_from(line, 1))
		if (slice_starts_nocase(line, slice_str(words)))
			return true;
	return false;
}

/* Refused for who we are, or as its own postmaster is: nothing was said of
 * relaying. */
static bool
refuses_us(struct smtp_server *s, const struct probe_result *p)
{
	const struct probe_reply *r = reply_of(s, p, STEP_RELAY);
	const struct probe_reply *own = reply_of(s, p, STEP_POSTMASTER);
	if (klass(r) != 5)
		return false;
	return relay_classify(250, SLICE_EMPTY, r->code, r->text) ==
		   RELAY_UNKNOWN ||
	       (own->code == r->code && !relay_is_about_relaying(r->text) &&
		   relay_same_words(
		       first_line(own->text), first_line(r->text)));
}

static void
tell_relay(struct smtp_server *s, const struct probe_result *p)
{
	const struct probe_reply *r = reply_of(s, p, STEP_RELAY);
	struct slice line = first_line(r->text);
	const char *test = N_("Open relay");
	unsigned k = denies_for_now(r) ? 5 : refuses_us(s, p) ? 0 : klass(r);
	struct sock_addr to;
	check_route(s->sc->c, slice_str(s->name), s->sc->port, &s->ip, &to);
	report_fact(s->sc->r, s->section, "relay", "Relays for strangers",
	    value_word(k == 2   ? N_("may-be")
		       : k == 5 ? N_("no")
				: N_("unknown")),
	    REPORT_SCORE);
	if (k == 5)
		passed(s, test, OK, tr("Not an open relay: %.*s"),
		    SLICE_ARG(line));
	else if (k == 2)
		/* From the same machine or network it may trust us. */
		found(s, test, is_private(&to.ip) ? UNKNOWN : FAIL,
		    "smtp.may-relay",
		    tr("Find out with: kurir check relay. Only a message "
		       "that arrives proves it; a server may take us for one "
		       "of its own, or throw away what it took."),
		    tr("May be an open relay: test@example.com was accepted "
		       "(%.*s)"),
		    SLICE_ARG(line));
	else
		found(s, test, UNKNOWN, "smtp.relay-unknown", "",
		    tr("whether it is an open relay could not be found out%s"
		       "%.*s"),
		    line.n > 0 ? ": " : "", SLICE_ARG(line));
}

static void
tell_mail(struct smtp_server *s, const struct probe_result *p)
{
	const struct probe_reply *mail = reply_of(s, p, STEP_MAIL);
	if (klass(mail) != 2) {
		struct slice why =
		    mail->came ? first_line(mail->text) : slice_str(p->why);
		found(s, N_("Open relay"), UNKNOWN, "smtp.mail-refused",
		    tr("Try with a sender of yours: --from."),
		    tr("nothing more was found out, because MAIL was not "
		       "taken: %.*s"),
		    SLICE_ARG(why));
		return;
	}
	tell_box(s, "postmaster", "postmaster", reply_of(s, p, STEP_POSTMASTER),
	    "smtp.postmaster-refused",
	    tr("Every server must take mail for postmaster without a domain "
	       "(RFC 5321 4.5.1)."));
	if (s->sc->domain[0] != '\0') {
		tell_box(s, "postmaster_domain", "postmaster@",
		    reply_of(s, p, STEP_POSTMASTER_DOMAIN),
		    "smtp.postmaster-refused",
		    tr("A domain that takes mail has a postmaster "
		       "(RFC 5321 4.5.1)."));
		tell_box(s, "abuse", "abuse@", reply_of(s, p, STEP_ABUSE),
		    "smtp.abuse-refused",
		    tr("Others report misuse there (RFC 2142)."));
	}
	tell_relay(s, p);
}

static void
tell_time(struct smtp_server *s, const struct probe_result *p)
{
	const struct probe_reply *last = reply_of(s, p, STEP_RELAY);
	const char *test = N_("Transaction time");
	uint32_t ms = last->ms;
	if (!last->came)
		return;
	report_number(
	    s->sc->r, s->section, "transaction_ms", "Transaction (ms)", ms);
	if (ms < GOOD_MS)
		passed(s, test, OK, tr("%u.%03u seconds: good (below 5)"),
		    ms / 1000, ms % 1000);
	else
		found(s, test, WARN, "smtp.transaction-slow",
		    tr("A slow greeting or a delay for strangers is no "
		       "fault; look-ups that time out are."),
		    ms <= SLOW_MS ? tr("%u.%03u seconds: slow (5 to 15)")
				  : tr("%u.%03u seconds: not good (over 15)"),
		    ms / 1000, ms % 1000);
}

/* ---- all of it ---- */

static void
tell_end(struct smtp_server *s, const struct probe_result *p)
{
	if (p->cause[0] == '\0')
		return;
	found(s, N_("Session"), p->speaks_first ? FAIL : UNKNOWN, p->cause, "",
	    tr("the session ended before its end: %s"), p->why);
}

static void
tell_session(struct smtp_server *s, const struct probe_result *p)
{
	bool hello = p->stage[PROBE_HELO].ok;
	tell_version(s, p);
	tell_names(s, p);
	if (!hello) {
		found(s, "EHLO", UNKNOWN,
		    p->cause[0] != '\0' ? p->cause : "remote.5xx", "",
		    tr("the server does not go on after EHLO: %s"), p->why);
		return;
	}
	tell_offers(s, p);
	tell_tls(s, p);
	tell_mail(s, p);
	tell_exposure(s, p);
	tell_time(s, p);
	tell_end(s, p);
}

void
smtp_tell_server(struct smtp_server *s, const struct probe_result *p)
{
	static const struct report_column columns[] = {
	    {"test", "Test"}, {"result", "Result"}, {"text", "Found"}};
	struct report *r = s->sc->r;
	char ip[IP_TEXT_MAX];
	ip_text(&s->ip, ip);
	report_text(r, s->section, "host", "Host", slice_str(s->name));
	report_text(r, s->section, "ip", "Address", slice_str(ip));
	report_number(r, s->section, "port", "Port", s->sc->port);
	s->tests = report_table(
	    r, s->section, "tests", "Tests", columns, 3, REPORT_SCORE);
	if (tell_connection(s, p) && tell_greeting(s, p))
		tell_session(s, p);
	probe_transcript(p, r,
	    report_transcript(
		r, s->section, "dialogue", "Dialogue", REPORT_DETAIL));
}
