#include "cmd/firewall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILES_MAX 16

/* firewalld's files as they would lie there. */
struct world {
	struct firewall_set set;
	struct firewall_file files[FILES_MAX];
	size_t n;
};

static struct firewall_file *
put(struct world *w, struct firewall_file **list, enum firewalld_kind kind,
    const char *name, const char *xml)
{
	struct firewall_file *f = &w->files[w->n++];
	assert_true(w->n <= FILES_MAX);
	f->name = slice_str(name);
	f->path = name;
	f->broken = firewalld_read(kind, slice_str(xml), &w->set.mem, &f->what,
			&f->fault) != ERR_OK;
	f->next = *list;
	*list = f;
	return f;
}

static void
begin(struct world *w)
{
	static const struct {
		const char *name, *xml;
	} services[] = {
	    {"smtp", "<service><port port='25' protocol='tcp'/></service>"},
	    {"smtps", "<service><port port='465' protocol='tcp'/></service>"},
	    {"mail", "<service><include service='smtp'/>"
		     "<include service='smtps'/></service>"},
	    {"round", "<service><include service='round'/></service>"},
	    {"one", "<service><port port='25' protocol='tcp'/>"
		    "<destination ipv4='192.0.2.1'/></service>"},
	    {"odd", "<service><port port='amanda' protocol='tcp'/></service>"},
	    {"broken", "<service><port port='25'/></service>"},
	    {"udp", "<service><port port='25' protocol='udp'/></service>"},
	};
	*w = (struct world){.n = 0};
	arena_init(&w->set.mem, 8u << 20);
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		put(w, &w->set.services, FIREWALLD_SERVICE, services[i].name,
		    services[i].xml);
}

#define PORT  "<port port='25' protocol='tcp'/>"
#define SMTP  "<service name='smtp'/>"
#define DENY  "<rule><service name='smtp'/><reject/></rule>"
#define ALLOW "<rule><service name='smtp'/><accept/></rule>"

static void
test_zone(void **unused)
{
	(void)unused;
	static const struct {
		const char *inside;
		enum firewall_state want;
		const char *by;
		unsigned line; /* 0: nothing decided */
	} cases[] = {
	    {"", FIREWALL_CLOSED, "nothing opens it", 0},
	    {"\n" SMTP, FIREWALL_OPEN, "service smtp", 2},
	    {PORT, FIREWALL_OPEN, "port 25/tcp", 1},
	    {"<port port='1-100' protocol='tcp'/>", FIREWALL_OPEN,
		"ports 1-100/tcp", 1},
	    {"<port port='26-100' protocol='tcp'/>", FIREWALL_CLOSED,
		"nothing opens it", 0},
	    {"<port port='1-24' protocol='tcp'/>", FIREWALL_CLOSED,
		"nothing opens it", 0},
	    {"<port port='25' protocol='udp'/>", FIREWALL_CLOSED,
		"nothing opens it", 0},
	    {"<service name='udp'/>", FIREWALL_CLOSED, "nothing opens it", 0},
	    {"<protocol value='tcp'/>", FIREWALL_OPEN, "all of TCP is let in",
		1},
	    {"<source-port port='25' protocol='tcp'/>", FIREWALL_CLOSED,
		"nothing opens it", 0},
	    {"<service name='mail'/>", FIREWALL_OPEN, "service mail", 1},
	    {"<service name='round'/>", FIREWALL_UNKNOWN,
		"service round may open it and cannot be read", 1},
	    {"<service name='one'/>", FIREWALL_UNKNOWN,
		"service one opens it for one address alone", 1},
	    {"<service name='one'/>" PORT, FIREWALL_OPEN, "port 25/tcp", 1},
	    {"<service name='odd'/>", FIREWALL_UNKNOWN,
		"service odd may open it and cannot be read", 1},
	    {"<service name='broken'/>", FIREWALL_UNKNOWN,
		"service broken may open it and cannot be read", 1},
	    {"<service name='none'/>", FIREWALL_CLOSED,
		"nothing opens it; service none does not exist", 1},
	    {"<port port='amanda' protocol='tcp'/>", FIREWALL_UNKNOWN,
		"port amanda may open it and cannot be read", 1},
	    {PORT "\n<wicket/>", FIREWALL_UNKNOWN,
		"\"wicket\" stands there, which is not known", 2},
	    /* forwarding */
	    {PORT "<forward-port port='25' protocol='tcp' to-port='26'/>",
		FIREWALL_CLOSED, "a forward-port sends it on to port 26", 1},
	    {PORT "<forward-port port='25' protocol='tcp' to-port='25' "
		  "to-addr='192.0.2.9'/>",
		FIREWALL_CLOSED, "a forward-port sends it on to 192.0.2.9", 1},
	    {PORT "<forward-port port='25' protocol='tcp' to-port='25'/>",
		FIREWALL_OPEN, "port 25/tcp", 1},
	    {"<forward-port port='24' protocol='tcp' to-port='25'/>",
		FIREWALL_OPEN, "a forward-port brings port 24 here", 1},
	    {"<forward-port port='24' protocol='tcp' to-port='25' "
	     "to-addr='192.0.2.9'/>",
		FIREWALL_CLOSED, "nothing opens it", 0},
	    /* rules */
	    {ALLOW, FIREWALL_OPEN, "a rich rule accepts it", 1},
	    {"<rule><accept/></rule>", FIREWALL_OPEN, "a rich rule accepts it",
		1},
	    {SMTP DENY, FIREWALL_CLOSED, "a rich rule refuses it", 1},
	    {SMTP "<rule><reject/></rule>", FIREWALL_CLOSED,
		"a rich rule refuses it", 1},
	    {SMTP "<rule><service name='smtps'/><reject/></rule>",
		FIREWALL_OPEN, "service smtp", 1},
	    {SMTP DENY ALLOW, FIREWALL_UNKNOWN,
		"rich rules refuse and accept it", 1},
	    {SMTP "<rule><source address='192.0.2.1'/><drop/></rule>",
		FIREWALL_UNKNOWN, "a rich rule may refuse it", 1},
	    {SMTP "<rule family='ipv6'><drop/></rule>", FIREWALL_UNKNOWN,
		"a rich rule may refuse it", 1},
	    {SMTP "<rule><source-port port='1' protocol='tcp'/><drop/></rule>",
		FIREWALL_UNKNOWN, "a rich rule may refuse it", 1},
	    {SMTP "<rule><service name='none'/><drop/></rule>",
		FIREWALL_UNKNOWN, "a rich rule may refuse it", 1},
	    {SMTP "<rule><forward-port port='25' protocol='tcp' to-port='9'/>"
		  "</rule>",
		FIREWALL_UNKNOWN, "a rich rule may refuse it", 1},
	    {SMTP "<rule><icmp-block name='x'/></rule>", FIREWALL_OPEN,
		"service smtp", 1},
	    {SMTP "<rule priority='9'><reject/></rule>", FIREWALL_OPEN,
		"service smtp", 1},
	    {ALLOW "<rule priority='9'><reject/></rule>", FIREWALL_UNKNOWN,
		"no line opens it, and a rich rule may refuse it", 1},
	    {"<rule><source address='192.0.2.1'/>" SMTP "<accept/></rule>",
		FIREWALL_UNKNOWN,
		"a rich rule accepts it from some, or some of it", 1},
	    {"<rule><source address='192.0.2.1'/>" SMTP "<accept/></rule>" SMTP,
		FIREWALL_OPEN, "service smtp", 1},
	    {"<rule><mark set='1'/></rule>", FIREWALL_CLOSED,
		"nothing opens it", 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w;
		struct firewall_verdict v;
		char xml[512];
		begin(&w);
		snprintf(xml, sizeof(xml), "<zone>%s</zone>", cases[i].inside);
		put(&w, &w.set.zones, FIREWALLD_ZONE, "public", xml);
		firewall_judge(&w.set, SLICE("public"), 25, &v);
		if (v.state != cases[i].want)
			print_error("%s\n", cases[i].inside);
		assert_string_equal(v.by, cases[i].by);
		assert_int_equal(v.state, cases[i].want);
		assert_int_equal(v.file != NULL ? v.line : 0, cases[i].line);
		firewall_free(&w.set);
	}
}

static enum firewall_state
state_of(struct world *w, const char *zone)
{
	struct firewall_verdict v;
	firewall_judge(&w->set, slice_str(zone), 25, &v);
	return v.state;
}

static void
test_targets(void **unused)
{
	(void)unused;
	struct world w;
	begin(&w);
	put(&w, &w.set.zones, FIREWALLD_ZONE, "trusted",
	    "<zone target='ACCEPT'/>");
	put(&w, &w.set.zones, FIREWALLD_ZONE, "guarded",
	    "<zone target='ACCEPT'>" DENY "</zone>");
	put(&w, &w.set.zones, FIREWALLD_ZONE, "drop", "<zone target='DROP'/>");
	put(&w, &w.set.zones, FIREWALLD_ZONE, "broken", "<zone>");
	assert_int_equal(state_of(&w, "trusted"), FIREWALL_OPEN);
	assert_int_equal(state_of(&w, "guarded"), FIREWALL_CLOSED);
	assert_int_equal(state_of(&w, "drop"), FIREWALL_CLOSED);
	assert_int_equal(state_of(&w, "broken"), FIREWALL_UNKNOWN);
	assert_int_equal(state_of(&w, "none"), FIREWALL_UNKNOWN);
	firewall_free(&w.set);
}

static void
test_groups(void **unused)
{
	(void)unused;
	struct world w;
	begin(&w);
	put(&w, &w.set.zones, FIREWALLD_ZONE, "a", "<zone/>")->group =
	    SLICE("mail");
	put(&w, &w.set.zones, FIREWALLD_ZONE, "b", "<zone>" SMTP "</zone>")
	    ->group = SLICE("mail");
	assert_int_equal(state_of(&w, "mail"), FIREWALL_OPEN);
	assert_int_equal(state_of(&w, "b"), FIREWALL_UNKNOWN);
	firewall_free(&w.set);
}

static void
test_policies(void **unused)
{
	(void)unused;
	static const struct {
		const char *xml;
		enum firewall_state want;
	} cases[] = {
	    {"<policy target='CONTINUE'><egress-zone name='HOST'/>"
	     "<rule><icmp-type name='x'/><accept/></rule></policy>",
		FIREWALL_OPEN},
	    {"<policy target='DROP'><egress-zone name='public'/></policy>",
		FIREWALL_OPEN},
	    {"<policy target='DROP'><egress-zone name='HOST'/></policy>",
		FIREWALL_UNKNOWN},
	    {"<policy target='CONTINUE'><egress-zone name='HOST'/>" DENY
	     "</policy>",
		FIREWALL_UNKNOWN},
	    {"<policy>", FIREWALL_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w;
		begin(&w);
		put(&w, &w.set.zones, FIREWALLD_ZONE, "public",
		    "<zone>" SMTP "</zone>");
		put(&w, &w.set.policies, FIREWALLD_POLICY, "p", cases[i].xml);
		assert_int_equal(state_of(&w, "public"), cases[i].want);
		firewall_free(&w.set);
	}
}

static void
test_direct(void **unused)
{
	(void)unused;
	struct world w;
	begin(&w);
	put(&w, &w.set.zones, FIREWALLD_ZONE, "public",
	    "<zone>" SMTP "</zone>");
	put(&w, &w.set.direct, FIREWALLD_DIRECT, "direct", "<direct/>");
	assert_int_equal(state_of(&w, "public"), FIREWALL_OPEN);
	w.set.direct = NULL;
	put(&w, &w.set.direct, FIREWALLD_DIRECT, "direct",
	    "<direct><rule ipv='ipv4' table='filter' chain='INPUT' "
	    "priority='0'>-j DROP</rule></direct>");
	assert_int_equal(state_of(&w, "public"), FIREWALL_UNKNOWN);
	firewall_free(&w.set);
}

static void
test_spoiler(void **unused)
{
	(void)unused;
	static const struct {
		enum firewalld_kind kind;
		const char *xml;
		bool system, spoils;
	} cases[] = {
	    {FIREWALLD_ZONE, "<zone><service name='smtp'/></zone>", true,
		false},
	    {FIREWALLD_ZONE, "<zone>", true, true},
	    {FIREWALLD_ZONE, "<zone>", false, false},
	    {FIREWALLD_ZONE, "<zone>\n<service name='none'/></zone>", true,
		true},
	    {FIREWALLD_ZONE, "<zone><wicket/></zone>", true, true},
	    {FIREWALLD_SERVICE, "<service><include service='none'/></service>",
		true, true},
	    {FIREWALLD_SERVICE, "<service/>", true, false},
	    {FIREWALLD_POLICY, "<policy/>x", true, true},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w;
		begin(&w);
		put(&w, &w.set.zones, FIREWALLD_ZONE, "public",
		    "<zone>" SMTP "</zone>");
		put(&w,
		    cases[i].kind == FIREWALLD_ZONE      ? &w.set.zones
		    : cases[i].kind == FIREWALLD_SERVICE ? &w.set.services
							 : &w.set.policies,
		    cases[i].kind, "x", cases[i].xml)
		    ->system = cases[i].system;
		firewall_find_spoiler(&w.set);
		assert_int_equal(w.set.spoiler != NULL, cases[i].spoils);
		assert_int_equal(state_of(&w, "public"),
		    cases[i].spoils ? FIREWALL_UNKNOWN : FIREWALL_OPEN);
		firewall_free(&w.set);
	}
}

static void
test_same_service(void **unused)
{
	(void)unused;
	static const uint16_t both[] = {25, 465};
	static const struct {
		const char *inside;
		size_t n; /* of both */
		bool want;
	} cases[] = {
	    {PORT, 1, true},
	    {PORT, 2, false},
	    {PORT PORT, 1, true},
	    {PORT PORT, 2, false},
	    {"<port port='465' protocol='tcp'/>" PORT, 2, true},
	    {"<port port='465' protocol='tcp'/>" PORT, 1, false},
	    {"<port port='25-26' protocol='tcp'/>", 1, false},
	    {PORT "<include service='ssh'/>", 1, false},
	    {PORT "<destination ipv4='192.0.2.1'/>", 1, false},
	    {"<port port='25'/>", 1, false},
	    {"", 0, true},
	    {"", 1, false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w;
		char xml[512];
		begin(&w);
		snprintf(
		    xml, sizeof(xml), "<service>%s</service>", cases[i].inside);
		const struct firewall_file *f =
		    put(&w, &w.set.services, FIREWALLD_SERVICE, "x", xml);
		assert_int_equal(
		    firewall_same_service(f, both, cases[i].n), cases[i].want);
		firewall_free(&w.set);
	}
	assert_false(firewall_same_service(NULL, both, 0));
}

static void
test_service_for(void **unused)
{
	(void)unused;
	struct world w;
	begin(&w);
	put(&w, &w.set.services, FIREWALLD_SERVICE, "kurir",
	    "<service>" PORT "</service>");
	const struct firewall_file *f = firewall_service_for(&w.set, 25);
	assert_non_null(f);
	assert_true(slice_eq(f->name, SLICE("smtp")));
	assert_null(firewall_service_for(&w.set, 587));
	firewall_free(&w.set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_zone),
	    cmocka_unit_test(test_targets),
	    cmocka_unit_test(test_groups),
	    cmocka_unit_test(test_policies),
	    cmocka_unit_test(test_direct),
	    cmocka_unit_test(test_spoiler),
	    cmocka_unit_test(test_same_service),
	    cmocka_unit_test(test_service_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
