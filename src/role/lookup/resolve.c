#include "role/lookup/resolve.h"

#include "proto/auth/account.h"
#include "proto/smtp/address.h"

struct resolver {
	const struct resolve_env *env;
	struct arena *arena;
};

/* ---- names ---- */

static enum err
lower(struct arena *a, struct slice s, struct slice *out)
{
	uint8_t *p = arena_alloc(a, s.n);
	if (p == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(s.p[i]);
	*out = slice_of(p, s.n);
	return ERR_OK;
}

/* local@domain as text in the arena, quoted where it must be. */
static enum err
address_text(
    struct arena *a, struct slice local, struct slice domain, struct slice *out)
{
	struct buf b;
	const struct smtp_address address = {
	    .local = local, .domain = domain, .host = SMTP_HOST_NAME};
	buf_init(&b, SMTP_PATH_MAX * 4);
	buf_add_smtp_address(&b, &address);
	enum err e = buf_err(&b);
	if (e == ERR_OK && !arena_slice(a, buf_slice(&b), out))
		e = ERR_NOMEM;
	buf_free(&b);
	return e;
}

static bool
is_postmaster(struct slice local)
{
	return slice_eq_nocase(local, SLICE("postmaster"));
}

static bool
rule_ours(void *arg, struct slice domain)
{
	const struct conf *c = arg;
	return conf_domain_find(c, domain) != NULL;
}

static enum ipc_domain_class
class_of(const struct conf_domain *d)
{
	switch (d->deliver.kind) {
	case NEXTHOP_MAILDIR:
		return IPC_DOMAIN_MAILDIR;
	case NEXTHOP_LMTP_UNIX:
	case NEXTHOP_LMTP_TCP:
		return IPC_DOMAIN_LMTP;
	case NEXTHOP_NONE:
	case NEXTHOP_RELAY:
	case NEXTHOP_SMARTHOST:
	case NEXTHOP_MX:
	case NEXTHOP_HOLD:
	case NEXTHOP_KIND_COUNT:
		break;
	}
	return IPC_DOMAIN_GATEWAY;
}

/* Names without domain count where the mailboxes are ours to know: not where
 * we are only a gateway. */
static bool
rule_bare(void *arg, struct slice domain)
{
	const struct conf_domain *d = conf_domain_find(arg, domain);
	return d != NULL && class_of(d) != IPC_DOMAIN_GATEWAY;
}

/* Is there an account local@domain, or a bare one? All in lower case. */
static enum err
has_account(
    struct resolver *r, struct slice local, struct slice domain, bool *out)
{
	struct slice full;
	/* A quoted local part may hold an "@" and must not pass for a name
	 * with a domain. */
	if (slice_find(local, '@') < local.n) {
		*out = false;
		return ERR_OK;
	}
	enum err e = address_text(r->arena, local, domain, &full);
	if (e == ERR_OK)
		*out = names_has(r->env->names, full) ||
		       names_has(r->env->names, local);
	return e;
}

/* The mailbox in a maildir domain that local means, with or without its tag;
 * *out is empty if there is none. Arguments in lower case. */
static enum err
find_mailbox(struct resolver *r, struct slice local, struct slice domain,
    struct slice *out)
{
	struct slice base;
	bool has = false;
	*out = SLICE_EMPTY;
	enum err e = has_account(r, local, domain, &has);
	if (e == ERR_OK && has)
		return address_text(r->arena, local, domain, out);
	if (e == ERR_OK &&
	    alias_detag(local, r->env->conf->recipient_delimiter, &base)) {
		e = has_account(r, base, domain, &has);
		if (e == ERR_OK && has)
			return address_text(r->arena, base, domain, out);
	}
	return e;
}

/* ---- aliases ---- */

static enum err
expand(struct resolver *r, struct slice local, struct slice domain,
    struct alias_list *out, struct diag *why)
{
	union {
		const struct conf *in;
		void *out;
	} conf = {.in = r->env->conf};
	const struct alias_rules rules = {.bare = rule_bare,
	    .ours = rule_ours,
	    .arg = conf.out,
	    .delimiter = r->env->conf->recipient_delimiter};
	return alias_expand(
	    r->env->aliases, &rules, local, domain, r->arena, out, why);
}

/* A target that is a mailbox here in its canonical form; an unknown one is
 * empty; everybody else's is left as it is. */
static enum err
settle_target(struct resolver *r, struct slice *target)
{
	struct slice local, domain;
	account_split(*target, &local, &domain);
	const struct conf_domain *d = conf_domain_find(r->env->conf, domain);
	if (d == NULL || class_of(d) != IPC_DOMAIN_MAILDIR)
		return ERR_OK;
	enum err e = lower(r->arena, local, &local);
	if (e != ERR_OK)
		return e;
	struct slice found;
	e = find_mailbox(r, local, d->name, &found);
	if (e == ERR_OK && found.n == 0 && is_postmaster(local))
		e = address_text(r->arena, local, d->name, &found);
	*target = found;
	return e;
}

/* Keep what can be delivered to, each once. */
static enum err
settle(struct resolver *r, struct alias_list *l)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->n; i++) {
		struct slice t = l->address[i];
		enum err e = settle_target(r, &t);
		if (e != ERR_OK)
			return e;
		bool known = false;
		for (size_t k = 0; k < kept && !known; k++)
			known = slice_eq(l->address[k], t);
		if (t.n > 0 && !known)
			l->address[kept++] = t;
	}
	l->n = kept;
	return ERR_OK;
}

static enum err
unknown(struct resolved *out, enum err e, struct diag *why)
{
	if (e == ERR_NOMEM)
		return e;
	out->exists = IPC_EXISTS_UNKNOWN;
	out->cacheable = false;
	(void)diag_set(&out->why, e, "local.io-error", "%s", why->text);
	return ERR_OK;
}

/* Who an address stands for by the aliases: out->targets, or none if it is no
 * alias. */
static enum err
resolve_alias(struct resolver *r, struct slice local, struct slice domain,
    struct resolved *out)
{
	struct alias_list l = {.n = 0};
	struct diag why;
	enum err e = expand(r, local, domain, &l, &why);
	if (e != ERR_OK)
		return unknown(out, e, &why);
	if (l.n == 0)
		return ERR_OK;
	e = settle(r, &l);
	if (e == ERR_OK && l.n == 0)
		return unknown(out,
		    diag_set(&why, ERR_NOT_FOUND, "",
			"the alias stands for mailboxes that do not exist"),
		    &why);
	out->exists = IPC_EXISTS_YES;
	out->targets = l.address;
	out->target_n = l.n;
	return e;
}

/* ---- postmaster ---- */

static enum err
one_target(struct resolver *r, struct slice address, struct resolved *out)
{
	out->targets = arena_alloc(r->arena, sizeof(*out->targets));
	if (out->targets == NULL)
		return ERR_NOMEM;
	out->targets[0] = address;
	out->target_n = 1;
	out->exists = IPC_EXISTS_YES;
	return ERR_OK;
}

/* Mail to postmaster is always taken (RFC 5321 4.5.1): where there is no such
 * mailbox it goes to the one of the configuration, by its aliases; if that is
 * nowhere either, into a mailbox "postmaster" at self. */
static enum err
resolve_postmaster(struct resolver *r, struct slice self, struct resolved *out)
{
	struct slice local, domain, target = r->env->conf->postmaster;
	account_split(target, &local, &domain);
	enum err e = resolve_alias(r, local, domain, out);
	if (e != ERR_OK || out->target_n > 0)
		return e;
	e = settle_target(r, &target);
	if (e != ERR_OK)
		return e;
	out->exists = IPC_EXISTS_YES;
	return one_target(r, target.n > 0 ? target : self, out);
}

/* ---- domains ---- */

/* Our own name or address without a domain section: only postmaster lives
 * there. */
static bool
is_our_host(const struct conf *c, struct slice domain)
{
	enum smtp_host kind;
	struct ip ip;
	if (slice_eq_nocase(domain, c->hostname))
		return true;
	if (smtp_literal_parse(domain, &kind, &ip) != ERR_OK ||
	    kind != SMTP_HOST_IP)
		return false;
	for (size_t i = 0; i < c->listen_n; i++)
		for (size_t k = 0; k < c->listen[i].address.n; k++)
			if (ip_eq(&c->listen[i].address.v[k].ip, &ip))
				return true;
	return false;
}

static enum err
resolve_host(struct resolver *r, struct slice local, struct resolved *out)
{
	out->dom_class = IPC_DOMAIN_MAILDIR;
	out->exists = IPC_EXISTS_NO;
	if (!is_postmaster(local))
		return ERR_OK;
	return resolve_postmaster(r, r->env->conf->postmaster, out);
}

static enum err
resolve_maildir(struct resolver *r, const struct conf_domain *d,
    struct slice local, struct resolved *out)
{
	struct slice name, mailbox;
	enum err e = lower(r->arena, local, &name);
	if (e == ERR_OK)
		e = find_mailbox(r, name, d->name, &mailbox);
	if (e != ERR_OK)
		return e;
	if (mailbox.n > 0)
		return one_target(r, mailbox, out);
	out->exists = IPC_EXISTS_NO;
	if (!is_postmaster(local))
		return ERR_OK;
	e = address_text(r->arena, name, d->name, &mailbox);
	return e == ERR_OK ? resolve_postmaster(r, mailbox, out) : e;
}

/* LMTP and gateway: only the next hop knows. */
static enum err
resolve_elsewhere(struct resolver *r, const struct conf_domain *d,
    struct slice local, struct resolved *out)
{
	(void)r;
	out->verify = d;
	out->exists = IPC_EXISTS_YES;
	out->cacheable = false;
	if (is_postmaster(local))
		out->fallback = r->env->conf->postmaster;
	return ERR_OK;
}

static enum err
resolve_ours(struct resolver *r, const struct conf_domain *d,
    struct slice local, struct resolved *out)
{
	struct diag why;
	out->dom_class = class_of(d);
	if (r->env->aliases == NULL)
		return unknown(out,
		    diag_set(&why, ERR_TEMP, "",
			"the alias file has an error that must be mended"),
		    &why);
	if (r->env->names == NULL)
		return unknown(out,
		    diag_set(
			&why, ERR_TEMP, "", "the accounts are not known yet"),
		    &why);
	enum err e = resolve_alias(r, local, d->name, out);
	if (e != ERR_OK || out->target_n > 0 ||
	    out->exists == IPC_EXISTS_UNKNOWN)
		return e;
	if (out->dom_class == IPC_DOMAIN_MAILDIR)
		return resolve_maildir(r, d, local, out);
	return resolve_elsewhere(r, d, local, out);
}

enum err
resolve_rcpt(const struct resolve_env *env, struct slice local,
    struct slice domain, struct arena *a, struct resolved *out)
{
	struct resolver r = {.env = env, .arena = a};
	*out = (struct resolved){.dom_class = IPC_DOMAIN_FOREIGN,
	    .exists = IPC_EXISTS_NO,
	    .cacheable = true};
	if (domain.n == 0)
		domain = env->conf->hostname;
	enum err e = address_text(a, local, domain, &out->address);
	if (e != ERR_OK)
		return e;
	const struct conf_domain *d = conf_domain_find(env->conf, domain);
	if (d != NULL)
		return resolve_ours(&r, d, local, out);
	if (!is_our_host(env->conf, domain))
		return ERR_OK;
	if (env->aliases == NULL || env->names == NULL) {
		struct diag why;
		return unknown(out,
		    diag_set(&why, ERR_TEMP, "", "the tables are not read yet"),
		    &why);
	}
	return resolve_host(&r, local, out);
}
