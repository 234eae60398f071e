#include "role/resolver/settings.h"

#include <string.h>

#define DNS_PORT 53

static struct slice
line_next(struct slice *rest)
{
	size_t end = slice_find(*rest, '\n');
	struct slice line = slice_to(*rest, end);
	*rest = slice_from(*rest, end + 1);
	return line;
}

/* The first word of s; *s is what follows it. */
static struct slice
word_next(struct slice *s)
{
	*s = slice_trim(*s);
	size_t n = 0;
	while (n < s->n && s->p[n] != ' ' && s->p[n] != '\t' && s->p[n] != '\r')
		n++;
	struct slice word = slice_to(*s, n);
	*s = slice_from(*s, n);
	return word;
}

/* resolv.conf(5): "nameserver ADDRESS", one a line; the rest is not for us.
 * An address with a zone ("fe80::1%eth0") is passed over. */
static void
read_resolv_conf(struct slice text, struct settings *out)
{
	while (text.n > 0 && out->servers < SETTINGS_SERVERS_MAX) {
		struct slice line = line_next(&text);
		if (!slice_eq(word_next(&line), SLICE("nameserver")))
			continue;
		struct conf_endpoint *e = &out->server[out->servers];
		if (ip_parse(word_next(&line), &e->ip) != ERR_OK)
			continue;
		e->port = DNS_PORT;
		out->servers++;
	}
}

void
settings_make(const struct conf_dns *dns, struct slice resolv_conf,
    struct slice anchors, struct settings *out)
{
	*out = (struct settings){.dnssec = dns->dnssec,
	    .timeout_ms = dns->timeout_ms,
	    .anchors = anchors,
	    .own_anchors = dns->trust_anchor.n > 0};
	for (size_t i = 0; i < dns->server.n && i < SETTINGS_SERVERS_MAX; i++)
		out->server[out->servers++] = dns->server.v[i];
	if (out->servers == 0)
		read_resolv_conf(resolv_conf, out);
	if (out->servers == 0) {
		out->server[0].ip =
		    (struct ip){.family = 4, .b = {127, 0, 0, 1}};
		out->server[0].port = DNS_PORT;
		out->servers = 1;
	}
}

bool
settings_anchor_next(struct slice *rest, struct slice *out_line)
{
	while (rest->n > 0) {
		struct slice line = line_next(rest);
		line = slice_to(line, slice_find(line, ';'));
		while (line.n > 0 && line.p[line.n - 1] == '\r')
			line = slice_to(line, line.n - 1);
		line = slice_trim(line);
		if (line.n == 0 || line.p[0] == '$')
			continue;
		*out_line = line;
		return true;
	}
	return false;
}
