#include "conf/check.h"

#include <stdlib.h>

/* ---- reverse-lookup ---- */

static void
warn_forged(const struct check *k, const enum conf_action *a, const char *name)
{
	if (*a >= CONF_ACTION_DEFER)
		report_warn(k->r,
		    check_at(k, a,
			check_at(
			    k, &k->c->reverse_lookup.preset, k->c->priv->top)),
		    "%s forged = %s refuses honest mail: many servers send "
		    "from another address than those of their %s; note is "
		    "meant for this",
		    name, conf_action_name(*a),
		    name[0] == 'h' ? "HELO name" : "domain");
}

void
check_lookups(struct check *k)
{
	const struct conf_reverse_lookup *r = &k->c->reverse_lookup;
	struct conf_pos preset = check_at(k, &r->preset, k->c->priv->top);

	warn_forged(k, &r->helo.forged, "helo");
	warn_forged(k, &r->mail.forged, "mail");
	if (r->mail.no_mx >= CONF_ACTION_DEFER)
		report_warn(k->r, check_at(k, &r->mail.no_mx, preset),
		    "mail no-mx = %s refuses domains that send and take mail "
		    "without an MX record, as RFC 5321 5.1 lets them",
		    conf_action_name(r->mail.no_mx));
}

/* ---- exempt ---- */

static bool
is_http(const struct conf_exempt *e)
{
	return slice_starts_nocase(e->sync, SLICE("http://"));
}

static void
check_signed(const struct check *k, const struct conf_exempt *e)
{
	bool bare = is_http(e) && e->key.n == 0;

	if (bare && !e->unsigned_sync)
		report_error(k->r, check_at(k, &e->sync, e->pos),
		    "anyone on the way can change a list that comes by http; "
		    "use https, or set key to the public key that signs it, or "
		    "write unsigned = true");
	else if (bare)
		report_warn(k->r, check_at(k, &e->unsigned_sync, e->pos),
		    "unsigned = true: anyone on the way can exempt whom they "
		    "like from the %.*s lookup; https or a key ends that",
		    SLICE_ARG(e->name));
	else if (e->unsigned_sync)
		report_warn(k->r, check_at(k, &e->unsigned_sync, e->pos),
		    "unsigned = true has no effect here; take it out: %s",
		    e->key.n > 0    ? "a list without the key's signature is "
				      "refused"
		    : e->sync.n > 0 ? "https vouches for the list"
				    : "nothing is synced");
}

static void
check_exempt(const struct check *k, const struct conf_exempt *e)
{
	if (conf_is_broken(k->c, &e->sync) || conf_is_broken(k->c, &e->key) ||
	    conf_is_broken(k->c, &e->unsigned_sync) ||
	    conf_is_broken(k->c, &e->file))
		return;
	check_signed(k, e);
	if (e->file.n == 0 && e->sync.n == 0)
		report_warn(k->r, e->pos,
		    "exempt \"%.*s\" has neither file nor sync: it exempts "
		    "nobody",
		    SLICE_ARG(e->name));
	if (e->key.n > 0 && e->sync.n == 0)
		report_warn(k->r, check_at(k, &e->key, e->pos),
		    "key has no effect without sync");
}

void
check_exempts(struct check *k)
{
	for (size_t i = 0; i < k->c->exempt_n; i++)
		check_exempt(k, &k->c->exempt[i]);
}

/* ---- relay-control ---- */

static void
warn_unknown(const struct check *k, const bool *exempt, const char *whose)
{
	if (*exempt)
		report_warn(k->r, check_at(k, exempt, k->c->priv->top),
		    "mail %s clients send to mailboxes that do not exist is "
		    "taken and then returned to whoever it claims to be from",
		    whose);
}

void
check_control(struct check *k)
{
	const struct conf_relay_control *r = &k->c->relay_control;

	warn_unknown(k, &r->recipient.exempt_authenticated, "authenticated");
	warn_unknown(k, &r->recipient.exempt_trusted, "trusted");
	if (r->postmaster == CONF_ACTION_OFF &&
	    conf_is_set(k->c, &r->postmaster))
		report_warn(k->r, check_at(k, &r->postmaster, k->c->priv->top),
		    "postmaster = off: strangers may write to your users as "
		    "your postmaster");
}

/* ---- shields ---- */

static void
check_shield(const struct check *k, const struct conf_shield *s)
{
	for (size_t i = 0; i < s->address.n; i++)
		if (s->address.v[i].bits == 0)
			report_warn(k->r, check_at(k, &s->address, s->pos),
			    "shield \"%.*s\" keeps nobody out: it allows every "
			    "IPv%u address",
			    SLICE_ARG(s->name), s->address.v[i].ip.family);
	if (s->action == CONF_ACTION_OFF && conf_is_set(k->c, &s->action) &&
	    !conf_is_broken(k->c, &s->action))
		report_warn(k->r, check_at(k, &s->action, s->pos),
		    "shield \"%.*s\" keeps nobody out: action = off",
		    SLICE_ARG(s->name));
	if (slice_eq(s->name, SLICE(CONF_SHIELD_LOCAL)) && k->c->domain_n == 0)
		report_warn(k->r, s->pos,
		    "shield \"" CONF_SHIELD_LOCAL
		    "\" has no effect: there is no domain of ours");
}

void
check_shields(struct check *k)
{
	for (size_t i = 0; i < k->c->shield_n; i++)
		check_shield(k, &k->c->shield[i]);
}

/* ---- devices ---- */

static void
check_range(
    const struct check *k, const struct conf_device *d, const struct ip_net *n)
{
	struct conf_pos pos = check_at(k, &d->address, d->pos);
	struct buf text;

	if (n->bits >= (n->ip.family == 4 ? 16 : 48))
		return;
	check_add_net(&text, n);
	if (n->bits == 0)
		report_error(k->r, pos,
		    "device \"%.*s\" has the address %.*s, which is everyone; "
		    "name the addresses of the device",
		    SLICE_ARG(d->name), SLICE_ARG(buf_slice(&text)));
	else
		report_warn(k->r, pos,
		    "device \"%.*s\" has the address %.*s: whoever is in "
		    "there may send as this device",
		    SLICE_ARG(d->name), SLICE_ARG(buf_slice(&text)));
	buf_free(&text);
}

/* Entries of a list whose domain is none of ours. */
static size_t
foreign(const struct conf *c, const struct conf_texts *t, struct slice *first)
{
	size_t n = 0;

	for (size_t i = t->n; i > 0; i--) {
		struct slice s = t->v[i - 1];
		size_t at = slice_rfind(s, '@');
		if (conf_domain_find(c, slice_from(s, at + 1)) != NULL)
			continue;
		*first = s;
		n++;
	}
	return n;
}

static void
warn_foreign(const struct check *k, const struct conf_device *d)
{
	struct slice first = SLICE_EMPTY;
	size_t n = foreign(k->c, &d->to, &first);

	if (n > 0)
		report_warn(k->r, check_at(k, &d->to, d->pos),
		    "device \"%.*s\" may send to %.*s%s, beyond our domains: "
		    "whoever has its address%s may relay there",
		    SLICE_ARG(d->name), SLICE_ARG(slice_to(first, 100)),
		    n > 1 ? " and others" : "",
		    d->auth == CONF_DEVICE_AUTH_OFF ? "" : " and password");
	n = foreign(k->c, &d->from, &first);
	if (n > 0)
		report_warn(k->r, check_at(k, &d->from, d->pos),
		    "device \"%.*s\" may send as %.*s%s, which is not ours: "
		    "other servers may take that for forged",
		    SLICE_ARG(d->name), SLICE_ARG(slice_to(first, 100)),
		    n > 1 ? " and others" : "");
}

static bool
has_listener(const struct conf *c, bool legacy_only)
{
	for (size_t i = 0; i < c->listen_n; i++)
		if (c->listen[i].role == CONF_ROLE_DEVICE &&
		    (!legacy_only || c->listen[i].legacy_tls))
			return true;
	return false;
}

static void
warn_tls(const struct check *k, const struct conf_device *d)
{
	const char *version = d->min_tls == CONF_TLS_1_0 ? "1.0" : "1.1";
	struct conf_pos pos = check_at(k, &d->min_tls, d->pos);

	if (d->min_tls >= CONF_TLS_1_2 || conf_is_broken(k->c, &d->min_tls))
		return;
	if (has_listener(k->c, false) && !has_listener(k->c, true))
		report_warn(k->r, pos,
		    "min-tls = %s has no effect: no device listener has "
		    "legacy-tls = true",
		    version);
	else
		report_warn(k->r, pos,
		    "device \"%.*s\" may use TLS %s, which can be broken: its "
		    "mail%s can be read on the network between",
		    SLICE_ARG(d->name), version,
		    d->auth == CONF_DEVICE_AUTH_OFF ? "" : " and its password");
}

static void
check_device(const struct check *k, const struct conf_device *d)
{
	for (size_t i = 0; i < d->address.n; i++)
		check_range(k, d, &d->address.v[i]);
	warn_foreign(k, d);
	warn_tls(k, d);
	if (d->user.n > 0 && d->auth == CONF_DEVICE_AUTH_OFF &&
	    !conf_is_broken(k->c, &d->auth))
		report_warn(k->r, check_at(k, &d->user, d->pos),
		    "user has no effect: auth = off trusts the address of "
		    "device \"%.*s\" alone",
		    SLICE_ARG(d->name));
}

static void
check_device_listeners(const struct check *k)
{
	const struct conf *c = k->c;

	for (size_t i = 0; i < c->listen_n; i++) {
		const struct conf_listen *l = &c->listen[i];
		if (conf_is_broken(c, &l->role))
			return;
		if (l->role != CONF_ROLE_DEVICE)
			continue;
		if (c->device_n == 0)
			report_warn(k->r, l->pos,
			    "listen \"%.*s\" refuses everyone: there is no "
			    "device section",
			    SLICE_ARG(l->name));
		if (l->auth != CONF_AUTH_OFF)
			report_error(k->r, check_at(k, &l->auth, l->pos),
			    "auth of listen \"%.*s\" belongs in its device "
			    "sections, each of which says how its device "
			    "shows who it is",
			    SLICE_ARG(l->name));
	}
	if (c->device_n > 0 && !has_listener(c, false))
		report_warn(k->r, c->device[0].pos,
		    "device \"%.*s\" has nowhere to connect: there is no "
		    "listen with role = device",
		    SLICE_ARG(c->device[0].name));
}

struct device_net {
	const struct ip_net *net;
	const struct conf_device *device;
};

static int
compare_nets(const void *a, const void *b)
{
	const struct device_net *x = a, *y = b;
	struct slice p = slice_of(x->net->ip.b, sizeof(x->net->ip.b));
	struct slice q = slice_of(y->net->ip.b, sizeof(y->net->ip.b));
	int d = slice_cmp(p, q);

	if (d == 0)
		d = x->net->ip.family - y->net->ip.family;
	if (d == 0)
		d = x->net->bits - y->net->bits;
	if (d == 0)
		d = x->device < y->device ? -1 : x->device > y->device;
	return d;
}

static bool
is_same(const struct ip_net *a, const struct ip_net *b)
{
	return a->bits == b->bits && ip_eq(&a->ip, &b->ip);
}

/* v is sorted: what is the same lies side by side. */
static void
report_shared(const struct check *k, const struct device_net *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct conf_device *a = v[i - 1].device, *b = v[i].device;
		struct buf text;
		if (a == b || !is_same(v[i - 1].net, v[i].net))
			continue;
		check_add_net(&text, v[i].net);
		report_error(k->r, check_at(k, &b->address, b->pos),
		    "device \"%.*s\" has the address %.*s, which device "
		    "\"%.*s\" has already",
		    SLICE_ARG(b->name), SLICE_ARG(buf_slice(&text)),
		    SLICE_ARG(a->name));
		buf_free(&text);
	}
}

/* Which of two devices is it, that has this address? */
static void
check_shared(struct check *k)
{
	size_t n = 0;

	for (size_t i = 0; i < k->c->device_n; i++)
		n += k->c->device[i].address.n;
	struct device_net *v = calloc(n + 1, sizeof(*v));
	if (v == NULL) {
		k->err = ERR_NOMEM;
		return;
	}
	n = 0;
	for (size_t i = 0; i < k->c->device_n; i++) {
		const struct conf_device *d = &k->c->device[i];
		for (size_t x = 0; x < d->address.n; x++)
			v[n++] = (struct device_net){&d->address.v[x], d};
	}
	qsort(v, n, sizeof(*v), compare_nets);
	report_shared(k, v, n);
	free(v);
}

void
check_devices(struct check *k)
{
	check_device_listeners(k);
	for (size_t i = 0; i < k->c->device_n; i++)
		check_device(k, &k->c->device[i]);
	check_shared(k);
}
