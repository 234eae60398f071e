#include "cmd/firewalld.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MEMORY (8u << 20)

/* One word for each item, that cases are short. */
static void
item_text(const struct firewalld_item *i, struct buf *out)
{
	static const char *const names[] = {"other", "any", "port", "named",
	    "tcp", "use", "source-port", "forward", "interface", "source",
	    "destination", "rule", "strange"};
	static const char *const actions[] = {"", " accept", " deny"};
	buf_printf(out, "%s%s", out->n > 0 ? "; " : "", names[i->what]);
	if (i->what == FIREWALLD_RULE)
		buf_printf(out, " %s%s%s%s", names[i->on], actions[i->action],
		    i->restricted ? " restricted" : "", i->late ? " late" : "");
	if (i->first != 0 || i->last != 0)
		buf_printf(out, " %u-%u", i->first, i->last);
	if (i->to_first != 0)
		buf_printf(out, " to %u-%u", i->to_first, i->to_last);
	if (i->name.n > 0)
		buf_printf(out, " %.*s", SLICE_ARG(i->name));
}

static void
expect(enum firewalld_kind kind, const char *xml, const char *want)
{
	struct firewalld_file f;
	struct firewalld_fault fault;
	struct arena mem;
	struct buf got;
	arena_init(&mem, MEMORY);
	buf_init(&got, 65536);
	enum err e = firewalld_read(kind, slice_str(xml), &mem, &f, &fault);
	if (e != ERR_OK)
		buf_printf(&got, "%u: %s", fault.line, fault.text);
	else
		for (const struct firewalld_item *i = f.items; i != NULL;
		     i = i->next)
			item_text(i, &got);
	buf_add_byte(&got, '\0');
	assert_int_equal(buf_err(&got), ERR_OK);
	if (strcmp((char *)got.p, want) != 0)
		print_error("%s\n", xml);
	assert_string_equal((char *)got.p, want);
	buf_free(&got);
	arena_reset(&mem);
}

static void
test_services(void **unused)
{
	(void)unused;
	static const struct {
		const char *inside, *want;
	} cases[] = {
	    {"", ""},
	    {"<port port='25' protocol='tcp'/>", "port 25-25"},
	    {"<port protocol='tcp' port='465'/>", "port 465-465"},
	    {"<port port='1000-2000' protocol='tcp'/>", "port 1000-2000"},
	    {"<port port='2000-1000' protocol='tcp'/>", "port 1000-2000"},
	    {"<port port='7-7' protocol='tcp'/>", "port 7-7"},
	    {"<port port='smtp' protocol='tcp'/>", "port 25-25"},
	    {"<port port='submissions' protocol='tcp'/>", "port 465-465"},
	    {"<port port='pop-3' protocol='tcp'/>", "port 110-110"},
	    {"<port port='smtp-pop3' protocol='tcp'/>", "port 25-110"},
	    {"<port port='amanda' protocol='tcp'/>", "named amanda"},
	    {"<port port='pop3-20x' protocol='tcp'/>", "named pop3-20x"},
	    {"<port port='25' protocol='udp'/>", ""},
	    {"<port port='65535' protocol='tcp'/>", "port 65535-65535"},
	    {"<port port='' protocol='tcp'/>", "tcp"},
	    {"<port port='' protocol='gre'/>", ""},
	    {"<protocol value='tcp'/>", "tcp"},
	    {"<protocol value='6'/>", "tcp"},
	    {"<protocol value='icmp'/>", ""},
	    {"<include service='smtps'/>", "use smtps"},
	    {"<destination ipv4='192.0.2.1'/>", "destination"},
	    {"<source-port port='53' protocol='tcp'/>", "source-port 53-53"},
	    {"<module name='nf_conntrack_ftp'/><helper name='ftp'/>", ""},
	    {"<short>a &lt; b &#38; c</short><description/>", ""},
	    {"<!-- <port/> --><port port='1' protocol='tcp'/>", "port 1-1"},
	    {"<?x y?>\n", ""},
	    {"<port port='25' protocol='tcp' open='yes'/>",
		"strange open; port 25-25"},
	    {"<service name='smtp'/>", "strange service"},
	    {"<short><port port='1' protocol='tcp'/></short>", "strange port"},
	    {"<port port='65536' protocol='tcp'/>",
		"1: \"65536\" is no port and no range of them"},
	    {"<port port='25,465' protocol='tcp'/>",
		"1: \"25,465\" is no port and no range of them"},
	    {"<port port='-25' protocol='tcp'/>",
		"1: \"-25\" is no port and no range of them"},
	    {"\n<port port='25'/>", "2: <port> without its protocol"},
	    {"<port protocol='tcp'/>", "1: <port> without its port"},
	    {"<port port='25' protocol='TCP'/>",
		"1: \"TCP\" is none of the protocols tcp, udp, sctp, dccp"},
	    {"<protocol value=''/>", "1: a protocol without a name"},
	    {"<include/>", "1: <include> without its service"},
	    {"<include service='a b'/>",
		"1: \"a b\" cannot be the name of a service"},
	    {"<include service='../smtp'/>",
		"1: \"../smtp\" cannot be the name of a service"},
	    {"\n\n<port port='25' protocol='tcp'>", "3: mismatched tag"},
	    {"&smtp;", "1: undefined entity"},
	    {"<port port='25' port='26' protocol='tcp'/>",
		"1: duplicate attribute"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char xml[512];
		snprintf(
		    xml, sizeof(xml), "<service>%s</service>", cases[i].inside);
		expect(FIREWALLD_SERVICE, xml, cases[i].want);
	}
}

static void
test_zones(void **unused)
{
	(void)unused;
	static const struct {
		const char *inside, *want;
	} cases[] = {
	    {"<service name='ssh'/>", "use ssh"},
	    {"<interface name='eth0'/>", "interface eth0"},
	    {"<source address='192.0.2.0/24'/>", "source 192.0.2.0/24"},
	    {"<source ipset='kantor'/>", "source kantor"},
	    {"<forward/><masquerade/><icmp-block name='echo-reply'/>", ""},
	    {"<forward-port port='25' protocol='tcp' to-port='2525'/>",
		"forward 25-25 to 2525-2525"},
	    {"<forward-port port='25' protocol='tcp' to-addr='192.0.2.9'/>",
		"forward 25-25 192.0.2.9"},
	    {"<forward-port port='25' protocol='udp' to-port='1'/>", ""},
	    {"<forward-port port='25' protocol='tcp' to-port='x!'/>",
		"1: \"x!\" is no port to forward to"},
	    {"<rule><accept/></rule>", "rule any accept"},
	    {"<rule family='ipv4'><source address='192.0.2.1'/>"
	     "<service name='smtp'/><accept/></rule>",
		"rule use accept restricted smtp"},
	    {"<rule><port port='25' protocol='tcp'/><drop/></rule>",
		"rule port deny 25-25"},
	    {"<rule><port port='25' protocol='udp'/><drop/></rule>",
		"rule other deny"},
	    {"<rule priority='100'><reject type='x'/></rule>",
		"rule any deny late"},
	    {"<rule priority='-100'><reject/></rule>", "rule any deny"},
	    {"<rule><service name='smtp'/><accept><limit value='3/m'/>"
	     "</accept></rule>",
		"rule use accept restricted smtp"},
	    {"<rule><icmp-type name='router'/><accept/></rule>",
		"rule other accept"},
	    {"<rule><service name='smtp'/><log prefix='x'/></rule>",
		"rule use smtp"},
	    {"<rule><accept/></rule><port port='25' protocol='tcp'/>",
		"rule any accept; port 25-25"},
	    {"<rule><service name='a'/><service name='b'/></rule>",
		"rule other a"},
	    {"<rule><port port='25' protocol='tcp'/><port port='26' "
	     "protocol='tcp'/><protocol value='tcp'/><drop/></rule>",
		"rule other deny 25-25"},
	    {"<rule><accept/><drop/></rule>", "rule other deny"},
	    {"<rule><rule><drop/></rule></rule>",
		"rule any; strange rule; strange drop"},
	    {"<accept/>", "strange accept"},
	    {"<service name='smtp' port='25'/>", "strange port; use smtp"},
	    {"<wicket name='x'/>", "strange wicket"},
	    {"<service/>", "1: <service> without its name"},
	    {"<interface/>", "1: <interface> without its name"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char xml[512];
		snprintf(xml, sizeof(xml), "<zone>%s</zone>", cases[i].inside);
		expect(FIREWALLD_ZONE, xml, cases[i].want);
	}
}

static void
test_roots(void **unused)
{
	(void)unused;
	expect(FIREWALLD_ZONE, "<zone/>", "");
	expect(FIREWALLD_ZONE, "", "1: no element found");
	expect(FIREWALLD_ZONE, "<service/>",
	    "1: <service> is not what such a file begins with");
	expect(FIREWALLD_ZONE, "<zone target='OPEN'/>",
	    "1: \"OPEN\" is no target");
	expect(FIREWALLD_ZONE, "<zone target='CONTINUE'/>",
	    "1: \"CONTINUE\" is no target");
	expect(
	    FIREWALLD_ZONE, "<zone/><zone/>", "1: junk after document element");
	expect(FIREWALLD_ZONE, "<zone mood='good'/>", "strange mood");
	expect(FIREWALLD_DIRECT,
	    "<direct><chain ipv='ipv4' table='raw' chain='x'/>"
	    "<rule ipv='ipv4' table='filter' chain='INPUT' priority='0'>-j "
	    "DROP</rule><passthrough ipv='ipv4'>-A x</passthrough></direct>",
	    "rule any; rule any");
	expect(FIREWALLD_ZONE,
	    "<?xml version='1.0'?>\n<!DOCTYPE zone [\n<!ENTITY a 'x'>]>"
	    "<zone/>",
	    "2: a document type declaration, which is not read");
	expect(FIREWALLD_ZONE,
	    "<!DOCTYPE zone SYSTEM 'file:///etc/passwd'><zone/>",
	    "1: a document type declaration, which is not read");
	expect(FIREWALLD_ZONE,
	    "<zone><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a>"
	    "</zone>",
	    "1: elements in elements, more than 8 deep");
}

static void
test_targets(void **unused)
{
	(void)unused;
	static const struct {
		enum firewalld_kind kind;
		const char *xml;
		enum firewalld_target want;
		bool to_host;
	} cases[] = {
	    {FIREWALLD_ZONE, "<zone/>", FIREWALLD_TARGET_DEFAULT, false},
	    {FIREWALLD_ZONE, "<zone target='default'/>",
		FIREWALLD_TARGET_DEFAULT, false},
	    {FIREWALLD_ZONE, "<zone target='ACCEPT'/>", FIREWALLD_TARGET_ACCEPT,
		false},
	    {FIREWALLD_ZONE, "<zone target='%%REJECT%%'/>",
		FIREWALLD_TARGET_REFUSE, false},
	    {FIREWALLD_POLICY,
		"<policy target='REJECT'><ingress-zone name='ANY'/>"
		"<egress-zone name='HOST'/></policy>",
		FIREWALLD_TARGET_REFUSE, true},
	    {FIREWALLD_POLICY,
		"<policy target='CONTINUE'><ingress-zone name='HOST'/>"
		"<egress-zone name='ANY'/></policy>",
		FIREWALLD_TARGET_DEFAULT, false},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct firewalld_file f;
		struct firewalld_fault fault;
		struct arena mem;
		arena_init(&mem, MEMORY);
		assert_int_equal(firewalld_read(cases[i].kind,
				     slice_str(cases[i].xml), &mem, &f, &fault),
		    ERR_OK);
		assert_int_equal(f.target, cases[i].want);
		assert_int_equal(f.to_host, cases[i].to_host);
		arena_reset(&mem);
	}
}

static void
test_maximums(void **unused)
{
	(void)unused;
	struct firewalld_file f;
	struct firewalld_fault fault;
	struct arena mem;
	struct buf b;
	arena_init(&mem, MEMORY);
	buf_init(&b, 1u << 20);
	buf_add_str(&b, "<zone>");
	for (int i = 0; i <= FIREWALLD_ITEMS_MAX; i++)
		buf_add_str(&b, "<forward-port port='1' protocol='tcp'/>\n");
	buf_add_str(&b, "</zone>");
	assert_int_equal(
	    firewalld_read(FIREWALLD_ZONE, buf_slice(&b), &mem, &f, &fault),
	    ERR_LIMIT);
	assert_int_equal(fault.line, FIREWALLD_ITEMS_MAX + 1);
	buf_clear(&b);
	buf_add_str(&b, "<zone/>");
	while (b.n <= FIREWALLD_TEXT_MAX)
		buf_add_byte(&b, '\n');
	assert_int_equal(
	    firewalld_read(FIREWALLD_ZONE, buf_slice(&b), &mem, &f, &fault),
	    ERR_LIMIT);
	b.n--;
	assert_int_equal(
	    firewalld_read(FIREWALLD_ZONE, buf_slice(&b), &mem, &f, &fault),
	    ERR_OK);
	arena_reset(&mem);
	/* An arena that is too small is no broken file. */
	arena_init(&mem, sizeof(struct firewalld_item));
	assert_int_equal(
	    firewalld_read(FIREWALLD_ZONE,
		SLICE("<zone><service name='a'/><service name='b'/></zone>"),
		&mem, &f, &fault),
	    ERR_NOMEM);
	arena_reset(&mem);
	buf_free(&b);
}

static void
test_default_zone(void **unused)
{
	(void)unused;
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"", "public"},
	    {"DefaultZone=iredmail\n", "iredmail"},
	    {"# DefaultZone=a\nDefaultZone = b \r\n", "b"},
	    {"DefaultZone=a\nDefaultZone=b\n", "a"},
	    {"DefaultZone=\nDefaultZone=b", "b"},
	    {"DefaultZone=a b\n", "public"},
	    {"DefaultZones=a\n", "public"},
	    {"LogDenied=off\nDefaultZone=drop", "drop"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice got =
		    firewalld_default_zone(slice_str(cases[i].text));
		assert_true(slice_eq(got, slice_str(cases[i].want)));
	}
}

static void
test_service_text(void **unused)
{
	(void)unused;
	const uint16_t ports[] = {25, 465};
	struct buf b;
	buf_init(&b, 4096);
	firewalld_service_text("a & <b>", "c", ports, 2, &b);
	buf_add_byte(&b, '\0');
	assert_string_equal((char *)b.p,
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	    "<service>\n"
	    "  <short>a &amp; &lt;b&gt;</short>\n"
	    "  <description>c</description>\n"
	    "  <port port=\"25\" protocol=\"tcp\"/>\n"
	    "  <port port=\"465\" protocol=\"tcp\"/>\n"
	    "</service>\n");
	expect(FIREWALLD_SERVICE, (char *)b.p, "port 25-25; port 465-465");
	buf_free(&b);
}

static void
test_zone_add(void **unused)
{
	(void)unused;
	static const struct {
		const char *text;
		enum err err;
		const char *want;
	} cases[] = {
	    {"<zone>\n  <service name=\"ssh\"/>\n  <forward/>\n</zone>\n",
		ERR_OK,
		"<zone>\n  <service name=\"kurir\"/>\n"
		"  <service name=\"ssh\"/>\n  <forward/>\n</zone>\n"},
	    {"<zone>\r\n\t<service name='ssh'></service>\r\n</zone>\r\n",
		ERR_OK,
		"<zone>\r\n\t<service name=\"kurir\"/>\r\n"
		"\t<service name='ssh'></service>\r\n</zone>\r\n"},
	    {"<zone><service name='ssh'/></zone>", ERR_OK,
		"<zone><service name=\"kurir\"/><service name='ssh'/></zone>"},
	    {"<zone>\n  <short>x</short>\n</zone>", ERR_OK,
		"<zone>\n  <short>x</short>\n  <service name=\"kurir\"/>\n"
		"</zone>"},
	    {"<zone>\n  <short>x</short></zone>", ERR_OK,
		"<zone>\n  <short>x</short>\n  <service name=\"kurir\"/>\n"
		"</zone>"},
	    {"<zone target='DROP' />\n", ERR_OK,
		"<zone target='DROP' >\n  <service name=\"kurir\"/>\n"
		"</zone>\n"},
	    {"<zone></zone>", ERR_OK,
		"<zone>\n  <service name=\"kurir\"/>\n</zone>"},
	    /* What stands in a rule, or in a comment, is no line of ours. */
	    {"<zone>\n  <!-- <service name='kurir'/> -->\n  <rule>\n"
	     "    <service name='kurir'/>\n    <accept/>\n  </rule>\n</zone>\n",
		ERR_OK,
		"<zone>\n  <!-- <service name='kurir'/> -->\n  <rule>\n"
		"    <service name='kurir'/>\n    <accept/>\n  </rule>\n"
		"  <service name=\"kurir\"/>\n</zone>\n"},
	    {"<?xml version='1.0' encoding='iso-8859-1'?>\n<zone>"
	     "<short>\xe9</short></zone>",
		ERR_OK,
		"<?xml version='1.0' encoding='iso-8859-1'?>\n<zone>"
		"<short>\xe9</short>\n  <service name=\"kurir\"/>\n</zone>"},
	    {"<zone><service name='kurir'/></zone>", ERR_EXISTS, ""},
	    {"<zone>", ERR_SYNTAX, ""},
	    {"<service/>", ERR_SYNTAX, ""},
	    {"", ERR_SYNTAX, ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct firewalld_fault fault;
		struct buf b, twice;
		buf_init(&b, 4096);
		buf_init(&twice, 4096);
		assert_int_equal(firewalld_zone_add(slice_str(cases[i].text),
				     SLICE("kurir"), &b, &fault),
		    cases[i].err);
		if (cases[i].err == ERR_OK)
			assert_int_equal(firewalld_zone_add(buf_slice(&b),
					     SLICE("kurir"), &twice, &fault),
			    ERR_EXISTS);
		assert_int_equal(twice.n, 0);
		buf_add_byte(&b, '\0');
		assert_string_equal((char *)b.p, cases[i].want);
		buf_free(&b);
		buf_free(&twice);
	}
	/* UTF-16 is read, and not written. */
	static const char wide[] =
	    "\xff\xfe<\0z\0o\0n\0e\0>\0<\0/\0z\0o\0n\0e\0>\0";
	struct firewalld_fault fault;
	struct buf b;
	buf_init(&b, 4096);
	assert_int_equal(firewalld_zone_add(slice_of(wide, sizeof(wide) - 1),
			     SLICE("kurir"), &b, &fault),
	    ERR_UNSUPPORTED);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_services),
	    cmocka_unit_test(test_zones),
	    cmocka_unit_test(test_roots),
	    cmocka_unit_test(test_targets),
	    cmocka_unit_test(test_maximums),
	    cmocka_unit_test(test_default_zone),
	    cmocka_unit_test(test_service_text),
	    cmocka_unit_test(test_zone_add),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
