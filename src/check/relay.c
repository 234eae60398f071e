/* relay.c - check relay: does a server take mail from anybody for anybody? All
 * its addresses side by side, each first asked for its name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/relay_priv.h"
#include "check/smtp_banner.h"
#include "proto/dns/name.h"
#include "proto/smtp/address.h"

#define RELAY_PORT  25
#define SESSION_MS  120000
#define DEADLINE_MS 120000
#define CLOCK_MS    500

/* Nobody's, and every server can look it up (RFC 2606). */
#define FOREIGN_DOMAIN "example.com"

static void
relay_over(void *arg)
{
	struct relay_check *rc = arg;
	check_done *done = rc->done;
	void *to = rc->arg;
	struct report *r = rc->r;
	relay_tell_all(rc);
	timer_stop(&rc->clock);
	rc->c->at[0] = '\0';
	for (size_t i = 0; i < rc->server_n; i++) {
		timer_stop(&rc->servers[i].limit);
		timer_stop(&rc->servers[i].wait);
		for (size_t k = 0; k < rc->servers[i].pass_n; k++)
			free(rc->servers[i].passes[k].tries);
	}
	free(rc->servers);
	arena_reset(&rc->arena);
	free(rc);
	done(to, r);
}

static void
on_clock(void *arg)
{
	struct relay_check *rc = arg;
	relay_tell_clock(rc);
	timer_start(&rc->clock, CLOCK_MS);
}

/* ---- the ways in ---- */

static void
add_pass(struct relay_server *s, const char *name, const struct ip *source,
    enum probe_tls tls, bool user)
{
	char ip[IP_TEXT_MAX] = "";
	size_t n;
	(void)relay_pairs(&n);
	struct relay_try *tries = calloc(n, sizeof(*tries));
	if (s->pass_n == RELAY_PASSES_MAX || tries == NULL) {
		free(tries);
		s->left_out++;
		return;
	}
	struct relay_pass *p = &s->passes[s->pass_n++];
	*p = (struct relay_pass){.tls = tls, .user = user, .tries = tries};
	if (source != NULL) {
		p->source = *source;
		ip_text(source, ip);
	}
	snprintf(p->name, sizeof(p->name), "%s%s%s", name, ip,
	    source != NULL && tls == PROBE_TLS_ONLY ? ", starttls" : "");
}

/* Behind STARTTLS a server may trust whom it did not listen to before. */
static void
add_ways(struct relay_server *s, const struct ip *source)
{
	const char *from = source != NULL ? "from " : NULL;
	if (s->rc->port == SMTPS_PORT) {
		add_pass(s, from != NULL ? from : "tls", source,
		    PROBE_TLS_IMPLICIT, false);
		return;
	}
	add_pass(
	    s, from != NULL ? from : "plain", source, PROBE_TLS_NEVER, false);
	if (s->starttls)
		add_pass(s, from != NULL ? from : "starttls", source,
		    PROBE_TLS_ONLY, false);
}

static void
add_passes(struct relay_server *s)
{
	const struct check_relay_opts *o = &s->rc->o;
	add_ways(s, NULL);
	for (size_t i = 0; i < o->sources_n; i++)
		if (o->sources[i].family == s->ip.family)
			add_ways(s, &o->sources[i]);
	if (o->user.n > 0)
		add_pass(s, "user", NULL,
		    s->rc->port == SMTPS_PORT ? PROBE_TLS_IMPLICIT
					      : PROBE_TLS_IF_OFFERED,
		    true);
}

/* ---- one server ---- */

void
relay_server_over(struct relay_server *s)
{
	struct relay_check *rc = s->rc;
	timer_stop(&s->limit);
	if (--rc->busy == 0)
		loop_defer(rc->c->loop, &rc->over);
}

static void
learn_names(struct relay_server *s, const struct probe_result *r)
{
	struct slice name = smtp_banner_host(r->greeting.text);
	struct ip ip;
	bool is_ip = ip_parse(slice_str(s->name), &ip) == ERR_OK;
	if (dns_hostname_valid(name) && name.n < sizeof(s->banner))
		snprintf(s->banner, sizeof(s->banner), "%.*s", SLICE_ARG(name));
	struct buf b;
	buf_init(&b, sizeof(s->literal) - 1);
	buf_add_byte(&b, '[');
	buf_add_ip_literal(&b, &s->ip);
	buf_add_byte(&b, ']');
	snprintf(
	    s->literal, sizeof(s->literal), "%.*s", SLICE_ARG(buf_slice(&b)));
	buf_free(&b);
	s->facts = s->rc->facts;
	s->facts.literal = slice_str(s->literal);
	s->facts.server = slice_str(s->banner);
	if (!is_ip && dns_hostname_valid(slice_str(s->name)))
		s->facts.host = slice_str(s->name);
	struct slice host =
	    s->facts.host.n > 0 ? s->facts.host : s->facts.server;
	if (s->facts.server.n == 0)
		s->facts.server = s->facts.host;
	if (host.n > 0)
		snprintf(s->local, sizeof(s->local), "%.*s",
		    SLICE_ARG(smtp_domain_of(host)));
	s->facts.local = slice_str(s->local);
}

static void
on_greeting(void *arg, const struct probe_result *r)
{
	struct relay_server *s = arg;
	s->probe = NULL;
	s->greeting = r->greeting.code;
	s->greeted = r->greeting.came && r->greeting.code == 220;
	s->starttls = r->starttls_offered;
	s->width = r->ehlo.took_ms > RELAY_SLOW_MS ? RELAY_SESSIONS : RELAY_FEW;
	snprintf(s->reply, sizeof(s->reply), "%.*s",
	    SLICE_ARG(r->greeting.came ? r->greeting.text : slice_str(r->why)));
	learn_names(s, r);
	add_passes(s);
	if (s->greeted && s->pass_n > 0) {
		relay_passes_begin(s);
		return;
	}
	struct relay_pass none = {.name = "greeting"};
	relay_tell_session(s, &none, r, false);
	relay_server_over(s);
}

static void
on_limit(void *arg)
{
	struct relay_server *s = arg;
	if (s->pass_n == 0)
		probe_end(s->probe);
	s->late = true;
	relay_passes_late(s);
}

/* Of the time that is given a share is kept for messages, if there may be any:
 * they are the proof. */
static void
server_begin(struct relay_server *s)
{
	struct relay_check *rc = s->rc;
	uint64_t now = loop_now_ms(rc->c->loop), all = rc->o.deadline_ms;
	uint64_t pairs = rc->to.n > 0 ? all * 6 / 10 : all;
	struct probe_opts o = {.host = slice_str(s->name),
	    .tls =
		rc->port == SMTPS_PORT ? PROBE_TLS_IMPLICIT : PROBE_TLS_NEVER,
	    .total_ms = SESSION_MS};
	s->pairs_until_ms = rc->begun_ms + pairs;
	s->over_until_ms = rc->begun_ms + all;
	timer_init(&s->limit, rc->c->loop, on_limit, s);
	timer_init(&s->wait, rc->c->loop, NULL, NULL);
	timer_start(
	    &s->limit, s->pairs_until_ms > now ? s->pairs_until_ms - now : 0);
	check_route(rc->c, o.host, rc->port, &s->ip, &o.to);
	s->probe = probe_start(rc->c, &o, on_greeting, s);
	if (s->probe == NULL)
		abort(); /* as check_dns_ask */
	rc->busy++;
}

/* ---- whom to ask ---- */

static void
add_server(
    struct relay_check *rc, const struct check_host *h, const struct ip *ip)
{
	if (rc->server_n == RELAY_SERVERS_MAX)
		return;
	struct relay_server *s = &rc->servers[rc->server_n++];
	s->rc = rc;
	memcpy(s->name, h->name, sizeof(s->name));
	s->ip = *ip;
	s->verdict = RELAY_UNKNOWN;
	s->section = report_section(
	    rc->r, report_root(rc->r), "servers", "Server", true, REPORT_SCORE);
}

static void
on_hosts(void *arg, const struct check_hosts *h)
{
	struct relay_check *rc = arg;
	rc->port = h->port;
	rc->servers = calloc(RELAY_SERVERS_MAX, sizeof(*rc->servers));
	if (relay_tell_hosts(rc, h) && rc->servers != NULL)
		for (size_t i = 0; i < h->n; i++)
			for (size_t k = 0; k < h->v[i].addr_n; k++)
				add_server(rc, &h->v[i], &h->v[i].addr[k]);
	if (rc->server_n == 0)
		loop_defer(rc->c->loop, &rc->over);
	for (size_t i = 0; i < rc->server_n; i++)
		server_begin(&rc->servers[i]);
}

/* ---- the probe mailbox ---- */

/* "uji@luar.example", "uji@luar.example:/var/mail/uji", or the Maildir alone:
 * then it is the mailbox of --from. */
static bool
read_mailbox(struct relay_check *rc)
{
	struct slice all = rc->o.probe_mailbox;
	struct smtp_address a;
	if (all.n == 0)
		return true;
	size_t slash = slice_find(all, '/'), colon = slash;
	if (slash < all.n && slash > 0 && all.p[slash - 1] == ':')
		colon = slash - 1;
	rc->maildir = slice_from(all, slash);
	rc->to = slice_to(all, colon);
	if (slash == 0 || all.p[0] == '.') {
		rc->maildir = all;
		rc->to = rc->c->opts->from;
	}
	if (rc->to.n == 0 ||
	    smtp_mailbox_parse(rc->to, &rc->arena, &a) != ERR_OK ||
	    a.host != SMTP_HOST_NAME)
		return false;
	rc->facts.to = a.local;
	rc->facts.domain = a.domain;
	return true;
}

static void
set_facts(struct relay_check *rc)
{
	struct slice from = rc->c->opts->from;
	struct relay_facts *f = &rc->facts;
	snprintf(rc->sender, sizeof(rc->sender), "%.*s", SLICE_ARG(from));
	if (from.n == 0)
		snprintf(rc->sender, sizeof(rc->sender), "antispam@%.*s",
		    SLICE_ARG(f->domain));
	f->sender = SLICE("antispam");
	f->outside = slice_str(rc->sender);
}

void
check_relay(struct check *c, struct slice target,
    const struct check_relay_opts *o, check_done *done, void *arg)
{
	char question[600];
	struct relay_check *rc = calloc(1, sizeof(*rc));
	if (rc == NULL)
		abort(); /* as check_dns_ask */
	snprintf(rc->target, sizeof(rc->target), "%.*s", SLICE_ARG(target));
	snprintf(question, sizeof(question), "check relay %s", rc->target);
	rc->c = c;
	rc->done = done;
	rc->arg = arg;
	rc->o = *o;
	rc->facts.to = SLICE("relaytest");
	rc->facts.domain = SLICE(FOREIGN_DOMAIN);
	arena_init(&rc->arena, 8192);
	rc->r = report_new(slice_str(question));
	if (rc->r == NULL)
		abort();
	timer_init(&rc->clock, c->loop, on_clock, rc);
	if (rc->o.deadline_ms == 0)
		rc->o.deadline_ms = DEADLINE_MS;
	defer_init(&rc->over, relay_over, rc);
	if (!read_mailbox(rc)) {
		report_finding(rc->r, "relay.mailbox-unclear", SEVERITY_WARN,
		    slice_str(tr("The address of the probe mailbox is "
				 "missing.")),
		    slice_str(tr("Give --probe-mailbox ADDRESS:/MAILDIR, or "
				 "its address as --from.")));
		loop_defer(c->loop, &rc->over);
		return;
	}
	set_facts(rc);
	rc->begun_ms = loop_now_ms(c->loop);
	timer_start(&rc->clock, CLOCK_MS);
	check_hosts_find(c, slice_str(rc->target), RELAY_PORT, on_hosts, rc);
}
