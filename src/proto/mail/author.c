#include "proto/mail/author.h"

#include "base/pack.h"
#include "proto/mail/cfws.h"

static bool
is_wsp(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* ---- tokens (RFC 5322 3.2) ---- */

enum token {
	T_END,
	T_BAD,
	T_ATOM,
	T_QUOTED,  /* quoted-string, with its quotes */
	T_LITERAL, /* domain-literal, with its brackets */
	T_DOT = '.',
	T_AT = '@',
	T_COMMA = ',',
	T_COLON = ':',
	T_SEMICOLON = ';',
	T_OPEN = '<',
	T_CLOSE = '>'
};

/* atext, and every octet of UTF-8 (RFC 6532 3.2) */
static bool
is_atext(uint8_t c)
{
	const struct slice specials = SLICE("!#$%&'*+-/=?^_`{|}~");
	return ascii_is_alnum(c) || c >= 0x80 ||
	       slice_find(specials, c) < specials.n;
}

static bool
is_crlf(uint8_t c)
{
	return c == '\r' || c == '\n';
}

/* run_octets - from the opening octet to the closing one that is not quoted by
 * a backslash; 0: it does not close, or a backslash quotes a fold, which would
 * quote something else when that is gone. */
static size_t
run_octets(struct slice in, uint8_t close)
{
	for (size_t i = 1; i < in.n; i++) {
		if (in.p[i] == close)
			return i + 1;
		if (in.p[i] == '[' && close == ']')
			return 0;
		if (in.p[i] == '\\' && (++i == in.n || is_crlf(in.p[i])))
			return 0;
	}
	return 0;
}

static enum token
next_token(struct slice *in, struct slice *text)
{
	enum token t = T_ATOM;
	size_t n = 0;
	size_t space = cfws_octets(*in);
	if (space == SIZE_MAX)
		return T_BAD;
	*in = slice_from(*in, space);
	if (in->n == 0)
		return T_END;
	uint8_t c = in->p[0];
	switch (c) {
	case '"':
		t = T_QUOTED;
		n = run_octets(*in, '"');
		break;
	case '[':
		t = T_LITERAL;
		n = run_octets(*in, ']');
		break;
	case '.':
	case '@':
	case ',':
	case ':':
	case ';':
	case '<':
	case '>':
		t = (enum token)c;
		n = 1;
		break;
	default:
		while (n < in->n && is_atext(in->p[n]))
			n++;
	}
	if (n == 0)
		return T_BAD;
	*text = slice_to(*in, n);
	*in = slice_from(*in, n);
	return t;
}

/* ---- an address from its tokens ---- */

/* addr-spec      = local-part "@" domain
 * local-part     = 1*(word / "."), words never side by side
 * domain         = atom *("." atom) / domain-literal */
enum shape {
	A_START,
	A_WORD,   /* a word of the local part */
	A_DOT,    /* a dot of it */
	A_AT,     /* behind the "@" or a dot of the domain */
	A_DOMAIN, /* an atom of the domain: may end here */
	A_WHOLE,  /* a domain-literal */
	A_NONE    /* it is no address */
};

static enum shape
shape_next(enum shape s, enum token t, bool domain_begun)
{
	bool local = s == A_START || s == A_WORD || s == A_DOT;
	if (t == T_AT && (s == A_WORD || s == A_DOT))
		return A_AT;
	if (t == T_DOT && local)
		return A_DOT;
	if ((t == T_ATOM || t == T_QUOTED) && local && s != A_WORD)
		return A_WORD;
	if (t == T_DOT && s == A_DOMAIN)
		return A_AT;
	if (t == T_ATOM && s == A_AT)
		return A_DOMAIN;
	if (t == T_LITERAL && s == A_AT && !domain_begun)
		return A_WHOLE;
	return A_NONE;
}

struct reader {
	struct slice in;
	struct slice text; /* of the token at hand */
	struct buf spec;   /* what may become an address */
	enum shape shape;
	bool at;           /* one was seen in it */
	bool domain_begun; /* and an atom behind it */
	struct buf *out;
	size_t n, max;
};

static void
spec_clear(struct reader *r)
{
	buf_clear(&r->spec);
	r->shape = A_START;
	r->at = r->domain_begun = false;
}

/* Folds go: they may stand within quoted strings and literals. */
static void
spec_add(struct reader *r, enum token t)
{
	r->shape = shape_next(r->shape, t, r->domain_begun);
	r->at |= t == T_AT;
	r->domain_begun |= r->shape == A_DOMAIN;
	for (size_t i = 0; i < r->text.n; i++)
		if (!is_crlf(r->text.p[i]))
			buf_add_byte(&r->spec, r->text.p[i]);
}

static enum err
spec_done(struct reader *r)
{
	if (r->shape != A_DOMAIN && r->shape != A_WHOLE)
		return ERR_SYNTAX;
	if (r->n == r->max)
		return ERR_LIMIT;
	if (buf_err(&r->spec) != ERR_OK)
		return buf_err(&r->spec);
	r->n++;
	pack_add(r->out, buf_slice(&r->spec));
	spec_clear(r);
	return ERR_OK;
}

static bool
is_part(enum token t)
{
	return t == T_ATOM || t == T_QUOTED || t == T_LITERAL || t == T_DOT ||
	       t == T_AT;
}

static enum token
reader_next(struct reader *r)
{
	return next_token(&r->in, &r->text);
}

/* obs-route = *("," / "@" domain) ":"; its first token is *t. *t becomes the
 * first behind it. */
static bool
skip_route(struct reader *r, enum token *t)
{
	if (*t != T_AT && *t != T_COMMA)
		return true;
	while (*t == T_AT || *t == T_COMMA || *t == T_ATOM || *t == T_DOT ||
	       *t == T_LITERAL)
		*t = reader_next(r);
	if (*t != T_COLON)
		return false;
	*t = reader_next(r);
	return true;
}

/* angle-addr, behind its "<" */
static enum err
read_angle(struct reader *r)
{
	enum token t = reader_next(r);
	if (!skip_route(r, &t))
		return ERR_SYNTAX;
	for (spec_clear(r); is_part(t); t = reader_next(r))
		spec_add(r, t);
	return t == T_CLOSE ? spec_done(r) : ERR_SYNTAX;
}

/* read_one - one mailbox, or the name of a group with its colon, or nothing;
 * *out_end is the token that ended it. */
static enum err
read_one(struct reader *r, enum token *out_end, bool *out_empty)
{
	enum token t;
	size_t parts = 0;
	spec_clear(r);
	for (t = reader_next(r); is_part(t); t = reader_next(r), parts++)
		spec_add(r, t);
	*out_empty = parts == 0 && t != T_OPEN;
	*out_end = t;
	if (t == T_OPEN) {
		enum err e = read_angle(r);
		*out_end = reader_next(r);
		return *out_end == T_COLON ? ERR_SYNTAX : e;
	}
	if (t == T_COLON)
		return *out_empty || r->at ? ERR_SYNTAX : ERR_OK;
	return *out_empty ? ERR_OK : spec_done(r);
}

static enum err
read_list(struct reader *r)
{
	bool in_group = false, any = false, empty, after_group = false;
	for (;;) {
		enum token end;
		enum err e = read_one(r, &end, &empty);
		if (e != ERR_OK)
			return e;
		if (after_group && !empty)
			return ERR_SYNTAX;
		any |= !empty;
		after_group = false;
		switch (end) {
		case T_COMMA:
			break;
		case T_COLON:
			if (in_group)
				return ERR_SYNTAX;
			in_group = true;
			break;
		case T_SEMICOLON:
			if (!in_group)
				return ERR_SYNTAX;
			in_group = false;
			after_group = true;
			break;
		case T_END:
			return any && !in_group ? ERR_OK : ERR_SYNTAX;
		case T_BAD:
		case T_ATOM:
		case T_QUOTED:
		case T_LITERAL:
		case T_DOT:
		case T_AT:
		case T_OPEN:
		case T_CLOSE:
			return ERR_SYNTAX;
		}
	}
}

enum err
author_addresses(struct slice value, size_t max, struct buf *out)
{
	struct reader r = {.in = value, .out = out, .max = max};
	size_t before = out->n;
	buf_init(&r.spec, value.n > 0 ? value.n : 1);
	enum err e = read_list(&r);
	buf_free(&r.spec);
	if (e == ERR_OK)
		e = buf_err(out);
	if (e != ERR_OK)
		out->n = before;
	return e;
}

/* ---- the field in a message that streams past ---- */

enum watch_state {
	W_START, /* of a line */
	W_EMPTY_CR,
	W_NAME,
	W_NAME_WSP,
	W_TEXT, /* the rest of any other field */
	W_TEXT_CR,
	W_FROM, /* of the first From */
	W_FROM_CR,
	W_FROM_START /* of a line below it */
};

void
author_watch_init(struct author_watch *w)
{
	*w = (struct author_watch){.state = W_START};
	buf_init(&w->from, AUTHOR_FIELD_MAX);
}

void
author_watch_free(struct author_watch *w)
{
	buf_free(&w->from);
}

static void
keep(struct author_watch *w, uint8_t c)
{
	buf_add_byte(&w->from, c);
	w->overlong |= buf_err(&w->from) != ERR_OK;
}

static void
watch_name(struct author_watch *w, uint8_t c)
{
	if (c == ':') {
		bool from =
		    slice_eq(slice_of(w->name, w->name_n), SLICE("from"));
		w->fields += from;
		w->state = from && w->fields == 1 ? W_FROM : W_TEXT;
	} else if (c == '\r') {
		w->state = W_TEXT_CR;
	} else if (is_wsp(c) && w->name_n > 0) {
		w->state = W_NAME_WSP;
	} else if (is_wsp(c) || w->state == W_NAME_WSP ||
		   w->name_n == sizeof(w->name)) {
		w->state = W_TEXT;
	} else {
		w->name[w->name_n++] = ascii_lower(c);
		w->state = W_NAME;
	}
}

static void
watch_from(struct author_watch *w, uint8_t c)
{
	if (w->state == W_FROM_CR && c == '\n') {
		w->state = W_FROM_START;
		return;
	}
	if (w->state == W_FROM_CR)
		keep(w, '\r');
	w->state = c == '\r' ? W_FROM_CR : W_FROM;
	if (c != '\r')
		keep(w, c);
}

static void
watch_octet(struct author_watch *w, uint8_t c)
{
	switch ((enum watch_state)w->state) {
	case W_FROM_START:
		if (is_wsp(c)) {
			watch_from(w, c);
			break;
		}
		__attribute__((fallthrough));
	case W_START:
		w->name_n = 0;
		w->state = W_NAME;
		if (c == '\r')
			w->state = W_EMPTY_CR;
		else
			watch_name(w, c);
		break;
	case W_EMPTY_CR:
		w->done = c == '\n';
		w->state = c == '\r' ? W_TEXT_CR : W_TEXT;
		break;
	case W_NAME:
	case W_NAME_WSP:
		watch_name(w, c);
		break;
	case W_TEXT:
	case W_TEXT_CR:
		w->state = c == '\r'                            ? W_TEXT_CR
			   : c == '\n' && w->state == W_TEXT_CR ? W_START
								: W_TEXT;
		break;
	case W_FROM:
	case W_FROM_CR:
		watch_from(w, c);
		break;
	}
}

void
author_watch_feed(struct author_watch *w, struct slice in)
{
	while (in.n > 0 && !w->done) {
		if (w->state == W_TEXT)
			in = slice_from(in, slice_find(in, '\r'));
		if (in.n == 0)
			break;
		watch_octet(w, in.p[0]);
		in = slice_from(in, 1);
	}
}
