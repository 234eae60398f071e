#include "proto/smtp/command.h"

#include "proto/auth/xtext.h"

#include <string.h>

#define AUTH_PARAM_MAX 500 /* RFC 4954 5 (6) */
#define MECHANISM_MAX  20  /* RFC 4422 3.1 */

static const struct {
	struct slice name;
	enum smtp_verb verb;
} verbs[] = {
    {SLICE("MAIL"), SMTP_VERB_MAIL},
    {SLICE("RCPT"), SMTP_VERB_RCPT},
    {SLICE("DATA"), SMTP_VERB_DATA},
    {SLICE("EHLO"), SMTP_VERB_EHLO},
    {SLICE("QUIT"), SMTP_VERB_QUIT},
    {SLICE("RSET"), SMTP_VERB_RSET},
    {SLICE("HELO"), SMTP_VERB_HELO},
    {SLICE("NOOP"), SMTP_VERB_NOOP},
    {SLICE("STARTTLS"), SMTP_VERB_STARTTLS},
    {SLICE("AUTH"), SMTP_VERB_AUTH},
    {SLICE("VRFY"), SMTP_VERB_VRFY},
    {SLICE("HELP"), SMTP_VERB_HELP},
    {SLICE("BDAT"), SMTP_VERB_BDAT},
    {SLICE("EXPN"), SMTP_VERB_OTHER},
    {SLICE("ETRN"), SMTP_VERB_OTHER},
    {SLICE("ATRN"), SMTP_VERB_OTHER},
    {SLICE("TURN"), SMTP_VERB_OTHER},
    {SLICE("SEND"), SMTP_VERB_OTHER},
    {SLICE("SOML"), SMTP_VERB_OTHER},
    {SLICE("SAML"), SMTP_VERB_OTHER},
    {SLICE("BURL"), SMTP_VERB_OTHER},
    {SLICE("GET"), SMTP_VERB_HTTP},
    {SLICE("POST"), SMTP_VERB_HTTP},
    {SLICE("PUT"), SMTP_VERB_HTTP},
    {SLICE("HEAD"), SMTP_VERB_HTTP},
    {SLICE("OPTIONS"), SMTP_VERB_HTTP},
    {SLICE("CONNECT"), SMTP_VERB_HTTP},
};

struct smtp_command
smtp_command_split(struct slice line)
{
	size_t sp = slice_find(line, ' ');
	struct smtp_command c = {
	    .name = slice_to(line, sp),
	    .arg = slice_trim(slice_from(line, sp)),
	};
	if (c.arg.n == 0)
		c.name = slice_trim(c.name);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (slice_eq_nocase(c.name, verbs[i].name))
			c.verb = verbs[i].verb;
	return c;
}

static struct slice
skip_spaces(struct slice s)
{
	size_t n = 0;
	while (n < s.n && s.p[n] == ' ')
		n++;
	return slice_from(s, n);
}

/* esmtp-param = esmtp-keyword ["=" esmtp-value]
 * esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * esmtp-value = 1*(%d33-60 / %d62-126)
 * Takes one off the front of *rest with the spaces around it. */
static enum err
next_param(struct slice *rest, struct slice *key, struct slice *value)
{
	if (rest->p[0] != ' ')
		return ERR_SYNTAX;
	struct slice in = skip_spaces(*rest);
	struct slice word = slice_to(in, slice_find(in, ' '));
	size_t eq = slice_find(word, '=');
	*key = slice_to(word, eq);
	*value = slice_from(word, eq + 1);
	if (key->n == 0 || key->p[0] == '-' || (eq < word.n && value->n == 0))
		return ERR_SYNTAX;
	for (size_t i = 0; i < key->n; i++)
		if (!ascii_is_alnum(key->p[i]) && key->p[i] != '-')
			return ERR_SYNTAX;
	for (size_t i = 0; i < value->n; i++) {
		uint8_t c = value->p[i];
		if (c < 33 || c > 126 || c == '=')
			return ERR_SYNTAX;
	}
	*rest = slice_from(in, word.n);
	return ERR_OK;
}

/* size-value = 1*20DIGIT (RFC 1870 6.1); more than 64 bits is "too much". */
static enum err
size_param(struct slice value, struct smtp_mail *m)
{
	if (value.n == 0 || value.n > 20)
		return ERR_SYNTAX;
	for (size_t i = 0; i < value.n; i++)
		if (!ascii_is_digit(value.p[i]))
			return ERR_SYNTAX;
	if (!slice_u64(value, &m->size))
		m->size = UINT64_MAX;
	return ERR_OK;
}

static enum err
body_param(struct slice value, struct smtp_mail *m)
{
	if (slice_eq_nocase(value, SLICE("8BITMIME")))
		m->body = SMTP_BODY_8BITMIME;
	else if (slice_eq_nocase(value, SLICE("7BIT")))
		m->body = SMTP_BODY_7BIT;
	else
		return ERR_SYNTAX;
	return ERR_OK;
}

/* RFC 4954 5: xtext of a mailbox, or "<>". */
static enum err
auth_param(struct slice value, struct arena *a, struct smtp_mail *m)
{
	if (value.n == 0)
		return ERR_SYNTAX;
	if (value.n > AUTH_PARAM_MAX)
		return ERR_LIMIT;
	struct buf text;
	buf_init(&text, AUTH_PARAM_MAX);
	enum err e = xtext_decode(value, &text);
	if (e == ERR_OK && !arena_slice(a, buf_slice(&text), &m->auth))
		e = ERR_NOMEM;
	buf_free(&text);
	m->has_auth = true;
	if (slice_eq(m->auth, SLICE("<>")))
		m->auth = SLICE_EMPTY;
	return e;
}

/* One MAIL parameter; *seen has a bit for each, none may stand twice. */
static enum err
mail_param(struct slice key, struct slice value, struct arena *a,
    unsigned *seen, struct smtp_mail *m)
{
	static const struct slice names[] = {
	    SLICE("SIZE"), SLICE("BODY"), SLICE("AUTH")};
	unsigned which = 0;
	while (which < 3 && !slice_eq_nocase(key, names[which]))
		which++;
	if (which == 3)
		return ERR_UNSUPPORTED;
	if (*seen & 1u << which)
		return ERR_SYNTAX;
	*seen |= 1u << which;
	if (which == 0)
		return size_param(value, m);
	if (which == 1)
		return body_param(value, m);
	return auth_param(value, a, m);
}

/* A path without brackets: the word, as if it had them. */
static enum err
bare_path(struct slice in, enum smtp_path kind, struct arena *a,
    struct smtp_address *out, size_t *used)
{
	struct slice word = slice_to(in, slice_find(in, ' '));
	uint8_t *p = arena_alloc(a, word.n + 2);
	size_t whole = 0;
	if (word.n == 0)
		return ERR_SYNTAX;
	if (p == NULL)
		return ERR_NOMEM;
	p[0] = '<';
	memcpy(p + 1, word.p, word.n);
	p[word.n + 1] = '>';
	enum err e =
	    smtp_path_parse(slice_of(p, word.n + 2), kind, a, out, &whole);
	if (e == ERR_OK && whole != word.n + 2)
		e = ERR_SYNTAX;
	*used = word.n;
	return e;
}

/* What stands behind "FROM:" or "TO:". */
static enum err
command_path(struct slice arg, struct slice prefix, enum smtp_path kind,
    bool lenient, struct arena *a, struct smtp_address *out, struct slice *rest)
{
	if (!slice_starts_nocase(arg, prefix))
		return ERR_SYNTAX;
	struct slice in = skip_spaces(slice_from(arg, prefix.n));
	size_t used = 0;
	enum err e = lenient && in.n > 0 && in.p[0] != '<'
			 ? bare_path(in, kind, a, out, &used)
			 : smtp_path_parse(in, kind, a, out, &used);
	if (e == ERR_OK)
		*rest = slice_from(in, used);
	return e;
}

enum err
smtp_mail_parse(
    struct slice arg, bool lenient, struct arena *a, struct smtp_mail *out)
{
	struct smtp_mail m = {0};
	struct slice rest = SLICE_EMPTY;
	enum err e = command_path(
	    arg, SLICE("FROM:"), SMTP_PATH_REVERSE, lenient, a, &m.from, &rest);
	unsigned seen = 0;
	while (e == ERR_OK && rest.n > 0) {
		struct slice key, value;
		e = next_param(&rest, &key, &value);
		if (e == ERR_OK)
			e = mail_param(key, value, a, &seen, &m);
	}
	if (e == ERR_OK)
		*out = m;
	return e;
}

enum err
smtp_rcpt_parse(
    struct slice arg, bool lenient, struct arena *a, struct smtp_rcpt *out)
{
	struct smtp_rcpt r = {0};
	struct slice rest = SLICE_EMPTY;
	enum err e = command_path(
	    arg, SLICE("TO:"), SMTP_PATH_FORWARD, lenient, a, &r.to, &rest);
	if (e == ERR_OK && rest.n > 0) {
		struct slice key, value;
		e = next_param(&rest, &key, &value);
		if (e == ERR_OK)
			e = ERR_UNSUPPORTED;
	}
	if (e == ERR_OK)
		*out = r;
	return e;
}

/* Domain, but "_" may stand wherever a letter may. */
static bool
loose_domain(struct slice s)
{
	size_t label = 0;
	if (s.n == 0 || s.n > SMTP_DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool edge = i + 1 == s.n || s.p[i + 1] == '.';
		if (c == '.') {
			if (label == 0 || edge)
				return false;
			label = 0;
		} else if (ascii_is_alnum(c) || c == '_' || c == '-') {
			if (c == '-' && (label == 0 || edge))
				return false;
			if (++label > 63)
				return false;
		} else {
			return false;
		}
	}
	return true;
}

bool
smtp_helo_is(struct slice arg)
{
	enum smtp_host kind;
	struct ip ip;
	if (arg.n > 0 && arg.p[0] == '[')
		return smtp_literal_parse(arg, &kind, &ip) == ERR_OK;
	return loose_domain(arg);
}

bool
smtp_helo_is_word(struct slice arg)
{
	if (arg.n == 0 || arg.n > SMTP_DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < arg.n; i++)
		if (arg.p[i] <= ' ' || arg.p[i] >= 0x7f)
			return false;
	return true;
}

enum err
smtp_auth_parse(struct slice arg, struct smtp_auth *out)
{
	size_t sp = slice_find(arg, ' ');
	struct smtp_auth got = {.mech = slice_to(arg, sp)};
	if (got.mech.n == 0 || got.mech.n > MECHANISM_MAX)
		return ERR_SYNTAX;
	for (size_t i = 0; i < got.mech.n; i++) {
		uint8_t c = got.mech.p[i];
		if (!ascii_is_alnum(c) && c != '-' && c != '_')
			return ERR_SYNTAX;
	}
	got.initial = slice_trim(slice_from(arg, sp));
	got.has_initial = got.initial.n > 0;
	if (slice_find(got.initial, ' ') != got.initial.n)
		return ERR_SYNTAX;
	if (slice_eq(got.initial, SLICE("=")))
		got.initial = SLICE_EMPTY;
	*out = got;
	return ERR_OK;
}
