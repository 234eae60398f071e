/* tls_report.c - the report of check tls as a whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/tls_priv.h"

static const char *const stage_keys[PROBE_STAGES] = {
    "answer", "connect", "helo", "tls", "cert", "secure", "from", "to"};
static const char *const stage_labels[PROBE_STAGES] = {N_("Answer"),
    N_("Connect"), N_("HELO"), N_("TLS"), N_("Cert"), N_("Secure"), N_("From"),
    N_("To")};

/* The five that count when mail is offered in plain text. */
static bool
of_assure(unsigned stage)
{
	return stage != PROBE_TLS && stage != PROBE_CERT &&
	       stage != PROBE_SECURE;
}

/* From and To are good here when they are refused for want of TLS. */
static bool
stage_ok(const struct tls_run *run, const struct tls_visit *v, unsigned stage)
{
	bool ok = tls_stage_ok(v, (enum probe_stage)stage);
	return run->o.assure && stage >= PROBE_FROM ? tls_refused(v) && !ok
						    : ok;
}

/* ---- the matrix ---- */

static struct report_value
cell(const struct tls_run *run, const struct tls_visit *v, unsigned stage)
{
	const struct probe_stage_result *s = &v->r.stage[stage];
	bool reached = s->reached || (stage == PROBE_CERT && v->chain != NULL);
	bool ok = stage_ok(run, v, stage);
	if (!reached)
		return value_null();
	return value_mood(report_valuef(run->r, "%s %u.%03us",
			      ok ? "OK" : "FAIL", s->ms / 1000, s->ms % 1000),
	    ok ? MOOD_GOOD : MOOD_BAD);
}

static struct report_value
footer(const struct tls_run *run, unsigned stage)
{
	size_t ok = 0;
	for (size_t i = 0; i < run->visit_n; i++)
		ok += stage_ok(run, &run->visit[i], stage);
	return report_valuef(
	    run->r, "%zu%%", ok * 100 / (run->visit_n ? run->visit_n : 1));
}

static void
report_matrix(struct tls_run *run)
{
	struct report *r = run->r;
	struct report_column columns[5 + PROBE_STAGES] = {{"host", N_("Host")},
	    {"address", N_("Address")}, {"preference", N_("Pref")}};
	struct report_value row[5 + PROBE_STAGES];
	size_t n = 3;
	for (unsigned s = 0; s < PROBE_STAGES; s++)
		if (!run->o.assure || of_assure(s))
			columns[n++] = (struct report_column){
			    stage_keys[s], stage_labels[s]};
	columns[n++] = (struct report_column){"factor", N_("Factor")};
	columns[n++] = (struct report_column){"letter", N_("Letter")};
	struct report_node *t = report_table(r, report_root(r), "matrix",
	    N_("Exchangers by preference"), columns, n, REPORT_MATRIX);
	for (size_t i = 0; i <= run->visit_n; i++) {
		const struct tls_visit *v = &run->visit[i];
		bool last = i == run->visit_n;
		char ip[IP_TEXT_MAX] = "";
		if (!last)
			ip_text(&v->ip, ip);
		row[0] = last
			     ? value_text(slice_str(tr("all")))
			     : value_text(slice_str(run->host[v->host].h.name));
		row[1] = report_valuef(r, "%s", ip);
		row[2] = last
			     ? value_null()
			     : value_number(r, run->host[v->host].h.preference);
		n = 3;
		for (unsigned s = 0; s < PROBE_STAGES; s++)
			if (!run->o.assure || of_assure(s))
				row[n++] =
				    last ? footer(run, s) : cell(run, v, s);
		row[n++] =
		    last || run->o.assure
			? value_null()
			: value_number(r, confidence_mx_score(&v->confidence));
		row[n++] = last || !v->lettered
			       ? value_null()
			       : value_text(slice_str(v->grade.letter));
		report_row(r, t, row);
	}
}

/* ---- letter and factor of the domain ---- */

static int
letter_weight(const char *letter)
{
	static const char *const order[] = {
	    "A+", "A", "A-", "B", "C", "D", "E", "F", "M", "T"};
	for (int i = 0; i < (int)(sizeof(order) / sizeof(*order)); i++)
		if (strcmp(order[i], letter) == 0)
			return i;
	return -1;
}

static void
report_score(struct tls_run *run)
{
	struct report *r = run->r;
	struct confidence_mx v[TLS_VISITS_MAX];
	const struct grade *worst = NULL;
	bool complete = true, unclear = false, open = false;
	for (size_t i = 0; i < run->visit_n; i++) {
		const struct tls_visit *t = &run->visit[i];
		v[i] = t->confidence;
		complete &= t->graded && t->grade.complete;
		unclear |= run->o.enumerate && t->r.tls &&
			   (!t->graded || !t->grade.complete);
		open |= t->graded && !t->lettered;
		if (t->lettered &&
		    (worst == NULL || letter_weight(t->grade.letter) >
					  letter_weight(worst->letter)))
			worst = &t->grade;
	}
	/* one that is not known may be worse than the worst that is */
	if (open && worst != NULL &&
	    letter_weight(worst->letter) < letter_weight("F"))
		worst = NULL;
	bool dane = false;
	for (size_t i = 0; i < run->host_n; i++)
		dane |= run->host[i].dane_came &&
			run->host[i].dane.state != DANE_NONE;
	bool sts = run->sts_came && run->sts.state != STS_NO;
	unsigned most = 100 + (sts ? 10 : 0) + (dane ? 11 : 0);
	unsigned factor =
	    confidence_factor(v, run->visit_n, run->o.ignore_no_connect);
	report_fact(r, report_root(r), "letter", N_("Letter"),
	    worst != NULL ? value_text(slice_str(worst->letter)) : value_null(),
	    REPORT_SCORE);
	report_fact(r, report_root(r), "complete", N_("Everything was tested"),
	    value_bool(complete && run->visit_n > 0), REPORT_SCORE);
	report_number(
	    r, report_root(r), "confidence", N_("Confidence factor"), factor);
	report_number(r, report_root(r), "confidence_max",
	    N_("Highest confidence factor possible"), most);
	report_number(r, report_root(r), "confidence_percent",
	    N_("Percent of it"), factor * 100 / most);
	if (unclear)
		report_answer(r, CHECK_UNKNOWN);
}

/* ---- DANE and MTA-STS ---- */

static void
report_dane(struct tls_run *run, size_t at)
{
	struct tls_host *t = &run->host[at];
	struct report *r = run->r;
	struct slice leaf = SLICE_EMPTY;
	struct dane_host h = t->dane;
	const struct slice names[] = {
	    slice_str(t->h.name), slice_str(run->domain)};
	for (size_t i = 0; i < run->visit_n; i++) {
		const struct tls_visit *v = &run->visit[i];
		if (v->host != at || v->r.cert_n == 0 ||
		    h.state == DANE_MISMATCH)
			continue;
		if (h.state == DANE_MATCH) /* each address must match */
			h.state = DANE_FOUND;
		leaf = v->r.certs[0];
		dane_compare(&h, v->r.certs, v->r.cert_n, names,
		    run->domain[0] != '\0' ? 2 : 1, check_now_s(run->c));
	}
	struct report_node *in = report_section(
	    r, report_root(r), "dane", "DANE", true, REPORT_MATRIX);
	report_text(r, in, "host", N_("Host"), slice_str(t->h.name));
	dane_report(r, in, &h, t->h.name, run->hosts.port, leaf);
	t->dane.state = h.state;
}

static void
report_downgrade(struct tls_run *run)
{
	bool sts = run->sts_came && run->sts.state == STS_POLICY &&
		   run->sts.policy.mode == STS_ENFORCE;
	bool dane = run->host_n > 0;
	for (size_t i = 0; i < run->host_n; i++)
		dane &= run->host[i].dane.state == DANE_MATCH;
	if (run->o.implicit || run->o.strict_starttls || sts || dane)
		return;
	report_findingf(run->r, "grade.starttls-strippable", SEVERITY_INFO,
	    tr("Publish MTA-STS or DANE, so that senders insist on TLS"), "%s",
	    tr("STARTTLS can be taken out of the dialogue by whoever sits "
	       "between; the letter does not count that (testssl would say "
	       "T)"));
}

/* An exchanger of the policy has to show a certificate that holds (RFC 8461
 * 4.1). */
static void
report_sts_certs(struct tls_run *run)
{
	const struct sts_policy *p = &run->sts.policy;
	if (!run->sts_came || run->sts.state != STS_POLICY ||
	    p->mode == STS_NONE)
		return;
	for (size_t i = 0; i < run->visit_n; i++) {
		const struct tls_visit *v = &run->visit[i];
		const char *name = run->host[v->host].h.name;
		if (!v->r.tls || tls_cert_ok(v) ||
		    !sts_mx_match(p, slice_str(name)))
			continue;
		report_findingf(run->r, "tls.sts-mismatch",
		    p->mode == STS_ENFORCE ? SEVERITY_BAD : SEVERITY_WARN,
		    tr("Give it a certificate of a public authority that "
		       "names this host, with its full chain"),
		    tr("%s is in the policy, but its certificate does not "
		       "hold: senders do not deliver to it"),
		    name);
	}
}

static void
report_policies(struct tls_run *run)
{
	struct report *r = run->r;
	for (size_t i = 0; i < run->host_n; i++)
		if (run->host[i].dane_came)
			report_dane(run, i);
	if (run->sts_wanted) {
		struct check_host *hosts =
		    calloc(run->host_n + 1, sizeof(*hosts));
		size_t n = hosts != NULL ? run->host_n : 0;
		for (size_t i = 0; i < n; i++)
			hosts[i] = run->host[i].h;
		sts_report(r,
		    report_section(r, report_root(r), "mta_sts", "MTA-STS",
			false, REPORT_MATRIX),
		    &run->sts, hosts, n);
		free(hosts);
		report_sts_certs(run);
	}
	report_downgrade(run);
}

/* ---- --assure ---- */

/* What it said last, or why it said nothing. */
static void
report_unsure(struct tls_run *run, const struct tls_visit *v)
{
	struct slice said = v->r.ehlo.text;
	char text[200];
	for (size_t i = 0; i < v->r.step_n; i++)
		if (v->r.steps[i].came)
			said = v->r.steps[i].text;
	if (v->r.why[0] != '\0')
		said = slice_str(v->r.why);
	(void)snprintf(text, sizeof(text), "%.*s",
	    SLICE_ARG(slice_to(said, sizeof(text) - 1)));
	report_findingf(run->r,
	    v->r.cause[0] != '\0' ? v->r.cause : "assure.unclear",
	    SEVERITY_WARN,
	    tr("Ask again later, with a mailbox that it has: only a refusal "
	       "for "
	       "good, for want of TLS, shows that it insists"),
	    tr("%s: whether it takes mail without TLS was not found out: %s"),
	    run->host[v->host].h.name, text);
}

static void
report_assure(struct tls_run *run)
{
	struct report *r = run->r;
	size_t takes = 0, unclear = 0;
	for (size_t i = 0; i < run->visit_n; i++) {
		const struct tls_visit *v = &run->visit[i];
		if (tls_refused(v))
			continue;
		if (!tls_stage_ok(v, PROBE_TO)) {
			unclear++;
			report_unsure(run, v);
			continue;
		}
		takes++;
		report_findingf(r, "assure.takes-plain-text", SEVERITY_BAD,
		    tr("FAIL is normal for a public MX: RFC 3207 forbids it to "
		       "insist on TLS. Insist where only partners send: "
		       "tls = encrypt"),
		    tr("%s takes mail without TLS"), run->host[v->host].h.name);
	}
	bool sure = takes == 0 && unclear == 0 && run->visit_n > 0;
	report_fact(r, report_root(r), "assuredness", N_("Assuredness factor"),
	    unclear > 0 && takes == 0 ? value_null()
				      : value_number(r, sure ? 100 : 0),
	    REPORT_SCORE);
	report_fact(r, report_root(r), "note", N_("Note"),
	    value_text(slice_str(
		tr("FAIL is normal for a public MX: it has to take mail from "
		   "everybody, also without TLS (RFC 3207 4)"))),
	    REPORT_SCORE);
	if (unclear > 0)
		report_answer(r, CHECK_UNKNOWN);
}

/* ---- nothing to ask ---- */

static void
report_no_hosts(struct tls_run *run)
{
	const struct check_hosts *h = &run->hosts;
	if (h->null_mx) {
		report_findingf(run->r, "dns.null-mx", SEVERITY_BAD, "",
		    tr("%s takes no mail at all (null MX)"), h->domain);
		report_answer(run->r, CHECK_UNKNOWN);
		return;
	}
	bool never = h->status == IPC_DNS_NXDOMAIN || run->host_n > 0;
	for (size_t i = 0; i < run->host_n; i++)
		never &= run->host[i].h.status == IPC_DNS_NXDOMAIN ||
			 run->host[i].h.status == IPC_DNS_NODATA;
	const char *code = h->status == IPC_DNS_BOGUS ? "dns.bogus"
			   : never                    ? "dns.nxdomain"
						      : "dns.tempfail";
	report_findingf(run->r, code, never ? SEVERITY_BAD : SEVERITY_WARN, "",
	    never ? tr("%s: there is no such name, or it takes no mail")
		  : tr("%s: DNS did not say where its mail goes"),
	    run->target);
	report_answer(run->r, CHECK_UNKNOWN);
}

static void
report_lost_hosts(struct tls_run *run)
{
	for (size_t i = 0; i < run->host_n; i++) {
		const struct check_host *h = &run->host[i].h;
		if (h->addr_n > 0 || h->left_out)
			continue;
		bool never = h->status == IPC_DNS_NXDOMAIN ||
			     h->status == IPC_DNS_NODATA;
		report_findingf(run->r, never ? "dns.nxdomain" : "dns.tempfail",
		    never ? SEVERITY_BAD : SEVERITY_WARN,
		    tr("Mend the MX record, or give the host an address"),
		    never ? tr("the exchanger %s has no address")
			  : tr("DNS did not say the address of the exchanger "
			       "%s"),
		    h->name);
		if (!never)
			report_answer(run->r, CHECK_UNKNOWN);
	}
}

static size_t
visits_made(const struct tls_run *run)
{
	size_t n = 0;
	for (size_t i = 0; i < run->visit_n; i++)
		n += run->visit[i].begun;
	return n;
}

void
tls_report(struct tls_run *run)
{
	struct report *r = run->r;
	report_text(
	    r, report_root(r), "target", N_("Target"), slice_str(run->target));
	check_hosts_private(r, &run->hosts);
	if (run->visit_n == 0) {
		if (run->hosts.private_left == 0)
			report_no_hosts(run);
		return;
	}
	if (run->o.assure)
		report_assure(run);
	else
		report_score(run);
	report_matrix(run);
	report_lost_hosts(run);
	if (!run->o.assure)
		report_policies(run);
	for (size_t i = 0; i < run->visit_n; i++)
		tls_report_visit(run, &run->visit[i]);
	if (run->left_out > 0 || run->hosts.mx_total > CHECK_HOSTS_MAX) {
		report_findingf(r, "dns.too-many-mx", SEVERITY_WARN, "",
		    tr("%zu addresses of %zu MX records were looked at, no "
		       "more"),
		    visits_made(run), run->hosts.mx_total);
		report_answer(r, CHECK_UNKNOWN);
	}
	report_answer(r, CHECK_GOOD);
}
