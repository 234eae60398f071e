#include "cmd/firewall.h"

#include <stdarg.h>

#include <string.h>

#include "os/socket.h"

#define ZONES_MAX 64

/* Ports by which mail comes and is fetched. */
static const uint16_t mail_ports[] = {25, 110, 143, 465, 587, 993, 995, 4190};

struct look {
	struct cmd_ctx *ctx;
	const struct firewall_args *args;
	struct firewall_set set;
	struct firewall_ports ports;
	struct slice zones[ZONES_MAX]; /* that packets may come by */
	size_t zones_n;
	json_t *answer, *findings;
	bool bad, unknown;
};

/* ---- small things of JSON ---- */

static json_t *
text(struct slice s)
{
	json_t *t = json_stringn(s.n > 0 ? (const char *)s.p : "", s.n);
	return t != NULL ? t : json_string("?"); /* not UTF-8 */
}

static const char *
state_name(enum firewall_state s)
{
	static const char *const names[] = {
	    [FIREWALL_OPEN] = "open",
	    [FIREWALL_CLOSED] = "closed",
	    [FIREWALL_UNKNOWN] = "unknown",
	};
	return names[s];
}

static void
set_place(json_t *o, const struct firewall_file *f, unsigned line)
{
	json_object_set_new(
	    o, "file", f != NULL ? text(slice_str(f->path)) : json_null());
	json_object_set_new(
	    o, "line", f != NULL ? json_integer(line) : json_null());
}

__attribute__((format(printf, 5, 6))) static void
find(struct look *l, const char *severity, const struct firewall_file *f,
    unsigned line, const char *fmt, ...)
{
	char sentence[512];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	json_t *o = json_object();
	json_object_set_new(o, "severity", json_string(severity));
	set_place(o, f, line);
	json_object_set_new(o, "text", text(slice_str(sentence)));
	json_array_append_new(l->findings, o);
	if (strcmp(severity, "bad") == 0)
		l->bad = true;
	if (strcmp(severity, "unknown") == 0)
		l->unknown = true;
}

json_t *
firewall_listeners(const struct conf *conf, uint16_t port)
{
	json_t *all = json_array();
	for (size_t i = 0; i < conf->listen_n; i++) {
		const struct conf_listen *l = &conf->listen[i];
		size_t k = 0;
		while (k < l->address.n &&
		       (l->address.v[k].port != port ||
			   ip_is_loopback(&l->address.v[k].ip)))
			k++;
		if (k < l->address.n)
			json_array_append_new(all, text(l->name));
	}
	return all;
}

/* ---- which zones ---- */

static void
use_zone(struct look *l, struct slice name)
{
	for (size_t i = 0; i < l->zones_n; i++)
		if (slice_eq(l->zones[i], name))
			return;
	if (l->zones_n == ZONES_MAX)
		find(l, "unknown", NULL, 0, "more than %d zones are in use",
		    ZONES_MAX);
	else
		l->zones[l->zones_n++] = name;
}

/* The zone that was named; or the default one and those of interfaces. */
static void
choose_zones(struct look *l)
{
	if (l->args->zone != NULL) {
		use_zone(l, slice_str(l->args->zone));
		return;
	}
	use_zone(l, l->set.default_zone);
	for (const struct firewall_bound *b = l->set.bound; b != NULL;
	     b = b->next)
		use_zone(l, b->zone);
}

static json_t *
zone_json(struct look *l, struct slice zone)
{
	json_t *files = json_array(), *interfaces = json_array();
	json_t *sources = json_array();
	for (const struct firewall_file *f = l->set.zones; f != NULL;
	     f = f->next) {
		if (!firewall_is_zone(f, zone))
			continue;
		json_array_append_new(files, text(slice_str(f->path)));
		for (const struct firewalld_item *i = f->what.items; i != NULL;
		     i = i->next)
			if (i->what == FIREWALLD_INTERFACE)
				json_array_append_new(
				    interfaces, text(i->name));
			else if (i->what == FIREWALLD_SOURCE)
				json_array_append_new(sources, text(i->name));
	}
	json_t *o = json_object();
	json_object_set_new(o, "zone", text(zone));
	json_object_set_new(
	    o, "default", json_boolean(slice_eq(zone, l->set.default_zone)));
	json_object_set_new(o, "files", files);
	json_object_set_new(o, "interfaces", interfaces);
	json_object_set_new(o, "sources", sources);
	return o;
}

/* ---- what is wrong with the files ---- */

static void
tell_broken(struct look *l, const struct firewall_file *f)
{
	if (f->broken)
		find(l, f->system ? "bad" : "warn", f, f->fault.line,
		    "%s; firewalld leaves out this file, or all of its /etc",
		    f->fault.text);
}

/* What else of a file of the system firewalld does not take. */
static void
tell_missing(struct look *l, const struct firewall_file *f)
{
	for (const struct firewalld_item *i = f->what.items; i != NULL;
	     i = i->next) {
		if (firewall_misses(&l->set, i))
			find(l, "bad", f, i->line,
			    "service %.*s does not exist; firewalld leaves out "
			    "this file, or all of its /etc",
			    SLICE_ARG(i->name));
		else if (i->what == FIREWALLD_STRANGE)
			find(l, "warn", f, i->line,
			    "\"%.*s\" is not known here; a firewalld that "
			    "does not know it leaves out all of its /etc",
			    SLICE_ARG(i->name));
	}
}

static void
tell_all_broken(struct look *l)
{
	const struct firewall_file *lists[] = {
	    l->set.services, l->set.zones, l->set.policies, l->set.direct};
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (const struct firewall_file *f = lists[i]; f != NULL;
		     f = f->next) {
			tell_broken(l, f);
			if (f->system && !f->broken)
				tell_missing(l, f);
		}
}

/* The same ports, and nothing else in both. */
static bool
same_services(const struct firewall_file *a, const struct firewall_file *b)
{
	uint16_t ports[FIREWALL_PORTS_MAX];
	size_t n = 0;
	for (const struct firewalld_item *i = b->what.items; i != NULL;
	     i = i->next) {
		if (n == FIREWALL_PORTS_MAX)
			return false;
		ports[n++] = i->first;
	}
	return n > 0 && firewall_same_service(b, ports, n) &&
	       firewall_same_service(a, ports, n);
}

static void
tell_service(struct look *l, struct slice name)
{
	const struct firewall_file *s = firewall_find(l->set.services, name);
	if (s != NULL && s->hidden != NULL && same_services(s, s->hidden))
		find(l, "note", s, 1,
		    "it says what firewalld's own service %.*s says, and may "
		    "be deleted",
		    SLICE_ARG(name));
}

static void
tell_zone_file(struct look *l, const struct firewall_file *f)
{
	for (const struct firewalld_item *i = f->what.items; i != NULL;
	     i = i->next) {
		if (i->what == FIREWALLD_USE)
			tell_service(l, i->name);
		else if (i->ignored)
			find(l, "warn", f, i->line,
			    "a rule about two things, or with two actions; "
			    "firewalld ignores it");
		else if (i->what == FIREWALLD_SOURCE_PORT)
			find(l, "warn", f, i->line,
			    "whoever sends from TCP port %u is let in to every "
			    "port",
			    i->first);
	}
}

static bool
in_use(const struct look *l, const struct firewall_file *zone)
{
	for (size_t i = 0; i < l->zones_n; i++)
		if (firewall_is_zone(zone, l->zones[i]))
			return true;
	return false;
}

/* A zone for some sources stands before the others, for these. */
static void
tell_sources(struct look *l)
{
	for (const struct firewall_file *f = l->set.zones; f != NULL;
	     f = f->next)
		for (const struct firewalld_item *i = f->what.items; i != NULL;
		     i = i->next)
			if (i->what == FIREWALLD_SOURCE && !in_use(l, f)) {
				find(l, "note", f, i->line,
				    "it decides for %.*s%s, and was not looked "
				    "at; name it with --zone",
				    SLICE_ARG(i->name),
				    f->what.n > 1 ? " and maybe others" : "");
				break;
			}
}

static void
tell_zones(struct look *l)
{
	json_t *zones = json_array();
	for (size_t i = 0; i < l->zones_n; i++) {
		json_array_append_new(zones, zone_json(l, l->zones[i]));
		bool seen = false;
		for (const struct firewall_file *f = l->set.zones; f != NULL;
		     f = f->next)
			if (firewall_is_zone(f, l->zones[i])) {
				seen = true;
				tell_zone_file(l, f);
			}
		if (!seen)
			find(l, "bad", NULL, 0,
			    "there is no zone %.*s among firewalld's files%s",
			    SLICE_ARG(l->zones[i]),
			    slice_eq(l->zones[i], l->set.default_zone)
				? "; it takes public as the default then"
				: "");
	}
	if (l->args->zone == NULL)
		tell_sources(l);
	json_object_set_new(l->answer, "zones", zones);
}

/* ---- ports ---- */

static json_t *
verdict_json(struct slice zone, const struct firewall_verdict *v)
{
	json_t *o = json_object();
	json_object_set_new(o, "zone", text(zone));
	json_object_set_new(o, "state", json_string(state_name(v->state)));
	json_object_set_new(o, "by", text(slice_str(v->by)));
	set_place(o, v->file, v->line);
	return o;
}

/* Open is what is open by every way that packets may come. */
static enum firewall_state
judge_port(struct look *l, uint16_t port, json_t *zones)
{
	enum firewall_state all = FIREWALL_UNKNOWN;
	for (size_t i = 0; i < l->zones_n; i++) {
		struct firewall_verdict v;
		firewall_judge(&l->set, l->zones[i], port, &v);
		json_array_append_new(zones, verdict_json(l->zones[i], &v));
		if (i == 0)
			all = v.state;
		else if (all != v.state)
			all = FIREWALL_UNKNOWN;
	}
	return all;
}

static json_t *
tries_json(const struct firewall_port *p)
{
	json_t *all = json_array();
	for (size_t i = 0; i < p->tries_n; i++) {
		const struct firewall_try *t = &p->tries[i];
		const struct sock_addr at = {t->ip, p->port};
		char where[SOCK_ADDR_TEXT_MAX];
		sock_addr_text(&at, where);
		json_t *o = json_object();
		json_object_set_new(o, "address", json_string(where));
		json_object_set_new(
		    o, "answer", json_string(firewall_answer_name(t->answer)));
		if (t->answer == FIREWALL_FAILED && t->why != NULL)
			json_object_set_new(o, "why", json_string(t->why));
		json_array_append_new(all, o);
	}
	return all;
}

static void
tell_tries(struct look *l, const struct firewall_port *p)
{
	if (p->tries_n == 0)
		find(l, "note", NULL, 0,
		    "port %u: this machine has no address that others see to "
		    "connect to",
		    p->port);
	for (size_t i = 0; i < p->tries_n; i++) {
		const struct firewall_try *t = &p->tries[i];
		const struct sock_addr at = {t->ip, p->port};
		char where[SOCK_ADDR_TEXT_MAX];
		sock_addr_text(&at, where);
		if (t->answer == FIREWALL_REFUSED)
			find(l, "warn", NULL, 0,
			    "%s: refused: nobody listens there; does kurir "
			    "run?",
			    where);
		else if (t->answer == FIREWALL_SILENT)
			find(l, "bad", NULL, 0,
			    "%s: no answer within two seconds", where);
		else if (t->answer == FIREWALL_FAILED)
			find(l, "unknown", NULL, 0, "%s: cannot connect: %s",
			    where, t->why != NULL ? t->why : "no reason given");
	}
}

static void
tell_port(struct look *l, const struct firewall_port *p, json_t *all)
{
	json_t *zones = json_array(), *o = json_object();
	enum firewall_state s = FIREWALL_UNKNOWN;
	if (l->set.found == FIREWALL_FOUND)
		s = judge_port(l, p->port, zones);
	json_object_set_new(o, "port", json_integer(p->port));
	json_object_set_new(
	    o, "listeners", firewall_listeners(l->ctx->conf, p->port));
	json_object_set_new(o, "state", json_string(state_name(s)));
	json_object_set_new(o, "zones", zones);
	json_object_set_new(o, "connections", tries_json(p));
	json_array_append_new(all, o);
	l->bad = l->bad || s == FIREWALL_CLOSED;
	l->unknown = l->unknown || s == FIREWALL_UNKNOWN;
	tell_tries(l, p);
}

static void
tell_ports(struct look *l)
{
	json_t *all = json_array();
	for (size_t i = 0; i < l->ports.n; i++)
		tell_port(l, &l->ports.v[i], all);
	json_object_set_new(l->answer, "ports", all);
	if (l->ports.lost > 0)
		find(l, "unknown", NULL, 0,
		    "more than %d ports; %zu are left out", FIREWALL_PORTS_MAX,
		    l->ports.lost);
	if (l->ports.n == 0)
		find(l, "note", NULL, 0,
		    "no listener has an address that others see: nothing needs "
		    "to be open");
}

/* ---- what is open for nobody ---- */

static bool
is_ours(const struct look *l, uint16_t port)
{
	for (size_t i = 0; i < l->ports.n; i++)
		if (l->ports.v[i].port == port)
			return true;
	return false;
}

static void
tell_unused(struct look *l)
{
	json_t *all = json_array();
	for (size_t i = 0; i < sizeof(mail_ports) / sizeof(*mail_ports); i++) {
		uint16_t port = mail_ports[i];
		if (is_ours(l, port) || firewall_somebody_listens(port))
			continue;
		for (size_t k = 0; k < l->zones_n; k++) {
			struct firewall_verdict v;
			firewall_judge(&l->set, l->zones[k], port, &v);
			if (v.state != FIREWALL_OPEN)
				continue;
			json_t *o = verdict_json(l->zones[k], &v);
			json_object_set_new(o, "port", json_integer(port));
			json_array_append_new(all, o);
		}
	}
	json_object_set_new(l->answer, "unused", all);
}

/* ---- all ---- */

/* What lies there counts only while firewalld runs. */
static void
tell_running(struct look *l)
{
	struct diag d;
	int code;
	if (firewall_cmd(l->args->root, "--state", &code, &d) ==
		FIREWALL_CMD_ENDED &&
	    code == FIREWALL_CMD_NOT_RUNNING)
		find(l, "unknown", NULL, 0,
		    "firewalld does not run: what filters now, if anything, is "
		    "not known, and its files count from its next start");
}

static const char *
found_name(enum firewall_found f)
{
	return f == FIREWALL_FOUND  ? "found"
	       : f == FIREWALL_NONE ? "none"
				    : "denied";
}

static void
look(struct look *l)
{
	json_object_set_new(
	    l->answer, "firewalld", json_string(found_name(l->set.found)));
	if (l->set.found == FIREWALL_NONE)
		find(l, "unknown", NULL, 0,
		    "firewalld is not installed%s%s: what filters here, if "
		    "anything, is not known",
		    l->args->root[0] != '\0' ? " below " : "", l->args->root);
	else if (l->set.found == FIREWALL_DENIED)
		find(l, "unknown", NULL, 0,
		    "%s; firewalld's files are root's: run this as root",
		    l->set.why.text);
	else
		choose_zones(l);
	json_object_set_new(l->answer, "default_zone",
	    l->set.found == FIREWALL_FOUND ? text(l->set.default_zone)
					   : json_null());
	if (l->set.found == FIREWALL_FOUND) {
		tell_running(l);
		tell_all_broken(l);
	}
	tell_zones(l);
	firewall_connect(&l->ports);
	tell_ports(l);
	tell_unused(l);
}

json_t *
firewall_look(struct cmd_ctx *ctx, const struct firewall_args *a, int *out_code)
{
	struct look l = {.ctx = ctx, .args = a};
	firewall_ports_of(ctx->conf, &l.ports);
	if (!firewall_read(ctx, a->root, &l.set)) {
		firewall_free(&l.set);
		*out_code = CMD_UNKNOWN;
		return NULL;
	}
	l.answer = json_object();
	l.findings = json_array();
	look(&l);
	*out_code = l.bad ? CMD_BAD : l.unknown ? CMD_UNKNOWN : CMD_GOOD;
	json_object_set_new(l.answer, "result",
	    json_string(l.bad       ? "bad"
			: l.unknown ? "unknown"
				    : "good"));
	json_object_set_new(l.answer, "findings", l.findings);
	firewall_free(&l.set);
	return l.answer;
}
