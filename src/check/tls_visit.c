/* tls_visit.c - what is said of one address. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check/smtp_banner.h"
#include "check/tls_priv.h"

/* ---- findings ---- */

static void
say_unreached(struct tls_run *run, const struct tls_visit *v, const char *name)
{
	const char *code = v->r.cause[0] != '\0' ? v->r.cause : "net.timeout";
	report_findingf(run->r, code, SEVERITY_WARN, tls_cure(code),
	    tr("%s could not be asked: %s"), name,
	    v->r.why[0] != '\0' ? v->r.why : tr("no connection"));
	report_answer(run->r, CHECK_UNKNOWN);
}

static void
say_no_tls(struct tls_run *run, const struct tls_visit *v, const char *name)
{
	if (!run->o.implicit && !v->r.starttls_offered) {
		report_findingf(run->r, "tls.not-offered", SEVERITY_BAD,
		    smtp_is_masked(v->r.greeting.text, v->r.ehlo.text)
			? smtp_masked_cure()
			: tls_cure("tls.not-offered"),
		    tr("%s does not offer STARTTLS: mail comes in plain text"),
		    name);
		return;
	}
	const char *code = v->r.cause[0] != '\0' ? v->r.cause : "tls.refused";
	char reply[200];
	(void)snprintf(reply, sizeof(reply), "%.*s",
	    SLICE_ARG(slice_to(v->r.starttls.text, sizeof(reply) - 1)));
	report_findingf(run->r, code, SEVERITY_BAD, tls_cure(code),
	    tr("%s offers TLS, but it does not come about: %s"), name,
	    v->r.why[0] != '\0' ? v->r.why
	    : v->r.starttls.code >= 400 && reply[0] != 0
		? reply
		: tr("no reason was given"));
}

static void
say_expiry(struct tls_run *run, const struct cert *leaf, const char *name)
{
	uint64_t now = check_now_s(run->c);
	const char *cure =
	    tr("Renew the certificate and reload the mail server");
	if (leaf->not_after_s <= now || leaf->not_after_s - now >= 14 * 86400)
		return;
	unsigned days = (unsigned)((leaf->not_after_s - now) / 86400);
	if (days == 0)
		report_findingf(run->r, "tls.cert-expires-soon", SEVERITY_WARN,
		    cure, tr("the certificate of %s expires within a day"),
		    name);
	else if (days == 1)
		report_findingf(run->r, "tls.cert-expires-soon", SEVERITY_WARN,
		    cure, tr("the certificate of %s expires in 1 day"), name);
	else
		report_findingf(run->r, "tls.cert-expires-soon", SEVERITY_WARN,
		    cure, tr("the certificate of %s expires in %u days"), name,
		    days);
}

static void
say_cert(struct tls_run *run, const struct tls_visit *v, const char *name)
{
	const struct cert_chain *c = v->chain;
	if (c == NULL) {
		report_findingf(run->r, "tls.cert-untrusted", SEVERITY_BAD,
		    tls_cure("tls.cert-untrusted"),
		    tr("%s shows no certificate"), name);
		return;
	}
	if (c->incomplete)
		report_findingf(run->r, "tls.chain-incomplete", SEVERITY_BAD,
		    tr("Install the full chain (fullchain.pem), not the "
		       "certificate alone"),
		    tr("%s: the chain is incomplete: the certificate of "
		       "\"%.*s\" was not sent"),
		    name, SLICE_ARG(c->missing));
	else if (c->cause != NULL)
		report_findingf(run->r, c->cause, SEVERITY_BAD,
		    tls_cure(c->cause),
		    tr("the certificate of %s does not hold: %.*s"), name,
		    SLICE_ARG(c->why));
	if (c->cause != NULL && !c->name_match &&
	    strcmp(c->cause, "tls.cert-name-mismatch") != 0)
		report_findingf(run->r, "tls.cert-name-mismatch", SEVERITY_BAD,
		    tls_cure("tls.cert-name-mismatch"),
		    tr("the certificate is not for %s"), name);
	if (c->cause != NULL && c->expired &&
	    strcmp(c->cause, "tls.cert-expired") != 0)
		report_findingf(run->r, "tls.cert-expired", SEVERITY_BAD,
		    tls_cure("tls.cert-expired"),
		    tr("the certificate of %s does not hold: %.*s"), name,
		    SLICE_ARG(SLICE("it has expired")));
	if (c->name_by_cn)
		report_findingf(run->r, "tls.cert-cn-only", SEVERITY_WARN,
		    tr("Have a certificate issued with the name as subject "
		       "alternative name (DNS), as every authority does today"),
		    tr("the certificate of %s names it only as common name: "
		       "senders that enforce MTA-STS refuse it"),
		    name);
	say_expiry(run, &c->v[0], name);
}

/* What the certificate's own findings say already. */
static bool
said_of_cert(const char *code)
{
	static const char *const v[] = {"grade.self-signed",
	    "grade.cert-expired", "grade.cert-not-yet-valid", "grade.untrusted",
	    "grade.name-mismatch", "grade.chain-incomplete",
	    "grade.cert-revoked"};
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++)
		if (strcmp(v[i], code) == 0)
			return true;
	return false;
}

static void
say_caps(struct tls_run *run, const struct tls_visit *v, const char *name)
{
	for (size_t i = 0; i < v->grade.cap_n; i++) {
		const struct grade_cap *c = v->grade.caps[i];
		bool bad = strchr("CFTM", c->letter[0]) != NULL;
		if (said_of_cert(c->code))
			continue;
		report_findingf(run->r, c->code,
		    bad          ? SEVERITY_BAD
		    : c->warning ? SEVERITY_INFO
				 : SEVERITY_WARN,
		    tr(c->cure), "%s: %s", name, tr(c->text));
	}
}

static void
say_replies(struct tls_run *run, const struct tls_visit *v, const char *name)
{
	static const char *const what[] = {"MAIL", "RCPT"};
	for (size_t i = 0; i < v->r.step_n && i < 2; i++) {
		const struct probe_reply *s = &v->r.steps[i];
		if (!s->came || s->code < 400)
			continue;
		report_findingf(run->r,
		    s->code >= 500 ? "remote.5xx" : "remote.4xx", SEVERITY_WARN,
		    "", tr("%s refuses %s: %.*s"), name, what[i],
		    SLICE_ARG(slice_to(s->text, 200)));
	}
}

static void
findings(struct tls_run *run, const struct tls_visit *v, const char *name)
{
	const struct probe_result *r = &v->r;
	if (!v->begun || !r->stage[PROBE_ANSWER].ok ||
	    !r->stage[PROBE_CONNECT].ok || !r->stage[PROBE_HELO].ok) {
		/* with implicit TLS it may be TLS that failed */
		if (!run->o.implicit || !r->stage[PROBE_ANSWER].ok || r->tls)
			say_unreached(run, v, name);
		else
			say_no_tls(run, v, name);
		return;
	}
	if (r->speaks_first)
		report_findingf(run->r, "protocol.sync", SEVERITY_WARN,
		    tls_cure("protocol.sync"),
		    tr("%s speaks before it is asked"), name);
	if (!r->tls) {
		say_no_tls(run, v, name);
	} else {
		say_cert(run, v, name);
		tls_say_staple(run, v, name);
		if (!tls_stage_ok(v, PROBE_SECURE))
			report_findingf(run->r,
			    r->cause[0] != '\0' ? r->cause
						: "net.closed-after-starttls",
			    SEVERITY_BAD, tls_cure(r->cause),
			    tr("%s does not answer inside TLS: %s"), name,
			    r->why);
	}
	if (v->injection == GRADE_YES)
		report_findingf(run->r, "tls.starttls-injection", SEVERITY_BAD,
		    tr("Update the mail server: it must forget what came "
		       "before TLS"),
		    tr("%s answers inside TLS what was sent in clear behind "
		       "STARTTLS (CVE-2011-0411)"),
		    name);
	if (v->scanned && v->s->client_renegotiation == GRADE_YES)
		report_findingf(run->r, "tls.client-renegotiation",
		    SEVERITY_INFO, tr("Switch renegotiation by clients off"),
		    tr("%s lets clients renegotiate, which costs it more than "
		       "them"),
		    name);
	say_caps(run, v, name);
	say_replies(run, v, name);
}

/* ---- certificates ---- */

static void
fact(struct report *r, struct report_node *in, const char *key,
    const char *label, struct slice text)
{
	if (text.n > 0)
		report_fact(r, in, key, label, value_text(text), REPORT_CERT);
}

static void
hex32(const uint8_t digest[32], char out[65])
{
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void
report_names(struct report *r, struct report_node *in, const struct cert *c)
{
	static const struct report_column column[] = {{"name", N_("Name")}};
	if (c->name_n == 0)
		return;
	struct report_node *t =
	    report_table(r, in, "names", N_("Names"), column, 1, REPORT_CERT);
	for (size_t i = 0; i < c->name_n; i++) {
		struct report_value v = value_text(c->names[i]);
		report_row(r, t, &v);
	}
	if (c->names_left_out > 0)
		report_fact(r, in, "names_left_out", N_("Further names"),
		    value_number(r, c->names_left_out), REPORT_CERT);
}

static void
report_cert(struct report *r, struct report_node *in, const struct cert *c,
    uint64_t now_s)
{
	char text[80];
	if (!c->readable) {
		fact(r, in, "subject", N_("Subject"), SLICE("?"));
		return;
	}
	fact(r, in, "subject", N_("Subject"), c->subject);
	fact(r, in, "issuer", N_("Issuer"), c->issuer);
	report_names(r, in, c);
	cert_time_text(c->not_before_s, text);
	report_fact(r, in, "not_before", N_("Valid from"),
	    value_mood(value_text(slice_str(text)),
		now_s < c->not_before_s ? MOOD_BAD : MOOD_PLAIN),
	    REPORT_CERT);
	cert_time_text(c->not_after_s, text);
	report_fact(r, in, "not_after", N_("Valid until"),
	    value_mood(value_text(slice_str(text)),
		now_s > c->not_after_s ? MOOD_BAD : MOOD_PLAIN),
	    REPORT_CERT);
	fact(r, in, "key_type", N_("Key"), c->key_type);
	report_fact(r, in, "key_bits", N_("Key bits"),
	    value_number(r, c->key_bits), REPORT_CERT);
	fact(r, in, "signature", N_("Signature"), c->signature);
	fact(r, in, "serial", N_("Serial number"), c->serial);
	hex32(c->sha256, text);
	fact(r, in, "sha256", N_("SHA-256 fingerprint"), slice_str(text));
	hex32(c->key_sha256, text);
	fact(r, in, "key_sha256", N_("SHA-256 of the public key"),
	    slice_str(text));
}

static void
report_chain(
    struct tls_run *run, struct report_node *in, const struct tls_visit *v)
{
	struct report *r = run->r;
	const struct cert_chain *c = v->chain;
	if (c == NULL)
		return;
	report_fact(r, in, "name_match", N_("Certificate is for this name"),
	    value_bool(c->name_match), REPORT_CERT);
	report_fact(r, in, "trusted", N_("Chain is trusted"),
	    c->incomplete ? value_null() : value_bool(c->trusted), REPORT_CERT);
	report_fact(r, in, "chain_complete", N_("Chain is complete"),
	    value_bool(!c->incomplete), REPORT_CERT);
	tls_report_staple(run, in, v);
	for (size_t i = 0; i < c->n; i++)
		report_cert(r,
		    report_section(r, in, "certificates", N_("Certificate"),
			true, REPORT_CERT),
		    &c->v[i], check_now_s(run->c));
}

/* ---- stages and dialogue ---- */

static const char *const stage_keys[PROBE_STAGES] = {
    "answer", "connect", "helo", "tls", "cert", "secure", "from", "to"};

static void
report_stages(
    struct tls_run *run, struct report_node *in, const struct tls_visit *v)
{
	static const struct report_column columns[] = {{"stage", N_("Stage")},
	    {"ok", N_("Result")}, {"ms", N_("Milliseconds")}};
	struct report_node *t = report_table(
	    run->r, in, "stages", N_("Stages"), columns, 3, REPORT_DETAIL);
	for (unsigned i = 0; i < PROBE_STAGES; i++) {
		bool reached = v->r.stage[i].reached ||
			       (i == PROBE_CERT && v->chain != NULL);
		bool ok = tls_stage_ok(v, (enum probe_stage)i);
		const struct report_value row[] = {
		    value_text(slice_str(stage_keys[i])),
		    reached
			? value_mood(value_bool(ok), ok ? MOOD_GOOD : MOOD_BAD)
			: value_null(),
		    reached ? value_number(run->r, v->r.stage[i].ms)
			    : value_null(),
		};
		report_row(run->r, t, row);
	}
}

static void line(struct report *r, struct report_node *t, uint32_t ms,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void
line(struct report *r, struct report_node *t, uint32_t ms, const char *fmt, ...)
{
	char text[1200];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report_line(r, t, ms, ' ', slice_str(text));
}

/* As CheckTLS has them. */
static void
cert_lines(struct tls_run *run, struct report_node *t,
    const struct tls_visit *v, uint32_t ms)
{
	const struct cert_chain *c = v->chain;
	const char *host = run->host[v->host].h.name;
	for (size_t i = 0; c != NULL && i < c->n; i++)
		line(run->r, t, ms,
		    "Certificate %zu of %zu in chain: subject= %.*s issuer= "
		    "%.*s",
		    i + 1, c->n, SLICE_ARG(c->v[i].subject),
		    SLICE_ARG(c->v[i].issuer));
	if (c == NULL)
		return;
	bool valid = c->trusted && !c->expired && !c->not_yet_valid;
	line(run->r, t, ms, "Cert %s: %.*s",
	    valid ? "VALIDATED" : "NOT VALIDATED",
	    SLICE_ARG(valid ? SLICE("ok") : c->why));
	line(run->r, t, ms, "Cert Hostname %s (%s %s %.*s)",
	    c->name_match ? "VERIFIED" : "DOES NOT VERIFY", host,
	    c->name_match ? "=" : "!=", SLICE_ARG(c->v[0].common_name));
}

static void
report_dialogue(
    struct tls_run *run, struct report_node *in, const struct tls_visit *v)
{
	struct report_node *t = report_transcript(
	    run->r, in, "dialogue", N_("Dialogue"), REPORT_DETAIL);
	for (size_t i = 0; i < v->r.line_n; i++) {
		const struct probe_line *l = &v->r.lines[i];
		if (v->r.tls && i == v->r.tls_line)
			cert_lines(run, t, v, l->ms);
		report_line(run->r, t, l->ms, l->who, l->text);
	}
	if (v->r.left_out > 0)
		line(run->r, t, v->r.total_ms, "(%zu more lines)",
		    v->r.left_out);
}

/* ---- the letter ---- */

static void
report_grade(
    struct tls_run *run, struct report_node *in, const struct tls_visit *v)
{
	static const struct report_column columns[] = {{"code", N_("Code")},
	    {"letter", N_("Letter")}, {"text", N_("Because")},
	    {"cure", N_("Cure")}};
	struct report *r = run->r;
	const struct grade *g = &v->grade;
	if (!v->graded)
		return;
	enum report_mood mood = g->letter[0] == 'A' ? MOOD_GOOD
				: g->letter[0] == 'B' || g->letter[0] == 'C'
				    ? MOOD_WARN
				    : MOOD_BAD;
	report_fact(r, in, "letter", N_("Letter"),
	    v->lettered ? value_mood(value_text(slice_str(g->letter)), mood)
			: value_null(),
	    REPORT_SCORE);
	report_fact(r, in, "complete", N_("Everything was tested"),
	    value_bool(g->complete), REPORT_SCORE);
	report_fact(r, in, "score", N_("Score"),
	    v->lettered ? value_number(r, g->score) : value_null(),
	    REPORT_MATRIX);
	report_fact(r, in, "protocol_score", N_("Protocol score"),
	    value_number(r, g->protocol), REPORT_DETAIL);
	report_fact(r, in, "key_exchange_score", N_("Key exchange score"),
	    value_number(r, g->key_exchange), REPORT_DETAIL);
	report_fact(r, in, "cipher_score", N_("Cipher score"),
	    value_number(r, g->cipher), REPORT_DETAIL);
	struct report_node *t = report_table(r, in, "caps",
	    N_("What caps the letter"), columns, 4, REPORT_SCORE);
	for (size_t i = 0; i < g->cap_n; i++) {
		const struct grade_cap *c = g->caps[i];
		const struct report_value row[] = {
		    value_text(slice_str(c->code)),
		    value_text(slice_str(c->letter)),
		    value_text(slice_str(tr(c->text))),
		    value_text(slice_str(tr(c->cure))),
		};
		report_row(r, t, row);
	}
}

/* What was not found out has its key all the same. */
static void
report_others(struct report *r, struct report_node *in)
{
	static const struct {
		const char *key, *label;
		bool array;
	} keys[] = {
	    {"version", N_("TLS version"), false},
	    {"cipher", N_("Cipher"), false},
	    {"bits", N_("Cipher bits"), false},
	    {"letter", N_("Letter"), false},
	    {"complete", N_("Everything was tested"), false},
	    {"score", N_("Score"), false},
	    {"protocol_score", N_("Protocol score"), false},
	    {"key_exchange_score", N_("Key exchange score"), false},
	    {"cipher_score", N_("Cipher score"), false},
	    {"caps", N_("What caps the letter"), true},
	    {"name_match", N_("Certificate is for this name"), false},
	    {"trusted", N_("Chain is trusted"), false},
	    {"chain_complete", N_("Chain is complete"), false},
	    {"certificates", N_("Certificate"), true},
	    {"protocols", N_("Protocols"), true},
	    {"ciphers", N_("Ciphers, in the server's order"), true},
	    {"groups", N_("Key exchange groups, in the server's order"), true},
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		report_rest(r, in, keys[i].key, keys[i].label, keys[i].array);
}

void
tls_report_visit(struct tls_run *run, const struct tls_visit *v)
{
	struct report *r = run->r;
	const struct check_host *h = &run->host[v->host].h;
	char ip[IP_TEXT_MAX], name[320];
	ip_text(&v->ip, ip);
	(void)snprintf(name, sizeof(name), "%s[%s]", h->name, ip);
	struct report_node *in = report_section(
	    r, report_root(r), "mx", N_("Exchanger"), true, REPORT_MATRIX);
	report_text(r, in, "host", N_("Host"), slice_str(h->name));
	report_text(r, in, "address", N_("Address"), slice_str(ip));
	report_number(r, in, "preference", N_("Preference"), h->preference);
	if (v->r.tls) {
		const struct tls_info *t = &v->r.tls_info;
		report_text(
		    r, in, "version", N_("TLS version"), slice_str(t->version));
		report_text(
		    r, in, "cipher", N_("Cipher"), slice_str(t->cipher));
		report_number(r, in, "bits", N_("Cipher bits"), t->bits_used);
	}
	if (!run->o.assure) {
		report_number(r, in, "confidence", N_("Confidence factor"),
		    confidence_mx_score(&v->confidence));
		report_grade(run, in, v);
	}
	report_chain(run, in, v);
	if (run->o.enumerate && !run->o.implicit && !run->o.assure)
		report_fact(r, in, "starttls_injection",
		    N_("STARTTLS injection"),
		    v->injection == GRADE_UNTESTED || !v->r.tls
			? value_null()
			: value_mood(value_bool(v->injection == GRADE_YES),
			      v->injection == GRADE_YES ? MOOD_BAD : MOOD_GOOD),
		    REPORT_DETAIL);
	if (v->scanned)
		tls_report_scan(r, in, v->s, v);
	report_stages(run, in, v);
	report_dialogue(run, in, v);
	if (!run->o.assure)
		report_others(r, in);
	if (!run->o.assure)
		findings(run, v, name);
	else if (!v->begun || !v->r.stage[PROBE_HELO].ok)
		say_unreached(run, v, name);
}
