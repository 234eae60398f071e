/* lex.h - configuration text to tokens. Internal to conf/.
 *
 *	word    = 1*( any octet but white space and = { } ( ) , # " )
 *	string  = DQUOTE *( any but DQUOTE, "\" and controls / "\" ( DQUOTE /
 *"\" ) ) DQUOTE                         ; on one line comment = "#" to the end
 *of the line
 *
 * White space is SP, HTAB, CR, LF. The text shall be UTF-8 without NUL; a byte
 * order mark at the front is skipped. */
#ifndef CONF_LEX_H
#define CONF_LEX_H

#include "conf/report.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_EQUALS,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_PAREN_OPEN,
	TOKEN_PAREN_CLOSE,
	TOKEN_COMMA,
	TOKEN_BROKEN /* reported already */
};

struct token {
	enum token_kind kind;
	struct slice text; /* borrows from the text or, if it held escapes,
			      from the arena */
	struct conf_pos pos;
};

struct lexer {
	struct slice in;
	size_t at;
	struct conf_pos pos; /* of in.p[at] */
	struct arena *arena;
	struct conf_report *report;
};

/* lexer_init - the text, the arena and file stay the caller's and shall
 * outlive the tokens. */
void lexer_init(struct lexer *l, const char *file, struct slice text,
    struct arena *arena, struct conf_report *report);

/* lexer_next - the next token. What is no token is reported and passed over,
 * so this always makes progress and ends with TOKEN_END. */
struct token lexer_next(struct lexer *l);

#endif
