/* check.c - what every check stands on. */
#include "check/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/child.h"
#include "check/dns_priv.h"
#include "check/web.h"
#include "proto/dns/name.h"

#define VISITS 256

/* A connection that was begun, or will be. */
struct check_visit {
	struct ip ip;
	uint64_t at_ms;
};

/* A name that a server need not laugh at; one that is none becomes the
 * address of nobody. */
static void
own_name(struct check *c)
{
	struct slice name = c->opts->helo;
	char host[256] = "";
	if (name.n == 0 && gethostname(host, sizeof(host) - 1) == 0)
		name = slice_str(host);
	if (name.n >= sizeof(c->helo) || !dns_hostname_valid(name))
		name = c->opts->helo.n > 0 && c->opts->helo.n < 255
			   ? c->opts->helo
			   : SLICE("localhost.localdomain");
	memcpy(c->helo, name.p, name.n);
	c->helo[name.n] = '\0';
}

static enum err
open_tls(struct check *c, struct diag *d)
{
	struct tls_client_conf conf = {
	    .system_trust = c->opts->ca_pem.n == 0,
	    .ca_pem = c->opts->ca_pem,
	    .min_version = TLS_V1_0,
	    .examine = true,
	    .at_unix_s = c->opts->now_s,
	};
	return tls_client_new(&conf, &c->tls, d);
}

struct check_visit *
check_visits_new(void)
{
	return calloc(VISITS, sizeof(struct check_visit));
}

/* Much can be found out without DNS, and every check says what it could not. */
static enum err
open_dns(struct check *c, struct diag *d)
{
	struct diag why;
	diag_clear(&why);
	enum err e = ERR_OK;
	if (c->opts->libexec != NULL)
		snprintf(
		    c->libexec, sizeof(c->libexec), "%s", c->opts->libexec);
	else
		e = check_child_find(c->libexec, sizeof(c->libexec), &why);
	if (e == ERR_OK)
		e = check_dns_new(c, &c->dns, &why);
	if (e == ERR_OK)
		return ERR_OK;
	snprintf(c->no_dns, sizeof(c->no_dns), "%s", why.text);
	c->dns = check_dns_alloc(c->loop);
	return c->dns != NULL ? ERR_OK
			      : diag_set(d, ERR_NOMEM, NULL, "out of memory");
}

enum err
check_open(struct check *c, const struct check_opts *opts, struct diag *d)
{
	*c = (struct check){.opts = opts};
	diag_clear(d);
	own_name(c);
	c->loop = loop_new();
	c->visits = check_visits_new();
	enum err e = c->loop == NULL || c->visits == NULL
			 ? diag_set(d, ERR_NOMEM, NULL, "out of memory")
			 : ERR_OK;
	if (e == ERR_OK)
		e = open_tls(c, d);
	if (e == ERR_OK)
		e = open_dns(c, d);
	if (e != ERR_OK)
		check_close(c);
	return e;
}

void
check_close(struct check *c)
{
	check_web_free(c->web);
	check_dns_free(c->dns);
	tls_client_unref(c->tls);
	loop_free(c->loop);
	free(c->visits);
	*c = (struct check){0};
}

uint64_t
check_polite(struct check *c, const struct ip *ip)
{
	uint64_t now = loop_now_ms(c->loop), at = now;
	if (c->opts->polite_ms == 0 ||
	    (ip_is_loopback(ip) && !c->opts->polite_here))
		return 0;
	for (size_t i = 0; i < VISITS; i++) {
		const struct check_visit *v = &c->visits[i];
		if (ip_eq(&v->ip, ip) && v->at_ms + c->opts->polite_ms > at)
			at = v->at_ms + c->opts->polite_ms;
	}
	c->visits[c->visit_at++ % VISITS] = (struct check_visit){*ip, at};
	return at - now;
}

/* A report on its way to whoever asked. */
struct asked {
	struct timer timer;
	struct report *report;
	check_done *done;
	void *arg;
};

static void
on_timer(void *arg)
{
	struct asked *a = arg;
	struct report *r = a->report;
	check_done *done = a->done;
	void *to = a->arg;
	free(a);
	done(to, r);
}

void
check_later(struct check *c, struct report *r, check_done *done, void *arg)
{
	struct asked *a = calloc(1, sizeof(*a));
	if (a == NULL) {
		report_free(r);
		return;
	}
	*a = (struct asked){.report = r, .done = done, .arg = arg};
	timer_init(&a->timer, c->loop, on_timer, a);
	timer_start(&a->timer, 0);
}
