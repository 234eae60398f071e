#include "conf/finish.h"

#include "conf/value.h"

#include <string.h>

static enum err
finish_postmaster(struct conf *c)
{
	struct slice domain = c->priv->first_domain;
	struct buf b;

	if (c->postmaster.n > 0)
		return ERR_OK;
	buf_init(&b, 512);
	buf_add_str(&b, "postmaster@");
	buf_add(&b, domain.n > 0 ? domain : c->hostname);
	bool ok = buf_err(&b) == ERR_OK &&
		  value_copy(&c->priv->arena, buf_slice(&b), &c->postmaster);
	buf_free(&b);
	return ok ? ERR_OK : ERR_LIMIT;
}

static void
finish_device(const struct conf *c, struct conf_device *d)
{
	if (!conf_is_set(c, &d->max_size))
		d->max_size = c->limits.message_size;
	if (!conf_is_set(c, &d->auth))
		d->auth = d->user.n > 0 ? CONF_DEVICE_AUTH_LOGIN_PLAIN
					: CONF_DEVICE_AUTH_OFF;
}

/* Each device has its own limit; the listener's is none in their way. */
static uint64_t
largest_of_devices(const struct conf *c)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < c->device_n; i++)
		if (c->device[i].max_size > largest)
			largest = c->device[i].max_size;
	return largest > 0 ? largest : c->limits.message_size;
}

/* A device that may use an old TLS shall find it at its listener. */
static bool
has_old_device(const struct conf *c)
{
	for (size_t i = 0; i < c->device_n; i++)
		if (c->device[i].min_tls < CONF_TLS_1_2 &&
		    !conf_is_broken(c, &c->device[i].min_tls))
			return true;
	return false;
}

static void
finish_listen(const struct conf *c, struct conf_listen *l)
{
	if (!conf_is_set(c, &l->cert.certificate) &&
	    !conf_is_set(c, &l->cert.key))
		l->cert = c->tls;
	if (!conf_is_set(c, &l->trusted))
		l->trusted = c->trusted;
	if (!conf_is_set(c, &l->reverse_lookup))
		l->reverse_lookup = l->role == CONF_ROLE_MX;
	if (!conf_is_set(c, &l->legacy_tls))
		l->legacy_tls =
		    l->role == CONF_ROLE_DEVICE && has_old_device(c);
	if (!conf_is_set(c, &l->max_size))
		l->max_size = l->role == CONF_ROLE_DEVICE
				  ? largest_of_devices(c)
				  : c->limits.message_size;
	if (!conf_is_set(c, &l->auth))
		l->auth = l->role == CONF_ROLE_SUBMISSION ? CONF_AUTH_REQUIRE
							  : CONF_AUTH_OFF;
	if (!conf_is_set(c, &l->tls))
		l->tls =
		    l->cert.certificate.n > 0 ? CONF_TLS_MAY : CONF_TLS_NONE;
}

/* No text of a struct conf has a NULL pointer. */
static void
fill_empty(struct slice *s)
{
	if (s->p == NULL)
		*s = SLICE("");
}

static void
fill_empty_texts(struct conf *c)
{
	for (size_t i = 0; i < conf_options_n; i++) {
		const struct conf_option *o = &conf_options[i];
		const struct conf_section *s = &conf_sections[o->section];
		size_t n;
		if (!value_is_text(o))
			continue;
		char *base = schema_array(c, o->section, &n);
		if (s->size == 0)
			fill_empty(
			    (struct slice *)(void *)((char *)c + s->offset +
						     o->offset));
		for (size_t k = 0; k < n; k++)
			fill_empty((struct slice *)(void *)(base + k * s->size +
							    o->offset));
	}
}

/* ---- presets: defaults that go together ---- */

#define REVERSE(field) offsetof(struct conf_reverse_lookup, field)

static void
preset_action(const struct conf *c, struct conf_reverse_lookup *r,
    size_t offset, enum conf_action action)
{
	char *field = (char *)r + offset;

	if (!conf_is_set(c, field))
		memcpy(field, &action, sizeof(action));
}

/* "legitimate-sender": whoever has no name, or a false one, is refused. That
 * the address is not the domain's own is only noted, as it often is not. */
static void
preset_legitimate(const struct conf *c, struct conf_reverse_lookup *r)
{
	static const struct {
		size_t offset;
		enum conf_action action;
	} rows[] = {
	    {REVERSE(ptr.missing), CONF_ACTION_CLOSE},
	    {REVERSE(ptr.mismatch), CONF_ACTION_CLOSE},
	    {REVERSE(helo.forged), CONF_ACTION_NOTE},
	    {REVERSE(helo.not_found), CONF_ACTION_CLOSE},
	    {REVERSE(mail.forged), CONF_ACTION_NOTE},
	    {REVERSE(mail.not_found), CONF_ACTION_CLOSE},
	    {REVERSE(mail.no_mx), CONF_ACTION_REJECT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		preset_action(c, r, rows[i].offset, rows[i].action);
	if (!conf_is_set(c, &r->mail.exempt_authenticated))
		r->mail.exempt_authenticated = false;
}

static void
find_exempts(struct conf *c)
{
	for (size_t i = 0; i < c->exempt_n; i++) {
		enum conf_exempt_list list =
		    conf_exempt_parse(c->exempt[i].name);
		if (list != CONF_EXEMPT_LISTS)
			c->exempts[list] = &c->exempt[i];
	}
}

enum err
finish(struct conf *c)
{
	fill_empty_texts(c);
	if (c->outbound.helo.n == 0)
		c->outbound.helo = c->hostname;
	if (c->reverse_lookup.preset == CONF_PRESET_LEGITIMATE)
		preset_legitimate(c, &c->reverse_lookup);
	find_exempts(c);
	for (size_t i = 0; i < c->domain_n; i++)
		if (c->domain[i].user.n == 0)
			c->domain[i].user = c->user;
	for (size_t i = 0; i < c->device_n; i++)
		finish_device(c, &c->device[i]);
	for (size_t i = 0; i < c->listen_n; i++)
		finish_listen(c, &c->listen[i]);
	return finish_postmaster(c);
}
