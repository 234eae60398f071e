#include <string.h>

#include "cmd/mend.h"
#include "conf/trust.h"
#include "proto/mail/date.h"

#define NOTES_MAX   16384
#define SINGLES_MAX 200                 /* addresses in a proposal */
#define NETS_MAX    (SINGLES_MAX + 800) /* that one option takes */
#define LOST_SHOWN  20
#define TOGETHER    4 /* so many of one /24 or /64 of ours are the network */
#define HOSTS_LEAST 3 /* of mail that does not get out */

typedef unsigned long long ull;

/* ---- trusted ---- */

/* A proposal in the making. */
struct making {
	const struct conf *conf;
	const struct mend_history *h;
	const struct conf_trust *old;
	const struct mend_finding *f;
	struct ip_net net[NETS_MAX];
	size_t n;
};

static bool
add_net(struct making *m, const struct ip_net *net)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->net[i].bits <= net->bits &&
		    ip_in_net(&net->ip, &m->net[i]))
			return true;
	if (m->n == NETS_MAX)
		return false;
	m->net[m->n++] = *net;
	return true;
}

static struct ip_net
single(const struct ip *ip)
{
	return (struct ip_net){*ip, ip->family == 4 ? 32 : 128};
}

static bool
is_kept(const struct making *m, const struct ip *ip, struct slice ptr)
{
	const struct conf_trust now = {.net = m->net,
	    .net_n = m->n,
	    .name = m->old->name,
	    .name_n = m->old->name_n};
	return conf_trusts(&now, ip, ptr);
}

/* Is r one of those that the finding is about: through a listener whose trust
 * it is? */
static bool
is_about(const struct making *m, const struct mend_relayer *r)
{
	struct conf_pos own;
	if (m->f->where.n > 0)
		return slice_eq_nocase(r->listen->name, m->f->where);
	return !conf_where(m->conf, &r->listen->trusted, &own);
}

/* Within a net that was named, and not just everybody's? */
static bool
was_named(const struct making *m, const struct ip *ip)
{
	for (size_t i = 0; i < m->old->net_n; i++)
		if (conf_net_width(&m->old->net[i]) != CONF_TRUST_ANYBODY &&
		    ip_in_net(ip, &m->old->net[i]))
			return true;
	return false;
}

/* The network of ip that is ours as a whole: a /24, or a /64. */
static struct ip_net
around(const struct ip *ip)
{
	struct ip_net n = {*ip, ip->family == 4 ? 24 : 64};
	memset(n.ip.b + n.bits / 8, 0, sizeof(n.ip.b) - n.bits / 8u);
	return n;
}

static size_t
neighbours(const struct making *m, const struct ip_net *net)
{
	size_t n = 0;
	for (const struct mend_relayer *r = m->h->relayer; r != NULL;
	     r = r->next)
		n += is_about(m, r) && ip_in_net(&r->ip, net);
	return n;
}

/* Those that relayed and are ours, as single addresses or, where there are
 * many side by side, as their network. */
static void
keep_relayers(struct making *m)
{
	size_t singles = 0;
	for (const struct mend_relayer *r = m->h->relayer; r != NULL;
	     r = r->next) {
		struct ip_net net = single(&r->ip), wide = around(&r->ip);
		bool stranger = mend_is_stranger(&r->ip);
		if (!is_about(m, r) || singles == SINGLES_MAX ||
		    is_kept(m, &r->ip, slice_str(r->ptr)) ||
		    (stranger && !was_named(m, &r->ip)))
			continue;
		if (!stranger && !ip_is_loopback(&r->ip) &&
		    neighbours(m, &wide) >= TOGETHER)
			net = wide;
		singles += add_net(m, &net);
	}
}

/* This machine itself hands its own mail in that way. */
static void
keep_loopback(struct making *m)
{
	static const struct ip here[] = {
	    {.family = 4, .b = {127, 0, 0, 1}}, {.family = 6, .b = {[15] = 1}}};
	static const struct ip_net all = {{4, {127}}, 8};
	bool none = m->n + m->old->name_n == 0;
	for (size_t i = 0; i < 2; i++) {
		struct ip_net net = single(&here[i]);
		if (none)
			(void)add_net(m, i == 0 ? &all : &net);
		else if (conf_trusts(m->old, &here[i], SLICE_EMPTY))
			(void)add_net(m, &net);
	}
}

static void
add_net_text(struct buf *b, const struct ip_net *n)
{
	buf_add_ip(b, &n->ip);
	if (n->bits != (n->ip.family == 4 ? 32 : 128)) {
		buf_add_byte(b, '/');
		buf_add_u64(b, n->bits);
	}
}

static void
add_value(const struct making *m, struct buf *b)
{
	buf_add_byte(b, '{');
	for (size_t i = 0; i < m->n; i++) {
		buf_add_str(b, i > 0 ? ", \"" : "\"");
		add_net_text(b, &m->net[i]);
		buf_add_byte(b, '"');
	}
	for (size_t i = 0; i < m->old->name_n; i++) {
		buf_add_str(b, i + m->n > 0 ? ", \"" : "\"");
		buf_add(b, m->old->name[i]);
		buf_add_byte(b, '"');
	}
	buf_add_byte(b, '}');
}

static void
add_relayer(struct buf *b, const struct mend_relayer *r)
{
	buf_add_str(b, "  ");
	buf_add_ip(b, &r->ip);
	buf_printf(b, ": %llu message%s, the last on ", (ull)r->messages,
	    r->messages == 1 ? "" : "s");
	size_t at = b->n;
	buf_add_date_rfc3339(b, r->last_ms, 0);
	if (b->n > at + 10)
		b->n = at + 10;
	buf_add_str(b, r->ours ? ", all of senders in our domains\n" : "\n");
}

/* Those that relayed, of which those who still may are kept or not. */
static size_t
add_relayers(const struct making *m, struct buf *b, bool kept)
{
	size_t n = 0;
	for (const struct mend_relayer *r = m->h->relayer; r != NULL;
	     r = r->next) {
		if (!is_about(m, r) ||
		    is_kept(m, &r->ip, slice_str(r->ptr)) != kept)
			continue;
		if (n == 0)
			buf_add_str(b, kept ? "Relayed, and still may:\n"
					    : "Relayed, and no longer may:\n");
		if (n++ < LOST_SHOWN)
			add_relayer(b, r);
	}
	if (n > LOST_SHOWN)
		buf_printf(b, "  and %zu more\n", n - LOST_SHOWN);
	return n;
}

static void
add_notes(const struct making *m, struct buf *b)
{
	if (!m->h->known)
		buf_add_str(b,
		    "Who relayed could not be found out: only what is named "
		    "here stays.\n");
	size_t kept = add_relayers(m, b, true);
	size_t lost = add_relayers(m, b, false);
	if (m->h->left_out)
		buf_add_str(b, "Further addresses relayed: there are too many "
			       "to list.\n");
	if (m->h->known && kept + lost == 0)
		buf_printf(b, "Nobody relayed by it in the last %d days.\n",
		    MEND_DAYS);
	if (lost > 0 || m->h->left_out)
		buf_add_str(b,
		    "Who is of yours among them: name the address with --keep, "
		    "or let them log in\n(kurir user add NAME, and a listener "
		    "with role = submission), or make a device section\n"
		    "of each that cannot.\n");
}

static void
find_maybe(const struct making *m, struct mend_finding *f)
{
	f->maybe_n = 0;
	for (const struct mend_relayer *r = m->h->relayer; r != NULL;
	     r = r->next)
		if (is_about(m, r) && r->ours &&
		    f->maybe_n < sizeof(f->maybe) / sizeof(*f->maybe) &&
		    !is_kept(m, &r->ip, slice_str(r->ptr)))
			f->maybe[f->maybe_n++] = r->ip;
}

void
mend_propose(const struct conf *c, const struct mend_args *a,
    const struct mend_history *h, struct mend_finding *f)
{
	struct making m = {.conf = c, .h = h, .f = f};
	m.old = mend_field(c, f);
	for (size_t i = 0; i < m.old->net_n; i++)
		if (conf_net_width(&m.old->net[i]) == CONF_TRUST_FEW)
			(void)add_net(&m, &m.old->net[i]);
	for (size_t i = 0; i < a->keep_n; i++)
		(void)add_net(&m, &a->keep[i]);
	keep_relayers(&m);
	keep_loopback(&m);
	buf_clear(&f->value);
	buf_clear(&f->notes);
	add_value(&m, &f->value);
	add_notes(&m, &f->notes);
	find_maybe(&m, f);
}

/* ---- what there is ---- */

static struct mend_finding *
add(struct mend_list *out, enum mend_kind kind, const char *code, bool bad,
    const struct conf_listen *l, const char *option)
{
	if (out->n == MEND_FINDINGS_MAX)
		return NULL;
	struct mend_finding *f = &out->v[out->n++];
	*f = (struct mend_finding){.kind = kind, .code = code, .bad = bad};
	if (l != NULL) {
		f->where = l->name;
		(void)snprintf(f->setting, sizeof(f->setting), "listen.%.*s.%s",
		    SLICE_ARG(l->name), option);
	} else {
		(void)snprintf(f->setting, sizeof(f->setting), "%s", option);
	}
	buf_init(&f->text, 1024);
	buf_init(&f->value, 65536);
	buf_init(&f->notes, NOTES_MAX);
	buf_init(&f->before, CONF_TEXT_MAX);
	buf_init(&f->after, CONF_TEXT_MAX);
	return f;
}

static void
find_trusted(const struct conf *c, const struct mend_args *a,
    const struct mend_history *h, const struct conf_trust *t,
    const struct conf_listen *l, struct mend_list *out)
{
	const struct ip_net *net;
	enum conf_width w = conf_trust_width(t, &net);
	if (w == CONF_TRUST_FEW)
		return;
	bool anybody = w == CONF_TRUST_ANYBODY;
	struct mend_finding *f = add(out, MEND_TRUSTED,
	    anybody ? "self.open-relay" : "self.trusted-wide", anybody, l,
	    "trusted");
	if (f == NULL)
		return;
	buf_add_str(&f->text, "trusted holds ");
	add_net_text(&f->text, net);
	buf_add_str(&f->text,
	    anybody ? ": whoever connects may relay to anywhere"
		    : ": are these addresses of the internet all yours?");
	mend_propose(c, a, h, f);
}

static bool
only_here(const struct conf_listen *l)
{
	for (size_t i = 0; i < l->address.n; i++)
		if (!ip_is_loopback(&l->address.v[i].ip))
			return false;
	return true;
}

static void
find_auth(const struct conf_listen *l, struct mend_list *out)
{
	struct mend_finding *f;
	if (l->role != CONF_ROLE_SUBMISSION || l->auth == CONF_AUTH_REQUIRE)
		return;
	f = add(out, MEND_SUBMISSION, "mend.submission-auth", false, l, "auth");
	if (f == NULL)
		return;
	buf_printf(&f->text,
	    "listen \"%.*s\" is for submission and does not require AUTH: who "
	    "submits shall log in",
	    SLICE_ARG(l->name));
	buf_add_str(&f->value, "\"require\"");
	buf_add_str(&f->notes, "Accounts are made by: kurir user add NAME\n");
}

static void
find_clear(const struct conf_listen *l, struct mend_list *out)
{
	bool submits = l->role == CONF_ROLE_SUBMISSION;
	if (l->role == CONF_ROLE_DEVICE || l->tls != CONF_TLS_NONE ||
	    (l->auth == CONF_AUTH_OFF && !submits) || only_here(l))
		return;
	struct mend_finding *f =
	    add(out, MEND_CLEAR, "mend.auth-in-clear", true, l, "tls");
	if (f == NULL)
		return;
	buf_printf(&f->text,
	    "listen \"%.*s\" takes passwords in clear: whoever is on the way "
	    "reads them, and then relays with them",
	    SLICE_ARG(l->name));
	if (l->cert.certificate.n > 0) {
		buf_add_str(&f->value, submits ? "\"encrypt\"" : "\"may\"");
		return;
	}
	f->state = MEND_NO_CURE;
	buf_add_str(&f->notes,
	    "There is no certificate: get one, name it and its key in the tls "
	    "section, and take\ntls = \"none\" out here.\n");
}

/* More than half of the servers do not let us in, and that of three or more. */
static bool
is_stuck(const struct conf *c, const struct mend_outgoing *o)
{
	size_t most = o->silent >= o->refused ? o->silent : o->refused;
	return c->outbound.via.kind == NEXTHOP_MX && most >= HOSTS_LEAST &&
	       (o->silent + o->refused) * 2 > o->hosts;
}

static void
add_stuck(const struct conf *c, const struct mend_outgoing *o, struct buf *b)
{
	if (o->silent >= o->refused)
		buf_printf(b,
		    "%zu of %zu servers could not be reached on port %llu, "
		    "such as %s: the provider may block it",
		    o->silent, o->hosts, (ull)c->outbound.port, o->example);
	else
		buf_printf(b,
		    "%zu of %zu servers refused this address, as it has no "
		    "good name or is on a list; such as %s",
		    o->refused, o->hosts, o->example);
}

static void
find_smarthost(const struct conf *c, const struct mend_args *a,
    const struct mend_history *h, struct mend_list *out)
{
	bool stuck = is_stuck(c, &h->out);
	if (!stuck && a->smarthost == NULL)
		return;
	struct mend_finding *f = add(out, MEND_SMARTHOST,
	    !stuck                            ? "mend.smarthost"
	    : h->out.silent >= h->out.refused ? "mend.port-blocked"
					      : "mend.not-welcome",
	    stuck, NULL, "outbound.via");
	if (f == NULL)
		return;
	if (stuck)
		add_stuck(c, &h->out, &f->text);
	else
		buf_add_str(&f->text, "mail shall go out by a smart host");
	buf_add_str(&f->notes,
	    "A smart host (that of the provider, or one that is paid for) "
	    "takes the mail and sends\nit on: --smarthost HOST:PORT, and if it "
	    "wants that, --smarthost-user USER.\n");
}

struct mend_finding *
mend_add_credentials(struct mend_list *l, const char *file)
{
	struct mend_finding *f = add(l, MEND_CREDENTIALS, "mend.smarthost",
	    false, NULL, "outbound.credentials");
	if (f == NULL)
		return NULL;
	buf_add_str(&f->text, "the user and password of the smart host");
	buf_add_byte(&f->value, '"');
	for (const char *p = file; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			buf_add_byte(&f->value, '\\');
		buf_add_byte(&f->value, (uint8_t)*p);
	}
	buf_add_byte(&f->value, '"');
	return f;
}

void
mend_find(const struct conf *c, const struct mend_args *a,
    const struct mend_history *h, struct mend_list *out)
{
	struct conf_pos own;
	out->n = 0;
	find_trusted(c, a, h, &c->trusted, NULL, out);
	for (size_t i = 0; i < c->listen_n; i++)
		if (conf_where(c, &c->listen[i].trusted, &own))
			find_trusted(
			    c, a, h, &c->listen[i].trusted, &c->listen[i], out);
	for (size_t i = 0; i < c->listen_n; i++) {
		find_auth(&c->listen[i], out);
		find_clear(&c->listen[i], out);
	}
	find_smarthost(c, a, h, out);
}

void
mend_list_free(struct mend_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct mend_finding *f = &l->v[i];
		buf_free(&f->text);
		buf_free(&f->value);
		buf_free(&f->notes);
		buf_free(&f->before);
		buf_free(&f->after);
	}
	l->n = 0;
}

const void *
mend_field(const struct conf *c, const struct mend_finding *f)
{
	const struct conf_listen *l =
	    f->where.n > 0 ? conf_listen_find(c, f->where) : NULL;
	switch (f->kind) {
	case MEND_TRUSTED:
		return l != NULL ? &l->trusted : &c->trusted;
	case MEND_SUBMISSION:
		return l != NULL ? &l->auth : NULL;
	case MEND_CLEAR:
		return l != NULL ? &l->tls : NULL;
	case MEND_SMARTHOST:
		return &c->outbound.via;
	case MEND_CREDENTIALS:
		return &c->outbound.credentials;
	}
	return NULL;
}
