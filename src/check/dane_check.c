/* dane_check.c - check dane: the TLSA records of every exchanger against what
 * it shows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/dane.h"
#include "check/probe.h"

struct dane_run;

struct dane_visit {
	struct dane_run *run;
	struct check_host h;
	struct dane_host dane;
	struct probe_result r; /* of an address that showed no certificate:
				  cause and why; its slices are gone */
	uint8_t *leaf; /* a certificate; one that does not match, if any */
	size_t leaf_n;
	size_t waiting; /* addresses under way */
	unsigned seen;  /* those that showed a certificate */
};

struct dane_run {
	struct check *c;
	struct report *r;
	check_done *done;
	void *arg;
	char target[300], domain[256];
	struct defer begin;
	uint16_t port;
	struct dane_visit *v;
	size_t n, waiting, mx_total;
};

/* Where the host's address is not known, nor is whether DNSSEC vouches for
 * it: its records say nothing yet. */
static bool
say_lost(struct dane_run *run, struct report_node *in, struct dane_visit *v)
{
	enum ipc_dns_status s = v->h.status;
	if (v->h.addr_n > 0 || s == IPC_DNS_OK || s == IPC_DNS_NODATA ||
	    s == IPC_DNS_NXDOMAIN)
		return false;
	report_fact(run->r, in, "state", "DANE",
	    value_mood(value_text(slice_str(dane_state_name(DANE_UNKNOWN))),
		MOOD_WARN),
	    REPORT_SCORE);
	report_findingf(run->r,
	    s == IPC_DNS_BOGUS ? "dns.bogus" : "dns.tempfail", SEVERITY_WARN,
	    tr("Try again later; if it stays so, look at the name servers"),
	    tr("DNS did not say the address of the exchanger %s"), v->h.name);
	report_answer(run->r, CHECK_UNKNOWN);
	return true;
}

static void
say(struct dane_run *run, struct dane_visit *v)
{
	struct report *r = run->r;
	struct report_node *in = report_section(
	    r, report_root(r), "hosts", N_("Exchanger"), true, REPORT_SCORE);
	report_text(r, in, "host", N_("Host"), slice_str(v->h.name));
	if (say_lost(run, in, v))
		return;
	report_flag(r, in, "tls", N_("TLS came about"), v->seen > 0);
	dane_report(r, in, &v->dane, v->h.name, run->port,
	    slice_of(v->leaf, v->leaf_n));
	if (v->seen > 0 && v->seen < v->h.addr_n &&
	    v->dane.state == DANE_MATCH) {
		report_findingf(r,
		    v->r.cause[0] != '\0' ? v->r.cause : "tls.not-offered",
		    SEVERITY_WARN, "",
		    tr("%s: the records hold at %u of %zu addresses; the "
		       "others showed no certificate"),
		    v->h.name, v->seen, v->h.addr_n);
		report_answer(r, CHECK_UNKNOWN);
	}
	if (v->seen == 0 && v->dane.state != DANE_NONE)
		report_findingf(r,
		    v->r.cause[0] != '\0' ? v->r.cause : "tls.not-offered",
		    SEVERITY_WARN, "", tr("%s: no certificate was seen: %s"),
		    v->h.name,
		    v->r.why[0] != '\0' ? v->r.why : tr("no STARTTLS"));
	if (v->dane.state == DANE_UNKNOWN || v->dane.state == DANE_FOUND)
		report_answer(r, CHECK_UNKNOWN);
	if (v->dane.state == DANE_NONE)
		report_answer(r, CHECK_BAD);
}

static void
settle(struct dane_run *run)
{
	struct report *r = run->r;
	if (--run->waiting > 0)
		return;
	for (size_t i = 0; i < run->n; i++)
		say(run, &run->v[i]);
	check_hosts_left_out(
	    r, &(struct check_hosts){.mx_total = run->mx_total, .n = run->n});
	if (run->n > 0)
		report_answer(r, CHECK_GOOD);
	check_done *done = run->done;
	void *arg = run->arg;
	for (size_t i = 0; i < run->n; i++)
		free(run->v[i].leaf);
	free(run->v);
	free(run);
	done(arg, r);
}

static void
keep_leaf(struct dane_visit *v, struct slice der)
{
	uint8_t *p = malloc(der.n + 1);
	if (p == NULL)
		return;
	memcpy(p, der.p, der.n);
	free(v->leaf);
	v->leaf = p;
	v->leaf_n = der.n;
}

/* Each address must match: a record that holds at one of them only does not
 * hold. */
static void
on_probe(void *arg, const struct probe_result *r)
{
	struct dane_visit *v = arg;
	const struct slice names[] = {
	    slice_str(v->h.name), slice_str(v->run->domain)};
	if (r->cert_n == 0) {
		v->r = *r;
	} else {
		v->seen++;
		if (v->dane.state != DANE_MISMATCH)
			keep_leaf(v, r->certs[0]);
	}
	if (r->cert_n > 0 && v->dane.state != DANE_MISMATCH) {
		if (v->dane.state == DANE_MATCH)
			v->dane.state = DANE_FOUND;
		dane_compare(&v->dane, r->certs, r->cert_n, names,
		    v->run->domain[0] != '\0' ? 2 : 1, check_now_s(v->run->c));
	}
	if (--v->waiting == 0)
		settle(v->run);
}

static void
on_dane(void *arg, const struct dane_host *h)
{
	struct dane_visit *v = arg;
	struct dane_run *run = v->run;
	dane_copy(&v->dane, h);
	struct probe_opts o = {.host = slice_str(v->h.name),
	    .tls =
		run->port == 465 ? PROBE_TLS_IMPLICIT : PROBE_TLS_IF_OFFERED};
	v->waiting = 1; /* for ourselves */
	for (size_t i = 0; i < v->h.addr_n; i++) {
		check_route(run->c, o.host, run->port, &v->h.addr[i], &o.to);
		if (probe_start(run->c, &o, on_probe, v) != NULL)
			v->waiting++;
	}
	if (--v->waiting == 0)
		settle(run);
}

static void
no_hosts(struct dane_run *run, const struct check_hosts *h)
{
	bool never = h->status == IPC_DNS_NXDOMAIN || h->null_mx;
	report_findingf(run->r,
	    h->null_mx ? "dns.null-mx"
	    : never    ? "dns.nxdomain"
		       : "dns.tempfail",
	    never ? SEVERITY_BAD : SEVERITY_WARN, "",
	    never ? tr("%s takes no mail")
		  : tr("%s: DNS did not say where its mail goes"),
	    run->target);
	report_answer(run->r, CHECK_UNKNOWN);
}

static void
on_hosts(void *arg, const struct check_hosts *h)
{
	struct dane_run *run = arg;
	memcpy(run->domain, h->domain, sizeof(run->domain));
	run->port = h->port;
	run->mx_total = h->mx_total;
	check_hosts_private(run->r, h);
	run->waiting = 1; /* for ourselves */
	run->v = calloc(h->n + 1, sizeof(*run->v));
	if (run->v != NULL)
		run->n = h->n;
	if (run->n == 0)
		no_hosts(run, h);
	for (size_t i = 0; i < run->n; i++) {
		struct dane_visit *v = &run->v[i];
		v->run = run;
		v->h = h->v[i];
		run->waiting++;
		(void)dane_ask(run->c, v->h.name, run->port,
		    v->h.secure &&
			(h->domain[0] == '\0' || h->mx_secure || v->h.implicit),
		    on_dane, v);
	}
	settle(run);
}

static void
begin(void *arg)
{
	struct dane_run *run = arg;
	report_text(run->r, report_root(run->r), "target", N_("Target"),
	    slice_str(run->target));
	check_hosts_find(run->c, slice_str(run->target), 25, on_hosts, run);
}

void
check_dane(struct check *c, struct slice target, check_done *done, void *arg)
{
	char question[340];
	struct dane_run *run = calloc(1, sizeof(*run));
	if (run == NULL)
		abort(); /* no caller could be told */
	run->c = c;
	run->done = done;
	run->arg = arg;
	(void)snprintf(
	    run->target, sizeof(run->target), "%.*s", SLICE_ARG(target));
	(void)snprintf(
	    question, sizeof(question), "check dane %s", run->target);
	run->r = report_new(slice_str(question));
	if (run->r == NULL)
		abort();
	defer_init(&run->begin, begin, run);
	loop_defer(c->loop, &run->begin);
}
