/* tls.c - check tls: everything that is asked, side by side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "check/tls_priv.h"

static void visits_next(struct tls_run *run);

/* ---- the end ---- */

static void
run_free(struct tls_run *run)
{
	for (size_t i = 0; i < run->visit_n; i++) {
		arena_reset(&run->visit[i].mem);
		free(run->visit[i].s);
	}
	free(run->visit);
	free(run->host);
	cert_trust_free(run->trust);
	free(run);
}

static void
settle(struct tls_run *run)
{
	if (run->waiting > 0)
		return;
	for (size_t i = 0; i < run->visit_n; i++)
		tls_judge(&run->visit[i]);
	tls_report(run);
	struct report *r = run->r;
	check_done *done = run->done;
	void *arg = run->arg;
	run_free(run);
	done(arg, r);
}

static void
answered(struct tls_run *run)
{
	run->waiting--;
	settle(run);
}

/* ---- what a probe brought, kept ---- */

static struct slice
kept(struct tls_visit *v, struct slice s)
{
	return arena_slice(&v->mem, s, &s) ? s : SLICE_EMPTY;
}

static void
keep_reply(struct tls_visit *v, struct probe_reply *r)
{
	r->text = kept(v, r->text);
}

static void
keep_steps(struct tls_visit *v)
{
	struct probe_result *r = &v->r;
	struct probe_reply *steps =
	    arena_alloc(&v->mem, (r->step_n + 1) * sizeof(*steps));
	if (steps == NULL)
		r->step_n = 0;
	for (size_t i = 0; i < r->step_n; i++) {
		steps[i] = r->steps[i];
		keep_reply(v, &steps[i]);
	}
	r->steps = steps;
}

static void
keep_lines(struct tls_visit *v)
{
	struct probe_result *r = &v->r;
	struct probe_line *lines =
	    arena_alloc(&v->mem, (r->line_n + 1) * sizeof(*lines));
	if (lines == NULL) {
		r->left_out += r->line_n;
		r->line_n = 0;
	}
	for (size_t i = 0; i < r->line_n; i++) {
		lines[i] = r->lines[i];
		lines[i].text = kept(v, lines[i].text);
	}
	r->lines = lines;
}

static void
keep_certs(struct tls_visit *v)
{
	struct tls_run *run = v->run;
	struct probe_result *r = &v->r;
	struct slice *certs =
	    arena_alloc(&v->mem, (r->cert_n + 1) * sizeof(*certs));
	if (certs == NULL)
		r->cert_n = 0;
	for (size_t i = 0; i < r->cert_n; i++)
		certs[i] = kept(v, r->certs[i]);
	r->certs = certs;
	if (r->cert_n == 0)
		return;
	v->chain = arena_alloc(&v->mem, sizeof(*v->chain));
	if (v->chain != NULL)
		cert_chain_read(run->trust, certs, r->cert_n,
		    slice_str(run->host[v->host].h.name), check_now_s(run->c),
		    &v->mem, v->chain);
}

static void
visit_over(struct tls_visit *v)
{
	struct tls_run *run = v->run;
	v->over = true;
	run->abreast--;
	visits_next(run);
	answered(run);
}

static void
take_staple(struct tls_visit *v, const struct scan_result *s)
{
	struct slice der[CERT_CHAIN_MAX], rest = s->staple_chain;
	size_t n = 0;
	while (n < CERT_CHAIN_MAX && pack_next(&rest, &der[n]))
		n++;
	if (s->staple_asked)
		cert_staple_read(v->run->trust, der, n, s->staple,
		    check_now_s(v->run->c), &v->staple);
}

static void
on_scan(void *arg, const struct scan_result *s)
{
	struct tls_visit *v = arg;
	v->scan = NULL;
	v->s = malloc(sizeof(*v->s));
	if (v->s != NULL) {
		*v->s = *s;
		v->s->staple = v->s->staple_chain = SLICE_EMPTY;
		v->scanned = true;
		take_staple(v, s);
	}
	visit_over(v);
}

/* How much of the first so many milliseconds is left: hosts that stall, one
 * after the other, do not make us wait for ever. A longer --timeout is meant
 * so, and stretches it. */
static uint32_t
ms_left(const struct tls_run *run, uint64_t of)
{
	uint64_t gone = loop_now_ms(run->c->loop) - run->begun_ms;
	uint64_t all = of + (run->c->opts->timeout_ms > TLS_TIMEOUT_MS
				    ? 4ULL * run->c->opts->timeout_ms
				    : 0);
	return gone < all ? (uint32_t)(all - gone) : 0;
}

/* Worth it where TLS is offered, even if our library could not agree. */
static bool
scan_begin(struct tls_visit *v)
{
	struct tls_run *run = v->run;
	const struct check_host *h = &run->host[v->host].h;
	struct scan_opts o = {.host = slice_str(h->name),
	    .implicit = run->o.implicit,
	    .total_ms = ms_left(run, TLS_ASK_LAST_MS)};
	if (!run->o.enumerate || run->o.assure ||
	    !v->r.stage[PROBE_ANSWER].ok || o.total_ms == 0 ||
	    (!run->o.implicit && !v->r.starttls_offered))
		return false;
	check_route(run->c, slice_str(h->name), run->hosts.port, &v->ip, &o.to);
	tls_agreed(v, &o);
	v->scan = scan_start(run->c, &o, on_scan, v);
	return v->scan != NULL;
}

static void
on_injected(void *arg, const struct probe_result *r)
{
	struct tls_visit *v = arg;
	v->probe = NULL;
	if (r->injected)
		v->injection = GRADE_YES;
	else if (r->tls)
		v->injection = GRADE_NO;
	if (!scan_begin(v))
		visit_over(v);
}

/* A second session, for the one question that spoils a session. */
static bool
inject_begin(struct tls_visit *v)
{
	struct tls_run *run = v->run;
	struct probe_opts o = {
	    .host = slice_str(run->host[v->host].h.name),
	    .tls = PROBE_TLS_ONLY,
	    .inject = true,
	    .total_ms = ms_left(run, TLS_ASK_LAST_MS),
	};
	v->injection = GRADE_UNTESTED;
	if (o.total_ms == 0 || !run->o.enumerate || run->o.assure ||
	    run->o.implicit || !v->r.tls)
		return false;
	check_route(run->c, o.host, run->hosts.port, &v->ip, &o.to);
	v->probe = probe_start(run->c, &o, on_injected, v);
	return v->probe != NULL;
}

static void
on_probe(void *arg, const struct probe_result *r)
{
	struct tls_visit *v = arg;
	v->probe = NULL;
	v->r = *r;
	keep_reply(v, &v->r.greeting);
	keep_reply(v, &v->r.ehlo);
	keep_reply(v, &v->r.ehlo_tls);
	keep_reply(v, &v->r.starttls);
	keep_steps(v);
	keep_certs(v);
	keep_lines(v);
	if (!inject_begin(v) && !scan_begin(v))
		visit_over(v);
}

static bool
visit_begin(struct tls_visit *v)
{
	struct tls_run *run = v->run;
	const struct check_host *h = &run->host[v->host].h;
	const struct probe_step steps[] = {
	    {.line = slice_str(run->mail), .stop_unless_2xx = true},
	    {.line = slice_str(run->rcpt)},
	};
	struct probe_opts o = {
	    .host = slice_str(h->name),
	    .tls = run->o.assure     ? PROBE_TLS_NEVER
		   : run->o.implicit ? PROBE_TLS_IMPLICIT
				     : PROBE_TLS_IF_OFFERED,
	    .steps = steps,
	    .step_n = 2,
	    .total_ms = ms_left(run, TLS_ASK_LAST_MS),
	};
	check_route(run->c, o.host, run->hosts.port, &v->ip, &o.to);
	v->begun = true;
	v->probe = probe_start(run->c, &o, on_probe, v);
	return v->probe != NULL;
}

static void
visits_next(struct tls_run *run)
{
	for (size_t i = 0;
	     i < run->visit_n && run->abreast < TLS_VISITS_ABREAST; i++) {
		struct tls_visit *v = &run->visit[i];
		if (v->begun || v->over)
			continue;
		if (ms_left(run, TLS_VISIT_LAST_MS) > 0 && visit_begin(v)) {
			run->abreast++;
		} else {
			/* too late, or no memory: it stays unknown */
			v->begun = false;
			v->over = true;
			run->left_out++;
			run->waiting--;
		}
	}
}

/* ---- TLSA and MTA-STS ---- */

struct dane_back {
	struct tls_run *run;
	size_t host;
};

static void
on_host_dane(void *arg, const struct dane_host *h)
{
	struct dane_back back = *(struct dane_back *)arg;
	free(arg);
	struct tls_host *t = &back.run->host[back.host];
	t->ask = NULL;
	t->dane_came = true;
	dane_copy(&t->dane, h);
	answered(back.run);
}

static void
ask_dane(struct tls_run *run, size_t i)
{
	struct tls_host *t = &run->host[i];
	struct dane_back *back = malloc(sizeof(*back));
	bool domain = run->hosts.domain[0] != '\0';
	if (back == NULL)
		return;
	*back = (struct dane_back){run, i};
	run->waiting++;
	t->ask = dane_ask(run->c, t->h.name, run->hosts.port,
	    t->h.secure && (!domain || run->hosts.mx_secure || t->h.implicit),
	    on_host_dane, back);
}

static void
on_sts(void *arg, const struct sts *s)
{
	struct tls_run *run = arg;
	run->sts = *s;
	run->sts_came = true;
	answered(run);
}

/* ---- the hosts ---- */

static bool
plan(struct tls_run *run)
{
	size_t n = 0;
	for (size_t i = 0; i < run->host_n; i++)
		n += run->host[i].h.addr_n;
	run->left_out = n > TLS_VISITS_MAX ? n - TLS_VISITS_MAX : 0;
	n -= run->left_out;
	run->visit = calloc(n + 1, sizeof(*run->visit));
	if (run->visit == NULL)
		return false;
	for (size_t i = 0; i < run->host_n; i++)
		for (size_t k = 0; k < run->host[i].h.addr_n; k++) {
			if (run->visit_n == n)
				return true;
			struct tls_visit *v = &run->visit[run->visit_n++];
			v->run = run;
			v->host = i;
			v->ip = run->host[i].h.addr[k];
			arena_init(&v->mem, TLS_VISIT_MEMORY);
		}
	return true;
}

static void
rcpt_line(struct tls_run *run)
{
	const char *domain = run->hosts.domain;
	if (run->address)
		(void)snprintf(
		    run->rcpt, sizeof(run->rcpt), "RCPT TO:<%s>", run->target);
	else if (domain[0] != '\0')
		(void)snprintf(run->rcpt, sizeof(run->rcpt),
		    "RCPT TO:<postmaster@%s>", domain);
	else
		(void)snprintf(
		    run->rcpt, sizeof(run->rcpt), "RCPT TO:<postmaster>");
	(void)snprintf(run->mail, sizeof(run->mail), "MAIL FROM:<%.*s>",
	    SLICE_ARG(run->c->opts->from));
}

static void
on_hosts(void *arg, const struct check_hosts *h)
{
	struct tls_run *run = arg;
	run->hosts = *h;
	run->hosts.v = NULL;
	run->o.implicit |= h->port == SMTPS_PORT;
	run->host = calloc(h->n + 1, sizeof(*run->host));
	if (run->host != NULL)
		run->host_n = h->n;
	for (size_t i = 0; i < run->host_n; i++)
		run->host[i].h = h->v[i];
	memcpy(run->domain, h->domain, sizeof(run->domain));
	rcpt_line(run);
	run->begun_ms = loop_now_ms(run->c->loop);
	/* one for ourselves, so that nothing ends while it begins */
	run->waiting++;
	if (plan(run)) {
		run->waiting += run->visit_n;
		visits_next(run);
	}
	struct ip ip;
	for (size_t i = 0; i < run->host_n && !run->o.assure; i++)
		if (run->host[i].h.addr_n > 0 &&
		    ip_parse(slice_str(run->host[i].h.name), &ip) != ERR_OK)
			ask_dane(run, i);
	if (h->domain[0] != '\0' && h->n > 0 && !run->o.assure) {
		run->sts_wanted = true;
		run->waiting++;
		(void)sts_ask(run->c, slice_str(h->domain), on_sts, run);
	}
	answered(run); /* ours */
		       /* that of the hosts */
}

static void
begin(void *arg)
{
	struct tls_run *run = arg;
	struct diag d;
	if (cert_trust_new(run->c->opts->ca_pem, &run->trust, &d) != ERR_OK) {
		report_findingf(
		    run->r, "tls.no-anchors", SEVERITY_WARN, "", "%s", d.text);
		report_answer(run->r, CHECK_UNKNOWN);
		struct report *r = run->r;
		check_done *done = run->done;
		void *to = run->arg;
		run_free(run);
		done(to, r);
		return;
	}
	check_hosts_find(run->c, slice_str(run->target),
	    run->o.implicit ? SMTPS_PORT : 25, on_hosts, run);
}

void
check_tls(struct check *c, struct slice target, const struct check_tls_opts *o,
    check_done *done, void *arg)
{
	char question[360];
	struct tls_run *run = calloc(1, sizeof(*run));
	if (run == NULL)
		abort(); /* no caller could be told */
	run->c = c;
	run->o = *o;
	run->done = done;
	run->arg = arg;
	(void)snprintf(
	    run->target, sizeof(run->target), "%.*s", SLICE_ARG(target));
	run->address =
	    slice_find(slice_str(run->target), '@') < strlen(run->target);
	(void)snprintf(question, sizeof(question), "check tls %s", run->target);
	run->r = report_new(slice_str(question));
	if (run->r == NULL)
		abort();
	defer_init(&run->begin, begin, run);
	loop_defer(c->loop, &run->begin);
}
