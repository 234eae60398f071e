#include "conf/lex.h"

#include "base/utf8.h"

void
lexer_init(struct lexer *l, const char *file, struct slice text,
    struct arena *arena, struct conf_report *report)
{
	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		text = slice_from(text, 3);
	*l = (struct lexer){.in = text,
	    .pos = {.file = file, .line = 1, .column = 1},
	    .arena = arena,
	    .report = report};
}

static bool
at_end(const struct lexer *l)
{
	return l->at == l->in.n;
}

static uint8_t
peek(const struct lexer *l)
{
	return l->in.p[l->at];
}

static void
step(struct lexer *l)
{
	if (peek(l) == '\n') {
		l->pos.line++;
		l->pos.column = 1;
	} else {
		l->pos.column++;
	}
	l->at++;
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum token_kind
punctuation(uint8_t c)
{
	switch (c) {
	case '=':
		return TOKEN_EQUALS;
	case '{':
		return TOKEN_OPEN;
	case '}':
		return TOKEN_CLOSE;
	case '(':
		return TOKEN_PAREN_OPEN;
	case ')':
		return TOKEN_PAREN_CLOSE;
	case ',':
		return TOKEN_COMMA;
	default:
		return TOKEN_END;
	}
}

static bool
is_word(uint8_t c)
{
	return c > ' ' && c != 0x7f && c != '#' && c != '"' &&
	       punctuation(c) == TOKEN_END;
}

static void
skip_blank(struct lexer *l)
{
	while (!at_end(l)) {
		if (peek(l) == '#')
			while (!at_end(l) && peek(l) != '\n')
				step(l);
		else if (is_space(peek(l)))
			step(l);
		else
			return;
	}
}

/* The octets between the quotes with their escapes taken out. false: the arena
 * is full. */
static bool
unescape(struct lexer *l, struct slice raw, struct slice *out)
{
	*out = raw;
	if (slice_find(raw, '\\') == raw.n)
		return true;
	uint8_t *p = arena_alloc(l->arena, raw.n);
	size_t n = 0;
	if (p == NULL)
		return false;
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\\')
			i++;
		p[n++] = raw.p[i];
	}
	*out = slice_of(p, n);
	return true;
}

static void
check_utf8(struct lexer *l, struct token *t)
{
	if (utf8_valid(t->text))
		return;
	report_error(l->report, t->pos, "this text is not UTF-8");
	t->kind = TOKEN_BROKEN;
}

/* One octet of a string, or two after a backslash. */
static bool
string_step(struct lexer *l)
{
	struct conf_pos here = l->pos;
	uint8_t c = peek(l);

	step(l);
	if (c < ' ' || c == 0x7f) {
		report_error(
		    l->report, here, "control octet 0x%02x in a string", c);
		return false;
	}
	if (c != '\\')
		return true;
	if (!at_end(l) && (peek(l) == '"' || peek(l) == '\\')) {
		step(l);
		return true;
	}
	report_error(l->report, here,
	    "a backslash in a string stands only before \" and \\");
	return false;
}

static struct token
lex_string(struct lexer *l)
{
	struct token t = {TOKEN_STRING, SLICE(""), l->pos};
	step(l);
	size_t start = l->at;
	while (!at_end(l) && peek(l) != '"' && peek(l) != '\n')
		if (!string_step(l))
			t.kind = TOKEN_BROKEN;
	struct slice raw = slice_of(l->in.p + start, l->at - start);
	if (at_end(l) || peek(l) != '"') {
		t.kind = TOKEN_BROKEN;
		report_error(l->report, t.pos,
		    "this string is not closed on its line; expected \"");
		return t;
	}
	step(l);
	if (t.kind == TOKEN_BROKEN)
		return t;
	if (unescape(l, raw, &t.text)) {
		check_utf8(l, &t);
	} else {
		t.kind = TOKEN_BROKEN;
		report_error(l->report, t.pos, "no memory for this string");
	}
	return t;
}

static struct token
lex_word(struct lexer *l)
{
	struct token t = {TOKEN_WORD, SLICE(""), l->pos};
	size_t start = l->at;
	while (!at_end(l) && is_word(peek(l)))
		step(l);
	t.text = slice_of(l->in.p + start, l->at - start);
	check_utf8(l, &t);
	return t;
}

struct token
lexer_next(struct lexer *l)
{
	for (;;) {
		skip_blank(l);
		struct token t = {TOKEN_END, SLICE(""), l->pos};
		if (at_end(l))
			return t;
		uint8_t c = peek(l);
		if (c == '"')
			return lex_string(l);
		if (is_word(c))
			return lex_word(l);
		t.kind = punctuation(c);
		step(l);
		if (t.kind != TOKEN_END) {
			t.text = slice_of(l->in.p + l->at - 1, 1);
			return t;
		}
		report_error(l->report, t.pos, "control octet 0x%02x", c);
	}
}
