/* firewall_judge.c - what firewalld's files say of a port. Pure. */
#include "cmd/firewall.h"

#include <stdarg.h>
#include <string.h>

#define INCLUDES_MAX 8 /* services within services */

/* What a service does for a port. */
enum opens { NO, YES, SOME /* of the addresses */, MAYBE };

/* Where something was said. */
struct mark {
	const struct firewall_file *file;
	const struct firewalld_item *item;
};

enum said {
	OPENS,
	OPENS_SOME,
	OPENS_MAYBE,
	NO_SERVICE,
	SENT_ON,
	COMES_AS,
	RULE_OPENS,
	RULE_SOME,
	RULE_CLOSES,
	RULE_MAY_CLOSE,
	RULE_LATE, /* refuses what the zone's lines let through */
	NOT_KNOWN,
	ACCEPTS_ALL,
	SAID
};

struct look {
	const struct firewall_set *set;
	uint16_t port;
	struct mark said[SAID];
	const struct firewall_file *broken;
	bool seen; /* the zone has a file */
};

static bool
includes(const struct firewalld_item *i, uint16_t port)
{
	return i->first <= port && port <= i->last;
}

/* ---- files by name ---- */

const struct firewall_file *
firewall_find(const struct firewall_file *list, struct slice name)
{
	for (; list != NULL; list = list->next)
		if (list->group.n == 0 && slice_eq(list->name, name))
			return list;
	return NULL;
}

bool
firewall_is_zone(const struct firewall_file *f, struct slice zone)
{
	return slice_eq(f->group.n > 0 ? f->group : f->name, zone);
}

/* ---- services ---- */

static enum opens service_opens(const struct firewall_set *set,
    struct slice name, uint16_t port, unsigned depth);

static enum opens
more(enum opens a, enum opens b)
{
	if (a == YES || b == YES)
		return YES;
	return a > b ? a : b;
}

static enum opens
file_opens(const struct firewall_set *set, const struct firewall_file *f,
    uint16_t port, unsigned depth)
{
	enum opens o = NO;
	bool one_address = false, strange = false;
	if (f->broken)
		return MAYBE;
	for (const struct firewalld_item *i = f->what.items; i != NULL;
	     i = i->next) {
		if (i->what == FIREWALLD_TCP ||
		    (i->what == FIREWALLD_PORT && includes(i, port)))
			o = YES;
		else if (i->what == FIREWALLD_PORT_NAME)
			o = more(o, MAYBE);
		else if (i->what == FIREWALLD_USE)
			o = more(
			    o, service_opens(set, i->name, port, depth + 1));
		one_address = one_address || i->what == FIREWALLD_DESTINATION;
		strange = strange || i->what == FIREWALLD_STRANGE;
	}
	if (strange)
		return MAYBE;
	return o == YES && one_address ? SOME : o;
}

static enum opens
service_opens(const struct firewall_set *set, struct slice name, uint16_t port,
    unsigned depth)
{
	const struct firewall_file *f = firewall_find(set->services, name);
	if (f == NULL)
		return NO;
	return depth > INCLUDES_MAX ? MAYBE : file_opens(set, f, port, depth);
}

bool
firewall_same_service(
    const struct firewall_file *service, const uint16_t *ports, size_t n)
{
	bool seen[FIREWALL_PORTS_MAX] = {false};
	size_t found = 0;
	if (service == NULL || service->broken || n > FIREWALL_PORTS_MAX)
		return false;
	for (const struct firewalld_item *i = service->what.items; i != NULL;
	     i = i->next) {
		size_t k = 0;
		while (k < n && ports[k] != i->first)
			k++;
		if (i->what != FIREWALLD_PORT || i->first != i->last || k == n)
			return false;
		found += seen[k] ? 0 : 1;
		seen[k] = true;
	}
	return found == n;
}

const struct firewall_file *
firewall_service_for(const struct firewall_set *set, uint16_t port)
{
	const struct firewall_file *best = NULL;
	for (const struct firewall_file *f = set->services; f != NULL;
	     f = f->next)
		if (!slice_eq(f->name, SLICE(FIREWALL_SERVICE)) &&
		    firewall_same_service(f, &port, 1) &&
		    (best == NULL || (f->system && !best->system)))
			best = f;
	return best;
}

/* ---- rules ---- */

/* Can a rule about that thing concern the port? */
static bool
concerns(const struct look *l, const struct firewalld_item *rule)
{
	switch (rule->on) {
	case FIREWALLD_ANY:
	case FIREWALLD_TCP:
	case FIREWALLD_PORT_NAME:
	case FIREWALLD_SOURCE_PORT:
	case FIREWALLD_STRANGE:
		return true;
	case FIREWALLD_PORT:
	case FIREWALLD_FORWARD_PORT:
		return includes(rule, l->port);
	case FIREWALLD_USE:
		return firewall_find(l->set->services, rule->name) == NULL ||
		       service_opens(l->set, rule->name, l->port, 0) != NO;
	case FIREWALLD_OTHER:
	case FIREWALLD_INTERFACE:
	case FIREWALLD_SOURCE:
	case FIREWALLD_DESTINATION:
	case FIREWALLD_RULE:
		break;
	}
	return false;
}

/* Is it about the port as a whole, for everybody? */
static bool
decides(const struct look *l, const struct firewalld_item *rule)
{
	if (rule->restricted)
		return false;
	return rule->on == FIREWALLD_ANY || rule->on == FIREWALLD_TCP ||
	       rule->on == FIREWALLD_PORT ||
	       (rule->on == FIREWALLD_USE &&
		   service_opens(l->set, rule->name, l->port, 0) == YES);
}

static void
look_at_rule(struct look *l, const struct mark *m)
{
	const struct firewalld_item *r = m->item;
	if (!concerns(l, r))
		return;
	bool sent_on = r->on == FIREWALLD_FORWARD_PORT;
	if (r->action == FIREWALLD_DENY && r->late)
		l->said[RULE_LATE] = *m;
	else if (r->action == FIREWALLD_DENY && decides(l, r))
		l->said[RULE_CLOSES] = *m;
	else if (r->action == FIREWALLD_DENY || sent_on)
		l->said[RULE_MAY_CLOSE] = *m;
	else if (r->action == FIREWALLD_ACCEPT && decides(l, r))
		l->said[RULE_OPENS] = *m;
	else if (r->action == FIREWALLD_ACCEPT)
		l->said[RULE_SOME] = *m;
}

/* ---- the lines of a zone ---- */

static void
look_at_service(struct look *l, const struct mark *m)
{
	const struct firewall_file *f =
	    firewall_find(l->set->services, m->item->name);
	if (f == NULL) {
		l->said[NO_SERVICE] = *m;
		return;
	}
	switch (service_opens(l->set, m->item->name, l->port, 0)) {
	case YES:
		l->said[OPENS] =
		    l->said[OPENS].item == NULL ? *m : l->said[OPENS];
		break;
	case SOME:
		l->said[OPENS_SOME] = *m;
		break;
	case MAYBE:
		l->said[OPENS_MAYBE] = *m;
		break;
	case NO:
		break;
	}
}

static void
look_at_forward(struct look *l, const struct mark *m)
{
	const struct firewalld_item *i = m->item;
	bool elsewhere = i->name.n > 0;
	bool same = !elsewhere &&
		    (i->to_first == 0 ||
			(i->to_first <= l->port && l->port <= i->to_last));
	if (includes(i, l->port) && !same)
		l->said[SENT_ON] = *m;
	else if (!includes(i, l->port) && !elsewhere && i->to_first > 0 &&
		 i->to_first <= l->port && l->port <= i->to_last)
		l->said[COMES_AS] = *m;
}

static void
look_at(struct look *l, const struct mark *m)
{
	switch (m->item->what) {
	case FIREWALLD_PORT:
		if (includes(m->item, l->port) && l->said[OPENS].item == NULL)
			l->said[OPENS] = *m;
		break;
	case FIREWALLD_TCP:
		if (l->said[OPENS].item == NULL)
			l->said[OPENS] = *m;
		break;
	case FIREWALLD_PORT_NAME:
		l->said[OPENS_MAYBE] = *m;
		break;
	case FIREWALLD_USE:
		look_at_service(l, m);
		break;
	case FIREWALLD_FORWARD_PORT:
		look_at_forward(l, m);
		break;
	case FIREWALLD_RULE:
		look_at_rule(l, m);
		break;
	case FIREWALLD_STRANGE:
		l->said[NOT_KNOWN] = *m;
		break;
	case FIREWALLD_SOURCE_PORT: /* lets in whoever chooses it */
	case FIREWALLD_OTHER:
	case FIREWALLD_ANY:
	case FIREWALLD_INTERFACE:
	case FIREWALLD_SOURCE:
	case FIREWALLD_DESTINATION:
		break;
	}
}

static void
look_at_file(struct look *l, const struct firewall_file *f)
{
	l->seen = true;
	if (f->broken) {
		l->broken = f;
		return;
	}
	if (f->what.target == FIREWALLD_TARGET_ACCEPT)
		l->said[ACCEPTS_ALL].file = f;
	for (const struct firewalld_item *i = f->what.items; i != NULL;
	     i = i->next)
		look_at(l, &(struct mark){f, i});
}

/* ---- the verdict ---- */

__attribute__((format(printf, 4, 5))) static void
say(struct firewall_verdict *v, enum firewall_state state, const struct mark *m,
    const char *fmt, ...)
{
	v->state = state;
	v->file = m != NULL ? m->file : NULL;
	v->line = m != NULL && m->item != NULL ? m->item->line : 1;
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(v->by, sizeof(v->by), fmt, ap);
	va_end(ap);
}

static void
say_open(struct firewall_verdict *v, const struct mark *m)
{
	const struct firewalld_item *i = m->item;
	if (i->what == FIREWALLD_USE)
		say(v, FIREWALL_OPEN, m, "service %.*s", SLICE_ARG(i->name));
	else if (i->what == FIREWALLD_TCP)
		say(v, FIREWALL_OPEN, m, "all of TCP is let in");
	else if (i->first == i->last)
		say(v, FIREWALL_OPEN, m, "port %u/tcp", i->first);
	else
		say(v, FIREWALL_OPEN, m, "ports %u-%u/tcp", i->first, i->last);
}

/* What stands before the zone's own lines. */
static bool
judge_rules(const struct look *l, struct firewall_verdict *v)
{
	if (l->broken != NULL)
		say(v, FIREWALL_UNKNOWN, &(struct mark){l->broken, NULL},
		    "the zone's file is broken");
	else if (l->said[SENT_ON].item != NULL &&
		 l->said[SENT_ON].item->name.n > 0)
		say(v, FIREWALL_CLOSED, &l->said[SENT_ON],
		    "a forward-port sends it on to %.*s",
		    SLICE_ARG(l->said[SENT_ON].item->name));
	else if (l->said[SENT_ON].item != NULL)
		say(v, FIREWALL_CLOSED, &l->said[SENT_ON],
		    "a forward-port sends it on to port %u",
		    l->said[SENT_ON].item->to_first);
	else if (l->said[NOT_KNOWN].item != NULL)
		say(v, FIREWALL_UNKNOWN, &l->said[NOT_KNOWN],
		    "\"%.*s\" stands there, which is not known",
		    SLICE_ARG(l->said[NOT_KNOWN].item->name));
	else if (l->said[RULE_CLOSES].item != NULL &&
		 l->said[RULE_OPENS].item == NULL &&
		 l->said[RULE_SOME].item == NULL &&
		 l->said[RULE_MAY_CLOSE].item == NULL)
		say(v, FIREWALL_CLOSED, &l->said[RULE_CLOSES],
		    "a rich rule refuses it");
	else if (l->said[RULE_CLOSES].item != NULL)
		say(v, FIREWALL_UNKNOWN, &l->said[RULE_CLOSES],
		    "rich rules refuse and accept it");
	else if (l->said[RULE_MAY_CLOSE].item != NULL)
		say(v, FIREWALL_UNKNOWN, &l->said[RULE_MAY_CLOSE],
		    "a rich rule may refuse it");
	else
		return false;
	return true;
}

static void
judge_lines(const struct look *l, struct firewall_verdict *v)
{
	if (l->said[OPENS].item != NULL)
		say_open(v, &l->said[OPENS]);
	else if (l->said[RULE_LATE].item != NULL)
		say(v, FIREWALL_UNKNOWN, &l->said[RULE_LATE],
		    "no line opens it, and a rich rule may refuse it");
	else if (l->said[RULE_OPENS].item != NULL)
		say(v, FIREWALL_OPEN, &l->said[RULE_OPENS],
		    "a rich rule accepts it");
	else if (l->said[COMES_AS].item != NULL)
		say(v, FIREWALL_OPEN, &l->said[COMES_AS],
		    "a forward-port brings port %u here",
		    l->said[COMES_AS].item->first);
	else if (l->said[ACCEPTS_ALL].file != NULL)
		say(v, FIREWALL_OPEN, &l->said[ACCEPTS_ALL],
		    "the zone's target ACCEPT");
	else if (l->said[OPENS_SOME].item != NULL)
		say(v, FIREWALL_UNKNOWN, &l->said[OPENS_SOME],
		    "service %.*s opens it for one address alone",
		    SLICE_ARG(l->said[OPENS_SOME].item->name));
	else if (l->said[RULE_SOME].item != NULL)
		say(v, FIREWALL_UNKNOWN, &l->said[RULE_SOME],
		    "a rich rule accepts it from some, or some of it");
	else if (l->said[OPENS_MAYBE].item != NULL)
		say(v, FIREWALL_UNKNOWN, &l->said[OPENS_MAYBE],
		    "%s %.*s may open it and cannot be read",
		    l->said[OPENS_MAYBE].item->what == FIREWALLD_USE ? "service"
								     : "port",
		    SLICE_ARG(l->said[OPENS_MAYBE].item->name));
	else if (l->said[NO_SERVICE].item != NULL)
		say(v, FIREWALL_CLOSED, &l->said[NO_SERVICE],
		    "nothing opens it; service %.*s does not exist",
		    SLICE_ARG(l->said[NO_SERVICE].item->name));
	else
		say(v, FIREWALL_CLOSED, NULL, "nothing opens it");
}

/* Does a policy say anything about the port? */
static bool
touches(const struct firewall_set *set, const struct firewall_file *policy,
    uint16_t port)
{
	struct look l = {.set = set, .port = port};
	if (policy->what.target != FIREWALLD_TARGET_DEFAULT)
		return true;
	look_at_file(&l, policy);
	for (size_t i = 0; i < SAID; i++)
		if (l.said[i].file != NULL)
			return true;
	return false;
}

/* Policies to this machine and direct rules stand beside the zones. */
static void
judge_others(const struct look *l, struct firewall_verdict *v)
{
	const struct firewall_file *d = l->set->direct;
	for (const struct firewall_file *f = l->set->policies; f != NULL;
	     f = f->next)
		if (f->broken ||
		    (f->what.to_host && touches(l->set, f, l->port)))
			say(v, FIREWALL_UNKNOWN, &(struct mark){f, NULL},
			    "a policy may decide about it");
	if (d != NULL && (d->broken || d->what.n > 0))
		say(v, FIREWALL_UNKNOWN, &(struct mark){d, d->what.items},
		    "direct rules may decide about it");
}

/* ---- one file that spoils them all ---- */

bool
firewall_misses(const struct firewall_set *set, const struct firewalld_item *i)
{
	return i->what == FIREWALLD_USE &&
	       firewall_find(set->services, i->name) == NULL;
}

static bool
spoils(struct firewall_set *set, const struct firewall_file *f)
{
	if (!f->system)
		return false;
	set->spoiler = f;
	set->spoiler_line = f->fault.line;
	if (f->broken)
		return true;
	for (const struct firewalld_item *i = f->what.items; i != NULL;
	     i = i->next) {
		set->spoiler_line = i->line;
		if (i->what == FIREWALLD_STRANGE || firewall_misses(set, i))
			return true;
	}
	set->spoiler = NULL;
	return false;
}

void
firewall_find_spoiler(struct firewall_set *set)
{
	const struct firewall_file *const lists[] = {
	    set->services, set->zones, set->policies, set->direct};
	set->spoiler = NULL;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct firewall_file *f = lists[i]; f != NULL;
		     f = f->next)
			if (spoils(set, f))
				return;
}

void
firewall_judge(const struct firewall_set *set, struct slice zone, uint16_t port,
    struct firewall_verdict *out)
{
	struct look l = {.set = set, .port = port};
	*out = (struct firewall_verdict){.state = FIREWALL_UNKNOWN};
	for (const struct firewall_file *f = set->zones; f != NULL; f = f->next)
		if (firewall_is_zone(f, zone))
			look_at_file(&l, f);
	if (!l.seen) {
		say(out, FIREWALL_UNKNOWN, NULL, "there is no such zone");
		return;
	}
	if (!judge_rules(&l, out))
		judge_lines(&l, out);
	judge_others(&l, out);
	if (out->state == FIREWALL_OPEN && set->spoiler != NULL) {
		say(out, FIREWALL_UNKNOWN, &(struct mark){set->spoiler, NULL},
		    "firewalld may leave out all of its /etc for a file that "
		    "it does not take");
		out->line = set->spoiler_line;
	}
}
