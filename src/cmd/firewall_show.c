#include "cmd/firewall.h"

#include <string.h>

#include "cmd/control.h"
#include "cmd/table.h"

/* What firewalld ships, for where it is not installed. */
static const struct {
	uint16_t port;
	const char *service;
} shipped[] = {{25, "smtp"}, {465, "smtps"}, {587, "smtp-submission"}};

void
firewall_own_text(const struct firewall_ports *p, struct buf *out)
{
	uint16_t ports[FIREWALL_PORTS_MAX];
	size_t n = firewall_numbers(p, ports);
	firewalld_service_text("Mail (" FIREWALL_SERVICE ")",
	    "Where other mail servers, users and devices reach this mail "
	    "server.",
	    ports, n, out);
}

/* ---- show ---- */

struct show {
	struct cmd_ctx *ctx;
	struct firewall_set set;
	struct firewall_ports ports;
	struct buf xml;
	struct slice zone;
};

static const char *
service_of(const struct show *s, uint16_t port)
{
	const struct firewall_file *f = firewall_service_for(&s->set, port);
	if (f != NULL)
		return (const char *)f->name.p;
	for (size_t i = 0; s->set.found != FIREWALL_FOUND &&
			   i < sizeof(shipped) / sizeof(*shipped);
	     i++)
		if (shipped[i].port == port)
			return shipped[i].service;
	return NULL;
}

/* firewall-cmd with one --add-service for each, all ports having one. */
static bool
shipped_command(const struct show *s, char *out, size_t max)
{
	int n = snprintf(out, max, "firewall-cmd --permanent --zone=%.*s",
	    SLICE_ARG(s->zone));
	for (size_t i = 0; i < s->ports.n; i++) {
		const char *name = service_of(s, s->ports.v[i].port);
		if (name == NULL || n < 0 || (size_t)n >= max)
			return false;
		n += snprintf(
		    out + n, max - (size_t)n, " --add-service=%s", name);
	}
	return s->ports.n > 0 && n > 0 && (size_t)n < max;
}

static json_t *
ports_json(const struct show *s)
{
	json_t *all = json_array();
	for (size_t i = 0; i < s->ports.n; i++) {
		uint16_t port = s->ports.v[i].port;
		const char *service = service_of(s, port);
		json_t *o = json_object();
		json_object_set_new(o, "port", json_integer(port));
		json_object_set_new(o, "protocol", json_string("tcp"));
		json_object_set_new(
		    o, "listeners", firewall_listeners(s->ctx->conf, port));
		json_object_set_new(
		    o, "devices_only", json_boolean(s->ports.v[i].device));
		json_object_set_new(o, "service",
		    service != NULL ? json_string(service) : json_null());
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *
commands_json(const char *add)
{
	json_t *all = json_array();
	json_array_append_new(all,
	    json_string("kurir firewall show --xml "
			">/etc/firewalld/services/" FIREWALL_SERVICE ".xml"));
	json_array_append_new(all, json_string("firewall-cmd --reload"));
	json_array_append_new(all, json_string(add));
	json_array_append_new(all, json_string("firewall-cmd --reload"));
	return all;
}

static void
show_json(const struct show *s)
{
	char add[160], instead[1024];
	(void)snprintf(add, sizeof(add),
	    "firewall-cmd --permanent --zone=%.*s --add-service=%s",
	    SLICE_ARG(s->zone), FIREWALL_SERVICE);
	json_t *o = json_object();
	json_object_set_new(o, "service", json_string(FIREWALL_SERVICE));
	json_object_set_new(
	    o, "zone", json_stringn((const char *)s->zone.p, s->zone.n));
	json_object_set_new(o, "ports", ports_json(s));
	json_object_set_new(
	    o, "xml", json_stringn((const char *)s->xml.p, s->xml.n));
	json_object_set_new(o, "commands", commands_json(add));
	json_object_set_new(o, "instead",
	    shipped_command(s, instead, sizeof(instead)) ? json_string(instead)
							 : json_null());
	json_dumpf(o, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(o);
}

static void
add_names(struct buf *out, const json_t *names)
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		if (i > 0)
			buf_add_str(out, ", ");
		buf_add_str(out, json_string_value(json_array_get(names, i)));
	}
}

static void
table_names(struct table *t, const json_t *names)
{
	struct buf b;
	buf_init(&b, 4096);
	add_names(&b, names);
	table_cell_slice(t, buf_slice(&b));
	buf_free(&b);
}

static void
show_ports(const struct show *s)
{
	struct table t;
	char cell[32];
	json_t *ports = ports_json(s), *p;
	size_t i;
	table_begin(&t, 3);
	table_cell(&t, "PORT");
	table_cell(&t, "LISTENER");
	table_cell(&t, "FIREWALLD'S OWN SERVICE");
	json_array_foreach(ports, i, p)
	{
		(void)snprintf(
		    cell, sizeof(cell), "%lld/tcp", control_number(p, "port"));
		table_cell(&t, cell);
		table_names(&t, json_object_get(p, "listeners"));
		const char *service = control_text(p, "service");
		table_cell(&t, service[0] != '\0' ? service : "none");
	}
	table_print(&t, stdout);
	json_decref(ports);
}

static void
show_text(const struct show *s)
{
	char instead[1024];
	bool devices = false;
	show_ports(s);
	printf("\n/etc/firewalld/services/%s.xml:\n\n%.*s\n", FIREWALL_SERVICE,
	    SLICE_ARG(buf_slice(&s->xml)));
	puts("To write it and to let the zone use it:");
	printf("  kurir firewall apply --zone %.*s\n", SLICE_ARG(s->zone));
	puts("or by hand:");
	printf("  kurir firewall show --xml >/etc/firewalld/services/%s.xml\n"
	       "  firewall-cmd --reload\n"
	       "  firewall-cmd --permanent --zone=%.*s --add-service=%s\n"
	       "  firewall-cmd --reload\n",
	    FIREWALL_SERVICE, SLICE_ARG(s->zone), FIREWALL_SERVICE);
	if (shipped_command(s, instead, sizeof(instead)))
		printf("or with the services that firewalld brings:\n"
		       "  %s\n  firewall-cmd --reload\n",
		    instead);
	for (size_t i = 0; i < s->ports.n; i++)
		devices = devices || s->ports.v[i].device;
	if (devices)
		puts("\nA port for devices alone needs to be open in the zone "
		     "of their network, not to everybody.");
}

int
firewall_run_show(struct cmd_ctx *ctx, const struct firewall_args *a)
{
	struct show s = {.ctx = ctx};
	firewall_ports_of(ctx->conf, &s.ports);
	if (s.ports.n == 0) {
		firewall_free(&s.set);
		return cmd_fail(ctx, CMD_BAD,
		    "no listener has an address that others see: nothing needs "
		    "to be open");
	}
	if (!firewall_read(ctx, a->root, &s.set)) {
		firewall_free(&s.set);
		return CMD_UNKNOWN;
	}
	s.zone = a->zone != NULL                 ? slice_str(a->zone)
		 : s.set.found == FIREWALL_FOUND ? s.set.default_zone
						 : SLICE("public");
	buf_init(&s.xml, FIREWALLD_TEXT_MAX);
	firewall_own_text(&s.ports, &s.xml);
	if (a->xml)
		fwrite(s.xml.p, 1, s.xml.n, stdout);
	else if (ctx->json)
		show_json(&s);
	else
		show_text(&s);
	buf_free(&s.xml);
	firewall_free(&s.set);
	return CMD_GOOD;
}

/* ---- what check found ---- */

static void
print_place(const json_t *o)
{
	const char *file = control_text(o, "file");
	if (file[0] == '\0')
		return;
	cmd_print_safe(stdout, slice_str(file));
	printf(":%lld", control_number(o, "line"));
}

static const char *
colour_of(const struct cmd_ctx *ctx, const char *word)
{
	enum cmd_colour c = COLOUR_YELLOW;
	if (strcmp(word, "open") == 0 || strcmp(word, "good") == 0)
		c = COLOUR_GREEN;
	else if (strcmp(word, "closed") == 0 || strcmp(word, "bad") == 0)
		c = COLOUR_RED;
	return cmd_colour(ctx, c);
}

static void
tell_zones(const json_t *answer)
{
	json_t *zones = json_object_get(answer, "zones"), *z;
	size_t i;
	json_array_foreach(zones, i, z)
	{
		struct buf b;
		buf_init(&b, 65536);
		buf_printf(&b, "Zone %s", control_text(z, "zone"));
		if (json_is_true(json_object_get(z, "default")))
			buf_add_str(&b, ", the default");
		const json_t *n = json_object_get(z, "interfaces");
		if (json_array_size(n) > 0)
			buf_add_str(&b, ", of ");
		add_names(&b, n);
		n = json_object_get(z, "sources");
		if (json_array_size(n) > 0)
			buf_add_str(&b, ", for ");
		add_names(&b, n);
		n = json_object_get(z, "files");
		if (json_array_size(n) > 0)
			buf_add_str(&b, ": ");
		add_names(&b, n);
		cmd_print_safe(stdout, buf_slice(&b));
		putchar('\n');
		buf_free(&b);
	}
	if (json_array_size(zones) > 0)
		putchar('\n');
}

static void
tell_row(const struct cmd_ctx *ctx, const json_t *port, const json_t *v)
{
	const char *state = control_text(v, "state");
	printf("%5lld/tcp  %s%-7s%s  ", control_number(port, "port"),
	    colour_of(ctx, state), state, cmd_colour(ctx, COLOUR_OFF));
	printf("in zone %s: ", control_text(v, "zone"));
	cmd_print_safe(stdout, slice_str(control_text(v, "by")));
	if (control_text(v, "file")[0] != '\0') {
		fputs(" (", stdout);
		print_place(v);
		putchar(')');
	}
	putchar('\n');
}

static void
tell_ports(const struct cmd_ctx *ctx, const json_t *answer)
{
	json_t *p, *v;
	size_t i, k;
	json_array_foreach(json_object_get(answer, "ports"), i, p)
	{
		struct buf names;
		buf_init(&names, 4096);
		add_names(&names, json_object_get(p, "listeners"));
		printf("Port %lld, listener ", control_number(p, "port"));
		cmd_print_safe(stdout, buf_slice(&names));
		putchar('\n');
		buf_free(&names);
		json_array_foreach(json_object_get(p, "zones"), k, v)
		    tell_row(ctx, p, v);
		json_array_foreach(json_object_get(p, "connections"), k, v)
		{
			const char *answer_word = control_text(v, "answer");
			printf("%9s  %s%-7s%s  %s\n", "connect",
			    colour_of(ctx, strcmp(answer_word, "open") == 0
					       ? "open"
					       : "bad"),
			    answer_word, cmd_colour(ctx, COLOUR_OFF),
			    control_text(v, "address"));
		}
	}
	json_array_foreach(json_object_get(answer, "unused"), i, v)
	{
		if (i == 0)
			puts("\nOpen for mail, and nobody listens:");
		tell_row(ctx, v, v);
	}
}

static void
tell_findings(const struct cmd_ctx *ctx, const json_t *answer)
{
	json_t *f;
	size_t i;
	json_array_foreach(json_object_get(answer, "findings"), i, f)
	{
		const char *severity = control_text(f, "severity");
		if (i == 0)
			putchar('\n');
		print_place(f);
		fputs(control_text(f, "file")[0] != '\0' ? ": " : "", stdout);
		printf("%s%s%s: ", colour_of(ctx, severity), severity,
		    cmd_colour(ctx, COLOUR_OFF));
		cmd_print_safe(stdout, slice_str(control_text(f, "text")));
		putchar('\n');
	}
}

/* Is a port closed that `kurir firewall apply` would open? */
static bool
any_closed(const json_t *answer)
{
	json_t *p;
	size_t i;
	json_array_foreach(json_object_get(answer, "ports"), i,
	    p) if (strcmp(control_text(p, "state"), "closed") == 0) return true;
	return false;
}

void
firewall_tell(const struct cmd_ctx *ctx, const json_t *answer)
{
	const char *result = control_text(answer, "result");
	tell_zones(answer);
	tell_ports(ctx, answer);
	tell_findings(ctx, answer);
	printf("\nResult: %s%s%s. ", colour_of(ctx, result), result,
	    cmd_colour(ctx, COLOUR_OFF));
	if (strcmp(control_text(answer, "firewalld"), "found") == 0)
		fputs("These are firewalld's permanent files, and connections "
		      "from this\nmachine to itself. ",
		    stdout);
	puts("A firewall in front of this machine can only be tested from\n"
	     "outside: run kurir check smtp HOST:PORT there.");
	if (any_closed(answer))
		puts("kurir firewall apply opens what is closed.");
}
