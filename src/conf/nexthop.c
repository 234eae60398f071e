#include "conf/nexthop.h"

#include "conf/names.h"

/* A unix socket's path with its NUL must fit sun_path. */
#define SOCKET_PATH_MAX 107
#define LMTP_PORT       24

/* So much of what was found is shown; the rest of the sentence shall fit. */
#define FOUND_MAX 60

static enum err
bad(struct diag *why, struct slice found, const char *expected)
{
	return diag_set(why, ERR_SYNTAX, "", "found \"%.*s%s\", expected %s",
	    SLICE_ARG(slice_to(found, FOUND_MAX)),
	    found.n > FOUND_MAX ? "..." : "", expected);
}

static bool
path_ok(struct slice s)
{
	if (s.n < 2 || s.p[0] != '/')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

/* maildir template: an absolute path in which '%' is followed by d, u or %. */
static bool
template_ok(struct slice s)
{
	if (!path_ok(s))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '%')
			continue;
		i++;
		if (i == s.n || slice_find(SLICE("du%"), s.p[i]) == 3)
			return false;
	}
	return true;
}

static bool
port_parse(struct slice s, uint16_t *out)
{
	uint64_t v;
	if (!slice_u64(s, &v) || v == 0 || v > 65535)
		return false;
	*out = (uint16_t)v;
	return true;
}

static bool
host_parse(struct slice s, struct nexthop *h)
{
	if (slice_starts_nocase(s, SLICE("IPv6:")))
		s = slice_from(s, 5);
	if (ip_parse(s, &h->ip) == ERR_OK)
		return true;
	h->host = s;
	return name_is_host(s);
}

/* endpoint = ( "[" host "]" / host ) [ ":" port ] */
static bool
endpoint_parse(struct slice s, struct nexthop *h)
{
	size_t end;

	if (s.n > 0 && s.p[0] == '[') {
		end = slice_find(s, ']');
		if (end == s.n)
			return false;
		if (!host_parse(slice_to(slice_from(s, 1), end - 1), h))
			return false;
		end++;
	} else {
		end = slice_find(s, ':');
		if (!host_parse(slice_to(s, end), h))
			return false;
		h->lookup_mx = h->ip.family == 0;
	}
	s = slice_from(s, end);
	if (s.n == 0)
		return true;
	return s.p[0] == ':' && port_parse(slice_from(s, 1), &h->port);
}

static enum err
parse_maildir(struct slice s, struct nexthop *h, struct diag *why)
{
	h->path = s;
	if (!template_ok(s))
		return bad(why, s,
		    "an absolute path in which %d stands for the domain, %u "
		    "for the user and %% for a percent sign");
	return ERR_OK;
}

static enum err
parse_lmtp(struct slice s, struct nexthop *h, struct diag *why)
{
	if (slice_starts(s, SLICE("unix:"))) {
		h->kind = NEXTHOP_LMTP_UNIX;
		h->path = slice_from(s, 5);
		if (!path_ok(h->path) || h->path.n > SOCKET_PATH_MAX)
			return bad(why, s,
			    "unix: and the absolute path of a socket, at most "
			    "107 octets");
		return ERR_OK;
	}
	if (slice_starts(s, SLICE("tcp:")))
		s = slice_from(s, 4);
	if (!endpoint_parse(s, h))
		return bad(why, s, "unix:/path or [host]:port");
	h->lookup_mx = false;
	if (h->port == 0)
		h->port = LMTP_PORT;
	return ERR_OK;
}

static enum err
parse_smtp(struct slice s, struct nexthop *h, struct diag *why)
{
	if (!endpoint_parse(s, h))
		return bad(why, s,
		    "[host]:port, or host:port for the MX hosts of that name");
	return ERR_OK;
}

static enum err
parse_bare(struct slice s, struct nexthop *h, struct diag *why)
{
	(void)s;
	(void)h;
	(void)why;
	return ERR_OK;
}

static const struct kind {
	const char *prefix;
	bool bare; /* nothing follows */
	enum nexthop_kind kind;
	enum err (*parse)(struct slice, struct nexthop *, struct diag *);
} kinds[] = {
    {"maildir:", false, NEXTHOP_MAILDIR, parse_maildir},
    {"lmtp:", false, NEXTHOP_LMTP_TCP, parse_lmtp},
    {"relay:", false, NEXTHOP_RELAY, parse_smtp},
    {"smarthost:", false, NEXTHOP_SMARTHOST, parse_smtp},
    {"mx", true, NEXTHOP_MX, parse_bare},
    {"hold", true, NEXTHOP_HOLD, parse_bare},
};

enum err
nexthop_parse(struct slice s, struct nexthop *out, struct diag *why)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *k = &kinds[i];
		struct slice prefix = slice_str(k->prefix);
		if (k->bare ? !slice_eq(s, prefix) : !slice_starts(s, prefix))
			continue;
		struct nexthop h = {
		    .kind = k->kind, .host = SLICE(""), .path = SLICE("")};
		enum err e = k->parse(slice_from(s, prefix.n), &h, why);
		if (e == ERR_OK)
			*out = h;
		return e;
	}
	return bad(why, s,
	    "maildir:/path, lmtp:unix:/path, lmtp:[host]:port, "
	    "relay:[host]:port, smarthost:[host]:port, mx or hold");
}

static void
add_endpoint(const struct nexthop *h, struct buf *out)
{
	if (!h->lookup_mx)
		buf_add_byte(out, '[');
	if (h->ip.family != 0)
		buf_add_ip(out, &h->ip);
	else
		for (size_t i = 0; i < h->host.n; i++)
			buf_add_byte(out, ascii_lower(h->host.p[i]));
	if (!h->lookup_mx)
		buf_add_byte(out, ']');
	if (h->port != 0) {
		buf_add_byte(out, ':');
		buf_add_u64(out, h->port);
	}
}

void
nexthop_text(const struct nexthop *h, struct buf *out)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].kind == h->kind)
			buf_add_str(out, kinds[i].prefix);
	switch (h->kind) {
	case NEXTHOP_LMTP_UNIX:
		buf_add_str(out, "lmtp:unix:");
		buf_add(out, h->path);
		break;
	case NEXTHOP_MAILDIR:
		buf_add(out, h->path);
		break;
	case NEXTHOP_LMTP_TCP:
	case NEXTHOP_RELAY:
	case NEXTHOP_SMARTHOST:
		add_endpoint(h, out);
		break;
	case NEXTHOP_NONE:
	case NEXTHOP_MX:
	case NEXTHOP_HOLD:
	case NEXTHOP_KIND_COUNT:
		break;
	}
}

bool
nexthop_eq(const struct nexthop *a, const struct nexthop *b)
{
	return a->kind == b->kind && a->lookup_mx == b->lookup_mx &&
	       a->port == b->port && slice_eq(a->path, b->path) &&
	       slice_eq_nocase(a->host, b->host) &&
	       a->ip.family == b->ip.family &&
	       (a->ip.family == 0 || ip_eq(&a->ip, &b->ip));
}

bool
nexthop_is_final(const struct nexthop *h)
{
	return h->kind == NEXTHOP_MAILDIR || h->kind == NEXTHOP_LMTP_UNIX ||
	       h->kind == NEXTHOP_LMTP_TCP || h->kind == NEXTHOP_RELAY;
}

/* One component of a path, never more. */
static bool
component_ok(struct slice s)
{
	if (s.n == 0 || s.n > 255 || s.p[0] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] == 0x7f || s.p[i] == '/')
			return false;
	return true;
}

enum err
nexthop_maildir(const struct nexthop *h, struct slice user, struct slice domain,
    struct buf *out)
{
	struct slice t = h->path;

	if (h->kind != NEXTHOP_MAILDIR)
		return ERR_BUG;
	if (!component_ok(user) || !component_ok(domain))
		return ERR_SYNTAX;
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] != '%') {
			buf_add_byte(out, t.p[i]);
			continue;
		}
		i++;
		if (t.p[i] == 'u')
			buf_add(out, user);
		else if (t.p[i] == 'd')
			buf_add(out, domain);
		else
			buf_add_byte(out, '%');
	}
	return buf_err(out);
}
