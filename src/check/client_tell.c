/* client_tell.c - what check client says. */
#include <stdio.h>

#include "check/client_priv.h"

static const struct saying {
	const char *code;
	enum check_severity severity;
	const char *text, *cure;
} sayings[CLIENT_SAYS_N] = {
    [CLIENT_SAYS_NOBODY] = {"client.nobody", SEVERITY_WARN,
	N_("Nobody connected"),
	N_("Send a message to the test domain, and see that the route of it "
	   "leads to this address and port and that no firewall is between")},
    [CLIENT_SAYS_NO_MESSAGE] = {"client.no-message", SEVERITY_WARN,
	N_("It connected, but brought no message"),
	N_("The dialogue shows how far it came; its own log says why it went "
	   "no further")},
    [CLIENT_SAYS_HOLDS_BACK] = {"client.holds-back", SEVERITY_INFO,
	N_("It did not hand over its message without the TLS that it wants: "
	   "nobody in between can read it, but to such a server it waits in "
	   "the queue"),
	N_("If mail to such servers has to get through, allow it for their "
	   "domains alone")},
    [CLIENT_SAYS_FALLBACK] = {"client.clear-text-fallback", SEVERITY_WARN,
	N_("TLS failed, and it sent the message in clear text: usual for "
	   "opportunistic TLS, and anyone in between can bring it about"),
	N_("To demand TLS for a domain: Postfix smtp_tls_policy_maps "
	   "\"encrypt\" or \"secure\"; Exim hosts_require_tls; Exchange "
	   "RequireTls of the send connector; MDaemon \"use STARTTLS whenever "
	   "possible\" with its STARTTLS Required List; kurir tls = "
	   "\"encrypt\" or \"verify\" in outbound")},
    [CLIENT_SAYS_NO_TLS] = {"client.no-starttls", SEVERITY_WARN,
	N_("STARTTLS was offered, and it sent in clear text without trying"),
	N_("Switch TLS on for sending: Postfix smtp_tls_security_level = may; "
	   "Exim hosts_avoid_tls empty; Exchange IgnoreSTARTTLS $false; "
	   "MDaemon \"use STARTTLS whenever possible\"; kurir does it by "
	   "itself")},
    [CLIENT_SAYS_UNTRUSTED] = {"client.took-untrusted", SEVERITY_INFO,
	N_("It went on with a certificate that nobody vouches for: normal "
	   "for opportunistic TLS, which protects against listening alone"),
	N_("To demand a name and an authority for a domain: Postfix "
	   "smtp_tls_policy_maps \"secure\"; Exim tls_verify_hosts; Exchange "
	   "TlsAuthLevel DomainValidation; kurir tls = \"verify\" in "
	   "outbound; or let it follow DANE and MTA-STS")},
    [CLIENT_SAYS_OLD_TLS] = {"client.old-tls", SEVERITY_WARN,
	N_("It agreed on TLS 1.0 or 1.1, which is broken and has been given "
	   "up"),
	N_("Allow 1.2 and above alone: Postfix smtp_tls_protocols = "
	   ">=TLSv1.2; Exim openssl_options = +no_tlsv1 +no_tlsv1_1; "
	   "Exchange and MDaemon by SCHANNEL in the registry; kurir "
	   "speaks no older one")},
    [CLIENT_SAYS_WEAK] = {"client.weak-cipher", SEVERITY_WARN,
	N_("It agreed on a cipher without forward secrecy: who records it now "
	   "can read it once the key is known"),
	N_("Where all partners allow it: Postfix smtp_tls_mandatory_ciphers = "
	   "high and smtp_tls_exclude_ciphers = kRSA; Exim "
	   "tls_require_ciphers; Exchange and MDaemon by the cipher suites of "
	   "Windows; to most servers poor encryption beats none")},
    [CLIENT_SAYS_TLS_FAILED] = {"client.tls-failed", SEVERITY_INFO,
	N_("It began TLS, and TLS did not come about"), NULL},
    [CLIENT_SAYS_RAN_AHEAD] = {"client.ran-ahead", SEVERITY_BAD,
	N_("It sent commands behind STARTTLS before TLS was there: servers "
	   "end the session for it"),
	N_("Bring it up to date")},
    [CLIENT_SAYS_AUTH_CLEAR] = {"client.password-in-clear", SEVERITY_BAD,
	N_("It wanted to log in without TLS: its password goes over the line "
	   "for anyone to read"),
	N_("Let it log in under TLS alone: Postfix smtp_tls_security_level = "
	   "encrypt and smtp_sasl_security_options; Exim hosts_require_tls "
	   "with hosts_require_auth; Exchange BasicAuthRequireTLS; a device "
	   "or program: its setting \"require TLS\"")},
    [CLIENT_SAYS_AUTH_UNTRUSTED] = {"client.password-to-anyone", SEVERITY_BAD,
	N_("It wanted to log in though nobody vouches for our certificate: it "
	   "gives its password to whoever stands in between"),
	N_("Let it check the certificate before it logs in: Postfix "
	   "smtp_tls_security_level = secure; Exim tls_verify_hosts; Exchange "
	   "TlsAuthLevel CertificateValidation; msmtp tls_certcheck on")},
    [CLIENT_SAYS_FIRST] = {"client.speaks-first", SEVERITY_BAD,
	N_("It spoke before our greeting: many servers refuse that as spam"),
	N_("Bring it up to date; where a firewall or a virus scanner stands "
	   "in between, switch its SMTP inspection off")},
    [CLIENT_SAYS_BARE_NEWLINE] = {"client.bare-newline", SEVERITY_BAD,
	N_("Its message has a bare CR or LF: servers of today refuse it, for "
	   "such lines smuggle messages"),
	N_("Let the program that makes the message end its lines with CR LF; "
	   "Postfix smtpd_forbid_bare_newline = normalize mends it on the "
	   "way in")},
    [CLIENT_SAYS_DOT] = {"client.dot-not-doubled", SEVERITY_BAD,
	N_("It does not double a dot at the beginning of a line: lines lose "
	   "theirs, and a line with a dot alone would end the message"),
	N_("Bring it up to date; a script must double it itself")},
    [CLIENT_SAYS_LONG_LINE] = {"client.long-line", SEVERITY_WARN,
	N_("Its message has a line of more than 998 octets: some servers "
	   "refuse it or break it, and signatures with it"),
	N_("Let the program that makes the message use quoted-printable or "
	   "base64; Exim refuses such messages from 4.97 on unless "
	   "message_linelength_limit is raised")},
    [CLIENT_SAYS_NO_EHLO] = {"client.no-ehlo", SEVERITY_INFO,
	N_("It says HELO, not EHLO: there can be neither TLS nor sizes"),
	N_("Postfix smtp_always_send_ehlo = yes; Exchange ForceHELO $false; "
	   "an old device: give it a listener of its own")},
    [CLIENT_SAYS_BAD_HELO] = {"client.bad-helo", SEVERITY_WARN,
	N_("The name that it greets with is no host name of the Internet: "
	   "others refuse it"),
	N_("Give it the full name of its host, which has its address: Postfix "
	   "smtp_helo_name; Exim primary_hostname; Exchange Fqdn of the send "
	   "connector; MDaemon the SMTP host name of the domain; kurir "
	   "hostname")},
    [CLIENT_SAYS_RETRIED] = {"client.retried", SEVERITY_INFO,
	N_("It took a refusal for now as one, and came again"), NULL},
    [CLIENT_SAYS_NO_RETRY] = {"client.no-retry", SEVERITY_BAD,
	N_("Refused for now, it did not come again: mail to servers that "
	   "greylist or are busy is lost"),
	N_("Let it send through a server that has a queue; Postfix "
	   "minimal_backoff_time, Exim the retry rules, Exchange "
	   "TransientFailureRetryInterval, MDaemon the retry queue")},
    [CLIENT_SAYS_NOT_YET] = {"client.not-yet", SEVERITY_INFO,
	N_("Refused for now, it has not come again yet; an hour would have "
	   "to pass before that means something"),
	N_("Give it more --time, or have its queue tried now: postqueue -f; "
	   "exim -qff; Retry-Queue; kurir queue retry")},
    [CLIENT_SAYS_REPEATS] = {"client.repeats-refused", SEVERITY_WARN,
	N_("Refused for good, it tried the same recipient again: that is "
	   "taken for an attack on names"),
	N_("Let it return such mail to its sender: Postfix soft_bounce = no; "
	   "Exim no retry on rcpt 5xx; a script must stop at 5xx")},
    [CLIENT_SAYS_TOOK_NO] = {"client.took-no", SEVERITY_INFO,
	N_("Refused for good, it did not try again"), NULL},
    [CLIENT_SAYS_DUPLICATE] = {"client.duplicate", SEVERITY_BAD,
	N_("It sent a message again that we had taken: recipients get it "
	   "twice"),
	N_("Look for a virus scanner or proxy in between that loses our 250, "
	   "and for a time limit behind the final dot under 10 minutes")},
    [CLIENT_SAYS_IMPATIENT] = {"client.impatient", SEVERITY_WARN,
	N_("It gave up waiting for the answer to its message: under 10 "
	   "minutes, recipients get messages twice from slow servers"),
	N_("Postfix smtp_data_done_timeout = 600s; Exim final_timeout = 10m; "
	   "Exchange ConnectionInactivityTimeOut 00:10:00; MDaemon the time "
	   "limits of SMTP; kurir waits 10 minutes")},
    [CLIENT_SAYS_SENT_AGAIN] = {"client.sent-again", SEVERITY_INFO,
	N_("Without an answer to its message it sent it once more, which is "
	   "right: nobody had taken it"),
	NULL},
    [CLIENT_SAYS_LEFT_SLOW] = {"client.gives-up-early", SEVERITY_BAD,
	N_("It went before a slow server had answered: 5 minutes are due to "
	   "a command and to the greeting"),
	N_("Postfix smtp_helo_timeout, smtp_mail_timeout and the like = 300s; "
	   "Exim command_timeout = 5m; Exchange ConnectionInactivityTimeOut; "
	   "MDaemon the time limits of SMTP")},
};

/* ---- findings ---- */

static void
add_sessions(struct buf *b, uint64_t sessions)
{
	const char *between = "";
	if (sessions == 0)
		return;
	buf_printf(b, "; %s ", tr(N_("sessions")));
	for (unsigned i = 0; i < 64; i++) {
		if ((sessions >> i & 1) == 0)
			continue;
		buf_printf(b, "%s%u", between, i + 1);
		between = ", ";
	}
}

static void
tell_findings(struct client_run *run, const struct client_judged *j)
{
	for (size_t i = 0; i < CLIENT_SAYS_N; i++) {
		const struct client_verdict *v = &j->v[i];
		const struct saying *is = &sayings[i];
		struct buf b;
		if (!v->said)
			continue;
		buf_init(&b, 4096);
		buf_add_str(&b, tr(is->text));
		if (v->has_ms)
			buf_printf(&b, "; %s %llu.%llu s", tr(N_("after")),
			    (unsigned long long)(v->ms / 1000),
			    (unsigned long long)(v->ms % 1000 / 100));
		add_sessions(&b, v->sessions);
		report_finding(run->r, is->code, is->severity, buf_slice(&b),
		    is->cure != NULL ? slice_str(tr(is->cure)) : SLICE_EMPTY);
		buf_free(&b);
	}
	if (run->turned_away > 0) {
		report_findingf(run->r, "client.turned-away", SEVERITY_WARN,
		    NULL, tr("%zu connections were turned away: too many"),
		    run->turned_away);
		report_answer(run->r, CHECK_UNKNOWN);
	}
}

/* ---- sessions ---- */

static void
tell_tls(
    struct report *r, struct report_node *in, const struct client_session *s)
{
	const struct tls_info *t = s->tls;
	const char *how = s->f.tls_failed ? "failed"
			  : s->f.tls      ? "up"
			  : s->f.refused  ? "refused"
			  : s->f.tried    ? "begun"
					  : "not-tried";
	report_flag(r, in, "starttls_tried", N_("TLS tried"), s->f.tried);
	report_text(r, in, "tls", N_("TLS"), slice_str(how));
	if (t != NULL) {
		report_text(
		    r, in, "tls_version", N_("Version"), slice_str(t->version));
		report_text(
		    r, in, "tls_cipher", N_("Cipher"), slice_str(t->cipher));
		report_text(r, in, "tls_sni", N_("Name asked for (SNI)"),
		    slice_str(t->sni));
		report_text(r, in, "client_certificate",
		    N_("Certificate of the client"),
		    slice_str(t->has_cert ? t->peer_name : ""));
	}
	if (s->tls_diag.text[0] != '\0') {
		report_text(r, in, "tls_cause", N_("Cause"),
		    slice_str(s->tls_diag.cause));
		report_text(
		    r, in, "tls_why", N_("Why"), slice_str(s->tls_diag.text));
	}
}

static void
tell_body(struct report *r, struct report_node *in, const struct client_body *b)
{
	if (b->octets == 0)
		return;
	report_number(r, in, "octets", N_("Octets of messages"), b->octets);
	report_number(r, in, "longest_line", N_("Longest line"), b->longest);
	report_number(r, in, "bare_newlines", N_("Bare CR or LF"),
	    b->bare_lf + b->bare_cr);
	report_number(r, in, "dots_doubled", N_("Dots doubled"), b->stuffed);
	report_number(
	    r, in, "dots_not_doubled", N_("Dots not doubled"), b->unstuffed);
	report_flag(
	    r, in, "eight_bit", N_("Octets above 127"), b->eight_bit > 0);
}

static void
tell_session(struct client_run *run, const struct client_session *s)
{
	struct report *r = run->r;
	const struct client_facts *f = &s->f;
	char at[SOCK_ADDR_TEXT_MAX];
	struct report_node *in = report_section(
	    r, report_root(r), "sessions", N_("Session"), true, REPORT_SCORE);
	sock_addr_text(&s->peer, at);
	report_text(r, in, "address", N_("Address"), slice_str(at));
	report_number(r, in, "number", N_("Number"), s->index + 1);
	report_number(r, in, "begun_ms", N_("Begun after (ms)"), f->begun_ms);
	report_number(
	    r, in, "took_ms", N_("Took (ms)"), f->ended_ms - f->begun_ms);
	report_flag(r, in, "spoke_first", N_("Spoke before the greeting"),
	    f->spoke_first);
	report_text(r, in, "helo", N_("Name in EHLO"), slice_str(f->name));
	report_flag(r, in, "ehlo", N_("Says EHLO"), f->esmtp);
	tell_tls(r, in, s);
	report_flag(
	    r, in, "clear_text", N_("Message in clear text"), f->mail_in_clear);
	report_flag(r, in, "auth_tried", N_("Wanted to log in"), f->auth);
	report_flag(r, in, "size", N_("Declares the size"), f->size);
	report_flag(r, in, "eightbitmime", N_("Uses 8BITMIME"), f->eight_bit);
	report_flag(r, in, "pipelining", N_("Uses PIPELINING"), f->pipelined);
	report_number(r, in, "messages", N_("Messages taken"), f->messages);
	report_flag(r, in, "quit", N_("Said QUIT"), f->quit);
	tell_body(r, in, &f->body);
	struct report_node *lines =
	    report_transcript(r, in, "dialogue", N_("Dialogue"), REPORT_DETAIL);
	for (size_t i = 0; i < s->line_n; i++)
		report_line(
		    r, lines, s->line[i].ms, s->line[i].who, s->line[i].text);
}

/* ---- all of it ---- */

static void
tell_words(struct client_run *run, struct report_node *root)
{
	struct buf b;
	const char *name;
	unsigned bit;
	buf_init(&b, 1024);
	for (size_t i = 0; (name = client_word_name(i, &bit)) != NULL; i++)
		if (run->o.words & bit)
			buf_printf(&b, "%s%s", b.n > 0 ? "," : "", name);
	report_text(run->r, root, "as", N_("Played"), buf_slice(&b));
	buf_free(&b);
}

void
client_tell(struct client_run *run)
{
	struct report *r = run->r;
	struct report_node *root = report_root(r);
	struct client_seen seen;
	struct client_judged j;
	char at[SOCK_ADDR_TEXT_MAX];
	client_seen_now(run, &seen);
	client_judge(&seen, &j);
	sock_addr_text(&run->o.at, at);
	report_text(r, root, "listened", N_("Listened on"), slice_str(at));
	tell_words(run, root);
	report_number(r, root, "watched_ms", N_("Watched (ms)"), seen.now_ms);
	report_text(r, root, "ended", N_("Ended"), slice_str(tr(run->why)));
	report_number(
	    r, root, "carriers", N_("Sessions with a message"), run->carriers);
	for (size_t i = 0; i < run->session_n; i++)
		tell_session(run, run->session[i]);
	report_rest(r, root, "sessions", N_("Sessions"), true);
	tell_findings(run, &j);
	report_answer(r, j.unknown ? CHECK_UNKNOWN : CHECK_GOOD);
}
