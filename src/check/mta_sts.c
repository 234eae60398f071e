/* mta_sts.c - MTA-STS (RFC 8461): asked of DNS and then of the web, and told.
 */
#include "check/mta_sts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "check/web.h"
#include "proto/dns/message.h"

/* ---- asking ---- */

struct sts_ask {
	struct check *c;
	char domain[256];
	struct sts s;
	sts_done *done;
	void *arg;
};

static void
finish(struct sts_ask *q)
{
	q->done(q->arg, &q->s);
	free(q);
}

static void
on_web(void *arg, const struct check_web_answer *a)
{
	struct sts_ask *q = arg;
	struct sts *s = &q->s;
	s->fetched = a->came;
	s->status = a->status;
	s->cut = a->cut;
	memcpy(s->cause, a->cause, sizeof(s->cause));
	memcpy(s->why, a->why, sizeof(s->why));
	(void)snprintf(s->type, sizeof(s->type), "%.*s", SLICE_ARG(a->type));
	s->state = STS_BROKEN;
	if (a->came && a->status == 200 && !a->cut &&
	    sts_policy_read(a->body, &s->policy) && s->record_mistake == NULL &&
	    s->records == 1)
		s->state = STS_POLICY;
	finish(q);
}

static void
read_records(struct sts *s, struct slice records)
{
	struct slice rdata;
	while (pack_next(&records, &rdata)) {
		struct buf txt;
		char id[33];
		const struct sts_mistake *m;
		struct dns_record record = {.type = DNS_TXT, .rdata = rdata};
		buf_init(&txt, 65535);
		if (dns_rdata_txt(&record, &txt) == ERR_OK &&
		    slice_starts(buf_slice(&txt), SLICE("v=STSv1"))) {
			bool good = sts_record_read(buf_slice(&txt), id, &m);
			if (good || m != NULL)
				s->records++;
			if (good)
				memcpy(s->id, id, sizeof(s->id));
			else if (m != NULL)
				s->record_mistake = m;
		}
		buf_free(&txt);
	}
	if (s->records > 1)
		s->record_mistake = sts_many_records();
}

static void
on_txt(void *arg, const struct ipc_dns_answer *a)
{
	struct sts_ask *q = arg;
	struct sts *s = &q->s;
	char url[320];
	s->state = a->status == IPC_DNS_OK || a->status == IPC_DNS_NODATA ||
			   a->status == IPC_DNS_NXDOMAIN
		       ? STS_NO
		       : STS_UNKNOWN;
	if (a->status == IPC_DNS_OK)
		read_records(s, a->records);
	if (s->records == 0) {
		finish(q);
		return;
	}
	s->state = STS_BROKEN;
	(void)snprintf(url, sizeof(url),
	    "https://mta-sts.%s/.well-known/mta-sts.txt", q->domain);
	if (check_web_get(q->c, slice_str(url), on_web, q) != ERR_OK) {
		(void)snprintf(s->why, sizeof(s->why), "%s",
		    tr("the web could not be asked"));
		finish(q);
	}
}

struct sts_ask *
sts_ask(struct check *c, struct slice domain, sts_done *done, void *arg)
{
	char name[272];
	struct sts_ask *q = calloc(1, sizeof(*q));
	if (q == NULL)
		abort(); /* as check_dns_ask */
	q->c = c;
	q->done = done;
	q->arg = arg;
	(void)snprintf(q->domain, sizeof(q->domain), "%.*s", SLICE_ARG(domain));
	(void)snprintf(name, sizeof(name), "_mta-sts.%s", q->domain);
	(void)check_dns_ask(c->dns, DNS_TXT, slice_str(name), on_txt, q);
	return q;
}

/* ---- saying ---- */

static const char publish[] =
    N_("Publish a policy at https://mta-sts.DOMAIN/.well-known/mta-sts.txt and "
       "a TXT record _mta-sts.DOMAIN \"v=STSv1; id=1\"");

/* It may be us: nothing can be said then. */
static bool
out_of_reach(const struct sts *s)
{
	return strncmp(s->cause, "net.", 4) == 0 ||
	       strcmp(s->cause, "dns.tempfail") == 0 || s->cause[0] == '\0';
}

static void
report_mistakes(struct report *r, const struct sts *s)
{
	if (s->record_mistake != NULL)
		report_finding(r, s->record_mistake->code, SEVERITY_BAD,
		    slice_str(tr(s->record_mistake->text)),
		    slice_str(tr("Publish exactly one TXT record at _mta-sts, "
				 "\"v=STSv1; id=...\", and a new id with "
				 "each new policy")));
	if (s->fetched && s->status == 200)
		for (size_t i = 0; i < s->policy.mistake_n; i++) {
			const struct sts_mistake *m = &s->policy.mistake[i];
			report_finding(r, m->code,
			    m->bad ? SEVERITY_BAD : SEVERITY_WARN,
			    slice_str(tr(m->text)),
			    slice_str(tr("Mend the policy file, and change "
					 "the id of the record")));
		}
	if (s->fetched && s->status != 200)
		report_findingf(r, "mta-sts.http-status", SEVERITY_BAD,
		    tr("The web server must answer 200 itself: a redirect does "
		       "not count"),
		    tr("the policy cannot be had: HTTP status %u"), s->status);
	else if (s->fetched && s->cut)
		report_findingf(r, "mta-sts.too-long", SEVERITY_BAD, "", "%s",
		    tr("the policy is longer than 64 KB"));
	else if (!s->fetched)
		report_findingf(r,
		    s->cause[0] != '\0' ? s->cause : "mta-sts.unreachable",
		    out_of_reach(s) ? SEVERITY_WARN : SEVERITY_BAD,
		    tr("Make the policy reachable by HTTPS with a certificate "
		       "that senders trust"),
		    tr("the policy cannot be had: %s"), s->why);
	if (s->fetched && s->status == 200 && s->type[0] != '\0' &&
	    strcmp(s->type, "text/plain") != 0)
		report_findingf(r, "mta-sts.media-type", SEVERITY_WARN,
		    tr("Let the web server say Content-Type: text/plain"),
		    tr("the policy comes as %s instead of text/plain"),
		    s->type);
}

static void
report_hosts(struct report *r, struct report_node *in,
    const struct sts_policy *p, const struct check_host *hosts, size_t host_n)
{
	static const struct report_column columns[] = {
	    {"host", N_("Exchanger")}, {"matched", N_("In the policy")}};
	if (host_n == 0)
		return;
	struct report_node *t = report_table(
	    r, in, "hosts", N_("Exchangers"), columns, 2, REPORT_MATRIX);
	for (size_t i = 0; i < host_n; i++) {
		struct slice name = slice_str(hosts[i].name);
		bool match = sts_mx_match(p, name);
		bool unsure = !match && p->mx_cut;
		const struct report_value row[] = {value_text(name),
		    unsure ? value_null()
			   : value_mood(value_bool(match),
				 match ? MOOD_GOOD : MOOD_BAD)};
		report_row(r, t, row);
		if (unsure)
			report_answer(r, CHECK_UNKNOWN);
		else if (!match && p->mode != STS_NONE)
			report_findingf(r, "tls.sts-mismatch",
			    p->mode == STS_ENFORCE ? SEVERITY_BAD
						   : SEVERITY_WARN,
			    tr("Add an mx line for it to the policy and change "
			       "the id of the record, or take it out of the "
			       "MX records"),
			    tr("%s is not in the policy: senders do not "
			       "deliver to it"),
			    hosts[i].name);
	}
}

static void
report_policy(struct report *r, struct report_node *in,
    const struct sts_policy *p, const struct check_host *hosts, size_t host_n)
{
	static const struct report_column columns[] = {{"mx", N_("mx")}};
	report_text(
	    r, in, "mode", N_("Mode"), slice_str(sts_mode_name(p->mode)));
	if (p->has_max_age)
		report_number(
		    r, in, "max_age", N_("max_age, seconds"), p->max_age_s);
	if (p->mx_n > 0) {
		struct report_node *t = report_table(r, in, "mx",
		    N_("Names in the policy"), columns, 1, REPORT_CERT);
		for (size_t i = 0; i < p->mx_n; i++) {
			struct report_value v = value_text(slice_str(p->mx[i]));
			report_row(r, t, &v);
		}
	}
	report_hosts(r, in, p, hosts, host_n);
	if (p->mode == STS_TESTING)
		report_findingf(r, "mta-sts.testing", SEVERITY_WARN,
		    tr("Set mode: enforce once the reports (TLSRPT) are clean"),
		    "%s",
		    tr("the policy is for testing: senders deliver in "
		       "plain text all the same"));
	if (p->mode == STS_NONE)
		report_findingf(r, "mta-sts.mode-none", SEVERITY_INFO,
		    tr("Set mode: enforce to make senders insist on TLS"), "%s",
		    tr("the policy says none: it protects nobody"));
}

void
sts_report(struct report *r, struct report_node *in, const struct sts *s,
    const struct check_host *hosts, size_t host_n)
{
	enum report_mood mood = s->state == STS_POLICY   ? MOOD_GOOD
				: s->state == STS_BROKEN ? MOOD_BAD
							 : MOOD_DIM;
	report_fact(r, in, "state", "MTA-STS",
	    value_mood(value_text(slice_str(sts_state_name(s->state))), mood),
	    REPORT_SCORE);
	if (s->state == STS_UNKNOWN) {
		report_findingf(r, "dns.tempfail", SEVERITY_WARN, "", "%s",
		    tr("DNS did not say whether there is an MTA-STS record"));
		report_answer(r, CHECK_UNKNOWN);
		return;
	}
	if (s->state == STS_NO) {
		report_findingf(r, "mta-sts.none", SEVERITY_INFO, tr(publish),
		    "%s", tr("there is no MTA-STS record"));
		return;
	}
	if (s->id[0] != '\0')
		report_text(
		    r, in, "id", N_("Id of the record"), slice_str(s->id));
	if (s->fetched)
		report_number(
		    r, in, "http_status", N_("HTTP status"), s->status);
	if (s->fetched && s->status == 200 && !s->cut)
		report_policy(r, in, &s->policy, hosts, host_n);
	report_mistakes(r, s);
	if (!s->fetched && out_of_reach(s))
		report_answer(r, CHECK_UNKNOWN);
}
