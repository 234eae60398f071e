#include "cmd/firewalld.h"

#include <expat.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE FIREWALLD_SERVICE
#define ZONE    FIREWALLD_ZONE
#define POLICY  FIREWALLD_POLICY
#define DIRECT  FIREWALLD_DIRECT
#define RULE    16u /* within a rule of a zone or a policy */

struct reader {
	XML_Parser parser;
	enum firewalld_kind kind;
	struct arena *mem;
	struct firewalld_file *file;
	struct firewalld_fault *fault;
	struct firewalld_item **tail;
	struct firewalld_item *rule; /* the one we are in */
	unsigned depth;
	unsigned rule_depth;
	enum err err;
};

struct element {
	const char *name;
	unsigned where;
	const char *needs, *may; /* attributes, a space behind each */
	void (*take)(struct reader *r, const char **attrs);
};

/* ---- small things ---- */

__attribute__((format(printf, 3, 4))) static void
stop(struct reader *r, enum err err, const char *fmt, ...)
{
	if (r->err != ERR_OK)
		return;
	r->err = err;
	r->fault->line = (unsigned)XML_GetCurrentLineNumber(r->parser);
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(r->fault->text, sizeof(r->fault->text), fmt, ap);
	va_end(ap);
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static const char *
get(const char **attrs, const char *name)
{
	for (; *attrs != NULL; attrs += 2)
		if (strcmp(attrs[0], name) == 0)
			return attrs[1];
	return NULL;
}

static struct firewalld_item *
add(struct reader *r, enum firewalld_what what)
{
	if (r->file->n == FIREWALLD_ITEMS_MAX) {
		stop(
		    r, ERR_LIMIT, "more than %d elements", FIREWALLD_ITEMS_MAX);
		return NULL;
	}
	struct firewalld_item *i = arena_alloc(r->mem, sizeof(*i));
	if (i == NULL) {
		stop(r, ERR_NOMEM, "out of memory");
		return NULL;
	}
	i->what = what;
	i->line = (unsigned)XML_GetCurrentLineNumber(r->parser);
	*r->tail = i;
	r->tail = &i->next;
	r->file->n++;
	return i;
}

static void
set_name(struct reader *r, struct firewalld_item *i, const char *name)
{
	struct slice s = slice_str(name);
	if (i == NULL)
		return;
	if (s.n > FIREWALLD_NAME_MAX) {
		stop(r, ERR_SYNTAX, "a name of more than %d octets",
		    FIREWALLD_NAME_MAX);
		return;
	}
	char *copy = arena_str(r->mem, s);
	if (copy == NULL)
		stop(r, ERR_NOMEM, "out of memory");
	else
		i->name = slice_of(copy, s.n);
}

/* firewalld goes on without a rule of that kind. */
static void
ignore_rule(struct reader *r)
{
	r->rule->ignored = true;
	r->rule->on = FIREWALLD_OTHER;
}

/* An item of its own, or what the rule is about. NULL: neither. */
static struct firewalld_item *
item_or_rule(struct reader *r, enum firewalld_what what)
{
	if (r->rule == NULL)
		return add(r, what);
	if (r->rule->on != FIREWALLD_ANY) {
		ignore_rule(r);
		return NULL;
	}
	r->rule->on = what;
	return r->rule;
}

bool
firewalld_is_name(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '_' && s.p[i] != '-')
			return false;
	return s.n > 0 && s.n <= FIREWALLD_NAME_MAX;
}

/* ---- ports ---- */

enum port { PORT_GOOD, PORT_BY_NAME, PORT_BAD };

/* The names of /etc/services that stand in files about mail. */
static const struct {
	const char *name;
	uint16_t port;
} port_names[] = {{"domain", 53}, {"http", 80}, {"https", 443}, {"imap", 143},
    {"imap2", 143}, {"imaps", 993}, {"mail", 25}, {"pop-3", 110}, {"pop3", 110},
    {"pop3s", 995}, {"sieve", 4190}, {"smtp", 25}, {"smtps", 465}, {"ssh", 22},
    {"ssmtp", 465}, {"submission", 587}, {"submissions", 465}, {"urd", 465},
    {"www", 80}};

static enum port
port_one(struct slice s, uint16_t *out)
{
	uint64_t v;
	s = slice_trim(s);
	if (slice_u64(s, &v)) {
		if (v > UINT16_MAX)
			return PORT_BAD;
		*out = (uint16_t)v;
		return PORT_GOOD;
	}
	for (size_t i = 0; i < sizeof(port_names) / sizeof(*port_names); i++)
		if (slice_eq(s, slice_str(port_names[i].name))) {
			*out = port_names[i].port;
			return PORT_GOOD;
		}
	if (s.n == 0 || !ascii_is_alpha(s.p[0]))
		return PORT_BAD;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && strchr("-_.+*", s.p[i]) == NULL)
			return PORT_BAD;
	return PORT_BY_NAME;
}

/* "25", "smtp", "1000-2000", in either order. A name that is not known has no
 * numbers. */
static enum port
port_range(struct slice s, uint16_t *first, uint16_t *last)
{
	uint16_t a = 0, b = 0;
	size_t dash = slice_find(s, '-');
	enum port p = port_one(s, &a);
	*first = *last = a;
	if (p == PORT_GOOD || dash == s.n ||
	    port_one(slice_to(s, dash), &a) != PORT_GOOD ||
	    port_one(slice_from(s, dash + 1), &b) != PORT_GOOD)
		return p;
	*first = a < b ? a : b;
	*last = a < b ? b : a;
	return PORT_GOOD;
}

/* The port of an element and whether it is one of TCP's. false: neither TCP
 * nor a fault. */
static bool
take_range(struct reader *r, const char **attrs, bool *out_named,
    uint16_t *first, uint16_t *last)
{
	static const char *const others[] = {"udp", "sctp", "dccp"};
	const char *port = get(attrs, "port");
	const char *protocol = get(attrs, "protocol");
	bool tcp = strcmp(protocol, "tcp") == 0, other = false;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		other = other || strcmp(protocol, others[i]) == 0;
	if (!tcp && !other)
		stop(r, ERR_SYNTAX,
		    "\"%.40s\" is none of the protocols tcp, udp, sctp, dccp",
		    protocol);
	enum port p = port_range(slice_str(port), first, last);
	if (p == PORT_BAD)
		stop(r, ERR_SYNTAX, "\"%.40s\" is no port and no range of them",
		    port);
	*out_named = p == PORT_BY_NAME;
	return tcp && r->err == ERR_OK;
}

static void
take_ports(struct reader *r, const char **attrs, enum firewalld_what what)
{
	uint16_t first = 0, last = 0;
	bool named;
	if (!take_range(r, attrs, &named, &first, &last)) {
		if (r->rule != NULL)
			(void)item_or_rule(r, FIREWALLD_OTHER);
		return;
	}
	struct firewalld_item *i =
	    item_or_rule(r, named ? FIREWALLD_PORT_NAME : what);
	if (i == NULL)
		return;
	i->first = first;
	i->last = last;
	if (named)
		set_name(r, i, get(attrs, "port"));
}

/* ---- what the elements mean ---- */

static void
take_nothing(struct reader *r, const char **attrs)
{
	(void)r;
	(void)attrs;
}

static void
take_protocol(struct reader *r, const char **attrs)
{
	const char *v = get(attrs, "value");
	bool tcp = strcmp(v, "tcp") == 0 || strcmp(v, "6") == 0;
	if (*v == '\0')
		stop(r, ERR_SYNTAX, "a protocol without a name");
	else if (tcp || r->rule != NULL)
		(void)item_or_rule(r, tcp ? FIREWALLD_TCP : FIREWALLD_OTHER);
}

/* In a service an empty port means the protocol alone. */
static void
take_port(struct reader *r, const char **attrs)
{
	const char *value[] = {"value", get(attrs, "protocol"), NULL};
	if (r->kind == FIREWALLD_SERVICE && *get(attrs, "port") == '\0')
		take_protocol(r, value);
	else
		take_ports(r, attrs, FIREWALLD_PORT);
}

static void
take_source_port(struct reader *r, const char **attrs)
{
	take_ports(r, attrs, FIREWALLD_SOURCE_PORT);
}

static void
take_forward_port(struct reader *r, const char **attrs)
{
	const char *to_port = get(attrs, "to-port");
	const char *to_addr = get(attrs, "to-addr");
	uint16_t first = 0, last = 0;
	if (to_port != NULL && *to_port != '\0' &&
	    port_range(slice_str(to_port), &first, &last) != PORT_GOOD)
		stop(r, ERR_SYNTAX, "\"%.40s\" is no port to forward to",
		    to_port);
	struct firewalld_item **at = r->tail;
	take_ports(r, attrs, FIREWALLD_FORWARD_PORT);
	if (*at == NULL || r->err != ERR_OK)
		return;
	(*at)->to_first = first;
	(*at)->to_last = last;
	if (to_addr != NULL && *to_addr != '\0')
		set_name(r, *at, to_addr);
}

static void
take_use(struct reader *r, const char **attrs)
{
	const char *name = get(attrs, "name");
	if (name == NULL)
		name = get(attrs, "service"); /* of an include */
	if (!firewalld_is_name(slice_str(name))) {
		stop(r, ERR_SYNTAX, "\"%.60s\" cannot be the name of a service",
		    name);
		return;
	}
	if (r->kind == FIREWALLD_ZONE && r->rule == NULL)
		r->file->use_at = (size_t)XML_GetCurrentByteIndex(r->parser);
	set_name(r, item_or_rule(r, FIREWALLD_USE), name);
}

static void
take_destination(struct reader *r, const char **attrs)
{
	(void)attrs;
	if (r->rule != NULL)
		r->rule->restricted = true;
	else
		(void)add(r, FIREWALLD_DESTINATION);
}

static void
take_source(struct reader *r, const char **attrs)
{
	static const char *const kinds[] = {"address", "mac", "ipset"};
	const char *v = NULL;
	for (size_t i = 0; v == NULL && i < 3; i++)
		v = get(attrs, kinds[i]);
	if (r->rule != NULL)
		r->rule->restricted = true;
	else if (v != NULL)
		set_name(r, add(r, FIREWALLD_SOURCE), v);
}

static void
take_interface(struct reader *r, const char **attrs)
{
	set_name(r, add(r, FIREWALLD_INTERFACE), get(attrs, "name"));
}

static void
take_strange(struct reader *r, const char *name)
{
	struct firewalld_item *i = add(r, FIREWALLD_STRANGE);
	set_name(r, i, strlen(name) <= FIREWALLD_NAME_MAX ? name : "");
}

static void
take_target(struct reader *r, const char **attrs)
{
	static const struct {
		const char *name;
		unsigned where;
		enum firewalld_target target;
	} targets[] = {
	    {"", ZONE, FIREWALLD_TARGET_DEFAULT},
	    {"default", ZONE, FIREWALLD_TARGET_DEFAULT},
	    {"CONTINUE", POLICY, FIREWALLD_TARGET_DEFAULT},
	    {"ACCEPT", ZONE | POLICY, FIREWALLD_TARGET_ACCEPT},
	    {"DROP", ZONE | POLICY, FIREWALLD_TARGET_REFUSE},
	    {"REJECT", POLICY, FIREWALLD_TARGET_REFUSE},
	    {"%%REJECT%%", ZONE, FIREWALLD_TARGET_REFUSE},
	};
	const char *v = get(attrs, "target");
	for (size_t i = 0; v != NULL && i < sizeof(targets) / sizeof(*targets);
	     i++)
		if ((targets[i].where & r->kind) != 0 &&
		    strcmp(targets[i].name, v) == 0) {
			r->file->target = targets[i].target;
			return;
		}
	if (v != NULL)
		stop(r, ERR_SYNTAX, "\"%.40s\" is no target", v);
}

static void
take_egress(struct reader *r, const char **attrs)
{
	if (strcmp(get(attrs, "name"), "HOST") == 0)
		r->file->to_host = true;
}

/* ---- rules ---- */

static void
take_rule(struct reader *r, const char **attrs)
{
	struct firewalld_item *i = add(r, FIREWALLD_RULE);
	const char *priority = get(attrs, "priority");
	if (i == NULL)
		return;
	i->on = FIREWALLD_ANY;
	if (r->kind == FIREWALLD_DIRECT)
		return;
	i->restricted = get(attrs, "family") != NULL;
	i->late = priority != NULL && strtol(priority, NULL, 10) > 0;
	r->rule = i;
	r->rule_depth = r->depth;
}

static void
take_action(struct reader *r, enum firewalld_action a)
{
	if (r->rule->action != FIREWALLD_NONE)
		ignore_rule(r);
	r->rule->action = a;
}

static void
take_accept(struct reader *r, const char **attrs)
{
	(void)attrs;
	take_action(r, FIREWALLD_ACCEPT);
}

static void
take_deny(struct reader *r, const char **attrs)
{
	(void)attrs;
	take_action(r, FIREWALLD_DENY);
}

static void
take_limit(struct reader *r, const char **attrs)
{
	(void)attrs;
	r->rule->restricted = true;
}

/* A rule about what has nothing to do with a TCP port. */
static void
take_other(struct reader *r, const char **attrs)
{
	(void)attrs;
	if (r->rule != NULL)
		(void)item_or_rule(r, FIREWALLD_OTHER);
}

#define BOTH (ZONE | POLICY)

static const struct element elements[] = {
    {"short", SERVICE | BOTH, "", "", take_nothing},
    {"description", SERVICE | BOTH, "", "", take_nothing},
    {"port", SERVICE | BOTH | RULE, "port protocol ", "", take_port},
    {"protocol", SERVICE | BOTH | RULE, "value ", "", take_protocol},
    {"source-port", SERVICE | BOTH | RULE, "port protocol ", "",
	take_source_port},
    {"module", SERVICE, "name ", "", take_nothing},
    {"helper", SERVICE, "name ", "", take_nothing},
    {"include", SERVICE, "service ", "", take_use},
    {"destination", SERVICE, "", "ipv4 ipv6 ", take_destination},
    {"destination", RULE, "", "address ipset invert ", take_destination},
    {"service", BOTH | RULE, "name ", "", take_use},
    {"interface", ZONE, "name ", "", take_interface},
    {"source", ZONE, "", "address mac ipset family ", take_source},
    {"source", RULE, "", "address mac ipset invert family ", take_source},
    {"forward", ZONE, "", "", take_nothing},
    {"icmp-block", BOTH | RULE, "name ", "", take_other},
    {"icmp-type", RULE, "name ", "", take_other},
    {"icmp-block-inversion", ZONE, "", "", take_nothing},
    {"masquerade", BOTH | RULE, "", "enabled ", take_other},
    {"forward-port", BOTH | RULE, "port protocol ", "to-port to-addr ",
	take_forward_port},
    {"tcp-mss-clamp", RULE, "", "value ", take_other},
    {"ingress-zone", POLICY, "name ", "", take_nothing},
    {"egress-zone", POLICY, "name ", "", take_egress},
    {"rule", BOTH, "", "family priority ", take_rule},
    {"rule", DIRECT, "", "ipv table chain priority ", take_rule},
    {"passthrough", DIRECT, "", "ipv ", take_rule},
    {"chain", DIRECT, "", "ipv table chain ", take_nothing},
    {"log", RULE, "", "prefix level ", take_nothing},
    {"nflog", RULE, "", "group prefix queue-size ", take_nothing},
    {"audit", RULE, "", "", take_nothing},
    {"accept", RULE, "", "", take_accept},
    {"reject", RULE, "", "type ", take_deny},
    {"drop", RULE, "", "", take_deny},
    {"mark", RULE, "set ", "", take_nothing},
    {"limit", RULE, "value ", "burst ", take_limit},
};

static const struct element roots[] = {
    {"service", SERVICE, "", "name version ", take_nothing},
    {"zone", ZONE, "", "name immutable target version ", take_target},
    {"policy", POLICY, "", "version target priority ", take_target},
    {"direct", DIRECT, "", "", take_nothing},
};

/* ---- the walk ---- */

static const struct element *
find(const struct element *e, size_t n, const char *name, unsigned where)
{
	for (size_t i = 0; i < n; i++)
		if ((e[i].where & where) != 0 && strcmp(e[i].name, name) == 0)
			return &e[i];
	return NULL;
}

/* Does the list, a space behind each, hold the name? */
static bool
lists(const char *list, const char *name)
{
	size_t n = strlen(name);
	while (*list != '\0') {
		size_t word = strcspn(list, " ");
		if (word == n && memcmp(list, name, n) == 0)
			return true;
		list += word + 1;
	}
	return false;
}

static bool
attributes_fit(struct reader *r, const struct element *e, const char **attrs)
{
	char name[32];
	for (const char *w = e->needs; *w != '\0'; w = strchr(w, ' ') + 1) {
		(void)snprintf(
		    name, sizeof(name), "%.*s", (int)strcspn(w, " "), w);
		if (get(attrs, name) != NULL)
			continue;
		stop(r, ERR_SYNTAX, "<%s> without its %s", e->name, name);
		return false;
	}
	for (const char **a = attrs; *a != NULL; a += 2)
		if (!lists(e->needs, a[0]) && !lists(e->may, a[0]))
			take_strange(r, a[0]);
	return r->err == ERR_OK;
}

static void
on_root(struct reader *r, const char *name, const char **attrs)
{
	const struct element *e = find(
	    roots, sizeof(roots) / sizeof(*roots), name, (unsigned)r->kind);
	r->file->root_at = (size_t)XML_GetCurrentByteIndex(r->parser);
	r->file->root_n = (size_t)XML_GetCurrentByteCount(r->parser);
	if (e == NULL)
		stop(r, ERR_SYNTAX,
		    "<%.40s> is not what such a file begins with", name);
	else if (attributes_fit(r, e, attrs))
		e->take(r, attrs);
}

static void XMLCALL
on_start(void *arg, const char *name, const char **attrs)
{
	struct reader *r = arg;
	if (r->err != ERR_OK)
		return;
	if (++r->depth > FIREWALLD_DEPTH_MAX) {
		stop(r, ERR_LIMIT, "elements in elements, more than %d deep",
		    FIREWALLD_DEPTH_MAX);
		return;
	}
	if (r->depth == 1) {
		on_root(r, name, attrs);
		return;
	}
	const struct element *e =
	    find(elements, sizeof(elements) / sizeof(*elements), name,
		r->rule != NULL ? RULE : (unsigned)r->kind);
	/* Actions of a rule hold limits, nothing else holds anything. */
	bool nested = r->depth > 2 + (r->rule != NULL ? 1 : 0) &&
		      (e == NULL || e->take != take_limit);
	if (e == NULL || nested)
		take_strange(r, name);
	else if (attributes_fit(r, e, attrs))
		e->take(r, attrs);
}

static void XMLCALL
on_end(void *arg, const char *name)
{
	struct reader *r = arg;
	(void)name;
	if (r->err != ERR_OK)
		return;
	if (r->rule != NULL && r->depth == r->rule_depth)
		r->rule = NULL;
	if (--r->depth == 0)
		r->file->end_at = (size_t)XML_GetCurrentByteIndex(r->parser);
}

static void XMLCALL
on_doctype(void *arg, const char *name, const char *system, const char *public,
    int subset)
{
	(void)name;
	(void)system;
	(void)public;
	(void)subset;
	stop(arg, ERR_SYNTAX, "a document type declaration, which is not read");
}

enum err
firewalld_read(enum firewalld_kind kind, struct slice text, struct arena *mem,
    struct firewalld_file *out, struct firewalld_fault *fault)
{
	struct firewalld_file file = {NULL};
	struct reader r = {.kind = kind,
	    .mem = mem,
	    .file = &file,
	    .fault = fault,
	    .tail = &file.items};
	*fault = (struct firewalld_fault){.line = 1};
	if (text.n > FIREWALLD_TEXT_MAX) {
		(void)snprintf(fault->text, sizeof(fault->text),
		    "more than %u octets", FIREWALLD_TEXT_MAX);
		return ERR_LIMIT;
	}
	r.parser = XML_ParserCreate(NULL);
	if (r.parser == NULL)
		return ERR_NOMEM;
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	enum XML_Status s = XML_Parse(
	    r.parser, text.n > 0 ? (const char *)text.p : "", (int)text.n, 1);
	if (s != XML_STATUS_OK && r.err == ERR_OK)
		stop(&r, ERR_SYNTAX, "%s",
		    XML_ErrorString(XML_GetErrorCode(r.parser)));
	XML_ParserFree(r.parser);
	if (r.err == ERR_OK)
		*out = file;
	return r.err;
}
