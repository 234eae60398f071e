/* From the greeting to READY. */
#include "proto/smtp/client/internal.h"

#include "base/base64.h"

static bool
has_credentials(const struct smtp_client *c)
{
	return c->o.user.n > 0;
}

/* "EHLO mail.contoh.id" */
static void
send_with(struct smtp_client *c, enum cmd cmd, struct slice verb,
    struct slice argument)
{
	struct buf line;
	buf_init(&line, 1024);
	buf_add(&line, verb);
	buf_add(&line, argument);
	if (buf_err(&line) != ERR_OK)
		c->out.err = buf_err(&line);
	client_command(c, cmd, 0, buf_slice(&line), buf_slice(&line));
	buf_free(&line);
}

void
session_hello_send(struct smtp_client *c)
{
	c->state = ST_SESSION;
	send_with(c, CMD_EHLO, c->o.lmtp ? SLICE("LHLO ") : SLICE("EHLO "),
	    c->o.helo);
}

/* The end of a session by what a reply said. Anything but 4xx and 5xx here is
 * an answer to another question. */
static void
refused(struct smtp_client *c, enum cmd stage, const struct smtp_reply *r)
{
	struct verdict v;
	if (r->code / 100 != 4 && r->code / 100 != 5) {
		client_sync_lost(c, stage, "the reply fits no question");
		return;
	}
	verdict_of_reply(c, &v, stage, r);
	client_fail(c, &v, true);
}

void
session_greeting(
    struct smtp_client *c, uint64_t now, const struct smtp_reply *r)
{
	(void)now;
	if (r->code == 220)
		session_hello_send(c);
	else
		refused(c, CMD_GREETING, r);
}

/* ---- EHLO ---- */

/* The next word of s, or empty. */
static struct slice
word(struct slice *s)
{
	*s = slice_trim(*s);
	size_t n = slice_find(*s, ' ');
	struct slice w = slice_to(*s, n);
	*s = slice_from(*s, n);
	return w;
}

static void
take_auth(struct smtp_client_offers *o, struct slice rest)
{
	struct slice w;
	while ((w = word(&rest)).n > 0) {
		o->auth_plain |= slice_eq_nocase(w, SLICE("PLAIN"));
		o->auth_login |= slice_eq_nocase(w, SLICE("LOGIN"));
	}
}

static void
take_offer(struct smtp_client_offers *o, struct slice line)
{
	struct slice key = word(&line);
	if (slice_eq_nocase(key, SLICE("PIPELINING"))) {
		o->pipelining = true;
	} else if (slice_eq_nocase(key, SLICE("8BITMIME"))) {
		o->eight_bit = true;
	} else if (slice_eq_nocase(key, SLICE("STARTTLS"))) {
		o->starttls = true;
	} else if (slice_eq_nocase(key, SLICE("SMTPUTF8"))) {
		o->utf8 = true;
	} else if (slice_eq_nocase(key, SLICE("ENHANCEDSTATUSCODES"))) {
		o->enhanced = true;
	} else if (slice_eq_nocase(key, SLICE("SIZE"))) {
		o->size = true;
		(void)slice_u64(word(&line), &o->size_octets);
	} else if (slice_eq_nocase(key, SLICE("AUTH"))) {
		take_auth(o, line);
	} else if (slice_starts_nocase(key, SLICE("AUTH="))) {
		/* a form from before RFC 2554, still seen */
		take_auth(o, slice_from(key, 5));
		take_auth(o, line);
	}
}

static void
take_offers(struct smtp_client *c, const struct smtp_reply *r)
{
	struct slice rest = r->raw, line;
	c->offers = (struct smtp_client_offers){.esmtp = true};
	for (unsigned i = 0; smtp_reply_line(&rest, &line); i++)
		if (i > 0)
			take_offer(&c->offers, line);
}

/* ---- AUTH ---- */

enum auth_step { AUTH_NONE, AUTH_PLAIN, AUTH_LOGIN, AUTH_USER, AUTH_PASSWORD };

static void
no_auth(struct smtp_client *c, const char *enhanced, const char *cause,
    struct slice text)
{
	struct verdict v;
	verdict_local(
	    c, &v, CMD_AUTH, SMTP_CLIENT_DEFERRED, enhanced, cause, text);
	client_note(c, '*', text);
	client_fail(c, &v, true);
}

/* Credentials as base64, behind a verb; never shown. */
static void
auth_send(struct smtp_client *c, struct slice verb, struct slice secret,
    struct slice shown)
{
	struct buf line;
	buf_init(&line, 12288); /* RFC 4954 4 */
	buf_add(&line, verb);
	buf_add_base64(&line, secret);
	if (buf_err(&line) != ERR_OK)
		c->out.err = buf_err(&line);
	client_command(c, CMD_AUTH, 0, buf_slice(&line), shown);
	for (size_t i = 0; i < line.n; i++)
		line.p[i] = 0;
	buf_free(&line);
}

static void
auth_plain(struct smtp_client *c)
{
	struct buf secret;
	buf_init(&secret, 4096);
	buf_add_byte(&secret, 0);
	buf_add(&secret, c->o.user);
	buf_add_byte(&secret, 0);
	buf_add(&secret, c->o.password);
	if (buf_err(&secret) != ERR_OK)
		c->out.err = buf_err(&secret);
	c->auth_step = AUTH_PLAIN;
	auth_send(c, SLICE("AUTH PLAIN "), buf_slice(&secret),
	    SLICE("AUTH PLAIN ****"));
	for (size_t i = 0; i < secret.n; i++)
		secret.p[i] = 0;
	buf_free(&secret);
}

/* A password is sent inside TLS or not at all. */
static void
auth_begin(struct smtp_client *c)
{
	if (!c->in_tls) {
		no_auth(c, "4.7.11", "tls.required-outbound",
		    SLICE("credentials are not sent without TLS"));
	} else if (c->offers.auth_plain) {
		auth_plain(c);
	} else if (c->offers.auth_login) {
		c->auth_step = AUTH_LOGIN;
		client_command(
		    c, CMD_AUTH, 0, SLICE("AUTH LOGIN"), SLICE("AUTH LOGIN"));
	} else {
		no_auth(c, "4.7.0", "auth.not-offered",
		    SLICE("the server offers no AUTH mechanism that we use"));
	}
}

void
session_auth(struct smtp_client *c, uint64_t now, const struct smtp_reply *r)
{
	struct verdict v;
	(void)now;
	if (r->code == 235) {
		client_ready(c);
	} else if (r->code == 334 && c->auth_step == AUTH_LOGIN) {
		c->auth_step = AUTH_USER;
		auth_send(c, SLICE_EMPTY, c->o.user, SLICE("****"));
	} else if (r->code == 334 && c->auth_step == AUTH_USER) {
		c->auth_step = AUTH_PASSWORD;
		auth_send(c, SLICE_EMPTY, c->o.password, SLICE("****"));
	} else if (r->code / 100 == 5 || r->code / 100 == 4) {
		/* Wrong credentials are mended by people: mail waits. */
		bool wrong = r->code / 100 == 5;
		verdict_of_reply(c, &v, CMD_AUTH, r);
		if (wrong)
			verdict_restate(&v, CMD_AUTH, SMTP_CLIENT_DEFERRED,
			    "4.7.8", "auth.failed");
		client_fail(c, &v, true);
	} else {
		client_sync_lost(c, CMD_AUTH, "the reply fits no question");
	}
}

/* ---- STARTTLS ---- */

static void
tls_missing(struct smtp_client *c)
{
	struct verdict v;
	struct slice text =
	    SLICE("TLS is required, but the server does not offer it");
	verdict_local(c, &v, CMD_STARTTLS, SMTP_CLIENT_DEFERRED, "4.7.4",
	    "tls.not-offered", text);
	client_note(c, '*', text);
	client_fail(c, &v, true);
}

static void
go_on(struct smtp_client *c)
{
	if (has_credentials(c))
		auth_begin(c);
	else
		client_ready(c);
}

/* What comes after the reply to EHLO or HELO. */
static void
choose(struct smtp_client *c)
{
	if (c->in_tls || c->o.tls == SMTP_CLIENT_TLS_NONE) {
		go_on(c);
	} else if (c->offers.starttls) {
		client_command(
		    c, CMD_STARTTLS, 0, SLICE("STARTTLS"), SLICE("STARTTLS"));
		buf_add(&c->out, c->o.behind_starttls);
	} else if (c->o.tls == SMTP_CLIENT_TLS_MAY) {
		c->plain_because = "tls.not-offered";
		go_on(c);
	} else {
		tls_missing(c);
	}
}

void
session_hello(struct smtp_client *c, uint64_t now, const struct smtp_reply *r,
    enum cmd cmd)
{
	(void)now;
	if (r->code / 100 == 2) {
		if (cmd == CMD_EHLO)
			take_offers(c, r);
		choose(c);
	} else if (cmd == CMD_EHLO && r->code / 100 == 5 && !c->o.lmtp) {
		/* RFC 5321 3.2: a server that knows only HELO. */
		send_with(c, CMD_HELO, SLICE("HELO "), c->o.helo);
	} else {
		refused(c, cmd, r);
	}
}

void
session_tls_over(struct smtp_client *c, const struct verdict *v)
{
	if (c->o.tls == SMTP_CLIENT_TLS_MAY && !has_credentials(c) &&
	    !c->o.implicit)
		client_need_plain(c, v);
	else
		client_fail(c, v, false);
}

void
session_tls_lost(struct smtp_client *c, const char *cause, struct slice text)
{
	struct verdict v;
	verdict_local(
	    c, &v, STAGE_TLS, SMTP_CLIENT_DEFERRED, "4.7.5", cause, text);
	client_note(c, '*', text);
	session_tls_over(c, &v);
}

void
session_starttls(
    struct smtp_client *c, uint64_t now, const struct smtp_reply *r)
{
	struct verdict v;
	(void)now;
	if (r->code == 220) {
		c->state = ST_TLS;
		c->start_tls = true;
	} else if (r->code / 100 != 4 && r->code / 100 != 5) {
		client_sync_lost(c, CMD_STARTTLS, "the reply fits no question");
	} else if (c->o.tls == SMTP_CLIENT_TLS_MAY &&
		   c->o.behind_starttls.n == 0) {
		c->plain_because = "tls.refused";
		client_note(
		    c, '*', SLICE("STARTTLS refused, going on in plain text"));
		go_on(c);
	} else {
		verdict_of_reply(c, &v, CMD_STARTTLS, r);
		verdict_restate(&v, CMD_STARTTLS, SMTP_CLIENT_DEFERRED, "4.7.4",
		    "tls.refused");
		client_fail(c, &v, true);
	}
}
