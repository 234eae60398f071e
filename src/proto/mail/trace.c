/* trace.c - a Received field taken apart.
 *
 *   Received = "from" helo *comment "by" host *comment ["via" word]
 *              ["with" protocol *comment] ["tls" cipher] ["id" word]
 *              ["for" address] *comment ";" date        (RFC 5321 4.4)
 *
 * and whatever order and gaps there are besides. */
#include "proto/mail/trace_priv.h"

#include "proto/mail/header.h"

enum clause {
	C_START,
	C_FROM,
	C_BY,
	C_VIA,
	C_WITH,
	C_TLS,
	C_ID,
	C_FOR,
	C_DATE,
	CLAUSES
};

enum token { T_END, T_WORD, T_COMMENT, T_SEMICOLON };

struct reading {
	struct trace_hop *h;
	struct slice rest;
	enum clause at;
	bool early;   /* a clause about TLS came before "by" */
	bool doubted; /* the client's name, by its writer */
	bool filled;  /* the clause has its value, or a comment was there */
	bool seen[CLAUSES];
	struct slice peer; /* the word after "from" */
	struct slice by_comment;
};

/* ---- tokens ---- */

/* comment = "(" *(ctext / quoted-pair / comment) ")"; the text of s begins
 * behind its "(". Returns the octets before its ")", or all. */
static size_t
comment_octets(struct slice s)
{
	size_t depth = 1, i;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			break;
	}
	return i;
}

/* Octets up to and with the closing mark, or all. */
static size_t
enclosed_octets(struct slice s, uint8_t close)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		else if (s.p[i] == '"' && close == '>')
			i += enclosed_octets(slice_from(s, i), '"') - 1;
		else if (s.p[i] == close)
			return i + 1;
	}
	return s.n;
}

static size_t
word_octets(struct slice s)
{
	size_t i = 0;
	while (
	    i < s.n && !trace_space(s.p[i]) && s.p[i] != '(' && s.p[i] != ';') {
		if (s.p[i] == '"')
			i += enclosed_octets(slice_from(s, i), '"');
		else if (s.p[i] == '<')
			i += enclosed_octets(slice_from(s, i), '>');
		else
			i++;
	}
	return i;
}

static enum token
next_token(struct slice *rest, struct slice *out)
{
	size_t i = 0, n;
	while (i < rest->n && trace_space(rest->p[i]))
		i++;
	struct slice s = slice_from(*rest, i);
	if (s.n == 0)
		return T_END;
	if (*s.p == '(') {
		*out = slice_from(s, 1);
		*out = slice_to(*out, n = comment_octets(*out));
		*rest = slice_from(s, n + 2);
		return T_COMMENT;
	}
	if (*s.p == ';') {
		*rest = slice_from(s, 1);
		return T_SEMICOLON;
	}
	n = word_octets(s);
	*out = slice_to(s, n);
	*rest = slice_from(s, n);
	return T_WORD;
}

/* ---- the client ---- */

/* [192.0.2.1], [IPv6:2001:db8::1]; the part of s between brackets. */
static bool
bracketed(struct slice s, struct ip *out)
{
	size_t open = slice_find(s, '[');
	struct slice in = slice_from(s, open + 1);
	size_t close = slice_find(in, ']');
	if (close == in.n)
		return false;
	in = slice_to(in, close);
	if (slice_starts_nocase(in, SLICE("IPv6:")))
		in = slice_from(in, 5);
	return ip_parse(in, out) == ERR_OK;
}

static struct slice
after_equals(struct slice comment, struct slice name)
{
	for (size_t i = 0; i + name.n <= comment.n; i++)
		if (slice_starts_nocase(slice_from(comment, i), name))
			return trace_word(slice_from(comment, i + name.n));
	return SLICE_EMPTY;
}

static bool
holds(struct slice s, struct slice part)
{
	for (size_t i = 0; i + part.n <= s.n; i++)
		if (slice_starts_nocase(slice_from(s, i), part))
			return true;
	return false;
}

static void
set_ptr(struct trace_hop *h, struct slice name)
{
	size_t at = slice_rfind(name, '@'); /* ident@ptr */
	if (at < name.n)
		name = slice_from(name, at + 1);
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n > 0 && !slice_eq_nocase(name, SLICE("unknown")) &&
	    *name.p != '[')
		h->ptr = name;
}

/* A comment behind the client's name: (ptr [ip]), ([ip] helo=name), (HELO
 * name), (ip). */
static void
client_comment(struct reading *r, struct slice c)
{
	struct trace_hop *h = r->h;
	struct slice first = trace_word(slice_trim(c));
	struct slice helo = after_equals(c, SLICE("helo="));
	/* sendmail, of a PTR name that has not that address */
	r->doubted = r->doubted || holds(c, SLICE("may be forged"));
	if (helo.n > 0) {
		set_ptr(h, r->peer);
		h->helo = helo;
	}
	if (slice_eq_nocase(first, SLICE("HELO")) ||
	    slice_eq_nocase(first, SLICE("EHLO"))) {
		set_ptr(h, r->peer);
		h->helo = trace_word(slice_from(slice_trim(c), 5));
		if (slice_eq(first, SLICE("HELO")))
			h->writer = TRACE_QMAIL;
		return;
	}
	if (h->ip.family != 0)
		return;
	if (ip_parse(slice_trim(c), &h->ip) == ERR_OK ||
	    ip_parse(slice_from(first, slice_find(first, '@') + 1), &h->ip) ==
		ERR_OK)
		return;
	if (bracketed(c, &h->ip) && helo.n == 0)
		set_ptr(h, first);
}

/* ---- who wrote it ---- */

enum place { BY_COMMENT, ANY_COMMENT, WITH, BY_HOST };

static const struct {
	enum place place;
	const char *text; /* at the front; BY_HOST: at the end */
	enum trace_writer writer;
} writers[] = {
    {BY_COMMENT, "kurir", TRACE_KURIR},
    {BY_COMMENT, "Postfix", TRACE_POSTFIX},
    {BY_COMMENT, "Haraka", TRACE_HARAKA},
    {BY_COMMENT, "OpenSMTPD", TRACE_OPENSMTPD},
    {BY_COMMENT, "Dovecot", TRACE_DOVECOT},
    {ANY_COMMENT, "MDaemon", TRACE_MDAEMON},
    {ANY_COMMENT, "Haraka", TRACE_HARAKA},
    {ANY_COMMENT, "Exim ", TRACE_EXIM},
    {ANY_COMMENT, "qmail ", TRACE_QMAIL},
    {ANY_COMMENT, "TLS: ", TRACE_COURIER},
    {WITH, "Microsoft SMTP", TRACE_EXCHANGE},
    {WITH, "mapi", TRACE_EXCHANGE},
    {WITH, "Internal", TRACE_SENDMAIL},
    {BY_HOST, ".pphosted.com", TRACE_PROOFPOINT},
    {BY_HOST, ".postini.com", TRACE_PROOFPOINT},
    {BY_HOST, ".iphmx.com", TRACE_IRONPORT},
    {BY_HOST, "smtp.gmail.com", TRACE_GMAIL},
    {BY_HOST, "smtp-relay.gmail.com", TRACE_GMAIL},
    {BY_HOST, ".google.com", TRACE_GMAIL},
    {BY_HOST, ".outlook.com", TRACE_EXCHANGE},
    {BY_HOST, ".exchangelabs.com", TRACE_EXCHANGE},
};
#define WRITERS (sizeof(writers) / sizeof(writers[0]))

static void
writer_by(struct trace_hop *h, enum place place, struct slice s)
{
	for (size_t i = 0; i < WRITERS && h->writer == TRACE_WRITER_UNKNOWN;
	     i++) {
		struct slice text = slice_str(writers[i].text);
		if (writers[i].place == place &&
		    (place == BY_HOST ? slice_ends_nocase(s, text)
				      : slice_starts_nocase(s, text)))
			h->writer = writers[i].writer;
	}
}

/* (8.15.2/8.14.4), (8.14.7/8.14.7/Submit): sendmail, and what is made of it */
static bool
sendmail_version(struct slice c)
{
	size_t slash = slice_find(c, '/');
	return slice_starts(c, SLICE("8.")) &&
	       slice_starts(slice_from(c, slash), SLICE("/8."));
}

static void
find_writer(struct reading *r)
{
	struct trace_hop *h = r->h;
	writer_by(h, BY_HOST, h->by);
	writer_by(h, WITH, h->with);
	if (h->writer == TRACE_WRITER_UNKNOWN &&
	    sendmail_version(r->by_comment))
		h->writer = TRACE_SENDMAIL;
	size_t slash = slice_find(h->with, '/');
	if (h->writer == TRACE_WRITER_UNKNOWN && slash < h->with.n &&
	    slice_starts_nocase(slice_from(h->with, slash), SLICE("/TLS")))
		h->writer = TRACE_IRONPORT;
	/* "with esmtps (TLS1.3) tls NAME" is Exim's alone. */
	if (h->writer == TRACE_WRITER_UNKNOWN && r->seen[C_TLS])
		h->writer = TRACE_EXIM;
}

/* ---- the field ---- */

static void
on_comment(struct reading *r, struct slice c)
{
	struct trace_hop *h = r->h;
	bool before_by = r->seen[C_FROM] && !r->seen[C_BY];
	struct slice s = slice_trim(c);
	/* "with (NAME encrypted) ESMTPS" */
	r->filled = r->filled || r->at != C_WITH;
	if (trace_clause(c, before_by, h)) {
		r->early = r->early || before_by;
		if (slice_starts_nocase(s, SLICE("TLS: ")) ||
		    slice_starts_nocase(s, SLICE("AUTH: ")))
			writer_by(h, ANY_COMMENT, SLICE("TLS: "));
		return;
	}
	if (slice_starts_nocase(s, SLICE("Authenticated")))
		h->authenticated = true;
	if (slice_starts_nocase(s, SLICE("Client CN")) &&
	    slice_ends_nocase(s, SLICE("(verified OK)")))
		h->verified = true;
	if (before_by) {
		if (r->at == C_FROM)
			client_comment(r, c);
		return;
	}
	if (r->at == C_BY) {
		writer_by(h, BY_COMMENT, s);
		if (r->by_comment.n == 0)
			r->by_comment = s;
	}
	writer_by(h, ANY_COMMENT, s);
}

static enum clause
clause_of(const struct reading *r, struct slice w)
{
	static const char *const names[CLAUSES] = {[C_FROM] = "from",
	    [C_BY] = "by",
	    [C_VIA] = "via",
	    [C_WITH] = "with",
	    [C_TLS] = "tls",
	    [C_ID] = "id",
	    [C_FOR] = "for"};
	if (!r->filled && r->at != C_START)
		return C_START;
	for (enum clause c = C_FROM; c < C_DATE; c++)
		if (!r->seen[c] && slice_eq_nocase(w, slice_str(names[c])) &&
		    (c != C_TLS || r->seen[C_WITH]))
			return c;
	return C_START;
}

/* The first word of a clause; of "with" all of them. */
static void
on_value(struct reading *r, struct slice w)
{
	struct trace_hop *h = r->h;
	struct slice *const place[CLAUSES] = {[C_FROM] = &h->helo,
	    [C_BY] = &h->by,
	    [C_WITH] = &h->with,
	    [C_TLS] = &h->cipher,
	    [C_ID] = &h->id,
	    [C_FOR] = &h->rcpt};
	struct slice *to = place[r->at];
	if (to != NULL && to->n == 0)
		*to = w;
	else if (r->at == C_WITH)
		to->n = (size_t)(w.p + w.n - to->p);
	if (r->at == C_FROM && !r->filled)
		r->peer = w;
	r->filled = true;
}

static void
on_word(struct reading *r, struct slice w)
{
	enum clause c = clause_of(r, w);
	if (c == C_START) {
		on_value(r, w);
		return;
	}
	r->at = c;
	r->seen[c] = true;
	r->filled = false;
}

/* Writers that name a client by its PTR only when that name has the address
 * again, or say so. */
static bool
confirms(enum trace_writer w)
{
	return w == TRACE_POSTFIX || w == TRACE_EXIM || w == TRACE_GMAIL ||
	       w == TRACE_SENDMAIL || w == TRACE_KURIR;
}

static void
finish(struct reading *r)
{
	struct trace_hop *h = r->h;
	/* "from [192.0.2.1]" of Exim */
	if (h->ip.family == 0 && r->peer.n > 0 && *r->peer.p == '[' &&
	    bracketed(r->peer, &h->ip) && h->helo.p == r->peer.p)
		h->helo = SLICE_EMPTY;
	if (h->rcpt.n > 2 && *h->rcpt.p == '<')
		h->rcpt = slice_to(slice_from(h->rcpt, 1), h->rcpt.n - 2);
	find_writer(r);
	trace_with(h, r->early);
	h->confirmed = h->ptr.n > 0 && !r->doubted && confirms(h->writer);
	h->local = (!r->seen[C_FROM] && r->seen[C_BY]) ||
		   (!r->seen[C_FROM] && h->writer == TRACE_QMAIL) ||
		   ip_is_loopback(&h->ip) ||
		   slice_eq_nocase(h->with, SLICE("local")) ||
		   slice_eq_nocase(h->with, SLICE("mapi")) ||
		   slice_eq_nocase(h->with, SLICE("HTTP")) ||
		   slice_starts_nocase(h->with, SLICE("Internal"));
	if (!trace_date(h->date_text, &h->unix_s))
		h->unix_s = 0;
}

void
trace_parse(struct slice value, struct trace_hop *out)
{
	*out = (struct trace_hop){.raw = value};
	struct reading r = {.h = out, .rest = value};
	struct slice s = SLICE_EMPTY;
	for (;;) {
		switch (next_token(&r.rest, &s)) {
		case T_END:
			finish(&r);
			return;
		case T_WORD:
			on_word(&r, s);
			break;
		case T_COMMENT:
			on_comment(&r, s);
			break;
		case T_SEMICOLON:
			out->date_text = slice_trim(r.rest);
			r.at = C_DATE;
			r.filled = true;
			break;
		}
	}
}

size_t
trace_read(struct slice header, struct trace_hop *out, size_t max)
{
	struct header_field f;
	size_t used, n = 0;
	while (n < max &&
	       header_next(header, true, header.n, &f, &used) == ERR_OK) {
		if (slice_eq_nocase(f.name, SLICE("Received"))) {
			trace_parse(f.value, &out[n]);
			out[n++].raw = f.raw;
		}
		header = slice_from(header, used);
	}
	return n;
}

const char *
trace_writer_name(enum trace_writer w)
{
	static const char *const names[TRACE_WRITERS] = {
	    [TRACE_WRITER_UNKNOWN] = "unknown",
	    [TRACE_POSTFIX] = "Postfix",
	    [TRACE_EXIM] = "Exim",
	    [TRACE_SENDMAIL] = "sendmail",
	    [TRACE_GMAIL] = "Gmail",
	    [TRACE_EXCHANGE] = "Exchange",
	    [TRACE_MDAEMON] = "MDaemon",
	    [TRACE_HARAKA] = "Haraka",
	    [TRACE_IRONPORT] = "IronPort",
	    [TRACE_PROOFPOINT] = "Proofpoint",
	    [TRACE_QMAIL] = "qmail",
	    [TRACE_OPENSMTPD] = "OpenSMTPD",
	    [TRACE_DOVECOT] = "Dovecot",
	    [TRACE_COURIER] = "Courier",
	    [TRACE_KURIR] = "kurir",
	};
	return w < TRACE_WRITERS ? names[w] : "unknown";
}
