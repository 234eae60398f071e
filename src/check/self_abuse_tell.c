/* self_abuse_tell.c - the figures of self_abuse.h as facts and findings. */
#include "check/self_abuse.h"

#include <stdio.h>
#include <string.h>

#include "policy/device.h"

typedef unsigned long long ull;

#define WORD_MAX 320

/* word - text for a command that is proposed: as it is, or what to put there.
 */
static void
word(char out[WORD_MAX], struct slice text, const char *instead)
{
	if (text.n < WORD_MAX && abuse_word((const char *)text.p, text.n))
		(void)snprintf(out, WORD_MAX, "%.*s", SLICE_ARG(text));
	else
		(void)snprintf(out, WORD_MAX, "%s", instead);
}

static enum check_severity
severity_of(enum abuse_say say)
{
	return say == ABUSE_BAD ? SEVERITY_BAD : SEVERITY_WARN;
}

/* ---- who ---- */

enum kind { KIND_ACCOUNT, KIND_DEVICE, KIND_HERE, KIND_ADDRESS };

struct who {
	enum kind kind;
	char ip[IP_TEXT_MAX];
	struct slice name; /* of account or device */
};

static bool
loopback(const struct ip *ip)
{
	static const struct ip_net four = {{.family = 4, .b = {127}}, 8};
	static const struct ip_net six = {{.family = 6, .b = {[15] = 1}}, 128};
	return ip_in_net(ip, &four) || ip_in_net(ip, &six);
}

static struct who
who_is(const struct self *s, const struct load_source *from)
{
	struct who w = {.kind = KIND_ADDRESS, .name = from->user};
	const struct conf_listen *in =
	    conf_listen_find(s->conf, slice_str(from->listener));
	const struct conf_device *device =
	    in != NULL && in->role == CONF_ROLE_DEVICE
		? device_find(s->conf, &from->ip)
		: NULL;
	ip_text(&from->ip, w.ip);
	if (device != NULL) {
		w.kind = KIND_DEVICE;
		w.name = device->name;
	} else if (from->user.n > 0) {
		w.kind = KIND_ACCOUNT;
	} else if (loopback(&from->ip)) {
		w.kind = KIND_HERE;
	}
	return w;
}

static const char *
kind_name(enum kind k)
{
	static const char *const names[] = {[KIND_ACCOUNT] = "account",
	    [KIND_DEVICE] = "device",
	    [KIND_HERE] = "this-machine",
	    [KIND_ADDRESS] = "address"};
	return names[k];
}

static void
stop_it(const struct who *w, char *out, size_t max)
{
	char name[WORD_MAX];
	word(name, w->name, "NAME");
	switch (w->kind) {
	case KIND_ACCOUNT:
		(void)snprintf(out, max,
		    tr("If nobody meant to send that, the password is known to "
		       "somebody else: \"kurir user passwd %s\" sets another."),
		    name);
		return;
	case KIND_DEVICE:
		(void)snprintf(out, max,
		    tr("If nobody meant to send that, take device \"%s\" out "
		       "of "
		       "the configuration, or lower its rate and what it may "
		       "send to, and reload."),
		    name);
		return;
	case KIND_HERE:
		(void)snprintf(out, max, "%s",
		    tr("If nobody meant to send that, a program of this "
		       "machine "
		       "does, most often the form of a web site: stop it."));
		return;
	case KIND_ADDRESS:
		(void)snprintf(out, max,
		    tr("If nobody meant to send that, take %s, or the network "
		       "or name that it is in, out of trusted in the "
		       "configuration and reload: it then needs a password."),
		    w->ip);
		return;
	}
}

static void
tell_one_source(struct self_abuse *a)
{
	const struct abuse_verdict *v = &a->verdict;
	if (v->one_source < ABUSE_WARN)
		return;
	const struct load_source *from = &a->load.source[v->source];
	struct who w = who_is(a->s, from);
	char stop[700], sender[WORD_MAX], cure[1900], name[300];
	stop_it(&w, stop, sizeof(stop));
	word(sender, slice_str(from->from), "ADDRESS");
	(void)snprintf(cure, sizeof(cure),
	    tr("%s \"kurir queue list --from %s\" shows what of it waits, and "
	       "\"kurir queue hold ID\" keeps a message back. Then \"kurir "
	       "check relay %s\" shows whether strangers may send, too."),
	    stop, sender, a->s->hostname);
	if (w.name.n > 0)
		(void)snprintf(name, sizeof(name), "%.*s (%s)",
		    SLICE_ARG(slice_to(w.name, 200)), w.ip);
	else
		(void)snprintf(name, sizeof(name), "%s", w.ip);
	report_findingf(a->s->r, "abuse.one-source", severity_of(v->one_source),
	    cure,
	    tr("%llu of %llu recipients elsewhere in the last %u hours came "
	       "from one source, %s; its last sender was <%s>"),
	    (ull)from->total, (ull)a->facts.recipients, ABUSE_HOURS, name,
	    from->from);
}

/* ---- findings ---- */

static void
tell_spike(struct self_abuse *a)
{
	const struct abuse_verdict *v = &a->verdict;
	char cure[800];
	if (v->spike < ABUSE_WARN)
		return;
	(void)snprintf(cure, sizeof(cure),
	    tr("If nobody meant to send that, stop who does, as named under "
	       "sources. "
	       "Until it is clear, outbound.via = \"hold\" "
	       "and a reload keep all outgoing mail in the queue; \"kurir "
	       "check relay %s\" shows whether strangers may send through this "
	       "server."),
	    a->s->hostname);
	report_findingf(a->s->r, "abuse.traffic-spike", severity_of(v->spike),
	    cure,
	    tr("%llu recipients elsewhere in one of the last %u hours; at this "
	       "time of day %llu recipients are usual, and %llu recipients "
	       "were the most (%u days)"),
	    (ull)a->facts.all.peak, ABUSE_HOURS, (ull)v->usual.median,
	    (ull)v->usual.most, v->usual.days);
}

static void
tell_growth(struct self_abuse *a)
{
	const struct abuse_facts *f = &a->facts;
	if (a->verdict.growth < ABUSE_WARN)
		return;
	report_findingf(a->s->r, "abuse.queue-growth",
	    severity_of(a->verdict.growth),
	    tr("\"kurir queue list\" shows what waits and why; \"kurir queue "
	       "hold ID\" keeps back a message that nobody meant to send, "
	       "\"kurir queue delete ID\" removes it."),
	    tr("%llu recipients wait in the queue; in the last hour %llu "
	       "recipients came and %llu recipients were done with"),
	    (ull)f->waiting, (ull)f->added, (ull)f->finished);
}

static void
tell_bounces(struct self_abuse *a)
{
	const struct abuse_facts *f = &a->facts;
	if (a->verdict.bounces < ABUSE_WARN)
		return;
	report_findingf(a->s->r, "abuse.bounces",
	    severity_of(a->verdict.bounces),
	    tr("\"kurir log --verdict failed --since 3h\" shows the refusals. "
	       "Many of them mean a list of old addresses, or a stolen "
	       "password: stop who sends before others list this server."),
	    tr("Of %llu answers for recipients elsewhere in the last %u hours "
	       "%llu answers refused for good; %llu answers named a "
	       "blocklist, %llu answers a limit on what we send"),
	    (ull)f->tried, ABUSE_HOURS, (ull)f->refused, (ull)f->blocklisted,
	    (ull)f->rate_limited);
}

static void
tell_listed(struct self_abuse *a)
{
	char cure[600];
	for (size_t i = 0; i < a->listed_n; i++) {
		const struct self_listed *e = &a->listed[i];
		(void)snprintf(cure, sizeof(cure), "%s %s",
		    tr("Stop what it was listed for, then ask to be taken "
		       "off:"),
		    e->url[0] != '\0' ? e->url : e->zone);
		report_findingf(a->s->r, "abuse.listed", SEVERITY_BAD, cure,
		    tr("%s is listed in %s"), e->address, e->zone);
	}
}

/* ---- facts ---- */

struct figure {
	const char *key, *label;
	uint64_t n;
	bool known;
};

static void
tell_figures(struct self_abuse *a, struct report_node *in)
{
	const struct abuse_facts *f = &a->facts;
	const struct abuse_verdict *v = &a->verdict;
	const uint64_t arrived = a->queue.oldest_arrived_ms;
	const bool ledger = f->ledger_known, queue = f->queue_known;
	const bool days = ledger && v->usual.days > 0;
	const struct figure figures[] = {
	    {"recipients_hour", N_("Recipients elsewhere, busiest hour"),
		f->all.peak, ledger},
	    {"usual_hour", N_("Usual at this time of day"), v->usual.median,
		days},
	    {"most_hour", N_("The most at this time of day"), v->usual.most,
		days},
	    {"days", N_("Days known"), v->usual.days, ledger},
	    {"tried", N_("Answers for recipients elsewhere"), f->tried, ledger},
	    {"refused", N_("Refused for good"), f->refused, ledger},
	    {"blocklisted", N_("Because of a blocklist"), f->blocklisted,
		ledger},
	    {"rate_limited", N_("Because of a limit on what we send"),
		f->rate_limited, ledger},
	    {"waiting", N_("Recipients in the queue"), f->waiting, queue},
	    {"oldest_s", N_("Age of the oldest message, in seconds"),
		arrived < a->now_ms ? (a->now_ms - arrived) / 1000 : 0,
		queue && arrived != 0},
	    {"added_hour", N_("Recipients that came in the last hour"),
		f->added, ledger},
	    {"finished_hour", N_("Recipients done with in the last hour"),
		f->finished, ledger},
	    {"lists_answered", N_("Lists that answered"), a->lists_answered,
		a->lists_asked},
	    {"listed", N_("Lists that list us"), a->listed_n, a->lists_asked},
	};
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		report_fact(a->s->r, in, figures[i].key, figures[i].label,
		    figures[i].known ? value_number(a->s->r, figures[i].n)
				     : value_null(),
		    REPORT_SCORE);
}

static void
tell_hours(struct self_abuse *a, struct report_node *in)
{
	static const struct report_column columns[] = {
	    {"hours_ago", N_("Hours ago")},
	    {"messages", N_("Messages elsewhere")},
	    {"recipients", N_("Recipients elsewhere")},
	    {"delivered", N_("Delivered")}, {"refused", N_("Refused for good")},
	    {"deferred", N_("Deferred")}};
	struct report *r = a->s->r;
	if (!a->facts.ledger_known)
		return;
	struct report_node *t =
	    report_table(r, in, "hours", N_("The last hours"), columns,
		sizeof(columns) / sizeof(*columns), REPORT_MATRIX);
	for (unsigned i = 0; i < a->load.hours; i++) {
		unsigned at = a->load.hours - 1 - i;
		const struct load_hour *h = &a->load.hour[at];
		const struct report_value v[] = {value_number(r, i),
		    value_number(r, h->messages),
		    value_number(r, h->recipients),
		    value_number(r, h->delivered), value_number(r, h->refused),
		    value_number(r, h->deferred)};
		report_row(r, t, v);
	}
}

static void
tell_sources(struct self_abuse *a, struct report_node *in)
{
	static const struct report_column columns[] = {{"kind", N_("Kind")},
	    {"name", N_("Name")}, {"ip", N_("Address")},
	    {"sender", N_("Last sender")}, {"messages", N_("Messages")},
	    {"recipients", N_("Recipients elsewhere")},
	    {"hour", N_("Busiest hour")}, {"usual_hour", N_("Usual")}};
	struct report *r = a->s->r;
	if (a->facts.source_n == 0)
		return;
	struct report_node *t =
	    report_table(r, in, "sources", N_("Who sends elsewhere"), columns,
		sizeof(columns) / sizeof(*columns), REPORT_MATRIX);
	for (size_t i = 0; i < a->facts.source_n; i++) {
		const struct load_source *s = &a->load.source[i];
		const struct abuse_series *x = &a->facts.source[i].series;
		struct abuse_usual u;
		struct who w = who_is(a->s, s);
		abuse_usual(x, a->facts.day_known, &u);
		const struct report_value v[] = {
		    value_text(slice_str(kind_name(w.kind))),
		    w.name.n > 0 ? value_text(w.name) : value_null(),
		    report_valuef(r, "%s", w.ip),
		    report_valuef(r, "%s", s->from),
		    value_number(r, s->messages), value_number(r, s->total),
		    value_number(r, x->peak),
		    u.days > 0 ? value_number(r, u.median) : value_null()};
		report_row(r, t, v);
	}
}

/* What could not be judged, and why; an empty text: all could. */
static void
tell_state(struct self_abuse *a, struct report_node *in)
{
	struct report *r = a->s->r;
	report_text(r, in, "ledger", N_("Ledger"),
	    a->no_ledger[0] != '\0' ? slice_str(a->no_ledger)
	    : !a->facts.ledger_known
		? slice_str(tr("not known: the clock is wrong"))
	    : a->facts.clock_back
		? slice_str(
		      tr("read, but it holds records of a later time: the "
			 "clock has gone back, and what is usual cannot "
			 "be told"))
	    : a->cut ? slice_str(tr("read in part: it is too large for the "
				    "time that there is"))
	    : a->verdict.usual.days < ABUSE_DAYS_MIN
		? slice_str(tr("read, but it does not go back far enough to "
			       "tell what is usual"))
		: slice_str(tr("read")));
	report_text(r, in, "queue", N_("Queue"),
	    a->no_queue[0] != '\0' ? slice_str(a->no_queue)
				   : slice_str(tr("read")));
	report_text(r, in, "lists", N_("Lists"),
	    !a->lists_asked
		? slice_str(tr("not asked: there is no DNS, or no address of "
			       "ours that others can reach"))
	    : !a->facts.lists_known
		? slice_str(tr("not known: too few of the lists answered"))
		: slice_str(tr("asked")));
}

void
self_abuse_tell_all(struct self_abuse *a)
{
	struct report *r = a->s->r;
	struct report_node *in = report_section(r, report_root(r), "abuse",
	    N_("Signs of abuse"), false, REPORT_SCORE);
	tell_state(a, in);
	/* These are others each time; --on-change passes them over. */
	struct report_node *figures = report_section(
	    r, in, "figures", N_("Figures"), false, REPORT_SCORE);
	tell_figures(a, figures);
	tell_hours(a, figures);
	tell_sources(a, figures);
	tell_one_source(a);
	tell_spike(a);
	tell_bounces(a);
	tell_growth(a);
	tell_listed(a);
}
