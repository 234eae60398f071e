/* mta_sts_check.c - check mta-sts: the policy, and whether every exchanger can
 * keep it (RFC 8461 4.1: STARTTLS, and a certificate that holds). */
#include "check/mta_sts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/cert.h"
#include "check/probe.h"

#define CHAIN_MEMORY (256u << 10)
#define VISITS_MAX   64

struct sts_run {
	struct check *c;
	struct report *r;
	check_done *done;
	void *arg;
	char domain[256];
	struct defer begin;
	struct sts s;
	struct check_host *host; /* those of the policy */
	size_t host_n, mx_n;
	struct cert_trust *trust;
	size_t waiting, visits, left_out;
};

/* One address of an exchanger. */
struct sts_visit {
	struct sts_run *run;
	size_t host;
};

static void
run_over(struct sts_run *run)
{
	struct report *r = run->r;
	if (--run->waiting > 0)
		return;
	if (run->s.state == STS_UNKNOWN ||
	    (run->s.state != STS_NO && !run->s.fetched))
		report_answer(r, CHECK_UNKNOWN);
	if (run->s.state == STS_POLICY && run->mx_n == 0) {
		report_findingf(r, "dns.tempfail", SEVERITY_WARN, "", "%s",
		    tr("the exchangers could not be found out, and were not "
		       "compared with the policy"));
		report_answer(r, CHECK_UNKNOWN);
	}
	/* none at all is no fault of a policy, but no good answer either */
	report_answer(r, run->s.state == STS_NO ? CHECK_BAD : CHECK_GOOD);
	check_done *done = run->done;
	void *to = run->arg;
	cert_trust_free(run->trust);
	free(run->host);
	free(run);
	done(to, r);
}

static enum check_severity
severity(const struct sts_run *run)
{
	return run->s.policy.mode == STS_ENFORCE ? SEVERITY_BAD : SEVERITY_WARN;
}

static void
judge_certificate(
    struct sts_run *run, const char *name, const struct probe_result *p)
{
	struct arena mem;
	struct cert_chain *chain = calloc(1, sizeof(*chain));
	if (chain == NULL)
		abort(); /* as check_dns_ask */
	arena_init(&mem, CHAIN_MEMORY);
	cert_chain_read(run->trust, p->certs, p->cert_n, slice_str(name),
	    check_now_s(run->c), &mem, chain);
	/* A common name is no name here (RFC 8461 4.2). */
	if ((chain->cause != NULL && chain->cause[0] != '\0') ||
	    chain->name_by_cn)
		report_findingf(run->r, "tls.sts-mismatch", severity(run),
		    tr("Give it a certificate of a public authority that "
		       "names this host, with its full chain"),
		    tr("%s is in the policy, but its certificate does not "
		       "hold: senders do not deliver to it"),
		    name);
	arena_reset(&mem);
	free(chain);
}

/* What kept it from being judged, in its own words if it has any. */
static void
not_asked(struct sts_run *run, const char *name, const struct probe_result *p)
{
	const struct probe_reply *r = &p->starttls;
	bool refused = r->came && r->code != 220;
	const char *code = refused               ? "tls.refused"
			   : p->cause[0] != '\0' ? p->cause
			   : p->cert_n > 0       ? "net.reset"
						 : "net.timeout";
	if (refused)
		report_findingf(run->r, code, SEVERITY_WARN, "",
		    tr("%s refused STARTTLS: %.*s"), name,
		    SLICE_ARG(slice_to(r->text, 300)));
	else
		report_findingf(run->r, code, SEVERITY_WARN, "",
		    tr("%s could not be asked: %s"), name,
		    p->why[0] != '\0' ? p->why : tr("no connection"));
	report_answer(run->r, CHECK_UNKNOWN);
}

static void
on_probe(void *arg, const struct probe_result *p)
{
	struct sts_visit *v = arg;
	struct sts_run *run = v->run;
	const char *name = run->host[v->host].name;
	free(v);
	if (p->cert_n > 0)
		judge_certificate(run, name, p);
	if (p->cert_n == 0 && p->stage[PROBE_HELO].ok && !p->starttls_offered) {
		report_findingf(run->r, "tls.sts-mismatch", severity(run),
		    tr("Switch STARTTLS on, with a certificate of a public "
		       "authority"),
		    tr("%s is in the policy, but offers no STARTTLS: senders "
		       "do not deliver to it"),
		    name);
	} else if (p->cert_n == 0 || !p->stage[PROBE_SECURE].ok) {
		not_asked(run, name, p);
	}
	run_over(run);
}

static void
visit(struct sts_run *run, size_t host, const struct ip *ip)
{
	struct sts_visit *v = calloc(1, sizeof(*v));
	struct probe_opts o = {.host = slice_str(run->host[host].name),
	    .tls = PROBE_TLS_IF_OFFERED};
	if (v == NULL)
		abort();
	run->visits++;
	*v = (struct sts_visit){run, host};
	check_route(run->c, o.host, 25, ip, &o.to);
	if (probe_start(run->c, &o, on_probe, v) == NULL)
		abort();
	run->waiting++;
}

/* Those that the policy names: each of their addresses has to keep it. */
static void
visit_all(struct sts_run *run, const struct check_hosts *h)
{
	struct diag d;
	const char *first = "";
	size_t lost = 0;
	if (run->s.state != STS_POLICY || run->s.policy.mode == STS_NONE)
		return;
	run->host = calloc(h->n + 1, sizeof(*run->host));
	if (run->host == NULL)
		abort();
	if (cert_trust_new(run->c->opts->ca_pem, &run->trust, &d) != ERR_OK) {
		report_findingf(
		    run->r, "local.io-error", SEVERITY_WARN, "", "%s", d.text);
		report_answer(run->r, CHECK_UNKNOWN);
		return;
	}
	for (size_t i = 0; i < h->n; i++) {
		if (!sts_mx_match(&run->s.policy, slice_str(h->v[i].name)))
			continue;
		run->host[run->host_n++] = h->v[i];
		for (size_t k = 0; k < h->v[i].addr_n; k++)
			if (run->visits < VISITS_MAX)
				visit(run, run->host_n - 1, &h->v[i].addr[k]);
			else
				run->left_out++;
		if (h->v[i].addr_n == 0 && lost++ == 0)
			first = h->v[i].name;
	}
	if (lost > 0) {
		report_findingf(run->r, "dns.tempfail", SEVERITY_WARN, "",
		    tr("%zu exchangers of the policy have no address, the "
		       "first is %s: their certificates were not seen"),
		    lost, first);
		report_answer(run->r, CHECK_UNKNOWN);
	}
	if (run->left_out == 0)
		return;
	report_findingf(run->r, "dns.too-many-mx", SEVERITY_WARN, "",
	    tr("%zu addresses of %zu MX records were looked at, no more"),
	    run->visits, h->n);
	report_answer(run->r, CHECK_UNKNOWN);
}

static void
run_hosts(void *arg, const struct check_hosts *h)
{
	struct sts_run *run = arg;
	struct report *r = run->r;
	run->mx_n = h->n;
	sts_report(r, report_root(r), &run->s, h->v, h->n);
	check_hosts_left_out(r, h);
	run->waiting = 1; /* for ourselves */
	visit_all(run, h);
	run_over(run);
}

static void
run_sts(void *arg, const struct sts *s)
{
	struct sts_run *run = arg;
	run->s = *s;
	check_hosts_find(run->c, slice_str(run->domain), 25, run_hosts, run);
}

static void
run_begin(void *arg)
{
	struct sts_run *run = arg;
	report_text(run->r, report_root(run->r), "domain", N_("Domain"),
	    slice_str(run->domain));
	(void)sts_ask(run->c, slice_str(run->domain), run_sts, run);
}

void
check_mta_sts(struct check *c, struct slice domain, check_done *done, void *arg)
{
	char question[300];
	struct sts_run *run = calloc(1, sizeof(*run));
	if (run == NULL)
		abort(); /* no caller could be told */
	size_t at = slice_rfind(domain, '@');
	if (at < domain.n)
		domain = slice_from(domain, at + 1);
	run->c = c;
	run->done = done;
	run->arg = arg;
	(void)snprintf(
	    run->domain, sizeof(run->domain), "%.*s", SLICE_ARG(domain));
	(void)snprintf(
	    question, sizeof(question), "check mta-sts %s", run->domain);
	run->r = report_new(slice_str(question));
	if (run->r == NULL)
		abort();
	defer_init(&run->begin, run_begin, run);
	loop_defer(c->loop, &run->begin);
}
