/* The commands: for each one what must hold before it (flags, check) and what
 * it then does (act). check never changes the session but for the memory of
 * the transaction or command it parses into. */
#include "proto/smtp/server_priv.h"

#include <string.h>

#define EHLO_MAX 1024

#define SYNTAX SLICE("protocol.syntax")
#define REFUSAL(name, c, e, cause, t)                                          \
	static const struct smtp_srv_refusal name = {                          \
	    c, false, SLICE(e), cause, SLICE(t)}
#define REFUSAL_AND_CLOSE(name, c, e, cause, t)                                \
	static const struct smtp_srv_refusal name = {                          \
	    c, true, SLICE(e), cause, SLICE(t)}

REFUSAL(unknown, 500, "5.5.2", SYNTAX, "Command not recognized");
REFUSAL(not_implemented, 502, "5.5.1", SYNTAX, "Command not implemented");
REFUSAL(no_argument_allowed, 501, "5.5.4", SYNTAX,
    "This command takes no argument");
REFUSAL(
    argument_needed, 501, "5.5.4", SYNTAX, "This command needs an argument");
REFUSAL(helo_first, 503, "5.5.1", SYNTAX, "Say EHLO or HELO first");
REFUSAL(helo_syntax, 501, "5.5.4", SYNTAX,
    "Argument must be a host name or an address literal");
REFUSAL(mail_twice, 503, "5.5.1", SYNTAX,
    "A transaction is open already; RSET drops it");
REFUSAL(mail_first, 503, "5.5.1", SYNTAX, "Say MAIL FROM first");
REFUSAL(no_recipients, 554, "5.5.1", SYNTAX, "No valid recipients");
REFUSAL(mail_syntax, 501, "5.1.7", SYNTAX,
    "Syntax: MAIL FROM:<address> [SIZE=n] [BODY=8BITMIME]");
REFUSAL(rcpt_syntax, 501, "5.1.3", SYNTAX, "Syntax: RCPT TO:<address>");
REFUSAL(path_too_long, 501, "5.5.4", SLICE("limit.line"),
    "Address or parameter is longer than RFC 5321 allows");
REFUSAL(mail_not_ascii, 553, "5.6.7", SYNTAX,
    "Addresses must be ASCII, SMTPUTF8 is not offered");
REFUSAL(parameter_unknown, 555, "5.5.4", SYNTAX,
    "Parameter not recognized or not offered");
REFUSAL(too_big, 552, "5.3.4", SLICE("limit.size"),
    "Message is larger than this server takes");
REFUSAL(too_many_recipients, 452, "4.5.3", SLICE("limit.recipients"),
    "Too many recipients, send the rest in another message");
REFUSAL(no_memory, 452, "4.3.1", SLICE("local.io-error"),
    "Insufficient memory, try later");
REFUSAL(tls_first, 530, "5.7.0", SLICE("tls.required-inbound"),
    "Must issue a STARTTLS command first");
REFUSAL(auth_first, 530, "5.7.0", SLICE("auth.required"),
    "Authentication required");
REFUSAL(tls_not_offered, 502, "5.5.1", SYNTAX, "STARTTLS is not offered");
REFUSAL(tls_twice, 503, "5.5.1", SYNTAX, "TLS is on already");
REFUSAL_AND_CLOSE(tls_injection, 554, "5.5.0", SLICE("protocol.sync"),
    "Plain text was sent behind STARTTLS");
REFUSAL_AND_CLOSE(bdat, 502, "5.5.1", SLICE("protocol.sync"),
    "BDAT is not offered, and what follows it is not commands");
REFUSAL_AND_CLOSE(no_message, 554, "5.5.0", SLICE("protocol.sync"),
    "DATA was refused, and what follows it is not commands");
REFUSAL_AND_CLOSE(
    http, 554, "5.5.1", SYNTAX, "This is a mail server, not a web server");
REFUSAL_AND_CLOSE(too_many_commands, 421, "4.7.0", SLICE("limit.rate"),
    "Too many commands without a message, closing the session");

/* ---- sessions ---- */

static const struct smtp_srv_refusal *
check_helo(struct smtp_server *s, const struct smtp_command *c)
{
	if (s->opts->role == SMTP_SRV_DEVICE)
		return smtp_helo_is_word(c->arg) ? NULL : &helo_syntax;
	return smtp_helo_is(c->arg) ? NULL : &helo_syntax;
}

static void
note_helo(struct smtp_server *s, struct slice name, bool esmtp)
{
	srv_tx_reset(s);
	s->esmtp = esmtp;
	s->helo_n = (uint8_t)slice_to(name, SMTP_DOMAIN_MAX).n;
	memcpy(s->helo, name.p, s->helo_n);
}

static bool
offers_tls(const struct smtp_server *s)
{
	return !s->tls && (s->opts->tls == SMTP_SRV_TLS_MAY ||
			      s->opts->tls == SMTP_SRV_TLS_ENCRYPT);
}

static void
greet_helo(struct smtp_server *s, struct slice name)
{
	note_helo(s, name, false);
	srv_reply(s, 250, SLICE_EMPTY, s->opts->hostname);
}

static void
greet_ehlo(struct smtp_server *s, struct slice name)
{
	struct buf b;
	note_helo(s, name, true);
	buf_init(&b, EHLO_MAX);
	buf_add(&b, s->opts->hostname);
	buf_add(&b, SLICE("\nPIPELINING\nSIZE"));
	if (s->opts->limits.message_octets > 0) {
		buf_add_byte(&b, ' ');
		buf_add_u64(&b, s->opts->limits.message_octets);
	}
	if (offers_tls(s))
		buf_add(&b, SLICE("\nSTARTTLS"));
	size_t without = b.n;
	buf_add(&b, SLICE("\nAUTH"));
	size_t with = b.n;
	srv_auth_offer(s, &b);
	if (b.n == with)
		b.n = without;
	buf_add(&b, SLICE("\nENHANCEDSTATUSCODES\n8BITMIME\nHELP"));
	srv_reply(s, 250, SLICE_EMPTY, buf_slice(&b));
	if (buf_err(&b) != ERR_OK)
		s->out.err = buf_err(&b);
	buf_free(&b);
}

/* The name is accepted only with its answer: until then the session is as it
 * was before (RFC 5321 4.1.4). */
static void
take_helo(struct smtp_server *s, struct slice name, bool esmtp)
{
	if (!s->opts->ask_helo) {
		(esmtp ? greet_ehlo : greet_helo)(s, name);
		return;
	}
	if (!arena_slice(&s->cmdmem, name, &s->helo_asked)) {
		srv_refuse(s, &no_memory);
		return;
	}
	s->ehlo = esmtp;
	srv_ask(s, SRV_ASK_HELO, SMTP_SRV_ASK_HELO);
}

void
srv_helo_verdict(struct smtp_server *s, const struct smtp_verdict *v)
{
	if (v->kind != SMTP_SRV_ALLOW)
		srv_refuse_verdict(s, v);
	else
		(s->ehlo ? greet_ehlo : greet_helo)(s, s->helo_asked);
}

static void
act_helo(struct smtp_server *s, const struct smtp_command *c)
{
	take_helo(s, c->arg, false);
}

static void
act_ehlo(struct smtp_server *s, const struct smtp_command *c)
{
	take_helo(s, c->arg, true);
}

static void
act_noop(struct smtp_server *s, const struct smtp_command *c)
{
	(void)c;
	srv_reply(s, 250, SLICE("2.0.0"), SLICE("Ok"));
}

static void
act_help(struct smtp_server *s, const struct smtp_command *c)
{
	(void)c;
	srv_reply(s, 214, SLICE("2.0.0"),
	    SLICE("HELO EHLO MAIL RCPT DATA RSET NOOP HELP VRFY QUIT STARTTLS "
		  "AUTH"));
}

static void
act_vrfy(struct smtp_server *s, const struct smtp_command *c)
{
	(void)c;
	srv_reply(s, 252, SLICE("2.0.0"),
	    SLICE("Not telling, but send some mail and I will try"));
}

static void
act_quit(struct smtp_server *s, const struct smtp_command *c)
{
	(void)c;
	s->quit = true;
	srv_reply(s, 221, SLICE("2.0.0"), SLICE("Bye"));
	srv_end(s);
}

static const struct smtp_srv_refusal *
check_starttls(struct smtp_server *s, const struct smtp_command *c)
{
	(void)c;
	if (s->tls)
		return &tls_twice;
	return offers_tls(s) ? NULL : &tls_not_offered;
}

static void
act_starttls(struct smtp_server *s, const struct smtp_command *c)
{
	(void)c;
	srv_tx_reset(s);
	srv_reply(s, 220, SLICE("2.0.0"), SLICE("Ready to start TLS"));
	s->state = SRV_TLS;
}

/* ---- transactions ---- */

static bool
has_8bit(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return true;
	return false;
}

/* Why the argument of MAIL or RCPT was not taken. */
static const struct smtp_srv_refusal *
why_not(enum err e, struct slice arg, const struct smtp_srv_refusal *syntax)
{
	if (e == ERR_UNSUPPORTED)
		return &parameter_unknown;
	if (e == ERR_NOMEM)
		return &no_memory;
	if (has_8bit(arg))
		return &mail_not_ascii;
	return e == ERR_LIMIT ? &path_too_long : syntax;
}

static bool
copy_mail(struct arena *a, struct smtp_mail *m)
{
	return smtp_address_copy(a, &m->from, &m->from) &&
	       arena_slice(a, m->auth, &m->auth);
}

static bool
is_lenient(const struct smtp_server *s)
{
	return s->opts->role == SMTP_SRV_DEVICE;
}

static const struct smtp_srv_refusal *
parse_mail(struct smtp_server *s, struct slice arg)
{
	uint64_t max = s->opts->limits.message_octets;
	enum err e =
	    smtp_mail_parse(arg, is_lenient(s), &s->cmdmem, &s->tx.from);
	if (e != ERR_OK)
		return why_not(e, arg, &mail_syntax);
	if (s->tx.from.has_auth && s->opts->auth == SMTP_SRV_AUTH_OFF)
		return &parameter_unknown;
	if (max > 0 && s->tx.from.size > max)
		return &too_big;
	return copy_mail(&s->txmem, &s->tx.from) ? NULL : &no_memory;
}

static const struct smtp_srv_refusal *
check_mail(struct smtp_server *s, const struct smtp_command *c)
{
	if (s->tx.open)
		return &mail_twice;
	const struct smtp_srv_refusal *r = parse_mail(s, c->arg);
	if (r != NULL)
		srv_tx_reset(s);
	return r;
}

static void
act_mail(struct smtp_server *s, const struct smtp_command *c)
{
	(void)c;
	s->tx.open = true;
	srv_ask(s, SRV_ASK_MAIL, SMTP_SRV_ASK_MAIL);
}

void
srv_mail_verdict(struct smtp_server *s, const struct smtp_verdict *v)
{
	if (v->kind != SMTP_SRV_ALLOW) {
		srv_refuse_verdict(s, v);
		srv_tx_reset(s);
		return;
	}
	s->tx.mail = true;
	srv_reply(s, 250, SLICE("2.1.0"), SLICE("Ok"));
}

static const struct smtp_srv_refusal *
check_rcpt(struct smtp_server *s, const struct smtp_command *c)
{
	uint32_t max = s->opts->limits.recipients;
	if (!s->tx.mail)
		return &mail_first;
	enum err e =
	    smtp_rcpt_parse(c->arg, is_lenient(s), &s->cmdmem, &s->rcpt);
	if (e != ERR_OK)
		return why_not(e, c->arg, &rcpt_syntax);
	if (max > 0 && s->tx.rcpts >= max)
		return &too_many_recipients;
	if (!smtp_address_copy(&s->cmdmem, &s->rcpt.to, &s->rcpt.to))
		return &no_memory;
	return NULL;
}

static void
act_rcpt(struct smtp_server *s, const struct smtp_command *c)
{
	(void)c;
	srv_ask(s, SRV_ASK_RCPT, SMTP_SRV_ASK_RCPT);
}

void
srv_rcpt_verdict(struct smtp_server *s, const struct smtp_verdict *v)
{
	if (v->kind != SMTP_SRV_ALLOW) {
		srv_refuse_verdict(s, v);
		return;
	}
	s->tx.rcpts++;
	srv_reply(s, 250, SLICE("2.1.5"), SLICE("Ok"));
}

static const struct smtp_srv_refusal *
check_data(struct smtp_server *s, const struct smtp_command *c)
{
	(void)c;
	if (!s->tx.mail)
		return &mail_first;
	return s->tx.rcpts > 0 ? NULL : &no_recipients;
}

static void
act_data(struct smtp_server *s, const struct smtp_command *c)
{
	(void)c;
	srv_ask(s, SRV_ASK_BODY, SMTP_SRV_BODY_BEGIN);
}

static void
act_rset(struct smtp_server *s, const struct smtp_command *c)
{
	srv_tx_reset(s);
	act_noop(s, c);
}

/* ---- the table ---- */

enum {
	NO_ARG = 1,    /* 501 if there is one */
	NEEDS_ARG = 2, /* 501 if there is none */
	MAIL_PART =
	    4, /* needs HELO, and TLS and AUTH where they are required */
	NEEDS_TLS = 8, /* where it is required */
	NEEDS_AUTH = 16,
};

static const struct row {
	unsigned flags;
	const struct smtp_srv_refusal *never; /* always refused, by this */
	const struct smtp_srv_refusal *(*check)(
	    struct smtp_server *, const struct smtp_command *);
	void (*act)(struct smtp_server *, const struct smtp_command *);
} rows[SMTP_VERB_COUNT] = {
    [SMTP_VERB_UNKNOWN] = {0, &unknown, NULL, NULL},
    [SMTP_VERB_OTHER] = {0, &not_implemented, NULL, NULL},
    [SMTP_VERB_BDAT] = {0, &bdat, NULL, NULL},
    [SMTP_VERB_HTTP] = {0, &http, NULL, NULL},
    [SMTP_VERB_HELO] = {NEEDS_ARG, NULL, check_helo, act_helo},
    [SMTP_VERB_EHLO] = {NEEDS_ARG, NULL, check_helo, act_ehlo},
    [SMTP_VERB_STARTTLS] = {NO_ARG, NULL, check_starttls, act_starttls},
    [SMTP_VERB_AUTH] = {NEEDS_ARG | NEEDS_TLS, NULL, srv_auth_check,
	srv_auth_start},
    [SMTP_VERB_MAIL] = {NEEDS_ARG | MAIL_PART, NULL, check_mail, act_mail},
    [SMTP_VERB_RCPT] = {NEEDS_ARG | MAIL_PART, NULL, check_rcpt, act_rcpt},
    [SMTP_VERB_DATA] = {NO_ARG | MAIL_PART, NULL, check_data, act_data},
    [SMTP_VERB_RSET] = {NO_ARG, NULL, NULL, act_rset},
    [SMTP_VERB_NOOP] = {0, NULL, NULL, act_noop},
    [SMTP_VERB_HELP] = {0, NULL, NULL, act_help},
    [SMTP_VERB_VRFY] = {NEEDS_ARG | NEEDS_TLS | NEEDS_AUTH, NULL, NULL,
	act_vrfy},
    [SMTP_VERB_QUIT] = {NO_ARG, NULL, NULL, act_quit},
};

static const struct smtp_srv_refusal *
check_rights(const struct smtp_server *s, unsigned flags)
{
	bool auth = s->opts->auth == SMTP_SRV_AUTH_REQUIRE ||
		    s->opts->role == SMTP_SRV_SUBMISSION;
	bool mail = (flags & MAIL_PART) != 0;
	if ((mail || (flags & NEEDS_TLS)) && !s->tls &&
	    s->opts->tls == SMTP_SRV_TLS_ENCRYPT)
		return &tls_first;
	if ((mail || (flags & NEEDS_AUTH)) && auth && !s->authenticated)
		return &auth_first;
	if (mail && s->helo_n == 0)
		return &helo_first;
	return NULL;
}

static const struct smtp_srv_refusal *
check_command(
    struct smtp_server *s, const struct smtp_command *c, size_t behind)
{
	const struct row *r = &rows[c->verb];
	const struct smtp_server_limits *l = &s->opts->limits;
	if (l->commands > 0 && ++s->commands > l->commands + l->recipients)
		return &too_many_commands;
	if (r->never != NULL)
		return r->never;
	const struct smtp_srv_refusal *no = check_rights(s, r->flags);
	if (no == NULL && (r->flags & NO_ARG) && c->arg.n > 0)
		no = &no_argument_allowed;
	if (no == NULL && (r->flags & NEEDS_ARG) && c->arg.n == 0)
		no = &argument_needed;
	if (no == NULL && r->check != NULL)
		no = r->check(s, c);
	/* RFC 3207 4.2: what was sent before the handshake is nothing we may
	 * read afterwards, so a client that sends it is cut off. */
	if (no == NULL && c->verb == SMTP_VERB_STARTTLS && behind > 0)
		no = &tls_injection;
	return no;
}

/* What may stand in the ledger of a line. A refused AUTH is often followed by
 * a password that was meant for it, and a mistyped one still holds it. */
static void
note_command(
    struct smtp_server *s, const struct smtp_command *c, struct slice line)
{
	struct smtp_auth auth;
	bool unknown_verb = c->verb == SMTP_VERB_UNKNOWN;
	if (c->verb == SMTP_VERB_AUTH) {
		bool parsed = smtp_auth_parse(c->arg, &auth) == ERR_OK;
		size_t shown = 4;
		if (parsed)
			shown = (size_t)(auth.mech.p + auth.mech.n - line.p);
		srv_note_peer(
		    s, slice_to(line, shown), !parsed || auth.has_initial);
	} else if (unknown_verb && s->auth_refused) {
		srv_note_peer(s, SLICE_EMPTY, true);
	} else if (unknown_verb && slice_starts_nocase(line, SLICE("AUTH"))) {
		srv_note_peer(s, slice_to(line, 4), true);
	} else {
		srv_note_peer(s, line, false);
	}
	s->auth_refused = unknown_verb && s->auth_refused;
}

void
srv_command(struct smtp_server *s, struct slice line, size_t behind)
{
	struct smtp_command c = smtp_command_split(line);
	arena_reset(&s->cmdmem);
	note_command(s, &c, line);
	const struct smtp_srv_refusal *no = check_command(s, &c, behind);
	/* Who did not wait for 354 sends a message here. Not one line of it,
	 * which somebody else may have written, is to become a command. */
	if (s->data_refused && c.verb == SMTP_VERB_UNKNOWN)
		no = &no_message;
	s->data_refused = no != NULL && c.verb == SMTP_VERB_DATA;
	if (no == NULL) {
		rows[c.verb].act(s, &c);
		return;
	}
	if (c.verb == SMTP_VERB_AUTH)
		s->auth_refused = true;
	srv_refuse(s, no);
}
