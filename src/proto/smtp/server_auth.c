/* AUTH (RFC 4954): the machine carries the octets, the driver knows what they
 * mean. They are decoded from and encoded to base64 here, never noted, and
 * wiped as soon as the verdict on them is in. */
#include "proto/smtp/server_priv.h"

#include "base/base64.h"

#include <string.h>

static const struct smtp_srv_refusal not_offered = {502, false, SLICE("5.5.1"),
    SLICE("auth.not-offered"), SLICE("AUTH is not offered")};
static const struct smtp_srv_refusal needs_tls = {538, false, SLICE("5.7.11"),
    SLICE("tls.required-inbound"),
    SLICE("Encryption required: say STARTTLS first")};
static const struct smtp_srv_refusal twice = {503, false, SLICE("5.5.1"),
    SLICE("protocol.syntax"), SLICE("Already authenticated")};
static const struct smtp_srv_refusal in_mail = {503, false, SLICE("5.5.1"),
    SLICE("protocol.syntax"), SLICE("AUTH not allowed in a transaction")};
static const struct smtp_srv_refusal syntax = {501, false, SLICE("5.5.4"),
    SLICE("protocol.syntax"), SLICE("Syntax: AUTH mechanism [initial]")};
static const struct smtp_srv_refusal mechanism = {504, false, SLICE("5.5.4"),
    SLICE("auth.not-offered"), SLICE("Mechanism is not offered")};
static const struct smtp_srv_refusal not_base64 = {
    501, false, SLICE("5.5.2"), SLICE("protocol.syntax"), SLICE("Not base64")};
static const struct smtp_srv_refusal cancelled = {501, false, SLICE("5.7.0"),
    SLICE("auth.failed"), SLICE("Authentication cancelled by the client")};
static const struct smtp_srv_refusal no_memory = {454, false, SLICE("4.7.0"),
    SLICE("local.io-error"),
    SLICE("Temporary authentication failure, try later")};

static void
wipe(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	buf_free(b);
}

/* Reserved in one piece: growing would leave copies behind. */
static enum err
decode(struct smtp_server *s, struct slice text)
{
	enum err e = buf_reserve(&s->secret, text.n);
	return e != ERR_OK ? e : base64_decode(text, &s->secret);
}

void
srv_auth_end(struct smtp_server *s, bool cancel)
{
	wipe(&s->secret);
	if (s->auth_open && cancel)
		srv_act(s, SMTP_SRV_AUTH_CANCEL);
	s->auth_open = false;
}

/* The next word of a list separated by spaces; false at its end. */
static bool
next_word(struct slice *list, struct slice *word)
{
	*list = slice_trim(*list);
	size_t n = slice_find(*list, ' ');
	*word = slice_to(*list, n);
	*list = slice_from(*list, n);
	return word->n > 0;
}

/* Channel binding needs a channel (RFC 5802 6). */
static bool
usable(const struct smtp_server *s, struct slice mech)
{
	return s->tls || !slice_ends_nocase(mech, SLICE("-PLUS"));
}

void
srv_auth_offer(const struct smtp_server *s, struct buf *b)
{
	struct slice list = s->opts->mechanisms, word;
	if (s->opts->auth == SMTP_SRV_AUTH_OFF || s->authenticated ||
	    (!s->tls && !s->opts->auth_without_tls) ||
	    (!s->tls && s->opts->tls == SMTP_SRV_TLS_ENCRYPT))
		return;
	while (next_word(&list, &word)) {
		if (!usable(s, word))
			continue;
		buf_add_byte(b, ' ');
		buf_add(b, word);
	}
}

static bool
is_offered(const struct smtp_server *s, struct slice mech)
{
	struct slice list = s->opts->mechanisms, word;
	while (next_word(&list, &word))
		if (slice_eq_nocase(word, mech))
			return usable(s, word);
	return false;
}

const struct smtp_srv_refusal *
srv_auth_check(struct smtp_server *s, const struct smtp_command *c)
{
	struct smtp_auth a;
	if (s->opts->auth == SMTP_SRV_AUTH_OFF)
		return &not_offered;
	if (!s->tls && !s->opts->auth_without_tls)
		return &needs_tls;
	if (s->authenticated)
		return &twice;
	if (s->tx.open)
		return &in_mail;
	if (smtp_auth_parse(c->arg, &a) != ERR_OK)
		return &syntax;
	if (!is_offered(s, a.mech))
		return &mechanism;
	if (!arena_slice(&s->cmdmem, a.mech, &s->mech))
		return &no_memory;
	s->has_initial = a.has_initial;
	enum err e = decode(s, a.initial);
	if (e == ERR_OK)
		return NULL;
	srv_auth_end(s, false);
	return e == ERR_SYNTAX ? &not_base64 : &no_memory;
}

void
srv_auth_start(struct smtp_server *s, const struct smtp_command *c)
{
	(void)c;
	s->auth_open = true;
	srv_ask(s, SRV_ASK_AUTH, SMTP_SRV_AUTH_START);
}

void
srv_auth_response(struct smtp_server *s, struct slice line)
{
	const struct smtp_srv_refusal *no = NULL;
	bool star = slice_eq(line, SLICE("*"));
	srv_note_peer(s, star ? line : SLICE_EMPTY, !star);
	s->state = SRV_COMMAND;
	if (star) {
		no = &cancelled;
	} else {
		enum err e = decode(s, line);
		if (e != ERR_OK)
			no = e == ERR_SYNTAX ? &not_base64 : &no_memory;
	}
	if (no == NULL) {
		srv_ask(s, SRV_ASK_AUTH, SMTP_SRV_AUTH_STEP);
		return;
	}
	srv_auth_end(s, true);
	s->auth_refused = true;
	srv_refuse(s, no);
}

void
srv_auth_verdict(struct smtp_server *s, const struct smtp_verdict *v)
{
	wipe(&s->secret);
	if (v->kind == SMTP_SRV_CHALLENGE) {
		srv_challenge(s, v->bytes);
		s->state = SRV_RESPONSE;
		return;
	}
	srv_auth_end(s, false);
	if (v->kind == SMTP_SRV_REFUSE) {
		s->auth_refused = true;
		srv_refuse_verdict(s, v);
		return;
	}
	s->authenticated = true;
	srv_reply(s, 235, SLICE("2.7.0"), SLICE("Authentication successful"));
}
