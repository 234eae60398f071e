/* smtp.c - check smtp: connect time, names, greeting, what it offers, what it
 * gives away, whom it takes mail for. One look-up of the address and one
 * session with each server; a second one in plain text where TLS fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "check/smtp_banner.h"
#include "check/smtp_priv.h"
#include "proto/dns/message.h"

#define SMTP_PORT  25
#define SESSION_MS 60000

/* ---- the end ---- */

static void
smtp_over(void *arg)
{
	struct smtp_check *sc = arg;
	check_done *done = sc->done;
	void *to = sc->arg;
	struct report *r = sc->r;
	for (size_t i = 0; i < sc->server_n; i++)
		free(sc->servers[i].reverse);
	free(sc->servers);
	free(sc);
	done(to, r);
}

static void
server_over(struct smtp_server *s)
{
	struct smtp_check *sc = s->sc;
	if (--sc->left > 0)
		return;
	report_answer(sc->r, sc->reached ? CHECK_GOOD : CHECK_UNKNOWN);
	loop_defer(sc->c->loop, &sc->over);
}

/* ---- the session ---- */

static void session_begin(struct smtp_server *s);

static bool
tls_was_why(const struct probe_result *r)
{
	return !r->tls && r->starttls.came && r->starttls.code == 220 &&
	       r->cause[0] != '\0';
}

static void
on_session(void *arg, const struct probe_result *r)
{
	struct smtp_server *s = arg;
	s->probe = NULL;
	if (!s->without_tls && tls_was_why(r)) {
		memcpy(s->tls_cause, r->cause, sizeof(s->tls_cause));
		memcpy(s->tls_why, r->why, sizeof(s->tls_why));
		s->without_tls = true;
		session_begin(s);
		return;
	}
	smtp_tell_server(s, r);
	server_over(s);
}

struct script {
	struct probe_step step[STEP_COUNT];
	size_t n;
	struct buf text[STEP_COUNT];
};

static void
add_step(struct smtp_server *s, struct script *p, enum smtp_step which,
    const char *before, struct slice middle, const char *after)
{
	struct buf *b = &p->text[p->n];
	buf_init(b, 1024);
	buf_add_str(b, before);
	buf_add(b, middle);
	buf_add_str(b, after);
	p->step[p->n++] = (struct probe_step){.line = buf_slice(b)};
	s->step_at[which] = p->n;
}

static void
write_script(struct smtp_server *s, struct script *p)
{
	struct slice none = SLICE_EMPTY;
	struct slice domain = slice_str(s->sc->domain);
	add_step(s, p, STEP_MAIL, "MAIL FROM:<", s->sc->c->opts->from, ">");
	p->step[0].stop_unless_2xx = false;
	add_step(s, p, STEP_POSTMASTER, "RCPT TO:<postmaster>", none, "");
	if (domain.n > 0) {
		add_step(s, p, STEP_POSTMASTER_DOMAIN, "RCPT TO:<postmaster@",
		    domain, ">");
		add_step(s, p, STEP_ABUSE, "RCPT TO:<abuse@", domain, ">");
	}
	add_step(s, p, STEP_RELAY, "RCPT TO:<test@example.com>", none, "");
	add_step(s, p, STEP_RSET, "RSET", none, "");
	/* With a domain, so that a refusal is of the name. */
	bool whole = domain.n > 0;
	add_step(s, p, STEP_VRFY,
	    whole ? "VRFY postmaster@" : "VRFY postmaster", domain, "");
	add_step(s, p, STEP_VRFY_NOBODY,
	    whole ? "VRFY nobody-of-that-name@" : "VRFY nobody-of-that-name",
	    domain, "");
	add_step(s, p, STEP_EXPN, "EXPN postmaster", none, "");
	add_step(s, p, STEP_ETRN, "ETRN ",
	    domain.n > 0 ? domain : SLICE("example.com"), "");
}

static void
session_begin(struct smtp_server *s)
{
	struct script script = {.n = 0};
	struct smtp_check *sc = s->sc;
	write_script(s, &script);
	struct probe_opts o = {.host = slice_str(s->name),
	    .tls = sc->port == SMTPS_PORT ? PROBE_TLS_IMPLICIT
		   : s->without_tls       ? PROBE_TLS_NEVER
					  : PROBE_TLS_IF_OFFERED,
	    .steps = script.step,
	    .step_n = script.n,
	    .total_ms = SESSION_MS};
	check_route(sc->c, o.host, sc->port, &s->ip, &o.to);
	s->probe = probe_start(sc->c, &o, on_session, s);
	for (size_t i = 0; i < script.n; i++)
		buf_free(&script.text[i]);
	if (s->probe == NULL) {
		report_finding(sc->r, "local.io-error", SEVERITY_WARN,
		    slice_str(tr("There was not enough memory.")), SLICE_EMPTY);
		report_answer(sc->r, CHECK_UNKNOWN);
		server_over(s);
	}
}

/* ---- the name of its address ---- */

static void names_pump(struct smtp_server *s);

static void
on_name(void *arg, const struct ipc_dns_answer *a)
{
	struct reverse_ask *q = arg;
	const struct reverse_answer answer = {
	    .status = a->status <= IPC_DNS_BOGUS ? (enum reverse_dns)a->status
						 : REVERSE_DNS_TEMPFAIL,
	    .ttl = a->ttl,
	    .records = a->records,
	    .text = a->text};
	q->ask = NULL;
	reverse_answer(q->s->reverse, q->slot, &answer);
	names_pump(q->s);
}

static void
names_pump(struct smtp_server *s)
{
	struct reverse_question q;
	unsigned slot;
	while (
	    !reverse_done(s->reverse) && reverse_next(s->reverse, &slot, &q)) {
		struct reverse_ask *a = &s->asks[slot];
		*a = (struct reverse_ask){.s = s, .slot = slot};
		a->ask =
		    check_dns_ask(s->sc->c->dns, q.type, q.name, on_name, a);
	}
	if (!reverse_done(s->reverse))
		return;
	for (size_t i = 0; i < REVERSE_QUESTIONS_MAX; i++) {
		check_dns_cancel(s->asks[i].ask);
		s->asks[i].ask = NULL;
	}
	session_begin(s);
}

static void
server_begin(struct smtp_server *s)
{
	s->reverse = calloc(1, sizeof(*s->reverse));
	if (s->reverse == NULL) {
		session_begin(s);
		return;
	}
	reverse_begin(s->reverse, REVERSE_PTR, &s->ip, SLICE_EMPTY);
	names_pump(s);
}

/* ---- whom to ask ---- */

static void
servers_begin(struct smtp_check *sc)
{
	for (size_t i = 0; i < sc->server_n; i++)
		server_begin(&sc->servers[i]);
}

/* A host was named: is it an exchanger of the domain above it? */
static void
on_domain(void *arg, const struct ipc_dns_answer *a)
{
	struct smtp_check *sc = arg;
	struct slice records = a->records, rdata;
	struct dns_name host, name;
	bool is = false;
	sc->domain_ask = NULL;
	if (dns_name_parse(slice_str(sc->servers[0].name), &host) == ERR_OK)
		while (a->status == IPC_DNS_OK && pack_next(&records, &rdata)) {
			size_t at = 2;
			is |= rdata.n > 2 &&
			      dns_name_read(rdata, &at, &name) == ERR_OK &&
			      dns_name_eq(&name, &host);
		}
	if (!is)
		sc->domain[0] = '\0';
	servers_begin(sc);
}

static void
ask_domain(struct smtp_check *sc, const struct check_hosts *h)
{
	struct ip ip;
	struct slice host = slice_str(sc->servers[0].name);
	struct slice domain = slice_str(h->domain);
	bool guess = domain.n == 0 && ip_parse(host, &ip) != ERR_OK;
	if (guess)
		domain = smtp_domain_of(host);
	snprintf(sc->domain, sizeof(sc->domain), "%.*s", SLICE_ARG(domain));
	if (guess && domain.n < host.n)
		sc->domain_ask =
		    check_dns_ask(sc->c->dns, DNS_MX, domain, on_domain, sc);
	else
		servers_begin(sc);
}

static void
add_server(
    struct smtp_check *sc, const struct check_host *h, const struct ip *ip)
{
	if (sc->server_n == SMTP_SERVERS_MAX)
		return;
	struct smtp_server *s = &sc->servers[sc->server_n++];
	s->sc = sc;
	memcpy(s->name, h->name, sizeof(s->name));
	s->ip = *ip;
	s->preference = h->preference;
	s->implicit = h->implicit;
	s->section = report_section(
	    sc->r, report_root(sc->r), "servers", "Server", true, REPORT_SCORE);
}

static void
on_hosts(void *arg, const struct check_hosts *h)
{
	struct smtp_check *sc = arg;
	sc->port = h->port;
	sc->servers = calloc(SMTP_SERVERS_MAX, sizeof(*sc->servers));
	if (smtp_tell_hosts(sc, h) && sc->servers != NULL)
		for (size_t i = 0; i < h->n; i++)
			for (size_t k = 0; k < h->v[i].addr_n; k++)
				add_server(sc, &h->v[i], &h->v[i].addr[k]);
	sc->left = sc->server_n;
	if (sc->server_n == 0)
		loop_defer(sc->c->loop, &sc->over);
	else
		ask_domain(sc, h);
}

void
check_smtp(struct check *c, struct slice target, check_done *done, void *arg)
{
	char question[600];
	struct smtp_check *sc = calloc(1, sizeof(*sc));
	if (sc == NULL)
		abort(); /* as check_dns_ask */
	snprintf(sc->target, sizeof(sc->target), "%.*s", SLICE_ARG(target));
	snprintf(question, sizeof(question), "check smtp %s", sc->target);
	sc->c = c;
	sc->done = done;
	sc->arg = arg;
	sc->r = report_new(slice_str(question));
	if (sc->r == NULL)
		abort();
	defer_init(&sc->over, smtp_over, sc);
	check_hosts_find(c, slice_str(sc->target), SMTP_PORT, on_hosts, sc);
}
