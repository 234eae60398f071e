#include "conf/private.h"
#include "conf/schema.h"

const struct conf_where *
conf_where_find(const struct conf *c, const void *field)
{
	const struct conf_private *p = c->priv;
	size_t low = 0, high = p->where_n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if ((uintptr_t)p->where[mid].field < (uintptr_t)field)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == p->where_n || p->where[low].field != field)
		return NULL;
	return &p->where[low];
}

bool
conf_is_set(const struct conf *c, const void *field)
{
	return conf_where_find(c, field) != NULL;
}

bool
conf_is_broken(const struct conf *c, const void *field)
{
	const struct conf_where *w = conf_where_find(c, field);
	return w != NULL && w->broken;
}

bool
conf_where(const struct conf *c, const void *field, struct conf_pos *out)
{
	const struct conf_where *w = conf_where_find(c, field);
	if (w != NULL)
		*out = w->pos;
	return w != NULL;
}

static int
compare_name(struct slice lower, struct slice asked)
{
	for (size_t i = 0; i < lower.n && i < asked.n; i++) {
		int d = lower.p[i] - ascii_lower(asked.p[i]);
		if (d != 0)
			return d;
	}
	return lower.n < asked.n ? -1 : lower.n > asked.n;
}

static const void *
find(const struct conf *c, enum section_id id, struct slice name)
{
	size_t n, low = 0, size = conf_sections[id].size;
	const char *v = schema_array(c, id, &n);
	size_t high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct conf_named *named = (const void *)(v + mid * size);
		int d = compare_name(named->name, name);
		if (d == 0)
			return named;
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct conf_domain *
conf_domain_find(const struct conf *c, struct slice domain)
{
	return find(c, SECTION_DOMAIN, domain);
}

const struct conf_sni *
conf_sni_find(const struct conf *c, struct slice name)
{
	return find(c, SECTION_SNI, name);
}

const struct conf_listen *
conf_listen_find(const struct conf *c, struct slice name)
{
	return find(c, SECTION_LISTEN, name);
}

const struct conf_route *
conf_route_find(const struct conf *c, struct slice domain)
{
	const struct conf_route *r = find(c, SECTION_ROUTE, domain);

	/* mail.example.org: then .example.org, then .org */
	while (r == NULL && domain.n > 0) {
		size_t dot = slice_find(slice_from(domain, 1), '.') + 1;
		domain = slice_from(domain, dot);
		if (domain.n > 0)
			r = find(c, SECTION_ROUTE, domain);
	}
	return r;
}

bool
conf_trusts(const struct conf_trust *t, const struct ip *ip, struct slice ptr)
{
	for (size_t i = 0; i < t->net_n; i++)
		if (ip_in_net(ip, &t->net[i]))
			return true;
	for (size_t i = 0; i < t->name_n && ptr.n > 0; i++) {
		struct slice name = t->name[i];
		if (name.p[0] == '.'
			? ptr.n > name.n && slice_ends_nocase(ptr, name)
			: slice_eq_nocase(ptr, name))
			return true;
	}
	return false;
}

static const char *
word_of(const struct conf_word *w, int value)
{
	while (w->word != NULL && w->value != value)
		w++;
	return w->word != NULL ? w->word : "?";
}

const char *
conf_role_name(enum conf_role v)
{
	return word_of(conf_roles, (int)v);
}

const char *
conf_tls_name(enum conf_tls v)
{
	return word_of(
	    v == CONF_TLS_VERIFY ? conf_tls_outbound : conf_tls_listen, (int)v);
}

const char *
conf_auth_name(enum conf_auth v)
{
	return word_of(conf_auths, (int)v);
}

const char *
conf_action_name(enum conf_action v)
{
	return word_of(conf_actions, (int)v);
}

const char *
conf_exempt_name(enum conf_exempt_list v)
{
	return word_of(conf_exempt_lists, (int)v);
}

enum conf_exempt_list
conf_exempt_parse(struct slice name)
{
	enum conf_exempt_list v = CONF_EXEMPT_PTR;

	while (v < CONF_EXEMPT_LISTS &&
	       !slice_eq_nocase(name, slice_str(conf_exempt_name(v))))
		v++;
	return v;
}

/* ---- actions by name ---- */

/* In the order of the schema, which the unit test holds them to. */
static const char *const action_names[] = {"reverse-lookup.ptr.missing",
    "reverse-lookup.ptr.mismatch", "reverse-lookup.helo.forged",
    "reverse-lookup.helo.not-found", "reverse-lookup.mail.forged",
    "reverse-lookup.mail.not-found", "reverse-lookup.mail.no-mx",
    "relay-control.postmaster", "relay-control.sender.unknown",
    "relay-control.recipient.unknown", "relay-control.identity.envelope",
    "relay-control.identity.header"};

const char *
conf_action_at(size_t n)
{
	size_t all = sizeof(action_names) / sizeof(action_names[0]);
	return n < all ? action_names[n] : NULL;
}

const enum conf_action *
conf_action_find(const struct conf *c, struct slice name)
{
	enum section_id s = SECTION_TOP;
	size_t dot;

	while (s != SECTION_COUNT && (dot = slice_find(name, '.')) < name.n) {
		s = schema_section(s, slice_to(name, dot));
		name = slice_from(name, dot + 1);
	}
	const struct conf_option *o =
	    s == SECTION_COUNT ? NULL : schema_option(s, name);
	if (o == NULL || conf_sections[s].size > 0 ||
	    (o->words != conf_actions && o->words != conf_refusals))
		return NULL;
	return (const void *)((const char *)c + conf_sections[s].offset +
			      o->offset);
}
