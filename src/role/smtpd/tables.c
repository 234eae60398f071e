/* tables.c - what is made from a configuration, and the recipients that are
 * already known. */
#include "role/smtpd/smtpd.h"

#include <stdlib.h>
#include <string.h>

#define KNOWN_MAX 4096u

/* ---- files from master ---- */

static void
secret_free(struct secret *s)
{
	list_remove(&s->node);
	if (s->content.p != NULL)
		explicit_bzero(s->content.p, s->content.cap);
	buf_free(&s->name);
	buf_free(&s->content);
	free(s);
}

void
secrets_take(struct smtpd *d, enum ipc_file_kind what, struct slice name,
    struct slice content)
{
	LIST_FOREACH_SAFE (n, &d->secrets) {
		struct secret *old = LIST_OWNER(n, struct secret, node);
		if (old->what == what && slice_eq(buf_slice(&old->name), name))
			secret_free(old);
	}
	struct secret *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return; /* generation_make will miss it and say so */
	s->what = what;
	buf_init(&s->name, 4096);
	buf_init(&s->content, ROLE_FILE_MAX);
	buf_add(&s->name, name);
	buf_add(&s->content, content);
	list_push_back(&d->secrets, &s->node);
}

void
secrets_wipe(struct smtpd *d)
{
	LIST_FOREACH_SAFE (n, &d->secrets) {
		struct secret *s = LIST_OWNER(n, struct secret, node);
		if (s->what != IPC_FILE_TICKET_KEY)
			secret_free(s);
	}
}

static struct slice
secret_find(struct smtpd *d, enum ipc_file_kind what, struct slice name)
{
	LIST_FOREACH (n, &d->secrets) {
		struct secret *s = LIST_OWNER(n, struct secret, node);
		if (s->what == what && slice_eq(buf_slice(&s->name), name))
			return buf_slice(&s->content);
	}
	return SLICE_EMPTY;
}

/* ---- profiles ---- */

/* Sessions and tickets of one kind of listener are worthless to another. */
static struct slice
listen_kind(const struct conf_listen *l)
{
	if (l->role == CONF_ROLE_MX)
		return SLICE("mx");
	if (l->role == CONF_ROLE_DEVICE)
		return SLICE("device");
	return l->tls == CONF_TLS_IMPLICIT ? SLICE("submissions")
					   : SLICE("submission");
}

static size_t
read_tickets(struct smtpd *d, struct tls_ticket_secret out[TLS_TICKET_SECRETS])
{
	struct slice raw = secret_find(d, IPC_FILE_TICKET_KEY, SLICE(""));
	size_t n = 0;
	while (n < TLS_TICKET_SECRETS && raw.n >= TLS_TICKET_SECRET_LEN) {
		memcpy(out[n++].b, raw.p, TLS_TICKET_SECRET_LEN);
		raw = slice_from(raw, TLS_TICKET_SECRET_LEN);
	}
	return n;
}

void
tickets_renew(struct smtpd *d)
{
	struct tls_ticket_secret tickets[TLS_TICKET_SECRETS];
	size_t n = read_tickets(d, tickets);
	for (size_t i = 0; d->current != NULL && i < d->current->profile_n; i++)
		if (d->current->profiles[i].tls != NULL)
			tls_server_set_tickets(
			    d->current->profiles[i].tls, tickets, n);
	explicit_bzero(tickets, sizeof(tickets));
}

/* Which file it is about, in front of what is wrong with it. */
static void
name_file(struct diag *d, const struct conf_certificate *cert)
{
	struct diag what = *d;
	diag_set(d, ERR_TLS, what.cause, "%.*s (key %.*s): %s",
	    SLICE_ARG(cert->certificate), SLICE_ARG(cert->key), what.text);
}

/* What the oldest device on a listener for them needs; each is held to its own
 * minimum when it sends. */
static enum tls_version
oldest_tls(const struct conf *conf, const struct conf_listen *l)
{
	static const enum tls_version versions[] = {[CONF_TLS_1_0] = TLS_V1_0,
	    [CONF_TLS_1_1] = TLS_V1_1,
	    [CONF_TLS_1_2] = TLS_V1_2,
	    [CONF_TLS_1_3] = TLS_V1_3};
	enum conf_tls_version oldest = CONF_TLS_1_2;
	if (l->legacy_tls)
		return TLS_V1_0;
	if (l->role != CONF_ROLE_DEVICE)
		return TLS_ANY;
	for (size_t i = 0; i < conf->device_n; i++)
		if (conf->device[i].min_tls < oldest)
			oldest = conf->device[i].min_tls;
	return versions[oldest];
}

static enum err
make_tls(struct smtpd *d, const struct conf *conf, struct profile *p,
    struct diag *out_diag)
{
	const struct conf_certificate *cert = &p->listen->cert;
	struct tls_ticket_secret tickets[TLS_TICKET_SECRETS];
	struct tls_server_conf c = {
	    .cert_pem = secret_find(d, IPC_FILE_CERTIFICATE, cert->certificate),
	    .key_pem = secret_find(d, IPC_FILE_KEY, cert->key),
	    .kind = listen_kind(p->listen),
	    .tickets = tickets,
	    .ticket_count = read_tickets(d, tickets),
	    .min_version = oldest_tls(conf, p->listen),
	};
	c.legacy = c.min_version == TLS_V1_0 || c.min_version == TLS_V1_1;
	enum err err = tls_server_new(&c, &p->tls, out_diag);
	explicit_bzero(tickets, sizeof(tickets));
	if (err != ERR_OK)
		name_file(out_diag, cert);
	for (size_t i = 0; i < conf->sni_n && err == ERR_OK; i++) {
		const struct conf_sni *sni = &conf->sni[i];
		err = tls_server_add_name(p->tls, sni->name,
		    secret_find(d, IPC_FILE_CERTIFICATE, sni->cert.certificate),
		    secret_find(d, IPC_FILE_KEY, sni->cert.key), out_diag);
		if (err != ERR_OK)
			name_file(out_diag, &sni->cert);
	}
	return err;
}

static void
fill_limits(struct smtp_server_limits *l, const struct conf *conf,
    const struct conf_listen *listen)
{
	*l = smtp_server_limits_default;
	l->message_octets = listen->max_size;
	l->recipients = (uint32_t)conf->limits.recipients;
	l->errors = (uint32_t)conf->limits.errors;
	l->command_timeout_ms = conf->limits.command_timeout_ms;
	l->data_timeout_ms = conf->limits.data_timeout_ms;
}

static enum smtp_srv_tls
machine_tls(enum conf_tls t)
{
	switch (t) {
	case CONF_TLS_NONE:
		return SMTP_SRV_TLS_NONE;
	case CONF_TLS_MAY:
		return SMTP_SRV_TLS_MAY;
	case CONF_TLS_IMPLICIT:
		return SMTP_SRV_TLS_IMPLICIT;
	case CONF_TLS_ENCRYPT:
	case CONF_TLS_VERIFY:
	default:
		return SMTP_SRV_TLS_ENCRYPT;
	}
}

static enum smtp_srv_role
machine_role(enum conf_role role)
{
	switch (role) {
	case CONF_ROLE_MX:
		return SMTP_SRV_MX;
	case CONF_ROLE_DEVICE:
		return SMTP_SRV_DEVICE;
	case CONF_ROLE_SUBMISSION:
	default:
		return SMTP_SRV_SUBMISSION;
	}
}

/* What the machine must ask before it goes on, by what there is to judge. */
static void
fill_lookups(struct profile *p, const struct conf *conf)
{
	const struct conf_reverse_lookup *r = &conf->reverse_lookup;
	p->lookups = p->listen->reverse_lookup;
	p->opts.ask_connect = p->lookups && !r->ptr.exempt_authenticated &&
			      (r->ptr.missing == CONF_ACTION_CLOSE ||
				  r->ptr.mismatch == CONF_ACTION_CLOSE);
	/* Lists may also name a client by its HELO name. */
	p->opts.ask_helo =
	    p->lookups && (reverse_wanted(r, REVERSE_HELO) ||
			      conf->exempts[CONF_EXEMPT_PTR] != NULL ||
			      conf->exempts[CONF_EXEMPT_MAIL] != NULL);
}

/* Each device has its own rules of speech on the listener for devices. */
static enum err
fill_devices(struct profile *p, const struct conf *conf, struct diag *out_diag)
{
	if (p->listen->role != CONF_ROLE_DEVICE)
		return ERR_OK;
	p->device_opts = calloc(conf->device_n + 1, sizeof(*p->device_opts));
	if (p->device_opts == NULL)
		return diag_set(out_diag, ERR_NOMEM, NULL, "out of memory");
	for (size_t i = 0; i < conf->device_n; i++) {
		struct smtp_server_opts *o = &p->device_opts[i];
		*o = p->opts;
		o->mechanisms = SLICE("LOGIN PLAIN");
		o->auth = conf->device[i].auth == CONF_DEVICE_AUTH_OFF
			      ? SMTP_SRV_AUTH_OFF
			      : SMTP_SRV_AUTH_OFFER;
		o->auth_without_tls = true;
		o->limits.message_octets = conf->device[i].max_size;
		o->limits.data_line_octets = 0; /* repaired, not refused */
	}
	return ERR_OK;
}

static enum err
make_profile(struct smtpd *d, const struct conf *conf, struct profile *p,
    const struct conf_listen *listen, struct diag *out_diag)
{
	p->listen = listen;
	buf_init(&p->mechanisms, 256);
	/* -PLUS binds the password exchange to this TLS channel. */
	buf_add_str(
	    &p->mechanisms, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN");
	p->opts.hostname = conf->hostname;
	p->opts.mechanisms = buf_slice(&p->mechanisms);
	p->opts.role = machine_role(listen->role);
	p->opts.tls = machine_tls(listen->tls);
	p->opts.auth = listen->auth == CONF_AUTH_OFF ? SMTP_SRV_AUTH_OFF
		       : listen->auth == CONF_AUTH_OFFER
			   ? SMTP_SRV_AUTH_OFFER
			   : SMTP_SRV_AUTH_REQUIRE;
	/* Passwords travel in clear only where the operator took TLS away. */
	p->opts.auth_without_tls = listen->tls == CONF_TLS_NONE;
	fill_limits(&p->opts.limits, conf, listen);
	fill_lookups(p, conf);
	p->clear_opts = p->opts;
	p->clear_opts.tls = SMTP_SRV_TLS_NONE;
	if (fill_devices(p, conf, out_diag) != ERR_OK)
		return ERR_NOMEM;
	if (listen->tls == CONF_TLS_NONE)
		return ERR_OK;
	return make_tls(d, conf, p, out_diag);
}

struct generation *
generation_make(struct smtpd *d, const struct conf *conf, struct diag *out_diag)
{
	struct generation *g = calloc(1, sizeof(*g));
	if (g != NULL)
		g->profiles = calloc(conf->listen_n + 1, sizeof(*g->profiles));
	if (g == NULL || g->profiles == NULL) {
		diag_set(out_diag, ERR_NOMEM, NULL, "out of memory");
		free(g);
		return NULL;
	}
	g->refs = 1;
	g->conf = conf;
	for (size_t i = 0; i < conf->listen_n; i++)
		if (make_profile(d, conf, &g->profiles[i], &conf->listen[i],
			out_diag) != ERR_OK) {
			g->profile_n = i + 1;
			generation_unref(d, g);
			return NULL;
		}
	g->profile_n = conf->listen_n;
	return g;
}

struct generation *
generation_ref(struct generation *g)
{
	g->refs++;
	return g;
}

void
generation_unref(struct smtpd *d, struct generation *g)
{
	if (--g->refs > 0)
		return;
	for (size_t i = 0; i < g->profile_n; i++) {
		tls_server_unref(g->profiles[i].tls);
		buf_free(&g->profiles[i].mechanisms);
		free(g->profiles[i].device_opts);
	}
	if (g->in_force)
		role_conf_unref(d->role, g->conf);
	free(g->profiles);
	free(g);
}

/* ---- recipients already known ---- */

static void
known_drop(struct smtpd *d, struct known_rcpt *k)
{
	map_remove(&d->known, buf_slice(&k->key));
	list_remove(&k->node);
	buf_free(&k->key);
	buf_free(&k->targets);
	free(k);
	d->known_n--;
}

const struct known_rcpt *
known_find(struct smtpd *d, struct slice key)
{
	return map_get(&d->known, key);
}

void
known_put(struct smtpd *d, struct slice key, uint8_t dom_class, uint8_t exists,
    struct slice targets)
{
	if (map_get(&d->known, key) != NULL || targets.n > 1024)
		return;
	if (d->known_n >= KNOWN_MAX)
		known_drop(
		    d, LIST_OWNER(d->known_list.next, struct known_rcpt, node));
	struct known_rcpt *k = calloc(1, sizeof(*k));
	if (k == NULL)
		return;
	buf_init(&k->key, 512);
	buf_init(&k->targets, 1024);
	buf_add(&k->key, key);
	buf_add(&k->targets, targets);
	k->dom_class = dom_class;
	k->exists = exists;
	if (buf_err(&k->key) != ERR_OK || buf_err(&k->targets) != ERR_OK ||
	    map_put(&d->known, buf_slice(&k->key), k) != ERR_OK) {
		buf_free(&k->key);
		buf_free(&k->targets);
		free(k);
		return;
	}
	list_push_back(&d->known_list, &k->node);
	d->known_n++;
}

void
known_clear(struct smtpd *d)
{
	LIST_FOREACH_SAFE (n, &d->known_list)
		known_drop(d, LIST_OWNER(n, struct known_rcpt, node));
}
