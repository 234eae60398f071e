#include "conf/names.h"
#include "conf/scalar.h"

#include <string.h>

/* ---- addresses ---- */

static enum err
read_endpoint_port(struct slice s, uint16_t port, void *out, struct diag *why)
{
	struct conf_endpoint ep = {0};
	if (ip_host_port(s, port, &ep.ip, &ep.port) != ERR_OK || ep.port == 0)
		return scalar_bad(why, s,
		    port == 0
			? "address:port such as 0.0.0.0:25 or [::]:25"
			: "an address such as 192.0.2.1 or [2001:db8::1]:53");
	memcpy(out, &ep, sizeof(ep));
	return ERR_OK;
}

enum err
scalar_endpoint(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)o;
	(void)a;
	return read_endpoint_port(s, 0, out, why);
}

enum err
scalar_server(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	struct conf_endpoint ep = {.port = 53};
	(void)o;
	(void)a;
	if (ip_parse(s, &ep.ip) == ERR_OK) {
		memcpy(out, &ep, sizeof(ep));
		return ERR_OK;
	}
	return read_endpoint_port(s, 53, out, why);
}

enum err
scalar_ip(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	struct ip ip;
	(void)o;
	(void)a;
	if (ip_parse(s, &ip) != ERR_OK)
		return scalar_bad(why, s, "an address such as 192.0.2.1");
	memcpy(out, &ip, sizeof(ip));
	return ERR_OK;
}

enum err
scalar_net(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	struct ip_net net;
	(void)o;
	(void)a;
	if (ip_net_parse(s, &net) != ERR_OK)
		return scalar_bad(why, s,
		    "an address or a network such as 192.0.2.0/24 (no host "
		    "bits set)");
	memcpy(out, &net, sizeof(net));
	return ERR_OK;
}

enum err
scalar_trust_item(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	struct trust_item t = {0};
	(void)o;
	if (ip_net_parse(s, &t.net) != ERR_OK) {
		bool parent = s.n > 0 && s.p[0] == '.';
		if (!name_is_host(parent ? slice_from(s, 1) : s))
			return scalar_bad(why, s,
			    "a network such as 192.0.2.0/24 (no host bits "
			    "set), an address, a host name or .parent");
		if (!value_copy_lower(a, s, &t.name))
			return ERR_LIMIT;
	}
	memcpy(out, &t, sizeof(t));
	return ERR_OK;
}

void
scalar_show_endpoint(
    const struct conf_option *o, const void *item, struct buf *b)
{
	struct conf_endpoint ep;
	(void)o;
	memcpy(&ep, item, sizeof(ep));
	buf_add_str(b, ep.ip.family == 6 ? "\"[" : "\"");
	buf_add_ip(b, &ep.ip);
	buf_add_str(b, ep.ip.family == 6 ? "]:" : ":");
	buf_add_u64(b, ep.port);
	buf_add_byte(b, '"');
}

void
scalar_show_ip(const struct conf_option *o, const void *item, struct buf *b)
{
	struct ip ip;
	(void)o;
	memcpy(&ip, item, sizeof(ip));
	buf_add_byte(b, '"');
	buf_add_ip(b, &ip);
	buf_add_byte(b, '"');
}

static void
show_net(const struct ip_net *net, struct buf *b)
{
	buf_add_byte(b, '"');
	buf_add_ip(b, &net->ip);
	if (net->bits != (net->ip.family == 4 ? 32 : 128)) {
		buf_add_byte(b, '/');
		buf_add_u64(b, net->bits);
	}
	buf_add_byte(b, '"');
}

void
scalar_show_net(const struct conf_option *o, const void *item, struct buf *b)
{
	struct ip_net net;
	(void)o;
	memcpy(&net, item, sizeof(net));
	show_net(&net, b);
}

void
scalar_show_trust(const struct conf_option *o, const void *field, struct buf *b)
{
	struct conf_trust t;
	(void)o;
	memcpy(&t, field, sizeof(t));
	buf_add_byte(b, '{');
	for (size_t i = 0; i < t.net_n; i++) {
		buf_add_str(b, i > 0 ? ", " : "");
		show_net(&t.net[i], b);
	}
	for (size_t i = 0; i < t.name_n; i++) {
		buf_add_str(b, i + t.net_n > 0 ? ", " : "");
		value_show_string(t.name[i], b);
	}
	buf_add_byte(b, '}');
}
